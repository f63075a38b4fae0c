//! Values of a column as small numbers, in the order in which they were first seen, and back as a column.

use polars::prelude::{
    Column as PlColumn, DataType, Float64Chunked, IdxCa, Int64Chunked, Int128Chunked, IntoSeries, NewChunkedArray,
    Series, StringChunked,
};

use super::super::sketch::hash;
use crate::data::{Stretch, cell_of, from_polars};
use crate::error::Result;

/// Numbers for different things by their hashes: open addressing, linear probing. Holds no things, only where they are.
#[derive(Default)]
pub struct Places {
    slots: Vec<u32>,
    hashes: Vec<u64>,
}

impl Places {
    /// How many different things there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * 4 + self.hashes.capacity() * 8
    }

    /// The number of the thing with this hash of which `same` is true, and whether it is new.
    #[inline]
    pub fn place(&mut self, hash: u64, same: impl Fn(u32) -> bool) -> (u32, bool) {
        if (self.hashes.len() + 1) * 8 > self.slots.len() * 5 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => {
                    let new = self.hashes.len() as u32;
                    self.slots[at] = new + 1;
                    self.hashes.push(hash);
                    return (new, true);
                }
                taken => {
                    let number = taken - 1;
                    if self.hashes[number as usize] == hash && same(number) {
                        return (number, false);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        let mut slots = vec![0u32; size];
        for (number, hash) in self.hashes.iter().enumerate() {
            let mut at = *hash as usize & (size - 1);
            while slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            slots[at] = number as u32 + 1;
        }
        self.slots = slots;
    }
}

/// What the values of a column are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text; also whatever has no simpler form.
    Text,
    /// Whole numbers of up to 64 bits, and what is stored as such: yes/no, dates, times.
    Whole,
    /// Whole numbers of up to 128 bits, and decimals.
    Wide,
    /// Floating-point numbers.
    Real,
}

impl Shape {
    /// The shape of a type.
    pub fn of(dtype: &DataType) -> Self {
        use DataType as T;
        match dtype {
            T::Boolean | T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 => Self::Whole,
            T::Date | T::Datetime(..) | T::Duration(_) | T::Time => Self::Whole,
            T::UInt64 | T::Int128 | T::Decimal(..) => Self::Wide,
            T::Float16 | T::Float32 | T::Float64 => Self::Real,
            _ => Self::Text,
        }
    }

    /// The values of a column in this shape.
    pub fn values(self, series: &Series) -> Result<Series> {
        let physical = series.to_physical_repr();
        match self {
            Self::Whole => physical.cast(&DataType::Int64).map_err(from_polars),
            Self::Wide => physical.cast(&DataType::Int128).map_err(from_polars),
            Self::Real => physical.cast(&DataType::Float64).map_err(from_polars),
            Self::Text => match series.dtype() {
                DataType::String => Ok(series.clone()),
                DataType::Categorical(..) | DataType::Enum(..) => series.cast(&DataType::String).map_err(from_polars),
                _ => {
                    let column = PlColumn::from(series.clone());
                    let texts = (0..series.len()).map(|i| {
                        let cell = cell_of(&column, i);
                        (!cell.is_null()).then(|| cell.plain())
                    });
                    Ok(StringChunked::from_iter_options(series.name().clone(), texts).into_series())
                }
            },
        }
    }

    /// Values in this shape as a column of the type they were taken from.
    pub fn restore(self, values: Series, dtype: &DataType) -> Result<Series> {
        match (self, dtype) {
            (Self::Text, _) => Ok(values),
            (Self::Wide, DataType::Decimal(precision, scale)) => {
                let wide = values.i128().map_err(from_polars)?.clone();
                Ok(wide.into_decimal_unchecked(*precision, *scale).into_series())
            }
            _ => values.cast(dtype).map_err(from_polars),
        }
    }
}

/// Stands for text too long to be packed.
const LONG: u128 = u128::MAX;

