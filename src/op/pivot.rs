//! From long to wide: a column for each value of one column, filled by a measure of another. Each part of the table is
//! summed up on its own first, so that memory follows the number of cells of the result, not the rows read.

use polars::prelude::{
    Column as PlColumn, DataFrame, DataType, Expr as Pl, IdxCa, IdxSize, IntoLazy as _, SortOptions,
    UniqueKeepStrategy, col, len,
};
use serde::{Deserialize, Serialize};

use super::columns::free_name;
use super::keys::{ByKey, keys};
use super::{Context, Outcome};
use crate::data::{Dataset, Flow, Rows, cell_of, from_polars};
use crate::error::{Error, Result};
use crate::text::{Msg, number};
use crate::value::Kind;

/// Most columns a pivot makes.
const MOST: usize = 1_000;

/// How the values of a cell become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Measure {
    #[default]
    Count,
    Sum,
    Mean,
    Min,
    Max,
    First,
    Distinct,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Measure; 7] =
        [Measure::Count, Measure::Sum, Measure::Mean, Measure::Min, Measure::Max, Measure::First, Measure::Distinct];

    /// Its name in recipes and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::First => "first",
            Self::Distinct => "distinct",
        }
    }

    /// The measure of a name, or an error that lists the names.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|m| m.name() == text.trim().to_lowercase());
        found.ok_or_else(|| {
            Error::usage(Msg::new("error-measure").with("name", text))
                .hint(Msg::new("hint-one-of").with("names", Self::ALL.map(Self::name).join(", ")))
        })
    }
}

