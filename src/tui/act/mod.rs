//! Carrying out commands: what each act does to the interface's state.

mod ab;
pub mod chart;
mod clean;
mod columns;
mod compare;
mod complete;
mod connect;
mod connections;
mod cost;
mod files;
mod importance;
pub mod later;
mod looking;
mod moving;
pub mod picture;
mod plan;
mod rank;
mod recipe;
pub mod report;
mod rows;
mod server;
mod shape;
mod statement;
mod tables;

use super::app::App;
use super::layer::{Layer, Values};
use super::layers::help::Help;
use super::layers::menu::Menu;
use super::layers::palette::Palette;
use super::layers::wizard::Wizard;
use super::tab::Tab;
use crate::command::Act;
use crate::command::keymap::Key;
use crate::error::{Error, Result};
use crate::text::{Lang, Msg, narrow, tr};

fn text_of(values: &Values, name: &str) -> Option<String> {
    values.get(name).and_then(|v| v.as_str()).map(str::to_owned)
}

/// A number of rows as people type it: with marks between thousands, or with the wide digits of a Japanese keyboard.
fn rows_of(text: &str) -> Result<u64> {
    let digit = |c: char| match c {
        '０'..='９' => narrow(c),
        _ => c,
    };
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !",_，、".contains(*c)).map(digit).collect();
    plain.parse().map_err(|_| Error::usage(Msg::new("error-row").with("text", text)))
}

pub(super) fn one(name: &str, value: impl Into<toml::Value>) -> Values {
    [(name.to_owned(), value.into())].into_iter().collect()
}

impl App {
    /// Carries out a command with the values given.
    pub fn run(&mut self, act: Act, values: Values) {
        self.touch();
        if let Err(e) = self.try_run(act, values) {
            self.complain(&e);
        }
    }

    fn push(&mut self, layer: impl Layer + 'static) {
        self.layers.push(Box::new(layer));
    }

