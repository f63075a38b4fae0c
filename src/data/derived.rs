//! A table whose columns are computed, row by row, from those of another. Row numbers stay what they were, so that a choice
//! or an order of rows made before holds on.

use std::sync::{Arc, OnceLock};

use polars::prelude::{Column as PlColumn, DataFrame};

use super::control::Control;
use super::remote::Place;
use super::scan::from_polars;
use super::table::{Part, RowCount, Table};
use crate::error::Result;
use crate::text::Msg;
use crate::value::{Column, Schema};

/// Computes one column from the columns it was made for, in that order and of one height; it must look at no other row.
pub type Compute = Arc<dyn Fn(&DataFrame) -> Result<PlColumn> + Send + Sync>;

/// Where a column comes from.
#[derive(Clone)]
pub enum Derivation {
    /// A column of the table underneath, by its place there, under a name of its own.
    Base {
        /// Its place.
        place: usize,
        /// Its name here.
        name: String,
    },
    /// A column computed.
    Computed {
        /// Its name and kind.
        column: Column,
        /// Places, in the table underneath, of the columns it is computed from.
        inputs: Vec<usize>,
        /// What computes it. The name of what it gives does not matter.
        compute: Compute,
    },
}

/// A table computed from another as it is read. Costs nothing until then.
pub struct DerivedTable {
    base: Arc<dyn Table>,
    columns: Vec<Derivation>,
    schema: Schema,
    place: Option<Place>,
    /// The rows as they come from there, once somebody needs all of them.
    there: OnceLock<Arc<dyn Table>>,
}

impl DerivedTable {
    /// The table with these columns.
    pub fn new(base: Arc<dyn Table>, columns: Vec<Derivation>) -> Self {
        let schema = columns
            .iter()
            .map(|d| match d {
                Derivation::Base { place, name } => {
                    Column { name: name.clone(), ..base.schema().columns()[*place].clone() }
                }
                Derivation::Computed { column, .. } => column.clone(),
            })
            .collect();
        Self { schema: Schema::new(schema), base, columns, place: None, there: OnceLock::new() }
    }

    /// The same table, whose rows an engine elsewhere can give with these columns.
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place, there: OnceLock::new(), ..self }
    }

    /// The places needed underneath for the columns at `columns`.
    fn needed(&self, columns: &[usize]) -> Vec<usize> {
        let mut needed = Vec::new();
        for derivation in columns.iter().filter_map(|c| self.columns.get(*c)) {
            match derivation {
                Derivation::Base { place, .. } => needed.push(*place),
                Derivation::Computed { inputs, .. } => needed.extend_from_slice(inputs),
            }
        }
        needed.sort_unstable();
        needed.dedup();
        if needed.is_empty() && !columns.is_empty() && !self.base.schema().is_empty() {
            // A column computed from nothing still has as many rows as there are.
            needed.push(0);
        }
        needed
    }

    /// The same rows as the engine elsewhere gives them with these columns.
    fn there(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let Some(place) = &self.place else { return Ok(None) };
        if let Some(there) = self.there.get() {
            return Ok(Some(there.clone()));
        }
        let there = place.remote.open(&place.relation, control)?;
        Ok(Some(self.there.get_or_init(|| there).clone()))
    }

    fn computed(&self, columns: &[usize], needed: &[usize], frame: &DataFrame) -> Result<DataFrame> {
        let at = |place: &usize| needed.binary_search(place).ok().and_then(|i| frame.columns().get(i)).cloned();
        let mut out = Vec::with_capacity(columns.len());
        for derivation in columns.iter().filter_map(|c| self.columns.get(*c)) {
            match derivation {
                Derivation::Base { place, name } => out.extend(at(place).map(|c| c.with_name(name.as_str().into()))),
                Derivation::Computed { column, inputs, compute } => {
                    let inputs: Vec<PlColumn> = inputs
                        .iter()
                        .enumerate()
                        // One column may be asked for twice, which a frame would refuse.
                        .filter_map(|(i, p)| at(p).map(|c| c.with_name(format!("{i}").into())))
                        .collect();
                    let inputs = DataFrame::new(frame.height(), inputs).map_err(from_polars)?;
                    out.push(compute(&inputs)?.with_name(column.name.as_str().into()));
                }
            }
        }
        DataFrame::new(frame.height(), out).map_err(from_polars)
    }
}

impl Table for DerivedTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        self.base.rows()
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let needed = self.needed(columns);
        self.computed(columns, &needed, &self.base.read(&needed, start, len)?)
    }

    fn is_at_hand(&self, row: u64) -> bool {
        self.base.is_at_hand(row)
    }

    fn give_up(&self) {
        self.base.give_up();
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.base.parts(control)
    }

    fn count(&self, control: &Control) -> Result<u64> {
        self.base.count(control)
    }

    fn notices(&self) -> Vec<Msg> {
        self.base.notices()
    }

    fn notices_about(&self, columns: &[usize]) -> Vec<Msg> {
        self.base.notices_about(&self.needed(columns))
    }

    fn facts(&self) -> Vec<Msg> {
        self.base.facts()
    }

    fn place(&self) -> Option<Place> {
        self.place.clone()
    }

    fn landed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let Some(there) = self.there(control)? else { return Ok(None) };
        there.landed(control)
    }

    fn settle_whole(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let Some(there) = self.there(control)? else { return Ok(None) };
        Ok(Some(there.settle_whole(control)?.unwrap_or(there)))
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        let needed = self.needed(columns);
        self.computed(columns, &needed, &self.base.gather(&needed, rows)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Picked, PickedBuilder, Rows};
    use crate::value::{Cell, Kind};

    fn three() -> Dataset {
        let a = PlColumn::new("a".into(), [1i64, 2, 3]);
        let b = PlColumn::new("b".into(), ["x", "y", "z"]);
        Dataset::from_frame(DataFrame::new(3, vec![a, b]).unwrap())
    }

    fn second_and_third() -> Picked {
        let mut builder = PickedBuilder::new();
        builder.push(0, 3, [false, true, true]);
        builder.finish()
    }

    #[test]
    fn columns_are_computed_for_the_rows_in_view_only_under_their_new_names() {
        let sum: Compute = Arc::new(|f| {
            assert!(f.height() <= 2, "rows out of view were computed");
            (&f.columns()[0] + &f.columns()[1]).map_err(from_polars)
        });
        let base = three().with_rows(Rows::Picked(Arc::new(second_and_third())));
        let column = Column { name: "twice".into(), kind: Kind::Integer };
        let table = DerivedTable::new(
            base.table().clone(),
            vec![
                Derivation::Computed { column, inputs: vec![0, 0], compute: sum },
                Derivation::Base { place: 1, name: "label".into() },
            ],
        );
        let derived = base.with_table(Arc::new(table));
        let names: Vec<&str> = derived.schema().columns().iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["twice", "label"]);
        let frame = derived.window(&[1, 0], 0, 9).unwrap();
        assert_eq!(frame.height(), 2);
        assert_eq!((frame.cell(0, 0), frame.cell(0, 1)), (Cell::Text("y".into()), Cell::Int(4)));
        assert_eq!((frame.cell(1, 0), frame.cell(1, 1)), (Cell::Text("z".into()), Cell::Int(6)));
    }
}
