//! The completion of bash, driven as bash drives it; that of other shells is only read by them, where they are.

use std::path::{Path, PathBuf};
use std::process::Command;

fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/completions")
}

/// What bash offers for these words, the last of them being typed; none where there is no bash.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    const ASK: &str = r#"source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _podprof; printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["-c", ASK, "bash"])
        .arg(completions().join("podprof.bash"))
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = bash.output().ok()?;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let offered = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(offered.lines().map(str::to_string).collect())
}

#[track_caller]
fn offers(words: &[&str], expected: &[&str]) {
    if let Some(found) = offered(words) {
        assert_eq!(found, expected, "{words:?}");
    }
}

#[test]
fn bash_completes_flags_their_words_and_files() {
    offers(&["podprof", "-sor"], &["-sort="]);
    offers(&["podprof", "--top"], &["-top", "-topproto"]);
    offers(&["podprof", "-sort", "=", "c"], &["cum"]);
    offers(&["podprof", "-sort", "="], &["cum", "flat"]);
    offers(&["podprof", "-tls_ca", "=", "LICEN"], &["LICENSE"]);
    offers(&["podprof", "-top", "LICEN"], &["LICENSE"]);
    offers(&["podprof", "-focus", "=", "LICEN"], &[""]);
}

#[test]
fn the_other_shells_can_read_theirs() {
    for (shell, file) in [("zsh", "_podprof"), ("fish", "podprof.fish")] {
        let checked = Command::new(shell)
            .arg("-n")
            .arg(completions().join(file))
            .output();
        if let Ok(output) = checked {
            assert!(output.status.success(), "{shell}: {output:?}");
        }
    }
}
