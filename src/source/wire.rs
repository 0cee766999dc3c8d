//! What a fetch, its connection and the reader of its body all know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::watch::Watch;

/// Whom every wait asks, and where the bytes go.
pub(super) struct Wire {
    pub(super) watch: Watch,
    /// Both ends of the connection, as Go's errors name them.
    pub(super) addresses: String,
}

/// The fetch and the connection hold one each.
pub(super) type Shared = Arc<Mutex<Wire>>;

pub(super) fn lock(wire: &Shared) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    pub(super) fn new(watch: Watch) -> Self {
        Self {
            watch,
            addresses: String::new(),
        }
    }
}
