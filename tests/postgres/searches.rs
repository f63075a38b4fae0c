//! The next match found by a query is the one that reading finds.

use mekiki::data::Control;
use mekiki::op::search::Search;
use mekiki::op::{Context, Step};
use mekiki::source::OpenOptions;

use super::oracle::{Numbers, copy, make, sort, source};
use super::server;

#[test]
fn matches_are_found_in_the_same_places_there_and_here() {
    let database = server().database_in_english();
    let source = source(&database);
    let mut numbers = Numbers(0x6e65_7874);
    let needles = [
        "a",
        "A",
        "東",
        "日本",
        "%",
        "\\",
        "5",
        "-1",
        "1.5",
        "0.2",
        "1,000",
        "2026-11",
        "09:30",
        "23:59:59",
        "true",
        "e",
        "nul",
        "é",
        "é x",
        "9,223",
        "00:00",
        "1969-12-31 23",
        "24",
        "inf",
        "-",
    ];
    for round in 0..5 {
        make(&database, &format!("s{round}"), true, &mut numbers);
        let mut there =
            source.open(&format!("public.s{round}"), &OpenOptions::default(), &Control::new()).unwrap().dataset;
        if round % 2 == 1 {
            let step: Step = sort(&mut numbers).try_into().unwrap();
            there = step.run(&there, &Context::new(Control::new(), 1 << 30), &mut |_| {}).unwrap().dataset;
        }
        // What there are no columns for is found as text, by who searches first.
        let here = copy(&there.settled(&Control::new()).unwrap().unwrap_or(there.clone()));
        let rows = here.row_count().known();
        let columns: Vec<usize> = (0..here.schema().len()).collect();
        for needle in needles {
            let search = Search::new(needle);
            for _ in 0..4 {
                let from = (numbers.below(rows.max(1) as usize) as u64, numbers.below(columns.len()));
                let forward = numbers.below(2) == 0;
                let far = search.find_around(&there, &columns, from, forward, &Control::new()).unwrap().place;
                let near = search.find_around(&here, &columns, from, forward, &Control::new()).unwrap().place;
                assert_eq!(far, near, "{needle} from {from:?}, forward: {forward}");
            }
        }
    }
}

#[test]
fn a_match_far_away_is_found_without_reading_what_is_before_it() {
    let database = server().database();
    database.sql(
        "create table far as select g as id, 'row ' || g as name, g / 8.0::float8 as x from generate_series(1, 60000) g; \
         update far set name = 'Needle' where id in (45000, 59000)",
    );
    // Rows that are updated move; a view puts them in their order again.
    database.sql("create view ordered as select * from far order by id");
    let source = source(&database);
    let there = source.open("public.ordered", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let columns = [0, 1, 2];
    let find = |needle: &str, from, forward| {
        let found = Search::new(needle).find_around(&there, &columns, from, forward, &Control::new()).unwrap();
        assert_eq!(found.ran.map(|ran| ran.id), Some("note-pushed"), "{needle}");
        found.place
    };
    assert_eq!(find("needle", (3, 0), true), Some((44_999, 1)));
    assert_eq!(find("Needle", (44_999, 1), true), Some((58_999, 1)));
    assert_eq!(find("needle", (58_999, 1), true), Some((44_999, 1)));
    assert_eq!(find("needle", (3, 0), false), Some((58_999, 1)));
    assert_eq!(find("nothing like it", (3, 0), true), None);
    assert!(!there.row_count().is_exact(), "the table was read through");
}
