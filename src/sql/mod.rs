//! Queries as values, and their text. Knows no network and no data.

pub mod expr;
