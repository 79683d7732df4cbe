//! What a verified token says, and what becomes of it: an identity, and types of the author's own.

mod fields;
mod identity;
mod mapping;
mod members;
mod path;
#[cfg(test)]
mod tests;

use std::{
    any::type_name,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toolgate_core::Refusal;

pub use self::{fields::Fields, mapping::Mapping};
use self::{
    fields::lacks,
    path::{Found, Path},
};
pub(crate) use self::{
    identity::Principal,
    members::{Members, object},
};

/// The claims of a verified token (RFC 7519, section 4). `Debug` shows their names alone.
#[derive(Clone)]
pub struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// The claim as text, when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The claim's texts: of an array of them, or the one that it is. Empty when it is anything
    /// else.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.texts(name).unwrap_or_default()
    }

    /// The claim as `true` or `false`, when it is that.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// The claim as a number, when it is one.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// Whether there is such a claim.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All claims as a type of yours. [`Mapping::user`] is the way for claims that are nested or
    /// named otherwise than the type's fields.
    ///
    /// # Errors
    /// A refusal, when a claim is missing or of another shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(Value::Object(self.0.clone())).map_err(|error| {
            // Of the parser's messages, only this one is sure to repeat no value.
            let message = error.to_string();
            let cause =
                if message.starts_with("missing field") { &*message } else { "wrong shape" };
            lacks(&format!("the claims are no {}: {cause}", type_name::<T>()))
        })
    }

    /// The claim as a point in time, when it is one (RFC 7519, section 2).
    pub(crate) fn time(&self, name: &str) -> Option<SystemTime> {
        let since = Duration::try_from_secs_f64(self.number(name)?).ok()?;
        UNIX_EPOCH.checked_add(since)
    }

    /// The texts of a claim that is one text or an array of nothing else; `None` otherwise.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        texts_of(self.0.get(name)?)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

/// The texts of a value that is one text or an array of nothing else; `None` otherwise.
fn texts_of(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The texts at all of `paths`; the path at which there is something else.
fn texts<'a>(paths: &'a [Path], claims: &'a Map<String, Value>) -> Result<Vec<&'a str>, &'a Path> {
    let mut all = Vec::new();
    for path in paths {
        match path.find(claims) {
            Found::Value(value) => all.extend(texts_of(value).ok_or(path)?),
            Found::Absent => {}
            Found::Blocked => return Err(path),
        }
    }
    Ok(all)
}

/// A sentence for each text that is no path.
fn unreadable(paths: &[Path]) -> impl Iterator<Item = String> {
    paths.iter().filter(|path| !path.is_path()).map(|path| {
        format!(
            "`{}` names no claim: write names between dots, eight at most, and those with dots or \
             URLs in brackets, as in `realm_access.roles` and `[https://example.com/roles]`",
            path.text()
        )
    })
}
