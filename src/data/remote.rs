//! Rows that are somewhere else, with an engine that can filter, sort and group them before anything is fetched.
//!
//! A source that has such an engine gives tables whose [`super::Table::place`] says so. Operations ask for it; whoever does
//! not gets the rows, window by window, as from any other table.

use std::sync::Arc;

use polars::prelude::{DataFrame, DataType};

use super::control::Control;
use super::cost::Estimate;
use super::table::Table;
use crate::error::{Error, Result};
use crate::sql::{Dialect, Relation};

/// An engine that answers queries.
pub trait Remote: Send + Sync {
    /// The connection's name, for titles and notes.
    fn name(&self) -> &str;

    /// What it speaks.
    fn dialect(&self) -> Dialect;

    /// A table of other rows with the same columns as those of the table that named this engine, read as it is looked at.
    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>>;

    /// As [`Remote::open`], with only the columns of these names; None where the engine cannot leave columns out.
    fn narrow(&self, _relation: &Relation, _columns: &[&str], _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// This engine, whose tables have these columns from now on, by their names; None where it has no such tables.
    fn with_columns(&self, _columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        None
    }

    /// Whether two questions may be put to the engine at the same time.
    fn answers_side_by_side(&self) -> bool {
        false
    }

    /// Whether rows further down can be fetched without bringing all of them here.
    fn gives_windows(&self) -> bool {
        true
    }

    /// Tells that columns of the table that named this engine have values which their types here do not hold, so that
    /// [`Table::settle`] gives another reading. An engine finds by itself what its statements stop at (see [`Misfit`]).
    fn misfits(&self, _columns: &[&str]) {}

    /// The first rows of a relation, in the order in which its table gives them. As [`Remote::fetch`] else.
    fn first(&self, relation: &Relation, rows: usize, control: &Control) -> Result<Option<DataFrame>> {
        self.fetch(&relation.clone().limit(rows as u64, 0), rows, control)
    }

    /// What the engine says of a column of a relation without looking at its values; None where it says nothing.
    fn about(&self, _relation: &Relation, _column: &str, _control: &Control) -> Result<Option<About>> {
        Ok(None)
    }

    /// The rows a relation gives, in memory; refuses when there are more than `most`. None where one of its values cannot be
    /// held here, or one that it was made of: then the table is misread (see [`Table::is_misread`]). For answers, not for
    /// tables.
    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>>;

    /// What reading a whole relation is expected to take; none where the engine does not say. Runs nothing. What takes
    /// more than is allowed asks for consent by itself wherever rows are read.
    fn estimate(&self, _relation: &Relation, _control: &Control) -> Result<Option<Estimate>> {
        Ok(None)
    }
}

/// What stands behind the error of a statement that came upon a value which the type of its column here does not hold: the
/// column's name.
#[derive(Debug)]
pub struct Misfit(pub String);

impl Misfit {
    /// The column whose value an error is about, if it is about one.
    pub fn of(error: &Error) -> Option<&str> {
        Some(error.source.as_ref()?.downcast_ref::<Self>()?.0.as_str())
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misfit {}

/// Where a column of a relation comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The column at this place of the table that named the engine, whatever it is called now.
    Kept(usize),
    /// A value computed over there, of this type.
    Made(DataType),
}

/// What an engine says of a column without looking at its values.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// Its type, in the engine's words.
    pub type_name: String,
    /// What somebody wrote about it; empty if nobody did.
    pub comment: String,
    /// What is remembered of its values from when they were last looked at; none where nobody did.
    pub known: Option<Known>,
}

/// What an engine remembers of the values of a column: an estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Rows there were.
    pub rows: Option<u64>,
    /// The share of rows without a value, 0 to 1.
    pub missing: f64,
    /// Different values.
    pub distinct: Option<u64>,
    /// Common values as the engine writes them, each with its share of the rows, commonest first.
    pub common: Vec<(String, f64)>,
    /// When it looked, as it writes that.
    pub when: Option<String>,
}

/// Where rows are.
#[derive(Clone)]
pub struct Place {
    /// The engine that has them.
    pub remote: Arc<dyn Remote>,
    /// Which they are.
    pub relation: Relation,
}
