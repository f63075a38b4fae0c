//! `shape`: steps that change columns and rows, in the order their flags were given.

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::op::filter::Filter;
use crate::op::sample::Sample;
use crate::op::select::Select;
use crate::op::sort::Sort;
use crate::op::{Step, spell};
use crate::output::{Format, Sampled};
use crate::text::Msg;

use super::report;
use super::run::Run;

/// Rows that are given unless something else is asked for.
pub const LIMIT: u64 = 100;

/// Flags that are steps.
const STEPS: [&str; 17] = [
    "where",
    "sample",
    "sort",
    "columns",
    "rename",
    "cast",
    "derive",
    "flatten",
    "params",
    "bucket",
    "explode",
    "unpivot",
    "pivot",
    "join",
    "sessions",
    "session-table",
    "first",
];

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let steps = steps(run)?;
    let limit = shown(run)?;
    let dataset = carried_out(run, steps)?;
    let written = run.write(&dataset, limit, &destination)?;
    cut_hint(run, written.cut.is_some());
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}

/// The most rows to give: all where they go to a file, else the first ones.
pub fn shown(run: &Run) -> Result<Option<u64>> {
    run.limit(if run.values.has("output") { None } else { Some(LIMIT) })
}

/// Says that there is more, where nobody asked for less.
pub fn cut_hint(run: &Run, cut: bool) {
    if cut && !run.values.has("limit") && !run.settings.quiet {
        report::hint(&Msg::new("cli-hint-default-limit").with("limit", LIMIT));
    }
}

/// The steps in the order they were given.
fn steps(run: &Run) -> Result<Vec<Step>> {
    if run.values.has("seed") && !run.values.has("sample") {
        return Err(Error::usage(Msg::new("cli-seed-alone")));
    }
    let seed = run.values.count("seed")?.unwrap_or(0);
    run.values
        .ordered(&STEPS)
        .into_iter()
        .map(|(flag, text)| {
            Ok(match flag {
                "where" => {
                    crate::sql::expr::parse(text)?;
                    Step::Filter(Filter { condition: text.to_owned() })
                }
                "sample" => {
                    let rows = run.values.count("sample")?.unwrap_or_default();
                    Step::Sample(Sample { rows, seed })
                }
                "sort" => {
                    let by = crate::command::cli::split(text).iter().map(|k| k.parse()).collect::<Result<_>>()?;
                    Step::Sort(Sort { by })
                }
                "columns" => Step::Select(Select { columns: crate::command::cli::split(text) }),
                flag => {
                    let unread = || Error::usage(Msg::new("error-spelling").with("flag", flag).with("text", text));
                    let mut step = spell::step(flag, text)?.ok_or_else(unread)?;
                    if let Step::Join(join) = &mut step {
                        // A link may carry a key, which no text may have.
                        join.with.table = run.settings.sources.parse(&join.with.table).to_string();
                    }
                    step
                }
            })
        })
        .collect()
}

fn carried_out(run: &Run, steps: Vec<Step>) -> Result<Dataset> {
    run.control().check()?;
    let _progress = run.progress(false);
    let opened = run.open()?;
    let mut dataset = run.settled(opened)?;
    for step in steps {
        run.control().check()?;
        let before = match &step {
            Step::Sample(_) => dataset.count(run.control())?,
            _ => 0,
        };
        let outcome = step.run(&dataset, &run.context, &mut |_| {})?;
        if let Step::Sample(sample) = &step
            && sample.rows < before
        {
            run.sampled.set(Some(Sampled { rows: sample.rows, of: before, seed: sample.seed }));
        }
        run.notices(&outcome.notes);
        dataset = outcome.dataset;
    }
    run.control().check()?;
    Ok(dataset)
}
