//! A query of Redash whose rows stay with its data source, from the start screen on. A real database answers.

use super::ESC;
use super::redash::{KEY, place};
use crate::postgres::redash::{runs, visits};

#[test]
fn a_saved_query_is_worked_on_where_its_rows_are() {
    let fake = visits();
    let place = place(&fake);
    let mut s = place.start(&[], (120, 30));
    s.sees("Connections");
    s.keys("/team\r");
    s.sees("Favourites");
    // By a word of its SQL.
    s.keys("/grp\r");
    s.title("team:12 visits  2,000 rows × 6 columns  data from");
    assert_eq!(runs(&fake), 0);
    s.keys("V");
    s.title("team:12 visits  more than 1,000 rows × 6 columns  Warehouse (PostgreSQL): rows stay there");
    assert_eq!(runs(&fake), 1);

    s.keys("&country = 'DE' and grp = 'B'\r");
    s.first_row("18");
    assert_eq!(runs(&fake), 2);
    s.keys("s");
    s.wait("the order in the header", |lines| lines[2].contains('▲'));
    s.keys("s");
    s.first_row("2000");
    s.keys("Z");
    s.sees("At team · Warehouse (PostgreSQL)");
    s.sees("from visits order by id");
    s.sees("where ((\"country\" = 'DE') and (\"grp\" = 'B'))");
    s.sees("order by \"id\" desc nulls last");
    s.keys(ESC);
    s.sees_no("At team · Warehouse");
    s.keys("uuu");
    s.first_row("1");

    // Half, three tenths, two tenths.
    s.keys("lllr");
    s.title("Rank of country: team:12 visits  3 rows × 4 columns  worked out at team · Warehouse");
    s.wait("the counts", |lines| {
        let figures = |row: usize, name: &str, count: &str, share: &str| {
            let words: Vec<&str> = lines[row].split(|c: char| c.is_whitespace() || c == '│').collect();
            [name, count, share].iter().all(|w| words.contains(w))
        };
        figures(3, "JP", "1,000", "0.5") && figures(4, "US", "600", "0.3") && figures(5, "DE", "400", "0.2")
    });
    s.keys("\x17");
    s.title("team:12 visits  more than 1,000 rows");

    s.keys("a1");
    s.sees("‹ grp ›");
    s.keys("\r");
    s.sees("13.00% against 10.00%");
    s.wait("where it was worked out", |lines| lines[0].contains("cv by grp · worked out at team · Warehouse"));
    s.keys(ESC);
    s.sees_no("13.00% against 10.00%");

    s.keys("p");
    s.wait("the profile", |lines| lines[0].contains("worked out at team · Warehouse"));
    s.keys("\x17");
    s.title("team:12 visits  more than 1,000 rows");

    // Brought here, it is told from the rows there.
    let asked = runs(&fake);
    s.keys("b");
    s.sees("team · Warehouse: about 2,000 rows");
    assert_eq!(runs(&fake), asked + 1, "they are counted and not brought before somebody says so");
    s.keys("\r");
    s.wait("the rows here", |lines| lines[0].contains("2,000 rows × 6") && lines[0].contains("[brought here]"));
    s.wait("no word of there", |lines| !lines[0].contains("rows stay there"));
    let asked = asked + 2;
    assert_eq!(runs(&fake), asked);
    s.keys("G");
    s.at("country", "DE", "2,000 / 2,000");
    assert_eq!(runs(&fake), asked);
    s.quit();
    assert!(!String::from_utf8_lossy(&s.bytes).contains(KEY));
    assert!(fake.unexpected().is_empty(), "{:?}", fake.unexpected());
}

#[test]
fn a_condition_the_server_cannot_judge_leaves_the_table_as_it_was() {
    let fake = visits();
    let place = place(&fake);
    let mut s = place.start(&["team:live/12"], (100, 24));
    s.title("team:12 visits  more than 1,000 rows × 6 columns");
    // Redash would fill this in.
    s.keys("&country = '{{ x }}'\r");
    s.sees("would take");
    s.keys(ESC);
    s.sees_no("would take");
    s.keys(ESC);
    s.first_row("1");
    s.at("id", "1", "1 / ?");
    s.quit();
}
