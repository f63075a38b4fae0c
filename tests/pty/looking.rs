//! Looking closer: cards, profiles, cells, rows, help and menus.

use super::*;

#[test]
fn the_card_counts() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("lli");
    s.sees("Quartiles");
    s.sees("Different values");
    // 7, 14 … 56.
    s.wait("the missing", |lines| lines.iter().any(|l| l.contains("Missing") && l.contains("8 (13.3")));
    s.keys(ESC);
    s.sees_no("Quartiles");
    s.at("price", "1.5", "1 / 60");
    s.quit();
}

#[test]
fn a_count_of_the_profile_leads_to_its_rows() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("p");
    s.title("Profile of people.csv");
    s.at("Column", "id", "1 / 4");
    s.keys("jjll");
    s.at("Missing", "8", "3 / 4");
    s.keys(ENTER);
    s.title("people.csv  8 rows × 4 columns");
    s.at("id", "7", "1 / 8");
    s.quit();
}

#[test]
fn parts_of_a_nested_cell_are_unfolded() {
    let place = Place::new();
    place.write(
        "nested.jsonl",
        "{\"k\":1,\"v\":{\"season\":\"春\",\"days\":[31,30]}}\n{\"k\":2,\"v\":{\"season\":\"夏\",\"days\":[]}}\n",
    );
    let mut s = place.start(&["nested.jsonl"], (80, 24));
    s.title("nested.jsonl  2 rows × 2 columns");
    s.keys("l\r");
    s.wait("the parts", |lines| {
        let has = |t: &str| lines[1..22].iter().any(|l| l.contains(t) && l.contains('│'));
        has("season") && has("春") && has("30")
    });
    s.keys(ESC);
    s.sees_no("┌");
    s.wait("the table", |lines| lines[1].contains('k'));
    s.quit();
}

#[test]
fn a_long_cell_is_shown_to_its_end() {
    let place = Place::new();
    let long = "長い話。".repeat(60);
    place.write("long.csv", &format!("k,v\n1,{long}終わり\n"));
    let mut s = place.start(&["long.csv"], (80, 24));
    s.title("long.csv  1 row × 2 columns");
    s.keys("l");
    s.wait("the column", |lines| lines[22].starts_with('v'));
    assert!(!s.lines().iter().any(|l| l.contains("終わり")));
    s.keys(ENTER);
    s.sees("終わり");
    s.quit();
}

#[test]
fn a_row_is_shown_field_by_field() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("jjR");
    s.sees("Row 3");
    s.wait("its fields", |lines| {
        ["id", "name", "price", "note"].iter().all(|n| lines[1..22].iter().any(|l| l.contains(n)))
            && lines[1..22].iter().any(|l| l.contains("note") && l.contains("memo 3"))
    });
    s.keys(ESC);
    s.at("id", "3", "3 / 60");
    s.quit();
}

#[test]
fn help_and_menu_open_and_close() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("?");
    s.sees("Help: keys and what they do");
    s.keys(ESC);
    s.sees_no("Help: keys");
    s.keys("m");
    s.wait("the menus", |lines| ["File", "Rows", "Columns", "Go", "Look", "Help"].iter().all(|h| lines[0].contains(h)));
    s.sees("Open a table");
    s.keys("\x1b[C");
    s.sees("Filter rows");
    s.keys(ESC);
    s.sees_no("Filter rows");
    s.title("people.csv");
    s.at("id", "1", "1 / 60");
    s.quit();
}
