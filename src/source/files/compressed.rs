//! Compressed files (gzip, Zstandard) unpacked into a temporary file, in bounded memory.

use std::io::{BufReader, ErrorKind as Io, Read, Write};

use super::detect::{Packing, extension, unpacked_name};
use super::input::{Input, spool};
use crate::data::{Control, room};
use crate::error::{Error, Result, system};
use crate::text::Msg;

/// Bytes moved at a time.
const STEP: usize = 256 * 1024;
/// Bytes written between two looks at the room left on the disk.
const LOOK: u64 = 64 << 20;

/// What was inside.
pub struct Unpacked {
    /// The contents, in a temporary file.
    pub input: Input,
    /// That the file ends early, or that something follows it.
    pub notices: Vec<Msg>,
}

/// Unpacks a file. One that ends early gives what is there, with a notice; one that is damaged is an error.
pub fn unpacked(input: &Input, packing: Packing, control: &Control) -> Result<Unpacked> {
    let file = input.open()?;
    control.restart(input.len()?);
    let counted = Counted { inner: file, control: control.clone() };
    let reader: Box<dyn Read> = match packing {
        // Several members one after the other are one file.
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(STEP, counted))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(counted).map_err(|e| damaged(input, &e))?),
    };
    let name = unpacked_name(&input.name).to_owned();
    let mut notices = Vec::new();
    let spooled = spooled(reader, input.shown.clone(), name, control)?;
    if let Some(cause) = spooled.ended {
        if spooled.bytes == 0 {
            return Err(damaged(input, &cause));
        }
        match cause.kind() {
            Io::UnexpectedEof => notices.push(input.msg("notice-compressed-cut").with("bytes", spooled.bytes)),
            // What follows the last member is not compressed: padding, or another file.
            Io::InvalidInput if packing == Packing::Gzip && cause.to_string().contains("header") => {
                notices.push(input.msg("notice-compressed-tail"));
            }
            _ => return Err(damaged(input, &cause)),
        }
    }
    Ok(Unpacked { input: spooled.input, notices })
}

fn damaged(input: &Input, cause: &std::io::Error) -> Error {
    Error::failed(input.msg("error-compressed").with("cause", system::words(cause))).hint(Msg::new("hint-compressed"))
}

/// A stream that was written to a temporary file.
pub struct Spooled {
    /// The file.
    pub input: Input,
    /// Its length.
    pub bytes: u64,
    /// The error that ended the stream, if it did not end by itself.
    pub ended: Option<std::io::Error>,
}

/// Writes a stream to a temporary file. Fails when the disk lacks room or the work is stopped.
pub fn spooled(mut from: impl Read, shown: String, name: String, control: &Control) -> Result<Spooled> {
    // The extension may say something to the reader.
    let suffix = match extension(&name) {
        e if e.is_empty() => String::new(),
        e => format!(".{e}"),
    };
    let mut to = spool("input", &suffix)?;
    let path = to.path().to_owned();
    let mut buffer = vec![0; STEP];
    let mut bytes = 0u64;
    let mut looked = 0u64;
    let mut ended = None;
    room(&path, LOOK)?;
    loop {
        control.check()?;
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == Io::Interrupted => continue,
            Err(e) => {
                ended = Some(e);
                break;
            }
        };
        to.write_all(&buffer[..n]).map_err(|e| Error::io(&path, e))?;
        bytes += n as u64;
        if bytes - looked >= LOOK {
            looked = bytes;
            room(&path, LOOK)?;
        }
    }
    to.flush().map_err(|e| Error::io(&path, e))?;
    Ok(Spooled { input: Input::temporary(to.into_temp_path(), shown, name), bytes, ended })
}

/// Counts the bytes read as progress.
struct Counted<R> {
    inner: R,
    control: Control,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.control.advance(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Test = std::result::Result<(), Box<dyn std::error::Error>>;

    fn gz(text: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(text)?;
        out.finish()
    }

    fn run(bytes: &[u8], packing: Packing) -> Result<(Vec<u8>, Vec<&'static str>, String)> {
        let mut file = spool("test", ".csv.gz")?;
        file.write_all(bytes).map_err(|e| Error::io(file.path(), e))?;
        let un = unpacked(&Input::file(file.path()), packing, &Control::new())?;
        let text = std::fs::read(&un.input.path).map_err(|e| Error::io(&un.input.path, e))?;
        Ok((text, un.notices.iter().map(|n| n.id).collect(), un.input.name))
    }

    #[test]
    fn members_are_joined() -> Test {
        let mut bytes = gz(b"a,b\n1,2\n")?;
        bytes.extend(gz(b"3,4\n")?);
        let (text, notices, name) = run(&bytes, Packing::Gzip).map_err(|e| e.to_string())?;
        assert_eq!((text.as_slice(), notices.as_slice()), (&b"a,b\n1,2\n3,4\n"[..], &[][..]));
        assert!(name.ends_with(".csv"));
        let mut frames = zstd::encode_all(&b"a\n"[..], 1)?;
        frames.extend(zstd::encode_all(&b"b\n"[..], 1)?);
        assert_eq!(run(&frames, Packing::Zstd).map_err(|e| e.to_string())?.0, b"a\nb\n");
        Ok(())
    }

    #[test]
    fn what_ends_early_gives_what_is_there() -> Test {
        let text: Vec<u8> =
            (0..200_000u32).flat_map(|i| format!("{}\n", i.wrapping_mul(2_654_435_761)).into_bytes()).collect();
        for (bytes, packing) in [(gz(&text)?, Packing::Gzip), (zstd::encode_all(&text[..], 1)?, Packing::Zstd)] {
            let (got, notices, _) = run(&bytes[..bytes.len() / 2], packing).map_err(|e| e.to_string())?;
            assert!(!got.is_empty() && got.len() < text.len() && text.starts_with(&got));
            assert_eq!(notices, ["notice-compressed-cut"]);
            assert!(run(&bytes[..5], packing).is_err());
        }
        Ok(())
    }

    #[test]
    fn damage_is_an_error_and_padding_is_not() -> Test {
        let text = vec![b'x'; 100_000];
        let mut bytes = gz(&text)?;
        let n = bytes.len();
        bytes.extend([0; 512]);
        assert_eq!(run(&bytes, Packing::Gzip).map_err(|e| e.to_string())?.1, ["notice-compressed-tail"]);
        bytes.truncate(n);
        // The checksum stands in the last eight bytes.
        bytes[n - 8] ^= 1;
        assert_eq!(run(&bytes, Packing::Gzip).err().map(|e| e.message.id), Some("error-compressed"));
        Ok(())
    }

    #[test]
    fn a_stopped_unpacking_stops() -> Test {
        let control = Control::new();
        control.cancel();
        let got = spooled(&b"text"[..], "x".into(), "x".into(), &control);
        assert_eq!(got.err().map(|e| e.kind), Some(crate::error::ErrorKind::Interrupted));
        Ok(())
    }
}
