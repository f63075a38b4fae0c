//! Records to fields, and fields to typed columns.
//!
//! Only the columns asked for are looked at; the others are stepped over. A value that does not fit its column's type is
//! handed back as a [`Misfit`], never dropped in silence.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder as _, Column, Float64Type, Int32Type, Int64Type, IntoColumn as _,
    IntoSeries as _, PrimitiveChunkedBuilder, StringChunkedBuilder, TimeZone,
};

use super::infer::{self, Type};
use super::scan::{Dialect, Marks, QUOTE, Walk};

/// Receives the fields of records, in order.
pub trait Sink {
    /// Whether the field at this place of a record is looked at.
    fn wants(&self, place: usize) -> bool;
    /// The last place that is looked at, where the fields behind it need not even be counted.
    fn last(&self) -> Option<usize> {
        None
    }
    /// A field: its text without quotes, and whether it was quoted.
    fn field(&mut self, place: usize, text: &str, quoted: bool);
    /// A record is over; it began at this byte of the text and had so many fields, as far as they were counted.
    fn end(&mut self, row: u64, start: usize, fields: usize);
}

/// Splits `text`, which begins with record `first_row`, into at most `limit` records. `literal` lists (in order) the
/// records whose quotes are ordinary characters.
pub fn split<S: Sink>(text: &str, dialect: &Dialect, first_row: u64, literal: &[u64], limit: u64, sink: &mut S) {
    let bytes = text.as_bytes();
    let mut marks = Marks::new(bytes, dialect);
    let last = sink.last().filter(|_| !dialect.run);
    let mut literal = literal[literal.partition_point(|r| *r < first_row)..].iter().copied().peekable();
    let end = first_row.saturating_add(limit);
    let mut scratch = String::new();
    let mut row = first_row;
    let mut at = 0;
    'records: while at < bytes.len() && row < end {
        let start = at;
        let plain = literal.peek() == Some(&row);
        let mut place = 0;
        loop {
            if dialect.run {
                while bytes.get(at) == Some(&dialect.delimiter) {
                    marks.next();
                    at += 1;
                }
            }
            let quoted = !plain && bytes.get(at) == Some(&QUOTE);
            let mut doubled = false;
            let mut close = at;
            if quoted {
                marks.next();
                close = loop {
                    let m = marks.next();
                    if bytes.get(m) == Some(&QUOTE) && bytes.get(m + 1) == Some(&QUOTE) {
                        marks.next();
                        doubled = true;
                    } else if m >= bytes.len() || bytes[m] == QUOTE {
                        break m;
                    }
                };
            }
            let stop = loop {
                let m = marks.next();
                if bytes.get(m) != Some(&QUOTE) {
                    break m;
                }
            };
            let over = stop >= bytes.len() || bytes[stop] == dialect.newline;
            let mut edge = stop;
            if over && dialect.newline == b'\n' && edge > close && bytes[edge - 1] == b'\r' {
                edge -= 1;
            }
            if over && !quoted && edge == at {
                if place == 0 && edge == start && dialect.skip_blank {
                    at = stop + 1;
                    continue 'records;
                }
                if dialect.run && place > 0 {
                    at = stop + 1;
                    break;
                }
            }
            if sink.wants(place) {
                if quoted {
                    let inner = text.get(at + 1..close.max(at + 1)).unwrap_or("");
                    if doubled || edge > close + 1 {
                        scratch.clear();
                        unescape(inner, &mut scratch);
                        scratch.push_str(text.get(close + 1..edge).unwrap_or(""));
                        sink.field(place, &scratch, true);
                    } else {
                        sink.field(place, inner, true);
                    }
                } else {
                    sink.field(place, text.get(at..edge).unwrap_or(""), false);
                }
            }
            place += 1;
            at = stop + 1;
            if over {
                break;
            }
            if last.is_some_and(|last| place > last) {
                at = rest(bytes, dialect, at, plain);
                marks.skip_to(at);
                break;
            }
        }
        sink.end(row, start, place);
        literal.next_if_eq(&row);
        row += 1;
    }
}

/// Where the record ends one of whose fields, not the first one, begins at `at`.
fn rest(bytes: &[u8], dialect: &Dialect, at: usize, literal: bool) -> usize {
    // An empty field at the end would look like an empty line.
    let ends = matches!(bytes.get(at), Some(b'\r')) || bytes.get(at) == Some(&dialect.newline);
    if literal || ends {
        return memchr::memchr(dialect.newline, &bytes[at..]).map_or(bytes.len(), |i| at + i + 1);
    }
    let mut walk = Walk { at, ..Walk::default() };
    dialect.walk(bytes, true, &mut walk, 1, usize::MAX);
    walk.at
}

