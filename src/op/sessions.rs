//! Sessions out of events: the events of one user belong together until none came for a while. Rows stay where they are;
//! the number of their session stands beside them, or one row for each session is given instead.

use std::sync::Arc;

use polars::prelude::{
    Column as PlColumn, DataFrame, DataType, IdxCa, IdxSize, IntoColumn as _, NamedFrom as _, Series, TimeUnit,
    UInt32Chunked,
};
use serde::{Deserialize, Serialize};

use super::columns::free_name;
use super::convert::{epoch_note, likely_per_second};
use super::keys::{ByKey, keys};
use super::{Context, Outcome};
use crate::data::{BesideTable, Dataset, Flow, PickedBuilder, Rows, from_polars, scan};
use crate::error::{Error, Result};
use crate::text::{Msg, number};
use crate::value::Kind;

fn half_an_hour() -> String {
    "30m".to_owned()
}

/// Number the sessions of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// The column that says whose an event is.
    pub user: String,
    /// The column that says when it was: a date, a time, or a number of seconds (or parts of one) since 1970.
    pub time: String,
    /// How long nothing must come for a session to end: `30m`, `1h`, `90s`, `1d`.
    #[serde(default = "half_an_hour")]
    pub gap: String,
    /// One row for each session instead of its events.
    #[serde(default)]
    pub summary: bool,
}

impl std::str::FromStr for Sessions {
    type Err = Error;

    /// Reads `USER:TIME` or `USER:TIME:GAP`.
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split(':').map(str::trim).collect();
        match parts.as_slice() {
            [user, time, rest @ ..] if !user.is_empty() && !time.is_empty() && rest.len() <= 1 => Ok(Self {
                user: (*user).to_owned(),
                time: (*time).to_owned(),
                gap: rest.first().map_or_else(half_an_hour, |g| (*g).to_owned()),
                summary: false,
            }),
            _ => Err(Error::usage(Msg::new("error-sessions").with("text", text)).hint(Msg::new("hint-sessions"))),
        }
    }
}

/// Seconds of `30m`, `1h`, `90s`, `1d` or a number of seconds.
fn gap_seconds(text: &str) -> Result<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let factor = match text[end..].trim() {
        "" | "s" => Some(1.0),
        "m" | "min" => Some(60.0),
        "h" => Some(3_600.0),
        "d" => Some(86_400.0),
        _ => None,
    };
    let seconds = text[..end].parse::<f64>().ok().zip(factor).map(|(n, f)| n * f);
    seconds
        .filter(|s| *s > 0.0)
        .ok_or_else(|| Error::usage(Msg::new("error-gap").with("text", text)).hint(Msg::new("hint-gap")))
}

/// One session.
#[derive(Clone, Copy)]
struct Session {
    start: i64,
    end: i64,
    /// Row of its first event.
    first: u32,
    events: u32,
    /// Which of its user's it is.
    number: u32,
}

/// An event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    user: u32,
    at: i64,
    row: u32,
}

/// No session.
const NONE: u32 = u32::MAX;

