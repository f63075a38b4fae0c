//! What drives a column: asked of the column under the cursor, answered in a screen of its own.

use std::sync::Arc;

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::importance::ImportanceView;
use super::super::tab::Tab;
use super::report::Reporting;
use super::{rows_of, text_of};
use crate::command::Act;
use crate::engine::without_looks;
use crate::error::Result;
use crate::op::Step;
use crate::op::importance::prepare::MOST_ROWS;
use crate::op::importance::task::Task;
use crate::op::importance::{Answer, Importance, columns, draw, guess, tell};
use crate::op::python::Table;
use crate::output::plot::Glyphs;
use crate::output::report::{Origin, shell};
use crate::text::{Msg, tr};
use crate::value::{Column, Kind};

impl App {
    /// Explains a column by the others.
    pub(in crate::tui) fn act_importance(&mut self, values: &Values) -> Result<()> {
        if let Some(sentence) = text_of(values, "copy") {
            self.copy(&sentence);
            return Ok(());
        }
        if values.contains_key("export") {
            return self.export_report(Act::Importance, values);
        }
        let Some(target) = text_of(values, "target") else {
            self.importance_form();
            return Ok(());
        };
        let Some(tab) = self.tab() else { return Ok(()) };
        // A form gives names in one line, the screen of an answer a list.
        let drop: Vec<String> = match values.get("drop") {
            Some(toml::Value::Array(names)) => names.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(toml::Value::String(line)) => columns(tab.dataset().schema(), line),
            _ => Vec::new(),
        };
        let chosen = |name: &str| text_of(values, name).filter(|v| !v.is_empty());
        let step = Importance {
            target,
            task: chosen("task").map(|t| Task::from_name(&t)).transpose()?,
            drop,
            time: chosen("time"),
            split_column: chosen("split-column"),
            sample: chosen("sample").map(|s| rows_of(&s)).transpose()?,
            ..Importance::default()
        };
        let (rows, id) = (tab.rows(), tab.id);
        let (mut origin, stem, made) = (origin(tab, &step), step.file_stem(), step.clone());
        self.spawn_ok(
            Msg::new("task-importance").with("name", &step.target),
            Some(id),
            move |context| {
                let (answer, count) = rows.with(context, |rows| Ok((step.answer(rows, context)?, rows.row_count())))?;
                let report = tell::report(&answer)?;
                origin.rows = Some(count).filter(|n| n.is_exact()).map(|n| n.known());
                let name = origin.data.as_deref().unwrap_or_default();
                origin.script = Some(step.python(&report, &Table { name, before: &origin.steps }));
                Ok((answer.slim(), report, origin))
            },
            move |app, (answer, report, origin)| {
                let answer = Arc::new(answer);
                app.keep_report(Reporting {
                    report: report.clone(),
                    origin,
                    stem,
                    made_by: Some((id, Step::Importance(made))),
                    answer: Some(answer.clone()),
                });
                app.push(ImportanceView::new(answer, report, Glyphs::from_env()));
            },
        );
        Ok(())
    }

    /// The form for the column under the cursor, or for another one where that is nothing to explain; filled in once the
    /// first rows were read.
    fn importance_form(&mut self) {
        let Some(tab) = self.tab() else { return };
        let (rows, id) = (tab.rows(), tab.id);
        let current = tab.current_column().map(|c| c.name.clone());
        let wanted = current.clone();
        self.spawn_ok(
            Msg::new("task-importance-guess").with("name", &tab.title),
            Some(id),
            move |context| rows.with(context, |rows| guess::target(rows, wanted.as_deref())),
            move |app, guessed| {
                // Who has gone to another table meanwhile is not asked about this one.
                if app.tab().is_some_and(|t| t.id == id) {
                    app.importance_filled(guessed.or(current));
                }
            },
        );
    }

    fn importance_filled(&mut self, target: Option<String>) {
        let Some(tab) = self.tab() else { return };
        let columns: Vec<&Column> = tab.columns().iter().filter(|c| !c.kind.is_nested()).collect();
        let at = columns.iter().position(|c| Some(&c.name) == target.as_ref()).unwrap_or(0);
        let names = columns.iter().map(|c| (c.name.clone(), c.name.clone())).collect();
        let tasks = [Task::Number, Task::YesNo, Task::Classes].map(|t| (t.name().to_owned(), t.word().to_string()));
        let tasks = [(String::new(), tr("importance-form-guess"))].into_iter().chain(tasks).collect();
        let times = columns.iter().filter(|c| c.kind.is_temporal()).map(|c| (c.name.clone(), c.name.clone()));
        let times = [(String::new(), tr("importance-form-chance"))].into_iter().chain(times).collect();
        let mut fields = vec![
            Field::choice("target", Msg::new("importance-form-target"), names, at),
            Field::choice("task", Msg::new("importance-form-task"), tasks, 0),
            Field::text("drop", Msg::new("importance-form-drop"), ""),
            Field::choice("time", Msg::new("importance-form-time"), times, 0),
        ];
        let splits: Vec<_> =
            columns.iter().filter(|c| c.kind == Kind::Boolean).map(|c| (c.name.clone(), c.name.clone())).collect();
        if !splits.is_empty() {
            let splits = [(String::new(), tr("importance-form-no"))].into_iter().chain(splits).collect();
            fields.push(Field::choice("split-column", Msg::new("importance-form-split"), splits, 0));
        }
        let most = Msg::new("importance-form-sample-help").with("most", MOST_ROWS).to_string();
        fields.push(Field::text("sample", Msg::new("importance-form-sample"), "").helped(most));
        let title = Msg::new("cmd-importance").to_string();
        self.push(Form::new(title, Act::Importance, fields, tr("importance-form-note")));
    }
}

/// Where the report of an analysis of this table comes from.
fn origin(tab: &Tab, step: &Importance) -> Origin {
    let steps = without_looks(&tab.session.now().steps);
    let data = tab.locator.as_ref().map_or_else(|| tab.title.clone(), |(l, _)| l.to_string());
    // A command is told where it finds the same rows: those of the table as it was opened.
    let command =
        (steps.is_empty() && tab.locator.is_some()).then(|| shell(step.command(&data).iter().map(String::as_str)));
    Origin { data: Some(data), steps: steps.iter().map(Step::words).collect(), command, ..Origin::default() }
}

/// Puts the figure in front, or the table of every row, into what is written, and into the step that makes it.
pub(super) fn in_front(open: &mut Reporting, answer: &Answer, rows: bool, image: Option<&Values>) -> Result<()> {
    let mut step = Importance { values: rows, ..answer.step.clone() };
    if let Some(values) = image {
        step.figure = text_of(values, "figure").map(|name| name.parse()).transpose()?;
        step.feature = text_of(values, "feature");
        step.row = values.get("row").and_then(toml::Value::as_integer).and_then(|r| u64::try_from(r).ok());
        open.report.figures = draw::figures(answer, &step)?;
    }
    open.report.rows = rows.then(|| tell::values(answer));
    if let Some((_, made)) = &mut open.made_by {
        *made = Step::Importance(step);
    }
    Ok(())
}
