//! The rows that differ as a table: what became of each, its key, and its values, with the old one before the new one
//! where they are not the same.

use polars::prelude::{Column as PlColumn, DataFrame, DataType};

use super::{Both, CHANGE, Found, Pair, cells};
use crate::data::{Collector, Dataset, Flow, Rows, from_polars};
use crate::error::Result;
use crate::op::Context;
use crate::op::columns::free_name;
use crate::op::keys::keys;
use crate::text::Msg;

/// Rows put together at once.
const PIECE: usize = 16_384;
/// What stands for a missing value beside one that is there.
const MISSING: &str = "∅";

/// The table, and how many rows each column changed in.
pub(super) struct Shown {
    pub dataset: Dataset,
    counts: Vec<(String, u64)>,
}

impl Shown {
    /// Which columns changed, those that changed most first.
    pub fn touched(&self) -> Option<Msg> {
        const NAMED: usize = 12;
        let mut counts: Vec<_> = self.counts.iter().filter(|(_, n)| *n > 0).collect();
        counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let mut names: Vec<String> = counts.iter().take(NAMED).map(|(name, n)| format!("{name} {n}")).collect();
        if counts.len() > NAMED {
            names.push("…".to_owned());
        }
        (!names.is_empty()).then(|| Msg::new("note-compare-columns").with("names", names.join(", ")))
    }
}

/// A column's values as text.
pub(super) fn written(column: &PlColumn) -> Result<PlColumn> {
    match column.dtype() {
        DataType::String => Ok(column.clone()),
        _ => Ok(PlColumn::new(column.name().clone(), cells(column)?)),
    }
}

/// The rows at these places in view, in this order.
fn picked(data: &Dataset, places: &[usize], rows: impl Iterator<Item = u32>, context: &Context) -> Result<Dataset> {
    let numbers: Vec<u32> =
        rows.filter_map(|row| data.table_row(u64::from(row)).and_then(|r| u32::try_from(r).ok())).collect();
    let data = data.with_columns(places).with_rows(Rows::Ordered(numbers.into()));
    let all: Vec<usize> = (0..places.len()).collect();
    let empty = data.table().read(data.places(), 0, 0)?;
    let mut collector = Collector::new(&empty, context.memory / 8);
    data.stream(&all, context.memory / 8, &context.control, |frame| {
        collector.push(frame)?;
        Ok(Flow::Continue)
    })?;
    context.control.check()?;
    collector.finish()
}

/// Hands over a table a stretch at a time.
fn stretches(data: &Dataset, mut sink: impl FnMut(DataFrame) -> Result<()>) -> Result<()> {
    let all: Vec<usize> = (0..data.schema().len()).collect();
    let rows = data.row_count().known();
    for start in (0..rows).step_by(PIECE) {
        sink(data.window(&all, start, PIECE)?.into_inner())?;
    }
    Ok(())
}

/// Which rows of two columns differ.
fn differing(both: &Both, before: &PlColumn, after: &PlColumn) -> Result<Vec<bool>> {
    let number = |column| keys(&[both.comparable(column)?], true);
    Ok(number(before)?.into_iter().zip(number(after)?).map(|(a, b)| a != b).collect())
}

/// Old and new values with an arrow between them where they differ.
fn arrows(before: &PlColumn, after: &PlColumn, differ: &[bool]) -> Result<Vec<Option<String>>> {
    let text = |value: Option<String>| value.unwrap_or_else(|| MISSING.to_owned());
    let pairs = cells(before)?.into_iter().zip(cells(after)?).zip(differ);
    Ok(pairs
        .map(|((old, new), differ)| if *differ { Some(format!("{} → {}", text(old), text(new))) } else { new })
        .collect())
}

/// The table of differences.
pub(super) fn table(pair: &Pair, found: &Found, long: bool, context: &Context) -> Result<Shown> {
    let old_places = pair.places(false);
    let new_places = pair.places(true);
    let changed = || found.later.iter().filter_map(|(old, new)| old.map(|old| (old, *new)));
    let old = picked(&pair.before, &old_places, changed().map(|c| c.0), context)?;
    let new = picked(&pair.after, &new_places, found.later.iter().map(|l| l.1), context)?;
    let gone = picked(&pair.before, &old_places, found.removed.iter().copied(), context)?;
    let keys = pair.keys.len();

    // Which columns changed at all: the others keep their type.
    let mut counts = vec![0u64; pair.values.len()];
    let all: Vec<usize> = (0..new_places.len()).collect();
    let mut at = 0u64;
    let mut old_at = 0u64;
    while at < found.later.len() as u64 {
        context.control.check()?;
        let (place, piece) = (old_at, &found.later[at as usize..found.later.len().min(at as usize + PIECE)]);
        let there: Vec<bool> = piece.iter().map(|l| l.0.is_some()).collect();
        let many = there.iter().filter(|t| **t).count();
        let later = only(new.window(&all, at, piece.len())?.into_inner(), &there)?;
        let earlier = old.window(&all, place, many)?.into_inner();
        for (i, both) in pair.values.iter().enumerate() {
            let differ = differing(both, &earlier.columns()[keys + i], &later.columns()[keys + i])?;
            counts[i] += differ.iter().filter(|d| **d).count() as u64;
        }
        at += piece.len() as u64;
        old_at += many as u64;
    }

    let maker = Maker { pair, counts: &counts, long };
    let nothing = |data: &Dataset| data.window(&all, 0, 0).map(|f| f.into_inner());
    let mut collector = Collector::new(&maker.changed(&nothing(&old)?, &nothing(&new)?, &[])?, context.memory / 4);
    let (mut at, mut old_at) = (0u64, 0u64);
    stretches(&new, |later| {
        context.control.check()?;
        let there: Vec<bool> =
            found.later[at as usize..at as usize + later.height()].iter().map(|l| l.0.is_some()).collect();
        let many = there.iter().filter(|t| **t).count();
        let earlier = old.window(&all, old_at, many)?.into_inner();
        collector.push(maker.changed(&earlier, &later, &there)?)?;
        at += later.height() as u64;
        old_at += many as u64;
        Ok(())
    })?;
    stretches(&gone, |rows| {
        context.control.check()?;
        collector.push(maker.alone("removed", &rows)?)
    })?;
    let counts = pair.values.iter().map(|b| b.name.clone()).zip(counts).collect();
    Ok(Shown { dataset: collector.finish()?, counts })
}

