//! Which columns name a row in two readings of a table: the fewest, from the left, that no two rows share, and whose
//! values the other reading has too.

use std::collections::HashSet;

use polars::prelude::Column as PlColumn;

use crate::data::{Control, Dataset};
use crate::error::Result;
use crate::op::columns::no_rows;
use crate::op::keys::{common_type, in_type, keys};
use crate::value::Kind;

/// Rows of each table that are looked at.
const ROWS: usize = 20_000;
/// Columns of each table that are looked at.
const MOST: usize = 40;
/// Columns of one key.
const WIDTH: usize = 6;
/// The part of the rows of one table whose key the other one has, from which on a key is believed.
const MET: f64 = 0.5;

/// A column of both tables in its first rows.
struct Candidate {
    name: String,
    before: PlColumn,
    after: PlColumn,
    /// Its name says that it names something.
    named: bool,
}

fn may_be_key(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Text | Kind::Category | Kind::Date | Kind::DateTime(_) | Kind::Boolean)
}

fn is_named(name: &str) -> bool {
    let lower = name.to_lowercase();
    let last = lower.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    matches!(last, "id" | "uid" | "uuid" | "key" | "code" | "no")
        || lower.ends_with("番号")
        || lower.ends_with("コード")
        || lower.ends_with("id") && name.ends_with("Id")
}

/// Rows told apart by these columns, and the part of the smaller table's keys the other one has.
fn judge(columns: &[&Candidate]) -> Result<(bool, f64)> {
    let numbers = |side: fn(&Candidate) -> &PlColumn| -> Result<Vec<u128>> {
        let columns: Vec<PlColumn> = columns.iter().map(|c| side(c).clone()).collect();
        Ok(keys(&columns, true)?.into_iter().flatten().collect())
    };
    let (before, after) = (numbers(|c| &c.before)?, numbers(|c| &c.after)?);
    let (b, a): (HashSet<u128>, HashSet<u128>) = (before.iter().copied().collect(), after.iter().copied().collect());
    let common = a.iter().filter(|k| b.contains(*k)).count();
    let fewer = a.len().min(b.len());
    let met = if fewer == 0 { 1.0 } else { common as f64 / fewer as f64 };
    Ok((b.len() == before.len() && a.len() == after.len(), met))
}

/// The key columns; none if rows can only be told apart by all they hold. Reads the first rows of both tables.
pub fn guess(before: &Dataset, after: &Dataset, control: &Control) -> Result<Vec<String>> {
    let (none_before, none_after) = (no_rows(before)?, no_rows(after)?);
    let mut shared = Vec::new();
    for (i, column) in after.schema().columns().iter().enumerate().filter(|(_, c)| may_be_key(&c.kind)) {
        let Some(place) = before.schema().position(&column.name) else { continue };
        let types = (none_before.columns()[place].dtype(), none_after.columns()[i].dtype());
        if let Some(dtype) = common_type(types.0, types.1) {
            shared.push((column.name.clone(), place, i, dtype));
        }
    }
    shared.truncate(MOST);
    control.check()?;
    let first = before.window(&shared.iter().map(|s| s.1).collect::<Vec<_>>(), 0, ROWS)?;
    let second = after.window(&shared.iter().map(|s| s.2).collect::<Vec<_>>(), 0, ROWS)?;
    let mut candidates = Vec::new();
    for (i, (name, _, _, dtype)) in shared.into_iter().enumerate() {
        let before = in_type(&first.inner().columns()[i], &dtype)?;
        let after = in_type(&second.inner().columns()[i], &dtype)?;
        candidates.push(Candidate { named: is_named(&name), name, before, after });
    }
    // A column of its own: one that is called a key first, then the one that stands furthest left.
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by_key(|c| !c.named);
    for candidate in &order {
        control.check()?;
        let (tells, met) = judge(&[candidate])?;
        if tells && met >= MET {
            return Ok(vec![candidate.name.clone()]);
        }
    }
    // Several together, from the left. A count that changes with every run tells rows apart, too, but the other table does
    // not have it.
    let mut chosen: Vec<&Candidate> = Vec::new();
    for candidate in &candidates {
        control.check()?;
        let more: Vec<&Candidate> = chosen.iter().copied().chain([candidate]).collect();
        let (tells, met) = judge(&more)?;
        if met < MET || more.len() > WIDTH {
            continue;
        }
        chosen = more;
        if tells {
            return fewest(chosen);
        }
    }
    Ok(Vec::new())
}

/// The key without the columns it does not need.
fn fewest(mut chosen: Vec<&Candidate>) -> Result<Vec<String>> {
    let mut at = chosen.len();
    while at > 0 {
        at -= 1;
        let without: Vec<&Candidate> = chosen.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect();
        if !without.is_empty() && judge(&without)?.0 {
            chosen = without;
        }
    }
    Ok(chosen.into_iter().map(|c| c.name.clone()).collect())
}
