//! The terminal as a device: how big it is and which key is pressed.
//!
//! Keys come from /dev/tty, so that a profile or a script may come through stdin. The terminal is in
//! key mode only while a key is waited for, and whatever happens then it gets its own mode back.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Rows and columns; 0 where unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// The size of the terminal behind `stream`, as it is now.
pub(crate) fn size(stream: impl AsFd) -> Size {
    tcgetwinsize(stream).map_or(
        Size {
            rows: 0,
            columns: 0,
        },
        |size| Size {
            rows: usize::from(size.ws_row),
            columns: usize::from(size.ws_col),
        },
    )
}

/// A key as far as podprof tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A character that is drawn, space included.
    Char(char),
    Enter,
    Backspace,
    Down,
    PageDown,
    /// Ctrl-C, or the terminal is gone.
    Leave,
    /// A key with no meaning here.
    Other,
}

/// Whoever answers when a report stops.
pub(crate) trait Keys {
    /// From now on keys are heard one by one and not echoed.
    fn listen(&mut self);
    /// Waits for the next key.
    fn next(&mut self) -> Key;
    /// No more keys are waited for.
    fn rest(&mut self);
    /// The size of the screen now.
    fn size(&self) -> Size;
}

/// The keys of the controlling terminal.
pub(crate) struct Keyboard {
    tty: File,
    /// The terminal's own mode while keys are listened for.
    before: Option<Termios>,
}

impl Keyboard {
    /// Opens /dev/tty; where there is none, stdin will do if it is a terminal.
    pub(crate) fn open() -> Option<Keyboard> {
        let tty = File::open("/dev/tty");
        let own = || {
            let stdin = io::stdin();
            let own = stdin
                .is_terminal()
                .then(|| stdin.as_fd().try_clone_to_owned());
            own?.ok().map(File::from)
        };
        let tty = tty.ok().or_else(own)?;
        // Where keys cannot be had one by one a report had better not wait for one.
        tcgetattr(&tty).ok()?;
        Some(Keyboard { tty, before: None })
    }

    /// The next key if one is pressed within a tenth of a second.
    pub(super) fn soon(&mut self) -> Option<Key> {
        let first = self.read(Wait::Short)?;
        let mut first = Some(first);
        decode(&mut |wait| first.take().or_else(|| self.read(wait)))
    }

    fn hear(&self, wait: Wait) -> Option<()> {
        let mut mode = self.before.clone()?;
        mode.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        let (least, tenths) = match wait {
            Wait::Long => (1, 0),
            Wait::Short => (0, 1),
        };
        mode.special_codes[SpecialCodeIndex::VMIN] = least;
        mode.special_codes[SpecialCodeIndex::VTIME] = tenths;
        tcsetattr(&self.tty, OptionalActions::Now, &mode).ok()
    }

    /// The next byte, or none after the wait or when the terminal is gone.
    fn read(&self, wait: Wait) -> Option<u8> {
        self.hear(wait)?;
        let mut tty = &self.tty;
        let mut byte = [0];
        loop {
            match tty.read(&mut byte) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {} // by a resize
                Ok(1) => return Some(byte[0]),
                _ => return None, // nothing in time, or no terminal any more
            }
        }
    }
}

impl Keys for Keyboard {
    fn listen(&mut self) {
        self.before = tcgetattr(&self.tty).ok();
        // Where this fails the first wait for a key fails too.
        let _ = self.hear(Wait::Long);
    }

    fn next(&mut self) -> Key {
        decode(&mut |wait| self.read(wait)).unwrap_or(Key::Leave)
    }

    fn rest(&mut self) {
        if let Some(before) = self.before.take() {
            tcsetattr(&self.tty, OptionalActions::Now, &before).ok();
        }
    }

    fn size(&self) -> Size {
        size(&self.tty)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.rest();
    }
}

/// How long to wait for a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Until it comes.
    Long,
    /// As long as the rest of a key may take.
    Short,
}

/// The next key, and not a byte more: what was typed ahead is for the prompt. None when the terminal is gone.
fn decode(read: &mut dyn FnMut(Wait) -> Option<u8>) -> Option<Key> {
    Some(match read(Wait::Long)? {
        b'\r' | b'\n' => Key::Enter,
        0x7f | 0x08 => Key::Backspace,
        // Ctrl-C, Ctrl-D, Ctrl-\.
        0x03 | 0x04 | 0x1c => Key::Leave,
        0x1b => escape(read),
        ascii @ b' '..=b'~' => Key::Char(char::from(ascii)),
        0..b' ' => Key::Other,
        first @ 0x80.. => character(first, read),
    })
}

/// The rest of a key that sends an escape sequence.
fn escape(read: &mut dyn FnMut(Wait) -> Option<u8>) -> Key {
    if !matches!(read(Wait::Short), Some(b'[' | b'O')) {
        return Key::Other;
    }
    let mut sequence = Vec::new();
    while let Some(byte) = read(Wait::Short) {
        sequence.push(byte);
        if matches!(byte, b'@'..=b'~') {
            break;
        }
    }
    match sequence.as_slice() {
        b"B" => Key::Down,
        b"6~" => Key::PageDown,
        _ => Key::Other, // every other key of a keyboard
    }
}

/// The character that begins with the byte `first`.
fn character(first: u8, read: &mut dyn FnMut(Wait) -> Option<u8>) -> Key {
    let more = match first {
        0xc0..0xe0 => 1,
        0xe0..0xf0 => 2,
        0xf0.. => 3,
        _ => 0, // no character begins with such a byte
    };
    let mut bytes = vec![first];
    bytes.extend(std::iter::from_fn(|| read(Wait::Short)).take(more));
    let text = std::str::from_utf8(&bytes).ok();
    let character = text.and_then(|text| text.chars().next());
    match character.filter(|c| !c.is_control()) {
        Some(c) => Key::Char(c),
        None => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first key of what is typed, and how many bytes it leaves for the next.
    fn key(typed: &[u8]) -> (Option<Key>, usize) {
        let mut left = typed.iter();
        let key = decode(&mut |_| left.next().copied());
        (key, left.len())
    }

    #[test]
    fn a_sequence_is_one_key_and_what_follows_stays() {
        assert_eq!(key(b"\x1b[Bq"), (Some(Key::Down), 1));
        assert_eq!(key(b"\x1bOBq"), (Some(Key::Down), 1));
        assert_eq!(key(b"\x1b[6~ "), (Some(Key::PageDown), 1));
        assert_eq!(key(b"\x1b[1;5Aq"), (Some(Key::Other), 1));
        assert_eq!(key(b"\x1b["), (Some(Key::Other), 0));
    }

    #[test]
    fn a_character_takes_its_own_bytes_only() {
        assert_eq!(key(b"qtop\r"), (Some(Key::Char('q')), 4));
        assert_eq!(key("äq".as_bytes()), (Some(Key::Char('ä')), 1));
        assert_eq!(key("🦀".as_bytes()), (Some(Key::Char('🦀')), 0));
        assert_eq!(key(b"\xc2\x9b"), (Some(Key::Other), 0));
        assert_eq!(key(b"\x9bq"), (Some(Key::Other), 1));
    }

    #[test]
    fn a_terminal_that_is_gone_has_no_key() {
        assert_eq!(key(b""), (None, 0));
    }
}
