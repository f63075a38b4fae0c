//! Draws a table: title, header, rows, the line with the whole cell. Reads nothing and decides nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::screen::Board;
use super::tab::{Shown, Tab};
use super::theme::{Role, Theme};
use crate::data::{RowCount, STAYS};
use crate::op::push::whereabouts;
use crate::text::{Msg, link, number, safe, tr};
use crate::value::Cell;

/// Which lines a screen has besides its rows. The lower it is, the fewer; one row is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// What the table is called.
    pub title: bool,
    /// What the columns are called.
    pub names: bool,
    /// What kinds the columns are of.
    pub kinds: bool,
    /// The whole cell under the cursor.
    pub cell: bool,
    /// What can be done here.
    pub hints: bool,
}

impl Lines {
    /// The lines of a screen of this height.
    pub fn of(height: u16) -> Self {
        Self { names: height >= 2, hints: height >= 3, title: height >= 4, cell: height >= 5, kinds: height >= 6 }
    }

    /// How many lines stand above the first row.
    pub fn above(self) -> u16 {
        u16::from(self.title) + self.header()
    }

    /// How many lines the columns' header has.
    pub fn header(self) -> u16 {
        u16::from(self.names) + u16::from(self.kinds)
    }

    /// How many lines stand below the last row.
    pub fn below(self) -> u16 {
        u16::from(self.cell) + u16::from(self.hints)
    }
}

/// How many rows fit into a screen of this height.
pub fn rows_in(height: u16) -> usize {
    let lines = Lines::of(height);
    usize::from(height.saturating_sub(lines.above() + lines.below())).max(1)
}

/// Writes safe text at a place, cut at `max` cells; gives the cell after it.
pub fn put(buf: &mut Buffer, x: u16, y: u16, text: &str, max: usize, style: Style) -> u16 {
    let right = buf.area.right();
    if y >= buf.area.bottom() || x >= right {
        return x;
    }
    let end = x.saturating_add(u16::try_from(max).unwrap_or(u16::MAX)).min(right);
    // Of a wide symbol whose right half is drawn over, nothing is left.
    if x > buf.area.left() && buf[(x - 1, y)].symbol().width() > 1 {
        buf[(x - 1, y)].set_symbol(" ");
    }
    let mut at = x;
    let mut symbol = |symbol: &str| {
        let width = UnicodeWidthStr::width(symbol) as u16;
        if width == 0 {
            return true;
        }
        if at + width > end {
            return false;
        }
        buf[(at, y)].set_symbol(symbol).set_style(style);
        for covered in at + 1..at + width {
            buf[(covered, y)].reset();
        }
        at += width;
        true
    };
    for grapheme in text.graphemes(true).filter(|g| !g.contains(char::is_control)) {
        let room = if grapheme.contains(SOUND_MARKS) {
            // They combine in name only: each takes a column of its own.
            grapheme.chars().all(|c| symbol(c.encode_utf8(&mut [0; 4])))
        } else {
            symbol(grapheme)
        };
        if !room {
            break;
        }
    }
    at
}

/// The half-width voiced and semi-voiced sound marks.
const SOUND_MARKS: [char; 2] = ['\u{ff9e}', '\u{ff9f}'];

/// How many rows there are, in words.
pub fn row_count(count: RowCount) -> String {
    match count {
        RowCount::Exact(n) => Msg::new("title-rows").with("rows", n).to_string(),
        RowCount::AtLeast(n) => Msg::new("title-rows-at-least").with("rows", n).to_string(),
    }
}

/// The short facts of a table, and where it was worked out if that may have been elsewhere.
fn facts(tab: &Tab) -> impl Iterator<Item = Msg> {
    let away = tab.dataset().place().is_some();
    let known = tab.facts.iter().filter(move |fact| away || fact.id != STAYS).cloned();
    known.chain(whereabouts(&tab.notices).filter(|_| !away))
}

