//! The A/B analysis as an operation: from a table or from counts to a report. Sums first: the rows are read once and
//! nothing of them is kept but what the answer needs.

mod answer;
mod check;
mod daily;
mod draw;
mod gather;
mod guess;
mod json;
mod judge;
mod named;
mod panes;
mod parts;
mod python;
mod read;
mod sum;
mod tell;
mod there;
mod units;
mod words;

use serde::{Deserialize, Serialize};

use super::bayes::{Best, BetaPrior};
use super::{AbError, Counts, Exposure, Histogram, Moments, PairMoments};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::op::{Context, Outcome, Product};
use crate::result::report::Report;
use crate::text::Msg;

use sum::Sum;

pub use guess::{guess, no_variant};
pub use read::two_fold;

/// Most arms of a test.
pub const MOST_ARMS: usize = 10;
/// The two-sided level of a decision unless another is asked for.
pub const ALPHA: f64 = 0.05;

/// What a metric is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A share: each value is 0 or 1.
    Conversion,
    /// The mean of an amount.
    Mean,
    /// Events per unit of exposure, counts being Poisson.
    Count,
    /// One sum divided by another one.
    Ratio,
}

impl Kind {
    /// The names, as they are spelt.
    pub const NAMES: &'static [&'static str] = &["conversion", "mean", "count", "ratio"];

    /// The name for machines.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl std::str::FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const ALL: [Kind; 4] = [Kind::Conversion, Kind::Mean, Kind::Count, Kind::Ratio];
        ALL.into_iter().find(|k| k.name() == text.trim()).ok_or_else(|| {
            Error::usage(Msg::new("error-ab-kind").with("text", text))
                .hint(Msg::new("hint-one-of").with("names", Self::NAMES.join(", ")))
        })
    }
}

/// Compares the arms of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ab {
    /// The column that says which arm a row belongs to.
    pub variant: String,
    /// What is compared; the first decides the verdict.
    pub metrics: Vec<String>,
    /// The arm the others are compared with; guessed where it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The column of those who were divided into the arms (users); rows are taken for them without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What the metrics are compared as; told from their values where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The column whose sum the sum of the metric is divided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// The column of a value from before the experiment, which is adjusted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covariate: Option<String>,
    /// The column of the day on which somebody came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The column within whose values the arms are compared too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The quantile beyond which amounts are put to it; between 0.5 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winsorise: Option<f64>,
    /// Whether the smaller value is the better one: complaints, waiting times.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_is_better: bool,
    /// The smallest difference that matters, in the metric's unit (a rate's as a fraction).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The seed of a bootstrap of the difference of medians and means; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<u64>,
    /// How many people were planned, all arms together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// Prior of a conversion rate: conversions and others seen beforehand; 1 and 1, so every rate alike, where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<[f64; 2]>,
    /// The two-sided level of a decision; .05 where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// The planned shares of the arms, in any unit, in the order of the report; equal where missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<f64>,
    /// The file its report was last written to in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// One arm known by its counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// How many converted.
    pub conversions: u64,
    /// How many there were.
    pub n: u64,
}

impl std::str::FromStr for Arm {
    type Err = Error;

    /// Reads `NAME=CONVERSIONS/PEOPLE`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::usage(Msg::new("error-ab-arm").with("text", text)).hint(Msg::new("hint-ab-arm"));
        let (name, counts) = text.rsplit_once('=').ok_or_else(wrong)?;
        let (conversions, n) = counts.split_once('/').ok_or_else(wrong)?;
        let whole = |t: &str| -> Result<u64> {
            let digits: String = t.trim().chars().filter(|c| !matches!(c, ',' | '_')).collect();
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong());
            }
            digits.parse().map_err(|_| wrong())
        };
        let arm = Self { name: name.trim().to_owned(), conversions: whole(conversions)?, n: whole(n)? };
        if arm.name.is_empty() {
            return Err(wrong());
        }
        Ok(arm)
    }
}

