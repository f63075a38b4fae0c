//! What drives a column: a model of it is learned from the other columns, judged on rows it never saw, and taken apart
//! into what each column adds (SHAP). Shows what the model used, never what causes what.
//!
//! [`task`] looks at the target, [`prepare`] reads the table into numbers, [`screen`] leaves out what cannot help,
//! [`encode`] makes the model's numbers, [`learn`] learns and judges with [`model`] (the trees) and [`linear`],
//! [`explain`] takes predictions apart, [`alike`], [`together`] and [`warn`] say what not to conclude, [`tell`] and
//! [`draw`] put it into words and figures, [`script`] writes the same for Python; [`there`] draws rows that are
//! somewhere else.

pub mod after;
pub mod alike;
pub mod draw;
pub mod encode;
pub mod explain;
pub mod guess;
pub mod learn;
pub mod linear;
pub mod measure;
pub mod model;
pub mod prepare;
pub mod screen;
pub mod script;
pub mod task;
pub mod tell;
pub mod there;
pub mod together;
pub mod warn;

use serde::{Deserialize, Serialize};

use self::explain::{Direction, Explained, Pair};
use self::learn::{By, Learned, Split};
use self::prepare::{Part, Prepared, Wanted};
use self::task::{Target, Task};
use self::warn::Warning;
use super::{Context, Outcome, Product};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::result::report::Report;
use crate::text::Msg;
use crate::value::Schema;

/// Explains one column by the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// The column to explain.
    pub target: String,
    /// What it is; guessed where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Columns to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// Most rows to look at; a million, or fewer where memory is short, unless another number is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// Decides draws: the same seed gives the same answer.
    #[serde(default)]
    pub seed: u64,
    /// A column of times: the last quarter of the rows is held out, not a random one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// A column of yes and no: yes to learn from, no to hold out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_column: Option<String>,
    /// The one figure its report shows; all of them where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<Drawn>,
    /// The column whose dependence is drawn; the strongest where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The row taken apart in a figure, by its place in the table, from 1; the first explained where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Whether its table in a file is of the SHAP values of each row explained, not of the ranking.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub values: bool,
    /// The file its report was last written to in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// A figure of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drawn {
    /// The ranking.
    Bars,
    /// Every row, by column.
    Beeswarm,
    /// One column, row by row.
    Dependence,
    /// One row, column by column.
    Waterfall,
}

impl Drawn {
    /// The names, as they are spelt.
    pub const NAMES: &'static [&'static str] = &["bars", "beeswarm", "dependence", "waterfall"];
    /// All there are, in the order of their names.
    const ALL: [Self; 4] = [Self::Bars, Self::Beeswarm, Self::Dependence, Self::Waterfall];

    /// The name for machines.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl std::str::FromStr for Drawn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|d| d.name() == text).ok_or_else(|| {
            Error::usage(Msg::new("importance-error-figure").with("name", text))
                .hint(Msg::new("hint-one-of").with("names", Self::NAMES.join(", ")))
        })
    }
}

/// One column, or one group of columns that say the same, in the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Places in [`Explained::columns`].
    pub columns: Vec<usize>,
    /// Their names.
    pub names: Vec<String>,
    /// Mean absolute SHAP value, in the target's unit.
    pub mean_abs: f64,
    /// Share of the sum over the ranking.
    pub share: f64,
    /// Which way it moves the target.
    pub direction: Direction,
    /// By how much the measure falls without it; none where it was not tried.
    pub permutation: Option<f64>,
    /// Best and worst rank over folds and the model itself.
    pub ranks: (usize, usize),
}

impl Ranked {
    /// Which way it moves the target, for people, or that it does not.
    pub fn word(&self) -> Msg {
        if self.mean_abs > 0.0 && self.is_noise() { Msg::new("importance-noise") } else { self.direction.word() }
    }

    /// Whether it does no more than chance would.
    pub fn is_noise(&self) -> bool {
        self.mean_abs == 0.0 || (self.permutation.is_some_and(|p| p <= 0.0) && self.share < 0.05)
    }
}

/// How far the model explains the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Well enough to read the ranking.
    Explained,
    /// A little.
    Weak,
    /// No better than knowing nothing.
    Nothing,
}

