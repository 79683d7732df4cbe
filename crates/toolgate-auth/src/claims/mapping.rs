//! Which claims say what: the client, roles, scopes, and the author's own type.

use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toolgate_core::{Identity, Key, Refusal, Scopes};

use super::{
    Claims, Fields,
    fields::lacks,
    identity::Principal,
    path::{Found, Path},
};

/// How the claims of a verified token become an identity and a user of yours.
///
/// Claims are named as [`Fields`] says. What is not set is what issuers agree on: the client is
/// `client_id` or `azp`, scopes are in `scope` and `scp`, roles in `roles`. A role may have spaces.
///
/// ```
/// use serde::Deserialize;
/// use toolgate_auth::jwt;
///
/// #[derive(Deserialize)]
/// struct User {
///     name: String,
///     department: Option<String>,
///     teams: Vec<String>,
/// }
///
/// let auth = jwt("https://id.example/realms/main")
///     .claims(|claims| {
///         claims
///             .clients(["portal", "service-desk"])
///             .roles(["realm_access.roles", "resource_access.portal.roles"])
///             .user::<User>(|user| {
///                 user.required("name", ["preferred_username", "email", "sub"])
///                     .optional("department", ["[https://id.example/department]"])
///                     .list("teams", ["groups"])
///             })
///     })
///     .build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mapping {
    clients: Option<Vec<String>>,
    client_claims: Sources,
    roles: Sources,
    role_names: Option<Names>,
    scopes: Sources,
    scope_names: Option<Names>,
    principals: Vec<Principal>,
    problems: Vec<String>,
}

/// The issuer's names and this server's.
type Names = Vec<(String, String)>;

/// Where something is looked for.
#[derive(Clone, Debug)]
struct Sources {
    paths: Vec<Path>,
    /// Whether the author named them. What others put to another use gives nothing; what the author
    /// named has the shape that it should, or the token is refused.
    said: bool,
}

impl Mapping {
    /// The clients whose tokens are accepted. Every claim that names the client has to name one of
    /// them. Another one's token is 403: it is good, and logging in through the same client would
    /// bring no better one. A token that names no client is 401.
    #[must_use]
    pub fn clients<S: Into<String>>(self, clients: impl IntoIterator<Item = S>) -> Self {
        Self { clients: Some(clients.into_iter().map(Into::into).collect()), ..self }
    }

    /// The claims that name the client, in place of `client_id` and `azp`. The first that is there is
    /// the client of the caller's [`Key`].
    #[must_use]
    pub fn client_claims<S: Into<String>>(self, claims: impl IntoIterator<Item = S>) -> Self {
        Self { client_claims: Sources::said(claims), ..self }
    }

    /// The claims that hold roles, in place of `roles`. The roles of all of them count. Each is a
    /// text or an array of texts; a token in which one is anything else is refused.
    #[must_use]
    pub fn roles<S: Into<String>>(self, claims: impl IntoIterator<Item = S>) -> Self {
        Self { roles: Sources::said(claims), ..self }
    }

    /// What roles are called here: the issuer's name for one, and this server's. Of the issuer's
    /// roles only those count that are named. Two may become one, and one two.
    #[must_use]
    pub fn role_names<A: Into<String>, B: Into<String>>(
        self,
        names: impl IntoIterator<Item = (A, B)>,
    ) -> Self {
        Self { role_names: Some(pairs(names)), ..self }
    }

    /// The claims that hold scopes, in place of `scope` and `scp`. The scopes of all of them count.
    /// Each is a text with spaces between scopes, or an array of such; a token in which one is
    /// anything else is refused.
    #[must_use]
    pub fn scopes<S: Into<String>>(self, claims: impl IntoIterator<Item = S>) -> Self {
        Self { scopes: Sources::said(claims), ..self }
    }

    /// What scopes are called here, as [`role_names`](Self::role_names) says it of roles.
    #[must_use]
    pub fn scope_names<A: Into<String>, B: Into<String>>(
        self,
        names: impl IntoIterator<Item = (A, B)>,
    ) -> Self {
        Self { scope_names: Some(pairs(names)), ..self }
    }

    /// Makes a type of yours from the claims that `fields` names, for tools to read as the principal.
    /// It gets no others. Called again, it adds another type.
    #[must_use]
    pub fn user<U>(mut self, fields: impl FnOnce(Fields) -> Fields) -> Self
    where
        U: DeserializeOwned + Send + Sync + 'static,
    {
        let fields = fields(Fields::default());
        self.problems.extend(fields.problems());
        self.principal(Principal::new(move |claims| fields.make::<U>(claims)))
    }

    pub(crate) fn principal(mut self, principal: Principal) -> Self {
        self.principals.push(principal);
        self
    }

