//! One cell of the picture, as small as it can be copied and compared, and the judgement of how far a terminal can
//! be trusted to advance by a symbol's width. It must not know how anything is sent.

use std::collections::HashMap;

use ratatui::buffer::CellWidth;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthChar;

/// Modifiers that can be seen on a cell with no ink in it.
pub(super) const VISIBLE_ON_BLANK: Modifier =
    Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// Colours and attributes: what the terminal calls its graphic rendition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub mods: Modifier,
    /// The number of the address it leads to; 0 for none.
    pub link: u16,
}

impl Pen {
    /// The rendition after SGR 0, leading nowhere.
    pub const RESET: Self = Self { fg: Color::Reset, bg: Color::Reset, mods: Modifier::empty(), link: 0 };

    /// The same rendition, leading nowhere.
    pub fn unlinked(self) -> Self {
        Self { link: 0, ..self }
    }

    /// Whether a space written, or an erasure made, with this pen looks like a blank on `bg`.
    pub fn blanks(self, bg: Color) -> bool {
        self.bg == bg && self.link == 0 && !self.mods.intersects(VISIBLE_ON_BLANK)
    }

    /// Whether `cell` can be written with this pen and look as it should.
    pub fn suits(self, cell: &Cell) -> bool {
        if cell.is_plain_blank() { self.blanks(cell.pen.bg) } else { self == cell.pen }
    }
}

/// Whether terminals agree on how far the cursor moves after a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// They do.
    Sure,
    /// East Asian ambiguous: narrow, except where the terminal is set up otherwise.
    Ambiguous,
    /// They do not (emoji, variation selectors, joiners, conjuncts).
    Unsure,
}

/// One cell. A symbol of width n is one lead cell of that width and n − 1 cells of width 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    glyph: u32,
    pub pen: Pen,
    pub width: u8,
    pub trust: Trust,
}

const SPACE: u32 = b' ' as u32;
const INTERNED: u32 = 0x8000_0000;

impl Cell {
    /// An empty cell on the default background.
    pub const BLANK: Self = Self::blank_on(Color::Reset);

    /// An empty cell on `bg`.
    pub const fn blank_on(bg: Color) -> Self {
        Self { glyph: SPACE, pen: Pen { bg, ..Pen::RESET }, width: 1, trust: Trust::Sure }
    }

    /// A space in `pen`, with everything dropped that cannot be seen on a space.
    pub fn space(pen: Pen) -> Self {
        if pen.mods.intersects(VISIBLE_ON_BLANK) { Self { pen, ..Self::BLANK } } else { Self::blank_on(pen.bg) }
    }

    /// The cell to the right of a lead, covered by its symbol.
    pub fn covered(self) -> Self {
        Self { width: 0, ..self }
    }

    /// Nothing but background: the terminal's erase functions can make it.
    pub fn is_plain_blank(&self) -> bool {
        self.glyph == SPACE && self.pen.link == 0 && !self.pen.mods.intersects(VISIBLE_ON_BLANK)
    }

    /// Two words that are equal for equal looks, and hardly ever for others: for hashing.
    pub fn words(&self) -> [u64; 2] {
        let look = u64::from(self.pen.mods.bits()) << 8 | u64::from(self.width);
        let glyph = u64::from(self.glyph) ^ u64::from(self.pen.link).wrapping_mul(0x9e37_79b9);
        [glyph << 32 | look, u64::from(colour_code(self.pen.fg)) << 32 | u64::from(colour_code(self.pen.bg))]
    }
}

fn colour_code(colour: Color) -> u32 {
    match colour {
        Color::Rgb(r, g, b) => 0x0100_0000 | u32::from_be_bytes([0, r, g, b]),
        Color::Indexed(n) => 0x0200_0000 | u32::from(n),
        named => match super::sgr::named(named) {
            Some(n) => 0x0300_0000 | u32::from(n),
            None => 0,
        },
    }
}

/// The symbols of more than one code point, kept once each so that cells stay small.
#[derive(Default)]
pub(super) struct Glyphs {
    texts: Vec<Box<str>>,
    ids: HashMap<Box<str>, u32>,
}

