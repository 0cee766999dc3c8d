//! The files that a path could go on to: what completion offers behind `open` and `save`.

use std::fs;
use std::path::Path;

/// More than so many help nobody.
const MOST: usize = 1000;

/// The paths that begin so, folders with a `/` behind; hidden ones only where a dot was typed. What is no
/// UTF-8 or has a blank cannot be typed as one word and is left out.
pub(super) fn beginning(typed: &str) -> Vec<String> {
    let (folder, start) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed),
    };
    let within = Path::new(if folder.is_empty() { "." } else { folder });
    let Ok(entries) = fs::read_dir(within) else {
        return Vec::new();
    };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let offered = name.starts_with(start)
            && (start.starts_with('.') || !name.starts_with('.'))
            && !name.contains(char::is_whitespace);
        let slash = if entry.path().is_dir() { "/" } else { "" };
        offered.then(|| format!("{folder}{name}{slash}"))
    });
    names.take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_go_on_from_what_was_typed() {
        assert_eq!(beginning("Cargo.t"), ["Cargo.toml"]);
        assert_eq!(beginning("sr"), ["src/"]);
        assert_eq!(beginning("./src/session.r"), ["./src/session.rs"]);
        assert_eq!(beginning("/proc/self/cmdlin"), ["/proc/self/cmdline"]);
        assert_eq!(beginning(".gitig"), [".gitignore"]);
        assert!(beginning("no/such/folder").is_empty());
        assert!(beginning("").iter().all(|name| !name.starts_with('.')));
    }
}
