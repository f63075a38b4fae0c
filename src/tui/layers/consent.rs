//! The question whether work that is expected to take much shall go on. Every way out is an answer: whoever leaves says no.

use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::command::Act;
use crate::engine::TaskId;
use crate::text::{safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Reply, Scroll, Values, centred, frame, movement};
use crate::tui::theme::Role;

/// The names of the values it answers with: which task, and what is said to it.
pub const TASK: &str = "task";
pub const SAY: &str = "answer";
/// What can be said.
pub const GO: &str = "go";
pub const ALWAYS: &str = "always";
pub const LEAVE: &str = "leave";

/// The value with a secret that a task waits for.
pub const SECRET: &str = "secret";

const ANSWERS: [(&str, &str); 3] = [(GO, "cost-go"), (ALWAYS, "cost-always"), (LEAVE, "cost-leave")];

/// Tells a task what it waits for, under one of the names above.
pub fn tell(task: TaskId, name: &str, words: &str) -> Reply {
    let task = i64::try_from(task).unwrap_or_default();
    let values = [(TASK.to_owned(), task.into()), (name.to_owned(), words.into())];
    Reply::Run(Act::Cost, values.into_iter().collect::<Values>())
}

/// The question of one task.
pub struct Consent {
    task: TaskId,
    question: String,
    scroll: Scroll,
    /// Screen line of the first answer, for the mouse.
    first: u16,
}

impl Consent {
    /// The question a task waits with.
    pub fn new(task: TaskId, question: String) -> Self {
        Self { task, question, scroll: Scroll::default(), first: 0 }
    }

    fn say(&self, answer: &str) -> Reply {
        tell(self.task, SAY, answer)
    }
}

impl Layer for Consent {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let screen = Rect { height: area.height.saturating_sub(1), ..area };
        let room = usize::from(screen.width.min(76)).saturating_sub(4).max(1);
        let (lines, _) = safe::wrap(&safe::line(&self.question), room, 8);
        let height = lines.len() + ANSWERS.len() + 3;
        let inner = frame(buf, centred(screen, 76, height as u16), &tr("cost-question"), theme);
        let width = usize::from(inner.width);
        let mut y = inner.y;
        // On tiny screens the answers matter most.
        let spare = usize::from(inner.height).saturating_sub(ANSWERS.len());
        for line in lines.iter().take(spare) {
            put(buf, inner.x, y, line, width, theme.style(Role::Plain));
            y += 1;
        }
        y += u16::from(spare > lines.len());
        self.first = y;
        for (n, (_, text)) in ANSWERS.iter().enumerate() {
            if y >= inner.bottom() {
                break;
            }
            let style = theme.style(if n == self.scroll.at { Role::Selected } else { Role::Plain });
            let label = format!("{} {}", n + 1, tr(text));
            put(buf, inner.x, y, &safe::pad(&safe::fit(&label, width).text, width, false), width, style);
            y += 1;
        }
        None
    }

    fn input(&mut self, input: &Input, _look: &Look<'_>) -> Reply {
        let answer = |at: usize| ANSWERS.get(at).map(|(answer, _)| *answer);
        match input {
            Input::Mouse(mouse) => {
                if let MouseEventKind::Down(_) = mouse.kind
                    && let Some(answer) = mouse.row.checked_sub(self.first).and_then(|n| answer(n.into()))
                {
                    return self.say(answer);
                }
                Reply::Handled
            }
            Input::Key(key) => match (key.code, movement(key, true)) {
                (KeyCode::Char(digit @ '1'..='3'), _) => {
                    answer(digit as usize - '1' as usize).map_or(Reply::Handled, |answer| self.say(answer))
                }
                (_, Some(Move::Enter)) => answer(self.scroll.at).map_or(Reply::Handled, |answer| self.say(answer)),
                (_, Some(Move::Back)) => self.say(LEAVE),
                (_, Some(to)) => {
                    self.scroll.go(to, ANSWERS.len(), ANSWERS.len());
                    Reply::Handled
                }
                _ => Reply::Handled,
            },
            Input::Paste(_) => Reply::Handled,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "hint-choose"), ("Esc", "cost-leave")]
    }

    fn asks_for(&self) -> Option<TaskId> {
        Some(self.task)
    }
}
