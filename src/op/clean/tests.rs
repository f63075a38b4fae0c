//! Cleaning against tables worked out by hand, and against brute force over cells on random ones.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, Series, TimeUnit};
use proptest::prelude::*;

use super::findings::Duplicates;
use super::*;
use crate::data::{Control, PickedBuilder, Rows};
use crate::error::ErrorKind;
use crate::op::Product;
use crate::value::Cell;

fn context() -> Context {
    Context::new(Control::new(), 1 << 30)
}

fn table(columns: Vec<Column>) -> Dataset {
    Dataset::from_frame(DataFrame::new(columns[0].len(), columns).unwrap())
}

fn decide(clean: &Clean, data: &Dataset) -> Findings {
    clean.decide(data, &context()).unwrap()
}

/// Column, kind, twin of every finding that is acted upon.
fn acts(findings: &Findings) -> Vec<(&str, &'static str, &str)> {
    let acted = findings.list.iter().filter(|f| f.doing != Doing::Leave);
    acted.map(|f| (f.column.as_deref().unwrap_or(""), f.kind.name(), f.twin.as_deref().unwrap_or(""))).collect()
}

fn texts(data: &Dataset) -> Vec<Vec<String>> {
    let places: Vec<usize> = (0..data.schema().len()).collect();
    let rows = data.row_count().known();
    let frame = data.window(&places, 0, rows as usize).unwrap();
    (0..frame.height()).map(|r| places.iter().map(|c| format!("{:?}", frame.cell(r, *c))).collect()).collect()
}

fn mixed() -> Dataset {
    let nan = f64::NAN;
    table(vec![
        Column::new("n".into(), [1i64, 2, 3, 4, 5, 1]),
        Column::new("null".into(), [None::<i64>; 6]),
        Column::new("nan".into(), [nan; 6]),
        Column::new("empty".into(), [""; 6]),
        Column::new("nothing".into(), [None, Some(nan), None, Some(nan), None, None]),
        Column::new("one".into(), ["x"; 6]),
        Column::new("some".into(), [Some(7.0), None, Some(7.0), Some(nan), Some(7.0), Some(7.0)]),
        Column::new("copy".into(), [1i64, 2, 3, 4, 5, 1]),
        Column::new("wide".into(), [1i32, 2, 3, 4, 5, 1]),
        Column::new("float".into(), [1.0, 2.0, 3.0, 4.0, 5.0, 1.0]),
        Column::new("code".into(), ["a", "b", "a", "b", "b", "a"]),
        Column::new("label".into(), ["りんご", "みかん", "りんご", "みかん", "みかん", "りんご"]),
        Column::new("near".into(), [1i64, 2, 3, 4, 6, 1]),
        Column::new("zero".into(), [0.0, -0.0, nan, 1.0, 0.0, 0.0]),
        Column::new("minus".into(), [-0.0, 0.0, -nan, 1.0, -0.0, 0.0]),
    ])
}

#[test]
fn each_kind_of_column_is_found_with_its_twin() {
    let found = decide(&Clean::default(), &mixed());
    assert_eq!(
        acts(&found),
        [
            ("null", "missing", ""),
            ("nan", "missing", ""),
            ("empty", "missing", ""),
            ("nothing", "missing", ""),
            ("one", "constant", ""),
            ("some", "constant_or_missing", ""),
            ("copy", "identical", "n"),
            ("wide", "identical", "n"),
            ("label", "renamed", "code"),
            ("minus", "identical", "zero"),
            ("", "duplicate_rows", ""),
        ]
    );
    let (cleaned, receipt) = found.apply(&mixed()).unwrap();
    let names: Vec<&str> = cleaned.schema().columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["n", "float", "code", "near", "zero"]);
    assert_eq!((receipt.rows_before, receipt.rows_after), (6, 5));
    assert_eq!((receipt.columns_before, receipt.columns_after), (15, 5));
    assert_eq!(cleaned.row_count().known(), 5);
    assert_eq!(cleaned.table_row(4), Some(4));
    let json = receipt.to_json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["rows"]["after"], 5);
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(receipt.entries.len()));
}

