//! What a process takes of memory and processors, and what its container may take at most.
//!
//! Both generations of control groups are read. A process of another container has its limits out of our
//! sight: its path leads above what is mounted here, and then no limit is told rather than ours.

use std::fs;
use std::path::{Path, PathBuf};

use crate::go::fmt::parse_float;

/// The kernel's ticks a second, in /proc, on every architecture.
const TICKS: u64 = 100;
/// Version 1 writes a number close to this where there is no limit.
const UNLIMITED: u64 = 1 << 60;

/// What a process takes, each number where the system shows it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Bytes of memory that are its own right now.
    pub(crate) resident: Option<u64>,
    /// The part of them that is no file's.
    pub(crate) anonymous: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// Open file descriptors, and how many there may be.
    pub(crate) files: Option<u64>,
    pub(crate) files_limit: Option<u64>,
    /// Bytes that its container may take.
    pub(crate) memory_limit: Option<u64>,
    /// Processor time since its start, and how long ago that was, in milliseconds.
    pub(crate) cpu: Option<(u64, u64)>,
    /// Thousandths of a processor that its container may take.
    pub(crate) cpu_limit: Option<u64>,
    /// How often the container had to wait for its share, out of how many chances.
    pub(crate) throttled: Option<(u64, u64)>,
}

/// What is left of memory where it is tightest: in a control group, or on the whole machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) limit: u64,
    /// What is not taken, and what the kernel would give back at once.
    pub(crate) free: u64,
}

/// How much memory is left for this process; `proc` and `sys` are where the kernel's files are.
pub(crate) fn room(proc: &Path, sys: &Path) -> Option<Room> {
    let group = Group::of(
        &read(proc.join("self/cgroup")),
        "memory",
        &sys.join("fs/cgroup"),
    );
    let [limit, used, cache] = match group.unified {
        true => ["memory.max", "memory.current", "inactive_file "],
        false => [
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file ",
        ],
    };
    let of_group = |folder: &PathBuf| {
        let limit = number(&read(folder.join(limit)))?;
        let cache = figure(&read(folder.join("memory.stat")), cache).unwrap_or(0);
        let used = number(&read(folder.join(used)))?.saturating_sub(cache);
        let free = limit.saturating_sub(used);
        Some(Room { limit, free })
    };
    let machine = read(proc.join("meminfo"));
    let of_machine = |name| figure(&machine, name)?.checked_mul(1024);
    let machine = of_machine("MemTotal:").zip(of_machine("MemAvailable:"));
    let machine = machine.map(|(limit, free)| Room { limit, free });
    let groups = group.folders.iter().filter_map(of_group);
    groups.chain(machine).min_by_key(|room| room.free)
}

/// What the process takes; `proc` and `sys` are where the kernel's files are.
pub(crate) fn usage(proc: &Path, sys: &Path, pid: u32) -> Usage {
    let folder = proc.join(pid.to_string());
    let groups = read(folder.join("cgroup"));
    let group = |controller: &str| Group::of(&groups, controller, &sys.join("fs/cgroup"));
    let (memory, cpu) = (group("memory"), group("cpu"));
    let status = read(folder.join("status"));
    let kilobytes = |name: &str| figure(&status, name)?.checked_mul(1024);
    Usage {
        resident: kilobytes("VmRSS:"),
        anonymous: kilobytes("RssAnon:"),
        threads: figure(&status, "Threads:"),
        files: fs::read_dir(folder.join("fd"))
            .ok()
            .map(|files| files.count() as u64),
        files_limit: figure(&read(folder.join("limits")), "Max open files"),
        memory_limit: memory.least("memory.max", "memory.limit_in_bytes", number),
        cpu: cpu_time(&read(folder.join("stat")), &read(proc.join("uptime"))),
        cpu_limit: cpu.least("cpu.max", "cpu.cfs_quota_us", quota),
        throttled: cpu.throttled(),
    }
}

