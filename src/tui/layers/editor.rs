//! An editor for a statement: several lines, history, completion from names that can be known. What the statement is for
//! and where it goes is the command's business.

use std::any::Any;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::text::TextEdit;
use crate::command::Act;
use crate::sql::complete::{Nameable, Offer, offers};
use crate::text::safe;
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame};
use crate::tui::outside::Edited;
use crate::tui::theme::Role;

/// News: what is wrong with a statement, and where in it.
pub struct Fault {
    /// What to say.
    pub text: String,
    /// Line and character, from 0.
    pub place: Option<(usize, usize)>,
    /// The statement it is about.
    pub statement: String,
}

/// Most offers on screen at once.
const OFFERS: usize = 8;
/// Most lines of an error.
const LINES: usize = 5;

/// Offers that are shown.
struct Popup {
    start: usize,
    offers: Vec<Offer>,
    scroll: Scroll,
}

/// An open editor.
pub struct Editor {
    title: String,
    act: Act,
    param: &'static str,
    carried: Values,
    edit: TextEdit,
    nameable: Vec<Nameable>,
    history: Vec<String>,
    /// The statement of the history that is shown, and what was written before that.
    recalled: Option<usize>,
    unsent: String,
    popup: Option<Popup>,
    /// What is wrong, and the line.
    fault: Option<(String, Option<usize>)>,
    /// Where the cursor was when the statement was carried out.
    sent: Option<usize>,
    /// First line and cell on screen.
    top: usize,
    left: usize,
    page: usize,
}

impl Editor {
    /// An empty editor whose text goes to `act` as `param`.
    pub fn new(title: String, act: Act, param: &'static str) -> Self {
        Self {
            title,
            act,
            param,
            carried: Values::new(),
            edit: TextEdit::default(),
            nameable: Vec::new(),
            history: Vec::new(),
            recalled: None,
            unsent: String::new(),
            popup: None,
            fault: None,
            sent: None,
            top: 0,
            left: 0,
            page: 10,
        }
    }

    /// With values that go to the command as well.
    pub fn carrying(mut self, values: Values) -> Self {
        self.carried = values;
        self
    }

    /// With names to complete from.
    pub fn completing(mut self, nameable: Vec<Nameable>) -> Self {
        self.nameable = nameable;
        self
    }

    /// With a text, and what was written before, the latest last.
    pub fn with(mut self, text: &str, history: Vec<String>) -> Self {
        self.edit = TextEdit::new(text);
        self.history = history;
        self
    }

    fn values(&self, name: &str) -> Values {
        let mut values = self.carried.clone();
        values.insert(name.to_owned(), self.edit.text().into());
        values
    }

    fn run(&mut self) -> Reply {
        self.fault = None;
        self.popup = None;
        self.sent = Some(self.edit.at());
        Reply::Stay(self.act, self.values(self.param))
    }

    fn recall(&mut self, back: bool) {
        let n = self.history.len();
        let shown = |i: usize| self.history[i] == self.edit.text().trim_end();
        let next = match (self.recalled, back) {
            // The latest is often what stands there already.
            (None, true) => (0..n).rev().find(|i| !shown(*i)),
            (Some(i), true) => Some(i.saturating_sub(1)),
            (Some(i), false) if i + 1 < n => Some(i + 1),
            (_, false) => None,
        };
        match (self.recalled, next) {
            (None, None) => return,
            (None, Some(_)) => self.unsent = self.edit.text().to_owned(),
            _ => {}
        }
        self.recalled = next;
        let text = next.map_or(self.unsent.clone(), |i| self.history[i].clone());
        self.edit.set(&text);
    }

    /// Looks up what the word at the cursor may become. Shown at once only if it was asked for.
    fn look_up(&mut self) {
        let (start, offers) = offers(self.edit.text(), self.edit.at(), &self.nameable);
        self.popup = (!offers.is_empty()).then(|| Popup { start, offers, scroll: Scroll::default() });
    }

    fn accept(&mut self) {
        if let Some(popup) = self.popup.take()
            && let Some(offer) = popup.offers.get(popup.scroll.at)
        {
            self.edit.replace(popup.start, self.edit.at(), &offer.text);
        }
    }

    fn draw_popup(&mut self, buf: &mut Buffer, inner: Rect, cursor: (u16, u16), look: &Look<'_>) {
        let Some(popup) = &mut self.popup else { return };
        let below = inner.bottom().saturating_sub(cursor.1 + 1);
        let above = cursor.1.saturating_sub(inner.y);
        let rows = popup.offers.len().min(OFFERS).min(usize::from(below.max(above)));
        if rows == 0 {
            return;
        }
        popup.scroll.follow(popup.offers.len(), rows);
        let y = if usize::from(below) >= rows { cursor.1 + 1 } else { cursor.1 - rows as u16 };
        let widest = |f: &dyn Fn(&Offer) -> usize| popup.offers.iter().map(f).max().unwrap_or(0);
        let text = widest(&|o| safe::width(&safe::line(&o.text))).min(40);
        let remark = widest(&|o| safe::width(&safe::line(&o.remark))).min(24);
        let width = (text + remark + 3).min(usize::from(inner.width));
        let x = cursor.0.min(inner.right().saturating_sub(width as u16)).max(inner.x);
        for (i, offer) in popup.offers.iter().enumerate().skip(popup.scroll.top).take(rows) {
            let role = if i == popup.scroll.at { Role::Selected } else { Role::Header };
            let line = format!(
                " {} {} ",
                safe::pad(&safe::fit(&offer.text, text).text, text, false),
                safe::pad(&safe::fit(&offer.remark, remark).text, remark, false)
            );
            put(buf, x, y + (i - popup.scroll.top) as u16, &line, width, look.theme.style(role));
        }
    }

