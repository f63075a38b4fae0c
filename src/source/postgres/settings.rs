//! The keys of a connection of the kinds `postgres` and `redshift`, and what the environment adds to them the way libpq
//! has it: `PG*` variables, `pg_service.conf`, `.pgpass`.
//!
//! What is nearer wins: a key of its own, the URL, the service file, the environment, the usual value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use url::Url;

use crate::data::Ceiling;
use crate::error::{Error, Result, Secret};
use crate::source::fields::{Field, FieldKind};
use crate::source::secret::{expanded, resolve};
use crate::text::Msg;

/// The settings, in the order of the form.
pub const FIELDS: &[Field] = &[
    Field::new("url", "connection-database-url", FieldKind::Url),
    Field::new("password", "connection-password", FieldKind::Secret),
    Field::new("host", "connection-host", FieldKind::Text),
    Field::new("port", "connection-port", FieldKind::Number),
    Field::new("user", "connection-user", FieldKind::Text),
    Field::new("database", "connection-database", FieldKind::Text),
    Field::new("service", "connection-service", FieldKind::Text),
    Field::new("sslmode", "connection-sslmode", FieldKind::Choice(MODES)),
    Field::new("ca_file", "connection-ca-file", FieldKind::Path),
    Field::new("before", "connection-before", FieldKind::Text),
    Field::new("time_zone", "connection-zone", FieldKind::Text),
    Field::new("timeout", "connection-wait", FieldKind::Span),
    Field::new("time_limit", "connection-time-limit", FieldKind::Span),
    Field::new("max_rows", "connection-max-rows", FieldKind::Number),
    Field::new("max_cost", "connection-max-cost", FieldKind::Number),
];

/// The modes of a line, by libpq's names, the usual one first.
const MODES: &[&str] = &["prefer", "disable", "require", "verify-ca", "verify-full"];

/// The password that says that the person is to be asked, whatever the environment and the file of passwords have.
const PROMPT: &str = "prompt";

/// Rows that a query may be expected to handle where nothing is set.
const MAX_ROWS: u64 = 50_000_000;
/// What a query may be expected to cost where nothing is set; 1 is a page read in passing, so this is about 40 GB of them.
const MAX_COST: u64 = 5_000_000;

/// As it stands in the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    kind: String,
    url: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    database: Option<String>,
    password: Option<String>,
    service: Option<String>,
    sslmode: Option<String>,
    ca_file: Option<String>,
    before: Option<String>,
    time_zone: Option<String>,
    timeout: Option<String>,
    time_limit: Option<String>,
    max_rows: Option<u64>,
    max_cost: Option<u64>,
}

/// How far the line to the server is secured, by libpq's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server can.
    Prefer,
    /// Encrypted, to whomever; with a CA file as [`SslMode::VerifyCa`].
    Require,
    /// Encrypted, to a server with a certificate of a trusted authority.
    VerifyCa,
    /// The same, and the certificate is for this host.
    VerifyFull,
}

impl SslMode {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::Disable,
            // libpq tries without first; what is sent is the same in the end.
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }
}

/// Where the password is.
#[derive(Clone, Debug)]
enum Password {
    /// Where a setting points.
    Setting(String),
    /// In the environment or in the file of passwords.
    Found(Secret),
    /// Nowhere: the server may not want one.
    None,
}

/// A connection's settings, checked; its password is read when it is first needed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The connection.
    pub name: String,
    /// Amazon Redshift and not PostgreSQL.
    pub redshift: bool,
    /// Host name, or the folder of a socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Database.
    pub database: String,
    /// How the line is secured.
    pub sslmode: SslMode,
    /// A PEM file of authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// A command to run first, such as a tunnel; it is left running until the program ends.
    pub before: Option<String>,
    /// The zone instants are shown in, and days begin in.
    pub zone: Tz,
    /// The longest connecting may take.
    pub timeout: Duration,
    /// The longest a statement may run.
    pub time_limit: Duration,
    /// What a query may be expected to take before somebody is asked.
    pub ceiling: Ceiling,
    password: Password,
}

