//! The figures mekiki is held to, measured on the real binary: whole processes, and a session in a pseudo-terminal; and
//! what importance costs.
//!
//! `cargo bench` prints them for a table it makes itself (a million rows); `MEKIKI_BENCH_FILE=FILE cargo bench` for a file
//! of one's own; `cargo bench -- redash` those of Redash alone. Nothing is asserted: a machine may be busy.

#[path = "../fake/mod.rs"]
mod fake;
mod importance;
mod redash;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use mekiki::data::{Control, Dataset};
use mekiki::output::{Format, Target, WriteOptions, write_dataset};
use polars::prelude::{Column, DataFrame};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const MEKIKI: &str = env!("CARGO_BIN_EXE_mekiki");
const ROWS: usize = 1_000_000;
const ROUNDS: usize = 5;
/// Names the file to be made, in the process that makes it.
const MAKE: &str = "MEKIKI_BENCH_MAKE";
/// A screen that says nothing for so long is done with the key before.
const QUIET: Duration = Duration::from_millis(60);
/// A key that changes nothing is not answered at all.
const ANSWER: Duration = Duration::from_millis(500);

fn main() {
    if let Some(path) = std::env::var_os(MAKE) {
        make(Path::new(&path));
        return;
    }
    if let Some(url) = std::env::var_os(redash::LAND) {
        redash::land(&url.to_string_lossy());
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    if std::env::args().any(|word| word == "redash") {
        redash::figures(folder.path());
        return;
    }
    let file = match std::env::var_os("MEKIKI_BENCH_FILE") {
        Some(file) => PathBuf::from(file),
        None => {
            let file = folder.path().join("made.parquet");
            // In a process of its own: a child's peak counts from what its parent held.
            let this = std::env::current_exe().expect("a path");
            Command::new(this).env(MAKE, &file).status().expect("the table is made");
            file
        }
    };
    let name = file.display().to_string();
    println!("{name}\n");
    println!("{:<44} {:>10} {:>10}", "whole process", "median ms", "peak MB");
    let out = folder.path().join("out.parquet").display().to_string();
    for words in [
        vec!["--help"],
        vec!["view", &name, "--limit", "40"],
        vec!["profile", &name],
        vec!["export", &name, "-o", &out],
    ] {
        let shown: Vec<&str> = words
            .iter()
            .map(|w| {
                if *w == name {
                    "FILE"
                } else if *w == out {
                    "OUT"
                } else {
                    w
                }
            })
            .collect();
        let mut runs: Vec<(f64, f64)> = (0..ROUNDS).map(|_| process(&words, folder.path())).collect();
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let peak = runs.iter().map(|r| r.1).fold(0.0, f64::max);
        println!("{:<44} {:>10.1} {:>10.0}", format!("mekiki {}", shown.join(" ")), runs[ROUNDS / 2].0, peak);
    }
    session(&name, folder.path());
    importance::print();
    redash::figures(folder.path());
}

/// A table of the kind people look at: an identifier, a few categories, amounts, text.
fn make(path: &Path) {
    let mut state = 20_251_121u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let ids: Vec<i64> = (0..ROWS as i64).collect();
    let groups: Vec<String> = (0..ROWS).map(|_| format!("group-{}", next(50))).collect();
    let names: Vec<String> = (0..ROWS).map(|_| format!("利用者{:06}", next(200_000))).collect();
    let amounts: Vec<f64> = (0..ROWS).map(|_| next(1_000_000) as f64 / 100.0).collect();
    let counts: Vec<Option<i32>> = (0..ROWS).map(|_| (next(10) > 0).then(|| next(1_000) as i32)).collect();
    let columns = vec![
        Column::new("id".into(), ids),
        Column::new("group".into(), groups),
        Column::new("name".into(), names),
        Column::new("amount".into(), amounts),
        Column::new("count".into(), counts),
    ];
    let dataset = Dataset::from_frame(DataFrame::new(ROWS, columns).expect("a frame"));
    let options = WriteOptions::new(Format::Parquet);
    write_dataset(&dataset, None, None, &Target::File(path.to_owned()), &options, &Control::new()).expect("written");
}

/// Milliseconds from start to end of a process, and the most memory it held, in megabytes.
fn process(words: &[&str], state: &Path) -> (f64, f64) {
    let began = Instant::now();
    let child = Command::new(MEKIKI)
        .args(words)
        .env("MEKIKI_STATE", state)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mekiki runs");
    let peak = peak_of(child);
    (began.elapsed().as_secs_f64() * 1000.0, peak)
}

#[cfg(unix)]
fn peak_of(child: std::process::Child) -> f64 {
    let mut status = 0;
    // SAFETY: the structure is plain numbers, and the process is a child nobody else waits for.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage);
        usage
    };
    usage.ru_maxrss as f64 / if cfg!(target_os = "macos") { 1_048_576.0 } else { 1024.0 }
}

