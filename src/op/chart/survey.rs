//! The first pass: how far numbers reach, and which words there are.

use super::super::{Context, sample::mixed};
use super::groups::{Sums, Tally};
use super::read::{Class, Places, Var, numbers, words};
use crate::data::{Dataset, Flow};
use crate::error::Result;

/// A fair choice of at most so many items, the same for the same rows: those whose row has the smallest mixed number.
pub struct Sampler<T> {
    most: usize,
    limit: u64,
    seen: u64,
    items: Vec<(u64, u64, T)>,
}

impl<T: Copy> Sampler<T> {
    /// A choice of at most `most` items.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), limit: u64::MAX, seen: 0, items: Vec::new() }
    }

    /// Offers the next item.
    #[inline]
    pub fn add(&mut self, item: T) {
        let row = self.seen;
        self.seen += 1;
        let hash = mixed(0, row);
        if hash > self.limit {
            return;
        }
        self.items.push((hash, row, item));
        if self.items.len() >= self.most * 2 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.items.len() > self.most {
            self.items.sort_unstable_by_key(|(hash, _, _)| *hash);
            self.items.truncate(self.most);
            self.limit = self.items.last().map_or(u64::MAX, |(hash, _, _)| *hash);
        }
    }

    /// How many items were offered.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The chosen items, in the order they were offered.
    pub fn finish(mut self) -> Vec<T> {
        self.cut();
        self.items.sort_unstable_by_key(|(_, row, _)| *row);
        self.items.into_iter().map(|(_, _, item)| item).collect()
    }
}

/// How far the values of a column reach.
pub struct Span {
    /// Finite values.
    pub n: u64,
    /// The smallest.
    pub lo: f64,
    /// The greatest.
    pub hi: f64,
    /// The smallest above zero.
    pub lo_positive: f64,
    /// Values above zero.
    pub positive: u64,
    /// Positive and negative infinities.
    pub infinite: u64,
    /// Whether every value is a whole number.
    pub whole: bool,
    /// How they are spread.
    pub spread: Spread,
}

/// How values are spread.
pub enum Spread {
    /// By a choice of the finite values, in rising order.
    Sample(Vec<f64>),
    /// By what is known of all of them: quantiles, each after its share, and the standard deviation; not a number where
    /// that was not asked for.
    Known(Vec<(f64, f64)>, f64),
}

/// The share of values at either end that does not decide how far an axis reaches.
pub const FRINGE: f64 = 0.005;

/// Values that quartiles and robust ends come from.
const SAMPLE: usize = 65_536;

/// The `p`-quantile of values in rising order, by linear interpolation of rank (n − 1) · p (type 7 of Hyndman & Fan 1996;
/// numpy's default). Not a number where there is no value.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let rank = last as f64 * p;
    let i = rank.floor() as usize;
    let (a, b) = (sorted[i], sorted[(i + 1).min(last)]);
    a + (b - a) * (rank - i as f64)
}

impl Span {
    /// Of no value.
    pub fn new() -> Self {
        Self {
            n: 0,
            lo: f64::INFINITY,
            hi: f64::NEG_INFINITY,
            lo_positive: f64::INFINITY,
            positive: 0,
            infinite: 0,
            whole: true,
            spread: Spread::Sample(Vec::new()),
        }
    }

