//! Values as PostgreSQL sends them in binary, gathered into columns. What a column can hold is decided once, from the
//! server's description of it; what has no counterpart is asked for as text.
//!
//! Formats: `src/backend/utils/adt` of PostgreSQL, the functions whose names end in `_send`.

use std::collections::BTreeMap;

use polars::prelude::{Column as PlColumn, DataType, TimeUnit};
use tokio_postgres::types::{Kind as Sort, Type};

use crate::data::from_polars;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Days from 1970-01-01 to 2000-01-01, where the server's calendar begins.
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * DAY_MICROS;

/// What a column is read as.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// True or false.
    Bool,
    /// A whole number of two, four or eight bytes.
    Whole(usize),
    /// A floating-point number of four bytes.
    Single,
    /// A floating-point number of eight bytes.
    Double,
    /// A decimal number with so many digits after the point; none known yet if the server does not say.
    Decimal(Option<usize>),
    /// Text.
    Text,
    /// Asked for as text, which is how people know such values: names of an enumeration, UUIDs, JSON.
    Spelt,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Clock,
    /// A date and time of no zone.
    Local,
    /// An instant.
    Instant,
    /// Asked for as text, since there is no such type here.
    Cast,
    /// Asked for as text, since there are values the type here does not hold.
    Misfit,
}

/// A column of a relation: its name, what it is read as, and what the server calls its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Its name, unique within the relation.
    pub name: String,
    /// What it is read as.
    pub form: Form,
    /// The server's name of the type.
    pub type_name: String,
    /// Its place in the table that was opened; none if it was made of others since.
    pub place: Option<usize>,
}

impl Form {
    /// How a type is read. `modifier` is what the column's description carries for it.
    pub fn of(kind: &Type, modifier: i32) -> Self {
        match *kind {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Whole(2),
            Type::INT4 => Self::Whole(4),
            Type::INT8 => Self::Whole(8),
            Type::FLOAT4 => Self::Single,
            Type::FLOAT8 => Self::Double,
            Type::NUMERIC if modifier >= 4 => {
                let (precision, scale) = ((modifier - 4) >> 16 & 0xffff, (modifier - 4) & 0x7ff);
                match precision <= 38 && scale <= precision {
                    true => Self::Decimal(Some(scale as usize)),
                    // More digits than a decimal column holds: every one of them as text.
                    false => Self::Misfit,
                }
            }
            Type::NUMERIC => Self::Decimal(None),
            Type::TEXT | Type::VARCHAR => Self::Text,
            Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON | Type::JSONB | Type::UUID => Self::Spelt,
            Type::BYTEA => Self::Bytes,
            Type::DATE => Self::Date,
            Type::TIME => Self::Clock,
            Type::TIMESTAMP => Self::Local,
            Type::TIMESTAMPTZ => Self::Instant,
            _ => match kind.kind() {
                Sort::Domain(inner) => Self::of(inner, modifier),
                Sort::Enum(_) => Self::Spelt,
                _ => Self::Cast,
            },
        }
    }

    /// How values are read that the server was told to make of a type of the library; None where it has no such type.
    pub fn made(dtype: &DataType, zone: &str) -> Option<Self> {
        let form = match dtype {
            DataType::Boolean => Self::Bool,
            DataType::Int16 => Self::Whole(2),
            DataType::Int32 => Self::Whole(4),
            DataType::Int64 => Self::Whole(8),
            DataType::Float64 => Self::Double,
            DataType::Decimal(_, scale) => Self::Decimal(Some(*scale)),
            DataType::String => Self::Text,
            DataType::Date => Self::Date,
            DataType::Time => Self::Clock,
            DataType::Datetime(TimeUnit::Microseconds, None) => Self::Local,
            DataType::Datetime(TimeUnit::Microseconds, Some(_)) => Self::Instant,
            _ => return None,
        };
        (form.dtype(zone) == *dtype).then_some(form)
    }

    /// Whether the server has to be asked for the values as text.
    pub fn is_cast(&self) -> bool {
        matches!(self, Self::Spelt | Self::Cast | Self::Misfit)
    }

    /// Whether the server's type has values that this one has not.
    pub fn is_narrower(&self) -> bool {
        matches!(self, Self::Decimal(_) | Self::Date | Self::Clock | Self::Local | Self::Instant)
    }

