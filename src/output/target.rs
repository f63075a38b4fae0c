//! Where bytes go: standard output, or a file that appears only when it is complete. Knows no format.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::format::Compression;
use crate::error::{Error, Result};
use crate::text::Msg;

/// Where a table goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file. It is written beside and renamed, so that it is complete or not there; devices and pipes are written
    /// directly.
    File(PathBuf),
}

/// Bytes gathered before they go to the system.
const BUFFER: usize = 256 * 1024;

/// What became of the bytes, known even when a library in between wraps or hides the error.
#[derive(Default)]
struct Fate {
    bytes: AtomicU64,
    failure: Mutex<Option<(io::ErrorKind, Option<i32>, String)>>,
}

/// The lowest writer: counts, and remembers the first failure.
struct Raw {
    place: Place,
    fate: Arc<Fate>,
}

enum Place {
    Stdout(io::Stdout),
    /// A device, pipe or socket.
    Direct(File),
    Beside(Beside),
}

impl Write for Raw {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let done = match &mut self.place {
            Place::Stdout(s) => s.write(buf),
            Place::Direct(f) => f.write(buf),
            Place::Beside(b) => b.file.write(buf),
        };
        match done {
            Ok(n) => {
                self.fate.bytes.fetch_add(n as u64, Ordering::Relaxed);
                Ok(n)
            }
            Err(e) => Err(self.fate.note(e)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Stdout(s) => s.flush().map_err(|e| self.fate.note(e)),
            Place::Direct(_) | Place::Beside(_) => Ok(()),
        }
    }
}

impl Fate {
    fn note(&self, error: io::Error) -> io::Error {
        if error.kind() != io::ErrorKind::Interrupted {
            let mut failure = self.failure.lock().unwrap_or_else(|e| e.into_inner());
            failure.get_or_insert_with(|| (error.kind(), error.raw_os_error(), error.to_string()));
        }
        error
    }
}

enum Pipe {
    Plain(BufWriter<Raw>),
    Gzip(flate2::write::GzEncoder<BufWriter<Raw>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<Raw>>),
    Closed,
}

/// An open target. Dropped before [`Out::commit`], it leaves a file target as it was.
pub(super) struct Out {
    pipe: Pipe,
    fate: Arc<Fate>,
    path: PathBuf,
}

impl Out {
    /// Opens a target; a file target is not touched yet.
    pub fn open(target: &Target, compression: Compression) -> Result<Self> {
        let (place, path) = match target {
            Target::Stdout => (Place::Stdout(io::stdout()), PathBuf::from("-")),
            Target::File(path) => (place_of(path)?, path.clone()),
        };
        let fate = Arc::new(Fate::default());
        let raw = BufWriter::with_capacity(BUFFER, Raw { place, fate: fate.clone() });
        let pipe = match compression {
            Compression::None => Pipe::Plain(raw),
            Compression::Gzip => Pipe::Gzip(flate2::write::GzEncoder::new(raw, flate2::Compression::default())),
            Compression::Zstd => Pipe::Zstd(
                zstd::stream::write::Encoder::new(raw, zstd::DEFAULT_COMPRESSION_LEVEL)
                    .map_err(|e| Error::io(&path, e))?,
            ),
        };
        Ok(Self { pipe, fate, path })
    }

    /// Bytes that left, after compression.
    pub fn bytes(&self) -> u64 {
        self.fate.bytes.load(Ordering::Relaxed)
    }

    /// Whether the reader at the other end went away.
    pub fn closed(&self) -> bool {
        matches!(
            self.fate.failure.lock().unwrap_or_else(|e| e.into_inner()).as_ref(),
            Some((io::ErrorKind::BrokenPipe, ..))
        )
    }

    /// The failure of the target itself, if there was one.
    pub fn failure(&self) -> Option<Error> {
        let failure = self.fate.failure.lock().unwrap_or_else(|e| e.into_inner());
        let (kind, code, words) = failure.as_ref()?;
        let error = match code {
            Some(code) => io::Error::from_raw_os_error(*code),
            None => io::Error::new(*kind, words.clone()),
        };
        Some(self.failed(error))
    }

