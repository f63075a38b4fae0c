//! What the parser objects to, in our own words.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Invocation, headless, help};
use crate::command::{GLOBAL, OPENING, Param};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::distance;

/// The name most like `word`, if one is near enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let chars = |s: &str| s.chars().collect::<Vec<char>>();
    let wanted = chars(word);
    names.map(|n| (distance(&wanted, &chars(n)), n)).min().filter(|(d, _)| *d <= 1 + wanted.len() / 4).map(|(_, n)| n)
}

/// Where to read more about a command.
pub fn see(name: &str) -> Msg {
    Msg::new("cli-hint-see").with("name", name)
}

/// Turns an answer of the parser into a text to print or an error of usage.
pub fn explain(error: clap::Error, words: &[OsString], width: usize) -> Result<Invocation> {
    let mut rest = words.iter().skip(1).map(|w| w.to_string_lossy());
    let first = rest.by_ref().find(|w| headless(w).is_some());
    let second = first.as_ref().and_then(|first| rest.find_map(|w| headless(&format!("{first}-{w}"))));
    let command = second.or_else(|| headless(&first?));
    let one = |kind| match error.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        Some(ContextValue::Strings(all)) => all.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let all = |kind| match error.get(kind) {
        Some(ContextValue::String(s)) => s.clone(),
        Some(ContextValue::Strings(all)) => all.join(", "),
        _ => String::new(),
    };
    // The parser names a flag together with its value, and a place by its word in brackets.
    let bare = |text: String| text.replace(['<', '>', '[', ']'], "").trim_end_matches("...").to_owned();
    let flag = one(ContextKind::InvalidArg).split([' ', '=']).next().unwrap_or_default().to_owned();
    let flag = if flag.starts_with('-') { flag } else { bare(flag) };
    let general = match command {
        Some((command, _)) => see(&command.words().join(" ")),
        None => Msg::new("cli-hint-program"),
    };
    let (message, hint) = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = match command {
                Some((command, cli)) => help::command(command, cli, width),
                None => help::program(width),
            };
            return Ok(Invocation::Print(text));
        }
        ErrorKind::DisplayVersion => return Ok(Invocation::Print(format!("mekiki {}\n", env!("CARGO_PKG_VERSION")))),
        ErrorKind::UnknownArgument if flag.starts_with('-') => {
            let known: Vec<&Param> = match command {
                Some((_, cli)) => cli.groups().into_iter().flat_map(|(_, params)| params).chain(GLOBAL).collect(),
                None => OPENING.iter().chain(GLOBAL).collect(),
            };
            let names = known.iter().filter(|p| !p.positional).map(|p| p.name).chain(["help", "version"]);
            let hint = match nearest(flag.trim_start_matches('-'), names) {
                Some(near) => Msg::new("cli-hint-near").with("name", format!("--{near}")),
                None => general,
            };
            (Msg::new("cli-unknown-flag").with("flag", flag), hint)
        }
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues => {
            let value = match error.kind() {
                ErrorKind::TooManyValues => one(ContextKind::InvalidValue),
                _ => one(ContextKind::InvalidArg),
            };
            (Msg::new("cli-unexpected").with("value", value), general)
        }
        ErrorKind::InvalidSubcommand => {
            let name = one(ContextKind::InvalidSubcommand);
            let hint = match one(ContextKind::SuggestedSubcommand) {
                near if near.is_empty() => general,
                near => Msg::new("cli-hint-near").with("name", near),
            };
            (Msg::new("cli-unknown-command").with("name", name), hint)
        }
        ErrorKind::InvalidValue if one(ContextKind::InvalidValue).is_empty() => {
            (Msg::new("cli-missing-value").with("flag", flag), general)
        }
        ErrorKind::InvalidValue => {
            let message = Msg::new("cli-bad-value").with("flag", flag).with("value", one(ContextKind::InvalidValue));
            (message, Msg::new("hint-one-of").with("names", all(ContextKind::ValidValue)))
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            (Msg::new("cli-missing-value").with("flag", flag), general)
        }
        ErrorKind::MissingRequiredArgument => {
            (Msg::new("cli-missing-argument").with("names", bare(all(ContextKind::InvalidArg))), general)
        }
        _ => {
            let cause = error.to_string();
            let first = cause.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            (Msg::new("cli-other").with("cause", first), general)
        }
    };
    Err(Error::usage(message).hint(hint))
}
