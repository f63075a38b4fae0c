//! Which source a locator means, and opening it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Control, Dataset};
use crate::error::{Error, Result};
use crate::op::Lookup;
use crate::source::{self, Entry, OpenOptions, Opened, Source};
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

    /// Names of the sources other than files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Reads a locator: what stands before the first colon is a connection if there is one of that name.
    pub fn parse(&self, text: &str) -> Locator {
        match text.split_once(':') {
            Some((name, path)) if self.named.contains_key(name) => {
                Locator { connection: Some(name.to_owned()), path: path.to_owned() }
            }
            _ => Locator { connection: None, path: text.to_owned() },
        }
    }

    fn source(&self, locator: &Locator) -> Result<&Arc<dyn Source>> {
        match &locator.connection {
            None => Ok(&self.files),
            Some(name) => {
                self.named.get(name).ok_or_else(|| Error::usage(Msg::new("error-connection").with("name", name)))
            }
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
    fn table(&self, locator: &str, control: &Control) -> Result<Dataset> {
        let opened = self.open(&self.parse(locator), &OpenOptions::default(), control)?;
        // Another table is read whole, so it is read as all of it asks for.
        Ok(match opened.dataset.table().settle(control)? {
            Some(table) => Dataset::new(table),
            None => opened.dataset,
        })
    }
}
