//! Many sources become one profile: fetched together, merged in their order, compared with a base
//! (pprof-behaviour 1.8, 2.6, 2.7).
//!
//! Servers are asked all at once, so that they record the same seconds; files are read one after the
//! other meanwhile. One source that fails costs a line, not the others.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::say;
use crate::error::{Cause, Error, Result, Warning};
use crate::model::Profile;
use crate::model::combine::{keep_common_types, normalize, unite_units};
use crate::model::form::{Form, unite_forms};
pub(crate) use crate::model::merge::Comparison;
use crate::model::merge::{check_compatible, join, merge};
use crate::report::sink::Sink;
use crate::source;

/// As many sources as pprof fetches at a time.
const CHUNK: usize = 128;

/// What comes of one source.
pub(super) type Fetch<'f, T> =
    dyn Fn(&OsStr, &mut dyn FnMut(Warning)) -> Result<(Profile, T)> + Sync + 'f;

/// What to read, and what to compare it with.
pub(super) struct Wanted<'a> {
    pub(super) sources: &'a [OsString],
    pub(super) base: Option<(Comparison, &'a OsStr)>,
    /// Scale the sources to the size of the base first.
    pub(super) normalize: bool,
    /// Whether samples are only added up, so that equal ones need not be made one.
    pub(super) adds_up: bool,
}

/// One profile from all sources, and what `fetch` gave besides for each that could be read.
pub(super) fn gather<T: Send>(
    wanted: &Wanted<'_>,
    fetch: &Fetch<'_, T>,
    err: &mut dyn Sink,
) -> Result<(Profile, Vec<T>)> {
    let bases: Vec<OsString> = wanted
        .base
        .iter()
        .map(|(_, name)| name.to_os_string())
        .collect();
    // What is compared is joined then, and what comes in chunks is merged.
    let adds_up = wanted.adds_up && bases.is_empty() && wanted.sources.len() <= CHUNK;
    let sources = fetch_set((wanted.sources, adds_up), fetch, err)?;
    let base = fetch_set((&bases, adds_up), fetch, err)?;
    let problem = |what: &str, end: &str, error: String| {
        Error::source(format!("problem fetching {what} profiles: {error}{end}"))
    };
    let (source, base_profile) = (sources.merged, base.merged);
    let source = source.map_err(|error| problem("source", "", error))?;
    let base_profile = base_profile.map_err(|error| problem("base", ",", error))?;
    let mut besides = sources.besides;
    let nothing = |what: &str| Error::source(format!("failed to fetch any {what} profiles"));
    let mut source = source.ok_or_else(|| nothing("source"))?;
    if base_profile.is_none() && !bases.is_empty() {
        return Err(nothing("base"));
    }
    for (what, of, got) in [
        ("source", wanted.sources.len(), besides.len()),
        ("base", bases.len(), base.besides.len()),
    ] {
        if got != of {
            let text = format!("Fetched {got} {what} profiles out of {of}");
            say(err, text.as_bytes())?;
        }
    }
    besides.extend(base.besides);
    if let (Some(base), Some((comparison, _))) = (base_profile, wanted.base) {
        if wanted.normalize {
            check_compatible(&source, &base).map_err(Error::source)?;
            normalize(&mut source, &base).map_err(Error::source)?;
        }
        let two = [Cow::Owned(source), Cow::Owned(base)];
        source = compare(two, comparison, wanted.adds_up)?;
    }
    if source.header.form == Form::Mixed {
        say(err, FORMS_DIFFER)?;
    }
    Ok((source, besides))
}

/// What is said where goroutine profiles of different forms were merged or compared.
pub(super) const FORMS_DIFFER: &[u8] = b"Goroutine profiles of different forms (a dump shows what started a goroutine and hides the runtime): \
    taken without what started them and without leading runtime frames";

