//! Reading a result before its planned end: what that costs, and the intervals that may be read all the same.
//!
//! Works on what a report says of its arms and comparisons under stable keys: sums are enough.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::saved::Saved;
use crate::error::Result;
use crate::op::ab::bayes::MASS;
use crate::op::ab::freq::critical;
use crate::op::ab::sequential::{Spending, mixture, peeking_at, sharpest_effect_sd, spending_boundaries};
use crate::result::report::{Check, Grade, Report, Status};
use crate::result::table::{ResultColumn, ResultTable};
use crate::text::{Msg, number};
use crate::value::{Cell, Column, Kind};

/// The name of the check for machines.
const END: &str = "before_planned_end";

/// An estimated difference.
struct Estimate {
    arm: String,
    value: f64,
    se: f64,
    is_rate: bool,
}

/// What a method that allows for early reading says.
struct Early {
    method: &'static str,
    /// The critical value of |z| at this look; none where the method has none.
    bound: Option<f64>,
    ci: Option<[f64; 2]>,
    p: Option<f64>,
    decides: bool,
}

/// The differences with the standard errors their tests rest on; of rates, each arm's own (unpooled) variance.
fn estimates(data: &Value) -> Vec<Estimate> {
    let comparisons = data["comparisons"].as_array().map_or(&[][..], Vec::as_slice);
    let is_rate = data["kind"] == "conversion";
    let of = |name: &Value| data["arms"].as_array()?.iter().find(|a| a["name"] == *name);
    let one = |c: &Value| -> Option<Estimate> {
        let (arm, base) = (of(&c["arm"])?, of(&c["baseline"])?);
        let difference = arm["mean"].as_f64()? - base["mean"].as_f64()?;
        let own = |arm: &Value| Some(arm["sd"].as_f64()?.powi(2) / arm["n"].as_f64().filter(|n| *n > 1.0)?);
        let (value, se) = if is_rate {
            (difference, (own(arm)? + own(base)?).sqrt())
        } else {
            // An exact test of counts has no error; the interval beside it has.
            let key = match c["decided_by"].as_str()? {
                "poisson_exact" => "poisson",
                key => key,
            };
            let test = &c["tests"][key];
            let width = || Some((test["ci95"][1].as_f64()? - test["ci95"][0].as_f64()?) / (2.0 * critical(MASS, None)));
            (test["difference"].as_f64().unwrap_or(difference), test["se"].as_f64().or_else(width)?)
        };
        let arm = c["arm"].as_str().unwrap_or_default().to_owned();
        (se > 0.0 && se.is_finite()).then_some(Estimate { arm, value, se, is_rate })
    };
    comparisons.iter().filter_map(one).collect()
}

fn early(estimate: &Estimate, saved: &Saved, fractions: &[f64], level: f64) -> Vec<Early> {
    let z = (estimate.value / estimate.se).abs();
    let spending = |method, spending| {
        let look = spending_boundaries(fractions, level, spending).ok()?.pop()?;
        let reach = look.z * estimate.se;
        let ci = reach.is_finite().then_some([estimate.value - reach, estimate.value + reach]);
        let bound = look.z.is_finite().then_some(look.z);
        Some(Early { method, bound, ci, p: None, decides: z >= look.z })
    };
    // The spread is fixed by the plan, not by the data that are read.
    let always = || {
        let plan = saved.question.clone().plan().ok()?;
        let sd = sharpest_effect_sd(saved.question.planned_se(&plan), 1.0 - level);
        let found = mixture(estimate.value, estimate.se, sd, 1.0 - level).ok()?;
        let p = found.p.p.min(1.0);
        Some(Early { method: "msprt", bound: None, ci: Some(found.ci), p: Some(p), decides: p < level })
    };
    [spending("pocock", Spending::Pocock), spending("obrien_fleming", Spending::OBrienFleming), always()]
        .into_iter()
        .flatten()
        .collect()
}

