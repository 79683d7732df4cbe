//! Tokens in the form in which each provider publishes an example, read; its other tokens refused.

use serde_json::{Value, json};
use toolgate_core::{Authenticate, Identity, Refusal, Verdict};

use super::*;
use crate::jwt::tests::kit::{
    FakeIssuer, NOW, RESOURCE, RSA, bearing, encode, now, published, sign,
};

/// A provider's published example: where its keys are, and what it publishes there; a header, and
/// claims. Its times and its key are ours, since its own have no private half and are long past.
struct Example {
    keys_at: &'static str,
    keys: &'static str,
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

    async fn judged(mut self, by: Jwt) -> Result<Identity, Refusal> {
        let mut set: Value = serde_json::from_str(self.keys).unwrap();
        set["keys"][0]["n"] = published(&RSA, json!({}))["n"].clone();
        self.header["kid"] = set["keys"][0]["kid"].clone();
        for (claim, at) in [("iat", NOW - 10), ("nbf", NOW - 10), ("exp", NOW + 300)] {
            if self.claims.get(claim).is_some() {
                self.claims[claim] = at.into();
            }
        }
        let message =
            format!("{}.{}", encode(self.header.to_string()), encode(self.claims.to_string()));
        let token = format!("{message}.{}", encode(sign(Algorithm::Rs256, &RSA, &message)));
        let issuer = FakeIssuer::new();
        issuer.answer(self.keys_at, 200, set.to_string());
        let auth = by.jwks_uri(self.keys_at).fetch(issuer).clock(now).build().unwrap();
        match auth.authenticate(&bearing(token)).await {
            Verdict::Known(identity, _) => Ok(Identity::clone(&identity)),
            Verdict::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }
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

// Keycloak, Server Administration Guide, "Client scopes" and "Audience support":
// https://www.keycloak.org/docs/latest/server_admin/#_audience
fn keycloak_example() -> Example {
    Example {
        keys_at: "https://id.example/realms/main/protocol/openid-connect/certs",
        keys: include_str!("../jwt/tests/fixtures/keycloak.json"),
        header: json!({"alg": "RS256", "typ": "JWT"}),
        claims: json!({
            "exp": 0, "iat": 0, "auth_time": 0, "jti": "onrtac:0e3d9b5e",
            "iss": "https://id.example/realms/main", "aud": [RESOURCE, "account"],
            "sub": "f1b1b4c5-0b1e-4a8e-9a55-6b1b1f6f5c11", "typ": "Bearer", "azp": "portal",
            "sid": "c2b5", "acr": "1", "allowed-origins": ["https://portal.example"],
            "realm_access": {"roles": ["default-roles-main", "auditor"]},
            "resource_access": {
                "portal": {"roles": ["editor"]},
                "account": {"roles": ["manage-account", "view-profile"]},
            },
            "scope": "openid profile email", "email_verified": true, "preferred_username": "ada",
        }),
    }
}

#[tokio::test]
async fn keycloak_is_read() {
    let realm = || keycloak("https://id.example/realms/main");
    let identity = keycloak_example().judged(realm()).await.unwrap();
    let roles = "auditor,default-roles-main".to_owned();
    assert_eq!(read(&identity), (Some("portal"), roles, "email openid profile".into()));
    let with_client = realm().claims(|claims| {
        claims.roles(["realm_access.roles", "resource_access.portal.roles"]).clients(["portal"])
    });
    let identity = keycloak_example().judged(with_client).await.unwrap();
    assert_eq!(read(&identity).1, "auditor,default-roles-main,editor");
    keycloak_example().with("typ", json!("DPoP")).judged(realm()).await.unwrap();
    refused(keycloak_example().with("typ", json!("ID")), realm(), ID_TOKEN).await;
    let refresh = "a refresh token is not an access token";
    refused(keycloak_example().with("typ", json!("Refresh")), realm(), refresh).await;
    refused(keycloak_example().with("typ", json!("Logout")), realm(), OTHER).await;
    refused(keycloak_example().without("typ"), realm(), OTHER).await;
}

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const API: &str = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

// Microsoft identity platform, "Access token claims reference", "Sample v2.0 token":
// https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens
fn entra_example() -> Example {
    Example {
        keys_at: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        keys: include_str!("../jwt/tests/fixtures/entra.json"),
        header: json!({"typ": "JWT", "alg": "RS256", "kid": ""}),
        claims: json!({
            "aud": API, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            "iat": 0, "nbf": 0, "exp": 0, "aio": "AXQAi/8IAAAA", "azp": "desk-app", "azpacr": "0",
            "name": "Ada", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            "preferred_username": "ada@example.com", "rh": "I", "scp": "access_as_user",
            "sub": "HKZpfaHyWadeOouYlitjrI", "tid": TENANT, "uti": "fqiBqXLPj0eQa82S", "ver": "2.0",
        }),
    }
}

#[tokio::test]
async fn entra_is_read() {
    let tenant = || entra(TENANT).audience([API]);
    let identity = entra_example().judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some("desk-app"), String::new(), "access_as_user".into()));
    // An application of its own: roles, and no scopes.
    let application = entra_example().without("scp").with("roles", json!(["Reports.Read.All"]));
    let identity = application.judged(tenant()).await.unwrap();
    assert_eq!(read(&identity).1, "Reports.Read.All");
    // An ID token for the application that this server is: its audience is right.
    refused(entra_example().without("azp").without("scp"), tenant(), OTHER).await;
    refused(entra_example().with("tid", json!("other")), tenant(), OTHER).await;
    refused(entra_example().with("ver", json!("1.0")), tenant(), OTHER).await;
}

