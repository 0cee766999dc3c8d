//! Reports in tests: a profile in, text out.

use super::sink::Plain;
use super::{Input, Options, Report, write};
use crate::graph::{Sort, Trim, Weighing};
use crate::model::Profile;
use crate::view::{Base, Detail, LabelUnits, View};

/// Options that change nothing, over the first sample type.
pub(super) fn options(base: &Base) -> Options {
    let (label_units, _) = LabelUnits::of(&base.profile).unwrap();
    let value_type = base.profile.sample_types[0];
    let mut total = 0;
    let values = |values: &[i64], _| total += values[0].abs();
    base.profile.scan_values(values).unwrap();
    Options {
        trim: Trim {
            node_count: 0,
            node_fraction: 0.0,
            edge_fraction: 0.0,
            sort: Sort::Flat,
            drop_negative: false,
        },
        compact: true,
        ratio: 1.0,
        active_filters: Vec::new(),
        label_units,
        weighing: Weighing {
            index: 0,
            mean: false,
        },
        sample_type: base.profile.text(value_type.kind).to_vec(),
        sample_unit: base.profile.text(value_type.unit).to_vec(),
        unit: b"minimum".to_vec(),
        paths: Default::default(),
        directory: Default::default(),
        pattern: None,
        total,
        json: false,
        call_tree: false,
        tree_room: u64::MAX,
        goroutines: Default::default(),
        topic: String::new(),
        rule: None,
        own_code: None,
    }
}

/// A report over all functions.
pub(super) fn printed(base: &Base, report: Report) -> String {
    printed_with(base, report, &options(base))
}

/// A report with options, as text.
pub(super) fn printed_with(base: &Base, report: Report, options: &Options) -> String {
    String::from_utf8_lossy(&packed(base, report, options)).into_owned()
}

/// A report with options, at the detail that shows all there is.
pub(super) fn packed(base: &Base, report: Report, options: &Options) -> Vec<u8> {
    let mut view = View::new(base);
    view.detail = Detail::ALL;
    let mut out = Plain(Vec::new());
    let mut warn = |_| ();
    write(report, Input::new(&view, options), &mut warn, &mut out).unwrap();
    out.0
}

/// A profile whose locations lie at 0x10, 0x20, and so on.
pub(super) fn placed(mut profile: Profile) -> Base {
    let addresses = profile.locations.address.iter_mut();
    for (address, place) in addresses.zip((0x10..).step_by(0x10)) {
        *address = place;
    }
    Base::plain(profile)
}
