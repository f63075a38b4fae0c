//! Lines over time in a ranking that was made over there: the first measure of the groups shown, by span of the calendar, in
//! one more query, with one for where the calendar begins and ends and one for the others.

use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType, IdxCa, NamedFrom as _, Series};

use super::condition::Translation;
use super::rank::{column, measure_name, number, typed, unsigned};
use super::shape;
use crate::data::{Dataset, Frame, Place, from_polars};
use crate::error::{ErrorKind, Result};
use crate::op::bucket::Bucket;
use crate::op::eval::calendar::Unit;
use crate::op::push::ask::either;
use crate::op::rank::{Measure, Of, Rank};
use crate::op::{Context, eval};
use crate::sql::{Aggregate, Comparison, Relation, Term, text};
use crate::text::Msg;
use crate::value::Cell;

/// The column of the spans' first days over there.
const SPAN: &str = "mekiki_span";

/// The rows with the span each lies in, over there.
pub struct Line {
    time: String,
    rows: Dataset,
    place: Place,
}

impl Line {
    /// For a ranking that wants lines; or why they cannot be had over there. Asks for nothing.
    pub fn of(op: &Rank, dataset: &Dataset, context: &Context) -> Result<std::result::Result<Option<Self>, Msg>> {
        let Some(every) = op.spark else { return Ok(Ok(None)) };
        let time = op.line_time(dataset.schema())?;
        let every = Unit::parse(every.name())?;
        let bucket = Bucket { column: time.clone(), every, zone: None, name: Some(SPAN.to_owned()) };
        let spanned = bucket.run(&dataset.with_all_columns(), context)?;
        match (spanned.notes.into_iter().next(), spanned.dataset.place()) {
            (None, Some(place)) => Ok(Ok(Some(Self { time, rows: spanned.dataset, place }))),
            (why, _) => Ok(Err(why.unwrap_or(Msg::new("push-no-step")))),
        }
    }

