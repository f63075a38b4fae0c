//! Redash: saved queries, their results, dashboards and data sources of one server, as a source of tables.
//!
//! `link` reads locators and pasted links, `api` knows the endpoints, `params` the values a query takes, `run` gets a
//! result, `json` and `columns` read it, `land` makes a table of it. Nothing is changed on the server, ever; a query is
//! run only where its result is not stored or a fresh one is asked for.

mod adhoc;
mod age;
mod api;
mod column;
mod columns;
mod html;
mod json;
mod keep;
mod kinds;
mod land;
mod link;
mod listing;
mod live;
mod number;
mod params;
mod run;
mod schedule;
mod segments;
mod settings;
mod shape;
mod sweep;
#[cfg(test)]
mod tests;
mod things;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::fields::{ConnectionKind, Link};
use super::{Ask, Entry, EntryKind, OpenOptions, Opened, Source};
use crate::data::{Control, Dataset, Table};
use crate::error::{Error, ErrorKind, Result, Secret};
use crate::sql::complete::Nameable;
use crate::text::Msg;
use api::Api;
use keep::Provenance;
use land::Landed;
use link::Thing;
use settings::Settings;
use things::Query;

/// How long what is known about a query is good enough to open it.
const LOOKED: Duration = Duration::from_secs(5);

/// A connection to one server.
pub struct Redash {
    shared: Arc<Shared>,
}

/// What the source and the tables it opened have in common.
struct Shared {
    settings: Settings,
    api: OnceLock<Api>,
    /// All queries, as they were listed last.
    listed: Mutex<Option<(Instant, Arc<Vec<Query>>)>>,
    /// The query whose parameters were asked for last: it is opened next.
    looked: Mutex<Option<(Instant, Query)>>,
}

/// Makes the source of a connection.
pub fn make(name: &str, table: &toml::Table) -> Result<Arc<dyn Source>> {
    Ok(Arc::new(Redash::new(Settings::read(name, table)?)))
}

/// The table of a result whose bytes are all here, landed as if they had come from a server: what is measured without one.
pub fn landed(bytes: Vec<u8>, control: &Control) -> Result<Arc<dyn Table>> {
    let bytes = bytes::Bytes::from(bytes);
    let again = move |_: &Control| Ok(run::Body::whole(bytes.clone()));
    let opened = land::open(Box::new(again), keep::Provenance::default(), shape::Manner { html: true }, control)?;
    Ok(opened.table.settle(control)?.unwrap_or(opened.table))
}

impl Shared {
    fn api(&self) -> Result<&Api> {
        if let Some(api) = self.api.get() {
            return Ok(api);
        }
        let api = Api::new(self.settings.http()?);
        Ok(self.api.get_or_init(|| api))
    }
}

/// A query with the values it runs with.
struct Asked {
    query: Query,
    values: Map<String, Value>,
    given: Vec<(String, String)>,
    max_age: Option<u64>,
}

