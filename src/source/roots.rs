//! The authorities that vouch for servers: those of `-tls_ca`, else those of the system as Go finds them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::ways::TlsFiles;
use crate::go::syscall;

/// Where distributions keep their bundle; the first that can be read counts.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Looked into where no bundle is.
const FOLDERS: &str = "/etc/ssl/certs:/etc/pki/tls/certs";
/// A bundle has some 200 kB.
const LONGEST: u64 = 16 << 20;

/// The authorities to believe.
///
/// # Errors
/// `-tls_ca` cannot be read or holds none, or the system knows none.
pub(super) fn authorities(files: &TlsFiles) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    if !files.ca.is_empty() {
        let failed = |why: &str| format!("could not load CA specified by -tls_ca: {why}");
        let bytes = read(Path::new(&files.ca)).map_err(|error| {
            let why = syscall::error_text(&error);
            failed(&format!("open {}: {why}", files.ca))
        })?;
        add(&mut roots, &bytes);
        return match roots.is_empty() {
            true => Err(failed(&format!(
                "{} holds no certificate (PEM is read)",
                files.ca
            ))),
            false => Ok(roots),
        };
    }
    let given = files.bundle.as_ref().map(Path::new);
    let bundles = given
        .into_iter()
        .chain(BUNDLES.iter().map(Path::new).filter(|_| given.is_none()));
    if let Some(bytes) = bundles.map(read).find_map(Result::ok) {
        add(&mut roots, &bytes);
    }
    if roots.is_empty() || files.folders.is_some() {
        let folders = files.folders.as_deref().unwrap_or(OsStr::new(FOLDERS));
        for folder in folders.as_bytes().split(|byte| *byte == b':') {
            add_folder(&mut roots, Path::new(OsStr::from_bytes(folder)));
        }
    }
    match roots.is_empty() {
        true => Err("tls: this system names no certificate authority, as containers often do: -tls_ca=FILE or \
             SSL_CERT_FILE names them; https+insecure:// does without"
            .to_string()),
        false => Ok(roots),
    }
}

/// What the files of a folder hold; a file that cannot be read is passed over, as Go does.
fn add_folder(roots: &mut RootCertStore, folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if let Ok(bytes) = read(&entry.path()) {
            add(roots, &bytes);
        }
    }
}

fn add(roots: &mut RootCertStore, pem: &[u8]) {
    let found = CertificateDer::pem_slice_iter(pem).flatten();
    roots.add_parsable_certificates(found);
}

pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
