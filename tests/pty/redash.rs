//! Redash in the interface, against a server that replays recordings.

use super::{ESC, Place, Session};
use crate::fake::{Exchange, Fake, recorded};
use serde_json::{Value, json};

const KEY: &str = "USERKEYadmin0000000000000000000000000000";
const V26: &str = include_str!("../fixtures/redash/v26.jsonl");

/// A person's place with a connection to a server.
fn place(fake: &Fake) -> Place {
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = format!(
        "[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"{KEY}\"\ntime_zone = \"UTC\"\n",
        fake.url
    );
    place.write("home/config/mekiki/config.toml", &config);
    place
}

/// No text on screen, in titles or in remembered files has the key.
fn keeps_the_key(s: &Session, place: &Place) {
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
    let recent = std::fs::read_to_string(place.path("state/recent")).unwrap_or_default();
    assert!(recent.contains("team:") && !recent.contains(KEY), "{recent}");
}

#[test]
fn from_the_start_screen_to_a_query_and_a_fresh_run() {
    let mut exchanges = recorded(V26);
    // The fresh result is told from the stored one by a name.
    let anew = exchanges.iter_mut().find(|e| e.path == "/api/query_results/28.json").unwrap();
    anew.reply = String::from_utf8(anew.reply.clone()).unwrap().replace("鈴木 花子 1", "鈴木 花子 壱").into_bytes();
    let fake = Fake::new(exchanges);
    let place = place(&fake);
    let mut s = place.start(&[], (100, 24));
    s.sees("Connections");
    assert!(fake.asked().is_empty(), "nothing goes over the network before somebody asks");
    s.keys("/team\r");
    s.sees("Favourites");
    s.keys("/一覧");
    s.sees("ユーザー一覧 plain users");
    s.sees_no("Filler query");
    s.keys("\r");
    s.sees("鈴木 花子");
    s.sees("data from");
    s.keys("\x1b[15~");
    s.sees("鈴木 花子 壱");
    s.quit();
    keeps_the_key(&s, &place);
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
    let place = place(&fake);
    let mut s = place.start(&["team:5"], (100, 24));
    s.sees("Country (country)");
    s.keys("\x1b[C");
    s.sees("‹ US ›");
    s.keys("\r");
    s.sees("4,711");
    s.quit();
    keeps_the_key(&s, &place);
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
    let place = place(&fake);
    let mut s = place.table();
    s.keys("O");
    s.sees("Open (file");
    s.keys("team:5\r");
    s.sees("running on the server");
    // Meanwhile the table at hand goes on.
    s.keys("s");
    s.sees("▲");
    s.keys("\x03");
    fake.wait("DELETE /api/jobs/j");
    // The list of tasks is as it was when it was opened.
    loop {
        s.keys("J");
        s.sees("Tasks");
        if s.lines().iter().any(|l| l.contains("team:5") && l.contains("stopped")) {
            break;
        }
        s.keys(ESC);
        s.sees_no("─ Tasks");
    }
    s.keys(ESC);
    s.sees_no("─ Tasks");
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_connection_is_added_checked_and_kept() {
    let exchanges = recorded(V26);
    let fake = Fake::new(exchanges);
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let before = "# mine\ntheme = \"dark\"\n";
    place.write("home/config/mekiki/config.toml", before);
    let mut s = place.start(&[], (80, 24));
    s.sees("Add a connection");
    s.keys("A");
    s.sees("Amazon Redshift");
    s.keys("\r");
    s.sees("New connection: Redash");
    // Down to the address, then the key.
    s.keys(&format!("\x15team\t{}\twrong\r", fake.url));
    s.sees("does not accept the key");
    s.keys(ESC);
    s.sees_no("What went wrong");
    // Nothing is lost, nothing is kept.
    s.sees("New connection: Redash");
    s.sees("•••••");
    assert_eq!(std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap(), before);
    s.keys(&format!("\x15{KEY}\r"));
    s.sees("Favourites");
    s.quit();
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    assert!(config.starts_with(before) && config.contains("[connections.team]") && !config.contains(KEY), "{config}");
    let key = place.path("home/config/mekiki/keys/team-api_key");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), format!("{KEY}\n"));
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
