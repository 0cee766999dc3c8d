//! Keeps the beginning of a report back until it is sure to come to an end.
//!
//! As pprof-behaviour 1.3: a report that ends in an error prints nothing. pprof keeps all of it in
//! memory; reports here find their errors before the first row, so a bounded beginning is enough, and
//! what is longer flows on.

use std::io::{self, Write};

use super::target::Target;
use crate::report::sink::{Role, Sink};

/// A report that fails later than after so many bytes has been interrupted.
const HELD: usize = 256 * 1024;

/// Where a report goes once it is let through.
pub(super) enum Gate<'a> {
    /// To a sink.
    Sink(&'a mut dyn Sink),
    /// To a file.
    File(File<'a>),
}

/// A file that is not touched before the report is let through.
pub(super) struct File<'a> {
    name: &'a str,
    announce: &'a dyn Fn(&str),
    target: Option<Target>,
}

impl<'a> File<'a> {
    /// The file `name`, which `announce` is told of just before it is opened.
    pub(super) fn new(name: &'a str, announce: &'a dyn Fn(&str)) -> Self {
        File {
            name,
            announce,
            target: None,
        }
    }

    fn target(&mut self) -> io::Result<&mut Target> {
        let target = match self.target.take() {
            Some(target) => target,
            None => {
                (self.announce)(self.name);
                Target::create(self.name)?
            }
        };
        Ok(self.target.insert(target))
    }
}

/// A sink that holds the first bytes back.
pub(super) struct Held<'a> {
    gate: Gate<'a>,
    bytes: Vec<u8>,
    /// Where in `bytes` a role begins.
    roles: Vec<(usize, Role)>,
    flowing: bool,
}

impl<'a> Held<'a> {
    /// Holds back what goes to `gate`.
    pub(super) fn new(gate: Gate<'a>) -> Self {
        Held {
            gate,
            bytes: Vec::new(),
            roles: Vec::new(),
            flowing: false,
        }
    }

    /// The report has come to its end: lets through what is still held, and completes the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.release()?;
        match self.gate {
            Gate::Sink(_) => Ok(()),
            Gate::File(mut file) => {
                file.target()?;
                file.target.take().map_or(Ok(()), Target::finish)
            }
        }
    }

    fn release(&mut self) -> io::Result<()> {
        self.flowing = true;
        let bytes = std::mem::take(&mut self.bytes);
        let mut start = 0;
        for (end, role) in std::mem::take(&mut self.roles) {
            self.pass(bytes.get(start..end).unwrap_or_default())?;
            self.role(role)?;
            start = end;
        }
        self.pass(bytes.get(start..).unwrap_or_default())
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.gate {
            _ if bytes.is_empty() => Ok(()), // a role changed twice
            Gate::Sink(sink) => sink.write_all(bytes),
            Gate::File(file) => file.target()?.write_all(bytes),
        }
    }
}

impl Write for Held<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.flowing {
            self.pass(bytes)?;
            return Ok(bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > HELD {
            self.release()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Held<'_> {
    fn role(&mut self, role: Role) -> io::Result<()> {
        match &mut self.gate {
            Gate::File(_) => Ok(()),
            Gate::Sink(sink) if self.flowing => sink.role(role),
            Gate::Sink(_) => {
                self.roles.push((self.bytes.len(), role));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes roles into its text.
    #[derive(Default)]
    struct Marked(Vec<u8>);

    impl Write for Marked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for Marked {
        fn role(&mut self, role: Role) -> io::Result<()> {
            write!(self.0, "<{role:?}>")
        }
    }

    #[test]
    fn nothing_is_let_through_before_the_end_of_a_short_report() {
        let mut sink = Marked::default();
        let mut held = Held::new(Gate::Sink(&mut sink));
        held.write_all(b"a row").expect("held");
        drop(held);
        assert!(sink.0.is_empty());
    }

    #[test]
    fn roles_come_out_where_they_went_in() {
        let mut sink = Marked::default();
        let mut held = Held::new(Gate::Sink(&mut sink));
        held.write_all(b"1 ").expect("held");
        crate::report::sink::put(&mut held, Role::Name, b"main").expect("held");
        held.write_all(b"\n").expect("held");
        held.finish().expect("written");
        assert_eq!(sink.0, b"1 <Name>main<Text>\n");
    }

    #[test]
    fn a_long_report_flows() {
        let mut sink = Marked::default();
        let mut held = Held::new(Gate::Sink(&mut sink));
        held.write_all(&vec![b'x'; HELD + 1]).expect("flows");
        held.role(Role::Name).expect("flows");
        held.write_all(b"y").expect("flows");
        drop(held);
        assert_eq!(sink.0.len(), HELD + 1 + "<Name>y".len());
    }

    #[test]
    fn a_file_is_announced_and_made_only_at_the_end() {
        let folder = super::super::target::tests::folder("held");
        let path = folder.join("report");
        let name = path.to_str().expect("a plain path");
        let told = std::cell::Cell::new(0);
        let announce = |_: &str| told.set(told.get() + 1);
        let mut held = Held::new(Gate::File(File::new(name, &announce)));
        held.write_all(b"text").expect("held");
        assert_eq!((told.get(), path.exists()), (0, false));
        held.finish().expect("written");
        assert_eq!(told.get(), 1);
        assert_eq!(std::fs::read(&path).expect("a file"), b"text");
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn an_empty_report_makes_an_empty_file() {
        let folder = super::super::target::tests::folder("empty");
        let path = folder.join("report");
        let name = path.to_str().expect("a plain path");
        let held = Held::new(Gate::File(File::new(name, &|_| ())));
        held.finish().expect("written");
        assert_eq!(std::fs::read(&path).expect("a file"), b"");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
