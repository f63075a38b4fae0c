//! Statements written before, kept for each connection in the state directory: one JSON text on each line, the latest
//! last. Whoever reads the folder reads them, so the files are their owner's alone.

use std::io::Write as _;
use std::path::PathBuf;

/// Most statements kept for a connection.
const KEPT: usize = 200;

fn file(place: &str) -> Option<PathBuf> {
    let name: String = place.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    super::state_dir().map(|d| d.join("statements").join(name))
}

/// The statements of a place, the latest last.
pub fn of(place: &str) -> Vec<String> {
    let text = file(place).and_then(|f| std::fs::read_to_string(f).ok()).unwrap_or_default();
    text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
}

/// Puts a statement at the end. A history that cannot be written is not worth an error.
pub fn remember(place: &str, statement: &str) {
    let Some(file) = file(place) else { return };
    let mut list = of(place);
    list.retain(|s| s != statement);
    list.push(statement.to_owned());
    let lines: String = list[list.len().saturating_sub(KEPT)..]
        .iter()
        .map(|s| format!("{}\n", serde_json::Value::String(s.clone())))
        .collect();
    let Some(folder) = file.parent() else { return };
    let _ = std::fs::create_dir_all(folder);
    if let Ok(mut temp) = tempfile::NamedTempFile::new_in(folder)
        && temp.write_all(lines.as_bytes()).is_ok()
    {
        let _ = temp.persist(file);
    }
}
