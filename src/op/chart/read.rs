//! From the columns of a part to plain numbers, and to words by number.

use std::hash::Hash;
use std::str::FromStr as _;

use chrono::{Offset as _, TimeZone as _};
use polars::prelude::{Column as PlColumn, DataFrame, DataType, PlHashMap, TimeUnit};

use super::Kind as ChartKind;
use crate::data::{cell_of, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Cell, Kind, Schema, time};

/// What a column is to a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Numbers.
    Number,
    /// Points in time; whole days or not.
    Moment { days: bool },
    /// Times of a day.
    Clock,
    /// Spans of time, in seconds.
    Span,
    /// Anything that can only be told apart.
    Words,
}

/// A column of the chart.
#[derive(Clone, Debug)]
pub struct Var {
    /// Its place in the dataset's schema.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What it is to a chart.
    pub class: Class,
}

impl Var {
    /// The column called `name`. Fails if there is none, or nothing in it can be drawn.
    pub fn of(schema: &Schema, name: &str) -> Result<Self> {
        let place = schema.require(name)?;
        let kind = schema.columns()[place].kind.clone();
        let class = match &kind {
            k if k.is_number() => Class::Number,
            Kind::Date => Class::Moment { days: true },
            Kind::DateTime(_) => Class::Moment { days: false },
            Kind::Time => Class::Clock,
            Kind::Duration => Class::Span,
            Kind::Boolean | Kind::Text | Kind::Category | Kind::Empty => Class::Words,
            _ => {
                return Err(Error::usage(
                    Msg::new("chart-error-nested").with("column", name).with("kind", kind.word()),
                )
                .hint(Msg::new("chart-hint-nested")));
            }
        };
        Ok(Self { place, name: name.to_owned(), kind, class })
    }

    /// The error that this column does not fit a kind of chart.
    pub fn unfit(&self, kind: ChartKind) -> Error {
        let message = Msg::new("chart-error-kind")
            .with("column", &self.name)
            .with("type", self.kind.word())
            .with("kind", kind.word());
        Error::usage(message).hint(Msg::new("chart-hint-number"))
    }
}

/// The columns that a pass reads: each once, however often it is used.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<usize>);

impl Places {
    /// The columns of these variables.
    pub fn of<'a>(vars: impl IntoIterator<Item = &'a Var>) -> Self {
        let mut places = Vec::new();
        for var in vars {
            if !places.contains(&var.place) {
                places.push(var.place);
            }
        }
        Self(places)
    }

    /// The places to read.
    pub fn list(&self) -> &[usize] {
        &self.0
    }

    /// A variable's column in a part that was read.
    pub fn column<'a>(&self, frame: &'a DataFrame, var: &Var) -> Result<&'a PlColumn> {
        let at = self.0.iter().position(|p| *p == var.place);
        at.and_then(|i| frame.columns().get(i)).ok_or_else(|| Error::failed(Msg::new("error-not-read")))
    }
}

/// A column as numbers: moments as local seconds since 1970-01-01T00:00, spans and times of day as seconds. Missing
/// values are NaN.
pub fn numbers(column: &PlColumn, class: Class) -> Result<Vec<f64>> {
    let series = column.as_materialized_series();
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::Nanoseconds => 1e9,
        TimeUnit::Microseconds => 1e6,
        TimeUnit::Milliseconds => 1e3,
    };
    let (times, over, zone) = match series.dtype() {
        DataType::Date => (86_400.0, 1.0, None),
        DataType::Datetime(unit, zone) => (1.0, per_second(unit), zone.as_ref().map(|z| z.as_str().to_owned())),
        DataType::Duration(unit) => (1.0, per_second(unit), None),
        DataType::Time => (1.0, 1e9, None),
        _ => (1.0, 1.0, None),
    };
    // The physical numbers of decimals lack their point.
    let plain = matches!(series.dtype(), DataType::Decimal(..));
    let source = if plain { series.clone() } else { series.to_physical_repr().into_owned() };
    let floats = source.cast(&DataType::Float64).map_err(from_polars)?;
    let floats = floats.f64().map_err(from_polars)?;
    let mut out: Vec<f64> = floats.iter().map(|v| v.map_or(f64::NAN, |v| v * times / over)).collect();
    if let (Class::Moment { .. }, Some(tz)) = (class, zone.and_then(|z| chrono_tz::Tz::from_str(&z).ok())) {
        local(&mut out, tz);
    }
    Ok(out)
}