impl Sessions {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new(if self.summary { "step-sessions-summary" } else { "step-sessions" })
            .with("user", &self.user)
            .with("gap", &self.gap)
    }

    /// The events with the number of their session, and of the session among those of their user; or a row for each
    /// session. Sessions are numbered in the order they begin. Reads both columns, several times where memory is short.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let gap = gap_seconds(&self.gap)?;
        let user = dataset.schema().require(&self.user)?;
        let time = dataset.schema().require(&self.time)?;
        let time_kind = &dataset.schema().columns()[time].kind;
        if !matches!(time_kind, Kind::Date | Kind::DateTime(_) | Kind::Integer) {
            return Err(Error::usage(
                Msg::new("error-not-time").with("name", &self.time).with("kind", time_kind.word()),
            )
            .hint(Msg::new("hint-not-time")));
        }
        let user_kind = &dataset.schema().columns()[user].kind;
        if user_kind.is_nested() {
            return Err(Error::usage(
                Msg::new("error-key-nested").with("name", &self.user).with("kind", user_kind.word()),
            ));
        }
        let places = [dataset.places()[user], dataset.places()[time]];
        let table = dataset.table();
        let parts = table.parts(&context.control)?;
        let total: u64 = parts.iter().map(|p| p.len as u64).sum();
        guard(total, context)?;
        let dtype = table.read(&places, 0, 0)?.columns()[1].dtype().clone();
        let mut notes = Vec::new();
        let per_second = match &dtype {
            DataType::Date => 1,
            DataType::Datetime(unit, _) => match unit {
                TimeUnit::Nanoseconds => 1_000_000_000,
                TimeUnit::Microseconds => 1_000_000,
                TimeUnit::Milliseconds => 1_000,
            },
            _ => {
                let per = self.unit_of_numbers(dataset, time, context)?;
                notes.push(epoch_note(&self.time, per));
                per
            }
        };
        let gap = (gap * per_second as f64) as i64;
        // Each pass takes the users whose number falls to it, so that their events fit.
        let room = (context.memory / 4 / size_of::<Event>() as u64).max(1 << 16);
        let passes = total.div_ceil(room).max(1);
        let mut of_row = vec![NONE; total as usize];
        let mut sessions: Vec<Session> = Vec::new();
        let mut without = 0;
        for pass in 0..passes {
            let mut events = self.events(dataset, &places, (pass, passes), context, &mut without)?;
            events.sort_unstable();
            let mut before: Option<Event> = None;
            let mut number = 0;
            for event in events {
                let (same, near) = match before {
                    Some(b) => (b.user == event.user, b.user == event.user && event.at.saturating_sub(b.at) <= gap),
                    None => (false, false),
                };
                if !near {
                    number = if same { number + 1 } else { 1 };
                    sessions.push(Session { start: event.at, end: event.at, first: event.row, events: 0, number });
                }
                if let Some(session) = sessions.last_mut() {
                    session.end = event.at;
                    session.events += 1;
                }
                of_row[event.row as usize] = (sessions.len() - 1) as u32;
                before = Some(event);
            }
        }
        if without > 0 {
            notes.push(Msg::new("note-sessions-without").with("rows", without));
        }
        let mut order: Vec<u32> = (0..sessions.len() as u32).collect();
        order.sort_unstable_by_key(|i| (sessions[*i as usize].start, sessions[*i as usize].first));
        let mut rank = vec![0u32; sessions.len()];
        for (n, i) in order.iter().enumerate() {
            rank[*i as usize] = n as u32 + 1;
        }
        let out = match self.summary {
            true => self.summed(dataset, user, &sessions, &order, &dtype, per_second, context)?,
            false => {
                let taken = |n: &str| table.schema().position(n).is_some();
                let column = |name: &str, f: &dyn Fn(usize) -> u32| {
                    let values: UInt32Chunked = of_row.iter().map(|s| (*s != NONE).then(|| f(*s as usize))).collect();
                    polars::prelude::IntoSeries::into_series(values).into_column().with_name(name.into())
                };
                let columns = vec![
                    column(&free_name("session", taken), &|s| rank[s]),
                    column(&free_name("session_number", taken), &|s| sessions[s].number),
                ];
                let beside = DataFrame::new(of_row.len(), columns).map_err(from_polars)?;
                let width = table.schema().len();
                let view: Vec<usize> = dataset.places().iter().copied().chain([width, width + 1]).collect();
                dataset.with_table(Arc::new(BesideTable::new(table.clone(), beside))).with_columns(&view)
            }
        };
        notes.push(Msg::new("note-sessions").with("sessions", sessions.len()));
        Ok(Outcome { notes, ..out.into() })
    }

    /// Parts of a second that numbers count, judged by the largest in view.
    fn unit_of_numbers(&self, dataset: &Dataset, time: usize, context: &Context) -> Result<i64> {
        let mut largest: f64 = 0.0;
        dataset.scan(
            &[time],
            &context.control,
            |f| {
                let values = f.columns()[0].cast(&DataType::Float64).map_err(from_polars)?;
                Ok(values.f64().map_err(from_polars)?.iter().flatten().fold(0.0f64, |m, x| m.max(x.abs())))
            },
            |x| {
                largest = largest.max(x);
                Ok(Flow::Continue)
            },
        )?;
        Ok(likely_per_second(largest))
    }

    /// The events in view of the users of one pass.
    fn events(
        &self,
        dataset: &Dataset,
        places: &[usize],
        (pass, passes): (u64, u64),
        context: &Context,
        without: &mut u64,
    ) -> Result<Vec<Event>> {
        let table = dataset.table();
        let parts = table.parts(&context.control)?;
        context.control.restart(parts.iter().map(|p| p.len as u64).sum());
        let ordered: Option<Vec<u64>> = match dataset.rows() {
            Rows::Ordered(order) => {
                let mut bits = vec![0u64; (dataset.table().rows().known() as usize).div_ceil(64)];
                order.iter().for_each(|r| bits[*r as usize / 64] |= 1 << (r % 64));
                Some(bits)
            }
            _ => None,
        };
        let in_view = |row: u64| match (dataset.rows(), &ordered) {
            (Rows::Picked(p), _) => p.contains(row),
            (_, Some(bits)) => bits[row as usize / 64] >> (row % 64) & 1 == 1,
            _ => true,
        };
        let mut users: ByKey<u32> = ByKey::default();
        let mut events = Vec::new();
        scan(
            table.as_ref(),
            places,
            &parts,
            &context.control,
            |start, frame| {
                let users = keys(&frame.columns()[..1], false)?;
                let date = *frame.columns()[1].dtype() == DataType::Date;
                let times = frame.columns()[1].to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
                let times = times.i64().map_err(from_polars)?;
                let mut found = Vec::new();
                let mut without = 0u64;
                for (i, (user, at)) in users.into_iter().zip(times.iter()).enumerate() {
                    let row = start + i as u64;
                    if !in_view(row) {
                        continue;
                    }
                    match (user, at) {
                        (Some(user), Some(at)) => {
                            if (user >> 64) as u64 % passes == pass {
                                let at = if date { at.saturating_mul(86_400) } else { at };
                                found.push((user, at, row as u32));
                            }
                        }
                        _ => without += 1,
                    }
                }
                Ok((found, without))
            },
            |_, (found, lost)| {
                if pass == 0 {
                    *without += lost;
                }
                for (user, at, row) in found {
                    let next = users.len() as u32;
                    events.push(Event { user: *users.entry(user).or_insert(next), at, row });
                }
                Ok(Flow::Continue)
            },
        )?;
        context.control.check()?;
        Ok(events)
    }

    /// One row for each session, in the order they begin.
    fn summed(
        &self,
        dataset: &Dataset,
        user: usize,
        sessions: &[Session],
        order: &[u32],
        dtype: &DataType,
        per_second: i64,
        context: &Context,
    ) -> Result<Dataset> {
        const BLOCK: usize = 1 << 16;
        // Who they belong to stands in their first rows.
        let mut firsts: Vec<(u32, u32)> = sessions.iter().enumerate().map(|(i, s)| (s.first, i as u32)).collect();
        firsts.sort_unstable();
        let end = firsts.last().map_or(0, |(r, _)| *r as usize + 1);
        let mut bits = vec![false; end];
        firsts.iter().for_each(|(r, _)| bits[*r as usize] = true);
        let mut builder = PickedBuilder::new();
        for (i, block) in bits.chunks(BLOCK).enumerate() {
            builder.push((i * BLOCK) as u64, block.len(), block.iter().copied());
        }
        let picked = dataset.with_rows(Rows::Picked(Arc::new(builder.finish())));
        let mut users = dataset.table().read(&[dataset.places()[user]], 0, 0)?;
        picked.scan(&[user], &context.control, Ok, |frame| {
            users.vstack_mut(&frame).map_err(from_polars)?;
            Ok(Flow::Continue)
        })?;
        let mut place = vec![0 as IdxSize; sessions.len()];
        firsts.iter().enumerate().for_each(|(n, (_, session))| place[*session as usize] = n as IdxSize);
        let picks = IdxCa::from_vec("".into(), order.iter().map(|i| place[*i as usize]).collect());
        let of = |f: &dyn Fn(&Session) -> i64| order.iter().map(|i| f(&sessions[*i as usize])).collect::<Vec<i64>>();
        let moment = |name: &str, f: &dyn Fn(&Session) -> i64| -> Result<PlColumn> {
            let values = Series::new(name.into(), of(f)).into_column();
            match dtype {
                DataType::Date => {
                    let days: Vec<i32> = of(f).into_iter().map(|s| (s / 86_400) as i32).collect();
                    Series::new(name.into(), days).into_column().cast(dtype).map_err(from_polars)
                }
                DataType::Datetime(..) => values.cast(dtype).map_err(from_polars),
                _ => Ok(values),
            }
        };
        let number = |name: &str, f: &dyn Fn(&Session) -> i64| Series::new(name.into(), of(f)).into_column();
        let seconds: Vec<f64> = order
            .iter()
            .map(|i| sessions[*i as usize].end.saturating_sub(sessions[*i as usize].start) as f64 / per_second as f64)
            .collect();
        let ids: Vec<i64> = (1..=order.len() as i64).collect();
        let taken = |n: &str| n == self.user;
        let mut columns = vec![users.columns()[0].take(&picks).map_err(from_polars)?];
        columns.push(PlColumn::new(free_name("session", taken).into(), ids));
        columns.push(number(&free_name("session_number", taken), &|s| i64::from(s.number)));
        columns.push(moment(&free_name("start", taken), &|s| s.start)?);
        columns.push(moment(&free_name("end", taken), &|s| s.end)?);
        columns.push(PlColumn::new(free_name("seconds", taken).into(), seconds));
        columns.push(number(&free_name("events", taken), &|s| i64::from(s.events)));
        Ok(Dataset::from_frame(DataFrame::new(order.len(), columns).map_err(from_polars)?))
    }
}

