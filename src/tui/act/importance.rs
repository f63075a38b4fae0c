//! What drives a column: asked of the column under the cursor, answered in a screen of its own.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::importance::ImportanceView;
use super::text_of;
use crate::error::Result;
use crate::op::importance::task::Task;
use crate::op::importance::{Importance, tell};
use crate::output::plot::Glyphs;
use crate::text::Msg;

impl App {
    /// Explains a column by the others.
    pub(in crate::tui) fn act_importance(&mut self, values: &Values) -> Result<()> {
        if let Some(sentence) = text_of(values, "copy") {
            self.copy(&sentence);
            return Ok(());
        }
        let Some(tab) = self.tab() else { return Ok(()) };
        let under_cursor = || tab.current_column().map(|c| c.name.clone());
        let Some(target) = text_of(values, "target").or_else(under_cursor) else { return Ok(()) };
        let dropped = values.get("drop").and_then(|v| v.as_array());
        let step = Importance {
            target,
            task: text_of(values, "task").map(|t| Task::from_name(&t)).transpose()?,
            drop: dropped.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            time: text_of(values, "time"),
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
}
