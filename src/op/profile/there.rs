//! The profile of rows that are somewhere else: a few queries there for all columns, and one for the commonest values of each.
//! Every figure is counted over there, none is estimated; where bins begin and end is settled here, so that each value falls
//! into the bin it falls into when it is here. [`values`] counts different values.

/// Passes on what is there, and gives up where there is nothing.
macro_rules! some {
    ($tried:expr) => {
        match $tried {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

mod values;

use polars::prelude::{Column as PlColumn, DataFrame, DataType};

use super::coding::{Coding, Key, Native};
use super::finish::{BINS, real_histogram, whole_histogram};
use super::texts::KEPT;
use crate::data::{Control, Dataset, Place, cell_of, from_polars};
use crate::error::Result;
use crate::op::push::{Shaping, ask, nature, range};
use crate::op::sketch::Spread;
use crate::op::sketch::spread::{Between, SHARES, Slots, low_rank, robust_ends};
use crate::result::profile::{ColumnProfile, Estimate, LengthProfile, LengthUnit, Quartiles, TableProfile, Top};
use crate::sql::{Aggregate, Call, Comparison, Constant, Nature, Order, Relation, Term, text};
use crate::text::Msg;
use crate::value::{Cell, Column, Kind};

/// Columns asked about in one query.
const TOGETHER: usize = 40;
/// Numbers are squared without any engine stopping up to here.
const SQUARED: f64 = 1e150;
/// What greater ones are multiplied with before.
const SMALLER: f64 = 1.0 / (1u128 << 100) as f64;
/// Microseconds that floating-point seconds tell apart go up to here.
const NEAR: u128 = 1 << 51;

/// A column over there.
#[derive(Clone)]
struct Asked {
    column: Column,
    dtype: DataType,
    /// The same as [`Asked::value`], asked so that what has no place here is come upon. Once, and then there is none.
    held: Term,
    /// Its value.
    raw: Term,
    /// The same, missing where it is NaN, too.
    value: Term,
    profile: ColumnProfile,
    /// Keys of the smallest and the greatest finite value.
    finite: Option<(u128, u128)>,
    /// Whether some values may be infinite.
    unbounded: bool,
    layout: Option<Layout>,
    /// Whether values are few beside the rows, as far as some rows show.
    repeats: bool,
    /// Its values and how often they occur, where they are few enough to come here.
    groups: Option<Spread<u128>>,
}

/// What can go wrong without being an error: the rows have to be read here.
type Tried<T> = Result<Option<T>>;

/// Where values fall.
#[derive(Clone, Copy)]
enum Layout {
    Whole(Slots<i128>),
    Real(Slots<f64>),
}

impl Layout {
    fn new(coding: &Coding, ends: (f64, f64), (min, max): (u128, u128)) -> Option<Self> {
        match coding.is_whole() {
            true => Slots::<i128>::new(BINS, ends, (coding.whole(min), coding.whole(max))).map(Self::Whole),
            false => Some(Self::Real(Slots::<f64>::new(BINS, ends))),
        }
    }

    fn bins(&self) -> usize {
        match self {
            Self::Whole(slots) => slots.bins,
            Self::Real(slots) => slots.bins,
        }
    }

    fn slot(&self, coding: &Coding, key: u128) -> usize {
        match self {
            Self::Whole(slots) => slots.slot(coding.whole(key)),
            Self::Real(slots) => slots.slot(coding.real(key)),
        }
    }

    /// The first key, of those up to `max`, that falls into a slot or a later one; keys rise with the values.
    fn first(&self, coding: &Coding, slot: usize, (min, max): (u128, u128)) -> Option<u128> {
        if self.slot(coding, max) < slot {
            return None;
        }
        let (mut low, mut high) = (min, max);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.slot(coding, middle) < slot { low = middle + 1 } else { high = middle }
        }
        Some(low)
    }
}

/// The engine and the rows.
struct There<'a> {
    place: &'a Place,
    control: &'a Control,
}

/// The profile of the columns at these places; None where the rows have to be read for it.
pub(super) fn profile(dataset: &Dataset, places: &[usize], place: &Place, control: &Control) -> Tried<TableProfile> {
    let there = There { place, control };
    let Some(shaping) = Shaping::of(dataset)? else { return Ok(None) };
    let none = dataset.window(places, 0, 0)?;
    let mut columns = Vec::new();
    for (at, column) in places.iter().zip(none.inner().columns()) {
        let described = dataset.schema().columns()[*at].clone();
        let dtype = column.dtype().clone();
        let held = some!(shaping.column(&described.name).filter(|_| nature(&described.kind).is_some()));
        let raw = if range(&described.kind).is_some() { Term::column(&described.name) } else { held.clone() };
        let without_nan = |term: Term| if described.kind == Kind::Float { term.without_nan() } else { term };
        let (held, value) = (without_nan(held), without_nan(raw.clone()));
        let profile = ColumnProfile::new(&described);
        columns.push(Asked {
            unbounded: described.kind == Kind::Float,
            column: described,
            dtype,
            held,
            raw,
            value,
            profile,
            finite: None,
            layout: None,
            repeats: false,
            groups: None,
        });
    }
    control.restart(columns.len() as u64);
    for part in columns.chunks_mut(TOGETHER) {
        some!(there.counts(part)?);
        some!(there.few(part)?);
        some!(there.rest(part)?);
    }
    let first = dataset.window(places, 0, super::TRIED)?;
    for (column, values) in columns.iter_mut().zip(first.inner().columns()) {
        column.profile.examples = super::examples(values);
    }
    let rows = match columns.first() {
        Some(column) => column.profile.rows,
        None => dataset.count(control)?,
    };
    let ran = ask::went(place);
    let columns = columns.into_iter().map(|c| c.profile).collect();
    Ok(Some(TableProfile { rows, sampled: None, columns, ran: vec![ran] }))
}

fn one() -> Term {
    Term::int(1)
}

fn number(frame: &DataFrame, name: &str) -> Option<f64> {
    frame.column(name).ok()?.cast(&DataType::Float64).ok()?.f64().ok()?.get(0)
}

fn count(frame: &DataFrame, name: &str) -> u64 {
    number(frame, name).map_or(0, |n| n as u64)
}

/// The keys of values that came as an answer, in the type they have here; None where they do not fit it.
fn keys(column: &PlColumn, dtype: &DataType) -> Option<Vec<Option<u128>>> {
    let made = column.as_materialized_series().strict_cast(dtype).ok()?;
    let s = made.to_physical_repr();
    Some(match s.dtype() {
        DataType::Float32 => s.f32().ok()?.iter().map(|v| v.map(|v| v.key().wide())).collect(),
        DataType::Float64 => s.f64().ok()?.iter().map(|v| v.map(|v| v.key().wide())).collect(),
        DataType::Int128 => s.i128().ok()?.iter().map(|v| v.map(|v| v.key().wide())).collect(),
        _ => s.cast(&DataType::Int64).ok()?.i64().ok()?.iter().map(|v| v.map(|v| v.key().wide())).collect(),
    })
}

impl Asked {
    fn is_text(&self) -> bool {
        self.column.kind == Kind::Text
    }

    /// The value, in the order of its code points where it is text: they are the same values, and sooner put in order.
    fn ordered(&self) -> Term {
        match self.is_text() {
            true => Term::call(Call::CodePoints, [self.value.clone()]),
            false => self.value.clone(),
        }
    }

    fn is_float(&self) -> bool {
        self.column.kind == Kind::Float
    }

    /// Whether values have a distance, so that there are quartiles and bins.
    fn is_measured(&self) -> bool {
        !self.is_text() && self.column.kind != Kind::Boolean
    }

    /// The value where it is finite.
    fn finite(&self) -> Term {
        match self.unbounded {
            true => {
                let nothing = Term::Minus(Box::new(self.raw.clone()), Box::new(self.raw.clone()));
                self.value.clone().only_if(Term::Not(Box::new(Term::NotANumber(Box::new(nothing)))))
            }
            false => self.value.clone(),
        }
    }

    /// The value as a number of the unit it is stored in here, except that decimals keep their point; and what one there is
    /// of those here.
    fn stored(&self) -> (Term, f64) {
        let call = |call| Term::call(call, [self.value.clone()]);
        let coding = Coding::new(self.dtype.clone());
        let near = || self.finite.is_some_and(|(a, b)| [a, b].iter().all(|k| coding.whole(*k).unsigned_abs() < NEAR));
        match &self.column.kind {
            Kind::Date => (call(Call::Days), 1.0),
            Kind::DateTime(None) if near() => (call(Call::NearLocalMicros), 1.0),
            Kind::DateTime(Some(_)) if near() => (call(Call::NearInstantMicros), 1.0),
            Kind::DateTime(None) => (call(Call::LocalMicros), 1.0),
            Kind::DateTime(Some(_)) => (call(Call::InstantMicros), 1.0),
            // Here they are counted in nanoseconds.
            Kind::Time => (call(Call::ClockMicros), 1_000.0),
            Kind::Float => {
                let large = self.finite.is_some_and(|(a, b)| coding.real(a).abs().max(coding.real(b).abs()) > SQUARED);
                if !large {
                    return (Term::Real(Box::new(self.finite())), 1.0);
                }
                let x = self.finite();
                let at = |op, x: &Term, v: f64| x.clone().compared(op, Term::Constant(Constant::Float(v)));
                // Beside numbers that large it is nothing, and would vanish with an error.
                let small = Term::All(vec![at(Comparison::Gt, &x, -1.0), at(Comparison::Lt, &x, 1.0)]);
                let real = |v| Term::Real(Box::new(Term::Constant(Constant::Float(v))));
                let mut made = Term::Real(Box::new(x));
                for _ in 0..6 {
                    made = Term::Times(Box::new(made), Box::new(real(SMALLER)));
                }
                (Term::If(Box::new(small), Box::new(real(0.0)), Box::new(made)), 2f64.powi(600))
            }
            _ => (self.value.clone(), 1.0),
        }
    }

    fn constant(&self, coding: &Coding, key: u128) -> Option<Constant> {
        let at = |micros: i128| chrono::DateTime::from_timestamp_micros(i64::try_from(micros).ok()?);
        let whole = || coding.whole(key);
        Some(match &self.column.kind {
            Kind::Float => Constant::Float(coding.real(key)),
            Kind::Decimal(_) => Constant::Decimal(coding.cell(key).plain()),
            Kind::Date => {
                let days = chrono::TimeDelta::try_days(i64::try_from(whole()).ok()?)?;
                Constant::Date(chrono::NaiveDate::default().checked_add_signed(days)?)
            }
            Kind::DateTime(None) => Constant::Local(at(whole())?.naive_utc()),
            Kind::DateTime(Some(_)) => Constant::Instant(at(whole())?.naive_utc()),
            // What lies between microseconds lies below the next of them, which is the first there can be.
            Kind::Time => Constant::Clock(at((whole() + 999) / 1_000)?.time()),
            _ => Constant::Int(whole()),
        })
    }
}

impl There<'_> {
    fn fetch(&self, relation: &Relation, most: usize) -> Tried<DataFrame> {
        self.control.check()?;
        if text::query(relation, self.place.remote.dialect()).is_err() {
            return Ok(None);
        }
        self.place.remote.fetch(relation, most, self.control)
    }

    fn aggregates(&self, asked: Vec<(String, Aggregate)>) -> Relation {
        self.place.relation.clone().group(Vec::new(), asked)
    }

    /// Everything that is counted, and the smallest and greatest values.
    fn counts(&self, columns: &mut [Asked]) -> Tried<()> {
        let mut asked = vec![("rows".to_owned(), Aggregate::Count)];
        for (i, c) in columns.iter().enumerate() {
            let mut ask = |name: &str, aggregate| asked.push((format!("{name}{i}"), aggregate));
            let counted = |condition: Term| Aggregate::Present(one().only_if(condition));
            ask("present", Aggregate::Present(c.held.clone()));
            if c.column.kind == Kind::Boolean {
                ask("true", counted(c.value.clone()));
                continue;
            }
            if !self.apart() {
                ask("distinct", Aggregate::Distinct(c.ordered()));
            }
            ask("min", Aggregate::Min(c.ordered()));
            ask("max", Aggregate::Max(c.ordered()));
            if c.is_float() {
                ask("nan", counted(Term::NotANumber(Box::new(c.raw.clone()))));
                ask("finite", Aggregate::Present(c.finite()));
                ask("low", Aggregate::Min(c.finite()));
                ask("high", Aggregate::Max(c.finite()));
            }
            if c.is_text() {
                let length = || Term::call(Call::Length, [c.value.clone()]);
                ask("empty", counted(length().compared(Comparison::Eq, Term::int(0))));
                ask("shortest", Aggregate::Min(length()));
                ask("longest", Aggregate::Max(length()));
                ask("characters", Aggregate::Sum(length()));
            }
        }
        let texts: Vec<String> =
            columns.iter().enumerate().filter(|(_, c)| c.is_text()).map(|(i, _)| i.to_string()).collect();
        // Only the beginning of what is long is shown.
        let shown = |(name, _): &(String, Aggregate)| {
            let column = Term::column(name);
            let ends = name.strip_prefix("min").or(name.strip_prefix("max"));
            let is_text = ends.is_some_and(|i| texts.iter().any(|t| t == i));
            (name.clone(), if is_text { beginning(column) } else { column })
        };
        let all = asked.iter().map(shown).collect();
        let frame = some!(self.fetch(&self.aggregates(asked).select(all), 1)?);
        let rows = count(&frame, "rows");
        for (i, c) in columns.iter_mut().enumerate() {
            let of = |name: &str| count(&frame, &format!("{name}{i}"));
            let found = |name: &str| frame.column(&format!("{name}{i}")).map_err(from_polars);
            let p = &mut c.profile;
            p.rows = rows;
            let present = of("present");
            if c.column.kind == Kind::Boolean {
                p.missing = rows - present;
                booleans(p, present, of("true"));
                continue;
            }
            p.nan = of("nan");
            p.missing = rows - present - p.nan;
            p.distinct = (!self.apart()).then(|| Estimate::exact(of("distinct")));
            if c.column.kind == Kind::Text {
                p.empty = of("empty");
                let end = |name: &str| Ok(cut(&cell_of(found(name)?, 0)).map(|(text, _)| text));
                (p.min, p.max) = (end("min")?, end("max")?);
                let mean = of("characters") as f64 / present as f64;
                p.lengths = (present > 0).then(|| LengthProfile {
                    unit: LengthUnit::Characters,
                    min: of("shortest"),
                    max: of("longest"),
                    mean,
                });
                continue;
            }
            let coding = Coding::new(c.dtype.clone());
            let key = |name: &str| Ok::<_, crate::error::Error>(keys(found(name)?, &c.dtype).map(|k| k[0]));
            let (min, max) = (some!(key("min")?), some!(key("max")?));
            (p.min, p.max) = (min.map(|k| coding.cell(k)), max.map(|k| coding.cell(k)));
            c.finite = min.zip(max);
            if c.column.kind == Kind::Float {
                p.infinite = present - of("finite");
                c.finite = some!(key("low")?).zip(some!(key("high")?));
                c.unbounded = p.infinite > 0;
                if p.nan == 0 {
                    c.value = c.raw.clone();
                }
            }
        }
        Ok(Some(()))
    }

    /// Mean, deviation and quartiles, and where bins begin and end.
    fn numbers(&self, columns: &mut [Asked]) -> Tried<()> {
        let dialect = self.place.remote.dialect();
        let mut asked = Vec::new();
        let mut wanted: Vec<Vec<u64>> = Vec::new();
        for (i, c) in columns.iter().enumerate() {
            let n = c.profile.present();
            let mut ranks = Vec::new();
            if c.is_measured() && n > 0 {
                let (stored, _) = c.stored();
                asked.push((format!("mean{i}"), Aggregate::Mean(stored.clone())));
                // Of exact numbers it would have fewer digits.
                asked.push((format!("sd{i}"), Aggregate::Deviation(Term::Real(Box::new(stored)))));
                ranks.extend((1..=3).flat_map(|q| [rank(n, q).0, (rank(n, q).0 + 1).min(n - 1)]));
                ranks.extend(SHARES.iter().filter_map(|share| low_rank(n, *share)));
                ranks.sort_unstable();
                ranks.dedup();
            }
            wanted.push(ranks);
        }
        if asked.is_empty() {
            return Ok(Some(()));
        }
        // Not every engine picks values by their rank while it counts others.
        let lowest = |c: &Asked, ranks: &[u64], which: usize| {
            let share = |rank: &u64| (*rank as f64 + 0.5) / c.profile.present() as f64;
            Aggregate::Lowest(c.value.clone(), ranks.iter().map(share).collect(), which)
        };
        let at_once =
            text::query(&self.aggregates(vec![("v".to_owned(), Aggregate::Lowest(Term::Null, vec![0.5], 0))]), dialect);
        if at_once.is_ok() {
            for (i, (c, ranks)) in columns.iter().zip(&wanted).enumerate().filter(|(_, (c, _))| c.groups.is_none()) {
                asked.extend(ranks.iter().enumerate().map(|(n, r)| (format!("v{i}_{r}"), lowest(c, ranks, n))));
            }
        }
        let frame = some!(self.fetch(&self.aggregates(asked), 1)?);
        for (i, (c, ranks)) in columns.iter_mut().zip(&wanted).enumerate() {
            if ranks.is_empty() {
                continue;
            }
            let mut values = Vec::new();
            for rank in ranks {
                let key = match &c.groups {
                    Some(groups) => Some(groups.at(*rank)),
                    None if at_once.is_ok() => {
                        keys(frame.column(&format!("v{i}_{rank}")).map_err(from_polars)?, &c.dtype).map(|k| k[0])
                    }
                    None => self.at_rank(c, *rank)?,
                };
                values.push((*rank, some!(some!(key))));
            }
            let at = |rank: u64| values.iter().find(|(r, _)| *r == rank).map(|(_, key)| *key);
            let coding = Coding::new(c.dtype.clone());
            let n = c.profile.present();
            let quartile = |which| {
                let (low, quarters) = rank(n, which);
                let high = if quarters == 0 { low } else { (low + 1).min(n - 1) };
                Some(coding.between(Between { low: at(low)?, high: at(high)?, quarters }))
            };
            c.profile.quartiles = match (quartile(1), quartile(2), quartile(3)) {
                (Some(q1), Some(median), Some(q3)) => Some(Quartiles { q1, median, q3, exact: true, rank_error: 0.0 }),
                _ => None,
            };
            let (_, unit) = c.stored();
            let of = |name: &str| number(&frame, &format!("{name}{i}")).map(|v| v * unit);
            let decimal = matches!(c.column.kind, Kind::Decimal(_));
            let known = |v: f64, made: Cell<'static>| if decimal { Cell::Float(v) } else { made };
            c.profile.mean = of("mean").map(|v| known(v, coding.mean(v)));
            c.profile.sd = of("sd").map(|v| known(v, coding.difference(v)));
            let real = |share| at(low_rank(n, share)?).map(|key| coding.real(key));
            let ends: Option<Vec<f64>> = SHARES.map(real).into_iter().collect();
            c.layout = match (ends, c.finite) {
                (Some(at), Some((min, max))) => {
                    let ends = robust_ends([at[0], at[1], at[2], at[3]], (coding.real(min), coding.real(max)));
                    Layout::new(&coding, ends, (min, max))
                }
                _ => None,
            };
        }
        Ok(Some(()))
    }

    /// The value of a rank, by bringing all in order.
    fn at_rank(&self, c: &Asked, rank: u64) -> Tried<Option<u128>> {
        let name = "v".to_owned();
        let nature = nature(&c.column.kind).unwrap_or(Nature::Plain);
        let by = Order { column: name.clone(), descending: false, nature };
        let there = Term::Not(Box::new(Term::Missing(Box::new(c.value.clone()))));
        let values = self.place.relation.clone().filter(there).select(vec![(name, c.value.clone())]);
        let frame = some!(self.fetch(&values.sort(vec![by]).limit(1, rank), 1)?);
        Ok(keys(&frame.columns()[0], &c.dtype).map(|k| k.first().copied().flatten()))
    }

    /// How many values each bin holds.
    fn bins(&self, columns: &mut [Asked]) -> Tried<()> {
        let mut asked = Vec::new();
        for (i, c) in columns.iter().enumerate().filter(|(_, c)| c.groups.is_none()) {
            let (Some(layout), Some((min, max))) = (&c.layout, c.finite) else { continue };
            let coding = Coding::new(c.dtype.clone());
            // A number of 32 bits is compared with what has more.
            let value = if c.is_float() { Term::Real(Box::new(c.value.clone())) } else { c.value.clone() };
            for slot in 1..=layout.bins() + 1 {
                let (op, key) = match layout.first(&coding, slot, (min, max)) {
                    Some(key) => (Comparison::Ge, key),
                    None => (Comparison::Gt, max),
                };
                let constant = some!(c.constant(&coding, key));
                let constant = match c.is_float() {
                    true => Term::Real(Box::new(Term::Constant(constant))),
                    false => Term::Constant(constant),
                };
                let counted = Aggregate::Present(one().only_if(value.clone().compared(op, constant)));
                asked.push((format!("from{i}_{slot}"), counted));
            }
        }
        let frame = match asked.is_empty() {
            true => DataFrame::empty(),
            false => some!(self.fetch(&self.aggregates(asked), 1)?),
        };
        for (i, c) in columns.iter_mut().enumerate() {
            let present = c.profile.present();
            let Some(layout) = &c.layout else { continue };
            let from = |slot: usize| match slot {
                0 => present,
                slot => count(&frame, &format!("from{i}_{slot}")),
            };
            let last = layout.bins() + 1;
            let counts = match &c.groups {
                Some(groups) => {
                    let coding = Coding::new(c.dtype.clone());
                    let mut counts = vec![0; last + 1];
                    groups.each().for_each(|(key, n)| counts[layout.slot(&coding, key)] += n);
                    counts
                }
                None => (0..last).map(|s| from(s).saturating_sub(from(s + 1))).chain([from(last)]).collect(),
            };
            c.profile.histogram = Some(match layout {
                Layout::Whole(slots) => {
                    whole_histogram(&slots.filled(&counts), &Coding::new(c.dtype.clone()), true, |n| n)
                }
                Layout::Real(slots) => real_histogram(&slots.filled(&counts), true, |n| n),
            });
        }
        Ok(Some(()))
    }
}

