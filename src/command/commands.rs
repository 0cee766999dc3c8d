//! The commands: one row each for reports and for what the prompt does besides.
//!
//! Parsing, flags, help, completion and suggestions read these rows. What a command forces on the
//! options (pprof-behaviour 1.5) is the `adjust` of its row and happens after the words of the line
//! were read, so that it wins over them.

use super::options::Settings;
use crate::packed::{Packed, packed};
use crate::report::Report;
use crate::triage::Class;

/// One command.
pub(crate) struct CommandSpec {
    /// As it is typed; the first is the one to teach.
    pub(crate) names: &'static [&'static str],
    /// What must follow the name.
    pub(crate) argument: Argument,
    /// What happens.
    pub(crate) run: Run,
    /// Where what it makes goes.
    pub(crate) output: Output,
    /// What it does, in one line.
    pub(crate) help: Packed,
    /// What it takes after its name, then how to read it; empty where it takes nothing.
    pub(crate) usage: Packed,
}

/// What must follow the name of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing must; as a flag it is on or off.
    None,
    /// A regular expression; as a flag it takes a value.
    Pattern,
    /// Nothing must, and what does is not in pprof's grammar; as a flag it is on or off.
    Words,
    /// Nothing must, or what it is about; as a flag it takes a value.
    Topic,
}

/// Where what a command makes goes, when no file was named (pprof-behaviour 1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Where text goes.
    Text,
    /// The same, but from the prompt or on a terminal a new file `profileNNN.ENDING`.
    File(&'static str),
    /// The same for what Graphviz makes of it; format and ending.
    Picture(&'static str),
    /// A program that shows it.
    Viewer(&'static Viewer),
}

/// What shows a report in a window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// The picture that Graphviz makes first, if any.
    pub(crate) picture: Option<&'static str>,
    /// Ending of the file that is shown.
    pub(crate) ending: &'static str,
    /// The program with its first words; none is the browser.
    pub(crate) program: Option<&'static str>,
}

/// What a command forces on the options, once the words of the line are in them.
pub(crate) type Adjust = fn(&mut Settings, Place);

/// What a command does.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Makes a report, under options that it may adjust.
    Report(Report, Adjust),
    /// Acts on the session.
    Session(Verb),
    /// Looks for what is wrong, all of it or one class.
    Triage(Option<Class>),
    /// Is known from pprof and cannot be had here: says why, and what to use.
    Missing(&'static str),
}

/// A command of the prompt that makes no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Lists the options.
    Options,
    /// Explains.
    Help,
    /// Leaves.
    Quit,
    /// Clears the usual filters.
    Clear,
    /// Does something about which profiles are open.
    Shelf(ShelfVerb),
    /// Asks a live process.
    Live(LiveVerb),
}

/// A command about live processes; only podprof has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveVerb {
    /// Lists them, or connects to one.
    Target,
    /// Lists what the connected one offers.
    Index,
    /// Takes a profile.
    Fetch,
    /// Takes everything.
    Collect,
    /// Takes what changes within a while.
    Grow,
    /// Takes the profile again and again.
    Every,
}

impl LiveVerb {
    fn is_of(self, command: &CommandSpec) -> bool {
        matches!(command.run, Run::Session(Verb::Live(verb)) if verb == self)
    }

    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        let command = COMMANDS.iter().find(|command| self.is_of(command));
        command.map_or("", |command| command.names[0])
    }

    /// What to say where the words behind it make no sense.
    pub(crate) fn expected(self) -> String {
        let needs = match self {
            LiveVerb::Target => "one number of its list, or nothing for the list",
            LiveVerb::Index => "nothing",
            LiveVerb::Fetch => "the name of a profile (index lists them)",
            LiveVerb::Collect => "a new folder, or a file that ends in .tgz",
            LiveVerb::Grow => "the name of a profile and how long to watch it",
            LiveVerb::Every => "how long to wait, and a report",
        };
        format!("{} needs {needs}, e.g. {}", self.name(), self.example())
    }

    /// The words that may stand behind what it needs.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            LiveVerb::Target => &["probe"],
            LiveVerb::Fetch => &["-force", "debug=1", "debug=2", "gc"],
            LiveVerb::Collect => &["-force", "-redact"],
            LiveVerb::Index | LiveVerb::Grow | LiveVerb::Every => &[],
        }
    }

    /// A line that does it.
    pub(crate) fn example(self) -> &'static str {
        match self {
            LiveVerb::Target => "target 2",
            LiveVerb::Index => "index",
            LiveVerb::Fetch => "fetch heap, or fetch profile 10",
            LiveVerb::Collect => "collect /tmp/incident.tgz",
            LiveVerb::Grow => "grow heap 60s",
            LiveVerb::Every => "every 30s top 10",
        }
    }
}

