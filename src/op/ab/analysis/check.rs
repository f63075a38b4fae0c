//! The checks of a report: each with its name, its number, and what it means.

use super::super::checks::{self, Check, Finding, SampleRatio, Status};
use super::answer::Answer;
use super::{Ab, Gathered, Metric, Sums};
use crate::error::{Error, Result};
use crate::text::{Msg, number};

/// What a check found, in words and numbers.
#[derive(Clone, Debug)]
pub struct Checked {
    pub finding: Finding,
    /// The name for machines.
    pub name: &'static str,
    /// What it looks at.
    pub title: Msg,
    /// What it means and what to do; none where all is well.
    pub meaning: Option<Msg>,
}

/// The planned shares.
pub fn weights(ab: &Ab, arms: usize) -> Result<Vec<f64>> {
    match ab.split.len() {
        0 => Ok(vec![1.0; arms]),
        n if n == arms && ab.split.iter().all(|w| w.is_finite() && *w > 0.0) => Ok(ab.split.clone()),
        n => Err(Error::usage(Msg::new("error-ab-split").with("count", n).with("arms", arms))),
    }
}

/// The split as it was planned, in words.
pub fn planned(weights: &[f64]) -> String {
    weights.iter().map(|w| number::readable(*w, 4)).collect::<Vec<_>>().join(" : ")
}

/// The arms' sizes in words.
pub fn sizes(assigned: &[u64]) -> String {
    assigned.iter().map(|n| number::count(*n)).collect::<Vec<_>>().join(" : ")
}

/// The test of the split.
pub fn ratio(ab: &Ab, gathered: &Gathered) -> Result<Option<SampleRatio>> {
    Ok(checks::sample_ratio(&gathered.assigned, &weights(ab, gathered.names.len())?).ok())
}

/// All checks of a metric.
pub fn all(ab: &Ab, gathered: &Gathered, metric: &Metric, answer: &Answer, comparisons: usize) -> Result<Vec<Checked>> {
    let mut found = Vec::new();
    if let Some(ratio) = ratio(ab, gathered)? {
        let finding = ratio.finding();
        let meaning = (finding.status != Status::Ok).then(|| {
            Msg::new("ab-check-sample-ratio-found")
                .with("sizes", sizes(&gathered.assigned))
                .with("split", planned(&weights(ab, gathered.names.len()).unwrap_or_default()))
                .with("odds", odds(ratio.p.p))
        });
        found.push(Checked { finding, name: "sample_ratio", title: Msg::new("ab-check-sample-ratio"), meaning });
    }
    let mut few = match &metric.sums {
        Sums::Counts(counts) => checks::counts(counts),
        Sums::Means(moments) => {
            let least = moments.iter().map(|m| m.n()).fold(f64::INFINITY, f64::min);
            let same = moments.iter().any(|m| m.variance().is_some_and(|v| v <= 0.0));
            let block = |check, value| Finding { check, status: Status::Block, value, p: None };
            [(least < 2.0).then(|| block(Check::TooFewUnits, least)), same.then(|| block(Check::ZeroVariance, 0.0))]
                .into_iter()
                .flatten()
                .collect()
        }
    };
    for finding in few.drain(..) {
        let value = number::readable(finding.value, 3);
        let (name, title, meaning) = match finding.check {
            Check::TooFewUnits => {
                ("too_few_units", "ab-check-few", Msg::new("ab-check-few-found").with("value", value))
            }
            Check::ZeroVariance => ("zero_variance", "ab-check-same", Msg::new("ab-check-same-found")),
            _ => ("small_expected_count", "ab-check-small", Msg::new("ab-check-small-found").with("value", value)),
        };
        found.push(Checked { finding, name, title: Msg::new(title), meaning: Some(meaning) });
    }
    if let Some(units) = &gathered.units {
        let finding = checks::repeated_units(units.rows, units.units);
        let meaning = (finding.status != Status::Ok).then(|| {
            Msg::new("ab-check-repeated-found")
                .with("column", &units.column)
                .with("rows", units.rows)
                .with("units", units.units)
        });
        found.push(Checked { finding, name: "repeated_units", title: Msg::new("ab-check-repeated"), meaning });
        let finding = checks::units_in_several_arms(units.several);
        let meaning = (units.several > 0)
            .then(|| Msg::new("ab-check-several-found").with("column", &units.column).with("count", units.several));
        found.push(Checked { finding, name: "units_in_several_arms", title: Msg::new("ab-check-several"), meaning });
    }
    if comparisons > 1 {
        let finding = checks::several_tests(comparisons);
        let meaning = Some(Msg::new("ab-check-tests-found").with("count", comparisons));
        found.push(Checked { finding, name: "several_tests", title: Msg::new("ab-check-tests"), meaning });
    }
    let least = gathered.assigned.iter().copied().min().unwrap_or(0);
    let value = |i: usize| answer.arms[i].value;
    let lifts = answer.versus.iter().filter_map(|v| {
        let (own, base) = (value(v.arm)?, value(0)?);
        (base > 0.0).then(|| own / base - 1.0)
    });
    if let Some(lift) = lifts.max_by(|a, b| a.abs().total_cmp(&b.abs())) {
        let finding = checks::implausible_lift(lift, least);
        let meaning = (finding.status != Status::Ok)
            .then(|| Msg::new("ab-check-lift-found").with("lift", super::words::lift(lift)));
        found.push(Checked { finding, name: "implausible_lift", title: Msg::new("ab-check-lift"), meaning });
    }
    if gathered.from_table {
        let total: u64 = gathered.assigned.iter().sum();
        let finding = checks::missing(metric.missing, total);
        let meaning = (metric.missing > 0).then(|| {
            Msg::new("ab-check-missing-found")
                .with("column", metric.name.clone().unwrap_or_default())
                .with("count", metric.missing)
        });
        found.push(Checked { finding, name: "missing_values", title: Msg::new("ab-check-missing"), meaning });
    }
    Ok(found)
}

/// A small probability as one in so many, rounded to a digit so that it can be repeated.
pub fn odds(p: f64) -> Msg {
    if p < 1e-9 {
        return Msg::new("ab-odds-tiny");
    }
    let one_in = 1.0 / p;
    let step = 10f64.powf(one_in.log10().floor());
    Msg::new("ab-odds").with("count", (one_in / step).floor() * step)
}
