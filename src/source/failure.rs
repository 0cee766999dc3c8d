//! Why a stream broke off, kept beside it: decoders know only that it did.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::go::syscall;

/// The text of the first error of a stream, for the user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Rc<RefCell<Option<String>>>);

impl Failure {
    /// Pprof's words and ours; nothing as long as all reads went well.
    pub(crate) fn text(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}

/// A stream whose first error is kept in a [`Failure`] and stays its answer to every later read.
pub(super) struct Noted<R> {
    stream: R,
    failure: Failure,
}

impl<R: Read> Noted<R> {
    pub(super) fn new(stream: R) -> (Self, Failure) {
        let failure = Failure::default();
        let noted = Self {
            stream,
            failure: failure.clone(),
        };
        (noted, failure)
    }
}

impl<R: Read> Read for Noted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(text) = self.failure.text() {
            return Err(io::Error::other(text));
        }
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let text = syscall::error_text(&error);
                    *self.failure.0.borrow_mut() = Some(text.clone());
                    return Err(io::Error::other(text));
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives two bytes, fails once, and then pretends to be at its end.
    struct Broken(u32);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => {
                    buffer[..2].fill(7);
                    Ok(2)
                }
                2 => Err(io::Error::from_raw_os_error(5)),
                _ => Ok(0),
            }
        }
    }

    #[test]
    fn the_first_error_is_kept_and_never_followed_by_an_end() {
        let (mut noted, failure) = Noted::new(Broken(0));
        assert_eq!(noted.read(&mut [0; 9]).unwrap(), 2);
        assert_eq!(failure.text(), None);
        for _ in 0..3 {
            let error = noted.read(&mut [0; 9]).unwrap_err();
            assert_eq!(error.to_string(), "input/output error");
        }
        assert_eq!(failure.text().unwrap(), "input/output error");
    }
}
