//! What the reader asked to see: every filter of pprof, over a borrowed profile.

use crate::model::Profile;

/// A profile ready for reports: names simplified, uninteresting frames marked.
#[derive(Debug)]
pub struct Base {
    /// The profile.
    pub profile: Profile,
}
