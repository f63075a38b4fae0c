//! Work off the interface's thread: what was started, for which table, how far it is and how it ended. Knows no operation.

use std::sync::Arc;
use std::time::Duration;

use super::app::{App, Message, News};
use crate::command::Act;
use crate::engine::{Lane, Task, TaskId};
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Context, Lookup};
use crate::text::{Msg, safe, tr};

/// A task on the list, running or ended.
pub struct Listed {
    /// The task.
    pub task: Task,
    /// The tab it works for.
    pub tab: Option<u64>,
    /// How it ended, in words.
    pub ended: Option<String>,
}

impl Listed {
    /// How it ended, or how far it is.
    pub fn state(&self) -> String {
        let (p, seconds) = (self.task.progress(), self.task.elapsed().as_secs());
        match (&self.ended, self.task.control.stage(), p.total) {
            (Some(end), ..) => end.clone(),
            (None, Some(stage), _) => format!("{stage} {seconds} s"),
            (None, None, 0) => format!("{seconds} s"),
            (None, None, total) => format!("{}%", (p.done * 100 / total).min(100)),
        }
    }
}

impl App {
    /// Has work done on the batch thread, then `then` here with its result, unless it was given up meanwhile.
    pub(super) fn spawn<T: Send + 'static>(
        &mut self,
        title: Msg,
        tab: Option<u64>,
        work: impl FnOnce(&Context) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut App, Result<T>) + Send + 'static,
    ) {
        self.start(title, tab, Lane::Batch, work, then);
    }

    /// As [`App::spawn`], for work that waits for a network: nothing else waits for it. An error is said.
    pub(super) fn spawn_apart<T: Send + 'static>(
        &mut self,
        title: Msg,
        tab: Option<u64>,
        work: impl FnOnce(&Context) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut App, T) + Send + 'static,
    ) {
        self.start(title, tab, Lane::Apart, work, |app, result| match result {
            Ok(value) => then(app, value),
            Err(e) => app.complain(&e),
        });
    }

    /// As [`App::spawn`], in a lane.
    pub(super) fn start<T: Send + 'static>(
        &mut self,
        title: Msg,
        tab: Option<u64>,
        lane: Lane,
        work: impl FnOnce(&Context) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut App, Result<T>) + Send + 'static,
    ) {
        let send = self.send.clone();
        let done = move |task, result: Result<T>| {
            let error = result.as_ref().err();
            // Work that was stopped has a word on it only where something may go on elsewhere.
            let left = error.filter(|e| e.kind == ErrorKind::Interrupted).and_then(|e| e.hint.as_ref());
            let (left, error) = (left.map(Msg::to_string), error.map(Error::to_string));
            let then = Box::new(move |app: &mut App| then(app, result));
            let _ = send.send(Message::News(News::Ended { task, error, left, then }));
        };
        let task = self.engine.spawn(title, lane, self.tables(), work, done);
        self.tasks.push(Listed { task, tab, ended: None });
        self.touch();
    }

    /// As [`App::spawn`], where only a good result is of use and an error is said.
    pub(super) fn spawn_ok<T: Send + 'static>(
        &mut self,
        title: Msg,
        tab: Option<u64>,
        work: impl FnOnce(&Context) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut App, T) + Send + 'static,
    ) {
        self.spawn(title, tab, work, |app, result| match result {
            Ok(value) => then(app, value),
            Err(e) => app.complain(&e),
        });
    }

    /// How steps find tables other than the one they are done to.
    pub(super) fn tables(&self) -> Arc<dyn Lookup> {
        Arc::new(self.sources.clone())
    }

    /// Tasks under way.
    pub fn running(&self) -> impl DoubleEndedIterator<Item = &Listed> {
        self.tasks.iter().filter(|t| t.ended.is_none())
    }

    /// Notes that a task has ended. False if it was given up before, so that its result must not be used.
    /// What is `left` going on elsewhere is said.
    pub(super) fn ended_task(&mut self, id: TaskId, error: Option<String>, left: Option<String>) -> bool {
        const KEPT: usize = 50;
        let Some(listed) = self.tasks.iter_mut().find(|t| t.task.id == id) else { return false };
        let given_up = listed.task.control.is_cancelled();
        let tab = listed.tab;
        listed.ended = Some(match error {
            _ if given_up => left.clone().unwrap_or_else(|| tr("task-stopped")),
            None => tr("task-done"),
            Some(e) => e,
        });
        if self.tasks.len() > KEPT
            && let Some(i) = self.tasks.iter().position(|t| t.ended.is_some())
        {
            self.tasks.remove(i);
        }
        if let Some(left) = left {
            self.say(left);
        }
        if given_up
            && let Some(tab) = tab.and_then(|id| self.tab_by_id(id))
            && tab.growing.take().is_some()
        {
            tab.changed(false);
        }
        self.touch();
        !given_up
    }

    pub(super) fn progress(&self) -> String {
        const SOON: Duration = Duration::from_millis(150);
        let Some(listed) = self.running().next_back().filter(|t| t.task.elapsed() >= SOON) else {
            return String::new();
        };
        let title = safe::fit(&listed.task.title.to_string(), 40).text.into_owned();
        let key = self.keymap.shown(Act::Cancel.command());
        if listed.task.control.is_cancelled() {
            return tr("progress-stopping");
        }
        Msg::new("progress").with("title", title).with("key", key).with("share", listed.state()).to_string()
    }
}
