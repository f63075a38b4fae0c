//! Values that have no place in a column of their type here, in views of which the server knows nothing: whoever comes upon
//! one first does what is done to the same rows here, where the column is text, and says so once.

use mekiki::data::{Control, Dataset};
use mekiki::op::ab::analysis::Ab;
use mekiki::op::chart::Chart;
use mekiki::op::clean::Clean;
use mekiki::op::importance::Importance;
use mekiki::op::search::Search;
use mekiki::op::{Context, Step};
use mekiki::source::{OpenOptions, Source};

use super::oracle::{self, source, told};
use super::{Database, ab, chart, profiles, server};

/// A type, the values of a column as the server makes them of the row's number `i`, and the one that has no place.
const SORTS: [(&str, &str, &str); 8] = [
    ("numeric(12,2)", "(i * 7 % 50)::numeric / 4", "NaN"),
    ("numeric", "(i * 7 % 50)::numeric(8, 2)", "0.123456789"),
    ("numeric", "(i * 7 % 50)::numeric(8, 2)", "1e40"),
    ("date", "date '2026-11-01' + i % 20", "infinity"),
    ("date", "date '2026-11-01' + i % 20", "-infinity"),
    ("timestamp", "timestamp '2026-11-01 09:30' + i % 20 * interval '1 day'", "-infinity"),
    ("timestamptz", "timestamptz '2026-11-01 09:30+09' + i % 20 * interval '1 day'", "infinity"),
    ("time", "time '09:30' + i % 20 * interval '7 minutes'", "24:00"),
];

/// Rows of each view; the one with the value comes behind all that are looked at to open it.
const ROWS: u32 = 600;
const ODD: u32 = 500;

/// Makes a view `v0`, `v1` … for each type.
fn make(database: &Database<'_>) {
    for (n, (sort, values, odd)) in SORTS.iter().enumerate() {
        database.sql(&format!(
            "create table t{n} as select i as id, chr(97 + i % 3) as word, case when i % 2 = 0 then 'A' else 'B' end as arm, \
             (i * 31 % 17)::int4 as n, case when i = {ODD} then '{odd}'::{sort} else ({values})::{sort} end as v \
             from generate_series(1, {ROWS}) i; \
             create view v{n} as select * from t{n} order by id"
        ));
    }
}

/// A view of which nothing is known yet.
fn fresh(source: &dyn Source, n: usize) -> Dataset {
    source.open(&format!("public.v{n}"), &OpenOptions::default(), &Control::new()).unwrap().dataset
}

/// The rows of a view as they are when all of them are here.
fn landed(source: &dyn Source, n: usize) -> Dataset {
    oracle::copy(&fresh(source, n).whole(&Control::new()).unwrap())
}

/// What was said of the column, which is once.
#[track_caller]
fn said(there: &Dataset, what: &str) {
    let notices = there.table().notices();
    let ids: Vec<&str> = notices.iter().map(|n| n.id).collect();
    assert_eq!(ids, ["notice-postgres-misfit"], "{what}: {notices:?}");
}

fn context() -> Context {
    Context::new(Control::new(), 1 << 30)
}

/// Does each of these to a view of which nothing is known and to the same rows here, which it gives. What cannot be done with
/// such a column asks for nothing, and so comes upon nothing.
fn each<T>(
    source: &dyn Source,
    n: usize,
    asked: &[toml::Table],
    fails: impl Fn(&toml::Table, &Dataset) -> bool,
    both: impl Fn(&toml::Table, &Dataset, &Dataset) -> T,
) -> Dataset {
    let here = landed(source, n);
    for asked in asked {
        let there = fresh(source, n);
        if fails(asked, &there) && !there.table().is_misread() {
            continue;
        }
        let there = fresh(source, n);
        both(asked, &there, &here);
        said(&there, &format!("{:?} {asked}", SORTS[n]));
    }
    here
}

