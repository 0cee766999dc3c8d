//! The plain tar of POSIX (ustar): files one after the other, each behind 512 bytes that name and measure it.
//!
//! What is read is hostile: only regular files are handed out, links, folders and what else there is are
//! passed over, a header has to have its checksum, and every length is only as good as the bytes behind it.

use std::io::{self, ErrorKind, Read, Write};

const BLOCK: usize = 512;
/// The longest name that a header holds by itself.
const LONGEST_NAME: usize = 100;
/// Between a file's name and the number of its second and later pieces.
const PIECE: &str = ".part";
/// Headers that are looked at; no incident has so many files.
const MOST_FILES: usize = 1000;

/// Writes the files of an archive.
pub(crate) struct Writer<'o> {
    out: &'o mut dyn Write,
    /// Seconds since 1970, the same for all files.
    time: u64,
}

impl<'o> Writer<'o> {
    /// An archive of files made at `time`, in seconds since 1970.
    pub(crate) fn new(out: &'o mut dyn Write, time: u64) -> Self {
        Writer { out, time }
    }

    /// Adds a file, or one more piece of the file of that name: `piece` counts from 0.
    ///
    /// A tar has to know how long a file is before it begins. What is too long to be kept until it is all
    /// there therefore comes as `NAME`, `NAME.part2`, …, which `cat` makes one of, as [`Reader`] does.
    pub(crate) fn add(&mut self, name: &str, piece: usize, bytes: &[u8]) -> io::Result<()> {
        let name = match piece {
            0 => name.to_string(),
            piece => format!("{name}{PIECE}{}", piece + 1),
        };
        self.out
            .write_all(&header(&name, self.time, bytes.len())?)?;
        self.out.write_all(bytes)?;
        let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
        self.out.write_all(&[0; BLOCK][..padding])
    }

    /// Lets out all files so far.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the archive.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])
    }
}

fn header(name: &str, time: u64, size: usize) -> io::Result<[u8; BLOCK]> {
    let mut header = [0; BLOCK];
    let wrong = || io::Error::other(format!("{name} is no name for a file of an archive"));
    if name.len() > LONGEST_NAME {
        return Err(wrong());
    }
    let mut put = |at: usize, text: &str| {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, &format!("{:011o}\0", time & 0o77_777_777_777));
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Ok(header)
}

/// Whether a stream that begins so is an archive; a block is enough.
pub(crate) fn is_archive(start: &[u8]) -> bool {
    start
        .first_chunk::<BLOCK>()
        .is_some_and(|block| read_header(block).is_some())
}

/// Bytes that [`is_archive`] needs.
pub(crate) const LOOK: usize = BLOCK;

/// What a header says.
struct Header {
    name: Vec<u8>,
    size: u64,
    regular: bool,
}

/// None where it is no header of an archive.
fn read_header(block: &[u8; BLOCK]) -> Option<Header> {
    let field = |at: usize, size: usize| block.get(at..at + size).unwrap_or_default();
    let mut summed = block.to_vec();
    summed.get_mut(148..156)?.fill(b' ');
    let sum: u64 = summed.iter().map(|byte| u64::from(*byte)).sum();
    if octal(field(148, 8))? != sum || !field(257, 5).starts_with(b"ustar") {
        return None;
    }
    let name = field(0, LONGEST_NAME).split(|byte| *byte == 0).next()?;
    Some(Header {
        name: name.to_vec(),
        size: octal(field(124, 12))?,
        regular: matches!(field(156, 1), [b'0' | 0]),
    })
}

/// A number in octal digits, blanks or zeros around it; tar's way of writing larger ones is not ours.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field
        .trim_ascii_start()
        .split(|byte| matches!(byte, 0 | b' '))
        .next()?;
    digits.iter().try_fold(0u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// Reads the files of an archive, one after the other.
pub(crate) struct Reader<'r> {
    input: &'r mut dyn Read,
    /// Of the file that is being read: what is left of its bytes, and of the padding behind them.
    left: u64,
    padding: u64,
    name: Vec<u8>,
    /// Of the file that is being read: pieces so far.
    pieces: usize,
    /// The header that ended a file.
    next: Option<Header>,
    headers: usize,
    ended: bool,
    /// What is wrong behind the file that is being read, which it does not concern.
    failed: Option<io::Error>,
}

