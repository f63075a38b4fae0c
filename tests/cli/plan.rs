//! `ab plan` and `ab wizard`: the sentence, known sizes, the kept plan, what reading early costs, and what is refused.

use serde_json::Value;

use super::{Place, snapshot};

const SEED: [&str; 8] = ["ab", "plan", "--rate", "0.05", "--change", "10%", "--start", "2026-11-21"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SEED[..], more].concat()
}

#[test]
fn sentences_and_numbers_for_people() {
    let place = Place::new();
    let mut all = String::new();
    let mut told = |words: &[&str]| all.push_str(&place.run(words).code(0).told(words));
    told(&with(&["--per-day", "4,000"]));
    told(&with(&["--per-day", "4000", "--lang", "ja"]));
    told(&SEED);
    told(&with(&["--per-day", "300"]));
    told(&with(&["--arms", "3", "--cluster-size", "20", "--icc", "0.05"]));
    told(&[
        "ab",
        "plan",
        "--mean",
        "1200",
        "--sd",
        "3400",
        "--change",
        "50",
        "--split",
        "80:20",
        "--start",
        "2026-11-21",
    ]);
    told(&["ab", "plan", "--rate", "0.85", "--change", "0.1", "--aim", "non-inferiority", "--start", "2026-11-21"]);
    told(&["ab", "plan", "--rate", "0.85", "--change", "-10%", "--start", "2026-11-21"]);
    told(&["ab", "plan", "--rate", "0.85", "--change", "0.1", "--aim", "equivalence", "--start", "2026-11-21"]);
    told(&["ab", "plan", "sales.csv", "--metric", "price", "--day", "day", "--start", "2026-11-21", "--lang", "ja"]);
    snapshot!("ab_plan", all);
}

#[test]
fn nonsense_says_what_would_do() {
    let place = Place::new();
    let mut all = String::new();
    for words in [
        &["ab", "plan"][..],
        &["ab", "plan", "--lang", "ja"],
        &["ab", "plan", "--rate", "0"],
        &["ab", "plan", "--rate", "1"],
        &["ab", "plan", "--rate", "-0.1"],
        &["ab", "plan", "--rate", "five"],
        &["ab", "plan", "--rate", "0.6", "--change", "80%"],
        &["ab", "plan", "--rate", "0.6", "--change", "80%", "--lang", "ja"],
        &["ab", "plan", "--rate", "0.05", "--change", "0"],
        &["ab", "plan", "--rate", "0.05", "--change", "much"],
        &["ab", "plan", "--rate", "0.05", "--change", "-0.2"],
        &["ab", "plan", "--rate", "0.05", "--per-day", "0"],
        &["ab", "plan", "--rate", "0.05", "--per-day", "-5"],
        &["ab", "plan", "--rate", "0.05", "--power", "1"],
        &["ab", "plan", "--rate", "0.05", "--alpha", "0"],
        &["ab", "plan", "--rate", "0.05", "--alpha", "0.9"],
        &["ab", "plan", "--rate", "0.05", "--arms", "1"],
        &["ab", "plan", "--rate", "0.05", "--arms", "99"],
        &["ab", "plan", "--rate", "0.05", "--split", "50:x"],
        &["ab", "plan", "--rate", "0.05", "--cluster-size", "20"],
        &["ab", "plan", "--rate", "0.05", "--cluster-size", "20", "--icc", "7"],
        &["ab", "plan", "--rate", "0.05", "--change", "0.0000000001"],
        &["ab", "plan", "--rate", "0.05", "--start", "tomorrow"],
        &["ab", "plan", "--mean", "10"],
        &["ab", "plan", "--mean", "10", "--sd", "0"],
        &["ab", "plan", "--mean", "0", "--sd", "1"],
        &["ab", "plan", "sales.csv"],
        &["ab", "plan", "sales.csv", "--metric", "country"],
        &["ab", "plan", "sales.csv", "--metric", "price", "--day", "country"],
        &["ab", "plan", "sales.csv", "--metric", "nothing"],
        &["ab", "--arm", "A=1/2", "plan"],
        &["ab", "--arm", "A=1/20", "--arm", "B=2/20", "--plan", "none.toml"],
    ] {
        all.push_str(&place.run(words).code(2).told(words));
    }
    snapshot!("ab_plan_refused", all);
}

