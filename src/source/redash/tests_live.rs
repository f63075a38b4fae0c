//! Queries whose rows stay with their data source: what is sent around them, and what is opened where that cannot be.

use serde_json::{Value, json};

use super::fake::{Exchange, Fake, Fault};
use super::{first_row, open, source, words};
use crate::data::{Control, Dataset, RowCount, STAYS};
use crate::error::ErrorKind;
use crate::source::{OpenOptions, Source as _};
use crate::sql::{Aggregate, Comparison, Constant, Nature, Order, Term};

const SQL: &str =
    "select uid, country, price, note from sales where plan in ({{ plan }}) and day > '{{ day.start }}' -- all";
const SENT: &str = "select *\nfrom (\nselect uid, country, price, note from sales where plan in ({{ plan }}) and day > '{{ day.start }}' -- all\n) t";

fn described() -> Exchange {
    let options = json!({ "parameters": [
        { "name": "plan", "type": "enum", "enumOptions": "free\npro", "value": ["free", "pro"],
          "multiValuesOptions": { "prefix": "'", "suffix": "'", "separator": "," } },
        { "name": "day", "type": "date-range", "value": { "start": "2025-01-01", "end": "2025-01-31" } },
    ] });
    let query = json!({ "id": 2000, "name": "売上", "query": SQL, "data_source_id": 7, "options": options,
        "latest_query_data_id": null });
    Exchange::get("/api/queries/2000", &query.to_string())
}

fn sources(kind: &str) -> Exchange {
    let list =
        json!([{ "id": 3, "name": "other", "type": "mysql" }, { "id": 7, "name": "本番 Warehouse", "type": kind }]);
    Exchange::get("/api/data_sources", &list.to_string())
}

fn rows(columns: &[(&str, Value)], rows: &[Value]) -> String {
    let columns: Vec<Value> = columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    json!({ "query_result": { "id": 9, "data": { "columns": columns, "rows": rows }, "retrieved_at": "2026-11-21T03:12:41.060Z" } })
        .to_string()
}

fn sales(list: &[Value]) -> String {
    let columns =
        [("uid", json!("integer")), ("country", json!("string")), ("price", json!("float")), ("note", Value::Null)];
    rows(&columns, list)
}

fn sale(uid: u64, country: &str, price: f64) -> Value {
    json!({ "uid": uid, "country": country, "price": price, "note": "2025-01-02" })
}

/// A statement that is sent, with the values of its parameters beside it.
fn asked(statement: &str, reply: &str) -> Exchange {
    let parameters = json!({ "plan": "'free','pro'", "day": { "start": "2025-01-01", "end": "2025-01-31" } });
    let body = json!({ "query": statement, "data_source_id": 7, "max_age": 0, "parameters": parameters });
    Exchange::json("POST", "/api/query_results", body, reply)
}

fn texts(dataset: &Dataset) -> Vec<Vec<String>> {
    let places: Vec<usize> = (0..dataset.schema().len()).collect();
    let frame = dataset.window(&places, 0, 99).unwrap();
    (0..frame.height()).map(|r| places.iter().map(|c| frame.cell(r, *c).plain()).collect()).collect()
}

fn from(country: &str) -> Term {
    let constant = Box::new(Term::Constant(Constant::Text(country.to_owned())));
    Term::Compare(Comparison::Eq, Box::new(Term::column("country")), constant)
}

/// The query with what only reads as text made text over there as well, whatever it looks like.
fn base() -> String {
    format!("select *\nfrom (\n{}\n) t", exact())
}

fn exact() -> String {
    SENT.replacen('*', "\"uid\", \"country\", \"price\", cast(\"note\" as text) as \"note\"", 1)
}

