//! The profile of a table: for each column what is missing, how values are spread, which are common; with the error of
//! everything that is not exact. Knows nothing of how it was gathered.

use serde_json::{Map, Value, json};

use super::table::{ResultColumn, ResultTable};
use crate::text::{Msg, number};
use crate::value::{Cell, Column, Kind};

/// A count that may be estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The count.
    pub value: u64,
    /// Whether it was counted rather than estimated.
    pub exact: bool,
    /// Standard error as a share of the value; 0 when exact.
    pub error: f64,
}

impl Estimate {
    /// A count that was counted.
    pub fn exact(value: u64) -> Self {
        Self { value, exact: true, error: 0.0 }
    }
}

/// The quartiles, by linear interpolation between neighbours of rank (n − 1) · p (type 7; numpy's and polars' default).
#[derive(Clone, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter of the values lies below.
    pub q1: Cell<'static>,
    /// Half of the values lie below.
    pub median: Cell<'static>,
    /// Three quarters of the values lie below.
    pub q3: Cell<'static>,
    /// Whether all values were looked at.
    pub exact: bool,
    /// By how much the share of values below may be off (half of the 95 % interval for the median, the widest of the
    /// three); 0 when exact.
    pub rank_error: f64,
}

/// A common value.
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// The value.
    pub value: Cell<'static>,
    /// How many rows have it.
    pub count: u64,
    /// Whether it was counted rather than estimated from a sample.
    pub exact: bool,
    /// By how many rows the count may be off (half of the 95 % interval); 0 when exact.
    pub error: u64,
    /// Whether only the beginning of the value is given.
    pub cut: bool,
}

/// Values within an interval that holds its start and not its end; the last bin of floating-point numbers holds both.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// The start.
    pub lo: Cell<'static>,
    /// The end.
    pub hi: Cell<'static>,
    /// How many values.
    pub count: u64,
}

/// Counts in bins of equal width between robust ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The bins, about twenty, in rising order.
    pub bins: Vec<Bin>,
    /// Values before the first bin.
    pub below: u64,
    /// Values after the last bin.
    pub above: u64,
    /// Whether all values were counted rather than scaled up from a sample.
    pub exact: bool,
}

/// What lengths are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthUnit {
    /// Unicode characters (scalar values).
    Characters,
    /// Bytes.
    Bytes,
    /// Items of a list.
    Items,
}

impl LengthUnit {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Items => "items",
        }
    }
}

/// Lengths of texts, bytes or lists that are not missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LengthProfile {
    /// What is counted.
    pub unit: LengthUnit,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// The mean.
    pub mean: f64,
}

/// What is known of one column. Counts of rows are always exact.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Rows looked at.
    pub rows: u64,
    /// Rows without a value (null).
    pub missing: u64,
    /// NaNs; not counted as missing, and in no other figure.
    pub nan: u64,
    /// Positive and negative infinities; in all figures but mean, standard deviation and histogram.
    pub infinite: u64,
    /// Texts without a character, and byte strings without a byte; not counted as missing.
    pub empty: u64,
    /// Different values, missing and NaN left out; none for nested values, which are not compared.
    pub distinct: Option<Estimate>,
    /// The smallest value; of texts the first in the order of their UTF-8 bytes.
    pub min: Option<Cell<'static>>,
    /// The greatest value; of texts the last.
    pub max: Option<Cell<'static>>,
    /// The mean of finite values: a number, a point in time or a span.
    pub mean: Option<Cell<'static>>,
    /// The standard deviation (of a sample, n − 1) of finite values: a number or a span.
    pub sd: Option<Cell<'static>>,
    /// Quartiles of numbers, times and spans.
    pub quartiles: Option<Quartiles>,
    /// Commonest values, commonest first. Where the values are too many to count, those found in a sample.
    pub top: Vec<Top>,
    /// Bins of numbers, times and spans.
    pub histogram: Option<Histogram>,
    /// Lengths of texts, bytes and lists.
    pub lengths: Option<LengthProfile>,
    /// How many are true, of booleans.
    pub trues: Option<u64>,
    /// A few different values from the first rows; long ones are cut.
    pub examples: Vec<Cell<'static>>,
}

