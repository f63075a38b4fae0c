//! The checks of a report: each with its name, its number, what it means and what to do.

use super::super::bayes::MASS;
use super::super::checks::{self, Check, Finding, SampleRatio, Status};
use super::super::freq::means;
use super::super::num::tails::PValue;
use super::answer::Answer;
use super::daily::Track;
use super::parts::Parts;
use super::words::{Digits, lift, p_words};
use super::{Ab, Gathered, Kind, Metric, Second};
use crate::error::{Error, Result};
use crate::result::report::Check as Line;
use crate::text::{Msg, narrow, number};

/// What a check found, in words and numbers.
#[derive(Clone, Debug)]
pub struct Checked {
    pub finding: Finding,
    /// The name for machines.
    pub name: &'static str,
    /// What it looks at.
    pub title: Msg,
    /// What it means, and what to do where something was found.
    pub meaning: Msg,
    /// Its number for people.
    pub shown: String,
}

impl Checked {
    /// Whether something was found.
    pub fn found(&self) -> bool {
        self.finding.status != Status::Ok
    }

    /// As a line of the report.
    pub fn line(&self) -> Line {
        Line {
            name: self.name,
            grade: self.finding.status,
            title: self.title.clone(),
            value: self.shown.clone(),
            p: self.finding.p.map(p_words),
            meaning: self.meaning.clone(),
        }
    }
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

/// What is checked of a metric.
pub struct Checking<'a> {
    pub ab: &'a Ab,
    pub gathered: &'a Gathered,
    pub metric: &'a Metric,
    pub answer: &'a Answer,
    /// Comparisons made in the whole report.
    pub comparisons: usize,
    /// Days and segments of each comparison.
    pub by: &'a [(Option<Track>, Option<Parts>)],
    /// The smallest difference that would be seen in four of five tests like this; in the metric's unit.
    pub detectable: Option<f64>,
}

/// The words of a check: its name for machines, what it looks at, and what it means where something was found and where
/// nothing was.
struct Words(&'static str, &'static str, &'static str, &'static str);

impl Words {
    /// Of a check that has a line only where something was found.
    const fn bad(name: &'static str, title: &'static str, found: &'static str) -> Self {
        Self(name, title, found, found)
    }
}

const RATIO: Words =
    Words("sample_ratio", "ab-check-sample-ratio", "ab-check-sample-ratio-found", "ab-check-sample-ratio-ok");
const FEW: Words = Words::bad("too_few_units", "ab-check-few", "ab-check-few-found");
const SAME: Words = Words::bad("zero_variance", "ab-check-same", "ab-check-same-found");
const SMALL: Words = Words::bad("small_expected_count", "ab-check-small", "ab-check-small-found");
const ZERO: Words = Words::bad("zero_denominator", "ab-check-zero", "ab-check-zero-found");
const BINARY: Words = Words::bad("not_binary", "ab-check-binary", "ab-check-binary-found");
const REPEATED: Words = Words("repeated_units", "ab-check-repeated", "ab-check-repeated-found", "ab-check-repeated-ok");
const SUSPECTED: Words =
    Words("repeated_units", "ab-check-repeated", "ab-check-repeated-suspected", "ab-check-repeated-ok");
const SEVERAL: Words =
    Words("units_in_several_arms", "ab-check-several", "ab-check-several-found", "ab-check-several-ok");
const TESTS: Words = Words("several_tests", "ab-check-tests", "ab-check-tests-found", "ab-check-tests-ok");
const LIFT: Words = Words("implausible_lift", "ab-check-lift", "ab-check-lift-found", "ab-check-lift-ok");
const MISSING: Words = Words("missing_values", "ab-check-missing", "ab-check-missing-found", "ab-check-missing-ok");
const DAYS: Words = Words("few_days", "ab-check-days", "ab-check-days-found", "ab-check-days-ok");
const WEEKS: Words = Words("part_weeks", "ab-check-weeks", "ab-check-weeks-found", "ab-check-weeks-ok");
const NOVELTY: Words = Words("novelty", "ab-check-novelty", "ab-check-novelty-found", "ab-check-novelty-ok");
const SIMPSON: Words = Words("simpson_reversal", "ab-check-simpson", "ab-check-simpson-found", "ab-check-simpson-ok");
const MIX: Words = Words("uneven_mix", "ab-check-mix", "ab-check-mix-found", "ab-check-mix-ok");
const BEFORE: Words = Words("difference_before", "ab-check-before", "ab-check-before-found", "ab-check-before-ok");
const ALIKE: Words = Words::bad("alike_arms", "ab-check-alike", "ab-check-alike-found");
const NO_BEFORE: Words = Words::bad("missing_before", "ab-check-no-before", "ab-check-no-before-found");
const END: Words = Words("before_planned_end", "ab-check-end", "ab-check-end-found", "ab-check-end-ok");
const SIZE: Words = Words("too_small", "ab-check-size", "ab-check-size-found", "ab-check-size-ok");

