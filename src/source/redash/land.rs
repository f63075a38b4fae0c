//! A result on its way into a table: the beginning is shown at once, the whole goes to Parquet in the cache, in bounded
//! memory. What a column is may turn out late; then the bytes, kept aside meanwhile, are read a second time.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn as _,
    IntoSeries as _, NewChunkedArray as _, StringChunked, TimeUnit, TimeZone,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempPath;

use super::columns::{Cells, Columns, Hint, Type};
use super::json::{Broken, Facts, Reader};
use super::run::Body;
use super::{age, html};
use crate::data::{Control, MemoryTable, ParquetTable, Part, RowCount, Stretch, Table, from_polars};
use crate::error::{Error, ErrorKind, Result};
use crate::source::files::{ParquetFile, cache, folder, prune, remarks_of, spool, used};
use crate::text::Msg;
use crate::value::Schema;

/// Rows and bytes shown before the rest has come.
const HEAD_ROWS: usize = 1_000;
const HEAD_BYTES: usize = 512 << 10;
/// Rows and bytes turned into columns at once.
const BLOCK_ROWS: usize = 16_384;
const BLOCK_BYTES: usize = 32 << 20;
/// Bytes read at once from what was kept aside.
const PIECE: usize = 1 << 18;
/// Attempts to get a body that breaks off.
const ATTEMPTS: usize = 3;
/// Changes when results are read differently, so that old tables are not found.
const VERSION: u32 = 1;

/// Where a landed table came from; kept beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The server.
    pub server: String,
    /// The query, and its name and version then.
    pub query: Option<u64>,
    /// The query's name.
    pub name: String,
    /// Counts the query's changes.
    pub version: u64,
    /// What was sent for its parameters.
    pub parameters: Value,
    /// The stored result.
    pub result: Option<u64>,
    /// When the data was made, as the server writes it.
    pub retrieved_at: Option<String>,
    /// What a person should know about the reading: columns of mixed values, numbers kept as text, HTML.
    pub remarks: Remarks,
}

/// Columns that were not plain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remarks {
    mixed: Vec<String>,
    digits: Vec<String>,
    html: Vec<String>,
}

impl Remarks {
    fn of(columns: &Columns, html: Vec<String>) -> Self {
        let names = |wanted: &dyn Fn(&super::columns::Column) -> bool| {
            columns.all().iter().filter(|c| wanted(c)).map(|c| c.name.clone()).collect()
        };
        let text = |c: &super::columns::Column| c.seen().best(c.hint) == Type::Text;
        Self { mixed: names(&|c| text(c) && c.seen().mixed()), digits: names(&|c| text(c) && c.seen().digits()), html }
    }

