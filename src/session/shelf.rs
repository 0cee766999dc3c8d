//! The profiles that are open: one of them is current, and it may be compared with another.
//!
//! What a comparison shows is a third profile, made once; it is kept as long as the comparison lasts and
//! no longer, for it takes as much memory as the other two. There is none until a live process was asked
//! for one; what is shown then is a profile of nothing.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::gather::{Comparison, compare};
use super::naming;
use super::open::Arrival;
use crate::command::nearest::nearest;
use crate::command::options::quoted;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::Profile;
use crate::model::combine::normalize;
use crate::model::label::forget_zeros;
use crate::model::merge::check_compatible;
use crate::view::{Base, BaseOptions, Names};

/// The open profiles, in the order in which they were opened.
pub(crate) struct Shelf {
    open: Vec<Open>,
    current: usize,
    comparison: Option<Compared>,
    sample_types: Vec<String>,
    /// What is shown while nothing is open.
    nothing: Base,
}

/// An open profile.
pub(super) struct Open {
    /// What it is called; no two are called alike.
    pub(super) name: String,
    /// Where it came from, as it may be shown.
    pub(super) origin: String,
    pub(super) base: Base,
}

/// The current profile minus another one.
struct Compared {
    with: usize,
    base: Base,
}

/// What an open profile is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Current,
    Base,
    None,
}

impl Shelf {
    /// A shelf with one profile, or with none.
    pub(super) fn new(arrival: Option<Arrival>) -> Shelf {
        let mut shelf = Shelf {
            open: Vec::new(),
            current: 0,
            comparison: None,
            sample_types: Vec::new(),
            nothing: Base::of_nothing(),
        };
        arrival.into_iter().for_each(|arrival| shelf.add(arrival));
        shelf
    }

    /// Bytes of memory that they take, about.
    pub(super) fn weight(&self) -> u64 {
        let compared = self.comparison.iter().map(|compared| &compared.base);
        let all = self.open.iter().map(|open| &open.base).chain(compared);
        all.map(|base| base.profile.weight()).sum()
    }

    /// Whether no profile is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// What is shown: the current profile, or how it compares.
    pub(super) fn shown(&self) -> &Base {
        match &self.comparison {
            Some(compared) => &compared.base,
            None => self.current().map_or(&self.nothing, |open| &open.base),
        }
    }

    /// Drops the labels that pprof loses on its way to the prompt.
    pub(super) fn forget_zero_labels(&mut self) {
        for open in &mut self.open {
            forget_zeros(&mut open.base.profile.label_sets);
        }
    }

    /// The names of the sample types of what is shown.
    pub(super) fn sample_types(&self) -> &[String] {
        &self.sample_types
    }

    /// The current profile, where one is open.
    pub(super) fn current(&self) -> Option<&Open> {
        self.open.get(self.current)
    }

    /// What the current profile is compared with.
    pub(super) fn compared_with(&self) -> Option<&Open> {
        self.comparison
            .as_ref()
            .map(|compared| &self.open[compared.with])
    }

    /// The names of the current profile and of what it is compared with.
    pub(super) fn shown_names(&self) -> (String, Option<String>) {
        let with = self.compared_with().map(|open| open.name.clone());
        let current = self.current().map(|open| open.name.clone());
        (current.unwrap_or_default(), with)
    }

