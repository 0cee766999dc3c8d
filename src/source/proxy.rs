//! Which proxy stands between us and a server, as Go reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
//!
//! This machine itself is never asked through a proxy: the loopback of the proxy is not ours.

use std::net::IpAddr;

use super::url::{self, Url};

/// What the environment says about proxies.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    http: String,
    https: String,
    /// Hosts that are asked directly.
    none: String,
}

impl Proxies {
    /// Reads the environment by the names that Go knows, the upper case first.
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let either = |upper: &str| {
            let given = variable(upper).filter(|text| !text.is_empty());
            given.or_else(|| variable(&upper.to_lowercase()))
        };
        // As Go: to a CGI program HTTP_PROXY is what the client sent as its header Proxy.
        let is_cgi = variable("REQUEST_METHOD").is_some_and(|method| !method.is_empty());
        Self {
            http: either("HTTP_PROXY").filter(|_| !is_cgi).unwrap_or_default(),
            https: either("HTTPS_PROXY").unwrap_or_default(),
            none: either("NO_PROXY").unwrap_or_default(),
        }
    }

    /// The proxy for this URL, if there is one.
    ///
    /// # Errors
    /// What is set is no address of a proxy; a password in it is not repeated.
    pub(super) fn of(&self, url: &Url) -> Result<Option<Url>, String> {
        let (name, text) = match url.scheme.as_str() {
            "http" => ("HTTP_PROXY", &self.http),
            _ => ("HTTPS_PROXY", &self.https), // https and https+insecure
        };
        if text.is_empty() || url.socket.is_some() || self.goes_directly(url) {
            return Ok(None);
        }
        let given = url::parse(text.as_bytes()).filter(|proxy| !proxy.host.is_empty());
        let proxy = given.or_else(|| match text.contains("://") {
            true => None,
            false => url::parse(format!("http://{text}").as_bytes()),
        });
        match proxy {
            Some(proxy) if proxy.scheme == "http" && !proxy.host.is_empty() => Ok(Some(proxy)),
            Some(proxy) if !proxy.host.is_empty() => {
                let proxy = proxy.masked();
                Err(format!(
                    "proxy {proxy} of {name}: podprof knows http:// proxies only (NO_PROXY lists hosts to ask directly)"
                ))
            }
            _ => Err(format!("invalid proxy address in {name}")),
        }
    }

    fn goes_directly(&self, url: &Url) -> bool {
        let (host, port) = url.host_and_port();
        let host = String::from_utf8_lossy(host).to_ascii_lowercase();
        let default = if url.scheme == "http" { "80" } else { "443" };
        let port = port.map_or(default.into(), String::from_utf8_lossy);
        let address = host.split('%').next().and_then(|host| host.parse().ok());
        if host.is_empty() || host == "localhost" || address.is_some_and(is_loopback) {
            return true;
        }
        let rules = self.none.split(',').map(str::trim);
        rules
            .filter(|rule| !rule.is_empty())
            .any(|rule| exempts(&rule.to_ascii_lowercase(), &host, (&port, address)))
    }
}

fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V6(six) => six
            .to_ipv4_mapped()
            .map_or(six.is_loopback(), |four| four.is_loopback()),
        IpAddr::V4(four) => four.is_loopback(),
    }
}

/// Whether one rule of NO_PROXY names this host: `*`, `10.0.0.0/8`, `10.1.2.3`, `.svc`, `host`, the last three with a port.
fn exempts(rule: &str, host: &str, (port, address): (&str, Option<IpAddr>)) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some((network, bits)) = rule.split_once('/') {
        let network = network.parse().ok().zip(bits.parse().ok());
        return network
            .zip(address)
            .is_some_and(|(network, address)| holds(network, address));
    }
    let (name, wanted) = match rule.rsplit_once(':') {
        // The last colon of an IPv6 address is none of a port.
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
        _ => (rule, None),
    };
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(name) = name.parse::<IpAddr>() {
        return address == Some(name);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        // As Go: with the dot only what lies below.
        Some(domain) => host
            .strip_suffix(domain)
            .is_some_and(|below| below.ends_with('.')),
        None => host
            .strip_suffix(name)
            .is_some_and(|below| below.is_empty() || below.ends_with('.')),
    }
}