    /// The library's type.
    pub fn dtype(&self, zone: &str) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Whole(2) => DataType::Int16,
            Self::Whole(4) => DataType::Int32,
            Self::Whole(_) => DataType::Int64,
            Self::Single => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(scale) => DataType::Decimal(38, scale.unwrap_or(0)),
            Self::Text | Self::Spelt | Self::Cast | Self::Misfit => DataType::String,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date,
            Self::Clock => DataType::Time,
            Self::Local => DataType::Datetime(TimeUnit::Microseconds, None),
            Self::Instant => {
                let zone = polars::prelude::TimeZone::opt_try_new(Some(zone)).ok().flatten();
                DataType::Datetime(TimeUnit::Microseconds, zone)
            }
        }
    }
}

/// Why a value has no place in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Odd {
    /// NaN among decimals.
    NotANumber,
    /// An infinite decimal, date or time.
    Infinite,
    /// More digits than the column holds.
    Digits,
    /// The time 24:00.
    Midnight,
    /// A date or time too far away.
    Far,
}

impl Odd {
    fn id(self) -> &'static str {
        match self {
            Self::NotANumber => "notice-postgres-nan",
            Self::Infinite => "notice-postgres-infinite",
            Self::Digits => "notice-postgres-digits",
            Self::Midnight => "notice-postgres-midnight",
            Self::Far => "notice-postgres-far",
        }
    }
}

/// How many odd values each column had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities(BTreeMap<(String, Odd), u64>);

impl Oddities {
    /// Adds those of more rows.
    pub fn absorb(&mut self, other: Self) {
        for (key, n) in other.0 {
            *self.0.entry(key).or_default() += n;
        }
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The places of the columns that had some.
    pub fn places(&self, columns: &[Described]) -> Vec<usize> {
        let odd = |c: &Described| self.0.keys().any(|(name, _)| *name == c.name);
        columns.iter().enumerate().filter(|(_, c)| odd(c)).map(|(i, _)| i).collect()
    }

    /// What a person should know of those in columns of these names.
    pub fn notices(&self, columns: &[&str]) -> Vec<Msg> {
        let sentence = |((column, odd), count): (&(String, Odd), &u64)| {
            Msg::new(odd.id()).with("column", column).with("count", *count)
        };
        self.0.iter().filter(|((name, _), _)| columns.contains(&name.as_str())).map(sentence).collect()
    }
}

enum Values {
    Bool(Vec<Option<bool>>),
    Small(Vec<Option<i16>>),
    Int(Vec<Option<i32>>),
    Long(Vec<Option<i64>>),
    Single(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Wide(Vec<Option<i128>>),
    Text(polars::prelude::StringChunkedBuilder),
    Bytes(polars::prelude::BinaryChunkedBuilder),
}

/// Gathers the values of one column.
pub struct Gatherer {
    described: Described,
    dtype: DataType,
    values: Values,
    odd: BTreeMap<Odd, u64>,
}

/// The bytes are not what the type says.
fn broken() -> Error {
    Error::failed(Msg::new("error-postgres-wire"))
}

fn whole<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| broken())
}

/// A moment, or the remark that there is none.
fn far<T>(odd: &mut Option<Odd>, moment: Option<T>) -> Option<T> {
    if moment.is_none() {
        *odd = Some(Odd::Far);
    }
    moment
}

/// A value of the server's decimal type as so many units of 10 to the minus `scale`.
///
/// It comes as groups of four digits: how many groups, the weight of the first (in groups), the sign, the digits after the
/// point that are shown, and the groups.
pub fn decimal(bytes: &[u8], scale: usize) -> Result<std::result::Result<i128, Odd>> {
    const LIMIT: i128 = 10i128.pow(38);
    let short = |i: usize| -> Result<u16> {
        let at = bytes.get(i * 2..i * 2 + 2).ok_or_else(broken)?;
        Ok(u16::from_be_bytes([at[0], at[1]]))
    };
    let (groups, weight, sign) = (usize::from(short(0)?), i32::from(short(1)? as i16), short(2)?);
    match sign {
        0xC000 => return Ok(Err(Odd::NotANumber)),
        0xD000 | 0xF000 => return Ok(Err(Odd::Infinite)),
        _ => {}
    }
    let mut units: i128 = 0;
    for i in 0..groups {
        let digits = i128::from(short(4 + i)?);
        // The power of ten of the last digit of this group, in units of the column.
        let power = (weight - i as i32) * 4 + scale as i32;
        let part = match power {
            0.. => u32::try_from(power).ok().and_then(|p| 10i128.checked_pow(p)).and_then(|f| digits.checked_mul(f)),
            _ => {
                let factor = 10i128.checked_pow(power.unsigned_abs()).unwrap_or(i128::MAX);
                if digits % factor == 0 { Some(digits / factor) } else { None }
            }
        };
        match part.and_then(|p| units.checked_add(p)).filter(|u| *u < LIMIT) {
            Some(sum) => units = sum,
            None if digits == 0 => {}
            None => return Ok(Err(Odd::Digits)),
        }
    }
    Ok(Ok(if sign == 0x4000 { -units } else { units }))
}

