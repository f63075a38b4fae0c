//! Moving about: rows, columns, search.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::tab::Tab;
use super::{one, rows_of, text_of};
use crate::command::Act;
use crate::error::Result;
use crate::op::search::{Found, Search};
use crate::text::{Msg, tr};

impl App {
    pub(in crate::tui) fn act_move(&mut self, act: Act, values: &Values) {
        let page = self.page();
        let width = usize::from(self.size.0);
        let Some(tab) = self.tab_mut() else { return };
        let columns = tab.columns().len();
        let last = tab.end().map(|e| e.saturating_sub(1));
        // Where the end is not known, the rows known of and a page more can be reached.
        let limit = last.unwrap_or_else(|| tab.dataset().row_count().known() + page);
        match act {
            Act::Down => tab.row = (tab.row + 1).min(limit),
            Act::Up => tab.row = tab.row.saturating_sub(1),
            Act::PageDown | Act::HalfDown | Act::PageUp | Act::HalfUp => {
                let by = if matches!(act, Act::PageDown | Act::PageUp) { page } else { (page / 2).max(1) };
                let offset = tab.row - tab.top.min(tab.row);
                let end_top = last.map_or(u64::MAX, |l| (l + 1).saturating_sub(page));
                if matches!(act, Act::PageDown | Act::HalfDown) {
                    if tab.top >= end_top {
                        tab.row = limit;
                    } else {
                        tab.top = (tab.top + by).min(end_top);
                        tab.row = (tab.top + offset).min(limit);
                    }
                } else if tab.top == 0 {
                    tab.row = 0;
                } else {
                    tab.top = tab.top.saturating_sub(by);
                    tab.row = tab.top + offset;
                }
            }
            Act::Top => (tab.row, tab.top) = (0, 0),
            Act::Bottom => match last {
                Some(last) => tab.row = last,
                None if tab.dataset().place().is_some() => {
                    return self.count_and_go(|app| app.act_move(Act::Bottom, &Values::new()));
                }
                None => {
                    tab.row = tab.dataset().row_count().known().saturating_sub(1);
                    let text = tr("end-unknown");
                    self.say(text);
                    return;
                }
            },
            Act::Left => tab.column = tab.column.saturating_sub(1),
            Act::Right => tab.column = (tab.column + 1).min(columns.saturating_sub(1)),
            Act::FirstColumn => {
                tab.column = 0;
                tab.left = tab.frozen;
            }
            Act::LastColumn => tab.column = columns.saturating_sub(1),
            _ => {}
        }
        tab.follow_column(width);
        match text_of(values, "then").as_deref() {
            Some("row") => {
                let at = self.tab().map_or(0, |t| t.column);
                if let Err(e) = self.act_row(Some(at)) {
                    self.complain(&e);
                }
            }
            Some("card") => self.act_card(&Values::new()),
            _ => {}
        }
    }

    /// Has the rows counted where they are, and does `go` if the table is still in front then.
    fn count_and_go(&mut self, go: impl FnOnce(&mut Self) + Send + 'static) {
        let Some(tab) = self.tab() else { return };
        let (id, rows) = (tab.id, tab.rows());
        self.spawn_apart(
            Msg::new("task-count").with("name", &tab.title),
            Some(id),
            move |context| rows.with(context, |rows| rows.count(&context.control)),
            move |app, _| {
                let in_front = app.tab().is_some_and(|tab| tab.id == id);
                let Some(tab) = app.tab_by_id(id) else { return };
                tab.changed(false);
                if in_front && tab.end().is_some() {
                    go(app);
                }
            },
        );
    }

