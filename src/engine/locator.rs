//! Which source a locator means, and opening it there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::data::{Control, Dataset};
use crate::error::{Error, Result, Secret};
use crate::op::Lookup;
use crate::source::fields::ConnectionKind;
use crate::source::{self, Ask, Entry, OpenOptions, Opened, Source};
use crate::sql::complete::Nameable;
use crate::text::Msg;

/// The name of one table, or of a place with tables: `data/*.parquet`, `sample:events`, `prod:mart.v_daily`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The connection's name; none for files.
    pub connection: Option<String>,
    /// What the source makes of the rest.
    pub path: String,
}

impl Locator {
    /// Whether it is on a server no connection is set up for; that server then stands for the connection's name.
    pub fn is_foreign(&self) -> bool {
        self.connection.as_ref().is_some_and(|c| c.contains("://"))
    }

    /// The locator as it reads in every folder; none for standard input, which is read but once.
    pub fn anywhere(&self) -> Option<Locator> {
        if self.connection.is_some() || self.path.starts_with('~') {
            return Some(self.clone());
        }
        let path = (self.path != "-").then(|| std::path::absolute(&self.path).ok())??;
        Some(Locator { connection: None, path: path.to_str()?.to_owned() })
    }
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.connection {
            Some(server) if self.is_foreign() => f.write_str(&source::write_link(server, &self.path)),
            Some(name) => write!(f, "{name}:{}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// Every source that can be named.
#[derive(Clone)]
pub struct Sources {
    files: Arc<dyn Source>,
    named: BTreeMap<String, Arc<dyn Source>>,
    /// Servers that links led to and no connection is set up for.
    met: Arc<Mutex<BTreeMap<String, Met>>>,
}

/// A server known from a link only.
#[derive(Clone)]
struct Met {
    kind: &'static ConnectionKind,
    /// The key that stood in the link.
    key: Option<Secret>,
    /// The source, once it was needed.
    source: Option<Arc<dyn Source>>,
}

impl Sources {
    /// The sources that need no configuration.
    pub fn built_in() -> Self {
        let named = source::BUILT_IN.iter().map(|(name, make)| ((*name).to_owned(), make())).collect();
        Self { files: Arc::new(source::files::Files), named, met: Arc::default() }
    }

    /// The sources that need no configuration, and these connections.
    pub fn configured(connections: &BTreeMap<String, toml::Table>) -> Self {
        let mut sources = Self::built_in();
        sources.named.extend(connections.iter().map(|(name, table)| (name.clone(), source::connect(name, table))));
        sources
    }

    /// Names of the sources other than files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Reads a locator: what stands before the first colon is a connection if there is one of that name; so is the name alone
    /// where no file has it. A pasted link is what it names on the connection it belongs to. No key in it is kept.
    pub fn parse(&self, text: &str) -> Locator {
        if self.named.contains_key(text) && !std::path::Path::new(text).exists() {
            return Locator { connection: Some(text.to_owned()), path: String::new() };
        }
        if let Some((name, path)) = text.split_once(':')
            && let Some(source) = self.named.get(name)
        {
            return Locator { connection: Some(name.to_owned()), path: source.tidy(path) };
        }
        for (name, source) in &self.named {
            if let Some(path) = source.recognise(text) {
                return Locator { connection: Some(name.clone()), path };
            }
        }
        // A link nobody knows may carry a key, which goes no further than here.
        match source::link(text) {
            Some((kind, link)) => {
                let mut met = self.met.lock().unwrap_or_else(|e| e.into_inner());
                let known = met.entry(link.server.clone()).or_insert(Met { kind, key: None, source: None });
                if link.key.is_some() {
                    *known = Met { kind, key: link.key, source: None };
                }
                Locator { connection: Some(link.server), path: link.path }
            }
            None => Locator { connection: None, path: source::bare_address(text).unwrap_or_else(|| text.to_owned()) },
        }
    }

    /// The kind of a server known from a link only, and the key that stood in the link.
    pub fn met(&self, server: &str) -> Option<(&'static ConnectionKind, Option<Secret>)> {
        let met = self.met.lock().unwrap_or_else(|e| e.into_inner());
        met.get(server).map(|m| (m.kind, m.key.clone()))
    }

    /// Adds a connection, or replaces the one of this name.
    pub fn add(&mut self, name: &str, table: &toml::Table) {
        self.named.insert(name.to_owned(), source::connect(name, table));
    }

    /// Forgets a connection.
    pub fn remove(&mut self, name: &str) {
        self.named.remove(name);
    }

    fn source(&self, locator: &Locator) -> Result<Arc<dyn Source>> {
        match &locator.connection {
            None => Ok(self.files.clone()),
            Some(server) if locator.is_foreign() => self.foreign(server),
            Some(name) => {
                let unknown = || Error::usage(Msg::new("error-connection").with("name", name));
                self.named.get(name).cloned().ok_or_else(unknown)
            }
        }
    }

    /// The source of a server no connection is set up for: with the key of the link that led there.
    fn foreign(&self, server: &str) -> Result<Arc<dyn Source>> {
        let mut met = self.met.lock().unwrap_or_else(|e| e.into_inner());
        let unknown = || {
            Error::usage(Msg::new("error-connection").with("name", server))
                .hint(Msg::new("hint-connection-add").with("url", server))
        };
        let known = met.get_mut(server).ok_or_else(unknown)?;
        if let Some(source) = &known.source {
            return Ok(source.clone());
        }
        let key = known.key.as_ref().ok_or_else(unknown)?;
        let (server_key, secret_key) = known.kind.link_keys;
        let pairs = [("kind", known.kind.name), (server_key, server), (secret_key, key.reveal())];
        let table = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect();
        let source = source::make(host(server), &table)?;
        known.source = Some(source.clone());
        Ok(source)
    }

    /// Opens the table a locator names.
    pub fn open(&self, locator: &Locator, options: &OpenOptions, control: &Control) -> Result<Opened> {
        let source = self.source(locator)?;
        let path = match &options.query {
            Some(query) => source.with_statement(&locator.path, query),
            None => locator.path.clone(),
        };
        let mut opened = source.open(&path, options, control)?;
        if let Some(server) = locator.connection.as_ref().filter(|_| locator.is_foreign()) {
            opened.notices.push(Msg::new("notice-link-key").with("url", server));
        }
        Ok(opened)
    }

    /// Lists what is at a locator.
    pub fn list(&self, locator: &Locator, control: &Control) -> Result<Vec<Entry>> {
        let mut entries = self.source(locator)?.list(&locator.path, control)?;
        if let Some(server) = locator.connection.as_ref().filter(|_| locator.is_foreign()) {
            let prefix = format!("{}:", host(server));
            for entry in &mut entries {
                if let Some(path) = entry.locator.strip_prefix(&prefix) {
                    entry.locator = Locator { path: path.to_owned(), ..locator.clone() }.to_string();
                }
            }
        }
        Ok(entries)
    }

    /// Lists what is further down from a locator, by its whole name.
    pub fn below(&self, locator: &Locator, control: &Control) -> Result<Vec<Entry>> {
        self.source(locator)?.below(&locator.path, control)
    }

    /// Has the source of a locator forget what it listed before.
    pub fn forget(&self, locator: &Locator) {
        self.source(locator).into_iter().for_each(|s| s.forget());
    }

    /// The place that takes statements about the table a locator names.
    pub fn statements(&self, locator: &Locator) -> Option<Locator> {
        let path = self.source(locator).ok()?.statements(&locator.path)?;
        Some(Locator { path, ..locator.clone() })
    }

    /// Whether a locator leads to a place that takes a statement, and has none yet.
    pub fn takes_statement(&self, locator: &Locator) -> bool {
        self.source(locator).is_ok_and(|s| s.takes_statement(&locator.path))
    }

    /// The locator with a statement in it.
    pub fn with_statement(&self, locator: &Locator, statement: &str) -> Locator {
        match self.source(locator) {
            Ok(source) => Locator { path: source.with_statement(&locator.path, statement), ..locator.clone() },
            Err(_) => locator.clone(),
        }
    }

    /// The tables a statement at a locator can name.
    pub fn nameable(&self, locator: &Locator, control: &Control) -> Result<Vec<Nameable>> {
        self.source(locator)?.nameable(&locator.path, control)
    }

    /// Lists what is at a locator and has these words in it.
    pub fn find(&self, locator: &Locator, words: &str, control: &Control) -> Result<Vec<Entry>> {
        match words.trim() {
            "" => self.list(locator, control),
            words => self.source(locator)?.find(&locator.path, words, control),
        }
    }

    /// Whether a locator names a place with tables in it and no table, as can be told without asking.
    pub fn is_folder(&self, locator: &Locator) -> bool {
        self.source(locator).is_ok_and(|s| s.is_folder(&locator.path))
    }

    /// As [`Sources::is_folder`], where somebody may be asked.
    pub fn turns_out_folder(&self, locator: &Locator, control: &Control) -> Result<bool> {
        self.source(locator)?.turns_out_folder(&locator.path, control)
    }

    /// Whether listing what a locator names goes over a network.
    pub fn is_remote(&self, locator: &Locator) -> bool {
        self.source(locator).is_ok_and(|s| s.remote())
    }

    /// A locator as people read it; what they type and what is kept is the locator itself.
    pub fn spoken(&self, locator: &Locator) -> String {
        let text = locator.to_string();
        match self.source(locator) {
            Ok(source) => source.spoken(&text),
            Err(_) => text,
        }
    }

    /// The locator of the table that tells about the one a locator names.
    pub fn about(&self, locator: &Locator) -> Option<Locator> {
        let path = self.source(locator).ok()?.about(&locator.path)?;
        Some(Locator { path, ..locator.clone() })
    }

    /// The locator of the same rows the other way: left where they are, or as they were kept.
    pub fn other_way(&self, locator: &Locator) -> Option<Locator> {
        let path = self.source(locator).ok()?.other_way(&locator.path)?;
        Some(Locator { path, ..locator.clone() })
    }

    /// Earlier readings that are kept of the table a locator names, the latest first. `now` is the reading at hand, as its
    /// table calls it; that one is left out.
    pub fn earlier(
        &self,
        locator: &Locator,
        options: &OpenOptions,
        now: Option<&str>,
        control: &Control,
    ) -> Result<Vec<Entry>> {
        self.source(locator)?.earlier(&locator.path, options, now, control)
    }

    /// The values a table wants before it is opened.
    pub fn asks(&self, locator: &Locator, control: &Control) -> Result<Vec<Ask>> {
        self.source(locator)?.asks(&locator.path, control)
    }

    /// The locator with the answers to what was asked.
    pub fn with_answers(&self, locator: &Locator, answers: &[(String, String)]) -> Locator {
        match self.source(locator) {
            Ok(source) => Locator { path: source.with_answers(&locator.path, answers), ..locator.clone() },
            Err(_) => locator.clone(),
        }
    }

    /// Bytes stored under the table a locator names, where that is known without reading it.
    pub fn size(&self, locator: &Locator, control: &Control) -> Result<Option<u64>> {
        self.source(locator)?.size(&locator.path, control)
    }

    /// Whether the source of a locator can be reached.
    pub fn check(&self, locator: &Locator, control: &Control) -> Result<Msg> {
        self.source(locator)?.check(control)
    }
}

/// A server's address without the scheme: a short name for it.
fn host(server: &str) -> &str {
    server.split_once("://").map_or(server, |(_, rest)| rest)
}

impl Lookup for Sources {
    fn table(&self, locator: &str, open: &OpenOptions, control: &Control) -> Result<Dataset> {
        let opened = self.open(&self.parse(locator), open, control)?;
        // Another table is read whole, so it is read as all of it asks for.
        Ok(match opened.dataset.table().settle(control)? {
            Some(table) => Dataset::new(table),
            None => opened.dataset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_reads_the_same_elsewhere() {
        let sources = Sources::built_in();
        let anywhere = |text: &str| sources.parse(text).anywhere().map(|l| l.to_string());
        let here = std::env::current_dir().expect("a folder");
        let below = |path: &str| Some(here.join(path).display().to_string());
        assert_eq!(anywhere("data/*.csv"), below("data/*.csv"));
        assert_eq!(anywhere("./book.xlsx#売上"), below("book.xlsx#売上"));
        for same in ["sample:events", "~/data", &here.display().to_string()] {
            assert_eq!(anywhere(same).as_deref(), Some(same));
        }
        assert_eq!(anywhere("-"), None);
    }

    #[test]
    fn the_name_of_a_connection_alone_is_the_connection() {
        let sources = Sources::built_in();
        let read = |text: &str| sources.parse(text).to_string();
        assert_eq!((read("sample").as_str(), read("samples").as_str()), ("sample:", "samples"));
        // A folder beside this test has the name of the other one.
        let mut named = sources.clone();
        let source = sources.named["sample"].clone();
        named.named.insert("src".to_owned(), source);
        assert_eq!((named.parse("src").connection, named.parse("src:").connection), (None, Some("src".to_owned())));
    }
}
