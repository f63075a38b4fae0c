//! Where the rows of a file are: a sparse index built from front to back, block by block, while rows are read.
//!
//! It keeps a place for about every 128 kB, so gigabytes cost some hundred kilobytes. The block in which the first byte
//! outside ASCII appears decides about the encoding, where the beginning of the file left that open. Nothing here looks
//! into fields.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard};

use encoding_rs::{Encoding, UTF_8};

use super::scan::{Dialect, Stop, Walk};
use crate::data::{Control, Part};
use crate::error::{Error, Result};
use crate::source::files::encoding;
use crate::text::Msg;

/// Sizes; only tests choose others than the default.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Bytes looked at to find out what a file is.
    pub head: usize,
    /// Rows looked at to find out what the columns are.
    pub sample: u64,
    /// Bytes read at a time.
    pub block: usize,
    /// Bytes between two places of the index.
    pub spacing: usize,
    /// Bytes of one part of a pass.
    pub part: u64,
    /// Bytes after which an open quote is taken for an ordinary character.
    pub quote: usize,
    /// Longest record, in bytes.
    pub record: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            head: 1 << 20,
            sample: 10_000,
            block: 1 << 20,
            spacing: 128 << 10,
            part: 8 << 20,
            quote: 16 << 20,
            record: 256 << 20,
        }
    }
}

/// Most rows in one part of a pass.
const PART_ROWS: u64 = 65_536;

/// The beginning of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Byte in the file.
    pub offset: u64,
    /// Number of the row.
    pub row: u64,
    /// Number of the line, counted from 1.
    pub line: u64,
}

/// What is known of the rows so far.
#[derive(Default)]
pub struct Known {
    /// Places spread over the file, the first at its first row.
    pub places: Vec<Place>,
    /// Where the next row begins.
    pub end: Place,
    /// The parts of a pass that are whole, each of about the size set.
    parts: Vec<Part>,
    /// Where the part after them begins.
    begun: Place,
    /// Whether the end of the file was seen.
    pub complete: bool,
    /// Rows whose quotes are ordinary characters, in order.
    pub literal: Vec<u64>,
    /// NUL characters.
    pub nuls: u64,
    /// The byte in the file that decided about the encoding, if not at the beginning.
    pub decided_at: Option<u64>,
}

impl Known {
    /// Ends the part that was begun at `place` if it has grown to its size, in bytes or in rows.
    fn pass(&mut self, place: Place, size: u64) {
        if place.row - self.begun.row >= PART_ROWS || place.offset - self.begun.offset >= size {
            self.parts.extend(self.part_to(place));
            self.begun = place;
        }
    }

    /// The known rows behind the whole parts.
    fn rest(&self) -> Option<Part> {
        self.part_to(self.end)
    }

    fn part_to(&self, place: Place) -> Option<Part> {
        let len = (place.row - self.begun.row) as usize;
        (len > 0).then_some(Part { start: self.begun.row, len })
    }
}

/// What tells that a file was written to after it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Length in bytes.
    pub len: u64,
    modified: Option<std::time::SystemTime>,
}

impl Stamp {
    /// The stamp of a file now.
    pub fn of(file: &File) -> std::io::Result<Self> {
        let m = file.metadata()?;
        Ok(Self { len: m.len(), modified: m.modified().ok() })
    }
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// Place in the file of the first byte.
    from: u64,
}

/// A file and the index of its rows.
pub struct Index {
    /// Name for messages.
    pub path: PathBuf,
    file: File,
    stamp: Stamp,
    /// Its marks.
    pub dialect: Dialect,
    /// Sizes in force.
    pub sizes: Sizes,
    encoding: OnceLock<&'static Encoding>,
    known: RwLock<Known>,
    buffer: Mutex<Buffer>,
}