impl ColumnProfile {
    /// Of a column of which nothing is known yet.
    pub fn new(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind.clone(),
            rows: 0,
            missing: 0,
            nan: 0,
            infinite: 0,
            empty: 0,
            distinct: None,
            min: None,
            max: None,
            mean: None,
            sd: None,
            quartiles: None,
            top: Vec::new(),
            histogram: None,
            lengths: None,
            trues: None,
            examples: Vec::new(),
        }
    }

    /// Values that are neither missing nor NaN.
    pub fn present(&self) -> u64 {
        self.rows - self.missing - self.nan
    }

    /// Whether every present value is different from the others, as far as that was counted exactly.
    pub fn is_unique(&self) -> bool {
        self.distinct.is_some_and(|d| d.exact && d.value == self.present() && d.value > 0)
    }

    /// Why there is no count of different values, where there is none.
    pub fn no_distinct(&self) -> Option<Msg> {
        self.distinct.is_none().then(|| Msg::new("profile-nested"))
    }

    /// Whether every figure is exact.
    pub fn is_exact(&self) -> bool {
        self.distinct.is_none_or(|d| d.exact)
            && self.quartiles.as_ref().is_none_or(|q| q.exact)
            && self.top.iter().all(|t| t.exact)
            && self.histogram.as_ref().is_none_or(|h| h.exact)
    }

    /// As JSON; keys as in [`TableProfile::to_json`].
    pub fn to_json(&self) -> Value {
        let cell = |c: &Option<Cell>| c.as_ref().map_or(Value::Null, Cell::json);
        let share = |n: u64| if self.rows == 0 { Value::Null } else { json!(n as f64 / self.rows as f64) };
        let mut out = Map::new();
        let mut put = |k: &str, v: Value| {
            out.insert(k.to_owned(), v);
        };
        put("name", json!(self.name));
        put("type", json!(self.kind.name()));
        put("rows", json!(self.rows));
        put("missing", json!(self.missing));
        put("missing_share", share(self.missing));
        put("nan", json!(self.nan));
        put("infinite", json!(self.infinite));
        put("empty", json!(self.empty));
        put(
            "distinct",
            self.distinct
                .map_or(Value::Null, |d| json!({"value": d.value, "exact": d.exact, "relative_error": d.error})),
        );
        put("min", cell(&self.min));
        put("max", cell(&self.max));
        put("mean", cell(&self.mean));
        put("sd", cell(&self.sd));
        put(
            "quartiles",
            self.quartiles.as_ref().map_or(Value::Null, |q| {
                json!({"q1": q.q1.json(), "median": q.median.json(), "q3": q.q3.json(), "exact": q.exact, "rank_error": q.rank_error})
            }),
        );
        let top = |t: &Top| json!({"value": t.value.json(), "count": t.count, "share": share(t.count), "exact": t.exact, "error": t.error, "cut": t.cut});
        put("top", self.top.iter().map(top).collect());
        put(
            "histogram",
            self.histogram.as_ref().map_or(Value::Null, |h| {
                let bin = |b: &Bin| json!({"from": b.lo.json(), "to": b.hi.json(), "count": b.count});
                let bins: Vec<Value> = h.bins.iter().map(bin).collect();
                json!({"bins": bins, "below": h.below, "above": h.above, "exact": h.exact})
            }),
        );
        put(
            "length",
            self.lengths
                .map_or(Value::Null, |l| json!({"unit": l.unit.name(), "min": l.min, "max": l.max, "mean": l.mean})),
        );
        put("true", self.trues.map_or(Value::Null, |n| json!(n)));
        put("examples", self.examples.iter().map(Cell::json).collect());
        Value::Object(out)
    }
}

