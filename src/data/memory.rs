//! A table that is already in memory: small files, results, anything computed.

use polars::prelude::{DataFrame, IdxCa, IdxSize};

use super::control::Control;
use super::frame::schema_of;
use super::scan::from_polars;
use super::table::{Part, RowCount, Table};
use crate::error::Result;
use crate::value::Schema;

/// Rows read by one worker in one go.
const PART: usize = 65_536;

/// A table held in memory.
#[derive(Clone)]
pub struct MemoryTable {
    frame: DataFrame,
    schema: Schema,
}

impl MemoryTable {
    /// Keeps `frame`.
    pub fn new(frame: DataFrame) -> Self {
        Self { schema: schema_of(&frame), frame }
    }

    fn columns(&self, columns: &[usize]) -> Result<DataFrame> {
        let chosen = columns.iter().filter_map(|i| self.frame.columns().get(*i).cloned()).collect();
        DataFrame::new(self.frame.height(), chosen).map_err(from_polars)
    }
}

impl Table for MemoryTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        RowCount::Exact(self.frame.height() as u64)
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let start = start.min(self.frame.height() as u64);
        Ok(self.columns(columns)?.slice(start as i64, len))
    }

    fn parts(&self, _control: &Control) -> Result<Vec<Part>> {
        let height = self.frame.height();
        Ok((0..height).step_by(PART).map(|s| Part { start: s as u64, len: PART.min(height - s) }).collect())
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        let picks = IdxCa::from_vec("".into(), rows.iter().map(|r| *r as IdxSize).collect());
        self.columns(columns)?.take(&picks).map_err(from_polars)
    }
}
