//! Places tables come from. One trait, one folder or file for each kind, one table that lists the kinds.
//!
//! A source finds and opens tables; it never changes them. What is done with a table afterwards is not its business.

mod alone;
pub mod clock;
pub mod fields;
pub mod files;
pub mod http;
pub mod postgres;
pub mod redash;
pub mod sample;
pub mod secret;
mod tls;
pub mod transcript;

use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{Control, Dataset};
use crate::error::Result;
use crate::text::Msg;

pub use crate::data::OpenOptions;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What to show.
    pub name: String,
    /// What to open or list next.
    pub locator: String,
    /// Whether it can be opened as a table or listed further.
    pub kind: EntryKind,
    /// A remark: size, date, row count.
    pub remark: String,
    /// What it is found by besides its name and remark, in small letters; not shown.
    pub also: String,
}

impl Entry {
    /// What it is found by, in small letters.
    pub fn words(&self) -> String {
        [self.name.to_lowercase(), self.remark.to_lowercase(), self.also.clone()].join("\n")
    }

    /// Whether every one of these words is somewhere in it.
    pub fn has(&self, words: &str) -> bool {
        let own = self.words();
        words.to_lowercase().split_whitespace().all(|word| own.contains(word))
    }
}

/// What an entry leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryKind {
    /// A table.
    #[default]
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
    /// How values are written; empty if any text will do.
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
        Ok(self.list(path, control)?.into_iter().filter(|e| e.has(words)).collect())
    }

    /// Whether `path` names a place with tables in it and no table, as can be told without asking.
    fn is_folder(&self, _path: &str) -> bool {
        false
    }

    /// As [`Source::is_folder`], where somebody may be asked.
    fn turns_out_folder(&self, path: &str, _control: &Control) -> Result<bool> {
        Ok(self.is_folder(path))
    }

    /// What is further down from `path`, by its whole name, where that is known without asking for each folder.
    fn below(&self, _path: &str, _control: &Control) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    /// Forgets what was listed before, so that it is asked for anew.
    fn forget(&self) {}

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

    /// A locator of this source as people read it: what is written in another way only to stand in a locator is written out.
    fn spoken(&self, locator: &str) -> String {
        locator.to_owned()
    }

    /// The path of what a pasted text names, if it is something of this source.
    fn recognise(&self, _text: &str) -> Option<String> {
        None
    }

    /// The path of the table that tells about the one at `path`.
    fn about(&self, _path: &str) -> Option<String> {
        None
    }

    /// The path of the same rows the other way: left where they are and asked for anew each time, where they are read as
    /// they were kept; and back.
    fn other_way(&self, _path: &str) -> Option<String> {
        None
    }

    /// Earlier readings that are kept of the table at `path`, the latest first, without the one called `now`.
    fn earlier(
        &self,
        _path: &str,
        _options: &OpenOptions,
        _now: Option<&str>,
        _control: &Control,
    ) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    /// The values a table wants before it is opened; empty for most.
    fn asks(&self, _path: &str, _control: &Control) -> Result<Vec<Ask>> {
        Ok(Vec::new())
    }

    /// Whether the path leads to a place that takes a statement, and has none yet.
    fn takes_statement(&self, _path: &str) -> bool {
        false
    }

    /// The path of the place that takes statements about the table at `path`.
    fn statements(&self, _path: &str) -> Option<String> {
        None
    }

    /// The path with a statement; it stays as it is where none is taken.
    fn with_statement(&self, path: &str, _statement: &str) -> String {
        path.to_owned()
    }

    /// The tables a statement at `path` can name.
    fn nameable(&self, _path: &str, _control: &Control) -> Result<Vec<crate::sql::complete::Nameable>> {
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

/// The kinds of connections.
pub const KINDS: &[&fields::ConnectionKind] = &[&redash::KIND, &postgres::KIND, &postgres::REDSHIFT];

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static fields::ConnectionKind> {
    KINDS.iter().copied().find(|k| k.name == name)
}

/// Reads a link to something on a server of any kind.
pub fn link(text: &str) -> Option<(&'static fields::ConnectionKind, fields::Link)> {
    KINDS.iter().find_map(|kind| Some((*kind, (kind.link)(text)?)))
}

/// The link to what is at `path` on a server: of the kind that reads it back.
pub fn write_link(server: &str, path: &str) -> String {
    let links = KINDS.iter().map(|kind| (kind.write_link)(server, path));
    links.into_iter().find(|text| link(text).is_some()).unwrap_or_else(|| server.to_owned())
}

/// A web address without what may be secret in it: user, password and what stands behind the question mark. None for
/// other text.
pub fn bare_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())?;
    Some(http::place(&url))
}

/// Makes the source of a connection.
pub fn make(name: &str, table: &toml::Table) -> Result<Arc<dyn Source>> {
    let named = table.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
    match kind(named) {
        Some(kind) => (kind.make)(name, table),
        None => Err(crate::error::Error::usage(Msg::new("doctor-connection-kind").with("kind", named))
            .hint(Msg::new("doctor-connection-remedy"))),
    }
}

/// The source of a connection. One that cannot be made says why whenever it is used.
pub fn connect(name: &str, table: &toml::Table) -> Arc<dyn Source> {
    make(name, table).unwrap_or_else(|error| Arc::new(Broken { message: error.message, hint: error.hint }))
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

/// The name of the sample data.
pub const SAMPLE: &str = "sample";
/// The sources that need no configuration: their names, and how each is made.
pub const BUILT_IN: &[(&str, fn() -> Arc<dyn Source>)] = &[(SAMPLE, || Arc::new(sample::Sample))];
