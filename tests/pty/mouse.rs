//! The mouse, as terminals report it.

use super::*;

impl Session {
    /// A click of the left button on the first cell of a text.
    #[track_caller]
    fn click(&mut self, text: &str) {
        let (row, col) = self.find(text);
        self.keys(&format!("\x1b[<0;{col};{row}M\x1b[<0;{col};{row}m"));
    }

    /// Row and column of a text, from 1.
    #[track_caller]
    fn find(&mut self, text: &str) -> (usize, u16) {
        self.sees(text);
        let screen = self.parser.screen();
        let (rows, cols) = screen.size();
        for row in 0..rows.get() {
            for col in 0..cols.get() {
                if screen.contents_between(row, col, row, cols.get()).starts_with(text) {
                    return (usize::from(row) + 1, col + 1);
                }
            }
        }
        panic!("no {text}\n{}", self.lines().join("\n"));
    }
}

#[test]
fn the_wheel_clicks_on_cells_hints_chips_and_lists() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("\x1b[<65;10;10M");
    s.first_row("4");
    s.at("id", "4", "4 / 60");
    s.keys("\x1b[<64;10;10M");
    s.first_row("1");
    // A cell: there; once more: open.
    s.click("memo 7");
    s.at("note", "memo 7", "7 / 60");
    s.click("memo 7");
    s.sees("┌");
    s.keys(ESC);
    s.sees_no("┌");
    // A hint does what it says.
    s.click("s sort");
    s.title("people.csv  60 rows × 4 columns  [sorted by note ▲]");
    // A chip goes.
    s.click("[sorted by");
    s.title("people.csv  60 rows × 4 columns");
    s.wait("no chip", |lines| !lines[0].contains('['));
    // A heading sorts.
    s.click("price");
    s.wait("▲", |lines| lines[0].contains("[sorted by price ▲]"));
    s.keys("m");
    s.click("Look");
    s.click("Show the whole row");
    s.sees("┌─ Row 1");
    s.quit();
}

#[test]
fn a_click_chooses_a_field_of_a_form_and_once_more_turns_it() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("P");
    s.sees("A row for the others");
    s.sees("‹ yes ›");
    // The first click goes there, the second one turns.
    s.click("‹ yes ›");
    s.click("‹ yes ›");
    s.sees("‹ no ›");
    s.click("‹ no ›");
    s.sees("‹ yes ›");
    // Into a text: what is typed next stands there.
    s.click("50");
    s.keys("7");
    s.sees("750");
    s.keys(ESC);
    s.sees_no("750");
    // The form of a filter, field by field.
    s.keys("F");
    s.sees("Show only rows where");
    s.click("is  ");
    s.click("is  ");
    s.sees("is not");
    s.keys(ESC);
    s.sees_no("Show only rows where");
    s.quit();
}

#[test]
fn let_go_the_mouse_belongs_to_the_terminal() {
    let place = Place::new();
    let mut s = place.people();
    assert_ne!(s.parser.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    s.keys("M");
    let until = Instant::now() + DEADLINE;
    while s.parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None {
        assert!(s.take(until, "the mouse let go"));
    }
    s.quit();
}
