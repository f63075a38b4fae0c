//! Links of cells, against an emulator that is fed colours in their stead: it knows no links, but colours cell by cell.

use super::*;

/// What was sent, without its own colours and with a colour for each address.
fn coloured(sent: &str, addresses: &[String]) -> Vec<u8> {
    let mut out = String::new();
    let mut rest = sent;
    while let Some(at) = rest.find('\x1b') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(link) = rest.strip_prefix("\x1b]8;;") {
            let end = link.find('\x07').expect("a link ends");
            match &link[..end] {
                "" => out.push_str("\x1b[39m"),
                address => {
                    let n = addresses.iter().position(|a| a == address).expect("an address that was pinned");
                    out.push_str(&format!("\x1b[38;5;{}m", n + 1));
                }
            }
            rest = &link[end + 1..];
            continue;
        }
        let body = &rest[1..];
        let end = 1 + body.find(|c: char| c.is_ascii_alphabetic() || c == '~').map_or(body.len(), |n| n + 1);
        if rest.as_bytes().get(1) != Some(&b'[') {
            out.push('\x1b');
            rest = body;
            continue;
        }
        if !rest[..end].ends_with('m') {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.into_bytes()
}

struct Lead {
    rig: Rig,
    emulator: vt100::Parser,
    addresses: Vec<String>,
}

impl Lead {
    fn new(term: &str) -> Self {
        let rig = Rig::new(30, 10, term);
        let addresses = (0..200).map(|n| format!("https://example.com/{n}")).collect();
        Self { rig, emulator: vt100::Parser::new(some(10), some(30), 0), addresses }
    }

    /// Draws rows from `first` on: in each a plain word, a link whose text is the same in all rows, and another link.
    fn draw(&mut self, first: usize, covered: bool) -> usize {
        let board = self.rig.terminal.backend().board();
        board.clear();
        let mut scene = scene(30, 10);
        let mut wanted: Vec<(u16, u16, usize)> = Vec::new();
        for y in 0..10u16 {
            let row = first + usize::from(y);
            scene.set_string(0, y, format!("row {row}"), Style::new());
            for (x, text, n) in [(9, "リンク a", row % 100), (20, "same", 100 + row / 3 % 100)] {
                let style = Style::new().add_modifier(board.pin(y, &self.addresses[n]));
                scene.set_string(x, y, text, style);
                wanted.extend((x..x + columns_of(text)).map(|x| (x, y, n)));
            }
        }
        if covered {
            for y in 2..6 {
                for x in 10..24 {
                    scene[(x, y)].reset();
                    scene[(x, y)].set_symbol("▒");
                }
            }
            wanted.retain(|(x, y, _)| !(2..6).contains(y) || !(10..24).contains(x));
        }
        let bytes = self.rig.draw(&scene);
        self.emulator.process(&coloured(&self.rig.last, &self.addresses));
        let screen = self.emulator.screen();
        for y in 0..10u16 {
            for x in 0..30u16 {
                let cell = screen.cell(y, x).unwrap();
                if !cell.has_contents() || cell.contents() == " " {
                    continue;
                }
                let want = wanted.iter().find(|(a, b, _)| (*a, *b) == (x, y)).map(|(.., n)| *n as u8 + 1);
                let want = want.map_or(vt100::Color::Default, vt100::Color::Idx);
                assert_eq!(cell.fgcolor(), want, "({x}, {y}) {:?} in {:?}", cell.contents(), self.rig.last);
            }
        }
        bytes
    }
}

fn columns_of(text: &str) -> u16 {
    text.width() as u16
}

#[test]
fn links_stay_with_their_cells_however_the_picture_moves() {
    for term in [XTERM, "screen-256color"] {
        let mut lead = Lead::new(term);
        let whole = lead.draw(0, false);
        let mut at = 0usize;
        for step in [1, 1, 3, 9, 50, 0, 2] {
            at += step;
            lead.draw(at, step == 3);
        }
        for step in [1, 4, 30] {
            at -= step;
            lead.draw(at, step == 4);
        }
        assert_eq!(lead.draw(at, false), 0, "what leads where it led is not sent again");
        let row = lead.draw(at + 1, false);
        assert!(row < whole / 3, "one row down sends {row} of {whole} bytes");
    }
}

#[test]
fn an_address_alone_is_worth_sending_and_nothing_is_left_open() {
    let mut rig = Rig::new(10, 1, XTERM);
    let draw = |rig: &mut Rig, address: &str| {
        let board = rig.terminal.backend().board();
        board.clear();
        let mut scene = scene(10, 1);
        scene.set_string(2, 0, "here", Style::new().add_modifier(board.pin(0, address)));
        rig.draw(&scene);
        rig.last.clone()
    };
    assert!(draw(&mut rig, "https://a").ends_with("\x1b]8;;https://a\x07here\x1b]8;;\x07\x1b[?25l"));
    assert_eq!(draw(&mut rig, "https://a"), "");
    let sent = draw(&mut rig, "https://b");
    assert!(sent.contains("\x1b]8;;https://b\x07here\x1b]8;;\x07"), "{sent:?}");
}

#[test]
fn a_dumb_terminal_gets_no_links() {
    for term in ["dumb", "linux", ""] {
        let mut rig = Rig::new(10, 1, term);
        let board = rig.terminal.backend().board();
        assert!(!board.is_on());
        let mut scene = scene(10, 1);
        scene.set_string(2, 0, "here", Style::new().add_modifier(board.pin(0, "https://a")));
        rig.draw(&scene);
        assert!(!rig.last.contains("]8"), "{:?}", rig.last);
    }
}
