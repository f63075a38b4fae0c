//! A recipe with its values in: carrying it out, step by step.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::place::{Source, below, element};
use super::written::Written;
use super::{Export, Was, paths};
use crate::data::Dataset;
use crate::engine::State;
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Context, Outcome, Step};
use crate::source::OpenOptions;
use crate::text::Msg;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A step.
    Step(Step),
    /// Writing the table as it is, and nothing else.
    Export(Export),
}

/// One entry of a recipe, its values in.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Where what it makes is written, from the recipe's folder.
    pub output: Option<PathBuf>,
    /// Its number among the entries, from 1.
    pub number: usize,
    /// The line it stands in.
    pub line: usize,
    /// The saved columns it speaks of.
    pub uses: Vec<String>,
}

/// A recipe that can be carried out.
#[derive(Clone, Debug, Default)]
pub struct Play {
    /// The table, as it is to be opened from the current folder.
    pub locator: String,
    pub(super) folder: PathBuf,
    /// How the table is to be read.
    pub open: OpenOptions,
    /// The columns it had.
    pub columns: Vec<Was>,
    /// What is done, in order.
    pub entries: Vec<Entry>,
    /// The recipe's own text; none for steps that stand in no file.
    pub written: Option<Arc<Written>>,
    pub(super) source: Source,
}

/// What a session becomes by a recipe.
pub struct Trail {
    /// The state after each step that succeeded.
    pub states: Vec<State>,
    /// What the last of them gave, with the notes of all.
    pub outcome: Outcome,
    /// What stopped the rest.
    pub error: Option<Error>,
}

impl Play {
    /// Steps that stand in no file.
    pub fn of_steps(steps: Vec<Step>) -> Self {
        let entry =
            |(i, step)| Entry { action: Action::Step(step), output: None, number: i + 1, line: 0, uses: Vec::new() };
        Self { entries: steps.into_iter().enumerate().map(entry).collect(), ..Self::default() }
    }

    /// The steps, without what is only written.
    pub fn steps(&self) -> Vec<Step> {
        let step = |e: &Entry| match &e.action {
            Action::Step(step) => Some(step.clone()),
            Action::Export(_) => None,
        };
        self.entries.iter().filter_map(step).collect()
    }

    /// How many files it writes.
    pub fn outputs(&self) -> usize {
        self.entries.iter().filter(|e| e.output.is_some()).count()
    }

    /// A path out of the recipe, as it is to be used from the current folder.
    pub fn path(&self, path: &Path) -> PathBuf {
        paths::resolved(&path.display().to_string(), &self.folder).into()
    }

    /// An error about an entry.
    pub fn error(&self, entry: &Entry, what: Msg) -> Error {
        self.source.error(&below(&element("steps", entry.number - 1), "op"), what)
    }

    /// An error that came while an entry was carried out, with the place of the entry.
    pub fn placed(&self, entry: &Entry, error: Error) -> Error {
        let passing = matches!(error.kind, ErrorKind::Interrupted | ErrorKind::Timeout);
        if passing || self.source.text.is_empty() {
            return error;
        }
        let message = Msg::new("error-recipe-step")
            .with("path", self.source.path.display().to_string())
            .with("line", entry.line.to_string())
            .with("step", entry.number)
            .with("what", error.message);
        Error { message, ..error }
    }

    /// Carries the recipe out on an open table and gives the last one; `each` gets the table before every entry and what
    /// the entry gave, in order.
    pub fn run(
        &self,
        base: Dataset,
        context: &Context,
        each: &mut dyn FnMut(&Entry, &Dataset, &Outcome) -> Result<()>,
    ) -> Result<Dataset> {
        let mut dataset = base;
        for entry in &self.entries {
            context.control.check()?;
            let outcome = match &entry.action {
                // What goes nowhere is not worth the work.
                Action::Step(step) if step.is_look() && entry.output.is_none() => {
                    let (id, ending) = match step.is_report() {
                        true => ("note-recipe-unreported", "html"),
                        false => ("note-recipe-undrawn", "png"),
                    };
                    let path = format!("{}.{ending}", step.file_stem());
                    let note = Msg::new(id).with("step", entry.number).with("words", step.words()).with("path", path);
                    Outcome { notes: vec![note], ..dataset.clone().into() }
                }
                Action::Step(step) => step.run(&dataset, context, &mut |_| {}).map_err(|e| self.placed(entry, e))?,
                Action::Export(_) => Outcome::from(dataset.clone()),
            };
            each(entry, &dataset, &outcome).map_err(|e| self.placed(entry, e))?;
            dataset = outcome.dataset;
        }
        Ok(dataset)
    }

    /// Carries the steps out as a session does, so that each can be undone; charts are kept and not drawn. Steps that succeeded before one that does not
    /// are kept. `publish` gets what the last step has so far.
    pub fn trail(&self, base: &Dataset, context: &Context, publish: &mut dyn FnMut(Dataset)) -> Trail {
        let mut trail = Trail { states: Vec::new(), outcome: Outcome::from(base.clone()), error: None };
        let mut steps = Vec::new();
        let last = self.entries.iter().rposition(|e| matches!(&e.action, Action::Step(s) if !s.is_look()));
        for (i, entry) in self.entries.iter().enumerate() {
            let Action::Step(step) = &entry.action else { continue };
            if step.is_look() {
                steps.push(step.clone());
                trail.states.push(State { steps: steps.clone(), dataset: trail.outcome.dataset.clone() });
                continue;
            }
            let shown = &mut |d| {
                if last == Some(i) {
                    publish(d);
                }
            };
            let run = context.control.check().and_then(|()| step.run(&trail.outcome.dataset, context, shown));
            match run {
                Ok(mut outcome) => {
                    steps.push(step.clone());
                    trail.states.push(State { steps: steps.clone(), dataset: outcome.dataset.clone() });
                    outcome.product = outcome.product.or(trail.outcome.product.take());
                    outcome.notes.splice(0..0, std::mem::take(&mut trail.outcome.notes));
                    trail.outcome = outcome;
                }
                Err(e) => {
                    trail.error = Some(self.placed(entry, e));
                    break;
                }
            }
        }
        trail
    }
}
