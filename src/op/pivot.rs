//! From long to wide: a column for each value of one column, filled by a measure of another. The rows are grouped as a
//! ranking groups them, so that memory follows the number of cells of the result, not the rows read.

use polars::prelude::{Column as PlColumn, DataFrame, DataType, FillNullStrategy, Series};
use serde::{Deserialize, Serialize};

use super::columns::free_name;
use super::rank::{self, Crossed, Fold, Groups, Of};
use super::{Context, Outcome};
use crate::data::{Dataset, Flow, Rows, Stretch, cell_of, from_polars};
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

    /// The measure in one word, as a ranking names it.
    pub fn leading(&self) -> String {
        self.value.iter().fold(self.measure.name().to_owned(), |word, value| format!("{word}_{value}"))
    }

    /// Whether the figures of several cells add up to a figure of them together.
    pub fn adds_up(&self) -> bool {
        matches!(self.measure, Measure::Count | Measure::Sum)
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
        let wide = self.wide(&cells, dataset, &rows, context)?;
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
            (Measure::Sum | Measure::Mean, Some(k)) => k.is_number() || matches!(k, Kind::Boolean | Kind::Duration),
            (_, Some(k)) => !k.is_nested(),
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

    /// How the values of a cell are put together.
    fn of(&self) -> Of {
        match self.measure {
            Measure::Count if self.value.is_none() => Of::Count,
            Measure::Count => Of::Present,
            Measure::Sum => Of::Sum,
            Measure::Mean => Of::Mean,
            Measure::Min => Of::Min,
            Measure::Max => Of::Max,
            Measure::First => Of::First,
            Measure::Distinct => Of::Distinct,
        }
    }

    /// One pass: the combinations of the values of the first `keys` columns and the one after, and the measures of the last.
    fn cells(&self, dataset: &Dataset, places: &[usize], keys: usize, context: &Context) -> Result<Cells> {
        let head = dataset.window(places, 0, 0)?;
        let types: Vec<DataType> = head.inner().columns().iter().map(|c| c.dtype().clone()).collect();
        let by = &types[..=keys];
        let value = types.get(keys + 1);
        let fold = |of: Of| Fold::new(&rank::Measure { of, column: "v".into() }, value.unwrap_or(&DataType::Null));
        let fresh = || Cells {
            groups: Groups::new(by),
            figures: fold(self.of()),
            // A sum of nothing is nothing, not 0.
            present: (self.measure == Measure::Sum).then(|| fold(Of::Present)),
        };
        let gather = |columns: Vec<Stretch>| -> Result<Cells> {
            let (groups, codes) = Groups::of(by, &columns[..=keys].iter().collect::<Vec<_>>())?;
            let mut cells = Cells { groups, ..fresh() };
            for fold in std::iter::once(&mut cells.figures).chain(&mut cells.present) {
                fold.take(&codes, cells.groups.len(), columns.get(keys + 1))?;
            }
            Ok(cells)
        };
        let mut all = fresh();
        let mut sink = |part: Cells| {
            all.absorb(&part)?;
            self.guard(all.bytes(), context)?;
            if all.groups.different(keys) > MOST {
                return Err(self.too_many(all.groups.different(keys)));
            }
            Ok(Flow::Continue)
        };
        match dataset.rows() {
            Rows::Ordered(_) if self.measure == Measure::First => {
                dataset.stream(places, context.memory / 4, &context.control, |frame| {
                    let series = frame.columns().iter().map(|c| c.as_materialized_series().clone());
                    sink(gather(series.map(Stretch::Values).collect())?)
                })?;
            }
            _ => dataset.scan_stretches(places, &context.control, gather, &mut sink)?,
        }
        context.control.check()?;
        Ok(all)
    }

    fn too_many(&self, columns: usize) -> Error {
        Error::refused(
            Msg::new("error-pivot-columns").with("column", &self.columns).with("n", columns).with("most", MOST),
        )
        .hint(Msg::new("hint-pivot-columns"))
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

    /// The finished values of the cells.
    fn values(&self, cells: &Cells) -> Result<Series> {
        let figures = cells.figures.finish(cells.groups.len())?;
        let Some(present) = &cells.present else { return Ok(figures) };
        let some = present.finish(cells.groups.len())?;
        let some = some.i64().map_err(from_polars)?.iter().map(|n| n > Some(0)).collect();
        let none = Series::full_null("v".into(), figures.len(), figures.dtype());
        figures.zip_with(&some, &none).map_err(from_polars)
    }

    fn wide(&self, cells: &Cells, dataset: &Dataset, rows: &[usize], context: &Context) -> Result<DataFrame> {
        let crossed = Crossed::of(&cells.groups, rows.len())?;
        let height = if rows.is_empty() { usize::from(cells.groups.len() > 0) } else { crossed.rows.len() };
        let place = crossed.places()?;
        let mut order: Vec<u32> = (0..place.len() as u32).collect();
        order.sort_by_key(|v| place[*v as usize]);
        self.guard(cells.bytes() + (height * order.len()) as u64 * 16, context)?;
        let all: Vec<u32> = (0..height as u32).collect();
        let mut out: Vec<PlColumn> = Vec::with_capacity(rows.len() + order.len());
        for (i, place) in rows.iter().enumerate() {
            let name = dataset.schema().columns()[*place].name.as_str();
            out.push(crossed.rows.column(i, name, all.iter().copied().map(Some))?.into());
        }
        let labels: PlColumn = crossed.columns.column(0, "v", order.iter().map(|v| Some(*v)))?.into();
        let counts = matches!(self.measure, Measure::Count | Measure::Distinct);
        for (i, mut made) in crossed.cells(&self.values(cells)?, &all, &order)?.into_iter().enumerate() {
            let wanted = match cell_of(&labels, i) {
                c if c.is_null() => "missing".to_owned(),
                c => c.plain(),
            };
            let wanted = if wanted.trim().is_empty() { "empty".to_owned() } else { wanted };
            let name = free_name(&wanted, |n| out.iter().any(|c| c.name().as_str() == n));
            if counts {
                // Nothing there is none, not unknown.
                made = made.fill_null(FillNullStrategy::Zero).map_err(from_polars)?;
            }
            out.push(made.with_name(name.as_str().into()).into());
        }
        DataFrame::new(height, out).map_err(from_polars)
    }
}

/// What a pass knows of the cells of the result: which there are, and what is in them.
struct Cells {
    groups: Groups,
    figures: Fold,
    present: Option<Fold>,
}

impl Cells {
    fn absorb(&mut self, part: &Self) -> Result<()> {
        let map = self.groups.absorb(&part.groups)?;
        self.figures.absorb(&part.figures, &map, self.groups.len())?;
        if let (Some(mine), Some(theirs)) = (&mut self.present, &part.present) {
            mine.absorb(theirs, &map, self.groups.len())?;
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        (self.groups.bytes() + self.figures.bytes() + self.present.as_ref().map_or(0, Fold::bytes)) as u64
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
