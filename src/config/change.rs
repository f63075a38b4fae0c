//! Changing and removing a connection in a configuration file. Only the lines of its table are touched, and of those only
//! the ones whose value changes; comments stay. What is not written as lines of its own is left to the person: every text
//! is read again before it replaces the file, and none does that means anything else than what was wanted.

use std::ops::Range;
use std::path::Path;

use super::Config;
use super::add::write;
use crate::error::{Error, Result};
use crate::text::Msg;

/// The settings of a connection in the file at `path`; none if it is not there.
pub fn connection(path: &Path, name: &str) -> Result<Option<toml::Table>> {
    Ok(read(path)?.1.connections.remove(name))
}

/// The connections in the file at `path`.
pub fn connections(path: &Path) -> Result<Vec<(String, toml::Table)>> {
    Ok(read(path)?.1.connections.into_iter().collect())
}

/// Gives a connection other settings.
pub fn replace(path: &Path, name: &str, keys: &[(String, toml::Value)]) -> Result<()> {
    let (text, mut wanted) = read(path)?;
    let old = wanted.connections.insert(name.to_owned(), keys.iter().cloned().collect()).unwrap_or_default();
    settle(path, name, &with(&text, name, &old, keys), &wanted)
}

/// Removes a connection.
pub fn remove(path: &Path, name: &str) -> Result<()> {
    let (text, mut wanted) = read(path)?;
    wanted.connections.remove(name);
    settle(path, name, &without(&text, name), &wanted)
}

fn read(path: &Path) -> Result<(String, Config)> {
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.map_err(|e| Error::io(path, e))?,
    };
    let config = Config::parse(&text, path)?;
    Ok((text, config))
}

/// Writes a text if it means what is wanted.
fn settle(path: &Path, name: &str, text: &str, wanted: &Config) -> Result<()> {
    // A link to the file stays one.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    match Config::parse(text, path) {
        Ok(found) if found == *wanted => write(path, text),
        _ => Err(Error::usage(Msg::new("error-connection-change").with("path", path.display().to_string()))
            .hint(Msg::new("hint-connection-change").with("name", name))),
    }
}

/// Where each line is, its end included.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            at - line.len()..at
        })
        .collect()
}

/// The table a line begins.
fn header(line: &str) -> Option<Vec<String>> {
    let line = line.trim_start();
    let mut table = line.starts_with('[').then(|| toml::from_str::<toml::Table>(line).ok())??;
    let mut parts = Vec::new();
    while let Some(key) = table.keys().next().cloned() {
        let inner = table.remove(&key);
        parts.push(key);
        match inner {
            Some(toml::Value::Table(inner)) => table = inner,
            _ => return None,
        }
    }
    Some(parts)
}

/// The lines of a connection's table and of those within it: for each table what is behind the connection's name, its
/// header and the lines up to the last that is neither blank nor a comment.
fn tables(text: &str, name: &str) -> Vec<(Vec<String>, Range<usize>)> {
    let lines = lines(text);
    let mut found: Vec<(Vec<String>, Range<usize>)> = Vec::new();
    let mut open = false;
    for line in lines {
        let words = &text[line.clone()];
        match header(words) {
            Some(parts) => {
                open = parts.len() > 1 && parts[0] == "connections" && parts[1] == name;
                if open {
                    found.push((parts[2..].to_vec(), line));
                }
            }
            // What stands before the next table may be about that one.
            None if open && !words.trim().is_empty() && !words.trim_start().starts_with('#') => {
                if let Some((_, range)) = found.last_mut() {
                    range.end = line.end;
                }
            }
            None => {}
        }
    }
    found
}

fn without(text: &str, name: &str) -> String {
    let mut text = text.to_owned();
    for (_, range) in tables(&text, name).into_iter().rev() {
        text.replace_range(range.clone(), "");
        // One blank line less, where there was one on either side.
        let blank = |line: Option<&str>| line.is_none_or(|l| l.trim().is_empty());
        let rest = &text[range.start..];
        let next = rest.split_inclusive('\n').next();
        if blank(text[..range.start].split_inclusive('\n').next_back()) && next.is_some() && blank(next) {
            let end = range.start + next.map_or(0, str::len);
            text.replace_range(range.start..end, "");
        }
    }
    text
}

fn with(text: &str, name: &str, old: &toml::Table, keys: &[(String, toml::Value)]) -> String {
    let mut text = text.to_owned();
    let new: toml::Table = keys.iter().cloned().collect();
    let changed = |key: &str| old.get(key) != new.get(key);
    for (within, range) in tables(&text, name).into_iter().rev() {
        match within.first() {
            // A table within it is one value.
            Some(key) if changed(key) => text.replace_range(range, ""),
            Some(_) => {}
            None => {
                let part = text[range.clone()].to_owned();
                text.replace_range(range, &table(&part, &new, &changed));
            }
        }
    }
    text
}

