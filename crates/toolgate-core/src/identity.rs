//! Who is asking.

use std::{fmt, sync::Arc, time::SystemTime};

use crate::{scopes::Scopes, typemap::TypeMap};

/// Who is asking: somebody, or said aloud that nobody was asked.
///
/// There is no default. A transport without an authenticator has to write `Caller::Open`, and a
/// server refuses that unless it was built open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Caller {
    /// Nobody was asked for credentials.
    Open,
    /// Credentials were verified.
    Known(Arc<Identity>),
}

impl Caller {
    /// The identity, where there is one.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        match self {
            Self::Open => None,
            Self::Known(identity) => Some(identity),
        }
    }
}

impl From<Identity> for Caller {
    fn from(identity: Identity) -> Self {
        Self::Known(Arc::new(identity))
    }
}

/// What was verified about a caller, for one request.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity {
    /// Who, for ownership.
    pub key: Key,
    /// What the token allows.
    pub scopes: Scopes,
    /// Roles that the issuer vouches for.
    pub roles: Scopes,
    /// When the credentials end.
    pub expires: Option<SystemTime>,
    /// The token's own id, for revocation.
    pub token_id: Option<Box<str>>,
    /// When the user last logged in, as the issuer says: `auth_time` (RFC 9470, section 6). A token
    /// that is refreshed keeps it.
    pub authenticated: Option<SystemTime>,
    /// How the user logged in, in the issuer's words: `acr` (RFC 9470, section 6).
    pub acr: Option<Box<str>>,
    /// The author's own types, made once per token.
    pub ext: TypeMap,
}

impl Identity {
    /// Somebody without scopes.
    pub fn new(key: Key) -> Self {
        Self {
            key,
            scopes: Scopes::none(),
            roles: Scopes::none(),
            expires: None,
            token_id: None,
            authenticated: None,
            acr: None,
            ext: TypeMap::default(),
        }
    }

    /// The same, with scopes.
    #[must_use]
    pub fn scopes(self, scopes: impl Into<Scopes>) -> Self {
        Self { scopes: scopes.into(), ..self }
    }

    /// The same, with roles.
    #[must_use]
    pub fn roles(self, roles: impl Into<Scopes>) -> Self {
        Self { roles: roles.into(), ..self }
    }

    /// The same, until a point in time.
    #[must_use]
    pub fn expires(self, at: SystemTime) -> Self {
        Self { expires: Some(at), ..self }
    }

    /// The same, of a user who logged in at a point in time.
    #[must_use]
    pub fn authenticated(self, at: SystemTime) -> Self {
        Self { authenticated: Some(at), ..self }
    }

    /// The same, of a user who logged in in this way.
    #[must_use]
    pub fn acr(self, class: impl Into<Box<str>>) -> Self {
        Self { acr: Some(class.into()), ..self }
    }

    /// The same, with a value of the author's own type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, principal: T) -> Self {
        self.ext.insert(principal);
        self
    }
}

// `ext` may hold a token.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key", &self.key)
            .field("scopes", &self.scopes)
            .field("roles", &self.roles)
            .field("expires", &self.expires)
            .field("authenticated", &self.authenticated)
            .field("acr", &self.acr)
            .finish_non_exhaustive()
    }
}

/// Who owns what is kept between requests: sessions, caches, limits. A subject means nothing
/// without its issuer (RFC 9068, section 2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Key {
    /// Who vouches.
    pub issuer: Box<str>,
    /// For whom.
    pub subject: Box<str>,
    /// Through which client.
    pub client: Option<Box<str>>,
}

impl Key {
    /// A subject of an issuer.
    pub fn new(issuer: impl Into<Box<str>>, subject: impl Into<Box<str>>) -> Self {
        Self { issuer: issuer.into(), subject: subject.into(), client: None }
    }

    /// The same, through a client.
    #[must_use]
    pub fn client(self, client: impl Into<Box<str>>) -> Self {
        Self { client: Some(client.into()), ..self }
    }
}
