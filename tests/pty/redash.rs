//! Redash in the interface, against a server that replays recordings.

use super::Session;
use crate::fake::{Exchange, Fake, recorded};
use serde_json::{Value, json};

const KEY: &str = "USERKEYadmin0000000000000000000000000000";
const V26: &str = include_str!("../fixtures/redash/v26.jsonl");

fn session(fake: &Fake, args: &[&str]) -> Session {
    let config = format!("[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"{KEY}\"\ntime_zone = \"UTC\"\n", fake.url);
    Session::configured(24, 100, args, &config)
}

/// No text on screen, in titles or in remembered files has the key.
fn keeps_the_key(s: &Session) {
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
    let recent = std::fs::read_to_string(s.file("home/recent")).unwrap_or_default();
    assert!(recent.contains("team:") && !recent.contains(KEY), "{recent}");
}

#[test]
fn from_the_start_screen_to_a_query_and_a_fresh_run() {
    let fake = Fake::new(recorded(V26));
    let mut s = session(&fake, &[]);
    s.expect("", "Connections");
    assert!(fake.asked().is_empty(), "nothing goes over the network before somebody asks");
    s.expect("/team\r", "Favourites");
    s.expect("/一覧", "ユーザー一覧 plain users");
    s.wait("the others gone", |t| !t.contains("Filler query"));
    s.expect("\r", "鈴木 花子");
    s.wait("the age of the data", |t| t.contains("data from"));
    s.keys("\x1b[15~");
    s.wait("a run", |_| fake.asked().iter().any(|a| a.starts_with("POST /api/queries/1/results")));
    s.wait("its result", |t| t.contains("鈴木 花子") && fake.asked().iter().any(|a| a.ends_with("/query_results/28.json")));
    s.keys("Q");
    s.end();
    keeps_the_key(&s);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn parameters_are_a_form() {
    let query = r#"{"id": 5, "name": "q", "options": {"parameters": [
        {"name": "country", "type": "enum", "title": "Country", "value": "JP", "enumOptions": "JP\nUS"},
        {"name": "since", "type": "date", "title": "Since", "value": "2025-01-01"}]}}"#;
    let body = json!({ "max_age": -1, "parameters": { "country": "US", "since": "2025-01-01" } });
    let rows = r#"{"query_result": {"id": 1, "data": {"columns": [{"name": "n", "type": "integer"}], "rows": [{"n": 4711}]}}}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", query),
        Exchange::json("POST", "/api/queries/5/results", body, rows),
    ]);
    let mut s = session(&fake, &["team:5"]);
    s.expect("", "Country (country)");
    s.expect("\x1b[C", "‹ US ›");
    s.expect("\r", "4,711");
    s.keys("Q");
    s.end();
    keeps_the_key(&s);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn stopping_the_wait_stops_the_query() {
    let running = r#"{"job": {"id": "j", "status": 2, "error": ""}}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", r#"{"id": 5, "name": "q", "latest_query_data_id": null}"#),
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": -1 }), running),
        Exchange::get("/api/jobs/j", running),
        Exchange::json("DELETE", "/api/jobs/j", Value::Null, "null"),
    ]);
    let mut s = session(&fake, &["table.csv"]);
    s.expect("", "4 rows");
    s.expect("O", "Open (file");
    s.keys("team:5\r");
    s.wait("the server's state", |t| t.contains("running on the server"));
    // Meanwhile the table at hand goes on.
    s.expect("s", "▲");
    s.keys("\x03");
    s.wait("the end of the query", |_| fake.asked().iter().any(|a| a == "DELETE /api/jobs/j"));
    s.keys("Q");
    s.end();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
