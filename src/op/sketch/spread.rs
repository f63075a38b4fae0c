//! How values are spread: ranks, quartiles, commonest values, bins; of all values or of a sample.

/// Different values in rising order, with how often each occurs.
#[derive(Clone)]
pub struct Spread<K> {
    values: Vec<(K, u64)>,
    /// Occurrences up to and including each value.
    ends: Vec<u64>,
}

/// A point between two neighbouring values: `low + (high - low) · quarters / 4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<K> {
    /// The value below or at the point.
    pub low: K,
    /// The value above or at the point.
    pub high: K,
    /// How many quarters of the way from `low` to `high`, 0 to 3.
    pub quarters: u8,
}

/// Bins of equal width, and what lies outside of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins<T> {
    /// Where the first bin starts.
    pub start: T,
    /// How wide each bin is.
    pub width: T,
    /// How many values each bin holds.
    pub counts: Vec<u64>,
    /// Values before the first bin.
    pub below: u64,
    /// Values after the last bin.
    pub above: u64,
}

impl<K: Copy + Ord> Spread<K> {
    /// Of different values and their counts.
    pub fn of_counts(mut values: Vec<(K, u64)>) -> Self {
        values.sort_unstable_by_key(|(k, _)| *k);
        let mut end = 0;
        let ends = values
            .iter()
            .map(|(_, n)| {
                end += n;
                end
            })
            .collect();
        Self { values, ends }
    }

    /// Of values as they come.
    pub fn of_values(mut all: Vec<K>) -> Self {
        all.sort_unstable();
        let mut values: Vec<(K, u64)> = Vec::new();
        for k in all {
            match values.last_mut() {
                Some((last, n)) if *last == k => *n += 1,
                _ => values.push((k, 1)),
            }
        }
        Self::of_counts(values)
    }

    /// How many values, repeated ones included.
    pub fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// How many different values.
    pub fn distinct(&self) -> u64 {
        self.values.len() as u64
    }

    /// The values in rising order, and how often each occurs.
    pub fn each(&self) -> impl Iterator<Item = (K, u64)> {
        self.values.iter().copied()
    }

    /// The value of rank `rank`, from 0.
    pub fn at(&self, rank: u64) -> Option<K> {
        self.values.get(self.ends.partition_point(|e| *e <= rank)).map(|(k, _)| *k)
    }

    /// The first (1), second or third quartile: linear between the neighbours of rank (n − 1) · p (Hyndman & Fan's
    /// type 7, which numpy, pandas, polars and R use by default).
    pub fn quartile(&self, which: u8) -> Option<Between<K>> {
        let position = u128::from(self.total().checked_sub(1)?) * u128::from(which.min(4));
        let (rank, quarters) = ((position / 4) as u64, (position % 4) as u8);
        let low = self.at(rank)?;
        let high = if quarters == 0 { low } else { self.at(rank + 1).unwrap_or(low) };
        Some(Between { low, high, quarters })
    }

    /// The commonest values that occur at least `least` times, commonest first, smaller value first among equals.
    pub fn top(&self, limit: usize, least: u64) -> Vec<(K, u64)> {
        let mut top: Vec<(K, u64)> = self.values.iter().filter(|(_, n)| *n >= least).copied().collect();
        let order = |a: &(K, u64), b: &(K, u64)| b.1.cmp(&a.1).then(a.0.cmp(&b.0));
        if top.len() > limit {
            top.select_nth_unstable_by(limit, order);
            top.truncate(limit);
        }
        top.sort_unstable_by(order);
        top
    }

    /// Ends that leave far outliers out, of real numbers of which some are finite.
    fn ends(&self, real: &impl Fn(K) -> f64) -> Option<(f64, f64)> {
        let total = self.total();
        let [a, b, c, d] = SHARES.map(|share| self.at(low_rank(total, share)?).map(real));
        let finite = || self.values.iter().map(|(k, _)| real(*k)).filter(|v| v.is_finite());
        let (min, max) = (finite().next()?, self.values.iter().rev().map(|(k, _)| real(*k)).find(|v| v.is_finite())?);
        Some(robust_ends([a?, b?, c?, d?], (min, max)))
    }

    /// About `n` bins over real numbers, between robust ends. A bin holds its start and not its end; the last one holds
    /// both. None without finite values.
    pub fn bins(&self, n: usize, real: impl Fn(K) -> f64) -> Option<Bins<f64>> {
        let slots = Slots::<f64>::new(n, self.ends(&real)?);
        let mut counts = vec![0; slots.bins + 2];
        for (k, count) in &self.values {
            counts[slots.slot(real(*k))] += count;
        }
        Some(slots.filled(&counts))
    }

    /// About `n` bins over whole numbers, each a whole number wide, between robust ends.
    pub fn whole_bins(&self, n: usize, whole: impl Fn(K) -> i128) -> Option<Bins<i128>> {
        let (min, max) = (whole(self.values.first()?.0), whole(self.values.last()?.0));
        let slots = Slots::<i128>::new(n, self.ends(&|k| whole(k) as f64)?, (min, max))?;
        let mut counts = vec![0; slots.bins + 2];
        for (k, count) in &self.values {
            counts[slots.slot(whole(*k))] += count;
        }
        Some(slots.filled(&counts))
    }
}

/// Shares of the values that decide where bins begin and end.
pub const SHARES: [f64; 4] = [0.25, 0.75, 0.01, 0.99];

/// The rank, from 0, of the value below which a share of `n` values lies, without interpolation.
pub fn low_rank(n: u64, share: f64) -> Option<u64> {
    Some((n.checked_sub(1)? as f64 * share) as u64)
}