/// Two values, and how often they occur.
fn booleans(p: &mut ColumnProfile, present: u64, trues: u64) {
    let counts = [(false, present - trues), (true, trues)];
    let mut tops: Vec<_> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
    p.distinct = Some(Estimate::exact(tops.len() as u64));
    p.min = tops.first().map(|(v, _)| Cell::Bool(*v));
    p.max = tops.last().map(|(v, _)| Cell::Bool(*v));
    tops.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let top = |(v, count)| Top { value: Cell::Bool(v), count, exact: true, error: 0, cut: false };
    p.top = tops.into_iter().map(top).collect();
    p.trues = Some(trues);
}

/// The beginning of a text, a little longer than is kept of it.
fn beginning(text: Term) -> Term {
    Term::call(Call::Substring, [text, Term::int(1), Term::int(KEPT as i64 + 1)])
}

/// What is kept of a text, and whether that is not all.
fn cut(cell: &Cell<'_>) -> Option<(Cell<'static>, bool)> {
    let Cell::Text(text) = cell else { return None };
    let end = text.floor_char_boundary(KEPT);
    Some((Cell::Text(text[..end].to_owned().into()), end < text.len()))
}

/// The rank, from 0, of the value at or below a quartile, and how many quarters of the way to the next it is.
fn rank(n: u64, which: u64) -> (u64, u8) {
    let position = u128::from(n - 1) * u128::from(which);
    ((position / 4) as u64, (position % 4) as u8)
}

/// Why rows are read to be profiled.
pub(super) fn why_not(dataset: &Dataset, places: &[usize]) -> Msg {
    let odd = places.iter().map(|p| &dataset.schema().columns()[*p]).find(|c| nature(&c.kind).is_none());
    match odd {
        Some(column) => Msg::new("push-no-kind").with("column", &column.name).with("kind", column.kind.word()),
        None => Msg::new("push-no-odd"),
    }
}
