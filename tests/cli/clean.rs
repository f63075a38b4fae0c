//! `clean`: the receipt, the cleaned table, and how it ends.

use serde_json::{Value, json};

use super::{Place, snapshot};

/// Five rows; the last repeats the first. `copy` repeats `shop`, `label` is `shop` under other names, `all` is constant.
const SHOPS: &str = "id,shop,label,copy,all,gone,note\n\
    1,a,りんご,a,x,,fresh\n\
    2,b,みかん,b,x,,NA\n\
    3,a,りんご,a,x,, late\n\
    4,b,みかん,b,x,,x\n\
    1,a,りんご,a,x,,fresh\n";

fn place() -> Place {
    let place = Place::new();
    place.write("shops.csv", SHOPS);
    place
}

#[test]
fn what_would_be_done_is_shown_and_nothing_written() {
    let place = place();
    let before = place.files(".");
    let mut all = String::new();
    for words in [
        &["clean", "shops.csv"][..],
        &["clean", "shops.csv", "--lang", "ja"],
        &["clean", "shops.csv", "--keys", "shop", "--keep", "all", "--without", "identical,renamed"],
        &["clean", "sales.csv"],
    ] {
        all.push_str(&place.run(words).code(0).told(words));
    }
    assert_eq!(place.files("."), before);
    let words = ["clean", "shops.csv", "--trim", "*", "--sentinels", "note", "-o", "out/clean.csv"];
    all.push_str(&place.run(&words).code(0).told(&words));
    all.push_str(&std::fs::read_to_string(place.path("out/clean.csv")).unwrap());
    snapshot!("clean", all);
}

#[test]
fn a_table_of_which_nothing_would_be_left_is_told_about_and_not_written() {
    let place = Place::new();
    place.write("same.csv", "x,y\n1,a\n1,a\n1,a\n");
    let told = place.run(&["clean", "same.csv"]).code(0);
    assert!(told.out.lines().filter(|l| l.starts_with("dropped")).count() >= 2, "{told:?}");
    let checked = place.run(&["clean", "same.csv", "--check", "--json"]).code(6);
    let receipt: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(receipt["columns"], json!({"before": 2, "after": 0}));
    let refused = place.run(&["clean", "same.csv", "-o", "out/same.csv"]).code(1);
    assert!(refused.err.contains("--keep COL"), "{refused:?}");
    assert!(!place.path("out/same.csv").exists());
}

#[test]
fn the_receipt_in_json_agrees_with_the_file() {
    let place = place();
    let outcome = place.run(&["clean", "shops.csv", "--json", "-o", "out/clean.csv", "-q"]).code(0);
    let receipt: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(receipt["rows"], json!({"before": 5, "after": 4}));
    assert_eq!(receipt["columns"], json!({"before": 7, "after": 3}));
    let dropped: Vec<(&str, &Value, &Value)> = receipt["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["effect"] == "dropped")
        .map(|f| (f["kind"].as_str().unwrap(), &f["column"], &f["twin"]))
        .collect();
    assert_eq!(
        dropped,
        [
            ("renamed", &json!("label"), &json!("shop")),
            ("identical", &json!("copy"), &json!("shop")),
            ("constant", &json!("all"), &Value::Null),
            ("missing", &json!("gone"), &Value::Null),
            ("duplicate_rows", &Value::Null, &Value::Null),
        ]
    );
    let written = std::fs::read_to_string(place.path("out/clean.csv")).unwrap();
    assert_eq!(written, "id,shop,note\n1,a,fresh\n2,b,NA\n3,a,\" late\"\n4,b,x\n".replace("\" late\"", " late"));
    // The same without a file.
    let alone = place.run(&["clean", "shops.csv", "--json"]).code(0);
    assert_eq!(serde_json::from_str::<Value>(&alone.out).unwrap(), receipt);
    // Cleaned once is clean.
    place.run(&["clean", "out/clean.csv", "--check"]).code(0);
}

#[test]
fn a_check_that_does_not_hold_ends_with_6_and_still_tells() {
    let place = place();
    let outcome = place.run(&["clean", "shops.csv", "--check", "--json"]).code(6);
    assert!(serde_json::from_str::<Value>(&outcome.out).is_ok());
    assert!(outcome.err.contains("1 row and 4 columns"), "{outcome:?}");
    place.run(&["clean", "sales.csv", "--check"]).code(0);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_lost() {
    let place = place();
    place.write("same.csv", "a,b\n1,x\n1,x\n");
    place.write("kept.csv", "old");
    let outcome = place.run(&["clean", "same.csv", "-o", "kept.csv"]).code(1);
    assert!(outcome.err.contains("Nothing would be left"), "{outcome:?}");
    assert_eq!(std::fs::read_to_string(place.path("kept.csv")).unwrap(), "old");
    for words in [
        &["clean", "shops.csv", "--keys", "shops"][..],
        &["clean", "shops.csv", "--without", "everything"],
        &["clean", "shops.csv", "--nearly-empty", "120%"],
        &["clean", "shops.csv", "--cast", "note"],
        &["clean", "shops.csv", "--json", "-o", "-"],
    ] {
        place.run(words).code(2);
    }
}
