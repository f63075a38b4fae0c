//! Bars made of characters, and whether the terminal has the finer ones.

use std::sync::OnceLock;

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

/// Bars of one cell that stand upright, from the lowest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where there is no more than ASCII: the more, the more ink.
const INKS: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// A bar of one cell that stands upright, as high as the share (0 to 1); nothing has none.
pub fn upright(share: f64, unicode: bool) -> char {
    let levels = if unicode { HEIGHTS } else { INKS };
    match share {
        share if share > 0.0 => levels[((share.min(1.0) * 8.0).round() as usize).max(1) - 1],
        _ => ' ',
    }
}

/// A line of values in at most `width` cells, from the smaller of zero and the smallest to the greatest of them; of more
/// values than cells, each cell shows the mean of some. Where no value is, nothing is drawn.
pub fn spark(values: &[Option<f64>], width: usize, unicode: bool) -> String {
    let levels = if unicode { HEIGHTS } else { INKS };
    let cells = values.len().min(width);
    let mean = |cell: usize| {
        let there = values[cell * values.len() / cells..(cell + 1) * values.len() / cells].iter().flatten();
        let (n, sum) = there.filter(|v| v.is_finite()).fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
        (n > 0.0).then(|| sum / n)
    };
    let means: Vec<Option<f64>> = (0..cells).map(mean).collect();
    let (low, high) = means.iter().flatten().fold((0.0f64, 0.0f64), |(low, high), v| (low.min(*v), high.max(*v)));
    let level = |v: f64| if high > low { ((v - low) / (high - low) * 7.0).round() as usize } else { 0 };
    means.into_iter().map(|mean| mean.map_or(' ', |v| levels[level(v).min(7)])).collect()
}

/// The locale that says which characters there are; empty where the environment names none.
pub fn locale() -> String {
    let value = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value).unwrap_or_default()
}

/// Whether the locale says that characters beyond ASCII can be shown.
pub fn is_unicode() -> bool {
    // Asked for each bar that is drawn.
    static UNICODE: OnceLock<bool> = OnceLock::new();
    *UNICODE.get_or_init(|| cfg!(windows) || locale().to_lowercase().replace('-', "").contains("utf8"))
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

    #[test]
    fn a_line_goes_from_zero_to_the_greatest() {
        let some = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
        assert_eq!(spark(&some(&[0.0, 7.0, 3.5, 1.0]), 9, true), "▁█▅▂");
        assert_eq!(spark(&some(&[0.0, 7.0, 3.5, 1.0]), 9, false), ".@+:");
        assert_eq!(spark(&[Some(2.0), None, Some(-2.0), Some(f64::NAN)], 9, true), "█ ▁ ");
        // Six values in three cells: means of 1, 3 and 7.
        assert_eq!(spark(&some(&[0.0, 2.0, 3.0, 3.0, 0.0, 14.0]), 3, true), "▂▄█");
        assert_eq!((spark(&[], 9, true), spark(&some(&[0.0, 0.0]), 9, true)), (String::new(), "▁▁".to_owned()));
        assert_eq!((upright(0.0, true), upright(0.01, true), upright(1.0, false)), (' ', '▁', '@'));
    }
}
