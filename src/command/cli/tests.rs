//! Command lines and what they mean.

use super::*;
use crate::command::{Act, ParamKind};
use crate::error::ErrorKind;

fn run(line: &[&str]) -> Result<Invocation> {
    parse(["mekiki", "--lang", "en"].iter().chain(line).map(OsString::from), 80)
}

fn values(line: &[&str]) -> Values {
    match run(line) {
        Ok(Invocation::Headless { values, .. } | Invocation::Interactive(values)) => values,
        Ok(Invocation::Print(text)) => panic!("{line:?} prints {text}"),
        Err(e) => panic!("{line:?}: {e}"),
    }
}

fn refused(line: &[&str]) -> (String, String) {
    match run(line) {
        Err(e) => {
            assert_eq!(e.kind, ErrorKind::Usage, "{line:?}");
            (e.message.in_lang(Lang::En), e.hint.map(|h| h.in_lang(Lang::En)).unwrap_or_default())
        }
        Ok(_) => panic!("{line:?} is taken"),
    }
}

#[test]
fn the_parser_is_sound() {
    build::program().debug_assert();
}

#[test]
fn flags_go_before_or_after_the_locator_and_the_last_one_wins() {
    let v = values(&["view", "--limit", "5", "a.csv", "--where", "x > 1", "--where", "y", "--limit=-1", "-q"]);
    assert_eq!((v.number("limit"), v.text("locator"), v.has("quiet")), (Some(-1), Some("a.csv"), true));
    assert_eq!(v.all("where"), ["x > 1", "y"]);
    assert_eq!(v.text("lang"), Some("en"));
    assert!(matches!(run(&["view", "a"]), Ok(Invocation::Headless { command, .. }) if command.act == Act::View));
}

#[test]
fn the_order_of_flags_is_kept() {
    let v = values(&["shape", "a.csv", "--derive", "b = 1", "--rename", "b=c", "--derive=d = 2", "--where", "d = 2"]);
    let ordered = v.ordered(&["where", "rename", "derive", "pivot"]);
    assert_eq!(ordered, [("derive", "b = 1"), ("rename", "b=c"), ("derive", "d = 2"), ("where", "d = 2")]);
}

#[test]
fn without_a_command_the_locators_are_opened() {
    let v = values(&["a.csv", "./view", "-", "sample:events", "--encoding", "cp932", "--delimiter", "\\t"]);
    assert_eq!(v.all("locator"), ["a.csv", "./view", "-", "sample:events"]);
    let open = v.open_options().unwrap();
    assert_eq!((open.encoding.as_deref(), open.delimiter, open.header), (Some("cp932"), Some('\t'), None));
    assert!(matches!(run(&[]), Ok(Invocation::Interactive(v)) if v.all("locator").is_empty()));
    assert_eq!(values(&["--", "-odd.csv"]).all("locator"), ["-odd.csv"]);
}

#[test]
fn slips_are_named_with_a_remedy() {
    let has = |line: &[&str], message: &str, hint: &str| {
        let (m, h) = refused(line);
        assert!(m.contains(message) && h.contains(hint), "{line:?}: {m} | {h}");
    };
    has(&["view", "a", "--limt", "3"], "--limt", "--limit");
    has(&["view", "a", "--frobnicate"], "--frobnicate", "mekiki help view");
    has(&["view", "a", "--limit"], "--limit", "mekiki help view");
    has(&["view", "a", "--limit", "ten"], "“ten”", "whole number");
    has(&["view", "a", "--timeout", "soon"], "“soon”", "30s");
    has(&["view", "a", "--max-bytes", "much"], "“much”", "500MB");
    has(&["view", "a", "--color", "red"], "“red”", "auto, always, never");
    has(&["view"], "LOCATOR", "mekiki help view");
    has(&["view", "a", "b"], "“b”", "mekiki help view");
    has(&["gen"], "ARTEFACT", "mekiki help gen");
    has(&["gen", "poem"], "ARTEFACT: “poem”", "man, completions");
    has(&["help", "veiw"], "“veiw”", "view");
    has(&["veiw"], "“veiw”", "view");
    has(&["a.csv", "export"], "“export”", "export");
    has(&["--encoding", "cp932", "doctor"], "--encoding", "mekiki help doctor");
    has(&["doctor", "--limit", "3"], "--limit", "");
}

#[test]
fn help_can_be_asked_for_in_every_way() {
    let text = |line: &[&str]| match run(line) {
        Ok(Invocation::Print(text)) => text,
        _ => panic!("{line:?} prints nothing"),
    };
    assert_eq!(text(&["--help"]), text(&["help"]));
    assert_eq!(text(&["-h"]), text(&["help"]));
    assert_eq!(text(&["view", "--help"]), text(&["help", "view"]));
    assert_eq!(text(&["view", "a.csv", "-h"]), text(&["help", "view"]));
    assert_eq!(text(&["--version"]), format!("mekiki {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_param_that_takes_a_value_has_a_word_for_it() {
    for command in COMMANDS {
        for param in
            command.cli.iter().flat_map(Cli::groups).flat_map(|(_, params)| params).chain(crate::command::GLOBAL)
        {
            assert_eq!(param.placeholder().is_empty(), param.kind == ParamKind::Flag, "{}", param.name);
        }
    }
}

#[test]
fn the_language_is_known_before_anything_is_parsed() {
    let find = |line: &[&str]| early(&line.iter().map(OsString::from).collect::<Vec<_>>(), "--lang");
    assert_eq!(find(&["view", "--lang", "ja"]).as_deref(), Some("ja"));
    assert_eq!(find(&["--lang=ja", "--lang=en"]).as_deref(), Some("en"));
    assert_eq!(find(&["--language", "ja", "--", "--lang", "en"]), None);
}
