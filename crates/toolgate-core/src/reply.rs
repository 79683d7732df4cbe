//! Replies: a result's members, without the stamps of any era.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;
use toolgate_protocol::Members;

use crate::error::Error;

/// The successful answer to a request.
///
/// `fields` are the result's own members. What the revision adds (`resultType`, cache hints, the
/// server's name) is added where the message is written, so the bytes of a cached list serve every
/// revision.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// What sort of result.
    pub kind: Kind,
    /// The result's own members.
    pub fields: Members,
    /// Members of the result's `_meta`.
    pub meta: Members,
    /// Whether and how long it may be kept, for the methods whose results may.
    pub cache: Option<Cache>,
    /// Names identical `fields`: equal keys, equal bytes. What is derived from them is cached by it.
    pub key: Option<u64>,
    /// Whether the server says all of itself, and not its name alone.
    pub introduces: bool,
}

impl Reply {
    /// A complete result.
    pub fn new(fields: Members) -> Self {
        Self {
            kind: Kind::Complete,
            fields,
            meta: Members::none(),
            cache: None,
            key: None,
            introduces: false,
        }
    }

    /// A complete result without members.
    pub fn empty() -> Self {
        Self::new(Members::none())
    }

    /// A complete result from a type that serializes to an object.
    ///
    /// # Errors
    /// `-32603` when it does not.
    pub fn of<T: Serialize + ?Sized>(result: &T) -> Result<Self, Error> {
        Members::of(result).map(Self::new).map_err(|_| Error::internal())
    }

    /// The same, of another kind.
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same, with members for its `_meta`.
    pub fn meta(self, meta: Members) -> Self {
        Self { meta, ..self }
    }

    /// The same, with cache hints.
    pub fn cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// The same, with all that the server says of itself.
    pub fn introducing(self) -> Self {
        Self { introduces: true, ..self }
    }

    /// The same, with the name of its bytes.
    pub fn key(self, key: u64) -> Self {
        Self { key: Some(key), ..self }
    }
}

/// What sort of result; becomes `resultType`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The answer.
    Complete,
    /// A question; the answer brings the request back.
    InputRequired,
    /// One that an extension defines.
    Extension(Cow<'static, str>),
}

impl Kind {
    /// The value of `resultType`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Complete => "complete",
            Self::InputRequired => "input_required",
            Self::Extension(name) => name,
        }
    }
}

/// Cache hints (utilities, "Caching").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cache {
    /// How long the result is fresh.
    pub ttl: Duration,
    /// For whom.
    pub scope: CacheScope,
}

impl Cache {
    /// Stale at once, and for this caller alone: what is safe to say of anything.
    pub const PRIVATE: Self = Self { ttl: Duration::ZERO, scope: CacheScope::Private };
    /// Stale at once, the same for everybody.
    pub const PUBLIC: Self = Self { ttl: Duration::ZERO, scope: CacheScope::Public };
}

/// Who may be given a kept result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheScope {
    /// Only the same authorization.
    Private,
    /// Anybody.
    Public,
}

impl CacheScope {
    /// The value of `cacheScope`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}
