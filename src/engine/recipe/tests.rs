//! Recipes as text: what is printed reads back, and what is read is what is meant.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::op::filter::Filter;
use crate::op::sample::Sample;
use crate::op::select::Select;
use crate::op::sort::{Key, Sort};
use crate::value::{Column, Kind, Schema};

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn recipe(text: &str) -> Recipe {
    Recipe::parse(text, Path::new("d/r.toml")).unwrap()
}

fn words(error: &Error) -> String {
    error.message.in_lang(crate::text::Lang::En)
}

impl Recipe {
    fn fill_in(&self, given: &BTreeMap<String, String>) -> Result<Play> {
        self.fill(given, &Sources::built_in())
    }
}

fn place<'a>(folder: &'a str, sources: &'a Sources) -> Place<'a> {
    Place { folder: Path::new(folder), here: Path::new("/p"), sources }
}

/// A session that began with no recipe.
fn session(locator: &str, open: OpenOptions, columns: Vec<Was>, steps: &[Step]) -> Saved {
    let (locator, sources) = (variables::escaped(locator), Sources::built_in());
    let entries = steps.iter().map(|s| print::of_step(s, &place("", &sources)).unwrap()).collect();
    Saved { locator, open, variables: BTreeMap::new(), columns, entries, lost: 0 }
}

const DAY: &str = r#"
version = 1
locator = "data/${day}.csv"
[open]
encoding = "cp932"
header = false
[variables]
day = 2026-11-20
[[steps]]
op = "filter"
where = "d = ${day} and name <> '${who}'"
[[steps]]
op = "sample"
rows = "${rows}"
output = "out/${who}.csv"
[[steps]]
op = "export"
output = "all.parquet"
bom = true
"#;

#[test]
fn values_go_into_texts_and_only_there() {
    let recipe = recipe(DAY);
    let variables: Vec<(String, Option<String>)> =
        recipe.variables().into_iter().map(|v| (v.name, v.default)).collect();
    assert_eq!(variables, [("day".into(), Some("2026-11-20".into())), ("who".into(), None), ("rows".into(), None)]);
    let play = recipe.fill_in(&given(&[("who", "x' or '1' = '1"), ("rows", "12")])).unwrap();
    assert_eq!((play.locator.as_str(), play.folder.as_path()), ("d/data/2026-11-20.csv", Path::new("d")));
    assert_eq!((play.open.encoding.as_deref(), play.open.header), (Some("cp932"), Some(false)));
    let condition = "d = '2026-11-20' and name <> 'x'' or ''1'' = ''1'";
    assert_eq!(
        play.steps(),
        [Step::Filter(Filter { condition: condition.into() }), Step::Sample(Sample { rows: 12, seed: 0 })]
    );
    assert_eq!(play.entries[1].output.as_deref(), Some(Path::new("out/x' or '1' = '1.csv")));
    assert_eq!(play.entries[2].action, Action::Export(Export { bom: true, excel_safe: false }));
    assert_eq!(play.entries.iter().map(|e| e.line).collect::<Vec<_>>(), [10, 13, 17]);
    assert_eq!(play.path(Path::new("all.parquet")), Path::new("d/all.parquet"));
}

#[test]
fn every_variable_needs_a_value_and_every_value_a_variable() {
    let recipe = recipe(DAY);
    let e = recipe.fill_in(&given(&[("who", "x")])).unwrap_err();
    assert!(words(&e).contains("line 14") && words(&e).contains("rows"), "{}", words(&e));
    let e = recipe.fill_in(&given(&[("who", "x"), ("rows", "1"), ("dai", "x")])).unwrap_err();
    assert_eq!(e.hint.map(|h| h.in_lang(crate::text::Lang::En)).as_deref(), Some("Did you mean “day”?"));
    let e = recipe.fill_in(&given(&[("who", "x"), ("rows", "many")])).unwrap_err();
    assert!(words(&e).contains("line 14") && words(&e).contains("whole number"), "{}", words(&e));
}