    pub(crate) fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// What is wrong with it, a sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        let clients = self.clients.as_ref();
        if clients.is_some_and(|all| all.is_empty() || all.iter().any(String::is_empty)) {
            problems.push("`clients` names none, or an empty one; leave it out".to_owned());
        }
        if self.client_claims.paths.is_empty() {
            problems.push("`client_claims` names none; leave it out".to_owned());
        }
        for sources in [&self.client_claims, &self.roles, &self.scopes] {
            problems.extend(super::unreadable(&sources.paths));
        }
        let types: Vec<_> = self.principals.iter().map(|principal| principal.of).collect();
        let twice =
            types.iter().enumerate().find(|(at, of)| types.iter().take(*at).any(|one| one == *of));
        if let Some((_, of)) = twice {
            problems.push(format!("`principal` is set twice for {}", of.name()));
        }
        problems
    }

    /// The identity that verified claims stand for. The token itself is not in it: an identity is
    /// remembered, and goes wherever a call does.
    ///
    /// # Errors
    /// When a claim is missing or of the wrong shape, the client is not one of those allowed, or the
    /// author's own code refuses.
    pub(crate) fn identity(
        &self,
        issuer: &str,
        claims: &Claims,
        expires: Option<SystemTime>,
    ) -> Result<Identity, Refusal> {
        let key = Key::new(issuer, claims.text("sub").unwrap_or_default());
        let key = match self.client(&claims.0)? {
            Some(client) => key.client(client),
            None => key,
        };
        let roles = called(self.role_names.as_ref(), self.roles.texts(&claims.0)?.into_iter());
        let scopes = self.scopes.texts(&claims.0)?;
        let scopes = scopes.into_iter().flat_map(str::split_ascii_whitespace);
        let scopes = called(self.scope_names.as_ref(), scopes);
        let mut identity = Identity::new(key).scopes(scopes).roles(roles);
        identity.expires = expires;
        identity.token_id = claims.text("jti").map(Into::into);
        // What is unreadable proves nothing: such a login counts as neither fresh nor strong.
        identity.authenticated = claims.time("auth_time");
        identity.acr = claims.text("acr").map(Into::into);
        for principal in &self.principals {
            principal.put(claims, &mut identity)?;
        }
        Ok(identity)
    }

    /// The client, once it is known to be allowed. That two claims name two of which one is allowed
    /// is no pass: it would be up to the reader who is meant.
    fn client<'a>(&self, claims: &'a Map<String, Value>) -> Result<Option<&'a str>, Refusal> {
        let Sources { paths, said } = &self.client_claims;
        let mut client = None;
        for path in paths {
            let named = match path.find(claims) {
                Found::Absent => continue,
                Found::Value(Value::String(named)) => &**named,
                _ if !said && self.clients.is_none() => continue,
                _ => return Err(wrong(path)),
            };
            if self.clients.as_ref().is_some_and(|all| !all.iter().any(|one| one == named)) {
                return Err(Refusal::forbidden("this client may not call"));
            }
            client.get_or_insert(named);
        }
        if client.is_none() && self.clients.is_some() {
            let names: Vec<_> = paths.iter().map(Path::text).collect();
            return Err(lacks(&format!("missing claim: the client from `{}`", names.join("`, `"))));
        }
        Ok(client)
    }
}

impl Default for Mapping {
    /// The client as in RFC 9068 or OpenID Connect; roles as in RFC 9068, section 2.2.3.1; scopes as
    /// in RFC 8693, section 4.2, or Entra's text and Okta's array.
    fn default() -> Self {
        Self {
            clients: None,
            client_claims: Sources::usual(["client_id", "azp"]),
            roles: Sources::usual(["roles"]),
            role_names: None,
            scopes: Sources::usual(["scope", "scp"]),
            scope_names: None,
            principals: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Sources {
    fn usual<const N: usize>(names: [&str; N]) -> Self {
        Self { paths: names.map(Path::read).into(), said: false }
    }

    fn said<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self { paths: texts.into_iter().map(Path::read).collect(), said: true }
    }

    fn texts<'a>(&'a self, claims: &'a Map<String, Value>) -> Result<Vec<&'a str>, Refusal> {
        if self.said {
            return super::texts(&self.paths, claims).map_err(wrong);
        }
        let found = self.paths.iter().filter_map(|path| match path.find(claims) {
            Found::Value(value) => super::texts_of(value),
            _ => None,
        });
        Ok(found.flatten().collect())
    }
}

/// The issuer's words in this server's.
fn called<'a>(names: Option<&Names>, words: impl Iterator<Item = &'a str>) -> Scopes {
    let Some(names) = names else { return words.collect() };
    let words: Scopes = words.collect();
    names.iter().filter(|(theirs, _)| words.contains(theirs)).map(|(_, ours)| ours).collect()
}

fn wrong(path: &Path) -> Refusal {
    lacks(&format!("wrong shape: `{}`", path.text()))
}

fn pairs<A: Into<String>, B: Into<String>>(names: impl IntoIterator<Item = (A, B)>) -> Names {
    names.into_iter().map(|(theirs, ours)| (theirs.into(), ours.into())).collect()
}
