//! From a condition as a person wrote it to a typed one that any engine reads the same way. What would not mean exactly the
//! same over there is refused with the reason.

use chrono::{DateTime, NaiveTime};
use polars::prelude::DataType;

use crate::op::eval::moment;
use crate::sql::expr::{Binary, Expr, Function, Literal, Pattern};
use crate::sql::{Comparison, Constant, Range, Term};
use crate::text::Msg;
use crate::value::{Kind, Schema};

pub(super) type Tried<T> = Result<T, Msg>;

/// The condition, typed for columns of these kinds; or why it has to be carried out here. It must be one that
/// [`crate::op::eval::check`] has no fault with.
pub fn condition(e: &Expr, schema: &Schema) -> Tried<Term> {
    Translation { schema, types: None }.condition(e, false)
}

pub(super) fn no(e: &Expr) -> Msg {
    Msg::new("push-no-expression").with("text", e.to_string())
}

fn comparison(op: Binary) -> Option<Comparison> {
    Some(match op {
        Binary::Eq => Comparison::Eq,
        Binary::Ne => Comparison::Ne,
        Binary::Lt => Comparison::Lt,
        Binary::Le => Comparison::Le,
        Binary::Gt => Comparison::Gt,
        Binary::Ge => Comparison::Ge,
        _ => return None,
    })
}

/// The comparison that says the same with its sides exchanged.
fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        op => op,
    }
}

/// The comparison that is true where this one is false.
fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        Comparison::Lt => Comparison::Ge,
        Comparison::Le => Comparison::Gt,
        Comparison::Gt => Comparison::Le,
        Comparison::Ge => Comparison::Lt,
    }
}

/// Of which values some engines have more than this program, among those of a kind.
pub fn range(kind: &Kind) -> Option<Range> {
    match kind {
        Kind::Decimal(scale) => Some(Range::Decimal(*scale)),
        Kind::Date | Kind::DateTime(_) => Some(Range::Moment),
        Kind::Time => Some(Range::Clock),
        _ => None,
    }
}

fn not(term: Term, not: bool) -> Term {
    if not { Term::Not(Box::new(term)) } else { term }
}

/// Expressions of columns.
pub(super) struct Translation<'a> {
    /// The columns.
    pub schema: &'a Schema,
    /// Their types here; without them nothing is computed with their values.
    pub types: Option<&'a [DataType]>,
}