/// The lines of a table with other values.
fn table(part: &str, new: &toml::Table, changed: &dyn Fn(&str) -> bool) -> String {
    let newline = if part.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(part.len());
    let mut there = Vec::new();
    for line in lines(part) {
        let line = &part[line];
        match setting(line) {
            Some((key, value)) if changed(&key) => {
                if let Some(new) = new.get(&key) {
                    out.push_str(&line[..value.start]);
                    out.push_str(&new.to_string());
                    out.push_str(&line[value.end..]);
                }
                there.push(key);
            }
            _ => out.push_str(line),
        }
    }
    for (key, value) in new.iter().filter(|(key, _)| changed(key) && !there.contains(*key)) {
        if !out.ends_with('\n') {
            out.push_str(newline);
        }
        out.push_str(&format!("{key} = {value}{newline}"));
    }
    out
}

/// The key a line sets, and where its value stands.
fn setting(line: &str) -> Option<(String, Range<usize>)> {
    let bare = line.trim_end_matches(['\r', '\n']);
    let ends = bare.match_indices('#').map(|(at, _)| at).chain([bare.len()]);
    // A mark of a comment may stand in the value.
    let (table, end) = ends.filter_map(|end| Some((toml::from_str::<toml::Table>(&bare[..end]).ok()?, end))).next()?;
    let (key, value) = table.into_iter().next()?;
    if value.is_table() && !bare.contains('{') {
        return None;
    }
    let start = bare.find('=')? + 1;
    let start = start + bare[start..].len() - bare[start..].trim_start().len();
    Some((key, start..bare[..end].trim_end().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# mine\ntheme = \"dark\" # at night\n\n# the team's\n[connections.team]\nkind = \"redash\" # ours\nurl = \"https://r.example.com/#x\"  # the address\n# changed every month\napi_key = \"env:A\"\n\n[connections.team.headers]\nX-One = \"env:ONE\"\n\n# the warehouse\n[connections.prod]\nkind = \"postgres\"\nurl = \"postgres://db\"\n";

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn keys(text: &str) -> Vec<(String, toml::Value)> {
        toml::from_str::<toml::Table>(text).unwrap().into_iter().collect()
    }

    #[test]
    fn only_what_changes_is_written_anew() {
        let (_folder, path) = file(FILE);
        let new = "kind = 'redash'\nurl = 'https://other'\napi_key = 'env:A'\ntimeout = '30s'\nheaders = { X-One = 'env:ONE' }";
        replace(&path, "team", &keys(new)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let wanted = FILE
            .replace("\"https://r.example.com/#x\"", "\"https://other\"")
            .replace("api_key = \"env:A\"\n", "api_key = \"env:A\"\ntimeout = \"30s\"\n");
        assert_eq!(text, wanted);
        // Taken away, and a table of its own as well.
        replace(&path, "team", &keys("kind = 'redash'\nurl = 'https://other'\napi_key = 'env:B'")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains("timeout") && !text.contains("X-One") && text.contains("# changed every month"),
            "{text}"
        );
        assert_eq!(connection(&path, "team").unwrap().unwrap()["api_key"].as_str(), Some("env:B"));
    }

    #[test]
    fn a_connection_goes_and_the_rest_stays() {
        let (_folder, path) = file(FILE);
        remove(&path, "team").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for kept in
            ["# mine\ntheme = \"dark\" # at night\n", "# the warehouse\n[connections.prod]\nkind = \"postgres\""]
        {
            assert!(text.contains(kept), "{text}");
        }
        assert!(!text.contains("redash") && !text.contains("X-One"), "{text}");
        let names: Vec<String> = connections(&path).unwrap().into_iter().map(|c| c.0).collect();
        assert_eq!(names, ["prod"]);
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_the_person() {
        for text in [
            "connections = { team = { kind = \"redash\", url = \"https://r\" } }\n",
            "[connections]\nteam.kind = \"redash\"\nteam.url = \"https://r\"\n",
            "[connections.team]\nkind = \"redash\"\nurl = \"\"\"https://r\"\"\"\nnote = \"\"\"\n[connections.other]\n\"\"\"\n",
        ] {
            let (_folder, path) = file(text);
            for done in [remove(&path, "team"), replace(&path, "team", &keys("kind = 'redash'\nurl = 'https://s'"))] {
                assert_eq!(done.unwrap_err().message.id, "error-connection-change", "{text}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
