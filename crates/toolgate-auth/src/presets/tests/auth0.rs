//! Auth0's tokens, in both of their profiles.

use super::*;

// Auth0, "Access Token Profiles", both of them:
// https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
// Keys, "JSON Web Key Set Properties":
// https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-key-set-properties
fn auth0_example() -> Example {
    Example {
        keys_at: "https://acme.eu.auth0.com/.well-known/jwks.json",
        discovered: true,
        keys: set(include_str!("../../jwt/tests/fixtures/auth0.json")),
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

#[tokio::test]
async fn auth0_signs_with_ps256_by_keys_that_are_published_without_an_algorithm() {
    let signed = || {
        let mut example = auth0_example();
        example.header["alg"] = "PS256".into();
        example
    };
    refused(signed(), auth0("acme.eu.auth0.com"), "the token's key is not known").await;
    let mut switched_off = signed();
    for key in switched_off.keys["keys"].as_array_mut().unwrap() {
        key.as_object_mut().unwrap().remove("alg").unwrap();
    }
    switched_off.judged(auth0("acme.eu.auth0.com")).await.unwrap();
}
