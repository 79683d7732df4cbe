//! The people who can log in.

use serde_json::{Map, Value};

/// Somebody who can log in at an [`AuthorizationServer`](crate::AuthorizationServer). It is enough to
/// say who one is: there are no passwords.
///
/// ```
/// use toolgate_testkit::Person;
///
/// let ann = Person::new("user-1").name("Ann").claim("email", "ann@example.org");
/// # let _ = ann;
/// ```
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
}

impl Person {
    /// Somebody by the name in `sub`.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), claims: Map::new() }
    }

    /// With a name for people: the claim `name`, and what the button says.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.claim("name", name.into())
    }

    /// With a claim in each of their access tokens, in place of one of that name.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// What they are called on a page.
    pub(super) fn called(&self) -> &str {
        self.claims.get("name").and_then(Value::as_str).unwrap_or(&self.subject)
    }
}
