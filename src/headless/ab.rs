//! `ab`: the arms of an experiment compared; the sentence first, then the numbers.

use crate::error::{Error, ErrorKind, Result};
use crate::op::ab::analysis::{Ab, Arm, guess};
use crate::output::Format;
use crate::output::image::{self, ImageOptions};
use crate::result::report::Report;
use crate::text::Msg;

use super::destination::Destination;
use super::run::Run;

/// Cells of a line where no terminal tells.
const WIDTH: usize = 100;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.any_destination(Some(Format::Term))?;
    let step = step(run)?;
    let arms = run.values.all("arm").iter().map(|a| a.parse()).collect::<Result<Vec<Arm>>>()?;
    let mut report = match (arms.is_empty(), run.values.has("locator")) {
        (false, true) => return Err(Error::usage(Msg::new("ab-arms-and-table")).hint(Msg::new("hint-ab-arm"))),
        (true, false) => return Err(Error::usage(Msg::new("ab-nothing")).hint(Msg::new("hint-ab-arm"))),
        (false, false) => step.from_arms(&arms)?,
        (true, true) => from_table(run, step)?,
    };
    super::plan::attach(run, &mut report)?;
    write(run, &report, &destination)?;
    match report.failed {
        Some(message) => Err(Error::new(ErrorKind::Check, message)),
        None => Ok(()),
    }
}

fn from_table(run: &Run, mut step: Ab) -> Result<Report> {
    let dataset = run.rows(None)?;
    if step.variant.is_empty() || step.metrics.is_empty() {
        let guessed = guess(&dataset)?;
        if step.variant.is_empty() {
            step.variant = guessed.variant;
        }
        if step.metrics.is_empty() {
            step.metrics = guessed.metrics;
        }
        if step.variant.is_empty() {
            return Err(Error::usage(Msg::new("error-ab-no-variant")).hint(Msg::new("hint-ab-variants")));
        }
        run.notice(&Msg::new("ab-guessed").with("metric", step.metrics.join(", ")).with("variant", &step.variant));
    }
    let report = {
        let _progress = run.progress(false);
        step.report(&dataset, &run.context)?
    };
    run.notices_of(&dataset);
    Ok(report)
}

/// Writes a report in the format asked for.
pub(super) fn write(run: &Run, report: &Report, to: &Destination) -> Result<()> {
    match to.format() {
        Format::Json => run.write_json(&report.to_json(), to),
        Format::Term => {
            let lines = report.lines(to.width().unwrap_or(WIDTH), true);
            run.write_bytes(format!("{}\n", lines.join("\n")).as_bytes(), to)
        }
        format if format.is_image() => {
            let figure = report.figures.first().ok_or_else(|| Error::failed(report.verdict.sentence.clone()))?;
            let size = ImageOptions::default();
            let bytes = if format == Format::Svg {
                image::svg(figure, &size)?.into_bytes()
            } else {
                image::png(figure, &size)?
            };
            run.write_bytes(&bytes, to)
        }
        _ => match report.details.first() {
            Some(table) => run.write_result(table, to),
            None => Ok(()),
        },
    }
}

/// The analysis the flags describe.
fn step(run: &Run) -> Result<Ab> {
    let values = run.values;
    let text = |name: &str| values.text(name).map(str::to_owned);
    let number = |flag: &'static str, text: &str| {
        let bad = || Error::usage(Msg::new("cli-bad-value").with("flag", flag).with("value", text));
        text.trim().parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(bad)
    };
    let whole = |flag: &'static str, text: Option<&str>, otherwise: u64| match text {
        None => Ok(otherwise),
        Some(text) => text
            .trim()
            .parse::<u64>()
            .map_err(|_| Error::usage(Msg::new("cli-bad-value").with("flag", flag).with("value", text))),
    };
    let prior = match values.text("prior") {
        None | Some("uniform") => None,
        Some("jeffreys") => Some([0.5, 0.5]),
        Some(text) => match text.split(',').map(|t| t.trim().parse::<f64>()).collect::<Vec<_>>().as_slice() {
            [Ok(a), Ok(b)] => Some([*a, *b]),
            _ => return Err(Error::usage(Msg::new("error-ab-prior")).hint(Msg::new("hint-ab-prior"))),
        },
    };
    let split = values.text("split").unwrap_or_default();
    Ok(Ab {
        variant: text("variant").unwrap_or_default(),
        metrics: values.list("metric"),
        baseline: text("baseline"),
        unit: text("unit"),
        kind: values.text("kind").map(str::parse).transpose()?,
        denominator: text("denominator"),
        covariate: text("covariate"),
        day: text("day"),
        segment: text("segment"),
        winsorise: values.text("winsorise").map(|t| number("--winsorise", t)).transpose()?,
        lower_is_better: values.has("lower-is-better"),
        margin: values.text("margin").map(|t| number("--margin", t)).transpose()?,
        bootstrap: values.has("bootstrap").then(|| whole("--seed", values.text("seed"), 1)).transpose()?,
        planned: values.text("planned").map(|t| whole("--planned", Some(t), 0)).transpose()?,
        prior,
        alpha: values.text("alpha").map(|t| number("--alpha", t)).transpose()?,
        split: split
            .split([':', ',', '/'])
            .filter(|t| !t.is_empty())
            .map(|t| number("--split", t))
            .collect::<Result<_>>()?,
    })
}
