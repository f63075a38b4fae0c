//! Places tables come from. One trait, one folder or file for each kind, one table that lists the kinds.
//!
//! A source finds and opens tables; it never changes them. What is done with a table afterwards is not its business.

pub mod files;
pub mod sample;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{Control, Dataset};
use crate::error::Result;
use crate::text::Msg;

/// How to read something that does not say so itself; what is not given is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OpenOptions {
    /// Name of the text encoding, as WHATWG spells it (`shift_jis`, `euc-jp`, `utf-16le`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The character between fields of a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether the first line names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// A format by name (`csv`, `jsonl` …) where the file's name and beginning mislead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Read every column of a text file as text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_text: bool,
}

impl OpenOptions {
    /// What is given here, and what `lower` gives where nothing is.
    pub fn over(self, lower: Self) -> Self {
        Self {
            encoding: self.encoding.or(lower.encoding),
            delimiter: self.delimiter.or(lower.delimiter),
            header: self.header.or(lower.header),
            format: self.format.or(lower.format),
            all_text: self.all_text || lower.all_text,
        }
    }
}

/// A table that was opened.
pub struct Opened {
    /// The table, not loaded.
    pub dataset: Dataset,
    /// A short name for the tab.
    pub title: String,
    /// Short facts for the title line: encoding, sheet, number of files.
    pub facts: Vec<Msg>,
    /// What a person should know: text kept as text, a preamble skipped, another sheet there.
    pub notices: Vec<Msg>,
}

/// One thing in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What to show.
    pub name: String,
    /// What to open or list next.
    pub locator: String,
    /// Whether it can be opened as a table or listed further.
    pub kind: EntryKind,
    /// A remark: size, date, row count.
    pub remark: String,
}

/// What an entry leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A table.
    Table,
    /// A folder, schema or project with entries of its own.
    Folder,
    /// A table with steps to be done to it.
    Recipe,
}

/// A place tables come from.
pub trait Source: Send + Sync {
    /// What is at `path` within the source; the empty path is its top.
    fn list(&self, path: &str, control: &Control) -> Result<Vec<Entry>>;

    /// Opens the table at `path`.
    fn open(&self, path: &str, options: &OpenOptions, control: &Control) -> Result<Opened>;

    /// Bytes stored under the table at `path`, where that is known without reading it.
    fn size(&self, _path: &str, _control: &Control) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Whether the source can be reached: a sentence for `doctor`.
    fn check(&self, control: &Control) -> Result<Msg>;
}

/// A folder for data that can be made anew: `dirs`' cache directory, or the one `MEKIKI_CACHE` names.
pub fn cache_dir() -> Option<PathBuf> {
    std::env::var_os("MEKIKI_CACHE").map(PathBuf::from).or_else(|| dirs::cache_dir().map(|d| d.join("mekiki")))
}

/// The sources that need no configuration: their names, and how each is made.
pub const BUILT_IN: &[(&str, fn() -> Arc<dyn Source>)] = &[("sample", || Arc::new(sample::Sample))];