/// Whether a network, an address and how many of its bits count, holds the address.
fn holds((network, bits): (IpAddr, u32), address: IpAddr) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
        IpAddr::V6(six) => (six.to_bits(), 128),
    };
    let ((network, width), (address, same)) = (number(network), number(address));
    let differing = (network ^ address).leading_zeros();
    width == same && bits <= width && differing >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(variables: &[(&str, &str)], source: &str) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| value.to_string())
        };
        let url = url::parse(source.as_bytes()).expect("a URL");
        let proxy = Proxies::read(&variable).of(&url)?;
        Ok(proxy.map(|proxy| String::from_utf8(proxy.host).expect("a plain host")))
    }

    #[test]
    fn each_scheme_has_its_proxy_and_upper_case_comes_first() {
        let set = [
            ("HTTP_PROXY", "a:1"),
            ("http_proxy", "b:1"),
            ("https_proxy", "http://u:p@c:2/"),
        ];
        assert_eq!(through(&set, "http://h/"), Ok(Some("a:1".into())));
        assert_eq!(through(&set, "https://h/"), Ok(Some("c:2".into())));
        assert_eq!(through(&set, "https+insecure://h/"), Ok(Some("c:2".into())));
        assert_eq!(through(&[], "http://h/"), Ok(None));
        let cgi = [set[0], ("REQUEST_METHOD", "GET")];
        assert_eq!(through(&cgi, "http://h/"), Ok(None));
    }

    #[test]
    fn this_machine_is_never_asked_through_a_proxy() {
        for host in [
            "localhost:6060",
            "LOCALHOST",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:6060",
            ":6060",
            "[::ffff:127.0.0.1]",
        ] {
            let source = format!("http://{host}/x");
            assert_eq!(
                through(&[("HTTP_PROXY", "a:1")], &source),
                Ok(None),
                "{host}"
            );
        }
    }

    #[test]
    fn no_proxy_is_read_as_go_reads_it() {
        for (rule, host, directly) in [
            ("*", "h", true),
            ("example.com", "example.com", true),
            ("example.com", "a.example.com:80", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", false),
            (".example.com", "A.Example.com", true),
            ("*.example.com", "a.example.com", true),
            ("a, ,b ", "b", true),
            ("h:8080", "h:8080", true),
            ("h:8080", "h", false),
            ("h:80", "h", true),
            ("10.0.0.0/8", "10.200.3.4:9", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/99", "10.0.0.0", false),
            ("fd00::/8", "[fd12::1]:80", true),
            ("10.1.2.3", "10.1.2.3:70", true),
            ("10.1.2.3:80", "10.1.2.3:70", false),
            ("fd00::1", "[fd00::1]", true),
            ("[fd00::1]:80", "[fd00::1]", true),
            ("0.0.0.0/0", "h", false),
        ] {
            let set = [("HTTP_PROXY", "a:1"), ("NO_PROXY", rule)];
            let through = through(&set, &format!("http://{host}/x")).expect("a proxy");
            assert_eq!(through.is_none(), directly, "{rule} {host}");
        }
    }

    #[test]
    fn what_is_no_proxy_of_ours_is_refused_without_its_password() {
        for proxy in [
            "socks5://u:s3cret@h:1",
            "https://u:s3cret@h:1",
            "http://u:s3cret@h:x y",
            "u:s3cret@",
        ] {
            let text = through(&[("HTTP_PROXY", proxy)], "http://h/").expect_err("refused");
            assert!(
                text.contains("HTTP_PROXY") && !text.contains("s3cret"),
                "{text}"
            );
        }
    }
}
