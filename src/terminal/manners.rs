//! A guest in a pod lets its host go first: podprof makes itself nicer there, unless told otherwise.
//!
//! Niceness only counts where processors are short, and then the service that is to be saved needs them more.

use std::fs;

/// How nice podprof is in a pod, unasked.
const IN_A_POD: i64 = 10;
/// The nicest there is.
const NICEST: i64 = 19;

/// Steps back by what `-nice` says; in a pod also unasked. What the system refuses is not insisted on.
pub(crate) fn step_back(asked: Option<i64>) {
    let nice = asked.unwrap_or_else(|| if is_in_a_pod() { IN_A_POD } else { 0 });
    if nice > 0 {
        // There is nothing to do about it, and nothing depends on it.
        let _ = rustix::process::nice(nice.min(NICEST) as i32);
    }
}

/// Kubernetes tells its containers where it is; the name of their control group tells too, where it is to be seen.
fn is_in_a_pod() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
        || fs::read("/proc/self/cgroup").is_ok_and(|groups| names_pods(&groups))
}

fn names_pods(groups: &[u8]) -> bool {
    groups.windows(8).any(|name| name == b"kubepods")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_known_by_their_control_group() {
        let first = b"3:cpu,cpuacct:/kubepods/burstable/pod7/abc\n1:name=systemd:/\n";
        let second = b"0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-1.scope\n";
        assert!(names_pods(first) && names_pods(second));
        assert!(!names_pods(b"0::/user.slice/session-2.scope\n"));
    }
}
