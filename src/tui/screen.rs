//! A ratatui backend that sends as few bytes as it can: it keeps its own picture of what the terminal shows, lets the
//! terminal scroll rows that moved, and sends only what still differs, in one write. It must not read from the
//! terminal, and what it emits must work on xterm, tmux, screen, kitty, iTerm2, Windows Terminal and the Linux console.
//!
//! The terminal is expected to be in raw mode: without output processing a line feed moves straight down.

mod cell;
mod emit;
mod links;
pub mod modes;
mod scroll;
mod sgr;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::num::NonZeroU16;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell as Wanted, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use ratatui::{Frame, Terminal};
use unicode_width::UnicodeWidthStr;

use cell::{Cell, Glyphs, Pen};
use emit::{At, Emitter};
pub use links::Board;
use links::Links;
pub use modes::{LEAVE, MOUSE_OFF, MOUSE_ON, enter, title};

/// Frames longer than this are sent as a synchronized update. Shorter ones arrive in one read anyway.
const SYNCHRONIZE_ABOVE: usize = 512;
/// Frames shorter than this are not examined for rows that moved.
const SCROLL_ABOVE: usize = 64;
/// Symbols of several code points kept before those no longer shown are dropped.
const GLYPHS_KEPT: usize = 4096;
const FALLBACK: Size = Size { width: 80, height: 24 };

/// What the terminal is known to do. [`Capabilities::from_env`] reads it off the environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Erased cells take the background of the pen, not the default one.
    pub background_erase: bool,
    /// ECH is understood.
    pub erase_characters: bool,
    /// SU and SD are understood; otherwise rows are scrolled by line feeds at the margin.
    pub scroll_by_count: bool,
    /// A line feed moves straight down (raw mode without output processing).
    pub line_feed: bool,
    /// Unknown private modes are ignored, so that mode 2026 can be sent.
    pub synchronized: bool,
    /// Characters of ambiguous width may be wide here; costs a cursor move after each run of them.
    pub doubts_ambiguous: bool,
    /// OSC 8 is understood or ignored.
    pub hyperlinks: bool,
}

impl Capabilities {
    /// From the values of `TERM` and of the variable that names the character locale (`LC_ALL`, `LC_CTYPE` or `LANG`).
    pub fn new(term: &str, locale: &str) -> Self {
        let plain = matches!(term, "" | "dumb" | "linux");
        let screen = term.starts_with("screen");
        Self {
            // tmux erases with the background, but its terminal description does not promise it.
            background_erase: !matches!(term, "" | "dumb") && !screen && !term.starts_with("tmux"),
            erase_characters: !screen && !matches!(term, "" | "dumb"),
            scroll_by_count: !plain && !screen,
            line_feed: !cfg!(windows),
            synchronized: !plain,
            hyperlinks: !plain,
            doubts_ambiguous: ["ja", "zh", "ko"].iter().any(|language| locale.starts_with(language)),
        }
    }

    /// From the environment of this process.
    pub fn from_env() -> Self {
        let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let term = value("TERM").unwrap_or_default();
        let term = if cfg!(windows) && term.is_empty() { "xterm-256color" } else { &term };
        Self::new(term, &crate::text::locale())
    }

    fn erases(self, bg: Color) -> bool {
        self.background_erase || bg == Color::Reset
    }
}

/// A ratatui backend over a plain writer; see the module's description.
///
/// Nothing is written before [`Backend::flush`], which writes once or, when nothing changed, not at all.
pub struct Screen<W: Write> {
    writer: W,
    measure: Box<dyn Fn() -> io::Result<Size> + Send>,
    measured: std::cell::Cell<Size>,
    size: Size,
    glyphs: Glyphs,
    board: Board,
    links: Links,
    /// The number of its link that each cell of `next` carries.
    slots: Vec<u8>,
    /// What the terminal shows. Meaningless while `known` is false.
    shown: Vec<Cell>,
    /// What it is to show.
    next: Vec<Cell>,
    known: bool,
    touched: bool,
    emitter: Emitter,
    /// Whether the terminal shows the cursor, if known.
    cursor_shown: Option<bool>,
    cursor_wanted: bool,
    cursor: Position,
    written: u64,
}

