//! `diff`: what differs between two tables, or between a query's result and the one of its run before.

use crate::data::Dataset;
use crate::error::{Error, ErrorKind, Result};
use crate::op::compare::Compare;
use crate::op::other::Other;
use crate::op::{Context, Lookup};
use crate::output::Format;
use crate::text::Msg;

use super::report;
use super::run::Run;

/// Rows that are given unless something else is asked for.
const LIMIT: u64 = super::shape::LIMIT;

/// The earlier table, opened already.
struct Earlier(Dataset);

impl Lookup for Earlier {
    fn table(
        &self,
        _locator: &str,
        _open: &crate::data::OpenOptions,
        _control: &crate::data::Control,
    ) -> Result<Dataset> {
        Ok(self.0.clone())
    }
}

pub fn run(run: &Run) -> Result<()> {
    let values = run.values;
    let destination = run.destination(Some(Format::Term))?;
    let limit = run.limit(if values.has("output") { None } else { Some(LIMIT) })?;
    let choice = run.choice()?;
    let options = values.open_options()?;
    let (with, before, after) = {
        let _progress = run.progress(false);
        let open = |text: &str| -> Result<Dataset> {
            let opened = run.open_at(&run.settings.sources.parse(text), &options)?;
            run.settled(opened)
        };
        match values.all("locator") {
            [before, after] => (before.clone(), open(before)?, open(after)?),
            [after] => {
                let locator = run.settings.sources.parse(after);
                let now = open(after)?;
                let earlier = run.settings.sources.earlier(
                    &locator,
                    &options,
                    now.table().reading().as_deref(),
                    run.control(),
                )?;
                let Some(entry) = earlier.into_iter().next() else {
                    return Err(Error::usage(Msg::new("error-diff-alone").with("name", locator.to_string()))
                        .hint(Msg::new("hint-diff-alone")));
                };
                run.notice(&Msg::new("diff-earlier").with("name", &entry.name));
                let before = open(&entry.locator)?;
                (entry.locator, before, now)
            }
            _ => return Err(Error::usage(Msg::new("error-diff-tables")).hint(Msg::new("hint-diff-alone"))),
        }
    };
    let compare = Compare {
        ignore: values.list("ignore"),
        long: values.has("long"),
        ..Compare::new(Other::new(with), values.list("keys"))
    };
    let context = Context { tables: std::sync::Arc::new(Earlier(before)), ..run.context.clone() };
    let (outcome, differences) = {
        let _progress = run.progress(false);
        compare.counted(&after, &context)?
    };
    run.notices_of(&after);
    run.notices(&outcome.notes);
    let shown = run.choose(outcome.dataset, choice, limit)?;
    let written = run.write(&shown, limit, &destination)?;
    if written.cut.is_some() && !values.has("limit") && !run.settings.quiet {
        report::hint(&Msg::new("cli-hint-default-limit").with("limit", LIMIT));
    }
    if written.closed {
        return Ok(());
    }
    if values.has("check") && differences > 0 {
        return Err(Error::new(ErrorKind::Check, Msg::new("diff-check").with("rows", differences)));
    }
    run.check_rows(written.rows)
}
