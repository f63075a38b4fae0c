//! Which rows of a table are in view, and in what order, without copying any of them.

use std::sync::Arc;

use polars::prelude::BooleanChunked;

/// The rows of a dataset in terms of its table.
#[derive(Clone, Debug, Default)]
pub enum Rows {
    /// Every row, in the table's order.
    #[default]
    All,
    /// Some rows, in the table's order.
    Picked(Arc<Picked>),
    /// Some or all rows in another order, by their number.
    Ordered(Arc<Vec<u32>>),
}

/// One stretch of rows and a bit for each.
#[derive(Debug)]
struct Block {
    start: u64,
    len: usize,
    bits: Vec<u64>,
}

/// A set of rows: one bit a row, with counts that find the n-th picked row quickly. A clone shares all bits, so a
/// growing set can be looked at while it grows.
#[derive(Clone, Debug, Default)]
pub struct Picked {
    blocks: Vec<Arc<Block>>,
    /// Picked rows up to the end of each block.
    ends: Vec<u64>,
    complete: bool,
}

impl Picked {
    /// How many rows are picked so far.
    pub fn len(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether none is picked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every row of the table has been judged.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The table's number of the `n`-th picked row.
    pub fn row(&self, n: u64) -> Option<u64> {
        if n >= self.len() {
            return None;
        }
        let b = self.ends.partition_point(|end| *end <= n);
        let block = &self.blocks[b];
        let mut left = n - if b == 0 { 0 } else { self.ends[b - 1] };
        for (i, word) in block.bits.iter().enumerate() {
            let ones = u64::from(word.count_ones());
            if left >= ones {
                left -= ones;
                continue;
            }
            let mut word = *word;
            for _ in 0..left {
                word &= word - 1;
            }
            return Some(block.start + i as u64 * 64 + u64::from(word.trailing_zeros()));
        }
        None
    }

    /// How many picked rows stand before row `row` of the table.
    pub fn rank(&self, row: u64) -> u64 {
        let b = self.blocks.partition_point(|b| b.start + b.len as u64 <= row);
        let before = if b == 0 { 0 } else { self.ends[b - 1] };
        let Some(block) = self.blocks.get(b).filter(|b| b.start <= row) else { return before };
        let offset = (row - block.start) as usize;
        let whole: u64 = block.bits[..offset / 64].iter().map(|w| u64::from(w.count_ones())).sum();
        let partial = match offset % 64 {
            0 => 0,
            bits => u64::from((block.bits[offset / 64] & ((1u64 << bits) - 1)).count_ones()),
        };
        before + whole + partial
    }

    /// Whether row `row` of the table is picked.
    pub fn contains(&self, row: u64) -> bool {
        let b = self.blocks.partition_point(|b| b.start + b.len as u64 <= row);
        self.blocks.get(b).filter(|b| b.start <= row).is_some_and(|block| {
            let offset = (row - block.start) as usize;
            block.bits[offset / 64] >> (offset % 64) & 1 == 1
        })
    }

    /// The picks among `len` rows from `start` on, as a mask.
    pub fn mask(&self, start: u64, len: usize) -> BooleanChunked {
        BooleanChunked::from_iter((0..len as u64).map(|i| Some(self.contains(start + i))))
    }

    /// Whether any row in the stretch is picked.
    pub fn any(&self, start: u64, len: usize) -> bool {
        self.rank(start + len as u64) > self.rank(start)
    }
}

/// Builds a [`Picked`], stretch after stretch in row order.
#[derive(Debug, Default)]
pub struct PickedBuilder {
    set: Picked,
}

impl PickedBuilder {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the verdicts on `len` rows from `start` on; a missing verdict is "no".
    pub fn push(&mut self, start: u64, len: usize, picked: impl IntoIterator<Item = bool>) {
        let mut bits = vec![0u64; len.div_ceil(64)];
        for (i, yes) in picked.into_iter().take(len).enumerate() {
            bits[i / 64] |= u64::from(yes) << (i % 64);
        }
        let ones: u64 = bits.iter().map(|w| u64::from(w.count_ones())).sum();
        self.set.ends.push(self.set.len() + ones);
        self.set.blocks.push(Arc::new(Block { start, len, bits }));
    }

    /// The set as it is now.
    pub fn snapshot(&self) -> Picked {
        self.set.clone()
    }

    /// The set, with every row judged.
    pub fn finish(mut self) -> Picked {
        self.set.complete = true;
        self.set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_rows_by_place_and_places_by_row() {
        let wanted: Vec<u64> = (0..1000).filter(|r| r % 7 == 3 || (500..520).contains(r)).collect();
        let mut builder = PickedBuilder::new();
        for start in (0..1000u64).step_by(130) {
            let len = 130.min(1000 - start) as usize;
            builder.push(start, len, (0..len as u64).map(|i| wanted.contains(&(start + i))));
        }
        assert!(!builder.snapshot().is_complete());
        let set = builder.finish();
        assert_eq!(set.len(), wanted.len() as u64);
        for (n, row) in wanted.iter().enumerate() {
            assert_eq!(set.row(n as u64), Some(*row));
            assert_eq!(set.rank(*row), n as u64);
        }
        assert_eq!(set.row(set.len()), None);
        for row in 0..1000 {
            assert_eq!(set.contains(row), wanted.contains(&row));
        }
        assert!(!set.contains(1000));
        assert_eq!(set.rank(5000), set.len());
        assert!(set.any(500, 1) && !set.any(522, 1));
        assert_eq!(
            set.mask(128, 5).iter().flatten().collect::<Vec<_>>(),
            (128..133).map(|r| wanted.contains(&r)).collect::<Vec<_>>()
        );
    }
}
