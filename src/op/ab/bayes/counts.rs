//! Posteriors of conversion rates (Beta–Bernoulli) and of count rates (Gamma–Poisson), and their comparison.

use super::joint::{Best, Standing, standings, tabulate};
use super::pair::{Difference, Lift, two_peaked};
use super::{Comparison, Curve, Summary, spaced, summarise, summary};
use crate::op::ab::num::law::{Law, Point, Shape};
use crate::op::ab::num::solve::Univariate;
use crate::op::ab::num::tails::PValue;
use crate::op::ab::{AbError, Counts, Exposure, Result};

/// Prior of a rate between 0 and 1, as successes and failures seen beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaPrior {
    /// Shape for successes, positive.
    pub alpha: f64,
    /// Shape for failures, positive.
    pub beta: f64,
}

impl BetaPrior {
    /// Every rate as likely as any other: Beta(1, 1).
    pub const UNIFORM: Self = Self { alpha: 1.0, beta: 1.0 };
    /// Jeffreys' prior: Beta(½, ½).
    pub const JEFFREYS: Self = Self { alpha: 0.5, beta: 0.5 };
}

impl Default for BetaPrior {
    fn default() -> Self {
        Self::UNIFORM
    }
}

/// Prior of a count rate, as events seen in an exposure beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaPrior {
    /// Shape (events), positive.
    pub shape: f64,
    /// Rate (exposure), zero or positive.
    pub rate: f64,
}

impl Default for GammaPrior {
    /// Jeffreys' prior for a Poisson rate.
    fn default() -> Self {
        Self { shape: 0.5, rate: 0.0 }
    }
}

/// Most arms compared at once.
pub const MOST_ARMS: usize = 10;

/// Smallest prior shape.
const LEAST_SHAPE: f64 = 0.01;

/// Posteriors of laws of one kind.
#[derive(Clone, Debug)]
struct Posteriors {
    laws: Vec<Law>,
}

impl Posteriors {
    fn new(shapes: &[Shape]) -> Result<Self> {
        if shapes.is_empty() || shapes.len() > MOST_ARMS {
            return Err(AbError::Arms { got: shapes.len() });
        }
        tabulate(shapes).map(|laws| Self { laws }).ok_or(AbError::NotFinite)
    }

    fn law(&self, arm: usize) -> Result<&Law> {
        self.laws.get(arm).ok_or(AbError::NoSuchArm { arm })
    }

    fn compare(&self, arm: usize, baseline: usize, mass: f64) -> Result<Comparison> {
        if !(mass > 0.0 && mass < 1.0) {
            return Err(AbError::Level { got: mass });
        }
        let (a, b) = (self.law(arm)?, self.law(baseline)?);
        let difference = Difference::new(a, b);
        let one_peak = !two_peaked(a) && !two_peaked(b);
        let sd = super::pair::spread(a).hypot(super::pair::spread(b));
        let summary = summarise(&difference, mass, Some(mean_difference(a, b)), Some(sd), one_peak);
        let (mean, sd) = lift_moments(a, b);
        let lift = summarise(&Lift::new(a, b), mass, mean, sd, one_peak);
        let pair = standings(&[a.clone(), b.clone()], Best::Greatest);
        Ok(Comparison {
            arm,
            baseline,
            difference: summary,
            lift: Some(lift),
            p_better: PValue::from_ln(difference.ln_above(0.0)),
            p_worse: PValue::from_ln(difference.ln_below(0.0)),
            expected_loss_if_arm: Some(pair[0].expected_loss),
            expected_loss_if_baseline: Some(pair[1].expected_loss),
        })
    }

    fn within(&self, arm: usize, baseline: usize, low: f64, high: f64) -> Result<f64> {
        let difference = Difference::new(self.law(arm)?, self.law(baseline)?);
        let (left, _) = difference.tails(low);
        let (_, right) = difference.tails(high);
        Ok((1.0 - left - right).max(0.0))
    }

    fn difference_curve(&self, arm: usize, baseline: usize, points: usize) -> Result<Curve> {
        let difference = Difference::new(self.law(arm)?, self.law(baseline)?);
        let at = |p: f64, score: f64| crate::op::ab::num::solve::quantile(&difference, p, difference.guess(score));
        Ok(spaced((at(0.0005, -3.29), at(0.9995, 3.29)), points, |z| difference.pdf(z)))
    }
}

/// Mean of arm − baseline, from the complements where both lie near 1.
fn mean_difference(arm: &Law, baseline: &Law) -> f64 {
    let (a, b) = (arm.centre(), baseline.centre());
    let beta = matches!(arm.shape(), Shape::Beta { .. });
    if beta && a.x > 0.5 && b.x > 0.5 { b.y - a.y } else { a.x - b.x }
}

