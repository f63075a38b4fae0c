//! The whole road on the sample table: open, see, clean, rank, chart, A/B, importance, report; in sixteen keys.

use super::{ENTER, ESC, Place, Walk};

/// Six hundred users of a test, with a column that says nothing. Who stays longer converts more often.
fn trial() -> String {
    let row = |i: u32| {
        let (arm, minutes) = (["A", "B"][(i % 2) as usize], i * 7919 % 101);
        let converted = u8::from(i * 31 % 100 < minutes);
        format!("u{i},{arm},{minutes},{converted},\n")
    };
    format!("user_id,variant,minutes,converted,empty\n{}", (0..600).map(row).collect::<String>())
}

#[test]
fn sixteen_keys_lead_from_the_start_screen_to_a_report() {
    let place = Place::new();
    place.write("trial.csv", &trial());
    // Somebody opened it before: the one recent source.
    let mut before = place.start(&["trial.csv"], (80, 24));
    before.sees("600 rows");
    before.quit();
    let mut s = place.start(&[], (80, 24));
    s.sees("trial.csv");
    let keys = [
        (ENTER, "600 rows × 5 columns"),
        ("c", "Enter clean"),
        (ENTER, "trial.csv  600 rows × 4 columns  [cleaned]"),
        ("r", "Rank of user_id: trial.csv"),
        ("v", "sum of count by user_id"),
        (ESC, "Rank of user_id: trial.csv"),
        (ESC, "trial.csv  600 rows × 4 columns  [cleaned]"),
        ("a", "A/B test from counts"),
        ("1", "Compare with"),
        (ENTER, "A/B test: converted by variant"),
        (ESC, "trial.csv  600 rows × 4 columns  [cleaned]"),
        ("a", "A/B test from counts"),
        ("2", "‹ converted ›"),
        (ENTER, "What moves converted most: minutes"),
        ("e", "importance-converted"),
        (ENTER, "Wrote importance-converted.html"),
    ];
    assert_eq!(keys.len(), 16);
    for (key, text) in keys {
        s.keys(key);
        s.sees(text);
    }
    let page = std::fs::read_to_string(place.path("importance-converted.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg") && page.contains("minutes"));
    s.quit();
}

#[test]
fn from_the_answer_to_one_column_one_row_and_a_file() {
    let mut s = Walk::start(24, 80, &["sample:retention"]);
    s.expect("", "3,000 rows");
    // To the last column, the one to explain.
    s.expect("$a2", "‹ minutes_next_week ›");
    s.expect(ENTER, "Too good to be true");
    s.watch("the leak first, with its remedy", |t| t.contains("Leak?") && t.contains("a leave out"));
    s.expect("a", "minutes_this_week");
    s.watch("an answer without it", |t| !t.contains("Too good to be true") && t.contains("e export"));
    s.expect(ENTER, "adds to minutes_next_week");
    s.escape("adds to minutes_next_week");
    s.expect("w", "how the model comes to");
    s.expect("e", "‹ HTML: one page");
    // To the fourth format, then to the name.
    s.expect("\x1b[C\x1b[C\x1b[C", "‹ PNG: the figures ›");
    s.expect("\t\x15one\r", "Wrote one.png");
    assert!(std::fs::read(s.file("one.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(!s.file("one-2.png").exists());
    s.expect("e\t\x15ranking.csv\r", "Wrote ranking.csv");
    let table = std::fs::read_to_string(s.file("ranking.csv")).unwrap();
    assert!(table.starts_with("feature,mean_abs_shap,share,direction,rank_low,rank_high,permutation\n"), "{table}");
    s.expect("e\t\x15ranking.csv\r", "exists already");
    s.escape("exists already");
    s.escape("how the model comes to");
    s.escape("What drives");
    s.expect("\x13\x15again.toml\r", "Saved to again.toml");
    let recipe = std::fs::read_to_string(s.file("again.toml")).unwrap();
    for line in [
        "op = \"importance\"",
        "drop = [\"minutes_next_week_rounded\"]",
        "figure = \"waterfall\"",
        "output = \"one.png\"",
    ] {
        assert!(recipe.contains(line), "{recipe}");
    }
    for name in ["one.png", "ranking.csv"] {
        std::fs::rename(s.file(name), s.file(&format!("typed-{name}"))).unwrap();
    }
    super::recipes::run(&s, &["again.toml"]);
    for name in ["one.png", "ranking.csv"] {
        let bytes = |name: &str| std::fs::read(s.file(name)).unwrap();
        assert!(bytes(name) == bytes(&format!("typed-{name}")), "{name}");
    }
    s.quit();
}

#[test]
fn what_was_opened_is_remembered_as_it_reads_elsewhere() {
    let place = Place::new();
    place.people().quit();
    let recent = std::fs::read_to_string(place.path("state/recent")).unwrap();
    assert_eq!(recent, format!("{}\n", place.path("people.csv").display()));
    let mut s = place.start(&[], (80, 24));
    s.wait("its short name", |lines| lines[1].contains("Recent") && lines[2].starts_with("│   people.csv "));
    s.keys(ENTER);
    s.title("people.csv  60 rows × 4 columns");
    s.quit();
}

#[test]
fn a_run_without_a_column_keeps_the_rows_that_were_held_out() {
    let place = Place::new();
    let row = |i: u32| {
        let (price, pieces) = (i * 7919 % 97 + 3, i * 31 % 12 + 1);
        format!("{},{price},{pieces},{},{}\n", price * pieces, i % 5 != 0, price + i % 7)
    };
    place.write("made.csv", &format!("revenue,price,pieces,known,list\n{}", (0..400).map(row).collect::<String>()));
    let mut s = place.start(&["made.csv"], (80, 24));
    s.sees("400 rows");
    s.keys("a2");
    s.sees("‹ revenue ›");
    // To the fifth field, then to its other choice.
    s.keys("\t\t\t\t\x1b[C");
    s.sees("‹ known ›");
    s.keys(ENTER);
    s.sees("Too good to be true");
    s.sees("Leak? revenue = ");
    s.keys("a");
    s.sees("What moves revenue most: list");
    s.keys("d");
    s.sees("Column by column");
    s.keys("G");
    s.sees("Left out as asked: ");
    s.sees("Rows were held out by a column.");
    s.quit();
}
