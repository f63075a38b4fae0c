//! The interface without a terminal: keys go in, and the cells drawn are looked at.

mod hints;
mod late;
mod mouse;
mod shots;
mod sizes;

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Message, Setup};
use super::screen::settle;
use super::theme::Theme;
use crate::command::keymap::Keymap;
use crate::data::Dataset;
use crate::engine::Sources;
use crate::text::Lang;
use crate::value::{Cell, Column, Kind};

/// Longest wait for a worker; only a failing test waits as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The interface on a screen that is a buffer.
struct Stage {
    app: App,
    news: Receiver<Message>,
    size: (u16, u16),
}

/// Forty rows with Japanese text, missing and empty values, dates and a cell that would like to drive the terminal.
fn events() -> Dataset {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind };
    let columns = [
        column("event_id", Kind::Integer),
        column("day", Kind::Date),
        column("店舗", Kind::Text),
        column("amount", Kind::Float),
        column("paid", Kind::Boolean),
        column("note", Kind::Text),
        column("a column with quite a long name", Kind::Text),
    ];
    let shops = ["渋谷本店", "大阪 梅田", "ﾌﾟﾗｻﾞ札幌", "福岡"];
    let notes = ["", "first order", "返品あり", "a\u{1b}[31mred\u{7}", "bad \u{fffd} byte"];
    let text = |t: &str| Cell::Text(t.to_owned().into());
    let rows: Vec<Vec<Cell<'static>>> = (0..40i128)
        .map(|i| {
            let n = i as usize;
            vec![
                Cell::Int(1001 + i),
                Cell::Date(20_000 + i as i32),
                text(shops[n * 7 % 4]),
                if n % 6 == 3 { Cell::Null } else { Cell::Float(1234.5 * (n % 9) as f64) },
                Cell::Bool(n % 3 == 0),
                text(notes[n * 3 % 5]),
                text(if n % 2 == 0 { "some words that go on" } else { "x" }),
            ]
        })
        .collect();
    Dataset::from_frame(crate::data::frame_of_cells(&columns, &rows))
}

impl Stage {
    /// A table in front, in a language, theme and size.
    fn new(lang: Lang, theme: Theme, size: (u16, u16)) -> Self {
        lang.make_current();
        let (send, news) = channel();
        let setup = Setup {
            sources: Sources::built_in(),
            keymap: Keymap::load("default").expect("the preset"),
            theme,
            mouse: true,
            memory: 1 << 30,
            config_file: None,
            plain: false,
        };
        let mut app = App::new(setup, send, size);
        app.add_tab("events.csv".to_owned(), events());
        let mut stage = Self { app, news, size };
        stage.settle();
        stage
    }

    /// Waits until all rows wanted are there and no task is under way.
    fn settle(&mut self) {
        loop {
            self.app.fetch(true);
            while let Ok(message) = self.news.try_recv() {
                self.app.update(message);
                self.app.fetch(true);
            }
            let waits = self.app.running().next().is_some() || self.app.tab().is_some_and(|t| t.asked.is_some());
            if !waits {
                return;
            }
            let message = self.news.recv_timeout(PATIENCE).expect("news from a worker");
            self.app.update(message);
        }
    }

    fn press(&mut self, code: KeyCode) {
        self.app.update(Message::Terminal(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))));
        self.settle();
    }

    /// Types characters; `\n` is Enter and `\x1b` is Esc.
    fn keys(&mut self, keys: &str) {
        for c in keys.chars() {
            self.press(match c {
                '\n' => KeyCode::Enter,
                '\x1b' => KeyCode::Esc,
                '\t' => KeyCode::Tab,
                c => KeyCode::Char(c),
            });
        }
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.app.update(Message::Terminal(Event::Resize(size.0, size.1)));
        self.settle();
    }

    fn draw(&mut self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        let cursor = self.app.draw(&mut buffer);
        if let Some(at) = cursor {
            assert!(buffer.area.contains(at.into()), "the text cursor is at {at:?} of {:?}", self.size);
        }
        settle(&mut buffer);
        buffer
    }

    /// What is on screen, line by line.
    fn lines(&mut self) -> Vec<String> {
        let buffer = self.draw();
        (0..buffer.area.height).map(|y| line(&buffer, y)).collect()
    }
}

/// A line of a buffer without what wide symbols cover.
fn line(buffer: &Buffer, y: u16) -> String {
    let cells = (0..buffer.area.width).map(|x| &buffer[(x, y)]);
    cells.filter(|c| c.diff_option != ratatui::buffer::CellDiffOption::Skip).map(|c| c.symbol()).collect()
}
