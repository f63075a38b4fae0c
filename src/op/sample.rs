//! Keep a random sample of rows, the same for the same seed.

use std::collections::BinaryHeap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Context, Outcome};
use crate::data::{Dataset, PickedBuilder, Rows};
use crate::error::Result;
use crate::text::Msg;

/// Keep so many rows, chosen at random without replacement, in the table's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many rows.
    pub rows: u64,
    /// Decides which.
    #[serde(default)]
    pub seed: u64,
}

/// A well-mixed 64-bit number for a row (the finaliser of splitmix64, Steele, Lea & Flood 2014).
pub(super) fn mixed(seed: u64, row: u64) -> u64 {
    let mut z = row.wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Sample {
    /// The dataset with the rows whose mixed numbers are smallest: every set of `rows` rows is as likely as any other.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        const STRETCH: u64 = 1 << 20;
        const BLOCK: u64 = 1 << 16;
        let total = dataset.count(&context.control)?;
        if self.rows >= total {
            return Ok(dataset.clone().into());
        }
        context.control.restart(total);
        let wanted = self.rows as usize;
        let mut heap: BinaryHeap<(u64, u64)> = BinaryHeap::with_capacity(wanted + 1);
        for row in 0..total {
            if row % STRETCH == 0 {
                context.control.check()?;
                context.control.advance(STRETCH.min(total - row));
            }
            let key = mixed(self.seed, row);
            if heap.len() < wanted {
                heap.push((key, row));
            } else if heap.peek().is_some_and(|(largest, _)| key < *largest) {
                heap.pop();
                heap.push((key, row));
            }
        }
        let mut rows: Vec<u64> = heap.into_iter().filter_map(|(_, place)| dataset.table_row(place)).collect();
        rows.sort_unstable();
        let mut builder = PickedBuilder::new();
        let end = rows.last().map_or(0, |r| r + 1);
        let mut at = 0;
        for start in (0..end).step_by(BLOCK as usize) {
            let len = BLOCK.min(end - start) as usize;
            let mut bits = vec![false; len];
            while at < rows.len() && rows[at] < start + len as u64 {
                bits[(rows[at] - start) as usize] = true;
                at += 1;
            }
            builder.push(start, len, bits);
        }
        let dataset = dataset.with_rows(Rows::Picked(Arc::new(builder.finish())));
        Ok(Outcome { notes: vec![self.note(total)], ..dataset.into() })
    }

    /// How many rows of how many were drawn, and by which seed.
    pub(super) fn note(&self, of: u64) -> Msg {
        Msg::new("note-sampled").with("rows", self.rows).with("total", of).with("seed", self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::{Column, DataFrame};

    fn numbers(n: i64) -> Dataset {
        let column = Column::new("n".into(), (0..n).collect::<Vec<i64>>());
        Dataset::from_frame(DataFrame::new(n as usize, vec![column]).unwrap())
    }

    fn context() -> Context {
        Context::new(Control::new(), 1 << 30)
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_every_part_is_reached() {
        let all = numbers(100_000);
        let pick = |seed| {
            let d = Sample { rows: 1_000, seed }.run(&all, &context()).unwrap().dataset;
            (0..1_000).map(|i| d.table_row(i).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(pick(7), pick(7));
        assert_ne!(pick(7), pick(8));
        // 250 expected in each quarter, standard deviation 13.6 (hypergeometric).
        for quarter in 0..4u64 {
            let n = pick(7).iter().filter(|r| **r / 25_000 == quarter).count();
            assert!((180..=320).contains(&n), "{n} rows in quarter {quarter}");
        }
    }

    #[test]
    fn more_than_there_are_is_all() {
        let d = Sample { rows: 50, seed: 0 }.run(&numbers(10), &context()).unwrap().dataset;
        assert_eq!(d.row_count().known(), 10);
    }
}