/// What stands beside each value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    /// Nothing.
    None,
    /// What its sum is divided by.
    Denominator,
    /// Its value before the experiment.
    Covariate,
}

/// One metric, by arms in the order of the report.
#[derive(Clone, Debug, PartialEq)]
struct Metric {
    /// Its column; none from counts alone.
    name: Option<String>,
    kind: Kind,
    second: Second,
    whole: Vec<Sum>,
    /// The days in their order.
    days: Vec<(i64, Vec<Sum>)>,
    /// The segments in the order of [`Gathered::segment_names`].
    segments: Vec<Vec<Sum>>,
    /// How often each value of an amount occurs; empty where that is not known.
    histograms: Vec<Histogram>,
    /// Whether the values in them are rounded.
    coarse: bool,
    /// What values were capped at.
    limit: Option<f64>,
    /// Where rows of a unit were put together: the sum and the number of each unit's rows, and the sum of the rows' squares.
    clusters: Vec<(PairMoments, f64)>,
    /// Values that are neither 0 nor 1.
    not_binary: u64,
}

impl Metric {
    /// Whether its values are shares, to be shown in percent.
    fn is_rate(&self) -> bool {
        self.kind == Kind::Conversion
    }

    /// Rows or units left out because they have no value.
    fn missing(&self) -> u64 {
        self.whole.iter().map(|s| s.missing).sum()
    }

    /// Whether it was said to be 0 or 1 and is not.
    fn is_broken(&self) -> bool {
        self.kind == Kind::Conversion && self.not_binary > 0
    }

    /// Events and exposure: of a unit each where there is no denominator.
    fn exposure(&self, sum: &Sum) -> Option<Exposure> {
        match self.second {
            Second::Denominator => Exposure::new(whole(sum.pair.y().sum()), whole(sum.pair.x().sum())).ok(),
            _ => Exposure::new(whole(sum.y.sum()), sum.y.n()).ok(),
        }
    }
}

/// Who was divided into the arms.
#[derive(Clone, Debug, PartialEq)]
struct Units {
    column: String,
    rows: u64,
    units: u64,
    /// Those seen in several arms; left out.
    several: u64,
    /// Rows without a unit; left out.
    missing: u64,
}

/// All that the answer needs.
#[derive(Clone, Debug, PartialEq)]
struct Gathered {
    /// The arms, the baseline first.
    names: Vec<String>,
    /// How many belong to each arm, with a value or without.
    assigned: Vec<u64>,
    metrics: Vec<Metric>,
    /// Rows that belong to no arm.
    no_variant: u64,
    units: Option<Units>,
    from_table: bool,
    /// Whether days are dates.
    dates: bool,
    segment_names: Vec<String>,
    /// A column that looks like the unit though none was named, and whether its values repeat in the first rows.
    suspect: Option<(String, bool)>,
    /// Where the sums were made, and what could not be had there.
    said: Vec<Msg>,
    /// The queries that made them, where they were made elsewhere.
    asked: Vec<String>,
}

impl Gathered {
    /// Segments by their names.
    fn sort_segments(&mut self) {
        let mut order: Vec<usize> = (0..self.segment_names.len()).collect();
        order.sort_by(|a, b| self.segment_names[*a].cmp(&self.segment_names[*b]));
        for metric in &mut self.metrics {
            let cells = |i: &usize| metric.segments.get(*i).cloned().unwrap_or_default();
            metric.segments = order.iter().map(cells).collect();
        }
        self.segment_names = order.iter().map(|i| self.segment_names[*i].clone()).collect();
    }
}

/// The whole number that a sum is but for rounding: a mean of whole numbers times their count need not be one.
fn whole(sum: f64) -> f64 {
    let near = sum.round();
    if (sum - near).abs() <= 8.0 * f64::EPSILON * sum.abs() { near } else { sum }
}

