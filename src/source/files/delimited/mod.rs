//! CSV, TSV and other delimited text as a table that is browsed without being loaded.
//!
//! Opening reads the beginning of the file only: encoding, delimiter, header and column types come from there. Everything
//! later is found while rows are read (`index`) or checked (`table`). Compressed files and streams are not known here.

mod index;
mod infer;
mod parse;
mod scan;
mod short;
mod sniff;
mod table;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};

use crate::data::{Control, Table};
use crate::error::{Error, Result};
use crate::source::OpenOptions;
use crate::source::files::encoding::{self, Detected};
use crate::text::Msg;
use index::{Index, Place, Sizes, Stamp, read_at};
use infer::{Seen, classify};
use parse::{Sink, split};
use scan::{Dialect, Stop, Walk};
use sniff::{Shape, Wishes};
use table::{Core, DelimitedTable};

/// A delimited file, opened.
pub struct Delimited {
    /// The table. Its own notices grow while it is read.
    pub table: Arc<dyn Table>,
    /// Short facts for the title: an encoding other than UTF-8, a delimiter other than the comma.
    pub facts: Vec<Msg>,
    /// What was decided on opening that a person should know.
    pub notices: Vec<Msg>,
}

/// Opens a plain file of delimited text. Reads its first megabyte; a file in UTF-16 or ISO-2022-JP is converted as a
/// whole into a temporary file first. Fails if there is nothing in the file or an option makes no sense.
pub fn open(path: &Path, options: &OpenOptions, control: &Control) -> Result<Delimited> {
    open_sized(path, options, control, Sizes::default())
}

/// The beginning of a file.
struct Head {
    bytes: Vec<u8>,
    whole: bool,
}

fn head(path: &Path, file: &File, len: u64, size: usize) -> Result<Head> {
    let mut bytes = vec![0; (size as u64).min(len) as usize];
    let n = read_at(file, &mut bytes, 0).map_err(|e| Error::io(path, e))?;
    bytes.truncate(n);
    Ok(Head { whole: n as u64 >= len, bytes })
}

fn open_sized(path: &Path, options: &OpenOptions, control: &Control, sizes: Sizes) -> Result<Delimited> {
    let io = |e| Error::io(path, e);
    let mut file = File::open(path).map_err(io)?;
    let mut stamp = Stamp::of(&file).map_err(io)?;
    let wishes = wishes(path, options)?;
    let mut start = head(path, &file, stamp.len, sizes.head)?;
    let mut detected = detected(&start, options)?;
    let mut facts = Vec::new();
    if let Some(e) = detected.encoding.filter(|e| *e != UTF_8) {
        facts.push(Msg::new("text-encoding").with("name", encoding::name(e)));
    }
    let mut undecodable = 0;
    if let Some(e) = detected.encoding.filter(|e| !encoding::splits_as_ascii(e)) {
        (file, undecodable) = converted(path, file, e, detected.mark, stamp.len, control)?;
        stamp = Stamp::of(&file).map_err(io)?;
        start = head(path, &file, stamp.len, sizes.head)?;
        detected = Detected { encoding: Some(UTF_8), mark: 0 };
    }

    let raw = &start.bytes[detected.mark.min(start.bytes.len())..];
    if start.whole && raw.iter().all(|b| b.is_ascii_whitespace() || *b == 0 || *b == 0x1a) {
        return Err(Error::failed(Msg::new("error-text-empty").with("path", path.display().to_string()))
            .hint(Msg::new("hint-text-empty")));
    }
    // The last line may be cut, and with it a character.
    let cut = if start.whole { None } else { memchr::memrchr2(b'\n', b'\r', raw) };
    let raw = &raw[..cut.map_or(raw.len(), |i| i + 1)];
    let (text, _) = encoding::decode(detected.encoding.unwrap_or(UTF_8), raw);
    let shape = sniff::sniff(&text, start.whole, wishes, sizes.quote);
    if shape.dialect.delimiter != b',' && shape.dialect.delimiter != shape.dialect.newline {
        facts.push(delimiter_fact(shape.dialect.delimiter));
    }
    let first = first_row(raw, &shape);
    let seen = infer_columns(&text[shape.data.min(text.len())..], &shape, start.whole, sizes.sample);
    let (names, renamed) = sniff::names(shape.header.as_deref(), shape.columns);
    let notices = opening_notices(&shape, &names, &renamed, &seen, options.all_text);

    let place = Place { offset: first.offset + detected.mark as u64, ..first };
    let index = Index::new(path.to_owned(), file, stamp, place, shape.dialect, detected.encoding, sizes);
    let core = Core::new(index, names, seen, options.all_text, undecodable);
    core.index().step()?;
    Ok(Delimited { table: Arc::new(DelimitedTable::new(Arc::new(core))), facts, notices })
}

fn wishes(path: &Path, options: &OpenOptions) -> Result<Wishes> {
    let delimiter = match options.delimiter {
        None => None,
        Some(c) => match u8::try_from(c) {
            Ok(b) if b.is_ascii() && !matches!(b, b'"' | b'\n' | b'\r' | 0) => Some(b),
            _ => {
                return Err(Error::usage(Msg::new("error-text-delimiter").with("name", c.to_string()))
                    .hint(Msg::new("hint-text-delimiter")));
            }
        },
    };
    let named = |name: &str| match name.to_ascii_lowercase().as_str() {
        "csv" => Some(b','),
        "tsv" | "tab" => Some(b'\t'),
        _ => None,
    };
    let from_options = options.format.as_deref().and_then(named);
    let from_path = || path.extension().and_then(|e| e.to_str()).and_then(named);
    Ok(Wishes { delimiter, header: options.header, named: from_options.or_else(from_path) })
}

