//! Make the values of columns into another kind. What cannot be made into it becomes missing and is counted; the columns
//! are computed as they are read.

use std::sync::Arc;

use polars::prelude::{DataFrame, DataType};
use serde::{Deserialize, Serialize};

use super::columns::{Columns, no_rows};
use super::convert::{
    Reading, Target, check_format, check_zone, convert, epoch_note, likely_per_second, read_datetime,
};
use super::push::Shaping;
use super::{Context, Outcome};
use crate::data::{Dataset, cell_of};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Kind;

/// Make these columns into another kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Their names.
    pub columns: Vec<String>,
    /// What they become.
    pub to: Target,
    /// The form of dates and times in text, in the signs of `strftime` (`%d/%m/%Y`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The zone of times, by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

fn to_type(to: Target, reading: &Reading) -> DataType {
    to.dtype(reading.zone.as_deref())
}

/// What a pass over a column found.
#[derive(Default)]
struct Found {
    lost: u64,
    /// One value that was lost.
    example: Option<String>,
    /// Times that say how far from UTC they are.
    offsets: bool,
    largest: f64,
}

impl Cast {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-cast").with("columns", self.columns.join(", ")).with("kind", self.to.word())
    }

    /// The dataset with the columns made into the other kind. Reads those columns once, where values can be lost.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        if let Some(format) = &self.format {
            check_format(format)?;
        }
        if let Some(zone) = &self.zone {
            check_zone(zone)?;
        }
        let mut columns = Columns::of(dataset);
        let shaping = Shaping::of(dataset)?;
        let mut notes = Vec::new();
        let none = no_rows(dataset)?;
        let types: Vec<DataType> = none.columns().iter().map(|c| c.dtype().clone()).collect();
        for name in &self.columns {
            let at = columns.require(name)?;
            let kind = &dataset.schema().columns()[at].kind;
            if !self.to.takes(kind) {
                return Err(Error::usage(
                    Msg::new("error-convert")
                        .with("name", name)
                        .with("kind", kind.word())
                        .with("target", self.to.word()),
                ));
            }
            let mut reading = Reading { format: self.format.clone(), zone: self.zone.clone(), per_second: None };
            if self.to == Target::Datetime
                && self.zone.is_none()
                && let Kind::DateTime(Some(own)) = kind
            {
                // Points in time stay so, in their own zone.
                reading.zone = Some(own.clone());
            }
            let dtype = to_type(self.to, &reading);
            let read = match &shaping {
                Some(there) if kind.is_text() && self.format.is_none() => {
                    there.read(&mut columns, name, self.to, &dtype, &context.control)?
                }
                _ => None,
            };
            let is_made = read.is_some();
            let whole = matches!(types[at], DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64);
            if let Some((lost, example)) = read {
                notes.extend(self.lost(name, lost, example));
            } else if !(self.to.always(kind) || self.to == Target::Whole && whole) {
                self.look(dataset, at, kind, &mut reading, context, &mut notes)?;
            }
            let (to, place) = (self.to, dataset.places()[at]);
            let made = to.kind(reading.zone.as_deref());
            if let Some(there) = shaping.as_ref().filter(|_| !is_made) {
                let dtype = to_type(to, &reading);
                notes.extend(there.cast(&mut columns, name, to, &dtype));
            }
            let compute = Arc::new(move |f: &DataFrame| convert(&f.columns()[0], to, &reading));
            columns.replace(at, Columns::computed(name, made, vec![place], compute));
        }
        Ok(Outcome { notes, ..columns.finish()?.into() })
    }

    /// Looks at the values in view: settles how they are read, and says how many are lost.
    fn look(
        &self,
        dataset: &Dataset,
        at: usize,
        kind: &Kind,
        reading: &mut Reading,
        context: &Context,
        notes: &mut Vec<Msg>,
    ) -> Result<()> {
        let name = &dataset.schema().columns()[at].name;
        let to = self.to;
        if to == Target::Datetime {
            let ahead = self.pass(dataset, at, context, |found, column| {
                for i in 0..column.len() {
                    let cell = cell_of(column, i);
                    match cell.as_f64() {
                        Some(x) => found.largest = found.largest.max(x.abs()),
                        None if kind.is_text() && !found.offsets => {
                            let read = read_datetime(&cell.plain(), reading.format.as_deref());
                            found.offsets = matches!(read, Some((_, Some(_))));
                        }
                        None => {}
                    }
                }
                Ok(())
            })?;
            if kind.is_number() {
                let per = likely_per_second(ahead.largest);
                reading.per_second = Some(per);
                reading.zone.get_or_insert_with(|| "UTC".to_owned());
                notes.push(epoch_note(name, per));
            } else if ahead.offsets && reading.zone.is_none() {
                reading.zone = Some("UTC".to_owned());
                notes.push(Msg::new("note-offsets").with("column", name));
            }
        }
        let found = self.pass(dataset, at, context, |found, column| {
            let made = convert(column, to, reading)?;
            let lost = made.null_count().saturating_sub(column.null_count());
            if lost > 0 && found.example.is_none() {
                let (there, gone) = (column.is_not_null(), made.is_null());
                let first = (0..column.len()).find(|i| there.get(*i) == Some(true) && gone.get(*i) == Some(true));
                found.example = first.map(|i| cell_of(column, i).plain().chars().take(40).collect());
            }
            found.lost += lost as u64;
            Ok(())
        })?;
        notes.extend(self.lost(name, found.lost, found.example));
        Ok(())
    }

    /// That values of a column became missing, if some did.
    fn lost(&self, name: &str, rows: u64, example: Option<String>) -> Option<Msg> {
        let said = Msg::new("note-cast-lost")
            .with("column", name)
            .with("rows", rows)
            .with("kind", self.to.word())
            .with("example", example.unwrap_or_default());
        (rows > 0).then_some(said)
    }

    fn pass(
        &self,
        dataset: &Dataset,
        at: usize,
        context: &Context,
        see: impl Fn(&mut Found, &polars::prelude::Column) -> Result<()> + Sync,
    ) -> Result<Found> {
        let mut all = Found::default();
        dataset.scan(
            &[at],
            &context.control,
            |frame| {
                let mut found = Found::default();
                see(&mut found, &frame.columns()[0])?;
                Ok(found)
            },
            |found| {
                all.lost += found.lost;
                all.example = all.example.take().or(found.example);
                all.offsets |= found.offsets;
                all.largest = all.largest.max(found.largest);
                Ok(crate::data::Flow::Continue)
            },
        )?;
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::Column;

    fn cast(values: Column, to: Target, zone: Option<&str>) -> (Vec<String>, Kind, Vec<&'static str>) {
        let data = Dataset::from_frame(DataFrame::new(values.len(), vec![values.with_name("v".into())]).unwrap());
        let op = Cast { columns: vec!["v".into()], to, format: None, zone: zone.map(str::to_owned) };
        let out = op.run(&data, &Context::new(Control::new(), 1 << 20)).unwrap();
        let frame = out.dataset.window(&[0], 0, 99).unwrap();
        let cells = (0..frame.height()).map(|i| frame.cell(i, 0).plain()).collect();
        assert_eq!(out.dataset.schema(), frame.schema());
        (cells, out.dataset.schema().columns()[0].kind.clone(), out.notes.iter().map(|n| n.id).collect())
    }

    #[test]
    fn what_is_lost_is_counted() {
        let (cells, kind, notes) =
            cast(Column::new("".into(), [Some("1"), Some("x"), None, Some("2,000")]), Target::Whole, None);
        assert_eq!(
            (cells, kind, notes),
            (vec!["1".into(), "".into(), "".into(), "2000".into()], Kind::Integer, vec!["note-cast-lost"])
        );
        let (_, _, notes) = cast(Column::new("".into(), [1i64, 2]), Target::Number, None);
        assert!(notes.is_empty());
    }

    #[test]
    fn microseconds_since_1970_and_times_with_offsets_become_points_in_time() {
        let (cells, kind, notes) =
            cast(Column::new("".into(), [1_795_132_800_000_001i64]), Target::Datetime, Some("Asia/Tokyo"));
        assert_eq!(cells, ["2026-11-20T09:00:00.000001+09:00"]);
        assert_eq!((kind, notes), (Kind::DateTime(Some("Asia/Tokyo".into())), vec!["note-epoch"]));
        let (cells, _, notes) = cast(Column::new("".into(), ["2026-11-20T09:00:00+09:00"]), Target::Datetime, None);
        assert_eq!((cells, notes), (vec!["2026-11-20T00:00:00Z".to_owned()], vec!["note-offsets"]));
    }

    #[test]
    fn in_a_recipe() {
        let read: Cast = toml::from_str("columns = [\"a\"]\nto = \"datetime\"\nzone = \"Asia/Tokyo\"").unwrap();
        assert_eq!((read.to, read.zone.as_deref()), (Target::Datetime, Some("Asia/Tokyo")));
        assert!(toml::from_str::<Cast>("columns = []\nto = \"money\"").is_err());
    }
}
