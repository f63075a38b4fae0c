//! A ranking over there: one query for the groups at the top, each with what all of them add up to. A few rows come back,
//! however many groups there are.

use polars::prelude::{Column as PlColumn, DataFrame, DataType, Series};

use super::line::Line;
use super::{Tried, ask, nature};
use crate::data::{Dataset, Place, cell_of, from_polars};
use crate::error::{Error, ErrorKind, Result};
use crate::op::rank::{Measure, Of, Rank, Ranked, TIES, total};
use crate::op::{Context, Outcome};
use crate::sql::{Aggregate, Nature, Order, Relation, Term, text};
use crate::text::Msg;
use crate::value::{Cell, Kind};

/// Most groups that are fetched where no top is asked for.
const MOST: usize = 1_000_000;

/// Groups that equal the last at the top and are fetched with it; where there are more, they are asked for by themselves.
const FEW_TIES: usize = 10;

/// Names of the columns of the inner queries; no column of a group may be called so.
pub(super) fn measure_name(i: usize) -> String {
    format!("mekiki_m{i}")
}

fn odd_name(i: usize) -> String {
    format!("mekiki_o{i}")
}

fn nan_name(i: usize) -> String {
    format!("mekiki_n{i}")
}

/// What the column with the sum of another one over all groups begins with.
const TOTAL: &str = "mekiki_t_";
/// The column of how many groups there are, among the totals.
const GROUPS: &str = "mekiki_groups";

/// Groups, each with the sums of what adds up over all of them: they need not be made again to know these.
fn with_totals(grouped: &Relation, by: &[String], asked: &[(String, Aggregate)]) -> Relation {
    let adds_up = |a: &Aggregate| matches!(a, Aggregate::Count | Aggregate::Sum(_) | Aggregate::Present(_));
    let own = by.iter().chain(asked.iter().map(|(name, _)| name)).map(|name| (name.clone(), Term::column(name)));
    let total = |name: &str, term| (format!("{TOTAL}{name}"), Term::Total(Box::new(term)));
    let sums = asked.iter().filter(|(_, a)| adds_up(a)).map(|(name, _)| total(name, Term::column(name)));
    grouped.clone().select(own.chain(sums).chain([total(GROUPS, Term::int(1))]).collect())
}

/// One row with the totals that came with the groups.
fn totals_of(top: &DataFrame) -> Result<DataFrame> {
    let total = |c: &PlColumn| {
        let name = c.name().strip_prefix(TOTAL)?.to_owned();
        Some(c.head(Some(1)).with_name(name.into()))
    };
    let totals: Vec<PlColumn> = top.columns().iter().filter_map(total).collect();
    DataFrame::new(top.height().min(1), totals).map_err(from_polars)
}

/// What a measure is over there; None where no engine gives the same.
fn aggregate(measure: &Measure, kind: &Kind) -> Option<Aggregate> {
    let column = ask::held(&measure.column, kind);
    let value = match (kind, measure.of) {
        (_, Of::Count) => return Some(Aggregate::Count),
        // NaN is one value to this program and to some engines.
        (Kind::Float, Of::Distinct) | (_, Of::First) => return None,
        (Kind::Float, Of::Present) => return Some(Aggregate::Present(column)),
        (k, Of::Present) if nature(k).is_some() => return Some(Aggregate::Present(column)),
        (k, Of::Distinct) if nature(k).is_some() => return Some(Aggregate::Distinct(column)),
        (Kind::Float, Of::Sum | Of::Mean) => Term::Real(Box::new(column.without_nan())),
        (Kind::Float, _) => column.without_nan(),
        (Kind::Boolean, Of::Min | Of::Max) => return None,
        (Kind::Boolean, _) => column.as_number(),
        (Kind::Integer | Kind::Decimal(_), _) => column,
        (Kind::Date | Kind::DateTime(_) | Kind::Time, Of::Min | Of::Max) => column,
        _ => return None,
    };
    Some(match measure.of {
        Of::Distinct => Aggregate::Distinct(value),
        Of::Sum => Aggregate::Sum(value),
        Of::Mean => Aggregate::Mean(value),
        Of::Min => Aggregate::Min(value),
        Of::Max => Aggregate::Max(value),
        Of::Median => Aggregate::Quantile(value, 0.5),
        Of::Quantile(share) => Aggregate::Quantile(value, share),
        Of::Count | Of::Present | Of::First => return None,
    })
}

