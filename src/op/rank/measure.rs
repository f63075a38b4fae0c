//! What is measured in each group: its spelling, and which columns it can be taken of.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// How values are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    /// Rows.
    Count,
    /// Values, missing ones left out.
    Present,
    /// Different values, missing ones left out.
    Distinct,
    /// The sum.
    Sum,
    /// The arithmetic mean.
    Mean,
    /// The value in the middle; between two, their mean.
    Median,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
    /// The first that is not missing, in the order of the rows.
    First,
    /// The value below which this share of the values lies, from 0 to 1, interpolated linearly between neighbours
    /// (definition 7 of R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", 1996).
    Quantile(f64),
}

/// One measure, spelt `count`, `sum:COL`, `quantile:COL:0.9`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Measure {
    /// How.
    pub of: Of,
    /// Of which column; empty for a count of rows.
    pub column: String,
}

const NAMES: [(&str, Of); 9] = [
    ("count", Of::Count),
    ("present", Of::Present),
    ("distinct", Of::Distinct),
    ("sum", Of::Sum),
    ("mean", Of::Mean),
    ("median", Of::Median),
    ("min", Of::Min),
    ("max", Of::Max),
    ("first", Of::First),
];

impl FromStr for Measure {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::usage(Msg::new("error-rank-measure").with("text", text)).hint(Msg::new("hint-measure"));
        let (name, column) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        if name == "quantile" {
            let (column, share) = column.rsplit_once(':').ok_or_else(wrong)?;
            let share: f64 = share.parse().map_err(|_| wrong())?;
            if column.is_empty() || !(0.0..=1.0).contains(&share) {
                return Err(wrong());
            }
            return Ok(Self { of: Of::Quantile(share), column: column.to_owned() });
        }
        let of = NAMES.iter().find(|(n, _)| *n == name).map(|(_, of)| *of).ok_or_else(wrong)?;
        if column.is_empty() != (of == Of::Count) {
            return Err(wrong());
        }
        Ok(Self { of, column: column.to_owned() })
    }
}

impl TryFrom<String> for Measure {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse().map_err(|e: Error| e.to_string())
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.of {
            Of::Count => f.write_str("count"),
            Of::Quantile(share) => write!(f, "quantile:{}:{share}", self.column),
            _ => write!(f, "{}:{}", self.word(), self.column),
        }
    }
}

impl From<Measure> for String {
    fn from(measure: Measure) -> Self {
        measure.to_string()
    }
}

impl Measure {
    /// A count of rows.
    pub fn count() -> Self {
        Self { of: Of::Count, column: String::new() }
    }

    fn word(&self) -> &'static str {
        match self.of {
            Of::Quantile(_) => "quantile",
            of => NAMES.iter().find(|(_, o)| *o == of).map_or("", |(n, _)| n),
        }
    }

    /// The name of its column in the result: `count`, `sum_price`, `p90_price`.
    pub fn name(&self) -> String {
        match self.of {
            Of::Count => "count".to_owned(),
            Of::Quantile(share) => format!("p{}_{}", (share * 1e6).round() / 1e4, self.column),
            _ => format!("{}_{}", self.word(), self.column),
        }
    }

    /// Whether it is a number of rows or values, whatever these are.
    pub fn counts(&self) -> bool {
        matches!(self.of, Of::Count | Of::Present | Of::Distinct)
    }

    /// Whether the measures of parts add up to the measure of the whole.
    pub fn adds_up(&self) -> bool {
        matches!(self.of, Of::Count | Of::Present | Of::Sum)
    }

    /// An error if the measure makes no sense of this column.
    pub fn check(&self, column: &Column) -> Result<()> {
        let number = column.kind.is_number() || column.kind == Kind::Boolean;
        let fits = match self.of {
            Of::Count | Of::Present | Of::Distinct => true,
            Of::First => !column.kind.is_nested(),
            Of::Min | Of::Max => number || column.kind.is_temporal(),
            Of::Sum | Of::Mean => number || column.kind == Kind::Duration,
            Of::Median | Of::Quantile(_) => number,
        };
        if fits {
            return Ok(());
        }
        Err(Error::usage(
            Msg::new("error-rank-measure-kind")
                .with("measure", self.word())
                .with("column", &column.name)
                .with("kind", column.kind.word()),
        )
        .hint(Msg::new("hint-measure-kind")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for text in ["count", "sum:price", "distinct:a:b", "quantile:x:0.9", "median:値段"] {
            assert_eq!(text.parse::<Measure>().map(|m| m.to_string()).ok().as_deref(), Some(text));
        }
        for text in ["", "sum", "sum:", "count:x", "quantile:x", "quantile:x:2", "total:x", "quantile::0.5"] {
            assert!(text.parse::<Measure>().is_err(), "{text}");
        }
        let name = |t: &str| t.parse::<Measure>().map(|m| m.name()).unwrap_or_default();
        assert_eq!(
            (name("count"), name("mean:x"), name("quantile:x:0.9"), name("quantile:x:0.975")),
            ("count".into(), "mean_x".into(), "p90_x".into(), "p97.5_x".into())
        );
    }
}
