//! Planning a test as an operation: from a baseline and the change that matters to a size, a duration and an end that is
//! kept. Formulas are in [`super::plan`]; nothing here opens a table's source or talks to a person.

mod draw;
pub mod measure;
pub mod peek;
pub mod saved;
mod tell;
#[cfg(test)]
mod tests;
pub mod wizard;

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::num::normal;
use super::plan::{self, Design, Duration, Formula};
use super::{AbError, Result as Number};
use crate::error::{Error, Result};
use crate::text::Msg;

pub use tell::report;

/// Most weeks for which the smallest detectable change is told.
pub const WEEKS: u64 = 8;
/// A test longer than this is worth another thought.
const LONG: u64 = 8;

/// What is measured, as it is without the change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Baseline {
    /// A share of people, strictly between 0 and 1.
    Rate {
        /// The share.
        rate: f64,
    },
    /// An amount.
    Mean {
        /// Its mean.
        mean: f64,
        /// Its standard deviation, above zero.
        sd: f64,
    },
}

impl Baseline {
    /// The share or the mean.
    pub fn value(self) -> f64 {
        match self {
            Self::Rate { rate } => rate,
            Self::Mean { mean, .. } => mean,
        }
    }

    /// Whether it is a share.
    pub fn is_rate(self) -> bool {
        matches!(self, Self::Rate { .. })
    }
}

/// The change that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// In the metric's own unit: 0.005 is half a point of a rate.
    Absolute(f64),
    /// As a part of the baseline: 0.1 is 10%.
    Relative(f64),
}

impl std::str::FromStr for Change {
    type Err = Error;

    /// Reads `10%` as a part of the baseline and `0.005` in the metric's own unit.
    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            || Error::usage(Msg::new("error-plan-change").with("text", text)).hint(Msg::new("hint-plan-change"));
        let plain: String = text.trim().replace(['−', '－'], "-").replace('％', "%");
        let (digits, relative) = match plain.strip_suffix('%') {
            Some(rest) => (rest, true),
            None => (plain.as_str(), false),
        };
        let value = digits.trim().parse::<f64>().ok().filter(|v| v.is_finite() && *v != 0.0).ok_or_else(wrong)?;
        Ok(if relative { Self::Relative(value / 100.0) } else { Self::Absolute(value) })
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absolute(v) => write!(f, "{v}"),
            // A hundredth times a hundred, without the last digit's dust.
            Self::Relative(v) => write!(f, "{}%", (v * 1e14).round() / 1e12),
        }
    }
}

impl TryFrom<String> for Change {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse().map_err(|e: Error| e.to_string())
    }
}

impl From<Change> for String {
    fn from(change: Change) -> Self {
        change.to_string()
    }
}

/// What the test is to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// That there is a difference.
    #[default]
    Difference,
    /// That the arm is not worse by the change or more, while in truth it is alike.
    NonInferiority,
    /// That the arm differs by less than the change either way, while in truth it is alike.
    Equivalence,
}

impl Aim {
    /// Every aim by its name.
    pub const NAMES: &[&str] = &["difference", "non-inferiority", "equivalence"];

    /// The aim of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Difference, Self::NonInferiority, Self::Equivalence].into_iter().find(|a| a.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Groups that are assigned as a whole: shops, classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clusters {
    /// Units in a group.
    pub size: f64,
    /// Correlation within a group.
    pub icc: f64,
}

/// A test to be planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What is measured.
    pub baseline: Baseline,
    /// The change that matters.
    #[serde(with = "as_text")]
    pub change: Change,
    /// What is to be shown.
    #[serde(default)]
    pub aim: Aim,
    /// Two-sided level of a decision.
    pub alpha: f64,
    /// Probability to find the change.
    pub power: f64,
    /// Shares of the arms in any unit, the baseline first.
    pub split: Vec<f64>,
    /// People who enter the test in a day, all arms together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<f64>,
    /// Whether groups are assigned as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Clusters>,
    /// The day the test begins.
    pub start: NaiveDate,
}

