//! Tables that are looked at without being loaded.
//!
//! A [`Table`] gives windows of rows out of storage; a [`Dataset`] is a cheap handle on a table with rows picked or put
//! in order and columns chosen; a [`Frame`] is the few rows in hand. Nothing here knows where a table came from, which
//! operation runs, or how rows are drawn.

mod beside;
mod cells;
mod chunks;
mod collector;
mod control;
mod cost;
mod dataset;
mod derived;
mod frame;
mod free;
mod memory;
mod open;
mod parquet;
mod parquet_file;
mod remote;
mod rows;
mod scan;
mod stretch;
mod table;
mod tiles;
mod together;

pub use beside::BesideTable;
pub use cells::frame_of_cells;
pub use collector::Collector;
pub use control::{Control, Progress};
pub use cost::{Allowance, Ceiling, Consent, Estimate};
pub use dataset::Dataset;
pub use derived::{Compute, Derivation, DerivedTable};
pub use frame::{Frame, cell, cell_of, kind_of, schema_of};
pub use free::{free_memory, keep_freed_memory, room};
pub use memory::MemoryTable;
pub use open::{OpenOptions, delimiter};
pub use parquet::ParquetTable;
pub(crate) use parquet::constant;
pub use parquet_file::ParquetFile;
pub use remote::{About, Known, Misfit, Origin, Place, Remote};
pub use rows::{Picked, PickedBuilder, Rows};
pub(crate) use scan::{from_polars, gather_by_runs};
pub use scan::{panicked, scan, scan_fold};
pub use stretch::{Listed, Stretch};
pub use table::{Around, Flow, Part, RowCount, STAYS, Table};
pub use tiles::Tile;
pub(crate) use together::{fitted, wider};
