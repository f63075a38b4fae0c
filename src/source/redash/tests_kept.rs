//! What becomes of results after they came: stacked, kept, compared, with their links.

use serde_json::json;

use super::fake::{Exchange, Fake, Fault};
use super::{fresh, open, result, source};
use crate::data::{Control, Dataset};
use crate::source::{OpenOptions, Opened, Source};
use crate::text::Lang;

fn settled(opened: Opened) -> Dataset {
    match opened.dataset.table().settle(&Control::new()).unwrap() {
        Some(table) => Dataset::new(table),
        None => opened.dataset,
    }
}

fn kinds(data: &Dataset) -> Vec<String> {
    data.schema().columns().iter().map(|c| format!("{} {}", c.name, c.kind.name())).collect()
}

fn rows(data: &Dataset, start: u64, len: usize) -> Vec<Vec<String>> {
    let places: Vec<usize> = (0..data.schema().len()).collect();
    let frame = data.window(&places, start, len).unwrap();
    (0..frame.height()).map(|r| places.iter().map(|c| frame.cell(r, *c).plain()).collect()).collect()
}

const SWEPT: &str =
    r#"{"id": 5, "name": "q", "options": {"parameters": [{"name": "uid", "type": "text", "value": "x"}]}}"#;

fn run_of(uid: &str, reply: &str) -> Exchange {
    let body = json!({ "max_age": 60, "parameters": { "uid": uid } });
    Exchange::json("POST", "/api/queries/5/results", body, reply)
}

fn swept(values: &[&str]) -> OpenOptions {
    let parameters = values.iter().map(|v| ("uid".to_owned(), (*v).to_owned())).collect();
    OpenOptions { parameters, max_age: Some(60), ..OpenOptions::default() }
}

