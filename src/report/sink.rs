//! Where a report's bytes go.
//!
//! Reports only say what a stretch of text *is*; whether that becomes colour, or whether a hostile
//! name is escaped, is decided by the sink: [`Plain`] passes bytes untouched, the terminal's does
//! neither trust nor colour by accident.

use std::borrow::Cow;
use std::io::{self, Write};

/// What the bytes that follow are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The report's own words and spaces.
    Text,
    /// Headers and rulers.
    Heading,
    /// A value or percentage.
    Number,
    /// A value that deserves the eye.
    Hot,
    /// The name of a function or node, from the profile.
    Name,
    /// A path from the profile.
    Path,
    /// A label key or value from the profile.
    Tag,
    /// A line of source code.
    Source,
}

/// Takes a report. After a role other than `Text` the report returns to `Text` by itself.
pub(crate) trait Sink: Write {
    /// Says what the bytes written next are; plain sinks ignore it.
    fn role(&mut self, _role: Role) -> io::Result<()> {
        Ok(())
    }

    /// Text of the profile as this sink will show it, for reports that have to measure it first.
    fn shown<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        Cow::Borrowed(text)
    }
}

/// A sink that passes bytes on as they are.
#[derive(Debug)]
pub(crate) struct Plain<W>(pub W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Sink for Plain<W> {}

/// Writes `bytes` under `role`, then goes back to `Role::Text`.
pub(crate) fn put(out: &mut dyn Sink, role: Role, bytes: &[u8]) -> io::Result<()> {
    out.role(role)?;
    out.write_all(bytes)?;
    out.role(Role::Text)
}
