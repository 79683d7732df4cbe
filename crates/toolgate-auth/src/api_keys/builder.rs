//! Settings of an API key authenticator, and what contradicts itself among them.

use std::{
    fmt,
    sync::{Arc, RwLock},
    time::SystemTime,
};

use toolgate_core::{
    StartError,
    env::{self, Env},
};

use super::{
    ApiKeyAuth, Clock, Shared, form,
    key::ApiKey,
    table::{Principal, Rules, Table},
};

/// Keys that let their holders in, as `Authorization: Bearer <key>` or `X-API-Key: <key>`.
///
/// ```
/// use toolgate_auth::{ApiKey, api_keys};
///
/// let (secret, key) = ApiKey::generate("tg_nightly", "reports")?;
/// let auth = api_keys([key.scopes(["reports:read"])]).build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
pub fn api_keys(keys: impl IntoIterator<Item = ApiKey>) -> ApiKeys {
    ApiKeys {
        keys: keys.into_iter().collect(),
        rules: Rules { issuer: "api-keys".into(), brand: "tg".into(), principals: Vec::new() },
        clock: Arc::new(SystemTime::now),
    }
}

/// Settings of an [`ApiKeyAuth`]; begun by [`api_keys`].
#[derive(Clone)]
pub struct ApiKeys {
    keys: Vec<ApiKey>,
    rules: Rules,
    clock: Clock,
}

impl ApiKeys {
    /// The keys of the file that `TOOLGATE_API_KEYS` names, in the form that [`ApiKey::read`]
    /// describes; `None` when it is not set.
    ///
    /// # Errors
    /// When the variable or the file cannot be read.
    pub fn from_env(env: &Env) -> Result<Option<Self>, StartError> {
        let Some(path) = env.text(env::API_KEYS)? else { return Ok(None) };
        // The value may be no path but a key, put there by mistake, so it is not repeated.
        let unread = |error: StartError| {
            let problems = error.problems().iter();
            let named = problems.map(|problem| format!("{}: {problem}", env::API_KEYS.name));
            StartError::new(named.collect::<Vec<_>>().join("; "))
        };
        Ok(Some(api_keys(ApiKey::read_file(path).map_err(unread)?)))
    }

    /// Who vouches for the keys' subjects, `api-keys` unless set: the issuer in their
    /// [`Key`](toolgate_core::Key). A subject of a token's issuer is somebody else, unless both
    /// have the same name.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<Box<str>>) -> Self {
        self.rules.issuer = issuer.into();
        self
    }

    /// What all keys begin with, `tg` unless set: 2 to 16 lower-case letters and digits, a letter in
    /// front. Other tokens do not begin with it and `_`, so a chain can tell them apart.
    #[must_use]
    pub fn brand(mut self, brand: impl Into<Box<str>>) -> Self {
        self.rules.brand = brand.into();
        self
    }

    /// Makes a type of yours for each key, for tools to read as the principal. It is made once, when
    /// the keys are taken on, here or by [`ApiKeyAuth::replace`]; when it fails, so do they. Called
    /// again, it adds another type.
    ///
    /// ```
    /// use toolgate_auth::{ApiKey, api_keys};
    ///
    /// struct Team { name: String }
    ///
    /// let (_, key) = ApiKey::generate("tg_nightly", "reports")?;
    /// let auth = api_keys([key])
    ///     .principal(|key| Ok(Team { name: key.subject.to_string() }))
    ///     .build()?;
    /// # Ok::<(), toolgate_core::StartError>(())
    /// ```
    #[must_use]
    pub fn principal<U, F>(mut self, make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&ApiKey) -> Result<U, StartError> + Send + Sync + 'static,
    {
        self.rules.principals.push(Principal::new(make));
        self
    }

    /// What time it is, for tests.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks the settings and the keys. No keys are fine: [`ApiKeyAuth::replace`] may bring some.
    ///
    /// # Errors
    /// Every setting that cannot be used, or else every key.
    pub fn build(self) -> Result<ApiKeyAuth, StartError> {
        StartError::check(self.problems())?;
        let Self { keys, rules, clock } = self;
        let table = RwLock::new(Arc::new(Table::of(keys, &rules)?));
        Ok(ApiKeyAuth(Arc::new(Shared { rules, clock, table })))
    }

    fn problems(&self) -> Vec<String> {
        let Rules { issuer, brand, principals } = &self.rules;
        let mut problems = Vec::new();
        if issuer.is_empty() {
            problems.push("`issuer` of the API keys is empty; leave it out".to_owned());
        }
        if !form::is_brand(brand) {
            problems.push(
                "`brand` has to be 2 to 16 lower-case letters and digits, a letter in front"
                    .to_owned(),
            );
        }
        let types: Vec<_> = principals.iter().map(|principal| principal.of).collect();
        let twice =
            types.iter().enumerate().find(|(at, of)| types.iter().take(*at).any(|one| one == *of));
        if let Some((_, of)) = twice {
            problems.push(format!("`principal` is set twice for {}", of.name()));
        }
        problems
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys")
            .field("keys", &self.keys)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
