//! Header lines of the user's own (`-H`), with secrets in files read at each request: tokens rotate.
//!
//! What stands behind the colon is never printed, not even where it is wrong.

use std::fs::File;
use std::io::Read;

use crate::go::syscall;

/// Bytes that a file with a secret may have.
const LONGEST: u64 = 64 * 1024;
/// What the connection needs as podprof writes it.
const OURS: [&str; 5] = [
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "upgrade",
];

/// One line that is sent along with each request.
#[derive(Clone)]
pub(crate) struct Header {
    pub(super) name: String,
    value: String,
}

impl Header {
    /// Reads `Name: value`; the error does not repeat the value.
    pub(crate) fn parse(text: &str) -> Result<Header, String> {
        let form = "write -H 'Name: value', or -H 'Authorization: Bearer @/path/of/token'";
        let Some((name, value)) = text.split_once(':') else {
            return Err(format!("a header needs a name and a colon: {form}"));
        };
        let (name, value) = (name.trim(), value.trim());
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(format!("a header's name is one plain word: {form}"));
        }
        if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            return Err(format!("the header {name} is podprof's own"));
        }
        if !is_sendable(value) {
            return Err(format!(
                "the value of {name} holds what cannot be sent: {form}"
            ));
        }
        Ok(Header {
            name: name.to_string(),
            value: value.to_string(),
        })
    }

    /// The value as it is sent now: a last word `@/FILE` stands for what the file holds.
    pub(super) fn value(&self) -> Result<String, String> {
        let start = self.value.rfind(' ').map_or(0, |blank| blank + 1);
        let (before, word) = self.value.split_at(start);
        match word.strip_prefix('@').filter(|file| file.starts_with('/')) {
            Some(file) => Ok(format!("{before}{}", self.secret(file)?)),
            None => Ok(self.value.clone()),
        }
    }

    fn secret(&self, file: &str) -> Result<String, String> {
        let failed = |why: &str| format!("-H {}: {file}: {why}", self.name);
        let mut text = String::new();
        File::open(file)
            .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
            .map_err(|error| failed(&syscall::error_text(&error)))?;
        match text.trim() {
            "" => Err(failed("the file is empty")),
            text if !is_sendable(text) => Err(failed("it holds what cannot be sent in a header")),
            text => Ok(text.to_string()),
        }
    }
}

fn is_sendable(value: &str) -> bool {
    value.chars().all(|c| c == '\t' || !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Header::parse(text).err().expect("no header")
    }

    #[test]
    fn a_header_has_a_name_and_a_value_and_no_error_repeats_the_value() {
        let header = Header::parse("X-Scope-OrgID:  a:b ").unwrap();
        assert_eq!(
            (&*header.name, &*header.value().unwrap()),
            ("X-Scope-OrgID", "a:b")
        );
        for text in [
            "s3cret",
            ": s3cret",
            "a b: s3cret",
            "Content-Length: s3cret",
            "X: s3cret\r\nY: z",
        ] {
            assert!(!refusal(text).contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_secret_in_a_file_is_read_each_time() {
        let file = std::env::temp_dir().join(format!("podprof-token-{}", std::process::id()));
        let header = Header::parse(&format!("Authorization: Bearer @{}", file.display())).unwrap();
        for token in ["one", "two"] {
            std::fs::write(&file, format!("{token}\n")).unwrap();
            assert_eq!(header.value().unwrap(), format!("Bearer {token}"));
        }
        std::fs::write(&file, "a\nb").unwrap();
        assert!(header.value().unwrap_err().ends_with("sent in a header"));
        std::fs::remove_file(&file).unwrap();
        let text = header.value().unwrap_err();
        assert!(text.starts_with("-H Authorization: /"), "{text}");
        assert!(text.ends_with(": no such file or directory"), "{text}");
        assert_eq!(
            Header::parse("X: a@b @c").unwrap().value().unwrap(),
            "a@b @c"
        );
    }
}
