//! A file as the readers see it: where its bytes are, what to call it, and what has to live as long as it is read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::{NamedTempFile, TempPath};

use crate::data::{Around, Control, Table};
use crate::error::{Error, Result};
use crate::text::Msg;

/// Bytes at the beginning of a file that tell its format.
pub const HEAD: usize = 64 * 1024;

/// Bytes to read as a table.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file that holds the bytes.
    pub path: PathBuf,
    /// What people know it by: the path they gave, or a word for standard input.
    pub shown: String,
    /// The name whose extension says something about the format.
    pub name: String,
    /// A temporary file to keep.
    pub keep: Option<Arc<TempPath>>,
}

impl Input {
    /// A file of the person's own.
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            shown: path.display().to_string(),
            name: path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            keep: None,
        }
    }

    /// A temporary file that holds what `shown` is made of.
    pub fn temporary(path: TempPath, shown: String, name: String) -> Self {
        Self { path: path.to_path_buf(), shown, name, keep: Some(Arc::new(path)) }
    }

    /// Opens the file for reading.
    pub fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|e| self.io(e))
    }

    /// The first bytes.
    pub fn head(&self, len: usize) -> Result<Vec<u8>> {
        let mut head = Vec::with_capacity(len.min(HEAD));
        self.open()?.take(len as u64).read_to_end(&mut head).map_err(|e| self.io(e))?;
        Ok(head)
    }

    /// Length in bytes.
    pub fn len(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.path).map_err(|e| self.io(e))?.len())
    }

    /// An error of reading, under the name people know.
    pub fn io(&self, error: std::io::Error) -> Error {
        Error::io(Path::new(&self.shown), error)
    }

    /// A message about this input: `$path` is set.
    pub fn msg(&self, id: &'static str) -> Msg {
        Msg::new(id).with("path", &self.shown)
    }

    /// The table, made to keep the temporary file it reads from.
    pub fn keeping(&self, table: Arc<dyn Table>) -> Arc<dyn Table> {
        match &self.keep {
            Some(keep) => Arc::new(Kept { table, keep: keep.clone() }),
            None => table,
        }
    }
}

/// A table whose storage is a temporary file.
struct Kept {
    table: Arc<dyn Table>,
    keep: Arc<TempPath>,
}

impl Around for Kept {
    fn table(&self) -> &dyn Table {
        self.table.as_ref()
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let settled = self.table.settle(control)?;
        Ok(settled.map(|table| Arc::new(Kept { table, keep: self.keep.clone() }) as Arc<dyn Table>))
    }

    fn parquet_files(&self) -> Option<Vec<PathBuf>> {
        None
    }
}

/// The folder for what can be made anew. Tests keep away from the person's own.
pub fn cache() -> Option<PathBuf> {
    if cfg!(test) {
        Some(std::env::temp_dir().join(format!("mekiki-tests-{}", std::process::id())))
    } else {
        crate::source::cache_dir()
    }
}

/// Removes temporary files that a process left behind when it was killed.
fn sweep(dir: &Path) {
    /// Longer than anyone leaves a table open.
    const OLD: std::time::Duration = std::time::Duration::from_secs(14 * 86_400);
    static DONE: std::sync::Once = std::sync::Once::new();
    DONE.call_once(|| {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let age = entry.metadata().ok().and_then(|m| m.modified().ok()?.elapsed().ok());
            if age.is_some_and(|a| a > OLD) {
                // What cannot be removed now is tried again the next time.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    });
}

/// A new temporary file on a disk rather than in memory: in the cache folder, else where the system keeps such files.
pub fn spool(purpose: &str, suffix: &str) -> Result<NamedTempFile> {
    let build = |dir: &Path| {
        std::fs::create_dir_all(dir)?;
        tempfile::Builder::new().prefix(&format!("{purpose}-")).suffix(suffix).tempfile_in(dir)
    };
    let mut places: Vec<PathBuf> = cache().map(|d| d.join("spool")).into_iter().collect();
    places.iter().for_each(|p| sweep(p));
    places.push(std::env::temp_dir());
    let mut last = None;
    for place in &places {
        match build(place) {
            Ok(file) => return Ok(file),
            Err(e) => last = Some(Error::io(place, e)),
        }
    }
    Err(last.unwrap_or_else(Error::interrupted))
}

/// Runs a library that may panic on bad data; a panic becomes an error.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(crate::data::panicked(&*payload)))
}
