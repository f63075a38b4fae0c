//! Values of the table library as keys whose order is the order of the values, and back as cells.

use polars::prelude::{AnyValue, DataType, TimeUnit};

use super::super::sketch::hash;
use super::super::sketch::spread::Between;
use crate::data::cell;
use crate::value::Cell;

/// A key: unsigned, in the order of the values.
pub(super) trait Key: Copy + Ord + Default + Send {
    /// Its hash; one to one for 64 bits.
    fn hash(self) -> u64;
    /// The key in 128 bits.
    fn wide(self) -> u128;
}

impl Key for u64 {
    #[inline(always)]
    fn hash(self) -> u64 {
        hash::mix(self)
    }
    #[inline(always)]
    fn wide(self) -> u128 {
        u128::from(self)
    }
}

impl Key for u128 {
    #[inline(always)]
    fn hash(self) -> u64 {
        hash::wide(self)
    }
    #[inline(always)]
    fn wide(self) -> u128 {
        self
    }
}

/// A number as the table library stores it.
pub(super) trait Native: Copy + Default {
    /// What it is counted by.
    type Key: Key;
    /// Whether it can be NaN or infinite.
    const FLOAT: bool = false;
    /// The key; negative zero counts as zero.
    fn key(self) -> Self::Key;
    /// The number, rounded where it has more digits.
    fn real(self) -> f64;
    /// Whether it is NaN.
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! signed {
    ($($t:ty),*) => { $(impl Native for $t {
        type Key = u64;
        #[inline(always)]
        fn key(self) -> u64 { i64::from(self) as u64 ^ 1 << 63 }
        #[inline(always)]
        fn real(self) -> f64 { self as f64 }
    })* };
}
macro_rules! unsigned {
    ($($t:ty),*) => { $(impl Native for $t {
        type Key = u64;
        #[inline(always)]
        fn key(self) -> u64 { u64::from(self) }
        #[inline(always)]
        fn real(self) -> f64 { self as f64 }
    })* };
}
signed!(i8, i16, i32, i64);
unsigned!(u8, u16, u32, u64);

impl Native for i128 {
    type Key = u128;
    #[inline(always)]
    fn key(self) -> u128 {
        self as u128 ^ 1 << 127
    }
    #[inline(always)]
    fn real(self) -> f64 {
        self as f64
    }
}

impl Native for u128 {
    type Key = u128;
    #[inline(always)]
    fn key(self) -> u128 {
        self
    }
    #[inline(always)]
    fn real(self) -> f64 {
        self as f64
    }
}

impl Native for f64 {
    type Key = u64;
    const FLOAT: bool = true;
    #[inline(always)]
    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        // All bits turn where the sign is set, the sign alone elsewhere.
        bits ^ ((bits as i64 >> 63) as u64 | 1 << 63)
    }
    #[inline(always)]
    fn real(self) -> f64 {
        self
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Native for f32 {
    type Key = u64;
    const FLOAT: bool = true;
    #[inline(always)]
    fn key(self) -> u64 {
        f64::from(self).key()
    }
    #[inline(always)]
    fn real(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Raw {
    Int(i128),
    UInt(u128),
    Float(f64),
}

/// How the keys of a column are read.
#[derive(Clone, Debug)]
pub(super) struct Coding {
    dtype: DataType,
}

const DAY: i128 = 86_400_000_000_000;

impl Coding {
    /// Of the keys of a column of this type.
    pub fn new(dtype: DataType) -> Self {
        Self { dtype }
    }

    fn raw(&self, key: u128) -> Raw {
        match self.dtype {
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                let key = key as u64;
                Raw::Float(f64::from_bits(if key >> 63 == 1 { key ^ 1 << 63 } else { !key }))
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Raw::Int(key as i128),
            DataType::UInt128 => i128::try_from(key).map_or(Raw::UInt(key), Raw::Int),
            DataType::Int128 | DataType::Decimal(..) => Raw::Int((key ^ 1 << 127) as i128),
            _ => Raw::Int(i128::from((key as u64 ^ 1 << 63) as i64)),
        }
    }

    /// Whether the values are whole numbers of a unit.
    pub fn is_whole(&self) -> bool {
        !self.dtype.is_float() && !matches!(self.dtype, DataType::Decimal(..))
    }

    /// The number of a key, in the column's unit.
    pub fn real(&self, key: u128) -> f64 {
        match self.raw(key) {
            Raw::Int(v) => v as f64 / self.scale(),
            Raw::UInt(v) => v as f64,
            Raw::Float(v) => v,
        }
    }

    /// The whole number of a key; the greatest where it is greater still.
    pub fn whole(&self, key: u128) -> i128 {
        match self.raw(key) {
            Raw::Int(v) => v,
            Raw::UInt(_) => i128::MAX,
            Raw::Float(v) => v as i128,
        }
    }

    /// What stored numbers are divided by.
    pub fn scale(&self) -> f64 {
        match self.dtype {
            DataType::Decimal(_, scale) => 10f64.powi(scale as i32),
            _ => 1.0,
        }
    }

    /// The value of a key.
    pub fn cell(&self, key: u128) -> Cell<'static> {
        match self.raw(key) {
            Raw::Int(v) => self.whole_cell(v),
            Raw::UInt(v) => Cell::UInt(v),
            Raw::Float(v) => self.float_cell(v),
        }
    }

    fn float_cell(&self, v: f64) -> Cell<'static> {
        if matches!(self.dtype, DataType::Float64) { Cell::Float(v) } else { Cell::Float32(v as f32) }
    }

    /// The value stored as the whole number `v`.
    pub fn whole_cell(&self, v: i128) -> Cell<'static> {
        let v64 = v.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        match &self.dtype {
            DataType::Decimal(_, scale) => Cell::Decimal(v, *scale as u8),
            DataType::Date => cell(AnyValue::Date(v.clamp(i32::MIN.into(), i32::MAX.into()) as i32)).into_owned(),
            DataType::Time => Cell::Time(v64),
            DataType::Datetime(unit, zone) => cell(AnyValue::Datetime(v64, *unit, zone.as_ref())).into_owned(),
            DataType::Duration(unit) => cell(AnyValue::Duration(v64, *unit)).into_owned(),
            _ => Cell::Int(v),
        }
    }

    /// The value of a point between two keys: exact for whole numbers and decimals, rounded down to the unit for points
    /// in time and spans.
    pub fn between<K: Key>(&self, b: Between<K>) -> Cell<'static> {
        let (low, high) = (self.raw(b.low.wide()), self.raw(b.high.wide()));
        if b.quarters == 0 || low == high {
            return self.cell(b.low.wide());
        }
        let quarters = i128::from(b.quarters);
        if let (Raw::Int(low), Raw::Int(high)) = (low, high) {
            let four = low
                .checked_mul(4)
                .zip(high.checked_sub(low))
                .and_then(|(l, d)| l.checked_add(d.checked_mul(quarters)?));
            if let Some(four) = four {
                match self.dtype {
                    DataType::Decimal(_, scale) => {
                        if let Some(hundred) = four.checked_mul(25) {
                            return reduced(hundred, scale as u8 + 2, scale as u8);
                        }
                    }
                    _ if self.is_temporal() => return self.whole_cell(four.div_euclid(4)),
                    _ if four % 4 == 0 => return Cell::Int(four / 4),
                    _ => return Cell::Float(four as f64 / 4.0),
                }
            }
        }
        let (low, high) = (self.real(b.low.wide()), self.real(b.high.wide()));
        let step = (high - low) * (f64::from(b.quarters) / 4.0);
        let v = if step.is_finite() { low + step } else { low / 2.0 + high / 2.0 };
        if self.dtype.is_float() { self.float_cell(v) } else { Cell::Float(v) }
    }