/// Adds what stood between quotes, with one quote for two.
fn unescape(mut inner: &str, out: &mut String) {
    while let Some(i) = memchr::memchr(QUOTE, inner.as_bytes()) {
        out.push_str(inner.get(..=i).unwrap_or(""));
        inner = inner.get(i + 2..).unwrap_or("");
    }
    out.push_str(inner);
}

/// A value that did not fit the type of its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Number of the row.
    pub row: u64,
    /// The value as it stands in the file.
    pub value: String,
}

enum Builder {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Boolean(BooleanChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    DateTime { values: PrimitiveChunkedBuilder<Int64Type>, utc: bool, tokyo: bool, nanos: bool },
}

impl Builder {
    fn new(name: &str, kind: Type, rows: usize) -> Self {
        let name = name.into();
        match kind {
            Type::Text => Self::Text(StringChunkedBuilder::new(name, rows)),
            Type::Integer => Self::Integer(PrimitiveChunkedBuilder::new(name, rows)),
            Type::Float => Self::Float(PrimitiveChunkedBuilder::new(name, rows)),
            Type::Boolean => Self::Boolean(BooleanChunkedBuilder::new(name, rows)),
            Type::Date => Self::Date(PrimitiveChunkedBuilder::new(name, rows)),
            Type::DateTime { utc, tokyo, nanos } => {
                Self::DateTime { values: PrimitiveChunkedBuilder::new(name, rows), utc, tokyo, nanos }
            }
        }
    }

    /// Adds a value; false if it does not fit (then it is missing).
    #[inline]
    fn push(&mut self, text: &str, quoted: bool) -> bool {
        if text.is_empty() && !(quoted && matches!(self, Self::Text(_))) {
            self.push_null();
            return true;
        }
        let b = text.as_bytes();
        macro_rules! typed {
            ($builder:expr, $value:expr) => {{
                let value = $value;
                $builder.append_option(value);
                value.is_some()
            }};
        }
        match self {
            Self::Text(v) => {
                v.append_value(text);
                true
            }
            Self::Integer(v) => typed!(v, infer::int(b)),
            Self::Float(v) => typed!(v, infer::float(b)),
            Self::Boolean(v) => typed!(v, infer::boolean(b)),
            Self::Date(v) => typed!(v, infer::date(b)),
            Self::DateTime { values, utc, nanos, .. } => typed!(values, infer::moment(b, *utc, *nanos)),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Text(v) => v.append_null(),
            Self::Integer(v) => v.append_null(),
            Self::Float(v) => v.append_null(),
            Self::Boolean(v) => v.append_null(),
            Self::Date(v) => v.append_null(),
            Self::DateTime { values, .. } => values.append_null(),
        }
    }

    fn finish(self) -> Column {
        match self {
            Self::Text(v) => v.finish().into_series().into_column(),
            Self::Integer(v) => v.finish().into_series().into_column(),
            Self::Float(v) => v.finish().into_series().into_column(),
            Self::Boolean(v) => v.finish().into_series().into_column(),
            Self::Date(v) => v.finish().into_date().into_series().into_column(),
            Self::DateTime { values, utc, tokyo, nanos } => values
                .finish()
                .into_datetime(
                    infer::unit(nanos),
                    infer::zone(utc, tokyo).and_then(|z| TimeZone::opt_try_new(Some(z)).ok().flatten()),
                )
                .into_series()
                .into_column(),
        }
    }
}

const NONE: u32 = u32::MAX;

/// Collects the columns asked for.
pub struct Extract {
    slots: Vec<u32>,
    places: Vec<usize>,
    builders: Vec<Builder>,
    /// The first misfit of each column asked for since the last look, by place of the column.
    pub misfits: Vec<(usize, Misfit)>,
    row: u64,
    rows: usize,
}

impl Extract {
    /// For the columns at `places` (each once), named and typed by `column`.
    pub fn new<'a>(places: &[usize], first_row: u64, rows: usize, column: impl Fn(usize) -> (&'a str, Type)) -> Self {
        let mut slots = vec![NONE; places.iter().max().map_or(0, |m| m + 1)];
        let mut builders = Vec::with_capacity(places.len());
        for (i, place) in places.iter().enumerate() {
            slots[*place] = i as u32;
            let (name, kind) = column(*place);
            builders.push(Builder::new(name, kind, rows));
        }
        Self { slots, places: places.to_vec(), builders, misfits: Vec::new(), row: first_row, rows: 0 }
    }

    /// The columns, and how many rows they have.
    pub fn finish(self) -> (usize, Vec<Column>) {
        (self.rows, self.builders.into_iter().map(Builder::finish).collect())
    }
}

impl Sink for Extract {
    #[inline]
    fn wants(&self, place: usize) -> bool {
        self.slots.get(place).is_some_and(|s| *s != NONE)
    }

