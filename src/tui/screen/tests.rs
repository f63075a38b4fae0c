//! Feeds what the screen sends to a terminal emulator and compares the emulator's cells with the buffer wanted.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::*;

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
        panic!("character {c:?}");
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, b: u8) {
        panic!("control {b}");
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, b: u8) {
        panic!("escape {b}");
    }
    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        assert_eq!(
            (first, params.first()),
            (Some(b'?'), Some(&&[2026][..])),
            "{c}"
        );
    }
}

/// A ratatui terminal whose screen writes to an emulated terminal.
struct Rig {
    terminal: Terminal<Screen<Wire>>,
    wire: Wire,
    size: Arc<Mutex<Size>>,
    emulator: vt100::Parser<NothingUnhandled>,
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
        let screen = Screen::with(wire.clone(), capabilities, move || {
            Ok(*source.lock().unwrap())
        });
        let mut emulator =
            vt100::Parser::new_with_callbacks(some(height), some(width), 0, NothingUnhandled);
        emulator.process("\x1b[?1049h\x1b[41mwhat was there before\x1b[7m".as_bytes());
        Self {
            terminal: Terminal::new(screen).unwrap(),
            wire,
            size,
            emulator,
        }
    }

    fn resize(&mut self, width: u16, height: u16) {
        *self.size.lock().unwrap() = Size { width, height };
        self.emulator
            .screen_mut()
            .set_size(some(height), some(width));
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
        let area = Rect::from((
            Position::ORIGIN,
            self.terminal.backend().measured_now(),
        ));
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
        if std::env::var_os("DUMP").is_some() { println!("{:?}", String::from_utf8_lossy(&bytes)); }
        self.emulator.process(&bytes);
        let screen = self.emulator.screen();
        if let Err(what) = compare(scene, screen) {
            panic!("{what}\nafter {:?}", String::from_utf8_lossy(&bytes));
        }
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some((x, y)) = cursor {
            assert_eq!(screen.cursor_position(), (y, x));
        }
        bytes.len()
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
            let symbol = if shown.has_contents() {
                shown.contents()
            } else {
                " "
            };
            let width = cell.symbol().cell_width();
            // The emulator gives each code point of a cluster that it does not know a cell of its own.
            let same = symbol == cell.symbol()
                || cell.symbol().contains('\u{200d}') && cell.symbol().starts_with(symbol);
            if !same {
                return Err(format!(
                    "({x}, {y}): {symbol:?} instead of {:?}",
                    cell.symbol()
                ));
            }
            let has = |modifier| cell.modifier.contains(modifier);
            let ink = symbol != " ";
            let visible = ink || has(Modifier::REVERSED) || has(Modifier::UNDERLINED);
            let wanted_looks = (
                colour(cell.bg),
                has(Modifier::REVERSED),
                has(Modifier::UNDERLINED),
                visible.then(|| {
                    (
                        colour(cell.fg),
                        has(Modifier::BOLD),
                        has(Modifier::DIM),
                        has(Modifier::ITALIC),
                    )
                }),
            );
            let looks = (
                shown.bgcolor(),
                shown.inverse(),
                shown.underline(),
                visible.then(|| (shown.fgcolor(), shown.bold(), shown.dim(), shown.italic())),
            );
            if wanted_looks != looks {
                return Err(format!(
                    "({x}, {y}) {symbol:?}: {looks:?} instead of {wanted_looks:?}"
                ));
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

// A table of 12 columns as the workbench shows it.

const GRID: (u16, u16) = (120, 36);
const COLUMNS: [(u16, usize); 12] = [
    (0, 8),
    (10, 10),
    (21, 6),
    (29, 12),
    (42, 7),
    (51, 8),
    (61, 9),
    (72, 5),
    (79, 9),
    (90, 8),
    (100, 8),
    (110, 9),
];

fn value(row: u64, column: usize) -> String {
    let random = (row * 12 + column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    match column {
        0 => format!("{row:>8}"),
        1 => format!("2026-0{}-{:02}", random % 9 + 1, random % 28 + 1),
        3 => ["東京本店", "大阪", "ログイン", "purchase", "tutorial_ok"][random as usize % 5].into(),
        5 | 9 => format!("{:>8.2}", (random % 1_000_000) as f64 / 100.0),
        7 => ["true", "false"][random as usize % 2].into(),
        _ => format!("u{}", random % 100_000),
    }
}

/// The view whose first row is `first`, with the cursor on data row `row` and column `column`.
fn table(first: u64, row: u64, column: usize) -> Buffer {
    let (width, height) = GRID;
    let mut buffer = scene(width, height);
    let bar = Style::new().bg(Color::Indexed(238)).fg(Color::White);
    buffer.set_string(0, 0, "events_zstd.parquet  10,000,000 × 12", bar);
    buffer.set_style(Rect::new(0, 0, width, 1), bar);
    for (at, (x, size)) in COLUMNS.into_iter().enumerate() {
        let name = format!("column_{at}");
        let head = Style::new().add_modifier(Modifier::BOLD);
        buffer.set_stringn(x, 1, name, size, head);
    }
    let rows = u64::from(height) - 4;
    for line in 0..rows {
        let y = line as u16 + 2;
        let data = first + line;
        for (at, (x, size)) in COLUMNS.into_iter().enumerate() {
            let fg = [Color::Cyan, Color::Reset, Color::Reset][at % 3];
            buffer.set_stringn(x, y, value(data, at), size, Style::new().fg(fg));
        }
        if data == row {
            let line = Style::new().bg(Color::Indexed(236));
            buffer.set_style(Rect::new(0, y, width, 1), line);
            let (x, size) = COLUMNS[column];
            let here = Style::new().add_modifier(Modifier::REVERSED);
            buffer.set_style(Rect::new(x, y, size as u16, 1), here);
        }
    }
    let status = format!("row {row} of 10,000,000");
    buffer.set_string(0, height - 2, status, Style::new());
    let hints = "Enter open  / search  = only this  s sort  r rank  v chart  a analyse  ? help";
    buffer.set_string(0, height - 1, hints, Style::new().fg(Color::DarkGray));
    buffer
}

fn visible_text(buffer: &Buffer) -> usize {
    let mut bytes = 0;
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect();
        bytes += line.trim_end().len();
    }
    bytes
}

#[test]
fn one_row_down_scrolls() {
    for term in [XTERM, "linux", "screen-256color", "tmux-256color"] {
        let mut rig = Rig::new(GRID.0, GRID.1, term);
        let first = rig.draw(&table(0, 31, 3));
        let mut total = 0;
        for step in 1..40 {
            let bytes = rig.draw(&table(step, 31 + step, 3));
            assert!(bytes <= 400, "{term}: {bytes} bytes down");
            total += bytes;
        }
        println!("{term}: first {first}, down {}", total/39);
        assert!(total / 39 <= 340, "{term}: {} bytes down on average", total / 39);
        for step in (0..39).rev() {
            let bytes = rig.draw(&table(step, step, 3));
            assert!(bytes <= 400 || step == 38, "{term}: {bytes} bytes up");
        }
    }
}

#[test]
fn one_row_down_without_scrolling() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 10, 3));
    let bytes = rig.draw(&table(0, 11, 3));
    println!("row down in place {bytes}");
    assert!(bytes <= 360, "{bytes}");
}

