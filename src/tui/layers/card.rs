//! The column card: what kind of values, how many are missing, how they are spread, which are common.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::Act;
use crate::data::{About, Known};
use crate::result::profile::ColumnProfile;
use crate::text::{Msg, number, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Values, centred, frame, movement};
use crate::tui::tab::Tab;
use crate::tui::theme::Role;
use crate::value::{Cell, Column};

/// Cells of a line of a comment, and most lines of it.
const COMMENT: (usize, usize) = (38, 4);
/// Heights of a bar, lowest first.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// What is found out about a column.
pub struct Figures {
    /// Its name.
    pub column: String,
    /// What the server says that has it.
    pub about: Option<About>,
    /// Figures of its values.
    pub exact: Option<ColumnProfile>,
}

/// An open card.
pub struct Card {
    column: Column,
    profile: Option<ColumnProfile>,
    about: Option<About>,
    /// Whether figures have been asked for that are not there yet.
    counting: bool,
}

impl Card {
    /// A card whose figures are being gathered.
    pub fn new(column: Column) -> Self {
        Self { column, profile: None, about: None, counting: true }
    }

    fn known(&self) -> Option<&Known> {
        self.about.as_ref()?.known.as_ref()
    }

    /// Acts that suit the column's kind, with the word for each.
    fn acts(&self) -> Vec<(Act, &'static str)> {
        let mut acts = vec![(Act::Hide, "hint-hide")];
        if !self.column.kind.is_nested() {
            acts.insert(0, (Act::Sort, "hint-sort"));
            acts.insert(1, (Act::FilterForm, "hint-filter"));
        }
        acts
    }

    /// What there is to say: label, text, and how it is to look.
    fn lines(&self) -> Vec<(String, String, Role)> {
        let mut lines = Vec::new();
        let mut line = |label: String, text: String, role: Role| lines.push((label, text, role));
        let value = |cell: &Cell<'_>, width| safe::fit(&Tab::cell_text(&self.column, cell), width).text.into_owned();
        // Where bars begin and end is computed, so that the last digits of a float mean nothing.
        let edge = |cell: &Cell<'_>| match cell {
            Cell::Float(x) => number::readable(*x, 8),
            cell => value(cell, 20),
        };
        line(tr("card-kind"), self.column.kind.word().to_string(), Role::Plain);
        if let Some(about) = &self.about {
            line(tr("card-type"), about.type_name.clone(), Role::Plain);
            let (comment, _) = safe::wrap(&safe::line(&about.comment), COMMENT.0, COMMENT.1);
            for (i, text) in comment.into_iter().filter(|text| !text.is_empty()).enumerate() {
                line(if i == 0 { tr("card-comment") } else { String::new() }, text, Role::Plain);
            }
        }
        let Some(p) = &self.profile else {
            if let Some(known) = self.known() {
                remembered(known, &mut line);
            }
            if self.counting {
                line(String::new(), tr("card-working"), Role::Dim);
            }
            return lines;
        };
        line(tr("card-rows"), number::count(p.rows), Role::Plain);
        let share = |n: u64| format!("{} ({})", number::count(n), number::percent(n, p.rows));
        line(tr("card-missing"), share(p.missing), if p.missing > 0 { Role::Warn } else { Role::Plain });
        if p.nan > 0 {
            line(tr("card-nan"), share(p.nan), Role::Warn);
        }
        if p.empty > 0 {
            line(tr("card-empty"), share(p.empty), Role::Warn);
        }
        if let Some(d) = &p.distinct {
            let text = if d.exact {
                number::count(d.value)
            } else {
                Msg::new("card-about")
                    .with("value", d.value)
                    .with("error", format!("{:.1}%", d.error * 100.0))
                    .to_string()
            };
            line(tr("card-distinct"), text, Role::Plain);
        }
        if let (Some(min), Some(max)) = (&p.min, &p.max) {
            line(tr("card-range"), format!("{} – {}", value(min, 30), value(max, 30)), Role::Plain);
        }
        if let Some(q) = &p.quartiles {
            let text = format!("{}   {}   {}", value(&q.q1, 16), value(&q.median, 16), value(&q.q3, 16));
            let label = if q.exact { tr("card-quartiles") } else { tr("card-quartiles-about") };
            line(label, text, Role::Plain);
        }
        if let Some(mean) = &p.mean {
            let text = match mean.as_f64() {
                Some(x) => number::readable(x, 6),
                None => value(mean, 30),
            };
            line(tr("card-mean"), text, Role::Plain);
        }
        if let Some(h) = &p.histogram {
            let counts: Vec<u64> = h.bins.iter().map(|b| b.count).collect();
            line(tr("card-spread"), histogram(&counts), Role::Bar);
            if let (Some(first), Some(last)) = (h.bins.first(), h.bins.last()) {
                line(String::new(), format!("{} … {}", edge(&first.lo), edge(&last.hi)), Role::Dim);
            }
        }
        for (i, top) in p.top.iter().take(5).enumerate() {
            let label = if i == 0 { tr("card-top") } else { String::new() };
            let about = if top.exact { "" } else { "≈ " };
            let shown = match &top.value {
                Cell::Text(t) if t.is_empty() => tr("cell-empty-text"),
                cell => value(cell, 24),
            };
            let text = format!("{} {about}{}", safe::pad(&shown, 24, false), share(top.count));
            line(label, text, Role::Plain);
        }
        lines
    }
}