/// Make a column for each value of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// The columns that say which row; none for all that take no other part.
    #[serde(default)]
    pub rows: Vec<String>,
    /// The column whose values become columns.
    pub columns: String,
    /// How values become one.
    #[serde(default)]
    pub measure: Measure,
    /// The column measured; `count` needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Pivot {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-pivot").with("columns", &self.columns).with(
            "measure",
            match &self.value {
                Some(value) => format!("{}({value})", self.measure.name()),
                None => self.measure.name().to_owned(),
            },
        )
    }

    /// The dataset in its wide form: rows as they first appear in the table, columns in the order of their values.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let schema = dataset.schema();
        let across = schema.require(&self.columns)?;
        let value = self.value.as_ref().map(|v| schema.require(v)).transpose()?;
        let rows: Vec<usize> = match self.rows.is_empty() {
            false => self.rows.iter().map(|n| schema.require(n)).collect::<Result<_>>()?,
            true => (0..schema.len()).filter(|i| *i != across && Some(*i) != value).collect(),
        };
        self.check(dataset, across, value, &rows)?;
        let mut places = rows.clone();
        places.push(across);
        places.extend(value);
        let cells = self.cells(dataset, &places, rows.len(), context)?;
        let wide = self.wide(&cells, dataset, &rows, across, context)?;
        Ok(Dataset::from_frame(wide).into())
    }

    fn check(&self, dataset: &Dataset, across: usize, value: Option<usize>, rows: &[usize]) -> Result<()> {
        let columns = dataset.schema().columns();
        if let Some(clash) = rows.iter().find(|r| **r == across) {
            return Err(Error::usage(Msg::new("error-pivot-same").with("column", &columns[*clash].name)));
        }
        if let Some(nested) = rows.iter().chain([&across]).find(|i| columns[**i].kind.is_nested()) {
            let column = &columns[*nested];
            return Err(Error::usage(
                Msg::new("error-key-nested").with("name", &column.name).with("kind", column.kind.word()),
            ));
        }
        let kind = value.map(|v| &columns[v].kind);
        let fits = match (self.measure, kind) {
            (Measure::Count, _) => true,
            (_, None) => {
                return Err(Error::usage(Msg::new("error-measure-value").with("measure", self.measure.name())));
            }
            (Measure::Sum | Measure::Mean, Some(k)) => k.is_number() || *k == Kind::Boolean || *k == Kind::Empty,
            (Measure::Min | Measure::Max | Measure::Distinct, Some(k)) => !k.is_nested(),
            (Measure::First, Some(_)) => true,
        };
        match (fits, value) {
            (false, Some(v)) => Err(Error::usage(
                Msg::new("error-measure-kind")
                    .with("measure", self.measure.name())
                    .with("name", &columns[v].name)
                    .with("kind", columns[v].kind.word()),
            )),
            _ => Ok(()),
        }
    }

    /// What is known of each cell after some rows; the same again from what is known after several stretches.
    fn partial(&self, again: bool) -> Vec<Pl> {
        let v = || col("v");
        let counted = if again { col("n").sum() } else { v().count().cast(DataType::Int64) };
        match (self.measure, self.value.is_some(), again) {
            (Measure::Count, false, false) => vec![len().cast(DataType::Int64).alias("n")],
            (Measure::Count, ..) => vec![counted.alias("n")],
            (Measure::Sum | Measure::Mean, ..) => vec![v().sum().alias("v"), counted.alias("n")],
            (Measure::Min, ..) => vec![v().min().alias("v")],
            (Measure::Max, ..) => vec![v().max().alias("v")],
            // A value that is there comes before one that is missing.
            (Measure::First, ..) => vec![v().drop_nulls().first().alias("v")],
            (Measure::Distinct, ..) => Vec::new(),
        }
    }

    fn reduced(&self, frame: DataFrame, by: &[String], again: bool) -> Result<DataFrame> {
        let by: Vec<Pl> = by.iter().map(|n| col(n.as_str())).collect();
        let lazy = frame.lazy();
        let lazy = match self.measure {
            Measure::Distinct => lazy.unique_stable(None, UniqueKeepStrategy::First),
            _ => lazy.group_by_stable(by).agg(self.partial(again)),
        };
        lazy.collect().map_err(from_polars)
    }

    /// One row for each cell: its keys, and what is known of it.
    fn cells(&self, dataset: &Dataset, places: &[usize], keys: usize, context: &Context) -> Result<DataFrame> {
        let by: Vec<String> = (0..keys).map(|i| format!("k{i}")).chain(["p".to_owned()]).collect();
        let prepared = |frame: DataFrame| -> Result<DataFrame> {
            let height = frame.height();
            let mut columns: Vec<PlColumn> = Vec::with_capacity(frame.width());
            for (i, column) in frame.columns().iter().enumerate() {
                let name = by.get(i).map_or("v", String::as_str);
                let column = match (name, column.dtype(), self.measure) {
                    (_, DataType::Categorical(..) | DataType::Enum(..), _) => column.cast(&DataType::String),
                    (_, DataType::Null, _) => column.cast(&DataType::Boolean),
                    ("v", dtype, Measure::Sum) if dtype.is_integer() || *dtype == DataType::Boolean => {
                        column.cast(&DataType::Int128)
                    }
                    ("v", _, Measure::Sum | Measure::Mean) => column.cast(&DataType::Float64),
                    _ => Ok(column.clone()),
                }
                .map_err(from_polars)?;
                columns.push(column.with_name(name.into()));
            }
            self.reduced(DataFrame::new(height, columns).map_err(from_polars)?, &by, false)
        };
        let empty =
            prepared(dataset.table().read(&places.iter().map(|p| dataset.places()[*p]).collect::<Vec<_>>(), 0, 0)?)?;
        let mut all = empty;
        let mut settled = 0;
        let mut sink = |part: DataFrame| {
            all.vstack_mut(&part).map_err(from_polars)?;
            if all.height() > 2 * settled + (1 << 18) {
                all.align_chunks_par();
                all = self.reduced(std::mem::take(&mut all), &by, true)?;
                settled = all.height();
                self.guard(all.estimated_size() as u64 * 3, context)?;
            }
            Ok(Flow::Continue)
        };
        match dataset.rows() {
            Rows::Ordered(_) if self.measure == Measure::First => {
                dataset.stream(places, context.memory / 4, &context.control, |f| sink(prepared(f)?))?;
            }
            _ => dataset.scan(places, &context.control, prepared, &mut sink)?,
        }
        context.control.check()?;
        all.align_chunks_par();
        let all = self.reduced(all, &by, true)?;
        match self.measure {
            Measure::Distinct => {
                let by: Vec<Pl> = by.iter().map(|n| col(n.as_str())).collect();
                let counted = all.lazy().group_by_stable(by).agg([col("v").count().cast(DataType::Int64).alias("n")]);
                counted.collect().map_err(from_polars)
            }
            _ => Ok(all),
        }
    }

    fn guard(&self, bytes: u64, context: &Context) -> Result<()> {
        if bytes <= context.memory {
            return Ok(());
        }
        Err(Error::refused(
            Msg::new("error-pivot-memory")
                .with("size", number::bytes(bytes))
                .with("limit", number::bytes(context.memory)),
        )
        .hint(Msg::new("hint-pivot-memory")))
    }

    /// The one column of finished values.
    fn values(&self, cells: &DataFrame) -> Result<PlColumn> {
        let get = |name: &str| cells.column(name).cloned().map_err(from_polars);
        match self.measure {
            Measure::Count | Measure::Distinct => get("n"),
            Measure::Sum | Measure::Mean => {
                let (sum, n) = (get("v")?, get("n")?);
                let some = n.i64().map_err(from_polars)?.iter().map(|n| Some(n > Some(0))).collect();
                let none = PlColumn::full_null("v".into(), sum.len(), sum.dtype());
                let sum = sum.zip_with(&some, &none).map_err(from_polars)?;
                if self.measure == Measure::Sum {
                    let whole = *sum.dtype() == DataType::Int128;
                    // A sum beyond 64 bits is kept as the nearest number instead.
                    let narrow = if whole { sum.cast(&DataType::Int64).map_err(from_polars)? } else { sum.clone() };
                    return match narrow.null_count() == sum.null_count() {
                        true => Ok(narrow),
                        false => sum.cast(&DataType::Float64).map_err(from_polars),
                    };
                }
                (&sum / &n.cast(&DataType::Float64).map_err(from_polars)?).map_err(from_polars)
            }
            _ => get("v"),
        }
    }

    fn wide(
        &self,
        cells: &DataFrame,
        dataset: &Dataset,
        rows: &[usize],
        across: usize,
        context: &Context,
    ) -> Result<DataFrame> {
        let columns = dataset.schema().columns();
        let key_columns: Vec<PlColumn> = cells.columns()[..rows.len()].to_vec();
        let p = cells.column("p").map_err(from_polars)?;
        // The values that become columns, in their order, missing last.
        let unique = p.unique_stable().map_err(from_polars)?;
        let sorted = unique.sort_with(SortOptions::default().with_nulls_last(true)).map_err(from_polars)?;
        if sorted.len() > MOST {
            return Err(Error::refused(
                Msg::new("error-pivot-columns")
                    .with("column", &columns[across].name)
                    .with("n", sorted.len())
                    .with("most", MOST),
            )
            .hint(Msg::new("hint-pivot-columns")));
        }
        let column_keys = keys(&[sorted.clone()], true)?;
        let place: ByKey<usize> = column_keys.iter().enumerate().filter_map(|(i, k)| Some(((*k)?, i))).collect();
        let across_keys = keys(&[p.clone()], true)?;
        let row_keys = match key_columns.is_empty() {
            true => vec![Some(0); cells.height()],
            false => keys(&key_columns, true)?,
        };
        let mut row_of: ByKey<usize> = ByKey::default();
        let mut first: Vec<IdxSize> = Vec::new();
        let mut at: Vec<usize> = Vec::with_capacity(cells.height());
        for (i, key) in row_keys.iter().enumerate() {
            let n = *row_of.entry(key.unwrap_or_default()).or_insert_with(|| {
                first.push(i as IdxSize);
                first.len() - 1
            });
            at.push(n);
        }
        self.guard((first.len() * sorted.len()) as u64 * 16, context)?;
        let mut picks: Vec<Vec<Option<IdxSize>>> = vec![vec![None; first.len()]; sorted.len()];
        for (i, key) in across_keys.iter().enumerate() {
            if let Some(c) = key.and_then(|k| place.get(&k)) {
                picks[*c][at[i]] = Some(i as IdxSize);
            }
        }
        let values = self.values(cells)?;
        let first_rows = IdxCa::from_vec("".into(), first.clone());
        let mut out: Vec<PlColumn> = Vec::with_capacity(rows.len() + sorted.len());
        for (key, place) in key_columns.iter().zip(rows) {
            let name = columns[*place].name.as_str();
            out.push(key.take(&first_rows).map_err(from_polars)?.with_name(name.into()));
        }
        let counts = matches!(self.measure, Measure::Count | Measure::Distinct);
        for (i, picks) in picks.into_iter().enumerate() {
            let wanted = match cell_of(&sorted, i) {
                c if c.is_null() => "missing".to_owned(),
                c => c.plain(),
            };
            let wanted = if wanted.trim().is_empty() { "empty".to_owned() } else { wanted };
            let name = free_name(&wanted, |n| out.iter().any(|c| c.name().as_str() == n));
            let mut made = values.take(&IdxCa::from_iter(picks)).map_err(from_polars)?;
            if counts {
                // Nothing there is none, not unknown.
                made = made.fill_null(polars::prelude::FillNullStrategy::Zero).map_err(from_polars)?;
            }
            out.push(made.with_name(name.as_str().into()));
        }
        DataFrame::new(first.len(), out).map_err(from_polars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn text(data: &Dataset) -> Vec<String> {
        let all: Vec<usize> = (0..data.schema().len()).collect();
        let frame = data.window(&all, 0, 999).unwrap();
        let names = data.schema().columns().iter().map(|c| c.name.clone()).collect::<Vec<_>>().join("|");
        let rows =
            (0..frame.height()).map(|r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|"));
        std::iter::once(names).chain(rows).collect()
    }

    fn sales() -> Dataset {
        let who = PlColumn::new("who".into(), ["b", "a", "b", "a", "b"]);
        let day = PlColumn::new("day".into(), [Some("Tue"), Some("Mon"), Some("Mon"), None, Some("Tue")]);
        let n = PlColumn::new("n".into(), [Some(5i64), Some(1), None, Some(4), Some(2)]);
        Dataset::from_frame(DataFrame::new(5, vec![who, day, n]).unwrap())
    }

    fn run(measure: Measure, value: Option<&str>) -> Result<Vec<String>> {
        let op = Pivot { rows: vec!["who".into()], columns: "day".into(), measure, value: value.map(str::to_owned) };
        Ok(text(&op.run(&sales(), &Context::new(Control::new(), 1 << 24))?.dataset))
    }

    #[test]
    fn by_hand() {
        let head = "who|Mon|Tue|missing";
        assert_eq!(run(Measure::Count, None).unwrap(), [head, "b|1|2|0", "a|1|0|1"]);
        assert_eq!(run(Measure::Count, Some("n")).unwrap(), [head, "b|0|2|0", "a|1|0|1"]);
        assert_eq!(run(Measure::Sum, Some("n")).unwrap(), [head, "b||7|", "a|1||4"]);
        assert_eq!(run(Measure::Mean, Some("n")).unwrap(), [head, "b||3.5|", "a|1.0||4.0"]);
        assert_eq!(run(Measure::Max, Some("n")).unwrap(), [head, "b||5|", "a|1||4"]);
        assert_eq!(run(Measure::First, Some("n")).unwrap(), [head, "b||5|", "a|1||4"]);
        assert_eq!(run(Measure::Distinct, Some("n")).unwrap(), [head, "b|0|2|0", "a|1|0|1"]);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let id = |r: Result<Vec<String>>| r.err().map(|e| e.message.id);
        assert_eq!(id(run(Measure::Sum, None)), Some("error-measure-value"));
        assert_eq!(id(run(Measure::Sum, Some("who"))), Some("error-measure-kind"));
        assert_eq!(id(run(Measure::Sum, Some("nn"))), Some("error-column-missing"));
        let many = PlColumn::new("x".into(), (0..2_000i64).collect::<Vec<_>>());
        let data = Dataset::from_frame(DataFrame::new(2_000, vec![many]).unwrap());
        let op = Pivot { rows: vec![], columns: "x".into(), measure: Measure::Count, value: None };
        let error = op.run(&data, &Context::new(Control::new(), 1 << 24)).err();
        assert_eq!(error.map(|e| e.message.id), Some("error-pivot-columns"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn sums_are_those_of_a_plain_loop(rows in prop::collection::vec((0u8..5, 0u8..4, prop::option::of(-100i64..100)), 1..200)) {
            let column = |name: &str, f: &dyn Fn(&(u8, u8, Option<i64>)) -> Option<i64>| {
                PlColumn::new(name.into(), rows.iter().map(f).collect::<Vec<_>>())
            };
            let data = Dataset::from_frame(DataFrame::new(rows.len(), vec![
                column("r", &|x| Some(x.0.into())), column("c", &|x| Some(x.1.into())), column("v", &|x| x.2),
            ]).unwrap());
            let op = Pivot { rows: vec!["r".into()], columns: "c".into(), measure: Measure::Sum, value: Some("v".into()) };
            let out = op.run(&data, &Context::new(Control::new(), 1 << 24)).unwrap().dataset;
            let mut naive: BTreeMap<(u8, u8), i64> = BTreeMap::new();
            for (r, c, v) in &rows {
                if let Some(v) = v {
                    *naive.entry((*r, *c)).or_default() += v;
                }
            }
            let all: Vec<usize> = (0..out.schema().len()).collect();
            let frame = out.window(&all, 0, 99).unwrap();
            let mut found = BTreeMap::new();
            for row in 0..frame.height() {
                let r: u8 = frame.cell(row, 0).plain().parse().unwrap();
                for c in 1..all.len() {
                    if let Ok(v) = frame.cell(row, c).plain().parse::<i64>() {
                        found.insert((r, out.schema().columns()[c].name.parse::<u8>().unwrap()), v);
                    }
                }
            }
            prop_assert_eq!(found, naive);
        }
    }
}
