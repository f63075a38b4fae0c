//! Where a connection's secrets are kept: in the environment, in a file only its owner reads, or with a program that
//! hands them out. The value itself goes nowhere but into a [`Secret`].

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result, Secret};
use crate::text::Msg;

/// The service name keychains know the program's secrets by.
const SERVICE: &str = "mekiki";

/// Reads the secret a setting points to: `env:NAME`, `command:…` (its first line), `file:PATH` or `keychain:NAME`; any
/// other text is the secret itself. `what` names the setting in errors.
pub fn resolve(setting: &str, what: &str) -> Result<Secret> {
    let missing = |id, place: &str| {
        Error::usage(Msg::new(id).with("setting", what).with("place", place)).hint(Msg::new("hint-secret"))
    };
    let value = match setting.split_once(':') {
        Some(("env", name)) => std::env::var(name).map_err(|_| missing("error-secret-env", name))?,
        Some(("command", line)) => output(shell(line)).ok_or_else(|| missing("error-secret-command", line))?,
        Some(("file", path)) => {
            let path = expanded(path);
            guarded(&path, what)?;
            std::fs::read_to_string(&path).map_err(|e| {
                let mut error = Error::io(&path, e);
                error.kind = crate::error::ErrorKind::Usage;
                error
            })?
        }
        Some(("keychain", name)) => output(keychain(name)).ok_or_else(|| missing("error-secret-keychain", name))?,
        _ => setting.to_owned(),
    };
    let value = value.lines().next().unwrap_or_default().trim().to_owned();
    match value.is_empty() {
        true => Err(missing("error-secret-empty", setting.split(':').next().unwrap_or_default())),
        false => Ok(Secret::new(value)),
    }
}

/// Whether a setting says where a secret is kept, and so is none itself.
pub fn points(setting: &str) -> bool {
    setting.split_once(':').is_some_and(|(place, _)| PLACES.contains(&place))
}

/// The places a secret can be kept at, as settings begin with them.
pub const PLACES: [&str; 4] = ["file", "env", "command", "keychain"];

/// Keeps a secret in a new file that only its owner can read, called `name` or nearly so, and gives that file. What is
/// there already stays.
pub fn keep(folder: &Path, name: &str, secret: &Secret) -> Result<PathBuf> {
    const NAMES: usize = 1000;
    let failed = |e: std::io::Error| Error::io(folder, e);
    std::fs::create_dir_all(folder).map_err(failed)?;
    // A new temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, format!("{}\n", secret.reveal()).as_bytes()).map_err(failed)?;
    for i in 1..NAMES {
        let path = folder.join(if i == 1 { name.to_owned() } else { format!("{name}-{i}") });
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => file = e.file,
            Err(e) => return Err(Error::io(&path, e.error)),
        }
    }
    Err(Error::io(folder, std::io::ErrorKind::AlreadyExists.into()))
}

/// Puts a secret into the system's keychain, under this account. What was there under it is replaced.
pub fn store(account: &str, secret: &Secret) -> Result<()> {
    let failed =
        || Error::usage(Msg::new("error-secret-store").with("place", account)).hint(Msg::new("hint-secret-store"));
    // Words of a line, and of what other programs show of this one, must not be mistaken for anything else.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if account.is_empty() || !account.chars().all(plain) {
        return Err(failed());
    }
    let (mut command, said) = if cfg!(target_os = "macos") {
        let hex: String = secret.reveal().bytes().map(|b| format!("{b:02x}")).collect();
        let mut command = Command::new("security");
        command.arg("-i");
        (command, format!("add-generic-password -U -s {SERVICE} -a {account} -X {hex}\n"))
    } else {
        let mut command = Command::new("secret-tool");
        let label = format!("{SERVICE} {account}");
        command.args(["store", "--label", &label, "service", SERVICE, "account", account]);
        (command, secret.reveal().to_owned())
    };
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = pipes.spawn().map_err(|_| failed())?;
    if let Some(mut input) = child.stdin.take() {
        // A program that ends early says so by its status.
        let _ = std::io::Write::write_all(&mut input, said.as_bytes());
    }
    let done = child.wait().is_ok_and(|status| status.success());
    // Not every keychain says so when it did not keep something.
    let kept = || output(keychain(account)).is_some_and(|text| text.lines().next() == Some(secret.reveal()));
    if done && kept() { Ok(()) } else { Err(failed()) }
}

/// A path with `~` for the home folder.
pub fn expanded(path: &str) -> PathBuf {
    match path.strip_prefix("~/").zip(dirs::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => path.into(),
    }
}

/// Refuses a file that others can read.
fn guarded(path: &Path, what: &str) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
            let message = Msg::new("error-secret-open").with("setting", what).with("path", path.display().to_string());
            return Err(
                Error::usage(message).hint(Msg::new("hint-secret-open").with("path", path.display().to_string()))
            );
        }
    }
    let _ = (path, what);
    Ok(())
}

/// A line for the system's shell.
pub(super) fn shell(line: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.arg(flag).arg(line);
    command
}

/// The system's own program that hands out passwords.
fn keychain(name: &str) -> Command {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("security");
        command.args(["find-generic-password", "-s", SERVICE, "-a", name, "-w"]);
        command
    } else {
        let mut command = Command::new("secret-tool");
        command.args(["lookup", "service", SERVICE, "account", name]);
        command
    }
}

/// What a program prints; nothing of what it says on its error output is kept, since that may hold the secret as well.
fn output(mut command: Command) -> Option<String> {
    let done = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8(done.stdout).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_read_and_trimmed() {
        let value = |setting: &str| resolve(setting, "api_key").map(|s| s.reveal().to_owned()).ok();
        assert_eq!(value("abc").as_deref(), Some("abc"));
        assert_eq!(value("command:printf 'k1\\nsecond'").as_deref(), Some("k1"));
        assert_eq!(value("command:exit 3"), None);
        assert_eq!(value("env:MEKIKI_TEST_NOT_SET_ANYWHERE"), None);
        assert_eq!(value("command:true"), None);
    }

    #[test]
    fn a_kept_secret_is_read_again_and_by_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let path = keep(&keys, "team-api_key", &Secret::new("first".to_owned())).unwrap();
        let other = keep(&keys, "team-api_key", &Secret::new("second".to_owned())).unwrap();
        let read = |path: &Path| resolve(&format!("file:{}", path.display()), "api_key").unwrap().reveal().to_owned();
        assert_eq!((read(&path), read(&other)), ("first".to_owned(), "second".to_owned()));
        assert!(points("env:A") && !points("first") && !points("https://x"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "key-in-file\n").unwrap();
        let setting = format!("file:{}", file.path().display());
        let set = |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        set(0o644);
        let error = resolve(&setting, "api_key").unwrap_err();
        assert_eq!(error.message.id, "error-secret-open");
        set(0o600);
        assert_eq!(resolve(&setting, "api_key").unwrap().reveal(), "key-in-file");
    }
}
