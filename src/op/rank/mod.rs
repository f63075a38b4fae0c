//! Rank groups of rows by what is measured in them: the most frequent values, the sums by country, the change since last
//! month.
//!
//! One pass: each part of the table is grouped on the thread that reads it, and its groups are merged in the order of the
//! parts, so that the same table gives the same sums to the last digit however many threads there are.

mod fold;
pub(in crate::op) mod keys;
mod line;
mod measure;
mod period;
mod sums;
mod wide;

use polars::prelude::{
    BooleanChunked, ChunkAgg, Column as PlColumn, DataFrame, DataType, Int128Chunked, IntoSeries, NewChunkedArray,
    Series, SortMultipleOptions,
};
use serde::{Deserialize, Serialize};

pub(in crate::op) use self::fold::Fold;
pub(in crate::op) use self::keys::Groups;
pub use self::measure::{Measure, Of};
pub use self::period::{NAMES as PERIODS, Period};
use self::sums::{DECIMALS, Sums};
pub(in crate::op) use self::wide::Crossed;
use super::{Context, Outcome};
use crate::data::{Dataset, Flow, Stretch, from_polars};
use crate::error::{Error, Result};
use crate::sql::expr::Expr;
use crate::text::{Msg, number, tr};
use crate::value::{Cell, Schema};

/// Most groups that are shown beyond the top because they equal the last of it: where everything is equal, nothing ranks.
pub(in crate::op) const TIES: usize = 200;
/// Most columns a second dimension is spread over.
const ACROSS: usize = 50;

/// Group rows, measure the groups, and put them in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// The columns whose values make the groups.
    pub by: Vec<String>,
    /// What is measured; the first decides the order. Rows are counted where nothing is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// How many groups are kept; those that equal the last one stay too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// Put the groups that are not kept together in a row of their own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub others: bool,
    /// The smallest first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ascending: bool,
    /// A column whose values become columns, with the first measure in the cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<String>,
    /// The column of time by which the last full period is compared with the one before it, and along which lines run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The period compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Add the first measure in each such span of [`Rank::time`] (or of the first column of dates): a list of numbers for
    /// each group, shown as a small line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark: Option<Period>,
}

fn is_false(b: &bool) -> bool {
    !b
}

/// What one pass over some rows gathers.
struct Gathered {
    groups: Groups,
    folds: Vec<Fold>,
    /// The first measure in the period before.
    previous: Option<Fold>,
}

/// Groups that were measured somewhere else: those at the top, in order, and what is known of all.
pub(in crate::op) struct Ranked {
    /// The columns of the groups.
    pub by: Vec<Series>,
    /// The measures, named as in the result.
    pub measured: Vec<Series>,
    /// How many groups there are in all.
    pub groups: usize,
    /// For each measure that adds up, one row with its sum over all groups.
    pub totals: Vec<Option<Series>>,
}

/// What the pass needs to know about the columns.
struct Plan {
    measures: Vec<Measure>,
    /// Places in the dataset of the columns read, each once.
    places: Vec<usize>,
    /// Where, among those, the columns of the groups are.
    by: Vec<usize>,
    /// Where the column of each measure is.
    of: Vec<Option<usize>>,
    time: Option<(usize, period::Windows)>,
    /// Types of the columns of the groups and of the measures.
    by_types: Vec<DataType>,
    of_types: Vec<DataType>,
}

impl Plan {
    fn fresh(&self) -> Gathered {
        let fold = |(m, t): (&Measure, &DataType)| Fold::new(m, t);
        Gathered {
            groups: Groups::new(&self.by_types),
            folds: self.measures.iter().zip(&self.of_types).map(fold).collect(),
            previous: self.time.as_ref().and_then(|_| self.measures.iter().zip(&self.of_types).map(fold).next()),
        }
    }