#[test]
fn each_switch_leaves_its_own_kind_alone() {
    let kinds = |clean: Clean| -> BTreeMap<String, &'static str> {
        let found = decide(&clean, &mixed());
        acts(&found).into_iter().map(|(c, k, _)| (c.to_owned(), k)).collect()
    };
    let off = |change: fn(&mut Clean)| {
        let mut clean = Clean::default();
        change(&mut clean);
        kinds(clean)
    };
    let all = kinds(Clean::default());
    for (change, gone) in [
        ((|c| c.missing_null = false) as fn(&mut Clean), &["null", "nothing"][..]),
        (|c| c.missing_nan = false, &["nan", "nothing"]),
        (|c| c.constant = false, &["one"]),
        (|c| c.constant_or_missing = false, &["some"]),
        (|c| c.identical = false, &["copy", "wide", "minus"]),
        (|c| c.renamed = false, &["label"]),
        (|c| c.duplicate_rows = false, &[""]),
        (|c| c.keep = vec!["one".into(), "label".into()], &["one", "label"]),
    ] {
        let mut want = all.clone();
        want.retain(|column, _| !gone.contains(&column.as_str()));
        assert_eq!(off(change), want);
    }
    // Without its switch, a column of empty texts is still one of one value.
    assert_eq!(off(|c| c.missing_empty = false)["empty"], "constant");
    let alike = off(|c| c.numbers_alike = true);
    assert_eq!(alike["float"], "identical");
    assert_eq!(alike.len(), all.len() + 1);
}

#[test]
fn whole_numbers_beyond_floats_are_not_taken_for_them() {
    let big = 9_007_199_254_740_993i64;
    let data = table(vec![
        Column::new("i".into(), [big, 1, 2, 1]),
        Column::new("f".into(), [big as f64, 1.0, 2.0, 1.0]),
        Column::new("u".into(), [big as u64, 1, 2, 1]),
        // The bits of the number that looks like the first one.
        Column::new("b".into(), [f64::from_bits(big as u64), 1.0, 2.0, 1.0]),
    ]);
    let clean = Clean { numbers_alike: true, renamed: false, ..Clean::default() };
    assert_eq!(acts(&decide(&clean, &data)), [("u", "identical", "i"), ("", "duplicate_rows", "")]);
    let signed = table(vec![Column::new("a".into(), [-1i64, 5]), Column::new("b".into(), [u64::MAX, 5])]);
    assert_eq!(acts(&decide(&Clean::default(), &signed)), []);
}

#[test]
fn numbers_that_look_like_the_stand_ins_are_numbers() {
    let odd = values::MISSING as i64;
    let data = table(vec![
        Column::new("a".into(), [Some(odd), Some(7), Some(7)]),
        Column::new("b".into(), [None, Some(7), Some(7)]),
        Column::new("c".into(), [values::NAN as i64, 7, 7]),
    ]);
    let found = decide(&Clean { renamed: false, ..Clean::default() }, &data);
    assert_eq!(acts(&found), [("b", "constant_or_missing", ""), ("", "duplicate_rows", "")]);
}

#[test]
fn rows_are_the_same_by_keys_or_by_the_columns_that_stay() {
    let data = || {
        table(vec![
            Column::new("k".into(), ["a", "b", "a", "c", "b"]),
            Column::new("v".into(), [1i64, 2, 1, 3, 9]),
            Column::new("flag".into(), [Some("y"), None, None, Some("y"), Some("y")]),
        ])
    };
    let rows = |clean: Clean| -> Vec<u64> {
        let data = data();
        let (d, receipt) = decide(&clean, &data).apply(&data).unwrap();
        assert_eq!(receipt.rows_after, d.row_count().known());
        (0..d.row_count().known()).map(|n| d.table_row(n).unwrap()).collect()
    };
    // `flag` is dropped, so it tells no rows apart; kept, it does.
    assert_eq!(rows(Clean::default()), [0, 1, 3, 4]);
    assert_eq!(rows(Clean { keep: vec!["flag".into()], ..Clean::default() }), [0, 1, 2, 3, 4]);
    assert_eq!(rows(Clean { keys: vec!["k".into()], ..Clean::default() }), [0, 1, 3]);
    let mut found = decide(&Clean::default(), &data());
    assert!(found.is_settled());
    found.list.iter_mut().filter(|f| f.column.as_deref() == Some("flag")).for_each(Finding::turn);
    assert!(!found.is_settled());
}