enum Store {
    /// The texts one after the other, where each ends, and each in one piece where it is short enough.
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
        packed: Vec<u128>,
    },
    Number(Vec<u128>),
}

/// Numbers for the values of a column. Missing is a value of its own.
pub struct Coder {
    dtype: DataType,
    shape: Shape,
    places: Places,
    store: Store,
    missing: Option<u32>,
    /// The values, in the order of their numbers, where they are those of a table's own list; may hold one value twice.
    listed: Option<Series>,
}

impl Coder {
    /// For a column of this type.
    pub fn new(dtype: &DataType) -> Self {
        let shape = Shape::of(dtype);
        let store = match shape {
            Shape::Text => Store::Text { bytes: Vec::new(), ends: Vec::new(), packed: Vec::new() },
            _ => Store::Number(Vec::new()),
        };
        Self { dtype: dtype.clone(), shape, places: Places::default(), store, missing: None, listed: None }
    }

    /// How many different values were seen.
    pub fn len(&self) -> usize {
        self.listed.as_ref().map_or(self.places.len(), |v| v.len())
    }

    /// The number of the missing value, if one was seen.
    pub fn missing(&self) -> Option<u32> {
        self.missing
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.places.bytes()
            + self.listed.as_ref().map_or(0, Series::estimated_size)
            + match &self.store {
                Store::Text { bytes, ends, packed } => bytes.capacity() + ends.capacity() * 8 + packed.capacity() * 16,
                Store::Number(keys) => keys.capacity() * 16,
            }
    }

    #[inline]
    fn text(&mut self, hash: u64, piece: u128, text: &[u8]) -> u32 {
        let Store::Text { bytes, ends, packed } = &mut self.store else { return 0 };
        let missing = self.missing;
        let (number, new) = if piece == LONG {
            let at = |n: usize| &bytes[if n == 0 { 0 } else { ends[n - 1] }..ends[n]];
            self.places.place(hash, |n| packed[n as usize] == LONG && Some(n) != missing && at(n as usize) == text)
        } else {
            self.places.place(hash, |n| packed[n as usize] == piece && Some(n) != missing)
        };
        if new {
            bytes.extend_from_slice(text);
            ends.push(bytes.len());
            packed.push(piece);
        }
        number
    }

    #[inline]
    fn number(&mut self, key: u128) -> u32 {
        let Store::Number(keys) = &mut self.store else { return 0 };
        let missing = self.missing;
        let (number, new) = self.places.place(hash::wide(key), |n| keys[n as usize] == key && Some(n) != missing);
        if new {
            keys.push(key);
        }
        number
    }

    fn nothing(&mut self) -> u32 {
        if let Some(number) = self.missing {
            return number;
        }
        // A hash no value is looked up under makes the place unfindable but for this field.
        let (number, _) = self.places.place(u64::MAX ^ 0x5bd1_e995, |_| false);
        match &mut self.store {
            Store::Text { bytes, ends, packed } => {
                ends.push(bytes.len());
                packed.push(LONG);
            }
            Store::Number(keys) => keys.push(0),
        }
        self.missing = Some(number);
        number
    }

    /// The numbers of the values of some rows of a column of this type, for good: to be absorbed, not added to. Where the
    /// table lists its values, the list's own numbers serve.
    pub fn of(dtype: &DataType, stretch: &Stretch) -> Result<(Self, Vec<u32>)> {
        let mut coder = Self::new(dtype);
        let mut codes = Vec::new();
        match stretch {
            Stretch::Listed(listed) => {
                let values;
                (codes, values) = listed.compact()?;
                coder.missing = values.is_null().iter().position(|v| v == Some(true)).map(|n| n as u32);
                coder.listed = Some(values);
            }
            Stretch::Values(series) => coder.number_all(series, &mut codes)?,
        }
        Ok((coder, codes))
    }

