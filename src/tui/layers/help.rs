//! Help: every command that can be given here, with its keys and a sentence, and the functions of expressions; typing
//! narrows it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use crate::command::{Act, COMMANDS, Menu};
use crate::sql::expr::{Function, Named};
use crate::text::{safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, frame, movement, turned};
use crate::tui::theme::Role;

/// The open help.
#[derive(Default)]
pub struct Help {
    /// The keys of the screen it was asked for on, and what they do in a word.
    here: Vec<(&'static str, &'static str)>,
    edit: Option<LineEdit>,
    scroll: Scroll,
    page: usize,
    len: usize,
}

/// Keys that mean the same in every list, form and text.
const COMMON: [(&str, &str); 6] = [
    ("Enter", "help-enter"),
    ("Esc q", "help-back"),
    ("↑ ↓ j k", "help-move"),
    ("Space", "help-space"),
    ("/", "help-narrow"),
    ("Shift", "help-shift"),
];

/// The width of the column with the keys.
fn keys_width(width: usize) -> usize {
    match width {
        60.. => 20,
        30.. => 12,
        _ => 6,
    }
}

impl Help {
    /// Help on a screen with these keys.
    pub fn on(here: Vec<(&'static str, &'static str)>) -> Self {
        Self { here, ..Self::default() }
    }

    /// Scrolls, if the movement is one that does.
    fn go(&mut self, movement: Move) -> bool {
        let (top, last) = (self.scroll.top, self.len.saturating_sub(self.page));
        self.scroll.top = match movement {
            Move::Up => top.saturating_sub(1),
            Move::Down => (top + 1).min(last),
            Move::PageUp => top.saturating_sub(self.page),
            Move::PageDown => (top + self.page).min(last),
            Move::Home => 0,
            Move::End => last,
            _ => return false,
        };
        true
    }

    /// Lines of help: heading, or keys and explanation.
    fn lines(&self, look: &Look<'_>, width: usize) -> Vec<(String, String, bool)> {
        let needle = self.edit.as_ref().map(|e| e.text().to_lowercase()).unwrap_or_default();
        let mut lines = Vec::new();
        let mut add = |heading: String, entries: Vec<(String, String)>| {
            let entries: Vec<_> = entries
                .into_iter()
                .filter(|(k, t)| {
                    needle.is_empty() || k.to_lowercase().contains(&needle) || t.to_lowercase().contains(&needle)
                })
                .collect();
            if entries.is_empty() {
                return;
            }
            lines.push((heading, String::new(), true));
            for (keys, text) in entries {
                let room = width.saturating_sub(keys_width(width)).max(8);
                let (wrapped, _) = safe::wrap(&text, room, 4);
                for (i, part) in wrapped.into_iter().enumerate() {
                    lines.push((if i == 0 { keys.clone() } else { String::new() }, part, false));
                }
            }
        };
        add(tr("help-here"), self.here.iter().map(|(k, t)| ((*k).to_owned(), tr(t))).collect());
        for menu in Menu::ALL.into_iter().map(Some).chain([None]) {
            let entries = COMMANDS
                .iter()
                .filter(|c| c.menu == menu && c.screen.is_some())
                .map(|c| {
                    let keys: Vec<String> = look.keymap.keys(c).iter().map(|k| k.to_string()).collect();
                    (keys.join(" "), format!("{}: {}", c.label(), c.help()))
                })
                .collect();
            let heading = menu.map_or_else(|| tr("help-moving"), |m| m.title().to_string());
            add(heading, entries);
        }
        add(tr("help-everywhere"), COMMON.iter().map(|(k, t)| ((*k).to_owned(), tr(t))).collect());
        let function =
            |f: &Named| (f.name.to_owned(), format!("{}: {}. {} = {}", f.signature(), f.meaning(), f.example, f.gives));
        add(tr("functions-title"), Function::ALL.iter().map(function).collect());
        lines
    }
}

impl Layer for Help {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let mut inner = frame(buf, screen, &tr("help-title"), theme);
        let mut cursor = None;
        if let Some(edit) = &self.edit {
            let x = put(buf, inner.x, inner.y, "/ ", 2, theme.style(Role::Key));
            cursor =
                Some(edit.draw(buf, x, inner.y, usize::from(inner.width).saturating_sub(2), theme.style(Role::Plain)));
            inner.y += 1;
            inner.height = inner.height.saturating_sub(1);
        }
        let width = usize::from(inner.width);
        let lines = self.lines(look, width);
        self.page = usize::from(inner.height).max(1);
        self.len = lines.len();
        self.scroll.top = self.scroll.top.min(self.len.saturating_sub(self.page));
        for (i, (keys, text, heading)) in lines.iter().skip(self.scroll.top).take(self.page).enumerate() {
            let y = inner.y + i as u16;
            if *heading {
                put(buf, inner.x, y, keys, width, theme.style(Role::Header));
            } else {
                let column = keys_width(width);
                let room = column.saturating_sub(4);
                put(buf, inner.x + 2, y, &safe::fit(keys, room).text, room, theme.style(Role::Key));
                put(buf, inner.x + column as u16, y, text, width.saturating_sub(column), theme.style(Role::Plain));
            }
        }
        cursor
    }

    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply {
        let key = match input {
            Input::Key(key) => key,
            Input::Paste(text) => {
                self.edit.iter_mut().for_each(|edit| edit.insert(text));
                return Reply::Handled;
            }
            Input::Mouse(mouse) => {
                if let Some(movement) = turned(mouse) {
                    self.go(movement);
                }
                return Reply::Handled;
            }
        };
        let typing = self.edit.is_some();
        match movement(key, !typing) {
            Some(Move::Back) if typing => self.edit = None,
            Some(Move::Back) => return Reply::Close,
            Some(Move::Enter) if !typing => return Reply::Close,
            Some(movement) if self.go(movement) => {}
            _ => match &mut self.edit {
                Some(edit) => {
                    edit.key(key);
                    self.scroll.top = 0;
                }
                None => match look.keymap.command(crate::command::keymap::Key::of(key)).map(|c| c.act) {
                    Some(Act::Search) => self.edit = Some(LineEdit::default()),
                    Some(Act::Help) => return Reply::Close,
                    Some(Act::PageDown) => drop(self.go(Move::PageDown)),
                    _ => return Reply::Ignored,
                },
            },
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let mut hints = vec![("↑↓", "hint-scroll")];
        if self.edit.is_none() {
            hints.push(("/", "hint-narrow"));
        }
        hints.push(("Esc", "hint-back"));
        hints
    }

    fn takes_text(&self) -> bool {
        self.edit.is_some()
    }
}
