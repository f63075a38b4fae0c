//! Cuts JSON text into records without reading the values: lines, values one after the other, or the items of an array.
//! Works in blocks, so memory is that of a block or of the longest record.

use std::io::Read;

/// Where the records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One in each line.
    Lines,
    /// One value after the other, over any number of lines.
    Values,
    /// The items of an array.
    Array {
        /// Place of the first byte after the opening bracket.
        start: u64,
        /// The line it stands in, from 1.
        line: u64,
    },
}

/// A record in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Place of its first byte in the block.
    pub start: usize,
    /// Place after its last byte.
    pub end: usize,
    /// The line its first byte stands in, from 1.
    pub line: u64,
}

/// Several records.
#[derive(Debug, Default)]
pub struct Block {
    /// Text that holds them.
    pub bytes: Vec<u8>,
    /// The records in order.
    pub spans: Vec<Span>,
}

impl Block {
    /// The text of a record.
    pub fn text(&self, span: &Span) -> &[u8] {
        self.bytes.get(span.start..span.end).unwrap_or_default()
    }
}

/// How the text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has not yet.
    NotYet,
    /// As it should.
    Clean,
    /// In the middle of the array.
    Open {
        /// The last line.
        line: u64,
    },
    /// Something follows the array.
    Tail {
        /// The line it begins in.
        line: u64,
    },
}

/// Reads blocks of records.
pub struct Splitter<R> {
    from: R,
    layout: Layout,
    size: usize,
    /// Text not yet given out.
    rest: Vec<u8>,
    /// How far `rest` has been looked at, and the state there.
    seen: usize,
    depth: usize,
    quoted: bool,
    escaped: bool,
    /// Beginning of the record being looked at, and its line.
    begun: Option<(usize, u64)>,
    line: u64,
    /// A comma was seen, so a value must follow.
    owed: bool,
    eof: bool,
    end: End,
}

impl<R: Read> Splitter<R> {
    /// Cuts text that is read from the beginning of the records on, in blocks of about `size` bytes.
    pub fn new(from: R, layout: Layout, size: usize) -> Self {
        let line = if let Layout::Array { line, .. } = layout { line } else { 1 };
        Self {
            from,
            layout,
            size,
            rest: Vec::new(),
            seen: 0,
            depth: 0,
            quoted: false,
            escaped: false,
            begun: None,
            line,
            owed: false,
            eof: false,
            end: End::NotYet,
        }
    }

    /// How the text ended; known once there are no more blocks.
    pub fn end(&self) -> End {
        self.end
    }

    /// The next block with at least one record; None at the end.
    pub fn next_block(&mut self) -> std::io::Result<Option<Block>> {
        let mut size = self.size;
        loop {
            if self.end != End::NotYet {
                return Ok(None);
            }
            self.fill(size)?;
            let mut spans = Vec::new();
            let used = match self.layout {
                Layout::Lines => self.lines(&mut spans),
                Layout::Values => self.values(&mut spans),
                Layout::Array { .. } => self.items(&mut spans),
            };
            if self.eof && self.end == End::NotYet {
                self.end = match self.layout {
                    Layout::Array { .. } => End::Open { line: self.line },
                    _ => End::Clean,
                };
            }
            if spans.is_empty() {
                // A record longer than a block, or nothing but space.
                self.forget(used);
                if !self.rest.is_empty() {
                    size = self.rest.len() * 2;
                }
                continue;
            }
            let rest = self.rest.split_off(used);
            let bytes = std::mem::replace(&mut self.rest, rest);
            self.shift(used);
            return Ok(Some(Block { bytes, spans }));
        }
    }

    fn fill(&mut self, size: usize) -> std::io::Result<()> {
        let wanted = size.saturating_sub(self.rest.len()).max(1);
        let got = (&mut self.from).take(wanted as u64).read_to_end(&mut self.rest)?;
        self.eof |= got < wanted;
        Ok(())
    }

    fn forget(&mut self, used: usize) {
        self.rest.drain(..used);
        self.shift(used);
    }

    fn shift(&mut self, used: usize) {
        self.seen -= used.min(self.seen);
        if let Some((start, _)) = &mut self.begun {
            *start -= used.min(*start);
        }
    }

    fn lines(&mut self, spans: &mut Vec<Span>) -> usize {
        let mut start = 0;
        loop {
            let from = self.seen.max(start);
            let found = self.rest[from..].iter().position(|b| *b == b'\n').map(|i| from + i);
            let (end, next) = match found {
                Some(end) => (end, end + 1),
                None if self.eof && start < self.rest.len() => (self.rest.len(), self.rest.len()),
                None => break,
            };
            if !self.rest[start..end].iter().all(u8::is_ascii_whitespace) {
                spans.push(Span { start, end, line: self.line });
            }
            self.line += u64::from(found.is_some());
            start = next;
            self.seen = next;
        }
        self.seen = self.rest.len();
        start
    }

    /// One step over a byte that is not space at the top; whether the byte belongs to text in quotes.
    fn in_text(&mut self, b: u8) -> bool {
        if b == b'\n' {
            self.line += 1;
        }
        if !self.quoted {
            if b == b'"' {
                self.quoted = true;
                return true;
            }
            return false;
        }
        match b {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.quoted = false,
            _ => {}
        }
        true
    }

