//! The verdict: one sentence that is true of the numbers, and says so where they do not decide.
//!
//! An arm differs where both roads agree: the named test's p-value, adjusted for all comparisons, is below the level, and
//! the posterior probability of being better (or worse) is above 1 − half the level.

use super::super::checks::Status as Grade;
use super::super::plan::{Design, Formula, detectable_rates};
use super::answer::{Answer, Versus};
use super::check::{Checked, odds, planned, ratio, sizes, weights};
use super::words::{Digits, probability};
use super::{Ab, Gathered, Kind, Metric};
use crate::error::Result;
use crate::result::report::{Status, Verdict};
use crate::text::Msg;

/// Which way an arm differs from the baseline, where that is decided: whether it is the better one.
fn decided(ab: &Ab, v: &Versus, alpha: f64) -> Option<bool> {
    let (bayes, observed) = (v.bayes.as_ref()?, v.observed?);
    if v.holm? >= alpha {
        return None;
    }
    let gain = if ab.lower_is_better { -observed } else { observed };
    let sure = 0.5 * alpha;
    if bayes.p_worse.p < sure && gain > 0.0 {
        Some(true)
    } else if bayes.p_better.p < sure && gain < 0.0 {
        Some(false)
    } else {
        None
    }
}

/// Digits that suit a comparison.
pub fn digits(answer: &Answer, v: &Versus) -> Digits {
    let width = v.bayes.as_ref().map_or(0.0, |b| {
        let [low, high] = b.difference.hdi.unwrap_or(b.difference.eti);
        high - low
    });
    Digits::of(answer.is_rate, width)
}

/// The verdict about one metric; `reach` is the smallest difference that four of five such tests would show.
pub fn verdict(
    ab: &Ab,
    gathered: &Gathered,
    answer: &Answer,
    checks: &[Checked],
    reach: Option<f64>,
) -> Result<Verdict> {
    let alpha = ab.level()?;
    let blocked = |sentence: Msg, next: Msg| Verdict { status: Status::Blocked, sentence, next: Some(next) };
    if gathered.assigned.iter().all(|n| *n == 0) {
        return Ok(blocked(Msg::new("ab-blocked-empty"), Msg::new("ab-blocked-empty-next")));
    }
    if let Some(test) = ratio(ab, gathered)?.filter(|t| t.status == Grade::Block) {
        let sentence = Msg::new("ab-blocked-ratio")
            .with("sizes", sizes(&gathered.assigned))
            .with("split", planned(&weights(ab, gathered.names.len())?))
            .with("odds", odds(test.p.p));
        return Ok(blocked(sentence, Msg::new("ab-blocked-ratio-next")));
    }
    if let Some(check) = checks.iter().find(|c| c.finding.status == Grade::Block) {
        let sentence = Msg::new("ab-blocked").with("why", check.meaning.clone());
        return Ok(blocked(sentence, Msg::new("ab-blocked-next")));
    }
    if let Some(verdict) = same(ab, gathered, answer, alpha) {
        return Ok(verdict);
    }
    let p_better = |v: &&Versus| v.bayes.as_ref().map_or(0.0, |b| b.p_better.p);
    let ways: Vec<Option<bool>> = answer.versus.iter().map(|v| decided(ab, v, alpha)).collect();
    let several = answer.versus.len() > 1;
    let won = answer.versus.iter().zip(&ways).filter(|(_, w)| **w == Some(true)).map(|p| p.0);
    if let Some(winner) = won.max_by(|a, b| p_best(answer, a).total_cmp(&p_best(answer, b))) {
        let sentence = compared(ab, gathered, answer, winner, true);
        let sentence = match several {
            false => sentence,
            true => Msg::new("ab-win-of-several")
                .with("sentence", sentence)
                .with("arm", &gathered.names[winner.arm])
                .with("arms", gathered.names.len())
                .with("probability", share(p_best(answer, winner))),
        };
        return Ok(Verdict {
            status: Status::Win,
            sentence,
            next: Some(next_of(gathered, answer, winner, checks, true)),
        });
    }
    let Some(nearest) = answer.versus.iter().max_by(|a, b| p_better(a).total_cmp(&p_better(b))) else {
        return Ok(blocked(Msg::new("ab-blocked-empty"), Msg::new("ab-blocked-empty-next")));
    };
    if ways.iter().all(|w| *w == Some(false)) {
        let sentence = compared(ab, gathered, answer, nearest, false);
        let sentence = match several {
            false => sentence,
            true => Msg::new("ab-lose-of-several").with("baseline", &gathered.names[0]).with("sentence", sentence),
        };
        return Ok(Verdict {
            status: Status::Lose,
            sentence,
            next: Some(next_of(gathered, answer, nearest, checks, false)),
        });
    }
    let sentence = undecided(gathered, answer, nearest, several);
    Ok(Verdict { status: Status::Undecided, sentence, next: Some(missed(answer, reach)) })
}

