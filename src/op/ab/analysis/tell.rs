//! The report: sentence, warnings, tables, figure, and every number under its key.

use serde_json::Value;

use super::super::bayes::Comparison;
use super::super::checks::Status as Grade;
use super::answer::{Answer, Versus};
use super::check::{Checking, ratio};
use super::daily::{Track, track};
use super::named::Named;
use super::parts::{Parts, parts};
use super::words::{Digits, lift, p_value, probability};
use super::{ALPHA, Ab, Gathered, Kind, Second, check, draw, json, judge, panes};
use crate::error::Result;
use crate::result::report::{Check, Report, Status, Verdict};
use crate::result::table::{ResultColumn, ResultTable};
use crate::text::{Msg, number};
use crate::value::{Cell, Column, Kind as Sort};

/// Checks that are the same for every metric.
const OF_ALL: [&str; 7] = [
    "sample_ratio",
    "repeated_units",
    "units_in_several_arms",
    "several_tests",
    "before_planned_end",
    "few_days",
    "part_weeks",
];

/// Puts a report together.
pub fn report(ab: &Ab, gathered: &Gathered, answers: &[Answer]) -> Result<Report> {
    let comparisons = answers.iter().map(|a| a.versus.len()).sum();
    let mut tables = Vec::new();
    let mut details = vec![numbers(gathered, answers)];
    let mut warnings: Vec<Msg> = Vec::new();
    let mut figures = Vec::new();
    let mut data = Vec::new();
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut made: Vec<Check> = Vec::new();
    let mut shown_by: Vec<panes::Of> = Vec::new();
    for (answer, metric) in answers.iter().zip(&gathered.metrics) {
        let by: Vec<(Option<Track>, Option<Parts>)> =
            answer.versus.iter().map(|v| (track(metric, v.arm), parts(metric, v.arm))).collect();
        let shown =
            answer.versus.iter().enumerate().max_by(|a, b| chance(a.1).total_cmp(&chance(b.1))).map_or(0, |v| v.0);
        let detectable = answer.versus.get(shown).and_then(|v| judge::reach(ab, metric, answer, v));
        let checks = check::all(&Checking { ab, gathered, metric, answer, comparisons, by: &by, detectable })?;
        let verdict = judge::verdict(ab, gathered, answer, &checks, detectable)?;
        for check in checks.iter().filter(|c| c.found()) {
            let told = verdict.status == Status::Blocked && check.finding.status == Grade::Block;
            if !told && !warnings.contains(&check.meaning) {
                warnings.push(check.meaning.clone());
            }
        }
        for check in &checks {
            let mut line = check.line();
            if answers.len() > 1 && !OF_ALL.contains(&line.name) {
                let name = answer.name.clone().unwrap_or_default();
                line.title = Msg::new("ab-check-of").with("metric", name).with("title", line.title);
            }
            if !made.contains(&line) {
                made.push(line);
            }
        }
        warnings.extend(borderline(ab, gathered, answer, &verdict));
        tables.push(summary(gathered, answer, answers.len() > 1));
        details.push(tests(gathered, answer, answers.len() > 1));
        figures.extend(draw::figure(gathered, answer, shown));
        data.push(json::metric(ab, gathered, metric, answer, &checks, &verdict, &by));
        verdicts.push(verdict);
        shown_by.push(panes::Of { answer, by, shown });
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
    if !gathered.asked.is_empty() {
        details.push(queries(&gathered.asked));
    }
    let failed = ratio(ab, gathered)?.filter(|t| t.status == Grade::Block).map(|_| Msg::new("ab-failed-ratio"));
    Ok(Report {
        title: title(ab, gathered),
        verdict,
        warnings,
        checks: made,
        panes: panes::panes(ab, gathered, &shown_by),
        rows: None,
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
                .with("level", number::readable(alpha, 3))
        })
    });
    split.collect()
}

