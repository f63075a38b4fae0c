//! A recipe as it was written, kept beside what it was read as: a session that began with it is saved with its variables
//! and its outputs, as far as its steps are still in force. Nothing here fills in values or writes a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Value;

use super::print::{Lines, Place, in_order, of_step};
use super::variables::{self, Language};
use super::{Action, Entry, paths};
use crate::error::Result;
use crate::op::Step;

/// A recipe's own text, with the values it was opened with.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub(super) locator: String,
    pub(super) folder: PathBuf,
    /// What its variables stood for.
    pub(super) values: BTreeMap<String, String>,
    /// Its entries, each as it was written and as it was read.
    pub(super) entries: Vec<(toml::Table, Entry)>,
}

/// What a session's entries are written as.
#[derive(Default)]
pub(super) struct Kept {
    pub entries: Vec<Lines>,
    /// Outputs of the recipe that have no place any more.
    pub lost: usize,
}

impl Written {
    /// A locator of the recipe for another place, its variables as they were.
    pub(super) fn stored(&self, written: &str, place: &Place<'_>) -> String {
        let meant = variables::fill(written, &self.values, Language::Plain).unwrap_or_else(|_| written.to_owned());
        if place.sources.parse(&meant).connection.is_some() || !paths::is_relative(&meant) {
            return written.to_owned();
        }
        paths::stored(&paths::resolved(written, &self.folder), place.folder, place.here)
    }

    /// The locator of the recipe's table.
    pub(super) fn locator(&self, place: &Place<'_>) -> String {
        self.stored(&self.locator, place)
    }

    /// The variables that stand in these entries or in the locator, with what they stood for.
    pub(super) fn variables(&self, entries: &[Lines]) -> BTreeMap<String, String> {
        let mut used = variables::names(&self.locator).unwrap_or_default();
        entries.iter().flatten().for_each(|(_, value)| asked(value, &mut used));
        self.values.iter().filter(|(name, _)| used.contains(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// The entries for these steps: those of the recipe that are still in force as they were written, with what was
    /// written between them.
    pub(super) fn entries(&self, steps: &[Step], place: &Place<'_>) -> Result<Kept> {
        let mut kept = Kept::default();
        let mut next = 0;
        let mut waiting: Vec<&Step> = Vec::new();
        for step in steps {
            let found = (next..self.entries.len()).find(|i| self.entries[*i].1.action == Action::Step(step.clone()));
            let Some(at) = found else {
                waiting.push(step);
                continue;
            };
            self.gap(next..at, &waiting, place, &mut kept)?;
            waiting.clear();
            kept.entries.push(self.entry(at, place)?);
            next = at + 1;
        }
        self.gap(next..self.entries.len(), &waiting, place, &mut kept)?;
        Ok(kept)
    }

    /// What lies between two entries in force: `gone` of the recipe, and `steps` in their place. A table that was written
    /// before anything changed is written there still, one that was written at the end of the change after it.
    fn gap(&self, gone: std::ops::Range<usize>, steps: &[&Step], place: &Place<'_>, kept: &mut Kept) -> Result<()> {
        let is_export = |i: &usize| matches!(self.entries[*i].1.action, Action::Export(_));
        let first = gone.clone().find(|i| !is_export(i)).unwrap_or(gone.end);
        let last = gone.clone().rfind(|i| !is_export(i)).map_or(gone.end, |i| i + 1);
        for i in gone.start..first {
            kept.entries.push(self.entry(i, place)?);
        }
        for step in steps {
            kept.entries.push(of_step(step, place)?);
        }
        for i in last..gone.end {
            kept.entries.push(self.entry(i, place)?);
        }
        kept.lost += (first..last.max(first)).filter(|i| self.entries[*i].1.output.is_some()).count();
        Ok(())
    }

    fn entry(&self, i: usize, place: &Place<'_>) -> Result<Lines> {
        let (written, entry) = &self.entries[i];
        let mut table = written.clone();
        paths::relocate(&mut table, &|locator| self.stored(locator, place));
        match &entry.action {
            Action::Step(step) => Ok(in_order(step, table)),
            Action::Export(export) => {
                // The op leads, and what is said of the file follows its name.
                let lead = ["op", "output"].map(|k| table.remove(k).map(|v| (k.to_owned(), v)));
                Ok(lead.into_iter().flatten().chain(in_order(export, table)).collect())
            }
        }
    }
}

/// Adds the variables a value asks for.
fn asked(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => names.extend(variables::names(text).unwrap_or_default()),
        Value::Array(list) => list.iter().for_each(|v| asked(v, names)),
        Value::Table(table) => table.iter().for_each(|(_, v)| asked(v, names)),
        _ => {}
    }
}
