//! The place of a picture that the terminal shows itself: cells that stay blank under it until a key takes it away.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Pictured, Reply};

/// A picture over the whole screen but the last line.
pub struct PictureView;

impl Layer for PictureView {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, _look: &Look<'_>) -> Option<(u16, u16)> {
        let width = usize::from(area.width);
        let blank = " ".repeat(width);
        for y in area.y..area.bottom().saturating_sub(1) {
            put(buf, area.x, y, &blank, width, Style::reset());
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        match input {
            Input::Key(_) => Reply::Close,
            _ => Reply::Handled,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Esc", "hint-back")]
    }

    fn pictured(&self) -> Pictured {
        Pictured::Shown
    }
}