/// Mean and standard deviation of arm/baseline − 1; `None` where the integral diverges.
fn lift_moments(arm: &Law, baseline: &Law) -> (Option<f64>, Option<f64>) {
    match (arm.shape(), baseline.shape()) {
        (Shape::Beta { a, b }, Shape::Beta { a: c, b: d }) => {
            let n = c + d;
            let mean = (c > 1.0).then(|| {
                // a(n−1) / ((a+b)(c−1)) − 1 over one denominator.
                let below = (a + b) * (c - 1.0);
                (a * (n - 1.0) - below) / below
            });
            let sd = (c > 2.0).then(|| {
                // Relative variances of the arm and of the baseline's reciprocal.
                let x = b / (a * (a + b + 1.0));
                let y = d / ((c - 2.0) * (n - 1.0));
                let first = a / (a + b) * ((n - 1.0) / (c - 1.0));
                first * (x + y + x * y).sqrt()
            });
            (mean, sd)
        }
        (Shape::Gamma { shape: a, rate: p }, Shape::Gamma { shape: c, rate: q }) => {
            let first = a * q / (p * (c - 1.0));
            let mean = (c > 1.0).then_some(first - 1.0);
            let sd = (c > 2.0).then(|| {
                let (x, y) = (1.0 / a, 1.0 / (c - 2.0));
                first * (x + y + x * y).sqrt()
            });
            (mean, sd)
        }
        _ => (None, None),
    }
}

macro_rules! forward {
    ($name:ident) => {
        impl $name {
            /// Number of arms.
            pub fn arms(&self) -> usize {
                self.0.laws.len()
            }

            /// The posterior of an arm's rate, with intervals of the given mass.
            pub fn posterior(&self, arm: usize, mass: f64) -> Result<Summary> {
                if !(mass > 0.0 && mass < 1.0) {
                    return Err(AbError::Level { got: mass });
                }
                self.0.law(arm).map(|law| summary(law, mass))
            }

            /// The arm against the baseline, with intervals of the given mass.
            pub fn compare(&self, arm: usize, baseline: usize, mass: f64) -> Result<Comparison> {
                self.0.compare(arm, baseline, mass)
            }

            /// Each arm among all: probability of being best, expected loss against the best.
            pub fn standings(&self, best: Best) -> Vec<Standing> {
                standings(&self.0.laws, best)
            }

            /// Probability that arm − baseline lies between `low` and `high`.
            pub fn within(&self, arm: usize, baseline: usize, low: f64, high: f64) -> Result<f64> {
                self.0.within(arm, baseline, low, high)
            }

            /// Density of an arm's rate, for drawing.
            pub fn curve(&self, arm: usize, points: usize) -> Result<Curve> {
                self.0.law(arm).map(|law| super::curve(law, points))
            }

            /// Density of arm − baseline, for drawing.
            pub fn difference_curve(&self, arm: usize, baseline: usize, points: usize) -> Result<Curve> {
                self.0.difference_curve(arm, baseline, points)
            }

            /// Density of an arm's rate at `rate`.
            pub fn pdf(&self, arm: usize, rate: f64) -> Result<f64> {
                self.0.law(arm).map(|law| law.pdf(Point::at(rate)))
            }
        }
    };
}

/// Posteriors of the conversion rates of 1 to 10 arms.
#[derive(Clone, Debug)]
pub struct Proportions(Posteriors);

forward!(Proportions);

impl Proportions {
    /// Posteriors from counts and a prior common to all arms.
    pub fn new(arms: &[Counts], prior: BetaPrior) -> Result<Self> {
        Self::with_priors(arms, &vec![prior; arms.len()])
    }

    /// Posteriors from counts and a prior for each arm.
    pub fn with_priors(arms: &[Counts], priors: &[BetaPrior]) -> Result<Self> {
        if arms.len() != priors.len() {
            return Err(AbError::Arms { got: priors.len() });
        }
        let good = |v: f64| v.is_finite() && v >= LEAST_SHAPE;
        if priors.iter().any(|p| !good(p.alpha) || !good(p.beta)) {
            return Err(AbError::Prior);
        }
        let shapes: Vec<Shape> = arms
            .iter()
            .zip(priors)
            .map(|(c, p)| Shape::Beta { a: p.alpha + c.conversions() as f64, b: p.beta + c.failures() as f64 })
            .collect();
        Posteriors::new(&shapes).map(Self)
    }
}

/// Posteriors of the count rates (events per unit of exposure) of 1 to 10 arms.
#[derive(Clone, Debug)]
pub struct Rates(Posteriors);

forward!(Rates);

impl Rates {
    /// Posteriors from events and exposures. An arm without exposure needs a prior with one.
    pub fn new(arms: &[Exposure], prior: GammaPrior) -> Result<Self> {
        let good = prior.shape.is_finite() && prior.shape >= LEAST_SHAPE && prior.rate.is_finite() && prior.rate >= 0.0;
        if !good {
            return Err(AbError::Prior);
        }
        let shapes: Vec<Shape> = arms
            .iter()
            .map(|e| Shape::Gamma { shape: prior.shape + e.events(), rate: prior.rate + e.exposure() })
            .collect();
        if shapes.iter().any(|s| matches!(s, Shape::Gamma { rate, .. } if *rate <= 0.0)) {
            return Err(AbError::NoData);
        }
        Posteriors::new(&shapes).map(Self)
    }
}
