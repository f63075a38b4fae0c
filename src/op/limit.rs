//! Keep the first rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Context, Outcome};
use crate::data::{Dataset, PickedBuilder, Rows};
use crate::error::Result;
use crate::text::Msg;

/// Keep so many rows from the first one on, in the order they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub rows: u64,
}

impl Limit {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-limit").with("rows", self.rows)
    }

    /// The dataset with those rows. Reads none, and counts them only where fewer than wanted are known.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        const BLOCK: u64 = 1 << 16;
        if dataset.row_count().known() <= self.rows && dataset.count(&context.control)? <= self.rows {
            return Ok(dataset.clone().into());
        }
        if let Rows::Ordered(order) = dataset.rows() {
            let first = order.iter().take(usize::try_from(self.rows).unwrap_or(usize::MAX)).copied().collect();
            return Ok(dataset.with_rows(Rows::Ordered(Arc::new(first))).into());
        }
        let end = self.rows.checked_sub(1).and_then(|last| dataset.table_row(last)).map_or(0, |last| last + 1);
        let mut builder = PickedBuilder::new();
        for start in (0..end).step_by(BLOCK as usize) {
            let len = BLOCK.min(end - start);
            let kept = |row| match dataset.rows() {
                Rows::Picked(p) => p.contains(row),
                _ => true,
            };
            builder.push(start, len as usize, (start..start + len).map(kept));
        }
        Ok(dataset.with_rows(Rows::Picked(Arc::new(builder.finish()))).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use crate::op::filter::Filter;
    use polars::prelude::{Column, DataFrame};

    #[test]
    fn the_first_of_whatever_order() {
        let n = Column::new("n".into(), (0..200_000i64).collect::<Vec<_>>());
        let all = Dataset::from_frame(DataFrame::new(200_000, vec![n]).unwrap());
        let context = Context::new(Control::new(), 1 << 20);
        let rows = |d: &Dataset, k| {
            let out = Limit { rows: k }.run(d, &context).unwrap().dataset;
            (0..out.row_count().known()).map(|i| out.table_row(i).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(rows(&all, 3), [0, 1, 2]);
        assert_eq!(rows(&all, 0), [0u64; 0]);
        assert_eq!(rows(&all, 70_000).len(), 70_000);
        assert_eq!(rows(&all, 900_000).len(), 200_000);
        let odd = Filter { condition: "n % 2 = 1".into() }.run(&all, &Control::new(), &mut |_| {}).unwrap();
        assert_eq!(rows(&odd, 3), [1, 3, 5]);
        assert_eq!(rows(&all.with_rows(Rows::Ordered(Arc::new(vec![9, 3, 5]))), 2), [9, 3]);
    }
}
