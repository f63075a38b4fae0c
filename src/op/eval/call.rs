//! Arithmetic, patterns and functions.

use polars::prelude::{DataType, Expr as Pl, RoundMode, StrptimeOptions, TimeUnit, lit, when};

use super::moment::{datetime_type, in_calendar};
use super::{Translation, Value, null, only_where, wide, wrong_kind};
use crate::error::{Error, Result};
use crate::sql::expr::{Binary, Expr, Function, Literal, Pattern};
use crate::text::Msg;
use crate::value::Kind;

/// Whole numbers beyond this are missing: a little below what 128 bits hold, for the rounding of the estimate.
const MOST: f64 = 1.6e38;

impl Translation<'_> {
    /// A number, whole ones with room to compute in.
    pub(super) fn number(&self, e: &Expr) -> Result<Value> {
        let value = self.translate(e)?;
        match value.kind {
            Kind::Integer => Ok(Value { pl: value.pl.cast(DataType::Int128), dtype: None, ..value }),
            Kind::Float => Ok(value),
            Kind::Decimal(_) | Kind::Empty => Ok(Value::new(value.as_float(), Kind::Float)),
            kind => Err(wrong_kind(e, &kind, "kind-float")),
        }
    }

    pub(super) fn negative(&self, e: &Expr) -> Result<Value> {
        let value = self.number(e)?;
        Ok(match value.kind {
            Kind::Integer => whole_arithmetic(Binary::Sub, Value::constant(0), value),
            _ => Value::new(value.as_float() * lit(-1.0), Kind::Float),
        })
    }

    pub(super) fn arithmetic(&self, op: Binary, a: &Expr, b: &Expr) -> Result<Value> {
        let (x, y) = (self.number(a)?, self.number(b)?);
        if x.kind == Kind::Integer && y.kind == Kind::Integer && op != Binary::Div {
            return Ok(whole_arithmetic(op, x, y));
        }
        let (x, y) = (x.as_float(), y.as_float());
        let pl = match op {
            Binary::Add => x + y,
            Binary::Sub => x - y,
            Binary::Mul => x * y,
            Binary::Div => only_where(y.clone().neq(lit(0.0)), x / y),
            _ => remainder(x, y, lit(0.0)),
        };
        Ok(Value::new(pl, Kind::Float))
    }

    pub(super) fn pattern(&self, pattern: Pattern, inner: &Expr, p: &Expr) -> Result<Pl> {
        let value = self.text(inner)?;
        let constant = match p {
            Expr::Literal(Literal::Text(t)) => Some(t.as_str()),
            _ => None,
        };
        let regex = |source: String| -> Result<Pl> {
            regex::Regex::new(&source).map_err(|e| {
                Error::usage(Msg::new("error-regex").with("text", p.to_string()).with("cause", e.to_string()))
            })?;
            Ok(value.clone().str().contains(lit(source), true))
        };
        match (pattern, constant) {
            (Pattern::Contains, _) => Ok(value.str().contains_literal(self.text(p)?)),
            (Pattern::Starts, _) => Ok(value.str().starts_with(self.text(p)?)),
            (Pattern::Ends, _) => Ok(value.str().ends_with(self.text(p)?)),
            (_, None) => Err(Error::usage(Msg::new("error-pattern-constant").with("text", p.to_string()))),
            (Pattern::Matches, Some(t)) => regex(t.to_owned()),
            (Pattern::Like | Pattern::ILike, Some(t)) => {
                let mut source = String::from(if pattern == Pattern::Like { "(?s)^" } else { "(?is)^" });
                for c in t.chars() {
                    match c {
                        '%' => source.push_str(".*"),
                        '_' => source.push('.'),
                        c => source.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                    }
                }
                source.push('$');
                regex(source)
            }
        }
    }

    pub(super) fn call(&self, function: Function, list: &[Expr], whole: &Expr) -> Result<Value> {
        let first = list.first().ok_or_else(|| wrong_kind(whole, &Kind::Empty, "kind-text"))?;
        let text = |pl| Value::new(pl, Kind::Text);
        Ok(match function {
            Function::Lower => text(self.text(first)?.str().to_lowercase()),
            Function::Upper => text(self.text(first)?.str().to_uppercase()),
            Function::Trim => text(self.text(first)?.str().strip_chars(null())),
            Function::Length => small(self.text(first)?.str().len_chars()),
            Function::Abs => {
                let value = self.number(first)?;
                match value.constant {
                    Some(n) => n.checked_abs().map_or(Value { constant: None, ..value }, Value::constant),
                    None => Value { pl: value.pl.abs(), ..value },
                }
            }
            Function::Floor | Function::Ceil => {
                let value = self.number(first)?;
                match (&value.kind, function) {
                    (Kind::Integer, _) => value,
                    (_, Function::Floor) => Value::new(value.pl.floor(), Kind::Float),
                    _ => Value::new(value.pl.ceil(), Kind::Float),
                }
            }
            Function::Round => {
                let value = self.number(first)?;
                let digits = match list.get(1) {
                    None => 0,
                    Some(Expr::Literal(Literal::Int(n @ 0..=15))) => *n as u32,
                    Some(other) => return Err(Error::usage(Msg::new("error-round").with("text", other.to_string()))),
                };
                match value.kind {
                    Kind::Integer => value,
                    _ => Value::new(value.pl.round(digits, RoundMode::HalfAwayFromZero), Kind::Float),
                }
            }
            Function::Coalesce => {
                let values = list.iter().map(|e| self.translate(e)).collect::<Result<Vec<_>>>()?;
                let (values, kept) = alike(values, whole)?;
                let mut values = values.into_iter().rev();
                let mut pl = values.next().unwrap_or_else(null);
                for value in values {
                    pl = when(value.clone().is_not_null()).then(value).otherwise(pl);
                }
                Value { pl, ..kept }
            }
            Function::If => {
                let condition = self.condition(first)?;
                let mut conditions = vec![condition];
                let mut values = Vec::new();
                // Conditions and values take turns; the last value stands alone.
                for (i, e) in list.iter().enumerate().skip(1) {
                    match i % 2 == 0 && i + 1 < list.len() {
                        true => conditions.push(self.condition(e)?),
                        false => values.push(self.translate(e)?),
                    }
                }
                let (mut values, kept) = alike(values, whole)?;
                let mut pl = values.pop().unwrap_or_else(null);
                while let (Some(value), Some(condition)) = (values.pop(), conditions.pop()) {
                    pl = when(condition).then(value).otherwise(pl);
                }
                Value { pl, ..kept }
            }
            Function::IsNan => {
                let value = self.number(first)?;
                let pl = match value.kind {
                    Kind::Integer => only_where(value.pl.is_not_null(), lit(false)),
                    _ => value.pl.is_nan(),
                };
                Value::new(pl, Kind::Boolean)
            }
            Function::Year => small(self.moment(first)?.dt().year()),
            Function::Month => small(self.moment(first)?.dt().month()),
            Function::Day => small(self.moment(first)?.dt().day()),
            Function::Weekday => small(self.moment(first)?.dt().weekday()),
            Function::Hour => {
                let value = self.translate(first)?;
                match value.kind {
                    Kind::DateTime(_) | Kind::Time => small(in_calendar(&value).dt().hour()),
                    Kind::Empty => Value::whole(value.pl.cast(DataType::Int128), 1),
                    kind => return Err(wrong_kind(first, &kind, "kind-datetime")),
                }
            }
            Function::Date => {
                let value = self.translate(first)?;
                let pl = match value.kind {
                    Kind::Date => value.pl,
                    Kind::DateTime(_) => in_calendar(&value).dt().date(),
                    Kind::Empty => value.pl.cast(DataType::Date),
                    Kind::Text => value.pl.str().to_date(StrptimeOptions {
                        format: Some("%Y-%m-%d".into()),
                        strict: false,
                        exact: true,
                        cache: true,
                    }),
                    kind => return Err(wrong_kind(first, &kind, "kind-date")),
                };
                Value::typed(pl, Kind::Date, DataType::Date)
            }
            function => self.made(function, list, whole)?,
        })
    }

    /// A point in time that has a year, a month and a day.
    pub(super) fn moment(&self, e: &Expr) -> Result<Pl> {
        let value = self.translate(e)?;
        match value.kind {
            Kind::Date | Kind::DateTime(_) => Ok(in_calendar(&value)),
            Kind::Empty => Ok(value.pl.cast(DataType::Date)),
            kind => Err(wrong_kind(e, &kind, "kind-date")),
        }
    }
}