// As above, "Sample v1.0 token".
fn entra_v1_example() -> Example {
    Example {
        keys_at: "https://login.microsoftonline.com/common/discovery/keys",
        keys: include_str!("../jwt/tests/fixtures/entra.json"),
        header: json!({"typ": "JWT", "alg": "RS256", "x5t": "i6lGk3FZzxRcUb2C3nEQ7syHJlY", "kid": ""}),
        claims: json!({
            "aud": "api://reports", "iss": format!("https://sts.windows.net/{TENANT}/"),
            "iat": 0, "nbf": 0, "exp": 0, "acr": "1", "amr": ["wia"], "appid": "desk-app",
            "appidacr": "0", "email": "ada@example.com", "idp": "https://sts.windows.net/x/",
            "ipaddr": "192.0.2.7", "name": "ada", "oid": "02223b6b-aa1d-42d4-9ec0-1b2bb9194438",
            "scp": "user_impersonation", "sub": "l3_roISQU222bULS9yi2k0", "tid": TENANT,
            "unique_name": "ada@example.com", "ver": "1.0",
        }),
    }
}

#[tokio::test]
async fn entra_v1_is_read() {
    let tenant = || entra_v1(TENANT).audience(["api://reports"]);
    let identity = entra_v1_example().judged(tenant()).await.unwrap();
    assert_eq!(read(&identity), (Some("desk-app"), String::new(), "user_impersonation".into()));
    refused(entra_v1_example().without("appid"), tenant(), OTHER).await;
    refused(entra_v1_example().with("ver", json!("2.0")), tenant(), OTHER).await;
    let newer = "the token is from another issuer";
    refused(entra_v1_example(), entra(TENANT).audience(["api://reports"]), newer).await;
}

// Auth0, "Access token profiles", both of them:
// https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
fn auth0_example() -> Example {
    Example {
        keys_at: "https://acme.eu.auth0.com/.well-known/jwks.json",
        keys: include_str!("../jwt/tests/fixtures/auth0.json"),
        header: json!({"alg": "RS256", "typ": "JWT", "kid": ""}),
        claims: json!({
            "iss": "https://acme.eu.auth0.com/", "sub": "auth0|123456",
            "aud": [RESOURCE, "https://acme.eu.auth0.com/userinfo"], "azp": "my_client_id",
            "exp": 0, "iat": 0, "scope": "openid profile read:admin", "permissions": ["read:patients"],
            "https://acme.example/roles": ["nurse"],
        }),
    }
}

#[tokio::test]
async fn auth0_is_read_in_both_of_its_profiles() {
    let tenant = || {
        auth0("acme.eu.auth0.com").claims(|claims| claims.roles(["[https://acme.example/roles]"]))
    };
    let scopes = "openid profile read:admin read:patients".to_owned();
    let expected = (Some("my_client_id"), "nurse".to_owned(), scopes);
    assert_eq!(read(&auth0_example().judged(tenant()).await.unwrap()), expected);
    let mut rfc9068 = auth0_example().without("azp").with("client_id", json!("my_client_id"));
    rfc9068.header["typ"] = "at+jwt".into();
    let rfc9068 = rfc9068.with("jti", json!("URBXWDz"));
    assert_eq!(read(&rfc9068.judged(tenant().rfc9068()).await.unwrap()), expected);
    refused(auth0_example().with("nonce", json!("n")), tenant(), ID_TOKEN).await;
    // An ID token without a nonce, where its audience is accepted.
    let id_token = auth0_example().without("azp").without("scope").without("permissions");
    let id_token = id_token.with("aud", json!("my_client_id"));
    refused(id_token, tenant().audience(["my_client_id"]), OTHER).await;
    refused(auth0_example(), tenant().rfc9068(), "the token is of another type").await;
}

