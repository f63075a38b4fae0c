//! The statements that work sends to where the rows are, in place of its answer: `--format sql` of what gives no rows of its
//! table; and all of them beside it, where a person wants to know everything. They are the ones the engine noted while it
//! sent them; none is written here.

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::output::statements;
use crate::text::Msg;

use super::destination::Destination;
use super::report;
use super::run::Run;

/// What was sent before the work began.
pub struct Sending(usize);

impl Run<'_> {
    /// Whether the work that begins now is asked for its statements; an error where it would send none.
    pub fn sending(&self, dataset: Option<&Dataset>, to: &Destination) -> Result<Option<Sending>> {
        if !to.format().is_query() {
            return Ok(None);
        }
        match dataset.and_then(Dataset::place) {
            Some(_) => Ok(Some(Sending(self.control().sent().len()))),
            None => Err(nothing()),
        }
    }

    /// Tells what was sent, to those who want to know everything.
    pub fn tell_sent(&self) {
        if self.settings.verbose {
            for statement in self.control().sent() {
                report::done(&Msg::new("cli-sent").with("statement", statement));
            }
        }
    }

    /// Writes the statements that were sent since then.
    pub fn write_sent(&self, since: Sending, to: &Destination) -> Result<()> {
        let sent = self.control().sent().split_off(since.0);
        if sent.is_empty() {
            return Err(nothing());
        }
        self.write_bytes(statements(&sent).as_bytes(), to)
    }
}

fn nothing() -> Error {
    Error::usage(Msg::new("error-output-sql")).hint(Msg::new("hint-output-sql"))
}
