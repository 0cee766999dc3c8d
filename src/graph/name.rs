//! Names short enough for the boxes of a drawn graph (pprof-behaviour 6.9).
//!
//! pprof does this with regular expressions; they are few and simple, so they are spelled out here.

/// The name without what matters least: package paths, versions, namespaces, arguments. A rule
/// applies to names of one language; the first that fits wins.
pub(crate) fn shorten(name: &[u8]) -> Vec<u8> {
    let name = name
        .strip_prefix(b"(anonymous namespace)::")
        .unwrap_or(name);
    let name = without_version(name);
    let short = go(&name).or_else(|| java(&name)).or_else(|| cpp(&name));
    short.map_or(name.clone(), <[u8]>::to_vec)
}

/// Takes the first `/v2` or later out of a module path.
fn without_version(name: &[u8]) -> Vec<u8> {
    // As in pprof, a name with a line break is left alone.
    let found = (0..name.len()).find_map(|at| Some((at, version(&name[at..])?)));
    match found {
        Some((at, length)) if !name.contains(&b'\n') => {
            [&name[..at], &name[at + length..]].concat()
        }
        _ => name.to_vec(),
    }
}

/// The length of the `/vN` that a text starts with; N is at least 2 and a dot or slash follows.
fn version(text: &[u8]) -> Option<usize> {
    let number = text.strip_prefix(b"/v")?;
    let digits = count(number, u8::is_ascii_digit);
    let big = match number.first()? {
        b'1' => digits > 1,
        b'2'..=b'9' => true,
        _ => false,
    };
    let ends = matches!(number.get(digits), Some(b'.' | b'/'));
    (big && ends).then_some(digits + 2)
}

/// `package.name` behind a path of packages.
fn go(name: &[u8]) -> Option<&[u8]> {
    let in_path = |b: &u8| is_word(b) || matches!(b, b'-' | b'.');
    let mut starts = Vec::new();
    let mut at = 0;
    loop {
        let length = count(&name[at..], in_path);
        if length == 0 || name.get(at + length) != Some(&b'/') {
            break;
        }
        at += length + 1;
        starts.push(at);
    }
    // The first dot behind each start, the last start first: each byte is looked at once.
    let mut end = name.len();
    let mut dot = None;
    for start in starts.into_iter().rev() {
        let found = name[start..end].iter().position(|b| *b == b'.');
        dot = found.map(|at| start + at).or(dot);
        end = start;
        let Some(dot) = dot.filter(|dot| *dot > start) else {
            continue;
        };
        let length = count(&name[dot + 1..], |b| *b != b'\n');
        if length > 0 {
            return Some(&name[start..dot + 1 + length]);
        }
    }
    None
}

/// `Class.method` of a Java name, without its packages and arguments.
fn java(name: &[u8]) -> Option<&[u8]> {
    let in_name = |b: &u8| is_word(b) || *b == b'$';
    let mut name = name;
    while name.first()?.is_ascii_lowercase() {
        let length = count(name, is_word);
        name = name[length..].strip_prefix(b".")?;
    }
    let class = count(name, in_name);
    if !name.first()?.is_ascii_uppercase() || name.get(class) != Some(&b'.') {
        return None;
    }
    let method = &name[class + 1..];
    let length = match method {
        [b'<', ..] => method.starts_with(b"<init>").then_some(6)?,
        [b'a'..=b'z', ..] => count(method, in_name),
        _ => return None,
    };
    let ends = matches!(method.get(length), None | Some(b'('));
    ends.then(|| &name[..class + 1 + length])
}

