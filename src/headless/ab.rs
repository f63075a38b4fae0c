//! `ab`: the arms of an experiment compared; the sentence first, then the numbers.

use crate::data::Dataset;
use crate::error::{Error, ErrorKind, Result};
use crate::op::Step;
use crate::op::ab::analysis::{Ab, Arm, guess, no_variant};
use crate::op::python::Table;
use crate::output::Format;
use crate::output::report::{Origin, shell};
use crate::result::report::Report;
use crate::text::Msg;

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.report_destination(Some(Format::Term))?;
    let mut step = step(run)?;
    let arms = run.values.all("arm").iter().map(|a| a.parse()).collect::<Result<Vec<Arm>>>()?;
    let mut rows = None;
    let mut sending = None;
    if !run.values.has("locator") {
        run.sending(None, &destination)?;
    }
    let mut report = match (arms.is_empty(), run.values.has("locator")) {
        (false, true) => return Err(Error::usage(Msg::new("ab-arms-and-table")).hint(Msg::new("hint-ab-arm"))),
        (true, false) => return Err(Error::usage(Msg::new("ab-nothing")).hint(Msg::new("hint-ab-arm"))),
        (false, false) => step.from_arms(&arms)?,
        (true, true) => {
            let dataset = run.rows(None)?;
            sending = run.sending(Some(&dataset), &destination)?;
            from_table(run, &mut step, &dataset, &mut rows)?
        }
    };
    if let Some(sending) = sending {
        return run.write_sent(sending, &destination);
    }
    super::plan::attach(run, &mut report)?;
    let mut origin = origin(run);
    let script = {
        let table = origin.data.as_ref().map(|name| Table { name, before: &origin.steps });
        step.python(&report, table.as_ref())
    };
    (origin.script, origin.rows) = (Some(script), rows);
    run.write_report(&report, &origin, &destination)?;
    match report.failed {
        Some(message) => Err(Error::new(ErrorKind::Check, message)),
        None => Ok(()),
    }
}

/// Where a report made by this command comes from.
pub fn origin(run: &Run) -> Origin {
    let number = |flag: &str| run.values.number(flag).map(|n| n.to_string());
    let words: Vec<String> = std::env::args().skip(1).collect();
    let command = shell(["mekiki"].into_iter().chain(words.iter().map(String::as_str)));
    let before = [("where", run.values.text("where").map(str::to_owned)), ("sample", number("sample"))];
    let before = before.into_iter().filter_map(|(flag, value)| {
        Some(Msg::new("report-flag").with("flag", format!("--{flag}")).with("value", value?))
    });
    Origin {
        data: run.values.text("locator").map(str::to_owned),
        rows: None,
        steps: before.collect(),
        command: Some(command),
        script: None,
    }
}

fn from_table(run: &Run, step: &mut Ab, dataset: &Dataset, rows: &mut Option<u64>) -> Result<Report> {
    if step.variant.is_empty() || step.metrics.is_empty() {
        fill(run, step, dataset)?;
    }
    let report = {
        let _progress = run.progress(false);
        step.report(dataset, &run.context)?
    };
    *rows = Some(dataset.row_count()).filter(|n| n.is_exact()).map(|n| n.known());
    run.notices_about(dataset, Step::Ab(step.clone()))?;
    Ok(report)
}

/// Fills in what was not said, and says so. Where nothing was said, all of it is guessed as the form would have it, but for
/// a unit whose rows are one each.
fn fill(run: &Run, step: &mut Ab, dataset: &Dataset) -> Result<()> {
    let guessed = guess(dataset)?;
    let nothing_said = step.variant.is_empty() && step.metrics.is_empty();
    if step.variant.is_empty() {
        step.variant = guessed.variant;
    }
    if step.metrics.is_empty() {
        step.metrics = guessed.metrics;
    }
    if step.variant.is_empty() {
        return Err(no_variant(dataset));
    }
    let mut more = Vec::new();
    if nothing_said {
        let alone =
            step.denominator.is_none() && step.covariate.is_none() && step.winsorise.is_none() && step.kind.is_none();
        let second = if alone { (guessed.denominator, guessed.covariate) } else { (None, None) };
        let unit = step.repeated_unit(dataset, &run.context)?;
        let fields = [
            (&mut step.unit, unit),
            (&mut step.denominator, second.0),
            (&mut step.covariate, second.1),
            (&mut step.day, guessed.day),
            (&mut step.segment, guessed.segment),
        ];
        for (field, found) in fields {
            if let Some(name) = found.filter(|_| field.is_none()) {
                more.push(name.clone());
                *field = Some(name);
            }
        }
    }
    if !step.metrics.is_empty() {
        let id = if more.is_empty() { "ab-guessed" } else { "ab-guessed-more" };
        let said = Msg::new(id).with("metric", step.metrics.join(", ")).with("variant", &step.variant);
        run.notice(&said.with("columns", more.join(", ")));
    }
    Ok(())
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
        output: None,
    })
}
