//! The digest of a request's parameters, whatever the order of members and the space between.
//!
//! A retry has the parameters of the first try, but a client may write them anew. Numbers count as
//! they are written: who writes one differently has another request.

use ring::digest::{Context, SHA256};
use toolgate_core::protocol::Json;

type Digest = [u8; 32];

/// Deeper than a transport lets anything through.
const MAX_DEPTH: usize = 128;

/// Members that differ between the tries of one request.
const OF_THE_TRY: &[&str] = &["_meta", "inputResponses", "requestState"];

/// The digest of all that makes a request this one.
///
/// None where `params` is no object, or too deep.
pub(crate) fn of(params: &Json) -> Option<Digest> {
    let mut text = Text { rest: params.as_bytes() };
    text.take(b'{')?;
    let mut members = text.members(0)?;
    members.retain(|(name, _)| !OF_THE_TRY.contains(&name.as_str()));
    Some(object(members))
}

/// Well-formed JSON that has still to be read.
struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    fn value(&mut self, depth: usize) -> Option<Digest> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                self.take(b'{')?;
                Some(object(self.members(depth + 1)?))
            }
            b'[' => {
                self.take(b'[')?;
                self.list(depth + 1)
            }
            b'"' => Some(leaf(b's', self.string()?.as_bytes())),
            _ => Some(leaf(b'l', self.token()?)),
        }
    }

    /// Up to and with the closing brace.
    fn members(&mut self, depth: usize) -> Option<Vec<(String, Digest)>> {
        let mut members = Vec::new();
        while self.peek()? != b'}' {
            let name = self.string()?;
            self.take(b':')?;
            members.push((name, self.value(depth)?));
            self.skip(b',');
        }
        self.take(b'}')?;
        Some(members)
    }

    /// Up to and with the closing bracket.
    fn list(&mut self, depth: usize) -> Option<Digest> {
        let mut digest = Context::new(&SHA256);
        digest.update(b"a");
        while self.peek()? != b']' {
            digest.update(&self.value(depth)?);
            self.skip(b',');
        }
        self.take(b']')?;
        Some(finished(digest))
    }

    /// What a string says, however it is escaped.
    fn string(&mut self) -> Option<String> {
        let mut escaped = false;
        self.peek()?;
        let end = self.rest.iter().skip(1).position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            byte => *byte == b'"',
        })?;
        let (string, rest) = self.rest.split_at_checked(end + 2)?;
        self.rest = rest;
        serde_json::from_slice(string).ok()
    }

    /// A number, `true`, `false` or `null`.
    fn token(&mut self) -> Option<&'a [u8]> {
        let ends = |byte: &u8| b",]}".contains(byte) || byte.is_ascii_whitespace();
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(token).filter(|token| !token.is_empty())
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.rest = self.rest.get(1..).unwrap_or_default())
    }

    fn skip(&mut self, byte: u8) {
        let _ = self.take(byte);
    }
}

fn object(mut members: Vec<(String, Digest)>) -> Digest {
    // Stable: of equal names the order may mean something to the reader.
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut digest = Context::new(&SHA256);
    digest.update(b"o");
    for (name, value) in &members {
        digest.update(&leaf(b's', name.as_bytes()));
        digest.update(value);
    }
    finished(digest)
}

fn leaf(kind: u8, text: &[u8]) -> Digest {
    let mut digest = Context::new(&SHA256);
    digest.update(&[kind]);
    digest.update(text);
    finished(digest)
}

fn finished(digest: Context) -> Digest {
    let mut bytes = Digest::default();
    bytes.copy_from_slice(digest.finish().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn digest(params: &str) -> Digest {
        of(&Json::from_text(params.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn order_space_escapes_and_what_belongs_to_the_try_do_not_count() {
        let one = digest(r#"{"name":"t","arguments":{"a":[1,{"b":"é"}],"c":null}}"#);
        for same in [
            r#" { "arguments" : { "c" : null , "a" : [ 1 , { "b" : "\u00e9" } ] } , "name" : "t" } "#,
            r#"{"_meta":{"x":1},"name":"t","arguments":{"a":[1,{"b":"é"}],"c":null}}"#,
            r#"{"name":"t","inputResponses":{"k":{}},"arguments":{"a":[1,{"b":"é"}],"c":null},"requestState":"s"}"#,
        ] {
            assert_eq!(digest(same), one, "{same}");
        }
    }

    #[test]
    fn everything_else_counts() {
        let all = [
            "{}",
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":[[]]}"#,
            r#"{"a":[[],[]]}"#,
            r#"{"a":""}"#,
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":18446744073709551617}"#,
            r#"{"a":18446744073709551618}"#,
            r#"{"a":"null"}"#,
            r#"{"a":null}"#,
            r#"{"a":{"_meta":1}}"#,
            r#"{"a":{"_meta":2}}"#,
            r#"{"a":["x\"","y"]}"#,
            r#"{"a":["x","\"y"]}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":2,"a":1}"#,
            r#"{"b":1}"#,
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| digest(one) != digest(other)), "{one}");
        }
    }

    #[test]
    fn what_is_too_deep_or_no_object_has_none() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for params in [deep.as_str(), "[]", "1"] {
            let mut text = Text { rest: params.as_bytes() };
            let read = text.take(b'{').and_then(|()| text.members(0));
            assert!(read.is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut text = Text { rest: &bytes };
            let _ = text.value(0);
            let _ = text.members(0);
        }

        #[test]
        fn writing_anew_changes_nothing(names in prop::collection::vec("[a-c\"\\\\é]{0,3}", 0..6)) {
            let object: serde_json::Map<String, Value> =
                names.iter().map(|name| (name.clone(), Value::from(name.as_str()))).collect();
            let turned: serde_json::Map<String, Value> =
                object.clone().into_iter().rev().collect();
            let (one, other) = (Value::from(object), Value::from(turned));
            prop_assert_eq!(digest(&one.to_string()), digest(&format!("{other:#}")));
        }
    }
}
