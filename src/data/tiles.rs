//! A pass over a table divided by rows and by columns, on all cores: for tables of thousands of columns, which have few
//! parts, and for parts too large to be read whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use polars::prelude::DataFrame;

use super::control::Control;
use super::dataset::Dataset;
use super::rows::Rows;
use super::scan::{from_polars, panicked};
use crate::error::Result;

/// The rows in view of one part of a table, with the columns of one group.
pub struct Tile {
    /// Place of the group.
    pub group: usize,
    /// The table's number of the part's first row.
    pub start: u64,
    /// Places within the part of the rows in view; none where all are.
    pub offsets: Option<Vec<u32>>,
    /// The columns of the group.
    pub frame: DataFrame,
}

impl Tile {
    /// The table's number of the tile's row `i`.
    pub fn row(&self, i: usize) -> u64 {
        self.start + self.offsets.as_ref().map_or(i as u64, |o| u64::from(o[i]))
    }
}

impl Dataset {
    /// Gives the rows in view, whatever their order, in tiles: each part of the table with each group of columns (places
    /// of this dataset's schema). One state for each thread; tiles come in no order that may be relied upon.
    pub fn tiles<S: Send>(
        &self,
        groups: &[Vec<usize>],
        control: &Control,
        init: impl Fn() -> S + Sync,
        fold: impl Fn(&mut S, Tile) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        let view = self.unordered();
        let mut parts = view.table().parts(control)?;
        if let Rows::Picked(p) = view.rows() {
            parts.retain(|part| p.any(part.start, part.len));
        }
        let groups: Vec<Vec<usize>> = groups.iter().map(|g| view.table_columns(g)).collect();
        control.restart(parts.iter().map(|p| p.len as u64).sum::<u64>() * groups.len() as u64);
        let jobs = parts.len() * groups.len();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs).max(1);
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let one = |state: &mut S, job: usize| -> Result<()> {
            control.check()?;
            let (part, group) = (parts[job / groups.len()], job % groups.len());
            let frame = view.table().read(&groups[group], part.start, part.len)?;
            let (frame, offsets) = match view.rows() {
                Rows::Picked(p) => {
                    let mask = p.mask(part.start, frame.height());
                    let offsets = mask.iter().enumerate().filter(|(_, v)| *v == Some(true)).map(|(i, _)| i as u32);
                    let offsets: Vec<u32> = offsets.collect();
                    (frame.filter_seq(&mask).map_err(from_polars)?, Some(offsets))
                }
                _ => (frame, None),
            };
            fold(state, Tile { group, start: part.start, offsets, frame })?;
            control.advance(part.len as u64);
            Ok(())
        };
        let work = || -> Result<S> {
            let mut state = init();
            while !stop.load(Ordering::Relaxed) {
                let job = next.fetch_add(1, Ordering::Relaxed);
                if job >= jobs {
                    break;
                }
                let done =
                    catch_unwind(AssertUnwindSafe(|| one(&mut state, job))).unwrap_or_else(|p| Err(panicked(&*p)));
                done.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            }
            Ok(state)
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut states = vec![work()];
            states.extend(others.into_iter().map(|t| t.join().unwrap_or_else(|p| Err(panicked(&*p)))));
            states.into_iter().collect()
        })
    }

    /// The same rows in the table's order.
    pub fn unordered(&self) -> Self {
        match self.rows() {
            Rows::Ordered(order) if self.table().rows().known() == order.len() as u64 => self.with_rows(Rows::All),
            Rows::Ordered(order) => self.with_rows(Rows::Picked(std::sync::Arc::new(super::dataset::picked_of(order)))),
            _ => self.clone(),
        }
    }
}
