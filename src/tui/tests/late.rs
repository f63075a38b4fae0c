//! Rows that come late, or would never come.

use super::*;
use crate::engine::WindowRequest;

#[test]
fn rows_of_a_tab_left_and_come_back_to_are_asked_for_again() {
    let mut s = Stage::new(Lang::En, Theme::Auto, (80, 24));
    // The worker is held up, so that requests wait behind one another.
    let (release, held) = channel::<()>();
    let request = WindowRequest { ticket: 0, dataset: events(), places: vec![0], start: 0, len: 1 };
    s.app.engine.window(request, move |_| {
        let _ = held.recv();
    });
    s.app.add_tab("first.csv".to_owned(), events());
    s.app.fetch(true);
    s.app.add_tab("second.csv".to_owned(), events());
    s.app.fetch(true);
    s.app.current = 1;
    s.app.fetch(true);
    let _ = release.send(());
    s.settle();
    assert!(s.app.tab().is_some_and(|t| t.title == "first.csv" && t.ready(80, 19)));
    assert!(s.lines()[3].contains("1001"), "{:?}", s.lines());
}
