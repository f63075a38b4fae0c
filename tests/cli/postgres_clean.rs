//! Cleaning, handing on and bringing here what is in PostgreSQL, from the command line.
#![cfg(unix)]

use super::postgres::{at, run};
use super::{Place, bytes};
use crate::postgres::{Database, server};

/// A table with one of everything there is to clean: 3,000 rows, of which 300 come twice.
fn dirty() -> (Database<'static>, Place) {
    let database = server().database();
    database.sql(
        "create table dirty as select g as id, 'k' || g % 7 as kind, g % 7 as code, 'k' || g % 7 as again, \
         'JP' as country, case when g % 3 = 0 then 'x' end as flag, null::int as nothing, '' as blank, \
         case when g % 10 = 0 then 'N/A' else (g % 50)::text end as amount, 'u' || g || '@example.com' as contact, \
         case when g % 2 = 0 then ' a' else 'A' end as padded \
         from (select s % 2700 as g from generate_series(0, 2999) s) t; analyze dirty",
    );
    let place = at(&database);
    (database, place)
}

#[test]
fn a_cleaning_there_tells_what_one_here_tells() {
    let (database, place) = dirty();
    run(&place, &["export", "prod:public.dirty", "-o", "copy.parquet"]).code(0);
    for words in [
        &["--json"][..],
        &["--format", "csv"],
        &["--keys", "id", "--json"],
        &["--keys", "kind,code", "--without", "constant", "--nearly-empty", "0.5", "--json"],
        &["--sentinels", "*", "--cast", "amount:integer", "--mask", "contact", "--fold", "padded", "--json"],
        &["--where", "code <> 3", "--columns", "id,kind,code", "--json"],
    ] {
        let with = |locator: &str| run(&place, &[&["clean", locator], words].concat()).code(0);
        let (there, here) = (with("prod:public.dirty"), with("copy.parquet"));
        assert_eq!(there.out, here.out, "{words:?}");
        assert!(there.err.contains("Decided at prod (PostgreSQL)"), "{}", there.err);
        assert!(!there.err.contains("Not done"), "{}", there.err);
    }
    // 2,700 rows are left, and id, kind, amount, contact and padded, beside the flag.
    let told = run(&place, &["clean", "prod:public.dirty", "-o", "there.csv", "--sort", "id"]).code(0);
    assert!(told.err.contains("2,700 rows × 5 columns left; gone: 300 rows, 6 columns"), "{}", told.err);
    run(&place, &["clean", "copy.parquet", "-o", "here.csv", "--sort", "id"]).code(0);
    assert_eq!(bytes(&place.path("there.csv")), bytes(&place.path("here.csv")));
    let told = run(&place, &["clean", "prod:public.dirty", "--check", "-q"]).code(6);
    assert!(told.err.contains("300"), "{}", told.err);
    let told = run(&place, &["clean", "prod:public.dirty", "--keys", "kind", "--json"]).code(0);
    assert!(told.err.contains("which of those with the same keys stays is up to prod"), "{}", told.err);
    let told = run(&place, &["clean", "prod:public.dirty", "--keys", "kind", "--sort", "id:desc", "--json"]).code(0);
    assert!(told.err.contains("the first in the order of id stays"), "{}", told.err);
    drop(database);
}

#[test]
fn the_query_of_a_cleaning_is_handed_on_and_never_run() {
    let (database, place) = dirty();
    let told = run(&place, &["clean", "prod:public.dirty", "-o", "clean.sql"]).code(0);
    assert!(told.err.contains("clean.sql") && told.out.is_empty(), "{told:?}");
    let sql = String::from_utf8(bytes(&place.path("clean.sql"))).unwrap();
    assert_eq!(
        sql,
        "select distinct \"id\", \"kind\", \"amount\", \"contact\", \"padded\"\nfrom \"public\".\"dirty\";\n"
    );
    assert_eq!(database.ask(&sql).len(), 2_700);
    let words = ["clean", "prod:public.dirty", "--keys", "kind", "--sentinels", "amount", "--cast", "amount:integer"];
    let more = ["--mask", "contact", "--trim", "padded", "--sort", "id", "--create-view", "public.\"きれい\""];
    let told = run(&place, &[&words[..], &more].concat()).code(0);
    assert!(told.out.starts_with("create view \"public\".\"きれい\" as\nselect"), "{}", told.out);
    assert!(database.ask("select 1 from pg_views where viewname = 'きれい'").is_empty());
    // Whoever may run it gets what a cleaning gives.
    database.sql(&told.out);
    let found = database.ask("select id, kind, amount, contact, padded from public.\"きれい\" order by id");
    let row = |id: &str, amount: &str, padded: &str| {
        [id, &format!("k{id}"), amount, "u***", padded].map(str::to_owned).to_vec()
    };
    assert_eq!(found.len(), 7);
    assert_eq!(found[..2], [row("0", "", "a"), row("1", "1", "A")]);
    let types = database.ask("select pg_typeof(amount)::text from public.\"きれい\" limit 1");
    assert_eq!(types, [["bigint"]]);
    let told = run(&place, &["export", "prod:public.dirty", "--where", "code = 3", "--format", "sql"]).code(0);
    assert!(told.out.ends_with("from \"public\".\"dirty\"\nwhere (\"code\" = 3);\n"), "{}", told.out);
}

#[test]
fn only_what_is_there_has_a_query() {
    let (database, place) = dirty();
    let told = run(&place, &["export", "sales.csv", "--format", "sql"]).code(2);
    assert!(told.err.contains("Only rows that are at a database"), "{}", told.err);
    run(&place, &["clean", "sales.csv", "-o", "x.sql"]).code(2);
    run(&place, &["export", "prod:public.dirty", "-o", "x.csv", "--create-view", "a"]).code(2);
    run(&place, &["clean", "prod:public.dirty", "--json", "--format", "sql"]).code(2);
    run(&place, &["export", "prod:public.dirty", "--create-view", "a."]).code(2);
    run(&place, &["export", "prod:public.dirty", "--where", "upper(kind) = 'K1'", "--format", "sql"]).code(2);
    assert!(!place.path("x.csv").exists() && !place.path("x.sql").exists());
    drop(database);
}

#[test]
fn what_bringing_rows_here_takes_is_said_first() {
    let (database, place) = dirty();
    let told = run(&place, &["export", "prod:public.dirty", "-o", "all.parquet"]).code(0);
    let (said, done) = (told.err.find("prod: about 3,000 rows"), told.err.find("all.parquet"));
    assert!(said.is_some() && said < done, "{}", told.err);
    let told =
        run(&place, &["view", "all.parquet", "--where", "id = 2699", "--columns", "id", "--format", "csv"]).code(0);
    assert_eq!(told.out, "id\n2699\n");
    drop(database);
}
