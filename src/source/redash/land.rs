//! A result on its way into a table: the beginning is shown at once, the whole goes to Parquet in the cache, in bounded
//! memory. What a column is may turn out late; what was landed by then is made to fit, or the server asked again.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use polars::prelude::DataFrame;
use serde_json::Value;
use tempfile::TempPath;

use super::columns::{Columns, Hint, Outline, Type};
use super::json::{Broken, Facts, Reader};
use super::keep::{Provenance, Remarks, Whole, file, found, keep, keep_frame, parquet};
use super::run::Body;
use super::segments::{Segment, joined, write};
use super::shape::{Manner, Shaper, Taken, plan};
use crate::data::{Control, MemoryTable, ParquetFile, Part, RowCount, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::source::files::spool;
use crate::text::Msg;
use crate::value::Schema;

/// Rows and bytes shown before the rest has come.
const HEAD_ROWS: usize = 1_000;
const HEAD_BYTES: usize = 512 << 10;
/// Rows and bytes turned into columns at once, which are the row groups of the table. It is decided on the first of them
/// what the columns are.
const BLOCK_ROWS: usize = 131_072;
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes read at once from what was kept aside.
const PIECE: usize = 1 << 18;
/// Attempts to get a body that breaks off.
const ATTEMPTS: usize = 3;

/// A table out of a result, and what is known about it.
pub struct Landed {
    /// The table.
    pub table: Arc<dyn Table>,
    /// Where it came from.
    pub provenance: Provenance,
    /// What a person should know.
    pub notices: Vec<Msg>,
}

/// Asks for the body again.
pub type Again = Box<dyn Fn(&Control) -> Result<Body> + Send + Sync>;

/// Whether as many rows are in hand as are turned into columns at once.
fn full(columns: &Columns) -> bool {
    columns.rows() >= BLOCK_ROWS || columns.size() >= BLOCK_BYTES
}

fn broken(broken: Broken) -> Error {
    match broken {
        Broken::Cut => Error::new(ErrorKind::Connect, Msg::new("error-redash-cut")),
        Broken::At(at) => Error::failed(Msg::new("error-redash-json").with("place", at)),
        Broken::Large => Error::refused(Msg::new("error-redash-cell")),
    }
}

/// A body being read.
struct Download {
    body: Body,
    reader: Reader,
    columns: Columns,
    ended: bool,
}

impl Download {
    fn new(body: Body) -> Self {
        Self { body, reader: Reader::default(), columns: Columns::default(), ended: false }
    }

    /// Reads the next bytes, and gives them.
    fn more(&mut self, control: &Control) -> Result<Bytes> {
        let Some(piece) = self.body.next(control)? else {
            self.ended = true;
            self.reader.finish(&mut self.columns).map_err(broken)?;
            return Ok(Bytes::new());
        };
        self.reader.feed(&piece, &mut self.columns).map_err(broken)?;
        Ok(piece)
    }

    /// The same, where rows are the progress.
    fn more_rows(&mut self, control: &Control) -> Result<Bytes> {
        let before = self.columns.rows();
        let piece = self.more(control)?;
        control.advance((self.columns.rows() - before) as u64);
        Ok(piece)
    }
}

/// Opens a result: the table is whole if it is small, else its beginning with the promise of the rest.
pub fn open(again: Again, mut provenance: Provenance, manner: Manner, control: &Control) -> Result<Landed> {
    let (mut download, early) = started(&again, control)?;
    provenance.learn(&download.reader.facts);
    let mut shaper = Shaper::new(manner);
    if download.ended {
        download.columns.judge();
        let plan = plan(&download.columns);
        let whole = shaper.frame(&mut download.columns, &plan)?;
        let whole = whole.ok_or_else(|| broken(Broken::At(0)))?;
        provenance.remarks = Remarks::of(&download.columns, shaper.html);
        let notices = provenance.remarks.notices();
        let table = match keep_frame(&whole, &provenance, manner.html) {
            Some(kept) => kept.into(),
            None => Arc::new(MemoryTable::new(whole)) as Arc<dyn Table>,
        };
        return Ok(Landed { table, provenance, notices });
    }
    if let Some(found) = found(&provenance, manner.html) {
        return Ok(found.into());
    }
    let (mut reader, mut columns) = (Reader::default(), Columns::default());
    reader.feed(&early, &mut columns).map_err(broken)?;
    columns.judge();
    let kinds = plan(&columns);
    let head = shaper.frame(&mut columns, &kinds)?.ok_or_else(|| broken(Broken::At(0)))?;
    let table = Arriving {
        head: MemoryTable::new(head),
        rest: Mutex::new(Some(Box::new(download))),
        again,
        manner,
        provenance: provenance.clone(),
        landed: OnceLock::new(),
    };
    Ok(Landed { table: Arc::new(table), provenance, notices: Vec::new() })
}

impl From<Whole> for Landed {
    fn from(whole: Whole) -> Self {
        let (provenance, notices) = (whole.provenance.clone(), whole.notices());
        Self { table: whole.into(), provenance, notices }
    }
}

/// Asks for a body and reads its beginning; asks again if it breaks off. Gives the bytes that were read, too.
fn started(again: &Again, control: &Control) -> Result<(Download, Vec<u8>)> {
    read(again, HEAD_ROWS, HEAD_BYTES, control)
}

/// Asks for a body and reads so many rows of it, or bytes; asks again if it breaks off.
fn read(again: &Again, most: usize, bytes: usize, control: &Control) -> Result<(Download, Vec<u8>)> {
    let mut attempt = 1;
    loop {
        let (mut download, mut early) = (Download::new(again(control)?), Vec::new());
        let read = loop {
            let rows = download.columns.rows();
            if download.ended || rows >= most || (rows > 0 && early.len() >= bytes) {
                break Ok(());
            }
            match download.more_rows(control) {
                Ok(piece) => early.extend_from_slice(&piece),
                Err(e) => break Err(e),
            }
        };
        match read {
            Ok(()) if download.ended && !download.reader.facts.result => {
                return Err(Error::new(ErrorKind::Connect, Msg::new("error-redash-cut")));
            }
            Ok(()) => return Ok((download, early)),
            Err(e) if e.kind == ErrorKind::Connect && attempt < ATTEMPTS => attempt += 1,
            Err(e) => return Err(e),
        }
    }
}

/// What a column is, given its name, the server's word for it and what was seen in it.
pub type Judge<'a> = &'a dyn Fn(&str, Hint, Type) -> Type;

/// A result of at most so many rows, in memory, and the order its columns are in. None where it has more rows, or values
/// other than their column's.
pub fn held(
    again: &Again,
    most: usize,
    judge: Judge,
    manner: Manner,
    control: &Control,
) -> Result<Option<(DataFrame, Order)>> {
    let (mut download, _) = read(again, most + 1, usize::MAX, control)?;
    if download.columns.rows() > most {
        return Ok(None);
    }
    download.columns.judge();
    let mut order = Order::of(&download.columns);
    let mut kinds = plan(&download.columns);
    for ((_, kind), ((name, hint), (_, planned))) in kinds.iter_mut().zip(order.known.iter().zip(&mut order.plan)) {
        *kind = judge(name, *hint, *kind);
        *planned = *kind;
    }
    let frame = Shaper::new(manner).frame(&mut download.columns, &kinds)?;
    Ok(frame.map(|frame| (frame, order)))
}

/// Lands a whole result whose columns are known.
pub fn known(
    again: &Again,
    order: &Order,
    manner: Manner,
    provenance: &Provenance,
    control: &Control,
) -> Result<Whole> {
    let mut attempt = 1;
    loop {
        match known_once(again(control)?, order, manner, provenance, control) {
            Err(e) if e.kind == ErrorKind::Connect && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

fn known_once(body: Body, order: &Order, manner: Manner, provenance: &Provenance, control: &Control) -> Result<Whole> {
    let changed = || Error::failed(Msg::new("error-redash-changed")).hint(Msg::new("hint-reload"));
    let file = file()?;
    let mut shaper = Shaper::new(manner);
    shaper.linked.clone_from(&order.linked);
    let mut download = Download::new(body);
    download.columns = order.columns();
    let mut to = parquet(&file)?;
    to.begin(&shaper.empty(&download.columns, &order.plan)?)?;
    while !download.ended {
        download.more_rows(control)?;
        if download.ended || full(&download.columns) {
            let block = Taken::of(&mut download.columns, &order.plan).map(|taken| shaper.block(taken));
            let block = block.filter(|_| shaper.linked.len() == order.linked.len());
            to.push(block.ok_or_else(changed)?.frame()?)?;
        }
    }
    let facts = download.reader.facts;
    if !facts.result {
        return Err(broken(Broken::Cut));
    }
    to.finish()?;
    // Where a certain result was asked for, another one has come in its place meanwhile.
    let id = facts.get("id").and_then(Value::as_u64);
    if provenance.result.is_some_and(|wanted| id.is_some_and(|id| id != wanted)) {
        return Err(changed());
    }
    let mut provenance = provenance.clone();
    provenance.retrieved_at = facts.get("retrieved_at").and_then(Value::as_str).map(str::to_owned);
    keep(file, provenance, manner.html)
}

/// A result of which the beginning is there.
struct Arriving {
    head: MemoryTable,
    rest: Mutex<Option<Box<Download>>>,
    again: Again,
    manner: Manner,
    provenance: Provenance,
    landed: OnceLock<Arc<Whole>>,
}

impl Arriving {
    fn landed(&self, control: &Control) -> Result<Arc<Whole>> {
        // One thread lands, the others wait for it.
        let mut rest = self.rest.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(landed) = self.landed.get() {
            return Ok(landed.clone());
        }
        let mut attempt = 1;
        let landed = loop {
            let download = match rest.take() {
                Some(download) => *download,
                None => started(&self.again, control)?.0,
            };
            match self.land(download, control) {
                Err(e) if e.kind == ErrorKind::Connect && attempt < ATTEMPTS => attempt += 1,
                other => break other?,
            }
        };
        Ok(self.landed.get_or_init(|| Arc::new(landed)).clone())
    }

    fn land(&self, mut download: Download, control: &Control) -> Result<Whole> {
        let mut shaper = Shaper::new(self.manner);
        let segments = stream(&mut download, &mut shaper, control)?;
        let columns = &download.columns;
        let wanted = shaper.made(columns, &plan(columns));
        let joined = joined(segments, &wanted, control)?;
        let mut provenance = self.provenance.clone();
        provenance.learn(&download.reader.facts);
        provenance.remarks = Remarks::of(columns, shaper.html);
        let Some(file) = joined else {
            // How the server spelled a time, or a number with or without a fraction of zero, is forgotten, and it turned
            // out to be text: better to read twice then, which is rare, than to keep all bytes aside always.
            let order = Order { linked: shaper.linked, ..Order::of(columns) };
            control.restart(0);
            return known(&self.again, &order, self.manner, &provenance, control);
        };
        keep(file, provenance, self.manner.html)
    }
}

/// Lands what comes, each row as it is understood by then.
fn stream(download: &mut Download, shaper: &mut Shaper, control: &Control) -> Result<Vec<Segment>> {
    // While rows are read, those before are made rows of a table and written.
    std::thread::scope(|scope| {
        let (taken, coming) = sync_channel(1);
        let writer = std::thread::Builder::new().name("landing".into());
        let writer = writer.spawn_scoped(scope, move || write(coming.into_iter().map(|taken| shaper.block(taken))));
        let writer = writer.map_err(|e| Error::io(Path::new("landing"), e))?;
        let read = hand_over(download, taken, control);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.and(written)
    })
}

/// Reads all rows and hands them over.
fn hand_over(download: &mut Download, to: SyncSender<Taken>, control: &Control) -> Result<()> {
    loop {
        if download.ended || full(&download.columns) {
            download.columns.judge();
            let now = plan(&download.columns);
            let taken = Taken::of(&mut download.columns, &now).ok_or_else(|| broken(Broken::At(0)))?;
            // The other end is gone where rows cannot be written, and says why.
            if to.send(taken).is_err() || download.ended {
                return Ok(());
            }
        }
        download.more_rows(control)?;
    }
}

/// The columns of results that were read once: their names, hints and types, in the order to show them.
pub struct Order {
    known: Vec<(String, Hint)>,
    /// Places and types.
    pub plan: Vec<(usize, Type)>,
    /// The columns with links in them.
    linked: Vec<String>,
}

impl Order {
    /// The order of columns that have seen all rows.
    pub fn of(columns: &Columns) -> Self {
        let all = columns.all();
        let kinds = plan(columns);
        let known = kinds.iter().map(|(p, _)| (all[*p].name.clone(), all[*p].hint)).collect();
        let plan = kinds.iter().enumerate().map(|(i, (_, kind))| (i, *kind)).collect();
        Self { known, plan, linked: Vec::new() }
    }

    /// Names, the server's words and types, in the order to show them.
    pub fn named(&self) -> impl Iterator<Item = (&str, Hint, Type)> {
        self.plan.iter().filter_map(|(i, kind)| self.known.get(*i).map(|(name, hint)| (name.as_str(), *hint, *kind)))
    }

    /// Columns to read into.
    pub fn columns(&self) -> Columns {
        Columns::of(self.known.clone())
    }
}

/// Reads bytes kept aside once more, now that all types are known.
pub fn reread(
    aside: &Path,
    columns: &mut Columns,
    plan: &[(usize, Type)],
    shaper: &mut Shaper,
    to: &mut ParquetFile,
    control: &Control,
) -> Result<()> {
    let failed = |e: std::io::Error| Error::io(aside, e);
    let mut reader = Reader::default();
    let mut bytes = File::open(aside).map_err(failed)?;
    let mut piece = vec![0; PIECE];
    loop {
        control.check()?;
        let n = bytes.read(&mut piece).map_err(failed)?;
        match n {
            0 => reader.finish(columns).map_err(broken)?,
            n => reader.feed(&piece[..n], columns).map_err(broken)?,
        }
        if n == 0 || full(columns) {
            to.push(shaper.frame(columns, plan)?.ok_or_else(|| broken(Broken::At(0)))?)?;
        }
        if n == 0 {
            return Ok(());
        }
    }
}

/// A result that was read once and kept aside, to be read again when it is known what stands beside it.
pub struct Aside {
    /// Where its bytes are.
    pub path: TempPath,
    /// Its columns.
    pub outline: Outline,
    /// The columns with links in them.
    pub linked: Vec<String>,
    /// What it says of itself.
    pub facts: Facts,
}

/// Gets a whole result and keeps its bytes aside; every row carries these values.
pub fn aside(body: Body, values: &[(String, String, bool)], manner: Manner, control: &Control) -> Result<Aside> {
    let mut download = Download::new(body);
    let mut shaper = Shaper::new(manner);
    download.columns.begin(values);
    let mut kept = BufWriter::with_capacity(PIECE, spool("redash", ".json")?);
    let failed = |e| Error::io(Path::new("spool"), e);
    while !download.ended {
        kept.write_all(&download.more(control)?).map_err(failed)?;
        if download.ended || full(&download.columns) {
            download.columns.judge();
            shaper.learn(&mut download.columns);
        }
    }
    if !download.reader.facts.result {
        return Err(broken(Broken::Cut));
    }
    let path = kept.into_inner().map_err(|e| failed(e.into_error()))?.into_temp_path();
    Ok(Aside { path, outline: download.columns.outline(), linked: shaper.linked, facts: download.reader.facts })
}

impl Table for Arriving {
    fn schema(&self) -> &Schema {
        self.head.schema()
    }

    fn rows(&self) -> RowCount {
        match self.landed.get() {
            Some(whole) => whole.rows(),
            None => RowCount::AtLeast(self.head.rows().known()),
        }
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let Some(whole) = self.landed.get() else { return self.head.read(columns, start, len) };
        // The whole may have other types; whoever cares has asked for it by `settle`.
        let wanted = self.head.schema().columns();
        let places: Option<Vec<usize>> =
            columns.iter().map(|i| whole.schema().columns().iter().position(|c| Some(c) == wanted.get(*i))).collect();
        match places {
            Some(places) => whole.read(&places, start, len),
            None => Err(Error::failed(Msg::new("error-redash-changed")).hint(Msg::new("hint-reload"))),
        }
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.landed(control)?.parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        self.landed.get().map(|w| w.notices()).unwrap_or_default()
    }

    fn facts(&self) -> Vec<Msg> {
        self.landed.get().map(|w| w.facts()).unwrap_or_default()
    }

    fn reading(&self) -> Option<String> {
        self.provenance.path()
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(Some(self.landed(control)?))
    }
}
