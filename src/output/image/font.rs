//! Letters as shapes, from the fonts the program carries along: no machine's fonts are ever asked.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, GlyphId, OutlineCurve, Point, PxScale, point};

use crate::text::safe;

/// In the order they are asked: M PLUS 1p for Latin, Greek and Cyrillic; BIZ UDPGothic for kana and the kanji of JIS
/// levels 1 and 2 (both SIL Open Font License 1.1; `assets/font/`).
static BYTES: [&[u8]; 2] = [
    include_bytes!("../../../assets/font/MPLUS1p-Latin.ttf"),
    include_bytes!("../../../assets/font/BIZUDPGothic-Regular.ttf"),
];

/// What stands for a character no font has.
const UNKNOWN: char = '〓';

type Font = FontRef<'static>;

fn fonts() -> &'static [Font] {
    static FONTS: OnceLock<Vec<Font>> = OnceLock::new();
    FONTS.get_or_init(|| BYTES.iter().filter_map(|b| FontRef::try_from_slice(b).ok()).collect())
}

fn units(font: &Font) -> f32 {
    font.units_per_em().unwrap_or(1000.0)
}

/// The glyph of a character in the first font that has it.
fn glyph(c: char) -> Option<(&'static Font, GlyphId)> {
    fonts().iter().map(|f| (f, f.glyph_id(c))).find(|(_, id)| *id != GlyphId(0))
}

/// A kana with its sound mark, from the two characters some systems take it apart into.
fn joined(base: char, mark: char) -> Option<char> {
    let by = match mark {
        '\u{3099}' => 1,
        '\u{309a}' => 2,
        _ => return None,
    };
    let base = match base {
        'う' if by == 1 => return Some('ゔ'),
        'ウ' if by == 1 => return Some('ヴ'),
        'か'..='ほ' | 'カ'..='ホ' => base,
        _ => return None,
    };
    char::from_u32(base as u32 + by)
}

/// The glyphs of a text, with what has no width or no glyph dealt with.
fn glyphs(text: &str) -> Vec<(&'static Font, GlyphId)> {
    use unicode_width::UnicodeWidthChar as _;
    let text = safe::line(text);
    let mut chars: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars() {
        match chars.last_mut().and_then(|last| joined(*last, c).map(|j| (last, j))) {
            Some((last, whole)) => *last = whole,
            None if c.width() == Some(0) => {}
            None => chars.push(c),
        }
    }
    chars.into_iter().filter_map(|c| glyph(c).or_else(|| glyph(UNKNOWN))).collect()
}

/// The width of a text at a size (height of an em), in the same unit as the size.
pub fn width(text: &str, size: f64) -> f64 {
    glyphs(text).into_iter().map(|(font, g)| f64::from(font.h_advance_unscaled(g) / units(font))).sum::<f64>() * size
}

/// The text, or its beginning with an ellipsis if it is wider than `room`.
pub fn fit(text: &str, size: f64, room: f64) -> String {
    let text = safe::line(text);
    if width(&text, size) <= room {
        return text.into_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |n: usize| chars[..n].iter().chain(['…'].iter()).collect::<String>();
    let (mut fits, mut too_long) = (0, chars.len());
    while fits + 1 < too_long {
        let middle = (fits + too_long) / 2;
        if width(&cut(middle), size) <= room { fits = middle } else { too_long = middle }
    }
    if fits == 0 && room < size / 2.0 { String::new() } else { cut(fits) }
}

/// The text on lines no wider than `room`, broken at spaces where there are any; at most `most` lines, the last one cut.
pub fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let text = safe::line(text).into_owned();
    let mut lines = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if lines.len() + 1 == most || width(rest, size) <= room {
            lines.push(fit(rest, size, room));
            break;
        }
        let mut end = 0;
        let mut space = 0;
        for (i, c) in rest.char_indices() {
            if width(&rest[..i + c.len_utf8()], size) > room && end > 0 {
                break;
            }
            end = i + c.len_utf8();
            if c == ' ' {
                space = end;
            }
        }
        let at = if space > 0 { space } else { end };
        lines.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    lines
}

/// The glyphs of a text, each with its left end; `x` is that of the text.
fn placed(text: &str, size: f64, x: f64) -> Vec<(&'static Font, GlyphId, f64)> {
    let mut x = x;
    glyphs(text)
        .into_iter()
        .map(|(font, g)| {
            let here = x;
            x += f64::from(font.h_advance_unscaled(g) / units(font)) * size;
            (font, g, here)
        })
        .collect()
}

