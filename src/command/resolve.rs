//! What a request means: settings become filters, a sample type and units, and then a report.
//!
//! The order of the steps is pprof's (pprof-behaviour 5), and shows: which of two errors wins, which
//! warnings come before it, what the percentages are of.

use std::cell::RefCell;

use super::goroutines;
use super::options::Settings;
use crate::error::{Error, Result, Warning};
use crate::go::fmt::{atoi, quote};
use crate::go::regexp::Regexp;
use crate::graph::path::PathTrim;
use crate::graph::{Sort, Sums, Trim, Weighing, mean};
use crate::model::{Label, LabelValue, Profile, Str};
use crate::report::goroutines::Asked;
use crate::report::{self, Input, Line, Options, Report, sink::Sink};
use crate::triage;
use crate::view::{Base, Detail, LabelUnits, NameFilter, Own, PerList, TagFilter, TagFrames, View};

/// A report as it was asked for.
pub(crate) struct Request<'a> {
    /// Which one.
    pub(crate) report: Report,
    /// The pattern that `peek` and `list` take.
    pub(crate) argument: Option<&'a str>,
    /// All options, those of the line and of the command already applied.
    pub(crate) settings: &'a Settings,
    /// What the report before it found out, and what this one does; none where no other follows.
    pub(crate) memory: Option<&'a Memory>,
    /// Bytes that a call tree may take.
    pub(crate) tree_room: u64,
}

/// What nodes add up to, as the last report found it, and what that depends on.
#[derive(Default)]
pub(crate) struct Memory {
    of: RefCell<Option<(u64, Settings)>>,
    sums: Sums,
}

impl Memory {
    /// The sums for these settings, empty where the last report had other ones or another profile.
    fn sums(&self, base: &Base, settings: &Settings) -> &Sums {
        let plain = Settings::default();
        // What only decides which nodes are shown, and how.
        let of = Settings {
            sort: plain.sort,
            nodecount: plain.nodecount,
            nodefraction: plain.nodefraction,
            edgefraction: plain.edgefraction,
            trim: plain.trim,
            drop_negative: plain.drop_negative,
            compact_labels: plain.compact_labels,
            divide_by: plain.divide_by,
            relative_percentages: plain.relative_percentages,
            output: plain.output,
            json: plain.json,
            ..settings.clone()
        };
        let of = Some((base.serial(), of));
        if *self.of.borrow() != of {
            self.sums.clear();
            *self.of.borrow_mut() = of;
        }
        &self.sums
    }
}

/// Writes the report to `out`; remarks go to `warn` in the order in which pprof makes them. A report
/// that fails has written nothing.
pub(crate) fn generate(
    base: &Base,
    request: &Request<'_>,
    warn: &mut dyn FnMut(Warning),
    out: &mut dyn Sink,
) -> Result<()> {
    let settings = request.settings;
    let (units, warnings) = LabelUnits::of(&base.profile)?;
    warnings.into_iter().for_each(&mut *warn);
    let mut view = View::new(base);
    add_tag_frames(&mut view, settings, warn)?;
    let relative = settings.relative_percentages;
    if relative {
        filter(&mut view, settings, &units, warn)?;
    }
    let weighing = weighing(&base.profile, settings)?;
    if settings.divide_by == 0.0 {
        return Err(Error::report("zero divisor specified"));
    }
    let (asked, pattern) = match request.report {
        Report::Goroutines => {
            let words = request.argument.unwrap_or_default();
            (goroutines::asked(words, settings.nodecount)?, None)
        }
        Report::Explain => (Asked::default(), None),
        _ => (
            Asked::default(),
            request.argument.map(argument).transpose()?,
        ),
    };
    let total = total(&view, weighing)?;
    if !relative {
        filter(&mut view, settings, &units, warn)?;
    }
    if request.report == Report::Tags && !names_ids(settings) {
        view.hide_goroutine_ids();
    }
    view.detail = detail(settings);
    let mut options = options(&base.profile, settings, weighing);
    options.tree_room = request.tree_room;
    options.label_units = units;
    options.pattern = pattern;
    options.goroutines = asked;
    if request.report == Report::Explain {
        options.topic = request.argument.unwrap_or_default().to_string();
        options.rule = triage::doc(&options.topic);
    }
    options.own_code = self::pattern("own_code", &settings.own_code)?;
    options.total = total;
    if request.report == Report::List {
        options.directory = std::env::current_dir()
            .map_err(|error| Error::report(format!("could not stat current dir: {error}")))?;
    }
    let mut input = Input::new(&view, &options);
    input.sums = request.memory.map(|memory| memory.sums(base, settings));
    report::write(request.report, input, warn, out)
}

