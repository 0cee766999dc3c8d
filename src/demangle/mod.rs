//! The names that compilers give to the linker, read back into the names that people wrote.
//!
//! Not by the usual crates: they print their own style, and about one name in ten would differ from
//! pprof's (pprof-behaviour 1.9). A name is hostile, so its length, the depth and the number of its
//! parts and the length of what comes of it are bounded; a name beyond a bound stays as it is.

mod itanium;
mod rust;
mod rust_legacy;

/// How much of a name is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Everything but the suffixes of clones.
    Full,
    /// Template arguments but no parameters.
    Templates,
    /// Neither.
    Short,
}

/// The longest name that is looked at, and the longest that is written.
const MAX_NAME: usize = 1 << 16;

/// The name that was mangled into `name`; nothing where it was not, or where pprof leaves it.
pub(crate) fn demangle(name: &[u8], style: Style) -> Option<Vec<u8>> {
    if name.first() != Some(&b'_') || name.len() > MAX_NAME {
        return None;
    }
    // As pprof: macOS puts one more underscore in front.
    read(name, style).or_else(|| read(name.get(1..)?, style))
}

fn read(name: &[u8], style: Style) -> Option<Vec<u8>> {
    let readable = match name {
        [b'_', b'R', rest @ ..] => rust::read(rest, style),
        [b'_', b'Z', rest @ ..] => {
            let of_rust = rest.strip_prefix(b"N").and_then(rust_legacy::read);
            of_rust.or_else(|| itanium::read(rest, style))
        }
        _ => None,
    };
    readable.filter(|readable| readable != name)
}

#[cfg(test)]
mod tests;
