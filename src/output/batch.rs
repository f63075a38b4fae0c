//! A stretch of rows on its way out, whichever way it came: typed columns for the formats that must be fast, single
//! cells for the others. Writes nothing.

use std::borrow::Cow;
use std::str::FromStr as _;

use chrono::{Offset as _, TimeZone as _};
use polars::prelude::{
    BooleanChunked, DataType, Float32Chunked, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, StringChunked,
    TimeUnit, UInt64Chunked,
};

use crate::data::Frame;
use crate::value::Cell;

/// Some rows.
pub(super) enum Batch<'a> {
    /// Read from a table.
    Frame(&'a Frame),
    /// Made by hand; each row has one cell a column, missing ones are null.
    Cells(&'a [Vec<Cell<'static>>]),
}

impl Batch<'_> {
    /// How many rows.
    pub fn height(&self) -> usize {
        match self {
            Self::Frame(f) => f.height(),
            Self::Cells(rows) => rows.len(),
        }
    }

    /// One value.
    pub fn cell(&self, row: usize, column: usize) -> Cow<'_, Cell<'_>> {
        match self {
            Self::Frame(f) => Cow::Owned(f.cell(row, column)),
            Self::Cells(rows) => match rows.get(row).and_then(|r| r.get(column)) {
                Some(cell) => Cow::Borrowed(cell),
                None => Cow::Owned(Cell::Null),
            },
        }
    }

    /// A column, ready to be walked down.
    pub fn values(&self, column: usize) -> Values<'_> {
        let slow = Values::Cells(self, column);
        match self {
            Self::Frame(f) => f.inner().columns().get(column).and_then(typed).unwrap_or(slow),
            Self::Cells(_) => slow,
        }
    }
}

/// A column by the type its values have.
pub(super) enum Values<'a> {
    Bool(BooleanChunked),
    Int(Int64Chunked),
    UInt(UInt64Chunked),
    Float(Float64Chunked),
    Float32(Float32Chunked),
    Text(StringChunked),
    Date(Int32Chunked),
    Time(Int64Chunked),
    DateTime(Int64Chunked, i64, Shown),
    Duration(Int64Chunked, i64),
    Decimal(Int128Chunked, u8),
    Cells(&'a Batch<'a>, usize),
}

/// How points in time are shown.
pub(super) enum Shown {
    Local,
    Utc,
    In(chrono_tz::Tz),
}

/// One value, as far as it is quick to tell.
pub(super) enum Item<'v> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Float32(f32),
    Text(&'v str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Local seconds since 1970-01-01T00:00, nanoseconds within the second, and the offset of an instant in seconds.
    DateTime(i64, u32, Option<i32>),
    /// Anything else.
    Cell(Cow<'v, Cell<'v>>),
}

/// The column by type; none where single cells have to do.
fn typed(column: &polars::prelude::Column) -> Option<Values<'static>> {
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    };
    let series = column.as_materialized_series().rechunk();
    Some(match series.dtype() {
        DataType::Boolean => Values::Bool(series.bool().ok()?.clone()),
        DataType::Int64 => Values::Int(series.i64().ok()?.clone()),
        DataType::UInt64 => Values::UInt(series.u64().ok()?.clone()),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => {
            Values::Int(series.cast(&DataType::Int64).ok()?.i64().ok()?.clone())
        }
        DataType::Float64 => Values::Float(series.f64().ok()?.clone()),
        DataType::Float32 => Values::Float32(series.f32().ok()?.clone()),
        DataType::String => Values::Text(series.str().ok()?.clone()),
        DataType::Categorical(..) | DataType::Enum(..) => {
            Values::Text(series.cast(&DataType::String).ok()?.str().ok()?.clone())
        }
        DataType::Date => Values::Date(series.date().ok()?.physical().clone()),
        DataType::Time => Values::Time(series.time().ok()?.physical().clone()),
        DataType::Datetime(unit, zone) => {
            let shown = match zone.as_ref().map(|z| z.to_string()) {
                None => Shown::Local,
                Some(name) => match chrono_tz::Tz::from_str(&name) {
                    Ok(chrono_tz::UTC) | Err(_) => Shown::Utc,
                    Ok(zone) => Shown::In(zone),
                },
            };
            Values::DateTime(series.datetime().ok()?.physical().clone(), per_second(unit), shown)
        }
        DataType::Duration(unit) => {
            Values::Duration(series.duration().ok()?.physical().clone(), 1_000_000_000 / per_second(unit))
        }
        DataType::Decimal(_, scale) => {
            Values::Decimal(series.decimal().ok()?.physical().clone(), u8::try_from(*scale).ok()?)
        }
        _ => return None,
    })
}

impl Values<'_> {
    /// The value in a row.
    #[inline]
    pub fn item(&self, row: usize) -> Item<'_> {
        let item = match self {
            Self::Bool(v) => v.get(row).map(Item::Bool),
            Self::Int(v) => v.get(row).map(Item::Int),
            Self::UInt(v) => v.get(row).map(Item::UInt),
            Self::Float(v) => v.get(row).map(Item::Float),
            Self::Float32(v) => v.get(row).map(Item::Float32),
            Self::Text(v) => v.get(row).map(Item::Text),
            Self::Date(v) => v.get(row).map(Item::Date),
            Self::Time(v) => v.get(row).map(Item::Time),
            Self::DateTime(v, per_second, shown) => v.get(row).map(|v| {
                let (seconds, part) = (v.div_euclid(*per_second), v.rem_euclid(*per_second));
                let nanos = (part * (1_000_000_000 / per_second)) as u32;
                let offset = shown.offset(seconds);
                Item::DateTime(seconds + i64::from(offset.unwrap_or(0)), nanos, offset)
            }),
            Self::Duration(v, nanos) => {
                v.get(row).map(|v| Item::Cell(Cow::Owned(Cell::Duration(i128::from(v) * i128::from(*nanos)))))
            }
            Self::Decimal(v, scale) => v.get(row).map(|v| Item::Cell(Cow::Owned(Cell::Decimal(v, *scale)))),
            Self::Cells(batch, column) => return plain_item(batch.cell(row, *column)),
        };
        item.unwrap_or(Item::Null)
    }
}

fn plain_item<'v>(cell: Cow<'v, Cell<'v>>) -> Item<'v> {
    match cell.as_ref() {
        Cell::Null => Item::Null,
        Cell::Bool(v) => Item::Bool(*v),
        Cell::Float(v) => Item::Float(*v),
        Cell::Float32(v) => Item::Float32(*v),
        _ => Item::Cell(cell),
    }
}

impl Shown {
    /// Seconds east of UTC at an instant; 0 outside the calendar the zones know.
    #[inline]
    fn offset(&self, utc_seconds: i64) -> Option<i32> {
        match self {
            Self::Local => None,
            Self::Utc => Some(0),
            Self::In(zone) => Some(
                chrono::DateTime::from_timestamp(utc_seconds, 0)
                    .map_or(0, |at| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()),
            ),
        }
    }
}
