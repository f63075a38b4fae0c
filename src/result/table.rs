//! A small table as the answer of an operation: titled, with headings in words. Any front end and writer can show it.

use crate::text::Msg;
use crate::value::{Cell, Column};

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    /// Name and kind for machines; the name is stable and the same in every language. Cells of a column of kind
    /// [`Kind::Text`](crate::value::Kind::Text) may be of any kind.
    pub column: Column,
    /// The heading for people.
    pub heading: Msg,
}

/// A result in rows and columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultTable {
    /// What the table shows.
    pub title: Msg,
    /// Its columns.
    pub columns: Vec<ResultColumn>,
    /// Its rows; each has a cell for each column.
    pub rows: Vec<Vec<Cell<'static>>>,
    /// What to know when reading it: what is estimated, sampled, left out.
    pub notes: Vec<Msg>,
}
