//! A chart over the whole screen. Holds the figure to draw; what is charted, and how, is the interface's to know.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::command::Act;
use crate::output::palette;
use crate::output::plot::{Glyphs, Ink, PlotOptions, plot};
use crate::result::figure::{Figure, Role as FigureRole};
use crate::text::{safe, tr};
use crate::tui::grid::put;
use crate::tui::layer::{Input, Layer, Look, Move, Pictured, Reply, Values, movement};
use crate::tui::picture::KEY;
use crate::tui::theme::{Role, Theme};

/// What the layer is told.
pub enum ChartNews {
    /// Another chart is being drawn.
    Working,
    /// It is drawn.
    Drawn(Box<Figure>),
    /// It cannot be drawn, in words.
    Failed(String),
}

/// An open chart.
pub struct ChartView {
    figure: Option<Figure>,
    trouble: Option<String>,
    working: bool,
    glyphs: Glyphs,
}

impl ChartView {
    /// A chart that is being drawn.
    pub fn new(glyphs: Glyphs) -> Self {
        Self { figure: None, trouble: None, working: true, glyphs }
    }
}

/// How an ink of a drawing looks on screen.
pub fn style(ink: Ink, theme: Theme) -> Style {
    match ink {
        Ink::Plain => theme.style(Role::Plain),
        Ink::Bold => theme.style(Role::Title),
        Ink::Dim | Ink::Role(FigureRole::Ink) => theme.style(Role::Dim),
        Ink::Role(_) if theme == Theme::Mono => theme.style(Role::Plain),
        Ink::Role(role) => Style::default().fg(Color::Indexed(palette::indexed(role))),
    }
}

fn ask(name: &str, value: &str) -> Reply {
    Reply::Stay(Act::Chart, [(name.to_owned(), value.into())].into_iter().collect::<Values>())
}

impl Layer for ChartView {
    fn draw(&mut self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let theme = look.theme;
        let (width, height) = (usize::from(area.width), usize::from(area.height.saturating_sub(1)));
        let blank = " ".repeat(width);
        for y in 0..area.height.saturating_sub(1) {
            put(buf, area.x, area.y + y, &blank, width, Style::reset());
        }
        let message = |buf: &mut Buffer, text: &str, role: Role| {
            let (lines, _) = safe::wrap(text, width.saturating_sub(4), 6);
            for (line, y) in lines.iter().zip(area.y + area.height / 3..area.bottom().saturating_sub(1)) {
                put(buf, area.x + 2, y, line, width, theme.style(role));
            }
        };
        if let Some(trouble) = &self.trouble {
            message(buf, trouble, Role::Error);
            return None;
        }
        let Some(figure) = &self.figure else {
            message(buf, &tr("chart-working"), Role::Dim);
            return None;
        };
        let options = PlotOptions { width, height, glyphs: self.glyphs, colour: theme != Theme::Mono };
        for (line, y) in plot(figure, &options).iter().zip(area.y..) {
            let mut x = area.x;
            for span in line {
                x = put(buf, x, y, &span.text, width, style(span.ink, theme));
            }
        }
        if self.working {
            let text = tr("chart-working");
            let wide = safe::width(&text);
            put(buf, area.right().saturating_sub(wide as u16), area.y, &text, wide, theme.style(Role::Warn));
        }
        None
    }

    fn input(&mut self, input: &Input, look: &Look<'_>) -> Reply {
        let Input::Key(key) = input else { return Reply::Handled };
        match movement(key, false) {
            Some(Move::Back) => return Reply::Close,
            Some(Move::Right) => return ask("change", "next"),
            Some(Move::Left) => return ask("change", "previous"),
            _ => {}
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Backspace => Reply::Close,
            KeyCode::Char('l') => ask("change", "log"),
            KeyCode::Char('y') => ask("choose", "y"),
            KeyCode::Char('a') => ask("change", "measure"),
            KeyCode::Char('g') => ask("choose", "colour"),
            KeyCode::Char('t') => ask("choose", "facet"),
            KeyCode::Char('e') => ask("choose", "output"),
            KeyCode::Char(KEY) => ask("change", "picture"),
            _ => match look.keymap.command(crate::command::keymap::Key::of(key)) {
                Some(c) if c.act == Act::Chart => Reply::Close,
                _ => Reply::Ignored,
            },
        }
    }

    fn is_worked_out(&self) -> bool {
        true
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("←→", "hint-chart-kind"),
            ("y", "hint-chart-second"),
            ("a", "hint-chart-measure"),
            ("g", "hint-chart-colour"),
            ("t", "hint-chart-facet"),
            ("l", "hint-chart-log"),
            ("e", "hint-chart-export"),
            ("p", "hint-chart-picture"),
            ("Esc", "hint-back"),
        ]
    }

    fn pictured(&self) -> Pictured {
        Pictured::Offered
    }

    fn news(&mut self, news: &dyn std::any::Any) {
        match news.downcast_ref::<ChartNews>() {
            Some(ChartNews::Working) => self.working = true,
            Some(ChartNews::Drawn(figure)) => {
                self.figure = Some(figure.as_ref().clone());
                (self.working, self.trouble) = (false, None);
            }
            Some(ChartNews::Failed(text)) => {
                self.trouble = Some(text.clone());
                self.working = false;
            }
            None => {}
        }
    }
}