impl<W: Write> Screen<W> {
    /// A screen of the terminal's own size (80 × 24 if it cannot be had).
    pub fn new(writer: W) -> Self {
        Self::with(writer, Capabilities::from_env(), || {
            let (width, height) = crossterm::terminal::size()?;
            Ok(Size { width, height })
        })
    }

    /// A screen with given capabilities and a given source of the size in columns and rows.
    pub fn with(
        writer: W,
        capabilities: Capabilities,
        measure: impl Fn() -> io::Result<Size> + Send + 'static,
    ) -> Self {
        let size = usable(measure());
        let cells = usize::from(size.width) * usize::from(size.height);
        Self {
            writer,
            measure: Box::new(measure),
            measured: size.into(),
            size,
            glyphs: Glyphs::default(),
            board: Board::new(capabilities.hyperlinks),
            links: Links::default(),
            slots: vec![0; cells],
            shown: vec![Cell::BLANK; cells],
            next: vec![Cell::BLANK; cells],
            known: false,
            touched: true,
            emitter: Emitter::new(size.width.into(), size.height.into(), capabilities),
            cursor_shown: None,
            cursor_wanted: true,
            cursor: Position::ORIGIN,
            written: 0,
        }
    }

    /// Declares the terminal's content unknown: the next flush repaints all of it, even if nothing is drawn in
    /// between. To be called after SIGCONT, when something else wrote to the terminal, and at every resize event (a
    /// size that changed and changed back between two frames cannot be seen here).
    pub fn invalidate(&mut self) {
        self.known = false;
        self.touched = true;
        self.cursor_shown = None;
        self.emitter.forget();
    }

    /// The links of what is drawn next: to be cleared and pinned anew with each frame.
    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Bytes written to the terminal so far.
    pub fn bytes_written(&self) -> u64 {
        self.written
    }

    /// What the terminal is taken to be able to do.
    pub fn capabilities(&self) -> Capabilities {
        self.emitter.caps
    }

    /// The writer. After writing to it anything that draws, call [`Screen::invalidate`].
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Takes over a changed size; what the terminal shows is unknown then.
    fn adopt_size(&mut self) {
        let size = self.measured.get();
        if size == self.size {
            return;
        }
        self.size = size;
        let cells = usize::from(size.width) * usize::from(size.height);
        for picture in [&mut self.shown, &mut self.next] {
            picture.clear();
            picture.resize(cells, Cell::BLANK);
        }
        self.slots.clear();
        self.slots.resize(cells, 0);
        self.emitter.resize(size.width.into(), size.height.into());
        self.invalidate();
    }

    /// Puts a symbol into the wanted picture and mends symbols it cuts through.
    fn put(&mut self, x: usize, y: usize, lead: Cell, slot: u8) {
        let cols = usize::from(self.size.width);
        let row = &mut self.next[y * cols..(y + 1) * cols];
        let slots = &mut self.slots[y * cols..(y + 1) * cols];
        let end = x + usize::from(lead.width);
        let before = (0..x).rev().take_while(|_| row[x].width == 0);
        if let Some(cut) = before.into_iter().find(|&at| row[at].width > 0) {
            let blank = Cell::space(row[cut].pen.unlinked());
            row[cut..x].fill(blank);
            slots[cut..x].fill(0);
        }
        if end > cols {
            // Half a symbol cannot be shown.
            row[x..].fill(Cell::space(lead.pen));
            slots[x..].fill(0);
            return;
        }
        let after = row[end..].iter().take_while(|cell| cell.width == 0).count();
        row[end..end + after].fill(Cell::BLANK);
        slots[end..end + after].fill(0);
        row[x] = lead;
        row[x + 1..end].fill(lead.covered());
        slots[x..end].fill(slot);
    }

