//! Which source a locator means, and opening it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Control, Dataset};
use crate::error::{Error, Result};
use crate::op::Lookup;
use crate::source::{self, Ask, Entry, OpenOptions, Opened, Source};
use crate::text::Msg;

/// The name of one table, or of a place with tables: `data/*.parquet`, `sample:events`, `prod:mart.v_daily`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The connection's name; none for files.
    pub connection: Option<String>,
    /// What the source makes of the rest.
    pub path: String,
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.connection {
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
}

impl Sources {
    /// The sources that need no configuration.
    pub fn built_in() -> Self {
        let named = source::BUILT_IN.iter().map(|(name, make)| ((*name).to_owned(), make())).collect();
        Self { files: Arc::new(source::files::Files), named }
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

    /// Reads a locator: what stands before the first colon is a connection if there is one of that name. A pasted link is
    /// what it names on the connection it belongs to. No key in it is kept.
    pub fn parse(&self, text: &str) -> Locator {
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
        // A link nobody knows may carry a key, so only its place is kept.
        match source::redash::foreign(text) {
            Some((server, path)) => Locator { connection: Some(server), path },
            None => Locator { connection: None, path: text.to_owned() },
        }
    }

    fn source(&self, locator: &Locator) -> Result<&Arc<dyn Source>> {
        match &locator.connection {
            None => Ok(&self.files),
            Some(name) => self.named.get(name).ok_or_else(|| {
                let error = Error::usage(Msg::new("error-connection").with("name", name));
                if name.contains("://") { error.hint(Msg::new("hint-connection-add").with("url", name)) } else { error }
            }),
        }
    }

    /// Opens the table a locator names.
    pub fn open(&self, locator: &Locator, options: &OpenOptions, control: &Control) -> Result<Opened> {
        self.source(locator)?.open(&locator.path, options, control)
    }

    /// Lists what is at a locator.
    pub fn list(&self, locator: &Locator, control: &Control) -> Result<Vec<Entry>> {
        self.source(locator)?.list(&locator.path, control)
    }

    /// Lists what is at a locator and has these words in it.
    pub fn find(&self, locator: &Locator, words: &str, control: &Control) -> Result<Vec<Entry>> {
        match words.trim() {
            "" => self.list(locator, control),
            words => self.source(locator)?.find(&locator.path, words, control),
        }
    }

    /// Whether listing what a locator names goes over a network.
    pub fn is_remote(&self, locator: &Locator) -> bool {
        self.source(locator).is_ok_and(|s| s.remote())
    }

    /// The locator of the table that tells about the one a locator names.
    pub fn about(&self, locator: &Locator) -> Option<Locator> {
        let path = self.source(locator).ok()?.about(&locator.path)?;
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
