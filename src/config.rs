//! The configuration: where its files are, which wins, what is in them, and the list of recent tables.
//!
//! Precedence: flag > `MEKIKI_*` > project file (`.mekiki.toml`, found up to the git root) > user file > built in.
//! A project file may not carry connections' secrets, since it travels with the project.

pub mod add;
pub mod change;
pub mod statements;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::Msg;

/// What can be set. Every key is optional; unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// `en` or `ja`; from the locale otherwise.
    pub lang: Option<String>,
    /// `auto`, `light`, `dark` or `colour-blind`.
    pub theme: Option<String>,
    /// `default`, `visidata`, or the path of a file that goes on top of the default.
    pub keymap: Option<String>,
    /// Whether the mouse is used.
    pub mouse: Option<bool>,
    /// Whether addresses in cells are given to the terminal as links.
    pub hyperlinks: Option<bool>,
    /// Most memory a task may take (`4GB`); half of what is free otherwise.
    pub max_memory: Option<String>,
    /// The sources with a name.
    pub connections: BTreeMap<String, toml::Table>,
}

impl Config {
    /// Puts `self` on top of `lower`: what is set here wins, key by key, connection by connection.
    fn over(mut self, lower: Config) -> Config {
        let mut connections = lower.connections;
        connections.append(&mut self.connections);
        Config {
            lang: self.lang.or(lower.lang),
            theme: self.theme.or(lower.theme),
            keymap: self.keymap.or(lower.keymap),
            mouse: self.mouse.or(lower.mouse),
            hyperlinks: self.hyperlinks.or(lower.hyperlinks),
            max_memory: self.max_memory.or(lower.max_memory),
            connections,
        }
    }

    /// Reads the text of a configuration file; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            Error::usage(
                Msg::new("error-config")
                    .with("path", path.display().to_string())
                    .with("line", line)
                    .with("cause", e.message().to_owned()),
            )
            .hint(Msg::new("hint-config"))
        })
    }
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// Yes or no.
    Flag,
    /// A size in bytes, such as `500MB`.
    Size,
    /// Tables with names.
    Tables,
}

/// One key of [`Config`], for the schema and for people.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// What it may be.
    pub kind: KeyKind,
    text: &'static str,
}

impl Key {
    /// What it is for.
    pub fn help(&self) -> Msg {
        Msg::new(self.text)
    }

    /// What a configuration sets it to, as text; none if it does not.
    pub fn value(&self, config: &Config) -> Option<String> {
        match serde_json::to_value(config).ok()?.get(self.name)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(s) => Some(s.clone()),
            serde_json::Value::Object(o) if o.is_empty() => None,
            serde_json::Value::Object(o) => Some(o.keys().cloned().collect::<Vec<_>>().join(", ")),
            other => Some(other.to_string()),
        }
    }
}

/// Every key of [`Config`].
pub const KEYS: &[Key] = &[
    Key { name: "lang", kind: KeyKind::Choice(&["en", "ja"]), text: "config-lang" },
    Key {
        name: "theme",
        kind: KeyKind::Choice(&["auto", "light", "dark", "colour-blind", "mono"]),
        text: "config-theme",
    },
    Key { name: "keymap", kind: KeyKind::Text, text: "config-keymap" },
    Key { name: "mouse", kind: KeyKind::Flag, text: "config-mouse" },
    Key { name: "hyperlinks", kind: KeyKind::Flag, text: "config-hyperlinks" },
    Key { name: "max-memory", kind: KeyKind::Size, text: "config-max-memory" },
    Key { name: "connections", kind: KeyKind::Tables, text: "config-connections" },
];

/// A configuration and the files it came from, the winning one first.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What is set.
    pub config: Config,
    /// Files that were read.
    pub files: Vec<PathBuf>,
    /// What each place sets, the winning one first; the environment is the place without a file.
    pub layers: Vec<(Option<PathBuf>, Config)>,
}

