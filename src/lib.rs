//! mekiki (目利き, "an eye for what is good"): a terminal workbench for data.
//!
//! # The house
//!
//! A *source* is a place tables come from; a *locator* names one table in it. Opening a locator gives a
//! [`data::Dataset`]: a cheap handle on a table that is not loaded. A *step* is a serialisable operation on a dataset; its
//! *outcome* is a dataset or a result. Two front ends, the terminal interface and the headless program, differ only in
//! who builds the step and who draws the outcome. The history of a session is a *recipe* ([`engine::recipe`]): saved as a
//! file, it is opened by one front end and carried out by the other.
//!
//! Layers, lowest first; a module imports only from layers below it (a test reads the sources to hold this):
//!
//! | layer | modules |
//! |---|---|
//! | 0 | `error`, `text`, `value`, `config` (which may import one another) |
//! | 1 | `sql` |
//! | 2 | `result`, `data` |
//! | 3 | `source`, `op` (neither imports the other) |
//! | 4 | `engine` |
//! | 5 | `command`, `output` |
//! | 6 | `headless`, `tui` |
//! | 7 | the binary |
//!
//! A step that makes something besides a table (a figure, a receipt) gives it as a `op::Product` in its `op::Outcome`.
//!
//! Rows that are somewhere else are a [`data::Remote`] and a [`sql::Relation`]: a step that the engine over there can carry
//! out makes a larger relation (`op::push`), any other step reads what the relation gives.
//! What is expected to take much over there asks first, through the [`data::Control`] of the work: the interface passes the
//! question on, the headless program, where nobody answers, ends with a refusal.
//!
//! `value` (what a table is made of) stands apart from `data` (how it is read), so that results and front ends can speak
//! of columns and cells without knowing the table library.

pub mod command;
pub mod config;
pub mod data;
pub mod engine;
pub mod error;
pub mod headless;
pub mod op;
pub mod output;
pub mod result;
pub mod source;
pub mod sql;
pub mod text;
pub mod tui;
pub mod value;
