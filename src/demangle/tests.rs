use super::*;

/// Names and what the pinned pprof makes of them.
fn say(style: Style, pairs: &[(&str, &str)]) {
    for (name, wanted) in pairs {
        let readable = demangle(name.as_bytes(), style).unwrap_or_default();
        assert_eq!(String::from_utf8(readable).unwrap(), *wanted, "{name}");
    }
}

fn say_nothing(names: &[&str]) {
    for name in names {
        assert_eq!(demangle(name.as_bytes(), Style::Full), None, "{name}");
    }
}

#[test]
fn rusts_old_names_lose_their_hash_and_their_escapes() {
    let pairs = [
        ("_ZN3foo3bar17h05af221e174051e9E.llvm.12", "foo::bar"),
        ("_ZN5__foo3bar17h05af221e174051e9E", "_foo::bar"),
        ("__ZN3foo17h05af221e174051e9E", "foo"),
        // Five different digits make a hash.
        ("_ZN3foo17h01f000000000002aE", "foo"),
        ("_ZN13_$LT$a..b$GT$17h05af221e174051e9E", "<a::b>"),
        (
            "_ZN28$SP$$BP$$RF$$LP$$RP$$C$$u7e$17h05af221e174051e9E",
            "@*&(),~",
        ),
        ("_ZN8a$RF$b$x17h05af221e174051e9E", "a&b$x"),
        ("_ZN6$u1b$a17h05af221e174051e9E", "$u1b$a"),
    ];
    say(Style::Short, &pairs);
    say(Style::Full, &pairs);
}

#[test]
fn rusts_new_names_are_printed_part_by_part() {
    let args = "<[u8; 16], [str], *const u8, *mut u8, (), (u8,), (u8,), usize, _, !, &mut u8, &u8>";
    say(
        Style::Full,
        &[
            (
                "_RINvC1f1gAhj10_SePhOhTEThEThEjpzQhRhE",
                &format!("f::g::{args}"),
            ),
            ("_RIC0FG_RL0_hEuE", "::<for<'a> fn(&'a u8)>"),
            (
                "_RIC0FUKCRhEuFK12fast_unsafe_EzFEvE",
                "::<unsafe extern \"C\" fn(&u8), extern \"fast-unsafe-\" fn() -> !, fn() -> ...>",
            ),
            (
                "_RINvC1f1gDG_INtC1a1ThEp1XhEL_E",
                "f::g::<dyn for<'a> a::T<u8, X = u8>>",
            ),
            (
                "_RIC0Kb1_Kc76_Kc27_Kc1f600_Kan5_Kx8000000000000000_Ko10000000000000000_E",
                "::<true, 'v', '\\'', '\\u{1f600}', -5, 9223372036854775808, 0x10000000000000000>",
            ),
            (
                "_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_",
                "cc::spawn::{closure#0}::{closure#0}",
            ),
            ("_RNSC1f3fooNvC1g1h", "f::{shim:foo#0}"),
            (
                "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
                "utf8_idents::საჭმელად_გემრიელი_სადილი",
            ),
            // The step after the first insertion is 455, the last that is not divided.
            ("_RNvC1fu10abc_d91s1b", "f::abc\u{f954}\u{f960}"),
            ("_RNvC1fu13abc_d91su419g", "f::abc\u{f954}😀"),
        ],
    );
}

#[test]
fn arguments_that_are_not_shown_leave_their_brackets() {
    say(
        Style::Short,
        &[
            (
                "_RMC0INtC8arrayvec8ArrayVechKj7b_E",
                "<arrayvec::ArrayVec<>>",
            ),
            ("_RINvC3foo3barhE", "foo::bar::<>"),
        ],
    );
    say(Style::Templates, &[("_RINvC3foo3barhE", "foo::bar::<u8>")]);
}

#[test]
fn what_is_no_mangled_name_stays() {
    say_nothing(&[
        "",
        "_",
        "_R",
        "_Z",
        "main.main",
        "_RNvC3foo",
        "_R1NvC3foo3bar",
        "_RNvC3foo3bar9trailing",
        "_ZN0_17h05af221e174051e9E", // pprof dies of it
        "_ZN9foo17h05af221e174051e9E",
    ]);
}