    fn gather(&self, columns: &[Stretch]) -> Result<Gathered> {
        let mut gathered = self.fresh();
        let Some((place, windows)) = &self.time else {
            let (groups, codes) = self.groups(columns)?;
            for (fold, of) in gathered.folds.iter_mut().zip(&self.of) {
                fold.take(&codes, groups.len(), of.map(|p| &columns[p]))?;
            }
            return Ok(Gathered { groups, ..gathered });
        };
        let in_either = windows.previous.start..windows.current.end;
        let columns: Vec<Stretch> = {
            let mask = within(&columns[*place], &in_either)?;
            columns.iter().map(|c| c.filter(&mask)).collect::<Result<_>>()?
        };
        let (groups, codes) = self.groups(&columns)?;
        let folds =
            [(&windows.current, &mut gathered.folds[..]), (&windows.previous, gathered.previous.as_mut_slice())];
        for (range, folds) in folds {
            let mask = within(&columns[*place], range)?;
            let codes: Vec<u32> =
                codes.iter().zip(mask.iter()).filter(|(_, keep)| *keep == Some(true)).map(|(code, _)| *code).collect();
            for (fold, of) in folds.iter_mut().zip(&self.of) {
                let values = of.map(|p| columns[p].filter(&mask)).transpose()?;
                fold.take(&codes, groups.len(), values.as_ref())?;
            }
        }
        Ok(Gathered { groups, ..gathered })
    }

    fn groups(&self, columns: &[Stretch]) -> Result<(Groups, Vec<u32>)> {
        Groups::of(&self.by_types, &self.by.iter().map(|p| &columns[*p]).collect::<Vec<_>>())
    }
}

/// The rows whose time is in a stretch of stored numbers.
fn within(times: &Stretch, range: &std::ops::Range<i64>) -> Result<BooleanChunked> {
    let stored = times.values()?.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
    Ok(stored.i64().map_err(from_polars)?.iter().map(|v| v.is_some_and(|v| range.contains(&v))).collect())
}

impl Gathered {
    fn absorb(&mut self, part: &Self) -> Result<()> {
        let map = self.groups.absorb(&part.groups)?;
        let groups = self.groups.len();
        let theirs = part.folds.iter().chain(&part.previous);
        for (mine, theirs) in self.folds.iter_mut().chain(&mut self.previous).zip(theirs) {
            mine.absorb(theirs, &map, groups)?;
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.groups.bytes() + self.folds.iter().chain(&self.previous).map(Fold::bytes).sum::<usize>()
    }
}

impl Rank {
    /// How often each value of a column occurs.
    pub fn frequency(column: &str, top: u64) -> Self {
        Self { by: vec![column.to_owned()], top: Some(top), others: true, ..Self::default() }
    }

    /// The ranking in words.
    pub fn words(&self) -> Msg {
        let by = self.by.iter().chain(&self.across).cloned().collect::<Vec<_>>().join(", ");
        Msg::new("step-rank").with("columns", by)
    }

    /// The measures in force.
    pub(in crate::op) fn measured(&self) -> Vec<Measure> {
        if self.measures.is_empty() { vec![Measure::count()] } else { self.measures.clone() }
    }

    /// The name of the first measure's column, which the bars are drawn by.
    pub fn leading(&self) -> String {
        self.measured().first().map(Measure::name).unwrap_or_default()
    }

    /// Whether the figures of several groups add up to a figure of them together.
    pub fn adds_up(&self) -> bool {
        self.measured().first().is_some_and(Measure::adds_up)
    }

