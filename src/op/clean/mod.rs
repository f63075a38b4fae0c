//! The standard preprocessing in one act: columns that say nothing or say what another column says, rows that repeat, and
//! offers to mend values. Decides in bounded memory; what it decides is then done at once, as a choice of columns and a bit
//! for each row.
//!
//! One pass over the table takes a fingerprint of every column and takes out, on the way, the rows that a few telling columns
//! say may be duplicates. Fingerprints only propose; an exact comparison decides.

mod change;
mod check;
mod decide;
mod findings;
mod offers;
mod pass;
mod quick;
mod rows;
#[cfg(test)]
mod tests;
mod there;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::findings::{Doing, Finding, FindingKind, Findings};
pub use self::offers::Target;
use super::push::{Answered, answered};
use super::{Context, Outcome};
use crate::data::Dataset;
use crate::error::Result;
use crate::text::Msg;

fn is_on(on: &bool) -> bool {
    *on
}

fn is_off(on: &bool) -> bool {
    !*on
}

/// The step. As it is by default: the standard preprocessing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clean {
    /// Null counts as missing when a column is all missing.
    #[serde(skip_serializing_if = "is_on")]
    pub missing_null: bool,
    /// NaN does.
    #[serde(skip_serializing_if = "is_on")]
    pub missing_nan: bool,
    /// Text without a character does.
    #[serde(skip_serializing_if = "is_on")]
    pub missing_empty: bool,
    /// Drop columns with one value in every row.
    #[serde(skip_serializing_if = "is_on")]
    pub constant: bool,
    /// Drop columns with one value in some rows and null or NaN in the others.
    #[serde(skip_serializing_if = "is_on")]
    pub constant_or_missing: bool,
    /// Drop columns that hold what an earlier one holds.
    #[serde(skip_serializing_if = "is_on")]
    pub identical: bool,
    /// Whole numbers may equal floating-point numbers there.
    #[serde(skip_serializing_if = "is_off")]
    pub numbers_alike: bool,
    /// Drop columns that hold what an earlier one holds under other names, where values recur: at most half as many
    /// different values as rows that have one.
    #[serde(skip_serializing_if = "is_on")]
    pub renamed: bool,
    /// Drop rows that are the same as an earlier one in all columns that stay.
    #[serde(skip_serializing_if = "is_on")]
    pub duplicate_rows: bool,
    /// Compare rows by these columns only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Columns to keep, whatever is found about them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// Drop columns with at least this share of rows missing or empty, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearly_empty: Option<f64>,
    /// Drop columns in which one value holds at least this share of rows, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearly_constant: Option<f64>,
    /// Columns to drop besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// Columns to make unreadable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<String>,
    /// Columns of text in which blanks at the ends are cut; `*` for all in which there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trim: Vec<String>,
    /// Columns of text in which case is folded; `*` for all in which spellings differ by case or blanks only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fold: Vec<String>,
    /// Columns of text in which words for "missing" become missing; `*` for all in which there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentinels: Vec<String>,
    /// Columns of text to be read as something else.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cast: BTreeMap<String, Target>,
}

impl Default for Clean {
    fn default() -> Self {
        Self {
            missing_null: true,
            missing_nan: true,
            missing_empty: true,
            constant: true,
            constant_or_missing: true,
            identical: true,
            numbers_alike: false,
            renamed: true,
            duplicate_rows: true,
            keys: Vec::new(),
            keep: Vec::new(),
            nearly_empty: None,
            nearly_constant: None,
            drop: Vec::new(),
            mask: Vec::new(),
            trim: Vec::new(),
            fold: Vec::new(),
            sentinels: Vec::new(),
            cast: BTreeMap::new(),
        }
    }
}

impl Clean {
    /// The step in words.
    pub fn words(&self) -> Msg {
        match self.keys.len() {
            0 => Msg::new("step-clean"),
            _ => Msg::new("step-clean-keys").with("columns", self.keys.join(", ")),
        }
    }

    /// What is done about a finding that nobody said anything about.
    pub(self) fn unasked(&self, kind: FindingKind) -> Doing {
        let drop = match kind {
            FindingKind::DuplicateRows => false,
            FindingKind::NearlyEmpty => self.nearly_empty.is_some(),
            FindingKind::NearlyConstant => self.nearly_constant.is_some(),
            kind => kind.is_standard(),
        };
        if drop { Doing::Drop } else { Doing::Leave }
    }

    /// Looks at the rows in view and says what there is to clean, by asking the engine that has them where there is one. Else
    /// reads everything once and the columns concerned once more, within the context's memory. Fails when a column named is
    /// not there.
    pub fn decide(&self, dataset: &Dataset, context: &Context) -> Result<Findings> {
        let asked = answered(dataset, &context.control, |rows, place| {
            Ok((there::decide(self, rows, place, context)?, rows.clone()))
        });
        let (mut findings, rows) = match asked? {
            Answered::There(found) => found,
            Answered::Here(rows, why) => {
                let rows = rows.whole(&context.control)?;
                let mut findings = decide::decide(self, &rows, context)?;
                findings.notes.extend(why);
                (findings, rows)
            }
        };
        if !Arc::ptr_eq(rows.table(), dataset.table()) {
            findings.reading = Some(rows);
        }
        Ok(findings)
    }

    /// Decides and does it. Fails if no column would be left.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        self.decide(dataset, context)?.outcome(dataset)
    }
}
