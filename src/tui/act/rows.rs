//! Which rows: filter, sort, sample, undo.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::filter::FilterForm;
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::{one, rows_of, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::filter::Filter;
use crate::op::sample::Sample;
use crate::op::sort::{Key as SortKey, Sort};
use crate::sql::expr::Expr;
use crate::text::{Msg, safe, tr};
use crate::value::Cell;

impl App {
    pub(in crate::tui) fn add_step(&mut self, step: Step) {
        let Some(tab) = self.tab() else { return };
        let (id, steps) = (tab.id, tab.session.now().steps_with(step));
        self.carry_out(id, steps);
    }

    pub(in crate::tui) fn current_value(&self) -> Result<(String, Cell<'static>)> {
        let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        let column = tab.current_column().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        if let Some(cell) = tab.current_cell() {
            return Ok((column.name.clone(), cell.into_owned()));
        }
        // A key may come before the rows do; one row is read at once.
        tab.at_hand(tab.row)?;
        let frame = tab.dataset().window(&[tab.column], tab.row, 1)?;
        if frame.height() == 0 {
            return Err(Error::failed(Msg::new("error-not-read")));
        }
        Ok((column.name.clone(), frame.cell(0, 0).into_owned()))
    }

    pub(in crate::tui) fn act_this(&mut self, only: bool) -> Result<()> {
        let (name, cell) = self.current_value()?;
        let expr = Expr::is_value(&name, &cell).ok_or_else(|| Error::usage(Msg::new("error-filter-nested")))?;
        let expr = if only { expr } else { expr.negated() };
        self.add_step(Step::Filter(Filter { condition: expr.to_string() }));
        Ok(())
    }

    pub(in crate::tui) fn act_filter_form(&mut self) {
        let Some(tab) = self.tab() else { return };
        let value = match tab.current_cell() {
            Some(Cell::Null) | None => String::new(),
            Some(cell) => safe::line(&cell.plain()).chars().take(200).collect(),
        };
        let form = FilterForm::new(tab.columns().to_vec(), tab.column, value);
        self.push(form);
    }

    pub(in crate::tui) fn act_filter(&mut self, values: &Values) -> Result<()> {
        let conditions: Vec<String> = match values.get("where") {
            None => {
                let history = self.conditions.clone();
                self.push(Prompt::new(
                    Msg::new("prompt-filter"),
                    Act::FilterExpression,
                    "where",
                    String::new(),
                    history,
                ));
                return Ok(());
            }
            Some(toml::Value::Array(list)) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(v) => v.as_str().map(str::to_owned).into_iter().collect(),
        };
        let conditions: Vec<String> = conditions.into_iter().filter(|c| !c.trim().is_empty()).collect();
        let Some(tab) = self.tab() else { return Ok(()) };
        let mut steps = tab.session.now().steps.clone();
        let id = tab.id;
        let schema = tab.dataset().table().schema().clone();
        for condition in &conditions {
            let checked = crate::sql::expr::parse(condition).and_then(|e| crate::op::eval::check(&e, &schema));
            if let Err(e) = checked {
                // What was typed is not lost.
                self.push(Prompt::new(
                    Msg::new("prompt-filter"),
                    Act::FilterExpression,
                    "where",
                    condition.clone(),
                    self.conditions.clone(),
                ));
                return Err(e);
            }
            self.conditions.retain(|c| c != condition);
            self.conditions.push(condition.clone());
            steps.push(Step::Filter(Filter { condition: condition.clone() }));
        }
        if !conditions.is_empty() {
            self.carry_out(id, steps);
        }
        Ok(())
    }

    pub(in crate::tui) fn act_filter_remove(&mut self, values: &Values) {
        if let Some(i) = values.get("step").and_then(toml::Value::as_integer) {
            self.remove_step(usize::try_from(i).unwrap_or(0));
            return;
        }
        let Some(tab) = self.tab() else { return };
        let steps = &tab.session.now().steps;
        match steps.len() {
            0 => self.say(tr("filter-nothing")),
            1 => self.remove_step(0),
            _ => {
                let items = steps
                    .iter()
                    .enumerate()
                    .map(|(i, s)| Item {
                        label: s.words().to_string(),
                        run: Some((Act::FilterRemove, one("step", i as i64))),
                        ..Item::default()
                    })
                    .collect();
                self.push(List::new(tr("filter-remove-title"), items));
            }
        }
    }

    /// Up, down, off; with `more`, the column is added to those sorted by.
    pub(in crate::tui) fn act_sort(&mut self, more: bool) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(name) = tab.current_column().map(|c| c.name.clone()) else { return Ok(()) };
        let now = tab.session.now();
        let mut by: Vec<SortKey> = now.sorted_by().to_vec();
        let found = by.iter().position(|k| k.column == name);
        match found {
            Some(i) if by[i].descending => {
                by.remove(i);
            }
            Some(i) => by[i].descending = true,
            None => {
                if !more {
                    by.clear();
                }
                by.push(SortKey { column: name, descending: false });
            }
        }
        if !more && by.len() > 1 && found.is_some() {
            by.truncate(found.map_or(1, |i| i + 1));
        }
        let (id, mut steps) = (tab.id, now.steps_unsorted());
        if !by.is_empty() {
            steps.push(Step::Sort(Sort { by }));
        }
        self.carry_out(id, steps);
        Ok(())
    }

    pub(in crate::tui) fn act_sample(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "rows") else {
            self.push(Prompt::new(Msg::new("prompt-sample"), Act::SampleRows, "rows", "10000".to_owned(), Vec::new()));
            return Ok(());
        };
        let rows = rows_of(&text)?;
        let only = Sample { rows, seed: 0 };
        let sample = Step::Sample(only.clone());
        match self.tab_mut().and_then(|t| t.refused.take()).filter(|_| values.contains_key("again")) {
            Some(refused) => {
                if let Some(Step::Rank(rank)) = refused.last() {
                    self.rank_rows(rank.clone(), Some(only));
                    return Ok(());
                }
                let Some(tab) = self.tab() else { return Ok(()) };
                // The sample goes before what was refused, and after what is in force already.
                let kept = tab.session.now().steps.iter().zip(&refused).take_while(|(a, b)| a == b).count();
                let (id, mut steps) = (tab.id, refused);
                steps.insert(kept, sample);
                self.carry_out(id, steps);
            }
            None => self.add_step(sample),
        }
        Ok(())
    }

    pub(in crate::tui) fn act_history(&mut self, back: bool) {
        let Some(tab) = self.tab_mut() else { return };
        let kept = tab.dataset().table_row(tab.row);
        let moved = if back { tab.session.undo() } else { tab.session.redo() };
        if moved {
            tab.row = kept.map_or(0, |r| tab.dataset().place_of(r));
            tab.changed(false);
        } else {
            self.say(tr(if back { "undo-nothing" } else { "redo-nothing" }));
        }
    }
}
