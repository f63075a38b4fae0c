//! The columns of a dataset while an operation that keeps its rows changes them: renamed, replaced, added, taken away.
//! Columns that were hidden stay hidden and can still be named. Reads nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType};

use crate::data::{Compute, Dataset, Derivation, DerivedTable, Origin, Place};
use crate::error::{Error, Result};
use crate::sql::{Term, text as sql};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// The columns in view, to be changed.
pub struct Columns {
    data: Dataset,
    list: Vec<Derivation>,
    /// What computed columns are where the rows are, by their names.
    there: BTreeMap<String, (Term, DataType)>,
}

fn name_of(d: &Derivation) -> &str {
    match d {
        Derivation::Base { name, .. } => name,
        Derivation::Computed { column, .. } => &column.name,
    }
}

impl Columns {
    /// The columns as they are.
    pub fn of(data: &Dataset) -> Self {
        let list = data
            .places()
            .iter()
            .zip(data.schema().columns())
            .map(|(place, c)| Derivation::Base { place: *place, name: c.name.clone() })
            .collect();
        Self { data: data.clone(), list, there: BTreeMap::new() }
    }

    /// The place of a column of the dataset, or an error that offers the nearest name.
    pub fn require(&self, name: &str) -> Result<usize> {
        self.data.schema().require(name)
    }

    /// Whether a column now has this name.
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|d| name_of(d) == name)
    }

    /// The place now of the column called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|d| name_of(d) == name)
    }

    /// Gives a column another name, which must be free.
    pub fn rename(&mut self, at: usize, to: &str) {
        match &mut self.list[at] {
            Derivation::Base { name, .. } => *name = to.to_owned(),
            Derivation::Computed { column, .. } => column.name = to.to_owned(),
        }
    }

    /// A column computed from others, named by their place in the table underneath.
    pub fn computed(name: &str, kind: Kind, inputs: Vec<usize>, compute: Compute) -> Derivation {
        Derivation::Computed { column: Column { name: name.to_owned(), kind }, inputs, compute }
    }

    /// What the computed column of this name is where the rows are: a value of each row there, and its type here. Columns
    /// of which this is not said keep later steps from being carried out there.
    pub fn also_there(&mut self, name: &str, value: Term, dtype: DataType) {
        self.there.insert(name.to_owned(), (value, dtype));
    }

    /// Where rows with these columns can be had.
    fn place(&self) -> Option<Place> {
        let place = self.data.place()?;
        let (mut columns, mut origins) = (Vec::new(), Vec::new());
        for d in &self.list {
            let (term, origin) = match d {
                Derivation::Base { place, .. } => {
                    let column = self.data.table().schema().columns().get(*place)?;
                    (Term::column(&column.name), Origin::Kept(*place))
                }
                Derivation::Computed { column, .. } => {
                    let (term, dtype) = self.there.get(&column.name)?.clone();
                    (term, Origin::Made(dtype))
                }
            };
            columns.push((name_of(d).to_owned(), term));
            origins.push((name_of(d).to_owned(), origin));
        }
        let relation = place.relation.select(columns);
        sql::query(&relation, place.remote.dialect()).ok()?;
        Some(Place { remote: place.remote.with_columns(&origins)?, relation })
    }

    /// Puts a column in the place of another.
    pub fn replace(&mut self, at: usize, column: Derivation) {
        self.list[at] = column;
    }

    /// Puts columns in the place of another.
    pub fn splice(&mut self, at: usize, columns: Vec<Derivation>) {
        self.list.splice(at..=at, columns);
    }

    /// Puts a column after another, or at the end.
    pub fn insert(&mut self, at: usize, column: Derivation) {
        self.list.insert(at.min(self.list.len()), column);
    }

    /// The dataset with these columns. Every name must be there once, and not be empty.
    pub fn finish(mut self) -> Result<Dataset> {
        let mut names = BTreeSet::new();
        for d in &self.list {
            check_name(name_of(d))?;
            if !names.insert(name_of(d).to_owned()) {
                return Err(Error::usage(Msg::new("error-column-exists").with("name", name_of(d)))
                    .hint(Msg::new("hint-column-exists")));
            }
        }
        let shown: Vec<usize> = (0..self.list.len()).collect();
        let in_view: BTreeSet<usize> = self.data.places().iter().copied().collect();
        for (place, column) in self.data.table().schema().columns().iter().enumerate() {
            // A hidden column gives way to a new one of its name.
            if !in_view.contains(&place) && !names.contains(&column.name) {
                self.list.push(Derivation::Base { place, name: column.name.clone() });
            }
        }
        let place = self.place();
        let table = DerivedTable::new(self.data.table().clone(), self.list).at(place);
        Ok(self.data.with_table(Arc::new(table)).with_columns(&shown))
    }
}

/// Whether something may be the name of a column.
pub fn check_name(name: &str) -> Result<()> {
    match name.trim().is_empty() {
        true => Err(Error::usage(Msg::new("error-column-unnamed"))),
        false => Ok(()),
    }
}

/// A name that is not among `taken`: the one wanted, or with a number.
pub fn free_name(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    match taken(wanted) {
        false => wanted.to_owned(),
        true => (2..).map(|n| format!("{wanted}_{n}")).find(|n| !taken(n)).unwrap_or_else(|| wanted.to_owned()),
    }
}

/// No rows of the columns in view, with the types they are read in.
pub fn no_rows(data: &Dataset) -> Result<DataFrame> {
    data.table().read(data.places(), 0, 0)
}

/// The places of all columns in view.
pub fn all_places(data: &Dataset) -> Vec<usize> {
    (0..data.schema().len()).collect()
}