/// What to do after a decision, and what it costs to be wrong about it; or what is to be looked at first, where a check
/// found something.
fn next_of(gathered: &Gathered, answer: &Answer, v: &Versus, checks: &[Checked], arm_wins: bool) -> Msg {
    if checks.iter().any(|c| c.found() && c.name != "several_tests") {
        return Msg::new("ab-next-checks");
    }
    Msg::new(if arm_wins { "ab-win-next" } else { "ab-lose-next" })
        .with("arm", &gathered.names[v.arm])
        .with("baseline", &gathered.names[0])
        .with("loss", loss(answer, v))
}

/// What choosing the arm costs on average, in words; a risk far below the difference itself is not told to the digit.
fn loss(answer: &Answer, v: &Versus) -> Msg {
    let loss = v.bayes.as_ref().and_then(|b| b.expected_loss_if_arm).unwrap_or(0.0);
    let least = 1e-4 * v.observed.map_or(0.0, f64::abs);
    let id = match (answer.is_rate, loss < least) {
        (true, false) => "ab-about-points",
        (true, true) => "ab-under-points",
        (false, false) => "ab-about",
        (false, true) => "ab-under",
    };
    // Two digits tell enough.
    let told = loss.max(least);
    Msg::new(id).with("value", Digits::of(answer.is_rate, 10.0 * told).difference(told))
}

/// That no arm differs by as much as matters, where the equivalence tests say so of all.
fn same(ab: &Ab, gathered: &Gathered, answer: &Answer, alpha: f64) -> Option<Verdict> {
    let margin = ab.margin?;
    let ruled_out = |v: &Versus| v.test("tost").and_then(|t| t.p).is_some_and(|p| p.p < alpha);
    if answer.versus.is_empty() || !answer.versus.iter().all(ruled_out) {
        return None;
    }
    let (v, several) = (answer.versus.first()?, answer.versus.len() > 1);
    let digits = digits(answer, v);
    let [low, high] = v.test("tost")?.ci?;
    let id = match (answer.is_rate, several) {
        (true, false) => "ab-same-rate",
        (false, false) => "ab-same-mean",
        (true, true) => "ab-same-several-rate",
        (false, true) => "ab-same-several-mean",
    };
    let sentence = Msg::new(id)
        .with("arm", &gathered.names[v.arm])
        .with("baseline", &gathered.names[0])
        .with("margin", Digits::of(answer.is_rate, 4.0 * margin).difference(margin))
        .with("low", digits.signed(low))
        .with("high", digits.signed(high));
    Some(Verdict { status: Status::Same, sentence, next: Some(Msg::new("ab-same-next")) })
}

fn p_best(answer: &Answer, v: &Versus) -> f64 {
    answer.arms[v.arm].p_best.unwrap_or(0.0)
}

fn share(p: f64) -> String {
    probability(p, 1.0 - p)
}

