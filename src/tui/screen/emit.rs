//! Turns the difference between two pictures into bytes: cursor moves, pens, erasures and text, each by its shortest
//! form. It must not decide what is shown, nor write anywhere but into its own buffer.

use std::sync::Arc;

use super::cell::{Cell, Glyphs, Pen, Trust};
use super::scroll::Plan;
use super::{Capabilities, number, sgr};

/// The end of a link.
const NO_LINK: &[u8] = b"\x1b]8;;\x07";

/// What is known of the terminal's cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At {
    Unknown,
    /// The row alone: after a symbol whose width terminals dispute.
    Row(usize),
    /// Column and row, from 0.
    Cell(usize, usize),
}

/// The state of the terminal's cursor and pen, and the bytes that lead there.
#[derive(Clone)]
pub(super) struct Emitter {
    pub out: Vec<u8>,
    pub at: At,
    /// `None` when unknown.
    pub pen: Option<Pen>,
    pub caps: Capabilities,
    /// The addresses pens lead to, by number less one.
    pub links: Arc<Vec<Arc<str>>>,
    /// Whether a link was ever opened since the screen was cleared.
    linked: bool,
    cols: usize,
    rows: usize,
    dirty: Vec<bool>,
    scratch: Vec<u8>,
}

/// A row as it is shown and as it is wanted.
struct Row<'a> {
    y: usize,
    old: &'a [Cell],
    new: &'a [Cell],
    glyphs: &'a Glyphs,
}

impl Emitter {
    pub fn new(cols: usize, rows: usize, caps: Capabilities) -> Self {
        Self {
            out: Vec::new(),
            at: At::Unknown,
            pen: None,
            caps,
            links: Arc::default(),
            linked: false,
            cols,
            rows,
            dirty: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub fn resize(&mut self, cols: usize, rows: usize) {
        (self.cols, self.rows) = (cols, rows);
        self.forget();
    }

    /// Nothing is known of the terminal any more.
    pub fn forget(&mut self) {
        self.at = At::Unknown;
        self.pen = None;
    }

    /// Margins off, pen reset, every cell blank.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.linked) {
            // A frame that was not sent whole may have left one open.
            self.out.extend_from_slice(NO_LINK);
        }
        self.out.extend_from_slice(b"\x1b[r\x1b[m\x1b[2J");
        self.at = At::Unknown;
        self.pen = Some(Pen::RESET);
    }

    /// Turns the picture `old` into `new`.
    pub fn repaint(&mut self, old: &[Cell], new: &[Cell], glyphs: &Glyphs) {
        let rows = old.chunks_exact(self.cols).zip(new.chunks_exact(self.cols));
        for (y, (old, new)) in rows.enumerate() {
            if old != new {
                self.row(&Row { y, old, new, glyphs });
            }
        }
    }

    /// Lets the terminal move a band of rows, and does the same to `shown`.
    pub fn scroll(&mut self, plan: Plan, shown: &mut [Cell]) {
        // The rows that come in take the background of the pen.
        if !self.pen.is_some_and(|pen| pen.blanks(Pen::RESET.bg)) {
            self.set_pen(Pen::RESET);
        }
        let whole = plan.top == 0 && plan.bottom == self.rows;
        if !whole {
            self.out.extend_from_slice(b"\x1b[");
            if plan.top > 0 {
                number(&mut self.out, plan.top as u16 + 1);
            }
            if plan.bottom < self.rows {
                self.out.push(b';');
                number(&mut self.out, plan.bottom as u16);
            }
            self.out.push(b'r');
            self.at = At::Unknown;
        }
        let n = plan.by.unsigned_abs();
        if self.caps.scroll_by_count {
            self.relative(n, if plan.by > 0 { b'S' } else { b'T' });
        } else {
            let (edge, step): (usize, &[u8]) =
                if plan.by > 0 { (plan.bottom - 1, b"\n") } else { (plan.top, b"\x1bM") };
            self.position(0, edge);
            for _ in 0..n {
                self.out.extend_from_slice(step);
            }
            self.at = At::Unknown;
        }
        if !whole {
            // Terminals agree that this moves the cursor, nearly all of them to the top left.
            self.out.extend_from_slice(b"\x1b[r");
            self.at = At::Unknown;
        }
        let band = &mut shown[plan.top * self.cols..plan.bottom * self.cols];
        let cells = n * self.cols;
        if plan.by > 0 {
            band.rotate_left(cells);
            let kept = band.len() - cells;
            band[kept..].fill(Cell::BLANK);
        } else {
            band.rotate_right(cells);
            band[..cells].fill(Cell::BLANK);
        }
    }

