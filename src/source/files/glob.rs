//! Patterns of file names: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of folders.
//!
//! Only the folders a pattern can lead to are read. Names beginning with a dot match only a pattern that begins with one.

use std::path::{Path, PathBuf};

use super::resolve::{Seen, natural};
use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Whether a path is a pattern.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The leading part of a pattern that is a plain path, and the rest of its components.
pub fn split(pattern: &str) -> (PathBuf, Vec<&str>) {
    let mut base = PathBuf::new();
    let mut rest = Vec::new();
    for (i, part) in pattern.split('/').enumerate() {
        if !rest.is_empty() || is_pattern(part) {
            if !part.is_empty() {
                rest.push(part);
            }
        } else if i == 0 && part.is_empty() {
            base.push("/");
        } else if !part.is_empty() {
            base.push(part);
        }
    }
    (base, rest)
}

/// Every file and folder that matches, in natural order. Fails if the pattern itself is wrong.
pub fn expand(pattern: &str, control: &Control) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for one in braces(pattern).ok_or_else(|| wrong(pattern))? {
        let (base, parts) = split(&one);
        if parts.iter().any(|p| !valid(p)) {
            return Err(wrong(pattern));
        }
        walk(&base, &parts, &mut Seen::default(), control, &mut found)?;
    }
    found.sort_by(|a, b| natural(a, b));
    found.dedup();
    Ok(found)
}

fn wrong(pattern: &str) -> Error {
    Error::usage(Msg::new("error-glob").with("pattern", pattern)).hint(Msg::new("hint-glob"))
}

/// A pattern for each choice in its braces. None if they do not pair up.
fn braces(pattern: &str) -> Option<Vec<String>> {
    /// More choices than anyone writes.
    const MOST: usize = 10_000;
    let Some(open) = pattern.find('{') else {
        return if pattern.contains('}') { None } else { Some(vec![pattern.to_owned()]) };
    };
    let mut depth = 0;
    let mut cuts = vec![open];
    let mut close = None;
    for (i, b) in pattern.bytes().enumerate().skip(open) {
        match b {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 1 => cuts.push(i),
            _ => {}
        }
        if depth == 0 {
            close = Some(i);
            break;
        }
    }
    let close = close?;
    cuts.push(close);
    let mut out = Vec::new();
    for choice in cuts.windows(2) {
        let one = format!("{}{}{}", &pattern[..open], &pattern[choice[0] + 1..choice[1]], &pattern[close + 1..]);
        out.extend(braces(&one)?);
        if out.len() > MOST {
            return None;
        }
    }
    Some(out)
}

fn valid(part: &str) -> bool {
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        if c == '[' {
            // A bracket right after the opening one is a member of the class.
            chars.next();
            if !chars.by_ref().any(|c| c == ']') {
                return false;
            }
        }
    }
    true
}

fn walk(base: &Path, parts: &[&str], seen: &mut Seen, control: &Control, out: &mut Vec<PathBuf>) -> Result<()> {
    control.check()?;
    let Some((part, rest)) = parts.split_first() else {
        out.push(base.to_owned());
        return Ok(());
    };
    if !is_pattern(part) {
        let next = base.join(part);
        return if next.exists() { walk(&next, rest, seen, control, out) } else { Ok(()) };
    }
    let folder = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => return Err(Error::io(folder, e)),
        Err(_) => return Ok(()),
    };
    if *part == "**" {
        if !seen.enter(folder) {
            return Ok(());
        }
        if rest.is_empty() {
            out.extend(files_below(base, entries, seen, control)?);
            return Ok(());
        }
        walk(base, rest, &mut Seen::default(), control, out)?;
        for entry in entries.flatten() {
            let path = base.join(entry.file_name());
            if path.is_dir() && !hidden(&entry.file_name().to_string_lossy()) {
                walk(&path, parts, seen, control, out)?;
            }
        }
        return Ok(());
    }
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if (hidden(&name) && !part.starts_with('.')) || !matches(part, &name) {
            continue;
        }
        let path = base.join(entry.file_name());
        if rest.is_empty() || path.is_dir() {
            walk(&path, rest, seen, control, out)?;
        }
    }
    Ok(())
}

