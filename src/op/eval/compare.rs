//! Two values compared, each kind exactly: no whole number, decimal or point in time is rounded to fit another.

use polars::prelude::{AnyValue, DataType, Expr as Pl, LiteralValue, NamedFrom, Scalar, Series, lit, when};

use super::moment::{
    datetime_type, days, instant_nanos, nanos, on_the_wall, parse_clock, parse_date, parse_datetime, parse_span,
    unit_nanos, utc,
};
use super::{Translation, Value, combined, null, wide};
use crate::error::{Error, Result};
use crate::sql::expr::{Binary, Expr, Literal};
use crate::text::Msg;
use crate::value::Kind;

/// From this many constants on, a list is looked up instead of compared one by one.
const LOOK_UP: usize = 8;

fn constant(e: &Expr) -> Option<&Literal> {
    match e {
        Expr::Literal(l) => Some(l),
        _ => None,
    }
}

fn applied(op: Binary, x: Pl, y: Pl) -> Pl {
    match op {
        Binary::Eq => x.eq(y),
        Binary::Ne => x.neq(y),
        Binary::Lt => x.lt(y),
        Binary::Le => x.lt_eq(y),
        Binary::Gt => x.gt(y),
        _ => x.gt_eq(y),
    }
}

/// The operator that says the same with its sides exchanged.
fn mirrored(op: Binary) -> Binary {
    match op {
        Binary::Lt => Binary::Gt,
        Binary::Le => Binary::Ge,
        Binary::Gt => Binary::Lt,
        Binary::Ge => Binary::Le,
        op => op,
    }
}

impl Translation<'_> {
    pub(super) fn comparison(&self, op: Binary, a: &Expr, b: &Expr) -> Result<Pl> {
        // A constant stands on the right.
        if constant(a).is_some() && constant(b).is_none() {
            return self.comparison(mirrored(op), b, a);
        }
        let (x, y) = (self.translate(a)?, self.translate(b)?);
        for kind in [&x.kind, &y.kind] {
            if kind.is_nested() || *kind == Kind::Binary {
                return Err(Error::usage(Msg::new("error-compare-nested").with("kind", kind.word())));
            }
        }
        let text = match constant(b) {
            Some(Literal::Text(t)) => Some(t.as_str()),
            _ => None,
        };
        Ok(match (&x.kind, &y.kind) {
            (Kind::Empty, _) | (_, Kind::Empty) => null().cast(DataType::Boolean),
            (kx, ky) if kx.is_number() && ky.is_number() => numbers(op, x, y, constant(b)),
            (Kind::Text, Kind::Text) | (Kind::Boolean, Kind::Boolean) | (Kind::Time, Kind::Time) => {
                applied(op, x.pl, y.pl)
            }
            (Kind::Date | Kind::DateTime(_), Kind::Date | Kind::DateTime(_)) => moments(op, x, y),
            (Kind::Duration, Kind::Duration) => measured(op, &x, &y),
            // Text beside another kind is that kind in words.
            (_, Kind::Text) if text.is_some() => in_words(op, x, text.unwrap_or_default(), a)?,
            (Kind::Text, _) if matches!(constant(a), Some(Literal::Text(_))) => {
                let Some(Literal::Text(t)) = constant(a) else { return Ok(null()) };
                in_words(mirrored(op), y, t, b)?
            }
            (kx, ky) => {
                let hint = match (kx, ky) {
                    (Kind::Boolean, _) | (_, Kind::Boolean) => "hint-constant-boolean",
                    (k, _) | (_, k) if k.is_temporal() => "hint-constant-time",
                    _ => "hint-compare-kinds",
                };
                return Err(Error::usage(
                    Msg::new("error-compare-kinds")
                        .with("one", a.to_string())
                        .with("kind", kx.word())
                        .with("two", b.to_string())
                        .with("other", ky.word()),
                )
                .hint(Msg::new(hint)));
            }
        })
    }

    /// Whether a value is one of a list.
    pub(super) fn any_of(&self, inner: &Expr, list: &[Expr]) -> Result<Pl> {
        if list.len() >= LOOK_UP
            && let Some(found) = self.looked_up(inner, list)?
        {
            return Ok(found);
        }
        let each = list.iter().map(|item| self.comparison(Binary::Eq, inner, item)).collect::<Result<Vec<_>>>()?;
        Ok(combined(each, Pl::or))
    }

    /// As [`Translation::any_of`], by one search of a table of constants. None where they are not all of a kind that can
    /// be looked up.
    fn looked_up(&self, inner: &Expr, list: &[Expr]) -> Result<Option<Pl>> {
        let value = self.translate(inner)?;
        let constants: Option<Series> = match (&value.kind, &value.dtype) {
            (Kind::Text, _) => {
                let texts: Option<Vec<&str>> = list
                    .iter()
                    .map(|e| match constant(e) {
                        Some(Literal::Text(t)) => Some(t.as_str()),
                        _ => None,
                    })
                    .collect();
                texts.map(|t| Series::new("".into(), t))
            }
            (Kind::Integer, Some(dtype)) if value.bits < 128 => {
                let numbers: Option<Vec<i128>> = list
                    .iter()
                    .map(|e| match constant(e) {
                        Some(Literal::Int(n)) => Some(*n),
                        _ => None,
                    })
                    .collect();
                numbers.and_then(|n| {
                    let fit: Vec<i128> = n.into_iter().filter(|n| fits(*n, dtype)).collect();
                    Series::new("".into(), fit).cast(dtype).ok()
                })
            }
            (Kind::Float, Some(dtype)) => {
                let numbers: Option<Vec<f64>> = list
                    .iter()
                    .map(|e| match constant(e) {
                        Some(Literal::Int(n)) => Some(*n as f64),
                        Some(Literal::Float(x)) => Some(*x),
                        _ => None,
                    })
                    .collect();
                numbers.and_then(|n| Series::new("".into(), n).cast(dtype).ok())
            }
            _ => None,
        };
        Ok(constants.map(|c| value.pl.is_in(lit(c).implode(false), false)))
    }
}

