//! Plans against reference numbers and numbers worked by hand; tables, saved plans, readings before the end.

use chrono::NaiveDate;
use polars::prelude::{Column as PlColumn, DataFrame};

use super::measure::{Columns, measure};
use super::saved::Saved;
use super::*;
use crate::data::{Control, Dataset};
use crate::op::Context;
use crate::op::ab::analysis::{Ab, Arm};
use crate::op::ab::cases::Case;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn asked(baseline: Baseline, change: &str) -> Question {
    Question { change: change.parse().unwrap(), ..Question::new(baseline, day("2026-11-21")) }
}

fn rate(rate: f64, change: &str) -> Question {
    asked(Baseline::Rate { rate }, change)
}

#[test]
fn sizes_agree_with_reference_numbers() {
    let case = Case::open("power_proportions");
    for (i, row) in case.input()["rows"].as_array().unwrap().iter().enumerate() {
        let f = |k: &str| row[k].as_f64().unwrap();
        let question = Question {
            change: Change::Relative(f("relative_mde")),
            power: f("power"),
            alpha: f("alpha"),
            ..rate(f("baseline"), "1%")
        };
        let plan = question.plan().unwrap();
        case.check(&format!("rows/{i}/n_per_arm_pooled_fleiss"), plan.alone);
        case.check(&format!("rows/{i}/ceil_pooled"), plan.arms[1] as f64);
    }
    let case = Case::open("power_means");
    for (i, row) in case.input()["rows"].as_array().unwrap().iter().enumerate() {
        let f = |k: &str| row[k].as_f64().unwrap();
        let question = Question {
            change: Change::Absolute(20.0 * f("d")),
            power: f("power"),
            split: vec![1.0, f("ratio")],
            ..asked(Baseline::Mean { mean: 100.0, sd: 20.0 }, "1")
        };
        case.check(&format!("rows/{i}/n_a_ttest"), question.plan().unwrap().alone);
    }
}

#[test]
fn the_numbers_known_by_heart() {
    let mut question = rate(0.05, "10%");
    question.per_day = Some(4000.0);
    let plan = question.clone().plan().unwrap();
    assert_eq!(plan.arms, [31_234, 31_234]);
    assert_eq!(plan.duration, Some(Duration { days: 16, weeks: 3 }));
    assert_eq!(plan.end, Some(day("2026-12-12")));
    // As points, the same.
    assert_eq!(rate(0.05, "0.005").plan().unwrap().arms, [31_234, 31_234]);
    // After a week with 1,000 in each arm, +62% is the smallest change found.
    question.per_day = Some(2000.0 / 7.0);
    let week = question.plan().unwrap().weeks[0];
    assert!((week.baseline - 1000.0).abs() < 1e-9);
    assert!((week.change.unwrap() / 0.05 - 0.62).abs() < 0.01, "{week:?}");
    // Groups of 20 with a correlation of .05: 1.95 times as many.
    let question = Question { clusters: Some(Clusters { size: 20.0, icc: 0.05 }), ..rate(0.05, "10%") };
    let plan = question.plan().unwrap();
    assert!((plan.design_effect - 1.95).abs() < 1e-12);
    assert_eq!(plan.arms[0], (31_233.437_94_f64 * 1.95).ceil() as u64);
    assert_eq!(plan.groups.unwrap()[0], plan.arms[0].div_ceil(20));
}

#[test]
fn tests_that_arms_are_alike_by_hand() {
    // (1.959964 + 0.841621)² · 2 · .85 · .15 / .1² = 200.14; (1.644854 + 1.281552)² · 2 · .85 · .15 / .1² = 218.38.
    let non = Question { aim: Aim::NonInferiority, ..rate(0.85, "-0.1") }.plan().unwrap();
    assert_eq!(non.arms, [201, 201]);
    let equal = Question { aim: Aim::Equivalence, ..rate(0.85, "0.1") }.plan().unwrap();
    assert_eq!(equal.arms, [219, 219]);
    for plan in [non, equal] {
        let power = plan.question.power_at(plan.alone).unwrap();
        assert!((power - 0.8).abs() < 1e-9, "{power}");
    }
}

