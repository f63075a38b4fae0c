//! Cleaning, handing on and bringing here what is in PostgreSQL, in the interface.

use super::ESC;
use super::postgres::{no_secret, place};
use crate::postgres::server;

#[test]
fn a_view_is_cleaned_there_handed_on_and_brought_here() {
    let database = server().database();
    database.sql(
        "create schema mart; create table mart.raw as select g as id, 'k' || g % 7 as kind, g % 7 as code, \
         'JP' as country from (select s % 900 as g from generate_series(0, 999) s) t; create view mart.v as select * from mart.raw; analyze",
    );
    let place = place(&database);
    let mut s = place.start(&["prod:mart.v"], (80, 24));
    s.title("v  more than 200 rows × 4 columns  prod: rows stay there");
    s.keys("c");
    s.sees("kind under other names");
    s.sees("900 rows × 2 columns left; gone: 100 rows, 2 columns");
    s.keys("Z");
    s.sees("select distinct \"id\", \"kind\"");
    s.keys(ESC);
    s.sees_no("select distinct");
    // The second finding is taken back.
    s.keys("j ");
    s.sees("900 rows × 3 columns left");
    s.keys("Z");
    s.sees("select distinct \"id\", \"kind\", ");
    s.keys(ESC);
    s.sees_no("select distinct");
    s.keys("\r");
    s.sees("Cleaned: 900 rows × 3 columns left");
    s.sees("prod: rows stay there");
    s.keys("Z");
    s.sees("At prod (PostgreSQL)");
    s.sees("v as a view");
    s.keys("v");
    s.sees("Name of the view");
    s.sees("mart.v_view");
    s.keys("\r");
    s.sees("create view \"mart\".\"v_view\" as");
    s.sees("not run from here");
    s.keys("e");
    s.sees("Write the query");
    s.keys("\r");
    s.sees("Wrote the query to v.sql");
    let sql = std::fs::read_to_string(place.path("v.sql")).unwrap();
    database.sql(&sql);
    assert_eq!(database.ask("select count(*) from mart.v_view"), [["900"]]);
    s.keys("b");
    s.sees("rows, ");
    s.sees("Bring them here");
    s.keys("\r");
    s.sees("900 rows are here now");
    s.keys("Z");
    s.sees("-- brought here");
    s.keys(ESC);
    s.sees_no("-- brought here");
    s.keys("b");
    s.sees("here already");
    s.keys("u");
    s.sees("prod: rows stay there");
    s.quit();
    no_secret(&s);
}
