//! Writes the big profile of the benchmarks to stdout: profile.proto, not gzipped, the same bytes for the same arguments.
//! A CPU profile as a busy server gives it: stacks are walks down one call graph that share their roots, locations are
//! numbered as they are first met, and each request has one endpoint and one tenant; those traced have an id and a size.
//! Usage: generate SAMPLES DEPTH LOCATIONS labelled|unlabelled|heap|goroutine
//! Or a debug=2 goroutine dump of so many bytes, stopped there as the runtime stops at 67108864 (about 90,000 goroutines
//! of a server whose clients wait for a queue): generate BYTES goroutines

use std::io::{self, BufWriter, Write};

/// Call sites of one function, hence locations; their callees are fixed.
const SITES: u64 = 5;
/// Samples of one request.
const SAMPLES_PER_REQUEST: u64 = 32;
/// One request in so many carries its id and size. pprof counts labels apart for each node: ids on all took it 15.7 GB.
const TRACED: u64 = 16;
/// Requests that run at once.
const RUNNING: u64 = 64;
const ENDPOINTS: u64 = 12;
const TENANTS: u64 = 20;

/// What to generate.
struct Plan {
    samples: u64,
    depth: u64,
    locations: u64,
    kind: Kind,
}

/// What is profiled.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The CPU, each sample with the labels of its request or without.
    Labelled,
    Unlabelled,
    /// The heap: four values a sample, labelled with the size of its blocks.
    Heap,
    Goroutine,
}

