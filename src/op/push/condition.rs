//! From a condition as a person wrote it to a typed one that any engine reads the same way. What would not mean exactly the
//! same over there is refused with the reason.

use chrono::{DateTime, NaiveTime};

use crate::op::eval::moment;
use crate::sql::expr::{Binary, Expr, Function, Literal, Pattern};
use crate::sql::{Comparison, Constant, Term};
use crate::text::Msg;
use crate::value::{Kind, Schema};

type Tried<T> = Result<T, Msg>;

/// The condition, typed for columns of these kinds; or why it has to be carried out here. It must be one that
/// [`crate::op::eval::check`] has no fault with.
pub fn condition(e: &Expr, schema: &Schema) -> Tried<Term> {
    Translation { schema }.condition(e)
}

fn no(e: &Expr) -> Msg {
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

struct Translation<'a> {
    schema: &'a Schema,
}

impl Translation<'_> {
    fn kind(&self, name: &str) -> Option<&Kind> {
        self.schema.position(name).map(|i| &self.schema.columns()[i].kind)
    }

    fn condition(&self, e: &Expr) -> Tried<Term> {
        let turned = |term: Term, not: bool| if not { Term::Not(Box::new(term)) } else { term };
        Ok(match e {
            Expr::Column(name) if self.kind(name) == Some(&Kind::Boolean) => Term::column(name),
            Expr::Literal(Literal::Bool(b)) => Term::Constant(Constant::Bool(*b)),
            Expr::Not(inner) => Term::Not(Box::new(self.condition(inner)?)),
            Expr::Binary(Binary::And, ..) => Term::All(self.chain(Binary::And, e)?),
            Expr::Binary(Binary::Or, ..) => Term::Any(self.chain(Binary::Or, e)?),
            Expr::Binary(op, a, b) => self.compare(comparison(*op).ok_or_else(|| no(e))?, a, b)?,
            Expr::Missing(inner, not) => match &**inner {
                Expr::Column(name) => turned(Term::Missing(Box::new(Term::column(name))), *not),
                _ => return Err(no(e)),
            },
            Expr::In(inner, list, not) => turned(self.within(inner, list)?, *not),
            Expr::Between(inner, low, high, not) => {
                let both = vec![self.compare(Comparison::Ge, inner, low)?, self.compare(Comparison::Le, inner, high)?];
                turned(Term::All(both), *not)
            }
            Expr::Match(pattern, inner, p, not) => turned(self.pattern(*pattern, inner, p).ok_or_else(|| no(e))?, *not),
            Expr::Call(Function::IsNan, list) => match list.as_slice() {
                [Expr::Column(name)] if self.kind(name) == Some(&Kind::Float) => {
                    Term::NotANumber(Box::new(Term::column(name)))
                }
                _ => return Err(no(e)),
            },
            _ => return Err(no(e)),
        })
    }

    fn chain(&self, op: Binary, e: &Expr) -> Tried<Vec<Term>> {
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

    fn within(&self, inner: &Expr, list: &[Expr]) -> Tried<Term> {
        let each = list.iter().map(|item| self.compare(Comparison::Eq, inner, item)).collect::<Tried<Vec<_>>>()?;
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
                Ok(Term::Within(Box::new(Term::column(name)), constants))
            }
            _ => Ok(Term::Any(each)),
        }
    }

    fn compare(&self, op: Comparison, a: &Expr, b: &Expr) -> Tried<Term> {
        match (a, b) {
            (Expr::Column(name), Expr::Literal(literal)) => self.with_constant(op, name, literal).ok_or_else(|| no(b)),
            (Expr::Literal(_), Expr::Column(_)) => self.compare(mirrored(op), b, a),
            (Expr::Column(one), Expr::Column(two)) => self.two_columns(op, one, two).ok_or_else(|| no(a)),
            (Expr::Column(_) | Expr::Literal(_), other) | (other, _) => Err(no(other)),
        }
    }

    fn two_columns(&self, op: Comparison, one: &str, two: &str) -> Option<Term> {
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

    fn with_constant(&self, op: Comparison, name: &str, literal: &Literal) -> Option<Term> {
        let kind = self.kind(name)?;
        let column = Term::column(name);
        let constant = constant(kind, literal)?;
        let compared = |c: Constant| Term::Compare(op, Box::new(column.clone()), Box::new(Term::Constant(c)));
        Some(match (kind, constant) {
            (Kind::Text, c) if !matches!(op, Comparison::Eq | Comparison::Ne) => {
                Term::CompareText(op, Box::new(column), Box::new(Term::Constant(c)))
            }
            // NaN compares as false, and as different from everything, which not every engine holds with.
            (Kind::Float, c) if op == Comparison::Ne => {
                Term::Any(vec![compared(c), Term::NotANumber(Box::new(column))])
            }
            (Kind::Float, c) => {
                let real = Term::Not(Box::new(Term::NotANumber(Box::new(column.clone()))));
                Term::All(vec![compared(c), real])
            }
            (_, c) => compared(c),
        })
    }
}

/// A constant as a value of a column's kind; None where it is none, or where comparing would round.
fn constant(kind: &Kind, literal: &Literal) -> Option<Constant> {
    match (kind, literal) {
        (Kind::Boolean, Literal::Bool(b)) => Some(Constant::Bool(*b)),
        (Kind::Boolean, Literal::Text(t)) => t.trim().to_lowercase().parse().ok().map(Constant::Bool),
        (Kind::Text, Literal::Text(t)) if !t.contains('\0') => Some(Constant::Text(t.clone())),
        (Kind::Integer, Literal::Int(n)) => i64::try_from(*n).ok().map(|_| Constant::Int(*n)),
        (Kind::Float, Literal::Int(n)) => Some(Constant::Float(*n as f64)),
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
