//! Recipes: a table's locator, the steps done to it and what is written on the way, as a file that people read, edit and
//! compare. The history of a session is saved as one, and either front end replays it.
//!
//! ```toml
//! version = 1
//! locator = "sales.csv"            # a relative path is relative to the recipe's folder
//!
//! [open]                           # how to read it, where that is not left to be found out
//! encoding = "cp932"
//!
//! [variables]                      # defaults; a variable without one has to be given
//! day = "2026-11-20"
//!
//! [[columns]]                      # what the table looked like, to explain what is different now
//! name = "price"
//! kind = "integer"
//!
//! [[steps]]
//! op = "filter"
//! where = "date = ${day}"
//!
//! [[steps]]                        # an output: the table as it is at this place
//! op = "export"
//! output = "out-${day}.parquet"
//! ```
//!
//! A step is any [`Step`], which alone knows its keys; with `output` what it makes (a figure, a receipt, else its table)
//! is written as well. Secrets have no place in a recipe. Nothing here writes a file or opens a table.

mod drift;
mod paths;
mod place;
mod play;
mod print;
#[cfg(test)]
mod tests;
mod variables;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toml::Value;

pub use paths::is_recipe;
pub use play::{Action, Entry, Play, Trail};
pub use print::{Place, Saved, speaks_of};
pub use written::Written;

use super::Sources;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::source::OpenOptions;
use crate::text::Msg;
use place::{Down, Source, below, element, key};
use variables::Language;

/// The version of the format that is written, and the only one there is so far.
pub const VERSION: i64 = 1;

/// The op of an entry that writes the table and does nothing to it.
const EXPORT: &str = "export";

/// The keys whose text is read as an expression or as SQL, each under its op; under any op where the op is empty.
const LANGUAGES: [(&str, &str, Language); 6] = [
    ("", "where", Language::Expression),
    ("", "condition", Language::Expression),
    ("", "expression", Language::Expression),
    ("derive", "value", Language::Expression),
    ("", "sql", Language::Sql),
    ("", "query", Language::Sql),
];

/// The language of a key's text.
fn language(op: &str, key: &str) -> Language {
    let found = LANGUAGES.iter().find(|(o, k, _)| *k == key && (o.is_empty() || *o == op));
    found.map_or(Language::Plain, |(.., language)| *language)
}

/// A column as it was when the recipe was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Was {
    /// Its name.
    pub name: String,
    /// The name of its kind, as [`Kind::name`](crate::value::Kind::name) gives it.
    pub kind: String,
}

/// A value left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is unless something else is given.
    pub default: Option<String>,
}

/// What an export may say besides its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Export {
    /// Begin CSV and TSV with a byte order mark.
    pub bom: bool,
    /// Keep spreadsheets from taking text for formulas.
    pub excel_safe: bool,
}

/// A recipe as it was read: well-formed, its variables open, its steps not looked into.
#[derive(Clone, Debug)]
pub struct Recipe {
    source: Source,
    locator: String,
    open: OpenOptions,
    defaults: BTreeMap<String, String>,
    columns: Vec<Was>,
    entries: Vec<toml::Table>,
    /// The variables asked for, in the order of their first use, each with the way there.
    used: Vec<(String, place::Way)>,
}

