//! `ab plan` and `ab wizard`: a plan from numbers or from a table, kept in a file; which method answers which question.

use std::path::Path;

use crate::error::{Error, Result};
use crate::op::ab::planning::measure::{Columns, Measured, measure};
use crate::op::ab::planning::saved::Saved;
use crate::op::ab::planning::{Aim, Baseline, Clusters, Question, peek, report, today, wizard as tree};
use crate::output::Format;
use crate::result::report::Report;
use crate::text::{Msg, safe};

use super::run::Run;

/// Cells of a line where no terminal tells.
const WIDTH: usize = 100;

/// A number that was given, of whatever size.
fn number(run: &Run, name: &'static str) -> Result<Option<f64>> {
    let Some(text) = run.values.text(name) else { return Ok(None) };
    let flag = format!("--{name}");
    crate::op::ab::planning::number(text)
        .ok_or_else(|| Error::usage(Msg::new("cli-bad-value").with("flag", flag).with("value", text)))
        .map(Some)
}

pub fn run(run: &Run) -> Result<()> {
    let values = run.values;
    let as_plan = |p: &&str| Path::new(p).extension().is_some_and(|e| e == "toml");
    let file = values.text("output").filter(as_plan);
    let destination = match file {
        Some(_) if !values.has("format") => {
            run.standard_output(if values.has("json") { Format::Json } else { Format::Term })?
        }
        _ => run.report_destination(Some(Format::Term))?,
    };
    let (question, measured) = question(run)?;
    let plan = question.plan()?;
    let columns = measured.as_ref().map(|m| &m.columns);
    let saved = Saved::new(&plan, values.text("locator").map(str::to_owned), columns);
    if let Some(path) = file {
        saved.write(Path::new(path))?;
        run.notice(&Msg::new("plan-saved").with("path", path));
    }
    if values.has("save") {
        let path = saved.keep()?;
        run.notice(&Msg::new("plan-saved").with("path", path.display().to_string()));
    }
    run.write_report(&report(&plan, measured.as_ref()), &super::ab::origin(run), &destination)
}

/// What is asked, with what the table says where a table was named.
fn question(run: &Run) -> Result<(Question, Option<Measured>)> {
    let values = run.values;
    let (rate, mean, sd) = (number(run, "rate")?, number(run, "mean")?, number(run, "sd")?);
    let column = |name: &str| values.text(name).map(str::to_owned);
    let measured = match values.has("locator") {
        false => None,
        true => {
            let metric = column("metric")
                .ok_or_else(|| Error::usage(Msg::new("error-plan-metric")).hint(Msg::new("hint-plan-metric")))?;
            let columns = Columns { metric, unit: column("unit"), cluster: column("cluster"), day: column("day") };
            let dataset = run.rows(None)?;
            let found = {
                let _progress = run.progress(false);
                measure(&dataset, &columns, &run.context)?
            };
            run.notices_of(&dataset);
            Some(found)
        }
    };
    let baseline = match (rate, mean, sd, &measured) {
        (Some(rate), None, None, _) => Baseline::Rate { rate },
        (None, Some(mean), Some(sd), _) => Baseline::Mean { mean, sd },
        (None, None, None, Some(found)) => found.baseline,
        _ => return Err(Error::usage(Msg::new("error-plan-baseline")).hint(Msg::new("hint-plan-baseline"))),
    };
    let start = match values.text("start") {
        None => today(),
        Some(text) => text
            .parse()
            .map_err(|_| Error::usage(Msg::new("cli-bad-value").with("flag", "--start").with("value", text)))?,
    };
    let mut question = Question::new(baseline, start);
    if let Some(change) = values.text("change") {
        question.change = change.parse()?;
    }
    question.aim = values.text("aim").and_then(Aim::parse).unwrap_or_default();
    question.alpha = number(run, "alpha")?.unwrap_or(question.alpha);
    question.power = number(run, "power")?.unwrap_or(question.power);
    question.per_day = number(run, "per-day")?.or(measured.as_ref().and_then(|m| m.per_day));
    question.split = crate::op::ab::planning::split(values.text("split").unwrap_or_default(), values.count("arms")?)?;
    question.clusters = match (number(run, "cluster-size")?, number(run, "icc")?) {
        (None, None) => measured.as_ref().and_then(|m| m.clusters).map(|c| c.1),
        (Some(size), Some(icc)) => Some(Clusters { size, icc }),
        _ => return Err(Error::usage(Msg::new("error-plan-clusters"))),
    };
    Ok((question, measured))
}

/// Adds what the plan of the test says, where one was named.
pub fn attach(run: &Run, report: &mut Report) -> Result<()> {
    let Some(path) = run.values.text("plan").map(Path::new) else { return Ok(()) };
    let mut saved = Saved::read(path)?;
    let before = saved.looks.len();
    peek::attach(report, &mut saved, today(), true)?;
    if saved.looks.len() > before {
        // A plan that may not be written to still tells what reading costs.
        if let Err(e) = saved.write(path) {
            run.notice(&e.message);
        }
    }
    Ok(())
}

pub fn wizard(run: &Run) -> Result<()> {
    let destination = run.any_destination(Some(Format::Term))?;
    if destination.format() == Format::Json {
        return run.write_json(&tree::to_json(), &destination);
    }
    let width = destination.width().unwrap_or(WIDTH).max(20);
    let mut text = String::new();
    for line in tree::lines() {
        let indent = line.len() - line.trim_start().len();
        let (wrapped, _) = safe::wrap(&safe::line(line.trim_start()), width - indent, 20);
        let more = if line.trim_start().starts_with("- ") { indent + 2 } else { indent };
        for (i, part) in wrapped.iter().enumerate() {
            text.push_str(&" ".repeat(if i == 0 { indent } else { more }));
            text.push_str(part);
            text.push('\n');
        }
        if wrapped.is_empty() {
            text.push('\n');
        }
    }
    run.write_bytes(text.as_bytes(), &destination)
}
