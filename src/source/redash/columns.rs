//! The columns of a result and the rows in hand, on their way to a table. What the columns are is said only when a block of
//! rows is taken out.
//!
//! Redash names a type for some columns and none for others, and what it names is not always so: the values decide, the
//! name breaks ties. Nothing here knows polars.

use super::column::Label;
pub use super::column::{Cells, Column};
pub use super::kinds::{Hint, Seen, Type};
use super::number::{self, Number};

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
        self.columns.len() * self.rows + self.columns.iter().map(Column::size).sum::<usize>()
    }

    /// The column expected behind the one at `before` (the first of a row behind none), if `bytes` begin with its key and
    /// a colon, and how long those are.
    #[inline]
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
    #[inline]
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

    #[inline]
    pub(super) fn null(&mut self, place: usize) {
        let column = self.open(place);
        column.there.push(false);
    }

    #[inline]
    pub(super) fn flag(&mut self, place: usize, value: bool) {
        self.open(place).push_flag(value);
    }

    #[inline]
    pub(super) fn number(&mut self, place: usize, number: Number, text: &[u8]) {
        self.open(place).push_number(number, text);
    }

    #[inline]
    pub(super) fn text(&mut self, place: usize, text: &[u8]) {
        let column = self.open(place);
        column.plain = true;
        column.push_bytes(text);
    }

    /// Adds the text that `write` adds to what it is given.
    #[inline]
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

    #[inline]
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