fn guard(rows: u64, context: &Context) -> Result<()> {
    /// Bytes for each row that are kept to the end.
    const PER_ROW: u64 = 16;
    let size = rows.saturating_mul(PER_ROW);
    if size <= context.memory / 2 && rows < u64::from(u32::MAX) {
        return Ok(());
    }
    Err(Error::refused(
        Msg::new("error-sessions-memory")
            .with("size", number::bytes(size))
            .with("limit", number::bytes(context.memory / 2)),
    )
    .hint(Msg::new("hint-sessions-memory")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn events(rows: &[(Option<&str>, Option<i64>)]) -> Dataset {
        let user = PlColumn::new("user".into(), rows.iter().map(|r| r.0).collect::<Vec<_>>());
        let at = PlColumn::new(
            "at".into(),
            rows.iter().map(|r| r.1.map(|s| (s + 1_700_000_000) * 1_000)).collect::<Vec<_>>(),
        );
        let at = at.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
        let hidden = PlColumn::new("h".into(), vec![0i64; rows.len()]);
        Dataset::from_frame(DataFrame::new(rows.len(), vec![hidden, user, at]).unwrap()).with_columns(&[1, 2])
    }

    fn run(data: &Dataset, op: &Sessions, memory: u64) -> (Vec<String>, Vec<String>) {
        let out = op.run(data, &Context::new(Control::new(), memory)).unwrap().dataset;
        let names = out.schema().columns().iter().map(|c| c.name.clone()).collect();
        let all: Vec<usize> = (0..out.schema().len()).collect();
        let frame = out.window(&all, 0, 999).unwrap();
        let rows =
            (0..frame.height()).map(|r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|"));
        (names, rows.collect())
    }

    #[test]
    fn by_hand() {
        let data = events(&[
            (Some("a"), Some(0)),
            (Some("b"), Some(5)),
            (Some("a"), Some(1_801)),
            (Some("a"), Some(1_800)),
            (None, Some(3)),
            (Some("a"), Some(9_000)),
            (Some("b"), None),
        ]);
        let op: Sessions = "user:at:30m".parse().unwrap();
        let (names, rows) = run(&data, &op, 1 << 20);
        assert_eq!(names, ["user", "at", "session", "session_number"]);
        let ids: Vec<&str> = rows.iter().map(|r| r.splitn(3, '|').nth(2).unwrap()).collect();
        // 30 minutes later to the second still belongs.
        assert_eq!(ids, ["1|1", "2|1", "1|1", "1|1", "|", "3|2", "|"]);
        let (names, rows) = run(&data, &Sessions { summary: true, ..op }, 1 << 20);
        assert_eq!(names, ["user", "session", "session_number", "start", "end", "seconds", "events"]);
        assert_eq!(
            rows,
            [
                "a|1|1|2023-11-14T22:13:20|2023-11-14T22:43:21|1801.0|3",
                "b|2|1|2023-11-14T22:13:25|2023-11-14T22:13:25|0.0|1",
                "a|3|2|2023-11-15T00:43:20|2023-11-15T00:43:20|0.0|1",
            ]
        );
    }

    #[test]
    fn numbers_since_1970_and_what_is_wrong() {
        let at = PlColumn::new("t".into(), [1_700_000_000_000_000i64, 1_700_000_060_000_000]);
        let data = Dataset::from_frame(DataFrame::new(2, vec![PlColumn::new("u".into(), [7i64, 7]), at]).unwrap());
        let context = Context::new(Control::new(), 1 << 20);
        let minute: Sessions = "u:t:59s".parse().unwrap();
        let out = minute.run(&data, &context).unwrap();
        assert_eq!(out.notes.iter().map(|n| n.id).collect::<Vec<_>>(), ["note-epoch", "note-sessions"]);
        assert_eq!(out.dataset.window(&[2], 0, 2).unwrap().cell(1, 0).plain(), "2");
        for (text, id) in [("u:t:soon", "error-gap"), ("u:x", "error-column-missing"), ("u:t:0s", "error-gap")] {
            let error = text.parse::<Sessions>().and_then(|s| s.run(&data, &context)).err();
            assert_eq!(error.map(|e| e.message.id), Some(id), "{text}");
        }
        assert!("u".parse::<Sessions>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn as_one_user_after_the_other(rows in prop::collection::vec((0u8..4, 0i64..5_000), 1..80)) {
            let names = ["a", "b", "c", "d"];
            let data = events(&rows.iter().map(|(u, t)| (Some(names[*u as usize]), Some(*t))).collect::<Vec<_>>());
            let op: Sessions = "user:at:10m".parse().unwrap();
            let (_, found) = run(&data, &op, 1 << 20);
            let mut by_user: BTreeMap<u8, Vec<(i64, usize)>> = BTreeMap::new();
            for (i, (u, t)) in rows.iter().enumerate() {
                by_user.entry(*u).or_default().push((*t, i));
            }
            let mut number = vec![0; rows.len()];
            for events in by_user.values_mut() {
                events.sort_unstable();
                let (mut n, mut last) = (0, i64::MIN / 2);
                for (t, i) in events {
                    if *t - last > 600 {
                        n += 1;
                    }
                    number[*i] = n;
                    last = *t;
                }
            }
            let numbers: Vec<i32> = found.iter().map(|r| r.rsplit('|').next().unwrap().parse().unwrap()).collect();
            prop_assert_eq!(numbers, number);
        }
    }
}
