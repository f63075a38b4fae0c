//! How a table is to be read where that is not left to be found out: what a person says on the command line, in a recipe,
//! or after the name of another table. Nothing here reads one.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::Msg;

/// How to read something that does not say so itself; what is not given is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OpenOptions {
    /// Name of the text encoding, as WHATWG spells it (`shift_jis`, `euc-jp`, `utf-16le`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The character between fields of a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether the first line names the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// A format by name (`csv`, `jsonl` …) where the file's name and beginning mislead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Read every column of a text file as text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_text: bool,
    /// Values for the parameters of a query; a name given several times means a run for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<(String, String)>,
    /// How old a stored result may be, in seconds; any age if none is given, a fresh run if 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
}

impl OpenOptions {
    /// What is given here, and what `lower` gives where nothing is.
    pub fn over(self, lower: Self) -> Self {
        Self {
            encoding: self.encoding.or(lower.encoding),
            delimiter: self.delimiter.or(lower.delimiter),
            header: self.header.or(lower.header),
            format: self.format.or(lower.format),
            all_text: self.all_text || lower.all_text,
            parameters: if self.parameters.is_empty() { lower.parameters } else { self.parameters },
            max_age: self.max_age.or(lower.max_age),
        }
    }

    /// Whether everything is left to be found out.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads the character between fields: itself, or `tab`.
pub fn delimiter(text: &str) -> Result<char> {
    match (text.chars().next(), text.chars().nth(1)) {
        (Some('t' | '\\'), Some(_)) if ["\\t", "tab"].contains(&text) => Ok('\t'),
        (Some(c), None) => Ok(c),
        _ => Err(Error::usage(Msg::new("cli-delimiter").with("value", text)).hint(Msg::new("cli-hint-delimiter"))),
    }
}

/// The keys a text of options may have.
const KEYS: [&str; 7] = ["encoding", "delimiter", "header", "format", "all-text", "max-age", "param"];

impl FromStr for OpenOptions {
    type Err = Error;

    /// Reads `encoding=cp932 delimiter=; header=no param=day=2026-11-20`.
    fn from_str(text: &str) -> Result<Self> {
        let mut options = Self::default();
        for word in text.split_whitespace() {
            let refused = || {
                let keys = KEYS.map(|k| format!("{k}=…")).join(" ");
                Error::usage(Msg::new("error-open-option").with("text", word))
                    .hint(Msg::new("hint-one-of").with("names", keys))
            };
            let (key, value) = word.split_once('=').filter(|(_, v)| !v.is_empty()).ok_or_else(refused)?;
            let yes = || match value {
                "yes" | "true" => Ok(true),
                "no" | "false" => Ok(false),
                _ => Err(refused()),
            };
            match key {
                "encoding" => options.encoding = Some(value.to_owned()),
                "delimiter" => options.delimiter = Some(delimiter(value)?),
                "header" => options.header = Some(yes()?),
                "format" => options.format = Some(value.to_owned()),
                "all-text" => options.all_text = yes()?,
                "max-age" => options.max_age = Some(value.parse().map_err(|_| refused())?),
                "param" => {
                    let (name, value) = value.split_once('=').ok_or_else(refused)?;
                    options.parameters.push((name.to_owned(), value.to_owned()));
                }
                _ => return Err(refused()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_slips_are_named() {
        let read: OpenOptions =
            "encoding=cp932 delimiter=tab header=no all-text=yes max-age=60 param=day=a=b".parse().unwrap();
        let want = OpenOptions {
            encoding: Some("cp932".into()),
            delimiter: Some('\t'),
            header: Some(false),
            format: None,
            all_text: true,
            parameters: vec![("day".into(), "a=b".into())],
            max_age: Some(60),
        };
        assert_eq!(read, want);
        assert_eq!("delimiter=t".parse::<OpenOptions>().unwrap().delimiter, Some('t'));
        for (slip, id) in [
            ("encodng=cp932", "error-open-option"),
            ("header=maybe", "error-open-option"),
            ("max-age=soon", "error-open-option"),
            ("param=day", "error-open-option"),
            ("encoding=", "error-open-option"),
            ("delimiter=xy", "cli-delimiter"),
        ] {
            assert_eq!(slip.parse::<OpenOptions>().map_err(|e| e.message.id), Err(id), "{slip}");
        }
    }
}
