//! Writing a recipe: one key to a line, long lists one element to a line, everything in a fixed order, so that two
//! recipes can be compared.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Value;

use super::written::{Kept, Written};
use super::{VERSION, Was, drift, paths, variables};
use crate::engine::Sources;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::source::OpenOptions;
use crate::text::Msg;
use crate::value::{Column, Schema};

/// Longest line a list is written on.
const WIDTH: usize = 100;
/// Most columns that are all written down; of a wider table only those that the steps use.
const COLUMNS: usize = 200;

/// The keys of an entry in the order they are written, `op` first.
pub(super) type Lines = Vec<(String, Value)>;

/// What a session is saved as: texts as they stand in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub(super) locator: String,
    pub(super) open: OpenOptions,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) columns: Vec<Was>,
    pub(super) entries: Vec<Lines>,
    /// Outputs of the recipe the session began with that stood between steps which are gone, and are not written.
    pub lost: usize,
}

/// Where a recipe is to lie, and where the locators in it were typed.
pub struct Place<'a> {
    /// The recipe's folder.
    pub folder: &'a Path,
    /// The folder relative paths were typed in.
    pub here: &'a Path,
    /// Tell which locators are those of files.
    pub sources: &'a Sources,
}

impl Place<'_> {
    fn stored(&self, locator: &str) -> String {
        match self.sources.parse(locator).connection {
            None => paths::stored(locator, self.folder, self.here),
            Some(_) => locator.to_owned(),
        }
    }
}

impl Saved {
    /// A session on the table `locator` with the columns `schema`, which began with the recipe `written`, if with one.
    pub fn new(
        locator: &str,
        open: OpenOptions,
        schema: &Schema,
        steps: &[Step],
        written: Option<&Written>,
        place: &Place<'_>,
    ) -> Result<Self> {
        let kept = match written {
            Some(written) => written.entries(steps, place)?,
            None => {
                let entries = steps.iter().map(|step| of_step(step, place)).collect::<Result<_>>()?;
                Kept { entries, lost: 0 }
            }
        };
        let used = |c: &Column| {
            let uses = |step: &Step| speaks_of(step, c);
            steps.iter().map(uses).collect::<Result<Vec<bool>>>().map(|found| found.contains(&true))
        };
        let mut columns = Vec::new();
        let all = schema.len() <= COLUMNS;
        for column in schema.columns() {
            if all || used(column)? {
                columns.push(was(column));
            }
        }
        Ok(Self {
            locator: match written {
                Some(written) => written.locator(place),
                None => variables::escaped(&place.stored(locator)),
            },
            open,
            variables: written.map(|w| w.variables(&kept.entries)).unwrap_or_default(),
            columns,
            entries: kept.entries,
            lost: kept.lost,
        })
    }

    /// The recipe's text. Refused where it would carry a password.
    pub fn print(&self) -> Result<String> {
        let mut out = format!("version = {VERSION}\n");
        line(&mut out, "locator", &Value::String(self.locator.clone()));
        let open = in_order(&self.open, toml::Table::try_from(&self.open).map_err(unsaved)?);
        section(&mut out, "[open]", &open);
        let variables: Lines =
            self.variables.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        section(&mut out, "[variables]", &variables);
        self.entries.iter().for_each(|entry| section(&mut out, "[[steps]]", entry));
        for column in &self.columns {
            let keys = [("name", &column.name), ("kind", &column.kind)];
            section(&mut out, "[[columns]]", &keys.map(|(k, v)| (k.to_owned(), Value::String(v.clone()))));
        }
        if carries_password(&out) {
            return Err(Error::refused(Msg::new("error-recipe-secret")).hint(Msg::new("hint-recipe-secret")));
        }
        Ok(out)
    }
}

fn unsaved(e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::failed(Msg::new("error-recipe-save").with("cause", e.to_string())).caused_by(e)
}

/// The keys of a table in the order `like` has them, then the others.
pub(super) fn in_order(like: &impl serde::Serialize, mut table: toml::Table) -> Lines {
    let order: Vec<String> = match serde_json::to_value(like) {
        Ok(serde_json::Value::Object(keys)) => keys.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let mut keys: Lines = order.iter().filter_map(|k| Some((k.clone(), table.remove(k)?))).collect();
    keys.extend(table);
    keys
}

fn table(step: &Step) -> Result<toml::Table> {
    toml::Table::try_from(step).map_err(unsaved)
}

fn was(column: &Column) -> Was {
    Was { name: column.name.clone(), kind: column.kind.name() }
}

/// Whether a step speaks of a column.
pub fn speaks_of(step: &Step, column: &Column) -> Result<bool> {
    Ok(!drift::uses(&op(step)?, &table(step)?, &[was(column)]).is_empty())
}

fn op(step: &Step) -> Result<String> {
    Ok(table(step)?.get("op").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// A step for a recipe in another place.
pub(super) fn of_step(step: &Step, place: &Place<'_>) -> Result<Lines> {
    let mut table = table(step)?;
    paths::relocate(&mut table, &|locator| place.stored(locator));
    if let (true, Some(Value::String(path))) = (step.is_look(), table.get_mut("output")) {
        *path = paths::stored(path, place.folder, place.here);
    }
    let lines = in_order(step, table);
    Ok(lines.into_iter().map(|(name, value)| (name, escaped(value))).collect())
}

/// The value with every dollar and brace in its texts standing for itself.
fn escaped(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(variables::escaped(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(escaped).collect()),
        Value::Table(table) => Value::Table(table.into_iter().map(|(k, v)| (k, escaped(v))).collect()),
        other => other,
    }
}

/// A heading with keys; nothing where there are none.
fn section(out: &mut String, heading: &str, keys: &[(String, Value)]) {
    if keys.is_empty() {
        return;
    }
    out.push_str(&format!("\n{heading}\n"));
    keys.iter().for_each(|(name, value)| line(out, name, value));
}

fn line(out: &mut String, name: &str, value: &Value) {
    let name = key(name);
    let text = value.to_string();
    match value {
        Value::Array(list) if name.len() + text.chars().count() + 3 > WIDTH && !list.is_empty() => {
            out.push_str(&format!("{name} = [\n"));
            list.iter().for_each(|v| out.push_str(&format!("    {v},\n")));
            out.push_str("]\n");
        }
        _ => out.push_str(&format!("{name} = {text}\n")),
    }
}

/// A key as it stands in the file.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare {
        return name.to_owned();
    }
    // The escapes of JSON are among those of TOML, which wants one more.
    serde_json::Value::String(name.to_owned()).to_string().replace('\u{7f}', "\\u007F")
}

/// Whether an address with a name and a password stands in a text (`scheme://name:password@`).
fn carries_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'".contains(c)).unwrap_or(rest.len());
        rest[..end]
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, word)| !word.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_seen() {
        for (text, found) in [
            ("postgres://me:secret@host/db", true),
            ("x = 'https://a:b@c'", true),
            ("postgres://me@host/db", false),
            ("https://host:8080/a@b:c", false),
            ("a@b:c", false),
        ] {
            assert_eq!(carries_password(text), found, "{text}");
        }
    }

    #[test]
    fn keys_are_quoted_where_they_have_to_be() {
        for name in ["a", "a b", "国", "", "a\"b\n\u{7f}", "1-x"] {
            let table: toml::Table = toml::from_str(&format!("{} = 1", key(name))).unwrap();
            assert!(table.contains_key(name), "{name:?}");
        }
        assert_eq!(key("a-b"), "a-b");
    }
}
