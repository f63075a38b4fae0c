//! Conditions and values as data: what `--where`, the filter form and recipes say. Knows neither rows nor an engine.
//!
//! The language is SQL's, with words for people beside its operators (`is missing`, `contains`, `starts with`). A name is
//! bare when it is an identifier, else in double quotes or backquotes; text is in single quotes.

mod functions;
mod lex;
mod parse;
mod print;
mod words;

pub use functions::{Function, Named};
pub use parse::parse;
pub use print::quoted_column;

use crate::value::Cell;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Missing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// Text; also how dates and times are written.
    Text(String),
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Binary {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Concat,
}

/// A comparison of text with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// SQL's LIKE: `%` any text, `_` any character.
    Like,
    /// The same without regard to case.
    ILike,
    /// The pattern stands somewhere in the text.
    Contains,
    /// The text begins with the pattern.
    Starts,
    /// The text ends with the pattern.
    Ends,
    /// The pattern is a regular expression.
    Matches,
}

/// A condition or a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A column's value.
    Column(String),
    /// A constant.
    Literal(Literal),
    /// NOT.
    Not(Box<Expr>),
    /// Minus.
    Negative(Box<Expr>),
    /// Two values with an operator between.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// Whether a value is missing; with `true`, whether it is not.
    Missing(Box<Expr>, bool),
    /// Whether a value is in a list; with `true`, whether it is not.
    In(Box<Expr>, Vec<Expr>, bool),
    /// Whether a value lies between two others, ends included; with `true`, whether it does not.
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    /// Whether text suits a pattern; with `true`, whether it does not.
    Match(Pattern, Box<Expr>, Box<Expr>, bool),
    /// A function of values.
    Call(Function, Vec<Expr>),
}

impl Expr {
    /// Whether a column lacks a value.
    pub fn is_missing(column: &str) -> Self {
        Self::Missing(Box::new(Self::Column(column.to_owned())), false)
    }

    /// Whether a column has just this value. None for values with parts.
    pub fn is_value(column: &str, cell: &Cell<'_>) -> Option<Self> {
        let name = || Box::new(Self::Column(column.to_owned()));
        let literal = match cell {
            Cell::Null => return Some(Self::Missing(name(), false)),
            Cell::Float(v) if v.is_nan() => return Some(Self::Call(Function::IsNan, vec![*name()])),
            Cell::Float32(v) if v.is_nan() => return Some(Self::Call(Function::IsNan, vec![*name()])),
            Cell::List(_) | Cell::Struct(_) | Cell::Binary(_) => return None,
            Cell::Bool(v) => Literal::Bool(*v),
            Cell::Int(v) => Literal::Int(*v),
            Cell::Float(v) => Literal::Float(*v),
            // A single-precision value is compared as what it is, not as its shortest digits.
            Cell::Float32(v) => Literal::Float(f64::from(*v)),
            Cell::UInt(_) | Cell::Decimal(..) => Literal::Text(cell.plain()),
            other => Literal::Text(other.plain()),
        };
        Some(Self::Binary(Binary::Eq, name(), Box::new(Self::Literal(literal))))
    }

    /// The condition that holds where this one and another do.
    pub fn and(self, other: Self) -> Self {
        Self::Binary(Binary::And, Box::new(self), Box::new(other))
    }

    /// The condition that holds where this one does not, rows without a value included.
    pub fn negated(self) -> Self {
        match self {
            Self::Missing(e, not) => Self::Missing(e, !not),
            Self::Binary(Binary::Eq, a, b) => {
                let missing = Self::Missing(a.clone(), false);
                Self::Binary(Binary::Or, Box::new(Self::Binary(Binary::Ne, a, b)), Box::new(missing))
            }
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of these conditions at once; none if there is none.
    pub fn all(conditions: impl IntoIterator<Item = Expr>) -> Option<Self> {
        conditions.into_iter().reduce(|a, b| Self::Binary(Binary::And, Box::new(a), Box::new(b)))
    }

    /// The names of the columns used, each once, in order of appearance.
    pub fn columns(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.visit(&mut |e| {
            if let Self::Column(name) = e
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        });
        names
    }

    fn visit(&self, see: &mut impl FnMut(&Expr)) {
        see(self);
        match self {
            Self::Column(_) | Self::Literal(_) => {}
            Self::Not(e) | Self::Negative(e) | Self::Missing(e, _) => e.visit(see),
            Self::Binary(_, a, b) | Self::Match(_, a, b, _) => {
                a.visit(see);
                b.visit(see);
            }
            Self::In(e, list, _) => {
                e.visit(see);
                list.iter().for_each(|i| i.visit(see));
            }
            Self::Between(e, a, b, _) => [e, a, b].into_iter().for_each(|i| i.visit(see)),
            Self::Call(_, list) => list.iter().for_each(|i| i.visit(see)),
        }
    }
}
