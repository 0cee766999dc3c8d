//! The words behind the commands about a live process: `target`, `index`, `fetch`, `grow`, `every`, `collect`.
//!
//! pprof answers each of them with `unrecognized command`. The kinds of profile are no fixed list: a
//! program may have its own, so any word that can stand in a URL is one.

use super::commands::LiveVerb;
use super::pipe::Filter;
use crate::error::{Error, Result};

/// What a server has besides profiles: it holds no records, so there is nothing in it to grow.
pub(crate) const SERVICES: [&str; 4] = ["cmdline", "profile", "symbol", "trace"];

/// What is asked of a live process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asking {
    /// Connect to the one of this number; list all where none is given.
    Target(Option<usize>),
    /// Ask also listeners that are no Go process.
    Probe,
    /// List what the connected one offers.
    Index(Vec<Filter>),
    /// Take a profile; the last one again where none is named.
    Fetch(Option<Fetch>),
    /// Take what changes in a profile of this name within so many seconds.
    Grow { kind: String, seconds: u64 },
    /// Fetch again and do this, with so many seconds in between.
    Every { seconds: u64, line: String },
    /// Take everything.
    Collect(Collect),
}

/// Everything that is to be taken, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Collect {
    /// A folder, a file that ends in `.tgz` or `.tar.gz`, or `-`.
    pub(crate) to: String,
    /// For how long the CPU is sampled.
    pub(crate) seconds: Option<u64>,
    /// Whatever it costs the process.
    pub(crate) force: bool,
    /// Without label values, arguments and foreign paths.
    pub(crate) redact: bool,
}

/// A profile that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// `heap`, `goroutine`, or the name of a profile of the program's own.
    pub(crate) kind: String,
    /// How long the server is to record.
    pub(crate) seconds: Option<u64>,
    /// `debug=1` or `debug=2`; 0 is the binary form.
    pub(crate) debug: u8,
    /// Collect garbage first.
    pub(crate) gc: bool,
    /// Whatever it costs the process.
    pub(crate) force: bool,
    /// Keep the body in this file instead of opening it.
    pub(crate) file: Option<String>,
}

/// Reads the words behind the verb: `words` up to the first filter, `line` with the filters.
pub(super) fn read(
    verb: LiveVerb,
    words: &[&str],
    line: &[&str],
    filters: Vec<Filter>,
) -> Result<Asking> {
    if verb == LiveVerb::Index {
        return Ok(Asking::Index(filters));
    }
    let words = match verb {
        LiveVerb::Every => line,
        _ => words,
    };
    let filters = match verb {
        LiveVerb::Every => Vec::new(), // they are the report's
        _ => filters,
    };
    if !filters.is_empty() {
        let text = format!("{} prints nothing that could be filtered", verb.name());
        return Err(Error::usage(text));
    }
    let asked = match (verb, words) {
        (LiveVerb::Target, []) => Some(Asking::Target(None)),
        (LiveVerb::Target, ["probe"]) => Some(Asking::Probe),
        (LiveVerb::Target, [number]) => number.parse().ok().map(|at| Asking::Target(Some(at))),
        (LiveVerb::Fetch, []) => Some(Asking::Fetch(None)),
        (LiveVerb::Fetch, [kind, words @ ..]) => Some(Asking::Fetch(Some(fetch(kind, words)?))),
        (LiveVerb::Collect, [_, ..]) => Some(Asking::Collect(collect(words)?)),
        (LiveVerb::Grow, [kind, length]) => Some(Asking::Grow {
            kind: name(kind)?.to_string(),
            seconds: seconds(length)?,
        }),
        (LiveVerb::Every, [length, report, words @ ..]) => Some(Asking::Every {
            seconds: seconds(length)?,
            line: std::iter::once(report)
                .chain(words)
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
        }),
        _ => None, // too few words, or too many
    };
    asked.ok_or_else(|| Error::usage(verb.expected()))
}

fn fetch(kind: &str, words: &[&str]) -> Result<Fetch> {
    let mut asked = Fetch {
        kind: name(kind)?.to_string(),
        ..Fetch::default()
    };
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "gc" | "gc=1" => asked.gc = true,
            "debug=0" => asked.debug = 0,
            "debug=1" => asked.debug = 1,
            "debug=2" => asked.debug = 2,
            "-force" => asked.force = true,
            ">" => asked.file = words.next().map(str::to_string),
            _ if word.starts_with('>') => asked.file = Some(word[1..].to_string()),
            _ => asked.seconds = Some(seconds(word.strip_prefix("seconds=").unwrap_or(word))?),
        }
    }
    if asked.debug > 0 && asked.seconds.is_some() {
        let text = "a server takes seconds or debug, not both: leave one of them out";
        return Err(Error::usage(text));
    }
    Ok(asked)
}

fn collect(words: &[&str]) -> Result<Collect> {
    let mut asked = Collect::default();
    for word in words {
        match *word {
            "-force" => asked.force = true,
            "-redact" => asked.redact = true,
            "-" => {
                let text = "at the prompt collect needs a folder, or a file that ends in .tgz";
                return Err(Error::usage(text));
            }
            word if asked.to.is_empty() => asked.to = word.to_string(),
            word => asked.seconds = Some(seconds(word.strip_prefix("seconds=").unwrap_or(word))?),
        }
    }
    match asked.to.is_empty() {
        true => Err(Error::usage(LiveVerb::Collect.expected())),
        false => Ok(asked),
    }
}