#[test]
fn several_arms_and_uneven_shares() {
    // Three comparisons, so a level of .05/3.
    let plan = Question { split: vec![1.0; 4], ..rate(0.05, "10%") }.plan().unwrap();
    assert!((plan.level - 0.05 / 3.0).abs() < 1e-15);
    assert!(plan.arms.iter().all(|n| *n == plan.arms[0]) && plan.arms[0] > 31_234);
    let uneven = Question { split: vec![9.0, 1.0], ..rate(0.05, "10%") }.plan().unwrap();
    assert!((uneven.arms[0] as f64 / uneven.arms[1] as f64 - 9.0).abs() < 1e-3, "{:?}", uneven.arms);
    assert!(uneven.total() > 62_468);
}

#[test]
fn power_rises_with_the_size_and_is_what_was_asked_for_at_the_size() {
    let questions = [
        rate(0.05, "10%"),
        rate(0.3, "-0.05"),
        asked(Baseline::Mean { mean: 10.0, sd: 30.0 }, "5%"),
        asked(Baseline::Mean { mean: 0.0, sd: 1.0 }, "0.5"),
    ];
    for question in questions {
        let plan = question.plan().unwrap();
        assert!(plan.curve.windows(2).all(|w| w[1].1 >= w[0].1 - 1e-12), "{:?}", plan.curve);
        let (n, power) = plan.curve[19];
        assert!((n - plan.alone).abs() < 1e-6 * n && (power - 0.8).abs() < 1e-3, "{n} {power}");
    }
}

#[test]
fn nonsense_is_refused() {
    for question in [
        rate(0.0, "10%"),
        rate(1.0, "-10%"),
        rate(-0.2, "10%"),
        rate(f64::NAN, "10%"),
        rate(0.6, "80%"),
        rate(0.05, "-0.2"),
        Question { per_day: Some(0.0), ..rate(0.05, "10%") },
        Question { per_day: Some(-4.0), ..rate(0.05, "10%") },
        Question { power: 1.0, ..rate(0.05, "10%") },
        Question { alpha: 0.0, ..rate(0.05, "10%") },
        Question { split: vec![1.0], ..rate(0.05, "10%") },
        Question { split: vec![1.0, 0.0], ..rate(0.05, "10%") },
        Question { clusters: Some(Clusters { size: 0.5, icc: 0.1 }), ..rate(0.05, "10%") },
        asked(Baseline::Mean { mean: 0.0, sd: 1.0 }, "10%"),
        asked(Baseline::Mean { mean: 1.0, sd: 0.0 }, "10%"),
    ] {
        assert!(question.clone().plan().is_err(), "{question:?}");
    }
    for text in ["", "0", "0%", "ten", "inf", "10%%", "%"] {
        assert!(text.parse::<Change>().is_err(), "{text}");
    }
    for text in ["10%", "0.07%", "-3.3%", "0.005", "−2"] {
        let change: Change = text.parse().unwrap();
        assert_eq!(change.to_string(), text.replace('−', "-"));
    }
}

fn table() -> Dataset {
    // Two shops with two people each, one with four; Ada comes on two days.
    let users = ["ada", "ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"];
    let shops = ["x", "x", "x", "y", "y", "z", "z", "z", "z"];
    let days = [1, 3, 1, 2, 2, 4, 4, 4, 4].map(|d| format!("2026-11-0{d}"));
    let prices = [Some(1), Some(2), Some(0), Some(5), Some(7), None, Some(4), Some(9), Some(8)];
    let columns = vec![
        PlColumn::new("user".into(), &users[..]),
        PlColumn::new("shop".into(), &shops[..]),
        PlColumn::new("day".into(), &days[..]),
        PlColumn::new("bought".into(), &[0, 1, 0, 1, 1, 0, 0, 1, 0][..]),
        PlColumn::new("price".into(), &prices[..]),
    ];
    Dataset::from_frame(DataFrame::new(9, columns).unwrap())
}

