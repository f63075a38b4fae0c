//! Arrow IPC files (Feather version 2) and streams, read by record batch.
//!
//! The messages are found by walking their headers, which are small; bodies are read only for the batches and columns a
//! window touches. A batch is read through the table library's reader of files, over a view of the file that ends in a
//! footer naming that batch alone. So streams and files cut short are read in the same way as whole files.

mod footer;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

use polars::io::mmap::MmapBytesReader;
use polars::prelude::{Column as PlColumn, DataFrame, DataType, IpcReader, SerReader as _};

use super::input::{Input, caught};
use super::stamp::{Stamp, read_at};
use crate::data::{Control, Part, RowCount, Table, from_polars, schema_of};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Schema;
use footer::{Block, Message};

/// Rows read by one worker in one go, where batches are smaller.
const PART: usize = 65_536;
/// Windows up to this many rows keep what they decoded for the next one.
const WINDOW: usize = 8_192;
/// Most bytes of decoded columns that are kept.
const KEPT: usize = 64 << 20;
/// The largest message header we believe in.
const HEADER: u64 = 256 << 20;

/// A record batch in the file.
#[derive(Clone, Copy, Debug)]
struct Batch {
    block: Block,
    /// Dictionaries that stand before it.
    dictionaries: usize,
}

/// Decoded columns of the batch last looked at.
#[derive(Default)]
struct Recent {
    batch: usize,
    columns: HashMap<usize, PlColumn>,
}

/// A table in an Arrow IPC file or stream.
pub struct ArrowTable {
    input: Input,
    file: Arc<File>,
    stamp: Stamp,
    schema: Schema,
    /// The message that holds the schema.
    header: Vec<u8>,
    dictionaries: Vec<Block>,
    batches: Vec<Batch>,
    /// Row number at the end of each batch.
    ends: Vec<u64>,
    stream: bool,
    cut: bool,
    recent: Mutex<Recent>,
    types: Vec<DataType>,
    /// Columns that could not be decoded somewhere.
    unreadable: Mutex<BTreeSet<usize>>,
}

/// Opens an Arrow IPC file or stream: walks over the headers of its messages.
pub fn open(input: &Input, control: &Control) -> Result<ArrowTable> {
    let file = input.open()?;
    let stamp = Stamp::of(&file).map_err(|e| input.io(e))?;
    let mut magic = [0; 6];
    let n = read_at(&file, &mut magic, 0).map_err(|e| input.io(e))?;
    let stream = magic[..n] != *footer::MAGIC;
    let mut table = ArrowTable {
        input: input.clone(),
        file: Arc::new(file),
        stamp,
        schema: Schema::default(),
        header: Vec::new(),
        dictionaries: Vec::new(),
        batches: Vec::new(),
        ends: Vec::new(),
        stream,
        cut: false,
        recent: Mutex::default(),
        types: Vec::new(),
        unreadable: Mutex::default(),
    };
    table.walk(control)?;
    if table.header.is_empty() {
        return Err(table.corrupt("no schema"));
    }
    let none = table.decode(&[], 0, None)?;
    table.types = none.columns().iter().map(|c| c.dtype().clone()).collect();
    table.schema = schema_of(&none);
    Ok(table)
}

impl ArrowTable {
    /// What a person should know: that the file ends early.
    pub fn findings(&self) -> Vec<Msg> {
        if !self.cut {
            return Vec::new();
        }
        vec![self.input.msg("notice-file-cut").with("rows", self.ends.last().copied().unwrap_or(0))]
    }

    fn corrupt(&self, cause: &str) -> Error {
        Error::failed(self.input.msg("error-arrow").with("cause", cause)).hint(Msg::new("hint-arrow"))
    }

    /// Where the messages end: at the footer if there is one.
    fn messages_end(&mut self) -> Result<u64> {
        let len = self.stamp.len;
        if self.stream {
            return Ok(len);
        }
        let mut tail = [0; 10];
        let from = len.saturating_sub(10);
        let n = read_at(&self.file, &mut tail, from).map_err(|e| self.input.io(e))?;
        let size = i32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
        match u64::try_from(size) {
            Ok(size) if n == 10 && tail[4..] == *footer::MAGIC && size <= from => Ok(from - size),
            _ => {
                self.cut = true;
                Ok(len)
            }
        }
    }

