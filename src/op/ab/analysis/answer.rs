//! From sums to numbers: posteriors, comparisons and named tests of each metric. Says nothing in words.

use super::super::bayes::{Comparison, Curve, Estimate, GammaPrior, MASS, Means, Proportions, Rates, Summary};
use super::super::freq::{cuped::Adjustment, multiple, ratio};
use super::named::{Named, tests};
use super::{Ab, Gathered, Kind, Metric, Second, refused};
use crate::error::Result;
use crate::result::report::Report;

/// Points of a curve.
const POINTS: usize = 201;

/// An arm against the baseline.
#[derive(Clone, Debug)]
pub struct Versus {
    /// Its place among the arms; the baseline has the first.
    pub arm: usize,
    /// The observed difference, arm − baseline; none without data.
    pub observed: Option<f64>,
    /// By the posteriors; none where they cannot be had. Better is what was said to be better.
    pub bayes: Option<Comparison>,
    /// Each test that can be had.
    pub tests: Vec<Named>,
    /// The key of the test that decides.
    pub decides: &'static str,
    /// Its p-value, and adjusted by Holm and by Benjamini and Hochberg over all comparisons of the report.
    pub p: Option<f64>,
    pub holm: Option<f64>,
    pub bh: Option<f64>,
}

impl Versus {
    /// The test under a key.
    pub fn test(&self, key: &str) -> Option<&Named> {
        self.tests.iter().find(|t| t.key == key)
    }
}

/// One arm.
#[derive(Clone, Debug)]
pub struct OfArm {
    pub n: u64,
    pub conversions: Option<u64>,
    /// The observed rate, mean or ratio.
    pub value: Option<f64>,
    /// What is shown: the value, adjusted where values from before the experiment were adjusted for.
    pub shown: Option<f64>,
    pub sd: Option<f64>,
    pub posterior: Option<Summary>,
    pub p_best: Option<f64>,
    pub expected_loss: Option<f64>,
    pub curve: Curve,
}

/// The numbers of one metric.
#[derive(Clone, Debug)]
pub struct Answer {
    pub name: Option<String>,
    pub kind: Kind,
    /// Whether it is a share; an amount otherwise.
    pub is_rate: bool,
    /// Whether values from before the experiment were adjusted for.
    pub adjusted: bool,
    pub arms: Vec<OfArm>,
    pub versus: Vec<Versus>,
    /// Curve of each difference, in the order of `versus`.
    pub differences: Vec<Curve>,
}

enum Posteriors {
    Shares(Proportions),
    Counts(Rates),
    Means(Means),
}

macro_rules! each {
    ($self:expr, $p:ident => $e:expr) => {
        match $self {
            Posteriors::Shares($p) => $e,
            Posteriors::Counts($p) => $e,
            Posteriors::Means($p) => $e,
        }
    };
}

/// The whole report.
pub fn report(ab: &Ab, gathered: &Gathered) -> Result<Report> {
    let mut answers = Vec::new();
    for metric in &gathered.metrics {
        answers.push(answer(ab, metric)?);
    }
    adjust(&mut answers);
    super::tell::report(ab, gathered, &answers)
}

/// The slope on the values before, where there are any and they vary.
fn adjustment(metric: &Metric) -> Option<Adjustment> {
    let pairs: Vec<_> = metric.whole.iter().map(|s| s.pair).collect();
    (metric.second == Second::Covariate).then(|| Adjustment::new(&pairs).ok()).flatten()
}

fn posteriors(ab: &Ab, metric: &Metric, adjustment: Option<Adjustment>) -> Result<Option<Posteriors>> {
    if metric.is_broken() {
        return Ok(None);
    }
    // Without spread, or with less than two values, there is no posterior; the report says so.
    Ok(match metric.kind {
        Kind::Conversion => {
            let counts: Vec<_> = metric.whole.iter().map(|s| s.counts()).collect();
            Some(Posteriors::Shares(Proportions::new(&counts, ab.prior()).map_err(refused)?))
        }
        Kind::Count => {
            let exposures: Option<Vec<_>> = metric.whole.iter().map(|s| metric.exposure(s)).collect();
            exposures.and_then(|e| Rates::new(&e, GammaPrior::default()).ok()).map(Posteriors::Counts)
        }
        Kind::Mean => {
            let adjusted = adjustment
                .and_then(|fit| metric.whole.iter().map(|s| fit.adjusted(s.pair).ok()).collect::<Option<Vec<_>>>());
            let moments = adjusted.unwrap_or_else(|| metric.whole.iter().map(|s| s.y).collect());
            Means::new(&moments, None).ok().map(Posteriors::Means)
        }
        Kind::Ratio => {
            let estimate = |s: &super::Sum| {
                let found = ratio::ratio(s.pair).ok().filter(|r| r.variance > 0.0)?;
                Some(Estimate { value: found.value, se: found.variance.sqrt(), df: None })
            };
            let estimates: Option<Vec<_>> = metric.whole.iter().map(estimate).collect();
            estimates.and_then(|e| Means::from_estimates(&e, None).ok()).map(Posteriors::Means)
        }
    })
}

