//! The side of a join that is kept in memory: its rows, found by the number of their key.

use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::{DataFrame, IdxSize};

use crate::data::{Dataset, Flow, from_polars};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::columns::{all_places, no_rows};
use crate::op::keys::ByKey;
use crate::text::{Msg, number};

/// No further row.
const END: IdxSize = IdxSize::MAX;

/// Rows by key.
pub(super) struct Held {
    pub rows: DataFrame,
    /// First and last row of a key.
    ends: ByKey<(IdxSize, IdxSize)>,
    /// The next row of the same key.
    next: Vec<IdxSize>,
    met: Vec<AtomicU64>,
}

impl Held {
    /// Bytes it takes for each row besides the row itself.
    pub const PER_ROW: u64 = 48;

    /// Reads a table in the order it is shown.
    pub fn read(
        data: &Dataset,
        numbers: impl Fn(&DataFrame) -> Result<Vec<Option<u128>>>,
        context: &Context,
    ) -> Result<Self> {
        let mut rows = no_rows(data)?;
        let mut ends: ByKey<(IdxSize, IdxSize)> = ByKey::default();
        let mut next: Vec<IdxSize> = Vec::new();
        let mut bytes = 0;
        data.stream(&all_places(data), context.memory / 8, &context.control, |frame| {
            for key in numbers(&frame)? {
                let row = next.len() as IdxSize;
                next.push(END);
                if let Some(key) = key {
                    let end = ends.entry(key).or_insert((row, row));
                    if end.1 != row {
                        next[end.1 as usize] = row;
                        end.1 = row;
                    }
                }
            }
            bytes += frame.estimated_size() as u64 + frame.height() as u64 * Self::PER_ROW;
            // It was judged by its first rows, and may be larger.
            if bytes > context.memory || next.len() >= END as usize {
                return Err(Error::refused(
                    Msg::new("error-join-memory")
                        .with("size", number::bytes(bytes))
                        .with("limit", number::bytes(context.memory)),
                )
                .hint(Msg::new("hint-join-memory")));
            }
            rows.vstack_mut(&frame).map_err(from_polars)?;
            Ok(Flow::Continue)
        })?;
        rows.rechunk_mut_par();
        let met = (0..next.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { rows, ends, next, met })
    }

    /// The rows with a key, in their order.
    pub fn find(&self, key: u128) -> impl Iterator<Item = IdxSize> + '_ {
        let first = self.ends.get(&key).map(|(first, _)| *first);
        std::iter::successors(first, |row| Some(self.next[*row as usize]).filter(|n| *n != END))
    }

    /// Notes that a row was met.
    pub fn mark(&self, row: IdxSize) {
        self.met[row as usize / 64].fetch_or(1 << (row % 64), Ordering::Relaxed);
    }

    fn chosen(&self, met: bool) -> Vec<Option<IdxSize>> {
        let is_met = |row: usize| self.met[row / 64].load(Ordering::Relaxed) >> (row % 64) & 1 == 1;
        (0..self.next.len()).filter(|row| is_met(*row) == met).map(|row| Some(row as IdxSize)).collect()
    }

    /// The rows no one met.
    pub fn unmarked(&self) -> Vec<Option<IdxSize>> {
        self.chosen(false)
    }

    /// The rows someone met.
    pub fn marked(&self) -> Vec<Option<IdxSize>> {
        self.chosen(true)
    }
}
