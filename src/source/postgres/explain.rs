//! What the server expects a query to take, read from its plan. Nothing is run for it.

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::line::{Line, Way};
use super::read::query;
use crate::data::{Allowance, Control, Estimate};
use crate::error::Result;
use crate::sql::Relation;

/// What reading a whole relation is expected to take. The relation must be one whose columns the server has described:
/// then its text is one statement.
pub fn estimate(way: &Way, line: &Line, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
    let redshift = way.settings.redshift;
    let form = if redshift { "explain" } else { "explain (format json)" };
    let sql = format!("{form}\n{}", query(way, relation)?);
    let said = line.run(control, line.client().simple_query(&sql))?;
    let lines = said.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    Ok(if redshift { of_text(&text) } else { of_json(&text) })
}

/// Lets a query go on that is expected to take no more than is allowed, or that somebody agrees to; what it is expected to
/// take. Where the server has no plan, the query itself will say what is wrong.
pub fn admitted(
    way: &Way,
    line: &Line,
    allowance: &Allowance,
    relation: &Relation,
    control: &Control,
) -> Result<Option<Estimate>> {
    let estimate = match estimate(way, line, relation, control) {
        Err(error) if line.client().is_closed() || control.check().is_err() => return Err(error),
        planned => planned.ok().flatten(),
    };
    if let Some(estimate) = &estimate {
        allowance.admit(estimate, &way.settings.name, control)?;
    }
    Ok(estimate)
}

/// Parts of a plan that read all of what is below them before they give their first row.
const WHOLE: &[&str] = &["Sort", "Hash", "Aggregate", "SetOp", "Materialize", "Memoize"];

/// Reads a plan in JSON.
fn of_json(text: &str) -> Option<Estimate> {
    let plan: Value = serde_json::from_str(text).ok()?;
    let top = plan.pointer("/0/Plan")?;
    let rows = number(top, "Plan Rows")?;
    Some(Estimate {
        rows: Some(rows as u64),
        bytes: number(top, "Plan Width").map(|width| (rows * width) as u64),
        cost: number(top, "Total Cost"),
        scanned: Some(most(top, 1.0, 1.0) as u64),
    })
}

fn number(node: &Value, key: &str) -> Option<f64> {
    node.get(key).and_then(Value::as_f64).filter(|n| n.is_finite())
}

/// The most rows any part of a plan gives, of which a share is asked for: below a limit, parts stop early. The figures of
/// a part are those of one of `workers` that do it side by side.
fn most(node: &Value, share: f64, workers: f64) -> f64 {
    let rows = number(node, "Plan Rows").unwrap_or(0.0);
    let named = node.get("Node Type").and_then(Value::as_str).unwrap_or_default();
    // A grouping of sorted rows gives each group as soon as it is complete.
    let whole = WHOLE.contains(&named) && node.get("Strategy").and_then(Value::as_str) != Some("Sorted");
    let own = rows * share * workers;
    // The leader helps as far as it is not busy with collecting, as the server reckons.
    let workers = match number(node, "Workers Planned") {
        Some(n) => n + (1.0 - 0.3 * n).max(0.0),
        None => workers,
    };
    let children = node.get("Plans").and_then(Value::as_array).into_iter().flatten();
    let below = children.map(|child| {
        let share = match named {
            "Limit" => share * (rows / number(child, "Plan Rows").unwrap_or(rows).max(1.0)).min(1.0),
            _ if whole => 1.0,
            _ => share,
        };
        most(child, share, workers)
    });
    below.fold(own, f64::max)
}

