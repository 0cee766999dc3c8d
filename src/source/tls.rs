//! TLS over a connection, by rustls.
//!
//! A server's certificate is checked against [`roots`], or not at all where the scheme is `https+insecure`.
//! Every failure is one sentence that begins as Go's does and ends with what to do.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct,
    InvalidMessage, RootCertStore, SignatureScheme, Stream,
};

use super::crypto::provider;
use super::reply::one_line;
use super::roots;
use super::url::Url;
use super::ways::TlsFiles;
use crate::go::syscall;

/// The scheme of pprof that checks no certificate.
const UNCHECKED: &str = "https+insecure";
const ADVICE: &str = "-tls_ca=FILE names its authority, https+insecure:// checks nothing";
const DAY: u64 = 24 * 60 * 60;

/// A connection on which TLS is spoken.
pub(super) struct Session {
    connection: ClientConnection,
    tcp: TcpStream,
}

impl Session {
    /// Prepares to speak TLS with the host of `url`; nothing is sent yet.
    pub(super) fn new(tcp: TcpStream, url: &Url, files: &TlsFiles) -> Result<Self, String> {
        let config = config(url, files)?;
        let name = name(url)?;
        let connection = ClientConnection::new(Arc::new(config), name);
        let connection = connection.map_err(|error| words(&error))?;
        Ok(Self { connection, tcp })
    }

    /// Goes on with the handshake; false where it needs more time.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        self.connection.complete_io(&mut self.tcp)?;
        Ok(!self.connection.is_handshaking())
    }
}

impl Read for Session {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Stream::new(&mut self.connection, &mut self.tcp).read(buffer)
    }
}

impl Write for Session {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Stream::new(&mut self.connection, &mut self.tcp).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Stream::new(&mut self.connection, &mut self.tcp).flush()
    }
}

fn config(url: &Url, files: &TlsFiles) -> Result<ClientConfig, String> {
    let provider = Arc::new(provider());
    // Old kernels have random numbers in /dev only, and a container from scratch has no /dev.
    if provider.secure_random.fill(&mut [0; 8]).is_err() {
        return Err(
            "tls: this system gives no random numbers (is there a /dev/urandom?)".to_string(),
        );
    }
    let roots = match url.scheme.as_str() {
        UNCHECKED => None,
        _ => Some(roots::authorities(files)?),
    };
    let verifier = Arc::new(Verifier {
        roots,
        known: provider.signature_verification_algorithms,
    });
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| words(&error))?;
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match (files.cert.as_str(), files.key.as_str()) {
        ("", "") => builder.with_no_client_auth(),
        ("", _) => {
            return Err("-tls_key is specified, so -tls_cert must also be specified".to_string());
        }
        (_, "") => {
            return Err("-tls_cert is specified, so -tls_key must also be specified".to_string());
        }
        (cert, key) => {
            let (chain, key) = (certificates(cert)?, private_key(key)?);
            let config = builder.with_client_auth_cert(chain, key);
            config.map_err(|error| not_loaded(&error.to_string()))?
        }
    };
    // No connection is used twice.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Whom the certificate must name.
fn name(url: &Url) -> Result<ServerName<'static>, String> {
    let (host, _) = url.host_and_port();
    let host = host.split(|byte| *byte == b'%').next().unwrap_or_default();
    let host = match host {
        b"" => "localhost".to_string(), // an empty host is this machine
        host => String::from_utf8_lossy(host).into_owned(),
    };
    ServerName::try_from(host)
        .map_err(|_| "tls: the host's name cannot stand in a certificate".to_string())
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(file)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes).flatten().collect();
    match chain.is_empty() {
        true => Err(not_loaded(&format!(
            "{file} holds no certificate (PEM is read)"
        ))),
        false => Ok(chain),
    }
}

fn private_key(file: &str) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(&read(file)?).map_err(|_| {
        not_loaded(&format!(
            "{file} holds no private key (PEM without a passphrase is read)"
        ))
    })
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    roots::read(Path::new(file)).map_err(|error| {
        let why = syscall::error_text(&error);
        not_loaded(&format!("open {file}: {why}"))
    })
}

fn not_loaded(why: &str) -> String {
    format!("could not load certificate/key pair specified by -tls_cert and -tls_key: {why}")
}

/// What TLS says of an error, where it comes from there.
pub(super) fn explain(error: &io::Error) -> Option<String> {
    if error.kind() == ErrorKind::UnexpectedEof {
        let text = "unexpected EOF (the server closed the connection without an end of TLS)";
        return Some(text.to_string());
    }
    error.get_ref()?.downcast_ref().map(words)
}

fn words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => {
            let (why, advice) = distrust(error);
            format!("tls: failed to verify certificate: x509: {why} ({advice})")
        }
        rustls::Error::AlertReceived(alert) => format!("remote error: tls: {}", refusal(*alert)),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "tls: first record does not look like a TLS handshake (does that port speak plain http://?)".to_string()
        }
        error => format!("tls: {}", one_line(error.to_string().as_bytes())),
    }
}

/// Why a certificate is not believed, and what to do.
fn distrust(error: &CertificateError) -> (String, &'static str) {
    let clock = "is the clock right? https+insecure:// checks nothing";
    match error {
        CertificateError::UnknownIssuer => (
            "certificate signed by unknown authority".to_string(),
            ADVICE,
        ),
        CertificateError::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / DAY;
            (
                format!("certificate has expired or is not yet valid: it ended {days} days ago"),
                clock,
            )
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let days = not_before.as_secs().saturating_sub(time.as_secs()) / DAY;
            (
                format!("certificate has expired or is not yet valid: it begins in {days} days"),
                clock,
            )
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = match names.is_empty() {
                true => "no name".to_string(),
                false => one_line(names.join(", ").as_bytes()),
            };
            let expected = expected.to_str();
            let advice = "ask for it by a name it has, or https+insecure:// checks nothing";
            (
                format!("certificate is valid for {names}, not {expected}"),
                advice,
            )
        }
        error => (one_line(error.to_string().as_bytes()), ADVICE),
    }
}

/// The name in `DnsName("…")` and `IpAddress(…)`, as rustls writes them.
fn bare(name: &str) -> &str {
    let inner = name
        .split_once('(')
        .and_then(|(_, name)| name.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// A server's alert in Go's words: `CertificateRequired` is `certificate required`.
fn refusal(alert: AlertDescription) -> String {
    let mut text = String::new();
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate => {
            text.push_str(" (the server asks who we are: -tls_cert and -tls_key)");
        }
        _ => {} // the words are all there is to know
    }
    text
}

/// Believes whom an authority vouches for, or anybody where there is none; in either case only who holds the key.
#[derive(Debug)]
struct Verifier {
    roots: Option<RootCertStore>,
    known: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.known.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                intermediates,
                now,
                algorithms,
            )?;
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.known.supported_schemes()
    }
}
