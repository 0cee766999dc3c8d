//! Ctrl-C while a command runs: it stops the command, not podprof.
//!
//! Only the prompt on a terminal asks for this. One-shot runs and scripts die of it, as they should.

use signal_hook::consts::SIGINT;

use crate::interrupt;

/// From now on Ctrl-C asks the running command to stop.
pub(crate) fn catch_interrupt() {
    // Where it cannot be caught it ends podprof, which is no reason not to start.
    let _ = signal_hook::flag::register(SIGINT, interrupt::flag());
}
