//! `importance`: what drives a column; the sentence first, then the ranking.

use crate::error::{Error, Result};
use crate::op::importance::task::Task;
use crate::op::importance::{Answer, Importance, draw, script, tell};
use crate::output::Format;
use crate::output::image::{self, ImageOptions};
use crate::text::Msg;

use super::ab;
use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.report_destination(Some(Format::Term))?;
    let step = step(run)?;
    let dataset = run.rows_unsampled()?;
    let answer = {
        let _progress = run.progress(false);
        step.answer(&dataset, &run.context)?
    };
    run.notices_of(&dataset);
    if destination.format().is_image() {
        let figure = figure(run, &answer)?;
        let size = ImageOptions::default();
        let bytes = match destination.format() {
            Format::Svg => image::svg(&figure, &size)?.into_bytes(),
            _ => image::png(&figure, &size)?,
        };
        return run.write_bytes(&bytes, &destination);
    }
    if run.values.has("values") {
        return run.write_result(&tell::values(&answer), &destination);
    }
    let mut origin = ab::origin(run);
    origin.script = Some(script::python(&answer, run.values.text("locator").unwrap_or_default()));
    run.write_report(&tell::report(&answer), &origin, &destination)
}

/// The figure asked for.
fn figure(run: &Run, answer: &Answer) -> Result<crate::result::figure::Figure> {
    let nothing = || Error::failed(tell::verdict(answer).sentence);
    let column = || match run.values.text("feature") {
        None => Ok(answer.columns.first().map(|c| c.columns[0])),
        Some(name) => match answer.columns.iter().find(|c| c.names[0] == name) {
            Some(c) => Ok(Some(c.columns[0])),
            None => Err(Error::usage(Msg::new("importance-error-feature").with("name", name))),
        },
    };
    let figure = match run.values.text("figure") {
        Some("beeswarm") => draw::beeswarm(answer),
        Some("dependence") => column()?.and_then(|c| draw::dependence(answer, c, None)),
        Some("waterfall") => draw::waterfall(answer, 0),
        _ => draw::bars(answer),
    };
    figure.ok_or_else(nothing)
}

/// The analysis the flags describe.
fn step(run: &Run) -> Result<Importance> {
    let values = run.values;
    Ok(Importance {
        target: values.text("target").unwrap_or_default().to_owned(),
        task: values.text("task").map(Task::from_name).transpose()?,
        drop: values.list("drop"),
        sample: values.count("sample")?,
        seed: values.count("seed")?.unwrap_or(0),
        time: values.text("time").map(str::to_owned),
        split_column: values.text("split-column").map(str::to_owned),
    })
}