    fn key(&mut self, key: &crossterm::event::KeyEvent) -> Reply {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let Some(popup) = &mut self.popup {
            let go = match key.code {
                KeyCode::Up => Some(Move::Up),
                KeyCode::Down => Some(Move::Down),
                KeyCode::PageUp => Some(Move::PageUp),
                KeyCode::PageDown => Some(Move::PageDown),
                KeyCode::Char('p') if control => Some(Move::Up),
                KeyCode::Char('n') if control => Some(Move::Down),
                _ => None,
            };
            if let Some(go) = go {
                popup.scroll.go(go, popup.offers.len(), OFFERS);
                return Reply::Handled;
            }
        }
        match key.code {
            KeyCode::F(5) => return self.run(),
            KeyCode::Char('g') | KeyCode::Enter if control => return self.run(),
            KeyCode::Char('o') if control => {
                self.popup = None;
                return Reply::Outside(self.edit.text().to_owned(), ".sql");
            }
            KeyCode::Esc if self.popup.is_some() => self.popup = None,
            KeyCode::Esc => return Reply::Run(self.act, self.values("draft")),
            KeyCode::Tab | KeyCode::Enter if self.popup.is_some() => self.accept(),
            KeyCode::Tab => {
                self.look_up();
                if self.popup.as_ref().is_some_and(|p| p.offers.len() == 1) {
                    self.accept();
                }
            }
            KeyCode::Char('p') if control => self.recall(true),
            KeyCode::Char('n') if control => self.recall(false),
            _ => {
                let typed = matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace) && !control;
                let open = self.popup.take().is_some();
                self.edit.key(key, self.page);
                if open && typed {
                    self.look_up();
                }
            }
        }
        Reply::Handled
    }
}

impl Layer for Editor {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let mut inner = frame(buf, screen, &self.title, theme);
        let fault = self.fault.as_ref().map(|f| safe::wrap(&f.0, usize::from(inner.width), LINES).0);
        let fault = fault.unwrap_or_default();
        let low = (fault.len() as u16).min(inner.height.saturating_sub(1));
        inner.height -= low;
        for (i, line) in fault.iter().enumerate().take(usize::from(low)) {
            let y = inner.bottom() + i as u16;
            put(buf, inner.x, y, line, usize::from(inner.width), theme.style(Role::Error));
        }
        let (line, cell) = self.edit.place();
        self.page = usize::from(inner.height).max(1);
        self.top = self.top.min(line).max((line + 1).saturating_sub(self.page));
        let width = usize::from(inner.width).max(1);
        // Some of what stands before the cursor is shown.
        if cell < self.left || cell >= self.left + width {
            self.left = if cell < width { 0 } else { cell + width / 4 + 1 - width };
        }
        let marked = self.fault.as_ref().and_then(|f| f.1);
        for (i, text) in self.edit.text().split('\n').enumerate().skip(self.top).take(self.page) {
            let mut skipped = 0;
            let mut from = 0;
            for g in text.graphemes(true) {
                if skipped >= self.left {
                    break;
                }
                skipped += safe::width(g);
                from += g.len();
            }
            // Half of a wide character is a blank.
            let shown = format!("{}{}", " ".repeat(skipped.saturating_sub(self.left)), safe::line(&text[from..]));
            let role = if marked == Some(i) { Role::Error } else { Role::Plain };
            put(buf, inner.x, inner.y + (i - self.top) as u16, &shown, width, theme.style(role));
        }
        let cursor = (inner.x + (cell - self.left) as u16, inner.y + (line - self.top) as u16);
        self.draw_popup(buf, inner, cursor, look);
        Some(cursor)
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        match input {
            Input::Paste(text) => {
                self.popup = None;
                self.edit.insert(text);
                Reply::Handled
            }
            Input::Key(key) => self.key(key),
            Input::Mouse(_) => Reply::Handled,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match self.popup {
            Some(_) => vec![("Tab", "hint-accept"), ("↑↓", "hint-entries"), ("Esc", "hint-back")],
            None => vec![
                ("F5", "hint-run"),
                ("Ctrl-G", "hint-run"),
                ("Tab", "hint-complete"),
                ("Ctrl-P", "hint-history"),
                ("Ctrl-O", "hint-outside"),
                ("Ctrl-U", "hint-undo"),
                ("Esc", "hint-back"),
            ],
        }
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn news(&mut self, news: &dyn Any) {
        if let Some(tables) = news.downcast_ref::<Vec<Nameable>>() {
            self.nameable.clone_from(tables);
        }
        if let Some(Edited(text)) = news.downcast_ref() {
            self.edit.set(text);
        }
        if let Some(fault) = news.downcast_ref::<Fault>() {
            // What was typed meanwhile is not where the error points.
            let place = fault.place.filter(|_| fault.statement == self.edit.text());
            // Nor is a cursor that was moved meanwhile taken away.
            if let Some((line, character)) = place.filter(|_| self.sent == Some(self.edit.at())) {
                self.edit.go(line, character);
            }
            self.fault = Some((fault.text.clone(), place.map(|p| p.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_leads_to_its_place_unless_the_cursor_was_moved_meanwhile() {
        let wrong = "select yin";
        let fault = Fault { text: "no such column".to_owned(), place: Some((0, 7)), statement: wrong.to_owned() };
        for (moved, place) in [(false, (0, 7)), (true, (0, 0))] {
            let mut editor = Editor::new(String::new(), Act::Sql, "query").with(wrong, Vec::new());
            editor.run();
            if moved {
                editor.edit.go(0, 0);
            }
            editor.news(&fault);
            assert_eq!(editor.edit.place(), place, "{moved}");
            assert!(editor.fault.is_some());
        }
    }
}
