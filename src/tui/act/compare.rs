//! Comparing the table in front with an earlier run or another table: with which, by which keys, and the tab of differences.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::tables::{packed, unpacked};
use super::{one, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::compare::{Compare, guess};
use crate::op::other::Other;
use crate::text::{Msg, tr};

impl App {
    pub(in crate::tui) fn act_compare(&mut self, values: &Values) -> Result<()> {
        let with = match (unpacked::<Other>(values, "with")?, text_of(values, "locator")) {
            (Some(with), _) => with,
            (None, Some(locator)) if !locator.trim().is_empty() => Other::new(locator.trim()),
            (None, Some(_)) => return Ok(()),
            (None, None) if values.contains_key("ask") => {
                let history = crate::config::recent();
                self.push(Prompt::new(Msg::new("prompt-diff"), Act::Compare, "locator", String::new(), history));
                return Ok(());
            }
            (None, None) => return self.list_earlier(),
        };
        let names = |name| crate::command::cli::split(&text_of(values, name).unwrap_or_default());
        match values.contains_key("keys") {
            false => self.guess_keys(with),
            true => {
                let long = text_of(values, "long").is_some_and(|v| v == "true");
                self.compare(Compare { with, keys: names("keys"), ignore: names("ignore"), long });
            }
        }
        Ok(())
    }

    /// Earlier runs, which may have to be asked for, and the other open tables.
    fn list_earlier(&mut self) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let mut items = Vec::new();
        for (i, (title, other)) in self.other_tables().into_iter().enumerate() {
            let group = (i == 0).then(|| tr("diff-tables"));
            let item = Self::offer(title, other.table.clone(), Act::Compare, "with", packed(&other)?);
            items.push(Item { group, ..item });
        }
        items.push(Self::offer(tr("diff-other"), String::new(), Act::Compare, "ask", true));
        let Some((locator, options)) = tab.locator.clone() else {
            self.push(List::new(tr("diff-title"), items));
            return Ok(());
        };
        let (id, now) = (tab.id, tab.session.base().table().reading());
        let sources = self.sources.clone();
        self.spawn_ok(
            Msg::new("task-diff-look").with("table", locator.to_string()),
            Some(id),
            move |context| sources.earlier(&locator, &options, now.as_deref(), &context.control),
            move |app, runs| {
                let runs = runs.into_iter().enumerate().map(|(i, run)| Item {
                    label: run.name,
                    remark: run.remark,
                    group: (i == 0).then(|| tr("diff-runs")),
                    run: Some((Act::Compare, one("locator", run.locator))),
                    ..Item::default()
                });
                let items: Vec<Item> = runs.chain(items).collect();
                if let [only] = items.as_slice()
                    && let Some((act, values)) = only.run.clone()
                {
                    return app.run(act, values);
                }
                app.push(List::new(tr("diff-title"), items));
            },
        );
        Ok(())
    }

    fn guess_keys(&mut self, with: Other) {
        let asked = with.clone();
        self.look_at_both(
            Msg::new("task-diff-look").with("table", &with.table),
            &asked,
            |after, before, context| guess(before, after, &context.control),
            move |app, found| {
                let note = tr(if found.is_empty() { "diff-note-none" } else { "diff-note" });
                app.compare_form(&Compare::new(with, found), note)
            },
        );
    }

    fn compare_form(&mut self, compare: &Compare, note: String) -> Result<()> {
        let fields = vec![
            Field::text("keys", Msg::new("diff-keys"), compare.keys.join(", ")),
            Field::text("ignore", Msg::new("diff-ignore"), compare.ignore.join(", ")),
            Field::switch("long", Msg::new("diff-long"), compare.long),
        ];
        let title = Msg::new("diff-form-title").with("table", &compare.with.table).to_string();
        let form = Form::new(title, Act::Compare, fields, note).carrying(one("with", packed(&compare.with)?));
        self.push(form);
        Ok(())
    }

    fn compare(&mut self, compare: Compare) {
        let Some(tab) = self.tab() else { return };
        let name = Msg::new("diff-tab").with("name", &tab.title).to_string();
        let (title, step) = (compare.words(), Step::Compare(compare.clone()));
        let frozen = 1 + compare.keys.len().min(1);
        let then = move |app: &mut App| {
            let Some(tab) = app.tab_mut() else { return };
            (tab.frozen, tab.left) = (frozen, frozen);
            if let Some(counts) = tab.notices.last().map(Msg::to_string) {
                app.say(counts);
            }
        };
        let failed = move |app: &mut App, e: Error| {
            if let Err(again) = app.compare_form(&compare, String::new()) {
                app.complain(&again);
            }
            app.complain(&e);
        };
        self.answer_apart(name, title, step, then, failed);
    }
}
