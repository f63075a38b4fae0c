//! Copying to the clipboard of the terminal a person sits at, which may be far from this machine: by OSC 52, through
//! tmux where there is one. Says which way was used.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;

use crate::error::{Error, Result, system};
use crate::text::{Msg, number};

/// Most bytes of text sent: terminals and multiplexers drop longer sequences (74,994 bytes of Base64 is what the
/// smallest common limit, xterm's in tmux, lets through).
const LIMIT: usize = 74_994 / 4 * 3;

/// The way a text was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Handed to tmux, which gives it to the terminal.
    Tmux,
    /// The terminal's own sequence.
    Terminal,
}

impl Way {
    /// The sentence that says so.
    pub fn words(self, bytes: usize) -> Msg {
        Msg::new(match self {
            Self::Tmux => "copied-tmux",
            Self::Terminal => "copied-terminal",
        })
        .with("size", number::bytes(bytes as u64))
    }
}

fn sequence(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text))
}

fn by_tmux(text: &str) -> bool {
    let child = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|mut pipe| pipe.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

/// Copies `text`, writing the sequence to `out` where that is the way. Refuses what terminals would drop silently.
pub fn copy(text: &str, out: &mut impl Write) -> Result<Way> {
    if text.len() > LIMIT {
        return Err(Error::refused(
            Msg::new("error-copy-large")
                .with("size", number::bytes(text.len() as u64))
                .with("limit", number::bytes(LIMIT as u64)),
        )
        .hint(Msg::new("hint-copy-large")));
    }
    if std::env::var_os("TMUX").is_some_and(|v| !v.is_empty()) && by_tmux(text) {
        return Ok(Way::Tmux);
    }
    out.write_all(sequence(text).as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Error::failed(Msg::new("error-copy").with("cause", system::words(&e))))?;
    Ok(Way::Terminal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_standard_one() {
        assert_eq!(sequence("日本"), "\x1b]52;c;5pel5pys\x07");
    }

    #[test]
    fn what_would_be_dropped_is_refused() {
        let mut out = Vec::new();
        assert!(copy(&"x".repeat(LIMIT + 1), &mut out).is_err());
        assert!(out.is_empty());
    }
}
