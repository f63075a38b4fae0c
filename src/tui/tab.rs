//! One open table as it is shown: where the cursor is, which rows are in hand, how wide the columns are.
//!
//! A tab decides which rows the screen needs; it never reads them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::{Dataset, Frame, RowCount};
use crate::engine::recipe::{Play, Written};
use crate::engine::{Locator, Session};
use crate::error::{Error, Result};
use crate::source::OpenOptions;
use crate::sql::expr::Expr;
use crate::text::{Msg, bar, is_unicode, link, number, safe, spark, upright};
use crate::value::{Cell, Column};

/// Narrowest and widest a column is made without being asked.
const WIDTHS: (usize, usize) = (4, 32);
/// Widest a column can be made.
const WIDEST: usize = 200;
/// Cells between two columns.
pub const GAP: usize = 2;

/// Rows in hand, with the places of the columns they were read for.
pub struct Hand {
    /// Counts the datasets the tab has shown; rows of an earlier one are stale.
    pub generation: u64,
    /// Places, in the dataset, of the frame's columns.
    pub places: Vec<usize>,
    /// Number of the first row.
    pub start: u64,
    /// The rows.
    pub frame: Frame,
    /// Whether fewer rows came than were asked for: the table ends here.
    pub end: bool,
}

impl Hand {
    fn covers(&self, rows: std::ops::Range<u64>, places: &[usize]) -> bool {
        self.start <= rows.start
            && rows.end <= self.start + self.frame.height() as u64
            && places.iter().all(|p| self.places.contains(p))
    }
}

/// Rows to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// First row.
    pub start: u64,
    /// How many.
    pub len: usize,
    /// Places of the columns.
    pub places: Vec<usize>,
    /// Whether the screen cannot be drawn without them.
    pub urgent: bool,
}

/// What a cell of a result table leads back to.
pub struct Origin {
    /// The tab the result was made from.
    pub tab: u64,
    /// The condition that gives the rows behind a cell, by row and column name.
    pub rows_behind: Box<dyn Fn(u64, &str) -> Option<Expr>>,
}

/// Cells of the longest bar beside a number.
pub const BAR: usize = 12;
/// Cells of the longest line in a cell.
const LINE: usize = 24;

/// Columns of numbers that are shown with bars: one with long ones, or all cells of a field with one of the same scale each.
pub struct Bars {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The number with the longest bar.
    pub greatest: f64,
    /// Cells of the longest bar; a bar of one cell stands upright.
    pub width: usize,
}

impl Bars {
    /// A number's bar, padded to the width of the longest.
    pub fn of(&self, number: f64) -> String {
        let share = number / self.greatest;
        let bar = match self.width {
            1 => upright(share, is_unicode()).to_string(),
            width => bar(share, width, is_unicode()),
        };
        safe::pad(&bar, self.width, false)
    }
}

/// An open table.
pub struct Tab {
    /// Its number; never used again.
    pub id: u64,
    /// What it is called.
    pub title: String,
    /// Where it came from; none for results.
    pub locator: Option<(Locator, OpenOptions)>,
    /// The recipe it was opened by.
    pub recipe: Option<Arc<Written>>,
    /// Short facts for the title line.
    pub facts: Vec<Msg>,
    /// What a person should know about it.
    pub notices: Vec<Msg>,
    /// The table and its history.
    pub session: Session,
    /// Steps that wait until the table has been read.
    pub waiting: Option<Play>,
    /// The step that is under way.
    pub doing: Option<super::act::later::Doing>,
    /// A result that is still growing, shown in place of the session's.
    pub growing: Option<Dataset>,
    /// For results: the way back to the rows.
    pub origin: Option<Origin>,
    /// Counts the datasets shown.
    pub generation: u64,
    /// The row under the cursor.
    pub row: u64,
    /// The place of the column under the cursor.
    pub column: usize,
    /// The first row on screen.
    pub top: u64,
    /// The first column on screen after the frozen ones.
    pub left: usize,
    /// How many columns stay in place at the left.
    pub frozen: usize,
    widths: HashMap<String, usize>,
    /// The rows in hand.
    pub hand: Option<Hand>,
    /// What was asked for last and has not come yet.
    pub asked: Option<(u64, Need)>,
    /// What went wrong with the last reading.
    pub trouble: Option<String>,
    /// The reading that ended so.
    pub failed: Option<Need>,
    /// What was found to clean, and the steps in force at that time.
    pub findings: Option<(Vec<crate::op::Step>, crate::op::clean::Findings)>,
    /// What the last cleaning did.
    pub receipt: Option<crate::result::receipt::Receipt>,
    /// Steps that were refused for want of memory, to be tried on a sample.
    pub refused: Option<Vec<crate::op::Step>>,
    /// The columns shown with bars.
    pub bars: Option<Bars>,
    /// The column whose lists of numbers are shown as lines.
    pub line: Option<String>,
    /// What the tasks that worked on it, or made it, have sent to where the rows are: what each was called, and its
    /// statements. The latest is the last.
    pub sent: Vec<(String, Vec<String>)>,
    /// What is searched for.
    pub search: Option<crate::op::search::Search>,
}

