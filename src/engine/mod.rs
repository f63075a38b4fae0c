//! The only door for front ends: opening tables, running steps, reading windows, on threads of its own.
//!
//! Two named threads do the work: `window` reads what the screen shows, the latest request winning; `batch` carries out
//! steps and everything long, one after the other. Results come back as events through one callback. No network call and
//! no table library may be used by a front end directly.

pub mod connection;
mod locator;
pub mod recipe;
mod session;
mod task;

pub use connection::Draft;
pub use locator::{Locator, Sources};
pub use session::{Session, State, notices_about, replay, without_looks};
pub use task::{Engine, Lane, Task, TaskId, WindowReply, WindowRequest};

/// A result as a dataset, so that it can be browsed, sorted and exported like any other table.
pub fn dataset_of(table: &crate::result::table::ResultTable) -> crate::data::Dataset {
    let columns: Vec<crate::value::Column> = table
        .columns
        .iter()
        .map(|c| crate::value::Column { name: c.heading.to_string(), kind: c.column.kind.clone() })
        .collect();
    crate::data::Dataset::from_frame(crate::data::frame_of_cells(&columns, &table.rows))
}
