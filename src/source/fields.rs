//! What a kind of connection is made of: its settings, declared once. The form that adds a connection, the schema of the
//! configuration and the test of the example file all read this list. How a setting is used is its kind's business.

use super::Make;
use crate::error::Secret;
use crate::text::Msg;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// An address.
    Url,
    /// A secret, or where it is kept.
    Secret,
    /// A file that is read.
    Path,
    /// A span of time, such as `90s`.
    Span,
    /// A whole number.
    Number,
    /// Names with a secret each.
    Secrets,
    /// One of these words, the usual one first.
    Choice(&'static [&'static str]),
}

/// One setting of a kind of connection.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// As it stands in the file.
    pub key: &'static str,
    /// Its label; the attribute `help` explains it.
    pub text: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a connection cannot be without it.
    pub required: bool,
}

impl Field {
    /// A setting that may be left out.
    pub const fn new(key: &'static str, text: &'static str, kind: FieldKind) -> Self {
        Self { key, text, kind, required: false }
    }

    /// A setting that must be there.
    pub const fn required(key: &'static str, text: &'static str, kind: FieldKind) -> Self {
        Self { required: true, ..Self::new(key, text, kind) }
    }

    /// Its label.
    pub fn label(&self) -> Msg {
        Msg::new(self.text)
    }

    /// What it is for.
    pub fn help(&self) -> String {
        self.label().attribute("help")
    }
}

/// A link to something on a server, taken apart.
#[derive(Clone, Debug)]
pub struct Link {
    /// The server's address, without a slash at its end.
    pub server: String,
    /// What the link names there, as it follows a connection's name.
    pub path: String,
    /// The key that stood in it.
    pub key: Option<Secret>,
}

/// A kind of connection.
pub struct ConnectionKind {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its settings, in the order of the form.
    pub fields: &'static [Field],
    /// Makes the source.
    pub make: Make,
    /// Reads a link copied from a browser.
    pub link: fn(&str) -> Option<Link>,
    /// Writes what follows a connection's name as a link to that server.
    pub write_link: fn(&str, &str) -> String,
    /// The settings a link's server and key stand for.
    pub link_keys: (&'static str, &'static str),
}
