//! What a table says for a plan: the metric as it is, the traffic, and how alike those are who would be assigned together.
//! The rows are read once; without units or groups nothing is held but sums.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, Series};
use serde_json::{Value, json};

use super::{Baseline, Clusters};
use crate::data::{Dataset, Flow, Stretch, from_polars};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::ab::analysis::two_fold;
use crate::op::rank::keys::Coder;
use crate::text::{Msg, number};

/// Which columns say it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// What is measured.
    pub metric: String,
    /// Who is divided into the arms; each row is one of its own without it.
    pub unit: Option<String>,
    /// What is assigned as a whole.
    pub cluster: Option<String>,
    /// When.
    pub day: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The columns it was found in.
    pub columns: Columns,
    /// The metric without the change.
    pub baseline: Baseline,
    /// Units with a value.
    pub units: u64,
    /// Rows of these units.
    pub rows: u64,
    /// Rows left out because they have no value or unit.
    pub missing: u64,
    /// From the first day to the last, both counted.
    pub days: Option<u64>,
    /// Units seen for the first time, by day on the average.
    pub per_day: Option<f64>,
    /// How many groups, and how alike those within are.
    pub clusters: Option<(u64, Clusters)>,
}

/// One column of a part, as its values, with the numbers they have in the coder of the part.
struct Coded {
    dtype: DataType,
    coder: Coder,
    codes: Vec<u32>,
}

struct Part {
    values: Vec<Option<f64>>,
    unit: Option<Coded>,
    cluster: Option<Coded>,
    day: Option<Vec<Option<i32>>>,
}

/// Sums over units.
#[derive(Default)]
struct Sums {
    shift: f64,
    n: u64,
    sum: f64,
    squares: f64,
    others: u64,
    days: BTreeMap<i32, u64>,
    clusters: Vec<(f64, f64)>,
}

impl Sums {
    fn add(&mut self, v: f64, day: Option<i32>, cluster: Option<u32>) {
        if self.n == 0 {
            self.shift = v;
        }
        self.n += 1;
        self.others += u64::from(v != 0.0 && v != 1.0);
        let d = v - self.shift;
        self.sum += d;
        self.squares += d * d;
        if let Some(day) = day {
            *self.days.entry(day).or_default() += 1;
        }
        if let Some(c) = cluster {
            let c = c as usize;
            if c >= self.clusters.len() {
                self.clusters.resize(c + 1, (0.0, 0.0));
            }
            self.clusters[c].0 += 1.0;
            self.clusters[c].1 += d;
        }
    }

    /// Correlation within groups by the analysis of variance (Donner 1986), and the size that stands for unequal ones in
    /// the design effect, Σm²/Σm. None with fewer than two groups or nobody beside another.
    fn clusters(&self) -> Option<(u64, Clusters)> {
        let groups = || self.clusters.iter().filter(|c| c.0 > 0.0);
        let k = groups().count() as f64;
        let n: f64 = groups().map(|c| c.0).sum();
        if k < 2.0 || n <= k {
            return None;
        }
        let squares: f64 = groups().map(|c| c.0 * c.0).sum();
        let within_means: f64 = groups().map(|c| c.1 * c.1 / c.0).sum();
        let between = ((within_means - self.sum * self.sum / n) / (k - 1.0)).max(0.0);
        let within = ((self.squares - within_means) / (n - k)).max(0.0);
        let typical = (n - squares / n) / (k - 1.0);
        let icc = (between - within) / (between + (typical - 1.0) * within);
        let icc = if icc.is_finite() { icc.clamp(0.0, 1.0) } else { 0.0 };
        Some((k as u64, Clusters { size: squares / n, icc }))
    }
}

