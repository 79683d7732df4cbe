//! The clients that an authorization server knows, and what each may do.

use std::fmt;

use ring::digest::{SHA256, digest};

/// A client of an [`AuthorizationServer`](crate::AuthorizationServer), declared before it starts. Others
/// register themselves (RFC 7591).
///
/// One that is declared may do what is said of it and nothing else. Whoever has a secret may ask about
/// tokens (RFC 7662), too. `Debug` does not show the secret.
///
/// ```
/// use toolgate_testkit::OAuthClient;
///
/// let page = OAuthClient::public("page").redirect("http://127.0.0.1:8976/callback");
/// let nightly = OAuthClient::confidential("nightly", "s3cr3t").own_tokens().scopes(["files:read"]);
/// let server = OAuthClient::confidential("reports", "s3cr3t").exchanges(["https://files.example"]);
/// # let _ = (page, nightly, server);
/// ```
#[derive(Clone)]
pub struct OAuthClient {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) redirects: Vec<String>,
    pub(super) refreshes: bool,
    pub(super) own_tokens: bool,
    pub(super) targets: Vec<String>,
    /// All there are, unless it is said.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) dpop: bool,
}

impl OAuthClient {
    /// A client that cannot keep a secret: a page, or a program on its user's machine.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            secret: None,
            redirects: Vec::new(),
            refreshes: true,
            own_tokens: false,
            targets: Vec::new(),
            scopes: None,
            dpop: false,
        }
    }

    /// A client with a secret, which it may send in the header (`client_secret_basic`) or in the body
    /// (`client_secret_post`).
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { secret: Some(secret.into()), ..Self::public(id) }
    }

    /// With a name that people are shown.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// People may log in through it, and are sent back to this URI. Besides earlier ones; compared
    /// letter by letter, except for the port of `http://127.0.0.1` and `http://[::1]` (RFC 8252,
    /// section 7.3).
    #[must_use]
    pub fn redirect(mut self, uri: impl Into<String>) -> Self {
        self.redirects.push(uri.into());
        self
    }

    /// Those who log in through it get no refresh token.
    #[must_use]
    pub fn without_refresh(mut self) -> Self {
        self.refreshes = false;
        self
    }

    /// May have tokens in its own name (RFC 6749, section 4.4). It needs a secret for that.
    #[must_use]
    pub fn own_tokens(mut self) -> Self {
        self.own_tokens = true;
        self
    }

    /// May exchange tokens for those of these audiences or resources (RFC 8693), besides earlier ones.
    /// It needs a secret for that.
    #[must_use]
    pub fn exchanges<S: Into<String>>(mut self, targets: impl IntoIterator<Item = S>) -> Self {
        self.targets.extend(targets.into_iter().map(Into::into));
        self
    }

    /// May ask for these scopes alone. Any, unless it is said.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Gets no token without a proof of its key (`dpop_bound_access_tokens` of RFC 9449, section 5.2).
    #[must_use]
    pub fn dpop_bound(mut self) -> Self {
        self.dpop = true;
        self
    }

    /// Whether that is its secret. One without has none.
    pub(super) fn has_secret(&self, sent: &str) -> bool {
        // Of equal length whatever is sent, and no bit of it near the secret's.
        let hash = |text: &str| digest(&SHA256, text.as_bytes());
        self.secret.as_deref().is_some_and(|secret| hash(secret).as_ref() == hash(sent).as_ref())
    }

    /// Whether people may be sent back there.
    pub(super) fn may_redirect(&self, uri: &str) -> bool {
        self.redirects.iter().any(|known| known == uri || without_port(known) == without_port(uri))
    }
}

/// A URI on this machine by number, in two parts around its port; another one in one.
fn without_port(uri: &str) -> (&str, &str) {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        if let Some(rest) = uri.strip_prefix(host) {
            let (port, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            if port.is_empty() || port.strip_prefix(':').is_some_and(is_port) {
                return (host, path);
            }
        }
    }
    (uri, "")
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient")
            .field("id", &self.id)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_back_to_declared_places_alone() {
        let client = OAuthClient::public("a")
            .redirect("http://127.0.0.1/callback")
            .redirect("https://app.example/back");
        for (uri, may) in [
            ("http://127.0.0.1/callback", true),
            ("http://127.0.0.1:8976/callback", true),
            ("https://app.example/back", true),
            ("http://127.0.0.1:8976/callback/", false),
            ("http://127.0.0.1:8976@evil.example/callback", false),
            ("http://127.0.0.1.evil.example/callback", false),
            ("http://127.0.0.1:/callback", false),
            ("https://app.example:8443/back", false),
            ("https://app.example/back?x", false),
            ("http://localhost/callback", false),
        ] {
            assert_eq!(client.may_redirect(uri), may, "{uri}");
        }
    }

    #[test]
    fn a_secret_is_compared_and_not_shown() {
        let client = OAuthClient::confidential("a", "s3cr3t");
        assert!(client.has_secret("s3cr3t") && !client.has_secret("s3cr3"));
        assert!(!OAuthClient::public("a").has_secret(""));
        assert!(!format!("{client:?}").contains("s3cr3t"));
    }
}
