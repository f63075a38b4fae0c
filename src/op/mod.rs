//! Operations: one file each, and the closed list of them.
//!
//! A step is data: it is built from a form, from flags or from a recipe by the same deserialisation, which refuses
//! unknown keys. An operation knows datasets; it knows neither sources nor front ends.

pub mod ab;
pub mod bucket;
pub mod cast;
pub mod chart;
pub mod clean;
pub mod columns;
pub mod compare;
pub mod convert;
pub mod derive;
pub mod eval;
pub mod explode;
pub mod filter;
pub mod flatten;
pub mod importance;
pub mod join;
pub mod keys;
pub mod land;
pub mod limit;
pub mod other;
pub mod params;
pub mod pivot;
pub mod profile;
pub mod push;
pub mod python;
pub mod rank;
pub mod rename;
pub mod reshape;
pub mod sample;
pub mod search;
pub mod select;
pub mod sessions;
pub mod sketch;
pub mod sort;
pub mod spell;
pub mod sql;
pub mod unpivot;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{Control, Dataset, OpenOptions};
use crate::error::{Error, Result};
use crate::result::figure::Figure;
use crate::result::report::Report;
use crate::text::Msg;

/// How an operation on several tables finds the others, without knowing where tables come from.
pub trait Lookup: Send + Sync {
    /// The table a locator names, read as `open` says.
    fn table(&self, locator: &str, open: &OpenOptions, control: &Control) -> Result<Dataset>;
}

/// Where there are no other tables.
struct NoTables;

impl Lookup for NoTables {
    fn table(&self, locator: &str, _open: &OpenOptions, _control: &Control) -> Result<Dataset> {
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
    /// What a cleaning did.
    Receipt(crate::result::receipt::Receipt),
    /// A figure.
    Figure(Box<Figure>),
    /// A report.
    Report(Box<Report>),
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
    /// Compare the arms of an experiment.
    Ab(ab::analysis::Ab),
    /// Explain a column by the others.
    Importance(importance::Importance),
    /// Give columns other names.
    Rename(rename::Rename),
    /// Make columns into another kind.
    Cast(cast::Cast),
    /// Add a column by an expression.
    Derive(derive::Derive),
    /// Open columns of fields.
    Flatten(flatten::Flatten),
    /// Add the day, week or month moments lie in.
    Bucket(bucket::Bucket),
    /// Keep the first rows.
    Limit(limit::Limit),
    /// Make keys with values into columns.
    Params(params::Params),
    /// Give items of lists rows of their own.
    Explode(explode::Explode),
    /// From wide to long.
    Unpivot(unpivot::Unpivot),
    /// From long to wide.
    Pivot(pivot::Pivot),
    /// Add the columns of another table.
    Join(join::Join),
    /// Compare with an earlier reading.
    Compare(compare::Compare),
    /// Number the sessions of users.
    Sessions(sessions::Sessions),
    /// Answer a query.
    Sql(sql::Sql),
    /// Group rows, measure the groups, put them in order.
    Rank(rank::Rank),
    /// The standard preprocessing.
    Clean(clean::Clean),
    /// Bring the rows here.
    Land(land::Land),
}

impl Step {
    /// Carries the step out, where the rows are if the engine there can. `publish` may be called with results that are right so far, before the end.
    pub fn run(&self, dataset: &Dataset, context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Outcome> {
        let (dataset, why) =
            match push::answered(dataset, &context.control, |rows, place| push::push(self, rows, place, context))? {
                push::Answered::There(Some(outcome)) => return Ok(outcome),
                push::Answered::There(None) => (dataset.clone(), None),
                push::Answered::Here(rows, why) => (rows, why),
            };
        let mut outcome = match self.reads_rows() {
            true => self.run_here(&dataset.whole(&context.control)?, context, publish)?,
            false => self.run_here(&dataset, context, publish)?,
        };
        outcome.notes.extend(why);
        Ok(outcome)
    }

    /// Whether the step, carried out here, begins with reading every row: others read none, or those they choose themselves.
    fn reads_rows(&self) -> bool {
        let chooses = matches!(
            self,
            Self::Ab(_) | Self::Chart(_) | Self::Clean(_) | Self::Importance(_) | Self::Land(_) | Self::Cast(_)
        );
        !chooses && !self.is_instant()
    }

    /// Carries the step out on the rows themselves.
    fn run_here(&self, dataset: &Dataset, context: &Context, publish: &mut dyn FnMut(Dataset)) -> Result<Outcome> {
        let dataset = match self {
            Self::Clean(op) => return op.run(dataset, context),
            Self::Chart(op) => return op.run(dataset, context),
            Self::Ab(op) => return op.run(dataset, context),
            Self::Importance(op) => return op.run(dataset, context),
            Self::Filter(op) => op.run(dataset, &context.control, publish),
            Self::Sort(op) => op.run(dataset, context),
            Self::Select(op) => op.run(dataset),
            Self::Rename(op) => return op.run(dataset, context),
            Self::Cast(op) => return op.run(dataset, context),
            Self::Derive(op) => return op.run(dataset, context),
            Self::Flatten(op) => return op.run(dataset, context),
            Self::Bucket(op) => return op.run(dataset, context),
            Self::Limit(op) => return op.run(dataset, context),
            Self::Params(op) => return op.run(dataset, context),
            Self::Explode(op) => return op.run(dataset, context),
            Self::Unpivot(op) => return op.run(dataset, context),
            Self::Pivot(op) => return op.run(dataset, context),
            Self::Join(op) => return op.run(dataset, context),
            Self::Compare(op) => return op.run(dataset, context),
            Self::Sessions(op) => return op.run(dataset, context),
            Self::Sql(op) => return op.run(dataset, context),
            Self::Sample(op) => return op.run(dataset, context),
            Self::Rank(op) => return op.run(dataset, context),
            Self::Land(op) => return op.run(dataset, context),
        }?;
        Ok(dataset.into())
    }

    /// Whether the step leaves the table as it is, and stands there only for what it shows.
    pub fn is_look(&self) -> bool {
        matches!(self, Self::Chart(_)) || self.is_report()
    }

    /// Whether the step is a look that gives a report.
    pub fn is_report(&self) -> bool {
        matches!(self, Self::Ab(_) | Self::Importance(_))
    }

    /// A name for a file with what a look shows, without an ending; empty for other steps.
    pub fn file_stem(&self) -> String {
        match self {
            Self::Chart(op) => op.file_stem(),
            Self::Ab(op) => op.file_stem(),
            Self::Importance(op) => op.file_stem(),
            _ => String::new(),
        }
    }

    /// The program in Python that finds the numbers of the step's report again.
    pub fn script(&self, report: &Report, table: &python::Table<'_>) -> Option<String> {
        match self {
            Self::Ab(op) => Some(op.python(report, Some(table))),
            Self::Importance(op) => Some(op.python(report, table)),
            _ => None,
        }
    }

    /// Whether another step is the same one, wherever either was written to.
    pub fn finds_as(&self, other: &Self) -> bool {
        let bare = |step: &Self| {
            let mut step = step.clone();
            if let Some(output) = step.output_mut() {
                *output = None;
            }
            step
        };
        bare(self) == bare(other)
    }

    /// Where a look was written to in its session; none for other steps.
    pub fn output_mut(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::Chart(op) => Some(&mut op.output),
            Self::Ab(op) => Some(&mut op.output),
            Self::Importance(op) => Some(&mut op.output),
            _ => None,
        }
    }

