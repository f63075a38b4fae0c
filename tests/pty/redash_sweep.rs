//! What fails on a server: values of a query over several, which alone are asked for again, and a choice from a list, which
//! leads back to it. With them the list of what was opened lately.

use super::redash::place;
use crate::fake::{Exchange, Fake, Fault};
use serde_json::json;

const QUERY: &str =
    r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "uid", "type": "text", "value": "x"}]}}"#;

fn run_of(uid: &str, max_age: i64, reply: &str) -> Exchange {
    let body = json!({ "max_age": max_age, "parameters": { "uid": uid } });
    Exchange::json("POST", "/api/queries/5/results", body, reply)
}

fn failed(uid: &str, max_age: i64, words: &str) -> Exchange {
    run_of(uid, max_age, &format!(r#"{{"message": "{words}"}}"#)).with(400, Fault::None)
}

fn one(n: u64) -> String {
    let data = format!(r#"{{"columns": [{{"name": "n", "type": "integer"}}], "rows": [{{"n": {n}}}]}}"#);
    format!(r#"{{"query_result": {{"id": {n}, "data": {data}}}}}"#)
}

#[test]
fn what_failed_is_asked_for_again_alone_and_stacked_with_what_came() {
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", QUERY),
        run_of("abc", -1, &one(4711)),
        failed("def", -1, "no such user"),
        failed("def", -1, "no such user"),
        run_of("def", -1, &one(4712)),
        failed("ghi", -1, "no such user"),
        failed("ghi", -1, "no such user"),
        failed("ghi", -1, "locked out"),
        failed("ghi", -1, "locked out"),
        run_of("ghi", -1, &one(4713)),
        run_of("abc", 0, &one(5711)),
        run_of("def", 0, &one(5712)),
        run_of("ghi", 0, &one(5713)),
    ]);
    let posts = || fake.asked().iter().filter(|a| a.starts_with("POST")).count();
    let place = place(&fake);
    let mut s = place.start(&["team:5", "-p", "uid=abc", "-p", "uid=def", "-p", "uid=ghi"], (80, 24));
    s.sees("4,711");
    s.sees("1 of 3 runs");
    s.sees("2 values could not be had: press . to ask again, W to see why");
    // Largest first, which stays in force.
    s.keys("lss");
    s.sees("▼");
    // Reading again asks what is meant; the first answer is what is missing.
    s.keys("\x1b[15~");
    s.sees("Only the 2 that could not be had");
    s.sees("Everything");
    s.keys("\r");
    s.sees("4,712");
    s.sees("2 of 3 runs");
    s.sees("One value still could not be had");
    s.keys("W");
    s.sees("locked out");
    s.sees_no("uid=def");
    s.keys("q");
    s.sees_no("─ Notices");
    assert_eq!(posts(), 1 + 2 + 2 + 1 + 2);
    s.keys(".");
    s.sees("Everything is there now");
    s.sees("3 runs");
    s.sees("4,713");
    let lines = s.lines();
    let at = |n: &str| lines.iter().position(|l| l.contains(n)).unwrap_or_else(|| panic!("{n}: {lines:#?}"));
    assert!(at("4,713") < at("4,712") && at("4,712") < at("4,711"), "{lines:#?}");
    assert_eq!(posts(), 9);
    s.keys(".");
    s.sees("Nothing is missing");
    s.keys("s");
    s.wait("the order of the runs", |lines| !lines.iter().any(|l| l.contains('▼')));
    // Now there is one thing to read again.
    s.keys("\x1b[15~");
    s.sees("5,713");
    s.sees("5,711");
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn tables_opened_lately_are_listed_with_their_values_as_people_read_them() {
    let query =
        r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "地域", "type": "text", "value": "x"}]}}"#;
    let body = json!({ "max_age": -1, "parameters": { "地域": "東京 & \u{1b}[7m大阪" } });
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", query),
        Exchange::json("POST", "/api/queries/5/results", body, &one(4711)),
    ]);
    let place = place(&fake);
    let locator = "team:5?p_%E5%9C%B0%E5%9F%9F=%E6%9D%B1%E4%BA%AC+%26+%1B%5B7m%E5%A4%A7%E9%98%AA";
    let mut s = place.start(&[locator], (80, 24));
    s.sees("4,711");
    s.quit();
    let recent = || std::fs::read_to_string(place.path("state/recent")).unwrap();
    assert_eq!(recent(), format!("{locator}\n"));
    let mut s = place.start(&[], (80, 24));
    s.sees("team:5?p_地域=東京 & ");
    s.sees("大阪");
    s.sees_no("%E5");
    assert!(!String::from_utf8_lossy(&s.bytes).contains("\u{1b}[7m大阪"));
    s.keys("\r");
    s.sees("4,711");
    s.quit();
    assert_eq!(recent(), format!("{locator}\n"));
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn what_cannot_be_opened_leads_back_to_the_list_it_was_chosen_from() {
    let list = r#"{"count": 2, "results": [{"id": 4, "name": "first"}, {"id": 5, "name": "second"}]}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries?page_size=250", list),
        Exchange::get("/api/queries/5", r#"{"message": "words"}"#).with(413, Fault::None),
        Exchange::get("/api/queries/5", r#"{"id": 5, "name": "second", "latest_query_data_id": null}"#),
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": -1 }), &one(4711)),
    ]);
    let place = place(&fake);
    let mut s = place.start(&["team:queries"], (80, 24));
    s.sees("first");
    s.keys("/sec\r");
    s.sees("The request is larger than");
    s.sees("second");
    s.sees_no("Connections");
    s.keys("\r");
    s.sees("4,711");
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
