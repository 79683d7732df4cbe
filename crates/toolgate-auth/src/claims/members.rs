//! A JSON object that remembers whether a member came twice.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// The members of an object; of two with one name, the last.
pub(crate) struct Members {
    pub(crate) map: Map<String, Value>,
    /// Whether a name came twice. Two readers may then read two things.
    pub(crate) twice: bool,
}

impl Members {
    /// Reads one object and nothing after it.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}

/// Reads one object as a `T`. An array of what `T` is made of, in order, is one for a derived reader and
/// for no other.
pub(crate) fn object<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    let is_object = text.trim_ascii_start().first() == Some(&b'{');
    serde_json::from_slice(text).ok().filter(|_| is_object)
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Members { map: Map::new(), twice: false };
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            members.twice |= members.map.insert(name, value).is_some();
        }
        Ok(members)
    }
}
