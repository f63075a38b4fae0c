//! A secret a task waits for: typed, shown as dots, and given to the task and nobody else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use super::consent::{SECRET, tell};
use crate::engine::TaskId;
use crate::text::{safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, centred, frame, movement};
use crate::tui::theme::Role;

/// The open question.
pub struct Password {
    task: TaskId,
    wanted: String,
    edit: LineEdit,
}

impl Password {
    /// The question of one task.
    pub fn new(task: TaskId, wanted: String) -> Self {
        Self { task, wanted, edit: LineEdit::default() }
    }

    fn say(&self, secret: &str) -> Reply {
        tell(self.task, SECRET, secret)
    }
}

impl Layer for Password {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let room = usize::from(screen.width.min(64)).saturating_sub(4).max(1);
        let (lines, _) = safe::wrap(&safe::line(&self.wanted), room, 4);
        let inner = frame(buf, centred(screen, 64, lines.len() as u16 + 4), &tr("connection-password"), theme);
        let width = usize::from(inner.width);
        let shown = lines.iter().take(usize::from(inner.height).saturating_sub(1));
        let mut y = inner.y;
        for line in shown {
            put(buf, inner.x, y, line, width, theme.style(Role::Plain));
            y += 1;
        }
        let y = (y + 1).min(inner.bottom().saturating_sub(1));
        Some(self.edit.masked().draw(buf, inner.x, y, width, theme.style(Role::Plain)))
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        match input {
            Input::Paste(text) => self.edit.insert(text.trim_end()),
            Input::Key(key) => match movement(key, false) {
                Some(Move::Enter) => return self.say(self.edit.text()),
                Some(Move::Back) => return self.say(""),
                _ => drop(self.edit.key(key)),
            },
            Input::Mouse(_) => {}
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "hint-accept"), ("Esc", "hint-cancel")]
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn asks_for(&self) -> Option<TaskId> {
        Some(self.task)
    }
}
