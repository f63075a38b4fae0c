//! Adding a connection: a form of its kind's settings, checked on the server, then kept. The form stays until it is done.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::{one, text_of};
use crate::command::Act;
use crate::engine::{Draft, Lane, Locator};
use crate::error::{Error, ErrorKind, Result};
use crate::source::fields::{ConnectionKind, FieldKind};
use crate::source::secret::{self, PLACES};
use crate::source::{self, KINDS};
use crate::text::{Msg, tr};

/// Longest wait for the server.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ends of the names of the two fields beside a secret: what sort of place it is kept at, and which.
const KEPT: &str = ":kept";
const PLACE: &str = ":place";
/// What is to be opened once the connection is there.
const THEN: &str = "then";
/// The connection whose settings are to be others.
pub(super) const OLD: &str = "old";

/// A name for the connection to a server, that none has yet.
fn name_for(server: &str, taken: impl Fn(&str) -> bool) -> String {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    let parts: Vec<&str> = host.split('.').collect();
    let plain = |p: &&&str| p.len() > 1 && p.starts_with(|c: char| c.is_ascii_alphabetic());
    let found = parts.iter().find(plain).map_or("redash".to_owned(), |p| (*p).to_owned());
    crate::op::columns::free_name(&found, taken)
}

impl App {
    /// Offers the form for a server that is known from a link only. False if there is no need.
    pub(in crate::tui) fn connects_first(&mut self, locator: &Locator) -> bool {
        let Some(server) = locator.connection.as_ref().filter(|_| locator.is_foreign()) else { return false };
        let Some((kind, key)) = self.sources.met(server) else { return false };
        let (server_key, secret_key) = kind.link_keys;
        let mut values = one("kind", kind.name);
        values.insert(server_key.to_owned(), server.clone().into());
        values.insert(THEN.to_owned(), locator.path.clone().into());
        if let Some(key) = key {
            values.insert(secret_key.to_owned(), key.reveal().into());
        }
        self.connection_form(kind, &values);
        true
    }

    /// Which kind, then the form, then what it gave.
    pub(in crate::tui) fn act_connect(&mut self, values: &Values) -> Result<()> {
        let kind = match (text_of(values, "kind"), KINDS) {
            (Some(name), _) => source::kind(&name),
            (None, [only]) => Some(*only),
            (None, kinds) => {
                let items = kinds.iter().map(|k| Item {
                    label: k.title.to_owned(),
                    run: Some((Act::Connect, one("kind", k.name))),
                    ..Item::default()
                });
                let items = items.collect();
                self.push(List::new(tr("cmd-connect"), items));
                return Ok(());
            }
        };
        let Some(kind) = kind else { return Ok(()) };
        match text_of(values, "name") {
            None => {
                self.connection_form(kind, values);
                Ok(())
            }
            Some(name) => self.connect(&name, kind, values),
        }
    }

    pub(super) fn connection_form(&mut self, kind: &'static ConnectionKind, values: &Values) {
        let given = |key: &str| text_of(values, key).unwrap_or_default();
        // One that is there keeps its name: recipes and what was opened lately know it by that.
        let old = text_of(values, OLD);
        let mut fields = Vec::new();
        if old.is_none() {
            let name = name_for(&given(kind.link_keys.0), |n| self.sources.names().any(|known| known == n));
            let name = Field::text("name", Msg::new("connection-name"), name);
            fields.push(name.helped(Msg::new("connection-name").attribute("help")));
        }
        for field in kind.fields {
            let value = given(field.key);
            match field.kind {
                FieldKind::Secret => {
                    let (kept, place, value) = match value.split_once(':') {
                        Some((kept, place)) if secret::points(&value) => (kept, place.to_owned(), String::new()),
                        _ => ("", String::new(), value),
                    };
                    fields.push(Field::secret(field.key, field.label(), value).helped(field.help()));
                    let words = ["connection-kept-file", "connection-kept-env", "connection-kept-command"];
                    let words = words.into_iter().chain(["connection-kept-keychain"]).map(tr);
                    let places = PLACES.into_iter().map(str::to_owned).zip(words).collect();
                    let label = Msg::new("connection-kept");
                    let help = label.attribute("help");
                    let at = PLACES.iter().position(|p| *p == kept).unwrap_or(0);
                    fields.push(Field::choice(format!("{}{KEPT}", field.key), label, places, at).helped(help));
                    let label = Msg::new("connection-place");
                    let help = label.attribute("help");
                    fields.push(Field::text(format!("{}{PLACE}", field.key), label, place).helped(help));
                }
                FieldKind::Choice(words) => {
                    let choices = words.iter().map(|w| ((*w).to_owned(), (*w).to_owned())).collect();
                    let at = words.iter().position(|w| *w == value).unwrap_or(0);
                    fields.push(Field::choice(field.key, field.label(), choices, at).helped(field.help()));
                }
                _ => fields.push(Field::text(field.key, field.label(), value).helped(field.help())),
            }
        }
        let check = Msg::new("connection-check");
        let help = check.attribute("help");
        fields.push(Field::switch("check", check, true).helped(help));
        let mut carried = one("kind", kind.name);
        carried.insert(THEN.to_owned(), given(THEN).into());
        let title = match &old {
            Some(name) => Msg::new("connection-edit").with("name", name).with("kind", kind.title).to_string(),
            None => Msg::new("connection-title").with("kind", kind.title).to_string(),
        };
        if let Some(name) = old {
            carried.insert("name".to_owned(), name.clone().into());
            carried.insert(OLD.to_owned(), name.into());
        }
        self.push(Form::new(title, Act::Connect, fields, String::new()).carrying(carried).staying());
    }