    /// The condition that gives the rows behind a group, from the values of the columns of [`Rank::by`]. None for rows
    /// that are not one group.
    pub fn rows_behind(&self, values: &[Cell<'_>]) -> Option<Expr> {
        let mut all: Option<Expr> = None;
        for (name, cell) in self.by.iter().zip(values) {
            let one = Expr::is_value(name, cell)?;
            all = Some(match all {
                None => one,
                Some(before) => before.and(one),
            });
        }
        all
    }

    /// An error if the columns named are not there or cannot be measured so.
    pub(in crate::op) fn check(&self, schema: &Schema) -> Result<()> {
        if self.by.is_empty() {
            return Err(Error::usage(Msg::new("error-rank-by")).hint(Msg::new("hint-rank-by")));
        }
        for name in self.by.iter().chain(&self.across) {
            schema.require(name)?;
        }
        for measure in self.measured().iter().filter(|m| m.of != Of::Count) {
            measure.check(&schema.columns()[schema.require(&measure.column)?])?;
        }
        if (self.period.is_some() && self.time.is_none())
            || (self.time.is_some() && self.period.is_none() && self.spark.is_none())
        {
            return Err(Error::usage(Msg::new("error-rank-period")));
        }
        self.check_line(schema)
    }

    fn plan(&self, dataset: &Dataset, context: &Context) -> Result<Plan> {
        let schema = dataset.schema();
        self.check(schema)?;
        let mut places: Vec<usize> = Vec::new();
        let mut place = |name: &str| -> Result<usize> {
            let wanted = schema.require(name)?;
            Ok(places.iter().position(|p| *p == wanted).unwrap_or_else(|| {
                places.push(wanted);
                places.len() - 1
            }))
        };
        let by = self.by.iter().chain(&self.across).map(|n| place(n)).collect::<Result<Vec<_>>>()?;
        let measures = self.measured();
        let mut of = Vec::new();
        for measure in &measures {
            of.push(match measure.of {
                Of::Count => None,
                _ => Some(place(&measure.column)?),
            });
        }
        let time = match (&self.time, self.period) {
            (Some(name), Some(period)) => Some((place(name)?, period)),
            _ => None,
        };
        let head = dataset.window(&places, 0, 1)?;
        let dtype = |p: usize| head.inner().columns()[p].dtype().clone();
        let time = match time {
            None => None,
            Some((at, period)) => {
                let name = self.time.as_deref().unwrap_or_default();
                let wrong = || Error::usage(Msg::new("error-rank-time").with("column", name));
                if !matches!(dtype(at), DataType::Date | DataType::Datetime(..)) {
                    return Err(wrong());
                }
                let (_, greatest) = reach(dataset, places[at], context)?.ok_or_else(wrong)?;
                let windows = period::windows(period, &dtype(at), greatest).ok_or_else(|| period::beyond(name))?;
                Some((at, windows))
            }
        };
        Ok(Plan {
            by_types: by.iter().map(|p| dtype(*p)).collect(),
            of_types: of.iter().map(|p| p.map_or(DataType::Null, &dtype)).collect(),
            measures,
            places,
            by,
            of,
            time,
        })
    }

    /// The ranking as a table in memory: the columns of the groups, then one column for each measure, and for the first
    /// measure, where it adds up, `share` and `cumulative_share`; `previous_…` and `change_…` where periods are compared.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let plan = self.plan(dataset, context)?;
        let mut all = plan.fresh();
        dataset.scan_stretches(
            &plan.places,
            &context.control,
            |columns| plan.gather(&columns),
            |part| {
                all.absorb(&part)?;
                if all.bytes() as u64 > context.memory {
                    return Err(self.too_much(&all, context));
                }
                Ok(Flow::Continue)
            },
        )?;
        let mut notes = Vec::new();
        if let Some((_, windows)) = &plan.time {
            let last = windows.days.1.pred_opt().unwrap_or(windows.days.1);
            notes.push(
                Msg::new("note-rank-period").with("from", windows.days.0.to_string()).with("to", last.to_string()),
            );
        }
        for (fold, measure) in all.folds.iter().zip(&plan.measures).filter(|(f, _)| f.nan > 0) {
            notes.push(Msg::new("note-rank-nan").with("column", &measure.column).with("count", fold.nan));
        }
        let frame = match &self.across {
            None => self.listed(&plan, dataset, context, &mut all, &mut notes)?,
            Some(_) => self.spread(&plan, &all, &mut notes)?,
        };
        Ok(Outcome { notes, ..Dataset::from_frame(frame).into() })
    }

    fn too_much(&self, all: &Gathered, context: &Context) -> Error {
        Error::refused(
            Msg::new("error-memory-rank")
                .with("groups", all.groups.len())
                .with("allowed", number::bytes(context.memory)),
        )
        .hint(Msg::new("hint-memory"))
    }

    /// The groups in order: by the first measure, then by their values.
    fn order(&self, groups: &Groups, by: usize, leading: &Series) -> Result<Vec<u32>> {
        let mut columns = vec![PlColumn::from(leading.clone().with_name("m".into()))];
        for i in 0..by {
            let values = groups.column(i, &format!("k{i}"), (0..groups.len() as u32).map(Some))?;
            columns.push(values.into());
        }
        let mut descending = vec![false; columns.len()];
        descending[0] = !self.ascending;
        let options = SortMultipleOptions::new()
            .with_order_descending_multi(descending)
            .with_nulls_last_multi(vec![true; columns.len()])
            .with_maintain_order(true);
        let first = columns[0].clone();
        let order = first.as_materialized_series().arg_sort_multiple(&columns[1..], &options).map_err(from_polars)?;
        Ok(order.into_no_null_iter().collect())
    }

