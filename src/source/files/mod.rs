//! Files on this machine.

pub mod delimited;
pub mod encoding;

use super::{Entry, OpenOptions, Opened, Source};
use crate::data::{Control, Dataset, ParquetTable};
use crate::error::Result;
use crate::text::Msg;

/// Files and folders.
pub struct Files;

impl Source for Files {
    fn list(&self, _path: &str, _control: &Control) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn open(&self, path: &str, _options: &OpenOptions, _control: &Control) -> Result<Opened> {
        if !path.ends_with(".parquet") {
            let d = delimited::open(path.as_ref(), _options, _control)?;
            return Ok(Opened { dataset: Dataset::new(d.table), title: path.to_owned(), facts: d.facts, notices: d.notices });
        }
        let table = ParquetTable::open(vec![(path.into(), Vec::new())], Vec::new())?;
        let dataset = Dataset::new(std::sync::Arc::new(table));
        Ok(Opened { dataset, title: path.to_owned(), facts: Vec::new(), notices: Vec::new() })
    }

    fn check(&self, _control: &Control) -> Result<Msg> {
        Ok(Msg::new("ok"))
    }
}
