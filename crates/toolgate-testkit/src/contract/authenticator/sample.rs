//! Credentials as a test sends them, and what can be made of them.

use std::{fmt, sync::Arc};

use toolgate_core::{Credentials, Evidence};

const AUTHORIZATION: &str = "authorization";

/// Credentials for a contract: one field that proves who asks, and perhaps others beside it.
///
/// Debug shows nothing of what they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Sample {
    name: String,
    scheme: Option<String>,
    credential: String,
    beside: Vec<(String, String)>,
}

impl Sample {
    /// A bearer token, `Authorization: Bearer <token>` (RFC 6750, section 2.1).
    pub fn bearer(token: impl Into<String>) -> Self {
        Self::scheme("Bearer", token)
    }

    /// Credentials of any scheme in `Authorization` (RFC 9110, section 11.6.2).
    pub fn scheme(scheme: impl Into<String>, credential: impl Into<String>) -> Self {
        Self { scheme: Some(scheme.into()), ..Self::field(AUTHORIZATION, credential) }
    }

    /// A field whose whole value is the credential, such as `X-API-Key`.
    pub fn field(name: impl Into<String>, credential: impl Into<String>) -> Self {
        let (name, credential) = (name.into(), credential.into());
        Self { name, scheme: None, credential, beside: Vec::new() }
    }

    /// The same, with another field that goes along unchanged: one that proves nothing by itself.
    #[must_use]
    pub fn beside(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.beside.push((name.into(), value.into()));
        self
    }

    pub(super) fn secret(&self) -> &str {
        &self.credential
    }

    pub(super) fn auth_scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// What stands in front of the credential.
    pub(super) fn prefix(&self) -> String {
        self.scheme.as_ref().map_or_else(String::new, |scheme| format!("{scheme} "))
    }

    pub(super) fn value(&self) -> Vec<u8> {
        self.value_of(&self.credential)
    }

    /// The field's value with another credential.
    pub(super) fn value_of(&self, credential: impl AsRef<[u8]>) -> Vec<u8> {
        [self.prefix().as_bytes(), credential.as_ref()].concat()
    }

    /// The request that sends these values, in order, in place of the one.
    pub(super) fn sent(&self, values: &[Vec<u8>], target: &str, resource: &str) -> Credentials {
        let beside = self.beside.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let own = values.iter().map(|value| (self.name.clone(), value.clone()));
        let fields = beside.chain(own).collect();
        let (target, resource) = (target.to_owned(), resource.to_owned());
        Credentials::new(Head { fields, target: target.into(), resource: resource.into() })
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample")
            .field("name", &self.name)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

struct Head {
    fields: Vec<(String, Vec<u8>)>,
    target: Arc<str>,
    resource: Arc<str>,
}

impl Evidence for Head {
    fn fields(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value);
        }
    }

    fn method(&self) -> &str {
        "POST"
    }

    fn target(&self) -> &str {
        &self.target
    }

    fn resource(&self) -> &str {
        &self.resource
    }
}
