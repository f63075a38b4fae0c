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
         as \"mekiki_m0\", count(*) filter (where {nan}) as \"mekiki_n0\"\nfrom (\n{QUERY}\n) t\ngroup by 1"
    );
    let asked = |text: String, columns: &[(&str, &str)], list: Value| {
        let body = json!({ "query": text, "data_source_id": 7, "max_age": 0 });
        Exchange::json("POST", "/api/query_results", body, &rows(columns, list))
    };
    let total = |name: &str| format!("coalesce(sum({name}) over (), 0)");
    let totals = format!(
        "{} as \"mekiki_t_mekiki_m0\", {} as \"mekiki_t_mekiki_n0\", {} as \"mekiki_t_mekiki_groups\"",
        total("\"mekiki_m0\""),
        total("\"mekiki_n0\""),
        total("1")
    );
    let top = format!(
        "select *\nfrom (\nselect \"country\", \"mekiki_m0\", \"mekiki_n0\", {totals}\nfrom (\n{grouped}\n) t\n) t\n\
         order by \"mekiki_m0\" desc nulls last, \"country\" collate \"C\" asc nulls last\nlimit 13"
    );
    let columns = [
        ("country", "string"),
        ("mekiki_m0", "float"),
        ("mekiki_n0", "integer"),
        ("mekiki_t_mekiki_m0", "float"),
        ("mekiki_t_mekiki_n0", "float"),
        ("mekiki_t_mekiki_groups", "integer"),
    ];
    let few = [("JP", 62.5), ("US", 25.0), ("DE", 12.5)].map(|(name, sum)| (name.to_owned(), sum)).to_vec();
    // As many as were asked for: there are more, which the totals speak of.
    let many: Vec<_> = few.iter().cloned().chain((0..10).map(|i| (format!("x{i:03}"), 0.0))).collect();
    for (groups, sum, count, lines) in [
        (few, 100.0, 3, ["JP,62.5,0.625,0.625", "US,25.0,0.25,0.875"]),
        (many, 125.0, 999, ["JP,62.5,0.5,0.5", "US,25.0,0.2,0.7"]),
    ] {
        let group = |(name, m0): &(String, f64)| {
            json!({ "country": name, "mekiki_m0": m0, "mekiki_n0": 0, "mekiki_t_mekiki_m0": sum, "mekiki_t_mekiki_n0": 0,
                    "mekiki_t_mekiki_groups": count })
        };
        let groups: Vec<Value> = groups.iter().map(group).collect();
        let first = json!([{ "country": "JP", "price": 2.5 }]);
        let (top_text, top) = (&top, asked(top.clone(), &columns, Value::Array(groups)));
        let exchanges = vec![wrapped("*", "\nlimit 1001", &sales(first)), top];
        // What was sent can be had in place of the answer.
        let words = ["rank", "redash:live/12", "--by", "country", "--measure", "sum:price", "--top", "2", "--format"];
        let (fake, place) = server("pg", exchanges.clone());
        let told = run(&place, &[&words[..], &["sql"]].concat()).code(0);
        assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
        assert!(told.out.starts_with(&format!("{top_text};\n")), "{}", told.out);
        let (fake, place) = server("pg", exchanges);
        let told = run(&place, &[&words[..], &["csv"]].concat());
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

/// The visits, of which everything can be counted by hand.
#[cfg(unix)]
mod visits {
    use super::super::redash::{place, run};
    use crate::fake::Fake;
    use crate::postgres::redash::{runs, visits};
    use serde_json::Value;

    const THERE: &str = "redash · Warehouse (PostgreSQL)";

    fn near(got: &Value, want: f64) {
        assert!((got.as_f64().unwrap() - want).abs() < 1e-9, "{got} {want}");
    }

    fn expected(fake: &Fake, wanted: usize) {
        assert_eq!(runs(fake), wanted, "{:#?}", fake.asked());
        assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
    }

    #[test]
    fn an_experiment_is_summed_up_there() {
        let fake = visits();
        let place = place(&fake);
        let told =
            run(&place, &["ab", "redash:live/12", "--variant", "grp", "--metric", "cv", "--format", "json"]).code(0);
        let json: Value = serde_json::from_str(&told.out).unwrap();
        let (a, b) = (&json["arms"][0], &json["arms"][1]);
        assert_eq!(
            [&a["n"], &a["conversions"], &b["n"], &b["conversions"]].map(|v| v.as_u64()),
            [Some(1_000), Some(100), Some(1_000), Some(130)]
        );
        // z = (0.13 - 0.10) / sqrt(0.115 * 0.885 * 2 / 1000), p = erfc(z / sqrt 2).
        let z = &json["comparisons"][0]["tests"]["z"];
        near(&z["statistic"], 2.102_740_605_622_114);
        near(&z["p_value"], 0.035_488_450_466_474_73);
        assert!(json["notes"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains(THERE)), "{}", told.out);
        // The first rows, which tell the columns, and the sums.
        expected(&fake, 2);
    }

    #[test]
    fn columns_are_described_and_drawn_there() {
        let fake = visits();
        let place = place(&fake);
        let told = run(&place, &["profile", "redash:live/12", "--format", "json"]).code(0);
        let json: Value = serde_json::from_str(&told.out).unwrap();
        let column = |name: &str| json["columns"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap();
        let (id, country) = (column("id"), column("country"));
        near(&id["mean"], 1_000.5);
        // sqrt(2000 * 2001 / 12)
        near(&id["sd"], 577.494_588_719_236_4);
        assert_eq!((&id["distinct"]["value"], &id["rows"]), (&2_000.into(), &2_000.into()));
        near(&column("cv")["mean"], 0.115);
        assert_eq!((&country["top"][0]["value"], &country["top"][0]["count"]), (&"JP".into(), &1_000.into()));
        assert!(told.err.contains(THERE), "{}", told.err);
        expected(&fake, runs(&fake));

        let before = runs(&fake);
        let words = ["chart", "redash:live/12", "--kind", "bar", "--x", "country", "--y", "price"];
        let told = run(&place, &words).code(0);
        let bar =
            |name: &str| told.out.lines().find(|l| l.starts_with(name)).unwrap().rsplit(' ').next().unwrap().to_owned();
        // Of ten numbers JP has three even and two odd ones, US one and two, DE one and one.
        assert_eq!((bar("JP").as_str(), bar("DE").as_str(), &bar("US")[..4]), ("2.4", "2.5", "2.66"), "{}", told.out);
        assert!(told.out.contains(THERE), "{}", told.out);
        assert!(runs(&fake) - before <= 3, "{:#?}", fake.asked());
    }

    #[test]
    fn steps_on_the_way_to_an_answer_are_no_runs_of_their_own() {
        let fake = visits();
        let place = place(&fake);
        let words =
            ["view", "redash:live/12", "--where", "country = 'DE'", "--where", "grp = 'B'", "--sort", "id:desc"];
        let told = run(&place, &[&words[..], &["--columns", "id,price", "--limit", "2", "--format", "csv"]].concat());
        assert_eq!(told.code(0).out, "id,price\n2000,3.0\n1998,2.0\n");
        // The first rows of the query, and those asked for.
        expected(&fake, 2);

        let words = ["rank", "redash:live/12", "--where", "grp = 'A'", "--by", "country", "--measure", "sum:price"];
        let told = run(&place, &[&words[..], &["--top", "2", "--format", "csv"]].concat()).code(0);
        let lines: Vec<&str> = told.out.lines().collect();
        // Half of 2,400, 1,600 and 1,000.
        assert!(lines[1..] == ["JP,1200.0,0.48,0.48", "US,800.0,0.32,0.8"], "{}", told.out);
        assert!(told.err.contains(THERE), "{}", told.err);
        // The first rows, and one grouping, since all three groups come with it.
        expected(&fake, 4);
    }
}
