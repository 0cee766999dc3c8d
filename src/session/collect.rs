//! `collect`: everything that a process can tell, taken now, for the pod may be gone in two minutes.
//!
//! One thing after the other, in the order of [`capture::plan`], straight from the socket into a folder or a
//! tar.gz. What fails costs itself and nothing else; Ctrl-C and SIGTERM end it with what there is, well formed. All but
//! what came is in the manifest: what was cut, what failed, what was left out and why.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::live::Start;
use super::open::write_whole;
use super::{Session, complain, redact, say};
use crate::archive::gzip::{Gzip, Level};
use crate::archive::manifest::{Manifest, Row, State};
use crate::archive::store::{Kept, Spool, Store};
use crate::archive::tar;
use crate::command::live::Collect;
use crate::decode::{self, Layer, Limits};
use crate::error::{Cause, Error, Result};
use crate::go::{syscall::error_text, time::utc_time};
use crate::interrupt;
use crate::measure;
use crate::report::sink::{Plain, Sink};
use crate::source::{self, FetchOptions, Opened};
use crate::target::capture::{self, Ask, Form};
use crate::target::endpoints::{self, Endpoint, Offer};
use crate::view::{Base, BaseOptions, Names};

/// For how long the CPU is sampled where nobody says it, in seconds.
const SECONDS: u64 = 10;
/// How long nothing may come before the next thing is asked for, in seconds.
const PATIENCE: i64 = 10;
/// Bytes of one answer; Go cuts its longest, the dump of goroutines, at 64 MiB.
const MOST_BYTES: u64 = 256 << 20;
/// Seconds that one answer may come in, those apart that it is recorded for: a trickle must not cost the others.
const LONGEST: u64 = 60;
/// Bytes of the page that are kept.
const LONGEST_PAGE: usize = 1 << 20;
/// How many may fail, with nothing taken yet, before the rest is given up.
const TRIES: usize = 3;
/// Bytes that are looked at before they are passed on.
const LOOK: u64 = 64;
const STDOUT: &str = "-";

impl Session {
    /// Collects from what the command line names, then it is over.
    ///
    /// # Errors
    /// Something is not whole, or there is nobody to ask.
    pub(crate) fn collect_once(
        &mut self,
        start: &Start,
        wish: &Collect,
        err: &mut dyn Sink,
    ) -> Result<()> {
        if wish.to == STDOUT && io::stdout().is_terminal() {
            let text = "-collect=- writes an archive, and stdout is a terminal: \
                        redirect it (> incident.tgz), or name a folder: -collect=incident";
            return Err(Error::usage(text));
        }
        let endpoint = match (self.go_live(start, false, err), start) {
            (Ok(()), _) => self.connected()?,
            // Whatever the page is like, the profiles may be there.
            (Err(error), Start::Page(url)) if matches!(error.cause(), Cause::Source(_)) => {
                complain(err, &error)?;
                Endpoint {
                    base: url.clone(),
                    offers: Vec::new(),
                    listed: false,
                }
            }
            (Err(error), _) => return Err(error),
        };
        self.collect(&endpoint, wish, err)
    }

    /// Collects from the process that is connected.
    pub(super) fn collect_here(&mut self, wish: &Collect, err: &mut dyn Sink) -> Result<()> {
        let endpoint = self.connected()?;
        self.collect(&endpoint, wish, err)
    }

    fn collect(&mut self, endpoint: &Endpoint, wish: &Collect, err: &mut dyn Sink) -> Result<()> {
        let flags = self.opener.flags();
        let mut options = self.opener.fetching()?;
        // What the plan says counts, not the flag.
        options.seconds = -1;
        if options.timeout <= 0 {
            options.timeout = PATIENCE;
        }
        let asked = wish
            .seconds
            .or(u64::try_from(flags.seconds).ok().filter(|asked| *asked > 0));
        let collecting = Collecting {
            endpoint,
            wish,
            seconds: asked.unwrap_or(SECONDS),
            limits: self.opener.limits()?,
            options,
            goroutines: goroutines(&endpoint.offers),
            started: Instant::now(),
            rows: Vec::new(),
        };
        let _finishing = interrupt::Finishing::begin();
        let rows = collecting.into_place(err)?;
        outcome(&rows, wish, err)
    }
}

