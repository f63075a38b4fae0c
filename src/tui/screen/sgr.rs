//! The shortest SGR sequence from one pen to another. It must not remember anything: the caller knows the pen.

use ratatui::style::{Color, Modifier};

use super::cell::Pen;

/// Appends the shorter of "reset and set all" and "set what differs". `from` is `None` when the pen is unknown.
pub(super) fn change(from: Option<Pen>, to: Pen, out: &mut Vec<u8>) {
    let (from, to) = (from.map(Pen::unlinked), to.unlinked());
    if from == Some(to) {
        return;
    }
    let start = out.len();
    afresh(to, out);
    let Some(from) = from else { return };
    let middle = out.len();
    difference(from, to, out);
    if out.len() - middle < middle - start {
        out.drain(start..middle);
    } else {
        out.truncate(middle);
    }
}

/// Length in bytes of what [`change`] would append.
pub(super) fn cost(from: Option<Pen>, to: Pen, scratch: &mut Vec<u8>) -> usize {
    scratch.clear();
    change(from, to, scratch);
    scratch.len()
}

fn afresh(to: Pen, out: &mut Vec<u8>) {
    if to == Pen::RESET {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let mut params = Params::new(out);
    params.number(0);
    params.modifiers(to.mods);
    if to.fg != Color::Reset {
        params.colour(to.fg, 30);
    }
    if to.bg != Color::Reset {
        params.colour(to.bg, 40);
    }
    params.end();
}

fn difference(from: Pen, to: Pen, out: &mut Vec<u8>) {
    let mut removed = from.mods - to.mods;
    let mut added = to.mods - from.mods;
    let mut params = Params::new(out);
    // One code ends a pair of attributes; the one that stays is set again.
    for (pair, off) in
        [(Modifier::BOLD.union(Modifier::DIM), 22), (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), 25)]
    {
        if removed.intersects(pair) {
            params.number(off);
            added |= to.mods & pair;
            removed -= pair;
        }
    }
    for (modifier, off) in [
        (Modifier::ITALIC, 23),
        (Modifier::UNDERLINED, 24),
        (Modifier::REVERSED, 27),
        (Modifier::HIDDEN, 28),
        (Modifier::CROSSED_OUT, 29),
    ] {
        if removed.contains(modifier) {
            params.number(off);
        }
    }
    params.modifiers(added);
    if from.fg != to.fg {
        params.colour(to.fg, 30);
    }
    if from.bg != to.bg {
        params.colour(to.bg, 40);
    }
    params.end();
}

struct Params<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Params<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"\x1b[");
        Self { out, first: true }
    }

    fn number(&mut self, n: u16) {
        if !self.first {
            self.out.push(b';');
        }
        self.first = false;
        super::number(self.out, n);
    }

    fn modifiers(&mut self, mods: Modifier) {
        for (modifier, on) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::SLOW_BLINK, 5),
            (Modifier::RAPID_BLINK, 6),
            (Modifier::REVERSED, 7),
            (Modifier::HIDDEN, 8),
            (Modifier::CROSSED_OUT, 9),
        ] {
            if mods.contains(modifier) {
                self.number(on);
            }
        }
    }

    /// `base` is 30 for the foreground and 40 for the background.
    fn colour(&mut self, colour: Color, base: u16) {
        match colour {
            Color::Reset => self.number(base + 9),
            Color::Indexed(n) => {
                self.number(base + 8);
                self.number(5);
                self.number(u16::from(n));
            }
            Color::Rgb(r, g, b) => {
                self.number(base + 8);
                self.number(2);
                for part in [r, g, b] {
                    self.number(u16::from(part));
                }
            }
            named => match self::named(named) {
                Some(n @ 0..=7) => self.number(base + u16::from(n)),
                Some(n) => self.number(base + 52 + u16::from(n)),
                None => self.number(base + 9),
            },
        }
    }

    fn end(self) {
        self.out.push(b'm');
    }
}

/// Place of a named colour in the palette of 16; `None` for all others.
pub(super) fn named(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}
