//! Conditions and values of the expression language, carried out on rows.
//!
//! Missing values follow SQL's three-valued logic, and a row counts only where the condition is true. A comparison with
//! NaN is false (`<>` is true); `is_nan` finds it. Whole numbers are computed with 128 bits; dividing by zero is missing.
//! Text stands for dates and times in ISO 8601; without an offset it is local time in the column's own zone.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Expr as Pl, IntoLazy, LiteralValue, Scalar, StrptimeOptions,
    TimeUnit, col, lit, when,
};

use crate::data::schema_of;
use crate::error::{Error, Result};
use crate::sql::expr::{Binary, Expr, Function, Literal, Pattern};
use crate::text::Msg;
use crate::value::{Kind, Schema};

/// Whether an expression is a condition that makes sense for these columns; the error says what does not.
pub fn check(expr: &Expr, schema: &Schema) -> Result<()> {
    let translated = Translation { schema }.translate(expr)?;
    require_boolean(expr, &translated.1)
}

/// Which rows meet a condition; never missing. The frame may hold other columns as well.
pub fn mask(expr: &Expr, frame: &DataFrame) -> Result<BooleanChunked> {
    let schema = schema_of(frame);
    let (translated, kind) = Translation { schema: &schema }.translate(expr)?;
    require_boolean(expr, &kind)?;
    let mut safe = frame.clone();
    // Names may look like patterns to the library.
    let names: Vec<String> = (0..schema.len()).map(place_name).collect();
    safe.set_column_names(&names).map_err(failed)?;
    let height = frame.height();
    let out = safe
        .lazy()
        .select([translated.cast(DataType::Boolean).alias("m")])
        .collect()
        .map_err(failed)?;
    let column = out.columns().first().ok_or_else(|| Error::failed(Msg::new("error-data").with("cause", "")))?;
    let mask = column.bool().map_err(failed)?;
    let constant = mask.len() == 1 && height != 1;
    let values: BooleanChunked = match constant {
        true => std::iter::repeat_n(Some(mask.get(0).unwrap_or(false)), height).collect(),
        false => mask.iter().map(|v| Some(v.unwrap_or(false))).collect(),
    };
    Ok(values)
}

fn place_name(i: usize) -> String {
    format!("c{i}")
}

fn failed(e: polars::error::PolarsError) -> Error {
    Error::failed(Msg::new("error-data").with("cause", e.to_string())).caused_by(e)
}

fn require_boolean(expr: &Expr, kind: &Kind) -> Result<()> {
    match kind {
        Kind::Boolean | Kind::Empty => Ok(()),
        kind => Err(Error::usage(
            Msg::new("error-not-condition").with("text", expr.to_string()).with("kind", kind.word()),
        )),
    }
}

type Typed = (Pl, Kind);

struct Translation<'a> {
    schema: &'a Schema,
}