#[test]
fn a_session_is_printed_as_people_write() {
    let open = OpenOptions { delimiter: Some('\t'), all_text: true, ..OpenOptions::default() };
    let was = vec![Was { name: "price".into(), kind: "decimal(2)".into() }];
    let steps = [
        Step::Filter(Filter { condition: "price > 3 and name = 'it''s'".into() }),
        Step::Sort(Sort { by: vec![Key { column: "price".into(), descending: true }] }),
        Step::Select(Select { columns: (0..20).map(|i| format!("column {i}")).collect() }),
    ];
    let saved = session("売上 ${1}.csv", open, was, &steps);
    let text = saved.print().unwrap();
    let columns: String = (0..20).map(|i| format!("    \"column {i}\",\n")).collect();
    let want = format!(
        "version = 1\nlocator = \"売上 $${{1}}.csv\"\n\n[open]\ndelimiter = \"\\t\"\nall-text = true\n\n[[steps]]\n\
         op = \"filter\"\nwhere = \"price > 3 and name = 'it''s'\"\n\n[[steps]]\nop = \"sort\"\n\
         by = [{{ column = \"price\", descending = true }}]\n\n[[steps]]\nop = \"select\"\ncolumns = [\n{columns}]\n\n\
         [[columns]]\nname = \"price\"\nkind = \"decimal(2)\"\n"
    );
    assert_eq!(text, want);
}

#[test]
fn of_a_wide_table_only_the_columns_in_use_are_written_down() {
    let columns = (0..300).map(|i| Column { name: format!("c{i}"), kind: Kind::Float }).collect();
    let steps = vec![Step::Filter(Filter { condition: "c7 > c299".into() })];
    let (schema, sources) = (Schema::new(columns), Sources::built_in());
    let place = place("", &sources);
    let saved = Saved::new("wide.parquet", OpenOptions::default(), &schema, &steps, None, &place).unwrap();
    let names: Vec<String> = recipe(&saved.print().unwrap()).columns.into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["c7", "c299"]);
}

#[test]
fn no_password_is_saved() {
    let saved = session("https://me:secret@example.com/a.csv", OpenOptions::default(), Vec::new(), &[]);
    assert_eq!(saved.print().unwrap_err().kind, crate::error::ErrorKind::Refused);
}

/// What a session that began with [`DAY`] is saved as once these steps are in force.
fn saved_again(steps: &[Step], folder: &str) -> (String, usize) {
    let sources = Sources::built_in();
    let play = recipe(DAY).fill_in(&given(&[("who", "x"), ("rows", "12")])).unwrap();
    let written = play.written.as_deref();
    let schema = Schema::new(vec![Column { name: "d".into(), kind: Kind::Date }]);
    let saved = Saved::new(&play.locator, play.open, &schema, steps, written, &place(folder, &sources)).unwrap();
    (saved.print().unwrap(), saved.lost)
}

#[test]
fn a_recipe_opened_and_saved_keeps_its_variables_and_outputs() {
    let steps = recipe(DAY).fill_in(&given(&[("who", "x"), ("rows", "12")])).unwrap().steps();
    let want = r#"version = 1
locator = "data/${day}.csv"

[open]
encoding = "cp932"
header = false

[variables]
day = "2026-11-20"
rows = "12"
who = "x"

[[steps]]
op = "filter"
where = "d = ${day} and name <> '${who}'"

[[steps]]
op = "sample"
rows = "${rows}"
output = "out/${who}.csv"

[[steps]]
op = "export"
output = "all.parquet"
bom = true

[[columns]]
name = "d"
kind = "date"
"#;
    assert_eq!(saved_again(&steps, "/p/d"), (want.to_owned(), 0));
    let again = recipe(want);
    assert_eq!(again.fill_in(&BTreeMap::new()).unwrap().steps(), steps);
    // In another folder the table is still the same one.
    assert!(saved_again(&steps, "/p/e").0.contains("locator = \"../d/data/${day}.csv\""));
    assert!(saved_again(&steps, "/p").0.contains("locator = \"d/data/${day}.csv\""));
}

