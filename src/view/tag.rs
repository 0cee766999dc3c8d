//! tagfocus, tagignore, tagshow, taghide, and the units of numeric labels (pprof-behaviour 5).

use super::View;
use super::labels::{NameRule, Told, hide_ids};
use super::step::Step;
use crate::error::{Result, Warning};
use crate::go::fmt::parse_int;
use crate::go::regexp::Regexp;
use crate::measure;
use crate::model::label::{number_groups, text_groups};
use crate::model::{Label, LabelSets, LabelValue, Profile, Str};

/// The unit of each numeric label key.
#[derive(Debug, Default, Clone)]
pub(crate) struct LabelUnits {
    units: Vec<(Str, Vec<u8>)>,
}

impl LabelUnits {
    /// The first unit met for each key, or one guessed from the key; warns of further units.
    pub(crate) fn of(profile: &Profile) -> Result<(LabelUnits, Vec<Warning>)> {
        let mut units: Vec<(Str, Vec<Str>)> = Vec::new();
        let mut meet = |label: &Label| {
            let LabelValue::Number(_, unit) = label.value else {
                return;
            };
            let at = match units.iter().position(|(key, _)| *key == label.key) {
                Some(at) => at,
                None => {
                    units.push((label.key, Vec::new()));
                    units.len() - 1
                }
            };
            let unit = unit.filter(|unit| *unit != Str::EMPTY);
            if let Some(unit) = unit.filter(|unit| !units[at].1.contains(unit)) {
                units[at].1.push(unit);
            }
        };
        profile.label_lists(&mut |labels| labels.iter().for_each(&mut meet))?;
        units.sort_by(|a, b| profile.text(a.0).cmp(profile.text(b.0)));
        let mut warnings = Vec::new();
        let choose = |(key, found): (Str, Vec<Str>)| {
            let mut found = found.iter().map(|unit| profile.text(*unit).to_vec());
            let Some(used) = found.next() else {
                return (key, guessed_unit(profile.text(key)));
            };
            let mut ignored: Vec<Vec<u8>> = found.collect();
            if !ignored.is_empty() {
                ignored.sort();
                let key = profile.text(key).to_vec();
                warnings.push(Warning::Units(key, used.clone(), ignored));
            }
            (key, used)
        };
        let units = units.into_iter().map(choose).collect();
        Ok((LabelUnits { units }, warnings))
    }

    /// The unit of a key, empty for a key that no number has.
    pub(crate) fn get(&self, key: Str) -> &[u8] {
        let found = self.units.iter().find(|(known, _)| *known == key);
        found.map_or(b"", |(_, unit)| unit)
    }

    /// The unit of the key of this name, empty where no number has it.
    pub(crate) fn named(&self, profile: &Profile, key: &[u8]) -> &[u8] {
        let mut units = self.units.iter();
        let found = units.find(|(known, _)| profile.text(*known) == key);
        found.map_or(b"", |(_, unit)| unit)
    }
}

fn guessed_unit(key: &[u8]) -> Vec<u8> {
    match key {
        b"alignment" | b"request" => b"bytes".to_vec(),
        _ => key.to_vec(),
    }
}

/// A tagfocus or tagignore expression.
#[derive(Debug)]
pub(crate) struct TagFilter {
    key: Option<Vec<u8>>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Range {
        low: f64,
        high: f64,
        unit: Vec<u8>,
    },
    /// With a key any may match, without one all have to.
    Patterns(Vec<Regexp>),
}

impl TagFilter {
    /// Reads an expression. The error is Go's text for the pattern at fault.
    pub(crate) fn new(expression: &[u8]) -> std::result::Result<TagFilter, String> {
        let mut parts = expression.splitn(2, |b| *b == b'=');
        let (key, value) = match (parts.next(), parts.next()) {
            (Some(key), Some(value)) => (key, value),
            _ => (&b""[..], expression),
        };
        let key = (!key.is_empty()).then(|| key.to_vec());
        let test = match range(value) {
            Some(test) => test,
            None => Test::Patterns(
                value
                    .split(|b| *b == b',')
                    .map(Regexp::new)
                    .collect::<std::result::Result<_, _>>()?,
            ),
        };
        Ok(TagFilter { key, test })
    }

