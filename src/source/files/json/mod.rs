//! JSON as a table: one value a line, values one after the other, an array, an array inside an object, or one object.
//!
//! A file is read twice: once to learn what every field holds, once to build columns, so that nothing is guessed and
//! nothing lost. Small files become a table in memory; large ones show their beginning at once and are landed as Parquet.

mod build;
mod outline;
mod parse;
mod shape;
mod split;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::Read;
use super::compressed::spooled;
use super::detect::Format;
use super::encoding;
use super::input::{HEAD, Input};
use super::landing::{self, Lander};
use crate::data::{Control, Flow, MemoryTable, ParquetFile, from_polars};
use crate::error::{Error, Result};
use crate::source::OpenOptions;
use crate::text::Msg;
use parse::{Oddities, Why};
use shape::{Columns, Fields};
use split::{Block, End, Layout, Splitter};

/// Files up to this many bytes are read as a whole.
const SMALL: u64 = 64 << 20;
/// Bytes that one worker takes at a time.
const BLOCK: usize = 4 << 20;
/// Rows shown of a large file before it is landed.
const HEAD_ROWS: usize = 1_000;
/// Bytes looked at for those rows.
const HEAD_BYTES: usize = 1 << 20;
/// Broken lines that are skipped whatever their share.
const BROKEN: u64 = 10;

/// Sizes that tests make small.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    small: u64,
    block: usize,
}

/// JSON text in UTF-8, and where its records are.
#[derive(Clone, Debug)]
struct Text {
    input: Input,
    /// Length of the byte order mark.
    mark: u64,
    layout: Layout,
    /// Whether texts that are dates become dates.
    dates: bool,
    sizes: Sizes,
}

/// What was found while reading that a person should know. Kept beside landed tables.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Findings {
    records: u64,
    broken: u64,
    first_broken: Option<(u64, Why)>,
    duplicates: u64,
    first_duplicate: Option<(u64, String)>,
    undecodable: u64,
    tail: Option<u64>,
}

/// Opens a JSON file.
pub fn open(input: &Input, format: Format, options: &OpenOptions, control: &Control) -> Result<Read> {
    open_sized(input, format, options, control, Sizes { small: SMALL, block: BLOCK })
}

fn open_sized(input: &Input, format: Format, options: &OpenOptions, control: &Control, sizes: Sizes) -> Result<Read> {
    let (decoded, mark, facts) = in_utf8(input, options, control)?;
    let (layout, notices) = layout(&decoded, mark, format, control)?;
    let text = Text { input: decoded, mark, layout, dates: !options.all_text, sizes };
    let len = text.input.len()?;
    let mut read = if len <= sizes.small {
        let (frame, findings) = text.whole(control)?;
        Read { notices: findings.notices(&text.input), ..Read::new(MemoryTable::new(frame)) }
    } else {
        let (head, findings) = text.head()?;
        // What was asked for decides what is read, so it belongs to the name under which it is kept.
        let asked = input.keep.is_none().then(|| format!("{options:?}"));
        let keep = text.input.clone();
        let opened = landing::open(input, asked, head, Arc::new(text), &findings)?;
        Read { table: keep.keeping(opened.table), facts: Vec::new(), notices: opened.notices }
    };
    read.facts = facts;
    read.notices.splice(0..0, notices);
    Ok(read)
}

/// The file in UTF-8 (as it is, or converted into a temporary file), the length of its mark, and what to say of it.
fn in_utf8(input: &Input, options: &OpenOptions, control: &Control) -> Result<(Input, u64, Vec<Msg>)> {
    let head = input.head(HEAD)?;
    let (encoding, mark) = encoding_of(&head, options)?;
    if encoding == UTF_8 {
        return Ok((input.clone(), mark as u64, Vec::new()));
    }
    let mut file = input.open()?;
    file.seek(SeekFrom::Start(mark as u64)).map_err(|e| input.io(e))?;
    let reader = Decoding {
        from: file,
        decoder: encoding.new_decoder_without_bom_handling(),
        ready: Vec::new(),
        at: 0,
        done: false,
    };
    let spooled = spooled(reader, input.shown.clone(), input.name.clone(), control)?;
    if let Some(e) = spooled.ended {
        return Err(input.io(e));
    }
    Ok((spooled.input, 0, vec![Msg::new("text-encoding").with("name", encoding::name(encoding))]))
}

fn encoding_of(head: &[u8], options: &OpenOptions) -> Result<(&'static Encoding, usize)> {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Ok((encoding, mark));
    }
    if let Some(label) = &options.encoding {
        return Ok((encoding::by_label(label)?, 0));
    }
    let found = encoding::detect(head, head.len() < HEAD);
    Ok((found.encoding.unwrap_or(UTF_8), found.mark))
}

/// A stream of UTF-8 made of one in another encoding.
struct Decoding {
    from: File,
    decoder: encoding_rs::Decoder,
    ready: Vec<u8>,
    at: usize,
    done: bool,
}

