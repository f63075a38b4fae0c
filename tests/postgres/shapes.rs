//! Columns that are renamed, converted and computed on the server are those that are computed here, and what comes after is
//! carried out there too.

use mekiki::data::{Control, Dataset};
use mekiki::op::{Context, Step};
use mekiki::source::OpenOptions;

use super::oracle::{Numbers, both, copy, limit, make, rank, sort, source, told};
use super::server;

/// Expressions that every engine computes as it is done here.
const THERE: &[&str] = &[
    "n * 2 + 1",
    "n * s - n",
    "n * n",
    "s * s",
    "-s",
    "-n",
    "abs(n) + abs(s)",
    "n % s",
    "n % 7",
    "7 % n",
    "s / n",
    "n / s",
    "p / s",
    "p * 1.1 + s",
    "p - p / 3",
    "x * 1.1",
    "x * -2.5e10",
    "x * 1e-300",
    "x / 3",
    "x / 1e-20",
    "-x",
    "x + 1",
    "n + x",
    "y * 1.5",
    "y - s",
    "abs(x)",
    "floor(x)",
    "ceil(p * 1.5)",
    "sqrt(n)",
    "sqrt(p)",
    "sign(x)",
    "sign(p)",
    "round(n)",
    "name || '!' || \"Code 名\"",
    "length(name)",
    "trim(name)",
    "replace(name, 'a', '東')",
    "substr(name, 2)",
    "substr(name, 0, 2)",
    "substr(name, -3, 9)",
    "left(name, 2)",
    "right(name, 2)",
    "right(name, 0)",
    "split_part(name, '-', 2)",
    "concat(name, '/', n, '/', ok)",
    "text(s)",
    "number(ok) + whole(ok)",
    "coalesce(name, \"Code 名\", 'x')",
    "coalesce(s, 0)",
    "coalesce(n, x)",
    "coalesce(p, 0)",
    "coalesce(day, date_trunc('day', at))",
    "if(n > 2, 'large', n > 0, 'small', 'none')",
    "if(x > 1, p, s)",
    "if(ok, day, null)",
    "least(n, s, 3)",
    "greatest(name, \"Code 名\")",
    "least(day, date(at))",
    "n > 2",
    "name contains 'a' or x < 2",
    "not (p >= 1.5)",
    "day is missing",
    "is_nan(x)",
    "length(name) > 1",
    "n + s = 3",
    "year(day) * 12 + month(day)",
    "year(at)",
    "weekday(day) + week(day) + quarter(at)",
    "hour(at) * 60 + minute(at)",
    "second(clock) + hour(clock)",
    "hour(stamp)",
    "date(stamp)",
    "date(at)",
    "date_trunc('month', day)",
    "date_trunc('week', at)",
    "date_trunc('hour', at)",
    "date_trunc('day', stamp)",
    "date_trunc('day', stamp, 'UTC')",
    "date_diff('day', day, date(at))",
    "date_diff('month', day, '2026-11-01')",
    "5",
    "'text'",
    "n",
];

/// Expressions that are computed here only.
const HERE: &[&str] = &[
    "lower(name)",
    "x * y",
    "x / n",
    "1 / x",
    "n * n * n",
    "round(x, 2)",
    "exp(s)",
    "extract(name, '[a-z]')",
    "number(name)",
    "text(x)",
    "greatest(x, 1)",
    "date_add('day', 1, day)",
    "date_trunc('day', stamp, 'Europe/Berlin')",
];

fn step(op: &str, pairs: &[(&str, toml::Value)]) -> toml::Table {
    let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
    std::iter::once(("op".to_owned(), op.into())).chain(pairs).collect()
}

fn derive(value: &str) -> toml::Table {
    step("derive", &[("column", "made".into()), ("value", value.into())])
}

/// All of the rows, in their order, as the server gives them.
fn all() -> toml::Table {
    step("limit", &[("rows", 1000.into())])
}

fn pushed(step: &toml::Table, dataset: &Dataset) -> (Dataset, Vec<String>) {
    let step: Step = step.clone().try_into().unwrap_or_else(|e| panic!("{step}: {e}"));
    let outcome = step.run(dataset, &Context::new(Control::new(), 1 << 30), &mut |_| {}).unwrap();
    (outcome.dataset, outcome.notes.iter().map(|n| n.to_string()).collect())
}

#[test]
fn computed_columns_are_the_same_there_and_here() {
    let database = server().database_in_english();
    let source = source(&database);
    let mut numbers = Numbers(0x7368_6170_6573);
    for round in 0..4 {
        make(&database, &format!("d{round}"), false, &mut numbers);
        let there = source.open(&format!("public.d{round}"), &OpenOptions::default(), &Control::new()).unwrap().dataset;
        let here = copy(&there);
        for value in THERE {
            let (made, notes) = pushed(&derive(value), &there);
            assert!(made.place().is_some(), "{value}: {notes:?}");
            assert!(notes.is_empty(), "{value}: {notes:?}");
            assert_eq!(both(&there, &here, &[derive(value), all()]), 2, "{value}");
        }
        for value in HERE {
            let (made, notes) = pushed(&derive(value), &there);
            assert!(made.place().is_none() && notes.len() == 1, "{value}: {notes:?}");
        }
    }
}