    /// All of them and what each is there for.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Open, Part)> {
        let with = self.comparison.as_ref().map(|compared| compared.with);
        self.open.iter().enumerate().map(move |(at, open)| {
            let part = match at {
                _ if at == self.current => Part::Current,
                _ if Some(at) == with => Part::Base,
                _ => Part::None,
            };
            (open, part)
        })
    }

    /// What they are called.
    pub(super) fn names(&self) -> Vec<String> {
        self.open.iter().map(|open| open.name.clone()).collect()
    }

    /// Puts one more profile here under its wish or a name like it, and makes it the current one; what
    /// else its source holds is put here as well.
    pub(super) fn add(&mut self, arrival: Arrival) {
        for (wish, base) in arrival.others {
            let name = naming::free(&wish, |name| self.has(name));
            let origin = arrival.origin.clone();
            self.open.push(Open { name, origin, base });
        }
        let name = naming::free(&arrival.wish, |name| self.has(name));
        self.open.push(Open {
            name,
            origin: arrival.origin,
            base: arrival.base,
        });
        self.show(self.open.len() - 1);
    }

    /// Puts a profile in the place of the current one, and compares it as that was compared.
    pub(super) fn replace(&mut self, arrival: Arrival, scaled: bool) -> Result<()> {
        let with = self.compared_with().map(|open| open.name.clone());
        self.comparison = None;
        if let Some(open) = self.open.get_mut(self.current) {
            open.base = arrival.base;
            open.origin = arrival.origin;
        }
        self.show(self.current);
        with.map_or(Ok(()), |name| self.compare(&name, scaled))
    }

    /// Fails where no profile may be opened under this name.
    pub(super) fn check_free(&self, name: &str) -> Result<()> {
        let wrong = if self.has(name) {
            format!("{name} is open already: close {name} first, or choose another name")
        } else if !naming::is_name(name) {
            let name = quoted(name);
            format!("{name} cannot be a name: use letters, digits and . _ - + # @")
        } else {
            return Ok(());
        };
        Err(Error::usage(wrong))
    }

    /// Makes the profile of this name the current one, not compared with any.
    pub(super) fn choose(&mut self, name: &str) -> Result<()> {
        self.show(self.find(name)?);
        Ok(())
    }

    /// Ends the comparison, if there is one.
    pub(super) fn stand_alone(&mut self) {
        self.show(self.current);
    }

    /// Compares the current profile with the one of this name, scaled to its size first if so wanted.
    pub(super) fn compare(&mut self, name: &str, scaled: bool) -> Result<()> {
        let with = self.find(name)?;
        if with == self.current {
            let other = self.open.iter().find(|open| open.name != name);
            let hint = match other {
                Some(other) => format!(
                    "use another one first (use {}), or choose another base",
                    other.name
                ),
                None => "open what it is to be compared with first (open FILE)".to_string(),
            };
            return Err(Error::usage(format!(
                "{name} is the current profile: {hint}"
            )));
        }
        let (current, base) = (&self.open[self.current], &self.open[with]);
        let differ = |why: String| {
            let name = &current.name;
            let text = format!("{name} cannot be compared with {}: {why}", base.name);
            Error::usage(text)
        };
        let types = [current, base].map(|open| type_names(&open.base.profile));
        if !types[0].iter().any(|kind| types[1].contains(kind)) {
            let [a, b] = types.map(|types| types.join(", "));
            return Err(differ(format!("one has {a}, the other {b}")));
        }
        // What was compared before goes first: there is no room for both.
        self.comparison = None;
        let merged = subtract(&current.base.profile, &base.base.profile, scaled);
        let (comparison, outcome) = match merged {
            Ok(base) => (Some(Compared { with, base }), Ok(())),
            Err(error) => {
                let stopped = interrupt::check();
                (None, stopped.and(Err(differ(error.to_string()))))
            }
        };
        self.comparison = comparison;
        self.sample_types = type_names(&self.shown().profile);
        outcome
    }

    /// Closes the profile of this name; where it was the current one, the last of the others takes its place.
    pub(super) fn close(&mut self, name: &str) -> Result<()> {
        let closed = self.find(name)?;
        if self.open.len() == 1 {
            let text = format!("{name} is the last one open: open another first, or quit");
            return Err(Error::usage(text));
        }
        let compared = self.comparison.as_ref().map(|compared| compared.with);
        self.open.remove(closed);
        let moved = |at: usize| match at.cmp(&closed) {
            Ordering::Greater => at - 1,
            Ordering::Equal | Ordering::Less => at,
        };
        if closed == self.current {
            self.show(self.open.len() - 1);
        } else if compared == Some(closed) {
            self.show(moved(self.current));
        } else {
            self.current = moved(self.current);
            if let Some(compared) = &mut self.comparison {
                compared.with = moved(compared.with);
            }
        }
        Ok(())
    }

    /// The profile of this name.
    pub(super) fn get(&self, name: &str) -> Result<&Open> {
        Ok(&self.open[self.find(name)?])
    }

    fn show(&mut self, at: usize) {
        self.current = at;
        self.comparison = None;
        self.sample_types = type_names(&self.shown().profile);
    }

    fn has(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.name == name)
    }

    fn find(&self, name: &str) -> Result<usize> {
        let found = self.open.iter().position(|open| open.name == name);
        found.ok_or_else(|| {
            let mut names = self.open.iter().map(|open| open.name.as_str());
            let meant = nearest(name, &mut names).map(|name| format!(": did you mean {name}?"));
            let (name, meant) = (quoted(name), meant.unwrap_or_default());
            let names = self.names().join(", ");
            let open = match self.is_empty() {
                true => "nothing is open yet".to_string(),
                false => format!("open: {names}"),
            };
            Error::usage(format!("no open profile is called {name}{meant} ({open})"))
        })
    }
}

