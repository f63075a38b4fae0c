//! Pictures of the screen with its styles, to be looked at when they change.
//!
//! Under each screen stands a map of its styles, a letter for each cell, and what the letters mean.

use std::fmt::Write;

use ratatui::buffer::Cell as Drawn;
use ratatui::style::Color;

use super::*;

/// A style in words; nothing for plain text.
fn style(cell: &Drawn) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg));
    }
    let modifiers = format!("{:?}", cell.modifier).to_lowercase();
    if modifiers != "none" {
        words.push(modifiers);
    }
    words.join(" ")
}

/// The screen as text, with a map of its styles.
fn picture(buffer: &Buffer) -> String {
    let mut legend: Vec<String> = Vec::new();
    let (mut text, mut map) = (String::new(), String::new());
    for y in 0..buffer.area.height {
        let _ = writeln!(text, "{}", line(buffer, y).trim_end());
        let letters: String = (0..buffer.area.width)
            .map(|x| {
                let words = style(&buffer[(x, y)]);
                if words.is_empty() {
                    return '.';
                }
                let at = legend.iter().position(|l| *l == words).unwrap_or_else(|| {
                    legend.push(words);
                    legend.len() - 1
                });
                char::from(b'a' + at as u8)
            })
            .collect();
        let _ = writeln!(map, "{}", letters.trim_end_matches('.'));
    }
    let mut out = format!("{text}---- styles\n{}\n", map.trim_end());
    for (at, words) in legend.iter().enumerate() {
        let _ = writeln!(out, "{} {words}", char::from(b'a' + at as u8));
    }
    out
}

/// A file with a picture for each size.
fn shoot(name: &str, lang: Lang, theme: Theme, keys: &str, sizes: &[(u16, u16)]) {
    let mut stage = Stage::new(lang, theme, (80, 24));
    stage.keys(keys);
    let mut out = String::new();
    for size in sizes {
        stage.resize(*size);
        let _ = writeln!(out, "==== {} × {}\n{}", size.0, size.1, picture(&stage.draw()));
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, out);
    });
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 12)];
const FEW: [(u16, u16); 2] = [(80, 24), (40, 12)];

#[test]
fn the_table() {
    shoot("table", Lang::En, Theme::Auto, "jl", &SIZES);
    // A condition, an order, something found, a frozen column.
    shoot("table-worked-on", Lang::En, Theme::Auto, "lf&event_id > 1004\nlls/first\n", &SIZES);
    shoot("table-ja", Lang::Ja, Theme::Auto, "jl", &FEW);
    shoot("table-low", Lang::En, Theme::Auto, "jl", &[(40, 6), (40, 5), (20, 4), (20, 3), (20, 2), (20, 1)]);
}

#[test]
fn what_lies_over_it() {
    for (name, keys) in [
        ("help", "?"),
        ("menu", "m"),
        ("palette", ":sort"),
        ("filter", "llF"),
        ("columns", "C"),
        ("card", "llli"),
        ("row", "R"),
        ("cell", "jlllll\n"),
        ("export", "e"),
        ("prompt", "/first"),
        ("tables", "t"),
        ("profile", "p"),
        ("error", "&amount >>> 3\n"),
    ] {
        shoot(name, Lang::En, Theme::Auto, keys, &FEW);
    }
}

#[test]
fn what_lies_over_it_in_japanese() {
    for (name, keys) in [
        ("help-ja", "?"),
        ("menu-ja", "m"),
        ("palette-ja", ":"),
        ("filter-ja", "llF"),
        ("card-ja", "llli"),
        ("export-ja", "e"),
    ] {
        shoot(name, Lang::Ja, Theme::Auto, keys, &[(80, 24)]);
    }
}

#[test]
fn every_theme() {
    for (name, theme) in Theme::ALL {
        shoot(&format!("theme-{name}"), Lang::En, theme, "lf&event_id > 1004\nlls/first\n", &[(80, 9)]);
        shoot(&format!("theme-{name}-card"), Lang::En, theme, "llli", &[(66, 20)]);
        shoot(&format!("theme-{name}-menu"), Lang::En, theme, "mjj", &[(66, 16)]);
    }
}
