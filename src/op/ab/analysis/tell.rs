//! The report: sentence, warnings, tables, figure, and every number under its key.

use serde_json::{Value, json};

use super::super::bayes::{Comparison, Summary};
use super::super::checks::Status as Grade;
use super::answer::{Answer, Named, Versus};
use super::check::{Checked, ratio};
use super::words::{Digits, lift, p_value, probability};
use super::{ALPHA, Ab, Gathered, check, draw, judge};
use crate::error::Result;
use crate::result::report::{Report, Status, Verdict};
use crate::result::table::{ResultColumn, ResultTable};
use crate::text::Msg;
use crate::value::{Cell, Column, Kind};

/// Puts a report together.
pub fn report(ab: &Ab, gathered: &Gathered, answers: &[Answer]) -> Result<Report> {
    let comparisons = answers.iter().map(|a| a.versus.len()).sum();
    let mut tables = Vec::new();
    let mut details = vec![numbers(gathered, answers)];
    let mut warnings: Vec<Msg> = Vec::new();
    let mut figures = Vec::new();
    let mut data = Vec::new();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (answer, metric) in answers.iter().zip(&gathered.metrics) {
        let checks = check::all(ab, gathered, metric, answer, comparisons)?;
        let verdict = judge::verdict(ab, gathered, answer, &checks)?;
        for meaning in checks.iter().filter(|c| c.finding.status != Grade::Ok).filter_map(|c| c.meaning.clone()) {
            let told = verdict.status == Status::Blocked
                && checks.iter().any(|c| c.finding.status == Grade::Block && c.meaning.as_ref() == Some(&meaning));
            if !told && !warnings.contains(&meaning) {
                warnings.push(meaning);
            }
        }
        warnings.extend(borderline(ab, gathered, answer, &verdict));
        tables.push(summary(gathered, answer, answers.len() > 1));
        details.push(tests(gathered, answer));
        details.push(checked(&checks, answer, answers.len() > 1));
        let shown =
            answer.versus.iter().enumerate().max_by(|a, b| chance(a.1).total_cmp(&chance(b.1))).map_or(0, |v| v.0);
        figures.extend(draw::figure(gathered, answer, shown));
        data.push(json(gathered, answer, &checks, &verdict));
        verdicts.push(verdict);
    }
    let mut verdicts = verdicts.into_iter();
    let Some(verdict) = verdicts.next() else {
        return Err(crate::error::Error::usage(Msg::new("error-ab-no-metric")));
    };
    // The other metrics, each with its own sentence.
    for (other, answer) in verdicts.zip(&answers[1..]) {
        let name = answer.name.clone().unwrap_or_default();
        warnings.insert(0, Msg::new("ab-other-metric").with("metric", name).with("sentence", other.sentence));
    }
    let mut value = data.first().cloned().unwrap_or_default();
    if let (Value::Object(map), true) = (&mut value, data.len() > 1) {
        map.insert("metrics".into(), data.into());
    }
    let failed = ratio(ab, gathered)?.filter(|t| t.status == Grade::Block).map(|_| Msg::new("ab-failed-ratio"));
    Ok(Report {
        title: title(ab, gathered),
        verdict,
        warnings,
        tables,
        details,
        figures,
        notes: notes(ab, gathered, answers),
        data: value,
        failed,
    })
}

fn title(ab: &Ab, gathered: &Gathered) -> Msg {
    match gathered.from_table {
        true => Msg::new("ab-title").with("metrics", ab.metrics.join(", ")).with("variant", &ab.variant),
        false => Msg::new("ab-title-counts").with("arms", gathered.names.join(", ")),
    }
}

fn chance(v: &Versus) -> f64 {
    v.bayes.as_ref().map_or(0.0, |b| b.p_better.p)
}

/// Where tests fall on both sides of the level.
fn borderline(ab: &Ab, gathered: &Gathered, answer: &Answer, verdict: &Verdict) -> Vec<Msg> {
    let alpha = ab.alpha.unwrap_or(ALPHA);
    if verdict.status == Status::Blocked {
        return Vec::new();
    }
    let of = |v: &Versus, key: &str| v.tests.iter().find(|t| t.key == key).and_then(|t| t.p);
    let split = answer.versus.iter().filter_map(|v| {
        let (z, fisher) = (of(v, "z")?, of(v, "fisher")?);
        ((z.p < alpha) != (fisher.p < alpha)).then(|| {
            Msg::new("ab-borderline")
                .with("arm", &gathered.names[v.arm])
                .with("z", p_value(z))
                .with("fisher", p_value(fisher))
                .with("level", crate::text::number::readable(alpha, 3))
        })
    });
    split.collect()
}

