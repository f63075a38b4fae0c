//! What a query is expected to take, by the server's plan. Runs nothing.

use super::line::{Line, Way};
use super::read::{query, value};
use crate::data::{Control, Estimate};
use crate::error::Result;
use crate::sql::Relation;

/// What the server expects of a relation; none where it does not say.
pub fn estimate(way: &Way, line: &Line, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
    if way.settings.redshift {
        return Ok(None);
    }
    let sql = format!("explain (format json)\n{}", query(way, relation)?);
    let row = line.run(control, line.client().query_one(sql.as_str(), &[]))?;
    let Some(text) = value(&row, 0) else { return Ok(None) };
    let plan: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    let figure = |name: &str| plan.pointer(&format!("/0/Plan/{name}")).and_then(serde_json::Value::as_f64);
    let rows = figure("Plan Rows");
    let bytes = rows.zip(figure("Plan Width")).map(|(rows, width)| (rows * width) as u64);
    Ok(Some(Estimate { rows: rows.map(|n| n as u64), bytes, cost: figure("Total Cost") }))
}
