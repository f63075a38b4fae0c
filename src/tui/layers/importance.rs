//! What drives a column: the sentence and the warnings on top, the ranking beneath, figures one key away. Computes
//! nothing; figures are made of what was found.

use std::sync::Arc;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::chart::style;
use crate::command::Act;
use crate::op::importance::warn::Remedy;
use crate::op::importance::{Answer, Drawn, Importance, draw, tell};
use crate::output::plot::{Glyphs, PlotOptions, plot};
use crate::result::figure::Figure;
use crate::result::report::{Report, table_within, wrapped};
use crate::text::{Msg, bar, safe};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement, turned};
use crate::tui::theme::{Role, Theme};

/// What is in front.
#[derive(Clone, Copy, PartialEq)]
enum Front {
    Ranking,
    Swarm,
    Dependence,
    Waterfall(usize),
    Details,
}

/// An open answer.
pub struct ImportanceView {
    answer: Arc<Answer>,
    report: Report,
    glyphs: Glyphs,
    cursor: usize,
    warning: usize,
    front: Front,
    scroll: Scroll,
    page: usize,
    lines: usize,
}

/// Values that ask for this analysis.
pub fn values_of(step: &Importance) -> Values {
    let mut values = Values::new();
    values.insert("target".into(), step.target.clone().into());
    if !step.drop.is_empty() {
        values.insert("drop".into(), toml::Value::Array(step.drop.iter().map(|d| d.clone().into()).collect()));
    }
    if let Some(task) = step.task {
        values.insert("task".into(), task.name().into());
    }
    let named =
        [("time", &step.time), ("split-column", &step.split_column), ("sample", &step.sample.map(|n| n.to_string()))];
    for (name, value) in named {
        values.extend(value.as_ref().map(|v| (name.to_owned(), v.clone().into())));
    }
    values
}

impl ImportanceView {
    /// Shows an answer and its report.
    pub fn new(answer: Arc<Answer>, report: Report, glyphs: Glyphs) -> Self {
        Self {
            answer,
            report,
            glyphs,
            cursor: 0,
            warning: 0,
            front: Front::Ranking,
            scroll: Scroll::default(),
            page: 10,
            lines: 0,
        }
    }

    /// The sentence, what to do, and the warnings; the chosen warning is marked.
    fn head(&self, width: usize, theme: Theme) -> Vec<(String, Style)> {
        let mut lines = Vec::new();
        let mut say = |text: String, mark: &str, most: usize, role: Role| {
            let room = width.saturating_sub(safe::width(mark)).max(4);
            let (wrapped, _) = safe::wrap(&safe::line(&text), room, most);
            for (i, line) in wrapped.iter().enumerate() {
                let head = if i == 0 { mark.to_owned() } else { " ".repeat(safe::width(mark)) };
                lines.push((format!("{head}{line}"), theme.style(role)));
            }
        };
        say(self.report.verdict.sentence.to_string(), "", 4, Role::Title);
        if let Some(next) = &self.report.verdict.next {
            say(next.to_string(), "→ ", 2, Role::Plain);
        }
        let warnings = &self.answer.warnings;
        if let Some(warning) = warnings.get(self.warning) {
            let mark =
                if warnings.len() > 1 { format!("! {}/{} ", self.warning + 1, warnings.len()) } else { "! ".into() };
            say(warning.text.to_string(), &mark, 3, Role::Warn);
        }
        lines
    }

    fn ranking(&self, buf: &mut Buffer, inner: Rect, theme: Theme) {
        let width = usize::from(inner.width);
        let mut y = inner.y;
        let mut line = |buf: &mut Buffer, text: &str, style: Style| {
            if y < inner.bottom() {
                put(buf, inner.x, y, text, width, style);
                y += 1;
            }
        };
        for (text, style) in self.head(width, theme) {
            line(buf, &text, style);
        }
        line(buf, "", Style::default());
        // The quality takes what it needs, the ranking the rest; the last line is always the same.
        let quality = self.report.tables.last().map(|t| table_within(t, width)).unwrap_or_default();
        let used = usize::from(y - inner.y);
        let height = usize::from(inner.height);
        let words = wrapped(&tell::in_words(&self.answer).to_string(), "", width);
        let whole = height >= used + quality.len() + words.len() + 10;
        let (shown_quality, words) = if whole { (quality.len(), words) } else { (2.min(quality.len()), Vec::new()) };
        let room = height.saturating_sub(used + shown_quality + words.len() + 3).max(1);
        let mut line = |buf: &mut Buffer, text: &str, style: Style| {
            if y < inner.bottom() {
                put(buf, inner.x, y, text, width, style);
                y += 1;
            }
        };
        let groups = &self.answer.groups;
        let names: Vec<String> = groups.iter().map(tell::title_of).collect();
        let widest = names.iter().map(|n| safe::width(n)).max().unwrap_or(0).clamp(8, (width / 3).max(8));
        let most = groups.first().map_or(1.0, |g| g.mean_abs).max(1e-300);
        let bars = (width / 10).clamp(5, 24);
        let first = self.cursor.saturating_sub(room.saturating_sub(1));
        for (i, g) in groups.iter().enumerate().skip(first).take(room) {
            let ranks =
                if g.ranks.0 == g.ranks.1 { g.ranks.0.to_string() } else { format!("{}–{}", g.ranks.0, g.ranks.1) };
            let text = format!(
                " {} {} {:>6}  {}  {}  {}",
                safe::pad(&safe::fit(&names[i], widest).text, widest, false),
                safe::pad(&bar(g.mean_abs / most, bars, crate::text::is_unicode()), bars, false),
                tell::percent(g.share),
                safe::pad(&tell::amount(&self.answer, g.mean_abs), 9, true),
                safe::pad(&Msg::new("importance-rank").with("ranks", ranks).to_string(), 9, false),
                g.word(),
            );
            let style = theme.style(if i == self.cursor { Role::Selected } else { Role::Plain });
            line(buf, &safe::pad(&text, width, false), style);
        }
        line(buf, "", Style::default());
        for text in quality.iter().take(shown_quality) {
            line(buf, text, theme.style(Role::Plain));
        }
        for text in words {
            line(buf, &text, theme.style(Role::Plain));
        }
        line(buf, &Msg::new("importance-note-cause").to_string(), theme.style(Role::Dim));
    }