impl Loaded {
    /// The place that decides a key: none if none sets it, else the file, or none for the environment.
    pub fn origin(&self, key: &Key) -> Option<Option<&Path>> {
        self.layers.iter().find(|(_, config)| key.value(config).is_some()).map(|(place, _)| place.as_deref())
    }
}

/// The user's configuration file: `MEKIKI_CONFIG`, or `mekiki/config.toml` in the configuration directory.
pub fn user_file() -> Option<PathBuf> {
    match std::env::var_os("MEKIKI_CONFIG") {
        Some(path) if !path.is_empty() => Some(path.into()),
        _ => dirs::config_dir().map(|d| d.join("mekiki").join("config.toml")),
    }
}

/// The project's configuration file: `.mekiki.toml` in `start` or a folder above it, up to the one that holds `.git`.
pub fn project_file(start: &Path) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let file = folder.join(".mekiki.toml");
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn read(path: &Path, required: bool) -> Result<Option<Config>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Config::parse(&text, path).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !required => Ok(None),
        Err(e) => {
            let mut error = Error::io(path, e);
            error.kind = crate::error::ErrorKind::Usage;
            Err(error)
        }
    }
}

/// Keys of a connection that hold a secret in clear unless they point elsewhere (`env:`, `command:`, `file:`, `keychain:`).
const SECRET_KEYS: [&str; 5] = ["api_key", "headers", "password", "token", "secret"];

fn forbid_secrets(config: &Config, path: &Path) -> Result<()> {
    for (name, connection) in &config.connections {
        if let Some(key) = connection.keys().find(|k| SECRET_KEYS.contains(&k.as_str())) {
            return Err(Error::usage(
                Msg::new("error-config-secret")
                    .with("path", path.display().to_string())
                    .with("connection", name)
                    .with("key", key),
            )
            .hint(Msg::new("hint-config-secret")));
        }
    }
    Ok(())
}

/// Loads the configuration in force in the current folder. `explicit` is the file a flag names, which must exist and
/// then stands for the user's file.
pub fn load(explicit: Option<&Path>) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let project = std::env::current_dir().ok().and_then(|d| project_file(&d));
    if let Some(path) = project
        && let Some(config) = read(&path, true)?
    {
        forbid_secrets(&config, &path)?;
        loaded.layers.push((Some(path.clone()), config.clone()));
        loaded.config = config;
        loaded.files.push(path);
    }
    let user = explicit.map(Path::to_path_buf).or_else(user_file);
    if let Some(path) = user {
        let named = explicit.is_some() || std::env::var_os("MEKIKI_CONFIG").is_some_and(|v| !v.is_empty());
        if let Some(config) = read(&path, named)? {
            loaded.layers.push((Some(path.clone()), config.clone()));
            loaded.config = loaded.config.over(config);
            loaded.files.push(path);
        }
    }
    let env = |key: &str| std::env::var(key).ok().filter(|v| !v.is_empty());
    let from_env = Config {
        lang: env("MEKIKI_LANG"),
        theme: env("MEKIKI_THEME"),
        keymap: env("MEKIKI_KEYMAP"),
        mouse: env("MEKIKI_MOUSE").map(|v| !matches!(v.as_str(), "0" | "false" | "off")),
        hyperlinks: env("MEKIKI_HYPERLINKS").map(|v| !matches!(v.as_str(), "0" | "false" | "off")),
        max_memory: env("MEKIKI_MAX_MEMORY"),
        connections: BTreeMap::new(),
    };
    loaded.layers.insert(0, (None, from_env.clone()));
    loaded.config = from_env.over(loaded.config);
    Ok(loaded)
}

/// Reads a size such as `500MB`, `4GB`, `1GiB` or a plain number of bytes.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        _ => return None,
    };
    let value = digits.parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 0.0).then_some(value as u64)
}

/// Most entries kept in the list of recent tables.
const RECENT: usize = 20;

/// The folder for what is remembered between sessions: `MEKIKI_STATE`, or `mekiki` in the state directory.
pub fn state_dir() -> Option<PathBuf> {
    match std::env::var_os("MEKIKI_STATE") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => dirs::state_dir().or_else(dirs::data_local_dir).map(|d| d.join("mekiki")),
    }
}

