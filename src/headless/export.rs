//! `export`: all rows, to a file or in a format that is named.

use crate::error::Result;

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(None)?;
    let limit = run.limit(None)?;
    let dataset = run.rows(limit)?;
    let written = run.write(&dataset, limit, &destination)?;
    // A query has no rows to be missed.
    if written.closed || destination.format().is_query() { Ok(()) } else { run.check_rows(written.rows) }
}
