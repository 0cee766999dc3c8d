//! The names that reports print: mangled ones read back, those that look like C++ cleaned up
//! (pprof-behaviour 1.9).
//!
//! It runs once, when a profile is opened, on every function whose name is its linker name. Generic
//! Go names fall under it too (`F[go.shape.func(int)]` loses `(int)`): an oddity that is mirrored.

use crate::demangle::{Style, demangle};
use crate::model::{Profile, Str};

/// What `-symbolize` says about names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Leave them as they are (`none`).
    AsTheyAre,
    /// Make them readable.
    Readable {
        /// Start from the linker's names even where others are known (`force`).
        force: bool,
        /// How much of them is shown; nothing leaves the linker's (`demangle=none`).
        style: Option<Style>,
    },
}

impl Names {
    /// What pprof does unasked.
    pub(crate) const DEFAULT: Names = Names::Readable {
        force: false,
        style: Some(Style::Short),
    };
}

/// Changes the functions' names; `None` when the texts exceed the string table.
pub(super) fn make_readable(profile: &mut Profile, names: Names) -> Option<()> {
    let Names::Readable { force, style } = names else {
        return Some(());
    };
    let functions = &mut profile.functions;
    let mut changed: Vec<(usize, Vec<u8>)> = Vec::new();
    for row in 0..functions.len() {
        let system_name = functions.system_name[row];
        let name = &mut functions.name[row];
        if force && *name != Str::EMPTY && system_name != Str::EMPTY {
            *name = system_name;
        }
        let Some(style) = style.filter(|_| *name == Str::EMPTY || *name == system_name) else {
            continue;
        };
        *name = system_name;
        if let Some(readable) = readable(profile.strings.get(system_name), style) {
            changed.push((row, readable));
        }
    }
    rename(profile, changed)
}

/// What to show instead of a name, if anything.
fn readable(name: &[u8], style: Style) -> Option<Vec<u8>> {
    if let Some(name) = demangle(name, style) {
        return Some(name);
    }
    if style == Style::Full || !looks_like_cpp(name) {
        return None;
    }
    let mut simple = name.to_vec();
    remove_groups(&mut simple, b'(', b')');
    if style == Style::Short {
        remove_groups(&mut simple, b'<', b'>');
    }
    (simple != name).then_some(simple)
}

/// Gives functions new names, keeping equal texts at equal ids.
fn rename(profile: &mut Profile, changed: Vec<(usize, Vec<u8>)>) -> Option<()> {
    if changed.is_empty() {
        return Some(());
    }
    let texts = changed.iter().map(|(_, name)| name.as_slice());
    let ids = profile.strings.intern_all(texts)?;
    for ((row, _), id) in changed.iter().zip(ids) {
        profile.functions.name[*row] = id;
    }
    Some(())
}

fn looks_like_cpp(name: &[u8]) -> bool {
    // Most names have none of these, and every name is asked.
    let mut marks = name
        .iter()
        .filter(|b| matches!(b, b'<' | b'>' | b'[' | b']' | b':'));
    if marks.clone().next().is_none() {
        return false;
    }
    let has = |pair: &[u8]| name.windows(pair.len()).any(|window| window == pair);
    let brackets = marks.any(|b| *b != b':');
    // Java's `Class.<init>` and Go's `(*T[...]).M` are no C++.
    (brackets || has(b"::")) && !has(b".<") && !has(b"]).")
}

/// Deletes every outermost balanced group; stops at a closing byte that nothing opened.
fn remove_groups(name: &mut Vec<u8>, open: u8, close: u8) {
    let (mut depth, mut start, mut at) = (0u32, 0, 0);
    while at < name.len() {
        if name[at] == open {
            depth += 1;
            if depth == 1 {
                start = at;
            }
        } else if name[at] == close {
            match depth {
                0 => return,
                1 => {
                    name.drain(start..=at);
                    at = start;
                    depth = 0;
                    continue;
                }
                _ => depth -= 1,
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;

    fn simple(name: &str, names: Names) -> String {
        // The first function of the profile; a semicolon would be another frame.
        let mut profile = profile(&format!("{name} 1"));
        make_readable(&mut profile, names).unwrap();
        let id = profile.functions.name[0];
        String::from_utf8(profile.text(id).to_vec()).unwrap()
    }

    #[test]
    fn groups_go_where_a_name_looks_like_cpp() {
        let simple = |name| simple(name, Names::DEFAULT);
        assert_eq!(simple("ns::f(a)"), "ns::f");
        assert_eq!(simple("plain(int)"), "plain(int)");
        assert_eq!(
            simple("main.Foo[go.shape.func(int)]"),
            "main.Foo[go.shape.func]"
        );
        assert_eq!(simple("main.(*T[...]).M(x)"), "main.(*T[...]).M(x)");
        assert_eq!(simple("a::b(c(d))::e(f)"), "a::b::e");
        assert_eq!(simple("a::b)(c)"), "a::b)(c)");
    }

    #[test]
    fn names_stay_when_told_to() {
        assert_eq!(simple("ns::f(a)", Names::AsTheyAre), "ns::f(a)");
    }
}
