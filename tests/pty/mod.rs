//! Runs the program in a pseudo-terminal, as a person does: keys go in, and what the screen then shows is looked at.
//!
//! Waiting always means waiting for something to be seen; how long it takes proves nothing.
#![cfg(unix)]

mod ab;
mod chart;
mod clean;
mod columns;
mod japanese;
mod leaving;
mod looking;
mod mouse;
mod moving;
mod plan;
mod postgres;
mod postgres_care;
mod postgres_clean;
mod postgres_sent;
mod postgres_types;
mod recipes;
mod redash;
mod redash_diff;
mod redash_form;
mod redash_live;
mod redash_road;
mod redash_sweep;
mod results;
mod road;
mod rows;
mod safety;
mod writing;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longest wait for something to be seen; only a failing test waits as long.
const DEADLINE: Duration = Duration::from_secs(60);

const ESC: &str = "\x1b";
const ENTER: &str = "\r";
const ERASE: &str = "\x15";

/// A folder of its own for one test.
struct Place {
    folder: tempfile::TempDir,
}

/// Sixty rows; every seventh price is missing.
fn people() -> String {
    let names = ["佐藤", "鈴木", "高橋"];
    let mut text = String::from("id,name,price,note\n");
    for i in 1..=60 {
        let price = if i % 7 == 0 { String::new() } else { format!("{i}.5") };
        text.push_str(&format!("{i},{},{price},memo {i}\n", names[i % 3]));
    }
    text
}

/// A small table with Japanese text, a missing value and a cell that would like to drive the terminal.
const TABLE: &str = "id,name,price,note\n\
    1001,りんご,120,fresh\n\
    1002,みかん,80,\n\
    1003,\"evil\u{1b}[31m\u{1b}]0;owned\u{7}\u{fffd}\",1500,x\n\
    1004,りんご,95,late\n";

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Where a project ends, the search for its configuration does too.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        let place = Self { folder };
        place.write("people.csv", &people());
        place.write("table.csv", TABLE);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The program in English.
    fn start(&self, words: &[&str], size: (u16, u16)) -> Session {
        self.start_in("en_US.UTF-8", words, size)
    }

    fn start_in(&self, locale: &str, words: &[&str], size: (u16, u16)) -> Session {
        self.run_in(env!("CARGO_BIN_EXE_mekiki").as_ref(), locale, words, size)
    }

    fn run_in(&self, program: &Path, locale: &str, words: &[&str], size: (u16, u16)) -> Session {
        let pty = native_pty_system().openpty(pty_size(size)).unwrap();
        let before = line_discipline(&*pty.master);
        let mut command = CommandBuilder::new(program);
        command.args(words);
        command.cwd(self.folder.path());
        command.env_clear();
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/config"),
            ("XDG_DATA_HOME", "home/data"),
            ("XDG_STATE_HOME", "home/state"),
            ("XDG_CACHE_HOME", "home/cache"),
            ("MEKIKI_STATE", "state"),
            ("MEKIKI_CACHE", "cache"),
        ] {
            command.env(name, self.path(folder));
        }
        if self.path("editor").exists() {
            command.env("EDITOR", self.path("editor"));
        }
        if self.path("bin").exists() {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        }
        command.env("LANG", locale);
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            // The end of the other side is an error on Linux and an end of file elsewhere.
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Session {
            writer: pty.master.take_writer().unwrap(),
            master: pty.master,
            child,
            output,
            parser: vt100::Parser::new(cells(size.1), cells(size.0), 0),
            bytes: Vec::new(),
            before,
            ended: false,
        }
    }

    /// The sixty people, read to their end.
    fn people(&self) -> Session {
        let mut s = self.start(&["people.csv"], (80, 24));
        s.title("people.csv  60 rows × 4 columns");
        s.at("id", "1", "1 / 60");
        s
    }
}

impl Place {
    /// The four rows of the small table.
    fn table(&self) -> Session {
        let mut s = self.start(&["table.csv"], (100, 24));
        s.title("table.csv  4 rows × 4 columns");
        s.at("id", "1001", "1 / 4");
        s
    }
}

/// A session with a folder of its own, for a test that needs no other: `table.csv`, and `numbers.csv` with 1,000 rows.
struct Walk {
    session: Session,
    place: Place,
}

impl Walk {
    fn start(rows: u16, cols: u16, words: &[&str]) -> Self {
        let place = Place::new();
        let numbers: String = (1..=1000).map(|n| format!("{n},{}\n", n * n)).collect();
        place.write("numbers.csv", &format!("n,square\n{numbers}"));
        Self { session: place.start(words, (cols, rows)), place }
    }

