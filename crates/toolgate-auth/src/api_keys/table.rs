//! The keys that are known: checked once, then found by prefix and judged.

use std::{collections::HashMap, fmt, sync::Arc, time::SystemTime};

use toolgate_core::{Identity, Key, PrincipalType, Refusal, StartError};

use super::{
    digest::Digest,
    form::{self, MAX_PREFIX},
    key::ApiKey,
};

/// What holds for all keys, also for those that come later.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) issuer: Box<str>,
    pub(super) brand: Box<str>,
    pub(super) principals: Vec<Principal>,
}

/// Puts one of the author's own types into an identity.
#[derive(Clone)]
pub(super) struct Principal {
    pub(super) of: PrincipalType,
    make: Make,
}

type Make = Arc<dyn Fn(&ApiKey, &mut Identity) -> Result<(), StartError> + Send + Sync>;

impl Principal {
    pub(super) fn new<U, F>(make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&ApiKey) -> Result<U, StartError> + Send + Sync + 'static,
    {
        let put = move |key: &ApiKey, identity: &mut Identity| {
            identity.ext.insert(make(key)?);
            Ok(())
        };
        Self { of: PrincipalType::of::<U>(), make: Arc::new(put) }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.of.name())
    }
}

/// The keys by prefix.
pub(super) struct Table(HashMap<Box<str>, Entry>);

struct Entry {
    digest: Digest,
    /// The same for every request, so it is made once.
    identity: Arc<Identity>,
}

impl Table {
    /// The keys, checked.
    ///
    /// # Errors
    /// All that is wrong with any of them.
    pub(super) fn of(keys: Vec<ApiKey>, rules: &Rules) -> Result<Self, StartError> {
        let (mut entries, mut problems) = (HashMap::with_capacity(keys.len()), Vec::new());
        for (at, key) in keys.into_iter().enumerate() {
            let name = name(&key, at, &rules.brand);
            let mut found = problems_of(&key, &rules.brand);
            let identity = identity(&key, rules, &mut found);
            let entry = Entry { digest: key.digest, identity: Arc::new(identity) };
            if entries.insert(key.prefix, entry).is_some() {
                found.push("its prefix is taken by another key; give each its own".into());
            }
            problems.extend(found.iter().map(|problem| format!("API key {name}: {problem}")));
        }
        StartError::check(problems)?;
        Ok(Self(entries))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Who has the key `sent`, which begins with `prefix`.
    ///
    /// Nothing is told of why not, be it by words or by work: there is a digest and a comparison
    /// for each, and the log's line is put together for each.
    pub(super) fn judge(
        &self,
        prefix: &str,
        sent: &[u8],
        now: SystemTime,
    ) -> Result<Arc<Identity>, Refusal> {
        let entry = self.0.get(prefix);
        let same = entry.map_or(&Digest::NONE, |entry| &entry.digest).matches(&Digest::of(sent));
        let Some(Entry { identity, .. }) = entry.filter(|_| same) else {
            let (why, whose) = match entry {
                Some(_) => ("the secret is wrong for ", prefix),
                // What the peer made up is not for the log.
                None => ("no key has this prefix", ""),
            };
            return Err(Refusal::invalid(INVALID).detail(format!("{INVALID}: {why}{whose}")));
        };
        if identity.expires.is_some_and(|end| end <= now) {
            return Err(Refusal::invalid(EXPIRED).detail(format!("{EXPIRED}: {prefix}")));
        }
        Ok(Arc::clone(identity))
    }
}

const INVALID: &str = "the API key is not valid";
const EXPIRED: &str = "the API key has expired";

/// What a key is called where it is found wanting: by its place unless its prefix is one, since it
/// may be a whole key, put there by mistake.
fn name(key: &ApiKey, at: usize, brand: &str) -> String {
    if form::is_prefix(&key.prefix, brand) {
        format!("`{}`", key.prefix)
    } else {
        format!("number {}", at + 1)
    }
}

fn problems_of(key: &ApiKey, brand: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut unless = |fine: bool, problem: String| {
        if !fine {
            problems.push(problem);
        }
    };
    unless(
        form::is_prefix(&key.prefix, brand),
        format!(
            "its prefix has to be `{brand}_` and a name of lower-case letters, digits, `_` and \
             `-`, {MAX_PREFIX} characters at most; set `brand` where keys begin with another word"
        ),
    );
    unless(!key.subject.is_empty(), "its subject is empty; say whose key it is".into());
    unless(
        key.client.as_deref().is_none_or(|client| !client.is_empty()),
        "its client is empty; leave it out".into(),
    );
    unless(
        key.scopes.are_valid(),
        "one of its scopes is empty, or has a character that none may have, such as a space; list \
         each by itself"
            .into(),
    );
    unless(key.roles.iter().all(|role| !role.is_empty()), "one of its roles is empty".into());
    problems
}

fn identity(key: &ApiKey, rules: &Rules, problems: &mut Vec<String>) -> Identity {
    let owner = Key::new(&*rules.issuer, &*key.subject);
    let owner = match &key.client {
        Some(client) => owner.client(&**client),
        None => owner,
    };
    let mut identity = Identity::new(owner).scopes(key.scopes.clone()).roles(key.roles.clone());
    identity.expires = key.expires;
    identity.token_id = Some(key.prefix.clone());
    for principal in &rules.principals {
        if let Err(error) = (principal.make)(key, &mut identity) {
            problems.extend_from_slice(error.problems());
        }
    }
    identity
}
