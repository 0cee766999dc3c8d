//! The profile that a pipe brings: `curl -s localhost:6060/debug/pprof/heap | podprof -top -`.

use std::io;

use super::Opened;
use super::body::{Body, Origin};

/// stdin as a source; nothing is read yet.
pub(super) fn open() -> Opened {
    Opened {
        name: "-".to_string(),
        body: Body::new(Origin::Stdin(io::stdin())),
        remote: None,
    }
}
