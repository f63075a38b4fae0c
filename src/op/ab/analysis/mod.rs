//! The A/B analysis as an operation: from a table or from counts to a report. Sums first: the rows are read once and
//! nothing of them is kept but what the answer needs.

mod answer;
mod check;
mod draw;
mod gather;
mod guess;
mod judge;
mod tell;
mod words;

use serde::{Deserialize, Serialize};

use super::bayes::BetaPrior;
use super::{AbError, Counts, Moments};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::op::Context;
use crate::result::report::Report;
use crate::text::Msg;

pub use gather::two_fold;
pub use guess::guess;

/// Most arms of a test.
pub const MOST_ARMS: usize = 10;
/// The two-sided level of a decision unless another is asked for.
pub const ALPHA: f64 = 0.05;

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
    /// Prior of a conversion rate: conversions and others seen beforehand; 1 and 1, so every rate alike, where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<[f64; 2]>,
    /// The two-sided level of a decision; .05 where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// The planned shares of the arms, in any unit, in the order of the report; equal where missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<f64>,
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

/// What is summed of one metric, per arm.
#[derive(Clone, Debug, PartialEq)]
enum Sums {
    /// Converted or not.
    Counts(Vec<Counts>),
    /// An amount.
    Means(Vec<Moments>),
}

/// One metric.
#[derive(Clone, Debug, PartialEq)]
struct Metric {
    /// Its column; none from counts alone.
    name: Option<String>,
    sums: Sums,
    /// Rows or units left out because they have no value.
    missing: u64,
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

    /// Reads a table once and compares its arms.
    pub fn report(&self, dataset: &Dataset, context: &Context) -> Result<Report> {
        self.level()?;
        let gathered = gather::gather(self, dataset, context)?;
        answer::report(self, &gathered)
    }

    /// Compares arms known by their counts. Of `self`, columns are not looked at.
    pub fn from_arms(&self, arms: &[Arm]) -> Result<Report> {
        self.level()?;
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
                sums: Sums::Counts(order.iter().map(|i| counts[*i]).collect()),
                missing: 0,
            }],
            no_variant: 0,
            units: None,
            from_table: false,
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
