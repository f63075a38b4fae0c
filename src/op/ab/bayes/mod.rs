//! Bayesian comparison of arms: exact posteriors by quadrature, never by sampling.
//!
//! Proportions: Beta–Bernoulli. Count rates: Gamma–Poisson. Means: Student's t, or normal with a normal prior. Ratios and
//! anything else that comes as an estimate with a standard error: normal.

mod counts;
pub mod joint;
mod means;
pub mod pair;

pub use counts::{BetaPrior, GammaPrior, Proportions, Rates};
pub use joint::Best;
pub use means::{Estimate, Means, NormalPrior};

use super::num::law::{Law, Shape};
use super::num::solve::{Univariate, highest_density, quantile};
use super::num::tails::PValue;

/// The mass of the intervals unless another is asked for.
pub const MASS: f64 = 0.95;

/// Low and high end.
pub type Interval = [f64; 2];

/// One law in numbers. What does not exist (the mean of a ratio with an unbounded tail, the shortest interval of a flat
/// density) is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Mean; `None` if infinite.
    pub mean: Option<f64>,
    /// Median.
    pub median: f64,
    /// Standard deviation; `None` if infinite.
    pub sd: Option<f64>,
    /// Where the density is greatest; `None` if it is flat or has two peaks, or was not computed.
    pub mode: Option<f64>,
    /// The shortest interval with the mass asked for; `None` if it is not unique or not one interval.
    pub hdi: Option<Interval>,
    /// The interval that leaves out equal mass on both sides.
    pub eti: Interval,
}

/// An arm against the baseline. Difference = arm − baseline, lift = arm/baseline − 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Index of the arm.
    pub arm: usize,
    /// Index of the baseline.
    pub baseline: usize,
    /// The difference, in the metric's unit.
    pub difference: Summary,
    /// The lift, as a fraction of the baseline; `None` where the baseline may be zero.
    pub lift: Option<Summary>,
    /// Probability that the arm's value is the greater one, with its logarithm.
    pub p_better: PValue,
    /// Probability that the arm's value is the smaller one, with its logarithm.
    pub p_worse: PValue,
    /// Expected loss of taking the arm, E[(baseline − arm)⁺], in the metric's unit; `None` if infinite.
    pub expected_loss_if_arm: Option<f64>,
    /// Expected loss of staying with the baseline, E[(arm − baseline)⁺]; `None` if infinite.
    pub expected_loss_if_baseline: Option<f64>,
}

/// Values and densities for drawing, values ascending.
pub type Curve = Vec<(f64, f64)>;

/// The median and both intervals of a law.
fn summarise(law: &impl Univariate, mass: f64, mean: Option<f64>, sd: Option<f64>, one_peak: bool) -> Summary {
    let miss = 0.5 * (1.0 - mass);
    let score = -super::num::normal::quantile(miss);
    let low = quantile(law, miss, law.guess(-score));
    let high = quantile(law, 1.0 - miss, law.guess(score));
    let median = quantile(law, 0.5, law.guess(0.0).clamp(low, high));
    let (floor, ceiling) = law.support();
    let value = |c: f64| match c {
        f64::NEG_INFINITY => floor,
        f64::INFINITY => ceiling,
        c => law.value(c),
    };
    let hdi = one_peak.then(|| {
        let (a, b) = highest_density(law, mass, low, high);
        [value(a), value(b)]
    });
    Summary { mean, median: law.value(median), sd, mode: None, hdi, eti: [law.value(low), law.value(high)] }
}

/// A tabulated law seen as one whose coordinate is δ.
struct Own<'a>(&'a Law);

impl Univariate for Own<'_> {
    fn tails(&self, c: f64) -> (f64, f64) {
        self.0.tails(c)
    }

    fn ln_density(&self, c: f64) -> f64 {
        self.0.ln_density(c) - self.0.ln_stretch(self.0.point(c), c)
    }

    fn ln_stretch(&self, c: f64) -> f64 {
        self.0.ln_stretch(self.0.point(c), c)
    }

    fn value(&self, c: f64) -> f64 {
        self.0.point(c).x
    }

    fn range(&self) -> (f64, f64) {
        (-1e5, 1e5)
    }

    fn guess(&self, score: f64) -> f64 {
        score / self.0.curvature(0.0).sqrt()
    }

    fn ends_that_may_peak(&self) -> (Option<f64>, Option<f64>) {
        const FAR: f64 = 60.0;
        match self.0.shape() {
            Shape::Beta { a, b } => ((a <= 1.0).then_some(-FAR), (b <= 1.0).then_some(FAR)),
            Shape::Gamma { shape, .. } => ((shape <= 1.0).then_some(-FAR), None),
            _ => (None, None),
        }
    }

    fn support(&self) -> (f64, f64) {
        match self.0.shape() {
            Shape::Beta { .. } => (0.0, 1.0),
            Shape::Gamma { .. } => (0.0, f64::INFINITY),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}

/// Summary of a tabulated law.
pub fn summary(law: &Law, mass: f64) -> Summary {
    let (mean, sd, mode, one_peak) = match law.shape() {
        Shape::Beta { a, b } => {
            let flat = a == 1.0 && b == 1.0;
            let two = a < 1.0 && b < 1.0;
            let mode = if flat || two {
                None
            } else if a <= 1.0 {
                Some(0.0)
            } else if b <= 1.0 {
                Some(1.0)
            } else {
                Some((a - 1.0) / (a + b - 2.0))
            };
            (Some(law.centre().x), Some(pair::spread(law)), mode, !flat && !two)
        }
        Shape::Gamma { shape, rate } => {
            (Some(shape / rate), Some(shape.sqrt() / rate), Some((shape - 1.0).max(0.0) / rate), true)
        }
        Shape::Student { df, location, .. } => {
            ((df > 1.0).then_some(location), (df > 2.0).then(|| pair::spread(law)), Some(location), true)
        }
        Shape::Normal { mean, sd } => (Some(mean), Some(sd), Some(mean), true),
    };
    let symmetric = matches!(law.shape(), Shape::Student { .. } | Shape::Normal { .. });
    let mut found = summarise(&Own(law), mass, mean, sd, one_peak && !symmetric);
    found.mode = mode;
    if symmetric {
        found.median = law.centre().x;
        found.hdi = Some(found.eti);
    }
    found
}

/// Points of a density between the quantiles of 0.0005 and 0.9995, evenly spaced, at least two.
pub fn curve(law: &Law, points: usize) -> Curve {
    let ends = (law.quantile(0.0005).x, law.quantile(0.9995).x);
    let mut ends = ends;
    if let Shape::Beta { a, b } = law.shape() {
        if a <= 1.0 {
            ends.0 = 0.0;
        }
        if b <= 1.0 {
            ends.1 = 1.0;
        }
    }
    spaced(ends, points, |x| law.pdf(super::num::law::Point::at(x)))
}

/// Evenly spaced points of `pdf`; those without a finite density are left out.
fn spaced((from, to): (f64, f64), points: usize, pdf: impl Fn(f64) -> f64) -> Curve {
    let last = points.max(2) - 1;
    (0..=last)
        .map(|i| from + (to - from) * i as f64 / last as f64)
        .map(|x| (x, pdf(x)))
        .filter(|(_, y)| y.is_finite())
        .collect()
}

#[cfg(test)]
mod tests;
