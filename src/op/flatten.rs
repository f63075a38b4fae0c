//! Columns of named fields into one column for each field, computed as they are read.

use std::sync::Arc;

use polars::prelude::{Column as PlColumn, DataFrame, IntoColumn as _};
use serde::{Deserialize, Serialize};

use super::columns::{Columns, free_name};
use super::{Context, Outcome};
use crate::data::{Compute, Dataset, Derivation, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// Put the fields of these columns in their place, as `column.field`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flatten {
    /// Their names; none for every column that has fields.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Whether fields that have fields themselves are opened as well.
    #[serde(default)]
    pub deep: bool,
}

impl Flatten {
    /// The step in words.
    pub fn words(&self) -> Msg {
        match self.columns.is_empty() {
            true => Msg::new("step-flatten-all"),
            false => Msg::new("step-flatten").with("columns", self.columns.join(", ")),
        }
    }

    /// The dataset with the fields. Reads nothing.
    pub fn run(&self, dataset: &Dataset, _context: &Context) -> Result<Outcome> {
        let schema = dataset.schema();
        let chosen: Vec<usize> = match self.columns.is_empty() {
            true => (0..schema.len()).filter(|i| matches!(schema.columns()[*i].kind, Kind::Struct(_))).collect(),
            false => self.columns.iter().map(|n| schema.require(n)).collect::<Result<Vec<_>>>()?,
        };
        if chosen.is_empty() {
            return Err(Error::usage(Msg::new("error-no-struct")).hint(Msg::new("hint-no-struct")));
        }
        let mut columns = Columns::of(dataset);
        for at in chosen {
            let Column { name, kind } = &schema.columns()[at];
            let Kind::Struct(fields) = kind else {
                let error = Error::usage(Msg::new("error-not-struct").with("name", name).with("kind", kind.word()));
                return Err(match kind {
                    Kind::List(_) => error.hint(Msg::new("hint-not-struct-list")),
                    _ => error.hint(Msg::new("hint-no-struct")),
                });
            };
            let mut leaves = Vec::new();
            self.leaves(name, fields, &mut Vec::new(), &mut leaves);
            let mut made: Vec<Derivation> = Vec::new();
            for (leaf, kind, path) in leaves {
                let taken = |n: &str| {
                    n != name && columns.has(n)
                        || made.iter().any(|d| matches!(d, Derivation::Computed { column, .. } if column.name == n))
                };
                let leaf = free_name(&leaf, taken);
                let compute: Compute = Arc::new(move |f: &DataFrame| field(&f.columns()[0], &path));
                made.push(Columns::computed(&leaf, kind, vec![dataset.places()[at]], compute));
            }
            // Earlier columns may have become several.
            if let Some(now) = columns.position(name) {
                columns.splice(now, made);
            }
        }
        Ok(columns.finish()?.into())
    }

    fn leaves(&self, name: &str, fields: &[Column], path: &mut Vec<usize>, out: &mut Vec<(String, Kind, Vec<usize>)>) {
        for (i, field) in fields.iter().enumerate() {
            path.push(i);
            let full = format!("{name}.{}", field.name);
            match &field.kind {
                Kind::Struct(inner) if self.deep => self.leaves(&full, inner, path, out),
                kind => out.push((full, kind.clone(), path.clone())),
            }
            path.pop();
        }
    }
}

/// The field at the end of a path of places; missing where anything on the way is.
pub fn field(column: &PlColumn, path: &[usize]) -> Result<PlColumn> {
    let mut at = column.clone();
    for place in path {
        let fields = at.struct_().map_err(from_polars)?.fields_as_series();
        let Some(inner) = fields.into_iter().nth(*place) else {
            return Err(Error::failed(Msg::new("error-data").with("cause", "field")));
        };
        let mut inner = inner.into_column();
        if at.null_count() > 0 {
            let there = at.is_not_null();
            let none = PlColumn::full_null(inner.name().clone(), inner.len(), inner.dtype());
            inner = inner.zip_with(&there, &none).map_err(from_polars)?;
        }
        at = inner;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use crate::value::Cell;
    use polars::prelude::{IntoSeries as _, StructChunked};

    fn pair(name: &str, fields: &[PlColumn]) -> PlColumn {
        let series: Vec<_> = fields.iter().map(|c| c.as_materialized_series().clone()).collect();
        StructChunked::from_series(name.into(), series[0].len(), series.iter()).unwrap().into_series().into_column()
    }

    fn data() -> Dataset {
        let inner =
            pair("geo", &[PlColumn::new("city".into(), ["東京", "Osaka"]), PlColumn::new("n".into(), [1i64, 2])]);
        let outer = pair("d", &[PlColumn::new("os".into(), ["a", "b"]), inner]);
        let other = PlColumn::new("d.os".into(), ["x", "y"]);
        Dataset::from_frame(DataFrame::new(2, vec![outer, other]).unwrap())
    }

    fn names(op: &Flatten) -> Result<Vec<String>> {
        let out = op.run(&data(), &Context::new(Control::new(), 1 << 20))?.dataset;
        assert_eq!(out.schema(), out.window(&(0..out.schema().len()).collect::<Vec<_>>(), 0, 2)?.schema());
        Ok(out.schema().columns().iter().map(|c| c.name.clone()).collect())
    }

    #[test]
    fn fields_stand_in_the_place_of_their_column() {
        let one = Flatten { columns: vec!["d".into()], deep: false };
        assert_eq!(names(&one).unwrap(), ["d.os_2", "d.geo", "d.os"]);
        let all = Flatten { columns: vec![], deep: true };
        assert_eq!(names(&all).unwrap(), ["d.os_2", "d.geo.city", "d.geo.n", "d.os"]);
        let out = all.run(&data(), &Context::new(Control::new(), 1 << 20)).unwrap().dataset;
        let frame = out.window(&[1, 2], 0, 2).unwrap();
        assert_eq!((frame.cell(0, 0), frame.cell(1, 1)), (Cell::Text("東京".into()), Cell::Int(2)));
        let wrong = Flatten { columns: vec!["d.os".into()], deep: false };
        assert_eq!(names(&wrong).err().map(|e| e.message.id), Some("error-not-struct"));
    }
}
