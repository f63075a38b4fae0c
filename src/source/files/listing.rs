//! What is in a folder: tables first, then folders, each with its size and date.

use std::io::Read as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::detect::{self, Format};
use super::excel;
use super::input::Input;
use super::resolve::{natural_text, tilde};
use crate::data::Control;
use crate::error::{Error, Result};
use crate::source::{Entry, EntryKind};
use crate::value::time;

/// The tables and folders in the folder `path`; the empty path is the current folder. A workbook lists its sheets.
pub fn list(path: &str, control: &Control) -> Result<Vec<Entry>> {
    let shown = tilde(path);
    let folder = if shown.is_empty() { Path::new(".") } else { Path::new(&shown) };
    if folder.is_file() && detect::by_extension(&detect::extension(path)) == Some(Format::Excel) {
        let sheets = excel::sheets(&Input::file(folder))?;
        let entry = |name: String| Entry {
            locator: format!("{path}#{name}"),
            name,
            kind: EntryKind::Table,
            remark: String::new(),
            ..Entry::default()
        };
        return Ok(sheets.into_iter().map(entry).collect());
    }
    let mut found: Vec<(u8, Entry)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))? {
        control.check()?;
        let entry = entry.map_err(|e| Error::io(folder, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
        let locator = if path.is_empty() { name.clone() } else { Path::new(path).join(&name).display().to_string() };
        let when = meta.modified().ok().map(day).unwrap_or_default();
        if meta.is_dir() {
            found.push((
                2,
                Entry { name: format!("{name}/"), locator, kind: EntryKind::Folder, remark: when, ..Entry::default() },
            ));
        } else if let Some(rank) = rank(&name) {
            let remark = format!("{}  {when}", size(meta.len()));
            found.push((rank, Entry { name, locator, kind: EntryKind::Table, remark, ..Entry::default() }));
        } else if name.ends_with(".toml") && looks_like_recipe(&entry.path()) {
            found.push((0, Entry { name, locator, kind: EntryKind::Recipe, remark: when, ..Entry::default() }));
        }
    }
    found.sort_by(|(r, a), (s, b)| r.cmp(s).then_with(|| natural_text(&a.name, &b.name)));
    Ok(found.into_iter().map(|(_, e)| e).collect())
}

/// Whether a file begins as recipes do: most files of its kind are settings of other programs.
fn looks_like_recipe(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let text = String::from_utf8_lossy(&head);
    let has =
        |key: &str| text.lines().any(|l| l.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')));
    read.is_ok() && has("version") && has("locator")
}

/// Where a file stands in the list: tables, then text that may be one. None for what is no table by its name.
fn rank(name: &str) -> Option<u8> {
    let extension = detect::extension(detect::unpacked_name(name));
    match detect::by_extension(&extension)? {
        Format::Delimited if matches!(extension.as_str(), "txt" | "text" | "log" | "dat") => Some(1),
        _ => Some(0),
    }
}

/// Bytes in a unit of three digits or so.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" || value >= 99.95 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

fn day(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    time::date(seconds.div_euclid(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_first() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        for name in ["b10.csv", "b2.parquet", "a.log", ".x.csv", "photo.png", "z.csv.gz"] {
            std::fs::write(dir.path().join(name), vec![b'x'; 1500])?;
        }
        std::fs::write(dir.path().join("c.toml"), "version = 1\nlocator = \"b10.csv\"\n")?;
        std::fs::write(dir.path().join("Cargo.toml"), "[package]\nversion = \"1\"\n")?;
        std::fs::create_dir(dir.path().join("afolder"))?;
        let entries = list(&dir.path().display().to_string(), &Control::new()).map_err(|e| e.to_string())?;
        let names: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["b2.parquet", "b10.csv", "c.toml", "z.csv.gz", "a.log", "afolder/"]);
        assert!(entries[0].remark.starts_with("1.5 kB  20"), "{}", entries[0].remark);
        assert_eq!((entries[2].kind, entries[5].kind), (EntryKind::Recipe, EntryKind::Folder));
        assert!(std::path::Path::new(&entries[5].locator).is_dir());
        Ok(())
    }

    #[test]
    fn sizes() {
        for (n, want) in
            [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (123_456_789, "123 MB"), (2_000_000_000_000, "2.0 TB")]
        {
            assert_eq!(size(n), want);
        }
    }
}