fn files_below(base: &Path, entries: std::fs::ReadDir, seen: &mut Seen, control: &Control) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in entries.flatten() {
        let path = base.join(entry.file_name());
        if hidden(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, &["**"], seen, control, &mut out)?;
        } else {
            out.push(path);
        }
    }
    Ok(out)
}

fn hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Whether a name matches one component of a pattern.
pub fn matches(pattern: &str, name: &str) -> bool {
    let p: Vec<char> = pattern.chars().collect();
    let n: Vec<char> = name.chars().collect();
    let (mut i, mut j) = (0, 0);
    // Where to go on when the last `*` has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    while j < n.len() {
        let step = match p.get(i) {
            Some('*') => {
                retry = Some((i + 1, j + 1));
                i += 1;
                continue;
            }
            Some('?') => Some(i + 1),
            Some('[') => class(&p[i..], n[j]).map(|used| i + used),
            Some(c) if *c == n[j] => Some(i + 1),
            _ => None,
        };
        match (step, retry) {
            (Some(next), _) => {
                i = next;
                j += 1;
            }
            (None, Some((ri, rj))) => {
                i = ri;
                j = rj;
                retry = Some((ri, rj + 1));
            }
            (None, None) => return false,
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

/// The length of the class `[…]` at the beginning of a pattern if it takes `c`.
fn class(p: &[char], c: char) -> Option<usize> {
    let negated = matches!(p.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let end = (first + 1..p.len()).find(|i| p[*i] == ']')?;
    let members = &p[first..end];
    let mut hit = false;
    let mut i = 0;
    while i < members.len() {
        if members.get(i + 1) == Some(&'-') && i + 2 < members.len() {
            hit |= (members[i]..=members[i + 2]).contains(&c);
            i += 3;
        } else {
            hit |= members[i] == c;
            i += 1;
        }
    }
    (hit != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match() {
        for (pattern, name, want) in [
            ("*.parquet", "売上.parquet", true),
            ("*.parquet", "a.csv", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "ba", false),
            ("day=2026-1[12]-*", "day=2026-11-01", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_are_taken_apart() {
        assert_eq!(split("/a/b/*/c.csv"), (PathBuf::from("/a/b"), vec!["*", "c.csv"]));
        assert_eq!(split("*.csv"), (PathBuf::new(), vec!["*.csv"]));
        assert_eq!(braces("a{b,c{d,e}}f"), Some(["abf", "acdf", "acef"].map(String::from).to_vec()));
        assert_eq!(braces("a{b"), None);
        assert!(expand("data/[a", &Control::new()).is_err());
    }

    #[test]
    fn files_are_found() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        for name in ["a/x2.csv", "a/x10.csv", "a/b/y.csv", "a/.hidden/z.csv", "c.txt"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
            std::fs::write(path, "1")?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("a"), dir.path().join("a/b/loop"))?;
        let found = |pattern: &str| {
            let root = dir.path().display().to_string();
            expand(&format!("{root}/{pattern}"), &Control::new()).map(|v| {
                v.iter()
                    .filter_map(|p| p.strip_prefix(dir.path()).ok())
                    .map(|p| p.display().to_string())
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(found("a/*.csv").ok(), Some(vec!["a/x2.csv".into(), "a/x10.csv".into()]));
        assert_eq!(found("**/*.csv").ok().map(|v| v.len()), Some(3));
        assert_eq!(found("{a/b,.}/*.{csv,txt}").ok().map(|v| v.len()), Some(2));
        assert_eq!(found("nothing*").ok(), Some(Vec::new()));
        Ok(())
    }
}