    fn notices(&self) -> Vec<Msg> {
        let notice =
            |id, names: &Vec<String>| (!names.is_empty()).then(|| Msg::new(id).with("names", names.join(", ")));
        [
            notice("notice-redash-mixed", &self.mixed),
            notice("notice-redash-digits", &self.digits),
            notice("notice-redash-html", &self.html),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Provenance {
    /// Takes over what the result itself says.
    fn learn(&mut self, facts: &Facts) {
        if let Some(id) = facts.get("id").and_then(Value::as_u64) {
            self.result = Some(id);
        }
        if let Some(at) = facts.get("retrieved_at").and_then(Value::as_str) {
            self.retrieved_at = Some(at.to_owned());
        }
    }

    /// Where this result's table is kept.
    pub fn place(&self, html: bool) -> Option<PathBuf> {
        let key = format!("{VERSION}\0{}\0{:?}\0{html}", self.server, self.result?);
        let stem = self.query.map_or_else(|| "result".to_owned(), |q| format!("query-{q}"));
        Some(
            cache()?.join("landed").join(format!("{stem}-{:016x}.parquet", xxhash_rust::xxh3::xxh3_64(key.as_bytes()))),
        )
    }
}

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Cells that are HTML become their text.
    pub html: bool,
}

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

fn broken(broken: Broken) -> Error {
    match broken {
        Broken::Cut => Error::new(ErrorKind::Connect, Msg::new("error-redash-cut")),
        Broken::At(at) => Error::failed(Msg::new("error-redash-json").with("place", at)),
        Broken::Large => Error::refused(Msg::new("error-redash-cell")),
    }
}

/// A table landed before, if it is whole.
pub fn found(provenance: &Provenance, manner: Manner) -> Option<Landed> {
    let place = provenance.place(manner.html)?;
    let provenance: Provenance = serde_json::from_slice(&std::fs::read(remarks_of(&place)).ok()?).ok()?;
    used(&place);
    let table = ParquetTable::open(vec![(place, Vec::new())], Vec::new()).ok()?;
    let notices = provenance.remarks.notices();
    Some(Landed { table: Arc::new(table), provenance, notices })
}

/// A body being read.
struct Download {
    body: Body,
    reader: Reader,
    columns: Columns,
    /// All bytes so far, while they are few.
    early: Vec<u8>,
    /// All bytes, once they are many.
    aside: Option<BufWriter<File>>,
    ended: bool,
}

impl Download {
    fn new(body: Body) -> Self {
        Self {
            body,
            reader: Reader::default(),
            columns: Columns::default(),
            early: Vec::new(),
            aside: None,
            ended: false,
        }
    }

    /// Reads the next bytes.
    fn more(&mut self, control: &Control) -> Result<()> {
        let piece = match self.body.head.is_empty() {
            false => Some(std::mem::take(&mut self.body.head)),
            true => self.body.stream.next(control)?,
        };
        let before = self.columns.rows();
        let Some(piece) = piece else {
            self.ended = true;
            return self.reader.finish(&mut self.columns).map_err(broken);
        };
        match &mut self.aside {
            None => self.early.extend_from_slice(&piece),
            Some(aside) => aside.write_all(&piece).map_err(|e| Error::io(Path::new("spool"), e))?,
        }
        self.reader.feed(&piece, &mut self.columns).map_err(broken)?;
        control.advance((self.columns.rows() - before) as u64);
        Ok(())
    }

    fn put_aside(&mut self) -> Result<()> {
        if self.aside.is_none() {
            let file = spool("redash", ".json")?.into_file();
            let mut writer = BufWriter::with_capacity(1 << 18, file);
            writer.write_all(&self.early).map_err(|e| Error::io(Path::new("spool"), e))?;
            self.early = Vec::new();
            self.aside = Some(writer);
        }
        Ok(())
    }
}

/// The types of the columns, in the order to show them.
fn plan(columns: &Columns) -> Vec<(usize, Type)> {
    let all = columns.all();
    columns.order().into_iter().map(|p| (p, all[p].seen().best(all[p].hint))).collect()
}

/// The rows in hand as a frame. None if they do not fit the plan.
fn frame(
    columns: &mut Columns,
    plan: &[(usize, Type)],
    manner: Manner,
    html: &mut Vec<String>,
) -> Result<Option<DataFrame>> {
    let rows = columns.rows();
    let names: Vec<String> = plan.iter().map(|(p, _)| columns.all()[*p].name.clone()).collect();
    let Some(cells) = columns.take(plan) else { return Ok(None) };
    let made: Vec<PlColumn> = names
        .iter()
        .zip(plan)
        .zip(cells)
        .map(|((name, (_, kind)), cells)| column(name, *kind, cells, manner, html))
        .collect();
    DataFrame::new(rows, made).map(Some).map_err(from_polars)
}

fn column(name: &str, kind: Type, cells: Cells, manner: Manner, html: &mut Vec<String>) -> PlColumn {
    let named = || name.into();
    let some = |values: Vec<i64>, there: Vec<bool>| values.into_iter().zip(there).map(|(v, t)| t.then_some(v));
    match (cells, kind) {
        (Cells::Flags(values), _) => BooleanChunked::from_iter_options(named(), values.into_iter()).into_series(),
        (Cells::Floats(values, there), _) => {
            let values = values.into_iter().zip(there).map(|(v, t)| t.then_some(v));
            Float64Chunked::from_iter_options(named(), values).into_series()
        }
        (Cells::Ints(values, there), Type::Date) => {
            let days = some(values, there).map(|d| d.and_then(|d| i32::try_from(d).ok()));
            Int32Chunked::from_iter_options(named(), days).into_date().into_series()
        }
        (Cells::Ints(values, there), Type::Local | Type::Instant { .. }) => {
            let zone = match kind {
                Type::Instant { tokyo } => {
                    TimeZone::opt_try_new(Some(if tokyo { "Asia/Tokyo" } else { "UTC" })).ok().flatten()
                }
                _ => None,
            };
            Int64Chunked::from_iter_options(named(), some(values, there))
                .into_datetime(TimeUnit::Microseconds, zone)
                .into_series()
        }
        (Cells::Ints(values, there), _) => Int64Chunked::from_iter_options(named(), some(values, there)).into_series(),
        (Cells::Text(text, ends, there), _) => {
            let mut start = 0;
            let pieces = ends.iter().zip(&there).map(|(end, there)| {
                let piece = &text[start..*end];
                start = *end;
                there.then_some(piece)
            });
            if manner.html && text.contains('<') {
                let mut changed = false;
                let plain = pieces.map(|p| {
                    let p = p?;
                    Some(match html::plain(p) {
                        Some(plain) => {
                            changed = true;
                            std::borrow::Cow::Owned(plain)
                        }
                        None => std::borrow::Cow::Borrowed(p),
                    })
                });
                let made = StringChunked::from_iter_options(named(), plain).into_series();
                if changed && !html.iter().any(|n| n == name) {
                    html.push(name.to_owned());
                }
                made
            } else {
                StringChunked::from_iter_options(named(), pieces).into_series()
            }
        }
    }
    .into_column()
}

/// Opens a result: the table is whole if it is small, else its beginning with the promise of the rest.
pub fn open(again: Again, mut provenance: Provenance, manner: Manner, control: &Control) -> Result<Landed> {
    let mut download = started(&again, control)?;
    provenance.learn(&download.reader.facts);
    let mut html = Vec::new();
    if download.ended {
        download.columns.judge();
        let plan = plan(&download.columns);
        let whole = frame(&mut download.columns, &plan, manner, &mut html)?;
        let whole = whole.ok_or_else(|| broken(Broken::At(0)))?;
        provenance.remarks = Remarks::of(&download.columns, html);
        let notices = provenance.remarks.notices();
        return Ok(Landed { table: Arc::new(MemoryTable::new(whole)), provenance, notices });
    }
    if let Some(found) = found(&provenance, manner) {
        return Ok(found);
    }
    let (mut reader, mut columns) = (Reader::default(), Columns::default());
    reader.feed(&download.early, &mut columns).map_err(broken)?;
    columns.judge();
    let kinds = plan(&columns);
    let head = frame(&mut columns, &kinds, manner, &mut html)?.ok_or_else(|| broken(Broken::At(0)))?;
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

/// Asks for a body and reads its beginning; asks again if it breaks off.
fn started(again: &Again, control: &Control) -> Result<Download> {
    let mut attempt = 1;
    loop {
        let mut download = Download::new(again(control)?);
        let read = loop {
            let rows = download.columns.rows();
            if download.ended || rows >= HEAD_ROWS || (rows > 0 && download.early.len() >= HEAD_BYTES) {
                break Ok(());
            }
            if let Err(e) = download.more(control) {
                break Err(e);
            }
        };
        match read {
            Ok(()) if download.ended && !download.reader.facts.result => {
                return Err(Error::new(ErrorKind::Connect, Msg::new("error-redash-cut")));
            }
            Ok(()) => return Ok(download),
            Err(e) if e.kind == ErrorKind::Connect && attempt < ATTEMPTS => attempt += 1,
            Err(e) => return Err(e),
        }
    }
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
                None => started(&self.again, control)?,
            };
            match self.land(download, control) {
                Err(e) if e.kind == ErrorKind::Connect && attempt < ATTEMPTS => attempt += 1,
                other => break other?,
            }
        };
        Ok(self.landed.get_or_init(|| Arc::new(landed)).clone())
    }

