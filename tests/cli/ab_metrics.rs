//! `ab` over tables: each kind of metric against reference numbers, by day and segment, the checks, and what must not
//! depend on the order of rows or arms.

use serde_json::Value;

use super::ab::{case, near};
use super::{Place, snapshot};

/// A data file of the reference cases.
fn data(name: &str) -> String {
    format!("{}/tests/fixtures/ab/data/{name}.parquet", env!("CARGO_MANIFEST_DIR"))
}

fn json(place: &Place, words: &str, code: i32) -> Value {
    let words: Vec<&str> = words.split(' ').chain(["--json"]).collect();
    serde_json::from_str(&place.run(&words).code(code).out).unwrap()
}

/// The one comparison, and its tests.
fn compared(json: &Value) -> (&Value, &Value) {
    let comparison = &json["comparisons"][0];
    (comparison, &comparison["tests"])
}

#[track_caller]
fn near_ends(want: &Value, got: &Value) {
    near(&want["low"], &got[0]);
    near(&want["high"], &got[1]);
}

#[track_caller]
fn close(got: &Value, want: f64, relative: f64) {
    let got = got.as_f64().unwrap_or(f64::NAN);
    assert!((got - want).abs() <= relative * want.abs().max(1e-12), "{got} instead of {want}");
}