impl Kind {
    fn sample_types(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Labelled | Kind::Unlabelled => &[("samples", "count"), ("cpu", "nanoseconds")],
            Kind::Heap => &[
                ("alloc_objects", "count"),
                ("alloc_space", "bytes"),
                ("inuse_objects", "count"),
                ("inuse_space", "bytes"),
            ],
            Kind::Goroutine => &[("goroutine", "count")],
        }
    }

    fn period(self) -> (&'static str, &'static str, u64) {
        match self {
            Kind::Labelled | Kind::Unlabelled => ("cpu", "nanoseconds", 10_000_000),
            Kind::Heap => ("space", "bytes", 524_288),
            Kind::Goroutine => ("goroutine", "count", 1),
        }
    }

    /// The values of a sample; those of a heap, and the size of one of its blocks.
    fn values(self, random: &mut Random) -> (Vec<u64>, Option<u64>) {
        match self {
            Kind::Labelled | Kind::Unlabelled => (vec![1, 10_000_000], None),
            Kind::Goroutine => (vec![1 + random.below(4)], None),
            Kind::Heap => {
                let (objects, size) = (1 + random.below(1000), 16 << random.below(12));
                let live = random.below(2) * random.below(objects);
                (vec![objects, objects * size, live, live * size], Some(size))
            }
        }
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [bytes, kind] = &arguments[..]
        && let (Ok(bytes), "goroutines") = (bytes.parse(), kind.as_str())
    {
        let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
        write_goroutines(bytes, &mut out)?;
        return out.flush();
    }
    let Some(plan) = plan(&arguments) else {
        let kinds = "labelled|unlabelled|heap|goroutine";
        eprintln!("usage: generate SAMPLES DEPTH LOCATIONS {kinds} | BYTES goroutines");
        std::process::exit(2);
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    write_profile(&plan, &mut out)?;
    out.flush()
}

fn plan(arguments: &[String]) -> Option<Plan> {
    let [samples, depth, locations, kind] = arguments else {
        return None;
    };
    Some(Plan {
        samples: samples.parse().ok()?,
        depth: depth.parse().ok()?,
        locations: locations.parse().ok().filter(|&n| n >= SITES)?,
        kind: match kind.as_str() {
            "labelled" => Kind::Labelled,
            "unlabelled" => Kind::Unlabelled,
            "heap" => Kind::Heap,
            "goroutine" => Kind::Goroutine,
            _ => return None,
        },
    })
}

/// The sections in the order in which Go writes them: samples before what they refer to.
fn write_profile(plan: &Plan, out: &mut impl Write) -> io::Result<()> {
    let mut strings = Strings::new();
    for (kind, unit) in plan.kind.sample_types() {
        out.write_all(&message(1, &value_type(&mut strings, kind, unit)))?;
    }
    let keys = ["endpoint", "tenant", "request_id", "bytes"].map(|key| strings.add(key.to_owned()));
    let names = LabelNames {
        keys,
        endpoints: strings.add_all(ENDPOINTS, |n| format!("/api/v1/resource{n}")),
        tenants: strings.add_all(TENANTS, |n| format!("tenant-{n:04}")),
        requests: strings.add_all(
            plan.samples / SAMPLES_PER_REQUEST / TRACED + RUNNING,
            request_id,
        ),
    };
    let mut walk = Walk::new(plan);
    for sample in 0..plan.samples {
        let mut body = Vec::with_capacity(200);
        put_bytes(&mut body, 1, &walk.stack(plan));
        let (values, size) = plan.kind.values(&mut walk.random);
        let mut packed = Vec::new();
        for value in values {
            put_varint(&mut packed, value);
        }
        put_bytes(&mut body, 2, &packed);
        if plan.kind == Kind::Labelled {
            names.put(&mut body, sample, &mut walk.random);
        }
        if let Some(size) = size {
            put_bytes(&mut body, 3, &fields(&[(1, names.keys[3]), (3, size)]));
        }
        out.write_all(&message(2, &body))?;
    }
    walk.number_the_rest();
    write_tables(plan, &walk, &mut strings, out)
}

/// Mapping, locations, functions, strings and the header.
fn write_tables(
    plan: &Plan,
    walk: &Walk,
    strings: &mut Strings,
    out: &mut impl Write,
) -> io::Result<()> {
    let file = strings.add("/app/server".to_owned());
    let limit = 0x40_0000 + plan.locations * 32;
    let mapping = [(1, 1), (2, 0x40_0000), (3, limit), (5, file), (7, 1)];
    out.write_all(&message(3, &fields(&mapping)))?;
    // Go writes them in the order of their ids.
    let mut sites: Vec<u64> = (0..walk.ids.len() as u64).collect();
    sites.sort_by_key(|site| walk.ids[*site as usize]);
    for site in sites {
        let id = &walk.ids[site as usize];
        let (function, line) = (site / SITES + 1, 10 + site % SITES * 7);
        let mut location = fields(&[(1, *id), (2, 1), (3, 0x40_0010 + site * 32)]);
        put_bytes(&mut location, 4, &fields(&[(1, function), (2, line)]));
        out.write_all(&message(4, &location))?;
    }
    for function in 0..plan.locations.div_ceil(SITES) {
        let package = function / 50;
        let name = strings.add(format!(
            "example.com/server/internal/pkg{package}.(*Type{}).Method{function}",
            function % 7
        ));
        let file = strings.add(format!(
            "example.com/server/internal/pkg{package}/f{}.go",
            function / 10
        ));
        let row = [(1, function + 1), (2, name), (3, name), (4, file), (5, 8)];
        out.write_all(&message(5, &fields(&row)))?;
    }
    let (kind, unit, period) = plan.kind.period();
    let period_type = value_type(strings, kind, unit);
    for text in &strings.rows {
        out.write_all(&message(6, text.as_bytes()))?;
    }
    let started = 1_767_225_600_000_000_000;
    let mut header = fields(&[(9, started), (10, plan.samples * 10_000_000)]);
    put_bytes(&mut header, 11, &period_type);
    header.extend(fields(&[(12, period)]));
    out.write_all(&header)
}

/// Walks down the call graph, numbering the locations as they are met.
struct Walk {
    random: Random,
    /// The id of each call site, 0 while it has none.
    ids: Vec<u64>,
    met: u64,
    /// The stacks of the requests that run at once, as call sites, root first.
    running: Vec<Vec<u64>>,
}

impl Walk {
    fn new(plan: &Plan) -> Self {
        let functions = plan.locations.div_ceil(SITES);
        Self {
            random: Random(0x9E37_79B9_7F4A_7C15),
            ids: vec![0; (functions * SITES) as usize],
            met: 0,
            running: vec![Vec::new(); RUNNING as usize],
        }
    }

    /// One stack as packed location ids, leaf first: mostly a stack of a running request that went on elsewhere.
    fn stack(&mut self, plan: &Plan) -> Vec<u8> {
        let functions = plan.locations.div_ceil(SITES);
        let running = self.random.below(RUNNING) as usize;
        let mut path = std::mem::take(&mut self.running[running]);
        let shared = if self.random.below(8) == 0 {
            0
        } else {
            plan.depth / 4 + self.random.below(plan.depth * 3 / 4)
        };
        path.truncate(shared as usize);
        while (path.len() as u64) < plan.depth {
            let function = match path.last() {
                Some(caller) => callee(*caller, functions),
                None => self.random.below(8),
            };
            // The first call sites of a function are the hot ones: 8 : 4 : 2 : 1 : 1.
            let site = u64::from(self.random.next().trailing_zeros()).min(SITES - 1);
            path.push(function * SITES + site);
        }
        let mut packed = Vec::with_capacity(path.len() * 3);
        for place in path.iter().rev() {
            put_varint(&mut packed, self.id(*place));
        }
        self.running[running] = path;
        packed
    }

    fn id(&mut self, place: u64) -> u64 {
        let id = &mut self.ids[place as usize];
        if *id == 0 {
            self.met += 1;
            *id = self.met;
        }
        *id
    }

    /// Numbers the call sites that no stack went through.
    fn number_the_rest(&mut self) {
        for id in self.ids.iter_mut().filter(|id| **id == 0) {
            self.met += 1;
            *id = self.met;
        }
    }
}

/// The function that a call site calls: mostly one near it, as within a package, now and then a far one.
fn callee(place: u64, functions: u64) -> u64 {
    let hash = mix(place);
    let stride = if hash.is_multiple_of(8) {
        functions
    } else {
        400
    };
    (place / SITES + 1 + (hash >> 8) % stride) % functions
}

/// String indices of the label keys and values.
struct LabelNames {
    keys: [u64; 4],
    endpoints: u64,
    tenants: u64,
    requests: u64,
}

impl LabelNames {
    /// The labels of a sample: samples of a request alternate with those of its neighbours, as concurrent ones do.
    fn put(&self, sample: &mut Vec<u8>, index: u64, random: &mut Random) {
        let window = SAMPLES_PER_REQUEST * RUNNING;
        let request = index / window * RUNNING + random.below(RUNNING);
        let [endpoint, tenant, request_id, bytes] = self.keys;
        let path = self.endpoints + mix(request) % ENDPOINTS;
        let owner = self.tenants + mix(request + 1) % TENANTS;
        put_bytes(sample, 3, &fields(&[(1, endpoint), (2, path)]));
        put_bytes(sample, 3, &fields(&[(1, tenant), (2, owner)]));
        if request.is_multiple_of(TRACED) {
            let id = self.requests + request / TRACED;
            let size = 1024 << (mix(request + 2) % 10);
            put_bytes(sample, 3, &fields(&[(1, request_id), (2, id)]));
            put_bytes(sample, 3, &fields(&[(1, bytes), (3, size)]));
        }
    }
}

fn request_id(n: u64) -> String {
    format!("{:016x}", mix(n))
}

/// The string table; rows are only ever added.
struct Strings {
    rows: Vec<String>,
}

impl Strings {
    fn new() -> Self {
        Self {
            rows: vec![String::new()],
        }
    }

    fn add(&mut self, text: String) -> u64 {
        // Few texts repeat, and those are near the end: a whole index would only cost.
        let recent = self.rows.len().saturating_sub(16);
        if let Some(at) = self.rows[recent..].iter().position(|row| *row == text) {
            return (recent + at) as u64;
        }
        self.rows.push(text);
        self.rows.len() as u64 - 1
    }

    /// Adds `count` texts in a row and returns the index of the first.
    fn add_all(&mut self, count: u64, text: impl Fn(u64) -> String) -> u64 {
        let first = self.rows.len() as u64;
        self.rows.extend((0..count).map(text));
        first
    }
}

fn value_type(strings: &mut Strings, kind: &str, unit: &str) -> Vec<u8> {
    let kind = strings.add(kind.to_owned());
    let unit = strings.add(unit.to_owned());
    fields(&[(1, kind), (2, unit)])
}

/// Varint fields, one after the other.
fn fields(rows: &[(u64, u64)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in rows {
        put_varint(&mut body, field << 3);
        put_varint(&mut body, *value);
    }
    body
}

fn message(field: u64, body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len() + 6);
    put_bytes(&mut whole, field, body);
    whole
}

fn put_bytes(out: &mut Vec<u8>, field: u64, body: &[u8]) {
    put_varint(out, field << 3 | 2);
    put_varint(out, body.len() as u64);
    out.extend_from_slice(body);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Kinds of goroutines: how many of 64 there are, what they wait for, how deep they are.
const KINDS: [(u64, &str, u64); 8] = [
    (20, "chan send", 5),
    (14, "select", 5),
    (10, "IO wait", 8),
    (8, "sync.Mutex.Lock", 7),
    (6, "semacquire", 5),
    (3, "chan receive", 4),
    (2, "sleep", 4),
    (1, "runnable", 8),
];

/// A goroutine dump, one goroutine after the other until it has so many bytes.
fn write_goroutines(bytes: usize, out: &mut impl Write) -> io::Result<()> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut left = bytes;
    let mut text = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d\n".to_owned();
    for id in 18.. {
        let written = text.len().min(left);
        out.write_all(&text.as_bytes()[..written])?;
        left -= written;
        if left == 0 {
            break;
        }
        text = goroutine(id, &mut random);
    }
    Ok(())
}

fn goroutine(id: u64, random: &mut Random) -> String {
    let mut at = random.below(64);
    let is_kind = |(share, ..): &&(u64, &str, u64)| match at.checked_sub(*share) {
        None => true,
        Some(rest) => {
            at = rest;
            false
        }
    };
    let (share, state, depth) = KINDS.iter().find(is_kind).unwrap_or(&KINDS[0]);
    let minutes = match random.below(3) {
        0 => String::new(),
        _ => format!(", {} minutes", random.below(400) + 1),
    };
    let mut text = format!("\ngoroutine {id} [{state}{minutes}]:\n");
    // Each kind stands in a few places of the code.
    let place = share * 16 + random.below(12);
    for frame in 0..*depth {
        let function = (place * 8 + frame) % 1009;
        let package = function / 40;
        text += &format!(
            "example.com/server/pkg{package}.(*Type{}).Method{function}({:#x}, {{{:#x}, {:#x}}})\n\
             \t/app/pkg{package}/file{}.go:{} +{:#x}\n",
            function % 7,
            0xc0_0000_0000 + random.below(1 << 30) * 8,
            random.below(1 << 20),
            random.below(64),
            function / 10,
            10 + function % 300,
            16 + function % 2000,
        );
    }
    let creator = place % 40;
    text + &format!(
        "created by example.com/server/pkg{creator}.(*Pool).Start in goroutine 1\n\
         \t/app/pkg{creator}/pool.go:{} +0x8c\n",
        30 + creator
    )
}

/// SplitMix64: enough for walks, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