/// The first profile minus the second, its base; the error is pprof's.
pub(super) fn compare(
    mut two: [Cow<'_, Profile>; 2],
    comparison: Comparison,
    adds_up: bool,
) -> Result<Profile> {
    keep_common_types(&mut two)
        .and_then(|()| unite_units(&mut two))
        .and_then(|()| unite_forms(&mut two))
        .and_then(|()| together(two.into(), Some(comparison), adds_up))
        .map_err(Error::source)
}

/// What merging ends in: none of none, else one profile or pprof's error.
type Merged = std::result::Result<Option<Profile>, String>;

/// Makes profiles comparable and merges them; one alone is only checked.
fn combine(profiles: impl Iterator<Item = Profile>, adds_up: bool) -> Merged {
    let mut profiles: Vec<Cow<'_, Profile>> = profiles.map(Cow::Owned).collect();
    keep_common_types(&mut profiles)?;
    unite_units(&mut profiles)?;
    unite_forms(&mut profiles)?;
    match &mut profiles[..] {
        [] => Ok(None),
        [profile] => Ok(Some(std::mem::take(profile.to_mut()))),
        _ => together(profiles, None, adds_up).map(Some), // two or more
    }
}

/// Merges profiles, or joins them where samples are only added up.
fn together(
    mut profiles: Vec<Cow<'_, Profile>>,
    comparison: Option<Comparison>,
    adds_up: bool,
) -> std::result::Result<Profile, String> {
    if adds_up {
        match join(profiles, comparison)? {
            Ok(joined) => return Ok(joined),
            Err(back) => profiles = back,
        }
    }
    merge(profiles, comparison)
}

/// What could be read of some sources.
struct Set<T> {
    merged: Merged,
    besides: Vec<T>,
}

fn fetch_set<T: Send>(
    (names, adds_up): (&[OsString], bool),
    fetch: &Fetch<'_, T>,
    err: &mut dyn Sink,
) -> Result<Set<T>> {
    let mut set = Set {
        merged: Ok(None),
        besides: Vec::new(),
    };
    for chunk in names.chunks(CHUNK) {
        let mut read = Vec::new();
        for result in fetch_chunk(chunk, fetch, err)? {
            match result {
                Ok((profile, besides)) => {
                    read.push(profile);
                    set.besides.push(besides);
                }
                Err(error) => match error.cause() {
                    Cause::Source(text) => say(err, text.as_bytes())?,
                    _ => return Err(error), // of this process, not of the source
                },
            }
        }
        // As pprof: each chunk is merged before the next is read, which bounds what is in memory.
        let merged = set.merged;
        set.merged = merged.and_then(|before| combine(before.into_iter().chain(read), adds_up));
    }
    Ok(set)
}

/// Fetches sources together; what they remark is printed as it comes.
fn fetch_chunk<T: Send>(
    names: &[OsString],
    fetch: &Fetch<'_, T>,
    err: &mut dyn Sink,
) -> Result<Vec<Result<(Profile, T)>>> {
    if let [name] = names {
        let mut remark = |warning: Warning| {
            // A remark that cannot be made must not cost the profile.
            let _ = say(err, &warning.text());
        };
        return Ok(vec![fetch(name, &mut remark)]);
    }
    std::thread::scope(|scope| {
        let (remarks, heard): (Sender<Warning>, Receiver<Warning>) = channel();
        let mut asked = Vec::with_capacity(names.len());
        for name in names.iter().filter(|name| source::is_remote(name)) {
            let remarks = remarks.clone();
            let ask = move || fetch(name, &mut |warning| drop(remarks.send(warning)));
            asked.push(scope.spawn(ask));
        }
        drop(remarks);
        let mut remark = |warning: Warning| drop(say(err, &warning.text()));
        let read = |name: &OsString| (!source::is_remote(name)).then(|| fetch(name, &mut remark));
        let mut results: Vec<_> = names.iter().map(read).collect();
        for warning in heard {
            let _ = say(err, &warning.text());
        }
        let missing = results.iter_mut().filter(|result| result.is_none());
        for (result, thread) in missing.zip(asked) {
            let died = || Error::source("a fetch ended without an answer");
            *result = Some(thread.join().unwrap_or_else(|_| Err(died())));
        }
        Ok(results.into_iter().flatten().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{profile, typed};
    use crate::report::sink::Plain;

    fn gathered(sources: &[&str], base: Option<(Comparison, &str)>) -> (Result<Vec<i64>>, String) {
        gathered_for(false, sources, base)
    }

    fn gathered_for(
        adds_up: bool,
        sources: &[&str],
        base: Option<(Comparison, &str)>,
    ) -> (Result<Vec<i64>>, String) {
        let sources: Vec<OsString> = sources.iter().map(OsString::from).collect();
        let wanted = Wanted {
            sources: &sources,
            base: base.map(|(comparison, name)| (comparison, OsStr::new(name))),
            normalize: false,
            adds_up,
        };
        let fetch = |name: &OsStr, _: &mut dyn FnMut(Warning)| match name.to_str() {
            Some("one") => Ok((profile("b 2\na 1"), ())),
            Some("two") => Ok((profile("b 3"), ())),
            Some("less") => Ok((profile("b -3"), ())),
            Some("beside") => Ok((profile("a 1"), ())),
            Some("other") => Ok((typed(&[("x", "bytes")], "a 1"), ())),
            _ => Err(Error::source("no such thing")),
        };
        let mut out = Plain(Vec::new());
        let values = gather(&wanted, &fetch, &mut out).map(|(profile, _)| {
            let mut values = Vec::new();
            let read = profile.scan_values(|row, _| values.push(row[0]));
            read.unwrap();
            values
        });
        (values, String::from_utf8(out.0).unwrap())
    }

    #[test]
    fn one_source_that_fails_does_not_cost_the_others() {
        let (values, said) = gathered(&["one", "gone", "two"], None);
        assert_eq!(values.unwrap(), [5, 1]);
        assert_eq!(said, "no such thing\nFetched 2 source profiles out of 3\n");
    }

    #[test]
    fn what_cannot_be_merged_is_a_problem_of_its_set() {
        let (values, _) = gathered(&["one", "other"], None);
        let text = values.unwrap_err().to_string();
        let reason = "profiles have empty common sample type list";
        assert_eq!(text, format!("problem fetching source profiles: {reason}"));
        let (values, _) = gathered(&["one"], Some((Comparison::Base, "other")));
        assert_eq!(values.unwrap_err().to_string(), reason);
        let (values, _) = gathered(&["gone"], None);
        let text = values.unwrap_err().to_string();
        assert_eq!(text, "failed to fetch any source profiles");
    }

    #[test]
    fn of_more_sources_than_are_fetched_at_a_time_the_first_are_merged_first() {
        // What cancels out among 128 is gone when it comes again, and then stands last.
        let sources = [&["two", "less"][..], &["beside"; 126], &["two"]].concat();
        let (values, _) = gathered(&sources, None);
        assert_eq!(values.unwrap(), [126, 3]);
    }

    #[test]
    fn what_is_only_added_up_is_merged_where_it_is_compared_or_comes_in_chunks() {
        let joined = |sources: &[&str], base| gathered_for(true, sources, base).0.unwrap();
        assert_eq!(joined(&["two", "two"], None), [3, 3]);
        let base = Some((Comparison::DiffBase, "one"));
        assert_eq!(joined(&["two", "two"], base), [6, -2, -1]);
        assert_eq!(joined(&["beside"; CHUNK], None), [1; CHUNK]);
        assert_eq!(joined(&["beside"; CHUNK + 1], None), [129]);
    }

    #[test]
    fn a_base_is_subtracted_and_a_diff_base_stays_apart() {
        let (values, _) = gathered(&["two"], Some((Comparison::Base, "one")));
        assert_eq!(values.unwrap(), [1, -1]);
        let (values, _) = gathered(&["two"], Some((Comparison::DiffBase, "one")));
        assert_eq!(values.unwrap(), [3, -2, -1]);
    }
}
