//! Many profiles become one whose samples stay where they are: held as they were decoded, or read again.
//!
//! For reports that only add samples up it does not matter that equal stacks are several samples, as long as
//! nothing cancels: so no stack is translated, hashed and looked up among a million others. The rows that
//! samples lead to are those of [`merge`](super::merge), in the same order. Where a value is negative, a
//! sum too large for 64 bits, or label lists too many to hold, profiles have to be merged.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Comparison, FULL, Gone, Merger, check_compatible, is_zero, minus};
use crate::error::Result;
use crate::model::{Again, Block, LabelSetId, LocationId, Profile, Samples};

/// The samples of several profiles.
#[derive(Debug)]
struct Joined(Vec<Part>);

/// Those of one.
#[derive(Debug)]
enum Part {
    /// Their stacks and labels mean rows of the joined profile already.
    Held(Samples),
    /// Read again: the joined row of each location and label list, and whether they are subtracted.
    Again(Arc<dyn Again>, Vec<LocationId>, Vec<LabelSetId>, bool),
}

impl Again for Joined {
    fn blocks(&self, visit: &mut dyn FnMut(Block<'_>) -> Result<()>) -> Result<()> {
        let mut show = |samples: &Samples| {
            visit(Block {
                samples,
                lists: None,
            })
        };
        for part in &self.0 {
            let (again, locations, label_sets, subtracted) = match part {
                Part::Held(samples) => {
                    show(samples)?;
                    continue;
                }
                Part::Again(again, locations, sets, subtracted) => {
                    (again, locations, sets, *subtracted)
                }
            };
            let mut moved = Samples::default();
            let mut values = Vec::new();
            again.blocks(&mut |block| {
                moved.forget();
                moved.set_width(block.samples.width());
                block.samples.scan(|sample| {
                    if is_zero(sample.values) {
                        return;
                    }
                    for location in sample.stack {
                        moved.add_frame(locations[location.at()].row());
                    }
                    values.clear();
                    values.extend_from_slice(sample.values);
                    if subtracted {
                        values.iter_mut().for_each(|value| *value = minus(*value));
                    }
                    // A block is far smaller than what could be too much.
                    let _ = moved.close(&values, label_sets[sample.labels.at()]);
                })?;
                show(&moved)
            })?;
        }
        Ok(())
    }

    fn brings_lists(&self) -> bool {
        false
    }
}

/// Joins profiles whose sample types agree, the last one subtracted where it is the base of a comparison;
/// gives them back where they have to be merged. The error is pprof's.
pub(crate) fn join<'p>(
    profiles: Vec<Cow<'p, Profile>>,
    comparison: Option<Comparison>,
) -> std::result::Result<std::result::Result<Profile, Vec<Cow<'p, Profile>>>, String> {
    for profile in profiles.iter().skip(1) {
        check_compatible(&profiles[0], profile)?;
    }
    let mut merger = Merger::default();
    merger.begin(&profiles, comparison).ok_or(FULL)?;
    let mut sums = vec![0i64; merger.out.samples.width()];
    let mut known = Vec::with_capacity(profiles.len());
    let last = profiles.len().saturating_sub(1);
    for (at, profile) in profiles.iter().enumerate() {
        merger.subtracting = comparison.filter(|_| at == last);
        let lists = merger.out.label_sets.len();
        let learned = match profile.brings_lists() || merger.subtracting == Some(Comparison::Base) {
            true => None,
            false => merger.learn(profile, &mut sums)?,
        };
        // What is subtracted must not meet what it is subtracted from.
        let meets = |gone: &Gone| gone.label_sets.iter().flatten().any(|id| id.at() < lists);
        match learned {
            Some((gone, zeros)) if merger.subtracting.is_none() || !meets(&gone) => {
                known.push((gone, zeros));
            }
            _ => return Ok(Err(profiles)),
        }
    }
    let parts = profiles.into_iter().zip(known).enumerate();
    let parts = parts.map(|(at, (profile, known))| {
        let subtracted = comparison.is_some() && at == last;
        part(profile.into_owned(), known, subtracted)
    });
    let joined = Joined(parts.collect());
    let mut out = merger.into_out();
    out.again = Some(Arc::new(joined));
    Ok(Ok(out))
}

/// Leads the samples of a profile to the rows they have gone to; `zeros` says that some are of nothing.
fn part(mut profile: Profile, (gone, zeros): (Gone, bool), subtracted: bool) -> Part {
    let sets = gone.label_sets.into_iter();
    let sets: Vec<LabelSetId> = sets.map(|id| id.unwrap_or(LabelSetId::new(0))).collect();
    if let Some(again) = profile.again {
        return Part::Again(again, gone.locations, sets, subtracted);
    }
    let samples = &mut profile.samples;
    if subtracted || zeros {
        samples.retain(|values| {
            if subtracted {
                values.iter_mut().for_each(|value| *value = minus(*value));
            }
            !is_zero(values)
        });
    }
    samples.move_to(&gone.locations, &sets);
    Part::Held(profile.samples)
}