impl Translation<'_> {
    fn translate(&self, e: &Expr) -> Result<Typed> {
        Ok(match e {
            Expr::Column(name) => {
                let place = self.schema.require(name)?;
                let kind = self.schema.columns()[place].kind.clone();
                let column = col(place_name(place));
                match kind {
                    Kind::Category => (column.cast(DataType::String), Kind::Text),
                    kind => (column, kind),
                }
            }
            Expr::Literal(l) => literal(l),
            Expr::Not(inner) => (self.condition(inner)?.not(), Kind::Boolean),
            Expr::Negative(inner) => {
                let (value, kind) = self.number(inner)?;
                (lit(0) - value, kind)
            }
            Expr::Binary(Binary::And, a, b) => (self.condition(a)?.and(self.condition(b)?), Kind::Boolean),
            Expr::Binary(Binary::Or, a, b) => (self.condition(a)?.or(self.condition(b)?), Kind::Boolean),
            Expr::Binary(Binary::Concat, a, b) => (self.text(a)? + self.text(b)?, Kind::Text),
            Expr::Binary(op @ (Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Rem), a, b) => {
                self.arithmetic(*op, a, b)?
            }
            Expr::Binary(op, a, b) => (self.comparison(*op, a, b)?, Kind::Boolean),
            Expr::Missing(inner, not) => {
                let (value, _) = self.translate(inner)?;
                (if *not { value.is_not_null() } else { value.is_null() }, Kind::Boolean)
            }
            Expr::In(inner, list, not) => {
                let mut any: Option<Pl> = None;
                for item in list {
                    let one = self.comparison(Binary::Eq, inner, item)?;
                    any = Some(match any {
                        None => one,
                        Some(before) => before.or(one),
                    });
                }
                let any = any.unwrap_or_else(|| lit(false));
                (if *not { any.not() } else { any }, Kind::Boolean)
            }
            Expr::Between(inner, low, high, not) => {
                let within = self.comparison(Binary::Ge, inner, low)?.and(self.comparison(Binary::Le, inner, high)?);
                (if *not { within.not() } else { within }, Kind::Boolean)
            }
            Expr::Match(pattern, inner, p, not) => {
                let found = self.pattern(*pattern, inner, p)?;
                (if *not { found.not() } else { found }, Kind::Boolean)
            }
            Expr::Call(function, list) => self.call(*function, list, e)?,
        })
    }

    fn condition(&self, e: &Expr) -> Result<Pl> {
        let (value, kind) = self.translate(e)?;
        require_boolean(e, &kind)?;
        Ok(match kind {
            Kind::Empty => value.cast(DataType::Boolean),
            _ => value,
        })
    }

    fn text(&self, e: &Expr) -> Result<Pl> {
        match self.translate(e)? {
            (value, Kind::Text) => Ok(value),
            (value, Kind::Empty) => Ok(value.cast(DataType::String)),
            (_, kind) => Err(wrong_kind(e, &kind, "kind-text")),
        }
    }

    /// A number, whole ones with room to compute in.
    fn number(&self, e: &Expr) -> Result<Typed> {
        match self.translate(e)? {
            (value, Kind::Integer) => Ok((value.cast(DataType::Int128), Kind::Integer)),
            (value, Kind::Float) => Ok((value, Kind::Float)),
            (value, Kind::Decimal(_) | Kind::Empty) => Ok((value.cast(DataType::Float64), Kind::Float)),
            (_, kind) => Err(wrong_kind(e, &kind, "kind-float")),
        }
    }

    fn arithmetic(&self, op: Binary, a: &Expr, b: &Expr) -> Result<Typed> {
        let ((a, ka), (b, kb)) = (self.number(a)?, self.number(b)?);
        let whole = ka == Kind::Integer && kb == Kind::Integer;
        let kind = if whole && op != Binary::Div { Kind::Integer } else { Kind::Float };
        let some = |value: Pl| when(b.clone().neq(lit(0))).then(value).otherwise(lit(LiteralValue::untyped_null()));
        let (a, b2) = match kind {
            Kind::Integer => (a, b.clone()),
            _ => (a.cast(DataType::Float64), b.clone().cast(DataType::Float64)),
        };
        Ok((
            match op {
                Binary::Add => a + b2,
                Binary::Sub => a - b2,
                Binary::Mul => a * b2,
                Binary::Div => some(a / b2),
                _ => some(a % b2),
            },
            kind,
        ))
    }

    fn comparison(&self, op: Binary, a: &Expr, b: &Expr) -> Result<Pl> {
        let (x, kx) = self.translate(a)?;
        let (y, ky) = self.translate(b)?;
        let constant = |e: &Expr| match e {
            Expr::Literal(Literal::Text(t)) => Some(t.clone()),
            Expr::Literal(Literal::Int(n)) => Some(n.to_string()),
            Expr::Literal(Literal::Float(v)) => Some(v.to_string()),
            _ => None,
        };
        let text = |e: &Expr| matches!(e, Expr::Literal(Literal::Text(_)));
        if kx.is_nested() || ky.is_nested() || kx == Kind::Binary || ky == Kind::Binary {
            let kind = if kx.is_nested() || kx == Kind::Binary { &kx } else { &ky };
            return Err(Error::usage(Msg::new("error-compare-nested").with("kind", kind.word())));
        }
        // Text beside another kind is that kind in words.
        let (x, y, kind) = match (&kx, &ky) {
            (Kind::Empty, _) | (_, Kind::Empty) => return Ok(lit(LiteralValue::untyped_null()).cast(DataType::Boolean)),
            (kx, ky) if kx.is_number() && ky.is_number() => {
                let scale = match (kx, ky) {
                    (Kind::Decimal(s), _) | (_, Kind::Decimal(s)) => Some(*s),
                    _ => None,
                };
                match (scale, constant(a), constant(b)) {
                    // A constant is compared with a decimal digit by digit where it has no more digits than that.
                    (Some(s), Some(t), None) if fits_decimal(&t, s) => (decimal(&t, s), y, Kind::Decimal(s)),
                    (Some(s), None, Some(t)) if fits_decimal(&t, s) => (x, decimal(&t, s), Kind::Decimal(s)),
                    (Some(_), ..) => (x.cast(DataType::Float64), y.cast(DataType::Float64), Kind::Float),
                    _ if *kx == Kind::Float || *ky == Kind::Float => (x, y, Kind::Float),
                    _ => (x, y, Kind::Integer),
                }
            }
            (kx, ky) if kx == ky => (x, y, kx.clone()),
            (Kind::DateTime(_), Kind::DateTime(_)) => (x, y, kx.clone()),
            (Kind::Date, Kind::DateTime(_)) => (x.cast(datetime_type(&ky)), y, ky.clone()),
            (Kind::DateTime(_), Kind::Date) => (x, y.cast(datetime_type(&kx)), kx.clone()),
            (kind, Kind::Text) if text(b) => {
                let (y, cast) = self.constant_as(kind, constant(b).unwrap_or_default(), a)?;
                (cast.map_or(x.clone(), |t| x.cast(t)), y, kind.clone())
            }
            (Kind::Text, kind) if text(a) => {
                let (x, cast) = self.constant_as(kind, constant(a).unwrap_or_default(), b)?;
                (x, cast.map_or(y.clone(), |t| y.cast(t)), kind.clone())
            }
            _ => {
                return Err(Error::usage(
                    Msg::new("error-compare-kinds")
                        .with("one", a.to_string())
                        .with("kind", kx.word())
                        .with("two", b.to_string())
                        .with("other", ky.word()),
                )
                .hint(Msg::new("hint-compare-kinds")));
            }
        };
        let numbers = kind == Kind::Float && op != Binary::Ne;
        let is_float = |k: &Kind| *k == Kind::Float;
        let guard = (numbers && (is_float(&kx) || is_float(&ky))).then(|| {
            let real = |e: &Pl, k: &Kind| is_float(k).then(|| e.clone().is_not_nan());
            match (real(&x, &kx), real(&y, &ky)) {
                (Some(a), Some(b)) => a.and(b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => lit(true),
            }
        });
        let compared = match op {
            Binary::Eq => x.eq(y),
            Binary::Ne => x.neq(y),
            Binary::Lt => x.lt(y),
            Binary::Le => x.lt_eq(y),
            Binary::Gt => x.gt(y),
            _ => x.gt_eq(y),
        };
        Ok(match guard {
            None => compared,
            Some(g) => compared.and(g),
        })
    }

    /// A constant in words as a value of a kind; and the type the other side has to be cast to, if any.
    fn constant_as(&self, kind: &Kind, text: String, other: &Expr) -> Result<(Pl, Option<DataType>)> {
        let wrong = || {
            Error::usage(
                Msg::new("error-constant").with("text", &text).with("kind", kind.word()).with("other", other.to_string()),
            )
            .hint(Msg::new(match kind {
                Kind::Date | Kind::DateTime(_) | Kind::Time => "hint-constant-time",
                Kind::Boolean => "hint-constant-boolean",
                _ => "hint-constant-number",
            }))
        };
        let t = text.trim();
        Ok(match kind {
            Kind::Date => match parse_date(t) {
                Some(d) => (lit(days(d)).cast(DataType::Date), None),
                // Against a time of day, a date is its midnight.
                None => {
                    let (at, _) = parse_datetime(t).ok_or_else(wrong)?;
                    let unit = DataType::Datetime(TimeUnit::Microseconds, None);
                    (lit(at.and_utc().timestamp_micros()).cast(unit.clone()), Some(unit))
                }
            },
            Kind::DateTime(zone) => {
                let (at, offset) = parse_datetime(t).ok_or_else(wrong)?;
                let utc = match (offset, zone.as_deref().and_then(|z| chrono_tz::Tz::from_str(z).ok())) {
                    (Some(seconds), Some(_)) => at - chrono::Duration::seconds(i64::from(seconds)),
                    (_, None) => at,
                    (None, Some(tz)) => tz.from_local_datetime(&at).earliest().map_or(at, |d| d.naive_utc()),
                };
                match utc.and_utc().timestamp_nanos_opt() {
                    Some(n) if n % 1000 != 0 => (lit(n).cast(nanos_type(kind)), None),
                    _ => (lit(utc.and_utc().timestamp_micros()).cast(datetime_type(kind)), None),
                }
            }
            Kind::Time => {
                let at = parse_time(t).ok_or_else(wrong)?;
                let nanos = (at - NaiveTime::MIN).num_nanoseconds().unwrap_or(0);
                (lit(nanos).cast(DataType::Time), None)
            }
            Kind::Duration => {
                let nanos = parse_span(t).ok_or_else(wrong)?;
                (lit(nanos).cast(DataType::Duration(TimeUnit::Nanoseconds)), None)
            }
            Kind::Decimal(scale) if fits_decimal(t, *scale) => (decimal(t, *scale), None),
            Kind::Integer => {
                let n: i128 = t.parse().map_err(|_| wrong())?;
                (whole(n), None)
            }
            Kind::Float | Kind::Decimal(_) => (lit(t.parse::<f64>().map_err(|_| wrong())?), Some(DataType::Float64)),
            Kind::Boolean => (lit(t.parse::<bool>().map_err(|_| wrong())?), None),
            _ => return Err(wrong()),
        })
    }

    fn pattern(&self, pattern: Pattern, inner: &Expr, p: &Expr) -> Result<Pl> {
        let value = self.text(inner)?;
        let constant = match p {
            Expr::Literal(Literal::Text(t)) => Some(t.clone()),
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
            (Pattern::Matches, Some(t)) => regex(t),
            (Pattern::Like | Pattern::ILike, Some(t)) => {
                let mut source = String::from(if pattern == Pattern::Like { "(?s)^" } else { "(?is)^" });
                for c in t.chars() {
                    match c {
                        '%' => source.push_str(".*"),
                        '_' => source.push('.'),
                        c => source.push_str(&regex::escape(&c.to_string())),
                    }
                }
                source.push('$');
                regex(source)
            }
        }
    }

    fn call(&self, function: Function, list: &[Expr], whole: &Expr) -> Result<Typed> {
        let first = list.first().ok_or_else(|| wrong_kind(whole, &Kind::Empty, "kind-text"))?;
        let moment = || -> Result<Typed> {
            let (value, kind) = self.translate(first)?;
            match kind {
                Kind::Date | Kind::DateTime(_) => Ok((value, kind)),
                Kind::Empty => Ok((value.cast(DataType::Date), Kind::Date)),
                kind => Err(wrong_kind(first, &kind, "kind-date")),
            }
        };
        Ok(match function {
            Function::Lower => (self.text(first)?.str().to_lowercase(), Kind::Text),
            Function::Upper => (self.text(first)?.str().to_uppercase(), Kind::Text),
            Function::Trim => {
                (self.text(first)?.str().strip_chars(lit(LiteralValue::untyped_null())), Kind::Text)
            }
            Function::Length => (self.text(first)?.str().len_chars().cast(DataType::Int64), Kind::Integer),
            Function::Abs => {
                let (value, kind) = self.number(first)?;
                (value.abs(), kind)
            }
            Function::Floor | Function::Ceil => {
                let (value, kind) = self.number(first)?;
                match (kind, function) {
                    (Kind::Integer, _) => (value, Kind::Integer),
                    (_, Function::Floor) => (value.floor(), Kind::Float),
                    _ => (value.ceil(), Kind::Float),
                }
            }
            Function::Round => {
                let (value, kind) = self.number(first)?;
                let digits = match list.get(1) {
                    None => 0,
                    Some(Expr::Literal(Literal::Int(n @ 0..=15))) => *n as u32,
                    Some(other) => return Err(Error::usage(Msg::new("error-round").with("text", other.to_string()))),
                };
                match kind {
                    Kind::Integer => (value, Kind::Integer),
                    _ => (value.round(digits, polars::prelude::RoundMode::HalfAwayFromZero), Kind::Float),
                }
            }
            Function::Coalesce => {
                let mut kind = Kind::Empty;
                let mut parts = Vec::new();
                for e in list {
                    let (value, k) = self.translate(e)?;
                    kind = merged(&kind, &k, whole)?;
                    parts.push(value);
                }
                let mut parts = parts.into_iter().rev();
                let mut out = parts.next().unwrap_or_else(|| lit(LiteralValue::untyped_null()));
                for value in parts {
                    out = when(value.clone().is_not_null()).then(value).otherwise(out);
                }
                (out, kind)
            }
            Function::If => {
                let condition = self.condition(first)?;
                let (yes, ky) = self.translate(&list[1])?;
                let (no, kn) = self.translate(&list[2])?;
                (when(condition).then(yes).otherwise(no), merged(&ky, &kn, whole)?)
            }
            Function::IsNan => {
                let (value, kind) = self.number(first)?;
                match kind {
                    Kind::Integer => (value.is_null().and(lit(false)), Kind::Boolean),
                    _ => (value.is_nan(), Kind::Boolean),
                }
            }
            Function::Year => (moment()?.0.dt().year().cast(DataType::Int64), Kind::Integer),
            Function::Month => (moment()?.0.dt().month().cast(DataType::Int64), Kind::Integer),
            Function::Day => (moment()?.0.dt().day().cast(DataType::Int64), Kind::Integer),
            Function::Weekday => (moment()?.0.dt().weekday().cast(DataType::Int64), Kind::Integer),
            Function::Hour => match moment()? {
                (value, Kind::DateTime(_)) => (value.dt().hour().cast(DataType::Int64), Kind::Integer),
                (_, kind) => return Err(wrong_kind(first, &kind, "kind-datetime")),
            },
            Function::Date => match self.translate(first)? {
                (value, Kind::Date) => (value, Kind::Date),
                (value, Kind::DateTime(_)) => (value.dt().date(), Kind::Date),
                (value, Kind::Text) => {
                    let options = StrptimeOptions {
                        format: Some("%Y-%m-%d".into()),
                        strict: false,
                        exact: true,
                        cache: true,
                    };
                    (value.str().to_date(options), Kind::Date)
                }
                (_, kind) => return Err(wrong_kind(first, &kind, "kind-date")),
            },
        })
    }
}

