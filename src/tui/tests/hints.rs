//! What the bottom line and the title promise.

use super::*;
use crate::text::Msg;

#[test]
fn letters_are_text_while_a_list_is_narrowed() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.keys("C");
    let before = "Enter accept  Space tick  a all  / find  Esc back";
    assert_eq!(stage.lines()[23].trim_end(), before);
    stage.keys("/da");
    assert_eq!(stage.lines()[23].trim_end(), "Enter accept  Space tick  ↑↓ entries  Esc back");
    // What is found can be ticked, and the cursor stays with it.
    stage.keys(" \x1b");
    assert_eq!(stage.lines()[23].trim_end(), before);
    assert!(stage.lines().iter().any(|l| l.contains("[ ] day")), "{:?}", stage.lines());
    stage.keys(" ");
    assert!(stage.lines().iter().any(|l| l.contains("[x] day")), "{:?}", stage.lines());
    stage.keys("\x1b?/");
    assert_eq!(stage.lines()[23].trim_end(), "↑↓ scroll  Esc back");
}

#[test]
fn help_begins_with_the_screen_it_was_asked_for_on() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.keys("C?");
    let lines = stage.lines();
    assert!(lines[1].contains("This screen"), "{lines:?}");
    assert!(lines[3].contains("Space") && lines[3].contains("tick"), "{lines:?}");
    stage.keys("\x1b\x1b?");
    assert!(!stage.lines().iter().any(|l| l.contains("This screen")));
}

#[test]
fn what_there_is_to_know_and_what_was_done_last_stay_in_the_title() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (60, 24));
    stage.keys("=ll=s");
    stage.app.tabs[0].notices = vec![Msg::new("files-reachable"), Msg::new("files-reachable")];
    let title = stage.lines()[0].clone();
    assert!(title.contains("  …  [sorted ") && title.trim_end().ends_with("2 notices (W)"), "{title}");
    stage.resize((160, 24));
    let title = stage.lines()[0].clone();
    assert!(!title.contains('…') && title.matches('[').count() == 3, "{title}");
}

#[test]
fn an_ended_task_cannot_be_stopped() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.keys("sJ");
    let lines = stage.lines();
    assert!(lines.iter().any(|l| l.contains("sorted by") && l.contains("done")), "{lines:?}");
    assert_eq!(lines[23].trim_end(), "/ find  Esc back");
}

#[test]
fn tasks_are_narrowed_while_their_list_follows_them() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.keys("sJ/sorted");
    assert!(stage.lines()[2..].iter().any(|l| l.contains("done")), "{:?}", stage.lines());
    stage.keys("zz");
    assert!(!stage.lines()[2..23].iter().any(|l| l.contains("done")), "{:?}", stage.lines());
}

#[test]
fn forms_tell_what_the_arrows_do_in_the_field_in_front() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
    stage.keys("F");
    assert_eq!(stage.lines()[23].trim_end(), "Enter accept  Tab fields  ↓ one more  Esc cancel");
    stage.keys("\t");
    assert_eq!(stage.lines()[23].trim_end(), "Enter accept  Tab fields  ←→ change  ↓ one more  Esc cancel");
    stage.keys("\x1be");
    assert_eq!(stage.lines()[23].trim_end(), "Enter accept  ↑↓ fields  Ctrl-O your editor  Esc cancel");
    stage.keys("\t");
    assert_eq!(stage.lines()[23].trim_end(), "Enter accept  ↑↓ fields  ←→ change  Esc cancel");
}
