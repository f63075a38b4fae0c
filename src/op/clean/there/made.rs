//! The query that gives the cleaned rows.

use super::terms;
use crate::data::Origin;
use crate::op::clean::change::{self, Change};
use crate::sql::{Order, Relation, Term};
use crate::value::Column;

/// What is known of rows that were looked at where they are.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// Rows that are the same as another.
    pub duplicates: u64,
    /// Columns by which rows were compared.
    pub compared: Vec<String>,
    /// Whether these are keys, which do not say which of the rows stays.
    pub by_keys: bool,
}

/// What is to be done to rows.
pub struct Plan<'a> {
    /// All columns in view.
    pub columns: &'a [Column],
    /// Those that stay.
    pub kept: Vec<&'a Column>,
    /// By column in view: its place in the table.
    pub places: &'a [usize],
    /// Whether duplicate rows go.
    pub drops_rows: bool,
    /// What happens to values, by column.
    pub changes: &'a [(&'a str, Vec<Change>)],
}

impl Spot {
    /// The cleaned rows of a relation, and their columns.
    pub fn cleaned(&self, relation: Relation, plan: &Plan<'_>) -> (Relation, Vec<(String, Origin)>) {
        let stays = |name: &str| plan.kept.iter().any(|k| k.name == name);
        let mut relation = relation;
        // Whether the columns are already those that stay, and nothing else.
        let mut narrow = false;
        if plan.drops_rows && self.by_keys {
            let keys = plan.columns.iter().filter(|c| self.compared.contains(&c.name));
            relation = relation.firsts(keys.map(|c| Term::column(&c.name)).collect());
        } else if plan.drops_rows {
            // A column that was not compared and stays follows from one that was.
            let columns: Vec<&Column> =
                plan.columns.iter().filter(|c| stays(&c.name) || self.compared.contains(&c.name)).collect();
            let has = |order: &Order| columns.iter().any(|c| c.name == order.column);
            let orders: Vec<Order> = relation.order().into_iter().filter(has).collect();
            let values = columns.iter().map(|c| (c.name.clone(), Term::column(&c.name))).collect();
            relation = relation.select(values).distinct();
            if !orders.is_empty() {
                relation = relation.sort(orders);
            }
            narrow = columns.len() == plan.kept.len();
        }
        let changes = |column: &Column| plan.changes.iter().find(|(name, _)| *name == column.name).map(|(_, c)| c);
        let origin = |c: &Column| {
            let made = changes(c).and_then(|changes| change::made(&c.kind, changes));
            let place = plan.columns.iter().position(|k| k.name == c.name).and_then(|p| plan.places.get(p));
            (c.name.clone(), made.map_or(Origin::Kept(place.copied().unwrap_or(usize::MAX)), Origin::Made))
        };
        let columns = plan.kept.iter().map(|c| origin(c)).collect();
        if narrow && plan.kept.iter().all(|c| changes(c).is_none()) {
            return (relation, columns);
        }
        let term = |c: &Column| match changes(c) {
            Some(changes) => terms::changed(c, changes),
            None => Term::column(&c.name),
        };
        let selected = plan.kept.iter().map(|c| (c.name.clone(), term(c))).collect();
        (relation.select(selected), columns)
    }
}
