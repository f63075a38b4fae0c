//! A Redash in front of a PostgreSQL server: a query it is asked to run runs there, so that one wrapped in others gives what
//! the database gives. Its answers are Redash's: the types it knows a word for, and numbers as JSON has them.

use serde_json::{Value, json};

use super::{Database, server};
use crate::fake::{Exchange, Fake};

/// The saved query and what it says.
pub const QUERY: u64 = 12;
const SQL: &str = "select id, grp, cv, country, price, day from visits order by id";

/// A thousand visits of each arm, of which everything can be counted by hand: A has 100 conversions, B has 130. In each, of
/// ten visits five are of JP, three of US, two of DE; every other visit is worth 2, the ones between 3.
const VISITS: &str = "create table visits as select g + 1 as id, (array['A','B'])[1 + g % 2]::varchar as grp, \
    (i < 100 + 30 * (g % 2))::int as cv, (array['JP','JP','JP','JP','JP','US','US','US','DE','DE'])[1 + i % 10]::varchar as country, \
    (2 + i % 2)::float8 as price, date '2026-11-01' + i % 10 as day from generate_series(0, 1999) g, lateral (select g / 2 as i) t";

/// Redash's word for a type.
fn word(kind: &str) -> Value {
    match kind {
        "int2" | "int4" | "int8" => json!("integer"),
        "float4" | "float8" | "numeric" => json!("float"),
        "bool" => json!("boolean"),
        "varchar" => json!("string"),
        "date" => json!("date"),
        "timestamp" | "timestamptz" => json!("datetime"),
        _ => Value::Null,
    }
}

/// What Redash answers when it is asked for the result of a statement.
fn result(database: &Database<'_>, statement: &str) -> String {
    match database.describe(statement) {
        Ok(columns) => {
            let columns: Vec<Value> =
                columns.iter().map(|(name, kind)| json!({ "name": name, "type": word(kind) })).collect();
            let rows = database.ask(&format!("select coalesce(json_agg(t), '[]') from (\n{statement}\n) t"));
            let columns = Value::Array(columns);
            format!(
                r#"{{"query_result": {{"id": 9, "data": {{"columns": {columns}, "rows": {}}}, "retrieved_at": "2026-11-21T03:12:41.060Z"}}}}"#,
                rows[0][0]
            )
        }
        Err(error) => json!({ "job": { "id": "", "status": 4, "error": error } }).to_string(),
    }
}

/// A server with one saved query on the visits.
pub fn visits() -> Fake {
    let database = server().database();
    database.sql(VISITS);
    let query =
        json!({ "id": QUERY, "name": "visits", "query": SQL, "data_source_id": 7, "latest_query_data_id": null });
    let list = json!({ "count": 1, "page": 1, "page_size": 250, "results": [query] });
    let sources = json!([{ "id": 7, "name": "Warehouse", "type": "pg" }]);
    let known = vec![
        Exchange::get("/api/queries?page_size=250", &list.to_string()),
        Exchange::get(&format!("/api/queries/{QUERY}"), &query.to_string()),
        Exchange::get("/api/data_sources", &sources.to_string()),
    ];
    let run = format!("/api/queries/{QUERY}/results");
    let answer = move |method: &str, path: &str, body: &Value| match (method, path) {
        ("POST", "/api/query_results") => Some(result(&database, body["query"].as_str()?)),
        ("POST", path) if path == run => Some(result(&database, SQL)),
        _ => None,
    };
    Fake::answering(known, Box::new(answer))
}

/// The statements that were run, the saved query itself left out.
pub fn runs(fake: &Fake) -> usize {
    fake.asked().iter().filter(|a| *a == "POST /api/query_results").count()
}
