//! Looking closer: cells, rows, the column card, the profile; copying.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::card::Card;
use super::super::layers::record::{Record, Row};
use super::super::layers::view::View;
use super::super::tab::{Origin, Tab};
use super::text_of;
use crate::data::{About, Dataset};
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::filter::Filter;
use crate::op::profile::Profile;
use crate::result::profile::TableProfile;
use crate::sql::expr::Expr;
use crate::text::{Msg, tr};
use crate::tui::layers::card::Figures;

impl App {
    pub(in crate::tui) fn act_enter(&mut self, values: &Values) -> Result<()> {
        let named = text_of(values, "column");
        let link;
        let (name, cell) = match named {
            Some(name) => {
                let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
                let row = self.whole_row(tab)?;
                let column = row.fields.iter().position(|(c, _)| c.name == name);
                link = column.and_then(|place| tab.link(tab.row, place));
                let found = row.fields.into_iter().find(|(c, _)| c.name == name);
                let (column, cell) = found.ok_or_else(|| Error::failed(Msg::new("error-not-read")))?;
                (column.name, cell)
            }
            None => {
                if self.rows_behind()? {
                    return Ok(());
                }
                link = self.tab().and_then(|tab| tab.link(tab.row, tab.column));
                self.current_value()?
            }
        };
        self.push(View::cell(name, &cell).leading(link));
        Ok(())
    }

    /// For a result: goes to the rows behind the cell under the cursor. False if there are none to go to.
    pub(in crate::tui) fn rows_behind(&mut self) -> Result<bool> {
        let Some(tab) = self.tab() else { return Ok(false) };
        let Some(origin) = &tab.origin else { return Ok(false) };
        let Some(column) = tab.current_column() else { return Ok(false) };
        let row = tab.dataset().table_row(tab.row).unwrap_or(tab.row);
        let target = origin.tab;
        let Some(expr) = (origin.rows_behind)(row, &column.name) else { return Ok(false) };
        let Some(i) = self.tabs.iter().position(|t| t.id == target) else {
            return Err(Error::failed(Msg::new("error-origin-closed")));
        };
        self.current = i;
        self.add_step(Step::Filter(Filter { condition: expr.to_string() }));
        Ok(true)
    }

    pub(in crate::tui) fn whole_row(&self, tab: &Tab) -> Result<Row> {
        tab.at_hand(tab.row)?;
        let places: Vec<usize> = (0..tab.columns().len()).collect();
        let frame = tab.dataset().window(&places, tab.row, 1)?;
        if frame.height() == 0 {
            return Err(Error::failed(Msg::new("error-not-read")));
        }
        let fields =
            tab.columns().iter().enumerate().map(|(i, c)| (c.clone(), frame.cell(0, i).into_owned())).collect();
        Ok(Row { number: tab.row, fields })
    }

