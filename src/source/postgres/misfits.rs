//! Which columns of a table have values on the server that their types here do not hold, as far as it has been found out.
//! Reads no rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use super::wire::Described;
use crate::data::Misfit;
use crate::error::Result;
use crate::source::alone::lock;

/// What is known of the columns of the table that was opened whose types here do not hold every value of the server's.
#[derive(Default)]
struct Narrow {
    /// Their places in it, by every name they have been given since.
    places: BTreeMap<String, BTreeSet<usize>>,
    /// Places of those with a value that was not held.
    unfit: BTreeSet<usize>,
}

/// Shared by all tables made of the one that was opened: what is read of its rows in another order is known of it, too.
#[derive(Clone, Default)]
pub struct Misfits(Arc<Mutex<Narrow>>);

impl Misfits {
    fn lock(&self) -> MutexGuard<'_, Narrow> {
        lock(&self.0)
    }

    /// Notes what columns are called.
    pub fn named(&self, columns: &[Described]) {
        let mut narrow = self.lock();
        for column in columns.iter().filter(|c| c.form.is_narrower()) {
            narrow.places.entry(column.name.clone()).or_default().extend(column.place);
        }
    }

    /// Notes that a column of this name did not hold a value.
    pub fn did_not_hold(&self, name: &str) {
        let mut narrow = self.lock();
        let Narrow { places, unfit } = &mut *narrow;
        unfit.extend(places.get(name).into_iter().flatten());
    }

    /// Notes that columns did not hold a value.
    pub fn found<'a>(&self, columns: impl IntoIterator<Item = &'a Described>) {
        self.lock().unfit.extend(columns.into_iter().filter_map(|column| column.place));
    }

    /// Whether a column is still of a type that did not hold a value.
    pub fn is_unfit(&self, column: &Described) -> bool {
        column.form.is_narrower() && column.place.is_some_and(|place| self.lock().unfit.contains(&place))
    }

    /// Keeps in mind the column that a statement stopped at.
    pub fn met<T>(&self, done: Result<T>) -> Result<T> {
        if let Some(column) = done.as_ref().err().and_then(Misfit::of) {
            self.did_not_hold(column);
        }
        done
    }
}

/// An answer, or none where a statement stopped at a value.
pub fn held<T>(done: Result<T>) -> Result<Option<T>> {
    match done {
        Err(error) if Misfit::of(&error).is_some() => Ok(None),
        done => done.map(Some),
    }
}
