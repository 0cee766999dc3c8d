//! The profile that a pipe brings: `curl -s localhost:6060/debug/pprof/heap | podprof -top -`.

use std::io;

use super::Opened;
use super::failure::Noted;

/// stdin as a source; nothing is read yet.
pub(super) fn open() -> Opened {
    let (body, failure) = Noted::new(io::stdin());
    Opened {
        name: "-".to_string(),
        body: Box::new(body),
        failure,
        remote: None,
    }
}
