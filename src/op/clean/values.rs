//! The values of a column in forms that can be compared across columns and parts: 64-bit stand-ins for hashing, which
//! propose, and exact forms, which decide. Knows nothing of findings.
//!
//! Two values are the same when a person would call them so: missing equals missing, NaN equals NaN, negative zero equals
//! zero; whole numbers of any width are compared by value, so are floating-point numbers.

use polars::prelude::row_encode::encode_rows_unordered;
use polars::prelude::{
    BinaryChunked, ChunkedArray, DataType, IntoColumn, IntoSeries, NamedFrom, PolarsNumericType, Series,
};

use crate::data::from_polars;
use crate::error::Result;
use crate::op::profile::bits::Bits;
use crate::op::sketch::hash;

/// Stands for a missing value. A NaN that [`NAN`] never is, so that no floating-point number stands in for it.
pub const MISSING: u64 = 0xfff9_6d69_7373_6e67;
/// Stands for NaN.
pub const NAN: u64 = 0x7ff8_0000_0000_0000;
/// Above every stand-in of a 64-bit number: a whole number that no floating-point number equals.
const WHOLE: u128 = 1 << 100;

/// What can equal what: columns of different families are never compared.
pub fn family(dtype: &DataType, numbers_alike: bool) -> String {
    match dtype {
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => "text".into(),
        DataType::Binary | DataType::BinaryOffset => "bytes".into(),
        t if numbers_alike && (t.is_integer() || t.is_float()) => "number".into(),
        t if t.is_integer() => "integer".into(),
        t if t.is_float() => "float".into(),
        t => format!("{t:?}"),
    }
}

/// What was counted on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows without a value.
    pub missing: u64,
    /// NaNs.
    pub nan: u64,
    /// Texts without a character.
    pub empty: u64,
}

/// A series in the form it is compared in: numbers and everything stored as numbers as they are, text as bytes, nested
/// values encoded as bytes.
pub fn physical(series: &Series) -> Result<Series> {
    Ok(match series.dtype() {
        DataType::String => series.str().map_err(from_polars)?.as_binary().into_series(),
        DataType::Categorical(..) | DataType::Enum(..) => {
            // Codes of categories depend on who met a category first, their names do not.
            series.cast(&DataType::String).map_err(from_polars)?.str().map_err(from_polars)?.as_binary().into_series()
        }
        DataType::Binary | DataType::Boolean | DataType::Null => series.clone(),
        DataType::BinaryOffset => series.cast(&DataType::Binary).map_err(from_polars)?,
        DataType::Float16 => series.cast(&DataType::Float32).map_err(from_polars)?,
        DataType::List(_) | DataType::Array(..) | DataType::Struct(_) => encoded(series)?,
        _ => series.to_physical_repr().into_owned(),
    })
}

/// Nested values as bytes that are equal where the values are; missing ones stay missing.
fn encoded(series: &Series) -> Result<Series> {
    let rows = encode_rows_unordered(&[series.clone().into_column()]).map_err(from_polars)?;
    let missing = series.is_null();
    let bytes = rows.downcast_iter().flat_map(|a| a.values_iter());
    let present = missing.iter().map(|m| m != Some(true));
    Ok(bytes.zip(present).map(|(b, p)| p.then_some(b)).collect::<BinaryChunked>().into_series())
}

/// As [`physical`], holding no memory but its own: rows taken out of a part must not keep the part.
pub fn compact(series: &Series) -> Result<Series> {
    let physical = physical(series)?;
    Ok(match physical.dtype() {
        DataType::Binary => {
            let values = physical.binary().map_err(from_polars)?;
            values.iter().collect::<BinaryChunked>().into_series()
        }
        _ => physical,
    })
}

