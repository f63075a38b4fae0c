//! The profile of a table: one pass over it, on all cores, in bounded memory, the same answer every time.
//!
//! What can be counted exactly is: rows, missing, NaN, empty, smallest, greatest, mean, deviation, lengths. Different
//! values are counted exactly up to 65,536 (then so are quartiles, bins and common values) and estimated beyond; quartiles
//! and common values of such columns come from a sample of up to 131,072 rows, all rows if there are no more. Nothing
//! depends on which thread read which part: sums of floating-point numbers are added up in row order, everything else does
//! not know order.

pub(super) mod bits;
mod coding;
mod finish;
mod gather;
mod numbers;
mod picks;
#[cfg(test)]
mod tests;
mod texts;
mod there;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{Column as PlColumn, DataFrame, DataType};
use serde::{Deserialize, Serialize};

use self::gather::ColumnState;
use self::picks::Picks;
use super::push::ask::Stop;
use super::push::{Answered, answered};
use super::sketch::Moments;
use crate::data::{Control, Dataset, Flow, Rows, cell_of};
use crate::error::{Error, Result};
use crate::result::profile::{ColumnProfile, TableProfile};
use crate::text::Msg;
use crate::value::Cell;

/// The step: profile these columns, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Names of the columns; none means all.
    #[serde(default)]
    pub columns: Vec<String>,
}

impl Profile {
    /// Profiles the rows in view. Fails when a column is not there, and when the table cannot be read.
    pub fn run(&self, dataset: &Dataset, control: &Control) -> Result<TableProfile> {
        let places: Vec<usize> = if self.columns.is_empty() {
            (0..dataset.schema().len()).collect()
        } else {
            self.columns.iter().map(|name| dataset.schema().require(name)).collect::<Result<_>>()?
        };
        profile(dataset, &places, control)
    }
}

/// Profiles the column at a place of the dataset's schema.
pub fn profile_column(dataset: &Dataset, place: usize, control: &Control) -> Result<ColumnProfile> {
    let profile = profile(dataset, &[place], control)?;
    profile.columns.into_iter().next().ok_or_else(|| Error::failed(Msg::new("profile-no-column")))
}

/// Memory for what is gathered in one pass, in bytes; a table with more columns than fit is read several times, some
/// columns at a time.
const BUDGET: u64 = 256 << 20;
/// Values tried for examples, in each part.
const TRIED: usize = 64;
/// Examples given.
const EXAMPLES: usize = 3;

/// What one part gives besides the sketches: sums and first values, put together in row order.
struct PartOutcome {
    moments: Vec<Moments>,
    examples: Vec<Vec<Cell<'static>>>,
}

fn profile(dataset: &Dataset, places: &[usize], control: &Control) -> Result<TableProfile> {
    let asked = answered(dataset, control, |rows, place| {
        there::profile(rows, places, place, control)?.ok_or_else(|| Stop::Not(there::why_not(rows, places)))
    });
    let (dataset, ran) = match asked? {
        Answered::There(profile) => return Ok(profile),
        Answered::Here(rows, why) => (rows.whole(control)?, why.into_iter().collect()),
    };
    let rows = dataset.count(control)?;
    // Types as stored: a choice of rows may come without them when it is empty.
    let none = dataset.with_rows(Rows::All).window(places, 0, 0)?;
    let types: Vec<DataType> = none.inner().columns().iter().map(|c| c.dtype().clone()).collect();
    let all: Vec<(usize, DataType)> = places.iter().copied().zip(types).collect();
    let mut columns = Vec::with_capacity(all.len());
    for group in groups(&all, rows) {
        columns.extend(pass(&dataset, group, rows, control)?);
    }
    let rows = columns.first().map_or(rows, |c: &ColumnProfile| c.rows);
    Ok(TableProfile { rows, sampled: finish::sampled(&columns, rows), columns, ran })
}

/// Divides the columns so that each division can be gathered within the budget.
fn groups(columns: &[(usize, DataType)], rows: u64) -> Vec<&[(usize, DataType)]> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let weight = |dtype: &DataType| {
        let (most, each) = match dtype {
            DataType::String | DataType::Binary | DataType::Categorical(..) | DataType::Enum(..) => (12 << 20, 160),
            DataType::Int128 | DataType::UInt128 | DataType::Decimal(..) => (6 << 20, 96),
            t if t.is_primitive_numeric() || t.is_temporal() => (4 << 20, 64),
            _ => (1 << 10, 0),
        };
        most.min(rows.saturating_mul(each)) * threads
    };
    let mut groups = Vec::new();
    let (mut start, mut sum) = (0, 0);
    for (i, (_, dtype)) in columns.iter().enumerate() {
        let w = weight(dtype);
        if i > start && sum + w > BUDGET {
            groups.push(&columns[start..i]);
            (start, sum) = (i, 0);
        }
        sum += w;
    }
    groups.push(&columns[start..]);
    groups
}

