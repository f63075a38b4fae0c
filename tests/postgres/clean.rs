//! Cleaning decided on the server finds what cleaning finds in the same rows here, and leaves the same rows: random small
//! tables full of defects, cleaned both ways.

use std::fmt::Write as _;

use mekiki::data::{Control, Dataset};
use mekiki::op::clean::{Clean, FindingKind, Target};
use mekiki::op::{Context, Step};
use mekiki::source::{OpenOptions, Source, postgres};
use mekiki::sql::text;

use super::oracle::{Numbers, copy, told};
use super::{Database, PASSWORD, USER, server};

/// Types and values as the server reads them. Each column takes a few of the values.
const SORTS: &[(&str, &[&str])] = &[
    ("int8", &["0", "1", "-1", "5", "9007199254740993", "9223372036854775807"]),
    ("int2", &["0", "1", "3", "-3"]),
    ("float8", &["0", "'-0'", "1.5", "'NaN'", "'NaN'", "'Infinity'", "1e300", "5"]),
    ("float4", &["0", "'-0'", "0.1", "'NaN'", "5"]),
    ("numeric(12,2)", &["0", "1.50", "-1.50", "0.01", "'NaN'"]),
    ("bool", &["true", "false"]),
    ("date", &["'2026-11-01'", "'1969-12-31'", "'infinity'", "'0044-03-15 BC'"]),
    ("timestamp", &["'2026-11-01 09:30'", "'2026-11-01 09:30:00.000001'", "'-infinity'"]),
    ("timestamptz", &["'2026-11-01 00:00+09'", "'2026-10-31 15:00+00'", "'2026-10-31 16:00+00'"]),
    ("time", &["'00:00'", "'12:34:56.789'", "'24:00'"]),
    ("bytea", &["'\\x00ff'", "'\\x'", "'\\x41'"]),
    ("jsonb", &["'{\"a\": 1}'", "'{}'", "'[1, 2]'"]),
    ("uuid", &["'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"]),
    ("varchar(12)", &["'x'", "'X'", "''", "'\"'", "'it''s'"]),
    (
        "text",
        &["''", "'a'", "'A'", "' a'", "'É'", "'é'", "'日本'", "e'日本\\u3000'", "e'\\tb\\n'", "'Ａ'", "'back\\slash'"],
    ),
    ("text", &["'1'", "'-2'", "' 3 '", "'N/A'", "''", "'9223372036854775807'", "'007'"]),
    ("text", &["'1'", "'22'", "'-'", "'9223372036854775808'"]),
    ("text", &["'1.5'", "'2'", "'.5'", "'1e3'", "'-0.25'", "'null'", "'0e5'"]),
    ("text", &["'2026-11-20'", "'2024-02-29'", "'なし'", "'2026-02-29'"]),
    ("text", &["'2026-11-20'", "'2024-02-29'", "''"]),
    ("text", &["'TRUE'", "'false'", "'はい'", "' いいえ '", "'None'"]),
    ("text", &["'a@example.com'", "'b.c@example.co.jp'", "'?'"]),
    ("text", &["'090-1234-5678'", "'+81 3-1234-5678'", "'0312345678'"]),
    ("text", &["'Tokyo'", "'tokyo'", "' TOKYO'", "'Osaka'", "'NaN'", "'\\N'", "e'missing\\u00a0'"]),
];

/// What a table is made of: names and types of columns, and rows of values, none being null.
struct Table {
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Option<String>>>,
}

