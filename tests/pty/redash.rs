//! Redash in the interface, against a server that replays recordings.

use super::{ESC, Place, Session};
use crate::fake::{Exchange, Fake, recorded};
use serde_json::{Value, json};

pub(super) const KEY: &str = "USERKEYadmin0000000000000000000000000000";
const V26: &str = include_str!("../fixtures/redash/v26.jsonl");

/// A person's place with a connection to a server.
pub(super) fn place(fake: &Fake) -> Place {
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

#[test]
fn a_connection_is_changed_and_removed_and_the_rest_of_the_file_stays() {
    let fake = Fake::new(recorded(V26));
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki/keys")).unwrap();
    let (config, key) =
        (place.path("home/config/mekiki/config.toml"), place.path("home/config/mekiki/keys/team-api_key"));
    std::fs::write(&key, format!("{KEY}\n")).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let before = format!(
        "# mine\ntheme = \"dark\" # at night\n\n[connections.team]\nkind = \"redash\"\nurl = \"http://127.0.0.1:1\" # old\napi_key = \"file:{}\"\n",
        key.display()
    );
    place.write("home/config/mekiki/config.toml", &before);
    let mut s = place.start(&[], (80, 24));
    s.sees("Connections");
    s.keys(",");
    s.sees("Redash · http://127.0.0.1:1");
    s.keys("\r");
    s.sees("team: Redash");
    // The address comes first; the key stays where it is.
    s.keys(&format!("\x15{}\r", fake.url));
    s.sees("Favourites");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), before.replace("http://127.0.0.1:1", &fake.url));
    s.keys(ESC);
    s.sees_no("Favourites");
    s.keys(",");
    s.sees("Redash · http");
    s.keys("x");
    s.sees("Remove “team”");
    // The first answer keeps it.
    s.keys("j\r");
    s.sees("is no longer in");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "# mine\ntheme = \"dark\" # at night\n\n");
    assert!(!key.exists());
    s.quit();
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
}

/// A program in the person's path.
fn program(place: &Place, name: &str, text: &str) {
    place.write(name, text);
    std::fs::set_permissions(place.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn statements_and_conditions_are_written_in_the_persons_editor() {
    let fake = Fake::new(recorded(V26));
    let place = place(&fake);
    program(
        &place,
        "editor",
        "#!/bin/sh\necho EDITING $(cat \"$1\")\nread key\ncase $key in\nkeep) echo 'select 4711' > \"$1\" ;;\n*) exit 3 ;;\nesac\n",
    );
    let mut s = place.start(&["team:sql/1"], (100, 24));
    s.sees("select");
    // Without its names there is a word on that, which is in nobody's way.
    s.keys("\x0f");
    s.sees("EDITING select");
    s.keys("keep\r");
    s.sees("select 4711");
    s.keys("\x0f");
    s.sees("EDITING select 4711");
    s.keys("fail\r");
    s.sees("did not end well");
    s.keys(ESC);
    s.sees_no("What went wrong");
    s.sees("select 4711");
    s.keys("\x15");
    s.sees_no("4711");
    s.keys(ESC);
    s.sees_no("SQL for team");
    s.quit();
}

#[cfg(target_os = "linux")]
#[test]
fn a_typed_key_goes_into_the_keychain_where_that_is_wanted() {
    let fake = Fake::new(recorded(V26));
    let place = Place::new();
    std::fs::create_dir_all(place.path("bin")).unwrap();
    let store = place.path("kept");
    let store = store.display();
    let text = format!(
        "#!/bin/sh\ncase $1 in\nstore) echo \"$@\" > {store}.words; cat > {store} ;;\nlookup) cat {store} ;;\nesac\n"
    );
    program(&place, "bin/secret-tool", &text);
    let mut s = place.start(&[], (80, 30));
    s.sees("Add a connection");
    s.keys("A");
    s.sees("Amazon Redshift");
    s.keys("\r");
    s.sees("New connection: Redash");
    s.keys(&format!("\x15team\t{}\t{KEY}\t\x1b[D", fake.url));
    s.sees("keychain ›");
    s.keys("\r");
    s.sees("Favourites");
    s.quit();
    let config = std::fs::read_to_string(place.path("home/config/mekiki/config.toml")).unwrap();
    assert!(config.contains("api_key = \"keychain:team-api_key\"") && !config.contains(KEY), "{config}");
    assert_eq!(std::fs::read_to_string(place.path("kept")).unwrap(), KEY);
    // The key is nobody's argument.
    let words = std::fs::read_to_string(place.path("kept.words")).unwrap();
    assert!(words.contains("account team-api_key") && !words.contains(KEY), "{words}");
    assert!(!place.path("home/config/mekiki/keys").exists());
}