#[test]
fn of_ordered_and_picked_rows_the_first_in_view_stays() {
    let base =
        table(vec![Column::new("a".into(), [1i64, 2, 1, 3, 2, 1]), Column::new("b".into(), [1i64, 5, 1, 3, 5, 1])]);
    let clean = Clean { renamed: false, ..Clean::default() };
    let rows = |data: &Dataset| -> Vec<u64> {
        let (d, _) = decide(&clean, data).apply(data).unwrap();
        (0..d.row_count().known()).map(|n| d.table_row(n).unwrap()).collect()
    };
    assert_eq!(rows(&base.with_rows(Rows::Ordered(Arc::new(vec![5, 4, 3, 2, 1, 0])))), [5, 4, 3]);
    assert_eq!(rows(&base.with_rows(Rows::Ordered(Arc::new(vec![2, 3, 0])))), [2, 3]);
    let mut builder = PickedBuilder::new();
    builder.push(0, 6, [false, false, true, true, true, true]);
    assert_eq!(rows(&base.with_rows(Rows::Picked(Arc::new(builder.finish())))), [2, 3, 4]);
}

#[test]
fn nothing_is_cleaned_away_entirely() {
    for data in [
        table(vec![Column::new("x".into(), [f64::NAN; 3])]),
        table(vec![Column::new("x".into(), [1i64; 4]), Column::new("y".into(), ["a"; 4])]),
    ] {
        let error = decide(&Clean::default(), &data).apply(&data).err().expect("nothing is left");
        assert_eq!((error.kind, error.message.id), (ErrorKind::Failed, "clean-nothing-left"));
    }
    // One row says nothing about constancy; no row says nothing at all.
    let one = table(vec![Column::new("x".into(), [1i64])]);
    assert!(decide(&Clean::default(), &one).is_empty());
    let none = table(vec![Column::new("x".into(), Vec::<i64>::new())]);
    assert!(decide(&Clean::default(), &none).is_empty());
    // Rows that are all the same, with a column that is kept.
    let same = table(vec![Column::new("x".into(), [1i64; 4])]);
    let (left, receipt) = decide(&Clean { keep: vec!["x".into()], ..Clean::default() }, &same).apply(&same).unwrap();
    assert_eq!((left.row_count().known(), receipt.rows_after), (1, 1));
}

#[test]
fn identifiers_are_not_taken_for_renamings() {
    let n = 2000i64;
    let data = table(vec![
        Column::new("id".into(), (0..n).collect::<Vec<_>>()),
        Column::new("uuid".into(), (0..n).map(|i| format!("u{}", i * 7919 % n)).collect::<Vec<_>>()),
        Column::new("shop".into(), (0..n).map(|i| i % 40).collect::<Vec<_>>()),
        Column::new("shop_name".into(), (0..n).map(|i| format!("店{}", (i % 40) * 3)).collect::<Vec<_>>()),
    ]);
    assert_eq!(acts(&decide(&Clean::default(), &data)), [("shop_name", "renamed", "shop")]);
    // One row that breaks the rule is enough, in the last part as in the first.
    for at in [0, n - 1] {
        let name = |i: i64| if i == at { "other".to_owned() } else { format!("店{}", i % 40) };
        let broken = table(vec![
            Column::new("shop".into(), (0..n).map(|i| i % 40).collect::<Vec<_>>()),
            Column::new("shop_name".into(), (0..n).map(name).collect::<Vec<_>>()),
        ]);
        assert!(acts(&decide(&Clean { duplicate_rows: false, ..Clean::default() }, &broken)).is_empty());
    }
}

