//! A connection being set up: what a form gave, checked on its server, and then kept in the configuration. The secrets go
//! to files of their own or stay where they are; the configuration only says where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::config::{add, change};
use crate::data::Control;
use crate::error::{Error, Result, Secret};
use crate::source::fields::{ConnectionKind, Field, FieldKind};
use crate::source::{self, secret};
use crate::text::Msg;

/// A connection that is not in the configuration yet.
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static ConnectionKind,
    /// Its settings as they were typed; those left empty are left out.
    pub values: BTreeMap<String, String>,
    /// The settings whose text is to go into the system's keychain, and the account there.
    pub accounts: BTreeMap<String, String>,
}

/// Name and value of each pair in `Name = value, Name = value`.
fn pairs(text: &str, label: &Msg) -> Result<Vec<(String, String)>> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').map(|(n, v)| (n.trim(), v.trim()))?;
        (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    let bad = || Error::usage(Msg::new("error-connection-pairs").with("label", label.clone()));
    text.split(',').filter(|p| !p.trim().is_empty()).map(|p| pair(p).ok_or_else(bad)).collect()
}

impl Draft {
    /// Name and settings, made good where that is safe: a link in place of a server's address is cut to that.
    pub fn new(name: &str, kind: &'static ConnectionKind, mut values: BTreeMap<String, String>) -> Result<Self> {
        let name = name.trim().to_owned();
        if !add::is_name(&name) {
            return Err(Error::usage(Msg::new("error-connection-name").with("name", name)));
        }
        values.values_mut().for_each(|v| *v = v.trim().to_owned());
        values.retain(|_, v| !v.is_empty());
        for field in kind.fields {
            if let (FieldKind::Url, Some(value)) = (field.kind, values.get_mut(field.key))
                && let Some(link) = (kind.link)(value)
            {
                *value = link.server;
            }
            if field.required && !values.contains_key(field.key) {
                return Err(Error::usage(Msg::new("error-connection-field").with("label", field.label())));
            }
        }
        Ok(Self { name, kind, values, accounts: BTreeMap::new() })
    }

    /// The settings in the order of the kind; each secret is what `keep` makes of its name and text.
    fn keys(&self, keep: &mut dyn FnMut(&str, &str) -> Result<String>) -> Result<Vec<(String, Value)>> {
        let mut keys = vec![("kind".to_owned(), self.kind.name.into())];
        for field in self.kind.fields {
            let Some(text) = self.values.get(field.key) else { continue };
            if let Some(value) = self.value(field, text, keep)? {
                keys.push((field.key.to_owned(), value));
            }
        }
        Ok(keys)
    }

    fn value(
        &self,
        field: &Field,
        text: &str,
        keep: &mut dyn FnMut(&str, &str) -> Result<String>,
    ) -> Result<Option<Value>> {
        Ok(match field.kind {
            // The usual choice need not be said.
            FieldKind::Choice(words) if words.first() == Some(&text) => None,
            FieldKind::Secret => Some(keep(field.key, text)?.into()),
            FieldKind::Secrets => {
                let pairs = pairs(text, &field.label())?;
                let kept = pairs.into_iter().map(|(name, value)| Ok((name.clone(), keep(&name, &value)?.into())));
                let table = kept.collect::<Result<toml::Table>>()?;
                (!table.is_empty()).then_some(Value::Table(table))
            }
            FieldKind::Number => {
                let wrong = |_| {
                    Error::usage(Msg::new("error-connection-number").with("label", field.label()).with("text", text))
                };
                Some(text.parse::<i64>().map_err(wrong)?.into())
            }
            _ => Some(text.into()),
        })
    }

    /// The settings as a connection takes them, with the secrets in them; for memory only.
    pub fn table(&self) -> Result<toml::Table> {
        Ok(self.keys(&mut |_, text| Ok(text.to_owned()))?.into_iter().collect())
    }

    /// Asks the server who we are.
    pub fn check(&self, control: &Control) -> Result<Msg> {
        source::make(&self.name, &self.table()?)?.check(control)
    }

    /// Puts it into the configuration file at `path`, and its secrets into files beside that or into the keychain. Gives the
    /// settings as they stand there.
    pub fn save(&self, path: &Path) -> Result<toml::Table> {
        self.settle(path, &|keys| add::connection(path, &self.name, keys))
    }

