//! focus, ignore, hide, show and show_from: filters by the names of functions, files and binaries.
//!
//! Whether a pattern "matched" is judged over all locations, also those that no sample holds any
//! more (pprof-behaviour 5).

use std::borrow::Cow;

use super::View;
use super::step::{Mark, Step};
use crate::go::regexp::Regexp;
use crate::model::{Line, LocationId, Ragged, Str};

/// The four patterns that pprof applies together.
#[derive(Debug, Default)]
pub(crate) struct NameFilter {
    /// Keep samples with a match.
    pub focus: Option<Regexp>,
    /// Drop samples with a match.
    pub ignore: Option<Regexp>,
    /// Delete matching lines.
    pub hide: Option<Regexp>,
    /// Keep only matching lines.
    pub show: Option<Regexp>,
}

/// Which of them met anything.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Matched {
    /// focus did, or was not asked for.
    pub focus: bool,
    /// ignore did.
    pub ignore: bool,
    /// hide did.
    pub hide: bool,
    /// show did.
    pub show: bool,
}

/// Tells whether texts match a pattern, asking the pattern once a text.
pub(super) struct Matcher<'a, 'p> {
    view: &'a View<'p>,
    pattern: &'a Regexp,
    known: Vec<Option<bool>>,
}

impl<'a, 'p> Matcher<'a, 'p> {
    pub(super) fn new(view: &'a View<'p>, pattern: &'a Regexp) -> Self {
        let texts = view.profile.strings.len() + view.pseudo.texts.len();
        Matcher {
            view,
            pattern,
            known: vec![None; texts],
        }
    }

    fn text(&mut self, text: Str) -> bool {
        let (view, pattern) = (self.view, self.pattern);
        *self.known[text.at()].get_or_insert_with(|| pattern.is_match(view.text(text)))
    }

    fn mapping(&mut self, location: LocationId) -> bool {
        match self.view.mapping(location) {
            Some(mapping) => self.text(self.view.profile.mappings[mapping.at()].file),
            None => false,
        }
    }

    fn line(&mut self, line: &Line) -> bool {
        let function = self.view.function(line.function.at());
        self.text(function.name) || self.text(function.filename)
    }

    fn location(&mut self, location: LocationId) -> bool {
        let lines = self.view.lines.row(location.at());
        lines.iter().any(|line| self.line(line)) || self.mapping(location)
    }
}

impl View<'_> {
    /// Applies focus, ignore, hide and show; does nothing without any of them.
    pub(crate) fn filter_names(&mut self, filter: &NameFilter) -> Matched {
        let NameFilter {
            focus,
            ignore,
            hide,
            show,
        } = filter;
        let mut matched = Matched::default();
        if [focus, ignore, hide, show].iter().all(|p| p.is_none()) {
            matched.focus = true;
            return matched;
        }
        let marks = self.mark(focus, ignore, &mut matched);
        let mut hidden = vec![false; self.location_count()];
        if let Some(hide) = hide {
            let lines = hide_lines(self, hide, &mut hidden, &mut matched);
            self.lines = Cow::Owned(lines);
        }
        if let Some(show) = show {
            let lines = show_lines(self, show, &mut hidden, &mut matched);
            self.lines = Cow::Owned(lines);
        }
        let hidden = hidden.contains(&true).then_some(hidden);
        self.steps.push(Step::Names { marks, hidden });
        matched
    }

    fn mark(
        &self,
        focus: &Option<Regexp>,
        ignore: &Option<Regexp>,
        matched: &mut Matched,
    ) -> Vec<Mark> {
        let mut focus = focus.as_ref().map(|pattern| Matcher::new(self, pattern));
        let mut ignore = ignore.as_ref().map(|pattern| Matcher::new(self, pattern));
        let mut mark = |location| {
            if ignore.as_mut().is_some_and(|m| m.location(location)) {
                matched.ignore = true;
                Mark::Ignore
            } else if focus.as_mut().is_none_or(|m| m.location(location)) {
                matched.focus = true;
                Mark::Focus
            } else {
                Mark::None
            }
        };
        self.locations().map(&mut mark).collect()
    }

    /// Cuts everything above the outermost match; drops samples without one. True when anything
    /// matched.
    pub(crate) fn show_from(&mut self, pattern: &Regexp) -> bool {
        let mut lines = Ragged::default();
        let mut marks = Vec::with_capacity(self.location_count());
        let mut matcher = Matcher::new(self, pattern);
        for location in self.locations() {
            let all = self.lines.row(location.at());
            let mut kept = all.len();
            let mut matched = matcher.mapping(location);
            if !matched {
                let outermost = all.iter().rposition(|line| matcher.line(line));
                matched = outermost.is_some();
                kept = outermost.map_or(kept, |at| at + 1);
            }
            marks.push(matched);
            push(&mut lines, all[..kept].iter().copied());
        }
        let matched = marks.contains(&true);
        self.lines = Cow::Owned(lines);
        self.steps.push(Step::ShowFrom(marks));
        matched
    }

    pub(super) fn locations(&self) -> impl Iterator<Item = LocationId> + use<> {
        (0..self.location_count() as u32).map(LocationId::new)
    }
}