    pub(in crate::tui) fn act_row(&mut self, at: Option<usize>) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let record = Record::new(self.whole_row(tab)?, at.unwrap_or(tab.column));
        self.push(record);
        Ok(())
    }

    /// The card of the column under the cursor. What a server knows of it without counting comes first; with `exact`, the
    /// card that is open gets its figures.
    pub(in crate::tui) fn act_card(&mut self, values: &Values) {
        let Some(tab) = self.tab() else { return };
        let Some(column) = tab.current_column().cloned() else { return };
        let (there, place, id) = (tab.dataset().place(), tab.column, tab.id);
        if values.get("exact").and_then(toml::Value::as_bool).unwrap_or(false) {
            return self.count_column(id, place, None);
        }
        let name = column.name.clone();
        self.push(Card::new(column));
        let Some(there) = there else { return self.count_column(id, place, None) };
        self.spawn_ok(
            Msg::new("task-card").with("column", &name),
            Some(id),
            move |context| Ok((there.remote.about(&there.relation, &name, &context.control)?, name)),
            move |app, (about, column)| {
                let counts = about.as_ref().is_none_or(|about| about.known.is_none());
                if counts && app.tab().is_some_and(|tab| tab.id == id) {
                    app.count_column(id, place, about.clone());
                }
                app.tell_card(&Figures { column, about, exact: None });
            },
        );
    }

    /// Has the values of a column looked at for its card, which may say already what the server says `about` it.
    fn count_column(&mut self, id: u64, place: usize, about: Option<About>) {
        let Some(tab) = self.tabs.iter().find(|t| t.id == id) else { return };
        let Some(column) = tab.columns().get(place).map(|c| c.name.clone()) else { return };
        let rows = tab.rows();
        self.spawn_ok(
            Msg::new("task-card").with("column", &column),
            Some(id),
            move |context| {
                let profile = |rows: &Dataset| crate::op::profile::profile_column(rows, place, &context.control);
                let exact = rows.with(context, profile)?;
                Ok(Figures { column, about, exact: Some(exact) })
            },
            |app, figures: Figures| app.tell_card(&figures),
        );
    }

    fn tell_card(&mut self, figures: &Figures) {
        if let Some(layer) = self.layers.last_mut() {
            layer.news(figures);
        }
    }

    pub(in crate::tui) fn act_profile(&mut self) {
        let Some(tab) = self.tab() else { return };
        let (rows, id) = (tab.rows(), tab.id);
        let profile = Profile { columns: Vec::new() };
        self.spawn_ok(
            Msg::new("task-profile").with("name", &tab.title),
            Some(id),
            move |context| rows.with(context, |rows| profile.run(rows, &context.control)),
            move |app, profile| app.show_profile(id, profile),
        );
    }

    pub(in crate::tui) fn show_profile(&mut self, id: u64, profile: TableProfile) {
        let Some(i) = self.tabs.iter().position(|t| t.id == id) else { return };
        let title = Msg::new("profile-tab").with("name", &self.tabs[i].title).to_string();
        let table = profile.to_table();
        let dataset: Dataset = crate::engine::dataset_of(&table);
        let columns = profile.columns;
        let figures: Vec<(String, String)> =
            table.columns.iter().map(|c| (c.heading.to_string(), c.column.name.clone())).collect();
        let tab = self.add_tab(title, dataset);
        tab.notices = table.notes;
        tab.frozen = 1;
        tab.left = 1;
        tab.origin = Some(Origin {
            tab: id,
            rows_behind: Box::new(move |row, heading| {
                let column = columns.get(usize::try_from(row).ok()?)?;
                let (_, figure) = figures.iter().find(|(h, _)| h == heading)?;
                column.rows_behind(figure).and_then(|what| match what {
                    crate::result::profile::Behind::Missing => Some(Expr::is_missing(&column.name)),
                    crate::result::profile::Behind::Value(cell) => Expr::is_value(&column.name, &cell),
                })
            }),
        });
    }

    pub(in crate::tui) fn act_copy_cell(&mut self, values: &Values) -> Result<()> {
        if let Some(text) = text_of(values, "text") {
            self.copy(&text);
            return Ok(());
        }
        if let Some(name) = text_of(values, "column") {
            let Some(tab) = self.tab() else { return Ok(()) };
            let row = self.whole_row(tab)?;
            if let Some((_, cell)) = row.fields.iter().find(|(c, _)| c.name == name) {
                self.copy(&cell.plain());
            }
            return Ok(());
        }
        let (_, cell) = self.current_value()?;
        self.copy(&cell.plain());
        Ok(())
    }

    /// Copies where a cell leads.
    pub(in crate::tui) fn act_copy_link(&mut self, values: &Values) -> Result<()> {
        let here = || self.tab().and_then(|tab| tab.link(tab.row, tab.column));
        match text_of(values, "text").or_else(here) {
            Some(link) => {
                self.copy(&link);
                Ok(())
            }
            None => Err(Error::usage(Msg::new("error-no-link"))),
        }
    }

    pub(in crate::tui) fn act_copy_row(&mut self) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let row = self.whole_row(tab)?;
        let text: Vec<String> = row.fields.iter().map(|(_, c)| c.plain().replace(['\t', '\n', '\r'], " ")).collect();
        self.copy(&text.join("\t"));
        Ok(())
    }

    /// The query that gives the rows in front, where they are somewhere else.
    pub(in crate::tui) fn act_notices(&mut self) {
        let Some(tab) = self.tab() else { return };
        let mut text = tab.notices.iter().map(|n| format!("• {n}")).collect::<Vec<_>>().join("\n");
        if text.is_empty() {
            text = tr("notices-none");
        }
        self.push(View::text(tr("notices-title"), text));
    }
}
