//! Why bytes are not a profile: one variant per rule, and where.
//!
//! `Display` begins with pprof's text (pprof-behaviour 1.4, 2.3) and goes on with ours: the byte and
//! what was expected there. An error is one word wide: numbers are read by the million, and each may fail.

use std::ops::Deref;
use std::{fmt, io};

use super::fields::{Encoding, Message};

/// Why decoding stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeError(Box<Broken>);

/// A rule that was broken, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The rule that was broken.
    pub kind: Kind,
    /// Where.
    pub at: Offset,
    /// What the input looks like instead of a profile.
    pub looks: Option<&'static str>,
}

/// Why an input gives no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A rule was broken.
    Rule(DecodeError),
    /// A line of a text profile is wrong; the text is pprof's.
    Said(String),
}

impl Fault {
    /// What pprof says of a text profile.
    pub(super) fn said(text: impl AsRef<str>) -> Self {
        Fault::Said(format!("parsing profile: {}", text.as_ref()))
    }

    /// What pprof says of a sample in a line of text.
    pub(super) fn sample(line: &[u8], reason: &str) -> Self {
        let line = String::from_utf8_lossy(line);
        Fault::said(format!("malformed sample: {line}: {reason}"))
    }

    /// What pprof says of an address that has more than 64 bits, in a line of text.
    pub(super) fn address(line: &[u8], digits: &[u8]) -> Self {
        let digits = String::from_utf8_lossy(digits);
        let reason = format!("failed to parse as hex 64-bit number: 0x{digits}");
        Fault::sample(line, &reason)
    }

    /// Whether a limit was met, and a larger one might let it pass.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Fault::Rule(error) if matches!(error.kind, Kind::Memory(_)))
    }
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        Fault::Rule(broken.into())
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Fault::Rule(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Rule(error) => error.fmt(f),
            Fault::Said(text) => f.write_str(text),
        }
    }
}

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offset {
    /// Bytes from the start of the input as it came.
    Input(u64),
    /// Bytes from the start of what a gzipped input unpacks to.
    Unpacked(u64),
}