#[test]
fn a_name_that_grows_without_end_stays() {
    // Each level refers twice to the level before: 2^40 parts.
    let mut name = "_RIC1a".to_string();
    let mut before = "h".to_string();
    for _ in 0..40 {
        let at = name.len() - 2;
        name += &format!("T{before}{before}E");
        before = format!("B{}", base_62(at));
    }
    name.push('E');
    say_nothing(&[&name]);
    assert_eq!(demangle(name.as_bytes(), Style::Short).unwrap(), b"a::<>");
}

#[test]
fn a_name_that_is_too_deep_stays() {
    let deep = |levels: usize| format!("_RIC1a{}hE", "R".repeat(levels));
    assert!(demangle(deep(400).as_bytes(), Style::Full).is_some());
    say_nothing(&[&deep(600), &deep(60_000), &deep(70_000)]);
}

fn base_62(value: usize) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let Some(mut value) = value.checked_sub(1) else {
        return "_".to_string();
    };
    let mut text = vec![b'_'];
    loop {
        text.insert(0, DIGITS[value % 62]);
        value /= 62;
        if value == 0 {
            return String::from_utf8(text).unwrap();
        }
    }
}

#[test]
fn names_of_cpp_lose_parameters_and_arguments() {
    say(
        Style::Short,
        &[
            ("_ZN3foo3barEv", "foo::bar"),
            ("_ZN3foo3barEv.cold.1", "foo::bar"),
            ("_Z1fIiEvT_", "f"),
            ("_ZNSsC1ERKSaIcE", "std::basic_string::basic_string"),
            (
                "_ZN3foo3bar17h0000000000000000E",
                "foo::bar::h0000000000000000",
            ),
            ("_ZZ1fiENKUlcE0_clEc", "f()::{lambda(char)#2}::operator()"),
            ("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f"),
            ("_ZN1acvPiEv", "a::operator int*"),
            ("_ZThn16_N1aIcE1bEi", "non-virtual thunk to a::b(int)"),
        ],
    );
}

#[test]
fn a_type_is_written_around_what_it_belongs_to() {
    say(
        Style::Full,
        &[
            (
                "_Z1fPFivEPA3_iM1aFvcEMS3_i",
                "f(int (*)(), int (*) [3], void (a::*)(char), int a::*)",
            ),
            ("_Z1fIJicEEvDpT_", "void f<int, char>(int, char)"),
            ("_ZNK1a1fEOKi", "a::f(int const&&) const"),
            (
                "_ZN1aILi5ELj6ELb1ELln7ELc65ELDnEE1gEv",
                "a<5, 6u, true, -7l, (char)65, decltype(nullptr)>::g()",
            ),
            (
                "_ZN1aIXplLi1ELi2EEXgtLi3ELi4EEE1gEv",
                "a<(1)+(2), ((3)>(4))>::g()",
            ),
        ],
    );
    say(Style::Templates, &[("_ZN1aI1bIiEE1fEi", "a<b<int> >::f")]);
}

#[test]
fn what_cpp_20_added_is_printed_too() {
    say(
        Style::Full,
        &[
            ("_ZNH3foo3barEi", "foo::bar(this int)"),
            ("_Z1fDkN3std3intEDK1a", "f(std::int auto, a decltype(auto))"),
            (
                "_Z1fIiEvT_QsrSt1aIS0_E1b",
                "void f<int>(int) requires std::a<T0>::b",
            ),
            (
                "_ZN1aUlTpTniTtTyEvE_1fEv",
                "a::{lambda<int..., template<typename $T> typename $TT>()#1}::f()",
            ),
            (
                "_ZN1aIXrqXfp_NR1bTiQLb1EEEE1fEv",
                "a<requires { {{parm#1}} noexcept -> b; typename int; requires true; }>::f()",
            ),
            ("_ZW3FooWP3bar3fooi", "foo@Foo:bar(int)"),
            ("_ZGIW3abc", "initializer for module abc"),
            (
                "_ZN1aIXdi1bdxLi0EaSfp_Li1EEE1fEv",
                "a<.b[0].{parm#1}=(1)>::f()",
            ),
            (
                "_ZN1aIXsoifp_n4_1pEEE1fEv",
                "a<{parm#1}.<int at offset -4> >::f()",
            ),
            ("_Z1fITnN1aE1bEvv", "void f<b>()"),
        ],
    );
    say_nothing(&["_ZN1aITnT_Li1EE1fEv", "_Z1fDF_"]);
}

