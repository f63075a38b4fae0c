//! A text to read: a whole cell, a nested value, an error with its cause. Scrolls; copies.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::command::Act;
use crate::text::{Msg, link, number, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Values, centred, frame, movement, turned};
use crate::tui::tab::Tab;
use crate::tui::theme::Role;
use crate::value::Cell;

/// Most characters of a value shown; the rest is a matter for export.
const SHOWN: usize = 200_000;

/// What else can be done with a text: a letter, a command with its values, a word for it.
pub type Offer = (&'static str, Act, Values, &'static str);

/// An open text.
pub struct View {
    title: String,
    text: String,
    /// What is copied: the value as it is, not as it is shown.
    raw: String,
    /// Where it leads.
    link: Option<String>,
    offers: Vec<Offer>,
    cut: bool,
    top: usize,
    page: usize,
    len: usize,
    wrapped: Option<(usize, Vec<String>)>,
}

impl View {
    /// A text.
    pub fn text(title: String, text: String) -> Self {
        let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(i, _)| i);
        let cut = end < text.len();
        Self {
            title,
            raw: text.clone(),
            link: None,
            offers: Vec::new(),
            text: text[..end].to_owned(),
            cut,
            top: 0,
            page: 1,
            len: 0,
            wrapped: None,
        }
    }

    /// The same, which leads to an address: it stands below.
    pub fn leading(mut self, link: Option<String>) -> Self {
        if let Some(link) = &link
            && *link != self.raw
        {
            self.text = format!("{}\n\n{link}", self.text);
        }
        Self { link, ..self }
    }

    /// The same, with more that can be done with it.
    pub fn offering(self, offers: Vec<Offer>) -> Self {
        Self { offers, ..self }
    }

    fn offer(&self, letter: char) -> Option<&Offer> {
        self.offers.iter().find(|(l, ..)| l.starts_with(letter))
    }

    /// A cell of the column `title`: text as it is with its line breaks, nested values with one part a line.
    pub fn cell(title: String, cell: &Cell<'_>) -> Self {
        let raw = cell.plain();
        let text = match cell {
            Cell::List(_) | Cell::Struct(_) => outline(cell),
            Cell::Null => tr("cell-missing"),
            Cell::Text(t) if t.is_empty() => tr("cell-empty-text"),
            Cell::Text(t) => pretty_json(t).unwrap_or_else(|| t.clone().into_owned()),
            Cell::Binary(bytes) => {
                format!("{}\n\n{}", Msg::new("cell-bytes").with("bytes", bytes.len()), cell.plain())
            }
            Cell::Int(_) | Cell::UInt(_) if !Tab::separated(&title) => raw.clone(),
            other => other.display().into_owned(),
        };
        Self { raw, ..Self::text(title, text) }
    }
}

/// JSON in a text, spread over lines; only where it is an object or an array.
fn pretty_json(text: &str) -> Option<String> {
    const LARGEST: usize = 1 << 20;
    let t = text.trim_start();
    if !(t.starts_with('{') || t.starts_with('[')) || text.len() > LARGEST {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

fn outline(cell: &Cell<'_>) -> String {
    fn walk(cell: &Cell<'_>, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        let mut part = |name: &str, value: &Cell<'_>| {
            out.push_str(&indent);
            out.push_str(name);
            match value {
                Cell::List(_) | Cell::Struct(_) => {
                    out.push('\n');
                    walk(value, depth + 1, out);
                }
                Cell::Null => out.push_str("  ∅\n"),
                other => {
                    out.push_str("  ");
                    out.push_str(&other.display());
                    out.push('\n');
                }
            }
        };
        match cell {
            Cell::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    part(&number::count(i as u64 + 1), item);
                }
            }
            Cell::Struct(fields) => {
                for (name, value) in fields {
                    part(name, value);
                }
            }
            _ => {}
        }
    }
    let mut out = String::new();
    walk(cell, 0, &mut out);
    if out.is_empty() { tr("cell-no-items") } else { out }
}

