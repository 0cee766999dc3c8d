//! What log collectors put around the lines of a dump, taken off again.
//!
//! Timestamps, `stdout F ` and JSON are known by their own form. Any other prefix (syslog, a pod's name)
//! shows at the line that begins a goroutine: what stands before `goroutine` there is taken off the
//! lines after it where they begin alike.

use super::header::{Header, find};
use crate::go::unquote::unquote;

/// Docker cuts lines at this size and continues them in the next object.
const DOCKER_PART: usize = 16 * 1024;
/// More than this is not put together from parts.
const LONGEST: usize = 1 << 20;
/// What is longer is no prefix of a collector's; each word `goroutine` in it costs a look at the line.
const LONGEST_PREFIX: usize = 256;
/// Keys under which log formats keep the line itself.
const KEYS: [&[u8]; 7] = [
    b"\"log\":",
    b"\"message\":",
    b"\"msg\":",
    b"\"MESSAGE\":",
    b"\"textPayload\":",
    b"\"line\":",
    b"\"stack\":",
];

/// Takes wrapping off, line by line.
#[derive(Default)]
pub(super) struct Unwrap {
    /// What stood before the last line that began a goroutine.
    prefix: Vec<u8>,
    /// The parts so far of a line that a collector cut.
    parts: Vec<u8>,
    text: Vec<u8>,
}

impl Unwrap {
    /// Shows the line, or lines, that `raw` was made of; `raw` has no newline.
    pub(super) fn line<E>(
        &mut self,
        raw: &[u8],
        see: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        match raw.first() {
            // What nearly all lines of a dump begin with.
            None | Some(b'\t') if self.prefix.is_empty() => see(raw),
            Some(b'{') if self.json(raw) => self.show_text(see),
            Some(b'0'..=b'9') => match timestamp(raw) {
                Some((rest, whole)) => self.part(rest, whole, see),
                None => self.bare(raw, see),
            },
            _ => self.bare(raw, see),
        }
    }

    /// A line of which the collector says whether it is whole.
    fn part<E>(
        &mut self,
        part: &[u8],
        whole: bool,
        see: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.parts.is_empty() && whole {
            return self.bare(part, see);
        }
        if self.parts.len().saturating_add(part.len()) <= LONGEST {
            self.parts.extend_from_slice(part);
        }
        if whole {
            let line = std::mem::take(&mut self.parts);
            self.bare(&line, see)?;
        }
        Ok(())
    }

    /// A line that may have a prefix of the kind that only shows at a header.
    fn bare<E>(
        &mut self,
        line: &[u8],
        see: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(prefix) = prefix_of(line) {
            self.prefix.clear();
            self.prefix
                .extend_from_slice(line.get(..prefix).unwrap_or_default());
        }
        see(without(&self.prefix, line))
    }

    /// Unpacks a line of JSON into `text`; false where it holds no line of a log.
    fn json(&mut self, raw: &[u8]) -> bool {
        let value = KEYS.iter().find_map(|key| {
            let at = find(raw, key)?.saturating_add(key.len());
            Some(raw.get(at..)?.trim_ascii_start())
        });
        self.text.clear();
        value.is_some_and(|value| unquote(value, &mut self.text).is_some())
    }

    fn show_text<E>(&mut self, see: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let text = std::mem::take(&mut self.text);
        let whole = text.ends_with(b"\n") || text.len() < DOCKER_PART;
        let body = text.strip_suffix(b"\n").unwrap_or(&text);
        let mut shown = Ok(());
        if whole && self.parts.is_empty() {
            let mut lines = body.split(|b| *b == b'\n');
            shown = lines.try_for_each(|line| {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                match timestamp(line) {
                    Some((rest, _)) => self.bare(rest, see),
                    None => self.bare(line, see),
                }
            });
        } else {
            shown = shown.and(self.part(body, whole, see));
        }
        self.text = text;
        shown
    }
}

/// What follows the time that kubectl and container runtimes put before a line, and whether the line is
/// whole.
fn timestamp(line: &[u8]) -> Option<(&[u8], bool)> {
    let date = line.get(..11)?;
    let is_date = date.iter().zip(b"0000-00-00T").all(|(b, form)| match form {
        b'0' => b.is_ascii_digit(),
        form => b == form,
    });
    if !is_date {
        return None;
    }
    // Its end is a space; an empty line may have lost it.
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let time = line.get(11..end)?;
    let is_time = |b: &u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+' | b'-');
    if time.len() < 8 || !time.iter().all(is_time) {
        return None;
    }
    let rest = line.get(end.saturating_add(1)..).unwrap_or_default();
    let streams: [&[u8]; 2] = [b"stdout ", b"stderr "];
    let tagged = streams.iter().find_map(|stream| rest.strip_prefix(*stream));
    Some(match tagged {
        Some([b'F', rest @ ..]) => (rest.strip_prefix(b" ").unwrap_or(rest), true),
        Some([b'P', rest @ ..]) => (rest.strip_prefix(b" ").unwrap_or(rest), false),
        _ => (rest, true),
    })
}