    /// Whether the step reads no rows, and so takes no time.
    pub fn is_instant(&self) -> bool {
        matches!(self, Self::Select(_) | Self::Rename(_) | Self::Derive(_) | Self::Flatten(_) | Self::Bucket(_))
    }

    /// Whether the rows after the step are rows from before it, with their numbers.
    pub fn keeps_rows(&self) -> bool {
        match self {
            Self::Explode(_)
            | Self::Unpivot(_)
            | Self::Pivot(_)
            | Self::Join(_)
            | Self::Compare(_)
            | Self::Sql(_)
            | Self::Rank(_) => false,
            Self::Sessions(op) => !op.summary,
            _ => true,
        }
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
            Self::Clean(op) => op.words(),
            Self::Sample(op) => Msg::new("step-sample").with("rows", op.rows),
            Self::Chart(op) => op.words(),
            Self::Ab(op) => op.words(),
            Self::Importance(op) => op.words(),
            Self::Rename(op) => op.words(),
            Self::Cast(op) => op.words(),
            Self::Derive(op) => op.words(),
            Self::Flatten(op) => op.words(),
            Self::Bucket(op) => op.words(),
            Self::Limit(op) => op.words(),
            Self::Params(op) => op.words(),
            Self::Explode(op) => op.words(),
            Self::Unpivot(op) => op.words(),
            Self::Pivot(op) => op.words(),
            Self::Join(op) => op.words(),
            Self::Compare(op) => op.words(),
            Self::Sessions(op) => op.words(),
            Self::Sql(op) => op.words(),
            Self::Rank(op) => op.words(),
            Self::Land(op) => op.words(),
        }
    }
}