    /// One row for each group.
    fn listed(
        &self,
        plan: &Plan,
        dataset: &Dataset,
        context: &Context,
        all: &mut Gathered,
        notes: &mut Vec<Msg>,
    ) -> Result<DataFrame> {
        let groups = all.groups.len();
        let leading = all.folds[0].finish(groups)?;
        let order = self.order(&all.groups, plan.by.len(), &leading)?;
        let kept = self.kept(&order, &leading, notes);
        let total = plan.measures[0].adds_up().then(|| total(&leading)).transpose()?;
        let rest = groups - kept;
        let others = self.others && rest > 0;
        // Each group's row; all that are not kept have the last one.
        let mut rows = vec![kept as u32; groups];
        for (row, group) in order.iter().take(kept).enumerate() {
            rows[*group as usize] = row as u32;
        }
        let height = kept + usize::from(others);
        let regroup = |fold: &Fold| -> Result<Series> {
            Ok(fold
                .regrouped(&rows, kept + usize::from(rest > 0))?
                .finish(kept + usize::from(rest > 0))?
                .head(Some(height)))
        };
        let mut columns: Vec<PlColumn> = Vec::new();
        for (i, name) in self.by.iter().enumerate() {
            let shown = order.iter().take(kept).map(|g| Some(*g));
            let values = all.groups.column(i, name, shown.chain(others.then_some(None)))?;
            columns.push(match others && i == 0 {
                true => labelled(&values, kept)?.into(),
                false => values.into(),
            });
        }
        let mut measured = Vec::new();
        for fold in &all.folds {
            measured.push(regroup(fold)?);
        }
        if others {
            notes.push(Msg::new("note-rank-others").with("count", rest));
        } else if rest > 0 {
            notes.push(Msg::new("note-rank-top").with("kept", kept).with("groups", groups));
        }
        let first = measured[0].clone();
        columns.extend(measured.into_iter().map(PlColumn::from));
        let rows = line::Rows { of: &rows, count: height };
        if let Some(lines) = self.lines(plan, dataset, context, all, &rows, notes)? {
            columns.insert(self.by.len() + 1, lines.into());
        }
        if let Some(total) = total {
            columns.extend(shares(&first, &total)?);
        }
        if let Some(previous) = &all.previous {
            let name = plan.measures[0].name();
            let before = regroup(previous)?;
            let (now, then) = (real(&first)?, real(&before)?);
            let change: Vec<Option<f64>> = now
                .into_iter()
                .zip(then)
                .map(|(now, then)| match (now, then) {
                    (Some(now), Some(then)) if then != 0.0 => Some((now - then) / then.abs()),
                    _ => None,
                })
                .collect();
            columns.push(before.with_name(format!("previous_{name}").as_str().into()).into());
            columns.push(PlColumn::new(format!("change_{name}").as_str().into(), change));
        }
        frame(height, columns)
    }