pub(super) fn read(file: PathBuf) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The first number of the line that begins so.
pub(super) fn figure(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Time on a processor and time since the start.
fn cpu_time(stat: &str, uptime: &str) -> Option<(u64, u64)> {
    // The name of the program comes first and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let used = field(14)?.checked_add(field(15)?)?;
    let up = parse_float(uptime.split_whitespace().next()?.as_bytes()).ok()?;
    let started = field(22)?.checked_mul(1000)? / TICKS;
    let lived = ((up * 1000.0) as u64).checked_sub(started)?;
    Some((used.checked_mul(1000)? / TICKS, lived))
}

pub(super) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.split_whitespace().next()?.parse().ok()?;
    (number < UNLIMITED).then_some(number)
}

/// `200000 100000` is two processors; `max 100000` and `-1` are no limit.
pub(super) fn quota(text: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    let quota: u64 = words.next()?.parse().ok()?;
    let period: u64 = words.next()?.parse().ok().filter(|period| *period > 0)?;
    Some(quota.checked_mul(1000)? / period)
}

/// The folders of one control group, from its own up to what is mounted.
pub(super) struct Group {
    folders: Vec<PathBuf>,
    unified: bool,
}

impl Group {
    /// The group of a controller: a line `4:memory:/path` of version 1, or `0::/path` of version 2.
    pub(super) fn of(lines: &str, controller: &str, mounted: &Path) -> Group {
        let path = |wanted: &dyn Fn(&str) -> bool| {
            lines.lines().find_map(|line| {
                let mut parts = line.splitn(3, ':').skip(1);
                let (controllers, path) = (parts.next()?, parts.next()?);
                wanted(controllers).then(|| path.to_string())
            })
        };
        let own = path(&|controllers| controllers.split(',').any(|name| name == controller));
        let (root, path, unified) = match own {
            Some(path) => (mounted.join(controller), Some(path), false),
            None => (mounted.to_path_buf(), path(&str::is_empty), true),
        };
        let Some(path) = path.filter(|path| !path.split('/').any(|part| part == "..")) else {
            return Group {
                folders: Vec::new(),
                unified,
            };
        };
        let own = root.join(path.trim_start_matches('/'));
        let up = own
            .ancestors()
            .take_while(|folder| folder.starts_with(&root));
        Group {
            folders: up.map(Path::to_path_buf).collect(),
            unified,
        }
    }

    /// The tightest limit on the way up.
    fn least(&self, second: &str, first: &str, limit: fn(&str) -> Option<u64>) -> Option<u64> {
        self.each(second, first, limit).into_iter().flatten().min()
    }

    /// What a file of either version says in each folder, from its own up.
    pub(super) fn each(
        &self,
        second: &str,
        first: &str,
        figure: fn(&str) -> Option<u64>,
    ) -> Vec<Option<u64>> {
        let text = |folder: &PathBuf| match (self.unified, first) {
            (true, _) => read(folder.join(second)),
            (false, "cpu.cfs_quota_us") => {
                read(folder.join(first)) + " " + &read(folder.join("cpu.cfs_period_us"))
            }
            (false, _) => read(folder.join(first)),
        };
        let texts = self.folders.iter().map(text);
        texts.map(|text| figure(&text)).collect()
    }

    fn throttled(&self) -> Option<(u64, u64)> {
        let stat = read(self.folders.first()?.join("cpu.stat"));
        Some((
            figure(&stat, "nr_throttled ")?,
            figure(&stat, "nr_periods ")?,
        ))
    }
}