/// Adds to a report what its plan says of reading it on this day. With `count` the reading is remembered in the plan, which
/// is to be written back by whoever keeps it.
pub fn attach(report: &mut Report, saved: &mut Saved, day: NaiveDate, count: bool) -> Result<()> {
    let sizes = report.data["arms"].as_array().map_or(&[][..], Vec::as_slice);
    let units: u64 = sizes.iter().filter_map(|a| a["n"].as_u64()).sum();
    let total = saved.total();
    let fraction = units as f64 / total.max(1) as f64;
    let before_day = saved.end.is_some_and(|end| day < end);
    let over = units >= total && !before_day;
    if count && !over {
        saved.look(day, units);
    }
    let (grade, meaning) = match over {
        true => (Grade::Ok, Msg::new("ab-check-end-ok")),
        false => (Grade::Warn, Msg::new("ab-check-end-found").with("count", units).with("planned", total)),
    };
    let mut finding = json!({"name": END, "status": grade.name(), "value": fraction, "p_value": null,
        "meaning": meaning.to_string()});
    // A number of people that was given beside the plan is checked by the plan.
    report.checks.retain(|c| c.name != END);
    if let Some(list) = report.data["checks"].as_array_mut() {
        list.retain(|c| c["name"] != END);
    }
    let reached = number::percent(units.min(total), total);
    report.checks.push(Check {
        name: END,
        grade,
        title: Msg::new("ab-check-end"),
        value: reached.clone(),
        p: None,
        meaning,
    });
    if over {
        add(&mut report.data, "checks", finding);
        report.notes.push(Msg::new("peek-over").with("units", units).with("total", total));
        return Ok(());
    }
    // This look is one of the readings, remembered or not; a later look at fewer units than an earlier one cannot be.
    let mut seen: Vec<u64> = saved.looks.iter().map(|l| l.units).filter(|n| *n < units.min(total)).collect();
    seen.dedup();
    let now = fraction.clamp(1e-6, 1.0);
    let mut fractions: Vec<f64> = seen.iter().map(|n| *n as f64 / total as f64).chain([now]).collect();
    fractions.dedup_by(|a, b| *a <= *b + 1e-9);
    let count_of_looks = fractions.len();
    let mut to_the_end = fractions.clone();
    if now < 1.0 - 1e-9 {
        to_the_end.push(1.0);
    }
    let alpha = saved.question.alpha;
    let price = peeking_at(&to_the_end, alpha).ok();
    let end = match saved.end {
        Some(end) => Msg::new("peek-end-day").with("end", end.to_string()).with("total", total),
        None => Msg::new("peek-end").with("total", total),
    };
    report.warnings.insert(
        0,
        Msg::new("peek-warning")
            .with("end", end)
            .with("units", units)
            .with("share", reached)
            .with("number", count_of_looks)
            .with("price", share(price))
            .with("level", super::tell::rate(alpha)),
    );
    if report.verdict.status != Status::Blocked {
        report.verdict.next = Some(Msg::new("peek-next"));
    }
    finding["looks"] = count_of_looks.into();
    add(&mut report.data, "checks", finding);
    let level = alpha / (saved.question.split.len() - 1).max(1) as f64;
    let estimates = estimates(&report.data);
    let mut rows = Vec::new();
    let mut told = Vec::new();
    for estimate in &estimates {
        for e in early(estimate, saved, &fractions, level) {
            told.push(json!({"arm": estimate.arm, "method": e.method, "bound": e.bound, "ci": e.ci, "p_value": e.p,
                "decides": e.decides}));
            rows.push(row(estimate, &e));
        }
    }
    let decided = told.iter().any(|t| t["decides"] == true);
    report.notes.insert(0, Msg::new(if decided { "peek-some-decide" } else { "peek-none-decides" }));
    report.data["sequential"] = json!({"looks": count_of_looks, "information": fractions, "false_alarms": price,
        "planned_units": total, "units": units, "methods": told});
    report.tables.push(table(rows));
    report.details.push(super::tell::looks(alpha));
    Ok(())
}

fn add(data: &mut Value, key: &str, item: Value) {
    match data[key].as_array_mut() {
        Some(list) => list.push(item),
        None => data[key] = Value::Array(vec![item]),
    }
}

fn share(p: Option<f64>) -> String {
    p.map_or("–".to_owned(), |p| format!("{:.1}%", 100.0 * p))
}

fn text(s: impl ToString) -> Cell<'static> {
    Cell::Text(s.to_string().into())
}

fn row(estimate: &Estimate, e: &Early) -> Vec<Cell<'static>> {
    let by = if estimate.is_rate { 100.0 } else { 1.0 };
    let signed = |v: f64| {
        let sign = if v < 0.0 { "−" } else { "+" };
        format!("{sign}{}", number::readable((by * v).abs(), 3))
    };
    let method = Msg::new(match e.method {
        "pocock" => "peek-pocock",
        "obrien_fleming" => "peek-obrien-fleming",
        _ => "peek-msprt",
    });
    vec![
        text(&estimate.arm),
        text(method),
        e.ci.map_or(Cell::Null, |[a, b]| text(Msg::new("peek-range").with("low", signed(a)).with("high", signed(b)))),
        text(Msg::new(if e.decides { "yes" } else { "no" })),
        e.bound.map_or(Cell::Null, |b| text(number::readable(b, 3))),
        e.p.map_or(Cell::Null, |p| text(if p < 1e-4 { "<0.0001".to_owned() } else { number::readable(p, 3) })),
    ]
}

fn table(rows: Vec<Vec<Cell<'static>>>) -> ResultTable {
    let column = |name: &str, heading| ResultColumn {
        column: Column { name: name.into(), kind: Kind::Text },
        heading: Msg::new(heading),
    };
    ResultTable {
        title: Msg::new("peek-table"),
        columns: vec![
            column("arm", "ab-head-arm"),
            column("method", "peek-head-method"),
            column("interval", "peek-head-interval"),
            column("decides", "peek-head-decides"),
            column("bound", "peek-head-bound"),
            column("p_value", "ab-head-p"),
        ],
        rows,
        notes: Vec::new(),
    }
}
