//! Cells that can be written in words, in dots and in blocks.

use super::{Glyphs, Ink, Line, MARKS, PlotOptions, Span};
use crate::result::figure::Role;
use crate::text::safe;

/// One cell.
#[derive(Clone, Debug)]
struct Cell {
    /// What is written; empty for the second half of a wide character.
    text: String,
    ink: Ink,
    /// Dots, one bit each: row by row, two in a row.
    dots: u8,
}

/// A rectangle of cells.
pub struct Canvas {
    width: usize,
    height: usize,
    cells: Vec<Cell>,
    options: PlotOptions,
}

/// Bits of braille patterns by place (row by row, two in a row), as Unicode orders them.
const BRAILLE: [u32; 8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
/// Quadrants by the bits upper left, upper right, lower left, lower right.
const QUADRANTS: [char; 16] = [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];
/// Fills that tell groups apart where colours do not.
const FILLS: [char; 4] = ['█', '▒', '░', '▓'];
const ASCII_FILLS: [char; 8] = ['#', '=', '.', '+', 'x', 'o', '%', '@'];
/// Little to much.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
const ASCII_SHADES: [char; 9] = ['.', ':', '-', '=', '+', '*', '#', '%', '@'];

impl Canvas {
    /// Empty cells.
    pub fn new(width: usize, height: usize, options: PlotOptions) -> Self {
        let blank = Cell { text: " ".to_owned(), ink: Ink::Plain, dots: 0 };
        Self { width, height, cells: vec![blank; width * height], options }
    }

    /// How it is drawn.
    pub fn options(&self) -> &PlotOptions {
        &self.options
    }

    /// Width in cells.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Dots in a cell, across and down.
    pub fn dots(&self) -> (usize, usize) {
        match self.options.glyphs {
            Glyphs::Braille => (2, 4),
            Glyphs::Blocks => (2, 2),
            Glyphs::Ascii => (1, 1),
        }
    }

    fn at(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        if x < self.width && y < self.height { self.cells.get_mut(y * self.width + x) } else { None }
    }

    /// Blanks the other half of a wide character of which one half is about to be overwritten.
    fn part(&mut self, x: usize, y: usize) {
        let second = |c: &Self, x: usize| x < c.width && c.cells[y * c.width + x].text.is_empty();
        if y >= self.height || x >= self.width {
            return;
        }
        if second(self, x) {
            let mut first = x;
            while first > 0 && second(self, first) {
                first -= 1;
            }
            self.cells[y * self.width + first].text = " ".to_owned();
        }
        let mut next = x + 1;
        while second(self, next) {
            self.cells[y * self.width + next].text = " ".to_owned();
            next += 1;
        }
        if second(self, x) {
            self.cells[y * self.width + x].text = " ".to_owned();
        }
    }

    /// Whether nothing is written in a cell.
    pub fn is_blank(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && {
            let c = &self.cells[y * self.width + x];
            c.text == " " && c.dots == 0
        }
    }

    /// Writes a text from a cell on, at most `room` cells; gives the cell after it.
    pub fn put(&mut self, x: usize, y: usize, text: &str, room: usize, ink: Ink) -> usize {
        use unicode_segmentation::UnicodeSegmentation as _;
        if y >= self.height || x >= self.width {
            return x;
        }
        let ascii = self.options.glyphs == Glyphs::Ascii;
        let mut fitted = safe::fit(text, room.min(self.width - x)).text.into_owned();
        if ascii {
            fitted = fitted.replace('…', "~");
        }
        let mut at = x;
        for g in fitted.graphemes(true) {
            let wide = safe::width(g).max(1);
            if at + wide > self.width {
                break;
            }
            for i in 0..wide {
                self.part(at + i, y);
            }
            for i in 0..wide {
                if let Some(cell) = self.at(at + i, y) {
                    *cell = Cell { text: if i == 0 { g.to_owned() } else { String::new() }, ink, dots: 0 };
                }
            }
            at += wide;
        }
        at
    }

    /// Writes a text only if all its cells are blank.
    pub fn put_free(&mut self, x: usize, y: usize, text: &str, ink: Ink) {
        let wide = safe::width(&safe::line(text));
        if x + wide <= self.width && (x..x + wide).all(|x| self.is_blank(x, y)) {
            self.put(x, y, text, wide, ink);
        }
    }

    /// Writes one character into a cell.
    pub fn set(&mut self, x: usize, y: usize, c: char, ink: Ink) {
        if let Some(cell) = self.at(x, y).filter(|c| !c.text.is_empty()) {
            *cell = Cell { text: c.to_string(), ink, dots: 0 };
        }
    }

    /// Sets a dot; `x` and `y` count dots.
    pub fn dot(&mut self, x: usize, y: usize, role: Role) {
        let (across, down) = self.dots();
        let options = self.options;
        if let Some(cell) = self.at(x / across, y / down).filter(|c| !c.text.is_empty()) {
            cell.ink = Ink::Role(role);
            // Without colours each group has its own character; in ASCII too.
            let series = match role {
                Role::Series(i) => usize::from(i),
                Role::Others => 7,
                _ => 0,
            };
            if options.glyphs == Glyphs::Ascii || (!options.colour && series > 0) {
                cell.text = MARKS[series % MARKS.len()].to_string();
                cell.dots = 0;
                return;
            }
            cell.dots |= 1 << ((y % down) * across + x % across);
            cell.text = match options.glyphs {
                Glyphs::Braille => {
                    let bits = (0..8).filter(|i| cell.dots >> i & 1 == 1).map(|i| BRAILLE[i]).sum::<u32>();
                    char::from_u32(0x2800 + bits).unwrap_or('.').to_string()
                }
                _ => QUADRANTS[usize::from(cell.dots) & 15].to_string(),
            };
        }
    }

    /// The character for a whole cell in the colour of a role.
    pub fn fill(&self, role: Role) -> char {
        let series = match role {
            _ if self.options.colour => 0,
            Role::Series(i) => usize::from(i),
            Role::Others | Role::Muted => 2,
            Role::Fall => 1,
            _ => 0,
        };
        match self.options.glyphs {
            Glyphs::Ascii => ASCII_FILLS[series % ASCII_FILLS.len()],
            _ => FILLS[series % FILLS.len()],
        }
    }

    /// The character for a field of a heat map.
    pub fn shade(&self, role: Role) -> String {
        let share = match role {
            Role::Level(v) => v,
            Role::Diverging(v) => (v + 1.0) / 2.0,
            _ => 1.0,
        };
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let of = |shades: &[char]| shades[(share * (shades.len() - 1) as f32).round() as usize].to_string();
        match (self.options.glyphs, self.options.colour) {
            (Glyphs::Ascii, _) => of(&ASCII_SHADES),
            (_, true) => "█".to_owned(),
            (_, false) => of(&SHADES),
        }
    }

    /// A character of lines, or its stand-in where there is only ASCII.
    pub fn rule(&self, c: char) -> char {
        if self.options.glyphs != Glyphs::Ascii {
            return c;
        }
        match c {
            '─' | '━' | '╌' => '-',
            '│' | '┃' | '┤' | '├' | '╎' => '|',
            '•' | '·' => 'o',
            '█' | '▒' => '=',
            _ => '+',
        }
    }

    /// The lines, neighbouring cells of the same look together.
    pub fn lines(self) -> Vec<Line> {
        self.cells
            .chunks(self.width.max(1))
            .map(|row| {
                let mut line: Line = Vec::new();
                for cell in row {
                    match line.last_mut() {
                        Some(span) if span.ink == cell.ink => span.text.push_str(&cell.text),
                        _ => line.push(Span { text: cell.text.clone(), ink: cell.ink }),
                    }
                }
                line
            })
            .collect()
    }
}
