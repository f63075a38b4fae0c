//! A query's result compared with the run before, from the command line.

use super::redash::{place, run};
use crate::fake::{Exchange, Fake};
use serde_json::{Value, json};

fn result(id: u64, at: &str, rows: Value) -> String {
    let columns = json!([{ "name": "id", "type": "integer" }, { "name": "name", "type": "string" }, { "name": "v", "type": "integer" }]);
    json!({ "query_result": { "id": id, "data": { "columns": columns, "rows": rows }, "retrieved_at": at } })
        .to_string()
}

fn row(id: u64, v: u64) -> Value {
    json!({ "id": id, "name": format!("n{id}"), "v": v })
}

/// A query whose stored result is replaced by a run: one row changed, one gone, one new.
fn server() -> Fake {
    let query = json!({ "id": 12, "name": "small", "query": "select 1", "latest_query_data_id": null }).to_string();
    let before = result(1, "2026-11-21T03:00:00.000Z", json!([row(1, 10), row(2, 20), row(3, 30), row(4, 40)]));
    let after = result(2, "2026-11-21T04:00:00.000Z", json!([row(1, 10), row(2, 99), row(4, 40), row(5, 50)]));
    let post =
        |age: i64, reply: &str| Exchange::json("POST", "/api/queries/12/results", json!({ "max_age": age }), reply);
    Fake::new(vec![Exchange::get("/api/queries/12", &query), post(-1, &before), post(0, &after)])
}

#[test]
fn a_run_is_compared_with_the_one_before() {
    let fake = server();
    let place = place(&fake);
    let told = run(&place, &["diff", "redash:12"]).code(2);
    assert!(told.err.contains("No earlier run"), "{}", told.err);
    run(&place, &["view", "redash:12"]).code(0);
    let told = run(&place, &["diff", "redash:12", "--max-age", "0", "--format", "csv"]).code(0);
    assert_eq!(told.out, "change,id,name,v\nchanged,2,n2,20 → 99\nadded,5,n5,50\nremoved,3,n3,30\n");
    assert!(told.err.contains("the run of 2026-11-21 03:00:00"), "{}", told.err);
    assert!(told.err.contains("matched by id (guessed"), "{}", told.err);
    let told = run(&place, &["diff", "redash:12", "--max-age", "0", "--ignore", "v", "--format", "csv"]).code(0);
    assert_eq!(told.out, "change,id,name\nadded,5,n5\nremoved,3,n3\n");
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn what_differs_is_told_by_the_code_and_value_by_value() {
    let fake = server();
    let place = place(&fake);
    run(&place, &["view", "redash:12"]).code(0);
    let long = ["diff", "redash:12", "--max-age", "0", "--keys", "id", "--long", "--format", "csv"];
    let told = run(&place, &[&long[..], &["--check"]].concat()).code(6);
    assert_eq!(
        told.out,
        "change,id,column,before,after\nchanged,2,v,20,99\nadded,5,name,,n5\nadded,5,v,,50\nremoved,3,name,n3,\nremoved,3,v,30,\n"
    );
    assert!(told.err.contains("3 rows differ"), "{}", told.err);
    run(&place, &["diff", "redash:12", "--keys", "nosuch"]).code(2);
    // The same run differs in nothing.
    run(&place, &["diff", "redash:results/2", "redash:results/2", "--check"]).code(0);
}
