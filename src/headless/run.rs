//! One run of a command that reads: its settings, its control, and what was said so far.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::command::cli::Values;
use crate::data::{Control, Dataset, Misfit};
use crate::engine::notices_about;
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Context, Step};
use crate::output::Sampled;
use crate::source::LEFT_OUT;
use crate::text::Msg;

use super::progress::Progress;
use super::{Settings, report, signals, terminal};

/// A run.
pub struct Run<'a> {
    /// What was given.
    pub values: &'a Values,
    /// The configuration with the flags on top.
    pub settings: Settings,
    /// Cancel, time limit and memory.
    pub context: Context,
    /// That the rows are a sample, once they are.
    pub sampled: Cell<Option<Sampled>>,
    /// Columns of the table that have to be read as text, since something came upon a value their types do not hold.
    misfits: RefCell<BTreeSet<String>>,
    /// Tables opened whose rows are somewhere else.
    opened: RefCell<Vec<Dataset>>,
    said: Mutex<BTreeSet<String>>,
    /// Part of what was asked for could not be had.
    left_out: AtomicBool,
}

impl<'a> Run<'a> {
    /// Starts a run: its clock, and listening for Ctrl-C.
    pub fn new(values: &'a Values) -> Result<Self> {
        Ok(Self::with(values, Settings::load(values)?))
    }

    /// As [`Run::new`], with settings in hand.
    pub fn with(values: &'a Values, settings: Settings) -> Self {
        let deadline = values.span("timeout").map(|span| Instant::now() + span);
        let control = Control::new().with_deadline(deadline);
        signals::watch(&control);
        if !values.has("no-input") && std::io::stderr().is_terminal() {
            control.asks_with(terminal::secret);
        }
        let context = Context { control, memory: settings.memory, tables: Arc::new(settings.sources.clone()) };
        Self {
            values,
            settings,
            context,
            sampled: Cell::default(),
            misfits: RefCell::default(),
            opened: RefCell::default(),
            said: Mutex::default(),
            left_out: AtomicBool::new(false),
        }
    }

    /// Cancel, time limit and progress.
    pub fn control(&self) -> &Control {
        &self.context.control
    }

    /// Tells the person something, once, unless they want quiet.
    pub fn notice(&self, message: &Msg) {
        if message.id == LEFT_OUT {
            self.left_out.store(true, Ordering::Relaxed);
        }
        let mut said = self.said.lock().unwrap_or_else(|e| e.into_inner());
        if !self.settings.quiet && said.insert(message.to_string()) {
            report::notice(message);
        }
    }

    /// Tells the person several things.
    pub fn notices(&self, messages: &[Msg]) {
        messages.iter().for_each(|m| self.notice(m));
    }

    /// Shows how far the work is until the value is dropped: on a terminal, and only while no data goes to the same one.
    pub fn progress(&self, data_on_stdout: bool) -> Progress {
        let visible = !self.settings.quiet && std::io::stderr().is_terminal();
        Progress::of(self.control(), visible && !(data_on_stdout && terminal::is_terminal()))
    }

    /// The most rows to give: what was asked for, else `default`; none for all.
    pub fn limit(&self, default: Option<u64>) -> Result<Option<u64>> {
        match self.values.number("limit") {
            None => Ok(default),
            Some(-1) => Ok(None),
            Some(n) => u64::try_from(n).map(Some).map_err(|_| {
                Error::usage(Msg::new("cli-negative").with("flag", "--limit")).hint(Msg::new("cli-hint-limit"))
            }),
        }
    }

    /// An error if there are no rows and the person wants to know, or if some of what was asked for is missing.
    pub fn check_rows(&self, rows: u64) -> Result<()> {
        if self.left_out.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Check, Msg::new("cli-left-out")).hint(Msg::new("cli-hint-left-out")));
        }
        if rows == 0 && self.values.has("fail-empty") {
            return Err(Error::new(ErrorKind::Check, Msg::new("cli-empty")));
        }
        Ok(())
    }

    /// Has the table read with a column as text from now on, where that is what an error asks for and was not done yet.
    pub fn rereads(&self, error: &Error) -> bool {
        Misfit::of(error).is_some_and(|column| self.misfits.borrow_mut().insert(column.to_owned()))
    }

    /// The table with columns as text whose types do not hold what was come upon before.
    pub(super) fn reread(&self, dataset: Dataset) -> Result<Dataset> {
        let Some(place) = dataset.place() else { return Ok(dataset) };
        let misfits = self.misfits.borrow();
        place.remote.misfits(&misfits.iter().map(String::as_str).collect::<Vec<_>>());
        let dataset = if misfits.is_empty() { dataset } else { dataset.settled(self.control())?.unwrap_or(dataset) };
        self.opened.borrow_mut().push(dataset.clone());
        Ok(dataset)
    }

    /// Says of the tables somewhere else that were opened what may be behind an error: that columns are not what they are there.
    pub(super) fn tell_opened(&self) {
        self.opened.borrow().iter().for_each(|dataset| self.notices_of(dataset));
    }

    /// What was found out, while a table was read, about the columns that a step speaks of, and the conditions on its rows.
    pub fn notices_about(&self, dataset: &Dataset, step: Step) -> Result<()> {
        let steps: Vec<Step> = self.filter()?.map(Step::Filter).into_iter().chain([step]).collect();
        self.notices(&notices_about(dataset.table().as_ref(), &steps));
        Ok(())
    }

    /// What was found out about a table while it was read.
    pub fn notices_of(&self, dataset: &Dataset) {
        self.notices(&dataset.table().notices());
    }
}
