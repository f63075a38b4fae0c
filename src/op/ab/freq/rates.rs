//! Tests of two count rates (events per unit of exposure), counts being Poisson.

use super::{Effect, check_level, critical};
use crate::op::ab::num::law::{Law, Point, Shape};
use crate::op::ab::num::tails::PValue;
use crate::op::ab::{AbError, Exposure, Result};

fn rates(baseline: Exposure, arm: Exposure) -> Result<(f64, f64)> {
    if baseline.exposure() <= 0.0 || arm.exposure() <= 0.0 {
        return Err(AbError::NoData);
    }
    Ok((baseline.events() / baseline.exposure(), arm.events() / arm.exposure()))
}

/// The difference arm − baseline of the rates, each with its own variance (Wald).
pub fn wald(baseline: Exposure, arm: Exposure, level: f64) -> Result<Effect> {
    let (b, a) = rates(baseline, arm)?;
    Effect::new(a - b, (a / arm.exposure() + b / baseline.exposure()).sqrt(), None, level)
}

/// The z test with the variance pooled under equal rates (score).
pub fn score(baseline: Exposure, arm: Exposure) -> Result<super::Test> {
    let (b, a) = rates(baseline, arm)?;
    let pooled = (baseline.events() + arm.events()) / (baseline.exposure() + arm.exposure());
    let variance = pooled * (1.0 / baseline.exposure() + 1.0 / arm.exposure());
    if variance <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    Ok(super::Test::z((a - b) / variance.sqrt()))
}

/// The conditional exact test (events of the arm are binomial given all events): p-values against "greater" and "smaller",
/// and twice the smaller of both. Events must be whole.
pub fn exact(baseline: Exposure, arm: Exposure) -> Result<super::fisher::Fisher> {
    rates(baseline, arm)?;
    let (x, rest) = (arm.events(), baseline.events());
    if x.fract() != 0.0 || rest.fract() != 0.0 {
        return Err(AbError::OutOfRange);
    }
    let sum = arm.exposure() + baseline.exposure();
    let share = Point { x: arm.exposure() / sum, y: baseline.exposure() / sum };
    // P(Binomial ≥ x) = P(Beta(x, n − x + 1) ≤ share).
    let tail = |a: f64, b: f64, left: bool| -> Result<PValue> {
        if a <= 0.0 || b <= 0.0 {
            return Ok(PValue { p: 1.0, ln_p: 0.0 });
        }
        let law = Law::new(Shape::Beta { a, b }).ok_or(AbError::NotFinite)?;
        let delta = law.delta(share);
        Ok(PValue::from_ln(if left { law.ln_left(delta) } else { law.ln_right(delta) }))
    };
    let greater = tail(x, rest + 1.0, true)?;
    let less = tail(x + 1.0, rest, false)?;
    let smaller = greater.ln_p.min(less.ln_p);
    Ok(super::fisher::Fisher { two_sided: PValue::from_ln(std::f64::consts::LN_2 + smaller), greater, less })
}

/// The interval of arm/baseline on the logarithmic scale; an error where an arm has no events.
pub fn ratio_interval_log(baseline: Exposure, arm: Exposure, level: f64) -> Result<super::Interval> {
    check_level(level)?;
    let (b, a) = rates(baseline, arm)?;
    if a <= 0.0 || b <= 0.0 {
        return Err(AbError::ZeroDenominator);
    }
    let reach = critical(level, None) * (1.0 / arm.events() + 1.0 / baseline.events()).sqrt();
    Ok([a / b * (-reach).exp(), a / b * reach.exp()])
}
