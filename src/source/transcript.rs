//! A transcript of what was asked of servers over HTTP and what they answered, for a bug report: one exchange in JSON on
//! each line, in the form the tests replay. Keys, passwords and tokens are taken out; hosts are not named. What the answers
//! hold besides, rows among it, is kept as it is, up to a length. Where nobody asked for one, nothing is kept.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// Most bytes of one answer.
const MOST: usize = 1 << 20;
/// The headers of an answer that say how it was read.
const HEADERS: [&str; 3] = ["content-type", "location", "retry-after"];
/// What stands in the place of a secret.
const GONE: &str = "REMOVED";

static OPEN: OnceLock<Mutex<File>> = OnceLock::new();

/// Begins the transcript of this process in a new file, which only its owner can read.
pub fn begin(path: &Path) -> Result<()> {
    if OPEN.get().is_some() {
        return Ok(());
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| Error::io(path, e))?;
    // Whoever came first has it.
    let _ = OPEN.set(Mutex::new(file));
    Ok(())
}

/// One exchange being written down. Its line is written when the answer was read or given up.
pub struct Tape {
    line: Map<String, Value>,
    reply: Vec<u8>,
    cut: bool,
    /// What no line may contain.
    secrets: Vec<String>,
}

impl Tape {
    /// An exchange whose answer has begun; none where no transcript is kept.
    pub fn new(method: &str, path: &str, body: Option<&Value>, secrets: Vec<String>) -> Option<Self> {
        OPEN.get()?;
        let line = json!({ "method": method, "path": path, "body": body.cloned().unwrap_or_default() });
        let Value::Object(line) = line else { return None };
        Some(Self { line, reply: Vec::new(), cut: false, secrets })
    }

    /// With the status and the headers of the answer.
    pub fn answered<'h>(mut self, status: u16, header: impl Fn(&str) -> Option<&'h str>) -> Self {
        let headers = HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), header(name)?.into())));
        let headers: Map<String, Value> = headers.collect();
        self.line.insert("status".to_owned(), status.into());
        self.line.insert("headers".to_owned(), headers.into());
        self
    }

    /// Adds bytes of the answer.
    pub fn add(&mut self, piece: &[u8]) {
        let room = MOST.saturating_sub(self.reply.len());
        self.cut |= piece.len() > room;
        self.reply.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    /// The line, without secrets.
    fn text(&mut self) -> String {
        let reply = without_keys(&String::from_utf8_lossy(&self.reply));
        self.line.insert("reply".to_owned(), reply.into());
        if self.cut {
            self.line.insert("cut".to_owned(), true.into());
        }
        let mut text = Value::Object(std::mem::take(&mut self.line)).to_string();
        for secret in self.secrets.iter().filter(|s| s.len() >= 4) {
            // As it is, as it stands in a text in JSON, and in a text in such a text.
            let mut form = secret.clone();
            for _ in 0..3 {
                text = text.replace(&form, GONE);
                let quoted = Value::from(form).to_string();
                form = quoted[1..quoted.len() - 1].to_owned();
            }
        }
        without_query_keys(&text)
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let Some(file) = OPEN.get() else { return };
        let text = self.text();
        let mut file = file.lock().unwrap_or_else(|e| e.into_inner());
        // A transcript that cannot be written must not stop the work it is about.
        let _ = writeln!(file, "{text}");
    }
}

/// A text in JSON, the values of whose fields that are keys are taken out. Servers give keys of their own: Redash has one for
/// each query.
fn without_keys(text: &str) -> String {
    static FIELD: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let field = FIELD.get_or_init(|| {
        regex::Regex::new(
            r#"(?i)("[^"]*(?:api_?key|password|passwd|secret|token|authorization)"\s*:\s*)"(?:[^"\\]|\\.)*""#,
        )
        .ok()
    });
    match field {
        Some(field) => field.replace_all(text, format!("${{1}}\"{GONE}\"")).into_owned(),
        None => String::new(),
    }
}

/// A text whose addresses carry no keys.
fn without_query_keys(text: &str) -> String {
    static PAIR: OnceLock<Option<regex::Regex>> = OnceLock::new();
    match PAIR.get_or_init(|| regex::Regex::new(r#"(?i)((?:api_key|token|password)=)[^&\s"'\\]+"#).ok()) {
        Some(pair) => pair.replace_all(text, format!("${{1}}{GONE}")).into_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_in_a_line() {
        let body = json!({ "query": "select 'abc\"def'", "parameters": { "p": "KEYKEY1" } });
        let secrets = vec!["KEYKEY1".to_owned(), "abc\"def".to_owned(), "x".to_owned()];
        let Value::Object(line) = json!({ "method": "GET", "path": "/a?api_key=OTHER2&b=1", "body": body }) else {
            panic!()
        };
        let mut tape = Tape { line, reply: Vec::new(), cut: false, secrets };
        tape.reply = br#"{"api_key": "QUERYS\"3", "Password":"p4", "user": {"access_token" : "t5"}, "note": "Key KEYKEY1 https://h/x?token=u6&y=1", "n": 1}"#.to_vec();
        let text = tape.text();
        for secret in ["KEYKEY1", "OTHER2", "QUERYS", "p4", "t5", "u6", "abc"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["path"], "/a?api_key=REMOVED&b=1");
        let reply: Value = serde_json::from_str(line["reply"].as_str().unwrap()).unwrap();
        assert_eq!((&reply["api_key"], &reply["n"]), (&GONE.into(), &1.into()));
    }

    #[test]
    fn long_answers_are_cut_and_that_is_said() {
        let mut tape = Tape { line: Map::new(), reply: Vec::new(), cut: false, secrets: Vec::new() };
        tape.add(&vec![b'x'; MOST - 1]);
        assert!(!tape.cut);
        tape.add(b"yz");
        let line: Value = serde_json::from_str(&tape.text()).unwrap();
        assert!(line["cut"] == true && line["reply"].as_str().unwrap().ends_with('y'));
    }
}
