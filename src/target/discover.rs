//! Which processes of this machine are Go programs, and where they listen.
//!
//! Only /proc is read, and nothing is asked of anybody. A process of another user is closed to us: it
//! is counted, and what it listens on shows among the listeners whose owner is unknown.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::elf;
use super::listen::{self, Address, Listener};

/// Open files of a process that are looked at; what serves was opened early.
const MOST_FILES: usize = 65_536;

/// A running Go program that we may look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// The name of its program, without the folder.
    pub(crate) command: String,
    /// The release of Go, as its program has it.
    pub(crate) go: String,
    /// Where to call it, the loopback first and sockets last: what stands before the path of a URL.
    pub(crate) origins: Vec<String>,
}

/// What there is on this machine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The Go programs, in the order of their pids.
    pub(crate) processes: Vec<Process>,
    /// Where somebody listens who is no Go program, or is closed to us.
    pub(crate) others: Vec<Address>,
    /// Processes that have a program, those closed to us among them.
    pub(crate) seen: usize,
    /// Processes whose program we may not read.
    pub(crate) closed: usize,
}

/// Looks through `proc`; `own` is the pid of this process, which does not count.
pub(crate) fn discover(proc: &Path, own: u32) -> Machine {
    let listeners = listen::listeners(proc);
    let mut machine = Machine::default();
    let mut owned = vec![false; listeners.len()];
    for pid in pids(proc).into_iter().filter(|pid| *pid != own) {
        let folder = proc.join(pid.to_string());
        match program(&folder) {
            Program::None => continue,
            Program::Closed => machine.closed += 1,
            Program::Other => {}
            Program::Go { command, version } => {
                let held = held(&folder, &listeners);
                held.iter().for_each(|at| owned[*at] = true);
                machine.processes.push(Process {
                    pid,
                    command,
                    go: version,
                    origins: origins(&folder, &held, &listeners),
                });
            }
        }
        machine.seen += 1;
    }
    let others = listeners.iter().zip(owned).filter(|(_, owned)| !owned);
    machine.others = others
        .map(|(listener, _)| listener.address.clone())
        .collect();
    machine.others.sort();
    machine.others.dedup();
    machine
}

/// All processes, in order.
fn pids(proc: &Path) -> Vec<u32> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids
}

/// What a process runs.
enum Program {
    /// Nothing: it is a thread of the kernel, or gone.
    None,
    Closed,
    Other,
    Go {
        command: String,
        version: String,
    },
}

fn program(folder: &Path) -> Program {
    let link = folder.join("exe");
    let name = match fs::read_link(&link) {
        Ok(name) => name,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Program::Closed,
        Err(_) => return Program::None,
    };
    let version = File::open(&link)
        .ok()
        .and_then(|file| elf::go_version(&file));
    let Some(version) = version else {
        return Program::Other;
    };
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    Program::Go {
        // The kernel says so of a program that was replaced while it ran.
        command: name.trim_end_matches(" (deleted)").to_string(),
        version,
    }
}

/// Which of the listeners are open files of the process.
fn held(folder: &Path, listeners: &[Listener]) -> Vec<usize> {
    let files = fs::read_dir(folder.join("fd"))
        .into_iter()
        .flatten()
        .flatten();
    let inodes = files.take(MOST_FILES).filter_map(|file| {
        let link = fs::read_link(file.path()).ok()?;
        let inode = link.as_os_str().as_bytes().strip_prefix(b"socket:[")?;
        let inode = inode.strip_suffix(b"]")?;
        std::str::from_utf8(inode).ok()?.parse::<u64>().ok()
    });
    let mut inodes: Vec<u64> = inodes.collect();
    inodes.sort_unstable();
    let is_held = |at: &usize| inodes.binary_search(&listeners[*at].inode).is_ok();
    (0..listeners.len()).filter(is_held).collect()
}

/// Where to call a process that holds these listeners.
fn origins(folder: &Path, held: &[usize], listeners: &[Listener]) -> Vec<String> {
    let addresses = held.iter().map(|at| &listeners[*at].address);
    let mut addresses: Vec<Address> = addresses
        .map(|address| match address {
            Address::Unix(name) => Address::Unix(from_here(folder, name)),
            Address::Tcp(_) => address.clone(),
        })
        .collect();
    addresses.sort_by_key(|address| match address {
        Address::Tcp(tcp) => (!tcp.ip().is_loopback(), address.clone()),
        Address::Unix(_) => (true, address.clone()),
    });
    let origins = addresses
        .iter()
        .filter_map(|address| listen::origin(address, listeners));
    let mut origins: Vec<String> = origins.collect();
    origins.dedup();
    origins
}

