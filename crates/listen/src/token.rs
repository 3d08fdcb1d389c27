//! A token that who is let in must know.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

/// A token that who is let in must know, as a bearer token, or as a password with any user's name: browsers ask people for that.
///
/// Only its digest is kept: it is in no log, and comparing digests tells nothing of how much of a guess was right.
#[derive(Clone, Debug)]
pub struct Token([u8; 32]);

impl Token {
    /// This token.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether the sender of these headers knows it.
    pub fn is_known_by(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, given)) = given.and_then(|given| given.split_once(' ')) else { return false };
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => self.is(given.trim().as_bytes()),
            "basic" => {
                let decoded = BASE64_STANDARD.decode(given.trim()).unwrap_or_default();
                let colon = decoded.iter().position(|byte| *byte == b':');
                colon.is_some_and(|colon| self.is(&decoded[colon + 1..]))
            }
            _ => false,
        }
    }

    fn is(&self, text: &[u8]) -> bool {
        self.0 == <[u8; 32]>::from(Sha256::digest(text))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn who_knows_it_is_let_in() {
        let token = Token::new("open sesame");
        let check = |given: &str, let_in: bool| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(given).unwrap())]);
            assert_eq!(token.is_known_by(&headers), let_in, "{given}");
        };
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        check("Bearer open sesame",         true);
        check("bearer open sesame",         true);
        check(&basic("me:open sesame"),     true);
        check(&basic(":open sesame"),       true);
        check("Bearer open",                false);
        check("Bearer ",                    false);
        check("open sesame",                false);
        check(&basic("open sesame"),        false);
        check(&basic("me:open sesame:"),    false);
        check("Basic %",                    false);
        check("Digest open sesame",         false);
        assert!(!token.is_known_by(&HeaderMap::new()));
    }
}