/// What the shell says of a profile when it opens, and the total; the error is what a report would
/// say (pprof-behaviour 7.1).
pub(crate) fn greeting(
    base: &Base,
    settings: &Settings,
    warn: &mut dyn FnMut(Warning),
) -> Result<(Vec<Line>, i64)> {
    let (units, warnings) = LabelUnits::of(&base.profile)?;
    warnings.into_iter().for_each(warn);
    let weighing = weighing(&base.profile, settings)?;
    if settings.divide_by == 0.0 {
        return Err(Error::report("zero divisor specified"));
    }
    let view = View::new(base);
    let mut options = options(&base.profile, settings, weighing);
    options.label_units = units;
    options.total = total(&view, weighing)?;
    let lines = report::profile_lines(&Input::new(&view, &options));
    Ok((lines, options.total))
}

/// What the profile is about: the sample type that `wanted` names, or its default where it has none of
/// that name, and what all its samples come to.
pub(crate) fn summary(base: &Base, wanted: &str) -> Result<Summary> {
    let profile = &base.profile;
    let index = sample_index(profile, wanted).or_else(|_| sample_index(profile, ""))?;
    let value_type = profile.sample_types[index];
    let weighing = Weighing { index, mean: false };
    Ok(Summary {
        kind: profile.text(value_type.kind).to_vec(),
        unit: profile.text(value_type.unit).to_vec(),
        total: total(&View::new(base), weighing)?,
    })
}

/// A sample type and its total.
pub(crate) struct Summary {
    pub(crate) kind: Vec<u8>,
    pub(crate) unit: Vec<u8>,
    pub(crate) total: i64,
}

/// Whether there are filters, and no sample gets through them.
pub(crate) fn filters_all(base: &Base, settings: &Settings) -> Result<bool> {
    if active_filters(settings).is_empty() {
        return Ok(false);
    }
    let (units, _) = LabelUnits::of(&base.profile)?;
    let mut view = View::new(base);
    add_tag_frames(&mut view, settings, &mut |_| ())?;
    filter(&mut view, settings, &units, &mut |_| ())?;
    let mut empty = true;
    view.scan_values(|_, _| empty = false)?;
    Ok(empty)
}

/// The value that `sample_index` names: a number, a name, or nothing for the profile's default
/// (pprof-behaviour 3.1).
pub(crate) fn sample_index(profile: &Profile, wanted: &str) -> Result<usize> {
    let types = &profile.sample_types;
    let Some(last) = types.len().checked_sub(1) else {
        return Err(Error::report("profile has no samples"));
    };
    let named = |name: &[u8]| types.iter().position(|t| profile.text(t.kind) == name);
    if wanted.is_empty() {
        let default = profile.header.default_sample_type;
        let default = (default != Str::EMPTY).then(|| profile.text(default));
        return Ok(default.and_then(named).unwrap_or(last));
    }
    if let Ok(number) = atoi(wanted.as_bytes()) {
        let index = usize::try_from(number).ok().filter(|index| *index <= last);
        return index.ok_or_else(|| {
            let text = format!("sample_index {wanted} is outside the range [0..{last}]");
            Error::report(text)
        });
    }
    // Profiles older than inuse_space call it space.
    let old = wanted.strip_prefix("inuse_").unwrap_or(wanted);
    let is = |name: &[u8]| name == wanted.as_bytes() || name == old.as_bytes();
    let found = types.iter().position(|t| is(profile.text(t.kind)));
    found.ok_or_else(|| {
        let names: Vec<_> = types
            .iter()
            .map(|t| String::from_utf8_lossy(profile.text(t.kind)))
            .collect();
        let (wanted, names) = (quote(wanted.as_bytes()), names.join(" "));
        Error::report(format!("sample_index {wanted} must be one of: [{names}]"))
    })
}

fn weighing(profile: &Profile, settings: &Settings) -> Result<Weighing> {
    Ok(Weighing {
        index: sample_index(profile, &settings.sample_index)?,
        mean: settings.mean,
    })
}

