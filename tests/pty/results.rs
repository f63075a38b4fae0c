//! Steps that make other tables: computed columns, SQL, joins, rankings; and what is offered where one is too large.

use super::{Place, Session, Walk};

#[test]
fn work_beyond_the_memory_allowed_is_offered_on_a_sample() {
    let mut s = Walk::start(24, 100, &["numbers.csv", "--max-memory", "20kB"]);
    s.expect("", "1,000 rows");
    s.expect("s", "random sample of 100 rows");
    s.expect("\r", "100 rows ");
    s.watch("sorted", |t| t.contains('▲'));
    s.expect("u", "1,000 rows");
    s.expect("s", "random sample of 100 rows");
    s.escape("random sample");
    s.expect("", "1,000 rows");
    s.quit();
}

#[test]
fn a_column_is_computed_renamed_and_asked_for_in_sql() {
    let mut s = Walk::open(24, 100);
    s.expect("", "4 rows");
    s.expect("ll", "price  120");
    s.expect("D", "price_2");
    // A form that was wrong comes back as it was left.
    s.expect("\t *\r", "expected");
    s.escape("What went wrong");
    s.expect("\t 2\r", "240");
    s.expect("u", "4 rows");
    s.watch("the column is gone", |t| !t.contains("240"));
    s.expect("E", "New name");
    s.expect("\u{15}yen\r", "yen");
    s.expect("z", "select * from table");
    // A statement that fails stays, and the editor says where; a name is completed; Ctrl-G carries it out.
    s.expect("\x01\x0bselect sum(yin) as total from this\x07", "yin");
    s.watch("the error", |t| t.contains("not found"));
    s.expect("\x01\x0bselect sum(ye\t", "sum(yen");
    s.expect(") as total from this\x07", "1 row × 1 column");
    s.expect("u", "yen");
    s.quit();
}

#[test]
fn a_join_says_what_it_will_do_before_it_does() {
    let mut s = Walk::start(24, 120, &["table.csv"]);
    s.expect("", "4 rows");
    std::fs::write(s.file("people.csv"), "id,who\n1001,Hanako\n1001,Taro\n1003,Jiro\n").expect("a file");
    s.expect("B", "Table to join");
    // The key is suggested by its name and its values.
    s.expect("people.csv\r", "Equal columns  id");
    s.expect("\r", "2 of 4 rows (50.0 %)");
    s.expect("\r", "Hanako");
    s.expect("", "5 rows");
    s.expect("u", "4 rows");
    s.quit();
}

#[test]
fn from_a_ranking_to_the_rows_behind_a_group() {
    let mut s = Walk::open(24, 120);
    s.expect("", "4 rows");
    s.expect("lr", "Rank of name");
    s.watch("bars", |t| t.lines().any(|l| l.contains("りんご") && l.contains("2") && l.contains("██████")));
    s.expect("\r", "2 rows");
    s.watch("the rows", |t| t.contains("[name is りんご]") && t.contains("1004"));
    s.expect("2", "Rank of name");
    s.session.keys("q");
    s.watch("back", |t| !t.contains("Rank of name"));
    s.quit();
}

/// Nine days of two countries: one rises from 1 to 9, one stays.
fn days(locale: &str) -> (Place, Session) {
    let place = Place::new();
    let days: String = (1..=9).map(|d| format!("2026-11-0{d},JP,{d}\n2026-11-0{d},US,4\n")).collect();
    place.write("days.csv", &format!("day,country,n\n{days}"));
    let mut s = place.start_in(locale, &["days.csv"], (80, 24));
    s.sees("18 rows");
    (place, s)
}

#[test]
fn a_ranking_shows_a_line_over_time() {
    for (locale, rises, stays) in [("en_US.UTF-8", "▂▃▃▄▅▆▆▇█", "█████████"), ("C", ":--=+**#@", "@@@@@@@@@")]
    {
        let (_place, mut s) = days(locale);
        s.keys("lP");
        s.sees("Line over time");
        s.keys("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\x1b[C\r");
        s.sees("sum_n_by_day");
        s.wait("a line that rises, and one that stays", |lines| {
            let line = |what: &str| lines.iter().any(|l| l.contains(what));
            line(rises) && line(stays)
        });
        // Bars are of the characters the locale has.
        s.wait("bars", |lines| {
            lines.iter().any(|l| l.contains("JP")) && lines.concat().contains('█') == (locale != "C")
        });
        s.quit();
    }
}

#[test]
fn a_ranking_across_becomes_a_heat_map() {
    let (_place, mut s) = days("en_US.UTF-8");
    s.keys("lP");
    s.sees("Across");
    // Typed ahead: the chart is of the ranking, not of what it is made from.
    s.keys("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[C\rv");
    s.sees("sum of sum_n");
    s.sees("country");
    s.keys("\x1b");
    s.sees_no("sum of sum_n");
    // A field leads to its own rows.
    s.sees("2026-11-01");
    s.keys("l\r");
    s.sees("country is JP and day is 2026-11-01");
    s.sees("1 row ");
    s.quit();
}

#[test]
fn what_is_asked_for_during_a_step_comes_after_it() {
    let mut s = Walk::start(24, 100, &["numbers.csv"]);
    s.expect("", "1,000 rows");
    // Typed ahead: the chart is of the rows the filter leaves.
    s.expect("&", "Show only rows where");
    s.session.keys("n < 11\rv");
    s.watch("a chart of ten rows", |t| t.contains("Distribution of n") && t.contains("10 rows"));
    s.escape("Distribution of n");
    // In one breath: both are in force.
    s.session.keys("s-");
    s.watch("in order, and without the column", |t| t.contains("× 1 column") && t.contains("sorted by n"));
    s.expect("uu", "10 rows × 2 columns");
    s.quit();
}
