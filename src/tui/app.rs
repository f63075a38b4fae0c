//! The state of the interface and what changes it: everything with meaning is here, cursors of layers are in the layers.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crossterm::event::Event as Terminal;

use super::grid;
use super::layer::{Input, Layer, Look, Values};
use super::opening::SETTLE;
use super::picture::Able;
use super::tab::Tab;
use super::tasks::Listed;
use super::theme::{Role, Theme};
use crate::command::Act;
use crate::command::keymap::Keymap;
use crate::data::{Control, Dataset, RowCount};
use crate::engine::{Engine, Session, Sources, TaskId, WindowReply, WindowRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::text::{safe, tr};

/// What the interface's thread is told.
pub enum Message {
    /// By the terminal.
    Terminal(Terminal),
    /// The terminal is gone.
    Hangup,
    /// By the system.
    Signal(i32),
    /// What the terminal can do.
    Able(Able),
    /// By a worker.
    News(News),
}

/// What is done with the result of a task once it has come.
type Then = Box<dyn FnOnce(&mut App) + Send>;

/// What workers tell.
pub enum News {
    /// Rows for the screen have come.
    Window { tab: u64, generation: u64, reply: WindowReply },
    /// A step's result so far.
    Growing { control: Control, tab: u64, dataset: Dataset },
    /// A task has ended, well or with an error, and what then; `left` says what may go on elsewhere after it was stopped.
    Ended { task: TaskId, error: Option<String>, left: Option<String>, then: Then },
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
    /// The list that the first table was chosen from, until it is open: where it cannot be, that is the way back.
    pub(super) left: Option<Box<dyn Layer>>,
    pub(super) tasks: Vec<Listed>,
    pub(super) keymap: Keymap,
    pub(super) theme: Theme,
    pub(super) mouse: bool,
    pub(super) status: Option<(Role, String)>,
    /// Width and height of the screen.
    pub size: (u16, u16),
    ticket: u64,
    /// The reading for the screen that has not ended yet.
    reading: Option<(u64, Dataset)>,
    pub(super) dirty: Option<Instant>,
    pub(super) shown_progress: String,
    pub(super) raw: VecDeque<Vec<u8>>,
    pub(super) searches: Vec<String>,
    pub(super) conditions: Vec<String>,
    /// Statements that were left half written, by the place they are for.
    pub(super) drafts: BTreeMap<String, String>,
    /// Where connections are added.
    pub(super) config_file: Option<PathBuf>,
    pub(super) plain: bool,
    pub(super) hints: Vec<(u16, u16, Act)>,
    pub(super) chips: Vec<(u16, u16, usize)>,
    pub(super) redraw: bool,
    /// Text for the person's own editor.
    pub(super) outside: Option<(String, &'static str)>,
    /// Where what is on screen leads; off until the screen's own is given.
    pub links: super::screen::Board,
    pub(super) charting: Option<super::act::chart::Charting>,
    pub(super) reporting: Option<super::act::report::Reporting>,
    pub(super) able: Option<Able>,
    pub(super) picture: Option<super::act::picture::Picture>,
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
    /// The person's configuration file.
    pub config_file: Option<PathBuf>,
    /// Whether nothing but ASCII is promised to be shown.
    pub plain: bool,
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
            left: None,
            tasks: Vec::new(),
            keymap: setup.keymap,
            theme: setup.theme,
            mouse: setup.mouse,
            status: None,
            size,
            ticket: 0,
            reading: None,
            dirty: Some(Instant::now()),
            shown_progress: String::new(),
            raw: VecDeque::new(),
            searches: Vec::new(),
            conditions: Vec::new(),
            drafts: BTreeMap::new(),
            config_file: setup.config_file,
            plain: setup.plain,
            hints: Vec::new(),
            chips: Vec::new(),
            redraw: false,
            outside: None,
            links: super::screen::Board::default(),
            charting: None,
            reporting: None,
            able: None,
            picture: None,
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
        for tab in &self.tabs {
            tab.dataset().table().give_up();
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

    /// Text that is to be changed in the person's own editor, and how its file's name ends.
    pub fn take_outside(&mut self) -> Option<(String, &'static str)> {
        self.outside.take()
    }

    /// Gives the layer in front its text as the person left it.
    pub fn edited(&mut self, text: Result<String>) {
        match (text, self.layers.last_mut()) {
            (Ok(text), Some(layer)) => layer.news(&super::outside::Edited(text)),
            (Ok(_), None) => {}
            (Err(e), _) => self.complain(&e),
        }
        self.touch();
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
            let hint = error.hint.as_ref().map(|hint| format!("\n\n{hint}")).unwrap_or_default();
            let view = super::layers::view::View::text(tr("view-error"), format!("{error}{hint}"));
            self.layers.push(Box::new(view));
            self.status = None;
            self.touch();
            return;
        }
        self.status = Some((role, text));
        self.touch();
    }

    pub(super) fn look(&self) -> Look<'_> {
        Look { theme: self.theme, keymap: &self.keymap, links: &self.links }
    }

    /// Adds a tab in front.
    pub(super) fn add_tab(&mut self, title: String, dataset: Dataset) -> &mut Tab {
        self.left = None;
        let id = self.next_tab;
        self.next_tab += 1;
        self.tabs.push(Tab::new(id, title, Session::new(dataset)));
        self.current = self.tabs.len() - 1;
        self.touch();
        let last = self.current;
        &mut self.tabs[last]
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
                    // What failed is tried once more by the next key, and not by itself.
                    self.tab_mut().into_iter().for_each(|tab| tab.failed = None);
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
            Message::Able(able) => self.terminal_answered(able),
            Message::News(news) => self.news(news),
        }
    }

    fn news(&mut self, news: News) {
        match news {
            News::Window { tab, generation, reply } => {
                let size = self.size;
                let busy = self.running().any(|t| t.tab == Some(tab));
                self.reading.take_if(|(ticket, _)| *ticket == reply.ticket);
                let Some(tab) = self.tab_by_id(tab) else { return };
                let mut asked = None;
                if tab.asked.as_ref().is_some_and(|(t, _)| *t == reply.ticket) {
                    asked = tab.asked.take();
                }
                if generation != tab.generation {
                    return;
                }
                let id = tab.id;
                let waited = !tab.ready(usize::from(size.0), grid::rows_in(size.1));
                match reply.frame {
                    Ok(frame) => {
                        tab.trouble = None;
                        let end = frame.height() < reply.len;
                        tab.hand =
                            Some(super::tab::Hand { generation, places: reply.places, start: reply.start, frame, end });
                        tab.settle_widths();
                        let base = tab.session.base().table();
                        if !busy && !base.is_misread() && base.rows().is_exact() {
                            // Where the end has to be found, what there is to know is told with it.
                            tab.learn();
                        }
                    }
                    Err(e) => {
                        tab.failed = asked.map(|(_, need)| need);
                        tab.trouble = Some(match &e.hint {
                            Some(hint) => format!("{e} {hint}"),
                            None => e.to_string(),
                        });
                    }
                }
                if waited || tab.trouble.is_some() || self.dirty.is_some() {
                    self.touch();
                }
                self.reread(id);
            }
            News::Growing { control, tab, dataset } => {
                let live = !control.is_cancelled();
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
            News::Ended { task, error, left, then } => {
                let good = error.is_none();
                let (later, front) = (self.take_later(task), self.tab().map(|t| t.id));
                let (sent, first_new) = (self.sent_by(task), self.next_tab);
                let rereads = self.tasks.iter().find(|t| t.task.id == task && t.task.title.id != SETTLE);
                let of = rereads.and_then(|t| t.tab);
                if self.ended_task(task, error, left) {
                    then(self);
                    // What was to follow a step that failed is not done to other rows instead.
                    later.filter(|_| good).into_iter().for_each(|later| self.catch_up(later, front));
                    // Work that reads no rows may have found as well that columns have to be read as text.
                    of.into_iter().for_each(|id| self.reread(id));
                }
                if let Some(sent) = sent {
                    self.keep_sent(sent, first_new);
                }
            }
        }
    }

    // ---- what the screen needs ----

    /// Asks for rows the screen lacks; where it lacks none and `ahead` is set, for those around it.
    pub fn fetch(&mut self, ahead: bool) {
        let (width, height) = (usize::from(self.size.0), grid::rows_in(self.size.1));
        let Some(tab) = self.tabs.get_mut(self.current) else { return };
        tab.follow_row(height);
        tab.follow_column(width);
        let Some(need) = tab.need(width, height).filter(|need| need.urgent || ahead) else { return };
        if tab.trouble.is_some() && (!need.urgent || tab.failed.as_ref() == Some(&need)) {
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
        // Nobody looks at the rows of another table any more.
        if let Some((_, before)) = self.reading.replace((self.ticket, tab.dataset().clone()))
            && !Arc::ptr_eq(before.table(), tab.dataset().table())
        {
            before.table().give_up();
        }
        let (id, generation) = (tab.id, tab.generation);
        // A request of another tab that has not begun is forgotten for this one, and has to be made again.
        for other in self.tabs.iter_mut().filter(|t| t.id != id) {
            other.asked = None;
        }
        let send = self.send.clone();
        self.engine.window(request, move |reply| {
            let _ = send.send(Message::News(News::Window { tab: id, generation, reply }));
        });
    }

    /// Gives up waiting for rows that others have to send; they are asked for again when the next key needs them. False if
    /// nothing is waited for.
    pub(super) fn stop_waiting(&mut self) -> bool {
        let Some(tab) = self.tabs.get_mut(self.current).filter(|t| t.dataset().place().is_some()) else { return false };
        let Some((_, need)) = tab.asked.take() else { return false };
        self.engine.forget_window();
        tab.dataset().table().give_up();
        tab.failed = Some(need);
        tab.trouble = Some(Error::interrupted().to_string());
        self.touch();
        true
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

    /// Opens the start screen, or the list something was chosen from in vain, if there is nothing else to look at.
    pub fn ensure_something(&mut self) {
        if self.tabs.is_empty() && self.layers.is_empty() && self.running().next().is_none() {
            match self.left.take() {
                Some(list) => self.layers.push(list),
                None => self.run(Act::Sources, Values::new()),
            }
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