#[test]
fn tables_of_several_parts_and_little_memory_give_the_same() {
    let n = 300_000i64;
    let frame = || {
        vec![
            Column::new("a".into(), (0..n).map(|i| i % 1000).collect::<Vec<_>>()),
            Column::new("t".into(), (0..n).map(|i| format!("テキスト{}", i % 1000)).collect::<Vec<_>>()),
            Column::new("b".into(), (0..n).map(|i| (i / 1000) % 7).collect::<Vec<_>>()),
            Column::new("copy".into(), (0..n).map(|i| i % 1000).collect::<Vec<_>>()),
            Column::new("last".into(), (0..n).map(|i| if i == n - 1 { 1 } else { 0 }).collect::<Vec<_>>()),
        ]
    };
    let mut seen = HashSet::new();
    let want = (0..n).filter(|i| seen.insert((i % 1000, (i / 1000) % 7, *i == n - 1))).count() as u64;
    let data = table(frame());
    for memory in [1 << 30, 0] {
        let found = Clean::default().decide(&data, &Context::new(Control::new(), memory)).unwrap();
        let want_acts = [("t", "renamed", "a"), ("copy", "identical", "a"), ("", "duplicate_rows", "")];
        assert_eq!(acts(&found), want_acts);
        assert_eq!(found.receipt().rows_after, want, "{memory}");
    }
    // Every row twice, so that all are candidates; in lots, as where memory is short.
    let half: Vec<i64> = (0..n).map(|i| i % (n / 2)).collect();
    let twice = table(vec![
        Column::new("a".into(), half.clone()),
        Column::new("b".into(), half.iter().map(|i| i % 3).collect::<Vec<_>>()),
    ]);
    let mut lots = 0;
    let mut drop = rows::RowSet::default();
    rows::propose(&twice, &[0], n as u64, 1 << 10, &Control::new(), |mut groups| {
        lots += 1;
        rows::decide(&twice, &mut groups, &[(0, DataType::Int64), (1, DataType::Int64)], 1 << 10, &Control::new())?;
        groups.without_first(twice.rows(), &mut drop);
        Ok(())
    })
    .unwrap();
    assert!(lots > 1);
    assert_eq!(drop.len(), n as u64 / 2);
    assert!((0..n as u64).all(|r| drop.contains(r) == (r >= n as u64 / 2)));
}

#[test]
fn nested_values_dates_and_categories_are_compared_too() {
    let list = |v: &[&[i64]]| {
        let items: Vec<Series> = v.iter().map(|x| Series::new("".into(), *x)).collect();
        Series::new("l".into(), items).into_column()
    };
    let l = list(&[&[1, 2], &[3], &[1, 2], &[1, 2]]);
    let m = list(&[&[1, 2], &[3], &[1, 2], &[2, 1]]);
    let days = Series::new("d".into(), [10i32, 20, 10, 10]).cast(&DataType::Date).unwrap().into_column();
    let stamp =
        Series::new("s".into(), [10i64, 20, 10, 10]).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    let data =
        table(vec![l.clone(), l.with_name("copy".into()), m.with_name("other".into()), days, stamp.into_column()]);
    let found = decide(&Clean { renamed: false, ..Clean::default() }, &data);
    assert_eq!(acts(&found), [("copy", "identical", "l"), ("", "duplicate_rows", "")]);
    assert_eq!(found.receipt().rows_after, 3);
}

#[test]
fn what_is_offered_is_done_when_it_is_asked_for() {
    let data = table(vec![
        Column::new("name".into(), [" Aoki", "Baba ", "なし", "baba"]),
        Column::new("amount".into(), ["10", " 20", "-", "30"]),
        Column::new("mail".into(), ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]),
        Column::new("n".into(), [1i64, 2, 3, 4]),
    ]);
    let mut found = decide(&Clean::default(), &data);
    assert!(acts(&found).is_empty());
    let offered: Vec<(&str, &str, u64)> =
        found.list.iter().map(|f| (f.column.as_deref().unwrap_or(""), f.kind.name(), f.rows)).collect();
    assert_eq!(
        offered,
        [
            ("name", "blanks", 2),
            ("name", "spellings", 1),
            ("name", "sentinels", 1),
            ("amount", "blanks", 1),
            ("amount", "sentinels", 1),
            ("amount", "readable", 3),
            ("mail", "personal", 4),
        ]
    );
    found.list.iter_mut().for_each(Finding::turn);
    let (cleaned, receipt) = found.apply(&data).unwrap();
    let want: Vec<Vec<String>> = [("aoki", 10, "a***"), ("baba", 20, "b***"), ("", 0, "c***"), ("baba", 30, "d***")]
        .iter()
        .enumerate()
        .map(|(i, (name, amount, mail))| {
            let name = if name.is_empty() { Cell::Null } else { Cell::Text((*name).into()) };
            let amount = if *amount == 0 { Cell::Null } else { Cell::Int(*amount) };
            [name, amount, Cell::Text((*mail).into()), Cell::Int(i as i128 + 1)]
                .iter()
                .map(|c| format!("{c:?}"))
                .collect()
        })
        .collect();
    assert_eq!(texts(&cleaned), want);
    assert_eq!(cleaned.schema().columns()[1].kind, crate::value::Kind::Integer);
    assert!(!receipt.drops());
    // The step says the same in a recipe.
    let step = found.step();
    let again: Clean = toml::from_str(&toml::to_string(&step).unwrap()).unwrap();
    assert_eq!(again, step);
    let outcome = again.run(&data, &context()).unwrap();
    assert_eq!(texts(&outcome.dataset), want);
    let Some(Product::Receipt(same)) = outcome.product else { panic!("no receipt") };
    assert_eq!(same, receipt);
}

