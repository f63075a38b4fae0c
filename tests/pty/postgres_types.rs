//! Values that have no place in a column of their type here, in the interface, on a real server.

use super::ESC;
use super::postgres::{no_secret, place};
use crate::postgres::server;

#[test]
fn a_column_becomes_text_when_a_value_without_a_place_comes_into_view() {
    let database = server().database();
    database.sql(
        "create table t as select g as id, case when g = 6000 then date 'infinity' else date '2026-01-01' + g % 300 end as d \
         from generate_series(1, 30000) g; create view late as select * from t",
    );
    let place = place(&database);
    let mut s = place.start(&["prod:public.late"], (100, 24));
    s.title("late  more than 200 rows × 2 columns  prod: rows stay there");
    s.sees("2026-01-02");
    // There by its number; the row is read again as it is.
    s.keys(":6000\r");
    s.sees("infinity");
    s.at("id", "6000", "6,000 / ?");
    // Rows picked there find it as well.
    s.keys("&d > '2026-10-20' and id > 5900\r");
    s.first_row("5993");
    s.sees("infinity");
    s.keys("W");
    s.sees("Shown as text, since not every value fits");
    s.sees_no("shown as missing");
    s.keys(ESC);
    s.quit();
    no_secret(&s);
}

/// What is said where something has to be done again.
const AGAIN: &str = "It is read as text from now on";

#[test]
fn what_comes_upon_such_a_value_is_done_again_by_itself() {
    let database = server().database();
    database.sql(
        "create table t as select g as id, case when g = 6000 then date 'infinity' else date '2026-01-01' + g % 300 end as d, \
         case when g = 7000 then date '-infinity' else date '2026-01-01' end as e, \
         case when g = 8000 then 'NaN' else g::numeric(9, 2) end as n from generate_series(1, 30000) g; create view late as select * from t",
    );
    let place = place(&database);
    // A condition on one such column, and one on two, each of which is found by itself.
    for (condition, columns) in
        [("date(d) < '2026-01-02'", "d"), ("date(d) < '2026-01-02' and date(e) > '2025-12-31'", "d, e")]
    {
        let mut s = place.start(&["prod:public.late"], (120, 24));
        s.title("late  more than 200 rows × 4 columns");
        s.keys(&format!("&{condition}\r"));
        s.first_row("300");
        s.title("late  99 rows × 4 columns");
        // What was in force before is of the same reading.
        s.keys("u");
        s.title("late  30,000 rows × 4 columns");
        s.keys(":6000\r");
        s.sees("infinity");
        s.keys("W");
        s.sees(&format!("too far away): {columns}"));
        s.wait("one notice", |lines| lines.iter().filter(|l| l.contains("Shown as text")).count() == 1);
        s.keys(ESC);
        s.sees_no("Shown as text");
        s.quit();
        assert!(!String::from_utf8_lossy(&s.bytes).contains(AGAIN), "{condition}");
    }
    // What cannot be done to text says why it is text.
    let mut s = place.start(&["prod:public.late"], (120, 24));
    s.title("late  more than 200 rows × 4 columns");
    s.keys("&n + 1 > 7900\r");
    s.sees("Not every value of n fits");
    s.keys(ESC);
    s.quit();
    assert!(!String::from_utf8_lossy(&s.bytes).contains(AGAIN));
    // What is done to rows that are made of such a column.
    let acts = [
        ("r", "Rank of year"),
        ("p", "Profile"),
        ("/-infinity\r", "7,000 / "),
        ("v", "2,026"),
        ("i", "2,026"),
        ("G", "30,000 / 30,000"),
        ("s", "▲"),
    ];
    for (keys, seen) in acts {
        let mut s = place.start(&["prod:public.late"], (120, 24));
        s.title("late  more than 200 rows × 4 columns");
        s.keys("D");
        s.sees("New column");
        s.keys("\x15year\t\x15year(date(d))\r");
        s.title("late  more than 200 rows × 5 columns");
        s.keys("$");
        s.at("year", "2026", "1 / ?");
        s.keys(keys);
        s.sees(seen);
        if keys == "p" {
            // What is read here for another column's sake is read as it is.
            s.wait("the kind of n", |lines| lines.iter().any(|l| l.starts_with("n ") && l.contains("text")));
        }
        assert!(!String::from_utf8_lossy(&s.bytes).contains(AGAIN), "{keys}");
    }
}