/// A socket that a process knows by this path, as this process finds it: its root or its folder may be others.
fn from_here(folder: &Path, name: &[u8]) -> Vec<u8> {
    let path = Path::new(OsStr::from_bytes(name));
    let theirs = match path.strip_prefix("/") {
        _ if name.starts_with(b"@") => return name.to_vec(),
        Ok(below) => folder.join("root").join(below),
        Err(_) => folder.join("cwd").join(path),
    };
    let file = |path: &PathBuf| {
        let file = fs::metadata(path).ok()?;
        Some((file.dev(), file.ino()))
    };
    match file(&theirs) {
        Some(there) if file(&path.to_path_buf()) != Some(there) => {
            theirs.into_os_string().into_encoded_bytes()
        }
        _ => name.to_vec(), // the same file, or nothing to be seen of it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::elf::tests::program;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    /// A /proc of this test alone, gone with the value.
    struct Proc(PathBuf);

    impl Proc {
        fn new(test: &str) -> Proc {
            let folder = format!("podprof-proc-{test}-{}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder.join("net")).expect("a new folder");
            Proc(folder)
        }

        fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, bytes).expect("written");
            path
        }

        fn process(&self, pid: u32, program: &Path, inodes: &[u64]) {
            let folder = self.0.join(pid.to_string());
            fs::create_dir_all(folder.join("fd")).expect("a folder");
            symlink(program, folder.join("exe")).expect("a link");
            symlink("/dev/null", folder.join("fd/0")).expect("a link");
            for (at, inode) in inodes.iter().enumerate() {
                let file = folder.join(format!("fd/{}", at + 3));
                symlink(format!("socket:[{inode}]"), file).expect("a link");
            }
        }
    }

    impl Drop for Proc {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn row(address: [u8; 4], port: u16, inode: u64) -> String {
        let word = u32::from_ne_bytes(address);
        format!("0: {word:08X}:{port:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1\n")
    }

    #[test]
    fn go_programs_are_found_with_what_they_listen_on() {
        let proc = Proc::new("found");
        let go = proc.file("bin/api", &program(".go.buildinfo", b"go1.27.1", 2));
        let other = proc.file("bin/redis", b"\x7fELF\x02\x01");
        let table = [
            "  sl  local_address\n".to_string(),
            row([0, 0, 0, 0], 8080, 11),
            row([127, 0, 0, 1], 6060, 12),
            row([10, 0, 0, 7], 5432, 13),
        ];
        proc.file("net/tcp", table.concat().as_bytes());
        let unix = "0: 00000002 00000000 00010000 0001 01 14 /nonexistent/api.sock\n0: 2 0 0 1 1 15 /run/no\n";
        proc.file("net/unix", unix.as_bytes());
        proc.process(10, &go, &[14, 11, 12]);
        proc.process(9, &other, &[13]);
        proc.process(99, &go, &[]);
        fs::create_dir_all(proc.0.join("2")).expect("a thread of the kernel");
        let machine = discover(&proc.0, 99);
        let process = Process {
            pid: 10,
            command: "api".to_string(),
            go: "go1.27.1".to_string(),
            origins: [
                "http://127.0.0.1:6060",
                "http://127.0.0.1:8080",
                "unix:/nonexistent/api.sock:",
            ]
            .map(str::to_string)
            .to_vec(),
        };
        assert_eq!(machine.processes, [process]);
        let stranger = Address::Tcp("10.0.0.7:5432".parse().expect("an address"));
        assert_eq!(machine.others, [stranger]);
        assert_eq!((machine.seen, machine.closed), (2, 0));
    }

    #[test]
    fn a_socket_is_called_where_its_process_has_it() {
        let proc = Proc::new("sockets");
        let go = proc.file("bin/api", &program(".go.buildinfo", b"go1.27.1", 2));
        let rows = [(21, "/run/in.sock"), (22, "@hidden"), (23, "near.sock")];
        let rows = rows.map(|(inode, name)| format!("0: 2 0 00010000 0001 01 {inode} {name}\n"));
        proc.file("net/unix", rows.concat().as_bytes());
        proc.file("7/root/run/in.sock", b"");
        proc.file("work/near.sock", b"");
        let here = proc.file("here.sock", b"");
        symlink(proc.0.join("work"), proc.0.join("7/cwd")).expect("a link");
        proc.process(7, &go, &[21, 22, 23]);
        let machine = discover(&proc.0, 1);
        let folder = proc.0.join("7");
        let expected = [
            format!("unix:{}/cwd/near.sock:", folder.display()),
            format!("unix:{}/root/run/in.sock:", folder.display()),
            "unix:@hidden:".to_string(),
        ];
        let mut found = machine.processes[0].origins.clone();
        found.sort();
        assert_eq!(found, expected);
        // Where both see the same file its own name will do.
        let name = here.as_os_str().as_bytes();
        fs::create_dir(proc.0.join("8")).expect("a folder");
        symlink("/", proc.0.join("8/root")).expect("a link");
        assert_eq!(from_here(&proc.0.join("8"), name), name);
    }

    #[test]
    fn a_program_that_was_replaced_keeps_its_name() {
        let proc = Proc::new("deleted");
        let go = proc.file("bin/api (deleted)", &program(".go.buildinfo", b"go1.26", 2));
        proc.process(7, &go, &[]);
        let machine = discover(&proc.0, 1);
        let names: Vec<_> = machine
            .processes
            .iter()
            .map(|process| &process.command)
            .collect();
        assert_eq!(names, ["api"]);
    }

    #[test]
    fn a_folder_that_is_no_proc_has_nothing_in_it() {
        assert_eq!(discover(Path::new("/nonexistent"), 1), Machine::default());
    }
}
