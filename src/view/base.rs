//! A profile made ready for reports, once for all commands that follow.

use std::sync::atomic::{AtomicU64, Ordering};

use super::name::{self, Names};
use super::prune::Pruning;
use crate::error::{Error, Result};
use crate::model::{Profile, Str};

/// A profile with its names cleaned up and its uninteresting frames marked.
#[derive(Debug)]
pub(crate) struct Base {
    /// The profile.
    pub profile: Profile,
    pruning: Option<Pruning>,
    serial: u64,
}

/// How to make a profile ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BaseOptions {
    /// What to do with function names.
    pub names: Names,
    /// Whether to forget drop_frames and keep_frames (`-all_frames`).
    pub all_frames: bool,
}

impl Default for BaseOptions {
    fn default() -> Self {
        BaseOptions {
            names: Names::DEFAULT,
            all_frames: false,
        }
    }
}

impl Base {
    /// Makes `profile` ready, as pprof does after reading it (pprof-behaviour 1.9, 2.5).
    pub(crate) fn new(mut profile: Profile, options: &BaseOptions) -> Result<Base> {
        if options.all_frames {
            profile.header.drop_frames = Str::EMPTY;
            profile.header.keep_frames = Str::EMPTY;
        }
        name::make_readable(&mut profile, options.names)
            .ok_or_else(|| Error::source("the profile's texts exceed 4 GiB"))?;
        let pruning = Pruning::of(&profile);
        Ok(Base {
            profile,
            pruning,
            serial: next_serial(),
        })
    }

    /// Which of all profiles that were ever made ready it is.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// A profile without samples and without sample types.
    pub(crate) fn of_nothing() -> Base {
        Base {
            profile: Profile::default(),
            pruning: None,
            serial: next_serial(),
        }
    }

    pub(super) fn pruning(&self) -> Option<&Pruning> {
        self.pruning.as_ref()
    }
}

fn next_serial() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
impl Base {
    /// The profile as it is.
    pub(crate) fn plain(profile: Profile) -> Base {
        Base {
            profile,
            pruning: None,
            serial: next_serial(),
        }
    }

    /// The profile with its own drop_frames applied.
    pub(crate) fn pruned(profile: Profile) -> Base {
        Base::new(profile, &BaseOptions::default()).unwrap()
    }
}
