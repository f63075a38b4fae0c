//! The analysis as a whole: against LightGBM and shap on the same rows, and on tables that are hard.

use polars::prelude::{Column as PlColumn, DataFrame};
use serde_json::Value;

use super::*;
use crate::data::Control;
use crate::op::python::Table;
use crate::op::sample::mixed;

fn context() -> Context {
    Context::new(Control::new(), 2 << 30)
}

fn step(target: &str) -> Importance {
    Importance { target: target.to_owned(), ..Importance::default() }
}

fn fixture(name: &str) -> Dataset {
    let path = format!("{}/tests/fixtures/importance/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
    let table = crate::data::ParquetTable::open(vec![(path.into(), Vec::new())], Vec::new()).unwrap();
    Dataset::new(std::sync::Arc::new(table))
}

fn uniform(seed: u64, n: usize) -> Vec<f64> {
    (0..n).map(|i| mixed(seed, i as u64) as f64 / u64::MAX as f64).collect()
}

fn table(columns: Vec<PlColumn>) -> Dataset {
    let height = columns[0].len();
    Dataset::from_frame(DataFrame::new(height, columns).unwrap())
}

fn column<T, P: ?Sized>(name: &str, values: T) -> PlColumn
where
    polars::prelude::Series: polars::prelude::NamedFrom<T, P>,
{
    use polars::prelude::{IntoColumn as _, NamedFrom as _};
    polars::prelude::Series::new(name.into(), values).into_column()
}

#[test]
fn as_good_as_lightgbm_on_the_same_rows_and_with_the_same_columns_on_top() {
    let path = format!("{}/tests/fixtures/importance/lightgbm.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = cases.as_object().unwrap();
    let mut sum = 0.0;
    for (name, case) in cases {
        let step = Importance { split_column: Some("_train".to_owned()), ..step(case["target"].as_str().unwrap()) };
        let answer = step.answer(&fixture(name), &context()).unwrap();
        assert_eq!(answer.target.task.name(), case["task"].as_str().unwrap(), "{name}");
        let behind = case["score"].as_f64().unwrap() - answer.learned.quality.score;
        sum += behind;
        assert!(case["rows"].as_u64().unwrap() < 500 || behind <= 0.03, "{name}: {behind} behind");
        let explained = answer.explained.as_ref().unwrap();
        assert!(explained.error <= 1e-4, "{name}: {}", explained.error);
        let plain = |s: &str| s.replace(' ', "_");
        let top: Vec<String> = answer.columns.iter().take(5).map(|c| plain(&c.names[0])).collect();
        let want: Vec<&str> = case["ranking"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if case["rows"].as_u64().unwrap() >= 200 {
            assert_eq!(top[0], want[0], "{name}");
            // A leak leaves the others nothing to be ranked by.
            let fewest = if name == "titanic_leak_alive" { 1 } else { want.len() - 1 };
            let shared = top.iter().filter(|t| want.contains(&t.as_str())).count();
            assert!(shared >= fewest, "{name}: {top:?}, not {want:?}");
        }
    }
    assert!(sum / cases.len() as f64 <= 0.005, "{}", sum / cases.len() as f64);
}

#[test]
fn a_leak_is_told_before_the_ranking_and_left_out_it_is_gone() {
    let mut step = Importance { split_column: Some("_train".to_owned()), ..step("survived") };
    let found = step.report(&fixture("titanic_leak_alive"), &context()).unwrap();
    assert_eq!(found.verdict.status.name(), "suspect");
    assert_eq!(found.to_json()["warnings"][0]["kind"], "leakage");
    assert_eq!(found.to_json()["warnings"][0]["columns"][0], "alive");
    step.drop.push("alive".to_owned());
    let found = step.report(&fixture("titanic_leak_alive"), &context()).unwrap();
    assert_eq!(found.verdict.status.name(), "explained");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let told = |seed| {
        let step = Importance { seed, ..step("survived") };
        step.report(&fixture("titanic"), &context()).unwrap().to_json().to_string()
    };
    assert_eq!(told(3), told(3));
    assert_ne!(told(3), told(4));
}

#[test]
fn noise_is_not_ranked() {
    let y: Vec<f64> = uniform(1, 600);
    let data = table(vec![column("y", y), column("a", uniform(2, 600)), column("b", uniform(3, 600))]);
    let report = step("y").report(&data, &context()).unwrap();
    assert_eq!(report.verdict.status.name(), "nothing");
    assert_eq!(report.to_json()["features"], serde_json::json!([]));
    // Machines get the table without rows; people would wonder what it is for.
    assert_eq!((report.details.len(), report.told().count()), (1, 0));
}

#[test]
fn values_of_rows_add_up_in_the_targets_unit() {
    let x = uniform(1, 800);
    // Far from zero, with the other column in seconds since 1970, where 32 bits hold minutes at best.
    let y: Vec<f64> = x.iter().zip(uniform(2, 800)).map(|(x, e)| 1e7 + 1000.0 * x + 10.0 * e).collect();
    let seconds: Vec<i64> = x.iter().map(|x| 1_790_000_000 + (x * 60.0) as i64).collect();
    let data = table(vec![column("y", y), column("seconds", seconds)]);
    let answer = step("y").answer(&data, &context()).unwrap();
    assert!(answer.learned.quality.score > 0.99, "{:?}", answer.learned.quality);
    let explained = answer.explained.as_ref().unwrap();
    for r in 0..explained.rows.len() {
        let sum = explained.base[0] + explained.at(r, 0, 0);
        assert!((sum - explained.predicted[r]).abs() < 0.03, "{sum} or {}", explained.predicted[r]);
    }
    assert_eq!(answer.columns[0].direction, Direction::Rises);
}

#[test]
fn hard_targets_get_a_sentence_and_a_way_on() {
    let n = 600usize;
    let a = || column("a", uniform(1, n));
    let refused = |columns: Vec<PlColumn>| {
        let error = step("y").answer(&table(columns), &context()).map(drop).unwrap_err();
        assert!(error.hint.is_some(), "{}", error.message.id);
        error.message.id
    };
    assert_eq!(refused(vec![column("y", vec![5i64; n]), a()]), "importance-error-constant");
    assert_eq!(refused(vec![column("y", vec![None::<f64>; n]), a()]), "importance-error-empty");
    let own: Vec<String> = (0..n).map(|i| format!("w{i}")).collect();
    assert_eq!(refused(vec![column("y", own), a()]), "importance-error-distinct");
    let many: Vec<String> = (0..n).map(|i| format!("w{}", i % 500)).collect();
    assert_eq!(refused(vec![column("y", many), a()]), "importance-error-classes");
    let two = vec![column("y", vec![1.0, 2.0]), column("a", vec![1.0, 2.0])];
    assert_eq!(refused(two), "importance-error-few");
    assert_eq!(refused(vec![column("y", uniform(2, n))]), "importance-error-alone");
    assert_eq!(refused(vec![column("y", uniform(2, n)), column("c", vec![1i64; n])]), "importance-error-nothing-left");
    let tight = Context::new(Control::new(), 1 << 10);
    let error = step("y").answer(&table(vec![column("y", uniform(2, n)), a()]), &tight).map(drop).unwrap_err();
    assert_eq!(error.message.id, "importance-error-memory");
    let cancelled = context();
    cancelled.control.cancel();
    assert!(step("y").answer(&table(vec![column("y", uniform(2, n)), a()]), &cancelled).is_err());
}

#[test]
fn copies_of_the_target_infinities_and_odd_names() {
    let n = 400usize;
    let y = uniform(1, n);
    let copies = table(vec![column("y", y.clone()), column("it's \"y\"", y.clone()), column("🍎", y.clone())]);
    let answer = step("y").answer(&copies, &context()).unwrap();
    assert_eq!(answer.warnings.iter().filter(|w| w.kind == warn::Kind::Leakage).count(), 2);
    assert_eq!(answer.groups.len(), 1);
    let script = step("y").python(&tell::report(&answer).unwrap(), &Table { name: "a \"b\".csv", before: &[] });
    assert!(script.contains(r#"df = pd.read_csv("a \"b\".csv")"#), "{script}");
    assert!(script.contains(r#"columns = ["it's \"y\"", "🍎"]"#), "{script}");
    let mut x = y.clone();
    (x[3], x[7]) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut target = y.clone();
    target[5] = f64::NAN;
    let infinite = table(vec![column("y", target), column("x", x)]);
    let answer = step("y").answer(&infinite, &context()).unwrap();
    assert_eq!(answer.prepared.sources[0].infinite, 2);
    assert_eq!(answer.target.rows - answer.target.present, 1);
    let json = tell::report(&answer).unwrap().to_json();
    assert_eq!(json["rows"]["missing_target"], 1);
    assert_eq!(json["rows"]["used"], 399);
}

#[test]
fn a_sample_is_stratified_and_said() {
    let n = 20_000usize;
    let x = uniform(1, n);
    let y: Vec<bool> = x.iter().enumerate().map(|(i, _)| i % 50 == 0).collect();
    let data = table(vec![column("y", y), column("x", x)]);
    let step = Importance { sample: Some(2_000), ..step("y") };
    let context = context();
    let target = Target::look(&data, "y", None, &context.control).unwrap();
    let wanted = Wanted { drop: &[], sample: step.sample, seed: 0, time: None, split: None };
    let prepared = prepare::prepare(&data, &target, &wanted, &context).unwrap();
    assert_eq!(prepared.rows(), 2_000);
    assert_eq!(prepared.y.iter().filter(|y| **y > 0.5).count(), 40);
    assert_eq!(prepared.sampled_from, Some(20_000));
}

#[test]
fn identifiers_constants_and_dates() {
    let n = 500usize;
    let x = uniform(1, n);
    let days: Vec<i32> = x.iter().map(|x| 20_000 + (x * 700.0) as i32).collect();
    let weekday = |d: &i32| f64::from((d + 3).rem_euclid(7));
    let y: Vec<f64> = days.iter().map(|d| if weekday(d) > 4.0 { 10.0 } else { weekday(d) }).collect();
    let day = column("day", days).cast(&polars::prelude::DataType::Date).unwrap();
    let id: Vec<i64> = (1..=n as i64).collect();
    let data = table(vec![column("y", y), day, column("id", id), column("same", vec!["a"; n])]);
    let step = Importance { task: Some(Task::Number), ..step("y") };
    let answer = step.answer(&data, &context()).unwrap();
    let kinds: Vec<_> = answer.warnings.iter().map(|w| (w.kind, w.columns.join(","))).collect();
    assert!(kinds.contains(&(warn::Kind::Identifier, "id".into())), "{kinds:?}");
    assert!(kinds.contains(&(warn::Kind::Constant, "same".into())));
    let json = tell::report(&answer).unwrap().to_json();
    let parts = json["features"][0]["parts"].as_object().unwrap();
    let of = |name: &str| parts[name].as_f64().unwrap();
    assert!(of("weekday") > 5.0 * of("month"), "{parts:?}");
}

/// What is said of columns that may be known only afterwards: their names with the messages.
fn afterwards(data: &Dataset, time: Option<&str>) -> Vec<(String, &'static str)> {
    let context = context();
    let target = Target::look(data, "y", None, &context.control).unwrap();
    let wanted = Wanted { drop: &[], sample: None, seed: 0, time, split: None };
    let prepared = prepare::prepare(data, &target, &wanted, &context).unwrap();
    let all: Vec<usize> = (0..prepared.sources.len()).collect();
    let told = after::after(&prepared, &target, time, &all);
    told.into_iter().map(|(s, text)| (prepared.sources[s].var.name.clone(), text.id)).collect()
}

#[test]
fn what_is_known_only_afterwards_is_seen_by_its_time_its_gaps_and_its_values() {
    let n = 600usize;
    let dates = |name: &str, day: &dyn Fn(i32) -> Option<i32>| {
        let days: Vec<Option<i32>> = (0..n as i32).map(day).collect();
        column(name, days).cast(&polars::prelude::DataType::Date).unwrap()
    };
    let chance = uniform(1, n);
    let rows = || 0..n;
    let yes = |i: usize| i % 5 == 0;
    let data = table(vec![
        column("y", rows().map(yes).collect::<Vec<bool>>()),
        dates("started", &|i| Some(20_000 + i % 300)),
        dates("born", &|i| Some(9_000 + i % 700)),
        dates("updated", &|i| Some(20_001 + i % 300 + i % 40)),
        dates("ended", &|i| (i % 3 == 0).then_some(20_001 + i % 300 + i % 40)),
        column("why", rows().map(|i| (yes(i) && i % 2 == 0).then_some("price")).collect::<Vec<_>>()),
        column("visits", rows().map(|i| if yes(i) && i % 2 == 0 { None } else { Some(chance[i]) }).collect::<Vec<_>>()),
        column(
            "paid_back",
            rows().map(|i| if yes(i) && i % 10 == 0 { 5.0 + chance[i] } else { 0.0 }).collect::<Vec<_>>(),
        ),
        column("gaps", rows().map(|i| (i % 7 != 0).then_some(chance[i])).collect::<Vec<_>>()),
        column("mostly_zero", rows().map(|i| if i % 4 == 0 { chance[i] } else { 0.0 }).collect::<Vec<_>>()),
    ]);
    let found = |column: &str, id| (column.to_owned(), id);
    let always = [
        found("why", "importance-warn-filled"),
        found("visits", "importance-warn-missing"),
        found("paid_back", "importance-warn-unless"),
    ];
    let ended = found("ended", "importance-warn-later");
    assert_eq!(afterwards(&data, None), [&[ended.clone()][..], &always].concat());
    let updated = found("updated", "importance-warn-later");
    assert_eq!(afterwards(&data, Some("started")), [&[updated, ended][..], &always].concat());
    let amounts = table(vec![
        column("y", rows().map(|i| chance[i] + if i % 4 == 0 { 9.0 } else { 0.0 }).collect::<Vec<_>>()),
        column("settled_in", rows().map(|i| (i % 4 == 0).then_some(i as f64)).collect::<Vec<_>>()),
        column("gaps", rows().map(|i| (i % 7 != 0).then_some(chance[i])).collect::<Vec<_>>()),
    ]);
    assert_eq!(afterwards(&amounts, None), [found("settled_in", "importance-warn-filled-amount")]);
}

#[test]
fn a_model_that_goes_by_the_time_of_a_row_is_offered_a_split_by_time() {
    let n = 500usize;
    let days: Vec<i32> = uniform(1, n).iter().map(|x| 20_000 + (x * 200.0) as i32).collect();
    let y: Vec<f64> = days.iter().zip(uniform(2, n)).map(|(d, e)| f64::from(d - 20_000) / 10.0 + e).collect();
    let day = column("day", days).cast(&polars::prelude::DataType::Date).unwrap();
    let data = table(vec![column("y", y), day, column("noise", uniform(3, n))]);
    let order = |step: &Importance| {
        let answer = step.answer(&data, &context()).unwrap();
        answer.warnings.iter().find(|w| w.kind == warn::Kind::TimeOrder).map(|w| w.columns.clone())
    };
    assert_eq!(order(&step("y")), Some(vec!["day".to_owned()]));
    assert_eq!(order(&Importance { time: Some("day".to_owned()), ..step("y") }), None);
}

#[test]
fn the_column_to_explain_is_the_one_in_hand_unless_it_only_tells_rows_apart() {
    let n = 100usize;
    let words = |m: usize| (0..n).map(|i| format!("w{}", i % m)).collect::<Vec<_>>();
    let data = table(vec![
        column("user_id", (0..n as i64).collect::<Vec<_>>()),
        column("name", words(n)),
        column("plan", words(3)),
        column("churned", (0..n).map(|i| i % 4 == 0).collect::<Vec<_>>()),
        column("visits", uniform(1, n)),
    ]);
    let guessed = |current| guess::target(&data, Some(current)).unwrap();
    for (current, wanted) in [("user_id", "churned"), ("name", "churned"), ("plan", "plan"), ("visits", "visits")] {
        assert_eq!(guessed(current).as_deref(), Some(wanted));
    }
}

/// The warnings of one kind, with their columns.
fn told(data: &Dataset, kind: warn::Kind) -> Vec<Vec<String>> {
    let answer = step("y").answer(data, &context()).unwrap();
    answer.warnings.iter().filter(|w| w.kind == kind).map(|w| w.columns.clone()).collect()
}

#[test]
fn a_target_made_of_two_columns_is_told() {
    let n = 600usize;
    let price: Vec<f64> = uniform(1, n).iter().map(|x| (x * 9000.0).round() / 100.0 + 1.0).collect();
    let quantity: Vec<f64> = uniform(2, n).iter().map(|x| (x * 20.0).ceil()).collect();
    let made = |of: &dyn Fn(f64, f64) -> f64| {
        let y: Vec<f64> = price.iter().zip(&quantity).map(|(p, q)| of(*p, *q)).collect();
        let (p, q) = (column("price", price.clone()), column("quantity", quantity.clone()));
        let data = table(vec![column("y", y), p, q, column("noise", uniform(3, n))]);
        let answer = step("y").answer(&data, &context()).unwrap();
        let leak = answer.warnings.iter().find(|w| w.kind == warn::Kind::Leakage);
        leak.map(|w| (w.columns.len(), w.text.to_string().split(" in ").next().unwrap_or_default().to_owned()))
    };
    let cents = |v: f64| (v * 100.0).round() / 100.0;
    let found = |text: &str| Some((2, format!("Leak? y = {text}")));
    let either = |a: &str, b: &str, told| assert!(told == found(a) || told == found(b), "{told:?}");
    either("price × quantity", "quantity × price", made(&|p, q| cents(p * q)));
    either("1.08 × price × quantity", "1.08 × quantity × price", made(&|p, q| cents(1.08 * p * q)));
    either("price + quantity", "quantity + price", made(&|p, q| p + q));
    assert_eq!(made(&|p, q| p - q), found("price − quantity"));
    assert_eq!(made(&|p, q| 100.0 * p / q), found("100 × price ÷ quantity"));
    // Near is not made of.
    assert_eq!(made(&|p, q| p * q + 40.0 * (p * 7.0).sin()), None);
}

#[test]
fn a_blurred_copy_is_not_told_to_be_the_same() {
    let (n, x) = (600usize, uniform(1, 600));
    let y: Vec<f64> = x.iter().zip(uniform(2, n)).map(|(x, e)| x + 0.3 * e).collect();
    let celsius: Vec<f64> = x.iter().map(|x| 40.0 * x).collect();
    let fahrenheit: Vec<f64> = celsius.iter().map(|c| 1.8 * c + 32.0).collect();
    let blurred: Vec<f64> = celsius.iter().zip(uniform(3, n)).map(|(c, e)| c + e).collect();
    let table = |other: Vec<f64>| table(vec![column("y", y.clone()), column("c", celsius.clone()), column("o", other)]);
    let both = vec![vec!["c".to_owned(), "o".to_owned()]];
    assert_eq!(told(&table(fahrenheit), warn::Kind::Duplicate), both);
    assert_eq!(told(&table(blurred), warn::Kind::NearDuplicate), both);
}

#[test]
fn many_words_tell_several_classes_apart() {
    let n = 4_000usize;
    let word: Vec<usize> = (0..n).map(|i| (mixed(5, i as u64) % 150) as usize).collect();
    let class = |i: usize| {
        let own = mixed(6, word[i] as u64) % 3;
        if mixed(7, i as u64).is_multiple_of(4) { mixed(8, i as u64) % 3 } else { own }
    };
    let y: Vec<String> = (0..n).map(|i| format!("class {}", class(i))).collect();
    let words: Vec<String> = word.iter().map(|w| format!("w{w}")).collect();
    let data = table(vec![column("y", y), column("word", words), column("noise", uniform(9, n))]);
    let answer = step("y").answer(&data, &context()).unwrap();
    // Who knows every word's class is right in 1 - 1/4 · 2/3 of the rows: an area of about .875.
    assert!(answer.learned.quality.score > 0.85, "{:?}", answer.learned.quality);
    assert_eq!(answer.columns[0].names, ["word"]);
    let explained = answer.explained.as_ref().unwrap();
    assert_eq!(explained.columns.len(), 2);
    assert!(explained.error <= 1e-4);
}

#[test]
fn fifty_rows_are_judged_all_and_luck_is_not_sold() {
    let n = 50usize;
    let (mut found, mut lucky) = (0, 0);
    for seed in 0..10 {
        let a = uniform(10 * seed + 1, n);
        let told = |y: Vec<bool>| {
            let data = table(vec![column("y", y), column("a", a.clone()), column("b", uniform(10 * seed + 2, n))]);
            let answer = step("y").answer(&data, &context()).unwrap();
            assert!(answer.learned.crossed);
            answer.finding != Finding::Nothing
        };
        found += usize::from(told(a.iter().map(|a| *a > 0.5).collect()));
        lucky += usize::from(told(uniform(10 * seed + 3, n).iter().map(|e| *e > 0.5).collect()));
    }
    assert!(found >= 9 && lucky <= 1, "{found} of 10 found, {lucky} of 10 by luck");
}

#[test]
fn rows_unlike_those_learned_from_are_not_explained() {
    // A line that goes on: trees stay where the rows they learned from end.
    let n = 400usize;
    let days: Vec<i32> = (0..n as i32).map(|i| 20_000 + i).collect();
    let y: Vec<f64> = (0..n).map(|i| i as f64).zip(uniform(1, n)).map(|(i, e)| i / 50.0 + e).collect();
    let day = column("day", days).cast(&polars::prelude::DataType::Date).unwrap();
    let data = table(vec![column("y", y), day, column("noise", uniform(2, n))]);
    let answer = Importance { time: Some("day".to_owned()), ..step("y") }.answer(&data, &context()).unwrap();
    assert!(answer.learned.quality.score < 0.0 && answer.learned.gain.0 > 0.0);
    assert!(answer.finding == Finding::Nothing);
}

#[test]
fn a_direction_is_seen_where_most_rows_lie_where_nothing_happens() {
    let (n, x) = (3_000usize, uniform(1, 3_000));
    let y: Vec<f64> =
        x.iter().zip(uniform(2, n)).map(|(x, e)| if *x > 0.9 { 100.0 * (x - 0.9) } else { 0.0 } + 0.2 * e).collect();
    let down: Vec<f64> = y.iter().map(|y| -y).collect();
    let way = |y: Vec<f64>| {
        let data = table(vec![column("y", y), column("x", x.clone())]);
        step("y").answer(&data, &context()).unwrap().columns[0].direction
    };
    assert_eq!((way(y), way(down)), (Direction::Rises, Direction::Falls));
    let hill: Vec<f64> = x.iter().map(|x| (x - 0.5).abs()).collect();
    assert_eq!(way(hill), Direction::Mixed);
}
