//! Whether the user asked to stop the running command (Ctrl-C).
//!
//! A leaf that anyone may ask: long passes over samples do, the signal handler in terminal/ tells. What must not be
//! left half done when podprof is ended says so with [`Finishing`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Something is under way that has to be finished.
static UNFINISHED: AtomicBool = AtomicBool::new(false);
/// podprof is about to be ended.
static ENDING: AtomicBool = AtomicBool::new(false);

/// How long the end of podprof waits for something to be finished; a pod is given 30 seconds.
const GRACE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(10);

/// As long as it lives something is under way that has to be finished.
pub(crate) struct Finishing;

impl Finishing {
    /// From now on.
    pub(crate) fn begin() -> Finishing {
        UNFINISHED.store(true, Ordering::SeqCst);
        Finishing
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        UNFINISHED.store(false, Ordering::SeqCst);
        // Whoever ends podprof does so now, before anything else begins.
        while ENDING.load(Ordering::SeqCst) {
            thread::sleep(TICK);
        }
    }
}

/// Asks what is under way to stop, and waits until it is finished: podprof ends then.
pub(crate) fn finish() {
    ENDING.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    while UNFINISHED.load(Ordering::SeqCst) && begun.elapsed() < GRACE {
        // Again and again, for a command that begins forgets an earlier request.
        REQUESTED.store(true, Ordering::SeqCst);
        thread::sleep(TICK);
    }
}

/// Fails when the user asked to stop since the last [`clear`].
pub(crate) fn check() -> Result<(), Error> {
    match REQUESTED.load(Ordering::Relaxed) {
        true => Err(Error::interrupted()),
        false => Ok(()),
    }
}

/// Forgets an earlier request; called before each command.
pub(crate) fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// What a signal handler sets to ask the running command to stop.
pub(crate) fn flag() -> &'static AtomicBool {
    &REQUESTED
}
