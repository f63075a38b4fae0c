//! Where in a recipe's file something stands, and what is wrong there, in the words of both languages.
//!
//! Steps say what they object to while they are deserialised, but not where. The place is found by asking again: the
//! key without which the objection is another one is the one objected to. Nothing here knows a step or its keys.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::distance_of;

/// One step down into a table or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// Into the value of a key.
    Key(String),
    /// Into an element, counted from 0.
    Index(usize),
}

/// The way to a value, from the top of the file.
pub type Way = Vec<Down>;

/// The way to a key at the top.
pub fn key(name: &str) -> Way {
    vec![Down::Key(name.to_owned())]
}

/// The way to an element of a list at the top.
pub fn element(name: &str, i: usize) -> Way {
    vec![Down::Key(name.to_owned()), Down::Index(i)]
}

/// A way and one key more.
pub fn below(way: &[Down], name: &str) -> Way {
    way.iter().cloned().chain([Down::Key(name.to_owned())]).collect()
}

/// A recipe's file as errors speak of it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// An error about what stands at the end of a way.
    pub fn error(&self, way: &[Down], what: Msg) -> Error {
        self.error_at(self.offset(way).unwrap_or(0), what)
    }

    /// An error about the byte at `offset`.
    pub fn error_at(&self, offset: usize, what: Msg) -> Error {
        let (line, column) = position(&self.text, offset);
        Error::usage(
            Msg::new("error-recipe")
                .with("path", self.path.display().to_string())
                .with("line", line.to_string())
                .with("column", column.to_string())
                .with("what", what),
        )
    }

    /// The line, from 1, of what stands at the end of a way.
    pub fn line(&self, way: &[Down]) -> usize {
        position(&self.text, self.offset(way).unwrap_or(0)).0
    }

    /// The place of the first character of what stands at the end of a way: of the key, where it has one.
    fn offset(&self, way: &[Down]) -> Option<usize> {
        let top = DeTable::parse(&self.text).ok()?;
        let (last, way) = way.split_last()?;
        let mut at = DeValue::Table(top.into_inner());
        for down in way {
            at = match (at, down) {
                (DeValue::Table(table), Down::Key(name)) => {
                    table.into_iter().find(|(k, _)| k.get_ref() == name.as_str())?.1.into_inner()
                }
                (DeValue::Array(list), Down::Index(i)) => list.into_iter().nth(*i)?.into_inner(),
                _ => return None,
            };
        }
        match (at, last) {
            (DeValue::Table(table), Down::Key(name)) => {
                table.iter().find(|(k, _)| k.get_ref() == name.as_str()).map(|(k, _)| k.span().start)
            }
            (DeValue::Array(list), Down::Index(i)) => list.get(*i).map(|v| v.span().start),
            _ => None,
        }
    }

    /// Reads a value that stands at `way`. `more` are ops accepted besides those the reader itself knows of.
    pub fn read<T: DeserializeOwned>(&self, way: &[Down], value: Value, more: &[&str]) -> Result<T> {
        read(value).map_err(|refusal: Refusal| self.refused(way, &refusal, more))
    }

    /// The error for what was objected to in the value at `way`.
    pub fn refused(&self, way: &[Down], refusal: &Refusal, more: &[&str]) -> Error {
        let whole: Way = way.iter().cloned().chain(refusal.way.iter().cloned()).collect();
        let name = whole.iter().rev().find_map(|d| match d {
            Down::Key(name) => Some(name.as_str()),
            Down::Index(_) => None,
        });
        let (what, hint) = explain(&refusal.message, name.unwrap_or_default(), more);
        let error = self.error(&whole, what);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Line and column of a byte, both from 1; the column in characters.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// What a reader objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In the reader's words.
    pub message: String,
    /// The way to it within the value that was read.
    pub way: Way,
}

