//! Operations: one file each, and the table that lists them.

pub mod profile;
pub mod sketch;
