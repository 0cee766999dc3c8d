//! Go's regexp syntax (`syntax.Perl`) to a tree, with Go's error texts.
//!
//! An error names the part of the pattern it stopped at, which is why the functions hand round the rest of
//! the pattern instead of a position. Groups are a stack of our own: a million parentheses are no recursion.

use super::class::{self, Class, MAX, Range};
use super::piece::{
    INVALID_ESCAPE, Parsed, check_utf8, class_rune, counts, error, escape, named_capture,
    next_rune, until,
};
use super::tree::{self, Classes, Kind, Look, MAX_HEIGHT, MAX_SIZE, Node, Tree};
use super::unicode::{self, Folds};

const INVALID_RANGE: &str = "invalid character class range";
const INVALID_COUNT: &str = "invalid repeat count";
const INVALID_NAME: &str = "invalid named capture";
const TOO_DEEP: &str = "expression nests too deeply";
const TOO_LARGE: &str = "expression too large";

/// Parses a pattern.
pub(super) fn parse(pattern: &[u8]) -> Parsed<Tree> {
    let mut parser = Parser {
        whole: pattern,
        flags: Flags::default(),
        open: Group::default(),
        outer: Vec::new(),
        classes: Classes::default(),
        range_ends: 0,
        folds: None,
        no_posix_end: false,
    };
    let mut rest = pattern;
    // Where the repetition began that the part just read was, if it was one.
    let mut repetition: Option<&[u8]> = None;
    while let Some(&byte) = rest.first() {
        let before = rest;
        let (after, repeats) = parser.part(byte, rest, repetition)?;
        rest = after;
        repetition = repeats.then_some(before);
    }
    if !parser.outer.is_empty() {
        return Err(error("missing closing )", pattern));
    }
    let root = parser.end_group()?;
    Ok(Tree {
        root,
        classes: parser.classes,
    })
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
}

/// What stands between two parentheses, as far as it is read.
#[derive(Default)]
struct Group {
    branches: Vec<Node>,
    parts: Vec<Node>,
    /// Of all of them together.
    size: u64,
    capture: bool,
    /// Those to return to behind the group.
    flags: Flags,
}

struct Parser<'a> {
    whole: &'a [u8],
    flags: Flags,
    open: Group,
    outer: Vec<Group>,
    classes: Classes,
    range_ends: usize,
    folds: Option<Folds>,
    no_posix_end: bool,
}

impl<'a> Parser<'a> {
    /// Reads one part of the pattern: what remains, and whether the part was a repetition.
    fn part(
        &mut self,
        byte: u8,
        rest: &'a [u8],
        repetition: Option<&[u8]>,
    ) -> Parsed<(&'a [u8], bool)> {
        let after = &rest[1..];
        match byte {
            b'(' if after.first() == Some(&b'?') => return Ok((self.flag_group(rest)?, false)),
            b'(' => self.begin_group(true)?,
            b'|' => self.end_branch()?,
            b')' => self.right_parenthesis()?,
            b'^' if self.flags.multi_line => self.look(Look::LineStart)?,
            b'^' => self.look(Look::TextStart)?,
            b'$' if self.flags.multi_line => self.look(Look::LineEnd)?,
            b'$' => self.look(Look::TextEnd)?,
            b'.' if self.flags.dot_newline => self.class(Class::of(&[(0, MAX)]))?,
            b'.' => self.class(Class::of(&[(0, 0x9), (0xb, MAX)]))?,
            b'[' => return Ok((self.bracket(rest)?, false)),
            b'*' => return Ok((self.repeat(rest, (after, 0, None), repetition)?, true)),
            b'+' => return Ok((self.repeat(rest, (after, 1, None), repetition)?, true)),
            b'?' => return Ok((self.repeat(rest, (after, 0, Some(1)), repetition)?, true)),
            b'{' => {
                let Some((after, min, max)) = counts(rest) else {
                    self.literal(byte.into())?;
                    return Ok((after, false));
                };
                let (Some(min), Some(max)) = (min, max) else {
                    return Err(error(INVALID_COUNT, until(rest, after)));
                };
                if max.is_some_and(|max| min > max) {
                    return Err(error(INVALID_COUNT, until(rest, after)));
                }
                return Ok((self.repeat(rest, (after, min, max), repetition)?, true));
            }
            b'\\' => return Ok((self.backslash(rest)?, false)),
            _ => {
                let (rune, after) = next_rune(rest)?;
                self.literal(rune)?;
                return Ok((after, false));
            }
        }
        Ok((after, false))
    }

