//! Numbers computed over there: what is known of their size, so that no engine stops at one that grows too large, and
//! arithmetic that gives what it gives here.

use polars::prelude::{DataType, TimeUnit};

use super::condition::{Tried, no};
use crate::sql::expr::{Binary, Expr};
use crate::sql::{Call, Comparison, Constant, Term, Type};
use crate::text::Msg;
use crate::value::Kind;

/// Powers of two that floating-point numbers are kept within.
const ROOM: f64 = 1_000.0;
/// What is smaller than this power of two, added to the greatest number, leaves it as it is.
const NOTHING: f64 = 960.0;

/// A value of each row over there, with what is known of it.
#[derive(Clone)]
pub(super) struct Value {
    /// The value.
    pub term: Term,
    /// Its kind.
    pub kind: Kind,
    /// For whole numbers: no value needs more bits than this.
    pub bits: u32,
    /// The number, where it is the same in every row.
    pub constant: Option<Number>,
    /// For floating-point numbers: the powers of two that all but zero lie between; none where there may be any, also NaN.
    pub span: Option<(f64, f64)>,
}

/// A number that is the same in every row.
#[derive(Clone, Copy)]
pub(super) enum Number {
    /// A whole one.
    Whole(i128),
    /// A floating-point one.
    Real(f64),
}

impl Value {
    pub(super) fn new(term: Term, kind: Kind) -> Self {
        Self { term, kind, bits: 128, constant: None, span: None }
    }

    pub(super) fn whole(term: Term, bits: u32) -> Self {
        Self { bits, ..Self::new(term, Kind::Integer) }
    }

    pub(super) fn constant(n: i128) -> Self {
        let bits = 128 - n.unsigned_abs().leading_zeros();
        Self { constant: Some(Number::Whole(n)), ..Self::whole(Term::int(n), bits) }
    }

    pub(super) fn real(x: f64) -> Self {
        let term = Term::Real(Box::new(Term::Constant(Constant::Float(x))));
        let size = if x == 0.0 { 0.0 } else { x.abs().log2() };
        let span = Some((size.floor(), size.ceil()));
        Self { constant: Some(Number::Real(x)), span, ..Self::new(term, Kind::Float) }
    }

    pub(super) fn text(term: Term) -> Self {
        Self::new(term, Kind::Text)
    }

    /// The value as a floating-point number.
    pub(super) fn as_float(self) -> Option<Self> {
        Some(match (&self.kind, self.constant) {
            (Kind::Integer, Some(Number::Whole(n))) => Self::real(n as f64),
            (Kind::Integer, _) => {
                let span = Some((0.0, f64::from(self.bits)));
                Self { span, ..Self::new(Term::Real(Box::new(self.term)), Kind::Float) }
            }
            // As it is done here: the number without its point, divided by what the point stands for.
            (Kind::Decimal(scale), _) => {
                let scale = *scale;
                let ten = Term::Constant(Constant::Decimal(format!("1{}", "0".repeat(scale.into()))));
                let units = match scale {
                    0 => self.term,
                    _ => Term::Times(Box::new(self.term), Box::new(ten)),
                };
                let units = Term::Real(Box::new(units));
                let by = Term::Real(Box::new(Term::Constant(Constant::Float(10f64.powi(scale.into())))));
                let term = if scale == 0 { units } else { Term::call(Call::Divide, [units, by]) };
                Self { span: Some((-3.33 * f64::from(scale), 127.0)), ..Self::new(term, Kind::Float) }
            }
            (Kind::Float, _) => self,
            (Kind::Empty, _) => Self { kind: Kind::Float, ..self },
            _ => return None,
        })
    }

    pub(super) fn is(&self, op: Comparison, x: f64) -> Term {
        self.term.clone().compared(op, Self::real(x).term)
    }

    /// The value, missing where 64 bits do not hold it.
    pub(super) fn within_64_bits(self) -> Self {
        if self.bits <= 63 {
            return self;
        }
        let term = Term::Cast(Box::new(self.term), Type::Wide);
        let ends = vec![
            term.clone().compared(Comparison::Ge, Term::int(i64::MIN)),
            term.clone().compared(Comparison::Le, Term::int(i64::MAX)),
        ];
        Self::whole(Term::Cast(Box::new(term), Type::Whole).only_if(Term::All(ends)), 63)
    }

