//! Asking again for what of a table could not be had: for that alone, or for everything.

use std::sync::Arc;

use super::super::app::App;
use super::super::layers::list::{Item, List};
use super::one;
use crate::command::Act;
use crate::data::Table;
use crate::op::Step;
use crate::text::{Msg, tr};

/// The value that tells that everything is to be read again.
pub(super) const ALL: &str = "all";

impl App {
    /// Of a table that lacks something, asks whether only that is to be asked for again. False if it lacks nothing.
    pub(super) fn asks_what_to_read(&mut self) -> bool {
        let missing = self.tab().map_or(0, |tab| tab.session.base().table().missing());
        if missing == 0 {
            return false;
        }
        let item =
            |label: Msg, act, values| Item { label: label.to_string(), run: Some((act, values)), ..Item::default() };
        let only = Msg::new("missing-only").with("count", missing);
        let items = vec![
            item(only, Act::Complete, Default::default()),
            item(Msg::new("missing-all"), Act::Reload, one(ALL, true)),
        ];
        self.push(List::new(tr("missing-title"), items));
        true
    }

    pub(in crate::tui) fn act_complete(&mut self) {
        let Some(tab) = self.tab() else { return };
        let (id, table) = (tab.id, tab.session.base().table().clone());
        if table.missing() == 0 {
            return self.say(tr("missing-none"));
        }
        let title = Msg::new("task-missing").with("name", &tab.title);
        let said = table.notices();
        self.layers.clear();
        self.spawn_apart(
            title,
            Some(id),
            {
                let table = table.clone();
                move |context| table.completed(&context.control)
            },
            move |app, more| app.completed(id, &table, &said, more),
        );
    }

    /// Takes over what came of what was missing. `said` are the notices of the table before.
    fn completed(&mut self, id: u64, before: &Arc<dyn Table>, said: &[Msg], more: Option<Arc<dyn Table>>) {
        // It may have been read anew meanwhile.
        let Some(tab) = self.tab_by_id(id).filter(|tab| Arc::ptr_eq(tab.session.base().table(), before)) else {
            return;
        };
        let missing = more.as_ref().unwrap_or(before).missing();
        tab.notices.retain(|notice| !said.contains(notice));
        let steps = tab.session.now().steps.clone();
        let came = more.is_some();
        if let Some(table) = more {
            tab.facts = table.facts();
            tab.session.rebase(table);
            tab.changed(false);
        }
        tab.learn();
        if came && !steps.iter().all(Step::is_look) {
            self.carry_out(id, steps);
        }
        match missing {
            0 => self.say(tr("missing-had")),
            missing => self.say_missing("missing-still", missing),
        }
    }

    /// Says that something is missing, in the text of this name, and which keys ask for it and tell why.
    pub(in crate::tui) fn say_missing(&mut self, id: &'static str, missing: usize) {
        let key = |act: Act| self.keymap.shown(act.command());
        let (again, why) = (key(Act::Complete), key(Act::Notices));
        self.say(Msg::new(id).with("count", missing).with("key", again).with("why", why).to_string());
    }
}
