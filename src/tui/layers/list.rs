//! A list to choose from: tables, tasks, columns, files, notices, what was opened lately. Typing narrows it.

use crossterm::event::{KeyCode, MouseEventKind};
use memchr::memmem::Finder;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use crate::command::Act;
use crate::text::{fuzzy, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, centred, frame, movement};
use crate::tui::theme::Role;

/// What Enter does in most lists.
const CHOOSE: &str = "hint-choose";

/// Most lines of the sentence above the entries.
const NOTE: usize = 4;

/// One line of a list.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// What it is.
    pub label: String,
    /// A remark at the right edge.
    pub remark: String,
    /// What it is found by as well, in small letters.
    pub also: String,
    /// A heading above it, if it begins a group.
    pub group: Option<String>,
    /// What choosing it does; nothing if it is only to be read.
    pub run: Option<(Act, Values)>,
    /// What tells more about it.
    pub about: Option<(Act, Values)>,
    /// Whether it is ticked, in lists with ticks.
    pub ticked: bool,
}

/// The value that tells a command that its entry is to be removed.
pub const REMOVE: &str = "remove";

/// The entries of a list that follows something, as they are now.
pub struct Entries(pub Vec<Item>);

/// Most entries further down that are shown.
const FOUND: usize = 500;

/// What a list is for.
pub struct List {
    title: String,
    /// A sentence above the entries.
    note: Option<String>,
    /// What is shown, and behind it what only narrowing finds.
    items: Vec<Item>,
    /// How many are in view before anything is narrowed.
    listed: usize,
    /// What of each entry is searched, in small letters; made once narrowing begins.
    words: Vec<String>,
    /// The entries in view.
    shown: Vec<usize>,
    scroll: Scroll,
    /// Being typed to narrow the list; none until `/` is pressed.
    narrow: Option<LineEdit>,
    /// For lists with ticks: the command that gets all ticked labels under `columns`.
    ticks: Option<Act>,
    /// What Enter does, in a word.
    word: &'static str,
    /// The command whose entries the Delete key removes.
    remove: Option<Act>,
    /// What gets the entries anew.
    refresh: Option<(Act, Values)>,
    /// Whether it takes [`Entries`] as they change.
    live: bool,
    /// Takes the whole screen instead of a box.
    full: bool,
    /// Whether a digit chooses the entry of that number.
    numbered: bool,
    page: usize,
    /// Screen line of each entry drawn, for the mouse.
    lines: Vec<(u16, usize)>,
}

impl List {
    /// A list in a box.
    pub fn new(title: String, items: Vec<Item>) -> Self {
        Self {
            title,
            note: None,
            listed: items.len(),
            words: Vec::new(),
            shown: (0..items.len()).collect(),
            items,
            refresh: None,
            scroll: Scroll::default(),
            narrow: None,
            ticks: None,
            word: CHOOSE,
            remove: None,
            live: false,
            full: false,
            numbered: false,
            page: 10,
            lines: Vec::new(),
        }
    }

    /// With ticks; Enter gives the ticked labels to `act`.
    pub fn ticked(mut self, act: Act) -> Self {
        self.ticks = Some(act);
        self.choosing("hint-accept")
    }

    /// Where Enter does something else than choosing: what, in a word.
    pub fn choosing(mut self, word: &'static str) -> Self {
        self.word = word;
        self
    }

    /// Where the Delete key removes the entries of this command: it gets their own values and [`REMOVE`].
    pub fn removable(mut self, act: Act) -> Self {
        self.remove = Some(act);
        self
    }

    /// With a sentence above the entries.
    pub fn saying(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// With entries further down that are found by narrowing, letter by letter.
    pub fn reaching(mut self, below: Vec<Item>) -> Self {
        self.items.extend(below);
        self
    }

    /// With a command that gets the entries anew.
    pub fn refreshed_by(mut self, act: Act, values: Values) -> Self {
        self.refresh = Some((act, values));
        self
    }

    /// Whose entries change while it is looked at: they come as [`Entries`].
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// A digit chooses at once.
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }

    /// On the whole screen.
    pub fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// With the cursor on this entry.
    pub fn at(mut self, index: usize) -> Self {
        self.scroll.at = index;
        self
    }

    /// Chooses the entries in view anew. A list can be long, and this is done at each letter.
    fn narrow(&mut self) {
        let needle = self.narrow.as_ref().map(|e| e.text().to_lowercase()).unwrap_or_default();
        if needle.is_empty() {
            self.shown = (0..self.listed).collect();
            return;
        }
        let finders: Vec<Finder> = needle.split_whitespace().map(Finder::new).collect();
        let has = |i: &usize| {
            let words = self.words.get(*i).map(String::as_bytes);
            words.is_some_and(|words| finders.iter().all(|finder| finder.find(words).is_some()))
        };
        self.shown = (0..self.listed).filter(has).collect();
        if !needle.trim().is_empty() {
            let label = |i: usize| self.words[i].split('\n').next().unwrap_or_default();
            let below = self.listed..self.items.len();
            let mut found: Vec<(usize, usize)> =
                below.filter_map(|i| Some((fuzzy::distance(&needle, label(i))?, i))).collect();
            found.sort_unstable();
            self.shown.extend(found.into_iter().take(FOUND).map(|(_, i)| i));
        }
    }

    /// Begins narrowing. What is searched is made now and not at the first letter.
    fn begin_narrowing(&mut self) {
        self.narrow = Some(LineEdit::default());
        if self.words.is_empty() {
            self.gather_words();
        }
    }

    fn gather_words(&mut self) {
        let words = |i: &Item| [i.label.to_lowercase(), i.remark.to_lowercase(), i.also.clone()].join("\n");
        self.words = self.items.iter().map(words).collect();
    }

    /// Narrowed from the start, by what was typed already.
    pub fn narrowed(mut self, typed: &str) -> Self {
        self.begin_narrowing();
        if let Some(edit) = &mut self.narrow {
            edit.insert(typed);
        }
        self.scroll = Scroll::default();
        self.narrow();
        self
    }

    /// Which entries are ticked, of those that are in view before anything is narrowed.
    pub fn ticks(&self) -> impl Iterator<Item = bool> {
        self.items[..self.listed].iter().map(|item| item.ticked)
    }

    fn tick(&mut self) {
        if let Some(i) = self.current() {
            self.items[i].ticked = !self.items[i].ticked;
        }
    }

    /// All entries again; the cursor stays with its own.
    fn widen(&mut self) {
        let at = self.current();
        self.narrow = None;
        self.narrow();
        if let Some(at) = at.and_then(|i| self.shown.iter().position(|shown| *shown == i)) {
            self.scroll.at = at;
        }
    }

    /// The entry under the cursor.
    fn current(&self) -> Option<usize> {
        self.shown.get(self.scroll.at).copied()
    }

    /// The entry under the cursor, where it is one that can be removed.
    fn removed(&self) -> Option<(Act, Values)> {
        let run = self.items.get(self.current()?)?.run.clone();
        run.filter(|(act, _)| Some(*act) == self.remove)
    }

    fn choose(&mut self) -> Reply {
        if let Some(act) = self.ticks {
            let columns: Vec<toml::Value> =
                self.items.iter().filter(|i| i.ticked).map(|i| i.label.clone().into()).collect();
            let mut values = Values::new();
            values.insert("columns".to_owned(), columns.into());
            return Reply::Run(act, values);
        }
        match self.current().and_then(|i| self.items[i].run.clone()) {
            // What is further down comes over it, so that one step back leads here again.
            Some((act @ Act::Sources, values)) => Reply::Stay(act, values),
            Some((act, values)) => Reply::Run(act, values),
            // Nothing is of these words: they are still there to be changed.
            None if self.shown.is_empty() && self.narrow.is_some() => Reply::Handled,
            None => Reply::Close,
        }
    }
}