/// Everything that was found.
pub struct Answer {
    /// What was asked.
    pub step: Importance,
    /// The target.
    pub target: Target,
    /// The table in numbers.
    pub prepared: Prepared,
    /// Rows learned from and held out.
    pub split: Split,
    /// The model.
    pub learned: Learned,
    /// Whether there is anything to read.
    pub finding: Finding,
    /// SHAP values; none where the model explains nothing.
    pub explained: Option<Explained>,
    /// Columns, strongest first.
    pub columns: Vec<Ranked>,
    /// Columns with those that say the same together, strongest first.
    pub groups: Vec<Ranked>,
    /// Pairs of columns, strongest first; none where there were too many columns to look.
    pub pairs: Option<Vec<Pair>>,
    /// What to know before reading.
    pub warnings: Vec<Warning>,
    /// Where the rows came from, if from somewhere else.
    pub said: Option<Msg>,
}

/// Share of the loss below which a gain is called weak.
const WEAK: f64 = 0.1;

impl Importance {
    /// The analysis in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-importance").with("target", &self.target)
    }

    /// Learns and explains. Reads the table twice: the target alone, then all; of one that is somewhere else a sample.
    pub fn answer(&self, dataset: &Dataset, context: &Context) -> Result<Answer> {
        let Some(place) = dataset.place() else { return self.answer_of(dataset, &self.drop, None, context) };
        let drawn = there::draw(self, dataset, &place, context)?;
        // Most columns to leave out were left there.
        let schema = drawn.dataset.schema();
        let drop: Vec<String> = self.drop.iter().filter(|d| schema.position(d).is_some()).cloned().collect();
        let mut answer = self.answer_of(&drawn.dataset, &drop, drawn.from, context)?;
        answer.target.rows += drawn.missing;
        answer.said = Some(drawn.said);
        Ok(answer)
    }

    /// Learns from these rows, which may be drawn from so many.
    fn answer_of(
        &self,
        dataset: &Dataset,
        drop: &[String],
        drawn_from: Option<u64>,
        context: &Context,
    ) -> Result<Answer> {
        let control = &context.control;
        if let Some(rows) = self.sample.filter(|n| *n < task::FEWEST_ROWS) {
            let message = Msg::new("importance-error-sample").with("rows", rows).with("least", task::FEWEST_ROWS);
            return Err(Error::usage(message).hint(Msg::new("importance-hint-sample")));
        }
        let target = Target::look(dataset, &self.target, self.task, control)?;
        let wanted = Wanted {
            drop,
            sample: self.sample,
            seed: self.seed,
            time: self.time.as_deref(),
            split: self.split_column.as_deref(),
        };
        let mut prepared = prepare::prepare(dataset, &target, &wanted, context)?;
        prepared.sampled_from = drawn_from.or(prepared.sampled_from);
        let left_out = screen::screen(&prepared);
        let mut out = vec![false; prepared.sources.len()];
        left_out.iter().for_each(|l| out[l.0] = true);
        if out.iter().all(|o| *o) {
            let message = Msg::new("importance-error-nothing-left").with("column", &self.target);
            return Err(Error::failed(message).hint(Msg::new("importance-hint-alone")));
        }
        let split = Split::new(&prepared, target.task, self.seed)?;
        let learned = learn::learn(&prepared, &target, &split, &out, self.seed, control)?;
        let mut seen: Vec<usize> =
            learned.encoding.features.iter().map(|f| prepared.numbers[f.number].source).collect();
        seen.dedup();
        let alike = alike::alike(&prepared, &learned.encoding, &split.learn);
        let warnings = warn::warnings(&prepared, &target, &split, wanted.time, &left_out, &seen, &alike);
        // Where the held-out rows are unlike the others a model can beat what was known of these and still be of no use.
        let above = learned.quality.score - measure::nothing(target.task);
        let useless = !learned.crossed && above <= 0.0;
        // Models of the same few rows err together, so that their standard error is too small.
        let sure = if learned.crossed { 2.5 } else { 2.0 };
        let finding = match learned.gain {
            (_, errors) if errors < sure || useless => Finding::Nothing,
            (gain, _) if gain < WEAK || (target.task == Task::Number && above < WEAK) => Finding::Weak,
            _ => Finding::Explained,
        };
        let mut answer = Answer {
            step: self.clone(),
            target,
            prepared,
            split,
            learned,
            finding,
            explained: None,
            columns: Vec::new(),
            groups: Vec::new(),
            pairs: None,
            warnings,
            said: None,
        };
        if finding != Finding::Nothing {
            answer.explain(&alike, context)?;
        }
        Ok(answer)
    }

    /// Learns and explains, in words.
    pub fn report(&self, dataset: &Dataset, context: &Context) -> Result<Report> {
        tell::report(&self.answer(dataset, context)?)
    }

    /// The report of a table, which stays as it is.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let report = self.report(dataset, context)?;
        Ok(Outcome { product: Some(Product::Report(Box::new(report))), ..dataset.clone().into() })
    }

    /// The words of the command that makes the report of a table.
    pub fn command(&self, locator: &str) -> Vec<String> {
        let mut words: Vec<String> =
            ["mekiki", "importance", locator, "--target", &self.target].map(str::to_owned).into();
        let mut say = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|v| [format!("--{flag}"), v]));
        };
        say("task", self.task.map(|t| t.name().to_owned()));
        self.drop.iter().for_each(|name| say("drop", Some(name.clone())));
        say("sample", self.sample.map(|n| n.to_string()));
        say("seed", (self.seed != 0).then(|| self.seed.to_string()));
        say("time", self.time.clone());
        say("split-column", self.split_column.clone());
        words
    }

    /// A name for a file with its report, without an ending.
    pub fn file_stem(&self) -> String {
        let safe = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
        format!("importance-{}", self.target).chars().map(safe).take(60).collect()
    }
}

