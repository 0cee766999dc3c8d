//! `topproto`: the rows of `top` as a profile.proto, a sample each (pprof-behaviour 6.8).

use super::Input;
use super::proto::{Encoder, Message, Rest, texts};
use super::sink::Sink;
use crate::error::Result;
use crate::go::num::truncate;
use crate::graph::{NodeId, Nodes, trim};
use crate::hash::Map;
use crate::measure;

/// Writes the report.
pub(super) fn write(input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let nodes = input.nodes(false)?;
    let trimmed = trim(&nodes, &input.options.trim);
    input.choose_unit(&nodes, &trimmed);
    let mut encoder = Encoder::new(out)?;
    for kind in [&b"cum"[..], b"flat"] {
        let message = encoder.value_type(kind, &input.unit);
        encoder.message(1, &message)?;
    }
    for (id, node) in (1..).zip(&trimmed.shown) {
        let weight = nodes.weight(*node);
        let values = [weight.cum_value(), weight.flat_value()];
        let mut sample = Message::default();
        sample.uints(1, [id].into_iter());
        sample.uints(2, values.map(|value| whole(input, value)).into_iter());
        encoder.message(2, &sample)?;
    }
    let functions = Functions::of(&nodes, &trimmed.shown);
    for ((id, node), function) in (1..).zip(&trimmed.shown).zip(&functions.of_node) {
        let key = nodes.key(*node);
        let mut line = Message::default();
        line.uint(1, *function);
        line.int(2, key.line);
        line.int(3, key.column);
        let mut location = Message::default();
        location.uint(1, id);
        location.uint(3, key.address);
        location.message(4, &line);
        encoder.message(4, &location)?;
    }
    for (id, node) in (1..).zip(&functions.nodes) {
        let mut function = Message::default();
        function.uint(1, id);
        function.uint(2, encoder.string(nodes.name(*node)));
        function.uint(4, encoder.string(nodes.file(*node)));
        function.int(5, nodes.key(*node).start_line);
        encoder.message(5, &function)?;
    }
    let header = &input.view.profile.header;
    encoder.finish(&Rest {
        drop_frames: b"",
        keep_frames: b"",
        time_nanos: header.time_nanos,
        duration_nanos: header.duration_nanos,
        period_type: texts(input.view, header.period_type),
        period: header.period,
        comments: Vec::new(),
        default_sample_type: b"",
        doc_url: b"",
    })
}

/// A value in the report's unit, without its fraction.
fn whole(input: &Input<'_>, value: i64) -> u64 {
    let (value, _) = measure::scale(value, &input.options.sample_unit, &input.unit);
    truncate(value).cast_unsigned()
}

/// The functions of nodes, numbered by first use.
struct Functions {
    /// A node of each function.
    nodes: Vec<NodeId>,
    /// The function of each node, from 1.
    of_node: Vec<u64>,
}

impl Functions {
    fn of(nodes: &Nodes<'_>, shown: &[NodeId]) -> Functions {
        let mut numbers: Map<_, u64> = Map::default();
        let mut functions = Functions {
            nodes: Vec::new(),
            of_node: Vec::with_capacity(shown.len()),
        };
        for &node in shown {
            let function = (
                nodes.name(node),
                nodes.file(node),
                nodes.key(node).start_line,
            );
            let next = functions.nodes.len() as u64 + 1;
            let number = *numbers.entry(function).or_insert(next);
            if number == next {
                functions.nodes.push(node);
            }
            functions.of_node.push(number);
        }
        functions
    }
}

#[cfg(test)]
mod tests {
    use crate::archive::gzip::unpack;
    use crate::model::fixture::typed;
    use crate::report::Report;
    use crate::report::test::{options, packed, placed};

    #[test]
    fn nodes_become_samples_and_share_their_functions() {
        let base = placed(typed(
            &[("cpu", "nanoseconds")],
            "main f.go:1;work f.go:7 2500000\nmain f.go:3 1000000",
        ));
        let unpacked = unpack(&packed(&base, Report::TopProto, &options(&base)));
        let want: [&[u8]; 12] = [
            &[10, 4, 8, 1, 16, 2, 10, 4, 8, 3, 16, 2], // cum/ms, flat/ms
            &[18, 6, 8, 1, 16, 2, 16, 2],
            &[18, 6, 8, 2, 16, 1, 16, 1],
            &[18, 6, 8, 3, 16, 2, 16, 0],
            &[34, 10, 8, 1, 24, 0x20, 34, 4, 8, 1, 16, 7],
            &[34, 10, 8, 2, 24, 0x30, 34, 4, 8, 2, 16, 3],
            &[34, 10, 8, 3, 24, 0x10, 34, 4, 8, 2, 16, 1],
            &[42, 6, 8, 1, 16, 4, 32, 5],
            &[42, 6, 8, 2, 16, 6, 32, 5],
            b"\x32\0\x32\x03cum\x32\x02ms\x32\x04flat",
            b"\x32\x04work\x32\x04f.go\x32\x04main",
            &[0x70, 0],
        ];
        assert_eq!(unpacked, want.concat());
    }
}