impl Redash {
    fn new(settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared {
                settings,
                api: OnceLock::new(),
                listed: Mutex::default(),
                looked: Mutex::default(),
            }),
        }
    }

    fn name(&self) -> &str {
        &self.shared.settings.name
    }

    fn locator(&self, thing: &Thing) -> String {
        format!("{}:{}", self.name(), thing.path())
    }

    fn provenance(&self, asked: &Asked) -> Provenance {
        Provenance {
            server: self.shared.settings.base.to_string(),
            query: Some(asked.query.id),
            name: asked.query.name.clone(),
            version: asked.query.version,
            parameters: Value::Object(asked.values.clone()),
            given: asked.given.clone(),
            ..Provenance::default()
        }
    }

    /// Opens a query with one value for each parameter.
    fn open_one(&self, asked: Asked, control: &Control) -> Result<Landed> {
        let mut provenance = self.provenance(&asked);
        let manner = self.shared.settings.manner;
        if asked.values.is_empty() && asked.max_age.is_none() {
            provenance.result = asked.query.result;
            if let Some(found) = keep::found(&provenance, manner.html) {
                return Ok(found.into());
            }
            provenance.result = None;
        }
        let shared = self.shared.clone();
        let again = move |control: &Control| {
            let order = run::Order {
                query: asked.query.id,
                before: asked.query.result,
                parameters: &asked.values,
                max_age: asked.max_age,
            };
            run::result(shared.api()?, &order, shared.settings.pace, control)
        };
        land::open(Box::new(again), provenance, manner, control)
    }

    fn opened(&self, landed: Landed, title: String) -> Opened {
        Opened {
            dataset: Dataset::new(landed.table),
            title,
            facts: age::facts(landed.provenance.retrieved_at.as_deref()),
            notices: landed.notices,
        }
    }

    /// What is known about a query, from the last look where that was just now.
    fn look(&self, id: u64, control: &Control) -> Result<Query> {
        let looked = self.shared.looked.lock().unwrap_or_else(|e| e.into_inner()).take();
        match looked.filter(|(at, q)| q.id == id && at.elapsed() < LOOKED) {
            Some((_, query)) => Ok(query),
            None => self.shared.api()?.query(id, control),
        }
    }

    fn open_query(
        &self,
        id: u64,
        mut given: Vec<(String, String)>,
        options: &OpenOptions,
        control: &Control,
    ) -> Result<Opened> {
        let query = self.look(id, control)?;
        merge(&mut given, options);
        let title = format!("{}:{id} {}", self.name(), query.name);
        let now = age::now(self.shared.settings.zone);
        let values = params::resolve(&query.params, &given, now)?;
        let runs = sweep::runs(&query.params, &given, &values, now)?;
        if runs.len() > 1 {
            return sweep::open(&self.shared, query, runs, options.max_age, title, control);
        }
        given.sort();
        let landed = self.open_one(Asked { query, values, given, max_age: options.max_age }, control)?;
        Ok(self.opened(landed, title))
    }

    fn open_stored(&self, id: u64, control: &Control) -> Result<Opened> {
        let provenance =
            Provenance { server: self.shared.settings.base.to_string(), result: Some(id), ..Provenance::default() };
        let shared = self.shared.clone();
        let again = move |control: &Control| Ok(run::Body::of(shared.api()?.result(None, id, control)?));
        let landed = match keep::found(&provenance, self.shared.settings.manner.html) {
            Some(found) => found.into(),
            None => land::open(Box::new(again), provenance, self.shared.settings.manner, control)?,
        };
        Ok(self.opened(landed, format!("{}:results/{id}", self.name())))
    }
}

impl Source for Redash {
    fn list(&self, path: &str, control: &Control) -> Result<Vec<Entry>> {
        listing::list(self, &Thing::parse(path)?, control)
    }

    fn find(&self, path: &str, words: &str, control: &Control) -> Result<Vec<Entry>> {
        listing::find(self, &Thing::parse(path)?, words, control)
    }

    fn is_folder(&self, path: &str) -> bool {
        let folder = |thing: &Thing| {
            matches!(
                thing,
                Thing::Top | Thing::Queries(_) | Thing::Dashboards | Thing::Dashboard(_) | Thing::DataSources
            )
        };
        Thing::parse(path).is_ok_and(|thing| folder(&thing))
    }

    fn open(&self, path: &str, options: &OpenOptions, control: &Control) -> Result<Opened> {
        match Thing::parse(path)? {
            Thing::Query { id, given } => self.open_query(id, given, options, control),
            Thing::Stored(id) => self.open_stored(id, control),
            Thing::Sql { source, query } => adhoc::open(self, &source, query.as_deref(), options, control),
            Thing::Live(of) => live::open(self, *of, options, control),
            thing => listing::open(self, &thing, control),
        }
    }

    fn check(&self, control: &Control) -> Result<Msg> {
        let session = self.shared.api()?.session(control)?;
        let host = self.shared.api()?.http.host();
        Ok(Msg::new("redash-reachable").with("host", host).with("version", session.version).with("user", session.user))
    }

    fn remote(&self) -> bool {
        true
    }

    fn tidy(&self, path: &str) -> String {
        if let Some(link) = link::read(path) {
            return link.thing.path();
        }
        match Thing::parse(path) {
            Ok(thing) => thing.path(),
            // What stands behind the question mark may be a key.
            Err(_) => path.split('?').next().unwrap_or_default().to_owned(),
        }
    }

    fn spoken(&self, locator: &str) -> String {
        link::spoken(locator)
    }

    fn recognise(&self, text: &str) -> Option<String> {
        let link = link::read(text)?;
        let base = &self.shared.settings.base;
        let same = link.base.host_str() == base.host_str()
            && link.base.port_or_known_default() == base.port_or_known_default()
            && link.base.path() == base.path();
        same.then(|| link.thing.path())
    }

    fn about(&self, path: &str) -> Option<String> {
        match Thing::parse(path).ok()?.plain() {
            Thing::Query { id, .. } => Some(Thing::Card(*id).path()),
            _ => None,
        }
    }

    fn other_way(&self, path: &str) -> Option<String> {
        match Thing::parse(path).ok()? {
            Thing::Live(of) => Some(of.path()),
            of @ (Thing::Query { .. } | Thing::Sql { query: Some(_), .. }) => Some(Thing::Live(Box::new(of)).path()),
            _ => None,
        }
    }

