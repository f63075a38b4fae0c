//! A chart whose numbers are gathered on the server is the chart that the same rows give here: every kind, of random tables.

use std::fmt::Write as _;

use mekiki::data::{Control, Dataset};
use mekiki::op::Context;
use mekiki::op::chart::{Chart, Kind};

use super::ab::same;
use super::oracle::{Numbers, copy, is_held, open, source};
use super::{Database, server};

/// Name, type and values of each column. Words occur so often that no two of them are likely to be as frequent.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("word", "text", &["'a'", "'a'", "'a'", "'b'", "'b'", "'é'", "'日本'", "''", "null", "'O''Neil'"]),
    ("ok", "bool", &["true", "false", "false", "null"]),
    ("few", "int4", &["0", "1", "1", "2", "5", "null"]),
    ("n", "int8", &["3", "14", "15", "92", "65", "35", "89", "79", "-32", "38", "null"]),
    ("x", "float8", &["0", "1.5", "-2.25", "0.1", "12", "13.7", "99.5", "'NaN'", "'Infinity'", "7.75", "4", "null"]),
    ("p", "numeric(12,2)", &["0", "19.99", "15.50", "2.25", "7", "'NaN'", "null"]),
    ("day", "date", &["'2026-11-01'", "'2026-11-02'", "'2026-12-24'", "'2027-01-31'", "'infinity'", "null"]),
    ("at", "timestamp", &["'2026-11-01 00:00'", "'2026-11-01 23:59:59.5'", "'2026-11-09 12:30'", "null"]),
    ("stamp", "timestamptz", &["'2026-10-31 15:00+00'", "'2026-11-03 14:59:59+00'", "'2026-11-02 03:00+09'"]),
    ("clock", "time", &["'00:00'", "'12:34:56.789'", "'23:59:59'", "'09:30'", "null"]),
];
const ANY: [&str; 10] = ["word", "ok", "few", "n", "x", "p", "day", "at", "stamp", "clock"];
const NUMBERS: [&str; 4] = ["few", "n", "x", "p"];
const LINES: [&str; 8] = ["few", "n", "x", "p", "day", "at", "stamp", "clock"];

pub(super) fn make(database: &Database<'_>, table: &str, odd: bool, numbers: &mut Numbers) {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, sort, _)| format!("{name} {sort}")).collect();
    let mut sql = format!("create table {table} ({});", columns.join(", "));
    let rows: Vec<String> = (0..50 + numbers.below(250))
        .map(|_| {
            let each = COLUMNS.iter().map(|c| (c.1, numbers.of(c.2)));
            let each: Vec<&str> = each.map(|(sort, v)| if odd || is_held(sort, v) { v } else { "null" }).collect();
            format!("({})", each.join(", "))
        })
        .collect();
    write!(sql, "insert into {table} values {};", rows.join(", ")).unwrap();
    database.sql(&sql);
}

pub(super) fn chart(numbers: &mut Numbers) -> Chart {
    let kind = Kind::ALL[numbers.below(Kind::ALL.len())];
    let mut step = toml::Table::new();
    let mut set = |name: &str, value: toml::Value| drop(step.insert(name.to_owned(), value));
    set("kind", kind.name().into());
    let some = |numbers: &mut Numbers, n: usize| numbers.below(n) == 0;
    match kind {
        Kind::Histogram | Kind::Density => set("x", numbers.of(&LINES).into()),
        Kind::Heatmap | Kind::Box => {
            set("x", numbers.of(&ANY).into());
            set("y", numbers.of(if kind == Kind::Box { &NUMBERS } else { &ANY }).into());
        }
        Kind::Scatter => {
            set("x", numbers.of(&LINES).into());
            set("y", numbers.of(&NUMBERS).into());
        }
        _ => {
            set("x", numbers.of(if kind == Kind::Line { &LINES } else { &ANY }).into());
            if some(numbers, 2) {
                set("y", numbers.of(&NUMBERS).into());
                set("measure", numbers.of(&["sum", "mean", "min", "max"]).into());
            }
        }
    }
    if some(numbers, 3) {
        set("colour", numbers.of(if kind == Kind::Heatmap { &NUMBERS } else { &["word", "ok", "few", "day"] }).into());
    }
    if some(numbers, 4) {
        set("facet", numbers.of(&["ok", "few", "word"]).into());
    }
    if some(numbers, 5) {
        set("bins", (2 + numbers.below(12) as i64).into());
    }
    if some(numbers, 5) {
        set("log", true.into());
    }
    step.try_into().unwrap()
}

/// Draws both ways; whether the numbers were gathered on the server, if there was anything to draw.
pub(super) fn both(there: &Dataset, here: &Dataset, chart: &Chart) -> Option<bool> {
    let context = Context::new(Control::new(), 1 << 30);
    match (chart.figure(there, &context), chart.figure(here, &context)) {
        (Ok(far), Ok(near)) => {
            let told = same(&far.to_json(), &near.to_json(), "");
            assert!(told.is_ok(), "{}\n{chart:?}\n{:?}", told.unwrap_err(), far.notes);
            let own = |id: &str| id != "note-pushed" && id != "push-not";
            let ids = |notes: &[mekiki::text::Msg]| {
                notes.iter().filter(|n| own(n.id)).map(ToString::to_string).collect::<Vec<_>>()
            };
            assert_eq!(ids(&far.notes), ids(&near.notes), "{chart:?}");
            Some(far.notes.iter().any(|n| n.id == "note-pushed"))
        }
        (Err(far), Err(near)) => {
            assert_eq!(far.to_string(), near.to_string(), "{chart:?}");
            None
        }
        (far, near) => panic!("{chart:?}: {:?} there, {:?} here", far.err(), near.err()),
    }
}

#[test]
fn figures_of_rows_there_and_here_are_the_same() {
    let database = server().database_in_english();
    let mut numbers = Numbers(0x6368_6172);
    let source = source(&database);
    let (mut all, mut pushed) = (0, 0);
    for round in 0..6 {
        make(&database, &format!("c{round}"), round % 3 == 0, &mut numbers);
        let there = open(&source, &format!("c{round}"));
        let here = copy(&there);
        for _ in 0..60 {
            let chart = chart(&mut numbers);
            if let Some(done) = both(&there, &here, &chart) {
                all += 1;
                pushed += usize::from(done);
            }
        }
    }
    // A scatter chart of a few rows reads them.
    assert!(all > 200 && pushed * 3 > all * 2, "{pushed} of {all}");
}
