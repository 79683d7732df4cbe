//! Callers that a gateway in front has authenticated, and names in a header.
//!
//! A header is no proof: whoever reaches this server can write it. So it counts only where the gateway
//! proves itself, by a secret that it shares with this server, by the address that it connects from, or
//! by both; and saying so is marked as dangerous, since this server then believes whatever it is told.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use toolgate_core::{
    Authenticate, BoxFuture, Credentials, Identity, Key, Networks, PrincipalType, Refusal,
    ResourceCard, Scopes, StartError, Verdict, authenticate::Reason, credentials::Field,
};

use crate::{api_keys::Digest, bearer::bearer};

/// Longest value of a header that is read, in bytes.
const MAX_VALUE: usize = 4096;

/// Callers that the gateway `issuer` names; that is the issuer of their
/// [`Key`](toolgate_core::Key). It has to be trusted by one of the ways of [`Gateway::danger`].
///
/// ```
/// use toolgate_auth::gateway;
///
/// let auth = gateway("https://gateway.internal")
///     .user_header("x-forwarded-user")
///     .roles_header("x-forwarded-groups")
///     .danger()
///     .trust_secret("x-gateway-proof", "32 random bytes, from the environment")
///     .build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
pub fn gateway(issuer: impl Into<Box<str>>) -> Gateway {
    Gateway {
        issuer: issuer.into(),
        user: "x-forwarded-user".to_owned(),
        client: None,
        roles: None,
        scopes: None,
        secret: None,
        peers: None,
        principals: Vec::new(),
    }
}

/// Settings of a [`GatewayAuth`]; begun by [`gateway`].
#[derive(Clone)]
pub struct Gateway {
    issuer: Box<str>,
    user: String,
    client: Option<String>,
    roles: Option<String>,
    scopes: Option<String>,
    /// A header, and the hash and the length of what it has to say.
    secret: Option<(String, Digest, usize)>,
    peers: Option<Vec<String>>,
    principals: Vec<Principal>,
}

/// Puts one of the author's own types into an identity.
#[derive(Clone)]
struct Principal {
    of: PrincipalType,
    make: Make,
}

type Make = Arc<dyn Fn(&mut Identity) -> Result<(), Refusal> + Send + Sync>;

/// Settings that give up a check; from [`Gateway::danger`].
#[derive(Clone, Debug)]
pub struct GatewayDanger(Gateway);

impl Gateway {
    /// The header that names the caller: `X-Forwarded-User` unless set.
    #[must_use]
    pub fn user_header(self, name: impl Into<String>) -> Self {
        Self { user: name.into(), ..self }
    }

    /// The header that names the client through which the caller came.
    #[must_use]
    pub fn client_header(self, name: impl Into<String>) -> Self {
        Self { client: Some(name.into()), ..self }
    }

    /// The header that lists the caller's roles, separated by commas.
    #[must_use]
    pub fn roles_header(self, name: impl Into<String>) -> Self {
        Self { roles: Some(name.into()), ..self }
    }

    /// The header that lists the caller's scopes, separated by spaces.
    #[must_use]
    pub fn scopes_header(self, name: impl Into<String>) -> Self {
        Self { scopes: Some(name.into()), ..self }
    }

    /// Makes a type of yours of what the gateway says, for tools to read as the principal. It may
    /// refuse. Called again, it adds another type.
    #[must_use]
    pub fn principal<U, F>(mut self, make: F) -> Self
    where
        U: Send + Sync + 'static,
        F: Fn(&Identity) -> Result<U, Refusal> + Send + Sync + 'static,
    {
        let put = move |identity: &mut Identity| {
            let made = make(identity)?;
            identity.ext.insert(made);
            Ok(())
        };
        self.principals.push(Principal { of: PrincipalType::of::<U>(), make: Arc::new(put) });
        self
    }

