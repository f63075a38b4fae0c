//! Queries as values: what is read from where, without the words of any one engine. Knows no network and no rows.
//!
//! A [`Relation`] grows from the inside out, one operation around another; [`super::text`] writes it down for a
//! [`super::Dialect`]. Terms are typed where engines differ: a [`Constant`] says whether it is a day, a local time or an
//! instant, so that no engine has to guess.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::call::{Call, Type};

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
    /// A value of the column of this name, where it is one that other engines have too: no decimal NaN, no infinite day, not
    /// the time 24:00. The statement fails at any other, in words that name the column (see [`super::fault::misfit`]):
    /// whatever is made of such values, none of them is passed over in silence.
    Held(Box<Term>, String, Range),
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
    /// What the clocks of a zone show at an instant.
    Local(Box<Term>, String),
    /// Seconds since 1970-01-01T00:00 of a day or of a date and time of no zone, or since midnight of a time of day; a
    /// floating-point number.
    Seconds(Box<Term>, Range),
    /// A whole number from 0 on and below [`LOTS`], drawn by lot: evenly spread, the same for the same values and seed.
    Lot(Vec<Term>, u64),
    /// The place of a row, from 1 on, among those with the same value: by the order of another one, or any.
    Nth(Box<Term>, Option<Box<Term>>),
    /// The sum of a value over all rows, in each of them; 0 of no values.
    Total(Box<Term>),
    /// A value made into one of another type, which it must have a counterpart in.
    Cast(Box<Term>, Type),
    /// What a function of an engine gives.
    Call(Call, Vec<Term>),
    /// Whether two values differ, missing and NaN being values.
    Differ(Nature, Box<Term>, Box<Term>),
    /// Whether a text is described by a pattern: a regular expression made only of what all engines read alike.
    Matches(Box<Term>, String),
    /// A text in lower case, as the engine knows letters.
    Lower(Box<Term>),
    /// A text with the letters A to Z in lower case.
    LowerAscii(Box<Term>),
    /// A decimal number with so many digits after the point.
    Rounded(Box<Term>, u8),
    /// Bytes in hexadecimal digits.
    Hex(Box<Term>),
    /// A number of 64 bits out of texts: the same for the same texts, and else hardly ever. Missing for one text that is
    /// missing; among several, missing is a text.
    Hash(Vec<Term>),
}

/// How many numbers [`Term::Lot`] draws from.
pub const LOTS: u64 = 1 << 48;

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

    /// This term where a condition is true, missing elsewhere.
    pub fn only_if(self, condition: Self) -> Self {
        Self::If(Box::new(condition), Box::new(self), Box::new(Self::Null))
    }

    /// What a function gives of some values.
    pub fn call(function: Call, of: impl Into<Vec<Self>>) -> Self {
        Self::Call(function, of.into())
    }

    /// A whole number.
    pub fn int(n: impl Into<i128>) -> Self {
        Self::Constant(Constant::Int(n.into()))
    }

    /// A comparison.
    pub fn compared(self, op: Comparison, other: Self) -> Self {
        Self::Compare(op, Box::new(self), Box::new(other))
    }

    /// 1 where this condition is true, 0 where it is false, missing where it is neither.
    pub fn as_number(self) -> Self {
        let number = |n| Box::new(Self::Constant(Constant::Int(n)));
        let no = Self::If(Box::new(Self::Not(Box::new(self.clone()))), number(0), Box::new(Self::Null));
        Self::If(Box::new(self), number(1), Box::new(no))
    }
}

impl Term {
    /// The values this one is made from.
    fn inner_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Column(_) | Self::Constant(_) | Self::Null => Vec::new(),
            Self::Not(t)
            | Self::Within(t, _)
            | Self::Missing(t)
            | Self::NotANumber(t)
            | Self::Held(t, ..)
            | Self::Contains(t, _)
            | Self::Starts(t, _)
            | Self::Ends(t, _)
            | Self::Real(t)
            | Self::Text(t)
            | Self::Local(t, _)
            | Self::Seconds(t, _)
            | Self::Nth(t, None)
            | Self::Total(t)
            | Self::Matches(t, _)
            | Self::Lower(t)
            | Self::LowerAscii(t)
            | Self::Rounded(t, _)
            | Self::Hex(t)
            | Self::Cast(t, _) => vec![t],
            Self::Nth(t, Some(order)) => vec![t, order],
            Self::Compare(_, a, b)
            | Self::CompareText(_, a, b)
            | Self::Differ(_, a, b)
            | Self::Minus(a, b)
            | Self::Times(a, b) => vec![a, b],
            Self::If(a, b, c) => vec![a, b, c],
            Self::All(list) | Self::Any(list) | Self::Call(_, list) | Self::Lot(list, _) | Self::Hash(list) => {
                list.iter_mut().collect()
            }
        }
    }

    /// Whether it depends on what other rows there are, and so on when it is asked for.
    fn is_placed(&self) -> bool {
        matches!(self, Self::Nth(..) | Self::Total(_)) || self.clone().inner_mut().into_iter().any(|t| t.is_placed())
    }

    /// This term of columns that are made from others, as a term of those.
    pub fn of(mut self, made: &[(String, Self)]) -> Self {
        if let Self::Column(name) = &self
            && let Some((_, term)) = made.iter().find(|(n, _)| n == name)
        {
            return term.clone();
        }
        for inner in self.inner_mut() {
            *inner = std::mem::replace(inner, Self::Null).of(made);
        }
        self
    }
}

