//! The interface in Japanese, on the usual screen.

use super::*;

fn start(place: &Place) -> Session {
    let mut s = place.start_in("ja_JP.UTF-8", &["people.csv"], (80, 24));
    s.title("people.csv  60 行 × 4 列");
    s.at("id", "1", "1 / 60");
    s
}

#[test]
fn the_bottom_line_shows_at_least_eight_words_with_their_keys() {
    let place = Place::new();
    let mut s = start(&place);
    let line = s.lines()[23].clone();
    let words: Vec<&str> = line.split("  ").collect();
    assert!(words.len() >= 8, "{line}");
    assert!(words.iter().all(|w| w.split(' ').count() == 2), "{line}");
    assert!(words[0].starts_with("Enter ") && words.last().is_some_and(|w| w.starts_with("? ")), "{line}");
    s.quit();
}

#[test]
fn no_label_is_cut() {
    let place = Place::new();
    let mut s = start(&place);
    for (open, seen) in [
        ("m", "ファイル"),
        ("?", "ヘルプ: キーと操作"),
        ("F", "次の条件に合う行だけを表示"),
        ("C", "[x] id"),
        ("lli", "四分位"),
        ("e", "書き出す"),
        (":", "何をしますか？"),
        ("R", "memo 1"),
    ] {
        s.keys(open);
        s.sees(seen);
        // An ellipsis with space around it stands between two numbers.
        assert!(!s.lines().iter().any(|l| l.replace(" … ", "").contains('…')), "{open}\n{}", s.lines().join("\n"));
        s.keys(ESC);
        s.sees_no("┌");
        s.keys("0");
        s.at("id", "1", "1 / 60");
    }
    s.quit();
}
