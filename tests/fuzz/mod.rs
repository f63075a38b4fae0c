//! Whatever text or bytes come in: no panic, and an error says what to do about it.
//!
//! Few cases each, so that every run is quick; `PROPTEST_CASES=20000` tries in earnest.

use std::path::Path;

use mekiki::command::keymap::{Key, Keymap};
use mekiki::config::{Config, parse_size};
use mekiki::data::Control;
use mekiki::engine::Sources;
use mekiki::error::Error;
use mekiki::source::OpenOptions;
use mekiki::sql::expr::parse;
use mekiki::text::safe;
use proptest::prelude::*;

fn settings() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(96);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Pieces of a language in any order, with any text between.
fn pieces(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(words).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[ -~\n]{0,6}"];
    prop::collection::vec(piece, 0..16).prop_map(|p| p.concat())
}

fn helps(error: &Error, text: &str) -> Result<(), TestCaseError> {
    prop_assert!(error.hint.as_ref().is_some_and(|h| !h.to_string().is_empty()), "no hint for {:?}: {}", text, error);
    prop_assert!(!error.to_string().is_empty());
    Ok(())
}

const TOML: &[&str] = &[
    "theme",
    "keymap",
    "mouse",
    "max_memory",
    "lang",
    "[connections.",
    "x]",
    "]",
    " = ",
    "\"",
    "'''",
    "true",
    "\n",
    "#",
    "1e9",
    "\"dark\"",
    "kind",
    "url",
    "api_key",
    "\"env:X\"",
    "{",
    "}",
    ",",
    "日本",
    "\u{0}",
    "\\u",
    "..",
];

const CONDITION: &[&str] = &[
    "price",
    " ",
    "\"a b\"",
    "`列`",
    "'x'",
    "''",
    "'",
    "\"",
    "=",
    "<>",
    "!=",
    ">=",
    "<",
    "and",
    " or ",
    "not ",
    "(",
    ")",
    "is missing",
    "is not ",
    "contains",
    "starts with",
    "in",
    ",",
    "1",
    "-1.5e300",
    "99999999999999999999999999",
    "true",
    "null",
    "between",
    "like",
    "日付",
    "\u{0}",
    "--",
];

const KEYS: &[&str] = &[
    "quit",
    "down",
    "no-such-command",
    " = ",
    "[",
    "]",
    "\"j\"",
    "\"Ctrl-X\"",
    "\"Ctrl-\"",
    "\"F12\"",
    "\"F99\"",
    "\"Space\"",
    "\"\"",
    ",",
    "\n",
    "#",
    "\"あ\"",
    "\"Alt-x\"",
    "1",
    "based_on",
    "\"default\"",
];

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn configuration(text in pieces(TOML)) {
        if let Err(e) = Config::parse(&text, Path::new("mekiki.toml")) {
            helps(&e, &text)?;
        }
        let _ = parse_size(&text);
    }

    #[test]
    fn conditions(text in pieces(CONDITION)) {
        match parse(&text) {
            Err(e) => helps(&e, &text)?,
            // What is printed reads as the same condition.
            Ok(e) => prop_assert_eq!(parse(&e.to_string()).ok(), Some(e)),
        }
    }

    #[test]
    fn key_files(text in pieces(KEYS)) {
        let mut keymap = Keymap::preset("default").expect("the preset");
        if let Err(e) = keymap.add(&text, "keys.toml") {
            helps(&e, &text)?;
        }
        if let Some(key) = Key::parse(&text) {
            prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
        }
    }

    #[test]
    fn cells_on_the_terminal(text in any::<String>(), controls in "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}a-c語ﾟ\u{301}\u{200d}]{0,40}", room in 3usize..60) {
        for text in [text, controls] {
            let fitted = safe::fit(&text, room);
            prop_assert!(fitted.width <= room);
            prop_assert_eq!(fitted.width, safe::width(&fitted.text));
            let dangerous = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
            prop_assert!(!fitted.text.chars().any(dangerous), "{:?}", fitted.text);
            for line in safe::wrap(&text, room, 50).0 {
                prop_assert!(!line.chars().any(dangerous), "{line:?}");
            }
        }
    }
}

/// Bytes that look like a table more or less.
fn tables() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: &[&[u8]] = &[
        b"a,b,c",
        b"\n",
        b"\r\n",
        b"\r",
        b"1",
        b",",
        b";",
        b"\t",
        b"|",
        b"\"",
        b"\"\"",
        b"x",
        b"2024-01-02",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x83\x65\x83\x58\x83\x67",
        b"\xa4\xa2",
        "東京".as_bytes(),
        b"0012",
        b"99999999999999999999",
        b"1e400",
        b"true",
        b" ",
        b"{\"a\":1}",
        b"[",
        b"#",
        b"null",
    ];
    let piece = prop_oneof![8 => prop::sample::select(PARTS).prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..6)];
    prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn files(bytes in tables(), ending in prop::sample::select(vec!["csv", "tsv", "txt", "jsonl", "json", "parquet", "arrow", "xlsx", "csv.gz", "csv.zst", "data"])) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!("t.{ending}"));
        std::fs::write(&path, &bytes).expect("a file");
        let sources = Sources::built_in();
        let control = Control::new();
        let locator = sources.parse(&path.display().to_string());
        match sources.open(&locator, &OpenOptions::default(), &control) {
            Err(e) => helps(&e, ending)?,
            Ok(opened) => {
                let table = opened.dataset.table().settle(&control);
                let dataset = match table {
                    Err(e) => {
                        helps(&e, ending)?;
                        return Ok(());
                    }
                    Ok(Some(table)) => mekiki::data::Dataset::new(table),
                    Ok(None) => opened.dataset,
                };
                let places: Vec<usize> = (0..dataset.schema().len()).collect();
                match dataset.count(&control).and_then(|rows| Ok((rows, dataset.window(&places, 0, 100)?))) {
                    Err(e) => helps(&e, ending)?,
                    Ok((rows, frame)) => prop_assert_eq!(frame.height() as u64, rows.min(100)),
                }
            }
        }
    }
}
