//! The one thing every kind of storage must be able to do: give some columns of some rows.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::DataFrame;

use super::control::Control;
use super::remote::Place;
use super::stretch::Stretch;
use crate::error::Result;
use crate::text::Msg;
use crate::value::Schema;

/// The fact that rows stay where they are, which is none once they were brought here.
pub const STAYS: &str = "fact-there";

/// How many rows there are, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCount {
    /// So many.
    Exact(u64),
    /// At least so many; the end has not been seen.
    AtLeast(u64),
}

impl RowCount {
    /// The rows known to be there.
    pub fn known(self) -> u64 {
        match self {
            Self::Exact(n) | Self::AtLeast(n) => n,
        }
    }

    /// Whether the end has been seen.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

/// Rows that are cheap to read in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of the first row.
    pub start: u64,
    /// How many rows.
    pub len: usize,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More, please.
    Continue,
    /// Enough.
    Stop,
}

/// A table in storage. Reading must not change it, may be done from several threads at once, and must cost memory for
/// the rows asked for only, never for the table.
pub trait Table: Send + Sync {
    /// The columns. Fixed for the life of the table.
    fn schema(&self) -> &Schema;

    /// The number of rows, as far as is known without work.
    fn rows(&self) -> RowCount;

    /// Counts the rows, by finding the end where that is not known.
    fn count(&self, control: &Control) -> Result<u64> {
        if !matches!(self.rows(), RowCount::Exact(_)) {
            self.parts(control)?;
        }
        Ok(self.rows().known())
    }

    /// Reads `len` rows from row `start` on (fewer at the end, none beyond it), with the columns at these places of the
    /// schema, in the order asked for. Single-threaded, so that callers can run several.
    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame>;

    /// Whether a row can be read without waiting for somebody else.
    fn is_at_hand(&self, _row: u64) -> bool {
        true
    }

    /// Has readers that wait for somebody else give up. Rows can be read again afterwards.
    fn give_up(&self) {}

    /// As [`Table::read`], each column in the form that costs the least to give.
    fn stretches(&self, columns: &[usize], start: u64, len: usize) -> Result<Vec<Stretch>> {
        Ok(self.read(columns, start, len)?.into_columns().into_iter().map(Stretch::from).collect())
    }

    /// Divides the table into parts for a pass over all rows, in order. May itself need a pass to find the end (then
    /// [`Table::rows`] is exact afterwards).
    fn parts(&self, control: &Control) -> Result<Vec<Part>>;

    /// What was found out about the table while reading it that a person should know (a ragged line, a value that did
    /// not fit). May grow while the table is read.
    fn notices(&self) -> Vec<Msg> {
        Vec::new()
    }

    /// As [`Table::notices`], without what is about columns at other places than these alone, as far as that is known.
    fn notices_about(&self, _columns: &[usize]) -> Vec<Msg> {
        self.notices()
    }

    /// Short facts for the title line that were found out while reading.
    fn facts(&self) -> Vec<Msg> {
        Vec::new()
    }

    /// Reads the table to its end where that is needed to know it fully, and gives another reading of the same data if
    /// this one turned out not to fit (text among numbers, a changed encoding). None if this one is right.
    fn settle(&self, _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// As [`Table::settle`], for somebody who is about to read every row: where they are somewhere else they are brought here
    /// first, and what they turned out to be is known.
    fn settle_whole(&self, _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// Whether what has been read by now did not fit, so that [`Table::settle`] gives another reading.
    fn is_misread(&self) -> bool {
        false
    }

    /// Where the rows really are, if they are with an engine that can do more with them than give them.
    fn place(&self) -> Option<Place> {
        None
    }

    /// Brings every row here, where they are somewhere else: the table that has them then. None where they are here.
    fn landed(&self, _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// How many parts of what was asked for are not in the table, because they could not be had.
    fn missing(&self) -> usize {
        0
    }

    /// Asks once more for what could not be had: the table with what came. None if nothing came; the notices say then what
    /// went wrong this time.
    fn completed(&self, _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(None)
    }

    /// What tells this reading from others under the same locator, as its source calls it.
    fn reading(&self) -> Option<String> {
        None
    }

    /// The files, where the table is nothing but Parquet files one after the other, so that an engine may read them itself.
    fn parquet_files(&self) -> Option<Vec<PathBuf>> {
        None
    }

    /// Reads single rows, in the order given.
    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        super::scan::gather_by_runs(self.schema(), columns, rows, |start, len| self.read(columns, start, len))
    }
}

/// A table that is another one, with something known about it or held for it: what it does not say itself the other says.
pub trait Around: Send + Sync {
    /// The other.
    fn table(&self) -> &dyn Table;

    /// As [`Table::notices`].
    fn notices(&self) -> Vec<Msg> {
        self.table().notices()
    }

    /// As [`Table::facts`].
    fn facts(&self) -> Vec<Msg> {
        self.table().facts()
    }

    /// As [`Table::reading`].
    fn reading(&self) -> Option<String> {
        self.table().reading()
    }

    /// As [`Table::settle`].
    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        self.table().settle(control)
    }

    /// As [`Table::missing`].
    fn missing(&self) -> usize {
        self.table().missing()
    }

    /// As [`Table::completed`].
    fn completed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        self.table().completed(control)
    }

    /// As [`Table::parquet_files`]; none where the files are given up with this table while an engine may still read them.
    fn parquet_files(&self) -> Option<Vec<PathBuf>> {
        self.table().parquet_files()
    }
}

impl<T: Around> Table for T {
    fn schema(&self) -> &Schema {
        self.table().schema()
    }

    fn rows(&self) -> RowCount {
        self.table().rows()
    }

    fn count(&self, control: &Control) -> Result<u64> {
        self.table().count(control)
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        self.table().read(columns, start, len)
    }

    fn stretches(&self, columns: &[usize], start: u64, len: usize) -> Result<Vec<Stretch>> {
        self.table().stretches(columns, start, len)
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.table().parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        Around::notices(self)
    }

    fn facts(&self) -> Vec<Msg> {
        Around::facts(self)
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Around::settle(self, control)
    }

    fn settle_whole(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        self.table().settle_whole(control)
    }

    fn is_misread(&self) -> bool {
        self.table().is_misread()
    }

    fn missing(&self) -> usize {
        Around::missing(self)
    }

    fn completed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Around::completed(self, control)
    }

    fn place(&self) -> Option<Place> {
        self.table().place()
    }

    fn reading(&self) -> Option<String> {
        Around::reading(self)
    }

    fn parquet_files(&self) -> Option<Vec<PathBuf>> {
        Around::parquet_files(self)
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        self.table().gather(columns, rows)
    }
}
