//! From single values to a frame: for small results that are to be browsed like any table.

use polars::prelude::{Column as PlColumn, DataFrame, DataType};

use crate::value::{Cell, Column, Kind};

/// A frame of these columns and rows. A value that is not of its column's kind is kept as text, with its whole column.
/// Names that occur twice get a number.
pub fn frame_of_cells(columns: &[Column], rows: &[Vec<Cell<'static>>]) -> DataFrame {
    let mut made: Vec<PlColumn> = Vec::with_capacity(columns.len());
    for (i, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|r| r.get(i).unwrap_or(&Cell::Null));
        let name = match made.iter().any(|c| c.name().as_str() == column.name) {
            true => format!("{}_{}", column.name, i + 1),
            false => column.name.clone(),
        };
        let typed = match &column.kind {
            Kind::Integer => whole(&name, values.clone()),
            Kind::Float | Kind::Decimal(_) => number(&name, values.clone()),
            Kind::Boolean => truth(&name, values.clone()),
            Kind::Date => dates(&name, values.clone()),
            _ => None,
        };
        made.push(typed.unwrap_or_else(|| {
            let texts: Vec<Option<String>> =
                values.map(|c| if c.is_null() { None } else { Some(c.display().into_owned()) }).collect();
            PlColumn::new(name.as_str().into(), texts)
        }));
    }
    DataFrame::new(rows.len(), made).unwrap_or_default()
}

fn collect<'a, T>(
    values: impl Iterator<Item = &'a Cell<'static>>,
    convert: impl Fn(&Cell<'static>) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    values.map(|c| if c.is_null() { Some(None) } else { convert(c).map(Some) }).collect()
}

fn whole<'a>(name: &str, values: impl Iterator<Item = &'a Cell<'static>>) -> Option<PlColumn> {
    let values = collect(values, |c| match c {
        Cell::Int(v) => i64::try_from(*v).ok(),
        _ => None,
    })?;
    Some(PlColumn::new(name.into(), values))
}

fn number<'a>(name: &str, values: impl Iterator<Item = &'a Cell<'static>>) -> Option<PlColumn> {
    Some(PlColumn::new(name.into(), collect(values, Cell::as_f64)?))
}

fn truth<'a>(name: &str, values: impl Iterator<Item = &'a Cell<'static>>) -> Option<PlColumn> {
    let values = collect(values, |c| match c {
        Cell::Bool(v) => Some(*v),
        _ => None,
    })?;
    Some(PlColumn::new(name.into(), values))
}

fn dates<'a>(name: &str, values: impl Iterator<Item = &'a Cell<'static>>) -> Option<PlColumn> {
    let values = collect(values, |c| match c {
        Cell::Date(v) => Some(*v),
        _ => None,
    })?;
    PlColumn::new(name.into(), values).cast(&DataType::Date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Frame;

    #[test]
    fn kinds_are_kept_and_mixtures_become_text() {
        let column = |name: &str, kind| Column { name: name.into(), kind };
        let columns =
            [column("n", Kind::Integer), column("x", Kind::Float), column("m", Kind::Integer), column("n", Kind::Text)];
        let rows = vec![
            vec![Cell::Int(1), Cell::Float(0.5), Cell::Int(1), Cell::Text("a".into())],
            vec![Cell::Null, Cell::Null, Cell::Text("x".into()), Cell::Int(1234)],
        ];
        let frame = Frame::new(frame_of_cells(&columns, &rows));
        let kinds: Vec<&Kind> = frame.schema().columns().iter().map(|c| &c.kind).collect();
        assert_eq!(kinds, [&Kind::Integer, &Kind::Float, &Kind::Text, &Kind::Text]);
        assert_eq!(frame.cell(1, 2), Cell::Text("x".into()));
        assert_eq!(frame.cell(1, 3), Cell::Text("1,234".into()));
        assert!(frame.cell(1, 0).is_null());
    }
}
