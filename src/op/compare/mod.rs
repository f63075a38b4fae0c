//! What differs between two readings of a table: rows that came, went or changed, found by key columns. Of the tables only
//! a number for each row is held; the rows that differ are read a second time.

mod guess;
mod show;
#[cfg(test)]
mod tests;

use polars::prelude::{Column as PlColumn, DataFrame, DataType};
use serde::{Deserialize, Serialize};

use super::columns::no_rows;
use super::keys::{ByKey, common_type, in_type, keys};
use super::other::Other;
use super::{Context, Outcome};
use crate::data::{Dataset, Flow, Frame, Rows};
use crate::error::{Error, Result};
use crate::text::{Msg, number};
pub use guess::guess;

/// The column that says what became of a row.
pub const CHANGE: &str = "change";
/// Bytes held for each row of the earlier table, and of the later one.
const PER_ROW: (u64, u64) = (56, 12);
/// Rows of one key that are looked at for an equal one; beyond, the first that is left is taken.
const LOOKED_AT: usize = 64;

/// Compare this table with an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The earlier table.
    pub with: Other,
    /// The columns that name a row in both; none for the ones [`guess`] finds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Columns whose changes do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// A row for each value that differs, with the value before and after, in place of a row for each row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub long: bool,
}

/// A column both tables have.
struct Both {
    name: String,
    before: usize,
    after: usize,
    /// The type in which its values are compared; none for as they are written.
    dtype: Option<DataType>,
}

impl Both {
    fn of(name: &str, before: &Dataset, after: &Dataset, none: &(DataFrame, DataFrame)) -> Result<Self> {
        let (b, a) = (before.schema().require(name)?, after.schema().require(name)?);
        let (x, y) = (none.0.columns()[b].dtype(), none.1.columns()[a].dtype());
        let dtype = if x == y { Some(x.clone()) } else { common_type(x, y) };
        Ok(Self { name: name.to_owned(), before: b, after: a, dtype })
    }

    /// The column in the type it is compared in.
    fn comparable(&self, column: &PlColumn) -> Result<PlColumn> {
        match &self.dtype {
            Some(dtype) => in_type(column, dtype),
            None => show::written(column),
        }
    }
}

/// Two tables side by side.
struct Pair {
    before: Dataset,
    after: Dataset,
    keys: Vec<Both>,
    values: Vec<Both>,
}

/// What became of rows, by their place in view: (before, after).
#[derive(Default)]
struct Found {
    /// Rows that are only in the later table, and rows that changed with what they were, in the later table's order.
    later: Vec<(Option<u32>, u32)>,
    removed: Vec<u32>,
    equal: u64,
    /// Keys that more than one row of a table has.
    repeated: u64,
}

/// The number of a row's key and of its values.
type Marks = (Vec<u128>, Vec<u64>);

impl Pair {
    fn marks(&self, frame: &DataFrame, later: bool) -> Result<Marks> {
        let columns = |list: &[Both], from: usize| -> Result<Vec<PlColumn>> {
            list.iter().enumerate().map(|(i, b)| b.comparable(&frame.columns()[from + i])).collect()
        };
        let numbers = |columns: Vec<PlColumn>| -> Result<Vec<u128>> {
            match columns.is_empty() {
                true => Ok(vec![0; frame.height()]),
                false => Ok(keys(&columns, true)?.into_iter().map(Option::unwrap_or_default).collect()),
            }
        };
        debug_assert!(later || frame.width() == self.keys.len() + self.values.len());
        let key = numbers(columns(&self.keys, 0)?)?;
        let values = numbers(columns(&self.values, self.keys.len())?)?;
        Ok((key, values.into_iter().map(|v| v as u64).collect()))
    }

    /// The places of keys and values in one of the tables.
    fn places(&self, later: bool) -> Vec<usize> {
        self.keys.iter().chain(&self.values).map(|b| if later { b.after } else { b.before }).collect()
    }