#[test]
fn numbers_for_machines_are_the_known_ones() {
    let place = Place::new();
    let json: Value = serde_json::from_str(&place.run(&with(&["--per-day", "4000", "--json"])).code(0).out).unwrap();
    let plan = &json["plan"];
    assert_eq!(plan["n_per_arm"], serde_json::json!([31_234, 31_234]));
    assert_eq!(
        (plan["n_total"].as_u64(), plan["weeks"].as_u64(), plan["days"].as_u64()),
        (Some(62_468), Some(3), Some(21))
    );
    assert_eq!(plan["end"], "2026-12-12");
    assert_eq!(json["verdict"]["status"], "planned");
    assert_eq!(json["weeks"].as_array().unwrap().len(), 8);
    let five = &json["peeking"][3];
    assert_eq!(five["looks"], 5);
    assert!((five["false_alarms"].as_f64().unwrap() - 0.141_689_3).abs() < 1e-5);
}

#[test]
fn the_power_curve_is_an_image_and_the_plan_a_file() {
    let place = Place::new();
    place.run(&with(&["--per-day", "4000", "-o", "out/power.png"])).code(0);
    assert!(super::bytes(&place.path("out/power.png")).starts_with(b"\x89PNG"));
    let svg = place.run(&with(&["--format", "svg"])).code(0).out;
    assert!(svg.contains("<svg"), "{svg}");
    place.run(&with(&["--per-day", "4000", "-o", "out/plan.toml"])).code(0);
    let text = String::from_utf8(super::bytes(&place.path("out/plan.toml"))).unwrap();
    snapshot!("ab_plan_file", text);
    place.run(&with(&["--save"])).code(0);
    assert_eq!(place.files("state/plans"), ["plan-2026-11-21.toml"]);
}

#[test]
fn reading_before_the_end_is_counted_and_told() {
    let place = Place::new();
    // A first day this far ahead never comes while this test is of use.
    let start = ["ab", "plan", "--rate", "0.05", "--change", "10%", "--per-day", "4000", "--start", "2999-01-01"];
    place.run(&[&start[..], &["-o", "plan.toml"]].concat()).code(0);
    let look = |a: &str, b: &str, more: &[&str]| {
        let words = [&["ab", "--arm", a, "--arm", b, "--plan", "plan.toml"][..], more].concat();
        place.run(&words).code(0)
    };
    let first = look("A=312/6246", "B=330/6246", &[]);
    assert!(first.out.contains("This is look 1") && first.out.contains("Pocock"), "{first:?}");
    // The same people again are no new look; more people are.
    look("A=312/6246", "B=330/6246", &[]);
    look("A=624/12493", "B=700/12493", &[]);
    look("A=936/18740", "B=990/18740", &[]);
    let last: Value = serde_json::from_str(&look("A=1249/24986", "B=1300/24986", &["--json"]).out).unwrap();
    assert_eq!(last["sequential"]["looks"], 4);
    let price = last["sequential"]["false_alarms"].as_f64().unwrap();
    assert!((price - 0.141_69).abs() < 1e-3, "{price}");
    let check = last["checks"].as_array().unwrap().iter().find(|c| c["name"] == "before_planned_end").unwrap();
    assert_eq!(check["status"], "warn");
    let japanese = look("A=1249/24986", "B=1300/24986", &["--lang", "ja"]);
    assert!(japanese.out.contains("4 回目"), "{japanese:?}");
    let text = String::from_utf8(super::bytes(&place.path("plan.toml"))).unwrap();
    assert_eq!(text.matches("[[look]]").count(), 4);
}

#[test]
fn the_tree_of_methods() {
    let place = Place::new();
    let mut all = String::new();
    for words in [&["ab", "wizard", "--no-input"][..], &["ab", "wizard", "--lang", "ja"]] {
        all.push_str(&place.run(words).code(0).told(words));
    }
    snapshot!("ab_wizard", all);
    let json: Value = serde_json::from_str(&place.run(&["ab", "wizard", "--json"]).code(0).out).unwrap();
    assert_eq!(json["questions"].as_array().unwrap().len(), 5);
    assert_eq!(json["leaves"][0]["key"], "ab-test");
}

#[test]
fn help_knows_the_second_word() {
    let place = Place::new();
    let page = place.run(&["ab", "plan", "--help"]).code(0).out;
    assert_eq!(page, place.run(&["help", "ab", "plan"]).code(0).out);
    assert!(page.contains("mekiki ab plan [") && page.contains("--per-day"), "{page}");
    let slip = place.run(&["ab", "plan", "--rat", "0.05"]).code(2);
    assert!(slip.err.contains("--rate"), "{slip:?}");
}
