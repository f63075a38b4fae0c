//! What is gathered about one column, whatever its kind, straight from the table library's arrays.

use polars::prelude::{ChunkedArray, DataType, PolarsNumericType, Series};

use super::super::sketch::Moments;
use super::bits::Bits;
use super::coding::{Key, Native};
use super::numbers::Numbers;
use super::picks::Picks;
use super::texts::{Lengths, Texts};
use crate::data::from_polars;
use crate::error::Result;

/// What is gathered, by kind.
pub(super) enum Gathered {
    /// Numbers, dates, times and spans of up to 64 bits.
    Numbers(Box<Numbers<u64>>),
    /// Whole numbers and decimals of 128 bits.
    Wide(Box<Numbers<u128>>),
    /// Text and bytes.
    Texts(Box<Texts>),
    /// Booleans: how many are true.
    Booleans(u64),
    /// Lengths of lists.
    Lists(Lengths),
    /// Nothing but what is missing.
    Rest,
}

/// One column as one thread saw it.
pub(super) struct ColumnState {
    /// Rows seen.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// The rest.
    pub gathered: Gathered,
}

impl ColumnState {
    /// Nothing seen yet of a column of this type.
    pub fn new(dtype: &DataType) -> Self {
        let gathered = match dtype {
            DataType::Int128 | DataType::UInt128 | DataType::Decimal(..) => Gathered::Wide(Box::default()),
            DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
                Gathered::Texts(Box::new(Texts::new(true)))
            }
            DataType::Binary | DataType::BinaryOffset => Gathered::Texts(Box::new(Texts::new(false))),
            DataType::Boolean => Gathered::Booleans(0),
            DataType::List(_) | DataType::Array(..) => Gathered::Lists(Lengths::default()),
            t if t.is_primitive_numeric() || t.is_temporal() => Gathered::Numbers(Box::default()),
            _ => Gathered::Rest,
        };
        Self { rows: 0, missing: 0, gathered }
    }

    /// Adds the rows of one part; gives the moments of its numbers.
    pub fn fold(&mut self, series: &Series, picks: &Picks) -> Result<Moments> {
        self.rows += series.len() as u64;
        self.missing += series.null_count() as u64;
        let mut moments = Moments::default();
        match &mut self.gathered {
            Gathered::Numbers(state) => {
                let series = match series.dtype() {
                    DataType::Float16 => series.cast(&DataType::Float32).map_err(from_polars)?,
                    _ => series.to_physical_repr().into_owned(),
                };
                let s = &series;
                moments = match s.dtype() {
                    DataType::Int8 => chunks(state, s.i8().map_err(from_polars)?, picks),
                    DataType::Int16 => chunks(state, s.i16().map_err(from_polars)?, picks),
                    DataType::Int32 => chunks(state, s.i32().map_err(from_polars)?, picks),
                    DataType::Int64 => chunks(state, s.i64().map_err(from_polars)?, picks),
                    DataType::UInt8 => chunks(state, s.u8().map_err(from_polars)?, picks),
                    DataType::UInt16 => chunks(state, s.u16().map_err(from_polars)?, picks),
                    DataType::UInt32 => chunks(state, s.u32().map_err(from_polars)?, picks),
                    DataType::UInt64 => chunks(state, s.u64().map_err(from_polars)?, picks),
                    DataType::Float32 => chunks(state, s.f32().map_err(from_polars)?, picks),
                    _ => chunks(state, s.f64().map_err(from_polars)?, picks),
                };
            }
            Gathered::Wide(state) => {
                let s = series.to_physical_repr();
                moments = match s.dtype() {
                    DataType::UInt128 => chunks(state, s.u128().map_err(from_polars)?, picks),
                    _ => chunks(state, s.i128().map_err(from_polars)?, picks),
                };
            }
            Gathered::Texts(state) => {
                let bytes = match series.dtype() {
                    DataType::String => series.str().map_err(from_polars)?.as_binary(),
                    DataType::Binary => series.binary().map_err(from_polars)?.clone(),
                    DataType::BinaryOffset => {
                        series.cast(&DataType::Binary).map_err(from_polars)?.binary().map_err(from_polars)?.clone()
                    }
                    // Codes of categories depend on which thread met a category first, their names do not.
                    _ => series.cast(&DataType::String).map_err(from_polars)?.str().map_err(from_polars)?.as_binary(),
                };
                let mut base = 0;
                for (array, chunk) in bytes.downcast_iter().zip(bytes.chunks()) {
                    let views = array.views().as_slice();
                    let valid = chunk.validity().map(|v| Bits::new(v.as_slice()));
                    state.fold(views.len(), valid, |i| views[i].as_u128(), |i| array.value(i), picks, base);
                    base += views.len();
                }
            }
            Gathered::Booleans(trues) => {
                *trues += series.bool().map_err(from_polars)?.sum().map_or(0, u64::from);
            }
            Gathered::Lists(lengths) => match series.dtype() {
                DataType::Array(_, width) => {
                    lengths.add(*width as u64, (series.len() - series.null_count()) as u64);
                }
                _ => {
                    for array in series.list().map_err(from_polars)?.downcast_iter() {
                        let valid = array.validity().map(|v| Bits::new(v.as_slice()));
                        for (i, length) in array.offsets().lengths().enumerate() {
                            if valid.is_none_or(|v| v.get(i)) {
                                lengths.add(length as u64, 1);
                            }
                        }
                    }
                }
            },
            Gathered::Rest => {}
        }
        Ok(moments)
    }

    /// Adds what another thread saw of the same column.
    pub fn absorb(&mut self, other: Self) {
        self.rows += other.rows;
        self.missing += other.missing;
        match (&mut self.gathered, other.gathered) {
            (Gathered::Numbers(a), Gathered::Numbers(b)) => a.absorb(*b),
            (Gathered::Wide(a), Gathered::Wide(b)) => a.absorb(*b),
            (Gathered::Texts(a), Gathered::Texts(b)) => a.absorb(*b),
            (Gathered::Booleans(a), Gathered::Booleans(b)) => *a += b,
            (Gathered::Lists(a), Gathered::Lists(b)) => a.merge(&b),
            _ => {}
        }
    }
}

fn chunks<K: Key, T>(state: &mut Numbers<K>, values: &ChunkedArray<T>, picks: &Picks) -> Moments
where
    T: PolarsNumericType,
    T::Native: Native<Key = K>,
{
    let mut moments = Moments::default();
    let mut base = 0;
    for array in values.downcast_iter() {
        let valid = array.validity().map(|v| Bits::new(v.as_slice()));
        let slice = array.values().as_slice();
        moments.merge(&state.fold(slice, valid, picks, base));
        base += slice.len();
    }
    moments
}
