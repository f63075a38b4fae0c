//! Queries as values, and their text. Knows no network and no data.
//!
//! [`expr`] is the language people write conditions in; a [`Relation`] is a query; [`text`] writes it for a [`Dialect`].

pub mod complete;
mod dialect;
pub mod expr;
pub mod fault;
mod relation;
pub mod text;
mod values;

pub use dialect::Dialect;
pub use relation::{Aggregate, Comparison, Constant, Nature, Order, PLACE, Range, Relation, Term};
