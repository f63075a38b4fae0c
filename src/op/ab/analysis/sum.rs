//! What is summed of a metric: in an arm, in an arm's part of a segment, on a day. Knows neither columns nor words.

use super::super::{Counts, Histogram, Moments, PairMoments};
use crate::op::rank::keys::Places;
use crate::op::sketch::hash;

/// Sums of the values of one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// Values that are 1.
    pub ones: u64,
    /// Rows or units without a value.
    pub missing: u64,
    /// The values.
    pub y: Moments,
    /// The values with their second ones (denominator or covariate), of those that have both.
    pub pair: PairMoments,
}

impl Sum {
    /// How many have a value.
    pub fn n(&self) -> u64 {
        self.y.n() as u64
    }

    /// How many belong here, with a value or without.
    pub fn all(&self) -> u64 {
        self.n() + self.missing
    }

    /// As trials and successes; of values that are all 0 or 1.
    pub fn counts(&self) -> Counts {
        Counts::new(self.ones, self.n()).unwrap_or_default()
    }

    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            ones: self.ones + other.ones,
            missing: self.missing + other.missing,
            y: self.y.merge(other.y),
            pair: self.pair.merge(other.pair),
        }
    }
}

/// Values near which those of a stretch of rows lie: what is summed are distances from them, so that a large offset
/// costs no digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Near {
    y: f64,
    x: f64,
}

impl Near {
    /// The first value of each that is there.
    pub fn of(y: &[f64], x: Option<&[f64]>) -> Self {
        let first = |v: &[f64]| v.iter().copied().find(|v| !v.is_nan()).unwrap_or(0.0);
        Self { y: first(y), x: x.map_or(0.0, first) }
    }
}

/// A [`Sum`] while rows go by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running {
    ones: u64,
    missing: u64,
    n: u64,
    y: f64,
    yy: f64,
    both: u64,
    pair: [f64; 5],
}

impl Running {
    /// A value; NaN is none.
    #[inline(always)]
    pub fn add(&mut self, v: f64, near: Near) {
        if v.is_nan() {
            self.missing += 1;
            return;
        }
        let d = v - near.y;
        self.n += 1;
        self.y += d;
        self.yy += d * d;
        self.ones += u64::from(v == 1.0);
    }

    /// The same value with its second one.
    #[inline(always)]
    pub fn add_pair(&mut self, v: f64, x: f64, near: Near) {
        if v.is_nan() || x.is_nan() {
            return;
        }
        let (y, x) = (v - near.y, x - near.x);
        self.both += 1;
        for (sum, more) in self.pair.iter_mut().zip([y, x, y * y, x * x, y * x]) {
            *sum += more;
        }
    }

    /// The sums; nothing where they go beyond all numbers.
    pub fn close(&self, near: Near) -> Sum {
        let [y, x, yy, xx, xy] = self.pair;
        Sum {
            ones: self.ones,
            missing: self.missing,
            y: Moments::from_sums(self.n, self.y, self.yy, near.y).unwrap_or_default(),
            pair: PairMoments::from_sums(self.both, (y, x), (yy, xx), xy, (near.y, near.x)).unwrap_or_default(),
        }
    }
}

/// Bits of a value that are dropped where there are too many different ones: 12 of the 52 behind the point stay, so that
/// neighbours lie at most 1/4096 apart.
const DROPPED: u32 = 40;

/// How often each value occurs. Exact up to a limit of different values; beyond it all are rounded, and it says so.
#[derive(Default)]
pub struct Tally {
    places: Places,
    values: Vec<f64>,
    counts: Vec<u64>,
    coarse: bool,
}

impl Tally {
    /// Counts a value.
    #[inline]
    pub fn add(&mut self, v: f64, count: u64, limit: usize) {
        let v = if self.coarse { rounded(v) } else { v + 0.0 };
        let bits = v.to_bits();
        let values = &self.values;
        let (at, new) = self.places.place(hash::mix(bits), |n| values[n as usize].to_bits() == bits);
        match new {
            true => {
                self.values.push(v);
                self.counts.push(count);
                if self.values.len() > limit && !self.coarse {
                    self.coarsen(limit);
                }
            }
            false => self.counts[at as usize] += count,
        }
    }

