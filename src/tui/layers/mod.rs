//! The layers, one file each.

pub mod card;
pub mod chart;
pub mod clean;
pub mod consent;
mod edit;
pub mod editor;
pub mod filter;
pub mod form;
pub mod help;
pub mod importance;
pub mod list;
pub mod menu;
pub mod palette;
pub mod password;
pub mod picture;
pub mod prompt;
pub mod record;
pub mod report;
mod text;
pub mod view;
pub mod wizard;

pub use edit::LineEdit;
