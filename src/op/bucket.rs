//! Hours, days, weeks, months … that moments lie in, as a column of their own, computed as it is read.

use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, TimeUnit};
use serde::{Deserialize, Serialize};

use super::columns::{Columns, free_name};
use super::eval::calendar::{Unit, truncate, truncated_kind};
use super::eval::moment::datetime_type;
use super::push::Shaping;
use super::{Context, Outcome};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Kind;

/// Add the beginning of the span each moment lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The column of dates or times.
    pub column: String,
    /// How long a span is.
    pub every: Unit,
    /// The zone whose days they are, by its IANA name; without it the column's own. Times without a zone are not shifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The new column's name; without it the old one's and the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl std::str::FromStr for Bucket {
    type Err = Error;

    /// Reads `COLUMN:UNIT` or `COLUMN:UNIT:ZONE`.
    fn from_str(text: &str) -> Result<Self> {
        // A zone has no colon, a column's name may have.
        let mut parts: Vec<&str> = text.split(':').collect();
        let zone = match parts.last() {
            Some(last) if parts.len() > 2 && Unit::parse(last).is_err() => parts.pop().map(str::to_owned),
            _ => None,
        };
        let unit = if parts.len() > 1 { parts.pop() } else { None };
        let column = parts.join(":");
        match unit {
            Some(unit) if !column.is_empty() => Ok(Self { column, every: Unit::parse(unit)?, zone, name: None }),
            _ => Err(Error::usage(Msg::new("error-bucket").with("text", text)).hint(Msg::new("hint-bucket"))),
        }
    }
}

impl Bucket {
    /// The step in words.
    pub fn words(&self) -> Msg {
        let words = Msg::new("step-bucket").with("column", &self.column).with("unit", self.every.word());
        match &self.zone {
            Some(zone) => Msg::new("step-bucket-zone").with("step", words).with("zone", zone),
            None => words,
        }
    }

    /// The dataset with the column, to the right of the one it comes from. Reads nothing.
    pub fn run(&self, dataset: &Dataset, _context: &Context) -> Result<Outcome> {
        let mut columns = Columns::of(dataset);
        let at = columns.require(&self.column)?;
        let kind =
            truncated_kind(&self.column, &dataset.schema().columns()[at].kind, self.every, self.zone.as_deref())?;
        let name = match &self.name {
            Some(name) => name.clone(),
            None => free_name(&format!("{}_{}", self.column, self.every.name()), |n| columns.has(n)),
        };
        let dtype = match &kind {
            Kind::DateTime(_) => datetime_type(&kind, TimeUnit::Microseconds),
            _ => DataType::Date,
        };
        let span = (self.column.as_str(), self.every, self.zone.as_deref());
        let note = Shaping::of(dataset)?.and_then(|there| there.bucket(&mut columns, &name, span, &dtype));
        let (every, zone) = (self.every, self.zone.clone());
        let compute = Arc::new(move |f: &DataFrame| truncate(&f.columns()[0], every, zone.as_deref()));
        columns.insert(at + 1, Columns::computed(&name, kind, vec![dataset.places()[at]], compute));
        Ok(Outcome { notes: note.into_iter().collect(), ..columns.finish()?.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::Column;

    #[test]
    fn the_column_stands_beside_its_own_and_keeps_its_kind_without_rows() {
        let dtype = DataType::Datetime(TimeUnit::Milliseconds, None);
        let t = Column::new("t".into(), [1_795_186_800_000i64]).cast(&dtype).unwrap();
        let data = Dataset::from_frame(DataFrame::new(1, vec![t, Column::new("x".into(), [1i64])]).unwrap());
        let run = |text: &str| text.parse::<Bucket>()?.run(&data, &Context::new(Control::new(), 1 << 20));
        for (text, name, kind, want) in [
            ("t:hour:Asia/Tokyo", "t_hour", Kind::DateTime(None), "2026-11-20T15:00:00"),
            ("t:week", "t_week", Kind::Date, "2026-11-16"),
        ] {
            let out = run(text).unwrap().dataset;
            let column = &out.schema().columns()[1];
            assert_eq!((column.name.as_str(), &column.kind), (name, &kind));
            assert_eq!(out.window(&[1], 0, 1).unwrap().cell(0, 0).plain(), want);
        }
        for (text, id) in [
            ("t:day:Mars/Base", "error-zone"),
            ("t", "error-bucket"),
            ("t:fortnight", "error-unit"),
            ("x:day", "error-not-time"),
            ("tt:day", "error-column-missing"),
        ] {
            assert_eq!(run(text).err().map(|e| e.message.id), Some(id), "{text}");
        }
    }
}
