//! One question on the bottom line: what to search for, which row, which condition.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use crate::command::Act;
use crate::text::{Msg, safe};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Values, is_outside, movement};
use crate::tui::outside::Edited;
use crate::tui::theme::Role;

/// A line to fill in.
pub struct Prompt {
    label: Msg,
    act: Act,
    param: &'static str,
    edit: LineEdit,
    given: Values,
    history: Vec<String>,
    recalled: Option<usize>,
}

impl Prompt {
    /// Asks for the value `param` of a command, with a text to begin with. `history` is what was answered before, the
    /// latest last.
    pub fn new(label: Msg, act: Act, param: &'static str, text: String, history: Vec<String>) -> Self {
        Self { label, act, param, edit: LineEdit::new(text), given: Values::new(), history, recalled: None }
    }

    /// With values that go to the command beside the answer.
    pub fn carrying(mut self, values: Values) -> Self {
        self.given = values;
        self
    }

    fn recall(&mut self, back: bool) {
        let n = self.history.len();
        let next = match (self.recalled, back) {
            (None, true) => n.checked_sub(1),
            (Some(i), true) => Some(i.saturating_sub(1)),
            (Some(i), false) if i + 1 < n => Some(i + 1),
            (_, false) => None,
        };
        self.recalled = next;
        if let Some(i) = next {
            self.edit = LineEdit::new(self.history[i].clone());
        }
    }
}

impl Layer for Prompt {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let y = area.bottom().saturating_sub(2);
        let width = usize::from(area.width);
        put(buf, area.x, y, &" ".repeat(width), width, look.theme.style(Role::Plain));
        let label = safe::fit(&self.label.to_string(), width * 2 / 3).text.into_owned();
        let x = put(buf, area.x, y, &format!("{label} "), width, look.theme.style(Role::Key));
        let room = usize::from(area.right().saturating_sub(x));
        Some(self.edit.draw(buf, x, y, room, look.theme.style(Role::Plain)))
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        match input {
            Input::Paste(text) => self.edit.insert(text),
            Input::Key(key) => match movement(key, false) {
                Some(Move::Enter) => {
                    let mut values = self.given.clone();
                    values.insert(self.param.to_owned(), self.edit.text().into());
                    return Reply::Run(self.act, values);
                }
                Some(Move::Back) => return Reply::Close,
                Some(Move::Up) => self.recall(true),
                Some(Move::Down) => self.recall(false),
                _ if is_outside(key) => return Reply::Outside(self.edit.text().to_owned(), ".txt"),
                _ => {
                    self.edit.key(key);
                }
            },
            Input::Mouse(_) => return Reply::Ignored,
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("Enter", "hint-accept"),
            ("↑", "hint-history"),
            ("Ctrl-U", "hint-erase"),
            ("Ctrl-O", "hint-outside"),
            ("Esc", "hint-cancel"),
        ]
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn news(&mut self, news: &dyn std::any::Any) {
        if let Some(Edited(text)) = news.downcast_ref() {
            self.edit = LineEdit::default();
            self.edit.insert(text);
        }
    }
}
