//! From sums to numbers: posteriors, comparisons and named tests of each metric. Says nothing in words.

use super::super::bayes::{Comparison, Curve, MASS, Means, Proportions, Summary};
use super::super::freq::{Effect, Interval, Test, fisher, intervals, means, multiple, proportions};
use super::super::num::tails::PValue;
use super::{Ab, Gathered, Metric, Sums, refused};
use crate::error::Result;
use crate::result::report::Report;

/// Points of a curve.
const POINTS: usize = 201;

/// A test under its name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The key for machines.
    pub key: &'static str,
    pub statistic: Option<f64>,
    pub df: Option<f64>,
    pub p: Option<PValue>,
    pub ci: Option<Interval>,
}

impl Named {
    fn test(key: &'static str, test: &Test) -> Self {
        Self { key, statistic: Some(test.statistic), df: test.df, p: Some(test.two_sided), ci: None }
    }

    fn interval(key: &'static str, ci: Interval) -> Self {
        Self { key, statistic: None, df: None, p: None, ci: Some(ci) }
    }
}

/// An arm against the baseline.
#[derive(Clone, Debug)]
pub struct Versus {
    /// Its place among the arms; the baseline has the first.
    pub arm: usize,
    /// The observed difference, arm − baseline; none without data.
    pub observed: Option<f64>,
    /// By the posteriors; none where they cannot be had.
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

/// One arm.
#[derive(Clone, Debug)]
pub struct OfArm {
    pub n: u64,
    pub conversions: Option<u64>,
    /// The observed rate or mean.
    pub value: Option<f64>,
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
    /// Whether it is a rate; an amount otherwise.
    pub is_rate: bool,
    pub arms: Vec<OfArm>,
    pub versus: Vec<Versus>,
    /// Curve of each difference, in the order of `versus`.
    pub differences: Vec<Curve>,
}

enum Posteriors {
    Rates(Proportions),
    Means(Means),
}

macro_rules! both {
    ($self:ident, $p:ident => $e:expr) => {
        match $self {
            Posteriors::Rates($p) => $e,
            Posteriors::Means($p) => $e,
        }
    };
}

/// The whole report.
pub fn report(ab: &Ab, gathered: &Gathered) -> Result<Report> {
    let mut answers = Vec::new();
    for metric in &gathered.metrics {
        answers.push(answer(ab, metric, gathered.names.len())?);
    }
    adjust(&mut answers);
    super::tell::report(ab, gathered, &answers)
}

fn answer(ab: &Ab, metric: &Metric, arms: usize) -> Result<Answer> {
    let posteriors = match &metric.sums {
        Sums::Counts(counts) => Some(Posteriors::Rates(Proportions::new(counts, ab.prior()).map_err(refused)?)),
        // Without spread, or with less than two values, there is no posterior; the report says so.
        Sums::Means(moments) => Means::new(moments, None).ok().map(Posteriors::Means),
    };
    let standings = posteriors.as_ref().map(|p| both!(p, p => p.standings())).unwrap_or_default();
    let of_arm = |i: usize| {
        let (n, conversions, value, sd) = match &metric.sums {
            Sums::Counts(c) => {
                (c[i].n(), Some(c[i].conversions()), c[i].rate(), c[i].rate().map(|r| (r * (1.0 - r)).sqrt()))
            }
            Sums::Means(m) => (m[i].n() as u64, None, (m[i].n() > 0.0).then(|| m[i].mean()), m[i].sd()),
        };
        OfArm {
            n,
            conversions,
            value,
            sd,
            posterior: posteriors.as_ref().and_then(|p| both!(p, p => p.posterior(i, MASS)).ok()),
            p_best: standings.get(i).map(|s| s.p_best),
            expected_loss: standings.get(i).map(|s| s.expected_loss),
            curve: posteriors.as_ref().and_then(|p| both!(p, p => p.curve(i, POINTS)).ok()).unwrap_or_default(),
        }
    };
    let curve = |i: usize| {
        posteriors.as_ref().and_then(|p| both!(p, p => p.difference_curve(i, 0, POINTS)).ok()).unwrap_or_default()
    };
    Ok(Answer {
        name: metric.name.clone(),
        is_rate: matches!(metric.sums, Sums::Counts(_)),
        arms: (0..arms).map(of_arm).collect(),
        versus: (1..arms)
            .map(|i| {
                versus(&metric.sums, i, posteriors.as_ref().and_then(|p| both!(p, p => p.compare(i, 0, MASS)).ok()))
            })
            .collect(),
        differences: (1..arms).map(curve).collect(),
    })
}

fn versus(sums: &Sums, arm: usize, bayes: Option<Comparison>) -> Versus {
    let mut tests = Vec::new();
    let (observed, decides) = match sums {
        Sums::Counts(counts) => {
            let (baseline, own) = (counts[0], counts[arm]);
            let z = proportions::z_pooled(baseline, own).ok();
            tests.extend(z.iter().map(|t| Named::test("z", t)));
            if let Ok(f) = fisher::fisher(baseline, own) {
                tests.push(Named { key: "fisher", statistic: None, df: None, p: Some(f.two_sided), ci: None });
            }
            tests.extend(proportions::yates(baseline, own).iter().map(|t| Named::test("yates", t)));
            tests
                .extend(intervals::newcombe(baseline, own, MASS).into_iter().map(|ci| Named::interval("newcombe", ci)));
            let score = intervals::miettinen_nurminen(baseline, own, MASS);
            tests.extend(score.into_iter().map(|ci| Named::interval("miettinen_nurminen", ci)));
            let few = proportions::smallest_expected(&[baseline, own]).is_ok_and(|e| e < 5.0);
            (proportions::difference(baseline, own).ok(), if few { "fisher" } else { "z" })
        }
        Sums::Means(moments) => {
            let (baseline, own) = (moments[0], moments[arm]);
            let welch: Option<Effect> = means::welch(baseline, own, MASS).ok();
            tests.extend(welch.iter().map(|e| Named { ci: Some(e.ci), ..Named::test("welch", &e.test) }));
            let both = baseline.n() > 0.0 && own.n() > 0.0;
            (both.then(|| own.gap(baseline)), "welch")
        }
    };
    let p = tests.iter().find(|t| t.key == decides).and_then(|t| t.p).map(|p| p.p);
    Versus { arm, observed, bayes, tests, decides, p, holm: None, bh: None }
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
