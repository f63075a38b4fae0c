//! Choose and order columns.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Keep these columns, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Names of the columns.
    pub columns: Vec<String>,
}

impl Select {
    /// The dataset with these columns only. A column may be named that an earlier selection hid.
    pub fn run(&self, dataset: &Dataset) -> Result<Dataset> {
        if self.columns.is_empty() {
            return Err(Error::usage(Msg::new("error-no-columns")));
        }
        let all = dataset.with_all_columns();
        let places = self.columns.iter().map(|n| all.schema().require(n)).collect::<Result<Vec<_>>>()?;
        Ok(all.with_columns(&places))
    }
}
