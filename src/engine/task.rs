//! Work off the interface's thread: the workers, tasks with progress and cancel.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::data::{Control, Dataset, Frame, Progress, panicked};
use crate::error::Result;
use crate::op::{Context, Lookup};
use crate::text::Msg;

/// Names one task.
pub type TaskId = u64;

/// A piece of work that was started.
#[derive(Clone)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What it does, for people.
    pub title: Msg,
    /// Cancels it and tells how far it is.
    pub control: Control,
    started: Instant,
}

impl Task {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.control.progress()
    }

    /// How long it has been under way, waiting included.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Rows wanted for the screen.
pub struct WindowRequest {
    /// Comes back with the reply; tells late replies from right ones.
    pub ticket: u64,
    /// The table.
    pub dataset: Dataset,
    /// Places of the columns wanted.
    pub places: Vec<usize>,
    /// First row wanted.
    pub start: u64,
    /// How many rows.
    pub len: usize,
}

/// Rows for the screen.
pub struct WindowReply {
    /// As in the request.
    pub ticket: u64,
    /// As in the request.
    pub places: Vec<usize>,
    /// As in the request.
    pub start: u64,
    /// As in the request.
    pub len: usize,
    /// The rows; fewer than asked for at the end of the table.
    pub frame: Result<Frame>,
}

type Job = Box<dyn FnOnce() + Send>;

/// A queue that one thread empties.
struct Queue {
    jobs: Mutex<(VecDeque<Job>, bool)>,
    changed: Condvar,
}

impl Queue {
    /// Starts the thread, which does `before` first.
    fn start(name: &str, before: fn()) -> Arc<Self> {
        let queue = Arc::new(Self { jobs: Mutex::new((VecDeque::new(), false)), changed: Condvar::new() });
        let worker = queue.clone();
        let start = move || {
            before();
            worker.work();
        };
        // Nothing can be done about a system without threads; the jobs then never answer.
        let _ = std::thread::Builder::new().name(name.to_owned()).spawn(start);
        queue
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<Job>, bool)> {
        self.jobs.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn work(&self) {
        loop {
            let job = {
                let mut jobs = self.lock();
                loop {
                    if let Some(job) = jobs.0.pop_front() {
                        break job;
                    }
                    if jobs.1 {
                        return;
                    }
                    jobs = self.changed.wait(jobs).unwrap_or_else(|e| e.into_inner());
                }
            };
            job();
        }
    }

    fn push(&self, job: Job, latest_only: bool) {
        let mut jobs = self.lock();
        if latest_only {
            jobs.0.clear();
        }
        jobs.0.push_back(job);
        drop(jobs);
        self.changed.notify_one();
    }

    fn clear(&self) {
        self.lock().0.clear();
    }

    fn close(&self) {
        self.lock().1 = true;
        self.changed.notify_one();
    }
}

/// Lets this thread, and those it starts, leave the processor to whoever answers a key.
#[cfg(target_os = "linux")]
fn give_way() {
    // SAFETY: plain numbers; here, unlike elsewhere, they speak of the calling thread alone.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// Where a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// With what is opened, one after the other: somebody waits for it.
    Opening,
    /// With what is computed, one after the other, leaving the processor to keys.
    Batch,
    /// On a thread of its own, since it waits for a network rather than computes: nothing waits for it.
    Apart,
}

/// The workers.
pub struct Engine {
    windows: Arc<Queue>,
    opening: Arc<Queue>,
    batch: Arc<Queue>,
    memory: u64,
    next: std::sync::atomic::AtomicU64,
}

impl Engine {
    /// Starts the workers; tasks may take up to `memory` bytes.
    pub fn start(memory: u64) -> Self {
        Self {
            windows: Queue::start("window", || ()),
            opening: Queue::start("opening", || ()),
            batch: Queue::start("batch", give_way),
            memory,
            next: std::sync::atomic::AtomicU64::new(1),
        }
    }

    /// The memory a task may take.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Reads rows for the screen; a request that has not begun yet is forgotten for a newer one. `reply` runs on the
    /// worker.
    pub fn window(&self, request: WindowRequest, reply: impl FnOnce(WindowReply) + Send + 'static) {
        let job = move || {
            let WindowRequest { ticket, dataset, places, start, len } = request;
            let frame = guarded(|| dataset.window(&places, start, len));
            reply(WindowReply { ticket, places, start, len, frame });
        };
        self.windows.push(Box::new(job), true);
    }

    /// Forgets the request for rows that has not begun yet.
    pub fn forget_window(&self) {
        self.windows.clear();
    }

    /// Starts a task. `work` and `done` run on a worker; a panic in `work` becomes an error.
    pub fn spawn<T: Send + 'static>(
        &self,
        title: Msg,
        lane: Lane,
        tables: Arc<dyn Lookup>,
        work: impl FnOnce(&Context) -> Result<T> + Send + 'static,
        done: impl FnOnce(TaskId, Result<T>) + Send + 'static,
    ) -> Task {
        let id = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let control = Control::new();
        control.attend(true);
        let context = Context { control: control.clone(), memory: self.memory, tables };
        let job = move || {
            let result = match context.control.check() {
                Ok(()) => guarded(|| work(&context)),
                Err(e) => Err(e),
            };
            // What reads the table later has nobody who would see its questions.
            context.control.attend(false);
            done(id, result);
        };
        let job: Job = Box::new(job);
        match lane {
            Lane::Opening => self.opening.push(job, false),
            Lane::Batch => self.batch.push(job, false),
            // Nothing can be done about a system without threads; the task then never ends by itself.
            Lane::Apart => drop(std::thread::Builder::new().name("network-task".to_owned()).spawn(job)),
        }
        Task { id, title, control, started: Instant::now() }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.windows.close();
        self.opening.close();
        self.batch.close();
    }
}

fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_is_opened_does_not_wait_for_what_is_computed() {
        let engine = Engine::start(1 << 20);
        let tables = || Context::new(Control::new(), 0).tables;
        let (say, heard) = channel();
        let (opened, wait) = channel();
        let done = |name: &'static str| {
            let say = say.clone();
            move |_: TaskId, result: Result<()>| say.send((name, result.is_ok())).expect("somebody hears")
        };
        let computing = move |_: &Context| {
            wait.recv_timeout(Duration::from_secs(60)).map_err(|_| crate::error::Error::failed(Msg::new("task-open")))
        };
        engine.spawn(Msg::new("task-open"), Lane::Batch, tables(), computing, done("computed"));
        let opening = move |_: &Context| Ok(());
        engine.spawn(Msg::new("task-open"), Lane::Opening, tables(), opening, done("opened"));
        assert_eq!(heard.recv(), Ok(("opened", true)));
        opened.send(()).expect("it is waited for");
        assert_eq!(heard.recv(), Ok(("computed", true)));
    }
}
