//! Recipes, good and bad: what `run` writes, and what it says about a recipe or a table that does not fit.

use mekiki::text::Lang;

use super::{Place, bytes, snapshot};

/// The recipes in a folder of fixtures, by name.
fn recipes(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipes").join(folder);
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), bytes(&path)))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

#[test]
fn bad_recipes_are_explained_in_both_languages() {
    let place = Place::new();
    for lang in Lang::ALL {
        let mut all = String::new();
        for (name, text) in recipes("bad") {
            place.write(&name, text);
            let words = ["run", &name, "--lang", lang.code()];
            let outcome = place.run(&words).code(2);
            assert_eq!(outcome.out, "", "{name}");
            all.push_str(&outcome.told(&words));
        }
        snapshot!(format!("recipes-bad-{}", lang.code()), all);
    }
    assert_eq!(place.files("out"), [""; 0]);
}

#[test]
fn good_recipes_write_what_they_say() {
    let place = Place::new();
    let mut all = String::new();
    for (name, text) in recipes("good") {
        place.write(&name, text);
        for words in [vec!["run", &name, "--dry-run"], vec!["run", &name, "--format", "csv"]] {
            all.push_str(&place.run(&words).code(0).told(&words));
        }
    }
    for name in place.files("out") {
        all.push_str(&format!(
            "--- {name}\n{}",
            String::from_utf8(bytes(&place.path(&format!("out/{name}")))).unwrap()
        ));
    }
    snapshot!("recipes-good", all);
}

const BY_DAY: &str = r#"
version = 1
locator = "sales.csv"
[variables]
country = "JP"
[[steps]]
op = "filter"
where = "country = '${country}'"
[[steps]]
op = "export"
output = "out.csv"
[[columns]]
name = "country"
kind = "text"
[[columns]]
name = "price"
kind = "float"
"#;

#[test]
fn variables_are_given_and_checked() {
    let place = Place::new();
    place.write("r.toml", BY_DAY);
    place.run(&["run", "r.toml", "-p", "country=US"]).code(0);
    assert_eq!(bytes(&place.path("out.csv")), b"day,country,price,note\n2026-11-02,US,80.5,\n");
    // A value stays the text it is.
    place.run(&["run", "r.toml", "-p", "country=x' or '1' = '1"]).code(0);
    assert_eq!(bytes(&place.path("out.csv")), b"day,country,price,note\n");
    for wrong in [["-p", "contry=US"], ["-p", "country"], ["-p", "=US"]] {
        let words = ["run", "r.toml", wrong[0], wrong[1]];
        assert!(place.run(&words).code(2).err.contains("Hint:"), "{words:?}");
    }
}

#[test]
fn paths_begin_at_the_recipe_s_folder() {
    let place = Place::new();
    std::fs::create_dir(place.path("recipes")).unwrap();
    place.write("recipes/r.toml", BY_DAY.replace("sales.csv", "../sales.csv"));
    let told = place.run(&["run", "recipes/r.toml"]).code(0);
    assert_eq!(place.files("recipes"), ["out.csv", "r.toml"], "{told:?}");
}

#[test]
fn other_tables_of_steps_are_found_from_there_too_and_their_steps_take_values() {
    let place = Place::new();
    std::fs::create_dir(place.path("recipes")).unwrap();
    place.write("names.csv", "code,name\nJP,日本\nUS,\"it's us\"\n");
    let recipe = "version = 1\nlocator = \"../sales.csv\"\n[variables]\nname = \"it's us\"\n[[steps]]\nop = \"join\"\n\
        on = [{ left = \"country\", right = \"code\" }]\nhow = \"inner\"\n\
        with = { table = \"../names.csv\", steps = [{ op = \"filter\", where = \"name = '${name}'\" }] }\n\
        [[columns]]\nname = \"code\"\nkind = \"text\"\n";
    place.write("recipes/r.toml", recipe);
    let told = place.run(&["run", "recipes/r.toml", "--columns", "day,name", "--format", "csv"]).code(0);
    assert_eq!(told.out, "day,name\n2026-11-02,it's us\n");
}

#[test]
fn the_same_steps_on_another_table_and_what_is_different_there() {
    let place = Place::new();
    place.write("r.toml", BY_DAY);
    place.write("more.csv", "country,price\nJP,1\nUS,2\n");
    let told = place.run(&["run", "r.toml", "more.csv"]).code(0);
    assert_eq!(bytes(&place.path("out.csv")), b"country,price\nJP,1\n");
    // No step speaks of the price, so nothing is said about it.
    assert!(!told.err.contains("Note:"), "{told:?}");

    place.write("s.toml", BY_DAY.replace("country = '${country}'", "price > 0 or country = '${country}'"));
    let told = place.run(&["run", "s.toml", "more.csv"]).code(0);
    assert!(
        told.err.contains(
            "Note: Column “price” was of the kind “number” when the recipe was saved; it is “whole number” now."
        ),
        "{told:?}"
    );

    place.write("other.csv", "nation,prize\nJP,1\n");
    place.write("out.csv", "old");
    let told = place.run(&["run", "s.toml", "other.csv"]).code(2);
    assert!(told.err.contains("s.toml, line 7") && told.err.contains("Step 1 needs the column “country”"), "{told:?}");
    place.write("other.csv", "country,prize\nJP,1\n");
    let told = place.run(&["run", "s.toml", "other.csv"]).code(2);
    assert!(told.err.contains("“price”, which is missing") && told.err.contains("Did you mean “prize”?"), "{told:?}");
    assert_eq!(bytes(&place.path("out.csv")), b"old");
}

#[test]
fn the_last_table_goes_where_flags_say() {
    let place = Place::new();
    place.write("r.toml", BY_DAY);
    let plain = place.run(&["run", "r.toml"]).code(0);
    assert_eq!(plain.out, "");
    let json = place.run(&["run", "r.toml", "--json", "--where", "price > 1000", "--columns", "price", "-q"]).code(0);
    assert!(json.out.contains("4500") && !json.out.contains("300") && json.err.is_empty(), "{json:?}");
    place.run(&["run", "r.toml", "-o", "out/last.csv", "--limit", "1"]).code(0);
    assert_eq!(bytes(&place.path("out/last.csv")).iter().filter(|b| **b == b'\n').count(), 2);
    place.run(&["run", "r.toml", "-p", "country=XX", "--fail-empty"]).code(6);
    // Without a terminal, opening a recipe carries it out.
    std::fs::remove_file(place.path("out.csv")).unwrap();
    place.run(&["r.toml"]).code(0);
    assert!(place.path("out.csv").exists());
}

#[test]
fn a_recipe_that_cannot_be_read() {
    let place = Place::new();
    place.run(&["run", "none.toml"]).code(1);
    place.write("r.toml", b"version = 1\nlocator = \"\xff\"\n");
    assert!(place.run(&["run", "r.toml"]).code(2).err.contains("UTF-8"));
    place.write("r.toml", "\u{feff}version = 1\nlocator = \"sales.csv\"\n");
    place.run(&["run", "r.toml"]).code(0);
}
