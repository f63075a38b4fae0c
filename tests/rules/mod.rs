//! Rules the repository holds itself to: layers, texts, the example configuration, and what may stand in its files.
//!
//! These tests read files; they never run an operation and never look at results.

mod alone;
mod config;
mod ftl;
mod layers;
mod rust;
mod texts;

use std::path::{Path, PathBuf};

/// The top of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder`, with `/` between the parts of its path relative to `folder`, in order.
fn files_under(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(&here).unwrap_or_else(|e| panic!("{}: {e}", here.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let parts: Vec<_> =
                    path.strip_prefix(folder).unwrap().iter().map(|p| p.to_string_lossy().into_owned()).collect();
                found.push((parts.join("/"), path));
            }
        }
    }
    found.sort();
    found
}

/// Fails with all findings at once, one to a line.
#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}
