//! A report over the whole screen: the sentence on top, the table beneath, the figure below; one key more shows every
//! number.

use crossterm::event::{KeyCode, KeyEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::chart::style;
use crate::command::Act;
use crate::output::plot::{Glyphs, PlotOptions, plot};
use crate::result::report::{Report, table_within};
use crate::text::safe;
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::theme::{Role, Theme};

/// Fewest lines a figure is drawn in.
const FIGURE: usize = 12;

/// An open report.
pub struct ReportView {
    report: Report,
    glyphs: Glyphs,
    all: bool,
    scroll: Scroll,
    page: usize,
    lines: usize,
    /// Letters that do something with what is shown, each with its word.
    keys: Vec<(&'static str, &'static str, (Act, Values))>,
}

/// A line in pieces of one style each.
type Line = Vec<(String, Style)>;

impl ReportView {
    /// Shows a report.
    pub fn new(report: Report, glyphs: Glyphs) -> Self {
        Self { report, glyphs, all: false, scroll: Scroll::default(), page: 10, lines: 0, keys: Vec::new() }
    }

    /// With a letter that runs a command while the report stays.
    pub fn with_key(mut self, letter: &'static str, hint: &'static str, run: (Act, Values)) -> Self {
        self.keys.push((letter, hint, run));
        self
    }

    fn own(&self, key: &KeyEvent) -> Option<Reply> {
        let KeyCode::Char(typed) = key.code else { return None };
        let (_, _, (act, values)) = self.keys.iter().find(|k| k.0.starts_with(typed))?;
        Some(Reply::Stay(*act, values.clone()))
    }

    fn content(&self, width: usize, height: usize, theme: Theme) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut say = |text: &str, mark: &str, role: Role| {
            let (wrapped, _) = safe::wrap(&safe::line(text), width.saturating_sub(safe::width(mark)).max(4), 40);
            for (i, line) in wrapped.iter().enumerate() {
                let head = if i == 0 { mark.to_owned() } else { " ".repeat(safe::width(mark)) };
                lines.push(vec![(format!("{head}{line}"), theme.style(role))]);
            }
        };
        let report = &self.report;
        say(&report.verdict.sentence.to_string(), "", Role::Title);
        if let Some(next) = &report.verdict.next {
            say(&next.to_string(), "→ ", Role::Plain);
        }
        for warning in &report.warnings {
            say(&warning.to_string(), "! ", Role::Warn);
        }
        let plain = |text: String, role: Role| vec![(text, theme.style(role))];
        for table in report.tables.iter().chain(report.details.iter().filter(|_| self.all)) {
            lines.push(Vec::new());
            lines.push(plain(table.title.to_string(), Role::Header));
            for line in table_within(table, width) {
                lines.push(plain(line, Role::Plain));
            }
        }
        if !self.all {
            for figure in &report.figures {
                lines.push(Vec::new());
                let height = height.saturating_sub(lines.len()).max(FIGURE);
                let options = PlotOptions { width, height, glyphs: self.glyphs, colour: theme != Theme::Mono };
                for line in plot(figure, &options) {
                    lines.push(line.into_iter().map(|s| (s.text, style(s.ink, theme))).collect());
                }
            }
        }
        lines.push(Vec::new());
        for note in &report.notes {
            let (wrapped, _) = safe::wrap(&safe::line(&note.to_string()), width.max(4), 20);
            lines.extend(wrapped.into_iter().map(|l| plain(l, Role::Dim)));
        }
        lines
    }
}

impl Layer for ReportView {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let title = self.report.title.to_string();
        let inner = frame(buf, Rect { height: area.height.saturating_sub(1), ..area }, &title, look.theme);
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        if width == 0 || height == 0 {
            return None;
        }
        let lines = self.content(width, height, look.theme);
        self.page = height;
        self.lines = lines.len();
        self.scroll.at = self.scroll.at.min(self.lines.saturating_sub(height));
        for (line, y) in lines.iter().skip(self.scroll.at).take(height).zip(inner.y..) {
            let mut x = inner.x;
            for (text, style) in line {
                let room = usize::from(inner.right().saturating_sub(x));
                x = put(buf, x, y, text, room, *style);
            }
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        // The first line on screen moves; the last page ends with the last line.
        let len = (self.lines + 1).saturating_sub(self.page).max(1);
        match input {
            Input::Paste(_) => Reply::Handled,
            Input::Mouse(mouse) => {
                match mouse.kind {
                    MouseEventKind::ScrollDown => drop(self.scroll.go(Move::Down, len, self.page)),
                    MouseEventKind::ScrollUp => drop(self.scroll.go(Move::Up, len, self.page)),
                    _ => {}
                }
                Reply::Handled
            }
            Input::Key(key) if self.own(key).is_some() => self.own(key).unwrap_or(Reply::Handled),
            Input::Key(key) => match (key.code, movement(key, true)) {
                (KeyCode::Char('d'), _) => {
                    self.all = !self.all;
                    self.scroll = Scroll::default();
                    Reply::Handled
                }
                (KeyCode::Char('y'), _) => {
                    let sentence = self.report.verdict.sentence.to_string();
                    Reply::Stay(Act::Ab, [("copy".to_owned(), sentence.into())].into_iter().collect::<Values>())
                }
                (_, Some(Move::Back)) => Reply::Close,
                (_, Some(m)) => {
                    self.scroll.go(m, len, self.page);
                    Reply::Handled
                }
                _ => Reply::Ignored,
            },
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let details = if self.all { "hint-ab-short" } else { "hint-ab-details" };
        let mut hints = vec![("d", details)];
        hints.extend(self.keys.iter().map(|(letter, hint, _)| (*letter, *hint)));
        if self.keys.is_empty() {
            hints.push(("y", "hint-ab-copy"));
        }
        hints.extend([("↑↓", "hint-scroll"), ("Esc", "hint-back")]);
        hints
    }
}
