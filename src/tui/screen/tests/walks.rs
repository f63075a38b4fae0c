//! Long walks through a table: scrolled, ordered anew, narrowed, waiting for its rows, resized, overlaid. After each
//! frame the emulated terminal shows exactly the frame. The seeds are fixed, so a failure comes back when run again.

use super::*;
use crate::tui::grid;
use unicode_width::UnicodeWidthStr;

/// Texts on whose cells terminals agree, and some on which they do not.
const WORDS: [&str; 32] = [
    "1001",
    "1002",
    "95",
    "1,500",
    "fresh",
    "late",
    "",
    "x",
    "りんご",
    "みかん",
    "東京本店",
    "ｶﾅ",
    "evil␛[31m␛]0;own",
    "bad\u{fffd}",
    "\u{fffd}",
    "␀␇␍",
    "∅",
    "é",
    "e\u{301}te\u{301}",
    "が\u{3099}",
    "…",
    "a…b",
    "─│┌",
    "👍",
    "👨‍👩‍👧!",
    "❤️",
    "①②",
    "ｶｯﾌﾟ",
    "ﾊﾞ",
    "한국",
    "long text that is cut",
    "語",
];

/// Numbers from a seed; xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What the walk is at: rows as indexes into a made-up table.
struct Walk {
    dice: Dice,
    size: (u16, u16),
    order: Vec<usize>,
    top: usize,
    at: (usize, usize),
    widths: Vec<u16>,
    loaded: bool,
    overlay: bool,
    title: usize,
}

const ROWS: usize = 40;
const COLUMNS: usize = 4;

impl Walk {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            dice.below(2);
        }
        let size = (20 + dice.below(50) as u16, 5 + dice.below(12) as u16);
        let widths = (0..COLUMNS).map(|_| 1 + dice.below(14) as u16).collect();
        let order = (0..1 + dice.below(ROWS)).collect();
        Self { dice, size, order, top: 0, at: (0, 0), widths, loaded: true, overlay: false, title: 0 }
    }

    fn cell(&self, row: usize, column: usize) -> &'static str {
        let mixed = (row * COLUMNS + column + self.size.0 as usize).wrapping_mul(2_654_435_761) >> 7;
        WORDS[mixed % WORDS.len()]
    }

    fn height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(3).max(1)
    }

    /// One thing a person does. Gives true when the size of the terminal changed.
    fn step(&mut self) -> bool {
        let rows = self.order.len().max(1);
        self.title += 1;
        match self.dice.below(14) {
            0..=2 => self.top = (self.top + 1 + self.dice.below(2)).min(rows - 1),
            3 | 4 => self.top = self.top.saturating_sub(1 + self.dice.below(3)),
            5 => self.top = (self.top + self.height()).min(rows - 1),
            6 => self.top = 0,
            7 => {
                for i in 0..self.order.len() {
                    let other = self.dice.below(self.order.len());
                    self.order.swap(i, other);
                }
            }
            8 => self.order.reverse(),
            9 => {
                let keep = 1 + self.dice.below(4);
                self.order = (0..ROWS).filter(|row| row % keep == 0).collect();
                self.top = 0;
            }
            10 => {
                let column = self.dice.below(COLUMNS);
                self.widths[column] = 1 + self.dice.below(14) as u16;
            }
            11 => self.overlay = !self.overlay,
            12 => self.loaded = self.dice.once_in(3),
            _ => {
                if self.dice.once_in(2) {
                    self.size = (8 + self.dice.below(60) as u16, 1 + self.dice.below(14) as u16);
                    return true;
                }
            }
        }
        self.loaded |= self.dice.once_in(2);
        self.top = self.top.min(self.order.len().saturating_sub(1));
        self.at = (self.dice.below(self.height()), self.dice.below(COLUMNS));
        false
    }

    fn frame(&mut self) -> Buffer {
        let (width, height) = self.size;
        let mut view = scene(width, height);
        let mut put = |x: u16, y: u16, text: &str, room: u16, style: Style| {
            if x < width && y < height {
                grid::put(&mut view, x, y, text, room.into(), style);
            }
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        put(0, 0, &format!("table {}  [sorted by {} ▲]", self.order.len(), self.title % 7), width, bold);
        for line in 0..self.height() {
            let Some(row) = self.order.get(self.top + line) else { break };
            let mut x = 0;
            for (column, room) in self.widths.iter().enumerate() {
                let cursor = (line, column) == self.at;
                let text = if self.loaded { self.cell(*row, column) } else { "" };
                let mut style = Style::new();
                if cursor {
                    style = style.add_modifier(Modifier::REVERSED);
                    put(x, 1 + line as u16, &" ".repeat(usize::from(*room)), *room, style);
                } else if text.starts_with('∅') {
                    style = style.add_modifier(Modifier::DIM);
                } else if text.starts_with('f') {
                    style = style.fg(Color::Red).bg(Color::Indexed(17));
                }
                let shown = (text.width() as u16).min(*room);
                let lead = if column % 2 == 0 { room - shown } else { 0 };
                put(x + lead, 1 + line as u16, text, *room - lead, style);
                x += room + 1 + column as u16 % 2;
            }
        }
        if height > 2 {
            put(0, height - 1, &format!("{} / {}", self.top, self.order.len()), width, bold.fg(Color::Blue));
        }
        if self.overlay && width > 12 && height > 4 {
            for y in 1..4 {
                put(5, y, if y == 2 { "│ 語  │" } else { "┌─────┐" }, 7, Style::reset());
            }
        }
        settled(view)
    }
}

/// What is left of a frame once symbols are cut where others were drawn over them.
fn settled(mut view: Buffer) -> Buffer {
    super::settle(&mut view);
    for cell in &mut view.content {
        if cell.diff_option == CellDiffOption::Skip {
            cell.reset();
        }
    }
    view
}

fn walk(seed: u64, capabilities: Capabilities) {
    let mut walk = Walk::new(seed);
    let mut rig = Rig::with(walk.size.0, walk.size.1, capabilities);
    for step in 0..40 {
        if walk.step() {
            rig.resize(walk.size.0, walk.size.1);
        }
        let cursor = walk
            .dice
            .once_in(4)
            .then(|| (walk.dice.below(walk.size.0.into()) as u16, walk.dice.below(walk.size.1.into()) as u16));
        let frame = walk.frame();
        if let Err(what) = rig.try_draw(&frame, cursor) {
            panic!("seed {seed}, step {step}, {capabilities:?}: {what}\nafter {:?}", rig.last);
        }
    }
}

#[test]
fn every_frame_of_a_walk_arrives() {
    for seed in 0..SEEDS {
        let term = [XTERM, "tmux-256color", "screen-256color", "linux"][seed as usize % 4];
        let locale = ["en_GB.UTF-8", "ja_JP.UTF-8"][seed as usize / 4 % 2];
        walk(seed, Capabilities::new(term, locale));
    }
}

/// Few enough for each run of the tests; thousands were tried.
const SEEDS: u64 = 160;