    fn add(&mut self, v: f64) {
        if !v.is_finite() {
            self.infinite += u64::from(v.is_infinite());
            return;
        }
        self.n += 1;
        self.lo = self.lo.min(v);
        self.hi = self.hi.max(v);
        self.whole &= v.fract() == 0.0;
        if v > 0.0 {
            self.positive += 1;
            self.lo_positive = self.lo_positive.min(v);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.lo = self.lo.min(other.lo);
        self.hi = self.hi.max(other.hi);
        self.lo_positive = self.lo_positive.min(other.lo_positive);
        self.positive += other.positive;
        self.infinite += other.infinite;
        self.whole &= other.whole;
    }

    /// The `p`-quantile of the values; not a number where it is not known.
    pub fn quantile(&self, p: f64) -> f64 {
        match &self.spread {
            Spread::Sample(values) => quantile(values, p),
            Spread::Known(list, _) => list.iter().find(|q| q.0 == p).map_or(f64::NAN, |q| q.1),
        }
    }

    /// Whether there is a value to draw.
    pub fn is_empty(&self, log: bool) -> bool {
        if log { self.positive == 0 } else { self.n == 0 }
    }

    /// The ends of what is drawn, and whether values lie beyond: where a few values lie so far out that all others would
    /// share one bin, these are left outside.
    pub fn ends(&self, log: bool) -> (f64, f64, bool) {
        if log {
            return (self.lo_positive, self.hi, false);
        }
        let (low, high) = (self.quantile(FRINGE), self.quantile(1.0 - FRINGE));
        let width = high - low;
        if self.n >= 100 && width > 0.0 && self.hi - self.lo > width * 20.0 {
            let (lo, hi) = ((low - width / 2.0).max(self.lo), (high + width / 2.0).min(self.hi));
            return (lo, hi, true);
        }
        (self.lo, self.hi, false)
    }
}

/// What the first pass found: for each column of words a tally, for each of numbers a span.
pub struct Survey {
    /// In the order asked for.
    pub tallies: Vec<Tally>,
    /// In the order asked for.
    pub spans: Vec<Span>,
    /// Rows looked at.
    pub rows: u64,
}

/// Looks at columns of words and of numbers. Words are weighed by the values of `weight`, if there is one.
pub fn survey(
    dataset: &Dataset,
    context: &Context,
    worded: &[&Var],
    weight: Option<&Var>,
    numbered: &[&Var],
) -> Result<Survey> {
    let places = Places::of(worded.iter().chain(numbered).copied().chain(weight));
    let mut out = Survey {
        tallies: worded.iter().map(|_| Tally::default()).collect(),
        spans: numbered.iter().map(|_| Span::new()).collect(),
        rows: 0,
    };
    if worded.is_empty() && numbered.is_empty() {
        out.rows = dataset.count(&context.control)?;
        return Ok(out);
    }
    let mut samplers: Vec<Sampler<f64>> = numbered.iter().map(|_| Sampler::new(SAMPLE)).collect();
    let room = Tally::room(context.memory);
    dataset.scan(
        places.list(),
        &context.control,
        |part| {
            let weights = weight.map(|w| numbers(places.column(&part, w)?, w.class)).transpose()?;
            let mut tallied = Vec::with_capacity(worded.len());
            for var in worded {
                let coded = words(places.column(&part, var)?, &var.kind)?;
                let mut sums = vec![Sums::default(); coded.keys.len()];
                for (row, code) in coded.codes.iter().enumerate() {
                    let v = weights.as_ref().map_or(0.0, |w| w[row]);
                    if v.is_finite() {
                        sums[*code as usize].add(v);
                    }
                }
                tallied.push((coded.keys, sums));
            }
            let mut spanned = Vec::with_capacity(numbered.len());
            for var in numbered {
                let values = numbers(places.column(&part, var)?, var.class)?;
                let mut span = Span::new();
                values.iter().for_each(|v| span.add(*v));
                spanned.push((span, values));
            }
            Ok((part.height() as u64, tallied, spanned))
        },
        |(height, tallied, spanned)| {
            out.rows += height;
            for (tally, (keys, sums)) in out.tallies.iter_mut().zip(tallied) {
                tally.add(keys, &sums, room);
            }
            for ((span, sampler), (part, values)) in out.spans.iter_mut().zip(&mut samplers).zip(spanned) {
                span.merge(&part);
                values.into_iter().filter(|v| v.is_finite()).for_each(|v| sampler.add(v));
            }
            Ok(Flow::Continue)
        },
    )?;
    context.control.check()?;
    for ((span, sampler), var) in out.spans.iter_mut().zip(samplers).zip(numbered) {
        let mut sample = sampler.finish();
        sample.sort_unstable_by(f64::total_cmp);
        span.spread = Spread::Sample(sample);
        span.whole &= var.class == Class::Number;
    }
    Ok(out)
}
