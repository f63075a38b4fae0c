//! A/B tests over a table, in three keys.

use super::Walk;

#[test]
fn three_keys_lead_to_the_sentence() {
    let mut s = Walk::start(40, 120, &["sample:experiment"]);
    s.expect("", "sample:experiment");
    s.expect("a", "A/B test from counts");
    s.expect("1", "Compare with");
    s.expect("\r", "A/B test: converted by variant");
    s.watch("a sentence and the figure", |t| t.contains("probability") && t.contains("Each arm"));
    s.expect("d", "Fisher, exact");
    s.expect("d", "Each arm");
    s.expect("y", "opied");
    s.escape("A/B test: converted");
    s.quit();
}

/// Users over nine days on two devices.
fn users() -> String {
    let row = |i: u32| {
        let converted = u8::from(i * 7919 % 1009 < 150 + 120 * (i % 2));
        let (arm, day) = (["A", "B"][(i % 2) as usize], 1 + i * 31 % 9);
        let device = ["phone", "desktop"][(i / 2 % 2) as usize];
        format!("u{i},{arm},{converted},2026-11-{day:02},{device}\n")
    };
    format!("user_id,variant,converted,day,device\n{}", (0..1200).map(row).collect::<String>())
}

#[test]
fn days_and_segments_are_a_key_away_on_a_small_screen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(&file, users()).unwrap();
    let mut s = Walk::start(24, 80, &[file.to_str().unwrap()]);
    s.expect("", "variant");
    // The form is filled in: day and segment were found.
    s.expect("a1", "Segments");
    s.watch("the guesses", |t| t.contains("‹ day ›") && t.contains("‹ device ›") && t.contains("‹ user_id ›"));
    s.expect("\r", "B did better than A");
    s.watch("the keys", |t| t.contains("by day") && t.contains("by segment"));
    s.expect("t", "Do not decide from this before 2026-11-15");
    s.expect("s", "not what the test was planned for");
    s.watch("both devices", |t| t.contains("desktop") && t.contains("phone"));
    s.expect("s", "Checks:");
    s.escape("B did better");
    s.quit();
}

#[test]
fn counts_alone_are_enough() {
    let mut s = Walk::open(40, 120);
    s.expect("", "4 rows");
    s.expect("a3", "First arm");
    s.expect("\r", "A did better than B");
    s.expect("", "P(better)");
    s.escape("P(better)");
    // What is no test at all is said to be none.
    s.expect("a3", "First arm");
    s.expect("\x15A=5/3\r", "more conversions");
    // The form is there again, as it was filled in.
    s.escape("more conversions");
    s.expect("\x15A=118/2000\r", "A did better than B");
    s.escape("A did better");
    // A split that was not planned as even is none to warn about.
    s.expect("a3", "Planned split");
    s.expect("\x15A=180/9000\t\x15B=20/1000\r", "Do not read this yet");
    s.escape("Do not read this yet");
    s.expect("a3", "Planned split");
    s.expect("\x15A=180/9000\t\x15B=20/1000\x1b[A\x1b[A90:10\r", "Not decided");
    s.escape("Not decided");
    s.quit();
}

#[test]
fn the_report_is_written_and_the_analysis_is_part_of_the_session() {
    let mut s = Walk::start(24, 80, &["sample:experiment"]);
    s.expect("", "sample:experiment");
    s.expect("a1", "Compare with");
    s.expect("\r", "A/B test: converted by variant");
    s.expect("e", "HTML: one page");
    s.expect("", "ab-converted");
    let (page, recipe) = (s.file("page.html"), s.file("again.toml"));
    s.expect(&format!("\t\x15{}\r", page.display()), "Wrote");
    assert!(std::fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
    s.escape("Each arm");
    s.expect(&format!("\x13\x15{}\r", recipe.display()), "Saved to");
    s.watch("the recipe", |_| std::fs::read_to_string(&recipe).is_ok_and(|t| t.contains("op = \"ab\"")));
    assert!(std::fs::read_to_string(&recipe).unwrap().contains("page.html"));
    s.quit();
}
