//! Sample data that comes with the program, as a source of its own: written to the cache, then opened like any file.

use std::path::PathBuf;

use super::files::{Files, cache};
use super::{Entry, EntryKind, OpenOptions, Opened, Source};
use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

/// The tables: name, file name, contents.
const TABLES: [(&str, &str, &[u8]); 5] = [
    ("events", "events.csv", include_bytes!("../../assets/sample/events.csv")),
    ("experiment", "experiment.csv", include_bytes!("../../assets/sample/experiment.csv")),
    ("retention", "retention.csv", include_bytes!("../../assets/sample/retention.csv")),
    ("events_cp932", "events_cp932.csv", include_bytes!("../../assets/sample/events_cp932.csv")),
    ("events_jsonl", "events.jsonl", include_bytes!("../../assets/sample/events.jsonl")),
];

/// The sample data.
pub struct Sample;

impl Source for Sample {
    fn list(&self, _path: &str, _control: &Control) -> Result<Vec<Entry>> {
        Ok(TABLES
            .iter()
            .map(|(name, file, _)| Entry {
                name: (*name).to_owned(),
                locator: format!("sample:{name}"),
                kind: EntryKind::Table,
                remark: (*file).to_owned(),
                ..Entry::default()
            })
            .collect())
    }

    fn open(&self, path: &str, options: &OpenOptions, control: &Control) -> Result<Opened> {
        // Without a name, the first table.
        let wanted = if path.is_empty() { TABLES[0].0 } else { path };
        let found = TABLES.iter().find(|(name, file, _)| *name == wanted || *file == wanted);
        let Some((name, file, bytes)) = found else {
            let names: Vec<&str> = TABLES.iter().map(|(n, ..)| *n).collect();
            return Err(Error::usage(Msg::new("error-sample-missing").with("name", path))
                .hint(Msg::new("hint-sample-missing").with("names", names.join(", "))));
        };
        let place = written(file, bytes)?;
        let opened = Files.open(&place.display().to_string(), options, control)?;
        Ok(Opened { title: format!("sample:{name}"), ..opened })
    }

    fn check(&self, _control: &Control) -> Result<Msg> {
        Ok(Msg::new("files-reachable"))
    }
}

/// Writes a table's file where it is not there already, beside and renamed.
fn written(name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let places = cache().map(|d| d.join("sample")).into_iter().chain([std::env::temp_dir().join("mekiki-sample")]);
    let mut last = None;
    for dir in places {
        let path = dir.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(path);
        }
        let write = || {
            std::fs::create_dir_all(&dir)?;
            let mut beside = tempfile::NamedTempFile::new_in(&dir)?;
            std::io::Write::write_all(&mut beside, bytes)?;
            beside.persist(&path).map_err(|e| e.error)?;
            Ok::<(), std::io::Error>(())
        };
        match write() {
            Ok(()) => return Ok(path),
            Err(e) => last = Some(Error::io(&path, e)),
        }
    }
    Err(last.unwrap_or_else(Error::interrupted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_listed_and_names_are_checked() {
        let entries = Sample.list("", &Control::new()).unwrap_or_default();
        assert_eq!(entries.len(), TABLES.len());
        let options = OpenOptions::default();
        let error = Sample.open("nothing", &options, &Control::new()).err();
        assert_eq!(error.map(|e| e.message.id), Some("error-sample-missing"));
        let opened = Sample.open("events_jsonl", &options, &Control::new());
        assert_eq!(opened.map(|o| o.title).ok().as_deref(), Some("sample:events_jsonl"));
    }
}
