//! Where records end, found in raw bytes 64 at a time; and the places of all bytes that matter to the field splitter.
//!
//! Rules of quoting: a `"` opens a quoted field only where a field begins; inside, `""` stands for one quote; anything
//! between the closing quote and the next delimiter is taken as it is. A quote that is never closed, or whose field runs
//! over a line end and then closes in the middle of something, makes its whole line **literal**: that line is split
//! with its quotes as ordinary characters. Nothing here looks at values.

use memchr::{memchr, memchr2};

/// The quote.
pub const QUOTE: u8 = b'"';

/// The marks of a delimited file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields. The line end itself where a file has one column and no delimiter.
    pub delimiter: u8,
    /// Whether several delimiters in a row count as one (columns padded with spaces).
    pub run: bool,
    /// At the end of a line: LF, or CR in files that know no LF. A CR before LF belongs to the line end.
    pub newline: u8,
    /// Whether empty lines are no records.
    pub skip_blank: bool,
    /// Bytes after which an open quote is taken for an ordinary character.
    pub quote_limit: usize,
}

/// 64 bytes and which of them are there.
type Block = [u8; 64];

#[cfg(target_arch = "x86_64")]
#[inline]
fn eq_mask(block: &Block, byte: u8) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
    let mut mask = 0u64;
    for (i, piece) in block.as_chunks::<16>().0.iter().enumerate() {
        let v = u128::from_le_bytes(*piece);
        // SAFETY: these calls touch registers only and need SSE2, which every x86-64 processor has.
        let found = unsafe {
            let bytes = _mm_set_epi64x((v >> 64) as i64, v as i64);
            _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8)))
        };
        mask |= u64::from(found as u16) << (16 * i);
    }
    mask
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn eq_mask(block: &Block, byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let needle = u64::from(byte) * 0x0101_0101_0101_0101;
    let mut mask = 0u64;
    for (i, piece) in block.as_chunks::<8>().0.iter().enumerate() {
        let x = u64::from_le_bytes(*piece) ^ needle;
        let zero = !(((x & LOW) + LOW) | x | LOW);
        mask |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    mask
}

/// The 64 bytes at `base`, zeros beyond the end, and a mask of those that are there.
#[inline]
fn load(buf: &[u8], base: usize) -> (Block, u64) {
    match buf.get(base..base + 64).and_then(|s| s.try_into().ok()) {
        Some(block) => (block, !0),
        None => {
            let rest = buf.get(base..).unwrap_or(&[]);
            let mut block = [0u8; 64];
            block[..rest.len()].copy_from_slice(rest);
            (block, (1u64 << rest.len()) - 1)
        }
    }
}

/// Bit `i` of the result is the parity of bits `0..=i`.
#[inline]
fn prefix_xor(mut x: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        x ^= x << shift;
    }
    x
}

/// How far a walk over records came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Where the next record begins.
    pub at: usize,
    /// Records passed.
    pub rows: u64,
    /// Records passed whose quotes are ordinary characters, by number.
    pub literal: Vec<u64>,
}

/// Why a walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The row or the place asked for.
    Reached,
    /// The bytes end within a record.
    More,
    /// The end of the file.
    End,
}

enum Slow {
    Record(usize),
    Literal(usize),
    More,
}

