//! `Basic …` of RFC 7617: how a user and a password are sent.

use super::url::User;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What the header Authorization says.
pub(super) fn login(user: &User) -> String {
    let password = user.password.as_deref().unwrap_or_default();
    let login = [&user.name, b":".as_slice(), password].concat();
    let mut text = "Basic ".to_string();
    for three in login.chunks(3) {
        let byte = |at: usize| three.get(at).copied().map_or(0, usize::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            match digit <= three.len() {
                true => text.push(char::from(DIGITS[bits >> (18 - 6 * digit) & 63])),
                false => text.push('='),
            }
        }
    }
    text
}
