//! Finds the band of rows that is best moved by the terminal itself. It only estimates; the caller composes the frame
//! both ways and keeps the shorter.

use super::cell::{Cell, Glyphs};

/// A band of full rows `top..bottom` whose content moves by `by` rows: up when positive, down when negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    pub top: usize,
    pub bottom: usize,
    pub by: isize,
}

/// Bytes that setting margins, scrolling and resetting margins take, roughly.
const OVERHEAD: isize = 20;
/// Shifts looked at in full; the one a person caused is nearly always the first.
const CANDIDATES: usize = 3;

/// The plan that saves most against repainting in place, if any saves more than it costs.
pub(super) fn find(old: &[Cell], new: &[Cell], cols: usize, glyphs: &Glyphs) -> Option<Plan> {
    let old: Vec<&[Cell]> = old.chunks_exact(cols).collect();
    let new: Vec<&[Cell]> = new.chunks_exact(cols).collect();
    let rows = new.len();
    if rows < 2 || old.len() != rows {
        return None;
    }
    let shifts = candidates(&old, &new);
    if shifts.is_empty() {
        return None;
    }
    let blank = vec![Cell::BLANK; cols];
    let in_place: Vec<isize> = (0..rows).map(|y| estimate(old[y], new[y], glyphs)).collect();
    // What each row would gain from starting blank, as running sums.
    let mut from_blank = vec![0; rows + 1];
    for y in 0..rows {
        from_blank[y + 1] = from_blank[y] + in_place[y] - estimate(&blank, new[y], glyphs);
    }
    let mut best = None;
    let mut most = OVERHEAD;
    for by in shifts {
        let moved = |y: usize| -> Option<isize> {
            let from = y.checked_add_signed(by).filter(|&from| from < rows)?;
            Some(in_place[y] - estimate(old[from], new[y], glyphs))
        };
        let n = by.unsigned_abs();
        // Best run of moved rows ending (or, moving down, starting) at each row: Kadane's algorithm.
        let (mut sum, mut edge) = (0, 0);
        for step in 0..rows {
            let y = if by > 0 { step } else { rows - 1 - step };
            let Some(gain) = moved(y) else {
                sum = 0;
                continue;
            };
            if sum <= 0 {
                (sum, edge) = (0, y);
            }
            sum += gain;
            let (top, bottom, opened) = if by > 0 {
                let open = y + 1..y + 1 + n;
                (edge, open.end, open)
            } else {
                let open = y - n..y;
                (open.start, edge + 1, open)
            };
            let total = sum + from_blank[opened.end] - from_blank[opened.start];
            if total > most {
                most = total;
                best = Some(Plan { top, bottom, by });
            }
        }
    }
    best
}

/// The shifts under which most rows come out exactly as wanted.
fn candidates(old: &[&[Cell]], new: &[&[Cell]]) -> Vec<isize> {
    let rows = new.len();
    let old: Vec<u64> = old.iter().map(|row| hash(row)).collect();
    let hashes: Vec<u64> = new.iter().map(|row| hash(row)).collect();
    let mut votes = vec![0u32; 2 * rows];
    for (to, wanted) in hashes.iter().enumerate() {
        if *wanted == old[to] || new[to].iter().all(Cell::is_plain_blank) {
            continue;
        }
        for (from, shown) in old.iter().enumerate() {
            if shown == wanted {
                votes[rows + from - to] += 1;
            }
        }
    }
    let mut order: Vec<usize> = (0..votes.len()).filter(|&at| votes[at] > 0).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(votes[at]), at.abs_diff(rows)));
    order.into_iter().take(CANDIDATES).map(|at| at as isize - rows as isize).collect()
}

fn hash(row: &[Cell]) -> u64 {
    let mut state = 0u64;
    for word in row.iter().flat_map(Cell::words) {
        state = (state.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    state
}

/// Bytes to turn one row into another, roughly.
fn estimate(old: &[Cell], new: &[Cell], glyphs: &Glyphs) -> isize {
    if old == new {
        return 0;
    }
    let tail = new.iter().rposition(|cell| !cell.is_plain_blank()).map_or(0, |last| last + 1);
    let mut bytes = 0;
    let mut running = false;
    let mut pen = None;
    for (was, cell) in old.iter().zip(new).take(tail) {
        if was == cell {
            running = false;
            continue;
        }
        if !running {
            running = true;
            bytes += 5;
        }
        if !cell.is_plain_blank() && pen != Some(cell.pen) {
            pen = Some(cell.pen);
            bytes += 5;
        }
        bytes += glyphs.bytes(cell) as isize;
    }
    let changed_tail = (tail..new.len()).filter(|&x| old[x] != new[x]).count();
    bytes + changed_tail.min(6) as isize
}