fn options(profile: &Profile, settings: &Settings, weighing: Weighing) -> Options {
    let value_type = profile.sample_types[weighing.index];
    let kind = profile.text(value_type.kind);
    Options {
        trim: trim(settings),
        compact: settings.compact_labels,
        ratio: 1.0 / settings.divide_by,
        active_filters: active_filters(settings),
        label_units: LabelUnits::default(),
        weighing,
        sample_type: match weighing.mean {
            true => [b"mean_", kind].concat(),
            false => kind.to_vec(),
        },
        sample_unit: profile.text(value_type.unit).to_vec(),
        unit: settings.unit.clone().into_bytes(),
        paths: PathTrim {
            trim: settings.trim_path.clone().into_bytes(),
            search: settings.source_path.clone().into_bytes(),
        },
        directory: Default::default(),
        pattern: None,
        total: 0,
        json: settings.json,
        call_tree: settings.call_tree,
        tree_room: u64::MAX,
        goroutines: Asked::default(),
        topic: String::new(),
        rule: None,
        own_code: None,
    }
}

fn trim(settings: &Settings) -> Trim {
    Trim {
        node_count: settings.nodecount,
        node_fraction: settings.nodefraction,
        edge_fraction: settings.edgefraction,
        sort: match settings.sort {
            "cum" => Sort::Cum,
            _ => Sort::Flat, // the default
        },
        drop_negative: settings.drop_negative,
    }
}

/// Whether an option about tags names those that tell one goroutine of a dump from the others.
fn names_ids(settings: &Settings) -> bool {
    let patterns = [&settings.tagfocus, &settings.tagignore, &settings.tagshow];
    let names = |text: &&String| text.contains("goroutine") || text.contains("parent");
    patterns.iter().any(names)
}

fn active_filters(settings: &Settings) -> Vec<String> {
    let filters = [
        ("focus", &settings.focus),
        ("ignore", &settings.ignore),
        ("hide", &settings.hide),
        ("show", &settings.show),
        ("show_from", &settings.show_from),
        ("tagfocus", &settings.tagfocus),
        ("tagignore", &settings.tagignore),
        ("tagshow", &settings.tagshow),
        ("taghide", &settings.taghide),
    ];
    filters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .chain(settings.own.then(|| "own=true".to_string()))
        .collect()
}

/// What the granularity keeps. At addresses with inlines nothing is lost, columns are always there
/// (pprof-behaviour 4.1).
fn detail(settings: &Settings) -> Detail {
    let (function, filename, line, address) = match settings.granularity {
        "addresses" if !settings.noinlines => return Detail::ALL,
        "addresses" => (true, true, true, true),
        "lines" => (true, true, true, false),
        "files" => (false, true, false, false),
        "filefunctions" => (true, true, false, false),
        _ => (true, false, false, false), // functions, the default
    };
    Detail {
        inlines: !settings.noinlines,
        function,
        filename,
        line,
        column: settings.showcolumns,
        address,
    }
}

fn argument(pattern: &str) -> Result<Regexp> {
    Regexp::new(pattern.as_bytes())
        .map_err(|error| Error::report(format!("parsing argument regexp {pattern}: {error}")))
}

/// The sum of absolute values; of the base's samples alone where there are any that count
/// (pprof-behaviour 3.2); a mark that tagshow or taghide took away counts no more.
fn total(view: &View<'_>, weighing: Weighing) -> Result<i64> {
    let marks_base = |label: &Label| {
        let marked = |text| view.text(text) == b"true";
        view.text(label.key) == b"pprof::base"
            && matches!(label.value, LabelValue::Text(text) if marked(text))
    };
    let mut in_base = PerList::default();
    let (mut all, mut base) = ((0i64, 0i64), (0i64, 0i64));
    view.scan_values(|values, labels| {
        let (value, divisor) = weighing.of(values);
        let add = |sum: &mut (i64, i64)| {
            sum.0 = sum.0.wrapping_add(value.wrapping_abs());
            sum.1 = sum.1.wrapping_add(divisor);
        };
        add(&mut all);
        if *in_base.of(labels, |labels| labels.iter().any(marks_base)) {
            add(&mut base);
        }
    })?;
    let (sum, divisor) = if base.0 > 0 { base } else { all };
    Ok(mean(sum, divisor))
}

