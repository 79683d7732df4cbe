//! For whom a token is asked, and the token that comes of it.

use std::{fmt, sync::Arc, time::SystemTime};

use http::HeaderValue;

use crate::bearer::Token;

/// Another server, as its authorization server knows it.
///
/// ```
/// use toolgate_auth::Target;
///
/// let reports = Target::new().audience("reports-api").scopes(["reports:read"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Target {
    pub(super) audiences: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) scopes: Vec<String>,
}

impl Target {
    /// None yet: at least one of the others has to be said.
    pub fn new() -> Self {
        Self::default()
    }

    /// By the name that it has at the authorization server (`audience`; RFC 8693, section 2.1). Called
    /// again, it adds one.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// By its URL (`resource`; RFC 8707). Called again, it adds one.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// With these scopes, in place of earlier ones. Without any, the authorization server chooses.
    #[must_use]
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), ..self }
    }

    /// Fields of a request, by the names that standards give them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let named = |name: &'static str| move |value: &String| (name, value.clone());
        let mut fields: Vec<_> = self.audiences.iter().map(named("audience")).collect();
        fields.extend(self.resources.iter().map(named("resource")));
        if !self.scopes.is_empty() {
            fields.push(("scope", self.scopes.join(" ")));
        }
        fields
    }
}

/// A token for another server, on behalf of the caller. `Debug` shows nothing of it.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Exchanged(Arc<Inner>);

struct Inner {
    token: Token,
    bearer: HeaderValue,
    expires: Option<SystemTime>,
}

impl Exchanged {
    /// `None` when a field of HTTP cannot hold it.
    pub(super) fn new(token: Token, expires: Option<SystemTime>) -> Option<Self> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
        bearer.set_sensitive(true);
        Some(Self(Arc::new(Inner { token, bearer, expires })))
    }

    /// The value of `Authorization` for a request to the target (RFC 6750, section 2.1), marked as
    /// sensitive.
    pub fn bearer(&self) -> HeaderValue {
        self.0.bearer.clone()
    }

    /// The token itself, for targets that take it elsewhere. Keep it out of logs and answers.
    pub fn expose(&self) -> &str {
        self.0.token.expose()
    }

    /// When it ends, where the authorization server said so.
    pub fn expires(&self) -> Option<SystemTime> {
        self.0.expires
    }
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged").field("expires", &self.0.expires).finish_non_exhaustive()
    }
}
