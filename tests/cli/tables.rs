//! `view`, `export`, `profile`, `sources` and `doctor`: the data they give.

use serde_json::Value;

use super::{Outcome, Place, bytes, snapshot};

fn csv(place: &Place, words: &[&str]) -> String {
    let mut all = vec!["view", "sales.csv", "--format", "csv", "-q"];
    all.extend(words);
    let outcome = place.run(&all).code(0);
    assert_eq!(outcome.err, "", "{words:?}");
    outcome.out
}

fn json(outcome: Outcome) -> Value {
    serde_json::from_str(&outcome.out).unwrap_or_else(|e| panic!("{e}: {outcome:?}"))
}

#[test]
fn a_view_for_people() {
    let place = Place::new();
    let mut all = String::new();
    for words in [
        &["view", "sales.csv"][..],
        &["view", "sales.csv", "--limit", "2", "--lang", "ja"],
        &[
            "view",
            "sales.csv",
            "--where",
            "country = 'JP'",
            "--where",
            "price > 500",
            "--sort",
            "price:desc",
            "--columns",
            "price,day",
        ],
        &["view", "sales.csv", "--where", "price > 1000000"],
        &["view", "sales.csv", "--limit", "1", "--json"],
        &["view", "sales.csv", "--limit", "2", "--format", "md", "-q"],
        &["sales.csv", "--lang", "ja"],
        &["sources"],
        &["sources", "--format", "csv", "--lang", "ja"],
        &["profile", "sales.csv", "--columns", "country,price"],
        &["profile", "sales.csv", "--columns", "country", "--lang", "ja"],
    ] {
        all.push_str(&place.run(words).code(0).told(words));
    }
    snapshot!("tables", all);
}

#[test]
fn where_sample_sort_columns_and_limit_in_this_order() {
    let place = Place::new();
    assert_eq!(
        csv(&place, &["--columns", "price", "--sort", "country:desc,price", "--limit", "2"]),
        "price\n80.5\n300.0\n"
    );
    assert_eq!(csv(&place, &["--columns", "day", "--sort", "price:desc", "--limit", "1"]), "day\n2026-11-05\n");
    assert_eq!(csv(&place, &["--columns", "note,country", "--where", "price is missing"]), "note,country\nnone,BR\n");
    assert_eq!(
        csv(&place, &["--columns", "country", "--where", "price > 100 or price < 90", "--where", "country <> 'JP'"]),
        "country\nUS\n"
    );
    assert_eq!(csv(&place, &["--columns", "country", "--limit", "0"]), "country\n");
    // Sampled rows are chosen among those that meet the condition.
    assert_eq!(
        csv(&place, &["--columns", "country", "--where", "country = 'JP'", "--sample", "2"]),
        "country\nJP\nJP\n"
    );
    let sampled = |seed: &str| csv(&place, &["--sample", "2", "--seed", seed]);
    assert_eq!(sampled("1"), sampled("1"));
    assert!((0..20).any(|seed| sampled(&seed.to_string()) != sampled("1")));
}

#[test]
fn a_cut_is_announced_once_and_only_if_rows_are_missing() {
    let place = Place::new();
    let rows: String = (0..150).map(|i| format!("{i}\n")).collect();
    place.write("long.csv", format!("n\n{rows}"));
    let count = |words: &[&str]| {
        let mut all = vec!["view", "long.csv", "--format", "csv"];
        all.extend(words);
        let outcome = place.run(&all).code(0);
        (
            outcome.out.lines().count() - 1,
            outcome.err.matches("there are more").count(),
            outcome.err.contains("--limit -1"),
        )
    };
    assert_eq!(count(&[]), (100, 1, true));
    assert_eq!(count(&["--limit", "149"]), (149, 1, false));
    assert_eq!(count(&["--limit", "150"]), (150, 0, false));
    assert_eq!(count(&["--limit", "-1"]), (150, 0, false));
    assert_eq!(count(&["-q"]), (100, 0, false));
    assert_eq!(count(&["--where", "n >= 60"]), (90, 0, false));
    assert_eq!(count(&["--where", "n >= 60", "--limit", "30"]), (30, 1, false));
    assert_eq!(count(&["--sort", "n:desc", "--limit", "30"]), (30, 1, false));
    let document = json(place.run(&["view", "long.csv", "--json"]).code(0));
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(100));
    assert!(!document["cut"].is_null() && document["schema_version"] == 1, "{}", document["cut"]);
}

