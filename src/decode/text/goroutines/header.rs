//! The line that begins a goroutine (formats.md, 1).
//!
//! The set of states and pieces is open: what is not known becomes a flag, and no line that begins like
//! a goroutine is turned away because of what else it says.

use crate::go::unquote::unquote;

/// What the line says besides the id.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'l> {
    /// What it waits for or does, without its marks: `chan receive (nil chan)`.
    State(&'l [u8]),
    /// `locked to thread`, `leaked`, `synctest bubble 3`, … and whatever is not known.
    Flag(&'l [u8]),
    /// How long it has waited.
    Minutes(u64),
    /// A label that the program set: key, value.
    Label(&'l [u8], &'l [u8]),
}

/// The parts of the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'l> {
    pub(super) id: u64,
    /// `gp=0x.. m=3 mp=0x..`, or nothing.
    before: &'l [u8],
    /// What is between the brackets.
    bracket: &'l [u8],
    /// What is between the brackets and the colon.
    after: &'l [u8],
}

/// Marks behind the state, in parentheses as some states themselves have them.
const MARKS: [&[u8]; 3] = [b"leaked", b"scan", b"durable"];

impl<'l> Header<'l> {
    /// Reads the line; `None` where it does not begin a goroutine. One that was `cut` may end anywhere
    /// after the bracket opened.
    pub(super) fn of(line: &'l [u8], cut: bool) -> Option<Self> {
        let (id, rest) = number(line.strip_prefix(b"goroutine ")?)?;
        let rest = rest.strip_prefix(b" ")?;
        let open = rest.iter().position(|b| *b == b'[')?;
        let (before, rest) = (rest.get(..open)?, rest.get(open.saturating_add(1)..)?);
        let line = match rest.strip_suffix(b":") {
            Some(line) => line,
            None if cut => rest,
            None => return None,
        };
        let close = closing(line).or_else(|| line.iter().rposition(|b| *b == b']'));
        let (bracket, after) = match close {
            Some(close) => (line.get(..close)?, line.get(close.saturating_add(1)..)?),
            None if cut => (line, &[][..]),
            None => return None,
        };
        Some(Header {
            id,
            before: before.trim_ascii(),
            bracket,
            after: after.trim_ascii(),
        })
    }

    /// Whether the id is followed by what the runtime writes there, no other words.
    pub(super) fn is_strict(&self) -> bool {
        self.before.is_empty() || self.before.starts_with(b"gp=")
    }

    /// Shows the pieces in their order.
    pub(super) fn pieces(&self, see: &mut dyn FnMut(Piece<'_>)) {
        let words = self.before.split(|b| *b == b' ');
        let known: [&[u8]; 3] = [b"gp=", b"m=", b"mp="];
        for word in words.filter(|word| !word.is_empty()) {
            if !known.iter().any(|known| word.starts_with(known)) {
                see(Piece::Flag(word));
            }
        }
        let inside = find(self.bracket, b"labels:{");
        let (pieces, labels) = match inside {
            None => (self.bracket, &[][..]),
            Some(at) => self.bracket.split_at_checked(at).unwrap_or_default(),
        };
        let mut pieces = pieces.trim_ascii().split(|b| *b == b',');
        state(pieces.next().unwrap_or_default(), see);
        pieces.for_each(|text| piece(text.trim_ascii(), see));
        if let Some(list) = labels.strip_prefix(b"labels:{") {
            let rest = labels_of(list, see).unwrap_or(labels);
            rest.split(|b| *b == b',')
                .for_each(|text| piece(text.trim_ascii(), see));
        }
        let rest = self.after.strip_prefix(b"{");
        let rest = rest.and_then(|list| labels_of(list, see));
        piece(rest.unwrap_or(self.after).trim_ascii(), see);
    }
}

/// The state and the marks behind it, which are shown after it.
fn state(mut text: &[u8], see: &mut dyn FnMut(Piece<'_>)) {
    let mut marks = [None; MARKS.len()];
    while let Some((before, mark)) = marked(text) {
        marks.iter_mut().zip(MARKS).for_each(|(seen, known)| {
            if known == mark {
                *seen = Some(known);
            }
        });
        text = before;
    }
    see(Piece::State(text));
    for mark in marks.into_iter().flatten() {
        see(Piece::Flag(mark));
    }
}

fn marked(text: &[u8]) -> Option<(&[u8], &'static [u8])> {
    let inner = text.strip_suffix(b")")?;
    MARKS.into_iter().find_map(|mark| {
        let before = inner.strip_suffix(mark)?;
        Some((before.strip_suffix(b" (")?, mark))
    })
}

fn piece(text: &[u8], see: &mut dyn FnMut(Piece<'_>)) {
    match number(text) {
        Some((minutes, b" minutes" | b" minute")) => see(Piece::Minutes(minutes)),
        _ if text.is_empty() => {}
        _ => see(Piece::Flag(text)),
    }
}

/// Shows the labels of a list whose brace was opened; what follows the brace that closes it, or `None`
/// where it is no list.
fn labels_of<'l>(mut text: &'l [u8], see: &mut dyn FnMut(Piece<'_>)) -> Option<&'l [u8]> {
    let (mut key, mut value) = (Vec::new(), Vec::new());
    loop {
        text = word(text, &mut key)?.strip_prefix(b":")?;
        text = word(text.strip_prefix(b" ").unwrap_or(text), &mut value)?;
        see(Piece::Label(&key, &value));
        match text {
            [b'}', rest @ ..] => return Some(rest),
            [b',', rest @ ..] => text = rest.strip_prefix(b" ").unwrap_or(rest),
            _ => return None,
        }
    }
}

/// A key or a value, quoted where it needs it; what follows it.
fn word<'l>(text: &'l [u8], out: &mut Vec<u8>) -> Option<&'l [u8]> {
    out.clear();
    let size = match text.first() {
        Some(b'"') => unquote(text, out)?,
        _ => {
            let size = text
                .iter()
                .position(|b| matches!(b, b':' | b',' | b'}' | b'"'))?;
            out.extend_from_slice(text.get(..size)?);
            size
        }
    };
    text.get(size..)
}

/// The place of the first `]` outside quotes.
fn closing(text: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => drop(bytes.next()),
            b']' if !quoted => return Some(at),
            // Any other byte is part of a piece.
            _ => {}
        }
    }
    None
}

