//! Where the body of a reply ends: after a length, with the connection, or where its chunks say so.

/// How the end of a body is told, and how far it has been read.
#[derive(Debug, PartialEq)]
pub(super) enum Framing {
    /// After so many bytes more.
    Length(u64),
    /// With the connection.
    Close,
    Chunks(Chunks),
}

/// What comes next of a body that is sent in chunks.
#[derive(Debug, PartialEq)]
pub(super) enum Chunks {
    /// The line with the next chunk's size: its digits so far and their value, and whether the rest of the line counts.
    Size(u8, u64, Rest),
    /// So many bytes of the chunk.
    Bytes(u64),
    /// The line end behind a chunk.
    LineEnd,
    End,
}

/// What a line with a size is read as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rest {
    Digits,
    /// Blanks before the line's end or an extension.
    Blank,
    /// What nobody reads, as Go does not.
    Extension,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    End,
    /// Up to so many bytes are the body's.
    Body(u64),
    /// What comes stands between the body's bytes: [`Framing::between`] reads it.
    Between,
}

/// Digits of a chunk's size that fit into 64 bits.
const MOST_DIGITS: u8 = 16;

impl Framing {
    pub(super) fn chunks() -> Self {
        Framing::Chunks(Chunks::Size(0, 0, Rest::Digits))
    }

    /// How many bytes the body has left, where that was said.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Framing::Length(left) => Some(*left),
            Framing::Close | Framing::Chunks(_) => None,
        }
    }

    /// Whether the server says where the body ends, so that the end of the connection is too early.
    pub(super) fn is_told(&self) -> bool {
        *self != Framing::Close
    }

    pub(super) fn step(&self) -> Step {
        match self {
            Framing::Close => Step::Body(u64::MAX),
            Framing::Length(0) | Framing::Chunks(Chunks::End) => Step::End,
            Framing::Length(left) | Framing::Chunks(Chunks::Bytes(left)) => Step::Body(*left),
            Framing::Chunks(Chunks::Size(..) | Chunks::LineEnd) => Step::Between,
        }
    }

    /// So many bytes of the body were read.
    pub(super) fn took(&mut self, count: usize) {
        match self {
            Framing::Length(left) => *left = left.saturating_sub(count as u64),
            Framing::Chunks(Chunks::Bytes(left)) => {
                *left = left.saturating_sub(count as u64);
                if *left == 0 {
                    *self = Framing::Chunks(Chunks::LineEnd);
                }
            }
            Framing::Close | Framing::Chunks(_) => {}
        }
    }

    /// Reads what stands between two chunks and says how many bytes of `bytes` that were; nothing where it is wrong.
    pub(super) fn between(&mut self, bytes: &[u8]) -> Option<usize> {
        let Framing::Chunks(chunks) = self else {
            return Some(0);
        };
        let mut used = 0;
        for &byte in bytes {
            if matches!(chunks, Chunks::Bytes(_) | Chunks::End) {
                break;
            }
            *chunks = chunks.after(byte)?;
            used += 1;
        }
        Some(used)
    }
}

impl Chunks {
    fn after(&self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Chunks::LineEnd, b'\r') => Some(Chunks::LineEnd),
            (Chunks::LineEnd, b'\n') => Some(Chunks::Size(0, 0, Rest::Digits)),
            (Chunks::Size(0, ..), b'\n') => None,
            // Behind the last chunk only trailers come.
            (Chunks::Size(_, 0, _), b'\n') => Some(Chunks::End),
            (Chunks::Size(_, size, _), b'\n') => Some(Chunks::Bytes(*size)),
            (Chunks::Size(digits, size, rest), byte) => match (rest, byte) {
                (Rest::Extension, _) => Some(Chunks::Size(*digits, *size, Rest::Extension)),
                (_, b';') if *digits > 0 => Some(Chunks::Size(*digits, *size, Rest::Extension)),
                (_, b' ' | b'\t' | b'\r') if *digits > 0 => {
                    Some(Chunks::Size(*digits, *size, Rest::Blank))
                }
                (Rest::Digits, byte) if *digits < MOST_DIGITS => {
                    let digit = char::from(byte).to_digit(16)?;
                    let size = size << 4 | u64::from(digit);
                    Some(Chunks::Size(digits + 1, size, Rest::Digits))
                }
                (Rest::Digits | Rest::Blank, _) => None,
            },
            (Chunks::LineEnd | Chunks::Bytes(_) | Chunks::End, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body in `bytes` and whether its end was said, read in pieces of `piece`; nothing where a chunk is wrong.
    fn body(bytes: &[u8], piece: usize) -> Option<(Vec<u8>, bool)> {
        let (mut framing, mut body) = (Framing::chunks(), Vec::new());
        for mut piece in bytes.chunks(piece) {
            while !piece.is_empty() {
                let count = match framing.step() {
                    Step::End => return Some((body, true)),
                    Step::Between => framing.between(piece)?,
                    Step::Body(left) => {
                        let count = piece.len().min(usize::try_from(left).unwrap());
                        body.extend_from_slice(&piece[..count]);
                        framing.took(count);
                        count
                    }
                };
                piece = &piece[count..];
            }
        }
        Some((body, framing.step() == Step::End))
    }

    #[test]
    fn chunks_are_joined_wherever_they_are_cut() {
        let bytes = b"4;name=value\r\nwiki\r\n00A \r\n0123456789\n1\nx\r\n0\r\nTrailer: y\r\n\r\n";
        for piece in 1..bytes.len() {
            let read = body(bytes, piece);
            assert_eq!(read, Some((b"wiki0123456789x".to_vec(), true)), "{piece}");
        }
    }

    #[test]
    fn the_end_is_said_by_the_last_chunk_only() {
        let bytes = b"4\r\nwiki\r\n0\r\n";
        for end in 0..bytes.len() {
            let (_, ended) = body(&bytes[..end], 3).unwrap();
            assert!(!ended, "{end}");
        }
        assert_eq!(body(bytes, 3), Some((b"wiki".to_vec(), true)));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for bytes in [
            &b"\r\n"[..],
            b"\n",
            b";x\r\n",
            b"x\r\n",
            b"-1\r\n",
            b"1 2\r\n",
            b"4\r\nwikiX\r\n",
            b"11112222333344445\r\n",
        ] {
            assert_eq!(body(bytes, 1), None, "{}", bytes.escape_ascii());
        }
        let largest = body(b"FFFFffffFFFFffff\r\nx", 4);
        assert_eq!(largest, Some((b"x".to_vec(), false)));
    }

    #[test]
    fn a_length_and_the_connection_end_a_body_too() {
        let mut length = Framing::Length(3);
        assert_eq!(
            (length.step(), length.length(), length.is_told()),
            (Step::Body(3), Some(3), true)
        );
        length.took(3);
        assert_eq!(length.step(), Step::End);
        let mut close = Framing::Close;
        close.took(9);
        assert_eq!(
            (close.step(), close.is_told()),
            (Step::Body(u64::MAX), false)
        );
    }
}