    fn walk(&mut self, control: &Control) -> Result<()> {
        let end = self.messages_end()?;
        let mut at = if self.stream { 0 } else { 8 };
        let mut rows = 0u64;
        while at < end {
            control.check()?;
            let mut prefix = [0; 8];
            let n = read_at(&self.file, &mut prefix, at).map_err(|e| self.input.io(e))?;
            let [a, b, c, d, e, f, g, h] = prefix;
            // Before version 0.15 there was no continuation mark before the length.
            let (size, skip) = match u32::from_le_bytes([a, b, c, d]) {
                u32::MAX => (u32::from_le_bytes([e, f, g, h]), 8),
                legacy => (legacy, 4),
            };
            let size = u64::from(size);
            if size == 0 && n >= 4 {
                return Ok(());
            }
            let body = at + skip + size;
            if n < 8 || size > HEADER || body > end {
                self.cut = true;
                return Ok(());
            }
            let mut bytes = vec![0; size as usize];
            read_at(&self.file, &mut bytes, at + skip).map_err(|e| self.input.io(e))?;
            let Some(message) = Message::parse(&bytes) else { return Err(self.corrupt("bad message header")) };
            let next = body.checked_add(message.body).filter(|next| *next <= end);
            let Some(next) = next else {
                self.cut = true;
                return Ok(());
            };
            let block = Block { offset: at, header: (skip + size) as u32, body: message.body };
            match message.kind {
                footer::Kind::Schema if self.header.is_empty() => self.header = bytes,
                footer::Kind::Dictionary => self.dictionaries.push(block),
                footer::Kind::Batch => {
                    rows += message.rows;
                    self.batches.push(Batch { block, dictionaries: self.dictionaries.len() });
                    self.ends.push(rows);
                }
                _ => {}
            }
            at = next;
        }
        Ok(())
    }

    /// Decodes batches with the columns at `projection` (in rising order).
    fn decode(&self, batches: &[Block], dictionaries: usize, projection: Option<Vec<usize>>) -> Result<DataFrame> {
        if Stamp::of(&self.file).ok() != Some(self.stamp) {
            return Err(Error::failed(self.input.msg("error-file-changed")).hint(Msg::new("hint-reload")));
        }
        // In a file, dictionaries may stand anywhere; in a stream, those that come later replace earlier ones.
        let dictionaries = if self.stream { dictionaries } else { self.dictionaries.len() };
        let known = if batches.is_empty() { &[][..] } else { &self.dictionaries[..dictionaries] };
        let tail = footer::build(&self.header, known, batches).ok_or_else(|| self.corrupt("bad schema"))?;
        let view = View { file: self.file.clone(), len: self.stamp.len, tail, at: 0 };
        caught(|| IpcReader::new(view).with_projection(projection).finish().map_err(|e| self.corrupt(&e.to_string())))
    }

    /// Columns of one batch.
    fn batch(&self, index: usize, distinct: &[usize], keep: bool) -> Result<HashMap<usize, PlColumn>> {
        let recent = || self.recent.lock().unwrap_or_else(|e| e.into_inner());
        let mut found: HashMap<usize, PlColumn> = HashMap::new();
        if keep {
            let recent = recent();
            if recent.batch == index {
                found = recent.columns.clone();
            }
        }
        let missing: Vec<usize> = distinct.iter().copied().filter(|c| !found.contains_key(c)).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let batch = self.batches[index];
        match self.decode(&[batch.block], batch.dictionaries, Some(missing.clone())) {
            Ok(frame) => found.extend(missing.into_iter().zip(frame.columns().iter().cloned())),
            Err(e) => found.extend(self.one_by_one(index, &missing, e)?),
        }
        if keep {
            let size: usize = found.values().map(|c| c.as_materialized_series().estimated_size()).sum();
            let columns = if size <= KEPT { found.clone() } else { HashMap::new() };
            *recent() = Recent { batch: index, columns };
        }
        Ok(found)
    }