/// `Class::method` of a C++ name without its namespaces, and without all that follows except a
/// template list.
fn cpp(name: &[u8]) -> Option<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(length) = identifier(&name[at..])
        && name[at + length..].starts_with(b"::")
    {
        at += length + 2;
        starts.push(at);
    }
    starts.into_iter().rev().find_map(|start| {
        let rest = &name[start..];
        let class = identifier(rest)?;
        let letter = rest.iter().find(|b| **b != b'_')?;
        if !letter.is_ascii_uppercase() || !rest[class..].starts_with(b"::") {
            return None;
        }
        let tilde = usize::from(rest.get(class + 2) == Some(&b'~'));
        let method = class + 2 + tilde;
        let end = method + identifier(&rest[method..])?;
        Some(&rest[..end + template(&rest[end..])])
    })
}

/// The length of a template list at the start of a text: to the last `>` of the line.
fn template(text: &[u8]) -> usize {
    let line = &text[..count(text, |b| *b != b'\n')];
    let end = line
        .iter()
        .rposition(|b| *b == b'>')
        .filter(|_| line[0] == b'<');
    end.map_or(0, |end| end + 1)
}

/// The length of the identifier that a text starts with.
fn identifier(text: &[u8]) -> Option<usize> {
    let first = text.first()?;
    (is_word(first) && !first.is_ascii_digit()).then(|| count(text, is_word))
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

fn count(text: &[u8], belongs: impl FnMut(&u8) -> bool) -> usize {
    let mut belongs = belongs;
    text.iter().take_while(|b| belongs(b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pairs: &[(&str, &str)]) {
        for (name, want) in pairs {
            let short = String::from_utf8(shorten(name.as_bytes())).unwrap();
            assert_eq!(short, *want, "{name}");
        }
    }

    #[test]
    fn go_names_lose_their_path_and_version() {
        check(&[
            ("root", "root"),
            ("main.main", "main.main"),
            ("runtime/pprof.Do", "pprof.Do"),
            ("github.com/foo/bar/v2/baz.(*T).M", "baz.(*T).M"),
            ("example.com/app/v3.Run", "app.Run"),
            ("example.com/app/v1.Run", "v1.Run"),
            ("example.com/app/v10.Run", "app.Run"),
            ("example.com/app/v02.Run", "v02.Run"),
            ("example.com/v2/v3/app.Run", "app.Run"),
            ("a/b.F[c/d.T]", "b.F[c/d.T]"),
            ("main.F[c/d.T]", "main.F[c/d.T]"),
            ("a/b./c", "b./c"),
            ("a/b/c", "a/b/c"),
            ("a/b.", "a/b."),
            ("a/.b", "a/.b"),
            ("a/b.c\nd", "b.c"),
            ("a/v2/b\n.c", "b\n.c"),
        ]);
    }

    #[test]
    fn java_names_lose_packages_and_arguments() {
        check(&[
            ("com.example.Foo.<init>(int)", "Foo.<init>"),
            ("com.example.Foo.bar(int, String)", "Foo.bar"),
            ("com.example.Foo$Inner.bar$1", "Foo$Inner.bar$1"),
            ("Foo.bar", "Foo.bar"),
            ("com.example.Foo.Bar", "com.example.Foo.Bar"),
            ("com.example.Foo.<clinit>", "com.example.Foo.<clinit>"),
            ("com.example.Foo.bar[]", "com.example.Foo.bar[]"),
        ]);
    }

    #[test]
    fn cpp_names_lose_namespaces_before_a_class() {
        check(&[
            ("foo::bar::Baz::method", "Baz::method"),
            ("foo::Bar::~Bar(int)", "Bar::~Bar"),
            ("foo::__Bar::get<int>(a<b>)c", "__Bar::get<int>(a<b>"),
            ("foo::bar::fn", "foo::bar::fn"),
            ("std::vector<int>::push_back", "std::vector<int>::push_back"),
            ("(anonymous namespace)::foo::Bar::go", "Bar::go"),
            ("(anonymous namespace)::Bar::go", "Bar::go"),
            ("Foo::Bar", "Foo::Bar"),
            ("a::_::b", "a::_::b"),
            ("a::B::C::d", "C::d"),
            ("a::B::9", "a::B::9"),
        ]);
    }
}