/// The title line: name, size, facts, chips of what was done, warnings. Gives back where each chip stands, for the mouse.
pub fn title(buf: &mut Buffer, area: Rect, tab: &Tab, others: usize, theme: Theme) -> Vec<(u16, u16, usize)> {
    let mut chips = Vec::new();
    let notices = match tab.notices.len() {
        0 => String::new(),
        count => format!("  {}", Msg::new("title-notices").with("count", count)),
    };
    let right = area.right();
    let mut x = area.x;
    let rest = |x: u16| usize::from(right.saturating_sub(x));
    let name = safe::fit(&tab.title, (usize::from(area.width) / 2).max(10)).text.into_owned();
    x = put(buf, x, area.y, &name, rest(x), theme.style(Role::Title));
    let size = format!(
        "  {} × {}",
        row_count(tab.dataset().row_count()),
        Msg::new("title-columns").with("columns", tab.columns().len())
    );
    x = put(buf, x, area.y, &size, rest(x), theme.style(Role::Plain));
    // However much else there is to say, that there are notices is said too.
    let end = right.saturating_sub(safe::width(&notices) as u16);
    let room = |x: u16| usize::from(end.saturating_sub(x));
    for fact in facts(tab) {
        // Half a word says something else.
        let text = format!("  {}", safe::line(&fact.to_string()));
        x = put(buf, x, area.y, &safe::fit(&text, room(x)).text, room(x), theme.style(Role::Dim));
    }
    if others > 0 {
        let text = Msg::new("title-tabs").with("others", others).to_string();
        x = put(buf, x, area.y, &format!("  {text}"), room(x), theme.style(Role::Dim));
    }
    let steps = &tab.session.now().steps;
    let words = |i: usize| format!("[{}]", safe::fit(&steps[i].words().to_string(), 40).text);
    let mut chip = |buf: &mut Buffer, mut x: u16, i: usize, room: usize| {
        x = put(buf, x, area.y, "  ", room, theme.style(Role::Plain));
        let from = x;
        x = put(buf, x, area.y, &safe::fit(&words(i), room.saturating_sub(2)).text, room, theme.style(Role::Chip));
        chips.push((from, x, i));
        x
    };
    // Charts changed nothing, so they come last. Where not everything fits, what was done last stays.
    let (looks, acts): (Vec<usize>, Vec<usize>) = (0..steps.len()).partition(|i| steps[*i].is_look());
    let gone = last_that_fit(acts.iter().map(|i| safe::width(&words(*i)) + 2).collect(), room(x));
    if gone > 0 {
        x = put(buf, x, area.y, "  …", room(x), theme.style(Role::Chip));
    }
    x = acts[gone..].iter().fold(x, |x, i| chip(buf, x, *i, room(x)));
    x = put(buf, x, area.y, &notices, rest(x), theme.style(Role::Warn));
    looks.into_iter().fold(x, |x, i| chip(buf, x, i, rest(x)));
    chips
}

/// How many of the first of these widths have to go so that the others fit beside a mark for them; the last stays.
fn last_that_fit(widths: Vec<usize>, room: usize) -> usize {
    const MARK: usize = 3;
    if widths.iter().sum::<usize>() <= room {
        return 0;
    }
    let mut used = MARK;
    let fit = widths.iter().rev().take_while(|w| {
        used += **w;
        used <= room
    });
    widths.len() - fit.count().max(1).min(widths.len())
}

fn column_header(buf: &mut Buffer, tab: &Tab, shown: &Shown, area: Rect, lines: Lines, theme: Theme) {
    if !lines.names {
        return;
    }
    let column = &tab.columns()[shown.place];
    let x = area.x + shown.x as u16;
    let under_cursor = shown.place == tab.column;
    let mut style = theme.style(Role::Header);
    if under_cursor {
        style = style.add_modifier(Modifier::UNDERLINED);
    }
    let name = safe::fit(&column.name, shown.width).text.into_owned();
    let mut word = column.kind.word().to_string();
    if let Some(order) = tab.session.now().order_of(&column.name) {
        let mark = if order { "▼" } else { "▲" };
        let both = format!("{mark} {word}");
        // Half a word says less than none.
        word = if safe::width(&both) <= shown.width { both } else { mark.to_owned() };
    }
    let word = safe::fit(&word, shown.width).text.into_owned();
    let right = column.kind.is_number();
    // Cells without ink are left plain: what changes with the cursor is then only the name.
    let name_x = if right { x + shown.width.saturating_sub(safe::width(&name)) as u16 } else { x };
    put(buf, name_x, area.y, &name, shown.width, style);
    if lines.kinds {
        put(buf, x, area.y + 1, &safe::pad(&word, shown.width, right), shown.width, theme.style(Role::Dim));
    }
}

/// The rows with as much of their header as `lines` has.
pub fn rows(buf: &mut Buffer, area: Rect, tab: &Tab, lines: Lines, theme: Theme, links: &Board) {
    let shown = tab.shown(usize::from(area.width));
    for s in &shown {
        column_header(buf, tab, s, area, lines, theme);
    }
    if tab.frozen > 0
        && let Some(last) = shown.iter().rfind(|s| s.place < tab.frozen)
    {
        let x = area.x + (last.x + last.width) as u16;
        for y in area.y..area.bottom() {
            put(buf, x, y, "│", 1, theme.style(Role::Dim));
        }
    }
    let first = area.y + lines.header();
    for line in 0..area.bottom().saturating_sub(first) {
        let row = tab.top + u64::from(line);
        if tab.end().is_some_and(|end| row >= end) {
            break;
        }
        for s in &shown {
            let at = (area.x, first + line);
            draw_cell(buf, tab, s, row, at, theme, links);
        }
    }
    if tab.end() == Some(0) {
        let text = tr("grid-no-rows");
        let y = (first + 1).min(area.bottom().saturating_sub(1));
        put(buf, area.x, y, &text, usize::from(area.width), theme.style(Role::Dim));
    }
}

