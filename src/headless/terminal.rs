//! What is known of the terminal without taking it over.

use std::io::IsTerminal as _;

use crate::error::Secret;
use crate::text::Msg;
#[cfg(unix)]
use crate::text::safe;

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

/// The terminal whose echo is off, and how it was before.
#[cfg(unix)]
static SILENT: std::sync::Mutex<Option<(std::fs::File, libc::termios)>> = std::sync::Mutex::new(None);

/// Gives a terminal whose echo is off its echo back.
#[cfg(unix)]
pub fn restore() {
    use std::os::fd::AsRawFd as _;
    if let Some((terminal, before)) = SILENT.lock().unwrap_or_else(|e| e.into_inner()).take() {
        // SAFETY: the file is open, and the structure is one the system filled in.
        unsafe { libc::tcsetattr(terminal.as_raw_fd(), libc::TCSAFLUSH, &before) };
    }
}

/// Asks for a secret on the terminal, which does not show what is typed. None where there is no terminal or nothing is typed.
#[cfg(unix)]
pub fn secret(wanted: &Msg) -> Option<Secret> {
    use std::io::{BufRead as _, Write as _};
    use std::os::fd::AsRawFd as _;
    let mut terminal = std::fs::File::options().read(true).write(true).open("/dev/tty").ok()?;
    super::progress::erase();
    let wanted = wanted.to_string();
    write!(terminal, "{} ", safe::line(&wanted)).ok()?;
    // SAFETY: the call fills the structure it is given, which is plain numbers; it is used only if it did.
    let before = unsafe {
        let mut before: libc::termios = std::mem::zeroed();
        (libc::tcgetattr(terminal.as_raw_fd(), &mut before) == 0).then_some(before)
    }?;
    let silent = libc::termios { c_lflag: before.c_lflag & !libc::ECHO, ..before };
    *SILENT.lock().unwrap_or_else(|e| e.into_inner()) = Some((terminal.try_clone().ok()?, before));
    // SAFETY: as in `restore`.
    unsafe { libc::tcsetattr(terminal.as_raw_fd(), libc::TCSAFLUSH, &silent) };
    let mut line = String::new();
    let read = std::io::BufReader::new(&terminal).read_line(&mut line);
    restore();
    let _ = writeln!(terminal);
    read.ok()?;
    let typed = line.trim_end_matches(['\n', '\r']);
    (!typed.is_empty()).then(|| Secret::new(typed.to_owned()))
}

/// Elsewhere nothing is asked.
#[cfg(not(unix))]
pub fn secret(_wanted: &Msg) -> Option<Secret> {
    None
}
