//! The flags that are neither options nor reports: one row each, for the command line only.
//!
//! They say how to open a source and how to show what comes out; at the prompt they do not exist.

use super::live::Collect;
use super::options::{Choice, Settings, Slot};
use crate::error::{Error, Result};
use crate::packed::{Packed, packed};
use crate::source::Header;

/// The values of these flags.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flags {
    /// `-c`: texts of commands, in the order given.
    pub(crate) commands: Vec<String>,
    /// `-color`: `auto`, `always` or `never`.
    pub(crate) color: &'static str,
    /// `-version`.
    pub(crate) version: bool,
    /// `-nice`: how far to step back behind other processes, negative where not given.
    pub(crate) nice: i64,
    /// `-mem`: how much memory may be taken, as typed; empty for the default.
    pub(crate) mem: String,
    /// `-low_mem`: hold no samples, read them again for each report.
    pub(crate) low_mem: bool,
    /// `-threads`: 1 or 2, 0 for what pays.
    pub(crate) threads: i64,
    /// `-seconds`, not positive where not given.
    pub(crate) seconds: i64,
    /// `-timeout` in seconds, not positive where not given.
    pub(crate) timeout: i64,
    /// `-keep_partial`: a folder, empty for none.
    pub(crate) keep_partial: String,
    /// `-H`: lines for the head of each request, as typed, in their order.
    pub(crate) headers: Vec<String>,
    /// `-tls_ca`, `-tls_cert`, `-tls_key`.
    pub(crate) tls_ca: String,
    pub(crate) tls_cert: String,
    pub(crate) tls_key: String,
    /// `-symbolize`, as typed.
    pub(crate) symbolize: String,
    /// `-buildid`, for a main binary that has none.
    pub(crate) buildid: String,
    /// `-add_comment`.
    pub(crate) add_comment: String,
    /// `-fail_empty`: what finds nothing makes the exit code 3.
    pub(crate) fail_empty: bool,
    /// `-path`: where a live process serves its profiles.
    pub(crate) path: String,
    /// `-probe`: ask also listeners that are no Go process we can see.
    pub(crate) probe: bool,
    /// `-n`: how often `every` prints, 0 where not given.
    pub(crate) times: i64,
    /// `-proc`: where the processes are seen.
    pub(crate) proc: String,
    /// `-collect`: take everything, and put it there; empty where not given.
    pub(crate) collect: String,
    /// `-force`, `-redact`: what is said of both.
    pub(crate) force: bool,
    pub(crate) redact: bool,
    /// `-v`, `-md`, `-budget`, `-watch`: how `-triage` looks and tells, the last two empty where not given.
    pub(crate) verbose: bool,
    pub(crate) markdown: bool,
    pub(crate) budget: String,
    pub(crate) watch: String,
    /// `-all_frames`: forget drop_frames and keep_frames.
    pub(crate) all_frames: bool,
    base: String,
    diff_base: String,
    http: String,
    no_browser: bool,
    selected: [bool; VALUES.len()],
    /// Accepted, and without effect as in Go's pprof.
    unused: String,
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            commands: Vec::new(),
            color: "auto",
            version: false,
            nice: -1,
            mem: String::new(),
            low_mem: false,
            threads: 0,
            seconds: -1,
            timeout: -1,
            keep_partial: String::new(),
            headers: Vec::new(),
            tls_ca: String::new(),
            tls_cert: String::new(),
            tls_key: String::new(),
            symbolize: String::new(),
            buildid: String::new(),
            add_comment: String::new(),
            fail_empty: false,
            path: String::new(),
            probe: false,
            times: 0,
            proc: "/proc".to_string(),
            collect: String::new(),
            force: false,
            redact: false,
            verbose: false,
            markdown: false,
            budget: String::new(),
            watch: String::new(),
            all_frames: false,
            base: String::new(),
            diff_base: String::new(),
            http: String::new(),
            no_browser: false,
            selected: [false; VALUES.len()],
            unused: String::new(),
        }
    }
}

