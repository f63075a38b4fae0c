//! HTTP for sources that speak it: one client for each connection, with cancel, time limits, careful retries, and no
//! secret in any text that leaves it.
//!
//! Callers are ordinary threads; the network runs on a small runtime of its own. Redirects are never followed: they
//! drop sub-paths, turn POST into GET, and lead keys to strangers. What a reply means is not known here.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::write::GzDecoder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Runtime;
use url::Url;

use super::transcript::Tape;
use crate::data::Control;
use crate::error::{Error, ErrorKind, Result, Secret, system};
use crate::text::Msg;

/// How often cancel and the time limit are looked at while waiting.
pub(super) const LOOK: Duration = Duration::from_millis(20);
/// A wait that is worth a word.
const LONG: Duration = Duration::from_secs(1);
/// The longest wait a server may ask for, for each attempt that is left. One that asks for more is not waited for at all.
const WAIT: Duration = Duration::from_secs(60);
/// Most bytes of a reply that is read as one text.
const TEXT: usize = 64 << 20;

/// What a connection needs to reach its server.
pub struct Options {
    /// Where paths begin; ends with a slash.
    pub base: Url,
    /// Sent with every request; values are secret.
    pub headers: Vec<(String, Secret)>,
    /// A PEM file of authorities trusted besides the system's.
    pub ca: Option<Vec<u8>>,
    /// The longest the server may say nothing.
    pub timeout: Duration,
    /// What no text may contain.
    pub secrets: Vec<Secret>,
    /// The first wait between attempts; doubles each time.
    pub backoff: Duration,
}

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Whenever it failed: it changes nothing.
    Always,
    /// Only when the server surely did not act on it.
    Unsent,
    /// Never.
    Never,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, `DELETE`.
    pub method: reqwest::Method,
    /// Path from the base, without a leading slash.
    pub path: &'a str,
    /// Pairs of the query part.
    pub query: &'a [(&'a str, String)],
    /// JSON to send.
    pub body: Option<serde_json::Value>,
    /// Whether it may be repeated.
    pub again: Again,
    /// Attempts in all.
    pub attempts: u32,
}

impl<'a> Request<'a> {
    /// A request that reads.
    pub fn get(path: &'a str) -> Self {
        Self { method: reqwest::Method::GET, path, query: &[], body: None, again: Again::Always, attempts: 4 }
    }

    /// A request that sends JSON.
    pub fn post(path: &'a str, body: serde_json::Value, again: Again) -> Self {
        Self { method: reqwest::Method::POST, path, query: &[], body: Some(body), again, attempts: 4 }
    }

    /// A request that ends something.
    pub fn delete(path: &'a str) -> Self {
        Self { method: reqwest::Method::DELETE, path, query: &[], body: None, again: Again::Never, attempts: 1 }
    }
}

/// The client of one connection.
pub struct Http {
    client: reqwest::Client,
    base: Url,
    timeout: Duration,
    backoff: Duration,
    secrets: Vec<Secret>,
}

/// The runtime all network work of the program runs on.
pub(super) fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("network").enable_all().build()
    });
    made.as_ref().map_err(|e| Error::failed(Msg::new("error-http-start").with("cause", system::words(e))))
}

/// Waits for `work`, looking at `control` all the while. None if `limit` passed first.
fn wait<T>(control: &Control, limit: Duration, work: impl Future<Output = T>) -> Result<Option<T>> {
    let until = Instant::now() + limit;
    runtime()?.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(LOOK, &mut work).await {
                return Ok(Some(done));
            }
            control.check()?;
            if Instant::now() >= until {
                return Ok(None);
            }
        }
    })
}

/// Does nothing for a while, unless the work is cancelled.
pub fn pause(control: &Control, span: Duration) -> Result<()> {
    control.check()?;
    wait(control, span, std::future::pending::<()>()).map(drop)
}

/// The innermost reason of an error, without the address, which may carry a key; and the same in words, where it is a
/// common one.
fn reason(error: reqwest::Error) -> (String, Option<Msg>) {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let words = system::beneath(&error).or_else(|| match text.as_str() {
        "deadline has elapsed" | "operation timed out" => Some(Msg::new("system-late")),
        "connection closed before message completed" => Some(Msg::new("system-reset")),
        "end of file before message length reached" => Some(Msg::new("system-ended")),
        _ => None,
    });
    (text, words)
}

/// The innermost reason of an error in words.
fn said(error: reqwest::Error) -> Msg {
    let (text, words) = reason(error);
    words.unwrap_or_else(|| system::raw(text))
}

