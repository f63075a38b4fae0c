//! Holds `config.example.toml`: it is a configuration as it is and with every comment mark removed, and names every key.

use std::path::Path;

use mekiki::command::keymap::Keymap;
use mekiki::config::{Config, parse_size};
use mekiki::source::KINDS;
use mekiki::text::Lang;

use super::root;

const FILE: &str = "config.example.toml";

fn example() -> String {
    std::fs::read_to_string(root().join(FILE)).unwrap()
}

/// A commented line that is a setting: `# key = value` or `# [table]`.
fn setting(line: &str) -> Option<&str> {
    let inner = line.strip_prefix("# ")?;
    let key: String = inner.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let is_key = !key.is_empty() && inner[key.len()..].trim_start().starts_with('=');
    (is_key || inner.starts_with('[')).then_some(inner)
}

/// The example with the comment marks of its settings removed.
fn uncommented() -> String {
    let text = example();
    text.lines().map(|l| setting(l).unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

/// The example's settings when in force.
fn in_force() -> Config {
    Config::parse(&uncommented(), Path::new(FILE)).unwrap_or_else(|e| panic!("{}", e.message.in_lang(Lang::En)))
}

#[test]
fn the_example_configuration_sets_nothing_as_it_is() {
    let config =
        Config::parse(&example(), Path::new(FILE)).unwrap_or_else(|e| panic!("{}", e.message.in_lang(Lang::En)));
    assert_eq!(config, Config::default());
}

#[test]
fn the_example_configuration_is_valid_with_every_comment_mark_removed() {
    let config = in_force();
    assert!(config.lang.as_deref().is_some_and(|l| Lang::parse(l).is_some()), "{:?}", config.lang);
    assert!(config.keymap.as_deref().is_some_and(|k| Keymap::preset(k).is_ok()), "{:?}", config.keymap);
    assert!(config.max_memory.as_deref().is_some_and(|s| parse_size(s).is_some()), "{:?}", config.max_memory);
}

#[test]
fn the_example_configuration_names_every_key() {
    let known = serde_json::to_value(Config::default()).unwrap();
    let known: Vec<&String> = known.as_object().unwrap().keys().collect();
    assert!(known.len() >= 6, "{known:?}");
    let named: toml::Table = uncommented().parse().unwrap();
    let missing: Vec<_> = known.into_iter().filter(|k| !named.contains_key(*k)).collect();
    assert!(missing.is_empty(), "{FILE} does not name {missing:?}");
    let unset: Vec<_> = serde_json::to_value(in_force())
        .unwrap()
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, v)| v.is_null())
        .map(|(k, _)| k.clone())
        .collect();
    assert!(unset.is_empty(), "{FILE} gives no value for {unset:?}");
}

#[test]
fn the_example_configuration_shows_every_setting_of_every_kind_of_connection() {
    let connections = in_force().connections;
    // Kinds with the same settings are shown once.
    let mut seen: Vec<&[mekiki::source::fields::Field]> = Vec::new();
    for kind in KINDS {
        if seen.iter().any(|fields| std::ptr::eq(*fields, kind.fields)) {
            continue;
        }
        seen.push(kind.fields);
        let shown = connections.values().find(|c| c.get("kind").and_then(|k| k.as_str()) == Some(kind.name));
        let shown = shown.unwrap_or_else(|| panic!("{FILE} shows no connection of the kind {}", kind.name));
        let missing: Vec<_> = kind.fields.iter().map(|f| f.key).filter(|k| !shown.contains_key(*k)).collect();
        assert!(missing.is_empty(), "{FILE} does not show {missing:?} of {}", kind.name);
        assert_eq!(shown.len(), kind.fields.len() + 1, "{FILE} shows a setting that {} does not have", kind.name);
    }
}

#[test]
fn settings_are_told_from_prose() {
    assert_eq!(setting("# lang = \"ja\""), Some("lang = \"ja\""));
    assert_eq!(setting("# [connections]"), Some("[connections]"));
    assert_eq!(setting("# The language: \"en\" or \"ja\"."), None);
    assert_eq!(setting("#   sort = [\"s\"]"), None);
    assert_eq!(setting("lang = \"ja\""), None);
}

#[test]
fn the_connections_of_the_example_can_be_made() {
    let config = in_force();
    let prod = config.connections.get("prod").unwrap();
    // The service it names is not on this machine.
    let mut keys = prod.clone();
    keys.remove("service");
    assert!(mekiki::source::postgres::make("prod", &keys).is_ok());
}
