//! One session on a server: opened read-only, with a time limit, an explicit time zone and a name; statements on it can be
//! cancelled, and the server is told. Knows no tables.

use std::collections::HashMap;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio_postgres::config::SslMode as Wire;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{Settings, SslMode};
use super::tls;
use crate::data::{Allowance, Control, Misfit};
use crate::error::{Error, ErrorKind, Result, Secret, system};
use crate::source::alone::alone;
use crate::source::http::{LOOK, runtime};
use crate::source::secret::shell;
use crate::sql::fault::misfit_column;
use crate::text::Msg;

/// How long the server has to say that it stopped.
const STOP: Duration = Duration::from_secs(3);
/// How long a transaction may wait for somebody to look at more rows: as long as it does, nobody else can drop or change what
/// it reads. The server ends it, so that it ends where this machine sleeps, too.
const HELD: Duration = Duration::from_secs(30);

/// What the driver says where a server wants a password and there is none.
const MISSING: &str = "password missing";

/// What can go wrong in the driver.
pub type Fault = tokio_postgres::Error;

/// The way to one server, and the sessions on it that wait for work.
pub struct Way {
    /// The connection's settings.
    pub settings: Settings,
    connector: OnceLock<MakeRustlsConnect>,
    idle: Mutex<Vec<Line>>,
    /// What work on a relation may take, by the text of its query; it lasts as long as the program.
    allowances: Mutex<HashMap<String, Arc<Allowance>>>,
    before: Mutex<Option<Child>>,
    /// The password as the person typed it; locked while they are asked.
    typed: Mutex<Option<Secret>>,
}

/// One session.
pub struct Line {
    client: Client,
    token: CancelToken,
    connector: MakeRustlsConnect,
    name: String,
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Some(mut child) = self.before.lock().unwrap_or_else(|e| e.into_inner()).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The innermost reason of a fault that is not the server's answer.
fn reason(fault: &Fault) -> String {
    let mut cause: &dyn std::error::Error = fault;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A fault as an error: what the server said, and what to do.
pub fn error(name: &str, fault: &Fault) -> Error {
    let Some(said) = fault.as_db_error() else {
        if reason(fault) == MISSING {
            let message = Msg::new("error-postgres-password").with("name", name);
            return Error::new(ErrorKind::Connect, message).hint(Msg::new("hint-postgres-login"));
        }
        let (id, hint) = match fault.is_closed() {
            true => ("error-postgres-lost", "hint-postgres-again"),
            false => ("error-postgres-reach", "hint-postgres-reach"),
        };
        let cause = reason(fault);
        let words = system::beneath(fault).unwrap_or_else(|| system::raw(&cause));
        let message = Msg::new(id).with("name", name).with("cause", words);
        return Error::new(ErrorKind::Connect, message).hint(Msg::new(hint)).caused_by(cause);
    };
    if let Some(column) = misfit_column(said.message()) {
        let message = Msg::new("error-misfit").with("column", column);
        let error = Error::failed(message).hint(Msg::new("hint-misfit"));
        return Error { source: Some(Box::new(Misfit(column.to_owned()))), ..error };
    }
    let message = Msg::new("error-postgres-said").with("name", name).with("said", said.message());
    let (kind, hint) = match said.code() {
        code if code.code().starts_with("28") => (ErrorKind::Connect, Some("hint-postgres-login")),
        code if code.code().starts_with("08") || *code == SqlState::INVALID_CATALOG_NAME => (ErrorKind::Connect, None),
        code if *code == SqlState::TOO_MANY_CONNECTIONS => (ErrorKind::Connect, None),
        code if code.code().starts_with("57P") => (ErrorKind::Connect, Some("hint-postgres-again")),
        code if *code == SqlState::QUERY_CANCELED => (ErrorKind::Timeout, Some("hint-postgres-limit")),
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => (ErrorKind::Refused, Some("hint-postgres-read-only")),
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => (ErrorKind::Failed, Some("hint-postgres-privilege")),
        code if *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => (ErrorKind::Failed, Some("hint-postgres-range")),
        code if *code == SqlState::UNDEFINED_TABLE => (ErrorKind::Failed, Some("hint-postgres-table")),
        _ => (ErrorKind::Failed, None),
    };
    let error = Error::new(kind, message);
    match hint {
        Some(hint) => error.hint(Msg::new(hint)),
        None => match said.hint() {
            Some(text) => error.hint(Msg::new("hint-postgres-said").with("said", text)),
            None => error,
        },
    }
}

impl Way {
    /// A way that is not walked yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            connector: OnceLock::new(),
            idle: Mutex::default(),
            allowances: Mutex::default(),
            before: Mutex::default(),
            typed: Mutex::default(),
        }
    }

