//! What the runtime counted of its memory (`runtime.MemStats`), as far as the text form told it.
//!
//! A profile.proto has no place for it, and two of them do not add up: it is gone once a profile is saved
//! as one or merged with others.

/// Counters of a process; `None` for what was not told. Bytes where nothing else is said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct MemStats {
    /// `inuse_space` of the whole profile, sampling undone.
    pub live: i64,
    /// All that was ever allocated.
    pub total_alloc: Option<i64>,
    /// All that was ever asked of the OS and not unmapped; what was returned counts.
    pub sys: Option<i64>,
    /// Allocated and not yet swept.
    pub heap_alloc: Option<i64>,
    /// The part of `sys` for the heap.
    pub heap_sys: Option<i64>,
    /// Pages without an object.
    pub heap_idle: Option<i64>,
    /// Pages with an object.
    pub heap_inuse: Option<i64>,
    /// The part of `heap_idle` that the OS has back.
    pub heap_released: Option<i64>,
    /// Stacks of goroutines.
    pub stack: Option<i64>,
    /// The size of the heap that begins the next collection.
    pub next_gc: Option<i64>,
    /// How many collections there were.
    pub collections: Option<i64>,
    /// When the latest of them ended, nanoseconds since 1970, oldest first; 256 at most.
    pub collected: Vec<i64>,
    /// How long the last of them stopped the process, nanoseconds.
    pub last_pause: Option<i64>,
    /// The share of all CPU since the start that collecting took, millionths.
    pub gc_cpu: Option<i64>,
    /// The most that the process ever had in memory, as the OS counts.
    pub max_rss: Option<i64>,
}
