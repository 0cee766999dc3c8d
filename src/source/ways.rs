//! How servers are reached: what is sent along, what vouches for them, which proxy stands between.

use std::ffi::OsString;

use super::header::Header;
use super::proxy::Proxies;

/// Everything that is the same for all servers; credentials in it go to the hosts the user named only.
#[derive(Clone, Default)]
pub(crate) struct Ways {
    /// `-H`, in their order.
    pub(crate) headers: Vec<Header>,
    pub(crate) tls: TlsFiles,
    proxies: Proxies,
}

/// The files that TLS is spoken with; a name that is empty was not given.
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "TLS alone reads them")
)]
#[derive(Clone, Default)]
pub(crate) struct TlsFiles {
    /// `-tls_ca`: believed instead of the system's authorities.
    pub(crate) ca: String,
    /// `-tls_cert` and `-tls_key`: who we are.
    pub(crate) cert: String,
    pub(crate) key: String,
    /// SSL_CERT_FILE.
    pub(super) bundle: Option<OsString>,
    /// SSL_CERT_DIR, folders with colons between.
    pub(super) folders: Option<OsString>,
}

impl Ways {
    /// What the environment says: proxies and where authorities are.
    pub(crate) fn of_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            headers: Vec::new(),
            tls: TlsFiles {
                bundle: path("SSL_CERT_FILE"),
                folders: path("SSL_CERT_DIR"),
                ..TlsFiles::default()
            },
            proxies: Proxies::read(&text),
        }
    }

    pub(super) fn proxies(&self) -> &Proxies {
        &self.proxies
    }
}
