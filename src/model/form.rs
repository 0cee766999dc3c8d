//! What the stacks of a goroutine profile have and lack by where they come from, and making profiles of
//! different forms comparable (formats.md, 1).
//!
//! A dump adds what started each goroutine as its root and leaves out frames of the runtime; the binary
//! form has them all. What the forms do not share is taken off both before they are merged or compared.

use std::borrow::Cow;

use super::{LocationId, Profile, Samples, Str};

/// The name of the mapping that the frames of creators lie in: a goroutine dump tells what started each
/// goroutine, and that frame is the root of its stack without having called it.
pub(crate) const CREATED_BY: &[u8] = b"[created by]";

/// What the stacks of a profile are like.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing is left out or added, as far as is known.
    #[default]
    Whole,
    /// A dump: the root is what started the goroutine ([`CREATED_BY`]), its id and that of its creator are
    /// labels, and frames of the runtime are left out.
    Dump,
    /// Several forms: what they do not share was taken off.
    Mixed,
}

/// Takes off goroutine profiles of different forms what these do not share: the creators, the leading frames
/// of the runtime, and its frames at the root. A profile.proto that was saved of a dump counts as whole: pprof
/// reads it too, and has to be agreed with.
pub(crate) fn unite_forms(profiles: &mut [Cow<'_, Profile>]) -> Result<(), String> {
    let forms: Vec<Form> = profiles.iter().map(|profile| profile.header.form).collect();
    let same = forms.windows(2).all(|pair| pair[0] == pair[1]);
    if same || !profiles.iter().all(|profile| counts_goroutines(profile)) {
        return Ok(());
    }
    for profile in profiles.iter_mut() {
        if profile.again.is_some() {
            let held = profile.to_mut().hold();
            held.map_err(|error| error.to_string())?;
        }
        let samples = shared(profile);
        let profile = profile.to_mut();
        profile.samples = samples;
        profile.header.form = Form::Mixed;
    }
    Ok(())
}

fn counts_goroutines(profile: &Profile) -> bool {
    let types = &profile.sample_types;
    types.iter().any(|of| profile.text(of.kind) == b"goroutine")
}

/// The samples with the part of their stacks that every form has.
fn shared(profile: &Profile) -> Samples {
    let kinds: Vec<Kind> = (0..profile.locations.len())
        .map(|row| kind(profile, row))
        .collect();
    let of = |location: &LocationId| kinds[location.at()];
    let mut samples = Samples::new(profile.samples.width());
    // Where the user interrupts, what called this notices as well.
    let _ = profile.samples.scan(|sample| {
        let stack = sample.stack;
        let end = stack.iter().position(|l| of(l) == Kind::Creator);
        let stack = &stack[..end.unwrap_or(stack.len())];
        let is_root = |l: &LocationId| matches!(of(l), Kind::Root);
        let end = stack
            .iter()
            .rposition(|l| !is_root(l))
            .map_or(0, |at| at + 1);
        let stack = &stack[..end];
        let start = stack.iter().position(|l| of(l) == Kind::Code);
        // Where every frame is the runtime's, all forms have them.
        let stack = &stack[start.unwrap_or(0)..];
        for location in stack {
            samples.add_frame(location.row());
        }
        let closed = samples.close(sample.values, sample.labels);
        debug_assert!(closed.is_some(), "no longer than it was");
    });
    samples
}

/// What a location is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Creator,
    /// Where goroutines begin.
    Root,
    Runtime,
    Code,
}

fn kind(profile: &Profile, row: usize) -> Kind {
    let mapping = profile.locations.mapping[row];
    let file = mapping.map_or(Str::EMPTY, |mapping| profile.mappings[mapping.at()].file);
    if profile.text(file) == CREATED_BY {
        return Kind::Creator;
    }
    let lines = profile.locations.lines.row(row).iter();
    let mut names = lines.map(|line| profile.text(profile.functions.name[line.function.at()]));
    let is_root = |name: &[u8]| name == b"runtime.main" || name == b"runtime.goexit";
    let is_runtime =
        |name: &[u8]| name.starts_with(b"runtime.") || name.starts_with(b"internal/runtime/");
    match (names.clone().count(), names.clone().all(is_root)) {
        (0, _) => Kind::Code,
        (_, true) => Kind::Root,
        _ if names.all(is_runtime) => Kind::Runtime,
        _ => Kind::Code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::typed;

    fn goroutines(text: &str) -> Profile {
        typed(&[("goroutine", "count")], text)
    }

    fn dump(text: &str) -> Profile {
        let mut dump = goroutines(text);
        dump.header.form = Form::Dump;
        dump
    }

    fn stacks(profile: &Profile) -> Vec<String> {
        let mut stacks = Vec::new();
        let name = |location: &LocationId| {
            let line = profile.locations.lines.row(location.at())[0];
            let name = profile.text(profile.functions.name[line.function.at()]);
            String::from_utf8_lossy(name).into_owned()
        };
        let scanned = profile.samples.scan(|sample| {
            let names: Vec<String> = sample.stack.iter().rev().map(name).collect();
            stacks.push(names.join(";"));
        });
        scanned.unwrap();
        stacks
    }

    fn united(profiles: [Profile; 2]) -> [Profile; 2] {
        let mut profiles = profiles.map(Cow::Owned);
        unite_forms(&mut profiles).unwrap();
        profiles.map(Cow::into_owned)
    }

    #[test]
    fn a_dump_and_a_binary_profile_keep_what_both_have() {
        let binary = goroutines(
            "runtime.main;main.main;sync.runtime_Semacquire;runtime.semacquire1;runtime.gopark 1\nruntime.goexit;runtime.bgsweep;runtime.gopark 1\nmain.f 2",
        );
        let mut text = dump("main.start;main.main;sync.runtime_Semacquire 1\nmain.start;main.f 1");
        text.mappings.push(crate::model::Mapping {
            id: 2,
            ..crate::model::Mapping::default()
        });
        text.mappings[1].file = text.strings.push(CREATED_BY).unwrap();
        let start = (0..text.locations.len()).find(|row| {
            let line = text.locations.lines.row(*row)[0];
            text.text(text.functions.name[line.function.at()]) == b"main.start"
        });
        text.locations.mapping[start.unwrap()] = Some(crate::model::MappingId::new(1));
        let [binary, text] = united([binary, text]);
        assert_eq!(
            stacks(&binary),
            [
                "main.main;sync.runtime_Semacquire",
                "runtime.bgsweep;runtime.gopark",
                "main.f"
            ]
        );
        assert_eq!(
            stacks(&text),
            ["main.main;sync.runtime_Semacquire", "main.f"]
        );
        assert_eq!([binary.header.form, text.header.form], [Form::Mixed; 2]);
    }

    #[test]
    fn profiles_of_one_form_and_other_profiles_stay_as_they_are() {
        let text = "runtime.main;main.f;runtime.gopark 1";
        for [a, b] in [
            [goroutines(text), goroutines(text)],
            [dump(text), dump(text)],
            [typed(&[("samples", "count")], text), dump(text)],
        ] {
            let [a, b] = united([a, b]);
            assert_eq!(stacks(&a), ["runtime.main;main.f;runtime.gopark"]);
            assert_eq!(stacks(&b), ["runtime.main;main.f;runtime.gopark"]);
        }
    }
}
