//! Queries as text: the one that gives rows which are somewhere else, and those that were sent for what was worked out
//! there; to read and to hand on. Runs nothing.

use super::{Target, WriteOptions, Written, write_bytes};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::sql::text;
use crate::text::Msg;

/// The statement that gives the rows and columns in view, at most `limit` rows; with a name, the one that makes a view of
/// that name give them. An error where the rows are here, or their engine has no words for what was done to them.
pub fn statement(dataset: &Dataset, limit: Option<u64>, view: Option<&str>) -> Result<String> {
    let Some(place) = dataset.place() else {
        return Err(Error::usage(Msg::new("error-output-sql")).hint(Msg::new("hint-output-sql")));
    };
    let names: Vec<&str> = dataset.schema().columns().iter().map(|c| c.name.as_str()).collect();
    let mut relation = place.relation;
    if relation.names().as_ref() != Some(&names) {
        relation = relation.columns(names);
    }
    if let Some(rows) = limit {
        relation = relation.limit(rows, 0);
    }
    let dialect = place.remote.dialect();
    let written = match view {
        Some(name) => text::view(name, &relation, dialect),
        None => text::query(&relation, dialect),
    };
    written.map(|text| format!("{text};\n")).map_err(Error::usage)
}

/// Statements that were sent, one after the other, as they can be run again.
pub fn statements(sent: &[String]) -> String {
    sent.iter().map(|sql| format!("{};\n", sql.trim_end())).collect::<Vec<_>>().join("\n")
}

/// Writes the statement.
pub(super) fn write(dataset: &Dataset, limit: Option<u64>, target: &Target, options: &WriteOptions) -> Result<Written> {
    let text = statement(dataset, limit, options.view.as_deref())?;
    let written = write_bytes(text.as_bytes(), target, options)?;
    Ok(Written { columns: dataset.schema().len(), ..written })
}
