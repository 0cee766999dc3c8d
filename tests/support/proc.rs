//! A /proc of a test's own, so that what else runs on the machine does not matter; the addresses in it are real.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::run::Podprof;
use super::scratch::Scratch;

/// A /proc of this test alone; gone with the value.
pub(crate) struct Proc {
    folder: Scratch,
    tcp: String,
    unix: String,
}

impl Proc {
    pub(crate) fn new() -> Proc {
        let folder = Scratch::new();
        fs::create_dir(folder.path().join("net")).expect("a new folder");
        Proc {
            folder,
            tcp: String::new(),
            unix: String::new(),
        }
    }

    /// The flag that makes podprof look here.
    pub(crate) fn flag(&self) -> String {
        format!("-proc={}", self.folder.path().display())
    }

    /// podprof with these arguments, looking here.
    pub(crate) fn podprof(&self, arguments: &[&str]) -> Podprof {
        Podprof::new([&[self.flag().as_str()], arguments].concat())
    }

    /// The folder of a process.
    pub(crate) fn of(&self, pid: u32) -> PathBuf {
        self.folder.path().join(pid.to_string())
    }

    /// Somebody listens on this port of 127.0.0.1; the number of the socket.
    pub(crate) fn listener(&mut self, port: u16) -> u64 {
        let inode = 1000 + u64::from(port);
        let ip = u32::from_ne_bytes([127, 0, 0, 1]);
        self.tcp.push_str(&format!(
            "0: {ip:08X}:{port:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1\n"
        ));
        fs::write(self.folder.path().join("net/tcp"), &self.tcp).expect("written");
        inode
    }

    /// Somebody listens on a Unix socket of this name; the number of the socket.
    pub(crate) fn socket(&mut self, name: &str) -> u64 {
        let inode = 100_000 + self.unix.len() as u64;
        let row = format!("0: 00000002 00000000 00010000 0001 01 {inode} {name}\n");
        self.unix.push_str(&row);
        fs::write(self.folder.path().join("net/unix"), &self.unix).expect("written");
        inode
    }

    /// A Go program of this name that listens on these ports.
    pub(crate) fn go(&mut self, pid: u32, name: &str, ports: &[u16]) {
        let inodes: Vec<u64> = ports.iter().map(|port| self.listener(*port)).collect();
        let program = self.folder.path().join(name);
        fs::write(&program, program_of_go()).expect("written");
        fs::create_dir_all(self.of(pid).join("fd")).expect("a folder");
        symlink(program, self.of(pid).join("exe")).expect("a link");
        for inode in inodes {
            self.holds(pid, inode);
        }
    }

    /// The process has this socket open.
    pub(crate) fn holds(&self, pid: u32, inode: u64) {
        let file = self.of(pid).join("fd").join(inode.to_string());
        symlink(Path::new(&format!("socket:[{inode}]")), file).expect("a link");
    }
}

/// An ELF file whose writable data begins with Go's header.
fn program_of_go() -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(64, 0);
    let mut segment = vec![0; 56];
    (segment[0], segment[4]) = (1, 6);
    (segment[8], segment[32]) = (120, 100);
    file.extend(segment);
    file.extend(b"\xff Go buildinf:\x08\x02");
    file.extend([0; 16]);
    file.extend(b"\x08go1.27.1");
    (file[32], file[54], file[56]) = (64, 56, 1);
    file
}