#[test]
fn one_page_down_sends_little_but_the_text() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 0, 0));
    for page in 1..5 {
        let view = table(page * 31, page * 31, 0);
        let bytes = rig.draw(&view);
        let text = visible_text(&view);
        println!("page {bytes} of {text}");
        assert!(bytes * 10 <= text * 11, "{bytes} bytes for {text} of text");
    }
}

#[test]
fn one_column_right() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 5, 0));
    for column in 1..12 {
        let bytes = rig.draw(&table(0, 5, column));
        println!("column {column}: {bytes}");
        assert!(bytes <= 60, "{bytes}");
    }
}

#[test]
fn nothing_changed_nothing_sent() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw_with_cursor(&table(0, 5, 0), Some((4, 4)));
    assert_eq!(rig.draw_with_cursor(&table(0, 5, 0), Some((4, 4))), 0);
    assert_eq!(rig.draw_with_cursor(&table(0, 5, 0), Some((5, 4))), 3);
    let total = rig.terminal.backend().bytes_written();
    rig.terminal.backend_mut().flush().unwrap();
    assert_eq!(rig.terminal.backend().bytes_written(), total);
}

#[test]
fn invalidated_screens_are_sent_whole() {
    let mut rig = Rig::new(40, 8, XTERM);
    let mut view = scene(40, 8);
    view.set_string(3, 3, "語 kept", Style::new().fg(Color::Red));
    rig.draw(&view);
    rig.emulator.process(b"\x1b[3;5r\x1b[44m\x1b[2Jgarbage\x1b[?25h");
    rig.terminal.backend_mut().invalidate();
    rig.draw(&view);
    rig.emulator.process(b"\x1b[44m\x1b[2Jgarbage");
    rig.terminal.clear().unwrap();
    rig.draw(&view);
}