    fn number_all(&mut self, series: &Series, out: &mut Vec<u32>) -> Result<()> {
        let values = self.shape.values(series)?;
        out.reserve(values.len());
        match self.shape {
            Shape::Text => {
                let texts = values.str().map_err(from_polars)?;
                for (array, chunk) in texts.downcast_iter().zip(texts.chunks()) {
                    let valid = chunk.validity();
                    // Repeated values are repeated views, and often come in runs.
                    let mut last: Option<(u128, u32)> = None;
                    for (i, view) in array.views().iter().enumerate() {
                        if valid.is_some_and(|v| !v.get_bit(i)) {
                            let code = self.nothing();
                            out.push(code);
                            continue;
                        }
                        let packed = view.as_u128();
                        if let Some((same, code)) = last
                            && same == packed
                        {
                            out.push(code);
                            continue;
                        }
                        let text = array.value(i).as_bytes();
                        let code = match text.len() <= hash::SHORT {
                            true => self.text(hash::short(packed), packed, text),
                            false => self.text(hash::long(text), LONG, text),
                        };
                        last = Some((packed, code));
                        out.push(code);
                    }
                }
            }
            Shape::Whole => {
                for v in values.i64().map_err(from_polars)?.iter() {
                    let code = match v {
                        Some(v) => self.number(v as u128),
                        None => self.nothing(),
                    };
                    out.push(code);
                }
            }
            Shape::Wide => {
                for v in values.i128().map_err(from_polars)?.iter() {
                    let code = match v {
                        Some(v) => self.number(v as u128),
                        None => self.nothing(),
                    };
                    out.push(code);
                }
            }
            Shape::Real => {
                for v in values.f64().map_err(from_polars)?.iter() {
                    let code = match v {
                        // One zero, one NaN.
                        Some(v) if v.is_nan() => self.number(u128::from(f64::NAN.to_bits())),
                        Some(v) => self.number(u128::from((v + 0.0).to_bits())),
                        None => self.nothing(),
                    };
                    out.push(code);
                }
            }
        }
        Ok(())
    }

    /// The numbers here of another coder's values, by their numbers there.
    pub fn absorb(&mut self, other: &Self) -> Result<Vec<u32>> {
        if let Some(values) = &other.listed {
            let mut map = Vec::new();
            self.number_all(values, &mut map)?;
            return Ok(map);
        }
        Ok((0..other.len() as u32)
            .map(|n| {
                if other.missing == Some(n) {
                    return self.nothing();
                }
                match &other.store {
                    Store::Text { bytes, ends, packed } => {
                        let i = n as usize;
                        let text = &bytes[if i == 0 { 0 } else { ends[i - 1] }..ends[i]];
                        self.text(other.places.hashes[i], packed[i], text)
                    }
                    Store::Number(keys) => self.number(keys[n as usize]),
                }
            })
            .collect())
    }

    /// The values with these numbers, as a column of the type they came from. None is missing.
    pub fn column(&self, name: &str, numbers: impl Iterator<Item = Option<u32>>) -> Result<Series> {
        let numbers = numbers.map(|n| n.filter(|n| self.missing != Some(*n)));
        if let Some(values) = &self.listed {
            let rows: IdxCa = numbers.collect();
            return Ok(values.take(&rows).map_err(from_polars)?.with_name(name.into()));
        }
        let name = name.into();
        let values = match (&self.store, self.shape) {
            (Store::Text { bytes, ends, .. }, _) => {
                let texts = numbers.map(|n| {
                    let n = n? as usize;
                    std::str::from_utf8(&bytes[if n == 0 { 0 } else { ends[n - 1] }..ends[n]]).ok()
                });
                StringChunked::from_iter_options(name, texts).into_series()
            }
            (Store::Number(keys), Shape::Wide) => {
                Int128Chunked::from_iter_options(name, numbers.map(|n| Some(keys[n? as usize] as i128))).into_series()
            }
            (Store::Number(keys), Shape::Real) => {
                let reals = numbers.map(|n| Some(f64::from_bits(keys[n? as usize] as u64)));
                Float64Chunked::from_iter_options(name, reals).into_series()
            }
            (Store::Number(keys), _) => {
                Int64Chunked::from_iter_options(name, numbers.map(|n| Some(keys[n? as usize] as i64))).into_series()
            }
        };
        self.shape.restore(values, &self.dtype)
    }
}

