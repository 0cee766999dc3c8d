//! Whether the user asked to stop the running command (Ctrl-C).
//!
//! A leaf that anyone may ask: long passes over samples do, the signal handler in terminal/ tells.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Fails when the user asked to stop since the last [`clear`].
pub(crate) fn check() -> Result<(), Error> {
    match REQUESTED.load(Ordering::Relaxed) {
        true => Err(Error::Interrupted),
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
