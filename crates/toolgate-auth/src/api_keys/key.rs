//! One key, as it is kept: its hash, and whom it lets in.

use std::{fmt, fs, path::Path, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};
use toolgate_core::{Scopes, StartError};

use super::{
    digest::Digest,
    form::{self, MAX_PREFIX},
    record,
};

/// An API key, without its secret.
///
/// ```
/// use toolgate_auth::ApiKey;
///
/// let (secret, key) = ApiKey::generate("tg_nightly", "reports")?;
/// let key = key.scopes(["reports:read"]).roles(["auditor"]);
/// // For whoever is to use it, once: nothing can show it again.
/// let shown = secret.expose();
/// assert!(shown.starts_with("tg_nightly_"));
/// // For the file of keys.
/// let kept = key.to_json();
/// assert!(!kept.contains(shown));
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiKey {
    /// What the key begins with, and what it is called: `tg_nightly`. No other key has the same.
    /// It is the identity's `token_id`.
    pub prefix: Box<str>,
    /// Whom it lets in: the owner of what is kept between requests. Keys that follow each other
    /// have the same.
    pub subject: Box<str>,
    /// The client that uses it.
    pub client: Option<Box<str>>,
    /// What it allows.
    pub scopes: Scopes,
    /// Roles of its subject.
    pub roles: Scopes,
    /// When it ends.
    pub expires: Option<SystemTime>,
    pub(super) digest: Digest,
}

impl ApiKey {
    /// A new key and its secret, 256 bits from the operating system's random numbers.
    ///
    /// The prefix is a brand and a name: `tg_nightly`. The brand is `tg`, or what
    /// [`ApiKeys::brand`](super::ApiKeys::brand) says.
    ///
    /// # Errors
    /// When the prefix is none, or the operating system gives no random numbers.
    pub fn generate(
        prefix: &str,
        subject: impl Into<Box<str>>,
    ) -> Result<(ApiSecret, Self), StartError> {
        let brand = form::brand_of(prefix);
        if !form::is_brand(brand) || !form::is_prefix(prefix, brand) {
            return Err(StartError::new(format!(
                "the prefix of an API key has to be a brand and a name with `_` between them, such \
                 as `tg_nightly`: lower-case letters, digits, `_` and `-`, {MAX_PREFIX} characters \
                 at most"
            )));
        }
        let mut random = [0; 32];
        let mute = |_| StartError::new("the operating system gives no random numbers");
        SystemRandom::new().fill(&mut random).map_err(mute)?;
        let secret = format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(random));
        let Digest(sha256) = Digest::of(secret.as_bytes());
        Ok((ApiSecret(secret.into()), Self::new(prefix, sha256, subject)))
    }

    /// A key that was generated before, by the SHA-256 of the whole of it, prefix included.
    ///
    /// Only for keys of [`generate`](Self::generate), or as random as those: SHA-256 does not
    /// protect what can be guessed.
    pub fn new(
        prefix: impl Into<Box<str>>,
        sha256: [u8; 32],
        subject: impl Into<Box<str>>,
    ) -> Self {
        Self {
            prefix: prefix.into(),
            subject: subject.into(),
            client: None,
            scopes: Scopes::none(),
            roles: Scopes::none(),
            expires: None,
            digest: Digest(sha256),
        }
    }

    /// The keys of a JSON text: an array with an object for each.
    ///
    /// | member | |
    /// |---|---|
    /// | `prefix` | required |
    /// | `sha256` | required: the SHA-256 of the whole key, prefix included, as 64 hexadecimal digits |
    /// | `subject` | required |
    /// | `client` | |
    /// | `scopes`, `roles` | arrays of texts |
    /// | `expires` | seconds since 1970, as a JWT's `exp`; a key without it does not expire |
    ///
    /// No other member, no `null`, and nothing twice: a slip in `expires` would make a key that
    /// never ends.
    ///
    /// ```
    /// use toolgate_auth::{ApiKey, api_keys};
    ///
    /// let keys = ApiKey::read(r#"[{
    ///     "prefix": "tg_nightly",
    ///     "sha256": "c1fdd52ab58d0fa7ca6bd5b4ce1f1b30c8bbc7b9ac1bd4f2ffaa85a5e2ea8f0c",
    ///     "subject": "reports",
    ///     "scopes": ["reports:read"],
    ///     "expires": 1798761600
    /// }]"#)?;
    /// let auth = api_keys(keys).build()?;
    /// # Ok::<(), toolgate_core::StartError>(())
    /// ```
    ///
    /// # Errors
    /// Where the text is not that. Nothing of it is repeated, since a key may have been put there by
    /// mistake.
    pub fn read(json: &str) -> Result<Vec<Self>, StartError> {
        record::read(json)
    }

    /// The keys of a file with the text that [`read`](Self::read) reads.
    ///
    /// # Errors
    /// When the file cannot be read, and as `read`.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Vec<Self>, StartError> {
        let unread = |error: std::io::Error| {
            let kind = error.kind();
            StartError::new(format!("the file of API keys cannot be read: {kind}"))
        };
        Self::read(&fs::read_to_string(path).map_err(unread)?)
    }

    /// The key as one object of the array that [`read`](Self::read) reads.
    pub fn to_json(&self) -> String {
        record::write(self)
    }

    /// The hash: what [`new`](Self::new) takes.
    pub fn sha256(&self) -> [u8; 32] {
        self.digest.0
    }

    /// The same, used by a client.
    #[must_use]
    pub fn client(self, client: impl Into<Box<str>>) -> Self {
        Self { client: Some(client.into()), ..self }
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
}

/// A whole key: what its user sends. `Debug` shows nothing of it.
pub struct ApiSecret(Box<str>);

impl ApiSecret {
    /// The key itself. Hand it to its user and keep it nowhere.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(..)")
    }
}
