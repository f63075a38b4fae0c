//! The filter form: one line a condition (column, comparison, value), without any syntax.

use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use crate::command::Act;
use crate::sql::expr::quoted_column;
use crate::text::{safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Values, centred, frame, movement, turned};
use crate::tui::theme::Role;
use crate::value::{Column, Kind};

/// A comparison a person can choose, by its text's name, and how it is written around a column and a value.
struct Comparison {
    word: &'static str,
    write: fn(&str, &str) -> String,
    takes_value: bool,
    suits: fn(&Kind) -> bool,
}

const fn any(_: &Kind) -> bool {
    true
}
fn words(kind: &Kind) -> bool {
    kind.is_text()
}
fn plain(kind: &Kind) -> bool {
    !kind.is_nested()
}
fn ordered(kind: &Kind) -> bool {
    plain(kind) && !matches!(kind, Kind::Boolean | Kind::Binary | Kind::Empty)
}

const COMPARISONS: &[Comparison] = &[
    Comparison { word: "compare-is", write: |c, v| format!("{c} = {v}"), takes_value: true, suits: plain },
    Comparison { word: "compare-is-not", write: |c, v| format!("{c} <> {v}"), takes_value: true, suits: plain },
    Comparison { word: "compare-contains", write: |c, v| format!("{c} contains {v}"), takes_value: true, suits: words },
    Comparison {
        word: "compare-starts",
        write: |c, v| format!("{c} starts with {v}"),
        takes_value: true,
        suits: words,
    },
    Comparison { word: "compare-at-least", write: |c, v| format!("{c} >= {v}"), takes_value: true, suits: ordered },
    Comparison { word: "compare-at-most", write: |c, v| format!("{c} <= {v}"), takes_value: true, suits: ordered },
    Comparison { word: "compare-more", write: |c, v| format!("{c} > {v}"), takes_value: true, suits: ordered },
    Comparison { word: "compare-less", write: |c, v| format!("{c} < {v}"), takes_value: true, suits: ordered },
    Comparison { word: "compare-missing", write: |c, _| format!("{c} is missing"), takes_value: false, suits: any },
    Comparison { word: "compare-present", write: |c, _| format!("{c} is not missing"), takes_value: false, suits: any },
];

/// One line of the form.
struct Line {
    column: usize,
    comparison: usize,
    value: LineEdit,
}

/// The open form.
pub struct FilterForm {
    columns: Vec<Column>,
    lines: Vec<Line>,
    /// The line and the field (0 column, 1 comparison, 2 value) under the cursor.
    at: (usize, usize),
    /// Screen line and first cell of each field on screen, for the mouse.
    spots: Vec<(u16, u16, (usize, usize))>,
    /// Cells of a value.
    room: usize,
}

impl FilterForm {
    /// A form that begins with the column at `column` and a value to compare with.
    pub fn new(columns: Vec<Column>, column: usize, value: String) -> Self {
        let line = Line { column, comparison: 0, value: LineEdit::new(value) };
        let mut form = Self { columns, lines: vec![line], at: (0, 2), spots: Vec::new(), room: 0 };
        form.suit(0);
        form
    }

    /// Moves to a comparison that suits the column's kind.
    fn suit(&mut self, line: usize) {
        let Some(l) = self.lines.get_mut(line) else { return };
        let Some(column) = self.columns.get(l.column) else { return };
        if !(COMPARISONS[l.comparison].suits)(&column.kind) {
            l.comparison = COMPARISONS.iter().position(|c| (c.suits)(&column.kind)).unwrap_or(0);
        }
    }

    fn turn(&mut self, forward: bool) {
        let (line, field) = self.at;
        let columns = self.columns.len().max(1);
        let Some(l) = self.lines.get_mut(line) else { return };
        if field == 0 {
            l.column = if forward { (l.column + 1) % columns } else { (l.column + columns - 1) % columns };
            self.suit(line);
        } else if field == 1 {
            let kind = self.columns.get(l.column).map_or(Kind::Text, |c| c.kind.clone());
            let n = COMPARISONS.len();
            for _ in 0..n {
                l.comparison = if forward { (l.comparison + 1) % n } else { (l.comparison + n - 1) % n };
                if (COMPARISONS[l.comparison].suits)(&kind) {
                    break;
                }
            }
        }
    }

    /// A click: on another field it chooses that; on the chosen one it turns to the next choice, or puts the cursor there.
    fn click(&mut self, column: u16, row: u16) {
        let Some((_, x, spot)) = self.spots.iter().rfind(|(y, x, _)| *y == row && *x <= column).copied() else {
            return;
        };
        let was = std::mem::replace(&mut self.at, spot);
        if spot.1 < 2 && was == spot {
            self.turn(true);
        } else if spot.1 == 2
            && let Some(l) = self.lines.get_mut(spot.0)
        {
            l.value.point(usize::from(column - x), self.room);
        }
    }

    /// The conditions in the expression language, lines without a value left out unless the comparison needs none.
    fn conditions(&self) -> Vec<String> {
        self.lines
            .iter()
            .filter_map(|l| {
                let column = self.columns.get(l.column)?;
                let comparison = &COMPARISONS[l.comparison];
                let typed = l.value.text().trim();
                if comparison.takes_value && typed.is_empty() {
                    return None;
                }
                let number = column.kind.is_number().then(|| typed.replace(',', ""));
                let value = match (&column.kind, number) {
                    (_, Some(n)) if n.parse::<f64>().is_ok() => n,
                    (Kind::Boolean, _) if typed.eq_ignore_ascii_case("true") || typed == tr("yes") => "true".to_owned(),
                    (Kind::Boolean, _) => "false".to_owned(),
                    _ => format!("'{}'", typed.replace('\'', "''")),
                };
                Some((comparison.write)(&quoted_column(&column.name), &value))
            })
            .collect()
    }
}