impl std::io::Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut raw = vec![0; 64 * 1024];
        while self.at == self.ready.len() && !self.done {
            let n = self.from.read(&mut raw)?;
            self.done = n == 0;
            let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(n).unwrap_or(n * 3 + 16));
            let _ = self.decoder.decode_to_string(&raw[..n], &mut text, self.done);
            self.ready = text.into_bytes();
            self.at = 0;
        }
        let n = buffer.len().min(self.ready.len() - self.at);
        buffer[..n].copy_from_slice(&self.ready[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// Where the records of a file are, and what to say about it.
fn layout(input: &Input, mark: u64, format: Format, control: &Control) -> Result<(Layout, Vec<Msg>)> {
    let head = input.head(HEAD_BYTES)?;
    let head = head.get(mark as usize..).unwrap_or_default();
    let Some(first) = head.iter().position(|b| !b.is_ascii_whitespace()) else {
        return Err(Error::failed(input.msg("error-json-empty")).hint(Msg::new("hint-json-empty")));
    };
    let body = &head[first..];
    let mut lines = body.split(|b| *b == b'\n');
    let line = lines.next().unwrap_or_default();
    let next = lines.map(<[u8]>::trim_ascii).find(|l| !l.is_empty());
    // An array with something after it is not the first of many lines unless those are arrays too.
    let follows = next.is_some_and(|n| body[0] != b'[' || n[0] == b'[');
    if parse::is_value(line) && (follows || format == Format::JsonLines) {
        return Ok((Layout::Lines, Vec::new()));
    }
    // A broken first line in a file of lines; but a bracket alone begins a document that is spread over lines.
    let spread = matches!(line.trim_ascii(), b"{" | b"[") || line.trim_ascii_end().ends_with(b",");
    if format == Format::JsonLines && !spread {
        return Ok((Layout::Lines, Vec::new()));
    }
    if body[0] == b'[' {
        let newlines = head[..first].iter().filter(|b| **b == b'\n').count() as u64;
        return Ok((Layout::Array { start: mark + first as u64 + 1, line: newlines + 1 }, Vec::new()));
    }
    let mut file = input.open()?;
    file.seek(SeekFrom::Start(mark)).map_err(|e| input.io(e))?;
    let outline = outline::outline(file, control).map_err(|e| input.io(e))??;
    match outline.table() {
        Some(array) if outline.values == 1 && outline.fields > 0 => {
            let notice = Msg::new("notice-json-inner").with("key", &array.path).with("count", outline.fields - 1);
            Ok((Layout::Array { start: mark + array.start, line: array.line }, vec![notice]))
        }
        _ => Ok((Layout::Values, Vec::new())),
    }
}

/// One block as rows: its fields and findings, or the first thing that is wrong.
fn survey(text: &Text, block: &Block) -> Result<(Fields, Findings)> {
    let mut fields = Fields::default();
    let mut findings = Findings::default();
    for span in &block.spans {
        let mut odd = Oddities::default();
        let raw = block.text(span);
        match parse::parse(raw, &mut odd) {
            Ok(node) => {
                findings.records += 1;
                fields.see(&build::fields(node));
                if let Some(key) = odd.duplicate {
                    findings.duplicates += 1;
                    findings.first_duplicate.get_or_insert((span.line, key));
                }
                findings.undecodable += odd.undecodable;
            }
            Err(broken) => {
                let line = span.line + raw[..broken.at].iter().filter(|b| **b == b'\n').count() as u64;
                if text.layout != Layout::Lines {
                    return Err(text.broken(line, broken.why));
                }
                findings.broken += 1;
                findings.first_broken.get_or_insert((line, broken.why));
            }
        }
    }
    Ok((fields, findings))
}

/// One block as a frame. Lines that are no JSON were counted before and are left out.
fn built(block: &Block, columns: &Columns) -> Result<DataFrame> {
    let rows: Vec<_> = block
        .spans
        .iter()
        .filter_map(|span| parse::parse(block.text(span), &mut Oddities::default()).ok().map(build::fields))
        .collect();
    build::frame(&rows, columns)
}

impl Text {
    fn broken(&self, line: u64, why: Why) -> Error {
        Error::failed(self.input.msg("error-json").with("line", line).with("cause", why.msg()))
            .hint(Msg::new("hint-json"))
    }

    fn splitter(&self, size: usize) -> Result<Splitter<File>> {
        let mut file = self.input.open()?;
        let start = match self.layout {
            Layout::Array { start, .. } => start,
            _ => self.mark,
        };
        file.seek(SeekFrom::Start(start)).map_err(|e| self.input.io(e))?;
        Ok(Splitter::new(file, self.layout.clone(), size))
    }

    /// A pass over all blocks on all cores; results are handed over in order. Progress counts bytes. Gives how the
    /// text ended.
    fn pass<T: Send>(
        &self,
        control: &Control,
        work: impl Fn(&Block) -> Result<T> + Sync,
        mut sink: impl FnMut(T) -> Result<Flow>,
    ) -> Result<End> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut splitter = self.splitter(self.sizes.block)?;
        loop {
            control.check()?;
            let mut blocks = Vec::with_capacity(threads);
            while blocks.len() < threads {
                match splitter.next_block().map_err(|e| self.input.io(e))? {
                    Some(block) => blocks.push(block),
                    None => break,
                }
            }
            if blocks.is_empty() {
                return Ok(splitter.end());
            }
            let results: Vec<Result<T>> = std::thread::scope(|scope| {
                let running: Vec<_> = blocks.iter().map(|block| scope.spawn(|| work(block))).collect();
                let joined = |r: std::thread::ScopedJoinHandle<'_, Result<T>>| {
                    r.join().unwrap_or_else(|payload| Err(crate::data::panicked(&*payload)))
                };
                running.into_iter().map(joined).collect()
            });
            for (block, result) in blocks.iter().zip(results) {
                control.advance(block.bytes.len() as u64);
                if sink(result?)? == Flow::Stop {
                    return Ok(End::NotYet);
                }
            }
        }
    }

    /// Learns what every field holds.
    fn learn(&self, control: &Control) -> Result<(Columns, Findings)> {
        let mut fields = Fields::default();
        let mut findings = Findings::default();
        let end = self.pass(
            control,
            |block| survey(self, block),
            |(f, g)| {
                fields.merge(f);
                findings.merge(g);
                Ok(Flow::Continue)
            },
        )?;
        match end {
            End::Open { line } => return Err(self.broken(line, Why::Open)),
            // What follows an array inside an object is the rest of that object.
            End::Tail { line } if !self.is_inner()? => findings.tail = Some(line),
            _ => {}
        }
        self.judge(&findings)?;
        Ok((fields.columns(self.dates), findings))
    }

    fn is_inner(&self) -> Result<bool> {
        let Layout::Array { start, .. } = self.layout else { return Ok(false) };
        let head = self.input.head(usize::try_from(start).unwrap_or(HEAD).min(HEAD))?;
        Ok(head.get(self.mark as usize..).unwrap_or_default().trim_ascii() != b"[")
    }

    /// Refuses text of which so much is broken that it is no table.
    fn judge(&self, findings: &Findings) -> Result<()> {
        let Some((line, why)) = &findings.first_broken else { return Ok(()) };
        let few = findings.broken <= BROKEN && findings.records > 0;
        if few || findings.broken * 4 <= findings.records {
            return Ok(());
        }
        Err(self.broken(*line, *why))
    }

    fn whole(&self, control: &Control) -> Result<(DataFrame, Findings)> {
        control.restart(2 * self.input.len()?);
        let (columns, findings) = self.learn(control)?;
        let mut out = build::frame(&[], &columns)?;
        self.pass(
            control,
            |block| built(block, &columns),
            |frame| {
                out.vstack_mut(&frame).map_err(from_polars)?;
                Ok(Flow::Continue)
            },
        )?;
        out.align_chunks_par();
        Ok((out, findings))
    }

    /// The first rows.
    fn head(&self) -> Result<(DataFrame, Findings)> {
        let mut splitter = self.splitter(HEAD_BYTES)?;
        let mut block = splitter.next_block().map_err(|e| self.input.io(e))?.unwrap_or_default();
        block.spans.truncate(HEAD_ROWS);
        let (fields, findings) = survey(self, &block)?;
        self.judge(&findings)?;
        Ok((built(&block, &fields.columns(self.dates))?, findings))
    }
}

