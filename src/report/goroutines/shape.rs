//! What the frames of a goroutine tell without its label: what it waits for, and whether it is idle.
//!
//! A binary profile says no state, but the runtime's frames at the leaf do, in the words that a dump
//! would use. Text forms hide those frames; there only some waits can be told. Idle is who waits for
//! work by design: that too shows in the stack, never in how long it waits.

use crate::hash::Map;
use crate::model::{FunctionId, Profile};

/// Functions that tell the state of who is in them, leaf first; one that is weak only where no other
/// follows.
const STATES: &[(&str, &str, bool)] = &[
    ("runtime.chansend", "chan send", false),
    ("runtime.chanrecv", "chan receive", false),
    ("runtime.selectgo", "select", false),
    ("runtime.block", "select (no cases)", false),
    ("runtime.netpollblock", "IO wait", false),
    ("internal/poll.runtime_pollWait", "IO wait", false),
    ("time.Sleep", "sleep", false),
    ("sync.(*Mutex).Lock", MUTEX, false),
    ("sync.(*Mutex).lockSlow", MUTEX, false),
    ("internal/sync.(*Mutex).Lock", MUTEX, false),
    ("internal/sync.(*Mutex).lockSlow", MUTEX, false),
    ("internal/sync.runtime_SemacquireMutex", MUTEX, true),
    ("sync.runtime_SemacquireMutex", MUTEX, true),
    (
        "sync.runtime_SemacquireRWMutexR",
        "sync.RWMutex.RLock",
        false,
    ),
    ("sync.(*RWMutex).RLock", "sync.RWMutex.RLock", false),
    ("sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock", false),
    ("sync.(*RWMutex).Lock", "sync.RWMutex.Lock", false),
    (
        "sync.runtime_SemacquireWaitGroup",
        "sync.WaitGroup.Wait",
        false,
    ),
    ("sync.(*WaitGroup).Wait", "sync.WaitGroup.Wait", false),
    ("sync.runtime_notifyListWait", "sync.Cond.Wait", false),
    ("sync.(*Cond).Wait", "sync.Cond.Wait", false),
    ("sync.runtime_Semacquire", "semacquire", true),
    ("internal/poll.runtime_Semacquire", "semacquire", true),
    ("runtime.semacquire", "semacquire", true),
    ("runtime.coroswitch", "coroutine", false),
    ("runtime.notetsleepg", "syscall", false),
    ("os/signal.signal_recv", "syscall", false),
    ("runtime.cgocall", "syscall", false),
    ("internal/runtime/syscall.Syscall6", "syscall", false),
    ("internal/runtime/syscall/linux.Syscall6", "syscall", false),
    ("runtime/internal/syscall.Syscall6", "syscall", false),
    ("syscall.Syscall", "syscall", false),
    ("syscall.Syscall6", "syscall", false),
    ("syscall.RawSyscall", "syscall", false),
    ("syscall.RawSyscall6", "syscall", false),
    ("syscall.rawSyscallNoError", "syscall", false),
    ("runtime.gcParkAssist", "GC assist wait", false),
    ("runtime.gcBgMarkWorker", "GC worker (idle)", false),
    ("runtime.bgsweep", "GC sweep wait", false),
    ("runtime.bgscavenge", "GC scavenge wait", false),
    ("runtime.forcegchelper", "force gc (idle)", false),
    ("runtime.runfinq", "finalizer wait", false),
    ("runtime.runFinalizers", "finalizer wait", false),
    ("runtime.runCleanups", "cleanup wait", false),
    ("runtime.goroutineProfileWithLabels", "running", false),
    ("runtime.goroutineLeakProfileWithLabels", "running", false),
    (
        "runtime/pprof.runtime_goroutineProfileWithLabels",
        "running",
        false,
    ),
    ("runtime/pprof.writeGoroutineStacks", "running", false),
    (PARK, "waiting", true),
];

const MUTEX: &str = "sync.Mutex.Lock";
const PARK: &str = "runtime.gopark";

