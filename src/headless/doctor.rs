//! `doctor`: what was found, what is wrong with it, and what to do about it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::COMMANDS;
use crate::command::cli::Values;
use crate::command::keymap::Keymap;
use crate::config::{self, KEYS, KeyKind, Loaded, parse_size};
use crate::data::{Control, free_memory};
use crate::error::{Error, ErrorKind, Result};
use crate::output::Format;
use crate::result::table::{ResultColumn, ResultTable};
use crate::source::cache_dir;
use crate::text::{Lang, Msg, is_unicode, locale, number, tr};
use crate::value::{Cell, Column, Kind};

use super::run::Run;
use super::{Settings, terminal};

/// Memory below which large tables are hard to work on, in bytes.
const LITTLE: u64 = 256 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    Warn,
    Fail,
}

/// Findings so far.
#[derive(Default)]
struct Findings {
    lines: Vec<(Status, Msg, String, String)>,
}

impl Findings {
    fn ok(&mut self, check: Msg, found: impl ToString) {
        self.lines.push((Status::Ok, check, found.to_string(), String::new()));
    }

    fn warn(&mut self, check: Msg, found: impl ToString, remedy: Msg) {
        self.lines.push((Status::Warn, check, found.to_string(), remedy.to_string()));
    }

    fn fail(&mut self, check: Msg, found: impl ToString, remedy: String) {
        self.lines.push((Status::Fail, check, found.to_string(), remedy));
    }

    fn error(&mut self, check: Msg, error: &Error) {
        self.fail(check, &error.message, error.hint.as_ref().map(Msg::to_string).unwrap_or_default());
    }
}

