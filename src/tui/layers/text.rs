//! Several lines of text being typed: a cursor that moves by what a reader calls a character, and undo.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::safe;

/// Most states that can be brought back.
const UNDO: usize = 500;

/// Text, cursor and what it was before.
#[derive(Clone, Debug, Default)]
pub struct TextEdit {
    text: String,
    /// Byte offset, always between graphemes.
    at: usize,
    /// The cell the cursor keeps to while it moves through shorter lines.
    wanted: Option<usize>,
    past: Vec<(String, usize)>,
    future: Vec<(String, usize)>,
    /// Whether the last change was a letter typed: a word is undone in one piece.
    typing: bool,
}

/// Text whose tabs and line ends are ones that can be typed.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

impl TextEdit {
    /// A text with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let text = plain(text);
        Self { at: text.len(), text, ..Self::default() }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte the cursor stands at.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Line and cell of the cursor.
    pub fn place(&self) -> (usize, usize) {
        let head = &self.text[..self.at];
        let start = self.start();
        (head.matches('\n').count(), safe::width(&self.text[start..self.at]))
    }

    /// Puts the cursor on a line and character, both from 0.
    pub fn go(&mut self, line: usize, character: usize) {
        let start: usize = self.text.split('\n').take(line).map(|l| l.len() + 1).sum();
        let rest = self.text.get(start..).unwrap_or_default();
        let within = rest.split('\n').next().unwrap_or_default();
        let byte = within.char_indices().nth(character).map_or(within.len(), |(i, _)| i);
        self.at = (start + byte).min(self.text.len());
        self.wanted = None;
    }