#[test]
fn a_table_tells_rate_mean_traffic_and_groups() {
    let context = Context::new(Control::new(), 1 << 30);
    let some = |s: &str| Some(s.to_owned());
    let columns = Columns { metric: "bought".into(), unit: some("user"), cluster: some("shop"), day: some("day") };
    let found = measure(&table(), &columns, &context).unwrap();
    assert_eq!((found.units, found.rows, found.missing, found.days), (8, 9, 0, Some(4)));
    assert_eq!(found.baseline, Baseline::Rate { rate: 0.5 });
    assert_eq!(found.per_day, Some(2.0));
    // By hand: x (1, 0), y (1, 1), z (0, 0, 1, 0). Σ sum²/m = .5 + 2 + .25; between (2.75 − 2)/2 = .375, within
    // (4 − 2.75)/5 = .25, typical size (8 − 24/8)/2 = 2.5: (.375 − .25)/(.375 + 1.5·.25) = 1/6. Σm²/Σm = 3.
    let (groups, clusters) = found.clusters.unwrap();
    assert_eq!(groups, 3);
    assert!((clusters.icc - 1.0 / 6.0).abs() < 1e-12 && (clusters.size - 3.0).abs() < 1e-12, "{clusters:?}");
    let rows = Columns { unit: None, cluster: None, day: None, metric: "price".into() };
    let found = measure(&table(), &rows, &context).unwrap();
    // 1 2 0 5 7 4 9 8: mean 4.5, variance (240 − 8·20.25)/7 = 11.142857.
    let Baseline::Mean { mean, sd } = found.baseline else { panic!("{found:?}") };
    assert!((mean - 4.5).abs() < 1e-12 && (sd - 11.142_857_142_857_142_f64.sqrt()).abs() < 1e-12);
    assert_eq!((found.units, found.missing, found.per_day), (8, 1, None));
    let text = Columns { metric: "shop".into(), ..Columns::default() };
    assert!(measure(&table(), &text, &context).is_err());
    let no_day = Columns { metric: "bought".into(), day: some("shop"), ..Columns::default() };
    assert!(measure(&table(), &no_day, &context).is_err());
}

fn example() -> Saved {
    let question = Question { per_day: Some(4000.0), ..rate(0.05, "10%") };
    Saved::new(&question.plan().unwrap(), Some("sample:experiment".into()), None)
}

#[test]
fn a_plan_written_and_read_again_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    let mut saved = example();
    saved.look(day("2026-11-25"), 12_000);
    saved.look(day("2026-11-26"), 12_000);
    saved.write(&path).unwrap();
    let again = Saved::read(&path).unwrap();
    assert_eq!(again, saved);
    assert_eq!(again.looks.len(), 1);
    for broken in ["", "version = 1", "x = [", "version = 9\narms = [1, 2]\n"] {
        std::fs::write(&path, broken).unwrap();
        assert!(Saved::read(&path).is_err(), "{broken}");
    }
    assert!(Saved::read(&folder.path().join("none.toml")).is_err());
}

fn read_at(saved: &mut Saved, b: u64, n: u64, on: &str, count: bool) -> crate::result::report::Report {
    let arm = |name: &str, conversions| Arm { name: name.into(), conversions, n };
    let mut report = Ab::default().from_arms(&[arm("A", n / 20), arm("B", b)]).unwrap();
    peek::attach(&mut report, saved, day(on), count).unwrap();
    report
}

