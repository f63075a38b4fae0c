//! Holds the layers: who may import whom (the table in the crate's own documentation), which crate may be used where,
//! and where printing is allowed.

use std::collections::BTreeMap;

use super::rust::{Source, sources};
use super::{none, root};

/// A row of the table of layers.
#[derive(Debug)]
struct Layer {
    number: usize,
    modules: Vec<String>,
    /// Whether its modules may import one another.
    free: bool,
}

/// Reads the table from the documentation at the top of `src/lib.rs`.
fn layers(text: &str) -> Vec<Layer> {
    text.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("//! |")?.split('|');
            let number = cells.next()?.trim().parse().ok()?;
            let modules = cells.next()?;
            Some(Layer {
                number,
                modules: modules.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
                free: modules.contains("may import one another"),
            })
        })
        .collect()
}

fn lib() -> String {
    std::fs::read_to_string(root().join("src/lib.rs")).unwrap()
}

/// What is wrong with a source's imports.
fn breaches(source: &Source, layers: &[Layer]) -> Vec<String> {
    let layer = |module: &str| layers.iter().find(|l| l.modules.iter().any(|m| m == module));
    let Some(here) = source.module() else { return Vec::new() };
    let Some(own) = layer(here) else { return vec![format!("{}: `{here}` has no layer", source.path)] };
    source
        .imports(|name| layer(name).is_some())
        .into_iter()
        .filter(|(name, _)| name != here)
        .filter_map(|(name, line)| {
            let place = format!("{}:{line}: `{here}` (layer {})", source.path, own.number);
            match layer(&name) {
                None => Some(format!("{place} imports `crate::{name}`, which has no layer")),
                Some(other) if other.number < own.number || (other.number == own.number && own.free) => None,
                Some(other) => Some(format!("{place} imports `{name}` (layer {})", other.number)),
            }
        })
        .collect()
}

#[test]
fn the_table_of_layers_lists_every_module_once() {
    let text = lib();
    let mut listed: Vec<String> = layers(&text).into_iter().flat_map(|l| l.modules).collect();
    listed.sort();
    let mut declared: Vec<String> = text
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ").or_else(|| l.strip_prefix("mod ")))
        .map(|l| l.trim_end_matches(';').to_owned())
        .collect();
    declared.sort();
    assert_eq!(listed, declared, "the table in src/lib.rs (left) and the modules declared there (right)");
}

#[test]
fn a_module_imports_only_from_layers_below_it() {
    let layers = layers(&lib());
    assert!(layers.len() >= 6, "{layers:?}");
    none(&sources().iter().flat_map(|s| breaches(s, &layers)).collect::<Vec<_>>());
}

#[test]
fn siblings_and_upper_layers_are_noticed() {
    let layers = layers(&lib());
    let wrong = |path: &str, code: &str| !breaches(&Source::new(path, code), &layers).is_empty();
    for (path, code) in [
        ("source/files/csv.rs", "use crate::op::sort;"),
        ("op/sort.rs", "use crate::source::Source;"),
        ("op/sort.rs", "use super::super::source::Source;"),
        ("sql/mod.rs", "use crate::{text::Msg, data::Rows};"),
        ("data/rows.rs", "use crate::result::Figure;"),
        ("result/mod.rs", "use crate::data::Rows;"),
        ("sql/mod.rs", "use crate::result::Figure;"),
        ("headless.rs", "use crate::tui::App;"),
        ("tui/app.rs", "fn f() { crate::headless::run() }"),
        ("error.rs", "use super::data;"),
        ("error.rs", "use crate::nowhere;"),
        ("stray.rs", ""),
    ] {
        assert!(wrong(path, code), "{path}: {code}");
    }
    for (path, code) in [
        ("error.rs", "use crate::text::Msg;"),
        ("op/sort.rs", "use crate::{data::Rows, op::Step}; use super::sample;"),
        ("op/sort.rs", "#[cfg(test)] mod tests { use crate::engine::Session; }"),
        ("tui/app.rs", "use crate::engine::Session;"),
        ("main.rs", "use mekiki::tui;"),
    ] {
        assert!(!wrong(path, code), "{path}: {code}");
    }
}