/// Ends that leave far outliers out: three interquartile ranges beyond the quartiles, or the central 98 % where the quartiles
/// coincide. Takes the values at [`SHARES`], and the smallest and greatest finite one.
pub fn robust_ends([q1, q3, first, last]: [f64; 4], (min, max): (f64, f64)) -> (f64, f64) {
    let (low, high) = if q3 > q1 { (q1 - 3.0 * (q3 - q1), q3 + 3.0 * (q3 - q1)) } else { (first, last) };
    let (low, high) = (low.max(min), high.min(max));
    if low < high { (low, high) } else { (min, max) }
}

/// Where values fall: slot 0 is before the bins, then comes one for each bin, and one after them.
#[derive(Clone, Copy, Debug)]
pub struct Slots<T> {
    low: T,
    high: T,
    width: T,
    /// How many bins.
    pub bins: usize,
}

impl<T: Copy> Slots<T> {
    /// The bins, given how many values fell into each slot.
    pub fn filled(&self, counts: &[u64]) -> Bins<T> {
        let at = |i: usize| counts.get(i).copied().unwrap_or(0);
        Bins {
            start: self.low,
            width: self.width,
            counts: (1..=self.bins).map(at).collect(),
            below: at(0),
            above: at(self.bins + 1),
        }
    }
}

impl Slots<f64> {
    /// About `n` bins between ends.
    pub fn new(n: usize, (low, high): (f64, f64)) -> Self {
        let bins = if low < high { n.max(1) } else { 1 };
        Self { low, high, width: high / bins as f64 - low / bins as f64, bins }
    }

    /// Where a number falls.
    pub fn slot(&self, v: f64) -> usize {
        if v < self.low {
            0
        } else if v > self.high {
            self.bins + 1
        } else {
            let at = if self.width > 0.0 { ((v - self.low) / self.width) as usize } else { 0 };
            at.min(self.bins - 1) + 1
        }
    }
}

impl Slots<i128> {
    /// About `n` bins between ends, of whole numbers between `min` and `max`.
    pub fn new(n: usize, (low, high): (f64, f64), (min, max): (i128, i128)) -> Option<Self> {
        // Back from floating point, which may have rounded beyond the values there are.
        let (low, high) = ((low.floor() as i128).clamp(min, max), (high.ceil() as i128).clamp(min, max));
        let range = high.checked_sub(low)?.checked_add(1)?;
        let width = range.checked_add(n.max(1) as i128 - 1)? / n.max(1) as i128;
        let bins = range.checked_add(width - 1)? / width;
        Some(Self { low, high, width, bins: bins as usize })
    }

    /// Where a number falls.
    pub fn slot(&self, v: i128) -> usize {
        if v < self.low {
            0
        } else if v > self.high {
            self.bins + 1
        } else {
            ((v - self.low) / self.width) as usize + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_as_numpy_gives_them() {
        // np.percentile([1, 2, 3, 4], 25) = 1.75, 50: 2.5, 75: 3.25
        let s = Spread::of_values(vec![4u64, 1, 3, 2]);
        assert_eq!(s.quartile(1), Some(Between { low: 1, high: 2, quarters: 3 }));
        assert_eq!(s.quartile(2), Some(Between { low: 2, high: 3, quarters: 2 }));
        assert_eq!(s.quartile(3), Some(Between { low: 3, high: 4, quarters: 1 }));
        let s = Spread::of_counts(vec![(10u64, 1), (0, 4)]);
        assert_eq!(s.quartile(3), Some(Between { low: 0, high: 0, quarters: 0 }));
        assert_eq!(s.quartile(4), Some(Between { low: 10, high: 10, quarters: 0 }));
        assert_eq!(Spread::<u64>::of_values(vec![]).quartile(2), None);
        assert_eq!(Spread::of_values(vec![7u64]).quartile(1), Some(Between { low: 7, high: 7, quarters: 0 }));
    }

    #[test]
    fn commonest_first_then_smaller() {
        let s = Spread::of_values(vec![5u64, 5, 1, 1, 9, 3, 3, 3]);
        assert_eq!(s.top(3, 1), [(3, 3), (1, 2), (5, 2)]);
        assert_eq!(s.top(10, 2), [(3, 3), (1, 2), (5, 2)]);
    }

    #[test]
    fn bins_leave_outliers_out_and_lose_nobody() {
        let s = Spread::of_values((0..1000u64).chain([1_000_000]).collect());
        let b = s.whole_bins(20, i128::from).expect("bins");
        assert_eq!((b.start, b.above, b.below), (0, 1, 0));
        assert_eq!(b.counts.iter().sum::<u64>(), 1000);
        let b = s.bins(20, |k| k as f64).expect("bins");
        assert_eq!(b.counts.iter().sum::<u64>() + b.above, 1001);
        // Die throws: one bin for each side.
        let b = Spread::of_values(vec![1u64, 2, 3, 4, 5, 6, 6]).whole_bins(20, i128::from).expect("bins");
        assert_eq!((b.start, b.width, b.counts), (1, 1, vec![1, 1, 1, 1, 1, 2]));
        let b = Spread::of_values(vec![4u64; 9]).bins(20, |k| k as f64).expect("bins");
        assert_eq!(b.counts, [9]);
        let extremes = Spread::of_values(vec![u64::MIN, u64::MAX]);
        let b = extremes.whole_bins(20, i128::from).expect("bins");
        assert_eq!(b.counts.iter().sum::<u64>() + b.below + b.above, 2);
    }
}
