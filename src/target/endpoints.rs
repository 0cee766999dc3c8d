//! What a process offers: the page at /debug/pprof/, of whatever release or router, with its live counts.
//!
//! Asking is one short GET. Where a server answers but has no such page, a question that costs nothing
//! finds out what it has all the same: Go refuses `seconds=0` of a profile that exists before it takes one.

use std::time::Duration;

use crate::go::fmt;
use crate::source::{self, Glance, Ways};

/// Where Go serves profiles unless somebody chose another place.
pub(crate) const PATH: &str = "/debug/pprof/";
/// Bytes of a page that are looked at.
const LONGEST_PAGE: usize = 256 * 1024;
/// Rows of a page that are kept.
const MOST_OFFERS: usize = 200;
const LONGEST_NAME: usize = 100;

/// Profiles that Go has by itself and that `seconds=0` costs nothing.
const PROFILES: [&str; 7] = [
    "allocs",
    "block",
    "goroutine",
    "goroutineleak",
    "heap",
    "mutex",
    "threadcreate",
];
/// What else net/http/pprof serves; the page has no counts for it.
const SERVICES: [&str; 4] = ["cmdline", "profile", "symbol", "trace"];

/// One row of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) name: String,
    /// How many records it has now, where the page says so.
    pub(crate) count: Option<u64>,
}

/// A server's profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The URL that names are put behind, with its last `/`; a login may stand in it.
    pub(crate) base: String,
    /// Sorted by name.
    pub(crate) offers: Vec<Offer>,
    /// Whether a page listed them; else each was asked for.
    pub(crate) listed: bool,
}

impl Endpoint {
    /// How many records the profile of this name has, where that is known.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.offers.iter().find(|offer| offer.name == name)?.count
    }

    /// Whether the profile of this name is known to be there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.offers.iter().any(|offer| offer.name == name)
    }
}

impl Offer {
    /// Whether it is one of the services that hold no records.
    pub(crate) fn is_service(&self) -> bool {
        SERVICES.contains(&self.name.as_str())
    }
}

/// Asks the server of the page `url`, in a path that ends in `/`, what it offers.
///
/// # Errors
/// One line that says what is there instead.
pub(crate) fn ask(url: &str, limit: Duration, ways: &Ways) -> Result<Endpoint, String> {
    let glance = |url: &str| source::glance(url, limit, LONGEST_PAGE, ways);
    let mut page = glance(url)?;
    let mut base = url.to_string();
    // A router may know the page by another spelling; to another host nothing is followed.
    if let Some(other) = page
        .redirect
        .as_ref()
        .filter(|to| origin(to) == origin(url))
    {
        base = directory(other);
        page = glance(other)?;
    }
    if page.code == 200
        && let Some((prefix, offers)) = read(&page.body)
    {
        if prefix.starts_with('/') {
            base = format!("{}{prefix}", origin(&base));
        }
        return Ok(Endpoint {
            base,
            offers,
            listed: true,
        });
    }
    let offers = present(url, &glance);
    match offers.is_empty() {
        true => Err(instead(&page)),
        false => Ok(Endpoint {
            base: url.to_string(),
            offers,
            listed: false,
        }),
    }
}

/// Which profiles are there although no page lists them.
fn present(url: &str, glance: &(dyn Fn(&str) -> Result<Glance, String> + Sync)) -> Vec<Offer> {
    let is_there = |name: &str| {
        let asked = glance(&format!("{url}{name}?seconds=0"));
        asked.is_ok_and(|reply| reply.go_pprof && reply.code == 400)
    };
    // One that every release has; where it is missing the others need not be asked for.
    if !is_there("heap") {
        return Vec::new();
    }
    std::thread::scope(|scope| {
        let asked = PROFILES.map(|name| (name, scope.spawn(move || is_there(name))));
        let there = asked
            .into_iter()
            .filter_map(|(name, thread)| thread.join().ok()?.then_some(name));
        let mut offers: Vec<Offer> = there.chain(SERVICES).map(offer).collect();
        offers.sort_by(|a, b| a.name.cmp(&b.name));
        offers
    })
}

fn offer(name: &str) -> Offer {
    Offer {
        name: name.to_string(),
        count: None,
    }
}

fn instead(page: &Glance) -> String {
    match page.code {
        401 | 403 | 407 => format!("it wants a login ({})", page.code),
        400 if contains(&page.body, b"HTTPS server") => "it speaks TLS".to_string(),
        200 => "a page that lists no profiles".to_string(),
        code => format!("no profiles there ({code})"), // whatever else a server says
    }
}

/// `http://host:port` of a URL, `unix:/run/app.sock:` of a socket's.
pub(super) fn origin(url: &str) -> &str {
    if url.starts_with("unix:") {
        return &url[..url.rfind(":/").map_or(url.len(), |at| at + 1)];
    }
    let from = url.find("://").map_or(0, |at| at + 3);
    let end = url[from..].find('/').map_or(url.len(), |at| from + at);
    &url[..end]
}

