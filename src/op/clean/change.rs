//! Values changed row by row as they are read: blanks cut, case folded, words for "missing" taken as missing, text read as
//! what it is, personal data made unreadable.

use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked, IntoSeries,
    NewChunkedArray as _, StringChunked,
};

use super::offers::{self, Target};
use crate::data::{Compute, Dataset, Derivation, DerivedTable, from_polars};
use crate::error::Result;
use crate::value::{Column, Kind, time};

/// What is done to the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Blanks at the ends are cut.
    Trim,
    /// Upper case becomes lower case, and blanks at the ends are cut.
    Fold,
    /// Words for "missing" become missing.
    Sentinels,
    /// The first character stays, asterisks stand for the rest.
    Mask,
    /// Text is read as something else; what cannot be read becomes missing.
    Cast(Target),
}

/// The same rows with the values of some columns, given by name, changed.
pub fn changed(dataset: &Dataset, changes: &[(&str, Vec<Change>)]) -> Result<Dataset> {
    let base = dataset.table().clone();
    let derivations = base
        .schema()
        .columns()
        .iter()
        .enumerate()
        .map(|(place, column)| match changes.iter().find(|(name, _)| *name == column.name) {
            Some((_, changes)) if kind(&column.kind, changes) != column.kind || is_text(&column.kind) => {
                Derivation::Computed {
                    column: Column { name: column.name.clone(), kind: kind(&column.kind, changes) },
                    inputs: vec![place],
                    compute: compute(is_text(&column.kind), changes.clone()),
                }
            }
            _ => Derivation::Base { place, name: column.name.clone() },
        })
        .collect();
    let all = dataset.with_table(Arc::new(DerivedTable::new(base, derivations)));
    let places: Result<Vec<usize>> = dataset.schema().columns().iter().map(|c| all.schema().require(&c.name)).collect();
    Ok(all.with_columns(&places?))
}

fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Category)
}

/// The library's type of a column after its changes; none where they leave it as it is.
pub fn made(before: &Kind, changes: &[Change]) -> Option<DataType> {
    Some(match kind(before, changes) {
        after if after == *before => return None,
        Kind::Integer => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Date => DataType::Date,
        Kind::Boolean => DataType::Boolean,
        _ => DataType::String,
    })
}

/// The kind of a column after its changes.
fn kind(kind: &Kind, changes: &[Change]) -> Kind {
    if changes.contains(&Change::Mask) {
        return Kind::Text;
    }
    let cast = changes.iter().find_map(|c| match c {
        Change::Cast(target) => Some(*target),
        _ => None,
    });
    match (cast, is_text(kind)) {
        (_, false) => kind.clone(),
        (None, true) => Kind::Text,
        (Some(Target::Integer), true) => Kind::Integer,
        (Some(Target::Float), true) => Kind::Float,
        (Some(Target::Date), true) => Kind::Date,
        (Some(Target::Boolean), true) => Kind::Boolean,
    }
}

fn compute(text: bool, changes: Vec<Change>) -> Compute {
    Arc::new(move |frame: &DataFrame| {
        let Some(column) = frame.columns().first() else { return Ok(PlColumn::default()) };
        if !text {
            let hidden = column.is_null().iter().map(|m| (m != Some(true)).then_some("***")).collect::<Vec<_>>();
            return Ok(StringChunked::from_iter_options(column.name().clone(), hidden.into_iter())
                .into_series()
                .into());
        }
        let series = column.as_materialized_series().cast(&DataType::String).map_err(from_polars)?;
        let texts = series.str().map_err(from_polars)?;
        let has = |c| changes.contains(&c);
        let cast = changes.iter().find_map(|c| match c {
            Change::Cast(target) => Some(*target),
            _ => None,
        });
        let name = column.name().clone();
        if let (Some(target), false) = (cast, has(Change::Mask)) {
            let there = texts.iter().map(|t| t.map(str::trim));
            return Ok(match target {
                Target::Integer => {
                    Int64Chunked::from_iter_options(name, there.map(|t| offers::integer(t?))).into_series()
                }
                Target::Float => {
                    Float64Chunked::from_iter_options(name, there.map(|t| offers::float(t?))).into_series()
                }
                Target::Boolean => {
                    BooleanChunked::from_iter_options(name, there.map(|t| offers::boolean(t?))).into_series()
                }
                Target::Date => Int32Chunked::from_iter_options(name, there.map(|t| time::iso_day(t?)))
                    .into_series()
                    .cast(&DataType::Date)
                    .map_err(from_polars)?,
            }
            .into());
        }
        let (trim, fold, sentinels, mask) =
            (has(Change::Trim), has(Change::Fold), has(Change::Sentinels), has(Change::Mask));
        let one = |text: Option<&str>| -> Option<String> {
            let mut text = text?;
            if trim || fold {
                text = text.trim();
            }
            if sentinels && offers::is_sentinel(text) {
                return None;
            }
            Some(match (mask, fold) {
                (true, _) => text.chars().take(1).chain("***".chars()).collect(),
                (false, true) => text.to_lowercase(),
                (false, false) => text.to_owned(),
            })
        };
        let out: Vec<Option<String>> = texts.iter().map(one).collect();
        Ok(StringChunked::from_iter_options(name, out.into_iter()).into_series().into())
    })
}