#[test]
fn cells_cannot_drive_the_terminal() {
    let mut screen = Screen::with(Vec::new(), Capabilities::new(XTERM, ""), || {
        Ok(Size::new(20, 2))
    });
    let hostile = [
        "\x1b]0;x\x07",
        "a\u{9b}31m",
        "\n",
        "\u{202e}abc",
        "\u{7f}",
        "",
        "\u{301}",
    ];
    let cells: Vec<Wanted> = hostile
        .iter()
        .map(|symbol| {
            let mut cell = Wanted::EMPTY;
            cell.set_symbol(symbol);
            cell
        })
        .collect();
    let content = cells.iter().enumerate();
    screen
        .draw(content.map(|(at, cell)| (at as u16, 0, cell)))
        .unwrap();
    screen.hide_cursor().unwrap();
    screen.flush().unwrap();
    assert_eq!(
        String::from_utf8_lossy(screen.writer_mut()),
        "\x1b[r\x1b[m\x1b[2J\x1b[H?????\x1b[?25l"
    );
}

#[test]
fn failed_writes_leave_nothing_assumed() {
    struct Full(bool, Vec<u8>);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut screen = Screen::with(
        Full(true, Vec::new()),
        Capabilities::new(XTERM, ""),
        || Ok(Size::new(20, 2)),
    );
    let cell = Wanted::from('x');
    screen.draw([(3, 1, &cell)].into_iter()).unwrap();
    assert!(screen.flush().is_err());
    assert_eq!(screen.bytes_written(), 0);
    screen.writer_mut().0 = false;
    screen.flush().unwrap();
    let sent = screen.writer_mut().1.clone();
    assert_eq!(
        String::from_utf8_lossy(&sent),
        "\x1b[r\x1b[m\x1b[2J\x1b[2;4Hx\x1b[?25h\x1b[H"
    );
    assert_eq!(screen.bytes_written(), sent.len() as u64);
}

#[test]
fn disputed_widths_do_not_move_their_neighbours() {
    let capabilities = Capabilities::new(XTERM, "ja_JP.UTF-8");
    assert!(capabilities.doubts_ambiguous);
    let mut rig = Rig::with(40, 4, capabilities);
    let mut view = scene(40, 4);
    view.set_string(0, 0, "a👨‍👩‍👧bcdefghij", Style::new());
    view.set_string(0, 1, "長い値…次の列 ──── end", Style::new());
    view.set_string(0, 2, "❤️x e\u{301}y", Style::new());
    rig.draw(&view);
    view.set_string(1, 0, "ZZ", Style::new());
    view.set_string(6, 1, "..", Style::new());
    rig.draw(&view);
    let mut view = scene(40, 4);
    view.set_string(0, 1, "…a", Style::new());
    let bytes = rig.draw(&view);
    assert!(bytes > 0);
}

