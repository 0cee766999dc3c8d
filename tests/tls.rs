//! Profiles over TLS: who is believed, who is not and why, and who we say we are.
//!
//! The servers are of this process; their certificates lie in tests/data/tls, made by the script there.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::kx_group::SECP256R1;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::support::http::{Reply, Step};
use crate::support::run::{Outcome, Podprof, data_dir};

const PROFILE: &str = "profiles/cpu.pb.gz";
const CA: &str = "-tls_ca=tls/ca.pem";

/// A server that speaks TLS, and what it was asked.
struct Secure {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Secure {
    /// Shows `tls/CERTIFICATE.pem`, and answers each request with `reply`.
    fn new(certificate: &str, reply: Reply) -> Self {
        Self::start(config(certificate, false), reply)
    }

    fn start(config: ServerConfig, reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, config) = (Arc::clone(&requests), Arc::new(config));
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a config");
                let (kept, reply) = (Arc::clone(&kept), reply.clone());
                thread::spawn(move || serve(StreamOwned::new(connection, tcp), &kept, reply));
            }
        });
        Self { address, requests }
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/debug/pprof/heap", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no request panicked").clone()
    }
}

fn serve(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    requests: &Mutex<Vec<String>>,
    reply: Reply,
) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    requests.lock().expect("no request panicked").push(request);
    for step in reply.steps {
        if let Step::Send(bytes) = step {
            stream.write_all(&bytes).ok();
        }
    }
    stream.flush().ok();
    if !reply.reset {
        stream.conn.send_close_notify();
        stream.flush().ok();
    }
}

fn config(certificate: &str, asks: bool) -> ServerConfig {
    config_of(certificate, asks, default_provider())
}

fn config_of(certificate: &str, asks: bool, provider: CryptoProvider) -> ServerConfig {
    let provider = Arc::new(provider);
    let file = |name: String| data_dir().join("tls").join(name);
    let chain = CertificateDer::pem_file_iter(file(format!("{certificate}.pem"))).expect("made");
    let chain: Vec<_> = chain.flatten().collect();
    let key = PrivateKeyDer::from_pem_file(file("server.key".to_string())).expect("made");
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(file("ca.pem".to_string())).expect("made");
    roots.add(ca).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match asks {
        true => builder.with_client_cert_verifier(clients.build().expect("a verifier")),
        false => builder.with_no_client_auth(),
    };
    builder.with_single_cert(chain, key).expect("a pair")
}

fn whole() -> Reply {
    let body = fs::read(data_dir().join(PROFILE)).expect("a profile of ours");
    Reply::chunked(&body, 1000)
}

fn top(arguments: &[&str]) -> Outcome {
    Podprof::new([&["-top"], arguments].concat()).run()
}

/// The sentence of a run that must fail, behind `Get "URL": `.
fn refusal(arguments: &[&str]) -> String {
    let outcome = top(arguments);
    let stderr = String::from_utf8(outcome.stderr).expect("plain text");
    assert_eq!(
        (outcome.code, &*outcome.stdout),
        (Some(2), &b""[..]),
        "{stderr}"
    );
    let line = stderr.lines().nth(1).unwrap_or_default();
    let (_, text) = line.split_once("\": ").expect("what was asked comes first");
    text.to_string()
}

fn is_profile(outcome: &Outcome) -> bool {
    outcome.code == Some(0) && outcome.stdout == top(&[PROFILE]).stdout
}

#[test]
fn a_server_is_believed_that_an_authority_of_ours_vouches_for() {
    let server = Secure::new("server", whole());
    let url = server.url("https");
    assert!(is_profile(&top(&[CA, &url])));
    let by_name = url.replace("127.0.0.1", "localhost");
    assert!(is_profile(&top(&[CA, &by_name])));
    // Of the system, as Go finds it.
    let ca = data_dir().join("tls/ca.pem");
    let run =
        |name: &str, value: &std::path::Path| Podprof::new(["-top", &url]).env(name, value).run();
    assert!(is_profile(&run("SSL_CERT_FILE", &ca)));
    let folder = crate::support::scratch::Scratch::new();
    fs::copy(&ca, folder.path().join("any.name")).expect("a copy");
    assert!(is_profile(&run("SSL_CERT_DIR", folder.path())));
    assert_eq!(server.requests().len(), 4);
}

/// The curve of certificates here too: its multiples of the base point are not ring's own in the static binary.
#[test]
fn a_server_that_knows_one_curve_only_is_understood() {
    let mut provider = default_provider();
    provider.kx_groups = vec![SECP256R1];
    let server = Secure::start(config_of("server", false, provider), whole());
    assert!(is_profile(&top(&[CA, &server.url("https")])));
}

