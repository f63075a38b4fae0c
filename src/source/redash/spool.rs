//! The bytes of a body, kept for reading them a second time: in memory while they are few, the others in a file. What they
//! say is not known here.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};

use memmap2::MmapMut;
use tempfile::{NamedTempFile, TempPath};

use crate::data::Control;
use crate::error::{Error, Result};
use crate::source::files::spool;

/// Bytes kept in memory.
const HELD: usize = 16 << 20;
/// Bytes given at once.
const PIECE: usize = 1 << 18;

/// Bytes in the order they came.
pub struct Spool {
    memory: Option<MmapMut>,
    /// Bytes in memory.
    held: usize,
    /// How many may be.
    most: usize,
    /// What is not held, while it is written, and when it is whole.
    file: Option<BufWriter<NamedTempFile>>,
    whole: Option<TempPath>,
}

impl Spool {
    /// One that holds few bytes in memory.
    pub fn new() -> Self {
        Self { memory: None, held: 0, most: HELD, file: None, whole: None }
    }

    /// One that holds none, as where there are many of them.
    pub fn on_disk() -> Self {
        Self { most: 0, ..Self::new() }
    }

    /// Bytes in memory.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Keeps the next bytes.
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        if self.memory.is_none() && self.file.is_none() && self.most > 0 {
            self.memory = memory(self.most);
        }
        let place = self.memory.as_mut().and_then(|memory| memory.get_mut(self.held..self.held + piece.len()));
        let file = match (&mut self.file, place) {
            (None, Some(place)) => {
                place.copy_from_slice(piece);
                self.held += piece.len();
                return Ok(());
            }
            (None, None) => self.file.insert(BufWriter::with_capacity(PIECE, spool("redash", ".json")?)),
            (Some(file), _) => file,
        };
        let written = file.write_all(piece);
        written.map_err(|e| Error::io(file.get_ref().path(), e))
    }

    /// Says that nothing follows.
    pub fn close(&mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let path = file.get_ref().path().to_owned();
        let file = file.into_inner().map_err(|e| Error::io(&path, e.into_error()))?;
        self.whole = Some(file.into_temp_path());
        Ok(())
    }

    /// Gives all bytes again, piece by piece, once it is closed.
    pub fn read(&self, control: &Control, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for piece in self.memory.iter().flat_map(|memory| memory[..self.held].chunks(PIECE)) {
            control.check()?;
            each(piece)?;
        }
        let Some(path) = &self.whole else { return Ok(()) };
        let failed = |e| Error::io(path, e);
        let mut bytes = File::open(path).map_err(failed)?;
        let mut piece = vec![0; PIECE];
        loop {
            control.check()?;
            match bytes.read(&mut piece).map_err(failed)? {
                0 => return Ok(()),
                n => each(&piece[..n])?,
            }
        }
    }
}

/// Memory for so many bytes, if there is any. The system gives it in large pages where it can: clearing many small ones
/// costs more than what is written into them.
fn memory(bytes: usize) -> Option<MmapMut> {
    let memory = MmapMut::map_anon(bytes).ok()?;
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    Some(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_in_order_wherever_they_were() {
        let control = Control::new();
        for mut kept in [Spool::new(), Spool { most: 7, ..Spool::new() }, Spool::on_disk()] {
            for piece in ["one ", "two ", "", "three ", "four"] {
                kept.push(piece.as_bytes()).unwrap();
            }
            kept.close().unwrap();
            assert_eq!(kept.whole.is_some(), kept.most < 18);
            for _ in 0..2 {
                let mut all = Vec::new();
                let read = kept.read(&control, |piece| {
                    all.extend_from_slice(piece);
                    Ok(())
                });
                read.unwrap();
                assert_eq!(all, b"one two three four");
            }
        }
    }
}
