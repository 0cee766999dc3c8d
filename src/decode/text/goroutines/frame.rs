//! The lines of a stack: a function, then behind a tab its file and line.

use super::header::{find, number};

/// What a line of a stack that is not behind a tab says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call<'l> {
    /// A function; its file is on the next line.
    Function(&'l [u8]),
    /// What started the goroutine, and its id where the release says it; its file is on the next line.
    Creator(&'l [u8], Option<u64>),
    /// A frame that has no file.
    Whole(&'l [u8]),
    /// The stack of the goroutine that started this one follows.
    Ancestor(u64),
}

/// Reads a line; `None` where it is not of a stack.
pub(super) fn call(line: &[u8]) -> Option<Call<'_>> {
    match line {
        [b'c', b'r', ..] if line.starts_with(b"created by ") => {
            let name = line.get(b"created by ".len()..)?;
            let split = find(name, b" in goroutine ");
            let parent = split.and_then(|at| {
                let id = name.get(at.saturating_add(b" in goroutine ".len())..)?;
                number(id).map(|(id, _)| id)
            });
            let name = match (split, parent) {
                (Some(at), Some(_)) => name.get(..at)?,
                _ => name,
            };
            Some(Call::Creator(name, parent))
        }
        [b'n', b'o', ..] if line.starts_with(b"non-Go function at pc=") => Some(Call::Whole(line)),
        [b'.', b'.', b'.', .., b'.', b'.', b'.'] => {
            find(line, b"frames elided").map(|_| Call::Whole(line))
        }
        [b'[', ..] => {
            let rest = line.strip_prefix(b"[originating from goroutine ")?;
            let (id, rest) = number(rest)?;
            (rest == b"]:").then_some(Call::Ancestor(id))
        }
        [.., b')'] => {
            let open = line.iter().rposition(|b| *b == b'(')?;
            let name = line.get(..open)?;
            (!name.is_empty()).then_some(Call::Function(name))
        }
        // Symbols of C come without parentheses, and `non-Go function` where none are known.
        _ => (line == NON_GO || !line.contains(&b' ')).then_some(Call::Function(line)),
    }
}

/// A frame of C without a symbol.
pub(super) const NON_GO: &[u8] = b"non-Go function";

/// Where a frame lies.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'l> {
    /// File and line.
    File(&'l [u8], i64),
    /// `pc=0x..` where no file is known.
    Address(&'l [u8]),
    /// There is no stack to read: what stands there instead.
    Unavailable(&'l [u8]),
}

/// Reads what stands behind the tab; `None` where it is no place.
pub(super) fn place(text: &[u8]) -> Option<Place<'_>> {
    let colon = text.iter().rposition(|b| *b == b':');
    let split = colon.and_then(|at| {
        let (line, rest) = number(text.get(at.saturating_add(1)..)?)?;
        let whole = matches!(rest.first(), None | Some(b' '));
        whole.then_some((text.get(..at)?, line))
    });
    match split {
        Some((file, line)) => Some(Place::File(file, i64::try_from(line).unwrap_or(i64::MAX))),
        None if text.starts_with(b"pc=0x") => Some(Place::Address(text)),
        None if text.starts_with(b"goroutine running on other thread") => {
            Some(Place::Unavailable(text))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_arguments_begin() {
        for (line, name) in [
            ("main.main()", "main.main"),
            ("main.(*T).Run(0xc000012345, {0x0, ...})", "main.(*T).Run"),
            ("main.(*T).Run.func1(...)", "main.(*T).Run.func1"),
            ("main.Map[...](0x1?, _)", "main.Map[...]"),
            ("panic({0x4a1b20?, 0x4e0d40?})", "panic"),
            ("_cgo_wait", "_cgo_wait"),
            ("non-Go function", "non-Go function"),
        ] {
            let want = Some(Call::Function(name.as_bytes()));
            assert_eq!(call(line.as_bytes()), want, "{line}");
        }
        for line in [
            "SIGQUIT: quit",
            "rax    0x0",
            "",
            "()",
            "2024/05/01 a log line",
        ] {
            let function = matches!(call(line.as_bytes()), Some(Call::Function([_, ..])));
            assert!(!function, "{line}");
        }
    }

    #[test]
    fn creators_are_read_with_and_without_an_id() {
        let creator = |line: &'static str| call(line.as_bytes());
        assert_eq!(
            creator("created by main.(*T).Go in goroutine 21"),
            Some(Call::Creator(b"main.(*T).Go", Some(21)))
        );
        assert_eq!(
            creator("created by main.start"),
            Some(Call::Creator(b"main.start", None))
        );
        assert_eq!(
            creator("[originating from goroutine 8]:"),
            Some(Call::Ancestor(8))
        );
    }

    #[test]
    fn frames_without_a_file_are_whole() {
        for line in [
            "...12 frames elided...",
            "...additional frames elided...",
            "non-Go function at pc=0x401000",
        ] {
            assert_eq!(call(line.as_bytes()), Some(Call::Whole(line.as_bytes())));
        }
    }

    #[test]
    fn places_are_files_with_lines() {
        for (text, file, line) in [
            ("/a/b c.go:12 +0x1d", "/a/b c.go", 12),
            ("/a/b.go:12", "/a/b.go", 12),
            (
                "C:/Go/src/x.go:7 +0x1d fp=0xc0 sp=0xc1 pc=0x4",
                "C:/Go/src/x.go",
                7,
            ),
            ("/src/x.c:7 pc=0x4", "/src/x.c", 7),
            ("<autogenerated>:1 +0x4", "<autogenerated>", 1),
            ("?:0 +0x4", "?", 0),
        ] {
            let want = Some(Place::File(file.as_bytes(), line));
            assert_eq!(place(text.as_bytes()), want, "{text}");
        }
        assert_eq!(place(b"pc=0x12"), Some(Place::Address(b"pc=0x12")));
        let unavailable = b"goroutine running on other thread; stack unavailable";
        assert_eq!(place(unavailable), Some(Place::Unavailable(unavailable)));
        for text in ["", "stack=[0x1-0x2", "/a/b.go", "/a/b.go:x", "/a/b.go:12x"] {
            assert_eq!(place(text.as_bytes()), None, "{text}");
        }
    }
}
