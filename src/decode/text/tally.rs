//! Whether a profile came whole, by what it says of itself, for bodies whose end nobody else vouches for.
//!
//! A gzip stream has its own checksum. The text of Go's `debug=1` announces a total and, in counts and heaps,
//! ends in a way that a cut one does not; mutex and block have neither, so of them nothing can be known.

use std::io::{self, Read};

use super::number;

/// Bytes of a line that are looked at.
const SEEN: usize = 200;

/// What is known of the end of a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Yes,
    /// It is cut: what it announces, and what came of that.
    No(String),
    Unknown,
}

/// What the first line announces.
enum Announced {
    Nothing,
    /// `goroutine profile: total N`.
    Count(u128),
    /// `heap profile: N: BYTES [N: BYTES] @ …`.
    Heap([u128; 4]),
}

/// Passes bytes on and adds up what they say.
pub(crate) struct Tally<'r> {
    input: &'r mut dyn Read,
    /// The start of the line that is being read.
    line: Vec<u8>,
    lines: u64,
    is_packed: bool,
    announced: Announced,
    came: [u128; 4],
    /// The last line that ended had nothing in it, or was the last of Go's.
    at_rest: bool,
}

impl<'r> Tally<'r> {
    pub(crate) fn new(input: &'r mut dyn Read) -> Self {
        Self {
            input,
            line: Vec::new(),
            lines: 0,
            is_packed: false,
            announced: Announced::Nothing,
            came: [0; 4],
            at_rest: false,
        }
    }

    /// What came of what was announced.
    pub(crate) fn verdict(&self) -> Whole {
        let short = |announced: u128, came: u128| {
            Whole::No(format!("it announces {announced} in all, {came} came"))
        };
        match &self.announced {
            Announced::Nothing if self.is_packed => Whole::Yes,
            Announced::Nothing => Whole::Unknown,
            Announced::Count(all) if self.came[0] < *all => short(*all, self.came[0]),
            Announced::Count(0) if self.lines == 1 && self.line.is_empty() => Whole::Yes,
            Announced::Heap(all) => {
                match all.iter().zip(self.came).find(|(all, came)| came < all) {
                    Some((all, came)) => short(*all, came),
                    None => self.rest(),
                }
            }
            Announced::Count(_) => self.rest(),
        }
    }

    fn rest(&self) -> Whole {
        match (self.line.is_empty(), self.at_rest) {
            (false, _) => Whole::No("its last line is cut".to_string()),
            (true, true) => Whole::Yes,
            (true, false) => Whole::Unknown,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.is_over() {
                return;
            }
            if *byte == b'\n' {
                self.end_line();
            } else if self.line.len() < SEEN {
                self.line.push(*byte);
            }
            if self.lines == 0 && self.line == [0x1f, 0x8b] {
                self.is_packed = true;
            }
        }
    }

    /// Whether nothing further can be learnt: most bodies announce nothing and cost only their first line.
    fn is_over(&self) -> bool {
        let first_is_long = self.lines == 0 && self.line.len() == SEEN;
        let announces = !matches!(self.announced, Announced::Nothing);
        self.is_packed || first_is_long || (self.lines > 0 && !announces)
    }

    fn end_line(&mut self) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        if self.lines == 0 {
            self.announced = announced(line);
        }
        self.at_rest = match &self.announced {
            Announced::Nothing => false,
            Announced::Count(_) => line.is_empty(),
            Announced::Heap(_) => line.starts_with(b"# MaxRSS = "),
        };
        let row = match &self.announced {
            Announced::Count(_) => count(line),
            Announced::Heap(_) if self.lines > 0 => heap(line),
            Announced::Heap(_) | Announced::Nothing => None,
        };
        for (sum, value) in self.came.iter_mut().zip(row.unwrap_or_default()) {
            *sum = sum.saturating_add(value);
        }
        self.lines = self.lines.saturating_add(1);
        self.line.clear();
    }
}

impl Read for Tally<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.take(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn announced(line: &[u8]) -> Announced {
    let heap = || heap(line.strip_prefix(b"heap profile: ")?).map(Announced::Heap);
    let total = || {
        let marks = line
            .windows(TOTAL.len())
            .position(|window| window == TOTAL)?;
        let (all, rest) = whole(line.get(marks.checked_add(TOTAL.len())?..)?)?;
        rest.is_empty().then_some(Announced::Count(all))
    };
    heap().or_else(total).unwrap_or(Announced::Nothing)
}

const TOTAL: &[u8] = b" profile: total ";

/// The number of `N @ 0x…`.
fn count(line: &[u8]) -> Option<[u128; 4]> {
    let (count, rest) = whole(line)?;
    rest.starts_with(b" @").then_some([count, 0, 0, 0])
}

/// The numbers of `N: BYTES [N: BYTES] @ …`.
fn heap(line: &[u8]) -> Option<[u128; 4]> {
    let (used, rest) = whole(line)?;
    let (used_bytes, rest) = whole(rest.strip_prefix(b": ")?)?;
    let (all, rest) = whole(rest.strip_prefix(b" [")?)?;
    let (all_bytes, rest) = whole(rest.strip_prefix(b": ")?)?;
    rest.starts_with(b"] @")
        .then_some([used, used_bytes, all, all_bytes])
}

fn whole(text: &[u8]) -> Option<(u128, &[u8])> {
    let (digits, rest) = number::digits(text)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "goroutine profile: total 5\n3 @ 0x1 0x2\n#\t0x1\tmain.a+0x1\n\n2 @ 0x3\n#\t0x3\tmain.b+0x1\n\n";
    const HEAP: &str = "heap profile: 3: 30 [4: 40] @ heap/1048576\n1: 10 [1: 10] @ 0x1\n2: 20 [3: 30] @ 0x2\n\n\
        # runtime.MemStats\n# Alloc = 1\n# MaxRSS = 12\n";

    fn verdict(text: &[u8]) -> Whole {
        let mut input = text;
        let mut tally = Tally::new(&mut input);
        io::copy(&mut tally, &mut io::sink()).unwrap();
        tally.verdict()
    }

    #[test]
    fn a_text_with_a_total_is_whole_at_its_end_and_nowhere_before() {
        for text in [COUNT, HEAP] {
            assert_eq!(verdict(text.as_bytes()), Whole::Yes, "{text}");
            for end in 1..text.len() {
                let cut = verdict(&text.as_bytes()[..end]);
                assert_ne!(cut, Whole::Yes, "{}", &text[..end]);
            }
        }
        let cut = verdict(&COUNT.as_bytes()[..60]);
        assert_eq!(cut, Whole::No("it announces 5 in all, 3 came".to_string()));
        assert_eq!(verdict(b"x profile: total 0\n"), Whole::Yes);
    }

    #[test]
    fn what_says_nothing_of_its_length_is_not_judged() {
        for text in [
            &b"--- mutex:\ncycles/second=1\nsampling period=1\n5 2 @ 0x1\n"[..],
            b"\x0a\x02\x08\x01",
            b"",
            b"goroutine 1 [running]:\nmain.main()\n",
            b"x profile: total 99999999999999999999999999999999999999999999\n",
        ] {
            assert_eq!(verdict(text), Whole::Unknown);
        }
        assert_eq!(verdict(b"\x1f\x8b\x08"), Whole::Yes, "gunzipping it tells");
    }
}