#[test]
fn the_step_repeats_what_was_ticked_and_unticked() {
    let data = mixed();
    let first = decide(&Clean::default(), &data);
    for i in 0..first.list.len() {
        let mut found = first.clone();
        found.list[i].turn();
        let step = found.step();
        let again = decide(&step, &data);
        assert_eq!(acts(&again), acts(&found), "{:?}", found.list[i]);
        assert_eq!(again.step(), step);
        // Rows that are not to be dropped are not looked for.
        if found.is_settled() && again.clean.duplicate_rows {
            assert_eq!(again.receipt(), found.receipt());
        }
    }
    assert!(toml::from_str::<Clean>("constants = false").is_err());
    assert_eq!(toml::to_string(&Clean::default()).unwrap(), "");
}

#[test]
fn shares_are_offered_and_dropped_when_asked_for() {
    let n = 1000usize;
    let data = table(vec![
        Column::new("n".into(), (0..n as i64).collect::<Vec<_>>()),
        Column::new("rare".into(), (0..n).map(|i| (i < 40).then_some(i as i64 % 3)).collect::<Vec<_>>()),
        Column::new("most".into(), (0..n).map(|i| i64::from(i < 5)).collect::<Vec<_>>()),
    ]);
    let found = decide(&Clean::default(), &data);
    let offered: Vec<(&str, u64, Doing)> = found.list.iter().map(|f| (f.kind.name(), f.rows, f.doing)).collect();
    assert_eq!(offered, [("nearly_empty", 960, Doing::Leave), ("nearly_constant", 995, Doing::Leave)]);
    let clean = Clean { nearly_empty: Some(0.96), nearly_constant: Some(0.996), ..Clean::default() };
    assert_eq!(acts(&decide(&clean, &data)), [("rare", "nearly_empty", "")]);
    for share in [0.0, 1.5, f64::NAN] {
        let error = Clean { nearly_empty: Some(share), ..Clean::default() }.decide(&data, &context()).err();
        assert_eq!(error.map(|e| e.kind), Some(ErrorKind::Usage));
    }
    let missing = Clean { keys: vec!["nope".into()], ..Clean::default() }.decide(&data, &context()).err();
    assert_eq!(missing.map(|e| e.kind), Some(ErrorKind::Usage));
}

// ---- brute force ----

/// A cell in words that are equal where the values are.
fn word(v: &AnyValue) -> String {
    match v {
        AnyValue::Null => "null".into(),
        AnyValue::Float64(x) if x.is_nan() => "nan".into(),
        AnyValue::Float64(x) => format!("f{:?}", x + 0.0),
        AnyValue::Int64(x) => format!("i{x}"),
        AnyValue::String(x) => format!("s{x}"),
        other => panic!("{other:?}"),
    }
}

