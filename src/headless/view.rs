//! `view`: some rows, by default the first ones as text for a person.

use crate::error::Result;
use crate::output::Format;
use crate::text::Msg;

use super::report;
use super::run::Run;

/// Rows that are given unless something else is asked for.
const LIMIT: u64 = 100;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let limit = run.limit(Some(LIMIT))?;
    let dataset = run.rows(limit)?;
    let written = run.write(&dataset, limit, &destination)?;
    if written.cut.is_some() && !run.values.has("limit") && !run.settings.quiet {
        report::hint(&Msg::new("cli-hint-default-limit").with("limit", LIMIT));
    }
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}
