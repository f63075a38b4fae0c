//! Text in the person's own editor (`VISUAL`, `EDITOR`, else `vi`): the terminal is lent to it, and is ours again when it
//! ends, however it ends. What the text is for is not known here.

#[cfg(unix)]
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result, system};
use crate::text::Msg;

/// News for the layer in front: its text as it was edited.
pub struct Edited(pub String);

/// Whether keys may be read, and whether the reader waits until they may.
struct Gate {
    closed: bool,
    waiting: bool,
}

static GATE: Mutex<Gate> = Mutex::new(Gate { closed: false, waiting: false });
static MOVED: Condvar = Condvar::new();

fn gate() -> MutexGuard<'static, Gate> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits while the terminal is lent; the reader of keys asks before each.
pub fn pass() {
    let mut gate = gate();
    while gate.closed {
        gate.waiting = true;
        MOVED.notify_all();
        gate = MOVED.wait(gate).unwrap_or_else(PoisonError::into_inner);
    }
    gate.waiting = false;
}

/// Lets the reader of keys go on when it is dropped.
#[cfg(unix)]
struct Lent;

#[cfg(unix)]
impl Drop for Lent {
    fn drop(&mut self) {
        gate().closed = false;
        MOVED.notify_all();
    }
}

/// Keeps the reader of keys from reading; none if it does not stop.
#[cfg(unix)]
fn lend() -> Option<Lent> {
    /// Longer than it takes to wake a thread.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
    let mut gate = gate();
    gate.closed = true;
    let lent = Lent;
    // It sleeps until something comes, and a new size of the window is something.
    // SAFETY: raises a signal that has a handler, or is ignored.
    unsafe { libc::raise(libc::SIGWINCH) };
    let stopped = MOVED.wait_timeout_while(gate, PATIENCE, |gate| !gate.waiting);
    let waits = match stopped {
        Ok((gate, _)) => gate.waiting,
        Err(_) => false,
    };
    waits.then_some(lent)
}

fn failed(cause: Msg) -> Error {
    Error::failed(Msg::new("error-editor").with("cause", cause)).hint(Msg::new("hint-editor"))
}

#[cfg(unix)]
fn broken(error: std::io::Error) -> Error {
    failed(system::words(&error))
}

/// The text as the person leaves it.
#[cfg(unix)]
pub fn edit(text: &str, suffix: &str, mouse: bool) -> Result<String> {
    let file = tempfile::Builder::new().prefix("mekiki-").suffix(suffix).tempfile().map_err(broken)?;
    file.as_file().write_all(text.as_bytes()).map_err(broken)?;
    let Some(_lent) = lend() else { return Err(failed(Msg::new("editor-keys"))) };
    super::terminal::give_back();
    let ended = run(file.path());
    let taken = super::terminal::take(mouse);
    ended?;
    taken.map_err(broken)?;
    // Editors write beside and rename.
    let text = std::fs::read_to_string(file.path()).map_err(broken)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(not(unix))]
pub fn edit(_text: &str, _suffix: &str, _mouse: bool) -> Result<String> {
    Err(failed(system::raw(std::env::consts::OS)))
}

/// Runs the editor on a file until it ends.
#[cfg(unix)]
fn run(file: &std::path::Path) -> Result<()> {
    let named = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let mut command = std::process::Command::new("sh");
    // The variable may hold words, as it may for other programs.
    command.arg("-c").arg(format!("exec {editor} \"$1\"")).arg("sh").arg(file);
    if !std::io::stdin().is_terminal() {
        command.stdin(std::fs::File::open("/dev/tty").map_err(broken)?);
    }
    let child = command.spawn().map_err(broken)?;
    let id = i32::try_from(child.id()).map_err(|e| failed(system::raw(e.to_string())))?;
    loop {
        let mut status = 0;
        // SAFETY: waits for a child of this process that nobody else waits for.
        let found = unsafe { libc::waitpid(id, &mut status, libc::WUNTRACED) };
        match found {
            -1 => {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    return Err(broken(error));
                }
            }
            _ if libc::WIFSTOPPED(status) => {
                // The shell takes over only if this process stops as well.
                let _ = signal_hook::low_level::emulate_default_handler(libc::SIGTSTP);
                // SAFETY: the child has not been waited for to its end.
                unsafe { libc::kill(id, libc::SIGCONT) };
            }
            _ if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0 => return Ok(()),
            _ => return Err(failed(system::raw(editor))),
        }
    }
}
