//! Steps on the table in front: carried out in the background, put in force when they are done.

use super::app::{App, Message, News};
use crate::data::{Control, Dataset};
use crate::engine::recipe::{Play, Trail};
use crate::engine::{State, replay};
use crate::error::Result;
use crate::op::{Context, Outcome, Step};
use crate::text::Msg;

impl App {
    /// Carries out steps on a tab, in the background unless they are a matter of a moment.
    pub(super) fn carry_out(&mut self, id: u64, steps: Vec<Step>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let now = tab.session.now();
        let (base, todo) = match steps.strip_prefix(now.steps.as_slice()) {
            Some(rest) if !rest.is_empty() => (now.dataset.clone(), rest.to_vec()),
            _ => (tab.session.base().clone(), steps.clone()),
        };
        if todo.iter().all(Step::is_instant) {
            let context = Context { control: Control::new(), memory: self.engine.memory(), tables: self.tables(Some(id)) };
            let result = replay(&base, &todo, &context, &mut |_| {});
            self.stepped(id, steps, result);
            return;
        }
        let title = match todo.iter().rev().find(|s| !s.is_instant()) {
            Some(step) => step.words(),
            None => Msg::new("task-steps"),
        };
        let send = self.send.clone();
        self.spawn(
            title,
            Some(id),
            move |context| {
                replay(&base, &todo, context, &mut |dataset| {
                    let control = context.control.clone();
                    let _ = send.send(Message::News(News::Growing { control, tab: id, dataset }));
                })
            },
            move |app, result| app.stepped(id, steps, result),
        );
    }

    /// Carries out a recipe's steps on a tab, in the background. Those that succeed are put in force one by one, so that
    /// each can be undone, whatever becomes of the others.
    pub(super) fn follow(&mut self, id: u64, title: Msg, base: Dataset, play: Play) {
        let send = self.send.clone();
        self.spawn(
            title,
            Some(id),
            move |context| {
                let trail = play.trail(&base, context, &mut |dataset| {
                    let control = context.control.clone();
                    let _ = send.send(Message::News(News::Growing { control, tab: id, dataset }));
                });
                context.control.check()?;
                Ok(trail)
            },
            move |app, result: Result<Trail>| {
                let trail = match result {
                    Ok(trail) => trail,
                    Err(e) => return app.complain(&e),
                };
                let mut states = trail.states;
                let Some(tab) = app.tab_by_id(id) else { return };
                match states.pop() {
                    Some(last) => {
                        states.into_iter().for_each(|state| tab.session.advance(state));
                        app.stepped(id, last.steps, Ok(trail.outcome));
                    }
                    None => {
                        tab.growing = None;
                        tab.changed(false);
                    }
                }
                if let Some(error) = trail.error {
                    app.complain(&error);
                }
            },
        );
    }

    fn stepped(&mut self, id: u64, steps: Vec<Step>, result: Result<Outcome>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let was_growing = tab.growing.take().is_some();
        match result {
            Ok(Outcome { dataset, notes, .. }) => {
                let column = tab.current_column().map(|c| c.name.clone());
                let kept = tab.dataset().table_row(tab.row);
                let before = tab.session.now().steps.clone();
                let sorted_by = tab.session.now().sorted_by().to_vec();
                tab.session.advance(State { steps, dataset });
                let rows_changed = {
                    let only_columns = |s: &[Step]| -> Vec<Step> {
                        s.iter().filter(|s| !matches!(s, Step::Select(_))).cloned().collect()
                    };
                    only_columns(&before) != only_columns(&tab.session.now().steps)
                };
                let sorted = tab.session.now().sorted_by() != sorted_by.as_slice();
                if sorted {
                    // A new order is looked at from its top.
                    (tab.row, tab.top) = (0, 0);
                } else if rows_changed && !was_growing {
                    // After a filter the cursor stays with its row where that is still in view.
                    tab.row = kept.map_or(0, |r| tab.dataset().place_of(r));
                }
                if let Some(place) = column.and_then(|c| tab.dataset().schema().position(&c)) {
                    tab.column = place;
                }
                tab.changed(false);
                let last = notes.last().map(Msg::to_string);
                for note in notes {
                    if !tab.notices.contains(&note) {
                        tab.notices.push(note);
                    }
                }
                if let Some(text) = last {
                    self.say(text);
                }
            }
            Err(e) => {
                tab.changed(false);
                self.complain(&e);
            }
        }
        self.touch();
    }
}