    /// Moves to a cell by the shortest form.
    pub fn move_to(&mut self, x: usize, y: usize) {
        let row = Row { y, old: &[], new: &[], glyphs: &Glyphs::default() };
        self.go(x, &row, None);
    }

    fn row(&mut self, row: &Row) {
        let Row { y, new, .. } = *row;
        let mut dirty = std::mem::take(&mut self.dirty);
        mark(row, &mut dirty);
        // Blanks up to the end of the row can be erased with one sequence.
        let last = new[self.cols - 1];
        let tail = if last.is_plain_blank() && self.caps.erases(last.pen.bg) {
            new.iter().rposition(|cell| *cell != last).map_or(0, |at| at + 1)
        } else {
            self.cols
        };
        let mut x = 0;
        while let Some(next) = next_dirty(&dirty, x) {
            x = next;
            if x >= tail && self.erase_tail(row, &dirty, tail, x) {
                break;
            }
            let cell = new[x];
            if cell.is_plain_blank() && self.caps.erase_characters && self.caps.erases(cell.pen.bg) {
                let past = self.erase_inside(row, &dirty, x);
                if past > x {
                    x = past;
                    continue;
                }
            }
            let ahead = || {
                let more = new[x..].iter().zip(&dirty[x..]);
                more.take_while(|(_, dirty)| **dirty).find_map(|(cell, _)| (!cell.is_plain_blank()).then_some(cell.pen))
            };
            let pen = if cell.is_plain_blank() { self.pen_for_blank(cell, ahead()) } else { cell.pen };
            self.go(x, row, Some(pen));
            self.set_pen(pen);
            let width = usize::from(cell.width.max(1));
            if cell.trust == Trust::Unsure {
                self.unsure(row, x);
            } else {
                row.glyphs.push(&cell, &mut self.out);
                self.advance(x + width, y);
                let next_is_alike = new.get(x + width).is_some_and(|next| next.trust == cell.trust && dirty[x + width]);
                if cell.trust == Trust::Ambiguous && self.caps.doubts_ambiguous && !next_is_alike {
                    self.doubt(x + 2 * width, y);
                }
            }
            x += width;
        }
        self.dirty = dirty;
    }

    fn advance(&mut self, x: usize, y: usize) {
        // What the cursor does after the last column differs between terminals.
        self.at = if x < self.cols { At::Cell(x, y) } else { At::Unknown };
    }

    /// The column is not certain; nor is the row, if the symbol may have reached column `reach`.
    fn doubt(&mut self, reach: usize, y: usize) {
        self.at = if reach < self.cols { At::Row(y) } else { At::Unknown };
    }

    /// Writes a symbol that terminals may take for narrower or wider than it is: its place is emptied first.
    fn unsure(&mut self, row: &Row, x: usize) {
        let cell = row.new[x];
        let end = x + usize::from(cell.width);
        if !row.old[x..end].iter().all(|old| old.is_plain_blank() && cell.pen.blanks(old.pen.bg)) {
            self.out.resize(self.out.len() + (end - x), b' ');
            self.advance(end, row.y);
            self.go(x, row, None);
        }
        let reach = x + row.glyphs.extent(&cell);
        if reach <= self.cols {
            row.glyphs.push(&cell, &mut self.out);
        } else if x + 2 <= self.cols {
            // All of it might run over the edge, and scroll the screen in the last row.
            row.glyphs.push_base(&cell, &mut self.out);
        }
        self.doubt(reach, row.y);
    }

    /// Erases from `x`, or from the cursor if that stands in the blank tail already. False when spaces are as short.
    fn erase_tail(&mut self, row: &Row, dirty: &[bool], tail: usize, x: usize) -> bool {
        let end = dirty.iter().rposition(|dirty| *dirty).map_or(x, |at| at + 1);
        if end - x <= 3 && end < self.cols {
            return false;
        }
        let cell = row.new[x];
        match self.at {
            At::Cell(at, y) if y == row.y && (tail..=x).contains(&at) => {}
            _ => {
                let pen = self.pen_for_blank(cell, None);
                self.go(x, row, Some(pen));
            }
        }
        let pen = self.pen_for_blank(cell, None);
        self.set_pen(pen);
        self.out.extend_from_slice(b"\x1b[K");
        true
    }

