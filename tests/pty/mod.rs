//! The real interface in a pseudo-terminal: what a person at a keyboard sees, and what is left of the terminal afterwards.
//!
//! Nothing here waits for a fixed time as proof: a condition is waited for, with a deadline that only a failure reaches.

mod journeys;
mod redash;
mod terminal;

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longest wait for something to appear; a debug build on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).expect("a size above zero")
}

/// The program in a terminal of its own.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    /// What the terminal shows.
    pub screen: vt100::Parser,
    /// Everything that was sent to the terminal.
    pub bytes: Vec<u8>,
    /// A folder with the files of the test, removed at the end.
    pub folder: tempfile::TempDir,
}

/// A small table with Japanese text, a missing value and a cell that would like to drive the terminal.
const TABLE: &str = "id,name,price,note\n\
    1001,りんご,120,fresh\n\
    1002,みかん,80,\n\
    1003,\"evil\u{1b}[31m\u{1b}]0;owned\u{7}\",1500,x\n\
    1004,りんご,95,late\n";

impl Session {
    /// Starts the program on a file with a small table, in English.
    pub fn open(rows: u16, cols: u16) -> Self {
        Self::start(rows, cols, &["table.csv"])
    }

    /// Starts the program with these arguments in a folder that holds `table.csv` and `numbers.csv` (1,000 rows).
    pub fn start(rows: u16, cols: u16, args: &[&str]) -> Self {
        Self::configured(rows, cols, args, "")
    }

    /// As [`Session::start`], with a configuration of the person's own.
    pub fn configured(rows: u16, cols: u16, args: &[&str], config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("home/mekiki")).expect("a folder");
        std::fs::write(folder.path().join("home/mekiki/config.toml"), config).expect("a file");
        std::fs::write(folder.path().join("table.csv"), TABLE).expect("a file");
        let numbers: String = (1..=1000).map(|n| format!("{n},{}\n", n * n)).collect();
        std::fs::write(folder.path().join("numbers.csv"), format!("n,square\n{numbers}")).expect("a file");
        let pair = native_pty_system()
            .openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mekiki"));
        command.args(args);
        command.cwd(folder.path());
        for name in ["TMUX", "NO_COLOR", "MEKIKI_CONFIG", "MEKIKI_LANG", "MEKIKI_THEME", "MEKIKI_KEYMAP", "LC_ALL"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")] {
            command.env(name, value);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "MEKIKI_STATE", "MEKIKI_CACHE"] {
            command.env(name, folder.path().join("home"));
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal's output");
        let keyboard = pair.master.take_writer().expect("the terminal's input");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 65_536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(cells(rows), cells(cols), 0);
        Self { child, master: pair.master, keyboard, output, screen, bytes: Vec::new(), folder }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keyboard.flush().expect("the terminal takes keys");
    }

    /// Types, and waits until a text is on screen.
    pub fn expect(&mut self, keys: &str, text: &str) {
        self.keys(keys);
        self.wait(text, |s| s.contains(text));
    }

    /// Presses Esc, and waits until what it closes is gone: the next key would else be read as one with Alt.
    pub fn escape(&mut self, gone: &str) {
        self.keys("\x1b");
        self.wait("the layer closed", |s| !s.contains(gone));
    }

    /// What is on screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen meets a condition; `what` is for the message if it never does.
    pub fn wait(&mut self, what: &str, met: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !met(&self.text()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.bytes.extend(bytes);
                }
                Err(_) => panic!("never on screen: {what}\n{}", self.text()),
            }
        }
    }

    /// Waits until the program has left the terminal alone.
    pub fn wait_given_back(&mut self) {
        let end = Instant::now() + PATIENCE;
        while !self.is_given_back() {
            let bytes = self.output.recv_timeout(end.saturating_duration_since(Instant::now())).expect("the terminal given back");
            self.screen.process(&bytes);
            self.bytes.extend(bytes);
        }
    }

    /// Waits until the system says that the program is stopped: continuing it earlier would have no effect.
    #[cfg(target_os = "linux")]
    pub fn wait_stopped(&mut self) {
        let id = self.child.process_id().expect("the program runs");
        let end = Instant::now() + PATIENCE;
        let state = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        while !state().rsplit(')').next().is_some_and(|s| s.trim_start().starts_with('T')) {
            assert!(Instant::now() < end, "the program is never stopped");
            std::thread::yield_now();
        }
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).expect("a new size");
        self.screen.screen_mut().set_size(cells(rows), cells(cols));
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: i32) {
        let id = self.child.process_id().expect("the program runs");
        // SAFETY: the process is our own child and has not been waited for.
        unsafe { libc::kill(id as i32, signal) };
    }

    /// Waits for the end of the program and gives its exit code.
    pub fn end(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            while let Ok(bytes) = self.output.try_recv() {
                self.screen.process(&bytes);
                self.bytes.extend(bytes);
            }
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.screen.process(&bytes);
                    self.bytes.extend(bytes);
                }
                return status.exit_code();
            }
            assert!(Instant::now() < end, "the program does not end\n{}", self.text());
            std::thread::yield_now();
        }
    }

    /// A file in the test's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether the terminal was given back: the alternate screen left, the mouse released, the cursor shown.
    pub fn is_given_back(&self) -> bool {
        let screen = self.screen.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
            && !screen.bracketed_paste()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
