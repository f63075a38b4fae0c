//! Tests of the analysis as an operation: verdicts, sums of a table, guesses, what is refused.

use super::*;
use crate::data::Control;
use crate::result::report::Status;
use polars::prelude::{Column, DataFrame};

fn arms(texts: &[&str]) -> Vec<Arm> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

fn context() -> Context {
    Context::new(Control::new(), 1 << 30)
}

#[test]
fn arms_are_read_strictly() {
    assert_eq!("A=118/2000".parse::<Arm>().unwrap(), Arm { name: "A".into(), conversions: 118, n: 2000 });
    assert_eq!("x=y=1/2,000".parse::<Arm>().unwrap(), Arm { name: "x=y".into(), conversions: 1, n: 2000 });
    for bad in ["A", "A=5", "=1/2", "A=-1/2", "A=1.5/2", "A=a/b", "A=1/2/3", "A=99999999999999999999/1", "A=/"] {
        assert!(bad.parse::<Arm>().is_err(), "{bad}");
    }
    let error = Ab::default().from_arms(&arms(&["A=5/3", "B=1/3"])).unwrap_err();
    assert_eq!(error.message.id, "error-ab-arm-more");
    assert!(Ab::default().from_arms(&arms(&["A=1/3"])).is_err());
    assert!(Ab::default().from_arms(&arms(&["A=1/3", "A=2/3"])).is_err());
    let bad = Ab { prior: Some([0.0, 1.0]), ..Ab::default() };
    assert_eq!(bad.from_arms(&arms(&["A=1/3", "B=2/3"])).unwrap_err().message.id, "error-ab-prior");
}

#[test]
fn verdicts_follow_the_numbers() {
    let status = |texts: &[&str]| Ab::default().from_arms(&arms(texts)).unwrap().verdict.status;
    assert_eq!(status(&["A=118/2000", "B=90/2000"]), Status::Lose);
    assert_eq!(status(&["A=90/2000", "B=118/2000"]), Status::Win);
    assert_eq!(status(&["A=0/5", "B=1/5"]), Status::Undecided);
    assert_eq!(status(&["A=100/1000", "B=100/1000"]), Status::Undecided);
    assert_eq!(status(&["A=500/10000", "B=900/10500"]), Status::Blocked);
    assert_eq!(status(&["A=0/0", "B=0/0"]), Status::Blocked);
    assert_eq!(status(&["A=200/4000", "B=250/4000", "C=231/4000", "D=262/4000"]), Status::Win);
    assert_eq!(status(&["A=0/1000", "B=0/1000"]), Status::Undecided);
    // The name tells which one is the baseline.
    assert_eq!(status(&["new=118/2000", "control=90/2000"]), Status::Win);
}

#[test]
fn nothing_is_said_to_be_certain() {
    for texts in [
        &["A=0/5", "B=1/5"][..],
        &["A=0/100000", "B=50000/100000"],
        &["A=100000/100000", "B=0/100000"],
        &["A=1/10000000", "B=9999999/10000000"],
    ] {
        let report = Ab::default().from_arms(&arms(texts)).unwrap();
        let lines = report.lines(100, true).join("\n");
        for never in [" 0%", " 0.0%", " 100%", " 100.0%", " 0.00%", " 100.00%", "proved", "NaN", "inf"] {
            assert!(!lines.contains(never), "{never}: {lines}");
        }
    }
}

fn table() -> Dataset {
    let n = 4000usize;
    let user: Vec<String> = (0..n).map(|i| format!("u{}", i / 2)).collect();
    let variant: Vec<Option<&str>> =
        (0..n).map(|i| if i % 1000 == 999 { None } else { Some(["A", "B"][i / 2 % 2]) }).collect();
    let converted: Vec<Option<i64>> = (0..n)
        .map(|i| if i % 500 == 7 { None } else { Some(i64::from(i * 7919 % 100 < 10 + 10 * (i / 2 % 2))) })
        .collect();
    let revenue: Vec<f64> = (0..n).map(|i| (i * 104_729 % 1000) as f64 + 1e9).collect();
    let word: Vec<&str> = converted
        .iter()
        .map(|v| match v {
            Some(1) => "はい",
            Some(_) => "いいえ",
            None => "",
        })
        .collect();
    let columns = vec![
        Column::new("user_id".into(), user),
        Column::new("variant".into(), variant),
        Column::new("converted".into(), converted),
        Column::new("revenue".into(), revenue),
        Column::new("word".into(), word),
    ];
    Dataset::from_frame(DataFrame::new(n, columns).unwrap())
}

