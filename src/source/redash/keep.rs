//! Results as they are kept in the cache: Parquet with what is known of it beside, found again by the number of the result,
//! and the last few of each query for comparing. How a result is read is not known here.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::{NamedTempFile, TempPath};

use super::age;
use super::columns::{Column, Columns, Type};
use super::json::Facts;
use super::link::Thing;
use crate::data::{Around, ParquetFile, ParquetTable, Table};
use crate::error::{Error, Result};
use crate::source::files::{cache, folder, prune, remarks_of, spool, used};
use crate::text::Msg;

/// Changes when results are read differently, so that old tables are not found.
const VERSION: u32 = 2;
/// What the names of kept tables begin with.
const PREFIX: &str = "result-";
/// Bytes of rows held before they are written.
const GROUP_BYTES: usize = 512 << 10;
/// Results kept of one query with the same values given.
const KEPT: usize = 12;

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
    /// What a person gave for them.
    pub given: Vec<(String, String)>,
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
    /// What the columns and the names of those with HTML say.
    pub fn of(columns: &Columns, html: Vec<String>) -> Self {
        let names = |wanted: &dyn Fn(&Column) -> bool| {
            columns.all().iter().filter(|c| wanted(c)).map(|c| c.name.clone()).collect()
        };
        let text = |c: &Column| c.seen().best(c.hint) == Type::Text;
        Self { mixed: names(&|c| text(c) && c.seen().mixed()), digits: names(&|c| text(c) && c.seen().digits()), html }
    }

    /// As sentences.
    pub fn notices(&self) -> Vec<Msg> {
        let notice = |id, names: &Vec<String>| {
            (!names.is_empty()).then(|| Msg::new(id).with("names", crate::text::names(names)))
        };
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
    pub fn learn(&mut self, facts: &Facts) {
        if let Some(id) = facts.get("id").and_then(Value::as_u64) {
            self.result = Some(id);
        }
        if let Some(at) = facts.get("retrieved_at").and_then(Value::as_str) {
            self.retrieved_at = Some(at.to_owned());
        }
    }

    /// Where this result's table is kept.
    fn place(&self, html: bool) -> Option<PathBuf> {
        let key = format!("{VERSION}\0{}\0{:?}\0{html}", self.server, self.result?);
        Some(
            cache()?
                .join("landed")
                .join(format!("{PREFIX}{:016x}.parquet", xxhash_rust::xxh3::xxh3_64(key.as_bytes()))),
        )
    }

    /// Whether this is a result of the same query with the same values given.
    fn is_run_of(&self, other: &Self) -> bool {
        (&self.server, self.query, &self.given) == (&other.server, other.query, &other.given)
    }

    /// The path of the stored result.
    pub fn path(&self) -> Option<String> {
        self.result.map(|id| Thing::Stored(id).path())
    }
}

/// A table landed before, if it is whole.
pub fn found(provenance: &Provenance, html: bool) -> Option<Whole> {
    let place = provenance.place(html)?;
    let provenance: Provenance = serde_json::from_slice(&std::fs::read(remarks_of(&place)).ok()?).ok()?;
    used(&place);
    let table = ParquetTable::open(vec![(place, Vec::new())], Vec::new()).ok()?;
    Some(Whole { table, provenance, _keep: None })
}

/// A new file for a landed table.
pub fn file() -> Result<NamedTempFile> {
    match cache().map(|c| folder(&c.join("landed"))) {
        Some(Ok(file)) => Ok(file),
        _ => spool("landed", ".parquet"),
    }
}

/// The writer of a file that was made by [`file`].
pub fn parquet(file: &NamedTempFile) -> Result<ParquetFile> {
    let to = file.reopen().map_err(|e| Error::io(file.path(), e))?;
    Ok(ParquetFile::new(file.path(), to).holding(GROUP_BYTES))
}

/// Keeps a file that was written, under its number where it has one, else for as long as the table lives.
pub fn keep(file: NamedTempFile, provenance: Provenance, html: bool) -> Result<Whole> {
    let dir = cache().map(|c| c.join("landed")).filter(|d| file.path().parent() == Some(d));
    let (path, keep) = match (provenance.place(html), dir) {
        (Some(place), Some(dir)) => {
            prune(&dir, &place);
            let mut beside = folder(&dir).map_err(|e| Error::io(&dir, e))?;
            let text = serde_json::to_vec(&provenance).unwrap_or_default();
            beside.write_all(&text).map_err(|e| Error::io(&dir, e))?;
            beside.persist(remarks_of(&place)).map_err(|e| Error::io(&place, e.error))?;
            file.persist(&place).map_err(|e| Error::io(&place, e.error))?;
            for (_, old) in runs_of(&provenance).into_iter().skip(KEPT) {
                // What cannot be removed now is tried again the next time.
                let _ = std::fs::remove_file(remarks_of(&old));
                let _ = std::fs::remove_file(&old);
            }
            (place, None)
        }
        _ => {
            let path = file.into_temp_path();
            (path.to_path_buf(), Some(path))
        }
    };
    let table = ParquetTable::open(vec![(path, Vec::new())], Vec::new())?;
    Ok(Whole { table, provenance, _keep: keep })
}

/// Keeps a result that is whole in memory. None where there is no room for it, which loses nothing but the memory of it.
pub fn keep_frame(frame: &DataFrame, provenance: &Provenance, html: bool) -> Option<Whole> {
    // A Parquet file without columns is none.
    provenance.place(html).filter(|_| frame.width() > 0)?;
    let file = file().ok()?;
    let mut to = parquet(&file).ok()?;
    to.begin(frame).ok()?;
    to.push(frame.clone()).ok()?;
    to.finish().ok()?;
    keep(file, provenance.clone(), html).ok()
}

/// The kept results of the same query with the same values, the latest first.
fn runs_of(wanted: &Provenance) -> Vec<(Provenance, PathBuf)> {
    let Some(entries) = cache().and_then(|c| std::fs::read_dir(c.join("landed")).ok()) else { return Vec::new() };
    let mut found: Vec<(Provenance, PathBuf)> = entries
        .flatten()
        .filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(PREFIX) && n.ends_with(".json")))
        .filter_map(|e| {
            let path = e.path();
            let read: Provenance = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            read.is_run_of(wanted).then(|| (read, path.with_extension("parquet")))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| (&b.retrieved_at, b.result).cmp(&(&a.retrieved_at, a.result)));
    found
}

/// The paths of kept results of the same query with the same values, the latest first, with when each was made.
pub fn earlier(wanted: &Provenance) -> Vec<(String, String)> {
    let runs = runs_of(wanted).into_iter();
    runs.filter_map(|(p, _)| Some((p.path()?, p.retrieved_at.unwrap_or_default()))).collect()
}

/// A result that was landed.
pub struct Whole {
    table: ParquetTable,
    /// Where it came from.
    pub provenance: Provenance,
    _keep: Option<TempPath>,
}

impl Around for Whole {
    fn table(&self) -> &dyn Table {
        &self.table
    }

    fn notices(&self) -> Vec<Msg> {
        self.provenance.remarks.notices()
    }

    fn facts(&self) -> Vec<Msg> {
        age::facts(self.provenance.retrieved_at.as_deref())
    }

    fn reading(&self) -> Option<String> {
        self.provenance.path()
    }
}

impl From<Whole> for Arc<dyn Table> {
    fn from(whole: Whole) -> Self {
        Arc::new(whole)
    }
}
