//! Conditions and values of the expression language, carried out on rows.
//!
//! Missing values follow SQL's three-valued logic, and a row counts only where the condition is true. A comparison with
//! NaN is false (`<>` is true); `is_nan` finds it. Whole numbers are computed with 128 bits, and what does not fit is
//! missing, as is a division by zero; `/` gives fractions, and `%` the sign of its left side. Decimals are compared
//! digit by digit and computed as floating-point numbers. Text stands for dates and times in ISO 8601; without an offset
//! it is local time in the column's own zone. Points in time beyond the year ±200,000 have no year, month or day.

pub mod calendar;
mod call;
mod compare;
pub(super) mod moment;
#[cfg(test)]
mod tests;
mod words;

use polars::prelude::{
    BooleanChunked, ChunkFillNullValue, Column, DataFrame, DataType, Expr as Pl, IntoLazy, LiteralValue, Scalar,
    TimeUnit, col, lit, when,
};

use crate::data::schema_of;
use crate::error::{Error, Result};
use crate::sql::expr::{Binary, Expr, Literal};
use crate::text::Msg;
use crate::value::{Kind, Schema};

/// Whether an expression is a condition that makes sense for these columns; the error says what does not.
pub fn check(expr: &Expr, schema: &Schema) -> Result<()> {
    Translation { schema, types: None }.condition(expr).map(|_| ())
}

/// Which rows meet a condition; never missing. The frame may hold other columns as well.
pub fn mask(expr: &Expr, frame: &DataFrame) -> Result<BooleanChunked> {
    let column = carry_out(frame, |t| t.condition(expr))?.cast(&DataType::Boolean).map_err(failed)?;
    column.bool().map_err(failed)?.fill_null_with_values(false).map_err(failed)
}

/// The value of an expression in each row, as a column named `name`.
pub fn value(expr: &Expr, name: &str, frame: &DataFrame) -> Result<Column> {
    Ok(carry_out(frame, |t| Ok(t.translate(expr)?.pl))?.with_name(name.into()))
}

fn carry_out(frame: &DataFrame, make: impl FnOnce(&Translation<'_>) -> Result<Pl>) -> Result<Column> {
    let schema = schema_of(frame);
    let types = frame.columns().iter().map(|c| c.dtype().clone()).collect();
    let pl = make(&Translation { schema: &schema, types: Some(types) })?;
    let mut safe = frame.clone();
    // Names may look like patterns to the library.
    let names: Vec<String> = (0..schema.len()).map(place_name).collect();
    safe.set_column_names(&names).map_err(failed)?;
    let out = safe.lazy().select([pl.alias("v")]).collect().map_err(failed)?;
    let column = out.columns().first().ok_or_else(|| Error::failed(Msg::new("error-data").with("cause", "")))?;
    // An expression without a column gives one value for all rows.
    Ok(match column.len() == frame.height() {
        true => column.clone(),
        false => column.new_from_index(0, frame.height()),
    })
}

fn place_name(i: usize) -> String {
    format!("c{i}")
}

fn failed(e: polars::error::PolarsError) -> Error {
    Error::failed(Msg::new("error-data").with("cause", e.to_string())).caused_by(e)
}

fn wrong_kind(e: &Expr, kind: &Kind, wanted: &'static str) -> Error {
    Error::usage(
        Msg::new("error-expression-kind")
            .with("text", e.to_string())
            .with("kind", kind.word())
            .with("wanted", Msg::new(wanted)),
    )
}

fn null() -> Pl {
    lit(LiteralValue::untyped_null())
}

/// A whole number as a constant of 128 bits.
fn wide(n: i128) -> Pl {
    Pl::Literal(LiteralValue::Scalar(Scalar::from(n)))
}

/// `value` where a condition is true, missing elsewhere.
fn only_where(condition: Pl, value: Pl) -> Pl {
    when(condition).then(value).otherwise(null())
}

/// An expression of the table library, with what is known of its values.
#[derive(Clone)]
struct Value {
    pl: Pl,
    kind: Kind,
    /// The library's type; always there for points in time and spans.
    dtype: Option<DataType>,
    /// For whole numbers: no value needs more bits than this.
    bits: u32,
    /// For whole numbers: the value, where it is the same in every row. The library computes with constants unchecked.
    constant: Option<i128>,
}

impl Value {
    fn new(pl: Pl, kind: Kind) -> Self {
        Self { pl, kind, dtype: None, bits: 128, constant: None }
    }

    fn whole(pl: Pl, bits: u32) -> Self {
        Self { bits, ..Self::new(pl, Kind::Integer) }
    }

    fn constant(n: i128) -> Self {
        Self { constant: Some(n), ..Self::whole(wide(n), 128 - n.unsigned_abs().leading_zeros()) }
    }

    fn typed(pl: Pl, kind: Kind, dtype: DataType) -> Self {
        Self { dtype: Some(dtype), ..Self::new(pl, kind) }
    }

    fn as_float(self) -> Pl {
        self.pl.cast(DataType::Float64)
    }
}

fn bits_of(dtype: &DataType) -> u32 {
    match dtype {
        DataType::Int8 | DataType::UInt8 => 8,
        DataType::Int16 | DataType::UInt16 => 16,
        DataType::Int32 | DataType::UInt32 => 32,
        DataType::Int64 => 63,
        DataType::UInt64 => 64,
        _ => 128,
    }
}

struct Translation<'a> {
    schema: &'a Schema,
    /// The library's types of the columns, where rows are at hand.
    types: Option<Vec<DataType>>,
}

