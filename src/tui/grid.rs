//! Draws a table: title, header, rows, the line with the whole cell. Reads nothing and decides nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::tab::{BAR, Shown, Tab};
use super::theme::{Role, Theme};
use crate::data::RowCount;
use crate::text::{Msg, bar, number, safe, tr};
use crate::value::Cell;

/// Lines above the rows: title, names, kinds.
pub const ABOVE: u16 = 3;
/// Lines below the rows: the cell and the hints.
pub const BELOW: u16 = 2;

/// How many rows fit into a screen of this height.
pub fn rows_in(height: u16) -> usize {
    usize::from(height.saturating_sub(ABOVE + BELOW)).max(1)
}

/// Writes safe text at a place, cut at `max` cells.
pub fn put(buf: &mut Buffer, x: u16, y: u16, text: &str, max: usize, style: Style) -> u16 {
    if y >= buf.area.bottom() || x >= buf.area.right() {
        return x;
    }
    let max = max.min(usize::from(buf.area.right() - x));
    buf.set_stringn(x, y, text, max, style).0
}

/// How many rows there are, in words.
pub fn row_count(count: RowCount) -> String {
    match count {
        RowCount::Exact(n) => Msg::new("title-rows").with("rows", n).to_string(),
        RowCount::AtLeast(n) => Msg::new("title-rows-at-least").with("rows", n).to_string(),
    }
}

/// The title line: name, size, facts, chips of what was done, warnings. Gives back where each chip stands, for the mouse.
pub fn title(buf: &mut Buffer, area: Rect, tab: &Tab, others: usize, theme: Theme) -> Vec<(u16, u16, usize)> {
    let mut chips = Vec::new();
    let right = area.right();
    let mut x = area.x;
    let room = |x: u16| usize::from(right.saturating_sub(x));
    let name = safe::fit(&tab.title, (usize::from(area.width) / 2).max(10)).text.into_owned();
    x = put(buf, x, area.y, &name, room(x), theme.style(Role::Title));
    let size = format!(
        "  {} × {}",
        row_count(tab.dataset().row_count()),
        Msg::new("title-columns").with("columns", tab.columns().len())
    );
    x = put(buf, x, area.y, &size, room(x), theme.style(Role::Plain));
    for fact in &tab.facts {
        x = put(buf, x, area.y, &format!("  {}", safe::line(&fact.to_string())), room(x), theme.style(Role::Dim));
    }
    if others > 0 {
        let text = Msg::new("title-tabs").with("others", others).to_string();
        x = put(buf, x, area.y, &format!("  {text}"), room(x), theme.style(Role::Dim));
    }
    for (i, step) in tab.session.now().steps.iter().enumerate() {
        let text = format!("[{}]", safe::fit(&step.words().to_string(), 40).text);
        x = put(buf, x, area.y, "  ", room(x), theme.style(Role::Plain));
        let from = x;
        x = put(buf, x, area.y, &text, room(x), theme.style(Role::Chip));
        chips.push((from, x, i));
    }
    let warnings = tab.notices.len();
    if warnings > 0 {
        let text = format!("  {}", Msg::new("title-notices").with("count", warnings));
        put(buf, x, area.y, &text, room(x), theme.style(Role::Warn));
    }
    chips
}

fn column_header(buf: &mut Buffer, tab: &Tab, shown: &Shown, area: Rect, theme: Theme) {
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
        word = format!("{} {word}", if order { "▼" } else { "▲" });
    }
    let word = safe::fit(&word, shown.width).text.into_owned();
    let right = column.kind.is_number();
    put(buf, x, area.y, &safe::pad(&name, shown.width, right), shown.width, style);
    put(buf, x, area.y + 1, &safe::pad(&word, shown.width, right), shown.width, theme.style(Role::Dim));
}

/// The rows with their header.
pub fn rows(buf: &mut Buffer, area: Rect, tab: &Tab, theme: Theme) {
    let shown = tab.shown(usize::from(area.width));
    for s in &shown {
        column_header(buf, tab, s, area, theme);
    }
    if tab.frozen > 0
        && let Some(last) = shown.iter().filter(|s| s.place < tab.frozen).next_back()
    {
        let x = area.x + (last.x + last.width) as u16;
        for y in area.y..area.bottom() {
            put(buf, x, y, "│", 1, theme.style(Role::Dim));
        }
    }
    let height = area.height.saturating_sub(2);
    for line in 0..height {
        let row = tab.top + u64::from(line);
        if tab.end().is_some_and(|end| row >= end) {
            break;
        }
        for s in &shown {
            draw_cell(buf, tab, s, row, area.x, area.y + 2 + line, theme);
        }
    }
    if tab.end() == Some(0) {
        let text = tr("grid-no-rows");
        put(buf, area.x, area.y + 3, &text, usize::from(area.width), theme.style(Role::Dim));
    }
}

fn draw_cell(buf: &mut Buffer, tab: &Tab, shown: &Shown, row: u64, x0: u16, y: u16, theme: Theme) {
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
            match (tab.bars_of(column), cell.as_f64()) {
                (Some(greatest), Some(figure)) if shown.width > BAR + 1 => {
                    let fitted = safe::fit(&full, shown.width - BAR - 1);
                    let number = safe::pad(&fitted.text, shown.width - BAR - 1, true);
                    let bar = safe::pad(&bar(figure / greatest, BAR, true), BAR, false);
                    (format!("{number} {bar}"), shown.width)
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
    } else {
        put(buf, x, y, &text, shown.width, style);
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
    if let Some(trouble) = &tab.trouble {
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