/// The settings of a step as that step.
fn made<T: serde::de::DeserializeOwned>(settings: &toml::Table) -> T {
    settings.clone().try_into().unwrap()
}

#[test]
fn the_view_is_opened_without_the_value_being_seen() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    for (n, (sort, ..)) in SORTS.iter().enumerate() {
        let there = fresh(&*source, n);
        assert!(!there.schema().columns()[4].kind.is_text() && there.table().notices().is_empty(), "{sort}");
        assert!(landed(&*source, n).schema().columns()[4].kind.is_text(), "{sort}");
    }
}

#[test]
fn charts_come_upon_it() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    let charts = [
        toml::toml! { x = "v" },
        toml::toml! { kind = "histogram" x = "v" },
        toml::toml! { kind = "bar" x = "v" },
        toml::toml! { kind = "bar" x = "word" y = "v" measure = "sum" },
        toml::toml! { kind = "bar" x = "word" y = "v" measure = "mean" },
        toml::toml! { kind = "line" x = "v" y = "n" measure = "mean" },
        toml::toml! { kind = "box" x = "word" y = "v" },
        toml::toml! { kind = "box" x = "v" y = "n" },
        toml::toml! { kind = "scatter" x = "v" y = "n" },
        toml::toml! { kind = "scatter" x = "n" y = "id" colour = "v" },
        toml::toml! { kind = "heatmap" x = "v" y = "n" },
        toml::toml! { kind = "histogram" x = "n" colour = "v" },
        toml::toml! { kind = "histogram" x = "n" facet = "v" },
        toml::toml! { kind = "cumulative" x = "v" },
        toml::toml! { kind = "density" x = "v" },
    ];
    // One of each type.
    for n in [0, 1, 3, 5, 6, 7] {
        let fails = |chart: &_, there: &_| made::<Chart>(chart).figure(there, &context()).is_err();
        each(&*source, n, &charts, fails, |chart, there, here| chart::both(there, here, &made(chart)));
    }
}

#[test]
fn experiments_come_upon_it() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    let analyses = [
        toml::toml! { variant = "arm" metrics = ["v"] },
        toml::toml! { variant = "arm" metrics = ["n"] day = "v" },
        toml::toml! { variant = "arm" metrics = ["n"] segment = "v" },
        toml::toml! { variant = "arm" metrics = ["n"] covariate = "v" },
        toml::toml! { variant = "arm" metrics = ["n"] denominator = "v" },
        toml::toml! { variant = "arm" metrics = ["n"] unit = "v" },
        toml::toml! { variant = "v" metrics = ["n"] },
    ];
    for n in 0..SORTS.len() {
        let fails = |ab: &_, there: &_| made::<Ab>(ab).report(there, &context()).is_err();
        each(&*source, n, &analyses, fails, |step, there, here| ab::both(there, here, &made(step)));
    }
}

#[test]
fn cleaning_comes_upon_it() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    for (n, sort) in SORTS.iter().enumerate() {
        let here = landed(&*source, n);
        for clean in [Clean::default(), Clean { keys: vec!["v".into()], ..Clean::default() }] {
            let there = fresh(&*source, n);
            let far = clean.decide(&there, &context()).unwrap();
            let near = clean.decide(&here, &context()).unwrap();
            assert!(far.notes.iter().all(|n| n.id != "push-not"), "{:?}", far.notes);
            assert_eq!(far.receipt(), near.receipt(), "{sort:?}");
            let (far, near) = (far.apply(&there).unwrap().0, near.apply(&here).unwrap().0);
            let (mut far, mut near) = (told(&far), told(&near));
            if clean.keys.is_empty() {
                far[1..].sort();
                near[1..].sort();
                assert_eq!(far, near, "{sort:?}");
            } else {
                // Which of the rows with the same keys stays is up to the server.
                assert_eq!((far.len(), &far[0]), (near.len(), &near[0]), "{sort:?}");
            }
            said(&there, &format!("{sort:?}"));
        }
    }
}

