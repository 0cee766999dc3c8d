//! drop_frames, keep_frames and prune_from: cutting what uninteresting functions call.
//!
//! They match the function's name without its arguments, nothing else of the location.

use crate::hash::Map;
use std::borrow::Cow;

use super::View;
use super::filter::push;
use super::step::{Cut, Step};
use crate::go::regexp::Regexp;
use crate::model::{Line, Profile, Ragged, Str};

/// What matching the profile's own patterns may take, well under a second; honest ones take a hundredth.
const WORK: u64 = 1 << 24;

/// What drop_frames leaves of a profile; made once, when the profile is opened.
#[derive(Debug)]
pub(super) struct Pruning {
    pub(super) lines: Ragged<Line>,
    pub(super) marks: Vec<Cut>,
}

impl Pruning {
    /// The profile's own drop_frames and keep_frames; `None` without any, or where one of them is no
    /// regular expression, which pprof passes over in silence too, or takes too long to match.
    pub(super) fn of(profile: &Profile) -> Option<Pruning> {
        let pattern = |id: Str| {
            let text = profile.text(id);
            (!text.is_empty()).then(|| Regexp::limited(&[b"^(", text, b")$"].concat(), WORK))
        };
        let drop = pattern(profile.header.drop_frames)?.ok()?;
        let keep = match pattern(profile.header.keep_frames) {
            None => None,
            Some(keep) => Some(keep.ok()?),
        };
        let mut known: Map<Str, bool> = Map::default();
        let mut drops = |name: Str| {
            *known.entry(name).or_insert_with(|| {
                let name = simplify(profile.text(name));
                drop.is_match(name) && !keep.as_ref().is_some_and(|keep| keep.is_match(name))
            })
        };
        let mut pruning = Pruning {
            lines: Ragged::default(),
            marks: Vec::with_capacity(profile.locations.len()),
        };
        for row in 0..profile.locations.len() {
            let lines = profile.locations.lines.row(row);
            let outermost = lines.iter().rposition(|line| {
                let name = profile.functions.name[line.function.at()];
                name != Str::EMPTY && drops(name)
            });
            let (kept, cut) = match outermost {
                None => (lines, Cut::Keep),
                Some(at) if at + 1 == lines.len() => (lines, Cut::Whole),
                Some(at) => (&lines[at + 1..], Cut::Callees),
            };
            push(&mut pruning.lines, kept.iter().copied());
            pruning.marks.push(cut);
        }
        // Half a pruning would be worse than none.
        let gave_up = drop.gave_up() || keep.is_some_and(|keep| keep.gave_up());
        (!gave_up).then_some(pruning)
    }
}

impl View<'_> {
    /// Cuts everything below the innermost match, which stays.
    pub(crate) fn prune_from(&mut self, pattern: &Regexp) {
        let mut known: Map<Str, bool> = Map::default();
        let mut matches = |name: Str| {
            *known
                .entry(name)
                .or_insert_with(|| pattern.is_match(simplify(self.text(name))))
        };
        let mut lines = Ragged::default();
        let mut marks = Vec::with_capacity(self.location_count());
        for location in self.locations() {
            let all = self.lines.row(location.at());
            let innermost = all.iter().position(|line| {
                let name = self.function(line.function.at()).name;
                name != Str::EMPTY && matches(name)
            });
            marks.push(innermost.is_some());
            push(&mut lines, all[innermost.unwrap_or(0)..].iter().copied());
        }
        self.lines = Cow::Owned(lines);
        self.steps.push(Step::PruneFrom(marks));
    }
}

/// A function's name without a leading dot and without everything from its argument list on; the
/// brackets of `(anonymous namespace)` and `operator()` are no argument list (pprof-behaviour 2.5).
fn simplify(name: &[u8]) -> &[u8] {
    const RESERVED: [&[u8]; 2] = [b"(anonymous namespace)", b"operator()"];
    let name = name.strip_prefix(b".").unwrap_or(name);
    let mut at = 0;
    while at < name.len() {
        let rest = &name[at..];
        if let Some(reserved) = RESERVED.iter().find(|r| rest.starts_with(r)) {
            at += reserved.len();
        } else if rest[0] == b'(' {
            return &name[..at];
        } else {
            at += 1;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::Base;

    fn simple(name: &str) -> String {
        String::from_utf8(simplify(name.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn arguments_go_but_reserved_brackets_stay() {
        assert_eq!(simple(".foo(int)"), "foo");
        assert_eq!(
            simple("(anonymous namespace)::f(int)"),
            "(anonymous namespace)::f"
        );
        assert_eq!(simple("A::operator()(int)"), "A::operator()");
        assert_eq!(simple("plain"), "plain");
    }

    fn depths(drop: &str, text: &str) -> Vec<usize> {
        let mut profile = profile(text);
        profile.header.drop_frames = profile.strings.push(drop.as_bytes()).unwrap();
        let base = Base::pruned(profile);
        let view = View::new(&base);
        let mut depths = Vec::new();
        view.scan(|row| depths.push(row.stack.iter().map(|l| view.lines(*l).len()).sum()))
            .unwrap();
        depths
    }

    #[test]
    fn a_root_that_matches_is_not_pruned() {
        assert_eq!(
            depths("B", "C;B(int);A 1\nB(int);A 1\nB;C;B;A 1"),
            [1, 2, 2]
        );
    }

    #[test]
    fn inside_a_location_only_the_inlined_calls_go() {
        assert_eq!(depths("B", "C;D>B>A 1"), [2]);
    }

    #[test]
    fn prune_from_keeps_the_match() {
        let base = Base::plain(profile("D;B;C;B;A 1"));
        let mut view = View::new(&base);
        view.prune_from(&Regexp::new(b"B").unwrap());
        let mut depth = 0;
        view.scan(|row| depth = row.stack.len()).unwrap();
        assert_eq!(depth, 4);
    }
}