    fn last(&self) -> Option<usize> {
        self.slots.len().checked_sub(1)
    }

    #[inline]
    fn field(&mut self, place: usize, text: &str, quoted: bool) {
        let slot = self.slots[place] as usize;
        if !self.builders[slot].push(text, quoted) && !self.misfits.iter().any(|(p, _)| *p == place) {
            self.misfits.push((place, Misfit { row: self.row, value: text.to_owned() }));
        }
    }

    #[inline]
    fn end(&mut self, _row: u64, _start: usize, fields: usize) {
        if fields < self.slots.len() {
            for (place, builder) in self.places.iter().zip(&mut self.builders) {
                if *place >= fields {
                    builder.push_null();
                }
            }
        }
        self.row += 1;
        self.rows += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct All(Vec<Vec<(String, bool)>>, Vec<(String, bool)>);

    impl Sink for All {
        fn wants(&self, _place: usize) -> bool {
            true
        }
        fn field(&mut self, _place: usize, text: &str, quoted: bool) {
            self.1.push((text.to_owned(), quoted));
        }
        fn end(&mut self, _row: u64, _start: usize, fields: usize) {
            assert_eq!(fields, self.1.len());
            self.0.push(std::mem::take(&mut self.1));
        }
    }

    fn fields(text: &str, delimiter: u8, run: bool, literal: &[u64]) -> Vec<Vec<String>> {
        let d = Dialect { delimiter, run, newline: b'\n', skip_blank: true, quote_limit: 1 << 20 };
        let mut all = All::default();
        split(text, &d, 0, literal, u64::MAX, &mut all);
        all.0.into_iter().map(|r| r.into_iter().map(|(t, _)| t).collect()).collect()
    }

    struct First(All, usize);

    impl Sink for First {
        fn wants(&self, place: usize) -> bool {
            place <= self.1
        }
        fn last(&self) -> Option<usize> {
            Some(self.1)
        }
        fn field(&mut self, place: usize, text: &str, quoted: bool) {
            self.0.field(place, text, quoted);
        }
        fn end(&mut self, _row: u64, _start: usize, _fields: usize) {
            self.0.0.push(std::mem::take(&mut self.0.1));
        }
    }

    /// What is stepped over changes nothing about where records end.
    #[test]
    fn the_first_fields_alone() {
        const PIECES: [&str; 12] =
            ["a", "", "\"q\"", "\"x,\"\"y\"", "\"l\nm\"", "5\"", "日本", "\"\"", "\r", "\"a\" b", "-1.5", "zz"];
        let mut text = String::new();
        for n in 0..600usize {
            let fields: Vec<&str> = (0..1 + n % 5).map(|i| PIECES[(n * 7 + i * 5 + n / 12) % PIECES.len()]).collect();
            text.push_str(&fields.join(","));
            text.push_str(if n % 3 == 0 { "\r\n" } else { "\n" });
        }
        for skip_blank in [true, false] {
            let d = Dialect { delimiter: b',', run: false, newline: b'\n', skip_blank, quote_limit: 1 << 20 };
            let mut walk = Walk::default();
            d.walk(text.as_bytes(), true, &mut walk, u64::MAX, usize::MAX);
            let mut all = All::default();
            split(&text, &d, 0, &walk.literal, u64::MAX, &mut all);
            assert_eq!(all.0.len() as u64, walk.rows);
            for last in 0..4 {
                let mut first = First(All::default(), last);
                split(&text, &d, 0, &walk.literal, u64::MAX, &mut first);
                let want: Vec<Vec<_>> = all.0.iter().map(|r| r.iter().take(last + 1).cloned().collect()).collect();
                assert_eq!(first.0.0, want, "{last}");
            }
        }
    }

    #[test]
    fn fields_and_quotes() {
        for (text, want) in [
            ("a,b\n", vec![vec!["a", "b"]]),
            ("a,\n,b", vec![vec!["a", ""], vec!["", "b"]]),
            ("a,b,", vec![vec!["a", "b", ""]]),
            ("\"a\"\"b\",\"x\ny\"\r\nc,d\r\n", vec![vec!["a\"b", "x\ny"], vec!["c", "d"]]),
            ("5\" pipe,\"q\" tail\n", vec![vec!["5\" pipe", "q tail"]]),
            ("\n\r\n\"\"\n", vec![vec![""]]),
            ("日本,\"東,京\"\n", vec![vec!["日本", "東,京"]]),
        ] {
            assert_eq!(fields(text, b',', false, &[]), want, "{text:?}");
        }
        assert_eq!(fields("a,\"b\nc,d\n", b',', false, &[0]), [["a", "\"b"], ["c", "d"]]);
        assert_eq!(fields("  a   b \nc d", b' ', true, &[]), [["a", "b"], ["c", "d"]]);
    }
}
