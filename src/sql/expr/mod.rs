//! Conditions and values as data: what `--where`, the filter form and recipes say. Knows neither rows nor an engine.
//!
//! The language is SQL's, with words for people beside its operators (`is missing`, `contains`, `starts with`). A name is
//! bare when it is an identifier, else in double quotes or backquotes; text is in single quotes.

mod lex;
mod parse;
mod print;
mod words;

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

/// A function of one value or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Function {
    Lower,
    Upper,
    Trim,
    Length,
    Abs,
    Round,
    Floor,
    Ceil,
    Coalesce,
    Year,
    Month,
    Day,
    Hour,
    Weekday,
    Date,
    IsNan,
    If,
    Replace,
    Substr,
    Left,
    Right,
    Concat,
    SplitPart,
    Extract,
    Text,
    Number,
    Whole,
    Sqrt,
    Power,
    Exp,
    Ln,
    Log10,
    Sign,
    Least,
    Greatest,
    Minute,
    Second,
    Quarter,
    Week,
    DateTrunc,
    DateAdd,
    DateDiff,
}

impl Function {
    /// Every function: its name, and how few and how many values it takes.
    pub const ALL: [(&'static str, Function, usize, usize); 42] = [
        ("lower", Function::Lower, 1, 1),
        ("upper", Function::Upper, 1, 1),
        ("trim", Function::Trim, 1, 1),
        ("length", Function::Length, 1, 1),
        ("abs", Function::Abs, 1, 1),
        ("round", Function::Round, 1, 2),
        ("floor", Function::Floor, 1, 1),
        ("ceil", Function::Ceil, 1, 1),
        ("coalesce", Function::Coalesce, 1, 16),
        ("year", Function::Year, 1, 1),
        ("month", Function::Month, 1, 1),
        ("day", Function::Day, 1, 1),
        ("hour", Function::Hour, 1, 1),
        ("weekday", Function::Weekday, 1, 1),
        ("date", Function::Date, 1, 1),
        ("is_nan", Function::IsNan, 1, 1),
        ("if", Function::If, 3, 41),
        ("replace", Function::Replace, 3, 3),
        ("substr", Function::Substr, 2, 3),
        ("left", Function::Left, 2, 2),
        ("right", Function::Right, 2, 2),
        ("concat", Function::Concat, 1, 16),
        ("split_part", Function::SplitPart, 3, 3),
        ("extract", Function::Extract, 2, 3),
        ("text", Function::Text, 1, 1),
        ("number", Function::Number, 1, 1),
        ("whole", Function::Whole, 1, 1),
        ("sqrt", Function::Sqrt, 1, 1),
        ("power", Function::Power, 2, 2),
        ("exp", Function::Exp, 1, 1),
        ("ln", Function::Ln, 1, 1),
        ("log10", Function::Log10, 1, 1),
        ("sign", Function::Sign, 1, 1),
        ("least", Function::Least, 1, 16),
        ("greatest", Function::Greatest, 1, 16),
        ("minute", Function::Minute, 1, 1),
        ("second", Function::Second, 1, 1),
        ("quarter", Function::Quarter, 1, 1),
        ("week", Function::Week, 1, 1),
        ("date_trunc", Function::DateTrunc, 2, 3),
        ("date_add", Function::DateAdd, 3, 3),
        ("date_diff", Function::DateDiff, 3, 3),
    ];
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
