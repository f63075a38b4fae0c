//! Planning a test and choosing a method, with and without a table.

use super::{ENTER, ERASE, ESC, Walk};

#[test]
fn a_plan_from_the_table_is_kept_and_then_offered() {
    let mut s = Walk::start(40, 120, &["sample:experiment"]);
    s.expect("", "sample:experiment");
    s.expect("a", "Plan a test");
    s.expect("4", "Day (for the traffic)");
    s.expect(ENTER, "Smallest change that matters");
    s.expect(ENTER, "You need");
    s.watch("the weeks and the curve", |t| t.contains("week by week") && t.contains("How likely"));
    s.expect("s", "The plan is in");
    s.expect("e", "Write to");
    s.expect(&format!("{ERASE}curve.svg{ENTER}"), "curve.svg");
    s.escape("You need");
    s.expect("a1", "Compare with");
    s.expect("", "from 20");
    s.expect(ENTER, "This is look 1");
    s.expect("", "mSPRT");
    s.escape("This is look 1");
    s.quit();
}

#[test]
fn without_a_table_numbers_are_enough_and_nonsense_is_answered() {
    let mut s = Walk::start(24, 80, &[]);
    s.expect("", "what would you like to look at?");
    s.expect(":", "What would you like to do?");
    s.expect("plan a test", "Plan a test");
    s.expect(ENTER, "Rate now");
    s.expect(&format!("{ERASE}0{ENTER}"), "not a rate");
    s.escape("not a rate");
    s.expect(&format!("{ERASE}5%{ENTER}"), "31,234 people");
    s.escape("31,234");
    s.quit();
}

#[test]
fn the_wizard_goes_forward_and_back() {
    let mut s = Walk::start(24, 80, &["sample:experiment"]);
    s.expect("", "sample:experiment");
    s.expect("a5", "choose at random");
    s.expect("2", "threshold of a number");
    s.expect("2", "from a date on?");
    s.expect("1", "was not touched");
    s.expect("2", "Difference in differences");
    s.expect("", "does not compute this yet");
    s.expect(ESC, "was not touched");
    s.expect(ESC, "from a date on?");
    s.expect(ESC, "threshold of a number");
    s.expect(ESC, "choose at random");
    s.expect("1", "Divide by chance");
    s.expect(ENTER, "Day (for the traffic)");
    s.escape("Day (for the traffic)");
    s.escape("Divide by chance");
    s.escape("choose at random");
    s.quit();
}
