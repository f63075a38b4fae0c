//! What JSON values have in common: the narrowest column that holds all of them without loss.

use std::collections::HashMap;

use polars::prelude::{DataType, Field, TimeUnit, TimeZone};

use super::parse::Node;
use crate::value::time;

/// Fields an object may have and still be a struct. One with more is a map with data for keys, and is kept as JSON.
const FIELDS: usize = 500;
/// Whole numbers up to this size are exact as doubles.
const EXACT: i128 = crate::value::decimal::EXACT as i128;

/// What has been seen of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    bools: bool,
    /// Smallest and largest whole number.
    ints: Option<(i128, i128)>,
    floats: bool,
    texts: Option<Texts>,
    /// A number that neither 64 bits nor a double can hold.
    huge: bool,
    list: Option<Box<Shape>>,
    object: Option<Fields>,
}

/// What all texts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Texts {
    days: bool,
    moments: bool,
    instants: bool,
}

impl Texts {
    fn of(text: &str) -> Self {
        // Most texts do not begin like a date.
        if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return Self { days: false, moments: false, instants: false };
        }
        let found = time::iso_moment(text);
        Self {
            days: time::iso_day(text).is_some(),
            moments: found.is_some_and(|(_, instant)| !instant),
            instants: found.is_some_and(|(_, instant)| instant),
        }
    }

    fn both(self, other: Self) -> Self {
        Self {
            days: self.days && other.days,
            moments: self.moments && other.moments,
            instants: self.instants && other.instants,
        }
    }
}

/// The fields of objects, in the order they were first seen.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    names: Vec<String>,
    shapes: Vec<Shape>,
    places: HashMap<String, usize>,
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.shapes == other.shapes
    }
}

/// The type of a column or of a part of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// No value was seen.
    Empty,
    /// True or false.
    Bool,
    /// Whole numbers of 64 bits with a sign.
    Int,
    /// Whole numbers of 64 bits without one.
    UInt,
    /// Doubles.
    Float,
    /// Days, written `YYYY-MM-DD`.
    Date,
    /// Date and time: instants if they carry an offset, else local.
    DateTime {
        /// Whether they are instants.
        utc: bool,
    },
    /// Text; also whatever has no common kind, as JSON.
    Text,
    /// Lists.
    List(Box<Type>),
    /// Objects.
    Struct(Columns),
}

/// Named types, found by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Names and types in order.
    pub list: Vec<(String, Type)>,
    places: HashMap<String, usize>,
}

impl Fields {
    /// The place of a field; `hint` is where it stood in most objects.
    fn place(&mut self, name: &str, hint: usize) -> usize {
        if self.names.get(hint).is_some_and(|n| n == name) {
            return hint;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.shapes.push(Shape::default());
        self.names.len() - 1
    }

    /// Takes up one object's fields.
    pub fn see(&mut self, fields: &[(std::borrow::Cow<'_, str>, Node<'_>)]) {
        for (i, (name, node)) in fields.iter().enumerate() {
            let place = self.place(name, i);
            self.shapes[place].see(node);
        }
    }

    /// Takes up what another part of the file had.
    pub fn merge(&mut self, other: Fields) {
        for (i, (name, shape)) in other.names.into_iter().zip(other.shapes).enumerate() {
            let place = self.place(&name, i);
            self.shapes[place].merge(shape);
        }
    }

    /// The columns that hold everything seen; without `dates`, texts that are dates stay texts.
    pub fn columns(&self, dates: bool) -> Columns {
        Columns::new(self.names.iter().cloned().zip(self.shapes.iter().map(|s| s.type_of(dates))).collect())
    }
}

impl Shape {
    /// Takes up one value.
    pub fn see(&mut self, node: &Node<'_>) {
        match node {
            Node::Null => {}
            Node::Bool(_) => self.bools = true,
            Node::Text(text) => {
                // Once nothing is common, nothing need be looked at.
                let dull = self.texts.is_some_and(|t| !(t.days || t.moments || t.instants));
                if !dull {
                    let seen = Texts::of(text);
                    self.texts = Some(self.texts.map_or(seen, |t| t.both(seen)));
                }
            }
            Node::Number(n) => self.see_number(n),
            Node::List(items) => {
                let inner = self.list.get_or_insert_default();
                for item in items {
                    inner.see(item);
                }
            }
            Node::Object(fields) => {
                let own = self.object.get_or_insert_default();
                // Beyond the limit the names no longer matter.
                if own.names.len() <= FIELDS {
                    own.see(fields);
                }
            }
        }
    }

    fn see_number(&mut self, text: &str) {
        let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        match (whole, text.parse::<i128>()) {
            (true, Ok(n)) => {
                let (low, high) = self.ints.unwrap_or((n, n));
                self.ints = Some((low.min(n), high.max(n)));
            }
            (true, Err(_)) => self.huge = true,
            (false, _) => {
                self.floats = true;
                let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
                self.huge |= !finite && text.bytes().any(|b| b.is_ascii_digit());
            }
        }
    }

    fn merge(&mut self, other: Shape) {
        self.bools |= other.bools;
        self.floats |= other.floats;
        self.huge |= other.huge;
        self.ints = match (self.ints, other.ints) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
        self.texts = match (self.texts, other.texts) {
            (Some(a), Some(b)) => Some(a.both(b)),
            (a, b) => a.or(b),
        };
        if let Some(inner) = other.list {
            self.list.get_or_insert_default().merge(*inner);
        }
        if let Some(fields) = other.object {
            self.object.get_or_insert_default().merge(fields);
        }
    }

