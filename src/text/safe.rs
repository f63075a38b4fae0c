//! Foreign text made fit for a terminal: nothing in it can move the cursor, and its width in cells is known.
//!
//! Every string that comes from data, file names or servers passes through here before it is drawn. Only as much of
//! the input is looked at as fits the width asked for, so a cell of ten megabytes costs no more than one of ten bytes.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Most code points kept of one grapheme; more are piled-up marks that would cover other lines.
const MARKS: usize = 8;

/// The mark that says "cut here".
pub const ELLIPSIS: &str = "…";

/// The width of already safe text, in terminal cells.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Unicode's pictures of the control characters. Terminals agree on their width, which they do not on U+FFFD's.
const PICTURES: [&str; 32] = [
    "␀", "␁", "␂", "␃", "␄", "␅", "␆", "␇", "␈", "␉", "␊", "␋", "␌", "␍", "␎", "␏", "␐", "␑", "␒", "␓", "␔", "␕", "␖",
    "␗", "␘", "␙", "␚", "␛", "␜", "␝", "␞", "␟",
];

/// What stands on screen for a character that must not reach the terminal, or `None` if it may.
fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        '\n' => "↵",
        '\t' => " ",
        '\0'..='\u{1f}' => PICTURES[c as usize],
        '\u{7f}' => "␡",
        '\u{80}'..='\u{9f}' => "·",
        // Bidirectional controls, invisible separators and tags could show a value as another one.
        '\u{061c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}'
        | '\u{00ad}'
        | '\u{180e}' => "·",
        _ => return None,
    })
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// One grapheme made safe.
fn safe_grapheme(g: &str) -> Cow<'_, str> {
    let joined = g.chars().count() > 1;
    let harmless = g.chars().enumerate().all(|(i, c)| {
        i < MARKS && replacement(c).is_none() && (c != '\u{200d}' || joined) && (c != '\u{200c}' || joined)
    });
    if harmless && UnicodeWidthStr::width(g) > 0 {
        return Cow::Borrowed(g);
    }
    if g == "\r\n" {
        return Cow::Borrowed("↵");
    }
    let mut out = String::new();
    for c in g.chars().take(MARKS) {
        match replacement(c) {
            Some(r) => out.push_str(r),
            None => out.push(c),
        }
    }
    // A mark without a base would attach itself to the neighbouring cell.
    if UnicodeWidthStr::width(out.as_str()) == 0 {
        return Cow::Borrowed("·");
    }
    Cow::Owned(out)
}

/// Text of at most `width` cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted<'a> {
    /// What to draw.
    pub text: Cow<'a, str>,
    /// Its width in cells, at most what was asked for.
    pub width: usize,
    /// Whether something was left out (the text then ends in an ellipsis).
    pub cut: bool,
}

/// Makes `text` safe and cuts it to `max` cells, with an ellipsis when something is left out.
pub fn fit(text: &str, max: usize) -> Fitted<'_> {
    if text.len() <= max && is_plain(text) {
        return Fitted { text: Cow::Borrowed(text), width: text.len(), cut: false };
    }
    let mut out = String::new();
    let mut used = 0;
    // Where the text would have to end to leave a cell for the ellipsis.
    let mut room = (0, 0);
    for g in text.graphemes(true) {
        let g = safe_grapheme(g);
        let w = UnicodeWidthStr::width(g.as_ref());
        if used + w > max {
            out.truncate(room.0);
            if max > 0 {
                out.push_str(ELLIPSIS);
            }
            return Fitted { text: Cow::Owned(out), width: if max > 0 { room.1 + 1 } else { 0 }, cut: true };
        }
        out.push_str(&g);
        used += w;
        if used < max {
            room = (out.len(), used);
        }
    }
    Fitted { text: Cow::Owned(out), width: used, cut: false }
}

/// The whole text made safe on one line; for short things such as names and paths.
pub fn line(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { fit(text, usize::MAX).text }
}

/// Marks that must not begin a line, and brackets that must not end one, in Japanese.
const NOT_FIRST: &str = "、。，．・：；？！）］｝」』】〉》〕…ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.:;?!)]}";
const NOT_LAST: &str = "（［｛「『【〈《〔([{";

/// Whether a line may end between two graphemes that stand side by side.
fn may_part(before: &str, after: &str) -> bool {
    let wide = |g: &str| UnicodeWidthStr::width(g) > 1;
    (wide(before) || wide(after)) && after != " " && !NOT_FIRST.contains(after) && !NOT_LAST.contains(before)
}

