//! What `gen` writes names everything there is.

use mekiki::command::cli::program;
use mekiki::command::{COMMANDS, GLOBAL};
use mekiki::config::KEYS;
use mekiki::tui::theme::Theme;

use super::{Place, snapshot};

fn made(place: &Place, words: &[&str]) -> String {
    let outcome = place.run(&[&["gen"], words].concat()).code(0);
    assert_eq!(outcome.err, "", "{words:?}");
    outcome.out
}

#[test]
fn the_reference_and_the_manual_name_every_command_and_option() {
    let place = Place::new();
    let reference = made(&place, &["reference"]);
    let manual = made(&place, &["man"]).replace("\\-", "-");
    let manual_ja = made(&place, &["man", "--lang", "ja"]);
    assert!(manual.contains(".SH \"OPTIONS\"") && !manual_ja.contains("OPTIONS"));
    for command in COMMANDS {
        assert!(reference.contains(&format!("`{}`", command.name)) || command.screen.is_none(), "{}", command.name);
        let Some(cli) = &command.cli else { continue };
        assert!(reference.contains(&format!("### mekiki {}\n", command.words().join(" "))), "{}", command.name);
        assert!(manual.contains(&format!(".SS mekiki {}\n", command.words().join(" "))), "{}", command.name);
        let shared = GLOBAL.iter();
        for param in cli.groups().iter().flat_map(|(_, params)| params.iter()).chain(shared).filter(|p| !p.positional) {
            let flag = format!("--{}", param.name);
            assert!(reference.contains(&flag) && manual.contains(&flag), "{flag}");
        }
        for example in cli.examples {
            assert!(reference.contains(example), "{example}");
        }
    }
    for key in KEYS {
        assert!(reference.contains(&format!("| `{}` |", key.name)), "{}", key.name);
    }
}

#[test]
fn completions_for_every_shell_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = made(&place, &["completions", "--shell", shell]);
        for command in program().get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
        assert!(script.contains("fail-empty"), "{shell}");
    }
    let mut own = place.program(&["gen", "completions"]);
    own.env("SHELL", "/bin/zsh");
    assert!(place.finish(own.output().unwrap()).code(0).out.starts_with("#compdef mekiki"));
}

#[test]
fn the_keys_are_those_of_the_presets() {
    let page = made(&Place::new(), &["keys"]);
    let row = |name: &str| {
        page.lines().find(|l| l.contains(&format!("| `{name}` |"))).unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    for command in COMMANDS.iter().filter(|c| c.screen.is_some()) {
        assert_eq!(row(command.name).replace("\\|", "").matches('|').count(), 6, "{}", row(command.name));
    }
    assert!(row("quit").contains("`Q`"), "{}", row("quit"));
}

#[test]
fn the_schema_of_the_configuration_allows_what_the_program_knows() {
    let place = Place::new();
    let text = made(&place, &["config-schema"]);
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, KEYS.iter().map(|k| k.name).collect::<Vec<_>>());
    let themes: Vec<&str> = Theme::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(schema["properties"]["theme"]["enum"], serde_json::json!(themes));
    snapshot!("config-schema", text);
}
