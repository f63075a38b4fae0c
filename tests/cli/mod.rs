//! Runs the program itself: what it writes where, and how it ends.

mod ab;
mod ab_metrics;
mod chart;
mod clean;
mod contract;
mod errors;
mod generated;
mod help;
mod importance;
mod plan;
mod postgres;
mod postgres_care;
mod postgres_clean;
mod postgres_sent;
mod pushed;
mod recipes;
mod redash;
mod redash_diff;
mod redash_live;
mod redash_transcript;
mod reports;
mod shape;
mod tables;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for one test, with nothing of the person's around it.
struct Place {
    folder: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A small table with what tables have: text in Japanese, a quote, a missing value, a decimal, a date.
const SALES: &str = "day,country,price,note\n\
    2026-11-01,JP,1200,春の\"限定\"\n\
    2026-11-02,US,80.5,\n\
    2026-11-03,JP,300,late\n\
    2026-11-04,BR,,none\n\
    2026-11-05,JP,4500,x\n";

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Where a project ends, the search for its configuration does too.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(folder.path().join("sales.csv"), SALES).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The program, to be started here with nothing inherited but the path.
    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mekiki"));
        command.args(words).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        for name in ["PATH", "SystemRoot", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/config"),
            ("XDG_STATE_HOME", "home/state"),
            ("XDG_CACHE_HOME", "home/cache"),
            ("MEKIKI_STATE", "state"),
            ("MEKIKI_CACHE", "cache"),
        ] {
            command.env(name, self.path(folder));
        }
        command.env("LANG", "C.UTF-8");
        command
    }

    fn run(&self, words: &[&str]) -> Outcome {
        self.finish(self.program(words).output().unwrap())
    }

    fn finish(&self, output: Output) -> Outcome {
        let text = |bytes: Vec<u8>| {
            let folder = self.folder.path().display().to_string();
            String::from_utf8(bytes).unwrap().replace(&folder, "[DIR]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        };
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Names of the files in a folder here.
    fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(folder))
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Outcome {
    /// Everything, for a snapshot.
    fn told(&self, words: &[&str]) -> String {
        let code = self.code.map_or("none".to_owned(), |c| c.to_string());
        format!("$ mekiki {}\n[{code}]\n{}---\n{}", words.join(" "), self.out, self.err)
    }

    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Compares with a snapshot kept beside these tests.
macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        })
    };
}
use snapshot;
