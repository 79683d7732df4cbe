//! Tokens of Amazon Cognito's user pools, of both types of issuer.

use super::*;

// Amazon Cognito, "Understanding the access token", without the `aud` that a resource binding adds:
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
// Keys, "Verifying JSON web tokens":
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
fn cognito_example() -> Example {
    Example {
        keys_at: "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example/.well-known/jwks.json",
        discovered: true,
        keys: set(include_str!("../../jwt/tests/fixtures/cognito.json")),
        header: json!({"kid": "1234example=", "alg": "RS256"}),
        claims: json!({
            "sub": ID, "device_key": ID, "cognito:groups": ["testgroup"],
            "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example", "version": 2,
            "client_id": "xxxxxxxxxxxxexample", "origin_jti": ID, "event_id": ID,
            "token_use": "access",
            "scope": "phone openid profile resourceserver.1/appclient2 email",
            "auth_time": 0, "exp": 0, "iat": 0, "jti": ID, "username": "my-test-user",
        }),
    }
}

const ID: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

fn pool() -> Jwt {
    cognito("us-west-2_example")
}

fn good() -> Jwt {
    pool().danger().accept_without_audience("client_id", "xxxxxxxxxxxxexample")
}

#[tokio::test]
async fn cognito_is_read_for_the_clients_that_are_named() {
    let phone = || pool().danger().accept_without_audience("client_id", "phone");
    let both = phone().danger().accept_without_audience("client_id", "xxxxxxxxxxxxexample");
    for by in [good(), both] {
        let identity = cognito_example().judged(by).await.unwrap();
        let scopes = "email openid phone profile resourceserver.1/appclient2".to_owned();
        assert_eq!(read(&identity), (Some("xxxxxxxxxxxxexample"), "testgroup".into(), scopes));
    }
    let bound = cognito_example().with("aud", json!(RESOURCE));
    bound.judged(pool()).await.unwrap();
    let audience = "the token is for another audience";
    refused(cognito_example(), pool(), audience).await;
    refused(cognito_example(), phone(), audience).await;
    refused(cognito_example().with("aud", json!("https://other.example")), good(), audience).await;
    // A trigger that says for whom: the client, which has to be listed then.
    let said = || cognito_example().with("aud", json!("xxxxxxxxxxxxexample"));
    refused(said(), good(), audience).await;
    said().judged(good().audience([RESOURCE, "xxxxxxxxxxxxexample"])).await.unwrap();
}

#[tokio::test]
async fn cognitos_other_tokens_are_refused_with_a_nonce_and_without() {
    // AWS lists the claim for both kinds of token.
    let nonce = |example: Example| example.with("nonce", json!("n"));
    nonce(cognito_example()).judged(good()).await.unwrap();
    let audience = || good().audience(["xxxxxxxxxxxxexample"]);
    for kind in ["id", "Access", "refresh"] {
        let token = || cognito_example().with("token_use", json!(kind));
        refused(token(), good(), ID_TOKEN).await;
        refused(nonce(token()), good(), ID_TOKEN).await;
        // Of the ID token's own form.
        let id_token = || {
            let token = token().without("client_id").without("scope").without("username");
            token.with("aud", json!("xxxxxxxxxxxxexample"))
        };
        refused(id_token(), audience(), ID_TOKEN).await;
        refused(nonce(id_token()), audience(), ID_TOKEN).await;
    }
    refused(cognito_example().with("at_hash", json!("h")), good(), ID_TOKEN).await;
    refused(cognito_example().without("token_use"), good(), OTHER).await;
    refused(nonce(cognito_example().without("token_use")), good(), ID_TOKEN).await;
}

// Amazon Cognito, API reference, "IssuerConfigurationType":
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
#[tokio::test]
async fn a_pool_is_of_one_type_of_issuer_or_of_the_other() {
    let issuer = "https://issuer-cognito-idp.us-west-2.amazonaws.com/us-west-2_example";
    let updated = || Example {
        keys_at: "https://issuer-cognito-idp.us-west-2.amazonaws.com/us-west-2_example/.well-known/jwks.json",
        ..cognito_example().with("iss", json!(issuer))
    };
    let by = || {
        let pool = cognito_updated("us-west-2_example");
        pool.danger().accept_without_audience("client_id", "xxxxxxxxxxxxexample")
    };
    let identity = updated().judged(by()).await.unwrap();
    assert_eq!((&*identity.key.issuer, &*identity.key.subject), (issuer, ID));
    refused(updated().with("token_use", json!("id")), by(), ID_TOKEN).await;
    refused(updated(), good(), ELSEWHERE).await;
    refused(cognito_example(), by(), ELSEWHERE).await;
}
