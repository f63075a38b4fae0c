//! A result of Redash read while it arrives: bytes go in piece by piece, rows come out as soon as they are whole.
//!
//! Only the shape of the reply is known here; what cells mean is decided in `columns`. Takes `NaN` and `Infinity`, which
//! old servers write, and follows no value deeper than [`DEPTH`].

use memchr::memchr2;
use serde_json::Value;

use super::columns::{Columns, Hint};
use super::number;

/// Values inside one another that are followed.
const DEPTH: usize = 500;
/// Most bytes of one value that is waited for.
const VALUE: usize = 512 << 20;
/// Bytes added at least to what could not be read without them.
const STEP: usize = 4096;

/// Why a reply is not a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Something stands where it cannot stand, so many bytes from the beginning.
    At(u64),
    /// The reply ends in the middle.
    Cut,
    /// One value is larger than can be held.
    Large,
}

/// Not yet, or never.
enum Stop {
    More,
    Bad,
}

type Step<T> = Result<T, Stop>;

/// Where in the reply the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Start,
    Top,
    Result,
    Data,
    Rows,
    End,
}

/// What is known besides the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// `query_result` without its text and data, and other keys of the reply such as `job` and `message`.
    pub other: Vec<(String, Value)>,
    /// Whether there was a `query_result`.
    pub result: bool,
}

impl Facts {
    /// A value by its key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.other.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

/// The reader.
pub struct Reader {
    /// The beginning of what could not be read without the bytes behind it.
    rest: Vec<u8>,
    /// Bytes that were read.
    read: u64,
    level: Level,
    /// The next thing is the first in its object or list.
    fresh: bool,
    /// Bytes to wait for before trying again to read what is left.
    enough: usize,
    /// What came besides rows.
    pub facts: Facts,
}

impl Default for Reader {
    fn default() -> Self {
        Self { rest: Vec::new(), read: 0, level: Level::Start, fresh: true, enough: 0, facts: Facts::default() }
    }
}

impl Reader {
    /// Takes bytes, and reads as many whole rows into `columns` as there are.
    pub fn feed(&mut self, bytes: &[u8], columns: &mut Columns) -> Result<(), Broken> {
        let mut bytes = bytes;
        // What was left before gets as many bytes as it takes to read it; the others are read where they are.
        while !self.rest.is_empty() {
            let had = self.rest.len();
            let more = self.enough.max(had + STEP).saturating_sub(had).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..more]);
            if self.rest.len() < self.enough {
                return Ok(());
            }
            let mut rest = std::mem::take(&mut self.rest);
            let read = self.whole(&rest, columns)?;
            if read < had {
                rest.drain(..read);
                self.rest = rest;
                bytes = &bytes[more..];
                if bytes.is_empty() {
                    return Ok(());
                }
            } else {
                bytes = &bytes[read - had..];
                rest.clear();
                self.rest = rest;
                break;
            }
        }
        let read = self.whole(bytes, columns)?;
        self.rest.extend_from_slice(&bytes[read..]);
        Ok(())
    }

    /// Reads what is whole at the beginning of `bytes`, and says how much that was.
    fn whole(&mut self, bytes: &[u8], columns: &mut Columns) -> Result<usize, Broken> {
        let mut at = 0;
        loop {
            let start = at;
            match self.step(bytes, &mut at, columns) {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop::More) => {
                    at = start;
                    let rest = bytes.len() - start;
                    // Twice as much before the next attempt, so that a long value costs no more than twice its length.
                    self.enough = rest.saturating_mul(2).min(rest + (16 << 20));
                    if rest > VALUE {
                        return Err(Broken::Large);
                    }
                    break;
                }
                Err(Stop::Bad) => return Err(Broken::At(self.read + at as u64)),
            }
        }
        self.read += at as u64;
        Ok(at)
    }

    /// Says that nothing follows.
    pub fn finish(&mut self, columns: &mut Columns) -> Result<(), Broken> {
        self.enough = 0;
        self.feed(&[], columns)?;
        if self.level == Level::End { Ok(()) } else { Err(Broken::Cut) }
    }

    /// One step from `at` on; false if there is nothing left to do with these bytes.
    fn step(&mut self, bytes: &[u8], at: &mut usize, columns: &mut Columns) -> Step<bool> {
        let fresh = self.fresh;
        let mut text = Text { bytes, at: *at };
        let close = if self.level == Level::Rows { b']' } else { b'}' };
        match self.level {
            Level::Start => {
                text.open(b'{')?;
                (self.level, self.fresh) = (Level::Top, true);
            }
            Level::End => {
                text.space();
                let rest = text.bytes.get(text.at).is_some();
                *at = text.at;
                return if rest { Err(Stop::Bad) } else { Ok(false) };
            }
            _ if text.closes(close, fresh)? => {
                self.fresh = false;
                self.level = match self.level {
                    Level::Rows => Level::Data,
                    Level::Data => Level::Result,
                    Level::Result => Level::Top,
                    _ => Level::End,
                };
            }
            Level::Rows => {
                match row(&mut text, columns) {
                    Ok(()) => columns.end_row(),
                    Err(stop) => {
                        columns.undo_row();
                        *at = text.at;
                        return Err(stop);
                    }
                }
                self.fresh = false;
            }
            level => {
                let key = text.key()?;
                let value = text.at;
                let inside = match (level, key.as_str()) {
                    (Level::Top, "query_result") if text.opens(b'{')? => {
                        self.facts.result = true;
                        Some(Level::Result)
                    }
                    (Level::Result, "data") if text.opens(b'{')? => Some(Level::Data),
                    (Level::Data, "rows") if text.opens(b'[')? => Some(Level::Rows),
                    _ => None,
                };
                match inside {
                    Some(inside) => (self.level, self.fresh) = (inside, true),
                    None => {
                        text.skip(0)?;
                        let value = &text.bytes[value..text.at];
                        match (level, key.as_str()) {
                            (Level::Data, "columns") => {
                                list(value, columns).ok_or(Stop::Bad)?;
                            }
                            (Level::Data, "rows") | (Level::Result, "data") if value != b"null" => {
                                return Err(Stop::Bad);
                            }
                            (Level::Data, _) | (Level::Result, "query" | "data") => {}
                            _ => {
                                // A value that is no JSON to others (`NaN`) is not worth the result.
                                let value = serde_json::from_slice(value).unwrap_or(Value::Null);
                                self.facts.other.push((key, value));
                            }
                        }
                        self.fresh = false;
                    }
                }
            }
        }
        *at = text.at;
        Ok(true)
    }
}