    fn push(&mut self, node: Node) -> Parsed<()> {
        let node = self.within_limits(node)?;
        // What is too large in the end is not collected until then.
        self.open.size += node.size;
        if self.open.size > MAX_SIZE {
            return Err(error(TOO_LARGE, self.whole));
        }
        self.open.parts.push(node);
        Ok(())
    }

    fn within_limits(&self, node: Node) -> Parsed<Node> {
        if node.size > MAX_SIZE || self.range_ends > tree::MAX_RANGE_ENDS {
            return Err(error(TOO_LARGE, self.whole));
        }
        if node.height > MAX_HEIGHT {
            return Err(error(TOO_DEEP, self.whole));
        }
        Ok(node)
    }

    fn look(&mut self, look: Look) -> Parsed<()> {
        self.push(Node::leaf(Kind::Look(look)))
    }

    fn literal(&mut self, rune: u32) -> Parsed<()> {
        let mut class = Class::of(&[(rune, rune)]);
        if self.flags.fold_case {
            class = class.folded(self.folds());
        }
        let id = self.classes.id(class.into_ranges());
        self.push(Node::leaf(Kind::Literal(id)))
    }

    fn class(&mut self, class: Class) -> Parsed<()> {
        self.range_ends += 2 * class.len();
        let id = self.classes.id(class.into_ranges());
        self.push(Node::leaf(Kind::Class(id)))
    }

    fn folds(&mut self) -> &Folds {
        self.folds.get_or_insert_with(Folds::load)
    }

    fn begin_group(&mut self, capture: bool) -> Parsed<()> {
        if self.outer.len() == tree::MAX_OPEN {
            return Err(error(TOO_DEEP, self.whole));
        }
        let group = Group {
            capture,
            flags: self.flags,
            ..Group::default()
        };
        self.outer.push(std::mem::replace(&mut self.open, group));
        Ok(())
    }

    fn end_branch(&mut self) -> Parsed<()> {
        let parts = std::mem::take(&mut self.open.parts);
        let branch = self.within_limits(Node::concat(parts))?;
        self.open.branches.push(branch);
        Ok(())
    }

    /// The open group as one node.
    fn end_group(&mut self) -> Parsed<Node> {
        self.end_branch()?;
        let branches = std::mem::take(&mut self.open.branches);
        self.within_limits(Node::alternate(branches))
    }

    fn right_parenthesis(&mut self) -> Parsed<()> {
        let node = self.end_group()?;
        let Some(outer) = self.outer.pop() else {
            return Err(error("unexpected )", self.whole));
        };
        let group = std::mem::replace(&mut self.open, outer);
        self.flags = group.flags;
        self.push(if group.capture {
            Node::capture(node)
        } else {
            node
        })
    }

