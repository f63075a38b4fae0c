//! The source against recorded servers of three versions, and against servers that misbehave.

#[path = "../../../tests/fake/mod.rs"]
mod fake;
#[path = "tests_kept.rs"]
mod kept;
#[path = "tests_live.rs"]
mod live;
#[path = "tests_survive.rs"]
mod survive;
#[path = "tests_tls.rs"]
mod tls;

use std::time::Duration;

use serde_json::{Value, json};

use super::Redash;
use super::api::Api;
use super::link::{Thing, Which};
use super::settings::Settings;
use super::things::State;
use crate::data::{Control, Dataset};
use crate::error::{ErrorKind, Result};
use crate::source::{OpenOptions, Opened, Source};
use crate::text::Lang;
use fake::{Exchange, Fake, Fault, recorded};

const KEY: &str = "USERKEYadmin0000000000000000000000000000";
const V26: &str = include_str!("../../../tests/fixtures/redash/v26.jsonl");
const V10: &str = include_str!("../../../tests/fixtures/redash/v10.jsonl");
const V8: &str = include_str!("../../../tests/fixtures/redash/v8.jsonl");
const PROXIES: &str = include_str!("../../../tests/fixtures/redash/proxies.jsonl");

fn source_of(url: &str, key: &str, more: &str) -> Redash {
    let table = toml::from_str(&format!("kind='redash'\nurl='{url}'\napi_key='{key}'\ntime_zone='Asia/Tokyo'\n{more}"))
        .unwrap();
    let mut settings = Settings::read("redash", &table).unwrap();
    settings.pace.step = Duration::from_millis(1);
    Redash::new(settings)
}

fn source(fake: &Fake) -> Redash {
    source_of(&fake.url, KEY, "")
}

fn open(source: &Redash, path: &str, options: OpenOptions) -> Result<Opened> {
    source.open(path, &options, &Control::new())
}

fn fresh() -> OpenOptions {
    OpenOptions { max_age: Some(0), ..OpenOptions::default() }
}

fn api(source: &Redash) -> &Api {
    source.shared.api().unwrap()
}

/// Columns with their kinds, and the first row as text.
fn first_row(dataset: &Dataset) -> Vec<(String, String, String)> {
    let places: Vec<usize> = (0..dataset.schema().len()).collect();
    let frame = dataset.window(&places, 0, 1).unwrap();
    dataset
        .schema()
        .columns()
        .iter()
        .enumerate()
        .map(|(i, c)| (c.name.clone(), c.kind.name(), frame.cell(0, i).plain()))
        .collect()
}

fn of<'a>(row: &'a [(String, String, String)], name: &str) -> (&'a str, &'a str) {
    let found = row.iter().find(|c| c.0 == name).unwrap_or_else(|| panic!("{name} in {row:?}"));
    (&found.1, &found.2)
}

/// The text of an error with its hint, in both languages.
fn words(error: &crate::error::Error) -> String {
    let hint = |lang| error.hint.as_ref().map(|h| h.in_lang(lang)).unwrap_or_default();
    Lang::ALL.map(|lang| format!("{} {}", error.message.in_lang(lang), hint(lang))).join(" ") + &format!("{error:?}")
}