/// A command about open profiles; only podprof has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShelfVerb {
    /// Opens one more.
    Open,
    /// Lists them.
    Profiles,
    /// Shows another one.
    Use,
    /// Compares with another one.
    Base,
    /// Closes one.
    Close,
    /// Writes one to a file.
    Save,
}

impl ShelfVerb {
    fn is_of(self, command: &CommandSpec) -> bool {
        matches!(command.run, Run::Session(Verb::Shelf(verb)) if verb == self)
    }

    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        let command = COMMANDS.iter().find(|command| self.is_of(command));
        command.map_or("", |command| command.names[0])
    }

    /// What to say where words are missing, or where there are too many.
    pub(crate) fn expected(self) -> String {
        let (name, example) = (self.name(), self.example());
        let needs = match self {
            ShelfVerb::Open => "a file or a URL",
            ShelfVerb::Save => "a file, and perhaps the name of an open profile",
            ShelfVerb::Base => "the name of an open profile, or none",
            ShelfVerb::Profiles | ShelfVerb::Use | ShelfVerb::Close => {
                "the name of an open profile (profiles lists them)"
            }
        };
        format!("{name} needs {needs}, e.g. {example}")
    }

    /// A line that does it.
    pub(crate) fn example(self) -> &'static str {
        match self {
            ShelfVerb::Open => "open before.pb.gz, or open :6060/debug/pprof/heap as after",
            ShelfVerb::Profiles => "profiles",
            ShelfVerb::Use => "use before",
            ShelfVerb::Base => "base before",
            ShelfVerb::Close => "close before",
            ShelfVerb::Save => "save /dev/shm/after.pb.gz",
        }
    }
}

/// Where a report was asked for: the two differ in how long `top` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By a flag.
    CommandLine,
    /// At the prompt, or by `-c`.
    Prompt,
}

impl CommandSpec {
    /// Whether it makes a report, or should, and so is a flag too.
    pub(crate) fn is_report(&self) -> bool {
        matches!(self.run, Run::Report(..) | Run::Triage(_) | Run::Missing(_))
    }
}

/// The command of this name.
pub(crate) fn find(name: &str) -> Option<&'static CommandSpec> {
    COMMANDS
        .iter()
        .find(|command| command.names.contains(&name))
}

const TRIAGE_USAGE: Packed = packed!(
    "[-v] [-md] [-json] [seconds]\n\
    -v               with stacks and second opinions\n\
    -md              as a block for the incident ticket\n\
    -json            all of it, for programs\n\
    seconds          how long a live process is looked at, 15 unless said\n\
    What it takes stays open. explain RULE tells how something is found."
);

const fn triage_row(
    names: &'static [&'static str],
    class: Option<Class>,
    help: Packed,
) -> CommandSpec {
    CommandSpec {
        names,
        argument: Argument::None,
        run: Run::Triage(class),
        output: Output::Text,
        help,
        usage: TRIAGE_USAGE,
    }
}

const REPORT_USAGE: Packed = packed!(
    "[n] [focus_regex]* [-ignore_regex]* [-cum] >f\n\
    n                at most n rows\n\
    focus_regex      only stacks that touch a match; several are alternatives\n\
    -ignore_regex    no stacks that touch a match\n\
    -cum             order by own cost and that of all they call\n\
    >f               write to the file f"
);

const GRAPH_USAGE: Packed = packed!(
    "[n] [focus_regex]* [-ignore_regex]* >f\n\
    n                at most n boxes, those of labels counted\n\
    focus_regex      only stacks that touch a match; several are alternatives\n\
    -ignore_regex    no stacks that touch a match\n\
    >f               write to the file f"
);

const DOT: Run = Run::Report(Report::Dot, |settings, _| {
    default_nodes(settings, 80);
    trim(settings);
});

