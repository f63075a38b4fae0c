//! What a table is made of, without the table: columns, their kinds in words, and single values.
//!
//! These types cross every layer, so nothing here knows polars, a file or the terminal.

mod cell;
pub mod decimal;
pub mod time;

pub use cell::{Cell, Zone};

use crate::text::Msg;

/// What sort of values a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers of any width.
    Integer,
    /// Fixed-point numbers with so many digits after the point.
    Decimal(u8),
    /// Floating-point numbers.
    Float,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// Text out of a fixed set, stored by number.
    Category,
    /// A calendar day.
    Date,
    /// A date and time: an instant shown in the zone named, or a local one that belongs to no zone.
    DateTime(Option<String>),
    /// A time of day.
    Time,
    /// A span of time.
    Duration,
    /// Raw bytes.
    Binary,
    /// Several values of one kind in a cell.
    List(Box<Kind>),
    /// Named fields in a cell.
    Struct(Vec<Column>),
    /// No value was ever seen, so nothing is known.
    Empty,
}

impl Kind {
    /// The word for this kind, for people.
    pub fn word(&self) -> Msg {
        Msg::new(match self {
            Self::Integer => "kind-integer",
            Self::Decimal(_) => "kind-decimal",
            Self::Float => "kind-float",
            Self::Boolean => "kind-boolean",
            Self::Text => "kind-text",
            Self::Category => "kind-category",
            Self::Date => "kind-date",
            Self::DateTime(None) => "kind-datetime",
            Self::DateTime(Some(_)) => "kind-instant",
            Self::Time => "kind-time",
            Self::Duration => "kind-duration",
            Self::Binary => "kind-binary",
            Self::List(_) => "kind-list",
            Self::Struct(_) => "kind-struct",
            Self::Empty => "kind-empty",
        })
    }

    /// The name of this kind for machines; stable, used in JSON output.
    pub fn name(&self) -> String {
        match self {
            Self::Integer => "integer".into(),
            Self::Decimal(scale) => format!("decimal({scale})"),
            Self::Float => "float".into(),
            Self::Boolean => "boolean".into(),
            Self::Text => "text".into(),
            Self::Category => "category".into(),
            Self::Date => "date".into(),
            Self::DateTime(None) => "datetime".into(),
            Self::DateTime(Some(zone)) => format!("datetime[{zone}]"),
            Self::Time => "time".into(),
            Self::Duration => "duration".into(),
            Self::Binary => "binary".into(),
            Self::List(inner) => format!("list[{}]", inner.name()),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|f| format!("{}: {}", f.name, f.kind.name())).collect();
                format!("struct{{{}}}", fields.join(", "))
            }
            Self::Empty => "empty".into(),
        }
    }

    /// Whether values are numbers, and so stand at the right edge and can be summed.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(_) | Self::Float)
    }

    /// Whether values have parts that can be opened.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Struct(_))
    }

    /// Whether values are points in time.
    pub fn is_temporal(&self) -> bool {
        matches!(self, Self::Date | Self::DateTime(_) | Self::Time)
    }

    /// Whether values are words.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Category)
    }
}

/// A column's name and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name as the source gives it; unique within a table.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// The columns of a table, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    columns: Vec<Column>,
}

impl Schema {
    /// A schema of these columns.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The place of the column called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The place of the column called `name`, or an error that offers the nearest name.
    pub fn require(&self, name: &str) -> crate::error::Result<usize> {
        self.position(name).ok_or_else(|| {
            let error = crate::error::Error::usage(Msg::new("error-column-missing").with("name", name));
            match self.nearest(name) {
                Some(near) => error.hint(Msg::new("hint-column-nearest").with("name", near)),
                None => error.hint(Msg::new("hint-column-list").with("names", self.some_names())),
            }
        })
    }

    fn some_names(&self) -> String {
        const SHOWN: usize = 12;
        let mut names: Vec<&str> = self.columns.iter().take(SHOWN).map(|c| c.name.as_str()).collect();
        if self.columns.len() > SHOWN {
            names.push("…");
        }
        names.join(", ")
    }

    /// The existing name most like `name`, if one is near enough to be a slip of the hand.
    fn nearest(&self, name: &str) -> Option<&str> {
        let wanted: Vec<char> = name.to_lowercase().chars().collect();
        self.columns
            .iter()
            .map(|c| (distance(&wanted, &c.name.to_lowercase().chars().collect::<Vec<_>>()), c.name.as_str()))
            .min()
            .filter(|(d, _)| *d <= 1 + wanted.len() / 4)
            .map(|(_, n)| n)
    }
}

/// Levenshtein's distance between two texts, in characters.
pub(crate) fn distance_of(a: &str, b: &str) -> usize {
    distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
}

/// Levenshtein's distance: the fewest insertions, deletions and replacements from `a` to `b`.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_column() {
        let schema =
            Schema::new(["price", "国", "user_id"].map(|n| Column { name: n.into(), kind: Kind::Text }).to_vec());
        assert_eq!(schema.nearest("Pirce"), None.or(schema.nearest("prcie")));
        assert_eq!(schema.nearest("userid"), Some("user_id"));
        assert_eq!(schema.nearest("elephant"), None);
        assert!(schema.require("prise").is_err());
        assert_eq!(schema.require("国").ok(), Some(1));
    }

    #[test]
    fn distances() {
        let c = |s: &str| s.chars().collect::<Vec<_>>();
        assert_eq!(distance(&c("kitten"), &c("sitting")), 3);
        assert_eq!(distance(&c(""), &c("ab")), 2);
    }
}
