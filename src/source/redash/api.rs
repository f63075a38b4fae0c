//! The endpoints of Redash as versions 8 to 26 answer them: what is asked, and what a refusal means. Knows neither
//! tables nor locators.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};

use super::link::Which;
use super::params::Param;
use super::schedule::Schedule;
use crate::data::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::source::http::{Http, Reply, Request, Stream};
use crate::text::Msg;

/// Most bytes of a reply that speaks of a job.
const JOB: usize = 16 << 20;

/// Entries of a list asked for at once; the server allows no more.
const PAGE: u64 = 250;
/// Most characters of the server's own words that are shown.
const WORDS: usize = 600;

/// The interface of one server.
pub struct Api {
    /// The line to it.
    pub http: Http,
    /// The key turned out to be a query's, which is known on that query's own paths only.
    scoped: AtomicBool,
}

/// Who the key belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// The person's name.
    pub user: String,
    /// The server's version.
    pub version: String,
    /// Whether the server's own search finds words anywhere, as needed for Japanese.
    pub anywhere: bool,
}

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

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text, or what stands in its place and reads as one: a list of choices has what its query found.
fn plain(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
        _ => None,
    }
}

/// What a thing of a list is asked for by: its number, or its name where the server knows no numbers.
fn name_of(thing: &Value) -> Option<String> {
    plain(thing, "id").or_else(|| plain(thing, "slug")).filter(|name| !name.is_empty())
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Query {
    fn read(value: &Value) -> Option<Self> {
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
fn error_words(error: &Value) -> String {
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
fn tidy(words: &str) -> String {
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

/// What came back when a query was asked to run.
pub enum Answer {
    /// The result itself, still on its way; the bytes read already come first.
    Result(Bytes, Stream),
    /// A job to wait for.
    Job(Job),
}

impl Api {
    /// The interface behind a line.
    pub fn new(http: Http) -> Self {
        Self { http, scoped: AtomicBool::new(false) }
    }

    /// Who the key belongs to.
    pub fn session(&self, control: &Control) -> Result<Session> {
        let value = self.json(&Request::get("api/session"), control)?;
        let config = value.get("client_config").cloned().unwrap_or(Value::Null);
        Ok(Session {
            user: value.get("user").map(|u| text(u, "name")).unwrap_or_default(),
            version: text(&config, "version"),
            anywhere: config.get("multiByteSearchEnabled").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// The queries of a list, all pages of it. Progress counts queries.
    pub fn queries(&self, which: &Which, control: &Control) -> Result<Vec<Query>> {
        let mut filter: Vec<(&str, String)> = Vec::new();
        let path = match which {
            Which::All(words) => {
                if !words.is_empty() {
                    filter.push(("q", words.clone()));
                }
                "api/queries"
            }
            Which::Tag(tag) => {
                filter.push(("tags", tag.clone()));
                "api/queries"
            }
            Which::Mine => "api/queries/my",
            Which::Favourites => "api/queries/favorites",
            Which::Archived => "api/queries/archive",
            Which::Recent => "api/queries/recent",
            Which::Tags => return Ok(Vec::new()),
        };
        if *which == Which::Recent {
            let value = self.json(&Request::get(path), control)?;
            let found = value.as_array().ok_or_else(|| self.strange())?;
            return Ok(found.iter().filter_map(Query::read).collect());
        }
        Ok(self.pages(path, &filter, control)?.iter().filter_map(Query::read).collect())
    }

    /// All pages of a list, each thing once: what is added meanwhile moves others to the next page, and not every server
    /// behind a gateway is told which page is wanted.
    fn pages(&self, path: &str, filter: &[(&str, String)], control: &Control) -> Result<Vec<Value>> {
        let (mut all, mut known) = (Vec::new(), HashSet::new());
        for page in 1.. {
            let mut query = filter.to_vec();
            query.push(("page_size", PAGE.to_string()));
            if page > 1 {
                query.push(("page", page.to_string()));
            }
            let mut value = self.json(&Request { query: &query, ..Request::get(path) }, control)?;
            let count = value.get("count").and_then(Value::as_u64).unwrap_or(0);
            let Some(Value::Array(mut found)) = value.get_mut("results").map(Value::take) else {
                return Err(self.strange());
            };
            found.retain(|thing| name_of(thing).is_some_and(|name| known.insert(name)));
            control.set_total(count);
            control.advance(found.len() as u64);
            let end = found.is_empty();
            all.extend(found);
            if end || all.len() as u64 >= count {
                break;
            }
        }
        Ok(all)
    }

    /// All tags with the number of their queries.
    pub fn tags(&self, control: &Control) -> Result<Vec<(String, u64)>> {
        let value = self.json(&Request::get("api/queries/tags"), control)?;
        let tags = value.get("tags").and_then(Value::as_array);
        Ok(tags
            .into_iter()
            .flatten()
            .map(|t| (text(t, "name"), t.get("count").and_then(Value::as_u64).unwrap_or(0)))
            .filter(|(name, _)| !name.is_empty())
            .collect())
    }

    /// One query.
    pub fn query(&self, id: u64, control: &Control) -> Result<Query> {
        let value = self.json(&Request::get(&format!("api/queries/{id}")), control)?;
        Query::read(&value).ok_or_else(|| self.strange())
    }

    /// The names and values a parameter offers that another query fills.
    pub fn dropdown(&self, query: u64, list: u64, control: &Control) -> Result<Vec<(String, String)>> {
        let value = self.json(&Request::get(&format!("api/queries/{query}/dropdowns/{list}")), control)?;
        let choice = |v: &Value| {
            let value = plain(v, "value")?;
            Some((plain(v, "name").unwrap_or_else(|| value.clone()), value))
        };
        Ok(value.as_array().into_iter().flatten().filter_map(choice).collect())
    }

    /// All dashboards.
    pub fn dashboards(&self, control: &Control) -> Result<Vec<Dashboard>> {
        let all = self.pages("api/dashboards", &[], control)?;
        Ok(all
            .iter()
            .filter_map(|d| Some(Dashboard { id: name_of(d)?, name: text(d, "name"), tags: texts(d, "tags") }))
            .collect())
    }

    /// What is on a dashboard; its name first. Old servers know dashboards by name only.
    pub fn dashboard(&self, id: &str, control: &Control) -> Result<(String, Vec<Widget>)> {
        let value = match id.bytes().all(|b| b.is_ascii_digit()) {
            true => self.json(&Request::get(&format!("api/dashboards/{id}")), control)?,
            false => {
                let path = format!("api/dashboards/{id}");
                self.json(&Request { query: &[("legacy", String::new())], ..Request::get(&path) }, control)?
            }
        };
        let widgets = value.get("widgets").and_then(Value::as_array);
        let found = widgets.into_iter().flatten().filter_map(|w| {
            let shown = w.get("visualization")?;
            let query = shown.get("query")?;
            Some(Widget {
                name: text(shown, "name"),
                kind: text(shown, "type"),
                query: query.get("id")?.as_u64()?,
                query_name: text(query, "name"),
            })
        });
        Ok((text(&value, "name"), found.collect()))
    }

    /// All data sources.
    pub fn data_sources(&self, control: &Control) -> Result<Vec<DataSource>> {
        let value = self.json(&Request::get("api/data_sources"), control)?;
        let read = |d: &Value| {
            Some(DataSource {
                id: d.get("id")?.as_u64()?,
                name: text(d, "name"),
                kind: text(d, "type"),
                paused: d.get("paused").is_some_and(|p| p.as_bool().unwrap_or(p.as_u64() != Some(0))),
            })
        };
        Ok(value.as_array().into_iter().flatten().filter_map(read).collect())
    }

    /// Asks for the tables of a data source: the tables, or a job that gives them.
    pub fn schema(&self, id: u64, control: &Control) -> Result<std::result::Result<Vec<TableInfo>, Job>> {
        let value = self.json(&Request::get(&format!("api/data_sources/{id}/schema")), control)?;
        if let Some(job) = value.get("job") {
            return Ok(Err(Job::read(job)));
        }
        if let Some(error) = value.get("error") {
            return Err(self.failed(&error_words(error)));
        }
        Ok(Ok(tables(value.get("schema").unwrap_or(&Value::Null))))
    }

    /// The state of a job.
    pub fn job(&self, query: Option<u64>, id: &str, control: &Control) -> Result<Job> {
        let scoped = query.map(|q| format!("api/queries/{q}/jobs/{id}"));
        let plain = format!("api/jobs/{id}");
        let path = match &scoped {
            Some(scoped) if self.scoped.load(Ordering::Relaxed) => scoped,
            _ => &plain,
        };
        // A line that comes back is worth waiting for: the job goes on meanwhile.
        let value = match self.json(&Request { attempts: 8, ..Request::get(path) }, control) {
            Err(e) if e.message.id == "error-redash-login" && *path == plain && scoped.is_some() => {
                self.scoped.store(true, Ordering::Relaxed);
                self.json(&Request::get(scoped.as_deref().unwrap_or_default()), control)?
            }
            other => other?,
        };
        Ok(Job::read(value.get("job").unwrap_or(&Value::Null)))
    }

    /// Ends a job, if it has not ended by itself: ending a finished one would take its result away.
    pub fn cancel(&self, query: Option<u64>, id: &str, control: &Control) -> Result<bool> {
        let job = self.job(query, id, control)?;
        if !matches!(job.state, State::Queued | State::Running) {
            return Ok(false);
        }
        let reply = self.http.send(&Request::delete(&format!("api/jobs/{id}")), control)?;
        Ok(reply.status == 200)
    }

    /// Asks for a query's result: a stored one at most `max_age` seconds old (any if none is given), else a run.
    pub fn run(
        &self,
        id: u64,
        parameters: &serde_json::Map<String, Value>,
        max_age: Option<u64>,
        control: &Control,
    ) -> Result<Answer> {
        let age = max_age.map_or(json!(-1), |n| json!(n));
        let mut body = json!({ "max_age": age });
        if !parameters.is_empty() {
            body["parameters"] = Value::Object(parameters.clone());
        }
        let path = format!("api/queries/{id}/results");
        // A run that was started and is asked for again is the same run, unless it ended in between; only then, and only
        // where a fresh one is insisted on, would it run twice.
        let again =
            if max_age == Some(0) { crate::source::http::Again::Unsent } else { crate::source::http::Again::Always };
        self.answer(&Request::post(&path, body, again), control)
    }

    /// Asks for the result of a statement on a data source: a stored one at most `max_age` seconds old, else a run.
    pub fn ask(
        &self,
        data_source: u64,
        statement: &str,
        parameters: &serde_json::Map<String, Value>,
        max_age: u64,
        control: &Control,
    ) -> Result<Answer> {
        let mut body = json!({ "query": statement, "data_source_id": data_source, "max_age": max_age });
        if !parameters.is_empty() {
            body["parameters"] = Value::Object(parameters.clone());
        }
        self.answer(&Request::post("api/query_results", body, crate::source::http::Again::Unsent), control)
    }

    fn answer(&self, request: &Request, control: &Control) -> Result<Answer> {
        let reply = self.http.send(request, control)?;
        let reply = self.accepted(reply, control)?;
        let mut stream = reply.stream();
        let mut head: Vec<u8> = Vec::new();
        loop {
            let start: Vec<u8> = head.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(24).collect();
            if start.starts_with(b"{\"query_result\"") {
                return Ok(Answer::Result(head.into(), stream));
            }
            match stream.next(control)? {
                Some(piece) if start.len() < 24 => head.extend_from_slice(&piece),
                piece => {
                    head.extend(piece.unwrap_or_default());
                    while let Some(piece) = stream.next(control)? {
                        head.extend_from_slice(&piece);
                        if head.len() > JOB {
                            return Err(self.strange());
                        }
                    }
                    break;
                }
            }
        }
        let value: Value = serde_json::from_slice(&head).map_err(|_| self.strange())?;
        match value.get("job") {
            Some(job) => match Job::read(job) {
                // There is nothing to wait for.
                Job { id, state: State::Queued | State::Running, .. } if id.is_empty() => Err(self.strange()),
                job => Ok(Answer::Job(job)),
            },
            None => Err(self.strange()),
        }
    }

    /// The stored result of a query that has no parameters, still on its way. None if there is none.
    pub fn stored(&self, id: u64, control: &Control) -> Result<Option<Stream>> {
        match self.body(&format!("api/queries/{id}/results.json"), control) {
            Err(e) if e.message.id == "error-redash-no-result" => Ok(None),
            other => other.map(Some),
        }
    }

    /// A stored result by its number, still on its way.
    pub fn result(&self, query: Option<u64>, result: u64, control: &Control) -> Result<Stream> {
        let scoped = query.map(|q| format!("api/queries/{q}/results/{result}.json"));
        match scoped.as_deref().filter(|_| self.scoped.load(Ordering::Relaxed)) {
            Some(path) => self.body(path, control),
            None => match self.body(&format!("api/query_results/{result}.json"), control) {
                Err(e) if e.message.id == "error-redash-login" && scoped.is_some() => {
                    self.body(scoped.as_deref().unwrap_or_default(), control)
                }
                other => other,
            },
        }
    }

    fn body(&self, path: &str, control: &Control) -> Result<Stream> {
        let reply = self.http.send(&Request::get(path), control)?;
        Ok(self.accepted(reply, control)?.stream())
    }

    fn json(&self, request: &Request, control: &Control) -> Result<Value> {
        let reply = self.http.send(request, control)?;
        let text = self.accepted(reply, control)?.text(control)?;
        serde_json::from_str(&text).map_err(|_| self.strange())
    }

    fn host(&self, id: &'static str) -> Msg {
        Msg::new(id).with("host", self.http.host())
    }

    fn strange(&self) -> Error {
        Error::new(ErrorKind::Connect, self.host("error-redash-strange")).hint(Msg::new("hint-redash-url"))
    }

    /// A failure in the server's own words.
    pub fn failed(&self, words: &str) -> Error {
        match words {
            "" => Error::failed(self.host("error-redash-silent")).hint(Msg::new("hint-redash-silent")),
            _ => {
                let error = Error::failed(Msg::new("error-redash-query").with("cause", self.http.clean(words)));
                let limit = words.contains("exceeded Redash query execution time limit");
                if limit { Error { kind: ErrorKind::Timeout, ..error } } else { error }
            }
        }
    }

    /// A server that wanted fewer requests for as long as it was asked: it lets nobody in for now.
    fn busy(&self, reply: &Reply) -> Error {
        let message =
            self.host("error-redash-busy").with("attempts", reply.attempts).with("seconds", reply.span.as_secs());
        let hint = match reply.retry_after().map(|wait| wait.as_secs().div_ceil(60)).filter(|minutes| *minutes > 0) {
            Some(minutes) => Msg::new("hint-redash-busy-until").with("minutes", minutes),
            None => Msg::new("hint-redash-busy"),
        };
        Error::new(ErrorKind::Connect, message).hint(hint)
    }

    /// Gives a reply back if it is one to read as JSON, and says what it means otherwise.
    fn accepted<'h>(&self, reply: Reply<'h>, control: &Control) -> Result<Reply<'h>> {
        let connect = |id| Error::new(ErrorKind::Connect, self.host(id));
        let status = reply.status;
        match status {
            200..=299 if reply.is_json() => return Ok(reply),
            200..=299 => return Err(connect("error-redash-page").hint(Msg::new("hint-redash-url"))),
            300..=399 => {
                let to = reply.header("location").and_then(|l| self.http.base().join(l).ok());
                let message =
                    |id| self.host(id).with("to", to.as_ref().map(crate::source::http::place).unwrap_or_default());
                // Wherever the server lives now, what was asked for has the same name there; a login page has not.
                let moved = to.as_ref().is_some_and(|to| to.path().split('/').any(|part| part == "api"));
                return Err(match moved {
                    true => {
                        Error::new(ErrorKind::Connect, message("error-redash-moved")).hint(Msg::new("hint-redash-url"))
                    }
                    false => {
                        Error::new(ErrorKind::Connect, message("error-redash-wall")).hint(Msg::new("hint-redash-wall"))
                    }
                });
            }
            _ => {}
        }
        let json = reply.is_json();
        if status == 429 {
            return Err(self.busy(&reply));
        }
        let body = reply.text(control).unwrap_or_default();
        let value: Value = if json { serde_json::from_str(&body).unwrap_or(Value::Null) } else { Value::Null };
        let mut words = text(&value, "message");
        if let Some(job) = value.get("job") {
            words = error_words(job.get("error").unwrap_or(&Value::Null));
        }
        let words = tidy(&words);
        let said = |id| Error::failed(self.host(id).with("status", u64::from(status)).with("cause", words.clone()));
        Err(match status {
            400 if !json => connect("error-redash-refused").hint(Msg::new("hint-redash-url")),
            400 => Error::failed(Msg::new("error-redash-query").with("cause", words)),
            401 if !json => connect("error-redash-wall-401").hint(Msg::new("hint-redash-wall")),
            // Something before the server says so, in a page.
            403 if !json => {
                let barred = Error { kind: ErrorKind::Connect, ..said("error-redash-barred") };
                barred.hint(Msg::new("hint-redash-wall"))
            }
            403 => said("error-redash-forbidden"),
            404 if words.contains("login") => connect("error-redash-login").hint(Msg::new("hint-redash-login")),
            404 if words.contains("No cached result") => said("error-redash-no-result"),
            404 if !json => connect("error-redash-page").hint(Msg::new("hint-redash-url")),
            404 => said("error-redash-missing"),
            407 => connect("error-http-proxy").hint(Msg::new("hint-http-proxy")),
            413 => said("error-redash-large"),
            500 => said("error-redash-broken"),
            502..=504 => Error { kind: ErrorKind::Connect, ..said("error-redash-away") },
            _ => said("error-redash-status"),
        })
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