fn draw_cell(buf: &mut Buffer, tab: &Tab, shown: &Shown, row: u64, (x0, y): (u16, u16), theme: Theme, links: &Board) {
    let column = &tab.columns()[shown.place];
    let cursor = row == tab.row && shown.place == tab.column;
    let mut style = theme.style(Role::Plain);
    let (text, cell_width) = match tab.cell(row, shown.place) {
        None => (String::new(), 0),
        Some(Cell::Null) => {
            style = theme.style(Role::Mark);
            ("∅".to_owned(), 1)
        }
        Some(Cell::Text(t)) if t.is_empty() => {
            style = theme.style(Role::Mark);
            ("\"\"".to_owned(), 2)
        }
        Some(cell) => {
            let full = Tab::cell_text(column, &cell);
            if tab.search.as_ref().is_some_and(|s| s.matches(&full)) {
                style = theme.style(Role::Match);
            }
            let full = tab.shown_text(column, &cell);
            match (tab.bars_of(column), cell.as_f64()) {
                (Some(bars), Some(figure)) if shown.width > bars.width + 1 => {
                    let fitted = safe::fit(&full, shown.width - bars.width - 1);
                    let number = safe::pad(&fitted.text, shown.width - bars.width - 1, true);
                    (format!("{number} {}", bars.of(figure)), shown.width)
                }
                _ => {
                    let fitted = safe::fit(&full, shown.width);
                    let width = fitted.width;
                    (fitted.text.into_owned(), width)
                }
            }
        }
    };
    let lead = if column.kind.is_number() { shown.width.saturating_sub(cell_width) } else { 0 };
    let x = x0 + (shown.x + lead) as u16;
    if cursor {
        style = theme.style(Role::Cursor);
        let padded = safe::pad(&text, shown.width, column.kind.is_number());
        put(buf, x0 + shown.x as u16, y, &padded, shown.width, style);
    }
    match tab.link(row, shown.place).filter(|_| links.is_on() && !text.is_empty()) {
        Some(link) => {
            let style = style.add_modifier(Modifier::UNDERLINED | links.pin(y, &link::encoded(&link)));
            put(buf, x, y, &text, shown.width, style);
        }
        None if !cursor => {
            put(buf, x, y, &text, shown.width, style);
        }
        None => {}
    }
}

/// The line with the whole cell under the cursor, and where it is.
pub fn cell_line(buf: &mut Buffer, area: Rect, tab: &Tab, theme: Theme) {
    let total = match tab.dataset().row_count() {
        RowCount::Exact(n) => number::count(n),
        RowCount::AtLeast(_) => "?".to_owned(),
    };
    let place = if tab.end() == Some(0) { String::new() } else { format!("{} / {total}", number::count(tab.row + 1)) };
    let width = usize::from(area.width);
    let place_width = safe::width(&place);
    // What rows around those in view came to can wait until they are looked at.
    let ahead = tab.failed.as_ref().is_some_and(|need| !need.urgent);
    if let Some(trouble) = tab.trouble.as_ref().filter(|_| !ahead) {
        put(buf, area.x, area.y, &safe::fit(trouble, width).text, width, theme.style(Role::Error));
        return;
    }
    if let Some(column) = tab.current_column() {
        let value = match tab.current_cell() {
            None => String::new(),
            Some(Cell::Null) => tr("cell-missing"),
            Some(Cell::Text(t)) if t.is_empty() => tr("cell-empty-text"),
            Some(cell) => Tab::cell_text(column, &cell),
        };
        let room = width.saturating_sub(place_width + 2);
        let name = safe::fit(&column.name, room / 3).text.into_owned();
        let x = put(buf, area.x, area.y, &name, room, theme.style(Role::Header));
        let used = usize::from(x - area.x);
        let text = safe::fit(&value, room.saturating_sub(used + 2)).text.into_owned();
        put(buf, x + 2, area.y, &text, room.saturating_sub(used + 2), theme.style(Role::Plain));
    }
    let x = area.right().saturating_sub(place_width as u16);
    put(buf, x, area.y, &place, place_width, theme.style(Role::Dim));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_symbols_are_cut_whole_and_sound_marks_take_a_cell() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 1));
        assert_eq!(put(&mut buf, 0, 0, "東京ﾌﾟ", 10, Style::new()), 6);
        assert_eq!(buf[(5, 0)].symbol(), "\u{ff9f}");
        put(&mut buf, 1, 0, "│", 1, Style::new());
        let symbols: Vec<&str> = buf.content.iter().map(|c| c.symbol()).collect();
        assert_eq!(symbols[..4], [" ", "│", "京", " "]);
        // Over the left half: the right one is blank too.
        put(&mut buf, 2, 0, "x", 1, Style::new());
        assert_eq!((buf[(2, 0)].symbol(), buf[(3, 0)].symbol()), ("x", " "));
        // Half a symbol does not fit.
        assert_eq!(put(&mut buf, 8, 0, "a語", 2, Style::new()), 9);
        assert_eq!(put(&mut buf, 8, 0, "a\tb", 2, Style::new()), 10);
    }
}