fn recent_file() -> Option<PathBuf> {
    state_dir().map(|d| d.join("recent"))
}

/// Locators opened lately, the last one first.
pub fn recent() -> Vec<String> {
    let text = recent_file().and_then(|f| std::fs::read_to_string(f).ok()).unwrap_or_default();
    text.lines().filter(|l| !l.is_empty()).take(RECENT).map(str::to_owned).collect()
}

/// Puts a locator at the head of the list. A list that cannot be written is not worth an error.
pub fn remember(locator: &str) {
    if locator.contains('\n') {
        return;
    }
    let Some(file) = recent_file() else { return };
    let mut list = recent();
    list.retain(|l| l != locator);
    list.insert(0, locator.to_owned());
    list.truncate(RECENT);
    let Some(folder) = file.parent() else { return };
    let _ = std::fs::create_dir_all(folder);
    if let Ok(mut temp) = tempfile::NamedTempFile::new_in(folder) {
        use std::io::Write;
        if temp.write_all(format!("{}\n", list.join("\n")).as_bytes()).is_ok() {
            let _ = temp.persist(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, want) in [
            ("500MB", Some(500_000_000)),
            ("1GiB", Some(1 << 30)),
            ("12", Some(12)),
            ("1.5k", Some(1500)),
            ("x", None),
            ("-1", None),
            ("1 QB", None),
        ] {
            assert_eq!(parse_size(text), want, "{text}");
        }
    }

    #[test]
    fn unknown_keys_and_bad_values_name_file_and_line() {
        let e = Config::parse("lang = \"en\"\ncolour = 3\n", Path::new("c.toml")).unwrap_err();
        let text = e.message.in_lang(crate::text::Lang::En);
        assert!(text.contains("c.toml") && text.contains("line 2") && text.contains("colour"), "{text}");
    }

    #[test]
    fn the_list_of_keys_is_that_of_the_configuration() {
        let fields = serde_json::to_value(Config::default()).unwrap();
        let fields: Vec<&String> = fields.as_object().unwrap().keys().collect();
        assert_eq!(fields, KEYS.iter().map(|k| k.name).collect::<Vec<_>>());
        for key in KEYS {
            let good = match key.kind {
                KeyKind::Choice(words) => format!("{:?}", words[0]),
                KeyKind::Text => "\"any\"".to_owned(),
                KeyKind::Size => "\"4GB\"".to_owned(),
                KeyKind::Flag => "true".to_owned(),
                KeyKind::Tables => "{ a = { kind = \"x\" } }".to_owned(),
            };
            let config = Config::parse(&format!("{} = {good}", key.name), Path::new("c")).unwrap();
            assert!(key.value(&config).is_some(), "{}", key.name);
            assert!(key.value(&Config::default()).is_none(), "{}", key.name);
            assert!(Config::parse(&format!("{} = 3", key.name), Path::new("c")).is_err(), "{}", key.name);
        }
    }

    #[test]
    fn the_upper_file_wins_key_by_key() {
        let upper = Config::parse("theme = \"dark\"\n[connections.a]\nkind = \"x\"", Path::new("u")).unwrap();
        let lower = Config::parse(
            "theme = \"light\"\nlang = \"ja\"\n[connections.a]\nkind = \"y\"\n[connections.b]\nkind = \"z\"",
            Path::new("l"),
        )
        .unwrap();
        let both = upper.over(lower);
        assert_eq!((both.theme.as_deref(), both.lang.as_deref()), (Some("dark"), Some("ja")));
        assert_eq!(both.connections["a"]["kind"].as_str(), Some("x"));
        assert_eq!(both.connections["b"]["kind"].as_str(), Some("z"));
    }

    #[test]
    fn a_project_file_carries_no_secret() {
        let config = Config::parse("[connections.r]\nkind = \"redash\"\napi_key = \"abc\"", Path::new("p")).unwrap();
        assert!(forbid_secrets(&config, Path::new("p")).is_err());
    }
}