/// What a server remembers of a column.
fn remembered(known: &Known, line: &mut impl FnMut(String, String, Role)) {
    let said = match &known.when {
        Some(when) => Msg::new("card-estimate-when").with("when", when.as_str()).to_string(),
        None => tr("card-estimate-of"),
    };
    line(tr("card-estimate"), said, Role::Warn);
    let about = |n: u64| format!("≈ {}", number::count(n));
    let share = |part: f64| format!("≈ {}%", number::readable(part * 100.0, 3));
    if let Some(rows) = known.rows {
        line(tr("card-rows"), about(rows), Role::Plain);
    }
    line(tr("card-missing"), share(known.missing), if known.missing > 0.0 { Role::Warn } else { Role::Plain });
    if let Some(distinct) = known.distinct {
        line(tr("card-distinct"), about(distinct), Role::Plain);
    }
    for (i, (value, part)) in known.common.iter().take(5).enumerate() {
        let label = if i == 0 { tr("card-top") } else { String::new() };
        let shown = safe::fit(value, 24).text.into_owned();
        line(label, format!("{} {}", safe::pad(&shown, 24, false), share(*part)), Role::Plain);
    }
}

/// A row of bars, one for each count.
fn histogram(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|c| match c {
            0 => " ",
            c => BARS[((c * (BARS.len() as u64 - 1)).div_ceil(most)) as usize],
        })
        .collect()
}

impl Layer for Card {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let lines = self.lines();
        // While the figures are gathered there is room for as many as there usually are.
        let height = if self.profile.is_some() || self.about.is_some() { lines.len() as u16 + 2 } else { 18 };
        let inner = frame(buf, centred(screen, 64, height), &self.column.name, theme);
        let width = usize::from(inner.width);
        for (y, (label, text, role)) in (inner.y..inner.bottom()).zip(lines) {
            put(buf, inner.x, y, &safe::fit(&label, 18).text, 18, theme.style(Role::Dim));
            let room = width.saturating_sub(20);
            put(buf, inner.x + 20, y, &safe::fit(&text, room).text, room, theme.style(role));
        }
        None
    }

    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply {
        let Input::Key(key) = input else { return Reply::Handled };
        if matches!(movement(key, true), Some(Move::Back | Move::Enter)) {
            return Reply::Close;
        }
        match look.keymap.command(crate::command::keymap::Key::of(key)) {
            Some(c) if c.act == Act::Card => Reply::Close,
            Some(c) if c.act == Act::Profile && self.known().is_some() && self.profile.is_none() => {
                self.counting = true;
                Reply::Stay(Act::Card, [("exact".to_owned(), true.into())].into_iter().collect())
            }
            // Sideways goes to the next column's card.
            Some(c) if matches!(c.act, Act::Left | Act::Right) => {
                Reply::Run(c.act, [("then".to_owned(), "card".into())].into_iter().collect())
            }
            Some(c) if self.acts().iter().any(|(a, _)| *a == c.act) => Reply::Run(c.act, Values::new()),
            _ => Reply::Ignored,
        }
    }

    fn is_worked_out(&self) -> bool {
        true
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let mut hints = vec![("←→", "hint-next-column")];
        if self.known().is_some() && self.profile.is_none() {
            hints.push(("p", "hint-exact"));
        }
        for (act, word) in self.acts() {
            hints.push((
                match act {
                    Act::Sort => "s",
                    Act::FilterForm => "F",
                    _ => "-",
                },
                word,
            ));
        }
        hints.push(("Esc", "hint-back"));
        hints
    }

    fn news(&mut self, news: &dyn std::any::Any) {
        let Some(figures) = news.downcast_ref::<Figures>().filter(|f| f.column == self.column.name) else { return };
        // Exact figures that were asked for later come without what the server says.
        self.about = figures.about.clone().or(self.about.take());
        self.profile = figures.exact.clone().or(self.profile.take());
        self.counting = self.profile.is_none() && self.known().is_none();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_zero_as_nothing_and_the_rest_as_something() {
        assert_eq!(histogram(&[0, 1, 700, 1400]), " ▂▅█");
        assert_eq!(histogram(&[]), "");
    }
}
