//! A/B tests over a table, in three keys.

use super::Walk;

#[test]
fn three_keys_lead_to_the_sentence() {
    let mut s = Walk::start(40, 120, &["sample:experiment"]);
    s.expect("", "sample:experiment");
    s.expect("a", "A/B test from counts");
    s.expect("1", "Compare with");
    s.expect("\r", "A/B test: converted by variant");
    s.watch("a sentence and the figure", |t| t.contains("probability") && t.contains("Each arm"));
    s.expect("d", "Fisher, exact");
    s.expect("d", "Each arm");
    s.expect("y", "opied");
    s.escape("A/B test: converted");
    s.quit();
}

#[test]
fn counts_alone_are_enough() {
    let mut s = Walk::open(40, 120);
    s.expect("", "4 rows");
    s.expect("a2", "First arm");
    s.expect("\r", "A did better than B");
    s.expect("", "P(better)");
    s.escape("P(better)");
    // What is no test at all is said to be none.
    s.expect("a2", "First arm");
    s.expect("\x15A=5/3\r", "more conversions");
    s.quit();
}
