//! A request state opens for the request that it was sealed for, however that is written, and for no
//! other; nothing else opens.
//!
//! An input is a text that is no state, what is done to one (pairs of a place and bits to turn), and the
//! parameters of two requests; a line each.
#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use serde_json::{Deserializer, value::RawValue};
use toolgate_server::fuzzing::{opens, state};

/// Members that differ between the tries of one request.
const OF_THE_TRY: &[&str] = &["_meta", "inputResponses", "requestState"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (stranger, edits, ours, theirs) = (line(), line(), line(), line());
    assert!(!opens(stranger, ours.as_bytes()), "nobody sealed it");
    let Some(sealed) = state(ours.as_bytes()) else { return };
    assert!(opens(&sealed, ours.as_bytes()));
    assert!(opens(&sealed, spaced(ours).as_bytes()), "{ours} with spaces");
    let meaning = request(ours).expect("what was sealed can be read");
    let alike = request(theirs).is_some_and(|theirs| theirs == meaning);
    assert_eq!(opens(&sealed, theirs.as_bytes()), alike, "{ours} and {theirs}");
    let changed = changed(&sealed, edits.as_bytes());
    assert_eq!(opens(&changed, ours.as_bytes()), changed == sealed);
});

/// The same with a space wherever there may be one.
fn spaced(json: &str) -> String {
    let (mut spaced, mut quoted, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        let mark = !quoted && "{}[]:,".contains(c);
        if mark {
            spaced.push(' ');
        }
        spaced.push(c);
        if mark {
            spaced.push('\n');
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    spaced
}

/// What parameters say, read by another reader.
#[derive(Debug, PartialEq)]
enum Meaning {
    Object(Vec<(String, Meaning)>),
    Array(Vec<Meaning>),
    Text(String),
    /// A number as it is written, and the words of JSON.
    Word(String),
}

/// What makes these parameters a request of its own; none where there is no such request.
fn request(params: &str) -> Option<Meaning> {
    match Meaning::of(serde_json::from_str(params).ok()?, 0)? {
        Meaning::Object(mut members) => {
            members.retain(|(name, _)| !OF_THE_TRY.contains(&name.as_str()));
            Some(Meaning::Object(members))
        }
        _ => None,
    }
}

impl Meaning {
    /// None where it is deeper than any request, or holds what is no text.
    fn of(value: &RawValue, depth: usize) -> Option<Self> {
        if depth > 129 {
            return None;
        }
        let text = value.get().trim();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let members: Vec<(String, &RawValue)> = members(text)?;
                let read = |(name, value)| Some((name, Self::of(value, depth + 1)?));
                let mut members = members.into_iter().map(read).collect::<Option<Vec<_>>>()?;
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                Self::Object(members)
            }
            b'[' => {
                let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let read = |value| Self::of(value, depth + 1);
                Self::Array(values.into_iter().map(read).collect::<Option<_>>()?)
            }
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            _ => Self::Word(text.to_owned()),
        })
    }
}

/// All members, also those of one name.
fn members(object: &str) -> Option<Vec<(String, &RawValue)>> {
    use serde::de::{Deserializer as _, MapAccess, Visitor};

    struct All;

    impl<'de> Visitor<'de> for All {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    Deserializer::from_str(object).deserialize_map(All).ok()
}

/// The state with some bits turned; what is no text then is left as it is.
fn changed(state: &str, edits: &[u8]) -> String {
    let mut bytes = state.as_bytes().to_vec();
    for [at, bits] in edits.as_chunks::<2>().0 {
        let at = usize::from(*at) % (bytes.len() + 1);
        match bytes.get_mut(at) {
            Some(byte) => *byte ^= bits & 0x7f,
            None => bytes.push(bits & 0x7f),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| state.to_owned())
}
