//! `sql`: a query over tables, each called by its file's name or by the name given before it, and read as the
//! options behind it say.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::op::other::Other;
use crate::op::sql::{Sql, table_name};
use crate::output::Format;
use crate::text::Msg;

use super::run::Run;
use super::shape::{cut_hint, shown};

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let limit = shown(run)?;
    let query = run.values.text("query").unwrap_or_default().to_owned();
    let mut tables: BTreeMap<String, Other> = BTreeMap::new();
    let mut first = None;
    for given in run.values.all("table") {
        let (name, text) = named(given);
        let other: Other = text.parse()?;
        let name = name.unwrap_or_else(|| table_name(&other.table));
        first.get_or_insert_with(|| other.clone());
        if tables.insert(name.clone(), other).is_some() {
            return Err(Error::usage(Msg::new("cli-sql-twice").with("name", name)).hint(Msg::new("cli-hint-sql-name")));
        }
    }
    if let Some(other) = first {
        tables.entry(crate::op::sql::THIS.to_owned()).or_insert(other);
    }
    let sql = Sql { query, name: None, tables };
    let outcome = {
        let _progress = run.progress(false);
        sql.answer(&run.context)?
    };
    run.notices(&outcome.notes);
    let written = run.write(&outcome.dataset, limit, &destination)?;
    cut_hint(run, written.cut.is_some());
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}

/// The name of a table in the query, where it is given, and the table: `NAME=TABLE`, or a table whose own name is taken.
fn named(given: &str) -> (Option<String>, &str) {
    match given.split_once('=') {
        Some((name, table)) if is_name(name) && !table.is_empty() => (Some(name.to_owned()), table),
        _ => (None, given),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