/// Reads the list of columns.
fn list(value: &[u8], columns: &mut Columns) -> Option<()> {
    let Value::Array(items) = serde_json::from_slice(value).ok()? else {
        // `null` where a query has no columns.
        return (value == b"null").then_some(());
    };
    for item in items {
        let name = item.get("name")?;
        let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        columns.declare(name, Hint::of(item.get("type").and_then(Value::as_str)));
    }
    Some(())
}

/// Reads one row.
fn row(text: &mut Text, columns: &mut Columns) -> Step<()> {
    text.open(b'{')?;
    let mut fresh = true;
    let mut before = None;
    while !text.closes(b'}', fresh)? {
        fresh = false;
        // The usual case: keys in the order of the last row, each spelled as the last time.
        let place = match columns.expected(before, &text.bytes[text.at..]) {
            Some((place, length)) => {
                text.at += length;
                text.space();
                place
            }
            None => {
                let start = text.at;
                let key = text.string()?;
                let raw = start..text.at;
                text.colon()?;
                columns.place(before, key, &text.bytes[raw])
            }
        };
        cell(text, place, columns)?;
        before = Some(place);
    }
    Ok(())
}

/// Reads one value into its column.
fn cell(text: &mut Text, place: usize, columns: &mut Columns) -> Step<()> {
    let start = text.at;
    match text.peek()? {
        b'"' => {
            let body = text.at + 1;
            let end = text.plain_end(body)?;
            if text.bytes[end] == b'"' {
                text.at = end + 1;
                columns.text(place, &text.bytes[body..end]);
            } else {
                columns.written(place, |out| text.unescape(out))?;
            }
        }
        b'{' | b'[' => {
            text.skip(0)?;
            columns.nested(place, &text.bytes[start..text.at]);
        }
        b'n' => {
            text.word(b"null")?;
            columns.null(place);
        }
        b't' => {
            text.word(b"true")?;
            columns.flag(place, true);
        }
        b'f' => {
            text.word(b"false")?;
            columns.flag(place, false);
        }
        _ => {
            let number = match number::plain(&text.bytes[start..]) {
                Some((number, length)) => {
                    text.at += length;
                    number
                }
                None => {
                    text.number()?;
                    number::read(&text.bytes[start..text.at])
                }
            };
            columns.number(place, number, &text.bytes[start..text.at]);
        }
    }
    Ok(())
}

