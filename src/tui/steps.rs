//! Steps on the table in front: carried out in the background, put in force when they are done.

use super::app::{App, Message, News};
use super::layers::list::{Item, List};
use crate::command::Act;
use crate::data::{Control, Dataset};
use crate::engine::recipe::{Play, Trail};
use crate::engine::{Session, State, replay};
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Context, Outcome, Product, Step};
use crate::text::{Msg, tr};

impl App {
    /// Carries out steps on a tab, in the background unless they are a matter of a moment.
    pub(super) fn carry_out(&mut self, id: u64, steps: Vec<Step>) {
        if let Some(step) = self.doing(id) {
            return self.complain(&self.under_way(&step));
        }
        let Some(tab) = self.tab_by_id(id) else { return };
        let (base, todo) = tab.session.road_to(&steps);
        if todo.iter().all(Step::is_instant) {
            let base = base.clone();
            let context = Context { control: Control::new(), memory: self.engine.memory(), tables: self.tables() };
            let result = replay(&base, &todo, &context, &mut |_| {});
            self.stepped(id, steps, result);
            return;
        }
        let title = match todo.iter().rev().find(|s| !s.is_instant()) {
            Some(step) => step.words(),
            None => Msg::new("task-steps"),
        };
        let mut session = tab.session.clone();
        let (send, wanted) = (self.send.clone(), steps.clone());
        self.spawn(
            title,
            Some(id),
            move |context| {
                let outcome = session.work(context, |session| {
                    let (base, todo) = session.road_to(&wanted);
                    replay(base, &todo, context, &mut |dataset| {
                        let control = context.control.clone();
                        let _ = send.send(Message::News(News::Growing { control, tab: id, dataset }));
                    })
                })?;
                Ok((outcome, session))
            },
            move |app, result| {
                let result = result.map(|(outcome, session)| {
                    app.read_otherwise(id, session);
                    outcome
                });
                app.stepped(id, steps, result);
            },
        );
        self.note_doing(id, false);
    }

    /// Carries out a recipe's steps on a tab, in the background. Those that succeed are put in force one by one, so that
    /// each can be undone, whatever becomes of the others.
    pub(super) fn follow(&mut self, id: u64, title: Msg, base: Dataset, play: Play) {
        let send = self.send.clone();
        let mut session = Session::new(base);
        self.spawn(
            title,
            Some(id),
            move |context| {
                let trail = session.work(context, |session| {
                    let mut trail = play.trail(session.base(), context, &mut |dataset| {
                        let control = context.control.clone();
                        let _ = send.send(Message::News(News::Growing { control, tab: id, dataset }));
                    });
                    context.control.check()?;
                    match trail.error.take_if(|_| session.base().table().is_misread()) {
                        Some(error) => Err(error),
                        None => Ok(trail),
                    }
                })?;
                Ok((trail, session))
            },
            move |app, result: Result<(Trail, Session)>| {
                let trail = match result {
                    Ok((trail, session)) => {
                        app.read_otherwise(id, session);
                        trail
                    }
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
        self.note_doing(id, false);
    }

    pub(super) fn stepped(&mut self, id: u64, steps: Vec<Step>, result: Result<Outcome>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let was_growing = tab.growing.take().is_some();
        match result {
            Ok(Outcome { dataset, notes, product }) => {
                let column = tab.current_column().map(|c| c.name.clone());
                let kept = tab.dataset().table_row(tab.row);
                let before = tab.session.now().steps.clone();
                let sorted_by = tab.session.now().sorted_by().to_vec();
                let kept_steps = before.iter().zip(&steps).take_while(|(a, b)| a == b).count();
                let other_rows = before[kept_steps..].iter().chain(&steps[kept_steps..]).any(|s| !s.keeps_rows());
                tab.refused = None;
                tab.session.advance(State { steps, dataset });
                let rows_changed = {
                    let only_columns = |s: &[Step]| -> Vec<Step> {
                        s.iter().filter(|s| !s.is_instant() && !s.is_look()).cloned().collect()
                    };
                    only_columns(&before) != only_columns(&tab.session.now().steps)
                };
                let sorted = tab.session.now().sorted_by() != sorted_by.as_slice();
                let elsewhere = rows_changed && tab.dataset().place().is_some();
                if sorted || other_rows || elsewhere {
                    // A new order, and other rows, are looked at from their top.
                    (tab.row, tab.top) = (0, 0);
                } else if rows_changed && !was_growing {
                    // After a filter the cursor stays with its row where that is still in view.
                    tab.row = kept.map_or(0, |r| tab.dataset().place_of(r));
                }
                if let Some(place) = column.and_then(|c| tab.dataset().schema().position(&c)) {
                    tab.column = place;
                }
                tab.changed(false);
                let mut last = notes.last().map(Msg::to_string);
                if let Some(Product::Receipt(receipt)) = product {
                    last = Some(Msg::new("clean-done").with("receipt", receipt.line()).to_string());
                    tab.receipt = Some(receipt);
                }
                for note in notes {
                    if !tab.notices.contains(&note) {
                        tab.notices.push(note);
                    }
                }
                if let Some(text) = last {
                    self.say(text);
                }
            }
            Err(e) if e.kind == ErrorKind::Refused => {
                tab.refused = Some(steps);
                tab.changed(false);
                self.offer_sample(&e);
            }
            Err(e) => {
                tab.changed(false);
                self.complain(&e);
            }
        }
        self.touch();
    }

    /// For work that would need more memory than it may take: the same on fewer rows.
    pub(super) fn offer_sample(&mut self, error: &Error) {
        let sample = |rows: u64| Item {
            label: Msg::new("offer-sample").with("rows", rows).to_string(),
            run: Some((
                Act::SampleRows,
                [("rows", rows.to_string()), ("again", "yes".into())]
                    .map(|(k, v)| (k.into(), v.into()))
                    .into_iter()
                    .collect(),
            )),
            ..Item::default()
        };
        let rows = self.tab().map_or(0, |t| t.session.base().row_count().known());
        let tenth = 10u64.pow((rows / 10).max(1).ilog10());
        let leave = Item { label: tr("offer-nothing"), ..Item::default() };
        let items = vec![sample(tenth), sample((tenth / 10).max(1)), leave];
        self.layers.push(Box::new(List::new(error.to_string(), items)));
    }
}
