//! Values, and what is asked about them, as terms that any engine computes. Has no rows and asks nothing.

use crate::op::clean::change::Change;
use crate::op::clean::offers::{SENTINELS, Target};
use crate::op::push::reading::{DAY, SMALL_NUMBER};
use crate::sql::{Aggregate, Call, Comparison, Constant, Nature, Term, Type};
use crate::value::{Column, Kind};

/// Numbers in digits that do not begin as codes do.
const NUMBER: &str = "^-?(0|(0[.][0-9]*|[1-9][0-9]*([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?)$";
/// Whole numbers that certainly have 64 bits.
const WHOLE: &str = "^-?(0|[1-9][0-9]{0,17})$";

/// What stands for unreadable values, or for the rest of them.
const HIDDEN: &str = "***";

fn text(text: impl Into<String>) -> Term {
    Term::Constant(Constant::Text(text.into()))
}

fn unless(condition: Term, term: Term) -> Term {
    Term::If(Box::new(condition), Box::new(Term::Null), Box::new(term))
}

/// How many rows meet a condition.
pub fn count_if(condition: Term) -> Aggregate {
    let one = Term::Constant(Constant::Int(1));
    Aggregate::Present(Term::If(Box::new(condition), Box::new(one), Box::new(Term::Null)))
}

/// Whether the values are text.
pub fn is_text(kind: &Kind) -> bool {
    *kind == Kind::Text
}

/// Whether values of this kind can be compared over there as they are here.
pub fn is_comparable(kind: &Kind) -> bool {
    !matches!(kind, Kind::Category | Kind::Duration | Kind::List(_) | Kind::Struct(_) | Kind::Empty)
}

/// A column's value, in a form in which equal values are equal to every engine, and NaN is missing.
pub fn exact(column: &Column) -> Term {
    let value = Term::column(&column.name);
    match column.kind {
        Kind::Float => value.without_nan(),
        Kind::Binary => Term::Hex(Box::new(value)),
        _ => value,
    }
}

/// As [`exact`], in a form that has an order everywhere.
pub fn ordered(column: &Column) -> Term {
    match column.kind {
        Kind::Boolean => Term::column(&column.name).as_number(),
        _ => exact(column),
    }
}

/// A text that is the same for values that are; `alike` makes whole numbers the same as floating-point ones.
pub fn spelt(column: &Column, alike: bool) -> Term {
    let exact = exact(column);
    let term = match column.kind {
        Kind::Text | Kind::Binary => return exact,
        Kind::Integer if alike => Term::Real(Box::new(exact)),
        Kind::Float => {
            let zero = Term::Constant(Constant::Float(0.0));
            let real = Term::Real(Box::new(exact));
            // Zero is spelt with its sign.
            let is_zero = Term::Compare(Comparison::Eq, Box::new(real.clone()), Box::new(zero.clone()));
            Term::If(Box::new(is_zero), Box::new(zero), Box::new(real))
        }
        Kind::Decimal(scale) => Term::Rounded(Box::new(exact), scale),
        _ => exact,
    };
    Term::Text(Box::new(term))
}

/// How values of a column are compared.
pub fn nature(kind: &Kind) -> Nature {
    if is_text(kind) { Nature::Text } else { Nature::Plain }
}

/// Whether a text has no character.
pub fn is_empty(column: &Column) -> Term {
    Term::CompareText(Comparison::Eq, Box::new(exact(column)), Box::new(text("")))
}

/// Whether a text has blanks at an end.
pub fn is_padded(value: &Term) -> Term {
    Term::CompareText(Comparison::Ne, Box::new(Term::call(Call::Trim, [value.clone()])), Box::new(value.clone()))
}

/// Whether a text, without blanks at its ends, says "missing".
pub fn is_sentinel(trimmed: &Term) -> Term {
    let words = SENTINELS.iter().map(|w| Constant::Text((*w).to_owned())).collect();
    Term::Within(Box::new(Term::LowerAscii(Box::new(trimmed.clone()))), words)
}

/// Whether a text, without blanks at its ends, is one that [`Target::reads`] can be asked about, and what it would say.
pub fn is_read(trimmed: &Term, target: Target) -> (Term, Term) {
    let nothing = Term::CompareText(Comparison::Eq, Box::new(trimmed.clone()), Box::new(text("")));
    let asked = Term::Not(Box::new(Term::Any(vec![nothing, is_sentinel(trimmed)])));
    (asked, reads(trimmed, target))
}

fn matches(term: &Term, pattern: &str) -> Term {
    Term::Matches(Box::new(term.clone()), pattern.to_owned())
}

fn says(trimmed: &Term, words: [&str; 3]) -> Term {
    let words = words.map(|w| Constant::Text(w.to_owned())).to_vec();
    Term::Within(Box::new(Term::LowerAscii(Box::new(trimmed.clone()))), words)
}

