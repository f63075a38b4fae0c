//! The first measure of the groups in a ranking over time, for the small line in a cell: a second pass over the rows, whose
//! memory follows the groups that are shown, not those there are.

use chrono::NaiveDate;
use polars::prelude::{DataType, NamedFrom, Series};

use super::keys::{Groups, Pairs};
use super::period::{self, Period};
use super::{Fold, Gathered, Plan, Rank, reach};
use crate::data::{Dataset, Flow, Stretch, from_polars};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::text::{Msg, number};
use crate::value::{Kind, Schema};

/// Most points of a line.
const POINTS: usize = 1_000;
/// Bytes a point takes, about.
const CELL: u64 = 32;

/// The spans of the calendar that lines have points for: the first day of each, and its first stored number, rising.
pub(in crate::op) type Spans = Vec<(NaiveDate, i64)>;

/// The rows of a ranking that lines are drawn for.
pub struct Rows<'a> {
    /// The row of each group; at `count` and beyond stands what has none.
    pub of: &'a [u32],
    /// How many rows there are.
    pub count: usize,
}

/// The columns one pass reads, and the spans of the calendar its rows fall into.
struct Reading {
    places: Vec<usize>,
    by: Vec<usize>,
    of: Option<usize>,
    time: usize,
    /// The first moment of each span, in stored numbers, rising.
    starts: Vec<i64>,
}

impl Reading {
    fn gather(&self, plan: &Plan, columns: &[Stretch]) -> Result<(Groups, Pairs, Fold, usize)> {
        let by: Vec<&Stretch> = self.by.iter().map(|p| &columns[*p]).collect();
        let (groups, codes) = Groups::of(&plan.by_types, &by)?;
        let times = columns[self.time].values()?.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
        let times = times.i64().map_err(from_polars)?;
        let mut pairs = Pairs::default();
        let cells: Vec<u32> = codes
            .iter()
            .zip(times.iter())
            .filter_map(|(group, time)| {
                let span = self.starts.partition_point(|start| Some(*start) <= time).checked_sub(1)?;
                Some(pairs.number((*group, span as u32)))
            })
            .collect();
        let missing = times.null_count();
        let values = match self.of {
            Some(p) if missing > 0 => Some(columns[p].filter(&times.is_not_null())?),
            of => of.map(|p| columns[p].clone()),
        };
        let mut fold = Fold::new(&plan.measures[0], &plan.of_types[0]);
        fold.take(&cells, pairs.all().len(), values.as_ref())?;
        Ok((groups, pairs, fold, missing))
    }
}

impl Rank {
    /// The name of the column with the lines, where there is one.
    pub fn line(&self) -> Option<String> {
        self.spark.map(|every| format!("{}_by_{}", self.leading(), every.name()))
    }

    /// The column of time the lines run along: the one that was named, or the first there is.
    pub(in crate::op) fn line_time(&self, schema: &Schema) -> Result<String> {
        if let Some(name) = &self.time {
            return Ok(name.clone());
        }
        let first = schema.columns().iter().find(|c| matches!(c.kind, Kind::Date | Kind::DateTime(_)));
        first.map(|c| c.name.clone()).ok_or_else(|| Error::usage(Msg::new("error-rank-line-time")))
    }

    /// An error if no lines can be drawn of what is asked for.
    pub(super) fn check_line(&self, schema: &Schema) -> Result<()> {
        if self.spark.is_none() {
            return Ok(());
        }
        if self.across.is_some() {
            return Err(Error::usage(Msg::new("error-rank-line-across")));
        }
        let time = self.line_time(schema)?;
        if !matches!(schema.columns()[schema.require(&time)?].kind, Kind::Date | Kind::DateTime(_)) {
            return Err(Self::no_time(&time));
        }
        let measured = self.measured();
        let numbers = measured[0].counts()
            || schema.position(&measured[0].column).is_some_and(|p| {
                let kind = &schema.columns()[p].kind;
                kind.is_number() || *kind == Kind::Boolean
            });
        match numbers {
            true => Ok(()),
            false => Err(Error::usage(Msg::new("error-rank-line-measure").with("measure", measured[0].to_string()))),
        }
    }

    /// The error that a column holds no time lines could run along.
    pub(in crate::op) fn no_time(time: &str) -> Error {
        Error::usage(Msg::new("error-rank-time").with("column", time))
    }

    /// The spans from the first to the last stored number of a column of this type; an error if they are too many.
    pub(in crate::op) fn line_spans(every: Period, time: &str, dtype: &DataType, ends: (i64, i64)) -> Result<Spans> {
        let spans = period::spans(every, dtype, ends.0, ends.1, POINTS + 1).ok_or_else(|| period::beyond(time))?;
        if spans.len() > POINTS {
            let message = Msg::new("error-rank-line-long").with("most", POINTS).with("column", time);
            return Err(Error::refused(message).hint(Msg::new("hint-rank-line-long")));
        }
        Ok(spans)
    }

