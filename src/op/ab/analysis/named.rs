//! The named tests of a comparison. Which of them decides depends on the metric's kind, and is said.

use super::super::bayes::MASS;
use super::super::freq::{
    Effect, Interval, Test, bootstrap, cuped, equivalence, fisher, intervals, means, proportions, ranks, rates, ratio,
};
use super::super::num::tails::PValue;
use super::super::{Counts, Exposure};
use super::{Ab, Kind, Metric, Second};

/// A test under its name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The key for machines.
    pub key: &'static str,
    pub statistic: Option<f64>,
    pub df: Option<f64>,
    pub p: Option<PValue>,
    pub ci: Option<Interval>,
    /// Further numbers under their keys.
    pub more: Vec<(&'static str, f64)>,
}

impl Named {
    fn new(key: &'static str) -> Self {
        Self { key, statistic: None, df: None, p: None, ci: None, more: Vec::new() }
    }

    fn test(key: &'static str, test: &Test) -> Self {
        Self { statistic: Some(test.statistic), df: test.df, p: Some(test.two_sided), ..Self::new(key) }
    }

    fn interval(key: &'static str, ci: Interval) -> Self {
        Self { ci: Some(ci), ..Self::new(key) }
    }

    fn effect(key: &'static str, effect: &Effect) -> Self {
        let more = vec![("difference", effect.value), ("se", effect.se)];
        Self { ci: Some(effect.ci), more, ..Self::test(key, &effect.test) }
    }

    /// A further number of it.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.more.iter().find(|m| m.0 == key).map(|m| m.1)
    }
}

/// The tests of an arm against the baseline.
pub struct Tests {
    /// Each test that can be had.
    pub all: Vec<Named>,
    /// The key of the one that decides.
    pub decides: &'static str,
    /// The observed difference, arm − baseline; none without data.
    pub observed: Option<f64>,
    /// The estimate the equivalence tests and the decision about a margin rest on.
    pub effect: Option<Effect>,
}

/// All tests of a metric's arm against the baseline (places among the arms).
pub fn tests(ab: &Ab, metric: &Metric, arm: usize, adjustment: Option<cuped::Adjustment>) -> Tests {
    let (b, a) = (&metric.whole[0], &metric.whole[arm]);
    let mut found = match metric.kind {
        Kind::Conversion => of_counts(b.counts(), a.counts()),
        Kind::Mean => of_means(ab, metric, arm),
        Kind::Ratio => {
            let compared = ratio::delta_method(b.pair, a.pair, MASS).ok();
            let observed = ratio::ratio(b.pair).ok().zip(ratio::ratio(a.pair).ok()).map(|(b, a)| a.value - b.value);
            let mut all = Vec::new();
            if let Some(c) = &compared {
                let mut named = Named::effect("delta_method", &c.difference);
                if let Some(lift) = &c.lift {
                    named.more.extend([("lift", lift.value), ("lift_se", lift.se)]);
                }
                all.push(named);
            }
            Tests { all, decides: "delta_method", observed, effect: compared.map(|c| c.difference) }
        }
        Kind::Count => match (metric.exposure(b), metric.exposure(a)) {
            (Some(b), Some(a)) => of_rates(b, a),
            _ => Tests { all: Vec::new(), decides: "poisson", observed: None, effect: None },
        },
    };
    if let Some(adjusted) = adjustment.and_then(|fit| fit.compare(b.pair, a.pair, MASS).ok()) {
        let mut named = Named::effect("cuped", &adjusted.adjusted);
        named.more.extend([("theta", adjusted.theta), ("correlation", adjusted.correlation)]);
        named.more.push(("variance_reduction", adjusted.variance_reduction));
        found.all.push(named);
        if metric.kind == Kind::Mean {
            found.decides = "cuped";
            found.observed = Some(adjusted.adjusted.value);
            found.effect = Some(adjusted.adjusted);
        }
    }
    clustered(metric, arm, &mut found.all);
    if let (Some(margin), Some(effect)) = (ab.margin, found.effect) {
        margins(ab, &effect, margin, &mut found.all);
    }
    found
}

fn of_counts(b: Counts, a: Counts) -> Tests {
    let mut all = Vec::new();
    all.extend(proportions::z_pooled(b, a).iter().map(|t| Named::test("z", t)));
    if let Ok(f) = fisher::fisher(b, a) {
        all.push(Named { p: Some(f.two_sided), ..Named::new("fisher") });
    }
    all.extend(proportions::yates(b, a).iter().map(|t| Named::test("yates", t)));
    all.extend(intervals::newcombe(b, a, MASS).into_iter().map(|ci| Named::interval("newcombe", ci)));
    let score = intervals::miettinen_nurminen(b, a, MASS);
    all.extend(score.into_iter().map(|ci| Named::interval("miettinen_nurminen", ci)));
    let few = proportions::smallest_expected(&[b, a]).is_ok_and(|e| e < 5.0);
    Tests {
        all,
        decides: if few { "fisher" } else { "z" },
        observed: proportions::difference(b, a).ok(),
        effect: proportions::z_unpooled(b, a, MASS).ok(),
    }
}