impl Translation<'_> {
    fn kind(&self, name: &str) -> Option<&Kind> {
        self.schema.position(name).map(|i| &self.schema.columns()[i].kind)
    }

    /// The condition, or the one that is true where it is false: negations are carried to the innermost conditions. Values
    /// that have no place in a column here are compared as the engine has them, infinite days after all others, since what
    /// is compared so is looked up fast: the rows with them are found, and the column is then read as text.
    pub(super) fn condition(&self, e: &Expr, n: bool) -> Tried<Term> {
        Ok(match e {
            Expr::Column(name) if self.kind(name) == Some(&Kind::Boolean) => not(Term::column(name), n),
            Expr::Literal(Literal::Bool(b)) => Term::Constant(Constant::Bool(*b != n)),
            Expr::Not(inner) => self.condition(inner, !n)?,
            Expr::Binary(op @ (Binary::And | Binary::Or), ..) => {
                let parts = self.chain(*op, e, n)?;
                if (*op == Binary::And) != n { Term::All(parts) } else { Term::Any(parts) }
            }
            Expr::Binary(op, a, b) => self.compare(comparison(*op).ok_or_else(|| no(e))?, a, b, n)?,
            Expr::Missing(inner, negated) => match &**inner {
                Expr::Column(name) => not(Term::Missing(Box::new(Term::column(name))), *negated != n),
                _ => not(Term::Missing(Box::new(self.value(inner)?.term)), *negated != n),
            },
            Expr::In(inner, list, negated) => self.within(inner, list, *negated != n)?,
            Expr::Between(inner, low, high, negated) => {
                let n = *negated != n;
                let ends =
                    vec![self.compare(Comparison::Ge, inner, low, n)?, self.compare(Comparison::Le, inner, high, n)?];
                if n { Term::Any(ends) } else { Term::All(ends) }
            }
            Expr::Match(pattern, inner, p, negated) => {
                not(self.pattern(*pattern, inner, p).ok_or_else(|| no(e))?, *negated != n)
            }
            Expr::Call(Function::IsNan, list) => match list.as_slice() {
                [Expr::Column(name)] if self.kind(name) == Some(&Kind::Float) => {
                    not(Term::NotANumber(Box::new(Term::column(name))), n)
                }
                _ => return Err(no(e)),
            },
            Expr::Call(..) => {
                let value = self.value(e)?;
                if value.kind != Kind::Boolean {
                    return Err(no(e));
                }
                not(value.term, n)
            }
            _ => return Err(no(e)),
        })
    }

    fn chain(&self, op: Binary, e: &Expr, n: bool) -> Tried<Vec<Term>> {
        let mut parts = Vec::new();
        let mut rest = e;
        while let Expr::Binary(o, a, b) = rest
            && *o == op
        {
            parts.push(self.condition(b, n)?);
            rest = a;
        }
        parts.push(self.condition(rest, n)?);
        parts.reverse();
        Ok(parts)
    }

    fn pattern(&self, pattern: Pattern, inner: &Expr, p: &Expr) -> Option<Term> {
        let (Expr::Column(name), Expr::Literal(Literal::Text(part))) = (inner, p) else { return None };
        if self.kind(name) != Some(&Kind::Text) {
            return None;
        }
        let (column, part) = (Box::new(Term::column(name)), part.clone());
        match pattern {
            Pattern::Contains => Some(Term::Contains(column, part)),
            Pattern::Starts => Some(Term::Starts(column, part)),
            Pattern::Ends => Some(Term::Ends(column, part)),
            // Each engine has regular expressions and letter cases of its own.
            Pattern::Like | Pattern::ILike | Pattern::Matches => None,
        }
    }

    fn within(&self, inner: &Expr, list: &[Expr], n: bool) -> Tried<Term> {
        let single = |item: &Expr| match item {
            Expr::Literal(Literal::Float(x)) => f64::from(*x as f32) == *x,
            Expr::Literal(Literal::Int(n)) => (*n as f32) as i128 == *n,
            _ => false,
        };
        // A list is compared in 64 bits here, in those of the column there.
        if let Expr::Column(name) = inner
            && self.kind(name) == Some(&Kind::Float)
            && !list.iter().all(single)
        {
            return Err(no(inner));
        }
        let each =
            list.iter().map(|item| self.compare(Comparison::Eq, inner, item, false)).collect::<Tried<Vec<_>>>()?;
        let plain = |term: &Term| match term {
            Term::Compare(_, _, b) => match &**b {
                Term::Constant(c) => Some(c.clone()),
                _ => None,
            },
            _ => None,
        };
        // An engine looks a list up faster than it tries conditions one by one.
        match (inner, each.iter().map(plain).collect::<Option<Vec<_>>>()) {
            (Expr::Column(name), Some(constants)) if !constants.is_empty() => {
                Ok(not(Term::Within(Box::new(Term::column(name)), constants), n))
            }
            _ => Ok(not(Term::Any(each), n)),
        }
    }

    fn compare(&self, op: Comparison, a: &Expr, b: &Expr, n: bool) -> Tried<Term> {
        match (a, b) {
            (Expr::Column(name), Expr::Literal(literal)) => {
                let kind = self.kind(name).ok_or_else(|| no(a))?;
                with_constant(op, Term::column(name), kind, literal, n).ok_or_else(|| no(b))
            }
            (Expr::Literal(_), Expr::Column(_)) => self.compare(mirrored(op), b, a, n),
            (Expr::Column(one), Expr::Column(two)) => self.two_columns(op, one, two, n).ok_or_else(|| no(a)),
            (Expr::Literal(_), Expr::Literal(_)) => Err(no(a)),
            (Expr::Literal(_), _) => self.compare(mirrored(op), b, a, n),
            (_, Expr::Literal(literal)) => {
                let value = self.value(a)?;
                with_constant(op, value.term, &value.kind, literal, n).ok_or_else(|| no(b))
            }
            _ => {
                let (x, y) = (self.value(a)?, self.value(b)?);
                let op = if n { opposite(op) } else { op };
                match (&x.kind, &y.kind) {
                    (Kind::Text, Kind::Text) => Ok(Term::CompareText(op, Box::new(x.term), Box::new(y.term))),
                    (Kind::Integer, Kind::Integer) | (Kind::Boolean, Kind::Boolean) | (Kind::Date, Kind::Date) => {
                        Ok(x.term.compared(op, y.term))
                    }
                    _ => Err(no(a)),
                }
            }
        }
    }

    fn two_columns(&self, op: Comparison, one: &str, two: &str, n: bool) -> Option<Term> {
        let op = if n { opposite(op) } else { op };
        let (x, y) = (Box::new(Term::column(one)), Box::new(Term::column(two)));
        match (self.kind(one)?, self.kind(two)?) {
            (Kind::Text, Kind::Text) => Some(Term::CompareText(op, x, y)),
            (Kind::Integer, Kind::Integer)
            | (Kind::Boolean, Kind::Boolean)
            | (Kind::Date, Kind::Date)
            | (Kind::Time, Kind::Time)
            | (Kind::DateTime(None), Kind::DateTime(None))
            | (Kind::DateTime(Some(_)), Kind::DateTime(Some(_))) => Some(Term::Compare(op, x, y)),
            _ => None,
        }
    }
}

