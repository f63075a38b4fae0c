//! A query's result beside the run before it: run anew, compared by `d`.

use super::{ESC, Place};
use crate::fake::{Exchange, Fake};
use serde_json::{Value, json};

fn result(id: u64, at: &str, values: &[(u64, u64)]) -> String {
    let columns = json!([{ "name": "id", "type": "integer" }, { "name": "v", "type": "integer" }]);
    let rows: Vec<Value> = values.iter().map(|(id, v)| json!({ "id": id, "v": v })).collect();
    json!({ "query_result": { "id": id, "data": { "columns": columns, "rows": rows }, "retrieved_at": at } })
        .to_string()
}

#[test]
fn what_changed_since_the_run_before_is_a_tab() {
    let query = r#"{"id": 12, "name": "small", "query": "select 1", "latest_query_data_id": null}"#;
    let post =
        |age: i64, reply: &str| Exchange::json("POST", "/api/queries/12/results", json!({ "max_age": age }), reply);
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/12", query),
        post(-1, &result(1, "2026-11-21T03:00:00.000Z", &[(1, 10), (2, 20), (3, 30)])),
        post(0, &result(2, "2026-11-21T04:00:00.000Z", &[(1, 10), (2, 99), (4, 40)])),
    ]);
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = format!(
        "[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"k\"\ntime_zone = \"UTC\"\n",
        fake.url
    );
    place.write("home/config/mekiki/config.toml", &config);
    let mut s = place.start(&["team:12"], (100, 24));
    s.title("team:12 small  3 rows × 2 columns");
    s.first_row("1");
    // Nothing to compare with but another table.
    s.keys("d");
    s.sees("Earlier table:");
    s.keys(ESC);
    s.sees_no("Earlier table:");
    s.keys("\x1b[15~");
    s.wait("the run", |lines| lines.iter().any(|l| l.contains("99")));
    s.keys("d");
    s.sees("Earlier runs");
    s.sees("2026-11-21 03:00:00");
    s.keys("\r");
    s.sees("guessed");
    s.keys("\r");
    s.title("Changes: team:12 small  3 rows × 3 columns");
    s.wait("the differences", |lines| {
        let has = |words: &[&str]| lines.iter().any(|l| words.iter().all(|w| l.contains(w)));
        has(&["changed", "2", "20 → 99"]) && has(&["added", "4", "40"]) && has(&["removed", "3", "30"])
    });
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
