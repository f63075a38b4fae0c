//! The server as an engine that answers queries: tables of relations made of one that was opened, answers, estimates. Writes
//! no SQL.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::line::Way;
use super::misfits::{Misfits, held};
use super::read::{self, Cursor};
use super::table::RelationTable;
use super::wire::{Described, Form};
use super::{catalogue, explain};
use crate::data::{About, Allowance, Control, Estimate, Origin, Remote, Table};
use crate::error::Result;
use crate::sql::{Dialect, Relation};

/// The server, for relations with these columns.
pub struct Engine {
    way: Arc<Way>,
    allowance: Arc<Allowance>,
    columns: Vec<Described>,
    misfits: Misfits,
}

impl Engine {
    /// The server at the end of this way.
    pub fn new(way: Arc<Way>, allowance: Arc<Allowance>, columns: Vec<Described>, misfits: Misfits) -> Self {
        Self { way, allowance, columns, misfits }
    }

    /// Rows with these columns.
    fn table(&self, relation: &Relation, columns: Vec<Described>, control: &Control) -> Result<Arc<dyn Table>> {
        let (way, allowance, misfits) = (self.way.clone(), self.allowance.clone(), self.misfits.clone());
        Ok(Arc::new(RelationTable::new(way, allowance, relation.clone(), columns, misfits, control)?))
    }
}

impl Remote for Engine {
    fn name(&self) -> &str {
        &self.way.settings.name
    }

    fn dialect(&self) -> Dialect {
        self.way.dialect()
    }

    fn answers_side_by_side(&self) -> bool {
        // The other kind shares few places out among all who ask.
        !self.way.settings.redshift
    }

    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>> {
        self.table(relation, self.columns.clone(), control)
    }

    fn narrow(&self, relation: &Relation, columns: &[&str], control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let kept = self.columns.iter().filter(|c| columns.contains(&c.name.as_str())).cloned().collect();
        self.table(relation, kept, control).map(Some)
    }

    fn with_columns(&self, columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        let column = |(name, origin): &(String, Origin)| match origin {
            Origin::Kept(place) => Some(Described { name: name.clone(), ..self.columns.get(*place)?.clone() }),
            Origin::Made(dtype) => {
                let form = Form::made(dtype, self.way.settings.zone.name())?;
                Some(Described { name: name.clone(), form, type_name: String::new(), place: None })
            }
        };
        let columns: Vec<_> = columns.iter().map(column).collect::<Option<_>>()?;
        self.misfits.named(&columns);
        let (way, allowance, misfits) = (self.way.clone(), self.allowance.clone(), self.misfits.clone());
        Some(Arc::new(Self { way, allowance, columns, misfits }))
    }

    fn misfits(&self, columns: &[&str]) {
        columns.iter().for_each(|name| self.misfits.did_not_hold(name));
    }

    fn first(&self, relation: &Relation, rows: usize, control: &Control) -> Result<Option<DataFrame>> {
        // Through a cursor as the table's own rows: a query by itself may be shared out among processes, in any order.
        let (relation, columns) =
            self.way.with(control, |line| read::describe(&self.way, line, relation.clone(), control))?;
        let wanted = relation.clone().limit(rows as u64, 0);
        self.way.with(control, |line| explain::admitted(&self.way, line, &self.allowance, &wanted, control))?;
        let begun = self.misfits.met(Cursor::open(&self.way, relation, columns, rows, control));
        Ok(held(begun)?.map(|begun| {
            begun.cursor.close(&self.way);
            begun.block.frame
        }))
    }

    fn about(&self, relation: &Relation, column: &str, control: &Control) -> Result<Option<About>> {
        let Some((table, column)) = relation.source_of(column).filter(|_| !self.way.settings.redshift) else {
            return Ok(None);
        };
        let name = self.way.dialect().table(table);
        self.way.with(control, |line| catalogue::told(line, &name, column, control))
    }

    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>> {
        let answer =
            self.way.with(control, |line| read::answer((&self.way, line), &self.allowance, relation, most, control));
        Ok(held(self.misfits.met(answer))?.and_then(|answer| {
            let name = |odd: Vec<String>| {
                // Groups have the names of the columns they are of.
                let names: Vec<&str> = odd.iter().map(String::as_str).collect();
                self.misfits(&names);
            };
            answer.map_err(name).ok()
        }))
    }

    fn estimate(&self, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
        self.way.with(control, |line| explain::estimate(&self.way, line, relation, control))
    }
}