/// Numbers for pairs of numbers.
#[derive(Default)]
pub struct Pairs {
    places: Places,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    /// The number of a pair.
    #[inline]
    pub fn number(&mut self, pair: (u32, u32)) -> u32 {
        let pairs = &self.pairs;
        let hash = hash::mix(u64::from(pair.0) << 32 | u64::from(pair.1));
        let (number, new) = self.places.place(hash, |n| pairs[n as usize] == pair);
        if new {
            self.pairs.push(pair);
        }
        number
    }

    /// The pairs, by their numbers.
    pub fn all(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.places.bytes() + self.pairs.capacity() * 8
    }
}

/// Numbers for the combinations of the values of several columns.
pub struct Groups {
    coders: Vec<Coder>,
    /// For each column after the first: the combinations so far with its values.
    pairs: Vec<Pairs>,
}

impl Groups {
    /// For columns of these types; at least one.
    pub fn new(dtypes: &[DataType]) -> Self {
        Self {
            coders: dtypes.iter().map(Coder::new).collect(),
            pairs: dtypes.iter().skip(1).map(|_| Pairs::default()).collect(),
        }
    }

    /// How many combinations were seen.
    pub fn len(&self) -> usize {
        match self.pairs.last() {
            Some(pairs) => pairs.all().len(),
            None => self.coders.first().map_or(0, Coder::len),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.coders.iter().map(Coder::bytes).sum::<usize>() + self.pairs.iter().map(Pairs::bytes).sum::<usize>()
    }

    /// How many different values column `column` has.
    pub fn different(&self, column: usize) -> usize {
        self.coders[column].len()
    }

    /// The combinations in some rows of columns of these types, and their numbers; to be absorbed, not added to.
    pub fn of(dtypes: &[DataType], columns: &[&Stretch]) -> Result<(Self, Vec<u32>)> {
        let (mut coders, mut pairs, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        for (dtype, stretch) in dtypes.iter().zip(columns) {
            let (coder, more) = Coder::of(dtype, stretch)?;
            if coders.is_empty() {
                codes = more;
            } else {
                let mut seen = Pairs::default();
                for (code, other) in codes.iter_mut().zip(more) {
                    *code = seen.number((*code, other));
                }
                pairs.push(seen);
            }
            coders.push(coder);
        }
        Ok((Self { coders, pairs }, codes))
    }

    /// The numbers here of another's combinations, by their numbers there.
    pub fn absorb(&mut self, other: &Self) -> Result<Vec<u32>> {
        let mut map = Vec::new();
        for (i, (mine, theirs)) in self.coders.iter_mut().zip(&other.coders).enumerate() {
            let values = mine.absorb(theirs)?;
            map = match i {
                0 => values,
                _ => {
                    let pairs = other.pairs[i - 1].all().iter();
                    pairs.map(|(a, b)| self.pairs[i - 1].number((map[*a as usize], values[*b as usize]))).collect()
                }
            };
        }
        Ok(map)
    }

    /// The values of column `column` in these combinations. None is missing.
    pub fn column(&self, column: usize, name: &str, numbers: impl Iterator<Item = Option<u32>>) -> Result<Series> {
        self.coders[column].column(name, numbers.map(|n| n.map(|n| self.part(column, n))))
    }

    /// The number of the value of column `column` in combination `number`.
    fn part(&self, column: usize, mut number: u32) -> u32 {
        for i in (0..self.pairs.len()).rev() {
            let (before, value) = self.pairs[i].all()[number as usize];
            if i + 1 == column {
                return value;
            }
            number = before;
        }
        number
    }
}
