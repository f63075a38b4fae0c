//! `export`: all rows, to a file or in a format that is named.

use crate::error::Result;

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(None)?;
    let limit = run.limit(None)?;
    let dataset = run.rows(limit)?;
    let written = run.write(&dataset, limit, &destination)?;
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}