/// Appends a row that is a part of a row that fitted before.
pub(super) fn push(lines: &mut Ragged<Line>, row: impl IntoIterator<Item = Line>) {
    let pushed = lines.push(row);
    debug_assert!(
        pushed.is_some(),
        "a filtered table is no longer than its source"
    );
}

fn hide_lines(
    view: &View<'_>,
    pattern: &Regexp,
    hidden: &mut [bool],
    matched: &mut Matched,
) -> Ragged<Line> {
    let mut matcher = Matcher::new(view, pattern);
    let mut table = Ragged::default();
    for location in view.locations() {
        let lines = view.lines.row(location.at());
        if matcher.mapping(location) {
            matched.hide = true;
            hidden[location.at()] = true;
            push(&mut table, []);
            continue;
        }
        let left = lines.iter().filter(|line| !matcher.line(line)).copied();
        push(&mut table, left);
        let left = table.row(location.at()).len();
        if left < lines.len() {
            matched.hide = true;
            hidden[location.at()] |= left == 0;
        }
    }
    table
}

fn show_lines(
    view: &View<'_>,
    pattern: &Regexp,
    hidden: &mut [bool],
    matched: &mut Matched,
) -> Ragged<Line> {
    let mut matcher = Matcher::new(view, pattern);
    let mut table = Ragged::default();
    for location in view.locations() {
        let lines = view.lines.row(location.at());
        let whole = matcher.mapping(location);
        let left = lines.iter().filter(|line| whole || matcher.line(line));
        push(&mut table, left.copied());
        match table.row(location.at()).is_empty() {
            true => hidden[location.at()] = true,
            false => matched.show = true,
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::Base;

    fn stacks(view: &View<'_>) -> Vec<String> {
        let mut stacks = Vec::new();
        view.scan(|row| {
            let names: Vec<_> = row
                .stack
                .iter()
                .rev()
                .flat_map(|l| view.lines(*l).iter().rev())
                .map(|line| {
                    let name = view.function(line.function.at()).name;
                    String::from_utf8_lossy(view.text(name)).into_owned()
                })
                .collect();
            stacks.push(format!("{} {}", names.join(";"), row.values[0]));
        })
        .unwrap();
        stacks
    }

    fn filtered(text: &str, filter: NameFilter) -> (Vec<String>, Matched) {
        let base = Base::plain(profile(text));
        let mut view = View::new(&base);
        let matched = view.filter_names(&filter);
        (stacks(&view), matched)
    }

    fn re(pattern: &str) -> Option<Regexp> {
        Some(Regexp::new(pattern.as_bytes()).unwrap())
    }

    const TEXT: &str = "main;work 3\nmain;idle 1\nother;work>inner 2";

    #[test]
    fn ignore_wins_over_focus() {
        let filter = NameFilter {
            focus: re("work"),
            ignore: re("main"),
            ..NameFilter::default()
        };
        let (stacks, matched) = filtered(TEXT, filter);
        assert_eq!(stacks, ["other;work;inner 2"]);
        assert!(matched.focus && matched.ignore && !matched.hide);
    }

    #[test]
    fn hiding_every_frame_drops_the_sample() {
        let filter = NameFilter {
            hide: re("main|work"),
            ..NameFilter::default()
        };
        let (stacks, matched) = filtered(TEXT, filter);
        assert_eq!(stacks, ["idle 1", "other;inner 2"]);
        assert!(matched.hide && matched.focus && !matched.show);
    }

    #[test]
    fn show_keeps_only_matching_lines_of_a_location() {
        let filter = NameFilter {
            show: re("^(work|idle)$"),
            ..NameFilter::default()
        };
        let (stacks, matched) = filtered(TEXT, filter);
        assert_eq!(stacks, ["work 3", "idle 1", "work 2"]);
        assert!(matched.show);
    }

    #[test]
    fn show_from_starts_at_the_outermost_match() {
        let base = Base::plain(profile("a;b;c;b 1\nx;y 2"));
        let mut view = View::new(&base);
        assert!(view.show_from(&re("b").unwrap()));
        assert_eq!(stacks(&view), ["b;c;b 1"]);
    }

    #[test]
    fn a_pattern_that_meets_nothing_says_so() {
        let filter = NameFilter {
            focus: re("nowhere"),
            ..NameFilter::default()
        };
        let (stacks, matched) = filtered(TEXT, filter);
        assert!(stacks.is_empty());
        assert_eq!(matched, Matched::default());
    }
}