/// What is dropped, by definition: columns with kind and twin, then rows.
fn by_definition(frame: &DataFrame) -> (Vec<(String, &'static str, String)>, Vec<u64>) {
    let cells: Vec<(String, Vec<String>)> = frame
        .columns()
        .iter()
        .map(|c| (c.name().to_string(), (0..c.len()).map(|r| word(&c.get(r).unwrap())).collect()))
        .collect();
    let absent = |w: &String| w == "null" || w == "nan";
    let mut gone = Vec::new();
    let mut stays: Vec<&(String, Vec<String>)> = Vec::new();
    let mut twins = Vec::new();
    for column in &cells {
        let (name, words) = column;
        let present: HashSet<&String> = words.iter().filter(|w| !absent(w)).collect();
        if words.iter().all(|w| absent(w) || w == "s") {
            gone.push((name.clone(), "missing", String::new()));
        } else if present.len() == 1 && words.len() > 1 {
            let kind = if words.iter().any(absent) { "constant_or_missing" } else { "constant" };
            gone.push((name.clone(), kind, String::new()));
        } else if let Some(twin) = stays.iter().find(|s| s.1 == *words) {
            twins.push((name.clone(), "identical", twin.0.clone()));
        } else {
            stays.push(column);
        }
    }
    let renaming = |a: &[String], b: &[String]| {
        let pairs: HashSet<(&String, &String)> = a.iter().zip(b).collect();
        let left: HashSet<&String> = a.iter().collect();
        let right: HashSet<&String> = b.iter().collect();
        let rows = a.iter().filter(|w| !absent(w)).count();
        let values = a.iter().filter(|w| !absent(w)).collect::<HashSet<_>>().len();
        pairs.len() == left.len()
            && pairs.len() == right.len()
            && pairs.iter().all(|(x, y)| if absent(x) || absent(y) { x == y } else { true })
            && values * 2 <= rows
    };
    let mut kept: Vec<&(String, Vec<String>)> = Vec::new();
    for column in stays {
        match kept.iter().find(|k| renaming(&k.1, &column.1)) {
            Some(twin) => twins.push((column.0.clone(), "renamed", twin.0.clone())),
            None => kept.push(column),
        }
    }
    gone.extend(twins);
    let place = |name: &str| cells.iter().position(|c| c.0 == name);
    gone.sort_by_key(|g| place(&g.0));
    let mut seen = HashSet::new();
    let rows = (0..frame.height())
        .filter(|r| !seen.insert(kept.iter().map(|k| k.1[*r].clone()).collect::<Vec<_>>()))
        .map(|r| r as u64)
        .collect();
    (gone, rows)
}

fn column(kind: u8, codes: &[u8], twist: u8) -> Series {
    let name = "x".into();
    match kind {
        0 => Series::new(name, codes.iter().map(|c| (*c != 3).then_some(i64::from(c ^ twist))).collect::<Vec<_>>()),
        1 => Series::new(
            name,
            codes
                .iter()
                .map(|c| match c {
                    3 => None,
                    2 => Some(f64::NAN),
                    1 if twist == 1 => Some(-0.0),
                    1 => Some(0.0),
                    c => Some(f64::from(c ^ twist) + 0.5),
                })
                .collect::<Vec<_>>(),
        ),
        _ => {
            let words = ["", "a", "りんごとみかんとバナナ", "b"];
            Series::new(
                name,
                codes.iter().map(|c| (*c != 3).then(|| words[usize::from(c ^ (twist & 1))])).collect::<Vec<_>>(),
            )
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn as_by_definition_on_random_tables(
        bases in prop::collection::vec(prop::collection::vec(0u8..4, 9), 1..4),
        picks in prop::collection::vec((0usize..4, 0u8..3, 0u8..2), 2..8),
        rows in 2usize..9,
    ) {
        let columns: Vec<Column> = picks
            .iter()
            .enumerate()
            .map(|(i, (base, kind, twist))| {
                let codes = &bases[base % bases.len()][..rows];
                column(*kind, codes, *twist).with_name(format!("c{i}").into()).into_column()
            })
            .collect();
        let frame = DataFrame::new(rows, columns).unwrap();
        let (columns, gone) = by_definition(&frame);
        prop_assume!(columns.len() < frame.width());
        let data = Dataset::from_frame(frame);
        let found = decide(&Clean::default(), &data);
        let mine: Vec<(String, &'static str, String)> = acts(&found)
            .into_iter()
            .filter(|(_, kind, _)| *kind != "duplicate_rows")
            .map(|(c, k, t)| (c.to_owned(), k, t.to_owned()))
            .collect();
        prop_assert_eq!(&mine, &columns);
        let Duplicates::Here(found) = &found.duplicates else { panic!("not here") };
        let dropped: Vec<u64> = (0..rows as u64).filter(|r| found.contains(*r)).collect();
        prop_assert_eq!(dropped, gone);
    }
}
