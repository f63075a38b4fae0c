//! A report over the whole screen: the sentence on top, the table beneath, the figure below; one key more shows every
//! number, others the parts of the report.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::chart::style;
use crate::command::Act;
use crate::op::push::whereabouts;
use crate::output::plot::{Glyphs, PlotOptions, plot};
use crate::result::figure::Figure;
use crate::result::report::{Grade, Report, strip, table_within, wrapped};
use crate::result::table::ResultTable;
use crate::text::Msg;
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::theme::{Role, Theme};

/// Fewest lines a panel of a figure is drawn in.
const FIGURE: usize = 11;

/// What is shown of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Short,
    All,
    /// One of its parts.
    Pane(usize),
}

/// An open report.
pub struct ReportView {
    report: Report,
    glyphs: Glyphs,
    shown: Shown,
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
        Self { report, glyphs, shown: Shown::Short, scroll: Scroll::default(), page: 10, lines: 0, keys: Vec::new() }
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
        let say = |lines: &mut Vec<Line>, text: &str, mark: &str, role: Role| {
            lines.extend(wrapped(text, mark, width).into_iter().map(|l| vec![(l, theme.style(role))]));
        };
        let report = &self.report;
        say(&mut lines, &report.verdict.sentence.to_string(), "", Role::Title);
        let none: &[Msg] = &[];
        let (tables, figures, notes): (Vec<&ResultTable>, &[Figure], &[Msg]) = match self.shown {
            Shown::Pane(i) => match report.panes.get(i) {
                Some(pane) => (pane.tables.iter().collect(), &pane.figures, &pane.notes),
                None => (Vec::new(), &[], none),
            },
            Shown::All => (report.tables.iter().chain(report.told()).collect(), &[], &report.notes),
            Shown::Short => (report.tables.iter().collect(), &report.figures, &report.notes),
        };
        if let Shown::Pane(_) = self.shown {
            // What to know before reading it comes first.
            notes.iter().for_each(|note| say(&mut lines, &note.to_string(), "! ", Role::Warn));
        } else {
            if let Some(next) = &report.verdict.next {
                say(&mut lines, &next.to_string(), "→ ", Role::Plain);
            }
            if let Some(strip) = strip(&report.checks) {
                say(&mut lines, &strip.to_string(), "", Role::Header);
            }
            for warning in &report.warnings {
                say(&mut lines, &warning.to_string(), "! ", Role::Warn);
            }
        }
        let draw = |lines: &mut Vec<Line>| {
            for figure in figures {
                lines.push(Vec::new());
                let height = height.saturating_sub(lines.len()).max(FIGURE * figure.panels.len().max(1));
                let options = PlotOptions { width, height, glyphs: self.glyphs, colour: theme != Theme::Mono };
                for line in plot(figure, &options) {
                    lines.push(line.into_iter().map(|s| (s.text, style(s.ink, theme))).collect());
                }
            }
        };
        let pane = matches!(self.shown, Shown::Pane(_));
        if pane {
            draw(&mut lines);
        }
        for table in tables {
            lines.push(Vec::new());
            lines.push(vec![(table.title.to_string(), theme.style(Role::Header))]);
            lines.extend(table_within(table, width).into_iter().map(|l| vec![(l, theme.style(Role::Plain))]));
        }
        if self.shown == Shown::All {
            lines.push(Vec::new());
            say(&mut lines, &crate::text::tr("ab-table-checks"), "", Role::Header);
            for check in &report.checks {
                let role = if check.grade == Grade::Ok { Role::Plain } else { Role::Warn };
                say(&mut lines, &check.words().to_string(), &check.mark(), role);
            }
        }
        if !pane {
            draw(&mut lines);
            lines.push(Vec::new());
            notes.iter().for_each(|note| say(&mut lines, &note.to_string(), "", Role::Dim));
        }
        lines
    }

    fn toggle(&mut self, shown: Shown) -> Reply {
        self.shown = if self.shown == shown { Shown::Short } else { shown };
        self.scroll = Scroll::default();
        Reply::Handled
    }

    fn pane(&self, code: KeyCode) -> Option<usize> {
        let KeyCode::Char(c) = code else { return None };
        self.report.panes.iter().position(|p| p.key.starts_with(c))
    }
}

impl Layer for ReportView {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let mut title = self.report.title.to_string();
        if let Some(place) = whereabouts(&self.report.notes) {
            title = format!("{title} · {place}");
        }
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
                self.scroll.wheel(mouse, len, self.page);
                Reply::Handled
            }
            Input::Key(key) if self.own(key).is_some() => self.own(key).unwrap_or(Reply::Handled),
            Input::Key(key) => match (key.code, movement(key, true)) {
                (KeyCode::Char('d'), _) => self.toggle(Shown::All),
                (code, _) if self.pane(code).is_some() => {
                    let pane = self.pane(code).unwrap_or_default();
                    self.toggle(Shown::Pane(pane))
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

    fn is_worked_out(&self) -> bool {
        true
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let details = if self.shown == Shown::All { "hint-ab-short" } else { "hint-ab-details" };
        let panes = self
            .report
            .panes
            .iter()
            .enumerate()
            .map(|(i, p)| (p.key, if self.shown == Shown::Pane(i) { "hint-ab-short" } else { p.hint }));
        let own = self.keys.iter().map(|(letter, hint, _)| (*letter, *hint));
        let copy = self.keys.iter().all(|k| k.0 != "y").then_some(("y", "hint-ab-copy"));
        let rest = [("↑↓", "hint-scroll"), ("Esc", "hint-back")];
        [("d", details)].into_iter().chain(panes).chain(own).chain(copy).chain(rest).collect()
    }
}
