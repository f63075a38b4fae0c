//! Rows to learn from that are somewhere else: a sample of them drawn over there by the seed, with its share of each class,
//! in place of all. Writes no SQL.

use super::Importance;
use super::task::MOST_CLASSES;
use crate::data::{Dataset, Place, cell_of};
use crate::error::Result;
use crate::op::Context;
use crate::op::push::ask::{self, Answer, Asked, Asking, missing};
use crate::op::push::{Answered, answered, lot};
use crate::sql::{Aggregate, Constant, Relation, Term};
use crate::text::Msg;
use crate::value::{Cell, Kind};

/// Most rows brought here unless another number is asked for.
pub const MOST_ROWS: u64 = 100_000;

/// Rows brought here to learn from.
pub struct Drawn {
    /// The rows.
    pub dataset: Dataset,
    /// How many with a target they were drawn from, where they are not all.
    pub from: Option<u64>,
    /// Rows without a target that were left where they are.
    pub missing: u64,
    /// What to say of it.
    pub said: Msg,
}

/// Draws the rows to learn from.
pub fn draw(step: &Importance, dataset: &Dataset, place: &Place, context: &Context) -> Result<Drawn> {
    dataset.schema().require(&step.target)?;
    for name in &step.drop {
        dataset.schema().require(name)?;
    }
    let said = |rows: u64| Msg::new("importance-note-there").with("place", place.remote.name()).with("rows", rows);
    let asked = answered(dataset, &context.control, |rows, place| {
        let Some(Sample { relation, from, missing }) = sample(step, rows, place, context)? else { return Ok(None) };
        let drawn = match place.remote.narrow(&relation, &names(step, rows), &context.control)? {
            Some(table) => Dataset::new(table),
            None => rows.over(place.remote.open(&relation, &context.control)?),
        };
        Ok(Some((drawn.whole(&context.control)?, from, missing)))
    });
    match asked? {
        Answered::There(Some((dataset, from, missing))) => {
            let rows = dataset.count(&context.control)?;
            Ok(Drawn { dataset, from: Some(from), missing, said: said(rows) })
        }
        Answered::There(None) => {
            let dataset = ask::narrowed(dataset, &names(step, dataset), &context.control)?;
            let rows = dataset.count(&context.control)?;
            Ok(Drawn { dataset, from: None, missing: 0, said: said(rows) })
        }
        Answered::Here(rows, why) => {
            let dataset = ask::narrowed(&rows, &names(step, &rows), &context.control)?;
            let read = dataset.count(&context.control)?;
            Ok(Drawn { dataset, from: None, missing: 0, said: why.unwrap_or_else(|| said(read)) })
        }
    }
}

/// The columns learnt from, and the target.
fn names<'a>(step: &Importance, dataset: &'a Dataset) -> Vec<&'a str> {
    let columns = dataset.schema().columns().iter().map(|c| c.name.as_str());
    columns.filter(|name| !step.drop.iter().any(|d| d == name)).collect()
}

struct Sample {
    relation: Relation,
    from: u64,
    missing: u64,
}

/// A sample of the rows with a target; none where they are few enough to be brought here.
fn sample(step: &Importance, dataset: &Dataset, place: &Place, context: &Context) -> Asked<Option<Sample>> {
    let most = step.sample.unwrap_or(MOST_ROWS);
    let mut asking = Asking::new(place, &context.control);
    let target = || Term::column(&step.target);
    let kind = dataset.schema().position(&step.target).map(|i| dataset.schema().columns()[i].kind.clone());
    let mut whole = vec![("rows".to_owned(), Aggregate::Count), ("present".to_owned(), Aggregate::Present(target()))];
    // What a sample holds must not depend on whether such a value is drawn.
    whole.extend(ask::present(dataset.schema().columns().iter().filter(|c| !step.drop.contains(&c.name))));
    let answer = asking.ask(&asking.rows().group(Vec::new(), whole), 1)?;
    let (rows, present) = (answer.counts("rows")?[0], answer.counts("present")?[0]);
    if rows <= most {
        return Ok(None);
    }
    let with_target = Place {
        remote: place.remote.clone(),
        relation: place.relation.clone().filter(Term::Not(Box::new(missing(target())))),
    };
    let classes = match kind.unwrap_or(Kind::Empty) {
        kind @ (Kind::Text | Kind::Integer | Kind::Boolean | Kind::Date) => {
            let counted = vec![("rows".to_owned(), Aggregate::Count)];
            let groups = with_target.relation.clone().group(vec![step.target.clone()], counted);
            let answer = asking.ask(&groups.limit(MOST_CLASSES as u64 + 1, 0), MOST_CLASSES + 1)?;
            if answer.height() <= MOST_CLASSES { classes(&answer, &step.target, &kind, (most, present))? } else { None }
        }
        _ => None,
    };
    let relation = match classes {
        Some(classes) => lot::stratified(&mut asking, &with_target, dataset, &step.target, &classes, step.seed)?,
        None => lot::sample(&mut asking, &with_target, dataset, (most, present), step.seed)?,
    };
    Ok(Some(Sample { relation, from: present, missing: rows - present }))
}

/// The classes, each with its share of the rows wanted and its number of rows; none where one has no constant.
fn classes(
    answer: &Answer,
    name: &str,
    kind: &Kind,
    (most, present): (u64, u64),
) -> Result<Option<Vec<(Constant, u64, u64)>>> {
    let column = answer.series(name)?.into();
    let counts = answer.counts("rows")?;
    let of = |(row, n): (usize, &u64)| {
        let share = (u128::from(*n) * u128::from(most)).div_ceil(u128::from(present.max(1)));
        let constant = match (cell_of(&column, row), kind) {
            (Cell::Text(text), _) => Constant::Text(text.into_owned()),
            (Cell::Bool(b), _) => Constant::Bool(b),
            (cell, Kind::Integer) => Constant::Int(cell.plain().parse().ok()?),
            (cell, _) => Constant::Date(cell.plain().parse().ok()?),
        };
        Some((constant, u64::try_from(share).ok()?, *n))
    };
    Ok(counts.iter().enumerate().map(of).collect())
}
