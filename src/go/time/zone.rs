//! The local zone as Go finds it on Linux, and the zone files (TZif, RFC 8536) as Go reads them.
//!
//! A file that Go rejects is no zone at all: UTC. Files are hostile bytes like any other.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::rule;

/// A zone file has a few kilobytes; what is larger than this is none.
const MAX_FILE: u64 = 1 << 20;

const FOLDERS: [&str; 4] = [
    "/usr/share/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/usr/lib/locale/TZ",
    "/etc/zoneinfo",
];

/// The zone of `TZ`, of /etc/localtime where that is not set, and UTC where neither can be read.
pub(super) fn local() -> Zone {
    let files = match std::env::var_os("TZ") {
        None => vec![PathBuf::from("/etc/localtime")],
        Some(name) => files_of(name.as_encoded_bytes()),
    };
    let read = |path: &PathBuf| Zone::parse(&read_bounded(path)?);
    files.iter().find_map(read).unwrap_or_default()
}

/// The files that a value of `TZ` may mean, in order.
fn files_of(name: &[u8]) -> Vec<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let name = name.strip_prefix(b":").unwrap_or(name);
    if name.is_empty() || name == b"UTC" {
        return Vec::new();
    }
    let path = Path::new(std::ffi::OsStr::from_bytes(name));
    if path.is_absolute() {
        return vec![path.to_path_buf()];
    }
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(path))
        .collect()
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_FILE).then_some(bytes)
}

/// A time zone; the default is UTC.
#[derive(Default)]
pub(super) struct Zone {
    periods: Vec<Period>,
    /// Ascending as a rule, but nobody checks: when a period begins (seconds since 1970), and which.
    transitions: Vec<(i64, u8)>,
    /// For times behind the last transition, in the syntax of POSIX.
    rule: Vec<u8>,
}

/// What clocks do from one transition to the next.
struct Period {
    offset: i64,
    daylight: bool,
    name: Vec<u8>,
}

impl Zone {
    /// Abbreviation and offset east of Greenwich in seconds, at a point in seconds since 1970.
    pub(super) fn at(&self, seconds: i64) -> (Vec<u8>, i64) {
        let after = self
            .transitions
            .partition_point(|transition| transition.0 <= seconds);
        let last = after.checked_sub(1);
        let Some(&(_, period)) = last.and_then(|last| self.transitions.get(last)) else {
            return self.shown(self.before_all());
        };
        let ruled = match after == self.transitions.len() {
            true => rule::at(&self.rule, seconds),
            false => None,
        };
        ruled.unwrap_or_else(|| self.shown(period.into()))
    }

    fn shown(&self, period: usize) -> (Vec<u8>, i64) {
        match self.periods.get(period) {
            Some(period) => (period.name.clone(), period.offset),
            None => (b"UTC".to_vec(), 0),
        }
    }

    /// The period before the first transition.
    fn before_all(&self) -> usize {
        let first = usize::from(
            self.transitions
                .first()
                .map_or(0, |transition| transition.1),
        );
        if !self.transitions.iter().any(|transition| transition.1 == 0) {
            return 0;
        }
        let standard = |at: &usize| self.periods.get(*at).is_some_and(|period| !period.daylight);
        let starts_with_daylight = self
            .periods
            .get(first)
            .is_some_and(|period| period.daylight);
        let before = (0..first)
            .rev()
            .find(standard)
            .filter(|_| starts_with_daylight);
        before
            .or_else(|| (0..self.periods.len()).find(standard))
            .unwrap_or(0)
    }

    /// Reads a zone file; `None` where Go would not take it.
    pub(super) fn parse(file: &[u8]) -> Option<Zone> {
        let mut rest = file.strip_prefix(b"TZif")?;
        let version = take(&mut rest, 16)?[0];
        let wide = match version {
            0 => false,
            b'2' | b'3' => true,
            _ => return None,
        };
        let mut counts = Counts::read(&mut rest)?;
        if wide {
            // The same in 32 bits comes first, then a second header.
            take(&mut rest, counts.bytes(4)?.checked_add(20)?)?;
            counts = Counts::read(&mut rest)?;
        }
        let width = if wide { 8 } else { 4 };
        let times = take(&mut rest, counts.times.checked_mul(width)?)?;
        let indices = take(&mut rest, counts.times)?;
        let periods = take(&mut rest, counts.periods.checked_mul(6)?)?;
        let names = take(&mut rest, counts.names)?;
        take(&mut rest, counts.trailer(width)?)?;
        let rule = match rest {
            [b'\n', rule @ .., b'\n'] => rule.to_vec(),
            _ => Vec::new(),
        };
        let periods = periods_of(periods, names)?;
        let mut transitions: Vec<(i64, u8)> = times
            .chunks_exact(width)
            .map(signed)
            .zip(indices.iter().copied())
            .collect();
        if periods.is_empty()
            || indices
                .iter()
                .any(|&index| usize::from(index) >= periods.len())
        {
            return None;
        }
        if transitions.is_empty() {
            transitions.push((i64::MIN, 0));
        }
        Some(Zone {
            periods,
            transitions,
            rule,
        })
    }
}

fn periods_of(table: &[u8], names: &[u8]) -> Option<Vec<Period>> {
    let period = |row: &[u8]| {
        let (offset, rest) = row.split_at_checked(4)?;
        let (daylight, name) = (*rest.first()?, *rest.get(1)?);
        let name = names
            .get(usize::from(name)..)
            .filter(|name| !name.is_empty())?;
        let end = name
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(name.len());
        Some(Period {
            offset: signed(offset),
            daylight: daylight != 0,
            name: name.get(..end)?.to_vec(),
        })
    };
    table.chunks_exact(6).map(period).collect()
}

/// How many of each the file has.
struct Counts {
    utc_marks: usize,
    standard_marks: usize,
    leaps: usize,
    times: usize,
    periods: usize,
    names: usize,
}

impl Counts {
    fn read(rest: &mut &[u8]) -> Option<Counts> {
        let mut next = || usize::try_from(signed(take(rest, 4)?) & 0xffff_ffff).ok();
        Some(Counts {
            utc_marks: next()?,
            standard_marks: next()?,
            leaps: next()?,
            times: next()?,
            periods: next()?,
            names: next()?,
        })
    }

    /// The length of all tables, with times of this width.
    fn bytes(&self, width: usize) -> Option<usize> {
        let times = self.times.checked_mul(width + 1)?;
        let periods = self.periods.checked_mul(6)?;
        let tables = times.checked_add(periods)?.checked_add(self.names)?;
        tables.checked_add(self.trailer(width)?)
    }

    /// The length of the tables that are not looked at.
    fn trailer(&self, width: usize) -> Option<usize> {
        let leaps = self.leaps.checked_mul(width + 4)?;
        leaps
            .checked_add(self.standard_marks)?
            .checked_add(self.utc_marks)
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// A big-endian number of four or eight bytes, with its sign.
fn signed(bytes: &[u8]) -> i64 {
    let value = bytes
        .iter()
        .fold(0u64, |value, &byte| value << 8 | u64::from(byte));
    let unused = 64 - 8 * bytes.len().min(8) as u32;
    value.wrapping_shl(unused).cast_signed() >> unused
}
