//! CUPED: the metric less what its value before the experiment predicts (Deng, Xu, Kohavi and Walker 2013).

use super::{Effect, means::welch};
use crate::op::ab::{AbError, Moments, PairMoments, Result};

/// The adjusted comparison beside the plain one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cuped {
    /// Slope of the metric on the covariate, all arms taken together.
    pub theta: f64,
    /// Correlation of metric and covariate, all arms taken together.
    pub correlation: f64,
    /// Adjusted mean of the baseline.
    pub baseline_mean: f64,
    /// Adjusted mean of the arm.
    pub arm_mean: f64,
    /// arm − baseline without adjustment, by Welch's test.
    pub raw: Effect,
    /// arm − baseline after adjustment, by Welch's test.
    pub adjusted: Effect,
    /// Share of the difference's variance that the adjustment took away; negative if it added some.
    pub variance_reduction: f64,
}

/// Slope, correlation and the covariate itself over all arms together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    theta: f64,
    correlation: f64,
    covariate: Moments,
}

impl Adjustment {
    /// From all arms of the experiment (y the metric, x its value before).
    pub fn new(arms: &[PairMoments]) -> Result<Self> {
        let all = arms.iter().fold(PairMoments::default(), |sum, a| sum.merge(*a));
        if all.n() < 3.0 {
            return Err(AbError::TooFew { needed: 3, got: all.n() as u64 });
        }
        if all.x().squares() <= 0.0 || all.y().squares() <= 0.0 {
            return Err(AbError::ZeroVariance);
        }
        Ok(Self {
            theta: all.products() / all.x().squares(),
            correlation: (all.products() / (all.x().squares() * all.y().squares()).sqrt()).clamp(-1.0, 1.0),
            covariate: all.x(),
        })
    }

    /// Slope of the metric on the covariate.
    pub fn theta(self) -> f64 {
        self.theta
    }

    /// Moments of y − θ(x − x̄) in one arm.
    pub fn adjusted(self, arm: PairMoments) -> Result<Moments> {
        let squares =
            arm.y().squares() - 2.0 * self.theta * arm.products() + self.theta * self.theta * arm.x().squares();
        let shift = self.theta * arm.x().gap(self.covariate);
        if !squares.is_finite() || !shift.is_finite() {
            return Err(AbError::NotFinite);
        }
        Ok(arm.y().moved(-shift).with_squares(squares.max(0.0)))
    }

    /// Compares two of the arms.
    pub fn compare(self, baseline: PairMoments, arm: PairMoments, level: f64) -> Result<Cuped> {
        let (b, a) = (self.adjusted(baseline)?, self.adjusted(arm)?);
        let raw = welch(baseline.y(), arm.y(), level)?;
        let adjusted = welch(b, a, level)?;
        Ok(Cuped {
            theta: self.theta,
            correlation: self.correlation,
            baseline_mean: b.mean(),
            arm_mean: a.mean(),
            raw,
            adjusted,
            variance_reduction: 1.0 - (adjusted.se / raw.se).powi(2),
        })
    }
}

/// CUPED for two arms, the slope from both together.
pub fn cuped(baseline: PairMoments, arm: PairMoments, level: f64) -> Result<Cuped> {
    Adjustment::new(&[baseline, arm])?.compare(baseline, arm, level)
}
