//! Places tables come from. One trait, one folder or file for each kind, one table that lists the kinds.
//!
//! A source finds and opens tables; it never changes them. What is done with a table afterwards is not its business.

pub mod clock;
pub mod files;
pub mod http;
pub mod postgres;
pub mod redash;
pub mod sample;
pub mod secret;

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
    /// Values for the parameters of a query; a name given several times means a run for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<(String, String)>,
    /// How old a stored result may be, in seconds; any age if none is given, a fresh run if 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
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
            parameters: if self.parameters.is_empty() { lower.parameters } else { self.parameters },
            max_age: self.max_age.or(lower.max_age),
        }
    }
}

/// The notice that part of what was asked for is not in a table.
pub const LEFT_OUT: &str = "notice-left-out";

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

/// One value a table wants before it can be opened well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The parameter's name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The value to begin with.
    pub value: String,
    /// How values are written.
    pub form: String,
    /// The words and values to choose from; any value if there are none.
    pub choices: Vec<(String, String)>,
    /// Whether it takes several values, with commas between them.
    pub several: bool,
}

/// A place tables come from.
pub trait Source: Send + Sync {
    /// What is at `path` within the source; the empty path is its top.
    fn list(&self, path: &str, control: &Control) -> Result<Vec<Entry>>;

    /// What is at `path` and has all these words in its name or remark, or wherever the source itself looks.
    fn find(&self, path: &str, words: &str, control: &Control) -> Result<Vec<Entry>> {
        let words = words.to_lowercase();
        let has = |e: &Entry| {
            let text = format!("{} {}", e.name, e.remark).to_lowercase();
            words.split_whitespace().all(|w| text.contains(w))
        };
        Ok(self.list(path, control)?.into_iter().filter(has).collect())
    }

    /// Opens the table at `path`.
    fn open(&self, path: &str, options: &OpenOptions, control: &Control) -> Result<Opened>;

    /// Bytes stored under the table at `path`, where that is known without reading it.
    fn size(&self, _path: &str, _control: &Control) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Whether the source can be reached: a sentence for `doctor`.
    fn check(&self, control: &Control) -> Result<Msg>;

    /// Whether listing it goes over a network, and so waits until somebody asks.
    fn remote(&self) -> bool {
        false
    }

    /// The path in its shortest form, without anything that must not be remembered.
    fn tidy(&self, path: &str) -> String {
        path.to_owned()
    }

    /// The path of what a pasted text names, if it is something of this source.
    fn recognise(&self, _text: &str) -> Option<String> {
        None
    }

    /// The path of the table that tells about the one at `path`.
    fn about(&self, _path: &str) -> Option<String> {
        None
    }

    /// The values a table wants before it is opened; empty for most.
    fn asks(&self, _path: &str, _control: &Control) -> Result<Vec<Ask>> {
        Ok(Vec::new())
    }

    /// The path with the answers to what was asked.
    fn with_answers(&self, path: &str, _answers: &[(String, String)]) -> String {
        path.to_owned()
    }
}

/// A folder for data that can be made anew: `dirs`' cache directory, or the one `MEKIKI_CACHE` names.
pub fn cache_dir() -> Option<PathBuf> {
    std::env::var_os("MEKIKI_CACHE").map(PathBuf::from).or_else(|| dirs::cache_dir().map(|d| d.join("mekiki")))
}

/// Makes the source of a connection out of its name and its table in the configuration.
pub type Make = fn(&str, &toml::Table) -> Result<Arc<dyn Source>>;

/// The kinds of connections: their names in the configuration, and how each is made.
pub const KINDS: &[(&str, Make)] =
    &[("redash", redash::make), ("postgres", postgres::make), ("redshift", postgres::make)];

/// The source of a connection. One that cannot be made says why whenever it is used.
pub fn connect(name: &str, table: &toml::Table) -> Arc<dyn Source> {
    let kind = table.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
    let made = match KINDS.iter().find(|(known, _)| *known == kind) {
        Some((_, make)) => make(name, table),
        None => Err(crate::error::Error::usage(Msg::new("doctor-connection-kind").with("kind", kind))
            .hint(Msg::new("doctor-connection-remedy"))),
    };
    made.unwrap_or_else(|error| Arc::new(Broken { message: error.message, hint: error.hint }))
}

/// A connection whose settings are wrong.
struct Broken {
    message: Msg,
    hint: Option<Msg>,
}

impl Broken {
    fn error<T>(&self) -> Result<T> {
        let mut error = crate::error::Error::usage(self.message.clone());
        error.hint.clone_from(&self.hint);
        Err(error)
    }
}

impl Source for Broken {
    fn list(&self, _path: &str, _control: &Control) -> Result<Vec<Entry>> {
        self.error()
    }

    fn open(&self, _path: &str, _options: &OpenOptions, _control: &Control) -> Result<Opened> {
        self.error()
    }

    fn check(&self, _control: &Control) -> Result<Msg> {
        self.error()
    }

    fn remote(&self) -> bool {
        true
    }
}

/// The sources that need no configuration: their names, and how each is made.
pub const BUILT_IN: &[(&str, fn() -> Arc<dyn Source>)] = &[("sample", || Arc::new(sample::Sample))];
