//! What the mouse does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;

impl Stage {
    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        self.app.update(Message::Terminal(Event::Mouse(event)));
        self.settle();
    }

    fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
        self.mouse(MouseEventKind::Up(MouseButton::Left), column, row);
    }

    /// Clicks on the first cell of a text.
    fn click_on(&mut self, text: &str) {
        let buffer = self.draw();
        for y in 0..buffer.area.height {
            let Some(at) = line(&buffer, y).find(text) else { continue };
            let column = crate::text::safe::width(&line(&buffer, y)[..at]) as u16;
            return self.click(column, y);
        }
        panic!("no {text:?} in\n{}", self.lines().join("\n"));
    }

    fn place(&self) -> (u64, usize, u64) {
        let tab = self.app.tab().expect("a table");
        (tab.row, tab.column, tab.top)
    }
}

fn stage() -> Stage {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.draw();
    stage
}

#[test]
fn the_wheel_scrolls_and_takes_the_cursor_along() {
    let mut s = stage();
    s.mouse(MouseEventKind::ScrollDown, 5, 5);
    assert_eq!(s.place(), (3, 0, 3));
    for _ in 0..20 {
        s.mouse(MouseEventKind::ScrollDown, 5, 5);
    }
    // The last page is full, and no further.
    assert_eq!(s.place(), (21, 0, 21));
    assert!(s.lines()[21].contains("1040"));
    for _ in 0..20 {
        s.mouse(MouseEventKind::ScrollUp, 5, 5);
    }
    assert_eq!(s.place(), (18, 0, 0));
}

#[test]
fn a_click_goes_to_the_cell_and_a_second_one_opens_it() {
    let mut s = stage();
    s.click_on("大阪");
    assert_eq!(s.place(), (3, 2, 0));
    s.click_on("大阪");
    assert!(s.lines().iter().any(|l| l.contains("┌─ 店舗 ─")), "{:?}", s.lines());
    s.keys("\x1b");
    // Below the last row there is nothing to go to.
    s.keys("&event_id < 1004\n");
    s.click(3, 15);
    assert_eq!(s.place().0, 2);
}

#[test]
fn a_click_on_a_heading_sorts() {
    let mut s = stage();
    s.click_on("amount");
    assert!(s.lines()[0].contains("[sorted by amount ▲]"), "{:?}", s.lines()[0]);
}

#[test]
fn a_click_on_a_hint_does_what_it_says() {
    let mut s = stage();
    s.click_on("search");
    assert!(s.lines()[22].starts_with("Search:"), "{:?}", s.lines());
}

#[test]
fn a_click_on_a_chip_takes_it_away() {
    let mut s = stage();
    s.keys("&event_id > 1004\n&paid = true\n");
    assert!(s.lines()[0].contains("[event_id > 1004]  [paid is true]"), "{:?}", s.lines()[0]);
    s.click_on("[event_id");
    let title = s.lines()[0].clone();
    assert!(title.contains("[paid is true]") && !title.contains("event_id"), "{title}");
}

#[test]
fn lists_and_menus_are_chosen_from_by_clicks() {
    let mut s = stage();
    s.keys("C");
    s.mouse(MouseEventKind::ScrollDown, 40, 10);
    s.keys(" ");
    assert!(s.lines().iter().any(|l| l.contains("[ ] day")), "{:?}", s.lines());
    // Where several can be ticked, a click ticks.
    s.click_on("[ ] day");
    assert!(s.lines().iter().any(|l| l.contains("[x] day")), "{:?}", s.lines());
    s.keys("\x1b");
    s.keys("m");
    s.click_on("Rows");
    s.click_on("Filter rows");
    assert!(s.lines().iter().any(|l| l.contains("Show only rows where")), "{:?}", s.lines());
    s.keys("\x1b");
    s.mouse(MouseEventKind::Down(MouseButton::Right), 10, 10);
    assert!(s.lines()[0].contains("File  Rows"), "{:?}", s.lines());
    // Beside it: it closes.
    s.click(70, 20);
    assert!(s.lines()[0].starts_with("events.csv"));
}