/// Ranks the groups of the rows at `place`.
pub fn rank(op: &Rank, dataset: &Dataset, place: &Place, context: &Context) -> Tried {
    let schema = dataset.schema();
    op.check(schema)?;
    let measures = op.measured();
    let additive = measures.iter().all(Measure::adds_up);
    if op.across.is_some() || op.period.is_some() {
        return Ok(Err(Msg::new("push-no-spread")));
    }
    if op.others && !additive {
        return Ok(Err(Msg::new("push-no-others")));
    }
    let line = match Line::of(op, dataset, context)? {
        Ok(line) => line,
        Err(why) => return Ok(Err(why)),
    };
    let kind = |name: &str| schema.position(name).map(|i| schema.columns()[i].kind.clone());
    let mut orders = Vec::new();
    for name in &op.by {
        let kind = kind(name).unwrap_or(Kind::Empty);
        match nature(&kind) {
            Some(nature) => orders.push(Order { column: name.clone(), descending: false, nature }),
            None => return Ok(Err(Msg::new("push-no-kind").with("column", name).with("kind", kind.word()))),
        }
    }
    let mut asked = Vec::new();
    for (i, measure) in measures.iter().enumerate() {
        let kind = kind(&measure.column).unwrap_or(Kind::Empty);
        let column = || Box::new(Term::column(&measure.column));
        let counted = |condition: Term| Aggregate::Present(Term::int(1).only_if(condition));
        match aggregate(measure, &kind) {
            Some(aggregate) => asked.push((measure_name(i), aggregate)),
            None => return Ok(Err(Msg::new("push-no-measure").with("measure", measure.to_string()))),
        }
        if kind == Kind::Float && !matches!(measure.of, Of::Count | Of::Present) {
            asked.push((nan_name(i), counted(Term::NotANumber(column()))));
            if matches!(measure.of, Of::Median | Of::Quantile(_)) {
                // Infinite values less themselves are NaN as well.
                let nothing = Box::new(Term::Minus(column(), column()));
                asked.push((odd_name(i), counted(Term::NotANumber(nothing))));
            }
        }
    }
    // Groups that are not among the first can be of such values, too.
    asked.extend(ask::present(schema.columns().iter().filter(|c| op.by.contains(&c.name))));
    let leading = match (measures[0].of, kind(&measures[0].column)) {
        (Of::Min | Of::Max, Some(Kind::Float)) | (Of::Mean | Of::Median | Of::Quantile(_), _) => Nature::Float,
        (Of::Sum, Some(Kind::Float)) => Nature::Float,
        _ => Nature::Plain,
    };
    orders.insert(0, Order { column: measure_name(0), descending: !op.ascending, nature: leading });

    let grouped = place.relation.clone().group(op.by.clone(), asked.clone());
    let wanted = op.top.and_then(|t| usize::try_from(t).ok());
    let first = |most: usize| match wanted {
        Some(_) => with_totals(&grouped, &op.by, &asked).sort(orders.clone()).limit(most as u64, 0),
        None => grouped.clone().sort(orders.clone()),
    };
    let with = |ties: usize| wanted.map_or(MOST, |top| top.saturating_add(ties + 1).min(MOST));
    let mut most = with(FEW_TIES);
    if let Err(why) = text::query(&first(most), place.remote.dialect()) {
        return Ok(Err(why));
    }

    let odd = || Ok(Err(Msg::new("push-no-odd")));
    let fetch = |relation: &Relation, most| match place.remote.fetch(relation, most, &context.control) {
        Ok(Some(frame)) => Ok(Ok(frame)),
        Ok(None) => Ok(Err(Msg::new("push-no-odd"))),
        // Sums that are too large for the engine are infinite here; whether the rows can be had, who reads them will find.
        Err(e) if e.kind == ErrorKind::Failed => Ok(Err(e.message)),
        Err(e) => Err(e),
    };
    let mut top = match fetch(&first(most), most)? {
        Ok(top) => top,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(last) = wanted.and_then(|top| top.checked_sub(1))
        && top.height() == most
        && same(&column(&top, &measure_name(0))?, last, most - 1)
    {
        most = with(TIES);
        top = match fetch(&first(most), most)? {
            Ok(top) => top,
            Err(why) => return Ok(Err(why)),
        };
    }
    // Where fewer came than could have, they are all there are.
    let whole = if top.height() < most { None } else { Some(totals_of(&top)?) };
    let counted = |name: &str| match &whole {
        Some(whole) => number(whole, name),
        None => sum(&top, name),
    };
    for i in 0..measures.len() {
        // Between infinite values engines interpolate each in a way of its own.
        if counted(&odd_name(i))?.unwrap_or(0.0) > counted(&nan_name(i))?.unwrap_or(0.0) {
            return odd();
        }
    }
    let groups = match &whole {
        Some(whole) => number(whole, GROUPS)?.map_or(top.height(), |n| n as usize),
        None => top.height(),
    };
    let types = super::shape::types(dataset)?;
    let measured = measures
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let dtype = schema.position(&m.column).map(|p| &types[p]);
            typed(column(&top, &measure_name(i))?, m, dtype)
        })
        .collect::<Result<Vec<_>>>()?;
    let of_group = |name: &String| {
        let values = unsigned(column(&top, name)?);
        // Decimals of an answer have as many digits as are in it, those of the column as many as it has.
        match schema.position(name).map(|p| &types[p]) {
            Some(dtype @ DataType::Decimal(..)) => Ok(values.strict_cast(dtype).unwrap_or(values)),
            _ => Ok(values),
        }
    };
    let by = op.by.iter().map(of_group).collect::<Result<Vec<_>>>()?;
    let totals = measures
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let dtype = schema.position(&m.column).map(|p| &types[p]);
            match &whole {
                _ if !m.adds_up() => Ok(None),
                Some(whole) => typed(column(whole, &measure_name(i))?, m, dtype).map(Some),
                None => total(&measured[i]).map(Some),
            }
        })
        .collect::<Result<Vec<_>>>()?;
    let mut notes = vec![ask::went(place)];
    for (i, measure) in measures.iter().enumerate() {
        if let Some(count) = counted(&nan_name(i))?.filter(|n| *n > 0.0) {
            notes.push(Msg::new("note-rank-nan").with("column", &measure.column).with("count", count as u64));
        }
    }
    let groups_by = by.clone();
    let (mut frame, kept) = op.assembled(Ranked { by, measured, groups, totals }, &mut notes)?;
    if let Some(line) = line {
        let by: Vec<Series> = groups_by.iter().map(|s| s.head(Some(kept))).collect();
        let dtype = schema.position(&measures[0].column).map(|p| &types[p]);
        let of = (&measures[0], dtype, &asked[0].1);
        let Some(lines) = line.drawn(op, (&by, frame.height() > kept), of, context, &mut notes)? else { return odd() };
        frame.insert_column(op.by.len() + 1, lines.into()).map_err(from_polars)?;
    }
    Ok(Ok(Outcome { notes, ..Dataset::from_frame(frame).into() }))
}