impl Recipe {
    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::usage(Msg::new("error-recipe-text").with("path", path.display().to_string()))
                .hint(Msg::new("hint-recipe-text"))
        })?;
        Self::parse(&text, path)
    }

    /// Reads a recipe's text; `path` is where relative paths in it begin, and is named in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        const KEYS: [&str; 6] = ["version", "locator", "open", "variables", "columns", "steps"];
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source { path: path.to_path_buf(), text: text.to_owned() };
        let mut top: toml::Table = toml::from_str(text).map_err(|e| {
            let cause = e.message().lines().next().unwrap_or_default().to_owned();
            source
                .error_at(e.span().map_or(0, |s| s.start), Msg::new("recipe-syntax").with("cause", cause))
                .hint(Msg::new("hint-recipe-syntax"))
        })?;
        version(&source, top.remove("version"))?;
        if let Some(name) = top.keys().find(|k| !KEYS.contains(&k.as_str())) {
            let error = source.error(&key(name), Msg::new("recipe-unknown-key").with("name", name));
            return Err(match place::instead(name, &KEYS) {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
        let locator = match top.remove("locator") {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            Some(_) => return Err(source.error(&key("locator"), wants("locator", "recipe-wants-text"))),
            None => return Err(missing(&source, &[], "locator")),
        };
        let open = match top.remove("open") {
            Some(value) => source.read(&key("open"), value, &[])?,
            None => OpenOptions::default(),
        };
        let columns: Vec<Was> = match top.remove("columns") {
            Some(value) => source.read(&key("columns"), value, &[])?,
            None => Vec::new(),
        };
        if let Some(i) = columns.iter().position(|c| drift::word(&c.kind).is_none()) {
            let what = Msg::new("recipe-unknown-kind").with("name", &columns[i].kind);
            let error = source.error(&below(&element("columns", i), "kind"), what);
            return Err(error.hint(Msg::new("hint-one-of").with("names", drift::names())));
        }
        let defaults = defaults(&source, top.remove("variables"))?;
        let entries = entries(&source, top.remove("steps"))?;
        let mut recipe = Self { source, locator, open, defaults, columns, entries, used: Vec::new() };
        recipe.find_variables()?;
        Ok(recipe)
    }

    /// The folder relative paths in the recipe begin at.
    fn folder(&self) -> PathBuf {
        self.source.path.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// The values left open: those used in the order of their use, then those that have a default and no use.
    pub fn variables(&self) -> Vec<Variable> {
        let mut names: Vec<&String> = self.used.iter().map(|(name, _)| name).collect();
        names.extend(self.defaults.keys().filter(|d| !self.used.iter().any(|(name, _)| name == *d)));
        let variable = |name: &String| Variable { name: name.clone(), default: self.defaults.get(name).cloned() };
        names.into_iter().map(variable).collect()
    }

    fn find_variables(&mut self) -> Result<()> {
        let mut used = Vec::new();
        let mut see = |text: &str, way: &[Down]| -> Result<()> {
            let names = variables::names(text).map_err(|_| {
                let hint = Msg::new("hint-recipe-placeholder").with("variable", "${name}").with("plain", "$${");
                self.source.error(way, Msg::new("recipe-placeholder")).hint(hint)
            })?;
            for name in names {
                if !used.iter().any(|(n, _)| *n == name) {
                    used.push((name, way.to_vec()));
                }
            }
            Ok(())
        };
        see(&self.locator, &key("locator"))?;
        for (i, entry) in self.entries.iter().enumerate() {
            for (name, value) in entry {
                texts(value, &mut below(&element("steps", i), name), &mut see)?;
            }
        }
        self.used = used;
        Ok(())
    }

    /// Puts values in and makes the steps. Every name given must be a variable of the recipe, and every variable must
    /// have a value. `sources` tell which locators are those of files, and so begin at the recipe's folder.
    pub fn fill(&self, given: &BTreeMap<String, String>, sources: &Sources) -> Result<Play> {
        let known = self.variables();
        let names: Vec<&str> = known.iter().map(|v| v.name.as_str()).collect();
        if let Some(name) = given.keys().find(|n| !names.contains(&n.as_str())) {
            let path = self.source.path.display().to_string();
            let error = Error::usage(Msg::new("error-recipe-variable").with("path", path).with("name", name));
            return Err(
                error.hint(place::instead(name, &names).unwrap_or_else(|| Msg::new("hint-recipe-no-variables")))
            );
        }
        let mut values = self.defaults.clone();
        values.extend(given.iter().map(|(k, v)| (k.clone(), v.clone())));
        if let Some((name, way)) = self.used.iter().find(|(name, _)| !values.contains_key(name)) {
            let error = self.source.error(way, Msg::new("recipe-no-value").with("name", name));
            let defaults: Vec<&str> = self.defaults.keys().map(String::as_str).collect();
            return Err(match place::nearest(name, &defaults) {
                Some(near) => error.hint(Msg::new("cli-hint-near").with("name", near)),
                None => error.hint(Msg::new("hint-recipe-no-value").with("name", name)),
            });
        }
        let entries = (0..self.entries.len()).map(|i| self.entry(i, &values, sources)).collect::<Result<Vec<_>>>()?;
        let mut outputs = BTreeSet::new();
        for (i, entry) in entries.iter().enumerate() {
            if let Some(output) = &entry.output
                && !outputs.insert(output.clone())
            {
                let what = Msg::new("recipe-output-twice").with("path", output.display().to_string());
                return Err(self.source.error(&below(&element("steps", i), "output"), what));
            }
        }
        let written = Written {
            locator: self.locator.clone(),
            folder: self.folder(),
            entries: self.entries.iter().cloned().zip(entries.iter().cloned()).collect(),
            values: values.clone(),
        };
        Ok(Play {
            written: Some(Arc::new(written)),
            locator: self.opened(&self.filled(&self.locator, &values, Language::Plain), sources),
            folder: self.folder(),
            open: self.open.clone(),
            columns: self.columns.clone(),
            entries,
            source: self.source.clone(),
        })
    }

    /// A locator in the recipe as it is to be opened from the current folder.
    fn opened(&self, locator: &str, sources: &Sources) -> String {
        match sources.parse(locator).connection {
            None => paths::resolved(locator, &self.folder()),
            Some(_) => locator.to_owned(),
        }
    }

    fn filled(&self, text: &str, values: &BTreeMap<String, String>, language: Language) -> String {
        // Whether the text is well-formed was found out when it was read.
        variables::fill(text, values, language).unwrap_or_else(|_| text.to_owned())
    }

    fn entry(&self, i: usize, values: &BTreeMap<String, String>, sources: &Sources) -> Result<Entry> {
        let way = element("steps", i);
        let raw = &self.entries[i];
        let op = raw.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut table = raw.clone();
        self.fill_step(&mut table, values);
        paths::relocate(&mut table, &|locator| self.opened(locator, sources));
        let output = match table.remove("output") {
            None => None,
            Some(Value::String(path)) if !path.trim().is_empty() => Some(PathBuf::from(path)),
            Some(_) => return Err(self.source.error(&below(&way, "output"), wants("output", "recipe-wants-text"))),
        };
        let uses = drift::uses(&op, &table, &self.columns);
        let action = if op == EXPORT {
            table.remove("op");
            if output.is_none() {
                return Err(missing(&self.source, &way, "output"));
            }
            Action::Export(self.source.read(&way, Value::Table(table), &[])?)
        } else {
            let mut step = self.step(&way, raw, table, values)?;
            if let (Some(place), Some(output)) = (step.output_mut(), &output) {
                *place = Some(paths::resolved(&output.display().to_string(), &self.folder()));
            }
            Action::Step(step)
        };
        Ok(Entry { action, output, number: i + 1, line: self.source.line(&below(&way, "op")), uses })
    }

    /// Makes a step. Where a text that is nothing but a variable does not fit, its value is tried as a number or as yes
    /// or no.
    fn step(
        &self,
        way: &[Down],
        raw: &toml::Table,
        table: toml::Table,
        values: &BTreeMap<String, String>,
    ) -> Result<Step> {
        let raw = Value::Table(raw.clone());
        let mut value = Value::Table(table);
        loop {
            let refusal = match place::read::<Step>(value.clone()) {
                Ok(step) => return Ok(step),
                Err(refusal) => refusal,
            };
            let was_text = place::at(&value, &refusal.way).is_some_and(Value::is_str);
            let bare = place::at(&raw, &refusal.way)
                .and_then(Value::as_str)
                .and_then(variables::whole)
                .and_then(|name| values.get(&name))
                .and_then(|text| bare(text));
            match bare {
                Some(bare) if was_text => place::replace(&mut value, &refusal.way, bare),
                _ => return Err(self.source.refused(way, &refusal, &[EXPORT])),
            }
        }
    }

    fn fill_step(&self, step: &mut toml::Table, values: &BTreeMap<String, String>) {
        let op = step.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
        step.iter_mut().for_each(|(name, value)| self.fill_value(value, values, language(&op, name)));
    }

    fn fill_value(&self, value: &mut Value, values: &BTreeMap<String, String>, language: Language) {
        match value {
            Value::String(text) => *text = self.filled(text, values, language),
            Value::Datetime(at) => *value = Value::String(at.to_string()),
            Value::Array(list) => list.iter_mut().for_each(|v| self.fill_value(v, values, language)),
            // Another table that a step works with may have steps of its own.
            Value::Table(table) if table.contains_key("op") => self.fill_step(table, values),
            Value::Table(table) => table.iter_mut().for_each(|(_, v)| self.fill_value(v, values, language)),
            _ => {}
        }
    }
}

fn wants(name: &str, what: &'static str) -> Msg {
    Msg::new("recipe-wrong-value").with("name", name).with("expected", Msg::new(what))
}

fn missing(source: &Source, way: &[Down], name: &str) -> Error {
    source
        .error(way, Msg::new("recipe-missing-key").with("name", name))
        .hint(Msg::new("hint-recipe-missing").with("name", name))
}

fn version(source: &Source, value: Option<Value>) -> Result<()> {
    match value {
        Some(Value::Integer(VERSION)) => Ok(()),
        None => Err(source.error(&[], Msg::new("recipe-no-version")).hint(Msg::new("hint-recipe-no-version"))),
        Some(value) => {
            let what = Msg::new("recipe-version").with("version", value.to_string());
            Err(source.error(&key("version"), what).hint(Msg::new("hint-recipe-version")))
        }
    }
}

fn defaults(source: &Source, value: Option<Value>) -> Result<BTreeMap<String, String>> {
    let table = match value {
        None => return Ok(BTreeMap::new()),
        Some(Value::Table(table)) => table,
        Some(_) => return Err(source.error(&key("variables"), wants("variables", "recipe-wants-table"))),
    };
    let mut defaults = BTreeMap::new();
    for (name, value) in table {
        let way = below(&key("variables"), &name);
        if !variables::is_name(&name) {
            return Err(source.error(&way, Msg::new("recipe-variable-name").with("name", name)));
        }
        let text = match value {
            Value::String(text) => text,
            Value::Array(_) | Value::Table(_) => return Err(source.error(&way, wants(&name, "recipe-wants-text"))),
            other => other.to_string(),
        };
        defaults.insert(name, text);
    }
    Ok(defaults)
}

fn entries(source: &Source, value: Option<Value>) -> Result<Vec<toml::Table>> {
    let list = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(source.error(&key("steps"), wants("steps", "recipe-wants-list"))),
    };
    let mut entries = Vec::new();
    for (i, value) in list.into_iter().enumerate() {
        let way = element("steps", i);
        let Value::Table(table) = value else { return Err(source.error(&way, wants("steps", "recipe-wants-table"))) };
        match table.get("op") {
            Some(Value::String(_)) => entries.push(table),
            Some(_) => return Err(source.error(&below(&way, "op"), wants("op", "recipe-wants-text"))),
            None => return Err(missing(source, &way, "op")),
        }
    }
    Ok(entries)
}

/// A number or yes or no, written as text.
fn bare(text: &str) -> Option<Value> {
    let integer = text.parse().ok().map(Value::Integer);
    let float = || text.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Float);
    integer.or_else(float).or_else(|| text.parse().ok().map(Value::Boolean))
}

/// Sees every text in a value, with the way there.
fn texts(value: &Value, way: &mut place::Way, see: &mut dyn FnMut(&str, &[Down]) -> Result<()>) -> Result<()> {
    let mut inner = |down: Down, value: &Value, see: &mut dyn FnMut(&str, &[Down]) -> Result<()>| {
        way.push(down);
        let seen = texts(value, way, see);
        way.pop();
        seen
    };
    match value {
        Value::Array(list) => list.iter().enumerate().try_for_each(|(i, v)| inner(Down::Index(i), v, see)),
        Value::Table(table) => table.iter().try_for_each(|(k, v)| inner(Down::Key(k.clone()), v, see)),
        Value::String(text) => see(text, way),
        _ => Ok(()),
    }
}