impl Http {
    /// A client of these options.
    pub fn new(options: Options) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let bad = || Error::usage(Msg::new("error-http-header").with("name", name));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("mekiki/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.timeout.min(Duration::from_secs(20)))
            .pool_idle_timeout(Duration::from_secs(20));
        if in_the_clear(&options.base) {
            // Reading the system's authorities takes longer than many a reply.
            builder = builder.tls_built_in_root_certs(false);
        }
        if let Some(pem) = &options.ca {
            let bad = |cause: String| Error::usage(Msg::new("error-http-ca").with("cause", cause));
            builder = builder.use_preconfigured_tls(super::tls::trusting(pem).map_err(bad)?);
        }
        let client = builder.build().map_err(|e| Error::failed(Msg::new("error-http-start").with("cause", said(e))))?;
        let secrets = options.headers.into_iter().map(|h| h.1).chain(options.secrets).collect();
        Ok(Self { client, base: options.base, timeout: options.timeout, backoff: options.backoff, secrets })
    }

    /// Where the server is, for people: no user, password or query.
    pub fn host(&self) -> String {
        place(&self.base)
    }

    /// The base of all paths.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The text without anything secret in it.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let secret = secret.reveal();
            for part in [secret, secret.rsplit(' ').next().unwrap_or(secret)] {
                if part.len() >= 4 {
                    text = text.replace(part, "…");
                }
            }
        }
        text
    }

    fn url(&self, request: &Request) -> Result<Url> {
        let mut url = self
            .base
            .join(request.path)
            .map_err(|e| Error::usage(Msg::new("error-http-url").with("cause", e.to_string())))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query.iter().map(|(k, v)| (*k, v.as_str())));
        }
        Ok(url)
    }

    /// What is written down of an exchange, where a transcript is kept.
    fn tape(&self, request: &Request, response: &reqwest::Response) -> Option<Tape> {
        let secrets = self.secrets.iter().flat_map(|s| {
            let secret = s.reveal();
            [secret, secret.rsplit(' ').next().unwrap_or(secret)].map(str::to_owned)
        });
        let path = match response.url().query() {
            Some(query) => format!("/{}?{query}", request.path),
            None => format!("/{}", request.path),
        };
        let tape = Tape::new(request.method.as_str(), &path, request.body.as_ref(), secrets.collect())?;
        Some(tape.answered(response.status().as_u16(), |name| response.headers().get(name)?.to_str().ok()))
    }

    fn unreached(&self, error: reqwest::Error) -> Error {
        let (cause, words) = reason(error);
        let lower = cause.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        let hint = match () {
            // What a server says that speaks no TLS is no message of TLS.
            () if says(&["corrupt message"]) => "hint-http-plain",
            () if says(&["certificate", "unknownissuer", "tls", "handshake"]) => "hint-http-tls",
            () => "hint-http-connect",
        };
        let cause = self.clean(&cause);
        let words = words.unwrap_or_else(|| system::raw(&cause));
        let message = Msg::new("error-http-connect").with("host", self.host()).with("cause", words);
        Error::new(ErrorKind::Connect, message).hint(Msg::new(hint)).caused_by(cause)
    }

    fn silent(&self) -> Error {
        let seconds = self.timeout.as_secs();
        Error::new(ErrorKind::Timeout, Msg::new("error-http-silent").with("host", self.host()).with("seconds", seconds))
            .hint(Msg::new("hint-http-silent"))
    }

    /// Sends a request until it is answered, as often as it allows. Any status is an answer, except those that say to
    /// come back later.
    pub fn send(&self, request: &Request, control: &Control) -> Result<Reply<'_>> {
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            control.check()?;
            let last = attempt >= request.attempts;
            let backoff = self.backoff * 2u32.saturating_pow(attempt - 1);
            let url = self.url(request)?;
            let mut builder = self.client.request(request.method.clone(), url).header("accept", "application/json");
            builder = builder.header("accept-encoding", "gzip");
            if let Some(body) = &request.body {
                builder = builder.header("content-type", "application/json").body(body.to_string());
            }
            let asked = match wait(control, self.timeout, builder.send())? {
                None if last || request.again != Again::Always => return Err(self.silent()),
                None => backoff,
                Some(Err(e)) => {
                    let unsent = e.is_connect();
                    let allowed = match request.again {
                        Again::Always => true,
                        Again::Unsent => unsent,
                        Again::Never => false,
                    };
                    let error = self.unreached(e);
                    // A certificate does not get better by asking again, nor does a server learn TLS.
                    let hopeless =
                        error.hint.as_ref().is_some_and(|h| matches!(h.id, "hint-http-tls" | "hint-http-plain"));
                    if last || !allowed || hopeless {
                        return Err(error);
                    }
                    backoff
                }
                Some(Ok(response)) => {
                    let status = response.status().as_u16();
                    let tape = self.tape(request, &response);
                    let refused = matches!(status, 429 | 503);
                    let broken = matches!(status, 502 | 504);
                    let allowed = match request.again {
                        Again::Always => refused || broken,
                        Again::Unsent => status == 429,
                        Again::Never => false,
                    };
                    let asked = retry_after(response.headers()).filter(|_| allowed);
                    if last || !allowed || asked.is_some_and(|asked| asked > WAIT * (request.attempts - attempt)) {
                        return Ok(Reply {
                            attempts: attempt,
                            span: started.elapsed(),
                            ..Reply::new(self, response, tape)
                        });
                    }
                    asked.unwrap_or(backoff)
                }
            };
            if asked >= LONG {
                control.say(Some(Msg::new("http-waiting").with("seconds", asked.as_secs())));
            }
            let waited = pause(control, asked);
            control.say(None);
            waited?;
            attempt += 1;
        }
    }
}

