//! A pass over a table on all cores: parts are read and worked on at once, their results are handed over in row order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use polars::prelude::{DataFrame, IdxCa, IdxSize};

use super::control::Control;
use super::frame::empty_frame;
use super::table::{Flow, Part, Table};
use crate::error::{Error, Result, system};
use crate::text::Msg;
use crate::value::Schema;

/// Threads that work on one pass.
fn workers(parts: usize) -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(parts).max(1)
}

/// Results that arrived before their turn, and what went wrong.
struct Waiting<T> {
    ready: BTreeMap<usize, T>,
    next: usize,
    failed: Option<Error>,
}

/// Reads `parts` of `table` on all cores, gives each to `work` (on the thread that read it, with the number of its first
/// row), and hands the results to `sink` on this thread in row order. Memory is bounded: no worker runs more than a few
/// parts ahead of the sink. Progress counts rows.
pub fn scan<T: Send>(
    table: &dyn Table,
    columns: &[usize],
    parts: &[Part],
    control: &Control,
    work: impl Fn(u64, DataFrame) -> Result<T> + Sync,
    sink: impl FnMut(Part, T) -> Result<Flow>,
) -> Result<()> {
    scan_parts(parts, control, |part| work(part.start, table.read(columns, part.start, part.len)?), sink)
}

/// As [`scan`], where the work reads its part itself.
pub(super) fn scan_parts<T: Send>(
    parts: &[Part],
    control: &Control,
    work: impl Fn(Part) -> Result<T> + Sync,
    mut sink: impl FnMut(Part, T) -> Result<Flow>,
) -> Result<()> {
    let threads = workers(parts.len());
    let ahead = threads * 2;
    let claimed = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let waiting = Mutex::new(Waiting { ready: BTreeMap::new(), next: 0, failed: None });
    let changed = Condvar::new();
    let lock = || waiting.lock().unwrap_or_else(|e| e.into_inner());

    let one = |part: Part| -> Result<T> {
        control.check()?;
        let done = work(part)?;
        control.advance(part.len as u64);
        Ok(done)
    };

    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = claimed.fetch_add(1, Ordering::Relaxed);
                    if i >= parts.len() {
                        break;
                    }
                    {
                        let mut w = lock();
                        while i >= w.next + ahead && !stop.load(Ordering::Relaxed) {
                            w = changed.wait(w).unwrap_or_else(|e| e.into_inner());
                        }
                    }
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(parts[i])))
                        .unwrap_or_else(|p| Err(panicked(&*p)));
                    let mut w = lock();
                    match done {
                        Ok(t) => {
                            w.ready.insert(i, t);
                        }
                        Err(e) => {
                            w.failed.get_or_insert(e);
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                    drop(w);
                    changed.notify_all();
                }
            });
        }
        let finish = |result| {
            stop.store(true, Ordering::Relaxed);
            drop(lock());
            changed.notify_all();
            result
        };
        for (i, part) in parts.iter().enumerate() {
            let item = {
                let mut w = lock();
                loop {
                    if let Some(item) = w.ready.remove(&i) {
                        w.next = i + 1;
                        break item;
                    }
                    if let Some(e) = w.failed.take() {
                        drop(w);
                        return finish(Err(e));
                    }
                    w = changed.wait(w).unwrap_or_else(|e| e.into_inner());
                }
            };
            changed.notify_all();
            match sink(*part, item) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Stop) => return finish(Ok(())),
                Err(e) => return finish(Err(e)),
            }
        }
        Ok(())
    })
}

/// As [`scan`], with one state for each thread instead of results in order: for sums whose order does not matter.
pub fn scan_fold<S: Send>(
    table: &dyn Table,
    columns: &[usize],
    parts: &[Part],
    control: &Control,
    init: impl Fn() -> S + Sync,
    fold: impl Fn(&mut S, u64, DataFrame) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let pool = Mutex::new(Vec::new());
    let take = || pool.lock().unwrap_or_else(|e| e.into_inner()).pop();
    scan(
        table,
        columns,
        parts,
        control,
        |start, frame| {
            let mut state = take().unwrap_or_else(&init);
            let result = fold(&mut state, start, frame);
            pool.lock().unwrap_or_else(|e| e.into_inner()).push(state);
            result
        },
        |_, ()| Ok(Flow::Continue),
    )?;
    Ok(pool.into_inner().unwrap_or_else(|e| e.into_inner()))
}