    /// Hands over the marks of all rows of a table in the order they are shown.
    fn pass(&self, later: bool, context: &Context, mut sink: impl FnMut(Marks) -> Result<()>) -> Result<()> {
        let data = if later { &self.after } else { &self.before };
        let places = self.places(later);
        match data.rows() {
            Rows::Ordered(_) => data.stream(&places, context.memory / 8, &context.control, |frame| {
                sink(self.marks(&frame, later)?)?;
                Ok(Flow::Continue)
            }),
            _ => data.scan(
                &places,
                &context.control,
                |frame| self.marks(&frame, later),
                |marks| {
                    sink(marks)?;
                    Ok(Flow::Continue)
                },
            ),
        }
    }

    fn find(&self, context: &Context) -> Result<Found> {
        const END: u32 = u32::MAX;
        let mut held = 0;
        let mut room = |rows: usize, per_row: u64| {
            held += rows as u64 * per_row;
            match held > context.memory {
                true => {
                    Err(Error::refused(Msg::new("error-compare-memory").with("limit", number::bytes(context.memory)))
                        .hint(Msg::new("hint-compare-memory")))
                }
                false => Ok(()),
            }
        };
        let mut found = Found::default();
        // The first and the last row of a key; rows of one key in their order.
        let mut ends: ByKey<(u32, u32)> = ByKey::default();
        let (mut next, mut values): (Vec<u32>, Vec<u64>) = (Vec::new(), Vec::new());
        self.pass(false, context, |marks| {
            room(marks.0.len(), PER_ROW.0)?;
            for (key, value) in marks.0.into_iter().zip(marks.1) {
                let row = next.len() as u32;
                next.push(END);
                values.push(value);
                let end = ends.entry(key).or_insert((row, row));
                if end.1 != row {
                    next[end.1 as usize] = row;
                    end.1 = row;
                    found.repeated += 1;
                }
            }
            Ok(())
        })?;
        let mut met = vec![false; next.len()];
        let mut place = 0u32;
        // Rows whose key is there, but with other values: they meet what equal rows leave over.
        let mut waiting: Vec<(u128, u32)> = Vec::new();
        let mut later: Vec<(Option<u32>, u32)> = Vec::new();
        self.pass(true, context, |marks| {
            room(marks.0.len(), PER_ROW.1)?;
            for (key, value) in marks.0.into_iter().zip(marks.1) {
                let row = place;
                place += 1;
                let Some(end) = ends.get_mut(&key) else {
                    later.push((None, row));
                    continue;
                };
                while met[end.0 as usize] && next[end.0 as usize] != END {
                    end.0 = next[end.0 as usize];
                }
                let mut at = end.0;
                let mut looked = 0;
                while at != END && looked < LOOKED_AT && (met[at as usize] || values[at as usize] != value) {
                    at = next[at as usize];
                    looked += 1;
                }
                if at != END && !met[at as usize] && values[at as usize] == value {
                    met[at as usize] = true;
                    found.equal += 1;
                } else {
                    waiting.push((key, row));
                }
            }
            Ok(())
        })?;
        for (key, row) in waiting {
            let mut at = ends.get(&key).map_or(END, |e| e.0);
            while at != END && met[at as usize] {
                at = next[at as usize];
            }
            if at != END {
                met[at as usize] = true;
            }
            if let Some(end) = ends.get_mut(&key).filter(|_| at != END) {
                end.0 = at;
            }
            later.push(((at != END).then_some(at), row));
        }
        later.sort_unstable_by_key(|(_, row)| *row);
        found.later = later;
        found.removed = (0..met.len() as u32).filter(|row| !met[*row as usize]).collect();
        Ok(found)
    }
}

impl Compare {
    /// With what is usual.
    pub fn new(with: Other, keys: Vec<String>) -> Self {
        Self { with, keys, ignore: Vec::new(), long: false }
    }

