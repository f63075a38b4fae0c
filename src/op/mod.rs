//! Operations: one file each, and the closed list of them.
//!
//! A step is data: it is built from a form, from flags or from a recipe by the same deserialisation, which refuses
//! unknown keys. An operation knows datasets; it knows neither sources nor front ends.

pub mod ab;
pub mod eval;
pub mod filter;
pub mod profile;
pub mod sample;
pub mod search;
pub mod select;
pub mod sketch;
pub mod sort;

use serde::{Deserialize, Serialize};

use crate::data::{Control, Dataset};
use crate::error::Result;
use crate::text::Msg;

/// What an operation may use, and how it talks to whoever started it.
#[derive(Clone)]
pub struct Context {
    /// Cancel and progress.
    pub control: Control,
    /// Most memory the operation may take for itself, in bytes.
    pub memory: u64,
}

/// An operation on a dataset, as it stands in a session's history and in a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Step {
    /// Keep the rows that meet a condition.
    Filter(filter::Filter),
    /// Put rows in order.
    Sort(sort::Sort),
    /// Choose and order columns.
    Select(select::Select),
    /// Keep a random sample of rows.
    Sample(sample::Sample),
}

impl Step {
    /// Carries the step out. `publish` may be called with results that are right so far, before the end.
    pub fn run(&self, dataset: &Dataset, context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Dataset> {
        match self {
            Self::Filter(op) => op.run(dataset, &context.control, publish),
            Self::Sort(op) => op.run(dataset, context),
            Self::Select(op) => op.run(dataset),
            Self::Sample(op) => op.run(dataset, context),
        }
    }

    /// Whether the step reads no rows, and so takes no time.
    pub fn is_instant(&self) -> bool {
        matches!(self, Self::Select(_))
    }

    /// The step in words, short enough for a chip.
    pub fn words(&self) -> Msg {
        match self {
            Self::Filter(op) => op.words(),
            Self::Sort(op) => op.words(),
            Self::Select(op) => Msg::new("step-select").with("columns", op.columns.len()),
            Self::Sample(op) => Msg::new("step-sample").with("rows", op.rows),
        }
    }
}