fn check<'a>(json: &'a Value, name: &str) -> &'a Value {
    json["checks"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn ratios_agree_with_reference_numbers() {
    let (place, case) = (Place::new(), case("freq_ratio_clicks_impressions"));
    let words = format!("ab {} --variant variant --metric clicks --denominator impressions", data("ratio"));
    // Each row is a user here: naming the user changes nothing.
    for unit in ["", " --unit user_id"] {
        let json = json(&place, &format!("{words}{unit}"), 0);
        let (comparison, tests) = compared(&json);
        let (want, got) = (&case["expected"], &tests["delta_method"]);
        near(&want["ratio_a"], &json["arms"][0]["mean"]);
        near(&want["ratio_b"], &json["arms"][1]["mean"]);
        near(&want["diff"], &comparison["difference"]["mean"]);
        near(&want["diff"], &got["difference"]);
        near(&want["se_delta"], &got["se"]);
        near(&want["z"], &got["z"]);
        near(&want["p"], &got["p_value"]);
        near_ends(&want["ci95"], &got["ci95"]);
        near(&want["lift"], &got["lift"]);
        near(&want["lift_se"], &got["lift_se"]);
        assert_eq!(tests["z"]["p_value"], Value::Null);
        assert_eq!(json["verdict"]["status"], "win");
    }
}

#[test]
fn the_adjusted_difference_agrees_with_reference_numbers() {
    let (place, case) = (Place::new(), case("freq_cuped"));
    let json = json(&place, &format!("ab {} --variant variant --metric post --covariate pre", data("cuped")), 0);
    let (comparison, tests) = compared(&json);
    let want = &case["expected"];
    near(&want["theta"], &tests["cuped"]["theta"]);
    near(&want["correlation"], &tests["cuped"]["correlation"]);
    near(&want["diff_cuped"], &tests["cuped"]["difference"]);
    near_ends(&want["ci95_cuped"], &tests["cuped"]["ci95"]);
    near(&want["p_cuped"], &tests["cuped"]["p_value"]);
    near(&want["variance_reduction"], &tests["cuped"]["variance_reduction"]);
    near_ends(&want["ci95_raw"], &tests["welch"]["ci95"]);
    near(&want["p_raw"], &tests["welch"]["p_value"]);
    near(&want["diff_cuped"], &comparison["difference"]["mean"]);
    assert_eq!(comparison["decided_by"], "cuped");
    assert_eq!(check(&json, "difference_before")["status"], "ok");
}

#[test]
fn amounts_agree_with_reference_numbers() {
    let (place, want) = (Place::new(), case("freq_means_revenue"));
    let want = &want["expected"];
    let found = json(&place, &format!("ab {} --variant variant --metric revenue", data("revenue")), 0);
    let (_, tests) = compared(&found);
    for (i, arm) in ["a", "b"].iter().enumerate() {
        near(&want[format!("mean_{arm}")], &found["arms"][i]["mean"]);
        near(&want[format!("sd_{arm}")], &found["arms"][i]["sd"]);
    }
    near(&want["welch_t"], &tests["welch"]["statistic"]);
    near(&want["welch_df"], &tests["welch"]["df"]);
    near(&want["welch_p"], &tests["welch"]["p_value"]);
    near_ends(&want["welch_ci95"], &tests["welch"]["ci95"]);
    near(&want["mwu_U_b"], &tests["mann_whitney"]["u"]);
    near(&want["mwu_p_asymptotic_cc"], &tests["mann_whitney"]["p_value"]);
    near(&want["prob_superiority_b"], &tests["mann_whitney"]["superiority"]);

    let want = &case("freq_bootstrap_session")["expected"];
    let words = format!("ab {} --variant variant --metric session_seconds --bootstrap", data("session"));
    let found = json(&place, &words, 0);
    let (_, tests) = compared(&found);
    let ends = |key: &str| serde_json::json!([tests[key]["percentile_low"], tests[key]["percentile_high"]]);
    near(&want["diff_median"], &tests["bootstrap_median"]["difference"]);
    near(&want["diff_mean"], &tests["bootstrap_mean"]["difference"]);
    near_ends(&want["boot_percentile_ci95_median"], &ends("bootstrap_median"));
    near_ends(&want["boot_percentile_ci95_mean"], &ends("bootstrap_mean"));
    near_ends(&want["boot_bca_ci95_mean"], &tests["bootstrap_mean"]["ci95"]);
    near_ends(&want["welch_ci95"], &tests["welch"]["ci95"]);
    assert_eq!(found, json(&place, &words, 0), "the same seed, the same numbers");
    let other = json(&place, &format!("{words} --seed 2"), 0);
    assert_ne!(compared(&found).1["bootstrap_median"]["se"], compared(&other).1["bootstrap_median"]["se"]);
}

#[test]
fn rows_of_one_user_are_put_together_and_shown_beside_the_naive_answer() {
    let (place, case) = (Place::new(), case("unit_mismatch_events"));
    let words = format!("ab {} --variant variant --metric clicked", data("events_clicks"));
    let found = json(&place, &format!("{words} --unit user_id"), 0);
    let (want, (_, tests)) = (&case["expected"], compared(&found));
    near(&want["rows"], &found["unit"]["rows"]);
    near(&want["users"], &found["unit"]["units"]);
    near(&want["diff"], &tests["naive"]["difference"]);
    near(&want["se_naive"], &tests["naive"]["se"]);
    near(&want["p_naive"], &tests["naive"]["p_value"]);
    near(&want["se_cluster_cr1"], &tests["cluster_robust"]["se"]);
    near(&want["p_cluster_normal"], &tests["cluster_robust"]["p_value"]);
    near(&want["deff"], &tests["cluster_robust"]["design_effect"]);
    near(&case_ratio("se_delta"), &tests["delta_method"]["se"]);
    assert_eq!(check(&found, "repeated_units")["status"], "warn");
    // Who forgets to name the user is told.
    assert_eq!(check(&json(&place, &words, 0), "repeated_units")["status"], "warn");
    assert_eq!(
        check(
            &json(&place, &words.replace("events_clicks", "revenue").replace("clicked", "revenue"), 0),
            "repeated_units"
        ),
        &Value::Null
    );
}

fn case_ratio(key: &str) -> Value {
    case("freq_ratio_clicks_impressions")["expected"][key].clone()
}

/// Rows `arm,segment,value` from (segment, arm, successes, all).
fn rows(head: &str, cells: &[(&str, &str, u64, u64)]) -> String {
    let mut text = format!("{head}\n");
    for (segment, arm, ones, all) in cells {
        (0..*all).for_each(|i| text.push_str(&format!("{arm},{segment},{}\n", u8::from(i < *ones))));
    }
    text
}

#[test]
fn a_result_that_turns_within_segments_is_seen() {
    let (place, case) = (Place::new(), case("simpson_kidney"));
    let strata = &case["input"]["strata"];
    let cell = |segment: &'static str, arm: &'static str| {
        let pair = &strata[segment][arm];
        (segment, arm, pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap())
    };
    let cells = [cell("small", "A"), cell("small", "B"), cell("large", "A"), cell("large", "B")];
    place.write("stones.csv", rows("arm,size,success", &cells));
    let json = json(&place, "ab stones.csv --variant arm --metric success --segment size --baseline B", 0);
    let want = &case["expected"];
    near(&want["pooled_rate_a"], &json["arms"][1]["rate"]);
    near(&want["pooled_rate_b"], &json["arms"][0]["rate"]);
    let parts = &json["comparisons"][0]["segments"];
    for (i, name) in ["large", "small"].iter().enumerate() {
        assert_eq!(parts["rows"][i]["segment"], *name);
        near(&want[format!("{name}_rate_a")], &parts["rows"][i]["arm"]);
        near(&want[format!("{name}_rate_b")], &parts["rows"][i]["baseline"]);
    }
    assert_eq!(parts["reversal"], want["reversal"]);
    assert_eq!(
        (check(&json, "simpson_reversal")["status"].as_str(), parts["against"].as_u64()),
        (Some("warn"), Some(2))
    );
    assert_eq!(check(&json, "uneven_mix")["status"], "warn");
    // χ² of the table 87, 263 against 270, 80.
    let cross = 87.0 * 80.0 - 270.0 * 263.0_f64;
    close(&parts["mix"]["statistic"], 700.0 * cross * cross / (357.0 * 343.0 * 350.0 * 350.0), 1e-9);
    // Segments alike turn nothing.
    let alike = [("x", "A", 10, 100), ("x", "B", 20, 100), ("y", "A", 30, 100), ("y", "B", 29, 100)];
    place.write("alike.csv", rows("arm,size,success", &alike));
    let json = self::json(&place, "ab alike.csv --variant arm --metric success --segment size", 0);
    assert_eq!(
        (check(&json, "simpson_reversal")["status"].as_str(), check(&json, "uneven_mix")["status"].as_str()),
        (Some("ok"), Some("ok"))
    );
}

/// The rows behind the daily counts of the reference case; day d is the d-th of November 2026 or the number itself.
fn fading(dates: bool) -> String {
    let case = case("novelty_14days");
    let mut text = String::from("variant,day,converted\n");
    for row in case["input"]["days"].as_array().unwrap() {
        let f = |i: usize| row[i].as_u64().unwrap();
        let day = if dates { format!("2026-11-{:02}", f(0)) } else { f(0).to_string() };
        for (arm, n, ones) in [("A", f(1), f(2)), ("B", f(3), f(4))] {
            (0..n).for_each(|i| text.push_str(&format!("{arm},{day},{}\n", u8::from(i < ones))));
        }
    }
    text
}

#[test]
fn an_effect_that_fades_is_seen_by_day() {
    let (place, case) = (Place::new(), case("novelty_14days"));
    let want = &case["expected"];
    for (name, dates) in [("dates.csv", true), ("numbers.csv", false)] {
        place.write(name, fading(dates));
        let json = json(&place, &format!("ab {name} --variant variant --metric converted --day day"), 0);
        let days = &json["comparisons"][0]["days"];
        near(&want["slope_per_day"], &days["slope"]);
        near(&want["z_slope_known_variance"], &days["z"]);
        near(&want["p_slope"], &days["p_value"]);
        near(&want["heterogeneity_Q"], &days["heterogeneity"]["statistic"]);
        near(&want["p_Q"], &days["heterogeneity"]["p_value"]);
        near(&want["diff_first7"], &days["first_week"]);
        near(&want["diff_last7"], &days["last_week"]);
        near(&want["z_first_vs_last"], &days["weeks_z"]);
        assert_eq!(days["rows"].as_array().unwrap().len(), 14);
        let first = if dates { Value::from("2026-11-01") } else { Value::from(1) };
        assert_eq!(days["rows"][0]["day"], first);
        let last = &days["rows"][13]["cumulative"];
        let (a, b) = (json["arms"][0]["rate"].as_f64().unwrap(), json["arms"][1]["rate"].as_f64().unwrap());
        close(last, b - a, 1e-9);
        assert_eq!(check(&json, "novelty")["status"], "warn");
        assert_eq!(
            (check(&json, "few_days")["status"].as_str(), check(&json, "part_weeks")["status"].as_str()),
            (Some("ok"), Some("ok"))
        );
    }
    let some: String = fading(true)
        .lines()
        .filter(|l| !l.contains("-11-1") && !l.contains("-11-09"))
        .map(|l| format!("{l}\n"))
        .collect();
    place.write("eight.csv", &some);
    let found = json(&place, "ab eight.csv --variant variant --metric converted --day day", 0);
    assert_eq!(
        (check(&found, "few_days")["status"].as_str(), check(&found, "part_weeks")["status"].as_str()),
        (Some("ok"), Some("warn"))
    );
    place.write(
        "three.csv",
        some.lines()
            .filter(|l| !["4", "5", "6", "7", "8"].iter().any(|d| l.contains(&format!("-11-0{d}"))))
            .map(|l| format!("{l}\n"))
            .collect::<String>(),
    );
    let found = json(&place, "ab three.csv --variant variant --metric converted --day day", 0);
    assert_eq!(check(&found, "few_days")["status"], "warn");
}

#[test]
fn several_arms_and_metrics_are_adjusted_for() {
    let (place, freq, bayes) = (Place::new(), case("freq_multiarm"), case("bayes_multiarm_4x4000"));
    let json = json(&place, "ab --arm A=200/4000 --arm B=250/4000 --arm C=231/4000 --arm D=262/4000", 0);
    let mut best = 0.0;
    for (i, name) in ["A", "B", "C", "D"].iter().enumerate() {
        near(&bayes["expected"]["prob_best"][name], &json["arms"][i]["p_best"]);
        near(&bayes["expected"]["expected_loss"][name], &json["arms"][i]["expected_loss"]);
        best += json["arms"][i]["p_best"].as_f64().unwrap();
        let Some(v) = i.checked_sub(1).map(|v| &json["comparisons"][v]) else { continue };
        near(&bayes["expected"]["prob_gt_A"][name], &v["p_better"]);
        near(&freq["expected"][format!("z_{name}_vs_A")], &v["tests"]["z"]["statistic"]);
        near(&freq["expected"][format!("p_raw_{name}")], &v["tests"]["z"]["p_value"]);
        near(&freq["expected"][format!("p_holm_{name}")], &v["p_adjusted"]["holm"]);
        near(&freq["expected"][format!("p_bh_{name}")], &v["p_adjusted"]["bh"]);
    }
    assert!((best - 1.0).abs() < 1e-9, "{best}");
    assert_eq!(check(&json, "several_tests")["value"], 3.0);
    let json = self::json(&place, "ab --arm A=1/3300 --arm B=1/3400 --arm C=1/3300", 0);
    near(&case("srm_three_arm")["expected"]["chi2"], &check(&json, "sample_ratio")["value"]);
    near(&case("srm_three_arm")["expected"]["p"], &check(&json, "sample_ratio")["p_value"]);
}

/// A table of users with everything a metric can be: 1,200 rows, some repeated users, a value missing here and there.
fn users(backwards: bool) -> String {
    let mut rows: Vec<String> = (0..1200u64)
        .map(|i| {
            let mix = |k: u64| (i * 7919 + k * 104_729) % 1009;
            let user = if i % 7 == 6 { i - 2 } else { i };
            let arm = ["A", "B"][(user % 2) as usize];
            let amount = if mix(1) % 3 == 0 {
                String::new()
            } else {
                format!("{}.{:02}", mix(1) * mix(2) % 5000 + 40 * (user % 2), mix(3) % 100)
            };
            let (seen, clicks, before) = (1 + mix(4) % 9, mix(5) % (2 + mix(4) % 9), mix(6) % 50);
            let day = 1 + mix(7) % 12;
            let device = ["phone", "desktop", ""][(mix(8) % 3) as usize];
            let cv = u8::from(mix(9) < 100 + 60 * (user % 2));
            format!("u{user},{arm},{cv},{amount},{clicks},{seen},{before},2026-11-{day:02},{device}\n")
        })
        .collect();
    if backwards {
        rows.reverse();
    }
    format!("user_id,variant,converted,amount,clicks,seen,before,day,device\n{}", rows.concat())
}

const KINDS: [&str; 7] = [
    "--metric converted",
    "--metric converted,amount --unit user_id --day day --segment device",
    "--metric amount --winsorise 0.95 --bootstrap",
    "--metric amount --covariate before --segment device",
    "--metric amount --covariate before --unit user_id --winsorise 0.9 --day day",
    "--metric clicks --denominator seen --unit user_id --day day --segment device",
    "--metric clicks --kind count --day day",
];

/// Numbers alike to rounding; everything else the same.
fn alike(a: &Value, b: &Value, path: &str) {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!((x - y).abs() <= 1e-8 * x.abs().max(y.abs()) + 1e-12, "{path}: {x} {y}");
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{path}");
            x.iter().zip(y).enumerate().for_each(|(i, (x, y))| alike(x, y, &format!("{path}[{i}]")));
        }
        (Value::Object(x), Value::Object(y)) => {
            assert_eq!(x.keys().collect::<Vec<_>>(), y.keys().collect::<Vec<_>>(), "{path}");
            x.iter().for_each(|(k, x)| alike(x, &y[k], &format!("{path}.{k}")));
        }
        _ => assert_eq!(a, b, "{path}"),
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let place = Place::new();
    place.write("users.csv", users(false));
    place.write("turned.csv", users(true));
    for kind in KINDS {
        let one = json(&place, &format!("ab users.csv --variant variant {kind}"), 0);
        let other = json(&place, &format!("ab turned.csv --variant variant {kind}"), 0);
        alike(&one, &other, kind);
    }
}

