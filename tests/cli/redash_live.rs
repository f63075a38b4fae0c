//! Steps on saved queries carried out by their data source, from the command line.

use super::Place;
use super::redash::{place, run};
use crate::fake::{Exchange, Fake};
use serde_json::{Value, json};

const QUERY: &str = "select country, price from sales";

fn server(kind: &str, exchanges: Vec<Exchange>) -> (Fake, Place) {
    let query = json!({ "id": 12, "name": "sales", "query": QUERY, "data_source_id": 7, "latest_query_data_id": null });
    let sources = json!([{ "id": 7, "name": "Warehouse", "type": kind }]);
    let mut all = vec![
        Exchange::get("/api/queries/12", &query.to_string()),
        Exchange::get("/api/data_sources", &sources.to_string()),
    ];
    all.extend(exchanges);
    let fake = Fake::new(all);
    let place = place(&fake);
    (fake, place)
}

fn rows(columns: &[(&str, &str)], rows: Value) -> String {
    let columns: Vec<Value> = columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    json!({ "query_result": { "id": 9, "data": { "columns": columns, "rows": rows }, "retrieved_at": "2026-11-21T03:12:41.060Z" } })
        .to_string()
}

fn sales(list: Value) -> String {
    rows(&[("country", "string"), ("price", "float")], list)
}

/// The query, wrapped.
fn wrapped(select: &str, rest: &str, reply: &str) -> Exchange {
    let text = format!("select {select}\nfrom (\n{QUERY}\n) t{rest}");
    Exchange::json("POST", "/api/query_results", json!({ "query": text, "data_source_id": 7, "max_age": 0 }), reply)
}

#[test]
fn filters_and_orders_are_sent_along_with_the_query() {
    let some = json!([{ "country": "JP", "price": 2.5 }, { "country": "US", "price": 1.0 }]);
    let (fake, place) = server(
        "pg",
        vec![
            wrapped("*", "\nlimit 1001", &sales(some)),
            wrapped(
                "*",
                "\nwhere (\"country\" = 'JP')\nlimit 1001",
                &sales(json!([{ "country": "JP", "price": 2.5 }])),
            ),
        ],
    );
    let told = run(&place, &["view", "redash:live/12", "--where", "country = 'JP'", "--format", "csv"]).code(0);
    assert_eq!(told.out, "country,price\nJP,2.5\n");
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}

#[test]
fn groups_are_ranked_there_and_only_the_answer_comes() {
    let nan = "\"price\" = cast('NaN' as double precision)";
    let grouped = format!(
        "select \"country\", coalesce(sum(cast(case when {nan} then null else \"price\" end as double precision)), 0) \
         as \"mekiki_m0\", count(case when {nan} then 1 else null end) as \"mekiki_n0\"\nfrom (\n{QUERY}\n) t\ngroup by 1"
    );
    let asked = |text: String, columns: &[(&str, &str)], list: Value| {
        let body = json!({ "query": text, "data_source_id": 7, "max_age": 0 });
        Exchange::json("POST", "/api/query_results", body, &rows(columns, list))
    };
    let top = format!(
        "select *\nfrom (\n{grouped}\n) t\norder by \"mekiki_m0\" desc nulls last, \"country\" collate \"C\" asc nulls last\nlimit 203"
    );
    let whole = format!(
        "select count(*) as \"mekiki_groups\", coalesce(sum(\"mekiki_m0\"), 0) as \"mekiki_m0\", \
         coalesce(sum(\"mekiki_n0\"), 0) as \"mekiki_n0\"\nfrom (\n{grouped}\n) t\nlimit 2"
    );
    let first = json!([{ "country": "JP", "price": 2.5 }]);
    let (fake, place) = server(
        "pg",
        vec![
            wrapped("*", "\nlimit 1001", &sales(first)),
            asked(
                top,
                &[("country", "string"), ("mekiki_m0", "float"), ("mekiki_n0", "integer")],
                json!([
                    { "country": "JP", "mekiki_m0": 62.5, "mekiki_n0": 0 },
                    { "country": "US", "mekiki_m0": 25.0, "mekiki_n0": 0 },
                    { "country": "DE", "mekiki_m0": 12.5, "mekiki_n0": 0 },
                ]),
            ),
            asked(
                whole,
                &[("mekiki_groups", "integer"), ("mekiki_m0", "float"), ("mekiki_n0", "float")],
                json!([{ "mekiki_groups": 3, "mekiki_m0": 100.0, "mekiki_n0": 0.0 }]),
            ),
        ],
    );
    let words =
        ["rank", "redash:live/12", "--by", "country", "--measure", "sum:price", "--top", "2", "--format", "csv"];
    let told = run(&place, &words);
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
    let told = told.code(0);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines[1..] == ["JP,62.5,0.625,0.625", "US,25.0,0.25,0.875"], "{}", told.out);
    assert!(told.err.contains("redash · Warehouse (PostgreSQL)"), "{}", told.err);
}

#[test]
fn a_data_source_of_other_words_is_read_as_it_was_kept() {
    let kept = json!([{ "country": "JP", "price": 2.5 }, { "country": "US", "price": 1.0 }]);
    let post = Exchange::json("POST", "/api/queries/12/results", json!({ "max_age": -1 }), &sales(kept));
    let (fake, place) = server("mysql", vec![post]);
    let told = run(&place, &["view", "redash:live/12", "--where", "country = 'JP'", "--format", "csv"]).code(0);
    assert_eq!(told.out, "country,price\nJP,2.5\n");
    assert!(told.err.contains("mysql") && told.err.contains("stored result"), "{}", told.err);
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}
