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
    let columns = [("country", "string"), ("mekiki_m0", "float"), ("mekiki_n0", "integer")];
    let group = |name: &str, sum: f64| json!({ "country": name, "mekiki_m0": sum, "mekiki_n0": 0 });
    let few = vec![group("JP", 62.5), group("US", 25.0), group("DE", 12.5)];
    // As many as were asked for: there may be more, so all are asked about.
    let many: Vec<Value> = few.iter().cloned().chain((0..200).map(|i| group(&format!("x{i:03}"), 0.0))).collect();
    let all = json!([{ "mekiki_groups": 999, "mekiki_m0": 125.0, "mekiki_n0": 0.0 }]);
    let of_all = [("mekiki_groups", "integer"), ("mekiki_m0", "float"), ("mekiki_n0", "float")];
    for (groups, whole, lines) in [
        (few, None, ["JP,62.5,0.625,0.625", "US,25.0,0.25,0.875"]),
        (many, Some(asked(whole, &of_all, all)), ["JP,62.5,0.5,0.5", "US,25.0,0.2,0.7"]),
    ] {
        let first = json!([{ "country": "JP", "price": 2.5 }]);
        let top = asked(top.clone(), &columns, Value::Array(groups));
        let exchanges = [wrapped("*", "\nlimit 1001", &sales(first)), top].into_iter().chain(whole).collect::<Vec<_>>();
        let (fake, place) = server("pg", exchanges);
        let words =
            ["rank", "redash:live/12", "--by", "country", "--measure", "sum:price", "--top", "2", "--format", "csv"];
        let told = run(&place, &words);
        assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
        let told = told.code(0);
        assert!(told.out.lines().skip(1).eq(lines), "{}", told.out);
        assert!(told.err.contains("redash · Warehouse (PostgreSQL)"), "{}", told.err);
    }
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
