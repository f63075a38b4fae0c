//! Chart: from columns to a figure, in two passes over the rows in view and in bounded memory.
//!
//! The first pass (`survey`) finds the ends of numbers and the commonest of words; the second counts, adds up or samples
//! for the axes that follow from it. Nothing is drawn row by row beyond a few thousand rows: it is binned or sampled, and
//! the figure says so. The same rows give the same figure, whatever the number of threads.

mod axes;
mod counted;
mod gather;
mod groups;
mod points;
pub(super) mod read;
mod spread;
mod survey;
#[cfg(test)]
mod tests;
mod there;

use serde::{Deserialize, Serialize};

use super::push::ask::{self, Asked, Stop};
use super::push::{Answered, answered};
use super::unpivot::Unpivot;
use super::{Context, Outcome, Product};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::result::figure::Figure;
use crate::text::Msg;
use crate::value::{Column, Kind as ColumnKind, Schema};

use self::gather::Gather;
use self::read::{Class, Var};

/// A kind of chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A bar for each category, or for each stretch of time.
    Bar,
    /// A line along time or a number.
    Line,
    /// Counts in bins.
    Histogram,
    /// A smooth curve of how values are spread.
    Density,
    /// A point for each row.
    Scatter,
    /// Quartiles and whiskers of each category.
    Box,
    /// Counts of pairs, or a measure of a third column, by colour.
    Heatmap,
    /// The share of rows up to a value, or of categories from the greatest on.
    Cumulative,
}

impl Kind {
    /// Every kind, in the order they are gone through.
    pub const ALL: [Kind; 8] = [
        Kind::Bar,
        Kind::Line,
        Kind::Histogram,
        Kind::Density,
        Kind::Scatter,
        Kind::Box,
        Kind::Heatmap,
        Kind::Cumulative,
    ];

    /// Its name on the command line and in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Line => "line",
            Self::Histogram => "histogram",
            Self::Density => "density",
            Self::Scatter => "scatter",
            Self::Box => "box",
            Self::Heatmap => "heatmap",
            Self::Cumulative => "cumulative",
        }
    }

    /// Its name for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Bar => "chart-bar",
            Self::Line => "chart-line",
            Self::Histogram => "chart-histogram",
            Self::Density => "chart-density",
            Self::Scatter => "chart-scatter",
            Self::Box => "chart-box",
            Self::Heatmap => "chart-heatmap",
            Self::Cumulative => "chart-cumulative",
        })
    }
}

/// What is made of the values that fall into one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// How many rows.
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
}

impl Measure {
    /// Every measure, in the order they are gone through.
    pub const ALL: [Measure; 5] = [Measure::Mean, Measure::Sum, Measure::Min, Measure::Max, Measure::Count];

    /// Its name on the command line and in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The measure of a column, in words.
    fn of(self, column: &str) -> Msg {
        let id = match self {
            Self::Count => return Msg::new("chart-rows"),
            Self::Sum => "chart-sum-of",
            Self::Mean => "chart-mean-of",
            Self::Min => "chart-min-of",
            Self::Max => "chart-max-of",
        };
        Msg::new(id).with("column", column)
    }

    /// Whether parts of a whole may be put on top of one another.
    fn adds_up(self) -> bool {
        matches!(self, Self::Count | Self::Sum)
    }
}

/// The step: draw columns. What is left out is chosen by the columns' kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// The kind of chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The column along x, or the one whose values are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The column along y.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// What is made of y (in a heat map: of the column shown by colour) where several rows fall into one place; the mean
    /// unless something else is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// The column that colours tell apart; in a heat map the one whose measure is shown by colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The column that gives each of its values a panel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// Columns of numbers side by side, as a pivot makes them, for a heat map: their names stand along x, their numbers are
    /// its colours. `x` and `colour` are then words for what these are, not columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Numbers by their logarithm: the values of bars and lines, the values themselves in other charts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
    /// How many bins there are at most; of the same width, from the smallest to the greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
    /// A title in place of the one that follows from the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The image a recipe writes the figure to, as named from the current folder; nothing to the figure itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// Most bins that can be asked for.
const BINS: u32 = 1000;

/// A chart whose columns are known to be there and fit its kind.
struct Plan<'a> {
    chart: &'a Chart,
    kind: Kind,
    x: Option<Var>,
    y: Option<Var>,
    colour: Option<Var>,
    facet: Option<Var>,
    measure: Measure,
    /// The column that is measured: y, or what a heat map shows by colour.
    measured: Option<Var>,
}

