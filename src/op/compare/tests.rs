//! Comparing tables, against differences known by hand.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame};

use super::*;
use crate::data::Control;
use crate::op::{Lookup, Step};
use crate::text::Lang;

struct One(Dataset);

impl Lookup for One {
    fn table(&self, _locator: &str, _open: &crate::data::OpenOptions, _control: &Control) -> Result<Dataset> {
        Ok(self.0.clone())
    }
}

fn context(before: DataFrame, memory: u64) -> Context {
    Context { tables: Arc::new(One(Dataset::from_frame(before))), ..Context::new(Control::new(), memory) }
}

fn table(columns: Vec<Column>) -> DataFrame {
    DataFrame::new(columns[0].len(), columns).unwrap()
}

fn texts(data: &Dataset) -> Vec<Vec<String>> {
    let places: Vec<usize> = (0..data.schema().len()).collect();
    let frame = data.window(&places, 0, 1000).unwrap();
    (0..frame.height()).map(|r| places.iter().map(|c| frame.cell(r, *c).plain()).collect()).collect()
}

fn names(data: &Dataset) -> Vec<String> {
    data.schema().columns().iter().map(|c| format!("{} {}", c.name, c.kind.name())).collect()
}

fn before() -> DataFrame {
    table(vec![
        Column::new("user_id".into(), [1i64, 2, 3, 4]),
        Column::new("name".into(), [Some("あ"), Some("い"), None, Some("え")]),
        Column::new("n".into(), [10i64, 20, 30, 40]),
        Column::new("old".into(), [0i64, 0, 0, 0]),
        Column::new("same".into(), [1.5f64, f64::NAN, -0.0, 2.0]),
    ])
}

fn after() -> DataFrame {
    table(vec![
        Column::new("user_id".into(), [4i64, 2, 5, 3]),
        Column::new("name".into(), [Some("え"), Some("い"), Some("お"), Some("う")]),
        Column::new("n".into(), [40.0f64, 21.5, 50.0, 30.0]),
        Column::new("same".into(), [2.0f64, f64::NAN, 0.1, 0.0]),
        Column::new("new".into(), [9i64, 9, 9, 9]),
    ])
}

