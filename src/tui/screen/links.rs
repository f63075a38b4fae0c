//! Where cells of the screen lead. A buffer has no room for addresses, so a symbol carries a number in the bits of its
//! modifiers that no terminal knows, and a board shared with whoever draws says what the numbers of a row stand for.
//! Takes any address; whoever pins it must know that it may be given to a terminal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use ratatui::style::Modifier;

use super::cell::Cell;

/// The first bit of a modifier that means no attribute.
const SHIFT: u32 = 9;
/// Links in one row.
const SLOTS: usize = (u16::MAX >> SHIFT) as usize;
/// Addresses kept before those no longer shown are dropped.
const KEPT: usize = 4096;

/// The links of the frame being drawn, by row.
#[derive(Clone, Default)]
pub struct Board {
    rows: Arc<Mutex<HashMap<u16, Vec<String>>>>,
    /// Whether the terminal takes links.
    on: bool,
}

impl Board {
    /// A board; one that is off takes no links.
    pub fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<u16, Vec<String>>> {
        self.rows.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether links are shown.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Takes all links off, before a frame is drawn.
    pub fn clear(&self) {
        self.rows().clear();
    }

    /// Pins an address to row `y` and gives what its symbols are to be drawn with. Nothing where there is no room.
    pub fn pin(&self, y: u16, address: &str) -> Modifier {
        if !self.on {
            return Modifier::empty();
        }
        let mut rows = self.rows();
        let row = rows.entry(y).or_default();
        let slot = match row.iter().position(|a| a == address) {
            Some(at) => at,
            None if row.len() < SLOTS => {
                row.push(address.to_owned());
                row.len() - 1
            }
            None => return Modifier::empty(),
        };
        Modifier::from_bits_retain((slot as u16 + 1) << SHIFT)
    }
}

/// The number a symbol carries; 0 for none.
pub(super) fn slot(modifier: Modifier) -> u8 {
    (modifier.bits() >> SHIFT) as u8
}

/// The addresses on the screen, kept once each so that cells stay small. Number 0 is none.
#[derive(Default)]
pub(super) struct Links {
    /// By number less one.
    pub texts: Arc<Vec<Arc<str>>>,
    ids: HashMap<Arc<str>, u16>,
    /// What the board said last.
    last: HashMap<u16, Vec<String>>,
}

impl Links {
    fn intern(&mut self, address: &str) -> u16 {
        if let Some(id) = self.ids.get(address) {
            return *id;
        }
        let text: Arc<str> = address.into();
        let texts = Arc::make_mut(&mut self.texts);
        texts.push(text.clone());
        let id = u16::try_from(texts.len()).unwrap_or(0);
        self.ids.insert(text, id);
        id
    }

    /// Gives the cells of `next` the links their `slots` stand for. False if the board says what it said before.
    pub fn resolve(&mut self, board: &Board, slots: &[u8], next: &mut [Cell], cols: usize) -> bool {
        let rows = board.rows().clone();
        let changed = rows != self.last;
        for (y, (slots, cells)) in slots.chunks(cols).zip(next.chunks_mut(cols)).enumerate() {
            let Some(row) = rows.get(&(y as u16)) else { continue };
            for (slot, cell) in slots.iter().zip(cells).filter(|(slot, _)| **slot > 0) {
                let address = row.get(usize::from(*slot) - 1);
                cell.pen.link = address.map_or(0, |address| self.intern(address));
            }
        }
        self.last = rows;
        changed
    }

    /// Forgets the addresses no cell of `pictures` leads to, once there are many.
    pub fn compact(&mut self, pictures: [&mut [Cell]; 2]) {
        if self.texts.len() <= KEPT {
            return;
        }
        let old = std::mem::take(&mut self.texts);
        self.ids.clear();
        for cell in pictures.into_iter().flatten().filter(|c| c.pen.link > 0) {
            cell.pen.link = old.get(usize::from(cell.pen.link) - 1).map_or(0, |address| self.intern(address));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_as_many_links_as_there_are_bits_for() {
        let board = Board::new(true);
        let first = board.pin(3, "https://a");
        assert_eq!((slot(first), board.pin(3, "https://a")), (1, first));
        let all: Vec<u8> = (0..200).map(|i| slot(board.pin(4, &format!("https://{i}")))).collect();
        assert_eq!((all[126], all[127], all[199]), (127, 0, 0));
        assert_eq!(Modifier::all().bits() >> SHIFT, 0, "no attribute has these bits");
        assert!(Board::default().pin(0, "https://a").is_empty());
    }
}
