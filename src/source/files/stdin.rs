//! Standard input, pipes and devices: written to a temporary file first, since tables are read at any place.

use std::io::Read;
use std::path::Path;

use super::compressed::spooled;
use super::input::Input;
use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Standard input as a file. An empty one is an error.
pub fn spooled_input(from: &mut dyn Read, shown: &str, control: &Control) -> Result<Input> {
    let spooled = spooled(from, shown.to_owned(), String::new(), control)?;
    if let Some(e) = spooled.ended {
        return Err(Error::io(Path::new(shown), e));
    }
    if spooled.bytes == 0 {
        return Err(Error::failed(Msg::new("error-stdin-empty").with("path", shown)).hint(Msg::new("hint-stdin-empty")));
    }
    Ok(spooled.input)
}

/// Standard input as a file.
pub fn spooled_stdin(from: &mut dyn Read, control: &Control) -> Result<Input> {
    spooled_input(from, "stdin", control)
}

/// A reader that waits for input in short turns, so that work that was stopped meanwhile can end.
pub struct InTurns<R>(pub R);

#[cfg(unix)]
impl<R: Read + std::os::fd::AsRawFd> Read for InTurns<R> {
    /// Gives the error `Interrupted` when a turn passes without input.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        const TURN_MS: libc::c_int = 100;
        let mut wait = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the pointer is to one live structure, as the count says.
        match unsafe { libc::poll(&mut wait, 1, TURN_MS) } {
            0 => Err(std::io::ErrorKind::Interrupted.into()),
            -1 => Err(std::io::Error::last_os_error()),
            _ => self.0.read(buffer),
        }
    }
}

#[cfg(not(unix))]
impl<R: Read> Read for InTurns<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

/// A pipe or device as a file.
pub fn spooled_file(path: &Path, control: &Control) -> Result<Input> {
    let file = std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
    spooled_input(&mut InTurns(file), &path.display().to_string(), control)
}

/// Whether a path can only be read once: a named pipe, a socket, a device.
pub fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}