    /// The column with the lines of the groups at the top, which are `by`, and of the others where there are such; None
    /// where a value cannot be had here.
    pub fn drawn(
        &self,
        op: &Rank,
        (by, others): (&[Series], bool),
        (measure, dtype, aggregate): (&Measure, Option<&DataType>, &Aggregate),
        context: &Context,
        notes: &mut Vec<Msg>,
    ) -> Result<Option<Series>> {
        let span = || Term::column(SPAN);
        let fetch = |relation: &Relation, most| match self.place.remote.fetch(relation, most, &context.control) {
            // What is added up in smaller groups may fail where it did not in larger ones; the rows themselves need not.
            Err(e) if e.kind == ErrorKind::Failed => Ok(None),
            other => other,
        };
        let of = |name: &str, aggregate| (name.to_owned(), aggregate);
        let ends = vec![
            of("first", Aggregate::Min(span())),
            of("last", Aggregate::Max(span())),
            of("n", Aggregate::Count),
            of("dated", Aggregate::Present(span())),
        ];
        let all = &self.place.relation;
        let Some(ends) = fetch(&all.clone().group(Vec::new(), ends), 1)? else { return Ok(None) };
        let day = |name: &str| -> Result<Option<i64>> {
            let day = column(&ends, name)?.cast(&DataType::Date).map_err(from_polars)?;
            let stored = day.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
            Ok(stored.i64().map_err(from_polars)?.get(0))
        };
        let between = day("first")?.zip(day("last")?).ok_or_else(|| Rank::no_time(&self.time))?;
        let every = op.spark.unwrap_or(crate::op::rank::Period::Day);
        let spans = Rank::line_spans(every, &self.time, &DataType::Date, between)?;
        let (kept, points) = (by.first().map_or(0, |s| s.len()), spans.len());
        let rows = kept + usize::from(others);
        let most = Rank::line_cells(rows, points, context.memory)?;

        // Without a top, every group is.
        let shown = match op.top {
            None => None,
            Some(_) => match self.are_shown(op, by)? {
                Some(shown) => Some(shown),
                None => return Ok(None),
            },
        };
        let dated = || all.clone().filter(Term::Not(Box::new(Term::Missing(Box::new(span())))));
        let measured = || vec![(measure_name(0), aggregate.clone())];
        let names = op.by.iter().cloned().chain([SPAN.to_owned()]).collect();
        let some = shown.iter().fold(dated(), |rows, shown| rows.filter(shown.clone()));
        let Some(points_of) = fetch(&some.group(names, measured()), most)? else { return Ok(None) };
        let mut values = typed(column(&points_of, &measure_name(0))?, measure, dtype)?;
        let place_of_span: HashMap<i64, usize> = spans.iter().enumerate().map(|(i, s)| (s.1, i)).collect();
        let keys = by.iter().map(|s| s.clone().into()).collect();
        let keys = keyed(DataFrame::new(kept, keys).map_err(from_polars)?)?;
        let row_of: HashMap<Vec<String>, usize> = keys.into_iter().enumerate().map(|(i, k)| (k, i)).collect();
        let named = op.by.iter().map(|n| column(&points_of, n).map(|s| unsigned(s).into())).collect::<Result<_>>()?;
        let named = keyed(DataFrame::new(points_of.height(), named).map_err(from_polars)?)?;
        // Where each point of each line is among the figures; what has no rows is at the end.
        let mut at: Vec<Option<usize>> = vec![None; rows * points];
        for (i, (key, start)) in named.iter().zip(starts(&points_of)?).enumerate() {
            if let (Some(row), Some(point)) = (row_of.get(key), start.and_then(|s| place_of_span.get(&s))) {
                at[row * points + point] = Some(i);
            }
        }
        if let (true, Some(shown)) = (others, shown) {
            // A condition that is missing is none that holds.
            let other = either(shown, Term::int(0), Term::int(1)).compared(Comparison::Eq, Term::int(1));
            let Some(rest) = fetch(&dated().filter(other).group(vec![SPAN.to_owned()], measured()), points)? else {
                return Ok(None);
            };
            for (i, start) in starts(&rest)?.into_iter().enumerate() {
                if let Some(point) = start.and_then(|s| place_of_span.get(&s)) {
                    at[kept * points + point] = Some(values.len() + i);
                }
            }
            let mut rest = typed(column(&rest, &measure_name(0))?, measure, dtype)?;
            if rest.dtype() != values.dtype() {
                // Whole numbers, of which only some are too large for the usual type.
                rest = rest.cast(&DataType::Int128).map_err(from_polars)?;
                values = values.cast(&DataType::Int128).map_err(from_polars)?;
            }
            values.append(&rest).map_err(from_polars)?;
        }
        let end = values.len();
        let nothing = match measure.of {
            Of::Count | Of::Present | Of::Distinct | Of::Sum => {
                Series::new("".into(), [0i64]).cast(values.dtype()).map_err(from_polars)?
            }
            _ => Series::full_null("".into(), 1, values.dtype()),
        };
        values.append(&nothing).map_err(from_polars)?;
        let at = IdxCa::from_vec("".into(), at.into_iter().map(|i| i.unwrap_or(end) as _).collect());
        let values = values.take(&at).map_err(from_polars)?;
        let count = |name| number(&ends, name).map(Option::unwrap_or_default);
        let missing = (count("n")? - count("dated")?).max(0.0) as usize;
        Ok(Some(op.drawn_lines(&values, (rows, &spans), (&self.time, missing), notes)))
    }

    /// The condition that a row is in one of the groups; None where one cannot be told from others over there.
    fn are_shown(&self, op: &Rank, by: &[Series]) -> Result<Option<Term>> {
        let kept = by.first().map_or(0, |s| s.len());
        let frame =
            Frame::new(DataFrame::new(kept, by.iter().map(|s| s.clone().into()).collect()).map_err(from_polars)?);
        let types = shape::types(&self.rows)?;
        let translation = Translation { schema: self.rows.schema(), types: Some(&types) };
        let mut any = Vec::new();
        for row in 0..kept {
            let cells: Vec<Cell<'_>> = (0..by.len()).map(|c| frame.cell(row, c)).collect();
            let Some(expr) = op.rows_behind(&cells) else { return Ok(None) };
            eval::check(&expr, self.rows.schema())?;
            match translation.condition(&expr, false) {
                Ok(term) => any.push(term),
                Err(_) => return Ok(None),
            }
        }
        let term = Term::Any(any);
        Ok(text::term(&term, self.place.remote.dialect()).is_ok().then_some(term))
    }
}

/// The stored first days of the spans in a frame.
fn starts(frame: &DataFrame) -> Result<Vec<Option<i64>>> {
    let days = column(frame, SPAN)?.cast(&DataType::Date).map_err(from_polars)?;
    let stored = days.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
    Ok(stored.i64().map_err(from_polars)?.iter().collect())
}

/// The values of each row, to tell rows of one group by.
fn keyed(frame: DataFrame) -> Result<Vec<Vec<String>>> {
    let (rows, columns) = (frame.height(), frame.width());
    let frame = Frame::new(frame);
    let key = |cell: Cell<'_>| match cell {
        Cell::Null => "-".to_owned(),
        cell => format!("={}", cell.plain()),
    };
    Ok((0..rows).map(|r| (0..columns).map(|c| key(frame.cell(r, c))).collect()).collect())
}
