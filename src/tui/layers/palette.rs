//! The palette: type a few letters of what you want, in either language; a bare number jumps to that row.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::LineEdit;
use crate::command::{Act, COMMANDS, Command};
use crate::text::{Msg, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, centred, frame, movement};
use crate::tui::theme::Role;

/// What can be chosen.
enum Entry {
    Command(&'static Command),
    Row(u64),
}

/// The open palette.
#[derive(Default)]
pub struct Palette {
    edit: LineEdit,
    scroll: Scroll,
    page: usize,
}

impl Palette {
    fn entries(&self) -> Vec<Entry> {
        let needle = self.edit.text().trim();
        if let Ok(row) = needle.replace(',', "").parse::<u64>() {
            return vec![Entry::Row(row)];
        }
        let commands = COMMANDS.iter().filter(|c| c.screen.is_some() && c.menu.is_some());
        if needle.is_empty() {
            return commands.map(Entry::Command).collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(needle, CaseMatching::Ignore, Normalization::Smart);
        let mut found: Vec<(u32, usize, &Command)> = commands
            .enumerate()
            .filter_map(|(i, c)| {
                let mut best = 0;
                // The label weighs most, then the words people use, then the explanation.
                for (text, weight) in
                    [(c.label().to_string(), 4), (c.synonyms(), 3), (c.name.to_owned(), 2), (c.help(), 1)]
                {
                    // Letters strewn over a sentence are found in any.
                    if matches!(weight, 1 | 3) && !text.to_lowercase().contains(&needle.to_lowercase()) {
                        continue;
                    }
                    let mut buffer = Vec::new();
                    if let Some(score) = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher) {
                        best = best.max(score * weight);
                    }
                }
                (best > 0).then_some((best, i, c))
            })
            .collect();
        // What fits far worse than the best is not meant.
        let best = found.iter().map(|f| f.0).max().unwrap_or(0);
        found.retain(|f| f.0 * 4 >= best);
        found.sort_by_key(|(score, i, _)| (std::cmp::Reverse(*score), *i));
        found.into_iter().map(|(_, _, c)| Entry::Command(c)).collect()
    }
}

impl Layer for Palette {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let inner = frame(buf, centred(screen, 76, 18), &tr("palette-title"), theme);
        let x = put(buf, inner.x, inner.y, ": ", 2, theme.style(Role::Key));
        let cursor =
            self.edit.draw(buf, x, inner.y, usize::from(inner.width).saturating_sub(2), theme.style(Role::Plain));
        let entries = self.entries();
        // Two lines say what the chosen command does, where there is room for them.
        let explained = inner.height > 6;
        let page = usize::from(inner.height).saturating_sub(if explained { 3 } else { 1 });
        self.page = page;
        self.scroll.follow(entries.len(), page);
        let width = usize::from(inner.width);
        if entries.is_empty() {
            put(buf, inner.x, inner.y + 1, &tr("palette-nothing"), width, theme.style(Role::Dim));
        }
        for (i, entry) in entries.iter().enumerate().skip(self.scroll.top).take(page) {
            let y = inner.y + 1 + (i - self.scroll.top) as u16;
            let (label, key) = match entry {
                Entry::Command(c) => (c.label().to_string(), look.keymap.shown(c)),
                Entry::Row(row) => (Msg::new("palette-row").with("row", *row).to_string(), String::new()),
            };
            let room = width.saturating_sub(safe::width(&key) + 1);
            let line = format!("{} {key}", safe::pad(&safe::fit(&label, room).text, room, false));
            put(
                buf,
                inner.x,
                y,
                &line,
                width,
                theme.style(if i == self.scroll.at { Role::Selected } else { Role::Plain }),
            );
        }
        if let Some(Entry::Command(c)) = entries.get(self.scroll.at).filter(|_| explained) {
            let (lines, _) = safe::wrap(&c.help(), width, 2);
            for (i, line) in lines.iter().enumerate() {
                let y = inner.bottom().saturating_sub(2) + i as u16;
                put(buf, inner.x, y, line, width, theme.style(Role::Dim));
            }
        }
        Some(cursor)
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        match input {
            Input::Paste(text) => self.edit.insert(text),
            Input::Mouse(_) => {}
            Input::Key(key) => {
                let entries = self.entries();
                match movement(key, false) {
                    Some(Move::Enter) => {
                        return match entries.get(self.scroll.at) {
                            Some(Entry::Command(c)) => Reply::Run(c.act, Values::new()),
                            Some(Entry::Row(row)) => {
                                let mut values = Values::new();
                                values.insert("row".to_owned(), row.to_string().into());
                                Reply::Run(Act::GotoRow, values)
                            }
                            None => Reply::Handled,
                        };
                    }
                    Some(Move::Back) => return Reply::Close,
                    Some(m @ (Move::Up | Move::Down | Move::PageUp | Move::PageDown)) => {
                        self.scroll.go(m, entries.len(), self.page);
                    }
                    _ => {
                        if self.edit.key(key) {
                            self.scroll = Scroll::default();
                        }
                    }
                }
            }
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "hint-choose"), ("↑↓", "hint-entries"), ("123", "hint-row-number"), ("Esc", "hint-back")]
    }

    fn takes_text(&self) -> bool {
        true
    }
}
