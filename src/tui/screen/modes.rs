//! The byte strings that take the terminal over and give it back. Raw mode is not a byte string and is none of its
//! business, and it writes nothing itself.

/// Gives the terminal back whatever state it is in: ends a sequence cut short and a synchronized frame, resets
/// margins and pen, ends mouse capture and bracketed paste, leaves the alternate screen, restores the title, shows
/// the cursor. A constant, so that a panic hook or a signal handler can hand it to one `write(2)`. Write it only
/// after [`enter`]: on the main screen it would move the cursor.
pub const LEAVE: &[u8] =
    b"\x1b\\\x1b[?2026l\x1b[r\x1b[m\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?1049l\x1b[23;2t\x1b[?25h\x1b[m";

/// Starts mouse capture: presses, releases, drags and the wheel, in SGR coordinates.
pub const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// Ends mouse capture, so that the terminal selects text again.
pub const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

const ENTER: &[u8] = b"\x1b[22;2t\x1b[?1049h\x1b[?2004h";

/// Longest title sent, in characters.
const TITLE_CHARACTERS: usize = 200;

/// Takes the terminal over: saves the title, goes to the alternate screen, turns bracketed paste on and, if asked,
/// mouse capture. The keyboard's modes are left alone. After these bytes call
/// [`Screen::invalidate`](super::Screen::invalidate).
pub fn enter(mouse: bool) -> Vec<u8> {
    let mut bytes = ENTER.to_vec();
    if mouse {
        bytes.extend_from_slice(MOUSE_ON);
    }
    bytes
}

/// Sets the window title (OSC 2). Control characters and direction overrides in `text` are dropped, and it is cut at
/// 200 characters.
pub fn title(text: &str) -> Vec<u8> {
    let kept = text.chars().filter(|c| !super::cell::drives_terminal(*c)).take(TITLE_CHARACTERS);
    let mut bytes = b"\x1b]2;".to_vec();
    bytes.extend_from_slice(kept.collect::<String>().as_bytes());
    bytes.push(7);
    bytes
}
