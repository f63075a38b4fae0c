//! The headless program: carries out one command of the command line. Data to standard output, all else to standard error.

mod doctor;
mod generate;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::cli::Values;
use crate::command::{Act, Command};
use crate::config::Loaded;
use crate::data::{Control, Dataset, free_memory};
use crate::engine::{Sources, dataset_of};
use crate::error::{Error, ErrorKind, Result};
use crate::op::filter::Filter;
use crate::op::profile::Profile;
use crate::op::sample::Sample;
use crate::op::select::Select;
use crate::op::sort::Sort;
use crate::op::{Context, Step};
use crate::output::{Compression, Format, Target, WriteOptions, Written};
use crate::source::{EntryKind, OpenOptions};
use crate::sql::expr;
use crate::text::{Msg, number, tr};
use crate::value::{Cell, Column, Kind};

/// Rows `view` shows unless told otherwise.
const SHOWN: u64 = 100;

/// One command being carried out.
struct Run<'a> {
    values: &'a Values,
    loaded: &'a Loaded,
    context: Context,
    quiet: bool,
}

/// Carries out a command; the exit code if all went well.
pub fn run(command: &Command, values: &Values, loaded: &Loaded) -> Result<u8> {
    let control = Control::new();
    watch_signals(control.clone());
    let deadline = values.span("timeout")?.map(|t| Instant::now() + t);
    let context = Context { control: control.with_deadline(deadline), memory: memory(values, loaded)? };
    let run = Run { values, loaded, context, quiet: values.has("quiet") };
    match command.act {
        Act::View => run.view(SHOWN),
        Act::Export => run.export(),
        Act::Profile => run.profile(),
        Act::Sources => run.sources(),
        Act::Doctor => doctor::run(loaded, run.context.memory),
        Act::Gen => generate::run(values),
        _ => Err(Error::usage(Msg::new("error-cli-command").with("name", command.name))),
    }
}

/// The first rows of the tables named, for a call of the interface where there is no terminal.
pub fn instead_of_interface(values: &Values, loaded: &Loaded) -> Result<u8> {
    let context = Context { control: Control::new(), memory: memory(values, loaded)? };
    watch_signals(context.control.clone());
    let run = Run { values, loaded, context, quiet: values.has("quiet") };
    run.note(&tr("cli-as-view"));
    run.view(SHOWN)
}

/// The memory a task may take: as asked for, or half of what is free.
pub fn memory(values: &Values, loaded: &Loaded) -> Result<u64> {
    if let Some(bytes) = values.size("max-memory")? {
        return Ok(bytes);
    }
    match &loaded.config.max_memory {
        None => Ok(free_memory() / 2),
        Some(text) => crate::config::parse_size(text).ok_or_else(|| {
            Error::usage(
                Msg::new("error-cli-value")
                    .with("flag", "max-memory")
                    .with("value", text)
                    .with("wanted", Msg::new("cli-a-size")),
            )
        }),
    }
}

/// How a text file is to be read, as far as it was said.
pub fn open_options(values: &Values) -> Result<OpenOptions> {
    let delimiter = match values.one("delimiter") {
        None => None,
        Some("\\t" | "tab") => Some('\t'),
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(c),
                _ => {
                    return Err(Error::usage(
                        Msg::new("error-cli-value")
                            .with("flag", "--delimiter")
                            .with("value", text)
                            .with("wanted", Msg::new("cli-a-character")),
                    ));
                }
            }
        }
    };
    Ok(OpenOptions {
        encoding: values.one("encoding").map(str::to_owned),
        delimiter,
        header: values.has("no-header").then_some(false),
        format: values.one("input-format").map(str::to_owned),
        all_text: values.has("all-text"),
    })
}

#[cfg(unix)]
fn watch_signals(control: Control) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for (n, _) in signals.forever().enumerate() {
            control.cancel();
            // A second time means now.
            if n > 0 {
                std::process::exit(i32::from(ErrorKind::Interrupted.exit_code()));
            }
        }
    });
}

#[cfg(not(unix))]
fn watch_signals(_control: Control) {}