    /// Composes the bytes of the frame and leaves the emitter as the terminal will be.
    fn compose(&mut self) {
        let cols = usize::from(self.size.width);
        self.touched |= self.links.resolve(&self.board, &self.slots, &mut self.next, cols);
        self.emitter.links = self.links.texts.clone();
        if !self.known {
            self.emitter.clear();
            self.shown.fill(Cell::BLANK);
            self.known = true;
        }
        if self.touched {
            self.touched = false;
            let start = self.emitter.clone();
            self.emitter.repaint(&self.shown, &self.next, &self.glyphs);
            if self.emitter.out.len() - start.out.len() > SCROLL_ABOVE {
                let cols = usize::from(self.size.width);
                if let Some(plan) = scroll::find(&self.shown, &self.next, cols, &self.glyphs) {
                    let mut scrolled = start;
                    scrolled.scroll(plan, &mut self.shown);
                    scrolled.repaint(&self.shown, &self.next, &self.glyphs);
                    if scrolled.out.len() < self.emitter.out.len() {
                        self.emitter = scrolled;
                    }
                }
            }
            self.emitter.unlink();
            self.shown.copy_from_slice(&self.next);
            self.links.compact([&mut self.shown, &mut self.next]);
            if self.glyphs.len() > GLYPHS_KEPT {
                self.glyphs.compact([&mut self.shown, &mut self.next]);
            }
        }
        if self.cursor_shown != Some(self.cursor_wanted) {
            let mode: &[u8] = if self.cursor_wanted { b"\x1b[?25h" } else { b"\x1b[?25l" };
            self.emitter.out.extend_from_slice(mode);
            self.cursor_shown = Some(self.cursor_wanted);
        }
        let (x, y) = (usize::from(self.cursor.x), usize::from(self.cursor.y));
        if self.cursor_wanted && self.emitter.at != At::Cell(x, y) {
            self.emitter.move_to(x, y);
        }
    }

    fn blank(&mut self, range: std::ops::Range<usize>) {
        let cols = usize::from(self.size.width);
        let end = range.end.min(self.next.len());
        for at in range.start..end {
            self.put(at % cols, at / cols, Cell::BLANK, 0);
        }
        self.touched = true;
    }
}

/// Draws a frame as [`Terminal::draw`] does, and then [`settle`]s it.
pub fn draw<W: Write>(terminal: &mut Terminal<Screen<W>>, render: impl FnOnce(&mut Frame)) -> io::Result<()> {
    terminal
        .draw(|frame| {
            render(frame);
            settle(frame.buffer_mut());
        })
        .map(|_| ())
}

/// Makes a finished frame unambiguous for ratatui's diff. What a buffer holds behind a wide symbol is not on the
/// screen, yet the diff compares with it once the symbol is gone, and may leave out a cell that has to be drawn. Such
/// cells are marked so that they differ from anything drawn. A wide symbol in the last column, of which only half
/// would be seen, becomes a space.
pub fn settle(buffer: &mut Buffer) {
    let cols = usize::from(buffer.area.width.max(1));
    for row in buffer.content.chunks_mut(cols) {
        let mut x = 0;
        while x < row.len() {
            if row[x].symbol().len() == 1 && row[x].diff_option == CellDiffOption::None {
                x += 1;
                continue;
            }
            let width = columns(row[x].symbol());
            if row[x].diff_option == CellDiffOption::None && row[x].cell_width() != width.get() {
                row[x].set_diff_option(CellDiffOption::ForcedWidth(width));
            }
            let end = x + usize::from(row[x].cell_width()).max(1);
            if end > row.len() {
                row[x].set_symbol(" ");
                x += 1;
                continue;
            }
            for covered in &mut row[x + 1..end] {
                covered.set_diff_option(CellDiffOption::Skip);
            }
            x = end;
        }
    }
}