    /// The value as one of a type of the table library.
    pub(super) fn typed(self, dtype: &DataType) -> Option<Term> {
        let to = match (&self.kind, dtype) {
            (Kind::Boolean, DataType::Boolean) => return Some(self.term),
            (Kind::Integer, DataType::Int64) => {
                return Some(Term::Cast(Box::new(self.within_64_bits().term), Type::Whole));
            }
            (Kind::Integer, DataType::Int32) if self.bits <= 32 => Type::Integer,
            (Kind::Integer, DataType::Int16) if self.bits <= 16 => Type::Small,
            (Kind::Float, DataType::Float64) => Type::Real,
            (Kind::Decimal(a), DataType::Decimal(_, b)) if usize::from(*a) == *b => Type::Decimal(*a),
            (Kind::Text | Kind::Empty, DataType::String) => Type::Text,
            (Kind::Date, DataType::Date) => Type::Date,
            (Kind::DateTime(None), DataType::Datetime(TimeUnit::Microseconds, None)) => Type::Local,
            (Kind::DateTime(Some(_)), DataType::Datetime(TimeUnit::Microseconds, Some(_))) => Type::Instant,
            (Kind::Time, DataType::Time) => Type::Clock,
            _ => return None,
        };
        Some(Term::Cast(Box::new(self.term), to))
    }
}

fn too_large(e: &Expr) -> Msg {
    Msg::new("push-no-float").with("text", e.to_string())
}

/// `x` multiplied or divided by a constant that is not zero, so that no engine stops at what grows too large or vanishes.
pub(super) fn scaled(x: Value, by: f64, divided: bool) -> Value {
    let f = |v: f64| if divided { v / by } else { v * by };
    let c = Value::real(by).term;
    let plain = match divided {
        true => Term::call(Call::Divide, [x.term.clone(), c]),
        false => Term::Times(Box::new(x.term.clone()), Box::new(c)),
    };
    let value = Value::new(Term::Null, Kind::Float);
    // The last positive number, by its bits, of which something holds that holds of smaller ones.
    let last = |holds: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (0, f64::MAX.to_bits());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if holds(f64::from_bits(middle)) { low = middle } else { high = middle - 1 }
        }
        f64::from_bits(low)
    };
    let sign = |v: f64| v.copysign(by);
    let times = |c: Term| Box::new(Term::Times(Box::new(x.term.clone()), Box::new(c)));
    let most = last(&|v| f(v).is_finite());
    if most < f64::MAX {
        let inside = Term::All(vec![x.is(Comparison::Ge, -most), x.is(Comparison::Le, most)]);
        let word = if by > 0.0 { "Infinity" } else { "-Infinity" };
        let beyond = times(Term::Real(Box::new(Term::Constant(Constant::Text(word.to_owned())))));
        return Value { term: Term::If(Box::new(inside), Box::new(plain), beyond), ..value };
    }
    let vanishing = last(&|v| f(v) == 0.0);
    if vanishing > 0.0 {
        let inside = Term::Any(vec![x.is(Comparison::Lt, -vanishing), x.is(Comparison::Gt, vanishing)]);
        let beyond = times(Value::real(sign(0.0)).term);
        return Value { term: Term::If(Box::new(inside), Box::new(plain), beyond), ..value };
    }
    Value { term: plain, ..value }
}