/// Who waits for work: what to call it, and its frames, each called by the next. The goroutine is parked
/// in the first of them, or waits for the network further in.
const IDLE: &[(&str, &[&str])] = &[
    ("listeners", &["internal/poll.(*FD).Accept"]),
    (
        "idle server connections",
        &["bufio.(*Reader).Peek", "net/http.(*conn).serve"],
    ),
    ("idle server connections", &["net/http.(*conn).readRequest"]),
    (
        "idle server connections",
        &["net/http.(*http2serverConn).readFrames"],
    ),
    (
        "idle server connections",
        &["net/http.(*http2serverConn).serve"],
    ),
    (
        "idle server connections",
        &["golang.org/x/net/http2.(*serverConn).readFrames"],
    ),
    (
        "idle server connections",
        &["golang.org/x/net/http2.(*serverConn).serve"],
    ),
    (
        "watchers of served connections",
        &["net/http.(*connReader).backgroundRead"],
    ),
    (
        "client connections",
        &["bufio.(*Reader).Peek", "net/http.(*persistConn).readLoop"],
    ),
    ("client connections", &["net/http.(*persistConn).writeLoop"]),
    (
        "client connections",
        &["net/http.(*http2clientConnReadLoop).run"],
    ),
    (
        "client connections",
        &["golang.org/x/net/http2.(*clientConnReadLoop).run"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc/internal/transport.(*http2Client).reader"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc/internal/transport.(*http2Client).keepalive"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc/internal/transport.(*http2Server).keepalive"],
    ),
    (
        "gRPC connections",
        &[
            "google.golang.org/grpc/internal/transport.(*controlBuffer).get",
            "google.golang.org/grpc/internal/transport.(*loopyWriter).run",
        ],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc.(*ccBalancerWrapper).watcher"],
    ),
    (
        "gRPC connections",
        &["google.golang.org/grpc.(*addrConn).resetTransport"],
    ),
    (
        "database/sql pools",
        &["database/sql.(*DB).connectionOpener"],
    ),
    (
        "database/sql pools",
        &["database/sql.(*DB).connectionCleaner"],
    ),
    (
        "database/sql pools",
        &["database/sql.(*DB).connectionResetter"],
    ),
    (
        "signal handling",
        &["os/signal.signal_recv", "os/signal.loop"],
    ),
    ("log flushers", &["k8s.io/klog/v2.(*flushDaemon).run.func1"]),
    ("log flushers", &["k8s.io/klog.(*loggingT).flushDaemon"]),
    (
        "log flushers",
        &["github.com/golang/glog.(*fileSink).flushDaemon"],
    ),
    (
        "log flushers",
        &["github.com/golang/glog.(*loggingT).flushDaemon"],
    ),
    (
        "log flushers",
        &["gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun"],
    ),
    (
        "metrics workers",
        &["go.opencensus.io/stats/view.(*worker).start"],
    ),
    ("the CPU profile", &["runtime/pprof.profileWriter"]),
    (
        "the CPU profile",
        &["time.Sleep", "runtime/pprof.profileWriter"],
    ),
];

/// What to call who took the profile.
pub(crate) const TAKING: &str = "taking this profile";
/// Its function.
const TAKER: &str = "runtime/pprof.(*Profile).WriteTo";
/// What innermost frame waits for the network.
const NETWORK: &str = "internal/poll.runtime_pollWait";

/// What matters of a function.
#[derive(Debug, Default, Clone, Copy)]
struct Traits {
    /// A row of [`STATES`] and one more, or 0.
    state: u8,
    /// A name of [`IDLE`] and one more, or 0.
    name: u8,
    /// Whether it belongs to the runtime.
    runtime: bool,
}

/// The functions of a profile by what they tell.
pub(crate) struct Shapes {
    traits: Vec<Traits>,
    /// [`IDLE`] by the numbers of names.
    idle: Vec<(&'static str, Vec<u8>)>,
    taker: u8,
    network: u8,
    /// Whether the frames of the runtime are there at all, as in the binary form.
    pub(super) complete: bool,
}

impl Shapes {
    /// Looks at each function of a profile once.
    pub(crate) fn of(profile: &Profile) -> Shapes {
        let mut names: Map<&[u8], u8> = Map::default();
        let mut number = |name: &'static str| {
            let next = names.len() as u8 + 1;
            *names.entry(name.as_bytes()).or_insert(next)
        };
        let chain = |row: &(&'static str, &[&'static str])| {
            (row.0, row.1.iter().map(|name| number(name)).collect())
        };
        let idle = IDLE.iter().map(chain).collect();
        let (taker, network) = (number(TAKER), number(NETWORK));
        let rows = (1..).zip(STATES);
        let states: Map<&[u8], u8> = rows.map(|(row, state)| (state.0.as_bytes(), row)).collect();
        let traits_of = |name: &[u8]| Traits {
            state: states.get(name).copied().unwrap_or(0),
            name: names.get(name).copied().unwrap_or(0),
            runtime: name.starts_with(b"runtime.") || name.starts_with(b"internal/runtime/"),
        };
        let functions = profile
            .functions
            .name
            .iter()
            .map(|name| profile.text(*name));
        let mut complete = false;
        let traits = functions.map(|name| {
            complete |= name == PARK.as_bytes();
            traits_of(name)
        });
        let traits = traits.collect();
        Shapes {
            traits,
            idle,
            taker,
            network,
            complete,
        }
    }

    /// Whether a function is one of the runtime's.
    pub(crate) fn is_runtime(&self, function: FunctionId) -> bool {
        self.of_function(function).runtime
    }

    /// Whether a function is the one in which all parked goroutines are.
    pub(super) fn is_parking(&self, function: FunctionId) -> bool {
        let row = usize::from(self.of_function(function).state).checked_sub(1);
        row.and_then(|row| STATES.get(row))
            .is_some_and(|state| state.0 == PARK)
    }

    fn of_function(&self, function: FunctionId) -> Traits {
        self.traits.get(function.at()).copied().unwrap_or_default()
    }

    /// What a goroutine with this stack, leaf first, does or waits for; `-` where it does not show.
    pub(crate) fn state(&self, stack: &[FunctionId]) -> &'static str {
        let mut weak = None;
        for function in stack {
            let traits = self.of_function(*function);
            let row = usize::from(traits.state).checked_sub(1);
            match row.and_then(|row| STATES.get(row)) {
                Some((_, state, false)) => return state,
                // `waiting` is what is left where nobody says for what.
                Some((_, state, true)) if weak.is_none_or(|known| known == "waiting") => {
                    weak = Some(*state);
                }
                Some(_) => {}
                None if traits.runtime => {}
                None => break,
            }
        }
        match self.complete {
            true if stack.is_empty() => "-",
            true => weak.unwrap_or("runnable"),
            false => weak.unwrap_or("-"),
        }
    }

    /// What to call a goroutine with this stack, leaf first, that waits for work; `None` for all others.
    pub(crate) fn idle(&self, stack: &[FunctionId]) -> Option<&'static str> {
        let frames = stack.iter().map(|function| self.of_function(*function));
        let names: Vec<u8> = frames
            .filter(|frame| !frame.runtime)
            .map(|frame| frame.name)
            .collect();
        let Some(innermost) = names.first() else {
            // No frame but runtime.goexit, which profiles leave out: mostly a watcher that net/http has
            // just started for the connection that asked.
            let name = match stack.is_empty() {
                true => "just started",
                false => "the runtime's own",
            };
            return Some(name);
        };
        if names.contains(&self.taker) {
            return Some(TAKING);
        }
        let fits = |chain: &[u8]| {
            let at = names
                .windows(chain.len())
                .position(|window| window == chain);
            at.is_some_and(|at| at == 0 || *innermost == self.network)
        };
        let found = self.idle.iter().find(|(_, chain)| fits(chain));
        found.map(|(name, _)| *name)
    }
}
