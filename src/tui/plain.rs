//! The screen where the locale promises no Unicode: the lines, arrows and signs that the interface is drawn with become
//! ASCII, cell by cell. Words and data are left as they are.

use ratatui::buffer::Buffer;

/// The ASCII character that stands for one of the interface's own, of the same width.
fn stand_in(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" | "–" => "-",
        "∅" => "~",
        "│" | "▏" => "|",
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
        "▲" | "↑" => "^",
        "▼" | "↓" => "v",
        "←" | "‹" => "<",
        "→" | "›" => ">",
        "×" => "x",
        "•" | "·" => "*",
        "…" => ".",
        "“" | "”" => "\"",
        "’" => "'",
        _ => return None,
    })
}

/// Writes the interface's own signs in ASCII.
pub fn plain(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if let Some(ascii) = stand_in(cell.symbol()) {
            cell.set_symbol(ascii);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe;
    use crate::tui::layer::frame;
    use crate::tui::theme::Theme;
    use ratatui::layout::Rect;

    #[test]
    fn frames_are_of_ascii_and_as_wide() {
        let area = Rect::new(0, 0, 20, 6);
        let mut buf = Buffer::empty(area);
        frame(&mut buf, area, "1 × 2 …", Theme::from_name("mono").expect("a theme"));
        plain(&mut buf);
        let text: String = buf.content.iter().map(|c| c.symbol()).collect();
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with("+- 1 x 2 . --------+"), "{text}");
        for symbol in ["▲", "…", "∅", "“"] {
            assert_eq!(stand_in(symbol).map(safe::width), Some(safe::width(symbol)));
        }
    }
}
