//! Frames that are no calls of the program (pprof-behaviour 2.4): what signal handlers left on stacks, and
//! leaves that are there twice.
//!
//! Numbers in the stacks are ids here, one more than the row of a location.

use super::super::error::{DecodeError, Offset};
use super::rows::Rows;
use crate::model::Samples;

/// One sample in so many may be without the frame of a handler.
const SIMILAR: usize = 32;
/// How many frames of handlers are taken out at most.
const MOST_HANDLERS: usize = 2;

/// Takes out the frames of signal handlers, and then the leaves that are there twice. Locations that are
/// in no stack any more go, those of the second leaves stay.
pub(super) fn drop_handlers(rows: &mut Rows, at: Offset) -> Result<(), DecodeError> {
    let samples = &mut rows.builder.profile.samples;
    for _ in 0..MOST_HANDLERS {
        let Some(handler) = handler(samples) else {
            break;
        };
        samples.drop_second(|_, second| second == handler);
    }
    let full = rows.builder.full(at.count());
    let count = rows.builder.profile.locations.len();
    let mut places = Vec::new();
    let room = rows.builder.budget.room(&mut places, count);
    room.ok_or(full)?;
    places.resize(count, 0);
    first_uses(&rows.builder.profile.samples, &mut places);
    drop_doubles(rows);
    rows.builder.reorder_locations(&places).ok_or(full)?;
    rows.builder.budget.give_back(places);
    Ok(())
}

/// Takes out the second frame of stacks where it is the leaf again, as the call that it is not.
pub(super) fn drop_doubles(rows: &mut Rows) {
    let profile = &mut rows.builder.profile;
    let addresses = &profile.locations.address;
    let address = |id: u32| {
        let row = usize::try_from(id).ok()?.checked_sub(1)?;
        addresses.get(row).copied()
    };
    profile.samples.drop_second(|leaf, second| {
        let next = address(second).map(|address| address.wrapping_add(1));
        next.is_some() && address(leaf) == next
    });
}

/// The second frame of nearly all stacks.
fn handler(samples: &Samples) -> Option<u32> {
    let seconds = || samples.tops().filter_map(|(_, second)| second);
    // What most have is what is left over when those that differ cancel each other.
    let (mut most, mut votes) = (0, 0usize);
    for second in seconds() {
        (most, votes) = match votes {
            0 => (second, 1),
            votes if second == most => (most, votes.saturating_add(1)),
            votes => (most, votes.saturating_sub(1)),
        };
    }
    let all = samples.len();
    let count = seconds().filter(|second| *second == most).count();
    let enough = all.saturating_sub(all / SIMILAR);
    (count >= enough).then_some(most)
}

/// Numbers the locations from 1 on in the order in which stacks first use them; the others stay 0.
fn first_uses(samples: &Samples, places: &mut [u32]) {
    let mut next = 0u32;
    // Who decodes asks himself whether to go on.
    let _ = samples.scan(|sample| {
        for id in sample.stack {
            let place = id.at().checked_sub(1).and_then(|row| places.get_mut(row));
            if let Some(place @ 0) = place {
                next = next.saturating_add(1);
                *place = next;
            }
        }
    });
}
