//! Queries as values: what is read from where, without the words of any one engine. Knows no network and no rows.
//!
//! A [`Relation`] grows from the inside out, one operation around another; [`super::text`] writes it down for a
//! [`super::Dialect`]. Terms are typed where engines differ: a [`Constant`] says whether it is a day, a local time or an
//! instant, so that no engine has to guess.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// A value that is the same in every row.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A floating-point number; finite.
    Float(f64),
    /// A decimal number in digits.
    Decimal(String),
    /// Text.
    Text(String),
    /// A calendar day.
    Date(NaiveDate),
    /// A date and time of no zone.
    Local(NaiveDateTime),
    /// An instant, in UTC.
    Instant(NaiveDateTime),
    /// A time of day.
    Clock(NaiveTime),
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A value or a condition of one row. Missing values follow SQL's three-valued logic.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A column's value.
    Column(String),
    /// A constant.
    Constant(Constant),
    /// No value.
    Null,
    /// NOT.
    Not(Box<Term>),
    /// All of these; true if there is none.
    All(Vec<Term>),
    /// Any of these; false if there is none.
    Any(Vec<Term>),
    /// Two values of one kind compared. Text is compared by code points; NaN must not occur (see [`Term::NotANumber`]).
    Compare(Comparison, Box<Term>, Box<Term>),
    /// Whether text comes before other text by code points, compared as said.
    CompareText(Comparison, Box<Term>, Box<Term>),
    /// Whether a value is one of these constants.
    Within(Box<Term>, Vec<Constant>),
    /// Whether a value is missing.
    Missing(Box<Term>),
    /// Whether a floating-point number is NaN.
    NotANumber(Box<Term>),
    /// Whether a value is one that other engines have too: no decimal NaN, no infinite day, not the time 24:00.
    Held(Box<Term>, Range),
    /// Whether this text stands somewhere in a text.
    Contains(Box<Term>, String),
    /// Whether a text begins with this one.
    Starts(Box<Term>, String),
    /// Whether a text ends with this one.
    Ends(Box<Term>, String),
    /// The first where the condition is true, else the second.
    If(Box<Term>, Box<Term>, Box<Term>),
    /// A value as a floating-point number of 64 bits.
    Real(Box<Term>),
    /// A value as text, as the engine writes it.
    Text(Box<Term>),
    /// The first value minus the second.
    Minus(Box<Term>, Box<Term>),
    /// Two values multiplied.
    Times(Box<Term>, Box<Term>),
    /// Whether two values differ, missing and NaN being values.
    Differ(Nature, Box<Term>, Box<Term>),
    /// Whether a text is described by a pattern: a regular expression made only of what all engines read alike.
    Matches(Box<Term>, String),
    /// A text without the blanks at its ends.
    Trimmed(Box<Term>),
    /// A text in lower case, as the engine knows letters.
    Lower(Box<Term>),
    /// A text with the letters A to Z in lower case.
    LowerAscii(Box<Term>),
    /// The first character of a text.
    Initial(Box<Term>),
    /// Texts one after the other.
    Joined(Vec<Term>),
    /// A value, which is a whole number or says one, as one of 64 bits.
    Whole(Box<Term>),
    /// A text that says a day as a day.
    Day(Box<Term>),
    /// A decimal number with so many digits after the point.
    Rounded(Box<Term>, u8),
    /// Bytes in hexadecimal digits.
    Hex(Box<Term>),
    /// A number of 64 bits out of texts: the same for the same texts, and else hardly ever. Missing for one text that is
    /// missing; among several, missing is a text.
    Hash(Vec<Term>),
    /// What is left of a whole number divided by another.
    Remainder(Box<Term>, u64),
}

impl Term {
    /// The column of this name.
    pub fn column(name: impl Into<String>) -> Self {
        Self::Column(name.into())
    }

    /// This term, missing where it is NaN.
    pub fn without_nan(self) -> Self {
        let nan = Self::NotANumber(Box::new(self.clone()));
        Self::If(Box::new(nan), Box::new(Self::Null), Box::new(self))
    }

    /// 1 where this condition is true, 0 where it is false, missing where it is neither.
    pub fn as_number(self) -> Self {
        let number = |n| Box::new(Self::Constant(Constant::Int(n)));
        let no = Self::If(Box::new(Self::Not(Box::new(self.clone()))), number(0), Box::new(Self::Null));
        Self::If(Box::new(self), number(1), Box::new(no))
    }
}

/// Values of which some engines have more than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Decimal numbers.
    Decimal,
    /// Days, dates and times.
    Moment,
    /// Times of day.
    Clock,
}

/// What is taken of the rows of a group. Missing values are left out of all but the count of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// Rows.
    Count,
    /// Rows with a value.
    Present(Term),
    /// Different values.
    Distinct(Term),
    /// The sum; 0 of no values.
    Sum(Term),
    /// The mean, as a floating-point number.
    Mean(Term),
    /// The smallest.
    Min(Term),
    /// The greatest.
    Max(Term),
    /// 1 if there are different values, 0 if there is one, missing if there is none.
    Varied(Term),
    /// The sum of numbers of 64 bits, however many.
    WideSum(Term),
    /// The value below which this share of the values lies, interpolated linearly, as a floating-point number.
    Quantile(Term, f64),
}