    pub(in crate::tui) fn act_goto_row(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "row") else {
            self.push(Prompt::new(Msg::new("prompt-row"), Act::GotoRow, "row", String::new(), Vec::new()));
            return Ok(());
        };
        let row = rows_of(&text)?;
        let page = self.page();
        let known = self.tab().and_then(Tab::end);
        // How far the rows go is not known yet where only the first are here.
        let far = |tab: &Tab| tab.dataset().place().is_some() && row > tab.dataset().row_count().known();
        if known.is_none() && self.tab().is_some_and(far) {
            let values = values.clone();
            self.count_and_go(move |app| {
                if let Err(e) = app.act_goto_row(&values) {
                    app.complain(&e);
                }
            });
            return Ok(());
        }
        if let Some(end) = known.filter(|e| row > *e) {
            self.say(Msg::new("row-beyond").with("row", row).with("end", end).to_string());
        }
        if let Some(tab) = self.tab_mut() {
            let limit = known.unwrap_or_else(|| tab.dataset().row_count().known()).saturating_sub(1);
            tab.row = row.saturating_sub(1).min(limit);
            if tab.row < tab.top || tab.row >= tab.top + page {
                tab.top = tab.row.saturating_sub(page / 2);
            }
        }
        Ok(())
    }

    pub(in crate::tui) fn act_goto_column(&mut self, values: &Values) {
        let width = usize::from(self.size.0);
        let Some(tab) = self.tab_mut() else { return };
        if let Some(name) = text_of(values, "column") {
            if let Some(place) = tab.dataset().schema().position(&name) {
                tab.column = place;
                tab.follow_column(width);
            }
            return;
        }
        let items = tab
            .columns()
            .iter()
            .map(|c| Item {
                label: c.name.clone(),
                remark: c.kind.word().to_string(),
                run: Some((Act::GotoColumn, one("column", c.name.clone()))),
                ..Item::default()
            })
            .collect();
        let at = tab.column;
        self.push(List::new(tr("columns-goto"), items).at(at));
    }

    pub(in crate::tui) fn act_search(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "text") else {
            let history = self.searches.clone();
            self.push(Prompt::new(Msg::new("prompt-search"), Act::Search, "text", String::new(), history));
            return Ok(());
        };
        if text.is_empty() {
            if let Some(tab) = self.tab_mut() {
                tab.search = None;
            }
            return Ok(());
        }
        self.searches.retain(|s| *s != text);
        self.searches.push(text.clone());
        if let Some(tab) = self.tab_mut() {
            tab.search = Some(Search::new(&text));
        }
        self.search_from(true);
        Ok(())
    }

    pub(in crate::tui) fn search_from(&mut self, forward: bool) {
        let Some(tab) = self.tab() else { return };
        let Some(search) = tab.search.clone() else {
            self.run(Act::Search, Values::new());
            return;
        };
        let (rows, id, from) = (tab.rows(), tab.id, (tab.row, tab.column));
        let title = Msg::new("task-search").with("text", search.text.clone());
        self.spawn_ok(
            title,
            Some(id),
            move |context| {
                rows.with(context, |rows| {
                    let columns: Vec<usize> = (0..rows.schema().len()).collect();
                    search.find_around(rows, &columns, from, forward, &context.control)
                })
            },
            move |app, found| app.found(id, found),
        );
    }

    pub(in crate::tui) fn found(&mut self, id: u64, found: Found) {
        let page = self.page();
        let width = usize::from(self.size.0);
        let ran = found.ran.map(|ran| ran.to_string());
        match found.place {
            None => {
                let text = self.tab().and_then(|t| t.search.as_ref()).map(|s| s.text.clone()).unwrap_or_default();
                let none = Msg::new("search-none").with("text", text).to_string();
                self.say([none].into_iter().chain(ran).collect::<Vec<_>>().join(" "));
            }
            Some((row, column)) => {
                let Some(tab) = self.tab_by_id(id) else { return };
                tab.row = row;
                tab.column = column;
                if row < tab.top || row >= tab.top + page {
                    tab.top = row.saturating_sub(page / 3);
                }
                tab.follow_column(width);
                ran.into_iter().for_each(|ran| self.say(ran));
            }
        }
    }
}
