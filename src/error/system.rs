//! What the operating system says when something fails, in words of both languages. What was being done, and to what, is
//! for the caller to say.

use std::error::Error;
use std::io::{self, ErrorKind};

use crate::text::Msg;

/// How the lookup of a host's name fails: its kind has no name.
const LOOKUP: &str = "failed to lookup address information";

/// An error of the system in words; one that is not common as the system writes it.
pub fn words(error: &io::Error) -> Msg {
    spoken(error).unwrap_or_else(|| raw(error.to_string()))
}

/// What the system said at the bottom of an error, if it was the system and the error is common.
pub fn beneath(error: &(dyn Error + 'static)) -> Option<Msg> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        found = error.downcast_ref::<io::Error>().and_then(spoken).or(found);
        next = error.source();
    }
    found
}

/// Words of somebody else, as they are.
pub fn raw(text: impl Into<String>) -> Msg {
    Msg::new("system-other").with("text", text.into())
}

fn spoken(error: &io::Error) -> Option<Msg> {
    let id = match error.kind() {
        ErrorKind::NotFound => "system-not-found",
        ErrorKind::PermissionDenied => "system-denied",
        ErrorKind::AlreadyExists => "system-exists",
        ErrorKind::IsADirectory => "system-folder",
        ErrorKind::NotADirectory => "system-no-folder",
        ErrorKind::InvalidFilename => "system-name",
        ErrorKind::StorageFull => "system-full",
        ErrorKind::QuotaExceeded => "system-quota",
        ErrorKind::FileTooLarge => "system-large",
        ErrorKind::ReadOnlyFilesystem => "system-read-only",
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => "system-busy",
        ErrorKind::OutOfMemory => "system-memory",
        ErrorKind::UnexpectedEof => "system-ended",
        ErrorKind::BrokenPipe => "system-pipe",
        ErrorKind::TimedOut => "system-late",
        ErrorKind::ConnectionRefused => "system-refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::NotConnected => "system-reset",
        ErrorKind::HostUnreachable => "system-no-host",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "system-no-network",
        _ if error.to_string().starts_with(LOOKUP) => "system-unknown-host",
        _ => of_code(error.raw_os_error()?)?,
    };
    Some(Msg::new(id))
}

/// Common errors whose kind has no name.
#[cfg(unix)]
fn of_code(code: i32) -> Option<&'static str> {
    match code {
        libc::EMFILE | libc::ENFILE => Some("system-many"),
        libc::ELOOP => Some("system-loop"),
        libc::EIO => Some("system-device"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn of_code(_code: i32) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn common_errors_are_told_in_both_languages_and_others_as_they_are() {
        let both = |error: &io::Error| [Lang::En, Lang::Ja].map(|lang| words(error).in_lang(lang));
        for (code, en, ja) in [
            (libc::ENOENT, "it is not there", "見つかりません"),
            (libc::EACCES, "no permission", "権限がありません"),
            (libc::EPERM, "no permission", "権限がありません"),
            (libc::EISDIR, "it is a folder", "フォルダーです"),
            (libc::ENOSPC, "the disk is full", "ディスクの空き容量がありません"),
            (libc::EROFS, "the file system is read-only", "ファイルシステムが読み取り専用です"),
            (libc::EPIPE, "the other end was closed", "相手側が閉じられました"),
            (libc::ECONNREFUSED, "the connection was refused", "接続が拒否されました"),
            (libc::ECONNRESET, "the connection was broken off", "接続が切断されました"),
            (libc::ETIMEDOUT, "it took too long", "時間切れになりました"),
            (libc::EMFILE, "too many open files", "開いているファイルが多すぎます"),
        ] {
            assert_eq!(both(&io::Error::from_raw_os_error(code)), [en, ja], "{code}");
        }
        for same in [io::Error::other("a detail"), io::Error::new(ErrorKind::InvalidData, "a detail")] {
            assert_eq!(both(&same), ["a detail", "a detail"]);
        }
        let lookup = io::Error::other(format!("{LOOKUP}: Name or service not known"));
        assert_eq!(both(&lookup)[0], "the host name could not be looked up");
    }

    #[test]
    fn what_the_system_said_is_found_beneath() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("it went wrong")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let said = beneath(&Outer(ErrorKind::ConnectionRefused.into()));
        assert_eq!(said.map(|m| m.id), Some("system-refused"));
        assert_eq!(beneath(&Outer(io::Error::other("x"))), None);
    }
}
