//! Leaving: on purpose, by signals, and not by accident.

use super::*;

#[test]
fn quitting_gives_the_terminal_back() {
    let place = Place::new();
    let mut s = place.people();
    assert!(s.parser.screen().alternate_screen());
    assert_ne!(line_discipline(&*s.master), s.before, "raw mode is not on");
    s.quit();
    let text = String::from_utf8_lossy(&s.bytes).into_owned();
    let (on, off) = (text.rfind("\x1b[?1049h"), text.rfind("\x1b[?1049l"));
    assert!(on.is_some() && off > on, "the alternate screen is not left last");
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        let place = Place::new();
        let mut s = place.people();
        s.signal(signal);
        assert_eq!(s.end(), 130, "signal {signal}");
        s.given_back();
    }
}

/// The program of the next test.
#[test]
#[ignore = "is run by another test, in a terminal of its own"]
fn taken_and_panicked() {
    mekiki::tui::terminal::guard_panics();
    mekiki::tui::terminal::take(true).unwrap();
    panic!("on purpose");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let place = Place::new();
    let this = std::env::current_exe().unwrap();
    let words = ["--exact", "pty::leaving::taken_and_panicked", "--ignored", "--nocapture"];
    let mut s = place.run_in(&this, "en_US.UTF-8", &words, (80, 24));
    assert_eq!(s.end(), 101);
    s.given_back();
    let text = String::from_utf8_lossy(&s.bytes).into_owned();
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text:?}"));
    assert!(at("\x1b[?1049h") < at("\x1b[?1049l") && at("\x1b[?1049l") < at("on purpose"), "{text:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn stopped_and_continued_it_draws_itself_anew() {
    let place = Place::new();
    let mut s = place.people();
    s.signal(libc::SIGTSTP);
    s.wait_given_back();
    s.wait_stopped();
    s.signal(libc::SIGCONT);
    s.title("people.csv");
    s.keys("G");
    s.at("id", "60", "60 / 60");
    s.quit();
}

#[test]
fn a_file_that_is_not_there_is_said_and_the_session_goes_on() {
    let place = Place::new();
    let mut s = place.start(&["nothing.csv"], (80, 24));
    s.sees("nothing.csv");
    s.keys(ESC);
    s.sees("Sample data");
    s.quit();
}

#[test]
fn ctrl_c_with_nothing_running_asks() {
    let place = Place::new();
    let mut s = place.people();
    s.keys("\x03");
    s.sees("Leave mekiki?");
    s.keys(ENTER);
    s.sees_no("Leave mekiki?");
    s.keys("j");
    s.at("id", "2", "2 / 60");
    s.keys("\x03");
    s.sees("Leave mekiki?");
    s.keys("j\r");
    assert_eq!(s.end(), 0);
    s.given_back();
}

#[test]
fn escape_never_quits() {
    let place = Place::new();
    let mut s = place.people();
    for (key, row) in [("j", "2"), ("k", "1"), ("j", "2")] {
        s.keys(ESC);
        s.sees("There is nothing to go back to.");
        s.keys(key);
        s.at("id", row, &format!("{row} / 60"));
        s.sees_no("There is nothing to go back to.");
    }
    s.keys("q");
    s.sees("There is nothing to go back to.");
    s.quit();
}

#[test]
fn escape_never_quits_the_start_screen() {
    let place = Place::new();
    let mut s = place.start(&[], (80, 24));
    s.sees("people.csv");
    for _ in 0..2 {
        s.keys("q");
        s.keys("?");
        s.sees("Help: keys and what they do");
        s.keys(ESC);
        s.sees_no("Help: keys and what they do");
        s.sees("people.csv");
    }
    s.keys("Q");
    assert_eq!(s.end(), 0);
    s.given_back();
}
