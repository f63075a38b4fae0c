//! Put rows in order by one or several columns.

mod order;

use std::sync::Arc;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::data::{Dataset, Flow, Rows};
use crate::error::{Error, Result};
use crate::text::{Msg, number};

/// One column to sort by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name.
    pub column: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

impl std::str::FromStr for Key {
    type Err = Error;

    /// Reads `COL`, `COL:asc` or `COL:desc`. A name that itself ends so is written with one more suffix.
    fn from_str(text: &str) -> Result<Self> {
        let (column, descending) = match text.rsplit_once(':') {
            Some((column, "desc")) => (column, true),
            Some((column, "asc")) => (column, false),
            _ => (text, false),
        };
        if column.is_empty() {
            return Err(Error::usage(Msg::new("error-sort-key").with("text", text)));
        }
        Ok(Self { column: column.to_owned(), descending })
    }
}

/// Sort by these columns, the first one first; equal rows keep the table's order; missing values come last either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// The columns. None at all restores the table's order.
    pub by: Vec<Key>,
}

impl Sort {
    /// The order in words.
    pub fn words(&self) -> Msg {
        let keys: Vec<String> =
            self.by.iter().map(|k| format!("{} {}", k.column, if k.descending { "▼" } else { "▲" })).collect();
        Msg::new("step-sort").with("columns", keys.join(", "))
    }

    /// The keys that decide: of those that name a column again, the first.
    pub fn keys(&self) -> Vec<Key> {
        let again = |i: usize| self.by[..i].iter().any(|k| k.column == self.by[i].column);
        (0..self.by.len()).filter(|i| !again(*i)).map(|i| self.by[i].clone()).collect()
    }

    /// The dataset in order. Reads the key columns only; refuses when they do not fit into the memory allowed.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Dataset> {
        let by = self.keys();
        let places = by.iter().map(|k| dataset.schema().require(&k.column)).collect::<Result<Vec<_>>>();
        let view = dataset;
        let (dataset, places) = match places {
            Ok(places) => (view.clone(), places),
            // A hidden column can still be a key.
            Err(_) => {
                let all = view.with_all_columns();
                let places = by.iter().map(|k| all.schema().require(&k.column)).collect::<Result<Vec<_>>>()?;
                (all, places)
            }
        };
        for (key, place) in by.iter().zip(&places) {
            let kind = &dataset.schema().columns()[*place].kind;
            if kind.is_nested() {
                return Err(Error::usage(
                    Msg::new("error-sort-nested").with("column", &key.column).with("kind", kind.word()),
                ));
            }
        }
        let total = dataset.count(&context.control)?;
        guard_memory(&dataset, &places, total, context)?;
        let mut keys: Option<DataFrame> = None;
        dataset.scan(&places, &context.control, Ok, |frame| {
            match &mut keys {
                None => keys = Some(frame),
                Some(all) => {
                    all.vstack_mut(&frame).map_err(failed)?;
                }
            }
            Ok(Flow::Continue)
        })?;
        context.control.check()?;
        let rows = rows_in_table_order(&dataset, total);
        let order = match keys {
            None => rows,
            Some(_) if by.is_empty() => rows,
            Some(keys) => {
                context.control.say(Some(Msg::new("stage-sort")));
                let descending: Vec<bool> = by.iter().map(|k| k.descending).collect();
                let order = order::order(keys.into_columns(), &descending, &context.control);
                context.control.say(None);
                order?.into_iter().map(|i| rows[i as usize]).collect()
            }
        };
        context.control.check()?;
        Ok(view.with_rows(Rows::Ordered(Arc::new(order))))
    }
}

fn failed(e: polars::error::PolarsError) -> Error {
    Error::failed(Msg::new("error-data").with("cause", e.to_string())).caused_by(e)
}

/// Numbers, in the table, of the rows in view, in the table's order (the order of a scan).
fn rows_in_table_order(dataset: &Dataset, total: u64) -> Vec<u32> {
    match dataset.rows() {
        Rows::All => (0..total as u32).collect(),
        Rows::Picked(p) => (0..p.len()).filter_map(|n| p.row(n)).map(|r| r as u32).collect(),
        Rows::Ordered(o) => {
            let mut rows = o.as_ref().clone();
            rows.sort_unstable();
            rows
        }
    }
}

/// Refuses when keys and row numbers would not fit, judged by the first rows.
fn guard_memory(dataset: &Dataset, places: &[usize], total: u64, context: &Context) -> Result<()> {
    const SAMPLE: usize = 1024;
    let head = dataset.window(places, 0, SAMPLE)?;
    let per_row = (head.inner().estimated_size() / head.height().max(1)) as u64;
    // The keys; and for each row eight bytes of them with its number, room to merge them, and its number before and after.
    let needed = total * (per_row + 40);
    if total > u64::from(u32::MAX) || needed > context.memory {
        return Err(Error::refused(
            Msg::new("error-memory-sort")
                .with("rows", total)
                .with("needed", number::bytes(needed))
                .with("allowed", number::bytes(context.memory)),
        )
        .hint(Msg::new("hint-memory")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::Column as PlColumn;

    fn context() -> Context {
        Context::new(Control::new(), 1 << 30)
    }

    fn data() -> Dataset {
        let frame = DataFrame::new(
            6,
            vec![
                PlColumn::new("g".into(), ["b", "a", "b", "a", "c", "b"]),
                PlColumn::new("x".into(), [Some(2.0), None, Some(1.0), Some(5.0), Some(f64::NAN), Some(1.0)]),
            ],
        )
        .unwrap();
        Dataset::from_frame(frame)
    }

    fn order(d: &Dataset) -> Vec<u64> {
        (0..d.row_count().known()).map(|n| d.table_row(n).unwrap()).collect()
    }

    fn sort(d: &Dataset, keys: &[&str]) -> Vec<u64> {
        let by = keys.iter().map(|k| k.parse().unwrap()).collect();
        order(&Sort { by }.run(d, &context()).unwrap())
    }

    #[test]
    fn missing_last_both_ways_and_ties_in_table_order() {
        assert_eq!(sort(&data(), &["x"]), [2, 5, 0, 3, 4, 1]);
        assert_eq!(sort(&data(), &["x:desc"]), [4, 3, 0, 2, 5, 1]);
        assert_eq!(sort(&data(), &["g", "x:desc"]), [3, 1, 0, 2, 5, 4]);
        assert_eq!(sort(&data(), &["g", "x:desc", "g:desc"]), [3, 1, 0, 2, 5, 4]);
        assert_eq!(sort(&data(), &[]), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn sorting_what_was_sorted_keeps_its_rows() {
        let once = Sort { by: vec!["x:desc".parse().unwrap()] }.run(&data(), &context()).unwrap();
        assert_eq!(sort(&once, &["g"]), [1, 3, 0, 2, 5, 4]);
    }

    #[test]
    fn refuses_above_the_memory_allowed() {
        let small = Context::new(Control::new(), 10);
        let e = Sort { by: vec!["x".parse().unwrap()] }.run(&data(), &small).err().unwrap();
        assert_eq!(e.kind, crate::error::ErrorKind::Refused);
    }
}
