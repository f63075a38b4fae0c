//! What a JSON document is made of, found in one pass without keeping any of it: how many values, and which arrays can be
//! reached through objects alone.

use std::io::{BufReader, Read};

use crate::data::Control;
use crate::error::Result;

/// Objects inside one another that are looked into.
const DEPTH: usize = 5;

/// An array that can be reached through objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The keys that lead to it, joined with dots.
    pub path: String,
    /// How many keys lead to it.
    pub depth: usize,
    /// Place of the first byte after its opening bracket.
    pub start: u64,
    /// The line that byte stands in, from 1.
    pub line: u64,
    /// First byte of its first item; None if it is empty.
    pub first: Option<u8>,
}

/// A document from afar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Values one after the other; counted up to two.
    pub values: usize,
    /// Fields of the outermost object.
    pub fields: usize,
    /// Arrays reached through objects, in order.
    pub arrays: Vec<Array>,
}

/// Looks over a document. Does not judge whether it is valid.
pub fn outline(from: impl Read, control: &Control) -> std::io::Result<Result<Outline>> {
    /// Bytes between two looks at whether to stop.
    const STEP: u64 = 1 << 20;
    let mut out = Outline::default();
    // The open brackets; for objects the key last seen.
    let mut open: Vec<(u8, String)> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    let mut text: Vec<u8> = Vec::new();
    let mut line = 1;
    let mut scalar = false;
    let mut waiting: Option<usize> = None;
    for (at, byte) in BufReader::with_capacity(1 << 18, from).bytes().enumerate() {
        let b = byte?;
        let at = at as u64;
        if at.is_multiple_of(STEP)
            && let Err(stopped) = control.check()
        {
            return Ok(Err(stopped));
        }
        if b == b'\n' {
            line += 1;
        }
        if quoted {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            if quoted && open.len() <= DEPTH && text.len() < 256 {
                text.push(b);
            }
            continue;
        }
        if b.is_ascii_whitespace() {
            scalar = false;
            continue;
        }
        if let Some(place) = waiting.take()
            && b != b']'
        {
            out.arrays[place].first = Some(b);
        }
        if open.is_empty() && !scalar {
            out.values += 1;
            if out.values > 1 {
                return Ok(Ok(out));
            }
            scalar = !matches!(b, b'{' | b'[' | b'"');
        }
        match b {
            b'"' => {
                quoted = true;
                text.clear();
            }
            b':' => {
                if open.len() == 1 {
                    out.fields += 1;
                }
                if let Some((b'{', key)) = open.last_mut() {
                    *key = String::from_utf8_lossy(&text).into_owned();
                }
            }
            b'{' => open.push((b, String::new())),
            b'[' => {
                if open.len() <= DEPTH && open.iter().all(|(kind, _)| *kind == b'{') {
                    waiting = Some(out.arrays.len());
                    let path = open.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".");
                    out.arrays.push(Array { path, depth: open.len(), start: at + 1, line, first: None });
                }
                open.push((b, String::new()));
            }
            b'}' | b']' => {
                open.pop();
            }
            _ => {}
        }
    }
    Ok(Ok(out))
}

impl Outline {
    /// The array a person means by a document that is one object: the only one with objects or lists for items, or the
    /// only field.
    pub fn table(&self) -> Option<&Array> {
        let mut rows = self.arrays.iter().filter(|a| matches!(a.first, Some(b'{' | b'[')));
        match (rows.next(), rows.next()) {
            (Some(only), None) => Some(only),
            (None, _) => self.arrays.first().filter(|a| self.arrays.len() == 1 && self.fields == 1 && a.depth == 1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Outline {
        outline(text.as_bytes(), &Control::new()).ok().and_then(|o| o.ok()).unwrap_or_default()
    }

    #[test]
    fn the_array_that_is_meant() {
        for (text, want) in [
            (r#"{"data":[{"a":1}]}"#, Some("data")),
            (r#"{"id":1,"tags":["x"],"a":{"rows":[ {"x":[{}]} ]}}"#, Some("a.rows")),
            (r#"{"values":[1,2]}"#, Some("values")),
            (r#"{"n":2,"values":[1,2]}"#, None),
            (r#"{"a":[{}],"b":[{}]}"#, None),
            (r#"{"a\"[":[{}],"b":"[{"}"#, Some("a\\\"[")),
            (r#"{"a":1}"#, None),
        ] {
            assert_eq!(of(text).table().map(|a| a.path.as_str()), want, "{text}");
        }
        let array = of("{\n\"data\":\n[{}]}");
        assert_eq!(array.arrays.first().map(|a| (a.start, a.line)), Some((11, 3)));
    }

    #[test]
    fn values_are_counted() {
        for (text, want) in [("", 0), ("{} ", 1), ("[1] [2]", 2), ("{}{}", 2), ("12 3", 2), ("123", 1), ("\"a b\"", 1)]
        {
            assert_eq!(of(text).values, want, "{text}");
        }
    }
}