/// One arm is better than the other.
fn compared(ab: &Ab, gathered: &Gathered, answer: &Answer, v: &Versus, arm_wins: bool) -> Msg {
    let Some(bayes) = &v.bayes else { return Msg::new("ab-blocked-empty") };
    let digits = digits(answer, v);
    let (better, worse) = if arm_wins { (v.arm, 0) } else { (0, v.arm) };
    let [low, high] = bayes.difference.hdi.unwrap_or(bayes.difference.eti);
    // From the worse to the better one.
    let (low, high) = if arm_wins != ab.lower_is_better { (low, high) } else { (-high, -low) };
    let (p, rest) = if arm_wins { (bayes.p_better.p, bayes.p_worse.p) } else { (bayes.p_worse.p, bayes.p_better.p) };
    let observed = |i: usize| digits.observed(answer.arms[i].shown.unwrap_or(0.0), answer.arms[i].n);
    Msg::new(if answer.is_rate { "ab-better-rate" } else { "ab-better-mean" })
        .with("better", &gathered.names[better])
        .with("worse", &gathered.names[worse])
        .with("value", observed(better))
        .with("other", observed(worse))
        .with("difference", digits.difference(v.observed.unwrap_or(0.0).abs()))
        .with("low", digits.difference(low))
        .with("high", digits.difference(high))
        .with("probability", probability(p, rest))
}

/// It is not decided.
fn undecided(gathered: &Gathered, answer: &Answer, v: &Versus, several: bool) -> Msg {
    let Some(bayes) = &v.bayes else { return Msg::new("ab-undecided-none") };
    let digits = digits(answer, v);
    let [low, high] = bayes.difference.hdi.unwrap_or(bayes.difference.eti);
    let observed = |i: usize| digits.observed(answer.arms[i].shown.unwrap_or(0.0), answer.arms[i].n);
    let id = match (answer.is_rate, several) {
        (true, false) => "ab-undecided-rate",
        (false, false) => "ab-undecided-mean",
        (true, true) => "ab-undecided-several-rate",
        (false, true) => "ab-undecided-several-mean",
    };
    Msg::new(id)
        .with("arm", &gathered.names[v.arm])
        .with("baseline", &gathered.names[0])
        .with("value", observed(v.arm))
        .with("other", observed(0))
        .with("low", digits.signed(low))
        .with("high", digits.signed(high))
        .with("probability", probability(bayes.p_better.p, bayes.p_worse.p))
}

/// The smallest difference that four of five tests of this size would show, in the metric's unit; none without spread.
pub fn reach(ab: &Ab, metric: &Metric, answer: &Answer, v: &Versus) -> Option<f64> {
    let (base, arm) = (&answer.arms[0], &answer.arms[v.arm]);
    let design =
        Design { alpha: ab.alpha.unwrap_or(super::ALPHA), power: POWER, allocation: arm.n as f64 / base.n as f64 };
    if metric.kind == Kind::Conversion {
        let rate = base.value.filter(|_| base.n > 0 && arm.n > 0)?;
        let (_, up) = detectable_rates(rate, base.n as f64, design, Formula::Pooled).ok()?;
        return up.map(|up| up - rate).filter(|d| *d > 0.0);
    }
    // By the standard error that there is: z of half the level and z of the power.
    let error = v.test(v.decides).and_then(|t| t.get("se").or_else(|| width(t.ci?)))?;
    let z = |p: f64| -super::super::num::normal::quantile(p);
    Some(error * (z(0.5 * design.alpha) + z(1.0 - POWER))).filter(|d| d.is_finite() && *d > 0.0)
}

/// The share of tests that are to show a difference.
const POWER: f64 = 0.8;

/// The standard error an interval stands for.
fn width([low, high]: [f64; 2]) -> Option<f64> {
    let error = (high - low) / (2.0 * super::super::freq::critical(super::super::bayes::MASS, None));
    (error > 0.0).then_some(error)
}

/// What so many people could have missed.
fn missed(answer: &Answer, reach: Option<f64>) -> Msg {
    let Some(change) = reach else { return Msg::new("ab-undecided-next") };
    let shown = Digits::of(answer.is_rate, 4.0 * change).difference(change);
    match answer.arms[0].value.filter(|v| *v > 0.0) {
        Some(base) => Msg::new(if answer.is_rate { "ab-undecided-reach" } else { "ab-undecided-reach-mean" })
            .with("points", shown)
            .with("lift", super::words::lift(change / base)),
        None => Msg::new("ab-undecided-next"),
    }
}
