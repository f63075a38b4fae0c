//! What drives a column: asked of the column under the cursor, answered in a screen of its own.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::importance::ImportanceView;
use super::text_of;
use crate::command::Act;
use crate::error::Result;
use crate::op::importance::task::Task;
use crate::op::importance::{Importance, tell};
use crate::output::plot::Glyphs;
use crate::text::{Msg, tr};
use crate::value::Column;

impl App {
    /// Explains a column by the others.
    pub(in crate::tui) fn act_importance(&mut self, values: &Values) -> Result<()> {
        if let Some(sentence) = text_of(values, "copy") {
            self.copy(&sentence);
            return Ok(());
        }
        let Some(target) = text_of(values, "target") else {
            self.importance_form();
            return Ok(());
        };
        let Some(tab) = self.tab() else { return Ok(()) };
        // A form gives names in one line, the screen of an answer a list.
        let drop: Vec<String> = match values.get("drop") {
            Some(toml::Value::Array(names)) => names.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(toml::Value::String(line)) => {
                line.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()
            }
            _ => Vec::new(),
        };
        let chosen = |name: &str| text_of(values, name).filter(|v| !v.is_empty());
        let step = Importance {
            target,
            task: chosen("task").map(|t| Task::from_name(&t)).transpose()?,
            drop,
            time: chosen("time"),
            ..Importance::default()
        };
        let (dataset, id) = (tab.dataset().clone(), tab.id);
        self.spawn_ok(
            Msg::new("task-importance").with("name", &step.target),
            Some(id),
            move |context| {
                let answer = step.answer(&dataset, context)?;
                let report = tell::report(&answer);
                Ok((answer.slim(), report))
            },
            move |app, (answer, report)| app.push(ImportanceView::new(answer, report, Glyphs::from_env())),
        );
        Ok(())
    }

    /// The form for the column under the cursor, filled in.
    fn importance_form(&mut self) {
        let Some(tab) = self.tab() else { return };
        let columns: Vec<&Column> = tab.columns().iter().filter(|c| !c.kind.is_nested()).collect();
        let current = tab.current_column().map(|c| c.name.clone());
        let at = columns.iter().position(|c| Some(&c.name) == current.as_ref()).unwrap_or(0);
        let names = columns.iter().map(|c| (c.name.clone(), c.name.clone())).collect();
        let tasks = [Task::Number, Task::YesNo, Task::Classes].map(|t| (t.name().to_owned(), t.word().to_string()));
        let tasks = [(String::new(), tr("importance-form-guess"))].into_iter().chain(tasks).collect();
        let times = columns.iter().filter(|c| c.kind.is_temporal()).map(|c| (c.name.clone(), c.name.clone()));
        let times = [(String::new(), tr("importance-form-chance"))].into_iter().chain(times).collect();
        let fields = vec![
            Field::choice("target", Msg::new("importance-form-target"), names, at),
            Field::choice("task", Msg::new("importance-form-task"), tasks, 0),
            Field::text("drop", Msg::new("importance-form-drop"), ""),
            Field::choice("time", Msg::new("importance-form-time"), times, 0),
        ];
        let title = Msg::new("cmd-importance").to_string();
        self.push(Form::new(title, Act::Importance, fields, tr("importance-form-note")));
    }
}
