//! An A/B analysis whose sums are made on the server says what the same analysis of the same rows says here: random tables,
//! random metrics, units, days and segments, each done both ways.

use std::fmt::Write as _;

use mekiki::data::{Control, Dataset};
use mekiki::op::Context;
use mekiki::op::ab::analysis::Ab;
use mekiki::source::OpenOptions;
use serde_json::Value;

use super::oracle::{Numbers, copy, is_held, open, source};
use super::{Database, server};

/// Name, type and values of each column; of a table in one test some never stand.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("grp", "text", &["'A'", "'A'", "'B'", "'B'", "'B'", "''", "' '", "null"]),
    ("three", "int4", &["0", "1", "1", "2", "2", "null"]),
    ("treated", "bool", &["true", "false", "false"]),
    ("usr", "int8", &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "null"]),
    ("member", "text", &["'a'", "'b'", "'c'", "'d'", "'e'", "'f'", "'é'", "'É'", "'日本'", "''", "null"]),
    ("cv", "int2", &["0", "0", "1", "null"]),
    ("ok", "bool", &["true", "false", "null"]),
    ("yes", "text", &["'yes'", "'Yes '", "'no'", "'はい'", "''", "null"]),
    ("amount", "float8", &["0", "0", "12.5", "250", "-3.25", "'NaN'", "'Infinity'", "7", "99.125", "null"]),
    ("small", "float4", &["0", "0.1", "2.5", "'NaN'", "3"]),
    ("price", "numeric(12,2)", &["0", "19.99", "1500.50", "-2", "'NaN'", "null"]),
    ("clicks", "int4", &["0", "1", "2", "3", "5", "null"]),
    ("imps", "int4", &["1", "5", "10", "20", "null"]),
    ("pre", "float8", &["1", "2", "5.5", "90", "null"]),
    ("far", "int8", &["1000000000001", "1000000000002", "1000000000009"]),
    ("day", "date", &["'2026-11-01'", "'2026-11-02'", "'2026-11-03'", "'2026-11-08'", "'infinity'", "null"]),
    ("at", "timestamp", &["'2026-11-01 00:00'", "'2026-11-01 23:59:59.999999'", "'2026-11-04 12:00'", "null"]),
    ("stamp", "timestamptz", &["'2026-10-31 15:00+00'", "'2026-10-31 14:59:59+00'", "'2026-11-02 03:00+09'"]),
    ("nth", "int4", &["1", "2", "3", "null"]),
    ("seg", "text", &["'ios'", "'android'", "'web'", "null"]),
    ("new", "bool", &["true", "false", "null"]),
];

