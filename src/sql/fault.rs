//! What a database's error speaks of, read from its words: a place in the statement, or a value that a statement was to
//! stop at. What cannot be told is left open.

use std::sync::LazyLock;

use regex::Regex;

/// The place an error speaks of: line and character, both from 0. None if it names none, or none that is there.
pub fn place(statement: &str, error: &str) -> Option<(usize, usize)> {
    // Postgres and Redshift: `LINE 2: …`; Presto, Athena: `line 2:8:`; BigQuery: `at [2:8]`; sqlparser: `Line: 2, Column: 8`.
    static PAIR: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(?:\bline:? |\[)(\d+)(?:, column:? |:)(\d+)").ok());
    static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bline (\d+)").ok());
    static NAMED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:near|column|relation|table|function|name:?) ["'`“]([^"'`”]+)["'`”]"#).ok());
    let lines: Vec<&str> = statement.split('\n').collect();
    let number = |found: &regex::Captures, i: usize| found.get(i)?.as_str().parse::<usize>().ok()?.checked_sub(1);
    let within = |line: usize, column: usize| {
        lines.get(line).is_some_and(|l| column <= l.chars().count()).then_some((line, column))
    };
    if let Some(found) = PAIR.as_ref()?.captures(error)
        && let (Some(line), Some(column)) = (number(&found, 1), number(&found, 2))
        && let Some(place) = within(line, column)
    {
        return Some(place);
    }
    let line = LINE.as_ref()?.captures(error).and_then(|found| number(&found, 1)).filter(|l| *l < lines.len());
    let name = NAMED.as_ref()?.captures(error).and_then(|found| Some(found.get(1)?.as_str().to_owned()));
    let find = |line: usize, name: &str| {
        let low = lines[line].to_lowercase();
        // Lower case may be longer than what it is made of; then the beginning of the line has to do.
        let at = low.find(&name.to_lowercase())?;
        Some((line, low[..at].chars().count().min(lines[line].chars().count())))
    };
    match (line, name) {
        (Some(line), Some(name)) => find(line, &name).or(Some((line, 0))),
        (Some(line), None) => Some((line, 0)),
        (None, Some(name)) => (0..lines.len()).find_map(|line| find(line, &name)),
        (None, None) => None,
    }
}

/// What the words begin with in which a statement fails at a value that has no place here.
const MISFIT: &str = "mekiki-misfit:";

/// The words in which a statement fails at such a value of a column; the value comes after them.
pub(super) fn misfit(column: &str) -> String {
    format!("{MISFIT}{}:{column}:", column.chars().count())
}

/// The column whose value made a statement fail, by the database's words. None where it failed for another reason.
pub fn misfit_column(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once(MISFIT)?;
    let (length, rest) = rest.split_once(':')?;
    let end = rest.char_indices().map(|(i, _)| i).chain([rest.len()]).nth(length.parse().ok()?)?;
    rest[end..].starts_with(':').then_some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_misfit_lead_to_its_column() {
        for column in ["day", "a:b", "売上 \"円\"", "3:x", ""] {
            let said = format!("invalid input syntax for type boolean: \"{}infinity\"", misfit(column));
            assert_eq!(misfit_column(&said), Some(column));
        }
        for said in ["division by zero", "mekiki-misfit:", "mekiki-misfit:9:day:1", "mekiki-misfit:x:day:1"] {
            assert_eq!(misfit_column(said), None, "{said}");
        }
    }

    #[test]
    fn the_words_of_databases_lead_to_the_place() {
        let statement = "select a,\n  nope\nfrom 表 frm x";
        for (error, want) in [
            ("syntax error at or near \"frm\" LINE 3: from 表 frm x", Some((2, 7))),
            ("column \"nope\" does not exist LINE 2: nope", Some((1, 2))),
            ("relation \"x\" does not exist", Some((2, 11))),
            ("line 2:3: Column 'nope' cannot be resolved", Some((1, 2))),
            ("Unrecognized name: nope at [2:3]", Some((1, 2))),
            ("Expected: end, found: x at Line: 3, Column: 12", Some((2, 11))),
            ("LINE 9: nothing", None),
            ("no such column", None),
            ("line 99:99 near \"frm\"", Some((2, 7))),
        ] {
            assert_eq!(place(statement, error), want, "{error}");
        }
        assert_eq!(place("", "LINE 1: near \"x\""), Some((0, 0)));
    }
}