fn notes(ab: &Ab, gathered: &Gathered, answers: &[Answer]) -> Vec<Msg> {
    let mut notes = vec![Msg::new("ab-note-cause")];
    if answers.iter().any(|a| a.is_rate) {
        let [a, b] = ab.prior.unwrap_or([1.0, 1.0]);
        notes.push(Msg::new("ab-note-rates").with("alpha", a.to_string()).with("beta", b.to_string()));
    }
    if answers.iter().any(|a| !a.is_rate) {
        notes.push(Msg::new("ab-note-means"));
    }
    notes.push(Msg::new("ab-note-decides").with("level", crate::text::number::readable(ab.alpha.unwrap_or(ALPHA), 3)));
    if gathered.no_variant > 0 {
        notes.push(Msg::new("ab-note-no-variant").with("column", &ab.variant).with("count", gathered.no_variant));
    }
    match &gathered.units {
        Some(units) => {
            notes.push(Msg::new("ab-note-units").with("column", &units.column));
            if units.missing > 0 {
                notes.push(Msg::new("ab-note-no-unit").with("column", &units.column).with("count", units.missing));
            }
        }
        None if gathered.from_table => notes.push(Msg::new("ab-note-rows")),
        None => {}
    }
    notes
}

fn column(name: &str, kind: Kind, heading: Msg) -> ResultColumn {
    ResultColumn { column: Column { name: name.into(), kind }, heading }
}

fn text(s: impl ToString) -> Cell<'static> {
    Cell::Text(s.to_string().into())
}

/// The numbers in short.
fn summary(gathered: &Gathered, answer: &Answer, named: bool) -> ResultTable {
    let widest = answer.versus.iter().filter_map(|v| v.bayes.as_ref()).map(|b| {
        let [low, high] = b.difference.hdi.unwrap_or(b.difference.eti);
        high - low
    });
    let digits = Digits::of(answer.is_rate, widest.fold(0.0, f64::max));
    let mut columns =
        vec![column("arm", Kind::Text, Msg::new("ab-head-arm")), column("n", Kind::Integer, Msg::new("ab-head-n"))];
    if answer.is_rate {
        columns.push(column("conversions", Kind::Integer, Msg::new("ab-head-conversions")));
    }
    let value = if answer.is_rate { "ab-head-rate" } else { "ab-head-mean" };
    let difference = if answer.is_rate { "ab-head-points" } else { "ab-head-difference" };
    columns.extend([
        column("value", Kind::Text, Msg::new(value)),
        column("interval", Kind::Text, Msg::new("ab-head-interval")),
        column("difference", Kind::Text, Msg::new(difference)),
        column("difference_interval", Kind::Text, Msg::new("ab-head-interval")),
        column("p_better", Kind::Text, Msg::new("ab-head-better")),
        column("lift", Kind::Text, Msg::new("ab-head-lift")),
        column("expected_loss", Kind::Text, Msg::new("ab-head-loss")),
    ]);
    let none = Cell::Null;
    let rows = answer.arms.iter().enumerate().map(|(i, arm)| {
        let mut row = vec![text(&gathered.names[i]), Cell::UInt(arm.n.into())];
        if answer.is_rate {
            row.push(arm.conversions.map_or(none.clone(), |n| Cell::UInt(n.into())));
        }
        row.push(arm.value.map_or(none.clone(), |v| text(digits.observed(v, arm.n))));
        let ends = arm.posterior.map(|p| p.eti);
        row.push(ends.map_or(none.clone(), |e| text(digits.values(e))));
        let bayes = i.checked_sub(1).and_then(|v| answer.versus[v].bayes.as_ref());
        let cell = |f: &dyn Fn(&Comparison) -> Option<String>| bayes.and_then(f).map_or(none.clone(), text);
        row.push(cell(&|b| Some(digits.signed(b.difference.median))));
        row.push(cell(&|b| Some(digits.range(b.difference.hdi.unwrap_or(b.difference.eti)))));
        row.push(cell(&|b| Some(probability(b.p_better.p, b.p_worse.p))));
        row.push(cell(&|b| Some(lift(b.lift?.median))));
        row.push(arm.expected_loss.map_or(none.clone(), |l| text(digits.difference(l))));
        row
    });
    let title = match (&answer.name, named) {
        (Some(name), true) => Msg::new("ab-table-of").with("metric", name),
        _ => Msg::new("ab-table"),
    };
    ResultTable { title, columns, rows: rows.collect(), notes: Vec::new() }
}

