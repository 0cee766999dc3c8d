//! `memstats`: where the memory of the process is, from the counters below a heap in text form.
//!
//! The parts add up to what is held from the OS. What cannot be told has no row; what is noticeable gets
//! one sentence, the most telling one.

use super::Input;
use super::json::{Writer, open};
use super::sink::{Role, Sink, put};
use crate::error::{Error, Result};
use crate::measure;
use crate::model::MemStats;

/// From this on the target of the collector is no size but says that it is off.
const NEVER: i64 = 1 << 60;

/// Less than so many bytes is not worth a sentence.
const MUCH: i64 = 64 << 20;

/// One line of the account.
struct Row {
    name: &'static str,
    value: i64,
    unit: &'static str,
    /// The fields it came from.
    from: &'static str,
}

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let stats = stats(input)?;
    for row in rows(stats) {
        let value = match row.unit {
            "millionths" => measure::percentage(row.value, 1_000_000).into_bytes(),
            _ if row.from == "NextGC" && row.value >= NEVER => b"off".to_vec(),
            unit => measure::label(row.value, unit.as_bytes()),
        };
        let value = String::from_utf8_lossy(&value);
        put(out, Role::Number, format!("{value:>10}").as_bytes())?;
        writeln!(out, "  {:<27}{}", row.name, row.from)?;
    }
    if let Some(sentence) = noticeable(stats) {
        writeln!(out, "{sentence}")?;
    }
    Ok(())
}

/// Writes the JSON object without its last newline.
pub(super) fn write_json(input: &Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let stats = stats(input)?;
    open(input, "memstats", json)?;
    json.list("parts", rows(stats), |json, row| {
        json.named("name", row.name.as_bytes())?;
        json.number("value", row.value)?;
        json.named("unit", row.unit.as_bytes())?;
        json.named("from", row.from.as_bytes())
    })?;
    json.named("note", noticeable(stats).unwrap_or_default().as_bytes())?;
    Ok(json.close(b"}")?)
}

fn stats<'a>(input: &Input<'a>) -> Result<&'a MemStats> {
    let stats = input.view.profile.header.mem_stats.as_deref();
    stats.ok_or_else(|| {
        let text = "memstats: this profile has no runtime.MemStats: only the text form of heap and allocs has them,\n\
            the binary form and several profiles merged do not: curl 'http://HOST:PORT/debug/pprof/heap?debug=1' > heap.txt";
        Error::report(text)
    })
}

/// What is known, in the order in which it is printed.
fn rows(stats: &MemStats) -> Vec<Row> {
    let row = |name, value: Option<i64>, unit, from| {
        value.map(|value| Row {
            name,
            value,
            unit,
            from,
        })
    };
    let bytes = |name, value, from| row(name, value, "bytes", from);
    let live = Some(stats.live);
    let rows = [
        bytes("live heap", live, "inuse_space, sampled; as of the last GC"),
        bytes(
            "garbage not yet collected",
            less(stats.heap_alloc, live),
            "HeapAlloc - inuse_space; new objects too",
        ),
        bytes(
            "free room in pages in use",
            less(stats.heap_inuse, stats.heap_alloc),
            "HeapInuse - HeapAlloc",
        ),
        bytes("idle, kept", kept(stats), "HeapIdle - HeapReleased"),
        bytes("stacks", stats.stack, "Stack (StackSys)"),
        bytes("the runtime's own", own(stats), "Sys - HeapSys - StackSys"),
        bytes(
            "held from the OS",
            held(stats),
            "Sys - HeapReleased; not all touched",
        ),
        bytes("returned to the OS", stats.heap_released, "HeapReleased"),
        bytes(
            "highest RSS",
            stats.max_rss,
            "MaxRSS; what is outside Go too",
        ),
        bytes("next GC", stats.next_gc, "NextGC"),
        row(
            "GC share of CPU",
            stats.gc_cpu,
            "millionths",
            "GCCPUFraction",
        ),
        row(
            "last GC pause",
            stats.last_pause,
            "nanoseconds",
            "PauseNs, NumGC",
        ),
    ];
    rows.into_iter().flatten().collect()
}

/// What a number is more than another, nothing where it is less: they are not of one instant.
fn less(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    Some(a?.saturating_sub(b?).max(0))
}

fn kept(stats: &MemStats) -> Option<i64> {
    less(stats.heap_idle, stats.heap_released)
}

fn own(stats: &MemStats) -> Option<i64> {
    less(less(stats.sys, stats.heap_sys), stats.stack)
}

fn held(stats: &MemStats) -> Option<i64> {
    less(stats.sys, stats.heap_released)
}

