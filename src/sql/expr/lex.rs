//! From characters to words, each with its place.

use crate::error::{Error, Result};
use crate::text::{Msg, narrow};

/// A word of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A bare word: a name or a keyword.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A whole number.
    Int(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// Text.
    Text(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end.
    End,
}

/// A word and the character it begins at.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The word.
    pub token: Token,
    /// Number of its first character, from 0.
    pub at: usize,
}

const SYMBOLS: [&str; 19] =
    ["<>", "!=", "==", "<=", ">=", "||", "&&", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", "!"];

/// A symbol or digit as it is typed with a Japanese keyboard, or by people who write `≥`, in plain characters.
fn plain(c: char) -> char {
    match c {
        '、' => ',',
        c if c.is_alphabetic() => c,
        c => narrow(c),
    }
}

/// The error for a place in a condition: what was expected there, with the place pointed at.
pub fn error_at(text: &str, at: usize, expected: Msg) -> Error {
    const AROUND: usize = 30;
    let chars: Vec<char> = text.chars().collect();
    let at = at.min(chars.len());
    let from = at.saturating_sub(AROUND);
    let to = (at + AROUND).min(chars.len());
    let head: String = chars[from..at].iter().collect();
    let tail: String = chars[at..to].iter().collect();
    Error::usage(Msg::new("error-expression").with("place", at + 1).with("expected", expected).with(
        "text",
        format!("{}{head}▸{tail}{}", if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" }),
    ))
    .hint(Msg::new("hint-expression"))
}

/// Cuts a text into words.
pub fn lex(text: &str) -> Result<Vec<Placed>> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let at = i;
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        let token = if c == '\'' || c == '"' || c == '`' {
            let (content, next) = quoted(&chars, i)
                .ok_or_else(|| error_at(text, at, Msg::new("expected-quote").with("quote", c.to_string())))?;
            i = next;
            if c == '\'' { Token::Text(content) } else { Token::Name(content) }
        } else if is_digit(&chars, i) || (plain(c) == '.' && is_digit(&chars, i + 1)) {
            let end = number_end(&chars, i);
            let digits: String = chars[i..end].iter().filter(|c| **c != '_').map(|c| plain(*c)).collect();
            i = end;
            match digits.parse::<i128>() {
                Ok(n) => Token::Int(n),
                Err(_) => Token::Float(digits.parse().map_err(|_| error_at(text, at, Msg::new("expected-number")))?),
            }
        } else if c.is_alphabetic() || c == '_' {
            let mut end = i + 1;
            while end < chars.len() && (chars[end].is_alphanumeric() || chars[end] == '_') {
                end += 1;
            }
            let word = chars[i..end].iter().collect();
            i = end;
            Token::Word(word)
        } else {
            let (symbol, length) = symbol(&chars, i).ok_or_else(|| error_at(text, at, Msg::new("expected-word")))?;
            i += length;
            Token::Symbol(symbol)
        };
        out.push(Placed { token, at });
    }
    out.push(Placed { token: Token::End, at: chars.len() });
    Ok(out)
}

fn is_digit(chars: &[char], i: usize) -> bool {
    chars.get(i).is_some_and(|c| plain(*c).is_ascii_digit())
}

/// The operator or bracket at a place, and how many characters it has.
fn symbol(chars: &[char], from: usize) -> Option<(&'static str, usize)> {
    match chars[from] {
        '≥' | '≧' => return Some((">=", 1)),
        '≤' | '≦' => return Some(("<=", 1)),
        '≠' => return Some(("<>", 1)),
        _ => {}
    }
    let is = |s: &&&str| s.chars().enumerate().all(|(k, c)| chars.get(from + k).is_some_and(|t| plain(*t) == c));
    let found = SYMBOLS.iter().find(is)?;
    let same = match *found {
        "!=" => "<>",
        "==" => "=",
        other => other,
    };
    Some((same, found.len()))
}

/// What stands between the quote at `from` and its twin, doubled quotes counting as one; and the place after.
fn quoted(chars: &[char], from: usize) -> Option<(String, usize)> {
    let quote = chars[from];
    let mut content = String::new();
    let mut i = from + 1;
    while i < chars.len() {
        if chars[i] == quote {
            if chars.get(i + 1) == Some(&quote) {
                content.push(quote);
                i += 2;
                continue;
            }
            return Some((content, i + 1));
        }
        content.push(chars[i]);
        i += 1;
    }
    None
}

fn number_end(chars: &[char], from: usize) -> usize {
    let digits = |mut i: usize| {
        while is_digit(chars, i) || chars.get(i) == Some(&'_') {
            i += 1;
        }
        i
    };
    let at = |i: usize| chars.get(i).map(|c| plain(*c));
    let mut end = digits(from);
    if at(end) == Some('.') {
        end = digits(end + 1);
    }
    if matches!(at(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(at(end + 1), Some('+' | '-')));
        if is_digit(chars, end + 1 + sign) {
            end = digits(end + 1 + sign);
        }
    }
    end
}
