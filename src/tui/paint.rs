//! The whole screen: title, rows, what lies over them, and the bottom line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::grid;
use super::layer::Look;
use super::layers::list::Entries;
use super::plain::plain;
use super::theme::Role;
use crate::command::{Act, COMMANDS};
use crate::text::{safe, tr};

impl App {
    /// Draws everything; gives the place of the text cursor.
    pub fn draw(&mut self, buf: &mut Buffer) -> Option<(u16, u16)> {
        self.dirty = None;
        self.links.clear();
        self.shown_progress = self.progress();
        let area = buf.area;
        let lines = grid::Lines::of(area.height);
        let theme = self.theme;
        if let Some(tab) = self.tabs.get(self.current) {
            self.chips.clear();
            if lines.title {
                self.chips = grid::title(buf, area, tab, self.tabs.len() - 1, theme);
            }
            let title = u16::from(lines.title);
            let rows = Rect { y: area.y + title, height: area.height.saturating_sub(title + lines.below()), ..area };
            grid::rows(buf, rows, tab, lines, theme, &self.links);
            if lines.cell {
                let line = Rect { y: area.bottom() - 2, height: 1, ..area };
                grid::cell_line(buf, line, tab, theme);
            }
        } else if self.layers.is_empty() {
            grid::put(buf, area.x, area.y, "mekiki", usize::from(area.width), theme.style(Role::Title));
        }
        if self.layers.iter().any(|layer| layer.follows_tasks()) {
            let entries = Entries(self.task_entries());
            self.layers.iter_mut().for_each(|layer| layer.news(&entries));
        }
        let mut cursor = None;
        let look = Look { theme, keymap: &self.keymap, links: &self.links };
        // A layer leaves the last line to the hints; where there are none it has that line too.
        let under = Rect { height: area.height + u16::from(!lines.hints), ..area };
        for layer in &mut self.layers {
            cursor = layer.draw(buf, under, &look).filter(|at| area.contains((*at).into()));
        }
        self.bottom_line(buf, area);
        if self.plain {
            plain(buf);
        }
        cursor
    }

    fn bottom_line(&mut self, buf: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let y = area.bottom().saturating_sub(1);
        let width = usize::from(area.width);
        self.hints.clear();
        let progress = self.shown_progress.clone();
        let taken = if progress.is_empty() { 0 } else { safe::width(&progress) + 2 };
        let room = width.saturating_sub(taken);
        if !progress.is_empty() {
            let x = area.right().saturating_sub(safe::width(&progress).min(width) as u16);
            grid::put(buf, x, y, &progress, width, theme.style(Role::Warn));
        }
        if let Some((role, text)) = &self.status {
            grid::put(buf, area.x, y, &safe::fit(text, room).text, room, theme.style(*role));
            return;
        }
        if !grid::Lines::of(area.height).hints {
            return;
        }
        let mut words: Vec<(String, String, Option<Act>)> = match self.layers.last() {
            Some(layer) => {
                let hints = layer.hints().into_iter();
                let mut hints: Vec<_> = hints.map(|(key, word)| (key.to_owned(), tr(word), None)).collect();
                if layer.is_worked_out() && self.has_sent() {
                    let key = self.keymap.shown(Act::ServerQuery.command());
                    hints.insert(hints.len().saturating_sub(1), (key, tr("hint-its-sql"), None));
                }
                hints
            }
            None => {
                let mut commands: Vec<_> = COMMANDS.iter().filter(|c| c.hint > 0 && c.screen.is_some()).collect();
                commands.sort_by_key(|c| c.hint);
                commands.iter().map(|c| (self.keymap.shown(c), c.hint_word(), Some(c.act))).collect()
            }
        };
        // The way out of a layer, and help over a table, are there however narrow the screen.
        let width_of = |(key, word, _): &(String, String, Option<Act>)| safe::width(key) + safe::width(word) + 1;
        if let Some(help) = words.iter().position(|w| w.2 == Some(Act::Help)) {
            let help = words.remove(help);
            words.push(help);
        }
        let Some(last) = words.pop() else { return };
        let kept = room.saturating_sub(width_of(&last) + 2);
        let mut used = 0;
        words.retain(|word| {
            let fits = used + width_of(word) <= kept;
            used += if fits { width_of(word) + 2 } else { 0 };
            fits
        });
        words.push(last);
        let mut x = area.x;
        for (key, word, act) in words {
            let from = x;
            let room = room.saturating_sub(usize::from(x - area.x));
            x = grid::put(buf, x, y, &key, room, theme.style(Role::Key));
            x = grid::put(buf, x + 1, y, &word, room.saturating_sub(safe::width(&key) + 1), theme.style(Role::Plain));
            if let Some(act) = act {
                self.hints.push((from, x, act));
            }
            x += 2;
        }
    }

    /// The command whose word stands on the bottom line at this cell.
    pub(super) fn hint_at(&self, x: u16) -> Option<Act> {
        self.hints.iter().find(|(a, b, _)| (*a..*b).contains(&x)).map(|(_, _, act)| *act)
    }

    /// The chip of a step on the title line at this cell.
    pub(super) fn chip_at(&self, x: u16) -> Option<usize> {
        self.chips.iter().find(|(a, b, _)| (*a..*b).contains(&x)).map(|(_, _, i)| *i)
    }
}