/// A place in bytes that may not be all there yet.
struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Step<u8> {
        self.bytes.get(self.at).copied().ok_or(Stop::More)
    }

    fn open(&mut self, mark: u8) -> Step<()> {
        self.space();
        if self.peek()? != mark {
            return Err(Stop::Bad);
        }
        self.at += 1;
        Ok(())
    }

    /// Steps into `mark` if it stands here.
    fn opens(&mut self, mark: u8) -> Step<bool> {
        let is = self.peek()? == mark;
        self.at += usize::from(is);
        Ok(is)
    }

    /// Whether the object or list ends here; otherwise stands at its next member.
    fn closes(&mut self, mark: u8, fresh: bool) -> Step<bool> {
        self.space();
        if self.peek()? == mark {
            self.at += 1;
            return Ok(true);
        }
        if !fresh {
            if self.peek()? != b',' {
                return Err(Stop::Bad);
            }
            self.at += 1;
            self.space();
            self.peek()?;
        }
        Ok(false)
    }

    fn colon(&mut self) -> Step<()> {
        self.open(b':')?;
        self.space();
        self.peek().map(drop)
    }

    /// A key and its colon.
    fn key(&mut self) -> Step<String> {
        let key = self.string()?;
        self.colon()?;
        Ok(key)
    }

    /// The place of the first quote or backslash from `from` on.
    fn plain_end(&self, from: usize) -> Step<usize> {
        memchr2(b'"', b'\\', self.bytes.get(from..).unwrap_or_default()).map(|n| from + n).ok_or(Stop::More)
    }

    /// The place behind the closing quote of the text that begins here.
    fn string_end(&self) -> Step<usize> {
        let mut at = self.at + 1;
        loop {
            at = self.plain_end(at)?;
            if self.bytes[at] == b'"' {
                return Ok(at + 1);
            }
            at += 2;
        }
    }

    fn string(&mut self) -> Step<String> {
        if self.peek()? != b'"' {
            return Err(Stop::Bad);
        }
        let mut text = Vec::new();
        self.unescape(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Adds the text between the quotes that begin here to `out`, without its escapes; lone surrogates become the
    /// replacement character.
    fn unescape(&mut self, out: &mut Vec<u8>) -> Step<()> {
        let mut at = self.at + 1;
        loop {
            let next = self.plain_end(at)?;
            out.extend_from_slice(&self.bytes[at..next]);
            if self.bytes[next] == b'"' {
                self.at = next + 1;
                return Ok(());
            }
            at = next + 2;
            out.push(match self.byte(next + 1)? {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                b @ (b'"' | b'\\' | b'/') => b,
                b'u' => {
                    let mut c = self.hex(at)?;
                    at += 4;
                    if (0xd800..0xdc00).contains(&c) && self.byte(at)? == b'\\' && self.byte(at + 1)? == b'u' {
                        let low = self.hex(at + 2)?;
                        if (0xdc00..0xe000).contains(&low) {
                            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                            at += 6;
                        }
                    }
                    let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => return Err(Stop::Bad),
            });
        }
    }

    fn byte(&self, at: usize) -> Step<u8> {
        self.bytes.get(at).copied().ok_or(Stop::More)
    }

    /// Four hexadecimal digits.
    fn hex(&self, at: usize) -> Step<u32> {
        let digits = self.bytes.get(at..at + 4).ok_or(Stop::More)?;
        let mut digits = digits.iter().map(|b| char::from(*b).to_digit(16));
        digits.try_fold(0, |all, digit| Some(all * 16 + digit?)).ok_or(Stop::Bad)
    }

    fn word(&mut self, word: &[u8]) -> Step<()> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.starts_with(rest) { Stop::More } else { Stop::Bad })
    }

    fn number(&mut self) -> Step<()> {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z'))
            .ok_or(Stop::More)?;
        let word = &rest[..length];
        let digits = word.strip_prefix(b"-").unwrap_or(word);
        if !(digits.first().is_some_and(u8::is_ascii_digit) || matches!(digits, b"NaN" | b"Infinity")) {
            return Err(Stop::Bad);
        }
        self.at += length;
        Ok(())
    }

    /// Passes over one value.
    fn skip(&mut self, depth: usize) -> Step<()> {
        if depth > DEPTH {
            return Err(Stop::Bad);
        }
        match self.peek()? {
            b'"' => self.at = self.string_end()?,
            open @ (b'{' | b'[') => {
                let close = if open == b'{' { b'}' } else { b']' };
                self.at += 1;
                let mut fresh = true;
                while !self.closes(close, fresh)? {
                    fresh = false;
                    if open == b'{' {
                        if self.peek()? != b'"' {
                            return Err(Stop::Bad);
                        }
                        self.at = self.string_end()?;
                        self.colon()?;
                    }
                    self.skip(depth + 1)?;
                }
            }
            b'n' => self.word(b"null")?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            _ => self.number()?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::{Cells, Type};
    use super::*;

    /// Reads a reply in pieces of `size` bytes: names, types, and cells as text.
    fn read(text: &[u8], size: usize) -> Result<(Vec<(String, Type)>, Vec<Vec<Option<String>>>), Broken> {
        let (mut reader, mut columns) = (Reader::default(), Columns::default());
        for piece in text.chunks(size) {
            reader.feed(piece, &mut columns)?;
        }
        reader.finish(&mut columns)?;
        columns.judge();
        let plan: Vec<(usize, Type)> =
            columns.order().into_iter().map(|p| (p, columns.all()[p].seen().best(columns.all()[p].hint))).collect();
        let names = plan.iter().map(|(p, kind)| (columns.all()[*p].name.clone(), *kind)).collect();
        let rows = columns.rows();
        let cells = columns.take(&plan).ok_or(Broken::At(0))?;
        let mut out = vec![Vec::new(); rows];
        for column in cells {
            for (row, out) in out.iter_mut().enumerate() {
                out.push(match &column {
                    Cells::Flags(v) => v[row].map(|b| b.to_string()),
                    Cells::Ints(v, there) => there[row].then(|| v[row].to_string()),
                    Cells::Floats(v, there) => there[row].then(|| format!("{:?}", v[row])),
                    Cells::Text(text, ends, there) => {
                        let start = if row == 0 { 0 } else { ends[row - 1] };
                        there[row].then(|| String::from_utf8_lossy(&text[start..ends[row]]).into_owned())
                    }
                });
            }
        }
        Ok((names, out))
    }

    fn reply(columns: &str, rows: &str) -> String {
        format!(
            r#"{{"query_result": {{"id": 1, "query": "select '}}]\"'", "data": {{"columns": {columns}, "rows": {rows}}}, "runtime": 0.1}}}}"#
        )
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut() {
        let rows = r#"[{"a": 1, "文\"": "x\u5bff\ud83c\udf63\n", "c": {"k": ["}", 1.50]}}, {"文\"": null, "a": -12, "c": true}, {"z": 1e3}, {}]"#;
        let text = reply(
            r#"[{"name": "a", "type": "integer"}, {"name": "文\"", "type": null}, {"name": "c", "type": null}]"#,
            rows,
        );
        let whole = read(text.as_bytes(), usize::MAX).unwrap();
        assert_eq!(whole.0.iter().map(|c| c.0.as_str()).collect::<Vec<_>>(), ["a", "文\"", "c", "z"]);
        assert_eq!(
            whole.0.iter().map(|c| c.1).collect::<Vec<_>>(),
            [Type::Integer, Type::Text, Type::Text, Type::Float]
        );
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(
            whole.1,
            [
                vec![some("1"), some("x寿🍣\n"), some(r#"{"k": ["}", 1.50]}"#), None],
                vec![some("-12"), None, some("true"), None],
                vec![None, None, None, some("1000.0")],
                vec![None, None, None, None],
            ]
        );
        for size in 1..40 {
            assert_eq!(read(text.as_bytes(), size).unwrap(), whole, "pieces of {size}");
        }
    }

    #[test]
    fn every_beginning_of_a_reply_is_one_that_was_cut() {
        let text =
            reply(r#"[{"name": "a", "type": null}]"#, r#"[{"a": "\u00e9"}, {"a": [1, {"b": null}]}, {"a": 2.5}]"#);
        for end in 0..text.len() {
            assert_eq!(read(&text.as_bytes()[..end], 7).err(), Some(Broken::Cut), "{}", &text[..end]);
        }
    }

    #[test]
    fn numbers_keep_every_digit_or_become_text() {
        let types = |values: &str, hint: &str| {
            let rows: Vec<String> = values.split(' ').map(|v| format!(r#"{{"a": {v}}}"#)).collect();
            let (names, cells) = read(
                reply(&format!(r#"[{{"name": "a", "type": {hint}}}]"#), &format!("[{}]", rows.join(","))).as_bytes(),
                11,
            )
            .unwrap();
            (names[0].1, cells.into_iter().map(|c| c[0].clone().unwrap_or_default()).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(
            types("9007199254740993 -9223372036854775808", "null"),
            (Type::Integer, "9007199254740993 -9223372036854775808".into())
        );
        assert_eq!(types("1 2.5", "\"integer\""), (Type::Float, "1.0 2.5".into()));
        assert_eq!(types("1 2", "\"float\""), (Type::Float, "1.0 2.0".into()));
        assert_eq!(types("9007199254740993 2.5", "null"), (Type::Text, "9007199254740993 2.5".into()));
        assert_eq!(types("2.5 9007199254740993", "null"), (Type::Text, "2.5 9007199254740993".into()));
        assert_eq!(types("1 92233720368547758080", "null"), (Type::Text, "1 92233720368547758080".into()));
        // Among words they stay as they were written.
        assert_eq!(
            types("2.5 5 1e16 0.00001 -3.0 \"n/a\" 7", "null"),
            (Type::Text, "2.5 5 1e+16 1e-05 -3.0 n/a 7".into())
        );
        assert_eq!(types("5 -12 2.5 8 \"n/a\"", "\"float\""), (Type::Text, "5 -12 2.5 8 n/a".into()));
        assert_eq!(types("-Infinity NaN 0.5 \"n/a\"", "null").1, "-Infinity NaN 0.5 n/a");
        assert_eq!(types("NaN Infinity -Infinity 1.5", "\"float\""), (Type::Float, "NaN inf -inf 1.5".into()));
        assert_eq!(types("\"2025-01-02\" \"2025-01-03\"", "null").0, Type::Date);
        assert_eq!(types("\"2025-01-02\" \"2025-01-03\"", "\"string\"").0, Type::Text);
        assert_eq!(types("\"2025-01-02\" \"2025-01-03T01:00:00\"", "\"datetime\"").0, Type::Local);
        assert_eq!(types("\"2025-01-02T00:00:00Z\" \"2025-01-03T01:00:00\"", "\"datetime\"").0, Type::Text);
        // Tokyo's offset before there were zones.
        assert_eq!(types("\"1880-01-01T09:18:59+09:18:59\"", "\"datetime\"").1, "-2840140800000000");
    }

    #[test]
    fn nonsense_is_refused_where_it_stands() {
        for bad in [
            "[]",
            "{]",
            "{\"a\" 1}",
            "{\"query_result\": {\"data\": {\"rows\": [1]}}}",
            "{\"query_result\": {\"data\": {\"rows\": [{\"a\": x}]}}}",
            "{\"query_result\": {\"data\": {\"rows\": [{\"a\": 1} {\"a\": 2}]}}}",
            "{} {}",
            "<html>",
            "{\"a\": --1}",
        ] {
            assert!(matches!(read(bad.as_bytes(), 3), Err(Broken::At(_))), "{bad}");
        }
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(deep.as_bytes(), 4096), Err(Broken::At(_))));
    }

    #[test]
    fn a_reply_without_rows_or_columns_is_empty() {
        for (columns, rows) in [("[]", "[]"), ("null", "[]"), ("[{\"name\": \"a\", \"type\": \"date\"}]", "[]")] {
            let (names, cells) = read(reply(columns, rows).as_bytes(), 5).unwrap();
            assert_eq!((names.len(), cells.len()), (usize::from(columns.len() > 4), 0));
        }
        // A name that is in the list twice gets a number; its values are those of the one key.
        let (names, _) =
            read(reply(r#"[{"name": "a", "type": null}, {"name": "a", "type": null}]"#, r#"[{"a": 1}]"#).as_bytes(), 9)
                .unwrap();
        assert_eq!(names.iter().map(|c| c.0.as_str()).collect::<Vec<_>>(), ["a", "a_2"]);
    }
}
