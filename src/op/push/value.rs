//! From an expression or a conversion as a person wrote it to a value that any engine computes the same way. What would not
//! be exactly the same over there is refused with the reason.
//!
//! Whole numbers are computed with as many bits as they need. Floating-point numbers are computed only where an engine that
//! stops at an overflow cannot stop (see [`super::number`]).

use polars::prelude::DataType;

use super::ask::held;
use super::condition::{Translation, Tried, no};
use super::number::{Number, Value, alike, float_arithmetic, scaled, whole_arithmetic};
use crate::op::convert::Target;
use crate::op::eval::calendar::Unit;
use crate::op::eval::moment;
use crate::sql::expr::{Binary, Expr, Function, Literal};
use crate::sql::{Call, Comparison, Constant, Part, Term, Type};
use crate::value::Kind;

/// Zones whose past is told alike everywhere.
const STEADY: [(&str, &str); 5] =
    [("UTC", "UTC"), ("Etc/UTC", "UTC"), ("GMT", "UTC"), ("Asia/Tokyo", "Asia/Tokyo"), ("Japan", "Asia/Tokyo")];

fn whole_constant(e: &Expr) -> Option<i128> {
    match e {
        Expr::Literal(Literal::Int(n)) => Some(*n),
        Expr::Negative(inner) => whole_constant(inner)?.checked_neg(),
        _ => None,
    }
}

fn text_constant(e: &Expr) -> Option<&str> {
    match e {
        Expr::Literal(Literal::Text(t)) => Some(t),
        _ => None,
    }
}

fn text_term(t: &str) -> Term {
    Term::Constant(Constant::Text(t.to_owned()))
}

/// So many characters of a text from a place on, whatever the numbers.
fn substring(text: Term, start: i128, length: Option<i128>) -> Option<Term> {
    // What lies before the first character counts, as in SQL.
    let length = length.map(|n| n.saturating_add(start.min(1)).saturating_sub(1).max(0));
    let small = |n: i128| i32::try_from(n).ok().map(Term::int);
    let mut of = vec![text, small(start.max(1))?];
    if let Some(n) = length {
        of.push(small(n)?);
    }
    Some(Term::call(Call::Substring, of))
}