    fn is_temporal(&self) -> bool {
        matches!(self.dtype, DataType::Date | DataType::Time | DataType::Datetime(..) | DataType::Duration(_))
    }

    /// The mean of stored numbers as a value of the column: a number, a point in time, a span.
    pub fn mean(&self, mean: f64) -> Cell<'static> {
        if self.is_temporal() { self.whole_cell(mean.round() as i128) } else { Cell::Float(mean / self.scale()) }
    }

    /// A difference of stored numbers: a number or a span.
    pub fn difference(&self, v: f64) -> Cell<'static> {
        let unit = match self.dtype {
            DataType::Date => DAY,
            DataType::Time => 1,
            DataType::Datetime(unit, _) | DataType::Duration(unit) => match unit {
                TimeUnit::Nanoseconds => 1,
                TimeUnit::Microseconds => 1_000,
                TimeUnit::Milliseconds => 1_000_000,
            },
            _ => return Cell::Float(v / self.scale()),
        };
        Cell::Duration((v * unit as f64).round() as i128)
    }
}

/// A decimal without needless zeros at its end, of at least `least` digits after the point.
fn reduced(mut v: i128, mut scale: u8, least: u8) -> Cell<'static> {
    while scale > least && v % 10 == 0 {
        v /= 10;
        scale -= 1;
    }
    Cell::Decimal(v, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_and_come_back() {
        let floats = [f64::NEG_INFINITY, -1e300, -1.5, -1e-300, 0.0, 1e-300, 2.5, f64::INFINITY];
        assert!(floats.windows(2).all(|w| w[0].key() < w[1].key()));
        assert_eq!((-0.0f64).key(), 0.0f64.key());
        let coding = Coding::new(DataType::Float64);
        assert!(floats.iter().all(|v| coding.cell(v.key().wide()) == Cell::Float(*v)));
        let ints = [i64::MIN, -1, 0, 1, i64::MAX];
        assert!(ints.windows(2).all(|w| w[0].key() < w[1].key()));
        let coding = Coding::new(DataType::Int64);
        assert!(ints.iter().all(|v| coding.cell(v.key().wide()) == Cell::Int(i128::from(*v))));
        let coding = Coding::new(DataType::Int128);
        assert_eq!(coding.cell(i128::MIN.key().wide()), Cell::Int(i128::MIN));
        assert_eq!(Coding::new(DataType::UInt128).cell(u128::MAX), Cell::UInt(u128::MAX));
        assert_eq!(Coding::new(DataType::Float32).cell(0.1f32.key().wide()), Cell::Float32(0.1));
    }

    #[test]
    fn points_between() {
        let at = |dtype, low: i64, high: i64, quarters| {
            Coding::new(dtype).between(Between { low: low.key(), high: high.key(), quarters })
        };
        assert_eq!(at(DataType::Int64, 1, 2, 3), Cell::Float(1.75));
        assert_eq!(at(DataType::Int64, -4, 4, 1), Cell::Int(-2));
        assert_eq!(at(DataType::Int64, i64::MIN, i64::MAX, 2), Cell::Float(-0.5));
        assert_eq!(at(DataType::Date, 0, 1, 2), Cell::Date(0));
        let decimal = Coding::new(DataType::Decimal(38, 2));
        let b = |low: i128, high: i128| Between { low: low.key(), high: high.key(), quarters: 1 };
        assert_eq!(decimal.between(b(100, 101)), Cell::Decimal(10025, 4));
        assert_eq!(decimal.between(b(100, 104)), Cell::Decimal(101, 2));
    }
}
