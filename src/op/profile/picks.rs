//! Which rows stand for the others where not all can be kept: one out of each stretch of equal length, the place within
//! the stretch drawn anew each time, the same every time the table is read.

use super::super::sketch::hash::mix;

/// The rows of a part that are sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picks {
    /// All of them.
    All,
    /// These, in rising order.
    At(Vec<u32>),
}

/// Most rows of the sample.
pub(super) const SAMPLE: u64 = 131_072;

impl Picks {
    /// Rows in each stretch when a table has `rows` rows; 1 where all rows are kept.
    pub fn stride(rows: u64) -> u64 {
        rows.div_ceil(SAMPLE).max(1)
    }

    /// The rows sampled in a part of `height` rows.
    pub fn of(height: usize, stride: u64) -> Self {
        if stride <= 1 {
            return Self::All;
        }
        let height = height as u64;
        let rows = (0..height.div_ceil(stride)).map(|i| i * stride + mix(i ^ height << 32) % stride);
        Self::At(rows.filter(|r| *r < height).map(|r| r as u32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_stretch() {
        assert_eq!(Picks::of(10, Picks::stride(SAMPLE)), Picks::All);
        let stride = Picks::stride(10_000_000);
        let Picks::At(rows) = Picks::of(100_000, stride) else { panic!("not all rows") };
        assert!(rows.windows(2).all(|w| w[0] < w[1]));
        assert!(rows.iter().enumerate().all(|(i, r)| u64::from(*r) / stride == i as u64));
        assert!((100_000 / stride - 1..=100_000 / stride + 1).contains(&(rows.len() as u64)));
    }
}