/// A word that can stand at the end of a URL's path.
fn name(word: &str) -> Result<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/%+~@:".contains(&byte);
    match word.bytes().all(plain) && !word.split('/').any(|part| part == "..") {
        true => Ok(word),
        false => Err(Error::usage(format!(
            "{} is no name of a profile: index lists those there are",
            super::options::quoted(word)
        ))),
    }
}

/// `30`, `30s`, `2m` or `1h` in seconds.
pub(super) fn seconds(word: &str) -> Result<u64> {
    let (digits, unit) = match word.char_indices().next_back() {
        Some((at, 's')) => (&word[..at], 1),
        Some((at, 'm')) => (&word[..at], 60),
        Some((at, 'h')) => (&word[..at], 3600),
        _ => (word, 1),
    };
    let number: Option<u64> = digits.parse().ok();
    let seconds = number.and_then(|number| number.checked_mul(unit));
    seconds
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| {
            let word = super::options::quoted(word);
            Error::usage(format!("{word} is no length of time: write 30s or 2m"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(rest: &str) -> Fetch {
        let words: Vec<&str> = rest.split_whitespace().collect();
        match read(LiveVerb::Fetch, &words, &words, vec![]) {
            Ok(Asking::Fetch(Some(fetch))) => fetch,
            other => panic!("{rest}: {other:?}"),
        }
    }

    fn error(verb: LiveVerb, rest: &str) -> String {
        let words: Vec<&str> = rest.split_whitespace().collect();
        match read(verb, &words, &words, vec![]) {
            Err(error) => error.to_string(),
            Ok(asking) => panic!("{rest}: {asking:?}"),
        }
    }

    #[test]
    fn a_fetch_has_a_kind_and_its_wishes_in_any_order() {
        let plain = Fetch {
            kind: "heap".to_string(),
            ..Fetch::default()
        };
        assert_eq!(asked("heap"), plain);
        let gc = Fetch {
            gc: true,
            debug: 1,
            ..plain.clone()
        };
        assert_eq!(asked("heap gc debug=1"), gc);
        assert_eq!(asked("heap debug=1 gc=1"), gc);
        let timed = |seconds| Fetch {
            seconds: Some(seconds),
            ..plain.clone()
        };
        assert_eq!(asked("heap 30"), timed(30));
        assert_eq!(asked("heap seconds=30"), timed(30));
        assert_eq!(asked("heap 2m"), timed(120));
        let kept = Fetch {
            file: Some("f.trace".to_string()),
            ..timed(5)
        };
        assert_eq!(asked("heap 5s >f.trace"), kept);
        assert_eq!(asked("heap 5s > f.trace"), kept);
    }

    #[test]
    fn a_kind_is_a_name_and_never_another_address() {
        assert_eq!(asked("github.com/x/y.pool").kind, "github.com/x/y.pool");
        for kind in ["a?b", "../x", "a/../b", "a#b", "a\\b", "é"] {
            assert!(
                error(LiveVerb::Fetch, kind).contains("is no name"),
                "{kind}"
            );
        }
    }

    #[test]
    fn words_that_mean_nothing_are_told_off() {
        for word in ["0", "-1", "x", "5x", "99999999999999999999s", "s", "2d"] {
            let error = error(LiveVerb::Fetch, &format!("heap {word}"));
            assert!(error.contains("no length of time"), "{word}: {error}");
        }
        assert!(error(LiveVerb::Fetch, "heap 5 debug=1").contains("not both"));
        assert!(error(LiveVerb::Target, "a").starts_with("target needs"));
        assert!(error(LiveVerb::Target, "1 2").starts_with("target needs"));
    }

    #[test]
    fn each_word_that_is_offered_is_understood() {
        for word in LiveVerb::Fetch.words() {
            assert_ne!(asked(&format!("heap {word}")), asked("heap"), "{word}");
        }
        for (verb, first) in [(LiveVerb::Collect, Some("a.tgz")), (LiveVerb::Target, None)] {
            for word in verb.words() {
                let words: Vec<&str> = first.into_iter().chain([*word]).collect();
                assert!(read(verb, &words, &words, vec![]).is_ok(), "{words:?}");
            }
        }
    }

    #[test]
    fn a_target_is_a_number_or_whoever_listens() {
        let asking = |words: &[&str]| read(LiveVerb::Target, words, words, vec![]).expect("read");
        assert_eq!(asking(&[]), Asking::Target(None));
        assert_eq!(asking(&["2"]), Asking::Target(Some(2)));
        assert_eq!(asking(&["probe"]), Asking::Probe);
    }

    #[test]
    fn a_collection_has_a_place_and_its_wishes_in_any_order() {
        let collect = |rest: &str| {
            let words: Vec<&str> = rest.split_whitespace().collect();
            read(LiveVerb::Collect, &words, &words, vec![])
        };
        let wish = Collect {
            to: "a.tgz".to_string(),
            seconds: Some(30),
            force: true,
            redact: true,
        };
        for rest in [
            "a.tgz 30s -force -redact",
            "-redact a.tgz -force seconds=30",
        ] {
            assert_eq!(collect(rest).expect(rest), Asking::Collect(wish.clone()));
        }
        let plain = Collect {
            to: "dir".to_string(),
            ..Collect::default()
        };
        assert_eq!(collect("dir").expect("read"), Asking::Collect(plain));
        assert!(error(LiveVerb::Collect, "").starts_with("collect needs"));
        assert!(error(LiveVerb::Collect, "-force").starts_with("collect needs"));
        assert!(error(LiveVerb::Collect, "-").contains("needs a folder"));
        assert!(error(LiveVerb::Collect, "a b").contains("no length of time"));
    }
}