/// A column on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its place in the dataset.
    pub place: usize,
    /// Its first cell.
    pub x: usize,
    /// Its width, cut at the edge of the screen.
    pub width: usize,
}

impl Tab {
    /// A tab on a session.
    pub fn new(id: u64, title: String, session: Session) -> Self {
        Self {
            id,
            title,
            locator: None,
            recipe: None,
            facts: Vec::new(),
            notices: Vec::new(),
            session,
            waiting: None,
            doing: None,
            growing: None,
            origin: None,
            generation: 0,
            row: 0,
            column: 0,
            top: 0,
            left: 0,
            frozen: 0,
            widths: HashMap::new(),
            hand: None,
            asked: None,
            trouble: None,
            failed: None,
            findings: None,
            receipt: None,
            refused: None,
            bars: None,
            line: None,
            sent: Vec::new(),
            search: None,
        }
    }

    /// The dataset on screen.
    pub fn dataset(&self) -> &Dataset {
        self.growing.as_ref().unwrap_or(&self.session.now().dataset)
    }

    /// The session on screen, for work on a thread of its own.
    pub fn rows(&self) -> Session {
        match &self.growing {
            Some(rows) => {
                let steps = self.session.now().steps.clone();
                Session::derived(self.session.base().clone(), steps, rows.clone())
            }
            None => self.session.clone(),
        }
    }

    /// The columns on screen and off it.
    pub fn columns(&self) -> &[Column] {
        self.dataset().schema().columns()
    }

    /// The column under the cursor.
    pub fn current_column(&self) -> Option<&Column> {
        self.columns().get(self.column)
    }

    /// Adds what there is to know about the table and was not known yet.
    pub fn learn(&mut self) {
        for notice in self.session.notices() {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
    }

    /// Forgets what there is to know about a table that is about to be read otherwise.
    pub fn forget(&mut self) {
        let said = self.session.base().table().notices();
        self.notices.retain(|notice| !said.contains(notice));
    }

    /// Says that another dataset is shown now. The rows in hand stay on screen until the new ones come only if they are
    /// still right, that is when `same_rows` holds.
    pub fn changed(&mut self, same_rows: bool) {
        self.generation += 1;
        self.asked = None;
        self.trouble = None;
        if same_rows {
            if let Some(hand) = &mut self.hand {
                hand.generation = self.generation;
            }
        } else {
            self.hand = None;
        }
        self.clamp();
    }

    /// Keeps cursor and scroll within the table.
    pub fn clamp(&mut self) {
        if let RowCount::Exact(n) = self.dataset().row_count() {
            self.row = self.row.min(n.saturating_sub(1));
            self.top = self.top.min(self.row);
        }
        let width = self.columns().len();
        self.column = self.column.min(width.saturating_sub(1));
        self.frozen = self.frozen.min(width);
        self.left = self.left.clamp(self.frozen.min(width), width.max(self.frozen));
    }

    /// Whether whole numbers of this column are written with thousands separators: identifiers and years are not. Told
    /// by the last word of the name (`user_id`, `userId`, `注文番号`).
    pub fn separated(name: &str) -> bool {
        const PLAIN: [&str; 9] = ["id", "ids", "key", "code", "year", "no", "number", "zip", "postcode"];
        const PLAIN_ENDINGS: [&str; 4] = ["番号", "コード", "年", "ID"];
        if PLAIN_ENDINGS.iter().any(|e| name.ends_with(e)) {
            return false;
        }
        let word = name.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or(name);
        let start = word.char_indices().rev().find(|(_, c)| c.is_uppercase()).map_or(0, |(i, _)| i);
        let last = word[start..].to_lowercase();
        !PLAIN.contains(&last.as_str()) && !PLAIN.contains(&word.to_lowercase().as_str())
    }

    /// A cell's text on screen, not yet safe.
    pub fn cell_text(column: &Column, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Int(_) | Cell::UInt(_) if !Self::separated(&column.name) => cell.plain(),
            _ => cell.display().into_owned(),
        }
    }