    /// The part after the key, when it was read as a range; pprof says so.
    pub(crate) fn range_text<'e>(&self, expression: &'e [u8]) -> Option<&'e [u8]> {
        match &self.test {
            Test::Patterns(_) => None,
            Test::Range { .. } => Some(match expression.iter().position(|b| *b == b'=') {
                Some(at) => &expression[at + 1..],
                None => expression,
            }),
        }
    }

    fn matches(&self, profile: &Profile, units: &LabelUnits, labels: &[Label]) -> bool {
        let wanted = |key: Str| match &self.key {
            Some(wanted) => profile.text(key) == wanted.as_slice(),
            None => true,
        };
        match &self.test {
            Test::Range { low, high, unit } => number_groups(&profile.strings, labels)
                .iter()
                .filter(|(key, _)| wanted(*key))
                .flat_map(|(key, values)| values.iter().map(|(value, _)| (*key, *value)))
                .any(|(key, value)| {
                    let (value, to) = measure::scale(value, units.get(key), unit);
                    *to == **unit && value >= *low && value <= *high
                }),
            Test::Patterns(patterns) if self.key.is_some() => {
                let groups = text_groups(&profile.strings, labels);
                let mut values = groups
                    .iter()
                    .filter(|(key, _)| wanted(*key))
                    .flat_map(|(_, values)| values);
                values.any(|value| patterns.iter().any(|pattern| pattern.is_match(value)))
            }
            Test::Patterns(patterns) => {
                let pairs: Vec<Vec<u8>> = text_groups(&profile.strings, labels)
                    .iter()
                    .flat_map(|(key, values)| values.iter().map(|v| (*key, *v)))
                    .map(|(key, value)| [profile.text(key), b":", value].concat())
                    .collect();
                patterns
                    .iter()
                    .all(|pattern| pairs.iter().any(|pair| pattern.is_match(pair)))
            }
        }
    }
}

/// `N[unit]`, `N[unit]:`, `:N[unit]` or `A[unit]:B[unit]`; anything else is a pattern, and so is a
/// number that does not fit 64 bits, where pprof panics.
fn range(text: &[u8]) -> Option<Test> {
    let (low, high) = match text.iter().position(|b| *b == b':') {
        None => (text, text),
        Some(at) => (&text[..at], &text[at + 1..]),
    };
    let measured = |part: &[u8]| -> Option<(i64, Vec<u8>)> {
        let sign = usize::from(matches!(part, [b'+' | b'-', ..]));
        let digits = part[sign..].iter().take_while(|b| b.is_ascii_digit());
        let end = sign + digits.count();
        let (number, unit) = part.split_at(end);
        if end == sign || !unit.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        Some((parse_int(number, 10, 64).ok()?, unit.to_vec()))
    };
    if low.is_empty() {
        let (value, unit) = measured(high)?;
        let (high, unit) = measure::scale(value, &unit, &unit);
        return Some(Test::Range {
            low: f64::NEG_INFINITY,
            high,
            unit: unit.into_owned(),
        });
    }
    let (value, from) = measured(low)?;
    let (low, unit) = measure::scale(value, &from, &from);
    let unit = unit.into_owned();
    let high = match high {
        _ if !text.contains(&b':') => low,
        [] => f64::INFINITY,
        _ => {
            let (value, from) = measured(high)?;
            let (high, to) = measure::scale(value, &from, &unit);
            if *to != *unit {
                return None;
            }
            high
        }
    };
    Some(Test::Range { low, high, unit })
}

/// tagfocus and tagignore.
#[derive(Debug)]
pub(super) struct ListTest {
    focus: Option<TagFilter>,
    ignore: Option<TagFilter>,
    units: LabelUnits,
}