fn merged(a: &Kind, b: &Kind, whole: &Expr) -> Result<Kind> {
    Ok(match (a, b) {
        (Kind::Empty, k) | (k, Kind::Empty) => k.clone(),
        (a, b) if a == b => a.clone(),
        (a, b) if a.is_number() && b.is_number() => Kind::Float,
        (_, b) => return Err(wrong_kind(whole, b, "kind-text")),
    })
}

fn wrong_kind(e: &Expr, kind: &Kind, wanted: &'static str) -> Error {
    Error::usage(
        Msg::new("error-expression-kind")
            .with("text", e.to_string())
            .with("kind", kind.word())
            .with("wanted", Msg::new(wanted)),
    )
}

fn whole(n: i128) -> Pl {
    match i64::try_from(n) {
        Ok(n) => lit(n),
        Err(_) => Pl::Literal(LiteralValue::Scalar(Scalar::from(n))),
    }
}

fn literal(l: &Literal) -> Typed {
    match l {
        Literal::Null => (lit(LiteralValue::untyped_null()), Kind::Empty),
        Literal::Bool(b) => (lit(*b), Kind::Boolean),
        Literal::Int(n) => (whole(*n), Kind::Integer),
        Literal::Float(x) => (lit(*x), Kind::Float),
        Literal::Text(t) => (lit(t.as_str()), Kind::Text),
    }
}

