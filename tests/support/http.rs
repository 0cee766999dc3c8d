//! A server in this process that answers as badly as it is told to.
//!
//! Every connection is read up to the end of its request and its body, answered with the steps of a script, and closed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One thing the server does on a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends one byte at a time.
    Dribble(Vec<u8>),
    /// Sends one byte after each pause.
    Drip(Vec<u8>, Duration),
    /// Sends the same again and again until the client hangs up.
    Endless(Vec<u8>),
    Pause(Duration),
    /// Says nothing more until the client hangs up.
    Stall,
}

/// What the server does for one request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) steps: Vec<Step>,
    /// Leaves the request unread, so that closing the connection resets it.
    pub(crate) reset: bool,
}

/// A running server; it lives as long as the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    hung_up: Arc<AtomicUsize>,
}

impl Reply {
    /// A reply of one piece, head and all.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::steps(vec![Step::Send(bytes.into())])
    }

    pub(crate) fn steps(steps: Vec<Step>) -> Self {
        Self {
            steps,
            reset: false,
        }
    }

    /// A reply with a status, further header lines (each ending in `\r\n`) and a body of the right length.
    pub(crate) fn status(status: &str, headers: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        Self::raw([head.as_bytes(), body].concat())
    }

    /// 200 and a body in chunks of `size` bytes.
    pub(crate) fn chunked(body: &[u8], size: usize) -> Self {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.chunks(size) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        Self::raw(bytes)
    }

    /// The connection ends with a reset instead of an orderly end.
    pub(crate) fn then_reset(mut self) -> Self {
        self.reset = true;
        self
    }
}

impl Server {
    /// Serves `answer(path)`, path with its query, on a free port of 127.0.0.1.
    pub(crate) fn new(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::on(listener, answer)
    }

    /// Serves `answer(path)` on a port that is bound.
    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("a bound port");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let hung_up = Arc::new(AtomicUsize::new(0));
        let (kept, gone) = (Arc::clone(&requests), Arc::clone(&hung_up));
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, gone) = (Arc::clone(&kept), Arc::clone(&gone));
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    if !serve(stream, &kept, &*answer) {
                        gone.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self {
            address,
            requests,
            hung_up,
        }
    }

    /// How many clients have hung up before they had their answer.
    pub(crate) fn hung_up(&self) -> usize {
        self.hung_up.load(Ordering::SeqCst)
    }

    /// The URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no request panicked").clone()
    }
}

/// Whether the client has waited for all of its answer.
fn serve(
    mut stream: TcpStream,
    requests: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str) -> Reply,
) -> bool {
    let mut head = Vec::new();
    let mut seen = vec![0; 1 << 16];
    // Looked at without taking it: what is left unread makes the kernel reset the connection.
    while !is_whole(&head) {
        match stream.peek(&mut seen) {
            Ok(0) | Err(_) => return true,
            Ok(count) => head = seen[..count].to_vec(),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_string();
    let reply = answer(&path);
    requests
        .lock()
        .expect("no request panicked")
        .push(head.clone());
    if !reply.reset {
        stream.read_exact(&mut vec![0; head.len()]).ok();
    }
    let mut steps = reply.steps.into_iter();
    steps.all(|step| perform(&mut stream, step))
}

/// Whether this is a request with its whole body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .split_once("content-length: ")
        .map_or("0", |(_, rest)| rest);
    let length = length.lines().next().and_then(|digits| digits.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// Whether the connection can go on.
fn perform(stream: &mut TcpStream, step: Step) -> bool {
    match step {
        Step::Send(bytes) => stream.write_all(&bytes).is_ok(),
        Step::Dribble(bytes) => bytes.chunks(1).all(|byte| stream.write_all(byte).is_ok()),
        Step::Drip(bytes, pause) => bytes.chunks(1).all(|byte| {
            thread::sleep(pause);
            stream.write_all(byte).is_ok()
        }),
        Step::Endless(bytes) => {
            while stream.write_all(&bytes).is_ok() {}
            false
        }
        Step::Pause(time) => {
            thread::sleep(time);
            true
        }
        Step::Stall => {
            while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
            false
        }
    }
}