fn ab(metric: &str) -> Ab {
    Ab { variant: "variant".into(), metrics: vec![metric.into()], ..Ab::default() }
}

#[test]
fn a_table_and_its_counts_give_the_same_answer() {
    let data = table();
    let report = ab("converted").report(&data, &context()).unwrap();
    // Counted by hand from the same rule.
    let mut counts = [[0u64; 2]; 2];
    for i in (0..4000usize).filter(|i| i % 1000 != 999 && i % 500 != 7) {
        counts[i / 2 % 2][0] += u64::from(i * 7919 % 100 < 10 + 10 * (i / 2 % 2));
        counts[i / 2 % 2][1] += 1;
    }
    let arm = |name: &str, [conversions, n]: [u64; 2]| Arm { name: name.into(), conversions, n };
    let same = Ab::default().from_arms(&[arm("A", counts[0]), arm("B", counts[1])]).unwrap();
    assert_eq!(report.data["arms"], same.data["arms"]);
    assert_eq!(report.data["comparisons"], same.data["comparisons"]);
    let words = ab("word").report(&data, &context()).unwrap();
    assert_eq!(words.data["arms"], same.data["arms"]);
    assert!(
        report.notes.iter().any(|n| n.id == "ab-note-rows")
            && report.notes.iter().any(|n| n.id == "ab-note-no-variant")
    );
    assert!(report.warnings.iter().any(|n| n.id == "ab-check-missing-found"));
}

#[test]
fn a_mean_keeps_its_digits_far_from_zero() {
    let report = ab("revenue").report(&table(), &context()).unwrap();
    let mut sums = [(0u64, 0u64, 0u64); 2];
    for i in (0..4000usize).filter(|i| i % 1000 != 999) {
        let v = (i * 104_729 % 1000) as u64;
        let s = &mut sums[i / 2 % 2];
        *s = (s.0 + 1, s.1 + v, s.2 + v * v);
    }
    for (arm, (n, sum, squares)) in report.data["arms"].as_array().unwrap().iter().zip(sums) {
        let mean = sum as f64 / n as f64;
        let sd = ((squares as f64 - sum as f64 * mean) / (n - 1) as f64).sqrt();
        assert!((arm["mean"].as_f64().unwrap() - 1e9 - mean).abs() < 1e-5);
        assert!((arm["sd"].as_f64().unwrap() - sd).abs() < 1e-6 * sd);
    }
}

#[test]
fn units_are_put_together() {
    let step = Ab { unit: Some("user_id".into()), ..ab("converted") };
    let report = step.report(&table(), &context()).unwrap();
    let arms = report.data["arms"].as_array().unwrap();
    let n: u64 = arms.iter().map(|a| a["n"].as_u64().unwrap()).sum();
    assert_eq!(n, 2000);
    assert!(report.warnings.iter().any(|n| n.id == "ab-check-repeated-found"));
    let small = Context::new(Control::new(), 100);
    assert_eq!(step.report(&table(), &small).unwrap_err().message.id, "error-ab-memory");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let data = table();
    let refused = |step: &Ab| step.report(&data, &context()).unwrap_err().message.id;
    assert_eq!(refused(&Ab { variant: "user_id".into(), ..ab("converted") }), "error-ab-variants");
    assert_eq!(refused(&ab("user_id")), "error-ab-metric");
    assert_eq!(refused(&Ab { baseline: Some("C".into()), ..ab("converted") }), "error-ab-baseline");
    assert_eq!(refused(&Ab { split: vec![1.0, 1.0, 1.0], ..ab("converted") }), "error-ab-split");
    assert_eq!(refused(&Ab { alpha: Some(0.0), ..ab("converted") }), "error-ab-alpha");
    assert_eq!(refused(&Ab { metrics: Vec::new(), ..ab("") }), "error-ab-no-metric");
}

#[test]
fn guesses_are_what_a_person_would_choose() {
    let found = guess(&table()).unwrap();
    assert_eq!(
        (found.variant.as_str(), found.metrics, found.unit.as_deref()),
        ("variant", vec!["converted".to_owned()], Some("user_id"))
    );
    assert_eq!(found.baseline.as_deref(), Some("A"));
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(baseline_of(&names(&["新", "コントロール"])), 1);
    assert_eq!(baseline_of(&names(&["x", "y_control"])), 1);
    assert_eq!(baseline_of(&names(&["on", "off"])), 1);
    assert_eq!(baseline_of(&names(&["B", "C"])), 0);
}