#[test]
fn swapping_the_arms_turns_every_sign_and_no_probability() {
    let place = Place::new();
    place.write("users.csv", users(false));
    let negated = |x: &Value, y: &Value, path: &str| alike(x, &Value::from(-y.as_f64().unwrap()), path);
    for kind in KINDS {
        let words = format!("ab users.csv --variant variant {kind}");
        let one = json(&place, &words, 0);
        let other = json(&place, &format!("{words} --baseline B"), 0);
        let lower = json(&place, &format!("{words} --lower-is-better"), 0);
        let ((a, _), (b, _), (low, _)) = (compared(&one), compared(&other), compared(&lower));
        for key in ["mean", "median"] {
            negated(&a["difference"][key], &b["difference"][key], kind);
        }
        negated(&a["difference"]["hdi95"][0], &b["difference"]["hdi95"][1], kind);
        alike(&a["p_better"], &b["p_worse"], kind);
        alike(&a["expected_loss_if_arm"], &b["expected_loss_if_baseline"], kind);
        alike(&a["p_adjusted"], &b["p_adjusted"], kind);
        // Where lower is better, better and worse change places and the difference stays.
        alike(&a["difference"], &low["difference"], kind);
        alike(&a["p_better"], &low["p_worse"], kind);
        alike(&a["expected_loss_if_arm"], &low["expected_loss_if_baseline"], kind);
        alike(&one["arms"][0]["p_best"], &lower["arms"][1]["p_best"], kind);
        for found in [&one, &other, &lower] {
            let (v, _) = compared(found);
            let sum = |x: &Value, y: &Value| x.as_f64().unwrap() + y.as_f64().unwrap();
            assert!((sum(&v["p_better"], &v["p_worse"]) - 1.0).abs() < 1e-9, "{kind}");
            assert!((sum(&found["arms"][0]["p_best"], &found["arms"][1]["p_best"]) - 1.0).abs() < 1e-9, "{kind}");
        }
    }
}

