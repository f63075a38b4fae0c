//! A plan kept in a file, so that its end holds: what was asked, what is needed, and when the result was read before it.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::measure::Columns;
use super::{Plan, Question};
use crate::config;
use crate::error::{Error, Result, system};
use crate::text::Msg;

/// The version of the file's form.
const VERSION: u32 = 1;
/// Most plans that are offered.
const OFFERED: usize = 9;

/// One reading of the result before the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The day.
    pub day: NaiveDate,
    /// Units in all arms by then.
    pub units: u64,
}

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    version: u32,
    /// The locator of the table it was made from, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// What is measured, where a column says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Units needed in each arm, the baseline first.
    pub arms: Vec<u64>,
    /// The first day on which to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<NaiveDate>,
    /// What was asked.
    pub question: Question,
    /// Readings before the end.
    #[serde(default, rename = "look", skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
}

/// The folder where plans are kept.
fn folder() -> Option<PathBuf> {
    config::state_dir().map(|d| d.join("plans"))
}

fn broken(path: &Path, cause: Msg) -> Error {
    Error::usage(Msg::new("error-plan-file").with("path", path.display().to_string()).with("cause", cause))
}

impl Saved {
    /// A plan as it is kept.
    pub fn new(plan: &Plan, table: Option<String>, columns: Option<&Columns>) -> Self {
        Self {
            version: VERSION,
            table,
            metric: columns.map(|c| c.metric.clone()),
            arms: plan.arms.clone(),
            end: plan.end,
            question: plan.question.clone(),
            looks: Vec::new(),
        }
    }

    /// Units of all arms.
    pub fn total(&self) -> u64 {
        self.arms.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The file's text.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|e| Error::failed(Msg::new("error-plan-write").with("cause", e.to_string())))
    }

    /// Reads a plan.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| broken(path, system::words(&e)))?;
        let saved: Self = toml::from_str(&text).map_err(|e| broken(path, system::raw(e.message())))?;
        let arms = saved.arms.len();
        if saved.version != VERSION || arms != saved.question.split.len() || saved.total() == 0 {
            return Err(broken(path, Msg::new("error-plan-form")));
        }
        Ok(saved)
    }

    /// Writes it beside and puts it in place.
    pub fn write(&self, path: &Path) -> Result<()> {
        use std::io::Write as _;
        let failed = |e: std::io::Error| Error::failed(Msg::new("error-plan-write").with("cause", system::words(&e)));
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(self.to_toml()?.as_bytes()).map_err(failed)?;
        file.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// Keeps it among the plans of this person; where it lies.
    pub fn keep(&self) -> Result<PathBuf> {
        let folder = folder().ok_or_else(|| Error::failed(Msg::new("error-plan-nowhere")))?;
        let words = [self.metric.as_deref().unwrap_or("plan"), &self.question.start.to_string()].join("-");
        let stem: String = words.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let stem: String = stem.chars().take(60).collect();
        let path = (1..)
            .map(|i| folder.join(if i == 1 { format!("{stem}.toml") } else { format!("{stem}-{i}.toml") }))
            .find(|p| !p.exists())
            .unwrap_or_else(|| folder.join("plan.toml"));
        self.write(&path)?;
        Ok(path)
    }

    /// Remembers that the result was read when this many units were in. The same data read again is no new look.
    pub fn look(&mut self, day: NaiveDate, units: u64) {
        if units > 0 && self.looks.last().is_none_or(|l| units > l.units) {
            self.looks.push(Look { day, units });
        }
    }
}

/// The plans made for a table, the latest first, with where they lie.
pub fn of_table(locator: &str) -> Vec<(PathBuf, Saved)> {
    let files = folder().and_then(|f| std::fs::read_dir(f).ok());
    let mut plans: Vec<(PathBuf, Saved)> = files
        .into_iter()
        .flatten()
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .filter_map(|p| Saved::read(&p).ok().map(|s| (p, s)))
        .filter(|(_, s)| s.table.as_deref() == Some(locator))
        .collect();
    plans.sort_by(|a, b| (b.1.question.start, &b.0).cmp(&(a.1.question.start, &a.0)));
    plans.truncate(OFFERED);
    plans
}
