//! From keys and mouse to commands: the top layer first, then the key map.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::app::App;
use super::grid;
use super::layer::{Input, Reply, Values};
use crate::command::Act;
use crate::command::keymap::Key;
use crate::op::Step;

impl App {
    pub(super) fn input(&mut self, input: Input) {
        // Ctrl-C is never text.
        if let Input::Key(key) = &input
            && key.code == KeyCode::Char('c')
            && key.modifiers.contains(KeyModifiers::CONTROL)
        {
            self.run(Act::Cancel, Values::new());
            return;
        }
        if let Some(mut layer) = self.layers.pop() {
            let depth = self.layers.len();
            let reply = layer.input(&input, &self.look());
            let (text, worked_out) = (layer.takes_text(), layer.is_worked_out());
            match reply {
                Reply::Handled => self.layers.push(layer),
                Reply::Close => {}
                Reply::Run(act, values) => {
                    if act == Act::Open && layer.is_way_back() && depth == 0 && self.tabs.is_empty() {
                        self.left = Some(layer);
                    }
                    self.run(act, values);
                }
                Reply::Stay(act, values) => {
                    self.layers.insert(depth, layer);
                    self.run(act, values);
                }
                Reply::Outside(text, suffix) => {
                    self.layers.push(layer);
                    self.outside = Some((text, suffix));
                }
                Reply::Ignored => {
                    self.layers.push(layer);
                    if let Input::Key(key) = &input
                        && !text
                        && let Some(command) = self.keymap.command(Key::of(key))
                        && (command.screen == Some(crate::command::Screen::Anywhere)
                            || command.act == Act::ServerQuery && worked_out)
                    {
                        self.run(command.act, Values::new());
                    }
                }
            }
            self.touch();
            return;
        }
        match input {
            Input::Key(key) => {
                if let Some(command) = self.keymap.command(Key::of(&key)) {
                    self.run(command.act, Values::new());
                } else if let KeyCode::Char(digit @ '1'..='9') = key.code {
                    let i = digit as usize - '1' as usize;
                    if i < self.tabs.len() {
                        self.current = i;
                    }
                }
            }
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Paste(_) => {}
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        const WHEEL: u64 = 3;
        match mouse.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let down = mouse.kind == MouseEventKind::ScrollDown;
                let (last, page) = (self.last_row(), self.page());
                if let Some(tab) = self.tab_mut() {
                    let end = tab.end().map_or(u64::MAX, |e| e.saturating_sub(page.min(e)));
                    tab.top = if down {
                        (tab.top + WHEEL).min(end.max(tab.top.min(end)))
                    } else {
                        tab.top.saturating_sub(WHEEL)
                    };
                    tab.row = tab.row.clamp(tab.top, (tab.top + page - 1).max(tab.top));
                    if tab.end().is_some() {
                        tab.row = tab.row.min(last);
                    }
                }
                self.touch();
            }
            MouseEventKind::Down(MouseButton::Left) => {
                self.touch();
                if mouse.row + 1 == self.size.1 && grid::Lines::of(self.size.1).hints {
                    if let Some(act) = self.hint_at(mouse.column) {
                        self.run(act, Values::new());
                    }
                } else if mouse.row == 0 && grid::Lines::of(self.size.1).title {
                    if let Some(i) = self.chip_at(mouse.column) {
                        self.remove_step(i);
                    }
                } else {
                    self.click(mouse.column, mouse.row);
                }
            }
            MouseEventKind::Down(MouseButton::Right) => self.run(Act::Menu, Values::new()),
            _ => {}
        }
    }

    fn click(&mut self, x: u16, y: u16) {
        let width = usize::from(self.size.0);
        let above = grid::Lines::of(self.size.1).above();
        let Some(tab) = self.tab_mut() else { return };
        let place = tab
            .shown(width)
            .iter()
            .find(|s| (s.x..s.x + s.width + super::tab::GAP).contains(&usize::from(x)))
            .map(|s| s.place);
        let Some(place) = place else { return };
        if y < above {
            tab.column = place;
            self.run(Act::Sort, Values::new());
            return;
        }
        let row = tab.top + u64::from(y - above);
        if tab.end().is_none_or(|end| row < end) {
            let again = tab.row == row && tab.column == place;
            tab.row = row;
            tab.column = place;
            if again {
                self.run(Act::Enter, Values::new());
            }
        }
    }

    /// Takes one step out of those in force and carries out the rest anew.
    pub(super) fn remove_step(&mut self, index: usize) {
        let Some(tab) = self.tab() else { return };
        let id = tab.id;
        let mut steps: Vec<Step> = tab.session.now().steps.clone();
        if index < steps.len() {
            steps.remove(index);
            self.carry_out(id, steps);
        }
    }
}