/// What the rows behind a figure have in common.
#[derive(Clone, Debug, PartialEq)]
pub enum Behind {
    /// They lack a value.
    Missing,
    /// They have this value.
    Value(Cell<'static>),
}

impl ColumnProfile {
    /// What the rows behind a figure of [`TableProfile::to_table`] have in common, by the figure's name for machines;
    /// none for figures that no rows stand behind.
    pub fn rows_behind(&self, figure: &str) -> Option<Behind> {
        match figure {
            "missing" | "missing_percent" if self.missing > 0 => Some(Behind::Missing),
            "min" => self.min.clone().map(Behind::Value),
            "max" => self.max.clone().map(Behind::Value),
            "top" | "top_percent" => self.top.first().filter(|t| !t.cut).map(|t| Behind::Value(t.value.clone())),
            _ => None,
        }
    }
}

/// What is known of a table's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TableProfile {
    /// Rows looked at; always all rows in view.
    pub rows: u64,
    /// Rows of the sample that quartiles, histograms and common values come from in columns with too many different
    /// values to count; none where all rows were used.
    pub sampled: Option<u64>,
    /// One for each column, in the table's order.
    pub columns: Vec<ColumnProfile>,
    /// Where it was computed, if not here, or why not there.
    pub ran: Vec<Msg>,
}

impl TableProfile {
    /// As JSON. Keys: `schema_version`, `rows`, `sampled_rows`, `columns`; in each column `name`, `type`, `rows`,
    /// `missing`, `missing_share` (0 to 1), `nan`, `infinite`, `empty`, `distinct` {`value`, `exact`, `relative_error`},
    /// `min`, `max`, `mean`, `sd`, `quartiles` {`q1`, `median`, `q3`, `exact`, `rank_error`}, `top` [{`value`, `count`,
    /// `share`, `exact`, `error`, `cut`}], `histogram` {`bins` [{`from`, `to`, `count`}], `below`, `above`, `exact`},
    /// `length` {`unit`, `min`, `max`, `mean`}, `true`, `examples`. What does not apply is null or empty; NaN and
    /// infinities are null.
    pub fn to_json(&self) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(ColumnProfile::to_json).collect();
        json!({"schema_version": 1, "rows": self.rows, "sampled_rows": self.sampled, "columns": columns})
    }

    /// As a table with one row for each column. Words are in the language in force.
    pub fn to_table(&self) -> ResultTable {
        let columns = [
            ("column", Kind::Text, "profile-column"),
            ("kind", Kind::Text, "profile-kind"),
            ("missing", Kind::Integer, "profile-missing"),
            ("missing_percent", Kind::Float, "profile-missing-percent"),
            ("distinct", Kind::Integer, "profile-distinct"),
            ("min", Kind::Text, "profile-min"),
            ("q1", Kind::Text, "profile-q1"),
            ("median", Kind::Text, "profile-median"),
            ("q3", Kind::Text, "profile-q3"),
            ("max", Kind::Text, "profile-max"),
            ("mean", Kind::Text, "profile-mean"),
            ("sd", Kind::Text, "profile-sd"),
            ("top", Kind::Text, "profile-top"),
            ("top_percent", Kind::Float, "profile-top-percent"),
        ];
        let columns = columns
            .map(|(name, kind, heading)| ResultColumn {
                column: Column { name: name.into(), kind },
                heading: Msg::new(heading),
            })
            .into();
        ResultTable {
            title: Msg::new("profile-title").with("rows", self.rows).with("columns", self.columns.len()),
            columns,
            rows: self.columns.iter().map(row).collect(),
            notes: self.notes(),
        }
    }

    /// What to know when reading the profile: what is estimated and how well, what is special about the values.
    pub fn notes(&self) -> Vec<Msg> {
        let mut notes = self.ran.clone();
        let names = |which: &dyn Fn(&ColumnProfile) -> bool| {
            let names: Vec<&str> = self.columns.iter().filter(|c| which(c)).map(|c| c.name.as_str()).collect();
            (!names.is_empty()).then(|| crate::text::names(&names))
        };
        let estimated = |c: &ColumnProfile| c.distinct.is_some_and(|d| !d.exact);
        if let Some(names) = names(&estimated) {
            let worst = self.columns.iter().filter_map(|c| c.distinct).map(|d| d.error).fold(0.0, f64::max);
            let error = number::readable(worst * 100.0, 2);
            notes.push(Msg::new("profile-note-distinct").with("names", names).with("error", error));
        }
        let sampled = |c: &ColumnProfile| {
            c.quartiles.as_ref().is_some_and(|q| !q.exact)
                || c.top.iter().any(|t| !t.exact)
                || c.histogram.as_ref().is_some_and(|h| !h.exact)
        };
        if let (Some(names), Some(rows)) = (names(&sampled), self.sampled) {
            let worst =
                self.columns.iter().filter_map(|c| c.quartiles.as_ref()).map(|q| q.rank_error).fold(0.0, f64::max);
            let worst = if worst > 0.0 { worst } else { 0.98 / (rows.max(1) as f64).sqrt() };
            let error = number::readable(worst * 100.0, 2);
            notes.push(Msg::new("profile-note-sample").with("names", names).with("rows", rows).with("error", error));
        }
        for (id, which) in [
            ("profile-note-nan", (|c| c.nan > 0) as fn(&ColumnProfile) -> bool),
            ("profile-note-infinite", |c| c.infinite > 0),
            ("profile-note-empty", |c| c.empty > 0),
            ("profile-note-nested", |c| c.distinct.is_none()),
        ] {
            if let Some(names) = names(&which) {
                notes.push(Msg::new(id).with("names", names));
            }
        }
        notes
    }
}

