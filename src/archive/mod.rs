//! What a collected incident is written in and read from: gzip, tar, a checksum for each file.
//!
//! A leaf that anyone may use; what the files hold it does not know. Names and sizes that are read are
//! somebody else's: names are only ever compared and shown, nothing is unpacked into a folder.

pub(crate) mod gzip;
pub(crate) mod manifest;
pub(crate) mod sha256;
pub(crate) mod store;
pub(crate) mod tar;
