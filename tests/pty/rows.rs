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
    // Taken off again without undoing anything.
    s.keys("X");
    s.title("people.csv  60 rows × 4 columns");
    s.quit();
}

#[test]
fn found_then_kept_then_all_again() {
    let place = Place::new();
    let mut s = place.table();
    s.keys("/みかん\r");
    s.at("name", "みかん", "2 / 4");
    s.keys("g");
    s.at("name", "りんご", "1 / 4");
    s.keys("=");
    s.title("table.csv  2 rows × 4 columns  [name is りんご]");
    s.first_row("1001");
    s.wait("the second", |lines| lines[4].trim_start().starts_with("1004") && lines[5].is_empty());
    s.keys("u");
    s.title("table.csv  4 rows × 4 columns");
    s.wait("all four", |lines| (0..4).all(|i| lines[3 + i].trim_start().starts_with(&format!("100{}", i + 1))));
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
    let mut s = place.table();
    s.keys("ll");
    s.at("price", "120", "1 / 4");
    let order = |s: &mut Session, ids: [&str; 4]| {
        s.wait(&format!("{ids:?}"), |lines| (0..4).all(|i| lines[3 + i].split_whitespace().next() == Some(ids[i])));
    };
    s.keys("s");
    s.wait("▲", |lines| lines[2].contains('▲') && lines[0].contains("[sorted by price ▲]"));
    order(&mut s, ["1002", "1004", "1001", "1003"]);
    s.keys("s");
    s.wait("▼", |lines| lines[2].contains('▼') && lines[0].contains("[sorted by price ▼]"));
    order(&mut s, ["1003", "1001", "1004", "1002"]);
    s.keys("s");
    s.wait("no order", |lines| !lines[2].contains(['▲', '▼']) && !lines[0].contains("sorted by"));
    order(&mut s, ["1001", "1002", "1003", "1004"]);
    s.at("price", "120", "1 / 4");
    s.quit();
}
