//! Which method answers a question: one question a screen, then the method. Holds the road walked and decides nothing.

use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::Act;
use crate::op::ab::planning::wizard::{LEAVES, Leaf, QUESTIONS, State, To};
use crate::text::{Msg, safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, frame, movement};
use crate::tui::theme::Role;

/// An open walk.
#[derive(Default)]
pub struct Wizard {
    /// Which answer was picked at each question so far.
    road: Vec<usize>,
    scroll: Scroll,
    page: usize,
    lines: usize,
    /// Screen line of each answer drawn, for the mouse.
    spots: Vec<(u16, usize)>,
}

impl Wizard {
    fn at(&self) -> To {
        self.road.iter().fold(To::Question(0), |at, pick| match at {
            To::Question(q) => QUESTIONS[q].answers.get(*pick).map_or(at, |a| a.to),
            leaf => leaf,
        })
    }

    fn pick(&mut self, pick: usize) -> Reply {
        match self.at() {
            To::Question(q) if pick < QUESTIONS[q].answers.len() => {
                self.road.push(pick);
                self.scroll = Scroll::default();
                Reply::Handled
            }
            To::Question(_) => Reply::Handled,
            To::Leaf(leaf) if LEAVES[leaf].state == State::Computed => Reply::Stay(Act::AbPlan, Values::new()),
            To::Leaf(_) => Reply::Handled,
        }
    }

    fn back(&mut self) -> Reply {
        match self.road.pop() {
            Some(pick) => {
                self.scroll = Scroll { at: pick, top: 0 };
                Reply::Handled
            }
            None => Reply::Close,
        }
    }
}

/// The lines of a leaf, each with its role.
fn told(leaf: &Leaf, width: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let mut say = |text: &str, role: Role| {
        let (wrapped, _) = safe::wrap(&safe::line(text), width.max(8), 30);
        lines.extend(wrapped.into_iter().map(|l| (l.to_owned(), role)));
    };
    say(&leaf.words().to_string(), Role::Title);
    say(&leaf.help(), Role::Plain);
    for (heading, text) in leaf.parts() {
        say(" ", Role::Plain);
        say(&heading.to_string(), Role::Header);
        say(&text, Role::Plain);
    }
    say(" ", Role::Plain);
    say(&leaf.remark().to_string(), if leaf.state == State::Computed { Role::Key } else { Role::Warn });
    lines
}

impl Layer for Wizard {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let title = match self.at() {
            To::Question(q) => Msg::new("wizard-step").with("number", q + 1).with("of", QUESTIONS.len()).to_string(),
            To::Leaf(_) => tr("wizard-title"),
        };
        let inner = frame(buf, Rect { height: area.height.saturating_sub(1), ..area }, &title, theme);
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        self.page = height;
        self.spots.clear();
        match self.at() {
            To::Leaf(leaf) => {
                let lines = told(&LEAVES[leaf], width);
                self.lines = lines.len();
                self.scroll.at = self.scroll.at.min(self.lines.saturating_sub(height));
                for ((text, role), y) in lines.iter().skip(self.scroll.at).take(height).zip(inner.y..) {
                    put(buf, inner.x, y, text, width, theme.style(*role));
                }
            }
            To::Question(q) => {
                let question = &QUESTIONS[q];
                self.lines = question.answers.len();
                let mut y = inner.y;
                for (text, role) in [(question.words().to_string(), Role::Title), (question.help(), Role::Dim)] {
                    let (wrapped, _) = safe::wrap(&text, width.max(8), 6);
                    for line in wrapped {
                        if y < inner.bottom() {
                            put(buf, inner.x, y, &line, width, theme.style(role));
                        }
                        y += 1;
                    }
                    y += 1;
                }
                for (i, answer) in question.answers.iter().enumerate() {
                    let role = if i == self.scroll.at { Role::Selected } else { Role::Plain };
                    let text = answer.words().to_string();
                    let (wrapped, _) = safe::wrap(&text, width.saturating_sub(6).max(8), 4);
                    for (n, line) in wrapped.iter().enumerate() {
                        if y < inner.bottom() {
                            let mark = if n == 0 { format!("  {}  ", i + 1) } else { "     ".to_owned() };
                            let text = safe::pad(&format!("{mark}{line}"), width, false);
                            put(buf, inner.x, y, &text, width, theme.style(role));
                            self.spots.push((y, i));
                        }
                        y += 1;
                    }
                }
            }
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let len = match self.at() {
            To::Question(_) => self.lines,
            To::Leaf(_) => (self.lines + 1).saturating_sub(self.page).max(1),
        };
        match input {
            Input::Paste(_) => Reply::Handled,
            Input::Mouse(mouse) => match mouse.kind {
                MouseEventKind::Down(_) => match self.spots.iter().find(|(y, _)| *y == mouse.row) {
                    Some((_, pick)) => self.pick(*pick),
                    None => Reply::Handled,
                },
                _ => {
                    self.scroll.wheel(mouse, len, self.page);
                    Reply::Handled
                }
            },
            Input::Key(key) => match (movement(key, true), key.code) {
                (Some(Move::Enter), _) => self.pick(self.scroll.at),
                (Some(Move::Back), _) => self.back(),
                (_, KeyCode::Char(digit @ '1'..='9')) if matches!(self.at(), To::Question(_)) => {
                    self.pick(digit as usize - '1' as usize)
                }
                (Some(m), _) => {
                    self.scroll.go(m, len, self.page);
                    Reply::Handled
                }
                _ => Reply::Ignored,
            },
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match self.at() {
            To::Question(_) => vec![("Enter", "hint-choose"), ("1–9", "hint-wizard-number"), ("Esc", "hint-back")],
            To::Leaf(leaf) if LEAVES[leaf].state == State::Computed => {
                vec![("Enter", "hint-wizard-plan"), ("↑↓", "hint-scroll"), ("Esc", "hint-back")]
            }
            To::Leaf(_) => vec![("↑↓", "hint-scroll"), ("Esc", "hint-back")],
        }
    }
}