/// The URL as one that names can be put behind.
fn directory(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    format!("{}/", url.trim_end_matches('/'))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

/// What a page lists, and the path that all its links have before the name (formats 5); none where it is another page.
pub(crate) fn read(page: &[u8]) -> Option<(String, Vec<Offer>)> {
    let text = String::from_utf8_lossy(page);
    let links = links(&text);
    let prefix = links.iter().find(|link| is_well_known(link.name));
    let prefix = prefix?.prefix;
    let rows = links.iter().filter(|link| link.prefix == prefix);
    let rows: Vec<&Link<'_>> = rows.take(MOST_OFFERS).collect();
    // Go counts before the name, others behind it.
    let before = rows.first().is_some_and(|link| link.before.is_some());
    let mut offers: Vec<Offer> = Vec::new();
    for link in &rows {
        if offers.iter().any(|offer| offer.name == link.name) {
            continue; // the same with debug=2
        }
        let count = if before { link.before } else { link.behind };
        let mut offer = offer(link.name);
        offer.count = count.filter(|_| !offer.is_service());
        offers.push(offer);
    }
    offers.sort_by(|a, b| a.name.cmp(&b.name));
    let known = offers.iter().filter(|offer| is_well_known(&offer.name));
    (known.count() >= 2).then(|| (prefix.to_string(), offers))
}

fn is_well_known(name: &str) -> bool {
    PROFILES.contains(&name) || SERVICES.contains(&name)
}

/// A link of a page that may lead to a profile.
struct Link<'p> {
    prefix: &'p str,
    name: &'p str,
    before: Option<u64>,
    behind: Option<u64>,
}

fn links(page: &str) -> Vec<Link<'_>> {
    let mut anchors = Vec::new();
    let mut from = 0;
    while let Some(at) = find_anchor(page, from) {
        let (target, end) = href(page, at);
        anchors.push((at, target, end));
        from = end.max(at + 2);
    }
    let mut links = Vec::new();
    for (nth, (at, target, end)) in anchors.iter().enumerate() {
        let previous = nth.checked_sub(1).map_or(0, |nth| anchors[nth].2);
        let next = anchors.get(nth + 1).map_or(page.len(), |next| next.0);
        let Some((prefix, name)) = target.and_then(split) else {
            continue; // a link to somewhere else
        };
        links.push(Link {
            prefix,
            name,
            before: number(words(&page[previous..*at]).last()),
            // The first word is the text of the link itself; a colon may stand before the number.
            behind: words(&page[*end..next])
                .iter()
                .skip(1)
                .take(2)
                .find_map(|word| number(Some(word))),
        });
    }
    links
}

/// Where the next `<a ` begins.
fn find_anchor(page: &str, from: usize) -> Option<usize> {
    let bytes = page.as_bytes();
    let begins = |at: &usize| {
        let tag = bytes.get(*at..at + 3);
        tag.is_some_and(|tag| tag[..2].eq_ignore_ascii_case(b"<a") && tag[2].is_ascii_whitespace())
    };
    (from..page.len()).find(begins)
}

/// What the tag at `at` refers to, and where the tag ends.
fn href(page: &str, at: usize) -> (Option<&str>, usize) {
    let end = page[at..].find('>').map_or(page.len(), |end| at + end + 1);
    let tag = &page[at..end];
    let value = tag.to_ascii_lowercase().find("href").and_then(|at| {
        let value = tag[at + 4..].trim_start().strip_prefix('=')?.trim_start();
        match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_whitespace() || c == '>').next(),
        }
    });
    (value, end)
}

/// A link's path up to its name, and the name; none where it leads to another host or is no name.
fn split(target: &str) -> Option<(&str, &str)> {
    let path = target.split(['?', '#']).next()?;
    let path = path.strip_prefix("./").unwrap_or(path);
    if path.contains("://") || path.starts_with("//") {
        return None;
    }
    let (prefix, name) = match path.rfind(PATH) {
        Some(at) => path.split_at(at + PATH.len()),
        // Names of one's own profiles may have slashes in them.
        None if !path.starts_with('/') => ("", path),
        None => path.split_at(path.rfind('/')? + 1),
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'`\\".contains(&byte);
    let sound = !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain);
    (sound && prefix.bytes().all(plain)).then_some((prefix, name))
}

/// The words of a piece of a page, its tags left out.
fn words(piece: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = piece;
    loop {
        let (text, tail) = rest.split_once('<').unwrap_or((rest, ""));
        words.extend(text.split_whitespace());
        match tail.split_once('>') {
            Some((_, behind)) => rest = behind,
            None => return words,
        }
    }
}