/// One flag.
pub(crate) struct FlagSpec {
    /// As it is typed, without dashes.
    pub(crate) name: &'static str,
    /// What kind of value it takes, for help; empty for a switch.
    pub(crate) value: &'static str,
    /// What it does in one line, then how, then an example.
    pub(crate) help: Packed,
    /// The place of its value; `c` collects and has none.
    pub(crate) slot: fn(&mut Flags) -> Slot<'_>,
}

/// The shortcuts for a sample type, in the order in which pprof looks at them.
const VALUES: [(&str, &str); 7] = [
    ("total_delay", "delay"),
    ("mean_delay", "delay"),
    ("contentions", "contentions"),
    ("inuse_space", "inuse_space"),
    ("inuse_objects", "inuse_objects"),
    ("alloc_space", "alloc_space"),
    ("alloc_objects", "alloc_objects"),
];

/// The words of `-color`.
const COLORS: &[Choice] = &[
    Choice {
        word: "auto",
        help: packed!(""),
    },
    Choice {
        word: "always",
        help: packed!(""),
    },
    Choice {
        word: "never",
        help: packed!(""),
    },
];

macro_rules! row {
    ($name:literal, $value:literal, $help:literal, $slot:expr $(,)?) => {
        row!($name, $value, packed!($help), $slot)
    };
    ($name:literal, $value:literal, $help:expr, $slot:expr $(,)?) => {
        FlagSpec {
            name: $name,
            value: $value,
            help: $help,
            slot: $slot,
        }
    };
}