impl Run<'_> {
    fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("{}", Msg::new("cli-note").with("text", text));
        }
    }

    fn notes(&self, notices: &[Msg]) {
        for notice in notices {
            self.note(&notice.to_string());
        }
    }

    /// The most rows wanted; none for all.
    fn limit(&self, default: Option<u64>) -> Result<Option<u64>> {
        Ok(match self.values.number("limit")? {
            None => default,
            Some(n) => u64::try_from(n).ok(),
        })
    }

    fn guard_size(&self, locator: &str) -> Result<()> {
        let Some(limit) = self.values.size("max-bytes")? else { return Ok(()) };
        let size = size_of(Path::new(locator));
        if size > limit {
            return Err(Error::refused(
                Msg::new("error-max-bytes")
                    .with("path", locator)
                    .with("size", number::bytes(size))
                    .with("limit", number::bytes(limit)),
            )
            .hint(Msg::new("hint-max-bytes")));
        }
        Ok(())
    }

    /// Opens the table and carries out what the flags say, in this order: condition, sample, order, columns. With a
    /// limit, no more rows than needed are looked for.
    fn dataset(&self, limit: Option<u64>) -> Result<Dataset> {
        let locator = self.values.one("locator").unwrap_or_default();
        self.guard_size(locator)?;
        let sources = Sources::built_in();
        let control = &self.context.control;
        let opened = sources.open(&sources.parse(locator), &open_options(self.values)?, control)?;
        self.notes(&opened.notices);
        let mut dataset = opened.dataset;
        let steps = self.steps()?;
        let only_columns = steps.iter().all(Step::is_instant);
        if limit.is_none() || !only_columns {
            if let Some(better) = dataset.table().settle(control)? {
                dataset = Dataset::new(better);
            }
            self.notes(&dataset.table().notices());
        }
        for (i, step) in steps.iter().enumerate() {
            let rest_is_instant = steps[i + 1..].iter().all(Step::is_instant);
            dataset = match (step, limit) {
                (Step::Filter(filter), Some(n)) if rest_is_instant => {
                    filter.first(&dataset, n + 1, control, &mut |_| {})?
                }
                _ => step.run(&dataset, &self.context, &mut |_| {})?,
            };
        }
        Ok(dataset)
    }

    fn steps(&self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let conditions = self.values.all("where").iter().map(|t| expr::parse(t)).collect::<Result<Vec<_>>>()?;
        if let Some(all) = expr::Expr::all(conditions) {
            steps.push(Step::Filter(Filter { condition: all.to_string() }));
        }
        if let Some(rows) = self.values.number("sample")? {
            let seed = self.values.number("seed")?.unwrap_or(0) as u64;
            steps.push(Step::Sample(Sample { rows: u64::try_from(rows).unwrap_or(0), seed }));
        }
        let by = self
            .values
            .all("sort")
            .iter()
            .flat_map(|t| t.split(','))
            .map(|t| t.trim().parse())
            .collect::<Result<Vec<_>>>()?;
        if !by.is_empty() {
            steps.push(Step::Sort(Sort { by }));
        }
        if let Some(names) = self.values.one("columns") {
            steps.push(Step::Select(Select { columns: names.split(',').map(|n| n.trim().to_owned()).collect() }));
        }
        Ok(steps)
    }

    fn target(&self) -> Target {
        match self.values.one("output") {
            None | Some("-") => Target::Stdout,
            Some(path) => Target::File(PathBuf::from(path)),
        }
    }

    /// Format and compression: as asked for, by the name of the output, or the one given.
    fn format(&self, default: Option<Format>) -> Result<(Format, Compression)> {
        let named = match self.values.one("format") {
            Some(name) => Some(Format::from_name(name)?),
            None if self.values.has("json") => Some(Format::Json),
            None => None,
        };
        let by_name = match self.target() {
            Target::File(path) => Some(Format::from_path(&path)),
            Target::Stdout => None,
        };
        match (named, by_name) {
            (Some(format), Some(Ok((_, compression)))) => Ok((format, compression)),
            (Some(format), _) => Ok((format, Compression::None)),
            (None, Some(found)) => found,
            (None, None) => default.map(|f| (f, Compression::None)).ok_or_else(|| {
                Error::usage(Msg::new("error-cli-output"))
            }),
        }
    }

    fn write_options(&self, default: Option<Format>) -> Result<WriteOptions> {
        let (format, compression) = self.format(default)?;
        let mut options = WriteOptions::new(format);
        options.compression = compression;
        options.bom = self.values.has("bom");
        options.excel_safe = self.values.has("excel-safe");
        options.budget = self.context.memory / 2;
        let terminal = std::io::stdout().is_terminal() && matches!(self.target(), Target::Stdout);
        options.width = terminal.then(terminal_width);
        options.colour = match self.values.one("color") {
            Some("always") => true,
            Some("never") => false,
            _ => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Ok(options)
    }

    fn write(&self, dataset: &Dataset, limit: Option<u64>, options: &WriteOptions) -> Result<Written> {
        let _progress = Progress::start(&self.context.control, self.quiet);
        crate::output::write_dataset(dataset, limit, None, &self.target(), options, &self.context.control)
    }

    fn finish(&self, written: &Written) -> Result<u8> {
        self.notes(&written.notices);
        if written.rows == 0 && self.values.has("fail-empty") {
            return Err(Error::new(ErrorKind::Check, Msg::new("error-empty")));
        }
        Ok(0)
    }

    fn view(&self, shown: u64) -> Result<u8> {
        let limit = self.limit(Some(shown))?;
        let options = self.write_options(Some(Format::Term))?;
        let dataset = {
            let _progress = Progress::start(&self.context.control, self.quiet);
            self.dataset(limit)?
        };
        let written = self.write(&dataset, limit, &options)?;
        if let Some(cut) = written.cut
            && self.values.one("limit").is_none()
        {
            self.note(&Msg::new("cli-cut").with("limit", cut.limit).to_string());
        }
        self.finish(&written)
    }

    fn export(&self) -> Result<u8> {
        let limit = self.limit(None)?;
        let options = self.write_options(None)?;
        let dataset = {
            let _progress = Progress::start(&self.context.control, self.quiet);
            self.dataset(limit)?
        };
        let written = self.write(&dataset, limit, &options)?;
        self.finish(&written)
    }

    fn profile(&self) -> Result<u8> {
        let options = self.write_options(Some(Format::Term))?;
        let limit = self.limit(None)?;
        let profile = {
            let _progress = Progress::start(&self.context.control, self.quiet);
            let mut dataset = self.dataset(limit)?;
            if let Some(limit) = limit {
                let places: Vec<usize> = (0..dataset.schema().len()).collect();
                let head = dataset.window(&places, 0, usize::try_from(limit).unwrap_or(usize::MAX))?;
                dataset = Dataset::from_frame(head.into_inner());
            }
            Profile { columns: Vec::new() }.run(&dataset, &self.context.control)?
        };
        if options.format == Format::Json && matches!(self.target(), Target::Stdout) {
            print_data(&format!("{:#}\n", profile.to_json()))?;
        } else if options.format == Format::Json {
            let path = self.values.one("output").unwrap_or_default();
            std::fs::write(path, format!("{:#}\n", profile.to_json())).map_err(|e| Error::io(Path::new(path), e))?;
        } else {
            let table = profile.to_table();
            let written = self.write(&dataset_of(&table), None, &options)?;
            self.notes(&table.notes);
            self.notes(&written.notices);
        }
        if profile.rows == 0 && self.values.has("fail-empty") {
            return Err(Error::new(ErrorKind::Check, Msg::new("error-empty")));
        }
        Ok(0)
    }

    fn sources(&self) -> Result<u8> {
        let sources = Sources::built_in();
        let control = &self.context.control;
        let column = |name: &str| Column { name: name.to_owned(), kind: Kind::Text };
        let text = |t: &str| Cell::Text(t.to_owned().into());
        let mut rows = Vec::new();
        match self.values.one("locator") {
            Some(place) => {
                for entry in sources.list(&sources.parse(place), control)? {
                    let kind = match entry.kind {
                        EntryKind::Table => "table",
                        EntryKind::Folder => "folder",
                    };
                    rows.push(vec![text(&entry.locator), text(kind), text(&entry.remark)]);
                }
            }
            None => {
                for name in sources.names() {
                    let ok = sources.check(&sources.parse(&format!("{name}:")), control);
                    let remark = ok.map_or_else(|e| e.to_string(), |m| m.to_string());
                    rows.push(vec![text(&format!("{name}:")), text("source"), text(&remark)]);
                }
                for (name, connection) in &self.loaded.config.connections {
                    let kind = connection.get("kind").and_then(|k| k.as_str()).unwrap_or("?");
                    rows.push(vec![text(&format!("{name}:")), text(kind), text("")]);
                }
            }
        }
        let columns = [column("locator"), column("kind"), column("remark")];
        let options = self.write_options(Some(Format::Term))?;
        let written = crate::output::write_table(&columns, &rows, None, &self.target(), &options)?;
        self.finish(&written)
    }
}

