//! The values of a query's parameters as a form: what is wrong is said while it stays, several of a list are ticked, and
//! several values of one parameter are a run each.

use super::ESC;
use super::redash::place;
use crate::fake::{Exchange, Fake};
use serde_json::json;

fn rows(id: u64, n: u64) -> String {
    let columns = json!([{ "name": "n", "type": "integer" }]);
    json!({ "query_result": { "id": id, "data": { "columns": columns, "rows": [{ "n": n }] } } }).to_string()
}

#[test]
fn what_is_wrong_is_said_while_the_form_stays_and_each_value_is_a_run() {
    let parameters = json!([
        { "name": "country", "type": "enum", "title": "Country", "value": "JP", "enumOptions": "JP\nUS" },
        { "name": "codes", "type": "enum", "value": ["A"], "enumOptions": "A\nB\nC, D",
          "multiValuesOptions": { "prefix": "'", "suffix": "'", "separator": "," } },
        { "name": "uid", "type": "text", "value": "x" },
        { "name": "since", "type": "date", "value": "2026-01-01" },
    ]);
    let query = json!({ "id": 5, "name": "q", "options": { "parameters": parameters } });
    let run = |uid: &str, reply: &str| {
        let values = json!({ "country": "JP", "codes": ["A", "C, D"], "uid": uid, "since": "2026-01-02" });
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": -1, "parameters": values }), reply)
    };
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", &query.to_string()),
        run("a", &rows(1, 4711)),
        run("b", &rows(2, 815)),
    ]);
    let place = place(&fake);
    let mut s = place.start(&["team:5"], (80, 24));
    s.sees("Country (country)");
    s.sees("‹ JP ›");
    s.keys("\x1b[B");
    s.sees("[x] A  [ ] B  [ ] C, D");
    s.sees("Space");
    // The third, by its letter.
    s.keys("c ");
    s.sees("[x] A  [ ] B  [x] C, D");
    s.keys("\x1b[B\x15a, b\x1b[B\x15tomorrow");
    s.sees("‹ A, C, D ›");
    s.sees("Written like: 2025-01-31, d_now");
    s.keys("\r");
    s.sees("“tomorrow” is not a date");
    s.keys(ESC);
    s.sees_no("“tomorrow” is not a date");
    // Nothing typed is lost.
    s.sees("a, b");
    s.sees("‹ A, C, D ›");
    s.keys("\x152026-01-02\x1b[B");
    s.sees("are several runs");
    s.keys("\x1b[C");
    s.sees("‹ uid ›");
    assert!(!fake.asked().iter().any(|a| a.starts_with("POST")));
    s.keys("\r");
    s.title("team:5 q  2 rows × 2 columns");
    s.wait("a column of the values", |lines| {
        let line = |row: usize| lines[row].split_whitespace().collect::<Vec<_>>();
        line(1) == ["uid", "n"] && line(3) == ["a", "4,711"] && line(4) == ["b", "815"]
    });
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    let posts: Vec<String> = fake.asked().into_iter().filter(|a| a.starts_with("POST")).collect();
    assert_eq!(posts.len(), 2, "{posts:?}");
}