/// The encoding a person asked for, or the one found.
fn detected(head: &Head, options: &OpenOptions) -> Result<Detected> {
    let Some(label) = &options.encoding else { return Ok(encoding::detect(&head.bytes, head.whole)) };
    let wanted = encoding::by_label(label)?;
    let wide = |e: &'static Encoding| e == encoding_rs::UTF_16LE || e == encoding_rs::UTF_16BE;
    Ok(match Encoding::for_bom(&head.bytes) {
        // The mark knows the order of the bytes better than a person does.
        Some((e, mark)) if e == wanted || (wide(e) && wide(wanted)) => Detected { encoding: Some(e), mark },
        _ => Detected { encoding: Some(wanted), mark: 0 },
    })
}

/// The file as UTF-8 in a temporary file that vanishes with its last handle.
fn converted(
    path: &Path,
    mut file: File,
    encoding: &'static Encoding,
    mark: usize,
    len: u64,
    control: &Control,
) -> Result<(File, u64)> {
    let io = |e| Error::io(path, e);
    let temporary = |e| Error::io(&std::env::temp_dir(), e);
    file.seek(SeekFrom::Start(mark as u64)).map_err(io)?;
    control.restart(len);
    let mut copy = tempfile::tempfile().map_err(temporary)?;
    let bad = encoding::convert(encoding, file, BufWriter::new(&mut copy), control).map_err(temporary)??;
    Ok((copy, bad))
}

/// Where the data begins in the bytes as they are in the file.
fn first_row(raw: &[u8], shape: &Shape) -> Place {
    let Dialect { newline, .. } = shape.dialect;
    let mut at = match shape.preamble.len() {
        0 => 0,
        n => memchr::memchr_iter(newline, raw).nth(n - 1).map_or(raw.len(), |i| i + 1),
    };
    if shape.header.is_some() {
        let mut walk = Walk { at, ..Walk::default() };
        shape.dialect.walk(raw, true, &mut walk, 1, usize::MAX);
        at = walk.at;
    }
    Place { offset: at as u64, row: 0, line: 1 + memchr::memchr_iter(newline, &raw[..at]).count() as u64 }
}

struct Infer {
    seen: Vec<Seen>,
}

impl Sink for Infer {
    fn wants(&self, place: usize) -> bool {
        self.seen.get(place).is_some_and(|s| !s.is_text())
    }
    fn field(&mut self, place: usize, text: &str, _quoted: bool) {
        self.seen[place].add(classify(text.as_bytes()));
    }
    fn end(&mut self, _row: u64, _start: usize, _fields: usize) {}
}

fn infer_columns(text: &str, shape: &Shape, whole: bool, sample: u64) -> Vec<Seen> {
    let mut walk = Walk::default();
    let stop = shape.dialect.walk(text.as_bytes(), whole, &mut walk, sample, usize::MAX);
    let end = if stop == Stop::More && walk.rows == 0 { 0 } else { walk.at };
    let mut infer = Infer { seen: vec![Seen::default(); shape.columns] };
    split(&text[..end], &shape.dialect, 0, &walk.literal, sample, &mut infer);
    infer.seen
}

fn delimiter_fact(delimiter: u8) -> Msg {
    match delimiter {
        b'\t' => Msg::new("text-delimiter-tab"),
        b' ' => Msg::new("text-delimiter-space"),
        other => Msg::new("text-delimiter").with("delimiter", char::from(other).to_string()),
    }
}

/// The beginning of foreign text, for a notice.
fn quoted(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

fn opening_notices(
    shape: &Shape,
    names: &[String],
    renamed: &sniff::Renamed,
    seen: &[Seen],
    all_text: bool,
) -> Vec<Msg> {
    const NAMES: usize = 8;
    const LINE: usize = 60;
    let list = |items: &mut dyn Iterator<Item = String>| {
        let mut shown: Vec<String> = items.take(NAMES + 1).collect();
        if shown.len() > NAMES {
            shown[NAMES] = "…".to_owned();
        }
        shown.join(", ")
    };
    let mut out = Vec::new();
    if let Some(line) = shape.preamble.iter().find(|l| !l.trim().is_empty()) {
        out.push(
            Msg::new("notice-text-preamble")
                .with("count", shape.preamble.len())
                .with("line", quoted(line.trim(), LINE)),
        );
    }
    if !renamed.duplicates.is_empty() {
        out.push(Msg::new("notice-text-duplicate-names").with("names", list(&mut renamed.duplicates.iter().cloned())));
    }
    if !renamed.empty.is_empty() {
        let given = renamed.empty.iter().filter_map(|i| names.get(i - 1).cloned());
        out.push(
            Msg::new("notice-text-empty-names")
                .with("count", renamed.empty.len())
                .with("names", list(&mut given.into_iter())),
        );
    }
    let mut kept = names.iter().zip(seen).filter(|(_, s)| s.digits_kept_as_text()).map(|(n, _)| n.clone()).peekable();
    if !all_text && kept.peek().is_some() {
        out.push(Msg::new("notice-text-kept").with("names", list(&mut kept)));
    }
    out
}
