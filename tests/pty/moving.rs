//! Moving about in a table, searching, several tables.

use super::*;

#[test]
fn rows_columns_pages_and_ends() {
    let place = Place::new();
    let mut s = place.people();
    assert!(s.lines()[1].contains("id") && s.lines()[3].contains("鈴木"), "{:?}", s.lines());
    for (keys, column, value, row) in [
        ("j", "id", "2", "2 / 60"),
        ("\x1b[B", "id", "3", "3 / 60"),
        ("k", "id", "2", "2 / 60"),
        ("\x1b[A", "id", "1", "1 / 60"),
        ("l", "name", "鈴木", "1 / 60"),
        ("\x1b[C", "price", "1.5", "1 / 60"),
        ("h", "name", "鈴木", "1 / 60"),
        ("\x1b[D", "id", "1", "1 / 60"),
        ("\x06", "id", "20", "20 / 60"),
        ("\x02", "id", "1", "1 / 60"),
        ("\x1b[6~", "id", "20", "20 / 60"),
        ("\x1b[5~", "id", "1", "1 / 60"),
        (" ", "id", "20", "20 / 60"),
        ("G", "id", "60", "60 / 60"),
        ("$", "note", "memo 60", "60 / 60"),
        ("0", "id", "60", "60 / 60"),
        ("g", "id", "1", "1 / 60"),
        // Six times down and right twice: a missing value says so.
        ("jjjjjjll", "price", "(missing)", "7 / 60"),
    ] {
        s.keys(keys);
        s.at(column, value, row);
    }
    s.quit();
}

#[test]
fn search_goes_on_and_back_and_says_when_nothing_is_found() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("/");
    s.sees("Search:");
    s.keys("memo 5\r");
    s.at("note", "memo 5", "5 / 60");
    s.keys("n");
    s.at("note", "memo 50", "50 / 60");
    s.keys("n");
    s.at("note", "memo 51", "51 / 60");
    s.keys("N");
    s.at("note", "memo 50", "50 / 60");
    s.keys("/");
    s.sees("Search:");
    s.keys("高い壁\r");
    s.sees("“高い壁” was not found.");
    s.at("note", "memo 50", "50 / 60");
    s.quit();
}

#[test]
fn digits_lead_from_table_to_table() {
    let place = Place::new();
    place.write("second.csv", "k,v\nあ,1\nい,2\n");
    let mut s = place.start(&["people.csv", "second.csv"], (80, 24));
    s.title("second.csv  2 rows × 2 columns");
    s.keys("1");
    s.title("people.csv  60 rows × 4 columns");
    s.keys("j");
    s.at("id", "2", "2 / 60");
    s.keys("2");
    s.title("second.csv");
    s.at("k", "あ", "1 / 2");
    s.keys("1");
    s.at("id", "2", "2 / 60");
    s.quit();
}

#[test]
fn the_palette_takes_a_row_number() {
    let place = Place::new();
    let mut s = place.people();
    s.keys(":");
    s.sees("What would you like to do?");
    s.keys("42");
    s.sees("Go to row 42");
    s.keys(ENTER);
    s.at("id", "42", "42 / 60");
    s.quit();
}

#[test]
fn the_language_changes_at_once() {
    let place = Place::new();
    let mut s = place.people();
    s.keys(":");
    s.sees("What would you like to do?");
    s.keys("japanese");
    s.sees("Language (日本語)");
    s.sees_no("Redraw");
    s.keys(ENTER);
    s.title("people.csv  60 行 × 4 列");
    s.keys("?");
    s.sees("ヘルプ: キーと操作");
    s.keys(ESC);
    s.sees_no("ヘルプ: キーと操作");
    s.quit();
}