/// Reads a value, or says what in it is objected to.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    let objection = |v: Value| v.try_into::<T>().err().map(|e| e.message().to_owned());
    match value.clone().try_into::<T>() {
        Ok(read) => Ok(read),
        Err(e) => {
            let message = e.message().to_owned();
            let way = culprit(&value, &message, &|v| objection(v));
            Err(Refusal { message, way })
        }
    }
}

/// The way to the deepest part without which the objection is another.
fn culprit(value: &Value, message: &str, objection: &dyn Fn(Value) -> Option<String>) -> Way {
    let missing = message.starts_with("missing field");
    for (down, rest) in without_one(value) {
        if objection(rest).as_deref() == Some(message) {
            continue;
        }
        let Some(part) = part(value, &down) else { continue };
        let inner = |p: Value| objection(with_part(value, &down, p));
        let mut way = culprit(part, message, &inner);
        // What lacks a key is an element of a list: that the objection changes with another key gone says nothing.
        if missing && way.is_empty() && matches!(down, Down::Key(_)) {
            continue;
        }
        way.insert(0, down);
        return way;
    }
    Vec::new()
}

/// The value without one of its parts, for each of them.
fn without_one(value: &Value) -> Vec<(Down, Value)> {
    match value {
        Value::Table(table) => {
            // Without its op a step is objected to in any case, so that is looked at last.
            let (op, others): (Vec<_>, Vec<_>) = table.keys().partition(|name| *name == "op");
            let without = |name: &String| {
                let mut rest = table.clone();
                rest.remove(name);
                (Down::Key(name.clone()), Value::Table(rest))
            };
            others.into_iter().chain(op).map(without).collect()
        }
        Value::Array(list) => (0..list.len())
            .map(|i| {
                let mut rest = list.clone();
                rest.remove(i);
                (Down::Index(i), Value::Array(rest))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The part of a value that lies one step down.
fn part<'a>(value: &'a Value, down: &Down) -> Option<&'a Value> {
    match down {
        Down::Key(name) => value.as_table()?.get(name),
        Down::Index(i) => value.as_array()?.get(*i),
    }
}

/// The value at the end of a way.
pub fn at<'a>(value: &'a Value, way: &[Down]) -> Option<&'a Value> {
    way.iter().try_fold(value, part)
}

/// The value with another part one step down.
fn with_part(value: &Value, down: &Down, part: Value) -> Value {
    let mut value = value.clone();
    match (&mut value, down) {
        (Value::Table(table), Down::Key(name)) => {
            table.insert(name.clone(), part);
        }
        (Value::Array(list), Down::Index(i)) => {
            if let Some(slot) = list.get_mut(*i) {
                *slot = part;
            }
        }
        _ => {}
    }
    value
}

/// Puts another value at the end of a way.
pub fn replace(value: &mut Value, way: &[Down], new: Value) {
    let Some((first, rest)) = way.split_first() else {
        *value = new;
        return;
    };
    let inner = match (value, first) {
        (Value::Table(table), Down::Key(name)) => table.get_mut(name),
        (Value::Array(list), Down::Index(i)) => list.get_mut(*i),
        _ => None,
    };
    if let Some(inner) = inner {
        replace(inner, rest, new);
    }
}

/// The name most like `word`, if one is near enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let found = names.iter().map(|n| (distance_of(word, n), *n)).min();
    found.filter(|(d, _)| *d <= 1 + word.chars().count() / 4).map(|(_, n)| n)
}

/// What to do about a name that is not one of `names`.
pub fn instead(word: &str, names: &[&str]) -> Option<Msg> {
    match nearest(word, names) {
        Some(near) => Some(Msg::new("cli-hint-near").with("name", near)),
        None if names.is_empty() => None,
        None => Some(Msg::new("hint-one-of").with("names", names.join(", "))),
    }
}