/// The size of what stands before `goroutine` on the line that begins one.
fn prefix_of(line: &[u8]) -> Option<usize> {
    if !line.ends_with(b":") {
        return None;
    }
    let front = line.get(..LONGEST_PREFIX).unwrap_or(line);
    let mut from = 0usize;
    loop {
        let rest = front.get(from..)?;
        let at = from.saturating_add(find(rest, b"goroutine ")?);
        let header = line.get(at..).and_then(|text| Header::of(text, false));
        // Only at the front may other words stand between the id and the bracket.
        if header.is_some_and(|header| at == 0 || header.is_strict()) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

/// The line without a prefix of the same form, if it has one.
fn without<'l>(prefix: &[u8], line: &'l [u8]) -> &'l [u8] {
    let (mut form, mut rest) = (prefix, line);
    while let Some((&first, _)) = form.split_first() {
        if rest.is_empty() {
            // A collector took the spaces off the end of an empty line.
            return match form.trim_ascii().is_empty() {
                true => rest,
                false => line,
            };
        }
        let class = class(first);
        let here = run(form, class);
        let there = run(rest, class);
        let alike = match class {
            Class::Letter | Class::Digit => there > 0,
            Class::Space => there > 0 && (there == here || form.len() > here),
            Class::Other => form.get(..here) == rest.get(..here),
        };
        let there = match class {
            Class::Letter | Class::Digit | Class::Space => there,
            Class::Other => here,
        };
        if !alike {
            return line;
        }
        form = form.get(here..).unwrap_or_default();
        rest = rest.get(there..).unwrap_or_default();
    }
    rest
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Space,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b' ' => Class::Space,
        // Punctuation, tabs and control characters stand for themselves.
        _ => Class::Other,
    }
}

fn run(text: &[u8], of: Class) -> usize {
    text.iter().take_while(|b| class(**b) == of).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(lines: &[&str]) -> Vec<String> {
        let mut unwrap = Unwrap::default();
        let mut seen = Vec::new();
        for line in lines {
            let mut see = |line: &[u8]| {
                seen.push(String::from_utf8_lossy(line).into_owned());
                Ok::<(), ()>(())
            };
            unwrap.line(line.as_bytes(), &mut see).unwrap();
        }
        seen
    }

    const BARE: [&str; 5] = [
        "goroutine 1 [running]:",
        "main.f(0x1)",
        "\t/a b/c.go:1 +0x2",
        "",
        "goroutine 2 [select]:",
    ];

    fn wrapped(wrap: impl Fn(usize, &str) -> String) {
        let lines: Vec<String> = BARE.iter().enumerate().map(|(n, l)| wrap(n, l)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(unwrapped(&lines), BARE, "{lines:?}");
    }

    #[test]
    fn a_dump_comes_out_of_every_wrapping() {
        wrapped(|_, line| line.to_string());
        wrapped(|_, line| format!("{line}\r"));
        wrapped(|n, line| format!("2024-05-01T10:00:0{n}.12345{n}Z {line}"));
        wrapped(|_, line| {
            format!("2024-05-01T10:00:00Z {line}")
                .trim_end_matches(' ')
                .to_string()
        });
        wrapped(|n, line| format!("2024-05-01T10:00:00.{n}+02:00 stderr F {line}"));
        wrapped(|n, line| format!("[pod/app-5d9c/app] 2024/05/01 10:00:0{n} {line}"));
        wrapped(|n, line| format!("May  {n} 10:00:00 host app[12{n}]: {line}"));
        wrapped(|_, line| format!("app-1  | {line}"));
        wrapped(|n, line| format!("<13>1 2024-05-01T10:00:00.{n}Z host app 1 - - {line}"));
        wrapped(|_, line| {
            let line = line.replace('\t', "\\t");
            format!("{{\"log\":\"{line}\\n\",\"stream\":\"stderr\",\"time\":\"2024\"}}")
        });
        wrapped(|_, line| {
            let line = line.replace('\t', "\\t");
            format!("{{\"ts\":1, \"message\": \"{line}\"}}")
        });
    }

    #[test]
    fn a_prefix_of_the_first_line_alone_is_not_looked_for_in_the_others() {
        let lines = [
            "2024/05/01 10:00:00 goroutine 1 [running]:",
            "main.f(0x1)",
            "\t/a/b.go:1",
            "2024/05/01 10:00:01 something else",
        ];
        let want = [
            "goroutine 1 [running]:",
            "main.f(0x1)",
            "\t/a/b.go:1",
            "something else",
        ];
        assert_eq!(unwrapped(&lines), want);
    }

    #[test]
    fn lines_that_were_cut_are_put_together() {
        let lines = [
            "2024-05-01T10:00:00.1Z stderr P goroutine 1 ",
            "2024-05-01T10:00:00.1Z stderr P [runn",
            "2024-05-01T10:00:00.1Z stderr F ing]:",
        ];
        assert_eq!(unwrapped(&lines), ["goroutine 1 [running]:"]);
        let long = "x".repeat(DOCKER_PART);
        let lines = [
            format!("{{\"log\":\"{long}\"}}"),
            "{\"log\":\"y\\n\"}".into(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(unwrapped(&lines), [format!("{long}y")]);
    }

    #[test]
    fn a_dump_inside_one_json_text_is_many_lines() {
        let line = r#"{"level":"error","msg":"goroutine 1 [running]:\nmain.f()\n\t/a.go:1"}"#;
        assert_eq!(
            unwrapped(&[line]),
            ["goroutine 1 [running]:", "main.f()", "\t/a.go:1"]
        );
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for line in [
            "{\"a\": 1}",
            "{",
            "{\"log\": 3}",
            "2024 was long",
            "12:",
            "a goroutine 5:",
        ] {
            assert_eq!(unwrapped(&[line]), [line]);
        }
    }
}