/// Reads a plan in text: each part has `(cost=0.00..87.98 rows=8798 width=17)` in its line.
fn of_text(text: &str) -> Option<Estimate> {
    let part = |line: &str| -> Option<(f64, f64, f64)> {
        let (_, figures) = line.split_once("(cost=")?;
        let (_, figures) = figures.split_once("..")?;
        let (cost, figures) = figures.split_once(" rows=")?;
        let (rows, figures) = figures.split_once(" width=")?;
        let (width, _) = figures.split_once(')')?;
        Some((cost.parse().ok()?, rows.parse().ok()?, width.parse().ok()?))
    };
    let parts: Vec<(f64, f64, f64)> = text.lines().filter_map(part).collect();
    let (cost, rows, width) = *parts.first()?;
    // Below a limit, parts stop early, and the text does not say how early.
    let limited = text.lines().any(|line| line.contains("Limit  (cost="));
    let scanned = parts.iter().fold(0.0, |most: f64, (_, rows, _)| most.max(*rows));
    Some(Estimate {
        rows: Some(rows as u64),
        bytes: Some((rows * width) as u64),
        cost: Some(cost),
        scanned: (!limited).then_some(scanned as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_tells_rows_bytes_cost_and_what_is_read_on_the_way() {
        let plan = r#"[{"Plan": {"Node Type": "Aggregate", "Strategy": "Hashed", "Startup Cost": 29.5, "Total Cost": 31.5,
            "Plan Rows": 200, "Plan Width": 12, "Plans": [
            {"Node Type": "Seq Scan", "Total Cost": 22.7, "Plan Rows": 1270, "Plan Width": 4}]}}]"#;
        let wanted = Estimate { rows: Some(200), bytes: Some(2_400), cost: Some(31.5), scanned: Some(1_270) };
        assert_eq!(of_json(plan), Some(wanted));
        assert_eq!(of_json("[]"), None);
        assert_eq!(of_json("nonsense"), None);
    }

    #[test]
    fn below_a_limit_only_what_has_to_be_read_counts() {
        let limited = |below: &str| {
            of_json(&format!(
                r#"[{{"Plan": {{"Node Type": "Limit", "Total Cost": 1.0, "Plan Rows": 200, "Plan Width": 8, "Plans": [{below}]}}}}]"#
            ))
            .unwrap()
            .scanned
        };
        let scan = r#"{"Node Type": "Seq Scan", "Plan Rows": 1000000}"#;
        assert_eq!(limited(scan), Some(200));
        // A tenth of the rows of the join is asked for, and so a tenth of those below it.
        let join = r#"{"Node Type": "Nested Loop", "Plan Rows": 2000, "Plans": [{"Node Type": "Seq Scan", "Plan Rows": 50000}]}"#;
        assert_eq!(limited(join), Some(5_000));
        assert_eq!(
            limited(&format!(r#"{{"Node Type": "Sort", "Plan Rows": 1000000, "Plans": [{scan}]}}"#)),
            Some(1_000_000)
        );
        let grouped = |strategy: &str| {
            format!(r#"{{"Node Type": "Aggregate", "Strategy": "{strategy}", "Plan Rows": 1000, "Plans": [{scan}]}}"#)
        };
        assert_eq!(limited(&grouped("Hashed")), Some(1_000_000));
        assert_eq!(limited(&grouped("Sorted")), Some(200_000));
    }

    #[test]
    fn what_workers_do_side_by_side_is_added_up() {
        let plan = r#"[{"Plan": {"Node Type": "Gather", "Workers Planned": 2, "Total Cost": 1.0, "Plan Rows": 1000000,
            "Plan Width": 4, "Plans": [{"Node Type": "Seq Scan", "Plan Rows": 416667}]}}]"#;
        // Two workers and four tenths of the leader.
        assert_eq!(of_json(plan).unwrap().scanned, Some(1_000_000));
        let counted = plan.replace(r#""Plan Rows": 1000000"#, r#""Plan Rows": 1"#);
        assert_eq!(of_json(&counted).unwrap().scanned, Some(1_000_000));
    }

    #[test]
    fn a_plan_in_text_is_read_line_by_line() {
        let plan = "XN Merge  (cost=1000002815368414.24..1000002815368419.26 rows=576 width=8)\n  Merge Key: x\n  \
                    ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)";
        let estimate = of_text(plan).unwrap();
        assert_eq!((estimate.rows, estimate.bytes, estimate.scanned), (Some(576), Some(4_608), Some(172_456)));
        assert_eq!(estimate.cost, Some(1_000_002_815_368_419.25));
        let limited = "XN Limit  (cost=0.00..1.00 rows=200 width=8)\n  ->  XN Seq Scan on sales  (cost=0.00..9.5 rows=172456 width=8)";
        assert_eq!(of_text(limited).unwrap().handled(), Some(200));
        assert_eq!(of_text("no plan"), None);
    }
}
