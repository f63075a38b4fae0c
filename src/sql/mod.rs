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
mod values;

pub use call::{Call, Part, Type};
pub use dialect::Dialect;
pub use relation::{Aggregate, Comparison, Constant, LOTS, Nature, Order, PLACE, Range, Relation, Term};

/// The parts of a name between points; a part in double quotes can contain any character.
pub fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                parts.last_mut().into_iter().for_each(|p| p.push('"'));
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|p| p.push(c)),
        }
    }
    parts
}
