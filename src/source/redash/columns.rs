//! The cells of a result on their way to a table: each column holds what it has seen in the narrowest form that loses
//! nothing, and says what it is only when a block of rows is taken out.
//!
//! Redash names a type for some columns and none for others, and what it names is not always so: the values decide, the
//! name breaks ties. Nothing here knows polars.

pub use super::kinds::{Hint, Seen, Type};
use super::number::{self, EXACT, Number};
use crate::value::time;

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

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
struct Label {
    /// Empty for columns that no key of a row names.
    text: Vec<u8>,
    /// Its beginning, and which bits of it count.
    first: u128,
    mask: u128,
}

impl Label {
    /// Of a key with its quotes.
    fn of(key: &[u8]) -> Self {
        let text = [key, b":"].concat();
        let mut first = [0; 16];
        let some = text.len().min(first.len());
        first[..some].copy_from_slice(&text[..some]);
        Self { text, first: u128::from_le_bytes(first), mask: u128::MAX >> (128 - 8 * some) }
    }

    /// Its length, if `bytes` begin with it.
    fn begins(&self, bytes: &[u8]) -> Option<usize> {
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
    label: Label,
    form: Form,
    numbers: Vec<i64>,
    floats: Vec<f64>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// For each row in hand, whether there is a value.
    there: Vec<bool>,
    seen: Seen,
    /// Whether there are texts among the values in hand.
    plain: bool,
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
    /// Text, one after the other, with the end of each.
    Text(String, Vec<usize>, Vec<bool>),
}

impl Column {
    fn new(name: String, hint: Hint, rows: usize) -> Self {
        let label = Label::of(&serde_json::to_vec(&name).unwrap_or_default());
        Self {
            name,
            hint,
            label,
            form: Form::Nothing,
            numbers: Vec::new(),
            floats: Vec::new(),
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
            (Form::Ints, Form::Floats) => self.floats = self.numbers.drain(..).map(|v| v as f64).collect(),
            (_, Form::Bytes) => {
                for row in 0..self.there.len() {
                    if self.there[row] {
                        use std::io::Write as _;
                        // Writing to memory does not fail.
                        let _ = match from {
                            Form::Flags => write!(self.bytes, "{}", self.numbers[row] != 0),
                            Form::Ints => write!(self.bytes, "{}", self.numbers[row]),
                            _ => write!(self.bytes, "{:?}", self.floats[row]),
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

    fn push_bytes(&mut self, value: &[u8]) {
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(value);
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(()) = self.push_written(write);
    }

    /// Adds the bytes that `write` adds to those before; none if it fails.
    fn push_written<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
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

    fn push_flag(&mut self, value: bool) {
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
    fn push_number(&mut self, number: Number, text: &[u8]) {
        match number {
            Number::Whole(value) => {
                let exact = value.unsigned_abs() <= EXACT;
                self.seen.0 |= if exact { Seen::INT } else { Seen::BIG };
                match self.form {
                    Form::Ints => {}
                    Form::Nothing => self.widen(Form::Ints),
                    Form::Floats if exact => return self.push_float(value as f64),
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

    fn push_float(&mut self, value: f64) {
        if self.floats.len() < self.there.len() {
            self.pad();
        }
        self.floats.push(value);
        self.there.push(true);
    }

    /// Judges the texts among so many rows in hand, unless it is settled that they are words.
    fn judge(&mut self, rows: usize) {
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
}

/// The microseconds of a date or time, and which of them it is.
fn moment(text: &[u8]) -> Option<(i64, u16)> {
    if !text.first().is_some_and(u8::is_ascii_digit) || text.len() < 10 {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if text.len() == 10 {
        return Some((i64::from(time::iso_day(text)?) * DAY, Seen::DATE));
    }
    let (micros, instant) = time::iso_moment(text)?;
    let seen = match instant {
        false => Seen::LOCAL,
        true if text.ends_with("+09:00") => Seen::TOKYO,
        true => Seen::UTC,
    };
    Some((micros, seen))
}

/// A column's name, its hint and what was seen in it.
type Known = (String, Hint, Seen);

/// What is known of the columns of a result that was read.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    constants: Vec<Known>,
    /// The result's own columns in the order to show them, and whether the server listed them.
    columns: Vec<(Known, bool)>,
}

/// The columns of a result and the rows in hand.
#[derive(Default)]
pub struct Columns {
    columns: Vec<Column>,
    /// Places of the columns the server listed, in its order.
    listed: Vec<usize>,
    /// Those of them that belong to the result being read.
    current: Vec<usize>,
    /// Columns with the same value in every row of the result being read.
    constant: Vec<(usize, String, bool)>,
    /// No column is added any more.
    known: bool,
    /// For each column, and first for the beginning of a row, which came next the last time.
    next: Vec<usize>,
    rows: usize,
}

impl Columns {
    /// Columns that are known from an earlier reading of the same result.
    pub fn of(columns: Vec<(String, Hint)>) -> Self {
        let mut all = Self::default();
        columns.into_iter().for_each(|(name, hint)| all.declare(name, hint));
        all.known = true;
        all
    }

    /// Adds a column, or names the type of one the rows brought. A name that is in the same result twice gets a number.
    pub fn declare(&mut self, name: String, hint: Hint) {
        if self.known {
            return;
        }
        self.give_way(&name);
        let place = match self.columns.iter().position(|c| c.name == name) {
            Some(place) if !self.current.contains(&place) => {
                self.columns[place].hint = hint;
                place
            }
            Some(_) => {
                let free = (2..).map(|n| format!("{name}_{n}")).find(|n| self.columns.iter().all(|c| c.name != *n));
                self.add(free.unwrap_or_default(), hint)
            }
            None => self.add(name, hint),
        };
        self.current.push(place);
        if !self.listed.contains(&place) {
            self.listed.push(place);
        }
    }

    /// A constant column called as one of the result's own: that one keeps its name.
    fn give_way(&mut self, name: &str) {
        if let Some((place, ..)) = self.constant.iter().find(|(p, ..)| self.columns[*p].name == name) {
            let place = *place;
            self.columns[place].name = format!("p_{name}");
            self.columns[place].label = Label::default();
        }
    }

    /// Begins another result whose rows go below those in hand; every row of it carries these values: a name, the
    /// value, and whether it is a number.
    pub fn begin(&mut self, values: &[(String, String, bool)]) {
        self.current.clear();
        if self.constant.is_empty() {
            for (name, ..) in values {
                let place = match self.columns.iter().position(|c| self.known && c.name == *name) {
                    Some(place) => place,
                    None => {
                        let place = self.add(name.clone(), Hint::None);
                        self.listed.push(place);
                        place
                    }
                };
                self.columns[place].label = Label::default();
                self.constant.push((place, String::new(), false));
            }
        }
        for (constant, (_, value, number)) in self.constant.iter_mut().zip(values) {
            (constant.1, constant.2) = (value.clone(), *number);
        }
    }

    /// What is known of the columns, without any rows.
    pub fn outline(&self) -> Outline {
        let places = self.constant.iter().map(|c| c.0);
        let of = |p: usize| (self.columns[p].name.clone(), self.columns[p].hint, self.columns[p].seen);
        Outline {
            constants: places.clone().map(of).collect(),
            columns: self
                .order()
                .into_iter()
                .filter(|p| places.clone().all(|c| c != *p))
                .map(|p| (of(p), self.listed.contains(&p)))
                .collect(),
        }
    }

    /// Takes over what is known of another result whose rows go below: one that carries these values.
    pub fn absorb(&mut self, other: &Outline, values: &[(String, String, bool)]) {
        self.begin(values);
        for (i, (name, _, seen)) in other.constants.iter().enumerate() {
            let place = self.constant[i].0;
            if *name != self.columns[place].name {
                self.give_way(&values[i].0);
            }
            self.columns[place].seen.0 |= seen.0;
        }
        for ((name, hint, seen), listed) in &other.columns {
            self.give_way(name);
            let place = match self.columns.iter().position(|c| c.name == *name) {
                Some(place) => place,
                None => self.add(name.clone(), *hint),
            };
            if *listed && !self.listed.contains(&place) {
                self.listed.push(place);
            }
            let column = &mut self.columns[place];
            if seen.0 != 0 {
                column.hint = *hint;
            }
            column.seen.0 |= seen.0;
        }
    }

    /// The names of the columns with the same value in every row of a result.
    pub fn constants(&self) -> Vec<String> {
        self.constant.iter().map(|c| self.columns[c.0].name.clone()).collect()
    }

    fn add(&mut self, name: String, hint: Hint) -> usize {
        self.columns.push(Column::new(name, hint, self.rows));
        self.columns.len() - 1
    }

    /// Places of all columns in the order to show them: as listed, then those only rows named.
    pub fn order(&self) -> Vec<usize> {
        let rest = (0..self.columns.len()).filter(|p| !self.listed.contains(p));
        self.listed.iter().copied().chain(rest).collect()
    }

    /// The columns.
    pub fn all(&self) -> &[Column] {
        &self.columns
    }

    /// Rows in hand.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes in hand, roughly.
    pub fn size(&self) -> usize {
        self.columns.iter().map(|c| c.bytes.len() + 8 * (c.ends.len() + c.numbers.len() + c.floats.len())).sum()
    }

    /// The column expected behind the one at `before` (the first of a row behind none), if `bytes` begin with its key and
    /// a colon, and how long those are.
    pub(super) fn expected(&self, before: Option<usize>, bytes: &[u8]) -> Option<(usize, usize)> {
        let at = before.map_or(0, |b| b + 1);
        let place = self.next.get(at).copied().unwrap_or(at);
        self.columns.get(place)?.label.begins(bytes).map(|length| (place, length))
    }

    /// The place of the column called `name`, which `raw` spells, found behind the one at `before`; a new one if there
    /// is none.
    pub(super) fn place(&mut self, before: Option<usize>, name: String, raw: &[u8]) -> usize {
        if !self.known {
            self.give_way(&name);
        }
        let place = match self.columns.iter().position(|c| c.name == name) {
            Some(place) => place,
            None => self.add(name, Hint::None),
        };
        self.columns[place].label = Label::of(raw);
        let at = before.map_or(0, |b| b + 1);
        while self.next.len() <= at {
            self.next.push(self.next.len());
        }
        self.next[at] = place;
        place
    }

    /// The column of a place, with the row about to be written still open. A key that comes twice keeps its last value.
    fn open(&mut self, place: usize) -> &mut Column {
        let rows = self.rows;
        let column = &mut self.columns[place];
        if column.there.len() != rows {
            column.truncate(rows);
            // Rows that did not name the column have no value there.
            column.there.resize(rows, false);
        }
        column
    }

    pub(super) fn null(&mut self, place: usize) {
        let column = self.open(place);
        column.there.push(false);
    }

    pub(super) fn flag(&mut self, place: usize, value: bool) {
        self.open(place).push_flag(value);
    }

    pub(super) fn number(&mut self, place: usize, number: Number, text: &[u8]) {
        self.open(place).push_number(number, text);
    }

    pub(super) fn text(&mut self, place: usize, text: &[u8]) {
        let column = self.open(place);
        column.plain = true;
        column.push_bytes(text);
    }

    /// Adds the text that `write` adds to what it is given.
    pub(super) fn written<E>(
        &mut self,
        place: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let column = self.open(place);
        column.plain = true;
        column.push_written(write)
    }

    pub(super) fn nested(&mut self, place: usize, text: &[u8]) {
        let column = self.open(place);
        column.seen.0 |= Seen::NESTED;
        column.push_bytes(text);
    }

    pub(super) fn end_row(&mut self) {
        let constant = std::mem::take(&mut self.constant);
        for (place, value, number) in &constant {
            match number {
                true => self.number(*place, number::read(value.as_bytes()), value.as_bytes()),
                false => self.text(*place, value.as_bytes()),
            }
        }
        self.constant = constant;
        self.rows += 1;
    }

    /// Takes back what was written of a row that is not whole.
    pub(super) fn undo_row(&mut self) {
        let rows = self.rows;
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }

    /// Judges what is in hand.
    pub fn judge(&mut self) {
        let rows = self.rows;
        self.columns.iter_mut().for_each(|c| c.judge(rows));
    }

    /// Takes the rows in hand out: the columns at these places, each as its type. None if values do not fit.
    pub fn take(&mut self, plan: &[(usize, Type)]) -> Option<Vec<Cells>> {
        let rows = std::mem::take(&mut self.rows);
        let cells = plan.iter().map(|(place, kind)| self.columns.get_mut(*place)?.take(*kind, rows)).collect();
        self.columns.iter_mut().for_each(Column::clear);
        cells
    }

    /// Drops the rows in hand.
    pub fn drop_rows(&mut self) {
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
    }
}

impl Column {
    /// The texts in hand, as the server wrote them.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let ends = if self.form == Form::Bytes { self.ends.as_slice() } else { &[] };
        let mut start = 0;
        ends.iter().map(move |end| &self.bytes[std::mem::replace(&mut start, *end)..*end])
    }

    fn truncate(&mut self, rows: usize) {
        self.there.truncate(rows);
        self.numbers.truncate(rows);
        self.floats.truncate(rows);
        if self.ends.len() > rows {
            self.ends.truncate(rows);
            self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        }
    }

    fn clear(&mut self) {
        self.form = Form::Nothing;
        self.there.clear();
        self.numbers.clear();
        self.floats.clear();
        self.bytes.clear();
        self.ends.clear();
        self.plain = false;
        self.times.clear();
        self.of_times = None;
    }

    fn take(&mut self, kind: Type, rows: usize) -> Option<Cells> {
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
            Type::Text => {
                let (text, ends) = text_of(taken(&mut self.bytes), taken(&mut self.ends));
                Some(Cells::Text(text, ends, taken(&mut self.there)))
            }
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

/// What is in a list; as much room is left for what comes next.
fn taken<T>(from: &mut Vec<T>) -> Vec<T> {
    let room = from.len();
    std::mem::replace(from, Vec::with_capacity(room))
}

/// Bytes as text; where some are not UTF-8, those become the replacement character and the ends move.
fn text_of(bytes: Vec<u8>, ends: Vec<usize>) -> (String, Vec<usize>) {
    match String::from_utf8(bytes) {
        Ok(text) if ends.iter().all(|e| text.is_char_boundary(*e)) => (text, ends),
        other => {
            let bytes = match other {
                Ok(text) => text.into_bytes(),
                Err(e) => e.into_bytes(),
            };
            let mut text = String::with_capacity(bytes.len());
            let mut start = 0;
            let ends = ends
                .into_iter()
                .map(|end| {
                    text.push_str(&String::from_utf8_lossy(&bytes[start..end]));
                    start = end;
                    text.len()
                })
                .collect();
            (text, ends)
        }
    }
}
