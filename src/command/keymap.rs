//! Which key gives which command: the presets in `assets/keymap`, with the person's own file on top.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{COMMANDS, Command, by_name};
use crate::error::{Error, Result};
use crate::text::Msg;

/// The presets by name.
pub const PRESETS: &[(&str, &str)] = &[
    ("default", include_str!("../../assets/keymap/default.toml")),
    ("visidata", include_str!("../../assets/keymap/visidata.toml")),
];

/// A key as a person writes it: `j`, `G`, `Ctrl-F`, `PageDown`, `F10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    control: bool,
}

const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Space", KeyCode::Char(' ')),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

impl Key {
    /// Reads a key's name.
    pub fn parse(text: &str) -> Option<Self> {
        let (control, rest) = match text.strip_prefix("Ctrl-") {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, text),
        };
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(if control { c.to_ascii_lowercase() } else { c }),
            _ => match NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)) {
                Some((_, code)) => *code,
                None => KeyCode::F(rest.strip_prefix('F')?.parse().ok().filter(|n| (1..=24).contains(n))?),
            },
        };
        Some(Self { code, control })
    }

    /// The key of an event, with Shift folded into the letter.
    pub fn of(event: &KeyEvent) -> Self {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if control => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        Self { code, control }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.control {
            f.write_str("Ctrl-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.control => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            _ => f.write_str("?"),
        }
    }
}

/// Keys and the commands they give.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// In the order of the file, so that the first key of a command is the one shown.
    bindings: Vec<(Key, &'static Command)>,
}

impl Keymap {
    /// A preset by name.
    pub fn preset(name: &str) -> Result<Self> {
        let Some((_, text)) = PRESETS.iter().find(|(n, _)| *n == name) else {
            let names: Vec<&str> = PRESETS.iter().map(|(n, _)| *n).collect();
            return Err(Error::usage(Msg::new("error-keymap-preset").with("name", name))
                .hint(Msg::new("hint-one-of").with("names", names.join(", "))));
        };
        let mut map = Self::default();
        map.add(text, name)?;
        Ok(map)
    }

    /// The key map a configuration names: a preset, or the path of a file that goes on top of the default one.
    pub fn load(name: &str) -> Result<Self> {
        if !name.contains(['/', '.']) {
            return Self::preset(name);
        }
        let mut map = Self::preset("default")?;
        let text = std::fs::read_to_string(name).map_err(|e| Error::io(name.as_ref(), e))?;
        map.add(&text, name)?;
        Ok(map)
    }

    /// Adds bindings from a file's text: `command = ["key", …]`. They go before what was there; a command named in the
    /// file loses its other keys, and an empty list takes a command off the keyboard.
    pub fn add(&mut self, text: &str, origin: &str) -> Result<()> {
        let table: BTreeMap<String, Vec<String>> = toml::from_str(text).map_err(|e| {
            Error::usage(Msg::new("error-keymap").with("file", origin).with("cause", e.message().to_owned()))
                .hint(Msg::new("hint-keymap"))
        })?;
        let mut added = Vec::new();
        for command in COMMANDS {
            let Some(keys) = table.get(command.name) else { continue };
            self.bindings.retain(|(_, c)| c.act != command.act);
            for name in keys {
                let key = Key::parse(name).ok_or_else(|| {
                    Error::usage(Msg::new("error-keymap-key").with("file", origin).with("key", name))
                        .hint(Msg::new("hint-keymap-key"))
                })?;
                if let Some((_, other)) = added.iter().find(|(k, _): &&(Key, &Command)| *k == key) {
                    return Err(Error::usage(
                        Msg::new("error-keymap-twice")
                            .with("file", origin)
                            .with("key", name)
                            .with("one", other.name)
                            .with("two", command.name),
                    )
                    .hint(Msg::new("hint-keymap-twice")));
                }
                self.bindings.retain(|(k, _)| *k != key);
                added.push((key, command));
            }
        }
        if let Some(unknown) = table.keys().find(|n| by_name(n).is_none()) {
            return Err(Error::usage(Msg::new("error-keymap-command").with("file", origin).with("name", unknown))
                .hint(Msg::new("hint-keymap-command")));
        }
        added.append(&mut self.bindings);
        self.bindings = added;
        Ok(())
    }

    /// The command a key gives.
    pub fn command(&self, key: Key) -> Option<&'static Command> {
        self.bindings.iter().find(|(k, _)| *k == key).map(|(_, c)| *c)
    }

    /// The keys of a command, the one to show first.
    pub fn keys(&self, command: &Command) -> Vec<Key> {
        self.bindings.iter().filter(|(_, c)| c.act == command.act).map(|(k, _)| *k).collect()
    }

    /// The key to show for a command, as text; empty if it has none.
    pub fn shown(&self, command: &Command) -> String {
        self.keys(command).first().map(Key::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Act;
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        for name in ["j", "G", "Ctrl-F", "PageDown", "F10", "Space", "$", "Enter", "-"] {
            assert_eq!(Key::parse(name).map(|k| k.to_string()).as_deref(), Some(name));
        }
        for bad in ["", "Ctrl-", "Hyper-x", "F99", "jj"] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn presets_are_sound_and_leave_alone_what_keyboards_swallow() {
        for (name, _) in PRESETS {
            let map = Keymap::preset(name).unwrap();
            for (key, command) in &map.bindings {
                let shown = key.to_string();
                let visidata_habit = *name == "visidata";
                if !visidata_habit {
                    assert!(!["[", "]", "{", "}", "\\", "|", "@", "~"].contains(&shown.as_str()), "{shown}");
                }
                assert!(
                    !["Ctrl-H", "Ctrl-I", "Ctrl-J", "Ctrl-M"].contains(&shown.as_str()),
                    "{shown} {}",
                    command.name
                );
            }
            for act in [Act::Quit, Act::Help, Act::Menu, Act::Palette, Act::Enter, Act::Down, Act::Cancel] {
                assert!(!map.keys(act.command()).is_empty(), "{name} has no key for {}", act.command().name);
            }
        }
    }

    #[test]
    fn every_preset_reaches_every_command() {
        let usual = Keymap::preset("default").unwrap();
        for (name, _) in PRESETS {
            let map = Keymap::preset(name).unwrap();
            for command in COMMANDS.iter().filter(|c| c.screen.is_some()) {
                let keys = !map.keys(command).is_empty();
                assert!(keys || usual.keys(command).is_empty(), "{name} has no key for {}", command.name);
                assert!(keys || command.menu.is_some(), "{name} has no way to {}", command.name);
            }
        }
    }

    #[test]
    fn a_file_of_ones_own_goes_on_top() {
        let mut map = Keymap::preset("default").unwrap();
        map.add("quit = [\"x\"]\nsort = [\"q\"]", "mine").unwrap();
        let by = |k: &str| map.command(Key::parse(k).unwrap()).map(|c| c.act);
        assert_eq!(by("x"), Some(Act::Quit));
        assert_eq!(by("Q"), None);
        assert_eq!(by("q"), Some(Act::Sort));
        for bad in ["nonsense = [\"x\"]", "quit = [\"jj\"]", "quit = [\"x\"]\nsort = [\"x\"]", "quit = 3"] {
            assert!(map.clone().add(bad, "mine").is_err(), "{bad}");
        }
    }
}