impl Translation<'_> {
    fn translate(&self, e: &Expr) -> Result<Value> {
        let truth = |pl| Value::new(pl, Kind::Boolean);
        Ok(match e {
            Expr::Column(name) => self.column(name)?,
            Expr::Literal(l) => literal(l),
            Expr::Not(inner) => truth(self.condition(inner)?.not()),
            Expr::Negative(inner) => self.negative(inner)?,
            Expr::Binary(op @ (Binary::And | Binary::Or), ..) => truth(self.chain(*op, e)?),
            Expr::Binary(Binary::Concat, a, b) => Value::new(self.text(a)? + self.text(b)?, Kind::Text),
            Expr::Binary(op @ (Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Rem), a, b) => {
                self.arithmetic(*op, a, b)?
            }
            Expr::Binary(op, a, b) => truth(self.comparison(*op, a, b)?),
            Expr::Missing(inner, not) => {
                let value = self.translate(inner)?.pl;
                truth(if *not { value.is_not_null() } else { value.is_null() })
            }
            Expr::In(inner, list, not) => {
                let any = self.any_of(inner, list)?;
                truth(if *not { any.not() } else { any })
            }
            Expr::Between(inner, low, high, not) => {
                let within = self.comparison(Binary::Ge, inner, low)?.and(self.comparison(Binary::Le, inner, high)?);
                truth(if *not { within.not() } else { within })
            }
            Expr::Match(pattern, inner, p, not) => {
                let found = self.pattern(*pattern, inner, p)?;
                truth(if *not { found.not() } else { found })
            }
            Expr::Call(function, list) => self.call(*function, list, e)?,
        })
    }

    fn column(&self, name: &str) -> Result<Value> {
        let place = self.schema.require(name)?;
        let kind = self.schema.columns()[place].kind.clone();
        let pl = col(place_name(place));
        if kind == Kind::Category {
            return Ok(Value::new(pl.cast(DataType::String), Kind::Text));
        }
        let dtype = match self.types.as_ref().and_then(|t| t.get(place)) {
            Some(dtype) => Some(dtype.clone()),
            None => match &kind {
                Kind::DateTime(_) => Some(moment::datetime_type(&kind, TimeUnit::Microseconds)),
                Kind::Duration => Some(DataType::Duration(TimeUnit::Microseconds)),
                _ => None,
            },
        };
        let bits = dtype.as_ref().map_or(128, bits_of);
        Ok(Value { dtype, bits, ..Value::new(pl, kind) })
    }

    fn condition(&self, e: &Expr) -> Result<Pl> {
        let value = self.translate(e)?;
        match value.kind {
            Kind::Boolean => Ok(value.pl),
            Kind::Empty => Ok(value.pl.cast(DataType::Boolean)),
            kind => {
                Err(Error::usage(Msg::new("error-not-condition").with("text", e.to_string()).with("kind", kind.word())))
            }
        }
    }

    /// A chain of AND or of OR, however long, as a tree that is not deep.
    fn chain(&self, op: Binary, e: &Expr) -> Result<Pl> {
        let mut parts = Vec::new();
        let mut rest = e;
        while let Expr::Binary(o, a, b) = rest
            && *o == op
        {
            parts.push(self.condition(b)?);
            rest = a;
        }
        parts.push(self.condition(rest)?);
        parts.reverse();
        Ok(combined(parts, |a, b| if op == Binary::And { a.and(b) } else { a.or(b) }))
    }

    fn text(&self, e: &Expr) -> Result<Pl> {
        let value = self.translate(e)?;
        match value.kind {
            Kind::Text => Ok(value.pl),
            Kind::Empty => Ok(value.pl.cast(DataType::String)),
            kind => Err(wrong_kind(e, &kind, "kind-text")),
        }
    }
}

/// Joins conditions two by two, so that the result is no deeper than needed.
fn combined(mut parts: Vec<Pl>, join: impl Fn(Pl, Pl) -> Pl) -> Pl {
    while parts.len() > 1 {
        let mut next = Vec::with_capacity(parts.len().div_ceil(2));
        let mut each = parts.into_iter();
        while let Some(a) = each.next() {
            next.push(match each.next() {
                Some(b) => join(a, b),
                None => a,
            });
        }
        parts = next;
    }
    parts.pop().unwrap_or_else(|| lit(false))
}

fn literal(l: &Literal) -> Value {
    match l {
        Literal::Null => Value::new(null(), Kind::Empty),
        Literal::Bool(b) => Value::new(lit(*b), Kind::Boolean),
        Literal::Int(n) => Value::constant(*n),
        Literal::Float(x) => Value::new(lit(*x), Kind::Float),
        Literal::Text(t) => Value::new(lit(t.as_str()), Kind::Text),
    }
}
