use super::*;
use crate::model::fixture::profile;

/// The stacks of `text`, without names: the addresses are 1, 2, … in order of their locations.
fn nameless(text: &str) -> Profile {
    let mut profile = profile(text);
    profile.mappings[0].has_functions = false;
    profile.mappings[0].start = 0x1000;
    let locations = &mut profile.locations;
    locations.lines = Ragged::default();
    for at in 0..locations.id.len() {
        locations.lines.push([]).unwrap();
        locations.address[at] = at as u64 + 0x1001;
    }
    profile
}

/// What is asked for the first binary, and the names that its locations have after the answer.
fn asked(profile: &mut Profile, shift: i64, answer: &str) -> (String, Result<Vec<String>>) {
    let asked = Asked {
        mapping: MappingId::new(0),
        shift,
    };
    let mut question = String::new();
    let named = asked.name(profile, &mut |text, _| {
        question = text.to_string();
        Ok(answer.as_bytes().to_vec())
    });
    let names = (0..profile.locations.len()).map(|at| match profile.locations.lines.row(at) {
        [line] => {
            let name = profile.functions.name[line.function.at()];
            String::from_utf8_lossy(profile.text(name)).into_owned()
        }
        _ => String::new(),
    });
    let names = names.collect();
    (question, named.map(|()| names))
}

#[test]
fn an_answer_names_the_addresses_it_speaks_of() {
    let answer = "num_symbols: 1\n0x1002 main.main\nat 0x1001\t f(int, char) \n0x1003 cut off";
    let mut one = nameless("a;b;c 1");
    let (question, names) = asked(&mut one, 0, answer);
    assert_eq!(question, "0x1001+0x1002+0x1003");
    assert_eq!(names.unwrap(), ["f(int, char) ", "main.main", ""]);
    // What has a name is not asked for again.
    assert_eq!(asked(&mut one, 0, "").0, "0x1003");
}

#[test]
fn addresses_move_to_where_the_server_knows_them_and_back() {
    let answer = "0x3001 f\n0x1002 g\n";
    let (question, names) = asked(&mut nameless("a;b 1"), 0x2000, answer);
    assert_eq!(question, "0x3001+0x3002");
    let text = names.unwrap_err().to_string();
    let wanted = "cannot adjust symbolz address 4098 by -8192, it would overflow";
    assert_eq!(text, wanted);
    let (_, names) = asked(&mut nameless("a;b 1"), -0x1001, "0x0 f\n0x1 g\n0x9 h\n");
    assert_eq!(names.unwrap(), ["f", "g"]);
    let (question, names) = asked(&mut nameless("a 1"), -0x1002, "");
    assert_eq!(question, "");
    let wanted = "cannot adjust address 4097 by -4098, it would overflow";
    assert_eq!(names.unwrap_err().to_string(), wanted);
}

#[test]
fn the_address_of_nothing_is_not_asked_for() {
    let mut two = nameless("a;b 1");
    two.locations.address = vec![0, 1];
    assert_eq!(asked(&mut two, 0, "").0, "0x1");
}

#[test]
fn an_answer_without_sense_names_nothing() {
    for answer in ["", "\n", "0x 1 f\n", "0x1001f\n", "1001 f\n", "\0\u{9b}\n"] {
        let (_, names) = asked(&mut nameless("a 1"), 0, answer);
        assert_eq!(names.unwrap(), [""], "{answer:?}");
    }
    let mut one = nameless("a 1");
    let (_, names) = asked(&mut one, 0, "0x1001 f\n0x11112222333344445 g\n");
    let text = names.unwrap_err().to_string();
    let shown = "0x11112222333344445";
    let reason = format!("strconv.ParseUint: parsing \"{shown}\": value out of range");
    assert_eq!(text, format!("unexpected parse failure {shown}: {reason}"));
    assert!(one.locations.lines.row(0).is_empty());
}

#[test]
fn an_answer_may_be_long_where_much_was_asked_but_not_without_end() {
    assert_eq!(longest_answer(1), 69_632);
    assert_eq!(longest_answer(16_367), (64 << 20) - 4_096);
    assert_eq!(longest_answer(1_000_000), 64 << 20);
    let mut most = 0;
    let mut ask = |_: &str, bytes| {
        most = bytes;
        Ok(Vec::new())
    };
    let asked = Asked {
        mapping: MappingId::new(0),
        shift: 0,
    };
    asked.name(&mut nameless("a;b 1"), &mut ask).unwrap();
    assert_eq!(most, 73_728);
}

#[test]
fn of_an_address_without_end_40_digits_are_shown() {
    let answer = format!("0x{} f\n", "1".repeat(1000));
    let (_, names) = asked(&mut nameless("a 1"), 0, &answer);
    let text = names.unwrap_err().to_string();
    assert_eq!(text.matches('1').count(), 80, "{text}");
}

#[test]
fn a_line_is_searched_for_an_address_and_a_name() {
    let read = |line: &'static str| {
        let (digits, name) = split(line.as_bytes())?;
        Some((
            std::str::from_utf8(digits).unwrap(),
            std::str::from_utf8(name).unwrap(),
        ))
    };
    assert_eq!(read("x 0x0xAf  f g\n"), Some(("Af", "f g")));
    assert_eq!(read("0x1 f\r\n"), Some(("1", "f\r")));
    assert_eq!(read("0x1\n"), Some(("1", "")));
    assert_eq!(read("0x1g 0x2 f\n"), Some(("2", "f")));
    assert_eq!(read("0X1 f\n"), None);
}

#[test]
fn new_functions_have_ids_of_their_own() {
    let mut one = nameless("a;b;c 1");
    one.functions.id = vec![5, 6, 9];
    asked(&mut one, 0, "0x1001 f\n0x1002 g\n0x1003 f\n")
        .1
        .unwrap();
    assert_eq!(one.functions.id, [5, 6, 9, 4, 7]);
}

#[test]
fn symbolize_is_read_word_by_word() {
    let readable = |force, style| Names::Readable { force, style };
    let templates = Some(Style::Templates);
    for (flag, expected, unknown) in [
        ("", Names::DEFAULT, 0),
        ("local:remote", Names::DEFAULT, 0),
        ("NONE", Names::AsTheyAre, 0),
        ("bogus:no:more", Names::AsTheyAre, 1),
        ("force", readable(true, Some(Style::Short)), 0),
        ("demangle=templates", readable(true, templates), 0),
        ("demangle=full", readable(true, Some(Style::Full)), 0),
        ("demangle=none", readable(true, None), 0),
        ("bogus:worse", Names::DEFAULT, 2),
    ] {
        let mode = Mode::of(flag);
        assert_eq!((mode.names, mode.unknown), (expected, unknown), "{flag}");
    }
    for (flag, remote, force) in [
        ("", true, false),
        ("local", false, false),
        ("local:remote:force", true, true),
        ("remote:fastlocal", false, false),
        ("no", false, false),
        ("demangle=full", true, true),
    ] {
        let mode = Mode::of(flag);
        assert_eq!((mode.remote, mode.force), (remote, force), "{flag}");
    }
}
