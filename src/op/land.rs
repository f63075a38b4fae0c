//! Bring rows that are somewhere else here, and say beforehand what that takes. Knows no engine.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Context, Outcome};
use crate::data::{Control, Dataset, Origin, Table};
use crate::error::Result;
use crate::text::{Arg, Msg, number};

/// Rows that are fetched to find out how fast they come.
const TRIED: usize = 4_000;

/// Keep the rows and columns in view as Parquet on this machine, for as long as they are open; what follows is done here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Land {}

/// What bringing rows here is expected to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Rows; none where nobody knows.
    pub rows: Option<u64>,
    /// Bytes they take in memory.
    pub bytes: Option<u64>,
    /// Seconds, at the speed of some rows that were fetched one screen after the other: an upper bound, mostly.
    pub seconds: Option<f64>,
}

impl Land {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-land")
    }

    /// The same rows, here. Does nothing to rows that are.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let Some(table) = narrowed(dataset, &context.control)? else { return Ok(dataset.clone().into()) };
        let Some(landed) = table.landed(&context.control)? else { return Ok(dataset.clone().into()) };
        let notes = vec![Msg::new("note-landed").with("rows", landed.rows().known())];
        Ok(Outcome { notes, ..Dataset::new(landed).into() })
    }
}

/// The table of the columns in view, where the rows are somewhere else.
fn narrowed(dataset: &Dataset, control: &Control) -> Result<Option<Arc<dyn Table>>> {
    let Some(place) = dataset.place() else { return Ok(None) };
    let all = dataset.table().schema().len();
    if dataset.places().iter().copied().eq(0..all) {
        return Ok(Some(dataset.table().clone()));
    }
    let names = || dataset.schema().columns().iter().map(|c| c.name.as_str());
    let columns: Vec<(String, Origin)> =
        names().map(str::to_owned).zip(dataset.places().iter().map(|p| Origin::Kept(*p))).collect();
    match place.remote.with_columns(&columns) {
        Some(remote) => remote.open(&place.relation.columns(names()), control).map(Some),
        None => Ok(Some(dataset.table().clone())),
    }
}

/// What bringing the rows in view here is expected to take; none where they are here. Fetches a few of them.
pub fn forecast(dataset: &Dataset, control: &Control) -> Result<Option<Forecast>> {
    let Some(place) = dataset.place() else { return Ok(None) };
    let names = dataset.schema().columns().iter().map(|c| c.name.as_str());
    let expected = place.remote.estimate(&place.relation.clone().columns(names), control)?;
    let places: Vec<usize> = (0..dataset.schema().len()).collect();
    let apart = place.remote.gives_windows();
    let begun = Instant::now();
    // Where rows cannot be had apart, those that are here tell how large they are, and not how fast they come.
    let from = if apart { dataset.row_count().known() } else { 0 };
    let tried = if apart { TRIED } else { TRIED.min(dataset.row_count().known() as usize) };
    let next = dataset.window(&places, from, tried)?.into_inner();
    let seconds = begun.elapsed().as_secs_f64();
    let rows = match dataset.row_count() {
        count if count.is_exact() => Some(count.known()),
        _ if !apart => Some(dataset.count(control)?),
        _ => expected.and_then(|e| e.rows),
    };
    let of_all = |figure: f64| rows.map(|rows| figure / next.height() as f64 * rows as f64);
    let some = next.height() > 0;
    let first = match some {
        true => next.estimated_size() as f64,
        false => dataset.row_bytes(&places)? as f64,
    };
    Ok(Some(Forecast {
        rows,
        bytes: match some {
            true => of_all(first).map(|b| b as u64),
            false => rows.map(|rows| rows.saturating_mul(first as u64)),
        },
        // All that is left was fetched already.
        seconds: match some {
            true => of_all(seconds).filter(|_| apart),
            false => Some(0.0),
        },
    }))
}

impl Forecast {
    /// In a sentence.
    pub fn words(&self, place: &str) -> Msg {
        let unknown = || "?".to_owned();
        let told = |id| {
            let rows = self.rows.map_or_else(|| unknown().into(), Arg::from);
            Msg::new(id)
                .with("place", place)
                .with("rows", rows)
                .with("size", self.bytes.map_or_else(unknown, number::bytes))
        };
        match self.seconds {
            Some(seconds) => told("land-expected").with("seconds", number::readable(seconds.max(1.0).ceil(), 2)),
            None => told("land-expected-untimed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::{Column, DataFrame};

    #[test]
    fn a_time_nobody_knows_is_not_told() {
        use crate::text::Lang;
        let words = |seconds| Forecast { rows: Some(40), bytes: Some(5_960), seconds }.words("here");
        assert_eq!(words(None).in_lang(Lang::En), "here: about 40 rows, 5.96 kB");
        assert_eq!(words(Some(0.0)).in_lang(Lang::Ja), "here: 約 40 行、5.96 kB、1 秒");
    }

    #[test]
    fn rows_that_are_here_stay_as_they_are() {
        let n = Column::new("n".into(), [1i64, 2, 3]);
        let data = Dataset::from_frame(DataFrame::new(3, vec![n]).unwrap());
        let context = Context::new(Control::new(), 1 << 20);
        let out = Land {}.run(&data, &context).unwrap();
        assert!(out.notes.is_empty() && Arc::ptr_eq(out.dataset.table(), data.table()));
        assert_eq!(forecast(&data, &Control::new()).unwrap(), None);
    }

    #[test]
    fn a_forecast_says_what_it_does_not_know() {
        let known = Forecast { rows: Some(1_500_000), bytes: Some(96 << 20), seconds: Some(11.2) };
        assert!(known.words("prod").to_string().contains("1,500,000"));
        let one = Forecast { rows: Some(1), ..known };
        assert!(one.words("prod").to_string().contains("about 1 row,"));
        let unknown = Forecast { rows: None, bytes: None, seconds: None };
        assert!(unknown.words("prod").to_string().contains('?'));
    }
}