    /// How many points the lines of so many rows and one more have together; an error if they take too much memory.
    pub(in crate::op) fn line_cells(rows: usize, points: usize, memory: u64) -> Result<usize> {
        let cells = (rows + 1).saturating_mul(points);
        if cells as u64 > (memory / CELL).min(u64::from(u32::MAX)) {
            let message = Msg::new("error-rank-line-memory")
                .with("groups", rows)
                .with("points", points)
                .with("allowed", number::bytes(memory));
            return Err(Error::refused(message).hint(Msg::new("hint-rank-line-memory")));
        }
        Ok(cells)
    }

    /// The column with the lines, out of their points one after the other; what there is to know of it goes to `notes`.
    pub(in crate::op) fn drawn_lines(
        &self,
        figures: &Series,
        (rows, spans): (usize, &Spans),
        (time, missing): (&str, usize),
        notes: &mut Vec<Msg>,
    ) -> Series {
        let n = spans.len();
        if let (Some(every), Some((first, _)), Some((last, _))) = (self.spark, spans.first(), spans.last()) {
            notes.push(
                Msg::new("note-rank-line")
                    .with("measure", self.leading())
                    .with("period", every.word())
                    .with("column", time)
                    .with("from", first.to_string())
                    .with("to", last.to_string())
                    .with("points", n),
            );
        }
        if missing > 0 {
            notes.push(Msg::new("note-rank-line-missing").with("count", missing).with("column", time));
        }
        let name = self.line().unwrap_or_default();
        if rows == 0 {
            let list = DataType::List(Box::new(figures.dtype().clone()));
            return Series::new_empty(name.as_str().into(), &list);
        }
        let lists: Vec<Series> = (0..rows).map(|row| figures.slice((row * n) as i64, n)).collect();
        Series::new(name.as_str().into(), lists)
    }

    /// The column with a list for each row, where lines are asked for: the first measure in each span of the calendar, from
    /// the first to the last in the table.
    pub(super) fn lines(
        &self,
        plan: &Plan,
        dataset: &Dataset,
        context: &Context,
        all: &mut Gathered,
        rows: &Rows<'_>,
        notes: &mut Vec<Msg>,
    ) -> Result<Option<Series>> {
        let Some(every) = self.spark else { return Ok(None) };
        let schema = dataset.schema();
        let time = self.line_time(schema)?;
        let mut places = vec![schema.require(&time)?];
        let mut place = |wanted: usize| {
            places.iter().position(|p| *p == wanted).unwrap_or_else(|| {
                places.push(wanted);
                places.len() - 1
            })
        };
        let by = plan.by.iter().map(|p| place(plan.places[*p])).collect();
        let of = plan.of[0].map(|p| place(plan.places[p]));
        let dtype = dataset.window(&places[..1], 0, 1)?.inner().columns()[0].dtype().clone();
        let ends = reach(dataset, places[0], context)?.ok_or_else(|| Self::no_time(&time))?;
        let spans = Self::line_spans(every, &time, &dtype, ends)?;
        let n = spans.len();
        let reading = Reading { places, by, of, time: 0, starts: spans.iter().map(|s| s.1).collect() };
        let mut fold = Fold::new(&plan.measures[0], &plan.of_types[0]);
        let mut missing = 0;
        let cells = Self::line_cells(rows.count, n, context.memory)?;
        dataset.scan_stretches(
            &reading.places,
            &context.control,
            |columns| reading.gather(plan, &columns),
            |(groups, pairs, part, without)| {
                let group = all.groups.absorb(&groups)?;
                let row = |g: u32| rows.of.get(group[g as usize] as usize).map_or(rows.count, |r| *r as usize);
                let cell = |(g, span): &(u32, u32)| (row(*g).min(rows.count) * n) as u32 + span;
                fold.absorb(&part, &pairs.all().iter().map(cell).collect::<Vec<_>>(), cells)?;
                missing += without;
                match (all.bytes() + fold.bytes()) as u64 > context.memory {
                    true => Err(Error::refused(
                        Msg::new("error-memory-rank")
                            .with("groups", all.groups.len())
                            .with("allowed", number::bytes(context.memory)),
                    )
                    .hint(Msg::new("hint-memory"))),
                    false => Ok(Flow::Continue),
                }
            },
        )?;
        let figures = fold.finish(cells)?;
        Ok(Some(self.drawn_lines(&figures, (rows.count, &spans), (&time, missing), notes)))
    }
}