    /// A cell as the table shows it. What was computed is rounded to what can be compared at a glance; the line beneath the
    /// table, the whole row and every export have all digits.
    pub fn shown_text(&self, column: &Column, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Float(x) if self.origin.is_some() => number::readable(*x, number::AT_A_GLANCE),
            Cell::List(items) if self.line.as_ref() == Some(&column.name) => {
                spark(&items.iter().map(Cell::as_f64).collect::<Vec<_>>(), LINE, is_unicode())
            }
            _ => Self::cell_text(column, cell),
        }
    }

    /// The bars a column is shown with.
    pub fn bars_of(&self, column: &Column) -> Option<&Bars> {
        self.bars.as_ref().filter(|b| column.kind.is_number() && b.columns.contains(&column.name))
    }

    /// The width of the column at `place`: chosen by a person, or by the header and the rows in hand.
    pub fn width(&self, place: usize) -> usize {
        let Some(column) = self.columns().get(place) else { return 0 };
        let bar = self.bars_of(column).map_or(0, |b| b.width + 1);
        bar + self.widths.get(&column.name).copied().unwrap_or_else(|| {
            let header = safe::width(&safe::line(&column.name)).max(safe::width(&column.kind.word().to_string()));
            header.clamp(WIDTHS.0, WIDTHS.1)
        })
    }

    /// Settles widths of columns that come into hand for the first time, so that they do not jump about while scrolling.
    pub fn settle_widths(&mut self) {
        let Some(hand) = &self.hand else { return };
        let mut found = Vec::new();
        for (i, place) in hand.places.iter().enumerate() {
            let Some(column) = self.columns().get(*place) else { continue };
            if self.widths.contains_key(&column.name) {
                continue;
            }
            found.push((column.name.clone(), self.content_width(hand, i, *place, WIDTHS.1)));
        }
        self.widths.extend(found);
    }

    fn content_width(&self, hand: &Hand, i: usize, place: usize, most: usize) -> usize {
        const LOOKED_AT: usize = 200;
        let Some(column) = self.columns().get(place) else { return WIDTHS.0 };
        let header = safe::width(&safe::fit(&column.name, most).text).max(safe::width(&column.kind.word().to_string()));
        let rows = hand.frame.height().min(LOOKED_AT);
        let content = (0..rows)
            .map(|r| safe::fit(&self.shown_text(column, &hand.frame.cell(r, i)), most).width)
            .max()
            .unwrap_or(0);
        header.max(content).clamp(WIDTHS.0, most)
    }

    /// Makes the current column wider or narrower.
    pub fn widen(&mut self, by: i64) {
        if let Some(name) = self.current_column().map(|c| c.name.clone()) {
            let bar = self.current_column().and_then(|c| self.bars_of(c)).map_or(0, |b| b.width as i64 + 1);
            let width = (self.width(self.column) as i64 - bar + by).clamp(WIDTHS.0 as i64, WIDEST as i64);
            self.widths.insert(name, width as usize);
        }
    }

    /// Makes the current column as wide as the rows in hand need; back to the usual width if it is that already.
    pub fn fit(&mut self) {
        let Some(hand) = &self.hand else { return };
        let Some(i) = hand.places.iter().position(|p| *p == self.column) else { return };
        let full = self.content_width(hand, i, self.column, WIDEST);
        let usual = self.content_width(hand, i, self.column, WIDTHS.1);
        let width = if self.width(self.column) == full { usual } else { full };
        if let Some(name) = self.current_column().map(|c| c.name.clone()) {
            self.widths.insert(name, width);
        }
    }

    /// The columns that fit into `width` cells, frozen ones first.
    pub fn shown(&self, width: usize) -> Vec<Shown> {
        let mut out = Vec::new();
        let mut x = 0;
        let count = self.columns().len();
        let frozen = self.frozen.min(count);
        for place in (0..frozen).chain(self.left.max(frozen)..count) {
            if x >= width {
                break;
            }
            let wanted = self.width(place).max(1);
            let room = width - x;
            // A sliver of a column says nothing.
            if room < wanted && room < WIDTHS.0 && !out.is_empty() {
                break;
            }
            out.push(Shown { place, x, width: wanted.min(room) });
            x += wanted + GAP;
        }
        out
    }

    /// Scrolls sideways until the column under the cursor is whole on screen, if it can be.
    pub fn follow_column(&mut self, width: usize) {
        if self.column < self.frozen {
            return;
        }
        if self.column < self.left {
            self.left = self.column;
            return;
        }
        loop {
            let shown = self.shown(width);
            let whole = shown
                .iter()
                .any(|s| s.place == self.column && (s.width == self.width(s.place) || self.left == self.column));
            if whole || self.left >= self.column {
                return;
            }
            self.left += 1;
        }
    }

    /// Scrolls until the row under the cursor is on screen.
    pub fn follow_row(&mut self, height: usize) {
        let height = height.max(1) as u64;
        if self.row < self.top {
            self.top = self.row;
        } else if self.row >= self.top + height {
            self.top = self.row + 1 - height;
        }
        // No empty lines below the last row while there are rows above the first.
        if let Some(end) = self.end() {
            self.top = self.top.min(end.saturating_sub(height));
        }
    }

    /// The row after the last one that can be on screen: the end of the table, or of what is known.
    pub fn end(&self) -> Option<u64> {
        match self.dataset().row_count() {
            RowCount::Exact(n) => Some(n),
            RowCount::AtLeast(_) => None,
        }
    }

    /// What has to be read for a screen of this size; nothing when all is in hand and the edges are far.
    pub fn need(&self, width: usize, height: usize) -> Option<Need> {
        let height = height.max(1) as u64;
        let count = self.columns().len();
        if count == 0 {
            return None;
        }
        let mut places: Vec<usize> = self.shown(width).iter().map(|s| s.place).collect();
        for place in places.clone() {
            if let Some(beside) = self.links_of(place).filter(|b| !places.contains(b)) {
                places.push(beside);
            }
        }
        let end = self.end().unwrap_or(u64::MAX);
        let view = self.top.min(end)..(self.top + height).min(end);
        if view.is_empty() {
            return None;
        }
        let in_hand = |rows: std::ops::Range<u64>, places: &[usize]| {
            self.hand.as_ref().is_some_and(|h| {
                let last = h.start + h.frame.height() as u64;
                let rows = if h.end { rows.start..rows.end.min(last.max(rows.start)) } else { rows };
                h.covers(rows, places)
            })
        };
        let urgent = !in_hand(view.clone(), &places);
        let random = !matches!(self.dataset().rows(), crate::data::Rows::All);
        let (near, far) = if random { (height / 2, height) } else { (height * 2, height * 5) };
        let edge = view.start.saturating_sub(near)..(view.end + near).min(end);
        if urgent {
            // What is on screen first and nothing else; the rest is fetched when it is drawn.
            let need = Need { start: view.start, len: (view.end - view.start) as usize, places, urgent };
            return self.unless_asked(need);
        }
        // Columns just off screen, so that moving sideways finds them in hand.
        let last = self.shown(width).last().map_or(0, |s| s.place);
        let before = self.left.saturating_sub(4)..self.left;
        let after = last + 1..(last + 5).min(count);
        for p in before.chain(after) {
            if !places.contains(&p) {
                places.push(p);
            }
        }
        if in_hand(edge, &places) {
            return None;
        }
        let start = view.start.saturating_sub(far);
        self.unless_asked(Need { start, len: ((view.end + far).min(end) - start) as usize, places, urgent })
    }

    fn unless_asked(&self, need: Need) -> Option<Need> {
        match &self.asked {
            Some((_, asked)) if *asked == need => None,
            _ => Some(need),
        }
    }

    /// An error if a row has to be waited for, which the interface never does.
    pub fn at_hand(&self, row: u64) -> Result<()> {
        let dataset = self.dataset();
        match dataset.table_row(row).is_none_or(|row| dataset.table().is_at_hand(row)) {
            true => Ok(()),
            false => Err(Error::failed(Msg::new("error-not-read"))),
        }
    }

    /// Whether all that is on screen is in hand.
    pub fn ready(&self, width: usize, height: usize) -> bool {
        self.need(width, height).is_none_or(|n| !n.urgent) && !self.asked.as_ref().is_some_and(|(_, n)| n.urgent)
    }

    /// The value at a row and place, if it is in hand.
    pub fn cell(&self, row: u64, place: usize) -> Option<Cell<'_>> {
        let hand = self.hand.as_ref().filter(|h| h.generation == self.generation)?;
        let column = hand.places.iter().position(|p| *p == place)?;
        let offset = usize::try_from(row.checked_sub(hand.start)?).ok()?;
        (offset < hand.frame.height()).then(|| hand.frame.cell(offset, column))
    }

    /// The place of the column that says where the cells at `place` lead.
    fn links_of(&self, place: usize) -> Option<usize> {
        let columns = self.columns();
        let name = &columns.get(place).filter(|c| c.kind.is_text())?.name;
        let wanted = link::column_of(name);
        columns.iter().position(|c| c.name == wanted && c.kind.is_text())
    }

    /// Where a cell leads: the address it holds, or the one beside it.
    pub fn link(&self, row: u64, place: usize) -> Option<String> {
        let address = |place| match self.cell(row, place)? {
            Cell::Text(text) if link::is_link(&text) => Some(text.into_owned()),
            _ => None,
        };
        address(place).or_else(|| address(self.links_of(place)?))
    }

    /// The value under the cursor.
    pub fn current_cell(&self) -> Option<Cell<'_>> {
        self.cell(self.row, self.column)
    }
}
