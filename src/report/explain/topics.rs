//! The words that reports print, in plain words: what it means, how to read it, what to do next.

use crate::packed::{Packed, packed};

/// A number of the open profile that goes with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    /// None.
    Nothing,
    /// The first row of `top`.
    Flat,
    /// The first rows and their running total.
    Sum,
    /// The row with the most cost in what it calls.
    Cum,
    /// How many rows the default cutoff drops.
    Dropped,
    /// The total of the sample type of the word.
    Total,
    /// How many goroutines are in the state of the word.
    State,
}

/// One topic: its words, the first the one to teach; its text, of at most four lines where a number
/// follows and five where none does.
pub(super) struct Topic {
    pub(super) words: &'static [&'static str],
    pub(super) text: Packed,
    pub(super) here: Here,
}

macro_rules! topics {
    ($($words:expr, $here:expr, $text:literal;)*) => {
        /// All topics, those that belong together next to each other.
        pub(super) static TOPICS: &[Topic] = &[$(Topic { words: &$words, text: packed!($text), here: $here },)*];
    };
}

use Here::{Cum, Dropped, Flat, Nothing, State, Sum, Total};

topics! {
    // Columns of top, tree, peek and list.
    ["flat"], Flat,
        "What a function costs by itself, without what it calls. High flat: the work is in its own lines. \
        Next: list NAME shows which.";
    ["flat%"], Flat,
        "flat as a share of the total of the whole profile, not of what is shown. Filters keep that total, \
        so shares stay comparable; relative_percentages=true counts from what the filters leave.";
    ["sum%"], Sum,
        "The running total of flat% down the list: this row and all rows above it. It says how much of the \
        profile you have read so far, nothing about the row.\n\
         Next: stop reading where it hardly grows any more.";
    ["cum"], Cum,
        "What a function costs with everything it calls, directly or not. High cum and low flat: the cost is \
        further down. cum of main is nearly all.\n\
         Next: peek NAME shows where it goes; top -cum orders by it.";
    ["cum%"], Cum,
        "cum as a share of the total. Rows overlap, as callers contain what they call: the column does not \
        add up to 100%.";
    ["calls", "calls%", "context", "calls calls% + context"], Nothing,
        "In tree and peek: lines above a function are its callers, lines below what it calls. calls is the \
        part of its cum that came from the caller or went to the callee, calls% the share of that. Not a \
        number of calls: nobody counts those.\n\
         Next: follow the biggest part with peek NAME.";
    ["(inline)", "inline", "(partial-inline)", "partial-inline"], Nothing,
        "The compiler put this function into its callers, always or (partial) in some places. Its cost is \
        real and counted here. noinlines=true adds it to the callers instead.";

    // Lines above reports.
    ["Showing nodes accounting for", "nodes"], Dropped,
        "What the rows shown cost together, of the total. A node is a row: a function, or a line or file \
        after lines or files. Low: much is in rows that are left out.";
    ["Dropped N nodes", "Dropped N node"], Dropped,
        "So many functions are not shown: their cum is below nodefraction (0.5%) of the total. Their cost \
        still counts in the cum of their callers.\n\
         Next: nodefraction=0, or trim=false, shows all.";
    ["Dropped N edges", "Dropped N edge"], Nothing,
        "So many calls are not drawn: each is below edgefraction (0.1%) of the total.\n\
         Next: edgefraction=0 shows all.";
    ["Showing top N nodes out of", "Showing N of N groups", "Showing N rows of"], Nothing,
        "The list was cut after N rows (nodecount); the others are smaller, not gone.\n\
         Next: top 50, or nodecount=0 for all.";
    ["Active filters"], Nothing,
        "Options that hide a part of the profile in this report: what you see is not all.\n\
         Next: : clears focus, ignore, hide and the tag filters; o lists all options.";
    ["File", "Build ID"], Nothing,
        "The program the profile came from, and the mark of its build: two profiles with one Build ID come \
        from the same binary.";
    ["Type"], Nothing,
        "Which of the profile's values is shown. Some profiles have several: heap has inuse_space, \
        inuse_objects, alloc_space, alloc_objects.\n\
         Next: type one of the names, or sample_index=NAME; explain NAME.";
    ["Doc"], Nothing, "Where the program's authors explain this kind of profile.";
    ["Time"], Nothing, "When the profile was taken, in your time zone (TZ=UTC changes it).";
    ["Duration", "Total samples"], Nothing,
        "How long was measured, and the CPU time found in it. 100% is one core busy all the time, 400% four; \
        3% is a program that mostly waits.\n\
         Next: if it waits, look at goroutines and the block and mutex profiles.";
    ["Total", "ROUTINE", "Total of"], Nothing,
        "What the values are shares of: the whole profile. In list, flat and cum above the code are those of \
        the whole function; in tags, of all samples with the key.";
    ["Locations", "Mappings", "PeriodType", "Period"], Nothing,
        "In raw: samples are stacks with their values, as numbers of locations; a location is an instruction \
        with its functions, a mapping the binary around it. Between two samples lies one period: 10ms of \
        CPU, 512kB of allocation.";
    ["<unknown>", "unknown"], Nothing,
        "An address without a name: the profile carries no symbols for it, as with C code or a stripped \
        binary of another language. Go's own profiles carry all names.\n\
         Next: raw shows the addresses and the binaries they lie in.";

    // Sample types.
    ["cpu"], Total,
        "Time on a processor, by 100 looks a second at each running thread. Waiting does not count. Compare \
        it with Duration: cpu over duration is the cores in use.\n\
         Next: top, then list the first name of your own code.";
    ["samples"], Total,
        "How often the profiler looked and found this stack. Below a hundred in all, small shares are \
        chance: measure longer.";
    ["inuse_space", "space"], Total,
        "Bytes allocated here and not yet freed at the last garbage collection. This is live heap; the \
        process holds more (garbage, stacks, what Go keeps for later).\n\
         Next: grows without end? Take it again later and compare: -diff_base.";
    ["inuse_objects", "objects"], Total,
        "Objects allocated here and not yet freed. Many small ones cost the garbage collector more than few \
        big ones of the same size. Next: inuse_space of the same row says how big one is.";
    ["alloc_space"], Total,
        "Bytes allocated here since the program started, freed or not. It says who keeps the garbage \
        collector busy, not who holds memory.\n\
         Next: high CPU in runtime.gcBgMarkWorker or mallocgc? Start with this list.";
    ["alloc_objects"], Total,
        "Objects allocated here since the program started, freed or not. Each costs time.\n\
         Next: list NAME, and look for what could be reused or kept on the stack.";
    ["goroutine", "goroutines"], Total,
        "Goroutines alive at one moment, by where they are. Thousands with one stack are a leak or a queue. \
        Next: goroutines shows them by stack and state.";
    ["goroutineleak", "leaked"], Total,
        "Goroutines blocked on something that nobody can reach any more: they will never go on. Next: \
        goroutines, and who should have closed or received.";
    ["threadcreate"], Total,
        "Threads of the system by what made Go start them; mostly without a useful stack. Many threads: \
        blocking system calls or cgo. Next: goroutines syscall.";
    ["contentions"], Total,
        "How often goroutines had to wait here, on a lock (mutex profile) or on anything (block profile). \
        Next: read it with delay; mean_delay shows time a wait.";
    ["delay"], Total,
        "Time goroutines waited, added up over all of them: ten that wait a second are ten seconds. In a \
        mutex profile it is put on who held the lock at Unlock, in a block profile on who waited. Next: list \
        NAME, shorten what the lock covers.";
    ["name", "source", "age"], Nothing,
        "In the list of profiles: the name to use and compare by, where the profile came from and how long \
        ago it was taken. type and total are of the sample type that is shown. Next: use NAME, base NAME.";
    ["mean"], Nothing,
        "With mean=true each value is divided by the first one, the count: bytes an object, delay a wait.";

    // Goroutines: columns and words of the report.
    ["#", "Group N"], Nothing,
        "The number of a group of goroutines with equal stacks. It stays the same whatever else is asked of \
        the report. Next: goroutines -v N shows the whole stack.";
    ["count", "%"], Nothing,
        "How many goroutines have this stack, and their share of all there are.\n\
         Next: a count that grows from profile to profile is a leak: compare with base.";
    ["state"], Nothing,
        "What the goroutine does or waits for, in the words of the Go runtime. A dump (debug=2) says it; \
        else it is told by the runtime's frames, and - where those are hidden. Next: explain the state, as \
        in explain chan send.";
    ["wait", "wait min/median/max"], Nothing,
        "How long the goroutines of a group have waited: the shortest, the middle one, the longest. Only \
        dumps (debug=2) know. Whole minutes, from the first garbage collection after the wait began: <1m may \
        be a little more.";
    ["at", "own code", "no own code", "own"], Nothing,
        "The innermost frame of the service's own code: not Go's library, no dependency. (no own code): it \
        has none, so a dependency's or its first frame is shown.\n\
         Next: own_code=REGEXP says what is yours where paths do not tell.";
    ["created by", "from", "parent"], Nothing,
        "created by: the go statement that started the goroutines; only dumps know it. from: the function \
        that they began with, where that is not the frame shown.\n\
         Next: -by=creator counts by it.";
    ["idle"], Nothing,
        "Goroutines that wait for work by design: listeners, idle connections, signals, the garbage \
        collector. Told by the shape of the stack. Only counted, unless they match what is asked for. Next: \
        goroutines -all shows them.";
    ["change", "new", "gone", "now", "before"], Nothing,
        "Against a base: by how many goroutines a group grew. new: the base had none; gone: none is left. \
        Groups without a change are left out.\n\
         Next: take a third profile; what grows each time is the leak.";
    ["flags", "locked to thread", "durable", "synctest bubble"], Nothing,
        "What else a dump says of a goroutine. locked to thread: it keeps a thread for itself; leaked: it \
        can never go on; durable, synctest bubble: in a test.";
    ["labels"], Nothing,
        "Keys and values that the program gave its samples with pprof.Do.\n\
         Next: tags counts by them, tagfocus=KEY=VALUE keeps one, tagroot=KEY splits.";

    // Goroutine states.
    ["chan send"], State,
        "Waits until somebody receives from a channel, or until it has room again. Many: the receiver is \
        slow, stuck or gone. Look for who should receive; a send without select and ctx.Done() waits for \
        ever when he has left.";
    ["chan receive"], State,
        "Waits until somebody sends on a channel or closes it. Fine for workers. Growing: nobody sends any \
        more; look for who forgot to send or close.";
    ["nil chan", "chan receive (nil chan)", "chan send (nil chan)"], Nothing,
        "Waits on a channel that was never made: for ever. Look for the missing make.";
    ["select"], State,
        "Waits for the first of several channels. Fine for loops of workers and timers. Growing: none of its \
        cases comes; is ctx.Done() among them, and is it cancelled?";
    ["select (no cases)"], State,
        "Waits for ever, on purpose: select {} keeps a program alive.";
    ["IO wait"], State,
        "Waits for the network. Fine for servers; for clients look at how long. Many to one place: the other \
        side is slow, and no timeout is set.";
    ["sleep"], State,
        "In time.Sleep. Many: loops that poll or try again; is what they wait for down?";
    ["sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock"], State,
        "Waits for a lock that another goroutine holds. RLock: a writer holds or wants it. Many at one line: \
        the holder is slow or stuck, often the one goroutine past that line in another state. Next: \
        goroutines -v N, then look for the holder.";
    ["semacquire"], State,
        "Waits for a lock or a WaitGroup; older releases of Go do not say which. The next frames tell: \
        sync.(*Mutex).Lock, sync.(*WaitGroup).Wait.\n\
         Next: goroutines -v N.";
    ["sync.WaitGroup.Wait"], State,
        "Waits until others call Done. For long: one of them is stuck, or left without it.";
    ["sync.Cond.Wait"], State,
        "Waits for Signal or Broadcast. Fine for pools and queues that are empty.";
    ["syscall"], State,
        "In a call to the system or to C. Each takes a thread: many make the process fat. Files on a slow \
        disk or NFS, cgo and DNS lookups are the usual ones.";
    ["running"], State,
        "On a processor; in a goroutine profile that is who wrote the profile.";
    ["runnable"], State,
        "Could run and has no processor at the moment. Many: too few cores, or a CPU limit that throttles. \
        Next: a CPU profile, and GOMAXPROCS against the limit.";
    ["waiting", "coroutine", "GC assist wait", "GC worker (idle)", "finalizer wait"], Nothing,
        "Parked by the runtime: for the garbage collector (GC assist wait: it allocates faster than garbage \
        is collected), a coroutine of iter.Pull, or unnamed.";
    // What memstats prints.
    ["live heap", "garbage not yet collected", "free room in pages in use"], Nothing,
        "Live is what the last collection found in use: the rows of top. Garbage is what died or came since; \
        it grows until next GC. Free room lies between objects.\n\
         Next: high live: top of inuse_space; high garbage: lower GOGC, or GOMEMLIMIT.";
    ["held from the OS", "idle, kept", "returned to the OS", "stacks", "the runtime's own"], Nothing,
        "Live, garbage, free room, idle, stacks and the runtime's own make what Go holds; pages never touched \
        are in it and not in RSS. Idle pages go back to the OS in minutes.\n\
         Next: idle stays high: debug.FreeOSMemory or GOMEMLIMIT.";
    ["highest RSS", "next GC", "GC share of CPU", "last GC pause"], Nothing,
        "highest RSS is the most the OS ever counted, what is outside Go (cgo, files in memory) too. At next \
        GC the heap is collected again; off is GOGC=off. The share is since the start, the pause is when \
        everything stood.";
    ["minutes"], Nothing,
        "In a dump: how long a goroutine has been blocked; none is printed below one.";
}