#[test]
fn sgr_takes_the_shorter_form() {
    let change = |from: Option<Pen>, to: Pen| {
        let mut out = Vec::new();
        sgr::change(from, to, &mut out);
        String::from_utf8(out).unwrap()
    };
    let bold_dim = Pen {
        mods: Modifier::BOLD | Modifier::DIM,
        ..Pen::RESET
    };
    let bold = Pen {
        mods: Modifier::BOLD,
        ..Pen::RESET
    };
    let loud = Pen {
        fg: Color::Rgb(1, 20, 200),
        bg: Color::LightRed,
        mods: Modifier::BOLD | Modifier::CROSSED_OUT,
    };
    let quiet = Pen {
        mods: Modifier::empty(),
        ..loud
    };
    assert_eq!(change(None, Pen::RESET), "\x1b[m");
    assert_eq!(change(Some(loud), Pen::RESET), "\x1b[m");
    assert_eq!(change(Some(loud), loud), "");
    assert_eq!(change(Some(bold_dim), bold), "\x1b[0;1m");
    assert_eq!(change(Some(bold), bold_dim), "\x1b[2m");
    assert_eq!(change(Some(loud), quiet), "\x1b[22;29m");
    assert_eq!(
        change(None, loud),
        "\x1b[0;1;9;38;2;1;20;200;101m"
    );
    let indexed = Pen {
        fg: Color::Indexed(7),
        ..Pen::RESET
    };
    assert_eq!(change(Some(Pen::RESET), indexed), "\x1b[38;5;7m");
}

#[test]
fn leaving_undoes_entering() {
    let mut emulator = vt100::Parser::new(some(4), some(20), 0);
    emulator.process(b"shell$ ");
    let before = emulator.screen().clone();
    emulator.process(&enter(true));
    let screen = emulator.screen();
    assert!(screen.alternate_screen() && screen.bracketed_paste());
    assert_eq!(
        screen.mouse_protocol_mode(),
        vt100::MouseProtocolMode::ButtonMotion
    );
    // A frame cut short in the middle of a sequence.
    emulator.process(b"\x1b[?25l\x1b[2;3r\x1b[31mabc\x1b[1");
    emulator.process(LEAVE);
    let screen = emulator.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
    assert_eq!(
        screen.mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
    assert_eq!(screen.state_formatted(), before.state_formatted());
}

#[test]
fn titles_are_sanitised() {
    assert_eq!(
        title("a\x1b]2;b\x07\u{9c}\u{202e}表"),
        "\x1b]2;a]2;b表\x07".as_bytes()
    );
    assert_eq!(title(&"x".repeat(5000)).len(), 205);
}

#[test]
fn cells_are_small() {
    assert_eq!(std::mem::size_of::<Cell>(), 16);
}

#[test]
fn many_clusters_do_not_pile_up() {
    let mut rig = Rig::new(40, 4, XTERM);
    let marks: Vec<char> = ('\u{300}'..'\u{340}').collect();
    for turn in 0..200 {
        let mut view = scene(40, 4);
        for x in 0..40u16 {
            let n = turn * 40 + usize::from(x);
            let symbol: String = ['e', marks[n % 64], marks[n / 64 % 64], marks[n / 4096]]
                .iter()
                .collect();
            view[(x, 1)].set_symbol(&symbol);
        }
        rig.draw(&view);
    }
    assert!(rig.terminal.backend().glyphs.len() <= GLYPHS_KEPT + 40);
}

// Random frames.

#[derive(Clone, Debug)]
enum Act {
    Text(u16, u16, usize, Style),
    Paint(Rect, Style),
    Shift(u16, u16, i16),
    Empty(Rect),
    Resize(u16, u16),
    Invalidate,
    Clear,
    Cursor(u16, u16),
    Draw,
}

const TEXTS: [&str; 14] = [
    "a", " ", "  ", "word", "     ", "日本語", "x日y本z", "ｶﾅ", "é e\u{301}n", "…─│", "👍ok", "👨‍👩‍👧!",
    "a much longer text that crosses most of the row", "0123456789",
];

fn style() -> impl Strategy<Value = Style> {
    let colours = prop::sample::select(vec![
        Color::Reset,
        Color::Reset,
        Color::Red,
        Color::LightBlue,
        Color::Gray,
        Color::Indexed(17),
        Color::Rgb(1, 2, 3),
    ]);
    // The emulator knows bold or dim, not both.
    let mods = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM | Modifier::ITALIC,
        Modifier::REVERSED,
        Modifier::UNDERLINED | Modifier::BOLD,
    ]);
    (colours.clone(), colours, mods).prop_map(|(fg, bg, mods)| Style {
        fg: Some(fg),
        bg: Some(bg),
        add_modifier: mods,
        sub_modifier: Modifier::all() - mods,
        ..Style::new()
    })
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..30u16, 0..10u16, 1..40u16, 1..4u16).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0..40u16, 0..12u16, 0..TEXTS.len(), style()).prop_map(|(x, y, t, s)| Act::Text(x, y, t, s)),
        3 => (rect(), style()).prop_map(|(r, s)| Act::Paint(r, s)),
        4 => (0..12u16, 2..12u16, -4..5i16).prop_map(|(t, h, n)| Act::Shift(t, h, n)),
        1 => rect().prop_map(Act::Empty),
        1 => (2..41u16, 1..13u16).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => Just(Act::Invalidate),
        1 => Just(Act::Clear),
        1 => (0..40u16, 0..12u16).prop_map(|(x, y)| Act::Cursor(x, y)),
        8 => Just(Act::Draw),
    ]
}