fn add_tag_frames(
    view: &mut View<'_>,
    settings: &Settings,
    warn: &mut dyn FnMut(Warning),
) -> Result<()> {
    let (root, leaf) = view.add_tag_frames(TagFrames {
        root: &settings.tagroot,
        leaf: &settings.tagleaf,
        unit: &settings.unit,
    })?;
    let mut tell = Teller(warn);
    tell.unless(settings.tagroot.is_empty() || root, "TagRoot");
    tell.unless(settings.tagleaf.is_empty() || leaf, "TagLeaf");
    Ok(())
}

/// Says of filters that they met nothing.
struct Teller<'w>(&'w mut dyn FnMut(Warning));

impl Teller<'_> {
    fn unless(&mut self, matched: bool, name: &'static str) {
        if !matched {
            (self.0)(Warning::NoMatch(name));
        }
    }
}

/// Applies all filters. The first pattern at fault wins; tagshow and taghide are only read after the
/// other filters have run.
fn filter(
    view: &mut View<'_>,
    settings: &Settings,
    units: &LabelUnits,
    warn: &mut dyn FnMut(Warning),
) -> Result<()> {
    let names = NameFilter {
        focus: pattern("focus", &settings.focus)?,
        ignore: pattern("ignore", &settings.ignore)?,
        hide: pattern("hide", &settings.hide)?,
        show: pattern("show", &settings.show)?,
    };
    let show_from = pattern("show_from", &settings.show_from)?;
    let own_code = pattern("own_code", &settings.own_code)?;
    let tag_focus = tag_filter("tagfocus", &settings.tagfocus, warn)?;
    let tag_ignore = tag_filter("tagignore", &settings.tagignore, warn)?;
    let prune_from = pattern("prune_from", &settings.prune_from)?;

    let mut tell = Teller(warn);
    let matched = view.filter_names(&names);
    tell.unless(names.focus.is_none() || matched.focus, "Focus");
    tell.unless(names.ignore.is_none() || matched.ignore, "Ignore");
    tell.unless(names.hide.is_none() || matched.hide, "Hide");
    tell.unless(names.show.is_none() || matched.show, "Show");
    if settings.own {
        let own = Own::of(view.profile, own_code.as_ref());
        tell.unless(view.keep_own(&own), "Own");
    }
    if let Some(show_from) = &show_from {
        tell.unless(view.show_from(show_from), "ShowFrom");
    }
    let (no_focus, no_ignore) = (tag_focus.is_none(), tag_ignore.is_none());
    let (focus, ignore) = view.filter_tags((tag_focus, tag_ignore), units)?;
    tell.unless(no_focus || focus, "TagFocus");
    tell.unless(no_ignore || ignore, "TagIgnore");

    let tag_show = pattern("tagshow", &settings.tagshow);
    let tag_hide = match &tag_show {
        Ok(_) => pattern("taghide", &settings.taghide),
        Err(_) => Ok(None),
    };
    let bad = tag_show.as_ref().err().or(tag_hide.as_ref().err());
    let bad = bad.map(|error| Error::report(error.to_string()));
    let (tag_show, tag_hide) = (tag_show.ok().flatten(), tag_hide.ok().flatten());
    let (no_show, no_hide) = (tag_show.is_none(), tag_hide.is_none());
    let (shown, hidden) = view.filter_tag_names(tag_show, tag_hide)?;
    tell.unless(no_show || shown, "TagShow");
    tell.unless(no_hide || hidden, "TagHide");
    if let Some(prune_from) = &prune_from {
        view.prune_from(prune_from);
    }
    bad.map_or(Ok(()), Err)
}

pub(super) fn pattern(name: &str, value: &str) -> Result<Option<Regexp>> {
    if value.is_empty() {
        return Ok(None);
    }
    Regexp::new(value.as_bytes())
        .map(Some)
        .map_err(|error| bad_pattern(name, &error))
}

fn tag_filter(
    name: &'static str,
    value: &str,
    warn: &mut dyn FnMut(Warning),
) -> Result<Option<TagFilter>> {
    if value.is_empty() {
        return Ok(None);
    }
    let filter = TagFilter::new(value.as_bytes()).map_err(|error| bad_pattern(name, &error))?;
    if let Some(range) = filter.range_text(value.as_bytes()) {
        warn(Warning::TagRange(name, range.to_vec()));
    }
    Ok(Some(filter))
}

fn bad_pattern(name: &str, error: &str) -> Error {
    Error::report(format!("parsing {name} regexp: {error}"))
}