impl Layer for View {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        // A short text takes a box, so that the table stays in view.
        let narrow = usize::from(screen.width.min(80)).saturating_sub(4);
        let most = usize::from(screen.height / 2);
        let (short, more) = safe::wrap(&self.text, narrow, most.max(1));
        let outer = if more || self.cut || most < 5 || short.len() + 2 > most {
            screen
        } else {
            let widest = short.iter().map(|l| safe::width(l)).max().unwrap_or(0);
            let width = widest.max(safe::width(&safe::line(&self.title)) + 2).clamp(20, narrow.max(20)) + 4;
            centred(screen, width as u16, short.len() as u16 + 2)
        };
        let inner = frame(buf, outer, &self.title, theme);
        let width = usize::from(inner.width);
        if self.wrapped.as_ref().is_none_or(|(w, _)| *w != width) {
            let (mut lines, _) = safe::wrap(&self.text, width, usize::MAX);
            if self.cut {
                let cut = Msg::new("view-cut").with("characters", SHOWN).to_string();
                lines.extend(safe::wrap(&cut, width, usize::MAX).0);
            }
            self.wrapped = Some((width, lines));
        }
        let Some((_, lines)) = &self.wrapped else { return None };
        self.len = lines.len();
        self.page = usize::from(inner.height).max(1);
        self.top = self.top.min(self.len.saturating_sub(self.page));
        for (i, line) in lines.iter().skip(self.top).take(self.page).enumerate() {
            let y = inner.y + i as u16;
            let mut style = theme.style(Role::Plain);
            if let Some(link) = self.link.as_ref().filter(|_| look.links.is_on() && !line.trim().is_empty()) {
                style = style.add_modifier(Modifier::UNDERLINED | look.links.pin(y, &link::encoded(link)));
            }
            put(buf, inner.x, y, line, width, style);
        }
        if self.len > self.page {
            let place = format!(
                " {}–{} / {} ",
                self.top + 1,
                (self.top + self.page).min(self.len),
                number::count(self.len as u64)
            );
            let x = inner.right().saturating_sub(safe::width(&place) as u16);
            put(buf, x, inner.bottom(), &place, safe::width(&place), theme.style(Role::Dim));
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let last = self.len.saturating_sub(self.page);
        let go = match input {
            Input::Mouse(mouse) => match turned(mouse) {
                Some(movement) => movement,
                None => return Reply::Handled,
            },
            Input::Paste(_) => return Reply::Handled,
            Input::Key(key) => match key.code {
                KeyCode::Char(c) if self.offer(c).is_some() => {
                    let run = |(_, act, values, _): &Offer| Reply::Run(*act, values.clone());
                    return self.offer(c).map_or(Reply::Handled, run);
                }
                KeyCode::Char('y') => {
                    let mut values = Values::new();
                    values.insert("text".to_owned(), self.raw.clone().into());
                    return Reply::Stay(Act::CopyCell, values);
                }
                KeyCode::Char('K') if self.link.is_some() => {
                    let link = self.link.clone().unwrap_or_default();
                    let values = [("text".to_owned(), link.into())].into_iter().collect();
                    return Reply::Stay(Act::CopyLink, values);
                }
                KeyCode::Char(' ') => Move::PageDown,
                _ => match movement(key, true) {
                    Some(m) => m,
                    None => return Reply::Ignored,
                },
            },
        };
        self.top = match go {
            Move::Up => self.top.saturating_sub(1),
            Move::Down => (self.top + 1).min(last),
            Move::PageUp => self.top.saturating_sub(self.page),
            Move::PageDown => (self.top + self.page).min(last),
            Move::Home => 0,
            Move::End => last,
            Move::Enter | Move::Back => return Reply::Close,
            Move::Left | Move::Right => self.top,
        };
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let mut hints = vec![("↑↓", "hint-scroll"), ("y", "hint-copy")];
        if self.link.is_some() {
            hints.push(("K", "hint-copy-link"));
        }
        for (letter, _, _, word) in &self.offers {
            hints.push((letter, word));
        }
        hints.push(("Esc", "hint-back"));
        hints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_are_spread_over_lines() {
        let cell = Cell::Struct(vec![
            ("os".into(), Cell::Text("iOS".into())),
            ("tags".into(), Cell::List(vec![Cell::Int(1200), Cell::Null])),
        ]);
        assert_eq!(outline(&cell), "os  iOS\ntags\n  1  1,200\n  2  ∅\n");
    }

    #[test]
    fn json_text_is_made_readable_and_other_text_left_alone() {
        assert_eq!(pretty_json(r#"{"a":[1]}"#).as_deref(), Some("{\n  \"a\": [\n    1\n  ]\n}"));
        assert_eq!(pretty_json("{not json"), None);
        assert_eq!(pretty_json("12"), None);
    }
}