pub(super) fn float_arithmetic(op: Binary, x: Value, y: Value, e: &Expr) -> Tried<Value> {
    let known = |v: &Value| match v.constant {
        Some(Number::Real(c)) => Some(c),
        _ => None,
    };
    let made = |term: Term, span: Option<(f64, f64)>| Ok(Value { span, ..Value::new(term, Kind::Float) });
    let (a, b) = (x.term.clone(), y.term.clone());
    let safe = |(low, high): (f64, f64)| (low > -ROOM && high < ROOM).then_some((low, high));
    match op {
        Binary::Add | Binary::Sub => {
            let term = match op {
                Binary::Add => Term::call(Call::Add, [a, b]),
                _ => Term::Minus(Box::new(a), Box::new(b)),
            };
            match (x.span, y.span) {
                // What is left when two numbers nearly cancel has few of their bits.
                (Some((l, h)), Some((m, k))) => match safe((l.min(m) - 110.0, h.max(k) + 1.0)) {
                    Some(span) => made(term, Some(span)),
                    None => Err(too_large(e)),
                },
                (None, Some((_, h))) | (Some((_, h)), None) if h < NOTHING => made(term, None),
                _ => Err(too_large(e)),
            }
        }
        Binary::Mul => match (x.span, y.span) {
            (Some((l, h)), Some((m, k))) if safe((l + m, h + k)).is_some() => {
                made(Term::Times(Box::new(a), Box::new(b)), Some((l + m, h + k)))
            }
            _ => match (known(&x), known(&y)) {
                (_, Some(0.0)) | (Some(0.0), _) => made(Term::Times(Box::new(a), Box::new(b)), None),
                (_, Some(c)) => Ok(scaled(x, c, false)),
                (Some(c), _) => Ok(scaled(y, c, false)),
                _ => Err(too_large(e)),
            },
        },
        Binary::Div => match (x.span, y.span, known(&y)) {
            (_, _, Some(0.0)) => made(Term::Real(Box::new(Term::Null)), Some((0.0, 0.0))),
            (Some((l, h)), Some((m, k)), _) if safe((l - k, h - m)).is_some() => {
                let ratio = Term::call(Call::Divide, [a, b]);
                let sure = known(&y).is_some();
                made(if sure { ratio } else { ratio.only_if(y.is(Comparison::Ne, 0.0)) }, Some((l - k, h - m)))
            }
            (_, _, Some(c)) => Ok(scaled(x, c, true)),
            _ => Err(too_large(e)),
        },
        _ => Err(no(e)),
    }
}

pub(super) fn whole_arithmetic(op: Binary, x: Value, y: Value, e: &Expr) -> Tried<Value> {
    if let (Some(Number::Whole(a)), Some(Number::Whole(b))) = (x.constant, y.constant) {
        let exact = match op {
            Binary::Add => a.checked_add(b),
            Binary::Sub => a.checked_sub(b),
            Binary::Mul => a.checked_mul(b),
            _ => a.checked_rem(b),
        };
        return exact.map(Value::constant).ok_or_else(|| no(e));
    }
    let bits = match op {
        Binary::Add | Binary::Sub => x.bits.max(y.bits) + 1,
        Binary::Mul => x.bits + y.bits,
        _ => x.bits.max(y.bits),
    };
    if bits > 126 {
        return Err(no(e));
    }
    let to = if bits <= 63 { Type::Whole } else { Type::Wide };
    let zero = y.term.clone().compared(Comparison::Ne, Term::int(0));
    let is_zero = matches!(y.constant, Some(Number::Whole(0)));
    let sure = y.constant.is_some() && !is_zero;
    let wide = |v: Value| if v.constant.is_some() { v.term } else { Term::Cast(Box::new(v.term), to) };
    let (a, b) = (wide(x), wide(y));
    let term = match op {
        Binary::Add => Term::call(Call::Add, [a, b]),
        Binary::Sub => Term::Minus(Box::new(a), Box::new(b)),
        Binary::Mul => Term::Times(Box::new(a), Box::new(b)),
        _ if is_zero => Term::Cast(Box::new(Term::Null), to),
        _ if sure => Term::call(Call::Remainder, [a, b]),
        _ => Term::call(Call::Remainder, [a, b]).only_if(zero),
    };
    Ok(Value::whole(term, bits))
}

/// Values brought to one kind, and what is known of them all.
pub(super) fn alike(values: Vec<Value>, e: &Expr) -> Tried<(Vec<Term>, Value)> {
    let mut kind = Kind::Empty;
    for value in values.iter().filter(|v| v.kind != Kind::Empty) {
        kind = match &kind {
            Kind::Empty => value.kind.clone(),
            known if *known == value.kind => kind,
            known if known.is_number() && value.kind.is_number() => Kind::Float,
            _ => return Err(no(e)),
        };
    }
    let mut kept = Value { bits: 0, span: Some((0.0, 0.0)), ..Value::new(Term::Null, kind.clone()) };
    let mut terms = Vec::new();
    for value in values {
        let value = if kind == Kind::Float { value.as_float().ok_or_else(|| no(e))? } else { value };
        if value.kind != Kind::Empty {
            kept.bits = kept.bits.max(value.bits);
            kept.span = kept.span.zip(value.span).map(|((a, b), (c, d))| (a.min(c), b.max(d)));
        }
        terms.push(value.term);
    }
    Ok((terms, kept))
}
