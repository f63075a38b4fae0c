//! The one error type of the house: what happened, where, and what to do next, in both languages.
//!
//! An [`Error`] carries messages, not finished text, so that it can be read in the language chosen at the moment it
//! is shown. [`Secret`] holds what must never be shown at all. Nothing here prints.

pub mod system;

use std::fmt;

use crate::text::Msg;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; decides the exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The operation was understood and did not succeed (exit 1).
    Failed,
    /// The command line, a form, a recipe or the configuration is wrong (exit 2).
    Usage,
    /// A source cannot be reached or does not let us in (exit 3).
    Connect,
    /// A time limit passed (exit 4).
    Timeout,
    /// A guard refused: memory, cost, read-only (exit 5).
    Refused,
    /// The work is done, and a check that was asked for did not hold (exit 6).
    Check,
    /// The person stopped it (exit 130).
    Interrupted,
}

impl ErrorKind {
    /// The process's exit code for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Connect => 3,
            Self::Timeout => 4,
            Self::Refused => 5,
            Self::Check => 6,
            Self::Interrupted => 130,
        }
    }
}

/// A failure a person can act on.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What happened, and where.
    pub message: Msg,
    /// What to do next.
    pub hint: Option<Msg>,
    /// The lower error that caused it; shown with `-v`.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: Msg) -> Self {
        Self { kind, message, hint: None, source: None }
    }

    /// The operation failed (exit 1).
    pub fn failed(message: Msg) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// The request is wrong (exit 2).
    pub fn usage(message: Msg) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A guard refused (exit 5).
    pub fn refused(message: Msg) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// The person stopped it (exit 130).
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, Msg::new("error-interrupted"))
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: Msg) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Adds the cause.
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Reading or writing `path` failed.
    pub fn io(path: &std::path::Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let id = match error.kind() {
            Io::NotFound => "error-file-missing",
            Io::PermissionDenied => "error-file-denied",
            Io::StorageFull => "error-disk-full",
            _ => "error-file",
        };
        Self::failed(Msg::new(id).with("path", path.display().to_string()).with("cause", system::words(&error)))
            .caused_by(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// A password or key. It has no way to be printed, written or compared by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value` out of sight.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
