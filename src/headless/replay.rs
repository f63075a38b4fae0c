//! `run`: a recipe, carried out on its own table or on another one.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::Dataset;
use crate::engine::recipe::{Action, Entry, Play, Recipe};
use crate::error::{Error, Result};
use crate::op::python::Table;
use crate::op::{Outcome, Product, Step};
use crate::output::{Format, Sampled, Target, write_text};
use crate::source::OpenOptions;
use crate::text::Msg;

use super::destination::Destination;
use super::report;
use super::run::Run;

/// Rows of the last table that are shown on standard output unless something else is asked for.
const LIMIT: u64 = 100;

pub fn run(run: &Run) -> Result<()> {
    let recipe = Recipe::load(Path::new(run.values.text("recipe").unwrap_or_default()))?;
    let mut play = recipe.fill(&given(run.values.all("param"))?, &run.settings.sources)?;
    let locator = run.settings.sources.parse(run.values.text("locator").unwrap_or(&play.locator));
    let drawn = draw_last(run, &mut play)?;
    // Before anything is opened: what cannot be written is not worth computing.
    let outputs = play.entries.iter().map(|e| output(run, &play, e)).collect::<Result<Vec<_>>>()?;
    // A recipe that writes files gives its last table as well only where a flag speaks of it.
    const LAST: [&str; 8] = ["output", "format", "json", "where", "sample", "sort", "columns", "limit"];
    let silent = drawn || play.outputs() > 0 && !LAST.iter().any(|flag| run.values.has(flag));
    let destination = if silent { None } else { Some(run.destination(Some(Format::Term))?) };
    let choice = run.choice()?;

    // Values given by name are the recipe's here; what a query takes stands in the recipe.
    let given = OpenOptions { parameters: Vec::new(), ..run.values.open_options()? };
    let options = given.over(play.open.clone());
    let opened = {
        let _progress = run.progress(false);
        run.open_at(&locator, &options)?
    };
    if run.values.has("dry-run") {
        run.notices(&play.check(opened.schema())?);
        return plan(run, &play, &locator.to_string(), &outputs, destination.as_ref());
    }
    let base = {
        let _progress = run.progress(false);
        run.settled(opened)?
    };
    run.notices(&play.check(base.schema())?);
    let last = play.run(base, &run.context, &mut |entry, before, outcome| {
        run.notices(&outcome.notes);
        if let Action::Step(Step::Sample(sample)) = &entry.action {
            let of = before.count(run.control())?;
            if sample.rows < of {
                run.sampled.set(Some(Sampled { rows: sample.rows, of, seed: sample.seed }));
            }
        }
        match &outputs[entry.number - 1] {
            Some(to) => written(run, &play, entry, outcome, to),
            None => Ok(()),
        }
    })?;
    finish(run, &last, choice, destination)
}

/// The last table, where no output of the recipe or a flag says that it goes somewhere.
fn finish(run: &Run, last: &Dataset, choice: super::rows::Choice, to: Option<Destination>) -> Result<()> {
    let Some(to) = to else {
        return if run.values.has("fail-empty") { run.check_rows(last.count(run.control())?) } else { Ok(()) };
    };
    let shown = to.path().is_none() && to.format() == Format::Term;
    let limit = run.limit(shown.then_some(LIMIT))?;
    let dataset = run.choose(last.clone(), choice, limit)?;
    let written = run.write(&dataset, limit, &to)?;
    if written.cut.is_some() && !run.values.has("limit") && !run.settings.quiet {
        report::hint(&Msg::new("hint-recipe-limit").with("limit", LIMIT));
    }
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}

/// Where an image is asked for, that is the last chart of the recipe. True if there is one.
fn draw_last(run: &Run, play: &mut Play) -> Result<bool> {
    let Some(path) = run.values.text("output").filter(|o| *o != "-").map(Path::new) else { return Ok(false) };
    let Ok((format, _)) = Format::from_path(path) else { return Ok(false) };
    let fits = |step: &Step| match format.check_figure() {
        Ok(()) => format.is_image() && step.is_look(),
        Err(_) => step.is_report(),
    };
    let last = play.entries.iter_mut().rev().find(|e| matches!(&e.action, Action::Step(step) if fits(step)));
    let Some(entry) = last else { return Ok(false) };
    // A flag's path begins at the current folder, not at the recipe's.
    entry.output = Some(std::path::absolute(path).map_err(|e| Error::io(path, e))?);
    Ok(true)
}