    fn type_of(&self, dates: bool) -> Type {
        let numbers = self.ints.is_some() || self.floats || self.huge;
        let kinds = [self.bools, numbers, self.texts.is_some(), self.list.is_some(), self.object.is_some()];
        match kinds.iter().filter(|k| **k).count() {
            0 => return Type::Empty,
            1 => {}
            _ => return Type::Text,
        }
        if self.bools {
            return Type::Bool;
        }
        if numbers {
            return self.number_type();
        }
        if let Some(texts) = self.texts {
            return match texts {
                Texts { days: true, .. } if dates => Type::Date,
                Texts { moments: true, .. } if dates => Type::DateTime { utc: false },
                Texts { instants: true, .. } if dates => Type::DateTime { utc: true },
                _ => Type::Text,
            };
        }
        if let Some(inner) = &self.list {
            return Type::List(Box::new(match inner.type_of(dates) {
                Type::Empty => Type::Text,
                other => other,
            }));
        }
        match &self.object {
            Some(fields) if !fields.names.is_empty() && fields.names.len() <= FIELDS => {
                let mut columns = fields.columns(dates);
                for (_, t) in &mut columns.list {
                    if *t == Type::Empty {
                        *t = Type::Text;
                    }
                }
                Type::Struct(columns)
            }
            _ => Type::Text,
        }
    }

    fn number_type(&self) -> Type {
        if self.huge {
            return Type::Text;
        }
        match (self.ints, self.floats) {
            (Some((low, high)), false) if i64::try_from(low).is_ok() && i64::try_from(high).is_ok() => Type::Int,
            (Some((low, high)), false) if low >= 0 && u64::try_from(high).is_ok() => Type::UInt,
            (Some((low, high)), true) if low >= -EXACT && high <= EXACT => Type::Float,
            (None, _) => Type::Float,
            _ => Type::Text,
        }
    }
}

impl Columns {
    /// Columns in this order; names must differ.
    pub fn new(list: Vec<(String, Type)>) -> Self {
        let places = list.iter().enumerate().map(|(i, (n, _))| (n.clone(), i)).collect();
        Self { list, places }
    }

    /// The place of a name; `hint` is where it stood in most objects.
    pub fn place(&self, name: &str, hint: usize) -> Option<usize> {
        match self.list.get(hint) {
            Some((n, _)) if n == name => Some(hint),
            _ => self.places.get(name).copied(),
        }
    }
}

impl Type {
    /// The table library's type.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Empty => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::UInt => DataType::UInt64,
            Self::Float => DataType::Float64,
            Self::Date => DataType::Date,
            Self::DateTime { utc } => DataType::Datetime(TimeUnit::Microseconds, utc.then(|| TimeZone::UTC)),
            Self::Text => DataType::String,
            Self::List(inner) => DataType::List(Box::new(inner.data_type())),
            Self::Struct(columns) => DataType::Struct(
                columns.list.iter().map(|(n, t)| Field::new(n.as_str().into(), t.data_type())).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Oddities, parse};
    use super::*;

    fn of(values: &[&str]) -> Type {
        // Seen in two halves, as two parts of a file are.
        let mut halves = [Shape::default(), Shape::default()];
        for (i, v) in values.iter().enumerate() {
            if let Ok(node) = parse(v.as_bytes(), &mut Oddities::default()) {
                halves[i % 2].see(&node);
            }
        }
        let [mut first, second] = halves;
        first.merge(second);
        first.type_of(true)
    }

    #[test]
    fn the_narrowest_without_loss() {
        let list = |t| Type::List(Box::new(t));
        for (values, want) in [
            (&["null"][..], Type::Empty),
            (&["true", "null", "false"], Type::Bool),
            (&["1", "-9223372036854775808"], Type::Int),
            (&["1", "18446744073709551615"], Type::UInt),
            (&["-1", "18446744073709551615"], Type::Text),
            (&["18446744073709551616"], Type::Text),
            (&["1", "1.5"], Type::Float),
            (&["9007199254740993", "1.5"], Type::Text),
            (&["1e400"], Type::Text),
            (&["NaN", "1"], Type::Float),
            (&["1", "\"x\""], Type::Text),
            (&["1", "[1]"], Type::Text),
            (&["[]", "[1]", "[null]"], list(Type::Int)),
            (&["[]"], list(Type::Text)),
            (&["[[1],[2.5]]"], list(list(Type::Float))),
            (&["{}"], Type::Text),
            (&["\"2026-11-01\"", "null"], Type::Date),
            (&["\"2026-11-01\"", "\"2026-11-31\""], Type::Text),
            (&["\"2026-11-01\"", "\"2026-11-01T00:00:00\""], Type::Text),
            (&["\"2026-11-01T00:00:00\""], Type::DateTime { utc: false }),
            (&["\"2026-11-01T00:00:00+09:00\"", "\"2026-11-01T00:00:00Z\""], Type::DateTime { utc: true }),
        ] {
            assert_eq!(of(values), want, "{values:?}");
        }
        let Type::Struct(columns) = of(&[r#"{"b":1}"#, r#"{"a":null,"b":2.5}"#]) else { panic!("no struct") };
        assert_eq!(columns.list, [("b".into(), Type::Float), ("a".into(), Type::Text)]);
    }

    #[test]
    fn a_map_with_data_for_keys_is_text() {
        let many: Vec<String> = (0..600).map(|i| format!("{{\"user{i}\":1}}")).collect();
        assert_eq!(of(&many.iter().map(String::as_str).collect::<Vec<_>>()), Type::Text);
    }
}
