//! The filters behind `|`: grep, head, tail and wc, built in because no shell is ever started.
//!
//! They see whole lines of plain bytes, whatever roles the report gave them; each line keeps its roles,
//! so that what leaves the last filter is as trusted and as coloured as it came. A newline inside a
//! name is part of its line: a symbol cannot forge one.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::mem;

use crate::error::{Cause, Error, Result};
use crate::go::regexp::Regexp;
use crate::report::sink::{Role, Sink};

/// One filter as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Lines that match, or do not.
    Grep {
        /// RE2 syntax; several words are one pattern with blanks.
        pattern: String,
        /// `-v`: those that do not match.
        invert: bool,
        /// `-i`: capitals or not.
        fold: bool,
    },
    /// The first lines.
    Head(usize),
    /// The last lines.
    Tail(usize),
    /// How many lines, words and bytes.
    Count {
        /// `-l`: lines alone.
        lines_only: bool,
    },
}

/// How many lines `head` and `tail` show by themselves.
const LINES: usize = 10;

impl Filter {
    /// Reads words that begin with `|`, or none at all.
    pub(crate) fn parse(words: &[&str]) -> Result<Vec<Filter>> {
        let mut filters = Vec::new();
        for words in words.split(|word| *word == "|").skip(1) {
            let (name, words) = words
                .split_first()
                .ok_or_else(|| Error::usage("unexpected end of line after |: name a filter"))?;
            filters.push(match *name {
                "grep" => grep(words)?,
                "head" => Filter::Head(lines(name, words)?),
                "tail" => Filter::Tail(lines(name, words)?),
                "wc" => count(words)?,
                _ => return Err(Error::usage(unknown(name))),
            });
        }
        Ok(filters)
    }
}

fn unknown(name: &str) -> String {
    format!("unknown filter {name}: there are grep, head, tail and wc")
}

fn grep(mut words: &[&str]) -> Result<Filter> {
    let (mut invert, mut fold) = (false, false);
    while let Some((flags, rest)) = words.split_first() {
        let letters = match flags.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => letters,
            _ => break, // the pattern
        };
        words = rest;
        if letters == "-" {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'v' => invert = true,
                'i' => fold = true,
                _ => {
                    return Err(Error::usage(format!(
                        "grep has no flag -{letter}: only -v and -i"
                    )));
                }
            }
        }
    }
    if words.is_empty() {
        return Err(Error::usage("grep needs a pattern, e.g. | grep chan"));
    }
    Ok(Filter::Grep {
        pattern: words.join(" "),
        invert,
        fold,
    })
}

/// `N`, `-N`, `-n N`, `-nN` or nothing.
fn lines(name: &str, words: &[&str]) -> Result<usize> {
    let number = match words {
        [] => return Ok(LINES),
        ["-n", number] => number,
        [word] => word
            .strip_prefix("-n")
            .or(word.strip_prefix('-'))
            .unwrap_or(word),
        _ => "", // more than one number
    };
    let asked = || Error::usage(format!("{name} takes a number of lines, e.g. | {name} 20"));
    match number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => number.parse().map_err(|_| asked()),
        false => Err(asked()),
    }
}

fn count(words: &[&str]) -> Result<Filter> {
    match words {
        [] => Ok(Filter::Count { lines_only: false }),
        ["-l"] => Ok(Filter::Count { lines_only: true }),
        _ => Err(Error::usage("wc takes -l or nothing")),
    }
}

/// Sends what `write` writes through the filters to `out`; whether they let anything pass.
pub(crate) fn through(
    filters: &[Filter],
    out: &mut dyn Sink,
    write: impl FnOnce(&mut dyn Sink) -> Result<()>,
) -> Result<bool> {
    if filters.is_empty() {
        return write(out).map(|()| true);
    }
    let mut end = End { out, passed: false };
    let mut pipe = Pipe {
        stages: filters.iter().map(Stage::new).collect::<Result<_>>()?,
        out: &mut end,
        line: Line::default(),
        enough: false,
    };
    match write(&mut pipe) {
        Err(error) if pipe.enough && matches!(error.cause(), Cause::Write(_)) => {} // `head` has all it wants
        written => written?,
    }
    pipe.finish()?;
    Ok(end.passed)
}

/// Where the last filter writes to.
struct End<'o> {
    out: &'o mut dyn Sink,
    /// Whether it has written anything.
    passed: bool,
}

impl Write for End<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.passed |= !bytes.is_empty();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Sink for End<'_> {
    fn role(&mut self, role: Role) -> io::Result<()> {
        self.out.role(role)
    }

    fn shown<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        self.out.shown(text)
    }
}

/// A line with its newline, and where in it a role begins.
#[derive(Default, Clone)]
struct Line {
    bytes: Vec<u8>,
    roles: Vec<(usize, Role)>,
}

impl Line {
    fn text(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes)
    }

    fn write(&self, out: &mut dyn Sink) -> io::Result<()> {
        let mut start = 0;
        for &(end, role) in &self.roles {
            out.write_all(self.bytes.get(start..end).unwrap_or_default())?;
            out.role(role)?;
            start = end;
        }
        out.write_all(self.bytes.get(start..).unwrap_or_default())
    }
}