mod as_text {
    use super::Change;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(change: &Change, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&change.to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Change, D::Error> {
        String::deserialize(from)?.parse().map_err(|e: crate::error::Error| serde::de::Error::custom(e.to_string()))
    }
}

/// The smallest change found after some weeks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Week {
    /// How many weeks.
    pub weeks: u64,
    /// Units of the baseline arm by then.
    pub baseline: f64,
    /// Units of all arms by then.
    pub units: f64,
    /// The smallest rise found with the power wanted, in the metric's unit; none if nothing would be.
    pub change: Option<f64>,
    /// The power against the change that matters.
    pub power: f64,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What was asked.
    pub question: Question,
    /// The change in the metric's unit.
    pub change: f64,
    /// The level of one comparison: the whole level is divided among the arms compared with the baseline.
    pub level: f64,
    /// Units needed in each arm, the baseline first.
    pub arms: Vec<u64>,
    /// The same, before the effect of groups.
    pub alone: f64,
    /// How many times more units groups make necessary.
    pub design_effect: f64,
    /// Groups needed in each arm, where groups are assigned.
    pub groups: Option<Vec<u64>>,
    /// How long it takes, where the traffic is known.
    pub duration: Option<Duration>,
    /// The first day on which to decide.
    pub end: Option<NaiveDate>,
    /// What would be found week by week, where the traffic is known.
    pub weeks: Vec<Week>,
    /// Power by units of the baseline arm.
    pub curve: Vec<(f64, f64)>,
}

/// An error of the statistics in words.
fn refused(error: AbError) -> Error {
    match error {
        AbError::Level { got } => Error::usage(Msg::new("error-plan-level").with("value", got.to_string())),
        AbError::Unreachable => Error::usage(Msg::new("error-plan-no-change")).hint(Msg::new("hint-plan-change")),
        _ => Error::usage(Msg::new("error-plan-range")),
    }
}

/// A number as a person writes it: `4,000`, `0.05`, `5%`.
pub fn number(text: &str) -> Option<f64> {
    let plain = text.trim().replace([',', '_'], "").replace('％', "%").replace('−', "-");
    let value = match plain.strip_suffix('%') {
        Some(digits) => digits.trim().parse::<f64>().ok()? / 100.0,
        None => plain.parse().ok()?,
    };
    Some(value).filter(|v| v.is_finite())
}

/// The shares of the arms: `50:50`, or as many equal ones as there are arms, two where nothing is said.
pub fn split(text: &str, arms: Option<u64>) -> Result<Vec<f64>> {
    let wrong = || Error::usage(Msg::new("error-plan-split"));
    if text.trim().is_empty() {
        let count = arms.unwrap_or(2).min(super::analysis::MOST_ARMS as u64 + 1);
        return Ok(vec![1.0; count as usize]);
    }
    let shares: Option<Vec<f64>> = text.split([':', '/']).map(number).collect();
    let shares = shares.ok_or_else(wrong)?;
    match arms {
        Some(arms) if arms != shares.len() as u64 => Err(wrong()),
        _ => Ok(shares),
    }
}

/// The day it is, in universal time.
pub fn today() -> NaiveDate {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    i64::try_from(seconds).ok().and_then(|s| chrono::DateTime::from_timestamp(s, 0)).unwrap_or_default().date_naive()
}

impl Question {
    /// A test of two equal arms, level .05, power .8, for a change of a tenth, from this day on.
    pub fn new(baseline: Baseline, start: NaiveDate) -> Self {
        Self {
            baseline,
            change: Change::Relative(0.1),
            aim: Aim::Difference,
            alpha: 0.05,
            power: 0.8,
            split: vec![1.0, 1.0],
            per_day: None,
            clusters: None,
            start,
        }
    }

    /// The change in the metric's unit.
    pub fn absolute(&self) -> f64 {
        match self.change {
            Change::Absolute(v) => v,
            Change::Relative(v) => v * self.baseline.value(),
        }
    }