#[test]
fn columns_beside_the_metric_are_guessed_from_their_names() {
    let columns = vec![
        Column::new("user_id".into(), (0..40).map(|i| format!("u{i}")).collect::<Vec<_>>()),
        Column::new("group".into(), (0..40).map(|i| ["A", "B"][i % 2]).collect::<Vec<_>>()),
        Column::new("device".into(), (0..40).map(|i| ["pc", "phone", "tablet"][i % 3]).collect::<Vec<_>>()),
        Column::new("day".into(), (0..40).map(|i| i / 8).collect::<Vec<i32>>()),
        Column::new("clicks".into(), (0..40).map(|i| i % 5).collect::<Vec<i32>>()),
        Column::new("impressions".into(), (0..40).map(|i| 5 + i % 7).collect::<Vec<i32>>()),
        Column::new("revenue".into(), (0..40).map(|i| i * 31 % 17).collect::<Vec<i32>>()),
        Column::new("pre_revenue".into(), (0..40).map(|i| i * 29 % 19).collect::<Vec<i32>>()),
    ];
    let data = Dataset::from_frame(DataFrame::new(40, columns).unwrap());
    let clicks = guess(&data.with_columns(&[0, 1, 2, 3, 4, 5])).unwrap();
    assert_eq!((clicks.metrics, clicks.denominator.as_deref()), (vec!["clicks".to_owned()], Some("impressions")));
    assert_eq!((clicks.day.as_deref(), clicks.segment.as_deref()), (Some("day"), Some("device")));
    let revenue = guess(&data.with_columns(&[0, 1, 6, 7])).unwrap();
    assert_eq!((revenue.metrics, revenue.covariate.as_deref()), (vec!["revenue".to_owned()], Some("pre_revenue")));
    assert_eq!((revenue.denominator, revenue.day, revenue.segment), (None, None, None));
}

#[test]
fn what_is_next_to_nothing_is_not_written_as_nothing() {
    let digits = words::Digits::of(false, 0.01);
    assert_eq!((digits.difference(0.0), digits.difference(3e-20)), ("0.0000".to_owned(), "<0.000000000001".to_owned()));
    assert_eq!((digits.difference(3e-7).as_str(), digits.signed(3e-9).as_str()), ("0.0000003", "+0.000000003"));
    // The difference of two equal rates, as it is computed.
    assert_eq!((digits.signed(-3e-20).as_str(), digits.signed(7e-18).as_str()), ("0.0000", "0.0000"));
}

#[test]
fn a_kind_that_was_named_is_kept_for_units() {
    // Eight users with two rows each; half of them converted twice, half once.
    let columns = vec![
        Column::new("user_id".into(), (0..16).map(|i| i / 2).collect::<Vec<i32>>()),
        Column::new("variant".into(), (0..16).map(|i| ["A", "B"][i / 2 % 2]).collect::<Vec<_>>()),
        Column::new("converted".into(), (0..16).map(|i| i32::from(i < 8 || i % 2 == 0)).collect::<Vec<i32>>()),
    ];
    let data = Dataset::from_frame(DataFrame::new(16, columns).unwrap());
    let mean = |kind: Option<Kind>| {
        let step = Ab { unit: Some("user_id".into()), kind, ..ab("converted") };
        step.report(&data, &context()).unwrap().data
    };
    let [once, often, counted] = [None, Some(Kind::Mean), Some(Kind::Count)].map(mean);
    assert_eq!((&once["kind"], &once["arms"][0]["rate"]), (&"conversion".into(), &1.0.into()));
    assert_eq!((&often["kind"], &often["arms"][0]["mean"]), (&"mean".into(), &1.5.into()));
    assert_eq!((&counted["kind"], &counted["arms"][0]["mean"]), (&"count".into(), &1.5.into()));
    let tests = &often["comparisons"][0]["tests"];
    assert!(tests["mann_whitney"]["p_value"].is_number() && tests["welch"]["p_value"].is_number());
}

fn baseline_of(names: &[String]) -> usize {
    guess::baseline(names)
}

#[test]
fn after_a_decision_comes_what_to_do_and_what_it_costs_to_be_wrong() {
    let next = |ab: Ab, texts: &[&str]| {
        let next = ab.from_arms(&arms(texts)).unwrap().verdict.next.unwrap();
        (next.id, next.to_string())
    };
    // E[(A − B)⁺] of the posteriors of 90 and 118 of 2,000 is .0000613, the other way round .0140473.
    let (id, words) = next(Ab::default(), &["A=90/2000", "B=118/2000"]);
    assert!(id == "ab-win-next" && words.contains("Go with B") && words.contains("0.006"), "{words}");
    let (id, words) = next(Ab::default(), &["A=118/2000", "B=90/2000"]);
    assert!(id == "ab-lose-next" && words.contains("Keep A") && words.contains("1.4"), "{words}");
    let (_, words) = next(Ab::default(), &["A=40000/100000", "B=50000/100000"]);
    assert!(words.contains("less than 0.0010"), "{words}");
    let turned = Ab { lower_is_better: true, ..Ab::default() };
    assert_eq!(next(turned, &["A=118/2000", "B=90/2000"]).0, "ab-win-next");
}