#[test]
fn rows_come_go_and_change() {
    let compare = Compare::new(Other::new("before"), Vec::new());
    let outcome = compare.run(&Dataset::from_frame(after()), &context(before(), 1 << 30)).unwrap();
    assert_eq!(names(&outcome.dataset), ["change text", "user_id integer", "name text", "n text", "same float"]);
    assert_eq!(
        texts(&outcome.dataset),
        [
            ["changed", "2", "い", "20 → 21.5", "NaN"],
            ["added", "5", "お", "50.0", "0.1"],
            ["changed", "3", "∅ → う", "30.0", "0.0"],
            ["removed", "1", "あ", "10", "1.5"],
        ]
    );
    let notes: Vec<String> = outcome.notes.iter().map(|n| n.in_lang(Lang::En)).collect();
    let all = notes.join("\n");
    for part in ["user_id", "new", "old", "1 row added, 1 removed, 2 changed, 1 equal"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn a_row_for_each_value() {
    let compare =
        Compare { long: true, ignore: vec!["n".into()], ..Compare::new(Other::new("b"), vec!["user_id".into()]) };
    let outcome = compare.run(&Dataset::from_frame(after()), &context(before(), 1 << 30)).unwrap();
    assert_eq!(
        texts(&outcome.dataset),
        [
            ["added", "5", "name", "", "お"],
            ["added", "5", "same", "", "0.1"],
            ["changed", "3", "name", "", "う"],
            ["removed", "1", "name", "あ", ""],
            ["removed", "1", "same", "1.5", ""],
        ]
    );
}

#[test]
fn rows_of_one_key_meet_their_equals_first() {
    let make =
        |keys: Vec<&str>, values: Vec<i64>| table(vec![Column::new("k".into(), keys), Column::new("v".into(), values)]);
    let old = make(vec!["a", "a", "a", "b"], vec![1, 2, 3, 9]);
    let new = make(vec!["a", "b", "a", "a", "a"], vec![3, 9, 5, 1, 6]);
    let compare = Compare::new(Other::new("b"), vec!["k".into()]);
    let outcome = compare.run(&Dataset::from_frame(new), &context(old, 1 << 30)).unwrap();
    assert_eq!(texts(&outcome.dataset), [["changed", "a", "2 → 5"], ["added", "a", "6"]]);
    assert!(outcome.notes.iter().any(|n| n.id == "note-compare-repeated"));
}

#[test]
fn without_a_key_rows_are_known_by_all_they_hold() {
    let make = |values: Vec<f64>| table(vec![Column::new("v".into(), values)]);
    let compare = Compare::new(Other::new("b"), Vec::new());
    let outcome = compare
        .run(&Dataset::from_frame(make(vec![1.0, 1.0, 2.0, 2.0])), &context(make(vec![1.0, 2.0, 2.0, 3.0]), 1 << 30))
        .unwrap();
    assert_eq!(texts(&outcome.dataset), [["added", "1.0"], ["removed", "3.0"]]);
    assert_eq!(outcome.notes[0].id, "note-compare-no-key");
}

#[test]
fn a_key_is_guessed_from_what_both_readings_share() {
    // `n` tells rows apart as well, but is another one each time; `day` alone does not.
    let make = |from: i64| {
        table(vec![
            Column::new("n".into(), (from..from + 6).collect::<Vec<i64>>()),
            Column::new("day".into(), ["1", "1", "2", "2", "3", "3"]),
            Column::new("page".into(), ["x", "y", "x", "y", "x", "y"]),
            Column::new("country".into(), ["JP"; 6]),
        ])
    };
    let (one, two) = (Dataset::from_frame(make(0)), Dataset::from_frame(make(100)));
    assert_eq!(guess(&one, &two, &Control::new()).unwrap(), ["day", "page"]);
}

#[test]
fn nested_values_and_changed_kinds_are_compared() {
    use polars::prelude::{IntoColumn, NamedFrom, Series};
    let lists = |second: &[i64]| {
        Series::new("l".into(), [Series::new("".into(), [1i64, 2]), Series::new("".into(), second)]).into_column()
    };
    let id = || Column::new("id".into(), [1i64, 2]);
    let old = table(vec![id(), lists(&[3]), Column::new("t".into(), ["7", "8"])]);
    let new = table(vec![id(), lists(&[4]), Column::new("t".into(), [7i64, 9])]);
    let compare = Compare::new(Other::new("b"), Vec::new());
    let outcome = compare.run(&Dataset::from_frame(new), &context(old, 1 << 30)).unwrap();
    assert_eq!(texts(&outcome.dataset), [["changed", "2", "[3] → [4]", "8 → 9"]]);
    assert!(outcome.notes.iter().any(|n| n.id == "note-compare-kinds"));
}

#[test]
fn equal_and_empty_tables_have_no_differences_and_little_memory_is_refused() {
    let compare = Compare::new(Other::new("b"), vec!["user_id".into()]);
    let run = |before: DataFrame, after: DataFrame, memory| {
        compare.run(&Dataset::from_frame(after), &context(before, memory))
    };
    assert_eq!(run(before(), before(), 1 << 30).unwrap().dataset.row_count().known(), 0);
    assert_eq!(run(before().clear(), before(), 1 << 30).unwrap().dataset.row_count().known(), 4);
    assert_eq!(run(before().clear(), after().clear(), 1 << 30).unwrap().dataset.row_count().known(), 0);
    assert_eq!(run(before(), after(), 100).err().unwrap().kind, crate::error::ErrorKind::Refused);
    let wrong = Compare::new(Other::new("b"), vec!["usr_id".into()]);
    assert!(wrong.run(&Dataset::from_frame(after()), &context(before(), 1 << 30)).is_err());
}

#[test]
fn in_a_recipe_it_is_short() {
    let step: Step = toml::from_str("op = \"compare\"\nwith = \"old.csv\"\nkeys = [\"id\"]\n").unwrap();
    let Step::Compare(compare) = &step else { panic!("{step:?}") };
    assert_eq!(*compare, Compare::new(Other::new("old.csv"), vec!["id".into()]));
    assert_eq!(toml::to_string(&step).unwrap(), "op = \"compare\"\nwith = \"old.csv\"\nkeys = [\"id\"]\n");
}