    /// Refuses what makes no sense, and says why.
    fn check(&self) -> Result<()> {
        let usage = |id| Error::usage(Msg::new(id));
        match self.baseline {
            Baseline::Rate { rate } if !(rate > 0.0 && rate < 1.0) => {
                return Err(Error::usage(Msg::new("error-plan-rate").with("value", rate.to_string()))
                    .hint(Msg::new("hint-plan-rate")));
            }
            Baseline::Mean { mean, sd } if !mean.is_finite() || !sd.is_finite() || sd <= 0.0 => {
                return Err(usage("error-plan-sd"));
            }
            _ => {}
        }
        for level in [self.alpha, self.power] {
            super::freq::check_level(level).map_err(refused)?;
        }
        if self.power <= self.alpha {
            return Err(usage("error-plan-power"));
        }
        let arms = self.split.len();
        if !(2..=super::analysis::MOST_ARMS).contains(&arms) {
            let message = Msg::new("error-ab-arms").with("count", arms).with("most", super::analysis::MOST_ARMS);
            return Err(Error::usage(message));
        }
        if self.split.iter().any(|w| !w.is_finite() || *w <= 0.0) {
            return Err(usage("error-plan-split"));
        }
        if self.per_day.is_some_and(|n| !n.is_finite() || n <= 0.0) {
            return Err(usage("error-plan-traffic"));
        }
        if self.absolute() == 0.0 || !self.absolute().is_finite() {
            return Err(usage("error-plan-no-change").hint(Msg::new("hint-plan-change")));
        }
        if let (Baseline::Rate { rate }, Aim::Difference) = (self.baseline, self.aim) {
            let to = rate + self.absolute();
            if !(0.0..=1.0).contains(&to) {
                let message = Msg::new("error-plan-beyond")
                    .with("from", super::planning::tell::rate(rate))
                    .with("to", super::planning::tell::rate(to));
                return Err(Error::usage(message).hint(Msg::new("hint-plan-change")));
            }
        }
        Ok(())
    }

    fn level(&self) -> f64 {
        self.alpha / (self.split.len() - 1) as f64
    }

    /// Units of the baseline arm for its comparison with an arm `allocation` times as large, without groups.
    fn size(&self, allocation: f64) -> Number<f64> {
        let design = Design { alpha: self.level(), power: self.power, allocation };
        let change = self.absolute();
        match (self.aim, self.baseline) {
            (Aim::Difference, Baseline::Rate { rate }) => {
                plan::size_for_rates(rate, rate + change, design, Formula::Pooled)
            }
            (Aim::Difference, Baseline::Mean { sd, .. }) => plan::size_for_means(change / sd, design),
            _ => Ok((self.alike_z() / change).powi(2) * self.variance() * (1.0 + 1.0 / allocation)),
        }
    }

    /// The sum of the two quantiles in the size of a test that arms are alike (Julious 2004, sections 4 and 5): one-sided at
    /// half the level for non-inferiority, two one-sided at the level each for equivalence.
    fn alike_z(&self) -> f64 {
        match self.aim {
            Aim::Equivalence => -normal::quantile(self.level()) + normal::quantile(0.5 * (1.0 + self.power)),
            _ => -normal::quantile(0.5 * self.level()) + normal::quantile(self.power),
        }
    }

    fn variance(&self) -> f64 {
        match self.baseline {
            Baseline::Rate { rate } => rate * (1.0 - rate),
            Baseline::Mean { sd, .. } => sd * sd,
        }
    }

    /// Power with `n` units in the baseline arm, without groups, in the comparison with the smallest arm.
    fn power_at(&self, n: f64) -> Number<f64> {
        let allocation = self.smallest();
        let design = Design { alpha: self.level(), power: self.power, allocation };
        let change = self.absolute();
        let reach = change.abs() * (n / (self.variance() * (1.0 + 1.0 / allocation))).sqrt();
        match (self.aim, self.baseline) {
            (Aim::Difference, Baseline::Rate { rate }) => {
                plan::power_for_rates(rate, rate + change, n, design, Formula::Pooled)
            }
            // The t's law is the normal one to five digits by then.
            (Aim::Difference, Baseline::Mean { sd, .. }) if n < 5_000.0 => {
                plan::power_for_means(change / sd, n, design).or(Ok(0.0))
            }
            (Aim::Difference, _) => {
                let z = -normal::quantile(0.5 * self.level());
                Ok(normal::sf(z - reach) + normal::sf(z + reach))
            }
            (Aim::NonInferiority, _) => Ok(normal::sf(-normal::quantile(0.5 * self.level()) - reach)),
            (Aim::Equivalence, _) => Ok((2.0 * normal::sf(-normal::quantile(self.level()) - reach) - 1.0).max(0.0)),
        }
    }