    /// Erases a run of blanks at `x` if that is shorter than writing spaces. Returns the column after what is done.
    fn erase_inside(&mut self, row: &Row, dirty: &[bool], x: usize) -> usize {
        let cell = row.new[x];
        let run = row.new[x..].iter().take_while(|next| **next == cell).count();
        let need = dirty[x..x + run].iter().rposition(|dirty| *dirty).map_or(0, |at| at + 1);
        if need <= 4 {
            return x;
        }
        let end = x + need;
        let onward = |from: usize| match next_dirty(dirty, end) {
            None => 0,
            Some(to) if to == from => 0,
            Some(to) => csi_length(to - from),
        };
        if csi_length(need) + onward(x) >= need + onward(end) {
            return x;
        }
        let pen = self.pen_for_blank(cell, None);
        self.go(x, row, Some(pen));
        self.set_pen(pen);
        self.relative(need, b'X');
        end
    }

    /// The cheapest pen that leaves a blank looking like `cell`; `ahead` is the pen needed next.
    fn pen_for_blank(&mut self, cell: Cell, ahead: Option<Pen>) -> Pen {
        let bg = cell.pen.bg;
        let Some(pen) = self.pen else { return cell.pen };
        if pen.blanks(bg) {
            return pen;
        }
        if let Some(ahead) = ahead.filter(|pen| pen.blanks(bg)) {
            return ahead;
        }
        let kept = Pen { bg, mods: pen.mods - super::cell::VISIBLE_ON_BLANK, link: 0, ..pen };
        let scratch = &mut self.scratch;
        if sgr::cost(self.pen, kept, scratch) < sgr::cost(self.pen, cell.pen, scratch) { kept } else { cell.pen }
    }

    pub fn set_pen(&mut self, pen: Pen) {
        sgr::change(self.pen, pen, &mut self.out);
        self.lead(pen.link);
        self.pen = Some(pen);
    }

    /// What is written from here on leads to the address of this number.
    fn lead(&mut self, link: u16) {
        if self.pen.map_or(0, |pen| pen.link) == link || !self.caps.hyperlinks {
            return;
        }
        match usize::from(link).checked_sub(1).and_then(|at| self.links.get(at)) {
            Some(address) => {
                self.out.extend_from_slice(b"\x1b]8;;");
                self.out.extend_from_slice(address.as_bytes());
                self.out.push(7);
                self.linked = true;
            }
            None => self.out.extend_from_slice(NO_LINK),
        }
    }

    /// Ends the link that is open, so that nothing written by others leads anywhere.
    pub fn unlink(&mut self) {
        self.lead(0);
        self.pen = self.pen.map(Pen::unlinked);
    }

    /// Moves to column `x` of `row`. Short stretches of what is on the screen already may be written again, in the
    /// current pen or in `next`, which is the one the caller sets afterwards.
    fn go(&mut self, x: usize, row: &Row, next: Option<Pen>) {
        let y = row.y;
        if self.at == At::Cell(x, y) {
            return;
        }
        let mut way = Way::Absolute;
        let mut best = absolute_length(x, y);
        let from_row = match self.at {
            At::Unknown => None,
            At::Row(y) | At::Cell(_, y) => Some(y),
        };
        if let Some(from) = from_row {
            let vertical = self.vertical_length(from, y);
            let column = if x == 0 { 1 } else { 3 + digits(x + 1) };
            if vertical + column < best {
                (way, best) = (Way::Column, vertical + column);
            }
            if x > 0 && vertical + 1 + csi_length(x) < best {
                (way, best) = (Way::FromStart, vertical + 1 + csi_length(x));
            }
            if let At::Cell(at, _) = self.at {
                let sideways = match at.abs_diff(x) {
                    0 => 0,
                    n if x < at => n.min(csi_length(n)),
                    n => csi_length(n),
                };
                if vertical + sideways <= best {
                    (way, best) = (Way::Sideways, vertical + sideways);
                }
                if from == y && at < x {
                    let found = [self.pen, next]
                        .into_iter()
                        .flatten()
                        .find(|pen| rewrite_length(row, at..x, *pen, self.caps, best).is_some_and(|n| n <= best));
                    if let Some(pen) = found {
                        self.set_pen(pen);
                        for cell in row.new[at..x].iter().filter(|cell| cell.width > 0) {
                            row.glyphs.push(cell, &mut self.out);
                        }
                        self.at = At::Cell(x, y);
                        return;
                    }
                }
            }
        }
        match way {
            Way::Absolute => self.position(x, y),
            Way::Column | Way::FromStart | Way::Sideways => {
                self.vertical(from_row.unwrap_or(y), y);
                match (way, self.at) {
                    (Way::Sideways, At::Cell(at, _)) => self.sideways(at, x),
                    (Way::FromStart, _) => {
                        self.out.push(b'\r');
                        self.relative(x, b'C');
                    }
                    _ if x == 0 => self.out.push(b'\r'),
                    _ => self.relative_from_one(x, b'G'),
                }
            }
        }
        self.at = At::Cell(x, y);
    }

