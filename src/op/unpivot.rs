//! From wide to long: one row for each value of some columns, with the column's name beside it.

use polars::prelude::{Column as PlColumn, DataFrame, DataType, IdxCa, IdxSize};
use serde::{Deserialize, Serialize};

use super::columns::free_name;
use super::convert::{Reading, Target, convert};
use super::keys::in_type;
use super::reshape::{PIECE, reshaped};
use super::{Context, Outcome};
use crate::data::{Dataset, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Kind;

fn name_column() -> String {
    "name".to_owned()
}

fn value_column() -> String {
    "value".to_owned()
}

/// Turn these columns into rows; the others are repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpivot {
    /// The columns.
    pub columns: Vec<String>,
    /// What the column with their names is called.
    #[serde(default = "name_column")]
    pub name: String,
    /// What the column with their values is called.
    #[serde(default = "value_column")]
    pub value: String,
    /// Leave out rows without a value.
    #[serde(default)]
    pub drop_missing: bool,
}

impl Unpivot {
    /// With the usual names.
    pub fn new(columns: Vec<String>) -> Self {
        Self { columns, name: name_column(), value: value_column(), drop_missing: false }
    }

    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-unpivot").with("columns", self.columns.len())
    }

    /// The dataset in its long form, row after row.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        if self.columns.is_empty() {
            return Err(Error::usage(Msg::new("error-no-columns")));
        }
        let schema = dataset.schema();
        let places = self.columns.iter().map(|n| schema.require(n)).collect::<Result<Vec<_>>>()?;
        let kept: Vec<usize> = (0..schema.len()).filter(|i| !places.contains(i)).collect();
        let taken = |n: &str| kept.iter().any(|k| schema.columns()[*k].name == n);
        let name = free_name(&self.name, taken);
        let value = free_name(&self.value, |n| taken(n) || n == name);
        let kinds: Vec<&Kind> = places.iter().map(|p| &schema.columns()[*p].kind).collect();
        let mut notes = Vec::new();
        if kinds.iter().any(|k| !alike(k, kinds[0])) {
            notes.push(Msg::new("note-unpivot-text").with("column", &value));
        }
        let rows = (PIECE / places.len()).max(1);
        let out = reshaped(dataset, context, |frame, give| {
            let values: Vec<PlColumn> = places.iter().map(|p| frame.columns()[*p].clone()).collect();
            let (values, dtype) = one_type(values, &kinds)?;
            let mut start = 0;
            loop {
                let n = rows.min(frame.height() - start);
                let k = places.len();
                let mut all = PlColumn::new_empty(value.as_str().into(), &dtype);
                for column in &values {
                    all.append(&column.slice(start as i64, n)).map_err(from_polars)?;
                }
                // One column after the other stands in `all`; rows are wanted one after the other.
                let take = |f: &dyn Fn(usize) -> usize| {
                    IdxCa::from_vec("".into(), (0..n * k).map(|i| f(i) as IdxSize).collect())
                };
                let by_row = take(&|i| start + i / k);
                let mut columns: Vec<PlColumn> = kept
                    .iter()
                    .map(|c| frame.columns()[*c].take(&by_row).map_err(from_polars))
                    .collect::<Result<_>>()?;
                let names: Vec<&str> = (0..n * k).map(|i| self.columns[i % k].as_str()).collect();
                columns.push(PlColumn::new(name.as_str().into(), names));
                columns.push(
                    all.take(&take(&|i| i % k * n + i / k)).map_err(from_polars)?.with_name(value.as_str().into()),
                );
                let mut made = DataFrame::new(n * k, columns).map_err(from_polars)?;
                if self.drop_missing {
                    let there = made.columns()[kept.len() + 1].is_not_null();
                    made = made.filter_seq(&there).map_err(from_polars)?;
                }
                give(made)?;
                start += n;
                if start >= frame.height() {
                    return Ok(());
                }
            }
        })?;
        Ok(Outcome { notes, ..out.into() })
    }
}

fn alike(a: &Kind, b: &Kind) -> bool {
    a == b || (a.is_number() && b.is_number()) || (a.is_text() && b.is_text()) || *a == Kind::Empty || *b == Kind::Empty
}

/// Columns brought to one type: numbers stay numbers, what is mixed becomes text.
fn one_type(columns: Vec<PlColumn>, kinds: &[&Kind]) -> Result<(Vec<PlColumn>, DataType)> {
    let known: Vec<(&PlColumn, &Kind)> =
        columns.iter().zip(kinds.iter().copied()).filter(|(_, k)| **k != Kind::Empty).collect();
    let Some((first, kind)) = known.first().copied() else {
        let none = columns.iter().map(|c| in_type(c, &DataType::String)).collect::<Result<_>>()?;
        return Ok((none, DataType::String));
    };
    let dtype = if known.iter().all(|(c, _)| c.dtype() == first.dtype()) && !kind.is_text() {
        first.dtype().clone()
    } else if known.iter().all(|(_, k)| **k == Kind::Integer) {
        DataType::Int64
    } else if known.iter().all(|(_, k)| k.is_number()) {
        DataType::Float64
    } else {
        DataType::String
    };
    let all = columns
        .iter()
        .zip(kinds)
        .map(|(c, k)| match dtype == DataType::String && !k.is_text() {
            true => convert(c, Target::Text, &Reading::default()),
            false => in_type(c, &dtype),
        })
        .collect::<Result<_>>()?;
    Ok((all, dtype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;

    fn run(op: &Unpivot) -> (Vec<String>, Kind, usize) {
        let id = PlColumn::new("id".into(), ["p", "q"]);
        let a = PlColumn::new("a".into(), [Some(1i32), None]);
        let b = PlColumn::new("b".into(), [1.5, 2.5]);
        let t = PlColumn::new("value".into(), ["x", "y"]);
        let data = Dataset::from_frame(DataFrame::new(2, vec![id, a, b, t]).unwrap());
        let out = op.run(&data, &Context::new(Control::new(), 1 << 20)).unwrap();
        let schema = out.dataset.schema().clone();
        let all: Vec<usize> = (0..schema.len()).collect();
        let frame = out.dataset.window(&all, 0, 99).unwrap();
        let rows =
            (0..frame.height()).map(|r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|"));
        (rows.collect(), schema.columns().last().unwrap().kind.clone(), out.notes.len())
    }

    #[test]
    fn row_after_row() {
        let op = Unpivot::new(vec!["a".into(), "b".into()]);
        let (rows, kind, notes) = run(&op);
        assert_eq!(rows, ["p|x|a|1.0", "p|x|b|1.5", "q|y|a|", "q|y|b|2.5"]);
        assert_eq!((kind, notes), (Kind::Float, 0));
        let (rows, ..) = run(&Unpivot { drop_missing: true, ..op });
        assert_eq!(rows.len(), 3);
        let (rows, kind, notes) = run(&Unpivot::new(vec!["a".into(), "value".into()]));
        assert_eq!(rows, ["p|1.5|a|1", "p|1.5|value|x", "q|2.5|a|", "q|2.5|value|y"]);
        assert_eq!((kind, notes), (Kind::Text, 1));
    }
}
