//! Freezing, hiding and choosing columns.

use super::*;

#[test]
fn freeze_holds_and_lets_go() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("f");
    s.wait("a line", |lines| lines[3].contains('│'));
    s.keys("f");
    s.wait("no line", |lines| !lines[3].contains('│'));
    s.quit();
}

#[test]
fn a_hidden_column_comes_back_from_the_list() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("l-");
    s.title("people.csv  60 rows × 3 columns");
    s.sees("“name” is hidden.");
    assert!(!s.lines()[1].contains("name"));
    s.keys("u");
    s.title("people.csv  60 rows × 4 columns");
    s.keys("\x12");
    s.title("people.csv  60 rows × 3 columns");
    s.keys("C");
    s.sees("[ ] name");
    assert!(s.lines().iter().any(|l| l.contains("[x] id")));
    s.keys("G ");
    s.sees("[x] name");
    s.keys(ENTER);
    s.title("people.csv  60 rows × 4 columns");
    s.wait("name in the header", |lines| lines[1].contains("name"));
    s.quit();
}

#[test]
fn the_last_column_cannot_be_hidden() {
    let place = Place::new();
    place.write("one.csv", "k\na\nb\n");
    let mut s = place.start(&["one.csv"], (80, 24));
    s.title("one.csv  2 rows × 1 column");
    s.keys("-");
    s.sees("No column is left to show.");
    s.at("k", "a", "1 / 2");
    s.quit();
}
