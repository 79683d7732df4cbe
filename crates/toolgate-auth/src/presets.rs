//! What sets the access tokens of well-known providers apart, as data.
//!
//! A preset is a [`Jwt`] with the issuer's name put together, the rules that tell its
//! access tokens from its other tokens, and the claims in which it keeps the client, roles and scopes.
//! Everything can be said otherwise afterwards. A provider whose tokens keep to RFC 9068 needs none.
//!
//! ```
//! use toolgate_auth::presets;
//!
//! let auth = presets::keycloak("https://id.example/realms/main")
//!     .claims(|claims| claims.clients(["portal"]))
//!     .build()?;
//! # Ok::<(), toolgate_core::StartError>(())
//! ```
//!
//! Where a provider does not put the server's public URL into `aud`, say what it puts there:
//! [`Jwt::audience`](crate::Jwt::audience).

use toolgate_core::ScopePrefix;

use crate::{
    exchange::{Exchange, exchange},
    introspection::{Introspection, introspection},
    jose::Algorithm,
    jwt::{Jwt, jwt},
};

/// What is the same for all issuers of a provider. What is empty is as usual.
struct Preset {
    algorithms: &'static [Algorithm],
    clients: &'static [&'static str],
    roles: &'static [&'static str],
    scopes: &'static [&'static str],
    /// Claims that its access tokens have, and other tokens of its have not.
    required: &'static [&'static str],
    /// Claims of which its access tokens have one.
    one_of: &'static [&'static str],
    /// Claims and what its access tokens have there, and other tokens of its have not.
    values: &'static [(&'static str, &'static [&'static str])],
}

const USUAL: Preset = Preset {
    algorithms: &[],
    clients: &[],
    roles: &[],
    scopes: &[],
    required: &[],
    one_of: &[],
    values: &[],
};

const KEYCLOAK: Preset = Preset {
    clients: &["azp", "client_id"],
    roles: &["realm_access.roles"],
    scopes: &["scope"],
    // The second where the token is bound to a key.
    values: &[("typ", &["Bearer", "DPoP"])],
    ..USUAL
};

// An ID token of Entra has neither `azp` nor `appid`.
const ENTRA: Preset = Preset {
    algorithms: &[Algorithm::Rs256],
    clients: &["azp"],
    roles: &["roles"],
    scopes: &["scp"],
    required: &["azp"],
    values: &[("ver", &["2.0"])],
    ..USUAL
};

const ENTRA_V1: Preset =
    Preset { clients: &["appid"], required: &["appid"], values: &[("ver", &["1.0"])], ..ENTRA };

// The one in its own profile, the other in that of RFC 9068; an ID token has neither.
const AUTH0: Preset = Preset {
    algorithms: &[Algorithm::Rs256, Algorithm::Ps256],
    clients: &["client_id", "azp"],
    scopes: &["scope", "permissions"],
    one_of: &["azp", "client_id"],
    ..USUAL
};

// An ID token of Okta's has no `cid`.
const OKTA: Preset = Preset {
    algorithms: &[Algorithm::Rs256],
    clients: &["cid"],
    roles: &["groups"],
    scopes: &["scp"],
    required: &["cid"],
    ..USUAL
};

const COGNITO: Preset = Preset {
    algorithms: &[Algorithm::Rs256],
    clients: &["client_id"],
    roles: &["cognito:groups"],
    scopes: &["scope"],
    required: &["client_id"],
    values: &[("token_use", &["access"])],
    ..USUAL
};

impl Preset {
    fn of(&self, issuer: String) -> Jwt {
        let mut tokens = jwt(issuer);
        if !self.algorithms.is_empty() {
            tokens = tokens.algorithms(self.algorithms.iter().copied());
        }
        for claim in self.required {
            tokens = tokens.require_claim(*claim);
        }
        if !self.one_of.is_empty() {
            tokens = tokens.require_one(self.one_of);
        }
        for (claim, values) in self.values {
            tokens = tokens.require_value(*claim, values.iter().copied());
        }
        tokens.claims(|mut claims| {
            if !self.clients.is_empty() {
                claims = claims.client_claims(self.clients.iter().copied());
            }
            if !self.roles.is_empty() {
                claims = claims.roles(self.roles.iter().copied());
            }
            if !self.scopes.is_empty() {
                claims = claims.scopes(self.scopes.iter().copied());
            }
            claims
        })
    }
}

/// A realm of Keycloak, by its issuer: `https://id.example/realms/main`.
///
/// Roles are those of the realm; those that a client defines are added with
/// `.claims(|claims| claims.roles(["realm_access.roles", "resource_access.portal.roles"]))`. `aud` is
/// what the realm's mappers put there: give the client scope an audience mapper with the public URL.
///
/// A lightweight access token has neither subject, audience nor roles unless their mappers add them to it.
pub fn keycloak(issuer: impl Into<String>) -> Jwt {
    KEYCLOAK.of(issuer.into())
}

