//! Queries as values, and their text. Knows no network and no data.

pub mod complete;
pub mod expr;
pub mod fault;
