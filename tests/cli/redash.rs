//! Redash from the command line, against a server that replays recordings.

use super::Place;
use crate::fake::{Exchange, Fake, Fault, recorded};
use serde_json::{Value, json};

const KEY: &str = "USERKEYadmin0000000000000000000000000000";
const V26: &str = include_str!("../fixtures/redash/v26.jsonl");

/// A place with a connection to a server.
pub fn place(fake: &Fake) -> Place {
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = format!(
        "[connections.redash]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"env:REDASH_KEY\"\ntime_zone = \"UTC\"\n",
        fake.url
    );
    place.write("home/config/mekiki/config.toml", config);
    place
}

pub fn run(place: &Place, words: &[&str]) -> super::Outcome {
    place.finish(place.program(words).env("REDASH_KEY", KEY).output().unwrap())
}

#[test]
fn a_query_is_a_table() {
    let fake = Fake::new(recorded(V26));
    let place = place(&fake);
    let told = run(&place, &["view", "redash:17", "--columns", "i8,d,ts,txt", "--format", "csv"]).code(0);
    assert_eq!(told.out, "i8,d,ts,txt\n9007199254740993,2025-01-02,2025-01-02T03:04:05,文字 text\n");
    let link = format!("{}/queries/1/source?p_x=1&api_key=SOMEKEY#7", fake.url);
    let told = run(&place, &["view", &link, "--columns", "user_id", "--limit", "1", "--format", "csv"]);
    // The link names a parameter this query does not have.
    assert!(told.code == Some(2) && told.err.contains('x') && !told.err.contains("SOMEKEY"), "{told:?}");
    let link = format!("{}/api/queries/1/results.csv?api_key=SOMEKEY", fake.url);
    let told = run(&place, &["view", &link, "--columns", "user_id", "--limit", "1", "--format", "csv"]).code(0);
    assert_eq!(told.out, "user_id\n1\n");
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn lists_are_searched_inside_japanese_words() {
    let mut exchanges = recorded(V26);
    exchanges.push(Exchange::get(
        "/api/queries?q=%E4%B8%80%E8%A6%A7&page_size=250",
        r#"{"count": 0, "page": 1, "results": []}"#,
    ));
    let fake = Fake::new(exchanges);
    let place = place(&fake);
    let told = run(&place, &["sources", "redash:", "--match", "一覧", "--format", "jsonl"]).code(0);
    let found: Value = serde_json::from_str(told.out.trim()).unwrap();
    assert_eq!(
        (found["locator"].as_str(), found["name"].as_str()),
        (Some("redash:1"), Some("ユーザー一覧 plain users"))
    );
    let told = run(&place, &["sources", "--format", "csv"]).code(0);
    assert!(told.out.contains("redash:,folder,redash"), "{}", told.out);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn several_values_are_one_table_and_the_key_is_nowhere() {
    let query = r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "uid", "type": "text", "value": "x"}]}}"#;
    let run_of = |uid: &str, reply: &str| {
        let body = json!({ "max_age": 3600, "parameters": { "uid": uid } });
        Exchange::json("POST", "/api/queries/5/results", body, reply)
    };
    let rows = |n: u64| {
        format!(
            r#"{{"query_result": {{"id": {n}, "data": {{"columns": [{{"name": "n", "type": "integer"}}], "rows": [{{"n": {n}}}]}}}}}}"#
        )
    };
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", query),
        run_of("abc", &rows(1)),
        run_of("def", &rows(2)),
        run_of("ghi", &format!(r#"{{"message": "bad value, says Key {KEY}"}}"#)).with(400, Fault::None),
    ]);
    let place = place(&fake);
    let words = [
        "export",
        "redash:5",
        "-p",
        "uid=abc",
        "-p",
        "uid=def",
        "-p",
        "uid=ghi",
        "--max-age",
        "3600",
        "-o",
        "out/all.csv",
        "-v",
    ];
    // What could be had is written; that some could not is told by the code as well.
    let told = run(&place, &words).code(6);
    assert_eq!(std::fs::read_to_string(place.path("out/all.csv")).unwrap(), "uid,n\nabc,1\ndef,2\n");
    assert!(told.err.contains("uid=ghi") && told.err.contains("bad value"), "{}", told.err);
    assert!(told.err.contains("only the rest is run"), "{}", told.err);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    let mut texts = vec![told.out, told.err];
    for words in [
        vec!["doctor"],
        vec!["doctor", "--json"],
        vec!["sources"],
        vec!["view", "redash:5", "-p", "other=1"],
        vec!["view", "redash:77", "-v"],
    ] {
        let told = run(&place, &words);
        texts.extend([told.out, told.err]);
    }
    let mut folders = vec![place.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => texts.push(String::from_utf8_lossy(&super::bytes(&path)).into_owned()),
            }
        }
    }
    assert!(texts.iter().all(|t| !t.contains(KEY)));
}

#[test]
fn exit_codes_say_what_failed() {
    let slow = Exchange::get("/api/queries/8", "{}").with(200, Fault::Hang);
    let mut exchanges = recorded(V26);
    exchanges.push(slow);
    let fake = Fake::new(exchanges);
    let place = place(&fake);
    run(&place, &["view", "redash:999999"]).code(1);
    run(&place, &["view", "redash:no/such"]).code(2);
    run(&place, &["view", "redash:8", "--timeout", "100ms"]).code(4);
    let told = place.finish(place.program(&["view", "redash:17"]).env("REDASH_KEY", "wrong").output().unwrap()).code(1);
    assert!(!told.err.contains("wrong"), "{}", told.err);
    place.run(&["view", "redash:17"]).code(2);
    place.write(
        "home/config/mekiki/config.toml",
        "[connections.redash]\nkind = \"redash\"\nurl = \"http://127.0.0.1:9\"\napi_key = \"k123456\"\n",
    );
    let told = run(&place, &["view", "redash:17"]).code(3);
    assert!(told.err.contains("127.0.0.1:9") && !told.err.contains("k123456"), "{}", told.err);
    place.write(
        ".mekiki.toml",
        "[connections.redash]\nkind = \"redash\"\nurl = \"http://127.0.0.1:9\"\nheaders = { X-Key = \"env:A\" }\n",
    );
    run(&place, &["view", "redash:17"]).code(2);
}

