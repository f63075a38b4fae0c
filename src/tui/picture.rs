//! Pictures inside the terminal: which way it can show them, found out by asking it, and the bytes that show one.
//!
//! Nothing is sent to a terminal that has not answered for it, and names of programs are believed only where no
//! multiplexer stands between. Draws nothing: where a picture stands and when it has to go is the interface's to know.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use crossterm::event::{Event, KeyCode};

use crate::error::{Error, Result};
use crate::output::image::{self, ImageOptions, sixel};
use crate::result::figure::Figure;
use crate::text::{Msg, number};

/// A way to show pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// kitty's graphics protocol.
    Kitty,
    /// iTerm2's inline images.
    Iterm,
    /// Sixels.
    Sixel,
}

/// What a terminal said about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Able {
    /// How it shows pictures, if it does.
    pub way: Option<Way>,
    /// Width and height of a cell in pixels, if known.
    pub cell: Option<(u16, u16)>,
}

/// Asks for kitty's graphics (a picture of one pixel that is not shown), the size of a cell, and, since every terminal
/// answers that, for the device attributes: what has not been answered before these is not there.
pub const ASK: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";

/// Whether the thread that reads keys is to ask the terminal when [`KEY`] is pressed.
static MAY_ASK: AtomicBool = AtomicBool::new(false);

/// The key that shows a picture.
pub const KEY: char = 'p';

/// Says whether [`KEY`] now wants to know what the terminal can do.
pub fn may_ask(yes: bool) {
    MAY_ASK.store(yes, Ordering::SeqCst);
}

/// What the terminal answers, where the key that was read makes it worth asking. On the thread that reads keys, since
/// the answers come where keys do.
pub fn asked(event: &Event) -> Option<Able> {
    let Event::Key(key) = event else { return None };
    let wanted = key.code == KeyCode::Char(KEY) && MAY_ASK.swap(false, Ordering::SeqCst);
    wanted.then(ask)
}

/// Most bytes sent for one picture.
const LIMIT: usize = 4 << 20;

impl Able {
    /// Whether the answers to [`ASK`] have all come.
    pub fn answered(replies: &[u8]) -> bool {
        attributes(replies).is_some()
    }

    /// From the answers to [`ASK`], and the name of the terminal's program where nothing stands between.
    pub fn new(replies: &[u8], program: &str) -> Self {
        let attributes = attributes(replies);
        let has = |what: &[u8]| replies.windows(what.len()).any(|w| w == what);
        let way = if attributes.is_none() {
            None
        } else if has(b"\x1b_Gi=31;OK") {
            Some(Way::Kitty)
        } else if program.starts_with("iTerm") {
            Some(Way::Iterm)
        } else if attributes.is_some_and(|a| a.split(|b| *b == b';').skip(1).any(|a| a == b"4")) {
            Some(Way::Sixel)
        } else {
            None
        };
        let cell = sequence(replies, b"\x1b[6;", b't').and_then(|found| {
            let mut sides = std::str::from_utf8(found).ok()?.split(';').map(|n| n.parse::<u16>().ok());
            let (height, width) = (sides.next()??, sides.next()??);
            ((4..=200).contains(&width) && (4..=200).contains(&height)).then_some((width, height))
        });
        Self { way, cell }
    }

    /// The name of the terminal's program as the environment has it; none inside a multiplexer, whose own answers count.
    pub fn program() -> String {
        let value = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        if value("TMUX").is_some() || value("STY").is_some() {
            return String::new();
        }
        value("LC_TERMINAL").or_else(|| value("TERM_PROGRAM")).unwrap_or_default()
    }
}

/// What stands between a beginning and the final byte.
fn sequence<'a>(replies: &'a [u8], start: &[u8], end: u8) -> Option<&'a [u8]> {
    let from = replies.windows(start.len()).position(|w| w == start)? + start.len();
    let n = replies[from..].iter().position(|b| !b.is_ascii_digit() && *b != b';')?;
    (replies[from + n] == end).then(|| &replies[from..from + n])
}

fn attributes(replies: &[u8]) -> Option<&[u8]> {
    sequence(replies, b"\x1b[?", b'c')
}

impl Way {
    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kitty => "kitty",
            Self::Iterm => "iTerm2",
            Self::Sixel => "sixel",
        }
    }

    /// The bytes that show a figure from the top left cell on, within so many cells; the cursor stays where it is.
    pub fn show(self, figure: &Figure, (columns, rows): (u16, u16), cell: Option<(u16, u16)>) -> Result<Vec<u8>> {
        let (wide, high) = cell.unwrap_or((8, 16));
        // Letters of a screen with small pixels would be too small to read in single ones.
        let scale = if high >= 28 { 2.0 } else { 1.0 };
        let side = |cells: u16, pixels: u16| (f64::from(cells) * f64::from(pixels) / scale) as u32;
        let options = ImageOptions { width: side(columns, wide), height: side(rows, high), scale };
        let mut out = b"\x1b7\x1b[H".to_vec();
        match self {
            Self::Kitty => kitty(&mut out, &image::png(figure, &options)?, columns, rows),
            Self::Iterm => {
                let png = image::png(figure, &options)?;
                let text = base64::engine::general_purpose::STANDARD.encode(&png);
                let head = format!("\x1b]1337;File=inline=1;size={};width={columns};height={rows}:", png.len());
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(text.as_bytes());
                out.push(7);
            }
            Self::Sixel => {
                // A band that is cut would be drawn in full, and scroll the screen.
                let height = options.height - options.height % 6;
                let (size, pixels) = image::pixels(figure, &ImageOptions { height, ..options })?;
                out.extend(sixel::encode(size, &pixels));
            }
        }
        out.extend_from_slice(b"\x1b8");
        if out.len() > LIMIT {
            let (size, limit) = (number::bytes(out.len() as u64), number::bytes(LIMIT as u64));
            return Err(Error::refused(Msg::new("chart-picture-large").with("size", size).with("limit", limit))
                .hint(Msg::new("hint-chart-picture-large")));
        }
        Ok(out)
    }

    /// The bytes that take pictures away before the screen is painted anew.
    pub fn clear(self) -> &'static [u8] {
        match self {
            Self::Kitty => b"\x1b_Ga=d,q=2\x1b\\",
            Self::Iterm | Self::Sixel => b"",
        }
    }
}