/// What is observed of an arm: value and standard deviation of a unit.
fn observed(metric: &Metric, arm: usize) -> (Option<f64>, Option<f64>) {
    let sum = &metric.whole[arm];
    match metric.kind {
        _ if metric.is_broken() => (None, None),
        Kind::Conversion => {
            let rate = sum.counts().rate();
            (rate, rate.map(|r| (r * (1.0 - r)).sqrt()))
        }
        Kind::Mean => ((sum.n() > 0).then(|| sum.y.mean()), sum.y.sd()),
        Kind::Ratio => match ratio::ratio(sum.pair) {
            Ok(found) => (Some(found.value), Some((found.variance * sum.pair.n()).sqrt())),
            Err(_) => (None, None),
        },
        Kind::Count => {
            let exposure = metric.exposure(sum).filter(|e| e.exposure() > 0.0);
            (exposure.map(|e| e.events() / e.exposure()), sum.y.sd())
        }
    }
}

fn answer(ab: &Ab, metric: &Metric) -> Result<Answer> {
    let adjustment = adjustment(metric).filter(|_| metric.kind != Kind::Ratio);
    let posteriors = posteriors(ab, metric, adjustment)?;
    let standings = posteriors.as_ref().map(|p| each!(p, p => p.standings(ab.best()))).unwrap_or_default();
    let count = metric.whole.len();
    let of_arm = |i: usize| {
        let (value, sd) = observed(metric, i);
        let adjusted = adjustment.filter(|_| metric.kind == Kind::Mean);
        let shown = adjusted.and_then(|fit| fit.adjusted(metric.whole[i].pair).ok()).map(|m| m.mean());
        OfArm {
            shown: shown.or(value),
            n: metric.whole[i].n(),
            conversions: (metric.is_rate() && !metric.is_broken()).then(|| metric.whole[i].ones),
            value,
            sd,
            posterior: posteriors.as_ref().and_then(|p| each!(p, p => p.posterior(i, MASS)).ok()),
            p_best: standings.get(i).map(|s| s.p_best),
            expected_loss: standings.get(i).map(|s| s.expected_loss),
            curve: posteriors.as_ref().and_then(|p| each!(p, p => p.curve(i, POINTS)).ok()).unwrap_or_default(),
        }
    };
    let curve = |i: usize| {
        posteriors.as_ref().and_then(|p| each!(p, p => p.difference_curve(i, 0, POINTS)).ok()).unwrap_or_default()
    };
    let versus = |i: usize| {
        let bayes = posteriors.as_ref().and_then(|p| each!(p, p => p.compare(i, 0, MASS)).ok());
        let found = (!metric.is_broken()).then(|| tests(ab, metric, i, adjustment));
        let (all, decides, observed) = found.map_or((Vec::new(), "z", None), |t| (t.all, t.decides, t.observed));
        let p = all.iter().find(|t| t.key == decides).and_then(|t| t.p).map(|p| p.p);
        let bayes = bayes.map(|b| if ab.lower_is_better { turned(b) } else { b });
        Versus { arm: i, observed, bayes, tests: all, decides, p, holm: None, bh: None }
    };
    Ok(Answer {
        name: metric.name.clone(),
        kind: metric.kind,
        is_rate: metric.is_rate(),
        adjusted: adjustment.is_some() && metric.kind == Kind::Mean,
        arms: (0..count).map(of_arm).collect(),
        versus: (1..count).map(versus).collect(),
        differences: (1..count).map(curve).collect(),
    })
}

/// The same where the smaller value is the better one.
fn turned(c: Comparison) -> Comparison {
    Comparison {
        p_better: c.p_worse,
        p_worse: c.p_better,
        expected_loss_if_arm: c.expected_loss_if_baseline,
        expected_loss_if_baseline: c.expected_loss_if_arm,
        ..c
    }
}

/// Adjusts the deciding p-values for all comparisons that were made.
fn adjust(answers: &mut [Answer]) {
    let all: Vec<f64> = answers.iter().flat_map(|a| &a.versus).map(|v| v.p.unwrap_or(f64::NAN)).collect();
    let holm = multiple::adjust(&all, multiple::Correction::Holm);
    let bh = multiple::adjust(&all, multiple::Correction::BenjaminiHochberg);
    for ((versus, holm), bh) in answers.iter_mut().flat_map(|a| &mut a.versus).zip(holm).zip(bh) {
        versus.holm = versus.p.map(|_| holm);
        versus.bh = versus.p.map(|_| bh);
    }
}