/// Digits after the point that a decimal value shows.
pub fn shown_scale(bytes: &[u8]) -> Option<usize> {
    let at = bytes.get(6..8)?;
    Some(usize::from(u16::from_be_bytes([at[0], at[1]])))
}

impl Gatherer {
    /// A gatherer of values of a column; instants are shown in `zone`.
    pub fn new(described: &Described, zone: &str) -> Self {
        let dtype = described.form.dtype(zone);
        let name = described.name.as_str();
        let values = match &described.form {
            Form::Bool => Values::Bool(Vec::new()),
            Form::Whole(2) => Values::Small(Vec::new()),
            Form::Whole(4) | Form::Date => Values::Int(Vec::new()),
            Form::Whole(_) | Form::Clock | Form::Local | Form::Instant => Values::Long(Vec::new()),
            Form::Single => Values::Single(Vec::new()),
            Form::Double => Values::Double(Vec::new()),
            Form::Decimal(_) => Values::Wide(Vec::new()),
            Form::Text | Form::Spelt | Form::Cast | Form::Misfit => {
                Values::Text(polars::prelude::StringChunkedBuilder::new(name.into(), 0))
            }
            Form::Bytes => Values::Bytes(polars::prelude::BinaryChunkedBuilder::new(name.into(), 0)),
        };
        Self { described: described.clone(), dtype, values, odd: BTreeMap::new() }
    }

    /// Takes a value; none is missing.
    pub fn push(&mut self, bytes: Option<&[u8]>) -> Result<()> {
        let mut odd = None;
        match (&mut self.values, bytes) {
            (Values::Bool(v), None) => v.push(None),
            (Values::Small(v), None) => v.push(None),
            (Values::Int(v), None) => v.push(None),
            (Values::Long(v), None) => v.push(None),
            (Values::Single(v), None) => v.push(None),
            (Values::Double(v), None) => v.push(None),
            (Values::Wide(v), None) => v.push(None),
            (Values::Text(v), None) => v.append_null(),
            (Values::Bytes(v), None) => v.append_null(),
            (Values::Bool(v), Some(b)) => v.push(Some(whole::<1>(b)?[0] != 0)),
            (Values::Small(v), Some(b)) => v.push(Some(i16::from_be_bytes(whole(b)?))),
            (Values::Int(v), Some(b)) => {
                let n = i32::from_be_bytes(whole(b)?);
                v.push(match self.described.form {
                    Form::Date if n == i32::MAX || n == i32::MIN => {
                        odd = Some(Odd::Infinite);
                        None
                    }
                    Form::Date => far(&mut odd, n.checked_add(EPOCH_DAYS)),
                    _ => Some(n),
                });
            }
            (Values::Long(v), Some(b)) => v.push(match self.described.form {
                Form::Whole(_) => Some(i64::from_be_bytes(whole(b)?)),
                Form::Clock => match i64::from_be_bytes(whole(b)?) {
                    micros if micros >= DAY_MICROS => {
                        odd = Some(Odd::Midnight);
                        None
                    }
                    micros => Some(micros * 1000),
                },
                _ => match i64::from_be_bytes(whole(b)?) {
                    i64::MAX | i64::MIN => {
                        odd = Some(Odd::Infinite);
                        None
                    }
                    micros => far(&mut odd, micros.checked_add(EPOCH_MICROS)),
                },
            }),
            (Values::Single(v), Some(b)) => v.push(Some(f32::from_be_bytes(whole(b)?))),
            (Values::Double(v), Some(b)) => v.push(Some(f64::from_be_bytes(whole(b)?))),
            (Values::Wide(v), Some(b)) => {
                let scale = match self.described.form {
                    Form::Decimal(scale) => scale.unwrap_or(0),
                    _ => 0,
                };
                v.push(match decimal(b, scale)? {
                    Ok(units) => Some(units),
                    Err(why) => {
                        odd = Some(why);
                        None
                    }
                });
            }
            (Values::Text(v), Some(b)) => v.append_value(String::from_utf8_lossy(b)),
            (Values::Bytes(v), Some(b)) => v.append_value(b),
        }
        if let Some(odd) = odd {
            *self.odd.entry(odd).or_default() += 1;
        }
        Ok(())
    }

