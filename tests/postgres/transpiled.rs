//! Statements in the languages of engines that cannot be had here, translated by another program and answered by a server:
//! they must give what the server's own statement for the same work gives.
//!
//! The translations are recorded, as the translator is no part of the tests. After a change of the statements:
//!
//! ```sh
//! MEKIKI_STATEMENTS=/tmp/statements.json cargo test --test all every_sort_of_work
//! pip install sqlglot
//! python tests/fixtures/postgres/transpile.py /tmp/statements.json tests/fixtures/postgres/transpiled.json
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use mekiki::sql::Dialect;
use regex::{Captures, Regex};
use tokio_postgres::SimpleQueryMessage;

use super::Database;

/// What is asked for some work: as it is written for another engine, and for the server.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub text: String,
    pub own: String,
}

/// What the translator leaves as it is or gets wrong: hashes of these engines' own, functions of BigQuery that take units of
/// time, and times of day taken for points in time.
const NOWHERE_ELSE: [&str; 9] = [
    "FNV_HASH(",
    "FARM_FINGERPRINT(",
    "XXHASH64(",
    "FROM_BASE(",
    "DATETIME_DIFF(",
    "DATETIME_TRUNC(",
    "TIME_DIFF(",
    "UNIX_MICROS(",
    "AS TIME) AS TIMESTAMP)",
];
/// Others that the server can be given.
const GIVEN: &str = "create function is_nan(float8) returns bool language sql immutable as $$select $1 = 'NaN'$$; \
     create function datetime(timestamptz, text) returns timestamp language sql immutable as $$select $1 at time zone $2$$; \
     create function with_timezone(timestamp, text) returns timestamptz language sql immutable as $$select $1 at time zone $2$$";
/// Bytes of the longest statement that is recorded: longer ones say the same of more columns.
const LONGEST: usize = 2_000;

/// A statement as it was recorded: for another engine, translated, and for the server.
type Recorded = [String; 3];

/// A statement without the last digits of its numbers: those that were computed from rows there depend on the order in which
/// rows were added up.
fn shape(text: &str) -> String {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]+(\.[0-9]+)?e-?[0-9]+").unwrap());
    let rounded = |found: &Captures<'_>| format!("{:.5e}", found[0].parse::<f64>().unwrap());
    NUMBER.replace_all(text, rounded).into_owned()
}

/// A value as the server writes it, with numbers to so many digits as adding in another order leaves alone.
fn value(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) => format!("{:.9e}", number + 0.0),
        Err(_) => text.to_owned(),
    }
}

/// The rows of an answer, in an order of their own.
fn rows(answer: Vec<SimpleQueryMessage>) -> Vec<Vec<String>> {
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).map_or("none".to_owned(), value)).collect())
        }
        _ => None,
    };
    let mut rows: Vec<Vec<String>> = answer.into_iter().filter_map(row).collect();
    rows.sort();
    rows
}

/// Looks up each statement among those that are recorded, and has the server answer all of these, translated and its own.
#[track_caller]
pub fn check(database: &Database<'_>, statements: Vec<(Dialect, Vec<Statement>)>) {
    let recorded = |statement: &Statement| statement.text.len() <= LONGEST;
    let statements = statements.into_iter().map(|(dialect, all)| (format!("{dialect:?}").to_lowercase(), all));
    let statements: BTreeMap<String, BTreeSet<Statement>> =
        statements.map(|(language, all)| (language, all.into_iter().filter(recorded).collect())).collect();
    if let Some(path) = std::env::var_os("MEKIKI_STATEMENTS") {
        let texts: BTreeMap<&str, Vec<[&str; 2]>> =
            statements.iter().map(|(l, all)| (l.as_str(), all.iter().map(|s| [&*s.text, &*s.own]).collect())).collect();
        std::fs::write(path, serde_json::to_vec(&texts).unwrap()).unwrap();
        return;
    }
    let recorded: BTreeMap<String, Vec<Recorded>> =
        serde_json::from_str(include_str!("../fixtures/postgres/transpiled.json")).unwrap();
    for (language, all) in &statements {
        let known: BTreeSet<String> = recorded[language].iter().map(|[text, ..]| shape(text)).collect();
        let new: Vec<&String> = all.iter().map(|s| &s.text).filter(|text| !known.contains(&shape(text))).collect();
        assert!(new.is_empty(), "{language}: no translation is recorded (see the head of this file) of\n{new:#?}");
    }
    database.sql(GIVEN);
    let answered = database.with(async |client| {
        let mut answered = BTreeMap::new();
        for (language, all) in &recorded {
            for said @ [_, translation, own] in all {
                if NOWHERE_ELSE.iter().any(|f| translation.contains(f)) {
                    continue;
                }
                let theirs = client.simple_query(translation).await.unwrap_or_else(|e| panic!("{e:?}\n{said:#?}"));
                assert_eq!(rows(theirs), rows(client.simple_query(own).await?), "{language}: {said:#?}");
                *answered.entry(language).or_insert(0) += 1;
            }
        }
        Ok(answered)
    });
    for (language, answered) in answered.unwrap() {
        let all = recorded[language].len();
        assert!(answered * 10 > all * 9, "{language}: {answered} of {all} were answered");
    }
}