const CALLGRIND: Run = Run::Report(Report::Callgrind, |settings, _| {
    settings.granularity = "addresses";
    untrim(settings);
});

/// All commands.
pub(crate) static COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        names: &["top", "text"],
        argument: Argument::None,
        run: Run::Report(Report::Top, |settings, place| {
            // As pprof-behaviour 7.6: only the prompt is short by itself.
            default_nodes(settings, if place == Place::Prompt { 10 } else { 0 });
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("The functions that cost most, one row each"),
        usage: REPORT_USAGE,
    },
    CommandSpec {
        names: &["tree"],
        argument: Argument::None,
        run: Run::Report(Report::Tree, |settings, _| {
            default_nodes(settings, 80);
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("The functions that cost most, with callers and callees"),
        usage: REPORT_USAGE,
    },
    CommandSpec {
        names: &["peek"],
        argument: Argument::Pattern,
        run: Run::Report(Report::Peek, |settings, _| untrim(settings)),
        output: Output::Text,
        help: packed!("Who calls the matching functions, and what they call"),
        usage: packed!(
            "func_regex [focus_regex]* [-ignore_regex]* >f\n\
            func_regex       the functions to show, by any part of the printed name"
        ),
    },
    CommandSpec {
        names: &["list"],
        argument: Argument::Pattern,
        run: Run::Report(Report::List, |settings, _| {
            settings.granularity = "lines";
            untrim(settings);
        }),
        output: Output::Text,
        help: packed!("The cost of each source line of the matching functions"),
        usage: packed!(
            "func_regex [focus_regex]* [-ignore_regex]* >f\n\
            func_regex       the functions to show, by any part of their name\n\
            Where the source is not on this machine the line numbers are shown alone."
        ),
    },
    CommandSpec {
        names: &["traces"],
        argument: Argument::None,
        run: Run::Report(Report::Traces, |settings, _| {
            default_nodes(settings, 80);
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("Every sample with its labels and its whole stack"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["tags"],
        argument: Argument::None,
        run: Run::Report(Report::Tags, |settings, _| {
            default_nodes(settings, 80);
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("The labels of the samples, and how much each value costs"),
        usage: packed!(
            "[tag_regex]* [-ignore_regex]* >f\n\
            tag_regex        only samples with a matching key:value\n\
            -ignore_regex    no samples with a matching key:value"
        ),
    },
    CommandSpec {
        names: &["goroutines", "gs"],
        argument: Argument::Words,
        run: Run::Report(Report::Goroutines, |settings, place| {
            default_nodes(settings, if place == Place::Prompt { 10 } else { 0 });
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("Goroutines by equal stacks: what they wait for, and where"),
        usage: packed!(
            "[n] [regex]* [-regex]* [-sort=wait] [-by=what] [-v n] [-all] >f\n\
            n                at most n groups\n\
            regex            only groups whose state, functions or files match\n\
            -regex           no groups whose state, functions or files match\n\
            -sort=wait       the longest wait first, not the widest group\n\
            -by=what         a row a state, creator, own (code) or label:KEY\n\
            -v n             the whole stack of group n\n\
            -all             all groups, those of idle goroutines too\n\
            >f               write to the file f"
        ),
    },
    CommandSpec {
        names: &["memstats"],
        argument: Argument::None,
        run: Run::Report(Report::MemStats, |settings, _| untrim(settings)),
        output: Output::Text,
        help: packed!("Where the memory of the process is, from heap?debug=1"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["explain"],
        argument: Argument::Topic,
        run: Run::Report(Report::Explain, |settings, _| untrim(settings)),
        output: Output::Text,
        help: packed!("What a word of the reports means, as sum% or chan send"),
        usage: packed!(
            "[word]\n\
            word             a column, a sample type, a state; none lists them"
        ),
    },
    triage_row(
        &["triage"],
        None,
        packed!("What is wrong: the culprit by name, with proof"),
    ),
    triage_row(
        &["leaks"],
        Some(Class::Leaks),
        packed!("The part of triage about goroutines that pile up"),
    ),
    triage_row(
        &["locks"],
        Some(Class::Locks),
        packed!("The part of triage about locks: who waits for whom"),
    ),
    triage_row(
        &["hot"],
        Some(Class::Hot),
        packed!("The part of triage about CPU: who burns it, and on what"),
    ),
    triage_row(
        &["memory"],
        Some(Class::Memory),
        packed!("The part of triage about memory: who takes it, how fast"),
    ),
    CommandSpec {
        names: &["raw"],
        argument: Argument::None,
        run: Run::Report(Report::Raw, |settings, _| {
            settings.granularity = "addresses";
            untrim(settings);
        }),
        output: Output::Text,
        help: packed!("Everything the profile holds, as text"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["comments"],
        argument: Argument::None,
        run: Run::Report(Report::Comments, |settings, _| {
            default_nodes(settings, 80);
            trim(settings);
        }),
        output: Output::Text,
        help: packed!("The comments the profile carries"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["dot"],
        argument: Argument::None,
        run: DOT,
        output: Output::Text,
        help: packed!("The graph of who calls whom, as Graphviz reads it"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["callgrind"],
        argument: Argument::None,
        run: CALLGRIND,
        output: Output::File("callgraph.out"),
        help: packed!("The graph of who calls whom, as KCachegrind reads it"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["proto"],
        argument: Argument::None,
        run: Run::Report(Report::Proto, |settings, _| {
            settings.granularity = "addresses";
            untrim(settings);
        }),
        output: Output::File("pb.gz"),
        help: packed!("What the filters leave, as a gzipped profile.proto"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["topproto"],
        argument: Argument::None,
        run: Run::Report(Report::TopProto, |settings, _| {
            default_nodes(settings, 0);
            trim(settings);
        }),
        output: Output::File("pb.gz"),
        help: packed!("The rows of top as a gzipped profile.proto"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["svg"],
        argument: Argument::None,
        run: DOT,
        output: Output::Picture("svg"),
        help: packed!("The graph as SVG, drawn by Graphviz if it is there"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["png"],
        argument: Argument::None,
        run: DOT,
        output: Output::Picture("png"),
        help: packed!("The graph as PNG, drawn by Graphviz if it is there"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["gif"],
        argument: Argument::None,
        run: DOT,
        output: Output::Picture("gif"),
        help: packed!("The graph as GIF, drawn by Graphviz if it is there"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["pdf"],
        argument: Argument::None,
        run: DOT,
        output: Output::Picture("pdf"),
        help: packed!("The graph as PDF, drawn by Graphviz if it is there"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["ps"],
        argument: Argument::None,
        run: DOT,
        output: Output::Picture("ps"),
        help: packed!("The graph as PS, drawn by Graphviz if it is there"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["web"],
        argument: Argument::None,
        run: DOT,
        output: Output::Viewer(&Viewer {
            picture: Some("svg"),
            ending: "svg",
            program: None,
        }),
        help: packed!("The graph in a browser; needs Graphviz"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["eog"],
        argument: Argument::None,
        run: DOT,
        output: Output::Viewer(&Viewer {
            picture: Some("svg"),
            ending: "svg",
            program: Some("eog"),
        }),
        help: packed!("The graph in eog; needs Graphviz"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["evince"],
        argument: Argument::None,
        run: DOT,
        output: Output::Viewer(&Viewer {
            picture: Some("pdf"),
            ending: "pdf",
            program: Some("evince"),
        }),
        help: packed!("The graph in evince; needs Graphviz"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["gv"],
        argument: Argument::None,
        run: DOT,
        output: Output::Viewer(&Viewer {
            picture: Some("ps"),
            ending: "ps",
            program: Some("gv --noantialias"),
        }),
        help: packed!("The graph in gv; needs Graphviz"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["kcachegrind"],
        argument: Argument::None,
        run: CALLGRIND,
        output: Output::Viewer(&Viewer {
            picture: None,
            ending: "grind",
            program: Some("kcachegrind"),
        }),
        help: packed!("The graph in KCachegrind"),
        usage: GRAPH_USAGE,
    },
    CommandSpec {
        names: &["disasm"],
        argument: Argument::Pattern,
        run: Run::Missing(
            "disasm needs the program's binary, which podprof does not read: \
             list and -lines show the cost of source lines, -addresses that of instructions",
        ),
        output: Output::Text,
        help: packed!("Instructions and their cost; not here: needs the binary"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["weblist"],
        argument: Argument::Pattern,
        run: Run::Missing(
            "weblist needs the program's binary, which podprof does not read: \
             list and -lines show the cost of source lines, -addresses that of instructions",
        ),
        output: Output::Text,
        help: packed!("Source with instructions; not here: needs the binary"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["open"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Open)),
        output: Output::Text,
        help: packed!("Open one more profile and show it; the others stay open"),
        usage: packed!(
            "FILE|URL [as NAME]\n\
            FILE|URL         read as on the command line, with its -seconds etc.\n\
            as NAME          what to call it; else it gets a name, as profiles shows"
        ),
    },
    CommandSpec {
        names: &["profiles"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Profiles)),
        output: Output::Text,
        help: packed!("List the open profiles: which is shown, which is the base"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["use"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Use)),
        output: Output::Text,
        help: packed!("Show another of the open profiles, by itself"),
        usage: packed!(
            "NAME\n\
            Options stay as they are; sample_index where the profile has that type.\n\
            A comparison ends: base NAME makes a new one."
        ),
    },
    CommandSpec {
        names: &["base"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Base)),
        output: Output::Text,
        help: packed!("Compare what is shown with another open profile"),
        usage: packed!(
            "NAME|none\n\
            NAME             subtract it; percentages are of it, as with -diff_base\n\
            none             show the current profile by itself again\n\
            After normalize=true the current one is scaled to its size first."
        ),
    },
    CommandSpec {
        names: &["close"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Close)),
        output: Output::Text,
        help: packed!("Close one of the open profiles and give its memory back"),
        usage: packed!("NAME"),
    },
    CommandSpec {
        names: &["save"],
        argument: Argument::None,
        run: Run::Session(Verb::Shelf(ShelfVerb::Save)),
        output: Output::Text,
        help: packed!("Write a profile to a file, whole: filters do not count"),
        usage: packed!(
            "FILE [NAME]\n\
            FILE             gets a gzipped profile.proto, as proto writes it\n\
            NAME             an open profile; else what is shown, compared or not"
        ),
    },
    CommandSpec {
        names: &["target"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Target)),
        output: Output::Text,
        help: packed!("The live Go processes that were found, or connect to one"),
        usage: packed!(
            "[N|probe]\n\
            N                its number in the list\n\
            probe            ask every other listener of this machine once, too"
        ),
    },
    CommandSpec {
        names: &["index"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Index)),
        output: Output::Text,
        help: packed!("What the live process offers, with its counts now"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["fetch"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Fetch)),
        output: Output::Text,
        help: packed!("Take a profile of the live process and show it"),
        usage: packed!(
            "[NAME [seconds] [gc] [debug=1|2] [-force]] >f\n\
            NAME             heap, goroutine, profile (CPU), … as index lists them\n\
            seconds          record so long; of heap etc. what changes meanwhile\n\
            gc               collect garbage first (heap only)\n\
            debug=1|2        text; 2 stops the process while it lists its goroutines\n\
            -force           even where that takes long\n\
            >f               keep what comes in the file f; for trace and cmdline\n\
            Alone it takes the profile that is shown once more."
        ),
    },
    CommandSpec {
        names: &["collect"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Collect)),
        output: Output::Text,
        help: packed!("Take everything of the live process now, the cheapest first"),
        usage: packed!(
            "DIR|FILE.tgz [seconds] [-force] [-redact]\n\
            DIR              a new folder; FILE.tgz one file; open reads both\n\
            seconds          sample the CPU so long at the end, else 10\n\
            -force           also what stops the process for long\n\
            -redact          without label values, arguments and foreign paths\n\
            Ctrl-C ends it with what there is."
        ),
    },
    CommandSpec {
        names: &["grow"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Grow)),
        output: Output::Text,
        help: packed!("What a profile of the live process gains within a while"),
        usage: packed!(
            "NAME seconds\n\
            NAME             heap, goroutine, allocs, mutex, block, …\n\
            seconds          how long to watch: 60s or 2m\n\
            What was freed or has ended counts as negative."
        ),
    },
    CommandSpec {
        names: &["every"],
        argument: Argument::None,
        run: Run::Session(Verb::Live(LiveVerb::Every)),
        output: Output::Text,
        help: packed!("Fetch again and again, and print a report each time"),
        usage: packed!(
            "seconds REPORT\n\
            seconds          how long to wait in between: 30s or 2m\n\
            REPORT           any report with its words, as top 10\n\
            It ends with a key, or after -n times."
        ),
    },
    CommandSpec {
        names: &["o", "options"],
        argument: Argument::None,
        run: Run::Session(Verb::Options),
        output: Output::Text,
        help: packed!("List options and their current values"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &["help"],
        argument: Argument::None,
        run: Run::Session(Verb::Help),
        output: Output::Text,
        help: packed!("Explain a command or an option"),
        usage: packed!("[command|option]"),
    },
    CommandSpec {
        names: &["q", "quit", "exit"],
        argument: Argument::None,
        run: Run::Session(Verb::Quit),
        output: Output::Text,
        help: packed!("Leave podprof"),
        usage: packed!(""),
    },
    CommandSpec {
        names: &[":"],
        argument: Argument::None,
        run: Run::Session(Verb::Clear),
        output: Output::Text,
        help: packed!("Clear focus/ignore/hide/tagfocus/tagignore"),
        usage: packed!(""),
    },
];

fn default_nodes(settings: &mut Settings, nodes: i64) {
    if settings.nodecount == -1 {
        settings.nodecount = nodes;
    }
}

fn trim(settings: &mut Settings) {
    if !settings.trim {
        untrim(settings);
    }
}

/// As pprof-behaviour 1.5: "trimming off" wins even over limits that were given.
fn untrim(settings: &mut Settings) {
    settings.nodecount = 0;
    settings.nodefraction = 0.0;
    settings.edgefraction = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::options;
    use std::collections::HashSet;

    fn adjusted(name: &str, place: Place, mut settings: Settings) -> Settings {
        match find(name).expect("a command").run {
            Run::Report(_, adjust) => adjust(&mut settings, place),
            Run::Session(_) | Run::Triage(_) | Run::Missing(_) => panic!("{name} makes no report"),
        }
        settings
    }

    #[test]
    fn every_name_is_one_command_and_no_option() {
        let mut seen = HashSet::new();
        for name in COMMANDS.iter().flat_map(|command| command.names) {
            assert!(seen.insert(name), "{name} twice");
            assert!(options::find(name).is_none(), "{name} is an option");
        }
    }

    #[test]
    fn every_help_fits_a_line_of_the_overview() {
        for command in COMMANDS {
            let help = command.help.text();
            assert!(help.len() <= 80 && !help.contains('\n'));
            assert!(!help.ends_with('.'), "{help}");
        }
    }

    #[test]
    fn top_is_short_at_the_prompt_only() {
        let nodes = |place| adjusted("top", place, Settings::default()).nodecount;
        assert_eq!((nodes(Place::Prompt), nodes(Place::CommandLine)), (10, 0));
    }

    #[test]
    fn a_given_number_of_rows_is_kept() {
        for given in [0, -5, 3] {
            let settings = Settings {
                nodecount: given,
                ..Settings::default()
            };
            let nodes = adjusted("text", Place::Prompt, settings.clone()).nodecount;
            assert_eq!(nodes, given);
            assert_eq!(adjusted("tree", Place::Prompt, settings).nodecount, given);
        }
    }

    #[test]
    fn trim_off_outranks_all_limits() {
        let settings = Settings {
            trim: false,
            nodecount: 2,
            ..Settings::default()
        };
        for name in ["top", "tree", "traces", "tags", "comments"] {
            let settings = adjusted(name, Place::CommandLine, settings.clone());
            assert_eq!(settings.nodecount, 0, "{name}");
            assert_eq!((settings.nodefraction, settings.edgefraction), (0.0, 0.0));
        }
    }

    #[test]
    fn reports_about_one_function_never_trim() {
        let settings = Settings {
            nodecount: 2,
            granularity: "files",
            ..Settings::default()
        };
        for (name, granularity) in [("peek", "files"), ("list", "lines"), ("raw", "addresses")] {
            let settings = adjusted(name, Place::CommandLine, settings.clone());
            assert_eq!(settings.nodecount, 0, "{name}");
            assert_eq!(settings.nodefraction, 0.0, "{name}");
            assert_eq!(settings.granularity, granularity, "{name}");
        }
    }
}
