//! Mappings: the binaries that were loaded. Few rows, so a struct each.

use super::Str;

/// A part of a binary mapped into memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mapping {
    /// The file's own id, unique and not 0.
    pub id: u64,
    /// First address.
    pub start: u64,
    /// First address after it.
    pub limit: u64,
    /// Offset in the binary of `start`.
    pub offset: u64,
    /// Path of the binary.
    pub file: Str,
    /// Build id of the binary.
    pub build_id: Str,
    /// Whether function names are known.
    pub has_functions: bool,
    /// Whether file names are known.
    pub has_filenames: bool,
    /// Whether line numbers are known.
    pub has_line_numbers: bool,
    /// Whether inlined calls are known.
    pub has_inline_frames: bool,
}