// Okta, "Access token": https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
fn okta_example() -> Example {
    Example {
        keys_at: "https://acme.okta.com/oauth2/default/v1/keys",
        keys: include_str!("../jwt/tests/fixtures/okta.json"),
        header: json!({"alg": "RS256", "kid": "45js03w0djwedsw"}),
        claims: json!({
            "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
            "iss": "https://acme.okta.com/oauth2/default", "aud": RESOURCE,
            "sub": "ada@example.com", "iat": 0, "exp": 0, "cid": "nmdP1fcyvdVO11AL7ECm",
            "uid": "00ujmkLgagxeRrAg20g3", "scp": ["openid", "email", "flights"],
            "groups": ["Everyone", "Pilots"],
        }),
    }
}

#[tokio::test]
async fn okta_is_read() {
    let server = || okta("https://acme.okta.com/oauth2/default");
    let identity = okta_example().judged(server()).await.unwrap();
    let (roles, scopes) = ("Everyone,Pilots".to_owned(), "email flights openid".to_owned());
    assert_eq!(read(&identity), (Some("nmdP1fcyvdVO11AL7ECm"), roles, scopes));
    refused(okta_example().without("cid"), server(), OTHER).await;
    refused(okta_example().with("at_hash", json!("h")), server(), ID_TOKEN).await;
}

// Amazon Cognito, "Understanding the access token":
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
fn cognito_example() -> Example {
    Example {
        keys_at: "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example/.well-known/jwks.json",
        keys: include_str!("../jwt/tests/fixtures/cognito.json"),
        header: json!({"kid": "1234example=", "alg": "RS256"}),
        claims: json!({
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "device_key": "aaaaaaaa-bbbb",
            "cognito:groups": ["testgroup"], "version": 2, "client_id": "xxxxxxxxxxxxexample",
            "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example",
            "origin_jti": "aaaaaaaa", "event_id": "aaaaaaaa", "token_use": "access",
            "scope": "phone openid resourceserver.1/appclient2", "auth_time": 0, "exp": 0, "iat": 0,
            "jti": "aaaaaaaa", "username": "my-test-user",
        }),
    }
}

#[tokio::test]
async fn cognito_is_read_for_the_clients_that_are_named() {
    let pool = || cognito("us-west-2_example");
    let ours = |client| pool().danger().accept_without_audience("client_id", client);
    let both = ours("phone").danger().accept_without_audience("client_id", "xxxxxxxxxxxxexample");
    for by in [ours("xxxxxxxxxxxxexample"), both] {
        let identity = cognito_example().judged(by).await.unwrap();
        let scopes = "openid phone resourceserver.1/appclient2".to_owned();
        assert_eq!(read(&identity), (Some("xxxxxxxxxxxxexample"), "testgroup".into(), scopes));
    }
    let bound = cognito_example().with("aud", json!(RESOURCE));
    bound.judged(pool()).await.unwrap();
    let audience = "the token is for another audience";
    refused(cognito_example(), pool(), audience).await;
    refused(cognito_example(), ours("phone"), audience).await;
    let good = || ours("xxxxxxxxxxxxexample");
    refused(cognito_example().with("aud", json!("https://other.example")), good(), audience).await;
    refused(cognito_example().with("token_use", json!("id")), good(), ID_TOKEN).await;
    refused(cognito_example().without("token_use"), good(), OTHER).await;
}

#[test]
fn issuers_are_put_together_as_the_providers_write_them() {
    for (jwt, issuer) in [
        (entra(TENANT), &*format!("https://login.microsoftonline.com/{TENANT}/v2.0")),
        (entra_v1(TENANT), &format!("https://sts.windows.net/{TENANT}/")),
        (auth0("acme.eu.auth0.com"), "https://acme.eu.auth0.com/"),
        (cognito("eu-west-1_a"), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"),
        (cognito("cn-north-1_a"), "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a"),
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
        (keycloak("id.example"), "the issuer"),
        (auth0("https://acme.eu.auth0.com"), "its domain alone"),
        (auth0("acme.eu.auth0.com/"), "its domain alone"),
    ] {
        let error = jwt.fetch(FakeIssuer::new()).build().unwrap_err();
        assert!(error.problems().iter().any(|one| one.contains(expected)), "{error}");
    }
}