#[test]
fn what_was_changed_is_written_as_it_is_now_and_the_rest_as_it_was() {
    let steps = recipe(DAY).fill_in(&given(&[("who", "x"), ("rows", "12")])).unwrap().steps();
    let entries = |steps: &[Step]| -> Vec<String> {
        let (text, _) = saved_again(steps, "/p/d");
        let table: toml::Table = toml::from_str(&text).unwrap();
        let list = table.get("steps").and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().map(|e| e["op"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let sort = || Step::Sort(Sort { by: vec![Key { column: "d".into(), descending: false }] });
    // Something done after the table was written comes after it.
    let more = [steps.clone(), vec![sort()]].concat();
    assert_eq!(entries(&more), ["filter", "sample", "export", "sort"]);
    // Undone, and something else in its place: what the sample wrote goes with it, the table is written at the end.
    let other = [steps[0].clone(), sort()];
    assert_eq!(entries(&other), ["filter", "sort", "export"]);
    assert_eq!(saved_again(&other, "/p/d").1, 1);
    let text = saved_again(&other, "/p/d").0;
    assert!(text.contains("${day}") && !text.contains("rows = "), "{text}");
    assert_eq!(entries(&steps[..1]), ["filter", "export"]);
    assert_eq!(entries(&steps[1..]), ["sample", "export"]);
    assert_eq!(saved_again(&steps[1..], "/p/d").1, 0);
    assert_eq!(entries(&[]), ["export"]);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", "[${}'\"\\\\\n\t#=]{0,8}", "\\PC{0,12}", "(?s).{0,6}"]
}

fn step() -> impl Strategy<Value = Step> {
    let key = (text(), any::<bool>()).prop_map(|(column, descending)| Key { column, descending });
    prop_oneof![
        text().prop_map(|condition| Step::Filter(Filter { condition })),
        vec(key, 0..4).prop_map(|by| Step::Sort(Sort { by })),
        vec(text(), 0..20).prop_map(|columns| Step::Select(Select { columns })),
        (0..i64::MAX as u64, 0..i64::MAX as u64).prop_map(|(rows, seed)| Step::Sample(Sample { rows, seed })),
    ]
}

fn saved() -> impl Strategy<Value = Saved> {
    let open = (
        proptest::option::of(text()),
        proptest::option::of(any::<char>()),
        proptest::option::of(any::<bool>()),
        any::<bool>(),
    )
        .prop_map(|(encoding, delimiter, header, all_text)| OpenOptions {
            encoding,
            delimiter,
            header,
            format: None,
            all_text,
            parameters: vec![("uid".to_owned(), "a=b".to_owned())],
            max_age: Some(60),
        });
    let kind = prop_oneof![Just("integer"), Just("list[text]"), Just("datetime[UTC]"), Just("struct{a: text}")];
    let column = (text(), kind).prop_map(|(name, kind)| Was { name, kind: kind.into() });
    ("x{1}", text(), open, vec(column, 0..4), vec(step(), 0..6))
        .prop_map(|(x, locator, open, columns, steps)| session(&(x + &locator), open, columns, &steps))
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(saved in saved()) {
        let printed = match saved.print() {
            Err(e) => {
                prop_assert_eq!(e.kind, crate::error::ErrorKind::Refused);
                return Ok(());
            }
            Ok(printed) => printed,
        };
        let recipe = match Recipe::parse(&printed, Path::new("r.toml")) {
            Ok(recipe) => recipe,
            Err(e) => return Err(TestCaseError::fail(format!("{}\n{printed}", words(&e)))),
        };
        prop_assert!(recipe.variables().is_empty());
        let play = recipe.fill_in(&BTreeMap::new()).map_err(|e| TestCaseError::fail(words(&e)))?;
        let again = session(&play.locator, play.open.clone(), play.columns.clone(), &play.steps());
        prop_assert_eq!(&again, &saved);
        prop_assert_eq!(again.print().ok(), Some(printed));
    }

    #[test]
    fn nothing_that_is_read_panics(text in "(version = 1\nlocator = \"a\"\n)?(?s).{0,60}") {
        if let Ok(recipe) = Recipe::parse(&text, Path::new("r.toml")) {
            let _ = recipe.fill_in(&BTreeMap::new());
        }
    }
}
