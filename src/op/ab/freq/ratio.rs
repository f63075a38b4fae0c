//! Ratios of two sums by unit (clicks over impressions), and events counted within units: delta method and
//! cluster-robust errors, from the moments of the units.

use super::{Effect, check_level};
use crate::op::ab::{AbError, PairMoments, Result};

/// A ratio of sums in one arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Σy/Σx.
    pub value: f64,
    /// Its variance by the delta method, units as the sample.
    pub variance: f64,
}

/// Σy/Σx of one arm, with its variance by the delta method (Deng, Knoblich and Lu 2018).
pub fn ratio(arm: PairMoments) -> Result<Ratio> {
    if arm.n() < 2.0 {
        return Err(AbError::TooFew { needed: 2, got: arm.n() as u64 });
    }
    let denominator = arm.x().mean();
    if denominator == 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let value = arm.y().mean() / denominator;
    let centred = arm.y().squares() - 2.0 * value * arm.products() + value * value * arm.x().squares();
    let variance = centred.max(0.0) / (arm.n() - 1.0) / arm.n() / (denominator * denominator);
    Ok(Ratio { value, variance })
}

/// Difference and lift of two ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioComparison {
    /// The baseline's ratio.
    pub baseline: Ratio,
    /// The arm's ratio.
    pub arm: Ratio,
    /// arm − baseline.
    pub difference: Effect,
    /// arm/baseline − 1; `None` where the baseline's ratio is zero.
    pub lift: Option<Effect>,
}

/// Compares ratios by the delta method.
pub fn delta_method(baseline: PairMoments, arm: PairMoments, level: f64) -> Result<RatioComparison> {
    check_level(level)?;
    let (b, a) = (ratio(baseline)?, ratio(arm)?);
    let difference = Effect::new(a.value - b.value, (a.variance + b.variance).sqrt(), None, level)?;
    let lift = if b.value == 0.0 {
        None
    } else {
        let share = a.value / b.value;
        let se = (a.variance + share * share * b.variance).sqrt() / b.value.abs();
        Some(Effect::new(share - 1.0, se, None, level)?)
    };
    Ok(RatioComparison { baseline: b, arm: a, difference, lift })
}

/// The same difference with events and with units as the sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clustered {
    /// Events in both arms.
    pub events: f64,
    /// Units in both arms.
    pub units: f64,
    /// arm − baseline with cluster-robust error (CR1, as a regression on the arm with unit clusters gives).
    pub robust: Effect,
    /// arm − baseline as if every event were a unit, with heteroscedastic error (HC1): wrong where units repeat, shown for
    /// comparison.
    pub naive: Effect,
    /// Variance of the former over variance of the latter.
    pub design_effect: f64,
}

/// A 0/1 metric of events, randomised by unit: y is the unit's sum of the metric, x its number of events.
pub fn clustered(baseline: PairMoments, arm: PairMoments, level: f64) -> Result<Clustered> {
    // For 0/1 values the squares are the sums.
    clustered_with_squares(baseline, arm, (baseline.y().sum(), arm.y().sum()), level)
}

/// As [`clustered`] for any metric of events, with Σ of its squares over events in baseline and arm.
pub fn clustered_with_squares(
    baseline: PairMoments,
    arm: PairMoments,
    squares: (f64, f64),
    level: f64,
) -> Result<Clustered> {
    check_level(level)?;
    let units = baseline.n() + arm.n();
    let (nb, na) = (baseline.x().sum(), arm.x().sum());
    let events = nb + na;
    if baseline.n() < 2.0 || arm.n() < 2.0 {
        return Err(AbError::TooFew { needed: 2, got: baseline.n().min(arm.n()) as u64 });
    }
    if nb <= 0.0 || na <= 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let (b, a) = (baseline.y().sum() / nb, arm.y().sum() / na);
    let meat = baseline.residual_squares(b) / (nb * nb) + arm.residual_squares(a) / (na * na);
    let correction = units / (units - 1.0) * ((events - 1.0) / (events - 2.0));
    let within = |sum: f64, n: f64, mean: f64| (sum - n * mean * mean).max(0.0) / (n * n);
    let plain = (within(squares.0, nb, b) + within(squares.1, na, a)) * (events / (events - 2.0));
    let robust = Effect::new(a - b, (meat * correction).sqrt(), None, level)?;
    let naive = Effect::new(a - b, plain.sqrt(), None, level)?;
    Ok(Clustered { events, units, robust, naive, design_effect: (robust.se / naive.se).powi(2) })
}
