//! The formats, one small file each. A format turns rows into bytes; where they go is not its business.

pub(super) mod arrow;
pub(super) mod columnar;
pub(super) mod csv;
pub(super) mod json;
pub(super) mod md;
pub(super) mod parquet;
pub(super) mod xlsx;

use std::io::Write as _;

use super::batch::Batch;
use super::target::Out;
use super::{Cut, Tally};
use crate::error::{Error, Result, system};
use crate::text::Msg;

/// What is known once all rows have gone by.
pub(super) struct Ending {
    /// Rows written.
    pub rows: u64,
    /// Whether there were more.
    pub cut: Option<Cut>,
}

/// A format that is fed rows in order.
pub(super) trait Writer {
    /// Takes some rows.
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()>;
    /// Writes what comes after the last row, and tells what was remarkable.
    fn finish(self: Box<Self>, ending: &Ending) -> Result<Tally>;
}

/// A format whose rows can be written without knowing the ones before, and so on several threads at once.
pub(super) trait Lines: Send + Sync {
    /// What comes before the first row.
    fn head(&self, out: &mut Vec<u8>, tally: &mut Tally);
    /// The rows, with [`Lines::between`] between them.
    fn rows(&self, batch: &Batch<'_>, out: &mut Vec<u8>, tally: &mut Tally);
    /// What stands between the last row of one stretch and the first of the next.
    fn between(&self) -> &'static [u8] {
        b""
    }
    /// What comes after the last row.
    fn tail(&self, _ending: &Ending, _tally: &Tally, _out: &mut Vec<u8>) {}
}

/// Puts stretches of [`Lines`] one after the other.
pub(super) struct LinesWriter<'a> {
    lines: &'a dyn Lines,
    out: &'a mut Out,
    tally: Tally,
    /// Whether a row was written.
    begun: bool,
    buffer: Vec<u8>,
}

impl<'a> LinesWriter<'a> {
    /// Writes the head.
    pub fn new(lines: &'a dyn Lines, out: &'a mut Out) -> Result<Self> {
        let mut writer = Self { lines, out, tally: Tally::default(), begun: false, buffer: Vec::new() };
        lines.head(&mut writer.buffer, &mut writer.tally);
        writer.out.write_all(&writer.buffer).map_err(interrupted_output)?;
        Ok(writer)
    }

    /// Adds rows that are bytes already.
    pub fn push(&mut self, bytes: &[u8], tally: &Tally) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(self.lines.between()).map_err(interrupted_output)?;
        }
        self.tally.add(tally);
        self.out.write_all(bytes).map_err(interrupted_output)
    }
}

impl Writer for LinesWriter<'_> {
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        let mut tally = Tally::default();
        self.lines.rows(batch, &mut bytes, &mut tally);
        self.push(&bytes, &tally)?;
        self.buffer = bytes;
        Ok(())
    }

    fn finish(self: Box<Self>, ending: &Ending) -> Result<Tally> {
        let mut tail = Vec::new();
        self.lines.tail(ending, &self.tally, &mut tail);
        self.out.write_all(&tail).map_err(interrupted_output)?;
        Ok(self.tally)
    }
}

/// An error of the target on its way up; [`Out::failure`] tells the person what it was.
pub(super) fn interrupted_output(error: std::io::Error) -> Error {
    Error::failed(Msg::new("error-output").with("cause", system::words(&error))).caused_by(error)
}

/// Runs a library that may panic on odd data.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let cause = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::failed(Msg::new("error-output").with("cause", cause)))
    })
}