/// Bytes in a file, or in all files under a folder; 0 for what is neither.
fn size_of(path: &Path) -> u64 {
    let Ok(meta) = std::fs::metadata(path) else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter(|e| !e.file_type().is_ok_and(|t| t.is_symlink())).map(|e| size_of(&e.path())).sum()
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|v| v.parse().ok());
    columns.or_else(crate::output::terminal_width).unwrap_or(80)
}

/// Writes data to standard output; a reader that went away is no failure.
fn print_data(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Error::io(Path::new("-"), e)),
    }
}

/// A line on standard error that says how far the work is, only on a terminal; erased at the end.
struct Progress {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    fn start(control: &Control, quiet: bool) -> Self {
        const FIRST: Duration = Duration::from_millis(700);
        const NEXT: Duration = Duration::from_millis(150);
        if quiet || !std::io::stderr().is_terminal() {
            return Self { stop: None, thread: None };
        }
        let control = control.clone();
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut wait = FIRST;
            let mut shown = false;
            while stopped.recv_timeout(wait).is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Timeout) {
                wait = NEXT;
                let p = control.progress();
                if let Some(share) = (p.done * 100).checked_div(p.total) {
                    eprint!("\r{}\x1b[K", Msg::new("cli-progress").with("share", share.min(100)).with("total", p.total));
                    shown = true;
                }
            }
            if shown {
                eprint!("\r\x1b[K");
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Prints a text that was asked for, such as help.
pub fn print(text: &str) -> Result<()> {
    print_data(text)
}

/// Tells a person what went wrong, with what to do next; with `verbose`, with the cause.
pub fn report(error: &Error, verbose: bool) {
    eprintln!("{}", Msg::new("cli-error").with("text", error.to_string()));
    if let Some(hint) = &error.hint {
        eprintln!("{hint}");
    }
    if verbose {
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            eprintln!("{}", Msg::new("cli-cause").with("text", cause.to_string()));
            source = cause.source();
        }
    }
}
