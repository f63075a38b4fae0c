//! The session is a recipe: what is typed, saved and carried out elsewhere gives the same bytes.

use std::process::Command;

use super::Walk;

/// Carries out a recipe without a terminal, in the session's folder; gives what was said about it.
pub(super) fn run(s: &Walk, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mekiki"));
    command.arg("run").args(words).current_dir(s.file(""));
    for (name, folder) in
        [("HOME", "home"), ("XDG_CONFIG_HOME", "home"), ("MEKIKI_STATE", "state"), ("MEKIKI_CACHE", "cache")]
    {
        command.env(name, s.file(folder));
    }
    let output = command.output().expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    told
}

fn bytes(s: &Walk, name: &str) -> Vec<u8> {
    std::fs::read(s.file(name)).expect("the file")
}

#[test]
fn typed_saved_and_replayed_gives_the_same_bytes() {
    let mut s = Walk::start(24, 100, &["numbers.csv"]);
    s.expect("", "1,000 rows");
    s.expect("&n % 7 <> 0 and square < 640000\r", "685 rows");
    s.expect(":random sample\r", "Rows to keep");
    s.expect("\x15200\r", "200 rows");
    s.expect("ls", "▲");
    s.expect("s", "▼");
    s.expect("h-", "1 column ");
    for name in ["interface.csv", "interface.parquet"] {
        s.expect("e", "numbers-export.csv");
        s.expect(&format!("\x15{name}\r"), "Wrote 200 rows");
    }
    s.expect("\x13", "numbers.toml");
    s.expect("\r", "mekiki run numbers.toml");
    // What is there already is not written over without being asked.
    s.expect("\x13\r", "exists already");
    s.escape("exists already");
    let text = String::from_utf8(bytes(&s, "numbers.toml")).expect("text");
    assert!(text.starts_with("version = 1\nlocator = \"numbers.csv\"\n"), "{text}");
    for name in ["csv", "parquet"] {
        run(&s, &["numbers.toml", "-o", &format!("headless.{name}")]);
        assert!(bytes(&s, &format!("headless.{name}")) == bytes(&s, &format!("interface.{name}")), "{name}\n{text}");
    }
    s.quit();
}

#[test]
fn a_recipe_opens_with_its_steps_in_force_and_they_can_be_undone() {
    let mut s = Walk::start(24, 100, &["table.csv"]);
    let recipe = "version = 1\nlocator = \"table.csv\"\n[variables]\nleast = 100\n\
        [[steps]]\nop = \"filter\"\nwhere = \"price >= ${least}\"\n\
        [[steps]]\nop = \"select\"\ncolumns = [\"name\", \"price\"]\n\
        [[steps]]\nop = \"export\"\noutput = \"written.csv\"\n";
    std::fs::write(s.file("steps.toml"), recipe).expect("a file");
    s.expect("", "4 rows");
    s.expect("Osteps.toml\r", "Values of steps.toml");
    s.expect("", "least");
    s.expect("\x1595\r", "2 columns");
    s.watch("the rows", |t| t.contains("3 rows") && t.contains("りんご"));
    s.expect("u", "4 columns");
    s.expect("u", "4 rows");
    s.expect("\x12", "3 rows");
    // Looking at a recipe writes nothing.
    assert!(!s.file("written.csv").exists());
    // What is saved has its variables, with the values that were given, and its outputs.
    s.expect("\x13", "table.toml");
    s.expect("\r", "Saved to table.toml");
    let text = String::from_utf8(bytes(&s, "table.toml")).expect("text");
    for kept in ["where = \"price >= ${least}\"", "least = \"95\"", "output = \"written.csv\""] {
        assert!(text.contains(kept), "{text}");
    }
    run(&s, &["table.toml", "-o", "again.csv"]);
    for name in ["again.csv", "written.csv"] {
        assert_eq!(String::from_utf8(bytes(&s, name)).expect("text").lines().count(), 4, "{name}");
    }
    s.quit();
}