/// Wraps text into safe lines of at most `width` cells, at spaces and between Japanese characters where there are any,
/// keeping its own line breaks; at most `max_lines` lines. The flag says whether something was left out.
pub fn wrap(text: &str, width: usize, max_lines: usize) -> (Vec<String>, bool) {
    let width = width.max(2);
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let part = part.strip_suffix('\r').unwrap_or(part);
        let mut current = String::new();
        let mut used = 0;
        // Where the line could end, in bytes and cells.
        let mut end = (0, 0);
        let mut before = String::new();
        for g in part.graphemes(true) {
            let g = safe_grapheme(g);
            let w = UnicodeWidthStr::width(g.as_ref());
            if !current.is_empty() && may_part(&before, &g) {
                end = (current.len(), used);
            }
            if used > 0 && used + w > width {
                if lines.len() + 1 >= max_lines {
                    lines.push(current);
                    return (lines, true);
                }
                let fits = end.0 > 0 && used - end.1 + w <= width;
                let rest = if fits && g != " " { current.split_off(end.0) } else { String::new() };
                used = if rest.is_empty() { 0 } else { used - end.1 };
                lines.push(std::mem::replace(&mut current, rest).trim_end().to_owned());
                end = (0, 0);
                if g == " " && used == 0 {
                    before = g.into_owned();
                    continue;
                }
            }
            current.push_str(&g);
            used += w;
            if g == " " {
                end = (current.len(), used);
            }
            before = g.into_owned();
        }
        lines.push(current);
        if lines.len() >= max_lines {
            let more = text.matches('\n').nth(max_lines - 1).is_some();
            return (lines, more);
        }
    }
    (lines, false)
}

/// Pads safe text with spaces to `to` cells.
pub fn pad(text: &str, to: usize, right: bool) -> String {
    let missing = to.saturating_sub(width(text));
    if right { format!("{}{text}", " ".repeat(missing)) } else { format!("{text}{}", " ".repeat(missing)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_cells_not_by_bytes() {
        let f = fit("日本酒 純米吟醸", 7);
        assert_eq!((f.text.as_ref(), f.width, f.cut), ("日本酒…", 7, true));
        let f = fit("日本酒 純米吟醸", 6);
        assert_eq!((f.text.as_ref(), f.width, f.cut), ("日本…", 5, true));
        assert_eq!(fit("abc", 3).text, "abc");
        assert_eq!(fit("abcd", 3).text, "ab…");
        assert_eq!(fit("ｶｯﾌﾟﾗｰﾒﾝ", 20).width, 8);
        assert_eq!(fit("abc", 0), Fitted { text: "".into(), width: 0, cut: true });
    }

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        let evil = "a\u{1b}[31mb\u{7}\u{9b}31m\u{202e}txt\u{200b}\r\nc\u{0}\u{ad}";
        let safe = line(evil);
        assert!(safe.chars().all(|c| !c.is_control()), "{safe:?}");
        for c in ['\u{202e}', '\u{200b}', '\u{9b}', '\u{1b}'] {
            assert!(!safe.contains(c));
        }
        assert_eq!(line("a\u{1b}]0;x"), "a␛]0;x");
    }

    #[test]
    fn emoji_families_survive_and_marks_do_not_pile_up() {
        assert_eq!(line("👨‍👩‍👧"), "👨‍👩‍👧");
        let zalgo = format!("e{}", "\u{301}".repeat(200));
        assert!(line(&zalgo).chars().count() <= MARKS);
        assert_eq!(line("\u{301}"), "·");
    }

    #[test]
    fn a_huge_cell_is_not_read_to_the_end() {
        let huge = "あ".repeat(4_000_000);
        assert_eq!(fit(&huge, 10).width, 9);
    }

    proptest::proptest! {
        #[test]
        fn no_wrapped_line_is_too_wide_and_nothing_is_lost(text in "[a-c 、。（語かっ👍\u{301}\n]{0,60}", room in 3..12usize) {
            let (lines, cut) = wrap(&text, room, usize::MAX);
            proptest::prop_assert!(!cut && lines.iter().all(|l| width(l) <= room), "{lines:?}");
            let solid = |t: &str| line(&t.replace(['\n', ' '], "")).replace('·', "");
            let kept: String = lines.concat().replace(' ', "").replace('·', "");
            proptest::prop_assert_eq!(kept.replace('\u{301}', ""), solid(&text).replace('\u{301}', ""));
        }
    }

    #[test]
    fn wraps_by_cells() {
        assert_eq!(wrap("あいう\nab", 4, 10), (vec!["あい".into(), "う".into(), "ab".into()], false));
        assert_eq!(wrap("abcdef", 2, 2), (vec!["ab".into(), "cd".into()], true));
        assert_eq!(wrap("a\nb\nc", 2, 2), (vec!["a".into(), "b".into()], true));
        assert_eq!(wrap("a\nb", 2, 2), (vec!["a".into(), "b".into()], false));
        let words = |t: &str, w| wrap(t, w, 10).0;
        assert_eq!(words("one two three", 8), ["one two", "three"]);
        assert_eq!(words("one two three", 7), ["one two", "three"]);
        assert_eq!(words("a verylongword b", 6), ["a", "verylo", "ngword", "b"]);
        assert_eq!(words("  indented", 20), ["  indented"]);
        // Japanese parts anywhere but before a full stop, a small kana or after an opening bracket.
        assert_eq!(words("表を開く: 新しいタブで開きます。", 18), ["表を開く: 新しいタ", "ブで開きます。"]);
        assert_eq!(words("開きます。", 8), ["開きま", "す。"]);
        assert_eq!(words("これは「表」です", 8), ["これは", "「表」で", "す"]);
        assert_eq!(words("これはCSVです", 8), ["これは", "CSVです"]);
    }
}
