//! Operations: one file each, and the closed list of them.
//!
//! A step is data: it is built from a form, from flags or from a recipe by the same deserialisation, which refuses
//! unknown keys. An operation knows datasets; it knows neither sources nor front ends.

pub mod chart;
pub mod eval;
pub mod filter;
pub mod profile;
pub mod sample;
pub mod search;
pub mod select;
pub mod sketch;
pub mod sort;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{Control, Dataset};
use crate::error::{Error, Result};
use crate::result::figure::Figure;
use crate::text::Msg;

/// How an operation on several tables finds the others, without knowing where tables come from.
pub trait Lookup: Send + Sync {
    /// The table a locator names.
    fn table(&self, locator: &str, control: &Control) -> Result<Dataset>;
}

/// Where there are no other tables.
struct NoTables;

impl Lookup for NoTables {
    fn table(&self, locator: &str, _control: &Control) -> Result<Dataset> {
        Err(Error::usage(Msg::new("error-no-other-tables").with("name", locator)))
    }
}

/// What an operation may use, and how it talks to whoever started it.
#[derive(Clone)]
pub struct Context {
    /// Cancel and progress.
    pub control: Control,
    /// Most memory the operation may take for itself, in bytes.
    pub memory: u64,
    /// The other tables there are.
    pub tables: Arc<dyn Lookup>,
}

impl Context {
    /// A context without other tables.
    pub fn new(control: Control, memory: u64) -> Self {
        Self { control, memory, tables: Arc::new(NoTables) }
    }
}

/// What a step makes besides a table.
#[derive(Clone, Debug)]
pub enum Product {
    /// A figure.
    Figure(Box<Figure>),
}

/// What a step gives.
#[derive(Clone)]
pub struct Outcome {
    /// The table to go on with; where something else was made, the table it was made from.
    pub dataset: Dataset,
    /// What was made besides.
    pub product: Option<Product>,
    /// What a person should know: what was dropped, cut, sampled, not converted.
    pub notes: Vec<Msg>,
}

impl From<Dataset> for Outcome {
    fn from(dataset: Dataset) -> Self {
        Self { dataset, product: None, notes: Vec::new() }
    }
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
    /// Draw columns.
    Chart(chart::Chart),
}

impl Step {
    /// Carries the step out. `publish` may be called with results that are right so far, before the end.
    pub fn run(&self, dataset: &Dataset, context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Outcome> {
        let dataset = match self {
            Self::Chart(op) => return op.run(dataset, context),
            Self::Filter(op) => op.run(dataset, &context.control, publish),
            Self::Sort(op) => op.run(dataset, context),
            Self::Select(op) => op.run(dataset),
            Self::Sample(op) => op.run(dataset, context),
        }?;
        Ok(dataset.into())
    }

    /// Whether the step reads no rows, and so takes no time.
    pub fn is_instant(&self) -> bool {
        matches!(self, Self::Select(_))
    }

    /// Whether the step only chooses or orders rows and columns, in a way that later steps of its kind may replace.
    pub fn is_view(&self) -> bool {
        matches!(self, Self::Filter(_) | Self::Sort(_) | Self::Select(_) | Self::Sample(_))
    }

    /// The step in words, short enough for a chip.
    pub fn words(&self) -> Msg {
        match self {
            Self::Filter(op) => op.words(),
            Self::Sort(op) => op.words(),
            Self::Select(op) => Msg::new("step-select").with("columns", op.columns.len()),
            Self::Sample(op) => Msg::new("step-sample").with("rows", op.rows),
            Self::Chart(op) => op.words(),
        }
    }
}
