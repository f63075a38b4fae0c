//! Random sequences of frames arrive as they are.

use proptest::prelude::*;
use ratatui::buffer::CellWidth;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Text(u16, u16, usize, Style),
    Paint(Rect, Style),
    Shift(u16, u16, i16),
    Empty(Rect),
    Resize(u16, u16),
    Invalidate,
    Clear,
    Cursor(u16, u16),
    Draw,
}

const TEXTS: [&str; 14] = [
    "a",
    " ",
    "  ",
    "word",
    "     ",
    "日本語",
    "x日y本z",
    "ｶﾅ",
    "é e\u{301}n",
    "…─│",
    "👍ok",
    "👨‍👩‍👧!",
    "a much longer text that crosses most of the row",
    "0123456789",
];

fn style() -> impl Strategy<Value = Style> {
    let colours = prop::sample::select(vec![
        Color::Reset,
        Color::Reset,
        Color::Red,
        Color::LightBlue,
        Color::Gray,
        Color::Indexed(17),
        Color::Rgb(1, 2, 3),
    ]);
    // The emulator knows bold or dim, not both.
    let mods = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM | Modifier::ITALIC,
        Modifier::REVERSED,
        Modifier::UNDERLINED | Modifier::BOLD,
    ]);
    (colours.clone(), colours, mods).prop_map(|(fg, bg, mods)| Style {
        fg: Some(fg),
        bg: Some(bg),
        add_modifier: mods,
        sub_modifier: Modifier::all() - mods,
        ..Style::new()
    })
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..30u16, 0..10u16, 1..40u16, 1..4u16).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0..40u16, 0..12u16, 0..TEXTS.len(), style()).prop_map(|(x, y, t, s)| Act::Text(x, y, t, s)),
        3 => (rect(), style()).prop_map(|(r, s)| Act::Paint(r, s)),
        4 => (0..12u16, 2..12u16, -4..5i16).prop_map(|(t, h, n)| Act::Shift(t, h, n)),
        1 => rect().prop_map(Act::Empty),
        1 => (2..41u16, 1..13u16).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => Just(Act::Invalidate),
        1 => Just(Act::Clear),
        1 => (0..40u16, 0..12u16).prop_map(|(x, y)| Act::Cursor(x, y)),
        8 => Just(Act::Draw),
    ]
}

/// Cuts symbols that the right edge runs through.
fn tidy(scene: &mut Buffer) {
    let area = scene.area;
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let width = scene[(x, y)].symbol().cell_width().max(1);
            if x + width > area.width {
                scene[(x, y)].set_symbol(" ");
            }
            x += width;
        }
    }
}

fn play(term: &str, locale: &str, acts: Vec<Act>) {
    let mut rig = Rig::with(40, 12, Capabilities::new(term, locale));
    let mut view = scene(40, 12);
    let mut cursor = None;
    for act in acts.into_iter().chain([Act::Draw]) {
        let area = view.area;
        match act {
            Act::Text(x, y, text, style) if x < area.width && y < area.height => {
                view.set_string(x, y, TEXTS[text], style);
            }
            Act::Paint(rect, style) => view.set_style(rect, style),
            Act::Empty(rect) => {
                for at in rect.intersection(area).positions() {
                    view[at].reset();
                }
            }
            Act::Shift(top, height, by) => {
                let bottom = (top + height).min(area.height);
                let width = usize::from(area.width);
                let band = usize::from(top.min(bottom)) * width..usize::from(bottom) * width;
                let band = &mut view.content[band];
                let n = (usize::from(by.unsigned_abs()) * width).min(band.len());
                if by < 0 {
                    band.rotate_right(n);
                } else {
                    band.rotate_left(n);
                }
            }
            Act::Resize(width, height) => {
                rig.resize(width, height);
                let mut next = scene(width, height);
                for at in next.area.intersection(area).positions() {
                    next[at] = view[at].clone();
                }
                view = next;
                cursor = None;
            }
            Act::Invalidate => {
                rig.emulator.process(b"\x1b[2;3r\x1b[7mgarbage\x1b[?25h");
                rig.terminal.backend_mut().invalidate();
            }
            Act::Clear => {
                rig.emulator.process(b"\x1b[7mgarbage\n\ngarbage");
                rig.terminal.clear().unwrap();
            }
            Act::Cursor(x, y) => {
                cursor = (x < area.width && y < area.height && cursor.is_none()).then_some((x, y));
            }
            Act::Draw => {
                tidy(&mut view);
                rig.draw_with_cursor(&view, cursor);
            }
            Act::Text(..) => {}
        }
    }
}

proptest! {
    #[test]
    fn any_frames_arrive(acts in prop::collection::vec(act(), 1..60)) {
        play(XTERM, "en_GB.UTF-8", acts);
    }

    #[test]
    fn any_frames_arrive_on_lesser_terminals(acts in prop::collection::vec(act(), 1..60), screen: bool) {
        play(if screen { "screen" } else { "linux" }, "ja_JP.UTF-8", acts);
    }
}
