//! The state of the interface and what changes it: everything with meaning is here, cursors of layers are in the layers.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crossterm::event::Event as Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::grid;
use super::layer::{Input, Layer, Look, Values};
use super::tab::Tab;
use super::theme::{Role, Theme};
use crate::command::keymap::Keymap;
use crate::command::{Act, COMMANDS};
use crate::data::{Dataset, RowCount};
use crate::engine::{Engine, Locator, Session, Sources, State, Task, TaskId, WindowReply, WindowRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::op::Step;
use crate::result::profile::{ColumnProfile, TableProfile};
use crate::source::{Entry, OpenOptions, Opened};
use crate::text::{Msg, number, safe, tr};

/// What the interface's thread is told.
pub enum Message {
    /// By the terminal.
    Terminal(Terminal),
    /// The terminal is gone.
    Hangup,
    /// By the system.
    Signal(i32),
    /// By a worker.
    News(News),
}

/// What workers tell.
pub enum News {
    /// Rows for the screen have come.
    Window { tab: u64, generation: u64, reply: WindowReply },
    /// A table was opened, in place of a tab if one is named.
    Opened { task: TaskId, place: Option<u64>, locator: Locator, options: OpenOptions, result: Result<Opened> },
    /// A table was read to its end; another reading may take its place.
    Settled { task: TaskId, tab: u64, result: Result<Option<Opened>> },
    /// A step's result so far.
    Growing { task: TaskId, tab: u64, dataset: Dataset },
    /// Steps were carried out.
    Stepped { task: TaskId, tab: u64, steps: Vec<Step>, result: Result<Dataset> },
    /// A search ended.
    Found { task: TaskId, tab: u64, result: Result<Option<(u64, usize)>> },
    /// A profile of a table.
    Profiled { task: TaskId, tab: u64, result: Result<TableProfile> },
    /// A profile of one column.
    Card { task: TaskId, result: Result<ColumnProfile> },
    /// What is at a place of a source.
    Listed { task: TaskId, title: String, result: Result<Vec<Entry>> },
    /// A file was written.
    Exported { task: TaskId, path: String, result: Result<crate::output::Written> },
}

/// A task on the list, running or ended.
pub struct Listed {
    /// The task.
    pub task: Task,
    /// The tab it works for.
    pub tab: Option<u64>,
    /// How it ended, in words.
    pub ended: Option<String>,
}

/// Keeps a screen drawn whole: rows that are under way are waited for this long before their place is shown empty.
const PATIENCE: Duration = Duration::from_millis(60);

/// The interface.
pub struct App {
    pub(super) engine: Engine,
    pub(super) sources: Sources,
    pub(super) send: Sender<Message>,
    /// Open tables.
    pub tabs: Vec<Tab>,
    /// The one in front.
    pub current: usize,
    next_tab: u64,
    pub(super) layers: Vec<Box<dyn Layer>>,
    pub(super) tasks: Vec<Listed>,
    pub(super) keymap: Keymap,
    pub(super) theme: Theme,
    pub(super) mouse: bool,
    status: Option<(Role, String)>,
    /// Width and height of the screen.
    pub size: (u16, u16),
    ticket: u64,
    dirty: Option<Instant>,
    shown_progress: String,
    pub(super) raw: VecDeque<Vec<u8>>,
    pub(super) searches: Vec<String>,
    pub(super) conditions: Vec<String>,
    hints: Vec<(u16, u16, Act)>,
    chips: Vec<(u16, u16, usize)>,
    pub(super) redraw: bool,
    quit: Option<Result<()>>,
}

/// What the interface starts with.
pub struct Setup {
    /// The sources there are.
    pub sources: Sources,
    /// Keys.
    pub keymap: Keymap,
    /// Colours.
    pub theme: Theme,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Most memory for a task, in bytes.
    pub memory: u64,
}

impl App {
    /// An interface without a table, on a screen of this size.
    pub fn new(setup: Setup, send: Sender<Message>, size: (u16, u16)) -> Self {
        Self {
            engine: Engine::start(setup.memory),
            sources: setup.sources,
            send,
            tabs: Vec::new(),
            current: 0,
            next_tab: 1,
            layers: Vec::new(),
            tasks: Vec::new(),
            keymap: setup.keymap,
            theme: setup.theme,
            mouse: setup.mouse,
            status: None,
            size,
            ticket: 0,
            dirty: Some(Instant::now()),
            shown_progress: String::new(),
            raw: VecDeque::new(),
            searches: Vec::new(),
            conditions: Vec::new(),
            hints: Vec::new(),
            chips: Vec::new(),
            redraw: false,
            quit: None,
        }
    }

    /// How the interface ended, once it has.
    pub fn ended(&mut self) -> Option<Result<()>> {
        self.quit.take()
    }

    pub(super) fn end(&mut self, result: Result<()>) {
        for listed in &self.tasks {
            listed.task.control.cancel();
        }
        self.quit = Some(result);
    }

    /// The table in front.
    pub fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.current)
    }

    pub(super) fn tab_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.current)
    }

    pub(super) fn tab_by_id(&mut self, id: u64) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|t| t.id == id)
    }

    /// Bytes to be written to the terminal besides the screen (copying, the window's title).
    pub fn take_raw(&mut self) -> Option<Vec<u8>> {
        self.raw.pop_front()
    }

    /// Whether the terminal's content is in doubt.
    pub fn take_redraw(&mut self) -> bool {
        std::mem::take(&mut self.redraw)
    }

    /// Whether the mouse is to be taken.
    pub fn wants_mouse(&self) -> bool {
        self.mouse
    }

    pub(super) fn touch(&mut self) {
        self.dirty.get_or_insert_with(Instant::now);
    }

    pub(super) fn say(&mut self, text: String) {
        self.status = Some((Role::Plain, text));
        self.touch();
    }

    pub(super) fn complain(&mut self, error: &Error) {
        let mut text = error.to_string();
        if let Some(hint) = &error.hint {
            text = format!("{text} {hint}");
        }
        let role = if error.kind == ErrorKind::Interrupted { Role::Plain } else { Role::Error };
        let width = usize::from(self.size.0);
        // What does not fit on a line is shown in full, since it says what to do next.
        if safe::width(&safe::line(&text)) > width && role == Role::Error {
            let view = super::layers::view::View::text(tr("view-error"), text.clone());
            self.layers.push(Box::new(view));
        }
        self.status = Some((role, text));
        self.touch();
    }

    pub(super) fn look(&self) -> Look<'_> {
        Look { theme: self.theme, keymap: &self.keymap }
    }

    /// Adds a tab in front.
    pub(super) fn add_tab(&mut self, title: String, dataset: Dataset) -> &mut Tab {
        let id = self.next_tab;
        self.next_tab += 1;
        self.tabs.push(Tab::new(id, title, Session::new(dataset)));
        self.current = self.tabs.len() - 1;
        self.touch();
        let last = self.current;
        &mut self.tabs[last]
    }

    pub(super) fn spawn<T: Send + 'static>(
        &mut self,
        title: Msg,
        tab: Option<u64>,
        work: impl FnOnce(&crate::op::Context, TaskId) -> Result<T> + Send + 'static,
        done: impl FnOnce(TaskId, Result<T>) -> News + Send + 'static,
    ) {
        let send = self.send.clone();
        let task = self.engine.spawn(
            title,
            work,
            move |id, result| {
                let _ = send.send(Message::News(done(id, result)));
            },
        );
        self.tasks.push(Listed { task, tab, ended: None });
        self.touch();
    }

    /// Tasks under way.
    pub fn running(&self) -> impl DoubleEndedIterator<Item = &Listed> {
        self.tasks.iter().filter(|t| t.ended.is_none())
    }

    /// Notes that a task has ended. False if it was given up before, so that its result must not be used.
    fn ended_task<T>(&mut self, id: TaskId, result: &Result<T>) -> bool {
        const KEPT: usize = 50;
        let Some(listed) = self.tasks.iter_mut().find(|t| t.task.id == id) else { return false };
        let given_up = listed.task.control.is_cancelled();
        listed.ended = Some(match result {
            _ if given_up => tr("task-stopped"),
            Ok(_) => tr("task-done"),
            Err(e) => e.to_string(),
        });
        if self.tasks.len() > KEPT
            && let Some(i) = self.tasks.iter().position(|t| t.ended.is_some())
        {
            self.tasks.remove(i);
        }
        self.touch();
        !given_up
    }

    // ---- opening ----

    /// Opens what a locator names, in a new tab or in place of one.
    pub fn open(&mut self, text: &str, options: OpenOptions, place: Option<u64>) {
        let locator = self.sources.parse(text);
        let sources = self.sources.clone();
        let (l, o) = (locator.clone(), options.clone());
        self.spawn(
            Msg::new("task-open").with("name", locator.to_string()),
            place,
            move |context, _| sources.open(&l, &o, &context.control),
            move |task, result| News::Opened { task, place, locator, options, result },
        );
    }

    fn opened(&mut self, place: Option<u64>, locator: Locator, options: OpenOptions, opened: Opened) {
        crate::config::remember(&locator.to_string());
        let name = opened.title.clone();
        let mut steps = Vec::new();
        let tab = match place.and_then(|id| self.tabs.iter().position(|t| t.id == id)) {
            Some(i) => {
                self.current = i;
                let tab = &mut self.tabs[i];
                steps = tab.session.now().steps.clone();
                tab.session = Session::new(opened.dataset);
                tab.title = opened.title;
                tab.changed(false);
                tab
            }
            None => self.add_tab(opened.title, opened.dataset),
        };
        tab.facts = opened.facts;
        tab.notices = opened.notices;
        tab.locator = Some((locator, options));
        let id = tab.id;
        let unsettled = !tab.session.base().row_count().is_exact();
        self.layers.clear();
        self.raw.push_back(super::screen::modes::title(&format!("{name} - mekiki")));
        if unsettled {
            self.settle(id);
        }
        // What was done to the table is done to its new content.
        if !steps.is_empty() {
            self.carry_out(id, steps);
        }
    }

    /// Has a table read to its end in the background, so that its size is known and its kinds are right.
    fn settle(&mut self, id: u64) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let base = tab.session.base().clone();
        let title = Msg::new("task-settle").with("name", &tab.title);
        self.spawn(
            title,
            Some(id),
            move |context, _| {
                let better = base.table().settle(&context.control)?;
                let dataset = match better {
                    Some(table) => Dataset::new(table),
                    None => base.clone(),
                };
                dataset.count(&context.control)?;
                let notices = dataset.table().notices();
                let same = std::sync::Arc::ptr_eq(dataset.table(), base.table());
                if same && notices.is_empty() {
                    return Ok(None);
                }
                Ok(Some(Opened { dataset, title: String::new(), facts: Vec::new(), notices }))
            },
            move |task, result| News::Settled { task, tab: id, result },
        );
    }

    fn settled(&mut self, id: u64, better: Option<Opened>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let mut replay = None;
        if let Some(better) = better {
            for notice in better.notices {
                if !tab.notices.contains(&notice) {
                    tab.notices.push(notice);
                }
            }
            if !std::sync::Arc::ptr_eq(better.dataset.table(), tab.session.base().table()) {
                let steps = tab.session.now().steps.clone();
                tab.session.rebase(better.dataset.table().clone());
                if !steps.is_empty() {
                    replay = Some(steps);
                }
            }
        }
        tab.changed(false);
        if let Some(steps) = replay {
            self.carry_out(id, steps);
        }
    }

    // ---- steps ----

    /// Carries out steps on a tab, in the background unless they are a matter of a moment.
    pub(super) fn carry_out(&mut self, id: u64, steps: Vec<Step>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let now = tab.session.now();
        let (base, todo) = match steps.strip_prefix(now.steps.as_slice()) {
            Some(rest) if !rest.is_empty() => (now.dataset.clone(), rest.to_vec()),
            _ => (tab.session.base().clone(), steps.clone()),
        };
        if todo.iter().all(Step::is_instant) {
            let context = crate::op::Context { control: crate::data::Control::new(), memory: self.engine.memory() };
            let result = crate::engine::replay(&base, &todo, &context, &mut |_| {});
            self.stepped(id, steps, result);
            return;
        }
        let title = match todo.iter().rev().find(|s| !s.is_instant()) {
            Some(step) => step.words(),
            None => Msg::new("task-steps"),
        };
        let send = self.send.clone();
        let finished = steps;
        self.spawn(
            title,
            Some(id),
            move |context, task| {
                crate::engine::replay(&base, &todo, context, &mut |dataset| {
                    let _ = send.send(Message::News(News::Growing { task, tab: id, dataset }));
                })
            },
            move |task, result| News::Stepped { task, tab: id, steps: finished, result },
        );
    }

    fn stepped(&mut self, id: u64, steps: Vec<Step>, result: Result<Dataset>) {
        let Some(tab) = self.tab_by_id(id) else { return };
        let was_growing = tab.growing.take().is_some();
        match result {
            Ok(dataset) => {
                let column = tab.current_column().map(|c| c.name.clone());
                let kept = tab.dataset().table_row(tab.row);
                let before = tab.session.now().steps.clone();
                let sorted_by = tab.session.now().sorted_by().to_vec();
                tab.session.advance(State { steps, dataset });
                let rows_changed = {
                    let only_columns = |s: &[Step]| -> Vec<Step> {
                        s.iter().filter(|s| !matches!(s, Step::Select(_))).cloned().collect()
                    };
                    only_columns(&before) != only_columns(&tab.session.now().steps)
                };
                let sorted = tab.session.now().sorted_by() != sorted_by.as_slice();
                if sorted {
                    // A new order is looked at from its top.
                    (tab.row, tab.top) = (0, 0);
                } else if rows_changed && !was_growing {
                    // After a filter the cursor stays with its row where that is still in view.
                    tab.row = kept.map_or(0, |r| tab.dataset().place_of(r));
                }
                if let Some(place) = column.and_then(|c| tab.dataset().schema().position(&c)) {
                    tab.column = place;
                }
                tab.changed(false);
            }
            Err(e) => {
                tab.changed(false);
                self.complain(&e);
            }
        }
        self.touch();
    }

    // ---- news ----

    /// Takes one message.
    pub fn update(&mut self, message: Message) {
        match message {
            Message::Hangup => self.end(Err(Error::interrupted())),
            Message::Signal(_) => self.end(Err(Error::interrupted())),
            Message::Terminal(Terminal::Key(key)) => {
                if key.kind != crossterm::event::KeyEventKind::Release {
                    self.status = None;
                    self.touch();
                    self.input(Input::Key(key));
                }
            }
            Message::Terminal(Terminal::Paste(text)) => {
                self.touch();
                self.input(Input::Paste(text));
            }
            Message::Terminal(Terminal::Mouse(mouse)) => self.input(Input::Mouse(mouse)),
            Message::Terminal(Terminal::Resize(width, height)) => {
                self.size = (width.max(1), height.max(1));
                self.redraw = true;
                self.touch();
            }
            Message::Terminal(_) => {}
            Message::News(news) => self.news(news),
        }
    }

    fn news(&mut self, news: News) {
        match news {
            News::Window { tab, generation, reply } => {
                let size = self.size;
                let Some(tab) = self.tab_by_id(tab) else { return };
                if tab.asked.as_ref().is_some_and(|(t, _)| *t == reply.ticket) {
                    tab.asked = None;
                }
                if generation != tab.generation {
                    return;
                }
                let waited = !tab.ready(usize::from(size.0), grid::rows_in(size.1));
                match reply.frame {
                    Ok(frame) => {
                        tab.trouble = None;
                        let end = frame.height() < reply.len;
                        tab.hand =
                            Some(super::tab::Hand { generation, places: reply.places, start: reply.start, frame, end });
                        tab.settle_widths();
                    }
                    Err(e) => {
                        tab.trouble = Some(match &e.hint {
                            Some(hint) => format!("{e} {hint}"),
                            None => e.to_string(),
                        });
                    }
                }
                if waited || tab.trouble.is_some() || self.dirty.is_some() {
                    self.touch();
                }
            }
            News::Opened { task, place, locator, options, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(opened) => self.opened(place, locator, options, opened),
                        Err(e) => self.complain(&e),
                    }
                }
            }
            News::Settled { task, tab, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(better) => self.settled(tab, better),
                        Err(e) => self.complain(&e),
                    }
                }
            }
            News::Growing { task, tab, dataset } => {
                let live = self.running().any(|t| t.task.id == task && !t.task.control.is_cancelled());
                let page = grid::rows_in(self.size.1) as u64;
                let Some(tab) = self.tab_by_id(tab).filter(|_| live) else { return };
                let first = tab.growing.is_none();
                let before = tab.dataset().row_count().known();
                tab.growing = Some(dataset);
                if first {
                    (tab.row, tab.top) = (0, 0);
                    tab.changed(false);
                } else if before < tab.top + page * 2 {
                    // More rows came into what is on screen.
                    tab.changed(false);
                }
                self.touch();
            }
            News::Stepped { task, tab, steps, result } => {
                if self.ended_task(task, &result) {
                    self.stepped(tab, steps, result);
                } else if let Some(tab) = self.tab_by_id(tab)
                    && tab.growing.take().is_some()
                {
                    tab.changed(false);
                }
            }
            News::Found { task, tab, result } => {
                if self.ended_task(task, &result) {
                    self.found(tab, result);
                }
            }
            News::Profiled { task, tab, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(profile) => self.show_profile(tab, profile),
                        Err(e) => self.complain(&e),
                    }
                }
            }
            News::Card { task, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(profile) => {
                            if let Some(layer) = self.layers.last_mut() {
                                layer.news(&profile);
                            }
                        }
                        Err(e) => self.complain(&e),
                    }
                }
            }
            News::Listed { task, title, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(entries) => self.show_entries(title, entries),
                        Err(e) => self.complain(&e),
                    }
                }
            }
            News::Exported { task, path, result } => {
                if self.ended_task(task, &result) {
                    match result {
                        Ok(written) => {
                            let text = Msg::new("exported")
                                .with("path", path)
                                .with("rows", written.rows)
                                .with("size", number::bytes(written.bytes));
                            self.say(text.to_string());
                        }
                        Err(e) => self.complain(&e),
                    }
                }
            }
        }
    }

    // ---- what the screen needs ----

    /// Asks for rows the screen lacks.
    pub fn fetch(&mut self) {
        let (width, height) = (usize::from(self.size.0), grid::rows_in(self.size.1));
        let Some(tab) = self.tabs.get_mut(self.current) else { return };
        tab.follow_row(height);
        tab.follow_column(width);
        let Some(need) = tab.need(width, height) else { return };
        if tab.trouble.is_some() && !need.urgent {
            return;
        }
        self.ticket += 1;
        let request = WindowRequest {
            ticket: self.ticket,
            dataset: tab.dataset().clone(),
            places: need.places.clone(),
            start: need.start,
            len: need.len,
        };
        tab.asked = Some((self.ticket, need));
        let (id, generation) = (tab.id, tab.generation);
        let send = self.send.clone();
        self.engine.window(request, move |reply| {
            let _ = send.send(Message::News(News::Window { tab: id, generation, reply }));
        });
    }

    /// How long the loop may sleep: until a held drawing is due or progress is to be shown.
    pub fn sleep(&self) -> Option<Duration> {
        const TICK: Duration = Duration::from_millis(120);
        match self.dirty {
            Some(since) => Some(PATIENCE.saturating_sub(since.elapsed())),
            None if self.running().next().is_some() => Some(TICK),
            None => None,
        }
    }

    /// Whether there is something to draw now.
    pub fn due(&mut self) -> bool {
        if self.progress() != self.shown_progress {
            self.touch();
        }
        let Some(since) = self.dirty else { return false };
        let (width, height) = (usize::from(self.size.0), grid::rows_in(self.size.1));
        let whole = match self.tab() {
            Some(tab) => tab.ready(width, height),
            None => self.running().next().is_none() || !self.layers.is_empty(),
        };
        whole || since.elapsed() >= PATIENCE
    }

    fn progress(&self) -> String {
        const SOON: Duration = Duration::from_millis(150);
        let Some(listed) = self.running().next_back().filter(|t| t.task.elapsed() >= SOON) else {
            return String::new();
        };
        let p = listed.task.progress();
        let title = safe::fit(&listed.task.title.to_string(), 40).text.into_owned();
        let key = self.keymap.shown(Act::Cancel.command());
        if listed.task.control.is_cancelled() {
            return tr("progress-stopping");
        }
        let share = match p.total {
            0 => format!("{} s", listed.task.elapsed().as_secs()),
            total => format!("{}%", (p.done * 100 / total).min(100)),
        };
        Msg::new("progress").with("title", title).with("key", key).with("share", share).to_string()
    }

    // ---- drawing ----

    /// Draws everything; gives the place of the text cursor.
    pub fn draw(&mut self, buf: &mut Buffer) -> Option<(u16, u16)> {
        self.dirty = None;
        self.shown_progress = self.progress();
        let area = buf.area;
        let theme = self.theme;
        if let Some(tab) = self.tabs.get(self.current) {
            self.chips = grid::title(buf, area, tab, self.tabs.len() - 1, theme);
            let rows = Rect {
                y: area.y + 1,
                height: area.height.saturating_sub(1 + grid::BELOW),
                ..area
            };
            grid::rows(buf, rows, tab, theme);
            if area.height > 3 {
                let line = Rect { y: area.bottom() - 2, height: 1, ..area };
                grid::cell_line(buf, line, tab, theme);
            }
        } else if self.layers.is_empty() {
            grid::put(buf, area.x, area.y, "mekiki", usize::from(area.width), theme.style(Role::Title));
        }
        let mut cursor = None;
        let look = Look { theme, keymap: &self.keymap };
        for layer in &mut self.layers {
            cursor = layer.draw(buf, area, &look);
        }
        self.bottom_line(buf, area);
        cursor
    }

    fn bottom_line(&mut self, buf: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let y = area.bottom().saturating_sub(1);
        let width = usize::from(area.width);
        self.hints.clear();
        let progress = self.shown_progress.clone();
        let taken = if progress.is_empty() { 0 } else { safe::width(&progress) + 2 };
        let room = width.saturating_sub(taken);
        if !progress.is_empty() {
            let x = area.right().saturating_sub(safe::width(&progress).min(width) as u16);
            grid::put(buf, x, y, &progress, width, theme.style(Role::Warn));
        }
        if let Some((role, text)) = &self.status {
            grid::put(buf, area.x, y, &safe::fit(text, room).text, room, theme.style(*role));
            return;
        }
        let mut x = area.x;
        let mut show = |key: &str, word: &str, act: Option<Act>| {
            let needed = safe::width(key) + safe::width(word) + 1;
            if usize::from(x - area.x) + needed > room {
                return;
            }
            let from = x;
            x = grid::put(buf, x, y, key, room, theme.style(Role::Key));
            x = grid::put(buf, x + 1, y, word, room, theme.style(Role::Plain));
            if let Some(act) = act {
                self.hints.push((from, x, act));
            }
            x += 2;
        };
        if let Some(layer) = self.layers.last() {
            for (key, word) in layer.hints() {
                show(key, &tr(word), None);
            }
            return;
        }
        let mut commands: Vec<_> = COMMANDS.iter().filter(|c| c.hint > 0 && c.screen.is_some()).collect();
        commands.sort_by_key(|c| c.hint);
        for c in commands {
            show(&self.keymap.shown(c), &c.hint_word(), Some(c.act));
        }
    }

    /// The command whose word stands on the bottom line at this cell.
    pub(super) fn hint_at(&self, x: u16) -> Option<Act> {
        self.hints.iter().find(|(a, b, _)| (*a..*b).contains(&x)).map(|(_, _, act)| *act)
    }

    /// The chip of a step on the title line at this cell.
    pub(super) fn chip_at(&self, x: u16) -> Option<usize> {
        self.chips.iter().find(|(a, b, _)| (*a..*b).contains(&x)).map(|(_, _, i)| *i)
    }

    /// Copies text and says how.
    pub(super) fn copy(&mut self, text: &str) {
        let mut out = Vec::new();
        match super::clipboard::copy(text, &mut out as &mut Vec<u8>) {
            Ok(way) => {
                if !out.is_empty() {
                    self.raw.push_back(out);
                }
                self.say(way.words(text.len()).to_string());
            }
            Err(e) => self.complain(&e),
        }
    }

    /// Opens the start screen if there is nothing else to look at.
    pub fn ensure_something(&mut self) {
        if self.tabs.is_empty() && self.layers.is_empty() && self.running().next().is_none() {
            self.run(Act::Sources, Values::new());
        }
    }

    /// The number of rows on screen.
    pub(super) fn page(&self) -> u64 {
        grid::rows_in(self.size.1) as u64
    }

    /// The last row there is, as far as is known.
    pub(super) fn last_row(&self) -> u64 {
        self.tab().map_or(0, |t| match t.dataset().row_count() {
            RowCount::Exact(n) | RowCount::AtLeast(n) => n.saturating_sub(1),
        })
    }
}

/// Ignores a failure to write, which only means that the terminal is gone; the input thread will say so.
pub(super) fn write_raw(out: &mut impl Write, bytes: &[u8]) {
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
