//! Narrowing and ordering the rows, and taking it back.

use super::*;

#[test]
fn only_this_value_undo_and_redo() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("l=");
    s.title("people.csv  20 rows × 4 columns");
    assert!(s.lines()[0].contains('[') && s.lines()[0].contains("鈴木"), "no chip: {}", s.lines()[0]);
    s.keys("u");
    s.title("people.csv  60 rows × 4 columns");
    assert!(!s.lines()[0].contains('['), "a chip stays: {}", s.lines()[0]);
    s.keys("\x12");
    s.title("people.csv  20 rows × 4 columns");
    s.keys("u!");
    s.title("people.csv  40 rows × 4 columns");
    s.quit();
}

#[test]
fn the_filter_form_needs_no_syntax() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("F");
    s.sees("Show only rows where");
    // Back to the comparison, on to "at least", and to the value again.
    s.keys("\x1b[Z\x1b[C\x1b[C");
    s.sees("at least");
    s.keys("\t");
    s.keys(ERASE);
    s.keys("58");
    s.wait("the value", |lines| lines.iter().any(|l| l.contains("at least") && l.contains("58")));
    s.keys(ENTER);
    s.title("people.csv  3 rows × 4 columns");
    s.at("id", "58", "1 / 3");
    s.quit();
}

#[test]
fn a_condition_that_does_not_read_is_not_lost() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("&");
    s.sees("Show only rows where:");
    s.keys("id >>> 57\r");
    s.sees("does not read");
    s.sees("What went wrong");
    s.keys(ESC);
    s.sees_no("What went wrong");
    s.wait("what was typed", |lines| lines[22].contains("id >>> 57"));
    // The two signs too many are taken out where they stand.
    s.keys("\x1b[D\x1b[D\x1b[D\x7f\x7f\r");
    s.title("people.csv  3 rows × 4 columns");
    s.at("id", "58", "1 / 3");
    s.quit();
}

#[test]
fn sorting_goes_up_down_and_off() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("s");
    s.wait("▲", |lines| lines[2].contains('▲') && lines[0].contains("sorted by"));
    s.at("id", "1", "1 / 60");
    s.keys("s");
    s.wait("▼", |lines| lines[2].contains('▼'));
    s.at("id", "60", "1 / 60");
    s.keys("s");
    s.wait("no order", |lines| !lines[2].contains(['▲', '▼']) && !lines[0].contains("sorted by"));
    s.at("id", "1", "1 / 60");
    s.quit();
}
