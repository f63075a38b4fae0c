//! Roads people walk.

use super::Session;

#[test]
fn look_search_filter_and_take_it_back() {
    let mut s = Session::open(24, 100);
    s.expect("", "4 rows");
    s.expect("/みかん\r", "2 / 4");
    s.expect("g", "1 / 4");
    s.expect("=", "2 rows");
    s.wait("a chip", |t| t.contains("[name is りんご]"));
    s.expect("u", "4 rows");
    s.expect("&price >\r", "expected");
    // What was typed is still there to be mended.
    s.escape("What went wrong");
    s.expect(" 100\r", "2 rows");
    s.expect("X", "4 rows");
    s.keys("Q");
    assert_eq!(s.end(), 0);
}

#[test]
fn sort_up_down_and_off() {
    let mut s = Session::open(24, 100);
    s.expect("", "4 rows");
    s.expect("ll", "price  120");
    s.expect("s", "▲");
    s.wait("the smallest first", |t| t.lines().nth(3).is_some_and(|l| l.trim_start().starts_with("1002")));
    s.expect("s", "▼");
    s.wait("the greatest first", |t| t.lines().nth(3).is_some_and(|l| l.trim_start().starts_with("1003")));
    s.keys("s");
    s.wait("no order", |t| !t.contains('▼') && !t.contains("sorted by"));
    s.keys("Q");
    s.end();
}

#[test]
fn from_a_profile_to_the_rows_behind_a_number() {
    let mut s = Session::open(24, 120);
    s.expect("", "4 rows");
    s.expect("p", "Profile of table.csv");
    // The last line is the column with a missing value; its count is in the third column.
    s.expect("Gll", "Missing  1");
    s.expect("\r", "1 row ");
    s.wait("the row", |t| t.contains("1002") && !t.contains("1001"));
    s.keys("Q");
    s.end();
}

#[test]
fn export_writes_what_is_shown_and_asks_before_replacing() {
    let mut s = Session::open(24, 100);
    s.expect("", "4 rows");
    s.expect("l=", "2 rows");
    s.expect("e", "table-export.csv");
    s.expect("\r", "Wrote 2 rows");
    let written = std::fs::read_to_string(s.file("table-export.csv")).expect("the file");
    assert_eq!(written, "id,name,price,note\n1001,りんご,120,fresh\n1004,りんご,95,late\n");
    s.expect("e\r", "exists already");
    s.expect("\r", "2 rows");
    s.keys("Q");
    s.end();
}

#[test]
fn menus_help_palette_and_the_other_language() {
    let mut s = Session::start(24, 100, &["numbers.csv"]);
    s.expect("", "1,000 rows");
    s.expect("m", "File  Rows  Columns");
    s.expect("\x1b[C", "Filter rows");
    s.escape("Filter rows");
    s.expect("?", "Help:");
    s.escape("Help:");
    s.expect(":500", "Go to row 500");
    s.expect("\r", "500 / 1,000");
    s.expect(":language\r", "日本語");
    s.wait("Japanese", |t| t.contains("1,000 行"));
    s.keys("Q");
    s.end();
}

#[test]
fn several_tables_and_columns_that_come_and_go() {
    let mut s = Session::start(24, 100, &["numbers.csv", "table.csv"]);
    s.expect("", "+1 open");
    s.wait("the second table", |t| t.contains("1001") || t.contains("square"));
    s.expect("1", "square");
    s.expect("-", "1 column ");
    s.expect("u", "2 columns");
    s.expect("f", "│");
    s.expect("R", "Row 1");
    s.escape("Row 1");
    s.expect("i", "Different values");
    s.escape("Different values");
    // Esc never leaves.
    s.expect("\x1b", "nothing to go back to");
    s.keys("Q");
    s.end();
}

#[test]
fn work_beyond_the_memory_allowed_is_offered_on_a_sample() {
    let mut s = Session::start(24, 100, &["numbers.csv", "--max-memory", "20kB"]);
    s.expect("", "1,000 rows");
    s.expect("s", "random sample of 100 rows");
    s.expect("\r", "100 rows ");
    s.wait("sorted", |t| t.contains('▲'));
    s.expect("u", "1,000 rows");
    s.expect("s", "random sample of 100 rows");
    s.escape("random sample");
    s.expect("", "1,000 rows");
    s.keys("Q");
    s.end();
}

#[test]
fn a_column_is_computed_renamed_and_asked_for_in_sql() {
    let mut s = Session::open(24, 100);
    s.expect("", "4 rows");
    s.expect("ll", "price  120");
    s.expect("D", "price_2");
    // A form that was wrong comes back as it was left.
    s.expect("\t *\r", "expected");
    s.escape("What went wrong");
    s.expect("\t 2\r", "240");
    s.expect("u", "4 rows");
    s.wait("the column is gone", |t| !t.contains("240"));
    s.expect("E", "New name");
    s.expect("\u{15}yen\r", "yen");
    s.expect("z", "select * from table");
    s.expect("\u{15}select sum(yen) as total from this\r", "total");
    s.expect("u", "yen");
    s.keys("Q");
    assert_eq!(s.end(), 0);
}

#[test]
fn a_join_says_what_it_will_do_before_it_does() {
    let mut s = Session::start(24, 120, &["table.csv"]);
    s.expect("", "4 rows");
    std::fs::write(s.file("people.csv"), "id,who\n1001,Hanako\n1001,Taro\n1003,Jiro\n").expect("a file");
    s.expect("B", "Table to join");
    // The key is suggested by its name and its values.
    s.expect("people.csv\r", "Equal columns  id");
    s.expect("\r", "2 of 4 rows (50.0 %)");
    s.expect("\r", "Hanako");
    s.expect("", "5 rows");
    s.expect("u", "4 rows");
    s.keys("Q");
    assert_eq!(s.end(), 0);
}

#[test]
fn from_a_ranking_to_the_rows_behind_a_group() {
    let mut s = Session::open(24, 120);
    s.expect("", "4 rows");
    s.expect("lr", "Rank of name");
    s.wait("bars", |t| t.lines().any(|l| l.contains("りんご") && l.contains("2") && l.contains("██████")));
    s.expect("\r", "2 rows");
    s.wait("the rows", |t| t.contains("[name is りんご]") && t.contains("1004"));
    s.expect("2", "Rank of name");
    s.keys("q");
    s.wait("back", |t| !t.contains("Rank of name"));
    s.keys("Q");
    s.end();
}
