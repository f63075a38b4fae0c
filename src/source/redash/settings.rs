//! The keys of a connection of the kind `redash`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use url::Url;

use super::run::Pace;
use super::shape::Manner;
use crate::error::{Error, Result};
use crate::source::clock;
use crate::source::fields::{Field, FieldKind};
use crate::source::http::{Http, Options};
use crate::source::secret::{expanded, resolve};
use crate::text::Msg;

/// The settings, in the order of the form.
pub const FIELDS: &[Field] = &[
    Field::required("url", "connection-url", FieldKind::Url),
    Field::required("api_key", "connection-api-key", FieldKind::Secret),
    Field::new("ca_file", "connection-ca-file", FieldKind::Path),
    Field::new("headers", "connection-headers", FieldKind::Secrets),
    Field::new("timeout", "connection-timeout", FieldKind::Span),
    Field::new("time_limit", "connection-time-limit", FieldKind::Span),
    Field::new("time_zone", "connection-time-zone", FieldKind::Text),
    Field::new("html", "connection-html", FieldKind::Choice(&["text", "keep"])),
];

/// As it stands in the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "kind")]
    _kind: String,
    url: String,
    api_key: String,
    ca_file: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    timeout: Option<String>,
    time_limit: Option<String>,
    time_zone: Option<String>,
    html: Option<String>,
}

/// A connection's settings, checked; its secrets are read when they are first needed.
pub struct Settings {
    /// The connection.
    pub name: String,
    /// Where the server's paths begin.
    pub base: Url,
    /// In which dynamic dates are resolved.
    pub zone: Tz,
    /// How results are read.
    pub manner: Manner,
    /// How jobs are waited for.
    pub pace: Pace,
    keys: Keys,
    timeout: Duration,
}

impl Settings {
    /// Checks the table of a connection.
    pub fn read(name: &str, table: &toml::Table) -> Result<Self> {
        let wrong = |key: &str, cause: String| {
            Error::usage(Msg::new("error-connection-setting").with("name", name).with("key", key).with("cause", cause))
                .hint(Msg::new("hint-connection-setting"))
        };
        let keys: Keys = table.clone().try_into().map_err(|e: toml::de::Error| wrong("", e.message().to_owned()))?;
        let mut base = Url::parse(&keys.url).map_err(|e| wrong("url", e.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(wrong("url", "http(s)://…".to_owned()));
        }
        if base.password().is_some() || base.query().is_some() {
            return Err(wrong("url", "https://host/path".to_owned()));
        }
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let time = |key: &str, value: &Option<String>, usual: u64| match value {
            Some(text) => clock::span(text).ok_or_else(|| wrong(key, "60s, 5m, 1h".to_owned())),
            None => Ok(Duration::from_secs(usual)),
        };
        let timeout = time("timeout", &keys.timeout, 120)?;
        let limit = time("time_limit", &keys.time_limit, 3600)?;
        let zone = match &keys.time_zone {
            Some(name) => name.parse::<Tz>().map_err(|_| wrong("time_zone", "Asia/Tokyo".to_owned()))?,
            None => clock::local_zone(),
        };
        let html = match keys.html.as_deref() {
            None | Some("text") => true,
            Some("keep") => false,
            Some(_) => return Err(wrong("html", "text, keep".to_owned())),
        };
        let pace = Pace { step: Duration::from_millis(250), limit };
        Ok(Self { name: name.to_owned(), base, zone, manner: Manner { html }, pace, keys, timeout })
    }

    /// Reads the secrets and opens the line.
    pub fn http(&self) -> Result<Http> {
        let setting = |key: &str| format!("connections.{}.{key}", self.name);
        let key = resolve(&self.keys.api_key, &setting("api_key"))?;
        let mut headers =
            vec![("authorization".to_owned(), crate::error::Secret::new(format!("Key {}", key.reveal())))];
        for (name, value) in &self.keys.headers {
            headers.push((name.to_lowercase(), resolve(value, &setting(name))?));
        }
        let ca = match &self.keys.ca_file {
            None => None,
            Some(path) => {
                let path = expanded(path);
                Some(std::fs::read(&path).map_err(|e| {
                    let mut error = Error::io(&path, e);
                    error.kind = crate::error::ErrorKind::Usage;
                    error
                })?)
            }
        };
        Http::new(Options {
            base: self.base.clone(),
            headers,
            ca,
            timeout: self.timeout,
            secrets: vec![key],
            backoff: self.pace.step * 2,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings> {
        Settings::read("r", &toml::from_str(text).unwrap())
    }

    #[test]
    fn settings_are_checked_and_the_key_is_not_shown() {
        let good =
            read("kind = 'redash'\nurl = 'https://r.example.com/acme'\napi_key = 'SECRET1'\ntime_zone = 'Asia/Tokyo'")
                .unwrap();
        assert_eq!((good.base.as_str(), good.zone), ("https://r.example.com/acme/", chrono_tz::Asia::Tokyo));
        for (line, key) in [
            ("url = 'ftp://x'", "url"),
            ("url = 'https://u:SECRET1@x/'", "url"),
            ("timeout = 'soon'", "timeout"),
            ("time_zone = 'Tokio'", "time_zone"),
            ("html = 'yes'", "html"),
            ("colour = 'red'", ""),
        ] {
            let url = if line.starts_with("url") { "" } else { "url = 'https://r/'\n" };
            let error = read(&format!("kind = 'redash'\napi_key = 'SECRET1'\n{url}{line}")).err().unwrap();
            assert_eq!(error.message.id, "error-connection-setting", "{line}");
            let text = format!("{error:?} {}", error.message.in_lang(crate::text::Lang::En));
            assert!(text.contains(key) && !text.contains("SECRET1"), "{text}");
        }
    }
}
