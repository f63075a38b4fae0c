//! What work takes where the rows are: asked for by a person, or a question of the work itself.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::consent::{self, Consent};
use super::super::layers::password::Password;
use super::super::layers::view::View;
use super::text_of;
use crate::data;
use crate::error::Secret;
use crate::text::{Msg, number, tr};

impl App {
    /// Answers a task that asks, or asks for an estimate of the rows in front.
    pub(super) fn act_cost(&mut self, values: &Values) {
        let task = values.get(consent::TASK).and_then(toml::Value::as_integer);
        let asking = || self.running().find(|l| i64::try_from(l.task.id).ok() == task);
        if let Some(secret) = text_of(values, consent::SECRET) {
            let secret = Some(secret).filter(|s| !s.is_empty()).map(Secret::new);
            return asking().into_iter().for_each(|listed| listed.task.control.tell(secret.clone()));
        }
        if let Some(answer) = text_of(values, consent::SAY) {
            let Some(listed) = asking() else { return };
            match answer.as_str() {
                consent::GO => listed.task.control.answer(data::Consent::AsMuch),
                consent::ALWAYS => listed.task.control.answer(data::Consent::Always),
                _ => {
                    let title = listed.task.title.clone();
                    listed.task.control.cancel();
                    self.say(Msg::new("stopped").with("title", title).to_string());
                }
            }
            return;
        }
        let Some(tab) = self.tab() else { return };
        let Some(place) = tab.dataset().place() else { return self.say(tr("server-query-none")) };
        self.spawn_apart(
            Msg::new("task-cost"),
            Some(tab.id),
            move |context| {
                let estimate = place.remote.estimate(&place.relation, &context.control)?;
                Ok((estimate, place.remote.name().to_owned()))
            },
            |app, (estimate, name)| {
                let Some(estimate) = estimate else {
                    return app.say(Msg::new("cost-unknown").with("name", name).to_string());
                };
                let rows = estimate.rows.map_or_else(|| "?".to_owned(), number::count);
                let bytes = estimate.bytes.map_or_else(|| "?".to_owned(), number::bytes);
                let answer = Msg::new("cost-answer").with("rows", rows).with("bytes", bytes);
                let text = format!("{}\n{answer}", estimate.words(&name));
                app.push(View::text(tr("cost-title"), text));
            },
        );
    }

    /// Puts the questions tasks wait with before the person, and takes away those that nobody waits for any more.
    pub(in crate::tui) fn pass_questions(&mut self) {
        let asking: Vec<_> = self
            .running()
            .filter(|l| !l.task.control.is_cancelled())
            .filter_map(|l| {
                let (id, control) = (l.task.id, &l.task.control);
                let wanted = control.wanted().map(|wanted| (id, wanted, true));
                wanted.or_else(|| Some((id, control.question()?, false)))
            })
            .collect();
        let before = self.layers.len();
        self.layers.retain(|layer| layer.asks_for().is_none_or(|task| asking.iter().any(|(id, ..)| *id == task)));
        let mut changed = self.layers.len() != before;
        for (task, question, secret) in asking {
            if !self.layers.iter().any(|layer| layer.asks_for() == Some(task)) {
                match secret {
                    true => self.push(Password::new(task, question.to_string())),
                    false => self.push(Consent::new(task, question.to_string())),
                }
                changed = true;
            }
        }
        if changed {
            self.touch();
        }
    }
}
