//! Another table a step works with: its locator, how it is read, and what is done to it first.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Context, Step};
use crate::data::{Dataset, OpenOptions};
use crate::error::{Error, Result};
use crate::text::Msg;

/// A table by its locator, with options and steps of its own. In a recipe the locator alone may stand for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// Where it is.
    pub table: String,
    /// How it is read.
    pub open: OpenOptions,
    /// What is done to it before.
    pub steps: Vec<Step>,
}

/// What it is written as where there is more to say than the locator.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    table: String,
    #[serde(default, skip_serializing_if = "OpenOptions::is_default")]
    open: OpenOptions,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
}

impl Serialize for Other {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { table, open, steps } = self.clone();
        match open.is_default() && steps.is_empty() {
            true => to.serialize_str(&table),
            false => Written { table, open, steps }.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Other {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        // By hand, since what is wrong within a table is to be said, and not only that it is neither of two things.
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Other;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: serde::de::Error>(self, locator: &str) -> std::result::Result<Other, E> {
                Ok(Other::new(locator))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Other, A::Error> {
                let Written { table, open, steps } = Written::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Other { table, open, steps })
            }
        }
        from.deserialize_any(Either)
    }
}

impl FromStr for Other {
    type Err = Error;

    /// Reads `LOCATOR` or `LOCATOR with encoding=cp932 header=no`.
    fn from_str(text: &str) -> Result<Self> {
        let (locator, open) = match text.rsplit_once(" with ") {
            // A file may have the word in its name.
            Some((locator, options)) if options.split_whitespace().all(|w| w.contains('=')) => {
                (locator, options.parse()?)
            }
            _ => (text, OpenOptions::default()),
        };
        Ok(Self { open, ..Self::new(locator.trim()) })
    }
}

impl Other {
    /// The table a locator names, as it is.
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into(), open: OpenOptions::default(), steps: Vec::new() }
    }

    /// The table after its steps, and what they had to say.
    pub fn open(&self, context: &Context) -> Result<(Dataset, Vec<Msg>)> {
        let mut dataset = context.tables.table(&self.table, &self.open, &context.control)?;
        let mut notes = Vec::new();
        for step in self.steps.iter().filter(|s| !s.is_look()) {
            context.control.check()?;
            let mut outcome = step.run(&dataset, context, &mut |_| {})?;
            notes.append(&mut outcome.notes);
            dataset = outcome.dataset;
        }
        Ok((dataset, notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::limit::Limit;

    #[test]
    fn a_locator_alone_or_with_steps() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            with: Other,
        }
        let plain: Holder = toml::from_str("with = \"users.csv\"").unwrap();
        assert_eq!(plain.with, Other::new("users.csv"));
        assert_eq!(toml::to_string(&plain).unwrap(), "with = \"users.csv\"\n");
        let steps = vec![Step::Limit(Limit { rows: 3 })];
        let open = OpenOptions { encoding: Some("cp932".into()), delimiter: Some(';'), ..OpenOptions::default() };
        let full = Holder { with: Other { table: "u".into(), open, steps } };
        let text = toml::to_string(&full).unwrap();
        assert_eq!(toml::from_str::<Holder>(&text).unwrap(), full);
        let slip = toml::from_str::<Holder>("with = { table = \"u\", open = { encodng = \"cp932\" } }").unwrap_err();
        assert!(slip.message().starts_with("unknown field `encodng`"), "{slip}");
    }

    #[test]
    fn options_follow_the_locator() {
        let read = |text: &str| text.parse::<Other>().ok().map(|o| (o.table, o.open.encoding));
        assert_eq!(read("a.csv"), Some(("a.csv".into(), None)));
        assert_eq!(read(" a b.csv with encoding=cp932 header=no"), Some(("a b.csv".into(), Some("cp932".into()))));
        assert_eq!(read("sales with tax.csv"), Some(("sales with tax.csv".into(), None)));
        assert_eq!(read("a.csv with encodng=cp932"), None);
    }
}