/// A column to put rows in order by; missing values come last either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its name.
    pub column: String,
    /// Largest first.
    pub descending: bool,
    /// What order its values have.
    pub nature: Nature,
}

/// What order the values of a column have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The engine's own is right.
    Plain,
    /// Text, by code points.
    Text,
    /// Floating-point numbers, NaN above all.
    Float,
}

/// Rows somewhere else.
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// A table or view, by the parts of its name.
    Table(Vec<String>),
    /// A query in the engine's own words, as a person wrote it.
    Query(String),
    /// Columns made from each row, under these names.
    Select(Box<Relation>, Vec<(String, Term)>),
    /// The rows for which a condition is true.
    Filter(Box<Relation>, Term),
    /// The rows in order; rows that are equal keep the order they had.
    Sort(Box<Relation>, Vec<Order>),
    /// So many rows after so many.
    Limit(Box<Relation>, u64, u64),
    /// One row for each combination of values of the columns named, missing being a value; with no column, one row.
    Group(Box<Relation>, Vec<String>, Vec<(String, Aggregate)>),
    /// Each row once, missing being a value; in no order.
    Distinct(Box<Relation>),
    /// Of the rows that have the same in these terms, missing being a value, the one that comes first; any of them where
    /// the rows are in no order. A column at the end, called [`PLACE`], is 1.
    Firsts(Box<Relation>, Vec<Term>),
}

/// What [`Relation::Firsts`] calls its column.
pub const PLACE: &str = "mekiki_row";

impl Relation {
    /// The columns of these names.
    pub fn columns<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = names.into_iter().map(|n| (n.to_owned(), Term::column(n))).collect();
        Self::Select(Box::new(self), columns)
    }

    /// Columns made from each row.
    pub fn select(self, columns: Vec<(String, Term)>) -> Self {
        Self::Select(Box::new(self), columns)
    }

    /// The rows for which a condition is true.
    pub fn filter(self, condition: Term) -> Self {
        Self::Filter(Box::new(self), condition)
    }

    /// The rows in order.
    pub fn sort(self, by: Vec<Order>) -> Self {
        Self::Sort(Box::new(self), by)
    }

    /// The first `rows` rows after `skip`.
    pub fn limit(self, rows: u64, skip: u64) -> Self {
        Self::Limit(Box::new(self), rows, skip)
    }

    /// One row for each group.
    pub fn group(self, by: Vec<String>, measures: Vec<(String, Aggregate)>) -> Self {
        Self::Group(Box::new(self), by, measures)
    }

    /// Whether the rows have been cut by number, so that the order in which they were cut decides which they are.
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Table(_) | Self::Query(_) => false,
            Self::Limit(..) => true,
            Self::Select(from, _) | Self::Filter(from, _) | Self::Sort(from, _) | Self::Group(from, ..) => {
                from.is_cut()
            }
            Self::Distinct(from) | Self::Firsts(from, _) => from.is_cut(),
        }
    }

    /// Each row once.
    pub fn distinct(self) -> Self {
        Self::Distinct(Box::new(self))
    }

    /// Of the rows that have the same in these terms, the first.
    pub fn firsts(self, by: Vec<Term>) -> Self {
        Self::Firsts(Box::new(self), by)
    }

    /// The names of the columns, where the relation itself tells.
    pub fn names(&self) -> Option<Vec<&str>> {
        match self {
            Self::Table(_) | Self::Query(_) | Self::Firsts(..) => None,
            Self::Select(_, columns) => Some(columns.iter().map(|(name, _)| name.as_str()).collect()),
            Self::Filter(from, _) | Self::Sort(from, _) | Self::Limit(from, ..) | Self::Distinct(from) => from.names(),
            Self::Group(_, by, measures) => {
                Some(by.iter().chain(measures.iter().map(|(name, _)| name)).map(String::as_str).collect())
            }
        }
    }

    /// The parts of the name of the table or view it is made of; none of a person's query.
    pub fn table(&self) -> Option<&[String]> {
        match self {
            Self::Table(parts) => Some(parts),
            Self::Query(_) => None,
            Self::Select(from, _)
            | Self::Filter(from, _)
            | Self::Sort(from, _)
            | Self::Limit(from, ..)
            | Self::Group(from, ..)
            | Self::Distinct(from)
            | Self::Firsts(from, _) => from.table(),
        }
    }

    /// The order the rows are in, as far as it can be told by columns they still have.
    pub fn order(&self) -> Vec<Order> {
        match self {
            Self::Table(_) | Self::Query(_) | Self::Group(..) | Self::Distinct(_) => Vec::new(),
            Self::Filter(from, _) | Self::Limit(from, ..) | Self::Firsts(from, _) => from.order(),
            Self::Sort(from, by) => {
                let mut orders = by.clone();
                for earlier in from.order() {
                    if orders.iter().all(|o| o.column != earlier.column) {
                        orders.push(earlier);
                    }
                }
                orders
            }
            Self::Select(from, columns) => {
                let same =
                    |o: &Order| columns.iter().any(|(name, t)| *t == Term::column(&o.column) && *name == o.column);
                from.order().into_iter().take_while(same).collect()
            }
        }
    }
}