fn of_rates(b: Exposure, a: Exposure) -> Tests {
    let mut all = Vec::new();
    let wald = rates::wald(b, a, MASS).ok();
    if let Ok(score) = rates::score(b, a) {
        all.push(Named { ci: wald.map(|w| w.ci), ..Named::test("poisson", &score) });
    }
    if let Ok(exact) = rates::exact(b, a) {
        all.push(Named { p: Some(exact.two_sided), ..Named::new("poisson_exact") });
    }
    let few = b.events() + a.events() < 20.0 && all.iter().any(|t| t.key == "poisson_exact");
    let both = b.exposure() > 0.0 && a.exposure() > 0.0;
    Tests {
        all,
        decides: if few { "poisson_exact" } else { "poisson" },
        observed: both.then(|| a.events() / a.exposure() - b.events() / b.exposure()),
        effect: wald,
    }
}

fn of_means(ab: &Ab, metric: &Metric, arm: usize) -> Tests {
    let (b, a) = (metric.whole[0].y, metric.whole[arm].y);
    let mut all = Vec::new();
    let welch = means::welch(b, a, MASS).ok();
    all.extend(welch.iter().map(|e| Named::effect("welch", e)));
    if let (Some(b), Some(a)) = (metric.histograms.first(), metric.histograms.get(arm)) {
        if let Ok(mw) = ranks::mann_whitney(b, a) {
            let more = vec![("u", mw.u), ("superiority", mw.superiority), ("z", mw.test.statistic)];
            all.push(Named { statistic: Some(mw.u), p: Some(mw.test.two_sided), more, ..Named::new("mann_whitney") });
        }
        if let Some(seed) = ab.bootstrap {
            bootstrapped(b, a, seed, &mut all);
        }
    }
    let observed = (b.n() > 0.0 && a.n() > 0.0).then(|| a.gap(b));
    Tests { all, decides: "welch", observed, effect: welch }
}

/// Draws times bins beyond which a bootstrap of means is not worth its time: so many values have a normal mean.
const MOST_WORK: u64 = 400_000_000;

fn bootstrapped(b: &super::super::Histogram, a: &super::super::Histogram, seed: u64, all: &mut Vec<Named>) {
    let plan = bootstrap::Plan { seed, level: MASS, ..bootstrap::Plan::default() };
    let cost = |h: &super::super::Histogram| h.n().min(8 * h.bins().len() as u64);
    if (cost(b) + cost(a)) * plan.resamples as u64 > MOST_WORK {
        return;
    }
    for (key, statistic) in
        [("bootstrap_median", bootstrap::Statistic::Quantile(0.5)), ("bootstrap_mean", bootstrap::Statistic::Mean)]
    {
        if let Ok(found) = bootstrap::bootstrap(b, a, statistic, plan) {
            let more = vec![
                ("difference", found.difference),
                ("se", found.se),
                ("percentile_low", found.percentile[0]),
                ("percentile_high", found.percentile[1]),
                ("seed", seed as f64),
                ("resamples", plan.resamples as f64),
            ];
            all.push(Named { ci: Some(found.bca.unwrap_or(found.percentile)), more, ..Named::new(key) });
        }
    }
}

/// Where a unit has several rows: the mean over rows with the error of units, beside the one that takes each row for a
/// unit.
fn clustered(metric: &Metric, arm: usize, all: &mut Vec<Named>) {
    let (Some(b), Some(a)) = (metric.clusters.first(), metric.clusters.get(arm)) else { return };
    if metric.second != Second::Denominator
        && let Ok(compared) = ratio::delta_method(b.0, a.0, MASS)
    {
        all.push(Named::effect("delta_method", &compared.difference));
    }
    if let Ok(found) = ratio::clustered_with_squares(b.0, a.0, (b.1, a.1), MASS) {
        let mut robust = Named::effect("cluster_robust", &found.robust);
        robust.more.push(("design_effect", found.design_effect));
        all.push(robust);
        all.push(Named::effect("naive", &found.naive));
    }
}

/// Whether the effect lies within the margin, and whether the arm is not worse by more than it.
fn margins(ab: &Ab, effect: &Effect, margin: f64, all: &mut Vec<Named>) {
    let alpha = ab.alpha.unwrap_or(super::ALPHA);
    if let Ok(found) = equivalence::tost(effect, -margin, margin, alpha) {
        all.push(Named { p: Some(found.p), ci: Some(found.ci), more: vec![("margin", margin)], ..Named::new("tost") });
    }
    let turned = match ab.lower_is_better {
        true => Effect { value: -effect.value, ..*effect },
        false => *effect,
    };
    if let Ok(p) = equivalence::non_inferiority(&turned, margin) {
        all.push(Named { p: Some(p), more: vec![("margin", margin)], ..Named::new("non_inferiority") });
    }
}
