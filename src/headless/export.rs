//! `export`: all rows, to a file or in a format that is named.

use crate::data::Dataset;
use crate::error::Result;
use crate::op::land;

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(None)?;
    let limit = run.limit(None)?;
    let dataset = run.rows(limit)?;
    if !destination.format().is_query() && limit.is_none() {
        expect(run, &dataset);
    }
    let written = run.write(&dataset, limit, &destination)?;
    // A query has no rows to be missed.
    if written.closed || destination.format().is_query() { Ok(()) } else { run.check_rows(written.rows) }
}

/// Says what it takes to bring rows here that are somewhere else, unless they are here already. Goes on without where the
/// engine cannot tell.
fn expect(run: &Run, dataset: &Dataset) {
    if dataset.row_count().is_exact() || run.settings.quiet {
        return;
    }
    let Some(place) = dataset.place() else { return };
    if let Ok(Some(forecast)) = land::forecast(dataset, run.control()) {
        run.notice(&forecast.words(place.remote.name()));
    }
}
