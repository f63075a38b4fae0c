//! Sufficient statistics of the arms: all that the answers need. Each kind can be merged, so that pieces computed apart
//! (by thread, by day, by segment, in a warehouse) add up to the whole.

use std::collections::BTreeMap;

use super::{AbError, Result};

/// Trials and successes of one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    conversions: u64,
    n: u64,
}

impl Counts {
    /// `conversions` of `n`; an error if there are more conversions than trials.
    pub fn new(conversions: u64, n: u64) -> Result<Self> {
        if conversions > n {
            Err(AbError::MoreConversionsThanTrials { conversions, n })
        } else {
            Ok(Self { conversions, n })
        }
    }

    /// Successes.
    pub fn conversions(self) -> u64 {
        self.conversions
    }

    /// Trials.
    pub fn n(self) -> u64 {
        self.n
    }

    /// Trials without success.
    pub fn failures(self) -> u64 {
        self.n - self.conversions
    }

    /// Share of successes; `None` without trials.
    pub fn rate(self) -> Option<f64> {
        (self.n > 0).then(|| self.conversions as f64 / self.n as f64)
    }

    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        Self { conversions: self.conversions.saturating_add(other.conversions), n: self.n.saturating_add(other.n) }
    }
}

/// Events and the exposure (units, hours, …) in which they were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    events: f64,
    exposure: f64,
}

impl Exposure {
    /// `events` within `exposure`; both zero or positive and finite.
    pub fn new(events: f64, exposure: f64) -> Result<Self> {
        let good = |v: f64| v.is_finite() && v >= 0.0;
        if good(events) && good(exposure) { Ok(Self { events, exposure }) } else { Err(AbError::NotFinite) }
    }

    /// Events.
    pub fn events(self) -> f64 {
        self.events
    }

    /// Exposure.
    pub fn exposure(self) -> f64 {
        self.exposure
    }

    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        Self { events: self.events + other.events, exposure: self.exposure + other.exposure }
    }
}

/// Count, mean and sum of squared deviations of a variable. Deviations, not squares, are kept, so that a large offset does
/// not eat the variance (Chan, Golub and LeVeque's update), and the mean has a second word, so that it does not eat the
/// difference of two means either.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: f64,
    mean: f64,
    /// What rounding took from the mean.
    rest: f64,
    squares: f64,
}

/// The sum of two numbers and what rounding took from it (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let back = sum - a;
    (sum, (a - (sum - back)) + (b - back))
}

impl Moments {
    /// From a count, a mean and Σ(x − mean)². All finite, count and sum not negative.
    pub fn new(n: f64, mean: f64, squares: f64) -> Result<Self> {
        let good = n.is_finite() && n >= 0.0 && mean.is_finite() && squares.is_finite() && squares >= 0.0;
        if good { Ok(Self { n, mean, rest: 0.0, squares }) } else { Err(AbError::NotFinite) }
    }

    /// From n, Σ(x − shift) and Σ(x − shift)². With a shift near the mean nothing is lost; with 0 these are the plain sums.
    pub fn from_sums(n: u64, sum: f64, sum_of_squares: f64, shift: f64) -> Result<Self> {
        if n == 0 {
            return Ok(Self::default());
        }
        let size = n as f64;
        let plain = Self::new(size, shift, (sum_of_squares - sum * (sum / size)).max(0.0))?;
        if sum.is_finite() { Ok(plain.moved(sum / size)) } else { Err(AbError::NotFinite) }
    }

