//! A transcript for a report of a fault: it holds what happened and no key, and the tests' server replays it.

use super::redash::{place, run};
use crate::fake::{Exchange, Fake, recorded};
use serde_json::{Value, json};

const OWN: &str = "QUERYOWNKEY0000000000000000000000000000";

#[test]
fn what_a_server_answered_is_written_without_keys_and_can_be_replayed() {
    let query = json!({ "id": 5, "name": "q", "api_key": OWN, "latest_query_data_id": null }).to_string();
    let job = |status: u8, result: Value| {
        json!({ "job": { "id": "j", "status": status, "error": "", "query_result_id": result } }).to_string()
    };
    let rows = r#"{"query_result": {"id": 9, "data": {"columns": [{"name": "n", "type": null}], "rows": [{"n": "日本 USERKEYadmin0000000000000000000000000000"}]}}}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", &query),
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": 0 }), &job(1, Value::Null)),
        Exchange::get("/api/jobs/j", &job(2, Value::Null)),
        Exchange::get("/api/jobs/j", &job(3, json!(9))),
        Exchange::get("/api/query_results/9.json", rows),
    ]);
    let place = place(&fake);
    let words = ["view", "redash:5", "--max-age", "0", "--format", "csv"];
    run(&place, &[&words[..], &["--transcript", "t.jsonl"]].concat()).code(0);
    let text = std::fs::read_to_string(place.path("t.jsonl")).unwrap();
    for secret in [OWN, "USERKEYadmin", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let exchanges = recorded(&text);
    let asked: Vec<String> = exchanges.iter().map(|e| format!("{} {}", e.method, e.path)).collect();
    assert_eq!(asked, fake.asked());
    // The same again, from the transcript alone.
    let again = Fake::new(exchanges);
    let told = run(&super::redash::place(&again), &words).code(0);
    assert_eq!(told.out, "n\n日本 REMOVED\n");
    assert!(again.unexpected().is_empty(), "{:?}", again.unexpected());
    // A file that is there is not written over.
    let told = run(&place, &["view", "redash:5", "--transcript", "t.jsonl"]);
    assert!(told.code != Some(0) && told.err.contains("t.jsonl"), "{told:?}");
    assert_eq!(std::fs::read_to_string(place.path("t.jsonl")).unwrap(), text);
}
