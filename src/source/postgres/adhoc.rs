//! A query of one's own: checked before it is sent, then read like a view. Nothing is made on the server.

use std::sync::Arc;

use tokio_postgres::error::ErrorPosition;

use super::line::{self, Fault, Way};
use super::table::RelationTable;
use crate::data::{Control, Dataset};
use crate::error::{Error, Result};
use crate::source::Opened;
use crate::sql::{Relation, statement};
use crate::text::{Msg, safe};

/// The path of the place that takes a query.
pub const PLACE: &str = "sql";
/// Cells of a title.
const TITLE: usize = 40;

/// The query in a path.
pub fn of(path: &str) -> Option<&str> {
    path.strip_prefix(PLACE)?.strip_prefix(':')
}

/// The path with a query.
pub fn path(text: &str) -> String {
    format!("{PLACE}:{text}")
}

/// Opens the answer of a query.
pub fn open(way: Arc<Way>, text: &str, control: &Control) -> Result<Opened> {
    let query = statement::query(text).map_err(Error::usage)?;
    // As it was written, so that an error points to a place in it.
    way.with(control, |line| {
        let prepared = line.attempt(control, line.client().prepare(query))?;
        prepared.map(|_| ()).map_err(|fault| pointing(&way.settings.name, &fault, query))
    })?;
    let table = RelationTable::open(way, Relation::Query(query.to_owned()), control)?;
    let title = safe::fit(&safe::line(query), TITLE).text.into_owned();
    Ok(Opened { dataset: Dataset::new(Arc::new(table)), title, facts: Vec::new(), notices: Vec::new() })
}

/// What the server said of a query, with the line and character it pointed to.
fn pointing(name: &str, fault: &Fault, query: &str) -> Error {
    let mut error = line::error(name, fault);
    if let Some(said) = fault.as_db_error()
        && let Some(ErrorPosition::Original(at)) = said.position()
    {
        let head: String = query.chars().take((*at as usize).saturating_sub(1)).collect();
        let last = head.rsplit('\n').next().unwrap_or_default();
        let row = 1 + head.matches('\n').count();
        let said = format!("{} (line {row}:{})", said.message(), last.chars().count() + 1);
        error.message = Msg::new("error-postgres-said").with("name", name).with("said", said);
    }
    error
}
