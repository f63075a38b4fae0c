//! Posteriors of means and of other estimates that come with a standard error (ratios, adjusted means), and their
//! comparison.
//!
//! Without a prior a mean's posterior is Student's t about the sample mean (Jeffreys' prior for mean and spread); the
//! difference of two is taken as one t with Welch and Satterthwaite's degrees of freedom, so that its interval is Welch's.
//! With a normal prior the spread is taken as known and everything is normal.

use super::joint::{Best, Standing, standings, tabulate};
use super::pair::Quotient;
use super::{Comparison, Curve, Summary, spaced, summarise, summary};
use crate::op::ab::num::law::{Law, Shape};
use crate::op::ab::num::normal;
use crate::op::ab::num::tails::PValue;
use crate::op::ab::{AbError, Moments, Result};

/// Prior of a mean: normal, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalPrior {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, positive; large means weak.
    pub sd: f64,
}

/// An estimate of one arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its standard error, positive.
    pub se: f64,
    /// Degrees of freedom of the standard error; `None` for a normal law.
    pub df: Option<f64>,
}

/// Posteriors of 1 to 10 means.
#[derive(Clone, Debug)]
pub struct Means {
    arms: Vec<Estimate>,
    laws: Vec<Law>,
    /// Moments the values came from, for exact differences; none with a prior or for other estimates.
    moments: Vec<Moments>,
}

impl Means {
    /// From moments; a prior is common to all arms. An arm needs two values that differ.
    pub fn new(arms: &[Moments], prior: Option<NormalPrior>) -> Result<Self> {
        let estimates: Vec<Estimate> = arms
            .iter()
            .map(|m| {
                let variance = m.variance().ok_or(AbError::TooFew { needed: 2, got: m.n() as u64 })?;
                if variance <= 0.0 {
                    return Err(AbError::ZeroVariance);
                }
                Ok(Estimate { value: m.mean(), se: (variance / m.n()).sqrt(), df: Some(m.n() - 1.0) })
            })
            .collect::<Result<_>>()?;
        let moments = if prior.is_none() { arms.to_vec() } else { Vec::new() };
        Ok(Self { moments, ..Self::from_estimates(&estimates, prior)? })
    }

    /// From estimates with standard errors.
    pub fn from_estimates(arms: &[Estimate], prior: Option<NormalPrior>) -> Result<Self> {
        if arms.is_empty() || arms.len() > super::counts::MOST_ARMS {
            return Err(AbError::Arms { got: arms.len() });
        }
        let arms: Vec<Estimate> = match prior {
            None => arms.to_vec(),
            Some(p) if p.mean.is_finite() && p.sd.is_finite() && p.sd > 0.0 => {
                arms.iter().map(|a| updated(*a, p)).collect()
            }
            Some(_) => return Err(AbError::Prior),
        };
        let shapes: Vec<Shape> = arms.iter().map(|a| shape(a.value, a.se, a.df)).collect();
        let laws = tabulate(&shapes).ok_or(AbError::NotFinite)?;
        Ok(Self { arms, laws, moments: Vec::new() })
    }

    /// Number of arms.
    pub fn arms(&self) -> usize {
        self.arms.len()
    }

    fn arm(&self, arm: usize) -> Result<Estimate> {
        self.arms.get(arm).copied().ok_or(AbError::NoSuchArm { arm })
    }

    /// The posterior of an arm's mean, with intervals of the given mass.
    pub fn posterior(&self, arm: usize, mass: f64) -> Result<Summary> {
        level(mass)?;
        self.laws.get(arm).map(|law| summary(law, mass)).ok_or(AbError::NoSuchArm { arm })
    }

    /// arm − baseline.
    fn gap(&self, arm: usize, baseline: usize) -> Result<f64> {
        match (self.moments.get(arm), self.moments.get(baseline)) {
            (Some(a), Some(b)) => Ok(a.gap(*b)),
            _ => Ok(self.arm(arm)?.value - self.arm(baseline)?.value),
        }
    }

    /// The law of arm − baseline.
    fn difference(&self, arm: usize, baseline: usize) -> Result<Law> {
        let (a, b) = (self.arm(arm)?, self.arm(baseline)?);
        let (va, vb) = (a.se * a.se, b.se * b.se);
        let share = |v: f64, df: Option<f64>| df.map_or(0.0, |df| v * v / df);
        let loose = share(va, a.df) + share(vb, b.df);
        let df = (loose > 0.0).then(|| (va + vb) * ((va + vb) / loose));
        Law::new(shape(self.gap(arm, baseline)?, a.se.hypot(b.se), df)).ok_or(AbError::NotFinite)
    }

