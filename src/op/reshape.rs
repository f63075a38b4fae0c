//! Rows into other rows, a stretch at a time: what operations that change rows have in common. Results are collected in
//! bounded memory.

use polars::prelude::DataFrame;

use super::Context;
use super::columns::{all_places, no_rows};
use crate::data::{Collector, Dataset, Flow, Rows};
use crate::error::Result;

/// Rows given out at once, so that a stretch that becomes many rows does not take much memory.
pub const PIECE: usize = 1 << 19;

/// Makes the rows in view into others, in the order they are shown. `work` may be called with no rows, to learn the columns,
/// and hands what it makes to its second argument, as often as it likes.
pub fn reshaped(
    dataset: &Dataset,
    context: &Context,
    work: impl Fn(DataFrame, &mut dyn FnMut(DataFrame) -> Result<()>) -> Result<()>,
) -> Result<Dataset> {
    let mut empty = None;
    work(no_rows(dataset)?, &mut |made| {
        empty.get_or_insert(made);
        Ok(())
    })?;
    let mut collector = Collector::new(&empty.unwrap_or_default(), context.memory / 2);
    let mut sink = |frame: DataFrame| {
        context.control.check()?;
        work(frame, &mut |made| collector.push(made))?;
        Ok(Flow::Continue)
    };
    let places = all_places(dataset);
    match dataset.rows() {
        Rows::Ordered(_) => dataset.stream(&places, context.memory / 4, &context.control, &mut sink)?,
        _ => dataset.scan(&places, &context.control, Ok, &mut sink)?,
    }
    context.control.check()?;
    collector.finish()
}
