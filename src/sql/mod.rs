//! Queries as values, and their text. Knows no network and no data.
//!
//! [`expr`] is the language people write conditions in; a [`Relation`] is a query; [`text`] writes it for a [`Dialect`].

mod call;
pub mod complete;
mod dialect;
pub mod expr;
pub mod fault;
mod relation;
pub mod statement;
pub mod text;

pub use call::{Call, Part, Type};
pub use dialect::Dialect;
pub use relation::{Aggregate, Comparison, Constant, LOTS, Nature, Order, Range, Relation, Term};
