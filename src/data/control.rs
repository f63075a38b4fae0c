//! The handle between a piece of work and whoever started it: cancel one way, progress the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::text::Msg;

/// How far a piece of work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units done, usually rows.
    pub done: u64,
    /// Units in all; 0 while unknown.
    pub total: u64,
}

#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    stage: Mutex<Option<Msg>>,
}

/// Shared by a task and its owner; clones are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Control {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

impl Control {
    /// A handle with nothing cancelled and nothing done.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same work, to be given up at `deadline`.
    pub fn with_deadline(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Returns an error once the work was cancelled or its time is over. Called between chunks of rows.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::interrupted());
        }
        if self.deadline.is_some_and(|d| Instant::now() >= d) {
            return Err(Error::new(ErrorKind::Timeout, Msg::new("error-timeout")).hint(Msg::new("hint-timeout")));
        }
        Ok(())
    }

    /// Says how much there is to do.
    pub fn set_total(&self, total: u64) {
        self.shared.total.store(total, Ordering::Relaxed);
    }

    /// Says that `n` more units are done.
    pub fn advance(&self, n: u64) {
        self.shared.done.fetch_add(n, Ordering::Relaxed);
    }

    /// Starts counting anew, for the next stage of the same work.
    pub fn restart(&self, total: u64) {
        self.shared.done.store(0, Ordering::Relaxed);
        self.set_total(total);
    }

    /// Says what the work is waiting for, where numbers say nothing; none when that is over.
    pub fn say(&self, stage: Option<Msg>) {
        *self.shared.stage.lock().unwrap_or_else(|e| e.into_inner()) = stage;
    }

    /// What the work is waiting for.
    pub fn stage(&self) -> Option<Msg> {
        self.shared.stage.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// How far the work is.
    pub fn progress(&self) -> Progress {
        Progress { done: self.shared.done.load(Ordering::Relaxed), total: self.shared.total.load(Ordering::Relaxed) }
    }
}