impl Dialect {
    /// Walks over records from `walk.at` (where one begins) until `walk.rows` is `stop_rows` or a record begins at or
    /// after `stop_at`. `eof` says that the file ends with `buf`.
    pub fn walk(&self, buf: &[u8], eof: bool, walk: &mut Walk, stop_rows: u64, stop_at: usize) -> Stop {
        'record: loop {
            if walk.rows >= stop_rows || walk.at >= stop_at {
                return Stop::Reached;
            }
            let origin = walk.at;
            // Before a record stands a line end, or nothing.
            let before = |i: usize| if i <= origin { self.newline } else { buf[i - 1] };
            let mut base = origin;
            let mut inside = 0u64;
            let mut closed = 0u64;
            while base < buf.len() {
                let (block, valid) = load(buf, base);
                let nl = eq_mask(&block, self.newline) & valid;
                let q = eq_mask(&block, QUOTE) & valid;
                let mut out = nl;
                let mut bad = 0u64;
                let mut after = inside;
                if (q | inside | closed) != 0 {
                    let pairs = prefix_xor(q) ^ inside;
                    let entering = (pairs << 1) | (inside & 1);
                    out &= !pairs;
                    let separators = eq_mask(&block, self.delimiter) | nl;
                    let p = before(base);
                    let begun = u64::from(p == self.delimiter || p == self.newline || (p == QUOTE && base > origin));
                    let may_open = ((separators | q) << 1) | begun;
                    let closes = q & entering;
                    let may_follow = separators | q | eq_mask(&block, b'\r');
                    bad = ((q & !entering & !may_open) | (((closes << 1) | closed) & !may_follow)) & valid;
                    closed = closes >> 63;
                    after = 0u64.wrapping_sub(pairs >> 63);
                }
                if bad != 0 {
                    out &= (1u64 << bad.trailing_zeros()) - 1;
                }
                // A record this long may hold a quote that was closed too late to count.
                if out != 0 && base + out.trailing_zeros() as usize - walk.at > self.quote_limit {
                    if self.step(buf, eof, walk) {
                        continue 'record;
                    }
                    return Stop::More;
                }
                if out != 0 {
                    let mut records = out;
                    if self.skip_blank {
                        let p1 = u64::from(before(base) == self.newline);
                        let p2 = u64::from(base <= origin + 1 || before(base - 1) == self.newline);
                        let mut blank = (nl << 1) | p1;
                        if self.newline != b'\r' {
                            let cr = u64::from(before(base) == b'\r');
                            let two = (nl << 2) | (p1 << 1) | p2;
                            if two & out != 0 {
                                blank |= ((eq_mask(&block, b'\r') << 1) | cr) & two;
                            }
                        }
                        records &= !blank;
                    }
                    let count = u64::from(records.count_ones());
                    if walk.rows + count >= stop_rows || base + 64 >= stop_at {
                        let mut rest = out;
                        while rest != 0 {
                            let bit = rest.trailing_zeros();
                            rest &= rest - 1;
                            walk.rows += (records >> bit) & 1;
                            walk.at = base + bit as usize + 1;
                            if walk.rows >= stop_rows || walk.at >= stop_at {
                                return Stop::Reached;
                            }
                        }
                    } else {
                        walk.rows += count;
                        walk.at = base + 64 - out.leading_zeros() as usize;
                    }
                }
                if bad != 0 {
                    if self.step(buf, eof, walk) {
                        continue 'record;
                    }
                    return Stop::More;
                }
                inside = after;
                base += 64;
            }
            let pending = &buf[walk.at.min(buf.len())..];
            if inside != 0 && (eof || pending.len() > self.quote_limit) {
                if self.step(buf, eof, walk) {
                    continue 'record;
                }
                return Stop::More;
            }
            if !eof {
                return Stop::More;
            }
            if !(pending.is_empty() || (self.skip_blank && pending == b"\r")) {
                walk.rows += 1;
            }
            walk.at = buf.len();
            return Stop::End;
        }
    }

    /// One record, byte by byte; false when the bytes end within it.
    fn step(&self, buf: &[u8], eof: bool, walk: &mut Walk) -> bool {
        match self.slow(buf, walk.at, eof) {
            Slow::More => return false,
            Slow::Record(end) => walk.at = end,
            Slow::Literal(end) => {
                walk.literal.push(walk.rows);
                walk.at = end;
            }
        }
        walk.rows += 1;
        true
    }

    fn slow(&self, buf: &[u8], start: usize, eof: bool) -> Slow {
        let literal = || match memchr(self.newline, &buf[start..]) {
            Some(i) => Slow::Literal(start + i + 1),
            None if eof => Slow::Literal(buf.len()),
            None => Slow::More,
        };
        let mut at = start;
        let mut begins = true;
        loop {
            if begins && buf.get(at) == Some(&QUOTE) {
                let open = at;
                let mut lines = false;
                at += 1;
                loop {
                    match memchr2(QUOTE, self.newline, &buf[at..]) {
                        None if eof || buf.len() - open > self.quote_limit => return literal(),
                        None => return Slow::More,
                        Some(i) => at += i,
                    }
                    if at - open > self.quote_limit {
                        return literal();
                    }
                    if buf[at] == self.newline {
                        lines = true;
                        at += 1;
                    } else if at + 1 == buf.len() && !eof {
                        return Slow::More;
                    } else if buf.get(at + 1) == Some(&QUOTE) {
                        at += 2;
                    } else {
                        at += 1;
                        break;
                    }
                }
                let next = buf[at..].iter().find(|b| **b != b' ');
                let clean = next.is_none_or(|b| *b == self.delimiter || *b == self.newline || *b == b'\r');
                if lines && !clean {
                    return literal();
                }
            }
            match memchr2(self.delimiter, self.newline, &buf[at..]) {
                None if eof => return Slow::Record(buf.len()),
                None => return Slow::More,
                Some(i) => at += i + 1,
            }
            if buf[at - 1] == self.newline {
                return Slow::Record(at);
            }
            begins = true;
        }
    }
}