fn table(numbers: &mut Numbers) -> Table {
    let height = numbers.below(40);
    let mut columns: Vec<(String, String, Vec<Option<String>>)> = Vec::new();
    for i in 0..2 + numbers.below(9) {
        let name = numbers.of(&["c", "c", "Code 名", "last name", "mail", "住所"]);
        let name = format!("{name}{}", if numbers.below(8) == 0 && i == 0 { String::new() } else { i.to_string() });
        let before = (!columns.is_empty()).then(|| numbers.below(columns.len()));
        let gaps = numbers.below(6);
        let (sort, values) = match (numbers.below(5), before) {
            // What another column holds, sometimes in all rows but one.
            (0, Some(at)) => {
                let (_, sort, values) = &columns[at];
                let mut values = values.clone();
                if height > 0 && numbers.below(3) == 0 {
                    let (from, to) = (numbers.below(height), numbers.below(height));
                    values[to] = values[from].clone();
                }
                let wider = match sort.as_str() {
                    "int2" => numbers.of(&["int2", "int8", "float8"]).to_owned(),
                    "float4" => numbers.of(&["float4", "float8"]).to_owned(),
                    sort => sort.to_owned(),
                };
                (wider, values)
            }
            // The same under other names.
            (1, Some(at)) => {
                let (_, _, values) = &columns[at];
                let mut known: Vec<&Option<String>> = values.iter().filter(|v| v.is_some()).collect();
                known.sort();
                known.dedup();
                let number = |v: &Option<String>| known.iter().position(|k| *k == v).map(|n| (n * 7 % 64).to_string());
                ("int4".to_owned(), values.iter().map(number).collect())
            }
            _ => {
                let (sort, list) = SORTS[numbers.below(SORTS.len())];
                let few: Vec<&str> = (0..1 + numbers.below(4)).map(|_| numbers.of(list)).collect();
                let mut one = || (numbers.below(6) >= gaps.min(3)).then(|| numbers.of(&few).to_owned());
                (sort.to_owned(), (0..height).map(|_| one()).collect())
            }
        };
        let empty = numbers.below(12) == 0;
        columns.push((name, sort, if empty { vec![None; height] } else { values }));
    }
    let mut rows: Vec<Vec<Option<String>>> =
        (0..height).map(|i| columns.iter().map(|(_, _, v)| v[i].clone()).collect()).collect();
    for _ in 0..numbers.below(6) {
        if height > 0 {
            let again = rows[numbers.below(height)].clone();
            rows.insert(numbers.below(rows.len() + 1), again);
        }
    }
    Table { columns: columns.into_iter().map(|(name, sort, _)| (name, sort)).collect(), rows }
}

impl Table {
    /// Makes it on the server, with a column that numbers the rows.
    fn make(&self, database: &Database<'_>, name: &str) {
        let columns: Vec<String> = self.columns.iter().map(|(name, sort)| format!("\"{name}\" {sort}")).collect();
        let mut sql = format!("create table {name} ({}, id int);", columns.join(", "));
        for (id, row) in self.rows.iter().enumerate() {
            let values: Vec<&str> = row.iter().map(|v| v.as_deref().unwrap_or("null")).collect();
            write!(sql, "insert into {name} values ({}, {id});", values.join(", ")).unwrap();
        }
        database.sql(&sql);
    }
}

/// Some of the names, often none.
fn some(numbers: &mut Numbers, names: &[String]) -> Vec<String> {
    let mut some: Vec<String> = Vec::new();
    for _ in 0..numbers.below(8).saturating_sub(5) {
        some.push(names[numbers.below(names.len())].clone());
    }
    some.sort();
    some.dedup();
    some
}

fn settings(numbers: &mut Numbers, names: &[String]) -> Clean {
    let all = |numbers: &mut Numbers| if numbers.below(4) == 0 { vec!["*".to_owned()] } else { some(numbers, names) };
    let on = |numbers: &mut Numbers| numbers.below(8) > 0;
    Clean {
        missing_null: on(numbers),
        missing_nan: on(numbers),
        missing_empty: on(numbers),
        constant: on(numbers),
        constant_or_missing: on(numbers),
        identical: on(numbers),
        numbers_alike: numbers.below(3) == 0,
        renamed: on(numbers),
        duplicate_rows: on(numbers),
        keys: some(numbers, names),
        keep: some(numbers, names),
        nearly_empty: (numbers.below(3) == 0).then_some(0.4),
        nearly_constant: (numbers.below(3) == 0).then_some(0.6),
        drop: some(numbers, names),
        mask: some(numbers, names),
        trim: all(numbers),
        fold: all(numbers),
        sentinels: all(numbers),
        cast: some(numbers, names)
            .into_iter()
            .map(|name| (name, Target::ALL[numbers.below(Target::ALL.len())]))
            .collect(),
    }
}

fn source(database: &Database<'_>) -> std::sync::Arc<dyn Source> {
    let table = toml::toml! { kind = "postgres" time_zone = "Asia/Tokyo" };
    let url = format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{}", server().port, database.name);
    let table = table.into_iter().chain([("url".to_owned(), url.into())]).collect();
    postgres::make("prod", &table).unwrap()
}

fn open(source: &dyn Source, table: &str) -> Dataset {
    source.open(&format!("public.{table}"), &OpenOptions::default(), &Control::new()).unwrap().dataset
}

fn without(dataset: &Dataset, name: &str) -> Dataset {
    let columns = dataset.schema().columns();
    dataset.with_columns(&(0..columns.len()).filter(|p| columns[*p].name != name).collect::<Vec<_>>())
}

