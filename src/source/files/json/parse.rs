//! A reader of JSON values (RFC 8259) that keeps what other readers drop: every digit of a number, the order of keys, and
//! that a key was there twice. Also takes `NaN` and `Infinity`, which Python writes. Knows neither files nor tables.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::text::Msg;

/// Values inside one another that are followed; deeper ones would end the stack.
const DEPTH: usize = 200;

/// A value, borrowed from its text where that is possible.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// Text.
    Text(Cow<'a, str>),
    /// `[…]`
    List(Vec<Node<'a>>),
    /// `{…}`, keys in the order they were first seen, each once.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Something follows the value.
    Tail,
    /// Too many values inside one another.
    Deep,
    /// The text ends, or a comma stands, where a value must be.
    Missing,
    /// Something stands where a value must be.
    Value,
    /// No key in quotes.
    Key,
    /// No colon after a key.
    Colon,
    /// Neither comma nor closing brace.
    Brace,
    /// Neither comma nor closing bracket.
    Bracket,
    /// A number without a digit.
    Digit,
    /// A number with a leading zero.
    Zero,
    /// Quotes that are not closed.
    Quote,
    /// A backslash with nothing known after it.
    Escape,
    /// An array that is not closed.
    Open,
}

impl Why {
    /// In words.
    pub fn msg(self) -> Msg {
        Msg::new(match self {
            Self::Tail => "json-why-tail",
            Self::Deep => "json-why-deep",
            Self::Missing => "json-why-missing",
            Self::Value => "json-why-value",
            Self::Key => "json-why-key",
            Self::Colon => "json-why-colon",
            Self::Brace => "json-why-brace",
            Self::Bracket => "json-why-bracket",
            Self::Digit => "json-why-digit",
            Self::Zero => "json-why-zero",
            Self::Quote => "json-why-quote",
            Self::Escape => "json-why-escape",
            Self::Open => "json-why-open",
        })
    }
}

/// Where and why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Place of the byte that is wrong.
    pub at: usize,
    /// What is wrong.
    pub why: Why,
}

/// What was odd in a text that is JSON all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// A key that was there twice.
    pub duplicate: Option<String>,
    /// Texts with bytes that are not UTF-8.
    pub undecodable: u64,
}

/// Reads one value that fills the whole text.
pub fn parse<'a>(text: &'a [u8], odd: &mut Oddities) -> Result<Node<'a>, Broken> {
    let mut reader = Reader { text, at: 0, odd };
    reader.space();
    let node = reader.value(0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.broken(Why::Tail)) } else { Ok(node) }
}

/// Whether a text is one whole value.
pub fn is_value(text: &[u8]) -> bool {
    parse(text, &mut Oddities::default()).is_ok()
}

struct Reader<'a, 'o> {
    text: &'a [u8],
    at: usize,
    odd: &'o mut Oddities,
}

impl<'a> Reader<'a, '_> {
    fn broken(&self, why: Why) -> Broken {
        Broken { at: self.at.min(self.text.len()), why }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &'static str) -> bool {
        let found = self.text[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, Broken> {
        if depth > DEPTH {
            return Err(self.broken(Why::Deep));
        }
        match self.peek() {
            None => Err(self.broken(Why::Missing)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Node::Text(self.text()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) if self.word("null") => Ok(Node::Null),
            Some(_) if self.word("true") => Ok(Node::Bool(true)),
            Some(_) if self.word("false") => Ok(Node::Bool(false)),
            Some(_) if self.word("NaN") => Ok(Node::Number("NaN")),
            Some(_) if self.word("Infinity") => Ok(Node::Number("inf")),
            Some(_) => Err(self.broken(Why::Value)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, Broken> {
        let mut fields: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Node::Object(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.broken(Why::Key));
            }
            let key = self.text()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.broken(Why::Colon));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            fields.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                _ => return Err(self.broken(Why::Brace)),
            }
        }
        self.once(&mut fields);
        Ok(Node::Object(fields))
    }

    /// Keeps the last value of each key at the place of the first.
    fn once(&mut self, fields: &mut Vec<(Cow<'a, str>, Node<'a>)>) {
        /// Fields that are quicker compared with one another than put into a table.
        const FEW: usize = 24;
        let twice = if fields.len() <= FEW {
            (1..fields.len()).any(|i| fields[..i].iter().any(|(k, _)| *k == fields[i].0))
        } else {
            let mut seen = std::collections::HashSet::with_capacity(fields.len());
            !fields.iter().all(|(k, _)| seen.insert(k.as_ref()))
        };
        if !twice {
            return;
        }
        let mut places: HashMap<Cow<'a, str>, usize> = HashMap::with_capacity(fields.len());
        let mut kept: Vec<(Cow<'a, str>, Node<'a>)> = Vec::with_capacity(fields.len());
        for (key, value) in fields.drain(..) {
            match places.get(&key) {
                Some(place) => {
                    self.odd.duplicate.get_or_insert_with(|| key.clone().into_owned());
                    kept[*place].1 = value;
                }
                None => {
                    places.insert(key.clone(), kept.len());
                    kept.push((key, value));
                }
            }
        }
        *fields = kept;
    }

    fn list(&mut self, depth: usize) -> Result<Node<'a>, Broken> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Node::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Node::List(items));
                }
                _ => return Err(self.broken(Why::Bracket)),
            }
        }
    }

    fn number(&mut self) -> Result<Node<'a>, Broken> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.word("Infinity") {
                return Ok(Node::Number("-inf"));
            }
        }
        let digits = |r: &mut Self| {
            let from = r.at;
            while matches!(r.peek(), Some(b'0'..=b'9')) {
                r.at += 1;
            }
            r.at - from
        };
        let leading = self.at;
        match digits(self) {
            0 => return Err(self.broken(Why::Digit)),
            n if n > 1 && self.text[leading] == b'0' => {
                self.at = leading;
                return Err(self.broken(Why::Zero));
            }
            _ => {}
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if digits(self) == 0 {
                return Err(self.broken(Why::Digit));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if digits(self) == 0 {
                return Err(self.broken(Why::Digit));
            }
        }
        // Only ASCII was taken.
        Ok(Node::Number(std::str::from_utf8(&self.text[start..self.at]).unwrap_or("0")))
    }

    fn text(&mut self) -> Result<Cow<'a, str>, Broken> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.broken(Why::Quote)),
                Some(b'"') => {
                    let raw = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(self.decoded(raw));
                }
                Some(b'\\') => break,
                // Control characters should be escaped; they are taken as they are.
                Some(b'\n') => return Err(self.broken(Why::Quote)),
                Some(_) => self.at += 1,
            }
        }
        let mut out = self.text[start..self.at].to_vec();
        loop {
            match self.peek() {
                None | Some(b'\n') => return Err(self.broken(Why::Quote)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(match String::from_utf8(out) {
                        Ok(text) => Cow::Owned(text),
                        Err(e) => {
                            self.odd.undecodable += 1;
                            Cow::Owned(String::from_utf8_lossy(e.as_bytes()).into_owned())
                        }
                    });
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escaped()?;
                    out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(b) => {
                    out.push(b);
                    self.at += 1;
                }
            }
        }
    }

    fn decoded(&mut self, raw: &'a [u8]) -> Cow<'a, str> {
        match std::str::from_utf8(raw) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                self.odd.undecodable += 1;
                String::from_utf8_lossy(raw)
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Broken> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.broken(Why::Escape)),
        };
        self.at += 1;
        Ok(c)
    }

    /// `\uXXXX`, or a pair of them; half a pair becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, Broken> {
        let high = self.hex()?;
        if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 1;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The four digits after `u`, on which the reader stands.
    fn hex(&mut self) -> Result<u32, Broken> {
        let digits = self.text.get(self.at + 1..self.at + 5).ok_or_else(|| self.broken(Why::Escape))?;
        let mut code = 0;
        for d in digits {
            code = code * 16 + char::from(*d).to_digit(16).ok_or_else(|| self.broken(Why::Escape))?;
        }
        self.at += 5;
        Ok(code)
    }
}