/// The rules; each says what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The input could not be read: kind, and the number of the system's error if it was one.
    Read(io::ErrorKind, Option<i32>),
    /// There is nothing in it.
    Empty,
    /// A gzip member ends early.
    GzipEnd,
    /// What should be a gzip member does not begin like one.
    GzipHeader,
    /// The compressed bytes make no sense.
    GzipCorrupt,
    /// Checksum or length differ from what was unpacked.
    GzipChecksum,
    /// The input ends inside a number.
    NumberCut,
    /// A number has more than ten bytes.
    NumberLong,
    /// A wire type that profile.proto does not use.
    WireType(u64),
    /// A field says that it is longer than what holds it: said, left.
    Length(u64, u64),
    /// A field of fixed size is longer than what holds it.
    FixedCut,
    /// A field of the right number but the wrong wire type: message, number.
    FieldType(&'static Message, u64),
    /// The first string is not empty.
    FirstString,
    /// No such string: index, number of strings.
    StringIndex(i64, u64),
    /// A second profile begins.
    Concatenated,
    /// There are samples but no sample types.
    NoSampleTypes,
    /// A sample has more or fewer values than there are types: values, types.
    ValueCount(u64, u64),
    /// A sample names a location that is not there.
    SampleLocation(u64),
    /// A mapping has id 0.
    MappingZero,
    /// Two mappings have this id.
    MappingTwice(u64),
    /// A function has id 0.
    FunctionZero,
    /// Two functions have this id.
    FunctionTwice(u64),
    /// A location has id 0.
    LocationZero,
    /// Two locations have this id.
    LocationTwice(u64),
    /// A line names a function that is not there: location, function.
    LineFunction(u64, u64),
    /// A line of a text profile is not what stands there in its format: what does.
    Expected(&'static str),
    /// It needs more memory than this.
    Memory(u64),
    /// It unpacks to more bytes than this, too many for its size.
    Unpacked(u64),
    /// A table has more rows, or the texts more bytes, than 32 bits count.
    Rows,
    /// Read again, it is not what it was.
    Changed,
}

impl DecodeError {
    /// The same of an input that looks like something else, where that is worth saying.
    pub(super) fn looking_like(mut self, looks: Option<&'static str>) -> Self {
        self.0.looks = looks.filter(|_| self.kind.is_unrecognized());
        self
    }
}

impl From<Broken> for DecodeError {
    #[inline(never)] // nobody who fails is in a hurry
    fn from(broken: Broken) -> Self {
        DecodeError(Box::new(broken))
    }
}

impl Deref for DecodeError {
    type Target = Broken;

    fn deref(&self) -> &Broken {
        &self.0
    }
}

impl Kind {
    /// This rule, broken at `at`.
    pub(super) fn at(self, at: Offset) -> Broken {
        Broken {
            kind: self,
            at,
            looks: None,
        }
    }

    /// Whether a limit was met: the rest of the input is not worth reading then.
    pub(super) fn is_limit(self) -> bool {
        matches!(self, Kind::Memory(_) | Kind::Unpacked(_) | Kind::Rows)
    }

    /// Whether the gzip stream itself is broken.
    pub(super) fn is_gzip(self) -> bool {
        matches!(
            self,
            Kind::GzipEnd | Kind::GzipHeader | Kind::GzipCorrupt | Kind::GzipChecksum
        )
    }

    /// Whether the bytes are no profile at all: what else they may be is worth saying.
    fn is_unrecognized(self) -> bool {
        matches!(
            self,
            Kind::NumberCut
                | Kind::NumberLong
                | Kind::WireType(_)
                | Kind::Length(..)
                | Kind::FixedCut
                | Kind::FieldType(..)
                | Kind::FirstString
                | Kind::StringIndex(..)
                | Kind::Expected(_)
        )
    }

    /// What pprof says (pprof-behaviour 1.4, 2.3).
    fn pprof(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MALFORMED: &str = "malformed profile: ";
        match self {
            Kind::Read(..) => f.write_str("reading profile"),
            Kind::Empty => f.write_str("parsing profile: empty input file"),
            Kind::GzipEnd => f.write_str("decompressing profile: unexpected EOF"),
            Kind::GzipHeader => f.write_str("decompressing profile: gzip: invalid header"),
            Kind::GzipCorrupt => f.write_str("decompressing profile: flate: corrupt input"),
            Kind::GzipChecksum => f.write_str("decompressing profile: gzip: invalid checksum"),
            Kind::Concatenated => f.write_str("parsing profile: concatenated profiles detected"),
            Kind::NoSampleTypes => write!(f, "{MALFORMED}missing sample type information"),
            Kind::ValueCount(values, types) => write!(
                f,
                "{MALFORMED}mismatch: sample has {values} values vs. {types} types"
            ),
            Kind::SampleLocation(_) => write!(f, "{MALFORMED}sample has nil location"),
            Kind::MappingZero => write!(f, "{MALFORMED}found mapping with reserved ID=0"),
            Kind::MappingTwice(id) => {
                write!(f, "{MALFORMED}multiple mappings with same id: {id}")
            }
            Kind::FunctionZero => write!(f, "{MALFORMED}found function with reserved ID=0"),
            Kind::FunctionTwice(id) => {
                write!(f, "{MALFORMED}multiple functions with same id: {id}")
            }
            Kind::LocationZero => write!(f, "{MALFORMED}found location with reserved id=0"),
            Kind::LocationTwice(id) => {
                write!(f, "{MALFORMED}multiple locations with same id: {id}")
            }
            Kind::LineFunction(location, _) => write!(
                f,
                "{MALFORMED}location id: {location} has a line with nil function"
            ),
            Kind::Memory(_) | Kind::Unpacked(_) | Kind::Rows => {
                f.write_str("parsing profile: too large")
            }
            Kind::Changed => f.write_str("reading profile"),
            // The rules of the wire format: pprof drops their errors (is_unrecognized).
            _ => f.write_str("parsing profile: unrecognized profile format"),
        }
    }

    /// What was found and what was expected, in our words.
    fn ours(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Read(kind, None) => write!(f, "{kind}"),
            Kind::Read(_, Some(code)) => write!(f, "{}", io::Error::from_raw_os_error(code)),
            Kind::Empty => f.write_str("expected a profile"),
            Kind::GzipEnd => f.write_str("the input ends inside a gzip member, it was cut"),
            Kind::GzipHeader => f.write_str("expected the end or a gzip member"),
            Kind::GzipCorrupt => f.write_str("expected deflated data"),
            Kind::GzipChecksum => {
                f.write_str("expected the checksum and length of what was unpacked")
            }
            Kind::NumberCut => f.write_str("expected the rest of a number, it was cut"),
            Kind::NumberLong => f.write_str("expected a number of at most ten bytes"),
            Kind::WireType(found) => write!(f, "expected wire type 0, 1, 2 or 5, found {found}"),
            Kind::Length(said, left) => {
                write!(
                    f,
                    "expected at most {left} more bytes, the field says {said}"
                )
            }
            Kind::FixedCut => f.write_str("expected the rest of a fixed-size field"),
            Kind::FieldType(message, number) => field_type(f, message, number),
            Kind::FirstString => f.write_str("expected the first string to be empty"),
            Kind::StringIndex(index, count) => {
                write!(f, "expected one of {count} strings, found number {index}")
            }
            Kind::Concatenated => f.write_str("expected one profile, a second begins"),
            Kind::Expected(what) => write!(f, "expected {what}"),
            Kind::NoSampleTypes => f.write_str("expected a sample type for the values"),
            Kind::ValueCount(..) => f.write_str("expected one value a type"),
            Kind::SampleLocation(id) => {
                write!(f, "expected a location of the profile, found id {id}")
            }
            Kind::MappingZero | Kind::FunctionZero | Kind::LocationZero => {
                f.write_str("expected an id above 0")
            }
            Kind::MappingTwice(_) | Kind::FunctionTwice(_) | Kind::LocationTwice(_) => {
                f.write_str("expected an id that is not taken")
            }
            Kind::LineFunction(_, function) => {
                write!(f, "expected a function of the profile, found id {function}")
            }
            Kind::Memory(limit) => write!(
                f,
                "it needs more than the {} MB of memory allowed; -mem raises that",
                limit >> 20
            ),
            Kind::Unpacked(limit) => write!(
                f,
                "it unpacks to more than {limit} bytes, too many for its size; -mem raises that"
            ),
            Kind::Rows => f.write_str("a table has more rows than 32 bits count"),
            Kind::Changed => f.write_str("it has changed since it was opened"),
        }
    }
}

fn field_type(f: &mut fmt::Formatter<'_>, message: &Message, number: u64) -> fmt::Result {
    let Some(field) = message.field(number) else {
        return Ok(());
    };
    let expected = match field.encoding {
        Encoding::Number => "wire type 0",
        Encoding::Numbers => "wire type 0 or 2",
        Encoding::Bytes => "wire type 2",
    };
    write!(f, "expected {expected} for {}.{}", message.name, field.name)
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.pprof(f)?;
        f.write_str(": ")?;
        if let Some(looks) = self.looks {
            write!(f, "it looks like {looks}; ")?;
        }
        match (self.kind, self.at) {
            (Kind::Read(..) | Kind::Empty, _) => {}
            (_, Offset::Input(at)) => write!(f, "at byte {at}: ")?,
            (_, Offset::Unpacked(at)) => write!(f, "at byte {at} of the unpacked profile: ")?,
        }
        self.kind.ours(f)
    }
}
