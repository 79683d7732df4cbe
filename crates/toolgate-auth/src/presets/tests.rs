//! Tokens in the form in which each provider publishes an example or describes its claims, read; its other
//! tokens refused. Names, ids and what is long are ours.

mod auth0;
mod cognito;
mod entra;
mod keycloak;
mod okta;

use serde_json::{Value, json};
use toolgate_core::{Authenticate, Identity, Refusal, Verdict};

use self::entra::TENANT;
use super::*;
use crate::jwt::{
    JwtAuth,
    tests::kit::{FakeIssuer, NOW, RESOURCE, RSA, bearing, encode, now, published, sign},
};

/// A provider's published example: where its keys are, and what it publishes there; a header, and
/// claims. Its times and its key are ours, since its own have no private half and are long past.
struct Example {
    keys_at: &'static str,
    /// Whether metadata at the issuer says where.
    discovered: bool,
    keys: Value,
    header: Value,
    claims: Value,
}

impl Example {
    fn with(mut self, claim: &str, value: Value) -> Self {
        self.claims[claim] = value;
        self
    }

    fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim).unwrap();
        self
    }

    /// The token, and who judges it: with keys that are where the preset looks for them.
    fn served(mut self, by: Jwt) -> (String, JwtAuth) {
        let key = &mut self.keys["keys"][0];
        key["n"] = published(&RSA, json!({}))["n"].clone();
        for name in ["kid", "x5t"] {
            if name == "kid" || self.header.get(name).is_some() {
                self.header[name] = key["kid"].clone();
            }
        }
        for (claim, at) in [("iat", NOW - 10), ("nbf", NOW - 10), ("exp", NOW + 300)] {
            if self.claims.get(claim).is_some() {
                self.claims[claim] = at.into();
            }
        }
        let message =
            format!("{}.{}", encode(self.header.to_string()), encode(self.claims.to_string()));
        let ps256 = self.header["alg"] == "PS256";
        let algorithm = if ps256 { Algorithm::Ps256 } else { Algorithm::Rs256 };
        let token = format!("{message}.{}", encode(sign(algorithm, &RSA, &message)));
        let server = FakeIssuer::new();
        server.answer(self.keys_at, 200, self.keys.to_string());
        if self.discovered {
            let issuer = self.claims["iss"].as_str().unwrap();
            let place =
                format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
            let metadata = json!({"issuer": issuer, "jwks_uri": self.keys_at});
            server.answer(&place, 200, metadata.to_string());
        }
        (token, by.fetch(server).clock(now).build().unwrap())
    }

    async fn judged(self, by: Jwt) -> Result<Identity, Refusal> {
        let (token, auth) = self.served(by);
        match auth.authenticate(&bearing(token)).await {
            Verdict::Known(identity, _) => Ok(Identity::clone(&identity)),
            Verdict::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }
}

fn set(text: &str) -> Value {
    text.parse().unwrap()
}

/// Client, roles and scopes.
fn read(identity: &Identity) -> (Option<&str>, String, String) {
    let roles: Vec<_> = identity.roles.iter().collect();
    (identity.key.client.as_deref(), roles.join(","), identity.scopes.to_string())
}

async fn refused(example: Example, by: Jwt, message: &str) {
    assert_eq!(example.judged(by).await.unwrap_err().message(), message);
}

const OTHER: &str = "the token is not an access token of this issuer's";
const ID_TOKEN: &str = "an ID token is not an access token";
const ELSEWHERE: &str = "the token is from another issuer";

#[test]
fn issuers_are_put_together_as_the_providers_write_them() {
    for (jwt, issuer) in [
        (entra(TENANT), &*format!("https://login.microsoftonline.com/{TENANT}/v2.0")),
        (entra_v1(TENANT), &format!("https://sts.windows.net/{TENANT}/")),
        (auth0("acme.eu.auth0.com"), "https://acme.eu.auth0.com/"),
        (cognito("eu-west-1_a"), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"),
        // As AWS names hosts there; no page of its shows an issuer.
        (cognito("cn-north-1_a"), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a"),
        (
            cognito_updated("eu-west-1_a"),
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
        ),
    ] {
        let auth = jwt.fetch(FakeIssuer::new()).build().unwrap();
        assert_eq!(auth.card().authorization_servers, [issuer]);
    }
}

#[test]
fn what_names_no_issuer_is_told() {
    for (jwt, expected) in [
        (entra("common"), "the tenant"),
        (entra("contoso.onmicrosoft.com"), "the tenant"),
        (entra(TENANT.to_uppercase()), "the tenant"),
        (entra_v1("organizations"), "the tenant"),
        (okta("https://acme.okta.com"), "custom authorization server"),
        (cognito("example"), "the user pool"),
        (cognito("us-west-2_a/../b"), "the user pool"),
        (cognito_updated("us-west-2"), "the user pool"),
        (keycloak("id.example"), "the issuer"),
        (auth0("https://acme.eu.auth0.com"), "its domain alone"),
        (auth0("acme.eu.auth0.com/"), "its domain alone"),
    ] {
        let error = jwt.fetch(FakeIssuer::new()).build().unwrap_err();
        assert!(error.problems().iter().any(|one| one.contains(expected)), "{error}");
    }
}
