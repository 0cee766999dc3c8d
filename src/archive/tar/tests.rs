//! What is written is read again; what is hostile is an error or passed over.

use super::*;

fn archive(files: &[(&str, usize, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 1_700_000_000);
    for (name, piece, bytes) in files {
        writer.add(name, *piece, bytes).unwrap();
    }
    writer.finish().unwrap();
    out
}

/// The files that can be read, and why there are no more.
fn read(mut bytes: &[u8]) -> (Vec<(String, Vec<u8>)>, Option<String>) {
    let mut files = Vec::new();
    let mut reader = Reader::new(&mut bytes);
    loop {
        match reader.next() {
            Ok(None) => return (files, None),
            Err(error) => return (files, Some(error.to_string())),
            Ok(Some(name)) => {
                let mut content = Vec::new();
                match reader.read_to_end(&mut content) {
                    Ok(_) => files.push((name, content)),
                    Err(error) => return (files, Some(error.to_string())),
                }
            }
        }
    }
}

fn named(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    (name.to_string(), bytes.to_vec())
}

/// The header with other bytes at `at`, its checksum made good.
fn altered(archive: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut archive = archive.to_vec();
    archive[at..at + bytes.len()].copy_from_slice(bytes);
    archive[148..156].fill(b' ');
    let sum: u32 = archive[..BLOCK].iter().map(|byte| u32::from(*byte)).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    archive
}

#[test]
fn what_is_written_is_read_again_and_pieces_are_one_file() {
    let long = [b'x'; 1300];
    let written = archive(&[
        ("empty", 0, b""),
        ("block", 0, &[7; BLOCK]),
        ("long", 0, &long),
        ("long", 1, b"and more"),
        ("long", 2, b""),
        ("long", 3, b", the end"),
        ("last", 0, b"z"),
    ]);
    let (files, error) = read(&written);
    let whole = [&long[..], b"and more, the end"].concat();
    let expected = [
        named("empty", b""),
        named("block", &[7; BLOCK]),
        named("long", &whole),
        named("last", b"z"),
    ];
    assert_eq!((files, error), (expected.to_vec(), None));
    assert!(is_archive(&written) && !is_archive(&written[..511]));
}

#[test]
fn a_file_that_is_not_read_is_passed_over_with_its_pieces() {
    let written = archive(&[("a", 0, b"1"), ("a", 1, b"2"), ("b", 0, b"3")]);
    let mut bytes = &written[..];
    let mut reader = Reader::new(&mut bytes);
    assert_eq!(reader.next().unwrap().as_deref(), Some("a"));
    assert_eq!(reader.next().unwrap().as_deref(), Some("b"));
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(reader.next().unwrap(), None);
}

#[test]
fn wherever_it_is_cut_the_files_before_are_whole() {
    let written = archive(&[("a", 0, &[1; 700]), ("b", 0, &[2; 512]), ("c", 0, b"3")]);
    let (all, _) = read(&written);
    let ends = [512 + 700, 1536 + 512 + 512, 2560 + 512 + 1];
    for cut in 0..written.len() - 1 {
        let (files, error) = read(&written[..cut]);
        let whole = ends.iter().filter(|end| cut >= **end).count();
        assert_eq!(files, all[..whole], "cut after {cut}");
        // One block of zeros ends an archive too.
        let ended = cut >= written.len() - BLOCK;
        assert_eq!(error.is_none(), ended, "cut after {cut}: {error:?}");
    }
}

#[test]
fn links_folders_and_other_headers_are_passed_over() {
    let written = archive(&[("../../etc/passwd", 0, b"x"), ("b", 0, b"y")]);
    for kind in [b"1", b"2", b"3", b"5", b"x", b"g", b"L", b"M"] {
        let (files, error) = read(&altered(&written, 156, kind));
        assert_eq!((files, error), (vec![named("b", b"y")], None), "{kind:?}");
    }
    // A regular file is handed out by the name it has; nobody makes a file of it.
    let (files, _) = read(&altered(&written, 156, b"\0"));
    assert_eq!(files[0].0, "../../etc/passwd");
}

#[test]
fn sizes_that_lie_end_in_an_error() {
    let written = archive(&[("a", 0, b"x")]);
    for size in [&b"77777777777\0"[..], b"00000003001\0"] {
        let (files, error) = read(&altered(&written, 124, size));
        assert_eq!(files, []);
        assert_eq!(error.as_deref(), Some("the archive is cut"), "{size:?}");
    }
    for size in [
        &b"99999999999\0"[..],
        b"\x80\0\0\0\0\0\0\0\0\0\0\x01",
        b"-0000000001\0",
    ] {
        let (files, error) = read(&altered(&written, 124, size));
        assert_eq!(files, []);
        let expected = Some("a header of the archive is damaged");
        assert_eq!(error.as_deref(), expected, "{size:?}");
    }
}

#[test]
fn a_header_without_its_checksum_is_damaged_and_no_archive() {
    let written = archive(&[("a", 0, b"x"), ("b", 0, b"y")]);
    for at in (0..BLOCK).filter(|at| !(148..156).contains(at)) {
        let mut bad = written.clone();
        bad[at] ^= 1;
        assert!(!is_archive(&bad), "byte {at}");
        bad = written.clone();
        bad[2 * BLOCK + at] ^= 1;
        let (files, error) = read(&bad);
        assert_eq!(files, [named("a", b"x")], "byte {at}");
        assert!(error.is_some(), "byte {at}");
    }
}

#[test]
fn an_archive_of_too_many_files_is_not_read_to_its_end() {
    let many: Vec<_> = (0..1100).map(|_| ("a", 0, &b""[..])).collect();
    let (files, error) = read(&archive(&many));
    assert_eq!(files.len(), MOST_FILES);
    assert_eq!(error.as_deref(), Some("more than 1000 files are in it"));
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, 0);
    writer.add(&"n".repeat(100), 0, b"").unwrap();
    writer.add(&"n".repeat(101), 0, b"").unwrap_err();
}

#[test]
fn random_damage_never_panics_or_hangs() {
    let written = archive(&[("a", 0, &[1; 700]), ("a", 1, &[2; 9]), ("c", 0, b"3")]);
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..3000 {
        let mut bad = written.clone();
        for _ in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = random as usize % bad.len();
            bad[at] = (random >> 40) as u8;
        }
        let bad = altered(&bad, 0, b"a");
        let (files, _) = read(&bad);
        let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes <= bad.len());
    }
}