/// Gives the pixels a text covers and how much of each, with its left end and base line at a place.
pub fn coverage(text: &str, size: f64, x: f64, base: f64, mut put: impl FnMut(i64, i64, f32)) {
    for (font, id, left) in placed(text, size, x) {
        let scale = PxScale::from(size as f32 * font.height_unscaled() / units(font));
        let glyph = id.with_scale_and_position(scale, point(left as f32, base as f32));
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        let (x0, y0) = (bounds.min.x as i64, bounds.min.y as i64);
        outline.draw(|dx, dy, c| put(x0 + i64::from(dx), y0 + i64::from(dy), c));
    }
}

/// A text's outline in the words of SVG's `d`, in units of which `size` is the height of an em.
pub fn outline(text: &str, size: f64, x: f64, base: f64) -> String {
    use std::fmt::Write as _;
    let mut d = String::new();
    for (font, id, left) in placed(text, size, x) {
        let Some(outline) = font.outline(id) else { continue };
        let factor = size / f64::from(units(font));
        let words = |p: Point| {
            let (x, y) = (left + f64::from(p.x) * factor, base - f64::from(p.y) * factor);
            format!("{} {}", x.round(), y.round())
        };
        let mut at: Option<Point> = None;
        for curve in outline.curves {
            let (from, command, to) = match curve {
                OutlineCurve::Line(a, b) => (a, format!("L{}", words(b)), b),
                OutlineCurve::Quad(a, c, b) => (a, format!("Q{} {}", words(c), words(b)), b),
                OutlineCurve::Cubic(a, c, e, b) => (a, format!("C{} {} {}", words(c), words(e), words(b)), b),
            };
            if at != Some(from) {
                let _ = write!(d, "{}M{}", if at.is_some() { "Z" } else { "" }, words(from));
            }
            d.push_str(&command);
            at = Some(to);
        }
        if at.is_some() {
            d.push('Z');
        }
    }
    d
}

/// How many characters of a text no font has.
#[cfg(test)]
pub fn unknown(text: &str) -> usize {
    text.chars().filter(|c| glyph(*c).is_none()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_there() {
        for text in [
            "売上 購入 日本語 東京都 大阪府 北海道 鬱 彁 髙 﨑 Ａ ｱｲｳ ① ㈱ ～ ー",
            "ABC abc 0123456789 ÄÖÜß é ñ ł α β µ ± × ÷ € £ ¥ – — “ ” ‘ ’ • … ∞ ≤ ≥ √ →",
        ] {
            assert_eq!(unknown(text), 0, "{text}");
        }
        assert!(unknown("😀") > 0);
        assert_eq!(joined('か', '\u{3099}'), Some('が'));
        assert_eq!(joined('ハ', '\u{309a}'), Some('パ'));
        assert_eq!(joined('a', '\u{3099}'), None);
        assert_eq!(width("か\u{3099}", 10.0), width("が", 10.0));
    }

    #[test]
    fn every_text_of_the_program_can_be_drawn() {
        for lang in crate::text::Lang::ALL {
            // The mark for a broken character stands in texts on purpose; an image would show it as any unknown one.
            let known = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER || glyph(c).is_some();
            let missing: String = lang.source().chars().filter(|c| !known(*c)).collect();
            assert_eq!(missing, "", "{}", lang.code());
        }
    }

    #[test]
    fn texts_are_cut_and_broken_by_their_width() {
        let text = "日本酒 純米吟醸";
        let room = width("日本酒", 10.0) + width("…", 10.0) + 0.1;
        assert_eq!(fit(text, 10.0, room), "日本酒…");
        assert_eq!(fit(text, 10.0, 1000.0), text);
        assert_eq!(wrap("one two three", 10.0, width("one two ", 10.0), 5), ["one two", "three"]);
        assert_eq!(wrap("あいうえお", 10.0, width("あい", 10.0), 5), ["あい", "うえ", "お"]);
        assert_eq!(wrap("あいうえお", 10.0, width("あいう", 10.0), 1).len(), 1);
    }

    #[test]
    fn outlines_are_closed() {
        let d = outline("永 i", 100.0, 0.0, 100.0);
        assert!(d.starts_with('M') && d.ends_with('Z'));
        assert_eq!(d.matches('M').count(), d.matches('Z').count());
    }
}