/// A value of a kind compared with a constant.
fn with_constant(op: Comparison, value: Term, kind: &Kind, literal: &Literal, n: bool) -> Option<Term> {
    let constant = constant(kind, literal)?;
    let compared = |op, c: Constant| value.clone().compared(op, Term::Constant(c));
    if *kind == Kind::Float {
        let nan = Term::NotANumber(Box::new(value.clone()));
        // NaN compares as false, and as different from everything, which not every engine holds with.
        let term = match op {
            Comparison::Ne => Term::Any(vec![compared(op, constant), nan]),
            _ => Term::All(vec![compared(op, constant), not(nan, true)]),
        };
        return Some(not(term, n));
    }
    let op = if n { opposite(op) } else { op };
    if *kind == Kind::Text && !matches!(op, Comparison::Eq | Comparison::Ne) {
        return Some(Term::CompareText(op, Box::new(value), Box::new(Term::Constant(constant))));
    }
    Some(compared(op, constant))
}

/// A constant as a value of a column's kind; None where it is none, or where comparing would round.
fn constant(kind: &Kind, literal: &Literal) -> Option<Constant> {
    match (kind, literal) {
        (Kind::Boolean, Literal::Bool(b)) => Some(Constant::Bool(*b)),
        (Kind::Boolean, Literal::Text(t)) => t.trim().to_lowercase().parse().ok().map(Constant::Bool),
        (Kind::Text, Literal::Text(t)) if !t.contains('\0') => Some(Constant::Text(t.clone())),
        (Kind::Integer, Literal::Int(n)) => i64::try_from(*n).ok().map(|_| Constant::Int(*n)),
        (Kind::Float, Literal::Int(n)) => Some(Constant::Float(*n as f64)),
        // Here it would be rounded for a column of 32 bits.
        (Kind::Float, Literal::Float(x)) if x.fract() == 0.0 && f64::from(*x as f32) != *x => None,
        (Kind::Float, Literal::Float(x)) if x.is_finite() => Some(Constant::Float(*x)),
        (Kind::Decimal(scale), Literal::Int(n)) => decimal(&n.to_string(), *scale),
        (Kind::Decimal(scale), Literal::Float(x)) if x.is_finite() => decimal(&x.to_string(), *scale),
        (Kind::Decimal(scale), Literal::Text(t)) => decimal(t.trim(), *scale),
        (Kind::Integer | Kind::Float, Literal::Text(t)) => {
            let t = t.trim();
            match t.parse::<i128>() {
                Ok(n) => constant(kind, &Literal::Int(n)),
                Err(_) if *kind == Kind::Float => constant(kind, &Literal::Float(t.parse().ok()?)),
                Err(_) => None,
            }
        }
        (Kind::Date, Literal::Text(t)) => moment::parse_date(t.trim()).map(Constant::Date),
        (Kind::DateTime(zone), Literal::Text(t)) => {
            let (at, offset) = moment::parse_datetime(t.trim())?;
            match (zone, offset) {
                (None, None) => Some(Constant::Local(at)),
                (None, Some(_)) => None,
                (Some(_), Some(seconds)) => {
                    Some(Constant::Instant(at - chrono::Duration::try_seconds(i64::from(seconds))?))
                }
                (Some(zone), None) => {
                    let nanos = moment::utc(at, zone)?;
                    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
                    let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
                    DateTime::from_timestamp(seconds, rest).map(|d| Constant::Instant(d.naive_utc()))
                }
            }
        }
        (Kind::Time, Literal::Text(t)) => {
            let nanos = u64::try_from(moment::parse_clock(t.trim())?).ok()?;
            let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
            let seconds = u32::try_from(nanos / 1_000_000_000).ok()?;
            NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest).map(Constant::Clock)
        }
        _ => None,
    }
}

/// Digits as a decimal number, if there are no more after the point than the column has: else they would be rounded.
fn decimal(digits: &str, scale: u8) -> Option<Constant> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let fits = !whole.is_empty() && fraction.trim_end_matches('0').len() <= usize::from(scale);
    (fits && all_digits(whole) && all_digits(fraction)).then(|| Constant::Decimal(digits.to_owned()))
}
