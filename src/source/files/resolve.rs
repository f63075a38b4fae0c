//! From what a person typed to files on disk: `~`, folders, patterns, sheets, and what to say when nothing is there.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::detect::{self, Format};
use super::glob;
use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Files that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// One file, named as such.
    File(PathBuf),
    /// The files of a folder or of a pattern, in natural order, below `base`.
    Files {
        /// The folder whose subfolders may carry values.
        base: PathBuf,
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// Folders already visited, so that a loop of links ends.
#[derive(Debug, Default)]
pub struct Seen(HashSet<PathBuf>);

impl Seen {
    /// Whether this folder is new.
    pub fn enter(&mut self, folder: &Path) -> bool {
        let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        self.0.insert(real)
    }
}

/// Finds the files behind `path`.
pub fn locate(path: &str, control: &Control) -> Result<Located> {
    let expanded = tilde(path);
    let plain = PathBuf::from(&expanded);
    match std::fs::metadata(&plain) {
        Ok(m) if m.is_dir() => {
            let files = folder_files(&plain, control)?;
            if files.is_empty() {
                return Err(Error::failed(Msg::new("error-folder-empty").with("path", path))
                    .hint(Msg::new("hint-folder-empty")));
            }
            Ok(Located::Files { base: plain, files })
        }
        Ok(_) => Ok(Located::File(plain)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            if glob::is_pattern(&expanded) {
                return by_pattern(path, &expanded, control);
            }
            Err(missing(&plain, e))
        }
        Err(e) => Err(Error::io(&plain, e)),
    }
}

/// Whether a path names a folder.
pub fn is_folder(path: &str) -> bool {
    Path::new(&tilde(path)).is_dir()
}

fn by_pattern(path: &str, expanded: &str, control: &Control) -> Result<Located> {
    let mut files = Vec::new();
    for found in glob::expand(expanded, control)? {
        if found.is_dir() {
            files.extend(folder_files(&found, control)?);
        } else if found.metadata().is_ok_and(|m| !m.is_file() || m.len() > 0) {
            files.push(found);
        }
    }
    files.sort_by(|a, b| natural(a, b));
    files.dedup();
    if files.is_empty() {
        return Err(Error::failed(Msg::new("error-glob-none").with("pattern", path)).hint(Msg::new("hint-glob-none")));
    }
    // Braces may change the folder, so the values start below what all files share.
    let base = if expanded.contains('{') { common_parent(&files) } else { glob::split(expanded).0 };
    Ok(Located::Files { base, files })
}

fn common_parent(files: &[PathBuf]) -> PathBuf {
    let mut common: Option<PathBuf> = None;
    for parent in files.iter().filter_map(|f| f.parent()) {
        common = Some(match common {
            None => parent.to_owned(),
            Some(c) => c.components().zip(parent.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
        });
    }
    common.unwrap_or_default()
}

/// The files below a folder that may belong to a table: not hidden, not set aside with `_`, not empty.
pub fn folder_files(folder: &Path, control: &Control) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut seen = Seen::default();
    let mut waiting = vec![folder.to_owned()];
    while let Some(dir) = waiting.pop() {
        control.check()?;
        if !seen.enter(&dir) {
            continue;
        }
        for entry in std::fs::read_dir(&dir).map_err(|e| Error::io(&dir, e))? {
            let entry = entry.map_err(|e| Error::io(&dir, e))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // `_date=2026` is a column's value; `_SUCCESS` and `_delta_log` are not data.
            if name.starts_with('.') || (name.starts_with('_') && !name.contains('=')) {
                continue;
            }
            let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
            if meta.is_dir() {
                waiting.push(entry.path());
            } else if meta.is_file() && meta.len() > 0 {
                out.push(entry.path());
            }
        }
    }
    out.sort_by(|a, b| natural(a, b));
    Ok(out)
}

/// `~` and `~/…` as the home folder.
pub fn tilde(path: &str) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match dirs::home_dir() {
            Some(home) => format!("{}{rest}", home.display()),
            None => path.to_owned(),
        },
        _ => path.to_owned(),
    }
}

/// A path and the sheet named after `#`, if there is one. File names may hold `#` themselves: a `#` separates only where
/// no file has the whole name, and what stands before it exists or is named like a workbook.
pub fn split_sheet(path: &str) -> (&str, Option<&str>) {
    if !path.contains('#') || Path::new(&tilde(path)).exists() {
        return (path, None);
    }
    let cuts: Vec<usize> = path.match_indices('#').map(|(i, _)| i).collect();
    let book = |before: &str| detect::by_extension(&detect::extension(before)) == Some(Format::Excel);
    let exists = |before: &str| Path::new(&tilde(before)).is_file();
    let cut = cuts.iter().find(|i| exists(&path[..**i])).or_else(|| cuts.iter().find(|i| book(&path[..**i])));
    match cut {
        Some(i) => (&path[..*i], Some(&path[i + 1..]).filter(|s| !s.is_empty())),
        None => (path, None),
    }
}