    fn values(&mut self, spans: &mut Vec<Span>) -> usize {
        let mut used = 0;
        let mut i = self.seen;
        while i < self.rest.len() {
            let b = self.rest[i];
            if self.depth == 0 && !self.quoted {
                let scalar = self.begun.is_some_and(|(s, _)| !matches!(self.rest[s], b'{' | b'['));
                let ends = b.is_ascii_whitespace() || (scalar && matches!(b, b'{' | b'['));
                if let (true, Some((start, line))) = (ends, self.begun) {
                    spans.push(Span { start, end: i, line });
                    used = i;
                    self.begun = None;
                }
                if !b.is_ascii_whitespace() && self.begun.is_none() {
                    self.begun = Some((i, self.line));
                }
            }
            if !self.in_text(b) {
                match b {
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if let (0, Some((start, line))) = (self.depth, self.begun) {
                            spans.push(Span { start, end: i + 1, line });
                            used = i + 1;
                            self.begun = None;
                        }
                    }
                    _ => {}
                }
            }
            i += 1;
        }
        self.seen = i;
        if self.eof
            && let Some((start, line)) = self.begun.take()
        {
            spans.push(Span { start, end: i, line });
            used = i;
        }
        match self.begun {
            Some((start, _)) => used.max(start),
            None => self.rest.len(),
        }
    }

    fn items(&mut self, spans: &mut Vec<Span>) -> usize {
        let mut i = self.seen;
        let mut used = 0;
        while i < self.rest.len() {
            let b = self.rest[i];
            let line = self.line;
            if self.in_text(b) {
                self.begun.get_or_insert((i, line));
                i += 1;
                continue;
            }
            match b {
                b',' | b']' | b'}' if self.depth == 0 => {
                    let begun = self.begun.take();
                    // A comma with nothing before it, or a bracket after one, leaves an empty record to be reported.
                    if begun.is_some() || b == b',' || self.owed {
                        let (start, line) = begun.unwrap_or((i, line));
                        spans.push(Span { start, end: i, line });
                    }
                    self.owed = b == b',';
                    used = i + 1;
                    if b != b',' {
                        self.seen = i + 1;
                        self.end = if b == b'}' { End::Open { line } } else { self.tail() };
                        return used;
                    }
                }
                b'{' | b'[' => {
                    self.begun.get_or_insert((i, line));
                    self.depth += 1;
                }
                b'}' | b']' => self.depth -= 1,
                b if b.is_ascii_whitespace() => {}
                _ => {
                    self.begun.get_or_insert((i, line));
                }
            }
            i += 1;
        }
        self.seen = i;
        match self.begun {
            Some((start, _)) => used.max(start),
            None => self.rest.len(),
        }
    }

    /// What stands after the closing bracket, as far as it has been read.
    fn tail(&self) -> End {
        let mut line = self.line;
        for b in &self.rest[self.seen..] {
            match b {
                b'\n' => line += 1,
                b if b.is_ascii_whitespace() => {}
                _ => return End::Tail { line },
            }
        }
        End::Clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, layout: Layout, size: usize) -> (Vec<(u64, String)>, End) {
        let mut splitter = Splitter::new(text.as_bytes(), layout, size);
        let mut out = Vec::new();
        while let Ok(Some(block)) = splitter.next_block() {
            for span in &block.spans {
                out.push((span.line, String::from_utf8_lossy(block.text(span)).trim().to_owned()));
            }
        }
        (out, splitter.end())
    }

    fn owned(want: &[(u64, &str)]) -> Vec<(u64, String)> {
        want.iter().map(|(l, t)| (*l, (*t).to_owned())).collect()
    }

    #[test]
    fn every_block_size_gives_the_same_records() {
        let array = Layout::Array { start: 0, line: 1 };
        for (text, layout, want, end) in [
            (
                "{\"a\":1}\n\n {\"b\":2}\r\n3",
                Layout::Lines,
                &[(1, "{\"a\":1}"), (3, "{\"b\":2}"), (4, "3")][..],
                End::Clean,
            ),
            ("", Layout::Lines, &[], End::Clean),
            (
                "{\n\"a\":\"}\\\"\"}\n[1]2 3{}\"x y\"",
                Layout::Values,
                &[(1, "{\n\"a\":\"}\\\"\"}"), (3, "[1]"), (3, "2"), (3, "3"), (3, "{}"), (3, "\"x y\"")],
                End::Clean,
            ),
            (
                "{\"a\":[1,2]},\n 5 , \"],\" ]\n",
                array.clone(),
                &[(1, "{\"a\":[1,2]}"), (2, "5"), (2, "\"],\"")],
                End::Clean,
            ),
            (" ]", array.clone(), &[], End::Clean),
            ("1,\n2", array.clone(), &[(1, "1")], End::Open { line: 2 }),
            ("1,]", array.clone(), &[(1, "1"), (1, "")], End::Clean),
            ("1,,2]", array.clone(), &[(1, "1"), (1, ""), (1, "2")], End::Clean),
        ] {
            for size in [1, 2, 3, 7, 100] {
                assert_eq!(cut(text, layout.clone(), size), (owned(want), end), "{text} at {size}");
            }
        }
        assert_eq!(cut("1]\n\n x", array, 100).1, End::Tail { line: 3 });
    }
}