    fn vertical_length(&self, from: usize, to: usize) -> usize {
        let n = from.abs_diff(to);
        match () {
            () if n == 0 => 0,
            () if to > from && self.caps.line_feed => n.min(csi_length(n)),
            () => csi_length(n),
        }
        .min(if n == 0 { 0 } else { 3 + digits(to + 1) })
    }

    fn vertical(&mut self, from: usize, to: usize) {
        let n = from.abs_diff(to);
        let length = self.vertical_length(from, to);
        if n == 0 {
        } else if to > from && self.caps.line_feed && length == n {
            self.out.resize(self.out.len() + n, b'\n');
        } else if length == csi_length(n) {
            self.relative(n, if to > from { b'B' } else { b'A' });
        } else {
            self.relative_from_one(to, b'd');
        }
    }

    fn sideways(&mut self, from: usize, to: usize) {
        let n = from.abs_diff(to);
        if n == 0 {
        } else if to > from {
            self.relative(n, b'C');
        } else if n <= csi_length(n) {
            self.out.resize(self.out.len() + n, 8);
        } else {
            self.relative(n, b'D');
        }
    }

    fn position(&mut self, x: usize, y: usize) {
        self.out.extend_from_slice(b"\x1b[");
        if x > 0 || y > 0 {
            number(&mut self.out, y as u16 + 1);
        }
        if x > 0 {
            self.out.push(b';');
            number(&mut self.out, x as u16 + 1);
        }
        self.out.push(b'H');
        self.at = At::Cell(x, y);
    }

    /// A sequence with a count that is left out when it is 1.
    fn relative(&mut self, n: usize, function: u8) {
        self.out.extend_from_slice(b"\x1b[");
        if n != 1 {
            number(&mut self.out, n as u16);
        }
        self.out.push(function);
    }

    /// A sequence with an absolute place, given from 0.
    fn relative_from_one(&mut self, place: usize, function: u8) {
        self.relative(place + 1, function);
    }
}

#[derive(Clone, Copy)]
enum Way {
    /// CUP.
    Absolute,
    /// Up or down, then CR or CHA.
    Column,
    /// Up or down, CR, CUF.
    FromStart,
    /// Up or down, then BS, CUB or CUF.
    Sideways,
}

fn digits(n: usize) -> usize {
    match n {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        1000..=9999 => 4,
        _ => 5,
    }
}

/// Length of a sequence with a count that may be left out.
fn csi_length(n: usize) -> usize {
    if n == 1 { 3 } else { 3 + digits(n) }
}

fn absolute_length(x: usize, y: usize) -> usize {
    match (x, y) {
        (0, 0) => 3,
        (0, y) => 3 + digits(y + 1),
        (x, y) => 4 + digits(x + 1) + digits(y + 1),
    }
}

fn next_dirty(dirty: &[bool], from: usize) -> Option<usize> {
    let at = dirty.get(from..)?.iter().position(|dirty| *dirty)?;
    Some(from + at)
}

/// Bytes to write cells again that are shown as they should be; `None` if they cannot be, or take more than `limit`.
fn rewrite_length(
    row: &Row,
    range: std::ops::Range<usize>,
    pen: Pen,
    caps: Capabilities,
    limit: usize,
) -> Option<usize> {
    let cells = row.new.get(range)?;
    if cells.len() > 2 * limit || cells.first()?.width == 0 {
        return None;
    }
    let mut bytes = 0;
    for cell in cells {
        let sure = match cell.trust {
            Trust::Sure => true,
            Trust::Ambiguous => !caps.doubts_ambiguous,
            Trust::Unsure => false,
        };
        if !sure || !pen.suits(cell) {
            return None;
        }
        bytes += row.glyphs.bytes(cell);
    }
    Some(bytes)
}

/// Marks the cells to be written: those that differ. No wide symbol, old or new, is marked in part, since covered
/// cells carry the look of their lead and a width of their own. A symbol of disputed width may spill onto its
/// neighbours, so these are marked with it.
fn mark(row: &Row, dirty: &mut Vec<bool>) {
    dirty.clear();
    dirty.extend(row.old.iter().zip(row.new).map(|(old, new)| old != new));
    for (x, cell) in row.new.iter().enumerate() {
        if dirty[x] && cell.width > 0 && cell.trust == Trust::Unsure {
            let end = (x + row.glyphs.extent(cell)).min(dirty.len());
            dirty[x..end].fill(true);
        }
    }
}