    /// The columns of a batch that failed as a whole. Those that fail alone are missing and remembered, unless nothing in
    /// the batch can be read: then it is not the columns that are at fault.
    fn one_by_one(&self, index: usize, columns: &[usize], error: Error) -> Result<Vec<(usize, PlColumn)>> {
        let batch = self.batches[index];
        let one = |c: usize| {
            let frame = self.decode(&[batch.block], batch.dictionaries, Some(vec![c])).ok()?;
            frame.columns().first().cloned()
        };
        let read: Vec<(usize, Option<PlColumn>)> = columns.iter().map(|c| (*c, one(*c))).collect();
        let others = (0..self.types.len()).filter(|c| !columns.contains(c));
        if read.iter().all(|(_, column)| column.is_none()) && !others.into_iter().any(|c| one(c).is_some()) {
            return Err(error);
        }
        let first = if index == 0 { 0 } else { self.ends[index - 1] };
        let height = (self.ends[index] - first) as usize;
        let filled = read.into_iter().map(|(c, column)| {
            let column = column.unwrap_or_else(|| {
                self.unreadable.lock().unwrap_or_else(|e| e.into_inner()).insert(c);
                PlColumn::full_null(self.schema.columns()[c].name.as_str().into(), height, &self.types[c])
            });
            (c, column)
        });
        Ok(filled.collect())
    }

    fn read_batch(&self, index: usize, columns: &[usize], start: usize, len: usize, keep: bool) -> Result<DataFrame> {
        let mut distinct = columns.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let found = if distinct.is_empty() { HashMap::new() } else { self.batch(index, &distinct, keep)? };
        let chosen: Option<Vec<PlColumn>> =
            columns.iter().map(|c| found.get(c).map(|column| column.slice(start as i64, len))).collect();
        let chosen = chosen.ok_or_else(|| self.corrupt("a column is missing"))?;
        DataFrame::new(len, chosen).map_err(from_polars)
    }
}

impl Table for ArrowTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        RowCount::Exact(self.ends.last().copied().unwrap_or(0))
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let end = start.saturating_add(len as u64).min(self.rows().known());
        let mut out: Option<DataFrame> = None;
        let mut at = start;
        let mut index = self.ends.partition_point(|e| *e <= start);
        while at < end {
            let first = if index == 0 { 0 } else { self.ends[index - 1] };
            let take = (end.min(self.ends[index]) - at) as usize;
            if take > 0 {
                let part = self.read_batch(index, columns, (at - first) as usize, take, len <= WINDOW)?;
                match &mut out {
                    None => out = Some(part),
                    Some(frame) => {
                        frame.vstack_mut(&part).map_err(from_polars)?;
                    }
                }
            }
            at += take as u64;
            index += 1;
        }
        match out {
            Some(frame) => Ok(frame),
            None => {
                let none = self.decode(&[], 0, None)?;
                let chosen = columns.iter().filter_map(|c| none.columns().get(*c).cloned()).collect();
                DataFrame::new(0, chosen).map_err(from_polars)
            }
        }
    }

    fn notices(&self) -> Vec<Msg> {
        let unreadable = self.unreadable.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let notice = |c: &usize| Msg::new("notice-arrow-column").with("column", &self.schema.columns()[*c].name);
        unreadable.iter().map(notice).collect()
    }

    fn parts(&self, _control: &Control) -> Result<Vec<Part>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut start = 0;
        for end in &self.ends {
            let len = (end - start) as usize;
            match parts.last_mut() {
                Some(last) if last.len + len <= PART => last.len += len,
                _ if len > 0 => parts.push(Part { start, len }),
                _ => {}
            }
            start = *end;
        }
        Ok(parts)
    }
}

/// The file followed by a footer of our own.
struct View {
    file: Arc<File>,
    len: u64,
    tail: Vec<u8>,
    at: u64,
}

impl Read for View {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = if self.at < self.len {
            let most = usize::try_from(self.len - self.at).unwrap_or(usize::MAX).min(buffer.len());
            read_at(&self.file, &mut buffer[..most], self.at)?
        } else {
            let from = usize::try_from(self.at - self.len).unwrap_or(usize::MAX).min(self.tail.len());
            let n = buffer.len().min(self.tail.len() - from);
            buffer[..n].copy_from_slice(&self.tail[from..from + n]);
            n
        };
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for View {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => (self.len + self.tail.len() as u64).checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl MmapBytesReader for View {}

#[cfg(test)]
mod tests;