    fn land(&self, mut download: Download, control: &Control) -> Result<Whole> {
        let dir = cache().map(|c| c.join("landed"));
        let file = match dir.as_deref().map(folder) {
            Some(Ok(file)) => file,
            _ => spool("landed", ".parquet")?,
        };
        let mut html = Vec::new();
        let fits = stream(&mut download, &file, self.manner, &mut html, control)?;
        let mut provenance = self.provenance.clone();
        provenance.learn(&download.reader.facts);
        provenance.remarks = Remarks::of(&download.columns, html);
        if !fits {
            let mut html = Vec::new();
            file.as_file().set_len(0).map_err(|e| Error::io(file.path(), e))?;
            reread(&mut download, &file, self.manner, &mut html, control)?;
            provenance.remarks.html = html;
        }
        let (path, keep) = match (provenance.place(self.manner.html), dir) {
            (Some(place), Some(dir)) => {
                prune(&dir, &place);
                let mut beside = folder(&dir).map_err(|e| Error::io(&dir, e))?;
                let text = serde_json::to_vec(&provenance).unwrap_or_default();
                beside.write_all(&text).map_err(|e| Error::io(&dir, e))?;
                beside.persist(remarks_of(&place)).map_err(|e| Error::io(&place, e.error))?;
                file.persist(&place).map_err(|e| Error::io(&place, e.error))?;
                (place, None)
            }
            _ => {
                let path = file.into_temp_path();
                (path.to_path_buf(), Some(path))
            }
        };
        let table = ParquetTable::open(vec![(path, Vec::new())], Vec::new())?;
        let notices = provenance.remarks.notices();
        let facts = age::facts(provenance.retrieved_at.as_deref());
        Ok(Whole { table, notices, facts, _keep: keep })
    }
}

fn parquet(file: &tempfile::NamedTempFile) -> Result<ParquetFile> {
    Ok(ParquetFile::new(file.path(), file.reopen().map_err(|e| Error::io(file.path(), e))?))
}