impl<'r> Reader<'r> {
    /// Reads `input`, unpacked, from its start.
    pub(crate) fn new(input: &'r mut dyn Read) -> Self {
        Reader {
            input,
            left: 0,
            padding: 0,
            name: Vec::new(),
            pieces: 0,
            next: None,
            headers: 0,
            ended: false,
            failed: None,
        }
    }

    /// The name of the next regular file, whose bytes are read from here then; none at the end.
    ///
    /// # Errors
    /// The archive is cut or damaged; what came before is good.
    pub(crate) fn next(&mut self) -> io::Result<Option<String>> {
        io::copy(self, &mut io::sink())?;
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let header = match self.next.take() {
            Some(header) => Some(header),
            None => self.header()?,
        };
        let Some(header) = header else {
            return Ok(None);
        };
        self.begin(&header);
        self.pieces = 1;
        self.name = header.name;
        Ok(Some(String::from_utf8_lossy(&self.name).into_owned()))
    }

    fn begin(&mut self, header: &Header) {
        self.left = header.size;
        let over = header.size % BLOCK as u64;
        self.padding = if over == 0 { 0 } else { BLOCK as u64 - over };
    }

    /// The header of the next regular file; the current one has been read.
    fn header(&mut self) -> io::Result<Option<Header>> {
        while !self.ended {
            let Some(block) = self.block()? else {
                break;
            };
            self.headers += 1;
            if self.headers > MOST_FILES {
                self.ended = true;
                let text = format!("more than {MOST_FILES} files are in it");
                return Err(io::Error::other(text));
            }
            let Some(header) = read_header(&block) else {
                self.ended = true;
                return Err(io::Error::other("a header of the archive is damaged"));
            };
            if header.regular {
                return Ok(Some(header));
            }
            self.begin(&header);
            self.skip()?;
        }
        Ok(None)
    }

    /// One block; none where zeros or the end of the stream end the archive.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        self.ended = true;
        self.input.read_exact(&mut block).map_err(cut)?;
        if block == [0; BLOCK] {
            // Whatever follows, the checksum of the stream is only seen at its end.
            io::copy(self.input, &mut io::sink())?;
            return Ok(None);
        }
        self.ended = false;
        Ok(Some(block))
    }

    /// Passes over the rest of a file.
    fn skip(&mut self) -> io::Result<()> {
        let rest = self.left.saturating_add(self.padding);
        (self.left, self.padding) = (0, 0);
        let passed = io::copy(&mut (&mut *self.input).take(rest), &mut io::sink())?;
        if passed < rest {
            self.ended = true;
            return Err(cut(ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    /// Goes on with the next piece of the file that is being read, if there is one.
    fn go_on(&mut self) -> io::Result<bool> {
        self.skip()?;
        if self.next.is_some() || self.name.is_empty() {
            return Ok(false);
        }
        let Some(header) = self.header()? else {
            return Ok(false);
        };
        let wanted = format!("{PIECE}{}", self.pieces + 1);
        let belongs = header.name.strip_prefix(&self.name[..]) == Some(wanted.as_bytes());
        match belongs {
            true => {
                self.begin(&header);
                self.pieces += 1;
            }
            false => self.next = Some(header),
        }
        Ok(belongs)
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            match self.go_on() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(error) => {
                    self.name.clear();
                    self.failed = Some(error);
                    return Ok(0);
                }
            }
        }
        let count = (&mut *self.input).take(self.left).read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            self.ended = true;
            (self.left, self.padding) = (0, 0);
            self.name.clear();
            return Err(cut(ErrorKind::UnexpectedEof.into()));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

fn cut(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => io::Error::other("the archive is cut"),
        _ => error, // the stream says why itself
    }
}

#[cfg(test)]
mod tests;