    fn try_run(&mut self, act: Act, values: Values) -> Result<()> {
        if self.put_off(act, &values)? {
            return Ok(());
        }
        match act {
            Act::Open => self.act_open(&values),
            Act::Sources => self.act_sources(&values),
            Act::Connect => self.act_connect(&values)?,
            Act::Connections => self.act_connections(&values)?,
            Act::Export => self.act_export(&values)?,
            Act::SaveRecipe => self.act_save_recipe(&values)?,
            Act::Tabs => self.act_tabs(&values),
            Act::CloseTab => self.act_close_tab(),
            Act::Reload => self.act_reload(&values),
            Act::Complete => self.act_complete(),
            Act::OtherWay => self.act_other_way()?,
            Act::Tasks => self.act_tasks(&values),
            Act::Cancel => self.act_cancel(),
            Act::Back => self.act_back(),
            Act::Quit => self.act_quit(&values),
            Act::Down
            | Act::Up
            | Act::Left
            | Act::Right
            | Act::PageDown
            | Act::PageUp
            | Act::HalfDown
            | Act::HalfUp
            | Act::Top
            | Act::Bottom
            | Act::FirstColumn
            | Act::LastColumn => self.act_move(act, &values),
            Act::GotoRow => self.act_goto_row(&values)?,
            Act::GotoColumn => self.act_goto_column(&values),
            Act::Search => self.act_search(&values)?,
            Act::SearchNext => self.search_from(true),
            Act::SearchPrevious => self.search_from(false),
            Act::OnlyThis => self.act_this(true)?,
            Act::NotThis => self.act_this(false)?,
            Act::FilterForm => self.act_filter_form(),
            Act::FilterExpression => self.act_filter(&values)?,
            Act::FilterRemove => self.act_filter_remove(&values),
            Act::Sort => self.act_sort(false)?,
            Act::SortMore => self.act_sort(true)?,
            Act::SampleRows => self.act_sample(&values)?,
            Act::Undo => self.act_history(true),
            Act::Redo => self.act_history(false),
            Act::Freeze => {
                if let Some(tab) = self.tab_mut() {
                    tab.frozen = if tab.frozen == tab.column + 1 { 0 } else { tab.column + 1 };
                    tab.left = tab.frozen;
                }
            }
            Act::Hide => self.act_hide()?,
            Act::ColumnList => self.act_columns(&values)?,
            Act::Widen => self.tab_mut().into_iter().for_each(|t| t.widen(4)),
            Act::Narrow => self.tab_mut().into_iter().for_each(|t| t.widen(-4)),
            Act::Fit => self.tab_mut().into_iter().for_each(Tab::fit),
            Act::MoveLeft => self.act_move_column(false)?,
            Act::MoveRight => self.act_move_column(true)?,
            Act::Enter => self.act_enter(&values)?,
            Act::RowView => self.act_row(None)?,
            Act::Card => self.act_card(&values),
            Act::Profile => self.act_profile(),
            Act::Rank => self.act_rank(),
            Act::RankForm => self.act_rank_by(&values)?,
            Act::Chart => self.act_chart(&values)?,
            Act::CopyCell => self.act_copy_cell(&values)?,
            Act::CopyRow => self.act_copy_row()?,
            Act::CopyLink => self.act_copy_link(&values)?,
            Act::CopyColumnName => {
                if let Some(name) = self.tab().and_then(Tab::current_column).map(|c| c.name.clone()) {
                    self.copy(&name);
                }
            }
            Act::Clean => self.act_clean(&values)?,
            Act::CleanReceipt => self.act_clean_receipt(),
            Act::Notices => self.act_notices(),
            Act::ServerQuery => self.act_server_query(&values)?,
            Act::Cost => self.act_cost(&values),
            Act::Land => self.act_land(&values)?,
            Act::Menu => self.push(Menu::default()),
            Act::Palette => self.push(Palette::default()),
            Act::Help => {
                let here = self.layers.last().map(|layer| layer.hints()).unwrap_or_default();
                self.push(Help::on(here));
            }
            Act::Language => {
                let next = match Lang::current() {
                    Lang::En => Lang::Ja,
                    Lang::Ja => Lang::En,
                };
                next.make_current();
                self.say(tr("language-now"));
            }
            Act::Theme => {
                self.theme = self.theme.next();
                self.say(Msg::new("theme-now").with("name", self.theme.name()).to_string());
            }
            Act::Mouse => {
                self.mouse = !self.mouse;
                self.say(tr(if self.mouse { "mouse-on" } else { "mouse-off" }));
            }
            Act::Redraw => self.redraw = true,
            Act::Limit => self.act_limit(&values)?,
            Act::Explode => self.act_explode(&values)?,
            Act::Join => self.act_join(&values)?,
            Act::Pivot => self.act_pivot(&values)?,
            Act::Unpivot => self.act_unpivot(&values)?,
            Act::Sessions => self.act_sessions(&values)?,
            Act::Sql => self.act_sql(&values)?,
            Act::Compare => self.act_compare(&values)?,
            Act::Rename => self.act_rename(&values)?,
            Act::Cast => self.act_cast(&values)?,
            Act::Derive => self.act_derive(&values)?,
            Act::Expand => self.act_expand(&values)?,
            Act::Bucket => self.act_bucket(&values)?,
            Act::Analyse => self.act_analyse(),
            Act::Ab => self.act_ab(&values)?,
            Act::AbPlan => self.act_plan(&values)?,
            Act::AbWizard => self.push(Wizard::default()),
            Act::Importance => self.act_importance(&values)?,
            Act::View | Act::Run | Act::Doctor | Act::Gen | Act::Shape => {}
        }
        Ok(())
    }

    /// The key that leads out, for a terminal that was just given back.
    pub fn shown_key(&self, act: Act) -> Option<Key> {
        self.keymap.keys(act.command()).first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_rows_as_people_type_them() {
        for (text, rows) in [("1,000", 1_000), ("1_000 ", 1_000), ("１２，３４５", 12_345), ("０", 0), (" 7", 7)]
        {
            assert_eq!(rows_of(text).ok(), Some(rows), "{text}");
        }
        for text in ["", "-1", "ten", "1.5", "99999999999999999999", "٣"] {
            assert!(rows_of(text).is_err(), "{text}");
        }
    }
}
