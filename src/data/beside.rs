//! A table with more columns set beside it, row for row: for values that were computed over all rows at once and are kept
//! in memory. Row numbers stay what they were.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::control::Control;
use super::memory::MemoryTable;
use super::scan::from_polars;
use super::table::{Part, RowCount, Table};
use crate::error::Result;
use crate::text::Msg;
use crate::value::Schema;

/// The columns of one table, followed by those of rows in memory.
pub struct BesideTable {
    base: Arc<dyn Table>,
    beside: MemoryTable,
    schema: Schema,
}

impl BesideTable {
    /// Sets `beside`, which has as many rows as the table, to its right. Names must differ.
    pub fn new(base: Arc<dyn Table>, beside: DataFrame) -> Self {
        let beside = MemoryTable::new(beside);
        let columns = base.schema().columns().iter().chain(beside.schema().columns()).cloned().collect();
        Self { schema: Schema::new(columns), base, beside }
    }

    /// Reads each column where it is, and puts them in the order asked for.
    fn both(&self, columns: &[usize], read: impl Fn(&dyn Table, &[usize]) -> Result<DataFrame>) -> Result<DataFrame> {
        let width = self.base.schema().len();
        let (left, right): (Vec<usize>, Vec<usize>) = columns.iter().copied().partition(|c| *c < width);
        let inner: Vec<usize> = right.iter().map(|c| c - width).collect();
        if left.is_empty() {
            return read(&self.beside, &inner);
        }
        let base = read(self.base.as_ref(), &left)?;
        if right.is_empty() {
            return Ok(base);
        }
        let beside = read(&self.beside, &inner)?;
        let (mut b, mut r) = (base.columns().iter(), beside.columns().iter());
        let merged = columns.iter().filter_map(|c| if *c < width { b.next() } else { r.next() }).cloned().collect();
        DataFrame::new(base.height(), merged).map_err(from_polars)
    }
}

impl Table for BesideTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        self.base.rows()
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        self.both(columns, |table, places| table.read(places, start, len))
    }

    fn is_at_hand(&self, row: u64) -> bool {
        self.base.is_at_hand(row)
    }

    fn give_up(&self) {
        self.base.give_up();
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.base.parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        self.base.notices()
    }

    fn notices_about(&self, columns: &[usize]) -> Vec<Msg> {
        self.base.notices_about(columns)
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        self.both(columns, |table, places| table.gather(places, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use polars::prelude::Column as PlColumn;

    #[test]
    fn columns_come_from_either_side_in_any_order() {
        let base = DataFrame::new(
            3,
            vec![PlColumn::new("a".into(), [1i64, 2, 3]), PlColumn::new("b".into(), ["x", "y", "z"])],
        )
        .unwrap();
        let beside = DataFrame::new(3, vec![PlColumn::new("s".into(), [10i64, 20, 30])]).unwrap();
        let table = BesideTable::new(Dataset::from_frame(base).table().clone(), beside);
        let names = |f: &DataFrame| f.get_column_names().iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let read = table.read(&[2, 0], 1, 5).unwrap();
        assert_eq!(names(&read), ["s", "a"]);
        assert_eq!(read.columns()[0].i64().unwrap().to_vec(), [Some(20), Some(30)]);
        let picked = table.gather(&[1, 2], &[2, 0]).unwrap();
        assert_eq!(picked.columns()[1].i64().unwrap().to_vec(), [Some(30), Some(10)]);
        assert_eq!(names(&table.read(&[2], 0, 1).unwrap()), ["s"]);
        assert_eq!(names(&table.read(&[1], 0, 1).unwrap()), ["b"]);
    }
}
