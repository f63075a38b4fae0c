//! The endpoints of Redash as versions 8 to 26 answer them: what is asked, and what a refusal means. Knows neither
//! tables nor locators.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};

use super::link::Which;
use super::things::{
    Dashboard, DataSource, Job, Query, State, TableInfo, Widget, error_words, name_of, plain, tables, text, texts, tidy,
};
use crate::data::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::source::http::{Http, Reply, Request, Stream};
use crate::text::Msg;

/// Most bytes of a reply that speaks of a job.
const JOB: usize = 16 << 20;

/// Entries of a list asked for at once; the server allows no more.
const PAGE: u64 = 250;

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
