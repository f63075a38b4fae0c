//! Bars made of characters, and whether the terminal has the finer ones.

/// Eighths of a cell, from the left.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar of `share` (0 to 1) of `width` cells: in eighths of a cell, or in number signs where there is no more than ASCII.
/// Something that is more than nothing gets a mark.
pub fn bar(share: f64, width: usize, unicode: bool) -> String {
    if share.is_nan() || share <= 0.0 {
        return String::new();
    }
    let share = share.min(1.0);
    if !unicode {
        return "#".repeat(((share * width as f64).round() as usize).max(1));
    }
    let eighths = ((share * (width * 8) as f64).round() as usize).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if let Some(part) = (eighths % 8).checked_sub(1) {
        bar.push(EIGHTHS[part]);
    }
    bar
}

/// A bar of one cell that stands upright, as high as the share.
pub fn upright(share: f64) -> char {
    const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    match share {
        share if share > 0.0 => HEIGHTS[((share.min(1.0) * 8.0).round() as usize).max(1)],
        _ => ' ',
    }
}

/// Whether the locale says that characters beyond ASCII can be shown.
pub fn is_unicode() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    let plain = locale.unwrap_or_default().to_lowercase().replace('-', "");
    cfg!(windows) || plain.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_long_as_the_share() {
        assert_eq!(bar(0.5, 4, true), "██");
        assert_eq!(bar(0.28, 4, true), "█▏");
        assert_eq!(bar(1.5, 3, true), "███");
        assert_eq!(bar(0.0001, 10, true), "▏");
        assert_eq!(
            (bar(0.0, 10, true), bar(f64::NAN, 10, true), bar(-1.0, 9, false)),
            (String::new(), String::new(), String::new())
        );
        assert_eq!((bar(0.5, 4, false), bar(0.01, 4, false)), ("##".into(), "#".into()));
    }
}