/// The columns a line names: itself one, or several with commas between them.
pub fn columns(schema: &Schema, line: &str) -> Vec<String> {
    match schema.position(line.trim()) {
        Some(_) => vec![line.trim().to_owned()],
        None => line.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect(),
    }
}

impl Answer {
    fn explain(&mut self, alike: &[alike::Alike], context: &Context) -> Result<()> {
        let (prepared, learned, control) = (&self.prepared, &self.learned, &context.control);
        let seed = self.step.seed;
        let rows = learn::thinned(self.split.held.clone(), explain::MOST_EXPLAINED, seed);
        let explained = explain::explain(prepared, learned, rows, control)?;
        let permutation = explain::permutation(prepared, learned, &explained, seed, control)?;
        let folds = explain::folds(prepared, learned, &explained, seed, control)?;
        self.pairs = explain::pairs(prepared, learned, &explained, control)?;
        let place = |source: usize| explained.columns.partition_point(|c| *c < source);
        let alone: Vec<Vec<usize>> = (0..explained.columns.len()).map(|c| vec![c]).collect();
        let grouped: Vec<Vec<usize>> =
            alike::groups(&explained.columns, alike).into_iter().map(|g| g.into_iter().map(place).collect()).collect();
        let rank = |groups: &[Vec<usize>]| ranked(prepared, &explained, &permutation, &folds, groups);
        self.columns = rank(&alone);
        self.groups = rank(&grouped);
        self.warnings.extend(in_time(prepared, &self.split, &explained, alike, &self.warnings));
        self.warnings.extend(self.made_of(&explained));
        self.warnings.sort_by_key(|w| w.kind);
        self.explained = Some(explained);
        Ok(())
    }

    /// The warning that the target is made of two of its strongest columns, of those that do not give it away alone.
    fn made_of(&self, explained: &Explained) -> Option<Warning> {
        let leaking =
            |name: &String| self.warnings.iter().any(|w| w.kind == warn::Kind::Leakage && w.columns.contains(name));
        let strongest = self.columns.iter().filter(|c| !leaking(&c.names[0])).map(|c| explained.columns[c.columns[0]]);
        let columns: Vec<usize> = strongest.collect();
        let formula = together::formula(&self.prepared, &self.target, &columns)?;
        Some(warn::of_formula(&self.prepared, &self.target, &formula))
    }

    /// The same with only the rows that were explained, for as long as it is looked at. What was counted over all rows is
    /// in the report.
    pub fn slim(mut self) -> Self {
        self.learned.data = None;
        let rows = self.explained.as_ref().map(|e| e.rows.clone()).unwrap_or_default();
        let prepared = &mut self.prepared;
        prepared.x = rows.iter().flat_map(|r| prepared.row(*r as usize).to_vec()).collect();
        prepared.y = rows.iter().map(|r| prepared.y[*r as usize]).collect();
        prepared.origin = rows.iter().map(|r| prepared.origin[*r as usize]).collect();
        if let Some(explained) = &mut self.explained {
            explained.rows = (0..rows.len() as u32).collect();
        }
        self
    }

