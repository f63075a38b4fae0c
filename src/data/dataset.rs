//! The handle every operation takes and gives: a table, the rows in view and their order, the columns in view.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::control::Control;
use super::frame::Frame;
use super::rows::{Picked, Rows};
use super::scan::{self, from_polars};
use super::stretch::Stretch;
use super::table::{Flow, Part, RowCount, Table};
use crate::error::Result;
use crate::value::Schema;

/// A table that is not loaded, seen through a choice of rows and columns. Cheap to clone.
#[derive(Clone)]
pub struct Dataset {
    table: Arc<dyn Table>,
    /// Places in the table's schema of the columns in view.
    columns: Arc<Vec<usize>>,
    schema: Arc<Schema>,
    rows: Rows,
}

impl Dataset {
    /// All rows and columns of a table.
    pub fn new(table: Arc<dyn Table>) -> Self {
        let columns = (0..table.schema().len()).collect();
        let schema = Arc::new(table.schema().clone());
        Self { table, columns: Arc::new(columns), schema, rows: Rows::All }
    }

    /// All rows of a frame in memory.
    pub fn from_frame(frame: DataFrame) -> Self {
        Self::new(Arc::new(super::memory::MemoryTable::new(frame)))
    }

    /// The columns in view.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Places, in the table's schema, of the columns in view.
    pub fn places(&self) -> &[usize] {
        &self.columns
    }

    /// The table underneath.
    pub fn table(&self) -> &Arc<dyn Table> {
        &self.table
    }

    /// The rows in view, in terms of the table.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The number of rows in view, as far as is known without work.
    pub fn row_count(&self) -> RowCount {
        match &self.rows {
            Rows::All => self.table.rows(),
            Rows::Picked(p) if p.is_complete() => RowCount::Exact(p.len()),
            Rows::Picked(p) => RowCount::AtLeast(p.len()),
            Rows::Ordered(o) => RowCount::Exact(o.len() as u64),
        }
    }

    /// The same columns with other rows.
    pub fn with_rows(&self, rows: Rows) -> Self {
        Self { rows, ..self.clone() }
    }

    /// The same rows of another table, all of whose columns are in view. Its row numbers must be those of the table
    /// underneath.
    pub fn with_table(&self, table: Arc<dyn Table>) -> Self {
        Self { rows: self.rows.clone(), ..Self::new(table) }
    }

    /// All rows of another table that has the same columns, with those in view that are now.
    pub fn over(&self, table: Arc<dyn Table>) -> Self {
        Self { table, rows: Rows::All, ..self.clone() }
    }

    /// The same rows for somebody who reads every one of them: those that are somewhere else are brought here, and columns
    /// whose kind turns out not to hold every value come as text.
    pub fn whole(&self, control: &Control) -> Result<Self> {
        if self.place().is_none() {
            return Ok(self.clone());
        }
        Ok(self.table.settle_whole(control)?.map_or_else(|| self.clone(), |table| self.reread(table)))
    }

    /// As [`Dataset::whole`], for somebody who reads so many rows from the first on.
    pub fn beginning(&self, rows: u64, control: &Control) -> Result<Self> {
        /// Rows up to which they are fetched as windows are, which does not cost the engine the rest.
        const NEAR: u64 = 10_000;
        let Some(place) = self.place().filter(|p| p.remote.gives_windows()) else { return self.whole(control) };
        if rows > NEAR {
            let table = place.remote.open(&place.relation.limit(rows, 0), control)?;
            return self.over(table).whole(control);
        }
        self.window(&[], 0, rows as usize)?;
        Ok(self.settled(control)?.unwrap_or_else(|| self.clone()))
    }

    /// The same rows in the reading of the table that holds every value seen by now; none if this one does. See
    /// [`Table::settle`].
    pub fn settled(&self, control: &Control) -> Result<Option<Self>> {
        Ok(self.table.settle(control)?.map(|table| self.reread(table)))
    }

    /// The same columns of the same rows in another reading of the table.
    fn reread(&self, table: Arc<dyn Table>) -> Self {
        Self { rows: self.rows.clone(), ..Self::new(table) }.with_columns(&self.columns)
    }

    /// Where the rows are, if all rows of a table somewhere else are in view.
    pub fn place(&self) -> Option<super::remote::Place> {
        match self.rows {
            Rows::All => self.table.place(),
            _ => None,
        }
    }

    /// The same rows with only the columns at these places of this dataset's schema, in this order.
    pub fn with_columns(&self, places: &[usize]) -> Self {
        let columns: Vec<usize> = places.iter().filter_map(|p| self.columns.get(*p).copied()).collect();
        let schema = Schema::new(columns.iter().map(|c| self.table.schema().columns()[*c].clone()).collect());
        Self { columns: Arc::new(columns), schema: Arc::new(schema), ..self.clone() }
    }

    /// The same rows with every column of the table in view again.
    pub fn with_all_columns(&self) -> Self {
        Self { rows: self.rows.clone(), ..Self::new(self.table.clone()) }
    }