#[test]
fn relations_wrap_the_query_and_only_their_answers_come() {
    let filtered = format!("{}\nwhere (\"country\" = 'JP')", exact());
    let sorted = format!("{filtered}\norder by \"price\" desc nulls last\nlimit 1001");
    let sum = format!("{}\nlimit 11", base().replacen('*', "\"country\", coalesce(sum(\"uid\"), 0) as \"n\"", 1));
    let sum = sum.replace("\nlimit", "\ngroup by 1\nlimit");
    let summed =
        |n: f64| rows(&[("country", json!("string")), ("n", json!("float"))], &[json!({ "country": "JP", "n": n })]);
    let (first, last) = (sale(1, "JP", 120.5), sale(4, "JP", 80.0));
    let fake = Fake::new(vec![
        described(),
        sources("pg"),
        asked(&format!("{SENT}\nlimit 1001"), &sales(&[first.clone(), sale(2, "US", 7.0), last.clone()])),
        asked(&sorted, &sales(&[last, first])),
        asked(&sum, &summed(5.0)),
        asked(&sum, &summed(9_007_199_254_740_992.0)),
    ]);
    let opened = open(&source(&fake), "live/2000", OpenOptions::default()).unwrap();
    assert_eq!(opened.title, "redash:2000 売上");
    assert_eq!((opened.facts[0].id, opened.notices[0].id), (STAYS, "notice-redash-live"));
    assert_eq!(opened.dataset.row_count(), RowCount::Exact(3));
    let row = first_row(&opened.dataset);
    assert_eq!((row[3].1.as_str(), row[3].2.as_str()), ("text", "2025-01-02"));

    let control = Control::new();
    let place = opened.dataset.place().unwrap();
    assert_eq!(place.remote.name(), "redash · 本番 Warehouse");
    let order = Order { column: "price".into(), descending: true, nature: Nature::Float };
    let relation = place.relation.clone().filter(from("JP")).sort(vec![order]);
    let table = Dataset::new(place.remote.open(&relation, &control).unwrap());
    // The order is the server's.
    assert_eq!(texts(&table).iter().map(|r| r[0].as_str()).collect::<Vec<_>>(), ["4", "1"]);
    assert_eq!(table.place().unwrap().relation, relation);

    let sums = vec![("n".to_owned(), Aggregate::Sum(Term::column("uid")))];
    let relation = place.relation.clone().group(vec!["country".into()], sums);
    let answer = place.remote.fetch(&relation, 10, &control).unwrap().unwrap();
    assert_eq!(texts(&Dataset::from_frame(answer)), [["JP", "5.0"]]);
    // A sum that may have lost digits on its way is none.
    assert!(place.remote.fetch(&relation, 10, &control).unwrap().is_none());

    // The server would take this for a parameter.
    let braces = place.relation.clone().filter(from("a {{ plan }}"));
    let error = place.remote.open(&braces, &control).err().unwrap();
    assert_eq!((error.kind, error.message.id), (ErrorKind::Usage, "error-redash-live-braces"));
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}

#[test]
fn more_rows_than_a_screen_are_counted_there_and_landed_when_they_are_needed() {
    let many: Vec<Value> = (0..5_000).map(|i| sale(i, "JP", i as f64 + 0.5)).collect();
    let count = base().replacen('*', "count(*) as \"mekiki_rows\"", 1);
    let fake = Fake::new(vec![
        described(),
        sources("redshift"),
        asked(&format!("{SENT}\nlimit 1001"), &sales(&many[..1_001])),
        asked(
            &count.replace("as text", "as varchar(65535)"),
            &rows(&[("mekiki_rows", json!("integer"))], &[json!({ "mekiki_rows": 5_000 })]),
        ),
        asked(&exact().replace("as text", "as varchar(65535)"), &sales(&many)).with(200, Fault::Cut),
        asked(&exact().replace("as text", "as varchar(65535)"), &sales(&many)),
    ]);
    let opened = open(&source(&fake), "live/2000", OpenOptions::default()).unwrap();
    assert_eq!(opened.dataset.row_count(), RowCount::AtLeast(1_000));
    let counted = opened.dataset.count(&Control::new());
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
    assert_eq!(counted.unwrap(), 5_000);
    assert_eq!(opened.dataset.window(&[0], 999, 1).unwrap().cell(0, 0).plain(), "999");
    assert_eq!(fake.asked().iter().filter(|a| a.starts_with("POST")).count(), 2, "nothing is landed yet");
    let frame = opened.dataset.window(&[0, 2, 3], 4_999, 5).unwrap();
    assert_eq!([0, 1, 2].map(|c| frame.cell(0, c).plain()), ["4999", "4999.5", "2025-01-02"]);
    assert_eq!(opened.dataset.row_count(), RowCount::Exact(5_000));
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}

