//! One column of the rows in hand: it holds what it has seen in the narrowest form that loses nothing. Which rows there are
//! is known to whoever holds the columns. Nothing here knows polars.

use super::kinds::{Hint, Seen, Type};
use super::number::{Number, spelled};
use crate::value::decimal::EXACT;
use crate::value::time;

/// Microseconds in a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// What cells are kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing but missing values so far.
    Nothing,
    Flags,
    Ints,
    Floats,
    /// Text between ends.
    Bytes,
}

/// How a key and its colon are spelled in a row.
#[derive(Default)]
pub(super) struct Label {
    /// Empty for columns that no key of a row names.
    text: Vec<u8>,
    /// Its beginning, and which bits of it count.
    first: u128,
    mask: u128,
}

impl Label {
    /// Of a key with its quotes.
    pub(super) fn of(key: &[u8]) -> Self {
        let text = [key, b":"].concat();
        let mut first = [0; 16];
        let some = text.len().min(first.len());
        first[..some].copy_from_slice(&text[..some]);
        Self { text, first: u128::from_le_bytes(first), mask: u128::MAX >> (128 - 8 * some) }
    }

    /// Its length, if `bytes` begin with it.
    #[inline]
    pub(super) fn begins(&self, bytes: &[u8]) -> Option<usize> {
        let length = self.text.len();
        // Most keys are short, and stand before more bytes than these.
        let same = match bytes.first_chunk() {
            Some(first) => {
                u128::from_le_bytes(*first) & self.mask == self.first
                    && (length <= 16 || bytes.get(16..length) == self.text.get(16..))
            }
            None => bytes.starts_with(&self.text),
        };
        (same && length > 0).then_some(length)
    }
}

/// One column of the rows in hand.
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type Redash names.
    pub hint: Hint,
    pub(super) label: Label,
    form: Form,
    numbers: Vec<i64>,
    floats: Vec<f64>,
    /// Which of the floats in hand were written as whole numbers: all before this row, and those in these rows.
    whole: (usize, Vec<usize>),
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// For each row in hand, whether there is a value.
    pub(super) there: Vec<bool>,
    pub(super) seen: Seen,
    /// Whether there are texts among the values in hand.
    pub(super) plain: bool,
    /// The times that the texts in hand are, and of which kinds, once they were read as such.
    times: Vec<i64>,
    of_times: Option<u16>,
}

/// The cells of a column, taken out.
#[derive(Debug, PartialEq)]
pub enum Cells {
    /// Truth values.
    Flags(Vec<Option<bool>>),
    /// Whole numbers, days or microseconds.
    Ints(Vec<i64>, Vec<bool>),
    /// Doubles.
    Floats(Vec<f64>, Vec<bool>),
    /// Text as the server sent it, one after the other, with the end of each.
    Text(Vec<u8>, Vec<usize>, Vec<bool>),
}

impl Column {
    pub(super) fn new(name: String, hint: Hint, rows: usize) -> Self {
        let label = Label::of(&serde_json::to_vec(&name).unwrap_or_default());
        Self {
            name,
            hint,
            label,
            form: Form::Nothing,
            numbers: Vec::new(),
            floats: Vec::new(),
            whole: (0, Vec::new()),
            bytes: Vec::new(),
            ends: Vec::new(),
            there: vec![false; rows],
            seen: Seen::default(),
            plain: false,
            times: Vec::new(),
            of_times: None,
        }
    }

    /// What was seen so far, in rows taken out as well.
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Fills what is kept up to the row about to be written.
    #[inline]
    fn pad(&mut self) {
        let rows = self.there.len();
        match self.form {
            Form::Nothing => {}
            Form::Flags | Form::Ints => self.numbers.resize(rows, 0),
            Form::Floats => self.floats.resize(rows, 0.0),
            Form::Bytes => self.ends.resize(rows, self.bytes.len()),
        }
    }

