//! Every layer on every screen from one cell to a usual size.

use super::*;

/// What opens each layer, and what of it is seen on a screen of four lines.
const LAYERS: [(&str, &str); 14] = [
    ("", "1001"),
    ("?", "File"),
    ("m", "File"),
    (":", ":"),
    ("F", " is "),
    ("C", "[x] ev"),
    ("i", "Kind"),
    ("R", "1001"),
    ("\n", "1001"),
    ("e", "File"),
    ("&", "Show only"),
    ("/", "Search"),
    ("t", "events"),
    ("J", ""),
];

#[test]
fn something_sensible_is_drawn_at_every_size() {
    for (keys, seen) in LAYERS {
        let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 24));
        stage.keys(keys);
        for height in (1..=8).chain([12, 24]) {
            for width in (1..=20).chain([40, 80, 300]) {
                stage.resize((width, height));
                let lines = stage.lines();
                assert!(
                    width < 4 || lines.iter().any(|l| !l.trim().is_empty()),
                    "{keys:?} at {width}×{height} is blank"
                );
                if width >= 20 && height >= 4 {
                    let found = lines.iter().any(|l| l.contains(seen));
                    assert!(found, "{keys:?} at {width}×{height}: no {seen:?} in\n{}", lines.join("\n"));
                }
            }
        }
    }
}

#[test]
fn a_row_is_seen_on_the_lowest_screen_and_the_cursor_stays_on_it() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (40, 24));
    for height in 1..=8 {
        stage.resize((40, height));
        stage.keys("gjj");
        let lines = stage.lines();
        assert!(lines.iter().any(|l| l.contains("1003")), "height {height}: {lines:?}");
        stage.keys("G");
        let lines = stage.lines();
        assert!(lines.iter().any(|l| l.contains("1040")), "height {height}: {lines:?}");
    }
}

#[test]
fn lines_add_up() {
    use crate::tui::grid::{Lines, rows_in};
    for height in 1..60u16 {
        let lines = Lines::of(height);
        assert_eq!(rows_in(height) + usize::from(lines.above() + lines.below()), usize::from(height));
    }
    assert_eq!((rows_in(24), rows_in(5), rows_in(1)), (19, 1, 1));
}

#[test]
fn no_lines_are_left_empty_when_rows_are_fewer() {
    let mut stage = Stage::new(Lang::En, Theme::Auto, (80, 12));
    stage.keys("G=");
    stage.keys("u");
    let lines = stage.lines();
    assert!(lines[9].contains("1040"), "{lines:?}");
    // Six rows or fewer are all seen, wherever the cursor is.
    stage.keys("gjjjl&event_id < 1006\nG");
    let lines = stage.lines();
    assert!(lines[3].contains("1001") && lines[7].contains("1005"), "{lines:?}");
}
