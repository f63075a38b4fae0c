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

/// What the program sends after `before` bytes, once it holds `wanted`.
#[track_caller]
fn sent(s: &mut Walk, before: usize, wanted: &[u8]) -> usize {
    loop {
        let found = s.session.bytes[before..].windows(wanted.len()).position(|w| w == wanted);
        if let Some(at) = found {
            return before + at;
        }
        let had = s.session.bytes.len();
        s.session.wait_for_output(had);
    }
}

const ASKED: &[u8] = b"\x1b[16t\x1b[c";

#[test]
fn a_terminal_that_can_shows_the_picture_itself() {
    for (reply, begin, end) in [
        ("\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;c", &b"\x1b_Ga=T,f=100"[..], &b"m=0;"[..]),
        ("\x1b[6;20;10t\x1b[?62;4;22c", b"\x1bP0;1q\"1;1;1000;456", b"-\x1b\\\x1b8"),
    ] {
        let mut s = Walk::open(24, 100);
        s.expect("", "4 rows");
        s.expect("llv", "Distribution of price");
        let before = s.session.bytes.len();
        s.session.keys("p");
        sent(&mut s, before, ASKED);
        s.session.keys(reply);
        s.expect("", "The picture took");
        let from = sent(&mut s, before, begin);
        sent(&mut s, from, end);
        s.watch("no cells under the picture", |t| !t.contains("Distribution of price"));
        // Another size is another picture, and what is seen afterwards is painted in full.
        let had = s.session.bytes.len();
        s.session.resize((80, 20));
        let from = sent(&mut s, had, &begin[..6]);
        sent(&mut s, from, end);
        let had = s.session.bytes.len();
        s.expect("x", "Distribution of price");
        sent(&mut s, had, b"\x1b[2J");
        // It is asked once.
        let had = s.session.bytes.len();
        s.session.keys("p");
        let from = sent(&mut s, had, &begin[..6]);
        sent(&mut s, from, end);
        assert!(!s.session.bytes[had..].windows(ASKED.len()).any(|w| w == ASKED));
        s.expect("q", "Distribution of price");
        s.quit();
    }
}

#[test]
fn a_terminal_that_cannot_is_sent_no_picture() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("llv", "Distribution of price");
    let before = s.session.bytes.len();
    s.session.keys("p");
    sent(&mut s, before, ASKED);
    s.session.keys("\x1b[?64;1;2;6c");
    s.expect("", "did not say that it can show pictures");
    let from = sent(&mut s, before, ASKED) + ASKED.len();
    let rest = &s.session.bytes[from..];
    assert!(![&b"\x1b_G"[..], b"\x1bP", b"\x1b]1337"].iter().any(|w| rest.windows(w.len()).any(|r| r == *w)));
    // Keys are keys again.
    s.expect("\x1b[C", "Density of price");
    s.quit();
}

#[test]
fn a_ranking_by_two_columns_is_a_heat_map_at_one_key() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect(":rank-by\r", "Groups by");
    s.expect("\x15name, note\r", "Rank of name, note");
    s.expect("v", "by note and name");
    s.expect("a", "smallest");
    s.escape("smallest");
    // The way there and the chart are one recipe.
    s.expect("\x13\x15r.toml\r", "Saved to r.toml");
    let text = std::fs::read_to_string(s.file("r.toml")).expect("the recipe");
    let chart = text.split_once("op = \"chart\"").expect("a chart").1;
    assert!(
        text.contains("op = \"rank\"") && chart.contains("kind = \"heatmap\"\nx = \"note\"\ny = \"name\""),
        "{text}"
    );
    s.quit();
}