impl Translation<'_> {
    /// The value of an expression in each row.
    pub(super) fn value(&self, e: &Expr) -> Tried<Value> {
        Ok(match e {
            Expr::Column(name) => self.column_value(name).ok_or_else(|| no(e))?,
            Expr::Literal(Literal::Null) => Value::new(Term::Null, Kind::Empty),
            Expr::Literal(Literal::Bool(b)) => Value::new(Term::Constant(Constant::Bool(*b)), Kind::Boolean),
            Expr::Literal(Literal::Int(n)) => Value::constant(*n),
            Expr::Literal(Literal::Float(x)) if x.is_finite() => Value::real(*x),
            Expr::Literal(Literal::Text(t)) => Value::text(text_term(t)),
            Expr::Negative(inner) => {
                let value = self.value(inner)?;
                match (&value.kind, value.constant) {
                    (_, Some(Number::Real(x))) => Value::real(-x),
                    (Kind::Integer, _) => whole_arithmetic(Binary::Sub, Value::constant(0), value, e)?,
                    _ => scaled(value.as_float().ok_or_else(|| no(e))?, -1.0, false),
                }
            }
            Expr::Binary(Binary::Concat, a, b) => {
                let (a, b) = (self.text(a)?, self.text(b)?);
                Value::text(Term::call(Call::Join, [a, b]))
            }
            Expr::Binary(op @ (Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Rem), a, b) => {
                let (x, y) = (self.value(a)?, self.value(b)?);
                match x.kind == Kind::Integer && y.kind == Kind::Integer && *op != Binary::Div {
                    true => whole_arithmetic(*op, x, y, e)?,
                    false => {
                        let (x, y) = x.as_float().zip(y.as_float()).ok_or_else(|| no(e))?;
                        float_arithmetic(*op, x, y, e)?
                    }
                }
            }
            Expr::Call(function, list) if *function != Function::IsNan => self.call(*function, list, e)?,
            condition => {
                let (yes, n) = (self.condition(condition, false)?, self.condition(condition, true)?);
                let truth = |b| Box::new(Term::Constant(Constant::Bool(b)));
                let no = Term::If(Box::new(n), truth(false), Box::new(Term::Null));
                Value::new(Term::If(Box::new(yes), truth(true), Box::new(no)), Kind::Boolean)
            }
        })
    }

    /// A column's value, see [`held`]; None where it is of a type that is not computed with there.
    pub(super) fn column_value(&self, name: &str) -> Option<Value> {
        let place = self.schema.position(name)?;
        let kind = self.schema.columns()[place].kind.clone();
        let dtype = self.types?.get(place)?;
        let term = held(name, &kind);
        Some(match (&kind, dtype) {
            (Kind::Integer, DataType::Int8 | DataType::Int16) => Value::whole(term, 16),
            (Kind::Integer, DataType::Int32) => Value::whole(term, 32),
            (Kind::Integer, DataType::Int64) => Value::whole(term, 63),
            (Kind::Float, DataType::Float64) => Value::new(term, kind),
            (Kind::Float, DataType::Float32) => Value::new(Term::Real(Box::new(term)), kind),
            (Kind::Boolean | Kind::Text | Kind::Date | Kind::Time | Kind::Decimal(_) | Kind::DateTime(_), _) => {
                Value::new(term, kind)
            }
            _ => return None,
        })
    }

    fn text(&self, e: &Expr) -> Tried<Term> {
        let value = self.value(e)?;
        if value.kind == Kind::Text { Ok(value.term) } else { Err(no(e)) }
    }

    fn float(&self, e: &Expr) -> Tried<Value> {
        self.value(e)?.as_float().ok_or_else(|| no(e))
    }

    /// A day, or a local time; of an instant, what the clock on the wall of its zone shows.
    fn local(&self, e: &Expr, zone: Option<&str>) -> Tried<Value> {
        if let Some(day) = text_constant(e).and_then(|t| moment::parse_date(t.trim())) {
            return Ok(Value::new(Term::Constant(Constant::Date(day)), Kind::Date));
        }
        let value = self.value(e)?;
        match &value.kind {
            Kind::Date | Kind::DateTime(None) => Ok(value),
            Kind::DateTime(Some(own)) => {
                let wanted = zone.unwrap_or(own);
                let (_, zone) = STEADY.iter().find(|(name, _)| *name == wanted).ok_or_else(|| no(e))?;
                Ok(Value::new(Term::call(Call::AtZone(zone), [value.term]), Kind::DateTime(None)))
            }
            _ => Err(no(e)),
        }
    }

    fn day(&self, e: &Expr) -> Tried<Term> {
        let value = self.local(e, None)?;
        Ok(if value.kind == Kind::Date { value.term } else { Term::Cast(Box::new(value.term), Type::Date) })
    }

    fn call(&self, function: Function, list: &[Expr], e: &Expr) -> Tried<Value> {
        let first = list.first().ok_or_else(|| no(e))?;
        let whole_at = |i: usize| list.get(i).and_then(whole_constant);
        let words = |i: usize| list.get(i).and_then(text_constant);
        let part = |part: Part| -> Tried<Value> {
            let value = match part {
                Part::Hour | Part::Minute | Part::Second => match self.value(first)? {
                    value if value.kind == Kind::Time => value,
                    _ => self.local(first, None)?,
                },
                _ => self.local(first, None)?,
            };
            if value.kind == Kind::Date && matches!(part, Part::Hour | Part::Minute | Part::Second) {
                return Err(no(e));
            }
            Ok(Value::whole(Term::call(Call::Part(part), [value.term]), 32))
        };
        Ok(match function {
            Function::Length => Value::whole(Term::call(Call::Length, [self.text(first)?]), 32),
            Function::Trim => Value::text(Term::call(Call::Trim, [self.text(first)?])),
            Function::Replace => {
                let old = words(1).filter(|t| !t.is_empty()).ok_or_else(|| no(e))?;
                let new = self.text(list.get(2).ok_or_else(|| no(e))?)?;
                Value::text(Term::call(Call::Replace, [self.text(first)?, text_term(old), new]))
            }
            Function::Substr => {
                let start = whole_at(1).ok_or_else(|| no(e))?;
                let length = match list.get(2) {
                    None => None,
                    Some(n) => Some(whole_constant(n).ok_or_else(|| no(e))?),
                };
                let start = if length.is_none() { start.max(1) } else { start };
                Value::text(substring(self.text(first)?, start, length).ok_or_else(|| no(e))?)
            }
            Function::Left => {
                let n = whole_at(1).ok_or_else(|| no(e))?.max(0);
                Value::text(substring(self.text(first)?, 1, Some(n)).ok_or_else(|| no(e))?)
            }
            Function::Right => {
                let n = whole_at(1).and_then(|n| i32::try_from(n.max(0)).ok()).ok_or_else(|| no(e))?;
                let text = self.text(first)?;
                let length = Term::call(Call::Length, [text.clone()]);
                let start = Term::Minus(Box::new(length), Box::new(Term::int(n - 1)));
                let early = start.clone().compared(Comparison::Lt, Term::int(1));
                let start = Term::If(Box::new(early), Box::new(Term::int(1)), Box::new(start));
                Value::text(Term::call(Call::Substring, [text, start, Term::int(n)]))
            }
            Function::SplitPart => {
                let separator = words(1).filter(|t| !t.is_empty()).ok_or_else(|| no(e))?;
                let n = whole_at(2).and_then(|n| i32::try_from(n).ok()).filter(|n| *n > 0).ok_or_else(|| no(e))?;
                Value::text(Term::call(Call::Piece, [self.text(first)?, text_term(separator), Term::int(n)]))
            }
            Function::Concat => {
                let part = |e: &Expr| {
                    let term = self.in_words(self.value(e)?).ok_or_else(|| no(e))?;
                    let missing = Box::new(Term::Missing(Box::new(term.clone())));
                    Ok(Term::If(missing, Box::new(text_term("")), Box::new(term)))
                };
                let parts = list.iter().map(part).collect::<Tried<Vec<_>>>()?;
                Value::text(Term::call(Call::Join, parts))
            }
            Function::Text => Value::text(self.in_words(self.value(first)?).ok_or_else(|| no(e))?),
            Function::Number => self.number(self.value(first)?).ok_or_else(|| no(e))?,
            Function::Whole => self.whole(self.value(first)?).ok_or_else(|| no(e))?,
            Function::Abs => {
                let value = self.value(first)?;
                match value.kind {
                    Kind::Integer => {
                        let wide = if value.bits >= 63 { Type::Wide } else { Type::Whole };
                        let bits = value.bits + 1;
                        if bits > 126 {
                            return Err(no(e));
                        }
                        Value::whole(Term::call(Call::Abs, [Term::Cast(Box::new(value.term), wide)]), bits)
                    }
                    _ => {
                        let value = value.as_float().ok_or_else(|| no(e))?;
                        let term = Term::call(Call::Abs, [value.term]);
                        Value { span: value.span, ..Value::new(term, Kind::Float) }
                    }
                }
            }
            Function::Floor | Function::Ceil => {
                let value = self.value(first)?;
                if value.kind == Kind::Integer {
                    return Ok(value);
                }
                let value = value.as_float().ok_or_else(|| no(e))?;
                let call = if function == Function::Floor { Call::Floor } else { Call::Ceil };
                let span = value.span.map(|(_, h)| (0.0, h.max(0.0)));
                Value { span, ..Value::new(Term::call(call, [value.term]), Kind::Float) }
            }
            Function::Round => match self.value(first)? {
                value if value.kind == Kind::Integer => value,
                _ => return Err(no(e)),
            },
            Function::Sqrt => {
                let x = self.float(first)?;
                let fits = Term::All(vec![x.is(Comparison::Ge, 0.0), x.is(Comparison::Le, f64::MAX)]);
                let term = Term::call(Call::Sqrt, [x.term]).only_if(fits);
                Value { span: x.span.map(|(l, h)| (l / 2.0 - 1.0, h / 2.0 + 1.0)), ..Value::new(term, Kind::Float) }
            }
            Function::Sign => {
                let x = self.float(first)?;
                let choose = |op, n, other: Term| {
                    Term::If(Box::new(x.is(op, 0.0)), Box::new(Value::real(n).term), Box::new(other))
                };
                let zero = choose(Comparison::Eq, 0.0, Term::Null);
                let sign = choose(Comparison::Gt, 1.0, choose(Comparison::Lt, -1.0, zero));
                let number = Term::Not(Box::new(Term::NotANumber(Box::new(x.term.clone()))));
                Value { span: Some((0.0, 0.0)), ..Value::new(sign.only_if(number), Kind::Float) }
            }
            Function::Coalesce => {
                let values = list.iter().map(|e| self.value(e)).collect::<Tried<Vec<_>>>()?;
                let (terms, kept) = alike(values, e)?;
                let missing = |t: &Term| Box::new(Term::Missing(Box::new(t.clone())));
                let pick = |b: Term, a: Term| Term::If(missing(&a), Box::new(b), Box::new(a));
                let term = terms.into_iter().rev().reduce(pick).unwrap_or(Term::Null);
                Value { term, ..kept }
            }
            Function::If => {
                let mut conditions = vec![self.condition(first, false)?];
                let mut values = Vec::new();
                // Conditions and values take turns; the last value stands alone.
                for (i, e) in list.iter().enumerate().skip(1) {
                    match i % 2 == 0 && i + 1 < list.len() {
                        true => conditions.push(self.condition(e, false)?),
                        false => values.push(self.value(e)?),
                    }
                }
                let (mut terms, kept) = alike(values, e)?;
                let mut term = terms.pop().unwrap_or(Term::Null);
                while let (Some(value), Some(condition)) = (terms.pop(), conditions.pop()) {
                    term = Term::If(Box::new(condition), Box::new(value), Box::new(term));
                }
                Value { term, ..kept }
            }
            Function::Least | Function::Greatest => {
                let values = list.iter().map(|e| self.value(e)).collect::<Tried<Vec<_>>>()?;
                let (terms, kept) = alike(values, e)?;
                let op = if function == Function::Least { Comparison::Lt } else { Comparison::Gt };
                let better = |a: &Term, b: &Term| match kept.kind {
                    Kind::Text => Term::CompareText(op, Box::new(b.clone()), Box::new(a.clone())),
                    _ => b.clone().compared(op, a.clone()),
                };
                // NaN has no place among numbers here, and one of its own there.
                if matches!(kept.kind, Kind::Float | Kind::Empty) && kept.span.is_none() {
                    return Err(no(e));
                }
                let pick = |a: Term, b: Term| {
                    let other = Term::Any(vec![Term::Missing(Box::new(a.clone())), better(&a, &b)]);
                    Term::If(Box::new(other), Box::new(b), Box::new(a))
                };
                let term = terms.into_iter().reduce(pick).unwrap_or(Term::Null);
                Value { term, ..kept }
            }
            Function::Date => match text_constant(first) {
                None => Value::new(self.day(first)?, Kind::Date),
                Some(_) => return Err(no(e)),
            },
            Function::Year => self.year(&self.local(first, None)?.term),
            Function::Quarter => part(Part::Quarter)?,
            Function::Month => part(Part::Month)?,
            Function::Week => part(Part::Week)?,
            Function::Day => part(Part::Day)?,
            Function::Weekday => part(Part::Weekday)?,
            Function::Hour => part(Part::Hour)?,
            Function::Minute => part(Part::Minute)?,
            Function::Second => part(Part::Second)?,
            Function::DateTrunc => {
                let unit = words(0).and_then(|u| Unit::parse(u).ok()).ok_or_else(|| no(e))?;
                let at = list.get(1).ok_or_else(|| no(e))?;
                self.truncated(unit, at, words(2)).ok_or_else(|| no(e))?
            }
            Function::DateDiff => {
                let unit = words(0).and_then(|u| Unit::parse(u).ok()).ok_or_else(|| no(e))?;
                let [_, from, to] = list else { return Err(no(e)) };
                let number = |at: &Expr| -> Tried<Value> {
                    let day = self.day(at)?;
                    Ok(match unit {
                        Unit::Day => Value::whole(Term::call(Call::Days, [day]), 32),
                        Unit::Year => self.year(&day),
                        Unit::Month => {
                            let years = whole_arithmetic(Binary::Mul, self.year(&day), Value::constant(12), e)?;
                            let month = Value::whole(Term::call(Call::Part(Part::Month), [day]), 32);
                            whole_arithmetic(Binary::Add, years, month, e)?
                        }
                        _ => return Err(no(e)),
                    })
                };
                whole_arithmetic(Binary::Sub, number(to)?, number(from)?, e)?
            }
            _ => return Err(no(e)),
        })
    }

    /// The beginning of the span a moment lies in.
    pub(super) fn truncated(&self, unit: Unit, at: &Expr, zone: Option<&str>) -> Option<Value> {
        let instant = matches!(self.value(at).ok()?.kind, Kind::DateTime(Some(_)));
        let value = self.local(at, zone).ok()?;
        let local = match value.kind {
            Kind::Date => Term::Cast(Box::new(value.term), Type::Local),
            _ => value.term,
        };
        let term = Term::call(Call::Truncate(unit.name()), [local]);
        match (unit.clock(), instant) {
            (None, _) => Some(Value::new(Term::Cast(Box::new(term), Type::Date), Kind::Date)),
            (Some(_), false) if value.kind != Kind::Date => Some(Value::new(term, Kind::DateTime(None))),
            _ => None,
        }
    }

    /// The year of a moment, with a year 0 before the first, as ISO 8601 has it.
    fn year(&self, at: &Term) -> Value {
        let year = Term::call(Call::Part(Part::Year), [at.clone()]);
        let before = Box::new(year.clone().compared(Comparison::Lt, Term::int(0)));
        let next = Box::new(Term::call(Call::Add, [year.clone(), Term::int(1)]));
        Value::whole(Term::If(before, next, Box::new(year)), 32)
    }

    /// A value in words, where everybody writes it alike.
    fn in_words(&self, value: Value) -> Option<Term> {
        let words = |b: bool| Box::new(text_term(if b { "true" } else { "false" }));
        match value.kind {
            Kind::Text => Some(value.term),
            Kind::Integer => Some(Term::Text(Box::new(value.term))),
            Kind::Boolean => {
                let not = Box::new(Term::Not(Box::new(value.term.clone())));
                let no = Term::If(not, words(false), Box::new(Term::Null));
                Some(Term::If(Box::new(value.term), words(true), Box::new(no)))
            }
            _ => None,
        }
    }

    fn number(&self, value: Value) -> Option<Value> {
        match value.kind {
            Kind::Boolean => Value::whole(value.term.as_number(), 1).as_float(),
            Kind::Integer | Kind::Float | Kind::Decimal(_) => value.as_float(),
            _ => None,
        }
    }

    fn whole(&self, value: Value) -> Option<Value> {
        match value.kind {
            Kind::Boolean => Some(Value::whole(value.term.as_number(), 1)),
            Kind::Integer => Some(value.within_64_bits()),
            _ => None,
        }
    }

    /// A column's values made into others, where each has its counterpart.
    pub(super) fn cast(&self, name: &str, to: Target) -> Option<Value> {
        let value = self.column_value(name)?;
        let column = Expr::Column(name.to_owned());
        match (to, &value.kind) {
            (Target::Text, _) => self.in_words(value).map(Value::text),
            (Target::Number, _) => self.number(value),
            (Target::Whole, _) => self.whole(value),
            (Target::Boolean, Kind::Boolean) | (Target::Datetime, Kind::DateTime(_)) | (Target::Time, Kind::Time) => {
                Some(value)
            }
            (Target::Date, Kind::Date | Kind::DateTime(_)) => Some(Value::new(self.day(&column).ok()?, Kind::Date)),
            (Target::Datetime, Kind::Date) => {
                Some(Value::new(Term::Cast(Box::new(value.term), Type::Local), Kind::DateTime(None)))
            }
            (Target::Time, Kind::DateTime(None)) => {
                Some(Value::new(Term::Cast(Box::new(value.term), Type::Clock), Kind::Time))
            }
            _ => None,
        }
    }
}