    fn earlier(&self, path: &str, options: &OpenOptions, now: Option<&str>, _control: &Control) -> Result<Vec<Entry>> {
        let Thing::Query { id, mut given } = Thing::parse(path)? else { return Ok(Vec::new()) };
        merge(&mut given, options);
        given.sort();
        let server = self.shared.settings.base.to_string();
        let runs = keep::earlier(&Provenance { server, query: Some(id), given, ..Provenance::default() });
        let runs = runs.into_iter().filter(|(path, _)| Some(path.as_str()) != now);
        Ok(runs
            .map(|(path, at)| Entry {
                name: age::moment(&at, self.shared.settings.zone),
                locator: format!("{}:{path}", self.name()),
                kind: EntryKind::Table,
                remark: age::ago(&at).map(|age| age.to_string()).unwrap_or_default(),
                ..Entry::default()
            })
            .collect())
    }

    fn asks(&self, path: &str, control: &Control) -> Result<Vec<Ask>> {
        let thing = Thing::parse(path)?;
        let Thing::Query { id, given } = thing.plain() else { return Ok(Vec::new()) };
        let id = *id;
        let api = self.shared.api()?;
        let query = api.query(id, control)?;
        *self.shared.looked.lock().unwrap_or_else(|e| e.into_inner()) = Some((Instant::now(), query.clone()));
        query
            .params
            .iter()
            .map(|param| {
                let choices = match &param.kind {
                    params::Kind::Enum(options) => options.iter().map(|o| (o.clone(), o.clone())).collect(),
                    params::Kind::Query(Some(list)) => match api.dropdown(id, *list, control) {
                        Ok(choices) => choices,
                        Err(e) if matches!(e.kind, ErrorKind::Interrupted | ErrorKind::Timeout) => return Err(e),
                        // A list that cannot be had is typed instead.
                        Err(_) => Vec::new(),
                    },
                    _ => Vec::new(),
                };
                let value = given.iter().find(|(n, _)| *n == param.name).map(|(_, v)| v.clone());
                Ok(Ask {
                    name: param.name.clone(),
                    title: param.title.clone(),
                    value: value.unwrap_or_else(|| param.default_text()),
                    form: if param.is_plain() { String::new() } else { param.form() },
                    choices,
                    several: param.several,
                })
            })
            .collect()
    }

    fn forget(&self) {
        *self.shared.listed.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }

    fn takes_statement(&self, path: &str) -> bool {
        Thing::parse(path).is_ok_and(|thing| matches!(thing.plain(), Thing::Sql { query: None, .. }))
    }

    fn with_statement(&self, path: &str, statement: &str) -> String {
        let Ok(thing) = Thing::parse(path) else { return path.to_owned() };
        match thing.plain() {
            Thing::Sql { source, .. } => {
                thing.beside(Thing::Sql { source: source.clone(), query: Some(statement.to_owned()) }).path()
            }
            _ => path.to_owned(),
        }
    }

    fn nameable(&self, path: &str, control: &Control) -> Result<Vec<Nameable>> {
        match Thing::parse(path)?.plain() {
            Thing::Sql { source, .. } => adhoc::nameable(self, source, control),
            _ => Ok(Vec::new()),
        }
    }

    fn with_answers(&self, path: &str, answers: &[(String, String)]) -> String {
        let Ok(thing) = Thing::parse(path) else { return path.to_owned() };
        match thing.plain() {
            Thing::Query { id, .. } => thing.beside(Thing::Query { id: *id, given: answers.to_vec() }).path(),
            _ => path.to_owned(),
        }
    }
}

/// Adds the values of the options to those of the locator; where both name a parameter, the options win.
fn merge(given: &mut Vec<(String, String)>, options: &OpenOptions) {
    given.retain(|(name, _)| options.parameters.iter().all(|(n, _)| n != name));
    given.extend(options.parameters.iter().cloned());
}

/// Redash among the kinds of connections.
pub const KIND: ConnectionKind = ConnectionKind {
    name: "redash",
    title: "Redash",
    fields: settings::FIELDS,
    make,
    link: |text| {
        let link = link::read(text)?;
        let key = link.key.map(Secret::new);
        Some(Link { server: super::http::place(&link.base), path: link.thing.path(), key })
    },
    write_link: |server, path| match Thing::parse(path) {
        Ok(thing) => format!("{server}/{}", thing.page()),
        Err(_) => server.to_owned(),
    },
    link_keys: ("url", "api_key"),
};

/// The error of a thing that cannot be opened as a table.
fn no_table(path: &str) -> Error {
    Error::usage(Msg::new("error-redash-no-table").with("path", path)).hint(Msg::new("hint-redash-locator"))
}