impl Node<'_> {
    /// The value as text: text as it is, everything else as JSON.
    pub fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Text(s) => Cow::Borrowed(s),
            Self::Number(n) => Cow::Borrowed(n),
            other => {
                let mut out = String::new();
                other.write(&mut out);
                Cow::Owned(out)
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(v) => {
                let _ = write!(out, "{v}");
            }
            Self::Number(n) => out.push_str(n),
            Self::Text(s) => quoted(s, out),
            Self::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (i, (key, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quoted(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse(text.as_bytes(), &mut Oddities::default()).ok().map(|n| {
            let mut out = String::new();
            n.write(&mut out);
            out
        })
    }

    #[test]
    fn agrees_with_another_reader() {
        for text in [
            "null",
            " true ",
            "-0",
            "0",
            "1e5",
            "1E+05",
            "-1.25e-3",
            "123456789012345678901234567890",
            "[]",
            "[ 1 , [ ] ]",
            r#"{"a":{"b":[1,2,{"c":null}]},"d":"x\ny\u0041\ud83d\ude00\/"}"#,
            "\"日本\"",
            "\"\"",
            "{}",
            "",
            "tru",
            "01",
            "1.",
            ".5",
            "-",
            "1e",
            "[1,]",
            "[1 2]",
            "{a:1}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#""\x""#,
            "\"open",
            "1 2",
            "[",
            "{",
            r#"{"a":1"#,
            "nul",
            "\u{feff}1",
            r#"{"a":1,}"#,
            "--1",
            "1e5.5",
            r#""\u12"#,
        ] {
            let other: Option<serde_json::Value> = serde_json::from_str(text).ok();
            let ours = read(text).map(|t| serde_json::from_str::<serde_json::Value>(&t).unwrap_or_default());
            assert_eq!(ours, other, "{text}");
        }
    }

    #[test]
    fn nothing_is_dropped() {
        assert_eq!(read("1234567890123456789012.10").as_deref(), Some("1234567890123456789012.10"));
        let mut odd = Oddities::default();
        let node = parse(br#"{"a":1,"b":2,"a":3}"#, &mut odd);
        assert_eq!(node.map(|n| n.plain().into_owned()), Ok(r#"{"a":3,"b":2}"#.into()));
        assert_eq!(odd.duplicate.as_deref(), Some("a"));
        assert_eq!(parse(b"NaN", &mut odd), Ok(Node::Number("NaN")));
        assert_eq!(parse(b"-Infinity", &mut odd), Ok(Node::Number("-inf")));
        assert_eq!(parse(b"\"\xff\"", &mut odd), Ok(Node::Text("\u{fffd}".into())));
        assert_eq!(odd.undecodable, 1);
        assert_eq!(parse(br#""\ud800x""#, &mut odd), Ok(Node::Text("\u{fffd}x".into())));
    }

    #[test]
    fn depth_is_limited() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(deep.as_bytes(), &mut Oddities::default()).map_err(|b| b.why), Err(Why::Deep));
    }

    #[test]
    fn says_where_it_broke() {
        let at = |t: &str| parse(t.as_bytes(), &mut Oddities::default()).map_err(|b| b.at).err();
        assert_eq!(at(r#"{"a":1 "b":2}"#), Some(7));
        assert_eq!(at("[1,x]"), Some(3));
    }
}
