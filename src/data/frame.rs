//! A few rows in hand: the bridge from the table library's types to ours.

use std::borrow::Cow;
use std::str::FromStr;

use chrono::{Offset, TimeZone as _};
use polars::prelude::{AnyValue, Column as PlColumn, DataFrame, DataType, TimeUnit};

use crate::value::{Cell, Column, Kind, Schema, Zone};

/// Rows read from a table, with the columns they were read for.
#[derive(Clone, Debug)]
pub struct Frame {
    frame: DataFrame,
    schema: Schema,
}

impl Frame {
    /// Wraps rows.
    pub fn new(frame: DataFrame) -> Self {
        let schema = schema_of(&frame);
        Self { frame, schema }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// The value in a row and a column; missing outside the frame.
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match self.frame.columns().get(column) {
            Some(c) => cell_of(c, row),
            None => Cell::Null,
        }
    }

    /// The rows as the table library holds them, for operations and writers.
    pub fn inner(&self) -> &DataFrame {
        &self.frame
    }

    /// Gives the rows away.
    pub fn into_inner(self) -> DataFrame {
        self.frame
    }
}

/// The value in row `row` of a column; missing when there is no such row.
pub fn cell_of(column: &PlColumn, row: usize) -> Cell<'_> {
    match column.get(row) {
        Ok(value) => cell(value),
        Err(_) => Cell::Null,
    }
}

/// No rows of the columns at `columns`.
pub(crate) fn empty_frame(schema: &Schema, columns: &[usize]) -> DataFrame {
    let columns = columns
        .iter()
        .filter_map(|i| schema.columns().get(*i))
        .map(|c| PlColumn::new_empty(c.name.as_str().into(), &data_type(&c.kind)))
        .collect();
    DataFrame::new(0, columns).unwrap_or_default()
}

/// The columns of a frame of the table library, in our terms.
pub fn schema_of(frame: &DataFrame) -> Schema {
    Schema::new(
        frame.columns().iter().map(|c| Column { name: c.name().to_string(), kind: kind_of(c.dtype()) }).collect(),
    )
}

/// Our kind for a type of the table library.
pub fn kind_of(dtype: &DataType) -> Kind {
    match dtype {
        DataType::Boolean => Kind::Boolean,
        t if t.is_integer() => Kind::Integer,
        t if t.is_float() => Kind::Float,
        DataType::Decimal(_, scale) => Kind::Decimal(*scale as u8),
        DataType::String => Kind::Text,
        DataType::Categorical(..) | DataType::Enum(..) => Kind::Category,
        DataType::Binary | DataType::BinaryOffset => Kind::Binary,
        DataType::Date => Kind::Date,
        DataType::Datetime(_, zone) => Kind::DateTime(zone.as_ref().map(|z| z.to_string())),
        DataType::Duration(_) => Kind::Duration,
        DataType::Time => Kind::Time,
        DataType::List(inner) | DataType::Array(inner, _) => Kind::List(Box::new(kind_of(inner))),
        DataType::Struct(fields) => Kind::Struct(
            fields.iter().map(|f| Column { name: f.name().to_string(), kind: kind_of(f.dtype()) }).collect(),
        ),
        _ => Kind::Empty,
    }
}

/// A type of the table library that can hold a kind.
pub(crate) fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Integer => DataType::Int64,
        Kind::Decimal(scale) => DataType::Decimal(38, usize::from(*scale)),
        Kind::Float => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Text | Kind::Category => DataType::String,
        Kind::Date => DataType::Date,
        Kind::DateTime(zone) => DataType::Datetime(
            TimeUnit::Microseconds,
            zone.as_deref().and_then(|z| polars::prelude::TimeZone::opt_try_new(Some(z)).ok().flatten()),
        ),
        Kind::Time => DataType::Time,
        Kind::Duration => DataType::Duration(TimeUnit::Microseconds),
        Kind::Binary => DataType::Binary,
        Kind::List(inner) => DataType::List(Box::new(data_type(inner))),
        Kind::Struct(fields) => DataType::Struct(
            fields.iter().map(|f| polars::prelude::Field::new(f.name.as_str().into(), data_type(&f.kind))).collect(),
        ),
        Kind::Empty => DataType::Null,
    }
}

fn nanos(value: i64, unit: TimeUnit) -> i128 {
    i128::from(value)
        * match unit {
            TimeUnit::Nanoseconds => 1,
            TimeUnit::Microseconds => 1_000,
            TimeUnit::Milliseconds => 1_000_000,
        }
}

/// Local nanoseconds of an instant in a zone. An instant outside the calendar the zones know is shown in UTC.
fn instant(value: i64, unit: TimeUnit, zone: &str) -> Cell<'static> {
    let utc = nanos(value, unit);
    let offset = chrono_tz::Tz::from_str(zone)
        .ok()
        .zip(chrono::DateTime::from_timestamp(utc.div_euclid(1_000_000_000) as i64, 0))
        .map_or(0, |(tz, at)| tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc());
    Cell::DateTime(utc + i128::from(offset) * 1_000_000_000, Some(Zone { offset }))
}

fn items(series: &polars::prelude::Series) -> Cell<'static> {
    Cell::List(series.iter().map(|v| cell(v).into_owned()).collect())
}

/// Our value for one of the table library.
pub fn cell(value: AnyValue<'_>) -> Cell<'_> {
    match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(v) => Cell::Bool(v),
        AnyValue::String(v) => Cell::Text(Cow::Borrowed(v)),
        AnyValue::StringOwned(v) => Cell::Text(Cow::Owned(v.to_string())),
        AnyValue::UInt128(v) => i128::try_from(v).map_or(Cell::UInt(v), Cell::Int),
        AnyValue::Float16(v) => Cell::Float32(v.into()),
        AnyValue::Float32(v) => Cell::Float32(v),
        AnyValue::Float64(v) => Cell::Float(v),
        AnyValue::Date(v) => Cell::Date(v),
        AnyValue::Time(v) => Cell::Time(v),
        AnyValue::Datetime(v, unit, None) => Cell::DateTime(nanos(v, unit), None),
        AnyValue::DatetimeOwned(v, unit, None) => Cell::DateTime(nanos(v, unit), None),
        AnyValue::Datetime(v, unit, Some(zone)) => instant(v, unit, zone.as_ref()),
        AnyValue::DatetimeOwned(v, unit, Some(zone)) => instant(v, unit, zone.as_ref()),
        AnyValue::Duration(v, unit) => Cell::Duration(nanos(v, unit)),
        AnyValue::Binary(v) => Cell::Binary(Cow::Borrowed(v)),
        AnyValue::BinaryOwned(v) => Cell::Binary(Cow::Owned(v)),
        AnyValue::Decimal(v, _, scale) => Cell::Decimal(v, scale as u8),
        AnyValue::List(series) => items(&series),
        AnyValue::Array(series, _) => items(&series),
        ref nested @ AnyValue::Struct(_, _, fields) => {
            let mut values = Vec::with_capacity(fields.len());
            nested._materialize_struct_av(&mut values);
            Cell::Struct(fields.iter().zip(values).map(|(f, v)| (f.name().to_string(), cell(v).into_owned())).collect())
        }
        AnyValue::StructOwned(parts) => {
            let (values, fields) = *parts;
            Cell::Struct(fields.iter().zip(values).map(|(f, v)| (f.name().to_string(), cell(v).into_owned())).collect())
        }
        other => match other.extract::<i128>() {
            Some(v) if other.is_integer() => Cell::Int(v),
            _ => Cell::Text(Cow::Owned(other.get_str().map(str::to_owned).unwrap_or_default())),
        },
    }
}
