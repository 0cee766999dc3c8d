//! The `# runtime.MemStats` below the rows of a heap in text form (formats.md, 3).
//!
//! It is an extra: what cannot be read counts as not told, and of what stands there twice the first counts.

use super::number::{decimal, digits};
use crate::go::fmt::parse_float;
use crate::go::num::truncate;
use crate::model::MemStats;

/// So many pauses are kept by the runtime, the newest overwrites the oldest.
const PAUSES: usize = 256;

/// Reads line by line.
#[derive(Default)]
pub(super) struct Reader {
    stats: Option<Box<MemStats>>,
    pauses: Vec<i64>,
    ends: Vec<i64>,
}

impl Reader {
    /// Takes in a comment line of the profile.
    pub(super) fn line(&mut self, line: &[u8]) {
        let Some(stats) = &mut self.stats else {
            if line == b"# runtime.MemStats" {
                self.stats = Some(Box::default());
            }
            return;
        };
        let Some((key, value)) = parted(line) else {
            return;
        };
        let slot = match key {
            b"TotalAlloc" => &mut stats.total_alloc,
            b"Sys" => &mut stats.sys,
            b"HeapAlloc" => &mut stats.heap_alloc,
            b"HeapSys" => &mut stats.heap_sys,
            b"HeapIdle" => &mut stats.heap_idle,
            b"HeapInuse" => &mut stats.heap_inuse,
            b"HeapReleased" => &mut stats.heap_released,
            b"Stack" => &mut stats.stack,
            b"NextGC" => &mut stats.next_gc,
            b"NumGC" => &mut stats.collections,
            b"MaxRSS" => &mut stats.max_rss,
            b"GCCPUFraction" => &mut stats.gc_cpu,
            b"PauseNs" | b"PauseEnd" => {
                let ring = match key {
                    b"PauseNs" => &mut self.pauses,
                    _ => &mut self.ends,
                };
                if ring.is_empty() {
                    *ring = numbers(value);
                }
                return;
            }
            _ => return,
        };
        let read = match key {
            b"GCCPUFraction" => millionths,
            // `in use / obtained`.
            b"Stack" => |value: &[u8]| {
                let obtained = value.rsplit(|byte| *byte == b'/').next()?;
                whole(obtained.trim_ascii())
            },
            _ => whole,
        };
        *slot = slot.or_else(|| read(value));
    }

    /// What was told, with what the profile says is live.
    pub(super) fn finish(self, live: i64) -> Option<Box<MemStats>> {
        let mut stats = self.stats?;
        stats.live = live;
        let count = stats
            .collections
            .and_then(|count| usize::try_from(count).ok());
        let count = count.unwrap_or(0);
        let at = |back: usize| Some(count.checked_sub(back)? % PAUSES);
        stats.last_pause = at(1).and_then(|at| self.pauses.get(at).copied());
        let ends = (1..=count.min(PAUSES)).rev().filter_map(at);
        stats.collected = ends.filter_map(|at| self.ends.get(at).copied()).collect();
        Some(stats)
    }
}

/// Key and value of `# Key = Value`.
fn parted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = line.strip_prefix(b"# ")?;
    let end = text.windows(3).position(|window| window == b" = ")?;
    let (key, rest) = text.split_at_checked(end)?;
    Some((key, rest.get(3..)?))
}

/// Digits and nothing else; above all that fits it is the most that does, as GOGC=off is a huge number.
fn whole(value: &[u8]) -> Option<i64> {
    let (value, rest) = digits(value)?;
    let fits = value.len() <= "18446744073709551615".len();
    (rest.is_empty() && fits).then(|| decimal(value).unwrap_or(i64::MAX))
}

fn millionths(value: &[u8]) -> Option<i64> {
    let share = parse_float(value).ok()?;
    (0.0..=1.0).contains(&share).then(|| truncate(share * 1e6))
}