    /// Of values; an error if one is not finite.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut all = Self::default();
        for x in values {
            if !x.is_finite() {
                return Err(AbError::NotFinite);
            }
            all.push(x, 1.0);
        }
        Ok(all)
    }

    /// Takes in a value that occurs `count` times.
    pub fn push(&mut self, x: f64, count: f64) {
        *self = self.merge(Self { n: count, mean: x, rest: 0.0, squares: 0.0 });
    }

    /// The same deviations about a mean moved by `by`.
    pub fn moved(self, by: f64) -> Self {
        let (mean, lost) = two_sum(self.mean, by);
        let (mean, rest) = two_sum(mean, lost + self.rest);
        Self { mean, rest, ..self }
    }

    /// The same mean with other squared deviations, which must not be negative.
    pub(crate) fn with_squares(self, squares: f64) -> Self {
        Self { squares, ..self }
    }

    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        let n = self.n + other.n;
        if n == 0.0 {
            return self;
        }
        if self.n == 0.0 {
            return other;
        }
        let gap = other.gap(self);
        let squares = self.squares + other.squares + gap * gap * (self.n * (other.n / n));
        Self { n, squares, ..self.moved(gap * (other.n / n)) }
    }

    /// This mean − the other one, exact to the last digit of the difference.
    pub fn gap(self, other: Self) -> f64 {
        let (gap, lost) = two_sum(self.mean, -other.mean);
        gap + (lost + (self.rest - other.rest))
    }

    /// Number of values.
    pub fn n(self) -> f64 {
        self.n
    }

    /// Mean; 0 without values.
    pub fn mean(self) -> f64 {
        self.mean
    }

    /// Σ(x − mean)².
    pub fn squares(self) -> f64 {
        self.squares
    }

    /// Variance with n − 1; `None` for fewer than two values.
    pub fn variance(self) -> Option<f64> {
        (self.n >= 2.0).then(|| self.squares / (self.n - 1.0))
    }

    /// Standard deviation with n − 1.
    pub fn sd(self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Σx.
    pub fn sum(self) -> f64 {
        self.n * self.mean
    }
}

/// Joint moments of two variables of the same units: numerator and denominator of a ratio, a metric and its value before
/// the experiment, a sum per cluster and the cluster's size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairMoments {
    y: Moments,
    x: Moments,
    products: f64,
}

impl PairMoments {
    /// From the moments of both and Σ(y − ȳ)(x − x̄). Both must be of as many units.
    pub fn new(y: Moments, x: Moments, products: f64) -> Result<Self> {
        if !products.is_finite() {
            return Err(AbError::NotFinite);
        }
        if y.n != x.n {
            return Err(AbError::UnequalCounts);
        }
        Ok(Self { y, x, products })
    }

    /// From n, Σy′, Σx′, Σy′², Σx′², Σy′x′ where y′ = y − shift.0 and x′ = x − shift.1.
    pub fn from_sums(n: u64, sums: (f64, f64), squares: (f64, f64), products: f64, shift: (f64, f64)) -> Result<Self> {
        let y = Moments::from_sums(n, sums.0, squares.0, shift.0)?;
        let x = Moments::from_sums(n, sums.1, squares.1, shift.1)?;
        let products = if n == 0 { 0.0 } else { products - sums.0 * (sums.1 / n as f64) };
        Self::new(y, x, products)
    }

    /// Of pairs (y, x); an error if one is not finite.
    pub fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Self> {
        let mut all = Self::default();
        for (y, x) in pairs {
            if !(y.is_finite() && x.is_finite()) {
                return Err(AbError::NotFinite);
            }
            let one = |v: f64| Moments { n: 1.0, mean: v, rest: 0.0, squares: 0.0 };
            all = all.merge(Self { y: one(y), x: one(x), products: 0.0 });
        }
        Ok(all)
    }

    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        let n = self.y.n + other.y.n;
        if n == 0.0 {
            return self;
        }
        let gaps = other.y.gap(self.y) * other.x.gap(self.x);
        Self {
            y: self.y.merge(other.y),
            x: self.x.merge(other.x),
            products: self.products + other.products + gaps * (self.y.n * (other.y.n / n)),
        }
    }

    /// The first variable: numerator, metric.
    pub fn y(self) -> Moments {
        self.y
    }

    /// The second variable: denominator, covariate, cluster size.
    pub fn x(self) -> Moments {
        self.x
    }

    /// Σ(y − ȳ)(x − x̄).
    pub fn products(self) -> f64 {
        self.products
    }

    /// Number of units.
    pub fn n(self) -> f64 {
        self.y.n
    }

    /// Σ(y − r x)² for any r, from the moments.
    pub fn residual_squares(self, r: f64) -> f64 {
        let centred = self.y.squares - 2.0 * r * self.products + r * r * self.x.squares;
        let shift = self.y.mean - r * self.x.mean;
        centred.max(0.0) + self.y.n * shift * shift
    }
}

