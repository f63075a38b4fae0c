//! Questions put to the engine that has the rows, by operations that need a few numbers and no rows. Knows no operation and
//! writes no SQL.

use polars::prelude::{DataFrame, DataType, Series};

use super::condition;
use crate::data::{Control, Dataset, Place, from_polars};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Aggregate, Comparison, Constant, Relation, Term, text};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// Why a question has no answer.
pub enum Stop {
    /// It cannot be answered over there; the reason. The rows may still answer it here.
    Not(Msg),
    /// There is no answer anywhere.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Stop {
    /// The error it is where there is nobody else to ask.
    pub fn into_error(self) -> Error {
        match self {
            Self::Not(why) => Error::failed(why),
            Self::Error(error) => error,
        }
    }
}

/// An answer, or why there is none.
pub type Asked<T> = std::result::Result<T, Stop>;

/// Where an answer comes from.
pub enum Answered<T> {
    /// From the engine that has the rows.
    There(T),
    /// From these rows, to be read here; with a word on why the engine has none, where there is one to ask.
    Here(Dataset, Option<Msg>),
}

/// Asks the engine that has the rows of a dataset, where there is one. Where it finds that columns hold values which their
/// types here do not, it is asked again about the same rows with those columns as text: `ask` gets the rows in the reading
/// they then have.
pub fn answered<T>(
    dataset: &Dataset,
    control: &Control,
    mut ask: impl FnMut(&Dataset, &Place) -> Asked<T>,
) -> Result<Answered<T>> {
    let mut dataset = dataset.clone();
    loop {
        let Some(place) = dataset.place() else { return Ok(Answered::Here(dataset, None)) };
        let why = match ask(&dataset, &place) {
            Ok(answer) => return Ok(Answered::There(answer)),
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Not(why)) => why,
        };
        let other = if dataset.table().is_misread() { dataset.settled(control)? } else { None };
        match other {
            Some(other) => dataset = other,
            None => return Ok(Answered::Here(dataset, Some(stayed(&place, why)))),
        }
    }
}

/// That something cannot be done over there.
pub fn not<T>(why: &'static str) -> Asked<T> {
    Err(Stop::Not(Msg::new(why)))
}

/// Whoever asks.
pub struct Asking<'a> {
    place: &'a Place,
    control: &'a Control,
    /// How many statements the work had sent before.
    before: usize,
}

impl<'a> Asking<'a> {
    /// Asks the engine at `place`.
    pub fn new(place: &'a Place, control: &'a Control) -> Self {
        Self { place, control, before: control.sent().len() }
    }

    /// The rows asked about.
    pub fn rows(&self) -> Relation {
        self.place.relation.clone()
    }

    /// The rows of a relation: at most `most`, else it is refused.
    pub fn ask(&mut self, relation: &Relation, most: usize) -> Asked<Answer> {
        text::query(relation, self.place.remote.dialect()).map_err(Stop::Not)?;
        match self.place.remote.fetch(relation, most, self.control) {
            Ok(Some(frame)) => Ok(Answer(frame)),
            Ok(None) => not("push-no-odd"),
            // Whether the rows can be had, who reads them will find.
            Err(e) if e.kind == ErrorKind::Failed => Err(Stop::Not(e.message)),
            Err(e) => Err(Stop::Error(e)),
        }
    }

    /// The questions so far, in the engine's words, as they were sent.
    pub fn asked(self) -> Vec<String> {
        self.control.sent().split_off(self.before)
    }
}

/// A few rows.
#[derive(Clone)]
pub struct Answer(DataFrame);

impl Answer {
    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.0.height()
    }

    /// A column.
    pub fn series(&self, name: &str) -> Result<Series> {
        Ok(self.0.column(name).map_err(from_polars)?.as_materialized_series().clone())
    }

    /// A column as floating-point numbers; NaN where there is no value.
    pub fn reals(&self, name: &str) -> Result<Vec<f64>> {
        let reals = self.series(name)?.cast(&DataType::Float64).map_err(from_polars)?;
        Ok(reals.f64().map_err(from_polars)?.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
    }

    /// A column as whole numbers; none where there is no value.
    pub fn whole(&self, name: &str) -> Result<Vec<Option<i64>>> {
        let whole = self.series(name)?.cast(&DataType::Int64).map_err(from_polars)?;
        Ok(whole.i64().map_err(from_polars)?.iter().collect())
    }

    /// A column of counts; 0 where there is no value.
    pub fn counts(&self, name: &str) -> Result<Vec<u64>> {
        let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        Ok(self.whole(name)?.into_iter().map(count).collect())
    }
}

