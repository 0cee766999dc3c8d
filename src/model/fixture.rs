//! Profiles written in sight of a test: one line a stack, root first, as `main;work 3`.
//!
//! `a;b{k=v,bytes=12kb} 3 4`: labels in braces (a value of digits and letters is a number with a
//! unit), then one value a sample type. A frame may be `name file:line`; `x>y` is y inlined into x.

use std::collections::HashMap;

use super::*;

/// A profile of `samples/count` from folded stacks.
pub(crate) fn profile(text: &str) -> Profile {
    typed(&[("samples", "count")], text)
}

/// A profile of the given sample types from folded stacks.
pub(crate) fn typed(types: &[(&str, &str)], text: &str) -> Profile {
    let mut fixture = Fixture::default();
    for (kind, unit) in types {
        let value_type = ValueType {
            kind: fixture.text(kind),
            unit: fixture.text(unit),
        };
        fixture.profile.sample_types.push(value_type);
    }
    fixture.profile.samples = Samples::new(types.len());
    fixture.profile.mappings.push(Mapping {
        id: 1,
        ..Mapping::default()
    });
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        fixture.sample(line);
    }
    fixture.profile
}

#[derive(Default)]
struct Fixture {
    profile: Profile,
    texts: HashMap<String, Str>,
    locations: HashMap<String, u32>,
    functions: HashMap<(String, String), FunctionId>,
    sets: HashMap<String, LabelSetId>,
}

impl Fixture {
    fn text(&mut self, text: &str) -> Str {
        if text.is_empty() {
            return Str::EMPTY;
        }
        let strings = &mut self.profile.strings;
        *self
            .texts
            .entry(text.to_string())
            .or_insert_with(|| strings.push(text.as_bytes()).unwrap())
    }

    fn sample(&mut self, line: &str) {
        let (path, rest) = match line.find('}') {
            Some(end) => line.split_at(end + 1),
            None => {
                let values = line
                    .split(' ')
                    .rev()
                    .take(self.profile.sample_types.len())
                    .map(|v| v.len() + 1)
                    .sum::<usize>();
                line.split_at(line.len() - values)
            }
        };
        let (path, labels) = path.split_once('{').unwrap_or((path, "}"));
        let values: Vec<i64> = rest
            .split_whitespace()
            .map(|v| v.parse().unwrap())
            .collect();
        let mut stack: Vec<u32> = match path.is_empty() {
            true => Vec::new(),
            false => path.split(';').map(|frame| self.location(frame)).collect(),
        };
        stack.reverse();
        let set = self.labels(labels.trim_end_matches('}'));
        self.profile.samples.push(&values, stack, set).unwrap();
    }

    fn location(&mut self, frame: &str) -> u32 {
        if let Some(row) = self.locations.get(frame) {
            return *row;
        }
        let row = self.profile.locations.len() as u32;
        self.locations.insert(frame.to_string(), row);
        let lines: Vec<Line> = frame.rsplit('>').map(|line| self.line(line)).collect();
        let locations = &mut self.profile.locations;
        locations.id.push(u64::from(row) + 1);
        locations.address.push(u64::from(row + 1) * 16);
        locations.mapping.push(Some(MappingId::new(0)));
        locations.lines.push(lines).unwrap();
        locations.folded.push(false);
        row
    }

    fn line(&mut self, text: &str) -> Line {
        let (name, place) = text.split_once(' ').unwrap_or((text, ""));
        let (file, line) = place.split_once(':').unwrap_or((place, "0"));
        Line {
            function: self.function(name, file),
            line: line.parse().unwrap(),
            column: 0,
        }
    }

    fn function(&mut self, name: &str, file: &str) -> FunctionId {
        let key = (name.to_string(), file.to_string());
        if let Some(id) = self.functions.get(&key) {
            return *id;
        }
        let (name, file) = (self.text(name), self.text(file));
        let functions = &mut self.profile.functions;
        let id = FunctionId::new(functions.len() as u32);
        functions.id.push(u64::from(id.row()) + 1);
        functions.name.push(name);
        functions.system_name.push(name);
        functions.filename.push(file);
        functions.start_line.push(0);
        self.functions.insert(key, id);
        id
    }

    fn labels(&mut self, text: &str) -> LabelSetId {
        if let Some(id) = self.sets.get(text) {
            return *id;
        }
        let labels: Vec<Label> = text
            .split(',')
            .filter(|l| !l.is_empty())
            .map(|label| self.label(label))
            .collect();
        let id = LabelSetId::new(self.profile.label_sets.len() as u32);
        self.profile.label_sets.push(labels).unwrap();
        self.sets.insert(text.to_string(), id);
        id
    }

    fn label(&mut self, text: &str) -> Label {
        let (key, value) = text.split_once('=').unwrap();
        let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let key = self.text(key);
        let value = match value[..digits].parse() {
            Ok(number) => {
                let unit = &value[digits..];
                let unit = (!unit.is_empty()).then(|| self.text(unit));
                LabelValue::Number(number, unit)
            }
            Err(_) => LabelValue::Text(self.text(value)),
        };
        Label { key, value }
    }
}

/// The same profile with samples that come `rows` at a time, each block with label lists of its own.
pub(crate) fn in_blocks(profile: Profile, rows: usize) -> Profile {
    let mut head = profile.clone();
    head.samples = Samples::new(profile.samples.width());
    head.label_sets = LabelSets::default();
    head.again = Some(Arc::new(Blocks(profile, rows)));
    head
}

#[derive(Debug)]
struct Blocks(Profile, usize);

impl Again for Blocks {
    fn blocks(
        &self,
        visit: &mut dyn FnMut(block::Block<'_>) -> crate::error::Result<()>,
    ) -> crate::error::Result<()> {
        let Blocks(profile, rows) = self;
        for samples in profile.samples.clone().into_runs(*rows) {
            let mut run = Samples::new(samples.width());
            let mut lists = LabelSets::default();
            samples.scan(|sample| {
                let labels = LabelSetId::new(lists.len() as u32);
                lists
                    .push(profile.label_sets.row(sample.labels.at()).iter().copied())
                    .unwrap();
                let stack = sample.stack.iter().map(|location| location.row());
                run.push(sample.values, stack, labels).unwrap();
            })?;
            visit(block::Block {
                samples: &run,
                lists: Some(&lists),
            })?;
        }
        Ok(())
    }

    fn brings_lists(&self) -> bool {
        true
    }
}
