//! The author's own type, field by field: from which claim each comes.

use std::{any::type_name, cell::Cell};

use serde::de::{DeserializeOwned, value::MapDeserializer};
use serde_json::{Map, Value};
use toolgate_core::Refusal;

use super::{
    Claims,
    path::{Found, Path},
};

/// What a peer is told of a claim that is missing or of the wrong shape.
pub(crate) const LACKS: &str = "the token lacks a claim that this server needs";

/// Where the fields of a type of yours come from; filled in by
/// [`Mapping::user`](super::Mapping::user).
///
/// A claim is named by its way: `realm_access.roles`. A name with dots in it stands in brackets:
/// `[https://example.com/roles]`, `resource_access.[my.app].roles`. A claim that is `null` is not
/// there. A claim that is there counts, whatever comes after it: when it has the wrong shape, the token
/// is refused.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    name: String,
    kind: Kind,
    sources: Vec<Path>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Required,
    Optional,
    List,
}

impl Fields {
    /// A field that is the first of these claims that is there. A token that has none of them is
    /// refused.
    #[must_use]
    pub fn required<S: Into<String>>(
        self,
        field: impl Into<String>,
        claims: impl IntoIterator<Item = S>,
    ) -> Self {
        self.with(field, Kind::Required, claims)
    }

    /// A field that is the first of these claims that is there. Where there is none, it is as if it
    /// were not written: `None`, or what `#[serde(default)]` says.
    #[must_use]
    pub fn optional<S: Into<String>>(
        self,
        field: impl Into<String>,
        claims: impl IntoIterator<Item = S>,
    ) -> Self {
        self.with(field, Kind::Optional, claims)
    }

    /// A field that lists the texts of all these claims, in this order and each once. A claim is a
    /// text or an array of texts. Where there is none, the list is empty.
    #[must_use]
    pub fn list<S: Into<String>>(
        self,
        field: impl Into<String>,
        claims: impl IntoIterator<Item = S>,
    ) -> Self {
        self.with(field, Kind::List, claims)
    }

    fn with<S: Into<String>>(
        mut self,
        field: impl Into<String>,
        kind: Kind,
        claims: impl IntoIterator<Item = S>,
    ) -> Self {
        let sources = claims.into_iter().map(Path::read).collect();
        self.0.push(Field { name: field.into(), kind, sources });
        self
    }

    /// What is wrong with the fields, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (at, field) in self.0.iter().enumerate() {
            let name = &field.name;
            if self.0.iter().take(at).any(|other| other.name == *name) {
                problems.push(format!("the field `{name}` of the user is mapped twice"));
            }
            if field.sources.is_empty() {
                problems.push(format!("the field `{name}` of the user has no claim to come from"));
            }
            problems.extend(super::unreadable(&field.sources));
        }
        problems
    }

    /// The author's type.
    ///
    /// # Errors
    /// A refusal that tells the log which field it was and where it was looked for, and never what
    /// the token says.
    pub(super) fn make<U: DeserializeOwned>(&self, claims: &Claims) -> Result<U, Refusal> {
        let mut values = Vec::with_capacity(self.0.len());
        for field in &self.0 {
            if let Some(value) = field.value(&claims.0)? {
                values.push((field, value));
            }
        }
        let last = Cell::new(None);
        let each = values.into_iter().map(|(field, value)| {
            last.set(Some(field));
            (&*field.name, value)
        });
        U::deserialize(MapDeserializer::new(each)).map_err(|error: serde_json::Error| {
            // Of the parser's messages, only this one is sure to repeat no value.
            let message = error.to_string();
            let cause = match last.get() {
                _ if message.starts_with("missing field") => message,
                Some(field) => format!("wrong shape: {}", field.described()),
                None => "wrong shape".to_owned(),
            };
            lacks(&format!("the claims are no {}: {cause}", type_name::<U>()))
        })
    }
}

impl Field {
    fn value(&self, claims: &Map<String, Value>) -> Result<Option<Value>, Refusal> {
        if self.kind == Kind::List {
            let texts = super::texts(&self.sources, claims).map_err(|_| self.wrong())?;
            let mut list: Vec<Value> = Vec::with_capacity(texts.len());
            for text in texts {
                if !list.iter().any(|known| known == text) {
                    list.push(text.into());
                }
            }
            return Ok(Some(list.into()));
        }
        for source in &self.sources {
            match source.find(claims) {
                Found::Value(value) => return Ok(Some(value.clone())),
                Found::Absent => {}
                Found::Blocked => return Err(self.wrong()),
            }
        }
        match self.kind {
            Kind::Required => Err(lacks(&format!("missing claim: {}", self.described()))),
            _ => Ok(None),
        }
    }

    fn wrong(&self) -> Refusal {
        lacks(&format!("wrong shape: {}", self.described()))
    }

    /// The field and its claims, all of them words of the author's.
    fn described(&self) -> String {
        let claims: Vec<_> = self.sources.iter().map(Path::text).collect();
        format!("field `{}` from `{}`", self.name, claims.join("`, `"))
    }
}

/// The refusal of a token without the claims that it needs. `why` says nothing of what it has.
pub(super) fn lacks(why: &str) -> Refusal {
    Refusal::invalid(LACKS).detail(format!("{LACKS}: {why}"))
}