/// What the surroundings say; a parameter so that tests need not change the process's own.
pub struct Surroundings<'a> {
    /// Environment variables.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The home folder.
    pub home: Option<PathBuf>,
}

impl Settings {
    /// Checks the table of a connection, in this process's environment.
    pub fn read(name: &str, table: &toml::Table) -> Result<Self> {
        let variable = |key: &str| std::env::var(key).ok().filter(|v| !v.is_empty());
        Self::read_in(name, table, &Surroundings { variable: &variable, home: dirs::home_dir() })
    }

    /// Checks the table of a connection.
    pub fn read_in(name: &str, table: &toml::Table, around: &Surroundings<'_>) -> Result<Self> {
        let wrong = |key: &str, cause: String| {
            Error::usage(Msg::new("error-connection-setting").with("name", name).with("key", key).with("cause", cause))
                .hint(Msg::new("hint-connection-setting"))
        };
        let keys: Keys = table.clone().try_into().map_err(|e: toml::de::Error| wrong("", e.message().to_owned()))?;
        let from_url = match &keys.url {
            Some(text) => url_parts(text).map_err(|cause| wrong("url", cause.to_owned()))?,
            None => BTreeMap::new(),
        };
        let wanted = keys.service.clone().or_else(|| from_url.get("service").cloned());
        let service = match wanted.or_else(|| (around.variable)("PGSERVICE")) {
            Some(wanted) => service(&wanted, around).ok_or_else(|| wrong("service", wanted))?,
            None => BTreeMap::new(),
        };
        let pick = |own: Option<String>, key: &str, variable: &str| {
            own.or_else(|| from_url.get(key).cloned())
                .or_else(|| service.get(key).cloned())
                .or_else(|| (around.variable)(variable))
        };
        let redshift = keys.kind == "redshift";
        let host = pick(keys.host.clone(), "host", "PGHOST").unwrap_or_else(|| "localhost".to_owned());
        let port = match pick(keys.port.map(|p| p.to_string()), "port", "PGPORT") {
            Some(text) => text.parse().map_err(|_| wrong("port", text))?,
            None if redshift => 5439,
            None => 5432,
        };
        let user = pick(keys.user.clone(), "user", "PGUSER")
            .or_else(|| (around.variable)("USER"))
            .or_else(|| (around.variable)("USERNAME"))
            .ok_or_else(|| wrong("user", "?".to_owned()))?;
        let database = pick(keys.database.clone(), "dbname", "PGDATABASE").unwrap_or_else(|| user.clone());
        let sslmode = match pick(keys.sslmode.clone(), "sslmode", "PGSSLMODE") {
            Some(text) => SslMode::named(&text)
                .ok_or_else(|| wrong("sslmode", "disable, prefer, require, verify-ca, verify-full".to_owned()))?,
            None => SslMode::Prefer,
        };
        let ca_file = pick(keys.ca_file.clone(), "sslrootcert", "PGSSLROOTCERT").map(|p| expanded(&p));
        let span = |key: &str, value: &Option<String>, usual: u64| match value {
            Some(text) => crate::source::clock::span(text).ok_or_else(|| wrong(key, "30s, 5m, 1h".to_owned())),
            None => Ok(Duration::from_secs(usual)),
        };
        let zone = match pick(keys.time_zone.clone(), "timezone", "PGTZ") {
            Some(text) => text.parse::<Tz>().map_err(|_| wrong("time_zone", "Asia/Tokyo".to_owned()))?,
            None => crate::source::clock::local_zone(),
        };
        // Redshift counts in a unit of its own, in which moving rows between nodes is beyond all measure.
        let cost = keys.max_cost.or((!redshift).then_some(MAX_COST)).map(|cost| cost as f64);
        let inline = from_url.get("password").or_else(|| service.get("password")).cloned();
        let password = match (keys.password.clone(), inline, (around.variable)("PGPASSWORD")) {
            (Some(setting), ..) if setting == PROMPT => Password::None,
            (Some(setting), ..) => Password::Setting(setting),
            (None, Some(text), _) | (None, None, Some(text)) => Password::Found(Secret::new(text)),
            (None, None, None) => pgpass(&host, port, &database, &user, around).map_or(Password::None, Password::Found),
        };
        Ok(Self {
            name: name.to_owned(),
            redshift,
            host,
            port,
            user,
            database,
            sslmode,
            ca_file,
            before: keys.before.clone(),
            zone,
            timeout: span("timeout", &keys.timeout, 15)?,
            time_limit: span("time_limit", &keys.time_limit, 3600)?,
            ceiling: Ceiling { rows: Some(keys.max_rows.unwrap_or(MAX_ROWS)), cost },
            password,
        })
    }