/// A filter at work.
enum Stage {
    Grep {
        pattern: Box<Regexp>,
        invert: bool,
    },
    Head {
        left: usize,
    },
    Tail {
        keep: usize,
        last: VecDeque<Line>,
    },
    Count {
        lines_only: bool,
        counts: [usize; 3],
    },
}

impl Stage {
    fn new(filter: &Filter) -> Result<Stage> {
        Ok(match filter {
            Filter::Grep {
                pattern,
                invert,
                fold,
            } => {
                let flags = if *fold { "(?i)" } else { "" };
                let pattern = Regexp::new(format!("{flags}{pattern}").as_bytes());
                let wrong = |error| Error::usage(format!("parsing grep regexp: {error}"));
                Stage::Grep {
                    pattern: Box::new(pattern.map_err(wrong)?),
                    invert: *invert,
                }
            }
            Filter::Head(lines) => Stage::Head { left: *lines },
            Filter::Tail(lines) => Stage::Tail {
                keep: *lines,
                last: VecDeque::new(),
            },
            Filter::Count { lines_only } => Stage::Count {
                lines_only: *lines_only,
                counts: [0; 3],
            },
        })
    }

    /// The line, if it goes on.
    fn pass(&mut self, line: Line) -> Option<Line> {
        match self {
            Stage::Grep { pattern, invert } => {
                (pattern.is_match(line.text()) != *invert).then_some(line)
            }
            Stage::Head { left } => {
                let wanted = *left > 0;
                *left = left.saturating_sub(1);
                wanted.then_some(line)
            }
            Stage::Tail { keep, last } => {
                last.push_back(line);
                if last.len() > *keep {
                    last.pop_front();
                }
                None
            }
            Stage::Count { counts, .. } => {
                counts[0] += usize::from(line.bytes.ends_with(b"\n"));
                counts[1] += words(&line.bytes);
                counts[2] += line.bytes.len();
                None
            }
        }
    }

    /// The lines that come only when there are no more.
    fn end(&mut self) -> VecDeque<Line> {
        match self {
            Stage::Grep { .. } | Stage::Head { .. } => VecDeque::new(),
            Stage::Tail { last, .. } => mem::take(last),
            Stage::Count { lines_only, counts } => {
                let [lines, words, bytes] = counts;
                let text = match lines_only {
                    true => format!("{lines}\n"),
                    false => format!("{lines:7} {words:7} {bytes:7}\n"),
                };
                VecDeque::from([Line {
                    bytes: text.into_bytes(),
                    roles: Vec::new(),
                }])
            }
        }
    }
}

fn words(bytes: &[u8]) -> usize {
    let words = bytes.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty()).count()
}

/// A sink that cuts a report into lines and sends them through the stages.
struct Pipe<'a> {
    stages: Vec<Stage>,
    out: &'a mut dyn Sink,
    line: Line,
    /// Nothing that comes now would be shown.
    enough: bool,
}