/// Values of which some engines have more than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Decimal numbers of 38 digits with so many after the point.
    Decimal(u8),
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
    /// The standard deviation of a sample (n − 1), as a floating-point number.
    Deviation(Term),
    /// The first value, in rising order, up to which one of these shares of the values lies: that at this place of the list.
    /// Those of one list are found together.
    Lowest(Term, Vec<f64>, usize),
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
    /// The rows with their numbers, from 0 in their order, in a column of this name at the end.
    Numbered(Box<Relation>, String),
    /// Each row once, missing being a value; in no order.
    Distinct(Box<Relation>),
    /// Of the rows that have the same in these terms, missing being a value, the one that comes first; any of them where
    /// the rows are in no order. A column at the end, called [`PLACE`], is 1.
    Firsts(Box<Relation>, Vec<Term>),
}

/// Whether these columns are the same whatever rows are left out, moved or cut.
fn each_by_itself(made: &[(String, Term)]) -> bool {
    !made.iter().any(|(_, term)| term.is_placed())
}

/// What [`Relation::Firsts`] calls its column.
pub const PLACE: &str = "mekiki_row";

impl Relation {
    /// The columns of these names.
    pub fn columns<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.select(names.into_iter().map(|n| (n.to_owned(), Term::column(n))).collect())
    }

    /// Columns made from each row.
    pub fn select(self, columns: Vec<(String, Term)>) -> Self {
        match self {
            Self::Select(from, made) if each_by_itself(&made) => {
                let columns = columns.into_iter().map(|(name, term)| (name, term.of(&made))).collect();
                Self::Select(from, columns)
            }
            from => Self::Select(Box::new(from), columns),
        }
    }

    /// The rows for which a condition is true.
    pub fn filter(self, condition: Term) -> Self {
        match self {
            // Columns are made last, so that rows keep their order, whatever of it can still be seen.
            Self::Select(from, made) if each_by_itself(&made) => {
                Self::Select(Box::new(from.filter(condition.of(&made))), made)
            }
            from => Self::Filter(Box::new(from), condition),
        }
    }

    /// The rows in order.
    pub fn sort(self, by: Vec<Order>) -> Self {
        match self {
            Self::Select(from, made) if each_by_itself(&made) => from.sort_made(made, by),
            from => Self::Sort(Box::new(from), by),
        }
    }

    /// The rows in the order of columns made from them.
    fn sort_made(self, made: Vec<(String, Term)>, by: Vec<Order>) -> Self {
        let plain = |order: &Order| match made.iter().find(|(name, _)| *name == order.column) {
            Some((_, Term::Column(column))) => Some(Order { column: column.clone(), ..order.clone() }),
            _ => None,
        };
        if let Some(by) = by.iter().map(plain).collect() {
            return Self::Select(Box::new(self.sort(by)), made);
        }
        // The keys are made first, beside the columns of the order there was.
        let names: Vec<String> = made.iter().map(|(name, _)| name.clone()).collect();
        let (mut keyed, mut orders) = (made, by);
        for order in self.order() {
            let key = format!("mekiki_k{}", keyed.len());
            keyed.push((key.clone(), Term::Column(order.column.clone())));
            orders.push(Order { column: key, ..order });
        }
        let from = match self {
            Self::Sort(from, _) => from,
            from => Box::new(from),
        };
        Self::Sort(Box::new(Self::Select(from, keyed)), orders).columns(names.iter().map(String::as_str))
    }

    /// The first `rows` rows after `skip`.
    pub fn limit(self, rows: u64, skip: u64) -> Self {
        match self {
            Self::Select(from, made) if each_by_itself(&made) => Self::Select(Box::new(from.limit(rows, skip)), made),
            from => Self::Limit(Box::new(from), rows, skip),
        }
    }

    /// The order the rows are in, as far as it can be told by columns they still have.
    pub fn order(&self) -> Vec<Order> {
        match self {
            Self::Table(_) | Self::Query(_) | Self::Group(..) | Self::Distinct(_) => Vec::new(),
            Self::Filter(from, _) | Self::Limit(from, ..) | Self::Numbered(from, _) | Self::Firsts(from, _) => {
                from.order()
            }
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

    /// The rows with their numbers, from 0 in their order, in a column at the end.
    pub fn numbered(self, name: &str) -> Self {
        match self {
            Self::Select(from, mut made) if each_by_itself(&made) => {
                made.push((name.to_owned(), Term::column(name)));
                Self::Select(Box::new(from.numbered(name)), made)
            }
            from => Self::Numbered(Box::new(from), name.to_owned()),
        }
    }

    /// One row for each group.
    pub fn group(self, by: Vec<String>, measures: Vec<(String, Aggregate)>) -> Self {
        Self::Group(Box::new(self), by, measures)
    }

    /// The table that has a column, and its name there, where each row of that table is one here and nothing was done to
    /// the column but to write it as text.
    pub fn source_of<'a>(&'a self, column: &'a str) -> Option<(&'a [String], &'a str)> {
        match self {
            Self::Table(parts) => Some((parts, column)),
            Self::Sort(from, _) => from.source_of(column),
            Self::Select(from, columns) => match columns.iter().find(|(name, _)| name == column)?.1 {
                Term::Column(ref column) => from.source_of(column),
                Term::Text(ref text) => match &**text {
                    Term::Column(column) => from.source_of(column),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the rows have been cut by number, so that the order in which they were cut decides which they are.
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Table(_) | Self::Query(_) => false,
            Self::Limit(..) => true,
            Self::Select(from, _) | Self::Filter(from, _) | Self::Sort(from, _) | Self::Numbered(from, _) => {
                from.is_cut()
            }
            Self::Group(from, ..) | Self::Distinct(from) | Self::Firsts(from, _) => from.is_cut(),
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
            Self::Table(_) | Self::Query(_) | Self::Firsts(..) | Self::Numbered(..) => None,
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
            | Self::Numbered(from, _)
            | Self::Firsts(from, _) => from.table(),
        }
    }
}