    /// The table's number of the row shown at place `n`.
    pub fn table_row(&self, n: u64) -> Option<u64> {
        match &self.rows {
            Rows::All => Some(n),
            Rows::Picked(p) => p.row(n),
            Rows::Ordered(o) => o.get(usize::try_from(n).ok()?).map(|r| u64::from(*r)),
        }
    }

    /// The place at which the table's row `row` is shown, or the place after which it would stand.
    pub fn place_of(&self, row: u64) -> u64 {
        match &self.rows {
            Rows::All => row,
            Rows::Picked(p) => p.rank(row),
            Rows::Ordered(o) => o.iter().position(|r| u64::from(*r) == row).unwrap_or(0) as u64,
        }
    }

    pub(super) fn table_columns(&self, places: &[usize]) -> Vec<usize> {
        places.iter().filter_map(|p| self.columns.get(*p).copied()).collect()
    }

    /// Reads `len` rows from place `start` on, with the columns at these places; fewer rows at the end.
    pub fn window(&self, places: &[usize], start: u64, len: usize) -> Result<Frame> {
        let columns = self.table_columns(places);
        let frame = match &self.rows {
            Rows::All => self.table.read(&columns, start, len)?,
            _ => {
                let rows: Vec<u64> = (start..start + len as u64).map_while(|n| self.table_row(n)).collect();
                self.table.gather(&columns, &rows)?
            }
        };
        Ok(Frame::new(frame))
    }

    /// Counts the rows in view, by a pass over the table where its end is not known.
    pub fn count(&self, control: &Control) -> Result<u64> {
        match self.row_count() {
            RowCount::Exact(n) => Ok(n),
            RowCount::AtLeast(_) => {
                match self.rows {
                    Rows::All => self.table.count(control)?,
                    _ => self.table.parts(control).map(|_| 0)?,
                };
                Ok(self.row_count().known())
            }
        }
    }

