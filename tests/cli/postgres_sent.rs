//! The statements that work sends to PostgreSQL: in place of its answer, beside it, and none but those; on real servers.
#![cfg(unix)]

use super::postgres::{at, place, run};
use crate::postgres::{Database, PASSWORD, Server, deaf_to_cancels, server};

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn made(server: &Server) -> Database<'_> {
    let database = server.database();
    database.sql(
        "create table t as select i as id, case when i % 2 = 0 then 'A' else 'B' end as variant, i % 11 = 0 as converted,
           (i * 7919 % 1000)::float8 / 7 as revenue, date '2026-11-01' + i % 14 as day,
           (array['ios','android','web'])[1 + i % 3] as device from generate_series(1, 3000) i;
         create view v as select * from t; analyze t",
    );
    database
}

/// Work that is done at the server, with what its first statement is known by.
const WORK: [(&[&str], &str); 6] = [
    (&["rank", "prod:v", "--by", "device", "--measure", "sum:revenue"], "group by"),
    (&["profile", "prod:v"], "count("),
    (&["chart", "prod:v", "--kind", "bar", "--x", "device", "--y", "revenue"], "group by"),
    (&["chart", "prod:v", "--kind", "histogram", "--x", "revenue"], "revenue"),
    (&["ab", "prod:v", "--variant", "variant", "--metric", "converted"], "variant"),
    (&["importance", "prod:v", "--target", "revenue", "--sample", "500"], "revenue"),
];

#[test]
fn statements_are_given_in_place_of_an_answer_and_are_those_that_were_sent() {
    let server = Server::start_noting();
    let database = made(&server);
    let place = at(&database);
    for (words, known_by) in WORK {
        let told = run(&place, &[words, &["--format", "sql"]].concat()).code(0);
        let statements: Vec<&str> = told.out.split(";\n").map(str::trim).filter(|s| !s.is_empty()).collect();
        assert!(statements.iter().any(|s| s.contains(known_by)), "{words:?}: {}", told.out);
        let noted = server.noted();
        for statement in &statements {
            // Each can be run as it is, and was.
            database.ask(statement);
            let sent = squeezed(statement);
            assert!(noted.iter().any(|n| n.ends_with(&sent) || n.contains(&format!("{sent} )"))), "{words:?}: {sent}");
        }
    }
    // The one of a ranking gives the ranking.
    let words = ["rank", "prod:v", "--by", "device", "--measure", "count", "--where", "id <= 100"];
    let told = run(&place, &[&words[..], &["--format", "sql"]].concat()).code(0);
    let rows = database.ask(told.out.split(";\n").next().unwrap());
    assert_eq!(
        rows.iter().map(|r| (r[0].as_str(), r[1].as_str())).collect::<Vec<_>>(),
        [("android", "34"), ("ios", "33"), ("web", "33")]
    );
    // To a file as well.
    run(&place, &["profile", "prod:v", "-o", "p.sql"]).code(0);
    assert!(std::fs::read_to_string(place.path("p.sql")).unwrap().contains("\"v\""));
}

#[test]
fn nothing_is_read_that_is_not_told() {
    let server = Server::start_noting();
    let database = made(&server);
    let place = at(&database);
    let all: [&[&str]; 4] = [
        &["clean", "prod:v"],
        &["export", "prod:v", "-o", "out.parquet"],
        &["view", "prod:v", "--sort", "id:desc"],
        WORK[4].0,
    ];
    for words in WORK.iter().map(|w| w.0).chain(all) {
        let before = server.noted().len();
        let told = run(&place, &[words, &["-v"]].concat()).code(0);
        let sent = squeezed(&told.err);
        let noted = server.noted().split_off(before);
        let reads = noted.iter().filter(|n| n.contains("\"v\"") && !n.to_lowercase().starts_with("explain"));
        let mut count = 0;
        for statement in reads {
            let bare = statement.split(" cursor for ").last().unwrap();
            let bare = bare.strip_prefix("copy ( ").map_or(bare, |b| b.rsplit_once(" ) to stdout").unwrap().0);
            assert!(sent.contains(bare), "{words:?}: {bare}\n{}", told.err);
            count += 1;
        }
        assert!(count > 0, "{words:?}");
    }
}

#[test]
fn what_sends_nothing_gives_no_statements() {
    let database = made(server());
    let place = at(&database);
    place.write("here.csv", "a,b\n1,2\n");
    for words in [&["rank", "here.csv", "--by", "a"][..], &["profile", "here.csv"], &["chart", "here.csv", "--x", "a"]]
    {
        let told = run(&place, &[words, &["--format", "sql"]].concat()).code(2);
        assert!(told.out.is_empty() && told.err.contains("Only rows that are at a database"), "{}", told.err);
    }
    run(&place, &["ab", "--arm", "A=1/10", "--arm", "B=2/10", "--format", "sql"]).code(2);
}

#[test]
fn a_server_that_does_not_say_it_stopped_is_said_not_to_have() {
    let database = server().database();
    let direct = format!(":{}/", server().port);
    let deaf = format!(":{}/", deaf_to_cancels(server().port));
    let words = ["view", "prod:sql", "--query", "select pg_sleep(600)::text as nap", "--timeout", "1s"];
    let told = run(&place(&database.connection("prod").replace(&direct, &deaf)), &words).code(4);
    assert!(told.err.contains("has not said yet that it did"), "{}", told.err);
    assert!(!told.err.contains(PASSWORD));
    // One that hears stops, and nothing is said of it.
    let told = run(&at(&database), &words).code(4);
    assert!(!told.err.contains("has not said yet"), "{}", told.err);
    database.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mekiki' and datname = current_database()");
}