impl Layer for FilterForm {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let outer = centred(screen, 78, (self.lines.len() + 5) as u16);
        let inner = frame(buf, outer, &tr("filter-title"), theme);
        let width = usize::from(inner.width);
        let (a, b) = (width * 2 / 5, width / 5);
        // Boxes on tiny screens leave no room for some of it.
        let (room, rest) = (a.saturating_sub(2).max(1), width.saturating_sub(a + b + 2));
        let mut cursor = None;
        self.spots.clear();
        self.room = rest;
        let page = usize::from(inner.height).max(1);
        let top = (self.at.0 + 1).saturating_sub(page);
        for (i, l) in self.lines.iter().enumerate().skip(top).take(page) {
            let y = inner.y + (i - top) as u16;
            for (field, x) in [(0, 0), (1, a), (2, a + b + 2)] {
                self.spots.push((y, inner.x + x as u16, (i, field)));
            }
            let role = |field| if (i, field) == self.at { Role::Selected } else { Role::Plain };
            let name = self.columns.get(l.column).map(|c| c.name.as_str()).unwrap_or_default();
            put(buf, inner.x, y, &safe::pad(&safe::fit(name, room).text, room, false), room, theme.style(role(0)));
            let comparison = &COMPARISONS[l.comparison];
            let word = safe::pad(&safe::fit(&tr(comparison.word), b).text, b, false);
            put(buf, inner.x + a as u16, y, &word, b, theme.style(role(1)));
            if comparison.takes_value {
                let x = inner.x + (a + b + 2) as u16;
                let place = l.value.draw(buf, x, y, rest, theme.style(Role::Header));
                if (i, 2) == self.at {
                    cursor = Some(place);
                }
            }
        }
        let y = inner.y + self.lines.len() as u16 + 1;
        for (i, line) in safe::wrap(&tr("filter-note"), width, 2).0.iter().enumerate() {
            if y + (i as u16) < inner.bottom() {
                put(buf, inner.x, y + i as u16, line, width, theme.style(Role::Dim));
            }
        }
        cursor
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let (line, field) = self.at;
        let key = match input {
            Input::Key(key) => key,
            Input::Paste(text) => {
                if field == 2
                    && let Some(l) = self.lines.get_mut(line)
                {
                    l.value.insert(text);
                }
                return Reply::Handled;
            }
            Input::Mouse(mouse) => {
                match (mouse.kind, turned(mouse)) {
                    (MouseEventKind::Down(_), _) => self.click(mouse.column, mouse.row),
                    (_, Some(Move::Up)) => self.at.0 = line.saturating_sub(1),
                    (_, Some(Move::Down)) => self.at.0 = (line + 1).min(self.lines.len().saturating_sub(1)),
                    _ => {}
                }
                return Reply::Handled;
            }
        };
        match (movement(key, false), key.code) {
            (Some(Move::Enter), _) => {
                let conditions: Vec<toml::Value> = self.conditions().into_iter().map(Into::into).collect();
                let mut values = Values::new();
                values.insert("where".to_owned(), conditions.into());
                return Reply::Run(Act::FilterExpression, values);
            }
            (Some(Move::Back), _) => return Reply::Close,
            (_, KeyCode::Tab) => {
                self.at = if field < 2 { (line, field + 1) } else { ((line + 1) % self.lines.len(), 0) }
            }
            (_, KeyCode::BackTab) => {
                self.at =
                    if field > 0 { (line, field - 1) } else { ((line + self.lines.len() - 1) % self.lines.len(), 2) };
            }
            (Some(Move::Up), _) => self.at.0 = line.saturating_sub(1),
            (Some(Move::Down), _) if line + 1 == self.lines.len() => {
                let column = self.lines.last().map_or(0, |l| l.column);
                self.lines.push(Line { column, comparison: 0, value: LineEdit::default() });
                self.suit(line + 1);
                self.at = (line + 1, 0);
            }
            (Some(Move::Down), _) => self.at.0 = line + 1,
            (Some(Move::Left), _) if field < 2 => self.turn(false),
            (Some(Move::Right), _) if field < 2 => self.turn(true),
            (_, KeyCode::Char(c)) if field == 0 => {
                // The next column whose name begins with the letter.
                let n = self.columns.len();
                let from = self.lines[line].column;
                let wanted = c.to_lowercase().to_string();
                if let Some(i) =
                    (1..=n).map(|k| (from + k) % n).find(|i| self.columns[*i].name.to_lowercase().starts_with(&wanted))
                {
                    self.lines[line].column = i;
                    self.suit(line);
                }
            }
            _ if field == 2 => {
                self.lines[line].value.key(key);
            }
            _ => {}
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let (line, field) = self.at;
        let mut hints = vec![("Enter", "hint-accept"), ("Tab", "hint-fields")];
        if field < 2 {
            hints.push(("←→", "hint-change"));
        }
        if line + 1 == self.lines.len() {
            hints.push(("↓", "hint-one-more"));
        }
        hints.push(("Esc", "hint-cancel"));
        hints
    }

    fn takes_text(&self) -> bool {
        true
    }
}