    /// Whether the password is the person's to type, where the server wants one.
    pub fn asks(&self) -> bool {
        matches!(self.password, Password::None)
    }

    /// The password, if there is one.
    pub fn password(&self) -> Result<Option<Secret>> {
        match &self.password {
            Password::Setting(setting) => resolve(setting, &format!("connections.{}.password", self.name)).map(Some),
            Password::Found(secret) => Ok(Some(secret.clone())),
            Password::None => Ok(None),
        }
    }
}

/// The parts of `postgres://user:password@host:port/database?key=value`, by libpq's names.
fn url_parts(text: &str) -> std::result::Result<BTreeMap<String, String>, &'static str> {
    const FORM: &str = "postgres://user@host:5432/database?sslmode=verify-full";
    let url = Url::parse(text).map_err(|_| FORM)?;
    if !matches!(url.scheme(), "postgres" | "postgresql" | "redshift") {
        return Err(FORM);
    }
    let plain = |text: &str| percent(text).ok_or(FORM);
    let mut parts: BTreeMap<String, String> =
        url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            parts.insert(key.to_owned(), value);
        }
    };
    put("host", url.host_str().map(plain).transpose()?);
    put("port", url.port().map(|p| p.to_string()));
    put("user", Some(plain(url.username())?));
    put("password", url.password().map(plain).transpose()?);
    put("dbname", Some(plain(url.path().trim_start_matches('/'))?));
    Ok(parts)
}

/// A text with `%41` read as `A`.
fn percent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The section of the service file; `PGSERVICEFILE`, then `~/.pg_service.conf`, then `PGSYSCONFDIR/pg_service.conf`.
fn service(wanted: &str, around: &Surroundings<'_>) -> Option<BTreeMap<String, String>> {
    let own = (around.variable)("PGSERVICEFILE").map(PathBuf::from);
    let home = around.home.as_ref().map(|h| h.join(".pg_service.conf"));
    let shared = (around.variable)("PGSYSCONFDIR").map(|d| Path::new(&d).join("pg_service.conf"));
    [own.or(home), shared].into_iter().flatten().find_map(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        let mut within = false;
        let mut found = None;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                within = name == wanted;
                if within {
                    found = Some(BTreeMap::new());
                }
            } else if let (true, Some(parts), Some((key, value))) = (within, found.as_mut(), line.split_once('=')) {
                parts.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
        found
    })
}

/// The password of the first line that fits, in `PGPASSFILE` or `~/.pgpass`; a file that others can read is passed over,
/// as libpq does.
fn pgpass(host: &str, port: u16, database: &str, user: &str, around: &Surroundings<'_>) -> Option<Secret> {
    let path = (around.variable)("PGPASSFILE").map(PathBuf::from);
    let path = path.or_else(|| around.home.as_ref().map(|h| h.join(".pgpass")))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(&path).ok()?.permissions().mode() & 0o077 != 0 {
            return None;
        }
    }
    let text = std::fs::read_to_string(path).ok()?;
    // A socket's folder goes by the name of this host.
    let host = if host.starts_with('/') { "localhost" } else { host };
    let port = port.to_string();
    text.lines().filter(|l| !l.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [h, p, d, u, password] = fields.as_slice() else { return None };
        let fits = [(h, host), (p, port.as_str()), (d, database), (u, user)];
        fits.iter().all(|(said, is)| *said == "*" || said.as_str() == *is).then(|| Secret::new(password.clone()))
    })
}

