//! What is published and where.

use http::Method;
use serde_json::{Value, json};

use super::{algorithm::Algorithm, fault::Endpoint, grant::EXCHANGE, state::State};

/// The place of a path.
pub(super) fn place(path: &str) -> Option<Endpoint> {
    Some(match path {
        "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => {
            Endpoint::Metadata
        }
        "/jwks" => Endpoint::Jwks,
        "/authorize" => Endpoint::Authorize,
        "/token" => Endpoint::Token,
        "/introspect" => Endpoint::Introspect,
        "/revoke" => Endpoint::Revoke,
        "/register" => Endpoint::Register,
        _ => return None,
    })
}

impl Endpoint {
    /// Where it is; of several places the first.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Metadata => "/.well-known/oauth-authorization-server",
            Self::Jwks => "/jwks",
            Self::Authorize => "/authorize",
            Self::Token => "/token",
            Self::Introspect => "/introspect",
            Self::Revoke => "/revoke",
            Self::Register => "/register",
        }
    }

    /// The methods that it takes, as they are told.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Metadata | Self::Jwks => "GET, HEAD",
            Self::Authorize => "GET, POST",
            Self::Token | Self::Introspect | Self::Revoke | Self::Register => "POST",
        }
    }

    pub(super) fn takes(self, method: &Method) -> bool {
        self.methods().split(", ").any(|name| name == method.as_str())
    }

    /// Whether pages of other origins may read its answers. Not those that are for a person's eyes: a
    /// page that can read the question can say yes.
    pub(super) fn is_open(self) -> bool {
        self != Self::Authorize
    }

    pub(super) fn url(self, issuer: &str) -> String {
        format!("{issuer}{}", self.path())
    }
}

/// RFC 8414, section 2, and what later standards add.
pub(super) fn metadata(state: &State) -> Value {
    let issuer = state.issuer();
    let secrets = ["client_secret_basic", "client_secret_post"];
    let clients = ["none", secrets[0], secrets[1]];
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    let mut metadata = json!({
        "issuer": issuer,
        "jwks_uri": Endpoint::Jwks.url(issuer),
        "authorization_endpoint": Endpoint::Authorize.url(issuer),
        "token_endpoint": Endpoint::Token.url(issuer),
        "introspection_endpoint": Endpoint::Introspect.url(issuer),
        "revocation_endpoint": Endpoint::Revoke.url(issuer),
        "registration_endpoint": Endpoint::Register.url(issuer),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported":
            ["authorization_code", "refresh_token", "client_credentials", EXCHANGE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": clients,
        "revocation_endpoint_auth_methods_supported": clients,
        "introspection_endpoint_auth_methods_supported": secrets,
        "authorization_response_iss_parameter_supported": true,
        "dpop_signing_alg_values_supported": algorithms,
        "client_id_metadata_document_supported": state.settings().documents.is_some(),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
    });
    let ways = &state.settings().acr;
    if let Some(metadata) = metadata.as_object_mut().filter(|_| !ways.is_empty()) {
        metadata.insert("acr_values_supported".to_owned(), ways.clone().into());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_where_it_says() {
        for endpoint in [Endpoint::Metadata, Endpoint::Jwks, Endpoint::Token, Endpoint::Introspect]
        {
            assert_eq!(place(endpoint.path()), Some(endpoint));
        }
        for path in ["/", "/jwks/", "/token/x", "/TOKEN"] {
            assert_eq!(place(path), None);
        }
        assert!(Endpoint::Jwks.takes(&Method::HEAD) && !Endpoint::Jwks.takes(&Method::POST));
        assert!(Endpoint::Token.takes(&Method::POST) && !Endpoint::Token.takes(&Method::GET));
    }
}
