//! How far a piece of work is, on one line of a terminal, erased at the end. Nothing is shown for short work.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::data::Control;
use crate::text::{Msg, number, safe};

/// How long nothing is shown, and then how often.
const QUIET: Duration = Duration::from_millis(400);
const EVERY: Duration = Duration::from_millis(100);

const ERASE: &[u8] = b"\r\x1b[K";

type Ended = Arc<(Mutex<bool>, Condvar)>;

/// Shows progress until it is dropped.
pub struct Progress {
    ended: Ended,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Follows `control`; shows nothing at all unless `visible`.
    pub fn of(control: &Control, visible: bool) -> Self {
        let ended = Ended::default();
        let thread = visible.then(|| {
            let (control, ended) = (control.clone(), ended.clone());
            std::thread::Builder::new().name("progress".to_owned()).spawn(move || follow(&control, &ended)).ok()
        });
        Self { ended, thread: thread.flatten() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.ended.0.lock().unwrap_or_else(|e| e.into_inner()) = true;
        self.ended.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Erases the line, where there may be one: for a process that ends in the middle of its work.
pub fn erase() {
    let mut err = std::io::stderr().lock();
    if err.is_terminal() {
        let _ = err.write_all(ERASE);
    }
}

fn follow(control: &Control, ended: &Ended) {
    let mut wait = QUIET;
    let mut shown = String::new();
    let started = Instant::now();
    loop {
        let guard = ended.0.lock().unwrap_or_else(|e| e.into_inner());
        let (guard, _) = ended.1.wait_timeout_while(guard, wait, |e| !*e).unwrap_or_else(|e| e.into_inner());
        let over = *guard;
        drop(guard);
        wait = EVERY;
        let mut err = std::io::stderr().lock();
        if over {
            if !shown.is_empty() {
                let _ = err.write_all(ERASE);
            }
            return;
        }
        let line = line(control, started.elapsed());
        if line != shown {
            let _ = write!(err, "\r{}\x1b[K", safe::fit(&line, 78).text).and_then(|()| err.flush());
            shown = line;
        }
    }
}

fn line(control: &Control, elapsed: Duration) -> String {
    let progress = control.progress();
    if let Some(stage) = control.stage() {
        return format!("{stage} {} s", elapsed.as_secs());
    }
    if progress == Default::default() {
        return String::new();
    }
    if progress.total == 0 {
        return Msg::new("cli-progress-open").with("done", progress.done).to_string();
    }
    Msg::new("cli-progress")
        .with("percent", number::percent(progress.done.min(progress.total), progress.total))
        .with("done", progress.done)
        .with("total", progress.total)
        .to_string()
}