/// A tenant of Entra ID, by its id, whose application asks for tokens of version 2
/// (`requestedAccessTokenVersion: 2` in its manifest).
///
/// `aud` is the application's id: set [`Jwt::audience`]. Tokens of users have scopes, and roles where some
/// are assigned; those of applications have roles alone. An application of the tenant to which no role is
/// assigned may get a token as well, with neither: ask for a role or a scope wherever it matters.
///
/// Clients have to ask for scopes by their whole name, and Entra gives a token only where that begins with the
/// resource that they name, which is the public URL. So make the public URL one of the application's id URIs:
/// challenges and the metadata document then name `https://mcp.example.com/mcp/files.read` for what is
/// `files.read` in tokens and at tools. With [`Jwt::scope_prefix`] it can be another id URI of the
/// application's, for clients that name no resource.
///
/// An application with signing keys of its own has them in another place: set [`Jwt::jwks_uri`], with
/// `?appid=` and its id. Tenants of national clouds and of External ID have other issuers, which their
/// metadata names. These settings are the same for such a one:
///
/// ```
/// use toolgate_auth::{Algorithm, jwt};
/// use toolgate_core::ScopePrefix;
///
/// let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
/// let auth = jwt(format!("https://login.microsoftonline.us/{tenant}/v2.0"))
///     .scope_prefix(ScopePrefix::Resource)
///     .algorithms([Algorithm::Rs256])
///     .audience(["6e74172b-be56-4843-9ff4-e66a39bb12e3"])
///     .require_claim("azp")
///     .require_value("ver", ["2.0"])
///     .require_value("tid", [tenant])
///     .claims(|claims| claims.client_claims(["azp"]).roles(["roles"]).scopes(["scp"]))
///     .build()?;
/// # Ok::<(), toolgate_core::StartError>(())
/// ```
///
/// Leave out none of them: an ID token for the application that this server is has all but `azp`.
pub fn entra(tenant: impl AsRef<str>) -> Jwt {
    let tenant = tenant.as_ref();
    let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    of_tenant(ENTRA.of(issuer), tenant)
}

/// A tenant of Entra ID, by its id, whose application asks for tokens of version 1, as it does unless
/// its manifest says otherwise.
///
/// `aud` is one of the application's id URIs or its id, as the client has asked for it: list them all with
/// [`Jwt::audience`]. Scopes are asked for as [`entra`] says.
pub fn entra_v1(tenant: impl AsRef<str>) -> Jwt {
    let tenant = tenant.as_ref();
    let keys = format!("https://login.microsoftonline.com/{tenant}/discovery/keys");
    let tokens = ENTRA_V1.of(format!("https://sts.windows.net/{tenant}/")).jwks_uri(keys);
    of_tenant(tokens, tenant)
}

/// Tokens name their tenant by id alone, also where the tenant has a name.
fn of_tenant(tokens: Jwt, tenant: &str) -> Jwt {
    let tokens = tokens.require_value("tid", [tenant]).scope_prefix(ScopePrefix::Resource);
    let hyphens = tenant.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
    });
    if hyphens && tenant.len() == 36 {
        return tokens;
    }
    tokens.problem(
        "the tenant has to be its id, in lower-case letters and with hyphens; `common` and \
         `organizations` are none: list the tenants with `issuers`",
    )
}

/// A tenant of Auth0, by its domain: `acme.eu.auth0.com`, or a domain of your own.
///
/// `aud` is the identifier of the API, which can be the public URL. Permissions of the API's access
/// control count as scopes. Roles come by an action of yours, in a claim that is named after a URL:
/// `.claims(|claims| claims.roles(["[https://acme.example/roles]"]))`.
///
/// Where the API signs with PS256, switch "Include Signing Algorithms in JSON Web Key Set" off in the
/// tenant's settings: else its keys are published for another algorithm, and are not used for this one.
pub fn auth0(domain: impl AsRef<str>) -> Jwt {
    let domain = domain.as_ref();
    let tokens = AUTH0.of(format!("https://{domain}/"));
    if domain.contains(['/', ':']) {
        return tokens
            .problem("the tenant has to be its domain alone, such as `acme.eu.auth0.com`");
    }
    tokens
}

