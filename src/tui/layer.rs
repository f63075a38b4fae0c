//! What lies over the table: menus, lists, forms, texts. A layer holds its own cursor and scroll and nothing else; it
//! answers with what should happen and never makes it happen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::grid::put;
use super::screen::Board;
use super::theme::{Role, Theme};
use crate::command::Act;
use crate::command::keymap::Keymap;
use crate::engine::TaskId;
use crate::text::safe;

/// Values given with a command, by the names of its params.
pub type Values = toml::Table;

/// What a person did.
#[derive(Clone, Debug)]
pub enum Input {
    /// Pressed a key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// Used the mouse.
    Mouse(MouseEvent),
}

/// A layer's answer.
#[derive(Debug)]
pub enum Reply {
    /// Not for this layer: the layer below may have it.
    Ignored,
    /// Done with.
    Handled,
    /// The layer is finished.
    Close,
    /// The layer is finished, and this command is to be carried out.
    Run(Act, Values),
    /// This command is to be carried out, and the layer stays.
    Stay(Act, Values),
    /// The layer stays, and this text is to be changed in the person's own editor, in a file whose name ends so.
    Outside(String, &'static str),
}

/// What a layer may look at while it draws.
pub struct Look<'a> {
    /// Colours.
    pub theme: Theme,
    /// Keys.
    pub keymap: &'a Keymap,
    /// Where what is drawn may lead.
    pub links: &'a Board,
}

/// What a layer has to do with pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictured {
    /// Nothing.
    No,
    /// It can be shown as one.
    Offered,
    /// It is the place of one.
    Shown,
}

/// Something that lies over the table.
pub trait Layer {
    /// Draws itself within the whole screen; the place of a text cursor, if it has one.
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)>;

    /// Answers what a person did.
    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply;

    /// Keys and words for the bottom line.
    fn hints(&self) -> Vec<(&'static str, &'static str)>;

    /// Whether it is the way back where what was chosen from it cannot be had.
    fn is_way_back(&self) -> bool {
        false
    }

    /// Whether letters typed are text, so that no letter may be a command.
    fn takes_text(&self) -> bool {
        false
    }

    /// Whether it shows what was worked out from the table beneath, so that the statements sent for it can be asked for.
    fn is_worked_out(&self) -> bool {
        false
    }

    /// What it has to do with pictures.
    fn pictured(&self) -> Pictured {
        Pictured::No
    }

    /// The task that waits for its answer.
    fn asks_for(&self) -> Option<TaskId> {
        None
    }

    /// Takes news from a task the layer waits for. Nothing by default.
    fn news(&mut self, _news: &dyn std::any::Any) {}

    /// Whether it shows the tasks there are: they come as news before it is drawn.
    fn follows_tasks(&self) -> bool {
        false
    }
}

/// What a key means inside lists, texts and forms; the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One up.
    Up,
    /// One down.
    Down,
    /// One left.
    Left,
    /// One right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// The obvious next thing.
    Enter,
    /// One step back.
    Back,
}

/// Whether a key asks for the person's own editor, where a line of text is typed.
pub fn is_outside(key: &KeyEvent) -> bool {
    key.code == KeyCode::Char('o') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Reads a key as a movement. With `letters`, vi's letters count and `q` is back.
pub fn movement(key: &KeyEvent, letters: bool) -> Option<Move> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Up => Move::Up,
        KeyCode::Down => Move::Down,
        KeyCode::Left => Move::Left,
        KeyCode::Right => Move::Right,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        KeyCode::Home => Move::Home,
        KeyCode::End => Move::End,
        KeyCode::Enter => Move::Enter,
        KeyCode::Esc => Move::Back,
        KeyCode::Char('n') if control => Move::Down,
        KeyCode::Char('p') if control => Move::Up,
        KeyCode::Char('f') if control => Move::PageDown,
        KeyCode::Char('b') if control => Move::PageUp,
        KeyCode::Char(_) if control || !letters => return None,
        KeyCode::Char('k') => Move::Up,
        KeyCode::Char('j') => Move::Down,
        KeyCode::Char('h') => Move::Left,
        KeyCode::Char('l') => Move::Right,
        KeyCode::Char('g') => Move::Home,
        KeyCode::Char('G') => Move::End,
        KeyCode::Char('q') => Move::Back,
        KeyCode::Backspace if letters => Move::Back,
        _ => return None,
    })
}

/// Cursor and scroll of something with rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    /// The row chosen.
    pub at: usize,
    /// The first row on screen.
    pub top: usize,
}

impl Scroll {
    /// Moves among `len` rows with `page` of them on screen. False if the movement is not one of a list.
    pub fn go(&mut self, to: Move, len: usize, page: usize) -> bool {
        let last = len.saturating_sub(1);
        self.at = match to {
            Move::Up => self.at.saturating_sub(1),
            Move::Down => (self.at + 1).min(last),
            Move::PageUp => self.at.saturating_sub(page.max(1)),
            Move::PageDown => (self.at + page.max(1)).min(last),
            Move::Home => 0,
            Move::End => last,
            _ => return false,
        };
        true
    }

    /// Moves by a turn of the mouse wheel; whatever else the mouse does is nothing here.
    pub fn wheel(&mut self, mouse: &MouseEvent, len: usize, page: usize) {
        if let Some(movement) = turned(mouse) {
            self.go(movement, len, page);
        }
    }

    /// Keeps the chosen row on screen.
    pub fn follow(&mut self, len: usize, page: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let page = page.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + page {
            self.top = self.at + 1 - page;
        }
        self.top = self.top.min(len.saturating_sub(page));
    }
}

/// The movement that a turn of the mouse wheel stands for; none for whatever else the mouse does.
pub fn turned(mouse: &MouseEvent) -> Option<Move> {
    match mouse.kind {
        MouseEventKind::ScrollDown => Some(Move::Down),
        MouseEventKind::ScrollUp => Some(Move::Up),
        _ => None,
    }
}

/// Draws an empty box with a title and gives the space inside.
pub fn frame(buf: &mut Buffer, area: Rect, title: &str, theme: Theme) -> Rect {
    let blank = " ".repeat(usize::from(area.width));
    for y in area.y..area.bottom() {
        put(buf, area.x, y, &blank, usize::from(area.width), Style::reset());
    }
    // On tiny screens what is inside matters more than its frame.
    if area.width < 8 || area.height < 3 || buf.area.height < 6 {
        return area;
    }
    let style = theme.style(Role::Frame);
    let inner = usize::from(area.width) - 2;
    let title = safe::fit(title, inner.saturating_sub(4)).text.into_owned();
    let line = "─".repeat(inner);
    put(buf, area.x, area.y, &format!("┌{line}┐"), inner + 2, style);
    put(buf, area.x, area.bottom() - 1, &format!("└{line}┘"), inner + 2, style);
    for y in area.y + 1..area.bottom() - 1 {
        put(buf, area.x, y, "│", 1, style);
        put(buf, area.right() - 1, y, "│", 1, style);
    }
    if !title.is_empty() {
        put(buf, area.x + 2, area.y, &format!(" {title} "), inner.saturating_sub(2), theme.style(Role::Title));
    }
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

/// A box of this size in the middle of the screen, or all of it where it does not fit.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
