//! A whole row: one line a column. Left and right go to the row before and after.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::Act;
use crate::text::{Msg, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::tab::Tab;
use crate::tui::theme::Role;
use crate::value::{Cell, Column};

/// A row's number, its columns and their values.
pub struct Row {
    /// Its number among the rows in view.
    pub number: u64,
    /// Columns and values, in order.
    pub fields: Vec<(Column, Cell<'static>)>,
}

/// An open row.
pub struct Record {
    row: Row,
    scroll: Scroll,
    page: usize,
}

impl Record {
    /// The row, with the cursor on the column at `at`.
    pub fn new(row: Row, at: usize) -> Self {
        Self { row, scroll: Scroll { at, top: 0 }, page: 1 }
    }
}

impl Layer for Record {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let title = Msg::new("record-title").with("row", self.row.number + 1).to_string();
        let inner = frame(buf, Rect { height: area.height.saturating_sub(1), ..area }, &title, theme);
        let width = usize::from(inner.width);
        self.page = usize::from(inner.height).max(1);
        self.scroll.follow(self.row.fields.len(), self.page);
        let longest = self.row.fields.iter().map(|(c, _)| safe::fit(&c.name, 40).width).max().unwrap_or(0);
        let names = longest.clamp(4, (width / 2).max(4));
        for (i, (column, cell)) in self.row.fields.iter().enumerate().skip(self.scroll.top).take(self.page) {
            let y = inner.y + (i - self.scroll.top) as u16;
            let chosen = i == self.scroll.at;
            let name = safe::pad(&safe::fit(&column.name, names).text, names, false);
            put(buf, inner.x, y, &name, names, theme.style(if chosen { Role::Selected } else { Role::Header }));
            let (text, role) = match cell {
                Cell::Null => (tr("cell-missing"), Role::Mark),
                Cell::Text(t) if t.is_empty() => (tr("cell-empty-text"), Role::Mark),
                cell => (Tab::cell_text(column, cell), Role::Plain),
            };
            let room = width.saturating_sub(names + 2);
            put(buf, inner.x + names as u16 + 2, y, &safe::fit(&text, room).text, room, theme.style(role));
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let len = self.row.fields.len();
        let key = match input {
            Input::Key(key) => key,
            Input::Mouse(m) => {
                self.scroll.wheel(m, len, self.page);
                return Reply::Handled;
            }
            Input::Paste(_) => return Reply::Handled,
        };
        let column = |act| {
            let mut values = Values::new();
            if let Some((c, _)) = self.row.fields.get(self.scroll.at) {
                values.insert("column".to_owned(), c.name.clone().into());
            }
            Reply::Stay(act, values)
        };
        match (movement(key, true), key.code) {
            (_, KeyCode::Char('y')) => column(Act::CopyCell),
            (_, KeyCode::Char(' ')) => {
                self.scroll.go(Move::PageDown, len, self.page);
                Reply::Handled
            }
            (Some(Move::Enter), _) => column(Act::Enter),
            (Some(Move::Back), _) => Reply::Close,
            (Some(Move::Left), _) => Reply::Run(Act::Up, [("then".to_owned(), "row".into())].into_iter().collect()),
            (Some(Move::Right), _) => Reply::Run(Act::Down, [("then".to_owned(), "row".into())].into_iter().collect()),
            (Some(m), _) => {
                self.scroll.go(m, len, self.page);
                Reply::Handled
            }
            _ => Reply::Ignored,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("Enter", "hint-cell"),
            ("y", "hint-copy"),
            ("←→", "hint-rows"),
            ("↑↓", "hint-scroll"),
            ("Esc", "hint-back"),
        ]
    }
}