/// Paths as a person sorts them: numbers by their value (`file2` before `file10`), folder by folder.
pub fn natural(a: &Path, b: &Path) -> Ordering {
    let mut left = a.components();
    let mut right = b.components();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let (x, y) = (x.as_os_str(), y.as_os_str());
                let order = natural_text(&x.to_string_lossy(), &y.to_string_lossy()).then_with(|| x.cmp(y));
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

/// Texts with runs of digits compared by value.
pub fn natural_text(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    let digits = |s: &[u8]| s.iter().take_while(|c| c.is_ascii_digit()).count();
    loop {
        let (m, n) = (digits(a), digits(b));
        if m > 0 && n > 0 {
            let trim = |s: &[u8]| s.iter().position(|c| *c != b'0').unwrap_or(s.len());
            let (x, y) = (&a[..m], &b[..n]);
            let (x, y) = (&x[trim(x)..], &y[trim(y)..]);
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[m..], &b[n..]);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some((x, ra)), Some((y, rb))) => {
                if x != y {
                    return x.cmp(y);
                }
                (a, b) = (ra, rb);
            }
        }
    }
}

/// The error for a path with nothing behind it, with the names that are near.
fn missing(path: &Path, cause: std::io::Error) -> Error {
    let error = Error::io(path, cause);
    let near = near_names(path);
    if !near.is_empty() {
        return error.hint(Msg::new("hint-file-near").with("names", near.join(", ")));
    }
    error.hint(match connection_meant(path) {
        Some(name) => Msg::new("hint-file-connection").with("name", name),
        None => Msg::new("hint-file-missing"),
    })
}

/// What stands before the colon where a path looks like a place in a connection. One letter is a drive.
fn connection_meant(path: &Path) -> Option<&str> {
    let (name, _) = path.to_str()?.split_once(':')?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    (name.chars().nth(1).is_some() && name.chars().all(plain)).then_some(name)
}

/// Names in the folder of `path` that resemble its last part, nearest first.
fn near_names(path: &Path) -> Vec<String> {
    const SHOWN: usize = 3;
    /// Entries looked at in a folder.
    const LOOKED: usize = 5_000;
    let Some(wanted) = path.file_name().map(|n| n.to_string_lossy().to_lowercase()) else { return Vec::new() };
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let stem = |s: &str| s.split('.').next().unwrap_or(s).to_owned();
    let mut near: Vec<(usize, String)> = entries
        .flatten()
        .take(LOOKED)
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| !n.starts_with('.'))
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let d = crate::value::distance_of(&wanted, &lower);
            let close = d <= 1 + wanted.chars().count() / 4;
            (close || stem(&lower) == stem(&wanted)).then_some((d, name))
        })
        .collect();
    near.sort();
    near.into_iter().take(SHOWN).map(|(_, n)| n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Test = std::result::Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["f10", "f2", "f02", "f1", "g", "f2b"].map(PathBuf::from);
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["f1", "f02", "f2", "f2b", "f10", "g"].map(PathBuf::from));
        assert_eq!(natural(Path::new("a/9"), Path::new("a-b/1")), natural_text("a", "a-b"));
    }

    #[test]
    fn what_belongs_to_a_folder() -> Test {
        let dir = tempfile::tempdir()?;
        for name in ["b/2.csv", "b/10.csv", "_SUCCESS", "_old/x.csv", "_k=1/x.csv", ".git/x.csv", "empty.csv"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
            std::fs::write(path, if name == "empty.csv" { "" } else { "1" })?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path(), dir.path().join("b/loop"))?;
        let files = folder_files(dir.path(), &Control::new()).map_err(|e| e.to_string())?;
        let names: Vec<String> =
            files.iter().filter_map(|f| f.strip_prefix(dir.path()).ok()).map(|p| p.display().to_string()).collect();
        assert_eq!(names, ["_k=1/x.csv", "b/2.csv", "b/10.csv"]);
        Ok(())
    }

    #[test]
    fn sheets_are_told_from_names() -> Test {
        let dir = tempfile::tempdir()?;
        let at = |n: &str| dir.path().join(n).display().to_string();
        std::fs::write(at("a#b.csv"), "1")?;
        std::fs::write(at("book.csv"), "1")?;
        std::fs::write(at("q#1.xlsx"), "1")?;
        assert_eq!(split_sheet(&at("a#b.csv")).1, None);
        assert_eq!(split_sheet(&at("book.csv#売上")), (at("book.csv").as_str(), Some("売上")));
        assert_eq!(split_sheet(&at("q#1.xlsx#2")), (at("q#1.xlsx").as_str(), Some("2")));
        assert_eq!(split_sheet("gone.xlsx#Sheet #3"), ("gone.xlsx", Some("Sheet #3")));
        assert_eq!(split_sheet("notes#3.txt"), ("notes#3.txt", None));
        assert_eq!(split_sheet("book.xlsx#").1, None);
        Ok(())
    }

    #[test]
    fn a_missing_file_offers_its_neighbours() -> Test {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("sales.parquet"), "1")?;
        std::fs::write(dir.path().join("unrelated.md"), "1")?;
        assert_eq!(near_names(&dir.path().join("sale.parquet")), ["sales.parquet"]);
        assert_eq!(near_names(&dir.path().join("sales.csv")), ["sales.parquet"]);
        let Err(error) = locate(&dir.path().join("sale.parquet").display().to_string(), &Control::new()) else {
            return Err("found".into());
        };
        assert_eq!(error.message.id, "error-file-missing");
        assert_eq!(error.hint.map(|h| h.id), Some("hint-file-near"));
        Ok(())
    }

    #[test]
    fn the_home_folder() {
        assert_eq!(tilde("~x/a"), "~x/a");
        assert_eq!(tilde("a~"), "a~");
        if let Some(home) = dirs::home_dir() {
            assert_eq!(tilde("~/a"), format!("{}/a", home.display()));
        }
    }
}