/// Numbers of a metric; what is neither a number nor yes or no is refused.
fn values(name: &str, series: &Series) -> Result<Vec<Option<f64>>> {
    let not = |value: &str| {
        let value: String = value.chars().take(40).collect();
        Error::usage(Msg::new("error-ab-metric").with("column", name).with("value", value))
            .hint(Msg::new("hint-ab-metric"))
    };
    let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
    match series.dtype() {
        dtype if dtype.is_primitive_numeric() || matches!(dtype, DataType::Boolean | DataType::Decimal(..)) => {
            let numbers = series.cast(&DataType::Float64).map_err(from_polars)?;
            Ok(numbers.f64().map_err(from_polars)?.iter().map(finite).collect())
        }
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let texts = series.cast(&DataType::String).map_err(from_polars)?;
            let texts = texts.str().map_err(from_polars)?;
            let read = |text: &str| text.parse().ok().or_else(|| two_fold(text)).ok_or_else(|| not(text));
            texts
                .iter()
                .map(|text| match text.map(str::trim).filter(|t| !t.is_empty()) {
                    None => Ok(None),
                    Some(text) => read(text).map(|v| finite(Some(v))),
                })
                .collect()
        }
        DataType::Null => Ok(vec![None; series.len()]),
        other => Err(not(&other.to_string())),
    }
}

/// Days since 1970-01-01.
fn days(name: &str, series: &Series) -> Result<Vec<Option<i32>>> {
    let wrong = || Error::usage(Msg::new("error-plan-day").with("column", name)).hint(Msg::new("hint-plan-day"));
    if series.dtype() == &DataType::String {
        let epoch = chrono::NaiveDate::default();
        let texts = series.str().map_err(from_polars)?;
        return texts
            .iter()
            .map(|text| {
                let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
                let head: String = text.chars().take(10).collect::<String>().replace('/', "-");
                let day: chrono::NaiveDate = head.parse().map_err(|_| wrong())?;
                i32::try_from(day.signed_duration_since(epoch).num_days()).map(Some).map_err(|_| wrong())
            })
            .collect();
    }
    if !matches!(series.dtype(), DataType::Date | DataType::Datetime(..)) {
        return Err(wrong());
    }
    let days = series.cast(&DataType::Date).and_then(|d| d.cast(&DataType::Int32)).map_err(from_polars)?;
    Ok(days.i32().map_err(from_polars)?.iter().collect())
}

fn coded(series: &Series) -> Result<Coded> {
    let (coder, codes) = Coder::of(series.dtype(), &Stretch::Values(series.clone()))?;
    Ok(Coded { dtype: series.dtype().clone(), coder, codes })
}

fn read(columns: &Columns, frame: &DataFrame) -> Result<Part> {
    let mut rest = frame.columns().iter().map(|c| c.as_materialized_series());
    let none = || Error::usage(Msg::new("error-ab-no-metric"));
    let values = values(&columns.metric, rest.next().ok_or_else(none)?)?;
    let unit = columns.unit.as_ref().and_then(|_| rest.next()).map(coded).transpose()?;
    let cluster = columns.cluster.as_ref().and_then(|_| rest.next()).map(coded).transpose()?;
    let day = match (&columns.day, rest.next()) {
        (Some(name), Some(series)) => Some(days(name, series)?),
        _ => None,
    };
    Ok(Part { values, unit, cluster, day })
}

/// One unit: its values, their sum, its first day, its group.
#[derive(Clone, Copy, Default)]
struct Unit {
    rows: u32,
    sum: f64,
    day: Option<i32>,
    cluster: Option<u32>,
}

/// A coder over all parts: the numbers of a part's values there.
fn joined(all: &mut Option<Coder>, part: &Coded) -> Result<Vec<u32>> {
    let map = all.get_or_insert_with(|| Coder::new(&part.dtype)).absorb(&part.coder)?;
    Ok(part.codes.iter().map(|code| map[*code as usize]).collect())
}

