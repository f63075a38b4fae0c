//! A real PostgreSQL server for the tests that need one: found on this machine or installed from the system's packages,
//! with a cluster of its own in a temporary folder on a free port, gone when the tests end.

mod ab;
mod chart;
mod clean;
mod dialects;
mod importance;
mod misfits;
mod oracle;
mod profiles;
pub mod redash;
mod samples;
mod searches;
mod shapes;
mod spoken;
mod transpiled;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The superuser of the cluster and the password of every user of it.
pub const USER: &str = "keeper";
pub const PASSWORD: &str = "open-sesame-4711";

/// A running server; stopped and removed when it goes, or when this process ends however it ends.
pub struct Server {
    folder: PathBuf,
    tools: PathBuf,
    pub port: u16,
    /// Ends the server when its input ends.
    watch: Child,
}

/// Where the programs of a server are.
fn tools() -> Option<PathBuf> {
    let has = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    if let Ok(told) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&told.stdout).trim().into());
    }
    for root in ["/usr/lib/postgresql", "/usr/libexec", "/usr", "/opt/homebrew/opt", "/usr/local/opt"] {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.map(|e| e.path().join("bin")).collect();
        found.extend(std::fs::read_dir(root).into_iter().flatten().flatten().map(|e| e.path()));
        found.sort();
        // The newest first.
        folders.extend(found.into_iter().rev());
    }
    folders.into_iter().find(has)
}

fn is_root() -> bool {
    // SAFETY: reads a number.
    unsafe { libc::geteuid() == 0 }
}

/// Installs a server from the system's packages; what went wrong, else.
fn install() -> Result<(), String> {
    let ways: [&[&[&str]]; 3] = [
        &[&["apt-get", "update", "-q"], &["apt-get", "install", "-q", "-y", "--no-install-recommends", "postgresql"]],
        &[&["dnf", "install", "-q", "-y", "postgresql-server"]],
        &[&["apk", "add", "-q", "postgresql"]],
    ];
    let mut told = Vec::new();
    for way in ways {
        for line in way {
            let words: Vec<&str> =
                if is_root() { line.to_vec() } else { ["sudo", "-n"].iter().chain(*line).copied().collect() };
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
            match command.output() {
                Ok(done) if done.status.success() => {}
                Ok(done) => told.push(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim())),
                Err(e) => told.push(format!("{}: {e}", words.join(" "))),
            }
        }
        if tools().is_some() {
            return Ok(());
        }
    }
    Err(told.join("\n"))
}

/// The user and group that server programs run as, where this process is one they refuse to run for.
fn unprivileged() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let found = ["nobody", "postgres", "daemon"].iter().find_map(|name| {
        let name = std::ffi::CString::new(*name).unwrap();
        // SAFETY: the name ends with a NUL; what is given is read before anything else asks.
        let entry = unsafe { libc::getpwnam(name.as_ptr()).as_ref() }?;
        Some((entry.pw_uid, entry.pw_gid))
    });
    Some(found.expect("PostgreSQL refuses to run for root, and there is no user nobody, postgres or daemon"))
}

fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.stdin(Stdio::null()).current_dir("/").env("LC_ALL", "C");
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command
}