/// The number at the front and what follows it; one that is too large is the largest.
pub(super) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let size = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(size)?;
    let add = |sum: u64, digit: &u8| {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        sum.saturating_mul(10).saturating_add(digit)
    };
    (size > 0).then(|| (digits.iter().fold(0, add), rest))
}

/// The place of the first `needle`.
pub(super) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|part| part == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(u64, Vec<String>)> {
        let header = Header::of(line.as_bytes(), false)?;
        let mut seen = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        header.pieces(&mut |piece| {
            seen.push(match piece {
                Piece::State(state) => text(state),
                Piece::Flag(flag) => format!("+{}", text(flag)),
                Piece::Minutes(minutes) => format!("{minutes}m"),
                Piece::Label(key, value) => format!("{}={}", text(key), text(value)),
            });
        });
        Some((header.id, seen))
    }

    #[test]
    fn every_piece_of_every_release_is_read() {
        let cases: [(&str, u64, &[&str]); 17] = [
            ("goroutine 1 [running]:", 1, &["running"]),
            (
                "goroutine 7 [select (no cases)]:",
                7,
                &["select (no cases)"],
            ),
            (
                "goroutine 8 [chan receive (nil chan), 12 minutes]:",
                8,
                &["chan receive (nil chan)", "12m"],
            ),
            (
                "goroutine 17 [syscall, 1 minutes, locked to thread]:",
                17,
                &["syscall", "1m", "+locked to thread"],
            ),
            ("goroutine 0 gp=0x5a1 m=3 mp=0xc01 [idle]:", 0, &["idle"]),
            (
                "goroutine 2 gp=0xc0 m=nil [force gc (idle), 3 minutes]:",
                2,
                &["force gc (idle)", "3m"],
            ),
            (
                "goroutine 9 [chan send (leaked)]:",
                9,
                &["chan send", "+leaked"],
            ),
            (
                "goroutine 9 [GC worker (idle) (leaked) (scan)]:",
                9,
                &["GC worker (idle)", "+leaked", "+scan"],
            ),
            (
                "goroutine 5 [sync.WaitGroup.Wait (durable), synctest bubble 4]:",
                5,
                &["sync.WaitGroup.Wait", "+durable", "+synctest bubble 4"],
            ),
            (
                r#"goroutine 19 [chan send] {k: "a] {b", state: mine}:"#,
                19,
                &["chan send", "k=a] {b", "state=mine"],
            ),
            (
                r#"goroutine 3 [select, 2 minutes] {"quoted key": "v \"x\"", e: }:"#,
                3,
                &["select", "2m", "quoted key=v \"x\"", "e="],
            ),
            (
                r#"goroutine 3 [running labels:{"k": "v]", "l": "w"}]:"#,
                3,
                &["running", "k=v]", "l=w"],
            ),
            (
                r#"goroutine 3 [select, 5 minutes, labels:{"k": "v"}, locked to thread]:"#,
                3,
                &["select", "5m", "k=v", "+locked to thread"],
            ),
            (
                "goroutine 4 xp=0x1 [waiting, on mars, 3 hours]:",
                4,
                &["+xp=0x1", "waiting", "+on mars", "+3 hours"],
            ),
            ("goroutine 4 [running] <odd>:", 4, &["running", "+<odd>"]),
            (
                "goroutine 4 [running] {broken:",
                4,
                &["running", "+{broken"],
            ),
            ("goroutine 99999999999999999999 []:", u64::MAX, &[""]),
        ];
        for (line, id, pieces) in cases {
            let pieces = pieces.iter().map(|s| s.to_string()).collect();
            assert_eq!(read(line), Some((id, pieces)), "{line}");
        }
    }

    #[test]
    fn escapes_in_labels_are_those_of_go() {
        let line = r#"goroutine 1 [running] {k: "\x01\u00e9\"\\", "a: b": "}"}:"#;
        let (_, pieces) = read(line).unwrap();
        assert_eq!(pieces[1..], ["k=\u{1}é\"\\", "a: b=}"]);
    }

    #[test]
    fn other_lines_begin_no_goroutine() {
        for line in [
            "goroutine profile: total 7",
            "goroutine 5 started",
            "goroutine  [running]:",
            "goroutine x [running]:",
            "goroutine 5[running]:",
            "goroutine 5 [running",
            " goroutine 5 [running]:",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert!(Header::of(b"goroutine 5 [chan rec", true).is_some());
    }
}