/// The places of delimiters, line ends and quotes, in order.
pub struct Marks<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    newline: u8,
    base: usize,
    mask: u64,
}

impl<'a> Marks<'a> {
    /// The marks in `bytes`.
    pub fn new(bytes: &'a [u8], dialect: &Dialect) -> Self {
        let mut marks = Self { bytes, delimiter: dialect.delimiter, newline: dialect.newline, base: 0, mask: 0 };
        marks.mask = marks.find(0);
        marks
    }

    /// Forgets the marks before `at`.
    pub fn skip_to(&mut self, at: usize) {
        self.base = at / 64 * 64;
        self.mask = if at < self.bytes.len() { self.find(self.base) & (!0 << (at % 64)) } else { 0 };
    }

    #[inline]
    fn find(&self, base: usize) -> u64 {
        let (block, valid) = load(self.bytes, base);
        (eq_mask(&block, self.delimiter) | eq_mask(&block, self.newline) | eq_mask(&block, QUOTE)) & valid
    }

    /// The place of the next mark, or the end of the bytes.
    #[inline]
    pub fn next(&mut self) -> usize {
        while self.mask == 0 {
            self.base += 64;
            if self.base >= self.bytes.len() {
                self.base = self.bytes.len();
                return self.bytes.len();
            }
            self.mask = self.find(self.base);
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(delimiter: u8, newline: u8) -> Dialect {
        Dialect { delimiter, run: false, newline, skip_blank: true, quote_limit: 1 << 20 }
    }

    fn rows(d: &Dialect, text: &str) -> (u64, Vec<u64>) {
        let mut walk = Walk::default();
        assert_eq!(d.walk(text.as_bytes(), true, &mut walk, u64::MAX, usize::MAX), Stop::End);
        (walk.rows, walk.literal)
    }

    #[test]
    fn records_are_counted() {
        let d = dialect(b',', b'\n');
        for (text, want) in [
            ("", 0),
            ("a", 1),
            ("a\n", 1),
            ("a\n\nb\r\n\r\nc", 3),
            ("\n\na,b\n", 1),
            ("\"a\nb\",c\nd,e\n", 2),
            ("\"a\"\"\nb\",c\n", 1),
            ("a,\"\"\n\"\",b\n", 2),
            ("5\" pipe,x\n6\" pipe,y\n", 2),
            ("\"a\" \"b\",c\nd\n", 2),
            ("x,\"\"\"q\"\"\"\ny,z\n", 2),
        ] {
            for pad in 0..70 {
                let padded = format!("{}\n{text}", "p".repeat(pad + 1));
                assert_eq!(rows(&d, &padded), (want + 1, vec![]), "{text:?} after {pad}");
            }
        }
        assert_eq!(rows(&dialect(b',', b'\r'), "a,b\rc,\"d\re\"\rf").0, 3);
    }

    #[test]
    fn a_quote_left_open_costs_one_line() {
        let d = dialect(b',', b'\n');
        assert_eq!(rows(&d, "a,\"b\nc,d\ne,f\n"), (3, vec![0]));
        assert_eq!(rows(&d, "a,b\n\"open,1\n\"x\",\"y\"\n\"z\",2\n"), (4, vec![1]));
        let short = Dialect { quote_limit: 20, ..d };
        let text = format!("\"open\n{}\"\n", "line\n".repeat(20));
        assert_eq!(rows(&short, &text).0, 22);
    }

    #[test]
    fn the_walk_stops_where_it_is_told() {
        let d = dialect(b',', b'\n');
        let text: String = (0..500).map(|i| format!("{i},\"v\n{i}\"\n")).collect();
        let mut starts = vec![0];
        let mut walk = Walk::default();
        for n in 1..=500u64 {
            d.walk(text.as_bytes(), true, &mut walk, n, usize::MAX);
            assert_eq!(walk.rows, n);
            assert!(text[..walk.at].ends_with("\"\n"));
            starts.push(walk.at);
        }
        for (n, start) in starts.iter().enumerate().take(500) {
            let mut walk = Walk::default();
            d.walk(text.as_bytes(), true, &mut walk, u64::MAX, (*start).max(1));
            assert_eq!((walk.rows, walk.at), (n.max(1) as u64, starts[n.max(1)]));
        }
        // Cut anywhere, the walk says that there is more, and goes on from where it stood.
        for cut in 0..200 {
            let mut walk = Walk::default();
            assert_eq!(d.walk(&text.as_bytes()[..cut], false, &mut walk, u64::MAX, usize::MAX), Stop::More);
            assert_eq!(starts[walk.rows as usize], walk.at);
            d.walk(text.as_bytes(), true, &mut walk, u64::MAX, usize::MAX);
            assert_eq!(walk.rows, 500);
        }
    }
}