#[test]
fn a_hostile_name_of_cpp_stays() {
    let deep = |levels: usize| format!("_Z1f{}i", "P".repeat(levels));
    assert!(demangle(deep(200).as_bytes(), Style::Full).is_some());
    say_nothing(&[&deep(400), &deep(60_000)]);
    // Each argument is twice the one before.
    let doubling = |levels: usize| {
        let references = (0..levels).map(|level| {
            let before = base_36(level);
            format!("S_IS{before}_S{before}_E")
        });
        format!("_Z1f1aIiiE{}", references.collect::<String>())
    };
    assert!(demangle(doubling(5).as_bytes(), Style::Full).is_some());
    say_nothing(&[&doubling(60), "_Z", "_ZN", "_ZN3foo", "_Z1fS_", "_Z1fT_"]);
}

fn base_36(value: usize) -> String {
    let digit = |value: usize| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value % 36]);
    match value {
        0..36 => digit(value).to_string(),
        _ => format!("{}{}", digit(value / 36), digit(value)),
    }
}

/// Holds the longest name of a kind that is read, and the next one, which stays.
fn longest(times: usize, name: impl Fn(usize) -> String) {
    longest_in(Style::Full, times, name);
}

fn longest_in(style: Style, times: usize, name: impl Fn(usize) -> String) {
    let read = |times: usize| demangle(name(times).as_bytes(), style);
    assert!(read(times).is_some(), "{times}");
    assert_eq!(read(times + 1), None, "{times}");
}

#[test]
fn every_bound_is_where_it_is_said_to_be() {
    // 300 parts of C++ in each other, with the function and the type at the end.
    longest(298, |times| format!("_Z1f{}i", "P".repeat(times)));
    // 50,000 of which most are not shown, with the function, its types and the name itself.
    longest_in(Style::Short, 49_998, |times| {
        format!("_Z1fI{}Evv", "i".repeat(times))
    });
    longest_in(Style::Short, 49_998, |times| {
        format!("_RIC0{}E", "h".repeat(times))
    });
    // 1,000 printed in each other.
    longest(1_000, |times| format!("_ZN{}E", "1a".repeat(times)));
    // 500 of Rust.
    longest(498, |times| format!("_RIC0{}uE", "S".repeat(times)));
    // 4,096 characters of which some are encoded.
    longest(4_093, |times| {
        format!("_RNvC3foou{}_{}_0a", times + 3, "a".repeat(times))
    });
    // 64 KiB, prefix and length included.
    longest(65_529, |times| format!("_Z{times}{}", "a".repeat(times)));
    longest(65_523, |times| {
        format!("_RNvC1a{times}_{}", "b".repeat(times))
    });
    // 64 KiB of what is printed.
    longest(13_107, |times| format!("_Z1f{}", "i".repeat(times)));
    longest(16_384, |times| format!("_RIC0{}E", "u".repeat(times)));
}

#[test]
fn values_of_cpp_name_functions_by_their_types() {
    say(
        Style::Full,
        &[
            ("_Z1fIX01AEEvv", "void f<A>()"),
            ("_Z1fILUlvE_EEvv", "void f<[](){...}>()"),
            ("_Z1fIXadL_Z1gIiEvvEEEvv", "void f<&(g<int>)>()"),
            ("_Z1fIXclL_Z1gvEEEEvv", "void f<g()>()"),
            ("_Z1fIXclL_Z1gIiEvvEEEEvv", "void f<void g<int>()()>()"),
            (
                "_Z1fIXplL_Z1gIiEvvELi1EEEvv",
                "void f<(void g<int>())+(1)>()",
            ),
        ],
    );
}