/// What is being collected.
struct Collecting<'a> {
    endpoint: &'a Endpoint,
    wish: &'a Collect,
    seconds: u64,
    limits: Limits,
    options: FetchOptions,
    /// How many there are, where that is known.
    goroutines: Option<u64>,
    started: Instant,
    rows: Vec<Row>,
}

impl Collecting<'_> {
    /// Into a folder, a file or stdout.
    fn into_place(self, err: &mut dyn Sink) -> Result<Vec<Row>> {
        let to = &*self.wish.to;
        let named =
            |error: io::Error| Error::report(format!("collect {to}: {}", error_text(&error)));
        let mut out = if to == STDOUT {
            File::from(io::stdout().as_fd().try_clone_to_owned().map_err(named)?)
        } else if to.ends_with(".tgz") || to.ends_with(".tar.gz") {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(to).map_err(named)?
        } else {
            let mut folder = Store::folder(Path::new(to)).map_err(named)?;
            return self.into_store(&mut folder, err);
        };
        let seconds = unix_time().as_secs();
        let mut gzip = Gzip::new(&mut out, Level::Stored).map_err(named)?;
        let mut store = Store::Tar(tar::Writer::new(&mut gzip, seconds));
        let rows = self.into_store(&mut store, err)?;
        let ended = match store {
            Store::Tar(tar) => tar.finish(),
            Store::Folder(_) => Ok(()),
        };
        ended.and_then(|()| gzip.finish()).map_err(|error| {
            Error::report(format!(
                "the archive cannot be written: {}",
                error_text(&error)
            ))
        })?;
        Ok(rows)
    }

    /// Takes all there is.
    fn into_store(mut self, store: &mut Store<'_>, err: &mut dyn Sink) -> Result<Vec<Row>> {
        let wrong = |error: io::Error| {
            Error::report(format!(
                "the incident cannot be written: {}",
                error_text(&error)
            ))
        };
        let begun = utc_time(i64::try_from(unix_time().as_nanos()).unwrap_or(i64::MAX));
        self.page(store).map_err(wrong)?;
        for ask in capture::plan(self.endpoint, self.seconds) {
            let given_up = self.given_up();
            if let Some(why) = given_up.or_else(|| self.refusal(&ask)) {
                self.leave(&ask, why);
                tell(self.rows.last(), err);
                continue;
            }
            if let Some(text) = ask.warning(self.goroutines) {
                let _ = say(err, text.as_bytes()); // as in `tell`
            }
            self.take(&ask, store).map_err(wrong)?;
            tell(self.rows.last(), err);
            store
                .list(&self.manifest(&begun).text(), false)
                .map_err(wrong)?;
        }
        store
            .list(&self.manifest(&begun).text(), true)
            .map_err(wrong)?;
        Ok(self.rows)
    }

    fn refusal(&self, ask: &Ask) -> Option<String> {
        ask.refusal(self.goroutines).filter(|_| !self.wish.force)
    }

    /// Why nothing more is asked.
    fn given_up(&self) -> Option<String> {
        if interrupt::check().is_err() {
            return Some("interrupted".to_string());
        }
        let came = self.rows.iter().any(|row| row.bytes > 0);
        let failed = self.rows.iter().filter(|row| row.state == State::Failed);
        (!came && failed.count() >= TRIES).then(|| "nothing before it could be had".to_string())
    }

    fn manifest(&self, begun: &str) -> Manifest {
        Manifest {
            target: source::shown(OsStr::new(&self.endpoint.base)),
            begun: begun.to_string(),
            took: self.started.elapsed().as_secs_f64(),
            redacted: self.wish.redact,
            limit: MOST_BYTES,
            rows: self.rows.clone(),
        }
    }

    fn leave(&mut self, ask: &Ask, why: String) {
        self.rows.push(Row {
            state: State::Left,
            bytes: 0,
            sha256: String::new(),
            begun: self.started.elapsed().as_secs_f64(),
            took: 0.0,
            name: ask.file.clone(),
            asked: ask.asked.clone(),
            why,
        });
    }

    /// The page that lists the profiles.
    fn page(&mut self, store: &mut Store<'_>) -> io::Result<()> {
        let begun = self.started.elapsed();
        let limit = Duration::from_secs(u64::try_from(self.options.timeout).unwrap_or(1));
        let page = source::glance(&self.endpoint.base, limit, LONGEST_PAGE, &self.options.ways);
        let mut spool = store.file("index.html");
        let came = match page {
            Err(text) => Err(text),
            Ok(page) if page.code != 200 => Err(format!("the server says {}", page.code)),
            Ok(page) => {
                let offers = endpoints::read(&page.body).map(|(_, offers)| offers);
                let now = offers.and_then(|offers| goroutines(&offers));
                self.goroutines = now.or(self.goroutines);
                // What fails here is told at the end.
                spool
                    .write_all(&page.body)
                    .map_err(|error| error_text(&error))
            }
        };
        let kept = spool.finish(came.is_ok())?;
        self.note(("", "index.html"), begun, kept, came);
        Ok(())
    }

    fn take(&mut self, ask: &Ask, store: &mut Store<'_>) -> io::Result<()> {
        let begun = self.started.elapsed();
        let url = format!("{}{}", self.endpoint.base, ask.asked);
        let mut spool = store.file(&ask.file);
        let mut options = self.options.clone();
        options.timeout = options.timeout.saturating_add(ask.seconds() as i64);
        let came = match source::open(OsStr::new(&url), &options, &mut |_| ()) {
            Ok(mut opened) => {
                let came = self.pass(ask, &mut opened, &mut spool);
                // Where the bytes broke off, the source knows why.
                let why = opened.body.failure().map(str::to_string);
                came.map_err(|text| why.unwrap_or(text))
            }
            Err(error) => {
                let (text, shown) = (error.to_string(), source::shown(OsStr::new(&url)));
                let short = text.strip_prefix(&format!("{shown}: "));
                Err(short.map_or(text.clone(), str::to_string))
            }
        };
        let kept = spool.finish(came.is_ok())?;
        self.note((&ask.asked, &ask.file), begun, kept, came);
        Ok(())
    }

    /// Keeps in mind what came of something that was asked for.
    fn note(
        &mut self,
        (asked, file): (&str, &str),
        begun: Duration,
        kept: Option<Kept>,
        came: std::result::Result<(), String>,
    ) {
        let state = match (&kept, &came) {
            (None, _) => State::Failed,
            (Some(_), Err(_)) => State::Cut,
            (Some(_), Ok(())) => State::Whole,
        };
        let kept = kept.unwrap_or(Kept {
            name: file.to_string(),
            bytes: 0,
            sha256: String::new(),
        });
        self.rows.push(Row {
            state,
            bytes: kept.bytes,
            sha256: kept.sha256,
            begun: begun.as_secs_f64(),
            took: self.started.elapsed().saturating_sub(begun).as_secs_f64(),
            name: kept.name,
            asked: asked.to_string(),
            why: came.err().unwrap_or_default(),
        });
    }

    /// Passes a body on, in the form in which it is kept; the error is why it is not whole.
    fn pass(
        &mut self,
        ask: &Ask,
        opened: &mut Opened,
        spool: &mut Spool<'_, '_>,
    ) -> std::result::Result<(), String> {
        let wrapped = opened
            .remote
            .as_ref()
            .is_some_and(|remote| remote.gzip_encoded);
        let mut unwrapped;
        let body: &mut dyn Read = match wrapped {
            true => {
                unwrapped = Layer::new(&mut opened.body, self.limits.unpacked);
                &mut unwrapped
            }
            false => &mut opened.body,
        };
        let body: &mut dyn Read = &mut Hasty {
            body,
            until: Instant::now() + Duration::from_secs(LONGEST),
        };
        let mut start = Vec::new();
        let looked = (&mut *body).take(LOOK).read_to_end(&mut start);
        self.goroutines = total(&start).or(self.goroutines);
        let mut body = (&start[..]).chain(body);
        looked.map_err(|error| error.to_string())?;
        match (ask.form, self.wish.redact) {
            (Form::Plain, false) => pour(&mut body, spool, MOST_BYTES),
            (Form::Plain, true) => {
                let mut line = Vec::new();
                pour(&mut (&mut body).take(1 << 20), &mut line, MOST_BYTES)?;
                let program = redact::command_line(&line);
                spool.write_all(program).map_err(|error| error.to_string())
            }
            (Form::Binary, false) if start.starts_with(&[0x1f, 0x8b]) => {
                check(&mut body, spool, MOST_BYTES)
            }
            (Form::Binary, true) => self.redacted(&mut body, spool),
            (Form::Binary, false) => pack(&mut body, spool, false),
            (Form::Text, redact) => pack(&mut body, spool, redact),
        }
    }

    /// The one form that is whole in memory: a profile has to be read to be redacted.
    fn redacted(
        &self,
        body: &mut dyn Read,
        spool: &mut Spool<'_, '_>,
    ) -> std::result::Result<(), String> {
        let mut body = body;
        let decoded = decode::decode(&mut body, &self.limits).map_err(|error| error.to_string())?;
        let mut profile = decoded.profile;
        let options = BaseOptions {
            names: Names::AsTheyAre,
            all_frames: false,
        };
        let written = redact::profile(&mut profile)
            .and_then(|()| Base::new(profile, &options))
            .and_then(|base| write_whole(&base, &mut Plain(spool)));
        written.map_err(|error| error.to_string())
    }
}