fn notes(ab: &Ab, gathered: &Gathered, answers: &[Answer]) -> Vec<Msg> {
    let mut notes = vec![Msg::new("ab-note-cause")];
    if answers.iter().any(|a| a.is_rate) {
        let [a, b] = ab.prior.unwrap_or([1.0, 1.0]);
        notes.push(Msg::new("ab-note-rates").with("alpha", a.to_string()).with("beta", b.to_string()));
    } else if ab.prior.is_some() {
        notes.push(Msg::new("ab-note-prior-unused"));
    }
    let mut say = |id: &'static str, column: &Option<String>, value: String| {
        let column = column.clone().unwrap_or_default();
        notes.push(Msg::new(id).with("column", column).with("value", value));
    };
    for (metric, answer) in gathered.metrics.iter().zip(answers) {
        match metric.kind {
            Kind::Mean => say("ab-note-means", &metric.name, String::new()),
            Kind::Ratio => say("ab-note-ratio", &ab.denominator, metric.name.clone().unwrap_or_default()),
            Kind::Count => say("ab-note-count", &metric.name, String::new()),
            Kind::Conversion => {}
        }
        if answer.adjusted {
            let share = answer.versus.first().and_then(|v| v.test("cuped")?.get("variance_reduction"));
            let share = share.map_or_else(String::new, |s| number::readable(100.0 * s, 2));
            say("ab-note-cuped", &ab.covariate, share);
        } else if metric.second == Second::Covariate && metric.kind == Kind::Conversion {
            say("ab-note-cuped-rate", &ab.covariate, String::new());
        }
        if let Some(limit) = metric.limit {
            say("ab-note-winsorised", &metric.name, number::readable(limit, 6));
        }
        if metric.coarse {
            say("ab-note-coarse", &metric.name, String::new());
        }
        if ab.bootstrap.is_some() && metric.kind == Kind::Mean {
            let done = answer.versus.iter().any(|v| v.test("bootstrap_mean").is_some());
            let id = if done { "ab-note-bootstrap" } else { "ab-note-no-bootstrap" };
            say(id, &metric.name, ab.bootstrap.unwrap_or(1).to_string());
        }
    }
    if ab.lower_is_better {
        notes.push(Msg::new("ab-note-lower"));
    }
    notes.push(Msg::new("ab-note-decides").with("level", number::readable(ab.alpha.unwrap_or(ALPHA), 3)));
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
    notes.extend(gathered.said.iter().cloned());
    notes
}

/// A column with its heading.
pub fn column(name: &str, kind: Sort, heading: Msg) -> ResultColumn {
    ResultColumn { column: Column { name: name.into(), kind }, heading }
}

