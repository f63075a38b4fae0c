//! Adding a connection to a configuration file. What stands there stays as it is, comments and order included: the new
//! table goes to the end. The file is written beside and renamed.

use std::io::Write as _;
use std::path::Path;

use super::Config;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Whether a text can be a connection's name: it stands before a colon, and in the file without quotes.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    // One letter is a drive, and these begin links.
    text.len() > 1 && text.chars().all(plain) && !matches!(text, "http" | "https")
}

/// Adds a connection to the file at `path`, which need not be there yet; its keys stand in the order given. Refused where
/// the name is taken.
pub fn connection(path: &Path, name: &str, keys: &[(String, toml::Value)]) -> Result<()> {
    // A link to the file stays one.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let failed = |e: std::io::Error| Error::io(path, e);
    let before = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.map_err(failed)?,
    };
    let old = Config::parse(&before, path)?;
    if old.connections.contains_key(name) {
        return Err(Error::usage(Msg::new("error-connection-taken").with("name", name)));
    }
    let text = with_table(&before, name, keys);
    // A file that has all connections in one line takes no table at its end.
    let new = Config::parse(&text, path).ok().filter(|new| {
        let mut wanted = old.clone();
        wanted.connections.insert(name.to_owned(), keys.iter().cloned().collect());
        *new == wanted
    });
    if new.is_none() {
        let message = Msg::new("error-connection-add").with("path", path.display().to_string());
        return Err(Error::usage(message).hint(Msg::new("hint-connection-add-table").with("name", name)));
    }
    write(path, &text)
}

/// Writes a configuration file beside and renames it; it keeps its permissions.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |e: std::io::Error| Error::io(path, e);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    if let Ok(there) = std::fs::metadata(path) {
        file.as_file().set_permissions(there.permissions()).map_err(failed)?;
    }
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| Error::io(path, e.error))?;
    Ok(())
}

fn with_table(before: &str, name: &str, keys: &[(String, toml::Value)]) -> String {
    let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = before.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            text.push_str(newline);
        }
        text.push_str(newline);
    }
    text.push_str(&format!("[connections.{name}]{newline}"));
    for (key, value) in keys {
        text.push_str(&format!("{key} = {value}{newline}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<(String, toml::Value)> {
        let text = "kind = 'redash'\nurl = 'https://r/\"x'\nheaders = { X-Key = 'env:A', 'b c' = '1' }";
        toml::from_str::<toml::Table>(text).unwrap().into_iter().collect()
    }

    #[test]
    fn what_stands_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/config.toml");
        connection(&path, "team", &table()).unwrap();
        let before = "# mine\r\ntheme = \"dark\" # at night\r\n\r\n[connections.old]\r\nkind = \"redash\"";
        std::fs::write(&path, before).unwrap();
        connection(&path, "team", &table()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(before) && text.contains("\r\n\r\n[connections.team]\r\n"), "{text}");
        let config = Config::parse(&text, &path).unwrap();
        assert_eq!(
            (config.theme.as_deref(), &config.connections["team"]),
            (Some("dark"), &table().into_iter().collect())
        );
        let again = connection(&path, "team", &table()).unwrap_err();
        assert_eq!(again.message.id, "error-connection-taken");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_file_that_takes_no_table_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        for (text, id) in
            [("connections = { a = { kind = \"redash\" } }\n", "error-connection-add"), ("theme = 3\n", "error-config")]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(connection(&path, "team", &table()).unwrap_err().message.id, id);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::write(&path, "# only words\n").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.toml"), folder.path().join("link.toml"));
        std::fs::write(&real, "theme = \"dark\"\n").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        connection(&link, "team", &table()).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(std::fs::read_to_string(&real).unwrap().contains("[connections.team]"));
    }

    #[test]
    fn names() {
        for (text, good) in
            [("team", true), ("a", false), ("https", false), ("a b", false), ("日本", false), ("r-2_x", true)]
        {
            assert_eq!(is_name(text), good, "{text}");
        }
    }
}