/// All flags that are neither options nor reports.
pub(crate) static FLAGS: &[FlagSpec] = &[
    row!(
        "c",
        "COMMANDS",
        "Run these commands as if typed at the prompt, then leave\n\
         ; separates commands, \\; does not; may be given several times; the first error ends it.\n\
         Example: podprof -c 'top 5; peek ServeHTTP' heap.pb.gz",
        |flags| Slot::Text(&mut flags.unused),
    ),
    row!(
        "seconds",
        "N",
        "Ask the server to record for so many seconds\n\
         Example: podprof -seconds=10 -top localhost:6060",
        |flags| Slot::Int(&mut flags.seconds),
    ),
    row!(
        "timeout",
        "N",
        "Give up when the server has not answered after so many seconds\n\
         By default one and a half times -seconds, or 60.\n\
         Example: podprof -timeout=120 -seconds=60 localhost:6060",
        |flags| Slot::Int(&mut flags.timeout),
    ),
    row!(
        "H",
        "HEADER",
        "Send this line along with each request: 'Name: value'\n\
         A last word @/FILE is replaced by what the file holds, read anew each time, as tokens rotate.\n\
         May be given several times; goes to the servers that are named, never where they redirect to.\n\
         Example: podprof -H 'Authorization: Bearer @/var/run/secrets/kubernetes.io/serviceaccount/token' https://api:8443/debug/pprof/heap",
        |flags| Slot::Text(&mut flags.unused),
    ),
    row!(
        "tls_ca",
        "FILE",
        "Believe the servers that these certificates vouch for, instead of those of the system\n\
         Example: podprof -tls_ca=/etc/app/ca.crt -top https://app:8443/debug/pprof/heap",
        |flags| Slot::Text(&mut flags.tls_ca),
    ),
    row!(
        "tls_cert",
        "FILE",
        "Show this certificate to the server; -tls_key holds its key\n\
         Example: podprof -tls_cert=me.crt -tls_key=me.key -top https://app:8443/debug/pprof/heap",
        |flags| Slot::Text(&mut flags.tls_cert),
    ),
    row!(
        "tls_key",
        "FILE",
        "The key of the certificate of -tls_cert, without a passphrase\n\
         Example: podprof -tls_cert=me.crt -tls_key=me.key -top https://app:8443/debug/pprof/heap",
        |flags| Slot::Text(&mut flags.tls_key),
    ),
    row!(
        "keep_partial",
        "FOLDER",
        "Keep in this folder what did arrive of a profile that broke off\n\
         It is never taken for a profile: the fetch fails all the same.\n\
         Example: podprof -keep_partial=/dev/shm -top localhost:6060/debug/pprof/heap",
        |flags| Slot::Text(&mut flags.keep_partial),
    ),
    row!(
        "symbolize",
        "MODE",
        "none leaves function names as the profile has them\n\
         Otherwise template and type arguments are cut off, as pprof does.\n\
         Example: podprof -symbolize=none -top cpu.pb.gz",
        |flags| Slot::Text(&mut flags.symbolize),
    ),
    row!(
        "buildid",
        "ID",
        "The build ID of the main binary, where the profile has none\n\
         Example: podprof -buildid=1a2b3c -top cpu.pb.gz",
        |flags| Slot::Text(&mut flags.buildid),
    ),
    row!(
        "add_comment",
        "TEXT",
        "Add a comment to the profile\n\
         It stands above reports and in -comments.\n\
         Example: podprof -add_comment='pod api-7, 03:12' -top cpu.pb.gz",
        |flags| Slot::Text(&mut flags.add_comment),
    ),
    row!(
        "all_frames",
        "",
        "Show also the frames that the profile asks to drop\n\
         Example: podprof -all_frames -top heap.pb.gz",
        |flags| Slot::Bool(&mut flags.all_frames),
    ),
    row!(
        "fail_empty",
        "",
        "Exit with 3 where filters leave no sample, or -peek, -list or | grep finds nothing\n\
         For runbooks: 0 means that there is something. At the prompt it has no effect.\n\
         Example: podprof -fail_empty -top -focus=sarama heap.pb.gz || echo 'no sarama'",
        |flags| Slot::Bool(&mut flags.fail_empty),
    ),
    row!(
        "path",
        "PATH",
        "Where live processes serve their profiles, if not at /debug/pprof/\n\
         Example: podprof -path=/internal/debug/pprof/",
        |flags| Slot::Text(&mut flags.path),
    ),
    row!(
        "probe",
        "",
        "Ask every listener of this machine for profiles, not only Go processes\n\
         One short GET each, for instance for another container of the pod.\n\
         Example: podprof -probe",
        |flags| Slot::Bool(&mut flags.probe),
    ),
    row!(
        "n",
        "TIMES",
        "How often every prints; on a terminal until a key is pressed\n\
         Example: podprof -n=3 -c 'fetch heap; every 30s top 5' :6060",
        |flags| Slot::Int(&mut flags.times),
    ),
    row!(
        "proc",
        "DIR",
        "Where the processes are seen, if not in /proc\n\
         Example: podprof -proc=/host/proc",
        |flags| Slot::Text(&mut flags.proc),
    ),
    row!(
        "collect",
        "DIR|FILE.tgz|-",
        "Take everything of a live process now, the cheapest first; - is a tar.gz on stdout\n\
         The index, command line, goroutines, heap, allocs, mutex, block, threads, at last the CPU for -seconds (10).\n\
         What fails costs itself only, Ctrl-C ends it with what there is, a manifest tells; podprof opens all of it.\n\
         Out of a pod: kubectl exec POD -- /tmp/podprof -collect=- > incident.tgz\n\
         Example: podprof -collect=incident.tgz :6060",
        |flags| Slot::Text(&mut flags.collect),
    ),
    row!(
        "force",
        "",
        "Take also what stops the process for long\n\
         A list of all goroutines (debug=2) stops it for 50 microseconds each.\n\
         Example: podprof -collect=incident -force :6060",
        |flags| Slot::Bool(&mut flags.force),
    ),
    row!(
        "redact",
        "",
        "Collect without label values, arguments and the paths of foreign files\n\
         Example: podprof -collect=- -redact :6060 > incident.tgz",
        |flags| Slot::Bool(&mut flags.redact),
    ),
    row!(
        "v",
        "",
        "With -triage: stacks and second opinions too\n\
         Example: podprof -triage -v :6060",
        |flags| Slot::Bool(&mut flags.verbose),
    ),
    row!(
        "md",
        "",
        "With -triage: a block to paste into the incident ticket\n\
         Example: podprof -triage -md :6060",
        |flags| Slot::Bool(&mut flags.markdown),
    ),
    row!(
        "budget",
        "TIME",
        "With -triage: how long to look at a live process, 15s unless said\n\
         Example: podprof -triage -budget=30s :6060",
        |flags| Slot::Text(&mut flags.budget),
    ),
    row!(
        "watch",
        "TIME",
        "With -leaks: look again after so long, -n times (3), and tell what grew each time\n\
         Example: podprof -leaks -watch=60s -n=3 :6060",
        |flags| Slot::Text(&mut flags.watch),
    ),
    row!(
        "mem",
        "SIZE",
        "How much memory may be taken, instead of half of what is free and 512m at most\n\
         A number of bytes, or with k, m or g behind it. What is free is that of the container, or of the machine.\n\
         A profile that needs more is not held (-low_mem); one that needs more even so is refused.\n\
         Example: podprof -mem=2g -top huge.pb.gz",
        |flags| Slot::Text(&mut flags.mem),
    ),
    row!(
        "max_mem",
        "SIZE",
        "The same as -mem, as it was called before\n\
         Example: podprof -max_mem=2g -top huge.pb.gz",
        |flags| Slot::Text(&mut flags.mem),
    ),
    row!(
        "low_mem",
        "",
        "Hold no samples in memory: read the source again for each report\n\
         Slower, for a fraction of the memory, and the same answers. Chosen by itself where a profile would not fit.\n\
         Of a pipe or a server the packed bytes are kept.\n\
         Example: podprof -low_mem -top huge.pb.gz",
        |flags| Slot::Bool(&mut flags.low_mem),
    ),
    row!(
        "threads",
        "N",
        "1 never starts a second thread to unpack a large file, 2 always does\n\
         0, the default, does where a processor is idle, as the container is allowed to use it. No answer depends on it.\n\
         Example: podprof -threads=1 -top huge.pb.gz",
        |flags| Slot::Int(&mut flags.threads),
    ),
    row!(
        "nice",
        "N",
        "Step back so far behind other processes that want the processor: 0 (not at all) to 19\n\
         In a pod it is 10 unasked, so that the service goes first; elsewhere 0.\n\
         Example: podprof -nice=0 -top huge.pb.gz",
        |flags| Slot::Int(&mut flags.nice),
    ),
    row!(
        "color",
        "WHEN",
        "Use colours: auto, always or never\n\
         auto means on a terminal, unless NO_COLOR is set or TERM is dumb.\n\
         Example: podprof -color=never heap.pb.gz",
        |flags| Slot::Choice(&mut flags.color, COLORS),
    ),
    row!(
        "version",
        "",
        "Print the version, commit, target, and whose answers it gives\n\
         Example: podprof -version",
        |flags| Slot::Bool(&mut flags.version),
    ),
    row!(
        "inuse_space",
        "",
        "The same as -sample_index=inuse_space: bytes that are live\n\
         Example: podprof -inuse_space -top heap.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[3]),
    ),
    row!(
        "inuse_objects",
        "",
        "The same as -sample_index=inuse_objects: objects that are live\n\
         Example: podprof -inuse_objects -top heap.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[4]),
    ),
    row!(
        "alloc_space",
        "",
        "The same as -sample_index=alloc_space: bytes allocated since the start\n\
         Example: podprof -alloc_space -top heap.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[5]),
    ),
    row!(
        "alloc_objects",
        "",
        "The same as -sample_index=alloc_objects: objects allocated since the start\n\
         Example: podprof -alloc_objects -top heap.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[6]),
    ),
    row!(
        "contentions",
        "",
        "The same as -sample_index=contentions: how often something was waited for\n\
         Example: podprof -contentions -top mutex.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[2]),
    ),
    row!(
        "total_delay",
        "",
        "The same as -sample_index=delay: how long it was waited\n\
         Example: podprof -total_delay -top mutex.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[0]),
    ),
    row!(
        "mean_delay",
        "",
        "The same as -mean -sample_index=delay: how long one wait was\n\
         Example: podprof -mean_delay -top mutex.pb.gz",
        |flags| Slot::Bool(&mut flags.selected[1]),
    ),
    row!(
        "base",
        "SOURCE",
        "Subtract this profile from the one that is shown\n\
         What is equal in both cancels; what is left is what happened between them.\n\
         Example: podprof -base=old.pb.gz -top new.pb.gz",
        |flags| Slot::Text(&mut flags.base),
    ),
    row!(
        "diff_base",
        "SOURCE",
        "Subtract this profile; percentages are of it\n\
         +50% is half as much again as before.\n\
         Example: podprof -diff_base=old.pb.gz -top new.pb.gz",
        |flags| Slot::Text(&mut flags.diff_base),
    ),
    row!("http", "HOST:PORT", NO_WEB, |flags| {
        Slot::Text(&mut flags.http)
    }),
    row!("no_browser", "", NO_WEB, |flags| {
        Slot::Bool(&mut flags.no_browser)
    }),
    row!("tools", "PATH", NO_EFFECT, |flags| {
        Slot::Text(&mut flags.unused)
    }),
];