pub(super) fn small(pl: Pl) -> Value {
    Value::whole(pl.cast(DataType::Int64), 32)
}

fn whole_arithmetic(op: Binary, x: Value, y: Value) -> Value {
    if let (Some(a), Some(b)) = (x.constant, y.constant) {
        let exact = match op {
            Binary::Add => a.checked_add(b),
            Binary::Sub => a.checked_sub(b),
            Binary::Mul => a.checked_mul(b),
            _ => a.checked_rem(b),
        };
        return exact.map_or_else(|| Value::whole(null().cast(DataType::Int128), 128), Value::constant);
    }
    let bits = match op {
        Binary::Add | Binary::Sub => x.bits.max(y.bits) + 1,
        Binary::Mul => x.bits + y.bits,
        _ => x.bits.max(y.bits),
    };
    let (a, b) = (x.pl, y.pl);
    let exact = match op {
        Binary::Add => a.clone() + b.clone(),
        Binary::Sub => a.clone() - b.clone(),
        Binary::Mul => a.clone() * b.clone(),
        _ => remainder(a.clone(), b.clone(), wide(0)),
    };
    if bits < 127 || op == Binary::Rem {
        return Value::whole(exact, bits.min(128));
    }
    let (a, b) = (a.cast(DataType::Float64), b.cast(DataType::Float64));
    let estimate = match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        _ => a * b,
    };
    let fits = estimate.clone().lt(lit(MOST)).and(estimate.gt(lit(-MOST)));
    Value::whole(only_where(fits, exact), 128)
}