/// Every number of the posteriors, for machines and for those who ask.
fn numbers(gathered: &Gathered, answers: &[Answer]) -> ResultTable {
    const NUMBERS: [(&str, &str); 15] = [
        ("value", "ab-head-value"),
        ("value_low", "ab-head-value-low"),
        ("value_high", "ab-head-value-high"),
        ("difference", "ab-head-difference"),
        ("difference_mean", "ab-head-difference-mean"),
        ("difference_sd", "ab-head-difference-sd"),
        ("difference_low", "ab-head-difference-low"),
        ("difference_high", "ab-head-difference-high"),
        ("lift", "ab-head-lift-fraction"),
        ("lift_low", "ab-head-lift-low"),
        ("lift_high", "ab-head-lift-high"),
        ("p_better", "ab-head-better"),
        ("p_best", "ab-head-best"),
        ("p_value", "ab-head-p"),
        ("p_holm", "ab-head-holm"),
    ];
    let mut columns = vec![
        column("metric", Kind::Text, Msg::new("ab-head-metric")),
        column("arm", Kind::Text, Msg::new("ab-head-arm")),
        column("n", Kind::Integer, Msg::new("ab-head-n")),
        column("conversions", Kind::Integer, Msg::new("ab-head-conversions")),
    ];
    columns.extend(NUMBERS.map(|(name, heading)| column(name, Kind::Float, Msg::new(heading))));
    let number = |v: Option<f64>| v.filter(|v| v.is_finite()).map_or(Cell::Null, Cell::Float);
    let mut rows = Vec::new();
    for answer in answers {
        for (i, arm) in answer.arms.iter().enumerate() {
            let versus = i.checked_sub(1).map(|v| &answer.versus[v]);
            let bayes = versus.and_then(|v| v.bayes.as_ref());
            let own = arm.posterior.map(|p| p.eti);
            let ends = bayes.map(|b| b.difference.hdi.unwrap_or(b.difference.eti));
            let rise = bayes.and_then(|b| b.lift);
            let rises = rise.map(|l| l.hdi.unwrap_or(l.eti));
            let mut row = vec![
                answer.name.clone().map_or(Cell::Null, text),
                text(&gathered.names[i]),
                Cell::UInt(arm.n.into()),
                arm.conversions.map_or(Cell::Null, |n| Cell::UInt(n.into())),
            ];
            row.extend([
                number(arm.value),
                number(own.map(|e| e[0])),
                number(own.map(|e| e[1])),
                number(bayes.map(|b| b.difference.median)),
                number(bayes.and_then(|b| b.difference.mean)),
                number(bayes.and_then(|b| b.difference.sd)),
                number(ends.map(|e| e[0])),
                number(ends.map(|e| e[1])),
                number(rise.map(|l| l.median)),
                number(rises.map(|e| e[0])),
                number(rises.map(|e| e[1])),
                number(bayes.map(|b| b.p_better.p)),
                number(arm.p_best),
                number(versus.and_then(|v| v.p)),
                number(versus.and_then(|v| v.holm)),
            ]);
            rows.push(row);
        }
    }
    ResultTable { title: Msg::new("ab-table-numbers"), columns, rows, notes: Vec::new() }
}

/// The test's name for people.
fn test_name(key: &str) -> Msg {
    Msg::new(match key {
        "z" => "ab-test-z",
        "fisher" => "ab-test-fisher",
        "yates" => "ab-test-yates",
        "newcombe" => "ab-test-newcombe",
        "miettinen_nurminen" => "ab-test-miettinen-nurminen",
        _ => "ab-test-welch",
    })
}

fn tests(gathered: &Gathered, answer: &Answer) -> ResultTable {
    let number = |v: Option<f64>| v.filter(|v| v.is_finite()).map_or(Cell::Null, Cell::Float);
    let row = |v: &Versus, t: &Named| {
        vec![
            text(&gathered.names[v.arm]),
            text(test_name(t.key)),
            number(t.statistic),
            number(t.df),
            t.p.map_or(Cell::Null, |p| text(p_value(p))),
            number(t.ci.map(|c| c[0])),
            number(t.ci.map(|c| c[1])),
        ]
    };
    let columns = vec![
        column("arm", Kind::Text, Msg::new("ab-head-arm")),
        column("test", Kind::Text, Msg::new("ab-head-test")),
        column("statistic", Kind::Float, Msg::new("ab-head-statistic")),
        column("df", Kind::Float, Msg::new("ab-head-df")),
        column("p_value", Kind::Text, Msg::new("ab-head-p")),
        column("low", Kind::Float, Msg::new("ab-head-difference-low")),
        column("high", Kind::Float, Msg::new("ab-head-difference-high")),
    ];
    let rows = answer.versus.iter().flat_map(|v| v.tests.iter().map(move |t| row(v, t))).collect();
    ResultTable {
        title: Msg::new("ab-table-tests").with("baseline", &gathered.names[0]),
        columns,
        rows,
        notes: Vec::new(),
    }
}