#[test]
fn a_sample_says_what_it_is_drawn_from() {
    let place = Place::new();
    let rows: String = (0..150).map(|i| format!("{i}\n")).collect();
    place.write("long.csv", format!("n\n{rows}"));
    let outcome = place.run(&["view", "long.csv", "--sample", "7", "--seed", "3", "--json"]).code(0);
    assert!(outcome.err.contains("7 of 150"), "{}", outcome.err);
    let document = json(outcome);
    assert_eq!(document["sampled"], serde_json::json!({"rows": 7, "of": 150, "seed": 3}));
    assert!(json(place.run(&["view", "long.csv", "--sample", "200", "--json"]).code(0)).get("sampled").is_none());
}

#[test]
fn what_is_wrong_below_the_rows_shown_is_said_too() {
    let place = Place::new();
    place.write("ragged.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n");
    let outcome = place.run(&["view", "ragged.csv", "--limit", "1", "--format", "csv"]).code(0);
    assert_eq!(outcome.out, "a,b,c\n1,2,3\n");
    assert!(
        outcome.err.contains("Line 3: 3 fields expected, 2 found")
            && outcome.err.contains("Line 4: 3 fields expected, 4 found"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_file_and_standard_output_get_the_same_bytes() {
    let place = Place::new();
    for format in ["csv", "tsv", "json", "jsonl", "parquet", "arrow", "md", "term"] {
        let file = format!("out/x.{}", if format == "term" { "txt" } else { format });
        let wrote = place.run(&["export", "sales.csv", "-o", &file]).code(0);
        assert!(wrote.out.is_empty() && wrote.err.contains(&file), "{wrote:?}");
        let piped = place.program(&["export", "sales.csv", "--format", format]).output().unwrap();
        assert!(piped.status.success() && !piped.stdout.is_empty(), "{format}");
        assert!(piped.stdout == bytes(&place.path(&file)), "{format}");
        let dash = place.program(&["export", "sales.csv", "--format", format, "-o", "-"]).output().unwrap();
        assert!(dash.stdout == piped.stdout, "{format}");
    }
    assert_eq!(place.files("out").len(), 8);
    assert_eq!(bytes(&place.path("out/x.csv")), csv(&place, &[]).into_bytes());
    let back = place.run(&["view", "out/x.parquet", "--format", "csv"]).code(0);
    assert_eq!(back.out, csv(&place, &[]));
}

#[test]
fn flags_of_the_formats_reach_the_writer() {
    let place = Place::new();
    place.write("formula.csv", "a\n=1+1\n");
    assert_eq!(csv(&place, &["--bom", "--columns", "day", "--limit", "0"]), "\u{feff}day\n");
    let safe = place.run(&["view", "formula.csv", "--format", "csv", "--excel-safe"]).code(0);
    assert_eq!(safe.out, "a\n'=1+1\n");
    place.run(&["export", "sales.csv", "-o", "out/x.csv.gz"]).code(0);
    assert_eq!(bytes(&place.path("out/x.csv.gz"))[..2], [0x1f, 0x8b]);
    place.run(&["export", "sales.csv", "-o", "out/x.gz", "--format", "jsonl"]).code(0);
    assert_eq!(bytes(&place.path("out/x.gz"))[..2], [0x1f, 0x8b]);
    let coloured = |word| place.run(&["view", "sales.csv", "--color", word]).code(0).out.contains('\u{1b}');
    assert_eq!((coloured("always"), coloured("auto"), coloured("never")), (true, false, false));
}

#[test]
fn how_the_input_is_read_can_be_said() {
    let place = Place::new();
    place.write("odd.txt", b"a;1\n\x93\xfa\x96{;02\n");
    let outcome = place.run(&[
        "view",
        "odd.txt",
        "--no-header",
        "--delimiter",
        ";",
        "--encoding",
        "cp932",
        "--all-text",
        "--input-format",
        "csv",
        "--format",
        "csv",
        "-q",
    ]);
    let lines: Vec<&str> = outcome.out.lines().skip(1).collect();
    assert_eq!((lines, outcome.code), (vec!["a,1", "日本,02"], Some(0)), "{outcome:?}");
}

#[test]
fn a_profile_counts_what_is_there() {
    let place = Place::new();
    let whole = json(place.run(&["profile", "sales.csv", "--json"]).code(0));
    assert_eq!((&whole["schema_version"], &whole["rows"]), (&1.into(), &5.into()));
    let price = &whole["columns"][2];
    assert_eq!((&price["name"], &price["missing"], price["max"].as_f64()), (&"price".into(), &1.into(), Some(4500.0)));
    let first = json(place.run(&["profile", "sales.csv", "--json", "--limit", "3", "--columns", "price"]).code(0));
    assert_eq!((&first["rows"], first["columns"].as_array().map(Vec::len)), (&3.into(), Some(1)));
    assert_eq!(first["columns"][0]["max"].as_f64(), Some(1200.0));
    let some = json(
        place
            .run(&[
                "profile",
                "sales.csv",
                "--json",
                "--where",
                "country = 'JP'",
                "--sort",
                "price:desc",
                "--limit",
                "2",
            ])
            .code(0),
    );
    assert_eq!((&some["rows"], some["columns"][2]["min"].as_f64()), (&2.into(), Some(1200.0)));
    let rows = place.run(&["profile", "sales.csv", "--format", "csv", "--lang", "ja"]).code(0);
    assert!(rows.out.starts_with("column,kind,missing,"), "{rows:?}");
}

#[test]
fn what_is_listed_can_be_opened() {
    let place = Place::new();
    let long = format!("{}.csv", "x".repeat(60));
    place.write(&format!("out/{long}"), "n\n1\n");
    let listed = json(place.run(&["sources", "out", "--json"]).code(0));
    let locator = listed["rows"][0]["locator"].as_str().unwrap();
    let opened = place.run(&["view", locator, "--format", "csv"]).code(0);
    assert_eq!(opened.out, "n\n1\n");
    assert!(place.run(&["sources", "out"]).code(0).out.contains(&long));
    let sample = json(place.run(&["sources", "sample:", "--json"]).code(0));
    assert!(sample["rows"].as_array().unwrap().iter().any(|r| r["locator"] == "sample:events"), "{sample}");
}

#[test]
fn standard_input_is_a_table() {
    let place = Place::new();
    let mut program = place.program(&["view", "-", "--format", "csv", "--columns", "day", "--limit", "1", "-q"]);
    program.stdin(std::fs::File::open(place.path("sales.csv")).unwrap());
    let outcome = place.finish(program.output().unwrap()).code(0);
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("day\n2026-11-01\n", ""));
}

#[test]
fn doctor_names_what_won_and_what_is_wrong() {
    let place = Place::new();
    let run = |words: &[&str], code| {
        let mut program = place.program(&[&["doctor", "--json"], words].concat());
        program.env("MEKIKI_THEME", "dark");
        let outcome = place.finish(program.output().unwrap()).code(code);
        let document = json(outcome);
        let rows = document["rows"].as_array().unwrap().clone();
        move |check: &str| -> (String, String, String) {
            let row = rows.iter().find(|r| r["check"] == check).unwrap_or_else(|| panic!("no {check}: {rows:?}"));
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("status"), text("found"), text("remedy"))
        }
    };
    let fine = run(&[], 0);
    assert_eq!(fine("Configuration files").0, "ok");
    assert_eq!(fine("Setting theme"), ("ok".into(), "dark (from the environment)".into(), String::new()));
    assert_eq!(fine("Folder for recent tables").1, "[DIR]/state");
    place.write(".mekiki.toml", "theme = \"light\"\nkeymap = \"visidata\"\n[connections.shop]\nkind = \"abacus\"\n");
    let found = run(&[], 6);
    assert_eq!(found("Configuration files").1, "[DIR]/.mekiki.toml");
    assert_eq!(found("Setting theme").1, "dark (from the environment)");
    assert_eq!(found("Setting keymap").1, "visidata (from [DIR]/.mekiki.toml)");
    assert!(found("Keys").1.starts_with("visidata: "));
    let (status, what, remedy) = found("Connection shop");
    assert!(status == "fail" && what.contains("abacus") && !remedy.is_empty(), "{what}: {remedy}");
    place.write(".mekiki.toml", "keymap = \"./keys.toml\"\n");
    place.write("keys.toml", "sort = [\"Hyper-s\"]\n");
    let (status, what, _) = run(&[], 6)("Keys");
    assert!(status == "fail" && what.contains("Hyper-s"), "{what}");
    place.write(".mekiki.toml", "lang = [3]\n");
    assert_eq!(run(&[], 6)("Configuration files").0, "fail");
}

#[test]
fn doctor_for_people_ends_well() {
    let place = Place::new();
    for (lang, word) in [("en", "Memory"), ("ja", "メモリ")] {
        let outcome = place.run(&["doctor", "--lang", lang]).code(0);
        assert!(outcome.out.contains(word) && outcome.err.is_empty(), "{outcome:?}");
    }
}

#[test]
fn a_line_over_time_is_a_list_of_numbers_to_programs() {
    let place = Place::new();
    let words = ["rank", "sales.csv", "--by", "country", "--measure", "sum:price", "--spark", "day"];
    let ranked = json(place.run(&[&words[..], &["--json"]].concat()).code(0));
    assert_eq!(ranked["rows"][0]["country"], "JP");
    let by_day: Vec<f64> = ranked["rows"][0]["sum_price_by_day"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_f64)
        .collect();
    assert_eq!(by_day, [1200.0, 0.0, 300.0, 0.0, 4500.0]);
    let out = place.run(&words);
    let out = out.code(0);
    let line = out.out.lines().find(|l| l.contains("JP")).unwrap_or_default().to_owned();
    assert!(line.contains(":...@") || line.contains("▃▁▁▁█"), "{line}");
    assert!(out.err.contains("5 points from 2026-11-01 to 2026-11-05"), "{}", out.err);
}

#[test]
fn a_ranking_for_people_and_for_programs() {
    let place = Place::new();
    let ranked = json(
        place
            .run(&[
                "rank",
                "sales.csv",
                "--by",
                "country",
                "--measure",
                "sum:price,count",
                "--top",
                "1",
                "--others",
                "--json",
            ])
            .code(0),
    );
    let names: Vec<&str> =
        ranked["columns"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["country", "sum_price", "count", "share", "cumulative_share"]);
    assert_eq!(ranked["rows"].as_array().map(Vec::len), Some(2));
    assert_eq!(ranked["rows"][1]["country"], "others");
    assert_eq!(ranked["rows"][1]["cumulative_share"], 1.0);
    let mut all = String::new();
    for words in [
        &["rank", "sales.csv", "--by", "country"][..],
        &["rank", "sales.csv", "--by", "country", "--measure", "mean:price", "--lang", "ja"],
        &["rank", "sales.csv", "--by", "country", "--across", "day", "--measure", "sum:price", "--format", "md"],
    ] {
        all.push_str(&place.run(words).code(0).told(words));
    }
    for words in [
        &["rank", "sales.csv", "--by", "country", "--measure", "sum:note"][..],
        &["rank", "sales.csv", "--by", "country", "--measure", "total:price"],
        &["rank", "sales.csv", "--by", "land"],
        &["rank", "sales.csv"],
    ] {
        all.push_str(&place.run(words).code(2).told(words));
    }
    snapshot!("rankings", all);
}

#[test]
fn files_that_hold_other_kinds_lose_nothing_as_one_table() {
    let place = Place::new();
    let parquet = |folder: &str, tables: &[&str]| {
        std::fs::create_dir_all(place.path(folder)).unwrap();
        for (i, table) in tables.iter().enumerate() {
            place.write("one.csv", table);
            place.run(&["export", "one.csv", "-q", "-o", &format!("{folder}/{i}.parquet")]).code(0);
        }
    };
    let csv = |words: &[&str]| place.run(words).code(0).out;
    // A fraction after whole numbers, a column that came later, another order.
    parquet("grown", &["a,b\n1,x\n", "a,c\n1.5,y\n", "b,a\nz,3\n"]);
    let view = ["view", "grown", "--format", "csv", "-q"];
    assert_eq!(csv(&view), "a,b,c\n1.0,x,\n1.5,,y\n3.0,z,\n");
    let sums = ["sql", "select sum(a) as s from grown where c is null", "grown", "--format", "csv", "-q"];
    assert_eq!(csv(&sums), "s\n4.0\n");
    parquet("text", &["a\n1\n", "a\n2026-11-01\n", "a\nx\n"]);
    assert_eq!(csv(&["view", "text", "--format", "csv", "-q"]), "a\n1\n2026-11-01\nx\n");
    // Digits beyond a double's.
    parquet("long", &["a\n9007199254740993\n", "a\n0.5\n"]);
    let told = place.run(&["view", "long", "--format", "csv"]).code(0);
    assert!(told.err.contains("a: some values were rounded"), "{told:?}");
    // More files than are looked at before the first row is shown.
    let mut many = vec!["a\n1\n"; 64];
    many.push("a,late\n2.5,x\n");
    parquet("many", &many);
    let told = place.run(&["view", "many", "--limit", "-1", "--format", "csv"]).code(0);
    assert_eq!(told.out.lines().count(), 66);
    assert!(told.err.contains("first 64 have are not shown: late"), "{told:?}");
    assert!(told.err.contains("a: some values were rounded"), "{told:?}");
    // Nested values beside others.
    std::fs::create_dir_all(place.path("nested")).unwrap();
    for (i, a) in ["[1,2]", "\"x\"", "{\"k\":1}"].iter().enumerate() {
        place.write(&format!("nested/{i}.json"), format!("[{{\"a\":{a}}}]"));
    }
    let view = ["view", "nested", "--format", "csv", "-q"];
    assert_eq!(csv(&view), "a\n\"[1,2]\"\nx\n\"{\"\"k\"\":1}\"\n");
}

#[test]
fn nothing_at_all_is_said() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("days")).unwrap();
    place.write("days/1.csv", "a\n1\n");
    place.write("days/2.csv", "\n\n");
    let told = place.run(&["view", "days", "--format", "csv"]).code(0);
    assert_eq!((told.out.as_str(), told.err.as_str()), ("a\n1\n", "Note: 2.csv holds nothing and was left out.\n"));
    place.run(&["view", "days/2.csv"]).code(1);
    place.write("days/1.csv", "\n");
    place.run(&["view", "days"]).code(1);
    place.write("none.json", "[]");
    let told = place.run(&["view", "none.json"]).code(0);
    assert_eq!(told.err, "Note: There is no row and no column in it.\n");
}

#[test]
fn an_old_workbook_opens_by_its_sheets() {
    let place = Place::new();
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/excel/sales.xls");
    let told = place.run(&["view", book, "--format", "csv"]).code(0);
    assert_eq!(told.out, "日,店,円\n一,東京,1200.0\n二,,34.5\n");
    assert_eq!(told.err, "Note: The sheet “売上” is shown; there is another: S2\n");
    assert_eq!(place.run(&["view", &format!("{book}#S2"), "--format", "csv"]).code(0).out, "zip,n\n0600001,1\n");
    place.run(&["view", &format!("{book}#none")]).code(2);
}
