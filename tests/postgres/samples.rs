//! Rows drawn on the server follow from their values and the seed, whatever order they are stored in, and what comes after
//! is carried out there; rows whose columns were changed there come here with them.

use mekiki::data::{Control, Dataset};
use mekiki::op::{Context, Outcome, Step};
use mekiki::value::Cell;

use super::oracle::{open, source, told};
use super::server;

fn done(dataset: &Dataset, step: toml::Table) -> Outcome {
    let step: Step = step.try_into().unwrap();
    step.run(dataset, &Context::new(Control::new(), 1 << 30), &mut |_| {}).unwrap()
}

fn sample(dataset: &Dataset, rows: i64, seed: i64) -> Dataset {
    let outcome = done(dataset, toml::toml! { op = "sample" rows = rows seed = seed });
    let ids: Vec<&str> = outcome.notes.iter().map(|n| n.id).collect();
    assert_eq!(ids, ["note-sampled", "note-sampled-there"]);
    assert!(outcome.dataset.place().is_some());
    outcome.dataset
}

fn numbers(dataset: &Dataset) -> Vec<i64> {
    let frame = dataset.window(&[0], 0, 10_000).unwrap();
    let number = |row| match frame.cell(row, 0) {
        Cell::Int(n) => n as i64,
        cell => panic!("{cell:?}"),
    };
    (0..frame.height()).map(number).collect()
}

fn sorted(mut list: Vec<i64>) -> Vec<i64> {
    list.sort_unstable();
    list
}

#[test]
fn a_sample_follows_from_the_seed_and_the_values() {
    let database = server().database();
    database.sql(
        "create table a as select i as id, i % 3 as k, 'n' || i % 7 as name from generate_series(1, 6000) i; \
         create table b as select * from a order by md5(id::text); \
         create table same as select 1 as id from generate_series(1, 6000)",
    );
    let source = source(&database);
    let (a, b) = (open(&source, "a"), open(&source, "b"));
    let first = sorted(numbers(&sample(&a, 500, 7)));
    assert_eq!(first.len(), 500);
    assert!(first.windows(2).all(|w| w[0] < w[1]), "a row was drawn twice");
    assert_eq!(first, sorted(numbers(&sample(&b, 500, 7))));
    assert_ne!(first, sorted(numbers(&sample(&a, 500, 8))));
    // 125 expected of each quarter, standard deviation 9.3 (hypergeometric).
    for quarter in 0..4 {
        let n = first.iter().filter(|id| (**id - 1) / 1500 == quarter).count();
        assert!((78..=172).contains(&n), "{n} rows of quarter {quarter}");
    }
    // Rows in an order keep it, and what comes after is done to the sample.
    let by = toml::toml! { op = "sort" by = [{ column = "id", descending = true }] };
    let drawn = sample(&done(&a, by).dataset, 500, 7);
    assert_eq!(numbers(&drawn), first.iter().rev().copied().collect::<Vec<_>>());
    let ranked = done(&drawn, toml::toml! { op = "rank" by = ["k"] measures = ["count", "max:id"] });
    assert!(ranked.notes.iter().any(|n| n.id == "note-pushed"), "{:?}", ranked.notes);
    let (rows, last) = (1, 2);
    let frame = ranked.dataset.window(&[rows, last], 0, 9).unwrap();
    let sum: i128 = (0..3).map(|i| if let Cell::Int(n) = frame.cell(i, 0) { n } else { 0 }).sum();
    assert_eq!((frame.height(), sum), (3, 500));
    // Rows that are all the same are as many as were asked for.
    assert_eq!(numbers(&sample(&open(&source, "same"), 100, 1)), vec![1; 100]);
    // More than there are is all of them, drawn by nobody.
    let all = done(&a, toml::toml! { op = "sample" rows = 9000 });
    assert!(all.notes.is_empty() && numbers(&all.dataset).len() == 6000);
}

#[test]
fn rows_are_landed_with_the_columns_they_have_by_then() {
    let database = server().database();
    database.sql(
        "create table t as select i as id, case when i = 700 then date 'infinity' else date '2026-01-01' + i end as day \
         from generate_series(1, 1000) i; create view v as select * from t",
    );
    let there = source(&database);
    let there = there.open("public.v", &mekiki::source::OpenOptions::default(), &Control::new()).unwrap().dataset;
    let renamed = done(&there, toml::toml! { op = "rename" columns = { day = "until" } }).dataset;
    let landed = done(&renamed, toml::toml! { op = "land" }).dataset;
    assert!(renamed.place().is_some() && landed.place().is_none());
    let rows = told(&landed);
    assert_eq!(rows[0], "id Integer | until Text");
    assert_eq!(
        (rows[1].as_str(), rows[700].as_str()),
        ("Int(1) | Text(\"2026-01-02\")", "Int(700) | Text(\"infinity\")")
    );
    assert_eq!(rows.len(), 1001);
}