    /// Keeps cells in a wider form from now on.
    fn widen(&mut self, to: Form) {
        self.pad();
        let from = std::mem::replace(&mut self.form, to);
        match (from, to) {
            (Form::Nothing, _) => self.pad(),
            (Form::Ints, Form::Floats) => {
                self.floats = self.numbers.drain(..).map(|v| v as f64).collect();
                self.whole.0 = self.floats.len();
            }
            (_, Form::Bytes) => {
                let mut whole = self.whole.1.iter().peekable();
                for row in 0..self.there.len() {
                    let whole = whole.next_if_eq(&&row).is_some() || row < self.whole.0;
                    if self.there[row] {
                        use std::io::Write as _;
                        // Writing to memory does not fail.
                        let _ = match from {
                            Form::Flags => write!(self.bytes, "{}", self.numbers[row] != 0),
                            Form::Ints => write!(self.bytes, "{}", self.numbers[row]),
                            _ if whole => write!(self.bytes, "{}", self.floats[row]),
                            _ => self.bytes.write_all(spelled(self.floats[row]).as_bytes()),
                        };
                    }
                    self.ends.push(self.bytes.len());
                }
                self.numbers.clear();
                self.floats.clear();
            }
            _ => {}
        }
    }

    #[inline]
    pub(super) fn push_bytes(&mut self, value: &[u8]) {
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(value);
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(()) = self.push_written(write);
    }