/// How often each value occurs: what rank tests and bootstraps need of one arm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Values, ascending and distinct, with their counts, which are positive.
    bins: Vec<(f64, u64)>,
    n: u64,
}

impl Histogram {
    /// From values with counts, in any order; equal values are added up. An error if a value is not finite.
    pub fn new(bins: impl IntoIterator<Item = (f64, u64)>) -> Result<Self> {
        // Sorting by total order would tell −0 from 0.
        let mut bins: Vec<(f64, u64)> = bins.into_iter().filter(|b| b.1 > 0).map(|(v, c)| (v + 0.0, c)).collect();
        if bins.iter().any(|b| !b.0.is_finite()) {
            return Err(AbError::NotFinite);
        }
        bins.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut merged: Vec<(f64, u64)> = Vec::with_capacity(bins.len());
        let mut n = 0_u64;
        for (value, count) in bins {
            n = n.saturating_add(count);
            match merged.last_mut() {
                Some(last) if last.0 == value => last.1 = last.1.saturating_add(count),
                _ => merged.push((value, count)),
            }
        }
        Ok(Self { bins: merged, n })
    }

    /// From single values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Result<Self> {
        Self::new(values.into_iter().map(|v| (v, 1)))
    }

    /// Values with counts, ascending.
    pub fn bins(&self) -> &[(f64, u64)] {
        &self.bins
    }

    /// Number of values.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Both together.
    pub fn merge(&self, other: &Self) -> Self {
        Self::new(self.bins.iter().chain(&other.bins).copied()).unwrap_or_default()
    }

    /// Count, mean and deviations.
    pub fn moments(&self) -> Moments {
        let mut all = Moments::default();
        for (value, count) in &self.bins {
            all.push(*value, *count as f64);
        }
        all
    }

    /// The value of 0-based rank `rank`; `None` beyond the last.
    pub fn ranked(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        self.bins.iter().find_map(|(value, count)| {
            seen += count;
            (rank < seen).then_some(*value)
        })
    }

    /// The quantile of `p` by straight lines between ranks (type 7 of Hyndman and Fan); `None` without values.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if self.n == 0 || !(0.0..=1.0).contains(&p) {
            return None;
        }
        let place = p * (self.n - 1) as f64;
        let low = self.ranked(place.floor() as u64)?;
        let high = self.ranked((place.ceil() as u64).min(self.n - 1))?;
        Some(low + (high - low) * (place - place.floor()))
    }

    /// Values beyond `limit` put to `limit`.
    pub fn capped(&self, limit: f64) -> Self {
        Self::new(self.bins.iter().map(|(v, c)| (v.min(limit), *c))).unwrap_or_default()
    }
}

/// Winsorised arms: every value beyond the `p` quantile of all arms together is put to it. One limit for all arms, so that
/// the arms stay comparable. Gives the limit too; `None` if there are no values.
pub fn winsorise(arms: &[Histogram], p: f64) -> Option<(f64, Vec<Histogram>)> {
    let all = arms.iter().fold(Histogram::default(), |all, arm| all.merge(arm));
    let limit = all.quantile(p)?;
    Some((limit, arms.iter().map(|arm| arm.capped(limit)).collect()))
}

/// Every value that occurs in either arm, ascending, with its count in both.
pub fn side_by_side(a: &Histogram, b: &Histogram) -> Vec<(f64, u64, u64)> {
    let mut all: BTreeMap<OrderedValue, (u64, u64)> = BTreeMap::new();
    for (value, count) in a.bins() {
        all.entry(OrderedValue(*value)).or_default().0 += count;
    }
    for (value, count) in b.bins() {
        all.entry(OrderedValue(*value)).or_default().1 += count;
    }
    all.into_iter().map(|(v, (x, y))| (v.0, x, y)).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct OrderedValue(f64);

impl Eq for OrderedValue {}

impl PartialOrd for OrderedValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