    /// The parts of the table that hold rows in view, in the table's order, and the rows they hold; sets the total of
    /// the control.
    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        let mut parts = self.table.parts(control)?;
        if let Rows::Picked(p) = &self.rows {
            parts.retain(|part| p.any(part.start, part.len));
        }
        control.restart(parts.iter().map(|p| p.len as u64).sum());
        Ok(parts)
    }

    /// A pass over the rows in view **in the table's order**, whatever order they are shown in, on all cores. `work` gets
    /// the rows of one part; `sink` gets its results one after the other.
    pub fn scan<T: Send>(
        &self,
        places: &[usize],
        control: &Control,
        work: impl Fn(DataFrame) -> Result<T> + Sync,
        mut sink: impl FnMut(T) -> Result<Flow>,
    ) -> Result<()> {
        let (parts, narrow) = self.prepared(control)?;
        scan::scan(
            self.table.as_ref(),
            &self.table_columns(places),
            &parts,
            control,
            |start, frame| work(narrow(start, frame)?),
            |_, item| sink(item),
        )
    }

    /// As [`Dataset::scan`], each column in the form that costs the least to give.
    pub fn scan_stretches<T: Send>(
        &self,
        places: &[usize],
        control: &Control,
        work: impl Fn(Vec<Stretch>) -> Result<T> + Sync,
        mut sink: impl FnMut(T) -> Result<Flow>,
    ) -> Result<()> {
        let (parts, chosen) = self.chosen(control)?;
        let columns = self.table_columns(places);
        let one = |part: Part| {
            let stretches = self.table.stretches(&columns, part.start, part.len)?;
            let Some(picked) = &chosen else { return work(stretches) };
            let mask = picked.mask(part.start, stretches.first().map_or(part.len, Stretch::height));
            work(stretches.iter().map(|s| s.filter(&mask)).collect::<Result<_>>()?)
        };
        scan::scan_parts(&parts, control, one, |_, item| sink(item))
    }

    /// As [`Dataset::scan`], with one state for each thread: for sums whose order does not matter.
    pub fn scan_fold<S: Send>(
        &self,
        places: &[usize],
        control: &Control,
        init: impl Fn() -> S + Sync,
        fold: impl Fn(&mut S, DataFrame) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        let (parts, narrow) = self.prepared(control)?;
        scan::scan_fold(
            self.table.as_ref(),
            &self.table_columns(places),
            &parts,
            control,
            init,
            |state, start, frame| fold(state, narrow(start, frame)?),
        )
    }

    /// The parts that hold rows in view, and which rows of them those are; none where all are.
    fn chosen(&self, control: &Control) -> Result<(Vec<Part>, Option<Arc<Picked>>)> {
        let chosen = match &self.rows {
            Rows::All => None,
            Rows::Picked(p) => Some(p.clone()),
            // Order does not matter to the caller, membership does.
            Rows::Ordered(order) => match self.table.rows() {
                RowCount::Exact(n) if n == order.len() as u64 => None,
                _ => Some(Arc::new(picked_of(order))),
            },
        };
        let mut parts = self.parts(control)?;
        if let Some(p) = &chosen {
            parts.retain(|part| p.any(part.start, part.len));
            control.restart(parts.iter().map(|p| p.len as u64).sum());
        }
        Ok((parts, chosen))
    }

    fn prepared(&self, control: &Control) -> Result<(Vec<Part>, impl Fn(u64, DataFrame) -> Result<DataFrame> + Sync)> {
        let (parts, chosen) = self.chosen(control)?;
        let narrow = move |start: u64, frame: DataFrame| match &chosen {
            None => Ok(frame),
            Some(p) => {
                let mask = p.mask(start, frame.height());
                frame.filter_seq(&mask).map_err(from_polars)
            }
        };
        Ok((parts, narrow))
    }

    /// Hands over the rows in view in the order they are shown, a stretch at a time, in bounded memory: at most about
    /// `budget` bytes for rows that have to be brought into order.
    pub fn stream(
        &self,
        places: &[usize],
        budget: u64,
        control: &Control,
        mut sink: impl FnMut(DataFrame) -> Result<Flow>,
    ) -> Result<()> {
        let Rows::Ordered(order) = &self.rows else {
            return self.scan(places, control, Ok, sink);
        };
        let columns = self.table_columns(places);
        let parts = self.table.parts(control)?;
        let batch = self.rows_within(budget, &columns)?;
        let passes = order.len().div_ceil(batch).max(1) as u64;
        control.restart(passes * parts.iter().map(|p| p.len as u64).sum::<u64>());
        for wanted in order.chunks(batch) {
            match self.ordered_batch(&columns, &parts, wanted, control, &mut sink)? {
                Flow::Continue => {}
                Flow::Stop => return Ok(()),
            }
        }
        Ok(())
    }

    /// One pass that picks the rows of a batch and puts them in order.
    fn ordered_batch(
        &self,
        columns: &[usize],
        parts: &[Part],
        wanted: &[u32],
        control: &Control,
        sink: &mut impl FnMut(DataFrame) -> Result<Flow>,
    ) -> Result<Flow> {
        use polars::prelude::{IdxCa, IdxSize};
        const PIECE: usize = 65_536;
        let mut sorted: Vec<(u32, u32)> = wanted.iter().enumerate().map(|(i, r)| (*r, i as u32)).collect();
        sorted.sort_unstable();
        let mut place = vec![0 as IdxSize; wanted.len()];
        for (k, (_, original)) in sorted.iter().enumerate() {
            place[*original as usize] = k as IdxSize;
        }
        let range = |part: &Part| {
            let from = sorted.partition_point(|(r, _)| u64::from(*r) < part.start);
            let to = sorted.partition_point(|(r, _)| u64::from(*r) < part.start + part.len as u64);
            from..to
        };
        let needed: Vec<Part> = parts.iter().filter(|p| !range(p).is_empty()).copied().collect();
        let mut all: Option<DataFrame> = None;
        scan::scan(
            self.table.as_ref(),
            columns,
            &needed,
            control,
            |start, frame| {
                let part = Part { start, len: frame.height() };
                let picks = sorted[range(&part)].iter().map(|(r, _)| (u64::from(*r) - start) as IdxSize).collect();
                frame.take(&IdxCa::from_vec("".into(), picks)).map_err(from_polars)
            },
            |_, frame| {
                match &mut all {
                    None => all = Some(frame),
                    Some(a) => {
                        a.vstack_mut(&frame).map_err(from_polars)?;
                    }
                }
                Ok(Flow::Continue)
            },
        )?;
        let Some(mut all) = all else { return Ok(Flow::Continue) };
        all.align_chunks_par();
        for piece in place.chunks(PIECE) {
            let ordered = all.take(&IdxCa::from_vec("".into(), piece.to_vec())).map_err(from_polars)?;
            if sink(ordered)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// Bytes a row takes in memory with the columns at these places, judged by the first rows of the table.
    pub fn row_bytes(&self, places: &[usize]) -> Result<u64> {
        self.bytes_of(&self.table_columns(places))
    }

    fn bytes_of(&self, columns: &[usize]) -> Result<u64> {
        const SAMPLE: usize = 1024;
        let sample = self.table.read(columns, 0, SAMPLE)?;
        Ok((sample.estimated_size() as u64 / sample.height().max(1) as u64).max(16))
    }

    /// How many rows fit into `budget` bytes.
    fn rows_within(&self, budget: u64, columns: &[usize]) -> Result<usize> {
        let per_row = self.bytes_of(columns)?;
        // A batch is held twice while it is put in order.
        Ok(usize::try_from(budget / (per_row * 2)).unwrap_or(usize::MAX).max(10_000))
    }
}

/// The set of the rows of an order.
pub(super) fn picked_of(order: &[u32]) -> Picked {
    use super::rows::PickedBuilder;
    const BLOCK: usize = 1 << 16;
    let end = order.iter().max().map_or(0, |m| *m as usize + 1);
    let mut bits = vec![false; end];
    for r in order {
        bits[*r as usize] = true;
    }
    let mut builder = PickedBuilder::new();
    for (i, block) in bits.chunks(BLOCK).enumerate() {
        builder.push((i * BLOCK) as u64, block.len(), block.iter().copied());
    }
    builder.finish()
}
