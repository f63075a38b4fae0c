//! Rows for the formats that store columns: cells made into columns, and small stretches gathered into large ones.

use polars::prelude::{
    AnyValue, Column as PlColumn, DataFrame, DataType, Field, PlSmallStr, Schema as PlSchema, Series, TimeUnit,
    TimeZone,
};

use super::super::batch::Batch;
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Cell, Column, Kind};

/// An error of the table library while it writes.
pub(super) fn from_polars(error: polars::error::PolarsError) -> Error {
    Error::failed(Msg::new("error-output").with("cause", error.to_string())).caused_by(error)
}

/// Stretches of rows on their way to become one that is worth storing by column.
pub(super) struct Gathered {
    schema: PlSchema,
    pending: DataFrame,
    /// Rows that make a stretch.
    rows: usize,
    /// Bytes that make a stretch, for wide rows.
    bytes: usize,
}

impl Gathered {
    /// Gathers frames of this schema.
    pub fn new(schema: PlSchema, rows: usize, bytes: usize) -> Self {
        let pending = DataFrame::empty_with_schema(&schema);
        Self { schema, pending, rows, bytes }
    }

    /// Adds a frame, and hands over every stretch that is full.
    pub fn add(&mut self, frame: DataFrame, mut full: impl FnMut(&DataFrame) -> Result<()>) -> Result<()> {
        let frame = fitted(frame, &self.schema)?;
        if self.pending.height() == 0 {
            self.pending = frame;
        } else {
            self.pending.vstack_mut_owned(frame).map_err(from_polars)?;
        }
        loop {
            let height = self.pending.height();
            if height == 0 {
                return Ok(());
            }
            let per_row = (self.pending.estimated_size() / height).max(1);
            let wanted = self.rows.min((self.bytes / per_row).max(1));
            if height < wanted {
                return Ok(());
            }
            let (mut head, rest) = self.pending.split_at(wanted as i64);
            self.pending = rest;
            head.rechunk_mut();
            full(&head)?;
        }
    }

    /// The rows left over.
    pub fn rest(mut self) -> DataFrame {
        self.pending.rechunk_mut();
        self.pending
    }
}

/// The frame with exactly the types of the schema.
fn fitted(frame: DataFrame, schema: &PlSchema) -> Result<DataFrame> {
    if frame.columns().iter().zip(schema.iter_values()).all(|(c, t)| c.dtype() == t) {
        return Ok(frame);
    }
    let columns = frame
        .columns()
        .iter()
        .zip(schema.iter_values())
        .map(|(c, t)| if c.dtype() == t { Ok(c.clone()) } else { c.strict_cast(t).map_err(from_polars) })
        .collect::<Result<Vec<_>>>()?;
    DataFrame::new(frame.height(), columns).map_err(from_polars)
}

/// The rows as a frame of the table library.
pub(super) fn frame_of(columns: &[Column], batch: &Batch<'_>) -> Result<DataFrame> {
    match batch {
        Batch::Frame(f) => Ok(f.inner().clone()),
        Batch::Cells(rows) => {
            let made = columns.iter().enumerate().map(|(i, column)| {
                let cells: Vec<&Cell<'static>> = rows.iter().map(|r| r.get(i).unwrap_or(&Cell::Null)).collect();
                series_of(column, &cells).map(PlColumn::from)
            });
            DataFrame::new(rows.len(), made.collect::<Result<Vec<_>>>()?).map_err(from_polars)
        }
    }
}

/// A column of cells. Where a value is not of the column's kind, all become text: none is lost.
fn series_of(column: &Column, cells: &[&Cell<'static>]) -> Result<Series> {
    let name = PlSmallStr::from(column.name.as_str());
    let dtype = type_of(&column.kind, cells);
    let values: Option<Vec<AnyValue<'static>>> = cells.iter().map(|c| value_of(c, &dtype)).collect();
    let (values, dtype) = match values {
        Some(values) => (values, dtype),
        None => {
            let words = cells.iter().map(|c| match c {
                Cell::Null => AnyValue::Null,
                cell => AnyValue::StringOwned(cell.plain().into()),
            });
            (words.collect(), DataType::String)
        }
    };
    Series::from_any_values_and_dtype(name, &values, &dtype, true).map_err(from_polars)
}

/// The narrowest usual type that holds the cells of a kind.
fn type_of(kind: &Kind, cells: &[&Cell<'static>]) -> DataType {
    match kind {
        Kind::Integer => {
            let (mut low, mut high) = (0, 0);
            for cell in cells {
                if let Cell::Int(v) = cell {
                    low = low.min(*v);
                    high = high.max(*v);
                }
            }
            if low >= i128::from(i64::MIN) && high <= i128::from(i64::MAX) {
                DataType::Int64
            } else if low >= 0 && high <= i128::from(u64::MAX) {
                DataType::UInt64
            } else {
                DataType::Int128
            }
        }
        Kind::Decimal(scale) => DataType::Decimal(38, usize::from(*scale)),
        Kind::Float => {
            let single = cells.iter().any(|c| matches!(c, Cell::Float32(_)))
                && cells.iter().all(|c| matches!(c, Cell::Float32(_) | Cell::Null));
            if single { DataType::Float32 } else { DataType::Float64 }
        }
        Kind::Boolean => DataType::Boolean,
        Kind::Text | Kind::Category => DataType::String,
        Kind::Date => DataType::Date,
        Kind::DateTime(zone) => {
            let fine = cells.iter().any(|c| matches!(c, Cell::DateTime(n, _) if n % 1000 != 0));
            let unit = if fine { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds };
            DataType::Datetime(unit, zone.as_deref().and_then(|z| TimeZone::opt_try_new(Some(z)).ok().flatten()))
        }
        Kind::Time => DataType::Time,
        Kind::Duration => {
            let fine = cells.iter().any(|c| matches!(c, Cell::Duration(n) if n % 1000 != 0));
            DataType::Duration(if fine { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds })
        }
        Kind::Binary => DataType::Binary,
        Kind::List(inner) => {
            let items: Vec<&Cell<'static>> = cells
                .iter()
                .filter_map(|c| match c {
                    Cell::List(items) => Some(items.iter()),
                    _ => None,
                })
                .flatten()
                .collect();
            DataType::List(Box::new(type_of(inner, &items)))
        }
        Kind::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|f| {
                    let parts: Vec<&Cell<'static>> = cells.iter().filter_map(|c| part(c, &f.name)).collect();
                    Field::new(f.name.as_str().into(), type_of(&f.kind, &parts))
                })
                .collect(),
        ),
        Kind::Empty => DataType::Null,
    }
}