/// The rows for which `there` holds.
fn only(frame: DataFrame, there: &[bool]) -> Result<DataFrame> {
    let mask = there.iter().copied().collect();
    frame.filter_seq(&mask).map_err(from_polars)
}

/// Puts rows of the result together.
struct Maker<'a> {
    pair: &'a Pair,
    counts: &'a [u64],
    long: bool,
}

impl Maker<'_> {
    fn name(&self, wanted: &str) -> String {
        free_name(wanted, |n| self.pair.keys.iter().chain(&self.pair.values).any(|b| b.name == n))
    }

    /// Rows of the later table, with what those that were there before held then (`earlier`, one for each `there`).
    fn changed(&self, earlier: &DataFrame, later: &DataFrame, there: &[bool]) -> Result<DataFrame> {
        let words = there.iter().map(|t| if *t { "changed" } else { "added" }).collect::<Vec<_>>();
        // Where in `earlier` a row's past stands.
        let past: polars::prelude::IdxCa = there
            .iter()
            .scan(0u32, |n, t| {
                let at = t.then_some(*n);
                *n += u32::from(*t);
                Some(at)
            })
            .collect();
        let earlier = earlier.take(&past).map_err(from_polars)?;
        self.rows(&words, Some((&earlier, there)), later)
    }

    /// Rows that are in one table only.
    fn alone(&self, word: &'static str, rows: &DataFrame) -> Result<DataFrame> {
        self.rows(&vec![word; rows.height()], None, rows)
    }

    fn rows(&self, words: &[&str], past: Option<(&DataFrame, &[bool])>, rows: &DataFrame) -> Result<DataFrame> {
        let keys = self.pair.keys.len();
        let key_columns = || -> Result<Vec<PlColumn>> {
            let list = self.pair.keys.iter().enumerate();
            list.map(|(i, b)| Ok(b.comparable(&rows.columns()[i])?.with_name(b.name.as_str().into()))).collect()
        };
        let differ = |i: usize| -> Result<Vec<bool>> {
            let Some((earlier, there)) = past else { return Ok(vec![false; rows.height()]) };
            let both = &self.pair.values[i];
            let found = differing(both, &earlier.columns()[keys + i], &rows.columns()[keys + i])?;
            Ok(found.into_iter().zip(there).map(|(d, t)| d && *t).collect())
        };
        let change = PlColumn::new(self.name(CHANGE).as_str().into(), words);
        if !self.long {
            let mut columns = vec![change];
            columns.extend(key_columns()?);
            for (i, both) in self.pair.values.iter().enumerate() {
                let value = &rows.columns()[keys + i];
                columns.push(match (self.counts[i] > 0, past) {
                    (true, Some((earlier, _))) => {
                        let text = arrows(&earlier.columns()[keys + i], value, &differ(i)?)?;
                        PlColumn::new(both.name.as_str().into(), text)
                    }
                    (true, None) => PlColumn::new(both.name.as_str().into(), cells(value)?),
                    (false, _) => both.comparable(value)?.with_name(both.name.as_str().into()),
                });
            }
            return DataFrame::new(rows.height(), columns).map_err(from_polars);
        }
        // A row for each value: row number, column, before, after.
        let mut cells_of: Vec<(u32, usize, Option<String>, Option<String>)> = Vec::new();
        for i in 0..self.pair.values.len() {
            let differ = differ(i)?;
            let now = cells(&rows.columns()[keys + i])?;
            let then = match past {
                Some((earlier, _)) => cells(&earlier.columns()[keys + i])?,
                None => vec![None; now.len()],
            };
            for (row, (now, then)) in now.into_iter().zip(then).enumerate() {
                match words[row] {
                    "changed" if differ[row] => cells_of.push((row as u32, i, then, now)),
                    "added" => cells_of.push((row as u32, i, None, now)),
                    "removed" => cells_of.push((row as u32, i, now, None)),
                    _ => {}
                }
            }
        }
        if self.pair.values.is_empty() {
            cells_of.extend((0..rows.height() as u32).map(|row| (row, 0, None, None)));
        }
        cells_of.sort_by_key(|c| (c.0, c.1));
        let at: polars::prelude::IdxCa = cells_of.iter().map(|c| Some(c.0)).collect();
        let mut columns = vec![change.take(&at).map_err(from_polars)?];
        for column in key_columns()? {
            columns.push(column.take(&at).map_err(from_polars)?);
        }
        let name = |i: usize| self.pair.values.get(i).map(|b| b.name.clone());
        let mut text = |wanted: &str, values: Vec<Option<String>>| {
            columns.push(PlColumn::new(self.name(wanted).as_str().into(), values));
        };
        text("column", cells_of.iter().map(|c| name(c.1)).collect());
        text("before", cells_of.iter().map(|c| c.2.clone()).collect());
        text("after", cells_of.iter().map(|c| c.3.clone()).collect());
        DataFrame::new(cells_of.len(), columns).map_err(from_polars)
    }
}
