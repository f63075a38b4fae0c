//! Care for a server, in the interface: questions before what takes much, queries by hand, lost connections, rows that are
//! long in coming.

use std::time::{Duration, Instant};

use super::postgres::{no_secret, place, running, until};
use super::{DEADLINE, ENTER, ESC, Place};
use crate::postgres::{Database, server};

fn place_with(database: &Database<'_>, more: &str) -> Place {
    let place = place(database);
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    place.write("home/config/mekiki/config.toml", &format!("{config}{more}"));
    place
}

#[test]
fn what_takes_much_is_asked_for_first() {
    let database = server().database();
    database.sql(
        "create table sales as select g as id, 'k' || g % 7 as kind from generate_series(1, 30000) g; analyze sales; \
         create view grouped as select kind, count(*) from sales group by kind",
    );
    let place = place_with(&database, "max_rows = 1000\n");
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 2 columns");
    // An estimate, and nothing read.
    s.keys("%");
    s.sees("prod expects to handle 30,000 rows");
    s.sees("Rows that come of it: 30,000");
    s.keys(ESC);
    s.sees_no("Rows that come of it");
    // Leaving means no, and nothing has run.
    s.keys("p");
    s.sees("Go on?");
    s.sees("prod expects to handle 30,000 rows");
    assert_eq!(running(&database, "copy"), 0);
    s.keys(ESC);
    s.sees("Stopped");
    s.at("id", "1", "1 / ?");
    // Other keys answer nothing.
    s.keys("p");
    s.sees("Go on?");
    s.keys("z9%");
    s.sees("Go on?");
    s.keys("1");
    s.sees("Profile");
    s.sees("30,000");
    // As much as that is not asked for again.
    s.keys("1");
    s.title("sales");
    s.keys("$r");
    s.sees("Rank of kind");
    s.quit();
    // A view that reads all it has is asked for as it is opened; Ctrl-C is a no as well.
    let mut s = place.start(&["prod:public.grouped"], (80, 24));
    s.sees("Go on?");
    s.keys("\x03");
    s.sees("Stopped");
    s.sees_no("Go on?");
    s.quit();
    let mut s = place.start(&["prod:public.grouped"], (80, 24));
    s.sees("Go on?");
    s.keys("j");
    s.keys(ENTER);
    s.title("grouped  7 rows × 2 columns");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_query_is_written_where_the_rows_are() {
    let database = server().database();
    database.sql(
        "create schema mart; create table mart.sales as select g as id, 'k' || g % 7 as kind from generate_series(1, 100) g",
    );
    let place = place(&database);
    let mut s = place.start(&["prod:mart.sales"], (100, 24));
    s.title("sales  100 rows × 2 columns");
    s.keys("=");
    s.title("sales  1 row × 2 columns");
    s.keys("z");
    s.sees("SQL for prod:sql");
    s.sees("where (\"id\" = 1)");
    s.keys("; drop table mart.sales\x07");
    s.sees("There is a second statement");
    s.keys(ESC);
    s.sees_no("SQL for prod:sql");
    // What was half written is there again; a new place in the list of the connection leads to the same editor.
    s.keys("z");
    s.sees("drop table mart.sales");
    s.keys(ESC);
    s.sees_no("SQL for prod:sql");
    s.quit();
    assert_eq!(database.ask("select count(*) from mart.sales"), [["100"]]);
    // Where nothing was opened lately, the connection is all that is found.
    let place = super::postgres::place(&database);
    let mut s = place.start(&[], (100, 24));
    s.sees("Connections");
    s.keys("/prod\r");
    s.sees("Write a query (SQL)");
    s.keys("G");
    s.keys(ENTER);
    s.sees("SQL for prod:sql");
    s.keys("count(*) as n, nope from mart.sal");
    // The names to complete from come when they are known.
    let end = Instant::now() + DEADLINE;
    while !s.lines().iter().any(|line| line.contains("mart.sales")) {
        assert!(Instant::now() < end, "waited for a name");
        s.keys("\t");
        if let Ok(bytes) = s.output.recv_timeout(Duration::from_millis(50)) {
            s.parser.process(&bytes);
            s.bytes.extend(bytes);
        }
    }
    s.keys("\x07");
    s.sees("(line 1:23)");
    s.keys(ESC);
    s.sees_no("SQL for prod:sql");
    // Back where the connection was found.
    s.sees("/ prod");
    s.keys(ESC);
    s.sees_no("/ prod");
    s.quit();
    no_secret(&s);
}

#[test]
fn relations_are_found_across_schemas_and_listed_anew() {
    let database = server().database();
    database.sql("create schema mart; create view mart.v_daily_users as select 7 as seven; create table other (x int)");
    let place = place(&database);
    let mut s = place.start(&[], (80, 24));
    s.sees("Connections");
    s.keys("/prod\r");
    s.sees("1 table or view");
    s.sees_no("v_daily_users");
    database.sql("create view mart.v_new as select 1 as one");
    s.keys("/vnew");
    s.sees("Nothing");
    s.keys(ESC);
    s.sees_no("vnew");
    s.keys("r");
    s.sees("2 tables and views");
    s.keys("/vdu");
    s.sees("mart.v_daily_users");
    s.keys(ENTER);
    s.title("v_daily_users  1 row × 1 column");
    s.quit();
}

/// Ends every session of mekiki from the server's side.
fn end_sessions(database: &Database<'_>) {
    database.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mekiki' and datname = current_database()",
    );
    until("the sessions to end", || {
        database
            .ask("select 1 from pg_stat_activity where application_name = 'mekiki' and datname = current_database()")
            .is_empty()
    });
}