/// How many goroutines the page says there are.
fn goroutines(offers: &[Offer]) -> Option<u64> {
    let goroutines = offers.iter().find(|offer| offer.name == "goroutine");
    goroutines.and_then(|offer| offer.count)
}

fn unix_time() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// How many goroutines a text says there are.
fn total(start: &[u8]) -> Option<u64> {
    let rest = start.strip_prefix(b"goroutine profile: total ")?;
    let digits = rest.split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Passes all bytes on, up to the limit.
fn pour(body: &mut dyn Read, out: &mut dyn Write, limit: u64) -> std::result::Result<(), String> {
    let mut buffer = vec![0; 32 * 1024];
    let mut bytes = 0;
    loop {
        let count = body.read(&mut buffer).map_err(|error| error.to_string())?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            return Ok(());
        };
        bytes += count as u64;
        if bytes > limit {
            return Err(format!("it is longer than {limit} bytes"));
        }
        out.write_all(read).map_err(|error| error.to_string())?;
    }
}

/// Passes a text on, packed; what was packed can be unpacked even where the text breaks off.
fn pack(
    body: &mut dyn Read,
    spool: &mut Spool<'_, '_>,
    redact: bool,
) -> std::result::Result<(), String> {
    let said = |error: io::Error| error.to_string();
    let mut first = [0];
    // Where nothing comes there is nothing to pack.
    let count = body.read(&mut first).map_err(said)?;
    let mut body = (&first[..count]).chain(body);
    let mut gzip = Gzip::new(spool, Level::Fast).map_err(said)?;
    let came = match redact {
        false => pour(&mut body, &mut gzip, MOST_BYTES),
        true => {
            let mut lines = redact::Lines::new(&mut gzip);
            let came = pour(&mut body, &mut lines, MOST_BYTES);
            came.and(lines.finish().map_err(said))
        }
    };
    came.and(gzip.finish().map_err(said))
}