    /// Puts it in the place of the connection of its name.
    pub fn replace(&self, path: &Path) -> Result<toml::Table> {
        let old = change::connection(path, &self.name)?.unwrap_or_default();
        let new = self.settle(path, &|keys| change::replace(path, &self.name, keys))?;
        forget(path, &self.name, &old);
        Ok(new)
    }

    fn settle(&self, path: &Path, put: &dyn Fn(&[(String, Value)]) -> Result<()>) -> Result<toml::Table> {
        // What cannot be used is not kept.
        source::make(&self.name, &self.table()?)?;
        let folder = keys_folder(path);
        let mut written = Vec::new();
        let mut keep = |name: &str, text: &str| {
            if secret::points(text) {
                return Ok(text.to_owned());
            }
            if let Some(account) = self.accounts.get(name) {
                secret::store(account, &Secret::new(text.to_owned()))?;
                return Ok(format!("keychain:{account}"));
            }
            let kept = secret::keep(&folder, &key_file(&self.name, name), &Secret::new(text.to_owned()))?;
            let setting = format!("file:{}", kept.display());
            written.push(kept);
            Ok(setting)
        };
        let saved = self.keys(&mut keep).and_then(|keys| put(&keys).map(|()| keys));
        if saved.is_err() {
            // A key that nothing points to is only a danger.
            written.iter().for_each(|file| drop(std::fs::remove_file(file)));
        }
        Ok(saved?.into_iter().collect())
    }
}

/// Where the secrets of the connections in a configuration file are kept.
fn keys_folder(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new("")).join("keys");
    std::path::absolute(&folder).unwrap_or(folder)
}

/// What the file of a secret is called.
fn key_file(connection: &str, setting: &str) -> String {
    let plain: String = setting.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{connection}-{plain}")
}

/// Removes a connection from the configuration file at `path`, and the files with its secrets that were written for it.
pub fn remove(path: &Path, name: &str) -> Result<()> {
    let old = change::connection(path, name)?.unwrap_or_default();
    change::remove(path, name)?;
    forget(path, name, &old);
    Ok(())
}

/// The texts among settings, those within others included.
fn texts(settings: &toml::Table) -> impl Iterator<Item = &str> {
    let within = settings.values().filter_map(Value::as_table).flat_map(|t| t.values());
    settings.values().chain(within).filter_map(Value::as_str)
}

/// Removes the files that were written for secrets of a connection's settings and that nothing points to any more.
fn forget(path: &Path, name: &str, old: &toml::Table) {
    let Ok(left) = known(path) else { return };
    let pointed: Vec<&str> = left.iter().flat_map(|(_, table)| texts(table)).collect();
    let folder = keys_folder(path);
    for setting in texts(old) {
        let Some(file) = setting.strip_prefix("file:").map(PathBuf::from) else { continue };
        let own = file.file_name().and_then(|f| f.to_str()).is_some_and(|f| f.starts_with(&key_file(name, "")));
        if own && file.parent() == Some(&folder) && !pointed.contains(&setting) {
            // One that cannot be removed is no worse off than before.
            let _ = std::fs::remove_file(&file);
        }
    }
}

/// The connections in the configuration file at `path`, in its settings' own words: where secrets are, not what they are.
pub fn known(path: &Path) -> Result<Vec<(String, toml::Table)>> {
    change::connections(path)
}