#[test]
fn a_profile_is_no_session_to_save_and_a_broken_recipe_says_where() {
    let mut s = Walk::open(24, 100);
    std::fs::write(s.file("broken.toml"), "version = 1\nlocator = \"table.csv\"\n[[steps]]\nop = \"srot\"\n")
        .expect("a file");
    s.expect("", "4 rows");
    s.expect("p", "Profile of table.csv");
    s.expect("\x13", "Save the table it was made from");
    s.expect("\x1b", "1001");
    s.expect("Obroken.toml\r", "line 4, column 1");
    s.quit();
}

#[test]
fn reading_again_does_to_the_new_rows_what_was_done_to_the_old() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("l=", "2 rows");
    s.expect("-", "3 columns");
    let more =
        std::fs::read_to_string(s.file("table.csv")).expect("the file") + "1005,りんご,60,new\n1006,もも,70,new\n";
    std::fs::write(s.file("table.csv"), more).expect("a file");
    s.expect("\x1b[15~", "3 rows");
    s.watch("the columns chosen", |t| t.contains("3 columns") && t.contains("1005") && !t.contains("1006"));
    s.expect("u", "4 columns");
    s.expect("u", "6 rows");
    s.quit();
}

#[test]
fn charts_are_part_of_the_session() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("llv", "Distribution of price");
    s.expect("\x1b[C", "Density of price");
    s.expect("\x1b[C", "whiskers:");
    s.expect("\x1b[C", "Cumulative share of price");
    s.expect("e\x15price.png\r", "Wrote price.png");
    // One that was written stays when the kind is changed.
    s.expect("\x1b[C", "number of rows by price");
    s.escape("number of rows by price");
    s.expect("&price < 1000\r", "3 rows");
    s.expect("hv", "number of rows by name");
    s.escape("number of rows by name");
    s.expect("u", "4 rows");
    s.watch("the chart went with the filter", |t| t.contains("[bars: price]") && !t.contains("[bars: name]"));
    s.expect("\x12", "3 rows");
    s.expect("\x13\x15r.toml\r", "Saved to r.toml");
    let text = String::from_utf8(bytes(&s, "r.toml")).expect("text");
    let steps: Vec<&str> = text
        .lines()
        .filter(|l| {
            ["op =", "kind = \"hist", "kind = \"cum", "kind = \"bar", "kind = \"den", "output"]
                .iter()
                .any(|w| l.starts_with(w))
        })
        .collect();
    let wanted = [
        "op = \"chart\"",
        "kind = \"cumulative\"",
        "output = \"price.png\"",
        "op = \"chart\"",
        "kind = \"bar\"",
        "op = \"filter\"",
        "op = \"chart\"",
        "kind = \"bar\"",
    ];
    assert_eq!(steps, wanted, "{text}");
    let drawn = bytes(&s, "price.png");
    std::fs::remove_file(s.file("price.png")).expect("the image is there");
    let told = run(&s, &["r.toml"]);
    assert!(bytes(&s, "price.png") == drawn, "the image is another one");
    assert!(told.contains("Step 2 (bars: price) was not drawn") && told.contains("Step 4 (bars: name)"), "{told}");
    // An image that is asked for is the last chart, and the table is not printed over it.
    run(&s, &["r.toml", "-o", "last.svg"]);
    assert!(String::from_utf8(bytes(&s, "last.svg")).expect("text").contains("number of rows by name"));
    // Opened again, the charts are there to be saved again.
    s.expect("Or.toml\r", "+1 open");
    s.watch("its steps in force", |t| t.contains("+1 open") && t.contains("3 rows"));
    s.expect("\x13\x15again.toml\r", "Saved to again.toml");
    assert_eq!(String::from_utf8(bytes(&s, "again.toml")).expect("text"), text);
    s.quit();
}

#[test]
fn what_a_result_was_made_by_is_saved_with_it() {
    let mut s = Walk::start(24, 100, &["table.csv"]);
    s.expect("", "4 rows");
    s.expect("&price < 1000\r", "3 rows");
    s.expect("lr", "Rank of name");
    s.expect("\x13", "Save what was done as");
    s.expect("\x15rank.toml\r", "Saved to rank.toml");
    run(&s, &["rank.toml", "-o", "rank.csv"]);
    let written = String::from_utf8(bytes(&s, "rank.csv")).expect("text");
    assert!(written.lines().nth(1).is_some_and(|l| l.starts_with("りんご,2")), "{written}");
    s.quit();
}
