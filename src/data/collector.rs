//! Rows of a result as they are made: kept in memory while they are few, written to a temporary Parquet file once they are
//! many, so that memory stays within what was allowed. Knows nothing of what makes them.

use std::sync::Arc;

use polars::prelude::DataFrame;
use tempfile::{NamedTempFile, TempPath};

use super::dataset::Dataset;
use super::memory::MemoryTable;
use super::parquet::ParquetTable;
use super::parquet_file::ParquetFile;
use super::scan::from_polars;
use super::table::{Around, Table};
use crate::error::{Error, Result};

/// Bytes in a row group, where rows are long.
const GROUP_BYTES: usize = 64 << 20;

/// Takes rows and gives them back as a table.
pub struct Collector {
    empty: DataFrame,
    held: Option<DataFrame>,
    bytes: usize,
    most: usize,
    spill: Option<(NamedTempFile, ParquetFile)>,
    rows: u64,
}

impl Collector {
    /// A collector of rows with the columns of `empty`, which holds about `budget` bytes in memory at most.
    pub fn new(empty: &DataFrame, budget: u64) -> Self {
        // What is held is copied once when it is handed over.
        let most = usize::try_from(budget / 2).unwrap_or(usize::MAX).max(1 << 20);
        Self { empty: empty.slice(0, 0), held: None, bytes: 0, most, spill: None, rows: 0 }
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes rows, with the columns of the first in their order and types.
    pub fn push(&mut self, frame: DataFrame) -> Result<()> {
        if frame.height() == 0 {
            return Ok(());
        }
        self.rows += frame.height() as u64;
        if let Some((_, to)) = &mut self.spill {
            return to.push(frame);
        }
        self.bytes += frame.estimated_size();
        match &mut self.held {
            None => self.held = Some(frame),
            Some(held) => {
                held.vstack_mut(&frame).map_err(from_polars)?;
            }
        }
        if self.bytes > self.most { self.spill() } else { Ok(()) }
    }

    /// Goes on in a file.
    fn spill(&mut self) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let dir = std::env::temp_dir();
        let file = tempfile::Builder::new().prefix("mekiki-rows-").suffix(".parquet").tempfile_in(&dir);
        let file = file.map_err(|e| Error::io(&dir, e))?;
        let handle = file.reopen().map_err(|e| Error::io(file.path(), e))?;
        let mut to = ParquetFile::new(file.path(), handle).holding(GROUP_BYTES.min(self.most));
        to.begin(&held)?;
        to.push(held)?;
        self.spill = Some((file, to));
        Ok(())
    }

    /// The rows as a table. A temporary file lives as long as the table.
    pub fn finish(self) -> Result<Dataset> {
        let Some((file, to)) = self.spill else {
            let mut frame = self.held.unwrap_or(self.empty);
            frame.rechunk_mut_par();
            return Ok(Dataset::new(Arc::new(MemoryTable::new(frame))));
        };
        to.finish()?;
        let path = file.into_temp_path();
        let table = ParquetTable::open(vec![(path.to_path_buf(), Vec::new())], Vec::new())?;
        Ok(Dataset::new(Arc::new(Spilled { table, _keep: path })))
    }
}

/// Rows in a temporary file.
struct Spilled {
    table: ParquetTable,
    _keep: TempPath,
}

impl Around for Spilled {
    fn table(&self) -> &dyn Table {
        &self.table
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::Column as PlColumn;

    use super::*;
    use crate::data::RowCount;
    use crate::value::Cell;

    fn some(from: i64, n: i64) -> DataFrame {
        let a = PlColumn::new("a".into(), (from..from + n).collect::<Vec<_>>());
        let t = PlColumn::new("t".into(), (from..from + n).map(|i| format!("りんご {i}")).collect::<Vec<_>>());
        DataFrame::new(n as usize, vec![a, t]).unwrap()
    }

    #[test]
    fn few_rows_stay_in_memory_and_many_go_to_a_file_in_their_order() {
        let empty = some(0, 0);
        for (batches, spilled) in [(0, false), (3, false), (40, true)] {
            let mut collector = Collector::new(&empty, 2 << 20);
            for i in 0..batches {
                collector.push(some(i * 5_000, 5_000)).unwrap();
            }
            assert_eq!(collector.rows(), batches as u64 * 5_000);
            let data = collector.finish().unwrap();
            assert_eq!(data.table().parquet_files().is_some(), spilled);
            assert_eq!(data.schema().len(), 2);
            assert_eq!(data.row_count(), RowCount::Exact(batches as u64 * 5_000));
            if batches > 0 {
                let at = batches as u64 * 5_000 - 1;
                let frame = data.window(&[0, 1], at, 9).unwrap();
                assert_eq!(frame.height(), 1);
                assert_eq!(frame.cell(0, 0), Cell::Int(i128::from(at)));
                assert_eq!(frame.cell(0, 1), Cell::Text(format!("りんご {at}").into()));
            }
        }
    }

    #[test]
    fn the_file_goes_with_the_table() {
        let mut collector = Collector::new(&some(0, 0), 0);
        collector.push(some(0, 100_000)).unwrap();
        let data = collector.finish().unwrap();
        let path = data.table().parquet_files().unwrap()[0].clone();
        assert!(path.exists());
        drop(data);
        assert!(!path.exists());
    }
}