#[test]
fn arms_that_differ_in_spelling_only_are_pointed_out() {
    let found = |texts: &[&str]| {
        let report = Ab::default().from_arms(&arms(texts)).unwrap();
        report.checks.iter().any(|c| c.name == "alike_arms" && c.grade.name() == "warn")
    };
    assert!(found(&["A=50/1000", "a=52/1000"]) && found(&["new page=50/1000", "NewPage=52/1000", "x=50/1000"]));
    assert!(found(&["B=50/1000", "\u{ff22}=52/1000"]));
    assert!(!found(&["A=50/1000", "B=52/1000"]) && !found(&["A=50/1000", "A2=52/1000"]));
}

#[test]
fn units_without_a_value_from_before_are_counted() {
    let n = 200usize;
    let before: Vec<Option<f64>> = (0..n).map(|i| (i % 10 != 3).then_some((i * 37 % 101) as f64)).collect();
    let after: Vec<f64> = (0..n).map(|i| (i * 37 % 101) as f64 + (i * 53 % 17) as f64).collect();
    let columns = vec![
        Column::new("variant".into(), (0..n).map(|i| ["A", "B"][i % 2]).collect::<Vec<_>>()),
        Column::new("spend".into(), after),
        Column::new("pre_spend".into(), before),
    ];
    let data = Dataset::from_frame(DataFrame::new(n, columns).unwrap());
    let with = |covariate: Option<&str>| {
        let ab = Ab { covariate: covariate.map(str::to_owned), ..ab("spend") };
        let report = ab.report(&data, &context()).unwrap();
        report.checks.iter().find(|c| c.name == "missing_before").map(|c| c.value.clone())
    };
    assert_eq!(with(Some("pre_spend")).as_deref(), Some("20"));
    assert_eq!((with(None), with(Some("spend"))), (None, None));
}

#[test]
fn columns_that_can_be_no_arms_are_named() {
    let of = |groups: &[String], converted: bool| {
        let n = groups.len();
        let value = |i: usize| i64::from(i * 7 % 3 == 0);
        let name = if converted { "converted" } else { "x" };
        let columns = vec![
            Column::new("group".into(), groups.to_vec()),
            Column::new(name.into(), (0..n).map(value).collect::<Vec<_>>()),
        ];
        Dataset::from_frame(DataFrame::new(n, columns).unwrap())
    };
    let many = of(&(0..500).map(|i| format!("g{}", i % 50)).collect::<Vec<_>>(), true);
    let one = of(&vec!["A".to_owned(); 50], true);
    assert!(guess(&many).unwrap().variant.is_empty() && guess(&one).unwrap().variant.is_empty());
    assert_eq!(no_variant(&many).message.id, "error-ab-variant-many");
    assert_eq!(no_variant(&one).message.id, "error-ab-variant-one");
}

#[test]
fn money_with_commas_is_an_amount() {
    let n = 60usize;
    let amounts: Vec<String> = (0..n).map(|i| format!("¥{},{:03}", 1 + i % 7, i * 13 % 1000)).collect();
    let plain: Vec<f64> = (0..n).map(|i| (1000 * (1 + i % 7) + i * 13 % 1000) as f64).collect();
    let columns = vec![
        Column::new("variant".into(), (0..n).map(|i| ["A", "B"][i % 2]).collect::<Vec<_>>()),
        Column::new("amount".into(), amounts),
        Column::new("plain".into(), plain),
    ];
    let data = Dataset::from_frame(DataFrame::new(n, columns).unwrap());
    let means = |metric: &str| ab(metric).report(&data, &context()).unwrap().data["comparisons"].clone();
    assert_eq!(means("amount"), means("plain"));
    assert_eq!(guess(&data).unwrap().metrics, ["amount"]);
}

#[test]
fn a_large_change_is_doubted_only_where_it_is_more_than_chance() {
    let doubted = |texts: &[&str]| {
        let report = Ab::default().from_arms(&arms(texts)).unwrap();
        report.checks.iter().any(|c| c.name == "implausible_lift" && c.grade.name() == "warn")
    };
    assert!(doubted(&["A=100/2000", "B=190/2000"]));
    assert!(!doubted(&["A=3/2000", "B=5/2000"]) && !doubted(&["A=100/2000", "B=130/2000"]));
}