    /// The arm against the baseline, with intervals of the given mass.
    pub fn compare(&self, arm: usize, baseline: usize, mass: f64) -> Result<Comparison> {
        level(mass)?;
        let (a, b) = (self.arm(arm)?, self.arm(baseline)?);
        let law = self.difference(arm, baseline)?;
        let (scale, df) = match law.shape() {
            Shape::Student { df, scale, .. } => (scale, Some(df)),
            _ => (a.se.hypot(b.se), None),
        };
        let t = self.gap(arm, baseline)? / scale;
        let upper = |t: f64| df.map_or_else(|| PValue::normal_upper(t), |df| PValue::t_upper(t, df));
        // Student's heavier tail enters as the wider normal one with the same interval.
        let score = -normal::quantile(0.5 * (1.0 - mass));
        let reach = df.map_or(score, |df| crate::op::ab::num::tails::t_quantile(0.5 * (1.0 + mass), df));
        let stretch = reach / score;
        let lift = Quotient::new(a.value, stretch * a.se, b.value, stretch * b.se)
            .map(|law| summarise(&law, mass, None, None, true));
        Ok(Comparison {
            arm,
            baseline,
            difference: summary(&law, mass),
            lift,
            p_better: upper(-t),
            p_worse: upper(t),
            expected_loss_if_arm: excess(t, df).map(|e| scale * e),
            expected_loss_if_baseline: excess(-t, df).map(|e| scale * e),
        })
    }

    /// Each arm among all: probability of being best, expected loss against the best. Two arms stand as they compare; for
    /// more, each arm keeps its own t.
    pub fn standings(&self, best: Best) -> Vec<Standing> {
        if let (2, Ok(pair)) = (self.arms(), self.compare(1, 0, super::MASS))
            && let (Some(arm), Some(baseline)) = (pair.expected_loss_if_arm, pair.expected_loss_if_baseline)
        {
            let first = Standing { p_best: pair.p_worse.p, expected_loss: baseline };
            let second = Standing { p_best: pair.p_better.p, expected_loss: arm };
            return match best {
                Best::Greatest => vec![first, second],
                // The probability of being smaller, and the cost of being greater, are the other arm's.
                Best::Smallest => vec![second, first],
            };
        }
        standings(&self.laws, best)
    }

    /// Density of an arm's mean, for drawing.
    pub fn curve(&self, arm: usize, points: usize) -> Result<Curve> {
        self.laws.get(arm).map(|law| super::curve(law, points)).ok_or(AbError::NoSuchArm { arm })
    }

    /// Density of arm − baseline, for drawing.
    pub fn difference_curve(&self, arm: usize, baseline: usize, points: usize) -> Result<Curve> {
        let law = self.difference(arm, baseline)?;
        let ends = (law.quantile(0.0005).x, law.quantile(0.9995).x);
        Ok(spaced(ends, points, |x| law.pdf(crate::op::ab::num::law::Point::at(x))))
    }

    /// Probability that arm − baseline lies between `low` and `high`.
    pub fn within(&self, arm: usize, baseline: usize, low: f64, high: f64) -> Result<f64> {
        let law = self.difference(arm, baseline)?;
        Ok((1.0 - law.cdf(low) - law.sf(high)).max(0.0))
    }
}

fn level(mass: f64) -> Result<()> {
    if mass > 0.0 && mass < 1.0 { Ok(()) } else { Err(AbError::Level { got: mass }) }
}

fn shape(location: f64, scale: f64, df: Option<f64>) -> Shape {
    match df {
        Some(df) if df < 1e12 => Shape::Student { df, location, scale },
        _ => Shape::Normal { mean: location, sd: scale },
    }
}

/// The estimate after a normal prior.
fn updated(arm: Estimate, prior: NormalPrior) -> Estimate {
    let (own, before) = (arm.se.powi(-2), prior.sd.powi(-2));
    let total = own + before;
    Estimate { value: (own * arm.value + before * prior.mean) / total, se: total.sqrt().recip(), df: None }
}

/// E[(T − t)⁺] of a standard t or normal variable; `None` if infinite.
fn excess(t: f64, df: Option<f64>) -> Option<f64> {
    let Some(df) = df.filter(|df| *df < 1e12) else { return Some(normal::excess(t)) };
    if df <= 1.0 {
        return None;
    }
    // ∫ beyond t of the upper tail, in δ of the law.
    let law = Law::with_depth(Shape::Student { df, location: 0.0, scale: 1.0 }, 700.0)?;
    let rule = crate::op::ab::num::gauss::Rule::standard();
    let from = (t / df.sqrt()).asinh();
    let mut edges: Vec<f64> = law.edges().into_iter().map(|x| (x / df.sqrt()).asinh()).filter(|d| *d > from).collect();
    edges.insert(0, from);
    let tail = |d: f64| law.tails(d).1 * df.sqrt() * d.cosh();
    if t < 0.0 {
        return excess(-t, Some(df)).map(|e| e - t);
    }
    Some(edges.windows(2).map(|e| rule.integrate(e[0], e[1], tail)).sum())
}