#[test]
fn shapes_are_followed_by_what_the_server_does() {
    let database = server().database_in_english();
    let source = source(&database);
    let mut numbers = Numbers(0x6772_6f77);
    for round in 0..8 {
        make(&database, &format!("g{round}"), false, &mut numbers);
        let there = source.open(&format!("public.g{round}"), &OpenOptions::default(), &Control::new()).unwrap().dataset;
        let here = copy(&there);
        for _ in 0..12 {
            // Two change names, one is computed anew, one is made into text; then everything that knew the old ones.
            let names = toml::toml! { s = "y" y = "s" };
            let over = numbers.of(&["n * 2", "n % 3", "-n", "if(ok, n, s)"]);
            let cast = [("n", "text"), ("ok", "whole"), ("p", "number"), ("at", "date"), ("day", "datetime")];
            let (column, to) = cast[numbers.below(cast.len())];
            let shape = [
                step("rename", &[("columns", names.into())]),
                step("derive", &[("column", "n".into()), ("value", over.into())]),
                derive(numbers.of(&["s * 1.5", "name || name", "length(name)", "p - 1", "day is missing"])),
                step("bucket", &[("column", "at".into()), ("every", "month".into())]),
                step("cast", &[("columns", vec![column].into()), ("to", to.into())]),
                step("select", &[("columns", vec!["made", "name", "n", "id"].into())]),
            ];
            let by = toml::toml! { column = (numbers.of(&["made", "n", "name"])) descending = true };
            let by_id = toml::toml! { column = "id" };
            let ordered = step("sort", &[("by", vec![toml::Value::from(by), by_id.into()].into())]);
            let mut steps = Vec::new();
            if numbers.below(2) == 0 {
                let kept = numbers.of(&["n > 0 or s < 3", "name contains 'a' or not (x < 2)", "id <> 5"]);
                steps.extend([step("filter", &[("where", kept.into())]), sort(&mut numbers)]);
            }
            let before = steps.len();
            steps.extend(shape[..=numbers.below(shape.len() - 1)].iter().cloned());
            let made = steps.len() - before > 2;
            if made {
                steps.extend([ordered, limit(&mut numbers)]);
                steps.push(step("filter", &[("where", "made is not missing and id <> 3".into())]));
                steps.push(shape[5].clone());
                steps.push(step("rank", &[("by", vec!["made"].into()), ("measures", vec!["count", "max:id"].into())]));
            } else {
                steps.extend([limit(&mut numbers), all()]);
            }
            let done = both(&there, &here, &steps);
            assert_eq!(done, steps.len(), "{steps:#?}");
        }
        // Nothing is forgotten of what has no counterpart.
        let dead = both(&there, &here, &[derive("lower(name)"), rank(&mut numbers)]);
        assert!(dead <= 2);
    }
}

#[test]
fn an_order_survives_the_columns_it_was_by() {
    let database = server().database();
    database.sql("create table t as select g as id, 10 - g as n, 'r' || g as name from generate_series(1, 5) g");
    let source = source(&database);
    let there = source.open("public.t", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let (sorted, _) =
        pushed(&step("sort", &[("by", vec![toml::Value::from(toml::toml! { column = "n" })].into())]), &there);
    let (replaced, _) = pushed(&step("derive", &[("column", "n".into()), ("value", "id % 2".into())]), &sorted);
    let (kept, _) = pushed(&step("filter", &[("where", "id > 1".into())]), &replaced);
    assert_eq!(
        told(&kept)[1..],
        [
            "Int(5) | Int(1) | Text(\"r5\")",
            "Int(4) | Int(0) | Text(\"r4\")",
            "Int(3) | Int(1) | Text(\"r3\")",
            "Int(2) | Int(0) | Text(\"r2\")"
        ]
    );
    // By a computed column first, and then still by the one that is gone.
    let (again, _) =
        pushed(&step("sort", &[("by", vec![toml::Value::from(toml::toml! { column = "n" })].into())]), &kept);
    let ids: Vec<String> = told(&again)[1..].iter().map(|r| r.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(ids, ["Int(4)", "Int(2)", "Int(5)", "Int(3)"]);
    let (last, _) = pushed(&step("filter", &[("where", "name <> 'r2'".into())]), &again);
    let ids: Vec<String> = told(&last)[1..].iter().map(|r| r.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(ids, ["Int(4)", "Int(5)", "Int(3)"]);
    assert!(last.place().is_some());
}
