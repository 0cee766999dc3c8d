//! Texts as numbers: stacks of equal text are found, and put in order, without looking at texts again.

use crate::model::{CREATED_BY, MappingId, Profile, Ragged, Str};

/// Numbers that stand for texts and are in their order.
pub(super) struct Ranks {
    /// Of each line of each location: function, file and line.
    pub(super) lines: Ragged<u32>,
    /// Of each location: all its lines.
    pub(super) locations: Vec<u32>,
    /// Whether a location is that of a creator.
    pub(super) creators: Vec<bool>,
}

impl Ranks {
    /// Ranks everything once.
    pub(super) fn of(profile: &Profile) -> Ranks {
        let (functions, locations) = (&profile.functions, &profile.locations);
        let text = |row: usize| {
            let (name, file) = (functions.name[row], functions.filename[row]);
            (profile.text(name), profile.text(file))
        };
        let functions = ranks(functions.len(), text);
        let flat = locations.lines.items();
        let flat = ranks(flat.len(), |at| {
            (functions[flat[at].function.at()], flat[at].line)
        });
        let mut flat = flat.into_iter();
        let mut lines = Ragged::default();
        for row in 0..locations.len() {
            lines.push(flat.by_ref().take(locations.lines.row(row).len()));
        }
        let mapping = |at: &Option<MappingId>| at.map(|at| profile.mappings[at.at()].file);
        let created = |file: Str| profile.text(file) == CREATED_BY;
        let creators: Vec<bool> = locations
            .mapping
            .iter()
            .map(|at| mapping(at).is_some_and(created))
            .collect();
        let ranked = ranks(locations.len(), |row| {
            let lines = lines.row(row);
            // A location without a name is known by its address alone.
            let address = lines.is_empty().then(|| locations.address[row]);
            (lines, address, creators[row])
        });
        Ranks {
            lines,
            locations: ranked,
            creators,
        }
    }
}

/// The rank of each row by what it is compared by; equal rows have equal ranks.
fn ranks<K: Ord>(rows: usize, key: impl Fn(usize) -> K) -> Vec<u32> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_unstable_by_key(|row| key(*row));
    let mut ranks = vec![0; rows];
    let mut rank = 0;
    for pair in order.windows(2) {
        let [before, row] = [pair[0], pair[1]];
        rank += u32::from(key(before) != key(row));
        ranks[row] = rank;
    }
    ranks
}
