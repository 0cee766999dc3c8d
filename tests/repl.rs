//! The shell on a pipe, where it answers to nobody but the script: what it promises beyond pprof's bytes.

use crate::support::run::Podprof;

#[test]
fn an_empty_script_ends_the_shell_in_silence() {
    let outcome = Podprof::new(["--help"]).stdin("").run();
    assert_eq!(outcome.code, Some(0));
}
