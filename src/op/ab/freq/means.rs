//! Tests of two means from moments.

use super::{Effect, check_level};
use crate::op::ab::{AbError, Moments, Result};

/// Variances of both arms; an error where one has fewer than two values or neither varies.
fn variances(baseline: Moments, arm: Moments) -> Result<(f64, f64)> {
    let of = |m: Moments| m.variance().ok_or(AbError::TooFew { needed: 2, got: m.n() as u64 });
    let (b, a) = (of(baseline)?, of(arm)?);
    if b + a > 0.0 { Ok((b, a)) } else { Err(AbError::ZeroVariance) }
}

/// Welch's t test of the difference arm − baseline: unequal variances, the default for means.
pub fn welch(baseline: Moments, arm: Moments, level: f64) -> Result<Effect> {
    let (vb, va) = variances(baseline, arm)?;
    let (b, a) = (vb / baseline.n(), va / arm.n());
    let sum = a + b;
    let df = sum / (a / sum * a / (arm.n() - 1.0) + b / sum * b / (baseline.n() - 1.0));
    Effect::new(arm.gap(baseline), sum.sqrt(), Some(df), level)
}

/// Student's t test with the pooled variance.
pub fn student(baseline: Moments, arm: Moments, level: f64) -> Result<Effect> {
    variances(baseline, arm)?;
    let df = baseline.n() + arm.n() - 2.0;
    let pooled = (baseline.squares() + arm.squares()) / df;
    let se = (pooled * (1.0 / baseline.n() + 1.0 / arm.n())).sqrt();
    Effect::new(arm.gap(baseline), se, Some(df), level)
}

/// The effect in pooled standard deviations (Cohen's d), and with the small-sample correction 1 − 3/(4·df − 1)
/// (Hedges' g).
pub fn standardised(baseline: Moments, arm: Moments) -> Result<(f64, f64)> {
    variances(baseline, arm)?;
    let df = baseline.n() + arm.n() - 2.0;
    let d = arm.gap(baseline) / ((baseline.squares() + arm.squares()) / df).sqrt();
    Ok((d, d * (1.0 - 3.0 / (4.0 * df - 1.0))))
}

/// The lift of the mean with its standard error and interval by the delta method; an error where the baseline's mean is
/// zero.
pub fn lift_by_delta(baseline: Moments, arm: Moments, level: f64) -> Result<Effect> {
    check_level(level)?;
    let (vb, va) = variances(baseline, arm)?;
    let (b, a) = (baseline.mean(), arm.mean());
    if b == 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let se = (va / arm.n() / (b * b) + (a / b).powi(2) * vb / baseline.n() / (b * b)).sqrt();
    Effect::new(arm.gap(baseline) / b, se, None, level)
}