fn part<'c>(cell: &'c Cell<'static>, name: &str) -> Option<&'c Cell<'static>> {
    match cell {
        Cell::Struct(parts) => parts.iter().find(|(n, _)| n == name).map(|(_, v)| v),
        _ => None,
    }
}

fn counted(nanos: i128, unit: TimeUnit) -> Option<i64> {
    let v = match unit {
        TimeUnit::Nanoseconds => nanos,
        TimeUnit::Microseconds => nanos.div_euclid(1_000),
        TimeUnit::Milliseconds => nanos.div_euclid(1_000_000),
    };
    i64::try_from(v).ok()
}

/// A cell as a value of a type; none where it is not one.
fn value_of(cell: &Cell<'static>, dtype: &DataType) -> Option<AnyValue<'static>> {
    Some(match (cell, dtype) {
        (Cell::Null, _) => AnyValue::Null,
        (Cell::Bool(v), DataType::Boolean) => AnyValue::Boolean(*v),
        (Cell::Int(v), DataType::Int64) => AnyValue::Int64(i64::try_from(*v).ok()?),
        (Cell::Int(v), DataType::UInt64) => AnyValue::UInt64(u64::try_from(*v).ok()?),
        (Cell::Int(v), DataType::Int128) => AnyValue::Int128(*v),
        (Cell::Float(v), DataType::Float64) => AnyValue::Float64(*v),
        (Cell::Float32(v), DataType::Float32) => AnyValue::Float32(*v),
        // Through its digits: 0.1 stays 0.1.
        (Cell::Float32(v), DataType::Float64) => AnyValue::Float64(v.to_string().parse().ok()?),
        (Cell::Int(v), DataType::Float64) if *v as f64 as i128 == *v => AnyValue::Float64(*v as f64),
        (Cell::Decimal(v, s), DataType::Decimal(precision, scale)) if usize::from(*s) == *scale => {
            AnyValue::Decimal(*v, *precision, *scale)
        }
        (Cell::Text(v), DataType::String) => AnyValue::StringOwned(v.as_ref().into()),
        (Cell::Date(v), DataType::Date) => AnyValue::Date(*v),
        (Cell::Time(v), DataType::Time) => AnyValue::Time(*v),
        (Cell::DateTime(n, None), DataType::Datetime(unit, None)) => {
            AnyValue::DatetimeOwned(counted(*n, *unit)?, *unit, None)
        }
        (Cell::DateTime(n, Some(z)), DataType::Datetime(unit, Some(zone))) => {
            let utc = n - i128::from(z.offset) * 1_000_000_000;
            AnyValue::DatetimeOwned(counted(utc, *unit)?, *unit, Some(std::sync::Arc::new(zone.clone())))
        }
        (Cell::Duration(n), DataType::Duration(unit)) => AnyValue::Duration(counted(*n, *unit)?, *unit),
        (Cell::Binary(v), DataType::Binary) => AnyValue::BinaryOwned(v.to_vec()),
        (Cell::List(items), DataType::List(inner)) => {
            let items: Vec<AnyValue<'static>> = items.iter().map(|c| value_of(c, inner)).collect::<Option<_>>()?;
            AnyValue::List(Series::from_any_values_and_dtype("".into(), &items, inner, true).ok()?)
        }
        (Cell::Struct(_), DataType::Struct(fields)) => {
            let values = fields
                .iter()
                .map(|f| value_of(part(cell, f.name().as_str()).unwrap_or(&Cell::Null), f.dtype()))
                .collect::<Option<Vec<_>>>()?;
            AnyValue::StructOwned(Box::new((values, fields.clone())))
        }
        _ => return None,
    })
}
