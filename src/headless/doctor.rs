//! `mekiki doctor`: what was found, which file won, and what to do about what does not work.

use std::io::IsTerminal;
use std::path::Path;

use crate::command::keymap::Keymap;
use crate::config::{self, Loaded};
use crate::data::{Control, free_memory};
use crate::engine::Sources;
use crate::error::{ErrorKind, Result};
use crate::text::{Lang, Msg, number, safe, tr};

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    Warn,
    Fail,
}

type Line = (Outcome, String, String);

/// Prints every check; exit code 6 if one failed.
pub fn run(loaded: &Loaded, budget: u64) -> Result<u8> {
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |outcome, label: Msg, text: String| lines.push((outcome, label.to_string(), text));
    add(Outcome::Ok, Msg::new("doctor-version"), env!("CARGO_PKG_VERSION").to_owned());
    terminal(&mut add);
    add(Outcome::Ok, Msg::new("doctor-language"), Lang::current().code().to_owned());
    let files: Vec<String> = loaded.files.iter().map(|f| f.display().to_string()).collect();
    let found = if files.is_empty() { tr("doctor-config-none") } else { files.join(" > ") };
    add(Outcome::Ok, Msg::new("doctor-config"), found);
    match Keymap::from_config(loaded.config.keymap.as_deref()) {
        Ok(_) => add(
            Outcome::Ok,
            Msg::new("doctor-keymap"),
            loaded.config.keymap.clone().unwrap_or_else(|| "default".to_owned()),
        ),
        Err(e) => add(Outcome::Fail, Msg::new("doctor-keymap"), e.to_string()),
    }
    folder(&mut add, Msg::new("doctor-cache"), crate::source::cache_dir().as_deref());
    folder(&mut add, Msg::new("doctor-state"), config::state_dir().as_deref());
    let memory = Msg::new("doctor-memory-text")
        .with("free", number::bytes(free_memory()))
        .with("budget", number::bytes(budget));
    add(Outcome::Ok, Msg::new("doctor-memory"), memory.to_string());
    let sources = Sources::built_in();
    let control = Control::new();
    for name in sources.names() {
        let label = Msg::new("doctor-source").with("name", name);
        match sources.check(&sources.parse(&format!("{name}:")), &control) {
            Ok(m) => add(Outcome::Ok, label, m.to_string()),
            Err(e) => add(Outcome::Fail, label, e.to_string()),
        }
    }
    let width = lines.iter().map(|(_, l, _)| safe::width(l)).max().unwrap_or(0);
    let word = |o| match o {
        Outcome::Ok => tr("doctor-ok"),
        Outcome::Warn => tr("doctor-warn"),
        Outcome::Fail => tr("doctor-fail"),
    };
    let words = [Outcome::Ok, Outcome::Warn, Outcome::Fail].map(|o| safe::width(&word(o))).into_iter().max().unwrap_or(0);
    let mut text = String::new();
    for (outcome, label, detail) in &lines {
        text.push_str(&format!(
            "{}  {}  {}\n",
            safe::pad(&word(*outcome), words, false),
            safe::pad(label, width, false),
            safe::line(detail)
        ));
    }
    super::print(&text)?;
    Ok(if lines.iter().any(|(o, ..)| *o == Outcome::Fail) { ErrorKind::Check.exit_code() } else { 0 })
}

fn terminal(add: &mut impl FnMut(Outcome, Msg, String)) {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let label = || Msg::new("doctor-terminal");
    if !std::io::stdout().is_terminal() {
        add(Outcome::Ok, label(), tr("doctor-not-a-terminal"));
        return;
    }
    let mut facts = vec![format!("TERM={}", var("TERM"))];
    for name in ["COLORTERM", "TERM_PROGRAM", "TMUX", "SSH_TTY", "NO_COLOR"] {
        if !var(name).is_empty() {
            facts.push(format!("{name}={}", var(name)));
        }
    }
    add(Outcome::Ok, label(), facts.join(" "));
    let locale = [var("LC_ALL"), var("LC_CTYPE"), var("LANG")].into_iter().find(|v| !v.is_empty()).unwrap_or_default();
    let utf8 = locale.to_lowercase().replace('-', "").contains("utf8");
    if !utf8 && !cfg!(windows) {
        add(Outcome::Warn, label(), tr("doctor-utf8"));
    }
}

fn folder(add: &mut impl FnMut(Outcome, Msg, String), label: Msg, path: Option<&Path>) {
    let Some(path) = path else {
        add(Outcome::Warn, label, "-".to_owned());
        return;
    };
    let tried = std::fs::create_dir_all(path).and_then(|()| tempfile::NamedTempFile::new_in(path).map(drop));
    match tried {
        Ok(()) => add(Outcome::Ok, label, path.display().to_string()),
        Err(e) => {
            let text = Msg::new("doctor-not-writable").with("cause", e.to_string());
            add(Outcome::Warn, label, format!("{}: {text}", path.display()));
        }
    }
}