const NO_WEB: Packed = packed!(
    "pprof's web pages; podprof has none\n\
    Example: podprof -c 'top; tree' cpu.pb.gz"
);

const NO_EFFECT: Packed = packed!(
    "Accepted because pprof has it; no effect\n\
    Example: podprof -top cpu.pb.gz"
);

impl Flags {
    /// Applies the shortcuts for sample types: the first counts, the others are told off in pprof's words.
    pub(super) fn select_value(&self, settings: &mut Settings) -> Vec<String> {
        let mut notes = Vec::new();
        for ((flag, kind), on) in VALUES.into_iter().zip(self.selected) {
            if !on {
                continue;
            }
            if settings.sample_index.is_empty() {
                settings.sample_index = kind.to_string();
            } else {
                notes.push(format!("Multiple value selections, ignoring -{flag}"));
            }
            // As pprof-behaviour 1.6: even where it is ignored.
            settings.mean |= flag == "mean_delay";
        }
        notes
    }

    /// Refuses what asks for pprof's web pages; `format` says that a report was asked for too.
    pub(super) fn check_web(&self, format: bool) -> Result<()> {
        let http = !self.http.is_empty();
        if http && format {
            let text = "-http is not compatible with an output format on the command line";
            return Err(Error::usage(text));
        }
        if self.no_browser && !http {
            return Err(Error::usage("-no_browser only makes sense with -http"));
        }
        Ok(())
    }