/// A folder with the kernel's files of a machine; the last of a name counts.
#[cfg(test)]
pub(super) fn machine(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = format!("podprof-cgroup-{test}-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("written");
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage_in(folder: &Path) -> Usage {
        let usage = usage(&folder.join("proc"), &folder.join("sys"), 7);
        fs::remove_dir_all(folder).expect("removed");
        usage
    }

    const STAT: &str = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1000 1 2";

    #[test]
    fn the_second_version_has_the_tightest_limit_on_the_way_up() {
        let folder = machine(
            "two",
            &[
                (
                    "proc/7/status",
                    "Name:\tapi\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nThreads:\t9\n",
                ),
                ("proc/7/fd/3", ""),
                (
                    "proc/7/limits",
                    "Max open files            1024                 4096                 files\n",
                ),
                ("proc/7/stat", STAT),
                ("proc/uptime", "70.50 100.00\n"),
                ("proc/7/cgroup", "0::/pod/api\n"),
                ("sys/fs/cgroup/memory.max", "max\n"),
                ("sys/fs/cgroup/pod/memory.max", "4194304\n"),
                ("sys/fs/cgroup/pod/api/memory.max", "8388608\n"),
                ("sys/fs/cgroup/pod/api/cpu.max", "150000 100000\n"),
                ("sys/fs/cgroup/pod/cpu.max", "max 100000\n"),
                (
                    "sys/fs/cgroup/pod/api/cpu.stat",
                    "nr_periods 40\nnr_throttled 4\n",
                ),
            ],
        );
        let expected = Usage {
            resident: Some(2 << 20),
            memory_limit: Some(4 << 20),
            cpu: Some((3_000, 60_500)),
            cpu_limit: Some(1_500),
            throttled: Some((4, 40)),
            anonymous: Some(1 << 20),
            threads: Some(9),
            files: Some(1),
            files_limit: Some(1024),
        };
        assert_eq!(usage_in(&folder), expected);
    }

    #[test]
    fn the_first_version_has_a_tree_for_each_controller() {
        let folder = machine(
            "one",
            &[
                ("proc/7/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1048576\n"),
                (
                    "sys/fs/cgroup/memory/x/memory.limit_in_bytes",
                    "9223372036854771712\n",
                ),
                ("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "50000\n"),
                ("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ],
        );
        let usage = usage_in(&folder);
        assert_eq!(
            (usage.memory_limit, usage.cpu_limit),
            (Some(1 << 20), Some(500))
        );
    }

    #[test]
    fn the_room_is_that_of_the_tightest_group_without_what_can_be_given_back() {
        for (test, cgroup, [folder, limit, used, cache]) in [
            (
                "room-two",
                "0::/pod/api\n",
                [
                    "sys/fs/cgroup",
                    "memory.max",
                    "memory.current",
                    "inactive_file",
                ],
            ),
            (
                "room-one",
                "4:memory:/pod/api\n0::/\n",
                [
                    "sys/fs/cgroup/memory",
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_inactive_file",
                ],
            ),
        ] {
            let file = |path: &str, name: &str| format!("{folder}{path}/{name}");
            let stat = format!("cache 7\n{cache} 1048576\nrss 9\n");
            let files = [
                ("proc/self/cgroup".to_string(), cgroup),
                (
                    "proc/meminfo".to_string(),
                    "MemTotal: 65536 kB\nMemAvailable: 32768 kB\n",
                ),
                (file("/pod", limit), "16777216\n"),
                (file("/pod", used), "9437184\n"),
                (file("/pod", "memory.stat"), &stat),
                (file("/pod/api", limit), "12582912\n"),
                (file("/pod/api", used), "3145728\n"),
                (file("/pod/api", "memory.stat"), &stat),
                (file("", limit), "9223372036854771712\n"),
            ];
            let files: Vec<_> = files
                .iter()
                .map(|(name, text)| (name.as_str(), *text))
                .collect();
            let folder = machine(test, &files);
            let found = room(&folder.join("proc"), &folder.join("sys"));
            let expected = Room {
                limit: 16 << 20,
                free: 8 << 20,
            };
            assert_eq!(found, Some(expected), "{test}");
            fs::write(folder.join("proc/self/cgroup"), "").expect("written");
            let found = room(&folder.join("proc"), &folder.join("sys"));
            let expected = Room {
                limit: 64 << 20,
                free: 32 << 20,
            };
            assert_eq!(found, Some(expected), "{test}");
            fs::remove_dir_all(folder).expect("removed");
        }
    }

    #[test]
    fn the_limits_of_another_container_are_not_ours() {
        let folder = machine(
            "other",
            &[
                ("proc/7/cgroup", "0::/../other\n"),
                ("sys/fs/cgroup/memory.max", "4194304\n"),
                ("proc/7/stat", "7 (x"),
                ("proc/7/status", "VmRSS:\n"),
            ],
        );
        assert_eq!(usage_in(&folder), Usage::default());
    }
}