    /// The smallest rise that `n` units of the baseline arm find, without groups; for tests that arms are alike, the
    /// smallest margin.
    fn detectable(&self, n: f64) -> Option<f64> {
        let allocation = self.smallest();
        let design = Design { alpha: self.level(), power: self.power, allocation };
        match (self.aim, self.baseline) {
            (Aim::Difference, Baseline::Rate { rate }) => {
                let (down, up) = plan::detectable_rates(rate, n, design, Formula::Pooled).ok()?;
                if self.absolute() < 0.0 { down.map(|r| r - rate) } else { up.map(|r| r - rate) }
            }
            (Aim::Difference, Baseline::Mean { sd, .. }) => {
                let d = plan::detectable_means(n, design).ok()?;
                Some(d * sd * self.absolute().signum())
            }
            _ => Some(self.alike_z() * (self.variance() * (1.0 + 1.0 / allocation) / n).sqrt()),
        }
    }

    /// Units of the smallest other arm for each of the baseline.
    fn smallest(&self) -> f64 {
        self.split[1..].iter().copied().fold(f64::INFINITY, f64::min) / self.split[0]
    }

    /// The standard error of the difference between the baseline and the smallest arm at the planned end, groups included.
    pub fn planned_se(&self, plan: &Plan) -> f64 {
        let n = plan.alone.max(1.0);
        (self.variance() * (1.0 + 1.0 / self.smallest()) / n).sqrt()
    }

    /// Makes the plan.
    pub fn plan(self) -> Result<Plan> {
        self.check()?;
        let design_effect = match self.clusters {
            Some(c) => plan::design_effect(c.size, c.icc).map_err(|_| Error::usage(Msg::new("error-plan-clusters")))?,
            None => 1.0,
        };
        let alone = self.size(self.smallest()).map_err(refused)?;
        let size = alone * design_effect;
        let arms: Vec<u64> = self.split.iter().map(|w| plan::whole(size * w / self.split[0]).max(2)).collect();
        let total: u64 = arms.iter().fold(0, |sum, n| sum.saturating_add(*n));
        if alone.is_nan() || total > 1_000_000_000_000 {
            return Err(Error::usage(Msg::new("error-plan-too-many")).hint(Msg::new("hint-plan-change")));
        }
        let groups = self.clusters.map(|c| arms.iter().map(|n| plan::whole(*n as f64 / c.size)).collect());
        let duration = self.per_day.map(|n| plan::duration(total, n, 1.0)).transpose().map_err(refused)?;
        let end = duration.and_then(|d| self.start.checked_add_days(Days::new(d.weeks.checked_mul(7)?)));
        let share = self.split[0] / self.split.iter().sum::<f64>();
        let mut weeks = Vec::new();
        for w in 1..=self.per_day.map_or(0, |_| WEEKS) {
            let units = self.per_day.unwrap_or(0.0) * 7.0 * w as f64;
            let baseline = units * share;
            let worth = baseline / design_effect;
            let power = self.power_at(worth).unwrap_or(0.0);
            weeks.push(Week { weeks: w, baseline, units, change: self.detectable(worth), power });
        }
        let points = (1..=40).map(|i| size * f64::from(i) / 20.0);
        let curve =
            points.map(|n| Ok((n, self.power_at(n / design_effect)?))).collect::<Number<_>>().map_err(refused)?;
        let (change, level) = (self.absolute(), self.level());
        Ok(Plan { change, level, arms, alone, design_effect, groups, duration, end, weeks, curve, question: self })
    }
}

impl Plan {
    /// Units of all arms.
    pub fn total(&self) -> u64 {
        self.arms.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Whether it takes longer than most tests should.
    pub fn is_long(&self) -> bool {
        self.duration.is_some_and(|d| d.weeks > LONG)
    }
}