    /// Refuses comparisons that contradict themselves, and what podprof does not have.
    pub(super) fn check_rest(&self, settings: &Settings) -> Result<()> {
        let compared = [&self.base, &self.diff_base].map(|name| !name.is_empty());
        match compared {
            [true, true] => Err(Error::usage(
                "-base and -diff_base flags cannot both be specified",
            )),
            [false, false] if settings.normalize => {
                Err(Error::usage("must have base profile to normalize by"))
            }
            [_, _] if !self.http.is_empty() => Err(Error::usage(
                "-http: podprof has no web pages; leave it out for the prompt",
            )),
            [_, _] => {
                self.headers()?;
                self.memory().map(|_| ())
            }
        }
    }

    /// The lines of `-H`.
    pub(crate) fn headers(&self) -> Result<Vec<Header>> {
        let headers = self.headers.iter().map(|text| Header::parse(text));
        let headers: std::result::Result<_, String> = headers.collect();
        headers.map_err(|reason| Error::usage(format!("-H: {reason}")))
    }

    /// The profile to compare with, and whether percentages are of it (`-diff_base`).
    pub(crate) fn base(&self) -> Option<(bool, &str)> {
        let given = [(false, &self.base), (true, &self.diff_base)];
        let given = given.into_iter().find(|(_, name)| !name.is_empty());
        given.map(|(of_base, name)| (of_base, name.as_str()))
    }

    /// What `-collect` asks for; none where it was not given.
    pub(super) fn collect(&self) -> Option<Collect> {
        (!self.collect.is_empty()).then(|| Collect {
            to: self.collect.clone(),
            seconds: None,
            force: self.force,
            redact: self.redact,
        })
    }

