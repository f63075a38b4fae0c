//! What is sent in single cases: hostile cells, failing writers, pens, modes, disputed widths.

use super::*;

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
    let mut screen = Screen::with(Vec::new(), Capabilities::new(XTERM, ""), || Ok(Size::new(20, 2)));
    let hostile = ["\x1b]0;x\x07", "a\u{9b}31m", "\n", "\u{202e}abc", "\u{7f}", "", "\u{301}"];
    let cells: Vec<Wanted> = hostile
        .iter()
        .map(|symbol| {
            let mut cell = Wanted::EMPTY;
            cell.set_symbol(symbol);
            cell
        })
        .collect();
    let content = cells.iter().enumerate();
    screen.draw(content.map(|(at, cell)| (at as u16, 0, cell))).unwrap();
    screen.hide_cursor().unwrap();
    screen.flush().unwrap();
    assert_eq!(String::from_utf8_lossy(screen.writer_mut()), "\x1b[r\x1b[m\x1b[2J\x1b[H?????\x1b[?25l");
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
    let mut screen = Screen::with(Full(true, Vec::new()), Capabilities::new(XTERM, ""), || Ok(Size::new(20, 2)));
    let cell = Wanted::from('x');
    screen.draw([(3, 1, &cell)].into_iter()).unwrap();
    assert!(screen.flush().is_err());
    assert_eq!(screen.bytes_written(), 0);
    screen.writer_mut().0 = false;
    screen.flush().unwrap();
    let sent = screen.writer_mut().1.clone();
    assert_eq!(String::from_utf8_lossy(&sent), "\x1b[r\x1b[m\x1b[2J\x1b[2;4Hx\x1b[?25h\x1b[H");
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
    let bold_dim = Pen { mods: Modifier::BOLD | Modifier::DIM, ..Pen::RESET };
    let bold = Pen { mods: Modifier::BOLD, ..Pen::RESET };
    let loud =
        Pen { fg: Color::Rgb(1, 20, 200), bg: Color::LightRed, mods: Modifier::BOLD | Modifier::CROSSED_OUT, link: 0 };
    let quiet = Pen { mods: Modifier::empty(), ..loud };
    assert_eq!(change(None, Pen::RESET), "\x1b[m");
    assert_eq!(change(Some(loud), Pen::RESET), "\x1b[m");
    assert_eq!(change(Some(loud), loud), "");
    assert_eq!(change(Some(bold_dim), bold), "\x1b[0;1m");
    assert_eq!(change(Some(bold), bold_dim), "\x1b[2m");
    assert_eq!(change(Some(loud), quiet), "\x1b[22;29m");
    assert_eq!(change(None, loud), "\x1b[0;1;9;38;2;1;20;200;101m");
    let indexed = Pen { fg: Color::Indexed(7), ..Pen::RESET };
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
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::ButtonMotion);
    // A frame cut short in the middle of a sequence.
    emulator.process(b"\x1b[?25l\x1b[2;3r\x1b[31mabc\x1b[1");
    emulator.process(LEAVE);
    let screen = emulator.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    assert_eq!(screen.state_formatted(), before.state_formatted());
}

#[test]
fn titles_are_sanitised() {
    assert_eq!(title("a\x1b]2;b\x07\u{9c}\u{202e}表"), "\x1b]2;a]2;b表\x07".as_bytes());
    assert_eq!(title(&"x".repeat(5000)).len(), 205);
}

#[test]
fn cells_are_small() {
    assert_eq!(std::mem::size_of::<Cell>(), 20);
}

#[test]
fn many_clusters_do_not_pile_up() {
    let mut rig = Rig::new(40, 4, XTERM);
    let marks: Vec<char> = ('\u{300}'..'\u{340}').collect();
    for turn in 0..200 {
        let mut view = scene(40, 4);
        for x in 0..40u16 {
            let n = turn * 40 + usize::from(x);
            let symbol: String = ['e', marks[n % 64], marks[n / 64 % 64], marks[n / 4096]].iter().collect();
            view[(x, 1)].set_symbol(&symbol);
        }
        rig.draw(&view);
    }
    assert!(rig.terminal.backend().glyphs.len() <= GLYPHS_KEPT + 40);
}

#[test]
fn rows_scrolled_in_do_not_take_a_background() {
    let mut rig = Rig::new(40, 8, XTERM);
    let rows = |first: u16| {
        let mut view = scene(40, 8);
        for y in 0..7 {
            let mixed = u64::from(first + y).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let text = format!("{mixed:x} {:x}", mixed.rotate_left(9));
            view.set_string(0, y, text, Style::new());
        }
        view.set_string(0, 7, format!("status {first}"), Style::new().bg(Color::Blue));
        view
    };
    rig.draw(&rows(100));
    assert_eq!(rig.terminal.backend().emitter.pen.map(|pen| pen.bg), Some(Color::Blue));
    rig.draw(&rows(101));
    let sent = rig.last.clone();
    assert!(sent.starts_with("\x1b[m\x1b[;7r\x1b[S\x1b[r"), "{sent:?}");
}

#[test]
fn a_cursor_within_a_wide_symbol_is_no_place_to_write_on_from() {
    let mut rig = Rig::new(20, 2, XTERM);
    let mut view = scene(20, 2);
    view.set_string(0, 0, "語ab", Style::new());
    rig.draw_with_cursor(&view, Some((1, 0)));
    view.set_string(3, 0, "B", Style::new());
    rig.draw_with_cursor(&view, Some((1, 0)));
}

#[test]
fn cells_sent_after_the_symbol_that_covers_them_are_ignored() {
    let mut rig = Rig::new(20, 2, XTERM);
    let mut view = scene(20, 2);
    view.set_string(0, 0, "⌨️ab", Style::new());
    // Not settled: ratatui then sends the cell behind a symbol with a variation selector as well.
    rig.terminal.draw(|frame| frame.buffer_mut().merge(&view)).unwrap();
    let sent = std::mem::take(&mut *rig.wire.0.lock().unwrap()).concat();
    rig.emulator.process(&sent);
    assert_eq!(compare(&view, rig.emulator.screen()), Ok(()));
}