/// A setting as a form shows it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Table(table) => {
            let pairs: Vec<String> = table.iter().map(|(name, v)| format!("{name} = {}", shown(v))).collect();
            pairs.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(values: &[(&str, &str)]) -> Result<Draft> {
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Draft::new("team", source::kind("redash").unwrap(), values)
    }

    #[test]
    fn secrets_go_to_files_and_the_rest_to_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let given = [
            ("url", "https://r.example.com/acme/queries/12?p_x=1#3"),
            ("api_key", "SECRET1"),
            ("headers", "X-One = SECRET2, X-Two=env:TWO"),
            ("timeout", "30s"),
            ("html", "text"),
            ("ca_file", " "),
        ];
        let table = draft(&given).unwrap().save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("SECRET"), "{text}");
        let key = folder.path().join("keys/team-api_key");
        assert_eq!(table["api_key"].as_str(), Some(format!("file:{}", key.display()).as_str()));
        assert_eq!(std::fs::read_to_string(key).unwrap(), "SECRET1\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("keys/team-X_One")).unwrap(), "SECRET2\n");
        assert_eq!(table["url"].as_str(), Some("https://r.example.com/acme"));
        assert_eq!(table["headers"]["X-Two"].as_str(), Some("env:TWO"));
        let keys: Vec<&str> = table.keys().map(String::as_str).collect();
        assert_eq!(keys, ["api_key", "headers", "kind", "timeout", "url"]);
        let order: Vec<&str> = text.lines().filter_map(|l| l.split(" = ").next()).collect();
        assert_eq!(order, ["[connections.team]", "kind", "url", "api_key", "headers", "timeout"]);
        // A second one of the name changes nothing, and its key is not left behind.
        let again = Draft { name: "team".into(), ..draft(&[("url", "https://r"), ("api_key", "SECRET3")]).unwrap() };
        assert_eq!(again.save(&path).unwrap_err().message.id, "error-connection-taken");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let mut kept: Vec<_> =
            std::fs::read_dir(folder.path().join("keys")).unwrap().map(|e| e.unwrap().file_name()).collect();
        kept.sort();
        assert_eq!(kept, ["team-X_One", "team-api_key"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("keys/team-api_key")).unwrap(), "SECRET1\n");
    }

    #[test]
    fn a_connection_changes_and_goes_with_the_files_written_for_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let mine = folder.path().join("mine.key");
        std::fs::write(&mine, "MINE\n").unwrap();
        let pointer = format!("file:{}", mine.display());
        draft(&[("url", "https://r"), ("api_key", "SECRET1"), ("headers", &format!("X-One = {pointer}"))])
            .unwrap()
            .save(&path)
            .unwrap();
        let key = folder.path().join("keys/team-api_key");
        assert!(key.exists());
        // The same key stays where it is; another one takes its place, and the file of the old one goes.
        let kept = format!("file:{}", key.display());
        draft(&[("url", "https://s"), ("api_key", &kept)]).unwrap().replace(&path).unwrap();
        assert!(key.exists() && mine.exists());
        let table = draft(&[("url", "https://s"), ("api_key", "SECRET2")]).unwrap().replace(&path).unwrap();
        assert!(!key.exists(), "the first key is pointed to by nothing");
        let second = PathBuf::from(table["api_key"].as_str().unwrap().strip_prefix("file:").unwrap());
        assert_eq!(std::fs::read_to_string(&second).unwrap(), "SECRET2\n");
        remove(&path, "team").unwrap();
        assert!(!second.exists() && mine.exists());
        assert_eq!(known(&path).unwrap(), []);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let kind = source::kind("redash").unwrap();
        assert_eq!(Draft::new("a b", kind, BTreeMap::new()).err().unwrap().message.id, "error-connection-name");
        let missing = draft(&[("url", "https://r")]).err().unwrap();
        assert_eq!(missing.message.id, "error-connection-field");
        let folder = tempfile::tempdir().unwrap();
        for wrong in [("headers", "X-One"), ("timeout", "soon"), ("url", "ftp://r")] {
            let given: Vec<_> = [("url", "https://r"), ("api_key", "k")]
                .into_iter()
                .filter(|g| g.0 != wrong.0)
                .chain([wrong])
                .collect();
            assert!(draft(&given).unwrap().save(&folder.path().join("c.toml")).is_err(), "{wrong:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{wrong:?}");
        }
    }

    #[test]
    fn every_setting_of_a_kind_is_known_to_it() {
        for kind in source::KINDS {
            let value = |field: &Field| match field.kind {
                _ if field.key == "url" && kind.name != "redash" => "postgres://ana@db.example.com/app",
                FieldKind::Url => "https://r.example.com",
                FieldKind::Number => "1",
                FieldKind::Span => "30s",
                FieldKind::Choice(words) => words.last().copied().unwrap_or_default(),
                FieldKind::Secrets => "X-Key=env:A",
                FieldKind::Text => "Asia/Tokyo",
                FieldKind::Secret | FieldKind::Path => "any",
            };
            let values = kind.fields.iter().map(|f| (f.key.to_owned(), value(f).to_owned())).collect();
            let mut table = Draft::new("team", kind, values).unwrap().table().unwrap();
            assert_eq!(table.len(), kind.fields.len() + 1);
            // The section of a file that is not on this machine.
            table.remove("service");
            source::make("team", &table).unwrap_or_else(|e| panic!("{}", e.message));
        }
    }
}