    /// Makes the last part a repetition; `count` is what follows the operator, least and most.
    fn repeat(
        &mut self,
        from: &'a [u8],
        count: (&'a [u8], u32, Option<u32>),
        repetition: Option<&[u8]>,
    ) -> Parsed<&'a [u8]> {
        let (after, min, max) = count;
        // Non-greedy or not is no difference to whether a text matches.
        let after = after.strip_prefix(b"?").unwrap_or(after);
        if let Some(first) = repetition {
            return Err(error(
                "invalid nested repetition operator",
                until(first, after),
            ));
        }
        let Some(sub) = self.open.parts.pop() else {
            return Err(error(
                "missing argument to repetition operator",
                until(from, after),
            ));
        };
        self.open.size -= sub.size;
        let node = Node::repeat(sub, min, max);
        let counted = min >= 2 || max.is_some_and(|max| max >= 2);
        if counted && !node.repeats_within(tree::MAX_REPEAT) {
            return Err(error(INVALID_COUNT, until(from, after)));
        }
        self.push(node)?;
        Ok(after)
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>`, `(?<name>`.
    fn flag_group(&mut self, from: &'a [u8]) -> Parsed<&'a [u8]> {
        if let Some(name) = named_capture(from) {
            let Some(end) = name.iter().position(|&byte| byte == b'>') else {
                check_utf8(from)?;
                return Err(error(INVALID_NAME, from));
            };
            let (name, rest) = (&name[..end], &name[end + 1..]);
            check_utf8(name)?;
            let valid = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            if name.is_empty() || !name.iter().all(valid) {
                return Err(error(INVALID_NAME, until(from, rest)));
            }
            self.begin_group(true)?;
            return Ok(rest);
        }
        let mut flags = self.flags;
        let (mut negative, mut any) = (false, false);
        let mut rest = &from[2..];
        while !rest.is_empty() {
            let (rune, after) = next_rune(rest)?;
            rest = after;
            match char::from_u32(rune) {
                Some('i') => flags.fold_case = !negative,
                Some('m') => flags.multi_line = !negative,
                Some('s') => flags.dot_newline = !negative,
                // Ungreedy: heard and forgotten.
                Some('U') => {}
                Some('-') if !negative => {
                    (negative, any) = (true, false);
                    continue;
                }
                Some(end @ (':' | ')')) if any || !negative => {
                    if end == ':' {
                        self.begin_group(false)?;
                    }
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => break,
            }
            any = true;
        }
        Err(error(
            "invalid or unsupported Perl syntax",
            until(from, rest),
        ))
    }

    /// An escape outside brackets.
    fn backslash(&mut self, from: &'a [u8]) -> Parsed<&'a [u8]> {
        let after = from.get(2..).unwrap_or_default();
        match from.get(1) {
            Some(b'A') => self.look(Look::TextStart)?,
            Some(b'z') => self.look(Look::TextEnd)?,
            Some(b'b') => self.look(Look::WordBoundary)?,
            Some(b'B') => self.look(Look::NoWordBoundary)?,
            Some(b'C') => return Err(error(INVALID_ESCAPE, &from[..2])),
            Some(b'Q') => return self.quoted(after),
            _ => {
                let mut class = Class::default();
                if let Some(rest) = self.class_escape(from, &mut class)? {
                    self.class(class)?;
                    return Ok(rest);
                }
                let (rune, rest) = escape(from)?;
                self.literal(rune)?;
                return Ok(rest);
            }
        }
        Ok(after)
    }

    /// Behind `\Q`: literals up to `\E` or the end.
    fn quoted(&mut self, text: &'a [u8]) -> Parsed<&'a [u8]> {
        let end = text.windows(2).position(|two| two == b"\\E");
        let (mut literal, rest) = match end {
            Some(end) => (&text[..end], &text[end + 2..]),
            None => (text, &text[text.len()..]),
        };
        while !literal.is_empty() {
            let (rune, after) = next_rune(literal)?;
            self.literal(rune)?;
            literal = after;
        }
        Ok(rest)
    }

    /// `\pL`, `\p{Greek}`, `\d` and their opposites, in brackets or out; `None` if it is no class.
    fn class_escape(&mut self, from: &'a [u8], class: &mut Class) -> Parsed<Option<&'a [u8]>> {
        let (letter, after) = match from {
            [b'\\', letter, after @ ..] => (*letter, after),
            _ => return Ok(None),
        };
        if matches!(letter, b'p' | b'P') {
            return self.unicode_class(from, class).map(Some);
        }
        if let Some(ranges) = class::perl(letter) {
            self.add_group(class, Class::of(ranges), letter.is_ascii_uppercase());
            return Ok(Some(after));
        }
        Ok(None)
    }

    fn unicode_class(&mut self, from: &'a [u8], class: &mut Class) -> Parsed<&'a [u8]> {
        let (rune, mut rest) = next_rune(&from[2..])?;
        let mut name = &from[2..from.len() - rest.len()];
        if rune == u32::from(b'{') {
            let Some(end) = rest.iter().position(|&byte| byte == b'}') else {
                check_utf8(from)?;
                return Err(error(INVALID_RANGE, from));
            };
            (name, rest) = (&rest[..end], &rest[end + 1..]);
            check_utf8(name)?;
        }
        let mut negative = from[1] == b'P';
        if let Some(opposite) = name.strip_prefix(b"^") {
            (name, negative) = (opposite, !negative);
        }
        let Some(named) = unicode::named_class(name) else {
            return Err(error(INVALID_RANGE, until(from, rest)));
        };
        if unicode::never_folds(name) {
            class.add_class(&if negative { named.negated() } else { named });
        } else {
            self.add_group(class, named, negative);
        }
        Ok(rest)
    }

    /// Adds a named class, folded first and negated then.
    fn add_group(&mut self, class: &mut Class, mut group: Class, negative: bool) {
        if self.flags.fold_case {
            group = group.folded(self.folds());
        }
        class.add_class(&if negative { group.negated() } else { group });
    }

    /// A class in brackets.
    fn bracket(&mut self, from: &'a [u8]) -> Parsed<&'a [u8]> {
        let mut class = Class::default();
        let rest = &from[1..];
        let (negative, mut rest) = match rest.strip_prefix(b"^") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let mut first = true;
        // A bracket that comes first is a member.
        while first || !rest.starts_with(b"]") {
            first = false;
            rest = self.member(rest, from, &mut class)?;
        }
        self.class(if negative { class.negated() } else { class })?;
        Ok(&rest[1..])
    }

    /// One member of a class in brackets: `[:name:]`, an escape, a character or a range.
    fn member(&mut self, from: &'a [u8], whole: &[u8], class: &mut Class) -> Parsed<&'a [u8]> {
        if let Some((name, rest)) = self.posix_name(from) {
            self.posix_class(name, class)
                .ok_or_else(|| error(INVALID_RANGE, until(from, rest)))?;
            return Ok(rest);
        }
        if let Some(rest) = self.class_escape(from, class)? {
            return Ok(rest);
        }
        let (low, mut rest) = class_rune(from, whole)?;
        let mut high = low;
        let range = matches!(rest, [b'-', next, ..] if *next != b']');
        if range {
            (high, rest) = class_rune(&rest[1..], whole)?;
        }
        if high < low {
            return Err(error(INVALID_RANGE, until(from, rest)));
        }
        self.add_group(class, Class::of(&[(low, high)]), false);
        Ok(rest)
    }

    /// The name in `[:name:]` and what follows.
    fn posix_name(&mut self, from: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let named = from.strip_prefix(b"[:")?;
        // Looked for in vain once, it is not looked for again: the search runs to the end of the pattern.
        if self.no_posix_end {
            return None;
        }
        let Some(end) = named.windows(2).position(|two| two == b":]") else {
            self.no_posix_end = true;
            return None;
        };
        Some((&named[..end], &named[end + 2..]))
    }

    fn posix_class(&mut self, name: &[u8], class: &mut Class) -> Option<()> {
        let (negative, name) = match name.strip_prefix(b"^") {
            Some(name) => (true, name),
            None => (false, name),
        };
        let ranges: &[Range] = class::posix(name)?;
        self.add_group(class, Class::of(ranges), negative);
        Some(())
    }
}