/// Reads as much of `buf` as there is at `offset`.
pub fn read_at(file: &File, mut buf: &mut [u8], mut offset: u64) -> std::io::Result<usize> {
    let mut done = 0;
    while !buf.is_empty() {
        #[cfg(unix)]
        let result = std::os::unix::fs::FileExt::read_at(file, buf, offset);
        #[cfg(windows)]
        let result = std::os::windows::fs::FileExt::seek_read(file, buf, offset);
        match result {
            Ok(0) => break,
            Ok(n) => {
                done += n;
                offset += n as u64;
                buf = &mut buf[n..];
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

impl Index {
    /// An index of `file` whose first row begins at `start`. `encoding` is `None` while nothing but ASCII was seen.
    pub fn new(
        path: PathBuf,
        file: File,
        stamp: Stamp,
        start: Place,
        dialect: Dialect,
        encoding: Option<&'static Encoding>,
        sizes: Sizes,
    ) -> Self {
        let cell = OnceLock::new();
        if let Some(e) = encoding {
            let _ = cell.set(e);
        }
        Self {
            path,
            file,
            stamp,
            dialect,
            sizes,
            encoding: cell,
            known: RwLock::new(Known { places: vec![start], end: start, begun: start, ..Known::default() }),
            buffer: Mutex::new(Buffer { bytes: Vec::new(), from: start.offset }),
        }
    }

    /// What is known so far.
    pub fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(|e| e.into_inner())
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The encoding of the rows known so far.
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding.get().copied().unwrap_or(UTF_8)
    }

    /// Fails if the file was written to since it was opened.
    pub fn unchanged(&self) -> Result<()> {
        match Stamp::of(&self.file) {
            Ok(stamp) if stamp == self.stamp => Ok(()),
            Ok(_) => Err(self.changed()),
            Err(e) => Err(Error::io(&self.path, e)),
        }
    }

    fn changed(&self) -> Error {
        Error::failed(Msg::new("error-file-changed").with("path", self.path.display().to_string()))
            .hint(Msg::new("hint-reload"))
    }

    /// The bytes from one place of the file to another.
    pub fn bytes(&self, from: u64, to: u64) -> Result<Vec<u8>> {
        self.unchanged()?;
        let mut buf = vec![0; to.saturating_sub(from) as usize];
        match read_at(&self.file, &mut buf, from) {
            Ok(n) if n == buf.len() => Ok(buf),
            Ok(_) => Err(self.changed()),
            Err(e) => Err(Error::io(&self.path, e)),
        }
    }

    /// Reads one block more; false once the end is known.
    pub fn step(&self) -> Result<bool> {
        let mut buffer = self.buffer();
        let (mut end, complete) = {
            let known = self.known();
            (known.end, known.complete)
        };
        if complete {
            return Ok(false);
        }
        self.unchanged()?;
        let Buffer { bytes, from } = &mut *buffer;
        let old = bytes.len();
        let position = *from + old as u64;
        // A record longer than a block is not looked at again for every block.
        let want = (self.sizes.block.max(old) as u64).min(self.stamp.len.saturating_sub(position)) as usize;
        bytes.resize(old + want, 0);
        match read_at(&self.file, &mut bytes[old..], position) {
            Ok(n) if n == want => {}
            result => {
                bytes.truncate(old);
                return Err(result.map_or_else(|e| Error::io(&self.path, e), |_| self.changed()));
            }
        }
        let eof = position + want as u64 >= self.stamp.len;
        let nuls = memchr::memchr_iter(0, &bytes[old..]).count() as u64;
        let decided = self.decide(bytes, old, *from, eof)?;

        let mut walk = Walk { at: 0, rows: end.row, literal: Vec::new() };
        let mut places = Vec::new();
        let mut last = self.known().places.last().map_or(0, |p| p.offset);
        let stop = loop {
            let target =
                usize::try_from((last + self.sizes.spacing as u64).saturating_sub(*from)).unwrap_or(usize::MAX);
            let before = walk.at;
            let stop = self.dialect.walk(bytes, eof, &mut walk, u64::MAX, target.max(1));
            end.line += memchr::memchr_iter(self.dialect.newline, &bytes[before..walk.at]).count() as u64;
            end.offset = *from + walk.at as u64;
            end.row = walk.rows;
            if stop != Stop::Reached {
                break stop;
            }
            if walk.at < bytes.len() || !eof {
                places.push(end);
            }
            last = end.offset;
        };
        if stop == Stop::More && bytes.len() - walk.at > self.sizes.record {
            return Err(Error::failed(
                Msg::new("error-text-line-too-long")
                    .with("path", self.path.display().to_string())
                    .with("line", end.line),
            )
            .hint(Msg::new("hint-text-line-too-long")));
        }
        *from += walk.at as u64;
        bytes.drain(..walk.at);
        if stop == Stop::End {
            *bytes = Vec::new();
            let _ = self.encoding.set(UTF_8);
        }
        let mut known = self.known.write().unwrap_or_else(|e| e.into_inner());
        places.iter().for_each(|place| known.pass(*place, self.sizes.part));
        known.places.extend(places);
        known.end = end;
        known.complete = stop == Stop::End;
        known.literal.extend(walk.literal);
        known.nuls += nuls;
        known.decided_at = known.decided_at.or(decided);
        Ok(stop != Stop::End)
    }

    /// Decides about the encoding if that is open and the new bytes (from `new` on) tell; gives the place in the file.
    fn decide(&self, bytes: &[u8], new: usize, from: u64, eof: bool) -> Result<Option<u64>> {
        const SAMPLE: u64 = 256 * 1024;
        if self.encoding.get().is_some() {
            return Ok(None);
        }
        let Some(at) = encoding::first_non_ascii(&bytes[new..]).map(|i| new + i) else { return Ok(None) };
        let start = from + memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |i| i as u64 + 1);
        let end = (from + at as u64 + SAMPLE).min(self.stamp.len);
        let sample = self.bytes(start, end)?;
        let found = encoding::around(&sample, eof || end == self.stamp.len);
        let _ = self.encoding.set(if encoding::splits_as_ascii(found) { found } else { UTF_8 });
        Ok(Some(from + at as u64))
    }

    /// Makes sure that the rows before `row` are known, if there are so many.
    pub fn know(&self, row: u64) -> Result<()> {
        loop {
            {
                let known = self.known();
                if known.complete || known.end.row >= row {
                    return Ok(());
                }
            }
            self.step()?;
        }
    }

    /// Reads on to the end of the file. Progress counts bytes.
    pub fn know_all(&self, control: &Control) -> Result<()> {
        control.restart(self.stamp.len);
        let mut at = self.known().end.offset;
        control.advance(at);
        while !self.known().complete {
            control.check()?;
            self.step()?;
            let now = self.known().end.offset;
            control.advance(now.saturating_sub(at));
            at = at.max(now);
        }
        Ok(())
    }

    /// The places next to the known rows `[start, end)`: at or before the first, at or after the last.
    pub fn around(&self, start: u64, end: u64) -> (Place, Place) {
        let known = self.known();
        let first = known.places.partition_point(|p| p.row <= start).saturating_sub(1);
        let last = known.places.partition_point(|p| p.row < end);
        (known.places[first], known.places.get(last).copied().unwrap_or(known.end))
    }

    /// The raw bytes of the known rows `[start, end)`.
    pub fn rows(&self, start: u64, end: u64) -> Result<Vec<u8>> {
        let (from, to) = self.around(start, end);
        let mut bytes = self.bytes(from.offset, to.offset)?;
        let mut walk = Walk { at: 0, rows: from.row, literal: Vec::new() };
        if start > from.row {
            self.dialect.walk(&bytes, true, &mut walk, start, usize::MAX);
        }
        let skip = walk.at;
        if to.row > end {
            self.dialect.walk(&bytes, true, &mut walk, end, usize::MAX);
            bytes.truncate(walk.at);
        }
        bytes.drain(..skip);
        Ok(bytes)
    }

    /// The number, from 1, of the line on which a known row begins.
    pub fn line_of(&self, row: u64) -> Result<u64> {
        let (from, to) = self.around(row, row + 1);
        let bytes = self.bytes(from.offset, to.offset)?;
        let mut walk = Walk { at: 0, rows: from.row, literal: Vec::new() };
        self.dialect.walk(&bytes, true, &mut walk, row, usize::MAX);
        let mut at = walk.at;
        // Empty lines that are no records stand before the record.
        if self.dialect.skip_blank {
            loop {
                match &bytes[at..] {
                    [b, ..] if *b == self.dialect.newline => at += 1,
                    [b'\r', b'\n', ..] => at += 2,
                    _ => break,
                }
            }
        }
        Ok(from.line + memchr::memchr_iter(self.dialect.newline, &bytes[..at]).count() as u64)
    }

    /// The number, from 1, of the line with this byte of the file; it must be known.
    pub fn line_at(&self, offset: u64) -> Result<u64> {
        let from = {
            let known = self.known();
            let i = known.places.partition_point(|p| p.offset <= offset).saturating_sub(1);
            known.places[i]
        };
        let bytes = self.bytes(from.offset, offset)?;
        Ok(from.line + memchr::memchr_iter(self.dialect.newline, &bytes).count() as u64)
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.stamp.len
    }

    /// One of the parts of a pass, by number, read up to where that is not far enough yet; none behind the last one.
    pub fn part(&self, number: usize, control: &Control) -> Result<Option<Part>> {
        loop {
            control.check()?;
            {
                let known = self.known();
                if known.complete || number < known.parts.len() {
                    let last = known.rest().filter(|_| number == known.parts.len());
                    return Ok(known.parts.get(number).copied().or(last));
                }
            }
            self.step()?;
        }
    }

    /// The known rows in parts of about the size set.
    pub fn parts(&self) -> Vec<Part> {
        let known = self.known();
        known.parts.iter().copied().chain(known.rest()).collect()
    }
}