impl Lander for Text {
    type Remarks = Findings;

    fn land(&self, to: &mut ParquetFile, control: &Control) -> Result<Findings> {
        control.restart(2 * self.input.len()?);
        let (columns, findings) = self.learn(control)?;
        to.begin(&build::frame(&[], &columns)?)?;
        self.pass(
            control,
            |block| built(block, &columns),
            |frame| {
                to.push(frame)?;
                Ok(Flow::Continue)
            },
        )?;
        Ok(findings)
    }

    fn notices(&self, remarks: &Findings) -> Vec<Msg> {
        remarks.notices(&self.input)
    }
}

impl Findings {
    fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.broken += other.broken;
        self.duplicates += other.duplicates;
        self.undecodable += other.undecodable;
        // Blocks arrive in order, so the first stays.
        self.first_broken = self.first_broken.take().or(other.first_broken);
        self.first_duplicate = self.first_duplicate.take().or(other.first_duplicate);
        self.tail = self.tail.or(other.tail);
    }

    fn notices(&self, input: &Input) -> Vec<Msg> {
        let mut out = Vec::new();
        if let Some((line, why)) = &self.first_broken {
            let notice = input.msg("notice-json-broken").with("count", self.broken);
            out.push(notice.with("line", *line).with("cause", why.msg()));
        }
        if let Some((line, key)) = &self.first_duplicate {
            out.push(
                Msg::new("notice-json-duplicates").with("count", self.duplicates).with("line", *line).with("key", key),
            );
        }
        if self.undecodable > 0 {
            out.push(Msg::new("notice-json-undecodable").with("count", self.undecodable));
        }
        if let Some(line) = self.tail {
            out.push(Msg::new("notice-json-tail").with("line", line));
        }
        out
    }
}
