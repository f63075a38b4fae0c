//! `gen`
use crate::command::cli::Values;
use crate::error::Result;
pub fn run(_v: &Values) -> Result<()> { Ok(()) }
