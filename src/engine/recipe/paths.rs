//! How a recipe names files: a path in it begins at its own folder, so that a folder with recipe and data can be moved.
//!
//! Only the text of paths is looked at; no file is touched.

use std::path::{Component, Path, PathBuf};

use toml::Value;

/// Whether a locator of a file names a recipe.
pub fn is_recipe(locator: &str) -> bool {
    Path::new(locator).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
}

/// Whether a file's locator begins nowhere in particular.
pub fn is_relative(locator: &str) -> bool {
    locator != "-" && !locator.starts_with('~') && !locator.contains("://") && Path::new(locator).is_relative()
}

/// A file's locator out of a recipe in `folder`, as it is to be opened from the current folder.
pub fn resolved(locator: &str, folder: &Path) -> String {
    if folder.as_os_str().is_empty() || !is_relative(locator) {
        return locator.to_owned();
    }
    folder.join(locator).display().to_string()
}

/// A file's locator, as typed in the folder `here`, as it is to stand in a recipe in `folder` (absolute, as `here` is):
/// relative where the file lies in the recipe's folder or was named by a relative path, else as typed.
pub fn stored(locator: &str, folder: &Path, here: &Path) -> String {
    if locator.is_empty() || locator == "-" || locator.starts_with('~') || locator.contains("://") {
        return locator.to_owned();
    }
    let (file, folder) = (plain(&here.join(locator)), plain(&here.join(folder)));
    let common = file.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - common;
    // Two paths that have nothing but the root in common are not about one place.
    if (up > 0 && !is_relative(locator)) || common == 0 {
        return locator.to_owned();
    }
    let down = file.components().skip(common).map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = std::iter::repeat_n("..".to_owned(), up).chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The keys under which steps name other tables, each under its op: one, or several under names of their own.
const ONE: (&str, &str) = ("join", "with");
const SEVERAL: (&str, &str) = ("sql", "tables");

/// Whether a step's key names other tables, so that what stands there does not speak of the table at hand.
pub fn is_other(op: &str, key: &str) -> bool {
    [ONE, SEVERAL].contains(&(op, key))
}

/// Puts other locators in the place of those of other tables in a step.
pub fn relocate(step: &mut toml::Table, locator: &dyn Fn(&str) -> String) {
    let op = step.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (key, value) in step.iter_mut() {
        match value {
            Value::Table(named) if (op.as_str(), key.as_str()) == SEVERAL => {
                named.iter_mut().for_each(|(_, other)| relocate_other(other, locator));
            }
            other if (op.as_str(), key.as_str()) == ONE => relocate_other(other, locator),
            _ => {}
        }
    }
}

/// Another table is written as its locator, or with the locator under `table`.
fn relocate_other(other: &mut Value, locator: &dyn Fn(&str) -> String) {
    match other {
        Value::String(text) => *text = locator(text),
        Value::Table(other) => {
            if let Some(Value::String(text)) = other.get_mut("table") {
                *text = locator(text);
            }
            let steps = other.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten();
            steps.filter_map(Value::as_table_mut).for_each(|step| relocate(step, locator));
        }
        _ => {}
    }
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_recipe_s_folder() {
        let s = |locator: &str, folder: &str| stored(locator, Path::new(folder), Path::new("/p/q"));
        for (locator, folder, want) in [
            ("a.csv", "/p/q", "a.csv"),
            ("a.csv", "", "a.csv"),
            ("./d/*.parquet", "/p/q", "d/*.parquet"),
            ("d/a.xlsx#Sheet 1", "/p/q/d", "a.xlsx#Sheet 1"),
            ("a.csv", "recipes", "../a.csv"),
            ("../x/a.csv", "/p/q", "../x/a.csv"),
            ("/p/q/d/a.csv", "/p/q", "d/a.csv"),
            ("/data/a.csv", "/p/q", "/data/a.csv"),
            (".", "/p/q", "."),
            ("-", "/p/q", "-"),
            ("~/a.csv", "/p/q", "~/a.csv"),
            ("https://x/a.csv", "/p/q", "https://x/a.csv"),
        ] {
            assert_eq!(s(locator, folder), want, "{locator} in {folder}");
        }
    }

    #[test]
    fn other_tables_in_steps_move_along() {
        let moved = |text: &str| {
            let mut table: toml::Table = toml::from_str(text).unwrap();
            relocate(&mut table, &|l| format!("d/{l}"));
            toml::to_string(&table).unwrap()
        };
        let same = |text: &str| toml::to_string(&toml::from_str::<toml::Table>(text).unwrap()).unwrap();
        for (before, after) in [
            ("op = 'join'\nwith = 'a'", "op = 'join'\nwith = 'd/a'"),
            ("op = 'filter'\nwith = 'a'", "op = 'filter'\nwith = 'a'"),
            (
                "op = 'join'\nwith = { table = 'a', steps = [{ op = 'join', with = 'b' }, { op = 'x', table = 'c' }] }",
                "op = 'join'\nwith = { table = 'd/a', steps = [{ op = 'join', with = 'd/b' }, { op = 'x', table = 'c' }] }",
            ),
            (
                "op = 'join'\nwith = { table = 'a', open = { encoding = 'cp932' } }",
                "op = 'join'\nwith = { table = 'd/a', open = { encoding = 'cp932' } }",
            ),
            (
                "op = 'sql'\ntables = { a = 'b', c = { table = 'e' } }",
                "op = 'sql'\ntables = { a = 'd/b', c = { table = 'd/e' } }",
            ),
            ("op = 'sql'\ntables = { a = 'b', table = 'e' }", "op = 'sql'\ntables = { a = 'd/b', table = 'd/e' }"),
        ] {
            assert_eq!(moved(before), same(after));
        }
    }

    #[test]
    fn what_is_stored_is_found_again() {
        for (locator, folder) in [("a.csv", "/p/q"), ("a.csv", "/p/r/s"), ("/data/a.csv", "/p"), ("../a", "/p/q/r")] {
            let found = resolved(&stored(locator, Path::new(folder), Path::new("/p/q")), Path::new(folder));
            assert_eq!(plain(Path::new(&found)), plain(&Path::new("/p/q").join(locator)), "{locator} in {folder}");
        }
        assert_eq!(resolved("a.csv", Path::new("")), "a.csv");
        assert_eq!(resolved("-", Path::new("d")), "-");
        assert!(is_recipe("d/a.toml") && is_recipe("A.TOML") && !is_recipe("toml") && !is_recipe("a.toml.csv"));
    }
}
