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
