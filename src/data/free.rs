//! How much memory there is left to use: by the system, and by the limits this process stands under; what is done with
//! memory that was freed; and whether there is room on a disk.

use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where control groups are.
const GROUPS: &str = "/sys/fs/cgroup";
/// A cautious amount where nothing tells: 1 GiB.
const UNKNOWN: u64 = 1 << 30;
/// Room on a disk that is left to others.
const SPARE: u64 = 256 << 20;

/// Memory that can still be used without pushing others out, in bytes; respects the limits of every control group (version
/// 1 and 2) this process stands in, and what a shell's `ulimit -v` or `-d` allows. A cautious 1 GiB where the system does
/// not tell.
pub fn free_memory() -> u64 {
    let free = std::fs::read_to_string("/proc/meminfo").ok().and_then(|t| available(&t)).unwrap_or(UNKNOWN);
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limited(Path::new(GROUPS), &groups).chain(process_limit()).fold(free, u64::min)
}

/// What `/proc/meminfo` says is available, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|l| l.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// What is left in each of the groups that `/proc/self/cgroup` names, and in those above them, in bytes.
fn limited(root: &Path, groups: &str) -> impl Iterator<Item = u64> {
    let mut left = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, files): (PathBuf, [&str; 3]) = match controllers {
            "" => (root.to_owned(), ["memory.max", "memory.current", "inactive_file"]),
            c if c.split(',').any(|c| c == "memory") => {
                (root.join("memory"), ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"])
            }
            _ => continue,
        };
        let inner = root.join(path.trim_start_matches('/'));
        left.extend(inner.ancestors().take_while(|f| f.starts_with(&root)).filter_map(|f| left_in(f, files)));
    }
    left.into_iter()
}

/// What one group has left. File pages that nobody is using are given up by the system when memory is wanted.
fn left_in(folder: &Path, [limit, used, idle]: [&str; 3]) -> Option<u64> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let number = |name: &str| text(name)?.trim().parse::<u64>().ok();
    let idle = text("memory.stat")
        .and_then(|t| t.lines().find_map(|l| l.strip_prefix(idle)?.strip_prefix(' ')?.trim().parse::<u64>().ok()))
        .unwrap_or(0);
    Some(number(limit)?.saturating_sub(number(used).unwrap_or(0).saturating_sub(idle)))
}

/// What the process may take by its own limits, in bytes.
#[cfg(unix)]
fn process_limit() -> Option<u64> {
    [libc::RLIMIT_AS, libc::RLIMIT_DATA]
        .into_iter()
        .filter_map(|what| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the pointer is to a live structure of the right type.
            let known = unsafe { libc::getrlimit(what, &mut limit) } == 0;
            (known && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
        })
        .min()
}

#[cfg(not(unix))]
fn process_limit() -> Option<u64> {
    None
}

/// Tells the allocator to keep what is freed for what is wanted next, up to 32 MiB on each thread that allocates. A pass
/// over a table frees and wants the same few megabytes for every part, and the system's clearing of pages it has just
/// been given back costs as much as decoding them. Called once, before other threads are started.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const KEPT: libc::c_int = 32 << 20;
        // SAFETY: sets two numbers of the allocator.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
        }
    }
}

/// Refuses before the disk is full, which would hurt others too.
pub fn room(path: &Path, needed: u64) -> Result<()> {
    match free_space(path) {
        Some(free) if free < needed + SPARE => Err(Error::io(path, std::io::Error::from(Io::StorageFull))),
        _ => Ok(()),
    }
}

/// Bytes that may still be written to the disk that holds `path`; None where the system does not tell.
#[cfg(unix)]
fn free_space(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `name` ends with a NUL, and `stat` is read only after the call has filled it.
    let stat = unsafe {
        if libc::statvfs(name.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    #[allow(clippy::unnecessary_cast)]
    Some(stat.f_bavail as u64 * stat.f_frsize as u64)
}

#[cfg(not(unix))]
fn free_space(_path: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_on_the_disk_is_refused() {
        assert!(room(Path::new("/"), u64::MAX - SPARE).is_err());
        assert!(room(Path::new("/there/is/no/such/place"), 1).is_ok());
    }

    #[test]
    fn meminfo_is_in_kibibytes() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"), Some(2 << 20));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
    }

    #[test]
    fn the_groups_of_both_versions_and_those_above_them_count() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let file = root.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        put("memory/a/memory.limit_in_bytes", "1000\n");
        put("memory/a/memory.usage_in_bytes", "700\n");
        put("memory/a/memory.stat", "inactive_file 5\ntotal_inactive_file 200\n");
        put("memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
        let left = |groups: &str| limited(root.path(), groups).min();
        assert_eq!(left("3:cpu:/a\n4:cpuacct,memory:/a/b\n"), Some(500));
        put("x/memory.max", "max\n");
        put("x/y/memory.max", "4096\n");
        put("x/y/memory.current", "96\n");
        assert_eq!(left("0::/x/y\n"), Some(4000));
        assert_eq!(left("0::/x\n"), None);
        assert_eq!(left("0::/x/y\n1:memory:/a\n"), Some(500));
    }
}
