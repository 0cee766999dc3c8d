//! Rows that become one, and rows that stay apart.

use super::*;
use crate::model::fixture::{self, typed};

fn merge(profiles: Vec<Profile>) -> Result<Profile, String> {
    super::merge(profiles.into_iter().map(Cow::Owned).collect(), None)
}

/// A profile whose locations are told apart by their lines alone: the fixture's addresses follow
/// the order of the frames, which differs from profile to profile.
fn profile(text: &str) -> Profile {
    let mut profile = fixture::profile(text);
    profile.locations.address.fill(0);
    profile
}

fn folded(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    let scan = profile.samples.scan(|sample| {
        let name = |l: &LocationId| {
            let line = profile.locations.lines.row(l.at())[0];
            let name = profile.functions.name[line.function.at()];
            String::from_utf8_lossy(profile.text(name)).into_owned()
        };
        let names: Vec<_> = sample.stack.iter().rev().map(name).collect();
        lines.push(format!("{} {:?}", names.join(";"), sample.values));
    });
    scan.unwrap();
    lines
}

#[test]
fn equal_stacks_add_up_in_the_order_of_first_appearance() {
    let merged = merge(vec![profile("a;b 1\nc 2"), profile("c 3\nd 4\na;b 5")]).unwrap();
    assert_eq!(folded(&merged), ["a;b [6]", "c [5]", "d [4]"]);
    assert_eq!(merged.mappings.len(), 1);
}

#[test]
fn what_cancels_is_gone_with_all_it_used() {
    let merged = merge(vec![profile("a;b 1\nc 2"), profile("c -2")]).unwrap();
    assert_eq!(folded(&merged), ["a;b [1]"]);
    assert_eq!(merged.functions.len(), 2);
}

#[test]
fn what_is_subtracted_cancels_unless_a_label_keeps_it_apart() {
    let minus = |base: &str, comparison| {
        let (from, base) = (profile("a{k=x} 5\nb 2"), profile(base));
        let (from, base) = (Cow::Owned(from), Cow::Borrowed(&base));
        folded(&super::merge(vec![from, base], Some(comparison)).unwrap())
    };
    let base = "a{k=x} 3\nb 2\nc 0";
    assert_eq!(minus(base, Comparison::Base), ["a [2]"]);
    let apart = minus(base, Comparison::DiffBase);
    assert_eq!(apart, ["a [5]", "b [2]", "a [-3]", "b [-2]"]);
}

#[test]
fn the_label_of_a_base_stands_where_its_key_sorts_and_stands_once() {
    let base = profile("a{z=q,pprof::base=no,k=x} 3");
    let from = Cow::Owned(profile("b 1"));
    let two = vec![from, Cow::Owned(base)];
    let merged = super::merge(two, Some(Comparison::DiffBase)).unwrap();
    let labels = text_groups(&merged.strings, merged.label_sets.row(1));
    let keys: Vec<_> = labels
        .iter()
        .map(|(key, v)| (merged.text(*key), v))
        .collect();
    let value = |text: &'static [u8]| vec![text];
    let want = [
        (b"k".as_slice(), &value(b"x")),
        (b"pprof::base", &value(b"true")),
        (b"z", &value(b"q")),
    ];
    assert_eq!(keys, want);
    let stored: Vec<_> = merged.label_sets.row(1).iter().map(|l| l.key).collect();
    assert_eq!(
        stored,
        labels.iter().map(|(key, _)| *key).collect::<Vec<_>>()
    );
}

#[test]
fn labels_keep_samples_apart_but_the_order_of_keys_does_not() {
    let merged = merge(vec![
        profile("a{k=x,l=y} 1\na{k=z} 1"),
        profile("a{l=y,k=x} 1"),
    ])
    .unwrap();
    assert_eq!(folded(&merged), ["a [2]", "a [1]"]);
}

#[test]
fn of_the_columns_of_a_location_only_the_outermost_counts() {
    // One location, two lines: b inlined into a.
    let columns = |inner, outer| {
        let mut profile = profile("a;b 1");
        let at = |function| Line {
            function: FunctionId::new(function),
            line: 7,
            column: if function == 0 { inner } else { outer },
        };
        let mut lines = crate::model::Ragged::default();
        lines.push([at(0), at(1)]).unwrap();
        lines.push([at(0), at(1)]).unwrap();
        profile.locations.lines = lines;
        profile
    };
    let locations = |a, b| merge(vec![a, b]).unwrap().locations.len();
    assert_eq!(locations(columns(1, 5), columns(2, 5)), 1);
    assert_eq!(locations(columns(1, 5), columns(1, 6)), 2);
}