impl Chart {
    /// Draws the rows in view. Fails when a column is not there or does not fit the kind, and when there is nothing to
    /// draw.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let figure = self.figure(dataset, context)?;
        let notes = figure.notes.clone();
        Ok(Outcome { dataset: dataset.clone(), product: Some(Product::Figure(Box::new(figure))), notes })
    }

    /// As [`Chart::run`], the figure alone: from sums made where the rows are, if the engine there can make them.
    pub fn figure(&self, dataset: &Dataset, context: &Context) -> Result<Figure> {
        if !self.columns.is_empty() {
            self.plan(dataset.schema())?;
            let rows = self.unpivot().run(dataset, context)?.dataset;
            let plan = self.plan_of(rows.schema())?;
            return plan.figure(&mut gather::Here { dataset: &rows, context }).map_err(Stop::into_error);
        }
        let asked = answered(dataset, &context.control, |rows, place| {
            there::figure(&self.plan(rows.schema())?, rows, place, context)
        });
        let (rows, why) = match asked? {
            Answered::There(figure) => return Ok(figure),
            Answered::Here(rows, why) => (rows, why),
        };
        let named = [&self.x, &self.y, &self.colour, &self.facet].into_iter().flatten();
        let rows = ask::narrowed(&rows, &named.map(String::as_str).collect::<Vec<_>>(), &context.control)?;
        let plan = self.plan(rows.schema())?;
        let mut figure = plan.figure(&mut gather::Here { dataset: &rows, context }).map_err(Stop::into_error)?;
        figure.notes.extend(why);
        Ok(figure)
    }

    /// A name for a file with the figure, without its ending.
    pub fn file_stem(&self) -> String {
        let names: Vec<&str> = self.x.iter().chain(&self.y).map(String::as_str).collect();
        let safe = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
        names.join("-").chars().map(safe).take(60).collect()
    }

    /// The step in words.
    pub fn words(&self) -> Msg {
        let columns: Vec<&str> = self.x.iter().chain(&self.y).map(String::as_str).collect();
        let kind = self.kind.map_or_else(|| Msg::new("chart-guessed"), Kind::word);
        Msg::new("step-chart").with("kind", kind).with("columns", columns.join(", "))
    }

    /// Whether both draw the same figure, wherever it is written to.
    pub fn draws_as(&self, other: &Self) -> bool {
        Self { output: None, ..self.clone() } == Self { output: None, ..other.clone() }
    }

    /// The kind that is drawn: the one asked for, or the one that suits the columns.
    pub fn kind_for(&self, schema: &Schema) -> Result<Kind> {
        self.plan(schema).map(|p| p.kind)
    }

    /// The kinds that suit the columns.
    pub fn kinds(&self, schema: &Schema) -> Vec<Kind> {
        let suits = |kind: &Kind| Chart { kind: Some(*kind), ..self.clone() }.plan(schema).is_ok();
        Kind::ALL.into_iter().filter(suits).collect()
    }

    /// The step that gives the fields of columns side by side rows of their own.
    fn unpivot(&self) -> Unpivot {
        let named = |name: &Option<String>, usual: String| name.clone().unwrap_or(usual);
        let usual = Unpivot::new(self.columns.clone());
        Unpivot { name: named(&self.x, usual.name.clone()), value: named(&self.colour, usual.value.clone()), ..usual }
    }

    fn plan(&self, schema: &Schema) -> Result<Plan<'_>> {
        if self.columns.is_empty() {
            return self.plan_of(schema);
        }
        for name in &self.columns {
            let var = Var::of(schema, name)?;
            if var.class != Class::Number || self.kind.is_some_and(|k| k != Kind::Heatmap) {
                return Err(var.unfit(self.kind.unwrap_or(Kind::Heatmap)));
            }
        }
        let long = self.unpivot();
        let kept = schema.columns().iter().filter(|c| !self.columns.contains(&c.name)).cloned();
        let made = [(long.name, ColumnKind::Text), (long.value, ColumnKind::Float)];
        let made = made.map(|(name, kind)| Column { name, kind });
        if let Some(twice) = made.iter().find(|m| schema.position(&m.name).is_some()) {
            return Err(Error::usage(Msg::new("error-column-exists").with("name", &twice.name)));
        }
        self.plan_of(&Schema::new(kept.chain(made).collect()))
    }

    fn plan_of(&self, schema: &Schema) -> Result<Plan<'_>> {
        let var = |name: &Option<String>| name.as_ref().map(|n| Var::of(schema, n)).transpose();
        let (mut x, mut y) = (var(&self.x)?, var(&self.y)?);
        if x.is_none() && y.is_none() {
            return Err(Error::usage(Msg::new("chart-error-no-column")).hint(Msg::new("chart-hint-columns")));
        }
        if self.bins.is_some_and(|b| b == 0 || b > BINS) {
            return Err(Error::usage(Msg::new("chart-error-bins").with("most", BINS)));
        }
        let kind = self.kind.unwrap_or_else(|| match self.columns.is_empty() {
            true => guess(x.as_ref(), y.as_ref()),
            false => Kind::Heatmap,
        });
        // A distribution has one column, wherever it was named; a box stands on the words.
        let single = matches!(kind, Kind::Histogram | Kind::Density);
        if x.is_none() || (kind == Kind::Box && y.as_ref().is_some_and(|y| y.class == Class::Words)) {
            std::mem::swap(&mut x, &mut y);
        }
        if kind == Kind::Box && y.is_none() {
            std::mem::swap(&mut x, &mut y);
        }
        let number = |v: &Option<Var>| v.as_ref().is_some_and(|v| v.class != Class::Words);
        let must = |v: &Option<Var>, fine: bool| match v {
            _ if fine => Ok(()),
            Some(v) => Err(v.unfit(kind)),
            None => Err(Error::usage(Msg::new("chart-error-second").with("kind", kind.word()))
                .hint(Msg::new("chart-hint-columns"))),
        };
        match kind {
            Kind::Bar => must(&y, y.is_none() || number(&y))?,
            Kind::Line => {
                must(&x, number(&x))?;
                must(&y, y.is_none() || number(&y))?;
            }
            Kind::Histogram | Kind::Density => {
                must(&x, number(&x))?;
                if let Some(y) = &y {
                    return Err(Error::usage(
                        Msg::new("chart-error-one-column").with("kind", kind.word()).with("column", &y.name),
                    ));
                }
            }
            Kind::Box => must(&y, number(&y))?,
            Kind::Scatter => {
                must(&x, number(&x))?;
                must(&y, number(&y))?;
            }
            Kind::Heatmap => must(&y, y.is_some())?,
            Kind::Cumulative => must(&y, y.is_none() || (number(&y) && !number(&x)))?,
        }
        debug_assert!(!single || y.is_none());
        let mut colour = var(&self.colour)?;
        if colour.is_some() && kind == Kind::Cumulative && !number(&x) {
            return Err(Error::usage(Msg::new("chart-error-colour").with("kind", kind.word())));
        }
        let measured = if kind == Kind::Heatmap { colour.take() } else { y.clone() };
        if kind == Kind::Heatmap {
            must(&measured, measured.as_ref().is_none_or(|v| v.class == Class::Number))?;
        }
        let usual = if measured.is_some() {
            if kind == Kind::Cumulative { Measure::Sum } else { Measure::Mean }
        } else {
            Measure::Count
        };
        let measure = self.measure.unwrap_or(usual);
        if measure != Measure::Count && measured.is_none() && matches!(kind, Kind::Bar | Kind::Line | Kind::Cumulative)
        {
            return Err(Error::usage(Msg::new("chart-error-measure").with("measure", measure.name()))
                .hint(Msg::new("chart-hint-columns")));
        }
        let measure = if kind == Kind::Heatmap && measured.is_none() { Measure::Count } else { measure };
        Ok(Plan { chart: self, kind, x, y, colour, facet: var(&self.facet)?, measure, measured })
    }
}