/// Stand-ins of the numbers of one type.
trait Stand: Copy {
    fn stand(self, alike: bool) -> u64;
    fn exact(self, alike: bool) -> u128;
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! whole {
    ($($t:ty),*) => { $(impl Stand for $t {
        #[inline(always)]
        fn stand(self, alike: bool) -> u64 {
            if alike && (self as f64) as i128 == i128::from(self) { (self as f64).to_bits() } else { self as u64 }
        }
        #[inline(always)]
        fn exact(self, alike: bool) -> u128 {
            if !alike {
                i128::from(self) as u128
            } else if (self as f64) as i128 == i128::from(self) {
                u128::from((self as f64).to_bits())
            } else {
                WHOLE.wrapping_add(i128::from(self) as u128)
            }
        }
    })* };
}
whole!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Stand for i128 {
    #[inline(always)]
    fn stand(self, alike: bool) -> u64 {
        match i64::try_from(self) {
            Ok(small) => small.stand(alike),
            Err(_) => hash::wide(self as u128),
        }
    }
    #[inline(always)]
    fn exact(self, alike: bool) -> u128 {
        match i64::try_from(self) {
            Ok(small) => small.exact(alike),
            Err(_) => self as u128,
        }
    }
}

impl Stand for u128 {
    #[inline(always)]
    fn stand(self, alike: bool) -> u64 {
        match u64::try_from(self) {
            Ok(small) => small.stand(alike),
            Err(_) => hash::wide(self),
        }
    }
    #[inline(always)]
    fn exact(self, alike: bool) -> u128 {
        match u64::try_from(self) {
            Ok(small) => small.exact(alike),
            Err(_) => self,
        }
    }
}

impl Stand for f64 {
    #[inline(always)]
    fn stand(self, _alike: bool) -> u64 {
        if self.is_nan() { NAN } else { (self + 0.0).to_bits() }
    }
    #[inline(always)]
    fn exact(self, alike: bool) -> u128 {
        u128::from(self.stand(alike))
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Stand for f32 {
    #[inline(always)]
    fn stand(self, alike: bool) -> u64 {
        f64::from(self).stand(alike)
    }
    #[inline(always)]
    fn exact(self, alike: bool) -> u128 {
        f64::from(self).exact(alike)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

/// Calls `$go` with the array of numbers of a physical series.
macro_rules! by_number {
    ($series:expr, $go:ident ( $($arg:expr),* )) => {
        match $series.dtype() {
            DataType::Int8 => $go($series.i8().map_err(from_polars)?, $($arg),*),
            DataType::Int16 => $go($series.i16().map_err(from_polars)?, $($arg),*),
            DataType::Int32 => $go($series.i32().map_err(from_polars)?, $($arg),*),
            DataType::Int64 => $go($series.i64().map_err(from_polars)?, $($arg),*),
            DataType::UInt8 => $go($series.u8().map_err(from_polars)?, $($arg),*),
            DataType::UInt16 => $go($series.u16().map_err(from_polars)?, $($arg),*),
            DataType::UInt32 => $go($series.u32().map_err(from_polars)?, $($arg),*),
            DataType::UInt64 => $go($series.u64().map_err(from_polars)?, $($arg),*),
            DataType::Int128 => $go($series.i128().map_err(from_polars)?, $($arg),*),
            DataType::UInt128 => $go($series.u128().map_err(from_polars)?, $($arg),*),
            DataType::Float32 => $go($series.f32().map_err(from_polars)?, $($arg),*),
            _ => $go($series.f64().map_err(from_polars)?, $($arg),*),
        }
    };
}

/// Puts a stand-in for each row of a physical series into `out`, which is emptied first.
pub fn stand_ins(series: &Series, alike: bool, out: &mut Vec<u64>) -> Result<Counts> {
    out.clear();
    out.reserve(series.len());
    let mut counts = Counts { missing: series.null_count() as u64, ..Counts::default() };
    if series.null_count() == series.len() {
        out.resize(series.len(), MISSING);
        return Ok(counts);
    }
    match series.dtype() {
        DataType::Boolean => {
            for array in series.bool().map_err(from_polars)?.downcast_iter() {
                let start = out.len();
                out.extend(array.values().iter().map(u64::from));
                hide(&mut out[start..], array.validity().map(|v| Bits::new(v.as_slice())));
            }
        }
        DataType::Binary => {
            let values = series.binary().map_err(from_polars)?;
            for (array, chunk) in values.downcast_iter().zip(values.chunks()) {
                let validity = chunk.validity().map(|v| Bits::new(v.as_slice()));
                for (i, view) in array.views().iter().enumerate() {
                    let view = view.as_u128();
                    let length = view as u32;
                    let long = length as usize > hash::SHORT;
                    // What is written where a value is missing may be anything.
                    let there = validity.is_none_or(|v| v.get(i));
                    out.push(match (there, long) {
                        (false, _) => MISSING,
                        (true, false) => hash::short(view),
                        (true, true) => hash::long(array.value(i)),
                    });
                    counts.empty += u64::from(there && length == 0);
                }
            }
        }
        DataType::Null => out.resize(series.len(), MISSING),
        _ => by_number!(series, numbers(alike, out, &mut counts)),
    }
    Ok(counts)
}

fn numbers<T>(values: &ChunkedArray<T>, alike: bool, out: &mut Vec<u64>, counts: &mut Counts)
where
    T: PolarsNumericType,
    T::Native: Stand,
{
    for array in values.downcast_iter() {
        let start = out.len();
        out.extend(array.values().as_slice().iter().map(|v| v.stand(alike)));
        let validity = array.validity().map(|v| Bits::new(v.as_slice()));
        hide(&mut out[start..], validity);
        if values.dtype().is_float() {
            counts.nan += out[start..].iter().map(|x| u64::from(*x == NAN)).sum::<u64>();
        }
    }
}

/// Puts the stand-in for missing values where the bits are not set.
fn hide(out: &mut [u64], validity: Option<Bits<'_>>) {
    let Some(bits) = validity else { return };
    for (i, block) in out.chunks_mut(64).enumerate() {
        let mut word = bits.word(i * 64);
        if word == u64::MAX {
            continue;
        }
        for x in block {
            *x = if word & 1 == 1 { *x } else { MISSING };
            word >>= 1;
        }
    }
}

/// A value in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exact<'a> {
    /// None.
    Missing,
    /// Not a number.
    Nan,
    /// A number, or what is stored as one.
    Bits(u128),
    /// Text, bytes, or a nested value encoded.
    Bytes(&'a [u8]),
}

/// A value in full that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owned {
    /// As [`Exact::Missing`].
    Missing,
    /// As [`Exact::Nan`].
    Nan,
    /// As [`Exact::Bits`].
    Bits(u128),
    /// As [`Exact::Bytes`].
    Bytes(Box<[u8]>),
}

impl Exact<'_> {
    /// The value, to keep.
    pub fn owned(self) -> Owned {
        match self {
            Exact::Missing => Owned::Missing,
            Exact::Nan => Owned::Nan,
            Exact::Bits(b) => Owned::Bits(b),
            Exact::Bytes(b) => Owned::Bytes(b.into()),
        }
    }

    /// Whether there is neither a value nor NaN.
    pub fn is_absent(self) -> bool {
        matches!(self, Exact::Missing | Exact::Nan)
    }
}

impl Owned {
    /// The value, to compare.
    pub fn exact(&self) -> Exact<'_> {
        match self {
            Owned::Missing => Exact::Missing,
            Owned::Nan => Exact::Nan,
            Owned::Bits(b) => Exact::Bits(*b),
            Owned::Bytes(b) => Exact::Bytes(b),
        }
    }
}

/// The values of a physical series in full, row by row.
pub fn exact(series: &Series, alike: bool) -> Result<Vec<Exact<'_>>> {
    let mut out = Vec::with_capacity(series.len());
    match series.dtype() {
        DataType::Null => out.resize(series.len(), Exact::Missing),
        DataType::Boolean => {
            let bit = |v: Option<bool>| v.map_or(Exact::Missing, |v| Exact::Bits(u128::from(v)));
            out.extend(series.bool().map_err(from_polars)?.iter().map(bit));
        }
        DataType::Binary => {
            for array in series.binary().map_err(from_polars)?.downcast_iter() {
                out.extend(array.iter().map(|v| v.map_or(Exact::Missing, Exact::Bytes)));
            }
        }
        _ => by_number!(series, exact_numbers(alike, &mut out)),
    }
    Ok(out)
}

fn exact_numbers<T>(values: &ChunkedArray<T>, alike: bool, out: &mut Vec<Exact<'_>>)
where
    T: PolarsNumericType,
    T::Native: Stand,
{
    out.extend(values.iter().map(|v| match v {
        None => Exact::Missing,
        Some(v) if v.is_nan() => Exact::Nan,
        Some(v) => Exact::Bits(v.exact(alike)),
    }));
}

/// Whether two physical series hold the same values in the same rows.
pub fn same(a: &Series, b: &Series, alike: bool) -> Result<bool> {
    use polars::prelude::ChunkCompareEq as _;
    if a.len() != b.len() || a.null_count() != b.null_count() {
        return Ok(false);
    }
    if a.dtype() == b.dtype() && *a.dtype() != DataType::Null {
        return Ok(a.equal_missing(b).map_err(from_polars)?.all());
    }
    Ok(exact(a, alike)? == exact(b, alike)?)
}

/// An empty series for where nothing was found.
pub fn nothing() -> Series {
    Series::new("".into(), [0u8; 0])
}