#[test]
fn a_server_is_not_believed_and_the_reason_said() {
    let unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority (-tls_ca=FILE names its authority, https+insecure:// checks nothing)";
    for (certificate, expected) in [
        ("self", unknown),
        (
            "expired",
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: it ended ",
        ),
        (
            "future",
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: it begins in ",
        ),
        (
            "other",
            "tls: failed to verify certificate: x509: certificate is valid for orders.example, www.orders.example, not 127.0.0.1 (",
        ),
    ] {
        let server = Secure::new(certificate, whole());
        let text = refusal(&[CA, &server.url("https")]);
        assert!(text.starts_with(expected), "{certificate}: {text}");
        assert!(text.contains("https+insecure://"), "{text}");
        assert_eq!(
            server.requests(),
            [""; 0],
            "nothing was asked of a stranger"
        );
        assert!(
            is_profile(&top(&[&server.url("https+insecure")])),
            "{certificate}"
        );
    }
    let server = Secure::new("server", whole());
    let text = refusal(&["-tls_ca=tls/self.pem", &server.url("https")]);
    assert_eq!(text, unknown);
    // A server may vouch for itself, where it is asked to.
    let own = Secure::new("self", whole());
    assert!(is_profile(&top(&[
        "-tls_ca=tls/self.pem",
        &own.url("https")
    ])));
}

#[test]
fn a_server_that_asks_who_we_are_is_told() {
    let server = Secure::start(config("server", true), whole());
    let url = server.url("https");
    let (cert, key) = ("-tls_cert=tls/client.pem", "-tls_key=tls/client.key");
    assert!(is_profile(&top(&[CA, cert, key, &url])));
    let text = refusal(&[CA, &url]);
    assert_eq!(
        text,
        "remote error: tls: certificate required (the server asks who we are: -tls_cert and -tls_key)"
    );
    for (arguments, expected) in [
        (
            &[CA, cert][..],
            "-tls_cert is specified, so -tls_key must also be specified",
        ),
        (
            &[CA, key],
            "-tls_key is specified, so -tls_cert must also be specified",
        ),
        (
            &[CA, cert, "-tls_key=tls/none"],
            "could not load certificate/key pair specified by -tls_cert and -tls_key: open tls/none: no such file or directory",
        ),
        (
            &[CA, cert, "-tls_key=tls/ca.pem"],
            "could not load certificate/key pair specified by -tls_cert and -tls_key: tls/ca.pem holds no private key (PEM without a passphrase is read)",
        ),
        (
            &[CA, cert, "-tls_key=tls/server.key"],
            "could not load certificate/key pair specified by -tls_cert and -tls_key: ",
        ),
        (
            &["-tls_ca=tls/none"],
            "could not load CA specified by -tls_ca: open tls/none: no such file or directory",
        ),
        (
            &["-tls_ca=tls/client.key"],
            "could not load CA specified by -tls_ca: tls/client.key holds no certificate (PEM is read)",
        ),
    ] {
        let text = refusal(&[arguments, &[&url]].concat());
        assert!(text.starts_with(expected), "{text}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn plain_and_secret_ports_are_told_apart() {
    let talks_first = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = talks_first.local_addr().expect("bound");
    thread::spawn(move || {
        for mut tcp in talks_first.incoming().flatten() {
            tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
            let _ = tcp.read(&mut [0; 4096]); // whatever it says
        }
    });
    let text = refusal(&[&format!("https+insecure://{address}/x")]);
    let expected = "tls: first record does not look like a TLS handshake (does that port speak plain http://?)";
    assert_eq!(text, expected);
    let secret = Secure::new("server", whole());
    assert_eq!(top(&[&secret.url("http")]).code, Some(2));
    assert_eq!(secret.requests(), [""; 0]);
}

#[test]
fn a_body_without_its_end_of_tls_is_cut() {
    let body = fs::read(data_dir().join("profiles/tiny.pb")).expect("ours");
    let mut reply = Reply::raw([b"HTTP/1.0 200 OK\r\n\r\n", &body[..]].concat());
    let url = |reply: &Reply| Secure::new("server", reply.clone()).url("https");
    assert_eq!(top(&[CA, &url(&reply)]).code, Some(0));
    reply.reset = true;
    let outcome = top(&[CA, &url(&reply)]);
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.code, Some(2), "{stderr}");
    assert!(
        stderr.contains(
            ": unexpected EOF (the server closed the connection without an end of TLS)\n"
        ),
        "{stderr}"
    );
}

/// A proxy that opens one tunnel after the other to `to`; what it was asked.
fn tunnels(to: SocketAddr, answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            kept.lock().expect("no request panicked").push(request);
            client.write_all(answer.as_bytes()).ok();
            if !answer.starts_with("HTTP/1.1 200") {
                continue;
            }
            let mut server = TcpStream::connect(to).expect("the server");
            let mut up = (
                client.try_clone().expect("a handle"),
                server.try_clone().expect("a handle"),
            );
            thread::spawn(move || {
                std::io::copy(&mut up.0, &mut up.1).ok();
                up.1.shutdown(std::net::Shutdown::Write).ok();
            });
            std::io::copy(&mut server, &mut client).ok();
        }
    });
    (address, asked)
}

#[test]
fn a_proxy_opens_a_tunnel_and_sees_nothing_of_what_goes_through() {
    let server = Secure::new("other", whole());
    let (proxy, asked) = tunnels(
        server.address,
        "HTTP/1.1 200 Connection established\r\n\r\n",
    );
    let url = "https://orders.example:8443/debug/pprof/heap";
    let run = |proxy: SocketAddr| {
        let run = Podprof::new(["-top", CA, "-H", "Authorization: Bearer s3cret", url]);
        run.env("HTTPS_PROXY", format!("http://me:s3cret@{proxy}"))
            .run()
    };
    assert!(is_profile(&run(proxy)));
    let tunnel = asked.lock().expect("no request panicked").concat();
    let expected = "CONNECT orders.example:8443 HTTP/1.1\r\nHost: orders.example:8443\r\n\
        Proxy-Authorization: Basic bWU6czNjcmV0\r\n\r\n";
    assert_eq!(tunnel, expected);
    let request = server.requests()[0].to_lowercase();
    assert!(
        request.contains("\r\nauthorization: bearer s3cret\r\n"),
        "{request}"
    );
    assert!(!request.contains("proxy"), "{request}");
    let (closed, _) = tunnels(
        server.address,
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    );
    let outcome = run(closed);
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let expected = "opens no tunnel to orders.example:8443: 407 Proxy Authentication Required";
    assert!(
        outcome.code == Some(2) && stderr.contains(expected),
        "{stderr}"
    );
    assert!(!stderr.contains("s3cret"), "{stderr}");
    assert_eq!(server.requests().len(), 1);
}
