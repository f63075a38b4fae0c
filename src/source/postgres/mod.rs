//! PostgreSQL and Amazon Redshift: views and tables of one database, as a source of tables whose rows stay there until they
//! are looked at.
//!
//! `settings` reads what libpq would, `line` is a session, `catalogue` what there is, `read` and `wire` fetch rows, `table`
//! decides how many. Sessions are read-only; no query runs but those a person asked for and small ones on the catalogue.

mod adhoc;
mod catalogue;
mod engine;
mod explain;
mod line;
mod misfits;
mod read;
mod settings;
mod table;
mod tls;
mod wire;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::fields::ConnectionKind;
use super::{Entry, EntryKind, OpenOptions, Opened, Source};
use crate::data::{Control, Dataset};
use crate::error::{Error, Result};
use crate::sql::complete::Nameable;
use crate::sql::{Relation, parts};
use crate::text::{Msg, fuzzy, tr};
use line::Way;
use settings::Settings;
use table::RelationTable;

/// How long the list of relations is good.
const FRESH: Duration = Duration::from_secs(300);
/// Ends the path of the table that tells about another.
const ABOUT: &str = "#columns";

/// The relations as they were listed, and when.
type Listed = (Instant, Arc<Vec<catalogue::Relation>>);

/// A connection to one database.
pub struct Postgres {
    way: Arc<Way>,
    listed: Mutex<Option<Listed>>,
}

/// PostgreSQL among the kinds of connections.
pub const KIND: ConnectionKind = ConnectionKind {
    name: "postgres",
    title: "PostgreSQL",
    fields: settings::FIELDS,
    make,
    link: |_| None,
    write_link: |server, _| server.to_owned(),
    link_keys: ("url", "password"),
};

/// Amazon Redshift among the kinds of connections.
pub const REDSHIFT: ConnectionKind = ConnectionKind { name: "redshift", title: "Amazon Redshift", ..KIND };

/// Makes the source of a connection.
pub fn make(name: &str, table: &toml::Table) -> Result<Arc<dyn Source>> {
    Ok(Arc::new(Postgres { way: Arc::new(Way::new(Settings::read(name, table)?)), listed: Mutex::default() }))
}