/// The one thing to be said.
fn noticeable(stats: &MemStats) -> Option<&'static str> {
    let much = |part: Option<i64>, share: i64| {
        let (part, held) = part.zip(held(stats))?;
        (part >= MUCH && part >= held / share).then_some(())
    };
    let is = |found: Option<()>, sentence| found.map(|()| sentence);
    let outside = less(stats.max_rss, stats.sys);
    let off = stats.next_gc.filter(|next| *next >= NEVER).map(|_| ());
    let busy = stats.gc_cpu.filter(|share| *share >= 100_000).map(|_| ());
    is(
        much(outside, 4),
        "RSS was far above Sys: memory outside Go (cgo, mmap); no heap profile has it.",
    )
    .or_else(|| {
        is(
            off,
            "The collector is off (GOGC=off): garbage stays until a memory limit is near.",
        )
    })
    .or_else(|| {
        is(
            much(kept(stats), 2),
            "Most of what is held is idle and could go back: debug.FreeOSMemory, GOMEMLIMIT.",
        )
    })
    .or_else(|| {
        is(
            much(less(stats.heap_inuse, stats.heap_alloc), 3),
            "Much is free room between objects: small ones keep pages from being returned.",
        )
    })
    .or_else(|| {
        is(
            much(stats.stack, 3),
            "Stacks take much: many goroutines, or deep calls.",
        )
    })
    .or_else(|| {
        is(
            busy,
            "Collecting takes much CPU: allocate less, or raise GOGC or GOMEMLIMIT.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Report, test};
    use super::*;
    use crate::model::fixture::typed;
    use crate::view::Base;

    const MB: i64 = 1 << 20;

    fn process() -> MemStats {
        MemStats {
            live: 30 * MB,
            total_alloc: Some(900 * MB),
            sys: Some(100 * MB),
            heap_alloc: Some(50 * MB),
            heap_sys: Some(90 * MB),
            heap_idle: Some(35 * MB),
            heap_inuse: Some(55 * MB),
            heap_released: Some(5 * MB),
            stack: Some(3 * MB),
            next_gc: Some(60 * MB),
            collections: Some(9),
            collected: Vec::new(),
            last_pause: Some(27_500),
            gc_cpu: Some(12_300),
            max_rss: Some(110 * MB),
        }
    }

    fn printed(stats: MemStats) -> String {
        let mut profile = typed(&[("inuse_space", "bytes")], "main 1");
        profile.header.mem_stats = Some(Box::new(stats));
        let base = Base::plain(profile);
        test::printed_with(&base, Report::MemStats, &test::options(&base))
    }

    #[test]
    fn the_parts_are_named_with_their_fields_and_add_up_to_what_is_held() {
        let want = "      30MB  live heap                  inuse_space, sampled; as of the last GC
      20MB  garbage not yet collected  HeapAlloc - inuse_space; new objects too
       5MB  free room in pages in use  HeapInuse - HeapAlloc
      30MB  idle, kept                 HeapIdle - HeapReleased
       3MB  stacks                     Stack (StackSys)
       7MB  the runtime's own          Sys - HeapSys - StackSys
      95MB  held from the OS           Sys - HeapReleased; not all touched
       5MB  returned to the OS         HeapReleased
     110MB  highest RSS                MaxRSS; what is outside Go too
      60MB  next GC                    NextGC
     1.23%  GC share of CPU            GCCPUFraction
   27.50us  last GC pause              PauseNs, NumGC
";
        assert_eq!(printed(process()), want);
    }

    #[test]
    fn every_line_fits_and_what_is_not_told_has_none() {
        let most = i64::MAX;
        let all = Some(most);
        let hostile = MemStats {
            live: most,
            total_alloc: all,
            sys: all,
            heap_alloc: all,
            heap_sys: Some(0),
            heap_idle: all,
            heap_inuse: all,
            heap_released: Some(0),
            stack: all,
            next_gc: all,
            collections: all,
            collected: vec![most],
            last_pause: all,
            gc_cpu: Some(1_000_000),
            max_rss: all,
        };
        for stats in [hostile, process(), MemStats::default()] {
            let text = printed(stats);
            assert!(text.lines().count() <= 14, "{text}");
            assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        }
        assert_eq!(printed(MemStats::default()).lines().count(), 1);
        let negative = MemStats {
            live: i64::MIN,
            heap_alloc: Some(1),
            ..MemStats::default()
        };
        assert_eq!(printed(negative).lines().count(), 2);
    }

    #[test]
    fn the_most_telling_thing_gets_a_sentence() {
        assert_eq!(noticeable(&process()), None);
        let says = |change: fn(&mut MemStats), start: &str| {
            let mut stats = process();
            change(&mut stats);
            let sentence = noticeable(&stats).unwrap();
            assert!(sentence.starts_with(start), "{sentence}");
            assert!(sentence.len() <= 80, "{sentence}");
        };
        says(|s| s.max_rss = Some(170 * MB), "RSS was far above Sys");
        says(|s| s.next_gc = Some(i64::MAX - 9), "The collector is off");
        says(
            |s| s.heap_idle = Some(75 * MB),
            "Most of what is held is idle",
        );
        says(|s| s.heap_inuse = Some(120 * MB), "Much is free room");
        says(|s| s.stack = Some(70 * MB), "Stacks take much");
        says(|s| s.gc_cpu = Some(100_000), "Collecting takes much CPU");
        says(
            |s| (s.max_rss, s.gc_cpu) = (Some(170 * MB), Some(500_000)),
            "RSS was",
        );
    }
}
