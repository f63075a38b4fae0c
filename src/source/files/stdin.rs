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

/// A pipe or device as a file.
pub fn spooled_file(path: &Path, control: &Control) -> Result<Input> {
    let mut file = std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
    spooled_input(&mut file, &path.display().to_string(), control)
}

/// Whether a path can only be read once: a named pipe, a socket, a device.
pub fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}