    fn failed(&self, error: io::Error) -> Error {
        let full = error.kind() == io::ErrorKind::StorageFull;
        let error = Error::io(&self.path, error);
        if full { error.hint(Msg::new("hint-disk-full")) } else { error }
    }

    /// Writes what is still held back, and puts a file in its place.
    pub fn commit(&mut self) -> Result<()> {
        let buffered = match std::mem::replace(&mut self.pipe, Pipe::Closed) {
            Pipe::Plain(b) => b,
            Pipe::Gzip(e) => e.finish().map_err(|e| self.failed(e))?,
            Pipe::Zstd(e) => e.finish().map_err(|e| self.failed(e))?,
            Pipe::Closed => return Ok(()),
        };
        let mut raw = buffered.into_inner().map_err(|e| self.failed(e.into_error()))?;
        raw.flush().map_err(|e| self.failed(e))?;
        match raw.place {
            Place::Beside(beside) => beside.publish().map_err(|e| self.failed(e)),
            Place::Stdout(_) | Place::Direct(_) => Ok(()),
        }
    }
}

impl Write for Out {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.pipe {
            Pipe::Plain(w) => w.write(buf),
            Pipe::Gzip(w) => w.write(buf),
            Pipe::Zstd(w) => w.write(buf),
            Pipe::Closed => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Nobody reads before the end; flushing an encoder would cost compression.
        Ok(())
    }
}

/// A file in the folder of the target that is not yet there for others.
struct Beside {
    file: File,
    /// The name it has meanwhile; none where the system can keep a file without one, which a kill cannot leave behind.
    name: Option<tempfile::TempPath>,
    destination: PathBuf,
    existing: Option<fs::Metadata>,
}

/// Has a write beyond the largest file the shell allows (`ulimit -f`) fail as others do, where it would end the process.
pub fn fail_at_limits() {
    #[cfg(unix)]
    // SAFETY: no handler is installed that could run; a signal is ignored from here on.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

fn place_of(path: &Path) -> Result<Place> {
    let fail = |e| Error::io(path, e);
    let metadata = match fs::metadata(path) {
        Ok(m) => Some(m),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(fail(e)),
    };
    if metadata.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(Error::usage(Msg::new("error-output-folder").with("path", path.display().to_string())));
    }
    let stream = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|p| path.starts_with(p));
    if stream || metadata.as_ref().is_some_and(|m| !m.is_file()) {
        return Ok(Place::Direct(OpenOptions::new().write(true).open(path).map_err(fail)?));
    }
    let destination = followed(path).map_err(fail)?;
    if metadata.is_some() {
        // Renaming would replace even a file that is marked read-only.
        OpenOptions::new().write(true).open(&destination).map_err(fail)?;
    }
    let folder = match destination.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_owned(),
        _ => PathBuf::from("."),
    };
    // What is not there is the folder, not the file that is to be.
    let (file, name) = create_in(&folder).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::io(&folder, e),
        _ => fail(e),
    })?;
    Ok(Place::Beside(Beside { file, name, destination, existing: metadata }))
}

/// The path at the end of a chain of symbolic links; that one may not exist.
fn followed(path: &Path) -> io::Result<PathBuf> {
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().map_or(next.clone(), |p| p.join(&next)),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if !Path::new("/proc/self/fd").exists() {
        return None;
    }
    OpenOptions::new().read(true).write(true).mode(0o666).custom_flags(libc::O_TMPFILE).open(folder).ok()
}

#[cfg(not(target_os = "linux"))]
fn nameless(_folder: &Path) -> Option<File> {
    None
}

fn create_in(folder: &Path) -> io::Result<(File, Option<tempfile::TempPath>)> {
    if let Some(file) = nameless(folder) {
        return Ok((file, None));
    }
    named(folder).map(|(file, name)| (file, Some(name)))
}

fn named(folder: &Path) -> io::Result<(File, tempfile::TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mekiki-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    Ok(builder.tempfile_in(folder)?.into_parts())
}

