//! Every way a request can fail, and everything worth a line on stderr beside a report.
//!
//! `Display` is the text the user reads: pprof's own words first (pprof-behaviour 1.4), then ours.
//! Where an error is built, the name of the file, option or pattern is already in it.

use std::{fmt, io};

use crate::go::syscall::error_text;

/// The result of everything that can fail above decode/.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a request failed: one word wide, so that whoever only passes it on stays small.
#[derive(Debug)]
pub(crate) struct Error(Box<Cause>);

/// What failed; each ends a one-shot run with exit code 2, [`Cause::NoMatch`] with 3 under `-fail_empty`.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The command line or a line at the prompt cannot be understood.
    Usage(String),
    /// No profile could be had from a source.
    Source(String),
    /// The profile cannot answer the request as it stands.
    Report(String),
    /// The pattern of `peek` or `list` fits nothing in the profile.
    NoMatch(String),
    /// The report could not be written.
    Write(io::Error),
    /// The user stopped it.
    Interrupted,
}

impl Error {
    /// [`Cause::Usage`].
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Cause::Usage(text.into()).into()
    }

    /// [`Cause::Source`].
    pub(crate) fn source(text: impl Into<String>) -> Self {
        Cause::Source(text.into()).into()
    }

    /// [`Cause::Report`].
    pub(crate) fn report(text: impl Into<String>) -> Self {
        Cause::Report(text.into()).into()
    }

    /// [`Cause::NoMatch`].
    pub(crate) fn no_match(text: impl Into<String>) -> Self {
        Cause::NoMatch(text.into()).into()
    }

    /// [`Cause::Interrupted`].
    pub(crate) fn interrupted() -> Self {
        Cause::Interrupted.into()
    }

    /// What failed.
    pub(crate) fn cause(&self) -> &Cause {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Cause::Usage(text)
            | Cause::Source(text)
            | Cause::Report(text)
            | Cause::NoMatch(text) => f.write_str(text),
            // An error without a number is one of ours and says itself what could not be written.
            Cause::Write(error) if error.raw_os_error().is_some() => {
                write!(f, "write /dev/stdout: {}", error_text(error))
            }
            Cause::Write(error) => f.write_str(&error_text(error)),
            Cause::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl From<Cause> for Error {
    #[inline(never)] // nobody who fails is in a hurry
    fn from(cause: Cause) -> Self {
        Error(Box::new(cause))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Cause::Write(error).into()
    }
}

/// A remark beside a report; never an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Warning {
    /// A filter met nothing; holds its name as pprof-behaviour 5 prints it (`Focus`, `TagShow`, …).
    NoMatch(&'static str),
    /// A tag expression was read as a range: option, expression.
    TagRange(&'static str, Vec<u8>),
    /// A numeric label came in several units: key, unit used, units ignored.
    Units(Vec<u8>, Vec<u8>, Vec<Vec<u8>>),
    /// Anything else, as it is to be printed.
    Note(String),
}

impl Warning {
    /// The line to print, without its newline.
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Warning::NoMatch(name) => format!("{name} expression matched no samples").into_bytes(),
            Warning::TagRange(option, expression) => [
                option.as_bytes(),
                b":Interpreted '",
                expression,
                b"' as range, not regexp",
            ]
            .concat(),
            Warning::Units(key, used, ignored) => [
                b"For tag ",
                key.as_slice(),
                b" used unit ",
                used,
                b", also encountered unit(s) ",
                &ignored.join(&b", "[..]),
            ]
            .concat(),
            Warning::Note(text) => text.clone().into_bytes(),
        }
    }
}