fn datetime_type(kind: &Kind) -> DataType {
    unit_type(kind, TimeUnit::Microseconds)
}

fn nanos_type(kind: &Kind) -> DataType {
    unit_type(kind, TimeUnit::Nanoseconds)
}

fn unit_type(kind: &Kind, unit: TimeUnit) -> DataType {
    let zone = match kind {
        Kind::DateTime(Some(zone)) => polars::prelude::TimeZone::opt_try_new(Some(zone.as_str())).ok().flatten(),
        _ => None,
    };
    DataType::Datetime(unit, zone)
}

/// Whether a number in words has no more digits after the point than a decimal of this scale.
fn fits_decimal(text: &str, scale: u8) -> bool {
    decimal_digits(text, scale).is_some()
}

fn decimal_digits(text: &str, scale: u8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(scale) || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.is_empty() {
        return None;
    }
    format!("{whole}{fraction:0<width$}", width = usize::from(scale)).parse().ok()
}

fn decimal(text: &str, scale: u8) -> Pl {
    let digits = decimal_digits(text, scale).unwrap_or(0);
    let dtype = DataType::Decimal(38, usize::from(scale));
    Pl::Literal(LiteralValue::Scalar(Scalar::new(
        dtype,
        polars::prelude::AnyValue::Decimal(digits, 38, usize::from(scale)),
    )))
}