/// Puts what a check found into words; `fill` gives the texts their numbers.
fn put(finding: Finding, words: &Words, fill: impl FnOnce(Msg) -> Msg) -> Checked {
    let shown = number::readable(finding.value, 4);
    let id = if finding.status == Status::Ok { words.3 } else { words.2 };
    let meaning = fill(Msg::new(id).with("value", shown.as_str()));
    Checked { finding, name: words.0, title: Msg::new(words.1), meaning, shown }
}

/// All checks of a metric.
pub fn all(about: &Checking<'_>) -> Result<Vec<Checked>> {
    let Checking { ab, gathered, metric, answer, comparisons, .. } = *about;
    let mut found = Vec::new();
    if let Some(ratio) = ratio(ab, gathered)? {
        let split = planned(&weights(ab, gathered.names.len())?);
        found.push(put(ratio.finding(), &RATIO, |m| {
            m.with("sizes", sizes(&gathered.assigned)).with("split", split).with("odds", odds(ratio.p.p))
        }));
    }
    if let Some([one, other]) = alike(&gathered.names) {
        let finding = Finding { check: Check::AlikeArms, status: Status::Warn, value: f64::NAN, p: None };
        let checked = put(finding, &ALIKE, |m| m.with("one", one).with("other", other));
        found.push(Checked { shown: String::new(), ..checked });
    }
    spread(metric, &mut found);
    let column = metric.name.clone().unwrap_or_default();
    if let Some(units) = &gathered.units {
        let fill = |m: Msg| m.with("column", &units.column).with("rows", units.rows).with("units", units.units);
        found.push(put(checks::repeated_units(units.rows, units.units), &REPEATED, fill));
        let fill = |m: Msg| m.with("column", &units.column).with("count", units.several);
        found.push(put(checks::units_in_several_arms(units.several), &SEVERAL, fill));
    } else if let Some((name, true)) = &gathered.suspect {
        // How often is not known of the first rows alone.
        let finding = Finding { value: f64::NAN, ..checks::repeated_units(2, 1) };
        found.push(Checked { shown: String::new(), ..put(finding, &SUSPECTED, |m| m.with("column", name)) });
    }
    found.push(put(checks::several_tests(comparisons), &TESTS, |m| m.with("count", comparisons)));
    size(about, &mut found);
    let least = gathered.assigned.iter().copied().min().unwrap_or(0);
    let value = |i: usize| answer.arms[i].value;
    let lifts = answer.versus.iter().filter_map(|v| {
        let (own, base) = (value(v.arm)?, value(0)?);
        (base > 0.0).then(|| (own / base - 1.0, v.p))
    });
    if let Some((most, p)) = lifts.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs())) {
        let mut finding = checks::implausible_lift(most, least);
        // A change that chance alone explains says nothing of the logging.
        if p.is_some_and(|p| p >= super::ALPHA) {
            finding.status = Status::Ok;
        }
        let checked = put(finding, &LIFT, |m| m.with("lift", lift(most)));
        found.push(Checked { shown: lift(most), ..checked });
    }
    if gathered.from_table {
        let (missing, total) = (metric.missing(), gathered.assigned.iter().sum());
        let fill = |m: Msg| m.with("column", column.as_str()).with("count", missing);
        let shown = number::count(missing);
        found.push(Checked { shown, ..put(checks::missing(missing, total), &MISSING, fill) });
    }
    before(about, &mut found);
    days(about, &mut found);
    segments(about, &mut found);
    Ok(found)
}

/// Two arms whose names differ in nothing but capitals, wide letters and blanks.
fn alike(names: &[String]) -> Option<[&str; 2]> {
    let folded =
        |n: &String| n.chars().filter(|c| !c.is_whitespace()).map(narrow).flat_map(char::to_lowercase).collect();
    let plain: Vec<String> = names.iter().map(folded).collect();
    let earlier = |i: usize| plain[..i].iter().position(|p| *p == plain[i]);
    (1..names.len()).find_map(|i| earlier(i).map(|at| [names[at].as_str(), names[i].as_str()]))
}

/// What forbids or endangers a comparison: too few, no spread, few conversions, values that are no conversions.
fn spread(metric: &Metric, found: &mut Vec<Checked>) {
    if metric.is_broken() {
        let name = metric.name.clone().unwrap_or_default();
        found.push(put(checks::not_binary(metric.not_binary), &BINARY, |m| {
            m.with("column", name).with("count", metric.not_binary)
        }));
        return;
    }
    let nothing = |s: &super::Sum| s.pair.n() > 0.0 && s.pair.x().sum() == 0.0;
    if metric.second == Second::Denominator && metric.whole.iter().any(nothing) {
        let finding = Finding { check: Check::ZeroVariance, status: Status::Block, value: 0.0, p: None };
        found.push(put(finding, &ZERO, |m| m));
        return;
    }
    let findings = match metric.kind {
        Kind::Conversion => checks::counts(&metric.whole.iter().map(|s| s.counts()).collect::<Vec<_>>()),
        kind => {
            let moments = |i: usize| match kind {
                Kind::Ratio => metric.whole[i].pair.y(),
                _ => metric.whole[i].y,
            };
            let all: Vec<_> = (0..metric.whole.len()).map(moments).collect();
            let least = all.iter().map(|m| m.n()).fold(f64::INFINITY, f64::min);
            let same = kind != Kind::Count && all.iter().any(|m| m.variance().is_some_and(|v| v <= 0.0));
            let block = |check, value| Finding { check, status: Status::Block, value, p: None };
            let few = (least < 2.0).then(|| block(Check::TooFewUnits, least));
            [few, same.then(|| block(Check::ZeroVariance, 0.0))].into_iter().flatten().collect()
        }
    };
    for finding in findings {
        let words = match finding.check {
            Check::TooFewUnits => &FEW,
            Check::ZeroVariance => &SAME,
            _ => &SMALL,
        };
        found.push(put(finding, words, |m| m));
    }
}

