//! The terminal is as it was before, however the program ends.

use super::Session;

#[test]
fn leaving_gives_the_terminal_back() {
    let mut s = Session::open(24, 80);
    s.expect("", "1001");
    assert!(s.screen.screen().alternate_screen());
    s.keys("Q");
    assert_eq!(s.end(), 0);
    assert!(s.is_given_back());
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        let mut s = Session::open(24, 80);
        s.expect("", "1001");
        s.signal(signal);
        assert_eq!(s.end(), 130, "signal {signal}");
        assert!(s.is_given_back(), "signal {signal}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn stopped_and_continued() {
    let mut s = Session::open(24, 80);
    s.expect("", "1001");
    s.signal(libc::SIGTSTP);
    s.wait_given_back();
    s.wait_stopped();
    // Continued, it takes the terminal and draws itself anew.
    s.signal(libc::SIGCONT);
    s.expect("G", "4 / 4");
    s.keys("Q");
    assert_eq!(s.end(), 0);
    assert!(s.is_given_back());
}

#[test]
fn a_file_that_is_not_there_is_said_and_the_session_goes_on() {
    let mut s = Session::start(24, 80, &["nothing.csv"]);
    s.expect("", "nothing.csv");
    s.expect("\x1b", "Sample data");
    s.keys("Q");
    assert_eq!(s.end(), 0);
    assert!(s.is_given_back());
}

#[test]
fn any_size_will_do() {
    let mut s = Session::open(40, 120);
    s.expect("", "1001");
    for (rows, cols) in [(24, 80), (12, 40), (5, 20), (2, 8), (1, 1), (24, 80)] {
        s.resize(rows, cols);
        s.keys("jkjk");
    }
    s.wait("the table again", |t| t.contains("1004"));
    s.keys("Q");
    assert_eq!(s.end(), 0);
}

#[test]
fn cells_do_not_drive_the_terminal() {
    let mut s = Session::open(24, 80);
    s.expect("", "1003");
    s.wait("the cell made safe", |t| t.contains("evil␛[31m"));
    s.expect("jjl\r", "evil␛[31m");
    s.escape("┌");
    s.keys("Q");
    s.end();
    let sent = String::from_utf8_lossy(&s.bytes);
    assert!(!sent.contains("\x1b]0;owned") && !sent.contains("evil\x1b"));
}
