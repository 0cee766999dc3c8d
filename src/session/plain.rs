//! The loop over lines that come from a pipe or a file: the bytes on stdout are pprof's, prompts included.

use std::io::{self, BufRead, ErrorKind, Read};

use super::{Flow, Session, Streams};
use crate::command::options::Settings;
use crate::report::sink::Sink;

/// No line of a script is longer; what goes on is read as the next line.
const LONGEST: u64 = 1 << 20;

/// Makes the sinks for reports and for everything else, as the options want them.
pub(crate) type MakeSinks<'a> = dyn FnMut(&Settings) -> (Box<dyn Sink>, Box<dyn Sink>) + 'a;

/// Reads lines until they end or one of them leaves.
pub(crate) fn run(
    session: &mut Session,
    input: &mut dyn BufRead,
    sinks: &mut MakeSinks<'_>,
) -> io::Result<()> {
    loop {
        let (mut out, mut err) = sinks(session.settings());
        match out.write_all(b"(pprof) ").and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            // What else is wrong with stdout, the first report says; files can still be written.
            Ok(()) | Err(_) => {}
        }
        let mut line = Vec::new();
        if input.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let mut streams = Streams {
            out: &mut *out,
            err: &mut *err,
        };
        match session.line(&String::from_utf8_lossy(&line), &mut streams) {
            Flow::Prompt => {}
            Flow::Quit | Flow::Closed => return Ok(()),
        }
    }
}