#[test]
fn a_lost_connection_is_said_and_made_anew_by_the_next_key() {
    let database = server().database();
    database.sql("create table sales as select g as id, repeat('x', 100) as x from generate_series(1, 9000) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 2 columns");
    s.keys("G");
    s.at("id", "9000", "9,000 / 9,000");
    s.keys("g");
    s.at("id", "1", "1 / 9,000");
    end_sessions(&database);
    s.keys(":4000\r");
    s.sees("prod");
    s.wait("an error", |lines| lines[lines.len() - 2].contains("prod") || lines[lines.len() - 2].contains("4000"));
    s.keys("j");
    s.at("id", "4001", "4,001 / 9,000");
    s.keys("&id > 8999\r");
    s.first_row("9000");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_transaction_that_was_ended_while_nobody_looked_goes_on_where_it_was() {
    let database = server().database();
    database.sql("create table sales as select g as id from generate_series(1, 900) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 1 column");
    until("the transaction to wait", || {
        !database
            .ask("select 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()")
            .is_empty()
    });
    end_sessions(&database);
    // No row is lost, none comes twice, and nothing is said of it.
    s.keys(&"\x06".repeat(12));
    s.title("sales  900 rows × 1 column");
    s.keys(":555\r");
    s.at("id", "555", "555 / 900");
    s.keys("G");
    s.at("id", "900", "900 / 900");
    assert!(!s.lines().iter().any(|line| line.contains("lost")), "{:?}", s.lines());
    s.quit();
    no_secret(&s);
}

#[test]
fn a_row_far_on_is_gone_to_by_its_number() {
    let database = server().database();
    database.sql("create table sales as select g as id from generate_series(1, 9000) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 1 column");
    s.keys(":4990\r");
    s.at("id", "4990", "4,990 / 9,000");
    s.quit();
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 1 column");
    s.keys(":9999\r");
    s.at("id", "9000", "9,000 / 9,000");
    s.quit();
}

#[test]
fn a_column_is_described_and_another_is_made_there() {
    let database = server().database();
    database.sql(
        "create table sales as select g as id, 'k' || g % 7 as kind, g * 0.5::float8 as x from generate_series(1, 3000) g; \
         analyze sales; comment on column sales.kind is '種別 of the sale'",
    );
    let place = place(&database);
    let mut s = place.start(&["prod:public.sales"], (80, 24));
    s.title("sales  more than 200 rows × 3 columns");
    // What the server knows of the column, and no row is read for it.
    s.keys("li");
    s.sees("server's statistics");
    s.sees("種別 of the sale");
    s.sees("≈ 3,000");
    s.sees("≈ 7");
    s.sees("≈ 14.3%");
    s.keys(ESC);
    s.sees_no("server's statistics");
    // A column computed from another is computed there.
    s.keys("D");
    s.sees("New column by an expression");
    s.keys("\x15twice\x1b[B\x15x * 2\r");
    s.title("sales  more than 200 rows × 4 columns  prod: rows stay there");
    s.keys("$");
    s.at("twice", "1.0", "1 / ?");
    s.keys("Z");
    s.sees("as \"twice\"");
    s.keys(ESC);
    s.sees_no("as \"twice\"");
    s.keys("&twice = 14\r");
    s.title("sales  1 row × 4 columns");
    s.first_row("14");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_row_that_cannot_be_made_is_said_and_the_others_stay() {
    let database = server().database();
    database.sql("create view breaks as select g, 1 / (5000 - g) as q from generate_series(1, 10000) g");
    let place = place(&database);
    let mut s = place.start(&["prod:public.breaks"], (80, 24));
    s.title("breaks  more than 200 rows × 2 columns");
    s.keys("G");
    s.sees("division by zero");
    s.keys("g");
    s.at("g", "1", "1 / 10,000");
    // Rows not far before it come, though they are asked for together with it at first.
    s.keys(":4900\r");
    s.at("g", "4,900", "4,900 / 10,000");
    s.quit();
}

#[test]
fn rows_that_are_long_in_coming_hold_nothing_up() {
    let database = server().database();
    database.sql(
        "create table quick as select g as id from generate_series(1, 50) g; \
         create view slow as select g as id, case when g > 220 then pg_sleep(600)::text end as nap from generate_series(1, 100000) g",
    );
    let place = place(&database);
    let mut s = place.start(&["prod:public.slow"], (80, 24));
    s.title("slow  more than 200 rows × 2 columns");
    // To where rows have to be waited for.
    s.keys(&"\x06".repeat(9));
    until("the fetch to run", || running(&database, "fetch") > 0);
    s.keys("?");
    s.sees("Help");
    s.keys(ESC);
    s.sees_no("Help");
    // A sort needs every row, and is stopped.
    s.keys("gs");
    until("both to run", || running(&database, "fetch") > 1);
    s.keys("\x03");
    s.sees("Stopped: sorted by id");
    // So does a profile.
    s.keys("p");
    until("the rows to be counted or fetched", || running(&database, "") > 1);
    s.keys("\x03");
    s.sees("Stopped");
    until("the profile to end", || running(&database, "") < 2);
    // With no task left, what the screen waits for is given up.
    s.keys("\x03");
    until("the fetch to end", || running(&database, "") == 0);
    // Nor do rows that are asked for anew, without the cursor that is gone.
    s.keys(&"\x06".repeat(9));
    until("the rows to be asked for", || running(&database, "") > 0);
    s.keys("?");
    s.sees("Help");
    s.keys(ESC);
    s.sees_no("Help");
    s.keys("\x03");
    until("the statement to end", || running(&database, "") == 0);
    s.keys("g");
    s.at("id", "1", "1 / ?");
    s.quit();
    until("the sessions to end", || running(&database, "") == 0);
    no_secret(&s);
}