#[test]
fn cleaning_there_and_here_finds_the_same_and_leaves_the_same() {
    let database = server().database_in_english();
    let source = source(&database);
    let context = Context::new(Control::new(), 1 << 30);
    let mut numbers = Numbers(0x636c_6561_6e21);
    let mut kinds: Vec<&str> = Vec::new();
    for round in 0..40 {
        let made = table(&mut numbers);
        made.make(&database, &format!("d{round}"));
        let there = open(&*source, &format!("d{round}"));
        let here = copy(&there);
        for _ in 0..8 {
            // Rows in an order that is known, or in none. Their number tells them apart, where it is in view.
            let sorted = numbers.below(2) == 0;
            let seen = numbers.below(8) == 0;
            let view = |dataset: &Dataset| {
                let step = toml::toml! { op = "sort" by = [{ column = "id", descending = true }] };
                let step: Step = step.try_into().unwrap();
                let rows =
                    if sorted { step.run(dataset, &context, &mut |_| {}).unwrap().dataset } else { dataset.clone() };
                if seen { rows } else { without(&rows, "id") }
            };
            let (there, here) = (view(&there), view(&here));
            let names: Vec<String> = there.schema().columns().iter().map(|c| c.name.clone()).collect();
            let clean = match numbers.below(4) {
                0 => Clean::default(),
                _ => settings(&mut numbers, &names),
            };
            let far = clean.decide(&there, &context).unwrap();
            let near = clean.decide(&here, &context).unwrap();
            assert!(far.notes.iter().all(|n| n.id != "push-not"), "{:?}", far.notes);
            let why = || format!("round {round}, sorted {sorted}, {clean:?}\n{:?}", made.columns);
            assert_eq!(far.receipt(), near.receipt(), "{}\n{:#?}", why(), told(&here));
            assert_eq!(far.step(), near.step());
            kinds.extend(far.list.iter().map(|f| f.kind.name()));
            let (far, near) = match (far.apply(&there), near.apply(&here)) {
                (Ok((far, _)), Ok((near, _))) => (far, near),
                (Err(far), Err(near)) => {
                    assert_eq!(far.to_string(), near.to_string());
                    continue;
                }
                (far, near) => panic!("{}\n{:?} there, {:?} here", why(), far.err(), near.err()),
            };
            let (mut rows, mut wanted) = (told(&far), told(&near));
            if clean.keys.is_empty() || !clean.duplicate_rows || sorted {
                if !sorted {
                    rows[1..].sort();
                    wanted[1..].sort();
                }
                // What is left of an order that was by a column that is gone is none.
                if !seen && clean.keys.is_empty() {
                    rows[1..].sort();
                    wanted[1..].sort();
                }
                let place = far.place().unwrap();
                let sql = text::query(&place.relation, place.remote.dialect()).unwrap();
                assert_eq!(rows, wanted, "{}\n{sql}\n{:#?}", why(), told(&here));
            } else {
                // Which of the rows with the same keys stays is up to the server.
                assert_eq!(rows.len(), wanted.len(), "{}", why());
                assert_eq!(rows[0], wanted[0], "{}", why());
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "asked",
            "blanks",
            "constant",
            "constant_or_missing",
            "duplicate_rows",
            "identical",
            "missing",
            "nearly_constant",
            "nearly_empty",
            "personal",
            "readable",
            "renamed",
            "sentinels",
            "spellings",
        ]
    );
}

#[test]
fn a_large_table_is_judged_by_all_its_rows() {
    let database = server().database_in_english();
    // The two last are the same but for one row in the middle, which no beginning shows.
    database.sql(
        "create table big as select i as id, i % 7 as n, 'name ' || i % 7 as name, 'x' as same, \
         case when i = 17777 then 5 else i % 5 end as a, i % 5 as b, case when i % 100 > 1 then 'NA' else '12' end as t \
         from generate_series(1, 30000) i",
    );
    let context = Context::new(Control::new(), 1 << 30);
    let there = open(&*source(&database), "big");
    let findings = Clean::default().decide(&there, &context).unwrap();
    let told: Vec<_> = findings.list.iter().map(|f| (f.kind.name(), f.column.as_deref(), f.rows)).collect();
    assert_eq!(
        told,
        [
            ("renamed", Some("name"), 30_000),
            ("constant", Some("same"), 30_000),
            ("sentinels", Some("t"), 29_400),
            ("readable", Some("t"), 600),
        ]
    );
    let keyed = Clean { keys: vec!["a".into(), "n".into()], ..Clean::default() };
    let findings = keyed.decide(&there, &context).unwrap();
    let rows = findings.list.iter().find(|f| f.kind == FindingKind::DuplicateRows).map(|f| f.rows);
    // Seven times five, and the odd one: 17,777 leaves 4 when divided by seven.
    assert_eq!(rows, Some(30_000 - 36));
    assert!(findings.notes.iter().any(|n| n.id == "clean-note-any-row"));
}