impl Pipe<'_> {
    /// Sends a line through the stages from number `first` on.
    fn send(&mut self, line: Line, first: usize) -> io::Result<()> {
        let mut line = line;
        for stage in self.stages.iter_mut().skip(first) {
            match stage.pass(line) {
                Some(passed) => line = passed,
                None => return Ok(()),
            }
        }
        line.write(self.out)
    }

    fn end_line(&mut self) -> io::Result<()> {
        let role = self.line.roles.last().map(|(_, role)| *role);
        let line = mem::take(&mut self.line);
        self.line.roles.extend(role.map(|role| (0, role)));
        self.send(line, 0)?;
        let done = |stage: &Stage| matches!(stage, Stage::Head { left: 0 });
        if self.stages.iter().any(done) {
            self.enough = true;
            return Err(ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        if !self.line.bytes.is_empty() {
            let line = mem::take(&mut self.line);
            self.send(line, 0)?;
        }
        for stage in 0..self.stages.len() {
            for line in self.stages[stage].end() {
                self.send(line, stage + 1)?;
            }
        }
        Ok(())
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let role = self.line.roles.last().map_or(Role::Text, |(_, role)| *role);
        if matches!(role, Role::Name | Role::Path | Role::Tag) {
            self.line.bytes.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.bytes.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Pipe<'_> {
    fn role(&mut self, role: Role) -> io::Result<()> {
        self.line.roles.push((self.line.bytes.len(), role));
        Ok(())
    }

    fn shown<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        self.out.shown(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Filter> {
        Filter::parse(&text.split(' ').collect::<Vec<_>>()).expect(text)
    }

    #[test]
    fn grep_takes_flags_and_one_pattern() {
        let grep = |pattern: &str, invert, fold| Filter::Grep {
            pattern: pattern.to_string(),
            invert,
            fold,
        };
        assert_eq!(parse("| grep a|b"), [grep("a|b", false, false)]);
        assert_eq!(parse("| grep -v -i x"), [grep("x", true, true)]);
        assert_eq!(
            parse("| grep -iv chan send"),
            [grep("chan send", true, true)]
        );
        assert_eq!(parse("| grep -- -x"), [grep("-x", false, false)]);
        assert_eq!(parse("| grep -"), [grep("-", false, false)]);
    }

    #[test]
    fn head_and_tail_take_the_usual_forms() {
        assert_eq!(parse("| head"), [Filter::Head(10)]);
        for text in ["| head 3", "| head -3", "| head -n 3", "| head -n3"] {
            assert_eq!(parse(text), [Filter::Head(3)], "{text}");
        }
        assert_eq!(
            parse("| head 0 | tail 2"),
            [Filter::Head(0), Filter::Tail(2)]
        );
    }

    #[test]
    fn wc_counts_all_or_lines() {
        assert_eq!(parse("| wc -l"), [Filter::Count { lines_only: true }]);
        assert_eq!(parse("| wc"), [Filter::Count { lines_only: false }]);
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        for text in [
            "|",
            "| head |",
            "| sort",
            "| grep",
            "| grep -v",
            "| grep -x a",
            "| head x",
            "| head 1 2",
            "| tail -n +2",
            "| wc -w",
            "| head --3",
        ] {
            assert!(
                Filter::parse(&text.split(' ').collect::<Vec<_>>()).is_err(),
                "{text}"
            );
        }
    }

    fn run(filters: &str, text: &[u8]) -> String {
        let mut out = crate::report::sink::Plain(Vec::new());
        through(&parse(filters), &mut out, |out| Ok(out.write_all(text)?)).expect(filters);
        String::from_utf8(out.0).expect("text")
    }

    const TEXT: &[u8] = b"one chan\ntwo\nThree Chan\nfour";

    #[test]
    fn filters_work_on_lines() {
        assert_eq!(run("| grep chan", TEXT), "one chan\n");
        assert_eq!(run("| grep -i CHAN$", TEXT), "one chan\nThree Chan\n");
        assert_eq!(run("| grep -vi chan", TEXT), "two\nfour");
        assert_eq!(run("| head -2", TEXT), "one chan\ntwo\n");
        assert_eq!(run("| head 0", TEXT), "");
        assert_eq!(run("| tail 2", TEXT), "Three Chan\nfour");
        assert_eq!(run("| tail 0", TEXT), "");
        assert_eq!(run("| wc -l", TEXT), "3\n");
        assert_eq!(run("| wc", TEXT), "      3       6      28\n");
        assert_eq!(run("| wc", b""), "      0       0       0\n");
    }

    #[test]
    fn filters_follow_each_other() {
        assert_eq!(run("| grep o | tail 2 | head 1", TEXT), "two\n");
        assert_eq!(run("| head 3 | wc -l", TEXT), "3\n");
        assert_eq!(run("| tail 3 | grep -v two", TEXT), "Three Chan\nfour");
        assert_eq!(run("| wc -l | grep 3", TEXT), "3\n");
    }

    #[test]
    fn a_satisfied_head_stops_the_report() {
        let mut rows = 0;
        let mut out = crate::report::sink::Plain(Vec::new());
        let endless = |out: &mut dyn Sink| loop {
            rows += 1;
            writeln!(out, "row {rows}")?;
        };
        through(&parse("| head 3"), &mut out, endless).expect("stopped");
        assert_eq!((out.0.as_slice(), rows), (&b"row 1\nrow 2\nrow 3\n"[..], 3));
    }

    #[test]
    fn an_error_of_the_report_is_kept() {
        let mut out = crate::report::sink::Plain(Vec::new());
        let failing = |_: &mut dyn Sink| Err(Error::usage("no"));
        let error = through(&parse("| wc"), &mut out, failing).expect_err("fails");
        assert_eq!((error.to_string().as_str(), out.0.len()), ("no", 0));
    }

    #[test]
    fn a_bad_pattern_stops_before_the_report() {
        let mut out = crate::report::sink::Plain(Vec::new());
        let error = through(&parse("| grep ("), &mut out, |_| panic!("written")).expect_err("bad");
        assert_eq!(
            error.to_string(),
            "parsing grep regexp: error parsing regexp: missing closing ): `(`"
        );
    }

    /// Writes roles into its text.
    struct Marked(Vec<u8>);

    impl Write for Marked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for Marked {
        fn role(&mut self, role: Role) -> io::Result<()> {
            write!(self.0, "<{role:?}>")
        }
    }

    #[test]
    fn a_newline_in_a_name_forges_no_line_and_roles_stay() {
        use crate::report::sink::put;
        let mut out = Marked(Vec::new());
        through(&parse("| head 1"), &mut out, |out| {
            put(out, Role::Name, b"evil\n99%")?;
            out.write_all(b" end\nnext\n")?;
            Ok(())
        })
        .expect("written");
        assert_eq!(out.0, b"<Name>evil\n99%<Text> end\n");
    }
}