/// The columns a symbol takes. ratatui counts half-width sound marks twice, since Unicode's tables count them too.
fn columns(symbol: &str) -> NonZeroU16 {
    NonZeroU16::new(symbol.width() as u16).unwrap_or(NonZeroU16::MIN)
}

fn usable(size: io::Result<Size>) -> Size {
    size.ok().filter(|size| size.width > 0 && size.height > 0).unwrap_or(FALLBACK)
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Wanted)>,
    {
        self.adopt_size();
        // Where the symbol drawn last ends: ratatui sends the covered half of some wide symbols after them.
        let mut covered = (0, 0..0);
        for (x, y, wanted) in content {
            if x >= self.size.width || y >= self.size.height {
                continue;
            }
            let (x, y) = (usize::from(x), usize::from(y));
            if covered.0 == y && covered.1.contains(&x) {
                continue;
            }
            let slot = links::slot(wanted.modifier);
            let pen = Pen { fg: wanted.fg, bg: wanted.bg, mods: wanted.modifier & Modifier::all(), link: 0 };
            let forced = match wanted.diff_option {
                CellDiffOption::ForcedWidth(width) => Some(width.get()),
                _ => None,
            };
            let cell = self.glyphs.cell(wanted.symbol(), pen, forced);
            covered = (y, x + 1..x + usize::from(cell.width));
            self.put(x, y, cell, slot);
            self.touched = true;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor_wanted = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor_wanted = true;
        Ok(())
    }

    /// The position wanted last; the terminal is not asked.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.cursor = Position { x: x.min(self.size.width - 1), y: y.min(self.size.height - 1) };
        Ok(())
    }

    /// Empties the wanted picture and declares what the terminal shows unknown.
    fn clear(&mut self) -> io::Result<()> {
        self.adopt_size();
        self.next.fill(Cell::BLANK);
        self.slots.fill(0);
        self.invalidate();
        Ok(())
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.adopt_size();
        let cols = usize::from(self.size.width);
        let at = usize::from(self.cursor.y) * cols + usize::from(self.cursor.x);
        let line = at - at % cols;
        match clear_type {
            ClearType::All => return self.clear(),
            ClearType::AfterCursor => self.blank(at..self.next.len()),
            ClearType::BeforeCursor => self.blank(0..at + 1),
            ClearType::CurrentLine => self.blank(line..line + cols),
            ClearType::UntilNewLine => self.blank(at..line + cols),
        }
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let size = usable((self.measure)());
        self.measured.set(size);
        Ok(size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let columns_rows = self.size()?;
        let pixels =
            crossterm::terminal::window_size().map(|window| Size::new(window.width, window.height)).unwrap_or_default();
        Ok(WindowSize { columns_rows, pixels })
    }

    /// Writes what changed, in one call. If that fails the terminal's content counts as unknown.
    fn flush(&mut self) -> io::Result<()> {
        self.compose();
        if self.emitter.out.is_empty() {
            return Ok(());
        }
        let mut frame = std::mem::take(&mut self.emitter.out);
        if self.emitter.caps.synchronized && frame.len() > SYNCHRONIZE_ABOVE {
            frame.splice(0..0, *b"\x1b[?2026h");
            frame.extend_from_slice(b"\x1b[?2026l");
        }
        let sent = self.writer.write_all(&frame).and_then(|()| self.writer.flush());
        if sent.is_ok() {
            self.written += frame.len() as u64;
        } else {
            self.invalidate();
        }
        frame.clear();
        self.emitter.out = frame;
        sent
    }
}

/// Appends a number in decimal.
fn number(out: &mut Vec<u8>, n: u16) {
    let mut place = 10_000;
    while place > 1 && n < place {
        place /= 10;
    }
    while place > 0 {
        out.push(b'0' + (n / place % 10) as u8);
        place /= 10;
    }
}