    /// Both together. The result does not depend on how values were divided between the two.
    pub fn absorb(&mut self, other: &Self, limit: usize) {
        if other.coarse && !self.coarse {
            self.coarsen(limit);
        }
        for (v, count) in other.values.iter().zip(&other.counts) {
            self.add(*v, *count, limit);
        }
    }

    fn coarsen(&mut self, limit: usize) {
        let old = std::mem::replace(self, Self { coarse: true, ..Self::default() });
        for (v, count) in old.values.iter().zip(&old.counts) {
            self.add(*v, *count, limit);
        }
    }

    /// Whether values were rounded.
    pub fn is_coarse(&self) -> bool {
        self.coarse
    }

    /// The values in order.
    pub fn histogram(&self) -> Histogram {
        Histogram::new(self.values.iter().copied().zip(self.counts.iter().copied())).unwrap_or_default()
    }
}

fn rounded(v: f64) -> f64 {
    let half = 1u64 << (DROPPED - 1);
    let near = f64::from_bits((v.to_bits() + half) & !((1u64 << DROPPED) - 1));
    if near.is_finite() { near + 0.0 } else { v }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_parts_are_the_sums_of_all() {
        let values = [3.0, 1.0, f64::NAN, 1e9, -2.5, 1.0];
        let seconds = [1.0, f64::NAN, 2.0, 4.0, 8.0, 16.0];
        let of = |from: usize, to: usize| {
            let near = Near::of(&values[from..to], Some(&seconds[from..to]));
            let mut run = Running::default();
            for (v, x) in values[from..to].iter().zip(&seconds[from..to]) {
                run.add(*v, near);
                run.add_pair(*v, *x, near);
            }
            run.close(near)
        };
        let (all, parts) = (of(0, 6), of(0, 3).merge(of(3, 6)));
        assert_eq!((all.n(), all.missing, all.ones, all.pair.n()), (5, 1, 2, 4.0));
        assert_eq!((parts.n(), parts.missing, parts.ones, parts.all()), (5, 1, 2, 6));
        let want = PairMoments::of([(3.0, 1.0), (1e9, 4.0), (-2.5, 8.0), (1.0, 16.0)]).unwrap();
        for got in [all.pair, parts.pair] {
            assert!((got.products() / want.products() - 1.0).abs() < 1e-12);
            assert!((got.y().squares() / want.y().squares() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn many_different_values_are_rounded_the_same_whatever_their_order() {
        let values: Vec<f64> = (0..5000).map(|i| f64::from(i * 7919 % 5000) * 1.000_1 + 0.5).collect();
        let whole = |values: &[f64], limit: usize| {
            let mut tally = Tally::default();
            values.iter().for_each(|v| tally.add(*v, 1, limit));
            tally
        };
        let exact = whole(&values, 10_000);
        assert!(!exact.is_coarse());
        assert_eq!(exact.histogram().n(), 5000);
        let mut turned = values.clone();
        turned.reverse();
        let (one, other) = (whole(&values, 1000), whole(&turned, 1000));
        assert!(one.is_coarse());
        assert_eq!(one.histogram(), other.histogram());
        let mut parts = whole(&values[..100], 1000);
        parts.absorb(&whole(&values[100..], 1000), 1000);
        assert_eq!(parts.histogram(), one.histogram());
        let (near, median) = (one.histogram().quantile(0.5).unwrap(), exact.histogram().quantile(0.5).unwrap());
        assert!((near / median - 1.0).abs() < 1.0 / 4096.0, "{near} {median}");
        assert_eq!(rounded(0.0), 0.0);
        assert_eq!(rounded(-1.5), -1.5);
        assert_eq!(rounded(f64::MAX), f64::MAX);
    }
}