/// Scheme, host, port and path of an address.
pub fn place(url: &Url) -> String {
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!("{}://{}{port}{path}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Whether nothing on the way to an address is encrypted: neither its server nor a proxy.
fn in_the_clear(base: &Url) -> bool {
    let proxy = |name: &str| std::env::var(name).is_ok_and(|proxy| proxy.to_ascii_lowercase().starts_with("https:"));
    base.scheme() == "http" && !["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].into_iter().any(proxy)
}

/// How long the server asks to wait: seconds, or a date of RFC 9110.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(u64::try_from(at).ok()?.saturating_sub(now)))
}

/// An answer whose body is read piece by piece.
pub struct Reply<'h> {
    http: &'h Http,
    /// The status.
    pub status: u16,
    /// How often it was asked for.
    pub attempts: u32,
    /// How long that took, with the waits between.
    pub span: Duration,
    stream: Stream,
}

/// A body on its way, apart from the client that asked for it.
pub struct Stream {
    response: reqwest::Response,
    unpack: Option<GzDecoder<Vec<u8>>>,
    timeout: Duration,
    host: String,
    /// Bytes that came over the line.
    pub received: u64,
    tape: Option<Tape>,
}

impl<'h> Reply<'h> {
    fn new(http: &'h Http, response: reqwest::Response, tape: Option<Tape>) -> Self {
        let packed =
            response.headers().get("content-encoding").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"gzip"));
        Self {
            http,
            status: response.status().as_u16(),
            attempts: 1,
            span: Duration::ZERO,
            stream: Stream {
                unpack: packed.then(|| GzDecoder::new(Vec::new())),
                timeout: http.timeout,
                host: http.host(),
                response,
                received: 0,
                tape,
            },
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.stream.response.headers().get(name)?.to_str().ok()
    }

    /// How long the server asks to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.stream.response.headers())
    }

    /// Whether the body says it is JSON.
    pub fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|t| t.contains("json"))
    }

    /// The whole body as text; the rest of one that is too long is dropped.
    pub fn text(mut self, control: &Control) -> Result<String> {
        let mut all = Vec::new();
        while let Some(piece) = self.stream.next(control)? {
            all.extend_from_slice(&piece);
            if all.len() > TEXT {
                break;
            }
        }
        Ok(self.http.clean(&String::from_utf8_lossy(&all)))
    }

    /// The body, to be read later.
    pub fn stream(self) -> Stream {
        self.stream
    }
}

impl Stream {
    /// The length of the body, where the server says it and it is not packed.
    pub fn length(&self) -> Option<u64> {
        if self.unpack.is_some() { None } else { self.response.content_length() }
    }

    /// The next bytes; none at the end. A body that ends early is an error.
    pub fn next(&mut self, control: &Control) -> Result<Option<Bytes>> {
        let piece = self.unpacked(control)?;
        match (&mut self.tape, &piece) {
            (Some(tape), Some(piece)) => tape.add(piece),
            // Ended: its line is written.
            (tape, None) => *tape = None,
            _ => {}
        }
        Ok(piece)
    }

    fn unpacked(&mut self, control: &Control) -> Result<Option<Bytes>> {
        loop {
            control.check()?;
            let host = self.host.clone();
            let broken = |cause: Msg| {
                Error::new(ErrorKind::Connect, Msg::new("error-http-cut").with("host", host).with("cause", cause))
            };
            let piece = match wait(control, self.timeout, self.response.chunk())? {
                None => {
                    let message =
                        Msg::new("error-http-silent").with("host", &self.host).with("seconds", self.timeout.as_secs());
                    return Err(Error::new(ErrorKind::Timeout, message).hint(Msg::new("hint-http-silent")));
                }
                Some(Err(e)) => return Err(broken(said(e))),
                Some(Ok(None)) => {
                    let rest = match self.unpack.take() {
                        Some(unpack) => unpack.finish().map_err(|e| broken(system::words(&e)))?,
                        None => Vec::new(),
                    };
                    return Ok((!rest.is_empty()).then(|| rest.into()));
                }
                Some(Ok(Some(piece))) => piece,
            };
            self.received += piece.len() as u64;
            let Some(unpack) = &mut self.unpack else { return Ok(Some(piece)) };
            std::io::Write::write_all(unpack, &piece).map_err(|e| broken(system::words(&e)))?;
            let out = std::mem::take(unpack.get_mut());
            if !out.is_empty() {
                return Ok(Some(out.into()));
            }
        }
    }
}