fn number(word: Option<&&str>) -> Option<u64> {
    let word = word?.trim_matches(|c: char| c.is_ascii_punctuation());
    let number = fmt::parse_int(word.as_bytes(), 10, 64).ok()?;
    u64::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(page: &str) -> Option<(String, String)> {
        let (prefix, offers) = read(page.as_bytes())?;
        let rows = offers.iter().map(|offer| match offer.count {
            Some(count) => format!("{} {count}", offer.name),
            None => offer.name.clone(),
        });
        Some((prefix, rows.collect::<Vec<_>>().join(", ")))
    }

    #[track_caller]
    fn lists(page: &str, prefix: &str, rows: &str) {
        assert_eq!(counts(page), Some((prefix.to_string(), rows.to_string())));
    }

    #[test]
    fn the_page_of_go_1_27_has_a_row_for_each_profile() {
        let page = "<html><body>/debug/pprof/<br><table>\n\
            <thead><td>Count</td><td>Profile</td></thead>\n\
            <tr><td>12</td><td><a href='allocs?debug=1'>allocs</a></td></tr>\n\
            <tr><td>0</td><td><a href='cmdline?debug=1'>cmdline</a></td></tr>\n\
            <tr><td>54</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>\n\
            <tr><td>3</td><td><a href='github.com/x/y.pool?debug=1'>github.com/x/y.pool</a></td></tr>\n\
            </table><a href=\"goroutine?debug=2\">full goroutine stack dump</a>";
        let rows = "allocs 12, cmdline, github.com/x/y.pool 3, goroutine 54";
        lists(page, "", rows);
    }

    #[test]
    fn pages_of_older_releases_are_alike() {
        let page = "<tr><td>5</td><td><a href=goroutine?debug=1>goroutine</a></td></tr>\
            <tr><td>7</td><td><a href=heap?debug=1>heap</a></td></tr>";
        lists(page, "", "goroutine 5, heap 7");
        let page = "profiles:<br>\n<table>\n<tr><td align=right>5<td>\
            <a href=\"goroutine?debug=1\">goroutine</a>\n\
            <tr><td align=right>7<td><a href=\"heap?debug=1\">heap</a>\n</table>";
        lists(page, "", "goroutine 5, heap 7");
    }

    #[test]
    fn routers_write_whole_paths_and_other_words() {
        let page = "<A class='x' HREF = '/internal/debug/pprof/heap'>heap</a> (12) \
            <a href='/internal/debug/pprof/goroutine?debug=1'>goroutine</a>: 3\n\
            <a href='/metrics'>metrics</a> <a href='https://h/debug/pprof/mutex'>mutex</a>";
        lists(page, "/internal/debug/pprof/", "goroutine 3, heap 12");
        let page = "<ul><li><a href='/admin/prof/heap'>heap</a><li><a href='/admin/prof/trace'>";
        lists(page, "/admin/prof/", "heap, trace");
        lists("<a href=./heap>1</a><a href=./block>", "", "block, heap");
    }

    #[test]
    fn another_page_is_none_of_ours() {
        for page in [
            "",
            "404 page not found",
            "<a href='/login'>log in</a><a href='/profile'>you</a>",
            "<a href='javascript:heap'>heap</a>",
            "<a href=heap",
            "<a ><a href><a href=><a href='",
            "<a href='heap goroutine'>",
        ] {
            assert_eq!(counts(page), None, "{page}");
        }
    }

    #[test]
    fn a_hostile_page_is_read_to_its_end() {
        let page = "<a href='h\u{1b}eap'>é</a><a href=goroutine\u{fffd}>".repeat(3);
        assert_eq!(counts(&page), None);
        let many: String = (0..500).map(|at| format!("<a href=p{at}>")).collect();
        let (_, offers) =
            read(format!("<a href=heap><a href=mutex>{many}").as_bytes()).expect("a list");
        assert_eq!(offers.len(), MOST_OFFERS);
        let long = "x".repeat(LONGEST_NAME + 1);
        lists(
            &format!("<a href=heap><a href=block><a href={long}>"),
            "",
            "block, heap",
        );
        let mut page = b"<a href=heap>\xff\xfe<a href=block>1".to_vec();
        page.extend([0xf0; 100]);
        assert!(read(&page).is_some());
    }

    #[test]
    fn a_url_has_an_origin_and_a_directory() {
        assert_eq!(origin("http://h:1/a/b?c"), "http://h:1");
        assert_eq!(origin("http://h"), "http://h");
        assert_eq!(
            origin("unix:/run/a.sock:/debug/pprof/"),
            "unix:/run/a.sock:"
        );
        assert_eq!(
            directory("http://h/debug/pprof?x=1"),
            "http://h/debug/pprof/"
        );
        assert_eq!(directory("http://h/debug/pprof/"), "http://h/debug/pprof/");
    }
}
