//! Feeds what the screen sends to a terminal emulator and compares the emulator's cells with the buffer wanted.

use std::sync::{Arc, Mutex};

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::*;

mod behaviour;
mod figures;
mod frames;
mod leads;
mod walks;

const XTERM: &str = "xterm-256color";

/// Records each write call, so that tests can count them.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct NothingUnhandled;

impl vt100::Callbacks for NothingUnhandled {
    fn unhandled_char(&mut self, _: &mut vt100::Screen, c: char) {
        // The emulator leaves the replacement character out, and its cursor where it was.
        assert_eq!(c, char::REPLACEMENT_CHARACTER);
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, b: u8) {
        panic!("control {b}");
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, b: u8) {
        panic!("escape {b}");
    }
    fn unhandled_csi(&mut self, _: &mut vt100::Screen, first: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        assert_eq!((first, params.first()), (Some(b'?'), Some(&&[2026][..])), "{c}");
    }
}

/// A ratatui terminal whose screen writes to an emulated terminal.
struct Rig {
    terminal: Terminal<Screen<Wire>>,
    wire: Wire,
    size: Arc<Mutex<Size>>,
    emulator: vt100::Parser<NothingUnhandled>,
    /// What the last frame sent.
    last: String,
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Rig {
    fn new(width: u16, height: u16, term: &str) -> Self {
        Self::with(width, height, Capabilities::new(term, "en_GB.UTF-8"))
    }

    fn with(width: u16, height: u16, capabilities: Capabilities) -> Self {
        let size = Arc::new(Mutex::new(Size { width, height }));
        let wire = Wire::default();
        let source = size.clone();
        let screen = Screen::with(wire.clone(), capabilities, move || Ok(*source.lock().unwrap()));
        let mut emulator = vt100::Parser::new_with_callbacks(some(height), some(width), 0, NothingUnhandled);
        emulator.process("\x1b[?1049h\x1b[41mwhat was there before\x1b[7m".as_bytes());
        Self { terminal: Terminal::new(screen).unwrap(), wire, size, emulator, last: String::new() }
    }

    fn resize(&mut self, width: u16, height: u16) {
        *self.size.lock().unwrap() = Size { width, height };
        self.emulator.screen_mut().set_size(some(height), some(width));
        let screen = self.terminal.backend_mut();
        if screen.size == (Size { width, height }) {
            // There and back between two frames: only the resize event tells.
            screen.invalidate();
        }
    }

    /// Draws, checks the emulated screen cell by cell, and returns the number of bytes sent.
    fn draw(&mut self, scene: &Buffer) -> usize {
        self.draw_with_cursor(scene, None)
    }

    fn draw_with_cursor(&mut self, scene: &Buffer, cursor: Option<(u16, u16)>) -> usize {
        match self.try_draw(scene, cursor) {
            Ok(bytes) => bytes,
            Err(what) => panic!("{what}\nafter {:?}", self.last),
        }
    }

    /// As [`Rig::draw_with_cursor`], but says what is wrong.
    fn try_draw(&mut self, scene: &Buffer, cursor: Option<(u16, u16)>) -> Result<usize, String> {
        let area = Rect::from((Position::ORIGIN, self.terminal.backend().measured_now()));
        super::draw(&mut self.terminal, |frame| {
            assert_eq!(frame.area(), area);
            frame.buffer_mut().merge(scene);
            if let Some(at) = cursor {
                frame.set_cursor_position(at);
            }
        })
        .unwrap();
        let sent = std::mem::take(&mut *self.wire.0.lock().unwrap());
        assert!(sent.len() <= 1, "{} write calls for one frame", sent.len());
        let bytes = sent.concat();
        self.emulator.process(&bytes);
        self.last = String::from_utf8_lossy(&bytes).into_owned();
        let screen = self.emulator.screen();
        compare(scene, screen)?;
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some((x, y)) = cursor {
            assert_eq!(screen.cursor_position(), (y, x));
        }
        Ok(bytes.len())
    }
}

impl Screen<Wire> {
    fn measured_now(&self) -> Size {
        (self.measure)().unwrap()
    }
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(n) => vt100::Color::Idx(n),
        named => vt100::Color::Idx(
            [
                Color::Black,
                Color::Red,
                Color::Green,
                Color::Yellow,
                Color::Blue,
                Color::Magenta,
                Color::Cyan,
                Color::Gray,
                Color::DarkGray,
                Color::LightRed,
                Color::LightGreen,
                Color::LightYellow,
                Color::LightBlue,
                Color::LightMagenta,
                Color::LightCyan,
                Color::White,
            ]
            .iter()
            .position(|c| *c == named)
            .unwrap() as u8,
        ),
    }
}

fn compare(wanted: &Buffer, screen: &vt100::Screen) -> Result<(), String> {
    let area = wanted.area;
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let cell = &wanted[(x, y)];
            let shown = screen.cell(y, x).unwrap();
            let symbol = if shown.has_contents() { shown.contents() } else { " " };
            let width = columns(cell.symbol()).get();
            // The emulator gives each code point of a cluster that it does not know a cell of its own.
            let same = symbol == cell.symbol()
                || cell.symbol() == "\u{fffd}" && symbol == " "
                || cell.symbol().contains('\u{200d}') && cell.symbol().starts_with(symbol);
            if !same {
                return Err(format!("({x}, {y}): {symbol:?} instead of {:?}", cell.symbol()));
            }
            let has = |modifier| cell.modifier.contains(modifier);
            let ink = symbol != " ";
            let visible = ink || has(Modifier::REVERSED) || has(Modifier::UNDERLINED);
            let wanted_looks = (
                colour(cell.bg),
                has(Modifier::REVERSED),
                has(Modifier::UNDERLINED),
                visible.then(|| (colour(cell.fg), has(Modifier::BOLD), has(Modifier::DIM), has(Modifier::ITALIC))),
            );
            let looks = (
                shown.bgcolor(),
                shown.inverse(),
                shown.underline(),
                visible.then(|| (shown.fgcolor(), shown.bold(), shown.dim(), shown.italic())),
            );
            if wanted_looks != looks {
                return Err(format!("({x}, {y}) {symbol:?}: {looks:?} instead of {wanted_looks:?}"));
            }
            for covered in x + 1..x + width {
                let covered = screen.cell(y, covered).unwrap();
                if !covered.is_wide_continuation() {
                    return Err(format!("({x}, {y}): {symbol:?} was cut"));
                }
            }
            x += width.max(1);
        }
    }
    Ok(())
}

fn scene(width: u16, height: u16) -> Buffer {
    Buffer::empty(Rect::new(0, 0, width, height))
}
