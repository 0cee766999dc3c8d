//! The loop over lines that come from a pipe or a file: the bytes on stdout are pprof's, prompts included.

use std::io::{self, BufRead, Read};

use super::{Flow, Session, Streams};

/// No line of a script is longer; what goes on is read as the next line.
const LONGEST: u64 = 1 << 20;

/// Reads lines until they end or one of them leaves.
pub(crate) fn run(
    session: &mut Session,
    input: &mut dyn BufRead,
    io: &mut Streams<'_>,
) -> io::Result<()> {
    loop {
        io.out.write_all(b"(pprof) ")?;
        io.out.flush()?;
        let mut line = Vec::new();
        if input.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match session.line(&String::from_utf8_lossy(&line), io) {
            Flow::Prompt => {}
            Flow::Quit | Flow::Closed => return Ok(()),
        }
    }
}