    /// What work on the relation with this query may take.
    pub fn allowance(&self, query: String) -> Arc<Allowance> {
        let mut all = self.allowances.lock().unwrap_or_else(|e| e.into_inner());
        all.entry(query).or_insert_with(|| Arc::new(Allowance::new(self.settings.ceiling))).clone()
    }

    fn connector(&self) -> Result<&MakeRustlsConnect> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let made = tls::connector(&self.settings)?;
        Ok(self.connector.get_or_init(|| made))
    }

    /// Starts the command that has to run first, and waits until the port answers.
    fn prepare(&self, control: &Control) -> Result<()> {
        let Some(line) = &self.settings.before else { return Ok(()) };
        let mut before = self.before.lock().unwrap_or_else(|e| e.into_inner());
        if before.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        let mut command = shell(line);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let failed = |cause: Msg| {
            Error::new(ErrorKind::Connect, Msg::new("error-postgres-before").with("command", line).with("cause", cause))
        };
        let child = before.insert(command.spawn().map_err(|e| failed(system::words(&e)))?);
        let until = Instant::now() + self.settings.timeout;
        let address = (self.settings.host.as_str(), self.settings.port);
        while std::net::TcpStream::connect(address).is_err() {
            // One that goes on in the background ends well.
            if let Ok(Some(status)) = child.try_wait()
                && !status.success()
            {
                return Err(failed(system::raw(status.to_string())));
            }
            if Instant::now() >= until {
                return Err(failed(system::raw(format!("{}:{}", self.settings.host, self.settings.port))));
            }
            crate::source::http::pause(control, Duration::from_millis(100))?;
        }
        Ok(())
    }

    /// A session, new or one that waited.
    pub fn line(&self, control: &Control) -> Result<Line> {
        while let Some(line) = self.idle.lock().unwrap_or_else(|e| e.into_inner()).pop() {
            if !line.client.is_closed() {
                return Ok(line);
            }
        }
        self.prepare(control)?;
        self.connect(control)
    }

    /// Gives a session back that has nothing open on it.
    pub fn put_back(&self, line: Line) {
        self.idle.lock().unwrap_or_else(|e| e.into_inner()).push(line);
    }

    /// Does something on a session; it is kept for the next one if all went well.
    pub fn with<T>(&self, control: &Control, work: impl FnOnce(&Line) -> Result<T>) -> Result<T> {
        let line = self.line(control)?;
        let done = work(&line)?;
        self.put_back(line);
        Ok(done)
    }

    /// A new session. Where a password is wanted that is nowhere to be found, the person is asked for it.
    fn connect(&self, control: &Control) -> Result<Line> {
        let mut password = self.settings.password()?;
        if self.settings.asks() {
            // What is being typed for another session is waited for once this one is refused.
            password = self.typed.try_lock().ok().and_then(|typed| typed.clone());
        }
        loop {
            let fault = match self.open(password.as_ref(), control)? {
                Ok(line) => return Ok(line),
                Err(fault) => fault,
            };
            let wanted = reason(&fault) == MISSING || fault.code() == Some(&SqlState::INVALID_PASSWORD);
            let typed = if wanted && self.settings.asks() { self.typed(password.as_ref(), control)? } else { None };
            password = Some(typed.ok_or_else(|| error(&self.settings.name, &fault))?);
        }
    }

    /// The password, from the person; not the one that was `refused`. Whoever else needs it waits for the same answer.
    fn typed(&self, refused: Option<&Secret>, control: &Control) -> Result<Option<Secret>> {
        let mut typed = alone(&self.typed, control)?;
        let is = |secret: &Secret| refused.is_some_and(|r| r.reveal() == secret.reveal());
        if let Some(other) = typed.as_ref().filter(|secret| !is(secret)) {
            return Ok(Some(other.clone()));
        }
        let id = if refused.is_some() { "postgres-password-again" } else { "postgres-password" };
        let wanted = Msg::new(id).with("name", self.settings.name.as_str()).with("user", self.settings.user.as_str());
        typed.clone_from(&control.ask_secret(wanted)?);
        Ok(typed.clone())
    }

    fn open(&self, password: Option<&Secret>, control: &Control) -> Result<std::result::Result<Line, Fault>> {
        let settings = &self.settings;
        let mut config = Config::new();
        if settings.host.starts_with('/') {
            config.host_path(&settings.host);
        } else {
            config.host(&settings.host);
        }
        config.port(settings.port).user(&settings.user).dbname(&settings.database).application_name("mekiki");
        config.connect_timeout(settings.timeout);
        // A line that is dead without saying so, as after a tunnel or a lid was shut, is noticed within two minutes.
        config
            .keepalives_idle(Duration::from_secs(60))
            .keepalives_interval(Duration::from_secs(15))
            .keepalives_retries(4);
        config.ssl_mode(match settings.sslmode {
            SslMode::Disable => Wire::Disable,
            SslMode::Prefer => Wire::Prefer,
            _ => Wire::Require,
        });
        if let Some(password) = password {
            config.password(password.reveal());
        }
        let connector = self.connector()?.clone();
        let secured = settings.sslmode != SslMode::Disable && !settings.host.starts_with('/');
        let opened = wait(control, async {
            if secured {
                let (client, connection) = config.connect(connector.clone()).await?;
                tokio::spawn(connection);
                Ok(client)
            } else {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                Ok(client)
            }
        })?;
        let client = match opened {
            Ok(client) => client,
            Err(fault) => return Ok(Err(fault)),
        };
        let line = Line { token: client.cancel_token(), client, connector, name: settings.name.clone() };
        let limit = settings.time_limit.as_millis().min(i32::MAX as u128);
        let (zone, held) = (settings.zone.name(), HELD.as_millis());
        let setup = if settings.redshift {
            format!("set statement_timeout to {limit}; set timezone to '{zone}'; set datestyle to 'ISO'")
        } else {
            format!(
                "set default_transaction_read_only = on; set statement_timeout = {limit}; set timezone = '{zone}'; \
                 set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set standard_conforming_strings = on; \
                 set idle_in_transaction_session_timeout = {held}; set synchronize_seqscans = off; set extra_float_digits = 3; set client_min_messages = error"
            )
        };
        line.run(control, line.client.batch_execute(&setup))?;
        Ok(Ok(line))
    }
}