/// Passes a packed profile on as it is, and unpacks it meanwhile: only its checksum tells that it is whole.
fn check(
    body: &mut dyn Read,
    spool: &mut Spool<'_, '_>,
    limit: u64,
) -> std::result::Result<(), String> {
    let mut tee = Tee {
        body,
        out: spool,
        limit,
    };
    let unpacked = io::copy(&mut Layer::new(&mut tee, u64::MAX), &mut io::sink());
    if let Err(error) = unpacked {
        // What follows the damage came all the same.
        pour(&mut tee, &mut io::sink(), limit)?;
        return Err(error_text(&error));
    }
    Ok(())
}

/// Reads until it takes too long.
struct Hasty<'h> {
    body: &'h mut dyn Read,
    until: Instant,
}

impl Read for Hasty<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match Instant::now() < self.until {
            true => self.body.read(buffer),
            false => Err(io::Error::other(format!("it took longer than {LONGEST} s"))),
        }
    }
}

/// Hands out what it reads, and keeps it.
struct Tee<'t, 's, 'o> {
    body: &'t mut dyn Read,
    out: &'t mut Spool<'s, 'o>,
    limit: u64,
}

impl Read for Tee<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        let limit = self.limit;
        if self.out.bytes().saturating_add(count as u64) > limit {
            let text = format!("it is longer than {limit} bytes");
            return Err(io::Error::other(text));
        }
        self.out.write_all(&buffer[..count])?;
        Ok(count)
    }
}