#[test]
fn counts_are_compared_as_poisson() {
    let place = Place::new();
    // 30 calls in 400 hours against 54 in 500.
    let mut text = String::from("arm,calls,hours\n");
    (0..100).for_each(|i| text.push_str(&format!("A,{},4\n", u8::from(i < 30))));
    (0..100).for_each(|i| text.push_str(&format!("B,{},5\n", u8::from(i < 54))));
    place.write("calls.csv", text);
    let found = json(&place, "ab calls.csv --variant arm --metric calls --denominator hours --kind count", 0);
    let (v, tests) = compared(&found);
    close(&found["arms"][0]["mean"], 0.075, 1e-12);
    close(&found["arms"][1]["mean"], 0.108, 1e-12);
    let pooled = 84.0 / 900.0_f64;
    close(&tests["poisson"]["statistic"], 0.033 / (pooled * (1.0 / 400.0 + 1.0 / 500.0)).sqrt(), 1e-9);
    // The posteriors are Gamma(30.5, 400) and Gamma(54.5, 500).
    close(&v["difference"]["mean"], 54.5 / 500.0 - 30.5 / 400.0, 1e-9);
    close(&found["arms"][0]["posterior"]["sd"], 30.5_f64.sqrt() / 400.0, 1e-9);
    assert_eq!(v["decided_by"], "poisson");
    // Without a denominator each row is one unit of exposure.
    let found = json(&place, "ab calls.csv --variant arm --metric calls --kind count", 0);
    close(&found["arms"][1]["mean"], 0.54, 1e-12);
}