pub fn run(values: &Values) -> Result<()> {
    let mut findings = Findings::default();
    // A configuration that cannot be read is a finding, not the end.
    let loaded = config::load(values.text("config").map(str::as_ref));
    let usable = loaded.as_ref().ok().and_then(|l| Settings::with(values, l.clone()).ok());
    let settings = match usable {
        Some(settings) => settings,
        None => Settings::with(values, Loaded::default())?,
    };
    findings.ok(
        Msg::new("doctor-version"),
        format!("{} ({}, {})", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
    );
    check_terminal(&mut findings);
    findings.ok(Msg::new("doctor-language"), Lang::current().code());
    match &loaded {
        Ok(loaded) => {
            check_settings(&mut findings, loaded);
            check_keys(&mut findings, loaded.config.keymap.as_deref().unwrap_or("default"));
        }
        Err(e) => findings.error(Msg::new("doctor-files"), e),
    }
    check_folder(&mut findings, Msg::new("doctor-cache"), cache_dir().as_deref(), "MEKIKI_CACHE");
    check_folder(&mut findings, Msg::new("doctor-state"), config::state_dir().as_deref(), "MEKIKI_STATE");
    check_memory(&mut findings, settings.memory);
    let run = Run::with(values, settings);
    check_sources(&mut findings, &run, run.control());
    report(&run, findings)
}

fn report(run: &Run, findings: Findings) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let people = matches!(destination.format(), Format::Term | Format::Md);
    let word = |status| match (status, people) {
        (Status::Ok, true) => tr("doctor-ok"),
        (Status::Warn, true) => tr("doctor-warn"),
        (Status::Fail, true) => tr("doctor-fail"),
        (Status::Ok, false) => "ok".to_owned(),
        (Status::Warn, false) => "warn".to_owned(),
        (Status::Fail, false) => "fail".to_owned(),
    };
    let failed = findings.lines.iter().filter(|l| l.0 == Status::Fail).count();
    let column = |name: &str, heading| ResultColumn {
        column: Column { name: name.into(), kind: Kind::Text },
        heading: Msg::new(heading),
    };
    let table = ResultTable {
        title: Msg::new("doctor-title"),
        columns: vec![
            column("status", "doctor-status"),
            column("check", "doctor-check"),
            column("found", "doctor-found"),
            column("remedy", "doctor-remedy"),
        ],
        rows: findings
            .lines
            .into_iter()
            .map(|(status, check, found, remedy)| {
                let text = |s: String| Cell::Text(s.into());
                vec![text(word(status)), text(check.to_string()), text(found), text(remedy)]
            })
            .collect(),
        notes: Vec::new(),
    };
    run.write_list(&table, &destination)?;
    match failed {
        0 => Ok(()),
        n => Err(Error::new(ErrorKind::Check, Msg::new("doctor-failed").with("count", n))),
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn check_terminal(findings: &mut Findings) {
    let term = variable("TERM");
    match terminal::size() {
        None => findings.ok(Msg::new("doctor-terminal"), Msg::new("doctor-terminal-none")),
        Some(_) if term.is_empty() || term == "dumb" => findings.warn(
            Msg::new("doctor-terminal"),
            Msg::new("doctor-terminal-dumb"),
            Msg::new("doctor-terminal-remedy"),
        ),
        Some((columns, rows)) => {
            let mut found = Msg::new("doctor-terminal-is")
                .with("term", &term)
                .with("columns", columns)
                .with("rows", rows)
                .to_string();
            if !variable("TMUX").is_empty() {
                found = format!("{found}, {}", tr("doctor-terminal-tmux"));
            }
            findings.ok(Msg::new("doctor-terminal"), found);
        }
    }
    let depth = match variable("COLORTERM").as_str() {
        _ if !variable("NO_COLOR").is_empty() || term == "dumb" => "doctor-colour-none",
        "truecolor" | "24bit" => "doctor-colour-true",
        _ if term.contains("256") => "doctor-colour-256",
        _ => "doctor-colour-16",
    };
    findings.ok(Msg::new("doctor-colour"), Msg::new(depth));
    if is_unicode() {
        findings.ok(Msg::new("doctor-letters"), Msg::new("doctor-letters-utf8"));
    } else {
        let locale = Some(locale()).filter(|l| !l.is_empty()).unwrap_or_else(|| "C".to_owned());
        findings.warn(
            Msg::new("doctor-letters"),
            Msg::new("doctor-letters-other").with("locale", locale),
            Msg::new("doctor-letters-remedy"),
        );
    }
}

fn check_settings(findings: &mut Findings, loaded: &Loaded) {
    let files: Vec<String> = loaded.files.iter().map(|f| f.display().to_string()).collect();
    match files.is_empty() {
        true => findings.ok(Msg::new("doctor-files"), Msg::new("doctor-files-none")),
        false => findings.ok(Msg::new("doctor-files"), files.join(", ")),
    }
    for key in KEYS {
        let (Some(value), Some(origin)) = (key.value(&loaded.config), loaded.origin(key)) else { continue };
        let place = origin.map_or_else(|| tr("doctor-environment"), |p| p.display().to_string());
        let check = Msg::new("doctor-setting").with("name", key.name);
        let wrong = match key.kind {
            KeyKind::Choice(words) if !words.contains(&value.as_str()) => {
                Some(Msg::new("doctor-one-of").with("value", &value).with("names", words.join(", ")))
            }
            KeyKind::Size if parse_size(&value).is_none() => Some(Msg::new("doctor-size").with("value", &value)),
            _ => None,
        };
        match wrong {
            Some(wrong) => findings.fail(check, wrong, place),
            None => findings.ok(check, Msg::new("doctor-value").with("value", value).with("place", place)),
        }
    }
}

fn check_keys(findings: &mut Findings, name: &str) {
    match Keymap::load(name) {
        Err(e) => findings.error(Msg::new("doctor-keys"), &e),
        Ok(map) => {
            let count = COMMANDS.iter().filter(|c| !map.keys(c).is_empty()).count();
            findings.ok(Msg::new("doctor-keys"), Msg::new("doctor-keys-found").with("name", name).with("count", count));
        }
    }
}

/// Whether a file can be made in a folder, or in the one above it while it is not there yet.
fn writable(folder: &Path) -> std::io::Result<()> {
    let there = folder.ancestors().find(|f| f.exists()).unwrap_or(folder);
    tempfile::tempfile_in(there).map(drop)
}

fn check_folder(findings: &mut Findings, check: Msg, folder: Option<&Path>, variable: &'static str) {
    let remedy = Msg::new("doctor-folder-remedy").with("variable", variable);
    match folder {
        None => findings.warn(check, Msg::new("doctor-folder-none"), remedy),
        Some(folder) => match writable(folder) {
            Ok(()) => findings.ok(check, folder.display()),
            Err(e) => findings.warn(check, Error::io(folder, e).message, remedy),
        },
    }
}

fn check_memory(findings: &mut Findings, budget: u64) {
    let id = if budget < LITTLE { "doctor-memory-little" } else { "doctor-memory-found" };
    let found = Msg::new(id).with("free", number::bytes(free_memory())).with("budget", number::bytes(budget));
    match budget < LITTLE {
        true => findings.warn(Msg::new("doctor-memory"), found, Msg::new("hint-memory")),
        false => findings.ok(Msg::new("doctor-memory"), found),
    }
}

fn check_sources(findings: &mut Findings, run: &Run, control: &Control) {
    /// Longest wait for one connection.
    const PATIENCE: Duration = Duration::from_secs(15);
    let sources = &run.settings.sources;
    for name in sources.names() {
        let control = &control.clone().with_deadline(Some(Instant::now() + PATIENCE));
        let check = Msg::new("doctor-connection").with("name", name);
        match sources.check(&sources.parse(&format!("{name}:")), control) {
            Ok(found) => findings.ok(check, found),
            Err(e) => findings.error(check, &e),
        }
    }
}
