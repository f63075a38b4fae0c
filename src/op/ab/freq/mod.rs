//! Tests and intervals of the frequentist school, each under its own name. Tails are computed as tails, and p-values come
//! with their logarithms.
//!
//! Everywhere: difference = arm − baseline, lift = arm/baseline − 1, and the baseline is the first argument.

pub mod bootstrap;
pub mod cuped;
pub mod equivalence;
pub mod fisher;
pub mod intervals;
pub mod means;
pub mod multiple;
pub mod proportions;
pub mod ranks;
pub mod rates;
pub mod ratio;

use super::num::normal;
use super::num::tails::{PValue, t_quantile};
use super::{AbError, Result};

/// Low and high end.
pub type Interval = [f64; 2];

/// A test statistic with its p-values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic (z, t, χ² as the test's name says).
    pub statistic: f64,
    /// Degrees of freedom, where the law has them.
    pub df: Option<f64>,
    /// Two-sided p-value.
    pub two_sided: PValue,
    /// One-sided p-value against "the arm is greater"; `None` where the test has no direction.
    pub greater: Option<PValue>,
    /// One-sided p-value against "the arm is smaller"; `None` where the test has no direction.
    pub less: Option<PValue>,
}

impl Test {
    /// A statistic that is standard normal under the hypothesis.
    pub fn z(statistic: f64) -> Self {
        Self {
            statistic,
            df: None,
            two_sided: PValue::normal_two_sided(statistic),
            greater: Some(PValue::normal_upper(statistic)),
            less: Some(PValue::normal_upper(-statistic)),
        }
    }

    /// A statistic that follows Student's t under the hypothesis.
    pub fn t(statistic: f64, df: f64) -> Self {
        Self {
            statistic,
            df: Some(df),
            two_sided: PValue::t_two_sided(statistic, df),
            greater: Some(PValue::t_upper(statistic, df)),
            less: Some(PValue::t_upper(-statistic, df)),
        }
    }

    /// A statistic that is chi-square under the hypothesis.
    pub fn chi_square(statistic: f64, df: f64) -> Self {
        Self { statistic, df: Some(df), two_sided: PValue::chi_square(statistic, df), greater: None, less: None }
    }
}

/// An estimated effect with its standard error, its test against zero and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// The test of no effect.
    pub test: Test,
    /// The interval of the level asked for.
    pub ci: Interval,
}

impl Effect {
    /// From an estimate and its standard error, normal or (with `df`) Student's t. `level` is the interval's, such as .95.
    pub fn new(value: f64, se: f64, df: Option<f64>, level: f64) -> Result<Self> {
        check_level(level)?;
        if !value.is_finite() || !se.is_finite() {
            return Err(AbError::NotFinite);
        }
        if se <= 0.0 {
            return Err(AbError::ZeroVariance);
        }
        let reach = critical(level, df) * se;
        let statistic = value / se;
        let test = df.map_or_else(|| Test::z(statistic), |df| Test::t(statistic, df));
        Ok(Self { value, se, test, ci: [value - reach, value + reach] })
    }
}

/// Two-sided critical value of a level.
pub(crate) fn critical(level: f64, df: Option<f64>) -> f64 {
    let tail = 0.5 * (1.0 - level);
    df.map_or_else(|| -normal::quantile(tail), |df| -t_quantile(tail, df))
}

pub(crate) fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(AbError::Level { got: level }) }
}

#[cfg(test)]
mod tests;
