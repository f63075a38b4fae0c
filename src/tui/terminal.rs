//! Taking the terminal and giving it back, whatever happens: quitting, panic, signals, being stopped and continued.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::screen::modes;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal: raw mode, alternate screen.
pub fn take(mouse: bool) -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout().lock();
    out.write_all(&modes::enter(mouse))?;
    out.flush()
}

/// Gives the terminal back. Does nothing if it is not ours; may be called from a panic.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = write_all(modes::LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Writes without taking the lock of the standard output, which a panicking thread may hold.
#[cfg(unix)]
fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the pointer and length are those of a live slice.
        let n = unsafe { libc::write(libc::STDOUT_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        if n <= 0 {
            return Err(io::Error::last_os_error());
        }
        bytes = &bytes[n as usize..];
    }
    Ok(())
}

#[cfg(not(unix))]
fn write_all(bytes: &[u8]) -> io::Result<()> {
    io::stdout().write_all(bytes)?;
    io::stdout().flush()
}

/// Makes a panic on the interface's thread give the terminal back before it is reported. Panics on workers are caught
/// there and become errors in the session, so they are not written over the screen.
pub fn guard_panics() {
    let main = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !TAKEN.load(Ordering::SeqCst) {
            before(info);
        } else if std::thread::current().id() == main {
            give_back();
            before(info);
        }
    }));
}