pub(super) fn make(database: &Database<'_>, table: &str, odd: bool, numbers: &mut Numbers) {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, sort, _)| format!("{name} {sort}")).collect();
    let mut sql = format!("create table {table} ({});", columns.join(", "));
    let rows = 60 + numbers.below(200);
    let values = |numbers: &mut Numbers| {
        let each = COLUMNS.iter().map(|c| (c.1, numbers.of(c.2)));
        let each: Vec<&str> = each.map(|(sort, v)| if odd || is_held(sort, v) { v } else { "null" }).collect();
        format!("({})", each.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(|_| values(numbers)).collect();
    write!(sql, "insert into {table} values {};", rows.join(", ")).unwrap();
    database.sql(&sql);
}

pub(super) fn analysis(numbers: &mut Numbers) -> Ab {
    let metrics = ["cv", "ok", "yes", "amount", "small", "price", "clicks", "far"];
    let mut step = toml::Table::new();
    let mut set = |name: &str, value: &str| step.insert(name.to_owned(), value.into());
    set("variant", numbers.of(&["grp", "grp", "three", "treated"]));
    let maybe = |numbers: &mut Numbers, list: &[&'static str]| (numbers.below(3) == 0).then(|| numbers.of(list));
    if let Some(unit) = maybe(numbers, &["usr", "member"]) {
        set("unit", unit);
    }
    if let Some(day) = maybe(numbers, &["day", "at", "stamp", "nth"]) {
        set("day", day);
    }
    if let Some(segment) = maybe(numbers, &["seg", "new", "three"]) {
        set("segment", segment);
    }
    let mut winsorise = false;
    match numbers.below(5) {
        0 => drop(set("denominator", "imps")),
        1 => drop(set("covariate", numbers.of(&["pre", "far"]))),
        2 => winsorise = true,
        _ => {}
    }
    match numbers.below(8) {
        0 => drop(set("kind", "count")),
        1 => drop(set("kind", "mean")),
        2 => drop(set("kind", "conversion")),
        _ => {}
    }
    let mut list = vec![numbers.of(&metrics)];
    let other = numbers.of(&metrics);
    if numbers.below(3) == 0 && other != list[0] {
        list.push(other);
    }
    step.insert("metrics".to_owned(), list.into());
    if winsorise {
        step.insert("winsorise".to_owned(), 0.9.into());
    }
    step.try_into().unwrap()
}

/// Keys under which stands what only every value can tell.
const OF_VALUES: [&str; 2] = ["mann_whitney", "notes"];

/// Whether two reports or figures say the same: whole numbers and words exactly, others up to what the order of sums makes of them.
pub fn same(there: &Value, here: &Value, path: &str) -> Result<(), String> {
    let differ = || Err(format!("{path}: {there} there, {here} here"));
    match (there, here) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            for key in keys.into_iter().filter(|k| !OF_VALUES.contains(&k.as_str())) {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                same(&of(a), &of(b), &format!("{path}.{key}"))?;
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().try_for_each(|(i, (a, b))| same(a, b, &format!("{path}[{i}]")))
        }
        (Value::Number(a), Value::Number(b)) if !(a.is_u64() && b.is_u64()) => {
            let (x, y) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if (x - y).abs() <= 1e-9 * x.abs().max(y.abs()) + 1e-13 { Ok(()) } else { differ() }
        }
        (a, b) if a == b => Ok(()),
        _ => differ(),
    }
}

/// Analyses both ways; whether the sums were made on the server.
pub(super) fn both(there: &Dataset, here: &Dataset, step: &Ab) -> bool {
    let context = Context::new(Control::new(), 1 << 30);
    match (step.report(there, &context), step.report(here, &context)) {
        (Ok(far), Ok(near)) => {
            let told = same(&far.to_json(), &near.to_json(), "");
            assert!(told.is_ok(), "{}\n{step:?}", told.unwrap_err());
            far.notes.iter().any(|n| n.id == "note-pushed")
        }
        (Err(far), Err(near)) => {
            assert_eq!(far.to_string(), near.to_string(), "{step:#?}");
            false
        }
        (far, near) => panic!("{step:#?}: {:?} there, {:?} here", far.err(), near.err()),
    }
}

#[test]
fn sums_there_and_here_say_the_same() {
    let database = server().database_in_english();
    let mut numbers = Numbers(0x6162);
    let source = source(&database);
    let (mut all, mut pushed) = (0, 0);
    for round in 0..4 {
        make(&database, &format!("t{round}"), round == 0, &mut numbers);
        let there = open(&source, &format!("t{round}"));
        let here = copy(&there);
        for _ in 0..30 {
            all += 1;
            pushed += usize::from(both(&there, &here, &analysis(&mut numbers)));
        }
    }
    assert!(pushed * 4 > all * 3, "{pushed} of {all}");
}

#[test]
fn what_needs_values_reads_only_the_columns_it_needs() {
    let database = server().database();
    database.sql(
        "create table t (grp text, y float8, other text);
         insert into t select case when i % 2 = 0 then 'A' else 'B' end, i % 7, repeat('x', 10) from generate_series(1, 400) i;
         create view v as select grp, y, case when grp = 'never' then other else (1 / (y - y))::text end as broken from t",
    );
    let source = source(&database);
    let step: Ab = toml::toml! { variant = "grp" metrics = ["y"] bootstrap = 1 }.try_into().unwrap();
    let there = source.open("public.t", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    // The third column cannot be read at all, so who reads it fails.
    let place = there.place().unwrap();
    let view = mekiki::sql::Relation::Table(vec!["public".into(), "v".into()]);
    let narrow = place.remote.narrow(&view, &["grp", "y"], &Control::new()).unwrap().unwrap();
    assert_eq!(Dataset::new(narrow).window(&[0, 1], 0, 500).unwrap().height(), 400);
    assert!(source.open("public.v", &OpenOptions::default(), &Control::new()).is_err());
    let report = step.report(&there, &Context::new(Control::new(), 1 << 30)).unwrap();
    assert!(report.notes.iter().any(|n| n.id == "push-not"), "{:?}", report.notes);
    assert!(report.to_json()["comparisons"][0]["tests"]["bootstrap_median"].is_object());
}