fn is_true(trimmed: &Term) -> Term {
    says(trimmed, ["true", "yes", "はい"])
}

fn is_false(trimmed: &Term) -> Term {
    says(trimmed, ["false", "no", "いいえ"])
}

fn reads(trimmed: &Term, target: Target) -> Term {
    let up_to = |sign: &str, most: &str| {
        let digits = matches(trimmed, &format!("^{sign}[1-9][0-9]{{18}}$"));
        let small = Term::CompareText(Comparison::Le, Box::new(trimmed.clone()), Box::new(text(most)));
        Term::All(vec![digits, small])
    };
    match target {
        Target::Integer => Term::Any(vec![
            matches(trimmed, WHOLE),
            up_to("", &i64::MAX.to_string()),
            up_to("-", &i64::MIN.to_string()),
        ]),
        Target::Float => matches(trimmed, NUMBER),
        Target::Date => matches(trimmed, DAY),
        Target::Boolean => Term::Any(vec![is_true(trimmed), is_false(trimmed)]),
    }
}

/// A text, without blanks at its ends, read as something else; missing where it cannot be.
fn read(trimmed: Term, target: Target) -> Term {
    let when = |condition, term| Term::If(Box::new(condition), Box::new(term), Box::new(Term::Null));
    match target {
        Target::Integer => when(reads(&trimmed, target), Term::Cast(Box::new(trimmed), Type::Whole)),
        Target::Float => when(matches(&trimmed, SMALL_NUMBER), Term::Real(Box::new(trimmed))),
        Target::Date => {
            // No engine has a year 0.
            let year = Term::Not(Box::new(Term::Starts(Box::new(trimmed.clone()), "0000".to_owned())));
            when(Term::All(vec![reads(&trimmed, target), year]), Term::Cast(Box::new(trimmed), Type::Date))
        }
        Target::Boolean => {
            let constant = |b| Box::new(Term::Constant(Constant::Bool(b)));
            let no = when(is_false(&trimmed), *constant(false));
            Term::If(Box::new(is_true(&trimmed)), constant(true), Box::new(no))
        }
    }
}

/// A column's value after its changes.
pub fn changed(column: &Column, changes: &[Change]) -> Term {
    let value = Term::column(&column.name);
    let has = |change| changes.contains(&change);
    if !is_text(&column.kind) {
        return match has(Change::Mask) {
            true => unless(Term::Missing(Box::new(value)), text(HIDDEN)),
            false => value,
        };
    }
    let trimmed = Term::call(Call::Trim, [value.clone()]);
    let cast = changes.iter().find_map(|c| match c {
        Change::Cast(target) => Some(*target),
        _ => None,
    });
    if let (Some(target), false) = (cast, has(Change::Mask)) {
        return read(trimmed, target);
    }
    let shown = if has(Change::Trim) || has(Change::Fold) { trimmed.clone() } else { value };
    let term = match (has(Change::Mask), has(Change::Fold)) {
        (true, _) => {
            let initial = Term::call(Call::Substring, [shown, Term::int(1), Term::int(1)]);
            Term::call(Call::Join, [initial, text(HIDDEN)])
        }
        (false, true) => Term::Lower(Box::new(shown)),
        (false, false) => shown,
    };
    if has(Change::Sentinels) { unless(is_sentinel(&trimmed), term) } else { term }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn patterns_describe_what_is_read_here() {
        let texts = [
            "0",
            "-0",
            "7",
            "-7",
            "007",
            "00",
            "+1",
            "--1",
            "-+1",
            "1.",
            ".5",
            "-.5",
            "0.",
            "0.5",
            "00.5",
            "0e5",
            "0.e5",
            "1e5",
            "1E-5",
            "1e+5",
            "1e",
            "e5",
            "1e999",
            ".",
            "-",
            "",
            "1 2",
            "1,5",
            "inf",
            "nan",
            "1_000",
            "999999999999999999",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "12345678901234567890",
            "2024-02-29",
            "2023-02-29",
            "2000-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-12-31",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "2026-11-20 ",
            "20261120",
            "0000-01-01",
            "0004-02-29",
            "2026-11-00",
            "2026-11-31",
            "2026-01-32",
            "１",
            "二",
        ];
        let found = |pattern: &str, text: &str| Regex::new(pattern).unwrap().is_match(text);
        for text in texts {
            assert_eq!(found(NUMBER, text), Target::Float.reads(text), "{text}");
            assert_eq!(found(DAY, text), Target::Date.reads(text), "{text}");
            // The longest are told by comparing them.
            let long = text.trim_start_matches('-').len() > 18;
            assert_eq!(found(WHOLE, text), Target::Integer.reads(text) && !long, "{text}");
            assert!(!found(SMALL_NUMBER, text) || text.parse::<f64>().is_ok_and(f64::is_finite), "{text}");
        }
    }
}
