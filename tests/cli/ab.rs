//! `ab`: the sentence, the numbers against reference ones, the checks, and what is refused.

use serde_json::Value;

use super::{Place, snapshot};

const SEED: [&str; 5] = ["ab", "--arm", "A=118/2000", "--arm", "B=90/2000"];

#[test]
fn sentences_and_numbers_for_people() {
    let place = Place::new();
    let mut all = String::new();
    let mut told = |words: &[&str], code: i32| all.push_str(&place.run(words).code(code).told(words));
    told(&SEED, 0);
    told(&[&SEED[..], &["--lang", "ja"]].concat(), 0);
    told(&["ab", "--arm", "control=100/1000", "--arm", "new=104/1000"], 0);
    told(&["ab", "--arm", "A=0/5", "--arm", "B=1/5", "--lang", "ja"], 0);
    told(&["ab", "--arm", "A=200/4000", "--arm", "B=250/4000", "--arm", "C=231/4000", "--arm", "D=262/4000"], 0);
    told(&["ab", "--arm", "A=500/10000", "--arm", "B=600/10500"], 6);
    told(&["ab", "--arm", "A=500/10000", "--arm", "B=600/10500", "--lang", "ja"], 6);
    told(&["ab", "--arm", "A=500/10000", "--arm", "B=600/10500", "--split", "100:105"], 0);
    told(&["ab", "sample:experiment", "--variant", "variant", "--metric", "converted,revenue", "--unit", "user_id"], 0);
    told(&["ab", "sample:experiment", "--lang", "ja"], 0);
    told(&[&SEED[..], &["--format", "csv"]].concat(), 0);
    snapshot!("ab", all);
}

#[test]
fn what_is_refused_says_why() {
    let place = Place::new();
    let mut all = String::new();
    for words in [
        &["ab"][..],
        &["ab", "--arm", "A=5/3", "--arm", "B=1/3"],
        &["ab", "--arm", "A=5/3", "--arm", "B=1/3", "--lang", "ja"],
        &["ab", "--arm", "A=1/3"],
        &["ab", "--arm", "A", "--arm", "B=1/3"],
        &["ab", "--arm", "A=1/3", "--arm", "A=2/3"],
        &["ab", "--arm", "A=1/3", "--arm", "B=2/3", "--prior", "0,1"],
        &["ab", "--arm", "A=1/3", "--arm", "B=2/3", "--baseline", "C"],
        &["ab", "--arm", "A=1/3", "--arm", "B=2/3", "--split", "50:x"],
        &["ab", "sales.csv", "--arm", "A=1/3", "--arm", "B=2/3"],
        &["ab", "sales.csv", "--variant", "nothing", "--metric", "price"],
        &["ab", "sales.csv", "--variant", "country", "--metric", "note"],
        &["ab", "sales.csv", "--variant", "country", "--metric", "note", "--lang", "ja"],
        &["ab", "sample:experiment", "--variant", "user_id", "--metric", "converted"],
    ] {
        all.push_str(&place.run(words).code(2).told(words));
    }
    snapshot!("ab_refused", all);
}

pub fn case(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/ab/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&super::bytes(path.as_ref())).unwrap()
}

#[track_caller]
pub fn near(want: &Value, got: &Value) {
    let Some(v) = want["v"].as_f64() else {
        assert!(got.is_null(), "{got} instead of nothing");
        return;
    };
    let room = want["atol"].as_f64().unwrap() + want["rtol"].as_f64().unwrap() * v.abs();
    assert!((got.as_f64().unwrap() - v).abs() <= room, "{got} instead of {v} ± {room}");
}

#[test]
fn numbers_agree_with_reference_ones_through_the_command_line() {
    let place = Place::new();
    for name in ["bayes_seed_2000", "bayes_tiny_0of5_1of5", "bayes_huge_10M", "bayes_zero_zero_10"] {
        let case = case(name);
        let arm = |key: &str| {
            let arm = &case["input"][key];
            format!("{}={}/{}", key.to_uppercase(), arm["conversions"], arm["n"])
        };
        let words = ["ab", "--arm", &arm("a"), "--arm", &arm("b"), "--json"];
        let json: Value = serde_json::from_str(&place.run(&words).code(0).out).unwrap();
        for (i, arm) in ["A", "B"].iter().enumerate() {
            let (want, got) = (&case["expected"][arm], &json["arms"][i]["posterior"]);
            for key in ["mean", "median", "sd"] {
                near(&want[key], &got[key]);
            }
            for (side, end) in ["low", "high"].iter().enumerate() {
                for interval in ["hdi95", "eti95"] {
                    let want = &want[format!("{interval}_{end}")];
                    if !want.is_null() {
                        near(want, &got[interval][side]);
                    }
                }
            }
        }
        let both = &json["comparisons"][0];
        let sum = both["p_better"].as_f64().unwrap() + both["p_worse"].as_f64().unwrap();
        assert!((sum - 1.0).abs() < 1e-9);
    }
    let json: Value = serde_json::from_str(&place.run(&[&SEED[..], &["--json"]].concat()).code(0).out).unwrap();
    // The published example, as arm − baseline: the other way about.
    let difference = &json["comparisons"][0]["difference"];
    let close =
        |got: &Value, want: f64, room: f64| assert!((got.as_f64().unwrap() - want).abs() < room, "{got} {want}");
    close(&difference["median"], -0.013_969_422_2, 1e-9);
    close(&difference["hdi95"][1], -0.000_190_146, 1e-7);
    close(&json["comparisons"][0]["p_better"], 0.023_209_496_7, 1e-9);
    let tests = &json["comparisons"][0]["tests"];
    close(&tests["z"]["p_value"], 0.046_153_54, 1e-8);
    close(&tests["fisher"]["p_value"], 0.054_273_44, 1e-8);
    close(&tests["yates"]["p_value"], 0.054_508_61, 1e-8);
    close(&tests["newcombe"]["ci95"][0], -0.027_905_5, 1e-7);
    close(&tests["miettinen_nurminen"]["ci95"][0], -0.027_948_8, 1e-7);
    assert_eq!(json["verdict"]["status"], "lose");
}

#[test]
fn a_broken_split_ends_with_its_own_code_and_still_writes_the_numbers() {
    let place = Place::new();
    let told = place.run(&["ab", "--arm", "A=1/10000", "--arm", "B=1/10500", "--json"]).code(6);
    let json: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(json["verdict"]["status"], "blocked");
    assert_eq!(json["checks"][0]["name"], "sample_ratio");
    assert_eq!(json["checks"][0]["status"], "block");
    let p = json["checks"][0]["p_value"].as_f64().unwrap();
    assert!((p - 0.000_479).abs() < 1e-6, "{p}");
}
