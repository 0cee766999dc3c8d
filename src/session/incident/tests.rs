//! Incidents as collect writes them, as somebody packs them anew, and as an enemy does.

use super::*;
use crate::archive::gzip::{Gzip, Level};
use std::io::Write;

/// A folder of one test, gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let name = format!("podprof-incident-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a new folder");
        Scratch(folder)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const COUNTS: &[u8] = b"goroutine profile: total 3\n3 @ 0x1 0x2\n";
const OTHER: &[u8] = b"heap profile: 1: 2 [3: 4] @ heap/1048576\n1: 2 [3: 4] @ 0x1 0x2\n";
const LIST: &[u8] =
    b"podprof-collect\t1\nfile\tleft\t0\t-\t0\t0\tgoroutine.debug2.txt.gz\tx\tit costs\n";

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = tar::Writer::new(&mut out, 0);
    for (name, bytes) in files {
        writer.add(name, 0, bytes).expect("written");
    }
    writer.finish().expect("written");
    out
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut gzip = Gzip::new(&mut out, Level::Fast).expect("begun");
    gzip.write_all(bytes).expect("written");
    gzip.finish().expect("written");
    out
}

/// The names of what is open, the one that is shown first, and the remarks.
fn opened(path: &Path) -> std::result::Result<(Vec<String>, Vec<String>), String> {
    let incident = Incident::find(path.as_os_str()).ok_or("no incident")?;
    let read = incident.read(&Limits::default());
    let decoded = read.map_err(|error| error.to_string())?;
    let first = decoded.name.into_iter();
    let others = decoded.others.into_iter().map(|(name, _)| name);
    Ok((first.chain(others).collect(), decoded.remarks))
}

fn names(path: &Path) -> Vec<String> {
    opened(path).expect("an incident").0
}

fn whole() -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("index.html", b"<html>"),
        ("cmdline.txt", b"/bin/app\0-v"),
        ("goroutine.debug1.txt.gz", COUNTS),
        ("heap.pb.gz", OTHER),
        ("goroutine.pb.gz", COUNTS),
        ("threadcreate.debug1.txt.gz", COUNTS),
        (manifest::NAME, LIST),
    ]
}

#[test]
fn every_profile_gets_the_name_of_its_file_and_goroutine_comes_first() {
    let scratch = Scratch::new("names");
    let archive = tar(&whole());
    let expected = ["goroutine", "heap", "threadcreate.debug1"];
    let said = ["goroutine.debug2: it was not taken: it costs"];
    for (name, bytes) in [("a.tgz", packed(&archive)), ("a.tar", archive.clone())] {
        let (names, remarks) = opened(&scratch.file(name, &bytes)).expect("an incident");
        assert_eq!(
            (&names[..], &remarks[..]),
            (&expected.map(String::from)[..], &said.map(String::from)[..])
        );
    }
    for (name, bytes) in whole() {
        scratch.file(&format!("d/{name}"), bytes);
    }
    let (names, remarks) = opened(&scratch.0.join("d")).expect("an incident");
    assert_eq!(names, expected);
    assert_eq!(remarks, said);
}

#[test]
fn one_profile_is_named_behind_a_slash() {
    let scratch = Scratch::new("member");
    let path = scratch.file("a.tgz", &packed(&tar(&whole())));
    for (member, name) in [
        ("heap", "heap"),
        ("heap.pb.gz", "heap"),
        ("goroutine.debug1", "goroutine.debug1"),
    ] {
        let (names, remarks) = opened(&path.join(member)).expect("a profile");
        assert_eq!((names, remarks), (vec![name.to_string()], vec![]));
    }
    let error = opened(&path.join("mutex")).expect_err("none");
    assert!(
        error.ends_with("a.tgz: no profile mutex is in it"),
        "{error}"
    );
    assert!(opened(&scratch.0.join("none/heap")).is_err());
}

#[test]
fn what_is_no_incident_is_left_to_others() {
    let scratch = Scratch::new("others");
    scratch.file("d/heap.pb.gz", OTHER);
    let mut broken = tar(&whole());
    broken[0] ^= 1;
    for path in [
        scratch.file("p.gz", &packed(COUNTS)),
        scratch.file("p", COUNTS),
        scratch.file("empty", b""),
        scratch.file("broken.tar", &broken),
        scratch.file("broken.tgz", &packed(&broken)),
        scratch.file("cut.tgz", &packed(&tar(&whole()))[..70]),
        scratch.0.join("d"),
        PathBuf::from("/dev/zero"),
        PathBuf::from("/nonexistent"),
        PathBuf::from("-"),
    ] {
        assert!(Incident::find(path.as_os_str()).is_none(), "{path:?}");
    }
}

#[test]
fn names_are_cleaned_and_lead_nowhere() {
    let scratch = Scratch::new("hostile");
    let bytes = tar(&[
        ("../../etc/heap.pb.gz", OTHER),
        ("/abs/\x1b]0;x\x07.pb.gz", COUNTS),
        ("dir/", b""),
        ("..", COUNTS),
    ]);
    let names = names(&scratch.file("a.tar", &bytes));
    assert_eq!(names, ["heap", "__0_x_", ".."]);
    assert_eq!(fs::read_dir(&scratch.0).expect("a folder").count(), 1);
}

#[test]
fn what_breaks_off_leaves_what_came_before() {
    let scratch = Scratch::new("cut");
    let archive = tar(&[("goroutine.pb.gz", COUNTS), ("heap.pb.gz", OTHER)]);
    let path = scratch.file("a.tar", &archive[..1024 + 512 + 20]);
    let (names, remarks) = opened(&path).expect("half an incident");
    assert_eq!(names, ["goroutine"]);
    assert!(remarks[0].starts_with("heap: "), "{remarks:?}");
    let whole = packed(&archive);
    for cut in 700..whole.len() {
        // Never a panic, and never more than there is.
        let _ = opened(&scratch.file("b.tgz", &whole[..cut]));
    }
}

#[test]
fn profiles_share_the_memory_of_one() {
    let scratch = Scratch::new("memory");
    let mut text = b"goroutine profile: total 90000\n".to_vec();
    for at in 1..=30_000 {
        text.extend(format!("3 @ 0x{at}0 0x{at}1\n").into_bytes());
    }
    let names: Vec<String> = (0..50).map(|at| format!("p{at}.txt")).collect();
    let files: Vec<_> = names.iter().map(|name| (&**name, &text[..])).collect();
    let path = scratch.file("a.tar", &tar(&files));
    let incident = Incident::find(path.as_os_str()).expect("an incident");
    let decoded = incident.read(&Limits::of_memory(16 << 20)).expect("some");
    let weight: u64 = decoded.others.iter().map(|(_, of)| of.weight()).sum();
    assert!(!decoded.others.is_empty() && weight < 16 << 20);
    assert!(!decoded.remarks.is_empty());
}

#[test]
fn a_bomb_is_refused() {
    let scratch = Scratch::new("bomb");
    let zeros = vec![0; 4 << 20];
    let path = scratch.file("a.tgz", &packed(&tar(&[("heap.pb.gz", &zeros)])));
    let incident = Incident::find(path.as_os_str()).expect("an incident");
    let read = incident.read(&Limits {
        memory: 8 << 20,
        unpacked: 1 << 18,
    });
    let error = read.expect_err("refused").to_string();
    assert!(error.contains("no profile in it can be read: "), "{error}");
}