/// What is left of a division towards zero, as in SQL; missing where the divisor is zero.
fn remainder(a: Pl, b: Pl, zero: Pl) -> Pl {
    // The library's remainder has the sign of the divisor.
    let rest = a.clone() % b.clone();
    let other_sign = a.lt(zero.clone()).neq(b.clone().lt(zero.clone()));
    let towards_zero =
        when(rest.clone().neq(zero.clone()).and(other_sign)).then(rest.clone() - b.clone()).otherwise(rest);
    only_where(b.neq(zero), towards_zero)
}

/// Values brought to one kind and type, and what is known of them all.
pub(super) fn alike(values: Vec<Value>, whole: &Expr) -> Result<(Vec<Pl>, Value)> {
    let mut kind = Kind::Empty;
    let mut dtype: Option<DataType> = None;
    let mut same = true;
    let mut bits = 0;
    for value in values.iter().filter(|v| v.kind != Kind::Empty) {
        kind = match (&kind, &value.kind) {
            (Kind::Empty, k) => k.clone(),
            (a, b) if a == b => kind,
            (a, b) if a.is_number() && b.is_number() => Kind::Float,
            (a, b) => {
                return Err(Error::usage(
                    Msg::new("error-mixed-kinds")
                        .with("text", whole.to_string())
                        .with("one", a.word())
                        .with("two", b.word()),
                ));
            }
        };
        bits = bits.max(value.bits);
        same &= value.dtype.is_some() && dtype.as_ref().is_none_or(|d| Some(d) == value.dtype.as_ref());
        dtype = value.dtype.clone();
    }
    let target = match (&kind, dtype.filter(|_| same)) {
        (Kind::Empty, _) => None,
        (_, Some(dtype)) => Some(dtype),
        (Kind::Float, None) => Some(DataType::Float64),
        (Kind::Integer, None) => Some(DataType::Int128),
        (Kind::Decimal(scale), None) => Some(DataType::Decimal(38, usize::from(*scale))),
        (Kind::DateTime(_), None) => Some(datetime_type(&kind, TimeUnit::Microseconds)),
        (Kind::Duration, None) => Some(DataType::Duration(TimeUnit::Microseconds)),
        (Kind::Text, None) => Some(DataType::String),
        (Kind::Boolean, None) => Some(DataType::Boolean),
        (Kind::Date, None) => Some(DataType::Date),
        (Kind::Time, None) => Some(DataType::Time),
        (_, None) => None,
    };
    let pls = values
        .into_iter()
        .map(|v| match (&target, v.dtype == target) {
            (Some(t), false) => v.pl.cast(t.clone()),
            _ => v.pl,
        })
        .collect();
    Ok((pls, Value { dtype: target, bits, ..Value::new(null(), kind) }))
}
