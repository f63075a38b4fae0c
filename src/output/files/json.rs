//! JSON, as one document or one object a line: numbers with every digit, NaN and infinities as null and counted.

use serde_json::{Value, json};

use super::super::batch::{Batch, Item};
use super::super::{Sampled, Tally, literal};
use super::{Ending, Lines};
use crate::value::{Cell, Column};

/// The version of the document's shape.
const SCHEMA_VERSION: u64 = 1;

/// Rows as objects.
pub(in super::super) struct Json {
    /// Each column's name as a key, with the colon.
    keys: Vec<String>,
    columns: Value,
    /// Whether each line stands for itself.
    lines: bool,
    sampled: Option<Sampled>,
}

impl Json {
    pub fn new(columns: &[Column], lines: bool, sampled: Option<Sampled>) -> Self {
        let names = distinct(columns);
        Self {
            keys: names.iter().map(|n| format!("{}:", Value::String(n.clone()))).collect(),
            columns: names.iter().zip(columns).map(|(n, c)| json!({"name": n, "type": c.kind.name()})).collect(),
            lines,
            sampled,
        }
    }
}

/// The columns' names, made different where two are the same: an object has each key once.
fn distinct(columns: &[Column]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let taken: std::collections::HashSet<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    columns
        .iter()
        .map(|c| {
            if seen.insert(c.name.clone()) {
                return c.name.clone();
            }
            let mut n = 2usize;
            loop {
                let name = format!("{}_{n}", c.name);
                if !taken.contains(name.as_str()) && seen.insert(name.clone()) {
                    return name;
                }
                n += 1;
            }
        })
        .collect()
}

impl Lines for Json {
    fn head(&self, out: &mut Vec<u8>, _tally: &mut Tally) {
        if !self.lines {
            let head = format!("{{\"schema_version\":{SCHEMA_VERSION},\"columns\":{},\"rows\":[\n", self.columns);
            out.extend_from_slice(head.as_bytes());
        }
    }

    fn rows(&self, batch: &Batch<'_>, out: &mut Vec<u8>, tally: &mut Tally) {
        let columns: Vec<_> = (0..self.keys.len()).map(|i| batch.values(i)).collect();
        for row in 0..batch.height() {
            if row > 0 {
                out.extend_from_slice(self.between());
            }
            out.push(b'{');
            for (i, (key, column)) in self.keys.iter().zip(&columns).enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(key.as_bytes());
                value(&column.item(row), out, tally);
            }
            out.push(b'}');
        }
    }

    fn between(&self) -> &'static [u8] {
        if self.lines { b"\n" } else { b",\n" }
    }

    fn tail(&self, ending: &Ending, tally: &Tally, out: &mut Vec<u8>) {
        if ending.rows > 0 {
            out.push(b'\n');
        }
        if self.lines {
            return;
        }
        let cut = ending.cut.map_or(Value::Null, |c| json!({"limit": c.limit}));
        let nulled = match tally.nan + tally.infinite {
            0 => String::new(),
            _ => format!(",\"nulled\":{}", json!({"nan": tally.nan, "infinite": tally.infinite})),
        };
        let sampled = match self.sampled {
            None => String::new(),
            Some(s) => format!(",\"sampled\":{}", json!({"rows": s.rows, "of": s.of, "seed": s.seed})),
        };
        out.extend_from_slice(format!("],\"cut\":{cut}{sampled}{nulled}}}\n").as_bytes());
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[inline]
fn value(item: &Item<'_>, out: &mut Vec<u8>, tally: &mut Tally) {
    match item {
        Item::Null => out.extend_from_slice(b"null"),
        Item::Text(text) => string(text, out),
        Item::Float(v) if !v.is_finite() => nulled(*v, out, tally),
        Item::Float32(v) if !v.is_finite() => nulled(f64::from(*v), out, tally),
        Item::Bool(_) | Item::Int(_) | Item::UInt(_) | Item::Float(_) | Item::Float32(_) => literal::push(out, item),
        // Their words need no escapes.
        Item::Date(_) | Item::Time(_) | Item::DateTime(..) => {
            out.push(b'"');
            literal::push(out, item);
            out.push(b'"');
        }
        Item::Cell(cell) => {
            count_nulled(cell, tally);
            let _ = serde_json::to_writer(out, &cell.json());
        }
    }
}

fn nulled(v: f64, out: &mut Vec<u8>, tally: &mut Tally) {
    out.extend_from_slice(b"null");
    note(v, tally);
}

fn note(v: f64, tally: &mut Tally) {
    if v.is_nan() {
        tally.nan += 1;
    } else if v.is_infinite() {
        tally.infinite += 1;
    }
}

/// Counts numbers JSON has no word for, inside nested values too.
fn count_nulled(cell: &Cell<'_>, tally: &mut Tally) {
    match cell {
        Cell::Float(v) => note(*v, tally),
        Cell::Float32(v) => note(f64::from(*v), tally),
        Cell::List(items) => items.iter().for_each(|c| count_nulled(c, tally)),
        Cell::Struct(fields) => fields.iter().for_each(|(_, c)| count_nulled(c, tally)),
        _ => {}
    }
}
