//! Bodies of the kind `application/x-www-form-urlencoded`, which OAuth speaks.

use std::fmt::Write;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The fields as a body.
pub(crate) fn body(fields: &[(&str, String)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `text` as a name or a value (URL standard, section 5.2).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a `String` does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_of_its_own_is_encoded() {
        assert_eq!(encoded("aZ09*-._ ~+&=%:/\u{e4}"), "aZ09*-._+%7E%2B%26%3D%25%3A%2F%C3%A4");
        let fields = [("token", "a+b/c==".to_owned()), ("x y", String::new())];
        assert_eq!(body(&fields), "token=a%2Bb%2Fc%3D%3D&x+y=");
    }
}