/// An objection in the words of both languages. `key` is the name of what it is about.
fn explain(message: &str, key: &str, more: &[&str]) -> (Msg, Option<Msg>) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let word = quoted.first().copied().unwrap_or_default();
    let mut names: Vec<&str> = quoted.iter().skip(1).copied().collect();
    if message.starts_with("unknown field") {
        return (Msg::new("recipe-unknown-key").with("name", word), instead(word, &names));
    }
    if message.starts_with("unknown variant") {
        let id = if key == "op" { "recipe-unknown-op" } else { "recipe-unknown-word" };
        if key == "op" {
            names.extend(more);
        }
        return (Msg::new(id).with("name", word), instead(word, &names));
    }
    if message.starts_with("missing field") {
        let hint = Msg::new("hint-recipe-missing").with("name", word);
        return (Msg::new("recipe-missing-key").with("name", word), Some(hint));
    }
    if let Some((_, expected)) = message.rsplit_once("expected ") {
        let what = Msg::new("recipe-wrong-value").with("name", key).with("expected", expectation(expected));
        return (what, None);
    }
    (Msg::new("recipe-other").with("cause", message), None)
}

/// What a reader wants, in words.
fn expectation(expected: &str) -> Msg {
    let id = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "u128" => "recipe-wants-count",
        "i8" | "i16" | "i32" | "i64" | "isize" | "i128" => "recipe-wants-integer",
        "f32" | "f64" | "a floating point number" => "recipe-wants-number",
        "a string" | "str" => "recipe-wants-text",
        "a character" => "recipe-wants-character",
        "a boolean" => "recipe-wants-flag",
        e if e.starts_with("a sequence") => "recipe-wants-list",
        e if e.starts_with("a map") || e.starts_with("struct ") => "recipe-wants-table",
        _ => return Msg::new("recipe-wants").with("what", expected),
    };
    Msg::new(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Step;

    fn refusal(text: &str) -> (String, Way) {
        let refusal = read::<Step>(Value::Table(toml::from_str(text).unwrap())).unwrap_err();
        (refusal.message, refusal.way)
    }

    #[test]
    fn the_part_objected_to_is_found() {
        let by = || Down::Key("by".into());
        for (text, way) in [
            ("op = \"fliter\"\nwhere = \"a\"", vec![Down::Key("op".into())]),
            ("op = \"filter\"\nwhere = 3", vec![Down::Key("where".into())]),
            ("op = \"filter\"\nwhere = \"a\"\nwhat = 3", vec![Down::Key("what".into())]),
            ("op = \"filter\"", vec![]),
            ("op = \"sample\"\nrows = -1", vec![Down::Key("rows".into())]),
            ("op = \"select\"\ncolumns = [\"a\", 3]", vec![Down::Key("columns".into()), Down::Index(1)]),
            ("op = \"sort\"\nby = [{ column = \"a\" }, { descending = true }]", vec![by(), Down::Index(1)]),
            (
                "op = \"sort\"\nby = [{ column = \"a\", down = true }]",
                vec![by(), Down::Index(0), Down::Key("down".into())],
            ),
            ("op = \"sort\"\nby = \"a\"", vec![by()]),
        ] {
            let (message, found) = refusal(text);
            assert_eq!(found, way, "{text}: {message}");
        }
    }

    #[test]
    fn places_are_counted_in_characters() {
        let text = "\"日\" = 1\n[[steps]]\nop = \"a\"\n\n[[steps]]\nx = { \"国\" = 1, b = [1, 2] }\n";
        let source = Source { path: "r".into(), text: text.into() };
        let at = |way: &[Down]| source.offset(way).map(|o| position(&source.text, o));
        assert_eq!(at(&key("日")), Some((1, 1)));
        assert_eq!(at(&element("steps", 1)), Some((5, 1)));
        assert_eq!(at(&below(&element("steps", 1), "x")), Some((6, 1)));
        let b = below(&below(&element("steps", 1), "x"), "b");
        assert_eq!(at(&b), Some((6, 16)));
        assert_eq!(at(&b.iter().cloned().chain([Down::Index(1)]).collect::<Way>()), Some((6, 24)));
        assert_eq!(at(&key("none")), None);
    }
}
