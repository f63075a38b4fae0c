//! Files that appear whole or not at all, and targets that go away.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn csv() -> WriteOptions {
    WriteOptions::new(Format::Csv)
}

#[test]
fn a_failure_in_the_middle_leaves_the_old_file_and_no_litter() {
    for format in Format::all() {
        let options = WriteOptions::new(format);
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "old");
        let error = write(&Failing::dataset(), None, &path, &options).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Connect);
        assert_eq!(names(&folder), Vec::<String>::new(), "{format:?}");
        std::fs::write(&path, "before").unwrap();
        assert!(write(&Failing::dataset(), None, &path, &options).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
        assert_eq!(names(&folder), ["old"], "{format:?}");
        let done = write(&Failing::dataset(), Some(500), &path, &options).unwrap();
        assert_eq!((done.rows, done.cut), (500, Some(Cut { limit: 500 })));
        assert_ne!(std::fs::read(&path).unwrap(), b"before");
        assert_eq!(names(&folder), ["old"], "{format:?}");
    }
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::new();
    control.cancel();
    let target = Target::File(file(&folder, "x.csv"));
    for limit in [None, Some(10)] {
        let error = write_dataset(&numbers(100), limit, None, &target, &csv(), &control).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Interrupted);
    }
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[test]
fn a_link_stays_and_the_file_keeps_its_rights() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    let (real, link, second) = (file(&folder, "deep/real.csv"), file(&folder, "link.csv"), file(&folder, "second.csv"));
    std::fs::write(&real, "before").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("deep/real.csv", &link).unwrap();
    std::os::unix::fs::symlink("link.csv", &second).unwrap();
    write(&numbers(2), None, &second, &csv()).unwrap();
    assert!(
        std::fs::symlink_metadata(&second).unwrap().is_symlink()
            && std::fs::symlink_metadata(&link).unwrap().is_symlink()
    );
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "n,t\n0,行 0\n1,行 1\n");
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    let dangling = file(&folder, "dangling.csv");
    std::os::unix::fs::symlink("deep/new.csv", &dangling).unwrap();
    write(&numbers(1), None, &dangling, &csv()).unwrap();
    assert_eq!(std::fs::read_to_string(file(&folder, "deep/new.csv")).unwrap(), "n,t\n0,行 0\n");
    std::os::unix::fs::symlink("loop.csv", file(&folder, "loop.csv")).unwrap();
    assert!(write(&numbers(1), None, &file(&folder, "loop.csv"), &csv()).is_err());
}

#[test]
fn a_new_file_has_the_usual_rights() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, usual) = (file(&folder, "ours.csv"), file(&folder, "usual"));
    write(&numbers(1), None, &ours, &csv()).unwrap();
    std::fs::write(&usual, "").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&usual));
}

#[test]
fn where_nothing_can_be_written_the_error_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = write(&numbers(1), None, &file(&folder, "no/such/x.csv"), &csv()).unwrap_err();
    assert_eq!(error.message.id, "error-file-missing");
    let error = write(&numbers(1), None, folder.path(), &csv()).unwrap_err();
    assert_eq!((error.message.id, error.kind), ("error-output-folder", ErrorKind::Usage));
    // Folders of the kernel are closed even to the superuser, whom the rights of ordinary folders do not stop.
    let error = write(&numbers(1), None, Path::new("/sys/kernel/x.csv"), &csv()).unwrap_err();
    assert!(["error-file-denied", "error-file"].contains(&error.message.id), "{error:?}");
    assert!(error.to_string().contains("/sys/kernel/x.csv"));
    // SAFETY: the call has no preconditions.
    if unsafe { libc::geteuid() } != 0 {
        let (locked, own) = (tempfile::tempdir().unwrap(), file(&folder, "own.csv"));
        std::fs::set_permissions(locked.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
        let error = write(&numbers(1), None, &file(&locked, "x.csv"), &csv()).unwrap_err();
        assert_eq!(error.message.id, "error-file-denied");
        std::fs::write(&own, "before").unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(write(&numbers(1), None, &own, &csv()).unwrap_err().message.id, "error-file-denied");
    }
}

#[test]
fn a_full_disk_is_named_in_every_format() {
    for format in Format::all() {
        let error = write(&numbers(1000), None, Path::new("/dev/full"), &WriteOptions::new(format)).unwrap_err();
        assert_eq!(error.message.id, "error-disk-full", "{format:?}: {error:?}");
        assert!(error.to_string().contains("/dev/full"));
    }
    for compression in [Compression::Gzip, Compression::Zstd] {
        let options = WriteOptions { compression, ..csv() };
        assert_eq!(
            write(&numbers(1000), None, Path::new("/dev/full"), &options).unwrap_err().message.id,
            "error-disk-full"
        );
    }
    let done = write(&numbers(1000), None, Path::new("/dev/null"), &csv()).unwrap();
    assert_eq!(done.rows, 1000);
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    for format in Format::all() {
        let path = file(&folder, format.name());
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: the path is NUL-terminated and lives until the call returns.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let reader = std::thread::spawn({
            let path = path.clone();
            move || drop(std::fs::File::open(path).unwrap())
        });
        // More than a pipe holds, so that the end is noticed.
        let done = write(&numbers(300_000), None, &path, &WriteOptions::new(format)).unwrap();
        reader.join().unwrap();
        assert!(done.closed, "{format:?}");
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let dataset = numbers(1000);
    for format in Format::all() {
        let options = WriteOptions::new(format);
        let (first, done) = written(&dataset, None, &options);
        assert_eq!(first, written(&dataset, None, &options).0, "{format:?}");
        assert_eq!((done.bytes, done.rows, done.columns, done.closed), (first.len() as u64, 1000, 2, false));
    }
}

#[test]
fn compressed_text_is_the_text() {
    use std::io::Read as _;
    let plain = text(&numbers(5000), &csv());
    let (gz, _) = written(&numbers(5000), None, &WriteOptions { compression: Compression::Gzip, ..csv() });
    let mut back = String::new();
    flate2::read::GzDecoder::new(&gz[..]).read_to_string(&mut back).unwrap();
    assert_eq!(back, plain);
    let (zst, _) = written(&numbers(5000), None, &WriteOptions { compression: Compression::Zstd, ..csv() });
    assert_eq!(zstd::decode_all(&zst[..]).unwrap(), plain.as_bytes());
    assert!(gz.len() < plain.len() / 2 && zst.len() < plain.len() / 2);
}

/// Says which format the test below shall write to its standard output.
const CHILD: &str = "MEKIKI_TEST_STDOUT";

#[test]
fn standard_output_gets_the_bytes_of_a_file() {
    if let Ok(name) = std::env::var(CHILD) {
        let options = WriteOptions::new(Format::from_name(&name).unwrap());
        let done = write_dataset(&numbers(50_000), None, None, &Target::Stdout, &options, &Control::new()).unwrap();
        assert_eq!((done.rows, done.closed), (50_000, false));
        return;
    }
    for format in Format::all() {
        // The same test in a process of its own; the bytes stand between the words of the test runner.
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "output::tests::targets::standard_output_gets_the_bytes_of_a_file"])
            .env(CHILD, format.name())
            .output()
            .unwrap();
        assert!(output.status.success());
        let (bytes, done) = written(&numbers(50_000), None, &WriteOptions::new(format));
        assert_eq!(done.bytes, bytes.len() as u64);
        let said = output.stdout;
        let from = (0..said.len()).find(|i| said[*i..].starts_with(&bytes[..bytes.len().min(64)]));
        assert!(from.is_some_and(|from| said[from..].starts_with(&bytes)), "{format:?}");
    }
}
