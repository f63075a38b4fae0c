//! Tests of two or more proportions.

use super::{Effect, Test, check_level, critical};
use crate::op::ab::{AbError, Counts, Result};

/// Rates of both arms, and the pooled one.
fn rates(baseline: Counts, arm: Counts) -> Result<(f64, f64, f64)> {
    match (baseline.rate(), arm.rate()) {
        (Some(b), Some(a)) => {
            let all = baseline.merge(arm);
            Ok((b, a, all.conversions() as f64 / all.n() as f64))
        }
        _ => Err(AbError::NoData),
    }
}

/// arm − baseline of the rates, through one fraction so that equal rates give exactly zero.
pub fn difference(baseline: Counts, arm: Counts) -> Result<f64> {
    let (b, a, _) = rates(baseline, arm)?;
    let exact = |x: Counts, y: Counts| u128::from(x.conversions()) * u128::from(y.n());
    Ok(if exact(arm, baseline) == exact(baseline, arm) { 0.0 } else { a - b })
}

/// arm/baseline − 1; `None` where the baseline's rate is zero.
pub fn lift(baseline: Counts, arm: Counts) -> Result<Option<f64>> {
    let (b, a, _) = rates(baseline, arm)?;
    Ok((b > 0.0).then(|| a / b - 1.0))
}

/// The z test with the pooled variance: the default. Its square is the chi-square of the 2×2 table.
pub fn z_pooled(baseline: Counts, arm: Counts) -> Result<Test> {
    let (_, _, pooled) = rates(baseline, arm)?;
    let variance = pooled * (1.0 - pooled) * (1.0 / baseline.n() as f64 + 1.0 / arm.n() as f64);
    if variance <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    Ok(Test::z(difference(baseline, arm)? / variance.sqrt()))
}

/// Standard error of the difference, each arm with its own variance; zero where both rates are 0 or 1.
pub fn se_unpooled(baseline: Counts, arm: Counts) -> Result<f64> {
    let (b, a, _) = rates(baseline, arm)?;
    Ok((b * (1.0 - b) / baseline.n() as f64 + a * (1.0 - a) / arm.n() as f64).sqrt())
}

/// The z test with each arm's own variance, and Wald's interval of the difference.
pub fn z_unpooled(baseline: Counts, arm: Counts, level: f64) -> Result<Effect> {
    Effect::new(difference(baseline, arm)?, se_unpooled(baseline, arm)?, None, level)
}

/// Cells of the table: conversions and failures by arm.
fn cells(arms: &[Counts]) -> Result<(Vec<[f64; 2]>, Vec<[f64; 2]>)> {
    if arms.len() < 2 {
        return Err(AbError::Arms { got: arms.len() });
    }
    if arms.iter().any(|a| a.n() == 0) {
        return Err(AbError::NoData);
    }
    let all = arms.iter().fold(Counts::default(), |sum, a| sum.merge(*a));
    if all.conversions() == 0 || all.failures() == 0 {
        return Err(AbError::ZeroVariance);
    }
    let share = [all.conversions() as f64 / all.n() as f64, all.failures() as f64 / all.n() as f64];
    Ok(arms.iter().map(|a| ([a.conversions() as f64, a.failures() as f64], share.map(|s| s * a.n() as f64))).unzip())
}

/// The smallest expected count of the table: below 5, prefer [`super::fisher::fisher`].
pub fn smallest_expected(arms: &[Counts]) -> Result<f64> {
    Ok(cells(arms)?.1.into_iter().flatten().fold(f64::INFINITY, f64::min))
}

/// Pearson's chi-square of equal rates in two or more arms.
pub fn chi_square(arms: &[Counts]) -> Result<Test> {
    let (seen, expected) = cells(arms)?;
    let sum = seen.iter().flatten().zip(expected.iter().flatten()).map(|(o, e)| (o - e).powi(2) / e).sum();
    Ok(Test::chi_square(sum, (arms.len() - 1) as f64))
}

/// Pearson's chi-square with Yates' correction, for two arms. The correction never crosses zero.
pub fn yates(baseline: Counts, arm: Counts) -> Result<Test> {
    let (seen, expected) = cells(&[baseline, arm])?;
    let sum = seen
        .iter()
        .flatten()
        .zip(expected.iter().flatten())
        .map(|(o, e)| ((o - e).abs() - (o - e).abs().min(0.5)).powi(2) / e)
        .sum();
    Ok(Test::chi_square(sum, 1.0))
}

/// The likelihood-ratio (G) test of equal rates.
pub fn g_test(arms: &[Counts]) -> Result<Test> {
    let (seen, expected) = cells(arms)?;
    let term = |(o, e): (&f64, &f64)| if *o > 0.0 { o * (o / e).ln() } else { 0.0 };
    let sum: f64 = seen.iter().flatten().zip(expected.iter().flatten()).map(term).sum();
    Ok(Test::chi_square((2.0 * sum).max(0.0), (arms.len() - 1) as f64))
}

/// The sample odds ratio, arm over baseline; `None` where it is infinite or undefined.
pub fn odds_ratio(baseline: Counts, arm: Counts) -> Option<f64> {
    let below = baseline.conversions() as f64 * arm.failures() as f64;
    (below > 0.0).then(|| arm.conversions() as f64 * baseline.failures() as f64 / below)
}

/// The lift with its standard error and interval by the delta method; an error where a rate is zero or cannot vary.
pub fn lift_by_delta(baseline: Counts, arm: Counts, level: f64) -> Result<Effect> {
    check_level(level)?;
    let (b, a, _) = rates(baseline, arm)?;
    if b <= 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let (vb, va) = (b * (1.0 - b) / baseline.n() as f64, a * (1.0 - a) / arm.n() as f64);
    Effect::new(a / b - 1.0, (va / (b * b) + a * a * vb / b.powi(4)).sqrt(), None, level)
}

/// The interval of arm/baseline on the logarithmic scale (Katz); an error where a rate is zero.
pub fn ratio_interval_log(baseline: Counts, arm: Counts, level: f64) -> Result<super::Interval> {
    check_level(level)?;
    let (b, a, _) = rates(baseline, arm)?;
    if b <= 0.0 || a <= 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let se = ((1.0 - a) / (a * arm.n() as f64) + (1.0 - b) / (b * baseline.n() as f64)).sqrt();
    let reach = critical(level, None) * se;
    Ok([(a / b) * (-reach).exp(), (a / b) * reach.exp()])
}