impl Glyphs {
    /// The cell for `symbol` in `pen`. `forced` overrides the width. Symbols that could drive the terminal (control
    /// characters, direction overrides) become a question mark.
    pub fn cell(&mut self, symbol: &str, pen: Pen, forced: Option<u16>) -> Cell {
        if let [byte @ b' '..=b'~'] = symbol.as_bytes()
            && forced.is_none()
        {
            if *byte == b' ' {
                return Cell::space(pen);
            }
            return Cell { glyph: u32::from(*byte), pen, width: 1, trust: Trust::Sure };
        }
        if symbol.chars().any(drives_terminal) {
            return Cell { glyph: u32::from(b'?'), pen, width: 1, trust: Trust::Sure };
        }
        let (width, trust) = match forced {
            Some(n) => (n, Trust::Unsure),
            None => measure(symbol),
        };
        let Ok(width @ 1..) = u8::try_from(width) else {
            return Cell::space(pen);
        };
        let mut chars = symbol.chars();
        let glyph = match (chars.next(), chars.next()) {
            (Some(only), None) => u32::from(only),
            _ => self.intern(symbol),
        };
        Cell { glyph, pen, width, trust }
    }

    fn intern(&mut self, symbol: &str) -> u32 {
        if let Some(&id) = self.ids.get(symbol) {
            return id;
        }
        let id = INTERNED | self.texts.len() as u32;
        self.texts.push(symbol.into());
        self.ids.insert(symbol.into(), id);
        id
    }

    /// Number of symbols kept.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Forgets the symbols that no cell of `pictures` shows, and renumbers the others in place.
    pub fn compact(&mut self, pictures: [&mut [Cell]; 2]) {
        let old = std::mem::take(self);
        for cell in pictures.into_iter().flatten() {
            if let Some(text) = old.text(cell.glyph) {
                cell.glyph = self.intern(text);
            }
        }
    }

    fn text(&self, glyph: u32) -> Option<&str> {
        if glyph & INTERNED == 0 {
            return None;
        }
        self.texts.get((glyph & !INTERNED) as usize).map(|text| &**text)
    }

    /// Appends the symbol of `cell` as UTF-8.
    pub fn push(&self, cell: &Cell, out: &mut Vec<u8>) {
        match self.text(cell.glyph) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => {
                let c = char::from_u32(cell.glyph).unwrap_or(' ');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    /// Length of the symbol of `cell` in UTF-8 bytes; 0 for a covered cell.
    pub fn bytes(&self, cell: &Cell) -> usize {
        if cell.width == 0 {
            return 0;
        }
        match self.text(cell.glyph) {
            Some(text) => text.len(),
            None => char::from_u32(cell.glyph).map_or(1, char::len_utf8),
        }
    }

    /// The most columns a terminal could take for `cell`: one that knows nothing of clusters shows its code points
    /// one after the other.
    pub fn extent(&self, cell: &Cell) -> usize {
        let apart = match self.text(cell.glyph) {
            Some(text) => text.chars().filter_map(UnicodeWidthChar::width).sum(),
            None if char::from_u32(cell.glyph).is_some_and(is_sound_mark) => 1,
            None => 2,
        };
        apart.max(usize::from(cell.width))
    }

    /// Appends the first code point of a cluster, to stand for it where it might not fit.
    pub fn push_base(&self, cell: &Cell, out: &mut Vec<u8>) {
        let base = self.text(cell.glyph).and_then(|text| text.chars().next());
        out.extend_from_slice(base.unwrap_or(' ').encode_utf8(&mut [0; 4]).as_bytes());
    }
}

pub(super) fn drives_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Half-width voiced and semi-voiced marks: a column of their own, though Unicode calls them combining.
fn is_sound_mark(c: char) -> bool {
    matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

fn measure(symbol: &str) -> (u16, Trust) {
    let mut chars = symbol.chars();
    let Some(base) = chars.next() else {
        return (0, Trust::Sure);
    };
    let width = symbol.cell_width();
    let alone = measure_char(base);
    // A base with plain combining marks is the one kind of cluster that terminals agree on.
    let marks_only = chars.all(|c| c.width() == Some(0) && !shapes_cluster(c));
    let trust = if marks_only && u16::from(alone.0) == width { alone.1 } else { Trust::Unsure };
    (width, trust)
}

fn measure_char(c: char) -> (u8, Trust) {
    let width = c.width().unwrap_or(0) as u8;
    let trust = match c {
        '\u{1f000}'..='\u{1faff}' => Trust::Unsure,
        // Left out by some emulators, which take it for what their own decoder made of bad bytes.
        char::REPLACEMENT_CHARACTER => Trust::Unsure,
        _ if is_sound_mark(c) => Trust::Unsure,
        // Symbols that became wide as emoji only with Unicode 9.
        '\u{2300}'..='\u{2bff}' if width == 2 => Trust::Unsure,
        _ if width > 2 => Trust::Unsure,
        _ if c.width_cjk() != c.width() => Trust::Ambiguous,
        _ => Trust::Sure,
    };
    (width, trust)
}

fn shapes_cluster(c: char) -> bool {
    is_sound_mark(c)
        || matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1160}'..='\u{11ff}')
        || matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}