#[test]
fn functions_of_cpp_stand_around_what_points_to_them() {
    say(
        Style::Full,
        &[
            ("_Z1fPFPFvcEiE", "f(void (*(*)(int))(char))"),
            ("_Z1fRFPFvcEiE", "f(void (*(&)(int))(char))"),
            ("_Z1fPM1AFPFvcEiE", "f(void (* (A::**)(int))(char))"),
            ("_Z1fIJEEvPDwiDpT_EFvvE", "void f<>(void (*)() throw(int))"),
        ],
    );
}

#[test]
fn what_a_name_of_cpp_refers_back_to_is_counted_as_pprof_does() {
    say(
        Style::Full,
        &[
            ("_Z1fIXplsrNN1A1BELi1EEEvS2_", "void f<A::B+(1)>(A)"),
            ("_Z1fIXplsrNN1AIiE1BELi1EEEvS3_", "void f<A<int>::B+(1)>(A)"),
            (
                "_Z1fIXplsrNN1AIiE1BELi1EEEvS4_",
                "void f<A<int>::B+(1)>(A<int>)",
            ),
            (
                "_ZN1AcvMT_S0_IiEI1BEEvS1_",
                "A::operator B<int> B::*<B>(void, B<int>)",
            ),
            (
                "_ZN1AcvMT_S0_IiEI1BEEvS2_",
                "A::operator B<int> B::*<B>(void, B<int> B::*)",
            ),
            (
                "_ZN1AIXadL_ZW1M1fvEEXadL_ZS0_1hIiEvS1_EEE1gEv",
                "A<&(f@M), &(h@M<int>)>::g()",
            ),
            (
                "_ZN1AIXadL_ZW1M1fvEEXadL_ZS0_1hIiEvvEEE1gEvS2_",
                "A<&(f@M), &(h@M<int>)>::g(void, A<&(f@M), &(h@M<int>)>)",
            ),
            ("_Z1gIiEvT_1BIcTnS0_Li5EE", "void g<int>(int, B<char, 5>)"),
        ],
    );
    // Behind `Tn` it counts the arguments before it, of which there are none.
    say_nothing(&["_Z1gIiEvT_1BITnS0_Li5EE"]);
}

#[test]
fn a_name_is_written_up_to_64_kib() {
    // The last part begins right behind them.
    let cpp = |function: &str, size: usize| format!("_Z{function}{size}{}S_i", "a".repeat(size));
    assert!(demangle(cpp("1f", 32_765).as_bytes(), Style::Full).is_some());
    say_nothing(&[&cpp("2ff", 32_765)]);
    let rust = |path: &str, size: usize| {
        format!(
            "_RI{path}C{size}{}B{}hE",
            "a".repeat(size),
            base_62(path.len() + 1)
        )
    };
    assert!(demangle(rust("C1a", 32_764).as_bytes(), Style::Full).is_some());
    say_nothing(&[&rust("C2aa", 32_764)]);
}

#[test]
fn what_depends_on_no_template_is_not_looked_through() {
    // Both depths are allowed, one in the other is not.
    let name = format!("_Z1f{}i{}S2R_", "P".repeat(200), "P".repeat(200));
    assert!(demangle(name.as_bytes(), Style::Full).is_some());
}

#[test]
fn parts_stand_in_each_other_up_to_a_bound() {
    let rust = |levels: usize| format!("_RIC1a{}hE", "R".repeat(levels));
    assert!(demangle(rust(498).as_bytes(), Style::Full).is_some());
    let cpp = |levels: usize| format!("_Z1f{}i", "P".repeat(levels));
    assert!(demangle(cpp(298).as_bytes(), Style::Full).is_some());
    say_nothing(&[&rust(499), &cpp(299)]);
}
