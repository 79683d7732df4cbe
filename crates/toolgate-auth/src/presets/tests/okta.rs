//! Tokens of a custom authorization server of Okta's.

use super::*;

// Okta, "OpenID Connect & OAuth 2.0", "Access token"; `groups` is a claim that one defines:
// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token
fn okta_example() -> Example {
    Example {
        keys_at: "https://acme.okta.com/oauth2/default/v1/keys",
        discovered: true,
        keys: set(include_str!("../../jwt/tests/fixtures/okta.json")),
        header: json!({"alg": "RS256", "kid": ""}),
        claims: json!({
            "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
            "iss": "https://acme.okta.com/oauth2/default", "aud": RESOURCE,
            "sub": "ada@example.com", "iat": 0, "exp": 0, "auth_time": 0,
            "cid": "nmdP1fcyvdVO11AL7ECm", "uid": "00ujmkLgagxeRrAg20g3",
            "scp": ["openid", "email", "flights", "custom"], "groups": ["Everyone", "Pilots"],
        }),
    }
}

#[tokio::test]
async fn okta_is_read() {
    let server = || okta("https://acme.okta.com/oauth2/default");
    let identity = okta_example().judged(server()).await.unwrap();
    let (roles, scopes) = ("Everyone,Pilots".to_owned(), "custom email flights openid".to_owned());
    assert_eq!(read(&identity), (Some("nmdP1fcyvdVO11AL7ECm"), roles, scopes));
    refused(okta_example().without("cid"), server(), OTHER).await;
    refused(okta_example().with("at_hash", json!("h")), server(), ID_TOKEN).await;
}