    /// The ranking out of groups that are already measured and in order, and how many of its rows are groups.
    pub(in crate::op) fn assembled(&self, ranked: Ranked, notes: &mut Vec<Msg>) -> Result<(DataFrame, usize)> {
        let Ranked { by, measured, groups, totals } = ranked;
        let order: Vec<u32> = (0..measured.first().map_or(0, |s| s.len()) as u32).collect();
        let kept = self.kept(&order, &measured[0], notes);
        let rest = groups.saturating_sub(kept);
        let others = self.others && rest > 0;
        if others {
            notes.push(Msg::new("note-rank-others").with("count", rest));
        } else if rest > 0 {
            notes.push(Msg::new("note-rank-top").with("kept", kept).with("groups", groups));
        }
        let mut columns: Vec<PlColumn> = Vec::new();
        for (i, values) in by.iter().enumerate() {
            let mut shown = values.head(Some(kept));
            if others {
                shown.append(&Series::full_null(shown.name().clone(), 1, shown.dtype())).map_err(from_polars)?;
            }
            columns.push(if others && i == 0 { labelled(&shown, kept)?.into() } else { shown.into() });
        }
        let mut leading = None;
        for (values, all) in measured.iter().zip(&totals) {
            let mut shown = values.head(Some(kept));
            if let (true, Some(all)) = (others, all) {
                let first = total(&shown)?;
                let wide = match (all.dtype(), first.dtype()) {
                    (one, other) if one == other => one.clone(),
                    (one, other) if one.is_integer() && other.is_integer() => DataType::Int128,
                    _ => DataType::Float64,
                };
                let of = |series: &Series| series.cast(&wide).map_err(from_polars);
                let rest = (&of(all)? - &of(&first)?).map_err(from_polars)?;
                // What is not among the first can be greater than they are.
                let rest = match rest.strict_cast(shown.dtype()) {
                    Ok(rest) => rest,
                    Err(_) => {
                        shown = of(&shown)?;
                        rest
                    }
                };
                shown.append(&rest).map_err(from_polars)?;
            }
            leading.get_or_insert_with(|| shown.clone());
            columns.push(shown.into());
        }
        if let (Some(first), Some(Some(total))) = (leading, totals.first()) {
            columns.extend(shares(&first, total)?);
        }
        Ok((frame(columns.first().map_or(0, |c| c.len()), columns)?, kept))
    }

    /// How many of the groups in order are kept: the top, and those that equal the last of it.
    fn kept(&self, order: &[u32], leading: &Series, notes: &mut Vec<Msg>) -> usize {
        let Some(top) = self.top.map(|t| usize::try_from(t).unwrap_or(usize::MAX)).filter(|t| *t < order.len()) else {
            return order.len();
        };
        let Some(last) = top.checked_sub(1).and_then(|i| leading.get(order[i] as usize).ok()) else { return 0 };
        let ties = order[top..].iter().take_while(|g| leading.get(**g as usize).is_ok_and(|v| v == last)).count();
        if ties > TIES {
            notes.push(Msg::new("note-rank-ties-cut").with("count", ties).with("top", top));
            return top;
        }
        if ties > 0 {
            notes.push(Msg::new("note-rank-ties").with("count", ties).with("top", top));
        }
        top + ties
    }