/// A figure between two values without the last digits where they tell of nothing but how it was computed.
fn tidy(cell: &Cell<'static>) -> Cell<'static> {
    const NOISE: usize = 6;
    let Cell::Float(v) = cell else { return cell.clone() };
    let short: f64 = format!("{v:.14e}").parse().unwrap_or(*v);
    let shorter = v.to_string().len() >= short.to_string().len() + NOISE;
    Cell::Float(if shorter { short } else { *v })
}

fn row(c: &ColumnProfile) -> Vec<Cell<'static>> {
    let percent =
        |n: u64| if c.rows == 0 { Cell::Null } else { Cell::Float((n as f64 / c.rows as f64 * 1000.0).round() / 10.0) };
    let or_null = |v: &Option<Cell<'static>>| v.clone().unwrap_or(Cell::Null);
    let quartile = |f: fn(&Quartiles) -> &Cell<'static>| c.quartiles.as_ref().map_or(Cell::Null, |q| tidy(f(q)));
    vec![
        Cell::Text(c.name.clone().into()),
        Cell::Text(c.kind.word().to_string().into()),
        Cell::Int(c.missing.into()),
        percent(c.missing),
        c.distinct.map_or(Cell::Null, |d| Cell::Int(d.value.into())),
        or_null(&c.min),
        quartile(|q| &q.q1),
        quartile(|q| &q.median),
        quartile(|q| &q.q3),
        or_null(&c.max),
        or_null(&c.mean),
        or_null(&c.sd),
        c.top.first().map_or(Cell::Null, |t| t.value.clone()),
        c.top.first().map_or(Cell::Null, |t| percent(t.count)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_computing_leaves_is_taken_off() {
        for (value, want) in
            [(2453.2349999999997, 2453.235), (0.12345678901234568, 0.12345678901234568), (-0.5, -0.5), (1e300, 1e300)]
        {
            assert_eq!(tidy(&Cell::Float(value)), Cell::Float(want));
        }
        assert_eq!(tidy(&Cell::Int(3)), Cell::Int(3));
    }
}
