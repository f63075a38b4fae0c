//! From the words of a command line to what is wanted. The parser is built from the registry, so nothing is listed here;
//! nothing is opened or carried out here either.

mod build;
mod errors;
mod help;
mod values;

use std::ffi::OsString;

pub use build::program;
pub use help::{command_usage, program_usage};
pub use values::{Values, split};

use super::{COMMANDS, Cli, Command, OPENING, by_name};
use crate::config;
use crate::error::{Error, Result};
use crate::text::{Lang, Msg};

/// What a command line asks for.
pub enum Invocation {
    /// The interface, with the locators given as its values.
    Interactive(Values),
    /// One command without the interface.
    Headless {
        /// Which.
        command: &'static Command,
        /// What it was given.
        values: Values,
    },
    /// This text, and nothing more.
    Print(String),
}

/// The value of a flag, looked for before anything is parsed: the last one given before `--`.
fn early(words: &[OsString], flag: &str) -> Option<String> {
    let mut found = None;
    let mut words = words.iter().map(|w| w.to_string_lossy());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        match word.strip_prefix(flag) {
            Some("") => found = words.next().map(|w| w.into_owned()),
            Some(rest) => found = rest.strip_prefix('=').map(str::to_owned).or(found),
            None => {}
        }
    }
    found
}

/// The language a command line and its surroundings ask for. A broken configuration decides nothing here: whoever reads
/// it in earnest reports it, in the language the rest asks for.
fn language(words: &[OsString]) -> Lang {
    let parse = |name: String| Lang::parse(&name);
    let variable = || std::env::var("MEKIKI_LANG").ok().and_then(parse);
    let configured = || {
        let explicit = early(words, "--config");
        config::load(explicit.as_deref().map(str::as_ref)).ok()?.config.lang.and_then(parse)
    };
    early(words, "--lang").and_then(parse).or_else(variable).or_else(configured).unwrap_or_else(Lang::from_env)
}

/// Reads a command line, the program's own name first, and puts the language it asks for in force. Texts are wrapped at
/// `width` cells. Every error is one of usage.
pub fn parse(words: impl IntoIterator<Item = OsString>, width: usize) -> Result<Invocation> {
    let words: Vec<OsString> = words.into_iter().collect();
    language(words.get(1..).unwrap_or_default()).make_current();
    let matches = match build::program().try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(e) => return errors::explain(e, &words, width),
    };
    let shared = Values::of(&matches, OPENING.iter().chain(super::GLOBAL).chain([&super::LOCATORS]))?;
    match matches.subcommand() {
        None => {
            for locator in shared.all("locator") {
                known_word(locator)?;
            }
            Ok(Invocation::Interactive(shared))
        }
        Some(("help", inner)) => {
            let topic: Vec<&str> =
                inner.get_many::<String>("command").into_iter().flatten().map(String::as_str).collect();
            let text = match headless(&topic.join("-")) {
                Some((command, cli)) => help::command(command, cli, width),
                None => help::program(width),
            };
            Ok(Invocation::Print(text))
        }
        Some((first, inner)) => {
            let (name, inner) = match inner.subcommand() {
                Some((second, deeper)) => {
                    let between = Values::of(inner, headless(first).into_iter().flat_map(|c| c.1.params))?;
                    if let Some(stray) = between.first() {
                        let message = Msg::new("cli-before-command").with("value", stray).with("name", second);
                        return Err(Error::usage(message).hint(errors::see(first)));
                    }
                    (format!("{first}-{second}"), deeper)
                }
                None => (first.to_owned(), inner),
            };
            let name = name.as_str();
            let Some((command, cli)) = headless(name) else {
                return Err(Error::usage(Msg::new("cli-unknown-command").with("name", name)));
            };
            let own = Values::of(inner, cli.groups().into_iter().flat_map(|(_, params)| params).chain(super::GLOBAL))?;
            let stray = OPENING.iter().find(|p| !cli.reads && shared.has(p.name)).map(|p| format!("--{}", p.name));
            if let Some(stray) = shared.text("locator").map(str::to_owned).or(stray) {
                return Err(Error::usage(Msg::new("cli-before-command").with("value", stray).with("name", name))
                    .hint(errors::see(name)));
            }
            Ok(Invocation::Headless { command, values: own.over(shared) })
        }
    }
}

/// A command that can be given without the interface.
fn headless(name: &str) -> Option<(&'static Command, &'static Cli)> {
    let command = by_name(name)?;
    Some((command, command.cli.as_ref()?))
}

/// Refuses a word that is no file here and looks like a slip of the hand for a command, or is a command in a wrong place.
fn known_word(locator: &str) -> Result<()> {
    let is_word = locator.starts_with(|c: char| c.is_ascii_lowercase())
        && locator.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    if !is_word || std::path::Path::new(locator).exists() {
        return Ok(());
    }
    let id = if headless(locator).is_some() { "cli-command-late" } else { "cli-no-such-word" };
    let error = Error::usage(Msg::new(id).with("word", locator));
    Err(match errors::nearest(locator, COMMANDS.iter().filter(|c| c.cli.is_some()).map(|c| c.name)) {
        Some(name) => error.hint(Msg::new("cli-hint-command").with("name", name)),
        None => error.hint(Msg::new("cli-hint-program")),
    })
}

#[cfg(test)]
mod tests;
