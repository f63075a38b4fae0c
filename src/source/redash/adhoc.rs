//! A statement of one's own on a data source: run there, its result landed like that of a saved query. Nothing is saved on
//! the server besides the result it keeps of every run.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use super::api::{Answer, Api};
use super::keep::Provenance;
use super::land::{self, Again};
use super::run::{Body, Ended, wait};
use super::{Redash, Shared, listing};
use crate::data::Control;
use crate::error::{Error, Result};
use crate::source::{OpenOptions, Opened};
use crate::sql::complete::Nameable;
use crate::text::Msg;

/// The number of the data source of this number or name.
pub fn number(api: &Api, source: &str, control: &Control) -> Result<u64> {
    if let Ok(id) = source.parse() {
        return Ok(id);
    }
    let all = api.data_sources(control)?;
    let same = |name: &str| name.to_lowercase() == source.to_lowercase();
    let found = all.iter().find(|d| d.name == source).or_else(|| all.iter().find(|d| same(&d.name)));
    found.map(|d| d.id).ok_or_else(|| {
        let names = all.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ");
        Error::usage(Msg::new("error-redash-data-source").with("name", source))
            .hint(Msg::new("hint-one-of").with("names", names))
    })
}

/// Runs a statement and opens its result. A result is asked for anew unless an age is given.
pub fn open(
    redash: &Redash,
    source: &str,
    statement: Option<&str>,
    options: &OpenOptions,
    control: &Control,
) -> Result<Opened> {
    let statement = statement
        .ok_or_else(|| Error::usage(Msg::new("error-statement-missing")).hint(Msg::new("hint-statement-missing")))?;
    let shared = redash.shared.clone();
    let api = shared.api()?;
    let id = number(api, source, control)?;
    let parameters = plain(options);
    let provenance = Provenance {
        server: shared.settings.base.to_string(),
        name: statement.to_owned(),
        parameters: Value::Object(parameters.clone()),
        ..Provenance::default()
    };
    let again = runner(shared.clone(), id, statement.to_owned(), parameters, options.max_age.unwrap_or(0));
    let landed = land::open(again, provenance, shared.settings.manner, control)?;
    Ok(redash.opened(landed, format!("{}:sql/{source}", redash.name())))
}

/// Asks for the result of a statement. A body that breaks off is asked for again; the statement is not run a second time
/// for that.
pub fn runner(
    line: Arc<Shared>,
    source: u64,
    statement: String,
    parameters: Map<String, Value>,
    max_age: u64,
) -> Again {
    let known: Mutex<Option<u64>> = Mutex::default();
    Box::new(move |control: &Control| {
        let api = line.api()?;
        let known = || known.lock().unwrap_or_else(|e| e.into_inner());
        let before = *known();
        let result = match before {
            Some(result) => result,
            None => match api.ask(source, &statement, &parameters, max_age, control)? {
                Answer::Result(head, stream) => return Ok(Body::new(head, stream)),
                Answer::Job(job) => match wait(api, None, job, line.settings.pace, control)? {
                    Ended::Done(Some(result), _) => result,
                    Ended::Done(None, _) => return Err(api.failed("")),
                    Ended::Failed(words) => return Err(api.failed(&words)),
                },
            },
        };
        *known() = Some(result);
        Ok(Body::of(api.result(None, result, control)?))
    })
}

/// The values of the options as a statement takes them.
pub fn plain(options: &OpenOptions) -> Map<String, Value> {
    options.parameters.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
}

/// The tables of a data source with their columns.
pub fn nameable(redash: &Redash, source: &str, control: &Control) -> Result<Vec<Nameable>> {
    let id = number(redash.shared.api()?, source, control)?;
    let tables = listing::schema(redash, id, control)?.into_iter();
    let columns = |columns: Vec<(String, Option<String>)>| {
        columns.into_iter().map(|(name, kind)| (name, kind.unwrap_or_default())).collect()
    };
    Ok(tables.map(|t| Nameable { name: t.name, columns: columns(t.columns) }).collect())
}
