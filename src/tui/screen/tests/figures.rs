//! The figures in bytes that the screen has to reach on a table as the workbench shows it.

use super::*;

const GRID: (u16, u16) = (120, 36);
const COLUMNS: [(u16, usize); 12] =
    [(0, 8), (10, 10), (21, 6), (29, 12), (42, 7), (51, 8), (61, 9), (72, 5), (79, 9), (90, 8), (100, 8), (110, 9)];

fn value(row: u64, column: usize) -> String {
    let random = (row * 12 + column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    match column {
        0 => format!("{row:>8}"),
        1 => format!("2026-0{}-{:02}", random % 9 + 1, random % 28 + 1),
        3 => ["東京本店", "大阪", "ログイン", "purchase", "tutorial_ok"][random as usize % 5].into(),
        5 | 9 => format!("{:>8.2}", (random % 1_000_000) as f64 / 100.0),
        7 => ["true", "false"][random as usize % 2].into(),
        _ => format!("u{}", random % 100_000),
    }
}

/// The view whose first row is `first`, with the cursor on data row `row` and column `column`.
fn table(first: u64, row: u64, column: usize) -> Buffer {
    let (width, height) = GRID;
    let mut buffer = scene(width, height);
    let bar = Style::new().bg(Color::Indexed(238)).fg(Color::White);
    buffer.set_string(0, 0, "events_zstd.parquet  10,000,000 × 12", bar);
    buffer.set_style(Rect::new(0, 0, width, 1), bar);
    for (at, (x, size)) in COLUMNS.into_iter().enumerate() {
        let name = format!("column_{at}");
        let head = Style::new().add_modifier(Modifier::BOLD);
        buffer.set_stringn(x, 1, name, size, head);
    }
    let rows = u64::from(height) - 4;
    for line in 0..rows {
        let y = line as u16 + 2;
        let data = first + line;
        for (at, (x, size)) in COLUMNS.into_iter().enumerate() {
            let fg = [Color::Cyan, Color::Reset, Color::Reset][at % 3];
            buffer.set_stringn(x, y, value(data, at), size, Style::new().fg(fg));
        }
        if data == row {
            let line = Style::new().bg(Color::Indexed(236));
            buffer.set_style(Rect::new(0, y, width, 1), line);
            let (x, size) = COLUMNS[column];
            let here = Style::new().add_modifier(Modifier::REVERSED);
            buffer.set_style(Rect::new(x, y, size as u16, 1), here);
        }
    }
    let status = format!("row {row} of 10,000,000");
    buffer.set_string(0, height - 2, status, Style::new());
    let hints = "Enter open  / search  = only this  s sort  r rank  v chart  a analyse  ? help";
    buffer.set_string(0, height - 1, hints, Style::new().fg(Color::DarkGray));
    buffer
}

fn visible_text(buffer: &Buffer) -> usize {
    let mut bytes = 0;
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        bytes += line.trim_end().len();
    }
    bytes
}

#[test]
fn one_row_down_scrolls() {
    for term in [XTERM, "linux", "screen-256color", "tmux-256color"] {
        let mut rig = Rig::new(GRID.0, GRID.1, term);
        rig.draw(&table(0, 31, 3));
        let mut total = 0;
        for step in 1..40 {
            let bytes = rig.draw(&table(step, 31 + step, 3));
            assert!(bytes <= 400, "{term}: {bytes} bytes down");
            total += bytes;
        }
        assert!(total / 39 <= 340, "{term}: {} bytes down on average", total / 39);
        for step in (0..39).rev() {
            let bytes = rig.draw(&table(step, step, 3));
            assert!(bytes <= 400 || step == 38, "{term}: {bytes} bytes up");
        }
    }
}

#[test]
fn one_row_down_without_scrolling() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 10, 3));
    let bytes = rig.draw(&table(0, 11, 3));
    assert!(bytes <= 360, "{bytes}");
}

#[test]
fn one_page_down_sends_little_but_the_text() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 0, 0));
    for page in 1..5 {
        let view = table(page * 31, page * 31, 0);
        let bytes = rig.draw(&view);
        let text = visible_text(&view);
        assert!(bytes * 10 <= text * 11, "{bytes} bytes for {text} of text");
    }
}

#[test]
fn one_column_right() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw(&table(0, 5, 0));
    for column in 1..12 {
        let bytes = rig.draw(&table(0, 5, column));
        assert!(bytes <= 60, "{bytes}");
    }
}

#[test]
fn nothing_changed_nothing_sent() {
    let mut rig = Rig::new(GRID.0, GRID.1, XTERM);
    rig.draw_with_cursor(&table(0, 5, 0), Some((4, 4)));
    assert_eq!(rig.draw_with_cursor(&table(0, 5, 0), Some((4, 4))), 0);
    assert_eq!(rig.draw_with_cursor(&table(0, 5, 0), Some((5, 4))), 3);
    let total = rig.terminal.backend().bytes_written();
    rig.terminal.backend_mut().flush().unwrap();
    assert_eq!(rig.terminal.backend().bytes_written(), total);
}
