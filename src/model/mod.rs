//! The profile in columns: what a file said, nothing of what a reader wants to see.
//!
//! A [`Profile`] does not change once it is built; filters are a view over it (`view/`). Everything
//! is named by typed row numbers ([`ids`]), text stays bytes until it is printed.

pub(crate) mod block;
pub(crate) mod budget;
pub(crate) mod combine;
pub(crate) mod form;
pub(crate) mod function;
pub(crate) mod ids;
pub(crate) mod label;
pub(crate) mod location;
pub(crate) mod mapping;
pub(crate) mod memstats;
pub(crate) mod merge;
pub(crate) mod ragged;
pub(crate) mod sample;
pub(crate) mod strings;
pub(crate) mod table;

#[cfg(test)]
pub(crate) mod fixture;

use std::sync::Arc;

pub(crate) use block::{Again, Block};
pub(crate) use budget::Budget;
pub(crate) use form::{CREATED_BY, Form};
pub(crate) use function::Functions;
pub(crate) use ids::{FunctionId, LabelSetId, LocationId, MappingId, Str};
pub(crate) use label::{Label, LabelSets, LabelValue};
pub(crate) use location::{Line, Locations};
pub(crate) use mapping::Mapping;
pub(crate) use memstats::MemStats;
pub(crate) use ragged::Ragged;
pub(crate) use sample::{Sample, Samples};
pub(crate) use strings::Strings;

/// One profile, checked by the rules of pprof-behaviour 2.3.
#[derive(Debug, Default, Clone)]
pub(crate) struct Profile {
    /// All texts; equal texts have equal ids.
    pub strings: Strings,
    /// What the values of a sample mean, in the order of the values.
    pub sample_types: Vec<ValueType>,
    /// The samples, where they are held: whoever reads them asks for [`blocks`](Profile::blocks).
    pub samples: Samples,
    /// Where they are not held, what reads them again.
    pub again: Option<Arc<dyn Again>>,
    /// The distinct label lists of the samples, unless blocks bring them.
    pub label_sets: LabelSets,
    /// The locations.
    pub locations: Locations,
    /// The functions.
    pub functions: Functions,
    /// The mappings; the first is the main binary.
    pub mappings: Vec<Mapping>,
    /// Free text, in file order.
    pub comments: Vec<Str>,
    /// Everything that stands once in a file.
    pub header: Header,
}

impl Profile {
    /// The text of `id`.
    pub(crate) fn text(&self, id: Str) -> &[u8] {
        self.strings.get(id)
    }

    /// Bytes of memory that its tables take, about.
    pub(crate) fn weight(&self) -> u64 {
        const A_FUNCTION: usize = 2 * size_of::<u64>() + 3 * size_of::<Str>();
        const A_LOCATION: usize = 2 * size_of::<u64>() + size_of::<u32>() + 1;
        let rows = self.functions.len() * A_FUNCTION + self.locations.len() * A_LOCATION;
        let texts = self.strings.weight() + self.label_sets.weight();
        let weight = texts + rows + self.samples.weight() + self.locations.lines.weight();
        weight as u64
    }
}

/// A kind of value and its unit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueType {
    /// `cpu`, `inuse_space`, …
    pub kind: Str,
    /// `nanoseconds`, `bytes`, `count`, …
    pub unit: Str,
}

/// Fields that a profile has once.
#[derive(Debug, Default, Clone)]
pub(crate) struct Header {
    /// What its stacks are like; no file says it.
    pub form: Form,
    /// When it was taken, nanoseconds since 1970, 0 where unknown.
    pub time_nanos: i64,
    /// How long it took, nanoseconds, 0 where unknown.
    pub duration_nanos: i64,
    /// What was counted between two samples.
    pub period_type: ValueType,
    /// How much of it.
    pub period: i64,
    /// The sample type that reports show by default, or empty.
    pub default_sample_type: Str,
    /// Pattern of functions to leave out with all they call, or empty.
    pub drop_frames: Str,
    /// Exceptions to `drop_frames`, or empty.
    pub keep_frames: Str,
    /// Address of a page about this kind of profile, or empty.
    pub doc_url: Str,
    /// What the runtime counted, where the text form said it.
    pub mem_stats: Option<Box<MemStats>>,
}