    /// Adds the bytes that `write` adds to those before; none if it fails.
    #[inline]
    pub(super) fn push_written<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        if self.form != Form::Bytes {
            self.widen(Form::Bytes);
        }
        if self.ends.len() < self.there.len() {
            self.pad();
        }
        let start = self.bytes.len();
        if let Err(e) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(e);
        }
        self.ends.push(self.bytes.len());
        self.there.push(true);
        Ok(())
    }

    #[inline]
    pub(super) fn push_flag(&mut self, value: bool) {
        self.seen.0 |= Seen::BOOL;
        if self.form == Form::Nothing {
            self.widen(Form::Flags);
        }
        if self.form != Form::Flags {
            return self.push_bytes(if value { b"true" } else { b"false" });
        }
        self.pad();
        self.numbers.push(i64::from(value));
        self.there.push(true);
    }

    /// Adds a number, which is written as `text`.
    #[inline]
    pub(super) fn push_number(&mut self, number: Number, text: &[u8]) {
        match number {
            Number::Whole(value) => {
                let exact = value.unsigned_abs() <= EXACT;
                self.seen.0 |= if exact { Seen::INT } else { Seen::BIG };
                match self.form {
                    Form::Ints => {}
                    Form::Nothing => self.widen(Form::Ints),
                    Form::Floats if exact => {
                        self.whole.1.push(self.there.len());
                        return self.push_float(value as f64);
                    }
                    _ => return self.push_bytes(text),
                }
                if self.numbers.len() < self.there.len() {
                    self.pad();
                }
                self.numbers.push(value);
                self.there.push(true);
            }
            Number::Double(value) => {
                self.seen.0 |= Seen::FLOAT;
                match self.form {
                    Form::Floats => {}
                    Form::Nothing => self.widen(Form::Floats),
                    Form::Ints if self.seen.0 & Seen::BIG == 0 => self.widen(Form::Floats),
                    _ => return self.push_bytes(text),
                }
                self.push_float(value);
            }
            Number::Beyond => {
                self.seen.0 |= Seen::HUGE;
                self.push_bytes(text);
            }
        }
    }

    #[inline]
    fn push_float(&mut self, value: f64) {
        if self.floats.len() < self.there.len() {
            self.pad();
        }
        self.floats.push(value);
        self.there.push(true);
    }

    /// Judges the texts among so many rows in hand, unless it is settled that they are words.
    pub(super) fn judge(&mut self, rows: usize) {
        if !self.plain || self.seen.0 & Seen::WORDS != 0 {
            return;
        }
        if self.hint == Hint::Text {
            self.seen.0 |= Seen::WORDS;
            return;
        }
        self.there.resize(rows, false);
        self.pad();
        self.seen.0 |= self.timed();
    }

    /// Reads texts as times until one is none, and says what was seen.
    fn timed(&mut self) -> u16 {
        self.times.clear();
        let (mut start, mut all) = (0, 0);
        for (end, there) in self.ends.iter().zip(&self.there) {
            let text = &self.bytes[start..*end];
            start = *end;
            let (micros, seen) = if *there { moment(text).unwrap_or((0, Seen::WORDS)) } else { (0, 0) };
            all |= seen;
            if seen == Seen::WORDS {
                break;
            }
            self.times.push(micros);
        }
        self.of_times = Some(all);
        all
    }

    /// Bytes of the values in hand.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + 8 * (self.ends.len() + self.numbers.len() + self.floats.len())
    }

    /// The texts in hand, as the server wrote them.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let ends = if self.form == Form::Bytes { self.ends.as_slice() } else { &[] };
        let mut start = 0;
        ends.iter().map(move |end| &self.bytes[std::mem::replace(&mut start, *end)..*end])
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.there.truncate(rows);
        self.numbers.truncate(rows);
        self.floats.truncate(rows);
        self.whole.1.retain(|row| *row < rows);
        if self.ends.len() > rows {
            self.ends.truncate(rows);
            self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        }
    }

    pub(super) fn clear(&mut self) {
        self.form = Form::Nothing;
        self.there.clear();
        self.numbers.clear();
        self.floats.clear();
        self.whole.0 = 0;
        self.whole.1.clear();
        self.bytes.clear();
        self.ends.clear();
        self.plain = false;
        self.times.clear();
        self.of_times = None;
    }

    pub(super) fn take(&mut self, kind: Type, rows: usize) -> Option<Cells> {
        self.there.resize(rows, false);
        let form = match kind {
            Type::Boolean => Form::Flags,
            Type::Integer => Form::Ints,
            Type::Float => Form::Floats,
            _ => Form::Bytes,
        };
        if self.form != form {
            let fits = match (self.form, form) {
                (Form::Nothing, _) | (_, Form::Bytes) => true,
                (Form::Ints, Form::Floats) => self.numbers.iter().all(|v| v.unsigned_abs() <= EXACT),
                _ => false,
            };
            if !fits {
                self.clear();
                return None;
            }
            self.widen(form);
        }
        self.pad();
        let cells = match kind {
            Type::Boolean => {
                let values = self.numbers.iter().zip(&self.there);
                Some(Cells::Flags(values.map(|(v, there)| there.then_some(*v != 0)).collect()))
            }
            Type::Integer => Some(Cells::Ints(taken(&mut self.numbers), taken(&mut self.there))),
            Type::Float => Some(Cells::Floats(taken(&mut self.floats), taken(&mut self.there))),
            Type::Text => Some(Cells::Text(taken(&mut self.bytes), taken(&mut self.ends), taken(&mut self.there))),
            Type::Date | Type::Local | Type::Instant { .. } => self.times(kind),
        };
        self.clear();
        cells
    }

    /// The values as times. None if one is no such time.
    fn times(&mut self, kind: Type) -> Option<Cells> {
        let seen = self.of_times.unwrap_or_else(|| self.timed());
        let allowed = match kind {
            Type::Date => Seen::DATE,
            Type::Local => Seen::DATE | Seen::LOCAL,
            _ => Seen::UTC | Seen::TOKYO,
        };
        if seen & !allowed != 0 {
            return None;
        }
        let mut values = taken(&mut self.times);
        if kind == Type::Date {
            values.iter_mut().for_each(|v| *v /= DAY);
        }
        Some(Cells::Ints(values, taken(&mut self.there)))
    }
}

/// The microseconds of a date or time, and which of them it is.
#[inline]
fn moment(text: &[u8]) -> Option<(i64, u16)> {
    if !text.first().is_some_and(u8::is_ascii_digit) || text.len() < 10 {
        return None;
    }
    if text.len() == 10 {
        return Some((i64::from(time::iso_day(text)?) * DAY, Seen::DATE));
    }
    let (micros, instant) = time::iso_moment(text)?;
    let seen = match instant {
        false => Seen::LOCAL,
        true if text.ends_with(b"+09:00") => Seen::TOKYO,
        true => Seen::UTC,
    };
    Some((micros, seen))
}

/// What is in a list; as much room is left for what comes next.
fn taken<T>(from: &mut Vec<T>) -> Vec<T> {
    let room = from.len();
    std::mem::replace(from, Vec::with_capacity(room))
}