/// The kind that suits columns.
fn guess(x: Option<&Var>, y: Option<&Var>) -> Kind {
    match (x.map(|v| v.class), y.map(|v| v.class)) {
        (Some(Class::Words), Some(Class::Words)) => Kind::Heatmap,
        (Some(Class::Words), _) => Kind::Bar,
        (Some(_), Some(Class::Words)) => Kind::Box,
        (Some(Class::Moment { .. }), _) => Kind::Line,
        (Some(_), Some(_)) => Kind::Scatter,
        (None, Some(Class::Words)) => Kind::Bar,
        _ => Kind::Histogram,
    }
}

impl Plan<'_> {
    /// Draws what is gathered.
    fn figure(&self, rows: &mut dyn Gather) -> Asked<Figure> {
        match self.kind {
            Kind::Bar | Kind::Line | Kind::Heatmap => counted::figure(self, rows),
            Kind::Cumulative if self.x.as_ref().is_some_and(|x| x.class == Class::Words) => counted::figure(self, rows),
            Kind::Histogram | Kind::Density | Kind::Box | Kind::Cumulative => spread::figure(self, rows),
            Kind::Scatter => points::figure(self, rows),
        }
    }

    /// Whether the values of the chart lie by their logarithm.
    fn log(&self) -> bool {
        self.chart.log
    }
}
