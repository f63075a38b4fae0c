//! From JSON values to typed columns.

use polars::chunked_array::builder::get_list_builder;
use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn as _,
    IntoSeries as _, NewChunkedArray as _, PlSmallStr, PolarsResult, Series, StringChunked, StructChunked,
    UInt64Chunked,
};

use super::parse::Node;
use super::shape::{Columns, Type};
use crate::data::from_polars;
use crate::error::Result;
use crate::value::time;

/// The fields of a row. Rows that are no objects have their values in `value`, or in `column_1` … if they are lists.
pub fn fields(row: Node<'_>) -> Vec<(std::borrow::Cow<'_, str>, Node<'_>)> {
    match row {
        Node::Object(fields) => fields,
        Node::List(items) => {
            items.into_iter().enumerate().map(|(i, item)| (format!("column_{}", i + 1).into(), item)).collect()
        }
        other => vec![("value".into(), other)],
    }
}

/// A frame of rows; every value must fit the columns (it is missing where it does not).
pub fn frame(rows: &[Vec<(std::borrow::Cow<'_, str>, Node<'_>)>], columns: &Columns) -> Result<DataFrame> {
    let slots = columns.list.len();
    let mut cells: Vec<Vec<Option<&Node<'_>>>> = vec![vec![None; rows.len()]; slots];
    for (n, row) in rows.iter().enumerate() {
        for (i, (name, node)) in row.iter().enumerate() {
            if let Some(place) = columns.place(name, i) {
                cells[place][n] = Some(node);
            }
        }
    }
    let built: PolarsResult<Vec<PlColumn>> =
        columns.list.iter().zip(&cells).map(|((name, t), cells)| Ok(series(name, cells, t)?.into_column())).collect();
    DataFrame::new(rows.len(), built.map_err(from_polars)?).map_err(from_polars)
}

fn series(name: &str, cells: &[Option<&Node<'_>>], t: &Type) -> PolarsResult<Series> {
    let name: PlSmallStr = name.into();
    let built = match t {
        Type::Empty => return Ok(Series::full_null(name, cells.len(), &t.data_type())),
        Type::Bool => BooleanChunked::from_iter_options(
            name,
            cells.iter().map(|c| match c {
                Some(Node::Bool(v)) => Some(*v),
                _ => None,
            }),
        )
        .into_series(),
        Type::Int => Int64Chunked::from_iter_options(name, cells.iter().map(|c| number(c)?.parse().ok())).into_series(),
        Type::UInt => {
            UInt64Chunked::from_iter_options(name, cells.iter().map(|c| number(c)?.parse().ok())).into_series()
        }
        Type::Float => {
            Float64Chunked::from_iter_options(name, cells.iter().map(|c| number(c)?.parse().ok())).into_series()
        }
        Type::Date => {
            let days = cells.iter().map(|c| text(c).and_then(time::iso_day));
            Int32Chunked::from_iter_options(name, days).into_series().cast(&t.data_type())?
        }
        Type::DateTime { .. } => {
            let micros = cells.iter().map(|c| text(c).and_then(time::iso_moment).map(|(micros, _)| micros));
            Int64Chunked::from_iter_options(name, micros).into_series().cast(&t.data_type())?
        }
        Type::Text => StringChunked::from_iter_options(
            name,
            cells.iter().map(|c| match c {
                None | Some(Node::Null) => None,
                Some(node) => Some(node.plain()),
            }),
        )
        .into_series(),
        Type::List(inner) => list(name, cells, inner)?,
        Type::Struct(columns) => structs(name, cells, columns)?,
    };
    Ok(built)
}

/// The digits of a cell that is a number.
fn number<'a>(cell: &Option<&'a Node<'_>>) -> Option<&'a str> {
    match cell {
        Some(Node::Number(n)) => Some(n),
        _ => None,
    }
}

/// The text of a cell that is text.
fn text<'a>(cell: &Option<&'a Node<'_>>) -> Option<&'a str> {
    match cell {
        Some(Node::Text(t)) => Some(t),
        _ => None,
    }
}

fn list(name: PlSmallStr, cells: &[Option<&Node<'_>>], inner: &Type) -> PolarsResult<Series> {
    let mut builder = get_list_builder(&inner.data_type(), cells.len() * 4, cells.len(), name);
    for cell in cells {
        match cell {
            Some(Node::List(items)) => {
                let items: Vec<Option<&Node<'_>>> = items.iter().map(Some).collect();
                builder.append_series(&series("", &items, inner)?)?;
            }
            _ => builder.append_null(),
        }
    }
    Ok(builder.finish().into_series())
}

fn structs(name: PlSmallStr, cells: &[Option<&Node<'_>>], columns: &Columns) -> PolarsResult<Series> {
    let mut parts: Vec<Vec<Option<&Node<'_>>>> = vec![vec![None; cells.len()]; columns.list.len()];
    for (n, cell) in cells.iter().enumerate() {
        let Some(Node::Object(fields)) = cell else { continue };
        for (i, (key, node)) in fields.iter().enumerate() {
            if let Some(place) = columns.place(key, i) {
                parts[place][n] = Some(node);
            }
        }
    }
    let parts: Vec<Series> = columns
        .list
        .iter()
        .zip(&parts)
        .map(|((name, t), cells)| series(name, cells, t))
        .collect::<PolarsResult<_>>()?;
    let built = StructChunked::from_series(name, cells.len(), parts.iter())?;
    let there: Vec<bool> = cells.iter().map(|c| matches!(c, Some(Node::Object(_)))).collect();
    if there.iter().all(|t| *t) {
        return Ok(built.into_series());
    }
    let mask = BooleanChunked::from_slice("".into(), &there);
    let validity = mask.downcast_iter().next().map(|array| array.values().clone());
    Ok(built.with_outer_validity(validity).into_series())
}
