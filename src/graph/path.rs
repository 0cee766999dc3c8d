//! Cutting the machine's part off source paths (trim_path, source_path; pprof-behaviour 6.5).

use crate::go::path::base;

/// What `trim_path` and `source_path` were set to; both are lists separated by colons.
#[derive(Debug, Default, Clone)]
pub(crate) struct PathTrim {
    /// Prefixes to cut.
    pub trim: Vec<u8>,
    /// Directories to look for source in.
    pub search: Vec<u8>,
}

impl PathTrim {
    /// The part of `path` that is left.
    pub(crate) fn apply<'a>(&self, path: &'a [u8]) -> &'a [u8] {
        if self.trim.is_empty() {
            for directory in list(&self.search) {
                let wanted = [b"/", base(directory), b"/"].concat();
                if let Some(at) = path.windows(wanted.len()).position(|w| w == wanted) {
                    return &path[at + wanted.len()..];
                }
            }
        }
        // The last two are where some build systems run.
        let builtin: [&[u8]; 2] = [b"/proc/self/cwd/./", b"/proc/self/cwd/"];
        for prefix in list(&self.trim).chain(builtin) {
            let ended = [prefix, b"/"].concat();
            let prefix = match prefix.ends_with(b"/") {
                true => prefix,
                false => &ended,
            };
            if let Some(rest) = path.strip_prefix(prefix) {
                return rest;
            }
        }
        path
    }
}

/// The directories of a list; an empty list has none.
pub(crate) fn list(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = (!list.is_empty()).then(|| list.split(|b| *b == b':'));
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(path: &str, trim: &str, search: &str) -> String {
        let paths = PathTrim {
            trim: trim.into(),
            search: search.into(),
        };
        String::from_utf8(paths.apply(path.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn a_search_directory_cuts_up_to_its_name() {
        assert_eq!(
            trimmed("/build/src/app/main.go", "", "/home/op/src"),
            "app/main.go"
        );
        assert_eq!(
            trimmed("/build/src/app/main.go", "/x", "/home/op/src"),
            "/build/src/app/main.go"
        );
    }

    #[test]
    fn the_first_prefix_that_fits_is_cut() {
        assert_eq!(trimmed("/build/src/a.go", "/nope:/build", ""), "src/a.go");
        assert_eq!(trimmed("/buildx/a.go", "/build", ""), "/buildx/a.go");
        assert_eq!(trimmed("/proc/self/cwd/a.go", "", ""), "a.go");
    }
}