    /// Ways to trust the gateway, each named for what it goes by. Where two are set, both have to
    /// hold.
    #[must_use]
    pub fn danger(self) -> GatewayDanger {
        GatewayDanger(self)
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// When nothing says which gateway to trust, or a setting cannot be used.
    pub fn build(self) -> Result<GatewayAuth, StartError> {
        let mut problems = Vec::new();
        if self.secret.is_none() && self.peers.is_none() {
            problems.push(
                "a gateway's header is no proof: set `trust_secret` or `trust_peers` of `danger`"
                    .to_owned(),
            );
        }
        if self.issuer.is_empty() {
            problems.push("the gateway has no name".to_owned());
        }
        if self.secret.as_ref().is_some_and(|(_, _, length)| *length < 16) {
            problems.push("`trust_secret` is shorter than 16 bytes".to_owned());
        }
        let secret = self.secret.as_ref().map(|(name, _, _)| name);
        let optional = [&self.client, &self.roles, &self.scopes];
        let names: Vec<&String> =
            optional.into_iter().flatten().chain(secret).chain([&self.user]).collect();
        for (at, name) in names.iter().enumerate() {
            let twice = names.iter().take(at).any(|other| other.eq_ignore_ascii_case(name));
            if twice || !is_header(name) {
                problems.push(format!("`{name}` is no header for it, or is used twice"));
            }
        }
        let peers = self.peers.as_ref().map(Networks::read).transpose();
        let peers = peers.unwrap_or_else(|wrong| {
            problems.push(format!("`trust_peers`: `{wrong}` is neither an address nor a network"));
            None
        });
        if peers.as_ref().is_some_and(Networks::is_empty) {
            problems.push("`trust_peers` names nobody".to_owned());
        }
        let types: Vec<_> = self.principals.iter().map(|principal| principal.of).collect();
        if types.iter().enumerate().any(|(at, of)| types.iter().take(at).any(|one| one == of)) {
            problems.push("`principal` is set twice for one type".to_owned());
        }
        StartError::check(problems)?;
        tracing::warn!(gateway = %self.issuer, "callers are whoever this gateway says they are");
        Ok(GatewayAuth(Arc::new(Shared { settings: self, peers })))
    }
}

impl GatewayDanger {
    /// Trusts whoever sends this text in that header: 16 random bytes or more, that the gateway and
    /// this server share.
    ///
    /// The danger: whoever learns the secret is anybody he likes. And the gateway has to take the
    /// headers of the caller's own out of each request.
    #[must_use]
    pub fn trust_secret(self, header: impl Into<String>, secret: impl AsRef<[u8]>) -> Gateway {
        let secret = secret.as_ref();
        let known = (header.into(), Digest::of(secret), secret.len());
        Gateway { secret: Some(known), ..self.0 }
    }

    /// Trusts whoever connects from one of these addresses or networks: `10.1.2.3`, `10.1.0.0/16`,
    /// `fd00::/8`.
    ///
    /// The danger: everything at these addresses is the gateway, whatever else runs there. And the
    /// gateway has to take the headers of the caller's own out of each request.
    #[must_use]
    pub fn trust_peers<S: Into<String>>(self, peers: impl IntoIterator<Item = S>) -> Gateway {
        Gateway { peers: Some(peers.into_iter().map(Into::into).collect()), ..self.0 }
    }
}

/// Believes a gateway that proves itself; made by [`Gateway::build`].
///
/// | sent | verdict |
/// |---|---|
/// | no name of a caller | refused, nothing sent: 401 |
/// | a name, without the proof of the gateway | refused, invalid: 401 |
/// | a name and other credentials, or one of the headers twice | refused, malformed: 400 |
/// | a name, with the proof | known |
///
/// Cheap to clone.
#[derive(Clone)]
pub struct GatewayAuth(Arc<Shared>);

struct Shared {
    settings: Gateway,
    peers: Option<Networks>,
}

impl Authenticate for GatewayAuth {
    fn authenticate<'a>(&'a self, with: &'a Credentials) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            match self.0.identity(with) {
                Ok(identity) => Verdict::known(identity),
                Err(refusal) => Verdict::Refused(refusal),
            }
        })
    }

    fn card(&self) -> ResourceCard {
        let mut card = ResourceCard::default();
        card.principals = self.0.settings.principals.iter().map(|principal| principal.of).collect();
        card
    }
}

