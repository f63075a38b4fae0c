//! Acts asked for while a step is still under way on the table in front. They wait for it: none is done to rows that are about
//! to go, and none is lost. While a result is made that gets a tab of its own, only a chart waits: it is of that result.

use super::super::app::App;
use super::super::layer::Values;
use crate::command::{Act, Menu, Screen};
use crate::engine::TaskId;
use crate::error::{Error, Result};
use crate::text::Msg;

/// The step a table is waiting for, and what follows it.
pub struct Doing {
    task: TaskId,
    /// Whether what it makes gets a tab of its own.
    apart: bool,
    later: Vec<Later>,
}

/// An act that waits, with the column that was under the cursor.
struct Later {
    act: Act,
    values: Values,
    column: Option<String>,
}

/// Whether an act is the same whatever rows are in view.
fn is_free(act: Act) -> bool {
    let command = act.command();
    let looks_only = matches!(
        act,
        Act::Tabs
            | Act::CloseTab
            | Act::Notices
            | Act::CleanReceipt
            | Act::Enter
            | Act::RowView
            | Act::Freeze
            | Act::Widen
            | Act::Narrow
            | Act::Fit
            | Act::CopyCell
            | Act::CopyRow
            | Act::CopyLink
            | Act::CopyColumnName
    );
    looks_only || command.screen != Some(Screen::Table) || matches!(command.menu, None | Some(Menu::Go))
}

impl App {
    /// Notes that the task started last changes the table in this tab, or (`apart`) makes another one out of it.
    pub(in crate::tui) fn note_doing(&mut self, id: u64, apart: bool) {
        let Some(task) = self.tasks.last().map(|t| t.task.id) else { return };
        if let Some(tab) = self.tab_by_id(id) {
            let later = tab.doing.take().map(|d| d.later).unwrap_or_default();
            tab.doing = Some(Doing { task, apart, later });
        }
    }

    /// What is under way on a tab, in words, unless it was given up; and whether it makes another one.
    fn under_way_on(&self, id: u64) -> Option<(String, bool)> {
        let doing = self.tabs.iter().find(|t| t.id == id)?.doing.as_ref()?;
        let running = self.running().find(|t| t.task.id == doing.task && !t.task.control.is_cancelled());
        running.map(|t| (t.task.title.to_string(), doing.apart))
    }

    /// What the step under way on a tab is called, if there is one that was not given up.
    pub(in crate::tui) fn doing(&self, id: u64) -> Option<String> {
        self.under_way_on(id).filter(|(_, apart)| !apart).map(|(step, _)| step)
    }

    /// Puts an act off until the step under way on the table in front is done. False if there is none, or the act need not
    /// wait. An act that depends on the cell under the cursor is refused: it may be another cell by then.
    pub(super) fn put_off(&mut self, act: Act, values: &Values) -> Result<bool> {
        let Some(tab) = self.tab().filter(|_| !is_free(act)) else { return Ok(false) };
        let Some((step, apart)) = self.under_way_on(tab.id) else { return Ok(false) };
        if apart && (act != Act::Chart || !values.is_empty()) {
            return Ok(false);
        }
        if matches!(act, Act::OnlyThis | Act::NotThis) {
            return Err(self.under_way(&step));
        }
        let column = tab.current_column().filter(|_| !apart).map(|c| c.name.clone());
        let what = act.command().label().to_string();
        let waiting = Later { act, values: values.clone(), column };
        if let Some(doing) = self.tab_mut().and_then(|t| t.doing.as_mut()) {
            doing.later.push(waiting);
        }
        self.say(Msg::new("later").with("what", what.trim_end_matches('…')).with("step", step).to_string());
        Ok(true)
    }

    /// The error that a step is still under way.
    pub(in crate::tui) fn under_way(&self, step: &str) -> Error {
        let key = self.keymap.shown(Act::Cancel.command());
        Error::usage(Msg::new("error-under-way").with("step", step).with("key", key))
    }

    /// The tab a task was changing and what waits for it; none if the task changed none.
    pub(in crate::tui) fn take_later(&mut self, task: TaskId) -> Option<(u64, Doing)> {
        let tab = self.tabs.iter_mut().find(|t| t.doing.as_ref().is_some_and(|d| d.task == task))?;
        tab.doing.take().map(|doing| (tab.id, doing))
    }

    /// Does what waited for a step that is done now, if its table was the one in front (`front`) when it ended.
    pub(in crate::tui) fn catch_up(&mut self, (id, doing): (u64, Doing), front: Option<u64>) {
        for Later { act, values, column } in doing.later {
            if front != Some(id) {
                let what = act.command().label().to_string();
                self.say(Msg::new("later-elsewhere").with("what", what.trim_end_matches('…')).to_string());
                return;
            }
            if let Some(tab) = self.tab_mut().filter(|t| t.id == id)
                && let Some(place) = column.and_then(|c| tab.dataset().schema().position(&c))
            {
                tab.column = place;
            }
            self.run(act, values);
        }
    }
}