fn days(d: NaiveDate) -> i32 {
    (d - NaiveDate::default()).num_days() as i32
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d"].iter().find_map(|f| NaiveDate::parse_from_str(text, f).ok())
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|f| NaiveTime::parse_from_str(text, f).ok())
}

/// A date and time, and seconds east of UTC if an offset is given.
fn parse_datetime(text: &str) -> Option<(NaiveDateTime, Option<i32>)> {
    if let Some(d) = parse_date(text) {
        return Some((d.and_time(NaiveTime::MIN), None));
    }
    let (body, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(body) => (body, Some(0)),
        None => match text.char_indices().skip(11).filter(|(_, c)| *c == '+' || *c == '-').last() {
            Some((i, sign)) => {
                let digits: String = text[i + 1..].chars().filter(char::is_ascii_digit).collect();
                let (h, m) = digits.split_at_checked(2)?;
                let seconds = h.parse::<i32>().ok()? * 3600 + if m.is_empty() { 0 } else { m.parse::<i32>().ok()? * 60 };
                (&text[..i], Some(if sign == '-' { -seconds } else { seconds }))
            }
            None => (text, None),
        },
    };
    let (date, time) = body.trim().split_once(['T', ' '])?;
    Some((parse_date(date)?.and_time(parse_time(time.trim())?), offset))
}

