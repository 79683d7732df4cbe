//! Keycloak's tokens, of each kind that it signs with a realm's keys.

use super::*;
use crate::{
    bound::tests::{ask, proof, thumbprint},
    jwt::tests::kit::OTHER_RSA,
};

// Keycloak publishes no whole token. Claims: Server Administration Guide, "Client scopes" and "Audience
// support": https://www.keycloak.org/docs/latest/server_admin/#audience-support
// A whole one: Model Context Protocol, "Understanding Authorization in MCP":
// https://modelcontextprotocol.io/docs/tutorials/security/authorization
fn keycloak_example() -> Example {
    Example {
        keys_at: "https://id.example/realms/main/protocol/openid-connect/certs",
        discovered: true,
        keys: set(include_str!("../../jwt/tests/fixtures/keycloak.json")),
        header: json!({"alg": "RS256", "typ": "JWT"}),
        claims: json!({
            "exp": 0, "iat": 0, "auth_time": 0, "jti": "onrtac:0e3d9b5e-7c1f-4f2e-9a55-3d1b1f6f5c22",
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

fn realm() -> Jwt {
    keycloak("https://id.example/realms/main")
}

#[tokio::test]
async fn keycloak_is_read() {
    let identity = keycloak_example().judged(realm()).await.unwrap();
    let roles = "auditor,default-roles-main".to_owned();
    assert_eq!(read(&identity), (Some("portal"), roles, "email openid profile".into()));
    let with_client = realm().claims(|claims| {
        claims.roles(["realm_access.roles", "resource_access.portal.roles"]).clients(["portal"])
    });
    let identity = keycloak_example().judged(with_client).await.unwrap();
    assert_eq!(read(&identity).1, "auditor,default-roles-main,editor");
    // Up to version 24, and later where a mapper says so.
    let with_nonce = || keycloak_example().with("nonce", json!("n"));
    with_nonce().judged(realm()).await.unwrap();
    // Elsewhere a nonce tells an ID token, whatever else the token says of itself.
    refused(with_nonce(), jwt("https://id.example/realms/main"), ID_TOKEN).await;
    // A lightweight access token, and what its mappers have to add.
    let light = || keycloak_example().without("realm_access").without("resource_access");
    light().judged(realm()).await.unwrap();
    refused(light().without("sub"), realm(), "the token has no subject").await;
    refused(light().without("aud"), realm(), "the token is for another audience").await;
}

/// By their `typ`, as `TokenUtil` of Keycloak's source names them.
#[tokio::test]
async fn keycloaks_other_tokens_are_refused_with_a_nonce_and_without() {
    let refresh = "a refresh token is not an access token";
    for (kind, message) in [
        ("ID", ID_TOKEN),
        ("Refresh", refresh),
        ("Offline", refresh),
        ("Logout", OTHER),
        ("Serialized-ID", OTHER),
        ("bearer", OTHER),
    ] {
        let token = || keycloak_example().with("typ", json!(kind));
        refused(token(), realm(), message).await;
        refused(token().with("nonce", json!("n")), realm(), ID_TOKEN).await;
    }
    refused(keycloak_example().without("typ"), realm(), OTHER).await;
    let nameless = keycloak_example().without("typ").with("nonce", json!("n"));
    refused(nameless, realm(), ID_TOKEN).await;
    // Nor does it help who asks for one.
    let asked = || jwt("https://id.example/realms/main").require_value("typ", ["ID"]);
    let id_token = || keycloak_example().with("typ", json!("ID"));
    refused(id_token(), asked(), ID_TOKEN).await;
    refused(id_token().with("nonce", json!("n")), asked(), ID_TOKEN).await;
}

#[tokio::test]
async fn a_token_of_keycloaks_that_is_bound_to_a_key_counts_with_a_proof_of_it() {
    // `typ` and `cnf` come together.
    let bound = || {
        let cnf = json!({"jkt": thumbprint(&OTHER_RSA)});
        keycloak_example().with("typ", json!("DPoP")).with("cnf", cnf)
    };
    let unproven = "the token is bound to a key, and the key was not proven";
    refused(bound(), realm(), unproven).await;
    refused(bound(), realm().dpop(), unproven).await;
    let (token, auth) = bound().served(realm().dpop());
    let (sent, proof) = (format!("DPoP {token}"), proof(&OTHER_RSA, "1", &token));
    let unproven = ask(&auth, &[("authorization", &sent)]).await;
    assert!(matches!(unproven, Verdict::Refused(_)), "{unproven:?}");
    let proven = ask(&auth, &[("authorization", &sent), ("dpop", &proof)]).await;
    assert!(matches!(proven, Verdict::Known(..)), "{proven:?}");
}
