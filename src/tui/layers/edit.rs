//! One line of text being typed: a cursor that moves by what a reader calls a character.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::safe;
use crate::tui::grid::put;

/// Text and cursor.
#[derive(Clone, Debug, Default)]
pub struct LineEdit {
    text: String,
    /// Byte offset, always between graphemes.
    at: usize,
}

impl LineEdit {
    /// A line with text in it and the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.len(), text }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same with a dot for each character.
    pub fn masked(&self) -> Self {
        let dots = |text: &str| "•".repeat(text.graphemes(true).count());
        let head = dots(&self.text[..self.at]);
        Self { at: head.len(), text: head + &dots(&self.text[self.at..]) }
    }

    /// Puts text in at the cursor; line breaks become spaces.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text.chars().map(|c| if c == '\n' || c == '\r' || c == '\t' { ' ' } else { c }).collect();
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
    }

    fn before(&self) -> usize {
        self.text[..self.at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }

    fn after(&self) -> usize {
        self.text[self.at..].graphemes(true).next().map_or(self.at, |g| self.at + g.len())
    }

    /// Answers an editing key. False if the key does not edit.
    pub fn key(&mut self, key: &KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            KeyCode::Char('w') if control => {
                let head = self.text[..self.at].trim_end();
                let from = head.rfind(char::is_whitespace).map_or(0, |i| i + 1);
                self.text.drain(from..self.at);
                self.at = from;
            }
            KeyCode::Char('a') if control => self.at = 0,
            KeyCode::Char('e') if control => self.at = self.text.len(),
            KeyCode::Char(_) if control => return false,
            KeyCode::Char(c) => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            KeyCode::Backspace => {
                let from = self.before();
                self.text.drain(from..self.at);
                self.at = from;
            }
            KeyCode::Delete => {
                let to = self.after();
                self.text.drain(self.at..to);
            }
            KeyCode::Left => self.at = self.before(),
            KeyCode::Right => self.at = self.after(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Puts the cursor on the character that is drawn in the cell at this place of the line, or behind the last one.
    pub fn point(&mut self, cell: usize, width: usize) {
        let wide = |text: &str| safe::width(&safe::line(text));
        let (mut from, mut skipped) = (0, 0);
        let total = wide(&self.text[..self.at]);
        for (i, g) in self.text[..self.at].grapheme_indices(true) {
            if total - skipped < width.max(1) {
                break;
            }
            skipped += wide(g);
            from = i + g.len();
        }
        let mut x = 0;
        let under = self.text[from..].grapheme_indices(true).find(|(_, g)| {
            x += wide(g);
            cell < x
        });
        self.at = under.map_or(self.text.len(), |(i, _)| from + i);
    }

    /// Draws the part around the cursor and gives the cursor's cell.
    pub fn draw(&self, buf: &mut Buffer, x: u16, y: u16, width: usize, style: Style) -> (u16, u16) {
        let head = safe::line(&self.text[..self.at]).into_owned();
        let mut skipped = 0;
        let mut from = 0;
        let total = safe::width(&head);
        for (i, g) in head.grapheme_indices(true) {
            if total - skipped < width.max(1) {
                break;
            }
            skipped += safe::width(g);
            from = i + g.len();
        }
        let shown = format!("{}{}", &head[from..], safe::line(&self.text[self.at..]));
        put(buf, x, y, &" ".repeat(width), width, style);
        put(buf, x, y, &shown, width, style);
        (x + (total - skipped) as u16, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(e: &mut LineEdit, code: KeyCode) {
        e.key(&KeyEvent::new(code, KeyModifiers::NONE));
    }

    #[test]
    fn a_click_puts_the_cursor_on_what_is_drawn_there() {
        let typed_at = |text: &str, cell, width| {
            let mut e = LineEdit::new(text);
            e.point(cell, width);
            e.insert("|");
            e.text().to_owned()
        };
        assert_eq!(typed_at("abc", 1, 20), "a|bc");
        assert_eq!(typed_at("abc", 9, 20), "abc|");
        // Both cells of a wide character are its own.
        assert_eq!(typed_at("日本語", 2, 20), "日|本語");
        assert_eq!(typed_at("日本語", 3, 20), "日|本語");
        // Of a long line the end is on screen: eight cells and the cursor behind them.
        assert_eq!(typed_at("0123456789abcdef", 0, 9), "01234567|89abcdef");
        assert_eq!(typed_at("", 0, 9), "|");
    }

    #[test]
    fn edits_by_what_a_reader_calls_a_character() {
        let mut e = LineEdit::new("日本👨‍👩‍👧x");
        press(&mut e, KeyCode::Backspace);
        press(&mut e, KeyCode::Backspace);
        assert_eq!(e.text(), "日本");
        press(&mut e, KeyCode::Left);
        press(&mut e, KeyCode::Char('が'));
        assert_eq!(e.text(), "日が本");
        e.insert("a\nb");
        assert_eq!(e.text(), "日がa b本");
        e.key(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(e.text(), "日がa 本");
        e.key(&KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(e.text(), "本");
        press(&mut e, KeyCode::Delete);
        press(&mut e, KeyCode::Delete);
        assert_eq!(e.text(), "");
    }
}