fn checked(checks: &[Checked], answer: &Answer, named: bool) -> ResultTable {
    let grade = |g: Grade| {
        Msg::new(match g {
            Grade::Ok => "ab-grade-ok",
            Grade::Warn => "ab-grade-warn",
            Grade::Block => "ab-grade-block",
        })
    };
    let rows = checks.iter().map(|c| {
        vec![
            text(grade(c.finding.status)),
            text(&c.title),
            Cell::Float(c.finding.value),
            c.finding.p.map_or(Cell::Null, |p| text(p_value(p))),
        ]
    });
    let columns = vec![
        column("status", Kind::Text, Msg::new("ab-head-grade")),
        column("check", Kind::Text, Msg::new("ab-head-check")),
        column("value", Kind::Float, Msg::new("ab-head-value")),
        column("p_value", Kind::Text, Msg::new("ab-head-p")),
    ];
    let title = match (&answer.name, named) {
        (Some(name), true) => Msg::new("ab-table-checks-of").with("metric", name),
        _ => Msg::new("ab-table-checks"),
    };
    ResultTable { title, columns, rows: rows.collect(), notes: Vec::new() }
}

/// A number, or null where it is none.
fn some(v: impl Into<Option<f64>>) -> Value {
    v.into().filter(|v| v.is_finite()).map_or(Value::Null, |v| json!(v))
}

fn ends(e: Option<[f64; 2]>) -> Value {
    e.map_or(Value::Null, |[a, b]| json!([some(a), some(b)]))
}

fn law(s: Option<&Summary>) -> Value {
    s.map_or(Value::Null, |s| {
        json!({"mean": some(s.mean), "median": some(s.median), "sd": some(s.sd), "hdi95": ends(s.hdi), "eti95": ends(Some(s.eti))})
    })
}

fn json(gathered: &Gathered, answer: &Answer, checks: &[Checked], verdict: &Verdict) -> Value {
    let arms: Vec<Value> = answer
        .arms
        .iter()
        .enumerate()
        .map(|(i, a)| {
            json!({
                "name": gathered.names[i], "n": a.n, "conversions": a.conversions,
                "rate": if answer.is_rate { some(a.value) } else { Value::Null },
                "mean": some(a.value), "sd": some(a.sd), "posterior": law(a.posterior.as_ref()), "p_best": some(a.p_best),
                "expected_loss": some(a.expected_loss),
            })
        })
        .collect();
    let comparisons: Vec<Value> = answer
        .versus
        .iter()
        .map(|v| {
            let bayes = v.bayes.as_ref();
            let tests: serde_json::Map<String, Value> = v
                .tests
                .iter()
                .map(|t| {
                    let mut map = serde_json::Map::new();
                    for (key, value) in [("statistic", t.statistic), ("df", t.df), ("p_value", t.p.map(|p| p.p))] {
                        if value.is_some() {
                            map.insert(key.into(), some(value));
                        }
                    }
                    if t.ci.is_some() {
                        map.insert("ci95".into(), ends(t.ci));
                    }
                    (t.key.to_owned(), Value::Object(map))
                })
                .collect();
            json!({
                "arm": gathered.names[v.arm], "baseline": gathered.names[0],
                "difference": law(bayes.map(|b| &b.difference)), "lift": law(bayes.and_then(|b| b.lift.as_ref())),
                "p_better": some(bayes.map(|b| b.p_better.p)), "p_worse": some(bayes.map(|b| b.p_worse.p)),
                "expected_loss_if_arm": some(bayes.and_then(|b| b.expected_loss_if_arm)),
                "expected_loss_if_baseline": some(bayes.and_then(|b| b.expected_loss_if_baseline)),
                "tests": tests, "decided_by": v.decides,
                "p_adjusted": {"holm": some(v.holm), "bh": some(v.bh)},
            })
        })
        .collect();
    let grade = |g: Grade| match g {
        Grade::Ok => "ok",
        Grade::Warn => "warn",
        Grade::Block => "block",
    };
    let checks: Vec<Value> = checks
        .iter()
        .map(|c| {
            let f = &c.finding;
            json!({"name": c.name, "status": grade(f.status), "value": some(f.value), "p_value": some(f.p.map(|p| p.p))})
        })
        .collect();
    json!({
        "metric": answer.name, "arms": arms, "comparisons": comparisons, "checks": checks,
        "verdict": {"status": verdict.status.name(), "sentence": verdict.sentence.to_string()},
    })
}