/// The error for a panic inside a library: the work failed, the session goes on.
pub fn panicked(payload: &(dyn std::any::Any + Send)) -> Error {
    let cause = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Error::failed(Msg::new("error-panic").with("cause", cause)).hint(Msg::new("hint-panic"))
}

/// Reads scattered rows by way of the runs they form: rows near one another are read together.
pub(crate) fn gather_by_runs(
    schema: &Schema,
    columns: &[usize],
    rows: &[u64],
    read: impl Fn(u64, usize) -> Result<DataFrame>,
) -> Result<DataFrame> {
    /// Rows read in vain between two wanted ones before a second read is cheaper.
    const GAP: u64 = 512;
    let mut sorted: Vec<(u64, u32)> = rows.iter().enumerate().map(|(i, r)| (*r, i as u32)).collect();
    sorted.sort_unstable();
    let mut out: Option<DataFrame> = None;
    let mut place = vec![0 as IdxSize; rows.len()];
    let mut filled = 0usize;
    let mut i = 0;
    while i < sorted.len() {
        let start = sorted[i].0;
        let mut j = i + 1;
        while j < sorted.len() && sorted[j].0 - sorted[j - 1].0 <= GAP {
            j += 1;
        }
        let run = read(start, (sorted[j - 1].0 - start + 1) as usize)?;
        let picks: Vec<IdxSize> = sorted[i..j].iter().map(|(r, _)| (r - start) as IdxSize).collect();
        for (k, (_, original)) in sorted[i..j].iter().enumerate() {
            place[*original as usize] = (filled + k) as IdxSize;
        }
        filled += picks.len();
        let picked = run.take(&IdxCa::from_vec("".into(), picks)).map_err(from_polars)?;
        match &mut out {
            None => out = Some(picked),
            Some(frame) => {
                frame.vstack_mut(&picked).map_err(from_polars)?;
            }
        }
        i = j;
    }
    match out {
        None => Ok(empty_frame(schema, columns)),
        Some(frame) => frame.take(&IdxCa::from_vec("".into(), place)).map_err(from_polars),
    }
}

/// An error of the table library in our own words.
pub(crate) fn from_polars(error: polars::error::PolarsError) -> Error {
    let cause = match &error {
        polars::error::PolarsError::IO { error, .. } => system::words(error),
        other => system::raw(other.to_string()),
    };
    Error::failed(Msg::new("error-data").with("cause", cause)).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, MemoryTable};
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    fn rows() -> MemoryTable {
        let column = Series::new("a".into(), (0..400_000i32).collect::<Vec<_>>()).into_column();
        MemoryTable::new(DataFrame::new(400_000, vec![column]).expect("a frame"))
    }

    #[test]
    fn an_error_on_either_side_ends_the_pass() {
        let table = rows();
        let control = Control::new();
        let parts = table.parts(&control).expect("parts");
        assert!(parts.len() > 3);
        let failed = || Error::failed(Msg::new("error-data").with("cause", "x"));
        let at = |wanted: u64, start: u64| if start == wanted { Err(failed()) } else { Ok(start) };
        for part in &parts {
            let worker = scan(&table, &[0], &parts, &control, |s, _| at(part.start, s), |_, _| Ok(Flow::Continue));
            assert_eq!(worker.err().map(|e| e.message.id), Some("error-data"));
            let sink =
                scan(&table, &[0], &parts, &control, |s, _| Ok(s), |_, s| at(part.start, s).map(|_| Flow::Continue));
            assert_eq!(sink.err().map(|e| e.message.id), Some("error-data"));
        }
        let panicking = scan(
            &table,
            &[0],
            &parts,
            &control,
            |s, _| if s > 0 { panic!("oh") } else { Ok(()) },
            |_, ()| Ok(Flow::Continue),
        );
        assert_eq!(panicking.err().map(|e| e.message.id), Some("error-panic"));
    }

    #[test]
    fn a_cancelled_pass_ends() {
        let data = Dataset::new(std::sync::Arc::new(rows()));
        let control = Control::new();
        let seen = data.scan(&[0], &control, Ok, |_| {
            control.cancel();
            Ok(Flow::Continue)
        });
        assert_eq!(seen.err().map(|e| e.message.id), Some("error-interrupted"));
    }
}