#[test]
fn capping_amounts_is_what_it_says() {
    let place = Place::new();
    let mut text = String::from("arm,amount\n");
    (0..=100).for_each(|i| text.push_str(&format!("{},{i}\n", ["A", "B"][i % 2])));
    text.push_str("A,100000\n");
    place.write("tail.csv", text);
    let found = json(&place, "ab tail.csv --variant arm --metric amount --winsorise 0.9", 0);
    // 102 values 0, …, 100 and one of 100,000: the 0.9 quantile lies at place 90.9 (type 7).
    close(&found["winsorised_at"], 90.9, 1e-9);
    let a: f64 = (0..=100).step_by(2).map(|i| f64::from(i).min(90.9)).sum::<f64>() + 90.9;
    close(&found["arms"][0]["mean"], a / 52.0, 1e-9);
    let b: f64 = (1..=99).step_by(2).map(|i| f64::from(i).min(90.9)).sum::<f64>();
    close(&found["arms"][1]["mean"], b / 50.0, 1e-9);
}

#[test]
fn what_forbids_or_endangers_a_verdict_is_said() {
    let place = Place::new();
    let same: String = ["A", "B"].iter().flat_map(|arm| (0..10).map(move |_| format!("{arm},3\n"))).collect();
    place.write("same.csv", format!("arm,x\n{same}"));
    let found = json(&place, "ab same.csv --variant arm --metric x", 0);
    assert_eq!(
        (check(&found, "zero_variance")["status"].as_str(), found["verdict"]["status"].as_str()),
        (Some("block"), Some("blocked"))
    );
    assert_eq!(compared(&found).1["welch"]["p_value"], Value::Null);
    assert_eq!(found["comparisons"][0]["p_better"], Value::Null);
    // A conversion that is none.
    let found = json(&place, "ab same.csv --variant arm --metric x --kind conversion", 0);
    assert_eq!((check(&found, "not_binary")["value"].as_f64(), found["arms"][0]["rate"].as_f64()), (Some(20.0), None));
    place.write("few.csv", "arm,x\nA,1\nA,2\nB,5\n");
    let found = json(&place, "ab few.csv --variant arm --metric x", 0);
    assert_eq!(check(&found, "too_few_units")["status"], "block");
    place.write("nothing.csv", "arm,x,n\nA,1,0\nB,2,3\nA,3,0\nB,1,4\n");
    let found = json(&place, "ab nothing.csv --variant arm --metric x --denominator n", 0);
    assert_eq!(
        (check(&found, "zero_denominator")["status"].as_str(), found["verdict"]["status"].as_str()),
        (Some("block"), Some("blocked"))
    );
    // Users in both arms are left out; values that are missing too.
    place.write("both.csv", "user_id,arm,x\nu,A,1\nu,B,1\nv,A,0\nw,B,1\nx,A,\ny,B,0\n");
    let found = json(&place, "ab both.csv --variant arm --metric x --unit user_id", 0);
    assert_eq!(check(&found, "units_in_several_arms")["value"], 1.0);
    assert_eq!(
        (check(&found, "missing_values")["status"].as_str(), check(&found, "missing_values")["value"].as_f64()),
        (Some("warn"), Some(0.25))
    );
    // Arms that differed before the start.
    let before: String =
        (0..200).map(|i| format!("{},{},{}\n", ["A", "B"][i % 2], i % 7, i % 10 + 3 * (i % 2))).collect();
    place.write("before.csv", format!("arm,x,pre\n{before}"));
    let found = json(&place, "ab before.csv --variant arm --metric x --covariate pre", 0);
    assert_eq!(check(&found, "difference_before")["status"], "warn");
    // The plan, and the change that matters.
    let arms = "ab --arm A=100/1000 --arm B=104/1000";
    let found = json(&place, &format!("{arms} --planned 4000 --margin 0.01"), 0);
    assert_eq!(
        (check(&found, "before_planned_end")["value"].as_f64(), check(&found, "before_planned_end")["status"].as_str()),
        (Some(0.5), Some("warn"))
    );
    assert_eq!(check(&found, "too_small")["status"], "warn");
    let found = json(&place, &format!("{arms} --planned 2000 --margin 0.06"), 0);
    assert_eq!(
        (check(&found, "before_planned_end")["status"].as_str(), check(&found, "too_small")["status"].as_str()),
        (Some("ok"), Some("ok"))
    );
    assert_eq!(found["verdict"]["status"], "no_difference");
    let tost = &compared(&found).1["tost"];
    // Beyond (0.06 − 0.004)/√(.1 × .9/1000 + .104 × .896/1000), by the complementary error function.
    close(&tost["p_value"], 1.755_096_782_300_315e-5, 1e-6);
    assert!(compared(&found).1["non_inferiority"]["p_value"].as_f64().unwrap() < 1e-5);
}

