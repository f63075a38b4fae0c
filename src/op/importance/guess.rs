//! Which column a person most likely wants explained where the one in hand is nothing to explain. A guess is shown and can
//! be changed.

use std::collections::HashSet;

use super::screen::named_identifier;
use super::task::MOST_CLASSES;
use crate::data::{Dataset, Frame};
use crate::error::Result;
use crate::value::Column;

/// Rows looked at.
const LOOKED_AT: usize = 1_000;

/// Names of what people want to know the reasons of.
const OUTCOMES: [&str; 26] = [
    "target",
    "label",
    "outcome",
    "converted",
    "conversion",
    "churn",
    "churned",
    "purchased",
    "bought",
    "retained",
    "survived",
    "default",
    "success",
    "revenue",
    "sales",
    "amount",
    "price",
    "score",
    "rating",
    "購入",
    "成約",
    "解約",
    "継続",
    "売上",
    "金額",
    "価格",
];

/// The column to explain: `current` where it can be, else one that is named like an outcome, else the last that can be.
/// Looks at the first rows.
pub fn target(dataset: &Dataset, current: Option<&str>) -> Result<Option<String>> {
    let columns = dataset.schema().columns();
    let places: Vec<usize> = (0..columns.len()).filter(|i| !columns[*i].kind.is_nested()).collect();
    let frame = dataset.window(&places, 0, LOOKED_AT)?;
    let can: Vec<&Column> = places
        .iter()
        .enumerate()
        .map(|(i, p)| (i, &columns[*p]))
        .filter(|(i, c)| explains(&frame, *i, c))
        .map(|c| c.1)
        .collect();
    let named = |c: &&&Column| {
        let name = c.name.to_lowercase();
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        words.any(|w| OUTCOMES.contains(&w)) || OUTCOMES.iter().any(|o| !o.is_ascii() && name.contains(o))
    };
    let chosen =
        can.iter().find(|c| Some(c.name.as_str()) == current).or_else(|| can.iter().find(named)).or(can.last());
    Ok(chosen.map(|c| c.name.clone()))
}

/// Whether the rows say nothing against explaining a column.
fn explains(frame: &Frame, place: usize, column: &Column) -> bool {
    let (mut seen, mut present) = (HashSet::new(), 0);
    for row in 0..frame.height() {
        let cell = frame.cell(row, place);
        if !cell.is_null() {
            present += 1;
            seen.insert(cell.plain());
        }
    }
    let amount = column.kind.is_number() && !named_identifier(&column.name);
    !column.kind.is_temporal() && seen.len() > 1 && (amount || (seen.len() <= MOST_CLASSES && seen.len() < present))
}