/// Whether a file lies in one of these places: a folder ends with `/`, a module stands for its file and its folder.
fn within(path: &str, places: &[&str]) -> bool {
    places.iter().any(|p| match path.strip_prefix(p) {
        Some(rest) => p.ends_with('/') || rest == ".rs" || rest.starts_with('/'),
        None => false,
    })
}

/// Crates (a name, or the beginning of one before `*`) and the only places that may use them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("ratatui*", &["tui", "output/term"]),
    ("crossterm", &["tui", "command/keymap"]),
    ("plotters*", &["output/image"]),
    ("reqwest", &["source"]),
    ("hyper*", &["source"]),
    ("rustls*", &["source"]),
    ("ureq", &["source"]),
    ("tokio_postgres*", &["source"]),
    ("tokio_rustls", &["source"]),
    ("tokio", &["source", "engine/task"]),
];

/// Places that know nothing of the table library.
const WITHOUT_POLARS: &[&str] = &["tui", "command", "sql", "text", "value", "config", "error", "result"];

fn is_crate(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name == start || name.strip_prefix(start).is_some_and(|rest| rest.starts_with('_')),
        None => name == pattern,
    }
}

fn crate_breaches(source: &Source) -> Vec<String> {
    let mut found = BTreeMap::new();
    for (pattern, places) in ONLY_IN {
        if !within(&source.path, places) {
            found.extend(source.crates(|c| is_crate(c, pattern)).into_iter().map(|(c, line)| (line, c)));
        }
    }
    if within(&source.path, WITHOUT_POLARS) {
        found.extend(source.crates(|c| is_crate(c, "polars*")).into_iter().map(|(c, line)| (line, c)));
    }
    found.into_iter().map(|(line, c)| format!("{}:{line}: `{c}` has no place here", source.path)).collect()
}

#[test]
fn crates_are_used_only_where_they_belong() {
    none(&sources().iter().flat_map(crate_breaches).collect::<Vec<_>>());
}

#[test]
fn a_crate_out_of_place_is_noticed() {
    let count = |path: &str, code: &str| crate_breaches(&Source::new(path, code)).len();
    assert_eq!(count("op/sort.rs", "use ratatui::style::Style;\nuse crossterm::event;\nuse plotters;"), 3);
    assert_eq!(count("output/files/mod.rs", "use ratatui_core::x; fn f() {}"), 1);
    assert_eq!(count("output/term.rs", "use ratatui::x;"), 0);
    assert_eq!(count("output/terminal.rs", "use ratatui::x;"), 1);
    assert_eq!(count("tui/app.rs", "use polars::prelude::*;\nuse polars_arrow::x;"), 2);
    assert_eq!(count("op/sort.rs", "use polars::prelude::*;"), 0);
    assert_eq!(count("engine/mod.rs", "use hyper_util::x;\nuse tokio::y;"), 2);
    assert_eq!(count("source/redash.rs", "use reqwest::Client;"), 0);
}

#[test]
fn printing_is_left_to_the_front_of_the_program() {
    let prints = |s: &Source| {
        let found = if within(&s.path, &["main", "headless", "link"]) {
            Vec::new()
        } else {
            s.macros(&["println", "print", "eprintln", "eprint", "dbg"])
        };
        found.into_iter().map(|(m, line)| format!("{}:{line}: {m}!", s.path)).collect::<Vec<_>>()
    };
    assert_eq!(prints(&Source::new("op/sort.rs", "fn f() { eprintln!(); println![]; dbg!(1) }")).len(), 3);
    none(&sources().iter().flat_map(prints).collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = super::files_under(&root().join("src"))
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .filter(|(_, file)| !std::fs::read_to_string(file).unwrap().starts_with("//! "))
        .map(|(path, _)| format!("src/{path} does not open with a `//!` comment"))
        .collect();
    none(&silent);
}
