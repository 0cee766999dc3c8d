//! A finding: who, what, the numbers that prove it, and what to do next.

use super::Rule;
use super::code::Frame;
use super::evidence::Kind;
use super::place::Spot;
use crate::packed::Packed;

/// How far a finding is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Confidence {
    Maybe,
    Likely,
    /// What was seen can be nothing else.
    Sure,
}

impl Confidence {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Confidence::Sure => "sure",
            Confidence::Likely => "likely",
            Confidence::Maybe => "maybe",
        }
    }
}

/// How bad it is: 90 and more is about to end the process or has stopped it, from 70 something grows without
/// an end, from 50 it costs most of a resource, from 30 it is noticeable. Rules add up to 19 for the extent.
pub(crate) type Severity = u32;

/// What so many goroutines add to a severity: how many there are decides among equals only.
pub(super) fn extent(count: i64) -> Severity {
    count.max(1).ilog2().min(15)
}

/// A place of code, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: Vec<u8>,
    pub(crate) file: Vec<u8>,
    pub(crate) line: i64,
}

impl From<&Frame<'_>> for Place {
    fn from(frame: &Frame<'_>) -> Place {
        Place {
            name: frame.name.to_vec(),
            file: frame.file.to_vec(),
            line: frame.line,
        }
    }
}

/// The report that shows more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next {
    /// Of which profile; the last one taken.
    pub(crate) kind: Kind,
    /// As typed at the prompt.
    pub(crate) line: String,
}

/// A name as the shortest pattern that needs no quotes in a shell: what has a meaning becomes a dot.
fn pattern(name: &str) -> String {
    let plain = |c: char| match c {
        '_' | '/' | '-' => c,
        _ if c.is_alphanumeric() => c,
        _ => '.',
    };
    name.chars().map(plain).collect()
}

/// What a rule found. Texts are single lines of any length and hold no control characters.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) confidence: Confidence,
    pub(crate) severity: Severity,
    /// The service's own code that is to blame.
    pub(crate) culprit: Option<Place>,
    /// The pattern, as `blocked sending: nobody is left to receive`.
    pub(crate) what: String,
    /// The one or two numbers that prove it.
    pub(crate) proof: String,
    /// Why it is that and not the usual innocent.
    pub(crate) why: String,
    pub(crate) next: Next,
    /// A stack that shows it, leaf first.
    pub(crate) stack: Vec<Place>,
    /// What else speaks for it, or for something else.
    pub(crate) also: Vec<String>,
}

/// Findings as rules hand them on: boxed, as one is 200 bytes that would be moved at each step.
#[allow(clippy::vec_box)]
pub(crate) type Findings = Vec<Box<Finding>>;

impl Finding {
    /// One that has no proof yet and is about nothing in particular; the texts are what and why.
    #[inline(never)]
    pub(super) fn new(
        confidence: Confidence,
        severity: Severity,
        [what, why]: &[Packed; 2],
    ) -> Box<Finding> {
        Box::new(Finding {
            confidence,
            severity,
            culprit: None,
            what: what.text(),
            proof: String::new(),
            why: why.text(),
            next: Next {
                kind: Kind::Goroutine,
                line: String::new(),
            },
            stack: Vec::new(),
            also: Vec::new(),
        })
    }

    /// Names the next command as it is typed.
    #[inline(never)]
    pub(super) fn next(&mut self, kind: Kind, line: &str) {
        self.next.kind = kind;
        self.next.line.push_str(line);
    }

    /// Names the report about the function of a frame: its name without the path, as a pattern.
    #[inline(never)]
    pub(super) fn next_about(&mut self, kind: Kind, report: &str, frame: &Frame<'_>) {
        self.next(kind, report);
        self.next.line.push(' ');
        self.next.line.push_str(&pattern(&frame.short()));
    }

    /// Puts it down to a frame, with a stack that shows it.
    #[inline(never)]
    pub(super) fn put_down(&mut self, frame: &Frame<'_>, stack: &[Frame<'_>]) {
        self.culprit = Some(Place::from(frame));
        self.stack = stack.iter().map(Place::from).collect();
    }

    /// Puts it down to a frame of goroutines with this stack, of which there is a report.
    #[inline(never)]
    pub(super) fn blame(&mut self, frame: &Frame<'_>, stack: &[Frame<'_>]) {
        self.put_down(frame, stack);
        self.next_about(Kind::Goroutine, "goroutines", frame);
    }

    /// Puts it down to where stacks of a profile add up to most, of which there is a report.
    #[inline(never)]
    pub(super) fn blame_spot(&mut self, kind: Kind, report: &str, spot: &Spot<'_>) {
        self.put_down(&spot.frame, &spot.stack);
        self.next_about(kind, report, &spot.frame);
    }
}

/// A finding, and the rule that it comes from.
pub(crate) struct Found {
    pub(crate) rule: &'static Rule,
    pub(crate) finding: Box<Finding>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_pattern_that_matches_it() {
        let pattern = pattern("ship.(*Dispatcher).send[go.shape.int]");
        assert_eq!(pattern, "ship...Dispatcher..send.go.shape.int.");
    }
}
