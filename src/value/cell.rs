//! One value of a table, and the two ways to write it: for people and for machines.

use std::borrow::Cow;
use std::fmt::Write;

use super::time;
use crate::text::{self, number};

/// The zone an instant is shown in, as an offset from UTC at that instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Seconds east of UTC.
    pub offset: i32,
}

/// One value. Text and bytes are borrowed from the table where that is possible.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Missing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A whole number beyond `i128`.
    UInt(u128),
    /// A floating-point number.
    Float(f64),
    /// A single-precision number; written with the digits it has.
    Float32(f32),
    /// A fixed-point number: digits, and how many of them stand after the point.
    Decimal(i128, u8),
    /// Text.
    Text(Cow<'a, str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Local nanoseconds since 1970-01-01T00:00, and the offset if it is an instant.
    DateTime(i128, Option<Zone>),
    /// Nanoseconds.
    Duration(i128),
    /// Raw bytes.
    Binary(Cow<'a, [u8]>),
    /// Several values.
    List(Vec<Cell<'a>>),
    /// Named values.
    Struct(Vec<(String, Cell<'a>)>),
}

impl Cell<'_> {
    /// Whether the value is missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Text(s) => Cell::Text(Cow::Owned(s.into_owned())),
            Self::Binary(b) => Cell::Binary(Cow::Owned(b.into_owned())),
            Self::List(v) => Cell::List(v.into_iter().map(Cell::into_owned).collect()),
            Self::Struct(v) => Cell::Struct(v.into_iter().map(|(n, c)| (n, c.into_owned())).collect()),
            Self::Null => Cell::Null,
            Self::Bool(v) => Cell::Bool(v),
            Self::Int(v) => Cell::Int(v),
            Self::UInt(v) => Cell::UInt(v),
            Self::Float(v) => Cell::Float(v),
            Self::Float32(v) => Cell::Float32(v),
            Self::Decimal(v, s) => Cell::Decimal(v, s),
            Self::Date(v) => Cell::Date(v),
            Self::Time(v) => Cell::Time(v),
            Self::DateTime(v, z) => Cell::DateTime(v, z),
            Self::Duration(v) => Cell::Duration(v),
        }
    }

    /// The value as a number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(v) => Some(*v as f64),
            Self::UInt(v) => Some(*v as f64),
            Self::Float(v) => Some(*v),
            Self::Float32(v) => Some(f64::from(*v)),
            Self::Decimal(v, s) => Some(*v as f64 / 10f64.powi(i32::from(*s))),
            _ => None,
        }
    }

    /// The value for people: separators in numbers, nested values in short form. Not yet safe for a terminal.
    /// Missing is empty here; whoever draws marks it.
    pub fn display(&self) -> Cow<'_, str> {
        match self {
            Self::Text(s) => Cow::Borrowed(s),
            Self::Int(v) => Cow::Owned(number::grouped(&v.to_string())),
            Self::UInt(v) => Cow::Owned(number::grouped(&v.to_string())),
            Self::Float(_) | Self::Float32(_) | Self::Decimal(..) => Cow::Owned(number::grouped(&self.plain())),
            Self::DateTime(..) => Cow::Owned(self.plain().replacen('T', " ", 1)),
            Self::Duration(v) => Cow::Owned(time::span(*v)),
            Self::Binary(b) => Cow::Owned(hex(b, 16)),
            Self::List(_) | Self::Struct(_) => Cow::Owned(self.short(64)),
            _ => Cow::Owned(self.plain()),
        }
    }

    /// Nested values on one line, cut after `limit` parts.
    fn short(&self, limit: usize) -> String {
        match self {
            Self::Null => "∅".to_owned(),
            Self::List(items) => {
                let mut out = String::from("[");
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    if i == limit {
                        out.push_str(text::safe::ELLIPSIS);
                        break;
                    }
                    out.push_str(&item.short(limit));
                }
                out.push(']');
                out
            }
            Self::Struct(fields) => {
                let mut out = String::from("{");
                for (i, (name, value)) in fields.iter().enumerate() {
                    let _ = write!(out, "{}{name}: {}", if i > 0 { ", " } else { "" }, value.short(limit));
                }
                out.push('}');
                out
            }
            other => other.display().into_owned(),
        }
    }

    /// The value for machines, as in CSV: no separators, ISO 8601 dates, nested values as JSON, missing as empty.
    pub fn plain(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(v) => v.to_string(),
            Self::Int(v) => v.to_string(),
            Self::UInt(v) => v.to_string(),
            Self::Float(v) => float(*v),
            Self::Float32(v) => match v.is_finite() {
                true => float32_digits(*v),
                false => float(f64::from(*v)),
            },
            Self::Decimal(v, scale) => decimal(*v, *scale),
            Self::Text(s) => s.clone().into_owned(),
            Self::Date(d) => time::date(i64::from(*d)),
            Self::Time(n) => time::clock(*n),
            Self::DateTime(n, zone) => datetime(*n, *zone),
            Self::Duration(n) => time::iso_span(*n),
            Self::Binary(b) => hex(b, usize::MAX),
            Self::List(_) | Self::Struct(_) => self.json().to_string(),
        }
    }

    /// The value as JSON: integers exact, NaN and infinities null, dates and bytes as text.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(v) => Value::Bool(*v),
            Self::Int(_) | Self::UInt(_) | Self::Decimal(..) => exact_number(&self.plain()),
            Self::Float(v) if v.is_finite() => exact_number(&self.plain()),
            Self::Float32(v) if v.is_finite() => exact_number(&self.plain()),
            Self::Float(_) | Self::Float32(_) => Value::Null,
            Self::List(items) => Value::Array(items.iter().map(Cell::json).collect()),
            Self::Struct(fields) => Value::Object(fields.iter().map(|(n, v)| (n.clone(), v.json())).collect()),
            other => Value::String(other.plain()),
        }
    }
}

