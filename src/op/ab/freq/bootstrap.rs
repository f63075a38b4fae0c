//! Bootstrap intervals of differences of means and quantiles, seeded, from how often each value occurs.
//!
//! Small arms are drawn value by value; large ones by drawing how often each distinct value comes up (multinomial by
//! conditional binomials), or by independent Poisson counts, whose cost does not grow with the number of rows.

use super::{Interval, check_level};
use crate::op::ab::num::normal;
use crate::op::ab::num::random::Random;
use crate::op::ab::{AbError, Histogram, Result};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The quantile of this probability; .5 is the median.
    Quantile(f64),
}

/// How samples are redrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampling {
    /// As many values as there were.
    Multinomial,
    /// Each value a Poisson number of times: for data in pieces, and for very large arms.
    Poisson,
}

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Number of samples redrawn.
    pub resamples: usize,
    /// Seed: the same gives the same interval.
    pub seed: u64,
    /// How samples are redrawn.
    pub resampling: Resampling,
    /// Level of the intervals.
    pub level: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { resamples: 4999, seed: 1, resampling: Resampling::Multinomial, level: 0.95 }
    }
}

/// A bootstrapped difference, arm − baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// The difference in the data.
    pub difference: f64,
    /// Standard deviation of the resampled differences.
    pub se: f64,
    /// Quantiles of the resampled differences.
    pub percentile: Interval,
    /// Bias-corrected and accelerated (Efron 1987); `None` for quantiles, whose jackknife says nothing.
    pub bca: Option<Interval>,
}

/// A sample redrawn as counts of the bins.
struct Resampler<'a> {
    bins: &'a [(f64, u64)],
    n: u64,
    counts: Vec<u64>,
    /// For small arms: the bin of each value.
    places: Option<Vec<u32>>,
    resampling: Resampling,
}

impl<'a> Resampler<'a> {
    fn new(data: &'a Histogram, resampling: Resampling) -> Self {
        let bins = data.bins();
        // Drawing one by one costs n, drawing by bins about eight times the number of bins.
        let single = resampling == Resampling::Multinomial && data.n() < 8 * bins.len() as u64;
        let places = single.then(|| {
            let runs = bins.iter().enumerate().flat_map(|(i, b)| std::iter::repeat_n(i as u32, b.1 as usize));
            runs.collect()
        });
        Self { bins, n: data.n(), counts: vec![0; bins.len()], places, resampling }
    }

    fn draw(&mut self, random: &mut Random) {
        if let Some(places) = &self.places {
            self.counts.fill(0);
            for _ in 0..self.n {
                self.counts[places[random.below(self.n) as usize] as usize] += 1;
            }
            return;
        }
        match self.resampling {
            Resampling::Poisson => {
                for (count, bin) in self.counts.iter_mut().zip(self.bins) {
                    *count = random.poisson(bin.1 as f64);
                }
            }
            Resampling::Multinomial => {
                let (mut left, mut of) = (self.n, self.n);
                for (count, bin) in self.counts.iter_mut().zip(self.bins) {
                    *count = random.binomial(left, bin.1 as f64 / of as f64);
                    left -= *count;
                    of -= bin.1;
                }
            }
        }
    }

    /// The statistic of the drawn sample; `None` if it is empty.
    fn value(&self, statistic: Statistic) -> Option<f64> {
        let n: u64 = self.counts.iter().sum();
        if n == 0 {
            return None;
        }
        match statistic {
            Statistic::Mean => {
                Some(self.counts.iter().zip(self.bins).map(|(c, b)| *c as f64 * b.0).sum::<f64>() / n as f64)
            }
            Statistic::Quantile(p) => {
                let place = p * (n - 1) as f64;
                let low = place.floor() as u64;
                let mut seen = 0;
                let mut first = None;
                for (count, bin) in self.counts.iter().zip(self.bins) {
                    seen += count;
                    if first.is_none() && low < seen {
                        first = Some(bin.0);
                    }
                    if let Some(first) = first
                        && (low + 1 < seen || low + 1 >= n)
                    {
                        return Some(first + (bin.0 - first) * (place - place.floor()));
                    }
                }
                first
            }
        }
    }
}

fn plain(data: &Histogram, statistic: Statistic) -> Result<f64> {
    match statistic {
        Statistic::Mean => Ok(data.moments().mean()),
        Statistic::Quantile(p) => data.quantile(p).ok_or(AbError::OutOfRange),
    }
}

/// The difference arm − baseline of a statistic, with intervals.
pub fn bootstrap(baseline: &Histogram, arm: &Histogram, statistic: Statistic, plan: Plan) -> Result<Bootstrap> {
    check_level(plan.level)?;
    let least = baseline.n().min(arm.n());
    if least < 2 {
        return Err(AbError::TooFew { needed: 2, got: least });
    }
    if plan.resamples < 20 {
        return Err(AbError::OutOfRange);
    }
    let difference = plain(arm, statistic)? - plain(baseline, statistic)?;
    let mut random = Random::new(plan.seed);
    let (mut b, mut a) = (Resampler::new(baseline, plan.resampling), Resampler::new(arm, plan.resampling));
    let mut drawn = Vec::with_capacity(plan.resamples);
    for _ in 0..plan.resamples {
        b.draw(&mut random);
        a.draw(&mut random);
        if let (Some(y), Some(x)) = (a.value(statistic), b.value(statistic)) {
            drawn.push(y - x);
        }
    }
    drawn.sort_by(f64::total_cmp);
    if drawn.first() == drawn.last() {
        return Err(AbError::ZeroVariance);
    }
    let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
    let variance = drawn.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (drawn.len() - 1) as f64;
    let tail = 0.5 * (1.0 - plan.level);
    let percentile = [quantile(&drawn, tail), quantile(&drawn, 1.0 - tail)];
    let bca = (statistic == Statistic::Mean)
        .then(|| accelerated(&drawn, difference, acceleration(baseline, arm), tail))
        .flatten();
    Ok(Bootstrap { difference, se: variance.sqrt(), percentile, bca })
}

/// Quantile of sorted values by straight lines between ranks.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * (place - place.floor())
}

/// Acceleration of a difference of means: the jackknife's influence values are the deviations themselves.
fn acceleration(baseline: &Histogram, arm: &Histogram) -> f64 {
    let sums = |data: &Histogram, sign: f64| {
        let (mean, n) = (data.moments().mean(), data.n() as f64);
        let power = |k: i32| data.bins().iter().map(|(v, c)| *c as f64 * (sign * (v - mean)).powi(k)).sum::<f64>();
        (power(2) / (n * n), power(3) / (n * n * n))
    };
    let ((b2, b3), (a2, a3)) = (sums(baseline, -1.0), sums(arm, 1.0));
    (a3 + b3) / (6.0 * (a2 + b2).powf(1.5))
}

fn accelerated(sorted: &[f64], difference: f64, acceleration: f64, tail: f64) -> Option<Interval> {
    let below = sorted.partition_point(|d| *d < difference);
    let ties = sorted[below..].iter().take_while(|d| **d == difference).count();
    let share = (below as f64 + 0.5 * ties as f64) / sorted.len() as f64;
    if share <= 0.0 || share >= 1.0 {
        return None;
    }
    let bias = normal::quantile(share);
    let moved = |p: f64| {
        let z = bias + normal::quantile(p);
        normal::cdf(bias + z / (1.0 - acceleration * z))
    };
    Some([quantile(sorted, moved(tail)), quantile(sorted, moved(1.0 - tail))])
}
