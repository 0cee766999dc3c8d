//! The small boxes under a node: what labels its samples have.

use super::Drawing;
use crate::graph::{MOST_NODELETS, NodeId, Tag, Tags, Weight, mean, sort_tags};
use crate::measure;

impl Drawing<'_> {
    /// The statements of a node's nodelets, a box and an edge in turns. Nodes that call others show
    /// what is their own, leaves all, with what their callees left them when those were trimmed.
    pub(super) fn nodelets(&self, node: NodeId, tags: &Tags) -> Vec<Vec<u8>> {
        let flat_only = self.calls[node.at()];
        let mut statements = Vec::new();
        let mut labels = tags.labels.clone();
        sort_tags(&mut labels, flat_only);
        labels.truncate(MOST_NODELETS);
        let node = format!("N{}", self.numbers[node.at()]);
        for (at, tag) in labels.iter().enumerate() {
            let value = match flat_only {
                true => tag.weight.flat_value(),
                false => tag.weight.cum_value(),
            };
            if value == 0 {
                continue;
            }
            let nodelet = format!("{node}_{at}");
            statements.extend(self.nodelet((&node, &nodelet), &tag.name, value, ""));
            let numbers = tags.numbers_of(&tag.name);
            statements.extend(self.numbers(&nodelet, numbers, flat_only));
        }
        statements.extend(self.numbers(&node, tags.numbers_of(b""), flat_only));
        statements
    }

    /// The numeric nodelets of a node or nodelet.
    fn numbers(&self, source: &str, tags: &[Tag], flat_only: bool) -> Vec<Vec<u8>> {
        let mut statements = Vec::new();
        for (at, tag) in self.collapse(tags, flat_only).iter().enumerate() {
            let (flat, cum) = (tag.weight.flat_value(), tag.weight.cum_value());
            let (value, style) = match flat_only || flat == cum {
                true => (flat, ""),
                false => (cum, r#" style="dotted""#),
            };
            if value != 0 {
                let nodelet = format!("N{source}_{at}");
                statements.extend(self.nodelet((source, &nodelet), &tag.name, value, style));
            }
        }
        statements
    }

    fn nodelet(
        &self,
        (source, nodelet): (&str, &str),
        name: &[u8],
        value: i64,
        style: &str,
    ) -> [Vec<u8>; 2] {
        let value = &self.input.value(value)[..];
        let node = [
            nodelet.as_bytes(),
            b" [label = \"",
            name,
            b"\" id=\"",
            nodelet.as_bytes(),
            b"\" fontsize=8 shape=box3d tooltip=\"",
            value,
            b"\"]",
        ];
        let edge = [
            format!("{source} -> {nodelet} [label=\" ").as_bytes(),
            value,
            b"\" weight=100 tooltip=\"",
            value,
            b"\" labeltooltip=\"",
            value,
            b"\"",
            style.as_bytes(),
            b"]",
        ]
        .concat();
        [node.concat(), edge]
    }

    /// The tags sorted; when there are too many, each of the heaviest with those nearest to it.
    fn collapse(&self, tags: &[Tag], flat_only: bool) -> Vec<Tag> {
        let mut tags = tags.to_vec();
        sort_tags(&mut tags, flat_only);
        if tags.len() <= MOST_NODELETS {
            return tags;
        }
        let rest = tags.split_off(MOST_NODELETS);
        let mut groups: Vec<Vec<Tag>> = tags.into_iter().map(|tag| vec![tag]).collect();
        for tag in rest {
            let distance = |group: &Vec<Tag>| (group[0].value as f64 - tag.value as f64).abs();
            let near = |a: &&mut Vec<Tag>, b: &&mut Vec<Tag>| distance(a).total_cmp(&distance(b));
            if let Some(nearest) = groups.iter_mut().min_by(near) {
                nearest.push(tag);
            }
        }
        let mut tags: Vec<Tag> = groups.iter().map(|group| self.merge(group)).collect();
        sort_tags(&mut tags, flat_only);
        tags
    }

    /// One tag for a group: its least and greatest value, never scaled to the unit of the report,
    /// in which both might be 0.
    fn merge(&self, group: &[Tag]) -> Tag {
        let (units, profile) = (&self.input.options.label_units, self.input.view.profile);
        let unit = units.named(profile, b"bytes");
        let values = group.iter().map(|tag| tag.value);
        let least = values.clone().min().unwrap_or_default();
        let most = values.max().unwrap_or_default();
        let mut name = measure::label(least, unit);
        if group.len() > 1 {
            name.extend_from_slice(b"..");
            name.extend_from_slice(&measure::label(most, unit));
        }
        let mut sum = Weight::default();
        for tag in group {
            sum.add(&tag.weight);
        }
        Tag {
            name,
            value: least,
            weight: Weight {
                flat: mean(sum.flat, sum.flat_div),
                cum: mean(sum.cum, sum.cum_div),
                ..Weight::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::fixture::profile;
    use crate::report::Report;
    use crate::report::test::{options, printed, printed_with};
    use crate::view::Base;

    /// The texts of the boxes, where each number of bytes is allocated less often than the one before.
    fn boxes(values: &[u32], unit: &[u8]) -> Vec<String> {
        let lines = values.iter().zip((1..10).rev());
        let lines = lines.map(|(n, times)| format!("main{{bytes={n}bytes}} {times}\n"));
        let base = Base::plain(profile(&lines.collect::<String>()));
        let mut options = options(&base);
        options.unit = unit.to_vec();
        printed_with(&base, Report::Dot, &options)
            .lines()
            .filter(|line| line.contains("box3d"))
            .filter_map(|line| line.split('"').nth(1))
            .map(str::to_string)
            .collect()
    }

    #[test]
    fn four_numbers_are_in_the_unit_of_the_report_and_more_are_in_their_own() {
        let four = ["0.50kB", "1.50kB", "2.50kB", "3.50kB"];
        assert_eq!(boxes(&[512, 1536, 2560, 3584], b"kb"), four);
        let five = ["512B..700B", "1.50kB", "2.50kB", "3.50kB"];
        assert_eq!(boxes(&[512, 1536, 2560, 3584, 700], b"kb"), five);
    }

    #[test]
    fn many_numbers_fall_together_with_the_nearest_of_the_heaviest() {
        let values = [
            (1, 9),
            (100, 8),
            (200, 7),
            (300, 6),
            (2, 5),
            (290, 4),
            (110, 3),
        ];
        let text: String = values
            .iter()
            .map(|(bytes, weight)| format!("main{{bytes={bytes}b}} {weight}\n"))
            .collect();
        let base = Base::plain(profile(&text));
        let text = printed(&base, Report::Dot);
        let boxes: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("box3d"))
            .filter_map(|line| line.split('"').nth(1))
            .collect();
        assert_eq!(boxes, ["1B..2B", "100B..110B", "290B..300B", "200B"]);
        assert!(text.contains("N1 -> NN1_0 [label=\" 14\""), "{text}");
    }
}