/// From instants to the clocks of a zone. The hour that is repeated in autumn is counted once.
fn local(seconds: &mut [f64], tz: chrono_tz::Tz) {
    // Neighbouring rows mostly share their offset.
    let mut known: Option<(f64, f64)> = None;
    for v in seconds.iter_mut().filter(|v| v.is_finite()) {
        let hour = (*v / 900.0).floor();
        let offset = match known {
            Some((h, offset)) if h == hour => offset,
            _ => {
                let at = chrono::DateTime::from_timestamp(*v as i64, 0);
                let offset = at.map_or(0, |at| tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc());
                f64::from(offset)
            }
        };
        known = Some((hour, offset));
        *v += offset;
    }
}

/// A value that can only be told apart from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// No value.
    Missing,
    /// A whole number, or what is stored as one.
    Int(i64),
    /// Anything else, by its words.
    Text(String),
}

/// A column as numbers of keys: the row's key is `keys[codes[row]]`, keys in the order they first appear.
pub struct Coded {
    /// For each row the place of its key.
    pub codes: Vec<u32>,
    /// The keys.
    pub keys: Vec<Key>,
}

/// A column as keys.
pub fn words(column: &PlColumn, kind: &Kind) -> Result<Coded> {
    let series = column.as_materialized_series();
    match series.dtype() {
        DataType::String => Ok(coded(series.str().map_err(from_polars)?.iter(), |s| Key::Text(s.to_owned()))),
        DataType::Categorical(..) | DataType::Enum(..) => {
            let text = series.cast(&DataType::String).map_err(from_polars)?;
            Ok(coded(text.str().map_err(from_polars)?.iter(), |s| Key::Text(s.to_owned())))
        }
        DataType::Boolean => Ok(coded(series.bool().map_err(from_polars)?.iter(), |b| Key::Int(i64::from(b)))),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::Date => {
            let whole = series.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
            Ok(coded(whole.i64().map_err(from_polars)?.iter(), Key::Int))
        }
        DataType::Null => Ok(Coded { codes: vec![0; series.len()], keys: vec![Key::Missing] }),
        _ => {
            let texts: Vec<Option<String>> = (0..column.len())
                .map(|row| match cell_of(column, row) {
                    Cell::Null => None,
                    // NaN is no group.
                    Cell::Float(v) if v.is_nan() => None,
                    Cell::Float32(v) if v.is_nan() => None,
                    cell if kind.is_number() => Some(cell.plain()),
                    cell => Some(cell.display().into_owned()),
                })
                .collect();
            Ok(coded(texts.iter().map(Option::as_deref), |s| Key::Text(s.to_owned())))
        }
    }
}

fn coded<T: Hash + Eq + Copy>(values: impl Iterator<Item = Option<T>>, key: impl Fn(T) -> Key) -> Coded {
    let mut seen: PlHashMap<T, u32> = PlHashMap::default();
    let (mut codes, mut keys) = (Vec::with_capacity(values.size_hint().0), Vec::new());
    let mut missing: Option<u32> = None;
    for value in values {
        let next = keys.len() as u32;
        codes.push(match value {
            None => *missing.get_or_insert_with(|| {
                keys.push(Key::Missing);
                next
            }),
            Some(v) => *seen.entry(v).or_insert_with(|| {
                keys.push(key(v));
                next
            }),
        });
    }
    Coded { codes, keys }
}

impl Key {
    /// The key's words, by the kind of its column.
    pub fn text(&self, kind: &Kind) -> String {
        match (self, kind) {
            (Self::Missing, _) => String::new(),
            (Self::Text(t), _) => t.clone(),
            (Self::Int(v), Kind::Boolean) => Cell::Bool(*v != 0).plain(),
            (Self::Int(v), Kind::Date) => time::date(*v),
            (Self::Int(v), _) => v.to_string(),
        }
    }
}
