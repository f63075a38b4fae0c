//! Large text landed as Parquet: the beginning is shown at once, the whole is written to the cache when it is needed, in
//! bounded memory, and found there the next time.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use polars::prelude::{Column as PlColumn, DataFrame, DataType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::{NamedTempFile, TempPath};

use super::input::{Input, cache, spool};
use crate::data::{Around, Control, MemoryTable, ParquetFile, ParquetTable, Part, RowCount, Table, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Schema;

/// Most bytes kept in the cache.
const CACHE: u64 = 20 << 30;
/// Changes when the way text is read changes, so that old tables are not found.
const VERSION: u32 = 1;

/// Something that can be written as Parquet from beginning to end.
pub trait Lander: Send + Sync {
    /// What is to be remembered of the reading beside the table.
    type Remarks: Serialize + DeserializeOwned + Send + Sync;

    /// Writes all rows. Progress counts bytes read.
    fn land(&self, to: &mut ParquetFile, control: &Control) -> Result<Self::Remarks>;

    /// What a person should know about the reading.
    fn notices(&self, remarks: &Self::Remarks) -> Vec<Msg>;
}

/// A table that is, or can be, landed.
pub struct Opened {
    /// The table.
    pub table: Arc<dyn Table>,
    /// What is known about it so far.
    pub notices: Vec<Msg>,
}

/// Opens what was landed before, or else the beginning (`head`) with the promise to land the rest. A file that lies
/// still is kept in the cache under its name and what was `asked` for; anything else is landed for as long as the table
/// lives.
pub fn open<L: Lander + 'static>(
    input: &Input,
    asked: Option<String>,
    head: DataFrame,
    lander: Arc<L>,
    findings: &L::Remarks,
) -> Result<Opened> {
    let place = asked.and_then(|asked| place_of(input, &asked));
    if let Some(found) = place.as_deref().and_then(|p| found(p, lander.as_ref())) {
        let notices = Table::notices(&found);
        return Ok(Opened { table: Arc::new(found), notices });
    }
    let notices = lander.notices(findings);
    let head = MemoryTable::new(head);
    let table = LandingTable { head, input: input.clone(), place, lander, landed: OnceLock::new() };
    Ok(Opened { table: Arc::new(table), notices })
}

/// Where a file's table is kept: by path, time and size.
fn place_of(input: &Input, asked: &str) -> Option<PathBuf> {
    let dir = cache()?.join("landed");
    let path = std::fs::canonicalize(&input.path).ok()?;
    let meta = std::fs::metadata(&path).ok()?;
    let modified = meta.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let key = format!("{VERSION}\0{}\0{modified}\0{asked}\0{}", path.display(), meta.len());
    let stem: String = input.name.chars().filter(|c| c.is_alphanumeric()).take(24).collect();
    Some(dir.join(format!("{stem}-{:016x}.parquet", xxhash_rust::xxh3::xxh3_64(key.as_bytes()))))
}

/// Where what is known about a landed table is kept.
pub fn remarks_of(place: &Path) -> PathBuf {
    place.with_extension("json")
}

