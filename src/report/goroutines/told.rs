//! What the labels of a goroutine say: those of a dump, and those that the program gave.

use crate::error::Result;
use crate::hash::Map;
use crate::model::{Label, LabelValue, Profile, Str};

/// The label keys of a dump; where the program uses a name itself, ours has `go.` before it.
pub(crate) struct Keys {
    pub(crate) state: Option<Str>,
    pub(crate) flag: Option<Str>,
    pub(crate) wait: Option<Str>,
    pub(crate) goroutine: Option<Str>,
    pub(crate) base: Option<Str>,
    /// Whether it is a dump alone; in a comparison samples tell it by having an id.
    pub(crate) dump: bool,
}

impl Keys {
    /// Finds the keys once.
    pub(crate) fn of(profile: &Profile) -> Result<Keys> {
        let mut known: Map<&[u8], Str> = Map::default();
        let mut seen = vec![false; profile.strings.len()];
        let mut see = |label: &Label| {
            if !std::mem::replace(&mut seen[label.key.at()], true) {
                known.insert(profile.text(label.key), label.key);
            }
        };
        profile.label_lists(&mut |labels| labels.iter().for_each(&mut see))?;
        let key = |name: &str| {
            let ours = known.get(format!("go.{name}").as_bytes());
            ours.or_else(|| known.get(name.as_bytes())).copied()
        };
        Ok(Keys {
            state: key("state"),
            flag: key("flag"),
            wait: key("wait"),
            goroutine: key("goroutine"),
            base: known.get(&b"pprof::base"[..]).copied(),
            dump: profile
                .sample_types
                .iter()
                .any(|kind| profile.text(kind.kind) == b"wait"),
        })
    }

    /// Reads a list of labels.
    pub(crate) fn told(&self, labels: &[Label]) -> Told {
        let keys = self;
        let mut told = Told::default();
        for label in labels {
            let key = Some(label.key);
            match label.value {
                LabelValue::Text(text) if key == keys.state => told.state = Some(text),
                LabelValue::Number(seconds, _) if key == keys.wait => told.wait = Some(seconds),
                LabelValue::Number(id, _) if key == keys.goroutine => told.id = Some(id),
                LabelValue::Text(_) => told.base |= key == keys.base,
                LabelValue::Number(..) => {}
            }
        }
        // A program may have labels of these names too; it has no id among them.
        told.dumped = keys.dump || told.id.is_some();
        told.state = told.state.filter(|_| told.dumped);
        told
    }

    /// The flags of a goroutine of a dump.
    pub(crate) fn flags(&self, labels: &[Label]) -> impl Iterator<Item = Str> {
        let flags = labels.iter().filter(|label| Some(label.key) == self.flag);
        flags.filter_map(|label| match label.value {
            LabelValue::Text(flag) => Some(flag),
            LabelValue::Number(..) => None,
        })
    }

    /// The text labels that are neither ours nor the mark of a base.
    pub(crate) fn of_program(
        &self,
        labels: &[Label],
        told: &Told,
    ) -> impl Iterator<Item = (Str, Str)> {
        let ours = match told.dumped {
            true => [self.base, self.state, self.flag],
            false => [self.base; 3],
        };
        let program = labels
            .iter()
            .filter(move |label| !ours.contains(&Some(label.key)));
        program.filter_map(|label| match label.value {
            LabelValue::Text(text) => Some((label.key, text)),
            LabelValue::Number(..) => None,
        })
    }
}

/// What the labels of a goroutine say.
#[derive(Default)]
pub(crate) struct Told {
    /// Whether they are those of a dump; goroutine 0 has no id.
    pub(crate) dumped: bool,
    pub(crate) state: Option<Str>,
    pub(crate) wait: Option<i64>,
    pub(crate) id: Option<i64>,
    pub(crate) base: bool,
}