/// The fields between colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, fields.len()) {
            ('\\', _) => fields.last_mut().into_iter().for_each(|f| f.extend(chars.next())),
            // The password is the rest of the line.
            (':', n) if n < 5 => fields.push(String::new()),
            (c, _) => fields.last_mut().into_iter().for_each(|f| f.push(c)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str, variables: &[(&str, &str)], home: Option<&Path>) -> Result<Settings> {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        let variable = |key: &str| variables.get(key).map(|v| (*v).to_owned());
        let around = Surroundings { variable: &variable, home: home.map(Path::to_owned) };
        Settings::read_in("prod", &toml.parse().unwrap(), &around)
    }

    #[test]
    fn what_is_nearer_wins() {
        let environment = [("PGHOST", "env.example.com"), ("PGPORT", "1"), ("PGUSER", "env"), ("PGDATABASE", "envdb")];
        let all = read("kind = 'postgres'", &environment, None).unwrap();
        assert_eq!(
            (all.host.as_str(), all.port, all.user.as_str(), all.database.as_str()),
            ("env.example.com", 1, "env", "envdb")
        );
        let url =
            "kind = 'postgres'\nurl = 'postgres://ana%40corp@db.example.com/app%20one?sslmode=verify-full'\nport = 7";
        let near = read(url, &environment, None).unwrap();
        assert_eq!((near.host.as_str(), near.port), ("db.example.com", 7));
        assert_eq!((near.user.as_str(), near.database.as_str()), ("ana@corp", "app one"));
        assert_eq!(near.sslmode, SslMode::VerifyFull);
        assert_eq!(read("kind = 'redshift'", &[("USER", "u")], None).unwrap().port, 5439);
    }

    #[test]
    fn passwords_come_from_the_file_of_passwords() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".pgpass");
        std::fs::write(&path, "# mine\nother:*:*:*:no\ndb:5432:*:ana:a\\:b\\\\c:d\n*:*:*:*:last\n").unwrap();
        let password = |toml: &str| {
            let settings = read(toml, &[], Some(home.path())).unwrap();
            settings.password().unwrap().map(|s| s.reveal().to_owned())
        };
        let toml = "kind = 'postgres'\nhost = 'db'\nuser = 'ana'";
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(password(toml), None);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(password(toml).as_deref(), Some("a:b\\c:d"));
        assert_eq!(password("kind = 'postgres'\nhost = 'elsewhere'\nuser = 'x'").as_deref(), Some("last"));
        assert_eq!(password(&format!("{toml}\npassword = 'prompt'")), None, "the person is asked");
    }

    #[test]
    fn services_are_sections_of_a_file() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(
            home.path().join(".pg_service.conf"),
            "[a]\nhost=a.example.com\n[b]\nhost = b.example.com\nuser=bea\n",
        )
        .unwrap();
        let b = read("kind = 'postgres'\nservice = 'b'", &[("PGHOST", "far")], Some(home.path())).unwrap();
        assert_eq!((b.host.as_str(), b.user.as_str()), ("b.example.com", "bea"));
        assert!(read("kind = 'postgres'\nservice = 'c'\nuser = 'u'", &[], Some(home.path())).is_err());
    }

    #[test]
    fn wrong_keys_are_named() {
        for toml in [
            "kind = 'postgres'\nuser = 'u'\nhots = 'x'",
            "kind = 'postgres'\nuser = 'u'\nurl = 'http://x'",
            "kind = 'postgres'\nuser = 'u'\nsslmode = 'yes'",
            "kind = 'postgres'\nuser = 'u'\ntime_zone = 'Mars'",
        ] {
            assert!(read(toml, &[], None).is_err(), "{toml}");
        }
        // The text of an error has no password in it.
        let error = read("kind = 'postgres'\nurl = 'postgres://u:geheim@h/d'\nsslmode = 'yes'", &[], None).unwrap_err();
        assert!(!format!("{error:?}").contains("geheim"));
    }
}
