//! Give columns other names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::{Context, Outcome};
use crate::data::Dataset;
use crate::error::Result;
use crate::text::Msg;

/// Give these columns these names, all at once, so that two can change places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// New names by old ones.
    pub columns: BTreeMap<String, String>,
}

impl Rename {
    /// The step in words.
    pub fn words(&self) -> Msg {
        match self.columns.iter().next() {
            Some((from, to)) if self.columns.len() == 1 => Msg::new("step-rename").with("from", from).with("to", to),
            _ => Msg::new("step-rename-many").with("columns", self.columns.len()),
        }
    }

    /// The dataset with the new names. Reads nothing.
    pub fn run(&self, dataset: &Dataset, _context: &Context) -> Result<Outcome> {
        let mut columns = Columns::of(dataset);
        let places =
            self.columns.iter().map(|(from, to)| Ok((columns.require(from)?, to))).collect::<Result<Vec<_>>>()?;
        for (place, to) in places {
            columns.rename(place, to.trim());
        }
        Ok(columns.finish()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use crate::op::filter::Filter;
    use polars::prelude::{Column, DataFrame};

    fn data() -> Dataset {
        let columns = ["a", "b", "c"].map(|n| Column::new(n.into(), [1i64, 2, 3]));
        Dataset::from_frame(DataFrame::new(3, columns.to_vec()).unwrap())
    }

    fn rename(pairs: &[(&str, &str)], data: &Dataset) -> Result<Vec<String>> {
        let op = Rename { columns: pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect() };
        let out = op.run(data, &Context::new(Control::new(), 1 << 20))?.dataset;
        Ok(out.schema().columns().iter().map(|c| c.name.clone()).collect())
    }

    #[test]
    fn names_change_at_once_and_clashes_are_refused() {
        assert_eq!(rename(&[("a", "b"), ("b", "a")], &data()).unwrap(), ["b", "a", "c"]);
        for (pairs, id) in [
            (vec![("a", "b")], "error-column-exists"),
            (vec![("a", " ")], "error-column-unnamed"),
            (vec![("x", "y")], "error-column-missing"),
        ] {
            assert_eq!(rename(&pairs, &data()).err().map(|e| e.message.id), Some(id));
        }
    }

    #[test]
    fn a_hidden_column_stays_hidden_and_can_still_decide() {
        let view = data().with_columns(&[2, 1]);
        let op = Rename { columns: [("c".to_owned(), "z".to_owned())].into() };
        let out = op.run(&view, &Context::new(Control::new(), 1 << 20)).unwrap().dataset;
        assert_eq!(out.schema().columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["z", "b"]);
        let found = Filter { condition: "a = 2".into() }.run(&out, &Control::new(), &mut |_| {}).unwrap();
        assert_eq!(found.row_count().known(), 1);
    }
}