/// Whether two rows of a column have the same value.
fn same(series: &Series, one: usize, other: usize) -> bool {
    let column = PlColumn::from(series.clone());
    cell_of(&column, one) == cell_of(&column, other)
}

pub(super) fn column(frame: &DataFrame, name: &str) -> Result<Series> {
    Ok(frame.column(name).map_err(from_polars)?.as_materialized_series().clone())
}

/// Zeros without their sign: a group of them is shown by one, and which one is chance.
pub(super) fn unsigned(series: Series) -> Series {
    match series.dtype() {
        DataType::Float32 | DataType::Float64 => &series + 0.0,
        _ => series,
    }
}

/// The number in the only row of a column; None where the column is not there or has no value.
pub(super) fn number(frame: &DataFrame, name: &str) -> Result<Option<f64>> {
    let Ok(column) = frame.column(name) else { return Ok(None) };
    let column = column.cast(&DataType::Float64).map_err(from_polars)?;
    Ok(column.f64().map_err(from_polars)?.get(0))
}

/// The sum of a column's numbers; None where the column is not there.
fn sum(frame: &DataFrame, name: &str) -> Result<Option<f64>> {
    let Ok(column) = frame.column(name) else { return Ok(None) };
    let column = column.cast(&DataType::Float64).map_err(from_polars)?;
    Ok(Some(column.f64().map_err(from_polars)?.iter().flatten().sum()))
}

/// A measure's column in the type it would have if it were computed here, whatever type the engine sums in.
pub(super) fn typed(series: Series, measure: &Measure, dtype: Option<&DataType>) -> Result<Series> {
    let wanted = match (measure.of, dtype) {
        (Of::Count | Of::Present | Of::Distinct, _) => DataType::Int64,
        (Of::Mean | Of::Median | Of::Quantile(_), _) => DataType::Float64,
        (Of::Min | Of::Max | Of::First, Some(dtype)) => dtype.clone(),
        (Of::Sum, Some(DataType::Decimal(_, scale))) => match series.strict_cast(&DataType::Decimal(38, *scale)) {
            Ok(_) => DataType::Decimal(38, *scale),
            // More digits than decimals have.
            Err(_) => DataType::Float64,
        },
        (Of::Sum, Some(DataType::Float32 | DataType::Float64)) => DataType::Float64,
        (Of::Sum, _) => {
            let wide = whole(&series)?;
            let narrow = wide.iter().flatten().all(|n| i64::try_from(*n).is_ok());
            let wide = PlColumn::new("".into(), wide).take_materialized_series();
            let made = if narrow { wide.cast(&DataType::Int64).map_err(from_polars)? } else { wide };
            return Ok(made.with_name(measure.name().as_str().into()));
        }
        (_, None) => series.dtype().clone(),
    };
    Ok(series.strict_cast(&wanted).map_err(from_polars)?.with_name(measure.name().as_str().into()))
}

/// Whole numbers, whether the engine gave them as such or as decimals.
fn whole(series: &Series) -> Result<Vec<Option<i128>>> {
    let column = PlColumn::from(series.clone());
    (0..series.len())
        .map(|i| match cell_of(&column, i) {
            Cell::Null => Ok(None),
            cell => {
                let text = cell.plain();
                let digits = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
                let wrong = || Error::failed(Msg::new("error-data").with("cause", text.clone()));
                digits.parse().map(Some).map_err(|_| wrong())
            }
        })
        .collect()
}
