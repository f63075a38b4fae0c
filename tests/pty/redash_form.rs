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

#[test]
fn many_choices_are_a_list_to_search_and_to_tick() {
    let shops: Vec<String> = (0..400).map(|i| format!("店舗 {i:03}")).collect();
    let list = shops.join("\n");
    let parameters = json!([
        { "name": "shop", "type": "enum", "value": null, "enumOptions": list },
        { "name": "shops", "type": "enum", "value": ["店舗 001"], "enumOptions": list,
          "multiValuesOptions": { "prefix": "'", "suffix": "'", "separator": "," } },
    ]);
    let name = "a query with a name that takes half of the line";
    let query = json!({ "id": 5, "name": name, "options": { "parameters": parameters } });
    let values = json!({ "shop": "店舗 200", "shops": ["店舗 001", "店舗 391"] });
    let data = json!({ "columns": [{ "name": "n", "type": "integer" }], "rows": [{ "n": 4711 }] });
    let reply = json!({ "query_result": { "id": 1, "data": data, "retrieved_at": "2020-01-01T00:00:00Z" } });
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", &query.to_string()),
        Exchange::json(
            "POST",
            "/api/queries/5/results",
            json!({ "max_age": -1, "parameters": values }),
            &reply.to_string(),
        ),
    ]);
    let place = place(&fake);
    let mut s = place.start(&["team:5"], (80, 24));
    // The first stands there where none is stored.
    s.sees("‹ 店舗 000 ›");
    s.sees("Space list");
    s.keys(" ");
    s.sees("店舗 011");
    s.keys("\x1b[F");
    s.sees("店舗 399");
    // Leaving the list changes nothing.
    s.keys(ESC);
    s.sees_no("店舗 399");
    s.sees("‹ 店舗 000 ›");
    // What is typed is looked for; what nothing has can be mended.
    s.keys("20x");
    s.sees("/ 20x");
    s.keys("\r\x7f0");
    s.sees("/ 200");
    s.keys("\r");
    s.sees("‹ 店舗 200 ›");
    s.keys("\x1b[B");
    s.sees("‹ 店舗 001 ›");
    s.sees_no("←→");
    s.keys("391");
    s.sees("/ 391");
    s.sees("Space tick");
    s.keys(" ");
    s.sees("[x] 店舗 391");
    s.keys("\r");
    s.sees("‹ 店舗 001, 店舗 391 ›");
    s.keys("\r");
    s.sees("4,711");
    // What does not fit into the title is seen to be cut.
    assert!(s.lines()[0].trim_end().ends_with('…'), "{:?}", s.lines()[0]);
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn more_parameters_than_lines_keep_their_explanation() {
    let parameters: Vec<_> =
        (0..30).map(|i| json!({ "name": format!("day{i}"), "type": "date", "value": "2026-01-01" })).collect();
    let query = json!({ "id": 5, "name": "q", "options": { "parameters": parameters } });
    let fake = Fake::new(vec![Exchange::get("/api/queries/5", &query.to_string())]);
    let place = place(&fake);
    let mut s = place.start(&["team:5"], (80, 24));
    s.sees("day0");
    s.sees("Written like: 2025-01-31");
    s.keys(&"\x1b[B".repeat(29));
    s.sees("day29");
    s.sees("Written like: 2025-01-31");
    s.keys("\x152026-02-30\r");
    s.sees("“2026-02-30” is not a date");
    s.keys(ESC);
    s.sees_no("is not a date");
    s.keys(ESC);
    s.sees_no("Values for");
    s.quit();
    assert_eq!(fake.asked(), ["GET /api/queries/5"]);
}
