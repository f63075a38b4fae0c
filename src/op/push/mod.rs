//! Steps carried out by the engine that has the rows, so that only the answer travels.
//!
//! A step is pushed when the engine gives exactly what it would give here; else the reason is said, and the step reads the
//! rows of the smallest relation around them. Analyses and charts want numbers and no rows: they ask for them by [`ask`],
//! and for samples by [`lot`]. Nothing here knows how an engine is reached.

pub(super) mod ask;
mod condition;
mod line;
pub(super) mod lot;
mod number;
mod rank;
pub(super) mod reading;
mod shape;
#[cfg(test)]
mod tests;
mod value;

use super::filter::Filter;
use super::limit::Limit;
use super::sample::Sample;
use super::sort::Sort;
use super::{Context, Outcome, Step, eval};
use crate::data::{Dataset, Place};
use crate::error::Result;
use crate::sql::{Nature, Order, Relation, expr, text};
use crate::text::Msg;
use crate::value::Kind;

pub use ask::{Answered, answered, whereabouts};
use ask::{Asked, Stop};
use condition::Translation;
pub use condition::{condition, range};
pub use shape::Shaping;

/// Carries a step out at `place`, where the rows of `dataset` are; none where that is not for the engine there to try.
pub fn push(step: &Step, dataset: &Dataset, place: &Place, context: &Context) -> Asked<Option<Outcome>> {
    let tried = match step {
        Step::Filter(op) => filter(op, dataset, place, context)?,
        Step::Sort(op) => sort(op, dataset, place, context)?,
        Step::Limit(op) => limit(op, dataset, place, context)?,
        Step::Rank(op) => rank::rank(op, dataset, place, context)?,
        // They ask for what they need by themselves, and so from everywhere they are carried out.
        Step::Ab(_) | Step::Chart(_) => return Ok(None),
        // Asks where the rows are by itself, since it is also asked without being done.
        Step::Clean(_) | Step::Land(_) => return Ok(None),
        Step::Sample(op) => sample(op, dataset, place, context)?,
        // Says itself where its values come from.
        Step::Cast(_) => return Ok(None),
        // Reads no rows.
        step if step.is_instant() => return Ok(None),
        _ => Err(Msg::new("push-no-step")),
    };
    tried.map(Some).map_err(Stop::Not)
}

/// Done, or why it cannot be done over there.
type Tried = Result<std::result::Result<Outcome, Msg>>;

/// The rows of another relation with the same columns.
fn over(dataset: &Dataset, place: &Place, relation: Relation, context: &Context) -> Tried {
    if let Err(why) = text::query(&relation, place.remote.dialect()) {
        return Ok(Err(why));
    }
    let table = place.remote.open(&relation, &context.control)?;
    Ok(Ok(dataset.over(table).into()))
}

fn filter(op: &Filter, dataset: &Dataset, place: &Place, context: &Context) -> Tried {
    let condition = expr::parse(&op.condition)?;
    // A hidden column can still decide.
    let all = dataset.with_all_columns();
    eval::check(&condition, all.schema())?;
    match (Translation { schema: all.schema(), types: Some(&shape::types(&all)?) }).condition(&condition, false) {
        Ok(term) => over(dataset, place, place.relation.clone().filter(term), context),
        Err(why) => Ok(Err(why)),
    }
}

fn sort(op: &Sort, dataset: &Dataset, place: &Place, context: &Context) -> Tried {
    let all = dataset.with_all_columns();
    let mut orders = Vec::new();
    for key in op.keys() {
        let kind = &all.schema().columns()[all.schema().require(&key.column)?].kind;
        match nature(kind) {
            Some(nature) => orders.push(Order { column: key.column.clone(), descending: key.descending, nature }),
            None => return Ok(Err(Msg::new("push-no-kind").with("column", &key.column).with("kind", kind.word()))),
        }
    }
    over(dataset, place, place.relation.clone().sort(orders), context)
}

fn limit(op: &Limit, dataset: &Dataset, place: &Place, context: &Context) -> Tried {
    over(dataset, place, place.relation.clone().limit(op.rows, 0), context)
}

/// Rows drawn by what their own values and the seed give, since no engine numbers its rows.
fn sample(op: &Sample, dataset: &Dataset, place: &Place, context: &Context) -> Tried {
    let of = dataset.count(&context.control)?;
    if op.rows >= of {
        return Ok(Ok(dataset.clone().into()));
    }
    let mut asking = ask::Asking::new(place, &context.control);
    let drawn = match lot::sample(&mut asking, place, dataset, (op.rows, of), op.seed) {
        Ok(drawn) => drawn,
        Err(ask::Stop::Not(why)) => return Ok(Err(why)),
        Err(ask::Stop::Error(error)) => return Err(error),
    };
    let all = dataset.with_all_columns();
    let names = all.schema().columns().iter().map(|c| c.name.as_str());
    let order = place.relation.order();
    let drawn = if order.is_empty() { drawn } else { drawn.sort(order) };
    let mut tried = over(dataset, place, drawn.columns(names), context)?;
    if let Ok(outcome) = &mut tried {
        outcome.notes = vec![op.note(of), Msg::new("note-sampled-there").with("place", place.remote.name())];
    }
    Ok(tried)
}

/// The order values of a kind have; None where engines and this program do not agree, or have none.
pub fn nature(kind: &Kind) -> Option<Nature> {
    match kind {
        Kind::Text => Some(Nature::Text),
        Kind::Float => Some(Nature::Float),
        Kind::Integer | Kind::Decimal(_) | Kind::Boolean | Kind::Date | Kind::DateTime(_) | Kind::Time => {
            Some(Nature::Plain)
        }
        Kind::Category | Kind::Duration | Kind::Binary | Kind::List(_) | Kind::Struct(_) | Kind::Empty => None,
    }
}
