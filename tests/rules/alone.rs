//! The project speaks of itself alone: nothing in its files points at the machine, the folders or the tools it was
//! written with, and its dependencies come from the public registry.

use std::path::Path;
use std::process::Command;

use super::{files_under, none, root};

/// Beginnings of paths that mean something on one machine only.
const PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers"),
    concat!("../sha", "red"),
    concat!("/tmp/ca", "rgo"),
];

/// Words that speak of how the text came about, whatever their case.
const WORDS: &[&str] = &[
    concat!("clau", "de"),
    concat!("anthro", "pic"),
    concat!("open", "ai"),
    concat!("chat", "gpt"),
    concat!("copi", "lot"),
    concat!("gem", "ini"),
    concat!("large language ", "model"),
    concat!("ai assis", "tant"),
    concat!("ai ag", "ent"),
    concat!("sub", "agent"),
    concat!("work", "tree"),
    concat!("generated ", "with ai"),
    concat!("co-author", "ed-by"),
    concat!("arti", "factory"),
    concat!("nex", "us."),
];

/// The files that belong to the repository: those git knows or would take; all but build results where there is no git.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|o| o.status.success());
    let files: Vec<String> = match listed {
        Some(output) => {
            String::from_utf8_lossy(&output.stdout).split('\0').filter(|f| !f.is_empty()).map(str::to_owned).collect()
        }
        None => files_under(root())
            .into_iter()
            .map(|(path, _)| path)
            .filter(|p| !p.starts_with("target/") && !p.starts_with(concat!(".g", "it/")))
            .collect(),
    };
    assert!(files.iter().any(|f| f == "Cargo.toml"), "{files:?}");
    files
}

/// Whether `word` stands in `text` as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let ends_open = word.ends_with(|c: char| c.is_ascii_alphanumeric());
        !part_of_word(text[..at].chars().next_back())
            && !(ends_open && part_of_word(text[at + word.len()..].chars().next()))
    })
}

/// Whether `path` begins in `text` (and does not go on with a longer path or address).
fn has_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    })
}

/// What a text says that it should not, with the lines. `folders` are those of the machine at hand.
fn slips(text: &str, folders: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let low = line.to_lowercase();
        let paths = PATHS.iter().copied().filter(|p| has_path(line, p));
        let words = WORDS.iter().copied().filter(|w| has_word(&low, w));
        let here = folders.iter().map(String::as_str).filter(|f| line.contains(f));
        found.extend(paths.chain(words).chain(here).map(|what| format!("{}: {what}", i + 1)));
    }
    found
}

/// The folders this is built in and by; a folder just below the top is too common a word to look for.
fn folders_at_hand() -> Vec<String> {
    let mut folders = vec![root().display().to_string()];
    folders
        .extend(["HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR"].iter().filter_map(|v| std::env::var(v).ok()));
    folders.retain(|f| f.matches(['/', '\\']).count() >= 2);
    folders
}

#[test]
fn no_file_speaks_of_anything_but_the_project() {
    let folders = folders_at_hand();
    let mut found = Vec::new();
    for file in files() {
        found.extend(slips(&file, &folders).into_iter().map(|s| format!("the name {file}, line {s}")));
        let Ok(bytes) = std::fs::read(root().join(Path::new(&file))) else { continue };
        if bytes.contains(&0) {
            continue;
        }
        found.extend(slips(&String::from_utf8_lossy(&bytes), &folders).into_iter().map(|s| format!("{file}:{s}")));
    }
    none(&found);
}

#[test]
fn a_slip_is_noticed() {
    let folders = vec!["/srv/build".to_owned()];
    for text in
        PATHS.iter().map(|p| format!("see \"{p}x\"")).chain(WORDS.iter().map(|w| format!("By {}!", w.to_uppercase())))
    {
        assert_eq!(slips(&text, &folders).len(), 1, "{text}");
    }
    assert_eq!(slips("a\nin /srv/build/x", &folders), ["2: /srv/build"]);
    for fine in
        ["https://example.com/work/1", "a homework/", "the framework/", "github.com/home/", "nexus", "networktrees"]
    {
        assert!(slips(fine, &folders).is_empty(), "{fine}");
    }
}

#[test]
fn dependencies_come_from_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let sources: Vec<&str> = lock.lines().filter(|l| l.starts_with("source = ")).collect();
    assert!(sources.len() > 50);
    let others: Vec<_> = sources.into_iter().filter(|l| *l != public).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(!files().iter().any(|f| f.starts_with(".cargo/")), "settings of one machine's cargo are not the project's");
}