#[test]
fn verdicts_in_words() {
    let place = Place::new();
    place.write("users.csv", users(false));
    let mut all = String::new();
    let mut told = |words: &str| {
        for lang in ["en", "ja"] {
            let words: Vec<&str> = words.split(' ').chain(["--lang", lang]).collect();
            all.push_str(&place.run(&words).code(0).told(&words));
        }
    };
    told("ab --arm A=118/2000 --arm B=90/2000 --lower-is-better");
    told("ab --arm A=1000/10000 --arm B=1004/10000 --margin 0.02");
    told("ab users.csv --variant variant --metric converted,amount --unit user_id --day day --segment device");
    told("ab users.csv --variant variant --metric clicks --denominator seen");
    told("ab users.csv --variant variant --metric amount --covariate before --winsorise 0.99 --bootstrap");
    snapshot!("ab_metrics", all);
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let place = Place::new();
    place.write("users.csv", users(false));
    let mut all = String::new();
    for words in [
        "--metric amount --kind ratio",
        "--metric amount --denominator seen --covariate before",
        "--metric amount --winsorise 2",
        "--metric amount --winsorise x",
        "--metric amount --margin -1",
        "--metric amount --day device",
        "--metric amount --segment user_id",
        "--metric amount --kind median",
        "--metric amount --planned many",
        "--metric amount --denominator nothing",
    ] {
        let words: Vec<&str> = "ab users.csv --variant variant".split(' ').chain(words.split(' ')).collect();
        all.push_str(&place.run(&words).code(2).told(&words));
    }
    snapshot!("ab_metrics_refused", all);
}

#[test]
fn counts_are_not_below_zero() {
    let place = Place::new();
    let rows: String = (0..40).map(|i| format!("{},{}\n", ["A", "B"][i % 2], i as i64 % 5 - 1)).collect();
    place.write("n.csv", format!("arm,n\n{rows}"));
    let words = ["ab", "n.csv", "--variant", "arm", "--metric", "n", "--kind"];
    let refused = place.run(&[&words[..], &["count"]].concat()).code(2).err;
    assert!(refused.contains("below zero") && refused.contains("--kind mean"), "{refused}");
    place.run(&[&words[..], &["mean"]].concat()).code(0);
}