    /// With the small table in front.
    fn open(rows: u16, cols: u16) -> Self {
        Self::start(rows, cols, &["table.csv"])
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    /// Types, and waits until a text is on screen.
    #[track_caller]
    fn expect(&mut self, keys: &str, text: &str) {
        self.session.keys(keys);
        self.session.sees(text);
    }

    /// Presses Esc, and waits until what it closes is gone: the next key would else be read as one with Alt.
    #[track_caller]
    fn escape(&mut self, gone: &str) {
        self.session.keys(ESC);
        self.session.sees_no(gone);
    }

    #[track_caller]
    fn watch(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.session.wait(what, |lines| wanted(&lines.join("\n")));
    }

    #[track_caller]
    fn quit(&mut self) {
        self.session.quit();
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// How the terminal treats input, output and the line: the same before and after, if it was given back.
fn line_discipline(master: &dyn MasterPty) -> [u64; 3] {
    // SAFETY: all zeroes is a termios, and the descriptor is open as long as the master is.
    let termios = unsafe {
        let mut termios: libc::termios = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(master.as_raw_fd().unwrap(), &mut termios), 0);
        termios
    };
    [u64::from(termios.c_iflag), u64::from(termios.c_oflag), u64::from(termios.c_lflag)]
}

/// The program running in a terminal.
struct Session {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Everything the program has sent.
    bytes: Vec<u8>,
    before: [u64; 3],
    ended: bool,
}

impl Session {
    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn lines(&self) -> Vec<String> {
        let screen = self.parser.screen();
        screen.rows(0, screen.size().1.get()).map(|l| l.trim_end().to_owned()).collect()
    }

    /// Takes what has come; waits for more until `until`. False if nothing will come any more.
    #[track_caller]
    fn take(&mut self, until: Instant, waiting_for: &str) -> bool {
        match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => {
                self.parser.process(&bytes);
                self.bytes.extend(bytes);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => panic!("waited for {waiting_for}\n{}", self.lines().join("\n")),
        }
    }

    /// Waits until the lines on the screen are as wanted.
    #[track_caller]
    fn wait(&mut self, what: &str, wanted: impl Fn(&[String]) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !wanted(&self.lines()) {
            if !self.take(until, what) {
                panic!("ended while waiting for {what}\n{}", self.lines().join("\n"));
            }
        }
    }

    #[track_caller]
    fn sees(&mut self, text: &str) {
        self.wait(text, |lines| lines.iter().any(|l| l.contains(text)));
    }

    #[track_caller]
    fn sees_no(&mut self, text: &str) {
        self.wait(&format!("no {text}"), |lines| !lines.iter().any(|l| l.contains(text)));
    }

    /// Waits for the beginning of the first line.
    #[track_caller]
    fn title(&mut self, text: &str) {
        self.wait(&format!("title {text}"), |lines| lines[0].starts_with(text));
    }

    /// Waits until the cursor is on a column, a value and a place among the rows.
    #[track_caller]
    fn at(&mut self, column: &str, value: &str, place: &str) {
        self.wait(&format!("{column} {value} {place}"), |lines| {
            let line = &lines[lines.len() - 2];
            let Some(rest) = line.strip_prefix(column) else { return false };
            let Some(found) = rest.strip_suffix(place) else { return false };
            found.trim() == value && (found.is_empty() || found.ends_with(' '))
        });
    }

    /// Waits until the first row begins with a value, which is to be in the first column.
    #[track_caller]
    fn first_row(&mut self, value: &str) {
        self.wait(&format!("first row {value}"), |lines| lines[3].split_whitespace().next() == Some(value));
    }

    /// Waits until the system says that the program is stopped: continuing it earlier would have no effect.
    #[cfg(target_os = "linux")]
    fn wait_stopped(&mut self) {
        let id = self.child.process_id().unwrap();
        let until = Instant::now() + DEADLINE;
        let state = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        while !state().rsplit(')').next().is_some_and(|s| s.trim_start().starts_with('T')) {
            assert!(Instant::now() < until, "the program is never stopped");
            std::thread::yield_now();
        }
    }

    /// Waits until the terminal is in the state it was in before the program.
    #[track_caller]
    fn wait_given_back(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.parser.screen().alternate_screen() || self.parser.screen().hide_cursor() {
            assert!(self.take(until, "the terminal given back"), "ended");
        }
    }

    /// Waits until the program has sent more than `before` bytes.
    #[track_caller]
    fn wait_for_output(&mut self, before: usize) {
        let until = Instant::now() + DEADLINE;
        while self.bytes.len() <= before {
            let going_on = self.take(until, "output");
            let last = &self.bytes[self.bytes.len().saturating_sub(600)..];
            assert!(going_on, "ended at {:?}: {}", self.parser.screen().size(), String::from_utf8_lossy(last));
        }
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.parser.set_size(cells(size.1), cells(size.0));
        self.master.resize(pty_size(size)).unwrap();
    }

    fn signal(&mut self, signal: i32) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        // SAFETY: sends a signal to the child, which has not been waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    /// Waits for the end; gives the exit code.
    #[track_caller]
    fn end(&mut self) -> u32 {
        let until = Instant::now() + DEADLINE;
        while self.take(until, "the end") {}
        self.ended = true;
        self.child.wait().unwrap().exit_code()
    }

    /// Whether the terminal is as it was before the program.
    #[track_caller]
    fn given_back(&self) {
        assert!(self.ended);
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still shown");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "pasting is still bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(line_discipline(&*self.master), self.before, "the line discipline has changed");
    }

    #[track_caller]
    fn quit(&mut self) {
        self.keys("Q");
        assert_eq!(self.end(), 0, "{}", self.lines().join("\n"));
        self.given_back();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