#[test]
fn only_what_is_looked_at_is_run_and_bringing_rows_here_runs_once() {
    let many: Vec<Value> = (0..1_500).map(|i| sale(i, "JP", f64::from(i as u32))).collect();
    let filtered = format!("{}\nwhere (\"country\" = 'JP')", exact());
    let fake = Fake::new(vec![
        described(),
        sources("pg"),
        asked(&format!("{SENT}\nlimit 1001"), &sales(&many[..1_001])),
        asked(&format!("{}\nlimit 1001", filtered.replace("'JP'", "'US'")), &sales(&many[..7])),
        asked(&filtered, &sales(&many)),
    ]);
    let opened = open(&source(&fake), "live/2000", OpenOptions::default()).unwrap();
    let posts = || fake.asked().iter().filter(|a| a.starts_with("POST")).count();
    assert_eq!(posts(), 1);
    let control = Control::new();
    let place = opened.dataset.place().unwrap();
    let filtered = place.remote.open(&place.relation.clone().filter(from("JP")), &control).unwrap();
    let few = place.remote.open(&place.relation.clone().filter(from("US")), &control).unwrap();
    assert_eq!((posts(), few.rows(), few.is_at_hand(0)), (1, RowCount::AtLeast(0), false));
    assert_eq!(few.read(&[0], 6, 1).unwrap().height(), 1);
    assert_eq!((posts(), few.rows(), few.is_at_hand(6)), (2, RowCount::Exact(7), true));
    // What is here already is not run for again.
    assert_eq!(few.landed(&control).unwrap().unwrap().rows(), RowCount::Exact(7));
    assert_eq!(posts(), 2);
    let here = filtered.landed(&control).unwrap().unwrap();
    assert!(here.place().is_none() && here.rows() == RowCount::Exact(1_500) && filtered.is_at_hand(1_400));
    filtered.read(&[0], 1_400, 50).unwrap();
    assert_eq!(posts(), 3);
    // Who has given up can look again.
    opened.dataset.table().give_up();
    assert_eq!(opened.dataset.window(&[0], 5, 1).unwrap().cell(0, 0).plain(), "5");
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}

#[test]
fn what_cannot_be_asked_live_is_opened_as_it_was_kept_and_that_is_said() {
    let stored = |id: u64| {
        let body = json!({ "max_age": -1, "parameters": { "plan": ["free", "pro"], "day": { "start": "2025-01-01", "end": "2025-01-31" } } });
        Exchange::json("POST", &format!("/api/queries/{id}/results"), body, &sales(&[sale(1, "JP", 1.0)]))
    };
    let denied =
        r#"{"job": {"status": 4, "error": "You do not have permission to run queries with this data source."}}"#;
    let refused = asked(&format!("{SENT}\nlimit 1001"), denied).with(403, Fault::None);
    let hidden =
        Exchange::get("/api/data_sources", r#"{"message": "Couldn't find resource. Please login and try again."}"#)
            .with(404, Fault::None);
    for (why, exchanges) in [
        ("You do not have permission", vec![described(), sources("pg"), refused, stored(2000)]),
        ("mysql", vec![described(), sources("mysql"), stored(2000)]),
        ("does not accept the key", vec![described(), hidden, stored(2000)]),
    ] {
        let fake = Fake::new(exchanges);
        let opened = open(&source(&fake), "live/2000", OpenOptions::default()).unwrap();
        let notice = opened.notices[0].in_lang(crate::text::Lang::En);
        assert!(opened.notices[0].id == "notice-redash-kept" && notice.contains(why), "{notice}");
        assert!(opened.dataset.place().is_none() && opened.facts[0].id == "redash-age");
        assert_eq!(opened.dataset.row_count().known(), 1);
        assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
    }
    // A query that does not stand in brackets says so, and how to read it otherwise.
    let failed = asked(&format!("{SENT}\nlimit 1001"), r#"{"job": {"id": "j", "status": 4, "error": "syntax error"}}"#);
    let fake = Fake::new(vec![described(), sources("pg"), failed]);
    let error = open(&source(&fake), "live/2000", OpenOptions::default()).err().unwrap();
    assert!(words(&error).contains("syntax error") && words(&error).contains("live/"), "{error:?}");
}

#[test]
fn statements_stay_there_too_and_both_ways_lead_to_each_other() {
    let body =
        json!({ "query": "select *\nfrom (\nselect 1 as a\n) t\nlimit 1001", "data_source_id": 7, "max_age": 0 });
    let reply = rows(&[("a", json!("integer"))], &[json!({ "a": 1 })]);
    let fake = Fake::new(vec![sources("bigquery"), Exchange::json("POST", "/api/query_results", body, &reply)]);
    let source = source(&fake);
    let path = "live/sql/本番 Warehouse";
    assert!(source.takes_statement(path));
    let path = source.with_statement(path, "select 1 as a;");
    let opened = open(&source, &path, OpenOptions::default()).unwrap();
    assert_eq!(texts(&opened.dataset), [["1"]]);
    assert!(opened.facts[0].in_lang(crate::text::Lang::En).contains("BigQuery"));
    for (one, other) in [("2000?p_x=1", "live/2000?p_x=1"), ("sql/7?q=select+1", "live/sql/7?q=select+1")] {
        assert_eq!(source.other_way(one).as_deref(), Some(other));
        assert_eq!(source.other_way(other).as_deref(), Some(one));
    }
    assert_eq!((source.other_way("results/7"), source.other_way("sql/7")), (None, None));
    assert_eq!(source.about("live/2000").as_deref(), Some("card/2000"));
    assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
}
