//! Equivalence by two one-sided tests, and non-inferiority, of any effect with a standard error.

use super::{Effect, check_level, critical};
use crate::op::ab::num::tails::PValue;
use crate::op::ab::{AbError, Result};

/// Two one-sided tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// Against "the effect is below the low margin".
    pub above_low: PValue,
    /// Against "the effect is above the high margin".
    pub below_high: PValue,
    /// The greater of both: small means that the effect lies within the margins.
    pub p: PValue,
    /// The interval with 1 − 2α that lies within the margins exactly if p < α.
    pub ci: [f64; 2],
}

fn upper(effect: &Effect, statistic: f64) -> PValue {
    effect.test.df.map_or_else(|| PValue::normal_upper(statistic), |df| PValue::t_upper(statistic, df))
}

/// Whether the effect lies between `low` and `high` (low < high), at the level `alpha`.
pub fn tost(effect: &Effect, low: f64, high: f64, alpha: f64) -> Result<Equivalence> {
    check_level(alpha)?;
    if low.is_nan() || high.is_nan() || low >= high || alpha >= 0.5 {
        return Err(AbError::OutOfRange);
    }
    let above_low = upper(effect, (effect.value - low) / effect.se);
    let below_high = upper(effect, (high - effect.value) / effect.se);
    let p = if above_low.ln_p > below_high.ln_p { above_low } else { below_high };
    let reach = critical(1.0 - 2.0 * alpha, effect.test.df) * effect.se;
    Ok(Equivalence { above_low, below_high, p, ci: [effect.value - reach, effect.value + reach] })
}

/// The p-value against "the arm is worse than the baseline by `margin` or more" (margin positive, greater is better; for a
/// metric where smaller is better, turn the effect's sign).
pub fn non_inferiority(effect: &Effect, margin: f64) -> Result<PValue> {
    if margin.is_nan() || margin < 0.0 {
        return Err(AbError::OutOfRange);
    }
    Ok(upper(effect, (effect.value + margin) / effect.se))
}