/// The values given with `-p`.
fn given(words: &[String]) -> Result<BTreeMap<String, String>> {
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(Error::usage(Msg::new("error-recipe-param").with("text", word)).hint(Msg::new("hint-recipe-param"))),
    };
    words.iter().map(pair).collect()
}

/// Where an entry writes to.
fn output(run: &Run, play: &Play, entry: &Entry) -> Result<Option<Destination>> {
    let Some(path) = &entry.output else { return Ok(None) };
    let (bom, excel_safe) = match &entry.action {
        Action::Export(export) => (export.bom, export.excel_safe),
        Action::Step(_) => (false, false),
    };
    let to = run.destination_at(play.path(path), bom, excel_safe).and_then(|to| {
        match &entry.action {
            Action::Step(Step::Chart(_)) => to.format().check_figure()?,
            Action::Step(step) if step.is_report() => {}
            _ => to.format().check_table()?,
        }
        Ok(to)
    });
    to.map(Some).map_err(|mut e| {
        if e.hint.as_ref().is_some_and(|h| h.id == "hint-output-format") {
            e = e.hint(Msg::new("hint-recipe-output").with("names", Format::names()));
        }
        play.placed(entry, e)
    })
}

/// Writes what an entry made: its figure or receipt, or its table where it made nothing else.
fn written(run: &Run, play: &Play, entry: &Entry, outcome: &Outcome, to: &Destination) -> Result<()> {
    match &outcome.product {
        Some(Product::Report(report)) => {
            let before = play.entries[..entry.number - 1].iter().filter_map(|e| match &e.action {
                Action::Step(step) if !step.is_look() => Some(step.words()),
                _ => None,
            });
            let mut origin = super::ab::origin(run);
            origin.data = Some(run.values.text("locator").unwrap_or(&play.locator).to_owned());
            origin.steps.splice(0..0, before);
            origin.rows = Some(outcome.dataset.row_count()).filter(|n| n.is_exact()).map(|n| n.known());
            if let Action::Step(step) = &entry.action {
                let name = origin.data.as_deref().unwrap_or_default();
                origin.script = step.script(report, &Table { name, before: &origin.steps });
            }
            run.write_report(report, &origin, to)
        }
        Some(product) => write_product(run, product, to),
        None => run.write(&outcome.dataset, None, to).map(drop),
    }
}

fn write_product(run: &Run, product: &Product, to: &Destination) -> Result<()> {
    match product {
        Product::Receipt(receipt) if to.format() == Format::Json => run.write_json(&receipt.to_json(), to),
        Product::Receipt(receipt) => run.write_list(&receipt.to_table(), to),
        Product::Figure(figure) => super::chart::write_figure(run, figure, to),
        Product::Report(report) => run.write_report(report, &super::ab::origin(run), to),
    }
}

/// Says what would be done.
fn plan(
    run: &Run,
    play: &Play,
    locator: &str,
    outputs: &[Option<Destination>],
    last: Option<&Destination>,
) -> Result<()> {
    let mut lines = vec![Msg::new("recipe-plan-open").with("name", locator)];
    for (entry, output) in play.entries.iter().zip(outputs) {
        let path = output.as_ref().and_then(Destination::path).map(|p| p.display().to_string());
        match &entry.action {
            Action::Step(step) => {
                lines.push(Msg::new("recipe-plan-step").with("words", step.words()));
                lines.extend(
                    path.map(|p| Msg::new("recipe-plan-write-step").with("step", entry.number).with("path", p)),
                );
            }
            Action::Export(_) => lines.extend(path.map(|p| Msg::new("recipe-plan-write").with("path", p))),
        }
    }
    lines.extend(last.map(|to| match to.path() {
        Some(path) => Msg::new("recipe-plan-write").with("path", path.display().to_string()),
        None => Msg::new("recipe-plan-out"),
    }));
    if !run.settings.quiet {
        report::done(&Msg::new("recipe-plan"));
    }
    let text: String = lines.iter().enumerate().map(|(i, line)| format!("{}. {}\n", i + 1, safe(line))).collect();
    write_text(&text, &Target::Stdout).map(drop)
}

/// A line that may carry what is in the recipe.
fn safe(line: &Msg) -> String {
    crate::text::safe::line(&line.to_string()).into_owned()
}
