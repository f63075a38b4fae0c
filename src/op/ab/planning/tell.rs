//! A plan in words: the sentence, the weeks, what each number stands for, and every number under its key.

use serde_json::{Value, json};

use super::measure::Measured;
use super::{Aim, Baseline, Plan};
use crate::op::ab::sequential::peeking;
use crate::result::report::{Report, Status, Verdict};
use crate::result::table::{ResultColumn, ResultTable};
use crate::text::{Msg, number};
use crate::value::{Cell, Column, Kind};

/// A rate as a percentage.
pub fn rate(v: f64) -> String {
    format!("{}%", number::readable(100.0 * v, 4))
}

/// The change that matters: as points of a rate or in the metric's unit, and as a part of the baseline.
pub fn change(plan: &Plan) -> Msg {
    changed(plan.question.baseline, plan.change)
}

/// A change in words.
fn changed(baseline: Baseline, by: f64) -> Msg {
    let sign = if by < 0.0 { "−" } else { "+" };
    let size = match baseline {
        Baseline::Rate { .. } => format!("{sign}{}", number::readable(100.0 * by.abs(), 3)),
        Baseline::Mean { .. } => format!("{sign}{}", number::readable(by.abs(), 3)),
    };
    let id = match (baseline.is_rate(), baseline.value() > 0.0) {
        (true, _) => "plan-change-rate",
        (false, true) => "plan-change-mean",
        (false, false) => "plan-change-plain",
    };
    let part = format!("{sign}{}%", number::readable(100.0 * (by / baseline.value()).abs(), 3));
    Msg::new(id).with("change", size).with("part", part)
}

/// What is planned, with what was measured for it.
pub fn report(plan: &Plan, measured: Option<&Measured>) -> Report {
    Report {
        title: Msg::new("plan-title"),
        verdict: Verdict { status: Status::Planned, sentence: sentence(plan), next: Some(next(plan)) },
        warnings: warnings(plan),
        checks: Vec::new(),
        panes: Vec::new(),
        rows: None,
        tables: [(!plan.weeks.is_empty()).then(|| weeks(plan)), Some(arms(plan))].into_iter().flatten().collect(),
        details: vec![curve(plan), looks(plan.question.alpha)],
        figures: vec![super::draw::figure(plan)],
        notes: notes(plan, measured),
        data: json(plan, measured),
        failed: None,
    }
}

fn sentence(plan: &Plan) -> Msg {
    let equal = plan.arms.iter().all(|n| *n == plan.arms[0]);
    let people = match equal {
        true => Msg::new("plan-need-each").with("n", plan.arms[0]),
        false => Msg::new("plan-need-split")
            .with("sizes", plan.arms.iter().map(|n| number::count(*n)).collect::<Vec<_>>().join(" : ")),
    };
    match (plan.duration, plan.question.per_day, plan.end) {
        (Some(d), Some(per_day), Some(end)) => Msg::new("plan-sentence")
            .with("people", people)
            .with("per_day", number::readable(per_day, 6))
            .with("weeks", d.weeks)
            .with("days", number::count(7 * d.weeks))
            .with("end", end.to_string()),
        _ => Msg::new("plan-sentence-no-traffic").with("people", people).with("total", plan.total()),
    }
}

fn next(plan: &Plan) -> Msg {
    match plan.weeks.iter().find(|w| w.weeks == 4).and_then(|w| w.change).filter(|_| plan.is_long()) {
        Some(by) => Msg::new("plan-next-long").with("change", changed(plan.question.baseline, by)),
        None if plan.duration.is_some() => Msg::new("plan-next"),
        None => Msg::new("plan-next-traffic"),
    }
}

