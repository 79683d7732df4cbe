//! Parameters of OAuth as they come: in a query or in a body of the kind
//! `application/x-www-form-urlencoded`.

use super::refusal::Refusal;

/// Parameters that are read of one request; what comes after them is not looked at.
const MAX: usize = 64;

/// Names and values, decoded, in the order in which they came. One without a value was not sent (RFC
/// 6749, section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.split('&').take(MAX).filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (decoded(name), decoded(value)));
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// A parameter that may come once (RFC 6749, section 3.1).
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Refusal::request("a parameter came twice")),
        }
    }

    /// A parameter that has to come.
    pub(super) fn needed(&self, name: &str, missing: &'static str) -> Result<&str, Refusal> {
        self.one(name)?.ok_or(Refusal::request(missing))
    }

    /// A parameter that may come several times.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// `text` without its escapes (URL standard, section 5.1). What is no UTF-8 becomes a character that
/// no name has.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `text` as a name or a value (URL standard, section 5.2).
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_read() {
        for text in ["", "a b", "a+b&c=d%", "\u{e4}\u{1f600}", "http://127.0.0.1:1/mcp?x=1#y"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%ff"), "\u{fffd}");
    }

    #[test]
    fn a_parameter_comes_once_unless_it_may_come_more_often() {
        let fields = Fields::read("a=1&b=&a=2&c=x%20y&d");
        assert!(fields.one("a").is_err());
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert!(matches!(fields.one("c"), Ok(Some("x y"))));
        assert!(matches!(fields.one("b"), Ok(None)) && matches!(fields.one("d"), Ok(None)));
        assert!(fields.needed("b", "b is missing").is_err());
        let many = "x=1&".repeat(1000);
        assert_eq!(Fields::read(&many).all("x").count(), MAX);
    }
}