    fn figure(&self) -> Option<Figure> {
        match self.front {
            Front::Swarm => draw::beeswarm(&self.answer),
            Front::Dependence => {
                self.answer.groups.get(self.cursor).and_then(|g| draw::dependence(&self.answer, g.columns[0], None))
            }
            Front::Waterfall(row) => draw::waterfall(&self.answer, row),
            Front::Ranking | Front::Details => None,
        }
    }

    /// Runs the same again without columns, or held out by time.
    fn again(&self, change: impl FnOnce(&mut Importance)) -> Reply {
        let mut step = self.answer.step.clone();
        change(&mut step);
        Reply::Run(Act::Importance, values_of(&step))
    }

    fn leave_out(&self, names: &[String]) -> Reply {
        self.again(|step| {
            for name in names {
                if !step.drop.contains(name) {
                    step.drop.push(name.clone());
                }
            }
        })
    }

    /// Asks where to write the report to; an image is then of the figure in front.
    fn export(&self) -> Reply {
        let mut values = Values::new();
        values.insert("export".into(), "ask".into());
        let drawn = match self.front {
            Front::Ranking | Front::Details => None,
            Front::Swarm => Some(Drawn::Beeswarm),
            Front::Dependence => {
                let feature = self.answer.groups.get(self.cursor).and_then(|g| g.names.first());
                values.extend(feature.map(|name| ("feature".into(), name.clone().into())));
                Some(Drawn::Dependence)
            }
            Front::Waterfall(row) => {
                let place = self.answer.explained.as_ref().and_then(|e| e.rows.get(row));
                let place = place.and_then(|r| self.answer.prepared.origin.get(*r as usize));
                values.extend(place.map(|p| ("row".into(), toml::Value::Integer(*p as i64 + 1))));
                Some(Drawn::Waterfall)
            }
        };
        values.extend(drawn.map(|d| ("figure".into(), d.name().into())));
        Reply::Stay(Act::Importance, values)
    }

    /// Follows the warning in front.
    fn remedy(&self) -> Reply {
        let Some(warning) = self.answer.warnings.get(self.warning) else { return Reply::Handled };
        match warning.kind.remedy() {
            Some(Remedy::LeaveOut) => self.leave_out(&warning.columns),
            Some(Remedy::LeaveOutOthers) => self.leave_out(&warning.columns[1..]),
            Some(Remedy::SplitByTime) => self.again(|step| step.time = warning.columns.first().cloned()),
            None => Reply::Handled,
        }
    }

    fn go(&mut self, m: Move) {
        let last = self.answer.groups.len().saturating_sub(1);
        self.cursor = match m {
            Move::Up => self.cursor.saturating_sub(1),
            Move::Down => (self.cursor + 1).min(last),
            Move::PageUp => self.cursor.saturating_sub(10),
            Move::PageDown => (self.cursor + 10).min(last),
            Move::Home => 0,
            Move::End => last,
            _ => self.cursor,
        };
    }
}