    fn connect(&mut self, name: &str, kind: &'static ConnectionKind, values: &Values) -> Result<()> {
        let mut settings = BTreeMap::new();
        let mut accounts = BTreeMap::new();
        let old = text_of(values, OLD);
        for field in kind.fields {
            let text = |end: &str| text_of(values, &format!("{}{end}", field.key)).unwrap_or_default();
            let (place, typed) = (text(PLACE).trim().to_owned(), text(""));
            let value = match text(KEPT).as_str() {
                "" => typed,
                // A key that is in a file stays there until another one is typed.
                "file" if typed.is_empty() && !place.is_empty() => format!("file:{place}"),
                "file" => typed,
                // What is typed goes into the keychain; else it is there already.
                "keychain" if !typed.is_empty() => {
                    let account = if place.is_empty() { format!("{}-{}", name.trim(), field.key) } else { place };
                    accounts.insert(field.key.to_owned(), account);
                    typed
                }
                _ if place.is_empty() => String::new(),
                kept => format!("{kept}:{place}"),
            };
            settings.insert(field.key.to_owned(), value);
        }
        let draft = Draft { accounts, ..Draft::new(name, kind, settings)? };
        if old.is_none() && self.sources.names().any(|known| known == draft.name) {
            return Err(Error::usage(Msg::new("error-connection-taken").with("name", draft.name)));
        }
        let Some(path) = self.config_file.clone() else {
            return Err(Error::usage(Msg::new("error-connection-nowhere")));
        };
        let title = Msg::new("task-connect").with("name", &draft.name);
        if self.is_busy_with(&title) {
            return Ok(());
        }
        let then = text_of(values, THEN).unwrap_or_default();
        let checks = text_of(values, "check").is_none_or(|v| v == "true");
        let name = draft.name.clone();
        let shown = path.display().to_string();
        self.start(
            title,
            None,
            Lane::Apart,
            move |context| {
                let found = match checks {
                    true => {
                        let control = context.control.clone().with_deadline(Some(Instant::now() + PATIENCE));
                        Some(draft.check(&control)?)
                    }
                    false => None,
                };
                let saved = if old.is_some() { draft.replace(&path)? } else { draft.save(&path)? };
                Ok((found, saved))
            },
            move |app, saved: Result<_>| match saved {
                Ok((found, table)) => {
                    app.sources.add(&name, &table);
                    app.layers.clear();
                    let done = Msg::new("connection-saved").with("name", &name).with("path", shown).to_string();
                    let both = |found| Msg::new("connection-found").with("found", found).with("done", &done);
                    app.say(found.map_or_else(|| done.clone(), |found| both(found).to_string()));
                    let locator = format!("{name}:{then}");
                    match then.is_empty() {
                        true => app.act_sources(&one("locator", locator)),
                        false => app.open(&locator, Default::default(), None),
                    }
                }
                Err(e) if e.kind == ErrorKind::Interrupted => {}
                Err(e) => app.complain(&e),
            },
        );
        Ok(())
    }

    /// Whether a task of this title is under way; then that is said.
    pub(in crate::tui) fn is_busy_with(&mut self, title: &Msg) -> bool {
        let words = title.to_string();
        let busy = self.running().any(|t| !t.task.control.is_cancelled() && t.task.title.to_string() == words);
        if busy {
            self.say(Msg::new("task-running").with("title", words).to_string());
        }
        busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_hosts_and_are_free() {
        for (server, want) in [
            ("https://redash.example.com/acme", "redash"),
            ("http://10.0.0.1:5000", "redash"),
            ("https://x.data.example.com", "data"),
            ("", "redash"),
        ] {
            assert_eq!(name_for(server, |_| false), want, "{server}");
        }
        assert_ne!(name_for("https://team.example.com", |n| n == "team"), "team");
    }
}