/// What `-diff_base` makes of the two; only what has to be changed is copied.
fn subtract(current: &Profile, base: &Profile, scaled: bool) -> Result<Base> {
    let mut current = Cow::Borrowed(current);
    if scaled {
        check_compatible(&current, base).map_err(Error::source)?;
        normalize(current.to_mut(), base).map_err(Error::source)?;
    }
    let two = [current, Cow::Borrowed(base)];
    let merged = compare(two, Comparison::DiffBase, false)?;
    let options = BaseOptions {
        // They have been cleaned up when the two were opened.
        names: Names::AsTheyAre,
        all_frames: false,
    };
    Base::new(merged, &options)
}

fn type_names(profile: &Profile) -> Vec<String> {
    let kinds = profile.sample_types.iter();
    kinds
        .map(|kind| String::from_utf8_lossy(profile.text(kind.kind)).into_owned())
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::fixture::{profile, typed};
    use crate::view::View;

    pub(in crate::session) fn arrival(wish: &str, profile: Profile) -> Arrival {
        Arrival {
            wish: wish.to_string(),
            origin: format!("{wish}.pb.gz"),
            base: Base::plain(profile),
            others: Vec::new(),
        }
    }

    fn shelf() -> Shelf {
        let mut shelf = Shelf::new(Some(arrival("old", profile("a 1\nb 2"))));
        shelf.add(arrival("cpu", typed(&[("cpu", "nanoseconds")], "a 7")));
        shelf.add(arrival("new", profile("a 5\nc 4")));
        shelf
    }

    fn parts(shelf: &Shelf) -> Vec<(String, Part)> {
        let all = shelf.all();
        all.map(|(open, part)| (open.name.clone(), part)).collect()
    }

    fn values(shelf: &Shelf) -> Vec<i64> {
        let mut values = Vec::new();
        let samples = &shelf.shown().profile.samples;
        samples.scan_values(|row, _| values.push(row[0]));
        values
    }

    fn error(result: Result<()>) -> String {
        result.expect_err("refused").to_string()
    }

    #[test]
    fn what_is_opened_last_is_shown() {
        let shelf = shelf();
        let expected = [
            ("old", Part::None),
            ("cpu", Part::None),
            ("new", Part::Current),
        ];
        assert_eq!(
            parts(&shelf),
            expected.map(|(name, part)| (name.to_string(), part))
        );
        assert_eq!(values(&shelf), [5, 4]);
        assert_eq!(shelf.sample_types(), ["samples"]);
    }

    #[test]
    fn equal_wishes_get_numbers() {
        let mut shelf = shelf();
        shelf.add(arrival("new", profile("a 1")));
        shelf.add(arrival("new", profile("a 1")));
        assert_eq!(shelf.names(), ["old", "cpu", "new", "new#2", "new#3"]);
        shelf.close("new#2").expect("closed");
        shelf.add(arrival("new", profile("a 1")));
        assert_eq!(shelf.names(), ["old", "cpu", "new", "new#3", "new#2"]);
    }

    #[test]
    fn a_comparison_subtracts_and_ends_with_the_next_choice() {
        let mut shelf = shelf();
        shelf.compare("old", false).expect("compared");
        assert_eq!(values(&shelf), [5, 4, -1, -2]);
        assert_eq!(shelf.compared_with().map(|open| &*open.name), Some("old"));
        assert_eq!(parts(&shelf)[0].1, Part::Base);
        shelf.choose("cpu").expect("there");
        assert_eq!(
            (values(&shelf), shelf.compared_with().is_none()),
            (vec![7], true)
        );
        assert_eq!(shelf.sample_types(), ["cpu"]);
        shelf.choose("new").expect("there");
        assert_eq!(values(&shelf), [5, 4]);
    }

    #[test]
    fn a_comparison_can_be_scaled_to_its_base() {
        let mut shelf = shelf();
        shelf.compare("old", true).expect("compared");
        // 5 and 4 of 9 become a share of 3.
        assert_eq!(values(&shelf), [2, 1, -1, -2]);
        shelf.stand_alone();
        assert_eq!(values(&shelf), [5, 4]);
    }

    #[test]
    fn a_comparison_leaves_out_the_frames_that_its_profiles_leave_out() {
        let dropping = |text| {
            let mut profile = profile(text);
            profile.header.drop_frames = profile.strings.push(b"malloc").unwrap();
            let mut arrival = arrival("dropping", profile.clone());
            arrival.base = Base::pruned(profile);
            arrival
        };
        let mut shelf = Shelf::new(Some(dropping("main;malloc 1")));
        shelf.add(dropping("main;malloc 3"));
        shelf.compare("dropping", false).expect("compared");
        let mut depths = Vec::new();
        let view = View::new(shelf.shown());
        view.scan(|row| depths.push(row.stack.len())).expect("read");
        assert_eq!(depths, [1, 1]);
    }

    #[test]
    fn what_cannot_be_compared_is_said_and_leaves_the_current_one() {
        let mut shelf = shelf();
        assert!(
            error(shelf.compare("new", false))
                .starts_with("new is the current profile: use another one first (use old)")
        );
        shelf.compare("old", false).expect("compared");
        assert_eq!(
            error(shelf.compare("cpu", false)),
            "new cannot be compared with cpu: one has samples, the other cpu"
        );
        assert_eq!(values(&shelf), [5, 4, -1, -2]);
        shelf.add(arrival("seconds", typed(&[("samples", "seconds")], "a 1")));
        let reason = error(shelf.compare("old", false));
        assert!(
            reason.contains(": sample types: incompatible types: {samples"),
            "{reason}"
        );
        assert_eq!(values(&shelf), [1]);
        let mut single = Shelf::new(Some(arrival("old", profile("a 1"))));
        assert!(
            error(single.compare("old", false)).contains("open what it is to be compared with")
        );
    }

    #[test]
    fn profiles_with_one_type_in_common_are_compared_by_it() {
        let both = typed(&[("samples", "count"), ("cpu", "nanoseconds")], "a 1 20");
        let mut shelf = Shelf::new(Some(arrival("old", typed(&[("samples", "count")], "a 3"))));
        shelf.add(arrival("new", both));
        shelf.compare("old", false).expect("compared");
        assert_eq!(shelf.sample_types(), ["samples"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let mut shelf = shelf();
        assert_eq!(
            error(shelf.choose("nwe")),
            "no open profile is called \"nwe\": did you mean new? (open: old, cpu, new)"
        );
        assert!(
            error(shelf.close("\x1b")).starts_with("no open profile is called \"\\x1b\" (open")
        );
    }

    #[test]
    fn closing_keeps_who_is_who() {
        let mut shelf = shelf();
        shelf.compare("old", false).expect("compared");
        shelf.close("cpu").expect("closed");
        assert_eq!(values(&shelf), [5, 4, -1, -2]);
        assert_eq!(parts(&shelf)[1], ("new".to_string(), Part::Current));
        shelf.close("old").expect("closed");
        assert_eq!(
            (values(&shelf), shelf.compared_with().is_none()),
            (vec![5, 4], true)
        );
        assert!(error(shelf.close("new")).starts_with("new is the last one open"));
    }

    #[test]
    fn closing_the_current_one_shows_another() {
        let mut shelf = shelf();
        shelf.close("new").expect("closed");
        assert_eq!(
            (values(&shelf), shelf.current().expect("one").name.as_str()),
            (vec![7], "cpu")
        );
        shelf.choose("old").expect("there");
        shelf.close("cpu").expect("closed");
        assert_eq!(values(&shelf), [1, 2]);
    }

    #[test]
    fn a_chosen_name_must_be_free_and_plain() {
        let shelf = shelf();
        assert!(shelf.check_free("after").is_ok());
        assert!(error(shelf.check_free("cpu")).starts_with("cpu is open already"));
        assert!(error(shelf.check_free("a/b")).starts_with("\"a/b\" cannot be a name"));
        assert!(error(shelf.check_free("none")).contains("cannot be a name"));
    }
}