#[test]
fn rankings_and_profiles_come_upon_it() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    let rankings = [
        toml::toml! { op = "rank" by = ["v"] measures = ["count"] },
        toml::toml! { op = "rank" by = ["v"] measures = ["sum:n", "mean:n"] top = 2 },
        toml::toml! { op = "rank" by = ["word"] measures = ["present:v"] },
        toml::toml! { op = "rank" by = ["word"] measures = ["distinct:v"] },
        toml::toml! { op = "rank" by = ["word"] measures = ["max:v"] top = 1 },
        toml::toml! { op = "rank" by = ["word"] measures = ["sum:v"] top = 1 },
        toml::toml! { op = "rank" by = ["word"] measures = ["mean:v"] },
        toml::toml! { op = "rank" by = ["word"] measures = ["median:v"] },
        toml::toml! { op = "rank" by = ["word"] measures = ["sum:n"] spark = "week" time = "v" },
    ];
    for n in 0..SORTS.len() {
        let fails = |rank: &_, there: &_| made::<Step>(rank).run(there, &context(), &mut |_| {}).is_err();
        let both = |rank: &_, there: &_, here: &_| oracle::both(there, here, std::slice::from_ref(rank));
        let here = each(&*source, n, &rankings, fails, both);
        let there = fresh(&*source, n);
        profiles::alike(&there, &here);
        said(&there, "profile");
    }
}

#[test]
fn searches_and_samples_come_upon_it() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    for (n, (sort, _, odd)) in SORTS.iter().enumerate() {
        let here = landed(&*source, n);
        let there = fresh(&*source, n);
        let needle = if *odd == "1e40" { "0000000000000000000000" } else { odd };
        let find = |rows: &Dataset| {
            let found = Search::new(needle).find_around(rows, &[2, 4], (0, 0), true, &Control::new());
            found.unwrap().place
        };
        assert_eq!(
            (find(&there), find(&here)),
            (Some((u64::from(ODD) - 1, 4)), Some((u64::from(ODD) - 1, 4))),
            "{sort}"
        );
        said(&there, sort);

        // A sample without the value is of the same rows, and so of the same columns.
        let step: Importance = toml::toml! { target = "word" sample = 200 }.try_into().unwrap();
        let there = fresh(&*source, n);
        let (far, near) = (step.answer(&there, &context()).unwrap(), step.answer(&here, &context()).unwrap());
        let kinds = |a: &mekiki::op::importance::Answer| {
            a.prepared.sources.iter().map(|s| format!("{} {:?}", s.var.name, s.var.kind)).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&far), kinds(&near), "{sort}");
        said(&there, sort);
    }
}

#[test]
fn what_it_was_is_made_of_the_text_where_it_is() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    for (n, to, steps) in [
        (0, "number", &["sum:v", "mean:v"]),
        (1, "number", &["sum:v", "max:v"]),
        (2, "number", &["sum:v", "min:v"]),
        (3, "date", &["min:v", "max:v"]),
    ] {
        let there = || {
            let there = fresh(&*source, n);
            there.place().unwrap().remote.misfits(&["v"]);
            there.settled(&Control::new()).unwrap().unwrap()
        };
        let cast = toml::toml! { op = "cast" columns = ["v"] to = to };
        let measures: Vec<toml::Value> = steps.iter().map(|m| (*m).into()).collect();
        let mut rank = toml::toml! { op = "rank" by = ["word"] };
        rank.insert("measures".to_owned(), measures.into());
        assert_eq!(oracle::both(&there(), &landed(&*source, n), &[cast.clone(), rank]), 2, "{:?}", SORTS[n]);
        // One value was lost of NaN and of the infinite, none of long numbers.
        let (step, there): (Step, _) = (cast.try_into().unwrap(), there());
        let lost = step.run(&there, &context(), &mut |_| {}).unwrap().notes;
        assert_eq!(
            lost.iter().filter(|n| n.id == "note-cast-lost").count(),
            usize::from([0, 3].contains(&n)),
            "{lost:?}"
        );
        assert!(there.row_count().known() < u64::from(ROWS), "rows were read");
    }
}