impl Layer for ImportanceView {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let whole = Rect { height: area.height.saturating_sub(1), ..area };
        let inner = frame(buf, whole, &self.report.title.to_string(), theme);
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        if width == 0 || height == 0 {
            return None;
        }
        match self.front {
            Front::Ranking => self.ranking(buf, inner, theme),
            Front::Details => {
                let lines = self.report.lines_within(width);
                (self.page, self.lines) = (height, lines.len());
                self.scroll.at = self.scroll.at.min(lines.len().saturating_sub(height));
                for (text, y) in lines.iter().skip(self.scroll.at).zip(inner.y..inner.bottom()) {
                    put(buf, inner.x, y, text, width, theme.style(Role::Plain));
                }
            }
            _ => {
                let figure = self.figure()?;
                let options = PlotOptions { width, height, glyphs: self.glyphs, colour: theme != Theme::Mono };
                for (line, y) in plot(&figure, &options).iter().zip(inner.y..inner.bottom()) {
                    let mut x = inner.x;
                    for span in line {
                        let room = usize::from(inner.right().saturating_sub(x));
                        x = put(buf, x, y, &span.text, room, style(span.ink, theme));
                    }
                }
            }
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let explained = self.answer.explained.as_ref().map_or(0, |e| e.rows.len());
        let key = match input {
            Input::Paste(_) => return Reply::Handled,
            Input::Mouse(mouse) => {
                if let Some(movement) = turned(mouse) {
                    self.go(movement);
                }
                return Reply::Handled;
            }
            Input::Key(key) => key,
        };
        match (key.code, self.front) {
            (KeyCode::Char('b'), _) if explained > 0 => self.front = Front::Swarm,
            (KeyCode::Char('w'), _) if explained > 0 => self.front = Front::Waterfall(0),
            (KeyCode::Char('d'), Front::Details) => self.front = Front::Ranking,
            (KeyCode::Char('d'), _) => {
                self.scroll = Scroll::default();
                self.front = Front::Details;
            }
            (KeyCode::Char('y'), _) => {
                let sentence = self.report.verdict.sentence.to_string();
                return Reply::Stay(Act::Importance, [("copy".to_owned(), sentence.into())].into_iter().collect());
            }
            (KeyCode::Char('e'), _) => return self.export(),
            (KeyCode::Char('n'), Front::Ranking) if !self.answer.warnings.is_empty() => {
                self.warning = (self.warning + 1) % self.answer.warnings.len();
            }
            (KeyCode::Char('a'), Front::Ranking) => return self.remedy(),
            (KeyCode::Char('x'), Front::Ranking | Front::Dependence) => {
                let Some(group) = self.answer.groups.get(self.cursor) else { return Reply::Handled };
                return self.leave_out(&group.names);
            }
            _ => match (movement(key, true), self.front) {
                (Some(Move::Back), Front::Ranking) => return Reply::Close,
                (Some(Move::Back), _) => self.front = Front::Ranking,
                (Some(Move::Enter), Front::Ranking) if explained > 0 => self.front = Front::Dependence,
                (Some(m), Front::Details) => {
                    let len = (self.lines + 1).saturating_sub(self.page).max(1);
                    self.scroll.go(m, len, self.page);
                }
                (Some(Move::Right | Move::Down), Front::Waterfall(row)) => {
                    self.front = Front::Waterfall((row + 1).min(explained.saturating_sub(1)));
                }
                (Some(Move::Left | Move::Up), Front::Waterfall(row)) => {
                    self.front = Front::Waterfall(row.saturating_sub(1));
                }
                (Some(Move::Right), Front::Dependence) => self.go(Move::Down),
                (Some(Move::Left), Front::Dependence) => self.go(Move::Up),
                (Some(m), _) => self.go(m),
                _ => return Reply::Ignored,
            },
        }
        Reply::Handled
    }

    fn is_worked_out(&self) -> bool {
        true
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let export = ("e", "hint-plan-export");
        let mut hints = Vec::new();
        match self.front {
            Front::Ranking => {
                let remedy = self.answer.warnings.get(self.warning).and_then(|w| w.kind.remedy());
                hints.extend(remedy.map(|remedy| match remedy {
                    Remedy::SplitByTime => ("a", "hint-importance-by-time"),
                    _ => ("a", "hint-importance-remedy"),
                }));
                let explained = self.answer.explained.is_some();
                if explained {
                    hints.extend([
                        ("Enter", "hint-importance-dependence"),
                        ("b", "hint-importance-swarm"),
                        ("w", "hint-importance-waterfall"),
                    ]);
                }
                hints.push(export);
                if self.answer.warnings.len() > 1 {
                    hints.push(("n", "hint-importance-next"));
                }
                hints.push(("d", "hint-importance-details"));
                if explained {
                    hints.push(("x", "hint-importance-without"));
                }
            }
            Front::Waterfall(_) => {
                hints.extend([("←→", "hint-importance-row"), ("b", "hint-importance-swarm"), export]);
            }
            Front::Dependence => hints.extend([
                ("←→", "hint-importance-column"),
                ("b", "hint-importance-swarm"),
                ("w", "hint-importance-waterfall"),
                export,
                ("x", "hint-importance-without"),
            ]),
            Front::Swarm => hints.extend([("w", "hint-importance-waterfall"), export]),
            Front::Details => hints.extend([("↑↓", "hint-scroll"), export]),
        }
        hints.extend([("y", "hint-ab-copy"), ("Esc", "hint-back")]);
        hints
    }
}