/// One line for what came of something. Nobody may be left to be told, or a terminal take no more after Ctrl-C:
/// that must not cost what is still to be written.
fn tell(row: Option<&Row>, err: &mut dyn Sink) {
    let Some(row) = row else {
        return;
    };
    let size = String::from_utf8_lossy(&measure::label(
        i64::try_from(row.bytes).unwrap_or(i64::MAX),
        b"bytes",
    ))
    .into_owned();
    let text = match row.state {
        State::Whole => format!("{}: {size} in {:.1} s", row.name, row.took),
        State::Cut => format!("{}: cut after {size}: {}", row.name, row.why),
        State::Failed => format!("{}: failed: {}", row.name, row.why),
        State::Left => format!("{}: left out: {}", row.name, row.why),
    };
    let _ = say(err, text.as_bytes());
}

/// Says what there is, and what to do with it.
fn outcome(rows: &[Row], wish: &Collect, err: &mut dyn Sink) -> Result<()> {
    let whole = rows.iter().filter(|row| row.state == State::Whole).count();
    let broken = |row: &&Row| matches!(row.state, State::Cut | State::Failed);
    let broken = rows.iter().filter(broken).count();
    let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
    let size = measure::label(i64::try_from(bytes).unwrap_or(i64::MAX), b"bytes");
    let name = if wish.to == STDOUT { "it" } else { &wish.to };
    let size = String::from_utf8_lossy(&size);
    let text = format!("Collected {whole} files whole, {size} in all; podprof opens {name}");
    let interrupted = interrupt::check();
    // It has been obeyed; a terminal is told nothing as long as it stands.
    interrupt::clear();
    if whole > 0 {
        let _ = say(err, text.as_bytes()); // as in `tell`
    }
    interrupted?;
    match (whole, broken) {
        (_, 0) => Ok(()),
        (0, _) => Err(Error::source("nothing could be collected")),
        (_, broken) => Err(Error::source(format!(
            "{broken} files are cut or missing: MANIFEST.txt tells why"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_answer_ends() {
        let mut came = Plain(io::sink());
        let why = pour(&mut io::repeat(b'x'), &mut came, 1 << 20).expect_err("too long");
        assert_eq!(why, "it is longer than 1048576 bytes");
        let mut store = Store::Tar(tar::Writer::new(&mut came, 0));
        let mut spool = store.file("heap.pb.gz");
        let start = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        // Empty stored blocks, one after the other.
        let mut body = (&start[..]).chain(Blocks);
        let why = check(&mut body, &mut spool, 1 << 20).expect_err("too long");
        assert_eq!(why, "it is longer than 1048576 bytes");
    }

    struct Blocks;

    impl Read for Blocks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len() / 5 * 5;
            for block in buffer[..count].chunks_mut(5) {
                block.copy_from_slice(&[0, 0, 0, 0xff, 0xff]);
            }
            Ok(count)
        }
    }

    #[test]
    fn an_answer_that_only_trickles_is_given_up() {
        let (now, mut body) = (Instant::now(), &b"abc"[..]);
        let mut hasty = Hasty {
            body: &mut body,
            until: now + Duration::from_secs(1000),
        };
        assert_eq!(hasty.read(&mut [0]).expect("in time"), 1);
        hasty.until = now;
        let why = hasty.read(&mut [0]).expect_err("late").to_string();
        assert_eq!(why, "it took longer than 60 s");
    }

    #[test]
    fn a_text_tells_how_many_goroutines_there_are() {
        assert_eq!(total(b"goroutine profile: total 12\n1 @"), Some(12));
        for text in [
            &b"goroutine profile: total \n"[..],
            b"heap profile: 1:",
            b"",
        ] {
            assert_eq!(total(text), None);
        }
    }
}
