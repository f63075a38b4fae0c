//! Keep the rows that meet a condition, without copying any: the answer is a bit for each row of the table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::eval;
use crate::data::{Control, Dataset, Flow, PickedBuilder, Rows, scan};
use crate::error::Result;
use crate::sql::expr;
use crate::text::Msg;

/// How often a growing result is shown.
const SHOW: Duration = Duration::from_millis(60);

/// Keep the rows for which the condition is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The condition in the expression language.
    #[serde(rename = "where")]
    pub condition: String,
}

impl Filter {
    /// The condition in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-filter").with("condition", &self.condition)
    }

    /// The rows in view that meet the condition, in their order. Reads the columns of the condition only. `publish` gets
    /// the rows found so far, now and then.
    pub fn run(&self, dataset: &Dataset, control: &Control, publish: &mut dyn FnMut(Dataset)) -> Result<Dataset> {
        self.first(dataset, u64::MAX, control, publish)
    }

    /// As [`Filter::run`], stopping when `enough` rows are found; the rows found are then right, not complete.
    pub fn first(
        &self,
        dataset: &Dataset,
        enough: u64,
        control: &Control,
        publish: &mut dyn FnMut(Dataset),
    ) -> Result<Dataset> {
        let condition = expr::parse(&self.condition)?;
        // A hidden column can still decide.
        let all = dataset.with_all_columns();
        let places = condition.columns().iter().map(|n| all.schema().require(n)).collect::<Result<Vec<_>>>()?;
        eval::check(&condition, all.schema())?;
        let table = all.table();
        let mut parts = table.parts(control)?;
        if let Rows::Picked(p) = dataset.rows() {
            // Parts without a row in view are judged without being read.
            let first = parts.iter().position(|part| p.any(part.start, part.len)).unwrap_or(parts.len());
            let last = parts.iter().rposition(|part| p.any(part.start, part.len)).map_or(0, |i| i + 1);
            parts = parts.get(first.min(last)..last).unwrap_or_default().to_vec();
        }
        control.restart(parts.iter().map(|p| p.len as u64).sum());
        let mut builder = PickedBuilder::new();
        let mut shown = Instant::now();
        let ordered = matches!(dataset.rows(), Rows::Ordered(_));
        let mut stopped = false;
        scan(
            table.as_ref(),
            &places,
            &parts,
            control,
            |start, frame| {
                let mask = eval::mask(&condition, &frame)?;
                Ok(match dataset.rows() {
                    Rows::Picked(p) => &mask & &p.mask(start, frame.height()),
                    _ => mask,
                })
            },
            |part, mask| {
                builder.push(part.start, part.len, mask.iter().map(|v| v.unwrap_or(false)));
                let found = builder.snapshot();
                if !ordered && shown.elapsed() >= SHOW && !found.is_empty() {
                    shown = Instant::now();
                    publish(dataset.with_rows(Rows::Picked(Arc::new(found.clone()))));
                }
                stopped = !ordered && found.len() >= enough;
                Ok(if stopped { Flow::Stop } else { Flow::Continue })
            },
        )?;
        control.check()?;
        let picked = builder.finish();
        Ok(dataset.with_rows(match dataset.rows() {
            Rows::Ordered(order) => {
                Rows::Ordered(Arc::new(order.iter().copied().filter(|r| picked.contains(u64::from(*r))).collect()))
            }
            _ => Rows::Picked(Arc::new(picked)),
        }))
    }
}