/// Whether a whole number is a value of an integer type.
fn fits(n: i128, dtype: &DataType) -> bool {
    match dtype {
        DataType::Int8 => i8::try_from(n).is_ok(),
        DataType::Int16 => i16::try_from(n).is_ok(),
        DataType::Int32 => i32::try_from(n).is_ok(),
        DataType::Int64 => i64::try_from(n).is_ok(),
        DataType::UInt8 => u8::try_from(n).is_ok(),
        DataType::UInt16 => u16::try_from(n).is_ok(),
        DataType::UInt32 => u32::try_from(n).is_ok(),
        DataType::UInt64 => u64::try_from(n).is_ok(),
        _ => false,
    }
}

fn numbers(op: Binary, x: Value, y: Value, constant: Option<&Literal>) -> Pl {
    match (&x.kind, &y.kind) {
        (Kind::Integer, Kind::Integer) => match (constant, &x.dtype) {
            (Some(Literal::Int(n)), Some(dtype)) if fits(*n, dtype) => {
                applied(op, x.pl.clone(), wide(*n).cast(dtype.clone()))
            }
            _ if x.dtype.is_some() && x.dtype == y.dtype => applied(op, x.pl, y.pl),
            _ => applied(op, x.pl.cast(DataType::Int128), y.pl.cast(DataType::Int128)),
        },
        (Kind::Decimal(a), Kind::Decimal(b)) => {
            let dtype = DataType::Decimal(38, usize::from(*a.max(b)));
            applied(op, x.pl.cast(dtype.clone()), y.pl.cast(dtype))
        }
        (Kind::Decimal(scale), _) => {
            let words = match constant {
                Some(Literal::Int(n)) => n.to_string(),
                Some(Literal::Float(v)) => v.to_string(),
                _ => String::new(),
            };
            match (decimal(&words, *scale), &y.kind) {
                (Some(d), _) => applied(op, x.pl, d),
                // 64-bit numbers have at most 20 digits.
                (None, Kind::Integer) if y.bits <= 64 && *scale <= 18 => {
                    let dtype = DataType::Decimal(38, usize::from(*scale));
                    applied(op, x.pl.cast(dtype.clone()), y.pl.cast(dtype))
                }
                _ => floats(op, x, y, constant.is_some()),
            }
        }
        (_, Kind::Decimal(_)) => numbers(mirrored(op), y, x, None),
        _ => floats(op, x, y, constant.is_some()),
    }
}

/// A comparison of floating-point numbers, in which NaN is equal to nothing, not even itself.
fn floats(op: Binary, x: Value, y: Value, constant: bool) -> Pl {
    let is_float = |v: &Value| v.kind == Kind::Float;
    let real: Vec<Pl> = [&x, &y]
        .into_iter()
        .enumerate()
        .filter(|(i, v)| is_float(v) && !(*i == 1 && constant))
        .map(|(_, v)| v.pl.clone().is_not_nan())
        .collect();
    let plain = |v: Value| if matches!(v.kind, Kind::Decimal(_)) { v.as_float() } else { v.pl };
    let known = (!constant).then(|| x.pl.clone().is_not_null().and(y.pl.clone().is_not_null()));
    let (x, y) = (plain(x), plain(y));
    if real.is_empty() {
        return applied(op, x, y);
    }
    let real = combined(real, Pl::and);
    let compared = match op {
        Binary::Ne => x.neq(y).or(real.not()),
        op => applied(op, x, y).and(real),
    };
    match known {
        Some(known) => when(known).then(compared).otherwise(null()),
        None => compared,
    }
}

