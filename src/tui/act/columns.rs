//! Which columns, and in which order.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::select::Select;
use crate::text::{Msg, tr};

impl App {
    pub(in crate::tui) fn select(&mut self, columns: Vec<String>) {
        self.add_step(Step::Select(Select { columns }));
    }

    pub(in crate::tui) fn names(&self) -> Vec<String> {
        self.tab().map(|t| t.columns().iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    pub(in crate::tui) fn act_hide(&mut self) -> Result<()> {
        let mut names = self.names();
        let Some(tab) = self.tab() else { return Ok(()) };
        if names.len() <= 1 {
            return Err(Error::usage(Msg::new("error-no-columns")));
        }
        let hidden = names.remove(tab.column);
        self.select(names);
        let key = self.keymap.shown(Act::ColumnList.command());
        self.say(Msg::new("hidden").with("column", hidden).with("key", key).to_string());
        Ok(())
    }

    pub(in crate::tui) fn act_columns(&mut self, values: &Values) -> Result<()> {
        if let Some(chosen) = values.get("columns").and_then(toml::Value::as_array) {
            let chosen: Vec<String> = chosen.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            if chosen.is_empty() {
                return Err(Error::usage(Msg::new("error-no-columns")));
            }
            self.select(chosen);
            return Ok(());
        }
        let Some(tab) = self.tab() else { return Ok(()) };
        let shown = self.names();
        let all = tab.dataset().table().schema().columns();
        let kind = |n: &str| all.iter().find(|c| c.name == n).map(|c| c.kind.word().to_string()).unwrap_or_default();
        let hidden = all.iter().map(|c| c.name.clone()).filter(|n| !shown.contains(n)).collect::<Vec<_>>();
        let items = shown
            .iter()
            .map(|n| (n, true))
            .chain(hidden.iter().map(|n| (n, false)))
            .map(|(n, ticked)| Item { label: n.clone(), remark: kind(n), ticked, ..Item::default() })
            .collect();
        let at = tab.column;
        self.push(List::new(tr("columns-title"), items).ticked(Act::ColumnList).at(at));
        Ok(())
    }

    pub(in crate::tui) fn act_move_column(&mut self, right: bool) -> Result<()> {
        let mut names = self.names();
        let Some(tab) = self.tab_mut() else { return Ok(()) };
        let from = tab.column;
        let to = if right { from + 1 } else { from.wrapping_sub(1) };
        if to < names.len() {
            names.swap(from, to);
            self.select(names);
        }
        Ok(())
    }
}
