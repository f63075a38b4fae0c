//! PostgreSQL in the interface, on a real server.

use std::time::Instant;

use super::{DEADLINE, ESC, Place, Session};
use crate::postgres::{Database, PASSWORD, server};

pub(super) fn place(database: &Database<'_>) -> Place {
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = database.connection("prod").replace("env:WAREHOUSE_PASSWORD", "command:cat secret");
    place.write("home/config/mekiki/config.toml", &config);
    place.write("secret", PASSWORD);
    place
}

/// Statements of the program that begin so and are running.
pub(super) fn running(database: &Database<'_>, begin: &str) -> usize {
    let sql = format!(
        "select 1 from pg_stat_activity where application_name = 'mekiki' and state = 'active' \
         and datname = current_database() and query ilike '{begin}%'"
    );
    database.ask(&sql).len()
}

#[track_caller]
pub(super) fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < end, "waited for {what}");
    }
}

pub(super) fn no_secret(s: &Session) {
    assert!(!String::from_utf8_lossy(&s.bytes).contains(PASSWORD));
}

#[test]
fn from_the_sources_to_a_ranking_made_there() {
    let database = server().database();
    database.sql(
        "create schema mart; \
         create table mart.sales as select g as id, 'k' || g % 7 as kind, g * 0.5::float8 as x from generate_series(1, 30000) g; \
         create view mart.v_sales as select * from mart.sales; comment on view mart.v_sales is '売上'",
    );
    let place = place(&database);
    let mut s = place.start(&[], (100, 24));
    s.sees("Connections");
    s.keys("/prod\r");
    s.sees("2 tables and views");
    s.keys("\r");
    s.sees("view · 売上");
    // The view stands first.
    s.keys("\r");
    s.title("v_sales  more than 200 rows × 3 columns  prod: rows stay there");
    s.at("id", "1", "1 / ?");
    s.keys("G");
    s.at("id", "30000", "30,000 / 30,000");
    s.keys("g");
    s.at("id", "1", "1 / 30,000");
    s.keys("&kind = 'k3' and id > 20000\r");
    s.first_row("20002");
    s.keys("s");
    // The running task's name has the sign as well.
    s.wait("the order in the header", |lines| lines[2].contains('▲'));
    s.keys("s");
    s.first_row("29998");
    s.keys("Z");
    s.sees("At prod (PostgreSQL)");
    s.sees("order by \"id\" desc nulls last");
    s.sees("where ((\"kind\" = 'k3') and (\"id\" > 20000))");
    s.keys(ESC);
    s.sees_no("At prod (PostgreSQL)");
    s.keys("$r");
    s.sees("Rank of x");
    s.keys("W");
    s.sees("Done at prod (PostgreSQL); only the answer came here.");
    s.keys(ESC);
    s.sees_no("only the answer came here");
    s.keys("Z");
    s.sees("What was sent for");
    s.sees("group by 1");
    s.quit();
    no_secret(&s);
}

#[test]
fn stopping_a_task_stops_the_statement() {
    let database = server().database();
    database.sql("create view slow as select g, case when g > 250 then pg_sleep(0.05)::text end as nap from generate_series(1, 100000) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.slow"], (100, 24));
    s.title("slow  more than 200 rows × 2 columns");
    // The sort needs every row.
    s.keys("s");
    until("the statement to run", || running(&database, "fetch") > 0);
    s.keys("\x03");
    s.sees("Stopped: sorted by g");
    until("the statement to end", || running(&database, "fetch") == 0);
    // And the table is as it was.
    s.at("g", "1", "1 / ?");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_table_that_is_gone_is_said_to_be() {
    let database = server().database();
    database.sql("create table fleeting as select g from generate_series(1, 100) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.fleeting"], (100, 24));
    s.title("fleeting  100 rows × 1 column");
    database.sql("drop table fleeting");
    s.keys("s");
    s.sees("does not exist");
    // What was fetched is still there.
    s.at("g", "1", "1 / 100");
    s.quit();
}
