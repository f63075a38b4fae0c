//! One open table and what was done to it: a list of steps with undo. The steps are the recipe.

use std::sync::Arc;

use crate::data::{Dataset, Table};
use crate::error::Result;
use crate::op::{Context, Outcome, Step};

/// The steps in force and what they lead to.
#[derive(Clone)]
pub struct State {
    /// Steps from the opened table, in order.
    pub steps: Vec<Step>,
    /// The table after them.
    pub dataset: Dataset,
}

impl State {
    /// The place after the last step that made another table: what stands from there on only chooses and orders rows and
    /// columns of one and the same table.
    fn viewing(&self) -> usize {
        self.steps.iter().rposition(|s| !s.is_view()).map_or(0, |i| i + 1)
    }

    /// The steps without the order and the columns now in force.
    fn steps_without(&self, gone: impl Fn(&Step) -> bool) -> Vec<Step> {
        let from = self.viewing();
        self.steps.iter().enumerate().filter(|(i, s)| *i < from || !gone(s)).map(|(_, s)| s.clone()).collect()
    }

    /// The steps after `step` is added: a later order or choice of columns replaces an earlier one.
    pub fn steps_with(&self, step: Step) -> Vec<Step> {
        let mut steps = match &step {
            Step::Sort(_) => self.steps_unsorted(),
            Step::Select(_) => self.steps_without(|s| matches!(s, Step::Select(_))),
            _ => self.steps.clone(),
        };
        steps.push(step);
        steps
    }

    /// The steps without the order now in force.
    pub fn steps_unsorted(&self) -> Vec<Step> {
        self.steps_without(|s| matches!(s, Step::Sort(_)))
    }

    /// The columns the rows are sorted by.
    pub fn sorted_by(&self) -> &[crate::op::sort::Key] {
        self.steps[self.viewing()..]
            .iter()
            .find_map(|s| match s {
                Step::Sort(sort) => Some(sort.by.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Whether the rows are sorted by this column, and if so whether the largest come first.
    pub fn order_of(&self, column: &str) -> Option<bool> {
        self.sorted_by().iter().find(|k| k.column == column).map(|k| k.descending)
    }
}

/// An open table with its history.
pub struct Session {
    base: Dataset,
    past: Vec<State>,
    now: State,
    future: Vec<State>,
}

impl Session {
    /// A session on a table nothing was done to yet.
    pub fn new(base: Dataset) -> Self {
        Self { now: State { steps: Vec::new(), dataset: base.clone() }, base, past: Vec::new(), future: Vec::new() }
    }

    /// A session that begins with steps already carried out: a result, with the road that led to it.
    pub fn derived(base: Dataset, steps: Vec<Step>, dataset: Dataset) -> Self {
        Self { now: State { steps, dataset }, ..Self::new(base) }
    }

    /// The table as it was opened.
    pub fn base(&self) -> &Dataset {
        &self.base
    }

    /// What is in force.
    pub fn now(&self) -> &State {
        &self.now
    }

    /// Puts a new state in force; the one before can be brought back.
    pub fn advance(&mut self, state: State) {
        self.past.push(std::mem::replace(&mut self.now, state));
        self.future.clear();
    }

    /// Back to the state before. False if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(previous) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.now, previous));
        true
    }

    /// Forward again after an undo. False if nothing was undone.
    pub fn redo(&mut self) -> bool {
        let Some(next) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.now, next));
        true
    }

    /// Replaces the table underneath by a better reading of the same data. The steps have to be carried out anew by the
    /// caller when there are any; history before that is given up, since it speaks of the old reading.
    pub fn rebase(&mut self, table: Arc<dyn Table>) {
        self.base = Dataset::new(table);
        self.past.clear();
        self.future.clear();
        if self.now.steps.is_empty() {
            self.now.dataset = self.base.clone();
        }
    }
}

/// Carries out `steps` from `base`, one after the other. The outcome is the last step's, with the notes of all.
pub fn replay(base: &Dataset, steps: &[Step], context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Outcome> {
    let mut outcome = Outcome::from(base.clone());
    for (i, step) in steps.iter().enumerate() {
        context.control.check()?;
        let last = i + 1 == steps.len();
        let mut notes = std::mem::take(&mut outcome.notes);
        outcome = step.run(&outcome.dataset, context, &mut |d| {
            if last {
                publish(d);
            }
        })?;
        notes.append(&mut outcome.notes);
        outcome.notes = notes;
    }
    if outcome.dataset.place().is_some() {
        // Whoever looks at the rows next does not wait for the engine they are in, and this can be stopped.
        outcome.dataset.window(&[], 0, 1)?;
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::select::Select;
    use crate::op::sort::Sort;
    use polars::prelude::{Column, DataFrame};

    #[test]
    fn undo_redo_and_what_replaces_what() {
        let base = Dataset::from_frame(DataFrame::new(2, vec![Column::new("a".into(), [1, 2])]).unwrap());
        let mut session = Session::new(base.clone());
        assert!(!session.undo());
        let sort = |desc| Step::Sort(Sort { by: vec![crate::op::sort::Key { column: "a".into(), descending: desc }] });
        let select = Step::Select(Select { columns: vec!["a".into()] });
        for step in [sort(false), select.clone(), sort(true)] {
            let steps = session.now().steps_with(step);
            session.advance(State { steps, dataset: base.clone() });
        }
        assert_eq!(session.now().steps, [select.clone(), sort(true)]);
        assert!(session.undo());
        assert_eq!(session.now().steps, [sort(false), select]);
        assert!(session.redo() && !session.redo());
    }
}