#[test]
fn reading_before_the_end_has_its_price_and_after_it_none() {
    let mut saved = example();
    // Four looks at even distances before the end: with the end itself, five.
    for (k, on) in [(1, "2026-11-24"), (2, "2026-11-28"), (3, "2026-12-02"), (4, "2026-12-06")] {
        let n = (31_233.0 * f64::from(k) / 5.0) as u64;
        let report = read_at(&mut saved, n / 20 + 10, n, on, true);
        let check = report.data["checks"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((check["name"].as_str(), check["status"].as_str()), (Some("before_planned_end"), Some("warn")));
        assert_eq!(report.data["sequential"]["looks"], k);
    }
    assert_eq!(saved.looks.len(), 4);
    let n = 24_986;
    let report = read_at(&mut saved, n / 20 + 10, n, "2026-12-06", true);
    let price = report.data["sequential"]["false_alarms"].as_f64().unwrap();
    // The published rate of five looks; whole people make them not quite even.
    assert!((price - 0.141_69).abs() < 2e-4, "{price}");
    let over = read_at(&mut saved, 31_234 / 20, 31_234, "2026-12-12", true);
    assert_eq!(over.data["checks"].as_array().unwrap().last().unwrap()["status"], "ok");
    assert!(over.data["sequential"].is_null());
    assert_eq!(saved.looks.len(), 4);
    // Enough people, but not yet the day.
    let early = read_at(&mut saved, 31_234 / 20, 31_234, "2026-12-09", false);
    assert_eq!(early.data["checks"].as_array().unwrap().last().unwrap()["status"], "warn");
}

#[test]
fn intervals_for_early_reading_are_wider_and_decide_with_the_bounds() {
    let mut saved = example();
    // Half of the information, z of 2.35: Pocock's spending has 2.157 there, O'Brien and Fleming's 2.963.
    let n = 15_616;
    let report = read_at(&mut saved, 874, n, "2026-11-29", false);
    let methods = report.data["sequential"]["methods"].as_array().unwrap();
    let bound = |i: usize| methods[i]["bound"].as_f64().unwrap();
    assert!((bound(0) - 2.157).abs() < 2e-3 && (bound(1) - 2.963).abs() < 2e-3, "{methods:?}");
    let (a, b) = (780.0 / 15_616.0, 874.0 / 15_616.0);
    let se = ((a * (1.0 - a) + b * (1.0 - b)) / 15_616.0_f64).sqrt();
    let ci = methods[0]["ci"].as_array().unwrap();
    assert!((ci[0].as_f64().unwrap() - (b - a - bound(0) * se)).abs() < 1e-12);
    assert_eq!(methods[0]["decides"], (b - a) / se > bound(0));
    assert_eq!(methods[1]["decides"], false);
    let always = &methods[2];
    assert_eq!(always["decides"], always["ci"][0].as_f64().unwrap() > 0.0);
    assert!(saved.looks.is_empty());
}

#[test]
fn early_intervals_rest_on_the_error_of_the_test_that_decides() {
    let mut saved = example();
    let mut report = read_at(&mut saved, 874, 15_616, "2026-11-29", false);
    // A ratio of sums: its value is no share, and its units are no trials.
    report.data = serde_json::json!({
        "kind": "ratio",
        "arms": [
            {"name": "A", "n": 15_616, "rate": 2.5, "mean": 2.5, "sd": 4.0},
            {"name": "B", "n": 15_616, "rate": 2.6, "mean": 2.6, "sd": 4.0},
        ],
        "comparisons": [{"arm": "B", "baseline": "A", "decided_by": "delta_method",
            "tests": {"delta_method": {"difference": 0.1, "se": 0.045}}}],
        "checks": [],
    });
    peek::attach(&mut report, &mut saved, day("2026-11-29"), false).unwrap();
    let pocock = &report.data["sequential"]["methods"][0];
    let (low, bound) = (pocock["ci"][0].as_f64().unwrap(), pocock["bound"].as_f64().unwrap());
    assert!((low - (0.1 - bound * 0.045)).abs() < 1e-12, "{pocock}");
}