impl Merger {
    /// Finds the rows that the samples of a profile lead to, and adds to the sums of all values; says as well
    /// whether samples are of nothing. `None` where a value may cancel another.
    fn learn(
        &mut self,
        profile: &Profile,
        sums: &mut [i64],
    ) -> std::result::Result<Option<(Gone, bool)>, String> {
        let mut gone = self.gone(profile).ok_or(FULL)?;
        let (mut fits, mut adds_up, mut zeros) = (Some(()), true, false);
        let lists = &profile.label_sets;
        let read = profile.scan_values(|values, labels| {
            if is_zero(values) {
                zeros = true;
                return;
            }
            for (sum, value) in sums.iter_mut().zip(values) {
                let added = sum.checked_add(*value);
                adds_up &= *value >= 0 && added.is_some();
                *sum = added.unwrap_or(0);
            }
            if gone.label_sets[labels.at()].is_none() {
                let set = self.label_set((profile, lists), labels, &mut gone);
                fits = fits.and(set.map(|_| ()));
            }
        });
        let read = read.and_then(|()| match profile.samples.used().filter(|_| !zeros) {
            Some(used) => {
                let all: Vec<LocationId> = rows(used).collect();
                fits = fits.and_then(|()| self.locations_of(profile, &all, &mut gone));
                Ok(())
            }
            None => profile.blocks(&mut |block| {
                block.samples.scan(|sample| {
                    if !is_zero(sample.values) {
                        let stack = sample.stack;
                        fits = fits.and_then(|()| self.locations_of(profile, stack, &mut gone));
                    }
                })
            }),
        });
        read.map_err(|error| error.to_string())?;
        fits.ok_or(FULL)?;
        Ok(adds_up.then_some((gone, zeros)))
    }
}

fn rows(count: usize) -> impl Iterator<Item = LocationId> {
    (0..count).map(|row| LocationId::new(row as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{in_blocks, profile};
    use crate::model::merge::merge;

    /// The sum of the values of each stack with its labels, and the names of all functions.
    fn sums(profile: &Profile) -> (Vec<(String, i64)>, Vec<Vec<u8>>) {
        let mut sums: Vec<(String, i64)> = Vec::new();
        let visit = &mut |block: Block<'_>| {
            block.samples.scan(|sample| {
                let labels = format!("{:?}", profile.label_sets.row(sample.labels.at()));
                let stack = format!("{:?} {labels}", sample.stack);
                match sums.iter_mut().find(|(known, _)| *known == stack) {
                    Some((_, sum)) => *sum += sample.values[0],
                    None => sums.push((stack, sample.values[0])),
                }
            })
        };
        profile.blocks(visit).unwrap();
        let names = profile.functions.name.iter();
        let names = names.map(|name| profile.text(*name).to_vec()).collect();
        (sums, names)
    }

    fn both(texts: [&str; 2], comparison: Option<Comparison>) -> Option<Profile> {
        let profiles = || texts.map(|text| Cow::Owned(profile(text))).to_vec();
        let merged = merge(profiles(), comparison).unwrap();
        let joined = join(profiles(), comparison).unwrap().ok()?;
        assert_eq!(sums(&joined), sums(&merged), "{texts:?}");
        Some(joined)
    }

    #[test]
    fn joined_samples_lead_to_the_rows_of_merged_ones_and_add_up_alike() {
        let texts = ["a;b{k=x} 1\nc 2\nd 0", "e;c 3\nd;a 4\na;b{k=x} 5\nc 1"];
        let joined = both(texts, None).expect("nothing cancels");
        assert_eq!(joined.samples.len(), 0);
        let mut rows = 0;
        joined.scan_values(|_, _| rows += 1).unwrap();
        assert_eq!(rows, 6, "each sample is still there but that of nothing");
        assert!(both(texts, Some(Comparison::DiffBase)).is_some());
    }

    #[test]
    fn locations_that_are_used_in_the_order_of_their_rows_need_no_look_at_stacks() {
        let numbered = |text| {
            let mut profile = profile(text);
            let locations = profile.locations.len();
            profile.samples.set_used(locations - 1);
            Cow::Owned(profile)
        };
        // Nothing is said of the last location, so that what is said is heard.
        let profiles = || vec![numbered("a;b 1"), numbered("e;c;b 2")];
        let joined = join(profiles(), None).unwrap().expect("nothing cancels");
        let used = profiles()
            .iter()
            .map(|p| p.locations.len() - 1)
            .sum::<usize>();
        assert!(joined.locations.len() <= used);
    }

    #[test]
    fn what_may_cancel_is_not_joined() {
        assert!(both(["a 1", "a -1"], None).is_none());
        assert!(both(["a 1", "a 1"], Some(Comparison::Base)).is_none());
        let labelled = ["a{pprof::base=true} 1", "a 1"];
        assert!(both(labelled, Some(Comparison::DiffBase)).is_none());
        let much = format!("a {}", i64::MAX);
        assert!(both([&much, "b 1"], None).is_none());
    }

    #[test]
    fn label_lists_that_come_with_their_blocks_are_not_joined() {
        let wide = vec![Cow::Owned(in_blocks(profile("a{k=x} 1\nb 2"), 1))];
        assert!(join(wide, None).unwrap().is_err());
    }
}
