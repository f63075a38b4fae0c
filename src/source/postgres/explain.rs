//! What the server expects a query to take, read from its plan. Nothing is run for it.

use tokio_postgres::SimpleQueryMessage;

use super::line::{Line, Way};
use super::read::query;
use crate::data::{Allowance, Control, Estimate};
use crate::error::Result;
use crate::sql::Relation;

/// What reading a whole relation is expected to take. The relation must be one whose columns the server has described:
/// then its text is one statement.
pub fn estimate(way: &Way, line: &Line, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
    // A plan in JSON is four times as long.
    let sql = format!("explain\n{}", query(way, relation)?);
    let said = line.run(control, line.client().simple_query(&sql))?;
    let lines = said.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let parts = parts(lines);
    Ok(if way.settings.redshift { of_redshift(&parts) } else { of_postgres(&parts) })
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

/// A part of a plan: `->  Seq Scan on sales  (cost=0.00..87.98 rows=8798 width=17)`.
#[derive(Debug, PartialEq)]
struct Part {
    /// How far it stands to the right: parts below it stand further.
    depth: usize,
    name: String,
    cost: f64,
    rows: f64,
    width: f64,
    /// Processes that do what is below it.
    workers: Option<f64>,
}

/// The parts of a plan, the topmost first.
fn parts<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Part> {
    let part = |line: &str| -> Option<Part> {
        let (name, figures) = line.split_once("  (cost=")?;
        let (_, figures) = figures.split_once("..")?;
        let (cost, figures) = figures.split_once(" rows=")?;
        let (rows, figures) = figures.split_once(" width=")?;
        let (width, _) = figures.split_once(')')?;
        let bare = name.trim_start().trim_start_matches("->").trim_start();
        let number = |text: &str| text.parse().ok().filter(|n: &f64| n.is_finite());
        Some(Part {
            depth: name.len() - bare.len(),
            name: bare.to_owned(),
            cost: number(cost)?,
            rows: number(rows)?,
            width: number(width)?,
            workers: None,
        })
    };
    let mut all: Vec<Part> = Vec::new();
    for line in lines {
        if let Some(workers) = line.trim_start().strip_prefix("Workers Planned: ") {
            if let Some(last) = all.last_mut() {
                last.workers = workers.trim().parse().ok();
            }
        }
        all.extend(part(line));
    }
    all
}

/// Parts of a plan that read all of what is below them before they give their first row.
const WHOLE: &[&str] =
    &["Sort", "Hash", "Aggregate", "HashAggregate", "MixedAggregate", "SetOp", "HashSetOp", "Materialize", "Memoize"];

impl Part {
    /// What it does, whichever share of the work it is.
    fn kind(&self) -> &str {
        let ways = ["Parallel ", "Partial ", "Finalize "];
        let bare = ways.iter().fold(self.name.as_str(), |name, way| name.strip_prefix(way).unwrap_or(name));
        let bare = bare.strip_prefix("XN ").unwrap_or(bare);
        // What it does it to follows.
        let end = ["  ", " on ", " using ", " Except", " Intersect"].iter().filter_map(|w| bare.find(w)).min();
        &bare[..end.unwrap_or(bare.len())]
    }
}

/// What a plan of PostgreSQL says.
fn of_postgres(parts: &[Part]) -> Option<Estimate> {
    let top = parts.first()?;
    Some(Estimate {
        rows: Some(top.rows as u64),
        bytes: Some((top.rows * top.width) as u64),
        cost: Some(top.cost),
        scanned: Some(most(parts, 1.0, 1.0) as u64),
    })
}

/// The most rows any part of a plan gives, of which a share is asked for: below a limit, parts stop early. The figures of
/// a part are those of one of `workers` that do it side by side. The first part is the one all others are below.
fn most(parts: &[Part], share: f64, workers: f64) -> f64 {
    let Some((top, below)) = parts.split_first() else { return 0.0 };
    let own = top.rows * share * workers;
    // The leader helps as far as it is not busy with collecting, as the server reckons.
    let workers = match top.workers {
        Some(n) => n + (1.0 - 0.3 * n).max(0.0),
        None => workers,
    };
    // Each child begins where the one before it has nothing further below.
    let child = below.first().map_or(0, |part| part.depth);
    let starts: Vec<usize> = (0..below.len()).filter(|i| below[*i].depth <= child).collect();
    let ends = starts.iter().skip(1).copied().chain([below.len()]);
    let each = starts.iter().zip(ends).map(|(start, end)| &below[*start..end]);
    let figures = each.map(|child| {
        let share = match top.kind() {
            "Limit" => share * (top.rows / child[0].rows.max(1.0)).min(1.0),
            kind if WHOLE.contains(&kind) => 1.0,
            _ => share,
        };
        most(child, share, workers)
    });
    figures.fold(own, f64::max)
}

/// What a plan of Redshift says, which does not tell how early parts stop below a limit.
fn of_redshift(parts: &[Part]) -> Option<Estimate> {
    let top = parts.first()?;
    let limited = parts.iter().any(|part| part.kind() == "Limit");
    let scanned = parts.iter().fold(0.0, |most: f64, part| most.max(part.rows));
    Some(Estimate {
        rows: Some(top.rows as u64),
        bytes: Some((top.rows * top.width) as u64),
        cost: Some(top.cost),
        scanned: (!limited).then_some(scanned as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(plan: &str) -> Option<Estimate> {
        of_postgres(&parts(plan.lines()))
    }

    #[test]
    fn a_plan_tells_rows_bytes_cost_and_what_is_read_on_the_way() {
        let plan = "HashAggregate  (cost=29.50..31.50 rows=200 width=12)\n  Group Key: k\n  \
                    ->  Seq Scan on t  (cost=0.00..22.70 rows=1270 width=4)\n        Filter: (k > 1)";
        let wanted = Estimate { rows: Some(200), bytes: Some(2_400), cost: Some(31.5), scanned: Some(1_270) };
        assert_eq!(postgres(plan), Some(wanted));
        assert_eq!(postgres(""), None);
        assert_eq!(postgres("nonsense"), None);
    }

    #[test]
    fn below_a_limit_only_what_has_to_be_read_counts() {
        let limited = |below: &str| {
            let plan = format!("Limit  (cost=0.00..1.00 rows=200 width=8)\n{below}");
            postgres(&plan).unwrap().scanned
        };
        let scan =
            |depth: usize| format!("{}->  Seq Scan on t  (cost=0.00..9.00 rows=1000000 width=8)", " ".repeat(depth));
        assert_eq!(limited(&scan(2)), Some(200));
        // A tenth of the rows of the join is asked for, and so a tenth of those below it, on either side.
        let join = "  ->  Nested Loop  (cost=0.00..9.00 rows=2000 width=8)\n        \
                    ->  Seq Scan on few  (cost=0.00..9.00 rows=10 width=8)\n        \
                    ->  Index Scan using i on t  (cost=0.00..9.00 rows=50000 width=8)\n              Index Cond: (a = b)";
        assert_eq!(limited(join), Some(5_000));
        let above = |name: &str, rows: u32| {
            format!("  ->  {name}  (cost=0.00..9.00 rows={rows} width=8)\n        Key: k\n{}", scan(8))
        };
        assert_eq!(limited(&above("Sort", 1_000_000)), Some(1_000_000));
        assert_eq!(limited(&above("HashAggregate", 1_000)), Some(1_000_000));
        assert_eq!(limited(&above("Partial HashAggregate", 1_000)), Some(1_000_000));
        assert_eq!(limited(&above("HashSetOp Except", 1_000)), Some(1_000_000));
        // A grouping of sorted rows gives each group as soon as it is complete.
        assert_eq!(limited(&above("GroupAggregate", 1_000)), Some(200_000));
        assert_eq!(limited(&above("Hash Join", 1_000)), Some(200_000));
    }

    #[test]
    fn what_workers_do_side_by_side_is_added_up() {
        let plan = "Gather  (cost=1000.00..2000.00 rows=1000000 width=4)\n  Workers Planned: 2\n  \
                    ->  Parallel Seq Scan on t  (cost=0.00..900.00 rows=416667 width=4)";
        // Two workers and four tenths of the leader.
        assert_eq!(postgres(plan).unwrap().scanned, Some(1_000_000));
        assert_eq!(postgres(&plan.replace("rows=1000000", "rows=1")).unwrap().scanned, Some(1_000_000));
    }

    #[test]
    fn a_plan_of_redshift_is_read_line_by_line() {
        let redshift = |plan: &str| of_redshift(&parts(plan.lines()));
        let plan = "XN Merge  (cost=1000002815368414.24..1000002815368419.26 rows=576 width=8)\n  Merge Key: x\n  \
                    ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)";
        let estimate = redshift(plan).unwrap();
        assert_eq!((estimate.rows, estimate.bytes, estimate.scanned), (Some(576), Some(4_608), Some(172_456)));
        assert_eq!(estimate.cost, Some(1_000_002_815_368_419.25));
        let limited = "XN Limit  (cost=0.00..1.00 rows=200 width=8)\n  ->  XN Seq Scan on sales  (cost=0.00..9.5 rows=172456 width=8)";
        assert_eq!(redshift(limited).unwrap().handled(), Some(200));
        assert_eq!(redshift("no plan"), None);
    }
}