#[test]
fn an_order_that_is_not_that_of_the_text_is_said() {
    let database = server().database();
    database.sql(
        "create table days as select i as id, case i when 3 then date '-infinity' when 5 then date '0044-03-15 BC' \
         when 7 then date '0100-03-15 BC' else date '2026-11-01' + i end as day from generate_series(1, 400) i; \
         create view v as select * from days order by id",
    );
    let source = source(&database);
    let open = || source.open("public.v", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let sort: Step = toml::toml! { op = "sort" by = [{ column = "day" }] }.try_into().unwrap();
    let text = |rows: &Dataset, n| -> Vec<String> {
        let frame = rows.window(&[1], 0, n).unwrap();
        (0..n).map(|i| frame.cell(i, 0).plain()).collect()
    };
    let notices = |rows: &Dataset| rows.table().notices().iter().map(|n| n.id).collect::<Vec<_>>();
    // Opening a table shows its first rows, and these have them.
    let there = open();
    assert_eq!(notices(&there), ["notice-postgres-misfit"]);
    let rows = sort.run(&there, &context(), &mut |_| {}).unwrap().dataset;
    assert_eq!(text(&rows, 2), ["-infinity", "0044-03-15 BC"]);
    assert_eq!(notices(&rows), ["notice-postgres-misfit"]);
    // Dates before our era are days, and in their order, where there is nothing else among them.
    database.sql("create view held as select * from days where id <> 3 order by id");
    let held = source.open("public.held", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let near = sort.run(&oracle::copy(&held), &context(), &mut |_| {}).unwrap().dataset;
    let far = sort.run(&held, &context(), &mut |_| {}).unwrap().dataset;
    assert_eq!(told(&far), told(&near));
    assert_eq!(text(&far, 2), ["-0099-03-15", "-0043-03-15"]);
    // Behind the rows looked at first, they are met in the order the server has.
    database.sql(
        "create view behind as select id + 400 as id, day from days union all \
                  select i, date '2026-01-01' from generate_series(1, 400) i order by id",
    );
    let behind = source.open("public.behind", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let rows = sort.run(&behind, &context(), &mut |_| {}).unwrap().dataset;
    text(&rows, 3);
    let rows = rows.settled(&Control::new()).unwrap().unwrap();
    assert_eq!(text(&rows, 3), ["-infinity", "0100-03-15 BC", "0044-03-15 BC"]);
    assert_eq!(notices(&rows), ["notice-postgres-misfit", "notice-postgres-order"]);
}

#[test]
fn readers_of_one_table_give_up_without_those_of_another_opened_by_the_same_work() {
    let database = server().database();
    make(&database);
    let source = source(&database);
    let read = |rows: &Dataset| rows.window(&[0], u64::from(ODD) - 5, 10).ok().map(|frame| frame.height());
    // Another reading of the same rows.
    let first = fresh(&*source, 3);
    assert_eq!(read(&first), Some(10));
    let second = first.settled(&Control::new()).unwrap().unwrap();
    first.table().give_up();
    assert_eq!(read(&second), Some(10));
    // Rows made by the same task of other rows.
    let task = context();
    let sort: Step = toml::toml! { op = "sort" by = [{ column = "id" }] }.try_into().unwrap();
    let [one, other] = [0, 1].map(|n| sort.run(&fresh(&*source, n), &task, &mut |_| {}).unwrap().dataset);
    one.table().give_up();
    assert_eq!(read(&other), Some(10));
    assert_eq!(read(&one), Some(10));
    // What stops the task stops all of its tables.
    let [one, other] = [0, 1].map(|n| sort.run(&fresh(&*source, n), &task, &mut |_| {}).unwrap().dataset);
    task.control.cancel();
    assert!(read(&one).or(read(&other)).is_none());
}
