//! Lines for the person, on standard error. Whatever they carry is made safe for a terminal.

use std::error::Error as _;
use std::io::Write as _;

use crate::error::Error;
use crate::text::{Msg, safe};

/// Writes lines to standard error. Nobody can be told when that fails.
fn say(text: &str) {
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        out.push_str(&safe::line(line));
        out.push('\n');
    }
    let _ = std::io::stderr().lock().write_all(out.as_bytes());
}

/// Something to know.
pub fn notice(message: &Msg) {
    say(&Msg::new("cli-notice").with("text", message.clone()).to_string());
}

/// Something done.
pub fn done(message: &Msg) {
    say(&message.to_string());
}

/// What to do next.
pub fn hint(message: &Msg) {
    say(&Msg::new("cli-hint").with("text", message.clone()).to_string());
}

/// What went wrong, what to do next and, if asked for, why.
pub fn error(error: &Error, verbose: bool) {
    say(&Msg::new("cli-error").with("text", error.message.clone()).to_string());
    let mut cause = error.source();
    while let (Some(e), true) = (cause, verbose) {
        say(&Msg::new("cli-cause").with("text", e.to_string()).to_string());
        cause = e.source();
    }
    if let Some(message) = &error.hint {
        hint(message);
    }
}