impl Layer for List {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let groups = self.items.iter().filter(|i| i.group.is_some()).count();
        let note = safe::line(self.note.as_deref().unwrap_or_default()).into_owned();
        let told = |width: usize| match note.is_empty() {
            true => Vec::new(),
            false => safe::wrap(&note, width, NOTE).0,
        };
        let outer = if self.full {
            screen
        } else {
            // The frame and what stands before and between.
            let beside = if self.ticks.is_some() { 9 } else { 8 };
            let widest = self.items[..self.listed]
                .iter()
                .map(|i| safe::width(&safe::line(&i.label)) + safe::width(&safe::line(&i.remark)) + beside)
                .max()
                .unwrap_or(20);
            let width = widest.max(safe::width(&self.title) + 8).max(safe::width(&note) + 2).min(100);
            let lines = told(width.min(usize::from(screen.width)).saturating_sub(2)).len();
            let height = self.listed + groups + lines + 2 + usize::from(self.narrow.is_some());
            centred(screen, width as u16, height.max(3) as u16)
        };
        let mut inner = frame(buf, outer, &self.title, theme);
        let mut cursor = None;
        for line in told(usize::from(inner.width)) {
            put(buf, inner.x, inner.y, &line, usize::from(inner.width), theme.style(Role::Plain));
            inner.y += 1;
            inner.height = inner.height.saturating_sub(1);
        }
        if let Some(edit) = &self.narrow {
            let x = put(buf, inner.x, inner.y, "/ ", 2, theme.style(Role::Key));
            let room = usize::from(inner.right().saturating_sub(x));
            cursor = Some(edit.draw(buf, x, inner.y, room, theme.style(Role::Plain)));
            inner.y += 1;
            inner.height = inner.height.saturating_sub(1);
        }
        let page = usize::from(inner.height).saturating_sub(groups).max(1);
        self.page = page;
        self.scroll.follow(self.shown.len(), page);
        self.lines.clear();
        let width = usize::from(inner.width);
        let mut y = inner.y;
        if self.shown.is_empty() {
            put(buf, inner.x, y, &tr("list-empty"), width, theme.style(Role::Dim));
        }
        for (n, i) in self.shown.iter().enumerate().skip(self.scroll.top) {
            let item = &self.items[*i];
            if let Some(group) = &item.group
                && y + 1 < inner.bottom()
            {
                put(buf, inner.x, y, &safe::fit(group, width).text, width, theme.style(Role::Header));
                y += 1;
            }
            if y >= inner.bottom() {
                break;
            }
            let chosen = n == self.scroll.at;
            let style = theme.style(if chosen { Role::Selected } else { Role::Plain });
            let tick = match self.ticks {
                Some(_) if item.ticked => "[x] ",
                Some(_) => "[ ] ",
                None => "  ",
            };
            let remark = safe::fit(&item.remark, width / 2).text.into_owned();
            let room = width.saturating_sub(safe::width(&remark) + tick.len() + 1);
            let label = safe::fit(&item.label, room).text.into_owned();
            let line = format!("{tick}{} {remark}", safe::pad(&label, room, false));
            put(buf, inner.x, y, &safe::pad(&line, width, false), width, style);
            self.lines.push((y, n));
            y += 1;
        }
        cursor
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let len = self.shown.len();
        match input {
            Input::Mouse(mouse) => match mouse.kind {
                MouseEventKind::Down(_) => match self.lines.iter().find(|(y, _)| *y == mouse.row) {
                    Some((_, n)) => {
                        self.scroll.at = *n;
                        if self.ticks.is_some() {
                            self.tick();
                            return Reply::Handled;
                        }
                        self.choose()
                    }
                    None => Reply::Close,
                },
                _ => {
                    self.scroll.wheel(mouse, len, self.page);
                    Reply::Handled
                }
            },
            Input::Paste(text) => {
                if let Some(edit) = &mut self.narrow {
                    edit.insert(text);
                    self.scroll = Scroll::default();
                    self.narrow();
                }
                Reply::Handled
            }
            Input::Key(key) => {
                let typing = self.narrow.is_some();
                match movement(key, !typing) {
                    Some(Move::Enter) => return self.choose(),
                    Some(Move::Back) if typing => {
                        self.widen();
                        return Reply::Handled;
                    }
                    Some(Move::Back) => return Reply::Close,
                    Some(m) if self.scroll.go(m, len, self.page) => return Reply::Handled,
                    _ => {}
                }
                // What is found can be ticked while it is being looked for.
                if key.code == KeyCode::Char(' ') && self.ticks.is_some() {
                    self.tick();
                    if !typing {
                        self.scroll.go(Move::Down, len, self.page);
                    }
                    return Reply::Handled;
                }
                if let Some(edit) = &mut self.narrow {
                    if edit.key(key) {
                        self.scroll = Scroll::default();
                        self.narrow();
                    }
                    return Reply::Handled;
                }
                match key.code {
                    KeyCode::Char(digit @ '1'..='9') if self.numbered => {
                        let at = digit as usize - '1' as usize;
                        if at < len {
                            self.scroll.at = at;
                            return self.choose();
                        }
                    }
                    KeyCode::Char('/') => self.begin_narrowing(),
                    KeyCode::Char('a') if self.ticks.is_some() => {
                        let all = self.shown.iter().all(|i| self.items[*i].ticked);
                        for i in &self.shown {
                            self.items[*i].ticked = !all;
                        }
                    }
                    KeyCode::Char('i') if self.items.iter().any(|i| i.about.is_some()) => {
                        let about = self.current().and_then(|i| self.items[i].about.clone());
                        if let Some((act, values)) = about {
                            return Reply::Run(act, values);
                        }
                    }
                    KeyCode::F(5) | KeyCode::Char('r') if self.refresh.is_some() => {
                        if let Some((act, values)) = self.refresh.take() {
                            return Reply::Run(act, values);
                        }
                    }
                    KeyCode::Delete | KeyCode::Char('x') => {
                        if let Some((act, mut values)) = self.removed() {
                            values.insert(REMOVE.to_owned(), true.into());
                            return Reply::Run(act, values);
                        }
                    }
                    _ => return Reply::Ignored,
                }
                Reply::Handled
            }
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let mut hints = Vec::new();
        let runs = self.current().is_some_and(|i| self.items[i].run.is_some());
        // Where one of several is chosen, that can be the one that does nothing.
        if runs || self.ticks.is_some() || (self.word == CHOOSE && self.items.iter().any(|i| i.run.is_some())) {
            hints.push(("Enter", self.word));
        }
        if self.ticks.is_some() {
            hints.push(("Space", "hint-tick"));
        }
        // Letters are typed then.
        if self.narrow.is_some() {
            hints.extend([("↑↓", "hint-entries"), ("Esc", "hint-back")]);
            return hints;
        }
        if self.ticks.is_some() {
            hints.push(("a", "hint-all"));
        }
        if self.removed().is_some() {
            hints.push(("x", "hint-remove"));
        }
        if self.items.iter().any(|i| i.about.is_some()) {
            hints.push(("i", "hint-about"));
        }
        if self.refresh.is_some() {
            hints.push(("r", "hint-refresh"));
        }
        hints.extend([("/", "hint-narrow"), ("Esc", "hint-back")]);
        hints
    }

    fn is_way_back(&self) -> bool {
        true
    }

    fn takes_text(&self) -> bool {
        self.narrow.is_some()
    }

    fn follows_tasks(&self) -> bool {
        self.live
    }

    fn news(&mut self, news: &dyn std::any::Any) {
        if let Some(Entries(items)) = news.downcast_ref().filter(|_| self.live) {
            // New ones come first; the cursor stays with its own.
            self.scroll.at += items.len().saturating_sub(self.items.len());
            self.items.clone_from(items);
            self.listed = items.len();
            self.words.clear();
            if self.narrow.is_some() {
                self.gather_words();
            }
            self.narrow();
        }
    }
}