fn succeed(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Server {
    /// A server of its own, for a test that is rough with it.
    pub fn start() -> Self {
        Self::start_with(&[], "", None)
    }

    /// A server of its own that notes every statement it is sent.
    pub fn start_noting() -> Self {
        Self::start_with(&[], "log_statement = all\nlog_line_prefix = '%a|'\n", None)
    }

    /// Every statement the program has sent so far to a server that notes them, each in one line.
    pub fn noted(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let mut statements: Vec<String> = Vec::new();
        let mut ours = false;
        for line in log.lines() {
            match line.split_once("LOG:  ").and_then(|(who, said)| Some((who, said.split_once(": ")?))) {
                Some((who, (what, text))) => {
                    ours = who == "mekiki|" && (what == "statement" || what.starts_with("execute"));
                    statements.extend(ours.then(|| text.to_owned()));
                }
                // Further lines of a statement begin with a tab.
                None if ours && line.starts_with('\t') => {
                    let last = statements.last_mut().into_iter();
                    last.for_each(|s| *s = format!("{s}\n{}", &line[1..]));
                }
                None => ours = false,
            }
        }
        statements.iter().map(|s| s.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// A server that talks over TLS and to nobody who does not. Its certificate is for the name localhost, by the authority
    /// in `tls/ca.pem` of the fixtures.
    pub fn start_secured() -> Self {
        let files = [
            ("server.pem", include_str!("../fixtures/postgres/tls/server.pem")),
            ("server.key", include_str!("../fixtures/postgres/tls/server.key")),
        ];
        let settings = "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n";
        let doors = "local all all scram-sha-256\nhostssl all all all scram-sha-256\nhostnossl all all all reject\n";
        Self::start_with(&files, settings, Some(doors))
    }

    /// A server with these files in its folder and these settings; `doors` says who may come in.
    fn start_with(files: &[(&str, &str)], more: &str, doors: Option<&str>) -> Self {
        let tools = tools().unwrap_or_else(|| {
            let tried = install().err().unwrap_or_default();
            tools().unwrap_or_else(|| {
                panic!("these tests need PostgreSQL 12 or later (initdb, pg_ctl, postgres): {tried}")
            })
        });
        let folder = tempfile::Builder::new().prefix("mekiki-postgres-").tempdir().unwrap().keep();
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        if let Some((user, group)) = unprivileged() {
            for path in [&folder, &folder.join("password")] {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
        }
        // Begun first, so that nothing stays behind whatever fails from here on.
        let script = "trap '' INT TERM HUP; read -r _; \"$1\" -D \"$2/data\" -m immediate stop; rm -rf \"$2\"";
        let watch = program(Path::new("sh"))
            .args(["-c", script, "sh"])
            .args([&tools.join("pg_ctl"), &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let data = folder.join("data");
        // Not every system knows the first.
        let with_locale = |locale: &str| {
            let mut made = program(&tools.join("initdb"));
            made.args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "-N", "--locale", locale]);
            made.arg("--pwfile").arg(folder.join("password")).arg("-D").arg(&data);
            made
        };
        if !with_locale("C.UTF-8").output().is_ok_and(|done| done.status.success()) {
            succeed(&mut with_locale("C"));
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n\
             full_page_writes = off\nsynchronous_commit = off\nmax_connections = 100\n{more}",
            folder.display()
        );
        for (name, text) in files {
            let path = data.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = unprivileged() {
                std::os::unix::fs::chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        if let Some(doors) = doors {
            std::fs::write(data.join("pg_hba.conf"), doors).unwrap();
        }
        let mut file = std::fs::OpenOptions::new().append(true).open(data.join("postgresql.conf")).unwrap();
        file.write_all(settings.as_bytes()).unwrap();
        let log = folder.join("log");
        let started = program(&tools.join("pg_ctl"))
            .args(["-w", "-t", "120", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(&log)
            .arg("start")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(started.success(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
        Self { folder, tools, port, watch }
    }

    /// Ends the server at once, as a crash does.
    pub fn kill(&self) {
        let _ = program(&self.tools.join("pg_ctl"))
            .args(["-m", "immediate", "-D"])
            .arg(self.folder.join("data"))
            .arg("stop")
            .output();
    }

    /// A new database.
    pub fn database(&self) -> Database<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.postgres().sql(&format!("create database {name}"));
        Database { server: self, name }
    }

    /// A new database whose text is ordered by the rules of a language where the server has them.
    pub fn database_in_english(&self) -> Database<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("en{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let icu = format!("create database {name} template template0 locale_provider icu icu_locale 'en-US'");
        let plain = format!("create database {name}");
        let postgres = self.postgres();
        postgres.try_sql(&icu).or_else(|_| postgres.try_sql(&plain)).unwrap();
        Database { server: self, name }
    }

    fn postgres(&self) -> Database<'_> {
        Database { server: self, name: "postgres".to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

/// A port that hands everything on to another one, but for requests to cancel: those it takes and forgets.
pub fn deaf_to_cancels(to: u16) -> u16 {
    /// What such a request begins with: its length, and a number no version of the protocol has.
    const CANCEL: [u8; 8] = [0, 0, 0, 16, 4, 210, 22, 46];
    /// The question whether the server would rather talk in secret, which may come first.
    const SECRET: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    fn hand_on(mut from: TcpStream, mut to: TcpStream) {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut first = [0; 8];
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            if client.read_exact(&mut first).is_err() {
                continue;
            }
            if first == SECRET {
                let mut no = [0];
                server.write_all(&first).unwrap();
                server.read_exact(&mut no).unwrap();
                client.write_all(&no).unwrap();
                if client.read_exact(&mut first).is_err() {
                    continue;
                }
            }
            if first == CANCEL {
                continue;
            }
            server.write_all(&first).unwrap();
            hand_on(client.try_clone().unwrap(), server.try_clone().unwrap());
            hand_on(server, client);
        }
    });
    port
}

/// The server all tests share.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// A database with every type the server has, a million rows, a view and a materialised view; nobody may change it.
pub fn warehouse() -> &'static Database<'static> {
    static WAREHOUSE: OnceLock<Database<'static>> = OnceLock::new();
    WAREHOUSE.get_or_init(|| {
        let database = server().database();
        database.sql(include_str!("../fixtures/postgres/alltypes.sql"));
        database
    })
}

/// A database on a server.
pub struct Database<'a> {
    server: &'a Server,
    pub name: String,
}

impl Database<'_> {
    /// Runs statements as the superuser.
    pub fn sql(&self, text: &str) {
        self.try_sql(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    }

    fn try_sql(&self, text: &str) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        self.with(async |client| client.simple_query(text).await)
    }

    /// Does something as the superuser.
    fn with<T>(
        &self,
        work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, tokio_postgres::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut config = tokio_postgres::Config::new();
            config
                .host_path(&self.server.folder)
                .port(self.server.port)
                .user(USER)
                .password(PASSWORD)
                .dbname(&self.name);
            let (client, connection) = config.connect(NoTls).await?;
            let connection = tokio::spawn(connection);
            let done = work(&client).await;
            drop(client);
            let _ = connection.await;
            done
        })
    }

    /// The names and types of the columns of a query; what is wrong with it, else.
    pub fn describe(&self, text: &str) -> Result<Vec<(String, String)>, String> {
        let columns = self.with(async |client| {
            let described = client.prepare(text).await?;
            Ok(described.columns().iter().map(|c| (c.name().to_owned(), c.type_().name().to_owned())).collect())
        });
        columns.map_err(|e: tokio_postgres::Error| e.as_db_error().map_or(e.to_string(), |e| e.message().to_owned()))
    }

    /// The rows of a query, each value as the server writes it, a missing one as nothing.
    pub fn ask(&self, text: &str) -> Vec<Vec<String>> {
        let messages = self.try_sql(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let row = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        };
        messages.into_iter().filter_map(row).collect()
    }

    /// The port of its server.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The table of a connection to this database, as it stands in a configuration, in UTC.
    pub fn connection(&self, name: &str) -> String {
        self.connection_as(name, USER)
    }

    /// The same for another user.
    pub fn connection_as(&self, name: &str, user: &str) -> String {
        format!(
            "[connections.{name}]\nkind = \"postgres\"\nurl = \"postgres://{user}@127.0.0.1:{}/{}\"\n\
             password = \"env:WAREHOUSE_PASSWORD\"\ntime_zone = \"UTC\"\n",
            self.server.port, self.name
        )
    }
}