/// A whole number.
pub fn int(n: impl Into<i128>) -> Term {
    Term::Constant(Constant::Int(n.into()))
}

/// A finite floating-point number.
pub fn real(x: f64) -> Term {
    Term::Real(Box::new(Term::Constant(Constant::Float(x))))
}

/// One value where a condition is true, else another.
pub fn either(condition: Term, yes: Term, no: Term) -> Term {
    Term::If(Box::new(condition), Box::new(yes), Box::new(no))
}

/// Two values compared.
pub fn compare(op: Comparison, a: Term, b: Term) -> Term {
    Term::Compare(op, Box::new(a), Box::new(b))
}

/// Whether a value is missing.
pub fn missing(term: Term) -> Term {
    Term::Missing(Box::new(term))
}

/// A value that is missing where a condition is true.
pub fn unless(condition: Term, term: Term) -> Term {
    either(condition, Term::Null, term)
}

/// One value minus another.
pub fn minus(a: Term, b: Term) -> Term {
    Term::Minus(Box::new(a), Box::new(b))
}

/// Two values multiplied.
pub fn times(a: Term, b: Term) -> Term {
    Term::Times(Box::new(a), Box::new(b))
}

/// A column of this kind. What comes upon a value of it that this program has not is given up (see [`answered`]).
pub fn held(name: &str, kind: &Kind) -> Term {
    let column = Term::column(name);
    match condition::range(kind) {
        Some(range) => Term::Held(Box::new(column), name.to_owned(), range),
        None => column,
    }
}

/// How many values of each of these columns there are, asked so that a value which this program has not is come upon, in
/// whichever row.
pub fn present<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Vec<(String, Aggregate)> {
    let narrow = columns.into_iter().filter(|c| condition::range(&c.kind).is_some());
    let each = narrow.enumerate().map(|(i, c)| (format!("mekiki_h{i}"), Aggregate::Present(held(&c.name, &c.kind))));
    each.collect()
}

/// A column as a floating-point number, NaN and infinite ones as they are; none for kinds that are no numbers.
pub fn number(name: &str, kind: &Kind) -> Option<Term> {
    match kind {
        Kind::Integer | Kind::Float | Kind::Decimal(_) => Some(Term::Real(Box::new(held(name, kind)))),
        Kind::Boolean => Some(Term::Real(Box::new(Term::column(name).as_number()))),
        _ => None,
    }
}

/// Whether a floating-point number is NaN or infinite.
pub fn odd(term: Term) -> Term {
    // Infinite values less themselves are NaN as well.
    Term::NotANumber(Box::new(minus(term.clone(), term)))
}

/// A dataset with only some of its columns, for who reads all of its rows. The places of columns change, their names do
/// not; a column whose kind does not hold every value comes as text.
pub fn narrowed(dataset: &Dataset, names: &[&str], control: &Control) -> Result<Dataset> {
    let Some(place) = dataset.place() else { return Ok(dataset.clone()) };
    let table = place.remote.narrow(&place.relation, names, control)?;
    table.map_or_else(|| dataset.clone(), Dataset::new).whole(control)
}

const WENT: &str = "note-pushed";
const STAYED: &str = "push-not";

/// The word that something was done here after all, and why.
pub fn stayed(place: &Place, why: Msg) -> Msg {
    Msg::new(STAYED).with("place", place.remote.name()).with("why", why)
}

/// The word that something was done over there.
pub fn went(place: &Place) -> Msg {
    Msg::new(WENT).with("place", place.remote.name()).with("engine", place.remote.dialect().name())
}

/// Where something was worked out, in two or three words, by the last note that says so. None where it could only be here.
pub fn whereabouts(notes: &[Msg]) -> Option<Msg> {
    let note = notes.iter().rev().find(|note| [WENT, STAYED].contains(&note.id))?;
    Some(note.clone().renamed(if note.id == WENT { "fact-done-there" } else { "fact-done-here" }))
}
