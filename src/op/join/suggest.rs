//! Which columns of two tables may be the key that joins them: by their names, their kinds, and how many of the first
//! values of one the other has.

use std::collections::HashSet;

use super::Pair;
use crate::data::{Control, Dataset};
use crate::error::Result;
use crate::op::columns::no_rows;
use crate::op::keys::{common_type, in_type, keys};
use crate::value::{Kind, distance_of};

/// A possible key.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The columns.
    pub pair: Pair,
    /// The part of the values looked at that the other table has, 0 to 1.
    pub overlap: f64,
    /// How likely it is, for the order.
    pub score: f64,
}

/// Rows of each table that are looked at.
const LEFT: usize = 2_000;
const RIGHT: usize = 50_000;
/// Columns of each table that are compared by their values.
const MOST: usize = 60;

/// The name without what differs by habit.
fn bare(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How much alike two names are, 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (x, y) = (bare(a), bare(b));
    if x == y {
        return 0.95;
    }
    // `id` in one table is `user_id` in the other.
    let long = x.chars().count().max(y.chars().count());
    if (x.ends_with(&y) || y.ends_with(&x)) && x.len().min(y.len()) >= 2 {
        return 0.7;
    }
    let near = 1.0 - distance_of(&x, &y) as f64 / long.max(1) as f64;
    if near >= 0.75 { near * 0.8 } else { 0.0 }
}

/// A kind that keys are made of.
fn may_be_key(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Text | Kind::Category | Kind::Date | Kind::DateTime(_) | Kind::Decimal(_))
}

/// Possible keys, the likeliest first. Reads the first rows of both tables.
pub fn suggest(left: &Dataset, right: &Dataset, control: &Control) -> Result<Vec<Suggestion>> {
    let candidates = |data: &Dataset| -> Vec<usize> {
        let columns = data.schema().columns();
        (0..columns.len()).filter(|i| may_be_key(&columns[*i].kind)).take(MOST).collect()
    };
    let (ours, theirs) = (candidates(left), candidates(right));
    let (l, r) = (left.window(&ours, 0, LEFT)?, right.window(&theirs, 0, RIGHT)?);
    let (no_left, no_right) = (no_rows(left)?, no_rows(right)?);
    let mut found = Vec::new();
    for (i, a) in ours.iter().enumerate() {
        control.check()?;
        for (j, b) in theirs.iter().enumerate() {
            let (x, y) = (&left.schema().columns()[*a], &right.schema().columns()[*b]);
            let Some(dtype) = common_type(no_left.columns()[*a].dtype(), no_right.columns()[*b].dtype()) else {
                continue;
            };
            let name = likeness(&x.name, &y.name);
            let numbers = |column| -> Result<HashSet<u128>> {
                Ok(keys(&[in_type(column, &dtype)?], false)?.into_iter().flatten().collect())
            };
            let mine = numbers(&l.inner().columns()[i])?;
            let other = numbers(&r.inner().columns()[j])?;
            let common = mine.iter().filter(|k| other.contains(*k)).count();
            let overlap = if mine.is_empty() { 0.0 } else { common as f64 / mine.len() as f64 };
            // A few small numbers are in every table; only names speak for them.
            let telling = common >= 10 && other.len() >= 20;
            let unique = other.len() as f64 / r.height().max(1) as f64;
            let score = match (name > 0.0, telling) {
                (true, _) if overlap > 0.0 || l.height() == 0 || r.height() == 0 => name + overlap + 0.5 * unique,
                (false, true) if overlap >= 0.5 => 0.5 * overlap + 0.5 * unique,
                _ => continue,
            };
            let pair = Pair { left: x.name.clone(), right: y.name.clone() };
            found.push(Suggestion { pair, overlap, score });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(found)
}
