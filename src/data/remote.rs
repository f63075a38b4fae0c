//! Rows that are somewhere else, with an engine that can filter, sort and group them before anything is fetched.
//!
//! A source that has such an engine gives tables whose [`super::Table::place`] says so. Operations ask for it; whoever does
//! not gets the rows, window by window, as from any other table.

use std::sync::Arc;

use polars::prelude::{DataFrame, DataType};

use super::control::Control;
use super::table::Table;
use crate::error::Result;
use crate::sql::{Dialect, Relation};

/// An engine that answers queries.
pub trait Remote: Send + Sync {
    /// The connection's name, for titles and notes.
    fn name(&self) -> &str;

    /// What it speaks.
    fn dialect(&self) -> Dialect;

    /// A table of other rows with the same columns as those of the table that named this engine, read as it is looked at.
    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>>;

    /// This engine, whose tables have these columns from now on, by their names; None where it has no such tables.
    fn with_columns(&self, _columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        None
    }

    /// What reading a whole relation is expected to take; none where the engine does not say. Runs nothing.
    fn estimate(&self, _relation: &Relation, _control: &Control) -> Result<Option<Estimate>> {
        Ok(None)
    }

    /// The rows a relation gives, in memory; refuses when there are more than `most`. None where one of its values cannot be
    /// held here. For answers, not for tables.
    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>>;
}

/// What an engine expects of a query, by its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Rows of the answer.
    pub rows: Option<u64>,
    /// Bytes of the answer.
    pub bytes: Option<u64>,
    /// What the whole takes, in the engine's own unit.
    pub cost: Option<f64>,
}

/// Where a column of a relation comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The column at this place of the table that named the engine, whatever it is called now.
    Kept(usize),
    /// A value computed over there, of this type.
    Made(DataType),
}

/// Where rows are.
#[derive(Clone)]
pub struct Place {
    /// The engine that has them.
    pub remote: Arc<dyn Remote>,
    /// Which they are.
    pub relation: Relation,
}