impl ListTest {
    pub(super) fn tell(&self, profile: &Profile, sets: &LabelSets, told: &mut Told) {
        for (row, marks) in told.marks(sets.len()).iter_mut().enumerate() {
            let meets = |filter: &TagFilter| filter.matches(profile, &self.units, sets.row(row));
            marks.focused = self.focus.as_ref().is_none_or(meets);
            marks.ignored = self.ignore.as_ref().is_some_and(meets);
        }
    }
}

impl View<'_> {
    /// Applies tagfocus and tagignore; tells whether each met a sample that was still there (a
    /// missing tagfocus meets every sample).
    pub(crate) fn filter_tags(
        &mut self,
        (focus, ignore): (Option<TagFilter>, Option<TagFilter>),
        units: &LabelUnits,
    ) -> Result<(bool, bool)> {
        if focus.is_none() && ignore.is_none() {
            return Ok((true, false));
        }
        let test = ListTest {
            focus,
            ignore,
            units: units.clone(),
        };
        test.tell(self.profile, &self.profile.label_sets, &mut self.told);
        self.rules.test = Some(test);
        let mut matched = (false, false);
        self.scan_values(|_, labels| {
            matched.0 |= labels.marks().focused;
            matched.1 |= labels.marks().ignored;
        })?;
        self.steps.push(Step::Tags);
        Ok(matched)
    }

    /// Applies tagshow and taghide to label keys; tells whether each met a label that was still
    /// there (a missing tagshow meets every label).
    pub(crate) fn filter_tag_names(
        &mut self,
        show: Option<Regexp>,
        hide: Option<Regexp>,
    ) -> Result<(bool, bool)> {
        if show.is_none() && hide.is_none() {
            return Ok((true, false));
        }
        let names = NameRule { show, hide };
        names.tell(self.profile, &self.profile.label_sets, &mut self.told);
        self.rules.names = Some(names);
        let mut matched = (false, false);
        self.scan_values(|_, labels| {
            matched.0 |= labels.marks().shown;
            matched.1 |= labels.marks().hidden;
        })?;
        Ok(matched)
    }

    /// Takes away the ids of a dump's goroutines and of their creators.
    pub(crate) fn hide_goroutine_ids(&mut self) {
        self.rules.no_ids = true;
        hide_ids(self.profile, &self.profile.label_sets, &mut self.told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::Base;

    const TEXT: &str = "a{w=w0,bytes=65536bytes} 1\nb{w=w1,bytes=512bytes} 2\nc{k=cpu,x=3} 4";

    fn kept(expression: &str) -> Vec<i64> {
        let base = Base::plain(profile(TEXT));
        let (units, _) = LabelUnits::of(&base.profile).unwrap();
        let mut view = View::new(&base);
        let filter = TagFilter::new(expression.as_bytes()).unwrap();
        view.filter_tags((Some(filter), None), &units).unwrap();
        let mut values = Vec::new();
        view.scan(|row| values.push(row.values[0])).unwrap();
        values
    }

    #[test]
    fn a_comma_means_and_without_a_key_and_or_with_one() {
        assert_eq!(kept("w0"), [1]);
        assert_eq!(kept("w0,w1"), [] as [i64; 0]);
        assert_eq!(kept("w=w0,w1"), [1, 2]);
        assert_eq!(kept("w:w"), [1, 2]);
    }

    #[test]
    fn ranges_are_inclusive_and_need_a_unit_of_the_same_family() {
        assert_eq!(kept("64kb"), [1]);
        assert_eq!(kept("bytes=:64kb"), [1, 2]);
        assert_eq!(kept("bytes=1kb:"), [1]);
        assert_eq!(kept("512b:64kb"), [1, 2]);
        assert_eq!(kept("bytes=65536"), [] as [i64; 0]);
        assert_eq!(kept("x=3"), [4]);
        assert_eq!(kept("x=4"), [] as [i64; 0]);
    }

    #[test]
    fn a_number_beyond_64_bits_is_a_pattern() {
        assert!(range(b"99999999999999999999").is_none());
        assert!(range(b"1kb:2seconds").is_none());
        assert!(range(b"1:2:3").is_none());
        assert!(range(b":").is_none());
        assert!(range(b"-5").is_some());
    }
}