impl Beside {
    /// Gives the file its name, in one step as others see it.
    fn publish(self) -> io::Result<()> {
        let Beside { file, name, destination, existing } = self;
        if let Some(name) = name {
            keep_rights(&file, existing.as_ref())?;
            return name.persist(&destination).map_err(|e| e.error);
        }
        keep_rights(&file, existing.as_ref())?;
        let folder = destination.parent().unwrap_or(Path::new("")).to_owned();
        match link_nameless(&file, &folder) {
            Ok(name) => name.persist(&destination).map_err(|e| e.error),
            Err(_) => {
                // A file system that makes such files and cannot name them.
                use std::io::Seek as _;
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
                let (mut copy, name) = named(folder)?;
                let mut file = file;
                file.rewind()?;
                io::copy(&mut file, &mut copy)?;
                keep_rights(&copy, existing.as_ref())?;
                name.persist(&destination).map_err(|e| e.error)
            }
        }
    }
}

/// Gives the new file the rights and, where that is allowed, the owner of the one it replaces.
fn keep_rights(file: &File, existing: Option<&fs::Metadata>) -> io::Result<()> {
    let Some(existing) = existing else { return Ok(()) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (existing.uid(), existing.gid()) {
            let _ = std::os::unix::fs::fchown(file, Some(existing.uid()), Some(existing.gid()));
        }
    }
    file.set_permissions(existing.permissions())
}

/// Names a nameless file, for the moment until it is renamed.
#[cfg(target_os = "linux")]
fn link_nameless(file: &File, folder: &Path) -> io::Result<tempfile::TempPath> {
    use std::ffi::CString;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::ffi::OsStrExt as _;
    static COUNT: AtomicU64 = AtomicU64::new(0);
    const TRIES: usize = 64;
    let from = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..TRIES {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::path::absolute(folder.join(format!(".mekiki-{}-{n}.part", std::process::id())))?;
        let to = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: both paths are NUL-terminated strings that live until the call returns.
        let done = unsafe {
            libc::linkat(libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), libc::AT_SYMLINK_FOLLOW)
        };
        if done == 0 {
            return tempfile::TempPath::try_from_path(path);
        }
        last = io::Error::last_os_error();
        if last.kind() != io::ErrorKind::AlreadyExists {
            break;
        }
    }
    Err(last)
}

#[cfg(not(target_os = "linux"))]
fn link_nameless(_file: &File, _folder: &Path) -> io::Result<tempfile::TempPath> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a system cannot keep a file without a name, it has one meanwhile.
    #[cfg(unix)]
    #[test]
    fn a_file_with_a_name_of_its_own_is_published_too() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("x.csv");
        let entries = || fs::read_dir(folder.path()).unwrap().count();
        let (mut file, name) = named(folder.path()).unwrap();
        assert_eq!(entries(), 1);
        file.write_all(b"one").unwrap();
        Beside { file, name: Some(name), destination: destination.clone(), existing: None }.publish().unwrap();
        assert_eq!((fs::read(&destination).unwrap(), entries()), (b"one".to_vec(), 1));
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&destination), mode(&usual));
        fs::set_permissions(&destination, fs::Permissions::from_mode(0o604)).unwrap();
        let existing = fs::metadata(&destination).ok();
        let (mut file, name) = named(folder.path()).unwrap();
        file.write_all(b"two").unwrap();
        Beside { file, name: Some(name), destination: destination.clone(), existing }.publish().unwrap();
        assert_eq!(fs::read(&destination).unwrap(), b"two");
        assert_eq!(mode(&destination) & 0o777, 0o604);
        drop(named(folder.path()).unwrap());
        assert_eq!(entries(), 2);
    }

    /// A file that cannot be linked into its folder is copied there.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_named_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("x.csv");
        // A file that had a name and lost it cannot be linked again.
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap().into_file();
        file.write_all(b"bytes").unwrap();
        assert!(link_nameless(&file, folder.path()).is_err());
        Beside { file, name: None, destination: destination.clone(), existing: None }.publish().unwrap();
        assert_eq!(fs::read(&destination).unwrap(), b"bytes");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
