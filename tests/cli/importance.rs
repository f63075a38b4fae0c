//! `importance`: the sentence and the ranking, the keys for machines, the program for Python, and what is refused.

use serde_json::Value;

use super::{Place, snapshot};

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/importance/{name}.parquet", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_keys_for_machines() {
    let place = Place::new();
    let path = fixture("titanic");
    let run = place.run(&["importance", &path, "--target", "survived", "--split-column", "_train", "--json"]).code(0);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["task"], "yes-no");
    assert_eq!(json["rows"]["used"], 891);
    assert_eq!(json["quality"]["metric"], "auc");
    assert_eq!(json["quality"]["holdout_rows"], 223);
    assert_eq!(json["verdict"]["status"], "explained");
    assert_eq!(json["features"][0]["name"], "who");
    assert_eq!(json["features"][0]["rank_low"], 1);
    let error = json["additivity_max_error"].as_f64().unwrap();
    assert!(error > 0.0 && error <= 1e-4, "{error}");
    let class = json["features"].as_array().unwrap().iter().find(|f| f["name"] == "class").unwrap();
    assert_eq!(class["group"], "pclass + class");
}

#[test]
fn what_is_refused_says_why() {
    let place = Place::new();
    let mut all = String::new();
    for (words, code) in [
        (&["importance", "sales.csv"][..], 2),
        (&["importance", "sales.csv", "--target", "nothing"], 2),
        (&["importance", "sales.csv", "--target", "price"], 1),
        (&["importance", "sales.csv", "--target", "price", "--lang", "ja"], 1),
        (&["importance", "sample:experiment", "--target", "user_id", "--task", "classes"], 1),
        (&["importance", "sample:experiment", "--target", "revenue", "--time", "variant"], 2),
    ] {
        all.push_str(&place.run(words).code(code).told(words));
    }
    snapshot!("importance_refused", all);
}
