//! `sql`: a query over tables, each called by its file's name or by the name given before it.

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
        let (name, locator) = named(given);
        // A link may carry a key, which no text may have.
        let locator = run.settings.sources.parse(locator).to_string();
        first.get_or_insert_with(|| locator.clone());
        if tables.insert(name.clone(), Other::new(&locator)).is_some() {
            return Err(Error::usage(Msg::new("cli-sql-twice").with("name", name)).hint(Msg::new("cli-hint-sql-name")));
        }
    }
    if let Some(locator) = first {
        tables.entry(crate::op::sql::THIS.to_owned()).or_insert_with(|| Other::new(&locator));
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

/// The name of a table in the query, and its locator: `NAME=LOCATOR`, or a locator whose own name is taken.
fn named(given: &str) -> (String, &str) {
    match given.split_once('=') {
        Some((name, locator)) if is_name(name) && !locator.is_empty() => (name.to_owned(), locator),
        _ => (table_name(given), given),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