/// A cell of words.
pub fn text(s: impl ToString) -> Cell<'static> {
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
        vec![column("arm", Sort::Text, Msg::new("ab-head-arm")), column("n", Sort::Integer, Msg::new("ab-head-n"))];
    if answer.is_rate {
        columns.push(column("conversions", Sort::Integer, Msg::new("ab-head-conversions")));
    }
    let value = match answer.kind {
        Kind::Conversion => "ab-head-rate",
        Kind::Mean => "ab-head-mean",
        Kind::Ratio => "ab-head-ratio",
        Kind::Count => "ab-head-count",
    };
    let difference = if answer.is_rate { "ab-head-points" } else { "ab-head-difference" };
    columns.extend([
        column("value", Sort::Text, Msg::new(value)),
        column("interval", Sort::Text, Msg::new("ab-head-interval")),
        column("difference", Sort::Text, Msg::new(difference)),
        column("difference_interval", Sort::Text, Msg::new("ab-head-difference-interval")),
        column("lift", Sort::Text, Msg::new("ab-head-lift")),
        column("lift_interval", Sort::Text, Msg::new("ab-head-lift-interval")),
        column("p_better", Sort::Text, Msg::new("ab-head-better")),
        column("expected_loss", Sort::Text, Msg::new("ab-head-loss")),
    ]);
    let none = Cell::Null;
    let rows = answer.arms.iter().enumerate().map(|(i, arm)| {
        let mut row = vec![text(&gathered.names[i]), Cell::Int(arm.n.into())];
        if answer.is_rate {
            row.push(arm.conversions.map_or(none.clone(), |n| Cell::Int(n.into())));
        }
        row.push(arm.shown.map_or(none.clone(), |v| text(digits.observed(v, arm.n))));
        let ends = arm.posterior.map(|p| p.eti);
        row.push(ends.map_or(none.clone(), |e| text(digits.values(e))));
        let bayes = i.checked_sub(1).and_then(|v| answer.versus[v].bayes.as_ref());
        let cell = |f: &dyn Fn(&Comparison) -> Option<String>| bayes.and_then(f).map_or(none.clone(), text);
        row.push(cell(&|b| Some(digits.signed(b.difference.median))));
        row.push(cell(&|b| Some(digits.range(b.difference.hdi.unwrap_or(b.difference.eti)))));
        row.push(cell(&|b| Some(lift(b.lift?.median))));
        row.push(cell(&|b| Some(super::words::lifts(b.lift?.hdi.unwrap_or(b.lift?.eti)))));
        row.push(cell(&|b| Some(probability(b.p_better.p, b.p_worse.p))));
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
        column("metric", Sort::Text, Msg::new("ab-head-metric")),
        column("arm", Sort::Text, Msg::new("ab-head-arm")),
        column("n", Sort::Integer, Msg::new("ab-head-n")),
        column("conversions", Sort::Integer, Msg::new("ab-head-conversions")),
    ];
    columns.extend(NUMBERS.map(|(name, heading)| column(name, Sort::Float, Msg::new(heading))));
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
                Cell::Int(arm.n.into()),
                arm.conversions.map_or(Cell::Null, |n| Cell::Int(n.into())),
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

/// The queries that made the sums.
fn queries(asked: &[String]) -> ResultTable {
    ResultTable {
        title: Msg::new("ab-table-queries"),
        columns: vec![column("query", Sort::Text, Msg::new("ab-head-query"))],
        rows: asked.iter().map(|sql| vec![text(sql)]).collect(),
        notes: Vec::new(),
    }
}

/// The test's name for people.
fn test_name(key: &str) -> Msg {
    Msg::new(match key {
        "z" => "ab-test-z",
        "fisher" => "ab-test-fisher",
        "yates" => "ab-test-yates",
        "newcombe" => "ab-test-newcombe",
        "miettinen_nurminen" => "ab-test-miettinen-nurminen",
        "mann_whitney" => "ab-test-mann-whitney",
        "delta_method" => "ab-test-delta",
        "cuped" => "ab-test-cuped",
        "cluster_robust" => "ab-test-cluster",
        "naive" => "ab-test-naive",
        "poisson" => "ab-test-poisson",
        "poisson_exact" => "ab-test-poisson-exact",
        "tost" => "ab-test-tost",
        "non_inferiority" => "ab-test-non-inferiority",
        "bootstrap_median" => "ab-test-bootstrap-median",
        "bootstrap_mean" => "ab-test-bootstrap-mean",
        _ => "ab-test-welch",
    })
}

/// The formula of a test and where it comes from; the same in every language.
fn test_source(key: &str) -> &'static str {
    match key {
        "z" => "(pa − pb)/√(p(1−p)(1/na+1/nb)), p pooled; Pearson 1900",
        "fisher" => "hypergeometric, two-sided by likelihood; Fisher 1934",
        "yates" => "Σ(|o−e|−½)²/e; Yates 1934",
        "newcombe" => "from two Wilson intervals; Newcombe 1998, no. 10",
        "miettinen_nurminen" => "score, N/(N−1); Miettinen & Nurminen 1985",
        "mann_whitney" => "U, ties and continuity corrected; Mann & Whitney 1947",
        "delta_method" => "Σy/Σx by unit; Deng, Knoblich & Lu 2018",
        "cuped" => "y − θ(x − x̄), θ = cov/var of all arms; Deng et al. 2013",
        "cluster_robust" => "CR1 sandwich by unit; Liang & Zeger 1986",
        "naive" => "HC1, each row a unit: too narrow where units repeat",
        "poisson" => "score, events per exposure pooled; interval Wald",
        "poisson_exact" => "binomial given all events, twice the smaller tail",
        "tost" => "two one-sided tests, interval 1 − 2α; Schuirmann 1987",
        "non_inferiority" => "one-sided, against worse by the margin",
        "bootstrap_median" => "4,999 resamples, percentile interval; Efron 1979",
        "bootstrap_mean" => "4,999 resamples, BCa interval; Efron 1987",
        _ => "(x̄a − x̄b)/√(sa²/na+sb²/nb), df Satterthwaite; Welch 1947",
    }
}

fn tests(gathered: &Gathered, answer: &Answer, named: bool) -> ResultTable {
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
            text(test_source(t.key)),
        ]
    };
    let columns = vec![
        column("arm", Sort::Text, Msg::new("ab-head-arm")),
        column("test", Sort::Text, Msg::new("ab-head-test")),
        column("statistic", Sort::Float, Msg::new("ab-head-statistic")),
        column("df", Sort::Float, Msg::new("ab-head-df")),
        column("p_value", Sort::Text, Msg::new("ab-head-p")),
        column("low", Sort::Float, Msg::new("ab-head-difference-low")),
        column("high", Sort::Float, Msg::new("ab-head-difference-high")),
        column("formula", Sort::Text, Msg::new("ab-head-formula")),
    ];
    let rows = answer.versus.iter().flat_map(|v| v.tests.iter().map(move |t| row(v, t))).collect();
    let baseline = &gathered.names[0];
    let title = match (&answer.name, named) {
        (Some(name), true) => Msg::new("ab-table-tests-of").with("metric", name).with("baseline", baseline),
        _ => Msg::new("ab-table-tests").with("baseline", baseline),
    };
    ResultTable { title, columns, rows, notes: Vec::new() }
}