/// Nanoseconds of a span in ISO 8601 as we write it (`P2DT3H4M5.5S`).
fn parse_span(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P')?;
    let mut total = 0f64;
    let mut nanos = 0i64;
    let mut digits = String::new();
    for c in rest.chars() {
        let unit = match c {
            'T' => continue,
            'D' => 86_400,
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            c => {
                digits.push(c);
                continue;
            }
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let fraction: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").get(..9)?.parse().ok()? };
        total += unit as f64;
        nanos = nanos.checked_add(whole.parse::<i64>().ok()?.checked_mul(unit * 1_000_000_000)?)?.checked_add(fraction)?;
        digits.clear();
    }
    (total > 0.0 && digits.is_empty()).then_some(if negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::expr::parse;
    use polars::prelude::Column;

    fn frame() -> DataFrame {
        let ts = Column::new("ts".into(), [Some(0i64), Some(1_793_491_200_000_000), None, Some(1_793_545_199_999_999)])
            .cast(&unit_type(&Kind::DateTime(Some("Asia/Tokyo".into())), TimeUnit::Microseconds))
            .unwrap();
        let day = Column::new("day".into(), [Some(0i32), Some(20_758), None, Some(20_759)]).cast(&DataType::Date).unwrap();
        let small = Column::new("small".into(), [Some(1i8), Some(-5), None, Some(127)]);
        let big = Column::new("big".into(), [Some(u64::MAX), Some(1 << 60), None, Some(0)]);
        DataFrame::new(
            4,
            vec![
                Column::new("x".into(), [Some(1.5), Some(f64::NAN), None, Some(-2.0)]),
                Column::new("n".into(), [Some(10i64), Some(0), None, Some(i64::MAX)]),
                Column::new("国".into(), [Some("日本"), Some("JP"), None, Some("")]),
                Column::new("b".into(), [Some(true), Some(false), None, Some(true)]),
                Column::new("^w.*$".into(), [1i64, 2, 3, 4]),
                ts,
                day,
                small,
                big,
            ],
        )
        .unwrap()
    }

    fn rows(text: &str) -> String {
        let e = parse(text).unwrap();
        match check(&e, &schema_of(&frame())).and_then(|()| mask(&e, &frame())) {
            Ok(m) => m.iter().map(|v| if v == Some(true) { '1' } else { '0' }).collect(),
            Err(e) => format!("error: {e}"),
        }
    }

    #[test]
    fn each_operator_by_hand() {
        for (text, want) in [
            ("x > 0", "1000"),
            ("x <= 1.5", "1001"),
            ("x <> 1.5", "0101"),
            ("is_nan(x)", "0100"),
            ("x is missing", "0010"),
            ("x is not null", "1101"),
            ("n = 10 or b", "1001"),
            ("not b", "0100"),
            ("b and x > 0", "1000"),
            ("n + 1 > n", "1101"),
            ("n * n > 0", "1001"),
            ("10 / n = 1", "1000"),
            ("n % 3 = 1", "1001"),
            ("10 / n is missing", "0110"),
            ("国 = '日本'", "1000"),
            ("国 contains '本'", "1000"),
            ("国 starts with 'J' or 国 ends with '本'", "1100"),
            ("国 like 'J_'", "0100"),
            ("国 ilike 'j%'", "0100"),
            ("国 matches '^.{2}$'", "1100"),
            ("国 not contains 'J'", "1001"),
            ("国 in ('JP', '')", "0101"),
            ("国 not in ('JP')", "1001"),
            ("n between 0 and 10", "1100"),
            ("length(国) = 2", "1100"),
            ("lower(国) = 'jp'", "0100"),
            ("国 || '!' = 'JP!'", "0100"),
            ("coalesce(国, 'none') = 'none'", "0010"),
            ("if(b, 1, 0) = 1", "1001"),
            ("abs(x) = 2", "0001"),
            ("round(x) = 2", "1000"),
            ("\"^w.*$\" >= 3", "0011"),
            ("true", "1111"),
            ("null", "0000"),
            ("x = null", "0000"),
            ("1 = 1", "1111"),
            ("small = 300", "0000"),
            ("small > -300", "1101"),
            ("big = 18446744073709551615", "1000"),
            ("big > 1152921504606846975", "1100"),
            ("big = -1", "0000"),
        ] {
            assert_eq!(rows(text), want, "{text}");
        }
    }

    #[test]
    fn dates_and_times_in_words() {
        // 1,793,491,200 s is 2026-11-01T00:00:00 in UTC and nine o'clock in Tokyo.
        for (text, want) in [
            ("ts = '2026-11-01T09:00:00'", "0100"),
            ("ts = '2026-11-01T00:00:00Z'", "0100"),
            ("ts >= '2026-11-01T09:00:00+09:00'", "0101"),
            ("ts < '2026-11-02'", "1101"),
            ("ts >= '2026-11-02'", "0000"),
            ("hour(ts) = 9", "1100"),
            ("date(ts) = '2026-11-01'", "0101"),
            ("day = '2026-11-01'", "0100"),
            ("day > '2026/11/01'", "0001"),
            ("year(day) = 2026 and weekday(day) = 7", "0100"),
        ] {
            assert_eq!(rows(text), want, "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for text in ["n = 'abc'", "国 > 3", "day = 'soon'", "n", "not n", "nothing = 1", "国 matches '('", "b + 1 = 2", "upper(n) = 'A'", "国 like 国"] {
            assert!(rows(text).starts_with("error"), "{text}: {}", rows(text));
        }
    }

    #[test]
    fn unknown_is_neither_true_nor_false() {
        // Kleene's tables, with b = null in row 2.
        for (text, want) in [("b or true", "1111"), ("b and false", "0000"), ("not (b and false)", "1111"), ("b or false", "1001"), ("not b or b", "1101")] {
            assert_eq!(rows(text), want, "{text}");
        }
    }
}
