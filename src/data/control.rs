//! The handle between a piece of work and whoever started it: cancel and answers one way, progress and questions the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use super::cost::Consent;
use crate::error::{Error, ErrorKind, Result, Secret};
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
    inquiry: Mutex<Inquiry>,
    answered: Condvar,
    /// Asks for secrets where nobody looks for questions.
    asker: OnceLock<fn(&Msg) -> Option<Secret>>,
}

/// A question of the work to who started it.
#[derive(Debug, Default)]
struct Inquiry {
    /// Whether somebody looks for questions.
    attended: bool,
    question: Option<Msg>,
    consent: Option<Consent>,
    /// A secret that is asked for, and what was said to that.
    wanted: Option<Msg>,
    told: Option<Option<Secret>>,
}

/// Most statements that are kept of one piece of work.
const KEPT: usize = 500;

/// Shared by a task and its owner; clones are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Control {
    shared: Arc<Shared>,
    /// Set once the part of the work that this is was asked to stop by itself; none for the whole of it.
    part: Option<Arc<AtomicBool>>,
    deadline: Option<Instant>,
    /// What was sent to engines elsewhere, in their words.
    sent: Arc<Mutex<Vec<String>>>,
}

impl Control {
    /// A handle with nothing cancelled and nothing done.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same work, to be given up at `deadline`, or before that if it had to be.
    pub fn with_deadline(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = self.deadline.into_iter().chain(deadline).min();
        self
    }

    /// A part of the same work: stopped with the whole of it, or by itself while the rest goes on. A part of a part is one
    /// of the whole.
    pub fn part(&self) -> Self {
        Self { part: Some(Arc::default()), ..self.clone() }
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.part.as_deref().unwrap_or(&self.shared.cancelled).store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        let part = self.part.as_ref().is_some_and(|part| part.load(Ordering::Relaxed));
        part || self.shared.cancelled.load(Ordering::Relaxed)
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

    fn inquiry(&self) -> MutexGuard<'_, Inquiry> {
        self.shared.inquiry.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Says whether somebody looks for questions and answers them.
    pub fn attend(&self, attended: bool) {
        self.inquiry().attended = attended;
    }

    /// Waits for the answer to a question; none if nobody would see it. Who stops the work says no.
    pub fn ask(&self, question: Msg) -> Result<Option<Consent>> {
        let mut inquiry = self.inquiry();
        if !inquiry.attended {
            return Ok(None);
        }
        inquiry.question = Some(question);
        let answer = self.answer_of(inquiry, |inquiry| inquiry.consent.take());
        self.inquiry().question = None;
        answer.map(Some)
    }

    /// Waits until an answer can be taken, or the work is stopped.
    fn answer_of<T>(&self, mut inquiry: MutexGuard<'_, Inquiry>, take: fn(&mut Inquiry) -> Option<T>) -> Result<T> {
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            if let Some(answer) = take(&mut inquiry) {
                return Ok(answer);
            }
            self.check()?;
            inquiry = self.shared.answered.wait_timeout(inquiry, LOOK).unwrap_or_else(|e| e.into_inner()).0;
        }
    }

    /// Has secrets asked for in this way where nobody looks for questions.
    pub fn asks_with(&self, asker: fn(&Msg) -> Option<Secret>) {
        // One way is as good as another.
        let _ = self.shared.asker.set(asker);
    }

    /// Waits for something that nobody else may see; none if nobody is there to say it, or whoever is does not.
    pub fn ask_secret(&self, wanted: Msg) -> Result<Option<Secret>> {
        let mut inquiry = self.inquiry();
        if !inquiry.attended {
            drop(inquiry);
            return Ok(self.shared.asker.get().and_then(|ask| ask(&wanted)));
        }
        (inquiry.wanted, inquiry.told) = (Some(wanted), None);
        let told = self.answer_of(inquiry, |inquiry| inquiry.told.take());
        self.inquiry().wanted = None;
        told
    }

    /// The secret the work waits for, in words.
    pub fn wanted(&self) -> Option<Msg> {
        self.inquiry().wanted.clone()
    }

    /// Says the secret, or that it will not be said.
    pub fn tell(&self, secret: Option<Secret>) {
        let mut inquiry = self.inquiry();
        if inquiry.wanted.take().is_some() {
            inquiry.told = Some(secret);
            self.shared.answered.notify_all();
        }
    }

    /// The question the work waits with.
    pub fn question(&self) -> Option<Msg> {
        self.inquiry().question.clone()
    }

    /// Answers the question.
    pub fn answer(&self, consent: Consent) {
        let mut inquiry = self.inquiry();
        if inquiry.question.is_some() {
            inquiry.consent = Some(consent);
            self.shared.answered.notify_all();
        }
    }

    /// Answers the next question beforehand: the person knew what the work takes when they asked for it.
    pub fn agree(&self, consent: Consent) {
        self.inquiry().consent = Some(consent);
        self.shared.answered.notify_all();
    }

    /// Keeps a statement that is about to be sent to the engine that has the rows. Engines do so themselves, so that what
    /// is shown to a person is what was sent; their own questions about plans and catalogues are none of it.
    pub fn note_sent(&self, statement: &str) {
        let mut sent = self.sent.lock().unwrap_or_else(|e| e.into_inner());
        if sent.len() < KEPT {
            sent.push(statement.to_owned());
        }
    }

    /// The same work, with statements of its own: for a part of it that goes on beside the rest.
    pub fn beside(&self) -> Self {
        Self { sent: Arc::default(), ..self.clone() }
    }

    /// The statements sent so far, the first ones of very many.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// How far the work is.
    pub fn progress(&self) -> Progress {
        Progress { done: self.shared.done.load(Ordering::Relaxed), total: self.shared.total.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_stopped_by_itself_and_the_whole_with_all_its_parts() {
        let whole = Control::new();
        let (one, other) = (whole.part(), whole.part());
        let of_one = one.part();
        one.cancel();
        let stopped = [&whole, &one, &other, &of_one].map(Control::is_cancelled);
        assert_eq!(stopped, [false, true, false, false]);
        whole.cancel();
        assert!([&whole, &one, &other, &of_one].into_iter().all(Control::is_cancelled));
    }
}