    /// The step in words.
    pub fn words(&self) -> Msg {
        match self.keys.is_empty() {
            true => Msg::new("step-compare").with("table", &self.with.table),
            false => Msg::new("step-compare-keys").with("table", &self.with.table).with("keys", self.keys.join(", ")),
        }
    }

    /// The rows that differ. The last note counts them.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        self.counted(dataset, context).map(|(outcome, _)| outcome)
    }

    /// As [`Compare::run`], and how many rows differ.
    pub fn counted(&self, dataset: &Dataset, context: &Context) -> Result<(Outcome, u64)> {
        let (before, mut notes) = self.with.open(context)?;
        let after = dataset.clone();
        let names = match self.keys.is_empty() {
            false => self.keys.clone(),
            true => {
                let found = guess(&before, &after, &context.control)?;
                notes.push(match found.is_empty() {
                    true => Msg::new("note-compare-no-key"),
                    false => Msg::new("note-compare-guess").with("keys", found.join(", ")),
                });
                found
            }
        };
        for name in &self.ignore {
            // Only to be told of a name that neither has.
            if before.schema().position(name).is_none() {
                after.schema().require(name)?;
            }
        }
        let none = (no_rows(&before)?, no_rows(&after)?);
        let both = |name: &str| Both::of(name, &before, &after, &none);
        let mut keys = names.iter().map(|name| both(name)).collect::<Result<Vec<_>>>()?;
        let shared = |name: &str| before.schema().position(name).is_some();
        let wanted = |name: &str| !names.iter().chain(&self.ignore).any(|n| n == name);
        let mut values: Vec<Both> = Vec::new();
        for column in after.schema().columns() {
            if shared(&column.name) && wanted(&column.name) {
                values.push(both(&column.name)?);
            }
        }
        if keys.is_empty() {
            // Without a key a row is known by all it holds.
            keys = std::mem::take(&mut values);
        }
        if keys.is_empty() {
            return Err(Error::usage(Msg::new("error-compare-nothing")).hint(Msg::new("hint-compare-nothing")));
        }
        let only = |one: &Dataset, other: &Dataset| {
            let names = one.schema().columns().iter().map(|c| c.name.as_str());
            names.filter(|n| other.schema().position(n).is_none()).map(str::to_owned).collect::<Vec<_>>()
        };
        for (id, names) in [
            ("note-compare-new", only(&after, &before)),
            ("note-compare-gone", only(&before, &after)),
            (
                "note-compare-kinds",
                keys.iter()
                    .chain(&values)
                    .filter(|b| before.schema().columns()[b.before].kind != after.schema().columns()[b.after].kind)
                    .map(|b| b.name.clone())
                    .collect(),
            ),
        ] {
            if !names.is_empty() {
                notes.push(Msg::new(id).with("names", names.join(", ")));
            }
        }
        let pair = Pair { before, after, keys, values };
        let found = pair.find(context)?;
        if found.repeated > 0 && !pair.values.is_empty() {
            notes.push(Msg::new("note-compare-repeated").with("rows", found.repeated));
        }
        let shown = show::table(&pair, &found, self.long, context)?;
        notes.extend(shown.touched());
        let changed = found.later.iter().filter(|l| l.0.is_some()).count() as u64;
        notes.push(
            Msg::new("note-compare")
                .with("added", found.later.len() as u64 - changed)
                .with("removed", found.removed.len())
                .with("changed", changed)
                .with("equal", found.equal),
        );
        let differ = found.later.len() + found.removed.len();
        Ok((Outcome { notes, ..shown.dataset.into() }, differ as u64))
    }
}

/// The values of a frame as text.
fn cells(column: &PlColumn) -> Result<Vec<Option<String>>> {
    let frame = DataFrame::new(column.len(), vec![column.clone()]).map_err(crate::data::from_polars)?;
    let frame = Frame::new(frame);
    Ok((0..frame.height())
        .map(|row| match frame.cell(row, 0) {
            crate::value::Cell::Null => None,
            cell => Some(cell.plain()),
        })
        .collect())
}
