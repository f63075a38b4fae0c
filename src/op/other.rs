//! Another table a step works with: its locator, and what is done to it first.

use serde::{Deserialize, Serialize};

use super::{Context, Step};
use crate::data::Dataset;
use crate::error::Result;
use crate::text::Msg;

/// A table by its locator, with steps of its own. In a recipe the locator alone may stand for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Other {
    /// Where it is.
    pub table: String,
    /// What is done to it before.
    pub steps: Vec<Step>,
}

/// The two ways it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Locator(String),
    Table {
        table: String,
        #[serde(default)]
        steps: Vec<Step>,
    },
}

impl From<Written> for Other {
    fn from(written: Written) -> Self {
        match written {
            Written::Locator(table) => Self { table, steps: Vec::new() },
            Written::Table { table, steps } => Self { table, steps },
        }
    }
}

impl From<Other> for Written {
    fn from(Other { table, steps }: Other) -> Self {
        if steps.is_empty() { Self::Locator(table) } else { Self::Table { table, steps } }
    }
}

impl Other {
    /// The table a locator names, as it is.
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into(), steps: Vec::new() }
    }

    /// The table after its steps, and what they had to say.
    pub fn open(&self, context: &Context) -> Result<(Dataset, Vec<Msg>)> {
        let mut dataset = context.tables.table(&self.table, &context.control)?;
        let mut notes = Vec::new();
        for step in self.steps.iter().filter(|s| !s.is_look()) {
            context.control.check()?;
            let mut outcome = step.run(&dataset, context, &mut |_| {})?;
            notes.append(&mut outcome.notes);
            dataset = outcome.dataset;
        }
        Ok((dataset, notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::limit::Limit;

    #[test]
    fn a_locator_alone_or_with_steps() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            with: Other,
        }
        let plain: Holder = toml::from_str("with = \"users.csv\"").unwrap();
        assert_eq!(plain.with, Other::new("users.csv"));
        assert_eq!(toml::to_string(&plain).unwrap(), "with = \"users.csv\"\n");
        let steps = Holder { with: Other { table: "u".into(), steps: vec![Step::Limit(Limit { rows: 3 })] } };
        let text = toml::to_string(&steps).unwrap();
        assert_eq!(toml::from_str::<Holder>(&text).unwrap(), steps);
    }
}