fn exact_number(digits: &str) -> serde_json::Value {
    match serde_json::from_str(digits) {
        Ok(v) => v,
        Err(_) => serde_json::Value::String(digits.to_owned()),
    }
}

fn float(v: f64) -> String {
    if v.is_nan() {
        "NaN".to_owned()
    } else if v.is_infinite() {
        if v > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        float_digits(&v.to_string(), v)
    }
}

/// As [`float_digits`], with the digits a single-precision number has.
fn float32_digits(v: f32) -> String {
    if v != 0.0 && !(1e-5..1e16).contains(&v.abs()) {
        return format!("{v:e}");
    }
    float_digits(&v.to_string(), f64::from(v))
}

/// The shortest digits that read back as the same number; with an exponent where plain digits would run on.
fn float_digits(plain: &str, v: f64) -> String {
    if v != 0.0 && !(1e-5..1e16).contains(&v.abs()) {
        return format!("{v:e}");
    }
    if plain.contains('.') { plain.to_owned() } else { format!("{plain}.0") }
}

fn decimal(v: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    if scale == 0 {
        return v.to_string();
    }
    let digits = format!("{:0>width$}", v.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if v < 0 { "-" } else { "" })
}

fn datetime(nanos: i128, zone: Option<Zone>) -> String {
    const DAY: i128 = 86_400_000_000_000;
    let mut out = time::date(nanos.div_euclid(DAY) as i64);
    out.push('T');
    out.push_str(&time::clock(nanos.rem_euclid(DAY) as i64));
    if let Some(Zone { offset }) = zone {
        if offset == 0 {
            out.push('Z');
        } else {
            let a = offset.unsigned_abs();
            let _ = write!(out, "{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, a / 3600, a / 60 % 60);
        }
    }
    out
}

fn hex(bytes: &[u8], limit: usize) -> String {
    let mut out = String::with_capacity(2 + 2 * bytes.len().min(limit));
    out.push_str("0x");
    for b in bytes.iter().take(limit) {
        let _ = write!(out, "{b:02x}");
    }
    if bytes.len() > limit {
        out.push_str(text::safe::ELLIPSIS);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_machines() {
        for (cell, want) in [
            (Cell::Int(-1234567), "-1234567"),
            (Cell::Float(0.1), "0.1"),
            (Cell::Float(3.0), "3.0"),
            (Cell::Float(1e300), "1e300"),
            (Cell::Float32(0.1), "0.1"),
            (Cell::Float32(1e16), "1e16"),
            (Cell::Decimal(-5, 2), "-0.05"),
            (Cell::Decimal(12345, 0), "12345"),
            (Cell::Date(19_723), "2024-01-01"),
            (Cell::DateTime(0, None), "1970-01-01T00:00:00"),
            (Cell::DateTime(32_400_000_000_000, Some(Zone { offset: 32_400 })), "1970-01-01T09:00:00+09:00"),
            (Cell::Binary(vec![0, 255].into()), "0x00ff"),
            (Cell::List(vec![Cell::Int(1), Cell::Null, Cell::Text("a\"".into())]), r#"[1,null,"a\""]"#),
        ] {
            assert_eq!(cell.plain(), want);
        }
    }

    #[test]
    fn for_people() {
        for (cell, want) in [
            (Cell::Int(1234567), "1,234,567"),
            (Cell::Float(1234.5), "1,234.5"),
            (Cell::Struct(vec![("os".into(), Cell::Text("iOS".into())), ("v".into(), Cell::Null)]), "{os: iOS, v: ∅}"),
        ] {
            assert_eq!(cell.display(), want);
        }
    }

    #[test]
    fn json_keeps_every_digit() {
        assert_eq!(Cell::Int(9_007_199_254_740_993).json().to_string(), "9007199254740993");
        assert_eq!(Cell::Int(i128::MAX).json().to_string(), i128::MAX.to_string());
        assert_eq!(Cell::Float(f64::NAN).json(), serde_json::Value::Null);
        assert_eq!(Cell::Decimal(12_340, 3).json().to_string(), "12.340");
    }
}