/// Every text in the files below a folder.
fn all_texts(folder: &std::path::Path) -> String {
    let mut folders = vec![folder.to_owned()];
    let mut texts = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => texts.push_str(&String::from_utf8_lossy(&super::bytes(&path))),
            }
        }
    }
    texts
}

#[test]
fn a_link_of_an_unknown_server_is_opened_with_its_own_key_which_goes_nowhere() {
    let key = "LINKKEY00000000000000000000000000000000";
    let query = Exchange::get("/api/queries/5", r#"{"id": 5, "name": "q", "latest_query_data_id": null}"#);
    let rows =
        r#"{"query_result": {"id": 1, "data": {"columns": [{"name": "n", "type": "integer"}], "rows": [{"n": 7}]}}}"#;
    let run_it = Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": -1 }), rows);
    let with_key = |e: Exchange| Exchange { key: format!("Key {key}"), ..e };
    let fake = Fake::new(vec![with_key(query), with_key(run_it)]);
    let place = Place::new();
    let link = format!("{}/api/queries/5/results.csv?api_key={key}", fake.url);
    let told = place.run(&["view", &link, "--format", "csv", "-v"]).code(0);
    assert_eq!(told.out, "n\n7\n");
    assert!(told.err.contains("not kept") && told.err.contains(&fake.url) && !told.err.contains(key), "{}", told.err);
    let told = place.run(&["export", &link, "-o", "out.json", "-v"]).code(0);
    assert!(!told.err.contains(key) && !told.out.contains(key));
    // Without a key there is nothing to open it with, and a link that is no such link keeps its own secrets.
    let told = place.run(&["view", &format!("{}/queries/5", fake.url), "-v"]).code(2);
    assert!(told.err.contains("[connections.NAME]"), "{}", told.err);
    for words in [
        vec!["view", "https://u:LINKKEYpw@nowhere.invalid/data.csv?api_key=LINKKEY1"],
        vec!["sql", "select * from nothing", "https://nowhere.invalid/queries/5?api_key=LINKKEY1"],
        vec!["shape", "table.csv", "--join", "https://nowhere.invalid/queries/5?api_key=LINKKEY1 on id"],
    ] {
        let mut words = words;
        words.push("-v");
        let told = place.run(&words);
        assert!(told.code != Some(0) && !told.err.contains("LINKKEY") && !told.out.contains("LINKKEY"), "{told:?}");
    }
    assert!(!all_texts(&place.path("")).contains("LINKKEY"));
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn statements_are_given_on_the_command_line_and_in_recipes() {
    let body = json!({ "query": "select 1 as n", "data_source_id": 1, "max_age": 0 });
    let rows =
        r#"{"query_result": {"id": 1, "data": {"columns": [{"name": "n", "type": "integer"}], "rows": [{"n": 1}]}}}"#;
    let wrong = json!({ "query": "select 1 frm n", "data_source_id": 1, "max_age": 0 });
    let error = r#"{"job": {"id": "", "status": 4, "error": "syntax error at or near \"frm\"\nLINE 1: /* Task */ select 1 frm n\n ^"}}"#;
    let fake = Fake::new(vec![
        Exchange::json("POST", "/api/query_results", body, rows),
        Exchange::json("POST", "/api/query_results", wrong, error),
    ]);
    let place = place(&fake);
    let told = run(&place, &["view", "redash:sql/1", "--query", "select 1 as n", "--format", "csv"]).code(0);
    assert_eq!(told.out, "n\n1\n");
    place.write("r.toml", "version = 1\nlocator = \"redash:sql/1\"\n\n[open]\nquery = \"select 1 as n\"\n");
    let told = run(&place, &["run", "r.toml", "--format", "csv"]).code(0);
    assert_eq!(told.out, "n\n1\n");
    let told = run(&place, &["export", "redash:sql/1", "--query", "select 1 frm n", "-o", "x.csv"]).code(1);
    assert!(told.err.contains("near \"frm\"") && !told.err.contains("Task"), "{}", told.err);
    run(&place, &["view", "redash:sql/1"]).code(2);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_refused_key_and_a_wall_are_about_connecting_and_doctor_says_so() {
    let refused = r#"{"message": "Couldn't find resource. Please login and try again."}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/session", refused).with(404, Fault::None),
        Exchange::get("/api/queries/5", refused).with(404, Fault::None),
        Exchange::get("/api/queries/6", "<html>").header("content-type", "text/html"),
        Exchange::get("/api/queries/7", "").with(302, Fault::None).header("location", "/login?next=x"),
    ]);
    let place = place(&fake);
    for query in ["redash:5", "redash:6", "redash:7"] {
        let told = run(&place, &["view", query]).code(3);
        assert!(!told.err.contains(KEY), "{}", told.err);
    }
    let told = run(&place, &["doctor"]);
    assert!(told.out.contains("does not accept the key") && !told.out.contains(KEY), "{}", told.out);
}
