//! Servers and lines that misbehave: what is done about each, and what is not done twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{Exchange, Fake, Fault};
use super::{KEY, first_row, fresh, open, query, result, source, source_of, words};
use crate::data::{Control, Dataset};
use crate::error::ErrorKind;
use crate::source::{OpenOptions, Source};
use crate::text::Lang;

fn post(reply: &str) -> Exchange {
    Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": 0 }), reply)
}

fn job(status: u8) -> String {
    format!(r#"{{"job": {{"id": "j", "status": {status}, "error": ""}}}}"#)
}

fn posts(fake: &Fake) -> usize {
    fake.asked().iter().filter(|a| a.starts_with("POST")).count()
}

#[test]
fn a_job_the_server_forgot_is_given_up_after_a_few_looks() {
    // 500 is what versions from 10 on say of a job they do not know.
    let gone = Exchange::get("/api/jobs/j", r#"{"message": "Internal Server Error"}"#).with(500, Fault::None);
    let fake = Fake::new(vec![query(5), post(&job(2)), gone]);
    let error = open(&source(&fake), "5", fresh()).err().unwrap();
    assert_eq!((error.kind, error.message.id), (ErrorKind::Failed, "error-redash-silent"));
    assert_eq!(posts(&fake), 1);
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_job_that_waits_for_ever_is_ended_at_the_limit() {
    // Version 8 says "queued" of a job it does not know, for ever.
    for status in [1, 2] {
        let end = Exchange::json("DELETE", "/api/jobs/j", Value::Null, "null");
        let fake = Fake::new(vec![query(5), post(&job(status)), Exchange::get("/api/jobs/j", &job(status)), end]);
        let error = open(&source_of(&fake.url, KEY, "time_limit = '0.02'"), "5", fresh()).err().unwrap();
        assert_eq!((error.kind, error.message.id), (ErrorKind::Timeout, "error-redash-slow"), "{status}");
        assert_eq!(fake.asked().last().map(String::as_str), Some("DELETE /api/jobs/j"));
        assert_eq!(posts(&fake), 1);
    }
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_waited_for_and_the_query_is_not_run_again() {
    let look = |status| Exchange::get("/api/jobs/j", &job(status));
    let done = Exchange::get("/api/jobs/j", r#"{"job": {"id": "j", "status": 3, "query_result_id": 9}}"#);
    let fake = Fake::new(vec![
        query(5),
        post(&job(1)),
        look(2),
        look(2).with(200, Fault::Drop),
        look(2).with(502, Fault::None),
        look(2).with(200, Fault::Drop),
        done,
        Exchange::get("/api/query_results/9.json", "").with(504, Fault::None),
        Exchange::get("/api/query_results/9.json", &result(r#"[{"a": 7}]"#)),
    ]);
    let opened = open(&source(&fake), "5", fresh()).unwrap();
    assert_eq!(first_row(&opened.dataset)[0].2, "7");
    assert_eq!(posts(&fake), 1);
}

#[test]
fn errors_are_text_or_objects() {
    for (error, words_of_it) in [
        (r#""division by zero""#, "division by zero"),
        (r#"{"code": 2, "message": "no schema", "details": "really"}"#, "no schema"),
    ] {
        let failed = format!(r#"{{"job": {{"id": "j", "status": 4, "error": {error}}}}}"#);
        let fake = Fake::new(vec![query(5), post(&failed)]);
        let error = open(&source(&fake), "5", fresh()).err().unwrap();
        assert!(error.message.in_lang(Lang::En).contains(words_of_it), "{error:?}");
    }
}

#[test]
fn statuses_say_what_happened() {
    let said = |status: u16| Exchange::get("/api/session", r#"{"message": "words"}"#).with(status, Fault::None);
    for (status, id, kind, asked) in [
        (407, "error-http-proxy", ErrorKind::Connect, 1),
        (413, "error-redash-large", ErrorKind::Failed, 1),
        // Without a word on when to come back: at growing distances, as often as any other.
        (429, "error-redash-busy", ErrorKind::Connect, 4),
        (500, "error-redash-broken", ErrorKind::Failed, 1),
        (502, "error-redash-away", ErrorKind::Connect, 4),
        (504, "error-redash-away", ErrorKind::Connect, 4),
    ] {
        let fake = Fake::new(vec![said(status)]);
        let error = source(&fake).check(&Control::new()).unwrap_err();
        assert_eq!((error.message.id, error.kind, fake.asked().len()), (id, kind, asked), "{status}");
    }
    // A page of something before the server has no words of Redash's.
    let page = Exchange::get("/api/session", "<h1>Forbidden</h1>").with(403, Fault::None);
    let fake = Fake::new(vec![page.header("content-type", "text/html")]);
    let error = source(&fake).check(&Control::new()).unwrap_err();
    assert_eq!((error.message.id, error.kind), ("error-redash-barred", ErrorKind::Connect));
    assert!(error.message.in_lang(Lang::En).ends_with("refuses this (status 403)."));
    // A run that was refused for now did not begin, and is asked for again.
    let fake = Fake::new(vec![
        query(5),
        post("{}").with(429, Fault::None).header("retry-after", "0"),
        post(&result(r#"[{"a": 1}]"#)),
    ]);
    assert!(open(&source(&fake), "5", fresh()).is_ok());
    assert_eq!(posts(&fake), 2);
}

#[test]
fn numbers_that_are_no_json_are_read() {
    let text = result(r#"[{"a": NaN, "b": 1}, {"a": 1.5, "b": Infinity}, {"a": null, "b": -Infinity}]"#);
    let fake = Fake::new(vec![query(5), Exchange::get("/api/queries/5/results.json", &text)]);
    let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
    let frame = opened.dataset.window(&[0, 1], 0, 3).unwrap();
    assert!(frame.cell(0, 0).as_f64().is_some_and(f64::is_nan));
    assert_eq!(frame.cell(1, 1).as_f64(), Some(f64::INFINITY));
    assert_eq!((frame.cell(2, 0).plain().as_str(), frame.cell(2, 1).as_f64()), ("", Some(f64::NEG_INFINITY)));
}

#[test]
fn no_rows_and_no_columns_are_tables_too() {
    for data in [r#"{"columns": [], "rows": []}"#, r#"{"rows": [], "columns": null}"#] {
        let text = format!(r#"{{"query_result": {{"id": 3, "data": {data}}}}}"#);
        let fake = Fake::new(vec![query(5), Exchange::get("/api/queries/5/results.json", &text)]);
        let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
        assert_eq!(opened.dataset.schema().len(), 0, "{data}");
    }
}

#[test]
fn bodies_that_stall_or_never_end_are_left() {
    // Half a body and then silence: given up after the time allowed, not waited for.
    let whole = Exchange::get("/api/queries/5/results.json", &result(r#"[{"a": 1}, {"a": 2}]"#));
    let fake = Fake::new(vec![query(5), whole.clone().with(200, Fault::Stall)]);
    let error = open(&source_of(&fake.url, KEY, "timeout = '0.2'"), "5", OpenOptions::default()).err().unwrap();
    assert_eq!((error.kind, error.message.id), (ErrorKind::Timeout, "error-http-silent"));

    // Rows without an end: the first are there at once, and the rest can be given up.
    let rows: Vec<String> = (0..500).map(|i| format!(r#"{{"a": {i}}}"#)).collect();
    let open_ended = result(&format!("[{}]", rows.join(",")));
    let open_ended = open_ended.split("]}").next().unwrap();
    let endless = Exchange::get("/api/queries/5/results.json", open_ended).with(200, Fault::Endless);
    let fake = Fake::new(vec![query(5), endless]);
    let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
    assert_eq!(opened.dataset.window(&[0], 3, 1).unwrap().cell(0, 0).plain(), "3");
    let soon = Control::new().with_deadline(Some(Instant::now() + Duration::from_millis(200)));
    assert_eq!(opened.dataset.table().settle(&soon).err().unwrap().kind, ErrorKind::Timeout);

    // A reply that is neither a result nor a job is not read for ever.
    let fake = Fake::new(vec![query(5), post(r#"{"other": ["x"#).with(200, Fault::Endless)]);
    assert_eq!(open(&source(&fake), "5", fresh()).err().unwrap().message.id, "error-redash-strange");
}

#[test]
fn a_server_that_always_asks_for_fewer_requests_is_told_with_what_to_do() {
    for (after, asked, message, hint) in [
        (None, 4, "(status 429), after 4 attempts in 0 s.", "Try again in a few minutes"),
        (Some("0"), 4, "after 4 attempts in 0 s.", "Try again in a few minutes"),
        (Some("soon"), 4, "after 4 attempts in 0 s.", "Try again in a few minutes"),
        // What it asks for is longer than anybody would wait.
        (Some("3541"), 1, "after one attempt.", "Try again in 60 minutes, as it says"),
        (Some("Thu, 31 Dec 2099 23:59:59 GMT"), 1, "after one attempt.", "minutes, as it says"),
    ] {
        let busy = post("slow down").with(429, Fault::None).header("content-type", "text/plain");
        let busy = after.iter().fold(busy, |busy, after| busy.header("retry-after", after));
        let fake = Fake::new(vec![query(5), busy]);
        let error = open(&source(&fake), "5", fresh()).err().unwrap();
        assert_eq!((error.kind, error.message.id, posts(&fake)), (ErrorKind::Connect, "error-redash-busy", asked));
        let said = (error.message.in_lang(Lang::En), error.hint.unwrap().in_lang(Lang::En));
        assert!(said.0.contains(message) && said.1.contains(hint), "{after:?}: {said:?}");
    }
}

#[test]
fn replies_that_look_right_and_are_not_are_no_empty_tables() {
    for (reply, id) in [
        (r#"{"query_result": {"id": 1, "data": "text"}}"#, "error-redash-json"),
        (r#"{"query_result": {"id": 1, "data": {"columns": [], "rows": "text"}}}"#, "error-redash-json"),
        // A job without a name cannot be asked for.
        (r#"{"job": {}}"#, "error-redash-strange"),
        (r#"{"job": null}"#, "error-redash-strange"),
        (r#"{"job": {"id": "", "status": 1}}"#, "error-redash-strange"),
    ] {
        let fake = Fake::new(vec![query(5), post(reply)]);
        let error = open(&source(&fake), "5", fresh()).err().unwrap();
        assert_eq!((error.message.id, fake.asked().len()), (id, 2), "{reply}");
    }
}

#[test]
fn a_server_that_moved_under_a_path_is_told_from_a_wall() {
    for (to, id) in [
        ("https://other.example/redash/api/queries/5/results", "error-redash-moved"),
        ("/acme/api/queries/5/results", "error-redash-moved"),
        ("/login?next=/api/queries/5/results", "error-redash-wall"),
        ("https://sso.example/", "error-redash-wall"),
    ] {
        let fake = Fake::new(vec![query(5), post("").with(301, Fault::None).header("location", to)]);
        let error = open(&source(&fake), "5", fresh()).err().unwrap();
        assert_eq!((error.kind, error.message.id), (ErrorKind::Connect, id), "{to}");
    }
}

#[test]
fn a_server_that_speaks_no_tls_or_one_nobody_trusts_is_told_from_one_that_is_away() {
    let fake = Fake::new(Vec::new());
    let url = fake.url.replace("http://", "https://");
    let error = source_of(&url, "TOPSECRETkey42", "").check(&Control::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(!words(&error).contains("TOPSECRETkey42"));
    // One that answers in plain words to whatever is said.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut line in listener.incoming().flatten() {
            let _ = line.read(&mut [0; 16]);
            let _ = line.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = source_of(&url, KEY, "").check(&Control::new()).unwrap_err();
    assert_eq!(error.hint.as_ref().map(|h| h.id), Some("hint-http-plain"), "{}", words(&error));
    let wrong = source_of(&url, KEY, "ca_file = '/no/such/file.pem'").check(&Control::new()).unwrap_err();
    assert_eq!(wrong.kind, ErrorKind::Usage);
}

#[test]
fn a_column_of_many_rows_is_landed_whole() {
    let rows: Vec<String> = (0..300_000u64).map(|i| format!(r#"{{"a":{}}}"#, i * 7919 % 1_000_003)).collect();
    let fake = Fake::new(vec![
        query(5),
        Exchange::get("/api/queries/5/results.json", &result(&format!("[{}]", rows.join(",")))),
    ]);
    let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
    let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
    assert_eq!(whole.row_count().known(), 300_000);
    let at = |row: u64| whole.window(&[0], row, 1).unwrap().cell(0, 0).plain();
    assert_eq!((at(0), at(299_999)), ("0".to_owned(), (299_999u64 * 7919 % 1_000_003).to_string()));
}

#[test]
fn links_and_fractions_that_turn_up_late_change_the_whole() {
    let row = |i: u64| match i {
        50_000 => format!(r#"{{"n": {i}, "h": "<a href='https://x.example/{i}'>x</a>"}}"#),
        55_000 => r#"{"n": 0.5, "h": null}"#.to_owned(),
        _ => format!(r#"{{"n": {i}, "h": "the words of row {i}, which are about as long as words are"}}"#),
    };
    for rows in [50_001, 60_000] {
        let text: Vec<String> = (0..rows).map(row).collect();
        let data = format!(
            r#"{{"columns": [{{"name": "n", "type": null}}, {{"name": "h", "type": null}}], "rows": [{}]}}"#,
            text.join(",")
        );
        let text = format!(r#"{{"query_result": {{"id": {}, "data": {data}}}}}"#, 700 + rows);
        let fake = Fake::new(vec![query(5), Exchange::get("/api/queries/5/results.json", &text)]);
        let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
        let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
        assert_eq!(whole.row_count().known(), rows);
        let names: Vec<&str> = whole.schema().columns().iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["n", "h", "h_link"]);
        let at = |row: u64| {
            let frame = whole.window(&[0, 1, 2], row, 1).unwrap();
            [0, 1, 2].map(|c| frame.cell(0, c).plain())
        };
        assert_eq!(whole.schema().columns()[0].kind.name() == "float", rows > 55_000);
        let point = if rows > 55_000 { ".0" } else { "" };
        assert_eq!(at(7), [&format!("7{point}"), "the words of row 7, which are about as long as words are", ""]);
        assert_eq!(at(50_000), [&format!("50000{point}"), "x", "https://x.example/50000"]);
        assert!(whole.table().notices().iter().any(|n| n.id == "notice-redash-html"));
    }
}

#[test]
fn what_is_not_known_any_more_is_read_twice_and_another_result_is_not_taken_for_the_first() {
    let result = |id: u64, late: (fn(u64) -> String, &str)| {
        let row = |i: u64| match i {
            50_000 => format!(r#"{{{}, "n": 0.5, "ok": 1}}"#, late.1),
            _ => format!(r#"{{{}, "n": {i}, "ok": true}}"#, (late.0)(i)),
        };
        let rows: Vec<String> = (0..50_001).map(row).collect();
        let data = format!(r#"{{"rows": [{}], "columns": [{{"name": "n", "type": null}}]}}"#, rows.join(","));
        let text = format!(r#"{{"query_result": {{"id": {id}, "data": {data}}}}}"#);
        Exchange::get("/api/queries/5/results.json", &text)
    };
    let time = |i: u64| format!(r#""at": "2025-01-02 03:04:{:02}""#, i % 60);
    let number = |i: u64| format!(r#""at": {i}{}"#, [".5", "", ".0", "0000000.0"][i as usize % 4]);
    let (times, numbers) =
        ((time as fn(u64) -> String, r#""at": "soon""#), (number as fn(u64) -> String, r#""at": "n/a""#));
    let fake = Fake::new(vec![query(5), result(811, times), result(812, times)]);
    let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
    let settled = opened.dataset.table().settle(&Control::new());
    assert_eq!(settled.err().map(|e| e.message.id), Some("error-redash-changed"));
    for (id, late, expected) in [
        (813, times, [(7, "7.0", "2025-01-02 03:04:07", "true"), (50_000, "0.5", "soon", "1")]),
        (814, numbers, [(5, "5.0", "5", "true"), (50_000, "0.5", "n/a", "1")]),
        (815, numbers, [(6, "6.0", "6.0", "true"), (4, "4.0", "4.5", "true")]),
        (816, numbers, [(49_999, "49999.0", "499990000000.0", "true"), (8, "8.0", "8.5", "true")]),
    ] {
        let fake = Fake::new(vec![query(5), result(id, late)]);
        let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
        let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
        assert_eq!((whole.row_count().known(), fake.asked().len()), (50_001, 3), "{:?}", fake.asked());
        for (row, n, at, ok) in expected {
            let frame = whole.window(&[0, 1, 2], row, 1).unwrap();
            assert_eq!([0, 1, 2].map(|c| frame.cell(0, c).plain()), [n, at, ok]);
        }
    }
}

#[test]
fn what_was_landed_is_made_to_fit_what_turns_out_later() {
    let row = |i: u64| match i {
        0..20_000 => {
            format!(r#"{{"n": {i}, "day": "2025-01-02", "flag": true, "x": 0.10, "none": null, "link": "a"}}"#)
        }
        20_000..40_000 => format!(
            r#"{{"n": {i}, "day": "2025-01-02T03:04:05", "flag": true, "x": 1e300, "none": 7, "link": "<b>b</b>"}}"#
        ),
        _ => format!(
            r#"{{"n": {i}.5, "day": "2025-01-02", "flag": "yes", "x": "many", "link": "<a href='https://x.example/{i}'>c</a>", "link_link": "own"}}"#
        ),
    };
    let rows: Vec<String> = (0..60_000).map(row).collect();
    let columns = r#"[{"name": "x", "type": null}, {"name": "day", "type": "datetime"}, {"name": "n", "type": null}]"#;
    let rows = rows.join(",");
    for (id, data) in [
        (821, format!(r#""columns": {columns}, "rows": [{rows}]"#)),
        (822, format!(r#""rows": [{rows}], "columns": {columns}"#)),
    ] {
        let text = format!(r#"{{"query_result": {{"id": {id}, "data": {{{data}}}}}}}"#);
        let fake = Fake::new(vec![query(5), Exchange::get("/api/queries/5/results.json", &text)]);
        let opened = open(&source(&fake), "5", OpenOptions::default()).unwrap();
        let whole = Dataset::new(opened.dataset.table().settle(&Control::new()).unwrap().unwrap());
        let columns: Vec<String> =
            whole.schema().columns().iter().map(|c| format!("{} {}", c.name, c.kind.name())).collect();
        assert_eq!(
            columns,
            [
                "x text",
                "day datetime",
                "n float",
                "flag text",
                "none integer",
                "link text",
                "link_link text",
                "link_link_2 text"
            ]
        );
        let at = |row: u64| {
            let frame = whole.window(&[0, 1, 2, 3, 4, 5, 6, 7], row, 1).unwrap();
            [0, 1, 2, 3, 4, 5, 6, 7].map(|c| frame.cell(0, c).plain())
        };
        assert_eq!(at(7), ["0.1", "2025-01-02T00:00:00", "7.0", "true", "", "a", "", ""]);
        assert_eq!(at(20_001), ["1e+300", "2025-01-02T03:04:05", "20001.0", "true", "7", "b", "", ""]);
        assert_eq!(
            at(59_999),
            ["many", "2025-01-02T00:00:00", "59999.5", "yes", "", "c", "own", "https://x.example/59999"]
        );
        assert_eq!(fake.asked().len(), 2, "{:?}", fake.asked());
    }
}

#[test]
fn lists_that_lie_end_and_lists_that_are_none_are_told() {
    let page = |n: u64, ids: &[u64]| {
        let items: Vec<String> = ids.iter().map(|i| format!(r#"{{"id": {i}, "name": "q{i}"}}"#)).collect();
        let of = if n > 1 { format!("&page={n}") } else { String::new() };
        let path = format!("/api/queries?page_size=250{of}");
        Exchange::get(&path, &format!(r#"{{"count": 1000000, "results": [null, {}]}}"#, items.join(",")))
    };
    // A query that was added meanwhile moves another one to the next page; then the pages repeat themselves.
    let fake = Fake::new(vec![page(1, &[1, 2]), page(2, &[2, 3]), page(3, &[1, 2])]);
    let found = source(&fake).list("queries", &Control::new()).unwrap();
    assert_eq!(found.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["q1", "q2", "q3"]);
    assert_eq!(fake.asked().len(), 3, "{:?}", fake.asked());
    for reply in ["[]", "{}", r#"{"count": 1, "results": null}"#, "null"] {
        let fake = Fake::new(vec![Exchange::get("/api/queries?page_size=250", reply)]);
        let error = source(&fake).list("queries", &Control::new()).unwrap_err();
        assert_eq!(error.message.id, "error-redash-strange", "{reply}");
    }
}

#[test]
fn choices_of_a_query_are_read_whatever_it_found() {
    let described = r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "user", "type": "query", "queryId": 4, "value": "12"}]}}"#;
    // The server makes texts of values, and of names it makes none.
    let choices = r#"[{"name": 12, "value": "12"}, {"name": null, "value": "13"}, {"name": true, "value": 14}, null,
        {"name": "fifteen", "value": "15"}]"#;
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", described),
        Exchange::get("/api/queries/5/dropdowns/4", choices),
    ]);
    let asks = source(&fake).asks("5", &Control::new()).unwrap();
    let wanted = [("12", "12"), ("13", "13"), ("true", "14"), ("fifteen", "15")];
    assert_eq!(asks[0].choices, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
