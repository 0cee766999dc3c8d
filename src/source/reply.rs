//! What a server said instead of a profile, put into one line for the user.
//!
//! The words are the server's, so they are cut short, kept on one line, and no control byte of them survives.

use crate::go::fmt;

/// Bytes of a refusal or a page that are looked at.
pub(super) const LOOKED_AT: usize = 4096;
/// Characters of a server's words that are shown.
const SHOWN: usize = 300;

/// What is known of a reply before its body.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) code: u16,
    /// `404 Not Found`, as the server wrote it.
    pub(super) status: String,
    /// The reply carries `X-Go-Pprof`: its body is for the user.
    pub(super) go_pprof: bool,
    pub(super) content_type: String,
    pub(super) gzip_encoded: bool,
    pub(super) chunked: bool,
    pub(super) location: Option<Vec<u8>>,
}

impl Head {
    /// Where the reply sends the client; whatever else has a `Location` is an answer.
    pub(super) fn redirect(&self) -> Option<&[u8]> {
        match self.code {
            301 | 302 | 303 | 307 | 308 => self.location.as_deref(),
            _ => None,
        }
    }

    /// Whether the server would answer a request for a shorter recording.
    pub(super) fn wants_less_time(&self, said: &[u8]) -> bool {
        self.code == 400 && find(said, b"profile duration exceeds server's WriteTimeout").is_some()
    }

    /// pprof's text for a reply other than 200, then what its body says or what to do.
    pub(super) fn refusal(&self, path: &str, body: &[u8]) -> String {
        let status = one_line(self.status.as_bytes());
        let said = one_line(body);
        let plain = self.content_type.contains("text/plain");
        if self.go_pprof && plain {
            let advice = self.advice(path, &said);
            return format!("server response: {status} - {said}{advice}");
        }
        let words = match page_title(body, &self.content_type) {
            Some(Some(title)) => format!(" (an HTML page, title {})", fmt::quote(title.as_bytes())),
            Some(None) => " (an HTML page)".to_string(),
            None if plain && !said.is_empty() => format!(" (it says: {said})"),
            None => String::new(),
        };
        let advice = self.advice(path, &said);
        format!("server response: {status}{words}{advice}")
    }

    fn advice(&self, path: &str, said: &str) -> &'static str {
        match self.code {
            400 if said.contains("HTTPS server") => "; the port speaks TLS: write https://",
            400 if said.contains("WriteTimeout") => "; not even a second fits",
            401 => "; a login is needed: http://USER:PASSWORD@HOST:PORT/… or -H 'Authorization: …'",
            407 => "; the proxy wants a login: HTTP_PROXY=http://USER:PASSWORD@HOST:PORT",
            404 if self.go_pprof => "; the page at /debug/pprof/ lists what there is",
            404 if !path.contains("/debug/pprof/") => "; Go serves profiles under /debug/pprof/",
            404 => "; does this port serve net/http/pprof?",
            500 if said.contains("already in use") => {
                "; another CPU profile is being taken: try when it has ended"
            }
            // The status says all there is to say.
            _ => "",
        }
    }
}

/// What to say of a page where a profile was asked for; nothing where `start` is no HTML.
pub(super) fn page(path: &str, start: &[u8], content_type: &str) -> Option<String> {
    let title = match page_title(start, content_type)? {
        Some(title) => format!(" (title {})", fmt::quote(title.as_bytes())),
        None => String::new(),
    };
    let advice = match path.ends_with("/debug/pprof/") || path.ends_with("/debug/pprof") {
        true => "name one of the profiles it lists, as in /debug/pprof/heap",
        false => {
            "is the path right? Go serves profiles under /debug/pprof/; a login page or a proxy may answer instead"
        }
    };
    Some(format!("is an HTML page{title}, not a profile: {advice}"))
}

/// The title of a page, if `start` is the start of one.
fn page_title(start: &[u8], content_type: &str) -> Option<Option<String>> {
    let start = start
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(start)
        .trim_ascii_start();
    let lower = start.to_ascii_lowercase();
    let declared = content_type.contains("text/html") && lower.starts_with(b"<");
    let openings: [&[u8]; 5] = [b"<!doctype html", b"<html", b"<head", b"<body", b"<title"];
    if !declared && !openings.iter().any(|opening| lower.starts_with(opening)) {
        return None;
    }
    let title = || {
        let open = find(&lower, b"<title")?;
        let from = open + find(lower.get(open..)?, b">")? + 1;
        let to = from + find(lower.get(from..)?, b"</title")?;
        let words = one_line(start.get(from..to)?);
        Some(words).filter(|words| !words.is_empty())
    };
    Some(title())
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// Words of a server on one line: blanks and line ends become one blank, control characters `\xNN`.
pub(super) fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    let mut shown = String::new();
    for (count, character) in words.chars().enumerate() {
        if count == SHOWN {
            shown.push('…');
            break;
        }
        match character.is_control() {
            true => shown.push_str(&format!("\\x{:02x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: &str, go_pprof: bool, content_type: &str) -> Head {
        Head {
            code: status[..3].parse().unwrap(),
            status: status.to_string(),
            go_pprof,
            content_type: content_type.to_string(),
            ..Head::default()
        }
    }

    #[test]
    fn only_go_pprofs_own_plain_text_follows_the_dash() {
        let text = head("404 Not Found", true, "text/plain; charset=utf-8")
            .refusal("/x", b"Unknown profile\n");
        assert!(
            text.starts_with("server response: 404 Not Found - Unknown profile; "),
            "{text}"
        );
        let text =
            head("403 Forbidden", false, "text/plain").refusal("/x", b"RBAC: access\n denied");
        assert_eq!(
            text,
            "server response: 403 Forbidden (it says: RBAC: access denied)"
        );
        let text = head("502 Bad Gateway", true, "application/json").refusal("/x", b"{}");
        assert_eq!(text, "server response: 502 Bad Gateway");
        let text =
            head("503 X", false, "text/html").refusal("/x", b"<HTML><title>\nNo <b>\n</TITLE>");
        assert_eq!(
            text,
            "server response: 503 X (an HTML page, title \"No <b>\")"
        );
    }

    #[test]
    fn a_page_is_told_by_its_first_words_and_a_profile_is_none() {
        let index = b"\n<!DOCTYPE html><title>/debug/pprof/</title>";
        let text = page("/debug/pprof/", index, "").unwrap();
        let wanted = "is an HTML page (title \"/debug/pprof/\"), not a profile: name one of";
        assert!(text.starts_with(wanted), "{text}");
        assert!(page("/x", b"<p>", "text/html; charset=utf-8").is_some());
        assert_eq!(page("/x", b"\n<p>", "application/octet-stream"), None);
        assert_eq!(page("/x", b"\x1f\x8b<html>", "text/html"), None);
        assert_eq!(page("/x", b"", "text/html"), None);
    }

    #[test]
    fn a_servers_words_are_short_on_one_line_and_without_control_bytes() {
        assert_eq!(
            one_line(b" a\r\n\tb\x1b[31m\xff\xc2\x9b "),
            "a b\\x1b[31m\u{fffd}\\x9b"
        );
        let long = one_line(&[b'x'; 5000]);
        assert_eq!(
            (long.chars().count(), long.ends_with('…')),
            (SHOWN + 1, true)
        );
    }
}