    /// The column, and what was odd in it.
    pub fn finish(self) -> Result<(PlColumn, Oddities)> {
        let name = || self.described.name.as_str().into();
        let column = match self.values {
            Values::Bool(v) => PlColumn::new(name(), v),
            Values::Small(v) => PlColumn::new(name(), v),
            Values::Int(v) => PlColumn::new(name(), v),
            Values::Long(v) => PlColumn::new(name(), v),
            Values::Single(v) => PlColumn::new(name(), v),
            Values::Double(v) => PlColumn::new(name(), v),
            Values::Wide(v) => {
                use polars::prelude::{Int128Chunked, IntoSeries as _, NewChunkedArray as _};
                let scale = match self.described.form {
                    Form::Decimal(scale) => scale.unwrap_or(0),
                    _ => 0,
                };
                let wide = Int128Chunked::from_iter_options(name(), v.into_iter());
                wide.into_decimal_unchecked(38, scale).into_series().into()
            }
            Values::Text(v) => {
                use polars::prelude::IntoSeries as _;
                v.finish().into_series().into()
            }
            Values::Bytes(v) => {
                use polars::prelude::IntoSeries as _;
                v.finish().into_series().into()
            }
        };
        let column = match &self.dtype {
            dtype @ (DataType::Date | DataType::Time) => column.cast(dtype).map_err(from_polars)?,
            DataType::Datetime(unit, zone) => {
                let local = column.cast(&DataType::Datetime(*unit, None)).map_err(from_polars)?;
                match zone {
                    None => local,
                    // The stored number is an instant already; the zone only says how it is shown.
                    Some(_) => local.cast(&self.dtype).map_err(from_polars)?,
                }
            }
            _ => column,
        };
        let odd = self.odd.into_iter().map(|(odd, n)| ((self.described.name.clone(), odd), n)).collect();
        Ok((column, Oddities(odd)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the server sends it: groups of four digits, the weight of the first, sign, digits shown.
    fn numeric(groups: &[u16], weight: i16, sign: u16, shown: u16) -> Vec<u8> {
        let head = [groups.len() as u16, weight as u16, sign, shown];
        head.iter().chain(groups).flat_map(|n| n.to_be_bytes()).collect()
    }

    #[test]
    fn decimals_are_exact_or_said_to_be_odd() {
        // 12345.67 in units of a hundredth, of a thousandth, and with a digit too many.
        let value = numeric(&[1, 2345, 6700], 1, 0, 2);
        assert_eq!(decimal(&value, 2).unwrap(), Ok(1_234_567));
        assert_eq!(decimal(&value, 3).unwrap(), Ok(12_345_670));
        assert_eq!(decimal(&value, 1).unwrap(), Err(Odd::Digits));
        assert_eq!(shown_scale(&value), Some(2));
        assert_eq!(decimal(&numeric(&[1, 2345, 6700], 1, 0x4000, 2), 2).unwrap(), Ok(-1_234_567));
        assert_eq!(decimal(&numeric(&[], 0, 0, 0), 5).unwrap(), Ok(0));
        // 0.0001 and 10^40.
        assert_eq!(decimal(&numeric(&[1], -1, 0, 4), 4).unwrap(), Ok(1));
        assert_eq!(decimal(&numeric(&[1], 10, 0, 0), 0).unwrap(), Err(Odd::Digits));
        assert_eq!(decimal(&numeric(&[], 0, 0xC000, 0), 2).unwrap(), Err(Odd::NotANumber));
        assert_eq!(decimal(&numeric(&[], 0, 0xD000, 0), 2).unwrap(), Err(Odd::Infinite));
        assert!(decimal(&[0, 1], 2).is_err());
    }

    #[test]
    fn what_has_no_place_is_missing_and_counted() {
        let described = Described { name: "d".into(), form: Form::Date, type_name: "date".into(), place: Some(0) };
        let mut gatherer = Gatherer::new(&described, "Asia/Tokyo");
        gatherer.push(Some(&0i32.to_be_bytes())).unwrap();
        gatherer.push(Some(&i32::MAX.to_be_bytes())).unwrap();
        gatherer.push(None).unwrap();
        let (column, odd) = gatherer.finish().unwrap();
        assert_eq!(column.null_count(), 2);
        assert_eq!(crate::data::cell_of(&column, 0).plain(), "2000-01-01");
        assert_eq!((odd.notices(&["d"]).len(), odd.notices(&["e"]).len()), (1, 0));
        assert!(Gatherer::new(&described, "UTC").push(Some(&[1])).is_err());
    }
}
