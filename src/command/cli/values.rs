//! What a command was given, by the names of its params. Reads numbers, sizes and spans; opens nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::command::{Param, ParamKind};
use crate::config::parse_size;
use crate::error::{Error, Result};
use crate::source::OpenOptions;
use crate::text::Msg;

/// The values of one command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    given: BTreeMap<&'static str, Vec<String>>,
    /// Where on the command line each value stood.
    places: BTreeMap<&'static str, Vec<usize>>,
}

impl Values {
    /// Takes the values of these params out of what was parsed, and makes sure that each is of its kind.
    pub(super) fn of<'a>(matches: &ArgMatches, params: impl IntoIterator<Item = &'a Param>) -> Result<Self> {
        let mut values = Self::default();
        for param in params {
            if matches.value_source(param.name) != Some(ValueSource::CommandLine) {
                continue;
            }
            let given: Vec<String> = match param.kind {
                ParamKind::Flag => Vec::new(),
                _ => matches.get_many::<String>(param.name).into_iter().flatten().cloned().collect(),
            };
            for text in &given {
                let fine = match param.kind {
                    ParamKind::Number => text.parse::<i64>().is_ok(),
                    ParamKind::Size => parse_size(text).is_some(),
                    ParamKind::Span => parse_span(text).is_some(),
                    _ => true,
                };
                if !fine {
                    return Err(bad_value(param, text));
                }
            }
            values.places.insert(param.name, matches.indices_of(param.name).into_iter().flatten().collect());
            values.given.insert(param.name, given);
        }
        Ok(values)
    }

    /// Puts these values on top of others.
    pub(super) fn over(self, mut lower: Self) -> Self {
        lower.given.extend(self.given);
        lower.places.extend(self.places);
        lower
    }

    /// The same values with those of one name under another.
    pub fn renamed(mut self, from: &str, to: &'static str) -> Self {
        if let Some(values) = self.given.remove(from) {
            self.given.insert(to, values);
        }
        self
    }

    /// The flag or word of anything that was given.
    pub(super) fn first(&self) -> Option<String> {
        let (name, values) = self.given.first_key_value()?;
        match (*name, values.first()) {
            ("locator", Some(word)) => Some(word.clone()),
            _ => Some(format!("--{name}")),
        }
    }

    /// Whether it was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Everything that was given under a name.
    pub fn all(&self, name: &str) -> &[String] {
        self.given.get(name).map_or(&[], Vec::as_slice)
    }

    /// The values of several flags in the order they were given, each with its flag. A flag that counts once stands where
    /// it was given last.
    pub fn ordered(&self, names: &[&'static str]) -> Vec<(&'static str, &str)> {
        let mut all: Vec<(usize, &'static str, &str)> = names
            .iter()
            .flat_map(|name| {
                let places = self.places.get(name).map_or(&[][..], Vec::as_slice);
                places.iter().zip(self.all(name)).map(|(place, text)| (*place, *name, text.as_str()))
            })
            .collect();
        all.sort_by_key(|(place, ..)| *place);
        all.into_iter().map(|(_, name, text)| (name, text)).collect()
    }

    /// What was given under a name, the last of several.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A number of things: an error when it is negative.
    pub fn count(&self, name: &'static str) -> Result<Option<u64>> {
        let Some(n) = self.number(name) else { return Ok(None) };
        match u64::try_from(n) {
            Ok(n) => Ok(Some(n)),
            Err(_) => Err(Error::usage(Msg::new("cli-negative").with("flag", format!("--{name}")))),
        }
    }

    /// A size in bytes.
    pub fn size(&self, name: &str) -> Option<u64> {
        parse_size(self.text(name)?)
    }

    /// A span of time.
    pub fn span(&self, name: &str) -> Option<Duration> {
        parse_span(self.text(name)?)
    }

    /// The names in comma-separated lists. A comma that belongs to a name is written after a backslash.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.all(name).iter().flat_map(|text| split(text)).collect()
    }

    /// The values given for parameters, each as `NAME=VALUE`.
    fn parameters(&self) -> Result<Vec<(String, String)>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Error::usage(Msg::new("cli-parameter").with("value", text)).hint(Msg::new("cli-hint-parameter"))),
        };
        self.all("param").iter().map(pair).collect()
    }

    /// How a table is to be opened.
    pub fn open_options(&self) -> Result<OpenOptions> {
        Ok(OpenOptions {
            encoding: self.text("encoding").map(str::to_owned),
            delimiter: self.text("delimiter").map(crate::data::delimiter).transpose()?,
            header: self.has("no-header").then_some(false),
            format: self.text("input-format").map(str::to_owned),
            all_text: self.has("all-text"),
            parameters: self.parameters()?,
            max_age: self.span("max-age").map(|span| span.as_secs()),
        })
    }
}

fn bad_value(param: &Param, text: &str) -> Error {
    let error = Error::usage(Msg::new("cli-bad-value").with("flag", format!("--{}", param.name)).with("value", text));
    error.hint(Msg::new(match param.kind {
        ParamKind::Number => "cli-hint-number",
        ParamKind::Size => "cli-hint-size",
        _ => "cli-hint-span",
    }))
}

/// The names in a comma-separated list. A comma that belongs to a name is written after a backslash.
pub fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            (',', _) => parts.push(String::new()),
            ('\\', Some(part)) if chars.peek() == Some(&',') => part.extend(chars.next()),
            (c, Some(part)) => part.push(c),
            _ => {}
        }
    }
    parts.iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// Reads a span of time: `250ms`, `30s`, `5m`, `1h`, or seconds without a unit.
pub fn parse_span(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_lists() {
        for (text, want) in [
            ("30", Some(30_000)),
            ("1.5s", Some(1500)),
            ("250ms", Some(250)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("0s", Some(0)),
            ("soon", None),
            ("-1s", None),
            ("5d", None),
        ] {
            assert_eq!(parse_span(text), want.map(Duration::from_millis), "{text}");
        }
        assert_eq!(split("a, b,,国 名,x\\,y,\\z"), ["a", "b", "国 名", "x,y", "\\z"]);
    }
}
