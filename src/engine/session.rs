//! One open table and what was done to it: a list of steps with undo. The steps are the recipe.
//!
//! Charts stand among the steps, so that they are saved, but change no table: they are not carried out again, and there is
//! nothing about them to take back. A chart comes and goes with the table it shows.

use std::sync::Arc;

use super::recipe;
use crate::data::{Dataset, Misfit, Table};
use crate::error::{Error, Result};
use crate::op::chart::Chart;
use crate::op::{Context, Outcome, Step};
use crate::text::{Msg, names};
use crate::value::{Column, Schema};

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
        self.steps.iter().rposition(|s| !s.is_view() && !s.is_look()).map_or(0, |i| i + 1)
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
#[derive(Clone)]
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

    /// Puts a new state in force; the one before can be brought back, unless they differ in charts alone, or in the reading.
    pub fn advance(&mut self, state: State) {
        if without_looks(&state.steps) == without_looks(&self.now.steps) {
            self.now = state;
            return;
        }
        self.past.push(std::mem::replace(&mut self.now, state));
        self.future.clear();
    }

    /// Adds a chart of the table in force to the steps, unless it is there. A `draft` that was added last makes room for
    /// it. True if the chart is a step of its own now, which may be the draft of another one.
    pub fn note_chart(&mut self, draft: Option<&Chart>, chart: &Chart) -> bool {
        let steps = &mut self.now.steps;
        if let (Some(draft), Some(Step::Chart(last))) = (draft, steps.last())
            && draft == last
        {
            steps.pop();
        }
        let mut same = steps.iter_mut().rev().map_while(|step| match step {
            Step::Chart(c) => Some(c),
            _ => None,
        });
        let elsewhere = |c: &Chart| chart.output.is_some() && c.output.is_some() && c.output != chart.output;
        match same.find(|c| c.draws_as(chart) && !elsewhere(c)) {
            Some(there) => {
                there.output = chart.output.clone().or(there.output.take());
                false
            }
            None => {
                steps.push(Step::Chart(chart.clone()));
                true
            }
        }
    }

    /// Adds an analysis of the table in force to the steps, unless it is there; a second file is a second step. One that came
    /// before it and was not written makes room for it; charts keep to [`Session::note_chart`].
    pub fn note_look(&mut self, step: &Step) {
        if !step.is_report() {
            return;
        }
        let mut step = step.clone();
        let steps = &mut self.now.steps;
        let looks = steps.iter().rev().take_while(|s| s.is_look()).count();
        let from = steps.len() - looks;
        let output = step.output_mut().and_then(|o| o.clone());
        let elsewhere = |s: &Step| {
            let there = s.clone().output_mut().and_then(Option::take);
            there.is_some() && output.is_some() && there != output
        };
        let mut same = steps[from..].iter_mut().filter(|s| s.finds_as(&step) && !elsewhere(s));
        if let Some(there) = same.next().and_then(Step::output_mut) {
            *there = output.or(there.take());
            return;
        }
        let kind = std::mem::discriminant(&step);
        let unwritten = |last: &mut Step| {
            std::mem::discriminant(last) == kind && last.output_mut().is_some_and(|output| output.is_none())
        };
        if steps.last_mut().is_some_and(unwritten) {
            steps.pop();
        }
        steps.push(step);
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
    /// caller when there are any; of the history before that only the table as it was opened stays,
    /// since the rest speaks of the old reading.
    pub fn rebase(&mut self, table: Arc<dyn Table>) {
        self.base = Dataset::new(table);
        self.past.retain(|state| state.steps.iter().all(Step::is_look));
        self.past.iter_mut().for_each(|state| state.dataset = self.base.clone());
        self.future.clear();
        if self.now.steps.iter().all(Step::is_look) {
            self.now.dataset = self.base.clone();
        }
    }

    /// Does work on the session. Where it comes upon a value which the type of its column here does not hold (see
    /// [`Misfit`]), the column is read as text, the steps are carried out on the table as it then is, and the work is done
    /// again.
    pub fn work<T>(&mut self, context: &Context, mut work: impl FnMut(&Self) -> Result<T>) -> Result<T> {
        let steps = self.now.steps.clone();
        let schema = self.base.schema().clone();
        let mut known = self.base.table().is_misread();
        let mut done = work(self);
        loop {
            match &done {
                Err(error) if Misfit::of(error).is_some() => {}
                // What is computed here of rows that are somewhere else lacks the values that were found not to fit.
                Ok(_) if !known && self.now.dataset.place().is_none() && self.base.table().is_misread() => {}
                _ => break,
            }
            let Some(base) = self.base.settled(&context.control)? else { break };
            *self = Self::new(base);
            known = self.base.table().is_misread();
            done = self.follow(&steps, context).and_then(|()| work(self));
        }
        done.map_err(|error| reread_since(error, &schema, self.base.schema()))
    }

    /// As [`Session::work`], with the table in force.
    pub fn with<T>(mut self, context: &Context, mut work: impl FnMut(&Dataset) -> Result<T>) -> Result<T> {
        self.work(context, |session| work(&session.now.dataset))
    }

    /// This session on another reading of its table.
    pub fn reread(&self, base: Dataset, context: &Context) -> Result<Self> {
        let mut other = Self::new(base);
        let followed = other.follow(&self.now.steps, context);
        followed.map_err(|error| reread_since(error, self.base.schema(), other.base.schema()))?;
        Ok(other)
    }

    /// What is known of the table underneath, as far as it is about what is shown: groups are made of the columns that the
    /// steps up to there speak of.
    pub fn notices(&self) -> Vec<Msg> {
        let (table, steps) = (self.base.table(), &self.now.steps);
        match steps.iter().position(|s| matches!(s, Step::Rank(_) | Step::Pivot(_))) {
            Some(end) => notices_about(table.as_ref(), &steps[..=end]),
            None => table.notices(),
        }
    }

    /// Carries out steps one by one, each of which can be undone.
    fn follow(&mut self, steps: &[Step], context: &Context) -> Result<()> {
        for (i, step) in steps.iter().enumerate() {
            context.control.check()?;
            let dataset = match step.is_look() {
                true => self.now.dataset.clone(),
                false => step.run(&self.now.dataset, context, &mut |_| {})?.dataset,
            };
            self.advance(State { steps: steps[..=i].to_vec(), dataset });
        }
        Ok(())
    }

    /// Where to begin to come to these steps, and what is left to do from there, charts left out.
    pub fn road_to(&self, steps: &[Step]) -> (&Dataset, Vec<Step>) {
        let (all, done) = (without_looks(steps), without_looks(&self.now.steps));
        match all.strip_prefix(done.as_slice()) {
            Some(rest) if steps != self.now.steps => (&self.now.dataset, rest.to_vec()),
            _ => (&self.base, all),
        }
    }
}

