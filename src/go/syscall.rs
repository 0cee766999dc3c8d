//! The words Go has for what the kernel refuses: the C library's texts differ between libraries and end in a number.

use std::io::{self, ErrorKind};

/// Linux error numbers in order, with Go's text of each that opening, reading, writing or connecting can meet.
const TEXTS: [(i32, &str); 44] = [
    (1, "operation not permitted"),
    (2, "no such file or directory"),
    (4, "interrupted system call"),
    (5, "input/output error"),
    (6, "no such device or address"),
    (9, "bad file descriptor"),
    (11, "resource temporarily unavailable"),
    (12, "cannot allocate memory"),
    (13, "permission denied"),
    (14, "bad address"),
    (16, "device or resource busy"),
    (17, "file exists"),
    (18, "invalid cross-device link"),
    (19, "no such device"),
    (20, "not a directory"),
    (21, "is a directory"),
    (22, "invalid argument"),
    (23, "too many open files in system"),
    (24, "too many open files"),
    (26, "text file busy"),
    (27, "file too large"),
    (28, "no space left on device"),
    (29, "illegal seek"),
    (30, "read-only file system"),
    (31, "too many links"),
    (32, "broken pipe"),
    (36, "file name too long"),
    (38, "function not implemented"),
    (40, "too many levels of symbolic links"),
    (75, "value too large for defined data type"),
    (95, "operation not supported"),
    (97, "address family not supported by protocol"),
    (98, "address already in use"),
    (99, "cannot assign requested address"),
    (100, "network is down"),
    (101, "network is unreachable"),
    (103, "software caused connection abort"),
    (104, "connection reset by peer"),
    (105, "no buffer space available"),
    (110, "connection timed out"),
    (111, "connection refused"),
    (112, "host is down"),
    (113, "no route to host"),
    (122, "disk quota exceeded"),
];

/// Go's text of an error, without the call and the name before it; an error of ours keeps its own.
pub(crate) fn error_text(error: &io::Error) -> String {
    let Some(number) = error.raw_os_error() else {
        return match error.kind() {
            ErrorKind::UnexpectedEof => "unexpected EOF".to_string(),
            // Every other kind without a number was made by us, text and all.
            _ => error.to_string(),
        };
    };
    let known = TEXTS.binary_search_by_key(&number, |(number, _)| *number);
    let known = known.ok().and_then(|at| TEXTS.get(at));
    known.map_or_else(
        || format!("errno {number}"),
        |(_, text)| (*text).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(TEXTS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_number_gets_gos_words_and_an_unknown_one_its_number() {
        assert_eq!(
            error_text(&io::Error::from_raw_os_error(2)),
            "no such file or directory"
        );
        assert_eq!(
            error_text(&io::Error::from_raw_os_error(122)),
            "disk quota exceeded"
        );
        assert_eq!(error_text(&io::Error::from_raw_os_error(999)), "errno 999");
        assert_eq!(error_text(&io::Error::other("ours")), "ours");
    }
}