fn warnings(plan: &Plan) -> Vec<Msg> {
    let mut found = Vec::new();
    if plan.duration.is_some() && plan.end.is_none() {
        found.push(Msg::new("plan-warn-never"));
    }
    let few = plan.groups.as_ref().and_then(|g| g.iter().copied().min()).filter(|n| *n < 15);
    if let Some(n) = few {
        found.push(Msg::new("plan-warn-groups").with("count", n));
    }
    if let Baseline::Rate { rate } = plan.question.baseline {
        let least = plan.arms.iter().copied().min().unwrap_or(0) as f64 * rate.min(1.0 - rate);
        if least < 5.0 {
            found.push(Msg::new("plan-warn-small"));
        }
    }
    found
}

fn column(name: &str, kind: Kind, heading: &'static str) -> ResultColumn {
    ResultColumn { column: Column { name: name.into(), kind }, heading: Msg::new(heading) }
}

fn text(s: impl ToString) -> Cell<'static> {
    Cell::Text(s.to_string().into())
}

fn percent(p: f64) -> String {
    match 100.0 * p {
        p if p > 99.9 => ">99.9%".to_owned(),
        p if p < 0.1 => "<0.1%".to_owned(),
        p => format!("{p:.1}%"),
    }
}

fn weeks(plan: &Plan) -> ResultTable {
    let rows = plan.weeks.iter().map(|w| {
        vec![
            Cell::Int(w.weeks.into()),
            Cell::Int((w.units.floor() as u64).into()),
            w.change.map_or(Cell::Null, |c| text(changed(plan.question.baseline, c))),
            text(percent(w.power)),
        ]
    });
    let smallest = match plan.question.aim {
        Aim::Difference => "plan-head-smallest",
        _ => "plan-head-margin",
    };
    ResultTable {
        title: Msg::new("plan-table-weeks"),
        columns: vec![
            column("weeks", Kind::Integer, "plan-head-weeks"),
            column("units", Kind::Integer, "plan-head-units"),
            column("smallest_change", Kind::Text, smallest),
            column("power", Kind::Text, "plan-head-power"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn arms(plan: &Plan) -> ResultTable {
    let mut columns = vec![column("arm", Kind::Text, "ab-head-arm"), column("n", Kind::Integer, "plan-head-people")];
    if plan.groups.is_some() {
        columns.push(column("groups", Kind::Integer, "plan-head-groups"));
    }
    let name = |i: usize| match i {
        0 => Msg::new("plan-arm-baseline"),
        i => Msg::new("plan-arm").with("number", i),
    };
    let mut rows: Vec<Vec<Cell<'static>>> = Vec::new();
    for (i, n) in plan.arms.iter().enumerate() {
        let mut row = vec![text(name(i)), Cell::Int((*n).into())];
        row.extend(plan.groups.as_ref().map(|g| Cell::Int(g[i].into())));
        rows.push(row);
    }
    let mut row = vec![text(Msg::new("plan-arm-all")), Cell::Int(plan.total().into())];
    row.extend(plan.groups.as_ref().map(|g| Cell::Int(g.iter().sum::<u64>().into())));
    rows.push(row);
    ResultTable { title: Msg::new("plan-table-arms"), columns, rows, notes: Vec::new() }
}

fn curve(plan: &Plan) -> ResultTable {
    // A tenth of the way to the double size between rows is near enough to read.
    let rows = plan.curve.iter().skip(3).step_by(4).map(|(n, p)| vec![Cell::Float(n.ceil()), Cell::Float(*p)]);
    ResultTable {
        title: Msg::new("plan-table-curve"),
        columns: vec![column("n", Kind::Float, "plan-head-people"), column("power", Kind::Float, "plan-head-power")],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// What peeking costs.
pub fn looks(alpha: f64) -> ResultTable {
    let rows = [1, 2, 3, 5, 10, 20].iter().filter_map(|k| {
        let p = peeking(*k, alpha).ok()?;
        Some(vec![Cell::Int((*k as u64).into()), text(percent(p))])
    });
    ResultTable {
        title: Msg::new("plan-table-looks"),
        columns: vec![
            column("looks", Kind::Integer, "plan-head-looks"),
            column("false_alarms", Kind::Text, "plan-head-false"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn notes(plan: &Plan, measured: Option<&Measured>) -> Vec<Msg> {
    let q = &plan.question;
    let mut notes = Vec::new();
    if let Some(m) = measured {
        notes.push(m.words());
    }
    let (id, formula) = match (q.aim, q.baseline.is_rate()) {
        (Aim::Difference, true) => ("plan-note-difference", "plan-formula-rates"),
        (Aim::Difference, false) => ("plan-note-difference", "plan-formula-means"),
        (Aim::NonInferiority, _) => ("plan-note-non-inferiority", "plan-formula-alike"),
        (Aim::Equivalence, _) => ("plan-note-equivalence", "plan-formula-alike"),
    };
    let value = match q.baseline {
        Baseline::Rate { rate: r } => Msg::new("plan-value-rate").with("rate", rate(r)),
        Baseline::Mean { mean, sd } => {
            Msg::new("plan-value-mean").with("mean", number::readable(mean, 5)).with("sd", number::readable(sd, 5))
        }
    };
    notes.push(
        Msg::new(id)
            .with("value", value)
            .with("change", change(plan))
            .with("power", rate(q.power))
            .with("level", number::readable(q.alpha, 3)),
    );
    notes.push(Msg::new(formula));
    if q.split.len() > 2 {
        notes.push(
            Msg::new("plan-note-arms").with("count", q.split.len() - 1).with("level", number::readable(plan.level, 3)),
        );
    }
    if let Some(c) = q.clusters {
        notes.push(
            Msg::new("plan-note-clusters")
                .with("size", number::readable(c.size, 4))
                .with("icc", number::readable(c.icc, 3))
                .with("effect", number::readable(plan.design_effect, 3)),
        );
    }
    let price = peeking(5, q.alpha).map(percent).unwrap_or_default();
    notes.push(Msg::new("plan-note-peeking").with("price", price).with("level", rate(q.alpha)));
    notes
}

/// Every number under its key.
fn json(plan: &Plan, measured: Option<&Measured>) -> Value {
    let q = &plan.question;
    let (rate, mean, sd) = match q.baseline {
        Baseline::Rate { rate } => (Some(rate), None, None),
        Baseline::Mean { mean, sd } => (None, Some(mean), Some(sd)),
    };
    let part = |by: f64| Some(by / q.baseline.value()).filter(|v| v.is_finite());
    let weeks: Vec<Value> = plan
        .weeks
        .iter()
        .map(|w| {
            json!({"weeks": w.weeks, "units": w.units, "smallest_change": w.change,
                "smallest_relative_change": w.change.and_then(part), "power": w.power})
        })
        .collect();
    let curve: Vec<Value> = plan.curve.iter().map(|(n, p)| json!({"n": n, "power": p})).collect();
    let peek: Vec<Value> = [1, 2, 3, 5, 10, 20]
        .iter()
        .filter_map(|k| Some(json!({"looks": k, "false_alarms": peeking(*k, q.alpha).ok()?})))
        .collect();
    json!({
        "plan": {
            "rate": rate, "mean": mean, "sd": sd, "change": plan.change, "relative_change": part(plan.change),
            "aim": q.aim.name(), "alpha": q.alpha, "alpha_each": plan.level, "power": q.power, "split": q.split,
            "n_per_arm": plan.arms, "n_total": plan.total(), "n_exact": plan.alone * plan.design_effect,
            "design_effect": plan.design_effect, "cluster_size": q.clusters.map(|c| c.size), "icc": q.clusters.map(|c| c.icc),
            "groups_per_arm": plan.groups, "per_day": q.per_day, "days_needed": plan.duration.map(|d| d.days),
            "weeks": plan.duration.map(|d| d.weeks), "days": plan.duration.map(|d| 7 * d.weeks),
            "start": q.start.to_string(), "end": plan.end.map(|d| d.to_string()),
        },
        "weeks": weeks,
        "curve": curve,
        "peeking": peek,
        "measured": measured.map(Measured::to_json),
    })
}