    /// `-mem` in bytes; none where it was not given.
    pub(crate) fn memory(&self) -> Result<Option<u64>> {
        let text = self.mem.to_ascii_lowercase();
        let text = text.trim_end_matches("ib").trim_end_matches('b');
        if text.is_empty() {
            return Ok(None);
        }
        let (digits, shift) = match text.char_indices().last() {
            Some((at, 'k')) => (&text[..at], 10),
            Some((at, 'm')) => (&text[..at], 20),
            Some((at, 'g')) => (&text[..at], 30),
            _ => (text, 0), // bytes
        };
        let size = digits
            .parse()
            .ok()
            .and_then(|size: u64| size.checked_mul(1 << shift));
        let wrong = || {
            Error::usage(format!(
                "invalid value \"{}\" for flag -mem: write 512m or 2g",
                self.mem
            ))
        };
        size.map(Some).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_its_own_place_or_none() {
        for flag in FLAGS {
            let mut flags = Flags::default();
            match (flag.slot)(&mut flags) {
                Slot::Bool(slot) => *slot = !*slot,
                Slot::Int(slot) => *slot = 77,
                Slot::Float(slot) => *slot = 77.0,
                Slot::Text(slot) => *slot = "text".to_string(),
                Slot::Choice(slot, choices) => *slot = choices[2].word,
            }
            assert_ne!(flags, Flags::default(), "{}", flag.name);
            let is_switch = matches!((flag.slot)(&mut flags), Slot::Bool(_));
            assert_eq!(flag.value.is_empty(), is_switch, "{}", flag.name);
        }
    }

    #[test]
    fn every_shortcut_sets_its_own_sample_type() {
        for (name, kind) in VALUES {
            let flag = FLAGS.iter().find(|flag| flag.name == name).expect(name);
            let mut flags = Flags::default();
            if let Slot::Bool(slot) = (flag.slot)(&mut flags) {
                *slot = true;
            }
            let mut settings = Settings::default();
            assert!(flags.select_value(&mut settings).is_empty());
            assert_eq!(settings.sample_index, kind, "{name}");
            assert_eq!(settings.mean, name == "mean_delay");
        }
    }

    #[test]
    fn only_the_first_shortcut_counts() {
        let flags = Flags {
            selected: [false, true, false, true, false, false, true],
            ..Flags::default()
        };
        let mut settings = Settings::default();
        let notes = flags.select_value(&mut settings);
        assert_eq!(settings.sample_index, "delay");
        assert_eq!(
            notes,
            [
                "Multiple value selections, ignoring -inuse_space",
                "Multiple value selections, ignoring -alloc_objects"
            ]
        );
    }

    #[test]
    fn a_named_sample_type_outranks_the_shortcuts() {
        let flags = Flags {
            selected: [false, true, false, false, false, false, false],
            ..Flags::default()
        };
        let mut settings = Settings {
            sample_index: "cpu".to_string(),
            ..Settings::default()
        };
        let notes = flags.select_value(&mut settings);
        assert_eq!(notes, ["Multiple value selections, ignoring -mean_delay"]);
        assert_eq!((&*settings.sample_index, settings.mean), ("cpu", true));
    }

    #[test]
    fn memory_is_read_with_its_unit() {
        let memory = |text: &str| {
            let flags = Flags {
                mem: text.to_string(),
                ..Flags::default()
            };
            flags.memory().ok()
        };
        assert_eq!(memory(""), Some(None));
        assert_eq!(memory("512"), Some(Some(512)));
        assert_eq!(memory("512MiB"), Some(Some(512 << 20)));
        assert_eq!(memory("3k"), Some(Some(3072)));
        assert_eq!(memory("2gb"), Some(Some(2 << 30)));
        for text in [
            "x",
            "-1",
            "1.5g",
            "99999999999999999999",
            "20000000000000g",
            "m",
        ] {
            assert_eq!(memory(text), None, "{text}");
        }
    }

    #[test]
    fn every_help_gives_an_example() {
        for flag in FLAGS {
            assert!(
                flag.help.text().contains("\nExample: podprof "),
                "{}",
                flag.name
            );
        }
    }
}