#[test]
fn types_of_a_sweep_hold_the_values_of_all_runs() {
    // `uid` is the result's own in the second; the others lack columns, and bring values of other kinds.
    let one = result(r#"[{"a": 1, "when": "2025-01-02"}, {"a": 9007199254740993, "when": null}]"#);
    let two = result(r#"[{"uid": "own", "a": 2, "when": "soon"}]"#);
    let three = result(r#"[{"a": null, "late": true, "when": "2025-01-03"}]"#);
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", SWEPT),
        run_of("1", &one),
        run_of("2", &two),
        run_of("3", &three),
        run_of("none", &result("[]")),
    ]);
    let opened = open(&source(&fake), "5", swept(&["1", "2", "3", "none"])).unwrap();
    assert_eq!(kinds(&opened.dataset), ["p_uid text", "a integer", "when text", "uid text", "late boolean"]);
    assert_eq!(
        rows(&opened.dataset, 0, 9),
        [
            ["1", "1", "2025-01-02", "", ""],
            ["1", "9007199254740993", "", "", ""],
            ["2", "2", "soon", "own", ""],
            ["3", "", "2025-01-03", "", "true"],
        ]
    );
    assert!(opened.facts.len() == 2, "the number of runs and the age: {:?}", opened.facts);
    assert!(opened.dataset.table().parquet_files().is_some(), "it is on the disk");
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_sweep_of_many_rows_is_whole_and_a_run_that_broke_off_is_had_the_second_time() {
    let many = |from: usize, n: usize| {
        let list: Vec<String> = (from..from + n).map(|i| format!(r#"{{"a": {i}}}"#)).collect();
        result(&format!("[{}]", list.join(",")))
    };
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", SWEPT),
        run_of("x", &many(0, 40_000)),
        run_of("y", &many(40_000, 30_000)).with(200, Fault::Cut),
        run_of("y", &many(40_000, 30_000)),
    ]);
    let opened = open(&source(&fake), "5", swept(&["x", "y"])).unwrap();
    assert_eq!(opened.dataset.row_count().known(), 70_000);
    assert_eq!(rows(&opened.dataset, 39_999, 2), [["x", "39999"], ["y", "40000"]]);
    assert_eq!(rows(&opened.dataset, 69_999, 2), [["y", "69999"]]);
    assert!(opened.notices.is_empty(), "{:?}", opened.notices);
}

#[test]
fn only_the_runs_that_failed_are_asked_for_again_and_nothing_that_came_is_lost() {
    let broken = |uid: &str| run_of(uid, r#"{"message": "too busy"}"#).with(500, Fault::None);
    let wrong = |uid: &str| run_of(uid, r#"{"message": "no such user"}"#).with(400, Fault::None);
    let one = |value: &str| result(&format!(r#"[{{"a": {value}}}]"#));
    let fake = Fake::new(vec![
        Exchange::get("/api/queries/5", SWEPT),
        run_of("1", &one("1")),
        broken("2"),
        broken("2"),
        run_of("2", &one("2.5")),
        broken("3"),
        broken("3"),
        wrong("3"),
        wrong("3"),
        wrong("3"),
        wrong("3"),
        run_of("3", &one("3")),
        run_of("4", &one("4")),
    ]);
    let said = |table: &dyn crate::data::Table| {
        let words = |of: Vec<crate::text::Msg>| of.iter().map(|m| m.in_lang(Lang::En)).collect::<Vec<_>>();
        (words(table.facts())[0].clone(), words(table.notices()))
    };
    let posts = || fake.asked().iter().filter(|a| a.starts_with("POST")).count();
    let opened = open(&source(&fake), "5", swept(&["1", "2", "3", "4"])).unwrap();
    assert_eq!(rows(&opened.dataset, 0, 9), [["1", "1"], ["4", "4"]]);
    assert_eq!((opened.dataset.table().missing(), posts()), (2, 6));
    let (fact, notices) = said(opened.dataset.table().as_ref());
    assert_eq!(fact, "2 of 4 runs");
    assert!(notices.len() == 2 && notices[0].contains("uid=2") && notices[1].contains("uid=3"), "{notices:?}");
    assert_eq!(opened.notices.len(), 2);
    // Stopped before anything came, it is as it was.
    let stopped = Control::new();
    stopped.cancel();
    assert!(opened.dataset.table().completed(&stopped).is_err());
    let more = Dataset::new(opened.dataset.table().completed(&Control::new()).unwrap().unwrap());
    assert_eq!(rows(&more, 0, 9), [["1", "1.0"], ["2", "2.5"], ["4", "4.0"]]);
    assert_eq!((more.table().missing(), posts()), (1, 9), "{:?}", fake.asked());
    let (fact, notices) = said(more.table().as_ref());
    assert_eq!(fact, "3 of 4 runs");
    assert!(notices.len() == 1 && notices[0].contains("uid=3") && notices[0].contains("no such user"), "{notices:?}");
    // Nothing comes: the table stays, and says why.
    assert!(more.table().completed(&Control::new()).unwrap().is_none());
    assert_eq!((rows(&more, 0, 9).len(), more.table().missing(), posts()), (3, 1, 11));
    assert_eq!(said(more.table().as_ref()).1, notices);
    let all = Dataset::new(more.table().completed(&Control::new()).unwrap().unwrap());
    assert_eq!(rows(&all, 0, 9), [["1", "1.0"], ["2", "2.5"], ["3", "3.0"], ["4", "4.0"]]);
    assert_eq!((all.table().missing(), posts()), (0, 12));
    assert_eq!(said(all.table().as_ref()), ("4 runs".to_owned(), Vec::new()));
    assert!(all.table().completed(&Control::new()).unwrap().is_none());
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn links_that_turn_up_late_have_their_column_from_the_beginning() {
    let list: Vec<String> = (0..40_000)
        .map(|i| match i {
            30_000 => r#"{"t": "<a href='https://example.com/30000'>here</a>", "n": 1}"#.to_owned(),
            7 => r#"{"t": "<b>seven</b>", "n": 1}"#.to_owned(),
            _ => format!(r#"{{"t": "row {i}", "n": 1}}"#),
        })
        .collect();
    let query = Exchange::get("/api/queries/6", r#"{"id": 6, "name": "q", "latest_query_data_id": 2}"#);
    let fake =
        Fake::new(vec![query, Exchange::get("/api/queries/6/results.json", &result(&format!("[{}]", list.join(","))))]);
    let whole = settled(open(&source(&fake), "6", OpenOptions::default()).unwrap());
    assert_eq!(kinds(&whole), ["a text", "t text", "n integer", "t_link text"]);
    assert_eq!(rows(&whole, 30_000, 1), [["", "here", "1", "https://example.com/30000"]]);
    assert_eq!(rows(&whole, 7, 1), [["", "seven", "1", ""]]);
    assert_eq!(whole.row_count().known(), 40_000);
    assert_eq!(fake.asked().len(), 2);
}

#[test]
fn earlier_runs_are_kept_and_opened_without_the_server() {
    let run = |id: u64, day: u64, rows: &str| {
        format!(
            r#"{{"query_result": {{"id": {id}, "data": {{"columns": [{{"name": "a", "type": "integer"}}], "rows": {rows}}}, "retrieved_at": "2026-11-{day:02}T03:12:41.060Z"}}}}"#
        )
    };
    let query = Exchange::get("/api/queries/5", r#"{"id": 5, "name": "q", "latest_query_data_id": null}"#);
    let post = |reply: &str| Exchange::json("POST", "/api/queries/5/results", json!({ "max_age": 0 }), reply);
    let mut exchanges = vec![query];
    exchanges.extend((1..=15).map(|n| post(&run(100 + n, n, &format!(r#"[{{"a": {n}}}]"#)))));
    let fake = Fake::new(exchanges);
    let source = source(&fake);
    let earlier = |options: &OpenOptions, now: Option<&str>| {
        let found = source.earlier("5", options, now, &Control::new()).unwrap();
        found.into_iter().map(|e| (e.locator, e.name)).collect::<Vec<_>>()
    };
    assert!(earlier(&fresh(), None).is_empty());
    let mut now = None;
    for _ in 1..=15 {
        now = open(&source, "5", fresh()).unwrap().dataset.table().reading();
    }
    assert_eq!(now.as_deref(), Some("results/115"));
    let found = earlier(&fresh(), now.as_deref());
    assert_eq!(found[0], ("redash:results/114".to_owned(), "2026-11-14 12:12:41".to_owned()));
    // Only the last ones are kept.
    assert_eq!(found.len(), 11);
    let asked = fake.asked().len();
    let before = open(&source, "results/114", OpenOptions::default()).unwrap();
    assert_eq!(rows(&before.dataset, 0, 9), [["14"]]);
    assert_eq!(fake.asked().len(), asked, "it is here");
    let other = OpenOptions { parameters: vec![("uid".into(), "x".into())], ..fresh() };
    assert!(earlier(&other, None).is_empty(), "runs with other values are other runs");
}
