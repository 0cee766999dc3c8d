//! Reports: text from a view of a profile, one file a report.

pub mod sink;

/// The reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Functions by value.
    Top,
    /// Functions with their callers and callees.
    Tree,
    /// The same for the functions that match.
    Peek,
    /// Source lines of the functions that match.
    List,
    /// Every sample with its stack.
    Traces,
    /// Labels and their values.
    Tags,
    /// The profile as it is.
    Raw,
    /// The comments.
    Comments,
}
