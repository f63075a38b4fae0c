//! The whole road on a team's query: start screen, connection, search, parameters, run, table, rank, picture.

use super::{ESC, Place};
use crate::fake::{Exchange, Fake};
use serde_json::{Value, json};

const KEY: &str = "USERKEYadmin0000000000000000000000000000";

/// What the run gives: of six sales three are of 渋谷, two of 新宿, one of 池袋.
fn result() -> String {
    let shops = ["渋谷", "新宿", "渋谷", "池袋", "新宿", "渋谷"];
    let row = |(i, shop): (usize, &&str)| json!({ "id": i + 1, "shop": shop, "amount": (i + 1) * 100 });
    let rows: Vec<Value> = shops.iter().enumerate().map(row).collect();
    let columns = json!([{ "name": "id", "type": "integer" }, { "name": "shop", "type": null }, { "name": "amount", "type": "integer" }]);
    json!({ "query_result": { "id": 77, "data": { "columns": columns, "rows": rows }, "retrieved_at": "2026-11-21T03:12:41.060Z" } })
        .to_string()
}

fn job(status: u8, result: Value) -> String {
    json!({ "job": { "id": "j1", "status": status, "error": "", "query_result_id": result } }).to_string()
}

#[test]
fn from_the_start_screen_to_a_picture_of_a_ranking() {
    let parameters = json!([
        { "name": "plan", "type": "enum", "title": "プラン", "value": "free", "enumOptions": "free\npro" },
        { "name": "since", "type": "date", "title": "開始日", "value": "2026-01-01" },
    ]);
    let query = |id: u64, name: &str, parameters: &Value| json!({ "id": id, "name": name, "query": "select 1", "options": { "parameters": parameters }, "latest_query_data_id": null });
    let wanted = query(2000, "月次の店舗別売上", &parameters);
    let others = (1..40).map(|i| query(i, &format!("other {i}"), &json!([])));
    let list: Vec<Value> = others.chain([wanted.clone()]).collect();
    let list = json!({ "count": list.len(), "page": 1, "page_size": 250, "results": list });
    let body = json!({ "max_age": -1, "parameters": { "plan": "pro", "since": "2026-01-01" } });
    let fake = Fake::new(vec![
        Exchange::get("/api/queries?page_size=250", &list.to_string()),
        Exchange::get("/api/queries/2000", &wanted.to_string()),
        Exchange::json("POST", "/api/queries/2000/results", body, &job(1, Value::Null)),
        Exchange::get("/api/jobs/j1", &job(2, Value::Null)),
        Exchange::get("/api/jobs/j1", &job(2, Value::Null)),
        Exchange::get("/api/jobs/j1", &job(3, json!(77))),
        Exchange::get("/api/query_results/77.json", &result()),
    ]);
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = format!("[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"{KEY}\"\n", fake.url);
    place.write("home/config/mekiki/config.toml", &config);

    let mut s = place.start(&[], (80, 24));
    s.sees("Connections");
    s.keys("/team\r");
    s.sees("Favourites");
    // In the middle of a word without spaces, which the server's own search does not find.
    s.keys("/店舗別");
    s.sees("月次の店舗別売上");
    s.sees_no("other 1");
    s.keys("\r");
    s.sees("プラン (plan)");
    s.keys("\x1b[C");
    s.sees("‹ pro ›");
    s.keys("\r");
    s.title("team:2000 月次の店舗別売上  6 rows × 3 columns");
    s.at("id", "1", "1 / 6");
    s.keys("lr");
    s.title("Rank of shop: team:2000");
    s.wait("the counts", |lines| lines[3].starts_with("渋谷│            3 ") && lines[3].contains(" 0.5 "));
    s.keys("v");
    s.sees("count by shop");
    s.keys("e\x15shops.png\r");
    s.sees("Wrote shops.png");
    let picture = std::fs::read(place.path("shops.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.ends_with(b"IEND\xaeB`\x82"));
    s.keys(ESC);
    s.title("Rank of shop: team:2000");
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    // The key is on no screen, in no title, and in no file but the configuration.
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
    let mut folders = vec![place.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.ends_with("config.toml") => {}
                path => {
                    let bytes = std::fs::read(&path).unwrap();
                    assert!(memchr::memmem::find(&bytes, KEY.as_bytes()).is_none(), "{}", path.display());
                }
            }
        }
    }
}

#[test]
fn a_link_to_a_dashboard_lists_what_is_on_it() {
    let shown = json!({ "name": "Table", "type": "TABLE", "query": { "id": 5, "name": "店舗別" } });
    let board = json!({ "id": 3, "name": "Board", "widgets": [{ "visualization": shown }, { "text": "a note" }] });
    let query = r#"{"id": 5, "name": "店舗別", "query": "select 1", "latest_query_data_id": null}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/dashboards/3", &board.to_string()),
        Exchange::get("/api/queries/5", query),
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": -1 }), &result()),
    ]);
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    let config = format!("[connections.team]\nkind = \"redash\"\nurl = \"{}\"\napi_key = \"{KEY}\"\n", fake.url);
    place.write("home/config/mekiki/config.toml", &config);
    let mut s = place.start(&[&format!("{}/dashboards/3-board?p_w=1", fake.url)], (80, 24));
    s.sees("team:dashboards/3");
    s.sees("店舗別");
    s.keys("\r");
    s.title("team:5 店舗別  6 rows × 3 columns");
    s.quit();
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