/// One location at 0x10 in a binary that was loaded there.
fn loaded(start: u64, size: u64) -> Profile {
    let mut profile = fixture::profile("a 1");
    let mapping = &mut profile.mappings[0];
    (mapping.start, mapping.limit) = (start, start + size);
    profile.locations.address[0] = start + 0x10;
    profile
}

#[test]
fn a_binary_is_one_wherever_it_was_loaded_if_it_has_as_many_pages() {
    let merged = |a, b| {
        let merged = merge(vec![a, b]).unwrap();
        (merged.mappings.len(), merged.locations.address)
    };
    let moved = merged(loaded(0x4000, 0x1000), loaded(0x9000, 0x800));
    assert_eq!(moved, (1, vec![0x4010]));
    let other = merged(loaded(0x4000, 0x1000), loaded(0x9000, 0x1001));
    assert_eq!(other, (2, vec![0x4010, 0x9010]));
}

#[test]
fn of_binaries_that_no_sample_is_in_only_the_main_one_of_the_first_profile_comes() {
    let with_main = |size| {
        let mut profile = loaded(0x4000, 0x1000);
        let main = loaded(0x8000, size).mappings[0].clone();
        profile.mappings.insert(0, main);
        profile.locations.mapping[0] = Some(MappingId::new(1));
        profile
    };
    let merged = merge(vec![with_main(0x2000), with_main(0x3000)]).unwrap();
    let sizes: Vec<u64> = merged.mappings.iter().map(|m| m.limit - m.start).collect();
    assert_eq!(sizes, [0x2000, 0x1000]);
}

#[test]
fn locations_are_one_only_where_all_about_them_is() {
    let lines = |line| {
        [Line {
            function: FunctionId::new(0),
            line,
            column: 0,
        }]
    };
    let (seven, eight) = (lines(7), lines(8));
    let key = |address, lines| LocationKey {
        address,
        mapping: None,
        lines,
        folded: false,
    };
    assert!(key(1, &seven) == key(1, &seven));
    assert!(key(1, &seven) != key(2, &seven));
    assert!(key(1, &seven) != key(1, &eight));
}

#[test]
fn the_greatest_period_stays_and_one_of_zero_is_none() {
    let merged = |periods: [i64; 3]| {
        let profiles = periods.map(|period| {
            let mut profile = profile("a 1");
            profile.header.period = period;
            profile
        });
        merge(profiles.to_vec()).unwrap().header.period
    };
    assert_eq!(merged([2, 5, 3]), 5);
    assert_eq!(merged([1, 0, -1]), 1);
    assert_eq!(merged([0, -3, -4]), -3);
}

#[test]
fn dumps_are_merged_into_a_dump() {
    let mut dump = profile("a 1");
    dump.header.form = Form::Dump;
    let merged = merge(vec![dump.clone(), dump]).unwrap();
    assert_eq!(merged.header.form, Form::Dump);
}

#[test]
fn a_time_of_zero_after_one_that_is_known_erases_it() {
    let (mut a, b) = (profile("a 1"), profile("a 1"));
    a.header.time_nanos = 5;
    assert_eq!(merge(vec![a, b]).unwrap().header.time_nanos, 0);
}

#[test]
fn different_periods_do_not_merge() {
    let (a, mut b) = (profile("a 1"), profile("a 1"));
    b.header.period_type = b.sample_types[0];
    assert_eq!(
        merge(vec![a, b]).unwrap_err(),
        "incompatible period types &{  0 0} and &{samples count 0 0}"
    );
}

#[test]
fn many_samples_are_found_again() {
    let text: String = (0..500).map(|n| format!("a;f{n} 1\n")).collect();
    let merged = merge(vec![profile(&text), profile(&text)]).unwrap();
    assert_eq!(merged.samples.len(), 500);
    let lines = folded(&merged);
    assert!(lines.iter().all(|line| line.ends_with("[2]")));
    let two = typed(&[("x", "count"), ("y", "count")], "a 0 0\nb 0 1");
    assert_eq!(folded(&merge(vec![two]).unwrap()), ["b [0, 1]"]);
}