/// Reads a table for a plan.
pub fn measure(dataset: &Dataset, columns: &Columns, context: &Context) -> Result<Measured> {
    if columns.metric.is_empty() {
        return Err(Error::usage(Msg::new("error-ab-no-metric")).hint(Msg::new("hint-ab-metric")));
    }
    let named = [Some(&columns.metric), columns.unit.as_ref(), columns.cluster.as_ref(), columns.day.as_ref()];
    let places = named.into_iter().flatten().map(|n| dataset.schema().require(n)).collect::<Result<Vec<_>>>()?;
    let (mut rows, mut missing, mut others) = (0, 0, 0_u64);
    let (mut unit_coder, mut cluster_coder) = (None, None);
    let mut units: Vec<Unit> = Vec::new();
    let mut sums = Sums::default();
    dataset.scan(
        &places,
        &context.control,
        |frame| read(columns, &frame),
        |part| {
            let unit_codes = part.unit.as_ref().map(|c| joined(&mut unit_coder, c)).transpose()?;
            let cluster_codes = part.cluster.as_ref().map(|c| joined(&mut cluster_coder, c)).transpose()?;
            for (i, value) in part.values.iter().enumerate() {
                let Some(v) = *value else {
                    missing += 1;
                    continue;
                };
                let day = part.day.as_ref().and_then(|d| d[i]);
                let cluster = cluster_codes.as_ref().map(|c| c[i]);
                rows += 1;
                let Some(codes) = &unit_codes else {
                    sums.add(v, day, cluster);
                    continue;
                };
                others += u64::from(v != 0.0 && v != 1.0);
                let at = codes[i] as usize;
                if at >= units.len() {
                    units.resize(at + 1, Unit::default());
                }
                let unit = &mut units[at];
                unit.rows += 1;
                unit.sum += v;
                unit.day = [unit.day, day].into_iter().flatten().min();
                unit.cluster = unit.cluster.or(cluster);
            }
            let held = std::mem::size_of::<Unit>() * units.len() + unit_coder.as_ref().map_or(0, Coder::bytes);
            if held as u64 > context.memory {
                let allowed = number::bytes(context.memory);
                let message = Msg::new("error-ab-memory").with("units", units.len()).with("allowed", allowed);
                return Err(Error::refused(message).hint(Msg::new("hint-ab-memory")));
            }
            Ok(Flow::Continue)
        },
    )?;
    for unit in units.iter().filter(|u| u.rows > 0) {
        let value = if others == 0 { unit.sum.min(1.0) } else { unit.sum };
        sums.add(value, unit.day, unit.cluster);
    }
    if sums.n < 2 {
        return Err(Error::usage(Msg::new("error-plan-empty").with("column", &columns.metric)));
    }
    let n = sums.n as f64;
    let mean = sums.shift + sums.sum / n;
    let sd = ((sums.squares - sums.sum * sums.sum / n) / (n - 1.0)).max(0.0).sqrt();
    let baseline = match sums.others {
        0 => Baseline::Rate { rate: mean },
        _ => Baseline::Mean { mean, sd },
    };
    let span = sums.days.keys().next().zip(sums.days.keys().next_back());
    let days = span.map(|(a, b)| u64::from(b.abs_diff(*a)) + 1);
    let dated: u64 = sums.days.values().sum();
    Ok(Measured {
        columns: columns.clone(),
        baseline,
        units: sums.n,
        rows,
        missing,
        days,
        per_day: days.map(|d| dated as f64 / d as f64),
        clusters: columns.cluster.as_ref().and_then(|_| sums.clusters()),
    })
}

impl Measured {
    /// What was found, in a sentence.
    pub fn words(&self) -> Msg {
        let each = match &self.columns.unit {
            Some(unit) => Msg::new("plan-measured-unit").with("column", unit).with("units", self.units),
            None => Msg::new("plan-measured-rows").with("units", self.units),
        };
        let traffic = match (self.per_day, self.days) {
            (Some(per_day), Some(days)) => {
                Msg::new("plan-measured-days").with("per_day", number::readable(per_day, 4)).with("days", days)
            }
            _ => Msg::new("plan-measured-no-days"),
        };
        let missing = match self.missing {
            0 => Msg::new("plan-measured-all"),
            n => Msg::new("plan-measured-missing").with("count", n),
        };
        Msg::new("plan-measured")
            .with("column", &self.columns.metric)
            .with("each", each)
            .with("traffic", traffic)
            .with("missing", missing)
    }

    /// Every number under its key.
    pub fn to_json(&self) -> Value {
        json!({
            "metric": self.columns.metric, "unit": self.columns.unit, "cluster": self.columns.cluster,
            "day": self.columns.day, "units": self.units, "rows": self.rows, "missing": self.missing,
            "days": self.days, "per_day": self.per_day, "clusters": self.clusters.map(|c| c.0),
            "cluster_size": self.clusters.map(|c| c.1.size), "icc": self.clusters.map(|c| c.1.icc),
        })
    }
}