/// A part of a name as it stands in a path.
fn part(name: &str) -> String {
    let plain = !name.is_empty() && !name.contains(['.', '"', '#', ':', ' ']);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

impl Postgres {
    fn name(&self) -> &str {
        &self.way.settings.name
    }

    fn relations(&self, control: &Control) -> Result<Arc<Vec<catalogue::Relation>>> {
        if let Some((at, list)) = &*self.listed.lock().unwrap_or_else(|e| e.into_inner())
            && at.elapsed() < FRESH
        {
            return Ok(list.clone());
        }
        let redshift = self.way.settings.redshift;
        let list = Arc::new(self.way.with(control, |line| catalogue::relations(line, redshift, control))?);
        *self.listed.lock().unwrap_or_else(|e| e.into_inner()) = Some((Instant::now(), list.clone()));
        Ok(list)
    }

    fn entry(&self, relation: &catalogue::Relation, with_schema: bool) -> Entry {
        let path = format!("{}.{}", part(&relation.schema), part(&relation.name));
        Entry {
            name: if with_schema { path.clone() } else { relation.name.clone() },
            locator: format!("{}:{path}", self.name()),
            kind: EntryKind::Table,
            remark: relation.remark(),
            ..Entry::default()
        }
    }

    fn relation(path: &str) -> Result<Relation> {
        let parts = parts(path.trim());
        match parts.len() {
            1..=3 if parts.iter().all(|p| !p.is_empty()) => Ok(Relation::Table(parts)),
            _ => {
                Err(Error::usage(Msg::new("error-postgres-path").with("path", path))
                    .hint(Msg::new("hint-postgres-path")))
            }
        }
    }
}

impl Source for Postgres {
    fn list(&self, path: &str, control: &Control) -> Result<Vec<Entry>> {
        let all = self.relations(control)?;
        if path.is_empty() {
            let mut schemas: Vec<(&str, usize)> = Vec::new();
            for relation in all.iter() {
                match schemas.last_mut() {
                    Some((name, n)) if *name == relation.schema => *n += 1,
                    _ => schemas.push((&relation.schema, 1)),
                }
            }
            let folder = |(name, n): (&str, usize)| Entry {
                name: name.to_owned(),
                locator: format!("{}:{}", self.name(), part(name)),
                kind: EntryKind::Folder,
                remark: Msg::new("postgres-relations").with("count", n).to_string(),
                ..Entry::default()
            };
            let mut entries: Vec<Entry> = schemas.into_iter().map(folder).collect();
            entries.push(Entry {
                name: tr("postgres-ask"),
                locator: format!("{}:{}", self.name(), adhoc::PLACE),
                kind: EntryKind::Table,
                remark: String::new(),
                ..Entry::default()
            });
            return Ok(entries);
        }
        let schema = parts(path).remove(0);
        let entries: Vec<Entry> = all.iter().filter(|r| r.schema == schema).map(|r| self.entry(r, false)).collect();
        if entries.is_empty() {
            let nothing = Msg::new("error-postgres-schema").with("schema", schema);
            return Err(Error::usage(nothing).hint(Msg::new("hint-postgres-schema")));
        }
        Ok(entries)
    }

    fn find(&self, path: &str, words: &str, control: &Control) -> Result<Vec<Entry>> {
        let schema = (!path.is_empty()).then(|| parts(path).remove(0));
        let words = words.to_lowercase();
        let all = self.relations(control)?;
        let within = |relation: &&catalogue::Relation| schema.as_ref().is_none_or(|s| *s == relation.schema);
        let far = |relation: &catalogue::Relation| {
            let comment = relation.comment.to_lowercase();
            let name = format!("{}.{}", relation.schema, relation.name).to_lowercase();
            fuzzy::distance(&words, &name)
                .or_else(|| words.split_whitespace().all(|w| comment.contains(w)).then_some(fuzzy::APART - 1))
        };
        let mut found: Vec<(usize, &catalogue::Relation)> =
            all.iter().filter(within).filter_map(|r| Some((far(r)?, r))).collect();
        found.sort_by_key(|(far, _)| *far);
        // Letters here and there are for want of anything better.
        if found.first().is_some_and(|(far, _)| *far < fuzzy::APART) {
            found.retain(|(far, _)| *far < fuzzy::APART);
        }
        Ok(found.into_iter().map(|(_, r)| self.entry(r, true)).collect())
    }

    fn below(&self, path: &str, control: &Control) -> Result<Vec<Entry>> {
        if !path.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.relations(control)?.iter().map(|r| self.entry(r, true)).collect())
    }

    fn forget(&self) {
        *self.listed.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }

    fn is_folder(&self, path: &str) -> bool {
        path.trim().is_empty()
    }

    fn turns_out_folder(&self, path: &str, control: &Control) -> Result<bool> {
        // A name by itself is a schema, or a table that can be named without one.
        let parts = parts(path.trim());
        let [name] = parts.as_slice() else { return Ok(false) };
        if name.is_empty() || path == adhoc::PLACE || adhoc::of(path).is_some() {
            return Ok(name.is_empty());
        }
        let all = self.relations(control)?;
        let usual = |r: &catalogue::Relation| r.schema == "public" && r.name == *name;
        Ok(all.iter().any(|r| r.schema == *name) && !all.iter().any(usual))
    }

    fn open(&self, path: &str, _options: &OpenOptions, control: &Control) -> Result<Opened> {
        if path == adhoc::PLACE {
            return Err(Error::usage(Msg::new("error-statement-missing")).hint(Msg::new("hint-statement-missing")));
        }
        if let Some(query) = adhoc::of(path) {
            return adhoc::open(self.way.clone(), query, control);
        }
        let relation = match path.strip_suffix(ABOUT) {
            None => Self::relation(path)?,
            Some(path) => {
                let parts = parts(path);
                let (schema, name) = match parts.as_slice() {
                    [.., schema, name] => (schema.as_str(), name.as_str()),
                    _ => ("public", path),
                };
                Relation::Query(catalogue::about(schema, name))
            }
        };
        let table = RelationTable::open(self.way.clone(), relation, control)?;
        let title = parts(path).pop().unwrap_or_default();
        Ok(Opened { dataset: Dataset::new(Arc::new(table)), title, facts: Vec::new(), notices: Vec::new() })
    }

    fn check(&self, control: &Control) -> Result<Msg> {
        self.way.with(control, |line| {
            let row = line.run(control, line.client().query_one("select current_user::text, version()", &[]))?;
            let text = |i: usize| row.try_get::<_, String>(i).unwrap_or_default();
            let version = text(1);
            let version = version.split(" on ").next().unwrap_or_default().to_owned();
            Ok(Msg::new("postgres-check").with("user", text(0)).with("version", version))
        })
    }

    fn remote(&self) -> bool {
        true
    }

    fn about(&self, path: &str) -> Option<String> {
        let names_table = !path.is_empty() && path != adhoc::PLACE && adhoc::of(path).is_none();
        (names_table && !path.ends_with(ABOUT)).then(|| format!("{path}{ABOUT}"))
    }

    fn takes_statement(&self, path: &str) -> bool {
        path == adhoc::PLACE
    }

    fn statements(&self, _path: &str) -> Option<String> {
        Some(adhoc::PLACE.to_owned())
    }

    fn with_statement(&self, path: &str, statement: &str) -> String {
        if path.is_empty() || path == adhoc::PLACE { adhoc::path(statement) } else { path.to_owned() }
    }

    fn nameable(&self, _path: &str, control: &Control) -> Result<Vec<Nameable>> {
        let redshift = self.way.settings.redshift;
        self.way.with(control, |line| catalogue::nameable(line, redshift, control))
    }
}
