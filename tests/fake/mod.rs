//! A server for tests that replays recorded exchanges and refuses what it does not expect.
//!
//! Exchanges for the same request are given in turn, the last one again and again. What none fits may be answered by a
//! function. Anything else is answered with 599 and remembered, so that a test can hold that nothing unexpected was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::SystemTime;

use serde_json::Value;

/// How a reply goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)]
pub enum Fault {
    /// Not at all.
    None,
    /// The line goes down in the middle of the body.
    Cut,
    /// The line goes down before the answer.
    Drop,
    /// Nothing is ever said.
    Hang,
    /// Half of the body comes, and then nothing.
    Stall,
    /// Half of the body comes, and the rest when [`Fake::release`] is called.
    Hold,
    /// The body comes again and again, without an end.
    Endless,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// The `Authorization` it must carry; any if empty.
    pub key: String,
    pub body: Value,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub reply: Vec<u8>,
    pub fault: Fault,
}

#[allow(dead_code)]
impl Exchange {
    /// An answer in JSON.
    pub fn json(method: &str, path: &str, body: Value, reply: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            key: String::new(),
            body,
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            reply: reply.into(),
            fault: Fault::None,
        }
    }

    pub fn get(path: &str, reply: &str) -> Self {
        Self::json("GET", path, Value::Null, reply)
    }

    pub fn with(self, status: u16, fault: Fault) -> Self {
        Self { status, fault, ..self }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// The exchanges of a file of recordings: one in JSON on each line.
pub fn recorded(text: &str) -> Vec<Exchange> {
    let read = |line: &str| {
        let v: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let headers = v["headers"].as_object().unwrap();
        Exchange {
            method: text("method"),
            path: text("path"),
            key: text("key"),
            body: v["body"].clone(),
            status: v["status"].as_u64().unwrap() as u16,
            headers: headers.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect(),
            reply: text("reply").into(),
            fault: Fault::None,
        }
    };
    text.lines().map(read).collect()
}

/// Answers a request by its method, path and body with JSON; none if it is not expected.
pub type Answer = dyn Fn(&str, &str, &Value) -> Option<String> + Send + Sync;

#[derive(Default)]
struct State {
    exchanges: Vec<(Arc<Exchange>, bool)>,
    asked: Vec<String>,
    unexpected: Vec<String>,
    released: bool,
    began: Option<SystemTime>,
}

/// What the threads of a server share; whoever waits for a release is woken through it.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    released: Condvar,
    answer: Option<Box<Answer>>,
}

/// The server, for as long as it lives.
pub struct Fake {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    shared: Arc<Shared>,
    over: Arc<AtomicBool>,
}

#[allow(dead_code)]
impl Fake {
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self::of(exchanges, None)
    }

    /// One that answers by a function what no exchange fits.
    pub fn answering(exchanges: Vec<Exchange>, answer: Box<Answer>) -> Self {
        Self::of(exchanges, Some(answer))
    }

    fn of(exchanges: Vec<Exchange>, answer: Option<Box<Answer>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let exchanges = exchanges.into_iter().map(|e| (Arc::new(e), false)).collect();
        let shared = Arc::new(Shared {
            state: Mutex::new(State { exchanges, ..State::default() }),
            answer,
            ..Shared::default()
        });
        let over = Arc::new(AtomicBool::new(false));
        let (known, ended) = (shared.clone(), over.clone());
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (shared, over) = (known.clone(), ended.clone());
                std::thread::spawn(move || serve(line, &shared, &over));
            }
        });
        Self { url, shared, over }
    }

    /// Everything that was asked, as `METHOD path`.
    pub fn asked(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().asked.clone()
    }

    /// Waits until this was asked.
    pub fn wait(&self, wanted: &str) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !self.asked().iter().any(|a| a == wanted) {
            assert!(std::time::Instant::now() < until, "{wanted} was never asked: {:?}", self.asked());
            std::thread::yield_now();
        }
    }

    /// Lets the rest of every body go that is held back, now and later.
    pub fn release(&self) {
        self.shared.state.lock().unwrap().released = true;
        self.shared.released.notify_all();
    }

    /// When the last answer began.
    pub fn began(&self) -> SystemTime {
        self.shared.state.lock().unwrap().began.unwrap()
    }

    /// What was asked and not expected.
    pub fn unexpected(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().unexpected.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a line.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(line: TcpStream, shared: &Shared, over: &AtomicBool) {
    let mut reader = BufReader::new(line.try_clone().unwrap());
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':') {
            match name.to_lowercase().as_str() {
                "authorization" => key = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap_or(Value::Null) };
    let answer = {
        let mut state = shared.state.lock().unwrap();
        state.asked.push(format!("{method} {path}"));
        let fits =
            |e: &Exchange| e.method == method && e.path == path && e.body == body && (e.key.is_empty() || e.key == key);
        let places: Vec<usize> = (0..state.exchanges.len()).filter(|i| fits(&state.exchanges[*i].0)).collect();
        let next = places.iter().find(|i| !state.exchanges[**i].1).or(places.last()).copied();
        match next {
            Some(i) => {
                state.exchanges[i].1 = true;
                Some(state.exchanges[i].0.clone())
            }
            None => None,
        }
    };
    let answer = answer.or_else(|| {
        let made = shared.answer.as_ref().and_then(|answer| answer(&method, &path, &body));
        if made.is_none() {
            shared.state.lock().unwrap().unexpected.push(format!("{method} {path} {body}"));
        }
        made.map(|reply| Arc::new(Exchange::get(&path, &reply)))
    });
    let mut line = line;
    let (status, headers, reply, fault) = match &answer {
        Some(e) => (e.status, e.headers.as_slice(), e.reply.as_slice(), e.fault),
        None => (599, [].as_slice(), b"unexpected".as_slice(), Fault::None),
    };
    match fault {
        Fault::Drop => return,
        Fault::Hang => {
            while !over.load(Ordering::Relaxed) {
                // The client goes away first.
                if line.read(&mut [0]).unwrap_or(0) == 0 {
                    return;
                }
            }
            return;
        }
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    if fault != Fault::Endless {
        head.push_str(&format!("Content-Length: {}\r\n", reply.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let half = matches!(fault, Fault::Cut | Fault::Stall | Fault::Hold);
    let (sent, rest) = reply.split_at(if half { reply.len() / 2 } else { reply.len() });
    shared.state.lock().unwrap().began = Some(SystemTime::now());
    let mut send = |bytes: &[u8]| line.write_all(bytes).and_then(|()| line.flush()).is_ok();
    let mut going = send(head.as_bytes()) && send(sent);
    match fault {
        Fault::Stall => {
            // The client goes away first.
            let _ = line.read(&mut [0]);
        }
        Fault::Hold => {
            let state = shared.state.lock().unwrap();
            drop(shared.released.wait_while(state, |s| !s.released).unwrap());
            let _ = line.write_all(rest);
        }
        Fault::Endless => {
            // What is said again are the rows, which stand behind the first bracket of theirs.
            let text = String::from_utf8_lossy(sent).into_owned();
            let rows = text.rsplit('[').next().unwrap_or_default();
            while going && !over.load(Ordering::Relaxed) {
                going = line.write_all(format!(",{rows}").as_bytes()).is_ok();
            }
        }
        _ => {}
    }
}
