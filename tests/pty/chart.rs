//! Charts over a table.

use super::Walk;

#[test]
fn chart_what_is_under_the_cursor_and_change_it() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    // Text: how often each value occurs.
    s.expect("lv", "number of rows by name");
    s.watch("a bar for each value", |t| t.contains("りんご│█") && t.contains("みかん│█"));
    s.expect("y", "Second column");
    s.expect("/price\r", "mean of price by name");
    s.expect("a", "sum of price by name");
    s.expect("\x1b[C", "price by name");
    s.expect("\x1b[D", "sum of price by name");
    s.expect("g", "Tell apart by colour");
    s.expect("/note\r", "note:");
    s.expect("l", "Logarithmic axis");
    s.escape("sum of price by name");
    s.expect("lv", "Distribution of price");
    s.expect("q", "4 rows");
    s.quit();
}

#[test]
fn a_chart_becomes_an_image_and_replaces_none_unasked() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("llv", "Distribution of price");
    s.expect("e", "price.png");
    s.expect("\r", "Wrote price.png");
    let first = std::fs::read(s.file("price.png")).expect("the image");
    assert!(first.starts_with(b"\x89PNG"));
    s.expect("e", "price.png");
    s.expect("\r", "exists already");
    s.expect("\r", "Distribution of price");
    s.expect("e\x15x.svg\r", "Wrote x.svg");
    assert!(std::fs::read_to_string(s.file("x.svg")).expect("the image").starts_with("<svg"));
    s.expect("e\x15x.csv\r", "an image is written as .png or .svg");
    s.quit();
}

#[test]
fn a_profile_charts_its_first_figure() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("p", "Profile of table.csv");
    s.expect("v", "sum of Missing by Column");
    s.escape("sum of Missing");
    s.quit();
}

#[test]
fn a_small_screen_says_what_does_not_fit() {
    let mut s = Walk::start(12, 40, &["numbers.csv"]);
    s.expect("", "1,000 rows");
    s.expect("v", "Distribution of");
    s.quit();
}
