//! The Base64 sentinel, by which header values carry what headers cannot (transports, "Encoding of
//! header values").

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

const OPEN: &str = "=?base64?";
const CLOSE: &str = "?=";

/// What stands between well-formed markers is not the Base64 of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSentinel;

/// The value that a header stands for. Without both markers, as they are written, it stands for
/// itself.
pub(crate) fn decode(value: &str) -> Result<Cow<'_, str>, BadSentinel> {
    let inner = value.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE));
    let Some(inner) = inner else { return Ok(Cow::Borrowed(value)) };
    let bytes = STANDARD.decode(inner).map_err(|_| BadSentinel)?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadSentinel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_values_are_decoded_and_others_are_themselves() {
        let rows = [
            ("plain", Ok("plain")),
            ("", Ok("")),
            ("=?base64?SGVsbG8=?=", Ok("Hello")),
            ("=?base64?w6k=?=", Ok("é")),
            ("=?base64??=", Ok("")),
            ("=?base64?=", Ok("=?base64?=")),
            ("=?BASE64?SGVsbG8=?=", Ok("=?BASE64?SGVsbG8=?=")),
            ("=?base64?SGVsbG8=", Ok("=?base64?SGVsbG8=")),
            ("SGVsbG8=?=", Ok("SGVsbG8=?=")),
            ("=?base64?SGVsbG8?=", Err(BadSentinel)),
            ("=?base64?SGV%bG8=?=", Err(BadSentinel)),
            ("=?base64?SGVsbG8 =?=", Err(BadSentinel)),
            ("=?base64?_-__?=", Err(BadSentinel)),
            ("=?base64?/w==?=", Err(BadSentinel)),
        ];
        for (value, expected) in rows {
            assert_eq!(decode(value).as_deref(), expected.as_deref(), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_panics(value: String) {
            let _ = decode(&value);
            let _ = decode(&format!("=?base64?{value}?="));
        }

        #[test]
        fn what_was_encoded_comes_back(value: String) {
            let encoded = format!("{OPEN}{}{CLOSE}", STANDARD.encode(&value));
            assert_eq!(decode(&encoded).unwrap(), value);
        }
    }
}
