//! What Redash speaks of, read from what versions 8 to 26 write: queries, dashboards, data sources, jobs. How it is asked
//! for is not known here.

use serde_json::Value;

use super::params::Param;
use super::schedule::Schedule;

/// Most characters of the server's own words that are shown.
const WORDS: usize = 600;

/// A saved query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What people wrote about it.
    pub description: String,
    /// Its SQL.
    pub sql: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub owner: String,
    /// When its stored result was made, as the server writes it.
    pub retrieved_at: Option<String>,
    /// Seconds its last run took.
    pub runtime: Option<f64>,
    /// Its stored result.
    pub result: Option<u64>,
    /// Its data source.
    pub data_source: Option<u64>,
    /// Its parameters.
    pub params: Vec<Param>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// Counts its changes.
    pub version: u64,
    /// Not published yet.
    pub draft: bool,
    /// Put away.
    pub archived: bool,
    /// A favourite of the key's owner.
    pub favourite: bool,
}

/// A dashboard in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard {
    /// Its number, or its name where the server knows no numbers.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What is on a dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// The name of the visualisation.
    pub name: String,
    /// Its kind: `TABLE`, `CHART`.
    pub kind: String,
    /// The query behind it.
    pub query: u64,
    /// The query's name.
    pub query_name: String,
}

/// A data source.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its kind: `pg`, `bigquery`.
    pub kind: String,
    /// Whether it takes no queries now.
    pub paused: bool,
}

/// A table of a data source.
#[derive(Clone, Debug, PartialEq)]
pub struct TableInfo {
    /// Its name, with its schema where that is not the usual one.
    pub name: String,
    /// Columns and, where they are known, their types.
    pub columns: Vec<(String, Option<String>)>,
}

/// The text under a key, empty where there is none.
pub(super) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text, or what stands in its place and reads as one: a list of choices has what its query found.
pub(super) fn plain(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
        _ => None,
    }
}

/// What a thing of a list is asked for by: its number, or its name where the server knows no numbers.
pub(super) fn name_of(thing: &Value) -> Option<String> {
    plain(thing, "id").or_else(|| plain(thing, "slug")).filter(|name| !name.is_empty())
}

/// The texts under a key.
pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Query {
    /// Reads what the server writes of a query; none where that is no query.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
        Some(Self {
            id: value.get("id")?.as_u64()?,
            name: text(value, "name"),
            description: text(value, "description"),
            sql: text(value, "query"),
            tags: texts(value, "tags"),
            owner: value.get("user").map(|u| text(u, "name")).unwrap_or_default(),
            retrieved_at: value.get("retrieved_at").and_then(Value::as_str).map(str::to_owned),
            runtime: value.get("runtime").and_then(Value::as_f64),
            result: value.get("latest_query_data_id").and_then(Value::as_u64),
            data_source: value.get("data_source_id").and_then(Value::as_u64),
            params: value.get("options").map(Param::all).unwrap_or_default(),
            schedule: value.get("schedule").and_then(Schedule::read),
            version: value.get("version").and_then(Value::as_u64).unwrap_or(0),
            draft: flag("is_draft"),
            archived: flag("is_archived"),
            favourite: flag("is_favorite"),
        })
    }
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name.
    pub id: String,
    /// What it is doing.
    pub state: State,
    /// What it gives besides a result: the tables of a schema.
    pub result: Value,
}

/// What a job is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Waiting for a worker.
    Queued,
    /// At work.
    Running,
    /// Done, with the result of this number if it was a query.
    Done(Option<u64>),
    /// Failed; the words are empty where the worker died.
    Failed(String),
}

impl Job {
    /// Reads the value of `job`.
    pub fn read(value: &Value) -> Self {
        let result = value.get("result").cloned().unwrap_or(Value::Null);
        let number = value.get("query_result_id").and_then(Value::as_u64).or_else(|| result.as_u64());
        let state = match value.get("status").and_then(Value::as_u64) {
            Some(3) => State::Done(number),
            Some(4 | 5) => State::Failed(error_words(value.get("error").unwrap_or(&Value::Null))),
            Some(2) => State::Running,
            _ => State::Queued,
        };
        Self { id: text(value, "id"), state, result }
    }
}

/// The words of an error, which is a text or an object.
pub(super) fn error_words(error: &Value) -> String {
    match error {
        Value::String(words) => tidy(words),
        Value::Object(_) => {
            let parts = [text(error, "message"), text(error, "details")];
            tidy(&parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(": "))
        }
        _ => String::new(),
    }
}

/// A database's words without what Redash put in front of the SQL, and on one line.
pub(super) fn tidy(words: &str) -> String {
    let mut lines = Vec::new();
    for line in words.lines() {
        let line = match (line.starts_with("LINE "), line.find("*/ ")) {
            (true, Some(end)) => format!("{} {}", &line[..line.find(':').map_or(0, |c| c + 1)], &line[end + 3..]),
            _ => line.trim().to_owned(),
        };
        if !line.is_empty() && line.trim() != "^" {
            lines.push(line);
        }
    }
    let text = lines.join(" ");
    match text.char_indices().nth(WORDS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// The tables of a schema as any version writes them.
pub fn tables(value: &Value) -> Vec<TableInfo> {
    let column = |c: &Value| match c {
        Value::String(name) => (name.clone(), None),
        other => (text(other, "name"), other.get("type").and_then(Value::as_str).map(str::to_owned)),
    };
    let list = value.as_array();
    list.into_iter()
        .flatten()
        .map(|t| TableInfo {
            name: text(t, "name"),
            columns: t.get("columns").and_then(Value::as_array).into_iter().flatten().map(column).collect(),
        })
        .collect()
}
