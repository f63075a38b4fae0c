//! What is sent to PostgreSQL, as the interface shows it, and that nothing else is; on real servers.

use super::postgres::{no_secret, place, running, until};
use super::{ENTER, ESC};
use crate::postgres::{PASSWORD, Server, deaf_to_cancels, server};

const SALES: &str = "create schema mart; \
    create table mart.sales as select g as id, 'k' || g % 7 as kind, g * 0.5::float8 as x from generate_series(1, 3000) g; \
    create view mart.v_sales as select * from mart.sales; \
    create view mart.v_twice as select id, kind, kind as again from mart.sales; analyze mart.sales; \
    comment on column mart.v_sales.kind is '種別 of the sale'; comment on column mart.sales.x is 'price, half of the number'";

#[test]
fn what_was_sent_can_be_seen_from_everywhere() {
    let database = server().database();
    database.sql(SALES);
    let place = place(&database);
    let mut s = place.start(&["prod:mart.v_sales"], (100, 30));
    s.title("v_sales  more than 200 rows × 3 columns");
    // A ranking.
    s.keys("lr");
    s.sees("Rank of kind");
    s.keys("Z");
    s.sees("What was sent for");
    s.sees("group by");
    s.keys("y");
    s.sees("opied");
    s.keys(ESC);
    s.sees_no("What was sent for");
    s.keys("1");
    s.title("v_sales");
    // A chart.
    s.keys("v");
    s.sees("SQL");
    s.keys("Z");
    s.sees("What was sent for");
    s.sees("group by");
    s.keys(ESC);
    s.sees("←→");
    s.keys(ESC);
    s.sees_no("←→");
    // A column's card: a view has no statistics, so its values were looked at; its comment is told.
    s.keys("i");
    s.sees("種別 of the sale");
    s.sees("429");
    s.keys("Z");
    s.sees("What was sent for");
    s.keys(ESC);
    s.sees("種別 of the sale");
    s.keys(ESC);
    s.sees_no("種別 of the sale");
    // A search.
    s.keys("/2999\r");
    s.sees("Done at prod");
    s.keys("Z");
    s.sees("as it is sent");
    s.keys("s");
    s.sees("What was sent for");
    s.sees("2999");
    s.keys(ESC);
    s.sees_no("What was sent for");
    // A profile.
    s.keys("p");
    s.sees("Profile");
    s.keys("Z");
    s.sees("What was sent for");
    s.keys(ESC);
    s.sees_no("What was sent for");
    s.quit();
    // What there is to clean: the query that leaves the rest, and those that found out.
    let mut s = place.start(&["prod:mart.v_twice"], (100, 30));
    s.title("v_twice");
    s.keys("c");
    s.sees("its SQL");
    s.keys("Z");
    s.sees("as it is sent");
    s.keys("s");
    s.sees("What was sent for");
    s.sees("mekiki_");
    s.keys(ESC);
    s.sees("Clean v_twice");
    s.keys(ESC);
    s.sees_no("Clean v_twice");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_connection_opens_as_the_tree_of_what_is_in_it_and_asks_only_its_catalogue() {
    let server = Server::start_noting();
    let database = server.database();
    database.sql(SALES);
    let place = place(&database);
    let mut s = place.start(&["prod:"], (80, 24));
    s.sees("mart");
    s.sees("3 tables and views");
    s.keys(ENTER);
    s.sees("v_sales");
    s.sees_no("3 tables and views");
    s.keys("jkjk");
    s.keys(ESC);
    s.sees("3 tables and views");
    s.keys("/vsal");
    s.sees("mart.v_sales");
    let before = server.noted();
    assert!(before.iter().any(|n| n.contains("pg_catalog.pg_class")), "{before:?}");
    for statement in &before {
        let own = ["set default_transaction_read_only", "select n.nspname"].iter().any(|b| statement.starts_with(b));
        assert!(own, "{statement}");
    }
    assert_eq!(before.iter().filter(|n| n.starts_with("select n.nspname")).count(), 1, "listed once");
    s.keys(ENTER);
    s.title("v_sales");
    // Looking about in what has come asks nothing more.
    s.at("id", "1", "1 / ?");
    let opened = server.noted().len();
    assert!(opened > before.len());
    s.keys("jjjlll");
    s.at("x", "2.0", "4 / ?");
    s.keys("m");
    s.sees("┌");
    s.keys(ESC);
    s.sees_no("┌");
    s.keys("Z");
    s.sees("as it is sent");
    s.keys(ESC);
    s.sees_no("as it is sent");
    for statement in server.noted().split_off(opened) {
        assert!(statement.starts_with("fetch forward"), "{statement}");
    }
    s.quit();
    // A schema by its name.
    let mut s = place.start(&["prod:mart"], (80, 24));
    s.sees("v_sales");
    s.sees("sales");
    s.quit();
    no_secret(&s);
}

#[test]
fn a_server_that_does_not_say_it_stopped_is_said_not_to_have() {
    let database = server().database();
    database.sql("create view slow as select g, case when g > 250 then pg_sleep(0.5)::text end as nap from generate_series(1, 100000) g");
    let place = place(&database);
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    let direct = format!(":{}/", server().port);
    let deaf = format!(":{}/", deaf_to_cancels(server().port));
    place.write("home/config/mekiki/config.toml", &config.replace(&direct, &deaf));
    let mut s = place.start(&["prod:public.slow"], (100, 24));
    s.title("slow  more than 200 rows × 2 columns");
    s.keys("s");
    until("the statement to run", || running(&database, "fetch") > 0);
    s.keys("\x03");
    s.sees("Stopped: sorted by g");
    s.sees("has not said yet that it did");
    // The session goes on.
    s.at("g", "1", "1 / ?");
    s.quit();
    database.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mekiki' and datname = current_database()");
}

#[test]
fn what_bringing_rows_here_takes_is_asked_once() {
    let database = server().database();
    database.sql(SALES);
    let place = place(&database);
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    place.write("home/config/mekiki/config.toml", &format!("{config}max_rows = 1000\n"));
    let mut s = place.start(&["prod:mart.sales"], (100, 24));
    s.title("sales  more than 200 rows × 3 columns");
    s.keys("b");
    s.sees("Bring");
    s.keys(ENTER);
    s.title("sales  3,000 rows × 3 columns");
    s.keys("J");
    s.sees("brought here");
    s.wait("the end of all work", |lines| lines.iter().filter(|l| l.contains("done")).count() >= 4);
    s.keys(ESC);
    s.sees_no("Tasks");
    s.quit();
    assert!(!String::from_utf8_lossy(&s.bytes).contains("Go on?"), "asked twice");
}

#[test]
fn a_password_that_is_nowhere_is_asked_for() {
    let database = server().database();
    database.sql(SALES);
    let place = place(&database);
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    place.write("home/config/mekiki/config.toml", &config.replace("password = \"command:cat secret\"\n", ""));
    let mut s = place.start(&["prod:mart.sales"], (80, 24));
    s.sees("Password of keeper for prod");
    s.keys("guess");
    s.sees("•••••");
    s.keys("\r");
    s.sees("That was not it");
    s.keys(&format!("{PASSWORD}\r"));
    s.title("sales  more than 200 rows × 3 columns");
    // Further sessions have it.
    s.keys("p");
    s.sees("Profile");
    s.quit();
    no_secret(&s);
    // Who does not say it is told what is wrong.
    let mut s = place.start(&["prod:mart.sales"], (80, 24));
    s.sees("Password of keeper for prod");
    s.keys(ESC);
    s.sees("wants a password");
    s.keys(ESC);
    s.sees_no("wants a password");
    s.quit();
}
