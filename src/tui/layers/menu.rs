//! The menu: every command with its key, under six headings. Needs no memory.

use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::{COMMANDS, Command, Menu as Heading};
use crate::text::safe;
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::theme::Role;

/// The open menu.
#[derive(Default)]
pub struct Menu {
    heading: usize,
    scroll: Scroll,
    /// Cells of the headings, for the mouse.
    bar: Vec<(u16, u16)>,
    /// The box of entries, for the mouse.
    inner: Rect,
}

impl Menu {
    fn entries(&self) -> Vec<&'static Command> {
        let heading = Heading::ALL[self.heading];
        COMMANDS.iter().filter(|c| c.menu == Some(heading) && c.screen.is_some()).collect()
    }

    fn turn(&mut self, by: usize) {
        self.heading = (self.heading + by) % Heading::ALL.len();
        self.scroll = Scroll::default();
    }
}

impl Layer for Menu {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let width = usize::from(area.width);
        put(buf, area.x, area.y, &" ".repeat(width), width, theme.style(Role::Plain));
        let mut x = area.x;
        self.bar.clear();
        for (i, heading) in Heading::ALL.iter().enumerate() {
            let role = if i == self.heading { Role::Selected } else { Role::Header };
            let from = x;
            let room = usize::from(area.right().saturating_sub(x));
            x = put(buf, x, area.y, &format!(" {} ", heading.title()), room, theme.style(role));
            self.bar.push((from, x));
        }
        let entries = self.entries();
        let widest = entries
            .iter()
            .map(|c| safe::width(&c.label().to_string()) + safe::width(&look.keymap.shown(c)) + 3)
            .max()
            .unwrap_or(10)
            + 4;
        let wide = (widest as u16).min(area.width);
        let left = self.bar[self.heading].0.min(area.right().saturating_sub(wide));
        let height = (entries.len() as u16 + 2).min(area.height.saturating_sub(2));
        let inner = frame(buf, Rect { x: left, y: area.y + 1, width: wide, height }, "", theme);
        self.inner = inner;
        let page = usize::from(inner.height);
        self.scroll.follow(entries.len(), page);
        for (i, c) in entries.iter().enumerate().skip(self.scroll.top).take(page) {
            let y = inner.y + (i - self.scroll.top) as u16;
            let key = look.keymap.shown(c);
            let width = usize::from(inner.width);
            let room = width.saturating_sub(safe::width(&key) + 1);
            let line = format!("{} {key}", safe::pad(&safe::fit(&c.label().to_string(), room).text, room, false));
            let role = if i == self.scroll.at { Role::Selected } else { Role::Plain };
            put(buf, inner.x, y, &line, width, theme.style(role));
        }
        // What the chosen entry does, above the hints.
        if let Some(c) = entries.get(self.scroll.at) {
            let most = if area.height > 16 { 2 } else { 1 };
            let (lines, more) = safe::wrap(&c.help(), width, most);
            let lines = if more { vec![safe::fit(&c.help(), width).text.into_owned()] } else { lines };
            let first = area.bottom().saturating_sub(1 + lines.len() as u16);
            for (y, line) in (first..).zip(lines) {
                put(buf, area.x, y, &safe::pad(&line, width, false), width, theme.style(Role::Dim));
            }
        }
        None
    }

    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply {
        let entries = self.entries();
        let run = |c: &Command| Reply::Run(c.act, Values::new());
        match input {
            Input::Key(key) => match movement(key, false) {
                Some(Move::Left) => self.turn(Heading::ALL.len() - 1),
                Some(Move::Right) => self.turn(1),
                Some(Move::Enter) => return entries.get(self.scroll.at).map_or(Reply::Close, |c| run(c)),
                Some(Move::Back) => return Reply::Close,
                Some(m) => {
                    // Past the end it goes round: a menu is short.
                    let last = entries.len().saturating_sub(1);
                    match (m, self.scroll.at) {
                        (Move::Down, at) if at == last => self.scroll.at = 0,
                        (Move::Up, 0) => self.scroll.at = last,
                        _ => {
                            self.scroll.go(m, entries.len(), usize::from(self.inner.height));
                        }
                    }
                }
                None => {
                    if key.code == KeyCode::Tab {
                        self.turn(1);
                        return Reply::Handled;
                    }
                    // A letter is the command it is everywhere.
                    return match look.keymap.command(crate::command::keymap::Key::of(key)) {
                        Some(c) if c.act == crate::command::Act::Menu => Reply::Close,
                        Some(c) if c.act == crate::command::Act::Back => Reply::Close,
                        Some(c) => run(c),
                        None => Reply::Handled,
                    };
                }
            },
            Input::Mouse(mouse) => match mouse.kind {
                MouseEventKind::Down(_) => {
                    if mouse.row == 0
                        && let Some(i) = self.bar.iter().position(|(a, b)| (*a..*b).contains(&mouse.column))
                    {
                        self.heading = i;
                        self.scroll = Scroll::default();
                    } else if self.inner.contains((mouse.column, mouse.row).into()) {
                        let i = self.scroll.top + usize::from(mouse.row - self.inner.y);
                        return entries.get(i).map_or(Reply::Handled, |c| run(c));
                    } else {
                        return Reply::Close;
                    }
                }
                MouseEventKind::ScrollDown => self.turn(1),
                MouseEventKind::ScrollUp => self.turn(Heading::ALL.len() - 1),
                _ => {}
            },
            Input::Paste(_) => {}
        }
        Reply::Handled
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "hint-choose"), ("←→", "hint-menus"), ("↑↓", "hint-entries"), ("Esc", "hint-back")]
    }
}