/// A custom authorization server of Okta, by its issuer: `https://acme.okta.com/oauth2/default`.
///
/// `aud` is what the authorization server is set to. Groups, where a claim `groups` is defined, are
/// roles.
pub fn okta(issuer: impl Into<String>) -> Jwt {
    let issuer = issuer.into();
    let custom = issuer.contains("/oauth2/");
    let tokens = OKTA.of(issuer);
    if custom {
        return tokens;
    }
    tokens.problem(
        "the issuer has to be a custom authorization server of Okta, with `/oauth2/` in it: tokens of \
         the organization's own are for Okta alone",
    )
}

/// A user pool of Amazon Cognito, by its id: `eu-west-1_aBcDeFgHi`.
///
/// Its issuer is of the original type; for one of the updated type, there is [`cognito_updated`].
///
/// Access tokens have no `aud` unless the client asked for a resource, which clients without users
/// cannot. To accept those, name the clients: `.danger().accept_without_audience("client_id", "4f1q..")`.
/// Where a trigger of yours puts the client's id into `aud`, list it with [`Jwt::audience`], beside the
/// public URL. Groups are roles.
pub fn cognito(pool: impl AsRef<str>) -> Jwt {
    of_pool("cognito-idp", pool.as_ref())
}

/// A user pool of Amazon Cognito whose issuer is of the updated type (`IssuerConfiguration` has `UPDATED`),
/// by its id. But for `iss`, its tokens are those of [`cognito`].
///
/// While a pool changes over, list both with [`issuers`](crate::issuers()).
pub fn cognito_updated(pool: impl AsRef<str>) -> Jwt {
    of_pool("issuer-cognito-idp", pool.as_ref())
}

fn of_pool(service: &str, pool: &str) -> Jwt {
    let region = pool.split_once('_').map_or("", |(region, _)| region);
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    let tokens = COGNITO.of(format!("https://{service}.{region}.amazonaws.com{china}/{pool}"));
    let plain = |part: &str, more: &[u8]| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    if plain(region, b"-") && plain(pool, b"-_") {
        return tokens;
    }
    tokens.problem("the user pool has to be its id, such as `eu-west-1_aBcDeFgHi`")
}

/// Access tokens of Google's, which are opaque: its `tokeninfo` is asked about each.
///
/// `clients` are the ids of the OAuth clients whose tokens are accepted: that is all that Google's
/// tokens have for an audience. So whoever gets a token through one of these clients can call this
/// server, whatever the token was meant for. They have to ask for the scope `openid`: without it, the
/// answer names no user. Without `email`, it may not name the client, which `.claims(..)` may ask for.
/// Google knows neither roles nor scopes of your own.
pub fn google<S: Into<String>>(clients: impl IntoIterator<Item = S>) -> Introspection {
    introspection("https://accounts.google.com")
        .google()
        .endpoint("https://oauth2.googleapis.com/tokeninfo")
        .audience(clients)
        .claims(|claims| claims.client_claims(["azp"]).scopes(["scope"]))
}

/// An exchange at a tenant of Entra ID, by its id, in the words of its on-behalf-of flow: a grant of type
/// `jwt-bearer` with `requested_token_use=on_behalf_of`.
///
/// A [`Target`](crate::Target) has scopes alone: `api://reports/read`, or `api://reports/.default` for all
/// that the user or an administrator agreed to. What needs another login (`interaction_required`) is a
/// step-up; what needs their consent (`suberror`), words that say so. The `claims` that Entra wants to see
/// in the next login are not passed on: no MCP client sends them. A
/// [`private_key_jwt`](Exchange::private_key_jwt) needs a key with its
/// [`certificate`](crate::ClientKey::certificate).
pub fn entra_obo(tenant: impl AsRef<str>) -> Exchange {
    let at = format!("https://login.microsoftonline.com/{}", tenant.as_ref());
    exchange(format!("{at}/v2.0")).entra().endpoint(format!("{at}/oauth2/v2.0/token"))
}

/// An exchange with another organization's authorization server, in two steps (Identity Assertion JWT
/// Authorization Grant, draft 04): `provider`, who logs in the users, gives a grant for `other`, and `other` a
/// token for it. How this server proves who it is can differ; all other settings are those of `provider`.
///
/// ```
/// use toolgate_auth::{exchange, presets};
///
/// let chat = presets::id_jag(
///     exchange("https://id.example").client_secret("portal", "one from the environment"),
///     exchange("https://login.chat.example").client_secret("acme-portal", "another"),
/// );
/// ```
///
/// A [`Target`](crate::Target) has resources and scopes; the audience is `other`. The subject is the access
/// token that the caller sent, since a server has no other: the draft asks providers to take ID tokens and
/// leaves access tokens to them, so ask yours.
pub fn id_jag(provider: Exchange, other: Exchange) -> Exchange {
    provider.id_jag(other)
}

#[cfg(test)]
mod tests;