    fn start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |i| i + 1)
    }

    fn end(&self) -> usize {
        self.text[self.at..].find('\n').map_or(self.text.len(), |i| self.at + i)
    }

    fn before(&self) -> usize {
        self.text[..self.at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }

    fn after(&self) -> usize {
        self.text[self.at..].graphemes(true).next().map_or(self.at, |g| self.at + g.len())
    }

    /// Replaces a part by a text and puts the cursor behind it.
    pub fn replace(&mut self, from: usize, to: usize, text: &str) {
        let word = text.chars().count() == 1 && !text.contains(char::is_whitespace) && from == to;
        if !(word && self.typing) {
            self.past.push((self.text.clone(), self.at));
            if self.past.len() > UNDO {
                self.past.remove(0);
            }
        }
        self.typing = word;
        self.future.clear();
        self.text.replace_range(from..to, text);
        self.at = from + text.len();
        self.wanted = None;
    }

    /// Puts text in at the cursor.
    pub fn insert(&mut self, text: &str) {
        self.replace(self.at, self.at, &plain(text));
    }

    /// Another text, which can be undone.
    pub fn set(&mut self, text: &str) {
        self.replace(0, self.text.len(), &plain(text));
    }

    /// Back to the text before the last change, or forward again.
    fn undo(&mut self, back: bool) {
        let (from, to) = if back { (&mut self.past, &mut self.future) } else { (&mut self.future, &mut self.past) };
        if let Some((text, at)) = from.pop() {
            to.push((std::mem::replace(&mut self.text, text), self.at));
            self.at = at;
        }
        self.typing = false;
        self.wanted = None;
    }

    /// Moves by lines and keeps to a cell.
    fn vertical(&mut self, lines: isize) {
        let (line, cell) = self.place();
        let wanted = self.wanted.unwrap_or(cell);
        let last = self.text.matches('\n').count();
        let line = line.saturating_add_signed(lines).min(last);
        let start: usize = self.text.split('\n').take(line).map(|l| l.len() + 1).sum();
        let text = self.text[start..].split('\n').next().unwrap_or_default();
        let mut at = start;
        let mut width = 0;
        for g in text.graphemes(true) {
            let w = safe::width(g);
            if width + w > wanted {
                break;
            }
            width += w;
            at += g.len();
        }
        self.at = at;
        self.wanted = Some(wanted);
    }

    /// Answers an editing key; `page` is the number of lines on screen. False if the key does not edit.
    pub fn key(&mut self, key: &KeyEvent, page: usize) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = page.max(2) as isize - 1;
        let moved = match key.code {
            KeyCode::Char('u') if control => {
                self.undo(true);
                return true;
            }
            KeyCode::Char('r') if control => {
                self.undo(false);
                return true;
            }
            KeyCode::Char('k') if control => {
                let end = if self.end() == self.at { self.after() } else { self.end() };
                self.replace(self.at, end, "");
                return true;
            }
            KeyCode::Char('w') if control => {
                let head = self.text[..self.at].trim_end();
                let from =
                    head.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(i, c)| i + c.len_utf8());
                self.replace(from, self.at, "");
                return true;
            }
            KeyCode::Char('a') if control => self.start(),
            KeyCode::Char('e') if control => self.end(),
            KeyCode::Home if control => 0,
            KeyCode::End if control => self.text.len(),
            KeyCode::Char(_) if control => return false,
            KeyCode::Char(c) => {
                self.replace(self.at, self.at, c.encode_utf8(&mut [0; 4]));
                return true;
            }
            KeyCode::Enter => {
                // A new line begins where the one before does.
                let line = &self.text[self.start()..self.at];
                let indent: String = line.chars().take_while(|c| *c == ' ').collect();
                self.replace(self.at, self.at, &format!("\n{indent}"));
                return true;
            }
            KeyCode::Backspace => {
                self.replace(self.before(), self.at, "");
                return true;
            }
            KeyCode::Delete => {
                self.replace(self.at, self.after(), "");
                return true;
            }
            KeyCode::Up => return self.by_lines(-1),
            KeyCode::Down => return self.by_lines(1),
            KeyCode::PageUp => return self.by_lines(-page),
            KeyCode::PageDown => return self.by_lines(page),
            KeyCode::Left => self.before(),
            KeyCode::Right => self.after(),
            KeyCode::Home => self.start(),
            KeyCode::End => self.end(),
            _ => return false,
        };
        self.at = moved;
        self.wanted = None;
        self.typing = false;
        true
    }

    fn by_lines(&mut self, lines: isize) -> bool {
        self.vertical(lines);
        self.typing = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(e: &mut TextEdit, codes: &[KeyCode]) {
        codes.iter().for_each(|code| {
            e.key(&KeyEvent::new(*code, KeyModifiers::NONE), 10);
        });
    }

    fn control(e: &mut TextEdit, c: char) {
        e.key(&KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), 10);
    }

    #[test]
    fn moves_by_characters_and_keeps_to_its_cell() {
        let mut e = TextEdit::new("select 寿司\nx\n  from 👨‍👩‍👧t");
        assert_eq!(e.place(), (2, 10));
        press(&mut e, &[KeyCode::Left, KeyCode::Backspace]);
        assert_eq!(e.text(), "select 寿司\nx\n  from t");
        press(&mut e, &[KeyCode::End, KeyCode::Up]);
        assert_eq!(e.place(), (1, 1));
        press(&mut e, &[KeyCode::Up]);
        // Eight cells lie in the middle of a wide character.
        assert_eq!(e.place(), (0, 7));
        press(&mut e, &[KeyCode::Up, KeyCode::Home, KeyCode::Delete, KeyCode::PageDown, KeyCode::Enter]);
        assert_eq!(e.text(), "elect 寿司\nx\n\n  from t");
    }

    #[test]
    fn lines_keep_their_indent_and_pasted_text_its_lines() {
        let mut e = TextEdit::new("  a");
        press(&mut e, &[KeyCode::Enter, KeyCode::Char('b')]);
        e.insert("1\r\n\t2\u{1b}[31m");
        assert_eq!(e.text(), "  a\n  b1\n    2[31m");
        e.go(1, 3);
        assert_eq!((e.place(), e.at()), ((1, 3), 7));
        e.go(9, 9);
        assert_eq!(e.at(), e.text().len());
    }

    #[test]
    fn words_are_undone_in_one_piece_and_brought_back() {
        let mut e = TextEdit::default();
        "ab cd".chars().for_each(|c| press(&mut e, &[KeyCode::Char(c)]));
        control(&mut e, 'w');
        assert_eq!(e.text(), "ab ");
        let mut seen = Vec::new();
        for _ in 0..5 {
            control(&mut e, 'u');
            seen.push(e.text().to_owned());
        }
        assert_eq!(seen, ["ab cd", "ab ", "ab", "", ""]);
        control(&mut e, 'r');
        control(&mut e, 'r');
        assert_eq!(e.text(), "ab ");
        press(&mut e, &[KeyCode::Char('x')]);
        control(&mut e, 'r');
        assert_eq!(e.text(), "ab x");
        control(&mut e, 'a');
        control(&mut e, 'k');
        assert_eq!(e.text(), "");
    }
}