/// The sums of counts alone.
fn of_counts(counts: Counts) -> Sum {
    let (n, ones) = (counts.n() as f64, counts.conversions() as f64);
    let squares = counts.rate().map_or(0.0, |rate| ones * (1.0 - rate));
    let y = Moments::new(n, counts.rate().unwrap_or(0.0), squares).unwrap_or_default();
    Sum { ones: counts.conversions(), y, ..Sum::default() }
}

/// An error of the statistics in words.
fn refused(error: AbError) -> Error {
    match error {
        AbError::Prior => Error::usage(Msg::new("error-ab-prior")).hint(Msg::new("hint-ab-prior")),
        AbError::Arms { got } => Error::usage(Msg::new("error-ab-arms").with("count", got).with("most", MOST_ARMS)),
        AbError::MoreConversionsThanTrials { conversions, n } => {
            Error::usage(Msg::new("error-ab-more").with("conversions", conversions).with("n", n))
        }
        other => Error::failed(Msg::new("error-ab-numbers").with("cause", format!("{other:?}"))),
    }
}

impl Ab {
    /// The analysis in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-ab").with("variant", &self.variant).with("metrics", self.metrics.join(", "))
    }

    /// The level of a decision, checked.
    fn level(&self) -> Result<f64> {
        let alpha = self.alpha.unwrap_or(ALPHA);
        match alpha > 0.0 && alpha <= 0.5 {
            true => Ok(alpha),
            false => Err(Error::usage(Msg::new("error-ab-alpha").with("alpha", alpha.to_string()))),
        }
    }

    fn prior(&self) -> BetaPrior {
        self.prior.map_or(BetaPrior::UNIFORM, |[alpha, beta]| BetaPrior { alpha, beta })
    }

    fn best(&self) -> Best {
        if self.lower_is_better { Best::Smallest } else { Best::Greatest }
    }

    /// Whether what was asked for can be asked for together.
    fn check(&self) -> Result<()> {
        self.level()?;
        let wrong = |id: &'static str, value: f64| Err(Error::usage(Msg::new(id).with("value", value.to_string())));
        if let Some(p) = self.winsorise.filter(|p| !(0.5..1.0).contains(p)) {
            return wrong("error-ab-winsorise", p);
        }
        if let Some(margin) = self.margin.filter(|m| !m.is_finite() || *m <= 0.0) {
            return wrong("error-ab-margin", margin);
        }
        if self.metrics.contains(&self.variant) {
            let message = Msg::new("error-ab-same").with("column", &self.variant);
            return Err(Error::usage(message).hint(Msg::new("hint-ab-metric")));
        }
        if self.denominator.is_some() && (self.covariate.is_some() || self.winsorise.is_some()) {
            return Err(Error::usage(Msg::new("error-ab-denominator")).hint(Msg::new("hint-ab-together")));
        }
        Ok(())
    }

    /// The words of the command that makes the report of a table.
    pub fn command(&self, locator: &str) -> Vec<String> {
        let mut words: Vec<String> = ["mekiki", "ab", locator, "--variant", &self.variant].map(str::to_owned).into();
        let mut say = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|v| [format!("--{flag}"), v]));
        };
        self.metrics.iter().for_each(|m| say("metric", Some(m.clone())));
        say("baseline", self.baseline.clone());
        say("unit", self.unit.clone());
        say("kind", self.kind.map(|k| k.name().to_owned()));
        say("denominator", self.denominator.clone());
        say("covariate", self.covariate.clone());
        say("day", self.day.clone());
        say("segment", self.segment.clone());
        say("winsorise", self.winsorise.map(|v| v.to_string()));
        say("margin", self.margin.map(|v| v.to_string()));
        say("planned", self.planned.map(|v| v.to_string()));
        say("prior", self.prior.map(|[a, b]| format!("{a},{b}")));
        say("alpha", self.alpha.map(|v| v.to_string()));
        let split: Vec<String> = self.split.iter().map(ToString::to_string).collect();
        say("split", Some(split.join(":")).filter(|s| !s.is_empty()));
        say("seed", self.bootstrap.map(|v| v.to_string()));
        let flags = [("--lower-is-better", self.lower_is_better), ("--bootstrap", self.bootstrap.is_some())];
        words.extend(flags.into_iter().filter(|f| f.1).map(|f| f.0.to_owned()));
        words
    }

    /// A name for a file with its report, without an ending.
    pub fn file_stem(&self) -> String {
        let safe = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
        let name = ["ab"].into_iter().chain(self.metrics.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
        name.chars().map(safe).take(60).collect()
    }

    /// The report of a table, which stays as it is.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let report = self.report(dataset, context)?;
        Ok(Outcome { product: Some(Product::Report(Box::new(report))), ..dataset.clone().into() })
    }

    /// Reads a table once and compares its arms.
    pub fn report(&self, dataset: &Dataset, context: &Context) -> Result<Report> {
        self.check()?;
        let mut gathered = gather::gather(self, dataset, context)?;
        if self.unit.is_none() {
            gathered.suspect = guess::unit(dataset, self, &context.control)?;
        }
        answer::report(self, &gathered)
    }

    /// The column of those who seem to have several rows each, where there is one.
    pub fn repeated_unit(&self, dataset: &Dataset, context: &Context) -> Result<Option<String>> {
        let found = guess::unit(dataset, self, &context.control)?;
        Ok(found.filter(|(_, repeats)| *repeats).map(|(name, _)| name))
    }

    /// Compares arms known by their counts. Of `self`, columns are not looked at.
    pub fn from_arms(&self, arms: &[Arm]) -> Result<Report> {
        self.check()?;
        if arms.len() < 2 || arms.len() > MOST_ARMS {
            return Err(Error::usage(Msg::new("error-ab-arms").with("count", arms.len()).with("most", MOST_ARMS))
                .hint(Msg::new("hint-ab-arm")));
        }
        if let Some((_, arm)) = arms.iter().enumerate().find(|(i, a)| arms[..*i].iter().any(|b| b.name == a.name)) {
            return Err(Error::usage(Msg::new("error-ab-twice").with("name", &arm.name)));
        }
        let mut counts = Vec::new();
        for arm in arms {
            counts.push(Counts::new(arm.conversions, arm.n).map_err(|_| {
                let message = Msg::new("error-ab-arm-more")
                    .with("name", &arm.name)
                    .with("conversions", arm.conversions)
                    .with("n", arm.n);
                Error::usage(message).hint(Msg::new("hint-ab-arm"))
            })?);
        }
        let names: Vec<String> = arms.iter().map(|a| a.name.clone()).collect();
        let first = self.first(&names)?;
        let order: Vec<usize> = [first].into_iter().chain((0..names.len()).filter(|i| *i != first)).collect();
        let gathered = Gathered {
            names: order.iter().map(|i| names[*i].clone()).collect(),
            assigned: order.iter().map(|i| arms[*i].n).collect(),
            metrics: vec![Metric {
                name: None,
                kind: Kind::Conversion,
                second: Second::None,
                whole: order.iter().map(|i| of_counts(counts[*i])).collect(),
                days: Vec::new(),
                segments: Vec::new(),
                histograms: Vec::new(),
                coarse: false,
                limit: None,
                clusters: Vec::new(),
                not_binary: 0,
            }],
            no_variant: 0,
            units: None,
            from_table: false,
            dates: false,
            segment_names: Vec::new(),
            suspect: None,
            said: Vec::new(),
            asked: Vec::new(),
        };
        answer::report(self, &gathered)
    }

    /// Which of these arms is the baseline.
    fn first(&self, names: &[String]) -> Result<usize> {
        match &self.baseline {
            None => Ok(guess::baseline(names)),
            Some(wanted) => names.iter().position(|n| n == wanted).ok_or_else(|| {
                let message = Msg::new("error-ab-baseline").with("name", wanted);
                Error::usage(message).hint(Msg::new("hint-ab-baseline").with("names", names.join(", ")))
            }),
        }
    }
}

#[cfg(test)]
mod tests;
