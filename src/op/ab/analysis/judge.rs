//! The verdict: one sentence that is true of the numbers, and says so where they do not decide.
//!
//! An arm differs where both roads agree: the named test's p-value, adjusted for all comparisons, is below the level, and
//! the posterior probability of being better (or worse) is above 1 − half the level.

use super::super::checks::Status as Grade;
use super::super::plan::{Design, Formula, detectable_rates};
use super::answer::{Answer, Versus};
use super::check::{Checked, odds, planned, ratio, sizes, weights};
use super::words::{Digits, probability};
use super::{Ab, Gathered};
use crate::error::Result;
use crate::result::report::{Status, Verdict};
use crate::text::Msg;

/// Which way an arm differs from the baseline, where that is decided.
fn decided(v: &Versus, alpha: f64) -> Option<bool> {
    let (bayes, observed) = (v.bayes.as_ref()?, v.observed?);
    if v.holm? >= alpha {
        return None;
    }
    let sure = 0.5 * alpha;
    if bayes.p_worse.p < sure && observed > 0.0 {
        Some(true)
    } else if bayes.p_better.p < sure && observed < 0.0 {
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

/// The verdict about one metric.
pub fn verdict(ab: &Ab, gathered: &Gathered, answer: &Answer, checks: &[Checked]) -> Result<Verdict> {
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
        let meaning = check.meaning.clone().unwrap_or_else(|| check.title.clone());
        return Ok(blocked(Msg::new("ab-blocked").with("why", meaning), Msg::new("ab-blocked-next")));
    }
    let p_better = |v: &&Versus| v.bayes.as_ref().map_or(0.0, |b| b.p_better.p);
    let ways: Vec<Option<bool>> = answer.versus.iter().map(|v| decided(v, alpha)).collect();
    let several = answer.versus.len() > 1;
    let won = answer.versus.iter().zip(&ways).filter(|(_, w)| **w == Some(true)).map(|p| p.0);
    if let Some(winner) = won.max_by(|a, b| p_best(answer, a).total_cmp(&p_best(answer, b))) {
        let sentence = compared(gathered, answer, winner, true);
        let sentence = match several {
            false => sentence,
            true => Msg::new("ab-win-of-several")
                .with("sentence", sentence)
                .with("arm", &gathered.names[winner.arm])
                .with("arms", gathered.names.len())
                .with("probability", share(p_best(answer, winner))),
        };
        return Ok(Verdict { status: Status::Win, sentence, next: None });
    }
    let Some(nearest) = answer.versus.iter().max_by(|a, b| p_better(a).total_cmp(&p_better(b))) else {
        return Ok(blocked(Msg::new("ab-blocked-empty"), Msg::new("ab-blocked-empty-next")));
    };
    if ways.iter().all(|w| *w == Some(false)) {
        let sentence = compared(gathered, answer, nearest, false);
        let sentence = match several {
            false => sentence,
            true => Msg::new("ab-lose-of-several").with("baseline", &gathered.names[0]).with("sentence", sentence),
        };
        return Ok(Verdict { status: Status::Lose, sentence, next: None });
    }
    let sentence = undecided(gathered, answer, nearest, several);
    Ok(Verdict { status: Status::Undecided, sentence, next: Some(reach(ab, answer, nearest)) })
}

fn p_best(answer: &Answer, v: &Versus) -> f64 {
    answer.arms[v.arm].p_best.unwrap_or(0.0)
}

fn share(p: f64) -> String {
    probability(p, 1.0 - p)
}

/// One arm is better than the other.
fn compared(gathered: &Gathered, answer: &Answer, v: &Versus, arm_wins: bool) -> Msg {
    let Some(bayes) = &v.bayes else { return Msg::new("ab-blocked-empty") };
    let digits = digits(answer, v);
    let (better, worse) = if arm_wins { (v.arm, 0) } else { (0, v.arm) };
    let [low, high] = bayes.difference.hdi.unwrap_or(bayes.difference.eti);
    let (low, high) = if arm_wins { (low, high) } else { (-high, -low) };
    let (p, rest) = if arm_wins { (bayes.p_better.p, bayes.p_worse.p) } else { (bayes.p_worse.p, bayes.p_better.p) };
    let observed = |i: usize| digits.observed(answer.arms[i].value.unwrap_or(0.0), answer.arms[i].n);
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
    let observed = |i: usize| digits.observed(answer.arms[i].value.unwrap_or(0.0), answer.arms[i].n);
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

/// What so many people could have shown.
fn reach(ab: &Ab, answer: &Answer, v: &Versus) -> Msg {
    let (base, arm) = (&answer.arms[0], &answer.arms[v.arm]);
    let found = base.value.filter(|_| answer.is_rate && base.n > 0 && arm.n > 0).and_then(|rate| {
        let design =
            Design { alpha: ab.alpha.unwrap_or(super::ALPHA), power: 0.8, allocation: arm.n as f64 / base.n as f64 };
        let (_, up) = detectable_rates(rate, base.n as f64, design, Formula::Pooled).ok()?;
        up.map(|up| up - rate).filter(|d| *d > 0.0)
    });
    match found {
        Some(change) => {
            Msg::new("ab-undecided-reach").with("points", Digits::of(true, 4.0 * change).difference(change))
        }
        None => Msg::new("ab-undecided-next"),
    }
}
