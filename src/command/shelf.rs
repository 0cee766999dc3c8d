//! The words behind the commands about open profiles: `open`, `profiles`, `use`, `base`, `close`, `save`.
//!
//! pprof answers each of them with `unrecognized command`, so no line of a script for pprof changes its
//! meaning; where a sample type has such a name, the bare word selects it as in pprof (pprof-behaviour 7.3).

use super::commands::ShelfVerb;
use super::pipe::Filter;
use crate::error::{Error, Result};

/// What is to happen to the open profiles.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shelving {
    /// Open a source under this name, or under one made from it.
    Open {
        source: String,
        name: Option<String>,
    },
    /// List what is open.
    List(Vec<Filter>),
    /// Show this one.
    Use(String),
    /// Compare the current one with this one, or end the comparison.
    Base(Option<String>),
    /// Close this one.
    Close(String),
    /// Write a profile, the current one where no name is given, to a file.
    Save { file: String, name: Option<String> },
}

/// Reads what follows the verb: `rest` is the line behind it, up to the first filter.
pub(super) fn read(verb: ShelfVerb, rest: &str, filters: Vec<Filter>) -> Result<Shelving> {
    if verb == ShelfVerb::Profiles {
        return Ok(Shelving::List(filters));
    }
    if !filters.is_empty() {
        let text = format!("{} prints nothing that could be filtered", verb.name());
        return Err(Error::usage(text));
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let text = |word: &str| word.to_string();
    Ok(match (verb, &words[..]) {
        (ShelfVerb::Open, [_, ..]) => open(rest.trim(), &words),
        (ShelfVerb::Use, [name]) => Shelving::Use(text(name)),
        (ShelfVerb::Base, ["none"]) => Shelving::Base(None),
        (ShelfVerb::Base, [name]) => Shelving::Base(Some(text(name))),
        (ShelfVerb::Close, [name]) => Shelving::Close(text(name)),
        (ShelfVerb::Save, [file]) => Shelving::Save {
            file: text(file),
            name: None,
        },
        (ShelfVerb::Save, [file, name]) => Shelving::Save {
            file: text(file),
            name: Some(text(name)),
        },
        // Too few words, or too many.
        (verb, _) => return Err(Error::usage(verb.expected())),
    })
}

/// The name of a file may have blanks in it: only an `as NAME` at the end is not part of it.
fn open(rest: &str, words: &[&str]) -> Shelving {
    let (source, name) = match words {
        [_, .., "as", name] => {
            let source = rest.strip_suffix(name).unwrap_or(rest).trim_end();
            let source = source.strip_suffix("as").unwrap_or(source).trim_end();
            (source, Some((*name).to_string()))
        }
        _ => (rest, None), // the name is up to us
    };
    Shelving::Open {
        source: source.to_string(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(read: Result<Shelving>) -> String {
        match read {
            Ok(shelving) => format!("{shelving:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn opened(rest: &str) -> (String, Option<String>) {
        match read(ShelfVerb::Open, rest, vec![]) {
            Ok(Shelving::Open { source, name }) => (source, name),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_source_may_have_blanks_and_a_name_behind_it() {
        let named = |source: &str, name: &str| (source.to_string(), Some(name.to_string()));
        assert_eq!(opened(" a.pb.gz "), ("a.pb.gz".to_string(), None));
        assert_eq!(opened(" my  heap.pb as  b"), named("my  heap.pb", "b"));
        assert_eq!(opened("x as as as"), named("x as", "as"));
        assert_eq!(opened("as b"), ("as b".to_string(), None));
        assert_eq!(opened("as"), ("as".to_string(), None));
    }

    #[test]
    fn every_verb_wants_its_words() {
        let read = |verb, rest| text(read(verb, rest, vec![]));
        assert_eq!(read(ShelfVerb::Use, " a "), "Use(\"a\")");
        assert_eq!(read(ShelfVerb::Base, "none"), "Base(None)");
        assert_eq!(read(ShelfVerb::Base, "a"), "Base(Some(\"a\"))");
        assert_eq!(read(ShelfVerb::Close, "a"), "Close(\"a\")");
        let save = "Save { file: \"f\", name: Some(\"a\") }";
        assert_eq!(read(ShelfVerb::Save, "f a"), save);
        assert_eq!(read(ShelfVerb::Profiles, "all of them"), "List([])");
        for verb in [
            ShelfVerb::Open,
            ShelfVerb::Use,
            ShelfVerb::Base,
            ShelfVerb::Close,
            ShelfVerb::Save,
        ] {
            let expected = read(verb, " ");
            assert!(
                expected.starts_with(&format!("{} needs", verb.name())),
                "{expected}"
            );
            assert_eq!(read(verb, "a b c") == expected, verb != ShelfVerb::Open);
        }
    }

    #[test]
    fn only_the_list_can_be_filtered() {
        let filters = Filter::parse(&["|", "head"]).expect("a filter");
        let error = text(read(ShelfVerb::Use, "a", filters.clone()));
        assert_eq!(error, "use prints nothing that could be filtered");
        let list = read(ShelfVerb::Profiles, "", filters.clone()).expect("a list");
        assert_eq!(list, Shelving::List(filters));
    }
}
