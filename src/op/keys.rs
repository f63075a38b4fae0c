//! Rows by the values of some of their columns, as one number of 128 bits: two rows with the same number have the same
//! values. For 10⁹ different keys the chance that any two share a number is about 10⁻²¹ (birthday bound), which stands
//! beside the chance of an error in memory.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use polars::chunked_array::ops::row_encode::encode_rows_unordered;
use polars::prelude::{Column as PlColumn, DataType, TimeUnit};
use xxhash_rust::xxh3::xxh3_128;

use crate::data::{from_polars, kind_of};
use crate::error::Result;
use crate::value::Kind;

/// Takes the number for its own hash.
#[derive(Default)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64(bytes);
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// Something for each key.
pub type ByKey<T> = HashMap<u128, T, BuildHasherDefault<Identity>>;

/// The number of each row; none where one of the columns lacks a value, unless `missing` counts as a value.
pub fn keys(columns: &[PlColumn], missing: bool) -> Result<Vec<Option<u128>>> {
    let rows = columns.first().map_or(0, |c| c.len());
    let plain = columns.iter().map(normal).collect::<Result<Vec<_>>>()?;
    let encoded = encode_rows_unordered(&plain).map_err(from_polars)?;
    let mut out: Vec<Option<u128>> = encoded.iter().map(|row| row.map(xxh3_128)).collect();
    out.resize(rows, None);
    if !missing {
        for column in columns.iter().filter(|c| c.null_count() > 0) {
            for (key, there) in out.iter_mut().zip(column.is_not_null().iter()) {
                if there != Some(true) {
                    *key = None;
                }
            }
        }
    }
    Ok(out)
}

/// Categories as their words, zero without its sign, and every NaN as one.
fn normal(column: &PlColumn) -> Result<PlColumn> {
    match column.dtype() {
        DataType::Categorical(..) | DataType::Enum(..) => column.cast(&DataType::String).map_err(from_polars),
        DataType::Float64 => {
            let values = column.f64().map_err(from_polars)?;
            let one = |x: f64| if x.is_nan() { f64::NAN } else { x + 0.0 };
            Ok(PlColumn::new(column.name().clone(), values.iter().map(|x| x.map(one)).collect::<Vec<_>>()))
        }
        DataType::Float32 => normal(&column.cast(&DataType::Float64).map_err(from_polars)?),
        DataType::Null => column.cast(&DataType::Boolean).map_err(from_polars),
        _ => Ok(column.clone()),
    }
}

/// The type in which values of two columns are compared exactly; none where they cannot be.
pub fn common_type(a: &DataType, b: &DataType) -> Option<DataType> {
    let (ka, kb) = (kind_of(a), kind_of(b));
    if ka.is_nested() || kb.is_nested() {
        return None;
    }
    Some(match (&ka, &kb) {
        (Kind::Empty, _) => b.clone(),
        (_, Kind::Empty) => a.clone(),
        _ if ka.is_text() && kb.is_text() => DataType::String,
        _ if a == b => a.clone(),
        (Kind::Integer, Kind::Integer) => {
            let wide = |t: &DataType| matches!(t, DataType::UInt64 | DataType::Int128 | DataType::UInt128);
            if wide(a) || wide(b) { DataType::Int128 } else { DataType::Int64 }
        }
        (Kind::Decimal(x), Kind::Decimal(y)) => DataType::Decimal(38, usize::from(*x.max(y))),
        (x, y) if x.is_number() && y.is_number() => DataType::Float64,
        (Kind::DateTime(Some(_)), Kind::DateTime(Some(_))) => {
            let zone = polars::prelude::TimeZone::opt_try_new(Some("UTC")).ok().flatten();
            DataType::Datetime(finer(a, b), zone)
        }
        (Kind::DateTime(None), Kind::DateTime(None)) => DataType::Datetime(finer(a, b), None),
        (Kind::Duration, Kind::Duration) => DataType::Duration(finer(a, b)),
        _ => return None,
    })
}

/// The finer of two units; microseconds unless one is in nanoseconds.
fn finer(a: &DataType, b: &DataType) -> TimeUnit {
    let nanos = |t: &DataType| {
        matches!(t, DataType::Datetime(TimeUnit::Nanoseconds, _) | DataType::Duration(TimeUnit::Nanoseconds))
    };
    if nanos(a) || nanos(b) { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds }
}

/// The column in a type; as it is where it has that.
pub fn in_type(column: &PlColumn, dtype: &DataType) -> Result<PlColumn> {
    if column.dtype() == dtype { Ok(column.clone()) } else { column.cast(dtype).map_err(from_polars) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_numbers_and_missing_ones_none() {
        let a = PlColumn::new("a".into(), [Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), None]);
        let b = PlColumn::new("b".into(), ["x", "x", "y", "y", "x"]);
        let k = keys(&[a.clone(), b.clone()], false).unwrap();
        assert_eq!(k[0], k[1]);
        assert_eq!(k[2], k[3]);
        assert_ne!(k[0], k[2]);
        assert_eq!(k[4], None);
        assert!(keys(&[a, b], true).unwrap()[4].is_some());
        // Where one text ends and the next begins matters.
        let left = PlColumn::new("l".into(), ["ab", "a"]);
        let right = PlColumn::new("r".into(), ["c", "bc"]);
        let k = keys(&[left, right], false).unwrap();
        assert_ne!(k[0], k[1]);
    }

    #[test]
    fn types_that_meet() {
        use DataType as T;
        assert_eq!(common_type(&T::Int32, &T::UInt8), Some(T::Int64));
        assert_eq!(common_type(&T::UInt64, &T::Int64), Some(T::Int128));
        assert_eq!(common_type(&T::Int64, &T::Float32), Some(T::Float64));
        assert_eq!(common_type(&T::Int64, &T::String), None);
        assert_eq!(common_type(&T::Date, &T::Datetime(TimeUnit::Microseconds, None)), None);
    }
}