    /// The name of a column explained.
    pub fn name(&self, column: usize) -> &str {
        let source = self.explained.as_ref().and_then(|e| e.columns.get(column));
        source.map_or("", |s| &self.prepared.sources[*s].var.name)
    }

    /// The group of two or more a column belongs to.
    pub fn group_of(&self, column: usize) -> Option<&Ranked> {
        self.groups.iter().find(|g| g.columns.len() > 1 && g.columns.contains(&column))
    }

    /// The columns with which a column's effect depends most, strongest first.
    pub fn partners(&self, column: usize) -> Vec<usize> {
        let pairs = self.pairs.iter().flatten().filter(|p| p.columns.0 == column || p.columns.1 == column);
        pairs.map(|p| if p.columns.0 == column { p.columns.1 } else { p.columns.0 }).collect()
    }
}

/// The warning that rows were held out at random though the model goes by where they lie in time, unless it is told already.
/// A time that says the same as an amount is an age, by which rows may be known alike.
fn in_time(
    prepared: &Prepared,
    split: &Split,
    explained: &Explained,
    alike: &[alike::Alike],
    told: &[Warning],
) -> Option<Warning> {
    /// Share of all credit from which on it is told.
    const MUCH: f64 = 0.1;
    let whole: f64 = explained.parts.iter().map(|p| p.1).sum();
    let is_time = |source: usize| prepared.numbers.iter().any(|n| n.source == source && n.part == Part::Days);
    let is_age = |source: usize| {
        let others =
            alike.iter().filter(|p| p.a == source || p.b == source).map(|p| if p.a == source { p.b } else { p.a });
        others.into_iter().any(|other| !is_time(other))
    };
    let place = explained.parts.iter().filter(|p| {
        let number = prepared.numbers[p.0];
        number.part == Part::Days && p.1 > MUCH * whole && !is_age(number.source)
    });
    let most = place.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let needless = split.by != By::Chance || told.iter().any(|w| w.kind == warn::Kind::TimeOrder);
    (!needless).then(|| warn::of_time(&prepared.sources[prepared.numbers[most.0].source].var.name))
}

/// Groups of columns in order of their strength.
fn ranked(
    prepared: &Prepared,
    explained: &Explained,
    permutation: &[Option<f64>],
    folds: &[Vec<f64>],
    groups: &[Vec<usize>],
) -> Vec<Ranked> {
    let strength: Vec<f64> = groups.iter().map(|g| explained.mean_abs(g)).collect();
    let whole: f64 = strength.iter().sum();
    // The strength of a group in a fold: what its members have.
    let of_folds: Vec<Vec<f64>> =
        folds.iter().map(|f| groups.iter().map(|g| g.iter().map(|c| f[*c]).sum()).collect()).collect();
    let rank = |list: &[f64], i: usize| {
        1 + list.iter().enumerate().filter(|(j, v)| **v > list[i] || (**v == list[i] && *j < i)).count()
    };
    let mut out: Vec<Ranked> = groups
        .iter()
        .enumerate()
        .map(|(i, columns)| {
            let own = rank(&strength, i);
            let ranks = of_folds.iter().map(|f| rank(f, i)).fold((own, own), |r, n| (r.0.min(n), r.1.max(n)));
            let tried: Vec<f64> = columns.iter().filter_map(|c| permutation[*c]).collect();
            // Of a group the direction is that of its strongest member.
            let strongest =
                columns.iter().max_by(|a, b| explained.mean_abs(&[**a]).total_cmp(&explained.mean_abs(&[**b])));
            let direction = strongest.map_or(Direction::None, |c| explain::direction(prepared, explained, *c));
            Ranked {
                names: columns.iter().map(|c| prepared.sources[explained.columns[*c]].var.name.clone()).collect(),
                columns: columns.clone(),
                mean_abs: strength[i],
                share: if whole > 0.0 { strength[i] / whole } else { 0.0 },
                direction,
                permutation: (!tried.is_empty()).then(|| tried.iter().sum()),
                ranks,
            }
        })
        .collect();
    out.sort_by(|a, b| b.mean_abs.total_cmp(&a.mean_abs));
    out
}

#[cfg(test)]
mod tests;