/// Waits for work, looking at `control` all the while; gives up, without telling anybody, when it says so.
fn wait<T>(control: &Control, work: impl Future<Output = T>) -> Result<T> {
    runtime()?.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(LOOK, &mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => control.check()?,
            }
        }
    })
}

impl Line {
    /// The driver's client, for work to be handed to [`Line::run`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for work on this session. When `control` says to stop, the server is asked to, and the error says whether it
    /// did.
    pub fn run<T>(&self, control: &Control, work: impl Future<Output = std::result::Result<T, Fault>>) -> Result<T> {
        self.attempt(control, work)?.map_err(|fault| error(&self.name, &fault))
    }

    /// As [`Line::run`], with what the driver says of work that was not stopped.
    pub fn attempt<T>(
        &self,
        control: &Control,
        work: impl Future<Output = std::result::Result<T, Fault>>,
    ) -> Result<std::result::Result<T, Fault>> {
        // Nothing begins for work that was stopped before.
        control.check()?;
        runtime()?.block_on(async {
            let mut work = std::pin::pin!(work);
            loop {
                match tokio::time::timeout(LOOK, &mut work).await {
                    Ok(done) => return Ok(done),
                    Err(_) => {
                        let Err(stopped) = control.check() else { continue };
                        let asked = self.token.cancel_query(self.connector.clone());
                        let _ = tokio::time::timeout(STOP, asked).await;
                        return Err(match tokio::time::timeout(STOP, &mut work).await {
                            Ok(_) => stopped,
                            Err(_) => stopped.hint(Msg::new("hint-postgres-unconfirmed")),
                        });
                    }
                }
            }
        })
    }
}
