//! How well a name fits what was typed of it, letter by letter. Knows no lists.

/// The distance from which on the letters of a word do not stand together.
pub const APART: usize = 1_000;

/// How far a text is from what was typed: 0 is best, none is no match. Every word typed has to be there, in any order, with
/// its letters in theirs; both are to be in lower case.
pub fn distance(typed: &str, text: &str) -> Option<usize> {
    typed.split_whitespace().map(|word| word_distance(word, text)).sum()
}

fn word_distance(word: &str, text: &str) -> Option<usize> {
    if let Some(at) = text.find(word) {
        let begins = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        return Some(usize::from(!begins) * 2 + usize::from(at + word.len() < text.len()));
    }
    // From the first letter that leads through, the shortest stretch.
    let first = word.chars().next()?;
    let stretches = text.match_indices(first).filter_map(|(at, _)| {
        let mut rest = text[at..].char_indices();
        let mut last = 0;
        for wanted in word.chars() {
            last = rest.find(|(_, c)| *c == wanted)?.0;
        }
        Some(last + 1 - word.len().min(last))
    });
    stretches.min().map(|length| APART + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_together_comes_before_what_does_not() {
        let names =
            ["mart.v_daily_users", "mart.v_dashboard_luminosity", "raw.daily", "mart.日次売上", "mart.v_udaily"];
        let found = |typed: &str| {
            let mut found: Vec<(usize, &str)> =
                names.iter().filter_map(|name| Some((distance(typed, name)?, *name))).collect();
            found.sort();
            found.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert_eq!(found("daily"), ["raw.daily", "mart.v_daily_users", "mart.v_udaily"]);
        assert_eq!(found("dus"), ["mart.v_daily_users", "mart.v_dashboard_luminosity"]);
        assert_eq!(found("users mart"), ["mart.v_daily_users"]);
        assert_eq!(found("日売"), ["mart.日次売上"]);
        assert_eq!(found("x"), [""; 0]);
        assert_eq!(found("").len(), names.len());
    }
}