/// Cuts symbols that the right edge runs through.
fn tidy(scene: &mut Buffer) {
    let area = scene.area;
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let width = scene[(x, y)].symbol().cell_width().max(1);
            if x + width > area.width {
                scene[(x, y)].set_symbol(" ");
            }
            x += width;
        }
    }
}

fn play(term: &str, locale: &str, acts: Vec<Act>) {
    let mut rig = Rig::with(40, 12, Capabilities::new(term, locale));
    let mut view = scene(40, 12);
    let mut cursor = None;
    for act in acts.into_iter().chain([Act::Draw]) {
        let area = view.area;
        match act {
            Act::Text(x, y, text, style) if x < area.width && y < area.height => {
                view.set_string(x, y, TEXTS[text], style);
            }
            Act::Paint(rect, style) => view.set_style(rect, style),
            Act::Empty(rect) => {
                for at in rect.intersection(area).positions() {
                    view[at].reset();
                }
            }
            Act::Shift(top, height, by) => {
                let bottom = (top + height).min(area.height);
                let width = usize::from(area.width);
                let band = usize::from(top.min(bottom)) * width..usize::from(bottom) * width;
                let band = &mut view.content[band];
                let n = (usize::from(by.unsigned_abs()) * width).min(band.len());
                if by < 0 {
                    band.rotate_right(n);
                } else {
                    band.rotate_left(n);
                }
            }
            Act::Resize(width, height) => {
                rig.resize(width, height);
                let mut next = scene(width, height);
                for at in next.area.intersection(area).positions() {
                    next[at] = view[at].clone();
                }
                view = next;
                cursor = None;
            }
            Act::Invalidate => {
                rig.emulator.process(b"\x1b[2;3r\x1b[7mgarbage\x1b[?25h");
                rig.terminal.backend_mut().invalidate();
            }
            Act::Clear => {
                rig.emulator.process(b"\x1b[7mgarbage\n\ngarbage");
                rig.terminal.clear().unwrap();
            }
            Act::Cursor(x, y) => {
                cursor = (x < area.width && y < area.height && cursor.is_none()).then_some((x, y));
            }
            Act::Draw => {
                tidy(&mut view);
                rig.draw_with_cursor(&view, cursor);
            }
            Act::Text(..) => {}
        }
    }
}

proptest! {
    #[test]
    fn any_frames_arrive(acts in prop::collection::vec(act(), 1..60)) {
        play(XTERM, "en_GB.UTF-8", acts);
    }

    #[test]
    fn any_frames_arrive_on_lesser_terminals(acts in prop::collection::vec(act(), 1..60), screen: bool) {
        play(if screen { "screen" } else { "linux" }, "ja_JP.UTF-8", acts);
    }
}