#[test]
fn the_key_is_checked_and_a_wrong_one_is_no_missing_page() {
    let fake = Fake::new(recorded(V26));
    let found = source(&fake).check(&Control::new()).unwrap();
    assert!(found.in_lang(Lang::En).contains("26.3.0") && found.in_lang(Lang::En).contains("Admin 管理者"), "{found}");
    let wrong = source_of(&fake.url, "wrong", "").check(&Control::new()).unwrap_err();
    assert_eq!((wrong.kind, wrong.message.id), (ErrorKind::Connect, "error-redash-login"));
    let missing = open(&source(&fake), "999999", OpenOptions::default()).err().unwrap();
    assert_eq!((missing.kind, missing.message.id), (ErrorKind::Failed, "error-redash-missing"));
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn all_types_of_three_versions_are_read_as_what_they_are() {
    for (recording, key, id) in [
        (V26, KEY, 17),
        (V10, "USERKEYadminv10000000000000000000000000", 14),
        (V8, "USERKEYadminv08000000000000000000000000", 14),
    ] {
        let mut exchanges = recorded(recording);
        if id == 14 {
            exchanges
                .push(Exchange::get("/api/queries/14", r#"{"id": 14, "name": "types", "latest_query_data_id": 8}"#));
        }
        let fake = Fake::new(exchanges);
        let opened = open(&source_of(&fake.url, key, ""), &id.to_string(), OpenOptions::default()).unwrap();
        let row = first_row(&opened.dataset);
        let names: Vec<&str> = row.iter().take(4).map(|c| c.0.as_str()).collect();
        assert_eq!((row.len(), names), (37, vec!["i2", "i4", "i8", "num"]), "columns stand in the server's order");
        for (name, kind, value) in [
            ("i8", "integer", "9007199254740993"),
            ("num", "float", "1.5"),
            ("f8", "float", "1e308"),
            ("f_nan", "float", ""),
            ("b", "boolean", "true"),
            ("b3", "boolean", ""),
            ("txt", "text", "文字 text"),
            ("tstz_us", "datetime[UTC]", "2025-01-01T18:04:05.123Z"),
            ("ts", "datetime", "2025-01-02T03:04:05"),
            ("d", "date", "2025-01-02"),
            ("d_old", "date", "0044-03-15"),
            ("d_inf", "text", "infinity"),
            ("js", "text", r#"{"a": [1, null, "x"]}"#),
            ("arr_i", "text", "[1, 2, 3]"),
            ("nul", "text", ""),
            ("oi", "integer", "25"),
        ] {
            assert_eq!(of(&row, name), (kind, value), "{name}");
        }
        assert!(!opened.facts.is_empty(), "the age of the data is told");
        assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    }
}

#[test]
fn results_of_every_shape_are_tables() {
    let fake = Fake::new(recorded(V26));
    let source = source(&fake);
    let read = |id: u64| {
        let stream = api(&source).stored(id, &Control::new()).unwrap().unwrap();
        let body = std::sync::Mutex::new(Some(stream));
        let again = move |_: &Control| Ok(super::run::Body::of(body.lock().unwrap().take().unwrap()));
        let manner = source.shared.settings.manner;
        super::land::open(Box::new(again), super::Provenance::default(), manner, &Control::new()).unwrap()
    };
    let html = read(23);
    let row = first_row(&Dataset::new(html.table));
    assert_eq!(of(&row, "link_link").1, "https://example.com/?q=寿司&x=1");
    assert_eq!((of(&row, "img").1, of(&row, "link").1, of(&row, "bold").1), ("a.png", "リンク", "bold & it"));
    assert_eq!(html.notices[0].id, "notice-redash-html");
    let twice = read(16);
    let names: Vec<String> = twice.table.schema().columns().iter().map(|c| c.name.clone()).collect();
    assert_eq!(names, ["a", "a1", "A", "b", "a2", "?column?", "?column?1"]);
    let empty = read(14);
    let kinds: Vec<String> = empty.table.schema().columns().iter().map(|c| c.kind.name()).collect();
    assert_eq!((empty.table.rows().known(), kinds), (0, vec!["integer".into(), "datetime".into(), "text".into()]));
    let sqlite = first_row(&Dataset::new(read(18).table));
    assert_eq!(
        (of(&sqlite, "price"), of(&sqlite, "created_at")),
        (("float", "1200.5"), ("text", "2025-01-02 03:04:05"))
    );
    assert!(api(&source).stored(60, &Control::new()).unwrap().is_none());
}

#[test]
fn a_fresh_run_waits_for_its_job_and_takes_its_result() {
    let fake = Fake::new(recorded(V26));
    let opened = open(&source(&fake), "1", fresh()).unwrap();
    assert_eq!(opened.dataset.row_count().known(), 20);
    assert_eq!(
        fake.asked(),
        [
            "GET /api/queries/1",
            "POST /api/queries/1/results",
            "GET /api/jobs/be2dff15-a566-442d-ad08-73a1d07a3a8c",
            "GET /api/jobs/be2dff15-a566-442d-ad08-73a1d07a3a8c",
            "GET /api/query_results/28.json",
        ]
    );
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn parameters_are_sent_as_the_server_wants_them() {
    let fake = Fake::new(recorded(V26));
    // The defaults of all but the last range, which is a dynamic one.
    let range = ("dtrs".to_owned(), "2025-01-01 00:00:00--2025-01-08 00:00:00".to_owned());
    let options = OpenOptions { parameters: vec![range], ..fresh() };
    let opened = open(&source(&fake), "6", options).unwrap();
    assert!(opened.dataset.row_count().known() > 0);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    let asked = source(&fake).asks("6?p_code=ZZ-9", &Control::new()).unwrap();
    let names: Vec<(&str, &str)> = asked.iter().map(|a| (a.name.as_str(), a.value.as_str())).collect();
    assert_eq!(asked.len(), 13);
    assert!(names.contains(&("code", "ZZ-9")) && names.contains(&("dr", "2025-01-01--2025-01-31")), "{names:?}");
    let plan = asked.iter().find(|a| a.name == "plan").unwrap();
    assert!(plan.choices.iter().any(|(_, value)| value == "free"), "{plan:?}");
    let unknown = open(&source(&fake), "6?p_nosuch=1", OpenOptions::default()).err().unwrap();
    assert_eq!((unknown.kind, unknown.message.id), (ErrorKind::Usage, "error-redash-unknown-parameter"));
}

#[test]
fn failures_come_in_the_servers_words() {
    let mut exchanges = recorded(V26);
    exchanges.push(Exchange::get("/api/queries/55", r#"{"id": 55, "name": "silent", "latest_query_data_id": null}"#));
    let fake = Fake::new(exchanges);
    let source = source(&fake);
    let failed = open(&source, "11", fresh()).err().unwrap();
    let text = failed.message.in_lang(Lang::En);
    assert!(failed.kind == ErrorKind::Failed && text.contains("column \"nope\" does not exist"), "{text}");
    assert!(!text.contains("Scheduled") && text.contains("select nope"), "{text}");
    let silent = open(&source, "55", fresh()).err().unwrap();
    assert_eq!(silent.message.id, "error-redash-silent");
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_silent_failure_whose_result_came_all_the_same_is_none() {
    let done = r#"{"job": {"id": "j", "status": 4, "error": "", "result": null}}"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", r#"{"id": 5, "name": "q", "latest_query_data_id": 1}"#),
        Exchange::get("/api/queries/5", r#"{"id": 5, "name": "q", "latest_query_data_id": 2}"#),
        Exchange::json(
            "POST",
            "/api/queries/5/results",
            json!({ "max_age": 0 }),
            r#"{"job": {"id": "j", "status": 2}}"#,
        ),
        Exchange::get("/api/jobs/j", done),
        Exchange::get("/api/query_results/2.json", &result(r#"[{"a": 7}]"#)),
    ]);
    let opened = open(&source(&fake), "5", fresh()).unwrap();
    assert_eq!(first_row(&opened.dataset)[0].2, "7");
}

/// A result of one column, `a`.
fn result(rows: &str) -> String {
    format!(
        r#"{{"query_result": {{"id": 2, "data": {{"columns": [{{"name": "a", "type": null}}], "rows": {rows}}}, "retrieved_at": "2026-11-21T03:12:41.060Z"}}}}"#
    )
}

fn query(id: u64) -> Exchange {
    Exchange::get(&format!("/api/queries/{id}"), &format!(r#"{{"id": {id}, "name": "q", "latest_query_data_id": 2}}"#))
}

#[test]
fn giving_up_ends_the_job_unless_it_ended_by_itself() {
    let running = r#"{"job": {"id": "j", "status": 2}}"#;
    let post = || Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": 0 }), running);
    let limit = "time_limit='0.01'";
    let ended = Exchange::json("DELETE", "/api/jobs/j", Value::Null, "null");
    let fake = Fake::new(vec![query(5), post(), Exchange::get("/api/jobs/j", running), ended.clone()]);
    let error = open(&source_of(&fake.url, KEY, limit), "5", fresh()).err().unwrap();
    assert_eq!((error.kind, error.message.id), (ErrorKind::Timeout, "error-redash-slow"));
    assert_eq!(fake.asked().last().map(String::as_str), Some("DELETE /api/jobs/j"));

    // A server that says nothing any more is not waited for longer.
    let silent = || Exchange::get("/api/jobs/j", running).with(200, Fault::Hang);
    let fake = Fake::new([query(5), post()].into_iter().chain(std::iter::repeat_with(silent).take(9)).collect());
    let limits = "time_limit='0.4'\ntimeout='0.3'";
    let error = open(&source_of(&fake.url, KEY, limits), "5", fresh()).err().unwrap();
    assert_eq!((error.kind, error.message.id), (ErrorKind::Timeout, "error-redash-slow"));

    // Looked at once more before the end, the job turns out to be done: nothing is ended.
    let api_fake = Fake::new(vec![
        Exchange::get("/api/jobs/j", r#"{"job": {"id": "j", "status": 3, "query_result_id": 9}}"#),
        ended,
    ]);
    assert!(!api(&source(&api_fake)).cancel(Some(5), "j", &Control::new()).unwrap());
    assert_eq!(api_fake.asked(), ["GET /api/jobs/j"]);

    // A person who stops the work stops it on the server too.
    let fake = Fake::new(recorded(V26));
    let control = Control::new();
    let stop = control.clone();
    let job = super::things::Job {
        id: "c68f5451-8a36-4b8e-b34e-706fa0e0da12".into(),
        state: State::Running,
        result: Value::Null,
    };
    stop.cancel();
    let pace = source(&fake).shared.settings.pace;
    let error = super::run::wait(api(&source(&fake)), Some(59), job, pace, &control).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Interrupted);
    assert_eq!(
        fake.asked(),
        ["GET /api/jobs/c68f5451-8a36-4b8e-b34e-706fa0e0da12", "DELETE /api/jobs/c68f5451-8a36-4b8e-b34e-706fa0e0da12"]
    );
}

#[test]
fn a_querys_own_key_is_used_on_its_own_paths() {
    let refused = |path: &str| {
        Exchange::get(path, r#"{"message": "Couldn't find resource. Please login and try again."}"#)
            .with(404, Fault::None)
    };
    let fake = Fake::new(vec![
        query(5),
        Exchange::json(
            "POST",
            "/api/queries/5/results",
            json!({ "max_age": 0 }),
            r#"{"job": {"id": "j", "status": 1}}"#,
        ),
        refused("/api/jobs/j"),
        Exchange::get("/api/queries/5/jobs/j", r#"{"job": {"id": "j", "status": 3, "query_result_id": 31}}"#),
        Exchange::get("/api/queries/5/results/31.json", &result(r#"[{"a": 1}]"#)),
    ]);
    assert_eq!(open(&source(&fake), "5", fresh()).unwrap().dataset.row_count().known(), 1);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn gateways_are_told_from_redash() {
    for (status, kind, id) in [
        (302, ErrorKind::Connect, "error-redash-wall"),
        (401, ErrorKind::Connect, "error-redash-wall-401"),
        (502, ErrorKind::Connect, "error-redash-away"),
        (404, ErrorKind::Connect, "error-redash-page"),
        (400, ErrorKind::Connect, "error-redash-refused"),
    ] {
        let exchanges =
            recorded(PROXIES).into_iter().filter(|e| e.path == "/api/session" && e.status == status).collect();
        let fake = Fake::new(exchanges);
        let error = source(&fake).check(&Control::new()).unwrap_err();
        assert_eq!((error.kind, error.message.id), (kind, id), "{status}");
        assert_eq!(fake.asked().len(), if status == 502 { 4 } else { 1 }, "{status}");
    }
    let page = Exchange::get("/api/session", "<html>the web app</html>").header("content-type", "text/html");
    let fake = Fake::new(vec![page]);
    assert_eq!(source(&fake).check(&Control::new()).unwrap_err().message.id, "error-redash-page");
    let moved = recorded(PROXIES).into_iter().find(|e| e.status == 301).unwrap();
    let fake = Fake::new(vec![query(1), Exchange { body: json!({ "max_age": 0 }), ..moved }]);
    let error = open(&source(&fake), "1", fresh()).err().unwrap();
    assert_eq!(error.message.id, "error-redash-moved");
}

#[test]
fn what_may_be_asked_again_is_and_nothing_else() {
    let session = |status, fault| Exchange::get("/api/session", r#"{"user": {"name": "U"}}"#).with(status, fault);
    let fake = Fake::new(vec![
        session(429, Fault::None).header("retry-after", "0"),
        session(503, Fault::None),
        session(200, Fault::Drop),
        session(200, Fault::None),
    ]);
    assert!(source(&fake).check(&Control::new()).is_ok());
    assert_eq!(fake.asked().len(), 4);

    // A run that is insisted on may have begun: it is not asked for twice.
    let post = |status, fault| {
        Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": 0 }), "{}").with(status, fault)
    };
    for (status, fault) in [(504, Fault::None), (200, Fault::Drop)] {
        let fake = Fake::new(vec![query(5), post(status, fault)]);
        assert!(open(&source(&fake), "5", fresh()).is_err());
        assert_eq!(fake.asked().iter().filter(|a| a.starts_with("POST")).count(), 1, "{status}");
    }

    // A result that breaks off is fetched again.
    let whole = Exchange::get("/api/queries/5/results.json", &result(r#"[{"a": 1}, {"a": 2}]"#));
    let fake = Fake::new(vec![query(5), whole.clone().with(200, Fault::Cut), whole]);
    let opened = open(&source_of(&fake.url, KEY, "html='keep'"), "5", OpenOptions::default()).unwrap();
    assert_eq!(opened.dataset.row_count().known(), 2);
}

#[test]
fn a_packed_body_is_unpacked_on_its_way() {
    let rows: Vec<String> = (0..3_000).map(|i| format!(r#"{{"a": "{i}-{}"}}"#, i * 7919 % 1000)).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, result(&format!("[{}]", rows.join(","))).as_bytes()).unwrap();
    let mut exchange = Exchange::get("/api/queries/5/results.json", "").header("content-encoding", "gzip");
    exchange.reply = packed.finish().unwrap();
    let cut = Exchange { fault: Fault::Cut, ..exchange.clone() };
    let fake = Fake::new(vec![query(5), cut, exchange]);
    let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
    let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
    assert_eq!(whole.window(&[0], 2_999, 1).unwrap().cell(0, 0).plain(), format!("2999-{}", 2_999 * 7919 % 1000));
}

#[test]
fn silence_is_cut_short_and_so_is_a_deadline() {
    let fake = Fake::new(vec![Exchange::get("/api/session", "{}").with(200, Fault::Hang)]);
    let control = Control::new().with_deadline(Some(std::time::Instant::now() + Duration::from_millis(30)));
    assert_eq!(source(&fake).check(&control).unwrap_err().kind, ErrorKind::Timeout);
    let stopped = Control::new();
    stopped.cancel();
    assert_eq!(source(&fake).check(&stopped).unwrap_err().kind, ErrorKind::Interrupted);
}

#[test]
fn several_values_are_stacked_and_failures_named() {
    let query = r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "uid", "type": "text", "value": "x"}, {"name": "n", "type": "number", "value": 1}]}}"#;
    let run = |uid: &str, reply: &str| {
        let body = json!({ "max_age": 3600, "parameters": { "uid": uid, "n": 1 } });
        Exchange::json("POST", "/api/queries/5/results", body, reply)
    };
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", query),
        run("a", &result(r#"[{"a": 1}, {"a": 2}]"#)),
        run("b", r#"{"job": {"status": 4, "error": "no such user"}}"#).with(400, Fault::None),
        run("c", &result(r#"[{"a": 2.5}]"#)),
    ]);
    let parameters = ["a", "b", "c"].map(|v| ("uid".to_owned(), v.to_owned())).to_vec();
    let options = OpenOptions { parameters, max_age: Some(3600), ..OpenOptions::default() };
    let opened = open(&source(&fake), "5", options).unwrap();
    let frame = opened.dataset.window(&[0, 1], 0, 9).unwrap();
    let rows: Vec<(String, String)> =
        (0..frame.height()).map(|r| (frame.cell(r, 0).plain(), frame.cell(r, 1).plain())).collect();
    let want = [("a", "1.0"), ("a", "2.0"), ("c", "2.5")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(rows, want);
    assert_eq!(opened.dataset.schema().columns()[0].name, "uid");
    assert!(
        opened.notices[0].in_lang(Lang::En).contains("uid=b")
            && opened.notices[0].in_lang(Lang::En).contains("no such user")
    );
    // What failed was tried once more.
    assert_eq!(fake.asked().iter().filter(|a| a.starts_with("POST")).count(), 4);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn lists_show_queries_tags_dashboards_and_sources() {
    let mut exchanges = recorded(V26);
    let dashboards = exchanges.iter().find(|e| e.path == "/api/dashboards").unwrap().clone();
    exchanges.push(Exchange { path: "/api/dashboards?page_size=250".into(), ..dashboards });
    exchanges.push(Exchange::get(
        "/api/queries?q=%E4%B8%80%E8%A6%A7&page_size=250",
        r#"{"count": 0, "page": 1, "results": []}"#,
    ));
    let fake = Fake::new(exchanges);
    let source = source(&fake);
    let control = Control::new();
    let top = source.list("", &control).unwrap();
    assert_eq!(
        top.iter().filter(|e| e.locator.strip_prefix("redash:").is_some_and(|p| p.parse::<u64>().is_ok())).count(),
        60
    );
    // The server's own search does not find this; the list in hand does.
    let found = source.find("", "一覧", &control).unwrap();
    assert_eq!(found.iter().map(|e| e.locator.as_str()).collect::<Vec<_>>(), ["redash:1"]);
    assert!(found[0].remark.contains("Admin 管理者"), "{}", found[0].remark);
    assert!(source.list("tags", &control).unwrap().iter().any(|e| e.locator == "redash:tags/events"));
    assert_eq!(source.list("dashboards", &control).unwrap().len(), 2);
    assert_eq!(source.list("dashboards/1", &control).unwrap()[0].locator, "redash:2");
    assert_eq!(api(&source).queries(&Which::Recent, &control).unwrap().len(), 10);
    let sources = source.list("data-sources", &control).unwrap();
    assert!(sources.iter().any(|e| e.name == "サンプル sqlite" && e.remark == "sqlite"), "{sources:?}");
    let inside = source.list("data-sources/1", &control).unwrap();
    assert_eq!(
        inside.iter().take(2).map(|e| e.locator.as_str()).collect::<Vec<_>>(),
        ["redash:sql/1", "redash:data-sources/1"]
    );
    let mixed = inside.iter().find(|e| e.name == "Mixed Case 表").unwrap();
    assert!(source.tidy(&mixed.locator["redash:".len()..]).contains("%22Mixed+Case+%E8%A1%A8%22"), "{mixed:?}");
    let schema = open(&source, "data-sources/1", OpenOptions::default()).unwrap();
    assert_eq!(
        first_row(&schema.dataset).iter().map(|c| c.2.as_str()).collect::<Vec<_>>(),
        ["Mixed Case 表", "Col.2", "text"]
    );
    let broken = open(&source, "data-sources/4", OpenOptions::default()).err().unwrap();
    assert!(words(&broken).contains("Error retrieving schema"), "{broken:?}");
    let card = open(&source, "card/1", OpenOptions::default()).unwrap();
    assert_eq!(card.title, "ユーザー一覧 plain users");
    // When it ran last, as a person writes it, and how long ago that is.
    source.list("queries", &control).unwrap();
    let card = open(&source, "card/1", OpenOptions::default()).unwrap();
    let last = card.dataset.window(&[1], 0, 9).unwrap().cell(5, 0).plain();
    assert!(last.starts_with("2026-11-2") && last.contains(":28 · "), "{last}");
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn old_servers_answer_schemas_in_their_way() {
    for (recording, key) in
        [(V10, "USERKEYadminv10000000000000000000000000"), (V8, "USERKEYadminv08000000000000000000000000")]
    {
        let fake = Fake::new(recorded(recording));
        let source = source_of(&fake.url, key, "");
        assert!(source.check(&Control::new()).is_ok());
        let schema = open(&source, "data-sources/1", OpenOptions::default()).unwrap();
        assert!(schema.dataset.row_count().known() > 5);
        let broken = open(&source, "data-sources/3", OpenOptions::default()).err().unwrap();
        assert!(words(&broken).contains("Error retrieving schema"), "{broken:?}");
        assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
    }
}

#[test]
fn a_large_result_is_shown_at_once_and_settles_on_its_true_types() {
    // The first values of `n` are whole, a late one is not; `late` turns up late; `when` keeps its kind.
    let mut rows = Vec::new();
    for i in 0..40_000 {
        let n = if i == 30_000 { "\"many\"".to_owned() } else { i.to_string() };
        let late = if i > 20_000 { format!(", \"late\": {}.5", i) } else { String::new() };
        rows.push(format!(r#"{{"n": {n}, "when": "2025-01-02T03:04:{:02}+09:00", "文": "行{i}"{late}}}"#, i % 60));
    }
    let columns =
        r#"[{"name": "文", "type": "string"}, {"name": "n", "type": null}, {"name": "when", "type": "datetime"}]"#;
    for columns_first in [true, false] {
        let (rows, columns) = (format!("\"rows\": [{}]", rows.join(", ")), format!("\"columns\": {columns}"));
        let data = if columns_first { format!("{columns}, {rows}") } else { format!("{rows}, {columns}") };
        let text = format!(
            r#"{{"query_result": {{"id": {}, "data": {{{data}}}, "retrieved_at": "2026-11-21T03:12:41.060Z"}}}}"#,
            500 + u64::from(columns_first)
        );
        let held = Exchange::get("/api/queries/5/results.json", &text).with(200, Fault::Hold);
        let fake = Fake::new(vec![query(5), held]);
        let source = source(&fake);
        let opened = open(&source, "5", OpenOptions::default()).unwrap();
        let head = opened.dataset.row_count();
        assert!(!head.is_exact() && head.known() >= 1_000 && head.known() < 40_000, "{head:?}");
        fake.release();
        let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
        assert_eq!(whole.row_count().known(), 40_000);
        let kinds: Vec<(String, String)> =
            whole.schema().columns().iter().map(|c| (c.name.clone(), c.kind.name())).collect();
        let want = [("文", "text"), ("n", "text"), ("when", "datetime[Asia/Tokyo]"), ("late", "float")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(kinds, want);
        let at = |row: u64| {
            let frame = whole.window(&[0, 1, 2, 3], row, 1).unwrap();
            [0, 1, 2, 3].map(|c| frame.cell(0, c).plain())
        };
        assert_eq!(at(30_000), ["行30000", "many", "2025-01-02T03:04:00+09:00", "30000.5"]);
        assert_eq!(at(7), ["行7", "7", "2025-01-02T03:04:07+09:00", ""]);
        assert_eq!(whole.table().notices()[0].id, "notice-redash-mixed");
        assert_eq!(fake.asked().len(), 2);
    }
}

#[test]
fn a_result_that_was_landed_is_not_fetched_again() {
    let rows: Vec<String> = (0..5_000).map(|i| format!(r#"{{"a": {i}}}"#)).collect();
    let fake = Fake::new(vec![
        query(5),
        Exchange::get("/api/queries/5/results.json", &result(&format!("[{}]", rows.join(",")))),
    ]);
    let source = source(&fake);
    for asked in [2, 3] {
        let opened = open(&source, "5", OpenOptions::default()).unwrap();
        let table = opened.dataset.table().settle(&Control::new()).unwrap();
        let whole = table.map_or(opened.dataset, Dataset::new);
        assert_eq!(whole.window(&[0], 4_999, 1).unwrap().cell(0, 0).plain(), "4999");
        // The second time only the query's description is asked for.
        assert_eq!(fake.asked().len(), asked);
    }
}

#[test]
fn no_key_is_in_any_text() {
    let secret = "TOPSECRETkey42";
    let echo = |status: u16| {
        let reply = format!(r#"{{"message": "what is {secret}? Key {secret}"}}"#);
        Exchange::get("/api/session", &reply).with(status, Fault::None)
    };
    for status in [400, 403, 404, 413, 418, 429, 500, 503] {
        let fake = Fake::new(vec![echo(status)]);
        let error = source_of(&fake.url, secret, "").check(&Control::new()).unwrap_err();
        assert!(!words(&error).contains(secret), "{status}: {}", words(&error));
    }
    let wall = echo(302).header("location", &format!("https://login.example.com/?next=x&api_key={secret}"));
    let fake = Fake::new(vec![wall]);
    let error = source_of(&fake.url, secret, "").check(&Control::new()).unwrap_err();
    assert!(words(&error).contains("login.example.com") && !words(&error).contains(secret), "{}", words(&error));
    let gone = source_of("http://127.0.0.1:9", secret, "").check(&Control::new()).unwrap_err();
    assert!(gone.kind == ErrorKind::Connect && !words(&gone).contains(secret), "{}", words(&gone));
    // Locators and links lose it before they are remembered or shown.
    let source = source_of("https://r.example.com/acme", secret, "");
    for path in [
        format!("2000?api_key={secret}&p_x=1"),
        format!("nothing?api_key={secret}"),
        format!("https://r.example.com/acme/queries/2000?p_x=1&api_key={secret}"),
    ] {
        assert!(!source.tidy(&path).contains(secret), "{path}");
        let error = open(&source, &format!("no/such?api_key={secret}"), OpenOptions::default()).err().unwrap();
        assert!(!words(&error).contains(secret));
    }
    assert_eq!(
        source.recognise(&format!("https://r.example.com/acme/api/queries/7/results.csv?api_key={secret}")).as_deref(),
        Some("7")
    );
    assert_eq!(source.recognise("https://other.example.com/acme/queries/7"), None);
}

#[test]
fn things_that_are_no_tables_say_so() {
    let source = source_of("https://r.example.com", KEY, "");
    assert!(matches!(Thing::parse("dashboards"), Ok(Thing::Dashboards)));
    assert_eq!(open(&source, "dashboards", OpenOptions::default()).err().unwrap().kind, ErrorKind::Usage);
}

#[test]
fn statements_run_on_a_data_source_by_name_and_a_broken_body_does_not_run_them_again() {
    let job = r#"{"job": {"id": "j", "status": 3, "error": "", "query_result_id": 63, "result": 63}}"#;
    let statement = "select 1 as a, 'あ' as b";
    let body = |age: i64| json!({ "query": statement, "data_source_id": 1, "max_age": age });
    let rows = result(r#"[{"a": 4711}]"#);
    let fake = Fake::new(vec![
        Exchange::get("/api/data_sources", r#"[{"id": 1, "name": "本番 Warehouse", "type": "pg"}]"#),
        Exchange::json("POST", "/api/query_results", body(0), job),
        Exchange::get("/api/query_results/63.json", &rows).with(200, Fault::Cut),
        Exchange::get("/api/query_results/63.json", &rows),
        Exchange::json("POST", "/api/query_results", body(60), &rows),
    ]);
    let source = source(&fake);
    let path = "sql/本番 warehouse";
    assert!(source.takes_statement(path) && !source.takes_statement("5"));
    let path = source.with_statement(path, statement);
    assert!(!source.takes_statement(&path));
    let opened = open(&source, &path, OpenOptions::default()).unwrap();
    let opened = opened.dataset.table().settle(&Control::new()).unwrap().map_or(opened.dataset, Dataset::new);
    assert_eq!(opened.window(&[0], 0, 9).unwrap().cell(0, 0).plain(), "4711");
    assert_eq!(fake.asked().iter().filter(|a| a.starts_with("POST")).count(), 1);
    let aged = OpenOptions { max_age: Some(60), ..OpenOptions::default() };
    open(&source, &path, aged).unwrap();
    let unknown = open(&source, "sql/nowhere?q=select+1", OpenOptions::default()).err().unwrap();
    assert!(words(&unknown).contains("nowhere"), "{unknown:?}");
    assert_eq!(open(&source, "sql/1", OpenOptions::default()).err().unwrap().kind, ErrorKind::Usage);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}