/// A PNG file in chunks of the size the protocol allows.
fn kitty(out: &mut Vec<u8>, png: &[u8], columns: u16, rows: u16) {
    const CHUNK: usize = 4096;
    let text = base64::engine::general_purpose::STANDARD.encode(png);
    let chunks = text.as_bytes().chunks(CHUNK);
    let last = chunks.len().saturating_sub(1);
    for (i, chunk) in chunks.enumerate() {
        let more = u8::from(i < last);
        let head = match i {
            0 => format!("\x1b_Ga=T,f=100,q=2,C=1,c={columns},r={rows},m={more};"),
            _ => format!("\x1b_Gm={more};"),
        };
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\x1b\\");
    }
}

/// Asks the terminal, and reads what it answers from the standard input; to be called only where nothing else reads it.
/// What a person types meanwhile is lost. A terminal that does not answer in time shows no pictures.
#[cfg(unix)]
fn ask() -> Able {
    use std::time::{Duration, Instant};
    const PATIENCE: Duration = Duration::from_secs(2);
    // SAFETY: asks about a descriptor, and writes from and reads into live buffers of the lengths given.
    unsafe {
        if libc::isatty(libc::STDIN_FILENO) == 0
            || libc::write(libc::STDOUT_FILENO, ASK.as_ptr().cast(), ASK.len()) != ASK.len() as isize
        {
            return Able::default();
        }
    }
    let until = Instant::now() + PATIENCE;
    let mut replies = Vec::new();
    while !Able::answered(&replies) && replies.len() < 4096 {
        let left = until.saturating_duration_since(Instant::now()).as_millis() as i32;
        let mut waits = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
        let mut part = [0u8; 512];
        // SAFETY: as above.
        let n = unsafe {
            match libc::poll(&mut waits, 1, left) {
                0 => break,
                n if n < 0 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => continue,
                n if n < 0 => break,
                _ => libc::read(libc::STDIN_FILENO, part.as_mut_ptr().cast(), part.len()),
            }
        };
        match usize::try_from(n) {
            Ok(n) if n > 0 => replies.extend_from_slice(&part[..n]),
            _ => break,
        }
    }
    Able::new(&replies, &Able::program())
}

/// Asks nothing where the standard input cannot be waited for.
#[cfg(not(unix))]
fn ask() -> Able {
    Able::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_answers() {
        let able = |replies: &[u8], program: &str| Able::new(replies, program);
        let of = |way, cell| Able { way, cell };
        assert_eq!(able(b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;c", ""), of(Some(Way::Kitty), Some((10, 20))));
        assert_eq!(able(b"\x1b_Gi=31;EINVAL\x1b\\\x1b[?62;4;22c", ""), of(Some(Way::Sixel), None));
        assert_eq!(able(b"\x1b[6;0;0t\x1b[?64;1;4c", ""), of(Some(Way::Sixel), None));
        assert_eq!(able(b"\x1b[?62;4c", "iTerm.app"), of(Some(Way::Iterm), None));
        // xterm without pictures; attributes that only begin like the wanted one; a class is no attribute.
        for replies in [&b"\x1b[?64;1;2;6c"[..], b"\x1b[?62;41;14c", b"\x1b[?4c", b"", b"\x1b[?62;4", b"q4c"] {
            assert_eq!(able(replies, "vscode").way, None, "{replies:?}");
        }
        // Nobody who does not answer is sent anything, whatever the name.
        assert_eq!(able(b"", "iTerm2").way, None);
        assert!(Able::answered(b"x\x1b[?6c") && !Able::answered(b"\x1b[?6"));
    }

    #[test]
    fn chunks_put_together_are_the_file() {
        for n in [1usize, 3072, 3073, 10_000] {
            let png: Vec<u8> = (0..n).map(|i| (i * 7 % 251) as u8).collect();
            let mut out = Vec::new();
            kitty(&mut out, &png, 80, 23);
            let text = String::from_utf8(out).unwrap();
            let parts: Vec<(&str, &str)> = text
                .split_terminator("\x1b\\")
                .map(|c| c.strip_prefix("\x1b_G").unwrap().split_once(';').unwrap())
                .collect();
            assert!(parts[0].0.contains("a=T,f=100") && parts[0].0.contains("c=80,r=23"), "{}", parts[0].0);
            let (last, before) = parts.split_last().unwrap();
            assert!(last.0.ends_with("m=0") && before.iter().all(|(head, _)| head.ends_with("m=1")));
            assert!(parts.iter().all(|(_, data)| data.len() <= 4096 && data.len() % 4 == 0));
            let whole: String = parts.iter().map(|(_, data)| *data).collect();
            assert_eq!(base64::engine::general_purpose::STANDARD.decode(whole).unwrap(), png);
        }
    }
}