    /// One row for each group of [`Rank::by`], one column for each value of [`Rank::across`].
    fn spread(&self, plan: &Plan, all: &Gathered, notes: &mut Vec<Msg>) -> Result<DataFrame> {
        let last = plan.by.len() - 1;
        let groups = all.groups.len();
        let crossed = Crossed::of(&all.groups, last)?;
        let fold = &all.folds[0];
        let by_row = fold.regrouped(&crossed.row_of, crossed.rows.len())?.finish(crossed.rows.len())?;
        let by_column = fold.regrouped(&crossed.column_of, crossed.columns.len())?.finish(crossed.columns.len())?;
        let order = self.order(&crossed.rows, last, &by_row)?;
        let kept = self.kept(&order, &by_row, notes);
        if kept < order.len() {
            notes.push(Msg::new("note-rank-top").with("kept", kept).with("groups", order.len()));
        }
        let most = Self { ascending: false, ..self.clone() }.order(&crossed.columns, 1, &by_column)?;
        let mut chosen = most[..most.len().min(ACROSS)].to_vec();
        if chosen.len() < most.len() {
            notes.push(Msg::new("note-rank-across").with("kept", chosen.len()).with("columns", most.len()));
        }
        let place = crossed.places()?;
        chosen.sort_by_key(|v| place[*v as usize]);
        let mut columns: Vec<PlColumn> = Vec::new();
        for (i, name) in self.by.iter().enumerate() {
            columns.push(crossed.rows.column(i, name, order.iter().take(kept).map(|g| Some(*g)))?.into());
        }
        let figures = fold.finish(groups)?;
        let labels: PlColumn = crossed.columns.column(0, "v", chosen.iter().map(|v| Some(*v)))?.into();
        for (i, values) in crossed.cells(&figures, &order[..kept], &chosen)?.into_iter().enumerate() {
            let label = match crate::data::cell_of(&labels, i) {
                Cell::Null => tr("rank-missing"),
                cell => cell.plain(),
            };
            columns.push(values.with_name(label.as_str().into()).into());
        }
        frame(kept, columns)
    }
}

/// What part of the total each value is, and what part it is with those before it.
fn shares(values: &Series, total: &Series) -> Result<[PlColumn; 2]> {
    let total = real(total)?.first().copied().flatten().unwrap_or(0.0);
    let share = |v: f64| (total != 0.0).then(|| v / total);
    let values = real(values)?;
    let mut sum = 0.0;
    let cumulative: Vec<Option<f64>> = values
        .iter()
        .map(|v| {
            sum += (*v)?;
            // The last of all is the whole, however the sums were rounded.
            share(sum).map(|s| if (s - 1.0).abs() < 1e-12 { 1.0 } else { s })
        })
        .collect();
    let shares: Vec<Option<f64>> = values.iter().map(|v| share((*v)?)).collect();
    Ok([PlColumn::new("share".into(), shares), PlColumn::new("cumulative_share".into(), cumulative)])
}

/// A frame whose columns have a name of their own each.
fn frame(height: usize, mut columns: Vec<PlColumn>) -> Result<DataFrame> {
    let mut seen = std::collections::HashSet::new();
    for column in &mut columns {
        let base = column.name().clone();
        let mut n = 2;
        while !seen.insert(column.name().clone()) {
            column.rename(format!("{base}_{n}").as_str().into());
            n += 1;
        }
    }
    DataFrame::new(height, columns).map_err(from_polars)
}

/// Values as text, with the word for "others" in row `at`.
fn labelled(values: &Series, at: usize) -> Result<Series> {
    let column = PlColumn::from(values.clone());
    let texts: Vec<Option<String>> = (0..values.len())
        .map(|i| match crate::data::cell_of(&column, i) {
            _ if i == at => Some(tr("rank-others")),
            Cell::Null => None,
            cell => Some(cell.plain()),
        })
        .collect();
    Ok(PlColumn::new(values.name().clone(), texts).take_materialized_series())
}

fn real(series: &Series) -> Result<Vec<Option<f64>>> {
    let values = series.cast(&DataType::Float64).map_err(from_polars)?;
    Ok(values.f64().map_err(from_polars)?.iter().collect())
}

/// One row with the sum of a measure over the groups. Whole numbers and decimals add up exactly, in whatever order, as a
/// database adds them.
pub(in crate::op) fn total(series: &Series) -> Result<Series> {
    let name = series.name().clone();
    Ok(match series.dtype() {
        DataType::Decimal(_, scale) => {
            let stored = series.to_physical_repr();
            let mut all = Sums::default();
            all.resize(1);
            stored.i128().map_err(from_polars)?.iter().flatten().for_each(|v| all.add(0, v));
            match all.exact(0).filter(|sum| sum.unsigned_abs() < DECIMALS.unsigned_abs()) {
                Some(sum) => Int128Chunked::from_iter_values(name, [sum].into_iter())
                    .into_decimal_unchecked(38, *scale)
                    .into_series(),
                None => PlColumn::new(name, [all.real(0) / 10f64.powi(*scale as i32)]).take_materialized_series(),
            }
        }
        whole if whole.is_integer() => {
            let wide = series.cast(&DataType::Int128).map_err(from_polars)?;
            let sum: i128 = wide.i128().map_err(from_polars)?.iter().flatten().sum();
            PlColumn::new(name, [sum]).take_materialized_series()
        }
        _ => PlColumn::new(name, [real(series)?.into_iter().flatten().sum::<f64>()]).take_materialized_series(),
    })
}

/// The smallest and the greatest stored number of a column of time, by a pass over it alone.
fn reach(dataset: &Dataset, place: usize, context: &Context) -> Result<Option<(i64, i64)>> {
    let mut ends: Option<(i64, i64)> = None;
    dataset.scan(
        &[place],
        &context.control,
        |frame| {
            let stored = frame.columns()[0].to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
            let stored = stored.i64().map_err(from_polars)?;
            Ok(stored.min().zip(stored.max()))
        },
        |part| {
            let both = ends.zip(part).map(|((a, b), (c, d))| (a.min(c), b.max(d)));
            ends = both.or(ends).or(part);
            Ok(Flow::Continue)
        },
    )?;
    Ok(ends)
}

#[cfg(test)]
mod tests;
