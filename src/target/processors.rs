//! Whether a processor is idle that this process may use: only then is a second thread quicker, and only then does it
//! take nothing from the service.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::cgroup::{Group, figure, number, quota, read};

/// How often who runs is looked at, and how long between: whatever starts podprof runs a moment beside it.
const GLANCES: u32 = 4;
const MOMENT: Duration = Duration::from_millis(2);
/// How long the use of a limited share is watched.
const LOOK: Duration = Duration::from_millis(20);
/// What two threads take, in thousandths of a processor.
const TWO: u64 = 2_000;

/// Whether one is idle now; `proc` and `sys` are where the kernel's files are. Where the share of processors is limited,
/// looks at its use for 20 ms.
pub(crate) fn one_is_idle(proc: &Path, sys: &Path) -> bool {
    let allowed = allowed(&read(proc.join("self/status"))).unwrap_or(1);
    let is_idle = || running(&read(proc.join("loadavg"))).is_some_and(|running| running < allowed);
    allowed > 1 && (0..GLANCES).any(|_| is_idle() || pause()) && share_has_room(proc, sys)
}

/// Waits a moment; false, as nothing was seen.
fn pause() -> bool {
    thread::sleep(MOMENT);
    false
}

/// How many threads run on the machine now, this one among them.
fn running(loads: &str) -> Option<u64> {
    let running = loads.split_whitespace().nth(3)?;
    running.split('/').next()?.parse().ok()
}

/// How many processors this process may use.
fn allowed(status: &str) -> Option<u64> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let ranges = list.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        last.checked_sub(first)?.checked_add(1)
    });
    ranges.sum()
}

/// Whether what the control groups allow has room for two threads, beside what is taken of it.
fn share_has_room(proc: &Path, sys: &Path) -> bool {
    let groups = read(proc.join("self/cgroup"));
    let group = |controller: &str| Group::of(&groups, controller, &sys.join("fs/cgroup"));
    let limits = group("cpu").each("cpu.max", "cpu.cfs_quota_us", quota);
    if limits.iter().all(Option::is_none) {
        return true;
    }
    if limits.iter().flatten().any(|limit| *limit < TWO) {
        return false;
    }
    let used = || group("cpuacct").each("cpu.stat", "cpuacct.usage", microseconds);
    let before = used();
    thread::sleep(LOOK);
    let used = before.into_iter().zip(used());
    let used = used.map(|(before, after)| {
        Some(after?.saturating_sub(before?) * 1_000 / LOOK.as_micros() as u64)
    });
    let mut limits = limits.into_iter().zip(used);
    limits
        .all(|(limit, used)| limit.is_none_or(|limit| used.is_some_and(|used| used + TWO <= limit)))
}

/// The processor time that a group has taken, as either version tells it.
fn microseconds(text: &str) -> Option<u64> {
    figure(text, "usage_usec ").or_else(|| Some(number(text)? / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::cgroup::machine;

    fn is_idle(test: &str, files: &[(&str, &str)]) -> bool {
        let status = "Name:\tpodprof\nCpus_allowed:\tf\nCpus_allowed_list:\t0-1,4\n";
        let all = [
            ("proc/self/status", status),
            ("proc/loadavg", "1.00 1.00 1.00 2/345 678\n"),
        ];
        let folder = machine(test, &[&all, files].concat());
        let idle = one_is_idle(&folder.join("proc"), &folder.join("sys"));
        std::fs::remove_dir_all(folder).expect("removed");
        idle
    }

    #[test]
    fn a_processor_is_idle_where_fewer_run_than_may() {
        assert!(is_idle("idle", &[]));
        let busy = [("proc/loadavg", "0.00 0.00 0.00 3/345 678\n")];
        assert!(!is_idle("busy", &busy));
        let one = [("proc/self/status", "Cpus_allowed_list:\t3\n")];
        assert!(!is_idle("one", &one));
        assert!(!is_idle("hidden", &[("proc/loadavg", "")]));
        assert_eq!(allowed("Cpus_allowed_list:\t0-3,8-9,11\n"), Some(7));
        assert_eq!(allowed("Cpus_allowed_list:\tx\n"), None);
    }

    #[test]
    fn a_limited_share_needs_room_for_two_threads() {
        let second = |limit| {
            [
                ("proc/self/cgroup", "0::/pod\n"),
                ("sys/fs/cgroup/pod/cpu.max", limit),
                ("sys/fs/cgroup/pod/cpu.stat", "usage_usec 5000000\n"),
            ]
        };
        assert!(is_idle("share-two", &second("200000 100000\n")));
        assert!(is_idle("share-all", &second("max 100000\n")));
        assert!(!is_idle("share-less", &second("199000 100000\n")));
        let first = |usage| {
            [
                ("proc/self/cgroup", "4:cpu,cpuacct:/pod\n"),
                ("sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us", "300000\n"),
                ("sys/fs/cgroup/cpu/pod/cpu.cfs_period_us", "100000\n"),
                ("sys/fs/cgroup/cpuacct/pod/cpuacct.usage", usage),
            ]
        };
        assert!(is_idle("share-one", &first("7000000000\n")));
        assert!(!is_idle("share-hidden", &first("")));
    }

    #[test]
    fn what_others_take_of_the_share_counts() {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let files = [
            ("proc/self/cgroup", "0::/pod\n"),
            ("sys/fs/cgroup/pod/cpu.max", "300000 100000\n"),
            ("sys/fs/cgroup/pod/cpu.stat", "usage_usec 0\n"),
        ];
        let folder = machine("share-taken", &files);
        let stat = folder.join("sys/fs/cgroup/pod/cpu.stat");
        let has_room = thread::scope(|scope| {
            scope.spawn(|| {
                let mut used = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    used += 1_000_000;
                    let next = stat.with_extension("next");
                    std::fs::write(&next, format!("usage_usec {used}\n")).expect("written");
                    std::fs::rename(&next, &stat).expect("renamed");
                }
            });
            let has_room = share_has_room(&folder.join("proc"), &folder.join("sys"));
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            has_room
        });
        std::fs::remove_dir_all(folder).expect("removed");
        assert!(!has_room);
    }
}