impl Shared {
    fn identity(&self, with: &Credentials) -> Result<Identity, Refusal> {
        let settings = &self.settings;
        if with.field(&settings.user) == Field::Absent {
            return Err(Refusal::missing());
        }
        // Before anything else that was sent is looked at.
        if !self.is_gateway(with) {
            return Err(Refusal::invalid("callers are not named by this sender"));
        }
        // Two readers of such a request might pick two callers.
        if with.field("x-api-key") != Field::Absent {
            return Err(Refusal::malformed("credentials are sent more than once"));
        }
        match bearer(with) {
            Err(Verdict::Refused(refusal)) if refusal.reason() == Reason::Missing => {}
            _ => return Err(Refusal::malformed("credentials are sent more than once")),
        }
        let user = text(with, &settings.user)?.unwrap_or_default();
        // Senders and proxies may join fields of one name by a comma (RFC 9110, section 5.3).
        if user.is_empty() || user.contains(',') || has_edges(&user) {
            return Err(unreadable());
        }
        let key = Key::new(&*settings.issuer, user);
        let read = |name: &Option<String>| name.as_ref().map_or(Ok(None), |name| text(with, name));
        let key = match read(&settings.client)? {
            Some(client) if has_edges(&client) => return Err(unreadable()),
            Some(client) if !client.is_empty() => key.client(client),
            _ => key,
        };
        let (roles, scopes) = (read(&settings.roles)?, read(&settings.scopes)?);
        let roles = roles.unwrap_or_default();
        let roles: Scopes =
            roles.split(',').map(str::trim_ascii).filter(|role| !role.is_empty()).collect();
        let scopes = Scopes::split(&scopes.unwrap_or_default());
        let mut identity = Identity::new(key).roles(roles).scopes(scopes);
        for principal in &settings.principals {
            (principal.make)(&mut identity)?;
        }
        Ok(identity)
    }

    fn is_gateway(&self, with: &Credentials) -> bool {
        let secret = self.settings.secret.as_ref().is_none_or(|(header, known, _)| {
            matches!(with.field(header), Field::One(sent) if known.matches(&Digest::of(&sent)))
        });
        let peer = self
            .peers
            .as_ref()
            .is_none_or(|peers| with.peer().is_some_and(|address| peers.contains(address)));
        secret && peer
    }
}

/// The one value of a header, as visible text.
fn text(with: &Credentials, name: &str) -> Result<Option<String>, Refusal> {
    let value = match with.field(name) {
        Field::Absent => return Ok(None),
        Field::One(value) if value.len() <= MAX_VALUE => value,
        _ => return Err(unreadable()),
    };
    let text = String::from_utf8(value.into()).map_err(|_| unreadable())?;
    if text.chars().any(char::is_control) {
        return Err(unreadable());
    }
    // What HTTP lets stand around a value, and no other spaces: those may be part of somebody's name.
    Ok(Some(text.trim_ascii().to_owned()))
}

/// Whether a name begins or ends with a space of any kind: somebody else may read it without.
fn has_edges(name: &str) -> bool {
    name.trim() != name
}

fn unreadable() -> Refusal {
    Refusal::malformed("the gateway's headers cannot be read")
}

/// A name of a field (RFC 9110, section 5.1) that no other credentials are in.
fn is_header(name: &str) -> bool {
    let sign = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    let taken = ["authorization", "x-api-key", "dpop"];
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || sign(byte))
        && !taken.iter().any(|taken| taken.eq_ignore_ascii_case(name))
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("issuer", &self.issuer)
            .field("user", &self.user)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GatewayAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GatewayAuth").field(&self.0.settings).finish()
    }
}
