//! Rows that are somewhere else, with an engine that can filter, sort and group them before anything is fetched.
//!
//! A source that has such an engine gives tables whose [`super::Table::place`] says so. Operations ask for it; whoever does
//! not gets the rows, window by window, as from any other table.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::control::Control;
use super::cost::Estimate;
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

    /// As [`Remote::open`], with only the columns of these names; None where the engine cannot leave columns out.
    fn narrow(&self, _relation: &Relation, _columns: &[&str], _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// The rows a relation gives, in memory; refuses when there are more than `most`. None where one of its values cannot be
    /// held here. For answers, not for tables.
    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>>;

    /// What reading a whole relation is expected to take; none where the engine does not say. Runs nothing. What takes
    /// more than is allowed asks for consent by itself wherever rows are read.
    fn estimate(&self, _relation: &Relation, _control: &Control) -> Result<Option<Estimate>> {
        Ok(None)
    }
}

/// Where rows are.
#[derive(Clone)]
pub struct Place {
    /// The engine that has them.
    pub remote: Arc<dyn Remote>,
    /// Which they are.
    pub relation: Relation,
}
