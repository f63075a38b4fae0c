//! Rows that are landed while it still turns out what their columns are: a file for each understanding of them, which are
//! made one table in the end. How rows are read is not known here.

use polars::prelude::{Column as PlColumn, DataFrame, DataType};
use tempfile::NamedTempFile;

use super::column::DAY;
use super::columns::Type;
use super::keep::{file, parquet};
use super::number::spelled;
use super::shape::{Block, Made};
use crate::data::{Control, ParquetFile, ParquetTable, Table as _, from_polars};
use crate::error::Result;
use crate::value::decimal::EXACT;
use crate::value::time;

/// Rows that were understood alike, one after the other.
pub struct Segment {
    file: NamedTempFile,
    columns: Vec<Made>,
}

/// Writes blocks of rows.
pub fn write(coming: impl Iterator<Item = Block>) -> Result<Vec<Segment>> {
    let mut done: Vec<Segment> = Vec::new();
    let mut open: Option<ParquetFile> = None;
    for block in coming {
        let columns = block.made();
        let frame = block.frame()?;
        if done.last().is_none_or(|segment| segment.columns != columns) {
            ended(open.take())?;
            let file = file()?;
            open.insert(parquet(&file)?).begin(&frame)?;
            done.push(Segment { file, columns });
        }
        if let Some(to) = &mut open {
            to.push(frame)?;
        }
    }
    ended(open)?;
    Ok(done)
}

fn ended(file: Option<ParquetFile>) -> Result<()> {
    file.map_or(Ok(()), ParquetFile::finish)
}

/// The rows of all segments in one file, understood as they are in the end. None where what the server wrote cannot be
/// told any more from what was made of it.
pub fn joined(mut segments: Vec<Segment>, wanted: &[Made], control: &Control) -> Result<Option<NamedTempFile>> {
    if let [one] = segments.as_slice()
        && one.columns == wanted
    {
        return Ok(segments.pop().map(|one| one.file));
    }
    let file = file()?;
    let mut to = parquet(&file)?;
    let none = Block::none(wanted).frame()?;
    to.begin(&none)?;
    for segment in segments {
        let table = ParquetTable::open(vec![(segment.file.path().to_owned(), Vec::new())], Vec::new())?;
        let places: Vec<usize> = (0..segment.columns.len()).collect();
        for part in table.parts(control)? {
            control.check()?;
            let frame = table.read(&places, part.start, part.len)?;
            let mut columns = Vec::with_capacity(wanted.len());
            for (like, made) in none.columns().iter().zip(wanted) {
                let was = segment.columns.iter().position(|c| (&c.name, c.links) == (&made.name, made.links));
                let column = match was.and_then(|i| Some((&segment.columns[i], frame.columns().get(i)?))) {
                    Some((was, column)) => understood(column, was.kind, made.kind, like.dtype())?,
                    None => Some(PlColumn::full_null("".into(), frame.height(), like.dtype())),
                };
                let Some(column) = column else { return Ok(None) };
                columns.push(column.with_name(like.name().clone()));
            }
            to.push(DataFrame::new(frame.height(), columns).map_err(from_polars)?)?;
        }
    }
    to.finish()?;
    Ok(Some(file))
}

/// The microseconds of a date or a time that belongs to no zone.
fn local(text: &str) -> Option<i64> {
    match time::iso_day(text) {
        Some(day) => Some(i64::from(day) * DAY),
        None => time::iso_moment(text).filter(|(_, instant)| !instant).map(|(micros, _)| micros),
    }
}

/// A column's values as another type, spelled as the server did. None where that is forgotten.
fn understood(column: &PlColumn, was: Type, is: Type, dtype: &DataType) -> Result<Option<PlColumn>> {
    if was == is {
        return Ok(Some(column.clone()));
    }
    if column.null_count() == column.len() {
        return Ok(Some(PlColumn::full_null(column.name().clone(), column.len(), dtype)));
    }
    let series = column.as_materialized_series();
    let texts: Vec<Option<String>> = match (was, is) {
        (Type::Integer, Type::Float) | (Type::Date, Type::Local) | (Type::Instant { .. }, Type::Instant { .. }) => {
            return column.cast(dtype).map(Some).map_err(from_polars);
        }
        (Type::Boolean, Type::Text) => {
            series.bool().map_err(from_polars)?.iter().map(|v| v.map(|v| v.to_string())).collect()
        }
        (Type::Integer, Type::Text) => {
            series.i64().map_err(from_polars)?.iter().map(|v| v.map(|v| v.to_string())).collect()
        }
        (Type::Float, Type::Text) => {
            let floats = series.f64().map_err(from_polars)?;
            // They may have been written with a fraction of zero or without.
            if floats.iter().flatten().any(|v| v.fract() == 0.0 && v.abs() <= EXACT as f64) {
                return Ok(None);
            }
            floats.iter().map(|v| v.map(spelled)).collect()
        }
        // Dates among times, before the server said that they are times.
        (Type::Text, Type::Local) => {
            let texts = series.str().map_err(from_polars)?.iter();
            let moments: Option<Vec<Option<i64>>> =
                texts.map(|t| t.map_or(Some(None), |t| local(t).map(Some))).collect();
            let Some(moments) = moments else { return Ok(None) };
            let moments = PlColumn::new(column.name().clone(), moments);
            return moments.cast(dtype).map(Some).map_err(from_polars);
        }
        _ => return Ok(None),
    };
    Ok(Some(PlColumn::new(column.name().clone(), texts)))
}
