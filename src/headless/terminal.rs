//! What is known of the terminal without taking it over.

use std::io::IsTerminal as _;

/// Columns and rows of the terminal on standard output; none if it is not one.
#[cfg(unix)]
pub fn size() -> Option<(usize, usize)> {
    // SAFETY: the call fills the structure it is given, which is plain numbers.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) == 0).then_some(size)
    }?;
    (size.ws_col > 0).then_some((size.ws_col.into(), size.ws_row.into()))
}

/// Columns and rows of the terminal on standard output; none if it is not one.
#[cfg(not(unix))]
pub fn size() -> Option<(usize, usize)> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    if is_terminal() { Some((number("COLUMNS")?, number("LINES")?)) } else { None }
}

/// The cells of a line: of the terminal on standard output, else 80.
pub fn width() -> usize {
    size().map_or(80, |(columns, _)| columns)
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether the terminal and the person want colours (`NO_COLOR`, `TERM=dumb`).
pub fn wants_colour() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    is_terminal() && !set("NO_COLOR") && std::env::var("TERM").is_ok_and(|t| t != "dumb")
}
