//! What drives a column: asked of the column under the cursor, answered in a screen of its own.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::report::ReportView;
use crate::error::Result;
use crate::op::importance::Importance;
use crate::output::plot::Glyphs;
use crate::text::Msg;

impl App {
    /// Explains a column by the others.
    pub(in crate::tui) fn act_importance(&mut self, _values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(target) = tab.current_column().map(|c| c.name.clone()) else { return Ok(()) };
        let (dataset, id) = (tab.dataset().clone(), tab.id);
        let step = Importance { target, ..Importance::default() };
        self.spawn_ok(
            Msg::new("task-importance").with("name", &step.target),
            Some(id),
            move |context| step.report(&dataset, context),
            move |app, report| app.push(ReportView::new(report, Glyphs::from_env())),
        );
        Ok(())
    }
}
