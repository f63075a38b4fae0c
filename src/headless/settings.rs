//! What holds for a whole run: the configuration with the flags on top.

use std::collections::BTreeMap;

use crate::command::cli::Values;
use crate::config::{self, Loaded, parse_size};
use crate::data::free_memory;
use crate::engine::Sources;
use crate::error::{Error, Result};
use crate::text::{Lang, Msg};

use super::terminal;

/// Settings of a run, of either front end.
pub struct Settings {
    /// The configuration and where it came from.
    pub loaded: Loaded,
    /// Where tables come from.
    pub sources: Sources,
    /// Most memory a task may take, in bytes.
    pub memory: u64,
    /// Say nothing but errors.
    pub quiet: bool,
    /// Say more.
    pub verbose: bool,
    /// Whether text for a terminal is coloured.
    pub colour: bool,
}

impl Settings {
    /// Reads the configuration, puts the flags on top, and puts its language in force.
    pub fn load(values: &Values) -> Result<Self> {
        let loaded = config::load(values.text("config").map(str::as_ref))?;
        Self::with(values, loaded)
    }

    /// The settings of a configuration that was read already.
    pub fn with(values: &Values, loaded: Loaded) -> Result<Self> {
        if let Some(lang) = values.text("lang").or(loaded.config.lang.as_deref()) {
            match Lang::parse(lang) {
                Some(lang) => lang.make_current(),
                None => {
                    return Err(Error::usage(Msg::new("cli-lang").with("name", lang))
                        .hint(Msg::new("hint-one-of").with("names", Lang::ALL.map(Lang::code).join(", "))));
                }
            }
        }
        if let Some(path) = values.text("transcript") {
            crate::source::transcript::begin(path.as_ref())?;
        }
        let configured = match &loaded.config.max_memory {
            Some(text) => Some(parse_size(text).ok_or_else(|| {
                Error::usage(Msg::new("cli-bad-value").with("flag", "max-memory").with("value", text))
                    .hint(Msg::new("cli-hint-size"))
            })?),
            None => None,
        };
        Ok(Self {
            memory: values.size("max-memory").or(configured).unwrap_or_else(|| free_memory() / 2),
            sources: Sources::configured(&allowed(values, &loaded.config.connections)?),
            loaded,
            quiet: values.has("quiet"),
            verbose: values.has("verbose"),
            colour: match values.text("color") {
                Some("always") => true,
                Some("never") => false,
                _ => terminal::wants_colour(),
            },
        })
    }
}

/// The connections with what the flags allow in place of their own limits, where they have such limits.
fn allowed(values: &Values, connections: &BTreeMap<String, toml::Table>) -> Result<BTreeMap<String, toml::Table>> {
    let mut connections = connections.clone();
    for (flag, key) in [("max-rows", "max_rows"), ("max-cost", "max_cost")] {
        let Some(most) = values.count(flag)? else { continue };
        for table in connections.values_mut() {
            let kind = table.get("kind").and_then(toml::Value::as_str).and_then(crate::source::kind);
            if kind.is_some_and(|kind| kind.fields.iter().any(|field| field.key == key)) {
                table.insert(key.to_owned(), i64::try_from(most).unwrap_or(i64::MAX).into());
            }
        }
    }
    Ok(connections)
}