/// The plan: whether its end is reached, and whether so many could show the change that matters.
fn size(about: &Checking<'_>, found: &mut Vec<Checked>) {
    let total: u64 = about.gathered.assigned.iter().sum();
    if let Some(planned) = about.ab.planned {
        let checked =
            put(checks::planned_end(total, planned), &END, |m| m.with("count", total).with("planned", planned));
        found.push(Checked { shown: number::percent(total.min(planned), planned.max(1)), ..checked });
    }
    if let (Some(margin), Some(detectable)) = (about.ab.margin, about.detectable) {
        let digits = Digits::of(about.answer.is_rate, 4.0 * detectable);
        let shown = digits.difference(detectable);
        let checked = put(checks::too_small(detectable, margin), &SIZE, |m| {
            m.with("detectable", shown.as_str()).with("margin", digits.difference(margin))
        });
        found.push(Checked { shown, ..checked });
    }
}

/// Whether the arms differed before the start.
fn before(about: &Checking<'_>, found: &mut Vec<Checked>) {
    if about.metric.second != Second::Covariate {
        return;
    }
    let name = || about.ab.covariate.clone().unwrap_or_default();
    let without: u64 = about.metric.whole.iter().map(|s| s.n().saturating_sub(s.pair.n() as u64)).sum();
    if without > 0 && about.answer.adjusted {
        let total: u64 = about.metric.whole.iter().map(super::Sum::n).sum();
        let finding = Finding { check: Check::MissingBefore, ..checks::missing(without, total) };
        let fill = |m: Msg| m.with("column", name()).with("count", without);
        found.push(Checked { shown: number::count(without), ..put(finding, &NO_BEFORE, fill) });
    }
    let first = about.metric.whole[0].pair.x();
    let effects = about.metric.whole[1..].iter().filter_map(|s| means::welch(first, s.pair.x(), MASS).ok());
    if let Some(worst) = effects.min_by(|a, b| a.test.two_sided.ln_p.total_cmp(&b.test.two_sided.ln_p)) {
        found.push(put(checks::difference_before(&worst), &BEFORE, |m| m.with("column", name())));
    }
}

fn smaller(a: Option<PValue>, b: Option<PValue>) -> std::cmp::Ordering {
    let of = |p: Option<PValue>| p.map_or(0.0, |p| p.ln_p);
    of(a).total_cmp(&of(b))
}

/// How long it ran, and whether the effect moves.
fn days(about: &Checking<'_>, found: &mut Vec<Checked>) {
    let tracks = || about.by.iter().filter_map(|b| b.0.as_ref());
    let Some(first) = tracks().next() else { return };
    for finding in checks::days(first.rows.len() as u64) {
        let words = if finding.check == Check::FewDays { &DAYS } else { &WEEKS };
        // Fewer than seven days are said once.
        if finding.check == Check::PartWeeks && first.rows.len() < 7 {
            continue;
        }
        found.push(put(finding, words, |m| m.with("count", first.rows.len())));
    }
    let findings = tracks().filter_map(|t| t.trend.as_ref()).map(checks::novelty);
    if let Some(worst) = findings.min_by(|a, b| smaller(a.p, b.p)) {
        let digits = Digits::of(about.answer.is_rate, 4.0 * worst.value.abs());
        let shown = digits.signed(worst.value);
        let checked = put(worst, &NOVELTY, |m| m.with("slope", shown.as_str()));
        found.push(Checked { shown, ..checked });
    }
}

/// Whether segments turn the direction or are mixed differently.
fn segments(about: &Checking<'_>, found: &mut Vec<Checked>) {
    let parts = || about.by.iter().filter_map(|b| b.1.as_ref());
    let name = about.ab.segment.clone().unwrap_or_default();
    if let Some(worst) = parts().max_by_key(|p| (p.reversal, p.against)) {
        let status = if worst.reversal { Status::Warn } else { Status::Ok };
        let finding = Finding { check: Check::SimpsonReversal, status, value: worst.against as f64, p: None };
        found.push(put(finding, &SIMPSON, |m| m.with("column", name.as_str()).with("count", worst.against)));
    }
    let mixes = parts().filter_map(|p| p.mix);
    if let Some(mix) = mixes.min_by(|a, b| a.two_sided.ln_p.total_cmp(&b.two_sided.ln_p)) {
        let finding = checks::mixed(mix);
        found.push(put(finding, &MIX, |m| m.with("column", name.as_str())));
    }
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
