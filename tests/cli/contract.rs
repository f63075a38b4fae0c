//! The contract with shells: closed pipes, signals, the same bytes every time, no litter.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::{Place, bytes};

/// A table that does not fit into a pipe.
fn long(place: &Place, rows: usize) {
    let mut text = String::from("n,square,word\n");
    for i in 0..rows {
        text.push_str(&format!("{i},{},word {i}\n", i * i));
    }
    place.write("long.csv", text);
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let place = Place::new();
    long(&place, 100_000);
    for format in ["csv", "jsonl", "json", "term", "parquet"] {
        let mut child = place
            .program(&["export", "long.csv", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        out.read_until(b'\n', &mut Vec::new()).unwrap();
        drop(out);
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let place = Place::new();
    long(&place, 50_000);
    for format in ["csv", "json", "parquet", "arrow", "xlsx"] {
        let run = || {
            let words =
                ["export", "long.csv", "--format", format, "--sample", "500", "--seed", "7", "--sort", "word:desc"];
            let output = place.program(&words).output().unwrap();
            assert!(output.status.success(), "{format}");
            output.stdout
        };
        assert!(run() == run(), "{format}");
    }
    let profile = || place.run(&["profile", "long.csv", "--json"]).code(0).out;
    assert_eq!(profile(), profile());
}

#[test]
fn messages_go_to_standard_error_and_can_be_silenced() {
    let place = Place::new();
    place.write("codes.csv", "code,n\n007,1\n042,2\n");
    let loud = place.run(&["view", "codes.csv", "--format", "csv"]).code(0);
    assert!(loud.err.starts_with("Note: ") && loud.err.contains("code"), "{loud:?}");
    let quiet = place.run(&["view", "codes.csv", "--format", "csv", "-q"]).code(0);
    assert_eq!((quiet.err.as_str(), &quiet.out), ("", &loud.out));
    let written = place.run(&["export", "codes.csv", "-o", "out/x.csv", "--quiet"]).code(0);
    assert_eq!((written.out.as_str(), written.err.as_str()), ("", ""));
}

#[test]
fn a_failed_export_leaves_the_old_file() {
    let place = Place::new();
    place.write("out/x.csv", "old");
    place.run(&["export", "sales.csv", "-o", "out/x.csv", "--where", "nothing = 1"]).code(2);
    place.run(&["export", "sales.csv", "-o", "out/x.csv", "--timeout", "0s"]).code(4);
    assert_eq!((bytes(&place.path("out/x.csv")), place.files("out")), (b"old".to_vec(), vec!["x.csv".to_owned()]));
}

#[test]
fn nothing_is_written_beside_what_was_asked_for() {
    let place = Place::new();
    let before = place.files(".");
    place.run(&["view", "sales.csv"]).code(0);
    place.run(&["profile", "sales.csv"]).code(0);
    place.run(&["doctor"]).code(0);
    assert_eq!(place.files("."), before);
}

/// Waits until the program listens for signals: it then has a thread for them.
#[cfg(target_os = "linux")]
fn listens(child: &mut std::process::Child) {
    let tasks = format!("/proc/{}/task", child.id());
    loop {
        let threads = std::fs::read_dir(&tasks).into_iter().flatten().flatten();
        if threads.into_iter().any(|t| std::fs::read_to_string(t.path().join("comm")).is_ok_and(|n| n == "signals\n")) {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "the work was over before it could be stopped");
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn waiting_for_input_can_be_stopped() {
    let place = Place::new();
    let mut child = place
        .program(&["view", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take();
    listens(&mut child);
    // SAFETY: the process is a child that has not been waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let outcome = place.finish(child.wait_with_output().unwrap()).code(130);
    drop(input);
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("", "Error: Stopped.\n"));
    let spool = place.path("cache/spool");
    assert!(!spool.exists() || place.files("cache/spool").is_empty(), "{:?}", place.files("cache/spool"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_export_leaves_no_litter() {
    let place = Place::new();
    long(&place, 1_500_000);
    for (signal, output) in [(libc::SIGINT, "out/new.parquet"), (libc::SIGTERM, "out/old.csv")] {
        place.write("out/old.csv", "old");
        let mut child = place
            .program(&["export", "long.csv", "--sort", "word:desc,n", "-o", output])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        listens(&mut child);
        // SAFETY: the process is a child that has not been waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
        let outcome = place.finish(child.wait_with_output().unwrap()).code(130);
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("", "Error: Stopped.\n"));
        assert_eq!(place.files("out"), ["old.csv"]);
        assert_eq!(bytes(&place.path("out/old.csv")), b"old");
    }
}
