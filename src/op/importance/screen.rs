//! Which columns are worth learning from: constants, identifiers and nested text are left out, and said so.

use super::prepare::{Part, Prepared};
use crate::op::chart::read::Class;
use crate::value::Kind;

/// Why a column is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has one value.
    Constant,
    /// Nearly every row has a value of its own.
    Identifier,
    /// Its text is JSON.
    Json,
}

/// Fewest rows from which a column may be taken for an identifier.
const FEWEST: usize = 20;

/// The columns to leave out.
pub fn screen(prepared: &Prepared) -> Vec<(usize, Why)> {
    let mut out = Vec::new();
    for (i, source) in prepared.sources.iter().enumerate() {
        let why = if source.is_words() { of_words(prepared, i) } else { of_numbers(prepared, i) };
        out.extend(why.map(|why| (i, why)));
    }
    out
}

fn of_words(prepared: &Prepared, i: usize) -> Option<Why> {
    let source = &prepared.sources[i];
    let present = prepared.rows() as u64 - source.missing;
    let levels = source.counts.iter().filter(|n| **n > 0).count();
    if levels == 0 || (levels == 1 && source.missing == 0) {
        return Some(Why::Constant);
    }
    let nested = |t: &String| {
        let t = t.trim();
        (t.starts_with('{') && t.ends_with('}')) || (t.starts_with('[') && t.ends_with(']'))
    };
    let seen = source.levels.iter().take(200);
    if seen.len() > 0 && seen.clone().filter(|t| nested(t)).count() * 10 >= seen.len() * 9 {
        return Some(Why::Json);
    }
    let own = levels as f64 >= 0.9 * present as f64;
    (source.overflow || (own && present as usize >= FEWEST)).then_some(Why::Identifier)
}

fn of_numbers(prepared: &Prepared, i: usize) -> Option<Why> {
    let source = &prepared.sources[i];
    let width = prepared.numbers.len();
    let at = prepared.numbers.iter().position(|n| n.source == i)?;
    let missing = source.missing as usize;
    let (lo, hi) = source.range;
    if missing == prepared.rows() || (lo == hi && missing == 0) {
        return Some(Why::Constant);
    }
    let present = prepared.rows() - missing;
    if source.var.class != Class::Number || source.var.kind != Kind::Integer || present < FEWEST || missing > 0 {
        return None;
    }
    // The numbers of rows: without a gap, in order.
    let of = prepared.sampled_from.unwrap_or(prepared.rows() as u64);
    if (source.rising || source.falling) && hi - lo + 1.0 <= 1.2 * of as f64 + 10.0 {
        return Some(Why::Identifier);
    }
    if !named_identifier(&source.var.name) || prepared.numbers[at].part != Part::Value {
        return None;
    }
    let mut values: Vec<f32> = prepared.x.iter().skip(at).step_by(width).take(20_000).copied().collect();
    let taken = values.len();
    values.sort_by(f32::total_cmp);
    values.dedup();
    (values.len() as f64 >= 0.9 * taken as f64).then_some(Why::Identifier)
}

/// Whether a column's name says that it tells rows apart.
pub fn named_identifier(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    let ends = ["_id", " id", "-id", "_no", "_number", "番号", "コード", "uuid", "guid", "key"];
    lower == "id"
        || lower == "index"
        || name.ends_with("Id")
        || name.ends_with("ID")
        || ends.iter().any(|e| lower.ends_with(e))
}
