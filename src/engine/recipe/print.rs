//! Writing a recipe: one key to a line, long lists one element to a line, everything in a fixed order, so that two
//! recipes can be compared.

use std::path::Path;

use toml::Value;

use super::{VERSION, Was, drift, paths, variables};
use crate::engine::Sources;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::source::OpenOptions;
use crate::text::Msg;
use crate::value::Schema;

/// Longest line a list is written on.
const WIDTH: usize = 100;
/// Most columns that are all written down; of a wider table only those that the steps use.
const COLUMNS: usize = 200;

/// What a session is saved as.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The table.
    pub locator: String,
    /// How it was opened.
    pub open: OpenOptions,
    /// Its columns.
    pub columns: Vec<Was>,
    /// What was done to it.
    pub steps: Vec<Step>,
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
    /// A session on the table `locator` with the columns `schema`.
    pub fn new(locator: &str, open: OpenOptions, schema: &Schema, steps: &[Step], place: &Place<'_>) -> Result<Self> {
        let moved = |step: &Step| {
            let mut table = toml::Table::try_from(step).map_err(unsaved)?;
            paths::relocate(&mut table, &|locator| place.stored(locator));
            let mut step = Value::Table(table).try_into::<Step>().map_err(unsaved)?;
            if let Step::Chart(chart) = &mut step {
                chart.output = chart.output.take().map(|path| paths::stored(&path, place.folder, place.here));
            }
            Ok(step)
        };
        let column = |c: &crate::value::Column| Was { name: c.name.clone(), kind: c.kind.name() };
        Ok(Self {
            locator: place.stored(locator),
            open,
            columns: schema.columns().iter().map(column).collect(),
            steps: steps.iter().map(moved).collect::<Result<_>>()?,
        })
    }

    /// The recipe's text. Refused where it would carry a password.
    pub fn print(&self) -> Result<String> {
        let steps = self.steps.iter().map(table).collect::<Result<Vec<_>>>()?;
        let mut out = format!("version = {VERSION}\n");
        line(&mut out, "locator", &escaped(Value::String(self.locator.clone())));
        let open = keys(&self.open)?;
        if !open.is_empty() {
            out.push_str("\n[open]\n");
            open.iter().for_each(|(name, value)| line(&mut out, name, value));
        }
        for (op, step) in &steps {
            out.push_str("\n[[steps]]\n");
            line(&mut out, "op", &Value::String(op.clone()));
            for (name, value) in step {
                line(&mut out, name, &escaped(value.clone()));
            }
        }
        let all = self.columns.len() <= COLUMNS;
        let used = |c: &Was| {
            let one = std::slice::from_ref(c);
            steps.iter().any(|(op, s)| !drift::uses(op, &s.iter().cloned().collect(), one).is_empty())
        };
        for column in self.columns.iter().filter(|c| all || used(c)) {
            out.push_str("\n[[columns]]\n");
            line(&mut out, "name", &Value::String(column.name.clone()));
            line(&mut out, "kind", &Value::String(column.kind.clone()));
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

/// The keys of something that is written as a table, in the order it has them.
fn keys(value: &impl serde::Serialize) -> Result<Vec<(String, Value)>> {
    let mut table = toml::Table::try_from(value).map_err(unsaved)?;
    let order: Vec<String> = match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(keys)) => keys.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let mut keys: Vec<(String, Value)> = order.iter().filter_map(|k| Some((k.clone(), table.remove(k)?))).collect();
    keys.extend(table);
    Ok(keys)
}

/// The op of a step and its other keys.
fn table(step: &Step) -> Result<(String, Vec<(String, Value)>)> {
    let mut keys = keys(step)?;
    let op = keys.iter().position(|(name, _)| name == "op").map(|i| keys.remove(i).1);
    Ok((op.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(), keys))
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