/// Notes that a landed table was used: what was used last is removed last. The note is on its remarks, since whoever has
/// the table open takes a new date on it for a change.
pub fn used(place: &Path) {
    if let Ok(file) = File::options().write(true).open(remarks_of(place)) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// A table landed before, if it is whole.
fn found<L: Lander>(place: &Path, lander: &L) -> Option<Landed> {
    let remarks = serde_json::from_slice(&std::fs::read(remarks_of(place)).ok()?).ok()?;
    used(place);
    let table = ParquetTable::open(vec![(place.to_owned(), Vec::new())], Vec::new()).ok()?;
    Some(Landed { table, notices: lander.notices(&remarks), _keep: None })
}

/// A large file whose first rows are known.
struct LandingTable<L: Lander> {
    head: MemoryTable,
    input: Input,
    place: Option<PathBuf>,
    lander: Arc<L>,
    landed: OnceLock<Arc<Landed>>,
}

impl<L: Lander> LandingTable<L> {
    fn landed(&self, control: &Control) -> Result<Arc<Landed>> {
        if let Some(landed) = self.landed.get() {
            return Ok(landed.clone());
        }
        let before = stamp(&self.input);
        let landed = match self.place.as_deref().and_then(|place| place.parent().map(|dir| (place, dir))) {
            Some((place, dir)) => match folder(dir) {
                Ok(file) => self.land_in_cache(file, place, dir, control)?,
                Err(_) => self.land_aside(control)?,
            },
            None => self.land_aside(control)?,
        };
        if stamp(&self.input) != before {
            return Err(Error::failed(self.input.msg("error-file-changed")).hint(Msg::new("hint-reload")));
        }
        Ok(self.landed.get_or_init(|| Arc::new(landed)).clone())
    }

    /// A column in the type the first rows promised, if that changes no value.
    fn narrowed(&self, column: &PlColumn, wanted: &DataType) -> Result<PlColumn> {
        let narrow = column.cast(wanted).map_err(from_polars)?;
        let back = narrow.cast(column.dtype()).map_err(from_polars)?;
        if back.equals_missing(column) {
            return Ok(narrow);
        }
        let name = column.name().to_string();
        Err(Error::failed(self.input.msg("error-landing-changed").with("column", name))
            .hint(Msg::new("hint-landing-changed")))
    }

    fn write(&self, to: &NamedTempFile, control: &Control) -> Result<L::Remarks> {
        let file = to.reopen().map_err(|e| Error::io(to.path(), e))?;
        let mut parquet = ParquetFile::new(to.path(), file);
        let remarks = self.lander.land(&mut parquet, control)?;
        parquet.finish()?;
        Ok(remarks)
    }

    fn land_in_cache(&self, file: NamedTempFile, place: &Path, dir: &Path, control: &Control) -> Result<Landed> {
        let remarks = self.write(&file, control)?;
        prune(dir, place);
        let mut beside = folder(dir).map_err(|e| Error::io(dir, e))?;
        let text = serde_json::to_vec(&remarks).unwrap_or_default();
        beside.write_all(&text).map_err(|e| Error::io(dir, e))?;
        beside.persist(remarks_of(place)).map_err(|e| Error::io(place, e.error))?;
        file.persist(place).map_err(|e| Error::io(place, e.error))?;
        let table = ParquetTable::open(vec![(place.to_owned(), Vec::new())], Vec::new())?;
        Ok(Landed { table, notices: self.lander.notices(&remarks), _keep: None })
    }

    fn land_aside(&self, control: &Control) -> Result<Landed> {
        let file = spool("landed", ".parquet")?;
        let remarks = self.write(&file, control)?;
        let path = file.into_temp_path();
        let table = ParquetTable::open(vec![(path.to_path_buf(), Vec::new())], Vec::new())?;
        Ok(Landed { table, notices: self.lander.notices(&remarks), _keep: Some(path) })
    }
}

/// A new file in the folder of landed tables, to be renamed when it is whole.
pub fn folder(dir: &Path) -> std::io::Result<NamedTempFile> {
    std::fs::create_dir_all(dir)?;
    tempfile::Builder::new().prefix(".landing-").tempfile_in(dir)
}

fn stamp(input: &Input) -> Option<(u64, SystemTime)> {
    let m = std::fs::metadata(&input.path).ok()?;
    Some((m.len(), m.modified().ok()?))
}

/// Removes the tables used longest ago until the rest is within what the cache may hold.
pub fn prune(dir: &Path, except: &Path) {
    prune_to(dir, CACHE, except);
}

fn prune_to(dir: &Path, limit: u64, except: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut tables: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "parquet") && e.path() != except)
        .filter_map(|e| {
            let m = e.metadata().ok()?;
            let used = std::fs::metadata(remarks_of(&e.path())).and_then(|r| r.modified()).or_else(|_| m.modified());
            Some((used.ok()?, m.len(), e.path()))
        })
        .collect();
    tables.sort();
    let mut total: u64 = tables.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in tables {
        if total <= limit {
            break;
        }
        // What cannot be removed now is tried again the next time.
        let _ = std::fs::remove_file(remarks_of(&path));
        if std::fs::remove_file(&path).is_ok() {
            total -= len;
        }
    }
}

impl<L: Lander + 'static> Table for LandingTable<L> {
    fn schema(&self) -> &Schema {
        self.head.schema()
    }

    fn rows(&self) -> RowCount {
        match self.landed.get() {
            Some(landed) => landed.rows(),
            None => RowCount::AtLeast(self.head.rows().known()),
        }
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let Some(landed) = self.landed.get() else { return self.head.read(columns, start, len) };
        // The whole may have more columns and wider types; whoever cares has asked for it by `settle`.
        let none = self.head.read(columns, 0, 0)?;
        let places: Option<Vec<usize>> =
            none.columns().iter().map(|c| landed.schema().position(c.name().as_str())).collect();
        let Some(places) = places else { return self.head.read(columns, start, len) };
        let read = landed.read(&places, start, len)?;
        let cast: Result<Vec<PlColumn>> = read
            .columns()
            .iter()
            .zip(none.columns())
            .map(|(c, want)| if c.dtype() == want.dtype() { Ok(c.clone()) } else { self.narrowed(c, want.dtype()) })
            .collect();
        DataFrame::new(read.height(), cast?).map_err(from_polars)
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.landed(control)?.parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        self.landed.get().map(|l| Table::notices(l.as_ref())).unwrap_or_default()
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(Some(self.landed(control)?))
    }
}

/// A table that was landed.
struct Landed {
    table: ParquetTable,
    notices: Vec<Msg>,
    _keep: Option<TempPath>,
}

impl Around for Landed {
    fn table(&self) -> &dyn Table {
        &self.table
    }

    fn notices(&self) -> Vec<Msg> {
        self.notices.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        for (age, name) in [(30, "old"), (20, "newer"), (10, "newest")] {
            let path = dir.path().join(format!("{name}.parquet"));
            std::fs::write(&path, [0; 100])?;
            std::fs::write(remarks_of(&path), "{}")?;
            File::options()
                .write(true)
                .open(remarks_of(&path))?
                .set_modified(SystemTime::now() - std::time::Duration::from_secs(age))?;
        }
        prune_to(dir.path(), 200, Path::new("none"));
        let mut left: Vec<String> =
            std::fs::read_dir(dir.path())?.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        left.sort();
        assert_eq!(left, ["newer.json", "newer.parquet", "newest.json", "newest.parquet"]);
        Ok(())
    }
}