/// One pass over some columns.
fn pass(dataset: &Dataset, columns: &[(usize, DataType)], rows: u64, control: &Control) -> Result<Vec<ColumnProfile>> {
    let places: Vec<usize> = columns.iter().map(|(p, _)| *p).collect();
    let fresh = || -> Vec<ColumnState> { columns.iter().map(|(_, t)| ColumnState::new(t)).collect() };
    let stride = Picks::stride(rows);
    // One state for each thread at work.
    let pool: Mutex<Vec<Vec<ColumnState>>> = Mutex::new(Vec::new());
    let pooled = || pool.lock().unwrap_or_else(|e| e.into_inner());
    let mut moments = vec![Moments::default(); columns.len()];
    let mut examples: Vec<Vec<Cell<'static>>> = vec![Vec::new(); columns.len()];
    dataset.scan(
        &places,
        control,
        |frame| {
            let mut states = pooled().pop().unwrap_or_else(fresh);
            let outcome = fold(&mut states, columns, frame, stride);
            pooled().push(states);
            outcome
        },
        |part| {
            for (all, m) in moments.iter_mut().zip(&part.moments) {
                all.merge(m);
            }
            for (all, more) in examples.iter_mut().zip(part.examples) {
                for cell in more {
                    if all.len() < EXAMPLES && !all.contains(&cell) {
                        all.push(cell);
                    }
                }
            }
            Ok(Flow::Continue)
        },
    )?;
    control.check()?;
    let threads = pool.into_inner().unwrap_or_else(|e| e.into_inner());
    let mut by_column: Vec<Vec<ColumnState>> = columns.iter().map(|_| Vec::with_capacity(threads.len())).collect();
    for states in threads {
        for (all, state) in by_column.iter_mut().zip(states) {
            all.push(state);
        }
    }
    let jobs: Vec<_> = by_column.into_iter().zip(moments).zip(examples).collect();
    side_by_side(jobs, |i, ((states, moments), examples)| {
        let (place, dtype) = &columns[i];
        let mut states = states.into_iter();
        let mut state = states.next().unwrap_or_else(|| ColumnState::new(dtype));
        states.for_each(|s| state.absorb(s));
        finish::finish(&dataset.schema().columns()[*place], dtype, state, &moments, examples)
    })
}

/// Adds the rows of a part.
fn fold(
    states: &mut [ColumnState],
    columns: &[(usize, DataType)],
    frame: DataFrame,
    stride: u64,
) -> Result<PartOutcome> {
    let picks = Picks::of(frame.height(), stride);
    let mut outcome =
        PartOutcome { moments: Vec::with_capacity(states.len()), examples: Vec::with_capacity(states.len()) };
    for ((state, column), (_, dtype)) in states.iter_mut().zip(frame.columns()).zip(columns) {
        let series = column.as_materialized_series();
        let moments = if series.dtype() == dtype {
            state.fold(series, &picks)?
        } else {
            state.fold(&series.cast(dtype).map_err(crate::data::from_polars)?, &picks)?
        };
        outcome.moments.push(moments);
        outcome.examples.push(examples(column));
    }
    Ok(outcome)
}

/// A few different values from the first rows that hold any.
fn examples(column: &PlColumn) -> Vec<Cell<'static>> {
    let mut found: Vec<Cell<'static>> = Vec::new();
    if column.null_count() == column.len() {
        return found;
    }
    for row in 0..column.len().min(TRIED) {
        if is_long_list(column, row) {
            continue;
        }
        let cell = match cell_of(column, row) {
            Cell::Null => continue,
            Cell::Text(s) if s.len() > texts::KEPT => {
                let end = s.floor_char_boundary(texts::KEPT);
                Cell::Text(s[..end].to_owned().into())
            }
            Cell::Binary(b) if b.len() > texts::KEPT => Cell::Binary(b[..texts::KEPT].to_vec().into()),
            other => other.into_owned(),
        };
        if !found.contains(&cell) {
            found.push(cell);
        }
        if found.len() == EXAMPLES {
            break;
        }
    }
    found
}

/// Whether the cell is a list too long to be shown as an example.
fn is_long_list(column: &PlColumn, row: usize) -> bool {
    const LONG: usize = 64;
    let series = column.as_materialized_series();
    match series.dtype() {
        DataType::Array(_, width) => *width > LONG,
        DataType::List(_) => {
            let first = series.list().ok().and_then(|l| l.downcast_iter().next());
            first.is_none_or(|array| row >= array.offsets().len_proxy() || array.offsets().length_at(row) > LONG)
        }
        _ => false,
    }
}

/// Does independent jobs on all cores; their results in the order of the jobs.
fn side_by_side<J: Send, T: Send>(jobs: Vec<J>, work: impl Fn(usize, J) -> T + Sync) -> Result<Vec<T>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len()).max(1);
    let jobs: Vec<Mutex<Option<J>>> = jobs.into_iter().map(|j| Mutex::new(Some(j))).collect();
    let done: Vec<Mutex<Option<T>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slot) = jobs.get(i) else { break };
                    let job = slot.lock().unwrap_or_else(|e| e.into_inner()).take();
                    if let Some(job) = job {
                        *done[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(work(i, job));
                    }
                }
            });
        }
    });
    done.into_iter()
        .map(|slot| {
            let result = slot.into_inner().unwrap_or_else(|e| e.into_inner());
            result.ok_or_else(|| Error::failed(Msg::new("error-panic").with("cause", "")).hint(Msg::new("hint-panic")))
        })
        .collect()
}