#[cfg(not(unix))]
fn peak_of(mut child: std::process::Child) -> f64 {
    let _ = child.wait();
    f64::NAN
}

/// What the terminal got after a key: bytes, and milliseconds until the last of them.
fn answer(output: &Receiver<(Instant, Vec<u8>)>, since: Instant) -> (usize, f64, Vec<u8>) {
    let (mut bytes, mut last, mut all) = (0, since, Vec::new());
    let mut patience = ANSWER;
    loop {
        let next = output.recv_timeout(patience);
        patience = QUIET;
        match next {
            Ok((at, chunk)) => {
                bytes += chunk.len();
                last = at;
                all.extend(chunk);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    (bytes, last.duration_since(since).as_secs_f64() * 1000.0, all)
}

/// mekiki at 120 by 36.
struct Terminal {
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    began: Instant,
}

impl Terminal {
    fn start(words: &[&str], state: &Path) -> Self {
        let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(MEKIKI);
        command.args(words);
        command.env("TERM", "xterm-256color");
        command.env("MEKIKI_STATE", state);
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let writer = pty.master.take_writer().expect("a writer");
        let began = Instant::now();
        let child = pty.slave.spawn_command(command).expect("mekiki runs");
        let (send, output) = channel();
        std::thread::spawn(move || {
            // The terminal is there as long as somebody reads from it.
            let _master = pty.master;
            let mut buffer = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { writer, output, child, began }
    }

    fn keys(&mut self, keys: &str) {
        let _ = self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush());
    }

    /// Waits until a text was drawn in one piece.
    fn until(&mut self, text: &str) {
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).contains(text) {
            all.extend(answer(&self.output, self.began).2);
        }
    }

    fn measure(&mut self, name: &str, keys: &str, times: usize) {
        let mut runs = Vec::new();
        for _ in 0..times {
            let at = Instant::now();
            self.keys(keys);
            let (bytes, ms, _) = answer(&self.output, at);
            runs.push((bytes, ms));
        }
        let mut times: Vec<f64> = runs.iter().map(|r| r.1).collect();
        let mut bytes: Vec<usize> = runs.iter().map(|r| r.0).collect();
        times.sort_by(f64::total_cmp);
        bytes.sort_unstable();
        println!("{name:<44} {:>10.1} {:>10}", times[times.len() / 2], bytes[bytes.len() / 2]);
    }

    fn end(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A session: the first rows, then keys.
fn session(file: &str, state: &Path) {
    let mut terminal = Terminal::start(&[file], state);
    let mut first = Vec::new();
    while first.is_empty() {
        let (_, ms, all) = answer(&terminal.output, terminal.began);
        if !all.is_empty() {
            println!("\n{:<44} {:>10} {:>10}", "session, 120 by 36", "median ms", "bytes");
            println!("{:<44} {:>10.1} {:>10}", "first screen", ms, all.len());
        }
        first = all;
    }
    terminal.measure("one row down, the screen still", "j", 10);
    terminal.measure("down to the bottom of the screen", &"j".repeat(40), 1);
    terminal.measure("one row down, the screen scrolls", "j", 20);
    terminal.measure("a page down", " ", 20);
    terminal.measure("one column right", "l", 3);
    terminal.measure("to the last row", "G", 1);
    terminal.measure("to the first row", "g", 1);
    terminal.end();
}