/// Lands what comes as long as it fits what came before. False if it stopped to fit; then all was read nevertheless.
fn stream(
    download: &mut Download,
    file: &tempfile::NamedTempFile,
    manner: Manner,
    html: &mut Vec<String>,
    control: &Control,
) -> Result<bool> {
    let mut to = parquet(file)?;
    let mut planned: Option<Vec<(usize, Type)>> = None;
    let mut fits = true;
    loop {
        let full = download.columns.rows() >= BLOCK_ROWS || download.columns.size() >= BLOCK_BYTES;
        if full || download.ended {
            download.columns.judge();
            // Columns the server lists behind its rows may come in another order.
            fits &= download.reader.has_columns();
            let now = plan(&download.columns);
            let first = planned.is_none();
            fits &= *planned.get_or_insert_with(|| now.clone()) == now;
            match fits {
                true => match frame(&mut download.columns, &now, manner, html)? {
                    Some(frame) => {
                        if first {
                            to.begin(&frame.clear())?;
                        }
                        to.push(frame)?;
                    }
                    None => fits = false,
                },
                false => {
                    download.columns.drop_rows();
                }
            }
            if download.ended {
                break;
            }
        }
        download.put_aside()?;
        download.more(control)?;
    }
    if fits {
        to.finish()?;
    }
    Ok(fits)
}

/// Reads the bytes kept aside once more, now that all types are known.
fn reread(
    download: &mut Download,
    file: &tempfile::NamedTempFile,
    manner: Manner,
    html: &mut Vec<String>,
    control: &Control,
) -> Result<()> {
    let failed = |e: std::io::Error| Error::io(Path::new("spool"), e);
    let all = download.columns.all();
    let kinds = plan(&download.columns);
    let known: Vec<(String, Hint)> = kinds.iter().map(|(p, _)| (all[*p].name.clone(), all[*p].hint)).collect();
    let plan: Vec<(usize, Type)> = kinds.iter().enumerate().map(|(i, (_, kind))| (i, *kind)).collect();
    let mut columns = Columns::of(known);
    let mut reader = Reader::default();
    let mut to = parquet(file)?;
    to.begin(&frame(&mut columns, &plan, manner, html)?.unwrap_or_default())?;
    let Some(aside) = download.aside.take() else { return Err(broken(Broken::Cut)) };
    let mut bytes = aside.into_inner().map_err(|e| failed(e.into_error()))?;
    bytes.rewind().map_err(failed)?;
    let mut piece = vec![0; PIECE];
    loop {
        control.check()?;
        let n = bytes.read(&mut piece).map_err(failed)?;
        match n {
            0 => reader.finish(&mut columns).map_err(broken)?,
            n => reader.feed(&piece[..n], &mut columns).map_err(broken)?,
        }
        if n == 0 || columns.rows() >= BLOCK_ROWS || columns.size() >= BLOCK_BYTES {
            let frame = frame(&mut columns, &plan, manner, html)?.ok_or_else(|| broken(Broken::At(0)))?;
            to.push(frame)?;
        }
        if n == 0 {
            return to.finish();
        }
    }
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

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(Some(self.landed(control)?))
    }
}

/// A result that was landed.
struct Whole {
    table: ParquetTable,
    notices: Vec<Msg>,
    facts: Vec<Msg>,
    _keep: Option<TempPath>,
}

impl Table for Whole {
    fn schema(&self) -> &Schema {
        self.table.schema()
    }

    fn rows(&self) -> RowCount {
        self.table.rows()
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        self.table.read(columns, start, len)
    }

    fn stretches(&self, columns: &[usize], start: u64, len: usize) -> Result<Vec<Stretch>> {
        self.table.stretches(columns, start, len)
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.table.parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        self.notices.clone()
    }

    fn facts(&self) -> Vec<Msg> {
        self.facts.clone()
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        self.table.gather(columns, rows)
    }
}

/// Reads several bodies, whole ones, into one table: each with the values its rows carry.
pub fn stack(bodies: Vec<(Vec<(String, String, bool)>, Vec<u8>)>, manner: Manner) -> Result<(DataFrame, Remarks)> {
    let mut columns = Columns::default();
    for (values, bytes) in bodies {
        columns.begin(&values);
        let mut reader = Reader::default();
        reader.feed(&bytes, &mut columns).and_then(|()| reader.finish(&mut columns)).map_err(broken)?;
    }
    columns.judge();
    let kinds = plan(&columns);
    let mut html = Vec::new();
    let frame = frame(&mut columns, &kinds, manner, &mut html)?.ok_or_else(|| broken(Broken::At(0)))?;
    Ok((frame, Remarks::of(&columns, html)))
}

impl Remarks {
    /// As sentences.
    pub fn sentences(&self) -> Vec<Msg> {
        self.notices()
    }
}