/// An error about a table that has been read otherwise since: who asks for what cannot be done to text may know the column as
/// something else.
fn reread_since(error: Error, before: &Schema, now: &Schema) -> Error {
    let both = before.columns().iter().zip(now.columns());
    let other: Vec<&str> = both.filter(|(was, is)| was.kind != is.kind).map(|(was, _)| was.name.as_str()).collect();
    match other.is_empty() || error.hint.is_some() {
        true => error,
        false => error.hint(Msg::new("hint-misfits").with("columns", names(&other))),
    }
}

/// What was found out about the columns of a table that steps speak of.
pub fn notices_about(table: &dyn Table, steps: &[Step]) -> Vec<Msg> {
    let all = table.schema().columns();
    let spoken = |c: &Column| steps.iter().any(|step| recipe::speaks_of(step, c).unwrap_or(true));
    let places: Vec<usize> = (0..all.len()).filter(|i| spoken(&all[*i])).collect();
    table.notices_about(&places)
}

/// The steps that make tables.
pub fn without_looks(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|s| !s.is_look()).cloned().collect()
}

/// Carries out `steps` from `base`, one after the other, charts left out. The outcome is the last step's, with the notes of all.
pub fn replay(base: &Dataset, steps: &[Step], context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Outcome> {
    let steps = without_looks(steps);
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

    #[test]
    fn analyses_are_kept_with_the_files_they_were_written_to() {
        use crate::op::importance::Importance;
        let base = Dataset::from_frame(DataFrame::new(2, vec![Column::new("a".into(), [1, 2])]).unwrap());
        let mut session = Session::new(base);
        let analysis = |target: &str, output: Option<&str>| {
            let output = output.map(str::to_owned);
            Step::Importance(Importance { target: target.into(), output, ..Importance::default() })
        };
        session.note_look(&analysis("a", None));
        session.note_look(&analysis("b", None));
        assert_eq!(session.now().steps, [analysis("b", None)], "one that was not written makes room");
        for output in [Some("b.html"), None, Some("b.csv"), Some("b.html")] {
            session.note_look(&analysis("b", output));
        }
        assert_eq!(session.now().steps, [analysis("b", Some("b.html")), analysis("b", Some("b.csv"))]);
    }

    #[test]
    fn charts_come_and_go_with_the_table_they_show() {
        let base = Dataset::from_frame(DataFrame::new(2, vec![Column::new("a".into(), [1, 2])]).unwrap());
        let chart = |log| Chart { x: Some("a".into()), log, ..Chart::default() };
        let sort = |desc| Step::Sort(Sort { by: vec![crate::op::sort::Key { column: "a".into(), descending: desc }] });
        let mut session = Session::new(base.clone());
        assert!(session.note_chart(None, &chart(false)));
        assert!(!session.undo(), "a chart is nothing to take back");
        // Another kind takes the place of the draft; the same chart again adds nothing.
        assert!(session.note_chart(Some(&chart(false)), &chart(true)));
        assert!(!session.note_chart(None, &chart(true)));
        assert_eq!(session.now().steps, [Step::Chart(chart(true))]);
        // What was written stays written, and a second file is a second step.
        let written = |path: &str| Chart { output: Some(path.into()), ..chart(true) };
        assert!(!session.note_chart(None, &written("a.png")));
        assert!(session.note_chart(None, &written("b.svg")));
        assert!(!session.note_chart(None, &chart(true)));
        let looked = [Step::Chart(written("a.png")), Step::Chart(written("b.svg"))];
        assert_eq!(session.now().steps, looked);
        for desc in [false, true] {
            let steps = session.now().steps_with(sort(desc));
            session.advance(State { steps, dataset: base.clone() });
            session.note_chart(None, &chart(desc));
        }
        // The later order replaces the earlier one across the charts between them.
        assert_eq!(session.now().steps[2..], [Step::Chart(chart(false)), sort(true), Step::Chart(chart(true))]);
        assert!(session.undo() && session.undo());
        assert_eq!(session.now().steps, looked);
        assert!(session.redo());
        assert_eq!(session.now().steps[2..], [sort(false), Step::Chart(chart(false))]);
    }
}
