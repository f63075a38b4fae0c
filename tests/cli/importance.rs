//! `importance`: the sentence and the ranking, the keys for machines, the program for Python, and what is refused.

use serde_json::Value;

use super::{Place, bytes, snapshot};

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

/// Eighty rows: `y` is three times `a` and a little of `b`.
fn small(place: &Place) {
    let row = |i: u32| format!("{},{},{}\n", f64::from(i * 37 % 80) * 3.0 + f64::from(i % 3), i * 37 % 80, i % 3);
    place.write("small.csv", &format!("y,a,b\n{}", (0..80).map(row).collect::<String>()));
}

#[test]
fn every_form_of_the_report_and_the_same_bytes_from_a_recipe() {
    let place = Place::new();
    small(&place);
    let forms = [
        ("x.html", ""),
        ("x.md", ""),
        ("x.json", ""),
        ("x.csv", ""),
        ("x.parquet", ""),
        ("x.py", ""),
        ("x.svg", "figure = \"beeswarm\""),
        ("values.csv", "values = true"),
        ("values.parquet", "values = true"),
    ];
    let mut recipe = "version = 1\nlocator = \"small.csv\"\n".to_owned();
    for (name, more) in forms {
        recipe.push_str(&format!("[[steps]]\nop = \"importance\"\ntarget = \"y\"\noutput = \"out/{name}\"\n{more}\n"));
        let mut words = vec!["importance", "small.csv", "--target", "y", "-o", name];
        match name {
            "x.svg" => words.extend(["--figure", "beeswarm"]),
            "values.csv" | "values.parquet" => words.push("--values"),
            _ => {}
        }
        place.run(&words).code(0);
    }
    place.write("r.toml", &recipe);
    place.run(&["run", "r.toml"]).code(0);
    let text = |name: &str| String::from_utf8_lossy(&bytes(&place.path(name))).into_owned();
    for (name, _) in forms {
        // The page and the text say by which command they were made.
        if !["x.html", "x.md"].contains(&name) {
            assert!(bytes(&place.path(name)) == bytes(&place.path(&format!("out/{name}"))), "{name}");
        }
    }
    assert_eq!(text("x.html").matches("<svg").count(), 4);
    assert_eq!(text("out/x.html").matches("<svg").count(), 4);
    assert!(bytes(&place.path("x-4.png")).starts_with(b"\x89PNG") && !place.path("x-2.svg").exists());
    assert!(text("x.csv").starts_with("feature,mean_abs_shap,share,direction,rank_low,rank_high,permutation\na,"));
    // A quarter of the rows is held out, and explained; the values add up to what the model says.
    let values = text("values.csv");
    let mut lines = values.lines();
    assert_eq!(lines.next(), Some("row,predicted,base_value,shap_a,shap_b"));
    let rows: Vec<Vec<f64>> = lines.map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 20);
    for row in &rows {
        assert!((row[1] - row[2..].iter().sum::<f64>()).abs() < 1e-3, "{row:?}");
    }
    // Places and ranks are numbers in a file that knows types.
    for (name, column) in [("values.parquet", "row"), ("x.parquet", "rank_low"), ("x.parquet", "rank_high")] {
        let json = place.run(&["view", name, "--json"]).code(0);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        let columns = json["columns"].as_array().unwrap();
        assert!(columns.iter().any(|c| c["name"] == column && c["type"] == "integer"), "{name}: {columns:?}");
    }
    let script = text("x.py");
    assert!(
        script.contains("df = pd.read_csv(\"small.csv\")") && script.contains("columns = [\"a\", \"b\"]"),
        "{script}"
    );
    // One row by its place, where it was held out.
    let place_of = (rows[3][0] as u64).to_string();
    let one =
        ["importance", "small.csv", "--target", "y", "--figure", "waterfall", "--row", &place_of, "-o", "one.svg"];
    place.run(&one).code(0);
    assert!(text("one.svg").contains(&format!("Row {place_of}")));
    let told = place.run(&["importance", "small.csv", "--target", "y", "--row", "100000", "-o", "no.png"]).code(2);
    assert!(told.err.contains("not among the held-out rows"), "{}", told.err);
}