/// Points in time: an instant beside a date or a local time is taken as its own zone's clock shows it.
fn moments(op: Binary, x: Value, y: Value) -> Pl {
    let zoned = |v: &Value| matches!(v.kind, Kind::DateTime(Some(_)));
    match (zoned(&x), zoned(&y)) {
        (true, false) => measured(op, &on_the_wall(x), &y),
        (false, true) => measured(op, &x, &on_the_wall(y)),
        _ => measured(op, &x, &y),
    }
}

fn measured(op: Binary, x: &Value, y: &Value) -> Pl {
    let alike = x.kind == y.kind && (x.kind == Kind::Date || (x.dtype.is_some() && x.dtype == y.dtype));
    if alike { applied(op, x.pl.clone(), y.pl.clone()) } else { applied(op, nanos(x), nanos(y)) }
}

/// A comparison of a value with so many nanoseconds.
fn with_nanos(op: Binary, x: &Value, n: i128) -> Pl {
    let unit = unit_nanos(x.dtype.as_ref());
    match (&x.dtype, i64::try_from(n / unit)) {
        (Some(dtype), Ok(units)) if x.kind != Kind::Date && n % unit == 0 => {
            applied(op, x.pl.clone(), lit(units).cast(dtype.clone()))
        }
        _ => applied(op, nanos(x), wide(n)),
    }
}

/// A comparison of a value with one of its kind in words.
fn in_words(op: Binary, x: Value, text: &str, e: &Expr) -> Result<Pl> {
    let wrong = || {
        let message =
            Msg::new("error-constant").with("text", text).with("kind", x.kind.word()).with("other", e.to_string());
        Error::usage(message).hint(Msg::new(match x.kind {
            Kind::Date | Kind::DateTime(_) | Kind::Time => "hint-constant-time",
            Kind::Duration => "hint-constant-span",
            Kind::Boolean => "hint-constant-boolean",
            _ => "hint-constant-number",
        }))
    };
    let no_offset = || {
        let message =
            Msg::new("error-constant").with("text", text).with("kind", x.kind.word()).with("other", e.to_string());
        Error::usage(message).hint(Msg::new("hint-constant-offset"))
    };
    let t = text.trim();
    Ok(match &x.kind {
        Kind::Date => match parse_date(t) {
            Some(d) => applied(op, x.pl, lit(days(d)).cast(DataType::Date)),
            None => match parse_datetime(t).ok_or_else(wrong)? {
                (_, Some(_)) => return Err(no_offset()),
                // Beside a time of day, a date is its midnight.
                (at, None) => with_nanos(op, &x, instant_nanos(at)),
            },
        },
        Kind::DateTime(zone) => {
            let (at, offset) = parse_datetime(t).ok_or_else(wrong)?;
            let n = match (offset, zone) {
                (Some(_), None) => return Err(no_offset()),
                (Some(seconds), Some(_)) => instant_nanos(at) - i128::from(seconds) * 1_000_000_000,
                (None, None) => instant_nanos(at),
                (None, Some(zone)) => utc(at, zone).unwrap_or_else(|| instant_nanos(at)),
            };
            let x = match x.dtype {
                Some(_) => x,
                None => Value { dtype: Some(datetime_type(&x.kind, polars::prelude::TimeUnit::Microseconds)), ..x },
            };
            with_nanos(op, &x, n)
        }
        Kind::Duration => with_nanos(op, &x, parse_span(t).ok_or_else(wrong)?),
        Kind::Time => applied(op, x.pl.clone(), lit(parse_clock(t).ok_or_else(wrong)?).cast(DataType::Time)),
        Kind::Boolean => {
            let b: bool = t.to_lowercase().parse().map_err(|_| wrong())?;
            applied(op, x.pl.clone(), lit(b))
        }
        Kind::Decimal(scale) => match decimal(t, *scale) {
            Some(d) => applied(op, x.pl.clone(), d),
            None => applied(op, x.pl.clone().cast(DataType::Float64), lit(number(t).ok_or_else(wrong)?)),
        },
        Kind::Integer | Kind::Float => {
            let l = match t.parse::<i128>() {
                Ok(n) => Literal::Int(n),
                Err(_) => Literal::Float(number(t).ok_or_else(wrong)?),
            };
            let y = super::literal(&l);
            numbers(op, x, y, Some(&l))
        }
        _ => return Err(wrong()),
    })
}

/// A number in words; not the words for what is not one.
fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|x| !x.is_nan())
}

/// A number in words as a decimal of a scale, if it has no more digits after the point than that.
fn decimal(text: &str, scale: u8) -> Option<Pl> {
    const MOST: u32 = 38;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let scale = usize::from(scale);
    if fraction.len() > scale || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.is_empty() {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    if digits.unsigned_abs() >= 10u128.pow(MOST) {
        return None;
    }
    let dtype = DataType::Decimal(MOST as usize, scale);
    Some(Pl::Literal(LiteralValue::Scalar(Scalar::new(dtype, AnyValue::Decimal(digits, MOST as usize, scale)))))
}
