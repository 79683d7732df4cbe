//! Taking a bearer token from a request (RFC 6750), from the one place it may be in.

use std::fmt;

use toolgate_core::{Credentials, Refusal, Verdict, credentials::Field};

/// The bearer token of a request's `Authorization` field.
///
/// ```
/// use toolgate_auth::bearer;
/// use toolgate_core::Credentials;
///
/// let credentials = Credentials::from_fields([("authorization", "bearer abc")]);
/// assert_eq!(bearer(&credentials).unwrap().expose(), "abc");
/// ```
///
/// # Errors
/// The verdict to return: [`Verdict::NotMine`] for another scheme, or a refusal when there is no
/// token, when it is sent twice, or when it is sent in the query, where logs and caches keep it
/// (RFC 6750 section 2.3, forbidden by RFC 9700 section 4.3.2).
pub fn bearer(credentials: &Credentials) -> Result<Token, Verdict> {
    token(credentials, "bearer")
}

/// The token of a request's `Authorization` field, under a scheme.
pub(crate) fn token(credentials: &Credentials, scheme: &str) -> Result<Token, Verdict> {
    if names_token(credentials.target()) {
        return refused(Refusal::malformed("a token must not be sent in the query"));
    }
    match credentials.field("authorization") {
        Field::Absent => refused(Refusal::missing()),
        Field::One(value) => take(&value, scheme),
        // A case of later versions of the core is no reason to pick a value.
        _ => refused(Refusal::malformed("credentials are sent more than once")),
    }
}

/// A token as it was sent. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Box<str>);

impl Token {
    /// What can be sent as a bearer token.
    #[cfg(feature = "jwt")]
    pub(crate) fn read(text: &str) -> Option<Self> {
        is_b64token(text.as_bytes()).then(|| Self(text.into()))
    }

    /// The token itself. Keep it out of logs, answers and calls to other servers.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

fn refused<T>(refusal: Refusal) -> Result<T, Verdict> {
    Err(Verdict::Refused(refusal))
}

/// The token of one field value: the scheme without case, one space or more, `b64token`.
fn take(value: &[u8], known: &str) -> Result<Token, Verdict> {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    if !scheme.eq_ignore_ascii_case(known.as_bytes()) {
        return Err(Verdict::NotMine);
    }
    let token = rest.trim_ascii();
    match std::str::from_utf8(token) {
        Ok(text) if is_b64token(token) => Ok(Token(text.into())),
        _ if token.iter().any(|byte| matches!(byte, b' ' | b',' | b'\t')) => {
            refused(Refusal::malformed("more than one token is sent"))
        }
        _ => refused(Refusal::invalid("that is not a bearer token")),
    }
}

/// `b64token` of RFC 6750, section 2.1.
fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = token.len() - padding;
    // It is a token nearly always. Without a way out in the middle, many bytes are compared at once.
    let plain = |all: bool, byte: &u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let other = b"-._~+/".iter().fold(false, |any, other| any | (byte == other));
        all & (letter | digit | other)
    };
    body > 0 && token.get(..body).unwrap_or_default().iter().fold(true, plain)
}

/// Whether the query of `target` has a parameter `access_token`, however its name is written.
fn names_token(target: &str) -> bool {
    let Some((_, query)) = target.split_once('?') else { return false };
    query.split(['&', ';']).any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        decode(name.as_bytes()) == b"access_token"
    })
}

/// Undoes percent-encoding; what is no encoding stays.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let hex =
            |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let (b'%', [high, low, tail @ ..]) = (*first, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high * 16 + low);
            rest = tail;
        } else {
            decoded.push(*first);
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use toolgate_core::{Evidence, authenticate::Reason};

    use super::*;

    struct Asked(&'static str, &'static [&'static str]);

    impl Evidence for Asked {
        fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
            if name.eq_ignore_ascii_case("authorization") {
                self.1.iter().for_each(|value| each(value.as_bytes()));
            }
        }
        fn target(&self) -> &str {
            self.0
        }
        fn peer(&self) -> Option<IpAddr> {
            None
        }
    }

    fn ask(target: &'static str, fields: &'static [&'static str]) -> Result<String, &'static str> {
        bearer(&Credentials::new(Asked(target, fields)))
            .map(|token| token.expose().to_owned())
            .map_err(|verdict| match verdict {
                Verdict::NotMine => "not mine",
                Verdict::Refused(refusal) => match refusal.reason() {
                    Reason::Missing => "missing",
                    Reason::Malformed => "malformed",
                    Reason::Invalid => "invalid",
                    _ => "other",
                },
                _ => "other",
            })
    }

    #[test]
    fn one_token_in_the_header_is_taken() {
        for value in [
            &["Bearer a.b-c_d~e+f/g=="][..],
            &["bearer a.b-c_d~e+f/g=="],
            &["BEARER   a.b-c_d~e+f/g=="],
        ] {
            assert_eq!(ask("/mcp?x=1", value).unwrap(), "a.b-c_d~e+f/g==");
        }
    }

    #[test]
    fn everything_else_is_refused_for_what_it_is() {
        let rows: [(&str, &[&str], &str); 14] = [
            ("/mcp", &[], "missing"),
            ("/mcp", &["Basic eDp5"], "not mine"),
            ("/mcp", &["DPoP abc"], "not mine"),
            ("/mcp", &["Bearerabc"], "not mine"),
            ("/mcp", &[""], "not mine"),
            ("/mcp", &["Bearer"], "invalid"),
            ("/mcp", &["Bearer  "], "invalid"),
            ("/mcp", &["Bearer =="], "invalid"),
            ("/mcp", &["Bearer h\u{e4}"], "invalid"),
            ("/mcp", &["Bearer a b"], "malformed"),
            ("/mcp", &["Bearer a, Bearer b"], "malformed"),
            ("/mcp", &["Bearer a", "Bearer a"], "malformed"),
            ("/mcp?access_token=a", &[], "malformed"),
            ("/mcp?x&access%5ftoken=a", &["Bearer a"], "malformed"),
        ];
        for (target, fields, expected) in rows {
            assert_eq!(ask(target, fields), Err(expected), "{target} {fields:?}");
        }
    }

    #[test]
    fn exactly_the_bytes_of_the_grammar_are_in_a_token() {
        for byte in 0..=u8::MAX {
            let plain = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            // Among others, and on its own.
            assert_eq!(is_b64token(&[&[b'a'; 40][..], &[byte], &[b'a'; 40]].concat()), plain);
            assert_eq!(is_b64token(&[byte]), plain, "{byte}");
        }
    }

    #[test]
    fn only_the_parameter_of_that_name_is_refused() {
        for target in ["/mcp?my_access_token=a", "/access_token", "/mcp?x=access_token", "/mcp?%"] {
            assert_eq!(ask(target, &["Bearer a"]).unwrap(), "a", "{target}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Token("s3cr3t".into())), "Token(..)");
    }
}
