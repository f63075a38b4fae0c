//! `importance`: what drives a column; the sentence first, then the ranking.

use crate::error::Result;
use crate::op::importance::task::Task;
use crate::op::importance::{Importance, columns};
use crate::op::python::Table;
use crate::output::Format;

use super::ab;
use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.report_destination(Some(Format::Term))?;
    let mut step = step(run)?;
    let dataset = run.rows_unsampled()?;
    let sending = run.sending(Some(&dataset), &destination)?;
    step.drop = run.values.all("drop").iter().flat_map(|line| columns(dataset.schema(), line)).collect();
    let report = {
        let _progress = run.progress(false);
        step.report(&dataset, &run.context)?
    };
    run.notices_of(&dataset);
    if let Some(sending) = sending {
        return run.write_sent(sending, &destination);
    }
    let mut origin = ab::origin(run);
    // The sample is part of the analysis, nothing that was done before.
    origin.steps.truncate(usize::from(run.values.has("where")));
    let name = origin.data.as_deref().unwrap_or_default();
    origin.script = Some(step.python(&report, &Table { name, before: &origin.steps }));
    origin.rows = Some(dataset.row_count()).filter(|n| n.is_exact()).map(|n| n.known());
    run.write_report(&report, &origin, &destination)
}

/// The analysis the flags describe.
fn step(run: &Run) -> Result<Importance> {
    let values = run.values;
    let text = |name: &str| values.text(name).map(str::to_owned);
    Ok(Importance {
        target: text("target").unwrap_or_default(),
        task: values.text("task").map(Task::from_name).transpose()?,
        sample: values.count("sample")?,
        seed: values.count("seed")?.unwrap_or(0),
        time: text("time"),
        split_column: text("split-column"),
        figure: values.text("figure").map(str::parse).transpose()?,
        feature: text("feature"),
        row: values.count("row")?,
        values: values.has("values"),
        ..Importance::default()
    })
}