/// The numbers of `[1 2 3]`, as many as Go has.
fn numbers(value: &[u8]) -> Vec<i64> {
    let value = value.strip_prefix(b"[").unwrap_or_default();
    let value = value.strip_suffix(b"]").unwrap_or_default();
    let numbers = value.split(|byte| *byte == b' ').take(PAUSES);
    numbers.map_while(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::decoded;
    use super::*;

    fn read(lines: &str) -> Option<Box<MemStats>> {
        let text = format!(
            "heap profile: 1: 10 [1: 10] @ heap/2\n1: 10 [1: 10] @ 0x1\n#\t0x1\tmain.f+0x1\t/f.go:1\n\n{lines}"
        );
        decoded(text.as_bytes()).unwrap().header.mem_stats
    }

    fn told(lines: &str) -> MemStats {
        *read(&format!("\n# runtime.MemStats\n{lines}")).unwrap()
    }

    #[test]
    fn counters_are_read_by_their_names_and_others_passed_over() {
        let stats = told(
            "# Alloc = 1\n# TotalAlloc = 16\n# Sys = 2\n# HeapAlloc = 3\n# HeapSys = 4\n# HeapIdle = 5\n# HeapInuse = 6\n\
             # HeapReleased = 7\n# Stack = 8 / 9\n# NextGC = 10\n# PauseNs = [11 12 0]\n# PauseEnd = [14 15 0]\n# NumGC = 2\n\
             # GCCPUFraction = 2.5e-02\n# MaxRSS = 13\n",
        );
        let want = MemStats {
            live: 10,
            total_alloc: Some(16),
            sys: Some(2),
            heap_alloc: Some(3),
            heap_sys: Some(4),
            heap_idle: Some(5),
            heap_inuse: Some(6),
            heap_released: Some(7),
            stack: Some(9),
            next_gc: Some(10),
            collections: Some(2),
            collected: vec![14, 15],
            last_pause: Some(12),
            gc_cpu: Some(25_000),
            max_rss: Some(13),
        };
        assert_eq!(stats, want);
    }

    #[test]
    fn without_the_title_there_is_none_and_with_it_alone_nothing_is_told() {
        assert_eq!(read("# Sys = 2\n"), None);
        let live = MemStats {
            live: 10,
            ..MemStats::default()
        };
        assert_eq!(told(""), live);
        assert_eq!(
            told("# Sys\n# Sys=2\n#Sys = 2\n# = 3\n# PauseNs = [\n"),
            live
        );
    }

    #[test]
    fn what_is_no_number_is_not_told_and_what_is_too_big_is_the_most_there_is() {
        for (value, want) in [
            ("", None),
            ("-1", None),
            ("12kB", None),
            ("0x10", None),
            ("184467440737095516150", None),
            ("18446744073709551615", Some(i64::MAX)),
        ] {
            assert_eq!(told(&format!("# Sys = {value}\n")).sys, want, "{value}");
        }
        for share in ["NaN", "+Inf", "-0.5", "1.5", "x"] {
            assert_eq!(told(&format!("# GCCPUFraction = {share}\n")).gc_cpu, None);
        }
        assert_eq!(told("# Sys = x\n# Sys = 4\n# Sys = 5\n").sys, Some(4));
    }

    #[test]
    fn the_last_pause_is_found_in_the_ring_and_the_ends_in_their_order() {
        let ring: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let ring = ring.join(" ");
        for (collections, want) in [(0, None), (1, Some(0)), (256, Some(255)), (258, Some(1))] {
            let lines =
                format!("# PauseNs = [{ring}]\n# PauseEnd = [{ring}]\n# NumGC = {collections}\n");
            let stats = told(&lines);
            assert_eq!(stats.last_pause, want, "{collections}");
            assert_eq!(stats.collected.last().copied(), want);
            let first = want.map(|_| {
                if collections > 256 {
                    collections - 256
                } else {
                    0
                }
            });
            assert_eq!(stats.collected.first().copied(), first);
        }
        assert_eq!(told("# PauseNs = [7 8\n# NumGC = 1\n").last_pause, None);
        assert_eq!(told("# PauseNs = [7 x 9]\n# NumGC = 3\n").last_pause, None);
        assert_eq!(told("# NumGC = 1\n").last_pause, None);
    }
}
