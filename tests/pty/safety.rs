//! What data may not do to the terminal, and screens of any size.

use super::*;

const HOSTILE: &str = "\x1b]0;TAKEN\x07\x1b[31mred\x1b[2J\u{9b}5mfive\u{202e}";

#[test]
fn nothing_in_data_reaches_the_terminal_raw() {
    let place = Place::new();
    let name = "bad\x1b[35mname.csv";
    place.write(name, &format!("k,he\x1b[36mad\n1,{HOSTILE}\n2,plain\n"));
    let mut s = place.start(&[name], (80, 24));
    s.sees("2 rows × 2 columns");
    s.keys("l");
    s.wait("the cell", |lines| lines[22].contains("TAKEN") && lines[22].contains("␛[31mred"));
    for (open, seen) in [("\r", "TAKEN"), ("R", "Row 1"), ("i", "Most common"), ("C", "[x] k"), ("t", "Open tables")] {
        s.keys(open);
        s.wait(seen, |lines| lines.iter().any(|l| l.contains('┌')) && lines.iter().any(|l| l.contains(seen)));
        s.keys(ESC);
        s.sees_no("┌");
    }
    s.keys("=");
    s.sees("1 row × 2 columns");
    s.keys("p");
    s.title("Profile of");
    s.quit();
    let text = String::from_utf8_lossy(&s.bytes);
    for raw in ["\x1b]0;", "\x1b[31mred", "\x1b[35mname", "\x1b[36mad", "\u{9b}", "\u{202e}"] {
        assert!(!text.contains(raw), "{raw:?} reached the terminal");
    }
    // The bell ends titles and is not sent otherwise.
    for (before, _) in text.match_indices('\x07').map(|(i, _)| text.split_at(i)) {
        let title = before.rsplit('\x1b').next().unwrap_or_default();
        assert!(title.starts_with("]2;"), "a bell after {title:?}");
    }
}

#[test]
fn everything_is_drawn_at_every_size() {
    let place = Place::new();
    let mut s = place.people();
    for (open, seen) in [
        ("", "memo 1"),
        ("?", "Help: keys"),
        ("m", "Open a table"),
        (":", "What would you like to do?"),
        ("F", "Show only rows where"),
        ("C", "[x] id"),
        ("i", "Quartiles"),
        ("R", "Row 1"),
        ("e", "Export what is shown"),
        ("&", "Show only rows where:"),
        ("/", "Search:"),
        ("t", "Open tables"),
    ] {
        s.keys(open);
        s.sees(seen);
        for size in [(120, 40), (40, 12), (20, 5), (12, 4), (5, 3), (3, 2), (2, 1), (1, 1), (1, 30), (200, 2)] {
            let before = s.bytes.len();
            s.resize(size);
            s.wait_for_output(before);
        }
        s.resize((80, 24));
        // The last line tells that this size was drawn: a key sent together with a change of size may be held back.
        s.wait(seen, |lines| !lines[23].is_empty() && lines.iter().any(|l| l.contains(seen)));
        if !open.is_empty() {
            s.keys(ESC);
            s.wait("the table", |lines| {
                lines[0].starts_with("people.csv")
                    && lines[22].starts_with("id")
                    && !lines.iter().any(|l| l.contains('┌'))
            });
        }
    }
    s.quit();
}

#[test]
fn the_place_is_told_on_narrow_screens() {
    let place = Place::new();
    let mut s = place.people();
    for (n, size) in [(2, (120, 40)), (3, (80, 24)), (4, (40, 12)), (5, (20, 5))] {
        let before = s.bytes.len();
        s.resize(size);
        // A key sent together with a change of size may be held back by the terminal library.
        s.wait_for_output(before);
        s.keys("j");
        s.at("id", &n.to_string(), &format!("{n} / 60"));
    }
    s.quit();
}

#[test]
fn frames_are_of_ascii_where_the_locale_promises_no_more() {
    let place = Place::new();
    let mut s = place.start_in("C", &["people.csv"], (80, 24));
    s.at("id", "1", "1 / 60");
    s.keys("m");
    s.sees("| Open a table");
    s.sees("+------");
    let signs = |c: char| ('\u{2190}'..='\u{25ff}').contains(&c);
    assert!(!s.lines().iter().any(|l| l.contains(signs)), "{}", s.lines().join("\n"));
    s.keys(ESC);
    s.quit();
}
