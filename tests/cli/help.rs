//! The help pages, in both languages, and how the language is chosen.

use mekiki::command::COMMANDS;
use mekiki::text::Lang;

use super::{Place, snapshot};

#[test]
fn every_page_in_both_languages() {
    let place = Place::new();
    for lang in Lang::ALL {
        let mut pages = String::new();
        let commands = COMMANDS.iter().filter(|c| c.cli.is_some()).map(|c| [vec!["help"], c.words()].concat());
        for mut words in [vec!["help"]].into_iter().chain(commands) {
            words.extend(["--lang", lang.code()]);
            let outcome = place.run(&words).code(0);
            assert_eq!(outcome.err, "", "{words:?}");
            pages.push_str(&outcome.told(&words));
        }
        snapshot!(format!("help-{}", lang.code()), pages);
    }
}

#[test]
fn the_language_comes_from_the_flag_then_the_variable_then_the_configuration_then_the_locale() {
    let place = Place::new();
    let japanese = |outcome: super::Outcome| {
        let is = outcome.out.contains("使い方");
        assert_ne!(is, outcome.out.contains("Usage"), "{outcome:?}");
        is
    };
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let mut program = place.program(words);
        program.envs(variables.iter().copied());
        japanese(place.finish(program.output().unwrap()).code(0))
    };
    assert!(!run(&["--help"], &[]));
    assert!(run(&["--help"], &[("LANG", "ja_JP.UTF-8")]));
    assert!(run(&["--help"], &[("MEKIKI_LANG", "ja")]));
    assert!(!run(&["--help"], &[("LANG", "ja_JP.UTF-8"), ("MEKIKI_LANG", "en")]));
    assert!(run(&["--help", "--lang=ja"], &[("MEKIKI_LANG", "en")]));
    assert!(run(&["view", "--lang", "ja", "-h"], &[]));
    place.write(".mekiki.toml", "lang = \"ja\"\n");
    assert!(run(&["--help"], &[]));
    assert!(!run(&["--help"], &[("MEKIKI_LANG", "en")]));
    place.write(".mekiki.toml", "not a configuration");
    assert!(!run(&["--help"], &[]));
}

#[test]
fn the_version() {
    let place = Place::new();
    for word in ["--version", "-V"] {
        let outcome = place.run(&[word]).code(0);
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("mekiki [VERSION]\n", ""));
    }
}
