//! The connections of the person's own configuration: a list of them, changing one, and removing one after asking.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List, REMOVE};
use super::connect::OLD;
use super::{one, text_of};
use crate::command::Act;
use crate::engine::connection;
use crate::error::{Error, Result};
use crate::source;
use crate::text::{Msg, tr};

/// The connection that is meant.
const NAME: &str = "name";

impl App {
    fn own_connections(&self) -> Result<Vec<(String, toml::Table)>> {
        match &self.config_file {
            Some(path) => connection::known(path),
            None => Err(Error::usage(Msg::new("error-connection-nowhere"))),
        }
    }

    fn own_connection(&self, name: &str) -> Result<toml::Table> {
        let found = self.own_connections()?.into_iter().find(|(n, _)| n == name);
        found.map(|(_, table)| table).ok_or_else(|| Error::usage(Msg::new("error-connection").with("name", name)))
    }

    fn list_connections(&mut self) -> Result<()> {
        let text =
            |table: &toml::Table, key: &str| table.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let mut items: Vec<Item> = Vec::new();
        for (name, table) in self.own_connections()? {
            let kind = source::kind(&text(&table, "kind"));
            // An address may carry a password.
            let address =
                kind.and_then(|kind| source::bare_address(&text(&table, kind.link_keys.0))).unwrap_or_default();
            let remark = [kind.map_or_else(|| text(&table, "kind"), |k| k.title.to_owned()), address];
            let remark = remark.into_iter().filter(|r| !r.is_empty()).collect::<Vec<_>>().join(" · ");
            items.push(Item {
                remark,
                run: Some((Act::Connections, one(NAME, name.clone()))),
                label: name,
                ..Item::default()
            });
        }
        let run = Some((Act::Connect, Values::new()));
        items.push(Item { label: tr("start-connect"), run, ..Item::default() });
        self.push(List::new(tr("connections-title"), items).removable(Act::Connections).full());
        Ok(())
    }

    /// The connections there are; one of them in the form that set it up.
    pub(in crate::tui) fn act_connections(&mut self, values: &Values) -> Result<()> {
        let Some(name) = text_of(values, NAME) else {
            return self.list_connections();
        };
        if values.contains_key(REMOVE) {
            return self.remove_connection(&name, values);
        }
        let table = self.own_connection(&name)?;
        let kind = table.get("kind").and_then(|v| v.as_str()).unwrap_or_default();
        let unknown = || Error::usage(Msg::new("doctor-connection-kind").with("kind", kind));
        let kind = source::kind(kind).ok_or_else(unknown)?;
        let mut given: Values = table.iter().map(|(key, v)| (key.clone(), connection::shown(v).into())).collect();
        given.insert(OLD.to_owned(), name.into());
        self.connection_form(kind, &given);
        Ok(())
    }

    /// Removes a connection once that was said twice.
    fn remove_connection(&mut self, name: &str, values: &Values) -> Result<()> {
        self.own_connection(name)?;
        if text_of(values, "sure").is_none() {
            let mut sure = values.clone();
            sure.insert("sure".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("connection-keep"), ..Item::default() },
                Item { label: tr("connection-remove"), run: Some((Act::Connections, sure)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("connection-remove-sure").with("name", name).to_string(), items));
            return Ok(());
        }
        let Some(path) = self.config_file.clone() else { return Ok(()) };
        connection::remove(&path, name)?;
        self.sources.remove(name);
        self.layers.clear();
        self.say(
            Msg::new("connection-removed").with("name", name).with("path", path.display().to_string()).to_string(),
        );
        Ok(())
    }
}
