//! Exporting from the screen.

use super::*;

fn export(s: &mut Session, path: &str) {
    s.keys("e");
    s.sees("Export what is shown");
    // A name is there already.
    s.sees("people-export.csv");
    s.keys(ERASE);
    s.keys(path);
    s.sees(path);
    s.keys(ENTER);
}

#[test]
fn what_is_shown_is_written_byte_for_byte() {
    let place = Place::new();
    let mut s = place.people();
    export(&mut s, "out/all.csv");
    s.sees("Wrote 60 rows");
    assert_eq!(std::fs::read_to_string(place.path("out/all.csv")).unwrap(), people());
    // Rows and columns as they stand: two people fewer, no names.
    s.keys("l-");
    s.title("people.csv  60 rows × 3 columns");
    s.keys("&");
    s.sees("Show only rows where:");
    s.keys("id > 58\r");
    s.title("people.csv  2 rows × 3 columns");
    export(&mut s, "out/few.csv");
    s.sees("Wrote 2 rows");
    assert_eq!(
        std::fs::read_to_string(place.path("out/few.csv")).unwrap(),
        "id,price,note\n59,59.5,memo 59\n60,60.5,memo 60\n"
    );
    s.quit();
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told() {
    let place = Place::new();
    place.write("out/kept.csv", "mine");
    let mut s = place.people();
    export(&mut s, "out/kept.csv");
    s.sees("exists already.");
    s.sees("Keep it");
    s.keys(ENTER);
    s.sees_no("exists already.");
    assert_eq!(std::fs::read_to_string(place.path("out/kept.csv")).unwrap(), "mine");
    export(&mut s, "out/kept.csv");
    s.sees("exists already.");
    s.keys("j\r");
    s.sees("Wrote 60 rows");
    assert_eq!(std::fs::read_to_string(place.path("out/kept.csv")).unwrap(), people());
    s.quit();
}
